/* What is done to the keys: made, a version added, a version destroyed, all wrapped anew. */
#include "keyring_internal.h"

/* ---- a new key ---- */

static es_status insert_new_key(struct es_tx *tx, const struct es_secret *master,
                                struct key_entry *entry, const struct es_random *random,
                                struct es_error *err)
{
    ES_AUTO(es_secret) key = {0};
    size_t len = key_len(entry->purpose);

    ES_TRY(es_secret_init(&key, KEY_MAX, err));
    ES_TRY(random->fill(random->self, key.ptr, len, err));
    ES_TRY(key_wrap(master, entry, es_span_of(key.ptr, len), random, err));
    return table_insert(tx, entry, err);
}

struct creation {
    const struct es_secret *master;
    const struct es_random *random;
    int64_t now_ms;
};

static es_status expect_none(struct es_tx *tx, struct es_error *err)
{
    ES_AUTO_PTR(keyset) set = NULL;
    es_status status = table_read(tx, &set, NULL);

    ES_ENSURE(status != ES_OK && status != ES_E_INTEGRITY, err, ES_E_EXISTS,
              "the store has keys already");
    ES_ENSURE(status == ES_E_ABSENT, err, status, "store_key cannot be read");
    return ES_OK;
}

static es_status create_in_tx(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const struct creation *creation = ctx;
    ES_AUTO_PTR(keyset) set = NULL;
    uint8_t seal[TABLE_SEAL_LEN];

    ES_TRY(expect_none(tx, err));
    ES_TRY(keyset_new(&set, err));
    for (uint32_t purpose = ES_K_FIELD; purpose <= ES_K_DETAIL; purpose++) {
        struct key_entry entry = {.purpose = purpose, .version = 1, .created_ms = creation->now_ms};

        ES_TRY(insert_new_key(tx, creation->master, &entry, creation->random, err));
        ES_TRY(keyset_add(set, &entry, err));
    }
    ES_TRY(table_seal(creation->master, set, seal, err));
    return table_insert_seal(tx, seal, creation->now_ms, err);
}

es_status es_keyring_create(struct es_store *store, const struct es_secret *master,
                            const struct es_clock *clock, const struct es_random *random,
                            struct es_error *err)
{
    struct creation creation = {.master = master, .random = random};

    ES_TRY(check_master(master, err));
    creation.now_ms = es_clock_ms(clock);
    return es_store_write(store, ES_AS_OWNER, create_in_tx, &creation, err);
}

/* ---- another version ---- */

static es_status rotate_in_tx(const struct key_change *change, const struct keyset *set,
                              struct es_tx *tx, struct es_error *err)
{
    const struct key_entry *newest = &set->entries[keyset_newest(set, change->purpose)];
    struct key_entry entry = {.purpose = change->purpose, .created_ms = change->now_ms};

    ES_ENSURE(newest->version < UINT32_MAX, err, ES_E_LIMIT, "no more versions of the %s key",
              key_name(change->purpose));
    ES_ENSURE(set->count < KEYS_MAX, err, ES_E_LIMIT, "%d keys in the store, no more are allowed",
              KEYS_MAX);
    entry.version = newest->version + 1;
    return insert_new_key(tx, change->master, &entry, &change->random, err);
}

es_status es_keyring_rotate(struct es_keyring *keyring, struct es_store *store,
                            enum es_key_purpose purpose, const struct es_clock *clock,
                            const struct es_random *random, struct es_error *err)
{
    struct key_change change = {.fn = rotate_in_tx, .random = *random, .purpose = purpose};

    ES_TRY(check_purpose(purpose, err));
    change.now_ms = es_clock_ms(clock);
    return keyring_change(keyring, store, &change, err);
}

/* ---- a version less ---- */

static es_status destroy_in_tx(const struct key_change *change, const struct keyset *set,
                               struct es_tx *tx, struct es_error *err)
{
    size_t at = keyset_find(set, change->purpose, change->version);

    ES_ENSURE(at < set->count, err, ES_E_ABSENT, "no version %u of the %s key", change->version,
              key_name(change->purpose));
    ES_ENSURE(at != keyset_newest(set, change->purpose), err, ES_E_CONFLICT,
              "version %u of the %s key is the newest", change->version, key_name(change->purpose));
    return table_delete(tx, &set->entries[at], err);
}

es_status es_keyring_destroy(struct es_keyring *keyring, struct es_store *store,
                             enum es_key_purpose purpose, uint32_t version, struct es_error *err)
{
    struct key_change change = {.fn = destroy_in_tx, .purpose = purpose, .version = version};
    es_status status;

    ES_TRY(check_purpose(purpose, err));
    ES_TRY(keyring_change(keyring, store, &change, err));
    status = es_store_checkpoint(store, err);
    if (status != ES_OK)
        return es_error_at(err, status, "the key is gone, but not from the write-ahead log");
    return ES_OK;
}

/* ---- another master ---- */

static es_status rewrap_in_tx(const struct key_change *change, const struct keyset *set,
                              struct es_tx *tx, struct es_error *err)
{
    for (size_t i = 0; i < set->count; i++) {
        struct key_entry entry = set->entries[i];

        ES_TRY(key_wrap(change->next_master, &entry, keyset_key(set, i), &change->random, err));
        ES_TRY(table_update(tx, &entry, err));
    }
    return ES_OK;
}

es_status es_keyring_rewrap(struct es_keyring *keyring, struct es_store *store,
                            const struct es_secret *new_master, struct es_error *err)
{
    struct key_change change = {
        .fn = rewrap_in_tx, .next_master = new_master, .random = es_random_system()};

    ES_TRY(check_master(new_master, err));
    return keyring_change(keyring, store, &change, err);
}
