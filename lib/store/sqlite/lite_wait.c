/*
 * Waiting. A channel counts how often it was notified by a kept transaction; a store counts the
 * calls inside it, so that closing can wait for their end.
 */
#include <time.h>

#include "sqlite/lite.h"

bool lite_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    int rc;

    if (pthread_condattr_init(&attr) != 0)
        return false;
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    rc = pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
    return rc == 0;
}

struct timespec lite_deadline(unsigned ms)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    now.tv_sec += (time_t) (ms / 1000);
    now.tv_nsec += (long) (ms % 1000) * 1000000L;
    if (now.tv_nsec >= 1000000000L) {
        now.tv_sec++;
        now.tv_nsec -= 1000000000L;
    }
    return now;
}

void lite_enter(struct lite_store *store)
{
    store->inside++;
}

void lite_leave(struct lite_store *store)
{
    if (--store->inside == 0)
        pthread_cond_signal(&store->left);
}

static struct lite_channel *make_channel(struct lite_store *store, const char *name)
{
    size_t len = strlen(name);
    struct lite_channel *channel = calloc(1, sizeof *channel + len + 1);

    if (channel == NULL)
        return NULL;
    if (!lite_cond_init(&channel->woken)) {
        free(channel);
        return NULL;
    }
    memcpy(channel->name, name, len);
    channel->store = store;
    channel->next = store->channels;
    store->channels = channel;
    return channel;
}

/** The channel of that name, made when it is new; the mutex is held. NULL: out of memory. */
static struct lite_channel *find_channel(struct lite_store *store, const char *name)
{
    for (struct lite_channel *channel = store->channels; channel != NULL; channel = channel->next)
        if (strcmp(channel->name, name) == 0)
            return channel;
    return make_channel(store, name);
}

static void ring(void *ctx, enum es_tx_end end)
{
    struct lite_channel *channel = ctx;

    if (end != ES_TX_KEPT)
        return;
    pthread_mutex_lock(&channel->store->mutex);
    channel->count++;
    pthread_cond_broadcast(&channel->woken);
    pthread_mutex_unlock(&channel->store->mutex);
}

es_status lite_notify(struct es_tx *tx, const char *name, struct es_error *err)
{
    struct lite_store *store = ((struct lite_tx *) tx)->conn->store;
    struct lite_channel *channel;

    pthread_mutex_lock(&store->mutex);
    channel = find_channel(store, name);
    pthread_mutex_unlock(&store->mutex);
    ES_ENSURE(channel != NULL, err, ES_E_NOMEM, "out of memory");
    return es_tx_at_end(tx, ring, channel, err);
}

es_status lite_wait(void *self, const char *name, uint64_t *seen, unsigned timeout_ms,
                    struct es_error *err)
{
    struct timespec until = lite_deadline(timeout_ms);
    struct lite_store *store = self;
    struct lite_channel *channel;
    int late = 0;

    pthread_mutex_lock(&store->mutex);
    lite_enter(store);
    channel = find_channel(store, name);
    while (channel != NULL && channel->count <= *seen && late == 0)
        late = pthread_cond_timedwait(&channel->woken, &store->mutex, &until);
    if (channel != NULL && channel->count > *seen)
        *seen = channel->count;
    lite_leave(store);
    pthread_mutex_unlock(&store->mutex);
    ES_ENSURE(channel != NULL, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

void lite_channels_clear(struct lite_store *store)
{
    while (store->channels != NULL) {
        struct lite_channel *next = store->channels->next;

        pthread_cond_destroy(&store->channels->woken);
        free(store->channels);
        store->channels = next;
    }
}
