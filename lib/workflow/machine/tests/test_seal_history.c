/*
 * The state of a seal over two times, R-083: random histories against a model that paints every
 * second of a short life, and the cases of requirements 2.1 by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "es_machine.h"

#define LIFE 40 /* seconds 0 to LIFE - 1 */
#define EVENTS 12

static int status_at(const struct es_state_event *events, size_t count, int64_t until_s,
                     int64_t at_s, int64_t known_s)
{
    return es_seal_view_at(events, count, until_s, at_s, known_s).status;
}

/* ---- the model: what was on the wall at second at_s for someone who knew all up to known_s ----
 */

static int model(const struct es_state_event *events, size_t count, int64_t until_s, int at_s,
                 int known_s)
{
    int wall[LIFE] = {0};

    for (size_t i = 0; i < count; i++)
        for (int t = 0; t < LIFE; t++)
            if (events[i].known_s <= known_s && t >= events[i].effective_s)
                wall[t] = events[i].status;
    for (int t = 0; t < LIFE; t++)
        if (t >= until_s && (wall[t] == 30 || wall[t] == 40))
            wall[t] = 50;
    return wall[at_s];
}

/* A move of 2.1, as the drawing has it. */
static bool drawn(int from, int to)
{
    switch (to) {
    case 20:
        return from == 10;
    case 30:
        return from == 20 || from == 40;
    case 40:
        return from == 30;
    case 50:
        return from == 30 || from == 40;
    case 60:
        return from == 30 || from == 50;
    case 70:
        return from >= 10 && from <= 50;
    case 80:
        return from >= 10 && from <= 70;
    default:
        return false;
    }
}

/* Does the register take this event behind the others? In words: recorded last, effective by then,
 * not before what was effective last (an invalidation: not before the making), and drawn. */
static bool fits(const struct es_state_event *events, size_t count, int64_t until_s)
{
    const struct es_state_event *last = &events[count - 1];
    int from;

    if (last->effective_s > last->known_s)
        return false;
    if (count == 1)
        return last->status == 10;
    if (last->known_s < events[count - 2].known_s || events[count - 2].status == 80)
        return false;
    if (last->status == 80)
        return last->effective_s >= events[0].effective_s;
    if (last->effective_s < events[count - 2].effective_s)
        return false;
    from = events[count - 2].status;
    if (last->status == 50)
        return drawn(from, 50) && last->effective_s >= until_s;
    if ((from == 30 || from == 40) && last->effective_s >= until_s)
        from = 50;
    return drawn(from, last->status);
}

static size_t random_history(struct es_state_event *events, int64_t until_s, size_t *refused)
{
    size_t count = 0;
    int now = rand() % 3;

    for (int tries = 0; tries < 60 && count < EVENTS; tries++) {
        bool good;

        events[count] = (struct es_state_event){.status = 10 * (1 + rand() % 8),
                                                .effective_s = now - rand() % 4,
                                                .known_s = now - (rand() % 16 == 0)};
        if (count == 0 && rand() % 2 == 0)
            events[0].status = 10;
        if (events[count].status == 80)
            events[count].effective_s = rand() % LIFE;
        if (events[count].status >= 60 && rand() % 3 != 0)
            continue;
        good = fits(events, count + 1, until_s);
        assert_int_equal(es_seal_check_history(events, count + 1, until_s, NULL) == ES_OK, good);
        *refused += !good;
        count += good;
        now += rand() % 3;
    }
    return count;
}

static void the_state_at_any_two_times_equals_a_replay(void **state)
{
    size_t refused = 0, long_ones = 0, reaching_back = 0;

    (void) state;
    srand(83);
    for (int round = 0; round < 2000; round++) {
        struct es_state_event events[EVENTS + 1];
        int64_t until_s = rand() % 3 == 0 ? ES_NO_END : 5 + rand() % 30;
        size_t count = random_history(events, until_s, &refused);

        long_ones += count >= 5;
        reaching_back += count > 2 && events[count - 1].status == 80 &&
                         events[count - 1].effective_s < events[count - 2].effective_s;
        for (int at = 0; at < LIFE; at++)
            for (int known = -1; known < LIFE; known++)
                assert_int_equal(status_at(events, count, until_s, at, known),
                                 model(events, count, until_s, at, known));
    }
    assert_true(refused > 10000 && long_ones > 500 && reaching_back > 50);
}

