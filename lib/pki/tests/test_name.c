/* Names: compared by meaning, shown without lies; and the rule of ends beside them. */
#include "cert_builder.h"

static struct es_buf name_of(uint8_t tag, const char *value, size_t len)
{
    struct es_buf out = ES_BUF_INIT(1000);

    name_put_cn(&out, tag, es_span_of(value, len));
    assert_int_equal(out.failed, ES_OK);
    return out;
}

static bool equal(uint8_t tag_a, const char *a, size_t len_a, uint8_t tag_b, const char *b,
                  size_t len_b)
{
    struct es_buf x = name_of(tag_a, a, len_a), y = name_of(tag_b, b, len_b);
    bool yes = es_name_equal(es_buf_span(&x), es_buf_span(&y));

    assert_int_equal(es_name_equal(es_buf_span(&y), es_buf_span(&x)), yes);
    es_buf_clear(&x);
    es_buf_clear(&y);
    return yes;
}

static void the_string_type_does_not_matter(void **state)
{
    (void) state;
    assert_true(equal(ES_DER_UTF8_STRING, "CA", 2, ES_DER_PRINTABLE_STRING, "CA", 2));
    assert_true(equal(ES_DER_UTF8_STRING, "\xe5\x8d\xb0", 3, ES_DER_BMP_STRING, "\x53\x70", 2));
    assert_true(
        equal(ES_DER_UTF8_STRING, "\xe5\x8d\xb0", 3, ES_DER_UNIVERSAL_STRING, "\0\0\x53\x70", 4));
    assert_true(equal(ES_DER_T61_STRING, "\xe9", 1, ES_DER_UTF8_STRING, "\xc3\xa9", 2));
    assert_true(
        equal(ES_DER_BMP_STRING, "\xd8\x3d\xde\x00", 4, ES_DER_UTF8_STRING, "\xf0\x9f\x98\x80", 4));
}

static void what_only_looks_alike_is_not_equal(void **state)
{
    (void) state;
    assert_false(equal(ES_DER_UTF8_STRING, "CA", 2, ES_DER_UTF8_STRING, "Ca", 2));
    assert_false(equal(ES_DER_UTF8_STRING, "CA", 2, ES_DER_UTF8_STRING, "CA ", 3));
    assert_false(equal(ES_DER_UTF8_STRING, "CA", 2, ES_DER_UTF8_STRING, "CA\0", 3));
    assert_false(equal(ES_DER_UTF8_STRING, "CA", 2, ES_DER_UTF8_STRING, "\xd0\xa1\x41", 3));
    assert_false(equal(ES_DER_UTF8_STRING, "CA", 2, ES_DER_OCTET_STRING, "CA", 2));
    assert_false(equal(ES_DER_BMP_STRING, "\xd8\x3d", 2, ES_DER_UTF8_STRING, "", 0));
}

static void attributes_inside_one_rdn_may_stand_in_any_order(void **state)
{
    static const uint8_t ab[] = {0x30, 22,  0x31, 20, 0x30, 8, 6,    3, 0x55, 4,    3, 0x0c,
                                 1,    'a', 0x30, 8,  6,    3, 0x55, 4, 10,   0x0c, 1, 'b'};
    static const uint8_t ba[] = {0x30, 22,  0x31, 20, 0x30, 8, 6,    3, 0x55, 4,    10, 0x0c,
                                 1,    'b', 0x30, 8,  6,    3, 0x55, 4, 3,    0x0c, 1,  'a'};
    static const uint8_t apart[] = {0x30, 24, 0x31, 10, 0x30, 8,    6,  3,    0x55,
                                    4,    3,  0x0c, 1,  'a',  0x31, 10, 0x30, 8,
                                    6,    3,  0x55, 4,  10,   0x0c, 1,  'b'};
    struct es_span x = es_span_of(ab, sizeof ab), y = es_span_of(ba, sizeof ba);
    struct es_buf text = ES_BUF_INIT(1000);

    (void) state;
    assert_true(es_name_equal(x, y));
    assert_false(es_name_equal(x, es_span_of(apart, sizeof apart)));
    es_name_put(&text, x);
    assert_string_equal(es_buf_cstr(&text), "CN=a + O=b");
    es_buf_clear(&text);
}

static void shown(const char *value, size_t len, const char *expected)
{
    struct es_buf name = name_of(ES_DER_UTF8_STRING, value, len), text = ES_BUF_INIT(10000);

    es_name_put(&text, es_buf_span(&name));
    assert_string_equal(es_buf_cstr(&text), expected);
    assert_true(es_utf8_valid(es_buf_span(&text)));
    es_buf_clear(&name);
    es_buf_clear(&text);
}

