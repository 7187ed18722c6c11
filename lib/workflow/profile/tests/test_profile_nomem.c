/* Each allocation failing in turn: out of memory is told, nothing is leaked, nothing half made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile_text.h"

static long left = -1; /* allocations until one fails; below 0: none fails */
static bool failed;

void *__real_malloc(size_t len);
void *__real_calloc(size_t count, size_t len);
void *__real_realloc(void *ptr, size_t len);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t count, size_t len);
void *__wrap_realloc(void *ptr, size_t len);

static bool fails(void)
{
    bool now = left >= 0 && left-- == 0;

    failed = failed || now;
    return now;
}

void *__wrap_malloc(size_t len)
{
    return fails() ? NULL : __real_malloc(len);
}

void *__wrap_calloc(size_t count, size_t len)
{
    return fails() ? NULL : __real_calloc(count, len);
}

void *__wrap_realloc(void *ptr, size_t len)
{
    return fails() ? NULL : __real_realloc(ptr, len);
}

/* Loads the text with the n-th allocation failing; expected is what it gives with none. */
static void fail_each(const char *rule, es_status expected)
{
    ES_AUTO(es_buf) file = ES_BUF_INIT(1 << 16);
    struct profile_text text = {.extends = "{\"id\":\"national\",\"version\":1}",
                                .head = "\"v\":1,\"id\":\"x\",\"version\":1,\"title\":\"T\","
                                        "\"publisher\":\"P\",\"start\":\"2026-01-01\","
                                        "\"end\":\"none\",\"regulations\":{\"T\":\"Text\"}",
                                .param = "custodian",
                                .rule = rule};
    long n = 0;

    put_profile(&text, &file);
    for (failed = true; failed && n < 100000; n++) {
        struct es_profile *out = NULL;
        struct es_error err = {0};
        es_status status = ES_OK;

        failed = false;
        left = n;
        status = es_profile_load(es_buf_span(&file), NULL, 0, &out, &err);
        left = -1;
        assert_int_equal(status, failed ? ES_E_NOMEM : expected);
        assert_int_equal(err.status, status);
        assert_int_equal(out != NULL, status == ES_OK);
        es_profile_free(out);
    }
    assert_in_range(n, 50, 99999);
}

static void each_failing_allocation_is_told(void **state)
{
    (void) state;
    fail_each("{\"value\":\"named\",\"cites\":[\"T 1\"],\"ours\":{\"en\":\"a\",\"zh\":\"b\"}}",
              ES_OK);
}

static void a_refusal_that_finds_no_memory_for_its_words_is_out_of_memory(void **state)
{
    (void) state;
    fail_each("{\"value\":\"nobody\",\"cites\":[\"T 1\"]}", ES_E_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failing_allocation_is_told),
        cmocka_unit_test(a_refusal_that_finds_no_memory_for_its_words_is_out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
