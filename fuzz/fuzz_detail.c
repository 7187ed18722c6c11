/* Property: the one form of a detail is its own one form, and JSON that jansson reads as the same.
 */
#include <jansson.h>

#include "es_ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(1 << 20), again = ES_BUF_INIT(1 << 20);
    json_t *a, *b;

    if (es_log_detail_canonical(es_span_of(data, size), &out, NULL) != ES_OK)
        return 0;
    ES_BUG_ON(es_log_detail_canonical(es_buf_span(&out), &again, NULL) != ES_OK);
    ES_BUG_ON(!es_span_equal(es_buf_span(&out), es_buf_span(&again)));
    a = json_loadb((const char *) data, size, 0, NULL);
    b = json_loadb((const char *) out.ptr, out.len, 0, NULL);
    ES_BUG_ON(a == NULL || b == NULL || !json_equal(a, b));
    json_decref(a);
    json_decref(b);
    return 0;
}
