/*
 * A key at rest: PEM "ENCRYPTED PRIVATE KEY", PKCS#8 under PBES2 with PBKDF2 (HMAC-SHA-256) and
 * SM4-CBC. Exactly this form is read back, so a file cannot choose a weaker or an endless scheme.
 * The key itself is only ever in OpenSSL's hands.
 */
#include "crypto_internal.h"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#define ROUNDS 300000
#define ROUNDS_MAX 5000000
#define SALT_LEN 16
#define BLOCK_LEN 16
#define PEM_NAME "ENCRYPTED PRIVATE KEY"

/* ---- the outline, read by lib/der ---- */

static es_status get_named(struct es_span *in, const char *oid, struct es_span *rest,
                           struct es_error *err)
{
    struct es_span found;

    ES_TRY(es_der_get(in, ES_DER_SEQUENCE, rest, err));
    ES_TRY(es_der_get_oid(rest, &found, err));
    ES_ENSURE(es_oid_is(found, oid), err, ES_E_UNSUPPORTED,
              "key file is not encrypted by PBKDF2, HMAC-SHA-256 and SM4-CBC");
    return ES_OK;
}

/* RFC 8018 A.2: PBKDF2-params ::= SEQUENCE { salt, iterationCount, keyLength OPTIONAL, prf } */
static es_status check_pbkdf2(struct es_span in, struct es_error *err)
{
    struct es_span seq, salt, prf;
    uint32_t rounds, len = BLOCK_LEN;

    ES_TRY(es_der_get(&in, ES_DER_SEQUENCE, &seq, err));
    ES_TRY(es_der_finish(in, err));
    ES_TRY(es_der_get(&seq, ES_DER_OCTET_STRING, &salt, err));
    ES_TRY(es_der_get_uint(&seq, &rounds, err));
    if (es_der_peek(seq) == ES_DER_INTEGER)
        ES_TRY(es_der_get_uint(&seq, &len, err));
    ES_TRY(get_named(&seq, "1.2.840.113549.2.9", &prf, err));
    ES_TRY(es_der_finish(seq, err));
    ES_ENSURE(rounds >= 1 && rounds <= ROUNDS_MAX && len == BLOCK_LEN, err, ES_E_UNSUPPORTED,
              "key file asks for %u rounds, allowed are 1 to %d", rounds, ROUNDS_MAX);
    return ES_OK;
}

/* RFC 8018 A.4, RFC 5958 3 */
static es_status check_outline(struct es_span in, struct es_error *err)
{
    struct es_span info, alg, schemes, kdf, cipher, rest;

    ES_TRY(es_der_get(&in, ES_DER_SEQUENCE, &info, err));
    ES_TRY(es_der_finish(in, err));
    ES_TRY(get_named(&info, "1.2.840.113549.1.5.13", &alg, err));
    ES_TRY(es_der_get(&info, ES_DER_OCTET_STRING, &rest, err));
    ES_TRY(es_der_finish(info, err));
    ES_TRY(es_der_get(&alg, ES_DER_SEQUENCE, &schemes, err));
    ES_TRY(es_der_finish(alg, err));
    ES_TRY(get_named(&schemes, "1.2.840.113549.1.5.12", &kdf, err));
    ES_TRY(check_pbkdf2(kdf, err));
    ES_TRY(get_named(&schemes, "1.2.156.10197.1.104.2", &cipher, err));
    ES_TRY(es_der_finish(schemes, err));
    ES_TRY(es_der_get(&cipher, ES_DER_OCTET_STRING, &rest, err));
    return es_der_finish(cipher, err);
}

/* ---- reading ---- */

struct pem {
    char *name;
    char *header;
    unsigned char *data;
    long len;
};

static void pem_clear(struct pem *pem)
{
    OPENSSL_free(pem->name);
    OPENSSL_free(pem->header);
    if (pem->data != NULL) /* may hold a key that somebody stored in the clear */
        OPENSSL_clear_free(pem->data, (size_t) pem->len);
}

static es_status read_pem(struct es_span text, struct pem *out, struct es_error *err)
{
    ES_OSSL(BIO) bio = NULL;

    ES_ENSURE(text.len <= INT32_MAX && es_span_starts(text, "-----BEGIN "), err, ES_E_FORMAT,
              "key file does not begin as PEM");
    ES_TRY(es_ossl_listen(err));
    bio = BIO_new_mem_buf(text.ptr, (int) text.len);
    ES_TRY(es_ossl_check(bio != NULL, err, ES_E_NOMEM, "out of memory"));
    ES_TRY(es_ossl_check(PEM_read_bio(bio, &out->name, &out->header, &out->data, &out->len) == 1,
                         err, ES_E_FORMAT, "key file is damaged: not PEM"));
    ES_ENSURE(BIO_pending(bio) == 0, err, ES_E_FORMAT, "key file has bytes behind its end");
    ES_ENSURE(strcmp(out->name, PEM_NAME) == 0 && out->header[0] == '\0', err, ES_E_UNSUPPORTED,
              "key file is not an encrypted private key in PKCS#8");
    return check_outline(es_span_of(out->data, (size_t) out->len), err);
}

