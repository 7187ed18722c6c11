/*
 * What the files that read a kept log share. Every call of the header is one read-only transaction
 * that sees one state of the store; within it all refers to one signed checkpoint.
 */
#ifndef LEDGER_READ_INTERNAL_H
#define LEDGER_READ_INTERNAL_H

#include "es_ledger_read.h"
#include "ledger_internal.h"

#define READ_PAGE 1024 /* rows of leaves at a time */

struct es_log_reader { /* immutable: any thread */
    struct es_store *store;
    enum es_log_name log;
    uint64_t epoch;
    int64_t log_id;
    char origin[256];
};

/** The signed checkpoint an answer refers to. */
struct read_checkpoint {
    uint64_t size;
    struct es_log_hash root;
    struct es_buf note; /* with its witness lines */
};
void read_checkpoint_clear(struct read_checkpoint *checkpoint);
/** As es_log_read_checkpoint, within a transaction. */
ES_CHECKED es_status read_checkpoint(struct es_tx *tx, const struct es_log_reader *reader,
                                     uint64_t size, size_t witnessed, struct read_checkpoint *out,
                                     struct es_error *err);
/** The row's bytes appended; ES_E_ABSENT when there is no such row. */
ES_CHECKED es_status read_leaf(struct es_tx *tx, int64_t log_id, uint64_t index, struct es_buf *out,
                               struct es_error *err);
/** Path of the leaf at index to the checkpoint's root; ES_E_INTEGRITY when it does not lead there
 *  or the leaf is not one of that index. */
ES_CHECKED es_status read_path(const struct es_tree_source *tiles, uint64_t index,
                               struct es_span leaf, const struct read_checkpoint *checkpoint,
                               struct es_tree_path *out, struct es_error *err);

#endif
