/* Z, e, encodings and checks around the published example (GB/T 32918.5-2017 annex A.2). */
#include "crypto_test.h"
#include "det_key.h"

#define MESSAGE "message digest"

static bool decodes(const char *hex)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(256);
    uint8_t raw[ES_SM2_RAW_LEN];
    struct es_error err = {0};
    es_status status = es_sm2_sig_decode(test_hex(&buf, hex), raw, &err);

    assert_true(status == ES_OK || (status == ES_E_RANGE && err.status == ES_E_RANGE));
    return status == ES_OK;
}

static void a_signature_cut_anywhere_is_refused(void **state)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(128);
    struct es_span der = test_hex(&buf, TEST_DER);
    uint8_t raw[ES_SM2_RAW_LEN] = {0};
    const uint8_t zero[ES_SM2_RAW_LEN] = {0};

    (void) state;
    for (size_t len = 0; len < der.len; len++) {
        assert_int_equal(es_sm2_sig_decode(es_span_sub(der, 0, len), raw, NULL), ES_E_RANGE);
        assert_memory_equal(raw, zero, sizeof(raw));
    }
    assert_int_equal(es_sm2_sig_decode((struct es_span){0}, raw, NULL), ES_E_RANGE);
}

static void other_encodings_than_the_one_are_refused(void **state)
{
    (void) state;
    assert_true(decodes("3006020101020101"));
    assert_false(decodes("300602010102010100")); /* bytes behind */
    assert_false(decodes("3007020101020101"
                         "00"));                     /* bytes inside */
    assert_false(decodes("3009020101020101020101")); /* three numbers */
    assert_false(decodes("3003020101"));             /* one number */
    assert_false(decodes("308106020101020101"));     /* long length */
    assert_false(decodes("30800201010201010000"));   /* indefinite length */
    assert_false(decodes("300702020001020101"));     /* surplus zero */
    assert_false(decodes("30060201ff020101"));       /* negative */
    assert_false(decodes("3006020101030101"));       /* another type */
    assert_false(decodes("3106020101020101"));       /* SET */
    assert_false(decodes("300502000201"
                         "01")); /* empty number */
}

static void numbers_out_of_range_are_refused(void **state)
{
    (void) state;
    assert_false(decodes("3006020100020101"));
    assert_false(decodes("3006020101020100"));
    assert_false(decodes("3026022100" TEST_N "020101"));
    assert_false(decodes("3026020101022100" TEST_N));
    /* r = n - 1, s = 1: their sum is n */
    assert_false(decodes("3026022100"
                         "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122"
                         "020101"));
    assert_true(decodes("3026022100"
                        "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54121"
                        "020101"));
    /* 33 bytes that are more than a leading zero */
    assert_false(decodes("3026022101" TEST_R "020101"));
}

static void every_flipped_bit_of_a_signature_is_refused(void **state)
{
    ES_AUTO_PTR(es_pubkey) key = test_public_key();
    ES_AUTO(es_buf) buf = ES_BUF_INIT(128);
    struct es_span der = test_hex(&buf, TEST_DER);
    enum es_sig_answer answer;

    (void) state;
    for (size_t i = 0; i < der.len * 8; i += 3) {
        buf.ptr[i / 8] ^= (uint8_t) (1U << i % 8);
        assert_int_equal(es_sm2_verify(key, es_span_str(MESSAGE), der, &answer, NULL), ES_OK);
        assert_true(answer == ES_SIG_BAD || answer == ES_SIG_OUT_OF_RANGE);
        buf.ptr[i / 8] ^= (uint8_t) (1U << i % 8);
    }
    assert_int_equal(es_sm2_verify(key, es_span_str(MESSAGE), der, &answer, NULL), ES_OK);
    assert_int_equal(answer, ES_SIG_GOOD);
}

static void another_message_or_id_does_not_verify(void **state)
{
    ES_AUTO_PTR(es_pubkey) key = test_public_key();
    uint8_t raw[ES_SM2_RAW_LEN], e[ES_SM3_LEN];
    static const char *const ids[] = {"", "ALICE123@YAHOO.COM", "123456781234567"};
    enum es_sig_answer answer;

    (void) state;
    test_hex_to(TEST_R TEST_S, raw, sizeof(raw));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(es_sm2_e_id(key, es_span_str(ids[i]), es_span_str(MESSAGE), e, NULL),
                         ES_OK);
        assert_int_equal(es_sm2_verify_e(key, e, raw, &answer, NULL), ES_OK);
        assert_int_equal(answer, ES_SIG_BAD);
    }
    assert_int_equal(es_sm2_e(key, es_span_str("message digesT"), e, NULL), ES_OK);
    assert_int_equal(es_sm2_verify_e(key, e, raw, &answer, NULL), ES_OK);
    assert_int_equal(answer, ES_SIG_BAD);
}

