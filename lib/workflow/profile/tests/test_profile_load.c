/* Loading is strict: what is wrong in a file is refused and named, hostile or only mistaken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile_text.h"

#define HEAD_WITHOUT(rest) "\"v\":1,\"id\":\"parent\",\"title\":\"T\",\"publisher\":\"P\"," rest
#define DATES "\"start\":\"2026-01-01\",\"end\":\"none\","
#define REGS "\"regulations\":{\"T\":\"Text\"}"
#define NAME "\"v\":1,\"id\":\"x\",\"version\":1,\"title\":\"T\",\"publisher\":\"P\","

static void assert_refused(const struct profile_text *text, es_status status, const char *message)
{
    struct es_profile *out = NULL;
    struct es_error err = {0};

    assert_int_equal(load_made(text, NULL, 0, &out, &err), status);
    assert_int_equal(err.status, status);
    assert_null(out);
    if (strstr(err.text, message) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, message);
    assert_int_equal(load_made(text, NULL, 0, &out, NULL), status); /* err may be NULL */
}

static void heads_that_are_not_sound_are_refused(void **state)
{
    static const struct {
        const char *head, *message;
    } cases[] = {
        {NAME REGS, "\"start\" is to be a date"},
        {NAME DATES "\"regulations\":[]", "\"regulations\""},
        {NAME DATES REGS ",\"more\":1", "unknown member \"more\""},
        {NAME "\"start\":\"2026-01-01\"," REGS, "\"end\" is to be a date"},
        {NAME "\"start\":\"none\",\"end\":\"none\"," REGS, "only a draft"},
        {NAME "\"draft\":true,\"start\":\"none\",\"end\":\"2026-01-01\"," REGS, "only a draft"},
        {NAME "\"draft\":1," DATES REGS, "\"draft\" is to be true or false"},
        {NAME "\"start\":\"2026-01-02\",\"end\":\"2026-01-01\"," REGS, "\"end\" lies before"},
        {NAME "\"start\":\"2026-02-30\",\"end\":\"none\"," REGS, "\"start\": a date is to be"},
        {NAME "\"start\":20260101,\"end\":\"none\"," REGS, "\"start\" is to be a date"},
        {NAME "\"start\":null,\"end\":null," REGS, "\"start\" is to be a date"},
        {HEAD_WITHOUT(DATES REGS), "\"version\""},
        {HEAD_WITHOUT("\"version\":0," DATES REGS), "1 or more"},
        {HEAD_WITHOUT("\"version\":2147483648," DATES REGS), "1 or more"},
        {HEAD_WITHOUT("\"version\":1.5," DATES REGS), "\"version\""},
        {HEAD_WITHOUT("\"version\":\"1\"," DATES REGS), "\"version\""},
        {"\"v\":2,\"id\":\"x\",\"version\":1,\"title\":\"T\",\"publisher\":\"P\"," DATES REGS,
         "\"v\" is to be 1"},
        {"\"v\":1,\"id\":\"X\",\"version\":1,\"title\":\"T\",\"publisher\":\"P\"," DATES REGS,
         "\"id\""},
        {"\"v\":1,\"id\":\"\",\"version\":1,\"title\":\"T\",\"publisher\":\"P\"," DATES REGS,
         "\"id\""},
        {"\"v\":1,\"id\":\"national\",\"version\":9,\"title\":\"T\",\"publisher\":\"P\"," DATES
             REGS,
         "built-in"},
        {"\"v\":1,\"id\":\"x\",\"version\":1,\"title\":\"\",\"publisher\":\"P\"," DATES REGS,
         "\"title\""},
        {"\"v\":1,\"id\":\"x\",\"version\":1,\"title\":\"a\\u0007b\",\"publisher\":\"P\"," DATES
             REGS,
         "\"title\""},
        {"\"v\":1,\"id\":\"x\",\"version\":1,\"title\":\"T\",\"publisher\":7," DATES REGS,
         "\"publisher\""},
        {NAME "\"interpreter\":\"\"," DATES REGS, "\"interpreter\""},
        {NAME "\"note\":\"n\"," DATES REGS, "\"note\""},
        {NAME "\"note\":{\"en\":\"n\"}," DATES REGS, "\"zh\""},
        {NAME "\"note\":{\"en\":\"n\",\"zh\":\"n\",\"fr\":\"n\"}," DATES REGS, "unknown member"},
        {NAME DATES "\"regulations\":{\"t\":\"Text\"}", "a regulation's key"},
        {NAME DATES "\"regulations\":{\"NINELONGX\":\"Text\"}", "a regulation's key"},
        {NAME DATES "\"regulations\":{\"T\":5}", "\"T\" is to be a text"},
        {NAME DATES REGS ",\"id\":\"y\"", "duplicate"},
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct profile_text text = {.head = cases[i].head};

        assert_refused(&text, ES_E_CONFIG, cases[i].message);
    }
}

