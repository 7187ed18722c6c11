/*
 * The state machines against models written from the text of requirements 2.1, 2.2
 * and 2.3; skipped steps, succession (R-072 as far as states go), who moves what, and the
 * page drawn from the tables. The models know states and commands by their names only.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "es_machine.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define STEPS 100000

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static bool among(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is(word, words[i]))
            return true;
    return false;
}

/* ---- models: the state a command leads to, NULL when it may not be given --------------------- */

/* 2.1, arrow by arrow */
static const char *seal_model(const char *at, const char *by)
{
    static const char *const cancels[] = {"made", "filed", "active", "suspended", "expired"};

    if (is(by, "invalidate")) /* any state, and it is final */
        return is(at, "invalidated") ? NULL : "invalidated";
    if (is(by, "cancel"))
        return among(at, cancels, COUNT(cancels)) ? "cancelled" : NULL;
    if (is(at, "made"))
        return is(by, "file") ? "filed" : NULL;
    if (is(at, "filed"))
        return is(by, "enable") ? "active" : NULL;
    if (is(at, "active") &&
        (is(by, "suspend") || is(by, "report_loss") || is(by, "suspend_unused")))
        return "suspended";
    if (is(at, "suspended") && (is(by, "resume") || is(by, "reapply")))
        return "active";
    if (is(by, "expire"))
        return is(at, "active") || is(at, "suspended") ? "expired" : NULL;
    if (is(at, "expired") && is(by, "renew_late"))
        return "superseded";
    if (is(at, "active") && (is(by, "renew") || is(by, "replace") || is(by, "remake")))
        return "superseded";
    return NULL;
}

/* 2.2: the two lines of the main path, and the command that brings an application there */
static const struct {
    const char *state, *command;
} main_path[] = {
    {"draft", ""},
    {"submitted", "submit"},
    {"accepted", "accept"},
    {"materials_checked", "check_materials"},
    {"imprint_checked", "check_imprint"},
    {"issuer_approved", "approve"},
    {"imprint_confirmed", "confirm_imprint"},
    {"making", "begin_making"},
    {"made", "end_making"},
    {"filed", "file"},
    {"delivered", "deliver"},
    {"done", "finish"},
};
#define MAKING 7

static size_t place_of(const char *state)
{
    size_t i = 0;

    while (i < COUNT(main_path) && !is(main_path[i].state, state))
        i++;
    return i;
}

static bool left_out(const char *state, es_steps skips)
{
    return (skips >> es_machine_state_by_name(es_machine_application(), state) & 1) != 0;
}

static const char *step_model(const char *at, const char *by, es_steps skips)
{
    size_t i = is(at, "correction_required") ? 1 : place_of(at) + 1;

    while (i < COUNT(main_path) && left_out(main_path[i].state, skips))
        i++;
    return i < COUNT(main_path) && is(by, main_path[i].command) ? main_path[i].state : NULL;
}

static const char *application_model(const char *at, const char *by, es_steps skips)
{
    static const char *const returnable[] = {"accepted", "materials_checked", "imprint_checked"};
    bool before_making = place_of(at) < MAKING || is(at, "correction_required");

    if (is(by, "return"))
        return among(at, returnable, COUNT(returnable)) ? "correction_required" : NULL;
    if (is(by, "reject"))
        return before_making ? "rejected" : NULL;
    if (is(by, "withdraw"))
        return before_making ? "withdrawn" : NULL;
    if (is(by, "lapse"))
        return before_making ? "lapsed" : NULL;
    return before_making || place_of(at) < COUNT(main_path) ? step_model(at, by, skips) : NULL;
}