static void an_id_too_long_for_its_length_field_is_refused(void **state)
{
    ES_AUTO_PTR(es_pubkey) key = test_public_key();
    static const uint8_t id[8192];
    uint8_t e[ES_SM3_LEN];

    (void) state;
    assert_int_equal(es_sm2_e_id(key, es_span_of(id, 8191), es_span_str(""), e, NULL), ES_OK);
    assert_int_equal(es_sm2_e_id(key, es_span_of(id, 8192), es_span_str(""), e, NULL), ES_E_LIMIT);
}

static void z_and_e_are_the_published_ones(void **state)
{
    ES_AUTO_PTR(es_pubkey) key = test_public_key();
    uint8_t e[ES_SM3_LEN];

    (void) state;
    assert_hex(es_span_of(es_pubkey_z(key), ES_SM3_LEN), TEST_Z);
    assert_int_equal(es_sm2_e(key, es_span_str(MESSAGE), e, NULL), ES_OK);
    assert_hex(es_span_of(e, sizeof(e)), TEST_E);
}

static void the_published_signature_encodes_and_decodes(void **state)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(128);
    uint8_t raw[ES_SM2_RAW_LEN], back[ES_SM2_RAW_LEN];

    (void) state;
    test_hex_to(TEST_R TEST_S, raw, sizeof(raw));
    es_sm2_sig_encode(raw, &der);
    assert_hex(es_buf_span(&der), TEST_DER);
    assert_int_equal(es_sm2_sig_decode(es_buf_span(&der), back, NULL), ES_OK);
    assert_memory_equal(raw, back, sizeof(raw));
}

/* A nonce from outside gives the standard's own r and s. */
static es_status published_nonce(void *self, uint8_t *out, size_t len, struct es_error *err)
{
    (void) self;
    (void) err;
    test_hex_to(TEST_K, out, len);
    return ES_OK;
}

static void the_published_nonce_gives_the_published_signature(void **state)
{
    ES_AUTO_PTR(es_key) key = NULL;
    ES_AUTO(es_buf) sig = ES_BUF_INIT(128);
    uint8_t d[32];

    (void) state;
    test_hex_to(TEST_D, d, sizeof(d));
    assert_int_equal(det_key_open(d, (struct es_random){.fill = published_nonce}, &key, NULL),
                     ES_OK);
    assert_int_equal(es_key_sign(key, es_span_str(MESSAGE), &sig, NULL), ES_OK);
    assert_hex(es_buf_span(&sig), TEST_DER);
}

static void the_same_seed_gives_the_same_signatures(void **state)
{
    ES_AUTO(es_buf) first = ES_BUF_INIT(512);
    ES_AUTO(es_buf) second = ES_BUF_INIT(512);
    struct es_buf *outs[] = {&first, &second};
    uint8_t d[32];

    (void) state;
    test_hex_to(TEST_D, d, sizeof(d));
    for (size_t i = 0; i < 2; i++) {
        ES_AUTO_PTR(es_key) key = NULL;
        uint64_t seed = 42;
        assert_int_equal(det_key_open(d, es_random_seeded(&seed), &key, NULL), ES_OK);
        assert_int_equal(es_key_sign(key, es_span_str("a"), outs[i], NULL), ES_OK);
        assert_int_equal(es_key_sign(key, es_span_str("a"), outs[i], NULL), ES_OK);
    }
    assert_true(es_span_equal(es_buf_span(&first), es_buf_span(&second)));
}

static void the_published_number_gives_the_published_key(void **state)
{
    ES_AUTO_PTR(es_key) key = test_signing_key();

    (void) state;
    assert_hex(es_pubkey_point(es_key_public(key)), TEST_POINT);
}

static void numbers_outside_one_to_n_minus_two_are_no_keys(void **state)
{
    static const char *const bad[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122", /* n - 1 */
        TEST_N,
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };
    static const char *const good[] = {
        "0000000000000000000000000000000000000000000000000000000000000001",
        "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54121", /* n - 2 */
    };
    uint8_t d[32];

    (void) state;
    for (size_t i = 0; i < 4; i++) {
        ES_AUTO_PTR(es_key) key = NULL;
        test_hex_to(bad[i], d, sizeof(d));
        assert_int_equal(es_key_from_number(d, &key, NULL), ES_E_RANGE);
        assert_null(key);
    }
    for (size_t i = 0; i < 2; i++) {
        ES_AUTO_PTR(es_key) key = NULL;
        ES_AUTO(es_buf) sig = ES_BUF_INIT(128);
        test_hex_to(good[i], d, sizeof(d));
        assert_int_equal(es_key_from_number(d, &key, NULL), ES_OK);
        assert_int_equal(es_key_sign(key, es_span_str("m"), &sig, NULL), ES_OK);
    }
}

/* ---- a provider that cheats ---- */

struct cheat {
    const char *raw;
};

static es_status cheat_open(void *self, const char *label, const struct es_secret *pin, void **key,
                            struct es_error *err)
{
    (void) label;
    (void) pin;
    (void) err;
    *key = self;
    return ES_OK;
}

