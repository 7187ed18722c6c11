/*
 * UTF-8, folding, text made fit to be shown. The table of ill-formed sequences follows Unicode 15,
 * table 3-7 and its neighbours; folded forms were computed with Python's unicodedata.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_base.h"

/* ---- UTF-8 ---- */

static const struct {
    const char *bytes;
    int32_t code_point;
} good[] = {
    {"\x01", 0x01},
    {"\x7f", 0x7f},
    {"\xc2\x80", 0x80},
    {"\xdf\xbf", 0x7ff},
    {"\xe0\xa0\x80", 0x800},
    {"\xe7\xab\xa0", 0x7ae0},
    {"\xed\x9f\xbf", 0xd7ff},
    {"\xee\x80\x80", 0xe000},
    {"\xef\xbf\xbf", 0xffff},
    {"\xf0\x90\x80\x80", 0x10000},
    {"\xf0\xa0\x80\x80", 0x20000},
    {"\xf4\x8f\xbf\xbf", 0x10ffff},
};

static const char *const ill_formed[] = {
    "\x80", /* continuation alone */
    "\xbf",
    "\xc0\x80", /* overlong */
    "\xc0\xaf",
    "\xc1\xbf",
    "\xe0\x80\x80",
    "\xe0\x80\xaf",
    "\xe0\x9f\xbf",
    "\xf0\x80\x80\xaf",
    "\xf0\x8f\xbf\xbf",
    "\xed\xa0\x80", /* surrogates */
    "\xed\xaf\xbf",
    "\xed\xb0\x80",
    "\xed\xbf\xbf",
    "\xed\xa0\x80\xed\xb0\x80",
    "\xf4\x90\x80\x80", /* above U+10FFFF */
    "\xf5\x80\x80\x80",
    "\xf7\xbf\xbf\xbf",
    "\xf8\x88\x80\x80\x80", /* five and six bytes */
    "\xfc\x84\x80\x80\x80\x80",
    "\xfe",
    "\xff",
    "\xc2", /* cut */
    "\xe7\xab",
    "\xe7",
    "\xf0\x90\x80",
    "\xf0\x90",
    "\xf0",
    "\xc2\x41", /* another character in the way */
    "\xe7\x41\xa0",
    "\xe7\xab\x41",
    "\xf0\x90\x80\xc2\x80",
    "\xc2\xc2\x80",
};

static void well_formed_characters_are_read_whole(void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct es_span s = es_span_str(good[i].bytes);
        size_t at = 0;

        assert_true(es_utf8_valid(s));
        assert_int_equal(es_utf8_next(s, &at), good[i].code_point);
        assert_int_equal(at, s.len);
        assert_int_equal(es_utf8_next(s, &at), -1);
        assert_int_equal(at, s.len);
    }
}

static void ill_formed_bytes_are_refused(void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof ill_formed / sizeof ill_formed[0]; i++) {
        struct es_span s = es_span_str(ill_formed[i]);
        size_t at = 0;

        assert_false(es_utf8_valid(s));
        assert_false(es_text_clean(s));
        assert_int_equal(es_utf8_next(s, &at), -1);
        assert_int_equal(at, 1);
    }
}

static void reading_goes_on_behind_an_ill_formed_byte(void **state)
{
    struct es_span s = es_span_str("\xe7\xab"
                                   "A"
                                   "\xe7\xab\xa0");
    const int32_t expected[] = {-1, -1, 'A', 0x7ae0};
    size_t at = 0;

    (void) state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(es_utf8_next(s, &at), expected[i]);
    assert_int_equal(at, s.len);
}

static void every_code_point_but_surrogates_survives(void **state)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(8);

    (void) state;
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        bool surrogate = cp >= 0xd800 && cp <= 0xdfff;
        size_t at = 0;

        es_buf_reset(&buf);
        es_buf_put_utf8(&buf, cp);
        if (es_utf8_next(es_buf_span(&buf), &at) != (int32_t) (surrogate ? 0xfffd : cp) ||
            at != buf.len)
            fail_msg("U+%04X", (unsigned) cp);
    }
}

