/*
 * What a failure of the server means to us. Of its report only the SQLSTATE and the primary message
 * are used: details name values. Messages of class 22 name them even there and are replaced.
 */
#include "postgres/pg.h"

struct meaning {
    const char *state; /* how the SQLSTATE begins; the first that fits counts */
    es_status status;
    const char *text; /* NULL: the server's */
};

static const struct meaning meanings[] = {
    {"08", ES_E_UNREACHABLE, NULL},
    {"22", ES_E_RANGE, "a value does not fit its column"},
    {"23505", ES_E_EXISTS, NULL},
    {"23", ES_E_CONFLICT, NULL},
    {"25006", ES_E_DENIED, "nothing can be written in a reading transaction"},
    {"28", ES_E_DENIED, "the server does not let this user in"},
    {"3D000", ES_E_ABSENT, "there is no such database"},
    {"40", ES_E_CONFLICT, "a race with other transactions was lost too often"},
    {"42501", ES_E_DENIED, NULL},
    {"42804", ES_E_RANGE, "a value is not of its column's type"},
    {"53100", ES_E_WRITE, "the server's disk is full"},
    {"53200", ES_E_NOMEM, "the server is out of memory"},
    {"53", ES_E_UNREACHABLE, NULL},
    {"54", ES_E_LIMIT, NULL},
    {"55P03", ES_E_CONFLICT, "waited too long for a lock that somebody else holds"},
    {"57014", ES_E_UNREACHABLE, "a statement was cancelled or took too long"},
    {"57P", ES_E_UNREACHABLE, "the server ended the connection, or is starting or stopping"},
    {"58", ES_E_IO, NULL},
    {"P0001", ES_E_DENIED, NULL}, /* a trigger that forbids */
    {"XX001", ES_E_INTEGRITY, NULL},
    {"XX002", ES_E_INTEGRITY, NULL},
};

es_status pg_status_of(const char *sqlstate, const char **text)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        const struct meaning *m = &meanings[i];

        if (strncmp(sqlstate, m->state, strlen(m->state)) == 0) {
            *text = m->text;
            return m->status;
        }
    }
    *text = NULL;
    return ES_E_INTERNAL;
}

es_status pg_fail_lost(struct es_error *err)
{
    return es_error_set(err, ES_E_UNREACHABLE, "the connection to the database was lost");
}

es_status pg_fail(const PGconn *pq, const PGresult *result, struct es_error *err)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *said = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *text = NULL;
    es_status status;

    if (state == NULL && PQstatus(pq) == CONNECTION_OK)
        return es_error_set(err, ES_E_NOMEM, "out of memory, or an answer that was not understood");
    if (state == NULL)
        return pg_fail_lost(err);
    status = pg_status_of(state, &text);
    if (text == NULL)
        text = said != NULL ? said : "no message";
    return es_error_set(err, status, "database: %.300s (%.5s)", text, state);
}

bool pg_result_is(const PGresult *result, const char *sqlstate)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    return state != NULL && strncmp(state, sqlstate, strlen(sqlstate)) == 0;
}

bool pg_result_is_fatal(const PGconn *pq, const PGresult *result)
{
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

    return result == NULL || PQstatus(pq) != CONNECTION_OK ||
           (severity != NULL && strcmp(severity, "ERROR") != 0) || pg_result_is(result, "08") ||
           pg_result_is(result, "57P");
}

bool pg_result_is_lost_race(const PGresult *result)
{
    return pg_result_is(result, "40001") || pg_result_is(result, "40P01");
}
