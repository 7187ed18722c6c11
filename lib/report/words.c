/*
 * Sentences of a report. Chinese comes with full-width punctuation and Beijing time, English with
 * the same time named as UTC+8: one document shows one time whoever reads it.
 */
#include "report_parts.h"

const char *es_report_outcome_text(enum es_outcome outcome, bool warns, bool zh)
{
    switch (outcome) {
    case ES_OUTCOME_VALID:
        if (warns)
            return zh ? "签章有效，请注意" : "Seal valid, note";
        return zh ? "签章有效" : "Seal valid";
    case ES_OUTCOME_INVALID:
        return zh ? "签章无效" : "Seal not valid";
    default:
        return zh ? "无法确定签章是否有效" : "Cannot be determined";
    }
}

const char *es_report_outcome_word(enum es_outcome outcome, bool warns, bool zh)
{
    switch (outcome) {
    case ES_OUTCOME_VALID:
        if (warns)
            return zh ? "有效，请注意" : "VALID, NOTE";
        return zh ? "有效" : "VALID";
    case ES_OUTCOME_INVALID:
        return zh ? "无效" : "INVALID";
    default:
        return zh ? "无法确定" : "UNDETERMINED";
    }
}

/* ---- why ---- */

static bool all_unchanged(const struct es_report *report)
{
    for (const struct es_report_signature *s = report->first; s != NULL; s = s->next) {
        if (es_report_fact(report, s, ES_FACT_UNCHANGED) != ES_ANSWER_YES)
            return false;
    }
    return report->first != NULL &&
           es_report_worst(report, &report->findings) < ES_EFFECT_INDETERMINATE;
}

/* What could not be checked, said as what a clerk would ask. */
static const char *open_question(enum es_fact fact, bool zh)
{
    switch (fact) {
    case ES_FACT_SEAL:
        return zh ? "无法在此核实印章由谁制作" : "who made the seal cannot be checked here";
    case ES_FACT_SIGNER:
        return zh ? "无法在此核实签章人的身份" : "who sealed it cannot be checked here";
    default:
        return zh ? "无法在此确定盖章时印章是否有效"
                  : "whether the seal was in force then cannot be told here";
    }
}

static bool begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* Codes of certificates do not say whose; the check they came from does. */
static const char *owner_of(const struct es_finding *finding, bool zh)
{
    const char *id = es_code_info(finding->code)->id;

    if (finding->value[0] != NULL || !(begins(id, "cert_") || begins(id, "revocation_")))
        return "";
    switch (finding->check) {
    case ES_CHECK_MAKER_CERT_CHAIN:
        return zh ? "（制章者）" : " (seal maker)";
    case ES_CHECK_SIGNER_CERT_CHAIN:
    case ES_CHECK_SIGNER_CERT_TIME:
    case ES_CHECK_SIGNER_CERT_REVOCATION:
        return zh ? "（签章人）" : " (signer)";
    case ES_CHECK_TIME_STAMP:
        return zh ? "（时间戳机构）" : " (time-stamp authority)";
    default:
        return "";
    }
}

void es_report_put_finding(const struct es_finding *finding, bool zh, struct es_buf *out)
{
    es_finding_text(finding, zh, out);
    es_buf_put_str(out, owner_of(finding, zh));
}

static void put_lead(const struct es_report *report, const char *before, bool zh,
                     struct es_buf *out)
{
    const struct es_finding *lead = es_report_lead(report);

    if (lead == NULL)
        return;
    es_buf_put_str(out, before);
    es_report_put_finding(lead, zh, out);
}

static void put_open_reason(const struct es_report *report, bool zh, struct es_buf *out)
{
    const struct es_finding *lead = es_report_lead(report);

    es_buf_put_str(out, zh ? "文件自盖章后未被改动" : "not changed since sealing");
    if (lead == NULL)
        return;
    es_buf_put_str(out, zh ? "，但" : ", but ");
    es_buf_put_str(out, open_question(es_report_fact_of(lead->check), zh));
    put_lead(report, zh ? "：" : ": ", zh, out);
}

static void put_count(const struct es_report *report, bool zh, struct es_buf *out)
{
    size_t valid = es_report_count_valid(report);

    if (report->signature_count < 2)
        return;
    if (zh)
        es_buf_printf(out, "%zu 个签章中 %zu 个有效", report->signature_count, valid);
    else
        es_buf_printf(out, "%zu of %zu seals valid", valid, report->signature_count);
    es_buf_put_str(out, zh ? "；" : "; ");
}

