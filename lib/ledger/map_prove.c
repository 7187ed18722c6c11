/*
 * Proofs from the stored map, as it is or as it was under an older checkpoint. The store keeps
 * only the newest map; an older one differs from it by the keys that changed since, and what they
 * were stands in the log. So an older tree is the stored one with those leaves put back, and with
 * those that came later taken out.
 */
#include "map_tile.h"

#include <stdlib.h>

struct past {
    struct es_tx *tx;
    int64_t log_id;
    const struct map_entry *entries; /* by key */
    size_t count;
};

static es_status past_tile(const struct past *p, unsigned depth, const struct es_log_hash *key,
                           const struct map_entry *entries, size_t count, struct map_tile *out,
                           struct es_error *err);

/* A slot as it was, entries being what changed under it since. */
static es_status past_slot(const struct past *p, unsigned depth, const struct map_entry *entries,
                           size_t count, struct map_node *slot, struct es_error *err)
{
    struct map_tile tile;

    ES_ENSURE(slot->kind == MAP_MANY || (slot->kind == MAP_ONE && count == 1), err, ES_E_INTEGRITY,
              "the map has no place for a key of the log");
    if (slot->kind == MAP_MANY) {
        ES_TRY(past_tile(p, depth + MAP_TILE_LEVELS, &entries[0].key, entries, count, &tile, err));
        return map_tile_fold(&tile, 0, MAP_TILE_SLOTS, slot, err);
    }
    *slot = (struct map_node){.kind = MAP_NONE};
    if (entries[0].present)
        *slot = (struct map_node){.kind = MAP_ONE, .hash = entries[0].leaf};
    return ES_OK;
}

/* The tile on the way to key as it was; entries are those that lie under it. */
static es_status past_tile(const struct past *p, unsigned depth, const struct es_log_hash *key,
                           const struct map_entry *entries, size_t count, struct map_tile *out,
                           struct es_error *err)
{
    bool found = false;

    ES_ENSURE(depth < MAP_KEY_BITS, err, ES_E_INTEGRITY, "the map is deeper than its keys");
    ES_TRY(map_tile_load(p->tx, p->log_id, depth, key, &found, out, err));
    ES_ENSURE(found || depth == 0, err, ES_E_INTEGRITY, "a tile of the map is missing");
    for (size_t first = 0, end; first < count; first = end) {
        end = map_slot_end(entries, first, count, depth);
        ES_TRY(past_slot(p, depth, entries + first, end - first,
                         &out->slot[map_slot_of(&entries[first].key, depth)], err));
    }
    return ES_OK;
}

/* ---- the terminal ---- */

struct terminal {
    const struct past *past;
    const struct es_log_hash *leaf; /* what is looked for */
    struct es_map_proof *out;
};

static const struct map_entry *find_entry(const struct past *p, const struct es_log_hash *key)
{
    size_t low = 0, high = p->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(p->entries[middle].key.b, key->b, ES_LOG_HASH_LEN);

        if (order == 0)
            return &p->entries[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static es_status match_item(void *ctx, const struct ledger_map_change *state, struct es_error *err)
{
    struct terminal *t = ctx;
    const struct map_entry *then = find_entry(t->past, &state->key);
    struct es_log_hash value, leaf;

    if (then != NULL && !then->present)
        return ES_OK;
    ES_TRY(map_leaf_of(then != NULL ? then->state : state, &value, &leaf, err));
    if (!es_log_hash_equal(&leaf, t->leaf))
        return ES_OK;
    t->out->has_terminal = true;
    t->out->terminal = (struct es_map_item){.key = state->key, .value = value};
    return ES_OK;
}

static es_status find_terminal(const struct past *p, const struct es_log_hash *key,
                               const struct map_node *node, struct es_map_proof *out,
                               struct es_error *err)
{
    struct terminal t = {.past = p, .leaf = &node->hash, .out = out};

    if (node->kind == MAP_NONE)
        return ES_OK;
    ES_TRY(map_items_under(p->tx, p->log_id, key, (unsigned) out->count, match_item, &t, err));
    ES_ENSURE(out->has_terminal, err, ES_E_INTEGRITY, "a leaf of the map has no item");
    return ES_OK;
}

/* ---- the walk ---- */

/* Down four levels; *node is what stands where it ended: MAP_MANY only at the tile's lower edge. */
static es_status walk_tile(const struct map_tile *tile, unsigned depth,
                           const struct es_log_hash *key, struct map_node *node,
                           struct es_map_proof *out, struct es_error *err)
{
    unsigned slot = map_slot_of(key, depth), first = 0, width = MAP_TILE_SLOTS;

    ES_TRY(map_tile_fold(tile, first, width, node, err));
    while (node->kind == MAP_MANY && width > 1) {
        struct map_node sibling;
        bool one;

        width /= 2;
        one = (slot & width) != 0;
        ES_TRY(map_tile_fold(tile, one ? first : first + width, width, &sibling, err));
        first = one ? first + width : first;
        ES_TRY(map_tile_fold(tile, first, width, node, err));
        out->siblings[out->count++] = sibling.hash;
    }
    return ES_OK;
}

/* Of the entries those under the tile at depth on the way to key. */
static void narrow(const struct es_log_hash *key, unsigned depth, const struct map_entry **entries,
                   size_t *count)
{
    size_t first = 0, end;

    if (depth == 0)
        return;
    depth -= MAP_TILE_LEVELS;
    while (first < *count && map_slot_of(&(*entries)[first].key, depth) != map_slot_of(key, depth))
        first++;
    end = first < *count ? map_slot_end(*entries, first, *count, depth) : first;
    *entries += first;
    *count = end - first;
}

static es_status prove(const struct past *p, const struct es_log_hash *key,
                       struct es_map_proof *out, struct es_log_hash *root, struct es_error *err)
{
    const struct map_entry *entries = p->entries;
    size_t count = p->count;
    struct map_node node = {.kind = MAP_MANY};

    *out = (struct es_map_proof){.count = 0};
    for (unsigned depth = 0; node.kind == MAP_MANY; depth += MAP_TILE_LEVELS) {
        struct map_tile tile;
        struct map_node top;

        narrow(key, depth, &entries, &count);
        ES_TRY(past_tile(p, depth, key, entries, count, &tile, err));
        if (depth == 0 && root != NULL) {
            ES_TRY(map_tile_fold(&tile, 0, MAP_TILE_SLOTS, &top, err));
            *root = top.hash;
        }
        ES_TRY(walk_tile(&tile, depth, key, &node, out, err));
    }
    return find_terminal(p, key, &node, out, err);
}

es_status map_prove_past(struct es_tx *tx, int64_t log_id, const struct ledger_map_change *past,
                         size_t count, const struct es_log_hash *key, struct es_map_proof *out,
                         struct es_log_hash *root, struct es_error *err)
{
    struct map_entry *entries = NULL;
    struct past p = {.tx = tx, .log_id = log_id, .count = count};
    es_status status;

    if (count > 0)
        ES_TRY(map_entries(past, count, &entries, err));
    p.entries = entries;
    status = prove(&p, key, out, root, err);
    free(entries);
    return status;
}
