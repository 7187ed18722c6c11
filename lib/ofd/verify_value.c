/*
 * The signature value (stages 2 and 5): which form it has, whether it belongs to this
 * Signature.xml, and whether its SM2 value holds.
 */
#include "verify_internal.h"

#define VALUE_MAX (8u << 20)

/* ---- reading ---- */

/* The entry a location names, for files of the signature itself; NULL: the finding is made. */
static es_status find_file(struct verify_one *one, struct es_span loc, const char *what,
                           const struct es_zip_entry **entry, struct es_error *err)
{
    bool exact = true;
    es_status status = es_ofd_resolve(one->run->ofd, one->entry, loc, entry, &exact, err);

    if (status == ES_OK) {
        if (!exact)
            verify_add(one, ES_CHECK_FORMAT, ES_V_FORM_DEVIATION, "path");
        return ES_OK;
    }
    *entry = NULL;
    if (status == ES_E_CONFLICT)
        es_finding_add_span(one->findings, ES_CHECK_FORMAT, ES_V_RANGE_REFERENCE_UNCLEAR,
                            one->where, loc);
    else if (status == ES_E_ABSENT || status == ES_E_FORMAT)
        verify_add(one, ES_CHECK_FORMAT, ES_V_SIGNATURE_MISSING_PART, what);
    else
        return status;
    return ES_OK;
}

static es_status read_value(struct verify_one *one, bool *good, struct es_error *err)
{
    const struct es_zip_entry *entry = NULL;

    *good = false;
    if (one->xml.value_loc.len == 0)
        return ES_OK;
    ES_TRY(find_file(one, one->xml.value_loc, "SignedValue", &entry, err));
    if (entry == NULL || !verify_first_use(one, entry))
        return ES_OK;
    return verify_entry_read(one->run, entry, &one->value_bytes, good, err);
}

/* SPEC formats.md 5.4: KingGrid 2018 stored base64 text. */
static es_status undo_base64(struct verify_one *one, struct es_error *err)
{
    ES_AUTO(es_buf) plain = ES_BUF_INIT(VALUE_MAX);
    es_status status = es_base64_decode(es_buf_span(&one->value_bytes), &plain, NULL, NULL);

    ES_ENSURE(status != ES_E_NOMEM, err, ES_E_NOMEM, "out of memory");
    if (status != ES_OK)
        return ES_OK;
    verify_add(one, ES_CHECK_FORMAT, ES_V_FORM_DEVIATION, "base64");
    es_buf_reset(&one->value_bytes);
    es_buf_put_span(&one->value_bytes, es_buf_span(&plain));
    return es_buf_check(&one->value_bytes, err);
}

static bool is_of_file(es_status status)
{
    return status == ES_E_FORMAT || status == ES_E_DER || status == ES_E_UNSUPPORTED ||
           status == ES_E_LIMIT || status == ES_E_CONFLICT || status == ES_E_RANGE;
}

static es_status decode_seal(struct verify_one *one, struct es_error *err)
{
    es_status status = es_seal_signature_decode(es_buf_span(&one->value_bytes), one->where,
                                                one->findings, &one->ses, err);

    if (status == ES_OK)
        one->form = FORM_SEAL;
    return is_of_file(status) ? ES_OK : status;
}

static es_status decode_cms(struct verify_one *one, struct es_error *err)
{
    es_status status = es_cms_decode(es_buf_span(&one->value_bytes), &one->cms, err);

    if (status == ES_OK) {
        one->form = FORM_CMS;
        if (one->cms->ber)
            verify_add(one, ES_CHECK_FORMAT, ES_V_FORM_DEVIATION, "indefinite-length");
        return ES_OK;
    }
    if (!is_of_file(status))
        return status;
    if (status == ES_E_CONFLICT)
        verify_add(one, ES_CHECK_FORMAT, ES_V_SIGNATURE_AMBIGUOUS, "SignerInfo");
    else if (status == ES_E_LIMIT)
        verify_add(one, ES_CHECK_FORMAT, ES_V_LIMIT_EXCEEDED, "SignedData");
    else
        verify_add(one, ES_CHECK_FORMAT,
                   status == ES_E_DER ? ES_V_DER_NOT_CANONICAL : ES_V_SEAL_DATA_MALFORMED, NULL);
    return ES_OK;
}

static es_status decode_value(struct verify_one *one, struct es_error *err)
{
    switch (es_seal_value_form(es_buf_span(&one->value_bytes))) {
    case ES_VALUE_SEAL:
        return decode_seal(one, err);
    case ES_VALUE_CMS:
        return decode_cms(one, err);
    case ES_VALUE_BARE_SM2:
        /* SPEC formats.md 7.8: form C has no certificate. */
        one->form = FORM_BARE;
        verify_add(one, ES_CHECK_SIGNATURE, ES_V_SIGNER_CERT_MISSING, NULL);
        return ES_OK;
    case ES_VALUE_BASE64:
    case ES_VALUE_UNKNOWN:
        break;
    }
    verify_add(one, ES_CHECK_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL);
    return ES_OK;
}

