/*
 * ISO 7064 MOD 37,36 against published check characters, then by brute force what it finds: every
 * change of one character; every swap of neighbours but one pair in 630. The missed pair: let u and
 * v, 1 to 36, be the S that each of two different neighbours would make at the first place. Swapped
 * they end alike only when 2u mod 37 - u and 2v mod 37 - v are equal mod 36. That value is u up to
 * 18 and u - 1 from 19 on, so only 18 and 19 share one.
 */
#include "code_asserts.h"

static void texts_of_another_form_are_refused(void **state)
{
    char check = 'q', sixty_six[66];

    (void) state;
    memset(sixty_six, '0', sizeof sixty_six);
    assert_refused(es_mod3736_compute(BYTES(""), &check, &err), ES_E_FORMAT,
                   "text of 0 bytes, allowed are 1 to 64");
    assert_refused(es_mod3736_compute(es_span_of(sixty_six, 65), &check, &err), ES_E_FORMAT,
                   "text of 65 bytes, allowed are 1 to 64");
    assert_refused(es_mod3736_compute(BYTES("A1242a"), &check, &err), ES_E_FORMAT,
                   "text: byte 6 is 'a', allowed are 0-9 A-Z");
    assert_refused(es_mod3736_compute(BYTES("A1-2"), &check, &err), ES_E_FORMAT,
                   "text: byte 3 is '-', allowed are 0-9 A-Z");
    assert_int_equal(check, 'q');
    assert_refused(es_mod3736_check(BYTES("M"), &err), ES_E_FORMAT,
                   "text with check character of 1 bytes, allowed are 2 to 65");
    assert_refused(es_mod3736_check(es_span_of(sixty_six, 66), &err), ES_E_FORMAT,
                   "text with check character of 66 bytes, allowed are 2 to 65");
    assert_refused(es_mod3736_check(BYTES("A1\0M"), &err), ES_E_FORMAT,
                   "text: byte 3 is 0x00, allowed are 0-9 A-Z");
    assert_refused(es_mod3736_check(BYTES("A12425GABC1234002N"), &err), ES_E_MISMATCH,
                   "check character is 'N', computed is 'M'");
}

static void published_check_characters_are_computed(void **state)
{
    char check = 0, longest[65];

    (void) state;
    assert_taken(es_mod3736_check(BYTES("A12425GABC1234002M"), &err));
    assert_taken(es_mod3736_check(BYTES("4401060000123T"), &err));
    assert_taken(es_mod3736_check(BYTES("44010601260000000001230Y"), &err));
    assert_taken(es_mod3736_compute(BYTES("A12425GABC1234002"), &check, &err));
    assert_int_equal(check, 'M');
    memset(longest, 'Z', sizeof longest);
    assert_taken(es_mod3736_compute(es_span_of(longest, 64), &longest[64], &err));
    assert_taken(es_mod3736_check(es_span_of(longest, 65), &err));
}

static const char *const good[] = {"A12425GABC1234002M", "4401060000123T",
                                   "44010601260000000001230Y"};

static void every_change_of_one_character_is_found(void **state)
{
    (void) state;
    for (size_t i = 0; i < COUNT(good); i++) {
        for (size_t at = 0; at < strlen(good[i]); at++) {
            for (const char *c = ALNUM; *c != '\0'; c++) {
                char text[ES_SEAL_CODE_MAX + 1];

                (void) snprintf(text, sizeof text, "%s", good[i]);
                text[at] = *c;
                assert_int_equal(es_mod3736_check(es_span_str(text), NULL) == ES_OK,
                                 *c == good[i][at]);
            }
        }
    }
}

/* S at the next place, by the definition in integers; p is left as it is before that place. */
static unsigned step(unsigned p, unsigned value)
{
    unsigned s = (p + value) % 36;

    return s == 0 ? 36 : s;
}

static bool is_missed_pair(unsigned u, unsigned v)
{
    return (u == 18 && v == 19) || (u == 19 && v == 18);
}

/* Every state is reached by one character, so prefix, two neighbours and the end are all of it. */
static void swaps_of_neighbours_are_found_but_for_the_pair_of_18_and_19(void **state)
{
    size_t missed = 0, swaps = 0;

    (void) state;
    for (unsigned first = 0; first < 36; first++) {
        unsigned p = 2 * step(36, first) % 37;

        for (unsigned a = 0; a < 36; a++) {
            for (unsigned b = 0; b < 36; b++) {
                char text[] = {ALNUM[first], ALNUM[a], ALNUM[b], '\0', '\0'};
                bool taken;

                if (a == b)
                    continue;
                assert_taken(es_mod3736_compute(es_span_of(text, 3), &text[3], &err));
                text[1] = ALNUM[b];
                text[2] = ALNUM[a];
                taken = es_mod3736_check(es_span_of(text, 4), NULL) == ES_OK;
                assert_int_equal(taken, is_missed_pair(step(p, a), step(p, b)));
                missed += taken;
                swaps++;
            }
        }
    }
    assert_int_equal(missed * 630, swaps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_of_another_form_are_refused),
        cmocka_unit_test(published_check_characters_are_computed),
        cmocka_unit_test(every_change_of_one_character_is_found),
        cmocka_unit_test(swaps_of_neighbours_are_found_but_for_the_pair_of_18_and_19),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
