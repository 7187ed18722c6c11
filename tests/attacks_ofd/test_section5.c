/*
 * The table of verification.md 5 through the whole verifier, under all three policies: what ends
 * and when against what is claimed and proved; what begins; and the order of times themselves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "events.h"

#define VALID ES_OUTCOME_VALID
#define INVALID ES_OUTCOME_INVALID
#define OPEN ES_OUTCOME_INDETERMINATE

/* ---- ends ---- */

enum rule { RULE_NONE, RULE_AFTER, RULE_AT, RULE_NO_POE };

static const struct {
    enum rule rule[3]; /* by policy */
    enum es_outcome outcome[3];
} ends[POSITION_COUNT] = {
    [ENDS_LATER] = {{RULE_NONE, RULE_NONE, RULE_NONE}, {VALID, VALID, OPEN}},
    [ENDS_LATER_STAMPED] = {{RULE_NONE, RULE_NONE, RULE_NONE}, {VALID, VALID, VALID}},
    [ENDS_AFTER_STAMP] = {{RULE_AFTER, RULE_AFTER, RULE_AFTER}, {VALID, VALID, VALID}},
    [ENDS_BEFORE_STAMP] = {{RULE_NO_POE, RULE_NO_POE, RULE_NO_POE}, {OPEN, OPEN, OPEN}},
    [ENDS_AFTER_CLAIM] = {{RULE_AFTER, RULE_NO_POE, RULE_NO_POE}, {VALID, OPEN, OPEN}},
    [ENDED_BEFORE] = {{RULE_AT, RULE_AT, RULE_AT}, {INVALID, INVALID, INVALID}},
    [ENDED_BEFORE_STAMPED] = {{RULE_AT, RULE_AT, RULE_AT}, {INVALID, INVALID, INVALID}},
};

static const char *const codes[EVENT_COUNT][4] = {
    [CERT_ENDS] = {"", "cert_expired_after_signing", "cert_expired_at_signing",
                   "cert_expired_no_poe"},
    [CERT_REVOKED] = {"", "cert_revoked_after_signing", "cert_revoked_at_signing",
                      "cert_revoked_no_poe"},
    [CA_REVOKED] = {"", "cert_revoked_after_signing", "ca_revoked_no_poe", "ca_revoked_no_poe"},
    [SEAL_ENDS] = {"", "seal_expired_now", "seal_expired_at_signing", "seal_expired_no_poe"},
    [SEAL_CANCELLED] = {"", "seal_now_invalid", "seal_cancelled_at_signing", "seal_state_no_poe"},
};

struct end_row {
    enum event event;
    enum position position;
};

/*
 * An authority is stricter and laxer at once (6.5 has one code for it, ca_revoked_no_poe): whoever
 * holds its key may have issued the certificate at any time, so only a proof of the seal's age
 * helps, and no claim proves that it was used after.
 */
static enum rule rule_of(const struct end_row *row, int policy)
{
    enum rule rule = ends[row->position].rule[policy];

    if (row->event == CA_REVOKED && (rule == RULE_AT || row->position == ENDS_AFTER_CLAIM))
        return RULE_NO_POE;
    return rule;
}

static enum es_outcome outcome_of(const struct end_row *row, int policy)
{
    enum rule rule = rule_of(row, policy);

    return row->event == CA_REVOKED && rule == RULE_NO_POE ? OPEN
                                                           : ends[row->position].outcome[policy];
}

/* The code of the rule, none of the others, and whether the time is a claim only. */
static void expected_codes(const struct end_row *row, int policy, char *out, size_t len)
{
    enum rule rule = rule_of(row, policy);
    size_t at = (size_t) snprintf(out, len, "%stime_claimed_only",
                                  event_stamp_s(row->position) == 0 ? "" : "!");

    for (int r = RULE_AFTER; r <= RULE_NO_POE; r++) {
        const char *code = codes[row->event][r];

        if (strcmp(code, codes[row->event][rule]) == 0)
            at += (size_t) snprintf(out + at, len - at, " %s", code);
        else
            at += (size_t) snprintf(out + at, len - at, " !%s", code);
    }
}

static void run_end(void **state)
{
    const struct end_row *row = *state;
    struct scene s;

    event_scene(row->event, row->position, &s);
    for (int policy = 0; policy < 3; policy++) {
        struct es_report report;
        char wanted[512];

        expected_codes(row, policy, wanted, sizeof wanted);
        scene_verify(&s, policy, &report);
        expect_report(&report, outcome_of(row, policy), wanted);
        es_report_clear(&report);
    }
    scene_clear(&s);
}

/* ---- begins and the order of times ---- */

struct begin_row {
    const char *name;
    int64_t cert_from_s, seal_from_s, active_s; /* 0: WORLD_FROM_S */
    int64_t claim_s, stamp_s;                   /* claim 0: WORLD_SIGN_S */
    enum es_outcome outcome[3];
    const char *codes;
};

