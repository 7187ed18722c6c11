/*
 * lib/der. Properties: a strict parse of a tree written anew gives the same bytes; what
 * es_ber_to_der gives is strict DER, and normalising it again changes nothing.
 */
#include "es_der.h"

static es_status rebuild(struct es_span in, struct es_buf *out, unsigned depth)
{
    while (in.len > 0) {
        struct es_der_item item;
        size_t mark;

        ES_TRY(es_der_next(&in, &item, NULL));
        if ((item.tag & 0x20) == 0 || depth == ES_DER_DEPTH_MAX) {
            es_der_put(out, item.tag, item.value);
            continue;
        }
        mark = es_der_begin(out, item.tag);
        ES_TRY(rebuild(item.value, out, depth + 1));
        es_der_end(out, mark);
    }
    return es_buf_check(out, NULL);
}

static void check_strict(struct es_span in, bool must_parse)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(1u << 24);
    es_status status = rebuild(in, &out, 0);

    ES_BUG_ON(must_parse && status != ES_OK);
    ES_BUG_ON(status == ES_OK && !es_span_equal(in, es_buf_span(&out)));
}

static void check_normalised(struct es_span in)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(1u << 24);
    ES_AUTO(es_buf) again = ES_BUF_INIT(1u << 24);
    size_t surplus = 0;
    bool changed;

    if (es_ber_to_der(in, &der, &changed, &surplus, NULL) != ES_OK)
        return;
    ES_BUG_ON(surplus > in.len);
    check_strict(es_buf_span(&der), true);
    ES_BUG_ON(es_ber_to_der(es_buf_span(&der), &again, &changed, &surplus, NULL) != ES_OK);
    ES_BUG_ON(changed || surplus != 0 || !es_span_equal(es_buf_span(&der), es_buf_span(&again)));
}

static void check_scalars(struct es_span in)
{
    struct es_span rest = in, oid;
    char text[128];

    if (es_der_get_oid(&rest, &oid, NULL) != ES_OK)
        return;
    es_oid_text(oid, text, sizeof(text));
    ES_BUG_ON(text[0] != '?' && oid.len <= 32 && !es_oid_is(oid, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct es_span in = es_span_of(data, size);

    check_strict(in, false);
    check_normalised(in);
    check_scalars(in);
    return 0;
}
