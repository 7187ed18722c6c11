/*
 * The permission matrix against its source: the table of requirements 2.5 is read from the page
 * itself, cell by cell, and what es_rights_may answers is derived from the words of the cell by a
 * second reading here. Without the folder of the specification these tests are skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_rights.h"

#define COLUMNS 18
#define TEXT_MAX 64

struct page {
    bool there;
    int role[COLUMNS]; /* of each column */
    size_t rows;
    char action[ES_ACTIONS + 1][TEXT_MAX];
    char cell[ES_ACTIONS + 1][COLUMNS][TEXT_MAX];
};

/* Fields of "| a | b | … |", trimmed; how many there were. */
static size_t split(char *line, char *fields[], size_t max)
{
    size_t count = 0;
    char *at = strchr(line, '|');

    while (at != NULL && count < max) {
        char *end = strchr(at + 1, '|');
        char *from = at + 1;

        if (end == NULL)
            break;
        for (char *p = end; p > from && p[-1] == ' '; p--)
            p[-1] = 0;
        *end = 0;
        fields[count++] = from + strspn(from, " ");
        at = end;
    }
    return count;
}

static void read_header(struct page *page, char *line)
{
    char *fields[COLUMNS + 2];

    assert_int_equal(split(line, fields, COLUMNS + 2), COLUMNS + 1);
    for (size_t i = 0; i < COLUMNS; i++) {
        page->role[i] = es_role_by_name(fields[i + 1]);
        if (page->role[i] < 0)
            fail_msg("\"%s\" is no role", fields[i + 1]);
    }
    page->there = true;
}

static void read_row(struct page *page, char *line)
{
    char *fields[COLUMNS + 2];

    assert_int_equal(split(line, fields, COLUMNS + 2), COLUMNS + 1);
    assert_true(page->rows <= ES_ACTIONS);
    (void) snprintf(page->action[page->rows], TEXT_MAX, "%s", fields[0]);
    for (size_t i = 0; i < COLUMNS; i++)
        (void) snprintf(page->cell[page->rows][i], TEXT_MAX, "%s", fields[i + 1]);
    page->rows++;
}

static void read_page(struct page *page, FILE *file)
{
    char line[4096];
    bool inside = false;

    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "### ", 4) == 0)
            inside = strncmp(line, "### 2.5", 7) == 0;
        if (!inside || line[0] != '|' || strncmp(line, "|---", 4) == 0)
            continue;
        if (!page->there)
            read_header(page, line);
        else
            read_row(page, line);
    }
}

static int setup(void **state)
{
    struct page *page = calloc(1, sizeof *page);
    const char *folder = getenv("ESEAL_SPEC");
    char path[4096];
    FILE *file;

    assert_non_null(page);
    (void) snprintf(path, sizeof path, "%s/requirements.md", folder == NULL ? "." : folder);
    file = fopen(path, "r");
    if (file != NULL) {
        read_page(page, file);
        (void) fclose(file);
        assert_true(page->there);
    }
    *state = page;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static const struct page *page_of(void **state)
{
    const struct page *page = *state;

    if (!page->there) {
        print_message("# requirements.md is not there\n");
        skip();
    }
    return page;
}

static int action_of(const char *words)
{
    for (int action = 0; action < ES_ACTIONS; action++)
        if (strcmp(es_action_text_en(action), words) == 0)
            return action;
    fail_msg("no action \"%s\"", words);
    return -1;
}

static void the_page_names_every_action_once_and_in_order(void **state)
{
    const struct page *page = page_of(state);

    assert_int_equal(page->rows, ES_ACTIONS);
    for (int action = 0; action < ES_ACTIONS; action++)
        assert_string_equal(page->action[action], es_action_text_en(action));
}

static void every_cell_is_the_cell_of_the_page(void **state)
{
    const struct page *page = page_of(state);

    for (size_t row = 0; row < page->rows; row++) {
        for (size_t i = 0; i < COLUMNS; i++) {
            ES_AUTO(es_buf) text = ES_BUF_INIT(TEXT_MAX);

            es_rights_put_cell(&text, es_rights_cell(page->role[i], action_of(page->action[row])));
            if (strcmp(es_buf_cstr(&text), page->cell[row][i]) != 0)
                fail_msg("%s, %s: \"%s\", the page has \"%s\"", page->action[row],
                         es_role_name(page->role[i]), es_buf_cstr(&text), page->cell[row][i]);
        }
    }
}

/* ---- a second reading of a cell's words ---- */

static enum es_verb verb_of(const char *cell)
{
    switch (cell[0]) {
    case 'C':
        return ES_VERB_DO;
    case 'A':
        return ES_VERB_APPROVE;
    case 'R':
        return ES_VERB_READ;
    default:
        return ES_VERB_NONE;
    }
}

static const struct {
    const char *words;
    uint32_t facts; /* any of them meets the condition */
} conditions[] = {
    {"(suspend)", ES_FACT(ES_ONLY_SUSPEND)},
    {"order", ES_FACT(ES_ONLY_ORDER)},
    {"(making unit)", ES_FACT(ES_ONLY_MAKING_UNIT)},
    {"(duty/personal)", ES_FACT(ES_ONLY_PERSON_SEAL)},
    {"* (standing approval)", ES_FACT_STANDING},
    {"*", ES_FACT_FOR_PERSON | ES_FACT_STANDING},
    {"apply", ES_FACT(ES_ONLY_APPLY)},
    {"A1", ES_FACT(ES_ONLY_FIRST)},
    {"A2", ES_FACT(ES_ONLY_SECOND)},
    {"agg.", ES_FACT(ES_ONLY_AGGREGATE)},
    {"case", ES_FACT(ES_ONLY_CASE)},
    {"own", ES_FACT(ES_ONLY_OWN_RECORDS)},
    {"(CA, products)", ES_FACT(ES_ONLY_CA_PRODUCTS)},
    {"draft", ES_FACT(ES_ONLY_DRAFT)},
    {"(two persons)", ES_FACT(ES_ONLY_TWO_PERSONS)},
};

static uint32_t condition_of(const char *cell)
{
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++)
        if (strstr(cell, conditions[i].words) != NULL)
            return conditions[i].facts;
    return 0;
}