/* What a verifier could know yesterday is not changed by what is recorded today. */
static void an_event_recorded_later_changes_no_earlier_knowledge(void **state)
{
    size_t refused = 0;

    (void) state;
    srand(84);
    for (int round = 0; round < 2000; round++) {
        struct es_state_event events[EVENTS + 1];
        size_t count = random_history(events, 25, &refused);

        for (size_t i = 1; i < count; i++)
            for (int64_t known = 0; known < events[i].known_s; known++)
                for (int at = 0; at < LIFE; at++)
                    assert_int_equal(status_at(events, i, 25, at, known),
                                     status_at(events, count, 25, at, known));
    }
}

/* ---- by hand ---- */

static const struct es_state_event marked[] = {
    {.status = 10, .effective_s = 100, .known_s = 100},
    {.status = 20, .effective_s = 110, .known_s = 112},
    {.status = 30, .effective_s = 120, .known_s = 120},
    {.status = 70, .effective_s = 500, .known_s = 505, .reason = 1},
    {.status = 80, .effective_s = 200, .known_s = 900, .reason = 16},
};

/* NAT 30 */
static void an_invalidation_reaches_back_but_not_into_what_was_known(void **state)
{
    struct es_seal_view view;

    (void) state;
    assert_int_equal(es_seal_check_history(marked, 5, ES_NO_END, NULL), ES_OK);
    assert_int_equal(status_at(marked, 5, ES_NO_END, 199, 900), ES_STATUS_ACTIVE);
    assert_int_equal(status_at(marked, 5, ES_NO_END, 200, 900), ES_STATUS_INVALIDATED);
    assert_int_equal(status_at(marked, 5, ES_NO_END, 600, 900), ES_STATUS_INVALIDATED);
    assert_int_equal(status_at(marked, 5, ES_NO_END, 200, 899), ES_STATUS_ACTIVE);
    assert_int_equal(status_at(marked, 5, ES_NO_END, 600, 899), ES_STATUS_CANCELLED);
    assert_int_equal(status_at(marked, 5, ES_NO_END, 502, 504), ES_STATUS_ACTIVE);
    view = es_seal_view_at(marked, 5, ES_NO_END, 99, INT64_MAX);
    assert_int_equal(view.status, 0);
    assert_null(view.event);
    view = es_seal_view_at(marked, 5, ES_NO_END, 300, INT64_MAX);
    assert_int_equal(view.event->reason, 16);
    assert_false(view.by_date);
}

static void expiry_comes_by_date_with_or_without_an_event(void **state)
{
    const struct es_state_event events[] = {
        {.status = 10, .effective_s = 0, .known_s = 0},
        {.status = 20, .effective_s = 1, .known_s = 1},
        {.status = 30, .effective_s = 2, .known_s = 2},
        {.status = 50, .effective_s = 100, .known_s = 130},
        {.status = 60, .effective_s = 140, .known_s = 140},
    };
    struct es_seal_view view;

    (void) state;
    assert_int_equal(es_seal_check_history(events, 5, 100, NULL), ES_OK);
    assert_int_equal(status_at(events, 3, 100, 99, INT64_MAX), ES_STATUS_ACTIVE);
    view = es_seal_view_at(events, 5, 100, 100, 129);
    assert_int_equal(view.status, ES_STATUS_EXPIRED);
    assert_true(view.by_date);
    assert_int_equal(view.event->status, ES_STATUS_ACTIVE);
    view = es_seal_view_at(events, 5, 100, 100, 130);
    assert_int_equal(view.status, ES_STATUS_EXPIRED);
    assert_false(view.by_date);
    assert_int_equal(status_at(events, 5, 100, 140, 140), ES_STATUS_SUPERSEDED);
}

