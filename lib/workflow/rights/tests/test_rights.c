/* Rights without the page: places, facts, sets of roles, and both separations of duties. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "es_rights.h"

static enum es_right ask(es_role_set roles, int action, enum es_verb verb, enum es_place place,
                         uint32_t facts)
{
    return es_rights_may(roles, action, verb, (struct es_scope){place, facts}).right;
}

/* ---- cases ---- */

static void nobody_has_a_right_but_by_a_role(void **state)
{
    (void) state;
    for (int action = -1; action <= ES_ACTIONS; action++)
        for (int verb = 0; verb <= ES_VERB_READ; verb++) {
            assert_int_equal(ask(0, action, (enum es_verb) verb, ES_PLACE_OWN, UINT32_MAX),
                             ES_RIGHT_NO_ROLE);
            assert_int_equal(
                ask(~ES_ROLES_ALL, action, (enum es_verb) verb, ES_PLACE_OWN, UINT32_MAX),
                ES_RIGHT_NO_ROLE);
        }
    assert_int_equal(ask(ES_ROLES_ALL, ES_ACTIONS, ES_VERB_DO, ES_PLACE_OWN, UINT32_MAX),
                     ES_RIGHT_NO_ROLE);
    assert_int_equal(ask(ES_ROLES_ALL, -1, ES_VERB_DO, ES_PLACE_OWN, UINT32_MAX), ES_RIGHT_NO_ROLE);
}

static void an_applicant_acts_only_through_handler_or_holder(void **state)
{
    (void) state;
    for (int action = 0; action < ES_ACTIONS; action++)
        assert_int_equal(es_rights_cell(ES_ROLE_APPLICANT, action).verb, ES_VERB_NONE);
}

static void a_use_applicant_requests_verifies_and_sees_its_own_log(void **state)
{
    const es_role_set member = ES_ROLE_BIT(ES_ROLE_USE_APPLICANT);
    size_t rights = 0;

    (void) state;
    for (int action = 0; action < ES_ACTIONS; action++)
        rights += es_rights_cell(ES_ROLE_USE_APPLICANT, action).verb != ES_VERB_NONE;
    assert_int_equal(rights, 3);
    assert_int_equal(ask(member, ES_ACTION_REQUEST_USE, ES_VERB_DO, ES_PLACE_OWN, 0), ES_RIGHT_YES);
    assert_int_equal(ask(member, ES_ACTION_REQUEST_USE, ES_VERB_DO, ES_PLACE_SERVED, 0),
                     ES_RIGHT_OUTSIDE);
    assert_int_equal(ask(member, ES_ACTION_VERIFY, ES_VERB_DO, ES_PLACE_OUTSIDE, 0), ES_RIGHT_YES);
    assert_int_equal(ask(member, ES_ACTION_READ_RECORDS, ES_VERB_READ, ES_PLACE_OWN, 0),
                     ES_RIGHT_CONDITION);
    assert_int_equal(ask(member, ES_ACTION_READ_RECORDS, ES_VERB_READ, ES_PLACE_OWN,
                         ES_FACT(ES_ONLY_OWN_RECORDS)),
                     ES_RIGHT_YES);
}

/* an administration sees and does nothing outside its subtree. */
static void outside_the_region_only_the_unbound_rights_are_left(void **state)
{
    (void) state;
    for (int role = 0; role < ES_ROLES; role++)
        for (int action = 0; action < ES_ACTIONS; action++) {
            enum es_verb verb = (enum es_verb) es_rights_cell(role, action).verb;
            bool unbound = verb != ES_VERB_NONE &&
                           (role == ES_ROLE_PUBLIC || role == ES_ROLE_AUDITOR ||
                            action == ES_ACTION_VERIFY || role == ES_ROLE_SYS_ADMIN);

            assert_int_equal(ask(ES_ROLE_BIT(role), action, verb, ES_PLACE_OUTSIDE, UINT32_MAX) ==
                                 ES_RIGHT_YES,
                             unbound);
        }
}

/* */
static void the_competent_department_neither_makes_nor_signs_but_looks(void **state)
{
    const es_role_set role = ES_ROLE_BIT(ES_ROLE_SUPERVISOR);

    (void) state;
    for (int verb = ES_VERB_DO; verb <= ES_VERB_READ; verb++) {
        assert_false(es_rights_has(role, ES_ACTION_MAKE, (enum es_verb) verb));
        assert_false(es_rights_has(role, ES_ACTION_SIGN, (enum es_verb) verb));
    }
    assert_true(es_rights_has(role, ES_ACTION_CHECK_MATERIALS, ES_VERB_READ));
    assert_true(es_rights_has(role, ES_ACTION_FILE, ES_VERB_READ));
}

