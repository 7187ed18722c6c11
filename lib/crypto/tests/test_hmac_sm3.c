/* HMAC-SM3 and PBKDF2 against published values and libgcrypt. */
#include "crypto_test.h"
#include "second_opinion.h"

#include <stdlib.h>

static struct es_span counted(uint8_t *out, size_t len, uint8_t first)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t) (first + i);
    return es_span_of(out, len);
}

static void rounds_and_lengths_out_of_range_are_refused(void **state)
{
    static const uint8_t salt[1025];
    struct es_span secret = es_span_str("secret");
    struct es_error err = {0};
    uint8_t out[1025];

    (void) state;
    assert_int_equal(es_pbkdf2_sm3(secret, es_span_of(salt, 8), 0, out, 16, &err), ES_E_RANGE);
    assert_string_equal(err.text, "PBKDF2 with 0 rounds, allowed are 1 to 10000000");
    assert_int_equal(es_pbkdf2_sm3(secret, es_span_of(salt, 8), 10000001, out, 16, NULL),
                     ES_E_RANGE);
    assert_int_equal(es_pbkdf2_sm3(secret, es_span_of(salt, 8), 1, out, 0, NULL), ES_E_RANGE);
    assert_int_equal(es_pbkdf2_sm3(secret, es_span_of(salt, 8), 1, out, 1025, NULL), ES_E_RANGE);
    assert_int_equal(es_pbkdf2_sm3(secret, es_span_of(salt, 1025), 1, out, 16, NULL), ES_E_RANGE);
}

static void comparison_sees_each_bit_and_the_length(void **state)
{
    uint8_t a[32], b[32];

    (void) state;
    counted(a, 32, 0);
    counted(b, 32, 0);
    for (size_t bit = 0; bit < 256; bit++) {
        b[bit / 8] ^= (uint8_t) (1u << bit % 8);
        assert_false(es_equal_hidden(es_span_of(a, 32), es_span_of(b, 32)));
        b[bit / 8] ^= (uint8_t) (1u << bit % 8);
    }
    assert_false(es_equal_hidden(es_span_of(a, 32), es_span_of(b, 31)));
    assert_true(es_equal_hidden(es_span_of(a, 32), es_span_of(b, 32)));
    assert_true(es_equal_hidden((struct es_span){0}, es_span_of(b, 0)));
}

/* GM/T 0042-2015 annex D.3 */
static void hmac_gives_the_published_values(void **state)
{
    uint8_t key[80], out[ES_SM3_LEN];
    struct es_span text = es_span_str(
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopqabcdbcdecdefdefgefgh"
        "fghighijhijkijkljklmklmnlmnomnopnopq");

    (void) state;
    assert_int_equal(es_hmac_sm3(counted(key, 32, 1), &text, 1, out, NULL), ES_OK);
    assert_hex(es_span_of(out, 32),
               "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a");
}

static void parts_are_the_whole(void **state)
{
    struct es_span key = es_span_str("key");
    struct es_span parts[] = {es_span_str("one"), {0}, es_span_str("two"), es_span_str("three")};
    struct es_span whole = es_span_str("onetwothree");
    uint8_t a[ES_SM3_LEN], b[ES_SM3_LEN];

    (void) state;
    assert_int_equal(es_hmac_sm3(key, parts, 4, a, NULL), ES_OK);
    assert_int_equal(es_hmac_sm3(key, &whole, 1, b, NULL), ES_OK);
    assert_memory_equal(a, b, sizeof(a));
    assert_int_equal(es_hmac_sm3(key, parts, 3, b, NULL), ES_OK);
    assert_memory_not_equal(a, b, sizeof(a));
}

static void an_empty_key_is_a_key(void **state)
{
    static const uint8_t zeros[64];
    struct es_span text = es_span_str("text");
    uint8_t a[ES_SM3_LEN], b[ES_SM3_LEN];

    (void) state;
    /* RFC 2104: keys are filled up with zeros. */
    assert_int_equal(es_hmac_sm3((struct es_span){0}, &text, 1, a, NULL), ES_OK);
    assert_int_equal(es_hmac_sm3(es_span_of(zeros, 64), &text, 1, b, NULL), ES_OK);
    assert_memory_equal(a, b, sizeof(a));
}

#ifdef HAVE_LIBGCRYPT
static void libgcrypt_gives_the_same(void **state)
{
    uint8_t bytes[300], a[200], b[200];
    struct es_span salt = es_span_str("salt and salt");

    (void) state;
    second_start();
    counted(bytes, sizeof(bytes), 7);
    for (size_t len = 1; len <= 150; len++) {
        struct es_span key = es_span_of(bytes, len);
        struct es_span text = es_span_of(bytes + len, sizeof(bytes) - len);

        assert_int_equal(es_hmac_sm3(key, &text, 1, a, NULL), ES_OK);
        second_hmac(key, text, b);
        assert_memory_equal(a, b, ES_SM3_LEN);
        assert_int_equal(es_pbkdf2_sm3(key, salt, (uint32_t) (1 + len % 9), a, len, NULL), ES_OK);
        second_pbkdf2(key, salt, (unsigned) (1 + len % 9), b, len);
        assert_memory_equal(a, b, len);
    }
    assert_int_equal(es_pbkdf2_sm3(salt, salt, 5000, a, 48, NULL), ES_OK);
    second_pbkdf2(salt, salt, 5000, b, 48);
    assert_memory_equal(a, b, 48);
}
#else
static void libgcrypt_gives_the_same(void **state)
{
    (void) state;
    skip();
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_and_lengths_out_of_range_are_refused),
        cmocka_unit_test(comparison_sees_each_bit_and_the_length),
        cmocka_unit_test(hmac_gives_the_published_values),
        cmocka_unit_test(parts_are_the_whole),
        cmocka_unit_test(an_empty_key_is_a_key),
        cmocka_unit_test(libgcrypt_gives_the_same),
    };
    return cmocka_run_group_tests_name("hmac_sm3", tests, NULL, NULL);
}
