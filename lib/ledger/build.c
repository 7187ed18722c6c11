/*
 * Leaves of a batch (audit-log.md 6.2, steps 2 to 4). A row that breaks a rule is not sequenced,
 * nor is any behind it; those before it are. The sequencer's own events have a writer of their own
 * and go into the audit log alone.
 */
#include "batch.h"

void keep_refuse(struct keep_batch *batch, int64_t id, const char *what)
{
    batch->refused = true;
    (void) snprintf(batch->why, sizeof batch->why, "integrity: outbox row %lld: %s", (long long) id,
                    what);
}

es_status keep_copy(struct keep_batch *batch, struct es_span from, struct es_span *out,
                    struct es_error *err)
{
    uint8_t *to = es_arena_alloc(&batch->arena, from.len == 0 ? 1 : from.len);

    ES_ENSURE(to != NULL, err, ES_E_NOMEM, "out of memory");
    if (from.len > 0)
        memcpy(to, from.ptr, from.len);
    *out = es_span_of(to, from.len);
    return ES_OK;
}

/* ---- one leaf ---- */

static es_status append(struct keep_batch *batch, enum es_leaf_kind kind, struct es_span body,
                        const struct keep_row *row, struct keep_item **out, struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_LOG_LEAF_MAX);
    struct keep_head *head = &batch->head;
    struct keep_item *item = &batch->item[batch->items];
    const struct es_leaf leaf = {.kind = kind,
                                 .index = head->size,
                                 .sequenced_ms = head->last_ms,
                                 .previous = head->last_hash,
                                 .body = body};
    struct es_span kept;

    ES_BUG_ON(batch->items >= batch->rows + KEEP_OWN_MAX);
    ES_TRY(es_leaf_encode(&leaf, &bytes, err));
    ES_TRY(keep_copy(batch, es_buf_span(&bytes), &kept, err));
    ES_TRY(keep_leaf_read(kept, &item->leaf, err));
    item->row = (struct keep_row){.id = 0};
    if (row != NULL)
        item->row = *row;
    if (kind == ES_LEAF_STATUS)
        item->leaf.entry_id = item->row.entry_id;
    ES_TRY(ledger_tiles_append(&batch->ledger->seat.tiles, &item->leaf.hash, err));
    head->size++;
    head->last_hash = item->leaf.hash;
    batch->items++;
    *out = item;
    return ES_OK;
}

/* ---- audit events ---- */

/* *why tells the rule that a row breaks, which is then not appended. */
static es_status append_event(struct keep_batch *batch, struct es_tx *tx,
                              const struct keep_row *row, const char **why, struct es_error *err)
{
    struct es_audit_event event;
    struct keep_item *item = NULL;

    *why = NULL;
    if (es_audit_event_decode(row->body, &event, NULL) != ES_OK)
        *why = "no audit event";
    else if (memcmp(event.entry_id, row->entry_id, sizeof event.entry_id) != 0)
        *why = "another entry id than its event";
    else
        ES_TRY(keep_writers_check(&batch->writers, tx, batch->head.log_id, &event, why, err));
    if (*why != NULL)
        return ES_OK;
    ES_TRY(append(batch, ES_LEAF_AUDIT, row->body, row, &item, err));
    keep_writers_note(&batch->writers, &item->leaf);
    return ES_OK;
}

static es_status append_audit(struct keep_batch *batch, struct es_tx *tx,
                              const struct keep_row *row, struct es_error *err)
{
    const char *why = NULL;

    ES_TRY(append_event(batch, tx, row, &why, err));
    if (why != NULL)
        keep_refuse(batch, row->id, why);
    return ES_OK;
}

/* ---- the sequencer's own events ---- */

