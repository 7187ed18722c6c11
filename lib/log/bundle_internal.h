/*
 * A bundle's files for those who read and write them (docs/formats/log-bundle.md): the manifest,
 * and streams of leaves, rows, tiles, details and lines with a bounded window. Only names of the
 * page's fixed set are ever opened.
 */
#ifndef ES_LOG_BUNDLE_INTERNAL_H
#define ES_LOG_BUNDLE_INTERNAL_H

#include "es_log_bundle.h"

#define BUNDLE_MANIFEST "bundle.json"
#define BUNDLE_TILES "tiles.bin"
#define BUNDLE_CHECKPOINTS "checkpoints.jsonl"
#define BUNDLE_JOURNAL "journal.jsonl"
#define BUNDLE_DETAILS "details.bin"
#define BUNDLE_MANIFEST_MAX (4u << 20)
#define BUNDLE_LINE_MAX 65536u
#define BUNDLE_CHUNKS_MAX 1000000u
#define BUNDLE_NAME_MAX 24
#define BUNDLE_TILE_LEVELS 8
#define BUNDLE_ORIGIN_MAX 256

/* ---- where files come from: a folder, or memory in tests ---- */

struct bundle_folder {
    /** ES_E_ABSENT: no such file; other failures: it could not be read. */
    es_status (*open)(void *self, const char *name, struct es_source *out, struct es_error *err);
    void *self;
};
/** folder/name with a NUL behind. */
ES_CHECKED es_status bundle_path(const char *folder, const char *name, struct es_buf *out,
                                 struct es_error *err);
/** path is borrowed. */
struct bundle_folder bundle_folder_at(const char *const *path);

/* ---- origin and manifest ---- */

/** *status tells which log; ES_E_FORMAT when it is no origin. */
ES_CHECKED es_status bundle_origin_log(struct es_span origin, bool *status, struct es_error *err);

struct bundle_file {
    char name[BUNDLE_NAME_MAX];
    uint64_t length;
    uint8_t sm3[ES_SM3_LEN];
};
struct bundle_manifest {
    char origin[BUNDLE_ORIGIN_MAX];
    bool status; /* the status log */
    uint64_t entries;
    uint64_t head_size, head_ms;
    struct es_log_hash head_root, head_hash;
    char *state;               /* owned */
    struct bundle_file *files; /* owned, sorted by name */
    size_t file_count, file_cap;
};
void bundle_manifest_clear(struct bundle_manifest *manifest);
ES_CHECKED es_status bundle_manifest_parse(struct es_span text, struct bundle_manifest *out,
                                           struct es_error *err);
ES_CHECKED es_status bundle_manifest_read(const struct bundle_folder *folder,
                                          struct bundle_manifest *out, struct es_error *err);
ES_CHECKED es_status bundle_manifest_encode(const struct bundle_manifest *manifest,
                                            struct es_buf *out, struct es_error *err);
/** NULL: the manifest does not name it. */
const struct bundle_file *bundle_manifest_find(const struct bundle_manifest *manifest,
                                               const char *name);
/** Add or replace, keeping the order; ES_E_NOMEM. */
ES_CHECKED es_status bundle_manifest_set(struct bundle_manifest *manifest,
                                         const struct bundle_file *file, struct es_error *err);
void bundle_manifest_drop(struct bundle_manifest *manifest, const char *name);
/** "entries/000017.bin" */
void bundle_chunk_name(const char *folder, uint64_t number, char out[BUNDLE_NAME_MAX]);
/** Number of a chunk of that folder, or BUNDLE_CHUNKS_MAX when name is none. */
uint64_t bundle_chunk_number(const char *folder, const char *name);

/* ---- streams ---- */

struct bundle_reader {
    struct es_source src;
    bool open;
    uint64_t end; /* reading stops here, at most src.len */
    uint64_t off; /* in the file, of the window */
    uint8_t *window;
    size_t cap, pos, len;
};
/** window: longest piece that can be looked at. ES_E_ABSENT: no such file. */
ES_CHECKED es_status bundle_reader_open(struct bundle_reader *reader,
                                        const struct bundle_folder *folder, const char *name,
                                        size_t window, struct es_error *err);
void bundle_reader_clear(struct bundle_reader *reader);
uint64_t bundle_reader_left(const struct bundle_reader *reader);
uint64_t bundle_reader_at(const struct bundle_reader *reader);
/** Next want bytes, fewer at the end; valid until the next call. */
ES_CHECKED es_status bundle_reader_peek(struct bundle_reader *reader, size_t want,
                                        struct es_span *out, struct es_error *err);
/** Move on (or to a position); at most to the end. */
void bundle_reader_skip(struct bundle_reader *reader, uint64_t len);
void bundle_reader_seek(struct bundle_reader *reader, uint64_t at);

enum bundle_step { BUNDLE_END, BUNDLE_ITEM, BUNDLE_BROKEN };
#define BUNDLE_LEAF_WINDOW (128u << 10)
#define BUNDLE_ROW_WINDOW (32u << 10)
#define BUNDLE_TILE_WINDOW (16u << 10)
#define BUNDLE_LINE_WINDOW (BUNDLE_LINE_MAX + 1)

ES_CHECKED es_status bundle_next_leaf(struct bundle_reader *reader, enum bundle_step *step,
                                      struct es_span *leaf, struct es_error *err);
/** A row of columns; row->leaf stays empty. */
ES_CHECKED es_status bundle_next_column(struct bundle_reader *reader, enum bundle_step *step,
                                        struct es_bundle_leaf *row, struct es_error *err);
struct bundle_tile {
    unsigned level, width;
    uint64_t n;
    struct es_span hashes;
};
ES_CHECKED es_status bundle_next_tile(struct bundle_reader *reader, enum bundle_step *step,
                                      struct bundle_tile *tile, struct es_error *err);
/** First leaf under a tile; only for tiles that bundle_next_tile gave. */
uint64_t bundle_tile_first(unsigned level, uint64_t n);
struct bundle_detail {
    uint64_t index;
    uint8_t salt[32];
    uint32_t length; /* the detail itself comes next in the stream */
};
ES_CHECKED es_status bundle_next_detail(struct bundle_reader *reader, enum bundle_step *step,
                                        struct bundle_detail *detail, struct es_error *err);
/** A line without its end; BROKEN: too long or without an end, and passed over. */
ES_CHECKED es_status bundle_next_line(struct bundle_reader *reader, enum bundle_step *step,
                                      struct es_span *line, struct es_error *err);
/** Line of checkpoints.jsonl or journal.jsonl. ES_E_FORMAT: not of its form, another log or origin.
 */
ES_CHECKED es_status bundle_line_parse(struct es_span line, const struct bundle_manifest *manifest,
                                       struct es_checkpoint *out, struct es_error *err);
/** SM3 and length of what is there against the manifest. */
ES_CHECKED es_status bundle_file_check(const struct bundle_folder *folder,
                                       const struct bundle_file *file, bool *good,
                                       struct es_error *err);

/** es_log_verify over any folder. */
ES_CHECKED es_status log_verify_folder(const struct bundle_folder *folder,
                                       const struct es_log_verify_options *options,
                                       struct es_log_verify_result *out, struct es_error *err);

#endif
