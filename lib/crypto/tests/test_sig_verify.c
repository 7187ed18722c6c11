/* Signatures by algorithm number, over keys and signatures made by the openssl program. */
#include "crypto_test.h"
#include "sig_fixtures.h"

#define SM2_SPKI "3059301306072a8648ce3d020106082a811ccf5501822d034200" TEST_POINT

struct given {
    const char *spki;
    const char *oid;
    enum es_digest hint;
    const char *sig;
};

static es_status ask(const struct given *g, const char *message, enum es_sig_answer *answer,
                     const char **weak)
{
    ES_AUTO(es_buf) spki = ES_BUF_INIT(4096);
    ES_AUTO(es_buf) sig = ES_BUF_INIT(4096);
    ES_AUTO(es_buf) oid = ES_BUF_INIT(64);
    ES_AUTO_PTR(es_pubkey) key = NULL;

    assert_int_equal(es_pubkey_spki(test_hex(&spki, g->spki), &key, NULL, NULL), ES_OK);
    assert_int_equal(es_oid_parse(g->oid, &oid, NULL), ES_OK);
    test_hex(&sig, g->sig);
    return es_sig_verify(key, es_buf_span(&oid), g->hint, es_span_str(message), es_buf_span(&sig),
                         answer, weak, NULL);
}

static void expect(const struct given *g, enum es_sig_answer wanted, const char *wanted_weak)
{
    enum es_sig_answer answer;
    const char *weak;

    assert_int_equal(ask(g, FX_MESSAGE, &answer, &weak), ES_OK);
    assert_int_equal(answer, wanted);
    if (wanted_weak == NULL)
        assert_null(weak);
    else
        assert_string_equal(weak, wanted_weak);
    if (wanted != ES_SIG_GOOD)
        return;
    assert_int_equal(ask(g, "a message to sigN", &answer, &weak), ES_OK);
    assert_int_equal(answer, ES_SIG_BAD);
}

#define RSA "1.2.840.113549.1.1."
#define ECDSA "1.2.840.10045.4."

static void rsa_signatures_of_every_digest_verify(void **state)
{
    static const struct given good[] = {
        {FX_RSA_2048_SPKI, RSA "11", ES_DIGEST_NONE, FX_RSA_2048_SHA256},
        {FX_RSA_2048_SPKI, RSA "12", ES_DIGEST_NONE, FX_RSA_2048_SHA384},
        {FX_RSA_2048_SPKI, RSA "13", ES_DIGEST_NONE, FX_RSA_2048_SHA512},
        {FX_RSA_2048_SPKI, RSA "1", ES_DIGEST_SHA256, FX_RSA_2048_SHA256},
        {FX_RSA_2048_SPKI, "1.2.156.10197.1.504", ES_DIGEST_NONE, FX_RSA_2048_SM3},
    };

    (void) state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        expect(&good[i], ES_SIG_GOOD, NULL);
}

static void weak_digests_and_keys_are_named(void **state)
{
    (void) state;
    expect(&(struct given){FX_RSA_2048_SPKI, RSA "5", ES_DIGEST_NONE, FX_RSA_2048_SHA1},
           ES_SIG_GOOD, "SHA-1");
    expect(&(struct given){FX_RSA_2048_SPKI, RSA "4", ES_DIGEST_NONE, FX_RSA_2048_MD5}, ES_SIG_GOOD,
           "MD5");
    expect(&(struct given){FX_RSA_2048_SPKI, RSA "1", ES_DIGEST_MD5, FX_RSA_2048_MD5}, ES_SIG_GOOD,
           "MD5");
    expect(&(struct given){FX_RSA_1024_SPKI, RSA "11", ES_DIGEST_NONE, FX_RSA_1024_SHA256},
           ES_SIG_GOOD, "RSA-1024");
    expect(&(struct given){FX_EC_P256_SPKI, ECDSA "1", ES_DIGEST_NONE, FX_EC_P256_SHA1},
           ES_SIG_GOOD, "SHA-1");
    expect(&(struct given){FX_EC_P192_SPKI, ECDSA "3.2", ES_DIGEST_NONE, FX_EC_P192_SHA256},
           ES_SIG_GOOD, "EC-192");
}

