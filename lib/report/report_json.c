/*
 * The report as JSON, exactly the members and order of verification.md 7. Same report, same bytes:
 * nothing here depends on the machine, the locale or the clock. Texts from the document are
 * escaped and cut to 256 characters whoever filled them in.
 */
#include "es_json.h"
#include "report_parts.h"

#define SCRATCH_MAX (16 * 1024)

/* A text that could not be made whole fails the whole report. */
static void put_made(struct es_json_out *out, const struct es_buf *text)
{
    es_report_take(out->buf, text);
    es_json_put_span(out, es_buf_span(text));
}

static void put_shown(struct es_json_out *out, const char *text)
{
    ES_AUTO(es_buf) shown = ES_BUF_INIT(SCRATCH_MAX);

    if (text == NULL) {
        es_json_put_null(out);
        return;
    }
    es_report_put_shown(&shown, text);
    put_made(out, &shown);
}

static void pair_shown(struct es_json_out *out, const char *key, const char *text)
{
    es_json_key(out, key);
    put_shown(out, text);
}

/* ---- codes ---- */

static const char *effect_letter(enum es_effect effect)
{
    static const char *const letters[] = {"-", "W", "N", "I"};

    return letters[effect];
}

/* Certificate codes say whose certificate; other values without {…} in the text are "value". */
static const char *extra_name(enum es_code code)
{
    return code >= ES_V_CERT_CHAIN_INCOMPLETE && code <= ES_V_CERT_AUTHORITY_NOT_LAWFUL ? "subject"
                                                                                        : "value";
}

static void put_detail(struct es_json_out *out, const struct es_finding *finding)
{
    const struct es_code_info *info = es_code_info(finding->code);

    es_json_key(out, "detail");
    es_json_begin_object(out);
    for (size_t i = 0; i < ES_FINDING_VALUES; i++) {
        struct es_span name = es_code_placeholder(info, i);

        if (finding->value[i] == NULL)
            continue;
        if (name.len == 0)
            name = es_span_str(i == 0 ? extra_name(finding->code) : "value");
        es_json_key_span(out, name);
        es_json_put_text(out, finding->value[i]);
    }
    es_json_end_object(out);
}

static void pair_finding_text(struct es_json_out *out, const char *key,
                              const struct es_finding *finding, bool zh)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(SCRATCH_MAX);

    es_finding_text(finding, zh, &text);
    es_json_key(out, key);
    put_made(out, &text);
}

static void put_codes(struct es_json_out *out, const struct es_report *report,
                      const struct es_findings *findings)
{
    es_json_key(out, "codes");
    es_json_begin_array(out);
    for (const struct es_finding *f = findings->first; f != NULL; f = f->next) {
        char number[16];

        (void) snprintf(number, sizeof number, "0x%04X", (unsigned) f->code);
        es_json_begin_object(out);
        es_json_pair_text(out, "id", es_code_info(f->code)->id);
        es_json_pair_text(out, "no", number);
        es_json_pair_text(out, "effect", effect_letter(es_policy_effect(report->policy, f->code)));
        pair_finding_text(out, "zh", f, true);
        pair_finding_text(out, "en", f, false);
        es_json_pair_text(out, "where", f->where);
        put_detail(out, f);
        es_json_end_object(out);
    }
    es_json_end_array(out);
}

/* ---- a signature ---- */

static void put_times(struct es_json_out *out, const struct es_report_signature *sig)
{
    es_json_key(out, "claimed_time");
    if (sig->has_claim)
        es_json_put_time(out, sig->claim_s);
    else
        es_json_put_null(out);
    es_json_key(out, "proved_time");
    if (!sig->has_proof) {
        es_json_put_null(out);
        return;
    }
    es_json_begin_object(out);
    es_json_pair_time(out, "at", sig->proof_s);
    pair_shown(out, "by", sig->proof_by);
    es_json_pair_int(out, "witnesses", sig->proof_witnesses);
    es_json_end_object(out);
}

static void put_seal(struct es_json_out *out, const struct es_report_signature *sig)
{
    es_json_key(out, "seal");
    if (!sig->has_seal) {
        es_json_put_null(out);
        return;
    }
    es_json_begin_object(out);
    pair_shown(out, "code", sig->seal_code);
    pair_shown(out, "name", sig->seal_name);
    pair_shown(out, "kind", sig->seal_kind);
    es_json_key(out, "valid");
    es_json_begin_array(out);
    es_json_put_time(out, sig->seal_from_s);
    es_json_put_time(out, sig->seal_until_s);
    es_json_end_array(out);
    es_json_pair_hex(out, "picture_sm3", es_span_of(sig->picture_sm3, ES_SM3_LEN));
    es_json_end_object(out);
}

