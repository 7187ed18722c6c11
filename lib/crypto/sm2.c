/*
 * SM2 signatures: Z and e, the strict encoding of (r, s), and the check over e. Ranges are tested
 * before OpenSSL sees a value, and what it answers is told apart from what it could not do.
 */
#include "crypto_internal.h"

/* SPEC GB/T 32918.2-2016 5.5: Z = SM3(ENTL || ID || a || b || xG || yG || xA || yA). */
es_status es_sm2_z(const uint8_t point[ES_SM2_POINT_LEN], struct es_span id, uint8_t z[ES_SM3_LEN],
                   struct es_error *err)
{
    ES_AUTO_PTR(es_hash) hash = NULL;
    uint8_t bits[2];

    ES_ENSURE(id.len <= 8191, err, ES_E_LIMIT, "SM2 id of %zu bytes, at most 8191 fit", id.len);
    bits[0] = (uint8_t) (id.len * 8 >> 8);
    bits[1] = (uint8_t) (id.len * 8 & 0xff);
    ES_TRY(es_hash_new(ES_DIGEST_SM3, &hash, err));
    ES_TRY(es_hash_update(hash, es_span_of(bits, sizeof(bits)), err));
    ES_TRY(es_hash_update(hash, id, err));
    ES_TRY(es_hash_update(hash, es_span_of(es_sm2_abg, sizeof(es_sm2_abg)), err));
    ES_TRY(es_hash_update(hash, es_span_of(point + 1, 64), err));
    return es_hash_final(hash, z, err);
}

static es_status check_kind(const struct es_pubkey *key, struct es_error *err)
{
    ES_ENSURE(key->kind == ES_KEY_SM2, err, ES_E_MISMATCH, "the key is not for SM2");
    return ES_OK;
}

static es_status e_of(const uint8_t z[ES_SM3_LEN], struct es_span message, uint8_t e[ES_SM3_LEN],
                      struct es_error *err)
{
    ES_AUTO_PTR(es_hash) hash = NULL;

    ES_TRY(es_hash_new(ES_DIGEST_SM3, &hash, err));
    ES_TRY(es_hash_update(hash, es_span_of(z, ES_SM3_LEN), err));
    ES_TRY(es_hash_update(hash, message, err));
    return es_hash_final(hash, e, err);
}

es_status es_sm2_e(const struct es_pubkey *key, struct es_span message, uint8_t e[ES_SM3_LEN],
                   struct es_error *err)
{
    ES_TRY(check_kind(key, err));
    return e_of(key->z, message, e, err);
}

es_status es_sm2_e_id(const struct es_pubkey *key, struct es_span id, struct es_span message,
                      uint8_t e[ES_SM3_LEN], struct es_error *err)
{
    uint8_t z[ES_SM3_LEN];

    ES_TRY(check_kind(key, err));
    ES_TRY(es_sm2_z(key->point, id, z, err));
    return e_of(z, message, e, err);
}

/* A minimal INTEGER as 32 bytes; its value must not be negative and must fit. */
static es_status get_number(struct es_span *in, uint8_t out[32], struct es_error *err)
{
    struct es_span number;

    ES_TRY(es_der_get_integer(in, &number, err));
    ES_ENSURE(number.len >= 1 && number.ptr[0] < 0x80, err, ES_E_RANGE, "negative number");
    if (number.len > 1 && number.ptr[0] == 0)
        number = es_span_sub(number, 1, number.len - 1);
    ES_ENSURE(number.len <= 32, err, ES_E_RANGE, "number of %zu bytes, at most 32 fit", number.len);
    memset(out, 0, 32);
    memcpy(out + 32 - number.len, number.ptr, number.len);
    return ES_OK;
}

static es_status read_pair(struct es_span der, uint8_t raw[ES_SM2_RAW_LEN], struct es_error *err)
{
    struct es_span seq;

    ES_TRY(es_der_get(&der, ES_DER_SEQUENCE, &seq, err));
    ES_TRY(es_der_finish(der, err));
    ES_TRY(get_number(&seq, raw, err));
    ES_TRY(get_number(&seq, raw + 32, err));
    return es_der_finish(seq, err);
}

