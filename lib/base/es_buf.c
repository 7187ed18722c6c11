/*
 * Growable bytes with a maximum. Invariants: len <= cap <= max; once failed is set nothing is
 * written any more and len stays what it was.
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

uint8_t *es_buf_reserve(struct es_buf *buf, size_t len)
{
    size_t cap;
    uint8_t *ptr;

    if (buf->failed != ES_OK)
        return NULL;
    ES_BUG_ON(buf->len > buf->cap);
    if (buf->max < buf->len || len > buf->max - buf->len) {
        buf->failed = ES_E_LIMIT;
        return NULL;
    }
    if (len <= buf->cap - buf->len && buf->ptr != NULL)
        return buf->ptr + buf->len;
    cap = grown_capacity(buf, buf->len + len);
    ptr = realloc(buf->ptr, cap == 0 ? 1 : cap);
    if (ptr == NULL) {
        buf->failed = ES_E_NOMEM;
        return NULL;
    }
    buf->ptr = ptr;
    buf->cap = cap;
    return ptr + buf->len;
}

void es_buf_put(struct es_buf *buf, const void *ptr, size_t len)
{
    uint8_t *room;

    if (len == 0)
        return;
    room = es_buf_reserve(buf, len);
    if (room == NULL)
        return;
    memcpy(room, ptr, len);
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
    va_list args;
    uint8_t *room;
    int len;

    va_start(args, format);
    len = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    ES_BUG_ON(len < 0);
    if ((size_t) len < sizeof small) {
        es_buf_put(buf, small, (size_t) len);
        return;
    }
    room = es_buf_reserve(buf, (size_t) len + 1);
    if (room == NULL)
        return;
    va_start(args, format);
    (void) vsnprintf((char *) room, (size_t) len + 1, format, args);
    va_end(args);
    buf->len += (size_t) len;
}

void es_buf_insert(struct es_buf *buf, size_t at, const void *ptr, size_t len)
{
    ES_BUG_ON(at > buf->len);
    if (len == 0 || es_buf_reserve(buf, len) == NULL)
        return;
    memmove(buf->ptr + at + len, buf->ptr + at, buf->len - at);
    memcpy(buf->ptr + at, ptr, len);
    buf->len += len;
}

const char *es_buf_cstr(struct es_buf *buf)
{
    uint8_t *room = es_buf_reserve(buf, 1);

    if (room == NULL)
        return NULL;
    *room = 0;
    return (const char *) buf->ptr;
}

es_status es_buf_check(const struct es_buf *buf, struct es_error *err)
{
    ES_ENSURE(buf->failed != ES_E_LIMIT, err, ES_E_LIMIT, "more than %zu bytes", buf->max);
    ES_ENSURE(buf->failed == ES_OK, err, buf->failed, "out of memory");
    return ES_OK;
}
