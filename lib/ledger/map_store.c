/*
 * Putting changes into the stored map. A batch walks down only where its keys go: each tile is
 * read once and written once, so a batch of c changes over n keys takes O(c log n) statements and
 * memory for one tile a level.
 */
#include "map_tile.h"

#include <stdlib.h>

struct found_item {
    size_t count;
    struct ledger_map_change state;
};

static es_status keep_item(void *ctx, const struct ledger_map_change *state, struct es_error *err)
{
    struct found_item *found = ctx;

    (void) err;
    found->count++;
    found->state = *state;
    return ES_OK;
}

es_status ledger_map_get(struct es_tx *tx, int64_t log_id, const struct es_log_hash *key,
                         bool *found, struct ledger_map_change *out, struct es_error *err)
{
    struct found_item item = {.count = 0};

    ES_TRY(map_items_under(tx, log_id, key, MAP_KEY_BITS, keep_item, &item, err));
    *found = item.count == 1;
    *out = item.state;
    return ES_OK;
}

struct apply {
    struct es_tx *tx;
    int64_t log_id;
};

static es_status put_tile(struct apply *a, unsigned depth, const struct map_entry *entries,
                          size_t count, bool stored, struct map_node *out, uint64_t *added,
                          struct es_error *err);

/* Entries for a slot without items. */
static es_status put_first(struct apply *a, unsigned depth, const struct map_entry *entries,
                           size_t count, struct map_node *slot, uint64_t *added,
                           struct es_error *err)
{
    if (count > 1)
        return put_tile(a, depth + MAP_TILE_LEVELS, entries, count, false, slot, added, err);
    *slot = (struct map_node){.kind = MAP_ONE, .hash = entries[0].leaf};
    *added += 1;
    return ES_OK;
}

/* The item that is alone in a slot, as an entry; its leaf must be what the slot says. */
static es_status lone_item(struct apply *a, unsigned depth, const struct es_log_hash *key,
                           const struct map_node *slot, struct map_entry *out, struct es_error *err)
{
    struct found_item item = {.count = 0};

    ES_TRY(map_items_under(a->tx, a->log_id, key, depth + MAP_TILE_LEVELS, keep_item, &item, err));
    ES_ENSURE(item.count == 1, err, ES_E_INTEGRITY, "%zu items in the map where one must be",
              item.count);
    *out = (struct map_entry){.key = item.state.key, .present = true};
    ES_TRY(map_leaf_of(&item.state, NULL, &out->leaf, err));
    ES_ENSURE(es_log_hash_equal(&out->leaf, &slot->hash), err, ES_E_INTEGRITY,
              "an item of the map does not give its leaf");
    return ES_OK;
}

/* Entries for a slot with one item: it is replaced, or goes down with them. */
static es_status put_beside(struct apply *a, unsigned depth, const struct map_entry *entries,
                            size_t count, struct map_node *slot, uint64_t *added,
                            struct es_error *err)
{
    struct map_entry lone, *all;
    uint64_t gained = 0;
    size_t at = 0;
    es_status status;
    bool replaced;

    ES_TRY(lone_item(a, depth, &entries[0].key, slot, &lone, err));
    while (at < count && memcmp(entries[at].key.b, lone.key.b, ES_LOG_HASH_LEN) < 0)
        at++;
    replaced = at < count && es_log_hash_equal(&entries[at].key, &lone.key);
    all = calloc(count + 1, sizeof *all);
    ES_ENSURE(all != NULL, err, ES_E_NOMEM, "out of memory");
    memcpy(all, entries, at * sizeof *all);
    all[at] = lone;
    memcpy(all + at + !replaced, entries + at, (count - at) * sizeof *all);
    status = put_first(a, depth, all, count + !replaced, slot, &gained, err);
    free(all);
    *added += gained - (status == ES_OK);
    return status;
}

static es_status put_slot(struct apply *a, unsigned depth, const struct map_entry *entries,
                          size_t count, struct map_node *slot, uint64_t *added,
                          struct es_error *err)
{
    switch (slot->kind) {
    case MAP_ONE:
        return put_beside(a, depth, entries, count, slot, added, err);
    case MAP_MANY:
        return put_tile(a, depth + MAP_TILE_LEVELS, entries, count, true, slot, added, err);
    default:
        return put_first(a, depth, entries, count, slot, added, err);
    }
}

