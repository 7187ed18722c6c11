/*
 * Citizen identity numbers (GB 11643). Personal data: no message shows a digit of one, nor the
 * check character it should have had.
 */
#include "codes_internal.h"

#define CHINA_OFFSET_S (8 * 3600)
#define YEAR_MIN 1800

static es_status check_digits(struct es_span number, struct es_error *err)
{
    for (size_t i = 0; i < ES_IDENTITY_LEN - 1; i++)
        ES_ENSURE(codes_index(CODES_DIGITS, number.ptr[i]) >= 0, err, ES_E_FORMAT,
                  "identity number: byte %zu is not a digit", i + 1);
    ES_ENSURE(codes_index(CODES_DIGITS "X", number.ptr[ES_IDENTITY_LEN - 1]) >= 0, err, ES_E_FORMAT,
              "identity number: byte %d is neither a digit nor X", ES_IDENTITY_LEN);
    return ES_OK;
}

static es_status check_birth(struct es_span number, int64_t now_s, struct es_error *err)
{
    struct es_date birth = {.year = (int) codes_number(es_span_sub(number, 6, 4)),
                            .month = (int) codes_number(es_span_sub(number, 10, 2)),
                            .day = (int) codes_number(es_span_sub(number, 12, 2))};
    int64_t birth_s = 0;

    ES_ENSURE(birth.year >= YEAR_MIN && es_date_to_s(&birth, &birth_s), err, ES_E_RANGE,
              "identity number: bytes 7 to 14 are no date of birth");
    ES_ENSURE(birth_s - CHINA_OFFSET_S <= now_s, err, ES_E_RANGE,
              "identity number: the date of birth lies ahead");
    return ES_OK;
}

es_status es_identity_check(struct es_span number, int64_t now_s, struct es_error *err)
{
    static const uint8_t weights[ES_IDENTITY_LEN - 1] = {7, 9, 10, 5,  8, 4, 2, 1, 6,
                                                         3, 7, 9,  10, 5, 8, 4, 2};
    unsigned sum = 0;

    ES_TRY(codes_check_len(number, "identity number", ES_IDENTITY_LEN, err));
    ES_TRY(check_digits(number, err));
    ES_TRY(check_birth(number, now_s, err));
    for (size_t i = 0; i < ES_IDENTITY_LEN - 1; i++)
        sum += weights[i] * (unsigned) (number.ptr[i] - '0');
    ES_ENSURE(number.ptr[ES_IDENTITY_LEN - 1] == (uint8_t) "10X98765432"[sum % 11], err,
              ES_E_MISMATCH, "identity number: wrong check character");
    return ES_OK;
}
