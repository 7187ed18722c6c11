/* One signature from its place in the list to a filled part of the report. */
#include "verify_internal.h"

#define SIGNATURE_XML_MAX (64u << 20)
#define SHOWN_MAX 256

void verify_add(struct verify_one *one, enum es_check check, enum es_code code, const char *value)
{
    es_finding_add(one->findings, check, code, one->where, value);
}

bool verify_first_use(struct verify_one *one, const struct es_zip_entry *entry)
{
    bool first = one->run->judged[entry->index] == 0;

    if (!first)
        verify_add(one, ES_CHECK_SIGNATURE, ES_V_SIGNATURE_DUPLICATED, NULL);
    one->run->judged[entry->index] = 1;
    return first;
}

void verify_clear(struct verify_one *one)
{
    es_arena_clear(&one->tree);
    es_buf_clear(&one->xml_bytes);
    es_buf_clear(&one->value_bytes);
    es_seal_signature_free(one->ses);
    es_cms_free(one->cms);
    es_cert_free(one->signer);
    es_cert_free(one->maker);
    free(one->is_protected);
}

/* ---- facts for the report, all made fit to be shown ---- */

static const char *shown(struct verify_one *one, struct es_span text)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(SHOWN_MAX * 12);
    const char *out;

    es_buf_put_shown(&buf, text, SHOWN_MAX);
    out = buf.failed == ES_OK ? es_arena_text(&one->run->report->arena, es_buf_span(&buf)) : NULL;
    if (out == NULL)
        one->findings->lost = true;
    return out;
}

/* A text cut at its maximum may be shown, one that memory ran out for may not. */
static const char *shown_buf(struct verify_one *one, const struct es_buf *buf)
{
    if (buf->failed == ES_E_NOMEM)
        one->findings->lost = true;
    return shown(one, es_buf_span(buf));
}

static const char *shown_name(struct verify_one *one, struct es_span name)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(16384);

    es_name_put(&buf, name);
    return shown_buf(one, &buf);
}

/* The organisation, or else the common name: what a person calls the signer. */
static const char *short_name(struct verify_one *one, struct es_span name)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(4096);

    if (!es_name_get(name, "2.5.4.3", &buf))
        (void) es_name_get(name, "2.5.4.10", &buf);
    return shown_buf(one, &buf);
}

static void signer_facts(struct verify_one *one)
{
    ES_AUTO(es_buf) serial = ES_BUF_INIT(256);

    if (one->signer == NULL)
        return;
    es_cert_put_serial(&serial, one->signer);
    one->sig->signer_subject = shown_name(one, one->signer->subject);
    one->sig->signer_name = short_name(one, one->signer->subject);
    one->sig->signer_serial = shown_buf(one, &serial);
}

static es_status seal_facts(struct verify_one *one, struct es_error *err)
{
    struct es_report_signature *sig = one->sig;
    const struct es_seal *seal = one->ses->seal;
    struct es_arena *arena = &one->run->report->arena;
    char *picture = es_arena_text(arena, seal->picture.data);

    ES_ENSURE(picture != NULL, err, ES_E_NOMEM, "out of memory");
    sig->has_seal = true;
    sig->seal_code = shown(one, seal->id);
    sig->seal_name = shown(one, seal->name);
    sig->seal_kind = es_arena_printf(arena, "%u", seal->type);
    sig->seal_from_s = seal->valid_from_s;
    sig->seal_until_s = seal->valid_until_s;
    sig->picture = es_span_of(picture, seal->picture.data.len);
    sig->picture_type = shown(one, seal->picture.type);
    sig->picture_width_mm = seal->picture.width_mm;
    sig->picture_height_mm = seal->picture.height_mm;
    sig->edition = es_seal_edition_name(one->ses->edition);
    if (one->maker != NULL)
        sig->maker_subject = shown_name(one, one->maker->subject);
    return es_sm3(sig->picture, sig->picture_sm3, err);
}