/* 2.3; "a crash leaves either nothing or a complete entry": executing ends both ways */
static const char *use_model(const char *at, const char *by)
{
    static const char *const arrows[][3] = {
        {"draft", "submit", "submitted"},
        {"submitted", "route", "in_approval"},
        {"in_approval", "approve_level", "in_approval"},
        {"in_approval", "approve", "approved"},
        {"approved", "execute", "executing"},
        {"executing", "complete", "executed"},
        {"executing", "release", "approved"},
        {"submitted", "withdraw", "withdrawn"},
        {"in_approval", "reject", "rejected"},
        {"approved", "lapse", "lapsed"},
        {"approved", "revoke", "revoked"},
    };

    for (size_t i = 0; i < COUNT(arrows); i++)
        if (is(at, arrows[i][0]) && is(by, arrows[i][1]))
            return arrows[i][2];
    return NULL;
}

static const char *model(const struct es_machine *machine, const char *at, const char *by,
                         es_steps skips)
{
    if (machine == es_machine_seal())
        return seal_model(at, by);
    return machine == es_machine_use() ? use_model(at, by) : application_model(at, by, skips);
}

/* ---- random commands ---- */

static es_steps random_skips(const struct es_machine *machine)
{
    es_steps skips;

    do {
        skips = (es_steps) rand() & machine->skippable;
    } while (es_machine_check_skips(machine, skips, NULL) != ES_OK);
    return skips;
}

/* One command; the state behind it. */
static int check_command(const struct es_machine *machine, int at, int by, es_steps skips)
{
    const struct es_machine_word *state = es_machine_state(machine, at);
    const struct es_machine_word *command = es_machine_command(machine, by);
    const char *expected = model(machine, state->name, command->name, skips);
    struct es_move move = {.to = at};
    es_status found = es_machine_move(machine, at, by, skips, &move, NULL);

    assert_int_equal(found, expected == NULL ? ES_E_CONFLICT : ES_OK);
    assert_int_equal(es_machine_can(machine, at, by, skips), expected != NULL);
    if (expected != NULL && !is(es_machine_state(machine, move.to)->name, expected))
        fail_msg("%s: %s by %s gives %s, not %s", machine->name, state->name, command->name,
                 es_machine_state(machine, move.to)->name, expected);
    return move.to;
}

static void walk(const struct es_machine *machine)
{
    es_steps skips = 0;
    int at = machine->initial;
    size_t finished = 0;

    srand(42);
    for (int i = 0; i < STEPS; i++) {
        size_t pick = (size_t) rand() % machine->command_count;

        at = check_command(machine, at, machine->commands[pick].id, skips);
        assert_non_null(es_machine_state(machine, at));
        if (!es_machine_is_terminal(machine, at) || rand() % 4 != 0)
            continue;
        finished++;
        skips = random_skips(machine);
        at = machine->initial;
    }
    assert_true(finished > 500);
}

static void random_commands_never_leave_the_seal_machine(void **state)
{
    (void) state;
    walk(es_machine_seal());
}

static void random_commands_never_leave_the_application_machine(void **state)
{
    (void) state;
    walk(es_machine_application());
}

static void random_commands_never_leave_the_use_machine(void **state)
{
    (void) state;
    walk(es_machine_use());
}

static void for_each_pair(const struct es_machine *machine, es_steps skips)
{
    for (size_t i = 0; i < machine->state_count; i++) {
        int possible[ES_MACHINE_COMMANDS_MAX];
        size_t count = es_machine_commands(machine, machine->states[i].id, skips, possible);

        assert_int_equal(es_machine_is_terminal(machine, machine->states[i].id), count == 0);
        for (size_t j = 0, k = 0; j < machine->command_count; j++) {
            int by = machine->commands[j].id;

            (void) check_command(machine, machine->states[i].id, by, skips);
            if (es_machine_can(machine, machine->states[i].id, by, skips))
                assert_int_equal(possible[k++], by);
        }
    }
}

static void every_state_and_command_answers_as_the_text_says(void **state)
{
    (void) state;
    for_each_pair(es_machine_seal(), 0);
    for_each_pair(es_machine_use(), 0);
    for (es_steps skips = 0; skips <= es_machine_application()->skippable; skips += 2)
        if ((skips & ~es_machine_application()->skippable) == 0)
            for_each_pair(es_machine_application(), skips);
}

