/*
 * Inside of the SQLite driver. A store has one writing connection, used by its writer thread
 * alone, and a pool of reading ones, each used by one thread at a time. Threads meet under one
 * mutex of the store, which is never held while a function of the caller or SQLite runs.
 */
#ifndef ES_STORE_LITE_H
#define ES_STORE_LITE_H

#include <pthread.h>
#include <sqlite3.h>

#include "store_internal.h"

#define LITE_VALUES_MAX 100
#define LITE_COLUMNS_MAX 100

/** A prepared statement and which value each of its parameters takes. */
struct lite_stmt {
    const char *sql; /* the literal; its address is the key */
    sqlite3_stmt *stmt;
    unsigned params;
    size_t values;                   /* highest number of a parameter */
    uint8_t number[LITE_VALUES_MAX]; /* of parameter i + 1, from 1 */
    bool in_use;
};

enum lite_verb {
    LITE_BEGIN,
    LITE_BEGIN_WRITE,
    LITE_COMMIT,
    LITE_ROLLBACK,
    LITE_SAVE,
    LITE_SAVE_KEEP,
    LITE_SAVE_UNDO,
    LITE_VERB_COUNT
};

struct lite_store;

struct lite_conn {
    struct lite_store *store;
    sqlite3 *db;
    bool writes;
    bool guarded; /* a function of the caller runs: it may not end the transaction */
    sqlite3_stmt *verbs[LITE_VERB_COUNT];
    struct lite_stmt **cache; /* open addressing, a power of two of places */
    size_t cache_cap, cache_count;
    int wal_pages;     /* in the write-ahead log after the last commit */
    int checkpoint_at; /* pages at which it is moved into the database next */
};

/** First member makes it an es_tx. A failed statement dooms the transaction, as on PostgreSQL. */
struct lite_tx {
    struct es_tx base;
    struct lite_conn *conn;
    struct es_error failed;
};

enum lite_job_state { LITE_QUEUED, LITE_TAKEN, LITE_DONE };

/** A writing function that waits; it stands on its caller's stack. */
struct lite_job {
    struct lite_job *next;
    es_tx_fn fn; /* NULL: move the write-ahead log into the database and empty it */
    void *ctx;
    struct es_error *err;
    es_status status;
    struct store_hook *hooks;
    enum lite_job_state state;
    pthread_cond_t woken;
};

/** Something to be woken by; lives as long as the store. */
struct lite_channel {
    struct lite_channel *next;
    struct lite_store *store;
    uint64_t count;
    pthread_cond_t woken;
    char name[];
};

struct lite_session {
    struct lite_session *next;
    struct lite_store *store;
    enum es_store_as as;
    int64_t lock_id;
};

struct lite_store {
    struct es_store *outer;
    char *path; /* as the VFS resolved it */
    char *vfs;  /* NULL: the default */
    unsigned wait_ms;
    void (*on_fatal)(void *ctx, const char *what);
    void *fatal_ctx;
    int lock_fd; /* -1: open for reading only */

    pthread_mutex_t mutex; /* guards all below */
    bool threads_made;

    struct lite_conn writer;
    pthread_t thread;
    bool thread_runs, closing;
    pthread_cond_t work;
    struct lite_job *head, **tail;

    struct lite_conn *readers;
    struct lite_conn **idle;
    size_t reader_count, idle_count;
    pthread_cond_t reader_idle;

    unsigned inside; /* calls that wait or run; closing waits for them */
    pthread_cond_t left;

    struct lite_session *sessions;
    struct lite_channel *channels;
};

/* lite_error.c */
/** Turn what SQLite returned into ours; doing says what was tried. Never returns ES_OK, and not at
 *  all when a sync of the store's writing connection failed. */
es_status lite_error(const struct lite_conn *conn, int rc, const char *doing, struct es_error *err);
void lite_fatal(const struct lite_store *store, const char *what) __attribute__((noreturn));

/* lite_conn.c */
ES_CHECKED es_status lite_conn_open(struct lite_conn *conn, struct lite_store *store, bool writes,
                                    bool create, struct es_error *err);
