/*
 * Strict SM2 signature encoding. Property: what is taken has one form only, so encoding it again
 * gives the same bytes; what is refused leaves the output as it was.
 */
#include "es_crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ES_AUTO(es_buf) again = ES_BUF_INIT(80);
    const uint8_t zero[ES_SM2_RAW_LEN] = {0};
    uint8_t raw[ES_SM2_RAW_LEN] = {0};
    struct es_error err = {0};
    es_status status = es_sm2_sig_decode(es_span_of(data, size), raw, &err);

    if (status != ES_OK) {
        ES_BUG_ON(status != ES_E_RANGE || err.status != ES_E_RANGE);
        ES_BUG_ON(memcmp(raw, zero, sizeof(raw)) != 0);
        return 0;
    }
    es_sm2_sig_encode(raw, &again);
    ES_BUG_ON(es_buf_check(&again, NULL) != ES_OK);
    ES_BUG_ON(!es_span_equal(es_buf_span(&again), es_span_of(data, size)));
    return 0;
}
