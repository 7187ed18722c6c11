/*
 * es_cert_issue: X.509 v3 certificates with SM2 keys, profile of formats.md 2.1. What a
 * certificate may do follows from its use alone (table `uses`). Whether the issuer may issue, and
 * whether periods nest, is the caller's to decide: tests need chains that are wrong on purpose.
 */
#include "authority.h"

#define OID_ORGANISATION_CODE "1.2.156.10260.4.1.4"
#define OID_TIME_STAMPING "1.3.6.1.5.5.7.3.8"
#define OID_OCSP_SIGNING "1.3.6.1.5.5.7.3.9"

struct use {
    uint32_t usage;
    bool is_ca;
    int path_len; /* -1: none */
    const char *eku;
    bool eku_critical;
};

static const struct use uses[] = {
    [ES_CERT_ROOT] = {ES_USAGE_CERT_SIGN | ES_USAGE_CRL_SIGN, true, -1, NULL, false},
    [ES_CERT_CA] = {ES_USAGE_CERT_SIGN | ES_USAGE_CRL_SIGN, true, 0, NULL, false},
    [ES_CERT_MAKER] = {ES_USAGE_DIGITAL_SIGNATURE | ES_USAGE_NON_REPUDIATION, false, -1, NULL,
                       false},
    [ES_CERT_SIGNER] = {ES_USAGE_DIGITAL_SIGNATURE | ES_USAGE_NON_REPUDIATION, false, -1, NULL,
                        false},
    /* SPEC RFC 3161 2.3: exactly one key purpose, timeStamping, and critical. */
    [ES_CERT_TSA] = {ES_USAGE_DIGITAL_SIGNATURE, false, -1, OID_TIME_STAMPING, true},
    [ES_CERT_OCSP] = {ES_USAGE_DIGITAL_SIGNATURE, false, -1, OID_OCSP_SIGNING, false},
};

/** Begin an extension; the value is written between, then both marks are ended. */
static void ext_begin(struct es_buf *out, const char *oid, bool critical, size_t mark[2])
{
    mark[0] = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_oid(out, oid);
    if (critical)
        es_der_put_bool(out, true);
    mark[1] = es_der_begin(out, ES_DER_OCTET_STRING);
}

static void ext_end(struct es_buf *out, const size_t mark[2])
{
    es_der_end(out, mark[1]);
    es_der_end(out, mark[0]);
}

static void put_basic_constraints(struct es_buf *out, const struct use *use)
{
    size_t mark[2];

    if (!use->is_ca)
        return;
    ext_begin(out, ES_OID_BASIC_CONSTRAINTS, true, mark);
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_bool(out, true);
    if (use->path_len >= 0)
        es_der_put_uint(out, (uint64_t) use->path_len);
    es_der_end(out, seq);
    ext_end(out, mark);
}

static void put_usages(struct es_buf *out, const struct use *use)
{
    size_t mark[2];

    ext_begin(out, ES_OID_KEY_USAGE, true, mark);
    es_put_named_bits(out, use->usage);
    ext_end(out, mark);
    if (!use->eku)
        return;
    ext_begin(out, ES_OID_EKU, use->eku_critical, mark);
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_oid(out, use->eku);
    es_der_end(out, seq);
    ext_end(out, mark);
}

static es_status put_key_ids(struct es_buf *out, const struct es_pubkey *subject_key,
                             const struct es_cert *issuer, struct es_error *err)
{
    uint8_t id[ES_KEY_ID_LEN];
    size_t mark[2];

    ES_TRY(es_key_id(subject_key, id, err));
    ext_begin(out, ES_OID_SKI, false, mark);
    es_der_put(out, ES_DER_OCTET_STRING, es_span_of(id, sizeof id));
    ext_end(out, mark);
    if (!issuer)
        return es_buf_check(out, err);
    ES_AUTO(es_buf) issuer_id = ES_BUF_INIT(ES_AUTHORITY_MAX);
    ES_TRY(es_cert_key_id(issuer, &issuer_id, err));
    es_put_aki(out, es_buf_span(&issuer_id));
    return es_buf_check(out, err);
}

