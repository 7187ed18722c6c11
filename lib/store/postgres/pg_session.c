/*
 * A session: one connection held by one thread, with an advisory lock of the server on it. The
 * server gives the lock back when the connection ends, so a connection that broke is never
 * replaced: whoever had the lock must learn that it is gone.
 */
#include "postgres/pg.h"

struct pg_session {
    struct pg_store *store;
    struct pg_conn conn;
    enum es_store_as as;
};

/** Take the lock, or ES_E_CONFLICT. Lock 0 is a lock like any other. */
static es_status take_lock(struct pg_conn *conn, int64_t lock_id, struct es_error *err)
{
    char number[24];
    const char *const values[] = {number};
    PGresult *result;
    es_status status = ES_OK;

    (void) snprintf(number, sizeof number, "%lld", (long long) lock_id);
    result = PQexecParams(conn->pq, "SELECT pg_try_advisory_lock($1::bigint)", 1, NULL, values,
                          NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        status = pg_fail(conn->pq, result, err);
    else if (strcmp(PQgetvalue(result, 0, 0), "t") != 0)
        status = es_error_set(err, ES_E_CONFLICT, "somebody else holds the lock %lld",
                              (long long) lock_id);
    PQclear(result);
    return status;
}

es_status pg_session_open(void *self, enum es_store_as as, int64_t lock_id, void **out,
                          struct es_error *err)
{
    struct pg_store *store = self;
    struct pg_session *session = calloc(1, sizeof *session);
    es_status status;

    ES_ENSURE(session != NULL, err, ES_E_NOMEM, "out of memory");
    session->store = store;
    session->conn.target = &store->target;
    session->as = as;
    status = pg_conn_open(&session->conn, err);
    if (status == ES_OK)
        status = take_lock(&session->conn, lock_id, err);
    if (status != ES_OK) {
        pg_session_close(session);
        return status;
    }
    *out = session;
    return ES_OK;
}

es_status pg_session_write(void *self, es_tx_fn fn, void *ctx, struct es_error *err)
{
    struct pg_session *s = self;

    return pg_write_on(s->store, &s->conn, PG_KEEP, 0, s->as, fn, ctx, err);
}

es_status pg_session_read(void *self, es_tx_fn fn, void *ctx, struct es_error *err)
{
    struct pg_session *s = self;

    return pg_read_on(s->store, &s->conn, PG_KEEP, s->as, fn, ctx, err);
}

void pg_session_close(void *self)
{
    struct pg_session *session = self;

    if (session == NULL)
        return;
    pg_conn_close(&session->conn);
    free(session);
}
