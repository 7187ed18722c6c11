/*
 * Credit codes and organisation codes against the vectors of codes.md 5.1 and 5.2 and real codes
 * of public bodies; then every change of one character and every swap of neighbours.
 */
#include "code_asserts.h"

#define USCC_ALPHABET "0123456789ABCDEFGHJKLMNPQRTUWXY"

static const char *const good[] = {
    "91350100M000100Y43", "91512081MA62K0260E", "11100000000013338W",
    "12100000400002195R", "11440000006939748G",
};

static es_status strict(struct es_span code, struct es_error *err)
{
    return es_uscc_check(code, ES_USCC_STRICT, NULL, NULL, err);
}
#define STRICT(text) strict(BYTES(text), &err)
#define LENIENT(text, out) es_uscc_check(BYTES(text), ES_USCC_LENIENT, NULL, (out), &err)

static void credit_codes_of_another_form_are_refused(void **state)
{
    (void) state;
    assert_refused(STRICT(""), ES_E_FORMAT, "credit code of 0 bytes, asked for are 18");
    assert_refused(STRICT("91350100M000100Y4"), ES_E_FORMAT,
                   "credit code of 17 bytes, asked for are 18");
    assert_refused(STRICT("91350100M000100Y430"), ES_E_FORMAT,
                   "credit code of 19 bytes, asked for are 18");
    assert_refused(STRICT("91350100M000100Y43\0"), ES_E_FORMAT,
                   "credit code of 19 bytes, asked for are 18");
    assert_refused(STRICT("91350100M000100Y\x00"
                          "3"),
                   ES_E_FORMAT,
                   "credit code: byte 17 is 0x00, allowed are 0-9 A-Z without I O S V Z");
    assert_refused(STRICT(" 1350100M000100Y43"), ES_E_FORMAT,
                   "credit code: byte 1 is 0x20, allowed are 0-9 A-Z without I O S V Z");
    assert_refused(STRICT("91350100M0001\xef\xbc\x90"
                          "43"),
                   ES_E_FORMAT,
                   "credit code: byte 14 is 0xEF, allowed are 0-9 A-Z without I O S V Z");
    assert_refused(STRICT("\xef\xbc\x99\xef\xbc\x91\xef\xbc\x93\xef\xbc\x95\xef\xbc\x90\xef\xbc"
                          "\x91"),
                   ES_E_FORMAT,
                   "credit code: byte 1 is 0xEF, allowed are 0-9 A-Z without I O S V Z");
    assert_refused(STRICT("91A50100M000100Y43"), ES_E_FORMAT,
                   "credit code: byte 3 is 'A', allowed are 0-9");
    assert_refused(STRICT("9135010AM000100Y43"), ES_E_FORMAT,
                   "credit code: byte 8 is 'A', allowed are 0-9");
}

/* Trap b: folding would hide that two spellings of one code exist. */
static void lower_case_in_a_credit_code_is_refused_and_not_folded(void **state)
{
    struct es_uscc out;

    (void) state;
    assert_refused(STRICT("91350100m000100Y43"), ES_E_FORMAT,
                   "credit code: byte 9 is 'm', allowed are 0-9 A-Z without I O S V Z");
    assert_refused(LENIENT("11100000000013338w", &out), ES_E_FORMAT,
                   "credit code: byte 18 is 'w', allowed are 0-9 A-Z without I O S V Z");
}

static void the_circulated_wrong_form_ending_in_z_is_refused_by_both_modes(void **state)
{
    struct es_uscc out;

    (void) state;
    assert_refused(STRICT("91350100M000100Y4Z"), ES_E_FORMAT,
                   "credit code: byte 18 is 'Z', allowed are 0-9 A-Z without I O S V Z");
    assert_refused(LENIENT("91350100M000100Y4Z", &out), ES_E_FORMAT,
                   "credit code: byte 18 is 'Z', allowed are 0-9 A-Z without I O S V Z");
}

static void letters_left_out_of_the_alphabet_are_refused_at_every_place(void **state)
{
    static const char left_out[] = "IOSVZ";

    (void) state;
    for (size_t at = 0; at < ES_USCC_LEN; at++) {
        for (size_t i = 0; i < sizeof left_out - 1; i++) {
            char code[] = "91512081MA62K0260E";

            code[at] = left_out[i];
            assert_int_equal(strict(es_span_str(code), NULL), ES_E_FORMAT);
        }
    }
}

