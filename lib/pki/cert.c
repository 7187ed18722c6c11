/*
 * X.509 certificates: structure strict (DER, every field in its place, nothing behind it), values
 * as tolerant as real certificates need (formats.md 2.4). A decoded certificate owns one copy of
 * its bytes, all its spans lie inside, and it never changes; signatures are checked over those
 * very bytes.
 */
#include "pki_internal.h"

#include <stdlib.h>
#include <string.h>

#define PEM_LABEL "CERTIFICATE"

/* One allocation: the certificate and behind it its DER. */
struct cert_box {
    struct es_cert cert;
    uint8_t bytes[];
};

static es_status read_head(struct es_span *tbs, struct es_cert *cert, struct es_error *err)
{
    struct es_span version;
    uint32_t number = 0;
    bool found;

    ES_TRY(
        pki_at(es_der_get_optional(tbs, ES_DER_CONTEXT(0), &version, &found, err), "version", err));
    if (found) {
        ES_TRY(pki_at(es_der_get_uint(&version, &number, err), "version", err));
        ES_TRY(pki_at(es_der_finish(version, err), "version", err));
    }
    ES_ENSURE(number <= 2, err, ES_E_FORMAT, "version: %u, known are 0 to 2", number);
    ES_TRY(pki_at(es_der_get_integer(tbs, &cert->serial, err), "serial number", err));
    ES_ENSURE(cert->serial.len <= ES_SERIAL_MAX, err, ES_E_FORMAT,
              "serial number: %zu bytes, allowed are at most %d", cert->serial.len, ES_SERIAL_MAX);
    return ES_OK;
}

static es_status read_name(struct es_span *tbs, struct es_span *name, struct es_error *err)
{
    struct es_span value;

    ES_TRY(es_der_get_tlv(tbs, ES_DER_SEQUENCE, name, &value, err));
    return name_check(*name, err);
}

/* SPEC RFC 5280 4.1.2.5: UTCTime through 2049; real files hold either form at any date. */
static es_status read_validity(struct es_span *tbs, struct es_cert *cert, struct es_error *err)
{
    struct es_span validity;

    ES_TRY(es_der_get(tbs, ES_DER_SEQUENCE, &validity, err));
    ES_TRY(es_der_get_time(&validity, &cert->not_before_s, err));
    ES_TRY(es_der_get_time(&validity, &cert->not_after_s, err));
    return es_der_finish(validity, err);
}

/* A key that cannot be used is a fact about the certificate, not a reason to refuse its bytes. */
static es_status read_key(struct es_span *tbs, struct es_cert *cert, struct es_error *err)
{
    struct es_span value;
    struct es_error why = {0};
    es_status status;

    ES_TRY(es_der_get_tlv(tbs, ES_DER_SEQUENCE, &cert->spki, &value, err));
    status = es_pubkey_spki(cert->spki, &cert->key, &cert->curve_deviates, &why);
    if (status != ES_OK && status != ES_E_RANGE && status != ES_E_UNSUPPORTED &&
        status != ES_E_CERT)
        return es_error_set(err, status, "%s", why.text);
    cert->key_status = status;
    return ES_OK;
}

static es_status read_rest(struct es_span *tbs, struct es_cert *cert, struct es_error *err)
{
    struct es_span ignored, extensions;
    bool found;

    ES_TRY(es_der_get_optional(tbs, ES_DER_CONTEXT_PRIMITIVE(1), &ignored, &found, err));
    ES_TRY(es_der_get_optional(tbs, ES_DER_CONTEXT_PRIMITIVE(2), &ignored, &found, err));
    ES_TRY(es_der_get_optional(tbs, ES_DER_CONTEXT(3), &extensions, &found, err));
    ES_TRY(es_der_finish(*tbs, err));
    return found ? cert_read_extensions(extensions, cert, err) : ES_OK;
}

static es_status read_tbs(struct es_span tbs, struct es_cert *cert, struct es_span *inner_alg,
                          struct es_error *err)
{
    struct es_span oid;

    ES_TRY(read_head(&tbs, cert, err));
    ES_TRY(pki_at(pki_get_algorithm(&tbs, inner_alg, &oid, err), "signature", err));
    ES_TRY(pki_at(read_name(&tbs, &cert->issuer, err), "issuer", err));
    ES_TRY(pki_at(read_validity(&tbs, cert, err), "validity", err));
    ES_TRY(pki_at(read_name(&tbs, &cert->subject, err), "subject", err));
    ES_TRY(pki_at(read_key(&tbs, cert, err), "public key", err));
    return pki_at(read_rest(&tbs, cert, err), "extensions", err);
}

