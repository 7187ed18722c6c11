/*
 * An application (requirements 2.2). The main path runs from draft to done; a type of application
 * under a profile passes over the steps it does not need. Until the making begins it can be
 * rejected, withdrawn, or lapse.
 */
#include "es_machine.h"

#define BIT(role) ES_ROLE_BIT(ES_ROLE_##role)
#define UNDER(action) ES_ACTION_BIT(ES_ACTION_##action)
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct es_machine_word states[] = {
    {ES_APP_DRAFT, "draft", "草稿", "draft"},
    {ES_APP_SUBMITTED, "submitted", "已提交", "submitted"},
    {ES_APP_ACCEPTED, "accepted", "已受理", "accepted"},
    {ES_APP_MATERIALS_CHECKED, "materials_checked", "材料已审核", "materials checked"},
    {ES_APP_IMPRINT_CHECKED, "imprint_checked", "印模已比对", "imprint compared"},
    {ES_APP_ISSUER_APPROVED, "issuer_approved", "制发部门已批准", "approved by the issuer"},
    {ES_APP_IMPRINT_CONFIRMED, "imprint_confirmed", "印模已确认", "imprint confirmed"},
    {ES_APP_MAKING, "making", "制作中", "being made"},
    {ES_APP_MADE, "made", "已制作", "made"},
    {ES_APP_FILED, "filed", "已备案", "filed"},
    {ES_APP_DELIVERED, "delivered", "已交付", "delivered"},
    {ES_APP_DONE, "done", "已办结", "done"},
    {ES_APP_CORRECTION_REQUIRED, "correction_required", "待补正", "to be corrected"},
    {ES_APP_REJECTED, "rejected", "不予通过", "rejected"},
    {ES_APP_WITHDRAWN, "withdrawn", "已撤回", "withdrawn"},
    {ES_APP_LAPSED, "lapsed", "已失效", "lapsed"},
};

static const struct es_machine_word commands[] = {
    {ES_APP_SUBMIT, "submit", "提交", "submit"},
    {ES_APP_ACCEPT, "accept", "受理", "accept"},
    {ES_APP_CHECK_MATERIALS, "check_materials", "审核材料", "check the materials"},
    {ES_APP_CHECK_IMPRINT, "check_imprint", "比对印模", "compare the imprint"},
    {ES_APP_APPROVE, "approve", "批准", "approve"},
    {ES_APP_CONFIRM_IMPRINT, "confirm_imprint", "确认印模", "confirm the imprint"},
    {ES_APP_BEGIN_MAKING, "begin_making", "开始制作", "begin making"},
    {ES_APP_END_MAKING, "end_making", "完成制作", "end making"},
    {ES_APP_FILE, "file", "备案", "file"},
    {ES_APP_DELIVER, "deliver", "交付", "deliver"},
    {ES_APP_FINISH, "finish", "办结", "finish"},
    {ES_APP_RETURN, "return", "退回补正", "return for correction"},
    {ES_APP_REJECT, "reject", "不予通过", "reject"},
    {ES_APP_WITHDRAW, "withdraw", "撤回", "withdraw"},
    {ES_APP_LAPSE, "lapse", "失效", "lapse"},
};

#define APPLICANTS (BIT(HANDLER) | BIT(HOLDER) | BIT(APP))
#define FILERS (BIT(FILING_OFFICER) | ES_BY_SYSTEM)

#define MOVE(at, by, into) .from = ES_APP_##at, .command = ES_APP_##by, .to = ES_APP_##into
#define STEP(at, by, into, who, under)                                                             \
    {                                                                                              \
        MOVE(at, by, into), .roles = (who), .actions = UNDER(under), .step = true                  \
    }
#define RETURN(at)                                                                                 \
    {                                                                                              \
        MOVE(at, RETURN, CORRECTION_REQUIRED),                                                     \
            .roles = BIT(REVIEWER), .actions = UNDER(CHECK_MATERIALS), .needs_reason = true        \
    }