static bool own_only(const char *cell)
{
    return strncmp(cell + 1, " S", 2) == 0;
}

static bool model(const char *cell, enum es_verb verb, enum es_place place, uint32_t facts)
{
    uint32_t condition = condition_of(cell);

    if (verb_of(cell) == ES_VERB_NONE || verb_of(cell) != verb)
        return false;
    if (own_only(cell) && place != ES_PLACE_OWN)
        return false;
    return condition == 0 || (facts & condition) != 0;
}

static void check_case(const struct page *page, size_t row, size_t column, enum es_verb verb,
                       enum es_place place, uint32_t facts)
{
    int role = page->role[column];
    struct es_scope scope = {.place = place, .facts = facts};
    struct es_decision found = es_rights_may(ES_ROLE_BIT(role), action_of(page->action[row]), verb,
                                             scope);

    if ((found.right == ES_RIGHT_YES) != model(page->cell[row][column], verb, place, facts))
        fail_msg("%s, %s (%s), verb %d, place %d, facts %x: %s", page->action[row],
                 es_role_name(role), page->cell[row][column], (int) verb, (int) place,
                 (unsigned) facts, es_right_text_en(found.right));
}

static void check_facts(const struct page *page, size_t row, size_t column, enum es_verb verb,
                        enum es_place place)
{
    check_case(page, row, column, verb, place, 0);
    check_case(page, row, column, verb, place, UINT32_MAX);
    check_case(page, row, column, verb, place, ES_FACT(ES_ONLY_ALWAYS));
    for (int only = 1; only <= ES_ONLY_TWO_PERSONS; only++) {
        check_case(page, row, column, verb, place, ES_FACT(only));
        check_case(page, row, column, verb, place, ~ES_FACT(only));
    }
}

static void every_answer_is_what_the_words_of_the_cell_say(void **state)
{
    const struct page *page = page_of(state);

    for (size_t row = 0; row < page->rows; row++)
        for (size_t i = 0; i < COLUMNS; i++)
            for (int verb = ES_VERB_NONE; verb <= ES_VERB_READ; verb++) {
                check_facts(page, row, i, (enum es_verb) verb, ES_PLACE_OWN);
                check_facts(page, row, i, (enum es_verb) verb, ES_PLACE_SERVED);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_names_every_action_once_and_in_order),
        cmocka_unit_test(every_cell_is_the_cell_of_the_page),
        cmocka_unit_test(every_answer_is_what_the_words_of_the_cell_say),
    };

    return cmocka_run_group_tests_name("rights matrix", tests, setup, teardown);
}
