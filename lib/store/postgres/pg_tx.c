/*
 * Transactions. A writing one ends in one of three ways, and which one is never guessed:
 *
 *     function or statement failed, or the connection was lost before COMMIT went out: dropped
 *     the server said COMMIT and warned of nothing:                                      kept
 *     COMMIT went out and anything else came back, or nothing:                           unknown
 *     COMMIT went out and the server refused it on a live connection:                    dropped
 *
 * A transaction that lost a race (serialization, deadlock) is dropped and its function run again.
 * Nothing is tried again whose end is unknown.
 */
#include "postgres/pg.h"

#define TRIES_MAX 10

#define WRITE "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
#define READ "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

/* SPEC audit-log.md 6.3: a standby has applied what the sequencer committed. */
#define APPLIED "; SET LOCAL synchronous_commit TO remote_apply"

/* Migrations and readings of a whole log take as long as they take. */
#define UNHURRIED "; SET LOCAL statement_timeout TO 0"

static const char *const begin_write[] = {
    [ES_AS_SERVICE] = WRITE "; SET LOCAL ROLE eseal_service",
    [ES_AS_SEQUENCER] = WRITE "; SET LOCAL ROLE eseal_sequencer" APPLIED,
    [ES_AS_AUDITOR] = WRITE "; SET LOCAL ROLE eseal_auditor",
    [ES_AS_OWNER] = WRITE UNHURRIED "; SET LOCAL ROLE eseal_owner",
};
static const char *const begin_read[] = {
    [ES_AS_SERVICE] = READ "; SET LOCAL ROLE eseal_service",
    [ES_AS_SEQUENCER] = READ "; SET LOCAL ROLE eseal_sequencer",
    [ES_AS_AUDITOR] = READ UNHURRIED "; SET LOCAL ROLE eseal_auditor",
    [ES_AS_OWNER] = READ UNHURRIED "; SET LOCAL ROLE eseal_owner",
};

es_status pg_tx_fail(struct pg_tx *tx, const PGresult *result, struct es_error *err)
{
    struct es_error why = {0};
    es_status status = pg_fail(tx->conn->pq, result, &why);

    tx->lost |= pg_result_is_fatal(tx->conn->pq, result);
    tx->lost_race |= pg_result_is_lost_race(result);
    tx->conn->stale |= pg_result_is(result, "0A000");
    if (tx->why.status == ES_OK)
        tx->why = why;
    if (err != NULL)
        *err = why;
    return status;
}

es_status pg_tx_check(const struct pg_tx *tx, struct es_error *err)
{
    if (tx->why.status != ES_OK && err != NULL)
        *err = tx->why;
    return tx->why.status;
}

es_status pg_tx_ready(struct pg_tx *tx, struct es_error *err)
{
    pg_rows_settle(tx->conn);
    return pg_flush(&tx->base, err);
}

/* Before the first migration there is no such role, or it may make nothing here yet; then the
 * owner is the user who logged in. */
static es_status find_owner(struct pg_conn *conn, struct es_error *err)
{
    static const char sql[] = "SELECT count(*) FROM pg_roles WHERE rolname = 'eseal_owner' AND "
                              "pg_has_role(session_user, oid, 'MEMBER') AND "
                              "has_schema_privilege(oid, 'public', 'CREATE')";
    PGresult *result = PQexec(conn->pq, sql);
    es_status status = ES_OK;

    if (PQresultStatus(result) == PGRES_TUPLES_OK)
        conn->owner_ready = strcmp(PQgetvalue(result, 0, 0), "1") == 0;
    else
        status = pg_fail(conn->pq, result, err);
    PQclear(result);
    return status;
}

static es_status send_begin(struct pg_conn *conn, const char *sql, struct es_error *err)
{
    PGresult *result = PQexec(conn->pq, sql);
    es_status status = ES_OK;

    if (pg_result_is(result, "22023"))
        status = es_error_set(err, ES_E_CONFIG, "a role of the store is missing: migrate it first");
    else if (PQresultStatus(result) != PGRES_COMMAND_OK)
        status = pg_fail(conn->pq, result, err);
    if (status != ES_OK && pg_result_is_fatal(conn->pq, result))
        pg_conn_close(conn);
    else if (status != ES_OK)
        PQclear(PQexec(conn->pq, "ROLLBACK"));
    PQclear(result);
    return status;
}

static es_status begin_on(struct pg_conn *conn, enum es_store_as as, bool write,
                          struct es_error *err)
{
    const char *sql = write ? begin_write[as] : begin_read[as];

    if (as == ES_AS_OWNER && !conn->owner_ready)
        ES_TRY(find_owner(conn, err));
    if (as == ES_AS_OWNER && !conn->owner_ready)
        sql = write ? WRITE UNHURRIED : READ UNHURRIED;
    return send_begin(conn, sql, err);
}

/* A pooled connection may have died while it lay there. Nothing was done on it yet, so a new one
 * is taken in its place, once. */
static es_status begin(struct pg_conn *conn, enum pg_reopen reopen, enum es_store_as as, bool write,
                       struct es_error *err)
{
    es_status status;

    if (conn->pq != NULL && pg_conn_is_lost(conn))
        pg_conn_close(conn);
    if (conn->pq != NULL) {
        status = begin_on(conn, as, write, err);
        if (status == ES_OK || (conn->pq != NULL && !pg_conn_is_lost(conn)))
            return status;
        pg_conn_close(conn);
    }
    if (reopen == PG_KEEP)
        return pg_fail_lost(err);
    if (err != NULL)
        *err = (struct es_error){0};
    ES_TRY(pg_conn_open(conn, err));
    return begin_on(conn, as, write, err);
}

