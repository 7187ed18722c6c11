/* Hex and base64. Decoders are strict, one text for one value; one that fails adds nothing. */
#include "es_base.h"

static const char hex_digits[] = "0123456789abcdef";

void es_hex_encode(struct es_span in, char *out)
{
    for (size_t i = 0; i < in.len; i++) {
        out[2 * i] = hex_digits[in.ptr[i] >> 4];
        out[2 * i + 1] = hex_digits[in.ptr[i] & 15];
    }
    out[2 * in.len] = 0;
}

void es_buf_put_hex(struct es_buf *out, struct es_span in)
{
    for (size_t i = 0; i < in.len; i++) {
        es_buf_put_byte(out, (uint8_t) hex_digits[in.ptr[i] >> 4]);
        es_buf_put_byte(out, (uint8_t) hex_digits[in.ptr[i] & 15]);
    }
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static es_status decode_hex(struct es_span in, struct es_buf *out, struct es_error *err)
{
    ES_ENSURE(in.len % 2 == 0, err, ES_E_FORMAT, "hex text of odd length %zu", in.len);
    for (size_t i = 0; i < in.len; i += 2) {
        int high = hex_value(in.ptr[i]);
        int low = hex_value(in.ptr[i + 1]);

        ES_ENSURE(high >= 0 && low >= 0, err, ES_E_FORMAT, "no hex digit at position %zu", i);
        es_buf_put_byte(out, (uint8_t) (high * 16 + low));
    }
    return es_buf_check(out, err);
}

es_status es_hex_decode(struct es_span in, struct es_buf *out, struct es_error *err)
{
    size_t before = out->len;
    es_status status = decode_hex(in, out, err);

    if (status != ES_OK)
        out->len = before;
    return status;
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void es_buf_put_base64(struct es_buf *out, struct es_span in)
{
    for (size_t i = 0; i < in.len; i += 3) {
        size_t left = in.len - i;
        uint32_t v = (uint32_t) in.ptr[i] << 16;
        char four[4];

        if (left > 1)
            v |= (uint32_t) in.ptr[i + 1] << 8;
        if (left > 2)
            v |= in.ptr[i + 2];
        four[0] = base64_digits[v >> 18];
        four[1] = base64_digits[v >> 12 & 63];
        four[2] = left > 1 ? base64_digits[v >> 6 & 63] : '=';
        four[3] = left > 2 ? base64_digits[v & 63] : '=';
        es_buf_put(out, four, 4);
    }
}

static int base64_value(uint8_t c)
{
    const char *hit = c == 0 ? NULL : strchr(base64_digits, c);

    return hit == NULL ? -1 : (int) (hit - base64_digits);
}

/* A group of four characters with pad of them "="; the bits behind the end must be clear. */
static es_status put_group(const int value[4], int pad, struct es_buf *out, struct es_error *err)
{
    uint32_t v = (uint32_t) value[0] << 18 | (uint32_t) value[1] << 12 | (uint32_t) value[2] << 6 |
                 (uint32_t) value[3];

    ES_ENSURE((pad < 1 || (v & 0xff) == 0) && (pad < 2 || (v & 0xffff) == 0), err, ES_E_FORMAT,
              "base64 with bits set behind its end");
    es_buf_put_byte(out, (uint8_t) (v >> 16));
    if (pad < 2)
        es_buf_put_byte(out, (uint8_t) (v >> 8));
    if (pad < 1)
        es_buf_put_byte(out, (uint8_t) v);
    return ES_OK;
}

static es_status decode_base64(struct es_span in, struct es_buf *out, bool *spaces,
                               struct es_error *err)
{
    int value[4] = {0};
    int count = 0, pad = 0;
    bool saw_space = false;

    for (size_t i = 0; i < in.len; i++) {
        uint8_t c = in.ptr[i];

        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            saw_space = true;
            continue;
        }
        ES_ENSURE(pad == 0 || (c == '=' && count > 0), err, ES_E_FORMAT,
                  "base64 goes on behind its padding");
        if (c == '=') {
            ES_ENSURE(count >= 2, err, ES_E_FORMAT, "base64 padding at position %zu", i);
            value[count++] = 0;
            pad++;
        } else {
            value[count] = base64_value(c);
            ES_ENSURE(value[count] >= 0, err, ES_E_FORMAT, "no base64 character at position %zu",
                      i);
            count++;
        }
        if (count == 4) {
            ES_TRY(put_group(value, pad, out, err));
            count = 0;
        }
    }
    ES_ENSURE(count == 0, err, ES_E_FORMAT, "base64 ends in the middle of a group");
    if (spaces != NULL)
        *spaces = saw_space;
    return es_buf_check(out, err);
}

es_status es_base64_decode(struct es_span in, struct es_buf *out, bool *spaces,
                           struct es_error *err)
{
    size_t before = out->len;
    es_status status = decode_base64(in, out, spaces, err);

    if (status != ES_OK)
        out->len = before;
    return status;
}
