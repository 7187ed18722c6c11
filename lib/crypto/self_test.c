/*
 * Run before anything is signed or judged: known answers from the standards and the refusals that
 * matter most, on the very machine and library in use.
 */
#include "crypto_internal.h"

#include <openssl/crypto.h>

/* SPEC GB/T 32905-2016 annex A.1 */
static const uint8_t sm3_abc[ES_SM3_LEN] = {
    0x66, 0xc7, 0xf0, 0xf4, 0x62, 0xee, 0xed, 0xd9, 0xd1, 0xf2, 0xd4, 0x6b, 0xdc, 0x10, 0xe4, 0xe2,
    0x41, 0x67, 0xc4, 0x87, 0x5c, 0xf2, 0xf7, 0xa2, 0x29, 0x7d, 0xa0, 0x2b, 0x8f, 0x4b, 0xa8, 0xe0,
};
/* SPEC GB/T 32918.5-2017 annex A.2: public key, and signature of "message digest". */
static const uint8_t known_point[ES_SM2_POINT_LEN] = {
    0x04, 0x09, 0xf9, 0xdf, 0x31, 0x1e, 0x54, 0x21, 0xa1, 0x50, 0xdd, 0x7d, 0x16,
    0x1e, 0x4b, 0xc5, 0xc6, 0x72, 0x17, 0x9f, 0xad, 0x18, 0x33, 0xfc, 0x07, 0x6b,
    0xb0, 0x8f, 0xf3, 0x56, 0xf3, 0x50, 0x20, 0xcc, 0xea, 0x49, 0x0c, 0xe2, 0x67,
    0x75, 0xa5, 0x2d, 0xc6, 0xea, 0x71, 0x8c, 0xc1, 0xaa, 0x60, 0x0a, 0xed, 0x05,
    0xfb, 0xf3, 0x5e, 0x08, 0x4a, 0x66, 0x32, 0xf6, 0x07, 0x2d, 0xa9, 0xad, 0x13,
};
static const uint8_t known_raw[ES_SM2_RAW_LEN] = {
    0xf5, 0xa0, 0x3b, 0x06, 0x48, 0xd2, 0xc4, 0x63, 0x0e, 0xea, 0xc5, 0x13, 0xe1, 0xbb, 0x81, 0xa1,
    0x59, 0x44, 0xda, 0x38, 0x27, 0xd5, 0xb7, 0x41, 0x43, 0xac, 0x7e, 0xac, 0xee, 0xe7, 0x20, 0xb3,
    0xb1, 0xb6, 0xaa, 0x29, 0xdf, 0x21, 0x2f, 0xd8, 0x76, 0x31, 0x82, 0xbc, 0x0d, 0x42, 0x1c, 0xa1,
    0xbb, 0x90, 0x38, 0xfd, 0x1f, 0x7f, 0x42, 0xd4, 0x84, 0x0b, 0x69, 0xc4, 0x85, 0xbb, 0xc1, 0xaa,
};
/* SPEC GM/T 0042-2015 annex D.3: key 01 02 … 20, text below. */
static const char hmac_text[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
                                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
static const uint8_t hmac_code[ES_SM3_LEN] = {
    0xca, 0x05, 0xe1, 0x44, 0xed, 0x05, 0xd1, 0x85, 0x78, 0x40, 0xd1, 0xf3, 0x18, 0xa4, 0xa8, 0x66,
    0x9e, 0x55, 0x9f, 0xc8, 0x39, 0x1f, 0x41, 0x44, 0x85, 0xbf, 0xdf, 0x7b, 0xb4, 0x08, 0x96, 0x3a,
};
/* SPEC RFC 8998 appendix A.1: key, nonce, additional data; the text is made below. */
static const uint8_t gcm_key[ES_SM4_KEY_LEN] = {
    0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10,
};
static const uint8_t gcm_nonce[ES_GCM_NONCE_LEN] = {
    0x00, 0x00, 0x12, 0x34, 0x56, 0x78, 0x00, 0x00, 0x00, 0x00, 0xab, 0xcd,
};
static const uint8_t gcm_aad[20] = {
    0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef, 0xfe, 0xed,
    0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef, 0xab, 0xad, 0xda, 0xd2,
};
static const uint8_t gcm_tag[ES_GCM_TAG_LEN] = {
    0x83, 0xde, 0x35, 0x41, 0xe4, 0xc2, 0xb5, 0x81, 0x77, 0xe0, 0x65, 0xa9, 0xbf, 0x7b, 0x62, 0xec,
};

const char *es_crypto_library(void)
{
    return OpenSSL_version(OPENSSL_VERSION);
}

static es_status expect_answer(const struct es_pubkey *key, const char *id, unsigned flip,
                               enum es_sig_answer wanted, struct es_error *err)
{
    uint8_t e[ES_SM3_LEN];
    enum es_sig_answer answer;

    ES_TRY(es_sm2_e_id(key, es_span_str(id), es_span_str("message digest"), e, err));
    e[31] ^= (uint8_t) flip;
    ES_TRY(es_sm2_verify_e(key, e, known_raw, &answer, err));
    ES_ENSURE(answer == wanted, err, ES_E_CRYPTO, "self-test: SM2 check gives a wrong answer");
    return ES_OK;
}

static es_status test_digest(struct es_error *err)
{
    uint8_t out[ES_SM3_LEN];

    ES_TRY(es_sm3(es_span_str("abc"), out, err));
    ES_ENSURE(memcmp(out, sm3_abc, sizeof(out)) == 0, err, ES_E_CRYPTO,
              "self-test: SM3 gives a wrong value");
    return ES_OK;
}

static es_status test_hmac(struct es_error *err)
{
    struct es_span text = es_span_str(hmac_text);
    uint8_t key[32], out[ES_SM3_LEN];

    for (unsigned i = 0; i < sizeof(key); i++)
        key[i] = (uint8_t) (i + 1);
    ES_TRY(es_hmac_sm3(es_span_of(key, sizeof(key)), &text, 1, out, err));
    ES_ENSURE(memcmp(out, hmac_code, sizeof(out)) == 0, err, ES_E_CRYPTO,
              "self-test: HMAC-SM3 gives a wrong value");
    return ES_OK;
}

/* The tag covers the ciphertext, so it alone tells; a changed one must not open. */
static es_status test_gcm(struct es_error *err)
{
    static const char letters[] = "abcdefea"; /* each eight times, as 0xaa, 0xbb, … */
    ES_AUTO(es_buf) closed = ES_BUF_INIT(80);
    ES_AUTO(es_buf) opened = ES_BUF_INIT(80);
    struct es_span nonce = es_span_of(gcm_nonce, sizeof(gcm_nonce));
    struct es_span aad = es_span_of(gcm_aad, sizeof(gcm_aad));
    uint8_t plain[64];
    es_status status;

    for (unsigned i = 0; i < 8; i++)
        memset(plain + 8 * i, (letters[i] - 'a' + 10) * 0x11, 8);
    ES_TRY(es_sm4_gcm_seal(gcm_key, nonce, aad, es_span_of(plain, 64), &closed, err));
    ES_ENSURE(closed.len == 80 && memcmp(closed.ptr + 64, gcm_tag, sizeof(gcm_tag)) == 0, err,
              ES_E_CRYPTO, "self-test: SM4-GCM gives a wrong value");
    ES_TRY(es_sm4_gcm_open(gcm_key, nonce, aad, es_buf_span(&closed), &opened, err));
    ES_ENSURE(opened.len == 64 && memcmp(opened.ptr, plain, 64) == 0, err, ES_E_CRYPTO,
              "self-test: SM4-GCM opens to a wrong text");
    closed.ptr[0] ^= 1;
    status = es_sm4_gcm_open(gcm_key, nonce, aad, es_buf_span(&closed), &opened, NULL);
    ES_ENSURE(status == ES_E_INTEGRITY, err, ES_E_CRYPTO,
              "self-test: SM4-GCM opens what was changed");
    return ES_OK;
}

static es_status test_verify(struct es_error *err)
{
    ES_AUTO_PTR(es_pubkey) key = NULL;

    ES_TRY(es_pubkey_sm2(es_span_of(known_point, sizeof(known_point)), &key, err));
    ES_TRY(expect_answer(key, ES_SM2_ID, 0, ES_SIG_GOOD, err));
    ES_TRY(expect_answer(key, ES_SM2_ID, 1, ES_SIG_BAD, err));
    ES_TRY(expect_answer(key, "8765432187654321", 0, ES_SIG_BAD, err));
    return expect_answer(key, "", 0, ES_SIG_BAD, err);
}

/* A key of its own, so that no real one signs here. */
static es_status test_pair(struct es_error *err)
{
    ES_AUTO_PTR(es_key) key = NULL;
    ES_AUTO(es_buf) sig = ES_BUF_INIT(80);
    EVP_PKEY *pkey = NULL;
    enum es_sig_answer answer;

    ES_TRY(es_evp_generate(&pkey, err));
    ES_TRY(es_key_from_evp(pkey, &key, err));
    ES_TRY(es_key_sign(key, es_span_str("self-test"), &sig, err));
    ES_TRY(es_sm2_verify(es_key_public(key), es_span_str("self-tesT"), es_buf_span(&sig), &answer,
                         err));
    ES_ENSURE(answer == ES_SIG_BAD, err, ES_E_CRYPTO, "self-test: a forgery verifies");
    return ES_OK;
}

es_status es_crypto_self_test(struct es_error *err)
{
    ES_TRY(test_digest(err));
    ES_TRY(test_hmac(err));
    ES_TRY(test_gcm(err));
    ES_TRY(test_verify(err));
    return test_pair(err);
}
