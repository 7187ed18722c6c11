/* SM2 and SM3 through our door and straight to OpenSSL, over the same key and digest. The calls
 * that reach OpenSSL are counted (the linker sends them through here). */
#include "bench.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdatomic.h>

#define BULK ((size_t) 1 << 20)

static atomic_uint verified, made;

int __real_EVP_PKEY_sign(EVP_PKEY_CTX *ctx, unsigned char *sig, size_t *sig_len,
                         const unsigned char *tbs, size_t tbs_len);
int __wrap_EVP_PKEY_sign(EVP_PKEY_CTX *ctx, unsigned char *sig, size_t *sig_len,
                         const unsigned char *tbs, size_t tbs_len);
int __real_EVP_PKEY_verify(EVP_PKEY_CTX *ctx, const unsigned char *sig, size_t sig_len,
                           const unsigned char *tbs, size_t tbs_len);
int __wrap_EVP_PKEY_verify(EVP_PKEY_CTX *ctx, const unsigned char *sig, size_t sig_len,
                           const unsigned char *tbs, size_t tbs_len);

int __wrap_EVP_PKEY_sign(EVP_PKEY_CTX *ctx, unsigned char *sig, size_t *sig_len,
                         const unsigned char *tbs, size_t tbs_len)
{
    atomic_fetch_add(&made, 1);
    return __real_EVP_PKEY_sign(ctx, sig, sig_len, tbs, tbs_len);
}

int __wrap_EVP_PKEY_verify(EVP_PKEY_CTX *ctx, const unsigned char *sig, size_t sig_len,
                           const unsigned char *tbs, size_t tbs_len)
{
    atomic_fetch_add(&verified, 1);
    return __real_EVP_PKEY_verify(ctx, sig, sig_len, tbs, tbs_len);
}

void bench_count_sm2(unsigned *verified_out, unsigned *made_out)
{
    *verified_out = atomic_exchange(&verified, 0);
    *made_out = atomic_exchange(&made, 0);
}

/* A key of the same curve for OpenSSL alone. */
static EVP_PKEY *make_key(void)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    EVP_PKEY *key = NULL;

    bench_must(EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_generate(ctx, &key) == 1, "no key");
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static uint8_t evp_sig[80];
static size_t evp_sig_len;

void bench_crypto_new(struct bench_crypto *k, struct world *w)
{
    *k = (struct bench_crypto){.w = w, .sign_key = make_key()};
    es_buf_init(&k->message, 4096);
    es_buf_init(&k->sig, 128);
    es_buf_init(&k->bulk, BULK);
    es_buf_put_str(&k->message, "what a seal signs is some seventeen kilobytes; here a line does");
    memset(k->e, 0x5a, sizeof k->e);
    bench_must(es_buf_reserve(&k->bulk, BULK) != NULL, "out of memory");
    memset(k->bulk.ptr, 0x5a, BULK);
    k->bulk.len = BULK;
    bench_our_sign(k);
    bench_evp_sign(k);
}

void bench_crypto_clear(struct bench_crypto *k)
{
    es_buf_clear(&k->message);
    es_buf_clear(&k->sig);
    es_buf_clear(&k->bulk);
    EVP_PKEY_free(k->sign_key);
}

void bench_our_sign(void *ctx)
{
    struct bench_crypto *k = ctx;

    es_buf_reset(&k->sig);
    bench_must(es_key_sign(k->w->keys[WHO_SIGNER], es_buf_span(&k->message), &k->sig, NULL) ==
                   ES_OK,
               "sign");
}

void bench_our_verify(void *ctx)
{
    struct bench_crypto *k = ctx;
    enum es_sig_answer answer;

    bench_must(es_sm2_verify(es_key_public(k->w->keys[WHO_SIGNER]), es_buf_span(&k->message),
                             es_buf_span(&k->sig), &answer, NULL) == ES_OK &&
                   answer == ES_SIG_GOOD,
               "verify");
}

void bench_our_sm3(void *ctx)
{
    struct bench_crypto *k = ctx;
    uint8_t out[ES_SM3_LEN];

    bench_must(es_sm3(es_buf_span(&k->bulk), out, NULL) == ES_OK, "SM3");
}

void bench_evp_sign(void *ctx)
{
    struct bench_crypto *k = ctx;
    EVP_PKEY_CTX *pctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->sign_key, NULL);

    evp_sig_len = sizeof evp_sig;
    bench_must(EVP_PKEY_sign_init(pctx) == 1 &&
                   __real_EVP_PKEY_sign(pctx, evp_sig, &evp_sig_len, k->e, sizeof k->e) == 1,
               "OpenSSL sign");
    EVP_PKEY_CTX_free(pctx);
}

void bench_evp_verify(void *ctx)
{
    struct bench_crypto *k = ctx;
    EVP_PKEY_CTX *pctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->sign_key, NULL);

    bench_must(EVP_PKEY_verify_init(pctx) == 1 &&
                   __real_EVP_PKEY_verify(pctx, evp_sig, evp_sig_len, k->e, sizeof k->e) == 1,
               "OpenSSL verify");
    EVP_PKEY_CTX_free(pctx);
}

void bench_evp_sm3(void *ctx)
{
    struct bench_crypto *k = ctx;
    uint8_t out[ES_SM3_LEN];

    bench_must(EVP_Digest(k->bulk.ptr, k->bulk.len, out, NULL, EVP_sm3(), NULL) == 1, "SM3");
}