static void the_ends_are_those_of_the_text(void **state)
{
    static const char *const seal[] = {"invalidated"};
    static const char *const application[] = {"done", "rejected", "withdrawn", "lapsed"};
    static const char *const use[] = {"executed", "rejected", "withdrawn", "lapsed", "revoked"};
    const struct {
        const struct es_machine *machine;
        const char *const *ends;
        size_t count;
    } all[] = {{es_machine_seal(), seal, 1},
               {es_machine_application(), application, 4},
               {es_machine_use(), use, 5}};

    (void) state;
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < all[i].machine->state_count; j++) {
            const struct es_machine_word *word = &all[i].machine->states[j];

            assert_int_equal(es_machine_is_terminal(all[i].machine, word->id),
                             among(word->name, all[i].ends, all[i].count));
        }
    assert_false(es_machine_is_terminal(es_machine_seal(), 0));
}

static void what_is_no_state_or_command_is_refused(void **state)
{
    struct es_move move = {.from = 77};
    struct es_error err = {0};

    (void) state;
    assert_int_equal(es_machine_move(es_machine_seal(), 11, ES_SEAL_FILE, 0, &move, NULL),
                     ES_E_RANGE);
    assert_int_equal(es_machine_move(es_machine_seal(), 10, 0, 0, &move, NULL), ES_E_RANGE);
    assert_int_equal(
        es_machine_move(es_machine_application(), ES_APP_DONE, ES_APP_REJECT, 0, &move, &err),
        ES_E_CONFLICT);
    assert_string_equal(err.text, "application is done, reject is not possible then");
    assert_int_equal(move.from, 77);
    assert_false(es_machine_can(es_machine_use(), -1, ES_USE_SUBMIT, 0));
    assert_null(es_machine_state(es_machine_use(), 0));
    assert_int_equal(es_machine_state_by_name(es_machine_seal(), "draft"), 0);
    assert_int_equal(es_machine_command_by_name(es_machine_seal(), NULL), 0);
}

/* ---- skipped steps ---- */

#define SKIP(state) ES_STEP(ES_APP_##state)

static void a_cancellation_needs_no_imprint_and_no_making(void **state)
{
    const es_steps skips = SKIP(IMPRINT_CHECKED) | SKIP(IMPRINT_CONFIRMED) | SKIP(MAKING) |
                           SKIP(MADE);
    const struct es_machine *machine = es_machine_application();
    int path[ES_MACHINE_PATH_MAX];
    struct es_move move;

    (void) state;
    assert_int_equal(es_machine_check_skips(machine, skips, NULL), ES_OK);
    assert_int_equal(es_machine_path(machine, ES_APP_ACCEPTED, skips, path), 5);
    assert_int_equal(path[0], ES_APP_MATERIALS_CHECKED);
    assert_int_equal(path[1], ES_APP_ISSUER_APPROVED);
    assert_int_equal(path[2], ES_APP_FILED);
    assert_int_equal(path[3], ES_APP_DELIVERED);
    assert_int_equal(path[4], ES_APP_DONE);
    assert_int_equal(
        es_machine_move(machine, ES_APP_ISSUER_APPROVED, ES_APP_FILE, skips, &move, NULL), ES_OK);
    assert_int_equal(move.skipped, SKIP(IMPRINT_CONFIRMED) | SKIP(MAKING) | SKIP(MADE));
    assert_int_equal(move.rule->roles, ES_ROLE_BIT(ES_ROLE_FILING_OFFICER) | ES_BY_SYSTEM);
    assert_false(es_machine_can(machine, ES_APP_ISSUER_APPROVED, ES_APP_BEGIN_MAKING, skips));
}

static void an_online_renewal_needs_no_approval_of_the_issuer(void **state)
{
    const struct es_machine *machine = es_machine_application();
    const es_steps skips = SKIP(ISSUER_APPROVED);

    (void) state;
    assert_int_equal(es_machine_check_skips(machine, skips, NULL), ES_OK);
    assert_true(es_machine_can(machine, ES_APP_IMPRINT_CHECKED, ES_APP_CONFIRM_IMPRINT, skips));
    assert_false(es_machine_can(machine, ES_APP_IMPRINT_CHECKED, ES_APP_APPROVE, skips));
}

