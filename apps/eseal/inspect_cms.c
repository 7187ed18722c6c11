/* SignedData (GB/T 35275, PKCS#7) and time stamps (RFC 3161, GB/T 20520) as fields. */
#include "inspect.h"

/* ---- SignedData ---- */

static void put_form(struct inspect *in, const struct es_cms *cms)
{
    struct tree *t = &in->tree;

    tree_put_text(t, W_FORM, cms->gmt ? "GB/T 35275" : "PKCS#7");
    if (cms->ber)
        tree_put_bool(t, W_BER, true);
    if (cms->raw_sig)
        tree_put_bool(t, W_RAW_SIG, true);
    if (cms->surplus > 0)
        tree_put_bytes(t, W_SURPLUS, cms->surplus);
    tree_put_oid(t, W_CONTENT_TYPE, cms->content_type);
    tree_put_bool(t, W_HAS_CONTENT, cms->has_content);
    if (cms->has_content) {
        tree_put_bytes(t, W_CONTENT_SIZE, cms->content.len);
        tree_put_hex(t, W_CONTENT, cms->content);
    }
}

static void put_attributes(struct inspect *in, const struct es_cms *cms)
{
    struct tree *t = &in->tree;

    if (!cms->has_attrs)
        return;
    tree_begin(t, W_SIGNED_ATTRIBUTES);
    if (cms->attr_content_type.len > 0)
        tree_put_oid(t, W_CONTENT_TYPE, cms->attr_content_type);
    if (cms->has_digest)
        tree_put_hex(t, W_MESSAGE_DIGEST, cms->message_digest);
    if (cms->has_time)
        tree_put_time(t, W_SIGNING_TIME, cms->signing_time_s);
    if (cms->ess_cert_v1.len > 0)
        tree_put_hex(t, W_ESS_CERT, cms->ess_cert_v1);
    if (cms->ess_cert_v2.len > 0)
        tree_put_hex(t, W_ESS_CERT_V2, cms->ess_cert_v2);
    if (cms->attrs_fault != NULL)
        tree_put_text(t, W_FAULT, cms->attrs_fault);
    tree_end(t);
}

static void put_signer_info(struct inspect *in, const struct es_cms *cms)
{
    struct tree *t = &in->tree;

    tree_begin(t, W_SIGNER_INFO);
    if (cms->key_id.len > 0) {
        tree_put_hex(t, W_KEY_ID, cms->key_id);
    } else {
        inspect_name(in, W_ISSUER, cms->issuer);
        inspect_serial(in, W_SERIAL, cms->serial);
    }
    tree_put_bool(t, W_SIGNER_CERT_THERE, cms->signer != NULL);
    tree_put_oid(t, W_DIGEST_ALG, cms->digest_alg);
    put_attributes(in, cms);
    tree_put_oid(t, W_ALGORITHM, cms->sig_alg);
    tree_put_hex(t, W_SIGNATURE_VALUE, cms->sig);
    tree_end(t);
}

static es_status put_certs(struct inspect *in, const struct es_cms *cms, struct es_error *err)
{
    tree_begin_list(&in->tree, W_CERTS, TREE_ALL);
    for (size_t i = 0; i < cms->cert_count; i++)
        ES_TRY(inspect_cert(in, W_CERT, cms->certs[i]->der, err));
    tree_end(&in->tree);
    if (cms->cert_skipped > 0)
        tree_put_uint(&in->tree, W_CERTS_BROKEN, cms->cert_skipped);
    return ES_OK;
}

static es_status put_cms(struct inspect *in, const struct es_cms *cms, struct es_error *err)
{
    put_form(in, cms);
    put_signer_info(in, cms);
    ES_TRY(put_certs(in, cms, err));
    return inspect_time_stamp(in, cms->time_stamp, err);
}

es_status inspect_cms(struct inspect *in, struct es_span der, struct es_error *err)
{
    ES_AUTO_PTR(es_cms) cms = NULL;
    struct es_error own = {ES_OK, ""};
    es_status status = es_cms_decode(der, &cms, &own);

    if (status != ES_OK) {
        ES_TRY(inspect_broken(in, status, &own, err));
        inspect_asn1(in, der);
    } else if (es_oid_is(cms->content_type, "1.2.840.113549.1.9.16.1.4")) {
        ES_TRY(inspect_time_stamp(in, der, err));
    } else {
        ES_TRY(put_cms(in, cms, err));
    }
    return tree_check(&in->tree, err);
}

/* ---- time stamps ---- */

static es_status put_stamp(struct inspect *in, const struct es_time_stamp *stamp,
                           struct es_error *err)
{
    struct tree *t = &in->tree;

    tree_put_time(t, W_TIME, stamp->gen_time_s);
    tree_begin_row(t, W_IMPRINT);
    tree_put_text(t, W_DIGEST, es_digest_name(stamp->imprint_digest));
    tree_put_hex(t, W_HASH, stamp->imprint);
    tree_end(t);
    inspect_serial(in, W_SERIAL, stamp->serial);
    if (stamp->nonce.len > 0)
        tree_put_hex(t, W_NONCE, stamp->nonce);
    tree_begin(t, W_SIGNED_DATA);
    ES_TRY(put_cms(in, stamp->cms, err));
    tree_end(t);
    return ES_OK;
}

