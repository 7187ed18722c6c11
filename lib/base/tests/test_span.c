/* Spans and sizes: no operation leaves the bytes it was given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_base.h"

static const struct es_span none = {NULL, 0};

static void sums_that_wrap_are_refused(void **state)
{
    struct es_error err = {0};
    size_t out = 0;

    (void) state;
    assert_int_equal(es_size_add(SIZE_MAX, 1, &out, &err), ES_E_LIMIT);
    assert_int_equal(es_size_add(1, SIZE_MAX, &out, NULL), ES_E_LIMIT);
    assert_int_equal(es_size_mul(SIZE_MAX / 2 + 1, 2, &out, &err), ES_E_LIMIT);
    assert_int_equal(es_size_mul(SIZE_MAX, SIZE_MAX, &out, &err), ES_E_LIMIT);
}

static void sums_that_fit_are_given(void **state)
{
    size_t out = 0;

    (void) state;
    assert_int_equal(es_size_add(SIZE_MAX - 1, 1, &out, NULL), ES_OK);
    assert_true(out == SIZE_MAX);
    assert_int_equal(es_size_mul(SIZE_MAX / 2, 2, &out, NULL), ES_OK);
    assert_true(out == SIZE_MAX - 1);
    assert_int_equal(es_size_mul(0, SIZE_MAX, &out, NULL), ES_OK);
    assert_true(out == 0);
}

static void a_c_string_becomes_a_span_without_its_nul(void **state)
{
    (void) state;
    assert_int_equal(es_span_str("abc").len, 3);
    assert_int_equal(es_span_str("").len, 0);
    assert_int_equal(es_span_str(NULL).len, 0);
    assert_null(es_span_str(NULL).ptr);
}

static void equal_means_same_length_and_bytes(void **state)
{
    (void) state;
    assert_true(es_span_equal(none, es_span_str("")));
    assert_true(es_span_equal(es_span_of("a\0b", 3), es_span_of("a\0b", 3)));
    assert_false(es_span_equal(es_span_of("a\0b", 3), es_span_of("a\0c", 3)));
    assert_false(es_span_equal(es_span_str("ab"), es_span_str("abc")));
    assert_true(es_span_is(es_span_str("abc"), "abc"));
    assert_false(es_span_is(es_span_of("abc\0", 4), "abc"));
}

static void starts_needs_the_whole_prefix(void **state)
{
    (void) state;
    assert_true(es_span_starts(es_span_str("abc"), "ab"));
    assert_true(es_span_starts(es_span_str("abc"), "abc"));
    assert_true(es_span_starts(none, ""));
    assert_false(es_span_starts(es_span_str("ab"), "abc"));
    assert_false(es_span_starts(none, "a"));
}

static void order_is_by_bytes_then_length(void **state)
{
    (void) state;
    assert_true(es_span_compare(es_span_str("a"), es_span_str("b")) < 0);
    assert_true(es_span_compare(es_span_str("ab"), es_span_str("a")) > 0);
    assert_true(es_span_compare(none, es_span_str("a")) < 0);
    assert_int_equal(es_span_compare(none, es_span_str("")), 0);
    assert_true(es_span_compare(es_span_str("\x7f"), es_span_str("\x80")) < 0);
}

static void a_part_never_leaves_the_whole(void **state)
{
    struct es_span abc = es_span_str("abc");

    (void) state;
    assert_true(es_span_is(es_span_sub(abc, 1, 1), "b"));
    assert_true(es_span_is(es_span_sub(abc, 1, SIZE_MAX), "bc"));
    assert_true(es_span_is(es_span_sub(abc, 3, 1), ""));
    assert_true(es_span_sub(abc, SIZE_MAX, SIZE_MAX).ptr == abc.ptr + 3);
    assert_int_equal(es_span_sub(none, 5, 5).len, 0);
    assert_null(es_span_sub(none, 5, 5).ptr);
}

static void trimming_takes_white_space_at_both_ends_only(void **state)
{
    (void) state;
    assert_true(es_span_is(es_span_trim(es_span_str(" \t\r\na b\n ")), "a b"));
    assert_int_equal(es_span_trim(es_span_str(" \t\r\n")).len, 0);
    assert_int_equal(es_span_trim(none).len, 0);
    assert_true(es_span_is(es_span_trim(es_span_str("\v\f")), "\v\f"));
}

static void a_byte_is_found_at_its_first_place(void **state)
{
    (void) state;
    assert_int_equal(es_span_find(es_span_str("a/b/c"), '/'), 1);
    assert_int_equal(es_span_find(es_span_str("abc"), '/'), 3);
    assert_int_equal(es_span_find(es_span_of("a\0b", 3), 0), 1);
    assert_int_equal(es_span_find(none, '/'), 0);
}

static void a_text_is_found_at_its_first_place(void **state)
{
    size_t at = 77;

    (void) state;
    assert_true(es_span_search(es_span_str("aabab"), es_span_str("ab"), &at));
    assert_int_equal(at, 1);
    assert_true(es_span_search(es_span_str("abc"), es_span_str("abc"), NULL));
    at = 77;
    assert_false(es_span_search(es_span_str("abc"), es_span_str("abcd"), &at));
    assert_false(es_span_search(es_span_str("abc"), none, &at));
    assert_false(es_span_search(none, es_span_str("a"), &at));
    assert_int_equal(at, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_that_wrap_are_refused),
        cmocka_unit_test(sums_that_fit_are_given),
        cmocka_unit_test(a_c_string_becomes_a_span_without_its_nul),
        cmocka_unit_test(equal_means_same_length_and_bytes),
        cmocka_unit_test(starts_needs_the_whole_prefix),
        cmocka_unit_test(order_is_by_bytes_then_length),
        cmocka_unit_test(a_part_never_leaves_the_whole),
        cmocka_unit_test(trimming_takes_white_space_at_both_ends_only),
        cmocka_unit_test(a_byte_is_found_at_its_first_place),
        cmocka_unit_test(a_text_is_found_at_its_first_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
