/* Buffers: the maximum, the mark of the first failure, bytes of the buffer put into itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_base.h"

static void assert_holds(const struct es_buf *buf, const char *text)
{
    assert_int_equal(buf->len, strlen(text));
    assert_memory_equal(buf->ptr, text, buf->len);
}

static void what_passes_the_maximum_marks_the_buffer(void **state)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(4);
    struct es_error err = {0};

    (void) state;
    es_buf_put_str(&buf, "abc");
    es_buf_put_str(&buf, "de");
    assert_int_equal(es_buf_check(&buf, &err), ES_E_LIMIT);
    assert_string_equal(err.text, "more than 4 bytes");
    assert_holds(&buf, "abc");
}

static void a_marked_buffer_takes_nothing_more(void **state)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(4);

    (void) state;
    es_buf_put_str(&buf, "abc");
    es_buf_put_str(&buf, "de");
    es_buf_put_byte(&buf, 'd');
    es_buf_insert(&buf, 0, "x", 1);
    es_buf_printf(&buf, "%d", 1);
    es_buf_put_hex(&buf, es_span_str("a"));
    assert_null(es_buf_reserve(&buf, 1));
    assert_null(es_buf_cstr(&buf));
    assert_holds(&buf, "abc");
}

static void the_maximum_itself_is_allowed(void **state)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(4);

    (void) state;
    es_buf_put_str(&buf, "ab");
    es_buf_printf(&buf, "%s", "cd");
    assert_int_equal(es_buf_check(&buf, NULL), ES_OK);
    assert_holds(&buf, "abcd");
    es_buf_put_byte(&buf, 'e');
    assert_int_equal(es_buf_check(&buf, NULL), ES_E_LIMIT);
}

static void a_buffer_of_maximum_0_takes_nothing(void **state)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(0);

    (void) state;
    es_buf_put(&buf, NULL, 0);
    assert_int_equal(es_buf_check(&buf, NULL), ES_OK);
    assert_string_equal(es_buf_cstr(&buf), "");
    es_buf_put_byte(&buf, 'a');
    assert_int_equal(es_buf_check(&buf, NULL), ES_E_LIMIT);
}

static void a_huge_reservation_is_refused_without_wrapping(void **state)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(SIZE_MAX);

    (void) state;
    es_buf_put_byte(&buf, 'a');
    assert_null(es_buf_reserve(&buf, SIZE_MAX));
    assert_int_equal(es_buf_check(&buf, NULL), ES_E_LIMIT);
    assert_holds(&buf, "a");
}

static void reset_forgets_content_and_failure(void **state)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(4);

    (void) state;
    es_buf_put_str(&buf, "abcde");
    es_buf_reset(&buf);
    assert_int_equal(es_buf_check(&buf, NULL), ES_OK);
    es_buf_put_str(&buf, "wxyz");
    assert_holds(&buf, "wxyz");
}

static void clear_keeps_the_maximum_and_may_be_repeated(void **state)
{
    struct es_buf buf = ES_BUF_INIT(4);

    (void) state;
    es_buf_put_str(&buf, "abcd");
    es_buf_clear(&buf);
    es_buf_clear(&buf);
    assert_null(buf.ptr);
    assert_int_equal(buf.len, 0);
    assert_int_equal(buf.max, 4);
}

static void reserved_room_can_be_filled(void **state)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(100000);
    uint8_t *room;

    (void) state;
    es_buf_put_str(&buf, "a");
    room = es_buf_reserve(&buf, 99999);
    assert_non_null(room);
    memset(room, 'b', 99999);
    buf.len += 99999;
    assert_int_equal(buf.ptr[0], 'a');
    assert_null(es_buf_reserve(&buf, 1));
}

static void growing_keeps_what_was_written(void **state)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(1 << 20);

    (void) state;
    for (unsigned i = 0; i < 1 << 20; i++)
        es_buf_put_byte(&buf, (uint8_t) (i * 7));
    assert_int_equal(es_buf_check(&buf, NULL), ES_OK);
    for (unsigned i = 0; i < 1 << 20; i++)
        assert_int_equal(buf.ptr[i], (uint8_t) (i * 7));
}

static void printf_writes_texts_of_any_length(void **state)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(1000);
    char text[601];

    (void) state;
    for (int len = 250; len <= 600; len += 5) {
        memset(text, 'x', (size_t) len);
        text[len] = 0;
        es_buf_reset(&buf);
        es_buf_printf(&buf, "%s", text);
        assert_holds(&buf, text);
    }
}

static void a_long_printf_fills_the_buffer_to_its_maximum(void **state)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(300);

    (void) state;
    es_buf_printf(&buf, "%0300d", 7);
    assert_int_equal(es_buf_check(&buf, NULL), ES_OK);
    assert_int_equal(buf.len, 300);
    es_buf_reset(&buf);
    es_buf_printf(&buf, "%0301d", 7);
    assert_int_equal(es_buf_check(&buf, NULL), ES_E_LIMIT);
    assert_int_equal(buf.len, 0);
}

static void insert_moves_what_stands_behind(void **state)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(100);

    (void) state;
    es_buf_insert(&buf, 0, "bd", 2);
    es_buf_insert(&buf, 1, "c", 1);
    es_buf_insert(&buf, 0, "a", 1);
    es_buf_insert(&buf, 4, "e", 1);
    es_buf_insert(&buf, 2, NULL, 0);
    assert_holds(&buf, "abcde");
}

static void a_failed_insert_changes_nothing(void **state)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(5);

    (void) state;
    es_buf_put_str(&buf, "abcd");
    es_buf_insert(&buf, 2, "xy", 2);
    assert_int_equal(es_buf_check(&buf, NULL), ES_E_LIMIT);
    assert_holds(&buf, "abcd");
}

static void a_buffer_can_be_put_into_itself(void **state)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(1 << 20);

    (void) state;
    es_buf_put_str(&buf, "0123456789abcdef");
    while (buf.len < 1 << 16) {
        size_t len = buf.len;

        es_buf_put_span(&buf, es_buf_span(&buf));
        assert_int_equal(buf.len, 2 * len);
    }
    for (size_t i = 0; i < buf.len; i++)
        assert_int_equal(buf.ptr[i], "0123456789abcdef"[i % 16]);
}

static void a_part_of_a_buffer_can_be_printed_into_it(void **state)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(1 << 20);

    (void) state;
    es_buf_printf(&buf, "%0200d", 1);
    es_buf_printf(&buf, "%.*s|%.*s", (int) buf.len, (const char *) buf.ptr, (int) buf.len,
                  (const char *) buf.ptr);
    assert_int_equal(buf.len, 601);
    assert_memory_equal(buf.ptr, buf.ptr + 200, 200);
    assert_memory_equal(buf.ptr, buf.ptr + 401, 200);
}

/* The same with a copy made first. */
static void assert_insert_like_a_copy(size_t at, size_t from, size_t len)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(100);
    ES_AUTO(es_buf) expected = ES_BUF_INIT(100);
    char copy[10];

    es_buf_put_str(&buf, "0123456789");
    es_buf_put_str(&expected, "0123456789");
    memcpy(copy, buf.ptr + from, len);
    es_buf_insert(&expected, at, copy, len);
    es_buf_insert(&buf, at, buf.ptr + from, len);
    assert_true(es_span_equal(es_buf_span(&buf), es_buf_span(&expected)));
}