/* SPEC GB/T 35276-2017 7.3 (GM/T 0009-2012 7.3): SM2Signature ::= SEQUENCE { INTEGER, INTEGER }. */
es_status es_sm2_sig_decode(struct es_span der, uint8_t raw[ES_SM2_RAW_LEN], struct es_error *err)
{
    uint8_t pair[ES_SM2_RAW_LEN];

    ES_ENSURE(read_pair(der, pair, NULL) == ES_OK, err, ES_E_RANGE,
              "SM2 signature is not the DER form of two numbers");
    ES_ENSURE(es_sm2_raw_in_range(pair), err, ES_E_RANGE, "SM2 signature has numbers out of range");
    memcpy(raw, pair, sizeof(pair));
    return ES_OK;
}

void es_sm2_sig_encode(const uint8_t raw[ES_SM2_RAW_LEN], struct es_buf *out)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_unsigned(out, es_span_of(raw, 32));
    es_der_put_unsigned(out, es_span_of(raw + 32, 32));
    es_der_end(out, seq);
}

/* Tell "no" from "could not": OpenSSL answers 0 to both, but raises an error for the second. A
 * computed point at infinity is a "no". */
static es_status judge(int result, enum es_sig_answer *answer, struct es_error *err)
{
    enum es_ossl_why why = es_ossl_why();

    if (result == 1) {
        *answer = ES_SIG_GOOD;
        return ES_OK;
    }
    ES_ENSURE(why != ES_OSSL_NOMEM, err, ES_E_NOMEM, "out of memory");
    ES_ENSURE(why == ES_OSSL_INFINITY || (why == ES_OSSL_SILENT && result == 0), err, ES_E_CRYPTO,
              "SM2 signature could not be checked");
    *answer = ES_SIG_BAD;
    return ES_OK;
}

static es_status verify_der(const struct es_pubkey *key, const uint8_t e[ES_SM3_LEN],
                            struct es_span der, enum es_sig_answer *answer, struct es_error *err)
{
    ES_OSSL(EVP_PKEY_CTX) ctx = NULL;

    ES_TRY(es_ossl_listen(err));
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    ES_TRY(es_ossl_check(ctx != NULL && EVP_PKEY_verify_init(ctx) == 1, err, ES_E_CRYPTO,
                         "SM2 check could not begin"));
    return judge(EVP_PKEY_verify(ctx, der.ptr, der.len, e, ES_SM3_LEN), answer, err);
}

es_status es_sm2_verify_e(const struct es_pubkey *key, const uint8_t e[ES_SM3_LEN],
                          const uint8_t raw[ES_SM2_RAW_LEN], enum es_sig_answer *answer,
                          struct es_error *err)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(80);

    *answer = ES_SIG_UNCHECKED;
    ES_TRY(check_kind(key, err));
    if (!es_sm2_raw_in_range(raw)) {
        *answer = ES_SIG_OUT_OF_RANGE;
        return ES_OK;
    }
    es_sm2_sig_encode(raw, &der);
    ES_TRY(es_buf_check(&der, err));
    return verify_der(key, e, es_buf_span(&der), answer, err);
}

es_status es_sm2_verify(const struct es_pubkey *key, struct es_span message, struct es_span sig_der,
                        enum es_sig_answer *answer, struct es_error *err)
{
    uint8_t raw[ES_SM2_RAW_LEN];
    uint8_t e[ES_SM3_LEN];

    *answer = ES_SIG_UNCHECKED;
    ES_TRY(check_kind(key, err));
    if (es_sm2_sig_decode(sig_der, raw, NULL) != ES_OK) {
        *answer = ES_SIG_OUT_OF_RANGE;
        return ES_OK;
    }
    ES_TRY(es_sm2_e(key, message, e, err));
    return es_sm2_verify_e(key, e, raw, answer, err);
}
