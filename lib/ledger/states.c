/*
 * Changes of state for the status log (audit-log.md 2.2). A row of the outbox holds the event with
 * event_seq 0 and no previous_event: only the sequencer knows both. effective_ms 0 in a row stands
 * for the time of the leaf; another one is a time that the rules allowed when it was added, and is
 * kept within them when the leaf is made.
 */
#include "keep.h"

bool keep_may_backdate(uint8_t status, uint8_t reason)
{
    return status == 80 || ((status == 70 || status == 40) && reason >= 11 && reason <= 13);
}

static bool is_published(uint8_t reason)
{
    return reason == 3 || reason == 4 || (reason >= 11 && reason <= 13) ||
           (reason >= 15 && reason <= 19);
}

const char *keep_state_rule(const struct es_status_event *event, uint64_t count, uint8_t last)
{
    if (count == 0 && event->status != 30)
        return "the first event of a seal makes it active";
    if (count > 0 && last == 80)
        return "no event follows invalidated";
    if (event->valid_from_ms > event->valid_until_ms)
        return "the seal's period ends before it begins";
    if (event->reason != 0 && !is_published(event->reason))
        return "a reason that is not published";
    return NULL;
}

/* ---- states of a batch ---- */

void keep_states_clear(struct keep_states *states)
{
    free(states->at);
    *states = (struct keep_states){.at = NULL};
}

es_status keep_states_get(struct keep_states *states, struct es_tx *tx, int64_t log_id,
                          const struct es_log_hash *key, struct ledger_map_change **out,
                          struct es_error *err)
{
    struct ledger_map_change *change;
    bool found = false;

    for (size_t i = states->count; i-- > 0;) {
        if (es_log_hash_equal(&states->at[i].key, key)) {
            *out = &states->at[i];
            return ES_OK;
        }
    }
    if (states->count == states->cap) {
        size_t cap = states->cap == 0 ? 64 : 2 * states->cap;
        struct ledger_map_change *at = reallocarray(states->at, cap, sizeof *at);

        ES_ENSURE(at != NULL, err, ES_E_NOMEM, "out of memory");
        states->at = at;
        states->cap = cap;
    }
    change = &states->at[states->count];
    ES_TRY(ledger_map_get(tx, log_id, key, &found, change, err));
    if (!found)
        *change = (struct ledger_map_change){.key = *key};
    states->count++;
    *out = change;
    return ES_OK;
}

es_status keep_states_apply(struct keep_states *states, struct es_tx *tx, int64_t log_id,
                            struct es_log_hash *root, uint64_t *keys, struct es_error *err)
{
    size_t count = states->count;

    states->count = 0;
    return ledger_map_apply(tx, log_id, states->at, count, root, keys, err);
}

/* ---- adding ---- */

/* The state that the outbox will have brought a key to. */
struct ahead {
    uint64_t count;
    uint8_t last;
};

static es_status take_ahead(void *ctx, const struct es_value *columns, size_t count,
                            struct es_error *err)
{
    struct ahead *ahead = ctx;
    struct es_status_event event;
    struct es_span body;

    (void) count;
    ES_TRY(es_value_get_blob(&columns[0], &body, err));
    if (es_status_event_decode(body, &event, NULL) == ES_OK) {
        ahead->count++;
        ahead->last = event.status;
    }
    return ES_OK;
}

/* Of two transactions for one seal the second sees the first: PostgreSQL is asked for it. */
static es_status take_turns(struct es_tx *tx, const struct es_log_hash *key, struct es_error *err)
{
    struct es_value value;
    uint64_t number = 0;

    if (strcmp(es_tx_driver(tx), "postgres") != 0)
        return ES_OK;
    for (unsigned i = 0; i < 8; i++)
        number = number << 8 | key->b[i];
    value = keep_int(number);
    return es_tx_query(tx, "SELECT 1 FROM (SELECT pg_advisory_xact_lock($1)) AS turn", &value, 1,
                       keep_no_row, NULL, err);
}

/* The outbox first: what the sequencer takes out of it meanwhile is in the map then. */
static es_status look_ahead(struct es_ledger *ledger, struct es_tx *tx,
                            const struct es_log_hash *key, struct ahead *out, struct es_error *err)
{
    const struct es_value values[2] = {es_value_int(ledger->log_id),
                                       es_value_blob(ledger_span(key))};
    struct ledger_map_change now;
    bool found = false;

    *out = (struct ahead){.count = 0};
    ES_TRY(take_turns(tx, key, err));
    ES_TRY(es_tx_query(tx,
                       "SELECT body FROM log_outbox "
                       "WHERE log_id = $1 AND substr(body, 37, 32) = $2 ORDER BY id",
                       values, 2, take_ahead, out, err));
    ES_TRY(ledger_map_get(tx, ledger->log_id, key, &found, &now, err));
    if (found && out->count == 0)
        out->last = now.status;
    if (found)
        out->count += now.count;
    return ES_OK;
}

static es_status check_effective(const struct es_status_event *event, uint64_t now_ms,
                                 struct es_error *err)
{
    if (event->effective_ms == 0)
        return ES_OK;
    ES_ENSURE(event->effective_ms <= now_ms, err, ES_E_RANGE,
              "effective_ms of %llu lies ahead of now, %llu",
              (unsigned long long) event->effective_ms, (unsigned long long) now_ms);
    ES_ENSURE(keep_may_backdate(event->status, event->reason) ||
                  now_ms - event->effective_ms <= KEEP_WINDOW_MS,
              err, ES_E_RANGE,
              "effective_ms of %llu lies more than %u ms before now, %llu, and status %u with "
              "reason %u may not be dated back",
              (unsigned long long) event->effective_ms, KEEP_WINDOW_MS, (unsigned long long) now_ms,
              event->status, event->reason);
    return ES_OK;
}

es_status es_ledger_add_state(struct es_ledger *ledger, struct es_tx *tx,
                              const struct es_status_event *event, struct es_ticket **ticket,
                              struct es_error *err)
{
    ES_AUTO_PTR(es_ticket) mine = NULL;
    ES_AUTO(keep_made) made = {.created_ms = keep_now_ms(&ledger->config)};
    struct es_status_event row = *event;
    struct ahead ahead;
    const char *rule;

    if (ticket != NULL)
        *ticket = NULL;
    ES_TRY(keep_may_add(ledger, err));
    ES_ENSURE(ledger->config.log == ES_LOG_STATUS, err, ES_E_USAGE,
              "the audit log keeps events, not states");
    row.event_seq = 0;
    memset(&row.previous_event, 0, sizeof row.previous_event);
    if (!is_published(row.reason))
        row.reason = 0;
    ES_TRY(check_effective(&row, made.created_ms, err));
    ES_TRY(look_ahead(ledger, tx, &row.map_key, &ahead, err));
    rule = keep_state_rule(&row, ahead.count, ahead.last);
    ES_ENSURE(rule == NULL, err, ES_E_CONFLICT, "%s", rule);
    ES_TRY(keep_follow(ledger, tx, NULL, &mine, err));
    ES_TRY(keep_entry_id(&ledger->config, made.created_ms, made.entry_id, err));
    es_buf_init(&made.body, ES_STATUS_EVENT_LEN);
    ES_TRY(es_status_event_encode(&row, &made.body, err));
    ES_TRY(keep_outbox_insert(&ledger->config, tx, ledger->log_id, &made, err));
    memcpy(mine->entry_id, made.entry_id, sizeof mine->entry_id);
    if (ticket != NULL) {
        keep_ticket_list(mine);
        *ticket = ES_TAKE(mine);
    }
    return ES_OK;
}