static es_status cheat_public(void *key, struct es_pubkey **out, struct es_error *err)
{
    (void) key;
    (void) err;
    *out = test_public_key();
    return ES_OK;
}

static es_status cheat_sign(void *key, const uint8_t e[ES_SM3_LEN], uint8_t raw[ES_SM2_RAW_LEN],
                            struct es_error *err)
{
    (void) e;
    (void) err;
    test_hex_to(((struct cheat *) key)->raw, raw, ES_SM2_RAW_LEN);
    return ES_OK;
}

static void cheat_close(void *key)
{
    (void) key;
}

static void signatures_that_do_not_verify_never_leave(void **state)
{
    static const struct es_key_ops ops = {ES_KEY_OPS_ABI, "cheat", cheat_open, cheat_public,
                                          cheat_sign,     NULL,    cheat_close};
    struct cheat cheat = {0};
    struct es_key_provider provider = {.ops = &ops, .self = &cheat};
    ES_AUTO_PTR(es_key) key = NULL;
    ES_AUTO(es_buf) out = ES_BUF_INIT(128);

    (void) state;
    assert_int_equal(es_key_open(&provider, "x", NULL, &key, NULL), ES_OK);
    cheat.raw = TEST_S TEST_R;
    assert_int_equal(es_key_sign(key, es_span_str(MESSAGE), &out, NULL), ES_E_CRYPTO);
    cheat.raw = TEST_N TEST_R;
    assert_int_equal(es_key_sign(key, es_span_str(MESSAGE), &out, NULL), ES_E_CRYPTO);
    assert_int_equal(out.len, 0);
    cheat.raw = TEST_R TEST_S;
    assert_int_equal(es_key_sign(key, es_span_str(MESSAGE), &out, NULL), ES_OK);
}

/* By libgcrypt 1.10.1 (gcry_pk_sign, flags sm2) over the published e with the published key. */
static void signatures_made_by_libgcrypt_verify(void **state)
{
    static const char *const made[] = {
        "5d23947adc19a0f6963a1ea7a2c46ad2b83d7f66898151d3c7ffd2b4f682f686"
        "a302939251126d2942f62090a16ea406c67ef2ff02996e7080a83f61fd94d7cb",
        "89fd98fe7446799bfd315ac1363a3ee99e4ba843fa67d0e7c90bfcad8b75afaa"
        "30bf6e9e617a813ae5e9e3bc499a01a22ab62f8b2ac836fb032af52f0573106e",
        "519ef80334a010a352ef5c15bd4cc35fab64406f93aa13a077dd4a72186ffeb4"
        "5da793437170b33c117fb71b5e6eeb5d2ce8383a756ff5fee341a6f6cf0aafdb",
        "3e8c8b9669f27bbacd9d27341ade27dce54bf8d2e6d0017fd42ec714505a6255"
        "d0d9d3cc0f4fe728174e79c1800f7c7de4bc435d64f293b7b5df5cfcc8c0eb80",
    };
    ES_AUTO_PTR(es_pubkey) key = test_public_key();
    uint8_t e[ES_SM3_LEN], raw[ES_SM2_RAW_LEN];
    enum es_sig_answer answer;

    (void) state;
    test_hex_to(TEST_E, e, sizeof(e));
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
        test_hex_to(made[i], raw, sizeof(raw));
        assert_int_equal(es_sm2_verify_e(key, e, raw, &answer, NULL), ES_OK);
        assert_int_equal(answer, ES_SIG_GOOD);
    }
}

static void the_self_test_passes_and_the_library_tells_its_name(void **state)
{
    struct es_error err = {0};

    (void) state;
    assert_int_equal(es_crypto_self_test(&err), ES_OK);
    assert_int_equal(strncmp(es_crypto_library(), "OpenSSL ", 8), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_cut_anywhere_is_refused),
        cmocka_unit_test(other_encodings_than_the_one_are_refused),
        cmocka_unit_test(numbers_out_of_range_are_refused),
        cmocka_unit_test(every_flipped_bit_of_a_signature_is_refused),
        cmocka_unit_test(another_message_or_id_does_not_verify),
        cmocka_unit_test(an_id_too_long_for_its_length_field_is_refused),
        cmocka_unit_test(z_and_e_are_the_published_ones),
        cmocka_unit_test(the_published_signature_encodes_and_decodes),
        cmocka_unit_test(the_published_nonce_gives_the_published_signature),
        cmocka_unit_test(the_same_seed_gives_the_same_signatures),
        cmocka_unit_test(the_published_number_gives_the_published_key),
        cmocka_unit_test(numbers_outside_one_to_n_minus_two_are_no_keys),
        cmocka_unit_test(signatures_that_do_not_verify_never_leave),
        cmocka_unit_test(signatures_made_by_libgcrypt_verify),
        cmocka_unit_test(the_self_test_passes_and_the_library_tells_its_name),
    };
    return cmocka_run_group_tests_name("sm2", tests, NULL, NULL);
}
