/*
 * Connections shared by threads. Who gives one back hands it straight to whoever waits longest for
 * it, so nobody overtakes and one thread wakes. The mutex is held for moments only, never while
 * talking to the server.
 */
#include "postgres/pg.h"

struct pg_waiter {
    int want; /* < 0: any */
    int got;  /* < 0: nothing yet */
    pthread_cond_t cond;
    struct pg_waiter *next;
};

void pg_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;

    (void) pthread_condattr_init(&attr);
    (void) pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void) pthread_cond_init(cond, &attr);
    (void) pthread_condattr_destroy(&attr);
}

es_status pg_pool_init(struct pg_pool *pool, const struct pg_target *target, unsigned count,
                       struct es_error *err)
{
    *pool = (struct pg_pool){.count = count, .wait_ms = target->wait_ms};
    pool->slots = calloc(count, sizeof *pool->slots);
    ES_ENSURE(pool->slots != NULL, err, ES_E_NOMEM, "out of memory");
    for (unsigned i = 0; i < count; i++)
        pool->slots[i].conn.target = target;
    (void) pthread_mutex_init(&pool->mutex, NULL);
    pg_cond_init(&pool->idle);
    return ES_OK;
}

void pg_pool_clear(struct pg_pool *pool)
{
    (void) pthread_mutex_lock(&pool->mutex);
    while (pool->busy > 0)
        (void) pthread_cond_wait(&pool->idle, &pool->mutex);
    (void) pthread_mutex_unlock(&pool->mutex);
    for (unsigned i = 0; i < pool->count; i++)
        pg_conn_close(&pool->slots[i].conn);
    free(pool->slots);
    (void) pthread_cond_destroy(&pool->idle);
    (void) pthread_mutex_destroy(&pool->mutex);
}

/** A free connection that want allows, the lowest first: few stay open under little load. */
static int find_free(const struct pg_pool *pool, int want)
{
    if (want >= 0)
        return pool->slots[want].busy ? -1 : want;
    for (unsigned i = 0; i < pool->count; i++)
        if (!pool->slots[i].busy)
            return (int) i;
    return -1;
}

static void enqueue(struct pg_pool *pool, struct pg_waiter *waiter)
{
    struct pg_waiter **at = &pool->first;

    while (*at != NULL)
        at = &(*at)->next;
    *at = waiter;
}

static void dequeue(struct pg_pool *pool, const struct pg_waiter *waiter)
{
    struct pg_waiter **at = &pool->first;

    while (*at != waiter)
        at = &(*at)->next;
    *at = waiter->next;
}

struct timespec pg_deadline(unsigned wait_ms)
{
    struct timespec at;

    (void) clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += wait_ms / 1000;
    at.tv_nsec += (long) (wait_ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/** Wait in the row; the mutex is held. Gives the number or -1. */
static int wait_for(struct pg_pool *pool, int want)
{
    struct pg_waiter waiter = {.want = want, .got = -1};
    const struct timespec until = pg_deadline(pool->wait_ms);
    int failed = 0;

    pg_cond_init(&waiter.cond);
    enqueue(pool, &waiter);
    while (waiter.got < 0 && failed == 0)
        failed = pthread_cond_timedwait(&waiter.cond, &pool->mutex, &until);
    if (waiter.got < 0)
        dequeue(pool, &waiter);
    (void) pthread_cond_destroy(&waiter.cond);
    return waiter.got;
}

es_status pg_pool_take(struct pg_pool *pool, int want, unsigned *out, struct es_error *err)
{
    int number;

    ES_BUG_ON(want >= (int) pool->count);
    (void) pthread_mutex_lock(&pool->mutex);
    number = find_free(pool, want);
    if (number >= 0) {
        pool->slots[number].busy = true;
        pool->busy++;
    } else {
        number = wait_for(pool, want);
    }
    (void) pthread_mutex_unlock(&pool->mutex);
    ES_ENSURE(number >= 0, err, ES_E_UNREACHABLE, "no database connection became free within %u ms",
              pool->wait_ms);
    *out = (unsigned) number;
    return ES_OK;
}

void pg_pool_give(struct pg_pool *pool, unsigned number)
{
    struct pg_waiter *waiter;

    (void) pthread_mutex_lock(&pool->mutex);
    waiter = pool->first;
    while (waiter != NULL && waiter->want >= 0 && waiter->want != (int) number)
        waiter = waiter->next;
    if (waiter != NULL) {
        dequeue(pool, waiter);
        waiter->got = (int) number;
        (void) pthread_cond_signal(&waiter->cond);
    } else {
        pool->slots[number].busy = false;
        pool->busy--;
        if (pool->busy == 0)
            (void) pthread_cond_broadcast(&pool->idle);
    }
    (void) pthread_mutex_unlock(&pool->mutex);
}
