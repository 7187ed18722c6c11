/*
 * Row MACs: version of the key (4, big endian) and HMAC-SM3 over version, table, count, and each
 * value as kind, length and bytes; a number is its 8 bytes, NULL has none.
 */
#include "keyring_internal.h"

static es_status mac_number(struct es_hmac *hmac, uint64_t number, struct es_error *err)
{
    uint8_t bytes[8];

    keyring_store_u32(bytes, (uint32_t) (number >> 32));
    keyring_store_u32(bytes + 4, (uint32_t) number);
    return keyring_mac(hmac, es_span_of(bytes, sizeof(bytes)), err);
}

static es_status mac_value(struct es_hmac *hmac, const struct es_value *value, struct es_error *err)
{
    ES_TRY(mac_number(hmac, value->kind, err));
    switch (value->kind) {
    case ES_VALUE_NULL:
        return ES_OK;
    case ES_VALUE_INT:
        return mac_number(hmac, (uint64_t) value->i, err);
    case ES_VALUE_TEXT:
    case ES_VALUE_BLOB:
        return keyring_mac(hmac, value->s, err);
    }
    return es_error_set(err, ES_E_RANGE, "value of kind %d", (int) value->kind);
}

static es_status mac_under(const struct keyset *set, size_t at, const char *table,
                           const struct es_value *values, size_t count, uint8_t out[ES_ROW_MAC_LEN],
                           struct es_error *err)
{
    ES_AUTO_PTR(es_hmac) hmac = NULL;
    uint32_t version = set->entries[at].version;

    ES_TRY(es_hmac_new(keyset_key(set, at), &hmac, err));
    ES_TRY(keyring_mac(hmac, es_span_str("eseal row"), err));
    ES_TRY(mac_number(hmac, version, err));
    ES_TRY(keyring_mac(hmac, es_span_str(table), err));
    ES_TRY(mac_number(hmac, count, err));
    for (size_t i = 0; i < count; i++)
        ES_TRY(mac_value(hmac, &values[i], err));
    keyring_store_u32(out, version);
    return es_hmac_final(hmac, out + 4, err);
}

es_status es_row_mac(const struct es_keyring *keyring, const char *table,
                     const struct es_value *values, size_t count, uint8_t out[ES_ROW_MAC_LEN],
                     struct es_error *err)
{
    const struct keyset *set = keyring_lock(keyring);
    es_status status = mac_under(set, keyset_newest(set, ES_K_ROW), table, values, count, out, err);

    keyring_unlock(keyring);
    return status;
}

static es_status check_under(const struct keyset *set, const char *table,
                             const struct es_value *values, size_t count, struct es_span mac,
                             struct es_error *err)
{
    uint8_t wanted[ES_ROW_MAC_LEN];
    size_t at;

    ES_ENSURE(mac.len == ES_ROW_MAC_LEN, err, ES_E_INTEGRITY, "%s: a row has no MAC", table);
    at = keyset_find(set, ES_K_ROW, keyring_load_u32(mac.ptr));
    ES_ENSURE(at < set->count, err, ES_E_INTEGRITY,
              "%s: the MAC of a row is of a key that is not there", table);
    ES_TRY(mac_under(set, at, table, values, count, wanted, err));
    ES_ENSURE(es_equal_hidden(es_span_of(wanted, sizeof(wanted)), mac), err, ES_E_INTEGRITY,
              "%s: a row was changed", table);
    return ES_OK;
}

es_status es_row_check(const struct es_keyring *keyring, const char *table,
                       const struct es_value *values, size_t count, struct es_span mac,
                       struct es_error *err)
{
    es_status status = check_under(keyring_lock(keyring), table, values, count, mac, err);

    keyring_unlock(keyring);
    return status;
}