static void a_part_of_a_buffer_can_be_inserted_anywhere(void **state)
{
    (void) state;
    for (size_t at = 0; at <= 10; at++)
        for (size_t from = 0; from < 10; from++)
            for (size_t len = 1; from + len <= 10; len++)
                assert_insert_like_a_copy(at, from, len);
}

static void as_a_c_string_a_full_buffer_needs_no_more_room(void **state)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(4);

    (void) state;
    assert_string_equal(es_buf_cstr(&buf), "");
    es_buf_put_str(&buf, "abcd");
    assert_string_equal(es_buf_cstr(&buf), "abcd");
    assert_int_equal(buf.len, 4);
    assert_int_equal(es_buf_check(&buf, NULL), ES_OK);
    es_buf_put_byte(&buf, 'e');
    assert_int_equal(es_buf_check(&buf, NULL), ES_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_passes_the_maximum_marks_the_buffer),
        cmocka_unit_test(a_marked_buffer_takes_nothing_more),
        cmocka_unit_test(the_maximum_itself_is_allowed),
        cmocka_unit_test(a_buffer_of_maximum_0_takes_nothing),
        cmocka_unit_test(a_huge_reservation_is_refused_without_wrapping),
        cmocka_unit_test(reset_forgets_content_and_failure),
        cmocka_unit_test(clear_keeps_the_maximum_and_may_be_repeated),
        cmocka_unit_test(reserved_room_can_be_filled),
        cmocka_unit_test(growing_keeps_what_was_written),
        cmocka_unit_test(printf_writes_texts_of_any_length),
        cmocka_unit_test(a_long_printf_fills_the_buffer_to_its_maximum),
        cmocka_unit_test(insert_moves_what_stands_behind),
        cmocka_unit_test(a_failed_insert_changes_nothing),
        cmocka_unit_test(a_buffer_can_be_put_into_itself),
        cmocka_unit_test(a_part_of_a_buffer_can_be_printed_into_it),
        cmocka_unit_test(a_part_of_a_buffer_can_be_inserted_anywhere),
        cmocka_unit_test(as_a_c_string_a_full_buffer_needs_no_more_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
