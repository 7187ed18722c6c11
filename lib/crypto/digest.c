/*
 * Digests. Each algorithm is fetched from OpenSSL once and then shared by all threads; a fetch that
 * failed is tried again by the next caller. A fetched algorithm never changes.
 */
#include "crypto_internal.h"

#include <pthread.h>

#define SOURCE_CHUNK (256U * 1024)
#define DIGEST_COUNT (ES_DIGEST_MD5 + 1)

struct digest_facts {
    const char *name;
    const char *plain; /* lower case, without '-' */
    const char *oid;
    size_t len;
    bool weak;
};

static const struct digest_facts facts[DIGEST_COUNT] = {
    [ES_DIGEST_NONE] = {"none", "", "", 0, false},
    [ES_DIGEST_SM3] = {"SM3", "sm3", "1.2.156.10197.1.401", 32, false},
    [ES_DIGEST_SHA256] = {"SHA-256", "sha256", "2.16.840.1.101.3.4.2.1", 32, false},
    [ES_DIGEST_SHA384] = {"SHA-384", "sha384", "2.16.840.1.101.3.4.2.2", 48, false},
    [ES_DIGEST_SHA512] = {"SHA-512", "sha512", "2.16.840.1.101.3.4.2.3", 64, false},
    [ES_DIGEST_SHA1] = {"SHA-1", "sha1", "1.3.14.3.2.26", 20, true},
    [ES_DIGEST_MD5] = {"MD5", "md5", "1.2.840.113549.2.5", 16, true},
};

/* Filled once each, then constant; fetch_lock guards the filling. */
static _Atomic(EVP_MD *) fetched[DIGEST_COUNT];
static pthread_mutex_t fetch_lock = PTHREAD_MUTEX_INITIALIZER;

struct es_hash {
    const EVP_MD *md;
    EVP_MD_CTX *ctx;
};

static bool is_known(enum es_digest digest)
{
    return (unsigned) digest > ES_DIGEST_NONE && (unsigned) digest < DIGEST_COUNT;
}

size_t es_digest_len(enum es_digest digest)
{
    return is_known(digest) ? facts[digest].len : 0;
}

const char *es_digest_name(enum es_digest digest)
{
    return facts[is_known(digest) ? digest : ES_DIGEST_NONE].name;
}

bool es_digest_is_weak(enum es_digest digest)
{
    return is_known(digest) && facts[digest].weak;
}

/* Lower case without '-' and '_', so that "SHA-256", "sha256" and "SHA_256" meet. */
static void plain_name(struct es_span name, char out[16])
{
    size_t used = 0;

    for (size_t i = 0; i < name.len && used < 15; i++) {
        char c = (char) name.ptr[i];
        if (c >= 'A' && c <= 'Z')
            c = (char) (c - 'A' + 'a');
        if (c != '-' && c != '_')
            out[used++] = c;
    }
    out[used] = '\0';
}

enum es_digest es_digest_by_name(struct es_span oid_or_name)
{
    char plain[16];

    if (oid_or_name.len > 32)
        return ES_DIGEST_NONE;
    plain_name(oid_or_name, plain);
    for (unsigned i = ES_DIGEST_SM3; i < DIGEST_COUNT; i++)
        if (es_span_is(oid_or_name, facts[i].oid) || strcmp(plain, facts[i].plain) == 0)
            return (enum es_digest) i;
    /* SPEC GM/T 0006-2012: SM3 without key has an OID of its own. */
    return es_span_is(oid_or_name, "1.2.156.10197.1.401.1") ? ES_DIGEST_SM3 : ES_DIGEST_NONE;
}

static EVP_MD *fetch_once(enum es_digest digest)
{
    EVP_MD *md;

    pthread_mutex_lock(&fetch_lock);
    md = atomic_load(&fetched[digest]);
    if (md == NULL) {
        md = EVP_MD_fetch(NULL, facts[digest].name, NULL);
        atomic_store(&fetched[digest], md);
    }
    pthread_mutex_unlock(&fetch_lock);
    return md;
}