/* cert-08: what would end the text, hide part of it or turn its direction is shown escaped. */
static void names_are_shown_without_lies(void **state)
{
    (void) state;
    shown("\xe5\x8d\xb0", 3, "CN=\xe5\x8d\xb0, C=CN");
    shown("bank\0.evil", 10, "CN=bank\\x00.evil, C=CN");
    shown("a, O=Ministry", 13, "CN=a\\, O=Ministry, C=CN");
    shown("a\nb", 3, "CN=a\\x0ab, C=CN");
    shown("x\xe2\x80\xaey", 5, "CN=x\\u{202e}y, C=CN");
}

static void an_attribute_is_given_whole_with_its_zero_bytes(void **state)
{
    struct es_buf name, text = ES_BUF_INIT(100);

    (void) state;
    name = name_of(ES_DER_UTF8_STRING, "a\0b", 3);
    assert_true(es_name_get(es_buf_span(&name), "2.5.4.3", &text));
    assert_int_equal(text.len, 3);
    assert_memory_equal(text.ptr, "a\0b", 3);
    assert_false(es_name_get(es_buf_span(&name), "2.5.4.10", &text));
    es_buf_clear(&name);
    es_buf_clear(&text);
}

static void values_of_any_type_come_out_as_utf8(void **state)
{
    static const struct {
        uint8_t tag;
        const char *value;
        size_t len;
        const char *text;
    } cases[] = {
        {ES_DER_IA5_STRING, "\xc4", 1, "\xc3\x84"},
        {ES_DER_IA5_STRING, "\xe5\x8d\xb0", 3, "\xe5\x8d\xb0"},
        {ES_DER_BIT_STRING, "\0\x01", 2, "#0001"},
        {ES_DER_BMP_STRING, "\0", 1, "#00"},
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct es_buf name = name_of(cases[i].tag, cases[i].value, cases[i].len);
        struct es_buf text = ES_BUF_INIT(100);

        assert_true(es_name_get(es_buf_span(&name), "2.5.4.3", &text));
        assert_string_equal(es_buf_cstr(&text), cases[i].text);
        es_buf_clear(&name);
        es_buf_clear(&text);
    }
}

static void broken_names_give_nothing_and_are_equal_to_no_other(void **state)
{
    struct es_buf name, text = ES_BUF_INIT(1000);

    (void) state;
    name = name_of(ES_DER_UTF8_STRING, "someone", 7);
    for (size_t len = 0; len < name.len; len++) {
        struct es_span cut = es_span_of(name.ptr, len);

        assert_false(es_name_equal(cut, es_buf_span(&name)));
        es_name_put(&text, cut);
        assert_int_equal(text.len, 0);
        assert_false(es_name_get(cut, "2.5.4.3", &text));
    }
    es_buf_clear(&name);
    es_buf_clear(&text);
}

/* ---- verification.md 5, row by row ---- */

static void an_end_is_judged_by_claim_and_proof(void **state)
{
    enum { NOW = 1000, NEVER = 5000 };
    static const struct {
        int64_t claim, poe;
        bool proved, trust;
        int64_t end;
        enum es_end_rule rule;
    } cases[] = {
        {500, NOW, false, false, NEVER, ES_END_NONE},
        {500, NOW, false, false, NOW + 1, ES_END_NONE},
        {NEVER, NOW, false, false, NEVER - 1, ES_END_AT_SIGNING}, /* claims the future */
        {500, 600, true, false, 700, ES_END_AFTER_SIGNING},
        {500, 600, true, false, 600, ES_END_AFTER_SIGNING},
        {500, 600, true, false, 599, ES_END_NO_POE},
        {500, 600, true, false, 500, ES_END_AT_SIGNING},
        {500, 600, true, false, 400, ES_END_AT_SIGNING},
        {500, NOW, false, false, 700, ES_END_NO_POE},
        {500, NOW, false, false, 500, ES_END_AT_SIGNING},
        {500, NOW, false, true, 700, ES_END_AFTER_SIGNING}, /* policy standard */
        {500, NOW, false, true, 501, ES_END_AFTER_SIGNING},
        {500, NOW, false, true, 500, ES_END_AT_SIGNING},
        {500, NOW, false, true, 499, ES_END_AT_SIGNING},
        {500, 600, true, true, 550, ES_END_NO_POE}, /* a proof is better than trust */
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct es_times times = {.now_s = NOW,
                                       .claim_s = cases[i].claim,
                                       .poe_s = cases[i].poe,
                                       .proved = cases[i].proved,
                                       .trust_claim = cases[i].trust};

        assert_int_equal(es_time_end_rule(&times, cases[i].end), cases[i].rule);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_string_type_does_not_matter),
        cmocka_unit_test(what_only_looks_alike_is_not_equal),
        cmocka_unit_test(attributes_inside_one_rdn_may_stand_in_any_order),
        cmocka_unit_test(names_are_shown_without_lies),
        cmocka_unit_test(an_attribute_is_given_whole_with_its_zero_bytes),
        cmocka_unit_test(values_of_any_type_come_out_as_utf8),
        cmocka_unit_test(broken_names_give_nothing_and_are_equal_to_no_other),
        cmocka_unit_test(an_end_is_judged_by_claim_and_proof),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