static void an_answer_names_the_role_and_what_is_missing(void **state)
{
    es_role_set roles = ES_ROLE_BIT(ES_ROLE_CUSTODIAN) | ES_ROLE_BIT(ES_ROLE_REVIEWER);
    struct es_scope scope = {.place = ES_PLACE_OWN};
    struct es_decision found = es_rights_may(roles, ES_ACTION_SUSPEND_RESUME, ES_VERB_DO, scope);

    (void) state;
    assert_int_equal(found.right, ES_RIGHT_CONDITION);
    assert_int_equal(found.role, ES_ROLE_CUSTODIAN);
    assert_int_equal(found.missing, ES_ONLY_SUSPEND);
    found = es_rights_may(roles | ES_ROLE_BIT(ES_ROLE_HOLDER), ES_ACTION_SUSPEND_RESUME, ES_VERB_DO,
                          scope);
    assert_int_equal(found.right, ES_RIGHT_YES);
    assert_int_equal(found.role, ES_ROLE_HOLDER);
}

static void to_do_is_not_to_approve(void **state)
{
    (void) state;
    assert_int_equal(ask(ES_ROLE_BIT(ES_ROLE_FILING_OFFICER), ES_ACTION_MARK_INVALID,
                         ES_VERB_APPROVE, ES_PLACE_OWN, UINT32_MAX),
                     ES_RIGHT_NO_ROLE);
    assert_int_equal(ask(ES_ROLE_BIT(ES_ROLE_SUPERVISOR), ES_ACTION_MARK_INVALID, ES_VERB_DO,
                         ES_PLACE_OWN, UINT32_MAX),
                     ES_RIGHT_NO_ROLE);
    assert_int_equal(ask(ES_ROLES_ALL, ES_ACTION_MAKE, ES_VERB_NONE, ES_PLACE_OWN, UINT32_MAX),
                     ES_RIGHT_NO_ROLE);
    assert_false(es_rights_has(ES_ROLES_ALL, ES_ACTION_MAKE, ES_VERB_NONE));
}

/* More roles, better places, more facts never take a right away. */
static void rights_only_grow_with_roles_places_and_facts(void **state)
{
    (void) state;
    srand(25);
    for (int i = 0; i < 100000; i++) {
        es_role_set roles = (es_role_set) rand() & ES_ROLES_ALL;
        es_role_set more = roles | ((es_role_set) rand() & ES_ROLES_ALL);
        int action = rand() % ES_ACTIONS;
        enum es_verb verb = (enum es_verb)(1 + rand() % 3);
        enum es_place place = (enum es_place)(rand() % 3);
        uint32_t facts = (uint32_t) rand();
        enum es_right right = ask(roles, action, verb, place, facts);

        assert_true(ask(more, action, verb, place, facts) >= right);
        assert_true(ask(roles, action, verb, place, facts | (uint32_t) rand()) >= right);
        if (place != ES_PLACE_OWN)
            assert_true(ask(roles, action, verb, place + 1, facts) >= right);
        if (right == ES_RIGHT_NO_ROLE)
            assert_false(es_rights_has(roles, action, verb));
    }
}

static void names_are_found_again(void **state)
{
    (void) state;
    for (int role = 0; role < ES_ROLES; role++) {
        assert_int_equal(es_role_by_name(es_role_name(role)), role);
        assert_true(strlen(es_role_text_zh(role)) > 0 && strlen(es_role_text_en(role)) > 0);
    }
    for (int action = 0; action < ES_ACTIONS; action++) {
        assert_int_equal(es_action_by_name(es_action_name(action)), action);
        assert_true(strlen(es_action_text_zh(action)) > 0);
    }
    for (int only = 0; only <= ES_ONLY_TWO_PERSONS; only++) {
        assert_non_null(es_only_text_en((enum es_only) only));
        assert_non_null(es_only_text_zh((enum es_only) only));
    }
    assert_int_equal(es_role_by_name("root"), -1);
    assert_int_equal(es_role_by_name(NULL), -1);
    assert_int_equal(es_action_by_name(""), -1);
    assert_null(es_role_name(ES_ROLES));
    assert_null(es_action_name(-1));
    assert_null(es_duty_name(ES_DUTIES));
}

/* ---- static separation: R-025, S-10, S-11 ---- */

/* The three of 2.5, by name: "auditor excludes every other role; sys_admin, sec_admin, auditor are
 * three persons", and none of them has business rights, which leaves what everybody has. */
