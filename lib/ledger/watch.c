/*
 * Whoever does not sequence looks at what others signed: in another process on PostgreSQL, or while
 * this one waits for the seat. Looked up are the entries that somebody here waits for.
 */
#include "keep.h"

#define WAITING_MAX ((size_t) 16 << 20)

struct watch {
    struct es_ledger *ledger;
    bool force;
    struct keep_head head;
    struct keep_checkpoint newest;
    struct es_buf ids;    /* who waits */
    struct es_buf places; /* struct found */
    const uint8_t *id;
};
struct found {
    uint8_t entry_id[16];
    uint64_t index;
};

static es_status take_place(void *ctx, const struct es_value *columns, size_t count,
                            struct es_error *err)
{
    struct watch *watch = ctx;
    struct found found;
    int64_t index;

    (void) count;
    ES_TRY(es_value_get_int(&columns[0], &index, err));
    found.index = (uint64_t) index;
    memcpy(found.entry_id, watch->id, sizeof found.entry_id);
    es_buf_put(&watch->places, &found, sizeof found);
    return es_buf_check(&watch->places, err);
}

static es_status find_places(struct watch *watch, struct es_tx *tx, struct es_error *err)
{
    for (size_t at = 0; at < watch->ids.len; at += 16) {
        const struct es_value values[3] = {keep_blob(watch->ids.ptr + at, 16),
                                           es_value_int(watch->ledger->log_id),
                                           keep_int(watch->newest.size)};

        watch->id = watch->ids.ptr + at;
        ES_TRY(es_tx_query(tx,
                           "SELECT idx FROM log_leaf "
                           "WHERE entry_id = $1 AND log_id = $2 AND idx < $3",
                           values, 3, take_place, watch, err));
    }
    return ES_OK;
}

static es_status look(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct watch *watch = ctx;
    struct es_ledger *ledger = watch->ledger;
    uint64_t before;

    es_buf_reset(&watch->places);
    ES_TRY(keep_head_read(tx, ledger->log_id, &watch->head, err));
    ES_TRY(keep_checkpoint_newest(tx, ledger->log_id, &watch->newest, err));
    (void) pthread_mutex_lock(&ledger->lock);
    before = ledger->newest.size;
    (void) pthread_mutex_unlock(&ledger->lock);
    return watch->force || watch->newest.size > before ? find_places(watch, tx, err) : ES_OK;
}

static es_status tell(struct watch *watch, struct es_error *err)
{
    struct es_ledger *ledger = watch->ledger;
    struct es_log_place place = {.size = watch->newest.size};
    const char *why = watch->head.why[0] != '\0' ? watch->head.why : watch->head.state;

    if (watch->newest.size > 0)
        ES_TRY(keep_set_newest(ledger, &watch->newest, err));
    for (size_t at = 0; at < watch->places.len; at += sizeof(struct found)) {
        struct found found;

        memcpy(&found, watch->places.ptr + at, sizeof found);
        place.index = found.index;
        keep_tickets_done(ledger->tickets, found.entry_id, &place);
    }
    if (strcmp(watch->head.state, "open") != 0)
        keep_stop(ledger, KEEP_FROZEN, keep_code(why), why);
    return ES_OK;
}

es_status keep_watch(struct es_ledger *ledger, bool force, struct es_error *err)
{
    struct watch watch = {.ledger = ledger, .force = force};
    es_status status;

    es_buf_init(&watch.ids, WAITING_MAX);
    es_buf_init(&watch.places, 2 * WAITING_MAX);
    status = keep_tickets_waiting(ledger->tickets, &watch.ids, err);
    if (status == ES_OK)
        status = es_store_read(ledger->config.store, ES_AS_SERVICE, look, &watch, err);
    if (status == ES_OK)
        status = tell(&watch, err);
    es_buf_clear(&watch.ids);
    es_buf_clear(&watch.places);
    keep_checkpoint_clear(&watch.newest);
    return status;
}
