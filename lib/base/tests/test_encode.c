/* Hex and base64: the vectors of RFC 4648, section 10, and every way to be none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_base.h"

static const struct {
    const char *plain, *hex, *base64;
} vectors[] = {
    {"", "", ""},
    {"f", "66", "Zg=="},
    {"fo", "666f", "Zm8="},
    {"foo", "666f6f", "Zm9v"},
    {"foob", "666f6f62", "Zm9vYg=="},
    {"fooba", "666f6f6261", "Zm9vYmE="},
    {"foobar", "666f6f626172", "Zm9vYmFy"},
    {"\xfb\xff\xbf", "fbffbf", "+/+/"},
};
#define VECTOR_COUNT (sizeof vectors / sizeof vectors[0])

static void the_vectors_of_rfc_4648_are_written(void **state)
{
    (void) state;
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
        ES_AUTO(es_buf) buf = ES_BUF_INIT(100);
        char text[32];

        es_buf_put_base64(&buf, es_span_str(vectors[i].plain));
        assert_true(es_span_is(es_buf_span(&buf), vectors[i].base64));
        es_buf_reset(&buf);
        es_buf_put_hex(&buf, es_span_str(vectors[i].plain));
        assert_true(es_span_is(es_buf_span(&buf), vectors[i].hex));
        es_hex_encode(es_span_str(vectors[i].plain), text);
        assert_string_equal(text, vectors[i].hex);
    }
}

static void the_vectors_of_rfc_4648_are_read(void **state)
{
    (void) state;
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
        ES_AUTO(es_buf) buf = ES_BUF_INIT(100);
        bool spaces = true;

        assert_int_equal(es_base64_decode(es_span_str(vectors[i].base64), &buf, &spaces, NULL),
                         ES_OK);
        assert_true(es_span_is(es_buf_span(&buf), vectors[i].plain));
        assert_false(spaces);
        es_buf_reset(&buf);
        assert_int_equal(es_hex_decode(es_span_str(vectors[i].hex), &buf, NULL), ES_OK);
        assert_true(es_span_is(es_buf_span(&buf), vectors[i].plain));
    }
}

static void every_byte_survives_both_ways(void **state)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(1000);
    ES_AUTO(es_buf) back = ES_BUF_INIT(1000);
    uint8_t bytes[256];

    (void) state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t) i;
    for (size_t len = 250; len <= sizeof bytes; len++) {
        es_buf_reset(&text);
        es_buf_reset(&back);
        es_buf_put_base64(&text, es_span_of(bytes, len));
        assert_int_equal(es_base64_decode(es_buf_span(&text), &back, NULL, NULL), ES_OK);
        assert_true(es_span_equal(es_buf_span(&back), es_span_of(bytes, len)));
    }
}

static void hex_is_read_in_either_case(void **state)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(10);

    (void) state;
    assert_int_equal(es_hex_decode(es_span_str("aBCdeF09"), &buf, NULL), ES_OK);
    assert_memory_equal(buf.ptr, "\xab\xcd\xef\x09", 4);
}

static void what_is_no_hex_is_refused(void **state)
{
    static const char *const bad[] = {"0", "abc", "0g", "g0", " 00", "0 ", "0x", "\xef\xbc", "-1"};

    (void) state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ES_AUTO(es_buf) buf = ES_BUF_INIT(10);

        es_buf_put_str(&buf, "x");
        assert_int_equal(es_hex_decode(es_span_str(bad[i]), &buf, NULL), ES_E_FORMAT);
        assert_true(es_span_is(es_buf_span(&buf), "x"));
    }
}

static void white_space_in_base64_is_skipped_and_told(void **state)
{
    static const char *const texts[] = {"Zm9v\nYmFy", " Zm9vYmFy", "Zm9vYmFy\r\n", "Z m 9\tvYmFy"};

    (void) state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        ES_AUTO(es_buf) buf = ES_BUF_INIT(10);
        bool spaces = false;

        assert_int_equal(es_base64_decode(es_span_str(texts[i]), &buf, &spaces, NULL), ES_OK);
        assert_true(es_span_is(es_buf_span(&buf), "foobar"));
        assert_true(spaces);
    }
}

static void what_is_no_base64_is_refused(void **state)
{
    static const char *const bad[] = {
        "Z",           "Zg",
        "Zg=",         "Zm9",
        "Zm9vYg",      "Zm9vYg=", /* cut */
        "=",           "==",
        "====",        "Z===",
        "Zg===",       "Zg====", /* padding */
        "=Zg=",        "Z=g=",
        "Zg=v",        "Zg==Zg==",
        "Zm8=Zm8=",    "Zm9v====", /* … in the way */
        "Zh==",        "Zn==",
        "Z/==",        "Zm9=",
        "Zm+=", /* bits behind */
        "Zm9-",        "Zm9_",
        "Zm9.",        "Zm9,",
        "Zm\v9v",      "Zm9v!", /* alphabet */
        "Zm9\xc2\xa0", "Zm9v\xef\xbc\x9d",
    };

    (void) state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ES_AUTO(es_buf) buf = ES_BUF_INIT(100);

        es_buf_put_str(&buf, "x");
        assert_int_equal(es_base64_decode(es_span_str(bad[i]), &buf, NULL, NULL), ES_E_FORMAT);
        assert_true(es_span_is(es_buf_span(&buf), "x"));
    }
}

static void a_nul_is_no_character_of_either(void **state)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(100);

    (void) state;
    assert_int_equal(es_base64_decode(es_span_of("Zm9\0", 4), &buf, NULL, NULL), ES_E_FORMAT);
    assert_int_equal(es_hex_decode(es_span_of("0\0", 2), &buf, NULL), ES_E_FORMAT);
}

static void only_one_text_of_each_length_decodes_to_one_value(void **state)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t good = 0;

    (void) state;
    for (size_t i = 0; i < 64; i++)
        for (size_t k = 0; k < 64; k++) {
            ES_AUTO(es_buf) buf = ES_BUF_INIT(4);
            char text[4] = {digits[i], digits[k], '=', '='};

            good += es_base64_decode(es_span_of(text, 4), &buf, NULL, NULL) == ES_OK;
        }
    assert_int_equal(good, 256); /* one for each byte */
}

static void values_past_the_buffer_are_refused(void **state)
{
    ES_AUTO(es_buf) small = ES_BUF_INIT(5);
    ES_AUTO(es_buf) other = ES_BUF_INIT(5);

    (void) state;
    assert_int_equal(es_base64_decode(es_span_str("Zm9vYmFy"), &small, NULL, NULL), ES_E_LIMIT);
    assert_int_equal(small.len, 0);
    assert_int_equal(es_hex_decode(es_span_str("666f6f626172"), &other, NULL), ES_E_LIMIT);
    assert_int_equal(other.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_rfc_4648_are_written),
        cmocka_unit_test(the_vectors_of_rfc_4648_are_read),
        cmocka_unit_test(every_byte_survives_both_ways),
        cmocka_unit_test(hex_is_read_in_either_case),
        cmocka_unit_test(what_is_no_hex_is_refused),
        cmocka_unit_test(white_space_in_base64_is_skipped_and_told),
        cmocka_unit_test(what_is_no_base64_is_refused),
        cmocka_unit_test(a_nul_is_no_character_of_either),
        cmocka_unit_test(only_one_text_of_each_length_decodes_to_one_value),
        cmocka_unit_test(values_past_the_buffer_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
