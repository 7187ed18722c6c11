/*
 * OCSP answers (RFC 6960 4.2), decoded once. What they say of each certificate is kept with the
 * certificate's identifier as digests; whom it is about is known only beside an issuer.
 */
#include "trust.h"

#include <stdlib.h>
#include <string.h>

/* ---- single responses ---- */

static es_status read_cert_id(struct es_span *in, struct ocsp_single *single, struct es_error *err)
{
    struct es_span id, alg;

    ES_TRY(es_der_get(in, ES_DER_SEQUENCE, &id, err));
    ES_TRY(pki_get_algorithm(&id, &alg, &single->hash_alg, err));
    ES_TRY(es_der_get(&id, ES_DER_OCTET_STRING, &single->name_hash, err));
    ES_TRY(es_der_get(&id, ES_DER_OCTET_STRING, &single->key_hash, err));
    ES_TRY(es_der_get_integer(&id, &single->serial, err));
    return es_der_finish(id, err);
}

static es_status read_revoked(struct es_span info, struct ocsp_single *single, struct es_error *err)
{
    struct es_span wrapped, number;
    bool found;

    ES_TRY(es_der_get_time(&info, &single->time_s, err));
    ES_TRY(es_der_get_optional(&info, ES_DER_CONTEXT(0), &wrapped, &found, err));
    ES_TRY(es_der_finish(info, err));
    if (!found)
        return ES_OK;
    ES_TRY(es_der_get(&wrapped, ES_DER_ENUMERATED, &number, err));
    ES_TRY(es_der_finish(wrapped, err));
    ES_ENSURE(number.len == 1 && number.ptr[0] <= 10, err, ES_E_FORMAT, "reason out of range");
    single->reason = (int8_t) number.ptr[0];
    return ES_OK;
}

static es_status read_state(struct es_span *in, struct ocsp_single *single, struct es_error *err)
{
    struct es_der_item item;

    ES_TRY(es_der_next(in, &item, err));
    single->reason = -1;
    switch (item.tag) {
    case ES_DER_CONTEXT_PRIMITIVE(0):
        single->state = OCSP_GOOD;
        return es_der_finish(item.value, err);
    case ES_DER_CONTEXT(1):
        single->state = OCSP_REVOKED;
        return read_revoked(item.value, single, err);
    case ES_DER_CONTEXT_PRIMITIVE(2):
        single->state = OCSP_UNKNOWN;
        return es_der_finish(item.value, err);
    default:
        return es_error_set(err, ES_E_FORMAT, "status with tag %02x", item.tag);
    }
}

/* usable turns false for a critical extension: none is understood here. */
static es_status read_exts(struct es_span wrapped, bool *usable, struct es_error *err)
{
    struct es_span list;
    struct pki_ext ext;

    ES_TRY(es_der_get(&wrapped, ES_DER_SEQUENCE, &list, err));
    ES_TRY(es_der_finish(wrapped, err));
    while (list.len > 0) {
        ES_TRY(pki_get_ext(&list, &ext, err));
        *usable &= !ext.critical;
    }
    return ES_OK;
}

static es_status read_single(struct es_span *list, struct ocsp_single *single, struct es_error *err)
{
    struct es_span body, wrapped;
    bool found;

    single->usable = true;
    ES_TRY(es_der_get(list, ES_DER_SEQUENCE, &body, err));
    ES_TRY(pki_at(read_cert_id(&body, single, err), "certID", err));
    ES_TRY(pki_at(read_state(&body, single, err), "certStatus", err));
    ES_TRY(pki_at(es_der_get_time(&body, &single->this_s, err), "thisUpdate", err));
    ES_TRY(es_der_get_optional(&body, ES_DER_CONTEXT(0), &wrapped, &single->has_next, err));
    if (single->has_next) {
        ES_TRY(pki_at(es_der_get_time(&wrapped, &single->next_s, err), "nextUpdate", err));
        ES_TRY(es_der_finish(wrapped, err));
    }
    ES_TRY(es_der_get_optional(&body, ES_DER_CONTEXT(1), &wrapped, &found, err));
    if (found)
        ES_TRY(read_exts(wrapped, &single->usable, err));
    return es_der_finish(body, err);
}

static es_status read_singles(struct es_span list, struct ocsp *answer, struct es_error *err)
{
    struct es_span rest = list;
    struct es_der_item item;
    size_t count = 0;

    for (; rest.len > 0; count++)
        ES_TRY(es_der_next(&rest, &item, err));
    ES_ENSURE(count <= OCSP_SINGLES_MAX, err, ES_E_LIMIT, "%zu responses, allowed are at most %d",
              count, OCSP_SINGLES_MAX);
    if (count == 0)
        return ES_OK;
    answer->singles = calloc(count, sizeof *answer->singles);
    ES_ENSURE(answer->singles != NULL, err, ES_E_NOMEM, "out of memory");
    while (list.len > 0) {
        answer->singles[answer->count].answer = answer;
        ES_TRY(read_single(&list, &answer->singles[answer->count++], err));
    }
    return ES_OK;
}

/* ---- the answer ---- */

static es_status read_responder(struct es_span *tbs, struct ocsp *answer, struct es_error *err)
{
    struct es_der_item item;
    struct es_span value = {0};

    ES_TRY(es_der_next(tbs, &item, err));
    ES_ENSURE(item.tag == ES_DER_CONTEXT(1) || item.tag == ES_DER_CONTEXT(2), err, ES_E_FORMAT,
              "tag %02x", item.tag);
    answer->responder_tag = item.tag;
    if (item.tag == ES_DER_CONTEXT(1)) {
        answer->responder = item.value;
        return name_check(item.value, err);
    }
    ES_TRY(es_der_get(&item.value, ES_DER_OCTET_STRING, &value, err));
    answer->responder = value;
    return es_der_finish(item.value, err);
}

