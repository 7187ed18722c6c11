/*
 * Rows of store_key. Purpose 0, version 0 is the seal over all others. What is read is only brought
 * into shape here; whether it is true tells keyset_open.
 */
#include "keyring_internal.h"

es_status table_insert(struct es_tx *tx, const struct key_entry *entry, struct es_error *err)
{
    struct es_value values[] = {es_value_int(entry->purpose), es_value_int(entry->version),
                                es_value_blob(es_span_of(entry->wrapped, entry->wrapped_len)),
                                es_value_int(entry->created_ms)};

    return es_tx_run(tx,
                     "INSERT INTO store_key (purpose, version, wrapped, created_ms) "
                     "VALUES ($1, $2, $3, $4)",
                     values, 4, NULL, err);
}

es_status table_update(struct es_tx *tx, const struct key_entry *entry, struct es_error *err)
{
    struct es_value values[] = {es_value_blob(es_span_of(entry->wrapped, entry->wrapped_len)),
                                es_value_int(entry->purpose), es_value_int(entry->version)};
    int64_t changed = 0;

    ES_TRY(es_tx_run(tx, "UPDATE store_key SET wrapped = $1 WHERE purpose = $2 AND version = $3",
                     values, 3, &changed, err));
    ES_ENSURE(changed == 1, err, ES_E_CONFLICT, "store_key: somebody else changes the keys");
    return ES_OK;
}

es_status table_delete(struct es_tx *tx, const struct key_entry *entry, struct es_error *err)
{
    struct key_entry blank = *entry;
    struct es_value values[] = {es_value_int(entry->purpose), es_value_int(entry->version)};

    memset(blank.wrapped, 0, sizeof(blank.wrapped));
    ES_TRY(table_update(tx, &blank, err));
    return es_tx_run(tx, "DELETE FROM store_key WHERE purpose = $1 AND version = $2", values, 2,
                     NULL, err);
}

es_status table_insert_seal(struct es_tx *tx, const uint8_t seal[TABLE_SEAL_LEN],
                            int64_t created_ms, struct es_error *err)
{
    struct key_entry entry = {.created_ms = created_ms, .wrapped_len = TABLE_SEAL_LEN};

    memcpy(entry.wrapped, seal, TABLE_SEAL_LEN);
    return table_insert(tx, &entry, err);
}

es_status table_update_seal(struct es_tx *tx, const uint8_t old[TABLE_SEAL_LEN],
                            const uint8_t seal[TABLE_SEAL_LEN], struct es_error *err)
{
    struct es_value values[] = {es_value_blob(es_span_of(seal, TABLE_SEAL_LEN)),
                                es_value_blob(es_span_of(old, TABLE_SEAL_LEN))};
    int64_t changed = 0;

    ES_TRY(es_tx_run(tx,
                     "UPDATE store_key SET wrapped = $1 "
                     "WHERE purpose = 0 AND version = 0 AND wrapped = $2",
                     values, 2, &changed, err));
    ES_ENSURE(changed == 1, err, ES_E_CONFLICT, "store_key: somebody else changes the keys");
    return ES_OK;
}

static es_status get_u32(const struct es_value *value, uint32_t *out, struct es_error *err)
{
    int64_t number;

    ES_TRY(es_value_get_int(value, &number, err));
    ES_ENSURE(number >= 0 && number <= UINT32_MAX, err, ES_E_INTEGRITY,
              "store_key: a purpose or version is out of range");
    *out = (uint32_t) number;
    return ES_OK;
}

static es_status take_row(void *ctx, const struct es_value *columns, size_t count,
                          struct es_error *err)
{
    struct keyset *set = ctx;
    struct key_entry entry = {0};
    struct es_span wrapped;

    ES_BUG_ON(count != 4);
    ES_TRY(get_u32(&columns[0], &entry.purpose, err));
    ES_TRY(get_u32(&columns[1], &entry.version, err));
    ES_TRY(es_value_get_blob(&columns[2], &wrapped, err));
    ES_TRY(es_value_get_int(&columns[3], &entry.created_ms, err));
    if (entry.purpose == 0 && entry.version == 0) {
        ES_TRY(es_value_copy_blob(&columns[2], set->table_seal, TABLE_SEAL_LEN, err));
        set->sealed = true;
        return ES_OK;
    }
    ES_ENSURE(key_len(entry.purpose) > 0 && entry.version > 0 &&
                  wrapped.len == key_len(entry.purpose) + WRAP_OVERHEAD,
              err, ES_E_INTEGRITY, "store_key: a row is not of the right form");
    memcpy(entry.wrapped, wrapped.ptr, wrapped.len);
    entry.wrapped_len = wrapped.len;
    return keyset_add(set, &entry, err);
}

es_status table_read(struct es_tx *tx, struct keyset **out, struct es_error *err)
{
    ES_AUTO_PTR(keyset) set = NULL;

    ES_TRY(keyset_new(&set, err));
    ES_TRY(es_tx_query(tx,
                       "SELECT purpose, version, wrapped, created_ms FROM store_key "
                       "ORDER BY purpose, version",
                       NULL, 0, take_row, set, err));
    ES_ENSURE(set->count > 0 || set->sealed, err, ES_E_ABSENT, "the store has no keys");
    *out = ES_TAKE(set);
    return ES_OK;
}