static void a_password_reset_is_materials_and_two_approvals(void **state)
{
    const struct es_machine *machine = es_machine_application();
    es_steps skips = machine->skippable & ~(SKIP(MATERIALS_CHECKED) | SKIP(ISSUER_APPROVED));
    int path[ES_MACHINE_PATH_MAX];

    (void) state;
    assert_int_equal(es_machine_check_skips(machine, skips, NULL), ES_OK);
    assert_int_equal(es_machine_path(machine, ES_APP_SUBMITTED, skips, path), 3);
    assert_int_equal(path[0], ES_APP_MATERIALS_CHECKED);
    assert_int_equal(path[1], ES_APP_ISSUER_APPROVED);
    assert_int_equal(path[2], ES_APP_DONE);
}

static void a_profile_that_changes_strands_no_application(void **state)
{
    const struct es_machine *machine = es_machine_application();

    (void) state;
    assert_true(
        es_machine_can(machine, ES_APP_IMPRINT_CHECKED, ES_APP_APPROVE, SKIP(IMPRINT_CHECKED)));
    assert_true(es_machine_can(machine, ES_APP_MAKING, ES_APP_FILE, SKIP(MAKING) | SKIP(MADE)));
}

/* From every state that is no end, under every set of skips, good or not. */
static void no_set_of_skips_has_a_dead_end(void **state)
{
    const struct es_machine *machine = es_machine_application();
    size_t good = 0;

    (void) state;
    for (es_steps skips = 0; skips <= machine->skippable; skips += 2) {
        if ((skips & ~machine->skippable) != 0)
            continue;
        good += es_machine_check_skips(machine, skips, NULL) == ES_OK;
        for (size_t i = 0; i < machine->state_count; i++) {
            int path[ES_MACHINE_PATH_MAX], at = machine->states[i].id;
            size_t count = es_machine_path(machine, at, skips, path);

            if (es_machine_is_terminal(machine, at)) {
                assert_int_equal(count, 0);
                continue;
            }
            assert_true(count >= 1);
            assert_int_equal(path[count - 1], ES_APP_DONE);
            for (size_t j = 0; j < count; j++)
                assert_false(skips >> path[j] & 1);
        }
    }
    /* accepted, both imprint steps, filed, delivered are free: 32; materials, approval, making:
     * all but those that skip the materials alone: 4 of skips with materials kept, 1 without */
    assert_int_equal(good, 32 * 5);
}

static void skips_that_make_no_sense_are_refused(void **state)
{
    const struct es_machine *machine = es_machine_application();
    struct es_error err = {0};

    (void) state;
    assert_int_equal(es_machine_check_skips(machine, SKIP(MAKING), &err), ES_E_CONFLICT);
    assert_int_equal(es_machine_check_skips(machine, SKIP(MADE), &err), ES_E_CONFLICT);
    assert_string_equal(err.text, "making and made are skipped together or not");
    assert_int_equal(es_machine_check_skips(machine, SKIP(MATERIALS_CHECKED), &err), ES_E_CONFLICT);
    assert_string_equal(err.text, "materials_checked is skipped, but there is making");
    assert_int_equal(
        es_machine_check_skips(machine, SKIP(MATERIALS_CHECKED) | SKIP(MAKING) | SKIP(MADE), &err),
        ES_E_CONFLICT);
    assert_string_equal(err.text, "materials_checked is skipped, but there is approval");
    assert_int_equal(es_machine_check_skips(machine, SKIP(DONE), NULL), ES_E_RANGE);
    assert_int_equal(es_machine_check_skips(machine, SKIP(SUBMITTED), NULL), ES_E_RANGE);
    assert_int_equal(es_machine_check_skips(machine, 1, NULL), ES_E_RANGE);
    assert_int_equal(es_machine_check_skips(es_machine_seal(), 4, NULL), ES_E_RANGE);
    assert_int_equal(es_machine_check_skips(es_machine_use(), SKIP(ACCEPTED), NULL), ES_E_RANGE);
    assert_int_equal(es_machine_check_skips(es_machine_use(), 0, NULL), ES_OK);
}