/* Trap c: registered wrong, so it exists; who takes it must be told. */
static void a_wrong_check_character_is_refused_when_strict_and_told_when_lenient(void **state)
{
    struct es_uscc out = {.warnings = 99};

    (void) state;
    assert_refused(STRICT("91350100M000100Y44"), ES_E_MISMATCH,
                   "credit code: check character is '4', computed is '3'");
    assert_taken(LENIENT("91350100M000100Y44", &out));
    assert_int_equal(out.warnings, ES_CODE_WARN_CHECKSUM);
    assert_string_equal(es_code_warning_name(out.warnings), "checksum");
    assert_taken(LENIENT("91350100M000100Y43", &out));
    assert_int_equal(out.warnings, 0);
}

static void nothing_is_written_about_a_code_that_is_refused(void **state)
{
    struct es_uscc out, before;

    (void) state;
    memset(&out, 0x5A, sizeof out);
    before = out;
    assert_int_equal(es_uscc_check(BYTES("91350100M000100Y44"), ES_USCC_STRICT, NULL, &out, NULL),
                     ES_E_MISMATCH);
    assert_memory_equal(&out, &before, sizeof out);
}

static void published_credit_codes_are_taken_and_their_check_characters_computed(void **state)
{
    (void) state;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct es_span code = es_span_str(good[i]);
        char check = 0;

        assert_taken(strict(code, &err));
        assert_taken(es_uscc_compute(es_span_sub(code, 0, 17), &check, &err));
        assert_int_equal(check, good[i][17]);
    }
}

/* Traps a and d: no character has the value 31, and the remainder is not the check value. */
static void a_remainder_of_zero_gives_the_check_character_zero(void **state)
{
    (void) state;
    assert_taken(STRICT("91440300MA50002110"));
    assert_taken(STRICT("91440300MA50005010"));
    assert_refused(STRICT("12100000400002195"
                          "6"),
                   ES_E_MISMATCH, "credit code: check character is '6', computed is 'R'");
}

static void computing_needs_seventeen_bytes_of_the_right_form(void **state)
{
    char check = 'q';

    (void) state;
    assert_refused(es_uscc_compute(BYTES("91350100M000100Y43"), &check, &err), ES_E_FORMAT,
                   "credit code without check character of 18 bytes, asked for are 17");
    assert_refused(es_uscc_compute(BYTES("91350100M000100O4"), &check, &err), ES_E_FORMAT,
                   "credit code: byte 16 is 'O', allowed are 0-9 A-Z without I O S V Z");
    assert_int_equal(check, 'q');
}

static void every_change_of_one_character_of_a_credit_code_is_found(void **state)
{
    (void) state;
    for (size_t i = 0; i < COUNT(good); i++) {
        for (size_t at = 0; at < ES_USCC_LEN; at++) {
            for (const char *c = USCC_ALPHABET; *c != '\0'; c++) {
                char code[ES_USCC_LEN + 1];

                memcpy(code, good[i], sizeof code);
                code[at] = *c;
                assert_int_equal(strict(es_span_str(code), NULL) == ES_OK, *c == good[i][at]);
            }
        }
    }
}

static void every_swap_of_neighbours_in_a_credit_code_is_found(void **state)
{
    (void) state;
    for (size_t i = 0; i < COUNT(good); i++) {
        for (size_t at = 0; at + 1 < ES_USCC_LEN; at++) {
            char code[ES_USCC_LEN + 1];

            memcpy(code, good[i], sizeof code);
            code[at] = good[i][at + 1];
            code[at + 1] = good[i][at];
            assert_int_equal(strict(es_span_str(code), NULL) == ES_OK, code[at] == code[at + 1]);
        }
    }
}

static void a_credit_code_is_split_into_its_parts(void **state)
{
    struct es_uscc out;

    (void) state;
    assert_taken(es_uscc_check(BYTES("91512081MA62K0260E"), ES_USCC_STRICT, NULL, &out, &err));
    assert_string_equal(out.text, "91512081MA62K0260E");
    assert_string_equal(out.pair, "91");
    assert_string_equal(out.division, "512081");
    assert_string_equal(out.org_code, "MA62K0260");
    assert_int_equal(out.warnings, 0);
}

static void unknown_first_characters_are_taken(void **state)
{
    char code[] = "XX350100M000100Y4?";

    (void) state;
    assert_taken(es_uscc_compute(es_span_of(code, 17), &code[17], &err));
    assert_taken(strict(es_span_str(code), &err));
}

static bool only_fujian(void *self, const char *division)
{
    (void) self;
    return strncmp(division, "35", 2) == 0;
}

