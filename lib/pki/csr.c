/*
 * PKCS#10 requests (RFC 2986): made without attributes, since the authority decides what a
 * certificate may do; read strictly, with the proof of possession checked before anything is
 * given out.
 */
#include "authority.h"

#define CSR_MAX 65536

static es_status put_info(struct es_buf *out, const struct es_cert_template *tpl,
                          const struct es_pubkey *key, struct es_error *err)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_uint(out, 0);
    ES_TRY(es_put_name(out, tpl, err));
    ES_TRY(es_put_spki(out, key, err));
    es_der_put(out, ES_DER_CONTEXT(0), es_span_of(NULL, 0)); /* no attributes, yet required */
    es_der_end(out, seq);
    return es_buf_check(out, err);
}

es_status es_csr_make(const struct es_cert_template *tpl, struct es_key *key, struct es_buf *out,
                      struct es_error *err)
{
    ES_AUTO(es_buf) info = ES_BUF_INIT(ES_AUTHORITY_MAX);

    ES_TRY(put_info(&info, tpl, es_key_public(key), err));
    return es_put_signed(out, es_buf_span(&info), key, err);
}

struct request {
    struct es_span info; /* signed part, whole TLV */
    struct es_span subject, spki, alg, sig;
};

static es_status read_info(struct es_span in, struct request *req, struct es_error *err)
{
    struct es_span unused;
    uint32_t version;
    bool found;

    ES_TRY(es_der_get_uint(&in, &version, err));
    ES_ENSURE(version == 0, err, ES_E_UNSUPPORTED, "request of version %u", version);
    ES_TRY(es_der_get_tlv(&in, ES_DER_SEQUENCE, &req->subject, &unused, err));
    ES_TRY(es_der_get_tlv(&in, ES_DER_SEQUENCE, &req->spki, &unused, err));
    /* Many tools leave the empty attributes out altogether. */
    ES_TRY(es_der_get_optional(&in, ES_DER_CONTEXT(0), &unused, &found, err));
    return es_der_finish(in, err);
}

static es_status read_request(struct es_span der, struct request *req, struct es_error *err)
{
    struct es_span seq, info, alg;

    ES_TRY(es_der_get(&der, ES_DER_SEQUENCE, &seq, err));
    ES_TRY(es_der_finish(der, err));
    ES_TRY(es_der_get_tlv(&seq, ES_DER_SEQUENCE, &req->info, &info, err));
    ES_TRY(es_der_get(&seq, ES_DER_SEQUENCE, &alg, err));
    ES_TRY(es_der_get_bits(&seq, &req->sig, err));
    ES_TRY(es_der_finish(seq, err));
    ES_TRY(es_der_get_oid(&alg, &req->alg, err)); /* parameters: absent or NULL */
    if (alg.len > 0) {
        struct es_span null;
        ES_TRY(es_der_get(&alg, ES_DER_NULL, &null, err));
        ES_TRY(es_der_finish(alg, err));
    }
    return read_info(info, req, err);
}

es_status es_csr_decode(struct es_span der, struct es_pubkey **key, struct es_span *subject,
                        struct es_error *err)
{
    ES_AUTO_PTR(es_pubkey) own = NULL;
    struct request req = {0};
    enum es_sig_answer answer = ES_SIG_UNCHECKED;

    ES_ENSURE(der.len <= CSR_MAX, err, ES_E_LIMIT, "request of %zu bytes, allowed are %d", der.len,
              CSR_MAX);
    ES_TRY(read_request(der, &req, err));
    ES_ENSURE(es_oid_is(req.alg, ES_OID_SM2_SM3), err, ES_E_UNSUPPORTED,
              "request is not signed with SM2 and SM3");
    ES_TRY(es_pubkey_spki(req.spki, &own, NULL, err));
    ES_ENSURE(es_pubkey_kind(own) == ES_KEY_SM2, err, ES_E_UNSUPPORTED,
              "request is not for an SM2 key");
    ES_TRY(es_sm2_verify(own, req.info, req.sig, &answer, err));
    ES_ENSURE(answer == ES_SIG_GOOD, err, ES_E_MISMATCH, "request's own signature is wrong");
    *key = ES_TAKE(own);
    *subject = req.subject;
    return ES_OK;
}
