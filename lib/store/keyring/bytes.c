/* Parts with their lengths in front, so that no two lists of parts give the same bytes. */
#include "keyring_internal.h"

static void store_u64(uint8_t out[8], uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        out[i] = (uint8_t) (value >> (56 - 8 * i));
}

void keyring_store_u32(uint8_t out[4], uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        out[i] = (uint8_t) (value >> (24 - 8 * i));
}

uint32_t keyring_load_u32(const uint8_t in[4])
{
    return (uint32_t) in[0] << 24 | (uint32_t) in[1] << 16 | (uint32_t) in[2] << 8 | in[3];
}

void keyring_put(struct es_buf *out, struct es_span part)
{
    uint8_t len[8];

    store_u64(len, part.len);
    es_buf_put(out, len, sizeof(len));
    es_buf_put_span(out, part);
}

void keyring_put_number(struct es_buf *out, uint64_t number)
{
    uint8_t bytes[8];

    store_u64(bytes, number);
    keyring_put(out, es_span_of(bytes, sizeof(bytes)));
}

es_status keyring_mac(struct es_hmac *hmac, struct es_span part, struct es_error *err)
{
    uint8_t len[8];

    store_u64(len, part.len);
    ES_TRY(es_hmac_update(hmac, es_span_of(len, sizeof(len)), err));
    return es_hmac_update(hmac, part, err);
}
