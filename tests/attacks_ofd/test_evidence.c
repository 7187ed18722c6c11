/*
 * Property P4 of verification.md 8 over all rows of 9.3, 9.6 and section 5: less evidence never
 * turns invalid or indeterminate into valid, more never turns invalid into valid.
 *
 *     evidence taken away    revocation lists; answers about the seal's state; the time stamp; all
 *     evidence added         a time stamp an hour after the claim
 *
 * Two exemptions, both of the table in section 5 itself:
 *  - a time stamp that speaks against the signature (time-04, time-06) stands outside the signed
 *    part, so it can be taken away, and then nothing contradicts the claim;
 *  - policy standard believes the claim where there is no proof, so there taking the proof away
 *    may turn "cannot be told" into valid with time_claimed_only.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "events.h"

#define NO_CRL 1u
#define NO_STATE 2u
#define NO_STAMP 4u
#define WITHOUT_END 8u

struct evidence {
    struct scene *s;
    struct es_trust *bare_trust;       /* without revocation lists */
    struct es_state_source *no_states; /* that knows nothing */
    struct pkg bare;                   /* without time stamp */
    bool had_stamp, can_stamp;
    bool stamp_testifies;
};

static void swap(struct pkg *a, struct pkg *b)
{
    struct pkg t = *a;

    *a = *b;
    *b = t;
}

/* Is the first signature one whose time stamp can be exchanged? */
static bool is_seal_form(struct pkg *pkg, bool *stamped)
{
    struct es_seal_signature *value = NULL;
    const struct pkg_entry *entry = pkg_find(pkg, SIGN_0 "SignedValue.dat");

    *stamped = false;
    if (entry == NULL || es_seal_value_form(es_buf_span(&entry->bytes)) != ES_VALUE_SEAL ||
        es_seal_signature_decode(es_buf_span(&entry->bytes), "", NULL, &value, NULL) != ES_OK)
        return false;
    *stamped = value->time_stamp.len > 0;
    es_seal_signature_free(value);
    return true;
}

static void evidence_init(struct evidence *e, struct scene *s)
{
    struct es_error err = {0};

    *e = (struct evidence){.s = s};
    e->bare_trust = world_trust_without_crl(s->w);
    must_ok(es_state_source_new(&e->no_states, &err), &err);
    pkg_copy(&s->pkg, &e->bare);
    e->can_stamp = is_seal_form(&s->pkg, &e->had_stamp);
    if (e->had_stamp)
        put_time_stamp(&e->bare, es_span_of(NULL, 0));
}

static void evidence_clear(struct evidence *e)
{
    es_trust_free(e->bare_trust);
    es_state_source_free(e->no_states);
    pkg_clear(&e->bare);
}

static enum es_outcome outcome_without(struct evidence *e, unsigned without, int policy)
{
    struct es_report report;
    enum es_outcome outcome;

    if (without & NO_STAMP)
        swap(&e->s->pkg, &e->bare);
    scene_verify_with(e->s, policy, without & NO_CRL ? e->bare_trust : NULL,
                      without & NO_STATE ? e->no_states : NULL, &report);
    outcome = report.outcome;
    es_report_clear(&report);
    if (without & NO_STAMP)
        swap(&e->s->pkg, &e->bare);
    return outcome;
}

static bool is_exempt(const struct evidence *e, unsigned without, enum es_outcome full, int policy)
{
    if (without != NO_STAMP)
        return false;
    return e->stamp_testifies || (policy == ES_POLICY_STANDARD && full == ES_OUTCOME_INDETERMINATE);
}

static void less_is_never_better(struct evidence *e, int policy)
{
    enum es_outcome full = outcome_without(e, 0, policy);

    for (unsigned without = 1; without < WITHOUT_END; without++) {
        enum es_outcome less;

        if ((without & NO_STAMP) != 0 && !e->had_stamp)
            continue;
        less = outcome_without(e, without, policy);
        if (less == ES_OUTCOME_VALID && full != ES_OUTCOME_VALID &&
            !is_exempt(e, without, full, policy))
            fail_msg("policy %d without %x: %s became valid", policy, without,
                     es_outcome_name(full));
        /* The same pair read the other way: what was added made it valid. */
        if (less == ES_OUTCOME_INVALID && full == ES_OUTCOME_VALID)
            fail_msg("policy %d: invalid without %x became valid", policy, without);
    }
}

/* A time stamp now, over whatever is there. */
static void stamp_saves_nothing(struct evidence *e, int policy)
{
    ES_AUTO(es_buf) token = ES_BUF_INIT(65536);
    ES_AUTO_PTR(es_seal_signature) value = NULL;
    enum es_outcome before = outcome_without(e, 0, policy), after;
    struct pkg kept = {0};

    pkg_copy(&e->s->pkg, &kept);
    value = signed_value(&e->s->pkg);
    make_time_stamp(e->s->w, value->sig, WORLD_SIGN_S + HOUR_S, &token);
    put_time_stamp(&e->s->pkg, es_buf_span(&token));
    after = outcome_without(e, 0, policy);
    swap(&e->s->pkg, &kept);
    pkg_clear(&kept);
    if (before == ES_OUTCOME_INVALID && after == ES_OUTCOME_VALID)
        fail_msg("policy %d: a time stamp made invalid valid", policy);
}

static void check_scene(struct scene *s, bool stamp_testifies)
{
    struct evidence e;

    evidence_init(&e, s);
    e.stamp_testifies = stamp_testifies;
    for (int policy = 0; policy < 3; policy++) {
        less_is_never_better(&e, policy);
        if (e.can_stamp && !e.had_stamp)
            stamp_saves_nothing(&e, policy);
    }
    evidence_clear(&e);
}

static size_t check_rows(const struct attack *rows, size_t count)
{
    size_t checked = 0;

    for (size_t i = 0; i < count; i++) {
        struct scene s;

        if (rows[i].build == NULL)
            continue;
        print_message("# %s: %s\n", rows[i].id, rows[i].how);
        scene_new(&rows[i], &s);
        check_scene(&s, rows[i].stamp_testifies);
        scene_clear(&s);
        checked++;
    }
    return checked;
}

static void evidence_over_9_3(void **state)
{
    (void) state;
    assert_true(check_rows(ofd_attacks, ofd_attack_count) > 60);
}

static void evidence_over_9_6(void **state)
{
    (void) state;
    assert_true(check_rows(time_attacks, time_attack_count) > 30);
}

static void evidence_over_section_5(void **state)
{
    (void) state;
    for (int event = 0; event < EVENT_COUNT; event++)
        for (int position = 0; position < POSITION_COUNT; position++) {
            struct scene s;

            print_message("# %s %s\n", event_name((enum event) event),
                          position_name((enum position) position));
            event_scene((enum event) event, (enum position) position, &s);
            check_scene(&s, false);
            scene_clear(&s);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evidence_over_9_3),
        cmocka_unit_test(evidence_over_9_6),
        cmocka_unit_test(evidence_over_section_5),
    };

    return cmocka_run_group_tests_name("attacks/evidence", tests, NULL, NULL);
}
