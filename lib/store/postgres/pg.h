/*
 * What the files of the PostgreSQL driver share. A store has two pools of connections, lanes for
 * writing and readers, each connection opened when first used and thrown away when it broke; a
 * session has a connection of its own; the bell has one more, for waking.
 *
 * Invariants: a connection in a pool is outside any transaction, in no pipeline, with no rows
 * outstanding. Roles are taken by SET LOCAL, so none outlives its transaction. The text of an
 * error never holds a value: of what the server says only the primary message is kept.
 */
#ifndef ES_STORE_PG_H
#define ES_STORE_PG_H

#include <libpq-fe.h>
#include <pthread.h>

#include "store_internal.h"

#define PG_VALUES_MAX 100 /* values of a statement, columns of a row */
#define PG_CHANNELS_MAX 32
#define PG_NAME_MAX 63

/* ---- where the database is (pg_url.c) ---- */

struct pg_target {
    char *url; /* as given, with sslmode=verify-full where another machine needs it */
    unsigned wait_ms;
};
/** ES_E_CONFIG: no URL for libpq, a password in it, or TLS too weak for another machine. */
ES_CHECKED es_status pg_target_init(struct pg_target *target, const char *url, unsigned wait_ms,
                                    struct es_error *err);
void pg_target_clear(struct pg_target *target);
#define PG_KEYWORDS_MAX 16
/** Fill the arrays for PQconnectdbParams; text holds the numbers. */
struct pg_keywords {
    const char *keys[PG_KEYWORDS_MAX], *values[PG_KEYWORDS_MAX];
    char timeout_s[16], user_timeout_ms[16];
};
void pg_target_keywords(const struct pg_target *target, struct pg_keywords *out);

/* ---- failures (pg_error.c) ---- */

/** The status of an SQLSTATE; *text, where it is not NULL, stands for the server's message. */
es_status pg_status_of(const char *sqlstate, const char **text);
/** Fill err with what a result says went wrong; result may be NULL. */
es_status pg_fail(const PGconn *pq, const PGresult *result, struct es_error *err);
/** The connection does not live after this result (NULL: no answer came). */
bool pg_result_is_fatal(const PGconn *pq, const PGresult *result);
/** The transaction lost a race and may be run again. */
bool pg_result_is_lost_race(const PGresult *result);
bool pg_result_is(const PGresult *result, const char *sqlstate);
es_status pg_fail_lost(struct es_error *err); /* ES_E_UNREACHABLE */

/* ---- one connection (pg_conn.c) ---- */

struct pg_statement;
struct pg_rows;
struct pg_conn {
    const struct pg_target *target;
    PGconn *pq;                       /* NULL: not open */
    struct pg_statement **statements; /* by address; NULL: none */
    unsigned statement_count;
    struct pg_rows *rows; /* of a query that still has the connection */
    bool owner_ready;     /* eseal_owner can be taken here */
    bool stale;           /* a prepared statement no longer fits its tables */
    bool warned;          /* the server warned since this was cleared */
    bool dying;           /* the server said it ends the connection */
};
/** Connect and look at the settings that are not optional. Errors as es_store_open. */
ES_CHECKED es_status pg_conn_open(struct pg_conn *conn, struct es_error *err);
void pg_conn_close(struct pg_conn *conn);
/** Look, without waiting, whether the other side has gone. */
bool pg_conn_is_lost(struct pg_conn *conn);
/** Forget prepared statements here and there, when they became stale. */
void pg_conn_refresh(struct pg_conn *conn);

/* ---- connections for many (pg_pool.c) ---- */

struct pg_slot {
    struct pg_conn conn;
    bool busy;
};
struct pg_waiter;
struct pg_pool {
    pthread_mutex_t mutex;
    pthread_cond_t idle;
    struct pg_slot *slots;
    unsigned count, busy;
    struct pg_waiter *first;
    unsigned wait_ms;
};
ES_CHECKED es_status pg_pool_init(struct pg_pool *pool, const struct pg_target *target,
                                  unsigned count, struct es_error *err);
/** Waits until nothing is taken. */
void pg_pool_clear(struct pg_pool *pool);
/** Take connection want, or any when it is < 0; first come, first served. */
ES_CHECKED es_status pg_pool_take(struct pg_pool *pool, int want, unsigned *out,
                                  struct es_error *err);
void pg_pool_give(struct pg_pool *pool, unsigned number);

/** A condition that waits by the clock that is never set. */
void pg_cond_init(pthread_cond_t *cond);
struct timespec pg_deadline(unsigned wait_ms);

/* ---- waking (pg_bell.c) ---- */

struct pg_channel {
    char name[PG_NAME_MAX + 1];
    uint64_t count; /* how often it was notified */
    bool wanted;    /* somebody here waits on it */
    bool listening; /* the server knows */
    bool ring;      /* the server is to be told */
};
struct pg_bell {
    pthread_mutex_t mutex;
    pthread_cond_t rung;
    pthread_t thread;
    struct pg_conn conn; /* of the thread alone */
    struct pg_channel channels[PG_CHANNELS_MAX];
    unsigned count;
    int wake_fd;
    bool running, stop;
};
ES_CHECKED es_status pg_bell_init(struct pg_bell *bell, const struct pg_target *target,
                                  struct es_error *err);
