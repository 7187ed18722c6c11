/*
 * Writing SignedData. SPEC formats.md 12, 6: form A, with signed attributes in DER order, which
 * every known reader takes. es_cms_sign is its two halves put together, so that a key held
 * elsewhere makes the same bytes.
 */
#include "authority.h"
#include "cms_internal.h"

#define ATTRS_MAX 4096
#define SIGNED_DATA_MAX (1u << 20)

void es_cms_put_attr(struct es_buf *out, const char *oid, uint8_t tag, struct es_span value)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_oid(out, oid);
    size_t set = es_der_begin(out, ES_DER_SET);
    es_der_put(out, tag, value);
    es_der_end(out, set);
    es_der_end(out, seq);
}

void es_cms_put_attr_oid(struct es_buf *out, const char *oid, const char *value)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_oid(out, oid);
    size_t set = es_der_begin(out, ES_DER_SET);
    es_der_put_oid(out, value);
    es_der_end(out, set);
    es_der_end(out, seq);
}

void es_cms_put_attr_time(struct es_buf *out, int64_t time_s)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_oid(out, ES_OID_SIGNING_TIME);
    size_t set = es_der_begin(out, ES_DER_SET);
    es_put_x509_time(out, time_s); /* SPEC RFC 5652 11.3: the same rule of 2050 */
    es_der_end(out, set);
    es_der_end(out, seq);
}

/* SPEC RFC 3161 appendix A: signatureTimeStampToken, unsigned, over the signature value. */
static void put_time_stamp(struct es_buf *out, struct es_span token)
{
    size_t unsigned_attrs = es_der_begin(out, ES_DER_CONTEXT(1));
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_oid(out, ES_OID_TIME_STAMP_TOKEN);
    size_t set = es_der_begin(out, ES_DER_SET);
    es_der_put_raw(out, token);
    es_der_end(out, set);
    es_der_end(out, seq);
    es_der_end(out, unsigned_attrs);
}

static void put_signer(struct es_buf *out, const struct es_cms_parts *parts)
{
    struct es_span attrs = parts->attrs, value = {0};
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_uint(out, 1);
    size_t id = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_raw(out, parts->cert->issuer);
    es_der_put(out, ES_DER_INTEGER, parts->cert->serial); /* as the certificate spells it */
    es_der_end(out, id);
    es_put_sm3(out);
    ES_BUG_ON(es_der_get(&attrs, ES_DER_SET, &value, NULL) != ES_OK);
    es_der_put(out, ES_DER_CONTEXT(0), value);
    es_put_algorithm(out, parts->sig_oid);
    es_der_put(out, ES_DER_OCTET_STRING, parts->sig);
    if (parts->time_stamp.len > 0)
        put_time_stamp(out, parts->time_stamp);
    es_der_end(out, seq);
}

static void put_content(struct es_buf *out, const struct es_cms_parts *parts)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_oid(out, parts->content_oid);
    if (parts->has_content) {
        size_t wrapped = es_der_begin(out, ES_DER_CONTEXT(0));
        es_der_put(out, ES_DER_OCTET_STRING, parts->content);
        es_der_end(out, wrapped);
    }
    es_der_end(out, seq);
}

es_status es_cms_put(struct es_buf *out, const struct es_cms_parts *parts, struct es_error *err)
{
    size_t outer = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_oid(out, parts->signed_oid);
    size_t wrapped = es_der_begin(out, ES_DER_CONTEXT(0));
    size_t data = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_uint(out, parts->version);
    size_t algorithms = es_der_begin(out, ES_DER_SET);
    es_put_sm3(out);
    es_der_end(out, algorithms);
    put_content(out, parts);
    if (parts->with_cert)
        es_der_put(out, ES_DER_CONTEXT(0), parts->cert->der);
    size_t signers = es_der_begin(out, ES_DER_SET);
    put_signer(out, parts);
    es_der_end(out, signers);
    es_der_end(out, data);
    es_der_end(out, wrapped);
    es_der_end(out, outer);
    return es_buf_check(out, err);
}

es_status es_cms_attributes(struct es_span digest, int64_t time_s, struct es_buf *out,
                            struct es_error *err)
{
    ES_AUTO(es_buf) set = ES_BUF_INIT(ATTRS_MAX);

    ES_ENSURE(digest.len == ES_SM3_LEN, err, ES_E_RANGE, "digest of %zu bytes, SM3 has %d",
              digest.len, ES_SM3_LEN);
    es_cms_put_attr_oid(&set, ES_OID_CONTENT_TYPE, ES_OID_GMT_DATA);
    es_cms_put_attr_time(&set, time_s);
    es_cms_put_attr(&set, ES_OID_MESSAGE_DIGEST, ES_DER_OCTET_STRING, digest);
    ES_TRY(es_buf_check(&set, err));
    es_der_sort_set(&set, 0);
    es_der_put(out, ES_DER_SET, es_buf_span(&set));
    return es_buf_check(out, err);
}

/* What was made elsewhere is checked like what comes from outside. */
static es_status check_parts(struct es_span attrs, struct es_span sig, const struct es_cert *cert,
                             struct es_error *err)
{
    enum es_sig_answer answer = ES_SIG_UNCHECKED;

    ES_ENSURE(es_cms_looks_like_attrs(attrs), err, ES_E_FORMAT,
              "signed attributes are not a SET with messageDigest");
    ES_ENSURE(cert->key && es_pubkey_kind(cert->key) == ES_KEY_SM2, err, ES_E_CERT,
              "certificate has no usable SM2 key");
    ES_TRY(es_sm2_verify(cert->key, attrs, sig, &answer, err));
    ES_ENSURE(answer == ES_SIG_GOOD, err, ES_E_MISMATCH,
              "signature value does not verify with the certificate");
    return ES_OK;
}

es_status es_cms_assemble(struct es_span attrs, struct es_span sig, const struct es_cert *cert,
                          struct es_span time_stamp, struct es_buf *out, struct es_error *err)
{
    ES_AUTO(es_buf) whole = ES_BUF_INIT(SIGNED_DATA_MAX);
    struct es_cms_parts parts = {.signed_oid = ES_OID_GMT_SIGNED,
                                 .version = 1,
                                 .content_oid = ES_OID_GMT_DATA,
                                 .sig_oid = ES_OID_SM2_SIGN,
                                 .attrs = attrs,
                                 .sig = sig,
                                 .cert = cert,
                                 .with_cert = true,
                                 .time_stamp = time_stamp};

    ES_TRY(check_parts(attrs, sig, cert, err));
    ES_TRY(es_cms_put(&whole, &parts, err));
    es_buf_put_span(out, es_buf_span(&whole));
    return es_buf_check(out, err);
}

es_status es_cms_sign(struct es_key *key, const struct es_cert *cert, struct es_span digest,
                      int64_t time_s, struct es_buf *out, struct es_error *err)
{
    ES_AUTO(es_buf) attrs = ES_BUF_INIT(ATTRS_MAX);
    ES_AUTO(es_buf) sig = ES_BUF_INIT(256);

    ES_TRY(es_check_key_of(cert, key, err));
    ES_TRY(es_cms_attributes(digest, time_s, &attrs, err));
    ES_TRY(es_key_sign(key, es_buf_span(&attrs), &sig, err));
    return es_cms_assemble(es_buf_span(&attrs), es_buf_span(&sig), cert, (struct es_span){0}, out,
                           err);
}