static void put_valid_reason(const struct es_report *report, bool zh, struct es_buf *out)
{
    const struct es_report_signature *sig = report->first;

    if (es_report_warns(report)) {
        put_lead(report, "", zh, out);
        return;
    }
    es_buf_put_str(out, zh ? "文件自盖章后未被改动" : "not changed since sealing");
    if (sig == NULL || sig->next != NULL)
        return;
    if (sig->has_seal)
        es_buf_put_str(out, zh ? "，印章：" : ", sealed with ");
    else
        es_buf_put_str(out, zh ? "，签名人：" : ", signed by ");
    es_report_put_shown(out, es_report_name(sig, zh));
}

void es_report_put_reason(const struct es_report *report, bool zh, struct es_buf *out)
{
    put_count(report, zh, out);
    if (report->outcome == ES_OUTCOME_VALID)
        put_valid_reason(report, zh, out);
    else if (report->outcome != ES_OUTCOME_INVALID && all_unchanged(report))
        put_open_reason(report, zh, out);
    else
        put_lead(report, "", zh, out);
}

void es_report_put_statement(const struct es_report *report, bool zh, struct es_buf *out)
{
    bool warns = es_report_warns(report);

    es_buf_put_str(out, es_report_outcome_text(report->outcome, warns, zh));
    if (report->outcome == ES_OUTCOME_VALID && !warns)
        return;
    es_buf_put_str(out, zh ? "：" : ": ");
    es_report_put_reason(report, zh, out);
}

/* ---- time and state ---- */

void es_report_put_moment(int64_t time_s, bool zh, struct es_buf *out)
{
    char text[ES_TIME_TEXT_MAX];

    es_time_china(time_s, text);
    es_buf_printf(out, "%s%s", text, zh ? "（北京时间）" : " (UTC+8)");
}

static const char *proof_word(const char *by, bool zh)
{
    if (by == NULL)
        return zh ? "证据" : "evidence";
    if (strcmp(by, "time-stamp") == 0)
        return zh ? "时间戳" : "a time stamp";
    if (strcmp(by, "log-receipt") == 0)
        return zh ? "日志回执" : "a log receipt";
    return by;
}

void es_report_put_sealed_at(const struct es_report_signature *sig, bool zh, struct es_buf *out)
{
    if (sig->has_proof) {
        es_buf_put_str(out, zh ? "不晚于 " : "no later than ");
        es_report_put_moment(sig->proof_s, zh, out);
        es_buf_put_str(out, zh ? "，由" : ", proved by ");
        es_report_put_shown(out, proof_word(sig->proof_by, zh));
        es_buf_put_str(out, zh ? "证明" : "");
    }
    if (sig->has_proof && sig->has_claim)
        es_buf_put_str(out, zh ? "；签章人声明为 " : "; the signer claims ");
    if (sig->has_claim)
        es_report_put_moment(sig->claim_s, zh, out);
    if (sig->has_claim && !sig->has_proof)
        es_buf_put_str(out, zh ? "，仅为签章人声明" : ", as the signer claims");
    if (!sig->has_proof && !sig->has_claim)
        es_buf_put_str(out, zh ? "未知" : "not known");
}

void es_report_put_state(const struct es_report_signature *sig, bool zh, struct es_buf *out)
{
    bool since = sig->state.since_s != 0;
    char date[ES_TIME_TEXT_MAX];

    if (!sig->value_good) /* whose state it is, is itself only a claim */
        return;
    if (sig->state.at_signing != NULL) {
        es_buf_put_str(out, zh ? "盖章时：" : "when sealed: ");
        es_report_put_shown(out, es_state_text(sig->state.at_signing, zh));
    }
    if (sig->state.now == NULL)
        return;
    if (sig->state.at_signing != NULL)
        es_buf_put_str(out, zh ? "；" : "; ");
    es_buf_put_str(out, zh ? "现在：" : "now: ");
    es_report_put_shown(out, es_state_text(sig->state.now, zh));
    if (!since)
        return;
    es_time_china(sig->state.since_s, date);
    es_buf_printf(out, zh ? "（自 %.10s）" : " (since %.10s)", date);
}

/* ---- names ---- */

const char *es_report_name(const struct es_report_signature *sig, bool zh)
{
    if (sig->seal_name != NULL && sig->seal_name[0] != '\0')
        return sig->seal_name;
    if (sig->signer_name != NULL && sig->signer_name[0] != '\0')
        return sig->signer_name;
    return zh ? "（无名称）" : "(no name)";
}

void es_report_put_shown(struct es_buf *out, const char *text)
{
    es_buf_put_shown(out, es_span_str(text), ES_REPORT_CHARS);
}

void es_report_take(struct es_buf *out, const struct es_buf *made)
{
    if (made->failed != ES_OK && out->failed == ES_OK)
        out->failed = made->failed;
}

const char *es_report_claimed(const struct es_report_signature *sig, bool zh)
{
    if (sig->value_good)
        return "";
    return zh ? "（声称）" : " (claimed)";
}
