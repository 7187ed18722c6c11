/*
 * Signatures by algorithm number: what real files carry beside SM2. The key decides what may be
 * tried: a number that does not fit it is an error, not a wrong signature.
 *
 *     SM2    Z under the default id, strict DER
 *     RSA    PKCS#1 v1.5: the block is opened and compared whole with the DigestInfo expected
 *     ECDSA  strict DER
 */
#include "crypto_internal.h"

#include <openssl/rsa.h>

struct scheme {
    const char *oid;
    enum es_key_kind kind;
    enum es_digest digest; /* NONE: the caller's hint names it */
};

static const struct scheme schemes[] = {
    {"1.2.156.10197.1.501", ES_KEY_SM2, ES_DIGEST_SM3},
    {"1.2.156.10197.1.301", ES_KEY_SM2, ES_DIGEST_NONE},
    {"1.2.156.10197.1.301.1", ES_KEY_SM2, ES_DIGEST_NONE},
    {"1.2.156.10197.1.504", ES_KEY_RSA, ES_DIGEST_SM3},
    {"1.2.840.113549.1.1.1", ES_KEY_RSA, ES_DIGEST_NONE},
    {"1.2.840.113549.1.1.4", ES_KEY_RSA, ES_DIGEST_MD5},
    {"1.2.840.113549.1.1.5", ES_KEY_RSA, ES_DIGEST_SHA1},
    {"1.2.840.113549.1.1.11", ES_KEY_RSA, ES_DIGEST_SHA256},
    {"1.2.840.113549.1.1.12", ES_KEY_RSA, ES_DIGEST_SHA384},
    {"1.2.840.113549.1.1.13", ES_KEY_RSA, ES_DIGEST_SHA512},
    {"1.2.840.10045.4.1", ES_KEY_EC, ES_DIGEST_SHA1},
    {"1.2.840.10045.4.3.2", ES_KEY_EC, ES_DIGEST_SHA256},
    {"1.2.840.10045.4.3.3", ES_KEY_EC, ES_DIGEST_SHA384},
    {"1.2.840.10045.4.3.4", ES_KEY_EC, ES_DIGEST_SHA512},
};

static const struct scheme *find_scheme(struct es_span oid)
{
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (es_oid_is(oid, schemes[i].oid))
            return &schemes[i];
    return NULL;
}

static const char *weak_key(const struct es_pubkey *key)
{
    unsigned bits = key->bits;

    if (key->kind == ES_KEY_RSA && bits < 2048)
        return bits <= 512    ? "RSA-512"
               : bits <= 768  ? "RSA-768"
               : bits <= 1024 ? "RSA-1024"
                              : "RSA-1536";
    if (key->kind == ES_KEY_EC && bits < 224)
        return bits <= 160 ? "EC-160" : "EC-192";
    return NULL;
}

static const char *weak_name(const struct es_pubkey *key, enum es_digest digest)
{
    return es_digest_is_weak(digest) ? es_digest_name(digest) : weak_key(key);
}

/* RFC 8017 9.2: DigestInfo ::= SEQUENCE { SEQUENCE { OID, NULL }, OCTET STRING }. */
static es_status digest_info(enum es_digest digest, struct es_span message, struct es_buf *out,
                             struct es_error *err)
{
    static const char *const oids[] = {
        [ES_DIGEST_SM3] = "1.2.156.10197.1.401",
        [ES_DIGEST_SHA256] = "2.16.840.1.101.3.4.2.1",
        [ES_DIGEST_SHA384] = "2.16.840.1.101.3.4.2.2",
        [ES_DIGEST_SHA512] = "2.16.840.1.101.3.4.2.3",
        [ES_DIGEST_SHA1] = "1.3.14.3.2.26",
        [ES_DIGEST_MD5] = "1.2.840.113549.2.5",
    };
    uint8_t hash[ES_DIGEST_MAX];
    size_t info, alg;

    ES_TRY(es_digest_once(digest, message, hash, err));
    info = es_der_begin(out, ES_DER_SEQUENCE);
    alg = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_oid(out, oids[digest]);
    es_der_put_null(out);
    es_der_end(out, alg);
    es_der_put(out, ES_DER_OCTET_STRING, es_span_of(hash, es_digest_len(digest)));
    es_der_end(out, info);
    return es_buf_check(out, err);
}

