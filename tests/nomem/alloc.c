/* See alloc.h. glibc calls malloc, calloc, realloc and free through its own table of symbols, so
 * what stands here serves the libraries and libc as well. */
#include "alloc.h"

#include <errno.h>
#include <execinfo.h>
#include <limits.h>
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

extern void *__libc_malloc(size_t len);
extern void *__libc_calloc(size_t count, size_t len);
extern void *__libc_realloc(void *old, size_t len);
extern void *__libc_memalign(size_t align, size_t len);
extern void __libc_free(void *p);

static struct {
    long left; /* allocations before the failing one; LONG_MAX: none fails */
    bool all, met, trace;
    int spared;
    long live;
} door = {.left = LONG_MAX};

void alloc_fail(long nth, bool all)
{
    door.left = nth;
    door.all = all;
    door.met = false;
}

bool alloc_relent(void)
{
    bool met = door.met;

    door.left = LONG_MAX;
    door.met = false;
    return met;
}

long alloc_live(void)
{
    return door.live;
}

void alloc_spare_begin(void)
{
    door.spared++;
}

void alloc_spare_end(void)
{
    door.spared--;
}

void alloc_trace(bool on)
{
    door.trace = on;
}

static void show_trace(void)
{
    void *frames[48];
    int count;

    door.spared++;
    count = backtrace(frames, 48);
    backtrace_symbols_fd(frames, count, STDERR_FILENO);
    (void) !write(STDERR_FILENO, "\n", 1);
    door.spared--;
}

static bool is_due(void)
{
    if (door.left == LONG_MAX || door.spared > 0)
        return false;
    if (door.left > 0) {
        door.left--;
        return false;
    }
    if (door.met && !door.all)
        return false;
    if (door.trace && !door.met)
        show_trace();
    door.met = true;
    errno = ENOMEM;
    return true;
}

static void *counted(void *p)
{
    if (p != NULL)
        door.live++;
    return p;
}

void *malloc(size_t len)
{
    return is_due() ? NULL : counted(__libc_malloc(len));
}

void *calloc(size_t count, size_t len)
{
    return is_due() ? NULL : counted(__libc_calloc(count, len));
}

void *realloc(void *old, size_t len)
{
    void *p;

    if (old == NULL)
        return malloc(len);
    if (len == 0) {
        free(old);
        return NULL;
    }
    p = is_due() ? NULL : __libc_realloc(old, len);
    return p;
}

void *memalign(size_t align, size_t len)
{
    return is_due() ? NULL : counted(__libc_memalign(align, len));
}

void *aligned_alloc(size_t align, size_t len)
{
    return memalign(align, len);
}

int posix_memalign(void **out, size_t align, size_t len)
{
    void *p = memalign(align, len);

    if (p == NULL)
        return ENOMEM;
    *out = p;
    return 0;
}

void free(void *p)
{
    if (p != NULL)
        door.live--;
    __libc_free(p);
}
