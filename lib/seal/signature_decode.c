/*
 * Decoding a seal signature:
 *
 *     SES_Signature  TBS_Sign, sig                               2014
 *                    TBS_Sign, cert, alg, sig [, timeStamp]      2020, 2025 (as the seal in it)
 *     TBS_Sign       version, eseal, timeInfo BIT STRING, dataHash, propertyInfo, cert, alg   2014
 *                    version, eseal, timeInfo GeneralizedTime, dataHash, propertyInfo
 *                        [, extDatas [0]]                                             2020, 2025
 */
#include <stdlib.h>
#include <string.h>

#include "seal_internal.h"

#define SIGNATURE_DER_MAX (2 * (size_t) ES_SEAL_DER_MAX)

/* An encoder that strips trailing zero bytes takes a few at most, never this many. */
#define STRIPPED_MAX 4

/* SPEC formats.md 5.3: a digest that lost its trailing zeros is put right before comparing. */
static es_status restore_hash(const struct seal_reader *r, struct es_seal_signature *sig)
{
    uint8_t *whole;

    if (sig->data_hash.len >= ES_SM3_LEN || sig->data_hash.len < ES_SM3_LEN - STRIPPED_MAX)
        return ES_OK;
    whole = (uint8_t *) es_arena_alloc(r->arena, ES_SM3_LEN); /* comes zeroed */
    ES_ENSURE(whole != NULL, r->err, ES_E_NOMEM, "out of memory");
    memcpy(whole, sig->data_hash.ptr, sig->data_hash.len);
    sig->data_hash = es_span_of(whole, ES_SM3_LEN);
    seal_deviates(r, "short-dataHash");
    return ES_OK;
}

static es_status read_tbs_head(const struct seal_reader *r, struct es_span *in,
                               struct es_seal_signature *sig)
{
    struct es_span seal_tlv, seal_value;

    ES_TRY(es_der_get_uint(in, &sig->version, r->err));
    ES_TRY(es_der_get_tlv(in, ES_DER_SEQUENCE, &seal_tlv, &seal_value, r->err));
    return seal_read(r, seal_tlv, &sig->seal);
}

static es_status read_tbs_middle(const struct seal_reader *r, struct es_span *in,
                                 struct es_seal_signature *sig)
{
    ES_TRY(seal_get_bits(r, in, &sig->data_hash));
    ES_TRY(restore_hash(r, sig));
    /* propertyInfo may hold any bytes (formats.md 3.6). */
    return es_der_get(in, ES_DER_IA5_STRING, &sig->property_info, r->err);
}

static es_status read_2014(const struct seal_reader *r, struct es_span in, struct es_span tbs,
                           struct es_seal_signature *sig)
{
    sig->edition = ES_SEAL_2014;
    ES_TRY(read_tbs_head(r, &tbs, sig));
    ES_TRY(seal_get_bits(r, &tbs, &sig->time_info));
    seal_read_time_info(sig->time_info, &sig->has_time, &sig->time_s, &sig->time_stamp);
    ES_TRY(read_tbs_middle(r, &tbs, sig));
    ES_TRY(es_der_get(&tbs, ES_DER_OCTET_STRING, &sig->cert, r->err));
    ES_TRY(es_der_get_oid(&tbs, &sig->sig_alg, r->err));
    ES_TRY(es_der_finish(tbs, r->err));
    ES_TRY(seal_get_bits(r, &in, &sig->sig));
    return es_der_finish(in, r->err);
}

static es_status read_tbs_exts(const struct seal_reader *r, struct es_span *tbs)
{
    struct es_span tagged, list;
    size_t count;
    bool found;

    ES_TRY(es_der_get_optional(tbs, ES_DER_CONTEXT(0), &tagged, &found, r->err));
    if (!found)
        return ES_OK;
    ES_TRY(es_der_get(&tagged, ES_DER_SEQUENCE, &list, r->err));
    ES_TRY(es_der_finish(tagged, r->err));
    return seal_get_exts(r, list, NULL, &count);
}

static es_status read_2020(const struct seal_reader *r, struct es_span in, struct es_span tbs,
                           struct es_seal_signature *sig)
{
    ES_TRY(read_tbs_head(r, &tbs, sig));
    sig->edition = sig->seal->edition == ES_SEAL_2025 ? ES_SEAL_2025 : ES_SEAL_2020;
    ES_TRY(seal_get_time(r, &tbs, false, &sig->time_info, &sig->time_s));
    sig->has_time = true;
    ES_TRY(read_tbs_middle(r, &tbs, sig));
    ES_TRY(read_tbs_exts(r, &tbs));
    ES_TRY(es_der_finish(tbs, r->err));
    ES_TRY(es_der_get(&in, ES_DER_OCTET_STRING, &sig->cert, r->err));
    ES_TRY(es_der_get_oid(&in, &sig->sig_alg, r->err));
    ES_TRY(seal_get_bits(r, &in, &sig->sig));
    return seal_get_time_stamp(r, in, &sig->time_stamp);
}

static es_status read_parts(const struct seal_reader *r, struct es_span der,
                            struct es_seal_signature *sig)
{
    struct es_span in, tbs, rest = der;

    ES_TRY(es_der_get_tlv(&rest, ES_DER_SEQUENCE, &sig->der, &in, r->err));
    ES_TRY(es_der_finish(rest, r->err));
    ES_TRY(es_der_get_tlv(&in, ES_DER_SEQUENCE, &sig->tbs, &tbs, r->err));
    if (es_der_peek(in) == ES_DER_BIT_STRING)
        ES_TRY(read_2014(r, in, tbs, sig));
    else
        ES_TRY(read_2020(r, in, tbs, sig));
    return seal_check_version(r, sig->edition, sig->version);
}

es_status es_seal_signature_decode(struct es_span bytes, const char *where,
                                   struct es_findings *findings, struct es_seal_signature **out,
                                   struct es_error *err)
{
    struct es_error own = {0};
    ES_AUTO_PTR(es_seal_signature)
    sig = (struct es_seal_signature *) calloc(1, sizeof(*sig));
    struct seal_reader r = {ES_CHECK_FORMAT, where, findings, NULL, err != NULL ? err : &own};
    struct es_span der;
    es_status status;

    *out = NULL;
    ES_ENSURE(sig != NULL, err, ES_E_NOMEM, "out of memory");
    es_arena_init(&sig->arena, 0);
    r.arena = &sig->arena;
    status = seal_normalise(&r, bytes, SIGNATURE_DER_MAX, &der);
    if (status == ES_OK)
        status = read_parts(&r, der, sig);
    if (status != ES_OK)
        return seal_refuse(&r, status);
    *out = ES_TAKE(sig);
    return ES_OK;
}

void es_seal_signature_free(struct es_seal_signature *sig)
{
    if (sig == NULL)
        return;
    es_seal_free(sig->seal);
    es_arena_clear(&sig->arena);
    free(sig);
}