/* A block that does not open is a wrong signature, unless memory ran out. */
static es_status open_block(const struct es_pubkey *key, struct es_span sig, uint8_t *block,
                            size_t *len, struct es_error *err)
{
    ES_OSSL(EVP_PKEY_CTX) ctx = NULL;

    ES_TRY(es_ossl_listen(err));
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    ES_TRY(es_ossl_check(ctx != NULL && EVP_PKEY_verify_recover_init(ctx) == 1 &&
                             EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1,
                         err, ES_E_CRYPTO, "RSA check could not begin"));
    if (EVP_PKEY_verify_recover(ctx, block, len, sig.ptr, sig.len) == 1)
        return ES_OK;
    *len = 0;
    ES_ENSURE(es_ossl_why() != ES_OSSL_NOMEM, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

static es_status verify_rsa(const struct es_pubkey *key, enum es_digest digest,
                            struct es_span message, struct es_span sig, enum es_sig_answer *answer,
                            struct es_error *err)
{
    ES_AUTO(es_buf) expected = ES_BUF_INIT(256);
    size_t len = (size_t) EVP_PKEY_get_size(key->pkey);
    uint8_t *block;
    es_status status;

    if (sig.len != len) {
        *answer = ES_SIG_OUT_OF_RANGE;
        return ES_OK;
    }
    ES_TRY(digest_info(digest, message, &expected, err));
    block = calloc(1, len);
    ES_ENSURE(block != NULL, err, ES_E_NOMEM, "out of memory");
    status = open_block(key, sig, block, &len, err);
    if (status == ES_OK)
        *answer = es_span_equal(es_span_of(block, len), es_buf_span(&expected)) ? ES_SIG_GOOD
                                                                                : ES_SIG_BAD;
    free(block);
    return status;
}

static bool is_der_pair(struct es_span sig)
{
    struct es_span seq, r, s;

    return es_der_get(&sig, ES_DER_SEQUENCE, &seq, NULL) == ES_OK &&
           es_der_get_integer(&seq, &r, NULL) == ES_OK &&
           es_der_get_integer(&seq, &s, NULL) == ES_OK && seq.len == 0 && sig.len == 0 &&
           r.len > 0 && r.ptr[0] < 0x80 && s.len > 0 && s.ptr[0] < 0x80;
}

static es_status verify_ecdsa(const struct es_pubkey *key, enum es_digest digest,
                              struct es_span message, struct es_span sig,
                              enum es_sig_answer *answer, struct es_error *err)
{
    ES_OSSL(EVP_PKEY_CTX) ctx = NULL;
    uint8_t hash[ES_DIGEST_MAX];
    int result;

    if (!is_der_pair(sig)) {
        *answer = ES_SIG_OUT_OF_RANGE;
        return ES_OK;
    }
    ES_TRY(es_digest_once(digest, message, hash, err));
    ES_TRY(es_ossl_listen(err));
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    ES_TRY(es_ossl_check(ctx != NULL && EVP_PKEY_verify_init(ctx) == 1, err, ES_E_CRYPTO,
                         "ECDSA check could not begin"));
    result = EVP_PKEY_verify(ctx, sig.ptr, sig.len, hash, es_digest_len(digest));
    ES_ENSURE(result == 1 || es_ossl_why() != ES_OSSL_NOMEM, err, ES_E_NOMEM, "out of memory");
    *answer = result == 1 ? ES_SIG_GOOD : ES_SIG_BAD;
    return ES_OK;
}

/* The digest that the number or, where it names none, the caller's hint says. */
static es_status settle_digest(const struct scheme *scheme, enum es_digest hint,
                               enum es_digest *digest, struct es_error *err)
{
    *digest = scheme->digest != ES_DIGEST_NONE ? scheme->digest : hint;
    if (scheme->kind != ES_KEY_SM2)
        return ES_OK;
    if (*digest == ES_DIGEST_NONE)
        *digest = ES_DIGEST_SM3;
    ES_ENSURE(*digest == ES_DIGEST_SM3, err, ES_E_MISMATCH, "SM2 signature over a %s digest",
              es_digest_name(*digest));
    return ES_OK;
}

es_status es_sig_verify(const struct es_pubkey *key, struct es_span alg_oid,
                        enum es_digest digest_hint, struct es_span message, struct es_span sig,
                        enum es_sig_answer *answer, const char **weak, struct es_error *err)
{
    const struct scheme *scheme = find_scheme(alg_oid);
    enum es_digest digest;

    *answer = ES_SIG_UNCHECKED;
    *weak = NULL;
    if (scheme == NULL) {
        *answer = ES_SIG_UNSUPPORTED;
        return ES_OK;
    }
    ES_ENSURE(scheme->kind == key->kind, err, ES_E_MISMATCH,
              "signature algorithm %s does not fit the key", scheme->oid);
    ES_TRY(settle_digest(scheme, digest_hint, &digest, err));
    if (digest == ES_DIGEST_NONE) {
        *answer = ES_SIG_UNSUPPORTED;
        return ES_OK;
    }
    *weak = weak_name(key, digest);
    if (scheme->kind == ES_KEY_SM2)
        return es_sm2_verify(key, message, sig, answer, err);
    if (scheme->kind == ES_KEY_RSA)
        return verify_rsa(key, digest, message, sig, answer, err);
    return verify_ecdsa(key, digest, message, sig, answer, err);
}
