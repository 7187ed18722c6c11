/*
 * Tag and length of one element. Only the low-tag-number form is known (tags above 30 occur in
 * none of the formats read here). A definite length never reaches past the input it was read from.
 */
#include "der_internal.h"

#define LENGTH_BYTES_MAX 8

enum der_shape der_shape_of(uint8_t tag)
{
    switch (tag & 0x1f) {
    case 8:  /* EXTERNAL */
    case 11: /* EMBEDDED PDV */
    case 16: /* SEQUENCE */
    case 17: /* SET */
        return DER_SHAPE_CONSTRUCTED;
    case 3:
    case 4:
    case 12:
    case 18:
    case 19:
    case 20:
    case 21:
    case 22:
    case 23:
    case 24:
    case 25:
    case 26:
    case 27:
    case 28:
    case 29:
    case 30:
        return DER_SHAPE_STRING;
    default:
        return DER_SHAPE_PRIMITIVE;
    }
}

static es_status read_long_length(struct es_span in, struct der_head *out, struct es_error *err)
{
    size_t count = in.ptr[1] & 0x7fu;
    uint64_t len = 0;

    ES_ENSURE(count != 0x7f, err, ES_E_FORMAT, "reserved length byte ff");
    ES_ENSURE(in.len - 2 >= count, err, ES_E_FORMAT, "input ends inside a length");
    for (size_t i = 0; i < count; i++) {
        ES_ENSURE(len >> (8 * (LENGTH_BYTES_MAX - 1)) == 0, err, ES_E_FORMAT,
                  "length of more than %d bytes", LENGTH_BYTES_MAX);
        len = len << 8 | in.ptr[2 + i];
    }
    ES_ENSURE(len < SIZE_MAX, err, ES_E_FORMAT, "length is too large");
    out->head_len = 2 + count;
    out->len = (size_t) len;
    out->minimal = len >= 0x80 && in.ptr[2] != 0;
    return ES_OK;
}

es_status der_read_head(struct es_span in, struct der_head *out, struct es_error *err)
{
    ES_ENSURE(in.len >= 2, err, ES_E_FORMAT, "input ends where an element should be");
    ES_ENSURE(in.ptr[0] != 0 && (in.ptr[0] & 0x1f) != 0x1f, err, ES_E_FORMAT,
              "tag %02x is not allowed", in.ptr[0]);
    *out = (struct der_head){.tag = in.ptr[0], .head_len = 2, .len = in.ptr[1], .minimal = true};
    if (in.ptr[1] == 0x80) {
        out->len = DER_LENGTH_INDEFINITE;
        out->minimal = false;
        return ES_OK;
    }
    if (in.ptr[1] > 0x80)
        ES_TRY(read_long_length(in, out, err));
    ES_ENSURE(out->len <= in.len - out->head_len, err, ES_E_FORMAT,
              "element of %zu bytes, %zu are left", out->len, in.len - out->head_len);
    return ES_OK;
}
