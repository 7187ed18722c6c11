/*
 * Inside a TextCode: characters with their escapes, and the two lists of advances. Nothing is
 * expanded: "g 1000000000 1" costs nothing until characters use it up.
 */
#include "ofd_text.h"

#include <utf8proc.h>

struct es_ofd_deltas es_ofd_deltas_of(struct es_span list)
{
    list = es_span_trim(list);
    return (struct es_ofd_deltas){.rest = list, .present = list.len > 0};
}

/* "n v" behind a "g"; false when it gives no advance (n of 0) or is cut off. */
static bool read_group(struct es_ofd_deltas *deltas)
{
    struct es_span token;
    uint32_t repeat = 0;

    if (!es_ofd_token(&deltas->rest, &token) || !es_ofd_id(token, &repeat) ||
        !es_ofd_token(&deltas->rest, &token) || repeat == 0)
        return false;
    deltas->value = es_ofd_number(token);
    deltas->repeat = repeat - 1;
    return true;
}

double es_ofd_deltas_next(struct es_ofd_deltas *deltas)
{
    struct es_span token;

    if (deltas->repeat > 0) {
        deltas->repeat--;
        return deltas->value;
    }
    while (es_ofd_token(&deltas->rest, &token)) {
        if (es_span_is(token, "g") || es_span_is(token, "G")) {
            if (!read_group(deltas))
                continue;
        } else {
            deltas->value = es_ofd_number(token);
        }
        return deltas->value;
    }
    return deltas->value;
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Code unit of "\hhhh" at position at, or -1. */
static int32_t escape_at(struct es_span text, size_t at)
{
    int32_t unit = 0;

    if (text.len < 5 || at > text.len - 5 || text.ptr[at] != '\\')
        return -1;
    for (size_t i = 1; i <= 4; i++) {
        int digit = hex_value(text.ptr[at + i]);

        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

/* SPEC GB/T 33190-2016 7.3: a backslash and four hex digits are a UTF-16 unit. */
int32_t es_ofd_text_next(struct es_span text, size_t *at)
{
    int32_t unit = escape_at(text, *at), low;

    if (unit < 0) {
        int32_t c = es_utf8_next(text, at);

        return c >= 0 || *at >= text.len ? c : 0xFFFD;
    }
    *at += 5;
    if (unit < 0xD800 || unit > 0xDFFF)
        return unit;
    low = unit < 0xDC00 ? escape_at(text, *at) : -1;
    if (low < 0xDC00 || low > 0xDFFF)
        return 0xFFFD;
    *at += 5;
    return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

bool es_ofd_is_wide(uint32_t code_point)
{
    return utf8proc_charwidth((utf8proc_int32_t) code_point) == 2;
}