static void ecdsa_signatures_verify(void **state)
{
    (void) state;
    expect(&(struct given){FX_EC_P256_SPKI, ECDSA "3.2", ES_DIGEST_NONE, FX_EC_P256_SHA256},
           ES_SIG_GOOD, NULL);
    expect(&(struct given){FX_EC_P384_SPKI, ECDSA "3.3", ES_DIGEST_NONE, FX_EC_P384_SHA384},
           ES_SIG_GOOD, NULL);
    expect(&(struct given){FX_EC_P521_SPKI, ECDSA "3.4", ES_DIGEST_NONE, FX_EC_P521_SHA512},
           ES_SIG_GOOD, NULL);
}

static void another_digest_than_signed_does_not_verify(void **state)
{
    (void) state;
    expect(&(struct given){FX_RSA_2048_SPKI, RSA "12", ES_DIGEST_NONE, FX_RSA_2048_SHA256},
           ES_SIG_BAD, NULL);
    expect(&(struct given){FX_RSA_2048_SPKI, RSA "11", ES_DIGEST_SHA1, FX_RSA_2048_SHA1},
           ES_SIG_BAD, NULL);
    expect(&(struct given){FX_EC_P256_SPKI, ECDSA "3.3", ES_DIGEST_NONE, FX_EC_P256_SHA256},
           ES_SIG_BAD, NULL);
}

/* Bytes behind the DigestInfo are how forgeries with a small exponent work. */
static void an_rsa_block_is_compared_whole(void **state)
{
    struct given g = {FX_RSA_2048_SPKI, "1.2.156.10197.1.504", ES_DIGEST_NONE,
                      FX_RSA_2048_SM3_TRAILING};

    (void) state;
    expect(&g, ES_SIG_BAD, NULL);
    g.sig = FX_RSA_2048_SM3_BARE;
    expect(&g, ES_SIG_BAD, NULL);
}

static void signatures_of_wrong_length_or_form_are_out_of_range(void **state)
{
    (void) state;
    expect(&(struct given){FX_RSA_2048_SPKI, RSA "11", ES_DIGEST_NONE, FX_RSA_2048_SHA256 "00"},
           ES_SIG_OUT_OF_RANGE, NULL);
    expect(&(struct given){FX_RSA_2048_SPKI, RSA "11", ES_DIGEST_NONE, ""}, ES_SIG_OUT_OF_RANGE,
           NULL);
    expect(&(struct given){FX_EC_P256_SPKI, ECDSA "3.2", ES_DIGEST_NONE, FX_EC_P256_SHA256 "00"},
           ES_SIG_OUT_OF_RANGE, NULL);
    expect(&(struct given){FX_EC_P256_SPKI, ECDSA "3.2", ES_DIGEST_NONE, ""}, ES_SIG_OUT_OF_RANGE,
           NULL);
    expect(&(struct given){FX_EC_P256_SPKI, ECDSA "3.2", ES_DIGEST_NONE, "3006020100020100"},
           ES_SIG_BAD, NULL);
    expect(&(struct given){SM2_SPKI, "1.2.156.10197.1.501", ES_DIGEST_NONE, TEST_R TEST_S},
           ES_SIG_OUT_OF_RANGE, NULL);
}

static void sm2_is_known_by_three_numbers(void **state)
{
    static const char *const oids[] = {"1.2.156.10197.1.501", "1.2.156.10197.1.301",
                                       "1.2.156.10197.1.301.1"};
    enum es_sig_answer answer;
    const char *weak;

    (void) state;
    for (size_t i = 0; i < 3; i++) {
        struct given g = {SM2_SPKI, oids[i], ES_DIGEST_SM3, TEST_DER};
        assert_int_equal(ask(&g, "message digest", &answer, &weak), ES_OK);
        assert_int_equal(answer, ES_SIG_GOOD);
        assert_null(weak);
    }
}

