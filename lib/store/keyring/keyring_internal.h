/*
 * Shared inside lib/store/keyring: sets of keys as they stand in the table, wrapping, and the
 * writing of bytes that mean one thing only. Nothing here leaves the folder.
 */
#ifndef ES_KEYRING_INTERNAL_H
#define ES_KEYRING_INTERNAL_H

#include "es_keyring.h"

#define MASTER_LEN 32    /* SM4 key of the wraps, then key of the seal over the table */
#define KEY_MAX 32       /* K_row, K_index; the two of SM4 have 16 */
#define WRAP_OVERHEAD 29 /* form 1, nonce 12, tag 16 */
#define WRAPPED_MAX (KEY_MAX + WRAP_OVERHEAD)
#define TABLE_SEAL_LEN 33 /* form 1, HMAC-SM3 */
#define KEYS_MAX 1000     /* in the table; a bound for what is read */
#define FORM 1

/* ---- bytes with their lengths ---- */

/** Append the length (8 bytes, big endian) and the bytes: no two lists of parts look the same. */
void keyring_put(struct es_buf *out, struct es_span part);
void keyring_put_number(struct es_buf *out, uint64_t number);
/** The same into a running HMAC. */
ES_CHECKED es_status keyring_mac(struct es_hmac *hmac, struct es_span part, struct es_error *err);
void keyring_store_u32(uint8_t out[4], uint32_t value);
uint32_t keyring_load_u32(const uint8_t in[4]);

/* ---- a set of keys: never changed once it is in use ---- */

struct key_entry {
    uint32_t purpose, version;
    int64_t created_ms;
    size_t wrapped_len;
    uint8_t wrapped[WRAPPED_MAX];
};
struct keyset {
    size_t count;
    struct key_entry *entries;          /* by purpose, then version */
    struct es_secret keys;              /* the i-th key at i * KEY_MAX, once opened */
    bool sealed;                        /* the row of the seal was there */
    uint8_t table_seal[TABLE_SEAL_LEN]; /* as it stands in the table */
};
ES_CHECKED es_status keyset_new(struct keyset **out, struct es_error *err);
void keyset_free(struct keyset *set);
ES_DEFINE_FREE_AT(keyset)
/** Copy an entry in, at its place in the order. ES_E_LIMIT past KEYS_MAX. The keys must not be
 *  open yet. */
ES_CHECKED es_status keyset_add(struct keyset *set, const struct key_entry *entry,
                                struct es_error *err);
/** Position of a version, or set->count. */
size_t keyset_find(const struct keyset *set, uint32_t purpose, uint32_t version);
/** Position of the newest version of a purpose, or set->count. */
size_t keyset_newest(const struct keyset *set, uint32_t purpose);
/** Check the seal over the table and unwrap each key. ES_E_PIN, ES_E_INTEGRITY. */
ES_CHECKED es_status keyset_open(struct keyset *set, const struct es_secret *master,
                                 struct es_error *err);
struct es_span keyset_key(const struct keyset *set, size_t index);

/* ---- wrapping ---- */

/** 16 or 32; 0 for what is no purpose. */
size_t key_len(uint32_t purpose);
const char *key_name(uint32_t purpose);
ES_CHECKED es_status check_purpose(uint32_t purpose, struct es_error *err);
ES_CHECKED es_status check_master(const struct es_secret *master, struct es_error *err);
/** Fill entry->wrapped from a key; purpose, version and created_ms stand in entry already. */
ES_CHECKED es_status key_wrap(const struct es_secret *master, struct key_entry *entry,
                              struct es_span key, const struct es_random *random,
                              struct es_error *err);
/** ES_E_INTEGRITY: changed, another row's, or another master. */
ES_CHECKED es_status key_unwrap(const struct es_secret *master, const struct key_entry *entry,
                                uint8_t key[KEY_MAX], struct es_error *err);
/** The seal over all entries: none can be added, changed or taken away without the master. */
ES_CHECKED es_status table_seal(const struct es_secret *master, const struct keyset *set,
                                uint8_t out[TABLE_SEAL_LEN], struct es_error *err);

/* ---- the table ---- */

/** The rows as they stand, unopened. ES_E_ABSENT: there are none. */
ES_CHECKED es_status table_read(struct es_tx *tx, struct keyset **out, struct es_error *err);
ES_CHECKED es_status table_insert(struct es_tx *tx, const struct key_entry *entry,
                                  struct es_error *err);
ES_CHECKED es_status table_update(struct es_tx *tx, const struct key_entry *entry,
                                  struct es_error *err);
/** Overwrite, then remove. */
ES_CHECKED es_status table_delete(struct es_tx *tx, const struct key_entry *entry,
                                  struct es_error *err);
ES_CHECKED es_status table_insert_seal(struct es_tx *tx, const uint8_t seal[TABLE_SEAL_LEN],
                                       int64_t created_ms, struct es_error *err);
/** ES_E_CONFLICT: it is no longer the old one, somebody else changed the keys. */
ES_CHECKED es_status table_update_seal(struct es_tx *tx, const uint8_t old[TABLE_SEAL_LEN],
                                       const uint8_t seal[TABLE_SEAL_LEN], struct es_error *err);

/* ---- the keyring ---- */

/** The newest keys, held for reading until keyring_unlock. */
const struct keyset *keyring_lock(const struct es_keyring *keyring);
void keyring_unlock(const struct es_keyring *keyring);
/** What a change does in its transaction; set is opened and as it stands in the table. */
struct key_change {
    es_status (*fn)(const struct key_change *change, const struct keyset *set, struct es_tx *tx,
                    struct es_error *err);
    const struct es_secret *master;
    const struct es_secret *next_master; /* takes its place when the change is kept; NULL: stays */
    struct es_random random;
    int64_t now_ms;
    uint32_t purpose, version;
};
/** Run a change, seal the table anew, and use the keys that stand there from now on. */
ES_CHECKED es_status keyring_change(struct es_keyring *keyring, struct es_store *store,
                                    struct key_change *change, struct es_error *err);

#endif
