/*
 * The answering side of RFC 3161: a TimeStampResp with a token signed with SM2 over SM3. What a
 * request asks wrongly is answered by a refusal; only faults of ours (key, certificate, memory)
 * are errors. The policy named is ES_TIME_STAMP_POLICY.
 */
#include "authority.h"
#include "cms_internal.h"
#include "time_stamp.h"

#define REQUEST_MAX 65536
#define TOKEN_PART_MAX 65536

/** SPEC RFC 3161 2.4.2: bits of PKIFailureInfo. */
enum failure {
    FAIL_NONE = -1,
    FAIL_BAD_ALG = 0,
    FAIL_BAD_REQUEST = 2,
    FAIL_BAD_DATA_FORMAT = 5,
    FAIL_UNACCEPTED_POLICY = 15,
    FAIL_UNACCEPTED_EXTENSION = 16
};

struct request {
    struct es_imprint imprint;
    bool has_policy, has_nonce, has_extensions, want_cert;
    struct es_span policy, nonce;
    uint32_t version;
};

/* ---- reading a request ---- */

static es_status read_options(struct es_span in, struct request *req)
{
    struct es_span extensions;

    req->has_policy = es_der_peek(in) == ES_DER_OID;
    if (req->has_policy)
        ES_TRY(es_der_get_oid(&in, &req->policy, NULL));
    req->has_nonce = es_der_peek(in) == ES_DER_INTEGER;
    if (req->has_nonce)
        ES_TRY(es_der_get_integer(&in, &req->nonce, NULL));
    if (es_der_peek(in) == ES_DER_BOOLEAN)
        ES_TRY(es_der_get_bool(&in, &req->want_cert, NULL));
    ES_TRY(es_der_get_optional(&in, ES_DER_CONTEXT(0), &extensions, &req->has_extensions, NULL));
    return es_der_finish(in, NULL);
}

static es_status read_request(struct es_span in, struct request *req)
{
    struct es_span seq;

    ES_ENSURE(in.len <= REQUEST_MAX, NULL, ES_E_LIMIT, "request too long");
    ES_TRY(es_der_get(&in, ES_DER_SEQUENCE, &seq, NULL));
    ES_TRY(es_der_finish(in, NULL));
    ES_TRY(es_der_get_uint(&seq, &req->version, NULL));
    ES_TRY(es_imprint_read(&seq, &req->imprint, NULL));
    return read_options(seq, req);
}

static enum failure judge_request(struct es_span bytes, struct request *req)
{
    if (read_request(bytes, req) != ES_OK || req->nonce.len > ES_DIGEST_MAX)
        return FAIL_BAD_DATA_FORMAT;
    if (req->version != 1)
        return FAIL_BAD_REQUEST;
    if (req->imprint.digest != ES_DIGEST_SM3 && req->imprint.digest != ES_DIGEST_SHA256)
        return FAIL_BAD_ALG;
    if (req->imprint.value.len != es_digest_len(req->imprint.digest))
        return FAIL_BAD_DATA_FORMAT;
    if (req->has_policy && !es_oid_is(req->policy, ES_TIME_STAMP_POLICY))
        return FAIL_UNACCEPTED_POLICY;
    return req->has_extensions ? FAIL_UNACCEPTED_EXTENSION : FAIL_NONE;
}

/* ---- writing the token ---- */

static es_status put_tst_info(struct es_buf *out, const struct request *req, struct es_span serial,
                              int64_t now_s, struct es_error *err)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_uint(out, 1);
    es_der_put_oid(out, ES_TIME_STAMP_POLICY);
    es_der_put_raw(out, req->imprint.tlv); /* SPEC RFC 3161 2.4.2: the same as in the request */
    es_der_put_unsigned(out, serial);
    es_der_put_generalized_time(out, now_s);
    size_t accuracy = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_uint(out, 1); /* seconds */
    es_der_end(out, accuracy);
    if (req->has_nonce)
        es_der_put(out, ES_DER_INTEGER, req->nonce);
    es_der_end(out, seq);
    return es_buf_check(out, err);
}

/* SPEC RFC 5816: ESSCertIDv2 of the authority's certificate, with SM3 as digest. */
static es_status put_ess(struct es_buf *out, const struct es_cert *cert, struct es_error *err)
{
    ES_AUTO(es_buf) ids = ES_BUF_INIT(256);
    uint8_t digest[ES_SM3_LEN];

    ES_TRY(es_sm3(cert->der, digest, err));
    size_t list = es_der_begin(&ids, ES_DER_SEQUENCE);
    size_t id = es_der_begin(&ids, ES_DER_SEQUENCE);
    es_put_sm3(&ids);
    es_der_put(&ids, ES_DER_OCTET_STRING, es_span_of(digest, sizeof digest));
    es_der_end(&ids, id);
    es_der_end(&ids, list);
    ES_TRY(es_buf_check(&ids, err));
    es_cms_put_attr(out, ES_OID_ESS_CERT_V2, ES_DER_SEQUENCE, es_buf_span(&ids));
    return es_buf_check(out, err);
}

