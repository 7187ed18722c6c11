/*
 * The keys of the records (security.md 5): under one master key stand random keys of one purpose
 * each, in versions, kept wrapped in the table store_key. They encrypt fields, give row MACs and
 * blind indexes. Rotation makes a new version; old ones keep opening what they closed until it is
 * closed anew. Wrapping and fields: SM4-GCM with additional data that name the place, so that a
 * ciphertext moved to another row, column or table does not open.
 */
#ifndef ES_KEYRING_H
#define ES_KEYRING_H

#include "es_base.h"
#include "es_crypto.h"
#include "es_store.h"

enum es_key_purpose { ES_K_FIELD = 1, ES_K_ROW, ES_K_INDEX, ES_K_DETAIL };

struct es_keyring; /* any thread; a change replaces its keys at once */

/** New keys in an empty table, under master (32 bytes: one half wraps, one seals). ES_E_EXISTS. */
ES_CHECKED es_status es_keyring_create(struct es_store *store, const struct es_secret *master,
                                       const struct es_clock *clock, const struct es_random *random,
                                       struct es_error *err);
/** ES_E_PIN: master is another one. ES_E_ABSENT: there are no keys. ES_E_INTEGRITY: a row was
 *  changed. */
ES_CHECKED es_status es_keyring_open(struct es_store *store, const struct es_secret *master,
                                     struct es_keyring **out, struct es_error *err);
void es_keyring_free(struct es_keyring *keyring);
ES_DEFINE_FREE_AT(es_keyring)

/** Master key in a file, sealed by a passphrase: PBKDF2-HMAC-SM3, SM4-GCM; JSON, mode 0600.
 *  ES_E_EXISTS: path is there. ES_E_RANGE: the passphrase breaks a rule (es_pin_check). */
ES_CHECKED es_status es_master_new(const char *path, const struct es_secret *passphrase,
                                   const struct es_random *random, struct es_error *err);
/** out is zeroed (it is then made) or has room for 32 bytes.
 *  ES_E_PIN: wrong passphrase or damaged file. ES_E_DENIED: others may read it. ES_E_ABSENT. */
ES_CHECKED es_status es_master_open(const char *path, const struct es_secret *passphrase,
                                    struct es_secret *out, struct es_error *err);

/** Where a field stands. table and column are names, row is the row's key as bytes. */
struct es_field_place {
    const char *table, *column;
    struct es_span row;
};
/** Append key version, nonce, ciphertext and tag (ES_FIELD_OVERHEAD more than plain). */
#define ES_FIELD_OVERHEAD 33 /* form 1, version 4, nonce 12, tag 16 */
ES_CHECKED es_status es_field_seal(const struct es_keyring *keyring, enum es_key_purpose purpose,
                                   const struct es_field_place *place, struct es_span plain,
                                   struct es_buf *out, struct es_error *err);
/** ES_E_INTEGRITY: changed, moved or of a destroyed key. */
ES_CHECKED es_status es_field_open(const struct es_keyring *keyring, enum es_key_purpose purpose,
                                   const struct es_field_place *place, struct es_span closed,
                                   struct es_buf *out, struct es_error *err);
/** Version of the key a field was closed with, 0 when it is not of this form. */
uint32_t es_field_version(struct es_span closed);
/** HMAC-SM3 of a value for search by equality; the same for K_index of the newest version. */
ES_CHECKED es_status es_field_index(const struct es_keyring *keyring, const char *table,
                                    const char *column, struct es_span value,
                                    uint8_t out[ES_SM3_LEN], struct es_error *err);

/** MAC over a row: version (4 bytes) and HMAC-SM3 over table, count and each value with its kind
 *  and length. */
#define ES_ROW_MAC_LEN 36
ES_CHECKED es_status es_row_mac(const struct es_keyring *keyring, const char *table,
                                const struct es_value *values, size_t count,
                                uint8_t out[ES_ROW_MAC_LEN], struct es_error *err);
/** ES_E_INTEGRITY, naming the table, when it does not hold. Constant time in the MAC. */
ES_CHECKED es_status es_row_check(const struct es_keyring *keyring, const char *table,
                                  const struct es_value *values, size_t count, struct es_span mac,
                                  struct es_error *err);

/** Newest version of a purpose, from 1. */
uint32_t es_keyring_version(const struct es_keyring *keyring, enum es_key_purpose purpose);
/** A new version of one purpose, in the table and in keyring; used from now on. */
ES_CHECKED es_status es_keyring_rotate(struct es_keyring *keyring, struct es_store *store,
                                       enum es_key_purpose purpose, const struct es_clock *clock,
                                       const struct es_random *random, struct es_error *err);
/** Remove a version that nothing needs any more; its fields can never be opened again. The newest
 *  cannot be removed. */
ES_CHECKED es_status es_keyring_destroy(struct es_keyring *keyring, struct es_store *store,
                                        enum es_key_purpose purpose, uint32_t version,
                                        struct es_error *err);
/** Wrap all keys under another master key, in one transaction. */
ES_CHECKED es_status es_keyring_rewrap(struct es_keyring *keyring, struct es_store *store,
                                       const struct es_secret *new_master, struct es_error *err);
/** Take over what another process changed: a field of a version newer than es_keyring_version
 *  (es_field_version tells), or a change that ended in ES_E_UNKNOWN. ES_E_PIN: wrapped anew
 *  under another master meanwhile. */
ES_CHECKED es_status es_keyring_refresh(struct es_keyring *keyring, struct es_store *store,
                                        struct es_error *err);

#endif
