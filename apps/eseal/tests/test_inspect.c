/*
 * What eseal inspect recognises and how it writes what it found. Outputs for real files are tested
 * from outside (tests/cli); here stand the rules that must hold for any input.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_json.h"
#include "inspect.h"

static enum inspect_kind kind_of_hex(const char *hex)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(1000);

    assert_int_equal(es_hex_decode(es_span_str(hex), &bytes, NULL), ES_OK);
    return inspect_kind_of(es_buf_span(&bytes));
}

/* ---- kinds ---- */

static void files_are_recognised_by_the_shape_of_their_content(void **state)
{
    (void) state;
    assert_int_equal(inspect_kind_of(es_span_str("PK\003\004")), INSPECT_OFD);
    assert_int_equal(kind_of_hex("3013"
                                 "3011"
                                 "300f"
                                 "300d"
                                 "16024553"
                                 "020104"
                                 "160456494400"),
                     INSPECT_ASN1); /* one SEQUENCE too deep for a seal */
    assert_int_equal(kind_of_hex("3011"
                                 "300f"
                                 "300d"
                                 "16024553"
                                 "020104"
                                 "160456494400"),
                     INSPECT_SEAL);
    assert_int_equal(kind_of_hex("3008"
                                 "0606"
                                 "2a8648ce3d02"),
                     INSPECT_CMS);
    assert_int_equal(kind_of_hex("3006"
                                 "020101"
                                 "020101"),
                     INSPECT_BARE_SM2);
    assert_int_equal(kind_of_hex("3007"
                                 "3005"
                                 "a003020102"),
                     INSPECT_CERT);
    assert_int_equal(kind_of_hex("300a"
                                 "3003"
                                 "020100"
                                 "3003"
                                 "0601"
                                 "2a"),
                     INSPECT_TIME_STAMP_RESPONSE);
    assert_int_equal(kind_of_hex("3003"
                                 "0c0161"),
                     INSPECT_ASN1);
    assert_int_equal(inspect_kind_of(es_span_str("plain text")), INSPECT_UNKNOWN);
}

static void private_keys_of_every_form_are_recognised(void **state)
{
    (void) state;
    assert_int_equal(kind_of_hex("300b"
                                 "020100"
                                 "3002"
                                 "0500"
                                 "0402"
                                 "0102"),
                     INSPECT_PRIVATE_KEY); /* PKCS#8 */
    assert_int_equal(kind_of_hex("3007"
                                 "020101"
                                 "0402"
                                 "0102"),
                     INSPECT_PRIVATE_KEY); /* SEC 1 */
    assert_int_equal(kind_of_hex("3009"
                                 "3003"
                                 "06012a"
                                 "0402"
                                 "0102"),
                     INSPECT_PRIVATE_KEY); /* encrypted */
    assert_int_equal(kind_of_hex("301b"
                                 "020100"
                                 "020101"
                                 "020102"
                                 "020103"
                                 "020104"
                                 "020105"
                                 "020106"
                                 "020107"
                                 "020108"),
                     INSPECT_PRIVATE_KEY); /* RSA */
}

static void any_bytes_have_some_kind(void **state)
{
    uint32_t seed = 7;

    (void) state;
    for (int round = 0; round < 100000; round++) {
        static const uint8_t tags[] = {0x30, 0x02, 0x06, 0x16, 0xa0, 0x04, 0x17, 0x80};
        uint8_t bytes[24];

        for (size_t i = 0; i < sizeof bytes; i++) {
            seed = seed * 1664525 + 1013904223;
            bytes[i] = i % 2 == 0 ? tags[seed >> 29] : (uint8_t) (seed >> 24);
        }
        bytes[0] = 0x30;
        for (size_t len = 0; len <= sizeof bytes; len++)
            (void) inspect_kind_of(es_span_of(bytes, len));
    }
}

/* ---- parts ---- */

static void write_both(struct inspect *in, struct es_buf *text, struct es_buf *json)
{
    const struct tree_style style = {.zh = false, .verbose = true};
    struct es_json_out out = {.buf = json};
    struct es_json *parsed = NULL;

    assert_int_equal(tree_check(&in->tree, NULL), ES_OK);
    tree_write_text(&in->tree, &style, text);
    es_json_begin_object(&out);
    tree_write_json(&in->tree, &out);
    es_json_end_object(&out);
    assert_int_equal(es_buf_check(text, NULL), ES_OK);
    /* refuses members that stand twice */
    assert_int_equal(es_json_parse(es_buf_span(json), json->len, &parsed, NULL), ES_OK);
    es_json_free(parsed);
}

static void assert_shows(enum inspect_kind kind, struct es_span bytes, const char *expected)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(1 << 20);
    ES_AUTO(es_buf) json = ES_BUF_INIT(1 << 20);
    struct inspect in = {.depth = 0};

    tree_init(&in.tree);
    assert_int_equal(inspect_bytes(&in, kind, bytes, NULL), ES_OK);
    write_both(&in, &text, &json);
    tree_clear(&in.tree);
    assert_true(es_span_search(es_buf_span(&text), es_span_str(expected), NULL));
}