/* clang-format off */
static const struct begin_row begins[] = {
    {"certificate begins a second after the claim", WORLD_SIGN_S + 1, 0, 0, 0, 0,
     {INVALID, INVALID, INVALID}, "cert_not_yet_valid_at_signing"},
    {"certificate begins with the claim", WORLD_SIGN_S, 0, 0, 0, WORLD_SIGN_S,
     {VALID, VALID, VALID}, "!cert_not_yet_valid_at_signing"},
    {"certificate begins between claim and time stamp", WORLD_SIGN_S + 60, 0, 0, 0,
     WORLD_SIGN_S + 120, {INVALID, INVALID, INVALID}, "cert_not_yet_valid_at_signing"},
    /* formats.md 3.2: some makers write Beijing time with a Z. */
    {"seal begins 8 hours after the claim", 0, WORLD_SIGN_S + 8 * HOUR_S, 0, 0, WORLD_SIGN_S,
     {VALID, VALID, INVALID}, "form_deviation !seal_not_yet_valid"},
    {"seal begins 8 hours and a second after the claim", 0, WORLD_SIGN_S + 8 * HOUR_S + 1, 0, 0,
     WORLD_SIGN_S, {INVALID, INVALID, INVALID}, "seal_not_yet_valid"},
    {"seal begins with the claim", 0, WORLD_SIGN_S, 0, 0, WORLD_SIGN_S, {VALID, VALID, VALID},
     "!form_deviation !seal_not_yet_valid"},
    {"seal becomes active a second after the claim", 0, 0, WORLD_SIGN_S + 1, 0, WORLD_SIGN_S,
     {INVALID, INVALID, INVALID}, "seal_not_active_at_signing"},
    {"claim five minutes ahead of the clock", 0, 0, 0, WORLD_NOW_S + 300, 0,
     {VALID, VALID, OPEN}, "!time_in_future"},
    {"claim more than five minutes ahead of the clock", 0, 0, 0, WORLD_NOW_S + 301, 0,
     {INVALID, INVALID, INVALID}, "time_in_future"},
    {"time stamp five minutes before the claim", 0, 0, 0, 0, WORLD_SIGN_S - 300,
     {VALID, VALID, VALID}, "!time_order_violation"},
    {"time stamp more than five minutes before the claim", 0, 0, 0, 0, WORLD_SIGN_S - 301,
     {INVALID, INVALID, INVALID}, "time_order_violation"},
    /* formats.md 10.1 hints at 8 hours here as well; the table of verification.md 5 decides. */
    {"time stamp 8 hours before the claim", 0, 0, 0, 0, WORLD_SIGN_S - 8 * HOUR_S,
     {INVALID, INVALID, INVALID}, "time_order_violation"},
    {"time stamp a day after the claim", 0, 0, 0, WORLD_NOW_S - 2 * DAY_S, WORLD_NOW_S - DAY_S,
     {VALID, VALID, VALID}, "!time_conflict"},
    {"time stamp more than a day after the claim", 0, 0, 0, WORLD_NOW_S - 2 * DAY_S,
     WORLD_NOW_S - DAY_S + 1, {VALID, VALID, VALID}, "time_conflict"},
};
/* clang-format on */

static void run_begin(void **state)
{
    const struct begin_row *row = *state;
    struct span_of_life life = whole_life();
    struct scene s = {.w = calloc(1, sizeof *s.w)};

    assert_non_null(s.w);
    world_new(s.w);
    life.cert_from_s = row->cert_from_s == 0 ? WORLD_FROM_S : row->cert_from_s;
    life.seal_from_s = row->seal_from_s == 0 ? WORLD_FROM_S : row->seal_from_s;
    life.active_s = row->active_s == 0 ? WORLD_FROM_S : row->active_s;
    seal_in_life(&s, &life, row->claim_s == 0 ? WORLD_SIGN_S : row->claim_s, row->stamp_s);
    for (int policy = 0; policy < 3; policy++) {
        struct es_report report;

        scene_verify(&s, policy, &report);
        expect_report(&report, row->outcome[policy], row->codes);
        es_report_clear(&report);
    }
    scene_clear(&s);
}

/* ---- suspension ---- */

struct pause_row {
    const char *name;
    int64_t from_s, until_s; /* until 0: still suspended */
    int64_t stamp_s;
    enum es_outcome outcome[3];
    const char *codes[3];
};

#define PAUSED "seal_suspended_at_signing"
#define UNKNOWN "seal_state_no_poe !" PAUSED
#define FINE "!seal_state_no_poe !" PAUSED

