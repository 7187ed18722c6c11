/* The steps of an export (export.c) that copy rows of the store into a bundle (export_rows.c). */
#ifndef LEDGER_EXPORT_ROWS_H
#define LEDGER_EXPORT_ROWS_H

#include "read_internal.h"

struct export_run {
    struct es_log_reader *reader;
    const struct es_log_export *options;
    struct es_bundle_writer *writer;
    uint64_t first; /* leaf this run began with */
    /* as the store had them in the last transaction */
    struct es_bundle_head head;
    char state[16];
    int64_t newest; /* size of the newest checkpoint in the table, -1: none */
};

ES_CHECKED es_status export_head(struct export_run *run, struct es_tx *tx, struct es_error *err);
/** Leaves from the writer's next on, one page; *more tells whether it was full. */
ES_CHECKED es_status export_leaf_page(struct export_run *run, struct es_tx *tx, bool *more,
                                      struct es_error *err);
ES_CHECKED es_status export_tiles(struct export_run *run, struct es_tx *tx, struct es_error *err);
/** All checkpoints with their witness lines; sets newest. */
ES_CHECKED es_status export_checkpoints(struct export_run *run, struct es_tx *tx,
                                        struct es_error *err);
/** Indexes of details after *last, at most max, in order. */
ES_CHECKED es_status export_detail_page(struct export_run *run, struct es_tx *tx, int64_t last,
                                        int64_t *indexes, size_t max, size_t *count,
                                        struct es_error *err);

#endif
