/*
 * The keyring in use: the set of keys under a read-write lock, replaced whole by what stands in the
 * table after a change. Changes of one keyring follow one another; readers wait for the exchange
 * of a pointer only. A change that is not kept leaves keyring and table as they were.
 */
#include "keyring_internal.h"

#include <pthread.h>
#include <stdlib.h>

struct keyring_state {
    pthread_rwlock_t lock;    /* guards set */
    pthread_mutex_t changing; /* guards master; held across a change and its transaction */
    struct keyset *set;
    struct es_secret master;
};
struct es_keyring {
    struct keyring_state *state; /* so that readers of a const keyring can lock */
};

/* ---- birth and end ---- */

/* Writers first: readers that come all the time would else keep a rotation out for ever. */
static int init_lock(pthread_rwlock_t *lock)
{
    pthread_rwlockattr_t attr;
    int failed = pthread_rwlockattr_init(&attr);

    if (failed != 0)
        return failed;
    failed = pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    if (failed == 0)
        failed = pthread_rwlock_init(lock, &attr);
    pthread_rwlockattr_destroy(&attr);
    return failed;
}

static struct keyring_state *state_new(void)
{
    struct keyring_state *state = calloc(1, sizeof(*state));

    if (state == NULL || init_lock(&state->lock) != 0) {
        free(state);
        return NULL;
    }
    if (pthread_mutex_init(&state->changing, NULL) != 0) {
        pthread_rwlock_destroy(&state->lock);
        free(state);
        return NULL;
    }
    return state;
}

static es_status keyring_new(const struct es_secret *master, struct es_keyring **out,
                             struct es_error *err)
{
    ES_AUTO_PTR(es_keyring) keyring = calloc(1, sizeof(*keyring));

    ES_ENSURE(keyring != NULL, err, ES_E_NOMEM, "out of memory");
    keyring->state = state_new();
    ES_ENSURE(keyring->state != NULL, err, ES_E_NOMEM, "out of memory");
    ES_TRY(es_secret_init(&keyring->state->master, MASTER_LEN, err));
    ES_TRY(es_secret_set(&keyring->state->master, es_span_of(master->ptr, master->len), err));
    *out = ES_TAKE(keyring);
    return ES_OK;
}

void es_keyring_free(struct es_keyring *keyring)
{
    if (keyring == NULL)
        return;
    if (keyring->state != NULL) {
        pthread_rwlock_destroy(&keyring->state->lock);
        pthread_mutex_destroy(&keyring->state->changing);
        keyset_free(keyring->state->set);
        es_secret_clear(&keyring->state->master);
        free(keyring->state);
    }
    free(keyring);
}

/* ---- reading ---- */

const struct keyset *keyring_lock(const struct es_keyring *keyring)
{
    ES_BUG_ON(pthread_rwlock_rdlock(&keyring->state->lock) != 0);
    return keyring->state->set;
}

void keyring_unlock(const struct es_keyring *keyring)
{
    ES_BUG_ON(pthread_rwlock_unlock(&keyring->state->lock) != 0);
}

uint32_t es_keyring_version(const struct es_keyring *keyring, enum es_key_purpose purpose)
{
    const struct keyset *set = keyring_lock(keyring);
    size_t at = keyset_newest(set, purpose);
    uint32_t version = at < set->count ? set->entries[at].version : 0;

    keyring_unlock(keyring);
    return version;
}

static void exchange(struct keyring_state *state, struct keyset *next)
{
    struct keyset *old;

    ES_BUG_ON(pthread_rwlock_wrlock(&state->lock) != 0);
    old = state->set;
    state->set = next;
    ES_BUG_ON(pthread_rwlock_unlock(&state->lock) != 0);
    keyset_free(old);
}

/* ---- opening ---- */

struct opening {
    const struct es_secret *master;
    struct keyset *set;
};

static es_status open_in_tx(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct opening *opening = ctx;

    keyset_free(ES_TAKE(opening->set)); /* of a run that was not kept */
    ES_TRY(table_read(tx, &opening->set, err));
    return keyset_open(opening->set, opening->master, err);
}

/* The caller holds state->changing, or nobody else knows the keyring yet. */
static es_status read_keys(struct keyring_state *state, struct es_store *store,
                           struct es_error *err)
{
    struct opening opening = {.master = &state->master};
    es_status status = es_store_read(store, ES_AS_SERVICE, open_in_tx, &opening, err);

    if (status == ES_OK)
        exchange(state, ES_TAKE(opening.set));
    keyset_free(opening.set);
    return status;
}

es_status es_keyring_open(struct es_store *store, const struct es_secret *master,
                          struct es_keyring **out, struct es_error *err)
{
    ES_AUTO_PTR(es_keyring) keyring = NULL;

    ES_TRY(check_master(master, err));
    ES_TRY(keyring_new(master, &keyring, err));
    ES_TRY(read_keys(keyring->state, store, err));
    *out = ES_TAKE(keyring);
    return ES_OK;
}

es_status es_keyring_refresh(struct es_keyring *keyring, struct es_store *store,
                             struct es_error *err)
{
    es_status status;

    ES_BUG_ON(pthread_mutex_lock(&keyring->state->changing) != 0);
    status = read_keys(keyring->state, store, err);
    ES_BUG_ON(pthread_mutex_unlock(&keyring->state->changing) != 0);
    return status;
}

/* ---- changing ---- */

struct changing {
    struct key_change *change;
    struct keyset *next; /* as it stands in the table after the change */
};

static es_status seal_anew(const struct key_change *change, const struct keyset *before,
                           struct keyset *next, struct es_tx *tx, struct es_error *err)
{
    const struct es_secret *master = change->next_master != NULL ? change->next_master
                                                                 : change->master;

    ES_TRY(table_seal(master, next, next->table_seal, err));
    ES_TRY(table_update_seal(tx, before->table_seal, next->table_seal, err));
    return keyset_open(next, master, err);
}

static es_status change_in_tx(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct changing *changing = ctx;
    struct key_change *change = changing->change;
    ES_AUTO_PTR(keyset) before = NULL;

    keyset_free(ES_TAKE(changing->next)); /* of a run that was not kept */
    ES_TRY(table_read(tx, &before, err));
    ES_TRY(keyset_open(before, change->master, err));
    ES_TRY(change->fn(change, before, tx, err));
    ES_TRY(table_read(tx, &changing->next, err));
    return seal_anew(change, before, changing->next, tx, err);
}

static void keep_change(struct keyring_state *state, const struct key_change *change,
                        struct keyset *next)
{
    exchange(state, next);
    if (change->next_master != NULL)
        memcpy(state->master.ptr, change->next_master->ptr, MASTER_LEN);
}

es_status keyring_change(struct es_keyring *keyring, struct es_store *store,
                         struct key_change *change, struct es_error *err)
{
    struct keyring_state *state = keyring->state;
    struct changing changing = {.change = change};
    es_status status;

    ES_BUG_ON(pthread_mutex_lock(&state->changing) != 0);
    change->master = &state->master;
    status = es_store_write(store, ES_AS_OWNER, change_in_tx, &changing, err);
    if (status == ES_OK)
        keep_change(state, change, ES_TAKE(changing.next));
    ES_BUG_ON(pthread_mutex_unlock(&state->changing) != 0);
    keyset_free(changing.next);
    return status;
}
