/*
 * The state of a seal over two times. An event holds from its effective time on and lies over what
 * was recorded before it; so the state at an instant is the last recorded of the events that were
 * known and effective by then.
 */
#include "es_machine.h"

static bool has_period(int status)
{
    return status == ES_STATUS_ACTIVE || status == ES_STATUS_SUSPENDED;
}

struct es_seal_view es_seal_view_at(const struct es_state_event *events, size_t count,
                                    int64_t valid_until_s, int64_t at_s, int64_t known_s)
{
    for (size_t i = count; i > 0; i--) {
        const struct es_state_event *event = &events[i - 1];

        if (event->known_s > known_s || event->effective_s > at_s)
            continue;
        /* SPEC requirements 2.1: expired is derived from dates. */
        if (has_period(event->status) && at_s >= valid_until_s)
            return (struct es_seal_view){ES_STATUS_EXPIRED, event, true};
        return (struct es_seal_view){event->status, event, false};
    }
    return (struct es_seal_view){0};
}

static bool leads_to(int from, int to)
{
    const struct es_machine *seal = es_machine_seal();

    for (size_t i = 0; i < seal->row_count; i++)
        if (seal->rows[i].from == from && seal->rows[i].to == to)
            return true;
    return false;
}

static es_status check_times(const struct es_state_event *events, size_t i, struct es_error *err)
{
    const struct es_state_event *event = &events[i];

    ES_ENSURE(event->effective_s <= event->known_s, err, ES_E_FORMAT,
              "state event %zu takes effect after it was recorded", i);
    if (i == 0)
        return ES_OK;
    ES_ENSURE(event->known_s >= events[i - 1].known_s, err, ES_E_FORMAT,
              "state event %zu was known before the one in front of it", i);
    if (event->status == ES_STATUS_INVALIDATED) {
        ES_ENSURE(event->effective_s >= events[0].effective_s, err, ES_E_FORMAT,
                  "state event %zu marks the seal invalid before it was made", i);
        return ES_OK;
    }
    ES_ENSURE(event->effective_s >= events[i - 1].effective_s, err, ES_E_FORMAT,
              "state event %zu takes effect before the one in front of it", i);
    return ES_OK;
}

/* From which state an event leads away. The end of the period, once it is written down, ends what
 * the dates have ended already. */
static int state_before(const struct es_state_event *events, size_t i, int64_t valid_until_s)
{
    int64_t until_s = events[i].status == ES_STATUS_EXPIRED ? ES_NO_END : valid_until_s;

    if (events[i - 1].status == ES_STATUS_INVALIDATED)
        return ES_STATUS_INVALIDATED;
    return es_seal_view_at(events, i, until_s, events[i].effective_s, INT64_MAX).status;
}

static es_status check_event(const struct es_state_event *events, size_t i, int64_t valid_until_s,
                             struct es_error *err)
{
    int from;

    ES_ENSURE(es_seal_status_name(events[i].status) != NULL, err, ES_E_RANGE,
              "state event %zu has status %d, which is none", i, events[i].status);
    ES_TRY(check_times(events, i, err));
    if (i == 0) {
        ES_ENSURE(events[0].status == ES_STATUS_MADE, err, ES_E_FORMAT,
                  "first state is %d, it must be %d (made)", events[0].status, ES_STATUS_MADE);
        return ES_OK;
    }
    ES_ENSURE(events[i].status != ES_STATUS_EXPIRED || events[i].effective_s >= valid_until_s, err,
              ES_E_FORMAT, "state event %zu lets the seal expire before its period ends", i);
    from = state_before(events, i, valid_until_s);
    ES_ENSURE(leads_to(from, events[i].status), err, ES_E_CONFLICT,
              "state event %zu: %s does not follow %s", i, es_seal_status_name(events[i].status),
              es_seal_status_name(from));
    return ES_OK;
}

es_status es_seal_check_history(const struct es_state_event *events, size_t count,
                                int64_t valid_until_s, struct es_error *err)
{
    ES_ENSURE(count >= 1 && count <= ES_STATE_EVENTS_MAX, err, ES_E_RANGE,
              "%zu state events, allowed are 1 to %d", count, ES_STATE_EVENTS_MAX);
    for (size_t i = 0; i < count; i++)
        ES_TRY(check_event(events, i, valid_until_s, err));
    return ES_OK;
}
