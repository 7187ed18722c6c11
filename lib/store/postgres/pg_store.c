/* The driver's table and a store's life. The first connection is made when the store is opened,
 * so that a server that is absent or set up wrong is found then. */
#include "postgres/pg.h"

#define LANES 8
#define READERS 4
#define CONNECTIONS_MAX 256
#define WAIT_MS 30000
#define WAIT_MS_MAX 3600000 /* ten times this still fits what the server takes */

static void close_store(void *self)
{
    struct pg_store *s = self;

    if (s == NULL)
        return;
    if (s->ready > 3)
        pg_bell_clear(&s->bell);
    if (s->ready > 2)
        pg_pool_clear(&s->readers);
    if (s->ready > 1)
        pg_pool_clear(&s->lanes);
    if (s->ready > 0)
        pg_target_clear(&s->target);
    free(s);
}

static es_status fill(struct pg_store *s, const char *url, const struct es_store_options *options,
                      struct es_error *err)
{
    unsigned lanes = options->lanes == 0 ? LANES : options->lanes;
    unsigned readers = options->readers == 0 ? READERS : options->readers;
    unsigned wait_ms = options->wait_ms == 0 ? WAIT_MS : options->wait_ms;

    ES_ENSURE(lanes <= CONNECTIONS_MAX && readers <= CONNECTIONS_MAX, err, ES_E_CONFIG,
              "%u lanes and %u readers, at most %d each", lanes, readers, CONNECTIONS_MAX);
    ES_ENSURE(wait_ms <= WAIT_MS_MAX, err, ES_E_CONFIG, "a wait of %u ms, at most %d", wait_ms,
              WAIT_MS_MAX);
    ES_TRY(pg_target_init(&s->target, url, wait_ms, err));
    s->ready = 1;
    ES_TRY(pg_pool_init(&s->lanes, &s->target, lanes, err));
    s->ready = 2;
    ES_TRY(pg_pool_init(&s->readers, &s->target, readers, err));
    s->ready = 3;
    ES_TRY(pg_bell_init(&s->bell, &s->target, err));
    s->ready = 4;
    return pg_conn_open(options->read_only ? &s->readers.slots[0].conn : &s->lanes.slots[0].conn,
                        err);
}

static es_status open_store(struct es_store *store, const char *url,
                            const struct es_store_options *options, void **self,
                            struct es_error *err)
{
    struct pg_store *s = calloc(1, sizeof *s);
    es_status status;

    ES_ENSURE(s != NULL, err, ES_E_NOMEM, "out of memory");
    s->store = store;
    status = fill(s, url, options, err);
    if (status != ES_OK) {
        close_store(s);
        return status;
    }
    *self = s;
    return ES_OK;
}

static unsigned lanes(void *self)
{
    return ((struct pg_store *) self)->lanes.count;
}

static es_status read_store(void *self, enum es_store_as as, es_tx_fn fn, void *ctx,
                            struct es_error *err)
{
    struct pg_store *s = self;
    unsigned number;
    es_status status;

    ES_TRY(pg_pool_take(&s->readers, -1, &number, err));
    status = pg_read_on(s, &s->readers.slots[number].conn, PG_REOPEN, as, fn, ctx, err);
    pg_pool_give(&s->readers, number);
    return status;
}

static es_status write_store(void *self, enum es_store_as as, int lane, es_tx_fn fn, void *ctx,
                             struct es_error *err)
{
    struct pg_store *s = self;
    unsigned number;
    es_status status;

    ES_TRY(pg_pool_take(&s->lanes, lane, &number, err));
    status = pg_write_on(s, &s->lanes.slots[number].conn, PG_REOPEN, number, as, fn, ctx, err);
    pg_pool_give(&s->lanes, number);
    return status;
}

static es_status notify(struct es_tx *base, const char *channel, struct es_error *err)
{
    struct pg_tx *tx = pg_tx_of(base);
    unsigned number;

    ES_TRY(pg_bell_channel(&tx->store->bell, channel, &number, err));
    tx->rings |= UINT32_C(1) << number;
    return ES_OK;
}

static es_status wait_for(void *self, const char *channel, uint64_t *seen, unsigned timeout_ms,
                          struct es_error *err)
{
    return pg_bell_wait(&((struct pg_store *) self)->bell, channel, seen, timeout_ms, err);
}

static es_status checkpoint(void *self, struct es_error *err)
{
    (void) self;
    (void) err;
    return ES_OK;
}

const struct es_store_ops store_postgres_ops = {
    .abi = ES_STORE_OPS_ABI,
    .name = "postgres",
    .scheme = "postgresql:",
    .open = open_store,
    .close = close_store,
    .lanes = lanes,
    .read = read_store,
    .write = write_store,
    .session_open = pg_session_open,
    .session_write = pg_session_write,
    .session_read = pg_session_read,
    .session_close = pg_session_close,
    .run = pg_run,
    .queue = pg_queue,
    .flush = pg_flush,
    .query = pg_query,
    .script = pg_script,
    .notify = notify,
    .wait = wait_for,
    .backup = pg_backup,
    .restore = pg_restore,
    .checkpoint = checkpoint,
};