/* Checks that have no meaning for this form stay unknown and are not required. */
static void mark_not_applicable(struct verify_one *one)
{
    static const enum es_check of_seal[] = {
        ES_CHECK_SIGNER_IN_SEAL,
        ES_CHECK_SEAL_SIGNATURE,
        ES_CHECK_MAKER_TRUSTED,
        ES_CHECK_MAKER_CERT_CHAIN,
        ES_CHECK_SEAL_VALIDITY_AT_SIGNING,
        ES_CHECK_SEAL_STATE_AT_SIGNING,
        ES_CHECK_PRESENTATION,
    };

    if (one->form == FORM_SEAL) {
        one->sig->not_applicable[ES_CHECK_SEAL_STATE_AT_SIGNING] =
            one->run->verifier->states == NULL && !one->run->verifier->policy->state_required;
        return;
    }
    for (size_t i = 0; i < sizeof of_seal / sizeof of_seal[0]; i++)
        one->sig->not_applicable[of_seal[i]] = true;
}

es_status verify_facts(struct verify_one *one, struct es_error *err)
{
    mark_not_applicable(one);
    signer_facts(one);
    if (one->form == FORM_SEAL)
        return seal_facts(one, err);
    if (one->form == FORM_CMS)
        one->sig->edition = one->cms->gmt ? "GB/T 35275-2017" : "PKCS #7";
    return ES_OK;
}

/* ---- running ---- */

static es_status read_signature_xml(struct verify_one *one, const struct es_zip_entry *entry,
                                    bool *good, struct es_error *err)
{
    es_status status;

    ES_TRY(verify_entry_read(one->run, entry, &one->xml_bytes, good, err));
    if (!*good)
        return ES_OK;
    ES_TRY(es_sm3(es_buf_span(&one->xml_bytes), one->xml_sm3, err));
    status = es_signature_xml_decode(es_buf_span(&one->xml_bytes), &one->run->verifier->limits.xml,
                                     &one->tree, one->where, one->findings, &one->xml, err);
    *good = status == ES_OK;
    return status == ES_E_NOMEM ? status : ES_OK;
}

static es_status run_stages(struct verify_one *one, struct es_error *err)
{
    ES_TRY(verify_value(one, err));
    ES_TRY(verify_references(one, err));
    ES_TRY(verify_range(one, err));
    ES_TRY(verify_signature_value(one, err));
    verify_ran(one, ES_CHECK_FORMAT);
    ES_TRY(verify_facts(one, err));
    ES_TRY(verify_time(one, err));
    ES_TRY(verify_seal(one, err));
    ES_TRY(verify_trust(one, err));
    return verify_stamps(one, err);
}

es_status verify_start(struct verify_one *one, const struct es_ofd_signature_ref *ref,
                       struct es_error *err)
{
    const char *slash = strrchr(ref->entry, '/');
    size_t len = slash == NULL ? 0 : (size_t) (slash - ref->entry);

    one->sig = es_report_add(one->run->report);
    ES_ENSURE(one->sig != NULL, err, ES_E_NOMEM, "out of memory");
    one->findings = &one->sig->findings;
    one->entry = ref->entry;
    one->where = shown(one, es_span_of(ref->entry, len));
    one->sig->where = one->where;
    one->sig->id = shown(one, es_span_str(ref->id));
    one->sig->type = shown(one, es_span_str(ref->type));
    one->sig->edition = "";
    es_buf_init(&one->xml_bytes, SIGNATURE_XML_MAX);
    es_arena_init(&one->tree, 0);
    ES_ENSURE(one->where != NULL && one->sig->id != NULL && one->sig->type != NULL, err, ES_E_NOMEM,
              "out of memory");
    return ES_OK;
}

static es_status run_one(struct verify_one *one, const struct es_ofd_signature_ref *ref,
                         struct es_error *err)
{
    const struct es_zip_entry *entry;
    bool good = false;

    ES_TRY(verify_start(one, ref, err));
    entry = es_zip_find(one->run->zip, es_span_str(ref->entry));
    if (entry == NULL) {
        verify_add(one, ES_CHECK_FORMAT, ES_V_SIGNATURE_MISSING_PART, "Signature.xml");
        return ES_OK;
    }
    if (!verify_first_use(one, entry))
        return ES_OK;
    ES_TRY(read_signature_xml(one, entry, &good, err));
    return good ? run_stages(one, err) : ES_OK;
}

es_status verify_signature(struct verify_run *run, const struct es_ofd_signature_ref *ref,
                           struct es_error *err)
{
    struct verify_one one = {.run = run};
    es_status status = run_one(&one, ref, err);

    verify_clear(&one);
    return status;
}