static es_status read_tbs(struct es_span tbs, struct ocsp *answer, struct es_error *err)
{
    struct es_span wrapped, list;
    uint32_t version = 0;
    bool found;

    ES_TRY(es_der_get_optional(&tbs, ES_DER_CONTEXT(0), &wrapped, &found, err));
    if (found) {
        ES_TRY(es_der_get_uint(&wrapped, &version, err));
        ES_TRY(es_der_finish(wrapped, err));
    }
    ES_ENSURE(version == 0, err, ES_E_FORMAT, "version: %u, known is 0", version);
    ES_TRY(pki_at(read_responder(&tbs, answer, err), "responderID", err));
    ES_TRY(pki_at(es_der_get_time(&tbs, &answer->produced_s, err), "producedAt", err));
    ES_TRY(es_der_get(&tbs, ES_DER_SEQUENCE, &list, err));
    ES_TRY(pki_at(read_singles(list, answer, err), "responses", err));
    ES_TRY(es_der_get_optional(&tbs, ES_DER_CONTEXT(1), &wrapped, &found, err));
    if (found)
        ES_TRY(read_exts(wrapped, &answer->usable, err));
    return es_der_finish(tbs, err);
}

static es_status read_certs(struct es_span wrapped, struct ocsp *answer, struct es_error *err)
{
    struct es_span list;
    struct es_der_item item;

    ES_TRY(es_der_get(&wrapped, ES_DER_SEQUENCE, &list, err));
    ES_TRY(es_der_finish(wrapped, err));
    while (list.len > 0) {
        ES_ENSURE(answer->cert_count < OCSP_CERTS_MAX, err, ES_E_LIMIT, "more than %d certificates",
                  OCSP_CERTS_MAX);
        ES_TRY(es_der_next(&list, &item, err));
        ES_TRY(es_cert_decode(item.tlv, &answer->certs[answer->cert_count], err));
        answer->cert_count++;
    }
    return ES_OK;
}

static es_status read_basic(struct es_span in, struct ocsp *answer, struct es_error *err)
{
    struct es_span body, tbs, alg, certs;
    bool found;

    ES_TRY(es_der_get(&in, ES_DER_SEQUENCE, &body, err));
    ES_TRY(es_der_finish(in, err));
    ES_TRY(es_der_get_tlv(&body, ES_DER_SEQUENCE, &answer->tbs, &tbs, err));
    ES_TRY(read_tbs(tbs, answer, err));
    ES_TRY(pki_at(pki_get_algorithm(&body, &alg, &answer->sig_alg, err), "algorithm", err));
    ES_TRY(pki_at(es_der_get_bits(&body, &answer->sig, err), "signature value", err));
    ES_TRY(es_der_get_optional(&body, ES_DER_CONTEXT(0), &certs, &found, err));
    if (found)
        ES_TRY(pki_at(read_certs(certs, answer, err), "certificates", err));
    return es_der_finish(body, err);
}

static es_status read_response(struct ocsp *answer, struct es_error *err)
{
    struct es_span in = answer->der, body, status, wrapped, bytes, type, basic;

    answer->usable = true;
    ES_TRY(es_der_get(&in, ES_DER_SEQUENCE, &body, err));
    ES_TRY(es_der_finish(in, err));
    ES_TRY(es_der_get(&body, ES_DER_ENUMERATED, &status, err));
    ES_ENSURE(status.len == 1 && status.ptr[0] == 0, err, ES_E_FORMAT,
              "responder gave an error instead of an answer");
    ES_TRY(es_der_get(&body, ES_DER_CONTEXT(0), &wrapped, err));
    ES_TRY(es_der_finish(body, err));
    ES_TRY(es_der_get(&wrapped, ES_DER_SEQUENCE, &bytes, err));
    ES_TRY(es_der_finish(wrapped, err));
    ES_TRY(es_der_get_oid(&bytes, &type, err));
    ES_ENSURE(es_oid_is(type, "1.3.6.1.5.5.7.48.1.1"), err, ES_E_UNSUPPORTED,
              "type of answer is not basic");
    ES_TRY(es_der_get(&bytes, ES_DER_OCTET_STRING, &basic, err));
    ES_TRY(es_der_finish(bytes, err));
    ES_TRY(read_basic(basic, answer, err));
    return es_sm3(answer->der, answer->sm3, err);
}

void ocsp_free(struct ocsp *answer)
{
    if (!answer)
        return;
    for (size_t i = 0; i < answer->cert_count; i++)
        es_cert_free(answer->certs[i]);
    free(answer->singles);
    free(answer->bytes);
    free(answer);
}

es_status ocsp_decode(struct es_span bytes, struct ocsp **out, struct es_error *err)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(ES_OCSP_MAX);
    ES_AUTO_PTR(ocsp) answer = calloc(1, sizeof *answer);

    *out = NULL;
    ES_ENSURE(answer != NULL, err, ES_E_NOMEM, "out of memory");
    ES_TRY(pki_at(es_pem_get(bytes, "OCSP RESPONSE", &der, err), "OCSP answer", err));
    answer->der = es_buf_span(&der);
    answer->bytes = ES_TAKE(der.ptr);
    der.len = der.cap = 0;
    ES_TRY(pki_at(read_response(answer, err), "OCSP answer", err));
    *out = ES_TAKE(answer);
    return ES_OK;
}
