/*
 * Private keys in OpenSSL's hands. Signing goes over EVP_PKEY_sign, whose scalar multiplication in
 * OpenSSL 3.0 is a constant-time ladder; no arithmetic on secrets happens on our side.
 */
#include "crypto_internal.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

ES_OSSL_DEFINE_AT(EC_GROUP, EC_GROUP_free)
ES_OSSL_DEFINE_AT(EC_POINT, EC_POINT_free)
ES_OSSL_DEFINE_AT(BIGNUM, BN_clear_free)
ES_OSSL_DEFINE_AT(BN_CTX, BN_CTX_free)

es_status es_evp_generate(EVP_PKEY **out, struct es_error *err)
{
    ES_OSSL(EVP_PKEY_CTX) ctx = NULL;

    ES_TRY(es_ossl_listen(err));
    ctx = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    *out = NULL;
    return es_ossl_check(ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1 &&
                             EVP_PKEY_generate(ctx, out) == 1,
                         err, ES_E_CRYPTO, "key could not be made");
}

es_status es_evp_check_pair(EVP_PKEY *pkey, struct es_error *err)
{
    ES_OSSL(EVP_PKEY_CTX) ctx = NULL;

    ES_ENSURE(EVP_PKEY_is_a(pkey, "SM2") == 1, err, ES_E_UNSUPPORTED, "not an SM2 key");
    ES_TRY(es_ossl_listen(err));
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    ES_TRY(es_ossl_check(ctx != NULL, err, ES_E_NOMEM, "out of memory"));
    return es_ossl_check(EVP_PKEY_check(ctx) == 1, err, ES_E_RANGE, "SM2 key is not sound");
}

es_status es_evp_public_key(void *key, struct es_pubkey **out, struct es_error *err)
{
    uint8_t point[ES_SM2_POINT_LEN + 1];
    size_t len = 0;

    ES_TRY(es_ossl_listen(err));
    ES_TRY(es_ossl_check(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point,
                                                         sizeof(point), &len) == 1,
                         err, ES_E_CRYPTO, "key shows no public key"));
    return es_pubkey_sm2(es_span_of(point, len), out, err);
}

es_status es_evp_sign(void *key, const uint8_t e[ES_SM3_LEN], uint8_t raw[ES_SM2_RAW_LEN],
                      struct es_error *err)
{
    ES_OSSL(EVP_PKEY_CTX) ctx = NULL;
    uint8_t der[80];
    size_t len = sizeof(der);

    ES_TRY(es_ossl_listen(err));
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    ES_TRY(es_ossl_check(ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
                             EVP_PKEY_sign(ctx, der, &len, e, ES_SM3_LEN) == 1,
                         err, ES_E_CRYPTO, "signature could not be made"));
    ES_ENSURE(es_sm2_sig_decode(es_span_of(der, len), raw, NULL) == ES_OK, err, ES_E_CRYPTO,
              "signature made is out of range");
    return ES_OK;
}

void es_evp_close(void *key)
{
    EVP_PKEY_free(key);
}

/* SPEC GB/T 32918.1-2016 6.1: d in [1, n-2]. */
static bool number_in_range(const uint8_t d[32])
{
    uint8_t last[32];
    uint8_t any = 0;

    memcpy(last, es_sm2_n, sizeof(last));
    last[31] -= 1;
    for (size_t i = 0; i < 32; i++)
        any |= d[i];
    return any != 0 && memcmp(d, last, sizeof(last)) < 0;
}

static es_status point_of(const uint8_t d[32], uint8_t out[ES_SM2_POINT_LEN], struct es_error *err)
{
    ES_OSSL(EC_GROUP) group = EC_GROUP_new_by_curve_name(NID_sm2);
    ES_OSSL(EC_POINT) point = group != NULL ? EC_POINT_new(group) : NULL;
    ES_OSSL(BIGNUM) number = BN_secure_new();
    ES_OSSL(BN_CTX) ctx = BN_CTX_secure_new();

    ES_TRY(es_ossl_check(point != NULL && number != NULL && ctx != NULL, err, ES_E_NOMEM,
                         "out of memory"));
    BN_set_flags(number, BN_FLG_CONSTTIME);
    return es_ossl_check(BN_bin2bn(d, 32, number) != NULL &&
                             EC_POINT_mul(group, point, number, NULL, NULL, ctx) == 1 &&
                             EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, out,
                                                ES_SM2_POINT_LEN, ctx) == ES_SM2_POINT_LEN,
                         err, ES_E_CRYPTO, "public key could not be computed");
}

es_status es_key_from_number(const uint8_t d[32], struct es_key **out, struct es_error *err)
{
    EVP_PKEY *pkey = NULL;
    uint8_t point[ES_SM2_POINT_LEN];

    ES_ENSURE(number_in_range(d), err, ES_E_RANGE, "private key is out of range");
    ES_TRY(es_ossl_listen(err));
    ES_TRY(point_of(d, point, err));
    ES_TRY(es_evp_from_parts(point, d, &pkey, err));
    return es_key_from_evp(pkey, out, err);
}
