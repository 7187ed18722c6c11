/* A batch on its way from the outbox to the log: between round.c and build.c. */
#ifndef LEDGER_BATCH_H
#define LEDGER_BATCH_H

#include "keep.h"

/** A leaf of the batch with the row it came from; id 0: the sequencer's own or a map head. */
struct keep_item {
    struct keep_leaf leaf;
    struct keep_row row;
};
#define KEEP_OWN_MAX 8 /* leaves of our own that one batch can have beside its rows */

struct keep_batch {
    struct es_ledger *ledger;
    uint64_t now_ms;
    bool last; /* the process ends in order */

    struct es_arena arena;         /* everything the spans below point to */
    struct keep_head before, head; /* as read; as it will be */
    struct keep_row *row;
    size_t rows, rows_max;
    struct keep_item *item;
    size_t items;
    struct keep_writers writers;
    struct keep_states states;
    struct keep_writer own;
    bool clock_back; /* the clock stands behind the log, and that is told */
    bool alarm_clock;
    uint64_t late; /* changes of state whose time had to be kept within the rules */
    bool refused;  /* why says which row and what is wrong with it */
    char why[KEEP_WHY_MAX];
};

/** A copy that lives as long as the batch. */
ES_CHECKED es_status keep_copy(struct keep_batch *batch, struct es_span from, struct es_span *out,
                               struct es_error *err);
/** Leaves of all rows up to the first that is refused, and of our own. */
ES_CHECKED es_status keep_build(struct keep_batch *batch, struct es_tx *tx, struct es_error *err);
void keep_refuse(struct keep_batch *batch, int64_t id, const char *what);

#endif
