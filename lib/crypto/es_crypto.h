/*
 * SM2, SM3 and what real files make necessary beside them (SHA-1/2, MD5, RSA, ECDSA to recognise
 * and judge). OpenSSL behind one narrow door: no other area includes its headers but lib/pki.
 * Everything here is strict; tolerated forms are rewritten before they come here.
 */
#ifndef ES_CRYPTO_H
#define ES_CRYPTO_H

#include "es_base.h"
#include "es_der.h"

#define ES_SM3_LEN 32
#define ES_DIGEST_MAX 64
#define ES_SM2_ID "1234567812345678"
#define ES_SM2_RAW_LEN 64   /* r || s */
#define ES_SM2_POINT_LEN 65 /* 04 || x || y */

/** Known answers for SM3, HMAC-SM3, SM4-GCM, SM2 and the refusals; ES_E_CRYPTO when the library
 *  cannot be trusted. */
ES_CHECKED es_status es_crypto_self_test(struct es_error *err);
const char *es_crypto_library(void); /* "OpenSSL 3.0.22 …" */

/* ---- digests ---- */

enum es_digest {
    ES_DIGEST_NONE = 0,
    ES_DIGEST_SM3,
    ES_DIGEST_SHA256,
    ES_DIGEST_SHA384,
    ES_DIGEST_SHA512,
    ES_DIGEST_SHA1,
    ES_DIGEST_MD5
};
size_t es_digest_len(enum es_digest digest);
const char *es_digest_name(enum es_digest digest); /* "SM3", "SHA-256", … */
/** From an OID (dotted text) or a name in any case ("sm3", "SHA1", …); NONE when not known. */
enum es_digest es_digest_by_name(struct es_span oid_or_name);
/** MD5 and SHA-1. */
bool es_digest_is_weak(enum es_digest digest);

struct es_hash; /* one running digest */
ES_CHECKED es_status es_hash_new(enum es_digest digest, struct es_hash **out, struct es_error *err);
ES_CHECKED es_status es_hash_update(struct es_hash *hash, struct es_span data,
                                    struct es_error *err);
/** out gets es_digest_len bytes; the hash starts anew. */
ES_CHECKED es_status es_hash_final(struct es_hash *hash, uint8_t *out, struct es_error *err);
void es_hash_free(struct es_hash *hash);
ES_DEFINE_FREE_AT(es_hash)
ES_CHECKED es_status es_digest_once(enum es_digest digest, struct es_span data, uint8_t *out,
                                    struct es_error *err);
ES_CHECKED es_status es_sm3(struct es_span data, uint8_t out[ES_SM3_LEN], struct es_error *err);
/** SM3 of a whole source from off, len bytes, with constant memory. */
ES_CHECKED es_status es_sm3_source(const struct es_source *src, uint64_t off, uint64_t len,
                                   uint8_t out[ES_SM3_LEN], struct es_error *err);

/* ---- public keys ---- */

enum es_key_kind { ES_KEY_UNKNOWN = 0, ES_KEY_SM2, ES_KEY_RSA, ES_KEY_EC };

/** Answer of a signature check. The zero value is no answer. */
enum es_sig_answer {
    ES_SIG_UNCHECKED = 0,
    ES_SIG_GOOD,
    ES_SIG_BAD,
    ES_SIG_OUT_OF_RANGE, /* r, s outside [1, n-1], r + s = n, or bad encoding */
    ES_SIG_UNSUPPORTED
};

struct es_pubkey; /* reference counted, immutable, any thread */
/**
 * SM2 key from exactly 65 bytes 04||x||y: x, y < p, on the curve, not infinity, not -G.
 * (G itself is the key of d = 1, which the standard allows.)
 * @return ES_E_RANGE  not sound (public_key_invalid)
 */
ES_CHECKED es_status es_pubkey_sm2(struct es_span point, struct es_pubkey **out,
                                   struct es_error *err);
/**
 * Key from a SubjectPublicKeyInfo (DER). Curve parameter 1.2.156.10197.1.301.1 is read as the
 * SM2 curve, *deviates (may be NULL) is then set.
 * @return ES_E_RANGE  SM2 key not sound      ES_E_UNSUPPORTED  other algorithm or curve
 *         ES_E_CERT   explicit curve parameters (cert_explicit_curve)     ES_E_FORMAT
 */
ES_CHECKED es_status es_pubkey_spki(struct es_span spki, struct es_pubkey **out, bool *deviates,
                                    struct es_error *err);
struct es_pubkey *es_pubkey_ref(struct es_pubkey *key);
void es_pubkey_free(struct es_pubkey *key);
ES_DEFINE_FREE_AT(es_pubkey)
enum es_key_kind es_pubkey_kind(const struct es_pubkey *key);
unsigned es_pubkey_bits(const struct es_pubkey *key);
/** 65 bytes of an SM2 key; ES_BUG for others. */
struct es_span es_pubkey_point(const struct es_pubkey *key);
/** Z of the key under the default id. */
const uint8_t *es_pubkey_z(const struct es_pubkey *key);