static es_status append_made(struct keep_batch *batch, struct es_tx *tx,
                             const struct keep_made *made, struct es_error *err)
{
    struct keep_row row = {.id = 0};
    const char *why = NULL;

    memcpy(row.entry_id, made->entry_id, sizeof row.entry_id);
    ES_TRY(keep_copy(batch, es_buf_span(&made->body), &row.body, err));
    ES_TRY(keep_copy(batch, es_buf_span(&made->salt_ct), &row.salt_ct, err));
    ES_TRY(keep_copy(batch, es_buf_span(&made->detail_ct), &row.detail_ct, err));
    ES_TRY(append_event(batch, tx, &row, &why, err));
    ES_ENSURE(why == NULL, err, ES_E_INTEGRITY, "the sequencer's own writer: %s", why);
    batch->own.next_seq++;
    return ES_OK;
}

static es_status append_own(struct keep_batch *batch, struct es_tx *tx,
                            const struct es_log_entry *entry, struct es_error *err)
{
    const struct es_ledger_config *config = &batch->ledger->config;
    ES_AUTO(keep_made) made = {.created_ms = 0};

    ES_TRY(keep_writer_prepare(config, &batch->own, err));
    if (batch->own.next_seq == 0) {
        ES_AUTO(keep_made) start = {.created_ms = 0};

        ES_TRY(keep_writer_make_start(config, tx, batch->head.log_id, &batch->own, &start, err));
        ES_TRY(append_made(batch, tx, &start, err));
    }
    ES_TRY(keep_make(config, &batch->own, entry, &made, err));
    return append_made(batch, tx, &made, err);
}

static es_status tell_clock(struct keep_batch *batch, struct es_tx *tx, struct es_error *err)
{
    char last[32];
    const struct es_log_entry entry = {.type = ES_EVENT_CLOCK_BACK,
                                       .severity = 3,
                                       .actor = "system",
                                       .object_type = "log",
                                       .object_id = batch->head.origin,
                                       .correlation = last};

    if (batch->now_ms + KEEP_CLOCK_SLACK_MS >= batch->before.last_ms) {
        batch->clock_back = false;
        return ES_OK;
    }
    if (batch->clock_back)
        return ES_OK;
    batch->clock_back = true;
    batch->alarm_clock = true;
    (void) snprintf(last, sizeof last, "%llu", (unsigned long long) batch->before.last_ms);
    return batch->ledger->config.log == ES_LOG_AUDIT ? append_own(batch, tx, &entry, err) : ES_OK;
}

static es_status tell_refusal(struct keep_batch *batch, struct es_tx *tx, int64_t id,
                              struct es_error *err)
{
    char number[32];
    const struct es_log_entry entry = {.type = ES_EVENT_VERIFY_FAILED,
                                       .outcome = 2,
                                       .severity = 3,
                                       .actor = "system",
                                       .object_type = "outbox",
                                       .object_id = number};

    (void) snprintf(number, sizeof number, "%lld", (long long) id);
    return batch->ledger->config.log == ES_LOG_AUDIT ? append_own(batch, tx, &entry, err) : ES_OK;
}

static es_status own_sign_of_life(struct keep_batch *batch, struct es_tx *tx, struct es_error *err)
{
    const struct es_log_entry entry = {.type = batch->last ? ES_EVENT_WRITER_STOP
                                                           : ES_EVENT_HEARTBEAT,
                                       .actor = "system",
                                       .object_type = "writer",
                                       .object_id = batch->own.label};

    if (batch->own.next_seq == 0 || (!batch->last && !keep_own_beat_due(batch->ledger)))
        return ES_OK;
    ES_TRY(append_own(batch, tx, &entry, err));
    if (batch->last) {
        batch->own.id = 0;
        batch->own.next_seq = 0;
    }
    return ES_OK;
}

/* ---- status events ---- */

/* effective_ms of a leaf from that of its row; never outside what the rules allow. */
static uint64_t effective_at(struct keep_batch *batch, const struct es_status_event *event)
{
    uint64_t at = batch->head.last_ms, from = at < KEEP_WINDOW_MS ? 0 : at - KEEP_WINDOW_MS;

    if (event->effective_ms == 0)
        return at;
    if (event->effective_ms <= at &&
        (event->effective_ms >= from || keep_may_backdate(event->status, event->reason)))
        return event->effective_ms;
    batch->late++;
    return event->effective_ms > at ? at : from;
}

