/*
 * Seal codes: the schemes as a table, es24 made, read and continued, the codes of the police taken
 * over, divisions, and that numbers of an allocator never give one code twice.
 */
#include "code_asserts.h"

#include <regex.h>

#define MILLION 1000000u
#define VECTOR "44010601260000000001230Y" /* codes.md 2.4 */

static struct es_seal_code_parts vector_parts(void)
{
    return (struct es_seal_code_parts){
        .division = BYTES("440106"), .kind = 1, .year = 2026, .sequence = 123};
}

static bool only_guangzhou(void *self, const char *division)
{
    (void) self;
    return strncmp(division, "4401", 4) == 0;
}
static const struct es_division_set guangzhou = {only_guangzhou, NULL};

/* ---- divisions ---- */

#define DIVISION(text) es_division_check(BYTES(text), NULL, &err)

static void divisions_of_another_form_or_province_are_refused(void **state)
{
    (void) state;
    assert_refused(DIVISION("44010"), ES_E_FORMAT, "division of 5 bytes, asked for are 6");
    assert_refused(DIVISION("440106001000"), ES_E_FORMAT, "division of 12 bytes, asked for are 6");
    assert_refused(DIVISION("44010\0"), ES_E_FORMAT, "division: byte 6 is 0x00, allowed are 0-9");
    assert_refused(DIVISION("44O106"), ES_E_FORMAT, "division: byte 3 is 'O', allowed are 0-9");
    assert_refused(DIVISION("990106"), ES_E_RANGE, "division 990106: no province 99");
    assert_refused(DIVISION("000000"), ES_E_RANGE, "division 000000: no province 00");
    assert_refused(DIVISION("100001"), ES_E_RANGE, "division 100001: no province 10");
    assert_refused(DIVISION("440006"), ES_E_RANGE,
                   "division 440006: county 06 without a prefecture");
    assert_refused(es_division_check(BYTES("411100"), &guangzhou, &err), ES_E_RANGE,
                   "division 411100 is not in the table of divisions");
}

static void divisions_of_every_level_are_taken(void **state)
{
    (void) state;
    assert_taken(DIVISION("110101"));
    assert_taken(DIVISION("411100"));
    assert_taken(DIVISION("371000"));
    assert_taken(DIVISION("510000"));
    assert_taken(DIVISION("100000")); /* in 11100000000013338W */
    assert_taken(es_division_check(BYTES("440106"), &guangzhou, &err));
}

/* codes.md 3 lists 34; the check knows these and no other. */
static void the_provinces_are_the_thirty_four_of_the_standard(void **state)
{
    static const unsigned numbers[] = {11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34,
                                       35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52,
                                       53, 54, 61, 62, 63, 64, 65, 71, 81, 82};
    size_t found = 0;

    (void) state;
    assert_int_equal(es_province_count(), COUNT(numbers));
    for (size_t i = 0; i < COUNT(numbers); i++)
        assert_int_equal(es_province_at(i)->number, numbers[i]);
    for (unsigned number = 0; number < 1000; number++)
        found += es_province_by_number(number) != NULL;
    assert_int_equal(found, COUNT(numbers));
    assert_string_equal(es_province_by_number(44)->en, "Guangdong");
    assert_string_equal(es_province_by_number(50)->zh, "重庆市");
}

/* ---- es24 ---- */

static void parts_out_of_range_make_no_code(void **state)
{
    struct es_seal_code_parts parts = vector_parts();
    char out[ES_SEAL_CODE_MAX + 1] = "before";

    (void) state;
    parts.kind = 0;
    assert_refused(es_es24_make(&parts, NULL, out, &err), ES_E_RANGE,
                   "kind of 0, allowed are 1 to 99");
    parts.kind = 100;
    assert_refused(es_es24_make(&parts, NULL, out, &err), ES_E_RANGE,
                   "kind of 100, allowed are 1 to 99");
    parts = vector_parts();
    parts.year = 1999;
    assert_refused(es_es24_make(&parts, NULL, out, &err), ES_E_RANGE,
                   "year of 1999, allowed are 2000 to 2099");
    parts.year = 2100;
    assert_refused(es_es24_make(&parts, NULL, out, &err), ES_E_RANGE,
                   "year of 2100, allowed are 2000 to 2099");
    parts = vector_parts();
    parts.generation = 36;
    assert_refused(es_es24_make(&parts, NULL, out, &err), ES_E_RANGE,
                   "generation of 36, allowed are 0 to 35");
    parts = vector_parts();
    parts.division = BYTES("44\x00"
                           "106");
    assert_refused(es_es24_make(&parts, NULL, out, &err), ES_E_FORMAT,
                   "division: byte 3 is 0x00, allowed are 0-9");
    parts.division = BYTES("411100");
    assert_refused(es_es24_make(&parts, &guangzhou, out, &err), ES_E_RANGE,
                   "division 411100 is not in the table of divisions");
    assert_string_equal(out, "before");
}

