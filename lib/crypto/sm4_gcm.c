/*
 * SM4-GCM (RFC 8998; NIST SP 800-38D): OpenSSL 3.0 gives SM4 in counter mode, GHASH is ours. With
 * nonces of 12 bytes and at most 2^32 - 2 blocks the 32-bit counter never wraps, so the cipher's
 * 128-bit counter is the same. A text is deciphered only after its tag was found right.
 */
#include "crypto_internal.h"
#include "ghash.h"

#include <openssl/crypto.h>

#define BLOCK ES_GHASH_BLOCK
#define CHUNK (1U << 30) /* of one call to OpenSSL, a multiple of BLOCK */
#define AAD_MAX ((UINT64_C(1) << 61) - 1)

struct gcm {
    EVP_CIPHER_CTX *ctx; /* counter mode, at the block after J0 once started */
    es_ghash_fn ghash;
    uint64_t h[2];
    uint8_t mask[BLOCK]; /* E(K, J0), added to the hash to give the tag */
};

static void gcm_clear(struct gcm *gcm)
{
    EVP_CIPHER_CTX_free(gcm->ctx);
    es_wipe(gcm, sizeof(*gcm));
}

static uint64_t load64(const uint8_t *p)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < 8; i++)
        value = value << 8 | p[i];
    return value;
}

static void store64(uint8_t *p, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        p[i] = (uint8_t) (value >> (56 - 8 * i));
}

/* Encipher or decipher: the next bytes of the key stream are added. */
static es_status stream(struct gcm *gcm, const uint8_t *in, size_t len, uint8_t *out,
                        struct es_error *err)
{
    while (len > 0) {
        int part = len > CHUNK ? (int) CHUNK : (int) len;
        int got = 0;

        ES_TRY(es_ossl_check(EVP_EncryptUpdate(gcm->ctx, out, &got, in, part) == 1 && got == part,
                             err, ES_E_CRYPTO, "SM4 failed"));
        in += part;
        out += part;
        len -= (size_t) part;
    }
    return ES_OK;
}

/* Set the counter and take one block of key stream: E(K, counter). key NULL: keep it. */
static es_status block_at(struct gcm *gcm, const EVP_CIPHER *cipher, const uint8_t *key,
                          const uint8_t counter[BLOCK], uint8_t out[BLOCK], struct es_error *err)
{
    static const uint8_t zero[BLOCK];

    ES_TRY(es_ossl_check(EVP_EncryptInit_ex(gcm->ctx, cipher, NULL, key, counter) == 1, err,
                         ES_E_CRYPTO, "SM4 cannot begin"));
    return stream(gcm, zero, BLOCK, out, err);
}

static es_status start(struct gcm *gcm, const uint8_t key[ES_SM4_KEY_LEN], struct es_span nonce,
                       struct es_error *err)
{
    uint8_t counter[BLOCK] = {0}, h[BLOCK] = {0};
    es_status status;

    gcm->ghash = es_ghash_best();
    gcm->ctx = EVP_CIPHER_CTX_new();
    ES_TRY(es_ossl_check(gcm->ctx != NULL, err, ES_E_NOMEM, "out of memory"));
    status = block_at(gcm, EVP_sm4_ctr(), key, counter, h, err);
    gcm->h[0] = load64(h);
    gcm->h[1] = load64(h + 8);
    es_wipe(h, sizeof(h));
    ES_TRY(status);
    memcpy(counter, nonce.ptr, ES_GCM_NONCE_LEN);
    counter[BLOCK - 1] = 1;
    return block_at(gcm, NULL, NULL, counter, gcm->mask, err);
}

/* data, filled up with zeros to whole blocks. */
static void hash_padded(const struct gcm *gcm, uint64_t y[2], struct es_span data)
{
    size_t whole = data.len / BLOCK;
    size_t rest = data.len % BLOCK;
    uint8_t last[BLOCK] = {0};

    if (whole > 0)
        gcm->ghash(y, gcm->h, data.ptr, whole);
    if (rest > 0) {
        memcpy(last, data.ptr + whole * BLOCK, rest);
        gcm->ghash(y, gcm->h, last, 1);
    }
}