static es_status append_status(struct keep_batch *batch, struct es_tx *tx,
                               const struct keep_row *row, struct es_error *err)
{
    ES_AUTO(es_buf) body = ES_BUF_INIT(ES_STATUS_EVENT_LEN);
    struct ledger_map_change *state = NULL;
    struct es_status_event event;
    struct keep_item *item = NULL;
    const char *rule;

    if (es_status_event_decode(row->body, &event, NULL) != ES_OK) {
        keep_refuse(batch, row->id, "no status event");
        return ES_OK;
    }
    ES_TRY(keep_states_get(&batch->states, tx, batch->head.log_id, &event.map_key, &state, err));
    rule = keep_state_rule(&event, state->count, state->status);
    if (rule != NULL) {
        keep_refuse(batch, row->id, rule);
        return ES_OK;
    }
    event.event_seq = state->count;
    event.previous_event = state->last_hash;
    event.effective_ms = effective_at(batch, &event);
    ES_TRY(es_status_event_encode(&event, &body, err));
    ES_TRY(append(batch, ES_LEAF_STATUS, es_buf_span(&body), row, &item, err));
    state->count++;
    state->status = event.status;
    state->effective_ms = event.effective_ms;
    state->last_hash = item->leaf.hash;
    return ES_OK;
}

/* SPEC audit-log.md 2.3: after each batch of events and at least once an hour. */
static es_status append_map_head(struct keep_batch *batch, struct es_tx *tx, struct es_error *err)
{
    ES_AUTO(es_buf) body = ES_BUF_INIT(ES_MAP_HEAD_LEN);
    struct es_map_head head = {.covers = batch->head.size};
    struct keep_item *item = NULL;

    if (batch->items == 0 && batch->now_ms < batch->before.last_ms + KEEP_HEAD_EVERY_MS)
        return ES_OK;
    ES_TRY(keep_states_apply(&batch->states, tx, batch->head.log_id, &head.root, &head.count, err));
    ES_TRY(es_map_head_encode(&head, &body, err));
    return append(batch, ES_LEAF_MAP_HEAD, es_buf_span(&body), NULL, &item, err);
}

/* ---- all ---- */

static es_status append_rows(struct keep_batch *batch, struct es_tx *tx, struct es_error *err)
{
    bool audit = batch->ledger->config.log == ES_LOG_AUDIT;

    for (size_t i = 0; i < batch->rows; i++) {
        const struct keep_row *row = &batch->row[i];

        if (row->body.ptr == NULL)
            keep_refuse(batch, row->id, "its MAC does not hold");
        else
            ES_TRY((audit ? append_audit : append_status)(batch, tx, row, err));
        if (batch->refused) {
            (void) snprintf(batch->head.state, sizeof batch->head.state, "frozen");
            (void) snprintf(batch->head.why, sizeof batch->head.why, "%s", batch->why);
            return tell_refusal(batch, tx, row->id, err);
        }
    }
    return ES_OK;
}

es_status keep_build(struct keep_batch *batch, struct es_tx *tx, struct es_error *err)
{
    batch->head = batch->before;
    if (batch->now_ms > batch->head.last_ms)
        batch->head.last_ms = batch->now_ms;
    batch->item = es_arena_alloc(&batch->arena, (batch->rows + KEEP_OWN_MAX) * sizeof *batch->item);
    ES_ENSURE(batch->item != NULL, err, ES_E_NOMEM, "out of memory");
    ES_TRY(tell_clock(batch, tx, err));
    ES_TRY(append_rows(batch, tx, err));
    if (batch->ledger->config.log == ES_LOG_AUDIT)
        ES_TRY(own_sign_of_life(batch, tx, err));
    else
        ES_TRY(append_map_head(batch, tx, err));
    if (batch->items == 0)
        batch->head.last_ms = batch->before.last_ms;
    return es_tree_root(&batch->ledger->seat.tiles.tree, &batch->head.root, err);
}