static es_status follows(const struct es_state_event *events, size_t count, int64_t until_s,
                         struct es_state_event next, struct es_error *err)
{
    struct es_state_event all[8];

    assert_true(count < 8);
    memcpy(all, events, count * sizeof *events);
    all[count] = next;
    return es_seal_check_history(all, count + 1, until_s, err);
}

static struct es_state_event event(int status, int64_t effective_s, int64_t known_s)
{
    return (struct es_state_event){
        .status = status, .effective_s = effective_s, .known_s = known_s};
}

static void what_may_not_follow_is_refused(void **state)
{
    struct es_error err = {0};

    (void) state;
    assert_int_equal(follows(marked, 0, ES_NO_END, event(30, 1, 1), &err), ES_E_FORMAT);
    assert_string_equal(err.text, "first state is 30, it must be 10 (made)");
    assert_int_equal(follows(marked, 1, ES_NO_END, event(30, 120, 120), &err), ES_E_CONFLICT);
    assert_string_equal(err.text, "state event 1: active does not follow made");
    assert_int_equal(follows(marked, 3, ES_NO_END, event(35, 130, 130), &err), ES_E_RANGE);
    assert_int_equal(follows(marked, 3, ES_NO_END, event(40, 131, 130), &err), ES_E_FORMAT);
    assert_string_equal(err.text, "state event 3 takes effect after it was recorded");
    assert_int_equal(follows(marked, 3, ES_NO_END, event(40, 119, 130), &err), ES_E_FORMAT);
    assert_string_equal(err.text, "state event 3 takes effect before the one in front of it");
    assert_int_equal(follows(marked, 3, ES_NO_END, event(40, 119, 119), &err), ES_E_FORMAT);
    assert_string_equal(err.text, "state event 3 was known before the one in front of it");
    assert_int_equal(follows(marked, 3, ES_NO_END, event(80, 99, 130), &err), ES_E_FORMAT);
    assert_string_equal(err.text, "state event 3 marks the seal invalid before it was made");
    assert_int_equal(follows(marked, 5, ES_NO_END, event(80, 900, 900), &err), ES_E_CONFLICT);
    assert_int_equal(follows(marked, 5, ES_NO_END, event(30, 900, 900), &err), ES_E_CONFLICT);
    assert_int_equal(follows(marked, 3, 400, event(50, 399, 500), &err), ES_E_FORMAT);
    assert_int_equal(follows(marked, 3, 400, event(40, 400, 400), &err), ES_E_CONFLICT);
    assert_string_equal(err.text, "state event 3: suspended does not follow expired");
    assert_int_equal(follows(marked, 3, 400, event(70, 400, 400), NULL), ES_OK);
}

static void too_few_and_too_many_events_are_refused(void **state)
{
    struct es_state_event *events = calloc(ES_STATE_EVENTS_MAX + 1, sizeof *events);

    (void) state;
    assert_non_null(events);
    events[0] = event(10, 0, 0);
    events[1] = event(20, 1, 1);
    for (int i = 2; i <= ES_STATE_EVENTS_MAX; i++)
        events[i] = event(i % 2 == 0 ? 30 : 40, i, i);
    assert_int_equal(es_seal_check_history(events, 0, ES_NO_END, NULL), ES_E_RANGE);
    assert_int_equal(es_seal_check_history(events, ES_STATE_EVENTS_MAX, ES_NO_END, NULL), ES_OK);
    assert_int_equal(es_seal_check_history(events, ES_STATE_EVENTS_MAX + 1, ES_NO_END, NULL),
                     ES_E_RANGE);
    free(events);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_state_at_any_two_times_equals_a_replay),
        cmocka_unit_test(an_event_recorded_later_changes_no_earlier_knowledge),
        cmocka_unit_test(an_invalidation_reaches_back_but_not_into_what_was_known),
        cmocka_unit_test(expiry_comes_by_date_with_or_without_an_event),
        cmocka_unit_test(what_may_not_follow_is_refused),
        cmocka_unit_test(too_few_and_too_many_events_are_refused),
    };

    return cmocka_run_group_tests_name("seal history", tests, NULL, NULL);
}
