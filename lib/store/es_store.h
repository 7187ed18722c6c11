/*
 * Records behind one interface: a table of functions with two drivers, SQLite (one process) and
 * PostgreSQL (any number). Statements are constants with $1, $2, … for their values; what is done
 * is done in transactions that are functions. Knows nothing of seals or logs but their tables'
 * migrations, which all live in migrations/ as one numbered sequence for each engine.
 *
 * A writing function may run more than once (a lost race on PostgreSQL is tried again), so it has
 * no effects outside the transaction but through es_tx_at_end.
 *
 * SQLite: one writing connection with a thread of its own. It takes all functions that wait, runs
 * each inside a savepoint of one transaction, commits once (group commit, no fixed delay) and
 * wakes all callers. A sync that fails ends the process (see on_fatal): it is never tried again.
 * PostgreSQL: a pool of writing connections ("lanes"); each function is a transaction of its own.
 */
#ifndef ES_STORE_H
#define ES_STORE_H

#include "es_base.h"

struct es_store;
struct es_tx; /* alive inside the function that got it, used by its thread only */

/* ---- opening ---- */

/** As whom a transaction acts. On PostgreSQL these are database roles made by the migration
 *  (eseal_owner, eseal_service, eseal_sequencer, eseal_auditor), taken by SET ROLE; on SQLite the
 *  auditor cannot write, and triggers guard what nobody may do. */
enum es_store_as { ES_AS_SERVICE = 0, ES_AS_SEQUENCER, ES_AS_AUDITOR, ES_AS_OWNER };

struct es_store_options {
    bool create;      /* SQLite: make the file when it is absent */
    bool read_only;   /* no writing connection; es_store_write is ES_E_DENIED */
    unsigned readers; /* reading connections, 0: 4 */
    unsigned lanes;   /* writing connections of PostgreSQL, 0: 8 */
    unsigned wait_ms; /* longest wait for a connection or a lock, 0: 30 000 */
    const char *vfs;  /* SQLite: name of a registered VFS (fault tests), NULL: the default */
    /* Called when a sync failed, before the process ends; NULL: a line on standard error. */
    void (*on_fatal)(void *ctx, const char *what);
    void *fatal_ctx;
};
/**
 * url: "sqlite:PATH", or "postgresql://…" as libpq takes it (passwords come from a passfile or a
 * service file, never from the URL: ES_E_CONFIG). options may be NULL.
 * @return ES_E_ABSENT  no such database    ES_E_UNREACHABLE  no server    ES_E_CONFIG  wrong URL,
 *         or a setting of the server that is not optional (audit-log.md 6.3: fsync,
 *         full_page_writes, synchronous_commit) is off; the text names it
 *         ES_E_CONFLICT  SQLite: another process has the database open for writing
 */
ES_CHECKED es_status es_store_open(const char *url, const struct es_store_options *options,
                                   struct es_store **out, struct es_error *err);
/** Waits for functions that run; NULL is fine. */
void es_store_free(struct es_store *store);
ES_DEFINE_FREE_AT(es_store)
const char *es_store_driver(const struct es_store *store); /* "sqlite", "postgres" */
/** How many writers can run side by side: 1 on SQLite, the lanes on PostgreSQL. */
unsigned es_store_lanes(const struct es_store *store);

/* ---- values ---- */

enum es_value_kind { ES_VALUE_NULL = 0, ES_VALUE_INT, ES_VALUE_TEXT, ES_VALUE_BLOB };
struct es_value {
    enum es_value_kind kind;
    int64_t i;        /* ES_VALUE_INT; unsigned 64-bit values are stored as their bits */
    struct es_span s; /* ES_VALUE_TEXT, ES_VALUE_BLOB: borrowed */
};
static inline struct es_value es_value_int(int64_t i)
{
    return (struct es_value){.kind = ES_VALUE_INT, .i = i};
}
static inline struct es_value es_value_text(const char *text)
{
    return (struct es_value){.kind = text == NULL ? ES_VALUE_NULL : ES_VALUE_TEXT,
                             .s = es_span_str(text)};
}
static inline struct es_value es_value_span(struct es_span text)
{
    return (struct es_value){.kind = ES_VALUE_TEXT, .s = text};
}
static inline struct es_value es_value_blob(struct es_span bytes)
{
    return (struct es_value){.kind = ES_VALUE_BLOB, .s = bytes};
}

