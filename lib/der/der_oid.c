/*
 * Object identifiers: content bytes to dotted text and back, and names of the well-known ones.
 * Bytes that are no OID occur in real files and only ever show as hex.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "es_der.h"

#define OID_CONTENT_MAX 128

/* One arc in base 128, moving *at on. False when malformed or past 64 bits. */
static bool read_arc(struct es_span oid, size_t *at, uint64_t *arc)
{
    *arc = 0;
    if (oid.ptr[*at] == 0x80)
        return false;
    while (*at < oid.len) {
        uint8_t byte = oid.ptr[(*at)++];

        if (*arc >> 57 != 0)
            return false;
        *arc = *arc << 7 | (byte & 0x7fu);
        if (byte < 0x80)
            return true;
    }
    return false;
}

/* Appends to out, cut to its length; false when it did not fit. */
static bool append(char *out, size_t out_len, size_t *used, const char *text)
{
    size_t len = strlen(text);

    if (len >= out_len - *used)
        return false;
    memcpy(out + *used, text, len + 1);
    *used += len;
    return true;
}

static bool put_dotted(struct es_span oid, char *out, size_t out_len)
{
    size_t used = 0, at = 0;

    out[0] = '\0';
    if (oid.len == 0)
        return false;
    while (at < oid.len) {
        char text[64];
        uint64_t arc;
        bool first = at == 0;

        if (!read_arc(oid, &at, &arc))
            return false;
        if (first) {
            uint64_t top = arc < 80 ? arc / 40 : 2;

            (void) snprintf(text, sizeof(text), "%" PRIu64 ".%" PRIu64, top, arc - 40 * top);
        } else {
            (void) snprintf(text, sizeof(text), ".%" PRIu64, arc);
        }
        if (!append(out, out_len, &used, text))
            return false;
    }
    return true;
}

void es_oid_text(struct es_span oid, char *out, size_t out_len)
{
    static const char digits[] = "0123456789abcdef";
    size_t used = 0;

    if (out_len == 0 || put_dotted(oid, out, out_len))
        return;
    out[0] = '\0';
    if (out_len < 2)
        return;
    out[used++] = '?';
    for (size_t i = 0; i < oid.len && out_len - used >= 3; i++) {
        out[used++] = digits[oid.ptr[i] >> 4];
        out[used++] = digits[oid.ptr[i] & 15];
    }
    out[used] = '\0';
}

/* A decimal number without leading zeros, moving *text behind it. */
static bool parse_arc(const char **text, uint64_t *arc)
{
    const char *p = *text;

    *arc = 0;
    if (*p < '0' || *p > '9' || (p[0] == '0' && p[1] >= '0' && p[1] <= '9'))
        return false;
    for (; *p >= '0' && *p <= '9'; p++)
        if (__builtin_mul_overflow(*arc, 10u, arc) ||
            __builtin_add_overflow(*arc, (uint64_t) (*p - '0'), arc))
            return false;
    *text = p;
    return true;
}

static bool put_arc(uint64_t arc, uint8_t *out, size_t *len)
{
    size_t count = 1;

    for (uint64_t rest = arc >> 7; rest != 0; rest >>= 7)
        count++;
    if (count > OID_CONTENT_MAX - *len)
        return false;
    for (size_t i = 0; i < count; i++) {
        unsigned shift = (unsigned) (7 * (count - 1 - i));

        out[(*len)++] = (uint8_t) ((arc >> shift & 0x7f) | (i + 1 < count ? 0x80 : 0));
    }
    return true;
}

static bool parse_oid(const char *text, uint8_t out[OID_CONTENT_MAX], size_t *len)
{
    uint64_t top, second, arc;

    *len = 0;
    if (!parse_arc(&text, &top) || *text++ != '.' || !parse_arc(&text, &second))
        return false;
    if (top > 2 || (top < 2 && second > 39) || second > UINT64_MAX - 80)
        return false;
    if (!put_arc(top * 40 + second, out, len))
        return false;
    while (*text == '.') {
        text++;
        if (!parse_arc(&text, &arc) || !put_arc(arc, out, len))
            return false;
    }
    return *text == '\0';
}

es_status es_oid_parse(const char *text, struct es_buf *out, struct es_error *err)
{
    uint8_t content[OID_CONTENT_MAX];
    size_t len;

    ES_ENSURE(parse_oid(text, content, &len), err, ES_E_FORMAT, "not an object identifier");
    es_buf_put(out, content, len);
    return es_buf_check(out, err);
}

void es_der_put_oid(struct es_buf *out, const char *text)
{
    uint8_t content[OID_CONTENT_MAX];
    size_t len;
    bool good = parse_oid(text, content, &len);

    ES_BUG_ON(!good);
    es_der_put(out, ES_DER_OID, es_span_of(content, len));
}

bool es_oid_is(struct es_span oid, const char *text)
{
    uint8_t content[OID_CONTENT_MAX];
    size_t len;

    return parse_oid(text, content, &len) && es_span_equal(oid, es_span_of(content, len));
}
