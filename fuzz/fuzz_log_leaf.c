/*
 * Leaves of a log and their bodies. Property: what decodes encodes to the same bytes, so one leaf
 * has one form and one hash.
 */
#include "es_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool encodes_audit(struct es_span body, struct es_buf *out)
{
    struct es_audit_event event;

    return es_audit_event_decode(body, &event, NULL) != ES_OK ||
           (es_audit_event_encode(&event, out, NULL) == ES_OK &&
            es_span_equal(es_buf_span(out), body));
}

static bool encodes_status(struct es_span body, struct es_buf *out)
{
    struct es_status_event event;

    return es_status_event_decode(body, &event, NULL) != ES_OK ||
           (es_status_event_encode(&event, out, NULL) == ES_OK &&
            es_span_equal(es_buf_span(out), body));
}

static bool encodes_head(struct es_span body, struct es_buf *out)
{
    struct es_map_head head;

    return es_map_head_decode(body, &head, NULL) != ES_OK ||
           (es_map_head_encode(&head, out, NULL) == ES_OK && es_span_equal(es_buf_span(out), body));
}

static void check_body(struct es_span body)
{
    bool (*const encodes[])(struct es_span, struct es_buf *) = {encodes_audit, encodes_status,
                                                                encodes_head};

    for (size_t i = 0; i < sizeof encodes / sizeof *encodes; i++) {
        ES_AUTO(es_buf) out = ES_BUF_INIT(ES_LOG_LEAF_MAX);

        ES_BUG_ON(!encodes[i](body, &out));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(ES_LOG_LEAF_MAX);
    struct es_span in = es_span_of(data, size);
    struct es_leaf leaf;

    check_body(in);
    if (es_leaf_decode(in, &leaf, NULL) != ES_OK)
        return 0;
    ES_BUG_ON(es_leaf_encode(&leaf, &out, NULL) != ES_OK);
    ES_BUG_ON(!es_span_equal(es_buf_span(&out), in));
    check_body(leaf.body);
    return 0;
}
