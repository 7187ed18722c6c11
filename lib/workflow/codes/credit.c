/*
 * Unified social credit codes (GB 32100-2015) and the organisation code within (GB 11714).
 * Two traps of published samples: the check value is 31 minus the remainder, and a remainder of 0
 * gives 0; the alphabet has gaps, so a character's value is its place in it.
 */
#include "codes_internal.h"

#define ALPHABET "0123456789ABCDEFGHJKLMNPQRTUWXY"

static const struct codes_shape shape = {"credit code", ALPHABET, "0-9 A-Z without I O S V Z"};
static const struct codes_shape digits = {"credit code", CODES_DIGITS, "0-9"};

static es_status check_form(struct es_span code, struct es_error *err)
{
    ES_TRY(codes_check_bytes(code, 0, code.len, &shape, err));
    return codes_check_bytes(code, 2, 8, &digits, err);
}

/* SPEC GB 32100-2015: weights are 3^(i-1) mod 31. */
static char compute(struct es_span first17)
{
    unsigned sum = 0, weight = 1;

    for (size_t i = 0; i < first17.len; i++) {
        sum += weight * (unsigned) codes_index(ALPHABET, first17.ptr[i]);
        weight = 3 * weight % 31;
    }
    return ALPHABET[(31 - sum % 31) % 31];
}

es_status es_uscc_compute(struct es_span first17, char *out, struct es_error *err)
{
    ES_TRY(codes_check_len(first17, "credit code without check character", ES_USCC_LEN - 1, err));
    ES_TRY(check_form(first17, err));
    *out = compute(first17);
    return ES_OK;
}

static es_status check_last(struct es_span code, enum es_uscc_mode mode, unsigned *warnings,
                            struct es_error *err)
{
    uint8_t found = code.ptr[ES_USCC_LEN - 1];
    char check = compute(es_span_sub(code, 0, ES_USCC_LEN - 1));

    if (found == (uint8_t) check)
        return ES_OK;
    ES_ENSURE(mode == ES_USCC_LENIENT, err, ES_E_MISMATCH,
              "credit code: check character is '%c', computed is '%c'", found, check);
    *warnings |= ES_CODE_WARN_CHECKSUM;
    return ES_OK;
}

es_status es_uscc_check(struct es_span code, enum es_uscc_mode mode,
                        const struct es_division_set *known, struct es_uscc *out,
                        struct es_error *err)
{
    unsigned warnings = 0;

    ES_TRY(codes_check_len(code, shape.what, ES_USCC_LEN, err));
    ES_TRY(check_form(code, err));
    ES_TRY(check_last(code, mode, &warnings, err));
    if (out == NULL)
        return ES_OK;
    *out = (struct es_uscc){.warnings = warnings};
    codes_copy(out->text, code);
    codes_copy(out->pair, es_span_sub(code, 0, 2));
    codes_copy(out->division, es_span_sub(code, 2, ES_DIVISION_LEN));
    codes_copy(out->org_code, es_span_sub(code, 8, ES_ORG_CODE_LEN));
    if (es_division_check(es_span_str(out->division), known, NULL) != ES_OK)
        out->warnings |= ES_CODE_WARN_DIVISION;
    if (es_org_code_check(es_span_str(out->org_code), NULL) != ES_OK)
        out->warnings |= ES_CODE_WARN_ORG_CHECKSUM;
    return ES_OK;
}

es_status es_org_code_check(struct es_span code, struct es_error *err)
{
    static const struct codes_shape body = {"organisation code", CODES_ALNUM, "0-9 A-Z"};
    static const struct codes_shape last = {"organisation code", CODES_DIGITS "X", "0-9 X"};
    static const uint8_t weights[ES_ORG_CODE_LEN - 1] = {3, 7, 9, 10, 5, 8, 4, 2};
    unsigned sum = 0;
    char check;

    ES_TRY(codes_check_len(code, body.what, ES_ORG_CODE_LEN, err));
    ES_TRY(codes_check_bytes(code, 0, ES_ORG_CODE_LEN - 1, &body, err));
    ES_TRY(codes_check_bytes(code, ES_ORG_CODE_LEN - 1, ES_ORG_CODE_LEN, &last, err));
    for (size_t i = 0; i < ES_ORG_CODE_LEN - 1; i++)
        sum += weights[i] * (unsigned) codes_index(CODES_ALNUM, code.ptr[i]);
    check = (CODES_DIGITS "X")[(11 - sum % 11) % 11];
    ES_ENSURE(code.ptr[ES_ORG_CODE_LEN - 1] == (uint8_t) check, err, ES_E_MISMATCH,
              "organisation code: check character is '%c', computed is '%c'",
              code.ptr[ES_ORG_CODE_LEN - 1], check);
    return ES_OK;
}