/* ---- succession: R-072 ---- */

static void a_seal_and_its_successor_move_together_or_not_at_all(void **state)
{
    static const struct {
        int command, from;
    } ways[] = {
        {ES_SEAL_RENEW, 30}, {ES_SEAL_REPLACE, 30}, {ES_SEAL_REMAKE, 30}, {ES_SEAL_RENEW_LATE, 50}};

    (void) state;
    for (size_t way = 0; way < COUNT(ways); way++)
        for (int old = 10; old <= 80; old += 10)
            for (int next = 10; next <= 80; next += 10) {
                struct es_move a = {.to = 1}, b = {.to = 2};
                bool good = old == ways[way].from && next == 20;

                assert_int_equal(es_seal_succeed(old, ways[way].command, next, &a, &b, NULL),
                                 good ? ES_OK : ES_E_CONFLICT);
                assert_int_equal(a.to, good ? 60 : 1);
                assert_int_equal(b.to, good ? 30 : 2);
            }
    assert_int_equal(es_seal_succeed(30, ES_SEAL_CANCEL, 20, NULL, NULL, NULL), ES_E_RANGE);
}

/* ---- who ---- */

static bool has_right(int role, uint32_t actions)
{
    for (int action = 0; action < ES_ACTIONS; action++)
        if ((actions >> action & 1) != 0 &&
            (es_rights_has(ES_ROLE_BIT(role), action, ES_VERB_DO) ||
             es_rights_has(ES_ROLE_BIT(role), action, ES_VERB_APPROVE)))
            return true;
    return false;
}

static void check_roles(const struct es_machine *machine)
{
    for (size_t i = 0; i < machine->row_count; i++) {
        const struct es_transition *row = &machine->rows[i];

        assert_true(row->roles != 0);
        assert_int_equal(row->roles & ~ES_ROLES_ALL & ~ES_BY_SYSTEM, 0);
        assert_int_equal(row->actions == 0, row->roles == ES_BY_SYSTEM);
        assert_true(row->actions < ES_ACTION_BIT(ES_ACTIONS));
        for (int role = 0; role < ES_ROLES; role++)
            if ((row->roles & ES_ROLE_BIT(role)) != 0 && !has_right(role, row->actions))
                fail_msg("%s: row %zu is open to %s, the matrix is not", machine->name, i,
                         es_role_name(role));
    }
}

static void nobody_moves_a_machine_without_a_right_in_the_matrix(void **state)
{
    (void) state;
    check_roles(es_machine_seal());
    check_roles(es_machine_application());
    check_roles(es_machine_use());
}

/* "Who moves it", 2.2 */
static void an_application_is_moved_by_whom_the_text_names(void **state)
{
    static const struct {
        int command;
        es_role_set roles;
    } who[] = {
        {ES_APP_SUBMIT,
         ES_ROLE_BIT(ES_ROLE_HANDLER) | ES_ROLE_BIT(ES_ROLE_HOLDER) | ES_ROLE_BIT(ES_ROLE_APP)},
        {ES_APP_WITHDRAW,
         ES_ROLE_BIT(ES_ROLE_HANDLER) | ES_ROLE_BIT(ES_ROLE_HOLDER) | ES_ROLE_BIT(ES_ROLE_APP)},
        {ES_APP_CONFIRM_IMPRINT, ES_ROLE_BIT(ES_ROLE_HANDLER) | ES_ROLE_BIT(ES_ROLE_HOLDER)},
        {ES_APP_ACCEPT, ES_ROLE_BIT(ES_ROLE_REVIEWER)},
        {ES_APP_RETURN, ES_ROLE_BIT(ES_ROLE_REVIEWER)},
        {ES_APP_CHECK_MATERIALS, ES_ROLE_BIT(ES_ROLE_REVIEWER)},
        {ES_APP_CHECK_IMPRINT, ES_ROLE_BIT(ES_ROLE_REVIEWER)},
        {ES_APP_APPROVE, ES_ROLE_BIT(ES_ROLE_ISSUER_OFFICER)},
        {ES_APP_BEGIN_MAKING, ES_ROLE_BIT(ES_ROLE_MAKER_OPERATOR)},
        {ES_APP_END_MAKING, ES_ROLE_BIT(ES_ROLE_MAKER_OPERATOR)},
        {ES_APP_FILE, ES_ROLE_BIT(ES_ROLE_FILING_OFFICER) | ES_BY_SYSTEM},
        {ES_APP_LAPSE, ES_BY_SYSTEM},
    };
    const struct es_machine *machine = es_machine_application();

    (void) state;
    for (size_t i = 0; i < machine->row_count; i++)
        for (size_t j = 0; j < COUNT(who); j++)
            if (machine->rows[i].command == who[j].command)
                assert_int_equal(machine->rows[i].roles, who[j].roles);
}