static es_status decode_cert(struct verify_one *one, struct es_span der, enum es_check check,
                             enum es_code missing, struct es_cert **out, struct es_error *err)
{
    es_status status;

    if (der.len == 0) {
        verify_add(one, check, missing, NULL);
        return ES_OK;
    }
    status = es_trust_decode_cert(one->run->verifier->trust, der, out, err);
    if (status != ES_OK && !is_of_file(status))
        return status;
    if (status != ES_OK)
        verify_add(one, check,
                   status == ES_E_DER ? ES_V_DER_NOT_CANONICAL : ES_V_SEAL_DATA_MALFORMED,
                   "certificate");
    return ES_OK;
}

static es_status decode_certs(struct verify_one *one, struct es_error *err)
{
    if (one->form == FORM_SEAL) {
        ES_TRY(decode_cert(one, one->ses->cert, ES_CHECK_SIGNATURE, ES_V_SIGNER_CERT_MISSING,
                           &one->signer, err));
        return decode_cert(one, one->ses->seal->maker_cert, ES_CHECK_MAKER_CERT_CHAIN,
                           ES_V_MAKER_CERT_MISSING, &one->maker, err);
    }
    if (one->form == FORM_CMS) {
        if (one->cms->signer != NULL)
            one->signer = es_cert_ref(one->cms->signer);
        else
            verify_add(one, ES_CHECK_SIGNATURE, ES_V_SIGNER_CERT_MISSING, NULL);
    }
    return ES_OK;
}

/* The same value twice speaks once. */
static es_status check_repeated(struct verify_one *one, struct es_error *err)
{
    struct verify_run *run = one->run;
    uint8_t *digest = es_arena_alloc(&run->report->arena, ES_SM3_LEN);

    ES_ENSURE(digest != NULL, err, ES_E_NOMEM, "out of memory");
    ES_TRY(es_sm3(es_buf_span(&one->value_bytes), digest, err));
    for (size_t i = 0; i < run->value_count; i++)
        if (memcmp(run->value_digests[i], digest, ES_SM3_LEN) == 0) {
            verify_add(one, ES_CHECK_SIGNATURE, ES_V_SIGNATURE_DUPLICATED, NULL);
            break;
        }
    if (run->value_digests != NULL)
        run->value_digests[run->value_count++] = digest;
    return ES_OK;
}

static bool kind_is_seal(const struct verify_one *one)
{
    return strcmp(one->sig->type, "Seal") == 0;
}

/* Type and value must tell the same story; the data decide what is checked. */
static void check_type(struct verify_one *one)
{
    if (one->form == FORM_SEAL && !kind_is_seal(one))
        verify_add(one, ES_CHECK_FORMAT, ES_V_FORM_DEVIATION, "type");
    if (one->form != FORM_SEAL && one->form != FORM_NONE &&
        (kind_is_seal(one) || one->xml.stamp_count > 0))
        verify_add(one, ES_CHECK_FORMAT, ES_V_STRUCTURE_INVALID, "Type");
}

/* ---- does it belong to this file? ---- */

static es_status is_keyed_hash(struct verify_one *one, struct es_span hash, bool *out,
                               struct es_error *err)
{
    uint8_t e[ES_SM3_LEN];

    *out = false;
    if (one->signer == NULL || one->signer->key == NULL || hash.len != ES_SM3_LEN ||
        es_pubkey_kind(one->signer->key) != ES_KEY_SM2)
        return ES_OK;
    ES_TRY(es_sm2_e(one->signer->key, es_buf_span(&one->xml_bytes), e, err));
    *out = memcmp(e, hash.ptr, sizeof e) == 0;
    return ES_OK;
}

static es_status check_data_hash(struct verify_one *one, struct es_error *err)
{
    struct es_span hash = one->ses->data_hash;
    bool keyed = false;

    if (es_span_equal(hash, es_span_of(one->xml_sm3, ES_SM3_LEN)))
        return ES_OK;
    ES_TRY(is_keyed_hash(one, hash, &keyed, err));
    if (keyed)
        one->legacy = true;
    else
        verify_add(one, ES_CHECK_SIGNATURE, ES_V_DATA_HASH_MISMATCH, NULL);
    return ES_OK;
}

/* propertyInfo as a path; Kinsec and others wrap it as {"Entry":"…"}. */
static struct es_span path_of(struct es_span info)
{
    struct es_span key = es_span_str("\"Entry\":\"");
    size_t at = 0;

    info = es_span_trim(info);
    if (info.len > 0 && info.ptr[0] == '{' && es_span_search(info, key, &at)) {
        info = es_span_sub(info, at + key.len, info.len);
        info = es_span_sub(info, 0, es_span_find(info, '"'));
    }
    return info;
}