static void a_sequence_past_twelve_digits_is_used_up(void **state)
{
    struct es_seal_code_parts parts = vector_parts();
    char out[ES_SEAL_CODE_MAX + 1];

    (void) state;
    parts.sequence = 1000000000000;
    assert_refused(es_es24_make(&parts, NULL, out, &err), ES_E_CONFLICT,
                   "the sequence of es24 is used up: 1000000000000 passes twelve digits");
    parts.sequence = UINT64_MAX;
    assert_int_equal(es_es24_make(&parts, NULL, out, NULL), ES_E_CONFLICT);
    parts.sequence = 999999999999;
    assert_taken(es_es24_make(&parts, NULL, out, &err));
    assert_memory_equal(out, "44010601269999999999990", 23);
}

static void the_vector_is_made(void **state)
{
    struct es_seal_code_parts parts = vector_parts();
    char out[ES_SEAL_CODE_MAX + 1];

    (void) state;
    assert_taken(es_es24_make(&parts, &guangzhou, out, &err));
    assert_string_equal(out, VECTOR);
}

static void the_vector_is_read(void **state)
{
    struct es_seal_code code;

    (void) state;
    assert_taken(es_es24_parse(BYTES(VECTOR), &guangzhou, &code, &err));
    assert_string_equal(code.text, VECTOR);
    assert_string_equal(code.stable, "4401060126000000000123");
    assert_string_equal(code.division, "440106");
    assert_int_equal(code.kind, ES_KIND_OFFICIAL_NAME);
    assert_int_equal(code.year, 2026);
    assert_int_equal(code.sequence, 123);
    assert_int_equal(code.generation, 0);
    assert_int_equal(code.warnings, 0);
}

static void the_largest_parts_are_made_and_read_again(void **state)
{
    const struct es_seal_code_parts parts = {.division = BYTES("820000"),
                                             .kind = 99,
                                             .year = 2099,
                                             .sequence = ES_ES24_SEQUENCE_MAX,
                                             .generation = ES_ES24_GENERATION_MAX};
    char out[ES_SEAL_CODE_MAX + 1];
    struct es_seal_code code;

    (void) state;
    assert_taken(es_es24_make(&parts, NULL, out, &err));
    assert_memory_equal(out, "8200009999999999999999Z", 23);
    assert_taken(es_es24_parse(es_span_str(out), NULL, &code, &err));
    assert_string_equal(code.division, "820000");
    assert_int_equal(code.kind, 99);
    assert_int_equal(code.year, 2099);
    assert_int_equal(code.sequence, 999999999999);
    assert_int_equal(code.generation, 35);
}

static es_status parse(struct es_span text, struct es_error *err)
{
    struct es_seal_code code;

    return es_es24_parse(text, NULL, &code, err);
}
#define PARSE(text) parse(BYTES(text), &err)

static void es24_codes_of_another_form_are_refused(void **state)
{
    (void) state;
    assert_refused(PARSE(""), ES_E_FORMAT, "es24 code of 0 bytes, asked for are 24");
    assert_refused(PARSE(VECTOR "\0"), ES_E_FORMAT, "es24 code of 25 bytes, asked for are 24");
    assert_refused(PARSE("44010601260000000001230y"), ES_E_FORMAT,
                   "es24 code: byte 24 is 'y', allowed are 0-9 A-Z");
    assert_refused(PARSE("4401060126A000000001230Y"), ES_E_FORMAT,
                   "es24 code: byte 11 is 'A', allowed are 0-9");
    assert_refused(PARSE("440106012600000000012\x00"
                         "0Y"),
                   ES_E_FORMAT, "es24 code: byte 22 is 0x00, allowed are 0-9");
    assert_refused(PARSE("\xef\xbc\x94\xef\xbc\x94\xef\xbc\x90\xef\xbc\x91\xef\xbc\x90\xef\xbc\x96"
                         "260000"),
                   ES_E_FORMAT, "es24 code: byte 1 is 0xEF, allowed are 0-9");
    assert_refused(PARSE("99010601260000000001230Y"), ES_E_RANGE,
                   "division 990106: no province 99");
    assert_refused(PARSE("44010600260000000001230Y"), ES_E_RANGE, "es24 code: kind of 00");
    assert_refused(PARSE("44010601260000000001230X"), ES_E_MISMATCH,
                   "check character is 'X', computed is 'Y'");
}

