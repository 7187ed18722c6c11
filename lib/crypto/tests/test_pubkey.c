/* Public keys from points and SubjectPublicKeyInfo: refusals, deviations, use by several threads.
 */
#include "crypto_test.h"
#include "sig_fixtures.h"

#include <pthread.h>

/* SEQUENCE { SEQUENCE { id-ecPublicKey, curve }, BIT STRING point } */
#define SM2_SPKI "3059301306072a8648ce3d020106082a811ccf5501822d034200" TEST_POINT
#define SM2_SPKI_301_1 "305a301406072a8648ce3d020106092a811ccf5501822d01034200" TEST_POINT
#define NEG_G                                                                                      \
    "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"                             \
    "43c8c95c0b098863a642311c9496deac2f56788239d5b8c0fd20cd1adec60f5f"

static es_status read_spki(const char *hex, enum es_key_kind *kind, unsigned *bits, bool *deviates)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(16384);
    ES_AUTO_PTR(es_pubkey) key = NULL;
    es_status status = es_pubkey_spki(test_hex(&buf, hex), &key, deviates, NULL);

    assert_int_equal(key == NULL, status != ES_OK);
    *kind = key != NULL ? es_pubkey_kind(key) : ES_KEY_UNKNOWN;
    *bits = key != NULL ? es_pubkey_bits(key) : 0;
    return status;
}

static es_status status_of(const char *hex)
{
    enum es_key_kind kind;
    unsigned bits;
    bool deviates;

    return read_spki(hex, &kind, &bits, &deviates);
}

static void an_spki_cut_or_lengthened_is_refused(void **state)
{
    static const char *const all[] = {SM2_SPKI, FX_RSA_1024_SPKI, FX_EC_P256_SPKI};

    (void) state;
    for (size_t i = 0; i < 3; i++) {
        ES_AUTO(es_buf) buf = ES_BUF_INIT(1024);
        ES_AUTO_PTR(es_pubkey) key = NULL;
        struct es_span spki = test_hex(&buf, all[i]);
        for (size_t len = 0; len < spki.len; len++)
            assert_int_not_equal(es_pubkey_spki(es_span_sub(spki, 0, len), &key, NULL, NULL),
                                 ES_OK);
        es_buf_put_byte(&buf, 0);
        assert_int_not_equal(es_pubkey_spki(es_buf_span(&buf), &key, NULL, NULL), ES_OK);
        assert_null(key);
    }
}

/* A point keeps no key when a bit of it flips; no flip anywhere crashes or leaks. */
static void every_flipped_byte_of_an_sm2_spki_is_refused(void **state)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(1024);
    struct es_span spki = test_hex(&buf, SM2_SPKI);

    (void) state;
    for (size_t i = 0; i < spki.len; i++) {
        ES_AUTO_PTR(es_pubkey) key = NULL;
        buf.ptr[i] ^= 0x01;
        assert_int_not_equal(es_pubkey_spki(spki, &key, NULL, NULL), ES_OK);
        buf.ptr[i] ^= 0x01;
    }
}

static void unsound_sm2_points_are_refused(void **state)
{
    (void) state;
    assert_int_equal(status_of("3059301306072a8648ce3d020106082a811ccf5501822d03420004" NEG_G),
                     ES_E_RANGE);
    /* no byte at all, and infinity in one byte */
    assert_int_equal(status_of("3018301306072a8648ce3d020106082a811ccf5501822d030100"), ES_E_RANGE);
    assert_int_equal(status_of("3019301306072a8648ce3d020106082a811ccf5501822d03020000"),
                     ES_E_RANGE);
}

static void a_described_curve_is_refused_as_such(void **state)
{
    (void) state;
    assert_int_equal(status_of(FX_SM2_EXPLICIT_SPKI), ES_E_CERT);
}

static void other_algorithms_are_told_as_unsupported(void **state)
{
    (void) state;
    assert_int_equal(status_of(FX_ED25519_SPKI), ES_E_UNSUPPORTED);
    /* a curve nobody named: 1.2.3.4 */
    assert_int_equal(status_of("3054300e06072a8648ce3d020106032a0304034200" TEST_POINT),
                     ES_E_UNSUPPORTED);
    /* the point of one curve under the name of P-256 */
    assert_int_equal(status_of("3059301306072a8648ce3d020106082a8648ce3d030107034200" TEST_POINT),
                     ES_E_UNSUPPORTED);
}