/* Put entries, sorted and all under one tile, into it; out gets what stands above it then. */
static es_status put_tile(struct apply *a, unsigned depth, const struct map_entry *entries,
                          size_t count, bool stored, struct map_node *out, uint64_t *added,
                          struct es_error *err)
{
    struct map_tile tile = {.keys = 0};
    uint64_t gained = 0;
    bool found = false;

    ES_ENSURE(depth < MAP_KEY_BITS, err, ES_E_INTEGRITY, "the map is deeper than its keys");
    if (stored) {
        ES_TRY(map_tile_load(a->tx, a->log_id, depth, &entries[0].key, &found, &tile, err));
        ES_ENSURE(found || depth == 0, err, ES_E_INTEGRITY, "a tile of the map is missing");
    }
    for (size_t first = 0, end; first < count; first = end) {
        end = map_slot_end(entries, first, count, depth);
        ES_TRY(put_slot(a, depth, entries + first, end - first,
                        &tile.slot[map_slot_of(&entries[first].key, depth)], &gained, err));
    }
    tile.keys += gained;
    *added += gained;
    ES_TRY(map_tile_store(a->tx, a->log_id, depth, &entries[0].key, &tile, err));
    return map_tile_fold(&tile, 0, MAP_TILE_SLOTS, out, err);
}

static es_status put_item(struct apply *a, const struct ledger_map_change *change,
                          struct es_error *err)
{
    const struct es_value values[] = {
        es_value_int(a->log_id),
        es_value_blob(ledger_span(&change->key)),
        es_value_int((int64_t) change->count),
        es_value_int(change->status),
        es_value_int((int64_t) change->effective_ms),
        es_value_blob(ledger_span(&change->last_hash)),
    };

    return es_tx_queue(a->tx,
                       "INSERT INTO map_item (log_id, key, count, status, effective_ms, last_hash) "
                       "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (log_id, key) DO UPDATE SET "
                       "count = excluded.count, status = excluded.status, "
                       "effective_ms = excluded.effective_ms, last_hash = excluded.last_hash",
                       values, 6, err);
}

/* Root and number of keys as the tile at depth 0 has them. */
static es_status read_top(struct es_tx *tx, int64_t log_id, struct es_log_hash *root,
                          uint64_t *keys, struct es_error *err)
{
    static const struct es_log_hash any;
    struct map_tile tile;
    struct map_node top;
    bool found = false;

    ES_TRY(map_tile_load(tx, log_id, 0, &any, &found, &tile, err));
    ES_TRY(map_tile_fold(&tile, 0, MAP_TILE_SLOTS, &top, err));
    *root = top.hash;
    *keys = tile.keys;
    return ES_OK;
}

static es_status apply_entries(struct apply *a, const struct map_entry *entries, size_t count,
                               struct es_error *err)
{
    struct map_node top;
    uint64_t added = 0;

    ES_TRY(put_tile(a, 0, entries, count, true, &top, &added, err));
    /* Items are read on the way down as they were, so they are written after it. */
    for (size_t i = 0; i < count; i++)
        ES_TRY(put_item(a, entries[i].state, err));
    return ES_OK;
}

es_status ledger_map_apply(struct es_tx *tx, int64_t log_id, struct ledger_map_change *changes,
                           size_t count, struct es_log_hash *root, uint64_t *keys,
                           struct es_error *err)
{
    struct apply apply = {.tx = tx, .log_id = log_id};
    struct map_entry *entries = NULL;
    es_status status;

    for (size_t i = 0; i < count; i++)
        ES_ENSURE(changes[i].count > 0, err, ES_E_RANGE, "a state without events in the map");
    if (count > 0) {
        ES_TRY(map_entries(changes, count, &entries, err));
        status = apply_entries(&apply, entries, count, err);
        free(entries);
        ES_TRY(status);
    }
    return read_top(tx, log_id, root, keys, err);
}