/* SPEC GM/T 0015: the organisation code is a private extension; the subject name stays plain. */
static es_status put_organisation_code(struct es_buf *out, const char *code, struct es_error *err)
{
    size_t mark[2];
    struct es_span text = es_span_str(code);

    if (!code)
        return ES_OK;
    ES_ENSURE(text.len >= 1 && text.len <= 64, err, ES_E_RANGE,
              "organisation code of %zu bytes, allowed are 1 to 64", text.len);
    ES_ENSURE(es_text_clean(text), err, ES_E_RANGE, "organisation code is not clean UTF-8 text");
    ext_begin(out, OID_ORGANISATION_CODE, false, mark);
    es_der_put(out, ES_DER_UTF8_STRING, text);
    ext_end(out, mark);
    return ES_OK;
}

static es_status put_extensions(struct es_buf *out, const struct es_cert_template *tpl,
                                const struct es_pubkey *subject_key, const struct es_cert *issuer,
                                struct es_error *err)
{
    const struct use *use = &uses[tpl->use];
    size_t outer = es_der_begin(out, ES_DER_CONTEXT(3));
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    put_basic_constraints(out, use);
    put_usages(out, use);
    ES_TRY(put_key_ids(out, subject_key, issuer, err));
    ES_TRY(put_organisation_code(out, tpl->organisation_id, err));
    es_der_end(out, seq);
    es_der_end(out, outer);
    return es_buf_check(out, err);
}

static es_status put_tbs(struct es_buf *out, const struct es_cert_template *tpl,
                         const struct es_pubkey *subject_key, const struct es_cert *issuer,
                         struct es_error *err)
{
    ES_AUTO(es_buf) subject = ES_BUF_INIT(ES_AUTHORITY_MAX);

    ES_TRY(es_put_name(&subject, tpl, err));
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);
    size_t version = es_der_begin(out, ES_DER_CONTEXT(0));
    es_der_put_uint(out, 2);
    es_der_end(out, version);
    es_der_put_unsigned(out, tpl->serial);
    es_put_algorithm(out, ES_OID_SM2_SM3);
    es_der_put_raw(out, issuer ? issuer->subject : es_buf_span(&subject));
    size_t validity = es_der_begin(out, ES_DER_SEQUENCE);
    es_put_x509_time(out, tpl->not_before_s);
    es_put_x509_time(out, tpl->not_after_s);
    es_der_end(out, validity);
    es_der_put_raw(out, es_buf_span(&subject));
    ES_TRY(es_put_spki(out, subject_key, err));
    ES_TRY(put_extensions(out, tpl, subject_key, issuer, err));
    es_der_end(out, seq);
    return es_buf_check(out, err);
}

static es_status check_signing_key(const struct es_pubkey *subject_key,
                                   const struct es_cert *issuer, const struct es_key *key,
                                   struct es_error *err)
{
    const struct es_pubkey *own = es_key_public(key);

    if (issuer)
        return es_check_key_of(issuer, key, err);
    ES_ENSURE(es_pubkey_kind(subject_key) == ES_KEY_SM2 &&
                  es_span_equal(es_pubkey_point(subject_key), es_pubkey_point(own)),
              err, ES_E_MISMATCH, "self-signed certificate needs the key it names");
    return ES_OK;
}

es_status es_cert_issue(const struct es_cert_template *tpl, const struct es_pubkey *subject_key,
                        const struct es_cert *issuer, struct es_key *issuer_key, struct es_buf *out,
                        struct es_error *err)
{
    ES_AUTO(es_buf) tbs = ES_BUF_INIT(ES_AUTHORITY_MAX);

    ES_ENSURE((size_t) tpl->use < sizeof uses / sizeof *uses, err, ES_E_RANGE,
              "unknown use of a certificate");
    ES_ENSURE(tpl->not_before_s <= tpl->not_after_s, err, ES_E_RANGE,
              "certificate would end before it begins");
    ES_TRY(es_check_serial(tpl->serial, err));
    ES_TRY(check_signing_key(subject_key, issuer, issuer_key, err));
    ES_TRY(put_tbs(&tbs, tpl, subject_key, issuer, err));
    return es_put_signed(out, es_buf_span(&tbs), issuer_key, err);
}
