/* Hex literals as spans and buffers, for the tests of lib/der. */
#ifndef DER_TEST_H
#define DER_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_der.h"

struct bytes {
    uint8_t ptr[256];
    size_t len;
};

static inline struct bytes from_hex(const char *hex)
{
    struct bytes out = {.len = 0};
    struct es_buf buf = ES_BUF_INIT(sizeof(out.ptr));

    assert_int_equal(es_hex_decode(es_span_str(hex), &buf, NULL), ES_OK);
    if (buf.len > 0)
        memcpy(out.ptr, buf.ptr, buf.len);
    out.len = buf.len;
    es_buf_clear(&buf);
    return out;
}

static inline void assert_hex(struct es_span got, const char *hex)
{
    char text[1024];

    assert_true(got.len * 2 < sizeof(text));
    es_hex_encode(got, text);
    assert_string_equal(text, hex);
}

#endif
