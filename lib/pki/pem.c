/*
 * PEM (RFC 7468): base64 between two lines. Text around the blocks is skipped; headers inside
 * them are not known. Bytes that begin with 30 are DER already.
 */
#include "pki_internal.h"

#include <string.h>

#define LINE_BYTES 48 /* make 64 characters */
#define LABEL_MAX 64

void es_pem_put(struct es_buf *out, const char *label, struct es_span der)
{
    es_buf_printf(out, "-----BEGIN %s-----\n", label);
    for (size_t at = 0; at < der.len; at += LINE_BYTES) {
        es_buf_put_base64(out, es_span_sub(der, at, LINE_BYTES));
        es_buf_put_byte(out, '\n');
    }
    es_buf_printf(out, "-----END %s-----\n", label);
}

static struct es_span from(struct es_span s, size_t at)
{
    return es_span_sub(s, at, s.len);
}

es_status pem_next(struct es_span *in, const char *label, struct es_buf *der, bool *found,
                   struct es_error *err)
{
    char begin[LABEL_MAX + 32], end[LABEL_MAX + 32];
    struct es_span body;
    size_t at;

    *found = false;
    ES_BUG_ON(strlen(label) > LABEL_MAX);
    (void) snprintf(begin, sizeof begin, "-----BEGIN %s-----", label);
    (void) snprintf(end, sizeof end, "-----END %s-----", label);
    if (!es_span_search(*in, es_span_str(begin), &at))
        return ES_OK;
    body = from(*in, at + strlen(begin));
    ES_ENSURE(es_span_search(body, es_span_str(end), &at), err, ES_E_FORMAT,
              "PEM block %s has no end", label);
    ES_TRY(es_base64_decode(es_span_sub(body, 0, at), der, NULL, err));
    *in = from(body, at + strlen(end));
    *found = true;
    return ES_OK;
}

es_status es_pem_get(struct es_span bytes, const char *label, struct es_buf *out,
                     struct es_error *err)
{
    bool found;

    if (bytes.len > 0 && bytes.ptr[0] == ES_DER_SEQUENCE) {
        es_buf_put_span(out, bytes);
        return es_buf_check(out, err);
    }
    ES_TRY(pem_next(&bytes, label, out, &found, err));
    ES_ENSURE(found, err, ES_E_FORMAT, "neither DER nor a PEM block %s", label);
    return ES_OK;
}