static void every_change_of_one_character_of_an_es24_code_is_found(void **state)
{
    (void) state;
    for (size_t at = 0; at < ES_ES24_LEN; at++) {
        for (const char *c = ALNUM; *c != '\0'; c++) {
            char code[] = VECTOR;

            code[at] = *c;
            assert_int_equal(parse(es_span_str(code), NULL) == ES_OK, *c == VECTOR[at]);
        }
    }
}

static void a_division_not_in_the_table_warns_of_a_code_taken_over(void **state)
{
    struct es_seal_code_parts parts = vector_parts();
    struct es_seal_code code;
    char text[ES_SEAL_CODE_MAX + 1];

    (void) state;
    parts.division = BYTES("411100");
    assert_taken(es_es24_make(&parts, NULL, text, &err));
    assert_taken(es_es24_parse(es_span_str(text), &guangzhou, &code, &err));
    assert_int_equal(code.warnings, ES_CODE_WARN_DIVISION);
}

/* Check characters of generations 1, A and Z by another program. */
static void generations_follow_each_other_under_one_stable_identity_up_to_z(void **state)
{
    char code[ES_SEAL_CODE_MAX + 1] = VECTOR, next[ES_SEAL_CODE_MAX + 1];
    struct es_seal_code parsed;

    (void) state;
    for (int generation = 1; generation <= ES_ES24_GENERATION_MAX; generation++) {
        assert_taken(es_es24_next(es_span_str(code), next, &err));
        assert_taken(es_es24_parse(es_span_str(next), NULL, &parsed, &err));
        assert_int_equal(parsed.generation, generation);
        assert_string_equal(parsed.stable, "4401060126000000000123");
        if (generation == 1)
            assert_string_equal(next, "44010601260000000001231W");
        if (generation == 10)
            assert_string_equal(next, "4401060126000000000123AE");
        memcpy(code, next, sizeof code);
    }
    assert_string_equal(code, "4401060126000000000123Z0");
    assert_refused(es_es24_next(es_span_str(code), next, &err), ES_E_CONFLICT,
                   "seal code 4401060126000000000123Z0 is of generation Z, the last one");
    assert_refused(es_es24_next(BYTES("44010601260000000001230X"), next, &err), ES_E_MISMATCH,
                   "check character is 'X', computed is 'Y'");
}

/* each code gives its number back, so no two numbers share one; in another order than that
 * of the numbers, as allocators at work side by side come to use them. */
static void a_million_numbers_give_a_million_es24_codes(void **state)
{
    struct es_seal_code_parts parts = vector_parts();
    struct es_seal_code code;
    char text[ES_SEAL_CODE_MAX + 1];

    (void) state;
    for (uint64_t i = 0; i < MILLION; i++) {
        parts.sequence = i * 611953 % MILLION; /* a prime: each number once */
        parts.generation = (unsigned) (i % 36);
        assert_int_equal(es_es24_make(&parts, NULL, text, NULL), ES_OK);
        assert_int_equal(es_es24_parse(es_span_str(text), NULL, &code, NULL), ES_OK);
        assert_int_equal(code.sequence, parts.sequence);
        assert_int_equal(code.generation, parts.generation);
    }
}

/* ---- the other schemes ---- */

static const struct es_seal_code_scheme *scheme(const char *id)
{
    const struct es_seal_code_scheme *found = es_seal_code_scheme_by_id(es_span_str(id));

    assert_non_null(found);
    return found;
}

static void codes_of_the_police_of_another_form_are_refused(void **state)
{
    (void) state;
    assert_refused(scheme("ga13")->check(BYTES("910100861356"), NULL, NULL, &err), ES_E_FORMAT,
                   "ga13 code of 12 bytes, asked for are 13");
    assert_refused(scheme("ga13")->check(BYTES("910100861356O"), NULL, NULL, &err), ES_E_FORMAT,
                   "ga13 code: byte 13 is 'O', allowed are 0-9");
    assert_refused(scheme("ga14")->check(BYTES("4401060012345"), NULL, NULL, &err), ES_E_FORMAT,
                   "ga14 code of 13 bytes, asked for are 14");
    assert_refused(scheme("ga14")->check(BYTES("44010600123-56"), NULL, NULL, &err), ES_E_FORMAT,
                   "ga14 code: byte 12 is '-', allowed are 0-9");
}

