/*
 * The state machines of a seal, an application and a use request, as tables: which command moves
 * which state where, who may give it and what it asks for; and the state of a seal over two times.
 * Pure data and functions: no I/O, no clock, any thread. docs/formats/state-machines.md is drawn
 * from these tables.
 *
 * A machine says what may follow and who may do it. Whether a condition is met and which reasons
 * fit is known to the caller, who brings record and profile.
 *
 *     struct es_move move;
 *
 *     ES_TRY(es_machine_move(es_machine_application(), state, ES_APP_APPROVE, skips, &move, err));
 *     ... move.to, move.skipped; move.rule->roles, ->needs_reason, ->condition ...
 */
#ifndef ES_MACHINE_H
#define ES_MACHINE_H

#include "es_rights.h"
#include "es_state.h"

/* ---- states and commands: numbers are stable, they stand in records ------------------------- */

/* A seal has the states of enum es_seal_status (es_state.h). Its commands: */
enum es_seal_command {
    ES_SEAL_FILE = 1,
    ES_SEAL_ENABLE,
    ES_SEAL_SUSPEND,
    ES_SEAL_REPORT_LOSS,
    ES_SEAL_SUSPEND_UNUSED,
    ES_SEAL_RESUME,
    ES_SEAL_REAPPLY, /* resume by a new application (GD 12) */
    ES_SEAL_EXPIRE,
    ES_SEAL_RENEW,
    ES_SEAL_RENEW_LATE,
    ES_SEAL_REPLACE,
    ES_SEAL_REMAKE,
    ES_SEAL_CANCEL,
    ES_SEAL_INVALIDATE
};

enum es_application_state {
    ES_APP_DRAFT = 1,
    ES_APP_SUBMITTED,
    ES_APP_ACCEPTED,
    ES_APP_MATERIALS_CHECKED,
    ES_APP_IMPRINT_CHECKED,
    ES_APP_ISSUER_APPROVED,
    ES_APP_IMPRINT_CONFIRMED,
    ES_APP_MAKING,
    ES_APP_MADE,
    ES_APP_FILED,
    ES_APP_DELIVERED,
    ES_APP_DONE,
    ES_APP_CORRECTION_REQUIRED,
    ES_APP_REJECTED,
    ES_APP_WITHDRAWN,
    ES_APP_LAPSED
};

enum es_application_command {
    ES_APP_SUBMIT = 1, /* also again, after a correction */
    ES_APP_ACCEPT,
    ES_APP_CHECK_MATERIALS,
    ES_APP_CHECK_IMPRINT,
    ES_APP_APPROVE,
    ES_APP_CONFIRM_IMPRINT,
    ES_APP_BEGIN_MAKING,
    ES_APP_END_MAKING,
    ES_APP_FILE,
    ES_APP_DELIVER,
    ES_APP_FINISH,
    ES_APP_RETURN,
    ES_APP_REJECT,
    ES_APP_WITHDRAW,
    ES_APP_LAPSE
};

enum es_use_state {
    ES_USE_DRAFT = 1,
    ES_USE_SUBMITTED,
    ES_USE_IN_APPROVAL,
    ES_USE_APPROVED,
    ES_USE_EXECUTING,
    ES_USE_EXECUTED,
    ES_USE_REJECTED,
    ES_USE_WITHDRAWN,
    ES_USE_LAPSED,
    ES_USE_REVOKED
};

enum es_use_command {
    ES_USE_SUBMIT = 1,
    ES_USE_ROUTE,         /* to the first level of approval */
    ES_USE_APPROVE_LEVEL, /* a level below the last */
    ES_USE_APPROVE,       /* the last level */
    ES_USE_EXECUTE,       /* reserve the count; signing may begin */
    ES_USE_COMPLETE,      /* signed and in the log */
    ES_USE_RELEASE,       /* nothing was signed: the reservation is given back */
    ES_USE_REJECT,
    ES_USE_WITHDRAW,
    ES_USE_LAPSE,
    ES_USE_REVOKE
};

/* ---- tables --------------------------------------------------------------------------------- */