/* ---- transactions ---- */

typedef es_status (*es_tx_fn)(void *ctx, struct es_tx *tx, struct es_error *err);

/**
 * Run fn in a read-only transaction that sees one state of the database throughout.
 * @return what fn returned, or ES_E_UNREACHABLE, ES_E_IO, ES_E_NOMEM
 */
ES_CHECKED es_status es_store_read(struct es_store *store, enum es_store_as as, es_tx_fn fn,
                                   void *ctx, struct es_error *err);
/**
 * Run fn in a writing transaction. ES_OK means: committed and synced. When fn fails, nothing of it
 * is kept and its status is passed on.
 * @return ES_E_UNKNOWN      the connection was lost around the commit, or its wait was cancelled:
 *                           the caller must look what is there before doing anything else
 *         ES_E_UNREACHABLE  nothing was done      ES_E_WRITE  disk full, nothing was done
 */
ES_CHECKED es_status es_store_write(struct es_store *store, enum es_store_as as, es_tx_fn fn,
                                    void *ctx, struct es_error *err);
/** The same on one lane (0 … es_store_lanes - 1), waiting for it. */
ES_CHECKED es_status es_store_write_on(struct es_store *store, enum es_store_as as, unsigned lane,
                                       es_tx_fn fn, void *ctx, struct es_error *err);
/** The lane of a writing transaction: its transactions follow one another, never overlap. */
unsigned es_tx_lane(const struct es_tx *tx);
const char *es_tx_driver(const struct es_tx *tx);

enum es_tx_end { ES_TX_KEPT, ES_TX_DROPPED, ES_TX_UNKNOWN };
/** Call fn when it is known what became of this transaction; in reverse order of asking. It runs
 *  in the lane's thread and before the caller is woken: when the function failed, before the lane's
 *  next one; else after the commit, which on SQLite holds all functions of a group. */
ES_CHECKED es_status es_tx_at_end(struct es_tx *tx, void (*fn)(void *ctx, enum es_tx_end end),
                                  void *ctx, struct es_error *err);

/**
 * Run a statement. sql is a string literal: its address is its name among the prepared ones.
 * *changed (may be NULL) gets the number of rows.
 * @return ES_E_EXISTS    a unique constraint   ES_E_DENIED  no right, or a trigger forbids it
 *         ES_E_CONFLICT  another constraint    ES_E_RANGE  a value does not fit its column
 */
ES_CHECKED es_status es_tx_run(struct es_tx *tx, const char *sql, const struct es_value *values,
                               size_t count, int64_t *changed, struct es_error *err);
/** Run a statement without waiting for its answer (PostgreSQL: pipeline; SQLite: at once). A
 *  failure shows at es_tx_flush, at the next es_tx_run or es_tx_query, or at the commit. */
ES_CHECKED es_status es_tx_queue(struct es_tx *tx, const char *sql, const struct es_value *values,
                                 size_t count, struct es_error *err);
ES_CHECKED es_status es_tx_flush(struct es_tx *tx, struct es_error *err);
/** One call a row; columns are valid during the call. A failing row ends the query. */
typedef es_status (*es_row_fn)(void *ctx, const struct es_value *columns, size_t count,
                               struct es_error *err);
ES_CHECKED es_status es_tx_query(struct es_tx *tx, const char *sql, const struct es_value *values,
                                 size_t count, es_row_fn row, void *ctx, struct es_error *err);
/** Several statements without values, for migrations and tests. */
ES_CHECKED es_status es_tx_script(struct es_tx *tx, const char *sql, struct es_error *err);

