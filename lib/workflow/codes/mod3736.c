/*
 * ISO 7064 MOD 37,36: a hybrid system over 0-9 A-Z. P starts at 36; each character makes
 * S = (P + value) mod 36, 0 read as 36, and P = 2 S mod 37. The check character brings
 * (P + value) mod 36 to 1.
 */
#include "codes_internal.h"

#define MOD3736_MAX 64u

static const struct codes_shape shape = {"text", CODES_ALNUM, "0-9 A-Z"};

es_status es_mod3736_compute(struct es_span text, char *out, struct es_error *err)
{
    unsigned p = 36;

    ES_ENSURE(text.len >= 1 && text.len <= MOD3736_MAX, err, ES_E_FORMAT,
              "text of %zu bytes, allowed are 1 to %u", text.len, MOD3736_MAX);
    ES_TRY(codes_check_bytes(text, 0, text.len, &shape, err));
    for (size_t i = 0; i < text.len; i++) {
        unsigned s = (p + (unsigned) codes_index(CODES_ALNUM, text.ptr[i])) % 36;

        p = 2 * (s == 0 ? 36 : s) % 37;
    }
    *out = CODES_ALNUM[(37 - p) % 36];
    return ES_OK;
}

es_status es_mod3736_check(struct es_span text, struct es_error *err)
{
    char check = 0;

    ES_ENSURE(text.len >= 2 && text.len <= MOD3736_MAX + 1, err, ES_E_FORMAT,
              "text with check character of %zu bytes, allowed are 2 to %u", text.len,
              MOD3736_MAX + 1);
    ES_TRY(codes_check_bytes(text, 0, text.len, &shape, err));
    ES_TRY(es_mod3736_compute(es_span_sub(text, 0, text.len - 1), &check, err));
    ES_ENSURE(text.ptr[text.len - 1] == (uint8_t) check, err, ES_E_MISMATCH,
              "check character is '%c', computed is '%c'", text.ptr[text.len - 1], check);
    return ES_OK;
}
