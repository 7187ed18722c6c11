/* The pool of reading connections. Each can only read, whatever a statement says. */
#include "sqlite/lite.h"

es_status lite_readers_open(struct lite_store *store, unsigned count, struct es_error *err)
{
    store->readers = calloc(count, sizeof *store->readers);
    store->idle = calloc(count, sizeof(struct lite_conn *));
    ES_ENSURE(store->readers != NULL && store->idle != NULL, err, ES_E_NOMEM, "out of memory");
    for (; store->reader_count < count; store->reader_count++) {
        struct lite_conn *conn = &store->readers[store->reader_count];
        es_status status = lite_conn_open(conn, store, false, false, err);

        if (status != ES_OK) {
            lite_conn_clear(conn);
            return status;
        }
        store->idle[store->idle_count++] = conn;
    }
    return ES_OK;
}

void lite_readers_close(struct lite_store *store)
{
    for (size_t i = 0; i < store->reader_count; i++)
        lite_conn_clear(&store->readers[i]);
    free(store->readers);
    free(store->idle);
}

es_status lite_reader_take(struct lite_store *store, struct lite_conn **out, struct es_error *err)
{
    struct timespec until = lite_deadline(store->wait_ms);
    int late = 0;

    *out = NULL;
    pthread_mutex_lock(&store->mutex);
    while (store->idle_count == 0 && late == 0)
        late = pthread_cond_timedwait(&store->reader_idle, &store->mutex, &until);
    if (store->idle_count > 0) {
        *out = store->idle[--store->idle_count];
        lite_enter(store);
    }
    pthread_mutex_unlock(&store->mutex);
    ES_ENSURE(*out != NULL, err, ES_E_UNREACHABLE, "all readers were busy for %u ms",
              store->wait_ms);
    return ES_OK;
}

void lite_reader_give(struct lite_store *store, struct lite_conn *conn)
{
    pthread_mutex_lock(&store->mutex);
    store->idle[store->idle_count++] = conn;
    pthread_cond_signal(&store->reader_idle);
    lite_leave(store);
    pthread_mutex_unlock(&store->mutex);
}

static es_status read_with(struct lite_conn *conn, es_tx_fn fn, void *ctx, struct es_error *err)
{
    int rc = lite_conn_begin(conn, LITE_BEGIN);
    struct lite_tx tx;
    es_status status;

    if (rc != SQLITE_OK)
        return lite_error(conn, rc, "begin", err);
    lite_tx_init(&tx, conn);
    status = lite_tx_call(&tx, fn, ctx, err);
    if (sqlite3_get_autocommit(conn->db) == 0)
        lite_conn_do(conn, LITE_ROLLBACK); /* there is nothing to keep */
    store_hooks_end(tx.base.hooks, status == ES_OK ? ES_TX_KEPT : ES_TX_DROPPED);
    return status;
}

es_status lite_read(void *self, enum es_store_as as, es_tx_fn fn, void *ctx, struct es_error *err)
{
    struct lite_conn *conn = NULL;
    es_status status;

    (void) as; /* every role may read, and none can do more on these connections */
    ES_TRY(lite_reader_take(self, &conn, err));
    status = read_with(conn, fn, ctx, err);
    lite_reader_give(self, conn);
    return status;
}
