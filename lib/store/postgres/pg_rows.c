/*
 * Rows of a query, one at a time off the wire, so that a table of any length passes through a
 * bounded memory. When a row's function asks for another statement the rows still to come are
 * taken into memory first: the connection answers one statement at a time.
 */
#include "postgres/pg.h"

#include <endian.h>

enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_NAME = 19,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_OID = 26,
    OID_UNKNOWN = 705,
    OID_BPCHAR = 1042,
    OID_VARCHAR = 1043,
    OID_NUMERIC = 1700,
    OID_VOID = 2278
};

struct pg_rows {
    PGconn *pq;
    PGresult **kept; /* taken early */
    size_t at, count, cap;
    bool ended, nomem;
};

static bool keep(struct pg_rows *rows, PGresult *result)
{
    if (rows->count == rows->cap) {
        size_t cap = rows->cap == 0 ? 64 : 2 * rows->cap;
        PGresult **kept = reallocarray(rows->kept, cap, sizeof(PGresult *));

        if (kept == NULL)
            return false;
        rows->kept = kept;
        rows->cap = cap;
    }
    rows->kept[rows->count++] = result;
    return true;
}

void pg_rows_settle(struct pg_conn *conn)
{
    struct pg_rows *rows = conn->rows;
    PGresult *result;

    conn->rows = NULL;
    if (rows == NULL)
        return;
    while (!rows->ended && (result = PQgetResult(rows->pq)) != NULL) {
        rows->ended = PQstatus(rows->pq) == CONNECTION_BAD;
        if (!rows->nomem && keep(rows, result))
            continue;
        rows->nomem = true;
        PQclear(result);
    }
    rows->ended = true;
}

/** The next result, which the caller clears; NULL behind the last. */
static PGresult *next_result(struct pg_rows *rows)
{
    PGresult *result;

    if (rows->at < rows->count)
        return rows->kept[rows->at++];
    if (rows->ended)
        return NULL;
    result = PQgetResult(rows->pq);
    rows->ended = result == NULL || PQstatus(rows->pq) == CONNECTION_BAD;
    return result;
}

/** Integers of any width, big endian. */
static es_status get_int(const uint8_t *at, int len, struct es_value *out, struct es_error *err)
{
    uint64_t bits;

    ES_ENSURE(len >= 1 && len <= 8, err, ES_E_INTERNAL, "an integer of %d bytes", len);
    bits = (at[0] & 0x80) != 0 ? UINT64_MAX : 0;
    for (int i = 0; i < len; i++)
        bits = bits << 8 | at[i];
    *out = es_value_int((int64_t) bits);
    return ES_OK;
}

/* What sum() over BIGINT gives: count, weight, sign, scale (16 bits each), then digits to the base
 * 10000. Only whole numbers that fit 64 bits are of use here. */
static es_status get_numeric(const uint8_t *at, int len, struct es_value *out, struct es_error *err)
{
    uint16_t head[4] = {0};
    int64_t value = 0;
    bool good = len >= 8;

    for (int i = 0; good && i < 4; i++)
        head[i] = (uint16_t) (at[2 * i] << 8 | at[2 * i + 1]);
    good = good && len == 8 + 2 * head[0] && (head[2] == 0 || head[2] == 0x4000) &&
           (int16_t) head[1] < 5 && head[0] <= (int16_t) head[1] + 1;
    for (int i = 0; good && i <= (int16_t) head[1]; i++) {
        int digit = i < head[0] ? at[8 + 2 * i] << 8 | at[9 + 2 * i] : 0;

        good = !__builtin_mul_overflow(value, 10000, &value) &&
               !__builtin_sub_overflow(value, digit, &value);
    }
    good = good && (head[2] != 0 || !__builtin_sub_overflow(0, value, &value));
    ES_ENSURE(good, err, ES_E_RANGE, "a number that is not whole or does not fit 64 bits");
    *out = es_value_int(value);
    return ES_OK;
}

