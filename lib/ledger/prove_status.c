/*
 * Seal-status proofs: the state of one seal under a signed checkpoint of the status log. The stored
 * map is that of the newest leaf, which may be ahead of the checkpoint; keys that changed since are
 * put back to what their last event before it says (map_prove_past).
 */
#include "map_tile.h"
#include "read_internal.h"

#include <stdlib.h>

#define CHANGED_MAX 16384u /* keys that may have changed since the checkpoint */

struct status_call {
    const struct es_log_reader *reader;
    struct es_tx *tx;
    const struct es_log_hash *key;
    struct read_checkpoint checkpoint;
    struct ledger_tile_source tiles;
    struct ledger_map_change *past; /* owned: keys that changed since, as they were */
    size_t past_count, past_cap;
    struct es_buf bytes;                 /* of all leaves; spans into it are set when it is whole */
    struct es_status_part_event *events; /* owned; leaf.ptr NULL until then */
    size_t event_count, event_cap;
    struct es_status_parts parts;
};

/* ---- rows to arrays ---- */

/* Twice as much room, no more than max items. */
static es_status more_room(size_t count, size_t max, const char *what, size_t *cap,
                           struct es_error *err)
{
    ES_ENSURE(count < max, err, ES_E_LIMIT, "more than %zu %s", max, what);
    *cap = count == 0 ? 16 : 2 * count;
    return ES_OK;
}

static es_status room_for_key(struct status_call *c, struct es_error *err)
{
    struct ledger_map_change *grown;

    if (c->past_count < c->past_cap)
        return ES_OK;
    ES_TRY(more_room(c->past_count, CHANGED_MAX, "seals changed since that checkpoint",
                     &c->past_cap, err));
    grown = reallocarray(c->past, c->past_cap, sizeof *grown);
    ES_ENSURE(grown != NULL, err, ES_E_NOMEM, "out of memory");
    c->past = grown;
    return ES_OK;
}

static es_status room_for_event(struct status_call *c, struct es_error *err)
{
    struct es_status_part_event *grown;

    if (c->event_count < c->event_cap)
        return ES_OK;
    ES_TRY(more_room(c->event_count, ES_STATUS_EVENTS_MAX, "events", &c->event_cap, err));
    grown = reallocarray(c->events, c->event_cap, sizeof *grown);
    ES_ENSURE(grown != NULL, err, ES_E_NOMEM, "out of memory");
    c->events = grown;
    return ES_OK;
}

static es_status take_changed(void *ctx, const struct es_value *columns, size_t count,
                              struct es_error *err)
{
    ES_AUTO(es_buf) key = ES_BUF_INIT(ES_LOG_HASH_LEN);
    struct status_call *c = ctx;
    struct es_span hex;
    es_status status;

    (void) count;
    ES_TRY(es_value_get_text(&columns[0], &hex, err));
    ES_ENSURE(hex.len == (size_t) 2 * ES_LOG_HASH_LEN, err, ES_E_INTEGRITY,
              "a status leaf whose object is no map key");
    status = es_hex_decode(hex, &key, err);
    if (status != ES_OK)
        return status == ES_E_NOMEM
                   ? status
                   : es_error_set(err, ES_E_INTEGRITY, "a status leaf whose object is no map key");
    ES_TRY(room_for_key(c, err));
    c->past[c->past_count] = (struct ledger_map_change){.count = 0};
    memcpy(c->past[c->past_count++].key.b, key.ptr, ES_LOG_HASH_LEN);
    return ES_OK;
}

/* ---- the map as it was ---- */

static es_status take_state(void *ctx, const struct es_value *columns, size_t count,
                            struct es_error *err)
{
    struct ledger_map_change *state = ctx;
    struct es_status_event event;
    struct es_leaf leaf;
    struct es_span bytes;