static struct es_decision ask(const struct es_machine *machine, int at, int by, int role,
                              struct es_scope scope)
{
    struct es_move move;

    assert_int_equal(es_machine_move(machine, at, by, 0, &move, NULL), ES_OK);
    return es_machine_may(move.rule, ES_ROLE_BIT(role), scope);
}

static void who_may_give_a_command_is_told_with_place_and_condition(void **state)
{
    const struct es_scope own = {.place = ES_PLACE_OWN}, served = {.place = ES_PLACE_SERVED};
    const struct es_scope suspends = {.place = ES_PLACE_OWN, .facts = ES_FACT(ES_ONLY_SUSPEND)};
    const struct es_machine *app = es_machine_application(), *seal = es_machine_seal();

    (void) state;
    assert_int_equal(ask(app, ES_APP_ACCEPTED, ES_APP_REJECT, ES_ROLE_REVIEWER, served).right,
                     ES_RIGHT_YES);
    assert_int_equal(ask(app, ES_APP_ACCEPTED, ES_APP_REJECT, ES_ROLE_ISSUER_OFFICER, own).right,
                     ES_RIGHT_YES);
    assert_int_equal(ask(app, ES_APP_ACCEPTED, ES_APP_REJECT, ES_ROLE_ISSUER_OFFICER, served).right,
                     ES_RIGHT_OUTSIDE);
    assert_int_equal(ask(app, ES_APP_ACCEPTED, ES_APP_REJECT, ES_ROLE_HANDLER, own).right,
                     ES_RIGHT_NO_ROLE);
    assert_int_equal(ask(app, ES_APP_ACCEPTED, ES_APP_LAPSE, ES_ROLE_REVIEWER, own).right,
                     ES_RIGHT_NO_ROLE);
    assert_int_equal(ask(seal, 30, ES_SEAL_SUSPEND, ES_ROLE_CUSTODIAN, own).missing,
                     ES_ONLY_SUSPEND);
    assert_int_equal(ask(seal, 30, ES_SEAL_SUSPEND, ES_ROLE_CUSTODIAN, suspends).right,
                     ES_RIGHT_YES);
    assert_int_equal(ask(seal, 40, ES_SEAL_RESUME, ES_ROLE_CUSTODIAN, suspends).right,
                     ES_RIGHT_NO_ROLE);
    assert_int_equal(ask(seal, 30, ES_SEAL_CANCEL, ES_ROLE_FILING_OFFICER, served).right,
                     ES_RIGHT_YES);
}

/* a refusal says why; so does whatever ends or stops a seal. */
static void refusals_and_ends_need_a_reason(void **state)
{
    const struct es_machine *app = es_machine_application(), *seal = es_machine_seal();

    (void) state;
    for (size_t i = 0; i < app->row_count; i++)
        assert_int_equal(app->rows[i].needs_reason,
                         app->rows[i].to == ES_APP_REJECTED ||
                             app->rows[i].to == ES_APP_CORRECTION_REQUIRED);
    for (size_t i = 0; i < seal->row_count; i++)
        if (seal->rows[i].to >= 60 || seal->rows[i].to == 40)
            assert_true(seal->rows[i].needs_reason);
}

