/* Attacks on the state of a seal, with signed answers (lib/seal/es_state.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "time_builders.h"

#define ACTIVE                                                                                     \
    {                                                                                              \
        ES_STATUS_ACTIVE, 0, WORLD_FROM_S, WORLD_FROM_S                                            \
    }
#define STAMP_S (WORLD_SIGN_S + HOUR_S)

/* Sealed at WORLD_SIGN_S, with a time stamp when stamp_s is not 0. */
static void sign_stamped(struct scene *s, int64_t stamp_s)
{
    pkg_copy(&s->w->document, &s->pkg);
    world_lax_sign(s->w, &s->pkg,
                   &(struct lax){.with_time_stamp = stamp_s != 0, .time_stamp_s = stamp_s});
}

/* Active, then this. */
static void then(struct scene *s, int status, int reason, int64_t effective_s, int64_t known_s)
{
    const struct es_state_event events[] = {ACTIVE, {status, reason, effective_s, known_s}};

    know_events(s, events, 2);
}

/* ---- ends ---- */

void cancelled_after_stamp(struct scene *s)
{
    sign_stamped(s, STAMP_S);
    then(s, ES_STATUS_CANCELLED, 1, STAMP_S + HOUR_S, STAMP_S + HOUR_S);
}

void cancelled_after(struct scene *s)
{
    sign_stamped(s, 0);
    then(s, ES_STATUS_CANCELLED, 1, STAMP_S + HOUR_S, STAMP_S + HOUR_S);
}

void cancelled_before_stamp(struct scene *s)
{
    sign_stamped(s, STAMP_S);
    then(s, ES_STATUS_CANCELLED, 1, WORLD_SIGN_S + HOUR_S / 2, WORLD_SIGN_S + HOUR_S / 2);
}

void cancelled_before(struct scene *s)
{
    sign_stamped(s, STAMP_S);
    then(s, ES_STATUS_CANCELLED, 1, WORLD_SIGN_S - DAY_S, WORLD_SIGN_S - DAY_S);
}

void superseded_before(struct scene *s)
{
    sign_stamped(s, 0);
    then(s, ES_STATUS_SUPERSEDED, 5, WORLD_SIGN_S - DAY_S, WORLD_SIGN_S - DAY_S);
}

void cancelled_now(const struct scene *s, const struct es_report *report)
{
    (void) s;
    assert_string_equal(report->first->state.at_signing, "active");
    assert_string_equal(report->first->state.now, "cancelled");
}

/* ---- suspension ---- */

static void suspended(struct scene *s, int64_t from_s, int64_t until_s)
{
    const struct es_state_event events[] = {
        ACTIVE,
        {ES_STATUS_SUSPENDED, 11, from_s, from_s},
        {ES_STATUS_ACTIVE, 21, until_s, until_s},
    };

    know_events(s, events, 3);
}

void suspension_later(struct scene *s)
{
    sign_stamped(s, STAMP_S);
    suspended(s, STAMP_S + HOUR_S, STAMP_S + 2 * HOUR_S);
}

void suspension_later_unproved(struct scene *s)
{
    sign_stamped(s, 0);
    suspended(s, STAMP_S + HOUR_S, STAMP_S + 2 * HOUR_S);
}

void suspension_around(struct scene *s)
{
    sign_stamped(s, STAMP_S);
    suspended(s, WORLD_SIGN_S - HOUR_S, STAMP_S + HOUR_S);
}

void suspension_earlier(struct scene *s)
{
    sign_stamped(s, 0);
    suspended(s, WORLD_SIGN_S - 2 * HOUR_S, WORLD_SIGN_S - HOUR_S);
}

/* ---- reaching back ---- */

void invalidated_back(struct scene *s)
{
    sign_stamped(s, 0);
    then(s, ES_STATUS_INVALIDATED, 16, WORLD_SIGN_S - 5 * DAY_S, WORLD_NOW_S - HOUR_S);
}

void invalidated_back_stamped(struct scene *s)
{
    sign_stamped(s, STAMP_S);
    then(s, ES_STATUS_INVALIDATED, 16, WORLD_SIGN_S - 5 * DAY_S, WORLD_NOW_S - HOUR_S);
}

