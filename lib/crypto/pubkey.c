/*
 * Public keys: counted references to something that never changes after it was made. An SM2 key
 * exists only when its point is sound, so nothing behind this door sees infinity, -G, a point of
 * another curve or another encoding than 04 || x || y.
 */
#include "crypto_internal.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

es_status es_pubkey_make(enum es_key_kind kind, EVP_PKEY *pkey, struct es_pubkey **out,
                         struct es_error *err)
{
    struct es_pubkey *key = calloc(1, sizeof(*key));

    ES_ENSURE(key != NULL, err, ES_E_NOMEM, "out of memory");
    if (EVP_PKEY_up_ref(pkey) != 1) {
        free(key);
        return es_error_set(err, ES_E_CRYPTO, "key cannot be shared");
    }
    atomic_init(&key->refs, 1);
    key->kind = kind;
    key->bits = (unsigned) EVP_PKEY_get_bits(pkey);
    key->pkey = pkey;
    *out = key;
    return ES_OK;
}

struct es_pubkey *es_pubkey_ref(struct es_pubkey *key)
{
    unsigned before = atomic_fetch_add_explicit(&key->refs, 1, memory_order_relaxed);

    ES_BUG_ON(before == 0 || before > UINT32_MAX / 2);
    return key;
}

void es_pubkey_free(struct es_pubkey *key)
{
    if (key == NULL || atomic_fetch_sub_explicit(&key->refs, 1, memory_order_acq_rel) != 1)
        return;
    EVP_PKEY_free(key->pkey);
    free(key);
}

enum es_key_kind es_pubkey_kind(const struct es_pubkey *key)
{
    return key->kind;
}

unsigned es_pubkey_bits(const struct es_pubkey *key)
{
    return key->bits;
}

struct es_span es_pubkey_point(const struct es_pubkey *key)
{
    ES_BUG_ON(key->kind != ES_KEY_SM2);
    return es_span_of(key->point, sizeof(key->point));
}

const uint8_t *es_pubkey_z(const struct es_pubkey *key)
{
    ES_BUG_ON(key->kind != ES_KEY_SM2);
    return key->z;
}

/* What OpenSSL would take and must not reach it: other encodings, numbers not reduced, and -G,
 * under which any s verifies. */
static es_status check_point(struct es_span point, struct es_error *err)
{
    ES_ENSURE(point.len == ES_SM2_POINT_LEN, err, ES_E_RANGE,
              "SM2 public key of %zu bytes, %d are right", point.len, ES_SM2_POINT_LEN);
    ES_ENSURE(point.ptr[0] == 0x04, err, ES_E_RANGE,
              "SM2 public key begins with byte %02x, 04 is right", point.ptr[0]);
    ES_ENSURE(memcmp(point.ptr + 1, es_sm2_p, 32) < 0 && memcmp(point.ptr + 33, es_sm2_p, 32) < 0,
              err, ES_E_RANGE, "SM2 public key has a coordinate outside the field");
    ES_ENSURE(memcmp(point.ptr + 1, es_sm2_neg_g, 64) != 0, err, ES_E_RANGE,
              "SM2 public key is -G, under which forgeries verify");
    return ES_OK;
}

static es_status explain_refusal(struct es_error *err)
{
    switch (es_ossl_why()) {
    case ES_OSSL_NOMEM:
        return es_error_set(err, ES_E_NOMEM, "out of memory");
    case ES_OSSL_OFF_CURVE:
        return es_error_set(err, ES_E_RANGE, "SM2 public key is not on the curve");
    default:
        return es_error_set(err, ES_E_CRYPTO, "SM2 key could not be taken in");
    }
}

static es_status from_params(OSSL_PARAM *params, int selection, EVP_PKEY **out,
                             struct es_error *err)
{
    ES_OSSL(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);

    ES_TRY(es_ossl_check(ctx != NULL, err, ES_E_CRYPTO, "the library offers no SM2"));
    *out = NULL;
    if (EVP_PKEY_fromdata_init(ctx) == 1 && EVP_PKEY_fromdata(ctx, out, selection, params) == 1)
        return ES_OK;
    return explain_refusal(err);
}

/* OpenSSL wants numbers in the machine's byte order. */
static void to_native(const uint8_t big_endian[32], uint8_t native[32])
{
    for (size_t i = 0; i < 32; i++)
        native[i] = big_endian[__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 31 - i : i];
}

es_status es_evp_from_parts(const uint8_t point[ES_SM2_POINT_LEN], const uint8_t *d, EVP_PKEY **out,
                            struct es_error *err)
{
    char group[] = "SM2";
    uint8_t public[ES_SM2_POINT_LEN];
    uint8_t private[32] = {0};
    OSSL_PARAM params[4];
    es_status status;

    memcpy(public, point, sizeof(public));
    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, public, sizeof(public));
    params[2] = OSSL_PARAM_construct_end();
    params[3] = OSSL_PARAM_construct_end();
    if (d != NULL) {
        to_native(d, private);
        params[2] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, private, sizeof(private));
    }
    ES_TRY(es_ossl_listen(err));
    status = from_params(params, d != NULL ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, out, err);
    es_wipe(private, sizeof(private));
    return status;
}

/*
 * The second line: in the field, on the curve, not infinity. The order of this curve is prime, so
 * every such point has it, and multiplying by it, which costs as much as a signature, tells nothing
 * more. After check_point and fromdata a failure here is the library's and not the key's.
 */
static es_status check_public(EVP_PKEY *pkey, struct es_error *err)
{
    ES_OSSL(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

    ES_TRY(es_ossl_check(ctx != NULL, err, ES_E_NOMEM, "out of memory"));
    return es_ossl_check(EVP_PKEY_public_check_quick(ctx) == 1, err, ES_E_CRYPTO,
                         "SM2 public key could not be checked");
}

es_status es_pubkey_sm2(struct es_span point, struct es_pubkey **out, struct es_error *err)
{
    ES_OSSL(EVP_PKEY) pkey = NULL;
    ES_AUTO_PTR(es_pubkey) key = NULL;

    ES_TRY(check_point(point, err));
    ES_TRY(es_evp_from_parts(point.ptr, NULL, &pkey, err));
    ES_TRY(check_public(pkey, err));
    ES_TRY(es_pubkey_make(ES_KEY_SM2, pkey, &key, err));
    memcpy(key->point, point.ptr, sizeof(key->point));
    ES_TRY(es_sm2_z(key->point, es_span_str(ES_SM2_ID), key->z, err));
    *out = ES_TAKE(key);
    return ES_OK;
}