/* 9101008613560 is the sample of a vendor (codes.md 2.1): 91 is no province, so it only warns. */
static void a_ga13_code_with_an_unknown_division_warns(void **state)
{
    struct es_seal_code code;
    unsigned warnings = 77;

    (void) state;
    assert_taken(scheme("ga13")->check(BYTES("9101008613560"), NULL, &warnings, &err));
    assert_int_equal(warnings, ES_CODE_WARN_DIVISION);
    assert_taken(scheme("ga13")->parse(BYTES("4401060000123"), &guangzhou, &code, &err));
    assert_int_equal(code.warnings, 0);
    assert_string_equal(code.division, "440106");
    assert_string_equal(code.stable, "4401060000123");
    assert_int_equal(code.sequence, -1);
    assert_int_equal(code.generation, -1);
}

static void nothing_is_read_out_of_ga14_and_opaque_codes(void **state)
{
    struct es_seal_code code;

    (void) state;
    assert_taken(scheme("ga14")->parse(BYTES("44010600123456"), &guangzhou, &code, &err));
    assert_string_equal(code.division, "");
    assert_string_equal(code.stable, "44010600123456");
    assert_taken(scheme("opaque")->parse(BYTES("-GD-2020-0001-"), NULL, &code, &err));
    assert_string_equal(code.text, "-GD-2020-0001-");
    assert_int_equal(code.kind, -1);
    assert_int_equal(code.year, -1);
}

static void opaque_codes_have_1_to_64_bytes_of_digits_letters_and_hyphens(void **state)
{
    char text[65];

    (void) state;
    memset(text, 'Z', sizeof text);
    assert_taken(scheme("opaque")->check(es_span_of(text, 64), NULL, NULL, &err));
    assert_taken(scheme("opaque")->check(es_span_of(text, 1), NULL, NULL, &err));
    assert_refused(scheme("opaque")->check(es_span_of(text, 65), NULL, NULL, &err), ES_E_FORMAT,
                   "seal code of 65 bytes, allowed are 1 to 64");
    assert_refused(scheme("opaque")->check(es_span_of(NULL, 0), NULL, NULL, &err), ES_E_FORMAT,
                   "seal code of 0 bytes, allowed are 1 to 64");
    for (unsigned byte = 0; byte < 256; byte++) {
        bool allowed = byte != 0 && strchr(ALNUM "-", (int) byte) != NULL;

        text[3] = (char) byte;
        assert_int_equal(scheme("opaque")->check(es_span_of(text, 5), NULL, NULL, NULL) == ES_OK,
                         allowed);
    }
}

static void a_range_of_the_police_is_kept_and_comes_to_an_end(void **state)
{
    struct es_seal_code_parts parts = {.range_first = 4401061234500, .range_last = 4401061234509};
    char out[ES_SEAL_CODE_MAX + 1];

    (void) state;
    assert_taken(scheme("ga13")->make(&parts, NULL, out, &err));
    assert_string_equal(out, "4401061234500");
    parts.sequence = 9;
    assert_taken(scheme("ga13")->make(&parts, NULL, out, &err));
    assert_string_equal(out, "4401061234509");
    parts.sequence = 10;
    assert_refused(scheme("ga13")->make(&parts, NULL, out, &err), ES_E_CONFLICT,
                   "the range of ga13 codes from 4401061234500 to 4401061234509 is used up");
    parts.sequence = UINT64_MAX;
    assert_int_equal(scheme("ga13")->make(&parts, NULL, out, NULL), ES_E_CONFLICT);
    parts.range_last = 10000000000000;
    assert_refused(scheme("ga13")->make(&parts, NULL, out, &err), ES_E_RANGE,
                   "range of ga13 codes from 4401061234500 to 10000000000000, allowed are 1 to "
                   "9999999999999 in order");
    parts.range_last = parts.range_first - 1;
    assert_int_equal(scheme("ga13")->make(&parts, NULL, out, NULL), ES_E_RANGE);
    parts.range_first = 0;
    assert_int_equal(scheme("ga13")->make(&parts, NULL, out, NULL), ES_E_RANGE);
}

