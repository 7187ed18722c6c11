/*
 * Shared inside lib/crypto: clean-up of OpenSSL's objects, its error queue, the curve's numbers
 * and the steps between files. Nothing here leaves the area.
 */
#ifndef ES_CRYPTO_INTERNAL_H
#define ES_CRYPTO_INTERNAL_H

#include "es_crypto.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdatomic.h>

/* ---- OpenSSL's objects, released by their declaration: ES_OSSL(EVP_PKEY) key = NULL; ---- */

#define ES_OSSL(type) __attribute__((cleanup(type##_at))) type *
#define ES_OSSL_DEFINE_AT(type, release)                                                           \
    static inline void type##_at(type **p)                                                         \
    {                                                                                              \
        release(*p);                                                                               \
    }
ES_OSSL_DEFINE_AT(EVP_PKEY, EVP_PKEY_free)
ES_OSSL_DEFINE_AT(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
ES_OSSL_DEFINE_AT(EVP_MD_CTX, EVP_MD_CTX_free)
ES_OSSL_DEFINE_AT(BIO, BIO_free_all)
ES_OSSL_DEFINE_AT(X509_SIG, X509_SIG_free)
ES_OSSL_DEFINE_AT(X509_ALGOR, X509_ALGOR_free)
ES_OSSL_DEFINE_AT(PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free)

/* ---- OpenSSL's error queue ---- */

/** What the queue says about a call that did not succeed; reading empties it. */
enum es_ossl_why {
    ES_OSSL_SILENT = 0, /* nothing in the queue */
    ES_OSSL_NOMEM,      /* memory ran out */
    ES_OSSL_INFINITY,   /* a computed point is the point at infinity */
    ES_OSSL_OFF_CURVE,  /* a given point is not on the curve */
    ES_OSSL_UNREADABLE, /* what was decrypted has wrong padding or is no key */
    ES_OSSL_OTHER
};
enum es_ossl_why es_ossl_why(void);
/** Empty the queue and make sure this thread has one: silence then means that nothing failed. */
ES_CHECKED es_status es_ossl_listen(struct es_error *err);
/** ES_OK when good; else empty the queue and fail: ES_E_NOMEM when memory ran out, or status. */
ES_CHECKED es_status es_ossl_check(bool good, struct es_error *err, es_status status,
                                   const char *what);

/* ---- the curve sm2p256v1 ---- */

extern const uint8_t es_sm2_p[32];     /* field */
extern const uint8_t es_sm2_n[32];     /* order */
extern const uint8_t es_sm2_abg[128];  /* a || b || Gx || Gy, as Z takes them */
extern const uint8_t es_sm2_neg_g[64]; /* the point -G */
/** r and s in [1, n-1] and r + s != n. Not for secrets: the time depends on the numbers. */
bool es_sm2_raw_in_range(const uint8_t raw[ES_SM2_RAW_LEN]);

/* ---- public keys ---- */

struct es_pubkey {
    atomic_uint refs;
    enum es_key_kind kind;
    unsigned bits;
    EVP_PKEY *pkey;
    uint8_t point[ES_SM2_POINT_LEN]; /* SM2 only */
    uint8_t z[ES_SM3_LEN];           /* SM2 only: under the default id */
};
/** Takes a reference of pkey; ES_E_NOMEM. */
ES_CHECKED es_status es_pubkey_make(enum es_key_kind kind, EVP_PKEY *pkey, struct es_pubkey **out,
                                    struct es_error *err);
/** The OpenSSL key made from a point already checked, and a number when d is not NULL. */
ES_CHECKED es_status es_evp_from_parts(const uint8_t point[ES_SM2_POINT_LEN], const uint8_t *d,
                                       EVP_PKEY **out, struct es_error *err);
/** Z under an id of at most 8191 bytes. */
ES_CHECKED es_status es_sm2_z(const uint8_t point[ES_SM2_POINT_LEN], struct es_span id,
                              uint8_t z[ES_SM3_LEN], struct es_error *err);

/* ---- signing keys in OpenSSL's hands ---- */

ES_CHECKED es_status es_evp_generate(EVP_PKEY **out, struct es_error *err);
/** Public key, number and their fit are checked; ES_E_UNSUPPORTED for anything but SM2. */
ES_CHECKED es_status es_evp_check_pair(EVP_PKEY *pkey, struct es_error *err);
/** The functions of es_key_ops for a void *key that is an EVP_PKEY. */
es_status es_evp_public_key(void *key, struct es_pubkey **out, struct es_error *err);
es_status es_evp_sign(void *key, const uint8_t e[ES_SM3_LEN], uint8_t raw[ES_SM2_RAW_LEN],
                      struct es_error *err);
void es_evp_close(void *key);
/** An es_key over an EVP_PKEY, which becomes its own also when this fails. */
ES_CHECKED es_status es_key_from_evp(EVP_PKEY *pkey, struct es_key **out, struct es_error *err);

/* ---- soft keys ---- */

ES_CHECKED es_status es_label_check(const char *label, struct es_error *err);
/** May this OpenSSL (OpenSSL_version_num) hold keys of real seals? */
bool es_soft_library_good(unsigned long version);
/** PEM "ENCRYPTED PRIVATE KEY" from and to a key. ES_E_PIN, ES_E_FORMAT, ES_E_UNSUPPORTED. */
ES_CHECKED es_status es_keyfile_decode(struct es_span pem, const struct es_secret *pin,
                                       EVP_PKEY **out, struct es_error *err);
ES_CHECKED es_status es_keyfile_encode(EVP_PKEY *pkey, const struct es_secret *pin,
                                       struct es_buf *out, struct es_error *err);

#endif
