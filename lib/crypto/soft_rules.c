/*
 * What a soft key's label and PIN may be, and which library may hold such keys. Nothing here quotes
 * a PIN, and a label only when it may be shown.
 */
#include "crypto_internal.h"

#include <utf8proc.h>

#define PIN_MIN 8
#define PIN_MAX 128
#define LABEL_CHARS_MAX 64
#define LABEL_BYTES_MAX 240 /* with ".key" still a file name */

/* Lower case; what lists of leaked passwords have in front, as far as 8 bytes or longer. */
static const char *const common_pins[] = {
    "12345678",   "123456789",  "1234567890", "0123456789", "87654321",   "987654321",
    "0987654321", "9876543210", "12341234",   "11112222",   "11223344",   "1122334455",
    "123123123",  "12121212",   "123321123",  "147258369",  "789456123",  "741852963",
    "20082008",   "66668888",   "88886666",   "13145200",   "5201314520", "52013140",
    "31415926",   "19491001",   "password",   "password1",  "password12", "password123",
    "passw0rd",   "p@ssw0rd",   "p@ssword",   "qwertyui",   "qwertyuiop", "qwerty123",
    "1qaz2wsx",   "1q2w3e4r",   "1q2w3e4r5t", "qazwsxedc",  "zaq12wsx",   "asdfghjk",
    "asdfghjkl",  "zxcvbnm1",   "abcd1234",   "abc12345",   "abcdefgh",   "a1234567",
    "a12345678",  "aa123456",   "aa12345678", "admin123",   "admin888",   "administrator",
    "iloveyou",   "sunshine",   "princess",   "football",   "baseball",   "superman",
    "trustno1",   "woaini1314", "woaini520",  "woaini123",  "changeme",   "letmein1",
    "welcome1",   "test1234",   "12345678a",  "123456789a", "1234qwer",   "q1w2e3r4",
};

static bool equals_ignoring_case(const struct es_secret *pin, const char *lower)
{
    if (strlen(lower) != pin->len)
        return false;
    for (size_t i = 0; i < pin->len; i++) {
        uint8_t c = pin->ptr[i];
        if (c >= 'A' && c <= 'Z')
            c = (uint8_t) (c - 'A' + 'a');
        if (c != (uint8_t) lower[i])
            return false;
    }
    return true;
}

static bool is_common(const struct es_secret *pin)
{
    for (size_t i = 0; i < sizeof(common_pins) / sizeof(common_pins[0]); i++)
        if (equals_ignoring_case(pin, common_pins[i]))
            return true;
    return false;
}

static bool is_one_character(struct es_span pin)
{
    size_t at = 0;
    int32_t first = es_utf8_next(pin, &at);

    while (at < pin.len)
        if (es_utf8_next(pin, &at) != first)
            return false;
    return true;
}

es_status es_pin_check(const struct es_secret *pin, struct es_error *err)
{
    struct es_span bytes;

    ES_ENSURE(pin != NULL, err, ES_E_RANGE, "a password is needed");
    bytes = es_span_of(pin->ptr, pin->len);
    ES_ENSURE(pin->len >= PIN_MIN && pin->len <= PIN_MAX, err, ES_E_RANGE,
              "password is shorter than %d or longer than %d bytes", PIN_MIN, PIN_MAX);
    ES_ENSURE(es_text_clean(bytes), err, ES_E_RANGE,
              "password is not UTF-8 text without control characters");
    ES_ENSURE(!is_one_character(bytes), err, ES_E_RANGE, "password is one character repeated");
    ES_ENSURE(!is_common(pin), err, ES_E_RANGE, "password is among the very common ones");
    return ES_OK;
}

static bool may_stand_in_label(int32_t c)
{
    if (c < 0)
        return false;
    if (c < 0x80)
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '-' || c == '_' || c == '.';
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
        return true;
    default:
        return false;
    }
}

es_status es_label_check(const char *label, struct es_error *err)
{
    struct es_span bytes = es_span_str(label);
    size_t at = 0;
    size_t count = 0;

    ES_ENSURE(bytes.len > 0, err, ES_E_RANGE, "key label is empty");
    ES_ENSURE(bytes.ptr[0] != '.', err, ES_E_RANGE, "key label begins with '.'");
    for (; at < bytes.len && count <= LABEL_CHARS_MAX; count++)
        ES_ENSURE(may_stand_in_label(es_utf8_next(bytes, &at)), err, ES_E_RANGE,
                  "key label has something else than letters, digits, '-', '_', '.'");
    ES_ENSURE(count <= LABEL_CHARS_MAX && bytes.len <= LABEL_BYTES_MAX, err, ES_E_RANGE,
              "key label has more than %d characters or %d bytes", LABEL_CHARS_MAX,
              LABEL_BYTES_MAX);
    return ES_OK;
}

/* From 3.2 on SM2 has code of its own that branches on secret digits (openssl #31133); before
 * 3.0.22 fixes to signing are missing. */
bool es_soft_library_good(unsigned long version)
{
    return version >= 0x30000160UL && version < 0x30200000UL;
}