static bool must_not_meet(const char *a, const char *b)
{
    bool a_admin = strcmp(a, "sys_admin") == 0 || strcmp(a, "sec_admin") == 0;
    bool b_admin = strcmp(b, "sys_admin") == 0 || strcmp(b, "sec_admin") == 0;

    if (strcmp(a, b) == 0)
        return false;
    if (strcmp(a, "auditor") == 0 || strcmp(b, "auditor") == 0)
        return true;
    if (strcmp(a, "public") == 0 || strcmp(b, "public") == 0)
        return false;
    return a_admin || b_admin;
}

static void every_pair_of_roles_is_separated_as_demanded(void **state)
{
    size_t pairs = 0;

    (void) state;
    for (int a = 0; a < ES_ROLES; a++)
        for (int b = 0; b < ES_ROLES; b++) {
            bool bad = must_not_meet(es_role_name(a), es_role_name(b));
            es_role_set both = ES_ROLE_BIT(a) | ES_ROLE_BIT(b);

            assert_int_equal(es_roles_conflict(a, b), bad);
            assert_int_equal(es_rights_check_roles(both, NULL), bad ? ES_E_DENIED : ES_OK);
            pairs += bad;
        }
    /* 19 with the auditor, 1 of the other two, 16 business roles with each: twice */
    assert_int_equal(pairs, 2 * (19 + 1 + 2 * 16));
}

static void a_set_is_refused_exactly_when_a_pair_in_it_is(void **state)
{
    struct es_error err = {0};

    (void) state;
    for (es_role_set set = 0; set <= ES_ROLES_ALL; set += 7) {
        bool bad = false;

        for (int a = 0; a < ES_ROLES; a++)
            for (int b = 0; b < a; b++)
                bad |= (set >> a & 1) && (set >> b & 1) &&
                       must_not_meet(es_role_name(a), es_role_name(b));
        assert_int_equal(es_rights_check_roles(set, NULL), bad ? ES_E_DENIED : ES_OK);
    }
    assert_int_equal(
        es_rights_check_roles(ES_ROLE_BIT(ES_ROLE_AUDITOR) | ES_ROLE_BIT(ES_ROLE_CUSTODIAN), &err),
        ES_E_DENIED);
    assert_string_equal(err.text, "custodian and auditor may not be one account's roles");
    assert_int_equal(es_rights_check_roles(ES_ROLES_ALL + 1u, NULL), ES_E_RANGE);
}

/* No set that may stand has an administrator's right and one of the business. */
static void no_administrator_has_a_right_of_the_business(void **state)
{
    static const int admins[] = {ES_ROLE_AUDITOR, ES_ROLE_SYS_ADMIN, ES_ROLE_SEC_ADMIN};

    (void) state;
    for (size_t i = 0; i < 3; i++)
        for (int action = 0; action < ES_ACTIONS; action++)
            for (int verb = ES_VERB_DO; verb <= ES_VERB_APPROVE; verb++) {
                bool allowed = es_rights_has(ES_ROLE_BIT(admins[i]), action, (enum es_verb) verb);

                if (action == ES_ACTION_VERIFY || action == ES_ACTION_OPERATE ||
                    action == ES_ACTION_ACCOUNTS || action == ES_ACTION_PROFILES)
                    continue;
                assert_false(allowed);
            }
}

/* ---- dynamic separation: R-025 ---- */

#define ACTS 12
static const char *const people[] = {"P1", "P2", "P3", "P4"};

/* The sentence of 2.5, by counting: what set of duties would each person have then? */
static bool breaks_the_rule(unsigned duties, struct es_duty_rules rules)
{
    unsigned application = duties & 0xf;
    bool request = duties & 1u << ES_DUTY_REQUEST_USE, sign = duties & 1u << ES_DUTY_SIGN;
    bool approve = duties & 1u << ES_DUTY_APPROVE_USE;

    if (__builtin_popcount(application) > 1 || (request && approve))
        return true;
    if (!rules.split_use)
        return false;
    return (approve && sign) || (request && sign && !rules.person_seal);
}

