/*
 * How the map of states lies in the table map_node. Four levels of the tree make a tile; tile
 * (depth, path) stands where the first depth bits of a key are those of path, depth a multiple of
 * four. Of the sixteen subtrees under it a tile keeps what is needed to go on with one look-up:
 *
 *     MAP_NONE  no item
 *     MAP_ONE   one item: its leaf hash, at whatever depth it comes to stand
 *     MAP_MANY  two items or more: the hash of their root; their tile lies four levels deeper
 *
 * A tile exists where there are two items or more, and at depth 0 where there is one. In the row,
 * path is the first depth bits in whole bytes, the rest zero, and hash is
 *
 *     u64 items under the tile, u16 slots that are not NONE, u16 slots that are MANY (bit 15 - i
 * for slot i), 32 bytes for each slot that is not NONE
 */
#ifndef ES_MAP_TILE_H
#define ES_MAP_TILE_H

#include "ledger_internal.h"

#define MAP_TILE_LEVELS 4u
#define MAP_TILE_SLOTS 16u
#define MAP_KEY_BITS 256u

enum map_kind { MAP_NONE = 0, MAP_ONE, MAP_MANY };
struct map_node {
    enum map_kind kind;
    struct es_log_hash hash; /* zeros for MAP_NONE, as audit-log.md 3 has it */
};
struct map_tile {
    uint64_t keys; /* items under it */
    struct map_node slot[MAP_TILE_SLOTS];
};

/** A key and what its leaf is; without a leaf: the key is not there. */
struct map_entry {
    struct es_log_hash key, leaf;
    bool present;
    const struct ledger_map_change *state;
};

static inline unsigned map_slot_of(const struct es_log_hash *key, unsigned depth)
{
    return (unsigned) key->b[depth / 8] >> (4 - depth % 8) & 15u;
}
/** Items of a sorted list from first on that lie in the same slot of a tile at depth: end. */
size_t map_slot_end(const struct map_entry *entries, size_t first, size_t count, unsigned depth);

/** *found false when there is no such row. ES_E_INTEGRITY: a row that is no tile. */
ES_CHECKED es_status map_tile_load(struct es_tx *tx, int64_t log_id, unsigned depth,
                                   const struct es_log_hash *key, bool *found, struct map_tile *out,
                                   struct es_error *err);
ES_CHECKED es_status map_tile_store(struct es_tx *tx, int64_t log_id, unsigned depth,
                                    const struct es_log_hash *key, const struct map_tile *tile,
                                    struct es_error *err);
/** What stands above width slots (a power of two) from first on. */
ES_CHECKED es_status map_tile_fold(const struct map_tile *tile, unsigned first, unsigned width,
                                   struct map_node *out, struct es_error *err);

/** The leaf of a state: H(10 || key || value). value may be NULL. */
ES_CHECKED es_status map_leaf_of(const struct ledger_map_change *state, struct es_log_hash *value,
                                 struct es_log_hash *leaf, struct es_error *err);
/** Call each() with the states whose keys begin with the first bits of key, by key. */
ES_CHECKED es_status map_items_under(
    struct es_tx *tx, int64_t log_id, const struct es_log_hash *key, unsigned bits,
    es_status (*each)(void *ctx, const struct ledger_map_change *state, struct es_error *err),
    void *ctx, struct es_error *err);
/** Changes as entries sorted by key (malloc'd, count + 1 long). ES_E_CONFLICT: a key twice. */
ES_CHECKED es_status map_entries(const struct ledger_map_change *states, size_t count,
                                 struct map_entry **out, struct es_error *err);

/**
 * Proof of a key in the map as it was before some changes: past holds, for every key that changed
 * since, its state then, count 0 where it was not there; with count 0 it is the stored map. root
 * (may be NULL) gets the root.
 */
ES_CHECKED es_status map_prove_past(struct es_tx *tx, int64_t log_id,
                                    const struct ledger_map_change *past, size_t count,
                                    const struct es_log_hash *key, struct es_map_proof *out,
                                    struct es_log_hash *root, struct es_error *err);

#endif
