/* What the files of lib/ledger share. */
#ifndef ES_LEDGER_INTERNAL_H
#define ES_LEDGER_INTERNAL_H

#include "es_ledger.h"

#define LEDGER_TILE_WIDTH 256u

static inline struct es_span ledger_span(const struct es_log_hash *hash)
{
    return es_span_of(hash->b, sizeof hash->b);
}

/* ---- tiles.c: the tree in the store ---- */

/** Right edge of the tree with the partial tiles that a batch will touch. */
struct ledger_tiles {
    int64_t log_id;
    struct es_tree tree;
    struct ledger_tile {
        uint64_t n;
        unsigned width; /* hashes it holds */
        bool changed;
        struct es_log_hash hash[LEDGER_TILE_WIDTH];
    } level[8];             /* the partial (or just filled) tile of each level */
    struct es_buf finished; /* tiles that filled during the batch, to be written */
};
void ledger_tiles_clear(struct ledger_tiles *tiles);
/** From the store, for a log of size leaves. ES_E_INTEGRITY when tiles are missing. */
ES_CHECKED es_status ledger_tiles_load(struct es_tx *tx, int64_t log_id, uint64_t size,
                                       struct ledger_tiles *out, struct es_error *err);
ES_CHECKED es_status ledger_tiles_append(struct ledger_tiles *tiles, const struct es_log_hash *leaf,
                                         struct es_error *err);
/** Write the tiles touched since the last time. */
ES_CHECKED es_status ledger_tiles_store(struct es_tx *tx, struct ledger_tiles *tiles,
                                        struct es_error *err);
/** Write one tile, whole or partial. */
ES_CHECKED es_status ledger_tile_put(struct es_tx *tx, int64_t log_id, unsigned level, uint64_t n,
                                     struct es_span hashes, struct es_error *err);
/** Root of hashes that stand side by side, a power of two of them. */
ES_CHECKED es_status ledger_tile_root(const struct es_log_hash *hash, size_t count,
                                      struct es_log_hash *out, struct es_error *err);
/** Subtrees from stored tiles, for proofs: tx and log_id set, all else zeros. Nothing to release.
 *  ES_E_INTEGRITY: a tile is missing. */
struct ledger_tile_source {
    struct es_tx *tx;
    int64_t log_id;
    struct ledger_tile_slot {
        bool used;
        unsigned level, width;
        uint64_t n;
        struct es_log_hash hash[LEDGER_TILE_WIDTH];
    } slot[16];
    size_t next;
};
struct es_tree_source ledger_tile_source(struct ledger_tile_source *source);

/* ---- map_store.c: the map of states in the store ---- */

struct ledger_map_change {
    struct es_log_hash key;
    uint64_t count; /* of events, after the batch */
    uint8_t status;
    uint64_t effective_ms;
    struct es_log_hash last_hash;
};
/** State of one key; *found false when the log has no event of it. */
ES_CHECKED es_status ledger_map_get(struct es_tx *tx, int64_t log_id, const struct es_log_hash *key,
                                    bool *found, struct ledger_map_change *out,
                                    struct es_error *err);
/** Put changes (no key twice, any order) into items and nodes; gives root and number of keys. */
ES_CHECKED es_status ledger_map_apply(struct es_tx *tx, int64_t log_id,
                                      struct ledger_map_change *changes, size_t count,
                                      struct es_log_hash *root, uint64_t *keys,
                                      struct es_error *err);

#endif
