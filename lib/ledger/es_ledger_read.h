/*
 * Reading a kept log: tiles, proofs, exports. Needs the store alone: no key, no sequencer; any
 * process, any thread. Leaves, tiles and proofs are of signed checkpoints, never of unsigned
 * leaves; an export has what the store has. What is read is appended to out, which keeps only what
 * it held before on failure. ES_E_INTEGRITY: the store is damaged.
 */
#ifndef ES_LEDGER_READ_H
#define ES_LEDGER_READ_H

#include "es_json.h"
#include "es_ledger.h"
#include "es_log_bundle.h"

struct es_log_reader;
/** epoch 0: the newest. ES_E_ABSENT: no such log. */
ES_CHECKED es_status es_log_reader_open(struct es_store *store, enum es_log_name log,
                                        uint64_t epoch, struct es_log_reader **out,
                                        struct es_error *err);
void es_log_reader_free(struct es_log_reader *reader);
ES_DEFINE_FREE_AT(es_log_reader)
const char *es_log_reader_origin(const struct es_log_reader *reader);
int64_t es_log_reader_id(const struct es_log_reader *reader);

/** Checkpoint of a size with the witness lines collected so far; size 0: the newest. With
 *  witnessed > 0: the newest that has at least so many lines. ES_E_ABSENT. */
ES_CHECKED es_status es_log_read_checkpoint(struct es_log_reader *reader, uint64_t size,
                                            size_t witnessed, struct es_buf *note,
                                            uint64_t *size_out, struct es_error *err);
/** Keep a witness's line for a checkpoint of ours; ES_E_MISMATCH when it does not hold for it. */
ES_CHECKED es_status es_log_add_cosign(struct es_store *store, struct es_log_reader *reader,
                                       uint64_t size, const char *witness,
                                       const struct es_pubkey *key, struct es_span line,
                                       struct es_error *err);
/** Bytes of one leaf. ES_E_ABSENT: not under the newest checkpoint. */
ES_CHECKED es_status es_log_read_leaf(struct es_log_reader *reader, uint64_t index,
                                      struct es_buf *out, struct es_error *err);
/** Up to 256 leaves from n * 256, each u32 length and leaf; only what is under a checkpoint. */
ES_CHECKED es_status es_log_read_entries(struct es_log_reader *reader, uint64_t n,
                                         struct es_buf *out, struct es_error *err);
/** Hashes of tile n of level 0 to 7 (256^level leaves a hash), 32 bytes each; only whole subtrees.
 *  ES_E_ABSENT, as for entries: nothing of it is signed. */
ES_CHECKED es_status es_log_read_tile(struct es_log_reader *reader, unsigned level, uint64_t n,
                                      struct es_buf *out, struct es_error *err);

/* Proofs as JSON (audit-log.md 5). size or to 0: the newest checkpoint. ES_E_ABSENT: no checkpoint
 * has that size; ES_E_RANGE: the leaf lies behind it, or from and to do not rise from 1 on. */
ES_CHECKED es_status es_log_prove_inclusion(struct es_log_reader *reader, uint64_t index,
                                            uint64_t size, struct es_buf *out,
                                            struct es_error *err);
ES_CHECKED es_status es_log_prove_consistency(struct es_log_reader *reader, uint64_t from,
                                              uint64_t to, struct es_buf *out,
                                              struct es_error *err);
/** The path alone, for witnesses: of any sizes up to the newest checkpoint's, not checked here. */
ES_CHECKED es_status es_log_consistency_path(struct es_log_reader *reader, uint64_t from,
                                             uint64_t to, struct es_tree_path *out,
                                             struct es_error *err);
/** Receipt: inclusion proof of the newest audit leaf with that subject. ES_E_ABSENT. */
ES_CHECKED es_status es_log_prove_subject(struct es_log_reader *reader, const uint8_t subject[32],
                                          struct es_buf *out, struct es_error *err);
/** Seal-status proof for a map key, present or absent, under the newest checkpoint (or the newest
 *  with at least witnessed lines). */
ES_CHECKED es_status es_log_prove_status(struct es_log_reader *reader,
                                         const struct es_log_hash *key, size_t witnessed,
                                         struct es_buf *out, struct es_error *err);

struct es_log_export {
    bool details; /* with keyring */
    const struct es_keyring *keyring;
    const char *journal; /* NULL: none is written */
    void (*progress)(void *ctx, uint64_t done, uint64_t of);
    void *ctx;
};
/** Write or continue a bundle of everything the store holds of this log, as it stands. */
ES_CHECKED es_status es_log_export(struct es_log_reader *reader, const char *folder,
                                   const struct es_log_export *options, uint64_t *entries,
                                   struct es_error *err);

/** What is derived and does not agree with the leaves. */
struct es_log_rebuild_result {
    uint64_t leaves;                                /* that were read */
    uint64_t columns, tiles, nodes, items, writers; /* rows that were wrong, missing or too many */
};
/** Compare everything derived with the leaves; with write, put it right (search columns cannot be
 *  updated in place where the engine forbids it: they are only counted). The tree must give the
 *  root of the newest checkpoint: ES_E_INTEGRITY, nothing written. With write nobody may sequence
 *  the log: ES_E_CONFLICT. */
ES_CHECKED es_status es_log_rebuild(struct es_log_reader *reader, bool write,
                                    struct es_log_rebuild_result *out, struct es_error *err);

#endif
