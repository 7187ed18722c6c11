/* Spans and sizes: borrowed bytes, and sums that refuse to wrap. */
#include "es_base.h"

es_status es_size_add(size_t a, size_t b, size_t *out, struct es_error *err)
{
    ES_ENSURE(!__builtin_add_overflow(a, b, out), err, ES_E_LIMIT, "size %zu + %zu is too large", a,
              b);
    return ES_OK;
}

es_status es_size_mul(size_t a, size_t b, size_t *out, struct es_error *err)
{
    ES_ENSURE(!__builtin_mul_overflow(a, b, out), err, ES_E_LIMIT, "size %zu * %zu is too large", a,
              b);
    return ES_OK;
}

struct es_span es_span_str(const char *s)
{
    return es_span_of(s, s == NULL ? 0 : strlen(s));
}

bool es_span_equal(struct es_span a, struct es_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool es_span_is(struct es_span a, const char *s)
{
    return es_span_equal(a, es_span_str(s));
}

bool es_span_starts(struct es_span a, const char *prefix)
{
    size_t len = strlen(prefix);

    return a.len >= len && (len == 0 || memcmp(a.ptr, prefix, len) == 0);
}

int es_span_compare(struct es_span a, struct es_span b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common == 0 ? 0 : memcmp(a.ptr, b.ptr, common);

    if (order != 0)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

struct es_span es_span_sub(struct es_span a, size_t from, size_t len)
{
    if (from > a.len)
        from = a.len;
    if (len > a.len - from)
        len = a.len - from;
    return es_span_of(a.ptr == NULL ? NULL : a.ptr + from, len);
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct es_span es_span_trim(struct es_span a)
{
    while (a.len > 0 && is_space(a.ptr[0]))
        a = es_span_sub(a, 1, a.len);
    while (a.len > 0 && is_space(a.ptr[a.len - 1]))
        a.len--;
    return a;
}

size_t es_span_find(struct es_span a, uint8_t c)
{
    const uint8_t *hit = a.len == 0 ? NULL : memchr(a.ptr, c, a.len);

    return hit == NULL ? a.len : (size_t) (hit - a.ptr);
}

bool es_span_search(struct es_span a, struct es_span needle, size_t *at)
{
    const uint8_t *hit;

    if (needle.len == 0 || a.len < needle.len)
        return false;
    hit = memmem(a.ptr, a.len, needle.ptr, needle.len);
    if (hit == NULL)
        return false;
    if (at != NULL)
        *at = (size_t) (hit - a.ptr);
    return true;
}
