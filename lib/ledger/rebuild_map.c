/*
 * The map made anew from status events: the last event of each key is its state. States are kept
 * by key in an open-addressed index; keys are SM3 values, so their first bytes spread evenly.
 */
#include "rebuild.h"

#include <stdlib.h>

#include "map_tile.h"

#define APPLY_BATCH 1024u
#define KEYS_MAX (1u << 30)

void rebuild_map_clear(struct rebuild_map *map)
{
    free(map->state);
    free(map->index);
    *map = (struct rebuild_map){.state = NULL};
}

/* ---- states by key ---- */

/* Place in the index where key is or would be. */
static size_t place_of(const struct rebuild_map *map, const struct es_log_hash *key)
{
    size_t mask = 2 * map->cap - 1, at = 0;

    for (size_t i = 0; i < sizeof at; i++)
        at = at << 8 | key->b[i];
    for (at &= mask; map->index[at] != 0; at = (at + 1) & mask)
        if (es_log_hash_equal(&map->state[map->index[at] - 1].key, key))
            break;
    return at;
}

static struct ledger_map_change *find(const struct rebuild_map *map, const struct es_log_hash *key)
{
    size_t at;

    if (map->cap == 0)
        return NULL;
    at = place_of(map, key);
    return map->index[at] == 0 ? NULL : &map->state[map->index[at] - 1];
}

static es_status grow(struct rebuild_map *map, struct es_error *err)
{
    size_t cap = map->cap == 0 ? 64 : 2 * map->cap;
    struct ledger_map_change *state;
    uint32_t *index;

    ES_ENSURE(cap <= KEYS_MAX, err, ES_E_LIMIT, "more than %u seals", KEYS_MAX);
    state = reallocarray(map->state, cap, sizeof *state);
    ES_ENSURE(state != NULL, err, ES_E_NOMEM, "out of memory");
    map->state = state;
    index = calloc(2 * cap, sizeof *index);
    ES_ENSURE(index != NULL, err, ES_E_NOMEM, "out of memory");
    free(map->index);
    map->index = index;
    map->cap = cap;
    for (size_t i = 0; i < map->count; i++)
        map->index[place_of(map, &map->state[i].key)] = (uint32_t) i + 1;
    return ES_OK;
}

es_status rebuild_map_add(struct rebuild_map *map, const struct keep_leaf *leaf,
                          struct es_error *err)
{
    const struct es_status_event *event = &leaf->status;
    struct ledger_map_change *state = find(map, &event->map_key);

    if (state == NULL) {
        if (map->count == map->cap)
            ES_TRY(grow(map, err));
        map->index[place_of(map, &event->map_key)] = (uint32_t) map->count + 1;
        state = &map->state[map->count++];
        state->key = event->map_key;
    }
    state->count = event->event_seq + 1;
    state->status = event->status;
    state->effective_ms = event->effective_ms;
    state->last_hash = leaf->hash;
    return ES_OK;
}

/* ---- items ---- */

struct item_compare {
    const struct rebuild_map *map;
    uint64_t wrong, found;
};

static es_status compare_item(void *ctx, const struct ledger_map_change *stored,
                              struct es_error *err)
{
    struct item_compare *c = ctx;
    const struct ledger_map_change *made = find(c->map, &stored->key);

    (void) err;
    c->found += made != NULL;
    c->wrong += made == NULL || made->count != stored->count || made->status != stored->status ||
                made->effective_ms != stored->effective_ms ||
                !es_log_hash_equal(&made->last_hash, &stored->last_hash);
    return ES_OK;
}

/* By the keys' first byte: no query is too long. */
static es_status compare_items(const struct rebuild_map *map, const struct rebuild *r,
                               struct es_error *err)
{
    struct item_compare compare = {.map = map};

    for (unsigned byte = 0; byte < 256; byte++) {
        const struct es_log_hash prefix = {{(uint8_t) byte}};

        ES_TRY(map_items_under(r->tx, r->log_id, &prefix, 8, compare_item, &compare, err));
    }
    r->found->items += compare.wrong + (map->count - compare.found);
    return ES_OK;
}