static void an_odd_division_or_organisation_code_within_only_warns(void **state)
{
    const struct es_division_set known = {only_fujian, NULL};
    struct es_uscc out;
    char code[] = "91990100M000100Y5?";

    (void) state;
    assert_taken(es_uscc_compute(es_span_of(code, 17), &code[17], &err));
    assert_taken(es_uscc_check(es_span_str(code), ES_USCC_STRICT, NULL, &out, &err));
    assert_int_equal(out.warnings, ES_CODE_WARN_DIVISION | ES_CODE_WARN_ORG_CHECKSUM);
    assert_taken(es_uscc_check(BYTES("91350100M000100Y43"), ES_USCC_STRICT, &known, &out, &err));
    assert_int_equal(out.warnings, 0);
    assert_taken(es_uscc_check(BYTES("91512081MA62K0260E"), ES_USCC_STRICT, &known, &out, &err));
    assert_int_equal(out.warnings, ES_CODE_WARN_DIVISION);
}

/* ---- organisation codes ---- */

#define ORG(text) es_org_code_check(BYTES(text), &err)

static void organisation_codes_of_another_form_are_refused(void **state)
{
    (void) state;
    assert_refused(ORG("00693974"), ES_E_FORMAT, "organisation code of 8 bytes, asked for are 9");
    assert_refused(ORG("00693974-8"), ES_E_FORMAT,
                   "organisation code of 10 bytes, asked for are 9");
    assert_refused(ORG("m000100Y4"), ES_E_FORMAT,
                   "organisation code: byte 1 is 'm', allowed are 0-9 A-Z");
    assert_refused(ORG("00693974Y"), ES_E_FORMAT,
                   "organisation code: byte 9 is 'Y', allowed are 0-9 X");
    assert_refused(ORG("00693974x"), ES_E_FORMAT,
                   "organisation code: byte 9 is 'x', allowed are 0-9 X");
    assert_refused(ORG("0069397\x00"
                       "8"),
                   ES_E_FORMAT, "organisation code: byte 8 is 0x00, allowed are 0-9 A-Z");
    assert_refused(ORG("006939747"), ES_E_MISMATCH,
                   "organisation code: check character is '7', computed is '8'");
}

static void published_organisation_codes_are_taken(void **state)
{
    (void) state;
    assert_taken(ORG("M000100Y4"));
    assert_taken(ORG("MA62K0260"));
    assert_taken(ORG("400002195"));
    assert_taken(ORG("000013338"));
    assert_taken(ORG("006939748"));
    assert_taken(ORG("00000006X"));
}

/* Modulo 11 over values up to 35: a change by 11 or 22 or 33 passes, and no other one does. */
static void
changes_in_an_organisation_code_are_found_unless_they_are_multiples_of_eleven(void **state)
{
    (void) state;
    for (size_t at = 0; at < ES_ORG_CODE_LEN - 1; at++) {
        for (int value = 0; value < 36; value++) {
            char code[] = "MA62K0260";
            int was = (int) (strchr(ALNUM, code[at]) - ALNUM);

            code[at] = ALNUM[value];
            assert_int_equal(es_org_code_check(es_span_str(code), NULL) == ES_OK,
                             (value - was) % 11 == 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credit_codes_of_another_form_are_refused),
        cmocka_unit_test(lower_case_in_a_credit_code_is_refused_and_not_folded),
        cmocka_unit_test(the_circulated_wrong_form_ending_in_z_is_refused_by_both_modes),
        cmocka_unit_test(letters_left_out_of_the_alphabet_are_refused_at_every_place),
        cmocka_unit_test(a_wrong_check_character_is_refused_when_strict_and_told_when_lenient),
        cmocka_unit_test(nothing_is_written_about_a_code_that_is_refused),
        cmocka_unit_test(published_credit_codes_are_taken_and_their_check_characters_computed),
        cmocka_unit_test(a_remainder_of_zero_gives_the_check_character_zero),
        cmocka_unit_test(computing_needs_seventeen_bytes_of_the_right_form),
        cmocka_unit_test(every_change_of_one_character_of_a_credit_code_is_found),
        cmocka_unit_test(every_swap_of_neighbours_in_a_credit_code_is_found),
        cmocka_unit_test(a_credit_code_is_split_into_its_parts),
        cmocka_unit_test(unknown_first_characters_are_taken),
        cmocka_unit_test(an_odd_division_or_organisation_code_within_only_warns),
        cmocka_unit_test(organisation_codes_of_another_form_are_refused),
        cmocka_unit_test(published_organisation_codes_are_taken),
        cmocka_unit_test(
            changes_in_an_organisation_code_are_found_unless_they_are_multiples_of_eleven),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