static es_status put_attrs(struct es_buf *out, const struct es_cert *cert, struct es_span tst_info,
                           int64_t now_s, struct es_error *err)
{
    ES_AUTO(es_buf) set = ES_BUF_INIT(TOKEN_PART_MAX);
    uint8_t digest[ES_SM3_LEN];

    ES_TRY(es_sm3(tst_info, digest, err));
    es_cms_put_attr_oid(&set, ES_OID_CONTENT_TYPE, ES_OID_TST_INFO);
    es_cms_put_attr_time(&set, now_s);
    es_cms_put_attr(&set, ES_OID_MESSAGE_DIGEST, ES_DER_OCTET_STRING,
                    es_span_of(digest, sizeof digest));
    ES_TRY(put_ess(&set, cert, err));
    es_der_sort_set(&set, 0);
    es_der_put(out, ES_DER_SET, es_buf_span(&set));
    return es_buf_check(out, err);
}

static es_status put_token(struct es_buf *out, struct es_key *key, const struct es_cert *cert,
                           const struct request *req, struct es_span serial, int64_t now_s,
                           struct es_error *err)
{
    ES_AUTO(es_buf) info = ES_BUF_INIT(TOKEN_PART_MAX + REQUEST_MAX);
    ES_AUTO(es_buf) attrs = ES_BUF_INIT(TOKEN_PART_MAX);
    ES_AUTO(es_buf) sig = ES_BUF_INIT(256);

    ES_TRY(put_tst_info(&info, req, serial, now_s, err));
    ES_TRY(put_attrs(&attrs, cert, es_buf_span(&info), now_s, err));
    ES_TRY(es_key_sign(key, es_buf_span(&attrs), &sig, err));
    struct es_cms_parts parts = {.signed_oid = ES_OID_PKCS7_SIGNED,
                                 .version = 3, /* SPEC RFC 5652 5.1: content is not plain data */
                                 .content_oid = ES_OID_TST_INFO,
                                 .has_content = true,
                                 .content = es_buf_span(&info),
                                 .sig_oid = ES_OID_SM2_SM3,
                                 .attrs = es_buf_span(&attrs),
                                 .sig = es_buf_span(&sig),
                                 .cert = cert,
                                 .with_cert = req->want_cert};
    return es_cms_put(out, &parts, err);
}

/* ---- the answer ---- */

static void put_refusal(struct es_buf *out, enum failure failure)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);
    size_t info = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_uint(out, 2); /* rejection */
    es_put_named_bits(out, UINT32_C(1) << failure);
    es_der_end(out, info);
    es_der_end(out, seq);
}

static es_status put_grant(struct es_buf *out, struct es_span token, struct es_error *err)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);
    size_t info = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_uint(out, 0);
    es_der_end(out, info);
    es_der_put_raw(out, token);
    es_der_end(out, seq);
    return es_buf_check(out, err);
}

static es_status check_authority(const struct es_cert *cert, const struct es_key *key,
                                 int64_t now_s, struct es_error *err)
{
    ES_TRY(es_check_key_of(cert, key, err));
    ES_ENSURE(cert->has_eku && cert->eku_critical && cert->eku_time_stamping &&
                  !cert->eku_ocsp_signing && !cert->eku_other,
              err, ES_E_CERT, "certificate is not for time stamping alone");
    ES_ENSURE(now_s >= cert->not_before_s && now_s <= cert->not_after_s, err, ES_E_CERT_EXPIRED,
              "time stamp authority's certificate is not valid now");
    return ES_OK;
}

es_status es_time_stamp_answer(struct es_key *key, const struct es_cert *cert,
                               struct es_span request, int64_t now_s, struct es_span serial,
                               struct es_buf *out, struct es_error *err)
{
    ES_AUTO(es_buf) token = ES_BUF_INIT(ES_TIME_STAMP_MAX);
    struct request req = {0};
    enum failure failure = judge_request(request, &req);

    ES_TRY(check_authority(cert, key, now_s, err));
    ES_TRY(es_check_serial(serial, err));
    if (failure != FAIL_NONE) {
        put_refusal(out, failure);
        return es_buf_check(out, err);
    }
    ES_TRY(put_token(&token, key, cert, &req, serial, now_s, err));
    return put_grant(out, es_buf_span(&token), err);
}