static es_status decode_stamp(struct inspect *in, struct es_span token, struct es_error *err)
{
    ES_AUTO_PTR(es_time_stamp) stamp = NULL;
    struct es_error own = {ES_OK, ""};
    es_status status = es_time_stamp_decode(token, &stamp, &own);

    if (status == ES_OK)
        return put_stamp(in, stamp, err);
    ES_TRY(inspect_broken(in, status, &own, err));
    inspect_asn1(in, token);
    return ES_OK;
}

es_status inspect_time_stamp(struct inspect *in, struct es_span token, struct es_error *err)
{
    es_status status = ES_OK;

    if (token.len == 0)
        return ES_OK;
    tree_begin(&in->tree, W_TIME_STAMP);
    tree_put_bytes(&in->tree, W_SIZE, token.len);
    in->depth++;
    if (in->depth < INSPECT_DEPTH_MAX)
        status = decode_stamp(in, token, err);
    in->depth--;
    tree_end(&in->tree);
    return status;
}

/* ---- requests and responses ---- */

static es_status read_request(struct inspect *in, struct es_span der, struct es_error *err)
{
    struct tree *t = &in->tree;
    struct es_span req, imprint, alg, oid, hash, policy, nonce;
    uint32_t version;
    bool wanted;

    ES_TRY(es_der_get(&der, ES_DER_SEQUENCE, &req, err));
    ES_TRY(es_der_get_uint(&req, &version, err));
    tree_put_uint(t, W_VERSION, version);
    ES_TRY(es_der_get(&req, ES_DER_SEQUENCE, &imprint, err));
    ES_TRY(es_der_get(&imprint, ES_DER_SEQUENCE, &alg, err));
    ES_TRY(es_der_get_oid(&alg, &oid, err));
    ES_TRY(es_der_get(&imprint, ES_DER_OCTET_STRING, &hash, err));
    tree_put_oid(t, W_DIGEST_ALG, oid);
    tree_put_hex(t, W_HASH, hash);
    if (es_der_peek(req) == ES_DER_OID) {
        ES_TRY(es_der_get_oid(&req, &policy, err));
        tree_put_oid(t, W_POLICY, policy);
    }
    if (es_der_peek(req) == ES_DER_INTEGER) {
        ES_TRY(es_der_get_integer(&req, &nonce, err));
        tree_put_hex(t, W_NONCE, nonce);
    }
    if (es_der_peek(req) == ES_DER_BOOLEAN) {
        ES_TRY(es_der_get_bool(&req, &wanted, err));
        tree_put_bool(t, W_CERT_WANTED, wanted);
    }
    return ES_OK;
}

es_status inspect_time_stamp_request(struct inspect *in, struct es_span der, struct es_error *err)
{
    struct es_error own = {ES_OK, ""};

    tree_put_bytes(&in->tree, W_SIZE, der.len);
    ES_TRY(inspect_broken(in, read_request(in, der, &own), &own, err));
    return tree_check(&in->tree, err);
}

/* TimeStampResp ::= SEQUENCE { status PKIStatusInfo, timeStampToken OPTIONAL } */
static es_status read_response(struct inspect *in, struct es_span der, struct es_span *token,
                               struct es_error *err)
{
    static const char *const names[] = {"granted", "grantedWithMods",   "rejection",
                                        "waiting", "revocationWarning", "revocationNotification"};
    struct es_span resp, info;
    uint32_t status;

    *token = es_span_of(NULL, 0);
    ES_TRY(es_der_get(&der, ES_DER_SEQUENCE, &resp, err));
    ES_TRY(es_der_get(&resp, ES_DER_SEQUENCE, &info, err));
    ES_TRY(es_der_get_uint(&info, &status, err));
    tree_put_uint(&in->tree, W_STATUS, status);
    if (status < sizeof names / sizeof names[0])
        tree_put_text(&in->tree, W_STATUS_NAME, names[status]);
    if (info.len > 0)
        tree_put_hex(&in->tree, W_STATUS_INFO, info);
    *token = resp;
    return ES_OK;
}

es_status inspect_time_stamp_response(struct inspect *in, struct es_span der, struct es_error *err)
{
    ES_AUTO(es_buf) plain = ES_BUF_INIT(2 * (size_t) ES_TIME_STAMP_MAX);
    struct es_error own = {ES_OK, ""};
    struct es_span token = {NULL, 0};
    bool changed = false;
    size_t surplus = 0;
    es_status status = es_ber_to_der(der, &plain, &changed, &surplus, &own);

    tree_put_bytes(&in->tree, W_SIZE, der.len);
    if (status == ES_OK)
        status = read_response(in, es_buf_span(&plain), &token, &own);
    if (changed)
        tree_put_bool(&in->tree, W_BER, true);
    if (surplus > 0)
        tree_put_bytes(&in->tree, W_SURPLUS, surplus);
    ES_TRY(inspect_broken(in, status, &own, err));
    ES_TRY(inspect_time_stamp(in, token, err));
    return tree_check(&in->tree, err);
}
