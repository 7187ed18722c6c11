/*
 * A log as files (docs/formats/log-bundle.md): what `eseal log export` writes and what anyone can
 * verify with nothing but the log's public key. Writing takes what the store holds as it stands,
 * judging nothing; verifying believes nothing.
 */
#ifndef ES_LOG_BUNDLE_H
#define ES_LOG_BUNDLE_H

#include "es_log.h"
#include "es_log_proof.h"

#define ES_BUNDLE_CHUNK 65536u /* leaves a file of entries or columns */

/** A row of log_leaf as it stands in the store; spans borrowed. */
struct es_bundle_leaf {
    uint64_t index;
    struct es_span leaf;
    struct es_log_hash leaf_hash;
    uint16_t event_type;
    uint64_t event_ms;
    struct es_span actor, object_id; /* 0..255 bytes */
};
/** The row of log_head. */
struct es_bundle_head {
    const char *origin, *state;
    uint64_t size, last_ms;
    struct es_log_hash root, last_hash;
};

struct es_bundle_writer;
/** Begin in folder, which is made; a folder with a bundle of the same origin is continued (leaves
 *  it has are not written again), any other content is ES_E_EXISTS. ES_E_FORMAT: origin is none, or
 *  the manifest there is damaged; ES_E_MISMATCH: so is a file it counts; ES_E_WRITE. */
ES_CHECKED es_status es_bundle_open(const char *folder, const char *origin,
                                    struct es_bundle_writer **out, struct es_error *err);
void es_bundle_writer_free(
    struct es_bundle_writer *writer); /* without commit the manifest stays as was */
ES_DEFINE_FREE_AT(es_bundle_writer)
/** Index of the first leaf it does not have. */
uint64_t es_bundle_next(const struct es_bundle_writer *writer);
/** Leaves in order of index; a gap is written as it is (the verifier names it). ES_E_RANGE: out of
 *  order or longer than the file can hold; ES_E_LIMIT: the bundle is full. */
ES_CHECKED es_status es_bundle_put_leaf(struct es_bundle_writer *writer,
                                        const struct es_bundle_leaf *leaf, struct es_error *err);
/** Tiles by level, then n (ES_E_RANGE); hashes: 1 to 256 of 32 bytes. */
ES_CHECKED es_status es_bundle_put_tile(struct es_bundle_writer *writer, unsigned level, uint64_t n,
                                        struct es_span hashes, struct es_error *err);
/** A signed checkpoint with all its lines, in order of size. */
ES_CHECKED es_status es_bundle_put_checkpoint(struct es_bundle_writer *writer, uint64_t created_ms,
                                              struct es_span note, struct es_error *err);
/** A line of the journal, as it stands there. */
ES_CHECKED es_status es_bundle_put_journal(struct es_bundle_writer *writer, struct es_span line,
                                           struct es_error *err);
/** An opened detail with its salt, in order of index, at most 16 MiB (ES_E_RANGE); only with the
 *  right to read personal data. */
ES_CHECKED es_status es_bundle_put_detail(struct es_bundle_writer *writer, uint64_t index,
                                          const uint8_t salt[32], struct es_span detail,
                                          struct es_error *err);
/** Sync all files, then write the manifest. */
ES_CHECKED es_status es_bundle_commit(struct es_bundle_writer *writer,
                                      const struct es_bundle_head *head, struct es_error *err);

/* ---- reading leaves back, for refilling and for shipping on ---- */

/** Call each() with every leaf from index on, in order. ES_E_FORMAT, ES_E_MISMATCH (digest). */
ES_CHECKED es_status es_bundle_each_leaf(const char *folder, uint64_t from,
                                         es_status (*each)(void *ctx, uint64_t index,
                                                           struct es_span leaf,
                                                           struct es_error *err),
                                         void *ctx, struct es_error *err);
/** The newest checkpoint, appended (nothing when there is none), and the number of entries. Errors
 *  as above. */
ES_CHECKED es_status es_bundle_newest(const char *folder, struct es_buf *note, uint64_t *size,
                                      struct es_error *err);

/* ---- verifying (audit-log.md 9) ---- */

struct es_log_finding {
    const char *rule; /* static: "leaf_previous", …; the list is in docs/formats/log-bundle.md */
    bool notice;      /* worth knowing, no finding: counted apart */
    bool has_index;
    uint64_t index;
    char text[200];
};
struct es_log_verify_options {
    const struct es_log_trust *trust; /* origin, key, witnesses, quorum */
    struct es_span since;             /* a checkpoint trusted from before; empty: from the start */
    bool full;                        /* with since: read everything all the same */
    /* Called for each finding in the order found; may be NULL. */
    void (*found)(void *ctx, const struct es_log_finding *finding);
    /* Called now and then; may be NULL. */
    void (*progress)(void *ctx, uint64_t done, uint64_t of);
    void *ctx;
};
struct es_log_verify_result {
    char origin[256];
    uint64_t entries, checkpoints, findings, notices;
    uint64_t signed_size; /* of the newest checkpoint that holds */
    size_t witnesses;     /* lines that hold on it */
    uint64_t witnessed_s;
};
/**
 * Verify a bundle: entries N checkpoints N findings N.
 * @return ES_OK          it ran to the end, whatever it found
 *         ES_E_MISMATCH  the bundle, or the checkpoint given as since, is not of trust's log
 *         ES_E_ABSENT, ES_E_FORMAT, ES_E_LIMIT, ES_E_IO  it could not run
 */
ES_CHECKED es_status es_log_verify(const char *folder, const struct es_log_verify_options *options,
                                   struct es_log_verify_result *out, struct es_error *err);

#endif