/** What must hold beside the state; the caller knows it from record and profile. */
enum es_condition {
    ES_COND_NONE = 0,
    ES_COND_READY,         /* imprint confirmed, custodian named, rules of the unit stored */
    ES_COND_UNUSED,        /* the profile has such a period, and it is over */
    ES_COND_RESUMABLE,     /* not suspended for want of use where that asks for an application */
    ES_COND_REAPPLIED,     /* a new application was approved */
    ES_COND_PERIOD_OVER,   /* the validity has ended */
    ES_COND_SUCCESSOR,     /* the successor is named and becomes active in the same transaction */
    ES_COND_LATE_RENEWAL,  /* as before, and the profile renews after the end */
    ES_COND_MAKING_ERROR,  /* a making error: it was never filed */
    ES_COND_INVALID_FROM,  /* the time it is invalid from is named and not in the future */
    ES_COND_DEADLINE,      /* a deadline of the profile has passed */
    ES_COND_LEVELS_LEFT,   /* a level of approval is left after this one */
    ES_COND_LAST_LEVEL,    /* none is left */
    ES_COND_WITHIN_LIMITS, /* inside time, count and place of the approval */
    ES_COND_LOGGED,        /* the signature and its log entry are there */
    ES_COND_NOTHING_SIGNED /* neither is */
};
#define ES_CONDITIONS 16
const char *es_condition_text_en(enum es_condition condition);
const char *es_condition_text_zh(enum es_condition condition);

/** Who also moves a machine: the system, by date or as the next step of what people did. */
#define ES_BY_SYSTEM ((es_role_set) 1u << 31)

struct es_machine_word {
    int id;
    const char *name; /* as in records and API: "materials_checked" */
    const char *zh, *en;
};

/** One row: from, command, to. A step leads along the main path, on which steps can be skipped. */
struct es_transition {
    int from, command, to;
    es_role_set roles; /* and ES_BY_SYSTEM; the applicant's acts are the handler's or holder's */
    uint32_t actions;  /* rows of the matrix, ES_ACTION_BIT each; 0: the system's alone */
    enum es_condition condition;
    bool needs_reason;
    bool step;
};

struct es_machine {
    const char *name, *zh, *en;
    int initial;
    const struct es_machine_word *states, *commands;
    const struct es_transition *rows;
    size_t state_count, command_count, row_count;
    uint32_t skippable; /* an es_steps: states that may be left out */
};

/** Requirements 2.1, 2.2, 2.3. Static. */
const struct es_machine *es_machine_seal(void);
const struct es_machine *es_machine_application(void);
const struct es_machine *es_machine_use(void);

/** A word of the tables; NULL when there is none. */
const struct es_machine_word *es_machine_state(const struct es_machine *machine, int state);
const struct es_machine_word *es_machine_command(const struct es_machine *machine, int command);
/** Number of a name, 0 when not known. */
int es_machine_state_by_name(const struct es_machine *machine, const char *name);
int es_machine_command_by_name(const struct es_machine *machine, const char *name);

/* ---- moving --------------------------------------------------------------------------------- */

/** States of an application that its type does not need under its profile, one bit each. */
typedef uint32_t es_steps;
#define ES_STEP(state) ((es_steps) 1u << (state))

/**
 * Check a set of skipped steps, once, when the profile is loaded: the functions below take any set,
 * but what they say of a set that fails here is no flow anybody wants.
 *
 * @return ES_OK          also for 0, and for nothing but 0 with the machines of seal and use
 *         ES_E_RANGE     the machine has no such step, or it can never be skipped
 *         ES_E_CONFLICT  making without made or the reverse; or materials_checked is skipped where
 *                      the issuer approves or something is made
 */
ES_CHECKED es_status es_machine_check_skips(const struct es_machine *machine, es_steps skips,
                                            struct es_error *err);

struct es_move {
    int from, to;
    es_steps skipped; /* passed over by this move: belongs into the record */
    const struct es_transition *rule; /* static; with steps skipped, the row that enters `to` */
};

/**
 * The move of a command from a state. From a state on the main path the one step command is that of
 * the next state not skipped; the commands of the states passed over are refused. A state that is
 * itself skipped (the profile changed under it) is left like any other.
 *
 * @param out  unchanged on failure
 * @return ES_OK
 *         ES_E_RANGE     no such state or command
 *         ES_E_CONFLICT  the command does not exist in that state
 */