/* ---- SM2 ---- */

/** e = SM3(Z || message) under the default id. */
ES_CHECKED es_status es_sm2_e(const struct es_pubkey *key, struct es_span message,
                              uint8_t e[ES_SM3_LEN], struct es_error *err);
/** The same under another id (vectors only). */
ES_CHECKED es_status es_sm2_e_id(const struct es_pubkey *key, struct es_span id,
                                 struct es_span message, uint8_t e[ES_SM3_LEN],
                                 struct es_error *err);
/** Strict DER SEQUENCE { INTEGER, INTEGER }, r and s in [1, n-1], r + s != n. ES_E_RANGE if not. */
ES_CHECKED es_status es_sm2_sig_decode(struct es_span der, uint8_t raw[ES_SM2_RAW_LEN],
                                       struct es_error *err);
void es_sm2_sig_encode(const uint8_t raw[ES_SM2_RAW_LEN], struct es_buf *out);
/** Check a raw signature over e. Fails only when the check could not be made. */
ES_CHECKED es_status es_sm2_verify_e(const struct es_pubkey *key, const uint8_t e[ES_SM3_LEN],
                                     const uint8_t raw[ES_SM2_RAW_LEN], enum es_sig_answer *answer,
                                     struct es_error *err);
/** Check a strict DER signature over a message with Z under the default id. */
ES_CHECKED es_status es_sm2_verify(const struct es_pubkey *key, struct es_span message,
                                   struct es_span sig_der, enum es_sig_answer *answer,
                                   struct es_error *err);

/**
 * Check a signature by the algorithm's OID (content bytes) and the key: SM2-with-SM3 (.501, and
 * .301, .301.1 as CMS uses them with an SM3 digest), RSA PKCS#1 with SM3/SHA-1/SHA-2, ECDSA.
 * *weak gets a name such as "RSA-1024" or "SHA-1" when key or digest is weak, else NULL (static).
 * ES_SIG_UNSUPPORTED: unknown OID. ES_E_MISMATCH: OID and key do not fit (algorithm_mismatch).
 */
ES_CHECKED es_status es_sig_verify(const struct es_pubkey *key, struct es_span alg_oid,
                                   enum es_digest digest_hint, struct es_span message,
                                   struct es_span sig, enum es_sig_answer *answer,
                                   const char **weak, struct es_error *err);

/* ---- random numbers ---- */

struct es_random {
    es_status (*fill)(void *self, uint8_t *out, size_t len, struct es_error *err);
    void *self;
};
struct es_random es_random_system(void);
/** Repeatable stream from a seed (SM3 in counter mode), for tests only. seed is borrowed; every
 *  fill moves it on, so that no two fills give the same bytes. One thread at a time. */
struct es_random es_random_seeded(uint64_t *seed);

/* ---- signing keys: providers behind one table (style guide, section 8) ---- */

#define ES_KEY_OPS_ABI 1
struct es_key_ops {
    unsigned abi;
    const char *name; /* "soft"; later "sdf", "pkcs11" */
    /** Required. *key is released with close(). ES_E_ABSENT: no key has that label. */
    es_status (*open)(void *self, const char *label, const struct es_secret *pin, void **key,
                      struct es_error *err);
    /** Required. The public key of an open key; a new reference. */
    es_status (*public_key)(void *key, struct es_pubkey **out, struct es_error *err);
    /** Required. SM2 over a 32-byte digest e; raw gets r then s, 32 bytes each, big endian. */
    es_status (*sign)(void *key, const uint8_t e[ES_SM3_LEN], uint8_t raw[ES_SM2_RAW_LEN],
                      struct es_error *err);
    /** Optional. Calls each() with every label, sorted, until it fails. */
    es_status (*list)(void *self,
                      es_status (*each)(void *ctx, const char *label, struct es_error *err),
                      void *ctx, struct es_error *err);
    void (*close)(void *key); /* Required. key may be NULL. */
};
struct es_key_provider {
    const struct es_key_ops *ops;
    void *self;
};

/** An open signing key. The wrapper checks arguments and verifies every signature it gives. */
struct es_key;
ES_CHECKED es_status es_key_open(const struct es_key_provider *provider, const char *label,
                                 const struct es_secret *pin, struct es_key **out,
                                 struct es_error *err);
void es_key_free(struct es_key *key);
ES_DEFINE_FREE_AT(es_key)
const struct es_pubkey *es_key_public(const struct es_key *key); /* borrowed */
/** Sign a message (Z under the default id is added); DER appended to out. Verified before it
 *  leaves: ES_E_CRYPTO when that fails, and nothing is written. */
ES_CHECKED es_status es_key_sign(struct es_key *key, struct es_span message, struct es_buf *out,
                                 struct es_error *err);

/* ---- soft provider: a folder of encrypted PKCS#8 files (PBES2, SM4-CBC), NAME.key ---- */