static const struct pause_row pauses[] = {
    {"claim inside",
     WORLD_SIGN_S - 60,
     WORLD_SIGN_S + 60,
     WORLD_SIGN_S,
     {INVALID, INVALID, INVALID},
     {PAUSED, PAUSED, PAUSED}},
    {"claim where it begins",
     WORLD_SIGN_S,
     WORLD_SIGN_S + 60,
     WORLD_SIGN_S,
     {INVALID, INVALID, INVALID},
     {PAUSED, PAUSED, PAUSED}},
    {"claim where it ends",
     WORLD_SIGN_S - 60,
     WORLD_SIGN_S,
     WORLD_SIGN_S,
     {VALID, VALID, VALID},
     {FINE, FINE, FINE}},
    {"proof before it begins",
     WORLD_SIGN_S + HOUR_S,
     WORLD_SIGN_S + 2 * HOUR_S,
     WORLD_SIGN_S + 60,
     {VALID, VALID, VALID},
     {FINE, FINE, FINE}},
    {"claim before, proof inside",
     WORLD_SIGN_S + 60,
     WORLD_SIGN_S + 2 * HOUR_S,
     WORLD_SIGN_S + HOUR_S,
     {OPEN, OPEN, OPEN},
     {UNKNOWN, UNKNOWN, UNKNOWN}},
    {"claim before, proof after",
     WORLD_SIGN_S + 60,
     WORLD_SIGN_S + 120,
     WORLD_SIGN_S + HOUR_S,
     {OPEN, OPEN, OPEN},
     {UNKNOWN, UNKNOWN, UNKNOWN}},
    {"claim before, no proof",
     WORLD_SIGN_S + 60,
     WORLD_SIGN_S + 120,
     0,
     {VALID, OPEN, OPEN},
     {FINE, UNKNOWN, UNKNOWN}},
    {"proof before, still suspended",
     WORLD_SIGN_S + HOUR_S,
     0,
     WORLD_SIGN_S + 60,
     {VALID, VALID, VALID},
     {FINE " seal_now_invalid", FINE " seal_now_invalid", FINE " seal_now_invalid"}},
    {"proof before, suspended until tomorrow",
     WORLD_SIGN_S + HOUR_S,
     WORLD_NOW_S + DAY_S,
     WORLD_SIGN_S + 60,
     {VALID, VALID, VALID},
     {FINE " seal_now_invalid", FINE " seal_now_invalid", FINE " seal_now_invalid"}},
};

static void run_pause(void **state)
{
    const struct pause_row *row = *state;
    const struct es_state_event events[] = {
        {ES_STATUS_ACTIVE, 0, WORLD_FROM_S, WORLD_FROM_S},
        {ES_STATUS_SUSPENDED, 1, row->from_s, row->from_s},
        {ES_STATUS_ACTIVE, 21, row->until_s,
         row->until_s > WORLD_NOW_S ? row->from_s : row->until_s},
    };
    struct scene s = {.w = calloc(1, sizeof *s.w)};

    assert_non_null(s.w);
    world_new(s.w);
    pkg_copy(&s.w->document, &s.pkg);
    world_lax_sign(
        s.w, &s.pkg,
        &(struct lax){.with_time_stamp = row->stamp_s != 0, .time_stamp_s = row->stamp_s});
    know_events(&s, events, row->until_s == 0 ? 2 : 3);
    for (int policy = 0; policy < 3; policy++) {
        struct es_report report;

        scene_verify(&s, policy, &report);
        expect_report(&report, row->outcome[policy], row->codes[policy]);
        es_report_clear(&report);
    }
    scene_clear(&s);
}

/* ---- all rows ---- */

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define END_ROWS ((size_t) EVENT_COUNT * POSITION_COUNT)
#define ALL_ROWS (END_ROWS + COUNT(begins) + COUNT(pauses))

static struct CMUnitTest test_of(const char *name, CMUnitTestFunction run, const void *row)
{
    union {
        const void *row;
        void *state;
    } as = {.row = row};

    return (struct CMUnitTest){.name = name, .test_func = run, .initial_state = as.state};
}

int main(void)
{
    struct CMUnitTest tests[ALL_ROWS] = {{0}};
    struct end_row rows[END_ROWS];
    char names[ALL_ROWS][160];
    size_t n = 0;

    for (; n < END_ROWS; n++) {
        rows[n] = (struct end_row){(enum event)(n / POSITION_COUNT),
                                   (enum position)(n % POSITION_COUNT)};
        (void) snprintf(names[n], sizeof names[n], "%s %s", event_name(rows[n].event),
                        position_name(rows[n].position));
        tests[n] = test_of(names[n], run_end, &rows[n]);
    }
    for (size_t i = 0; i < COUNT(begins); i++, n++)
        tests[n] = test_of(begins[i].name, run_begin, &begins[i]);
    for (size_t i = 0; i < COUNT(pauses); i++, n++) {
        (void) snprintf(names[n], sizeof names[n], "suspension: %s", pauses[i].name);
        tests[n] = test_of(names[n], run_pause, &pauses[i]);
    }
    return cmocka_run_group_tests_name("attacks/section5", tests, NULL, NULL);
}
