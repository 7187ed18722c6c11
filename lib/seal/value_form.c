/* What a SignedValue holds, told by its first bytes (formats.md 5.1); nothing is decoded here. */
#include "seal_internal.h"

static bool is_base64(struct es_span bytes)
{
    if (!es_span_starts(bytes, "MI"))
        return false;
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t c = bytes.ptr[i];

        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '+' || c == '/' || c == '=' || c == '\r' || c == '\n' || c == ' ' || c == '\t'))
            return false;
    }
    return true;
}

/* Position of the content of the first element, whatever form its length has; 0: none. */
static size_t content_start(struct es_span bytes)
{
    size_t start = 2;

    if (bytes.len < 2 || bytes.ptr[0] != ES_DER_SEQUENCE)
        return 0;
    if (bytes.ptr[1] > 0x80)
        start += bytes.ptr[1] & 0x7fu;
    return start < bytes.len ? start : 0;
}

/* r and s: two INTEGERs of at most 33 bytes that fill the SEQUENCE. */
static bool is_two_integers(struct es_span in)
{
    for (int i = 0; i < 2; i++) {
        if (in.len < 3 || in.ptr[0] != ES_DER_INTEGER || in.ptr[1] > 33 || in.len - 2 < in.ptr[1])
            return false;
        in = es_span_sub(in, 2 + (size_t) in.ptr[1], in.len);
    }
    return true;
}

enum es_value_form es_seal_value_form(struct es_span bytes)
{
    size_t start = content_start(bytes);

    if (is_base64(bytes))
        return ES_VALUE_BASE64;
    if (start != 0 && bytes.ptr[start] == ES_DER_OID)
        return ES_VALUE_CMS;
    if (start != 0 && bytes.ptr[start] == ES_DER_SEQUENCE)
        return ES_VALUE_SEAL;
    if (start != 0 && is_two_integers(es_span_sub(bytes, start, bytes.len)))
        return ES_VALUE_BARE_SM2;
    return bytes.len == ES_SM2_RAW_LEN ? ES_VALUE_BARE_SM2 : ES_VALUE_UNKNOWN;
}