/* Columns of a row, checked: ES_E_INTEGRITY when kind or length are others. */
ES_CHECKED es_status es_value_get_int(const struct es_value *value, int64_t *out,
                                      struct es_error *err);
ES_CHECKED es_status es_value_get_text(const struct es_value *value, struct es_span *out,
                                       struct es_error *err);
ES_CHECKED es_status es_value_get_blob(const struct es_value *value, struct es_span *out,
                                       struct es_error *err);
/** A blob of exactly len bytes, copied. */
ES_CHECKED es_status es_value_copy_blob(const struct es_value *value, void *out, size_t len,
                                        struct es_error *err);

/* ---- sessions: one connection held, for who must be alone ---- */

struct es_session;
/**
 * Hold a connection and the store-wide lock named lock_id (PostgreSQL: advisory lock of the
 * session; SQLite: within the process, which has the file to itself).
 * ES_E_CONFLICT: somebody else holds the lock.
 */
ES_CHECKED es_status es_session_open(struct es_store *store, enum es_store_as as, int64_t lock_id,
                                     struct es_session **out, struct es_error *err);
/** Like es_store_write on this connection; the lock is lost with it, and then every call is
 *  ES_E_UNREACHABLE: open a new session and look what is there. */
ES_CHECKED es_status es_session_write(struct es_session *session, es_tx_fn fn, void *ctx,
                                      struct es_error *err);
ES_CHECKED es_status es_session_read(struct es_session *session, es_tx_fn fn, void *ctx,
                                     struct es_error *err);
void es_session_free(struct es_session *session);
ES_DEFINE_FREE_AT(es_session)

/* ---- waking ---- */

/** Tell all who wait on channel (a short lower-case word), in every process, that there is
 *  something to look at: part of the transaction (PostgreSQL NOTIFY), or at once in process. */
ES_CHECKED es_status es_tx_notify(struct es_tx *tx, const char *channel, struct es_error *err);
/**
 * Wait until channel was notified after *seen, or timeout_ms passed; *seen moves on. A wake-up may
 * be missed on a broken connection and may come for nothing: look, and wait with a time limit.
 */
ES_CHECKED es_status es_store_wait(struct es_store *store, const char *channel, uint64_t *seen,
                                   unsigned timeout_ms, struct es_error *err);

/* ---- migrations ---- */

struct es_migration {
    unsigned number;  /* 1, 2, 3, … */
    const char *name; /* "logs" */
    const char *sql;
};
/** The migrations built in for a driver, in order. */
const struct es_migration *es_store_migrations(const char *driver, size_t *count);
/**
 * Bring the database up to date. Each migration runs in one transaction and is entered in
 * schema_migration(number, name, digest, applied_ms) with the SM3 of its text.
 * @return ES_E_CONFIG     the database is newer than this program (names the number)
 *         ES_E_INTEGRITY  an entered migration has another digest than ours
 */
ES_CHECKED es_status es_store_migrate(struct es_store *store, const struct es_clock *clock,
                                      struct es_error *err);
/** ES_OK when nothing is to be done; ES_E_CONFIG says what is missing. Writes nothing. */
ES_CHECKED es_status es_store_check_schema(struct es_store *store, struct es_error *err);

/* ---- care ---- */

/** Copy the database as it stands, while it is in use: one file (SQLite database; PostgreSQL:
 *  pg_dump's custom format, by the pg_dump beside the server's version). path must not exist. */
ES_CHECKED es_status es_store_backup(struct es_store *store, const char *path,
                                     struct es_error *err);
/** Make a database from such a file. url must name an empty one (SQLite: no file). */
ES_CHECKED es_status es_store_restore(const char *url, const char *path, struct es_error *err);
/** SQLite: move the write-ahead log into the database and empty it, so that nothing that was
 *  deleted stays in it. PostgreSQL: CHECKPOINT is the server's own; does nothing. */
ES_CHECKED es_status es_store_checkpoint(struct es_store *store, struct es_error *err);

#endif
