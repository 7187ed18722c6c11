/* Arenas: alignment, zeroed memory, the maximum, pieces that do not overlap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_base.h"

static void pieces_past_the_maximum_are_refused(void **state)
{
    ES_AUTO(es_arena) arena = {0};

    (void) state;
    es_arena_init(&arena, 1000);
    assert_null(es_arena_alloc(&arena, 1001));
    assert_non_null(es_arena_alloc(&arena, 500));
    assert_null(es_arena_alloc(&arena, 600));
    assert_non_null(es_arena_alloc(&arena, 100));
    assert_true(arena.used <= 1000);
}

static void sizes_that_cannot_be_are_refused(void **state)
{
    ES_AUTO(es_arena) arena = {0};

    (void) state;
    es_arena_init(&arena, 0);
    assert_null(es_arena_alloc(&arena, SIZE_MAX));
    assert_null(es_arena_alloc(&arena, SIZE_MAX / 2));
    assert_null(es_arena_text(&arena, es_span_of("", SIZE_MAX)));
    assert_int_equal(arena.used, 0);
}

static void memory_is_zeroed_and_aligned(void **state)
{
    ES_AUTO(es_arena) arena = {0};

    (void) state;
    for (size_t len = 0; len < 300; len++) {
        uint8_t *piece = es_arena_alloc(&arena, len);

        assert_non_null(piece);
        assert_int_equal((uintptr_t) piece % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < len; i++)
            assert_int_equal(piece[i], 0);
        memset(piece, 0xff, len);
    }
}

static void pieces_do_not_overlap(void **state)
{
    ES_AUTO(es_arena) arena = {0};
    uint8_t *pieces[200];

    (void) state;
    for (size_t i = 0; i < 200; i++) {
        pieces[i] = es_arena_alloc(&arena, i * 37 + 1);
        assert_non_null(pieces[i]);
        memset(pieces[i], (int) i, i * 37 + 1);
    }
    for (size_t i = 0; i < 200; i++)
        for (size_t k = 0; k < i * 37 + 1; k++)
            assert_int_equal(pieces[i][k], i);
}

static void pieces_larger_than_a_block_are_given(void **state)
{
    ES_AUTO(es_arena) arena = {0};
    uint8_t *piece = es_arena_alloc(&arena, 3 << 20);

    (void) state;
    assert_non_null(piece);
    assert_int_equal(piece[(3 << 20) - 1], 0);
    assert_non_null(es_arena_alloc(&arena, 1));
}

static void a_text_is_copied_with_a_nul_behind(void **state)
{
    ES_AUTO(es_arena) arena = {0};
    char from[] = "abc";
    char *text = es_arena_text(&arena, es_span_of(from, 2));

    (void) state;
    from[0] = 'x';
    assert_string_equal(text, "ab");
    assert_string_equal(es_arena_text(&arena, es_span_of(NULL, 0)), "");
}

static void printf_gives_a_text_of_any_length(void **state)
{
    ES_AUTO(es_arena) arena = {0};
    char *text = es_arena_printf(&arena, "%05000d", 7);

    (void) state;
    assert_non_null(text);
    assert_int_equal(strlen(text), 5000);
    assert_string_equal(es_arena_printf(&arena, "%s-%d", "a", 1), "a-1");
}

static void a_text_past_the_maximum_is_refused(void **state)
{
    ES_AUTO(es_arena) arena = {0};

    (void) state;
    es_arena_init(&arena, 64);
    assert_null(es_arena_printf(&arena, "%0100d", 7));
    assert_null(es_arena_text(&arena, es_span_str("0123456789012345678901234567890123456789"
                                                  "0123456789012345678901234567890123456789")));
}

static void a_cleared_arena_can_be_used_again(void **state)
{
    struct es_arena arena;

    (void) state;
    es_arena_init(&arena, 100);
    assert_non_null(es_arena_alloc(&arena, 90));
    assert_null(es_arena_alloc(&arena, 90));
    es_arena_clear(&arena);
    es_arena_clear(&arena);
    assert_int_equal(arena.used, 0);
    assert_non_null(es_arena_alloc(&arena, 90));
    es_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_past_the_maximum_are_refused),
        cmocka_unit_test(sizes_that_cannot_be_are_refused),
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(pieces_do_not_overlap),
        cmocka_unit_test(pieces_larger_than_a_block_are_given),
        cmocka_unit_test(a_text_is_copied_with_a_nul_behind),
        cmocka_unit_test(printf_gives_a_text_of_any_length),
        cmocka_unit_test(a_text_past_the_maximum_is_refused),
        cmocka_unit_test(a_cleared_arena_can_be_used_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
