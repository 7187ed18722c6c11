/*
 * Statements that do not wait for their answers. They are sent in libpq's pipeline mode and their
 * answers taken every BATCH statements, so that neither side's buffers fill up with
 * answers nobody reads. A failure spoils the transaction: the server skips what follows.
 */
#include "postgres/pg.h"

#define BATCH 256

/** Take the answers of all that was queued, up to the mark that ends them. */
static void take_answers(struct pg_tx *tx)
{
    PGconn *pq = tx->conn->pq;
    bool marked = false;

    /* Each statement's answer ends with one NULL; two of them: nothing more comes. */
    for (unsigned nulls = 0; !marked && nulls < 2 && PQstatus(pq) == CONNECTION_OK;) {
        PGresult *result = PQgetResult(pq);
        ExecStatusType type = PQresultStatus(result);

        nulls = result == NULL ? nulls + 1 : 0;
        marked = result != NULL && type == PGRES_PIPELINE_SYNC;
        if (result != NULL && !marked && type != PGRES_COMMAND_OK && type != PGRES_TUPLES_OK &&
            type != PGRES_PIPELINE_ABORTED)
            (void) pg_tx_fail(tx, result, NULL);
        PQclear(result);
    }
    if (!marked)
        (void) pg_tx_fail(tx, NULL, NULL);
}

es_status pg_flush(struct es_tx *base, struct es_error *err)
{
    struct pg_tx *tx = pg_tx_of(base);

    if (tx->queued > 0) {
        tx->queued = 0;
        if (PQpipelineSync(tx->conn->pq) == 0)
            (void) pg_tx_fail(tx, NULL, NULL);
        else
            take_answers(tx);
        if (!tx->lost && PQexitPipelineMode(tx->conn->pq) == 0)
            (void) pg_tx_fail(tx, NULL, NULL);
    }
    return pg_tx_check(tx, err);
}

es_status pg_queue(struct es_tx *base, const char *sql, const struct es_value *values, size_t count,
                   struct es_error *err)
{
    struct pg_tx *tx = pg_tx_of(base);
    struct pg_params params;
    const char *name = pg_statement_find(tx->conn, sql, values, count);

    ES_TRY(pg_tx_check(tx, err));
    pg_params_fill(&params, values, count);
    if (name == NULL || tx->queued == 0) {
        ES_TRY(pg_tx_ready(tx, err));
        ES_TRY(pg_statement_prepare(tx, sql, values, &params, &name, err));
        if (PQenterPipelineMode(tx->conn->pq) == 0)
            return pg_tx_fail(tx, NULL, err);
    }
    tx->queued++;
    if (!pg_statement_send(tx, name, sql, &params))
        return pg_tx_fail(tx, NULL, err);
    return tx->queued < BATCH ? ES_OK : pg_flush(base, err);
}