/* ---- tiles ---- */

struct tile_compare {
    const struct rebuild *r;
    uint64_t wrong, found;
};

static bool same_tile(const struct map_tile *a, const struct map_tile *b)
{
    bool same = a->keys == b->keys;

    for (unsigned i = 0; i < MAP_TILE_SLOTS; i++)
        same = same && a->slot[i].kind == b->slot[i].kind &&
               es_log_hash_equal(&a->slot[i].hash, &b->slot[i].hash);
    return same;
}

static es_status compare_tile(struct tile_compare *c, unsigned depth,
                              const struct map_entry *entries, size_t count, struct map_node *out,
                              struct es_error *err);

static es_status compare_slot(struct tile_compare *c, unsigned depth,
                              const struct map_entry *entries, size_t count, struct map_node *out,
                              struct es_error *err)
{
    if (count > 1)
        return compare_tile(c, depth + MAP_TILE_LEVELS, entries, count, out, err);
    *out = (struct map_node){.kind = MAP_ONE, .hash = entries[0].leaf};
    return ES_OK;
}

static es_status compare_tile(struct tile_compare *c, unsigned depth,
                              const struct map_entry *entries, size_t count, struct map_node *out,
                              struct es_error *err)
{
    struct map_tile made = {.keys = count}, stored;
    bool found = false;
    es_status status;

    ES_BUG_ON(depth >= MAP_KEY_BITS); /* keys differ */
    for (size_t first = 0, end; first < count; first = end) {
        end = map_slot_end(entries, first, count, depth);
        ES_TRY(compare_slot(c, depth, entries + first, end - first,
                            &made.slot[map_slot_of(&entries[first].key, depth)], err));
    }
    status = map_tile_load(c->r->tx, c->r->log_id, depth, &entries[0].key, &found, &stored, err);
    ES_ENSURE(status == ES_OK || status == ES_E_INTEGRITY, err, status, "map tile");
    c->found += found || status != ES_OK;
    c->wrong += status != ES_OK || !found || !same_tile(&made, &stored);
    return map_tile_fold(&made, 0, MAP_TILE_SLOTS, out, err);
}

static es_status compare_tiles(const struct rebuild_map *map, const struct rebuild *r,
                               struct es_error *err)
{
    struct tile_compare compare = {.r = r};
    struct map_entry *entries = NULL;
    struct map_node top;
    int64_t stored = 0;
    es_status status;

    ES_TRY(rebuild_count(r, "SELECT COUNT(*) FROM map_node WHERE log_id = $1", &stored, err));
    if (map->count > 0) {
        ES_TRY(map_entries(map->state, map->count, &entries, err));
        status = compare_tile(&compare, 0, entries, map->count, &top, err);
        free(entries);
        ES_TRY(status);
    }
    r->found->nodes += compare.wrong + ((uint64_t) stored - compare.found);
    return ES_OK;
}

/* ---- writing ---- */

static es_status make_anew(struct rebuild_map *map, const struct rebuild *r, struct es_error *err)
{
    const struct es_value id = es_value_int(r->log_id);
    struct es_log_hash root;
    uint64_t keys = 0;

    ES_TRY(es_tx_run(r->tx, "DELETE FROM map_node WHERE log_id = $1", &id, 1, NULL, err));
    ES_TRY(es_tx_run(r->tx, "DELETE FROM map_item WHERE log_id = $1", &id, 1, NULL, err));
    for (size_t first = 0; first < map->count; first += APPLY_BATCH) {
        size_t count = map->count - first < APPLY_BATCH ? map->count - first : APPLY_BATCH;

        ES_TRY(ledger_map_apply(r->tx, r->log_id, map->state + first, count, &root, &keys, err));
    }
    return ES_OK;
}

es_status rebuild_map_end(struct rebuild_map *map, const struct rebuild *r, struct es_error *err)
{
    ES_TRY(compare_items(map, r, err));
    ES_TRY(compare_tiles(map, r, err));
    if (!r->write || (r->found->items == 0 && r->found->nodes == 0))
        return ES_OK;
    return make_anew(map, r, err);
}
