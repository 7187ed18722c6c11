/*
 * Administrative divisions. Only the form and the provinces are known here: the full table changes
 * every year and is data of a deployment.
 */
#include "codes_internal.h"

static const struct es_province provinces[] = {
#define ES_PROVINCE(number, zh, en) {number, zh, en},
#include "provinces.def"
#undef ES_PROVINCE
};

size_t es_province_count(void)
{
    return sizeof provinces / sizeof provinces[0];
}

const struct es_province *es_province_at(size_t i)
{
    return &provinces[i];
}

const struct es_province *es_province_by_number(unsigned number)
{
    for (size_t i = 0; i < es_province_count(); i++)
        if (provinces[i].number == number)
            return &provinces[i];
    return NULL;
}

static es_status check_levels(const char *text, unsigned number, struct es_error *err)
{
    if (number == 100000) /* the State itself */
        return ES_OK;
    ES_ENSURE(es_province_by_number(number / 10000) != NULL, err, ES_E_RANGE,
              "division %s: no province %02u", text, number / 10000);
    ES_ENSURE(number / 100 % 100 != 0 || number % 100 == 0, err, ES_E_RANGE,
              "division %s: county %02u without a prefecture", text, number % 100);
    return ES_OK;
}

es_status es_division_check(struct es_span division, const struct es_division_set *known,
                            struct es_error *err)
{
    static const struct codes_shape shape = {"division", CODES_DIGITS, "0-9"};
    char text[ES_DIVISION_LEN + 1];

    ES_TRY(codes_check_len(division, shape.what, ES_DIVISION_LEN, err));
    ES_TRY(codes_check_bytes(division, 0, division.len, &shape, err));
    codes_copy(text, division);
    ES_TRY(check_levels(text, (unsigned) codes_number(division), err));
    ES_ENSURE(known == NULL || known->known(known->self, text), err, ES_E_RANGE,
              "division %s is not in the table of divisions", text);
    return ES_OK;
}