    (void) count;
    ES_TRY(es_value_get_blob(&columns[0], &bytes, err));
    ES_ENSURE(es_leaf_decode(bytes, &leaf, NULL) == ES_OK &&
                  es_status_event_decode(leaf.body, &event, NULL) == ES_OK &&
                  es_log_hash_equal(&event.map_key, &state->key),
              err, ES_E_INTEGRITY, "a row holds another event than it says");
    state->count = event.event_seq + 1;
    state->status = event.status;
    state->effective_ms = event.effective_ms;
    return es_leaf_hash(bytes, &state->last_hash, err);
}

static es_status read_state(struct status_call *c, struct ledger_map_change *state,
                            struct es_error *err)
{
    char hex[2 * ES_LOG_HASH_LEN + 1];
    struct es_value values[] = {es_value_text(hex), es_value_int(c->reader->log_id),
                                es_value_int((int64_t) c->checkpoint.size)};

    es_hex_encode(ledger_span(&state->key), hex);
    values[0] = es_value_text(hex);
    return es_tx_query(c->tx,
                       "SELECT leaf FROM log_leaf WHERE object_id = $1 AND log_id = $2 "
                       "AND idx < $3 ORDER BY idx DESC LIMIT 1",
                       values, 3, take_state, state, err);
}

static es_status read_past(struct status_call *c, struct es_error *err)
{
    const struct es_value values[] = {es_value_int(c->reader->log_id),
                                      es_value_int((int64_t) c->checkpoint.size)};

    ES_TRY(es_tx_query(c->tx,
                       "SELECT DISTINCT object_id FROM log_leaf "
                       "WHERE log_id = $1 AND idx >= $2 AND object_id <> ''",
                       values, 2, take_changed, c, err));
    for (size_t i = 0; i < c->past_count; i++)
        ES_TRY(read_state(c, &c->past[i], err));
    return ES_OK;
}

static es_status prove_map(struct status_call *c, const struct es_map_head *head,
                           struct es_error *err)
{
    struct es_log_hash root;

    ES_TRY(read_past(c, err));
    ES_TRY(map_prove_past(c->tx, c->reader->log_id, c->past, c->past_count, c->key, &c->parts.map,
                          &root, err));
    ES_ENSURE(es_log_hash_equal(&root, &head->root), err, ES_E_INTEGRITY,
              "the stored map does not give the root in the log");
    return ES_OK;
}

/* ---- the map head ---- */

static es_status read_head(struct status_call *c, struct es_map_head *head, struct es_error *err)
{
    struct es_tree_source tiles = ledger_tile_source(&c->tiles);
    struct es_leaf leaf;
    struct es_span bytes;

    c->parts.head_index = c->checkpoint.size - 1;
    ES_TRY(read_leaf(c->tx, c->reader->log_id, c->parts.head_index, &c->bytes, err));
    bytes = es_buf_span(&c->bytes);
    ES_ENSURE(es_leaf_decode(bytes, &leaf, NULL) == ES_OK && leaf.kind == ES_LEAF_MAP_HEAD &&
                  es_map_head_decode(leaf.body, head, NULL) == ES_OK,
              err, ES_E_INTEGRITY, "the last leaf under the checkpoint is no map head");
    c->parts.head_leaf = bytes; /* its length; the place may still move */
    return read_path(&tiles, c->parts.head_index, bytes, &c->checkpoint, &c->parts.head_path, err);
}

/* ---- events ---- */

static es_status take_event(void *ctx, const struct es_value *columns, size_t count,
                            struct es_error *err)
{
    struct status_call *c = ctx;
    struct es_status_part_event *event;
    int64_t index = 0;

    (void) count;
    ES_TRY(room_for_event(c, err));
    event = &c->events[c->event_count];
    ES_TRY(es_value_get_int(&columns[0], &index, err));
    ES_TRY(es_value_get_blob(&columns[1], &event->leaf, err));
    event->index = (uint64_t) index;
    es_buf_put_span(&c->bytes, event->leaf);
    c->event_count++;
    return es_buf_check(&c->bytes, err);
}

