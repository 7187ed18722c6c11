/*
 * One connection: opened with the settings that are not optional looked at, closed for good when
 * anything broke. A connection that could write without being synced never comes into being.
 */
#include "postgres/pg.h"

#include <poll.h>

/** The server's notices: kept off standard error, and noted where they matter for a commit. */
static void take_notice(void *ctx, const PGresult *result)
{
    struct pg_conn *conn = ctx;
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

    if (severity == NULL)
        return;
    conn->warned |= strcmp(severity, "WARNING") == 0;
    conn->dying |= strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0;
}

static es_status refuse_setting(const char *name, const char *value, const char *needed,
                                struct es_error *err)
{
    return es_error_set(err, ES_E_CONFIG, "the database server has %s = %.32s, it must be %s", name,
                        value, needed);
}

/* SPEC audit-log.md 6.3: what the server must not leave out. remote_write and local do not wait
 * for what a standby has synced. */
static es_status check_settings(const PGresult *result, struct es_error *err)
{
    const char *sync = PQgetvalue(result, 0, 2), *encoding = PQgetvalue(result, 0, 3);

    if (strcmp(PQgetvalue(result, 0, 0), "on") != 0)
        return refuse_setting("fsync", PQgetvalue(result, 0, 0), "on", err);
    if (strcmp(PQgetvalue(result, 0, 1), "on") != 0)
        return refuse_setting("full_page_writes", PQgetvalue(result, 0, 1), "on", err);
    if (strcmp(sync, "on") != 0 && strcmp(sync, "remote_apply") != 0)
        return refuse_setting("synchronous_commit", sync, "on or remote_apply", err);
    if (strcmp(encoding, "UTF8") != 0)
        return refuse_setting("server_encoding", encoding, "UTF8", err);
    return ES_OK;
}

static es_status set_up(struct pg_conn *conn, struct es_error *err)
{
    static const char sql[] =
        "SELECT current_setting('fsync'), current_setting('full_page_writes'), "
        "current_setting('synchronous_commit'), current_setting('server_encoding'), "
        "set_config('lock_timeout', $1, false), set_config('statement_timeout', $2, false), "
        "set_config('search_path', 'public, pg_temp', false), "
        /* So that the locks of a machine that died are given back soon. */
        "set_config('tcp_keepalives_idle', '15', false), "
        "set_config('tcp_keepalives_interval', '5', false), "
        "set_config('tcp_keepalives_count', '3', false), "
        "set_config('tcp_user_timeout', '30000', false)";
    char lock_ms[16], statement_ms[16];
    const char *const values[] = {lock_ms, statement_ms};
    PGresult *result;
    es_status status;

    ES_ENSURE(PQserverVersion(conn->pq) >= 150000, err, ES_E_CONFIG,
              "the database server is of version %d, at least 15 is needed",
              PQserverVersion(conn->pq) / 10000);
    (void) snprintf(lock_ms, sizeof lock_ms, "%u", conn->target->wait_ms);
    (void) snprintf(statement_ms, sizeof statement_ms, "%u", conn->target->wait_ms * 10);
    result = PQexecParams(conn->pq, sql, 2, NULL, values, NULL, NULL, 0);
    if (PQresultStatus(result) == PGRES_TUPLES_OK)
        status = check_settings(result, err);
    else
        status = pg_fail(conn->pq, result, err);
    PQclear(result);
    return status;
}

/** Poll until done or until the time is up. */
static void finish_connecting(PGconn *pq, unsigned timeout_ms)
{
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;

    while (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
        struct pollfd fd = {.fd = PQsocket(pq),
                            .events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT};

        if (fd.fd < 0 || poll(&fd, 1, (int) timeout_ms) <= 0)
            return;
        next = PQconnectPoll(pq);
    }
}

/* libpq keeps the SQLSTATE of a refused connection to itself, and its message speaks the server's
 * language. Connecting once more with messages cut down to the SQLSTATE tells what it was. */
static es_status ask_why(const struct pg_keywords *words, unsigned wait_ms, struct es_error *err)
{
    PGconn *pq = PQconnectStartParams(words->keys, words->values, 1);
    const char *text = NULL, *said;
    char state[6] = "08001";
    es_status status;

    if (pq == NULL || PQstatus(pq) == CONNECTION_BAD) {
        PQfinish(pq);
        return es_error_set(err, ES_E_UNREACHABLE, "no database server answers");
    }
    (void) PQsetErrorVerbosity(pq, PQERRORS_SQLSTATE);
    finish_connecting(pq, wait_ms);
    said = strstr(PQerrorMessage(pq), "FATAL:  ");
    if (said != NULL)
        (void) snprintf(state, sizeof state, "%.5s", said + strlen("FATAL:  "));
    PQfinish(pq);
    status = pg_status_of(state, &text);
    if (text == NULL || status == ES_E_INTERNAL)
        text = "no database server answers, or it takes no connections";
    return es_error_set(err, status == ES_E_INTERNAL ? ES_E_UNREACHABLE : status, "%s (%s)", text,
                        state);
}

es_status pg_conn_open(struct pg_conn *conn, struct es_error *err)
{
    struct pg_keywords words;
    es_status status;

    ES_BUG_ON(conn->pq != NULL);
    pg_target_keywords(conn->target, &words);
    conn->pq = PQconnectdbParams(words.keys, words.values, 1);
    ES_ENSURE(conn->pq != NULL, err, ES_E_NOMEM, "out of memory");
    if (PQstatus(conn->pq) != CONNECTION_OK) {
        pg_conn_close(conn);
        return ask_why(&words, conn->target->wait_ms, err);
    }
    (void) PQsetNoticeReceiver(conn->pq, take_notice, conn);
    status = set_up(conn, err);
    if (status != ES_OK)
        pg_conn_close(conn);
    return status;
}

void pg_conn_close(struct pg_conn *conn)
{
    PQfinish(conn->pq);
    pg_statements_forget(conn);
    *conn = (struct pg_conn){.target = conn->target};
}

bool pg_conn_is_lost(struct pg_conn *conn)
{
    struct pollfd fd = {.fd = PQsocket(conn->pq), .events = POLLIN};

    while (PQstatus(conn->pq) == CONNECTION_OK && !conn->dying && poll(&fd, 1, 0) > 0) {
        if (PQconsumeInput(conn->pq) == 0)
            break;
        PQfreemem(PQnotifies(conn->pq)); /* reads what came, a farewell as well */
    }
    return conn->dying || PQstatus(conn->pq) != CONNECTION_OK;
}

void pg_conn_refresh(struct pg_conn *conn)
{
    if (!conn->stale || conn->pq == NULL)
        return;
    PQclear(PQexec(conn->pq, "DEALLOCATE ALL"));
    pg_statements_forget(conn);
    conn->stale = false;
}