/* ---- words and page ---- */

static void check_words(const struct es_machine *machine)
{
    for (size_t i = 0; i < machine->state_count; i++) {
        const struct es_machine_word *word = &machine->states[i];

        assert_int_equal(es_machine_state_by_name(machine, word->name), word->id);
        assert_ptr_equal(es_machine_state(machine, word->id), word);
        assert_true(strlen(word->zh) > 0 && strlen(word->en) > 0);
    }
    for (size_t i = 0; i < machine->command_count; i++) {
        const struct es_machine_word *word = &machine->commands[i];
        bool used = false;

        assert_int_equal(es_machine_command_by_name(machine, word->name), word->id);
        for (size_t j = 0; j < machine->row_count; j++)
            used |= machine->rows[j].command == word->id;
        assert_true(used);
    }
}

static void every_word_is_found_again_and_used(void **state)
{
    const struct es_machine *seal = es_machine_seal();

    (void) state;
    check_words(seal);
    check_words(es_machine_application());
    check_words(es_machine_use());
    for (size_t i = 0; i < seal->state_count; i++)
        assert_string_equal(seal->states[i].name, es_seal_status_name(seal->states[i].id));
    for (int i = 1; i < ES_CONDITIONS; i++)
        assert_true(strlen(es_condition_text_en((enum es_condition) i)) > 0 &&
                    strlen(es_condition_text_zh((enum es_condition) i)) > 0);
    assert_null(es_condition_text_en((enum es_condition) ES_CONDITIONS));
}

static void the_page_is_what_the_tables_give(void **state)
{
    ES_AUTO(es_buf) page = ES_BUF_INIT(1u << 20);
    ES_AUTO(es_buf) kept = ES_BUF_INIT(1u << 20);

    (void) state;
    assert_int_equal(es_machine_put_page(&page, NULL), ES_OK);
    assert_int_equal(es_file_read(ES_TEST_DOCS "/state-machines.md", &kept, NULL), ES_OK);
    assert_string_equal(es_buf_cstr(&page), es_buf_cstr(&kept));
}

static void a_page_that_does_not_fit_is_an_error(void **state)
{
    ES_AUTO(es_buf) page = ES_BUF_INIT(1000);

    (void) state;
    assert_int_equal(es_machine_put_page(&page, NULL), ES_E_LIMIT);
    es_buf_clear(&page);
    assert_int_equal(es_machine_draw(es_machine_application(), &page, NULL), ES_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_commands_never_leave_the_seal_machine),
        cmocka_unit_test(random_commands_never_leave_the_application_machine),
        cmocka_unit_test(random_commands_never_leave_the_use_machine),
        cmocka_unit_test(every_state_and_command_answers_as_the_text_says),
        cmocka_unit_test(the_ends_are_those_of_the_text),
        cmocka_unit_test(what_is_no_state_or_command_is_refused),
        cmocka_unit_test(a_cancellation_needs_no_imprint_and_no_making),
        cmocka_unit_test(an_online_renewal_needs_no_approval_of_the_issuer),
        cmocka_unit_test(a_password_reset_is_materials_and_two_approvals),
        cmocka_unit_test(a_profile_that_changes_strands_no_application),
        cmocka_unit_test(no_set_of_skips_has_a_dead_end),
        cmocka_unit_test(skips_that_make_no_sense_are_refused),
        cmocka_unit_test(a_seal_and_its_successor_move_together_or_not_at_all),
        cmocka_unit_test(nobody_moves_a_machine_without_a_right_in_the_matrix),
        cmocka_unit_test(an_application_is_moved_by_whom_the_text_names),
        cmocka_unit_test(who_may_give_a_command_is_told_with_place_and_condition),
        cmocka_unit_test(refusals_and_ends_need_a_reason),
        cmocka_unit_test(every_word_is_found_again_and_used),
        cmocka_unit_test(the_page_is_what_the_tables_give),
        cmocka_unit_test(a_page_that_does_not_fit_is_an_error),
    };

    return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
