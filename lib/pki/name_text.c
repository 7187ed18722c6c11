/*
 * Text in Names: five encodings read as one sequence of code points, so that names can be
 * compared and shown whatever string type a CA chose. A value is text only when all of it is
 * well formed; bytes in a string type without a declared set are UTF-8 if they can be, else
 * Latin-1 (formats.md 2.4: mail addresses). Anything else is opaque and compared byte by byte.
 */
#include "pki_internal.h"

#define HASH_PRIME 1099511628211U

static int32_t next_utf16(struct text_walk *w)
{
    const uint8_t *p = w->bytes.ptr + w->at;
    int32_t unit, low;

    if (w->bytes.len - w->at < 2)
        return -1;
    unit = p[0] << 8 | p[1];
    w->at += 2;
    if (unit < 0xd800 || unit > 0xdfff)
        return unit;
    if (unit > 0xdbff || w->bytes.len - w->at < 2)
        return -1;
    low = p[2] << 8 | p[3];
    if (low < 0xdc00 || low > 0xdfff)
        return -1;
    w->at += 2;
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

static int32_t next_utf32(struct text_walk *w)
{
    const uint8_t *p = w->bytes.ptr + w->at;
    uint32_t c;

    if (w->bytes.len - w->at < 4)
        return -1;
    c = (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8 | p[3];
    w->at += 4;
    return c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) ? -1 : (int32_t) c;
}

int32_t text_walk_next(struct text_walk *walk)
{
    if (walk->at >= walk->bytes.len)
        return -1;
    switch (walk->form) {
    case TEXT_UTF8:
        return es_utf8_next(walk->bytes, &walk->at);
    case TEXT_LATIN1:
        return walk->bytes.ptr[walk->at++];
    case TEXT_UTF16:
        return next_utf16(walk);
    case TEXT_UTF32:
        return next_utf32(walk);
    case TEXT_OPAQUE:
    default:
        return -1;
    }
}

static enum text_form form_of(uint8_t tag, struct es_span value)
{
    switch (tag) {
    case ES_DER_UTF8_STRING:
    case ES_DER_PRINTABLE_STRING:
    case ES_DER_T61_STRING:
    case ES_DER_IA5_STRING:
    case ES_DER_VISIBLE_STRING:
    case 0x12: /* NumericString */
        return es_utf8_valid(value) ? TEXT_UTF8 : TEXT_LATIN1;
    case ES_DER_BMP_STRING:
        return TEXT_UTF16;
    case ES_DER_UNIVERSAL_STRING:
        return TEXT_UTF32;
    default:
        return TEXT_OPAQUE;
    }
}

void text_walk_begin(struct text_walk *walk, uint8_t tag, struct es_span value)
{
    *walk = (struct text_walk){.form = form_of(tag, value), .bytes = value};
    if (walk->form != TEXT_UTF16 && walk->form != TEXT_UTF32)
        return;
    while (walk->at < value.len)
        if (text_walk_next(walk) < 0) {
            walk->form = TEXT_OPAQUE;
            return;
        }
    walk->at = 0;
}

void text_put(struct es_buf *out, uint8_t tag, struct es_span value)
{
    struct text_walk walk;
    int32_t c;

    text_walk_begin(&walk, tag, value);
    if (walk.form == TEXT_UTF8) {
        es_buf_put_span(out, value);
    } else if (walk.form == TEXT_OPAQUE) {
        es_buf_put_byte(out, '#');
        es_buf_put_hex(out, value);
    } else {
        while ((c = text_walk_next(&walk)) >= 0)
            es_buf_put_utf8(out, (uint32_t) c);
    }
}

bool text_equal(uint8_t tag_a, struct es_span a, uint8_t tag_b, struct es_span b)
{
    struct text_walk wa, wb;
    int32_t ca, cb;

    if (tag_a == tag_b && es_span_equal(a, b))
        return true;
    text_walk_begin(&wa, tag_a, a);
    text_walk_begin(&wb, tag_b, b);
    if (wa.form == TEXT_OPAQUE || wb.form == TEXT_OPAQUE)
        return false;
    do {
        ca = text_walk_next(&wa);
        cb = text_walk_next(&wb);
    } while (ca == cb && ca >= 0);
    return ca == cb;
}

uint64_t bytes_hash(uint64_t hash, struct es_span bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        hash = (hash ^ bytes.ptr[i]) * HASH_PRIME;
    return (hash ^ 0xff) * HASH_PRIME;
}

uint64_t text_hash(uint64_t hash, uint8_t tag, struct es_span value)
{
    struct text_walk walk;
    int32_t c;

    text_walk_begin(&walk, tag, value);
    if (walk.form == TEXT_OPAQUE)
        return bytes_hash((hash ^ tag) * HASH_PRIME, value);
    while ((c = text_walk_next(&walk)) >= 0)
        hash = (hash ^ (uint32_t) c) * HASH_PRIME;
    return (hash ^ 0x1ff) * HASH_PRIME;
}
