/*
 * Fields: form (1), version of the key (4, big endian), nonce (12), ciphertext, tag (16). The
 * additional data name purpose, version, table, column and row, so a field opens only in its place.
 * Nonces are random: two texts meet at one with probability 2^-33 after 2^32 fields of one version,
 * which is where a version must have been rotated. Blind indexes are HMAC-SM3 over the place
 * without the row.
 */
#include "keyring_internal.h"

#define VERSION_AT 1
#define NONCE_AT 5
#define CIPHER_AT (NONCE_AT + ES_GCM_NONCE_LEN)
#define PLACE_MAX 65536 /* names and row key of a place, with their lengths */

_Static_assert(CIPHER_AT + ES_GCM_TAG_LEN == ES_FIELD_OVERHEAD, "form of a field");

uint32_t es_field_version(struct es_span closed)
{
    return closed.len >= ES_FIELD_OVERHEAD && closed.ptr[0] == FORM
               ? keyring_load_u32(closed.ptr + VERSION_AT)
               : 0;
}

static es_status check_field_purpose(enum es_key_purpose purpose, struct es_error *err)
{
    ES_ENSURE(purpose == ES_K_FIELD || purpose == ES_K_DETAIL, err, ES_E_RANGE,
              "key of purpose %d closes no fields", (int) purpose);
    return ES_OK;
}

static es_status make_aad(enum es_key_purpose purpose, uint32_t version,
                          const struct es_field_place *place, struct es_buf *out,
                          struct es_error *err)
{
    keyring_put(out, es_span_str("eseal field"));
    keyring_put_number(out, purpose);
    keyring_put_number(out, version);
    keyring_put(out, es_span_str(place->table));
    keyring_put(out, es_span_str(place->column));
    keyring_put(out, place->row);
    return es_buf_check(out, err);
}

/* Everything but the ciphertext; *nonce points into head. */
static es_status make_head(uint8_t head[CIPHER_AT], uint32_t version, struct es_span *nonce,
                           struct es_error *err)
{
    struct es_random random = es_random_system();

    head[0] = FORM;
    keyring_store_u32(head + VERSION_AT, version);
    *nonce = es_span_of(head + NONCE_AT, ES_GCM_NONCE_LEN);
    return random.fill(random.self, head + NONCE_AT, ES_GCM_NONCE_LEN, err);
}

static es_status seal_under(const struct keyset *set, enum es_key_purpose purpose,
                            const struct es_field_place *place, struct es_span plain,
                            struct es_buf *out, struct es_error *err)
{
    ES_AUTO(es_buf) aad = ES_BUF_INIT(PLACE_MAX);
    size_t at = keyset_newest(set, purpose), before = out->len;
    uint8_t head[CIPHER_AT];
    struct es_span nonce;
    es_status status;

    ES_TRY(make_aad(purpose, set->entries[at].version, place, &aad, err));
    ES_TRY(make_head(head, set->entries[at].version, &nonce, err));
    es_buf_put(out, head, sizeof(head));
    ES_TRY(es_buf_check(out, err));
    status = es_sm4_gcm_seal(keyset_key(set, at).ptr, nonce, es_buf_span(&aad), plain, out, err);
    if (status != ES_OK)
        out->len = before;
    return status;
}

es_status es_field_seal(const struct es_keyring *keyring, enum es_key_purpose purpose,
                        const struct es_field_place *place, struct es_span plain,
                        struct es_buf *out, struct es_error *err)
{
    es_status status;

    ES_TRY(check_field_purpose(purpose, err));
    status = seal_under(keyring_lock(keyring), purpose, place, plain, out, err);
    keyring_unlock(keyring);
    return status;
}

static es_status open_under(const struct keyset *set, enum es_key_purpose purpose,
                            const struct es_field_place *place, struct es_span closed,
                            struct es_buf *out, struct es_error *err)
{
    ES_AUTO(es_buf) aad = ES_BUF_INIT(PLACE_MAX);
    uint32_t version = es_field_version(closed);
    size_t at = keyset_find(set, purpose, version);

    ES_ENSURE(version != 0, err, ES_E_INTEGRITY, "the field is not of the closed form");
    ES_ENSURE(at < set->count, err, ES_E_INTEGRITY, "there is no version %u of the %s key", version,
              key_name(purpose));
    ES_TRY(make_aad(purpose, version, place, &aad, err));
    return es_sm4_gcm_open(keyset_key(set, at).ptr, es_span_sub(closed, NONCE_AT, ES_GCM_NONCE_LEN),
                           es_buf_span(&aad), es_span_sub(closed, CIPHER_AT, closed.len), out, err);
}

es_status es_field_open(const struct es_keyring *keyring, enum es_key_purpose purpose,
                        const struct es_field_place *place, struct es_span closed,
                        struct es_buf *out, struct es_error *err)
{
    es_status status;

    ES_TRY(check_field_purpose(purpose, err));
    status = open_under(keyring_lock(keyring), purpose, place, closed, out, err);
    keyring_unlock(keyring);
    if (status == ES_E_INTEGRITY)
        return es_error_at(err, status, "%s.%s", place->table, place->column);
    return status;
}

static es_status index_under(const struct keyset *set, const char *table, const char *column,
                             struct es_span value, uint8_t out[ES_SM3_LEN], struct es_error *err)
{
    ES_AUTO_PTR(es_hmac) hmac = NULL;

    ES_TRY(es_hmac_new(keyset_key(set, keyset_newest(set, ES_K_INDEX)), &hmac, err));
    ES_TRY(keyring_mac(hmac, es_span_str("eseal index"), err));
    ES_TRY(keyring_mac(hmac, es_span_str(table), err));
    ES_TRY(keyring_mac(hmac, es_span_str(column), err));
    ES_TRY(keyring_mac(hmac, value, err));
    return es_hmac_final(hmac, out, err);
}

es_status es_field_index(const struct es_keyring *keyring, const char *table, const char *column,
                         struct es_span value, uint8_t out[ES_SM3_LEN], struct es_error *err)
{
    es_status status = index_under(keyring_lock(keyring), table, column, value, out, err);

    keyring_unlock(keyring);
    return status;
}
