/*
 * Certificates and names. Property: every span of what decodes lies inside its DER, which is the
 * input (or its PEM content) byte for byte; names are shown as valid UTF-8 without control
 * characters, and every name equals itself.
 */
#include "es_pki.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct es_span part, struct es_span whole)
{
    if (part.len > 0 && (part.ptr < whole.ptr || part.ptr + part.len > whole.ptr + whole.len))
        abort();
}

static void check_name(struct es_span name)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(1 << 22);

    es_name_put(&text, name);
    if (text.failed == ES_OK && !es_text_clean(es_buf_span(&text)))
        abort();
    es_buf_reset(&text);
    if (es_name_get(name, "2.5.4.3", &text) && text.failed == ES_OK &&
        !es_utf8_valid(es_buf_span(&text)))
        abort();
    if (!es_name_equal(name, name))
        abort(); /* same bytes */
}

static es_status check_cert(void *ctx, struct es_cert *cert, struct es_error *err)
{
    const struct es_span parts[] = {cert->tbs,     cert->serial, cert->issuer,
                                    cert->subject, cert->spki,   cert->sig_alg,
                                    cert->sig,     cert->ski,    cert->aki};

    (void) ctx;
    (void) err;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        inside(parts[i], cert->der);
    if ((cert->key != NULL) != (cert->key_status == ES_OK))
        abort();
    check_name(cert->issuer);
    check_name(cert->subject);
    return ES_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct es_span in = es_span_of(data, size);
    ES_AUTO_PTR(es_cert) cert = NULL;
    struct es_error err = {0};

    if (es_cert_decode(in, &cert, &err) == ES_OK) {
        (void) !check_cert(NULL, cert, &err);
        if (data[0] == ES_DER_SEQUENCE && !es_span_equal(in, cert->der))
            abort();
    }
    (void) !es_cert_each(in, check_cert, NULL, &err);
    check_name(in);
    return 0;
}