static void what_is_no_code_point_is_written_as_a_replacement(void **state)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(100);

    (void) state;
    es_buf_put_utf8(&buf, 0x110000);
    es_buf_put_utf8(&buf, 0xd800);
    es_buf_put_utf8(&buf, UINT32_MAX);
    assert_true(es_span_is(es_buf_span(&buf), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"));
}

/* ---- clean text ---- */

static void text_with_control_characters_is_not_clean(void **state)
{
    (void) state;
    for (uint32_t cp = 0; cp < 0x100; cp++) {
        ES_AUTO(es_buf) buf = ES_BUF_INIT(8);
        bool control = cp < 0x20 || (cp >= 0x7f && cp <= 0x9f);

        es_buf_put_utf8(&buf, cp);
        assert_int_equal(es_text_clean(es_buf_span(&buf)), !control);
    }
    assert_true(es_text_clean(es_span_str("")));
    assert_true(es_text_clean(es_span_str("示例市档案局 (1)")));
}

/* ---- folding ---- */

static void names_that_could_be_confused_fold_to_one(void **state)
{
    static const struct {
        const char *text, *folded;
    } rows[] = {
        {"", ""},
        {"ABCxyz[\\]^_`{|}~ 09", "abcxyz[\\]^_`{|}~ 09"},
        {"Ｓｅａｌ．ｅｓｌ", "seal.esl"}, /* full width */
        {"É", "é"},                       /* case beyond ASCII */
        {"e\xcc\x81", "é"},               /* NFC */
        {"E\xcc\x81", "é"},
        {"\xe2\x84\xab", "å"}, /* ANGSTROM SIGN */
        {"Straße", "strasse"},
        {"ﬁ", "fi"},
        {"①", "1"},
        {"㎜", "mm"},
        {"ｶﾞ", "ガ"}, /* half width */
        {"ς", "σ"},
        {"ſ", "s"},
        {"\xef\xa4\x80", "\xe8\xb1\x88"}, /* compatibility ideograph U+F900 */
        {"a\xe2\x80\x8b"
         "b",
         "ab"}, /* zero width space */
        {"a\xc2\xad"
         "b",
         "ab"}, /* soft hyphen */
        {"章", "章"},
    };

    (void) state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ES_AUTO(es_buf) buf = ES_BUF_INIT(100);

        assert_int_equal(es_text_fold(es_span_str(rows[i].text), &buf, NULL), ES_OK);
        if (!es_span_is(es_buf_span(&buf), rows[i].folded))
            fail_msg("%s", rows[i].text);
    }
}

static void folding_twice_changes_nothing(void **state)
{
    (void) state;
    for (uint32_t cp = 1; cp < 0x30000; cp++) {
        ES_AUTO(es_buf) text = ES_BUF_INIT(8);
        ES_AUTO(es_buf) once = ES_BUF_INIT(200);
        ES_AUTO(es_buf) twice = ES_BUF_INIT(200);

        es_buf_put_utf8(&text, cp);
        assert_int_equal(es_text_fold(es_buf_span(&text), &once, NULL), ES_OK);
        assert_int_equal(es_text_fold(es_buf_span(&once), &twice, NULL), ES_OK);
        if (!es_span_equal(es_buf_span(&once), es_buf_span(&twice)))
            fail_msg("U+%04X", (unsigned) cp);
    }
}

static void ill_formed_text_is_not_folded(void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof ill_formed / sizeof ill_formed[0]; i++) {
        ES_AUTO(es_buf) buf = ES_BUF_INIT(100);

        assert_int_equal(es_text_fold(es_span_str(ill_formed[i]), &buf, NULL), ES_E_FORMAT);
        assert_int_equal(buf.len, 0);
    }
}

static void folded_text_past_the_buffer_is_refused(void **state)
{
    ES_AUTO(es_buf) plain = ES_BUF_INIT(2);
    ES_AUTO(es_buf) wide = ES_BUF_INIT(2);

    (void) state;
    assert_int_equal(es_text_fold(es_span_str("ABC"), &plain, NULL), ES_E_LIMIT);
    assert_int_equal(es_text_fold(es_span_str("ＡＢＣ"), &wide, NULL), ES_E_LIMIT);
}

/* ---- shown text ---- */

static void assert_shown(struct es_span text, size_t max_chars, const char *expected)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(1000);

    es_buf_put_shown(&buf, text, max_chars);
    assert_string_equal(es_buf_cstr(&buf), expected);
}