static void rules_that_are_not_sound_are_refused_by_name(void **state)
{
    static const struct {
        const char *param, *rule, *message;
    } cases[] = {
        {"validity", NULL, "rule \"validity\" is missing, and no parent gives it"},
        /* */
        {"validity", "{\"value\":\"equal\"}", "rule \"validity\": cites no article"},
        {"validity", "{\"value\":\"equal\",\"cites\":[]}", "cites no article"},
        {"validity", "{\"value\":\"equal\",\"cites\":[\"U 1\"]}", "does not declare"},
        {"validity", "{\"value\":\"equal\",\"cites\":[\"TT 1\"]}", "does not declare"},
        {"validity", "{\"value\":\"equal\",\"cites\":[\"T\"]}", "a citation is to be like"},
        {"validity", "{\"value\":\"equal\",\"cites\":[\"T \"]}", "a citation is to be like"},
        {"validity", "{\"value\":\"equal\",\"cites\":[\"T  1\"]}", "a citation is to be like"},
        {"validity", "{\"value\":\"equal\",\"cites\":[\"T 1\",\"T 1\"]}", "twice"},
        {"validity", "{\"value\":\"equal\",\"cites\":[7]}", "a citation is to be like"},
        {"validity", "{\"value\":\"equal\",\"cites\":\"T 1\"}", "\"cites\" is to be a list"},
        {"validity", "{\"value\":\"equal\",\"cites\":[1,2,3,4,5,6,7,8,9]}", "at most 8"},
        {"validity", "{\"value\":\"equal\",\"ours\":\"because\"}", "\"ours\" is to be an object"},
        {"validity", "{\"value\":\"equal\",\"ours\":{\"en\":\"\",\"zh\":\"x\"}}", "\"ours\""},
        {"validity", "{\"cites\":[\"T 1\"]}", "rule \"validity\": has no value"},
        {"validity", "{\"value\":\"equals\",\"cites\":[\"T 1\"]}", "\"equals\" is not one"},
        {"validity", "{\"value\":\"\\u202e\",\"cites\":[\"T 1\"]}", "\"?\" is not one"},
        {"validity", "{\"value\":[\"equal\"],\"cites\":[\"T 1\"]}", "is to be a word"},
        {"validity", "{\"value\":null,\"cites\":[\"T 1\"]}", "is to be a word"},
        {"validity", "{\"value\":\"equal\",\"cites\":[\"T 1\"],\"x\":1}", "unknown member"},
        {"validity", "\"equal\"", "rule \"validity\": is to be an object"},
        {"police_filing", "{\"value\":\"true\",\"cites\":[\"T 1\"]}", "to be true or false"},
        {"police_filing", "{\"value\":1,\"cites\":[\"T 1\"]}", "to be true or false"},
        {"classes", "{\"value\":[],\"cites\":[\"T 1\"]}", "rule \"classes\": may not be empty"},
        {"classes", "{\"value\":[\"duty\",\"duty\"],\"cites\":[\"T 1\"]}", "\"duty\" stands there"},
        {"classes", "{\"value\":[\"secret\"],\"cites\":[\"T 1\"]}", "\"secret\" is not one"},
        {"classes", "{\"value\":[1],\"cites\":[\"T 1\"]}", "is to be a word"},
        {"classes", "{\"value\":{\"duty\":1},\"cites\":[\"T 1\"]}", "is to be a list"},
        {"renewal_window", "{\"value\":\"24h\",\"cites\":[\"T 1\"]}", "no meaning here"},
        {"renewal_window", "{\"value\":\"1y\",\"cites\":[\"T 1\"]}", "units h, d, wd, m"},
        {"renewal_window", "{\"value\":30,\"cites\":[\"T 1\"]}", "is to be a period"},
        {"police_filing_within", "{\"value\":\"1m\",\"cites\":[\"T 1\"]}", "no meaning here"},
        {"police_filing_within", "{\"value\":\"99999h\",\"cites\":[\"T 1\"]}", "more than 9999"},
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct profile_text text = {.param = cases[i].param, .rule = cases[i].rule};

        assert_refused(&text, ES_E_CONFIG, cases[i].message);
    }
}