/* SPEC GB/T 38540-2020 7.1 (propertyInfo); verification.md ofd-17: equal after resolving. */
static es_status check_property_info(struct verify_one *one, struct es_error *err)
{
    struct es_span path = path_of(one->ses->property_info);
    const struct es_zip_entry *entry = NULL;
    bool exact = true;
    es_status status = ES_E_ABSENT;

    if (path.len > 0 && es_text_clean(path))
        status = es_ofd_resolve(one->run->ofd, "OFD.xml", path, &entry, &exact, err);
    if (status == ES_E_NOMEM || status == ES_E_IO)
        return status;
    if (status == ES_OK && strcmp(entry->name, one->entry) == 0)
        return ES_OK;
    /* A blank or a document id names no other file: some vendors write that (formats.md 3.6). */
    if (es_span_find(path, '/') == path.len)
        verify_add(one, ES_CHECK_FORMAT, ES_V_FORM_DEVIATION, "propertyInfo");
    else
        es_finding_add_span(one->findings, ES_CHECK_SIGNATURE, ES_V_PROPERTY_INFO_MISMATCH,
                            one->where, path);
    return ES_OK;
}

/* SPEC verification.md ofd-24: what Signature.xml names must be what the value is. */
static void check_method(struct verify_one *one)
{
    struct es_span method = one->xml.method;
    bool names_rsa = es_span_starts(method, "1.2.840.113549.1.1.") || es_span_starts(method, "RSA");

    if (names_rsa && one->signer != NULL && one->signer->key != NULL &&
        es_pubkey_kind(one->signer->key) != ES_KEY_RSA)
        es_finding_add_span(one->findings, ES_CHECK_SIGNATURE, ES_V_ALGORITHM_MISMATCH, one->where,
                            method);
}

/* ---- the value itself ---- */

/* Early products signed Signature.xml itself; then seal and time are not bound to it. */
static es_status check_legacy(struct verify_one *one, struct es_error *err)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(256);
    enum es_sig_answer answer = ES_SIG_UNCHECKED;
    const char *deviation = NULL;

    if (es_sm2_sig_normalise(one->ses->sig, &der, &deviation, NULL) == ES_OK)
        ES_TRY(es_sm2_verify(one->signer->key, es_buf_span(&one->xml_bytes), es_buf_span(&der),
                             &answer, err));
    verify_add(one, ES_CHECK_SIGNATURE, ES_V_LEGACY_FORM, NULL);
    if (answer != ES_SIG_GOOD)
        verify_add(one, ES_CHECK_SIGNATURE, ES_V_SIGNATURE_VALUE_INVALID, NULL);
    return ES_OK;
}

static es_status check_seal_value(struct verify_one *one, struct es_error *err)
{
    ES_TRY(check_data_hash(one, err));
    ES_TRY(check_property_info(one, err));
    if (one->legacy)
        return check_legacy(one, err);
    return es_seal_signature_verify(one->ses, one->signer, one->where, &one->sig->value_good,
                                    one->findings, err);
}

/* Form B carries SM3(Signature.xml), in some products as base64 text. */
static es_status note_base64_content(struct verify_one *one, struct es_error *err)
{
    ES_AUTO(es_buf) plain = ES_BUF_INIT(256);
    struct es_span content = one->cms->content;

    if (!one->cms->has_content || content.len != 44)
        return ES_OK;
    if (es_base64_decode(content, &plain, NULL, NULL) == ES_OK &&
        es_span_equal(es_buf_span(&plain), es_span_of(one->xml_sm3, ES_SM3_LEN)))
        verify_add(one, ES_CHECK_FORMAT, ES_V_FORM_DEVIATION, "base64-content");
    ES_ENSURE(plain.failed != ES_E_NOMEM, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

/*
 * The document of a value is this Signature.xml, whatever content the value brings along: content
 * of its own would let a signed mail pass for a signature over any document.
 */
static es_status check_cms_value(struct verify_one *one, struct es_error *err)
{
    enum es_sig_answer answer = ES_SIG_UNCHECKED;

    ES_TRY(note_base64_content(one, err));
    ES_TRY(es_cms_verify(one->cms, one->signer, es_buf_span(&one->xml_bytes),
                         es_span_of(one->xml_sm3, ES_SM3_LEN), ES_CHECK_SIGNATURE, one->where,
                         &answer, one->findings, err));
    one->sig->value_good = answer == ES_SIG_GOOD;
    return ES_OK;
}

es_status verify_value(struct verify_one *one, struct es_error *err)
{
    bool good = false;

    es_buf_init(&one->value_bytes, VALUE_MAX);
    ES_TRY(read_value(one, &good, err));
    if (!good)
        return ES_OK;
    if (es_seal_value_form(es_buf_span(&one->value_bytes)) == ES_VALUE_BASE64)
        ES_TRY(undo_base64(one, err));
    ES_TRY(decode_value(one, err));
    ES_TRY(check_repeated(one, err));
    check_type(one);
    return decode_certs(one, err);
}

es_status verify_signature_value(struct verify_one *one, struct es_error *err)
{
    if (one->form == FORM_NONE || one->form == FORM_BARE || one->signer == NULL)
        return ES_OK;
    check_method(one);
    if (one->form == FORM_SEAL)
        ES_TRY(check_seal_value(one, err));
    else
        ES_TRY(check_cms_value(one, err));
    verify_ran(one, ES_CHECK_SIGNATURE);
    return ES_OK;
}
