/* Keyed digests: HMAC-SM3, PBKDF2 over it, and the comparison that tells nothing by its time. */
#include "crypto_internal.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>

#define SHORT_MAX 1024 /* salts and derived keys */

struct es_hmac {
    EVP_MAC *mac;
    EVP_MAC_CTX *ctx;
};

bool es_equal_hidden(struct es_span a, struct es_span b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0);
}

static es_status start(struct es_hmac *hmac, struct es_span key, struct es_error *err)
{
    char name[] = "SM3";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                           OSSL_PARAM_construct_end()};
    static const uint8_t none[1]; /* a NULL key would mean: the one before */

    hmac->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    ES_TRY(es_ossl_check(hmac->mac != NULL, err, ES_E_CRYPTO, "the library offers no HMAC"));
    hmac->ctx = EVP_MAC_CTX_new(hmac->mac);
    ES_TRY(es_ossl_check(hmac->ctx != NULL, err, ES_E_NOMEM, "out of memory"));
    return es_ossl_check(EVP_MAC_init(hmac->ctx, key.len > 0 ? key.ptr : none, key.len, params) ==
                             1,
                         err, ES_E_CRYPTO, "HMAC cannot begin");
}

es_status es_hmac_new(struct es_span key, struct es_hmac **out, struct es_error *err)
{
    ES_AUTO_PTR(es_hmac) hmac = calloc(1, sizeof(*hmac));

    ES_ENSURE(hmac != NULL, err, ES_E_NOMEM, "out of memory");
    ES_TRY(start(hmac, key, err));
    *out = ES_TAKE(hmac);
    return ES_OK;
}

es_status es_hmac_update(struct es_hmac *hmac, struct es_span data, struct es_error *err)
{
    if (data.len == 0)
        return ES_OK;
    return es_ossl_check(EVP_MAC_update(hmac->ctx, data.ptr, data.len) == 1, err, ES_E_CRYPTO,
                         "HMAC cannot go on");
}

es_status es_hmac_final(struct es_hmac *hmac, uint8_t out[ES_SM3_LEN], struct es_error *err)
{
    size_t len = 0;

    return es_ossl_check(EVP_MAC_final(hmac->ctx, out, &len, ES_SM3_LEN) == 1 && len == ES_SM3_LEN,
                         err, ES_E_CRYPTO, "HMAC cannot end");
}

void es_hmac_free(struct es_hmac *hmac)
{
    if (hmac == NULL)
        return;
    EVP_MAC_CTX_free(hmac->ctx);
    EVP_MAC_free(hmac->mac);
    free(hmac);
}

es_status es_hmac_sm3(struct es_span key, const struct es_span *parts, size_t count,
                      uint8_t out[ES_SM3_LEN], struct es_error *err)
{
    ES_AUTO_PTR(es_hmac) hmac = NULL;

    ES_TRY(es_hmac_new(key, &hmac, err));
    for (size_t i = 0; i < count; i++)
        ES_TRY(es_hmac_update(hmac, parts[i], err));
    return es_hmac_final(hmac, out, err);
}

es_status es_pbkdf2_sm3(struct es_span secret, struct es_span salt, uint32_t rounds, uint8_t *out,
                        size_t len, struct es_error *err)
{
    ES_ENSURE(rounds >= 1 && rounds <= ES_PBKDF2_ROUNDS_MAX, err, ES_E_RANGE,
              "PBKDF2 with %u rounds, allowed are 1 to %d", rounds, ES_PBKDF2_ROUNDS_MAX);
    ES_ENSURE(len >= 1 && len <= SHORT_MAX && salt.len <= SHORT_MAX, err, ES_E_RANGE,
              "PBKDF2 of %zu bytes with a salt of %zu, allowed are 1 to %d and 0 to %d", len,
              salt.len, SHORT_MAX, SHORT_MAX);
    ES_ENSURE(secret.len <= INT_MAX, err, ES_E_RANGE, "PBKDF2 of a secret of %zu bytes",
              secret.len);
    return es_ossl_check(PKCS5_PBKDF2_HMAC(secret.len > 0 ? (const char *) secret.ptr : "",
                                           (int) secret.len, salt.ptr, (int) salt.len, (int) rounds,
                                           EVP_sm3(), (int) len, out) == 1,
                         err, ES_E_CRYPTO, "PBKDF2 failed");
}