static es_status read_events(struct status_call *c, struct es_error *err)
{
    char hex[2 * ES_LOG_HASH_LEN + 1];
    struct es_value values[] = {es_value_text(""), es_value_int(c->reader->log_id),
                                es_value_int((int64_t) c->checkpoint.size)};

    es_hex_encode(ledger_span(c->key), hex);
    values[0] = es_value_text(hex);
    return es_tx_query(c->tx,
                       "SELECT idx, leaf FROM log_leaf WHERE object_id = $1 AND log_id = $2 "
                       "AND idx < $3 ORDER BY idx",
                       values, 3, take_event, c, err);
}

/* Leaves lie one behind the other in bytes: the map head, then the events. */
static es_status place_leaves(struct status_call *c, struct es_error *err)
{
    struct es_tree_source tiles = ledger_tile_source(&c->tiles);
    struct es_span all = es_buf_span(&c->bytes);
    size_t at = c->parts.head_leaf.len;

    c->parts.head_leaf = es_span_sub(all, 0, at);
    for (size_t i = 0; i < c->event_count; i++) {
        struct es_status_part_event *event = &c->events[i];

        event->leaf = es_span_sub(all, at, event->leaf.len);
        at += event->leaf.len;
        ES_TRY(read_path(&tiles, event->index, event->leaf, &c->checkpoint, &event->path, err));
    }
    c->parts.events = c->events;
    c->parts.event_count = c->event_count;
    return ES_OK;
}

/* ---- together ---- */

static es_status prove(struct status_call *c, size_t witnessed, struct es_buf *out,
                       struct es_error *err)
{
    struct es_json_out json = {.buf = out};
    struct es_map_head head;

    ES_TRY(read_checkpoint(c->tx, c->reader, 0, witnessed, &c->checkpoint, err));
    ES_ENSURE(c->checkpoint.size > 0, err, ES_E_ABSENT, "the log is empty");
    ES_TRY(read_head(c, &head, err));
    ES_TRY(prove_map(c, &head, err));
    if (c->parts.map.has_terminal && es_log_hash_equal(&c->parts.map.terminal.key, c->key))
        ES_TRY(read_events(c, err));
    ES_TRY(place_leaves(c, err));
    c->parts.key = *c->key;
    c->parts.checkpoint = es_buf_span(&c->checkpoint.note);
    return es_log_put_status_proof(&json, &c->parts, err);
}

struct prove_args {
    struct es_log_reader *reader;
    const struct es_log_hash *key;
    size_t witnessed, keep;
    struct es_buf *out;
};

static es_status prove_fn(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct prove_args *args = ctx;
    struct status_call *c = calloc(1, sizeof *c);
    es_status status;

    ES_ENSURE(c != NULL, err, ES_E_NOMEM, "out of memory");
    args->out->len = args->keep;
    c->reader = args->reader;
    c->tx = tx;
    c->key = args->key;
    c->tiles.tx = tx;
    c->tiles.log_id = args->reader->log_id;
    es_buf_init(&c->bytes, ES_STATUS_PROOF_MAX);
    status = prove(c, args->witnessed, args->out, err);
    read_checkpoint_clear(&c->checkpoint);
    es_buf_clear(&c->bytes);
    free(c->past);
    free(c->events);
    free(c);
    return status;
}

es_status es_log_prove_status(struct es_log_reader *reader, const struct es_log_hash *key,
                              size_t witnessed, struct es_buf *out, struct es_error *err)
{
    struct prove_args args = {
        .reader = reader, .key = key, .witnessed = witnessed, .keep = out->len, .out = out};
    es_status status;

    ES_ENSURE(reader->log == ES_LOG_STATUS, err, ES_E_USAGE, "the audit log knows no seals");
    status = es_store_read(reader->store, ES_AS_SERVICE, prove_fn, &args, err);
    if (status != ES_OK)
        out->len = args.keep;
    return status;
}