/* codes that rise strictly are all different. */
static void a_million_numbers_give_a_million_ga13_codes(void **state)
{
    struct es_seal_code_parts parts = {.range_first = 4401060000000, .range_last = 4401069999999};
    char out[ES_SEAL_CODE_MAX + 1], before[ES_SEAL_CODE_MAX + 1] = "";

    (void) state;
    for (parts.sequence = 0; parts.sequence < MILLION; parts.sequence++) {
        assert_int_equal(scheme("ga13")->make(&parts, NULL, out, NULL), ES_OK);
        assert_true(strcmp(before, out) < 0);
        memcpy(before, out, sizeof before);
    }
    assert_string_equal(out, "4401060999999");
}

/* ---- the table ---- */

static void schemes_are_found_by_id_and_only_two_make_codes(void **state)
{
    (void) state;
    assert_int_equal(es_seal_code_scheme_count(), 4);
    for (size_t i = 0; i < 4; i++) {
        const struct es_seal_code_scheme *row = es_seal_code_scheme_at(i);

        assert_ptr_equal(es_seal_code_scheme_by_id(es_span_str(row->id)), row);
        assert_int_equal(row->make != NULL, i < 2);
    }
    assert_null(es_seal_code_scheme_by_id(BYTES("ES24")));
    assert_null(es_seal_code_scheme_by_id(BYTES("es24\0")));
    assert_null(es_seal_code_scheme_by_id(BYTES("")));
}

/* The regular expression told to others is the form that is checked, tried on changed samples. */
static void patterns_say_what_the_checks_take(void **state)
{
    static const char *const samples[] = {VECTOR, "4401060000123", "44010600123456", "GD-2020-0001",
                                          ""};
    static const char tries[] = "0-9AZaz_ \xef.";

    (void) state;
    for (size_t i = 0; i < es_seal_code_scheme_count(); i++) {
        const struct es_seal_code_scheme *row = es_seal_code_scheme_at(i);
        regex_t regex;

        assert_int_equal(regcomp(&regex, row->pattern, REG_EXTENDED | REG_NOSUB), 0);
        for (size_t s = 0; s < COUNT(samples); s++) {
            for (size_t at = 0; at <= strlen(samples[s]); at++) {
                for (size_t t = 0; t < sizeof tries; t++) { /* the last one cuts the text */
                    char text[32];
                    es_status status;

                    (void) snprintf(text, sizeof text, "%s", samples[s]);
                    text[at] = tries[t];
                    text[at == strlen(samples[s]) ? at + 1 : strlen(samples[s])] = '\0';
                    status = row->check(es_span_str(text), NULL, NULL, NULL);
                    assert_int_equal(regexec(&regex, text, 0, NULL, 0) == 0, status != ES_E_FORMAT);
                }
            }
        }
        regfree(&regex);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(divisions_of_another_form_or_province_are_refused),
        cmocka_unit_test(divisions_of_every_level_are_taken),
        cmocka_unit_test(the_provinces_are_the_thirty_four_of_the_standard),
        cmocka_unit_test(parts_out_of_range_make_no_code),
        cmocka_unit_test(a_sequence_past_twelve_digits_is_used_up),
        cmocka_unit_test(the_vector_is_made),
        cmocka_unit_test(the_vector_is_read),
        cmocka_unit_test(the_largest_parts_are_made_and_read_again),
        cmocka_unit_test(es24_codes_of_another_form_are_refused),
        cmocka_unit_test(every_change_of_one_character_of_an_es24_code_is_found),
        cmocka_unit_test(a_division_not_in_the_table_warns_of_a_code_taken_over),
        cmocka_unit_test(generations_follow_each_other_under_one_stable_identity_up_to_z),
        cmocka_unit_test(a_million_numbers_give_a_million_es24_codes),
        cmocka_unit_test(codes_of_the_police_of_another_form_are_refused),
        cmocka_unit_test(a_ga13_code_with_an_unknown_division_warns),
        cmocka_unit_test(nothing_is_read_out_of_ga14_and_opaque_codes),
        cmocka_unit_test(opaque_codes_have_1_to_64_bytes_of_digits_letters_and_hyphens),
        cmocka_unit_test(a_range_of_the_police_is_kept_and_comes_to_an_end),
        cmocka_unit_test(a_million_numbers_give_a_million_ga13_codes),
        cmocka_unit_test(schemes_are_found_by_id_and_only_two_make_codes),
        cmocka_unit_test(patterns_say_what_the_checks_take),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