static void every_rule_is_needed_where_there_is_no_parent(void **state)
{
    (void) state;
    for (int i = 0; i < ES_PROFILE_PARAM_COUNT; i++) {
        struct profile_text text = {.param = es_profile_param_info((enum es_profile_param) i)->id};

        assert_refused(&text, ES_E_CONFIG, text.param);
    }
}

static void parents_that_do_not_fit_are_refused(void **state)
{
    static const struct {
        const char *extends, *head, *message;
        es_status status;
    } cases[] = {
        {"{\"id\":\"nobody\",\"version\":1}", NULL, "extends nobody 1, which is not known",
         ES_E_ABSENT},
        {"{\"id\":\"national\",\"version\":2}", NULL, "extends national 2", ES_E_ABSENT},
        {"{\"id\":\"national\"}", NULL, "\"extends\": \"version\"", ES_E_CONFIG},
        {"{\"id\":\"national\",\"version\":1,\"x\":1}", NULL, "unknown member", ES_E_CONFIG},
        {"\"national\"", NULL, "\"extends\" is to be an object", ES_E_CONFIG},
        {"null", NULL, "\"extends\" is to be an object", ES_E_CONFIG},
        {"{\"id\":\"child\",\"version\":1}", NULL, "names no earlier", ES_E_CONFIG},
        {"{\"id\":\"child\",\"version\":2}", NULL, "names no earlier", ES_E_CONFIG},
        {"{\"id\":\"national\",\"version\":1}",
         NAME "\"start\":\"2025-09-26\",\"end\":\"none\",\"regulations\":{}",
         "\"start\" lies before that of national 1", ES_E_CONFIG},
        {"{\"id\":\"weihai\",\"version\":1}",
         NAME "\"start\":\"2021-01-01\",\"end\":\"none\",\"regulations\":{}",
         "\"end\" lies after that of weihai 1", ES_E_CONFIG},
        {"{\"id\":\"weihai\",\"version\":1}",
         NAME "\"start\":\"2021-01-01\",\"end\":\"2022-07-27\",\"regulations\":{}",
         "\"end\" lies after that of weihai 1", ES_E_CONFIG},
        {"{\"id\":\"national\",\"version\":1}", NAME DATES "\"regulations\":{\"NAT\":\"Other\"}",
         "regulation NAT has another title", ES_E_CONFIG},
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct profile_text text = {.extends = cases[i].extends, .head = cases[i].head};

        assert_refused(&text, cases[i].status, cases[i].message);
    }
}

static void a_draft_is_adopted_by_a_child_with_dates(void **state)
{
    struct profile_text text = {.extends = "{\"id\":\"guangdong\",\"version\":1}",
                                .head = NAME DATES "\"regulations\":{}"};
    struct es_profile *out = NULL;

    (void) state;
    assert_int_equal(load_made(&text, NULL, 0, &out, NULL), ES_OK);
    assert_true(es_profile_head(out)->has_start);
    assert_false(es_profile_head(out)->draft);
    assert_true(es_profile_rule(out, ES_PARAM_CLASSES)->inherited);
    es_profile_free(out);
}

/* ---- hostile files ---- */

static void files_that_are_no_object_are_refused(void **state)
{
    static const char *const texts[] = {"",
                                        "{",
                                        "[]",
                                        "null",
                                        "1",
                                        "\"x\"",
                                        "{}",
                                        "{}{}",
                                        "{\"v\":1}",
                                        "\xff\xfe",
                                        "{\"v\":1,}",
                                        "{\"rules\":{}}",
                                        "{\"v\":1,\"v\":1}",
                                        "{\"\\u0000\":1}"};
    struct es_profile *out = NULL;

    (void) state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(load_text(texts[i], NULL, 0, &out, NULL), ES_E_CONFIG);
        assert_null(out);
    }
}

static void a_file_cut_anywhere_is_refused(void **state)
{
    ES_AUTO(es_buf) file = ES_BUF_INIT(1 << 20);
    struct profile_text text = {.head = NULL};
    struct es_profile *out = NULL;

    (void) state;
    put_profile(&text, &file);
    for (size_t len = 0; len < file.len; len++) {
        assert_int_equal(es_profile_load(es_span_of(file.ptr, len), NULL, 0, &out, NULL),
                         ES_E_CONFIG);
        assert_null(out);
    }
    assert_int_equal(es_profile_load(es_buf_span(&file), NULL, 0, &out, NULL), ES_OK);
    es_profile_free(out);
}

