/*
 * Tiles of the map and states of its items, between their rows and memory. Rows are derived data:
 * one that is no tile, or an item without its leaf, is ES_E_INTEGRITY, and a rebuild makes them
 * again.
 */
#include "map_tile.h"

#include <stdlib.h>

size_t map_slot_end(const struct map_entry *entries, size_t first, size_t count, unsigned depth)
{
    unsigned slot = map_slot_of(&entries[first].key, depth);
    size_t end = first + 1;

    while (end < count && map_slot_of(&entries[end].key, depth) == slot)
        end++;
    return end;
}

/* The first bits of a key with zeros behind them; path of a tile, and start of a range. */
static struct es_log_hash prefix_of(const struct es_log_hash *key, unsigned bits)
{
    struct es_log_hash out = {{0}};

    memcpy(out.b, key->b, bits / 8);
    if (bits % 8 != 0)
        out.b[bits / 8] = (uint8_t) (key->b[bits / 8] & 0xff << (8 - bits % 8));
    return out;
}

static uint64_t read_be(const uint8_t *bytes, size_t len)
{
    uint64_t value = 0;

    for (size_t i = 0; i < len; i++)
        value = value << 8 | bytes[i];
    return value;
}

static void put_be(struct es_buf *out, uint64_t value, unsigned len)
{
    for (unsigned i = len; i > 0; i--)
        es_buf_put_byte(out, (uint8_t) (value >> (8 * (i - 1))));
}

/* ---- tiles ---- */

static es_status tile_decode(struct es_span bytes, struct map_tile *out, struct es_error *err)
{
    uint64_t some, many;
    size_t at = 12;

    ES_ENSURE(bytes.len >= at, err, ES_E_INTEGRITY, "map tile of %zu bytes", bytes.len);
    out->keys = read_be(bytes.ptr, 8);
    some = read_be(bytes.ptr + 8, 2);
    many = read_be(bytes.ptr + 10, 2);
    ES_ENSURE((many & ~some) == 0 && some != 0 &&
                  bytes.len == at + ES_LOG_HASH_LEN *
                                        (size_t) __builtin_popcountll((unsigned long long) some),
              err, ES_E_INTEGRITY, "map tile of %zu bytes does not fit its slots", bytes.len);
    for (unsigned i = 0; i < MAP_TILE_SLOTS; i++) {
        uint64_t bit = UINT64_C(1) << (15 - i);

        if ((some & bit) == 0)
            continue;
        out->slot[i].kind = (many & bit) != 0 ? MAP_MANY : MAP_ONE;
        memcpy(out->slot[i].hash.b, bytes.ptr + at, ES_LOG_HASH_LEN);
        at += ES_LOG_HASH_LEN;
    }
    return ES_OK;
}

static void tile_encode(const struct map_tile *tile, struct es_buf *out)
{
    uint64_t some = 0, many = 0;

    for (unsigned i = 0; i < MAP_TILE_SLOTS; i++) {
        some |= (uint64_t) (tile->slot[i].kind != MAP_NONE) << (15 - i);
        many |= (uint64_t) (tile->slot[i].kind == MAP_MANY) << (15 - i);
    }
    put_be(out, tile->keys, 8);
    put_be(out, some, 2);
    put_be(out, many, 2);
    for (unsigned i = 0; i < MAP_TILE_SLOTS; i++)
        if (tile->slot[i].kind != MAP_NONE)
            es_buf_put(out, tile->slot[i].hash.b, ES_LOG_HASH_LEN);
}

struct tile_row {
    struct map_tile *tile;
    bool found;
};

static es_status tile_row(void *ctx, const struct es_value *columns, size_t count,
                          struct es_error *err)
{
    struct tile_row *row = ctx;
    struct es_span bytes;

    (void) count;
    ES_TRY(es_value_get_blob(&columns[0], &bytes, err));
    row->found = true;
    return tile_decode(bytes, row->tile, err);
}

es_status map_tile_load(struct es_tx *tx, int64_t log_id, unsigned depth,
                        const struct es_log_hash *key, bool *found, struct map_tile *out,
                        struct es_error *err)
{
    struct es_log_hash path = prefix_of(key, depth);
    const struct es_value values[] = {es_value_int(log_id), es_value_int(depth),
                                      es_value_blob(es_span_of(path.b, (depth + 7) / 8))};
    struct tile_row row = {.tile = out};

    *out = (struct map_tile){.keys = 0};
    ES_TRY(es_tx_query(tx,
                       "SELECT hash FROM map_node WHERE log_id = $1 AND depth = $2 AND path = $3",
                       values, 3, tile_row, &row, err));
    *found = row.found;
    return ES_OK;
}

es_status map_tile_store(struct es_tx *tx, int64_t log_id, unsigned depth,
                         const struct es_log_hash *key, const struct map_tile *tile,
                         struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(1024);
    struct es_log_hash path = prefix_of(key, depth);
    struct es_value values[4] = {es_value_int(log_id), es_value_int(depth),
                                 es_value_blob(es_span_of(path.b, (depth + 7) / 8))};

    tile_encode(tile, &bytes);
    ES_TRY(es_buf_check(&bytes, err));
    values[3] = es_value_blob(es_buf_span(&bytes));
    return es_tx_queue(tx,
                       "INSERT INTO map_node (log_id, depth, path, hash) VALUES ($1, $2, $3, $4) "
                       "ON CONFLICT (log_id, depth, path) DO UPDATE SET hash = excluded.hash",
                       values, 4, err);
}

