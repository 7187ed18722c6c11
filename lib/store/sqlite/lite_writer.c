/*
 * The writer thread and the queue before it. Whoever wants to write puts a job from his stack into
 * the queue and sleeps until it is done; a job that was not taken in wait_ms is withdrawn, one that
 * was taken is waited for. No delay is added to gather a group: while one group is synced, the
 * next one gathers by itself.
 */
#include <signal.h>

#include "sqlite/lite.h"

#define GROUP_MAX 256

/** The next group: a checkpoint is a group by itself. */
static struct lite_job *take_group(struct lite_store *store)
{
    struct lite_job *first = store->head, *last = first;
    size_t count = 1;

    first->state = LITE_TAKEN;
    while (first->fn != NULL && last->next != NULL && last->next->fn != NULL && count < GROUP_MAX) {
        last = last->next;
        last->state = LITE_TAKEN;
        count++;
    }
    store->head = last->next;
    if (store->head == NULL)
        store->tail = &store->head;
    last->next = NULL;
    return first;
}

static void wake(struct lite_job *job)
{
    while (job != NULL) {
        struct lite_job *next = job->next; /* its owner may be gone right after */

        job->state = LITE_DONE;
        pthread_cond_signal(&job->woken);
        job = next;
    }
}

static void run_group(struct lite_store *store, struct lite_job *jobs)
{
    if (jobs->fn == NULL)
        jobs->status = lite_empty_wal(&store->writer, jobs->err);
    else
        lite_group_run(&store->writer, jobs);
}

static void *writer_main(void *ctx)
{
    struct lite_store *store = ctx;

    pthread_mutex_lock(&store->mutex);
    for (;;) {
        struct lite_job *jobs;

        while (store->head == NULL && !store->closing)
            pthread_cond_wait(&store->work, &store->mutex);
        if (store->head == NULL)
            break;
        jobs = take_group(store);
        pthread_mutex_unlock(&store->mutex);
        run_group(store, jobs);
        pthread_mutex_lock(&store->mutex);
        wake(jobs);
    }
    pthread_mutex_unlock(&store->mutex);
    return NULL;
}

es_status lite_writer_start(struct lite_store *store, bool create, struct es_error *err)
{
    sigset_t all, before;
    int rc;

    ES_TRY(lite_conn_open(&store->writer, store, true, create, err));
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the threads of the program */
    rc = pthread_create(&store->thread, NULL, writer_main, store);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    ES_ENSURE(rc == 0, err, ES_E_NOMEM, "no thread for the writer to be had");
    store->thread_runs = true;
    return ES_OK;
}

void lite_writer_stop(struct lite_store *store)
{
    struct es_error why;

    if (store->thread_runs) {
        pthread_mutex_lock(&store->mutex);
        store->closing = true;
        pthread_cond_signal(&store->work);
        pthread_mutex_unlock(&store->mutex);
        pthread_join(store->thread, NULL);
        /* Only tidiness: what cannot be moved now stays in the log and is read from there. */
        if (lite_empty_wal(&store->writer, &why) != ES_OK)
            why = (struct es_error){0};
    }
    lite_conn_clear(&store->writer);
}

/** Take a job out that nobody took up. */
static void withdraw(struct lite_store *store, const struct lite_job *job)
{
    struct lite_job **at = &store->head;

    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    if (*at == NULL)
        store->tail = at;
}

/** Queue the job and wait for its end. False: nobody took it up in time. */
static bool wait_for(struct lite_store *store, struct lite_job *job)
{
    struct timespec until = lite_deadline(store->wait_ms);
    int late = 0;

    pthread_mutex_lock(&store->mutex);
    lite_enter(store);
    *store->tail = job;
    store->tail = &job->next;
    pthread_cond_signal(&store->work);
    while (job->state == LITE_QUEUED && late == 0)
        late = pthread_cond_timedwait(&job->woken, &store->mutex, &until);
    if (job->state == LITE_QUEUED)
        withdraw(store, job);
    else
        while (job->state != LITE_DONE)
            pthread_cond_wait(&job->woken, &store->mutex);
    lite_leave(store);
    pthread_mutex_unlock(&store->mutex);
    return job->state == LITE_DONE;
}

static es_status submit(struct lite_store *store, es_tx_fn fn, void *ctx, struct es_error *err)
{
    struct lite_job job = {.fn = fn, .ctx = ctx, .err = err};
    bool done;

    ES_ENSURE(!store->thread_runs || !pthread_equal(pthread_self(), store->thread), err,
              ES_E_CONFLICT, "a writing function asked for another transaction");
    ES_ENSURE(lite_cond_init(&job.woken), err, ES_E_NOMEM, "out of memory");
    done = wait_for(store, &job);
    pthread_cond_destroy(&job.woken);
    ES_ENSURE(done, err, ES_E_UNREACHABLE, "the writer was busy for %u ms", store->wait_ms);
    return job.status;
}

es_status lite_write(void *self, enum es_store_as as, int lane, es_tx_fn fn, void *ctx,
                     struct es_error *err)
{
    (void) lane; /* there is one */
    ES_ENSURE(as != ES_AS_AUDITOR, err, ES_E_DENIED, "the auditor only reads");
    return submit(self, fn, ctx, err);
}

es_status lite_checkpoint(void *self, struct es_error *err)
{
    return submit(self, NULL, NULL, err);
}