static void limits_of_size_are_kept(void **state)
{
    ES_AUTO(es_buf) file = ES_BUF_INIT(1 << 20);
    ES_AUTO(es_buf) deep = ES_BUF_INIT(1 << 20);
    struct profile_text text = {.head = NULL};
    struct es_profile *out = NULL;

    (void) state;
    put_profile(&text, &file);
    while (file.len < ES_PROFILE_FILE_MAX)
        es_buf_put_byte(&file, ' ');
    assert_int_equal(es_profile_load(es_buf_span(&file), NULL, 0, &out, NULL), ES_OK);
    es_profile_free(out);
    out = NULL;
    es_buf_put_byte(&file, ' ');
    assert_int_equal(es_profile_load(es_buf_span(&file), NULL, 0, &out, NULL), ES_E_CONFIG);
    for (int i = 0; i < 100000; i++)
        es_buf_put_byte(&deep, '[');
    assert_int_equal(es_profile_load(es_buf_span(&deep), NULL, 0, &out, NULL), ES_E_CONFIG);
    assert_null(out);
}

static void long_texts_are_taken_to_their_limit_and_no_further(void **state)
{
    struct es_profile *out = NULL;

    (void) state;
    for (int over = 0; over < 2; over++) {
        ES_AUTO(es_buf) head = ES_BUF_INIT(4096);
        struct profile_text text = {.head = NULL};

        es_buf_put_str(&head, "\"v\":1,\"id\":\"x\",\"version\":1,\"publisher\":\"P\"," DATES REGS
                              ",\"title\":\"");
        for (int i = 0; i < ES_PROFILE_TEXT_MAX + over; i++)
            es_buf_put_byte(&head, 't');
        es_buf_put_byte(&head, '"');
        text.head = es_buf_cstr(&head);
        if (over != 0) {
            assert_refused(&text, ES_E_CONFIG, "\"title\"");
            continue;
        }
        assert_int_equal(load_made(&text, NULL, 0, &out, NULL), ES_OK);
        es_profile_free(out);
    }
}

static void more_regulations_than_fit_are_refused(void **state)
{
    struct es_profile *out = NULL;

    (void) state;
    for (int over = 0; over < 2; over++) {
        ES_AUTO(es_buf) head = ES_BUF_INIT(4096);
        struct profile_text text = {.head = NULL};

        es_buf_put_str(&head, NAME DATES "\"regulations\":{\"T\":\"Text\"");
        for (int i = 1; i < ES_PROFILE_REGULATIONS_MAX + over; i++)
            es_buf_printf(&head, ",\"R%d\":\"x\"", i);
        es_buf_put_byte(&head, '}');
        text.head = es_buf_cstr(&head);
        if (over != 0) {
            assert_refused(&text, ES_E_CONFIG, "more than 32 regulations");
            continue;
        }
        assert_int_equal(load_made(&text, NULL, 0, &out, NULL), ES_OK);
        es_profile_free(out);
    }
}

/* ---- dates (R-012) ---- */

static struct es_profile *dated(const char *id, int version, const char *start, const char *end)
{
    ES_AUTO(es_buf) head = ES_BUF_INIT(4096);
    struct profile_text text = {.head = NULL};
    struct es_profile *out = NULL;

    es_buf_printf(&head,
                  "\"v\":1,\"id\":\"%s\",\"version\":%d,\"title\":\"T\",\"publisher\":\"P\","
                  "\"draft\":%s,\"start\":\"%s\",\"end\":\"%s\"," REGS,
                  id, version, strcmp(start, "none") == 0 ? "true" : "false", start, end);
    text.head = es_buf_cstr(&head);
    assert_int_equal(load_made(&text, NULL, 0, &out, NULL), ES_OK);
    return out;
}

static int64_t at(const char *text)
{
    int64_t time_s = 0;

    assert_int_equal(es_time_parse(text, 0, &time_s, NULL), ES_OK);
    return time_s;
}

