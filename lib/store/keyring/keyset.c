/* A set of keys in the order of purpose and version; opened once, then never changed. */
#include "keyring_internal.h"

#include <stdlib.h>

es_status keyset_new(struct keyset **out, struct es_error *err)
{
    *out = calloc(1, sizeof(**out));
    ES_ENSURE(*out != NULL, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

void keyset_free(struct keyset *set)
{
    if (set == NULL)
        return;
    es_secret_clear(&set->keys);
    free(set->entries);
    free(set);
}

static bool stands_before(const struct key_entry *a, const struct key_entry *b)
{
    return a->purpose != b->purpose ? a->purpose < b->purpose : a->version < b->version;
}

static es_status make_room(struct keyset *set, struct es_error *err)
{
    struct key_entry *grown;

    ES_ENSURE(set->count < KEYS_MAX, err, ES_E_LIMIT, "more than %d keys in the store", KEYS_MAX);
    if ((set->count & (set->count - 1)) != 0)
        return ES_OK; /* room is doubled at each power of two */
    grown = reallocarray(set->entries, set->count == 0 ? 1 : 2 * set->count, sizeof(*grown));
    ES_ENSURE(grown != NULL, err, ES_E_NOMEM, "out of memory");
    set->entries = grown;
    return ES_OK;
}

es_status keyset_add(struct keyset *set, const struct key_entry *entry, struct es_error *err)
{
    size_t at;

    ES_BUG_ON(set->keys.ptr != NULL);
    ES_TRY(make_room(set, err));
    for (at = set->count; at > 0 && stands_before(entry, &set->entries[at - 1]); at--)
        set->entries[at] = set->entries[at - 1];
    set->entries[at] = *entry;
    set->count++;
    return ES_OK;
}

size_t keyset_find(const struct keyset *set, uint32_t purpose, uint32_t version)
{
    size_t i = 0;

    while (i < set->count &&
           !(set->entries[i].purpose == purpose && set->entries[i].version == version))
        i++;
    return i;
}

size_t keyset_newest(const struct keyset *set, uint32_t purpose)
{
    for (size_t i = set->count; i > 0; i--)
        if (set->entries[i - 1].purpose == purpose)
            return i - 1;
    return set->count;
}

struct es_span keyset_key(const struct keyset *set, size_t index)
{
    ES_BUG_ON(index >= set->count || set->keys.ptr == NULL);
    return es_span_of(set->keys.ptr + index * KEY_MAX, key_len(set->entries[index].purpose));
}

/* *opened: how many did. Not one: it is the master that is wrong. */
static es_status unwrap_all(struct keyset *set, const struct es_secret *master, size_t *opened,
                            struct es_error *err)
{
    for (size_t i = 0; i < set->count; i++) {
        es_status status = key_unwrap(master, &set->entries[i], set->keys.ptr + i * KEY_MAX, err);

        if (status == ES_E_INTEGRITY)
            continue;
        ES_TRY(status);
        ++*opened;
    }
    return ES_OK;
}

static bool is_complete(const struct keyset *set)
{
    for (uint32_t purpose = ES_K_FIELD; purpose <= ES_K_DETAIL; purpose++)
        if (keyset_newest(set, purpose) == set->count)
            return false;
    return true;
}

es_status keyset_open(struct keyset *set, const struct es_secret *master, struct es_error *err)
{
    uint8_t seal[TABLE_SEAL_LEN];
    size_t opened = 0;
    bool holds;

    ES_TRY(check_master(master, err));
    ES_TRY(table_seal(master, set, seal, err));
    holds = set->sealed && es_equal_hidden(es_span_of(seal, sizeof(seal)),
                                           es_span_of(set->table_seal, sizeof(set->table_seal)));
    ES_TRY(es_secret_init(&set->keys, set->count * KEY_MAX, err));
    ES_TRY(unwrap_all(set, master, &opened, err));
    ES_ENSURE(holds || opened > 0 || set->count == 0, err, ES_E_PIN,
              "the keys of the store are under another master key");
    ES_ENSURE(holds && opened == set->count && is_complete(set), err, ES_E_INTEGRITY,
              "store_key: a row was changed, added or taken away");
    set->keys.len = set->count * KEY_MAX;
    return ES_OK;
}
