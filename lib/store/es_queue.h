/*
 * Work to be done once each, taken by many: a table with leases. PostgreSQL takes rows with FOR
 * UPDATE SKIP LOCKED over a partial index; SQLite has one writer and needs no lock.
 */
#ifndef ES_QUEUE_H
#define ES_QUEUE_H

#include "es_store.h"

struct es_queue_item {
    int64_t id;
    int64_t tries;      /* how often it was taken, this time included */
    struct es_buf body; /* owned */
};
void es_queue_item_clear(struct es_queue_item *item);
/** In the caller's transaction: nothing is queued that was not committed. topic: a short word. */
ES_CHECKED es_status es_queue_put(struct es_tx *tx, const char *topic, struct es_span body,
                                  int64_t not_before_ms, struct es_error *err);
/** Take the oldest due item and hold it for lease_ms; after that others may take it.
 *  ES_E_ABSENT: nothing is due. */
ES_CHECKED es_status es_queue_take(struct es_store *store, const char *topic, int64_t now_ms,
                                   int64_t lease_ms, struct es_queue_item *out,
                                   struct es_error *err);
/** Done: remove it, in the transaction that holds its effect. ES_E_CONFLICT: the lease ended and
 *  somebody else has it. */
ES_CHECKED es_status es_queue_done(struct es_tx *tx, const struct es_queue_item *item,
                                   struct es_error *err);
/** Not done: due again at not_before_ms; why is kept for people. */
ES_CHECKED es_status es_queue_later(struct es_tx *tx, const struct es_queue_item *item,
                                    int64_t not_before_ms, const char *why, struct es_error *err);

#endif
