/* Each allocation fails in turn: told as out of memory, nothing lost, nothing leaked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_base.h"

static int left = -1; /* allocations that still work; -1: all */

static int fails(void)
{
    if (left < 0)
        return 0;
    return left-- == 0;
}

void *__real_malloc(size_t len);
void *__real_realloc(void *ptr, size_t len);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
void *__wrap_malloc(size_t len);
void *__wrap_realloc(void *ptr, size_t len);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len);

void *__wrap_malloc(size_t len)
{
    return fails() ? NULL : __real_malloc(len);
}

void *__wrap_realloc(void *ptr, size_t len)
{
    return fails() ? NULL : __real_realloc(ptr, len);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t len)
{
    return fails() ? NULL : __real_strndup(text, len);
}

static void a_buffer_keeps_what_it_held(void **state)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(1000);
    struct es_error err = {0};

    (void) state;
    es_buf_put_str(&buf, "held");
    left = 0;
    es_buf_printf(&buf, "%0500d", 1);
    left = -1;
    assert_int_equal(es_buf_check(&buf, &err), ES_E_NOMEM);
    assert_string_equal(err.text, "out of memory");
    assert_true(es_span_is(es_buf_span(&buf), "held"));
    es_buf_reset(&buf);
    left = 0;
    (void) es_buf_reserve(&buf, 900);
    left = -1;
    assert_int_equal(es_buf_check(&buf, NULL), ES_E_NOMEM);
}

static void a_full_buffer_without_room_for_its_nul_is_marked(void **state)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(4);

    (void) state;
    es_buf_put_str(&buf, "abcd");
    left = 0;
    assert_null(es_buf_cstr(&buf));
    left = -1;
    assert_int_equal(es_buf_check(&buf, NULL), ES_E_NOMEM);
}

static void an_arena_gives_null_and_goes_on(void **state)
{
    ES_AUTO(es_arena) arena = {0};

    (void) state;
    left = 0;
    assert_null(es_arena_alloc(&arena, 10));
    left = 0;
    assert_null(es_arena_text(&arena, es_span_str("a")));
    left = 0;
    assert_null(es_arena_printf(&arena, "%d", 1));
    left = -1;
    assert_int_equal(arena.used, 0);
    assert_string_equal(es_arena_printf(&arena, "%d", 1), "1");
}

static void folding_is_told(void **state)
{
    (void) state;
    for (int i = 0; i < 3; i++) {
        ES_AUTO(es_buf) buf = ES_BUF_INIT(100);
        es_status status;

        left = i;
        status = es_text_fold(es_span_str("plain"), &buf, NULL);
        left = -1;
        assert_true(status == ES_OK || status == ES_E_NOMEM);
        assert_true(i > 0 || status == ES_E_NOMEM);
    }
}

static void writing_a_file_leaves_nothing_but_the_target(void **state)
{
    char folder[] = "/tmp/eseal-test-XXXXXX";
    char path[64];
    es_status status = ES_E_NOMEM;

    (void) state;
    assert_non_null(mkdtemp(folder));
    (void) snprintf(path, sizeof path, "%s/out", folder);
    for (int i = 0; status != ES_OK && i < 20; i++) {
        left = i;
        status = es_file_write(path, es_span_str("x"), 0600, true, NULL);
        left = -1;
        assert_true(status == ES_OK || status == ES_E_NOMEM);
        (void) remove(path);
        assert_int_equal(remove(folder), 0); /* empty */
        assert_non_null(mkdtemp(memcpy(folder, "/tmp/eseal-test-XXXXXX", sizeof folder)));
        (void) snprintf(path, sizeof path, "%s/out", folder);
    }
    assert_int_equal(status, ES_OK);
    assert_int_equal(remove(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_keeps_what_it_held),
        cmocka_unit_test(a_full_buffer_without_room_for_its_nul_is_marked),
        cmocka_unit_test(an_arena_gives_null_and_goes_on),
        cmocka_unit_test(folding_is_told),
        cmocka_unit_test(writing_a_file_leaves_nothing_but_the_target),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
