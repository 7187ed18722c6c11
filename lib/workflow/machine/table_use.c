/*
 * A request to use a seal (requirements 2.3). Executing is in two phases: a reservation, then the
 * signature with its log entry. A crash in between leaves either both or neither: complete and
 * release are the two ways out, and which one it is stands in the log.
 */
#include "es_machine.h"

#define BIT(role) ES_ROLE_BIT(ES_ROLE_##role)
#define UNDER(action) ES_ACTION_BIT(ES_ACTION_##action)
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct es_machine_word states[] = {
    {ES_USE_DRAFT, "draft", "草稿", "draft"},
    {ES_USE_SUBMITTED, "submitted", "已提交", "submitted"},
    {ES_USE_IN_APPROVAL, "in_approval", "审批中", "in approval"},
    {ES_USE_APPROVED, "approved", "已批准", "approved"},
    {ES_USE_EXECUTING, "executing", "用印中", "being executed"},
    {ES_USE_EXECUTED, "executed", "已用印", "executed"},
    {ES_USE_REJECTED, "rejected", "不予批准", "rejected"},
    {ES_USE_WITHDRAWN, "withdrawn", "已撤回", "withdrawn"},
    {ES_USE_LAPSED, "lapsed", "已失效", "lapsed"},
    {ES_USE_REVOKED, "revoked", "批准已撤销", "approval revoked"},
};

static const struct es_machine_word commands[] = {
    {ES_USE_SUBMIT, "submit", "提交", "submit"},
    {ES_USE_ROUTE, "route", "送审", "route"},
    {ES_USE_APPROVE_LEVEL, "approve_level", "本级批准", "approve a level"},
    {ES_USE_APPROVE, "approve", "终级批准", "approve"},
    {ES_USE_EXECUTE, "execute", "用印", "execute"},
    {ES_USE_COMPLETE, "complete", "完成用印", "complete"},
    {ES_USE_RELEASE, "release", "退还次数", "release"},
    {ES_USE_REJECT, "reject", "不予批准", "reject"},
    {ES_USE_WITHDRAW, "withdraw", "撤回", "withdraw"},
    {ES_USE_LAPSE, "lapse", "失效", "lapse"},
    {ES_USE_REVOKE, "revoke", "撤销批准", "revoke"},
};

#define ASKERS                                                                                     \
    (BIT(HANDLER) | BIT(HOLDER) | BIT(CUSTODIAN) | BIT(USE_APPLICANT) | BIT(SIGNER) | BIT(APP))
#define SIGNERS (BIT(HOLDER) | BIT(CUSTODIAN) | BIT(SIGNER) | BIT(APP))
#define MOVE(at, by, into) .from = ES_USE_##at, .command = ES_USE_##by, .to = ES_USE_##into

static const struct es_transition rows[] = {
    {MOVE(DRAFT, SUBMIT, SUBMITTED), .roles = ASKERS, .actions = UNDER(REQUEST_USE), .step = true},
    {MOVE(SUBMITTED, ROUTE, IN_APPROVAL), .roles = ES_BY_SYSTEM, .step = true},
    {MOVE(IN_APPROVAL, APPROVE_LEVEL, IN_APPROVAL), .roles = BIT(USE_APPROVER),
     .actions = UNDER(APPROVE_USE), .condition = ES_COND_LEVELS_LEFT},
    {MOVE(IN_APPROVAL, APPROVE, APPROVED), .roles = BIT(USE_APPROVER),
     .actions = UNDER(APPROVE_USE), .condition = ES_COND_LAST_LEVEL, .step = true},
    {MOVE(APPROVED, EXECUTE, EXECUTING), .roles = SIGNERS, .actions = UNDER(SIGN),
     .condition = ES_COND_WITHIN_LIMITS, .step = true},
    {MOVE(EXECUTING, COMPLETE, EXECUTED), .roles = ES_BY_SYSTEM, .condition = ES_COND_LOGGED,
     .step = true},
    {MOVE(EXECUTING, RELEASE, APPROVED), .roles = ES_BY_SYSTEM, .condition = ES_COND_NOTHING_SIGNED,
     .needs_reason = true},
    {MOVE(SUBMITTED, WITHDRAW, WITHDRAWN), .roles = ASKERS, .actions = UNDER(REQUEST_USE)},
    {MOVE(IN_APPROVAL, REJECT, REJECTED), .roles = BIT(USE_APPROVER), .actions = UNDER(APPROVE_USE),
     .needs_reason = true},
    {MOVE(APPROVED, LAPSE, LAPSED), .roles = ES_BY_SYSTEM, .condition = ES_COND_DEADLINE},
    {MOVE(APPROVED, REVOKE, REVOKED), .roles = BIT(USE_APPROVER), .actions = UNDER(APPROVE_USE),
     .needs_reason = true},
};

static const struct es_machine machine = {
    .name = "use",
    .zh = "用印申请",
    .en = "A request to use a seal",
    .initial = ES_USE_DRAFT,
    .states = states,
    .state_count = COUNT(states),
    .commands = commands,
    .command_count = COUNT(commands),
    .rows = rows,
    .row_count = COUNT(rows),
};

const struct es_machine *es_machine_use(void)
{
    return &machine;
}