#define REJECT(at)                                                                                 \
    {                                                                                              \
        MOVE(at, REJECT, REJECTED),                                                                \
            .roles = BIT(REVIEWER) | BIT(ISSUER_OFFICER),                                          \
            .actions = UNDER(CHECK_MATERIALS) | UNDER(APPROVE_APPLICATION), .needs_reason = true   \
    }
#define WITHDRAW(at)                                                                               \
    {                                                                                              \
        MOVE(at, WITHDRAW, WITHDRAWN), .roles = APPLICANTS, .actions = UNDER(SUBMIT_APPLICATION)   \
    }
#define LAPSE(at)                                                                                  \
    {                                                                                              \
        MOVE(at, LAPSE, LAPSED), .roles = ES_BY_SYSTEM, .condition = ES_COND_DEADLINE              \
    }
#define LEAVE(at) REJECT(at), WITHDRAW(at), LAPSE(at)

static const struct es_transition rows[] = {
    STEP(DRAFT, SUBMIT, SUBMITTED, APPLICANTS, SUBMIT_APPLICATION),
    STEP(SUBMITTED, ACCEPT, ACCEPTED, BIT(REVIEWER), CHECK_MATERIALS),
    STEP(ACCEPTED, CHECK_MATERIALS, MATERIALS_CHECKED, BIT(REVIEWER), CHECK_MATERIALS),
    STEP(MATERIALS_CHECKED, CHECK_IMPRINT, IMPRINT_CHECKED, BIT(REVIEWER), CHECK_MATERIALS),
    STEP(IMPRINT_CHECKED, APPROVE, ISSUER_APPROVED, BIT(ISSUER_OFFICER), APPROVE_APPLICATION),
    STEP(ISSUER_APPROVED, CONFIRM_IMPRINT, IMPRINT_CONFIRMED, BIT(HANDLER) | BIT(HOLDER),
         CONFIRM_IMPRINT),
    STEP(IMPRINT_CONFIRMED, BEGIN_MAKING, MAKING, BIT(MAKER_OPERATOR), MAKE),
    STEP(MAKING, END_MAKING, MADE, BIT(MAKER_OPERATOR), MAKE),
    STEP(MADE, FILE, FILED, FILERS, FILE),
    STEP(FILED, DELIVER, DELIVERED, FILERS, FILE),
    STEP(DELIVERED, FINISH, DONE, FILERS, FILE),
    STEP(CORRECTION_REQUIRED, SUBMIT, SUBMITTED, APPLICANTS, SUBMIT_APPLICATION),
    RETURN(ACCEPTED),
    RETURN(MATERIALS_CHECKED),
    RETURN(IMPRINT_CHECKED),
    LEAVE(DRAFT),
    LEAVE(SUBMITTED),
    LEAVE(ACCEPTED),
    LEAVE(MATERIALS_CHECKED),
    LEAVE(IMPRINT_CHECKED),
    LEAVE(ISSUER_APPROVED),
    LEAVE(IMPRINT_CONFIRMED),
    LEAVE(CORRECTION_REQUIRED),
};

static const struct es_machine machine = {
    .name = "application",
    .zh = "申请",
    .en = "An application",
    .initial = ES_APP_DRAFT,
    .states = states,
    .state_count = COUNT(states),
    .commands = commands,
    .command_count = COUNT(commands),
    .rows = rows,
    .row_count = COUNT(rows),
    .skippable = ES_STEP(ES_APP_ACCEPTED) | ES_STEP(ES_APP_MATERIALS_CHECKED) |
                 ES_STEP(ES_APP_IMPRINT_CHECKED) | ES_STEP(ES_APP_ISSUER_APPROVED) |
                 ES_STEP(ES_APP_IMPRINT_CONFIRMED) | ES_STEP(ES_APP_MAKING) | ES_STEP(ES_APP_MADE) |
                 ES_STEP(ES_APP_FILED) | ES_STEP(ES_APP_DELIVERED),
};

const struct es_machine *es_machine_application(void)
{
    return &machine;
}
