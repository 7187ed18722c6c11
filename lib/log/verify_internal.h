/*
 * One run of the verifier (docs/formats/log-bundle.md): leaves pass once, front to back, and every
 * part looks at each leaf as it goes by. Memory grows with writers, seals and checkpoints and by
 * 8 bytes an audit leaf, never with the size of files.
 */
#ifndef ES_LOG_VERIFY_INTERNAL_H
#define ES_LOG_VERIFY_INTERNAL_H

#include "bundle_internal.h"
#include "log_internal.h"

enum verify_body { VERIFY_NO_BODY = 0, VERIFY_AUDIT, VERIFY_STATUS, VERIFY_MAP_HEAD };

/** A leaf as the parts see it. */
struct verify_leaf {
    uint64_t place;
    struct es_log_hash hash;
    bool decoded;
    struct es_leaf leaf;
    enum verify_body body; /* what decoded */
    struct es_audit_event audit;
    struct es_status_event status;
    struct es_map_head head;
};

/* ---- writers: an open-addressing table, keyed so that chosen ids cannot pile up ---- */

struct verify_writer {
    uint64_t id, last_seq;
    bool used, stopped;
};
struct verify_instance {
    uint8_t name[16]; /* of SM3(object_id) */
    uint64_t writer_id;
    bool used;
};
struct verify_writers {
    struct verify_writer *writers;
    size_t writer_count, writer_cap; /* cap: a power of two, or 0 */
    struct verify_instance *instances;
    size_t instance_count, instance_cap;
    uint64_t seed[2];
};

/* ---- entry ids: 8 bytes each, sorted at the end; hits are read again and compared whole ---- */

struct verify_ids {
    uint64_t *prints;
    size_t count, cap;
};

/* ---- the map: a path-compressed tree whose hashes are made when a map head asks ---- */

struct verify_seal {
    struct es_log_hash key, last, hash;
    uint64_t event_seq, effective_ms;
    uint8_t status;
    bool ended; /* an event 80 was seen */
    bool dirty;
};
struct verify_branch {
    uint32_t child[2];
    uint32_t sample; /* a seal below: its key has the bits above */
    uint16_t depth;  /* bit in which the children differ */
    bool dirty;
    struct es_log_hash hash; /* at the depth where the parent sees it */
};
struct verify_map {
    struct verify_seal *seals;
    size_t seal_count, seal_cap;
    struct verify_branch *branches;
    size_t branch_count, branch_cap;
    uint32_t root; /* VERIFY_EMPTY: nothing */
};

/* ---- checkpoints: each size and root once, by size ---- */

struct verify_checkpoint {
    uint64_t size, witnessed_s;
    struct es_log_hash root;
    uint8_t own_sig[ES_SM3_LEN]; /* SM3 of the log's signature that held */
    size_t witnesses;
    bool in_table, in_journal, given, quorum, wrong_root, beyond;
};
struct verify_list {
    struct verify_checkpoint *items;
    size_t count, cap;
};
struct verify_checkpoints {
    struct verify_list good, bad; /* bad: signature does not hold */
    bool has_table, has_journal;
    size_t next; /* of good, not yet passed by the leaves */
};

/* ---- tiles: one cursor a level; hashes of the tile being made ---- */

struct verify_level {
    struct bundle_reader reader;
    uint64_t begin, end; /* in tiles.bin */
    struct bundle_tile tile;
    bool has_tile;
    uint64_t count, known_from; /* hashes passed; those below known_from are not known */
    struct es_log_hash hashes[256];
};
struct verify_tiles {
    bool on;
    struct verify_level *levels; /* BUNDLE_TILE_LEVELS of them */
};

struct verify_details {
    struct bundle_reader reader;
    bool on, has;
    uint64_t last;
    struct bundle_detail detail;
};

struct verify {
    const struct bundle_folder *folder;
    const struct es_log_verify_options *options;
    struct es_log_verify_result *out;
    struct bundle_manifest manifest;
    uint64_t first; /* leaves before are not read */
    bool ended_early;

    struct es_tree tree;
    struct es_log_hash previous;
    bool has_previous, has_last_ms;
    uint64_t last_ms;
    bool last_is_map_head;

    struct verify_writers writers;
    struct verify_ids ids;
    struct verify_map map;
    struct verify_checkpoints checkpoints;
    struct verify_tiles tiles;
    struct bundle_reader columns;
    bool columns_on;
    struct verify_details details;
};

/* ---- findings ---- */

