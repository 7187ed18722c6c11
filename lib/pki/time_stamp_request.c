/*
 * The asking side of RFC 3161: a request with SM3 imprint and nonce, and the answer's status,
 * imprint and nonce checked before the token is given out. Who signed is es_time_stamp_check's.
 */
#include <string.h>

#include "authority.h"
#include "cms_internal.h"
#include "time_stamp.h"

#define NONCE_LEN 8
#define STATUS_SHOWN 120 /* characters of an authority's text */

es_status es_time_stamp_request(struct es_span value, struct es_random random, uint8_t nonce[8],
                                struct es_buf *out, struct es_error *err)
{
    uint8_t imprint[ES_SM3_LEN];

    ES_TRY(es_sm3(value, imprint, err));
    ES_TRY(random.fill(random.self, nonce, NONCE_LEN, err));
    nonce[0] = (uint8_t) ((nonce[0] & 0x3f) | 0x40); /* a positive INTEGER of exactly 8 bytes */
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_uint(out, 1);
    size_t mark = es_der_begin(out, ES_DER_SEQUENCE);
    es_put_sm3(out);
    es_der_put(out, ES_DER_OCTET_STRING, es_span_of(imprint, sizeof imprint));
    es_der_end(out, mark);
    es_der_put(out, ES_DER_INTEGER, es_span_of(nonce, NONCE_LEN));
    es_der_put_bool(out, true); /* certReq */
    es_der_end(out, seq);
    return es_buf_check(out, err);
}

/* First line of statusString, fit to be shown; or nothing. */
static void put_status_text(struct es_span info, struct es_buf *out)
{
    struct es_span texts, text;
    bool found = false;

    if (es_der_get_optional(&info, ES_DER_SEQUENCE, &texts, &found, NULL) == ES_OK && found &&
        es_der_get(&texts, ES_DER_UTF8_STRING, &text, NULL) == ES_OK) {
        es_buf_put_str(out, ": ");
        es_buf_put_shown(out, text, STATUS_SHOWN);
    }
}

/* SPEC RFC 3161 2.4.2: 0 granted, 1 granted with changes; with anything else there is no token. */
static es_status check_status(struct es_span info, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(4096);
    const char *shown;
    uint32_t status;

    ES_TRY(es_der_get_uint(&info, &status, err));
    if (status <= 1)
        return ES_OK;
    put_status_text(info, &text);
    shown = es_buf_cstr(&text);
    return es_error_set(err, ES_E_TIME_STAMP, "authority refused with status %u%s", status,
                        shown ? shown : "");
}

static bool nonce_fits(struct es_span got, const uint8_t nonce[8])
{
    struct es_span asked = es_span_of(nonce, NONCE_LEN);

    while (asked.len > 1 && asked.ptr[0] == 0)
        asked = es_span_sub(asked, 1, asked.len - 1);
    while (got.len > 1 && got.ptr[0] == 0)
        got = es_span_sub(got, 1, got.len - 1);
    return es_span_equal(got, asked);
}

static es_status check_token(struct es_span token, struct es_span value, const uint8_t nonce[8],
                             struct es_error *err)
{
    ES_AUTO_PTR(es_time_stamp) stamp = NULL;
    bool fits = false;

    ES_TRY(es_time_stamp_decode(token, &stamp, err));
    ES_ENSURE(stamp->imprint_digest == ES_DIGEST_SM3, err, ES_E_MISMATCH,
              "authority stamped another kind of digest");
    ES_TRY(es_imprint_fits(ES_DIGEST_SM3, stamp->imprint, value, &fits, err));
    ES_ENSURE(fits, err, ES_E_MISMATCH, "authority stamped other data");
    ES_ENSURE(nonce_fits(stamp->nonce, nonce), err, ES_E_MISMATCH,
              "authority's answer is not to this request");
    return ES_OK;
}

es_status es_time_stamp_response(struct es_span response, struct es_span value,
                                 const uint8_t nonce[8], struct es_buf *token, struct es_error *err)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(2 * (size_t) ES_TIME_STAMP_MAX);
    struct es_span in, seq, info, tlv, unused;
    size_t surplus = 0;
    bool changed;

    ES_ENSURE(response.len <= ES_TIME_STAMP_MAX, err, ES_E_LIMIT,
              "answer of %zu bytes, allowed are %u", response.len, ES_TIME_STAMP_MAX);
    /* Authorities built on BouncyCastle write the token's SignedData with indefinite lengths. */
    ES_TRY(es_ber_to_der(response, &der, &changed, &surplus, err));
    ES_ENSURE(surplus == 0, err, ES_E_FORMAT, "%zu bytes behind the answer", surplus);
    in = es_buf_span(&der);
    ES_TRY(es_der_get(&in, ES_DER_SEQUENCE, &seq, err));
    ES_TRY(es_der_get(&seq, ES_DER_SEQUENCE, &info, err));
    ES_TRY(check_status(info, err));
    ES_TRY(es_der_get_tlv(&seq, ES_DER_SEQUENCE, &tlv, &unused, err));
    ES_TRY(es_der_finish(seq, err));
    ES_TRY(check_token(tlv, value, nonce, err));
    es_buf_put_span(token, tlv);
    return es_buf_check(token, err);
}