static void a_profile_applies_on_its_first_and_last_day_in_china(void **state)
{
    struct es_profile *p = dated("x", 1, "2020-07-27", "2022-07-26");
    struct es_profile *open = dated("x", 1, "2020-07-27", "none");
    struct es_profile *draft = dated("x", 1, "none", "none");

    (void) state;
    assert_int_equal(es_profile_when(p, at("2020-07-26T15:59:59Z")), ES_PROFILE_NOT_YET);
    assert_int_equal(es_profile_when(p, at("2020-07-26T16:00:00Z")), ES_PROFILE_IN_FORCE);
    assert_int_equal(es_profile_when(p, at("2022-07-26T15:59:59Z")), ES_PROFILE_IN_FORCE);
    assert_int_equal(es_profile_when(p, at("2022-07-26T16:00:00Z")), ES_PROFILE_EXPIRED);
    assert_int_equal(es_profile_when(open, INT64_MAX), ES_PROFILE_IN_FORCE);
    assert_int_equal(es_profile_when(p, INT64_MIN), ES_PROFILE_NOT_YET);
    assert_int_equal(es_profile_when(draft, at("2026-01-01")), ES_PROFILE_UNDATED);
    es_profile_free(p);
    es_profile_free(open);
    es_profile_free(draft);
}

static void assert_choice(struct es_profile **list, size_t count, const char *time, size_t index,
                          enum es_profile_when when)
{
    struct es_profile_choice choice = {0};

    assert_int_equal(
        es_profile_choose((const struct es_profile *const *) list, count, at(time), &choice, NULL),
        ES_OK);
    assert_ptr_equal(choice.profile, list[index]);
    assert_int_equal(choice.when, when);
}

static void the_profile_that_started_last_answers_even_when_it_has_expired(void **state)
{
    struct es_profile *list[] = {
        dated("old", 1, "2020-01-01", "none"), dated("trial", 1, "2022-01-01", "2023-12-31"),
        dated("next", 1, "2027-01-01", "none"), dated("draft", 1, "none", "none")};

    (void) state;
    assert_choice(list, 4, "2019-06-01", 0, ES_PROFILE_NOT_YET); /* the first to come */
    assert_choice(list, 4, "2021-06-01", 0, ES_PROFILE_IN_FORCE);
    assert_choice(list, 4, "2022-06-01", 1, ES_PROFILE_IN_FORCE);
    assert_choice(list, 4, "2023-12-31T15:59:59Z", 1, ES_PROFILE_IN_FORCE);
    /* an alarm, not the old one that would still run */
    assert_choice(list, 4, "2023-12-31T16:00:00Z", 1, ES_PROFILE_EXPIRED);
    assert_choice(list, 4, "2026-12-31T16:00:00Z", 2, ES_PROFILE_IN_FORCE);
    assert_choice(list + 3, 1, "2026-06-01", 0, ES_PROFILE_UNDATED);
    for (int i = 0; i < 4; i++)
        es_profile_free(list[i]);
}

static void of_equal_starts_the_higher_version_and_never_a_guess(void **state)
{
    struct es_profile *list[] = {
        dated("x", 2, "2026-01-01", "none"), dated("x", 3, "2026-01-01", "none"),
        dated("x", 1, "2026-01-01", "none"), dated("y", 9, "2026-01-01", "none")};
    struct es_profile_choice choice = {0};

    (void) state;
    assert_choice(list, 3, "2026-06-01", 1, ES_PROFILE_IN_FORCE);
    assert_choice(list, 3, "2025-06-01", 1, ES_PROFILE_NOT_YET);
    assert_int_equal(es_profile_choose((const struct es_profile *const *) list, 4, at("2026-06-01"),
                                       &choice, NULL),
                     ES_E_CONFLICT);
    assert_int_equal(es_profile_choose(NULL, 0, 0, &choice, NULL), ES_E_ABSENT);
    assert_null(choice.profile);
    for (int i = 0; i < 4; i++)
        es_profile_free(list[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_that_are_not_sound_are_refused),
        cmocka_unit_test(rules_that_are_not_sound_are_refused_by_name),
        cmocka_unit_test(every_rule_is_needed_where_there_is_no_parent),
        cmocka_unit_test(parents_that_do_not_fit_are_refused),
        cmocka_unit_test(a_draft_is_adopted_by_a_child_with_dates),
        cmocka_unit_test(files_that_are_no_object_are_refused),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(limits_of_size_are_kept),
        cmocka_unit_test(long_texts_are_taken_to_their_limit_and_no_further),
        cmocka_unit_test(more_regulations_than_fit_are_refused),
        cmocka_unit_test(a_profile_applies_on_its_first_and_last_day_in_china),
        cmocka_unit_test(the_profile_that_started_last_answers_even_when_it_has_expired),
        cmocka_unit_test(of_equal_starts_the_higher_version_and_never_a_guess),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
