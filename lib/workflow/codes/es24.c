/*
 * Seal codes of our own scheme es24 (codes.md 2.4):
 *
 *     DDDDDD  KK  YY  SSSSSSSSSSSS  V  C
 *     0       6   8   10            22 23
 *
 * division, kind, year, sequence, generation, check character (MOD 37,36 over the 23 before). Each
 * field has a width of its own, so different parts never give the same code.
 */
#include "codes_internal.h"

#define YEAR_MIN 2000u
#define YEAR_MAX 2099u
#define KIND_MAX 99u

static es_status check_parts(const struct es_seal_code_parts *parts,
                             const struct es_division_set *known, struct es_error *err)
{
    ES_TRY(es_division_check(parts->division, known, err));
    ES_ENSURE(parts->kind >= 1 && parts->kind <= KIND_MAX, err, ES_E_RANGE,
              "kind of %u, allowed are 1 to %u", parts->kind, KIND_MAX);
    ES_ENSURE(parts->year >= YEAR_MIN && parts->year <= YEAR_MAX, err, ES_E_RANGE,
              "year of %u, allowed are %u to %u", parts->year, YEAR_MIN, YEAR_MAX);
    ES_ENSURE(parts->generation <= ES_ES24_GENERATION_MAX, err, ES_E_RANGE,
              "generation of %u, allowed are 0 to %d", parts->generation, ES_ES24_GENERATION_MAX);
    ES_ENSURE(parts->sequence <= ES_ES24_SEQUENCE_MAX, err, ES_E_CONFLICT,
              "the sequence of es24 is used up: %llu passes twelve digits",
              (unsigned long long) parts->sequence);
    return ES_OK;
}

/* Generation and check character behind a stable identity; out has ES_ES24_LEN + 1 bytes. */
static es_status finish(char *out, unsigned generation, struct es_error *err)
{
    out[ES_ES24_STABLE_LEN] = CODES_ALNUM[generation];
    ES_TRY(es_mod3736_compute(es_span_of(out, ES_ES24_LEN - 1), &out[ES_ES24_LEN - 1], err));
    out[ES_ES24_LEN] = '\0';
    return ES_OK;
}

es_status es_es24_make(const struct es_seal_code_parts *parts, const struct es_division_set *known,
                       char out[ES_SEAL_CODE_MAX + 1], struct es_error *err)
{
    ES_TRY(check_parts(parts, known, err));
    (void) snprintf(out, ES_SEAL_CODE_MAX + 1, "%.*s%02u%02u%012llu", ES_SPAN_ARG(parts->division),
                    parts->kind, parts->year % 100, (unsigned long long) parts->sequence);
    return finish(out, parts->generation, err);
}

static es_status check_code(struct es_span code, struct es_error *err)
{
    static const struct codes_shape digits = {"es24 code", CODES_DIGITS, "0-9"};
    static const struct codes_shape letters = {"es24 code", CODES_ALNUM, "0-9 A-Z"};

    ES_TRY(codes_check_len(code, digits.what, ES_ES24_LEN, err));
    ES_TRY(codes_check_bytes(code, 0, ES_ES24_STABLE_LEN, &digits, err));
    ES_TRY(codes_check_bytes(code, ES_ES24_STABLE_LEN, ES_ES24_LEN, &letters, err));
    ES_TRY(es_division_check(es_span_sub(code, 0, ES_DIVISION_LEN), NULL, err));
    ES_ENSURE(codes_number(es_span_sub(code, 6, 2)) != 0, err, ES_E_RANGE, "es24 code: kind of 00");
    return es_mod3736_check(code, err);
}

es_status codes_es24_check(struct es_span code, const struct es_division_set *known,
                           unsigned *warnings, struct es_error *err)
{
    ES_TRY(check_code(code, err));
    if (warnings != NULL)
        *warnings = es_division_check(es_span_sub(code, 0, ES_DIVISION_LEN), known, NULL) == ES_OK
                        ? 0
                        : ES_CODE_WARN_DIVISION;
    return ES_OK;
}

es_status es_es24_parse(struct es_span code, const struct es_division_set *known,
                        struct es_seal_code *out, struct es_error *err)
{
    struct es_seal_code parsed = {.warnings = 0};

    ES_TRY(codes_es24_check(code, known, &parsed.warnings, err));
    codes_copy(parsed.text, code);
    codes_copy(parsed.stable, es_span_sub(code, 0, ES_ES24_STABLE_LEN));
    codes_copy(parsed.division, es_span_sub(code, 0, ES_DIVISION_LEN));
    parsed.kind = (int) codes_number(es_span_sub(code, 6, 2));
    parsed.year = (int) (YEAR_MIN + codes_number(es_span_sub(code, 8, 2)));
    parsed.sequence = (int64_t) codes_number(es_span_sub(code, 10, 12));
    parsed.generation = codes_index(CODES_ALNUM, code.ptr[ES_ES24_STABLE_LEN]);
    *out = parsed;
    return ES_OK;
}

es_status es_es24_next(struct es_span code, char out[ES_SEAL_CODE_MAX + 1], struct es_error *err)
{
    struct es_seal_code now;

    ES_TRY(es_es24_parse(code, NULL, &now, err));
    ES_ENSURE(now.generation < ES_ES24_GENERATION_MAX, err, ES_E_CONFLICT,
              "seal code %s is of generation Z, the last one", now.text);
    codes_copy(out, es_span_str(now.stable));
    return finish(out, (unsigned) now.generation + 1, err);
}
