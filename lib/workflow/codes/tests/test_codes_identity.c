/*
 * Citizen identity numbers: the published example, numbers computed by another program, and that no
 * message shows anything of a number.
 */
#include "code_asserts.h"

#define NOW_S 1795252200 /* 2026-11-21T09:10:00Z */
#define CHECK(text) es_identity_check(BYTES(text), NOW_S, &err)

static void numbers_of_another_form_are_refused(void **state)
{
    (void) state;
    assert_refused(CHECK(""), ES_E_FORMAT, "identity number of 0 bytes, asked for are 18");
    assert_refused(CHECK("110105491231002"), ES_E_FORMAT,
                   "identity number of 15 bytes, asked for are 18");
    assert_refused(CHECK("11010519491231002X\0"), ES_E_FORMAT,
                   "identity number of 19 bytes, asked for are 18");
    assert_refused(CHECK("1101051949123100XX"), ES_E_FORMAT,
                   "identity number: byte 17 is not a digit");
    assert_refused(CHECK("11010519\x00"
                         "91231002X"),
                   ES_E_FORMAT, "identity number: byte 9 is not a digit");
    assert_refused(CHECK("110105194912\xef\xbc\x91"
                         "02X"),
                   ES_E_FORMAT, "identity number: byte 13 is not a digit");
    assert_refused(CHECK("11010519491231002x"), ES_E_FORMAT,
                   "identity number: byte 18 is neither a digit nor X");
}

static void a_date_of_birth_that_is_none_or_lies_ahead_is_refused(void **state)
{
    (void) state;
    assert_refused(CHECK("440106190002291236"), ES_E_RANGE, /* 1900 was no leap year */
                   "identity number: bytes 7 to 14 are no date of birth");
    assert_refused(CHECK("440106200102290013"), ES_E_RANGE,
                   "identity number: bytes 7 to 14 are no date of birth");
    assert_refused(CHECK("440106200100010013"), ES_E_RANGE,
                   "identity number: bytes 7 to 14 are no date of birth");
    assert_refused(CHECK("440106200113010013"), ES_E_RANGE,
                   "identity number: bytes 7 to 14 are no date of birth");
    assert_refused(CHECK("440106179912310019"), ES_E_RANGE,
                   "identity number: bytes 7 to 14 are no date of birth");
    assert_refused(CHECK("440106202611220012"), ES_E_RANGE,
                   "identity number: the date of birth lies ahead");
}

/* 16:00 UTC is midnight in China: from then on a child of the 22nd may be there. */
static void the_day_changes_at_midnight_of_china(void **state)
{
    const int64_t midnight_s = 1795276800;

    (void) state;
    assert_taken(CHECK("440106202611210017"));
    assert_refused(es_identity_check(BYTES("440106202611220012"), midnight_s - 1, &err), ES_E_RANGE,
                   "identity number: the date of birth lies ahead");
    assert_taken(es_identity_check(BYTES("440106202611220012"), midnight_s, &err));
}

static void correct_numbers_are_taken(void **state)
{
    (void) state;
    assert_taken(CHECK("11010519491231002X"));
    assert_taken(CHECK("440106200002290016")); /* 2000 was a leap year */
    assert_taken(CHECK("440106190002281236"));
    assert_taken(CHECK("810000199001010019")); /* residence permit, not a place in the table */
    assert_taken(CHECK("440106180001010013"));
}

static void every_change_of_one_character_is_found(void **state)
{
    static const char good[] = "11010519491231002X";

    (void) state;
    for (size_t at = 0; at < ES_IDENTITY_LEN; at++) {
        for (const char *c = at == 17 ? "0123456789X" : "0123456789"; *c != '\0'; c++) {
            char number[sizeof good];

            memcpy(number, good, sizeof good);
            number[at] = *c;
            assert_int_equal(es_identity_check(es_span_str(number), NOW_S, NULL) == ES_OK,
                             *c == good[at]);
        }
    }
}

static void every_swap_of_neighbours_is_found(void **state)
{
    static const char good[] = "440106190002281236";

    (void) state;
    for (size_t at = 0; at + 1 < ES_IDENTITY_LEN; at++) {
        char number[sizeof good];

        memcpy(number, good, sizeof good);
        number[at] = good[at + 1];
        number[at + 1] = good[at];
        assert_int_equal(es_identity_check(es_span_str(number), NOW_S, NULL) == ES_OK,
                         number[at] == number[at + 1]);
    }
}

/* the only figures in a message are places; a wrong check character is not corrected. */
static void no_message_shows_anything_of_the_number(void **state)
{
    static const char *const wrong[] = {"770777197707077773", "770777197777077773",
                                        "770777777707077773", "77077719770707777q",
                                        "7707771977070q7773", "7707771977070777737"};

    (void) state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct es_error err = {0};

        assert_int_not_equal(es_identity_check(es_span_str(wrong[i]), NOW_S, &err), ES_OK);
        assert_null(strstr(err.text, "77"));
        assert_null(strstr(err.text, "'"));
    }
    assert_refused(CHECK("110105194912310021"), ES_E_MISMATCH,
                   "identity number: wrong check character");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_another_form_are_refused),
        cmocka_unit_test(a_date_of_birth_that_is_none_or_lies_ahead_is_refused),
        cmocka_unit_test(the_day_changes_at_midnight_of_china),
        cmocka_unit_test(correct_numbers_are_taken),
        cmocka_unit_test(every_change_of_one_character_is_found),
        cmocka_unit_test(every_swap_of_neighbours_is_found),
        cmocka_unit_test(no_message_shows_anything_of_the_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