void pg_bell_clear(struct pg_bell *bell);
ES_CHECKED es_status pg_bell_channel(struct pg_bell *bell, const char *name, unsigned *out,
                                     struct es_error *err);
/** Wake who waits on the channels (a bit each), here at once and elsewhere soon. */
void pg_bell_ring(struct pg_bell *bell, uint32_t channels);
ES_CHECKED es_status pg_bell_wait(struct pg_bell *bell, const char *name, uint64_t *seen,
                                  unsigned timeout_ms, struct es_error *err);

/* ---- the store ---- */

struct pg_store {
    struct es_store *store;
    struct pg_target target;
    struct pg_pool lanes, readers;
    struct pg_bell bell;
    unsigned ready; /* how many of the parts above are to be cleared */
};

/* ---- transactions (pg_tx.c) ---- */

struct pg_tx {
    struct es_tx base;
    struct pg_store *store;
    struct pg_conn *conn;
    struct es_error why; /* status: the first failure; all that follows repeats it */
    bool lost_race, lost;
    unsigned queued;
    uint32_t rings; /* channels to be rung when it is kept */
};
/** Whether the connection may be opened when it is closed or turns out dead before anything was
 *  done: yes for pools, no for sessions, whose lock would be gone. */
enum pg_reopen { PG_REOPEN, PG_KEEP };
es_status pg_write_on(struct pg_store *store, struct pg_conn *conn, enum pg_reopen reopen,
                      unsigned lane, enum es_store_as as, es_tx_fn fn, void *ctx,
                      struct es_error *err);
es_status pg_read_on(struct pg_store *store, struct pg_conn *conn, enum pg_reopen reopen,
                     enum es_store_as as, es_tx_fn fn, void *ctx, struct es_error *err);
static inline struct pg_tx *pg_tx_of(struct es_tx *tx)
{
    return (struct pg_tx *) tx;
}
/** Note a failed result: the transaction is lost from here. Returns the status. */
es_status pg_tx_fail(struct pg_tx *tx, const PGresult *result, struct es_error *err);
/** The first failure again, or ES_OK. */
es_status pg_tx_check(const struct pg_tx *tx, struct es_error *err);
/** Free the connection for a statement: rows taken off it, the pipeline emptied. */
es_status pg_tx_ready(struct pg_tx *tx, struct es_error *err);

/* ---- statements (pg_statement.c, pg_rows.c, pg_pipeline.c) ---- */

struct pg_params {
    int count;
    Oid types[PG_VALUES_MAX];
    const char *values[PG_VALUES_MAX];
    int lengths[PG_VALUES_MAX], formats[PG_VALUES_MAX];
    uint64_t ints[PG_VALUES_MAX];
};
void pg_params_fill(struct pg_params *params, const struct es_value *values, size_t count);
/** The name of sql prepared for such values, "" to use it unprepared, NULL when it is not yet. */
const char *pg_statement_find(const struct pg_conn *conn, const char *sql,
                              const struct es_value *values, size_t count);
/** Prepare what is not yet; *name as pg_statement_find. The connection is free. */
ES_CHECKED es_status pg_statement_prepare(struct pg_tx *tx, const char *sql,
                                          const struct es_value *values,
                                          const struct pg_params *params, const char **name,
                                          struct es_error *err);
void pg_statements_forget(struct pg_conn *conn);
/** Send a statement; false: the connection failed. */
bool pg_statement_send(struct pg_tx *tx, const char *name, const char *sql,
                       const struct pg_params *params);
es_status pg_run(struct es_tx *tx, const char *sql, const struct es_value *values, size_t count,
                 int64_t *changed, struct es_error *err);
es_status pg_script(struct es_tx *tx, const char *sql, struct es_error *err);
es_status pg_query(struct es_tx *tx, const char *sql, const struct es_value *values, size_t count,
                   es_row_fn row, void *ctx, struct es_error *err);
/** Take all rows still to come off the connection, so that it is free for another statement. */
void pg_rows_settle(struct pg_conn *conn);
es_status pg_queue(struct es_tx *tx, const char *sql, const struct es_value *values, size_t count,
                   struct es_error *err);
es_status pg_flush(struct es_tx *tx, struct es_error *err);

/* ---- sessions, care (pg_session.c, pg_backup.c) ---- */

es_status pg_session_open(void *self, enum es_store_as as, int64_t lock_id, void **session,
                          struct es_error *err);
es_status pg_session_write(void *session, es_tx_fn fn, void *ctx, struct es_error *err);
es_status pg_session_read(void *session, es_tx_fn fn, void *ctx, struct es_error *err);
void pg_session_close(void *session);
es_status pg_backup(void *self, const char *path, struct es_error *err);
es_status pg_restore(const char *url, const char *path, struct es_error *err);

#endif
