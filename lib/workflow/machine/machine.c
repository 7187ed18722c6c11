/*
 * Moving along the tables. The rows of one machine are a few dozen, so they are walked, not
 * indexed. On the main path each state has at most one step row; a skipped step is passed by taking
 * the row behind it, so every move ends where the table itself leads.
 */
#include "es_machine.h"

#include <string.h>

static const struct es_machine_word *word_of(const struct es_machine_word *words, size_t count,
                                             int id)
{
    for (size_t i = 0; i < count; i++)
        if (words[i].id == id)
            return &words[i];
    return NULL;
}

static int number_of(const struct es_machine_word *words, size_t count, const char *name)
{
    for (size_t i = 0; name != NULL && i < count; i++)
        if (strcmp(words[i].name, name) == 0)
            return words[i].id;
    return 0;
}

const struct es_machine_word *es_machine_state(const struct es_machine *machine, int state)
{
    return word_of(machine->states, machine->state_count, state);
}

const struct es_machine_word *es_machine_command(const struct es_machine *machine, int command)
{
    return word_of(machine->commands, machine->command_count, command);
}

int es_machine_state_by_name(const struct es_machine *machine, const char *name)
{
    return number_of(machine->states, machine->state_count, name);
}

int es_machine_command_by_name(const struct es_machine *machine, const char *name)
{
    return number_of(machine->commands, machine->command_count, name);
}

static bool is_skipped(const struct es_machine *machine, es_steps skips, int state)
{
    return state > 0 && state < 32 && (skips & machine->skippable & ES_STEP(state)) != 0;
}

static const struct es_transition *step_from(const struct es_machine *machine, int state)
{
    for (size_t i = 0; i < machine->row_count; i++)
        if (machine->rows[i].step && machine->rows[i].from == state)
            return &machine->rows[i];
    return NULL;
}

/* The next step of the main path that is not skipped; NULL at its end. */
static bool next_step(const struct es_machine *machine, int state, es_steps skips,
                      struct es_move *out)
{
    const struct es_transition *row = step_from(machine, state);
    es_steps passed = 0;

    while (row != NULL && is_skipped(machine, skips, row->to)) {
        passed |= ES_STEP(row->to);
        row = step_from(machine, row->to);
    }
    if (row == NULL)
        return false;
    *out = (struct es_move){.from = state, .to = row->to, .skipped = passed, .rule = row};
    return true;
}

static bool find(const struct es_machine *machine, int state, int command, es_steps skips,
                 struct es_move *out)
{
    struct es_move step;

    if (next_step(machine, state, skips, &step) && step.rule->command == command) {
        *out = step;
        return true;
    }
    for (size_t i = 0; i < machine->row_count; i++) {
        const struct es_transition *row = &machine->rows[i];

        if (row->step || row->from != state || row->command != command)
            continue;
        *out = (struct es_move){.from = state, .to = row->to, .rule = row};
        return true;
    }
    return false;
}

bool es_machine_can(const struct es_machine *machine, int state, int command, es_steps skips)
{
    struct es_move move;

    return find(machine, state, command, skips, &move);
}

es_status es_machine_move(const struct es_machine *machine, int state, int command, es_steps skips,
                          struct es_move *out, struct es_error *err)
{
    const struct es_machine_word *at = es_machine_state(machine, state);
    const struct es_machine_word *by = es_machine_command(machine, command);

    ES_ENSURE(at != NULL, err, ES_E_RANGE, "%s: no state %d", machine->name, state);
    ES_ENSURE(by != NULL, err, ES_E_RANGE, "%s: no command %d", machine->name, command);
    ES_ENSURE(find(machine, state, command, skips, out), err, ES_E_CONFLICT,
              "%s is %s, %s is not possible then", machine->name, at->name, by->name);
    return ES_OK;
}

size_t es_machine_commands(const struct es_machine *machine, int state, es_steps skips,
                           int out[ES_MACHINE_COMMANDS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < machine->command_count && count < ES_MACHINE_COMMANDS_MAX; i++)
        if (es_machine_can(machine, state, machine->commands[i].id, skips))
            out[count++] = machine->commands[i].id;
    return count;
}

bool es_machine_is_terminal(const struct es_machine *machine, int state)
{
    if (es_machine_state(machine, state) == NULL)
        return false;
    for (size_t i = 0; i < machine->row_count; i++)
        if (machine->rows[i].from == state)
            return false;
    return true;
}

size_t es_machine_path(const struct es_machine *machine, int state, es_steps skips,
                       int out[ES_MACHINE_PATH_MAX])
{
    struct es_move move;
    size_t count = 0;

    while (count < ES_MACHINE_PATH_MAX && next_step(machine, state, skips, &move))
        out[count++] = state = move.to;
    return count;
}

struct es_decision es_machine_may(const struct es_transition *rule, es_role_set roles,
                                  struct es_scope scope)
{
    struct es_decision best = {.right = ES_RIGHT_NO_ROLE, .role = -1};

    for (int action = 0; action < ES_ACTIONS; action++) {
        if ((rule->actions & ES_ACTION_BIT(action)) == 0)
            continue;
        for (int verb = ES_VERB_DO; verb <= ES_VERB_APPROVE; verb++) {
            struct es_decision one = es_rights_may(roles & rule->roles, action, (enum es_verb) verb,
                                                   scope);

            if (one.right > best.right)
                best = one;
        }
    }
    return best;
}

es_status es_machine_check_skips(const struct es_machine *machine, es_steps skips,
                                 struct es_error *err)
{
    bool making = (skips & ES_STEP(ES_APP_MAKING)) == 0;
    bool made = (skips & ES_STEP(ES_APP_MADE)) == 0;
    bool approval = (skips & ES_STEP(ES_APP_ISSUER_APPROVED)) == 0;

    ES_ENSURE((skips & ~machine->skippable) == 0, err, ES_E_RANGE,
              "%s: steps %08x cannot be skipped", machine->name,
              (unsigned) (skips & ~machine->skippable));
    if (skips == 0)
        return ES_OK;
    ES_ENSURE(making == made, err, ES_E_CONFLICT, "making and made are skipped together or not");
    /* SPEC: nothing is made or approved on materials nobody looked at. */
    ES_ENSURE((!making && !approval) || (skips & ES_STEP(ES_APP_MATERIALS_CHECKED)) == 0, err,
              ES_E_CONFLICT, "materials_checked is skipped, but there is %s",
              making ? "making" : "approval");
    return ES_OK;
}

static bool supersedes(int command)
{
    return command == ES_SEAL_RENEW || command == ES_SEAL_RENEW_LATE ||
           command == ES_SEAL_REPLACE || command == ES_SEAL_REMAKE;
}

es_status es_seal_succeed(int old_state, int command, int successor_state, struct es_move *old_move,
                          struct es_move *successor_move, struct es_error *err)
{
    const struct es_machine *seal = es_machine_seal();
    struct es_move first, second;

    ES_ENSURE(supersedes(command), err, ES_E_RANGE, "command %d names no successor", command);
    ES_TRY(es_machine_move(seal, old_state, command, 0, &first, err));
    ES_TRY(es_machine_move(seal, successor_state, ES_SEAL_ENABLE, 0, &second, err));
    *old_move = first;
    *successor_move = second;
    return ES_OK;
}
