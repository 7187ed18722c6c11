/*
 * Each allocation of the code under test fails in turn. Link the test with ES_WRAP_ALLOC (see
 * meson.build), which sends malloc, calloc and realloc here; libraries keep the real ones.
 */
#ifndef ES_FAIL_ALLOC_H
#define ES_FAIL_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* Counts down; the call that finds 0 fails, and only that one. Negative: none fails. */
static long fail_after = -1;
static bool fail_done;

void *__real_malloc(size_t len);
void *__real_calloc(size_t count, size_t len);
void *__real_realloc(void *ptr, size_t len);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t count, size_t len);
void *__wrap_realloc(void *ptr, size_t len);

static bool fails_now(void)
{
    if (fail_after < 0 || fail_after-- > 0)
        return false;
    fail_done = true;
    return true;
}

void *__wrap_malloc(size_t len)
{
    return fails_now() ? NULL : __real_malloc(len);
}

void *__wrap_calloc(size_t count, size_t len)
{
    return fails_now() ? NULL : __real_calloc(count, len);
}

void *__wrap_realloc(void *ptr, size_t len)
{
    return fails_now() ? NULL : __real_realloc(ptr, len);
}

/** Begin with the n-th allocation failing; fail_end tells if it came to that. */
static void fail_begin(long n)
{
    fail_done = false;
    fail_after = n;
}

static bool fail_end(void)
{
    fail_after = -1;
    return fail_done;
}

#endif
