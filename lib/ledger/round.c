/*
 * One round of the sequencer (audit-log.md 6.2, steps 1 to 5): everything from reading the outbox
 * to moving the head is one transaction. The store may run it again, so it begins each time from
 * the head as the transaction sees it; what the seat remembers is believed only when size and root
 * are those of that head.
 */
#include "batch.h"

#define BATCH_MAX 512
#define BATCH_LIMIT 4096

static void batch_clear(struct keep_batch *batch)
{
    es_arena_clear(&batch->arena);
    keep_writers_clear(&batch->writers);
    keep_states_clear(&batch->states);
}

static void batch_begin(struct keep_batch *batch)
{
    const struct es_ledger *ledger = batch->ledger;
    unsigned max = ledger->config.batch_max == 0 ? BATCH_MAX : ledger->config.batch_max;
    struct keep_batch fresh = {.ledger = batch->ledger,
                               .last = batch->last,
                               .rows_max = max < BATCH_LIMIT ? max : BATCH_LIMIT,
                               .own = ledger->seat.own,
                               .clock_back = ledger->seat.clock_back};

    batch_clear(batch);
    *batch = fresh;
    es_arena_init(&batch->arena, 0);
}

/* ---- 1: rows of the outbox ---- */

static es_status keep_bytes(struct keep_batch *batch, const struct es_value *value,
                            struct es_span *out, struct es_error *err)
{
    struct es_span bytes;

    *out = es_span_of(NULL, 0);
    if (value->kind == ES_VALUE_NULL)
        return ES_OK;
    ES_TRY(es_value_get_blob(value, &bytes, err));
    return keep_copy(batch, bytes, out, err);
}

/* A row whose MAC does not hold keeps no bytes. */
static es_status take_row(void *ctx, const struct es_value *columns, size_t count,
                          struct es_error *err)
{
    struct keep_batch *batch = ctx;
    struct keep_row *row = &batch->row[batch->rows];
    es_status status;

    (void) count;
    ES_BUG_ON(batch->rows >= batch->rows_max);
    ES_TRY(es_value_get_int(&columns[0], &row->id, err));
    batch->rows++;
    status = keep_outbox_check(&batch->ledger->config, batch->before.log_id, columns, err);
    if (status == ES_E_INTEGRITY)
        return ES_OK;
    ES_TRY(status);
    ES_TRY(es_value_copy_blob(&columns[1], row->entry_id, sizeof row->entry_id, err));
    ES_TRY(keep_bytes(batch, &columns[2], &row->body, err));
    ES_TRY(keep_bytes(batch, &columns[3], &row->salt_ct, err));
    return keep_bytes(batch, &columns[4], &row->detail_ct, err);
}

static es_status read_rows(struct keep_batch *batch, struct es_tx *tx, struct es_error *err)
{
    const struct es_value values[2] = {es_value_int(batch->before.log_id),
                                       keep_int(batch->rows_max)};

    batch->row = es_arena_alloc(&batch->arena, batch->rows_max * sizeof *batch->row);
    ES_ENSURE(batch->row != NULL, err, ES_E_NOMEM, "out of memory");
    return es_tx_query(tx,
                       "SELECT id, entry_id, body, salt_ct, detail_ct, mac, created_ms "
                       "FROM log_outbox WHERE log_id = $1 ORDER BY id LIMIT $2",
                       values, 2, take_row, batch, err);
}

/* ---- the tree at the head ---- */

static es_status load_tiles(struct keep_batch *batch, struct es_tx *tx, struct es_error *err)
{
    struct keep_seat *seat = &batch->ledger->seat;
    const struct keep_head *head = &batch->before;
    struct es_log_hash root;

    if (seat->tiles_valid && seat->tiles.tree.size == head->size &&
        es_log_hash_equal(&seat->tiles_root, &head->root))
        return ES_OK;
    ES_TRY(ledger_tiles_load(tx, head->log_id, head->size, &seat->tiles, err));
    ES_TRY(es_tree_root(&seat->tiles.tree, &root, err));
    ES_ENSURE(es_log_hash_equal(&root, &head->root), err, ES_E_INTEGRITY,
              "tiles do not give the root of %llu leaves", (unsigned long long) head->size);
    return ES_OK;
}

/* ---- 5: into the store ---- */