/** Labels: 1..64 of letters, digits, '-', '_', '.', and any UTF-8 letter; not starting with '.'. */
ES_CHECKED es_status es_soft_keys_open(const char *folder, struct es_key_provider *out,
                                       struct es_error *err);
void es_soft_keys_close(struct es_key_provider *provider);
/** ES_E_RANGE naming the rule a new PIN breaks; never the PIN. */
ES_CHECKED es_status es_pin_check(const struct es_secret *pin, struct es_error *err);
/** Make a new key and store it under the PIN (file mode 0600, never overwritten). */
ES_CHECKED es_status es_soft_key_new(const struct es_key_provider *provider, const char *label,
                                     const struct es_secret *pin, struct es_error *err);
ES_CHECKED es_status es_soft_key_change_pin(const struct es_key_provider *provider,
                                            const char *label, const struct es_secret *old_pin,
                                            const struct es_secret *new_pin, struct es_error *err);
/** The encrypted PKCS#8 PEM as stored, for backup: the PIN is needed to use it. */
ES_CHECKED es_status es_soft_key_export(const struct es_key_provider *provider, const char *label,
                                        struct es_buf *out, struct es_error *err);
/** A key in memory from its 32-byte number, for tests and vectors. */
ES_CHECKED es_status es_key_from_number(const uint8_t d[32], struct es_key **out,
                                        struct es_error *err);

/* ---- HMAC ---- */

/** HMAC-SHA256 (RFC 2104) over data of any length; a key of any length. ES_E_CRYPTO, ES_E_NOMEM. */
ES_CHECKED es_status es_hmac_sha256(struct es_span key, struct es_span data, uint8_t out[32],
                                    struct es_error *err);

/* ---- secrets at rest: HMAC-SM3, PBKDF2, SM4-GCM ---- */

/** Constant time in the content; lengths are not secret. */
bool es_equal_hidden(struct es_span a, struct es_span b);

struct es_hmac; /* one running HMAC-SM3 (RFC 2104), one thread at a time */
/** key is read during the call only; any length, the empty one too. */
ES_CHECKED es_status es_hmac_new(struct es_span key, struct es_hmac **out, struct es_error *err);
ES_CHECKED es_status es_hmac_update(struct es_hmac *hmac, struct es_span data,
                                    struct es_error *err);
/** out gets the code; the hmac then only remains to be freed. */
ES_CHECKED es_status es_hmac_final(struct es_hmac *hmac, uint8_t out[ES_SM3_LEN],
                                   struct es_error *err);
void es_hmac_free(struct es_hmac *hmac);
ES_DEFINE_FREE_AT(es_hmac)
/** The code over the parts one behind the other, without marks between them. */
ES_CHECKED es_status es_hmac_sm3(struct es_span key, const struct es_span *parts, size_t count,
                                 uint8_t out[ES_SM3_LEN], struct es_error *err);

/**
 * PBKDF2 with HMAC-SM3 (RFC 8018, 5.2): len bytes from a secret.
 * @return ES_E_RANGE  rounds not in 1..10 000 000, len not in 1..1024, salt over 1024 bytes
 */
#define ES_PBKDF2_ROUNDS_MAX 10000000
ES_CHECKED es_status es_pbkdf2_sm3(struct es_span secret, struct es_span salt, uint32_t rounds,
                                   uint8_t *out, size_t len, struct es_error *err);

#define ES_SM4_KEY_LEN 16
#define ES_GCM_NONCE_LEN 12
#define ES_GCM_TAG_LEN 16
#define ES_GCM_PLAIN_MAX ((UINT64_C(1) << 36) - 32)
/**
 * Append ciphertext and tag (SM4-GCM, RFC 8998, NIST SP 800-38D). A nonce must never come twice
 * under one key: two such texts give away their difference and the key of the tags.
 *
 * @param nonce  exactly ES_GCM_NONCE_LEN bytes, else ES_E_RANGE
 * @param plain  at most ES_GCM_PLAIN_MAX bytes, else ES_E_LIMIT; not inside out
 * @param out    on failure keeps only what it held before
 * @return ES_E_RANGE, ES_E_LIMIT, ES_E_NOMEM, ES_E_CRYPTO
 */
ES_CHECKED es_status es_sm4_gcm_seal(const uint8_t key[ES_SM4_KEY_LEN], struct es_span nonce,
                                     struct es_span aad, struct es_span plain, struct es_buf *out,
                                     struct es_error *err);
/**
 * Append the plain text of closed (ciphertext and tag, not inside out). The tag is compared in
 * constant time before a byte is deciphered.
 * @return ES_E_INTEGRITY  key, nonce, aad or closed is another one; else as above
 */
ES_CHECKED es_status es_sm4_gcm_open(const uint8_t key[ES_SM4_KEY_LEN], struct es_span nonce,
                                     struct es_span aad, struct es_span closed, struct es_buf *out,
                                     struct es_error *err);
#endif