static void make_tag(const struct gcm *gcm, struct es_span aad, struct es_span cipher,
                     uint8_t tag[ES_GCM_TAG_LEN])
{
    uint64_t y[2] = {0, 0};
    uint8_t lengths[BLOCK];

    hash_padded(gcm, y, aad);
    hash_padded(gcm, y, cipher);
    store64(lengths, (uint64_t) aad.len * 8);
    store64(lengths + 8, (uint64_t) cipher.len * 8);
    gcm->ghash(y, gcm->h, lengths, 1);
    store64(tag, y[0]);
    store64(tag + 8, y[1]);
    for (unsigned i = 0; i < ES_GCM_TAG_LEN; i++)
        tag[i] ^= gcm->mask[i];
    es_wipe(y, sizeof(y));
}

static es_status check_sizes(struct es_span nonce, struct es_span aad, size_t text,
                             struct es_error *err)
{
    ES_ENSURE(nonce.len == ES_GCM_NONCE_LEN, err, ES_E_RANGE, "nonce of %zu bytes, allowed are %d",
              nonce.len, ES_GCM_NONCE_LEN);
    ES_ENSURE(text <= ES_GCM_PLAIN_MAX, err, ES_E_LIMIT,
              "text of %zu bytes is too long for SM4-GCM", text);
    ES_ENSURE(aad.len <= AAD_MAX, err, ES_E_LIMIT,
              "additional data of %zu bytes are too long for SM4-GCM", aad.len);
    return ES_OK;
}

es_status es_sm4_gcm_seal(const uint8_t key[ES_SM4_KEY_LEN], struct es_span nonce,
                          struct es_span aad, struct es_span plain, struct es_buf *out,
                          struct es_error *err)
{
    __attribute__((cleanup(gcm_clear))) struct gcm gcm = {0};
    uint8_t *to;

    ES_TRY(check_sizes(nonce, aad, plain.len, err));
    ES_TRY(start(&gcm, key, nonce, err));
    to = es_buf_reserve(out, plain.len + ES_GCM_TAG_LEN);
    if (to == NULL)
        return es_buf_check(out, err);
    ES_TRY(stream(&gcm, plain.ptr, plain.len, to, err));
    make_tag(&gcm, aad, es_span_of(to, plain.len), to + plain.len);
    out->len += plain.len + ES_GCM_TAG_LEN;
    return ES_OK;
}

es_status es_sm4_gcm_open(const uint8_t key[ES_SM4_KEY_LEN], struct es_span nonce,
                          struct es_span aad, struct es_span closed, struct es_buf *out,
                          struct es_error *err)
{
    __attribute__((cleanup(gcm_clear))) struct gcm gcm = {0};
    uint8_t tag[ES_GCM_TAG_LEN];
    struct es_span cipher;
    uint8_t *to;

    ES_ENSURE(closed.len >= ES_GCM_TAG_LEN, err, ES_E_INTEGRITY,
              "sealed text is shorter than its tag");
    cipher = es_span_sub(closed, 0, closed.len - ES_GCM_TAG_LEN);
    ES_TRY(check_sizes(nonce, aad, cipher.len, err));
    ES_TRY(start(&gcm, key, nonce, err));
    make_tag(&gcm, aad, cipher, tag);
    ES_ENSURE(es_equal_hidden(es_span_of(tag, sizeof(tag)),
                              es_span_sub(closed, cipher.len, ES_GCM_TAG_LEN)),
              err, ES_E_INTEGRITY, "sealed text does not open: changed, moved or of another key");
    to = es_buf_reserve(out, cipher.len);
    if (to == NULL)
        return es_buf_check(out, err);
    ES_TRY(stream(&gcm, cipher.ptr, cipher.len, to, err));
    out->len += cipher.len;
    return ES_OK;
}