static es_status store_item(struct keep_batch *batch, struct es_tx *tx,
                            const struct keep_item *item, struct es_error *err)
{
    const struct keep_row *row = &item->row;
    const struct es_value detail[] = {es_value_int(batch->head.log_id),
                                      keep_int(item->leaf.leaf.index),
                                      keep_blob(row->entry_id, sizeof row->entry_id),
                                      es_value_blob(row->salt_ct), es_value_blob(row->detail_ct)};
    const struct es_value id = es_value_int(row->id);

    ES_TRY(keep_leaf_insert(tx, batch->head.log_id, &item->leaf, err));
    if (row->salt_ct.len > 0)
        ES_TRY(es_tx_queue(tx,
                           "INSERT INTO log_detail (log_id, idx, entry_id, salt_ct, detail_ct) "
                           "VALUES ($1, $2, $3, $4, $5)",
                           detail, 5, err));
    return row->id == 0 ? ES_OK
                        : es_tx_queue(tx, "DELETE FROM log_outbox WHERE id = $1", &id, 1, err);
}

/* The head first: of two sequencers one finds it moved, and has written nothing. */
static es_status store_batch(struct keep_batch *batch, struct es_tx *tx, struct es_error *err)
{
    ES_TRY(keep_head_advance(tx, &batch->before, &batch->head, err));
    for (size_t i = 0; i < batch->items; i++)
        ES_TRY(store_item(batch, tx, &batch->item[i], err));
    ES_TRY(ledger_tiles_store(tx, &batch->ledger->seat.tiles, err));
    ES_TRY(keep_writers_store(&batch->writers, tx, batch->head.log_id, err));
    return es_tx_flush(tx, err);
}

/* ---- the transaction ---- */

static es_status round_in_store(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct keep_batch *batch = ctx;
    struct es_ledger *ledger = batch->ledger;

    batch_begin(batch);
    ES_TRY(keep_head_read(tx, ledger->log_id, &batch->before, err));
    ES_ENSURE(strcmp(batch->before.state, "open") == 0, err, ES_E_FROZEN, "%s",
              batch->before.why[0] != '\0' ? batch->before.why : batch->before.state);
    ES_TRY(read_rows(batch, tx, err));
    batch->now_ms = keep_now_ms(&ledger->config); /* no row was written after it */
    keep_step(ledger, ES_STEP_READ);
    ES_TRY(load_tiles(batch, tx, err));
    ledger->seat.tiles_valid = false;
    ES_TRY(keep_build(batch, tx, err));
    if (batch->items == 0 && !batch->refused)
        return ES_OK;
    keep_step(ledger, ES_STEP_BUILT);
    ES_TRY(store_batch(batch, tx, err));
    keep_step(ledger, ES_STEP_STORED);
    return ES_OK;
}

bool keep_own_beat_due(struct es_ledger *ledger)
{
    return ledger->seat.own.next_seq > 0 &&
           keep_monotonic_ms() >= ledger->seat.own_beat_ms + keep_heartbeat_ms(&ledger->config);
}

bool keep_duty(struct es_ledger *ledger)
{
    if (ledger->config.log == ES_LOG_AUDIT)
        return keep_own_beat_due(ledger);
    return keep_now_ms(&ledger->config) >= ledger->seat.last_ms + KEEP_HEAD_EVERY_MS;
}

/* What the batch did is now so. */
static void settle(struct keep_batch *batch)
{
    struct es_ledger *ledger = batch->ledger;
    struct keep_seat *seat = &ledger->seat;

    seat->tiles_valid = true;
    seat->tiles_root = batch->head.root;
    if (batch->own.next_seq != seat->own.next_seq)
        seat->own_beat_ms = keep_monotonic_ms();
    seat->own = batch->own;
    seat->clock_back = batch->clock_back;
    seat->last_ms = batch->head.last_ms;
    if (batch->alarm_clock)
        keep_alarm(&ledger->config, "clock_back", "%s: the clock shows %llu, the log is at %llu",
                   ledger->origin, (unsigned long long) batch->now_ms,
                   (unsigned long long) batch->before.last_ms);
    if (batch->late > 0)
        keep_alarm(&ledger->config, "status_late",
                   "%s: %llu changes of state waited too long for the time they named",
                   ledger->origin, (unsigned long long) batch->late);
}

es_status keep_round(struct es_ledger *ledger, bool last, bool *more, struct es_error *err)
{
    struct keep_batch batch = {.ledger = ledger, .last = last};
    es_status status = es_session_write(ledger->seat.session, round_in_store, &batch, err);

    *more = status == ES_OK && (batch.items > 0 || batch.refused);
    if (status == ES_OK)
        settle(&batch);
    else
        ledger->seat.tiles_valid = false;
    if (status == ES_E_UNKNOWN)
        ledger->seat.own = (struct keep_writer){.id = 0};
    if (*more)
        keep_step(ledger, ES_STEP_COMMITTED);
    batch_clear(&batch);
    return status;
}
