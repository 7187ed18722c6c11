/* Numbers, boxes, lists and text codes. Values by hand from GB/T 33190 (formats.md 6.2, 6.11). */
#include "ofd_fixture.h"

#include "../ofd_text.h"

static double number(const char *text)
{
    return es_ofd_number(es_span_str(text));
}

static void decimal_numbers_are_read(void **state)
{
    (void) state;
    assert_true(number("90.00") == 90.0);
    assert_true(number("-0.5") == -0.5);
    assert_true(number("+7") == 7.0);
    assert_true(number(".25") == 0.25);
    assert_true(number("3.") == 3.0);
    assert_true(number("1.5e2") == 150.0);
    assert_true(number("25E-1") == 2.5);
    assert_true(number("0.1") == 0.1);
    assert_true(number("123456.789") == 123456.789);
}

static void what_is_no_number_reads_as_zero(void **state)
{
    const char *const bad[] = {"",    "-",   ".",    "e5",  "1e",  "1e+", "12mm",  "0x10",
                               "nan", "inf", "-inf", "1,5", "1 2", "--1", "1.2.3", "１"};

    (void) state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_true(number(bad[i]) == 0);
}

static void numbers_stay_within_bounds(void **state)
{
    (void) state;
    assert_true(number("1e400") == 1e7);
    assert_true(number("-99999999999999999999999999") == -1e7);
    assert_true(number("1e-400") == 0);
    assert_true(number("1e99999999999999999999") == 1e7);
    assert_true(number("0e99999") == 0);
    assert_true(number("0.00000000000000000000000001") < 1e-25);
}

static void ids_are_unsigned_numbers_of_32_bits(void **state)
{
    uint32_t id = 7;

    (void) state;
    assert_true(es_ofd_id(es_span_str(" 42 "), &id));
    assert_int_equal(id, 42);
    assert_true(es_ofd_id(es_span_str("4294967295"), &id));
    assert_false(es_ofd_id(es_span_str("4294967296"), &id));
    assert_false(es_ofd_id(es_span_str("s001"), &id));
    assert_false(es_ofd_id(es_span_str("-1"), &id));
    assert_false(es_ofd_id(es_span_str(""), &id));
}

static void a_box_needs_four_numbers(void **state)
{
    struct es_box box;

    (void) state;
    assert_true(es_ofd_box(es_span_str("  90.00 8.00\t30.00\n20.00 "), &box));
    assert_true(box.x == 90 && box.y == 8 && box.width == 30 && box.height == 20);
    assert_false(es_ofd_box(es_span_str("1 2 3"), &box));
    assert_false(es_ofd_box(es_span_str(""), &box));
}

static void groups_of_advances_repeat_their_value(void **state)
{
    const double expected[] = {9, 4.5, 9, 4.5, 4.5, 4.5, 2, 2, 2};
    struct es_ofd_deltas deltas = es_ofd_deltas_of(es_span_str("9 4.5 9 g 3 4.5 2"));

    (void) state;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        assert_true(es_ofd_deltas_next(&deltas) == expected[i]);
}

static void broken_groups_end_without_harm(void **state)
{
    const char *const lists[] = {"g", "g 3", "g x 3", "g 0 5 g 0 6", "g g g", "g 4294967295 1"};

    (void) state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct es_ofd_deltas deltas = es_ofd_deltas_of(es_span_str(lists[i]));

        for (int k = 0; k < 5; k++)
            assert_true(es_ofd_deltas_next(&deltas) >= 0);
    }
}

static void escapes_in_text_are_utf16_units(void **state)
{
    struct es_span text = es_span_str("a\\4E2Db\\12\\D840\\DC00\\D840x");
    const int32_t expected[] = {'a', 0x4E2D, 'b', '\\', '1', '2', 0x20000, 0xFFFD, 'x', -1};
    size_t at = 0;

    (void) state;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        assert_int_equal(es_ofd_text_next(text, &at), expected[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimal_numbers_are_read),
        cmocka_unit_test(what_is_no_number_reads_as_zero),
        cmocka_unit_test(numbers_stay_within_bounds),
        cmocka_unit_test(ids_are_unsigned_numbers_of_32_bits),
        cmocka_unit_test(a_box_needs_four_numbers),
        cmocka_unit_test(groups_of_advances_repeat_their_value),
        cmocka_unit_test(broken_groups_end_without_harm),
        cmocka_unit_test(escapes_in_text_are_utf16_units),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
