/*
 * SM2 signature values as devices and older products write them, rewritten to strict DER. Only the
 * listed forms are known (formats.md 5.3); the numbers themselves are never changed, so what the
 * strict check refuses in range stays refused.
 */
#include <string.h>

#include "es_pki.h"

#define HALF (ES_SM2_RAW_LEN / 2)
#define NUMBER_MAX (HALF + 2) /* sign byte and one surplus zero */
#define DEVICE_HALF 64        /* ECCref_MAX_LEN of GM/T 0018, numbers aligned right */
#define PADDED_MAX 512

static bool all_zero(struct es_span bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        if (bytes.ptr[i] != 0)
            return false;
    return true;
}

/* Any INTEGER of 1 to NUMBER_MAX bytes as an unsigned number of 32; *odd when DER writes it
 * otherwise. */
static bool read_number(struct es_span *in, uint8_t out[HALF], bool *odd)
{
    size_t len;
    struct es_span value;

    if (in->len < 3 || in->ptr[0] != ES_DER_INTEGER)
        return false;
    len = in->ptr[1];
    if (len < 1 || len > NUMBER_MAX || len > in->len - 2)
        return false;
    value = es_span_sub(*in, 2, len);
    *in = es_span_sub(*in, 2 + len, in->len - 2 - len);
    if (value.ptr[0] & 0x80)
        *odd = true; /* reads as negative: the sign byte is missing */
    if (value.len > 1 && value.ptr[0] == 0 && !(value.ptr[1] & 0x80))
        *odd = true; /* surplus leading zero */
    while (value.len > 1 && value.ptr[0] == 0)
        value = es_span_sub(value, 1, value.len - 1);
    if (value.len > HALF)
        return false;
    memset(out, 0, HALF);
    memcpy(out + HALF - value.len, value.ptr, value.len);
    return true;
}

/* SEQUENCE of two such INTEGERs with a short length, zeros behind it allowed. */
static const char *read_sequence(struct es_span sig, uint8_t raw[ES_SM2_RAW_LEN])
{
    struct es_span in;
    bool odd = false;

    if (sig.len < 2 || sig.len > PADDED_MAX || sig.ptr[0] != ES_DER_SEQUENCE ||
        sig.ptr[1] >= 0x80 || sig.ptr[1] > sig.len - 2)
        return NULL;
    in = es_span_sub(sig, 2, sig.ptr[1]);
    if (!read_number(&in, raw, &odd) || !read_number(&in, raw + HALF, &odd) || in.len != 0)
        return NULL;
    if (!all_zero(es_span_sub(sig, 2 + (size_t) sig.ptr[1], sig.len)))
        return NULL;
    return odd ? "DER-INTEGER" : "zero-padding";
}

/* r and s of a device structure: 64 bytes each, the number in the last 32. */
static const char *read_device(struct es_span sig, uint8_t raw[ES_SM2_RAW_LEN])
{
    if (sig.len != 2 * DEVICE_HALF || !all_zero(es_span_sub(sig, 0, DEVICE_HALF - HALF)) ||
        !all_zero(es_span_sub(sig, DEVICE_HALF, DEVICE_HALF - HALF)))
        return NULL;
    memcpy(raw, sig.ptr + DEVICE_HALF - HALF, HALF);
    memcpy(raw + HALF, sig.ptr + 2 * DEVICE_HALF - HALF, HALF);
    return "raw128";
}

static const char *read_form(struct es_span sig, uint8_t raw[ES_SM2_RAW_LEN])
{
    const char *form = read_sequence(sig, raw);

    if (!form && sig.len == ES_SM2_RAW_LEN) {
        memcpy(raw, sig.ptr, ES_SM2_RAW_LEN);
        form = "raw64";
    }
    return form ? form : read_device(sig, raw);
}

es_status es_sm2_sig_normalise(struct es_span sig, struct es_buf *der, const char **deviation,
                               struct es_error *err)
{
    ES_AUTO(es_buf) strict = ES_BUF_INIT(128);
    uint8_t raw[ES_SM2_RAW_LEN], checked[ES_SM2_RAW_LEN];
    const char *form;
    es_status status = es_sm2_sig_decode(sig, checked, NULL);

    *deviation = NULL;
    if (status == ES_OK) {
        es_buf_put_span(der, sig);
        return es_buf_check(der, err);
    }
    ES_ENSURE(status == ES_E_RANGE, err, status, "signature value could not be read");
    form = read_form(sig, raw);
    ES_ENSURE(form, err, ES_E_RANGE, "signature value of %zu bytes has no known form", sig.len);
    es_sm2_sig_encode(raw, &strict);
    ES_TRY(es_buf_check(&strict, err));
    ES_TRY(es_sm2_sig_decode(es_buf_span(&strict), checked, err)); /* range of r and s */
    es_buf_put_span(der, es_buf_span(&strict));
    ES_TRY(es_buf_check(der, err));
    *deviation = form;
    return ES_OK;
}