es_status map_tile_fold(const struct map_tile *tile, unsigned first, unsigned width,
                        struct map_node *out, struct es_error *err)
{
    struct map_node left, right;

    *out = tile->slot[first];
    if (width == 1)
        return ES_OK;
    ES_TRY(map_tile_fold(tile, first, width / 2, &left, err));
    ES_TRY(map_tile_fold(tile, first + width / 2, width / 2, &right, err));
    if (left.kind == MAP_NONE && right.kind != MAP_MANY) {
        *out = right;
    } else if (right.kind == MAP_NONE && left.kind != MAP_MANY) {
        *out = left;
    } else {
        out->kind = MAP_MANY;
        ES_TRY(es_map_node(&left.hash, &right.hash, &out->hash, err));
    }
    return ES_OK;
}

/* ---- items ---- */

es_status map_leaf_of(const struct ledger_map_change *state, struct es_log_hash *value,
                      struct es_log_hash *leaf, struct es_error *err)
{
    struct es_map_item item = {.key = state->key};

    ES_TRY(es_map_value(state->count, state->status, state->effective_ms, &state->last_hash,
                        &item.value, err));
    if (value != NULL)
        *value = item.value;
    return es_map_leaf(&item, leaf, err);
}

struct item_rows {
    es_status (*each)(void *ctx, const struct ledger_map_change *state, struct es_error *err);
    void *ctx;
};

static es_status item_row(void *ctx, const struct es_value *columns, size_t count,
                          struct es_error *err)
{
    struct item_rows *rows = ctx;
    struct ledger_map_change state = {.count = 0};
    int64_t events, status, effective;

    (void) count;
    ES_TRY(es_value_copy_blob(&columns[0], state.key.b, ES_LOG_HASH_LEN, err));
    ES_TRY(es_value_get_int(&columns[1], &events, err));
    ES_TRY(es_value_get_int(&columns[2], &status, err));
    ES_TRY(es_value_get_int(&columns[3], &effective, err));
    ES_TRY(es_value_copy_blob(&columns[4], state.last_hash.b, ES_LOG_HASH_LEN, err));
    ES_ENSURE(status >= 0 && status <= 255, err, ES_E_INTEGRITY, "status %lld in the map",
              (long long) status);
    state.count = (uint64_t) events;
    state.status = (uint8_t) status;
    state.effective_ms = (uint64_t) effective;
    return rows->each(rows->ctx, &state, err);
}

es_status map_items_under(struct es_tx *tx, int64_t log_id, const struct es_log_hash *key,
                          unsigned bits,
                          es_status (*each)(void *ctx, const struct ledger_map_change *state,
                                            struct es_error *err),
                          void *ctx, struct es_error *err)
{
    struct es_log_hash low = prefix_of(key, bits), high = low;
    const struct es_value values[] = {es_value_int(log_id),
                                      es_value_blob(es_span_of(low.b, ES_LOG_HASH_LEN)),
                                      es_value_blob(es_span_of(high.b, ES_LOG_HASH_LEN))};
    struct item_rows rows = {each, ctx};

    for (unsigned bit = bits; bit < MAP_KEY_BITS; bit++)
        high.b[bit / 8] |= (uint8_t) (0x80u >> bit % 8);
    return es_tx_query(tx,
                       "SELECT key, count, status, effective_ms, last_hash FROM map_item "
                       "WHERE log_id = $1 AND key >= $2 AND key <= $3 ORDER BY key",
                       values, 3, item_row, &rows, err);
}

/* ---- lists of entries ---- */

static int by_key(const void *a, const void *b)
{
    return memcmp(a, b, ES_LOG_HASH_LEN); /* the key is an entry's first member */
}

es_status map_entries(const struct ledger_map_change *states, size_t count, struct map_entry **out,
                      struct es_error *err)
{
    struct map_entry *entries = calloc(count + 1, sizeof *entries);
    es_status status = ES_OK;

    ES_ENSURE(entries != NULL, err, ES_E_NOMEM, "out of memory");
    for (size_t i = 0; i < count && status == ES_OK; i++) {
        entries[i] = (struct map_entry){
            .key = states[i].key, .present = states[i].count > 0, .state = &states[i]};
        status = map_leaf_of(&states[i], NULL, &entries[i].leaf, err);
    }
    if (status == ES_OK)
        qsort(entries, count, sizeof *entries, by_key);
    for (size_t i = 1; i < count && status == ES_OK; i++)
        if (es_log_hash_equal(&entries[i - 1].key, &entries[i].key))
            status = es_error_set(err, ES_E_CONFLICT, "a key stands twice among the changes");
    if (status != ES_OK)
        free(entries);
    else
        *out = entries;
    return status;
}
