/*
 * Statements with values. Each is prepared once a connection, under its address and the kinds of
 * its values, which fix the parameters' types; null fits any type, and where a statement is first
 * met with a null the server finds the type. Values and answers travel in binary form.
 */
#include "postgres/pg.h"

#include <endian.h>

#define STATEMENTS_MAX 1024 /* prepared on one connection; more are run unprepared */
#define OID_INT8 20
#define OID_TEXT 25
#define OID_BYTEA 17

struct pg_statement {
    const char *sql;
    struct pg_statement *next; /* with the same slot */
    char name[12];
    uint8_t count;
    uint8_t kinds[]; /* enum es_value_kind */
};

#define SLOTS 256 /* of the table below, a power of two */

static unsigned slot_of(const char *sql)
{
    uintptr_t at = (uintptr_t) sql;

    return (unsigned) ((at >> 3) ^ (at >> 11)) % SLOTS;
}

void pg_params_fill(struct pg_params *params, const struct es_value *values, size_t count)
{
    ES_BUG_ON(count > PG_VALUES_MAX);
    params->count = (int) count;
    for (size_t i = 0; i < count; i++) {
        const struct es_value *v = &values[i];

        params->formats[i] = 1;
        params->types[i] = 0;
        params->values[i] = NULL;
        params->lengths[i] = 0;
        if (v->kind == ES_VALUE_NULL)
            continue;
        if (v->kind == ES_VALUE_INT) {
            params->ints[i] = htobe64((uint64_t) v->i);
            params->types[i] = OID_INT8;
            params->values[i] = (const char *) &params->ints[i];
            params->lengths[i] = sizeof params->ints[i];
            continue;
        }
        ES_BUG_ON(v->s.len > INT32_MAX);
        params->types[i] = v->kind == ES_VALUE_TEXT ? OID_TEXT : OID_BYTEA;
        params->values[i] = v->s.len > 0 ? (const char *) v->s.ptr : "";
        params->lengths[i] = (int) v->s.len;
    }
}

static bool fits(const struct pg_statement *s, const char *sql, const struct es_value *values,
                 size_t count)
{
    if (s->sql != sql || s->count != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (values[i].kind != ES_VALUE_NULL && values[i].kind != s->kinds[i])
            return false;
    return true;
}

const char *pg_statement_find(const struct pg_conn *conn, const char *sql,
                              const struct es_value *values, size_t count)
{
    if (conn->statements == NULL)
        return NULL;
    for (const struct pg_statement *s = conn->statements[slot_of(sql)]; s != NULL; s = s->next)
        if (fits(s, sql, values, count))
            return s->name;
    return conn->statement_count >= STATEMENTS_MAX ? "" : NULL;
}

void pg_statements_forget(struct pg_conn *conn)
{
    for (unsigned i = 0; conn->statements != NULL && i < SLOTS; i++)
        while (conn->statements[i] != NULL) {
            struct pg_statement *s = conn->statements[i];

            conn->statements[i] = s->next;
            free(s);
        }
    free(conn->statements);
    conn->statements = NULL;
    conn->statement_count = 0;
}

static struct pg_statement *new_statement(struct pg_conn *conn, const char *sql,
                                          const struct es_value *values, size_t count)
{
    struct pg_statement *s;

    if (conn->statements == NULL)
        conn->statements = calloc(SLOTS, sizeof *conn->statements);
    s = conn->statements != NULL ? calloc(1, sizeof *s + count) : NULL;
    if (s == NULL)
        return NULL;
    s->sql = sql;
    s->count = (uint8_t) count;
    for (size_t i = 0; i < count; i++)
        s->kinds[i] = (uint8_t) values[i].kind;
    (void) snprintf(s->name, sizeof s->name, "s%u", conn->statement_count + 1);
    return s;
}

es_status pg_statement_prepare(struct pg_tx *tx, const char *sql, const struct es_value *values,
                               const struct pg_params *params, const char **name,
                               struct es_error *err)
{
    struct pg_conn *conn = tx->conn;
    struct pg_statement *s;
    PGresult *result;
    es_status status = ES_OK;

    *name = pg_statement_find(conn, sql, values, (size_t) params->count);
    if (*name != NULL)
        return ES_OK;
    s = new_statement(conn, sql, values, (size_t) params->count);
    ES_ENSURE(s != NULL, err, ES_E_NOMEM, "out of memory");
    result = PQprepare(conn->pq, s->name, sql, params->count, params->types);
    if (PQresultStatus(result) == PGRES_COMMAND_OK) {
        s->next = conn->statements[slot_of(sql)];
        conn->statements[slot_of(sql)] = s;
        conn->statement_count++;
        *name = s->name;
    } else {
        status = pg_tx_fail(tx, result, err);
        free(s);
    }
    PQclear(result);
    return status;
}

bool pg_statement_send(struct pg_tx *tx, const char *name, const char *sql,
                       const struct pg_params *params)
{
    PGconn *pq = tx->conn->pq;

    if (*name == '\0')
        return PQsendQueryParams(pq, sql, params->count, params->types, params->values,
                                 params->lengths, params->formats, 1) == 1;
    return PQsendQueryPrepared(pq, name, params->count, params->values, params->lengths,
                               params->formats, 1) == 1;
}

/** The answer to one statement sent, its last result; NULL: none came. */
static PGresult *one_answer(PGconn *pq)
{
    PGresult *last = NULL, *next;

    while ((next = PQgetResult(pq)) != NULL) {
        PQclear(last);
        last = next;
        if (PQstatus(pq) == CONNECTION_BAD)
            break;
    }
    return last;
}

es_status pg_run(struct es_tx *base, const char *sql, const struct es_value *values, size_t count,
                 int64_t *changed, struct es_error *err)
{
    struct pg_tx *tx = pg_tx_of(base);
    struct pg_params params;
    const char *name;
    PGresult *result;
    es_status status = ES_OK;

    ES_TRY(pg_tx_ready(tx, err));
    pg_params_fill(&params, values, count);
    ES_TRY(pg_statement_prepare(tx, sql, values, &params, &name, err));
    result = pg_statement_send(tx, name, sql, &params) ? one_answer(tx->conn->pq) : NULL;
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
        status = pg_tx_fail(tx, result, err);
    else if (changed != NULL)
        *changed = strtoll(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return status;
}

es_status pg_script(struct es_tx *base, const char *sql, struct es_error *err)
{
    struct pg_tx *tx = pg_tx_of(base);
    PGresult *result;
    es_status status = ES_OK;

    ES_TRY(pg_tx_ready(tx, err));
    result = PQexec(tx->conn->pq, sql);
    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
        break;
    default:
        status = pg_tx_fail(tx, result, err);
    }
    PQclear(result);
    return status;
}
