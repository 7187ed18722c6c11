/*
 * Seals already found good, by SM3 of their bytes: 1024 sets of 4 entries, the oldest of a set
 * makes room. Only good seals are kept, with their deviations, so findings never change with the
 * cache. One mutex; the work under it is a few comparisons.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "seal_internal.h"

#define SETS 1024
#define WAYS 4

struct entry {
    uint8_t sm3[ES_SM3_LEN];
    unsigned deviations;
    bool used;
};
struct set {
    struct entry ways[WAYS];
    unsigned oldest;
};
struct es_seal_cache {
    pthread_mutex_t lock;
    struct set sets[SETS];
};

es_status es_seal_cache_new(struct es_seal_cache **out, struct es_error *err)
{
    struct es_seal_cache *cache = (struct es_seal_cache *) calloc(1, sizeof(*cache));

    *out = NULL;
    ES_ENSURE(cache != NULL, err, ES_E_NOMEM, "out of memory");
    if (pthread_mutex_init(&cache->lock, NULL) != 0) {
        free(cache);
        return es_error_set(err, ES_E_NOMEM, "no lock for the cache");
    }
    *out = cache;
    return ES_OK;
}

void es_seal_cache_free(struct es_seal_cache *cache)
{
    if (cache == NULL)
        return;
    (void) pthread_mutex_destroy(&cache->lock);
    free(cache);
}

static struct set *set_of(struct es_seal_cache *cache, const uint8_t sm3[ES_SM3_LEN])
{
    return &cache->sets[((unsigned) sm3[0] << 8 | sm3[1]) % SETS];
}

static struct entry *find(struct set *set, const uint8_t sm3[ES_SM3_LEN])
{
    for (size_t i = 0; i < WAYS; i++)
        if (set->ways[i].used && memcmp(set->ways[i].sm3, sm3, ES_SM3_LEN) == 0)
            return &set->ways[i];
    return NULL;
}

bool seal_cache_find(struct es_seal_cache *cache, const uint8_t sm3[ES_SM3_LEN],
                     unsigned *deviations)
{
    const struct entry *entry;

    if (cache == NULL)
        return false;
    (void) pthread_mutex_lock(&cache->lock);
    entry = find(set_of(cache, sm3), sm3);
    if (entry != NULL)
        *deviations = entry->deviations;
    (void) pthread_mutex_unlock(&cache->lock);
    return entry != NULL;
}

void seal_cache_put(struct es_seal_cache *cache, const uint8_t sm3[ES_SM3_LEN], unsigned deviations)
{
    struct set *set;

    if (cache == NULL)
        return;
    (void) pthread_mutex_lock(&cache->lock);
    set = set_of(cache, sm3);
    if (find(set, sm3) == NULL) {
        struct entry *entry = &set->ways[set->oldest];

        set->oldest = (set->oldest + 1) % WAYS;
        memcpy(entry->sm3, sm3, ES_SM3_LEN);
        entry->deviations = deviations;
        entry->used = true;
    }
    (void) pthread_mutex_unlock(&cache->lock);
}