static void plain_text_is_shown_as_it_is(void **state)
{
    (void) state;
    assert_shown(es_span_str(""), 10, "");
    assert_shown(es_span_str("a \"b\" \\ <c>"), 100, "a \"b\" \\ <c>");
    assert_shown(es_span_str("示例市档案局"), 6, "示例市档案局");
}

static void control_characters_are_escaped(void **state)
{
    (void) state;
    assert_shown(es_span_of("a\0b", 3), 10, "a\\x00b");
    assert_shown(es_span_str("\x1b[31mred\r\n\t\x7f"), 100, "\\x1b[31mred\\x0d\\x0a\\x09\\x7f");
    assert_shown(es_span_str("\xc2\x9b"
                             "31m"),
                 100,
                 "\\x9b"
                 "31m"); /* C1 CSI */
}

static void ill_formed_bytes_are_escaped_one_by_one(void **state)
{
    (void) state;
    assert_shown(es_span_str("a\xff\xc0\xaf"
                             "b"),
                 100, "a\\xff\\xc0\\xafb");
    assert_shown(es_span_str("\xe7\xab"), 100, "\\xe7\\xab");
}

static void characters_that_deceive_are_escaped(void **state)
{
    (void) state;
    assert_shown(es_span_str("a\xe2\x80\xae"
                             "fdp.exe"),
                 100, "a\\u{202e}fdp.exe"); /* RLO */
    assert_shown(es_span_str("\xe2\x81\xa6x\xe2\x81\xa9"), 100, "\\u{2066}x\\u{2069}");
    assert_shown(es_span_str("\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f"), 100,
                 "\\u{061c}\\u{200e}\\u{200f}");
    assert_shown(es_span_str("\xe2\x80\x8b\xef\xbb\xbf"), 100, "\\u{200b}\\u{feff}");
    assert_shown(es_span_str("\xe2\x80\xa8\xe2\x80\xa9"), 100, "\\u{2028}\\u{2029}");
    assert_shown(es_span_str("\xf3\xa0\x81\x81"), 100, "\\u{e0041}"); /* TAG A */
}

static void long_text_is_cut_with_a_mark(void **state)
{
    (void) state;
    assert_shown(es_span_str("章章章"), 2, "章章…");
    assert_shown(es_span_str("abc"), 3, "abc");
    assert_shown(es_span_str("abcd"), 3, "abc…");
    assert_shown(es_span_str("\x01\x02\x03"), 2, "\\x01\\x02…");
    assert_shown(es_span_str("abc"), 0, "…");
    assert_shown(es_span_str(""), 0, "");
}

/* Whatever comes in, what goes out can be written to a terminal. */
static void shown_text_is_always_clean(void **state)
{
    uint32_t seed = 1;

    (void) state;
    for (int round = 0; round < 20000; round++) {
        ES_AUTO(es_buf) buf = ES_BUF_INIT(1000);
        uint8_t bytes[16];

        for (size_t i = 0; i < sizeof bytes; i++) {
            seed = seed * 1664525 + 1013904223;
            bytes[i] = (uint8_t) (seed >> 24);
        }
        es_buf_put_shown(&buf, es_span_of(bytes, sizeof bytes), 100);
        assert_true(es_text_clean(es_buf_span(&buf)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_formed_characters_are_read_whole),
        cmocka_unit_test(ill_formed_bytes_are_refused),
        cmocka_unit_test(reading_goes_on_behind_an_ill_formed_byte),
        cmocka_unit_test(every_code_point_but_surrogates_survives),
        cmocka_unit_test(what_is_no_code_point_is_written_as_a_replacement),
        cmocka_unit_test(text_with_control_characters_is_not_clean),
        cmocka_unit_test(names_that_could_be_confused_fold_to_one),
        cmocka_unit_test(folding_twice_changes_nothing),
        cmocka_unit_test(ill_formed_text_is_not_folded),
        cmocka_unit_test(folded_text_past_the_buffer_is_refused),
        cmocka_unit_test(plain_text_is_shown_as_it_is),
        cmocka_unit_test(control_characters_are_escaped),
        cmocka_unit_test(ill_formed_bytes_are_escaped_one_by_one),
        cmocka_unit_test(characters_that_deceive_are_escaped),
        cmocka_unit_test(long_text_is_cut_with_a_mark),
        cmocka_unit_test(shown_text_is_always_clean),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