static void random_records_never_join_duties_that_exclude_each_other(void **state)
{
    size_t refused = 0, taken = 0;

    (void) state;
    srand(14);
    for (int round = 0; round < 20000; round++) {
        struct es_duty_rules rules = {.split_use = rand() & 1, .person_seal = rand() & 1};
        struct es_act acts[ACTS];
        unsigned has[4] = {0};
        size_t count = 0;

        for (int step = 0; step < ACTS; step++) {
            int who = rand() % 4;
            enum es_duty duty = (enum es_duty)(rand() % ES_DUTIES);
            bool bad = breaks_the_rule(has[who] | 1u << duty, rules);

            assert_int_equal(es_duty_may(acts, count, people[who], duty, rules, NULL),
                             bad ? ES_E_DENIED : ES_OK);
            refused += bad;
            taken += !bad;
            if (bad)
                continue;
            acts[count++] = (struct es_act){people[who], duty};
            has[who] |= 1u << duty;
        }
    }
    assert_true(refused > 1000 && taken > 1000);
}

static void who_approves_its_own_request_is_refused(void **state)
{
    const struct es_act submitted = {"P1", ES_DUTY_SUBMIT}, requested = {"P1", ES_DUTY_REQUEST_USE};
    struct es_duty_rules loose = {0};
    struct es_error err = {0};

    (void) state;
    assert_int_equal(es_duty_may(&submitted, 1, "P1", ES_DUTY_APPROVE, loose, &err), ES_E_DENIED);
    assert_string_equal(err.text, "whoever has to submit may not approve on the same record");
    assert_int_equal(es_duty_may(&requested, 1, "P1", ES_DUTY_APPROVE_USE, loose, NULL),
                     ES_E_DENIED);
    assert_int_equal(es_duty_may(&requested, 1, "P2", ES_DUTY_APPROVE_USE, loose, NULL), ES_OK);
}

/* GD 14, WH 15b */
static void the_holder_of_a_duty_seal_may_request_and_sign(void **state)
{
    const struct es_act act = {"P1", ES_DUTY_REQUEST_USE};
    struct es_duty_rules split = {.split_use = true},
                         holder = {.split_use = true, .person_seal = true};

    (void) state;
    assert_int_equal(es_duty_may(&act, 1, "P1", ES_DUTY_SIGN, split, NULL), ES_E_DENIED);
    assert_int_equal(es_duty_may(&act, 1, "P1", ES_DUTY_SIGN, holder, NULL), ES_OK);
    assert_int_equal(es_duty_may(&act, 1, "P1", ES_DUTY_APPROVE_USE, holder, NULL), ES_E_DENIED);
}

static void nobody_and_no_duty_are_refused(void **state)
{
    const struct es_act nameless = {"", ES_DUTY_SUBMIT}, wrong = {"P1", (enum es_duty) 99};
    struct es_duty_rules rules = {0};

    (void) state;
    assert_int_equal(es_duty_may(NULL, 0, NULL, ES_DUTY_SIGN, rules, NULL), ES_E_RANGE);
    assert_int_equal(es_duty_may(NULL, 0, "", ES_DUTY_SIGN, rules, NULL), ES_E_RANGE);
    assert_int_equal(es_duty_may(NULL, 0, "P1", (enum es_duty) ES_DUTIES, rules, NULL), ES_E_RANGE);
    assert_int_equal(es_duty_may(&nameless, 1, "P1", ES_DUTY_CHECK, rules, NULL), ES_E_RANGE);
    assert_int_equal(es_duty_may(&wrong, 1, "P2", ES_DUTY_CHECK, rules, NULL), ES_E_RANGE);
    assert_int_equal(es_duty_may(NULL, 0, "P1", ES_DUTY_SIGN, rules, NULL), ES_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_has_a_right_but_by_a_role),
        cmocka_unit_test(an_applicant_acts_only_through_handler_or_holder),
        cmocka_unit_test(a_use_applicant_requests_verifies_and_sees_its_own_log),
        cmocka_unit_test(outside_the_region_only_the_unbound_rights_are_left),
        cmocka_unit_test(the_competent_department_neither_makes_nor_signs_but_looks),
        cmocka_unit_test(an_answer_names_the_role_and_what_is_missing),
        cmocka_unit_test(to_do_is_not_to_approve),
        cmocka_unit_test(rights_only_grow_with_roles_places_and_facts),
        cmocka_unit_test(names_are_found_again),
        cmocka_unit_test(every_pair_of_roles_is_separated_as_demanded),
        cmocka_unit_test(a_set_is_refused_exactly_when_a_pair_in_it_is),
        cmocka_unit_test(no_administrator_has_a_right_of_the_business),
        cmocka_unit_test(random_records_never_join_duties_that_exclude_each_other),
        cmocka_unit_test(who_approves_its_own_request_is_refused),
        cmocka_unit_test(the_holder_of_a_duty_seal_may_request_and_sign),
        cmocka_unit_test(nobody_and_no_duty_are_refused),
    };

    return cmocka_run_group_tests_name("rights", tests, NULL, NULL);
}