void verify_found(struct verify *v, const char *rule, uint64_t index, const char *format, ...)
    ES_PRINTF(4, 5);
/** Without an index. */
void verify_found_file(struct verify *v, const char *rule, const char *format, ...) ES_PRINTF(3, 4);
void verify_notice(struct verify *v, const char *rule, uint64_t index, const char *format, ...)
    ES_PRINTF(4, 5);
void verify_progress(struct verify *v, uint64_t done);

/* ---- parts, each told of every leaf in order ---- */

/** Room for one more in an array of count items. */
ES_CHECKED es_status verify_grow(void **items, size_t count, size_t *cap, size_t item,
                                 struct es_error *err);

ES_CHECKED es_status verify_writers_init(struct verify_writers *w, struct es_error *err);
void verify_writers_clear(struct verify_writers *w);
ES_CHECKED es_status verify_writers_see(struct verify *v, const struct verify_leaf *leaf,
                                        struct es_error *err);

ES_CHECKED es_status verify_ids_see(struct verify *v, const struct verify_leaf *leaf,
                                    struct es_error *err);
ES_CHECKED es_status verify_ids_finish(struct verify *v, struct es_error *err);
void verify_ids_clear(struct verify_ids *ids);

void verify_map_init(struct verify_map *map);
void verify_map_clear(struct verify_map *map);
/** The seal of key; *fresh when it was not there: then everything but key is zero. The way to it
 *  is marked for hashing again. */
ES_CHECKED es_status verify_map_touch(struct verify_map *map, const struct es_log_hash *key,
                                      struct verify_seal **out, bool *fresh, struct es_error *err);
ES_CHECKED es_status verify_map_root(struct verify_map *map, struct es_log_hash *out,
                                     struct es_error *err);
ES_CHECKED es_status verify_status_see(struct verify *v, const struct verify_leaf *leaf,
                                       struct es_error *err);
ES_CHECKED es_status verify_head_see(struct verify *v, const struct verify_leaf *leaf,
                                     struct es_error *err);

/** Read table and journal, judge signatures and order. given may be NULL. */
ES_CHECKED es_status verify_checkpoints_read(struct verify *v, const struct es_checkpoint *given,
                                             struct es_error *err);
/** The tree has the size it has now. */
ES_CHECKED es_status verify_checkpoints_pass(struct verify *v, struct es_error *err);
void verify_checkpoints_finish(struct verify *v);
void verify_checkpoints_clear(struct verify_checkpoints *c);

ES_CHECKED es_status verify_tiles_open(struct verify *v, struct es_error *err);
/** Edge of the tree of size leaves from the tiles; *good false when they do not have it. */
ES_CHECKED es_status verify_tiles_edge(struct verify *v, uint64_t size, struct es_tree *out,
                                       bool *good, struct es_error *err);
/** Leaves before v->first are not known. */
ES_CHECKED es_status verify_tiles_begin(struct verify *v, struct es_error *err);
ES_CHECKED es_status verify_tiles_node(struct verify *v, unsigned level,
                                       const struct es_log_hash *hash, struct es_error *err);
ES_CHECKED es_status verify_tiles_finish(struct verify *v, struct es_error *err);
void verify_tiles_clear(struct verify_tiles *tiles);

ES_CHECKED es_status verify_columns_open(struct verify *v, uint64_t chunk, struct es_error *err);
ES_CHECKED es_status verify_columns_see(struct verify *v, const struct verify_leaf *leaf,
                                        struct es_error *err);
/** A row of a leaf before v->first. */
ES_CHECKED es_status verify_columns_pass(struct verify *v, uint64_t place, struct es_error *err);
void verify_columns_close(struct verify *v, uint64_t place);
/** Files without entries must be empty. */
ES_CHECKED es_status verify_columns_finish(struct verify *v, uint64_t chunks, struct es_error *err);

ES_CHECKED es_status verify_details_open(struct verify *v, struct es_error *err);
ES_CHECKED es_status verify_details_see(struct verify *v, const struct verify_leaf *leaf,
                                        struct es_error *err);
ES_CHECKED es_status verify_details_finish(struct verify *v, struct es_error *err);

/** Strictly by the page; e borrows from leaf. */
bool verify_audit_decodes(const struct es_leaf *leaf, struct es_audit_event *e);
/** All about one leaf: it becomes part of the tree. */
ES_CHECKED es_status verify_leaf(struct verify *v, struct es_span bytes, struct es_error *err);

#endif
