/* The server that tools/with-postgres started, seen from outside the driver. */
#ifndef ES_PG_FIXTURE_H
#define ES_PG_FIXTURE_H

#include <libpq-fe.h>

#include "es_store.h"

/** A store on the test's database, brought up to date. */
struct es_store *fixture_open(const struct es_store_options *options);
/** A connection as superuser, for looking and for mischief. */
PGconn *fixture_admin(void);
/** Run as superuser; a failure fails the test. */
void fixture_sql(const char *sql);
/** First column of the first row as superuser, as a number or as text. */
int64_t fixture_number(const char *sql);
void fixture_text(const char *sql, char *out, size_t cap);
/** Ask again and again until the number is this. */
void fixture_wait_for(const char *sql, int64_t number);
/** $ESEAL_PG_CTL verb */
void fixture_control(const char *verb);

/** A transaction's function that runs one statement without values. */
es_status fixture_run(void *sql, struct es_tx *tx, struct es_error *err);
es_status fixture_script(void *sql, struct es_tx *tx, struct es_error *err);
/** A table with rights for all roles, made by the owner. */
void fixture_table(struct es_store *store, const char *name, const char *columns);

#endif