/** End what is not to be kept. A connection that does not even do this is closed. */
static void roll_back(struct pg_tx *tx)
{
    PGresult *result;

    (void) pg_tx_ready(tx, NULL);
    if (!tx->lost) {
        result = PQexec(tx->conn->pq, "ROLLBACK");
        tx->lost = PQresultStatus(result) != PGRES_COMMAND_OK;
        PQclear(result);
    }
}

static es_status not_known(enum es_tx_end *end, const char *why, struct es_error *err)
{
    *end = ES_TX_UNKNOWN;
    return es_error_set(err, ES_E_UNKNOWN, "%s", why);
}

/** What the answer to COMMIT means. */
static es_status judge(struct pg_tx *tx, const PGresult *answer, enum es_tx_end *end,
                       struct es_error *err)
{
    const PGconn *pq = tx->conn->pq;
    bool done = PQresultStatus(answer) == PGRES_COMMAND_OK;

    *end = ES_TX_DROPPED;
    if (!done && pg_result_is_fatal(pq, answer)) {
        tx->lost = true;
        return not_known(end, "the connection was lost around the commit", err);
    }
    if (!done)
        return pg_tx_fail(tx, answer, err);
    /* SPEC audit-log.md 6.3: a wait for the standby that was cancelled is told by a warning, in
     * the server's language; no other warning belongs to a commit. */
    if (tx->conn->warned)
        return not_known(end, "the server warned about the commit", err);
    *end = ES_TX_KEPT;
    return ES_OK;
}

static bool is_rolled_back(PGresult *answer)
{
    return PQresultStatus(answer) == PGRES_COMMAND_OK && strcmp(PQcmdStatus(answer), "COMMIT") != 0;
}

static es_status commit(struct pg_tx *tx, enum es_tx_end *end, struct es_error *err)
{
    struct pg_conn *conn = tx->conn;
    PGresult *answer;
    es_status status;

    *end = ES_TX_DROPPED;
    if (pg_conn_is_lost(conn)) {
        tx->lost = true;
        return pg_fail_lost(err);
    }
    conn->warned = false;
    answer = PQexec(conn->pq, "COMMIT");
    if (is_rolled_back(answer))
        status = es_error_set(err, ES_E_INTERNAL, "the transaction had failed and was not kept");
    else
        status = judge(tx, answer, end, err);
    PQclear(answer);
    return status;
}

/** Let the transaction's end be known, in the order es_store.h names. */
static void conclude(struct pg_tx *tx, enum es_tx_end end)
{
    if (tx->lost)
        pg_conn_close(tx->conn);
    else
        pg_conn_refresh(tx->conn);
    store_hooks_end(tx->base.hooks, end);
    if (end != ES_TX_DROPPED)
        pg_bell_ring(&tx->store->bell, tx->rings);
}

static void init_tx(struct pg_tx *tx, struct pg_store *store, struct pg_conn *conn, unsigned lane)
{
    *tx = (struct pg_tx){.store = store, .conn = conn};
    tx->base.ops = &store_postgres_ops;
    tx->base.store = store->store;
    tx->base.lane = lane;
}

static es_status write_once(struct pg_tx *tx, es_tx_fn fn, void *ctx, struct es_error *err)
{
    enum es_tx_end end = ES_TX_DROPPED;
    es_status status = fn(ctx, &tx->base, err);

    if (status == ES_OK)
        status = pg_tx_ready(tx, err); /* a failure nobody passed on shows here */
    if (status == ES_OK)
        status = commit(tx, &end, err);
    else
        roll_back(tx);
    tx->lost_race = tx->lost_race && end == ES_TX_DROPPED && !tx->lost;
    conclude(tx, end);
    return status;
}

/* Let the winner take what the loser gave back: who begins again at once may take it first, and
 * both meet as before. Lanes wait differently, so that two losers do not either. */
static void yield_to_winner(unsigned tries, unsigned lane)
{
    const struct timespec pause = {.tv_nsec = 1000000L * (long) (5 * tries + lane % 16)};

    (void) nanosleep(&pause, NULL);
}

es_status pg_write_on(struct pg_store *store, struct pg_conn *conn, enum pg_reopen reopen,
                      unsigned lane, enum es_store_as as, es_tx_fn fn, void *ctx,
                      struct es_error *err)
{
    struct pg_tx tx;
    es_status status;

    for (unsigned tries = 1;; tries++) {
        init_tx(&tx, store, conn, lane);
        ES_TRY(begin(conn, reopen, as, true, err));
        status = write_once(&tx, fn, ctx, err);
        if (!tx.lost_race || tries == TRIES_MAX)
            return status;
        if (err != NULL)
            *err = (struct es_error){0};
        yield_to_winner(tries, lane);
    }
}

es_status pg_read_on(struct pg_store *store, struct pg_conn *conn, enum pg_reopen reopen,
                     enum es_store_as as, es_tx_fn fn, void *ctx, struct es_error *err)
{
    struct pg_tx tx;
    es_status status;

    init_tx(&tx, store, conn, 0);
    ES_TRY(begin(conn, reopen, as, false, err));
    status = fn(ctx, &tx.base, err);
    if (status == ES_OK)
        status = pg_tx_ready(&tx, err);
    roll_back(&tx);
    conclude(&tx, status == ES_OK ? ES_TX_KEPT : ES_TX_DROPPED);
    return status;
}