static es_status get_column(const PGresult *row, int column, struct es_value *out,
                            struct es_error *err)
{
    int len = PQgetlength(row, 0, column);
    const uint8_t *at = (const uint8_t *) PQgetvalue(row, 0, column);

    *out = (struct es_value){.kind = ES_VALUE_NULL};
    if (PQgetisnull(row, 0, column))
        return ES_OK;
    switch (PQftype(row, column)) {
    case OID_BOOL:
    case OID_INT8:
    case OID_INT4:
    case OID_INT2:
        return get_int(at, len, out, err);
    case OID_OID:
        ES_TRY(get_int(at, len, out, err));
        out->i &= UINT32_MAX;
        return ES_OK;
    case OID_NUMERIC:
        return get_numeric(at, len, out, err);
    case OID_TEXT:
    case OID_VARCHAR:
    case OID_BPCHAR:
    case OID_NAME:
    case OID_UNKNOWN:
        *out = es_value_span(es_span_of(at, (size_t) len));
        return ES_OK;
    case OID_BYTEA:
        *out = es_value_blob(es_span_of(at, (size_t) len));
        return ES_OK;
    case OID_VOID:
        return ES_OK;
    default:
        return es_error_set(err, ES_E_UNSUPPORTED, "column %d is of type %u: cast it", column + 1,
                            PQftype(row, column));
    }
}

static es_status give_row(const PGresult *row, es_row_fn fn, void *ctx, struct es_error *err)
{
    struct es_value columns[PG_VALUES_MAX];
    int count = PQnfields(row);

    ES_ENSURE(count <= PG_VALUES_MAX, err, ES_E_LIMIT, "%d columns, at most %d", count,
              PG_VALUES_MAX);
    for (int i = 0; i < count; i++)
        ES_TRY(get_column(row, i, &columns[i], err));
    return fn(ctx, columns, (size_t) count, err);
}

/** Give all rows. What comes behind a row that failed is taken off the wire and dropped. */
static es_status give_rows(struct pg_tx *tx, struct pg_rows *rows, es_row_fn fn, void *ctx,
                           struct es_error *err)
{
    es_status status = ES_OK, failed = ES_OK;
    bool answered = false;
    PGresult *result;

    while ((result = next_result(rows)) != NULL) {
        ExecStatusType type = PQresultStatus(result);

        answered = true;
        if (type != PGRES_SINGLE_TUPLE && type != PGRES_TUPLES_OK && type != PGRES_COMMAND_OK)
            failed = pg_tx_fail(tx, result, status == ES_OK ? err : NULL);
        else if (type == PGRES_SINGLE_TUPLE && status == ES_OK)
            status = give_row(result, fn, ctx, err);
        PQclear(result);
        status = status != ES_OK ? status : failed;
    }
    if (!answered)
        return pg_tx_fail(tx, NULL, err);
    ES_ENSURE(status != ES_OK || !rows->nomem, err, ES_E_NOMEM, "out of memory");
    return status;
}

es_status pg_query(struct es_tx *base, const char *sql, const struct es_value *values, size_t count,
                   es_row_fn fn, void *ctx, struct es_error *err)
{
    struct pg_tx *tx = pg_tx_of(base);
    struct pg_params params;
    struct pg_rows rows = {.pq = tx->conn->pq};
    const char *name;
    es_status status;

    ES_TRY(pg_tx_ready(tx, err));
    pg_params_fill(&params, values, count);
    ES_TRY(pg_statement_prepare(tx, sql, values, &params, &name, err));
    if (!pg_statement_send(tx, name, sql, &params) || PQsetSingleRowMode(tx->conn->pq) == 0)
        return pg_tx_fail(tx, NULL, err);
    tx->conn->rows = &rows;
    status = give_rows(tx, &rows, fn, ctx, err);
    if (tx->conn->rows == &rows)
        tx->conn->rows = NULL;
    free(rows.kept);
    return status;
}
