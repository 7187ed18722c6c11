/* What the tests of codes share: a refusal is its status and its exact words. */
#ifndef CODE_ASSERTS_H
#define CODE_ASSERTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_codes.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define BYTES(literal) es_span_of(literal, sizeof(literal) - 1)

#define assert_refused(call, status_, text_)                                                       \
    do {                                                                                           \
        struct es_error err = {0};                                                                 \
        assert_int_equal((call), (status_));                                                       \
        assert_string_equal(err.text, (text_));                                                    \
    } while (0)
#define assert_taken(call)                                                                         \
    do {                                                                                           \
        struct es_error err = {0};                                                                 \
        if ((call) != ES_OK)                                                                       \
            fail_msg("%s", err.text);                                                              \
    } while (0)

#define ALNUM "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

#endif
