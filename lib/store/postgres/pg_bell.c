/*
 * Waking who waits, here and in other processes. A transaction that was kept wakes the waiters of
 * this process at once and leaves the channel to one thread, which tells the server (NOTIFY) and
 * hears what others tell (LISTEN), both on a connection of its own. NOTIFY inside the transaction
 * would take a lock of the whole database at commit, and commits would sync one after another.
 *
 * Invariants: a channel's count only grows. It grows too when LISTEN begins, since what happened
 * before was not heard. The connection belongs to the thread; the rest to whoever has the mutex.
 */
#include "postgres/pg.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define PAUSE_MIN_MS 50
#define PAUSE_MAX_MS 2000

es_status pg_bell_init(struct pg_bell *bell, const struct pg_target *target, struct es_error *err)
{
    *bell = (struct pg_bell){.conn = {.target = target}};
    bell->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ES_ENSURE(bell->wake_fd >= 0, err, ES_E_NOMEM, "no descriptor to be had");
    (void) pthread_mutex_init(&bell->mutex, NULL);
    pg_cond_init(&bell->rung);
    return ES_OK;
}

static void wake_thread(struct pg_bell *bell)
{
    (void) eventfd_write(bell->wake_fd, 1);
}

void pg_bell_clear(struct pg_bell *bell)
{
    bool running;

    (void) pthread_mutex_lock(&bell->mutex);
    bell->stop = true;
    running = bell->running;
    (void) pthread_mutex_unlock(&bell->mutex);
    wake_thread(bell);
    if (running)
        (void) pthread_join(bell->thread, NULL);
    pg_conn_close(&bell->conn);
    (void) close(bell->wake_fd);
    (void) pthread_cond_destroy(&bell->rung);
    (void) pthread_mutex_destroy(&bell->mutex);
}

static struct pg_channel *find(struct pg_bell *bell, const char *name)
{
    for (unsigned i = 0; i < bell->count; i++)
        if (strcmp(bell->channels[i].name, name) == 0)
            return &bell->channels[i];
    return NULL;
}

static struct pg_channel *find_or_add(struct pg_bell *bell, const char *name)
{
    struct pg_channel *channel = find(bell, name);

    if (channel != NULL || bell->count == PG_CHANNELS_MAX || strlen(name) > PG_NAME_MAX)
        return channel;
    channel = &bell->channels[bell->count++];
    *channel = (struct pg_channel){0};
    (void) snprintf(channel->name, sizeof channel->name, "%s", name);
    return channel;
}

es_status pg_bell_channel(struct pg_bell *bell, const char *name, unsigned *out,
                          struct es_error *err)
{
    struct pg_channel *channel;

    (void) pthread_mutex_lock(&bell->mutex);
    channel = find_or_add(bell, name);
    *out = channel != NULL ? (unsigned) (channel - bell->channels) : 0;
    (void) pthread_mutex_unlock(&bell->mutex);
    ES_ENSURE(channel != NULL, err, ES_E_LIMIT, "more than %d channels", PG_CHANNELS_MAX);
    return ES_OK;
}

/* ---- the thread ---- */

static bool must_stop(struct pg_bell *bell)
{
    bool stop;

    (void) pthread_mutex_lock(&bell->mutex);
    stop = bell->stop;
    (void) pthread_mutex_unlock(&bell->mutex);
    return stop;
}

/** Count up a channel and wake all waiters; each looks whether it is the one meant. */
static void heard(struct pg_bell *bell, struct pg_channel *channel)
{
    channel->count++;
    (void) pthread_cond_broadcast(&bell->rung);
}

static bool command(struct pg_bell *bell, const char *sql)
{
    PGresult *result = PQexec(bell->conn.pq, sql);
    bool good = PQresultStatus(result) == PGRES_COMMAND_OK;

    PQclear(result);
    return good;
}

/** Tell the server about one channel; false: the connection failed. */
static bool serve_channel(struct pg_bell *bell, unsigned number)
{
    struct pg_channel *channel = &bell->channels[number];
    char sql[PG_NAME_MAX + 16];
    bool listen, ring, good = true;

    (void) pthread_mutex_lock(&bell->mutex);
    listen = channel->wanted && !channel->listening;
    ring = channel->ring;
    channel->ring = false;
    (void) pthread_mutex_unlock(&bell->mutex);
    if (ring) {
        (void) snprintf(sql, sizeof sql, "NOTIFY \"%s\"", channel->name);
        good = command(bell, sql);
    }
    if (good && listen) {
        (void) snprintf(sql, sizeof sql, "LISTEN \"%s\"", channel->name);
        good = command(bell, sql);
    }
    (void) pthread_mutex_lock(&bell->mutex);
    channel->ring |= ring && !good;
    channel->listening |= listen && good;
    if (listen && good)
        heard(bell, channel);
    (void) pthread_mutex_unlock(&bell->mutex);
    return good;
}