static void put_people(struct es_json_out *out, const struct es_report_signature *sig)
{
    es_json_key(out, "signer");
    es_json_begin_object(out);
    pair_shown(out, "subject", sig->signer_subject);
    pair_shown(out, "serial", sig->signer_serial);
    es_json_end_object(out);
    es_json_key(out, "maker");
    es_json_begin_object(out);
    pair_shown(out, "subject", sig->maker_subject);
    es_json_end_object(out);
}

static void put_state(struct es_json_out *out, const struct es_report_signature *sig)
{
    es_json_key(out, "state");
    if (sig->state.source == NULL && sig->state.at_signing == NULL && sig->state.now == NULL) {
        es_json_put_null(out);
        return;
    }
    es_json_begin_object(out);
    pair_shown(out, "at_signing", sig->state.at_signing);
    pair_shown(out, "known_at_signing", sig->state.known_at_signing);
    pair_shown(out, "now", sig->state.now);
    es_json_pair_time(out, "since", sig->state.since_s);
    pair_shown(out, "source", sig->state.source);
    pair_shown(out, "checkpoint", sig->state.checkpoint);
    es_json_end_object(out);
}

static void put_sub_results(struct es_json_out *out, const struct es_report_signature *sig)
{
    es_json_key(out, "sub_results");
    es_json_begin_object(out);
    for (unsigned i = 0; i < ES_CHECK_COUNT; i++)
        es_json_pair_text(out, es_check_name((enum es_check) i), es_result_name(sig->results[i]));
    es_json_end_object(out);
}

static void put_lists(struct es_json_out *out, const struct es_report_signature *sig)
{
    es_json_key(out, "protected");
    es_json_begin_array(out);
    for (size_t i = 0; i < sig->protected_count; i++)
        put_shown(out, sig->protected_entries[i]);
    es_json_end_array(out);
    es_json_key(out, "evidence");
    es_json_begin_array(out);
    for (size_t at = 0; at + ES_SM3_LEN <= sig->evidence.len; at += ES_SM3_LEN)
        es_json_put_hex(out, es_span_of(sig->evidence.ptr + at, ES_SM3_LEN));
    es_json_end_array(out);
}

/* The outcome unknown is never sent: a report nobody judged cannot be relied on. */
static const char *sent_outcome(enum es_outcome outcome)
{
    return es_outcome_name(outcome == ES_OUTCOME_UNKNOWN ? ES_OUTCOME_INDETERMINATE : outcome);
}

static void put_signature(struct es_json_out *out, const struct es_report *report,
                          const struct es_report_signature *sig)
{
    es_json_begin_object(out);
    pair_shown(out, "id", sig->id);
    es_json_pair_text(out, "outcome", sent_outcome(sig->outcome));
    put_times(out, sig);
    put_seal(out, sig);
    put_people(out, sig);
    put_state(out, sig);
    put_sub_results(out, sig);
    put_codes(out, report, &sig->findings);
    put_lists(out, sig);
    es_json_end_object(out);
}

/* ---- the document ---- */

static void put_head(struct es_json_out *out, const struct es_report *report)
{
    es_json_pair_int(out, "v", 1);
    es_json_key(out, "document");
    es_json_begin_object(out);
    es_json_pair_hex(out, "sm3", es_span_of(report->sm3, ES_SM3_LEN));
    es_json_pair_int(out, "bytes", (int64_t) report->bytes);
    pair_shown(out, "type", report->type);
    es_json_pair_int(out, "pages", report->pages);
    es_json_end_object(out);
    es_json_key(out, "policy");
    es_json_begin_object(out);
    es_json_pair_text(out, "id", report->policy->id);
    es_json_pair_int(out, "version", report->policy->version);
    es_json_pair_hex(out, "sm3", es_span_of(report->policy->sm3, ES_SM3_LEN));
    es_json_end_object(out);
    es_json_pair_time(out, "verified_at", report->verified_at_s);
    es_json_pair_text(out, "program", "eseal " ES_VERSION);
    es_json_pair_text(out, "outcome", sent_outcome(report->outcome));
}

static void pair_statement(struct es_json_out *out, const char *key, const struct es_report *report,
                           bool zh)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(SCRATCH_MAX);

    es_report_put_statement(report, zh, &text);
    es_json_key(out, key);
    put_made(out, &text);
}

es_status es_report_json(const struct es_report *report, struct es_buf *buf, struct es_error *err)
{
    struct es_json_out out = {.buf = buf};
    const size_t start = buf->len;

    es_json_begin_object(&out);
    put_head(&out, report);
    put_codes(&out, report, &report->findings);
    es_json_key(&out, "signatures");
    es_json_begin_array(&out);
    for (const struct es_report_signature *s = report->first; s != NULL; s = s->next)
        put_signature(&out, report, s);
    es_json_end_array(&out);
    es_json_key(&out, "statement");
    es_json_begin_object(&out);
    pair_statement(&out, "zh", report, true);
    pair_statement(&out, "en", report, false);
    es_json_end_object(&out);
    es_json_end_object(&out);
    return es_report_written(buf, start, err);
}
