/*
 * Group commit: functions that waited together run in one transaction, each in a savepoint of its
 * own, and become durable by one sync.
 *
 *     BEGIN IMMEDIATE
 *       SAVEPOINT   f1 -> ok      RELEASE
 *       SAVEPOINT   f2 -> failed  ROLLBACK TO, RELEASE
 *       ...
 *     COMMIT                      hooks, then the callers wake
 *
 * Invariant: a job's status is ES_OK only if the COMMIT that held it succeeded. When SQLite gives
 * the whole transaction up (disk full, out of memory), all that had run in it fail with that
 * error, and what had not begun yet goes on in a new transaction.
 */
#include "sqlite/lite.h"

#define CHECKPOINT_PAGES 2000

static bool transaction_lost(const struct lite_conn *conn)
{
    return sqlite3_get_autocommit(conn->db) != 0;
}

static void fail(struct lite_job *job, const struct es_error *why)
{
    if (job->status == ES_OK)
        job->status = es_error_set(job->err, why->status, "%s", why->text);
}

/** A deferred foreign key left open would make the COMMIT fail for the whole group. */
static es_status check_keys(struct lite_conn *conn, struct es_error *err)
{
    int open = 0, highest = 0;

    if (sqlite3_db_status(conn->db, SQLITE_DBSTATUS_DEFERRED_FKS, &open, &highest, 0) != SQLITE_OK)
        open = 1;
    ES_ENSURE(open == 0, err, ES_E_CONFLICT, "a foreign key points nowhere");
    return ES_OK;
}

static void call(struct lite_conn *conn, struct lite_job *job)
{
    struct lite_tx tx;

    lite_tx_init(&tx, conn);
    job->status = lite_tx_call(&tx, job->fn, job->ctx, job->err);
    if (job->status == ES_OK)
        job->status = check_keys(conn, job->err);
    job->hooks = tx.base.hooks;
}

/** Run one function among others. What it did is undone when it fails. */
static void call_saved(struct lite_conn *conn, struct lite_job *job)
{
    int rc = lite_conn_do(conn, LITE_SAVE);

    if (rc != SQLITE_OK) {
        job->status = lite_error(conn, rc, "savepoint", job->err);
        return;
    }
    call(conn, job);
    if (transaction_lost(conn))
        return;
    if (job->status != ES_OK)
        rc = lite_conn_do(conn, LITE_SAVE_UNDO);
    if (rc == SQLITE_OK)
        rc = lite_conn_do(conn, LITE_SAVE_KEEP);
    if (rc != SQLITE_OK) { /* what stands inside is not known any more: nothing may be kept */
        fail(job, &(struct es_error){ES_E_WRITE, "a savepoint could not be ended"});
        lite_conn_do(conn, LITE_ROLLBACK);
    } else if (job->status != ES_OK) { /* its fate is known before the lane's next function */
        store_hooks_end(ES_TAKE(job->hooks), ES_TX_DROPPED);
    }
}

/** Call hooks of jobs up to end; each now knows its fate. */
static void finish(struct lite_job *from, const struct lite_job *end)
{
    for (struct lite_job *job = from; job != end; job = job->next) {
        struct store_hook *hooks = ES_TAKE(job->hooks);

        store_hooks_end(hooks, job->status == ES_OK ? ES_TX_KEPT : ES_TX_DROPPED);
    }
}

static void fail_all(struct lite_job *from, const struct lite_job *end, const struct es_error *why)
{
    for (struct lite_job *job = from; job != end; job = job->next)
        fail(job, why);
}

static bool has_work(const struct lite_job *from)
{
    for (; from != NULL; from = from->next)
        if (from->status == ES_OK)
            return true;
    return false;
}

static void commit(struct lite_conn *conn, struct lite_job *jobs)
{
    struct es_error why = {0};
    int rc = lite_conn_do(conn, has_work(jobs) ? LITE_COMMIT : LITE_ROLLBACK);

    if (rc != SQLITE_OK) {
        lite_error(conn, rc, "commit", &why);
        if (!transaction_lost(conn))
            lite_conn_do(conn, LITE_ROLLBACK);
        fail_all(jobs, NULL, &why);
    }
    finish(jobs, NULL);
}

/** Run jobs until the end or until the transaction is lost; gives the first that did not run. */
static struct lite_job *run_some(struct lite_conn *conn, struct lite_job *jobs)
{
    bool alone = jobs->next == NULL;

    for (struct lite_job *job = jobs; job != NULL; job = job->next) {
        if (alone)
            call(conn, job);
        else
            call_saved(conn, job);
        if (transaction_lost(conn)) {
            struct es_error why = {ES_E_WRITE, "the transaction of the group was given up"};

            fail_all(jobs, job->next, &why);
            finish(jobs, job->next);
            return job->next;
        }
    }
    commit(conn, jobs);
    return NULL;
}

static void move_wal(struct lite_conn *conn)
{
    struct es_error why;
    int rc;

    if (conn->wal_pages < conn->checkpoint_at)
        return;
    rc = sqlite3_wal_checkpoint_v2(conn->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (rc != SQLITE_OK)
        lite_error(conn, rc, "checkpoint", &why); /* all is still in the log; later again */
    conn->checkpoint_at = conn->wal_pages + CHECKPOINT_PAGES;
}

void lite_group_run(struct lite_conn *conn, struct lite_job *jobs)
{
    while (jobs != NULL) {
        struct es_error why = {0};
        int rc = lite_conn_begin(conn, LITE_BEGIN_WRITE);

        if (rc != SQLITE_OK) {
            lite_error(conn, rc, "begin", &why);
            fail_all(jobs, NULL, &why);
            return;
        }
        jobs = run_some(conn, jobs);
    }
    move_wal(conn);
}

es_status lite_empty_wal(struct lite_conn *conn, struct es_error *err)
{
    int rc = sqlite3_wal_checkpoint_v2(conn->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);

    if (rc != SQLITE_OK)
        return lite_error(conn, rc, "checkpoint", err);
    conn->wal_pages = 0;
    conn->checkpoint_at = CHECKPOINT_PAGES;
    return ES_OK;
}