static bool serve_channels(struct pg_bell *bell)
{
    unsigned count;

    (void) pthread_mutex_lock(&bell->mutex);
    count = bell->count;
    (void) pthread_mutex_unlock(&bell->mutex);
    for (unsigned i = 0; i < count; i++)
        if (!serve_channel(bell, i))
            return false;
    return true;
}

/** Take what others told; our own were heard before they were sent. */
static void take_notifications(struct pg_bell *bell)
{
    PGnotify *notify;

    while ((notify = PQnotifies(bell->conn.pq)) != NULL) {
        (void) pthread_mutex_lock(&bell->mutex);
        struct pg_channel *channel = find(bell, notify->relname);

        if (channel != NULL && notify->be_pid != PQbackendPID(bell->conn.pq))
            heard(bell, channel);
        (void) pthread_mutex_unlock(&bell->mutex);
        PQfreemem(notify);
    }
}

static bool reconnect(struct pg_bell *bell)
{
    if (bell->conn.pq != NULL)
        return true;
    (void) pthread_mutex_lock(&bell->mutex);
    for (unsigned i = 0; i < bell->count; i++)
        bell->channels[i].listening = false;
    (void) pthread_mutex_unlock(&bell->mutex);
    return pg_conn_open(&bell->conn, NULL) == ES_OK;
}

/** Wait for the server, for work or for the time; the eventfd is emptied. */
static void pause_thread(struct pg_bell *bell, int timeout_ms)
{
    struct pollfd fds[] = {{.fd = bell->wake_fd, .events = POLLIN},
                           {.fd = PQsocket(bell->conn.pq), .events = POLLIN}};
    eventfd_t count;

    (void) poll(fds, 2, timeout_ms);
    (void) eventfd_read(bell->wake_fd, &count);
}

static void *attend(void *ctx)
{
    struct pg_bell *bell = ctx;
    int pause_ms = PAUSE_MIN_MS;

    while (!must_stop(bell)) {
        if (!reconnect(bell) || !serve_channels(bell) || pg_conn_is_lost(&bell->conn)) {
            pg_conn_close(&bell->conn);
            pause_thread(bell, pause_ms);
            pause_ms = pause_ms * 2 < PAUSE_MAX_MS ? pause_ms * 2 : PAUSE_MAX_MS;
            continue;
        }
        pause_ms = PAUSE_MIN_MS;
        take_notifications(bell);
        pause_thread(bell, -1);
        if (PQconsumeInput(bell->conn.pq) != 0)
            take_notifications(bell);
    }
    return NULL;
}

/** Start the thread when it is first needed; the mutex is held. Signals are for others. */
static bool ensure_thread(struct pg_bell *bell)
{
    sigset_t all, before;

    if (bell->running)
        return true;
    (void) sigfillset(&all);
    (void) pthread_sigmask(SIG_SETMASK, &all, &before);
    bell->running = pthread_create(&bell->thread, NULL, attend, bell) == 0;
    (void) pthread_sigmask(SIG_SETMASK, &before, NULL);
    return bell->running;
}

/* ---- for all ---- */

void pg_bell_ring(struct pg_bell *bell, uint32_t channels)
{
    if (channels == 0)
        return;
    (void) pthread_mutex_lock(&bell->mutex);
    for (unsigned i = 0; i < bell->count; i++) {
        if ((channels >> i & 1) == 0)
            continue;
        bell->channels[i].ring = true;
        heard(bell, &bell->channels[i]);
    }
    (void) ensure_thread(bell); /* without it others wake by their time limits */
    (void) pthread_mutex_unlock(&bell->mutex);
    wake_thread(bell);
}

es_status pg_bell_wait(struct pg_bell *bell, const char *name, uint64_t *seen, unsigned timeout_ms,
                       struct es_error *err)
{
    const struct timespec until = pg_deadline(timeout_ms);
    struct pg_channel *channel;
    bool threaded = true;
    int failed = 0;

    (void) pthread_mutex_lock(&bell->mutex);
    channel = find_or_add(bell, name);
    if (channel != NULL && !channel->wanted) {
        channel->wanted = true;
        wake_thread(bell);
    }
    threaded = channel != NULL && ensure_thread(bell);
    while (threaded && channel->count <= *seen && failed == 0)
        failed = pthread_cond_timedwait(&bell->rung, &bell->mutex, &until);
    if (threaded)
        *seen = channel->count;
    (void) pthread_mutex_unlock(&bell->mutex);
    ES_ENSURE(channel != NULL, err, ES_E_LIMIT, "more than %d channels", PG_CHANNELS_MAX);
    ES_ENSURE(threaded, err, ES_E_NOMEM, "no thread to be had");
    return ES_OK;
}
