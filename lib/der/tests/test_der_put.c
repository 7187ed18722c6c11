/* The writer and OIDs. Expected bytes are those of X.690, formats.md 1.5 and OpenSSL. */
#include "der_test.h"

static void expect(struct es_buf *out, const char *hex)
{
    assert_int_equal(es_buf_check(out, NULL), ES_OK);
    assert_hex(es_buf_span(out), hex);
    es_buf_reset(out);
}

static void numbers_are_written_minimally(void **state)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(100);
    uint8_t magnitude[] = {0, 0, 0x79, 0xaa};

    (void) state;
    es_der_put_uint(&out, 0);
    expect(&out, "020100");
    es_der_put_uint(&out, 127);
    expect(&out, "02017f");
    es_der_put_uint(&out, 128);
    expect(&out, "02020080");
    es_der_put_uint(&out, UINT64_MAX);
    expect(&out, "020900ffffffffffffffff");
    es_der_put_unsigned(&out, es_span_of(magnitude, 4));
    expect(&out, "020279aa");
    es_der_put_unsigned(&out, es_span_of(magnitude, 2));
    expect(&out, "020100");
}

static void simple_elements_are_as_in_the_standard(void **state)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(100);

    (void) state;
    es_der_put_bool(&out, true);
    expect(&out, "0101ff");
    es_der_put_null(&out);
    expect(&out, "0500");
    es_der_put_bits(&out, es_span_str("A"));
    expect(&out, "03020041");
    es_der_put_generalized_time(&out, 1587521340);
    expect(&out, "180f32303230303432323032303930305a");
    es_der_put_utc_time(&out, 1587521340);
    expect(&out, "170d3230303432323032303930305a");
}

static void a_year_that_does_not_fit_utc_time_fails_the_buffer(void **state)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(100);

    (void) state;
    es_der_put_utc_time(&out, INT64_C(2524608000)); /* 2050-01-01 */
    assert_int_equal(es_buf_check(&out, NULL), ES_E_LIMIT);
}

static void lengths_grow_with_the_content(void **state)
{
    static const size_t lens[] = {0, 127, 128, 255, 256, 65535, 65536};
    static const char *const heads[] = {"3000",     "307f",     "308180",    "3081ff",
                                        "30820100", "3082ffff", "3083010000"};
    ES_AUTO(es_buf) out = ES_BUF_INIT(100000);

    (void) state;
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        size_t mark, head_len = strlen(heads[i]) / 2;

        es_buf_reset(&out);
        mark = es_der_begin(&out, ES_DER_SEQUENCE);
        for (size_t n = 0; n < lens[i]; n++)
            es_buf_put_byte(&out, 0xab);
        es_der_end(&out, mark);
        assert_int_equal(es_buf_check(&out, NULL), ES_OK);
        assert_int_equal(out.len, head_len + lens[i]);
        assert_hex(es_span_of(out.ptr, head_len), heads[i]);
    }
}

static void a_full_buffer_takes_no_more_and_says_so(void **state)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(130);
    size_t mark = es_der_begin(&out, ES_DER_SEQUENCE);

    (void) state;
    for (int i = 0; i < 128; i++)
        es_buf_put_byte(&out, 0);
    es_der_end(&out, mark); /* needs one byte more */
    es_der_sort_set(&out, 0);
    assert_int_equal(es_buf_check(&out, NULL), ES_E_LIMIT);
}

static void set_elements_are_sorted(void **state)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(100);
    size_t mark = es_der_begin(&out, ES_DER_SET);

    (void) state;
    es_der_put_uint(&out, 300);
    es_der_put_uint(&out, 2);
    es_der_put_bool(&out, true);
    es_der_put_uint(&out, 1);
    es_der_sort_set(&out, mark);
    es_der_end(&out, mark);
    expect(&out, "310d0101ff0201010201020202012c");
}

static void oids_are_those_of_the_table(void **state)
{
    static const char *const known[][3] = {
        {"1.2.156.10197.1.501", "06082a811ccf55018375", "SM2-with-SM3"},
        {"1.2.156.10197.1.301", "06082a811ccf5501822d", "SM2"},
        {"1.2.156.10197.1.301.3", "06092a811ccf5501822d03", "SM2-3 encryption"},
        {"1.2.156.10197.1.401.2", "06092a811ccf5501831102", "SM3 with key"},
        {"1.2.156.10197.6.1.4.2.2", "060a2a811ccf550601040202", "GB/T 35275 signedData"},
        {"1.2.840.113549.1.9.16.1.4", "060b2a864886f70d0109100104", "TSTInfo"},
        {"2.999.3", "0603883703", NULL}, /* X.690 8.19.5 */
    };
    ES_AUTO(es_buf) out = ES_BUF_INIT(100);

    (void) state;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        struct bytes b = from_hex(known[i][1]);
        struct es_span oid = es_span_of(b.ptr + 2, b.len - 2);
        char text[64];

        es_der_put_oid(&out, known[i][0]);
        expect(&out, known[i][1]);
        es_oid_text(oid, text, sizeof(text));
        assert_string_equal(text, known[i][0]);
        assert_true(es_oid_is(oid, known[i][0]));
        assert_false(es_oid_is(oid, "1.2.156.10197.1.302"));
        if (known[i][2] != NULL)
            assert_string_equal(es_oid_name(oid), known[i][2]);
        else
            assert_null(es_oid_name(oid));
    }
}

static void malformed_oid_text_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "1",
                                      "1.",
                                      "3.1",
                                      "1.40",
                                      "1.2.",
                                      "1..2",
                                      "1.02",
                                      "1.2x",
                                      " 1.2",
                                      "1.2.18446744073709551616"};
    ES_AUTO(es_buf) out = ES_BUF_INIT(100);

    (void) state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(es_oid_parse(bad[i], &out, NULL), ES_E_FORMAT);
    assert_int_equal(out.len, 0);
}

static void malformed_oid_bytes_show_as_hex(void **state)
{
    uint8_t unfinished[] = {0x2a, 0x81};
    uint8_t huge[12] = {0x2a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};
    char text[64], small[6];

    (void) state;
    es_oid_text(es_span_of(unfinished, 2), text, sizeof(text));
    assert_string_equal(text, "?2a81");
    es_oid_text(es_span_of(huge, 12), text, sizeof(text));
    assert_string_equal(text, "?2affffffffffffffffffff7f");
    es_oid_text(es_span_of(huge, 12), small, sizeof(small));
    assert_string_equal(small, "?2aff");
    es_oid_text(es_span_of(NULL, 0), text, sizeof(text));
    assert_string_equal(text, "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written_minimally),
        cmocka_unit_test(simple_elements_are_as_in_the_standard),
        cmocka_unit_test(a_year_that_does_not_fit_utc_time_fails_the_buffer),
        cmocka_unit_test(lengths_grow_with_the_content),
        cmocka_unit_test(a_full_buffer_takes_no_more_and_says_so),
        cmocka_unit_test(set_elements_are_sorted),
        cmocka_unit_test(oids_are_those_of_the_table),
        cmocka_unit_test(malformed_oid_text_is_refused),
        cmocka_unit_test(malformed_oid_bytes_show_as_hex),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
