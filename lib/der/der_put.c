/*
 * The writer. An element is opened with one byte kept for its length; closing it puts in the
 * bytes a longer length needs. A failure stays in the buffer, after which nothing is written.
 */
#include <stdlib.h>
#include <string.h>

#include "der_internal.h"

/* Big-endian bytes of n without leading zeros; returns how many (0 for n = 0). */
static size_t big_endian(uint64_t n, uint8_t out[8])
{
    size_t count = 0;

    for (uint64_t rest = n; rest != 0; rest >>= 8)
        count++;
    for (size_t i = count; i > 0; i--) {
        out[i - 1] = (uint8_t) n;
        n >>= 8;
    }
    return count;
}

static void put_head(struct es_buf *out, uint8_t tag, size_t len)
{
    uint8_t bytes[8];
    size_t count;

    es_buf_put_byte(out, tag);
    if (len < 0x80) {
        es_buf_put_byte(out, (uint8_t) len);
        return;
    }
    count = big_endian(len, bytes);
    es_buf_put_byte(out, (uint8_t) (0x80 | count));
    es_buf_put(out, bytes, count);
}

size_t es_der_begin(struct es_buf *out, uint8_t tag)
{
    es_buf_put_byte(out, tag);
    es_buf_put_byte(out, 0);
    return out->len;
}

void es_der_end(struct es_buf *out, size_t mark)
{
    uint8_t bytes[8];
    size_t len, count;

    if (out->failed != ES_OK)
        return;
    ES_BUG_ON(mark < 2 || mark > out->len);
    len = out->len - mark;
    if (len < 0x80) {
        out->ptr[mark - 1] = (uint8_t) len;
        return;
    }
    count = big_endian(len, bytes);
    es_buf_insert(out, mark, bytes, count);
    if (out->failed == ES_OK)
        out->ptr[mark - 1] = (uint8_t) (0x80 | count);
}

void es_der_put(struct es_buf *out, uint8_t tag, struct es_span value)
{
    put_head(out, tag, value.len);
    es_buf_put_span(out, value);
}

void es_der_put_raw(struct es_buf *out, struct es_span tlv)
{
    es_buf_put_span(out, tlv);
}

void es_der_put_unsigned(struct es_buf *out, struct es_span magnitude)
{
    bool sign_byte;

    while (magnitude.len > 0 && magnitude.ptr[0] == 0)
        magnitude = es_span_of(magnitude.ptr + 1, magnitude.len - 1);
    sign_byte = magnitude.len == 0 || magnitude.ptr[0] >= 0x80;
    put_head(out, ES_DER_INTEGER, magnitude.len + (sign_byte ? 1 : 0));
    if (sign_byte)
        es_buf_put_byte(out, 0);
    es_buf_put_span(out, magnitude);
}

void es_der_put_uint(struct es_buf *out, uint64_t value)
{
    uint8_t bytes[8];
    size_t count = big_endian(value, bytes);

    es_der_put_unsigned(out, es_span_of(bytes, count));
}

void es_der_put_bool(struct es_buf *out, bool value)
{
    uint8_t byte = value ? 0xff : 0x00;

    es_der_put(out, ES_DER_BOOLEAN, es_span_of(&byte, 1));
}

void es_der_put_null(struct es_buf *out)
{
    es_der_put(out, ES_DER_NULL, es_span_of(NULL, 0));
}

void es_der_put_bits(struct es_buf *out, struct es_span bytes)
{
    put_head(out, ES_DER_BIT_STRING, bytes.len + 1);
    es_buf_put_byte(out, 0);
    es_buf_put_span(out, bytes);
}

void es_der_put_generalized_time(struct es_buf *out, int64_t time_s)
{
    char text[ES_TIME_TEXT_MAX];

    es_time_generalized(time_s, text);
    es_der_put(out, ES_DER_GENERALIZED_TIME, es_span_str(text));
}

void es_der_put_utc_time(struct es_buf *out, int64_t time_s)
{
    char text[ES_TIME_TEXT_MAX];
    struct es_date date;

    es_date_from_s(time_s, &date);
    if (date.year < 1950 || date.year > 2049) {
        if (out->failed == ES_OK)
            out->failed = ES_E_LIMIT;
        return;
    }
    es_time_generalized(time_s, text);
    es_der_put(out, ES_DER_UTC_TIME, es_span_str(text + 2));
}

static int compare_tlv(const void *a, const void *b)
{
    return es_span_compare(*(const struct es_span *) a, *(const struct es_span *) b);
}

/* Split content into elements; *list is the caller's to free. */
static es_status split(struct es_span content, struct es_span **list, size_t *count)
{
    size_t room = 0;

    for (*count = 0; content.len > 0; (*count)++) {
        struct es_der_item item;

        ES_TRY(es_der_next(&content, &item, NULL));
        if (*count == room) {
            struct es_span *more;

            room = room == 0 ? 8 : room * 2;
            more = (struct es_span *) reallocarray(*list, room, sizeof(*more));
            if (more == NULL)
                return ES_E_NOMEM;
            *list = more;
        }
        (*list)[*count] = item.tlv;
    }
    return ES_OK;
}

void es_der_sort_set(struct es_buf *out, size_t content_start)
{
    struct es_buf sorted = ES_BUF_INIT(SIZE_MAX);
    struct es_span *list = NULL;
    size_t count = 0;
    es_status status;

    if (out->failed != ES_OK)
        return;
    ES_BUG_ON(content_start > out->len);
    status = split(es_span_of(out->ptr + content_start, out->len - content_start), &list, &count);
    ES_BUG_ON(status != ES_OK && status != ES_E_NOMEM);
    if (status == ES_OK && count > 1) {
        qsort(list, count, sizeof(*list), compare_tlv);
        for (size_t i = 0; i < count; i++)
            es_buf_put_span(&sorted, list[i]);
        status = sorted.failed;
        if (status == ES_OK)
            memcpy(out->ptr + content_start, sorted.ptr, sorted.len);
    }
    if (status != ES_OK)
        out->failed = status;
    es_buf_clear(&sorted);
    free(list);
}