static void unknown_numbers_are_unsupported(void **state)
{
    static const char *const oids[] = {"1.2.840.113549.1.1.10", "1.3.101.112", "1.2.156.10197.501",
                                       "1.2.840.113549.1.1.2"};

    (void) state;
    for (size_t i = 0; i < 4; i++)
        expect(&(struct given){SM2_SPKI, oids[i], ES_DIGEST_SM3, TEST_DER}, ES_SIG_UNSUPPORTED,
               NULL);
    /* plain RSA whose digest nobody named */
    expect(&(struct given){FX_RSA_2048_SPKI, RSA "1", ES_DIGEST_NONE, FX_RSA_2048_SHA256},
           ES_SIG_UNSUPPORTED, NULL);
}

static void a_number_that_does_not_fit_the_key_is_a_mismatch(void **state)
{
    static const struct given bad[] = {
        {FX_RSA_2048_SPKI, "1.2.156.10197.1.501", ES_DIGEST_SM3, TEST_DER},
        {FX_EC_P256_SPKI, "1.2.156.10197.1.501", ES_DIGEST_SM3, TEST_DER},
        {SM2_SPKI, RSA "11", ES_DIGEST_NONE, FX_RSA_2048_SHA256},
        {SM2_SPKI, ECDSA "3.2", ES_DIGEST_NONE, TEST_DER},
        {FX_EC_P256_SPKI, RSA "11", ES_DIGEST_NONE, FX_RSA_2048_SHA256},
        {SM2_SPKI, "1.2.156.10197.1.301.1", ES_DIGEST_SHA256, TEST_DER},
    };
    enum es_sig_answer answer;
    const char *weak;

    (void) state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(ask(&bad[i], FX_MESSAGE, &answer, &weak), ES_E_MISMATCH);
        assert_int_equal(answer, ES_SIG_UNCHECKED);
    }
}

static void sm2_calls_refuse_other_keys(void **state)
{
    ES_AUTO(es_buf) spki = ES_BUF_INIT(4096);
    ES_AUTO_PTR(es_pubkey) key = NULL;
    uint8_t e[ES_SM3_LEN] = {0}, raw[ES_SM2_RAW_LEN] = {1};
    enum es_sig_answer answer;

    (void) state;
    assert_int_equal(es_pubkey_spki(test_hex(&spki, FX_EC_P256_SPKI), &key, NULL, NULL), ES_OK);
    assert_int_equal(es_sm2_e(key, es_span_str("m"), e, NULL), ES_E_MISMATCH);
    assert_int_equal(es_sm2_verify_e(key, e, raw, &answer, NULL), ES_E_MISMATCH);
    assert_int_equal(es_sm2_verify(key, es_span_str("m"), es_span_str(""), &answer, NULL),
                     ES_E_MISMATCH);
    assert_int_equal(answer, ES_SIG_UNCHECKED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_numbers_are_unsupported),
        cmocka_unit_test(a_number_that_does_not_fit_the_key_is_a_mismatch),
        cmocka_unit_test(sm2_calls_refuse_other_keys),
        cmocka_unit_test(signatures_of_wrong_length_or_form_are_out_of_range),
        cmocka_unit_test(an_rsa_block_is_compared_whole),
        cmocka_unit_test(another_digest_than_signed_does_not_verify),
        cmocka_unit_test(rsa_signatures_of_every_digest_verify),
        cmocka_unit_test(ecdsa_signatures_verify),
        cmocka_unit_test(weak_digests_and_keys_are_named),
        cmocka_unit_test(sm2_is_known_by_three_numbers),
    };
    return cmocka_run_group_tests_name("sig_verify", tests, NULL, NULL);
}