static es_status decrypt(const struct pem *pem, const struct es_secret *pin,
                         PKCS8_PRIV_KEY_INFO **out, struct es_error *err)
{
    ES_OSSL(X509_SIG) sealed = NULL;
    const unsigned char *at = pem->data;

    ES_TRY(es_ossl_listen(err));
    sealed = d2i_X509_SIG(NULL, &at, pem->len);
    ES_TRY(es_ossl_check(sealed != NULL, err, ES_E_FORMAT, "key file is damaged"));
    *out = PKCS8_decrypt(sealed, (const char *) pin->ptr, (int) pin->len);
    if (*out != NULL)
        return ES_OK;
    switch (es_ossl_why()) {
    case ES_OSSL_UNREADABLE:
        return es_error_set(err, ES_E_PIN, "wrong password or damaged key file");
    case ES_OSSL_NOMEM:
        return es_error_set(err, ES_E_NOMEM, "out of memory");
    default:
        return es_error_set(err, ES_E_CRYPTO, "key file could not be decrypted");
    }
}

es_status es_keyfile_decode(struct es_span pem_text, const struct es_secret *pin, EVP_PKEY **out,
                            struct es_error *err)
{
    __attribute__((cleanup(pem_clear))) struct pem pem = {0};
    ES_OSSL(PKCS8_PRIV_KEY_INFO) info = NULL;
    ES_OSSL(EVP_PKEY) pkey = NULL;

    ES_ENSURE(pin != NULL && pin->len > 0 && pin->len <= 1024, err, ES_E_PIN, "no PIN given");
    ES_TRY(read_pem(pem_text, &pem, err));
    ES_TRY(decrypt(&pem, pin, &info, err));
    pkey = EVP_PKCS82PKEY(info);
    ES_TRY(es_ossl_check(pkey != NULL, err, ES_E_UNSUPPORTED, "key file holds no SM2 key"));
    ES_TRY(es_evp_check_pair(pkey, err));
    *out = ES_TAKE(pkey);
    return ES_OK;
}

/* ---- writing ---- */

static es_status encrypt(EVP_PKEY *pkey, const struct es_secret *pin, X509_SIG **out,
                         struct es_error *err)
{
    ES_OSSL(PKCS8_PRIV_KEY_INFO) info = NULL;
    ES_OSSL(X509_ALGOR) alg = NULL;

    ES_TRY(es_ossl_listen(err));
    info = EVP_PKEY2PKCS8(pkey);
    ES_TRY(es_ossl_check(info != NULL, err, ES_E_CRYPTO, "key cannot be stored"));
    alg = PKCS5_pbe2_set_iv(EVP_sm4_cbc(), ROUNDS, NULL, SALT_LEN, NULL, NID_hmacWithSHA256);
    ES_TRY(es_ossl_check(alg != NULL, err, ES_E_CRYPTO, "key cannot be encrypted"));
    *out = PKCS8_set0_pbe((const char *) pin->ptr, (int) pin->len, info, alg);
    ES_TRY(es_ossl_check(*out != NULL, err, ES_E_CRYPTO, "key cannot be encrypted"));
    alg = NULL; /* now part of *out */
    return ES_OK;
}

es_status es_keyfile_encode(EVP_PKEY *pkey, const struct es_secret *pin, struct es_buf *out,
                            struct es_error *err)
{
    ES_OSSL(X509_SIG) sealed = NULL;
    ES_OSSL(BIO) bio = NULL;
    char *text = NULL;
    long len;

    ES_TRY(encrypt(pkey, pin, &sealed, err));
    bio = BIO_new(BIO_s_mem());
    ES_TRY(es_ossl_check(bio != NULL && PEM_write_bio_PKCS8(bio, sealed) == 1, err, ES_E_NOMEM,
                         "out of memory"));
    len = BIO_get_mem_data(bio, &text);
    ES_ENSURE(len > 0, err, ES_E_CRYPTO, "key cannot be written");
    es_buf_put(out, text, (size_t) len);
    return es_buf_check(out, err);
}