void not_known_then(const struct scene *s, const struct es_report *report)
{
    (void) s;
    assert_string_equal(report->first->state.at_signing, "invalidated");
    assert_string_equal(report->first->state.known_at_signing, "active");
}

/* Reported today; the time of effect is the stated time of loss (codes.md 7, reason 13). */
void leaked_before(struct scene *s)
{
    sign_stamped(s, STAMP_S);
    then(s, ES_STATUS_CANCELLED, 13, WORLD_SIGN_S - DAY_S, WORLD_NOW_S - HOUR_S);
}

/* ---- sources ---- */

static void no_source(struct scene *s)
{
    struct es_error err = {0};

    must_ok(es_state_source_new(&s->states, &err), &err);
}

void no_answer(struct scene *s)
{
    sign_stamped(s, 0);
    no_source(s);
}

static void answer(struct scene *s, enum world_who cert, enum world_who key, int64_t at_s,
                   struct es_buf *json)
{
    static const struct es_state_event active = ACTIVE;
    struct es_error err = {0};

    must_ok(es_state_answer_make(es_buf_span(&s->w->seal), &active, 1, at_s, s->w->certs[cert],
                                 s->w->keys[key], json, &err),
            &err);
}

static void know_answer(struct scene *s, struct es_span json)
{
    struct es_error err = {0};

    sign_stamped(s, 0);
    if (s->states == NULL)
        no_source(s);
    must_ok(es_state_source_add(s->states, json, &err), &err);
}

/* The signed time of the answer is moved by a digit. */
void answer_altered(struct scene *s)
{
    ES_AUTO(es_buf) json = ES_BUF_INIT(65536);
    size_t at = 0;

    answer(s, WHO_MAKER, WHO_MAKER, WORLD_NOW_S - 60, &json);
    assert_true(es_span_search(es_buf_span(&json), es_span_str("\"answered_at\":\""), &at));
    json.ptr[at + strlen("\"answered_at\":\"2026-03-01T07:5")] ^= 1;
    know_answer(s, es_buf_span(&json));
}

void answer_by_other(struct scene *s)
{
    ES_AUTO(es_buf) json = ES_BUF_INIT(65536);

    answer(s, WHO_OTHER, WHO_OTHER, WORLD_NOW_S - 60, &json);
    know_answer(s, es_buf_span(&json));
}

void answer_in_makers_name(struct scene *s)
{
    ES_AUTO(es_buf) json = ES_BUF_INIT(65536);

    answer(s, WHO_MAKER, WHO_OTHER, WORLD_NOW_S - 60, &json);
    know_answer(s, es_buf_span(&json));
}

void answer_old(struct scene *s)
{
    ES_AUTO(es_buf) json = ES_BUF_INIT(65536);

    answer(s, WHO_MAKER, WHO_MAKER, WORLD_NOW_S - 3 * DAY_S, &json);
    know_answer(s, es_buf_span(&json));
}

/* Both fresh and signed; the seal became active at different times. */
void answers_disagree(struct scene *s)
{
    static const struct es_state_event other[] = {
        {ES_STATUS_ACTIVE, 0, WORLD_FROM_S + DAY_S, WORLD_FROM_S + DAY_S},
    };
    ES_AUTO(es_buf) json = ES_BUF_INIT(65536);

    answer(s, WHO_MAKER, WHO_MAKER, WORLD_NOW_S - 120, &json);
    know_answer(s, es_buf_span(&json));
    know_events(s, other, 1);
}

static void rename_seal(struct es_seal_info *info, void *ctx)
{
    (void) ctx;
    info->id = "44010601260000000009990X";
}

void other_seal_known(struct scene *s)
{
    static const struct es_state_event active = ACTIVE;
    ES_AUTO(es_buf) seal = ES_BUF_INIT(ES_SEAL_DER_MAX);

    sign_stamped(s, 0);
    no_source(s);
    world_make_seal(s->w, ES_SEAL_2020, WHO_MAKER, rename_seal, NULL, &seal);
    world_add_state(s->w, s->states, es_buf_span(&seal), &active, 1);
}
