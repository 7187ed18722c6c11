/*
 * Growable bytes with a maximum. Invariants: len <= cap <= max + 1, len <= max; once failed is
 * set nothing is written any more and len stays what it was. What is put may be part of the buffer.
 */
#include "es_base.h"

#include <stdarg.h>

void es_buf_init(struct es_buf *buf, size_t max)
{
    *buf = (struct es_buf) ES_BUF_INIT(max);
}

void es_buf_clear(struct es_buf *buf)
{
    free(buf->ptr);
    es_buf_init(buf, buf->max);
}

void es_buf_reset(struct es_buf *buf)
{
    buf->len = 0;
    buf->failed = ES_OK;
}

static size_t grown_capacity(const struct es_buf *buf, size_t needed)
{
    size_t cap = buf->cap < 64 ? 64 : buf->cap;

    while (cap < needed && cap <= buf->max / 2)
        cap *= 2;
    if (cap < needed)
        cap = buf->max;
    return cap > buf->max ? buf->max : cap;
}

static bool grow(struct es_buf *buf, size_t cap)
{
    uint8_t *ptr = realloc(buf->ptr, cap == 0 ? 1 : cap);

    if (ptr == NULL) {
        buf->failed = ES_E_NOMEM;
        return false;
    }
    buf->ptr = ptr;
    buf->cap = cap;
    return true;
}

uint8_t *es_buf_reserve(struct es_buf *buf, size_t len)
{
    if (buf->failed != ES_OK)
        return NULL;
    ES_BUG_ON(buf->len > buf->cap);
    if (buf->max < buf->len || len > buf->max - buf->len) {
        buf->failed = ES_E_LIMIT;
        return NULL;
    }
    if ((buf->ptr == NULL || len > buf->cap - buf->len) &&
        !grow(buf, grown_capacity(buf, buf->len + len)))
        return NULL;
    return buf->ptr + buf->len;
}

/* Position of ptr when it points into the buffer's own bytes, which move when it grows. */
static bool is_own(const struct es_buf *buf, const void *ptr, size_t *at)
{
    uintptr_t p = (uintptr_t) ptr, start = (uintptr_t) buf->ptr;

    if (buf->ptr == NULL || p < start || p - start >= buf->len)
        return false;
    *at = p - start;
    return true;
}

void es_buf_put(struct es_buf *buf, const void *ptr, size_t len)
{
    size_t at = 0;
    bool own = is_own(buf, ptr, &at);
    uint8_t *room;

    if (len == 0)
        return;
    room = es_buf_reserve(buf, len);
    if (room == NULL)
        return;
    memcpy(room, own ? buf->ptr + at : ptr, len);
    buf->len += len;
}

void es_buf_put_span(struct es_buf *buf, struct es_span s)
{
    es_buf_put(buf, s.ptr, s.len);
}

void es_buf_put_byte(struct es_buf *buf, uint8_t b)
{
    es_buf_put(buf, &b, 1);
}

void es_buf_put_str(struct es_buf *buf, const char *s)
{
    es_buf_put_span(buf, es_span_str(s));
}

void es_buf_printf(struct es_buf *buf, const char *format, ...)
{
    char small[256];
    char *big;
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    ES_BUG_ON(len < 0);
    if ((size_t) len < sizeof small) {
        es_buf_put(buf, small, (size_t) len);
        return;
    }
    /* In memory of its own: the arguments may point into the buffer, and NUL needs no room. */
    big = malloc((size_t) len + 1);
    if (big == NULL) {
        if (buf->failed == ES_OK)
            buf->failed = ES_E_NOMEM;
        return;
    }
    va_start(args, format);
    (void) vsnprintf(big, (size_t) len + 1, format, args);
    va_end(args);
    es_buf_put(buf, big, (size_t) len);
    free(big);
}

void es_buf_insert(struct es_buf *buf, size_t at, const void *ptr, size_t len)
{
    size_t from = 0, before;
    bool own = is_own(buf, ptr, &from);

    ES_BUG_ON(at > buf->len);
    if (len == 0 || es_buf_reserve(buf, len) == NULL)
        return;
    memmove(buf->ptr + at + len, buf->ptr + at, buf->len - at);
    buf->len += len;
    if (!own) {
        memcpy(buf->ptr + at, ptr, len);
        return;
    }
    /* What stood from position at on has moved by len. */
    before = from >= at ? 0 : at - from < len ? at - from : len;
    memmove(buf->ptr + at, buf->ptr + from, before);
    memmove(buf->ptr + at + before, buf->ptr + from + before + len, len - before);
}

const char *es_buf_cstr(struct es_buf *buf)
{
    if (buf->failed != ES_OK)
        return NULL;
    /* The NUL is no content: it may stand one byte past the maximum. */
    if (buf->ptr == NULL || buf->len == buf->cap) {
        size_t cap = buf->len < buf->max ? grown_capacity(buf, buf->len + 1) : buf->len + 1;

        if (!grow(buf, cap))
            return NULL;
    }
    buf->ptr[buf->len] = 0;
    return (const char *) buf->ptr;
}

es_status es_buf_check(const struct es_buf *buf, struct es_error *err)
{
    ES_ENSURE(buf->failed != ES_E_LIMIT, err, ES_E_LIMIT, "more than %zu bytes", buf->max);
    ES_ENSURE(buf->failed == ES_OK, err, buf->failed, "out of memory");
    return ES_OK;
}