void lite_conn_clear(struct lite_conn *conn);
/** Run BEGIN, COMMIT, …; gives SQLite's extended code. */
int lite_conn_do(struct lite_conn *conn, enum lite_verb verb);
/** Begin; a transaction whose end failed for want of memory is rolled back first. */
int lite_conn_begin(struct lite_conn *conn, enum lite_verb verb);
/** "file:…" with everything but letters and digits escaped, and query behind it. Free it. */
char *lite_uri(const char *path, const char *query, const char *query_path);

/* lite_stmt.c */
/** The statement of a literal, prepared once for each connection, and its end of use. */
ES_CHECKED es_status lite_stmt_get(struct lite_conn *conn, const char *sql, struct lite_stmt **out,
                                   struct es_error *err);
void lite_stmt_put(struct lite_conn *conn, struct lite_stmt *stmt);
void lite_stmts_clear(struct lite_conn *conn);

/* lite_tx.c */
void lite_tx_init(struct lite_tx *tx, struct lite_conn *conn);
/** Call fn; ES_OK of a doomed transaction becomes the failure that doomed it. */
es_status lite_tx_call(struct lite_tx *tx, es_tx_fn fn, void *ctx, struct es_error *err);
es_status lite_tx_run(struct es_tx *tx, const char *sql, const struct es_value *values,
                      size_t count, int64_t *changed, struct es_error *err);
es_status lite_tx_queue(struct es_tx *tx, const char *sql, const struct es_value *values,
                        size_t count, struct es_error *err);
es_status lite_tx_flush(struct es_tx *tx, struct es_error *err);
es_status lite_tx_query(struct es_tx *tx, const char *sql, const struct es_value *values,
                        size_t count, es_row_fn row, void *ctx, struct es_error *err);
es_status lite_tx_script(struct es_tx *tx, const char *sql, struct es_error *err);

/* lite_group.c */
/** Run functions in one transaction; each job's status is set and its hooks are called. */
void lite_group_run(struct lite_conn *conn, struct lite_job *jobs);
/** Move the whole log into the database and empty it. */
ES_CHECKED es_status lite_empty_wal(struct lite_conn *conn, struct es_error *err);

/* lite_writer.c */
ES_CHECKED es_status lite_writer_start(struct lite_store *store, bool create, struct es_error *err);
void lite_writer_stop(struct lite_store *store);
es_status lite_write(void *self, enum es_store_as as, int lane, es_tx_fn fn, void *ctx,
                     struct es_error *err);
es_status lite_checkpoint(void *self, struct es_error *err);

/* lite_reader.c */
ES_CHECKED es_status lite_readers_open(struct lite_store *store, unsigned count,
                                       struct es_error *err);
void lite_readers_close(struct lite_store *store);
/** A connection from the pool, waiting for one no longer than the store's wait_ms. */
ES_CHECKED es_status lite_reader_take(struct lite_store *store, struct lite_conn **out,
                                      struct es_error *err);
void lite_reader_give(struct lite_store *store, struct lite_conn *conn);
es_status lite_read(void *self, enum es_store_as as, es_tx_fn fn, void *ctx, struct es_error *err);

/* lite_wait.c */
/** Conditions that time out by the clock that is never set. False: none to be had. */
bool lite_cond_init(pthread_cond_t *cond);
struct timespec lite_deadline(unsigned ms);
/** A call begins or ends; the mutex is held. */
void lite_enter(struct lite_store *store);
void lite_leave(struct lite_store *store);
es_status lite_notify(struct es_tx *tx, const char *channel, struct es_error *err);
es_status lite_wait(void *self, const char *channel, uint64_t *seen, unsigned timeout_ms,
                    struct es_error *err);
void lite_channels_clear(struct lite_store *store);

/* lite_backup.c */
es_status lite_backup(void *self, const char *path, struct es_error *err);
es_status lite_restore(const char *url, const char *path, struct es_error *err);

#endif