static es_status read_cert(struct es_cert *cert, struct es_error *err)
{
    struct es_span in = cert->der, body, tbs, inner_alg, outer_alg;

    ES_TRY(es_der_get(&in, ES_DER_SEQUENCE, &body, err));
    ES_TRY(es_der_finish(in, err));
    ES_TRY(es_der_get_tlv(&body, ES_DER_SEQUENCE, &cert->tbs, &tbs, err));
    ES_TRY(read_tbs(tbs, cert, &inner_alg, err));
    ES_TRY(pki_at(pki_get_algorithm(&body, &outer_alg, &cert->sig_alg, err), "signature algorithm",
                  err));
    ES_TRY(pki_at(es_der_get_bits(&body, &cert->sig, err), "signature value", err));
    ES_TRY(es_der_finish(body, err));
    cert->alg_mismatch = !es_span_equal(inner_alg, outer_alg);
    return es_sm3(cert->der, cert->sm3, err);
}

static es_status decode_der(struct es_span der, struct es_cert **out, struct es_error *err)
{
    ES_AUTO_PTR(es_cert) cert = NULL;
    struct cert_box *box;

    ES_ENSURE(der.len <= ES_CERT_MAX, err, ES_E_FORMAT,
              "certificate of %zu bytes, allowed are at most %d", der.len, ES_CERT_MAX);
    box = calloc(1, sizeof *box + der.len);
    ES_ENSURE(box != NULL, err, ES_E_NOMEM, "out of memory");
    if (der.len > 0)
        memcpy(box->bytes, der.ptr, der.len);
    cert = &box->cert;
    cert->refs = 1;
    cert->der = es_span_of(box->bytes, der.len);
    ES_TRY(pki_at(read_cert(cert, err), "certificate", err));
    *out = ES_TAKE(cert);
    return ES_OK;
}

es_status es_cert_decode(struct es_span bytes, struct es_cert **out, struct es_error *err)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(ES_CERT_MAX);

    *out = NULL;
    if (bytes.len > 0 && bytes.ptr[0] == ES_DER_SEQUENCE)
        return decode_der(bytes, out, err);
    ES_TRY(pki_at(es_pem_get(bytes, PEM_LABEL, &der, err), "certificate", err));
    return decode_der(es_buf_span(&der), out, err);
}

struct es_cert *es_cert_ref(const struct es_cert *cert)
{
    union {
        const struct es_cert *in;
        struct es_cert *out;
    } same = {.in = cert}; /* the count is the one thing about a certificate that changes */

    if (cert)
        (void) __atomic_add_fetch(&same.out->refs, 1, __ATOMIC_RELAXED);
    return same.out;
}

void es_cert_free(struct es_cert *cert)
{
    if (!cert || __atomic_sub_fetch(&cert->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    es_pubkey_free(cert->key);
    free(cert); /* the first member of its cert_box */
}

typedef es_status each_cert(void *ctx, struct es_cert *cert, struct es_error *err);

static es_status give_one(struct es_span der, size_t number, each_cert *each, void *ctx,
                          struct es_error *err)
{
    ES_AUTO_PTR(es_cert) cert = NULL;
    es_status status = decode_der(der, &cert, err);

    if (status != ES_OK)
        return number > 1 ? es_error_at(err, status, "number %zu", number) : status;
    return each(ctx, cert, err);
}

static es_status each_in_der(struct es_span bytes, each_cert *each, void *ctx, struct es_error *err)
{
    struct es_der_item item;

    for (size_t number = 1; bytes.len > 0; number++) {
        ES_TRY(pki_at(es_der_next(&bytes, &item, err), "certificate", err));
        ES_TRY(give_one(item.tlv, number, each, ctx, err));
    }
    return ES_OK;
}

es_status es_cert_each(struct es_span bytes, each_cert *each, void *ctx, struct es_error *err)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(ES_CERT_MAX);
    size_t number = 0;
    bool found;

    if (bytes.len > 0 && bytes.ptr[0] == ES_DER_SEQUENCE)
        return each_in_der(bytes, each, ctx, err);
    for (;;) {
        es_buf_reset(&der);
        ES_TRY(pki_at(pem_next(&bytes, PEM_LABEL, &der, &found, err), "certificate", err));
        if (!found)
            break;
        ES_TRY(give_one(es_buf_span(&der), ++number, each, ctx, err));
    }
    ES_ENSURE(number > 0, err, ES_E_FORMAT, "no certificate found");
    return ES_OK;
}

void es_cert_put_serial(struct es_buf *out, const struct es_cert *cert)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < cert->serial.len; i++) {
        es_buf_put_byte(out, (uint8_t) digits[cert->serial.ptr[i] >> 4]);
        es_buf_put_byte(out, (uint8_t) digits[cert->serial.ptr[i] & 15]);
    }
}

bool cert_same(const struct es_cert *a, const struct es_cert *b)
{
    return a == b || memcmp(a->sm3, b->sm3, ES_SM3_LEN) == 0;
}

es_status cert_key_bits(const struct es_cert *cert, struct es_span *out, struct es_error *err)
{
    struct es_span in = cert->spki, body, alg;

    ES_TRY(es_der_get(&in, ES_DER_SEQUENCE, &body, err));
    ES_TRY(es_der_get(&body, ES_DER_SEQUENCE, &alg, err));
    return es_der_get_bits(&body, out, err);
}
