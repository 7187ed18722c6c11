/*
 * The machines as a page for people: a Mermaid diagram each, and tables with what a diagram
 * has no room for. docs/formats/state-machines.md is this page and nothing else.
 */
#include "es_machine.h"

static const struct {
    const char *en, *zh;
} conditions[ES_CONDITIONS] = {
    [ES_COND_NONE] = {"", ""},
    [ES_COND_READY] = {"imprint confirmed, custodian named, rules of the unit stored",
                       "印模已确认、已指定保管人、单位用印制度已登记"},
    [ES_COND_UNUSED] = {"the profile's period without use is over", "已达到政策规定的未使用期限"},
    [ES_COND_RESUMABLE] = {"not suspended for want of use where that asks for an application",
                           "非因长期未使用而须重新申请的停用"},
    [ES_COND_REAPPLIED] = {"a new application was approved", "新的申请已获批准"},
    [ES_COND_PERIOD_OVER] = {"the validity has ended", "有效期已届满"},
    [ES_COND_SUCCESSOR] = {"the successor is named and becomes active in the same transaction",
                           "已指明后继印章且同时启用"},
    [ES_COND_LATE_RENEWAL] = {"as with renew, and the profile renews after the end",
                              "同更新延期，且政策允许到期后更新"},
    [ES_COND_MAKING_ERROR] = {"a making error: it was never filed", "制作错误，未曾备案"},
    [ES_COND_INVALID_FROM] = {"the time it is invalid from is named and not in the future",
                              "已写明无效起始时间且不晚于当前时间"},
    [ES_COND_DEADLINE] = {"a deadline of the profile has passed", "已超过政策规定的期限"},
    [ES_COND_LEVELS_LEFT] = {"a level of approval is left after this one", "尚有后续审批级次"},
    [ES_COND_LAST_LEVEL] = {"the last level of approval", "最后一级审批"},
    [ES_COND_WITHIN_LIMITS] = {"inside time, count and place of the approval",
                               "在批准的时间、次数和位置之内"},
    [ES_COND_LOGGED] = {"the signature and its log entry are there", "签章及日志均已完成"},
    [ES_COND_NOTHING_SIGNED] = {"neither signature nor log entry is there", "签章及日志均未产生"},
};

const char *es_condition_text_en(enum es_condition condition)
{
    return (unsigned) condition < ES_CONDITIONS ? conditions[condition].en : NULL;
}

const char *es_condition_text_zh(enum es_condition condition)
{
    return (unsigned) condition < ES_CONDITIONS ? conditions[condition].zh : NULL;
}

static const char *state_name(const struct es_machine *machine, int state)
{
    return es_machine_state(machine, state)->name;
}

static const char *command_name(const struct es_machine *machine, int command)
{
    return es_machine_command(machine, command)->name;
}

es_status es_machine_draw(const struct es_machine *machine, struct es_buf *out,
                          struct es_error *err)
{
    es_buf_put_str(out, "stateDiagram-v2\n");
    es_buf_printf(out, "    [*] --> %s\n", state_name(machine, machine->initial));
    for (size_t i = 0; i < machine->row_count; i++) {
        const struct es_transition *row = &machine->rows[i];

        es_buf_printf(out, "    %s --> %s: %s\n", state_name(machine, row->from),
                      state_name(machine, row->to), command_name(machine, row->command));
    }
    for (size_t i = 0; i < machine->state_count; i++)
        if (es_machine_is_terminal(machine, machine->states[i].id))
            es_buf_printf(out, "    %s --> [*]\n", machine->states[i].name);
    return es_buf_check(out, err);
}

static bool can_skip(const struct es_machine *machine, int state)
{
    return state < 32 && (machine->skippable & ES_STEP(state)) != 0;
}

static void put_states(const struct es_machine *machine, struct es_buf *out)
{
    es_buf_put_str(out, "\n| number | state | Chinese | English | |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < machine->state_count; i++) {
        const struct es_machine_word *state = &machine->states[i];
        const char *note = "";

        if (state->id == machine->initial)
            note = "first";
        else if (es_machine_is_terminal(machine, state->id))
            note = "final";
        else if (can_skip(machine, state->id))
            note = "can be skipped";
        es_buf_printf(out, "| %d | `%s` | %s | %s | %s |\n", state->id, state->name, state->zh,
                      state->en, note);
    }
}

static void put_commands(const struct es_machine *machine, struct es_buf *out)
{
    es_buf_put_str(out, "\n| number | command | Chinese | English |\n|---|---|---|---|\n");
    for (size_t i = 0; i < machine->command_count; i++) {
        const struct es_machine_word *command = &machine->commands[i];

        es_buf_printf(out, "| %d | `%s` | %s | %s |\n", command->id, command->name, command->zh,
                      command->en);
    }
}

static void put_roles(es_role_set roles, struct es_buf *out)
{
    const char *comma = "";

    for (int role = 0; role < ES_ROLES; role++) {
        if ((roles & ES_ROLE_BIT(role)) == 0)
            continue;
        es_buf_printf(out, "%s`%s`", comma, es_role_name(role));
        comma = ", ";
    }
    if ((roles & ES_BY_SYSTEM) != 0)
        es_buf_printf(out, "%sthe system", comma);
}

static void put_rows(const struct es_machine *machine, struct es_buf *out)
{
    es_buf_put_str(out,
                   "\n| from | command | to | by | reason | if |\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < machine->row_count; i++) {
        const struct es_transition *row = &machine->rows[i];

        es_buf_printf(out, "| `%s` | `%s` | `%s` | ", state_name(machine, row->from),
                      command_name(machine, row->command), state_name(machine, row->to));
        put_roles(row->roles, out);
        es_buf_printf(out, " | %s | %s |\n", row->needs_reason ? "yes" : "",
                      conditions[row->condition].en);
    }
}

static es_status put_machine(const struct es_machine *machine, struct es_buf *out,
                             struct es_error *err)
{
    es_buf_printf(out, "\n## %s (%s)\n\n```mermaid\n", machine->en, machine->zh);
    ES_TRY(es_machine_draw(machine, out, err));
    es_buf_put_str(out, "```\n");
    put_states(machine, out);
    put_commands(machine, out);
    put_rows(machine, out);
    return es_buf_check(out, err);
}

es_status es_machine_put_page(struct es_buf *out, struct es_error *err)
{
    es_buf_put_str(
        out, "# State machines\n\n"
             "Drawn from the tables in `lib/workflow/machine/` by the build target\n"
             "`state-machines`; a test compares. Whoever changes a table runs it again. What\n"
             "a role may do about a given seal or unit is the permission matrix\n"
             "(`lib/workflow/rights/`); both must say yes. Numbers and names are stable:\n"
             "they stand in records and in the API.\n\n"
             "On the main path of an application, steps that its type does not need are\n"
             "skipped: the command that leads into the next step needed is then possible,\n"
             "those of the steps passed over are not, and the record names what was passed\n"
             "over. Making and made are skipped together or not; materials are checked\n"
             "wherever something is approved or made.\n");
    ES_TRY(put_machine(es_machine_seal(), out, err));
    ES_TRY(put_machine(es_machine_application(), out, err));
    return put_machine(es_machine_use(), out, err);
}