static es_status find_md(enum es_digest digest, const EVP_MD **out, struct es_error *err)
{
    ES_ENSURE(is_known(digest), err, ES_E_UNSUPPORTED, "digest number %d is not known",
              (int) digest);
    *out = atomic_load(&fetched[digest]);
    if (*out == NULL)
        *out = fetch_once(digest);
    return es_ossl_check(*out != NULL, err, ES_E_CRYPTO, "the library offers no such digest");
}

static es_status start(struct es_hash *hash, struct es_error *err)
{
    return es_ossl_check(EVP_DigestInit_ex(hash->ctx, hash->md, NULL) == 1, err, ES_E_CRYPTO,
                         "digest cannot begin");
}

es_status es_hash_new(enum es_digest digest, struct es_hash **out, struct es_error *err)
{
    ES_AUTO_PTR(es_hash) hash = NULL;
    const EVP_MD *md;

    ES_TRY(find_md(digest, &md, err));
    hash = calloc(1, sizeof(*hash));
    ES_ENSURE(hash != NULL, err, ES_E_NOMEM, "out of memory");
    hash->md = md;
    hash->ctx = EVP_MD_CTX_new();
    ES_TRY(es_ossl_check(hash->ctx != NULL, err, ES_E_NOMEM, "out of memory"));
    ES_TRY(start(hash, err));
    *out = ES_TAKE(hash);
    return ES_OK;
}

es_status es_hash_update(struct es_hash *hash, struct es_span data, struct es_error *err)
{
    if (data.len == 0)
        return ES_OK;
    return es_ossl_check(EVP_DigestUpdate(hash->ctx, data.ptr, data.len) == 1, err, ES_E_CRYPTO,
                         "digest cannot go on");
}

es_status es_hash_final(struct es_hash *hash, uint8_t *out, struct es_error *err)
{
    ES_TRY(es_ossl_check(EVP_DigestFinal_ex(hash->ctx, out, NULL) == 1, err, ES_E_CRYPTO,
                         "digest cannot end"));
    return start(hash, err);
}

void es_hash_free(struct es_hash *hash)
{
    if (hash == NULL)
        return;
    EVP_MD_CTX_free(hash->ctx);
    free(hash);
}

es_status es_digest_once(enum es_digest digest, struct es_span data, uint8_t *out,
                         struct es_error *err)
{
    const EVP_MD *md;

    ES_TRY(find_md(digest, &md, err));
    return es_ossl_check(EVP_Digest(data.len > 0 ? data.ptr : (const uint8_t *) "", data.len, out,
                                    NULL, md, NULL) == 1,
                         err, ES_E_CRYPTO, "digest failed");
}

es_status es_sm3(struct es_span data, uint8_t out[ES_SM3_LEN], struct es_error *err)
{
    return es_digest_once(ES_DIGEST_SM3, data, out, err);
}

static es_status hash_chunks(struct es_hash *hash, const struct es_source *src, uint64_t off,
                             uint64_t len, uint8_t *chunk, struct es_error *err)
{
    while (len > 0) {
        size_t part = len < SOURCE_CHUNK ? (size_t) len : SOURCE_CHUNK;
        ES_TRY(es_source_read(src, off, chunk, part, err));
        ES_TRY(es_hash_update(hash, es_span_of(chunk, part), err));
        off += part;
        len -= part;
    }
    return ES_OK;
}

es_status es_sm3_source(const struct es_source *src, uint64_t off, uint64_t len,
                        uint8_t out[ES_SM3_LEN], struct es_error *err)
{
    ES_AUTO_PTR(es_hash) hash = NULL;
    uint8_t *chunk;
    es_status status;

    ES_ENSURE(off <= src->len && len <= src->len - off, err, ES_E_IO,
              "the range lies outside the data");
    ES_TRY(es_hash_new(ES_DIGEST_SM3, &hash, err));
    chunk = malloc(len < SOURCE_CHUNK ? (size_t) len + 1 : SOURCE_CHUNK);
    ES_ENSURE(chunk != NULL, err, ES_E_NOMEM, "out of memory");
    status = hash_chunks(hash, src, off, len, chunk, err);
    free(chunk);
    ES_TRY(status);
    return es_hash_final(hash, out, err);
}