/* RSA with modulus 512 bits and the exponent given */
#define RSA_512(e)                                                                                 \
    "305a300d06092a864886f70d01010105000349003046024100a4abd4448c49562d828115d13a1fcc"             \
    "ea927f52b4d5459297f8b43e42da89238bc13626e43dcb38ddb082488927ec904fb42057443983e8"             \
    "8585179d50551afe63" e

static void weak_forms_of_rsa_keys_are_refused(void **state)
{
    (void) state;
    assert_int_equal(status_of(RSA_512("020103")), ES_OK);
    assert_int_equal(status_of(RSA_512("020101")), ES_E_UNSUPPORTED); /* 1 */
    assert_int_equal(status_of(RSA_512("020104")), ES_E_UNSUPPORTED); /* even */
    assert_int_equal(status_of(RSA_512("0201fd")), ES_E_UNSUPPORTED); /* below zero */
    /* modulus of 8 bits */
    assert_int_equal(status_of("301b300d06092a864886f70d0101010500030a003007020200a1020103"),
                     ES_E_UNSUPPORTED);
}

static void keys_of_real_kinds_are_taken(void **state)
{
    static const struct {
        const char *spki;
        enum es_key_kind kind;
        unsigned bits;
    } cases[] = {
        {SM2_SPKI, ES_KEY_SM2, 256},          {FX_RSA_1024_SPKI, ES_KEY_RSA, 1024},
        {FX_RSA_2048_SPKI, ES_KEY_RSA, 2048}, {FX_EC_P256_SPKI, ES_KEY_EC, 256},
        {FX_EC_P384_SPKI, ES_KEY_EC, 384},    {FX_EC_P521_SPKI, ES_KEY_EC, 521},
    };
    enum es_key_kind kind;
    unsigned bits;
    bool deviates = true;

    (void) state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(read_spki(cases[i].spki, &kind, &bits, &deviates), ES_OK);
        assert_int_equal(kind, cases[i].kind);
        assert_int_equal(bits, cases[i].bits);
        assert_false(deviates);
    }
}

static void the_curve_named_301_1_is_sm2_and_told(void **state)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(256);
    ES_AUTO_PTR(es_pubkey) key = NULL;
    bool deviates = false;

    (void) state;
    assert_int_equal(es_pubkey_spki(test_hex(&buf, SM2_SPKI_301_1), &key, &deviates, NULL), ES_OK);
    assert_true(deviates);
    assert_hex(es_pubkey_point(key), TEST_POINT);
    assert_hex(es_span_of(es_pubkey_z(key), ES_SM3_LEN), TEST_Z);
}

static void a_key_lives_until_its_last_reference(void **state)
{
    struct es_pubkey *key = test_public_key();
    struct es_pubkey *other = es_pubkey_ref(key);

    (void) state;
    es_pubkey_free(key);
    assert_hex(es_pubkey_point(other), TEST_POINT);
    es_pubkey_free(other);
    es_pubkey_free(NULL);
}

static void *verify_many(void *arg)
{
    struct es_pubkey *key = es_pubkey_ref(arg);
    ES_AUTO(es_buf) buf = ES_BUF_INIT(128);
    struct es_span sig = test_hex(&buf, TEST_DER);
    enum es_sig_answer answer;
    size_t good = 0;

    for (int i = 0; i < 50; i++) {
        struct es_pubkey *again = es_pubkey_ref(key);
        if (es_sm2_verify(again, es_span_str("message digest"), sig, &answer, NULL) == ES_OK)
            good += answer == ES_SIG_GOOD;
        es_pubkey_free(again);
    }
    es_pubkey_free(key);
    return good == 50 ? arg : NULL;
}

static void one_key_serves_several_threads(void **state)
{
    ES_AUTO_PTR(es_pubkey) key = test_public_key();
    pthread_t threads[4];
    void *result;

    (void) state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, verify_many, key), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_spki_cut_or_lengthened_is_refused),
        cmocka_unit_test(every_flipped_byte_of_an_sm2_spki_is_refused),
        cmocka_unit_test(unsound_sm2_points_are_refused),
        cmocka_unit_test(a_described_curve_is_refused_as_such),
        cmocka_unit_test(other_algorithms_are_told_as_unsupported),
        cmocka_unit_test(weak_forms_of_rsa_keys_are_refused),
        cmocka_unit_test(keys_of_real_kinds_are_taken),
        cmocka_unit_test(the_curve_named_301_1_is_sm2_and_told),
        cmocka_unit_test(a_key_lives_until_its_last_reference),
        cmocka_unit_test(one_key_serves_several_threads),
    };
    return cmocka_run_group_tests_name("pubkey", tests, NULL, NULL);
}
