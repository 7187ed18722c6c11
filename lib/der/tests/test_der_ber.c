/* BER to DER. Strings in pieces are the examples of X.690 8.6.4.2 and 8.23.6.1. */
#include "der_test.h"

static es_status convert(const char *hex, struct es_buf *out, bool *changed, size_t *surplus)
{
    struct bytes b = from_hex(hex);

    es_buf_reset(out);
    return es_ber_to_der(es_span_of(b.ptr, b.len), out, changed, surplus, NULL);
}

static void expect(const char *ber, const char *der)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(1000);
    bool changed = false;
    size_t surplus = 9;

    assert_int_equal(convert(ber, &out, &changed, &surplus), ES_OK);
    assert_hex(es_buf_span(&out), der);
    assert_int_equal(changed, strcmp(ber, der) != 0);
    assert_int_equal(surplus, 0);
}

static void indefinite_and_long_lengths_become_short(void **state)
{
    (void) state;
    expect("30800201050000", "3003020105");
    expect("30803080020105000004010a0000", "3008300302010504010a");
    expect("308103020105", "3003020105");
    expect("a08004810201020000", "a00404020102");
}

static void strings_in_pieces_become_whole(void **state)
{
    (void) state;
    expect("23800303000a3b0305045f291cd00000", "0307040a3b5f291cd0");
    expect("3a0904034a6f6e04026573", "1a054a6f6e6573");
    expect("2480240504030102030401040000", "040401020304");
}

static void what_is_der_stays_as_it_is(void **state)
{
    (void) state;
    expect("30070101ff020200ff", "30070101ff020200ff");
    expect("010101", "010101");
    expect("30020500", "30020500");
}

static void bytes_behind_the_element_are_counted(void **state)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(1000);
    bool changed = true;
    size_t surplus = 0;

    (void) state;
    assert_int_equal(convert("30030201050000000000", &out, &changed, &surplus), ES_OK);
    assert_hex(es_buf_span(&out), "3003020105");
    assert_false(changed);
    assert_int_equal(surplus, 5);
}

static void malformed_ber_is_refused_and_leaves_the_buffer(void **state)
{
    static const char *const bad[] = {"",         "3080",           "308002010500",
                                      "0480",     "04800000",       "30020000",
                                      "30050201", "2403020105",     "2380030201aa030200000000",
                                      "30011f",   "22800201000000", "2304030208aa"};
    ES_AUTO(es_buf) out = ES_BUF_INIT(1000);
    bool changed;

    (void) state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(convert(bad[i], &out, &changed, NULL), ES_E_FORMAT);
        assert_int_equal(out.len, 0);
    }
}

/* depth elements of indefinite length, one in the other. */
static es_status nested(uint8_t tag, size_t depth)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(10000);
    uint8_t ber[4 * (ES_DER_DEPTH_MAX + 1)] = {0};
    bool changed;

    for (size_t i = 0; i < depth; i++) {
        ber[2 * i] = tag;
        ber[2 * i + 1] = 0x80;
    }
    return es_ber_to_der(es_span_of(ber, 4 * depth), &out, &changed, NULL, NULL);
}

static unsigned forms_of(const char *hex)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(1000);
    struct bytes b = from_hex(hex);
    unsigned forms = 99;

    assert_int_equal(es_ber_to_der_forms(es_span_of(b.ptr, b.len), &out, &forms, NULL, NULL),
                     ES_OK);
    return forms;
}

static void forms_that_are_not_der_are_told_apart(void **state)
{
    (void) state;
    assert_int_equal(forms_of("3003020105"), 0);
    assert_int_equal(forms_of("30800201050000"), ES_BER_INDEFINITE);
    assert_int_equal(forms_of("300402810105"), ES_BER_LONG_LENGTH);
    assert_int_equal(forms_of("24020400"), ES_BER_PIECES);
    assert_int_equal(forms_of("24800481000000"),
                     ES_BER_INDEFINITE | ES_BER_LONG_LENGTH | ES_BER_PIECES);
}

static void depth_is_limited(void **state)
{
    (void) state;
    assert_int_equal(nested(0x30, ES_DER_DEPTH_MAX + 1), ES_E_LIMIT);
    assert_int_equal(nested(0x30, ES_DER_DEPTH_MAX), ES_OK);
    assert_int_equal(nested(0x24, ES_DER_DEPTH_MAX + 1), ES_E_LIMIT);
    assert_int_equal(nested(0x24, ES_DER_DEPTH_MAX), ES_OK);
}

static void a_full_buffer_is_a_limit(void **state)
{
    struct bytes b = from_hex("30800201050000");
    bool changed;

    (void) state;
    for (size_t max = 0; max < 5; max++) {
        ES_AUTO(es_buf) out = ES_BUF_INIT(max);

        assert_int_equal(es_ber_to_der(es_span_of(b.ptr, b.len), &out, &changed, NULL, NULL),
                         ES_E_LIMIT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(indefinite_and_long_lengths_become_short),
        cmocka_unit_test(strings_in_pieces_become_whole),
        cmocka_unit_test(what_is_der_stays_as_it_is),
        cmocka_unit_test(bytes_behind_the_element_are_counted),
        cmocka_unit_test(malformed_ber_is_refused_and_leaves_the_buffer),
        cmocka_unit_test(forms_that_are_not_der_are_told_apart),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(a_full_buffer_is_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
