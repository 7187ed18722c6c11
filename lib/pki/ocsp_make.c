/*
 * es_ocsp_make: a BasicOCSPResponse for one certificate (RFC 6960, GB/T 19713), signed with SM2.
 * The certificate is named by SM3 digests of its issuer's name and key.
 */
#include "authority.h"

#define OID_OCSP_BASIC "1.3.6.1.5.5.7.48.1.1"

/* SPEC RFC 6960 4.1.1: issuerKeyHash is over the key's BIT STRING without tag, length, unused. */
static es_status put_cert_id(struct es_buf *out, const struct es_cert *cert,
                             const struct es_cert *issuer, struct es_error *err)
{
    uint8_t name_hash[ES_SM3_LEN], key_hash[ES_SM3_LEN];

    ES_TRY(es_sm3(issuer->subject, name_hash, err));
    ES_TRY(es_sm3(es_pubkey_point(issuer->key), key_hash, err));
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);
    es_put_sm3(out);
    es_der_put(out, ES_DER_OCTET_STRING, es_span_of(name_hash, sizeof name_hash));
    es_der_put(out, ES_DER_OCTET_STRING, es_span_of(key_hash, sizeof key_hash));
    es_der_put(out, ES_DER_INTEGER, cert->serial);
    es_der_end(out, seq);
    return es_buf_check(out, err);
}

static void put_cert_status(struct es_buf *out, const struct es_revoked *revoked)
{
    if (!revoked) {
        es_der_put(out, ES_DER_CONTEXT_PRIMITIVE(0), es_span_of(NULL, 0)); /* good */
        return;
    }
    size_t info = es_der_begin(out, ES_DER_CONTEXT(1));
    es_der_put_generalized_time(out, revoked->time_s);
    if (revoked->reason >= 0) {
        const uint8_t reason = (uint8_t) revoked->reason;
        size_t wrapped = es_der_begin(out, ES_DER_CONTEXT(0));
        es_der_put(out, ES_DER_ENUMERATED, es_span_of(&reason, 1));
        es_der_end(out, wrapped);
    }
    es_der_end(out, info);
}

static es_status put_response_data(struct es_buf *out, const struct es_cert *cert,
                                   const struct es_cert *issuer, const struct es_cert *responder,
                                   const struct es_revoked *revoked, int64_t this_update_s,
                                   int64_t next_update_s, struct es_error *err)
{
    size_t data = es_der_begin(out, ES_DER_SEQUENCE);
    size_t by_name = es_der_begin(out, ES_DER_CONTEXT(1));

    es_der_put_raw(out, responder->subject);
    es_der_end(out, by_name);
    es_der_put_generalized_time(out, this_update_s); /* producedAt */
    size_t responses = es_der_begin(out, ES_DER_SEQUENCE);
    size_t single = es_der_begin(out, ES_DER_SEQUENCE);
    ES_TRY(put_cert_id(out, cert, issuer, err));
    put_cert_status(out, revoked);
    es_der_put_generalized_time(out, this_update_s);
    size_t next = es_der_begin(out, ES_DER_CONTEXT(0));
    es_der_put_generalized_time(out, next_update_s);
    es_der_end(out, next);
    es_der_end(out, single);
    es_der_end(out, responses);
    es_der_end(out, data);
    return es_buf_check(out, err);
}

/* SEQUENCE { tbsResponseData, algorithm, signature, [0] certs }: a responder that is not the
 * issuer brings its certificate. */
static es_status put_basic(struct es_buf *out, struct es_span data, const struct es_cert *responder,
                           bool with_cert, struct es_key *key, struct es_error *err)
{
    ES_AUTO(es_buf) sig = ES_BUF_INIT(256);

    ES_TRY(es_key_sign(key, data, &sig, err));
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_raw(out, data);
    es_put_algorithm(out, ES_OID_SM2_SM3);
    es_der_put_bits(out, es_buf_span(&sig));
    if (with_cert) {
        size_t wrapped = es_der_begin(out, ES_DER_CONTEXT(0));
        es_der_put(out, ES_DER_SEQUENCE, responder->der);
        es_der_end(out, wrapped);
    }
    es_der_end(out, seq);
    return es_buf_check(out, err);
}

static es_status put_response(struct es_buf *out, struct es_span basic, struct es_error *err)
{
    const uint8_t successful = 0;
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put(out, ES_DER_ENUMERATED, es_span_of(&successful, 1));
    size_t wrapped = es_der_begin(out, ES_DER_CONTEXT(0));
    size_t bytes = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_oid(out, OID_OCSP_BASIC);
    es_der_put(out, ES_DER_OCTET_STRING, basic);
    es_der_end(out, bytes);
    es_der_end(out, wrapped);
    es_der_end(out, seq);
    return es_buf_check(out, err);
}

static es_status check_request(const struct es_cert *issuer, const struct es_revoked *revoked,
                               int64_t this_update_s, int64_t next_update_s, struct es_error *err)
{
    ES_ENSURE(issuer->key && es_pubkey_kind(issuer->key) == ES_KEY_SM2, err, ES_E_CERT,
              "issuer has no usable SM2 key");
    ES_ENSURE(this_update_s <= next_update_s, err, ES_E_RANGE, "answer would end before it begins");
    ES_ENSURE(!revoked || (revoked->reason >= -1 && revoked->reason <= 10 && revoked->reason != 7),
              err, ES_E_RANGE, "revocation reason is not one of RFC 5280");
    return ES_OK;
}

es_status es_ocsp_make(const struct es_cert *cert, const struct es_cert *issuer,
                       const struct es_cert *responder, struct es_key *key,
                       const struct es_revoked *revoked, int64_t this_update_s,
                       int64_t next_update_s, struct es_buf *out, struct es_error *err)
{
    ES_AUTO(es_buf) data = ES_BUF_INIT(ES_AUTHORITY_MAX);
    ES_AUTO(es_buf) basic = ES_BUF_INIT(2 * ES_AUTHORITY_MAX);
    bool with_cert = !es_span_equal(responder->der, issuer->der);

    ES_TRY(check_request(issuer, revoked, this_update_s, next_update_s, err));
    ES_TRY(es_check_key_of(responder, key, err));
    ES_TRY(put_response_data(&data, cert, issuer, responder, revoked, this_update_s, next_update_s,
                             err));
    ES_TRY(put_basic(&basic, es_buf_span(&data), responder, with_cert, key, err));
    return put_response(out, es_buf_span(&basic), err);
}
