/*
 * SM4-GCM with key, nonce, additional data and text from the input. Properties: what is sealed
 * opens to the same and is 16 bytes longer; whatever opens seals to the same bytes; a changed byte
 * does not open; what does not open gives nothing.
 */
#include "es_crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct parts {
    const uint8_t *key;
    struct es_span nonce, aad, text;
};

/* key 16, nonce 12, length of the additional data 1, position of the change 1, the rest */
static struct parts divide(const uint8_t *data, size_t size)
{
    struct es_span rest = es_span_of(data + 30, size - 30);
    size_t aad = data[28] < rest.len ? data[28] : rest.len;

    return (struct parts){.key = data,
                          .nonce = es_span_of(data + 16, ES_GCM_NONCE_LEN),
                          .aad = es_span_sub(rest, 0, aad),
                          .text = es_span_sub(rest, aad, rest.len)};
}

static void check_seal(const struct parts *p, uint8_t where)
{
    ES_AUTO(es_buf) closed = ES_BUF_INIT(1 << 20);
    ES_AUTO(es_buf) opened = ES_BUF_INIT(1 << 20);

    ES_BUG_ON(es_sm4_gcm_seal(p->key, p->nonce, p->aad, p->text, &closed, NULL) != ES_OK);
    ES_BUG_ON(closed.len != p->text.len + ES_GCM_TAG_LEN);
    ES_BUG_ON(es_sm4_gcm_open(p->key, p->nonce, p->aad, es_buf_span(&closed), &opened, NULL) !=
              ES_OK);
    ES_BUG_ON(!es_span_equal(es_buf_span(&opened), p->text));
    closed.ptr[where % closed.len] ^= (uint8_t) (1 + where % 255);
    es_buf_reset(&opened);
    ES_BUG_ON(es_sm4_gcm_open(p->key, p->nonce, p->aad, es_buf_span(&closed), &opened, NULL) !=
              ES_E_INTEGRITY);
    ES_BUG_ON(opened.len != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ES_AUTO(es_buf) opened = ES_BUF_INIT(1 << 20);
    ES_AUTO(es_buf) again = ES_BUF_INIT(1 << 20);
    struct parts p;
    es_status status;

    if (size < 30 || size > 1 << 16)
        return 0;
    p = divide(data, size);
    check_seal(&p, data[29]);
    status = es_sm4_gcm_open(p.key, p.nonce, p.aad, p.text, &opened, NULL);
    if (status != ES_OK) {
        ES_BUG_ON(status != ES_E_INTEGRITY || opened.len != 0);
        return 0;
    }
    ES_BUG_ON(es_sm4_gcm_seal(p.key, p.nonce, p.aad, es_buf_span(&opened), &again, NULL) != ES_OK);
    ES_BUG_ON(!es_span_equal(es_buf_span(&again), p.text));
    return 0;
}