static void what_does_not_decode_is_told_for_every_kind(void **state)
{
    const struct es_span broken = es_span_of("\x30\x05\x30\x03\x02\x01", 6);

    (void) state;
    for (int kind = INSPECT_SEAL; kind <= INSPECT_ASN1; kind++)
        if (kind != INSPECT_PRIVATE_KEY && kind != INSPECT_BARE_SM2)
            assert_shows((enum inspect_kind) kind, broken, "does not decode");
}

static void a_private_key_is_never_shown(void **state)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(1 << 20);
    ES_AUTO(es_buf) json = ES_BUF_INIT(1 << 20);
    struct inspect in = {.depth = 0};

    (void) state;
    tree_init(&in.tree);
    assert_int_equal(
        inspect_value(&in, es_span_of("\x30\x07\x02\x01\x01\x04\x02\xca\xfe", 9), NULL), ES_OK);
    write_both(&in, &text, &json);
    tree_clear(&in.tree);
    assert_false(es_span_search(es_buf_span(&text), es_span_str("cafe"), NULL));
    assert_false(es_span_search(es_buf_span(&json), es_span_str("cafe"), NULL));
}

static void deep_nesting_ends_at_its_bound(void **state)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(1 << 20);
    size_t marks[2000];

    (void) state;
    for (size_t i = 0; i < 2000; i++)
        marks[i] = es_der_begin(&der, ES_DER_SEQUENCE);
    for (size_t i = 2000; i-- > 0;)
        es_der_end(&der, marks[i]);
    assert_int_equal(es_buf_check(&der, NULL), ES_OK);
    assert_shows(INSPECT_ASN1, es_buf_span(&der), "SEQUENCE");
}

static void many_elements_end_at_their_bound(void **state)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(1 << 20);
    size_t mark = es_der_begin(&der, ES_DER_SEQUENCE);

    (void) state;
    for (size_t i = 0; i < 30000; i++)
        es_der_put_null(&der);
    es_der_end(&der, mark);
    assert_int_equal(es_buf_check(&der, NULL), ES_OK);
    assert_shows(INSPECT_ASN1, es_buf_span(&der), "more than 20000 elements");
}

/* ---- writing ---- */

static void values_from_outside_are_escaped(void **state)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(10000);
    ES_AUTO(es_buf) json = ES_BUF_INIT(10000);
    struct inspect in = {.depth = 0};

    (void) state;
    tree_init(&in.tree);
    tree_put_text(&in.tree, W_NAME,
                  "a\x1b[2J\n\xe2\x80\xae"
                  "b\xff");
    write_both(&in, &text, &json);
    tree_clear(&in.tree);
    assert_string_equal(es_buf_cstr(&text), "└─ name: a\\x1b[2J\\x0a\\u{202e}b\\xff\n");
    assert_null(strchr(es_buf_cstr(&json), 0x1b));
}

static void long_lists_are_cut_in_text_and_whole_in_json(void **state)
{
    const struct tree_style style = {.zh = false};
    ES_AUTO(es_buf) text = ES_BUF_INIT(10000);
    struct tree t;

    (void) state;
    tree_init(&t);
    tree_begin_list(&t, W_PAGES, 2);
    for (uint64_t i = 1; i <= 5; i++) {
        tree_begin_row(&t, W_PAGE);
        tree_put_uint(&t, W_NUMBER, i);
        tree_put_uint(&t, W_ID_NUMBER, 10 * i);
        tree_end(&t);
    }
    tree_end(&t);
    tree_write_text(&t, &style, &text);
    tree_clear(&t);
    assert_string_equal(es_buf_cstr(&text), "└─ pages (5)\n"
                                            "   ├─ 1: id 10\n"
                                            "   ├─ 2: id 20\n"
                                            "   └─ … 3 more (--verbose)\n");
}

static void every_word_has_a_key_and_both_languages(void **state)
{
    (void) state;
    for (int w = 0; w < W_COUNT; w++) {
        const char *key = tree_word_key((enum tree_word) w);

        assert_true(key[0] != 0);
        for (const char *c = key; *c != 0; c++)
            assert_true((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '_');
        assert_int_equal(tree_word_text((enum tree_word) w, false)[0] == 0,
                         tree_word_text((enum tree_word) w, true)[0] == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_recognised_by_the_shape_of_their_content),
        cmocka_unit_test(private_keys_of_every_form_are_recognised),
        cmocka_unit_test(any_bytes_have_some_kind),
        cmocka_unit_test(what_does_not_decode_is_told_for_every_kind),
        cmocka_unit_test(a_private_key_is_never_shown),
        cmocka_unit_test(deep_nesting_ends_at_its_bound),
        cmocka_unit_test(many_elements_end_at_their_bound),
        cmocka_unit_test(values_from_outside_are_escaped),
        cmocka_unit_test(long_lists_are_cut_in_text_and_whole_in_json),
        cmocka_unit_test(every_word_has_a_key_and_both_languages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
