/*
 * The schemes of seal codes as a table: our es24, the 13 and 14 digits police systems give
 * (GA 241.1 and what is in use), and any other code taken over as it is. Nothing but the division
 * is read out of 13 digits, and nothing out of 14: readings differ from place to place.
 */
#include "codes_internal.h"

#define GA13_LEN 13u
#define GA14_LEN 14u
#define GA13_MAX 9999999999999ull

static es_status check_ga(struct es_span code, const char *what, size_t len, struct es_error *err)
{
    const struct codes_shape shape = {what, CODES_DIGITS, "0-9"};

    ES_TRY(codes_check_len(code, what, len, err));
    return codes_check_bytes(code, 0, len, &shape, err);
}

static es_status check_ga13(struct es_span code, const struct es_division_set *known,
                            unsigned *warnings, struct es_error *err)
{
    struct es_span division = es_span_sub(code, 0, ES_DIVISION_LEN);

    ES_TRY(check_ga(code, "ga13 code", GA13_LEN, err));
    if (warnings != NULL)
        *warnings = es_division_check(division, known, NULL) == ES_OK ? 0 : ES_CODE_WARN_DIVISION;
    return ES_OK;
}

static es_status check_ga14(struct es_span code, const struct es_division_set *known,
                            unsigned *warnings, struct es_error *err)
{
    (void) known;
    ES_TRY(check_ga(code, "ga14 code", GA14_LEN, err));
    if (warnings != NULL)
        *warnings = 0;
    return ES_OK;
}

static es_status check_opaque(struct es_span code, const struct es_division_set *known,
                              unsigned *warnings, struct es_error *err)
{
    static const struct codes_shape shape = {"seal code", CODES_ALNUM "-", "0-9 A-Z -"};

    (void) known;
    ES_ENSURE(code.len >= 1 && code.len <= ES_SEAL_CODE_MAX, err, ES_E_FORMAT,
              "seal code of %zu bytes, allowed are 1 to %d", code.len, ES_SEAL_CODE_MAX);
    ES_TRY(codes_check_bytes(code, 0, code.len, &shape, err));
    if (warnings != NULL)
        *warnings = 0;
    return ES_OK;
}

/* What a code without known parts says: itself. */
static void take_whole(struct es_span code, unsigned warnings, struct es_seal_code *out)
{
    *out = (struct es_seal_code){
        .kind = -1, .year = -1, .sequence = -1, .generation = -1, .warnings = warnings};
    codes_copy(out->text, code);
    codes_copy(out->stable, code);
}

static es_status parse_ga13(struct es_span code, const struct es_division_set *known,
                            struct es_seal_code *out, struct es_error *err)
{
    unsigned warnings = 0;

    ES_TRY(check_ga13(code, known, &warnings, err));
    take_whole(code, warnings, out);
    codes_copy(out->division, es_span_sub(code, 0, ES_DIVISION_LEN));
    return ES_OK;
}

static es_status parse_ga14(struct es_span code, const struct es_division_set *known,
                            struct es_seal_code *out, struct es_error *err)
{
    ES_TRY(check_ga14(code, known, NULL, err));
    take_whole(code, 0, out);
    return ES_OK;
}

static es_status parse_opaque(struct es_span code, const struct es_division_set *known,
                              struct es_seal_code *out, struct es_error *err)
{
    ES_TRY(check_opaque(code, known, NULL, err));
    take_whole(code, 0, out);
    return ES_OK;
}

/* The police gave out a range of numbers; the allocator counts within it. */
static es_status make_ga13(const struct es_seal_code_parts *parts,
                           const struct es_division_set *known, char out[ES_SEAL_CODE_MAX + 1],
                           struct es_error *err)
{
    unsigned long long first = parts->range_first, last = parts->range_last;

    (void) known;
    ES_ENSURE(first >= 1 && first <= last && last <= GA13_MAX, err, ES_E_RANGE,
              "range of ga13 codes from %llu to %llu, allowed are 1 to %llu in order", first, last,
              GA13_MAX);
    ES_ENSURE(parts->sequence <= last - first, err, ES_E_CONFLICT,
              "the range of ga13 codes from %013llu to %013llu is used up", first, last);
    (void) snprintf(out, ES_SEAL_CODE_MAX + 1, "%013llu",
                    first + (unsigned long long) parts->sequence);
    return ES_OK;
}

static const struct es_seal_code_scheme schemes[] = {
    {"es24", "^[0-9]{22}[0-9A-Z]{2}$", codes_es24_check, es_es24_parse, es_es24_make},
    {"ga13", "^[0-9]{13}$", check_ga13, parse_ga13, make_ga13},
    {"ga14", "^[0-9]{14}$", check_ga14, parse_ga14, NULL},
    {"opaque", "^[0-9A-Z-]{1,64}$", check_opaque, parse_opaque, NULL},
};

size_t es_seal_code_scheme_count(void)
{
    return sizeof schemes / sizeof schemes[0];
}

const struct es_seal_code_scheme *es_seal_code_scheme_at(size_t i)
{
    return &schemes[i];
}

const struct es_seal_code_scheme *es_seal_code_scheme_by_id(struct es_span id)
{
    for (size_t i = 0; i < es_seal_code_scheme_count(); i++)
        if (es_span_is(id, schemes[i].id))
            return &schemes[i];
    return NULL;
}
