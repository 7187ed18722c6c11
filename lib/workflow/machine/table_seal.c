/*
 * The life of a seal (requirements 2.1). cancelled, superseded and expired are no ends: any of them
 * can still be marked invalid; only that is final.
 */
#include "es_machine.h"

#define BIT(role) ES_ROLE_BIT(ES_ROLE_##role)
#define UNDER(action) ES_ACTION_BIT(ES_ACTION_##action)
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct es_machine_word states[] = {
    {ES_STATUS_MADE, "made", "已制作(未备案)", "made, not filed"},
    {ES_STATUS_FILED, "filed", "已备案(待启用)", "filed, to be enabled"},
    {ES_STATUS_ACTIVE, "active", "有效", "active"},
    {ES_STATUS_SUSPENDED, "suspended", "停用", "suspended"},
    {ES_STATUS_EXPIRED, "expired", "已到期", "expired"},
    {ES_STATUS_SUPERSEDED, "superseded", "已更换/已延期", "superseded"},
    {ES_STATUS_CANCELLED, "cancelled", "已注销", "cancelled"},
    {ES_STATUS_INVALIDATED, "invalidated", "已标识无效", "marked invalid"},
};

static const struct es_machine_word commands[] = {
    {ES_SEAL_FILE, "file", "备案", "file"},
    {ES_SEAL_ENABLE, "enable", "启用", "enable"},
    {ES_SEAL_SUSPEND, "suspend", "停用", "suspend"},
    {ES_SEAL_REPORT_LOSS, "report_loss", "挂失", "report the loss"},
    {ES_SEAL_SUSPEND_UNUSED, "suspend_unused", "长期未使用停用", "suspend for want of use"},
    {ES_SEAL_RESUME, "resume", "恢复", "resume"},
    {ES_SEAL_REAPPLY, "reapply", "重新申请启用", "resume by a new application"},
    {ES_SEAL_EXPIRE, "expire", "到期", "expire"},
    {ES_SEAL_RENEW, "renew", "更新延期", "renew"},
    {ES_SEAL_RENEW_LATE, "renew_late", "到期后更新", "renew after the end"},
    {ES_SEAL_REPLACE, "replace", "换领", "replace"},
    {ES_SEAL_REMAKE, "remake", "重新制作", "remake"},
    {ES_SEAL_CANCEL, "cancel", "注销", "cancel"},
    {ES_SEAL_INVALIDATE, "invalidate", "标识为无效", "mark invalid"},
};

/* Who acts, by the rows of the permission matrix. */
#define ENABLERS (BIT(HOLDER) | BIT(CENTRAL_ADMIN))
#define RESUMERS (ENABLERS | BIT(ISSUER_OFFICER) | BIT(FILING_OFFICER) | BIT(POLICE))
#define SUSPENDERS (RESUMERS | BIT(CUSTODIAN))
#define LOSERS                                                                                     \
    (ENABLERS | BIT(HANDLER) | BIT(CUSTODIAN) | BIT(REVIEWER) | BIT(ISSUER_OFFICER) | BIT(POLICE))
#define MARKERS (BIT(FILING_OFFICER) | BIT(SUPERVISOR) | BIT(POLICE))

#define MOVE(at, by, into) .from = ES_STATUS_##at, .command = ES_SEAL_##by, .to = ES_STATUS_##into
#define CANCEL(at, when)                                                                           \
    {                                                                                              \
        MOVE(at, CANCEL, CANCELLED), .roles = BIT(ISSUER_OFFICER) | BIT(FILING_OFFICER),           \
                                     .actions = UNDER(APPROVE_APPLICATION) | UNDER(FILE),          \
                                     .condition = ES_COND_##when, .needs_reason = true             \
    }
#define INVALIDATE(at)                                                                             \
    {                                                                                              \
        MOVE(at, INVALIDATE, INVALIDATED), .roles = MARKERS, .actions = UNDER(MARK_INVALID),       \
                                           .condition = ES_COND_INVALID_FROM, .needs_reason = true \
    }
#define SUPERSEDE(at, by, when)                                                                    \
    {                                                                                              \
        MOVE(at, by, SUPERSEDED), .roles = ENABLERS, .actions = UNDER(ENABLE),                     \
                                  .condition = ES_COND_##when, .needs_reason = true                \
    }

static const struct es_transition rows[] = {
    {MOVE(MADE, FILE, FILED), .roles = BIT(FILING_OFFICER) | ES_BY_SYSTEM, .actions = UNDER(FILE),
     .step = true},
    {MOVE(FILED, ENABLE, ACTIVE), .roles = ENABLERS, .actions = UNDER(ENABLE),
     .condition = ES_COND_READY, .step = true},
    {MOVE(ACTIVE, SUSPEND, SUSPENDED), .roles = SUSPENDERS, .actions = UNDER(SUSPEND_RESUME),
     .needs_reason = true},
    {MOVE(ACTIVE, REPORT_LOSS, SUSPENDED), .roles = LOSERS, .actions = UNDER(REPORT_LOSS),
     .needs_reason = true},
    {MOVE(ACTIVE, SUSPEND_UNUSED, SUSPENDED), .roles = ES_BY_SYSTEM, .condition = ES_COND_UNUSED,
     .needs_reason = true},
    {MOVE(SUSPENDED, RESUME, ACTIVE), .roles = RESUMERS, .actions = UNDER(SUSPEND_RESUME),
     .condition = ES_COND_RESUMABLE, .needs_reason = true},
    {MOVE(SUSPENDED, REAPPLY, ACTIVE), .roles = RESUMERS | ES_BY_SYSTEM,
     .actions = UNDER(SUSPEND_RESUME), .condition = ES_COND_REAPPLIED, .needs_reason = true},
    {MOVE(ACTIVE, EXPIRE, EXPIRED), .roles = ES_BY_SYSTEM, .condition = ES_COND_PERIOD_OVER},
    {MOVE(SUSPENDED, EXPIRE, EXPIRED), .roles = ES_BY_SYSTEM, .condition = ES_COND_PERIOD_OVER},
    SUPERSEDE(ACTIVE, RENEW, SUCCESSOR),
    SUPERSEDE(EXPIRED, RENEW_LATE, LATE_RENEWAL),
    SUPERSEDE(ACTIVE, REPLACE, SUCCESSOR),
    SUPERSEDE(ACTIVE, REMAKE, SUCCESSOR),
    CANCEL(MADE, MAKING_ERROR),
    CANCEL(FILED, NONE),
    CANCEL(ACTIVE, NONE),
    CANCEL(SUSPENDED, NONE),
    CANCEL(EXPIRED, NONE),
    INVALIDATE(MADE),
    INVALIDATE(FILED),
    INVALIDATE(ACTIVE),
    INVALIDATE(SUSPENDED),
    INVALIDATE(EXPIRED),
    INVALIDATE(SUPERSEDED),
    INVALIDATE(CANCELLED),
};

static const struct es_machine machine = {
    .name = "seal",
    .zh = "电子印章",
    .en = "A seal",
    .initial = ES_STATUS_MADE,
    .states = states,
    .state_count = COUNT(states),
    .commands = commands,
    .command_count = COUNT(commands),
    .rows = rows,
    .row_count = COUNT(rows),
};

const struct es_machine *es_machine_seal(void)
{
    return &machine;
}
