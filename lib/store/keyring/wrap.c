/*
 * Keys under the master key, and the seal over the table. A wrapped key is form (1), nonce (12),
 * ciphertext and tag of SM4-GCM; its additional data name purpose, version and time. The seal is
 * form (1) and HMAC-SM3 over every row. The master's first half wraps, its second half seals.
 */
#include "keyring_internal.h"

#define NONCE_AT 1
#define CIPHER_AT (NONCE_AT + ES_GCM_NONCE_LEN)

size_t key_len(uint32_t purpose)
{
    switch (purpose) {
    case ES_K_FIELD:
    case ES_K_DETAIL:
        return ES_SM4_KEY_LEN;
    case ES_K_ROW:
    case ES_K_INDEX:
        return KEY_MAX;
    default:
        return 0;
    }
}

const char *key_name(uint32_t purpose)
{
    static const char *const names[] = {"", "field", "row", "index", "detail"};

    return purpose <= ES_K_DETAIL ? names[purpose] : "";
}

es_status check_purpose(uint32_t purpose, struct es_error *err)
{
    ES_ENSURE(key_len(purpose) > 0, err, ES_E_RANGE, "purpose %u of a key, allowed are 1 to 4",
              purpose);
    return ES_OK;
}

es_status check_master(const struct es_secret *master, struct es_error *err)
{
    ES_ENSURE(master->len == MASTER_LEN, err, ES_E_RANGE, "master key of %zu bytes, allowed are %d",
              master->len, MASTER_LEN);
    return ES_OK;
}

static void put_place(struct es_buf *out, const struct key_entry *entry)
{
    keyring_put_number(out, entry->purpose);
    keyring_put_number(out, entry->version);
    keyring_put_number(out, (uint64_t) entry->created_ms);
}

static es_status make_aad(const struct key_entry *entry, struct es_buf *out, struct es_error *err)
{
    keyring_put(out, es_span_str("eseal wrapped key"));
    put_place(out, entry);
    return es_buf_check(out, err);
}

es_status key_wrap(const struct es_secret *master, struct key_entry *entry, struct es_span key,
                   const struct es_random *random, struct es_error *err)
{
    ES_AUTO(es_buf) aad = ES_BUF_INIT(256);
    ES_AUTO(es_buf) closed = ES_BUF_INIT(WRAPPED_MAX);
    uint8_t *nonce = entry->wrapped + NONCE_AT;

    ES_TRY(make_aad(entry, &aad, err));
    entry->wrapped[0] = FORM;
    ES_TRY(random->fill(random->self, nonce, ES_GCM_NONCE_LEN, err));
    ES_TRY(es_sm4_gcm_seal(master->ptr, es_span_of(nonce, ES_GCM_NONCE_LEN), es_buf_span(&aad), key,
                           &closed, err));
    memcpy(entry->wrapped + CIPHER_AT, closed.ptr, closed.len);
    entry->wrapped_len = CIPHER_AT + closed.len;
    return ES_OK;
}

es_status key_unwrap(const struct es_secret *master, const struct key_entry *entry,
                     uint8_t key[KEY_MAX], struct es_error *err)
{
    ES_AUTO(es_buf) aad = ES_BUF_INIT(256);
    ES_AUTO(es_buf) opened = ES_BUF_INIT(KEY_MAX);
    size_t len = key_len(entry->purpose);

    ES_ENSURE(len > 0 && entry->wrapped_len == len + WRAP_OVERHEAD && entry->wrapped[0] == FORM,
              err, ES_E_INTEGRITY, "store_key: a wrapped key is not of the right form");
    ES_TRY(make_aad(entry, &aad, err));
    ES_TRY(es_sm4_gcm_open(
        master->ptr, es_span_of(entry->wrapped + NONCE_AT, ES_GCM_NONCE_LEN), es_buf_span(&aad),
        es_span_of(entry->wrapped + CIPHER_AT, len + ES_GCM_TAG_LEN), &opened, err));
    memcpy(key, opened.ptr, opened.len);
    es_wipe(opened.ptr, opened.len);
    return ES_OK;
}

es_status table_seal(const struct es_secret *master, const struct keyset *set,
                     uint8_t out[TABLE_SEAL_LEN], struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(256 + KEYS_MAX * (WRAPPED_MAX + 64));
    struct es_span part;

    keyring_put(&text, es_span_str("eseal table of keys"));
    keyring_put_number(&text, set->count);
    for (size_t i = 0; i < set->count; i++) {
        const struct key_entry *entry = &set->entries[i];

        put_place(&text, entry);
        keyring_put(&text, es_span_of(entry->wrapped, entry->wrapped_len));
    }
    ES_TRY(es_buf_check(&text, err));
    part = es_buf_span(&text);
    out[0] = FORM;
    return es_hmac_sm3(es_span_of(master->ptr + MASTER_LEN / 2, MASTER_LEN / 2), &part, 1, out + 1,
                       err);
}
