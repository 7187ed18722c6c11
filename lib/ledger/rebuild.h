/*
 * Comparing what is derived with the leaves, part by part: rebuild.c reads the leaves and their
 * columns, the other files keep what each leaf adds and compare at the end.
 */
#ifndef LEDGER_REBUILD_H
#define LEDGER_REBUILD_H

#include "keep.h"
#include "read_internal.h"

struct rebuild {
    struct es_tx *tx;
    int64_t log_id;
    bool write; /* put right what is wrong */
    struct es_log_rebuild_result *found;
};

/* ---- rebuild_tiles.c ---- */

#define REBUILD_LEVELS 8u
struct rebuild_tiles {
    struct rebuild_tile_edge {
        unsigned width;
        uint64_t n;
        struct es_log_hash hash[LEDGER_TILE_WIDTH];
    } level[REBUILD_LEVELS];
};
/** The next leaf hash; tiles that fill are compared. */
ES_CHECKED es_status rebuild_tiles_add(struct rebuild_tiles *tiles, const struct rebuild *r,
                                       const struct es_log_hash *leaf, struct es_error *err);
/** Compare the tiles of the right edge, and look for those that have no place. */
ES_CHECKED es_status rebuild_tiles_end(struct rebuild_tiles *tiles, const struct rebuild *r,
                                       struct es_error *err);

/* ---- rebuild_map.c: memory for one state a seal ---- */

struct rebuild_map {
    struct ledger_map_change *state; /* owned */
    size_t count, cap;
    uint32_t *index; /* owned: place in state + 1 by key, 0: free; twice as long as cap */
};
void rebuild_map_clear(struct rebuild_map *map);
ES_CHECKED es_status rebuild_map_add(struct rebuild_map *map, const struct keep_leaf *leaf,
                                     struct es_error *err);
ES_CHECKED es_status rebuild_map_end(struct rebuild_map *map, const struct rebuild *r,
                                     struct es_error *err);

/* ---- rebuild_writers.c ---- */

ES_CHECKED es_status rebuild_writers_add(struct keep_writers *writers, const struct keep_leaf *leaf,
                                         struct es_error *err);
ES_CHECKED es_status rebuild_writers_end(struct keep_writers *writers, const struct rebuild *r,
                                         struct es_error *err);

/** A single number of a row. */
ES_CHECKED es_status rebuild_count(const struct rebuild *r, const char *sql, int64_t *out,
                                   struct es_error *err);

#endif