ES_CHECKED es_status es_machine_move(const struct es_machine *machine, int state, int command,
                                     es_steps skips, struct es_move *out, struct es_error *err);
/** The same as a question. */
bool es_machine_can(const struct es_machine *machine, int state, int command, es_steps skips);

/**
 * May these roles give the command of a row in this case? Only roles of the row are asked, and each
 * row of the matrix it falls under, for doing and for approving; the best answer counts. What is
 * the system's is nobody's: the system does not ask.
 */
struct es_decision es_machine_may(const struct es_transition *rule, es_role_set roles,
                                  struct es_scope scope);

#define ES_MACHINE_COMMANDS_MAX 32
/** Commands possible in a state, in the order of the table; how many. */
size_t es_machine_commands(const struct es_machine *machine, int state, es_steps skips,
                           int out[ES_MACHINE_COMMANDS_MAX]);
/** No command leads out of it. False for what is no state. */
bool es_machine_is_terminal(const struct es_machine *machine, int state);

#define ES_MACHINE_PATH_MAX 32
/** The states still before one on the main path, nearest first; how many (0: at its end, or off it
 *  for good). What is to be done next is out[0]. */
size_t es_machine_path(const struct es_machine *machine, int state, es_steps skips,
                       int out[ES_MACHINE_PATH_MAX]);

/**
 * A seal and its successor, moved together or not at all: old by renew, renew_late, replace
 * or remake, the successor by enable. The caller stores both in one transaction.
 *
 * @return ES_OK
 *         ES_E_RANGE     another command, or no such state
 *         ES_E_CONFLICT  one of the two cannot move; neither is to be moved then
 */
ES_CHECKED es_status es_seal_succeed(int old_state, int command, int successor_state,
                                     struct es_move *old_move, struct es_move *successor_move,
                                     struct es_error *err);

/* ---- the state of a seal over two times ------------------------------------------------------ */

/** No end of validity. */
#define ES_NO_END INT64_MAX

struct es_seal_view {
    int status;                         /* enum es_seal_status; 0: there was no seal yet */
    const struct es_state_event *event; /* that brought it about; NULL with status 0 */
    bool by_date; /* expired because its period ended: the event is of the state before */
};

/**
 * What held at one instant, by what was known at another.
 *
 * Events are in the order of recording. Each holds from its effective time on, over whatever was
 * recorded before it for that time; so an invalidation recorded late reaches back to the time it
 * names, and asking by an earlier known_s shows what a verifier could know then. active and
 * suspended read as expired from the end of validity on, with an event for it or without.
 *
 * @param events         as es_seal_check_history accepts them; borrowed, also by the answer
 * @param valid_until_s  first second after the validity, or ES_NO_END
 * @param at_s           the instant asked about
 * @param known_s        events recorded later do not count; INT64_MAX: all do
 */
struct es_seal_view es_seal_view_at(const struct es_state_event *events, size_t count,
                                    int64_t valid_until_s, int64_t at_s, int64_t known_s);

/**
 * Check a history, or whether an event may follow: put it behind the others and ask again.
 *
 * The first event is made; each move is one of the machine from the state that held at its
 * effective time; recording times do not fall; no event is effective after it was recorded (what is
 * to happen later is a task until then), and none before the event in front of it, save an
 * invalidation, which may reach back to the making.
 *
 * @return ES_OK
 *         ES_E_RANGE     0 events or more than ES_STATE_EVENTS_MAX, or no such status
 *         ES_E_FORMAT    order or times are not as above; the message names the event
 *         ES_E_CONFLICT  the machine has no such move
 */
ES_CHECKED es_status es_seal_check_history(const struct es_state_event *events, size_t count,
                                           int64_t valid_until_s, struct es_error *err);

/* ---- drawing -------------------------------------------------------------------------------- */

/** Append the machine as a Mermaid state diagram (text, no fence). ES_E_LIMIT, ES_E_NOMEM. */
ES_CHECKED es_status es_machine_draw(const struct es_machine *machine, struct es_buf *out,
                                     struct es_error *err);
/** Append the whole of docs/formats/state-machines.md. ES_E_LIMIT, ES_E_NOMEM. */
ES_CHECKED es_status es_machine_put_page(struct es_buf *out, struct es_error *err);

#endif
