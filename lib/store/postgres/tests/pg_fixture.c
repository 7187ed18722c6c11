/* The server that tools/with-postgres started, seen from outside the driver: by libpq itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pg_fixture.h"

static char *needed(const char *name)
{
    char *value = getenv(name);

    if (value == NULL)
        fail_msg("%s is not set: run this by tools/with-postgres", name);
    return value;
}

struct es_store *fixture_open(const struct es_store_options *options)
{
    struct es_store *store = NULL;
    struct es_error err = {0};
    const struct es_clock clock = es_clock_system();

    if (es_store_open(needed("ESEAL_STORE_URL"), options, &store, &err) != ES_OK ||
        es_store_migrate(store, &clock, &err) != ES_OK)
        fail_msg("%s", err.text);
    return store;
}

PGconn *fixture_admin(void)
{
    PGconn *pq = PQconnectdb(needed("ESEAL_PG_ADMIN_URL"));

    if (PQstatus(pq) != CONNECTION_OK)
        fail_msg("%s", PQerrorMessage(pq));
    return pq;
}

void fixture_text(const char *sql, char *out, size_t cap)
{
    PGconn *pq = fixture_admin();
    PGresult *result = PQexec(pq, sql);

    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) == 0)
        fail_msg("%s: %s", sql, PQerrorMessage(pq));
    (void) snprintf(out, cap, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
    PQfinish(pq);
}

void fixture_sql(const char *sql)
{
    PGconn *pq = fixture_admin();
    PGresult *result = PQexec(pq, sql);

    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(pq));
    PQclear(result);
    PQfinish(pq);
}

int64_t fixture_number(const char *sql)
{
    char text[32];

    fixture_text(sql, text, sizeof text);
    return strtoll(text, NULL, 10);
}

void fixture_wait_for(const char *sql, int64_t number)
{
    while (fixture_number(sql) != number) {
    }
}

void fixture_control(const char *verb)
{
    char name[] = "ctl", word[32];
    char *argv[] = {name, word, NULL};
    pid_t pid = 0;
    int result = -1;

    (void) snprintf(word, sizeof word, "%s", verb);
    assert_int_equal(posix_spawn(&pid, needed("ESEAL_PG_CTL"), NULL, NULL, argv, environ), 0);
    assert_int_equal(waitpid(pid, &result, 0), pid);
    assert_int_equal(result, 0);
}

es_status fixture_run(void *sql, struct es_tx *tx, struct es_error *err)
{
    return es_tx_run(tx, sql, NULL, 0, NULL, err);
}

es_status fixture_script(void *sql, struct es_tx *tx, struct es_error *err)
{
    return es_tx_script(tx, sql, err);
}

void fixture_table(struct es_store *store, const char *name, const char *columns)
{
    struct es_error err = {0};
    char sql[512];

    (void) snprintf(sql, sizeof sql,
                    "DROP TABLE IF EXISTS %s; CREATE TABLE %s (%s); GRANT ALL ON %s TO "
                    "eseal_service, eseal_sequencer, eseal_auditor",
                    name, name, columns, name);
    if (es_store_write(store, ES_AS_OWNER, fixture_script, sql, &err) != ES_OK)
        fail_msg("%s", err.text);
}
