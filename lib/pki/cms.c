/*
 * Decoding SignedData of GB/T 35275 and PKCS#7 (CMS) with one signer. The input is first rewritten
 * to definite, minimal lengths; all spans of an es_cms point into that copy. Nothing is verified
 * here: which certificate is the signer's is only what the SignerInfo says.
 */
#include <stdlib.h>

#include "cms_internal.h"

void es_cms_free(struct es_cms *cms)
{
    if (!cms)
        return;
    for (size_t i = 0; i < cms->cert_count; i++)
        es_cert_free(cms->certs[i]);
    free(cms->certs);
    es_buf_clear(&cms->der);
    free(cms);
}

/* ---- certificates ---- */

/* Of the certificate itself; what comes from memory or library is a failure of ours. */
static bool is_malformed(es_status status)
{
    return status == ES_E_FORMAT || status == ES_E_DER || status == ES_E_LIMIT ||
           status == ES_E_RANGE || status == ES_E_UNSUPPORTED || status == ES_E_CERT;
}

static es_status add_cert(struct es_cms *cms, struct es_span der, struct es_error *err)
{
    ES_AUTO_PTR(es_cert) cert = NULL;
    struct es_cert **more;
    es_status status = es_cert_decode(der, &cert, err);

    if (is_malformed(status)) {
        cms->cert_skipped++;
        return ES_OK;
    }
    ES_TRY(status);
    more = reallocarray(cms->certs, cms->cert_count + 1, sizeof(struct es_cert *));
    ES_ENSURE(more, err, ES_E_NOMEM, "no memory for certificates");
    cms->certs = more;
    cms->certs[cms->cert_count++] = ES_TAKE(cert);
    return ES_OK;
}

/* Attribute certificates and other forms of [0] are counted like those that do not decode. */
static es_status read_certs(struct es_span set, struct es_cms *cms, struct es_error *err)
{
    while (set.len > 0) {
        struct es_der_item item;

        ES_TRY(es_der_next(&set, &item, err));
        ES_ENSURE(cms->cert_count + cms->cert_skipped < ES_CMS_CERTS_MAX, err, ES_E_LIMIT,
                  "more than %d certificates", ES_CMS_CERTS_MAX);
        if (item.tag == ES_DER_SEQUENCE)
            ES_TRY(add_cert(cms, item.tlv, err));
        else
            cms->cert_skipped++;
    }
    return ES_OK;
}

bool es_cms_is_signer(const struct es_cms *cms, const struct es_cert *cert)
{
    if (cms->key_id.len > 0)
        return es_span_equal(cms->key_id, cert->ski);
    return es_span_equal(cms->serial, cert->serial) && es_name_equal(cms->issuer, cert->issuer);
}

static es_status find_signer(struct es_cms *cms, struct es_error *err)
{
    for (size_t i = 0; i < cms->cert_count; i++) {
        const struct es_cert *cert = cms->certs[i];

        if (!es_cms_is_signer(cms, cert))
            continue;
        ES_ENSURE(!cms->signer || es_span_equal(cms->signer->der, cert->der), err, ES_E_CONFLICT,
                  "two different certificates fit the signer");
        cms->signer = cert;
    }
    return ES_OK;
}

/* ---- SignerInfo ---- */

/* AlgorithmIdentifier; parameters are not looked at, the algorithms in use have none. */
static es_status read_algorithm(struct es_span *in, struct es_span *oid, struct es_error *err)
{
    struct es_span seq;

    ES_TRY(es_der_get(in, ES_DER_SEQUENCE, &seq, err));
    return es_der_get_oid(&seq, oid, err);
}

static es_status read_signer_id(struct es_span *in, struct es_cms *cms, struct es_error *err)
{
    struct es_span id, unused;

    if (es_der_peek(*in) == ES_DER_CONTEXT_PRIMITIVE(0)) {
        ES_TRY(es_der_get(in, ES_DER_CONTEXT_PRIMITIVE(0), &cms->key_id, err));
        ES_ENSURE(cms->key_id.len > 0, err, ES_E_FORMAT, "signer's key identifier is empty");
        return ES_OK;
    }
    ES_TRY(es_der_get(in, ES_DER_SEQUENCE, &id, err));
    ES_TRY(es_der_get_tlv(&id, ES_DER_SEQUENCE, &cms->issuer, &unused, err));
    ES_TRY(es_der_get(&id, ES_DER_INTEGER, &cms->serial, err)); /* as odd as the certificate's */
    ES_ENSURE(cms->serial.len > 0, err, ES_E_FORMAT, "signer's serial number is empty");
    return es_der_finish(id, err);
}

static es_status read_signer_fields(struct es_span in, struct es_cms *cms, struct es_error *err)
{
    struct es_span unsigned_attrs;
    uint32_t version;
    bool found;

    ES_TRY(es_der_get_uint(&in, &version, err));
    ES_TRY(read_signer_id(&in, cms, err));
    ES_TRY(read_algorithm(&in, &cms->digest_alg, err));
    ES_TRY(es_der_get_optional(&in, ES_DER_CONTEXT(0), &cms->attrs, &cms->has_attrs, err));
    ES_TRY(read_algorithm(&in, &cms->sig_alg, err));
    ES_TRY(es_der_get(&in, ES_DER_OCTET_STRING, &cms->sig, err));
    ES_TRY(es_der_get_optional(&in, ES_DER_CONTEXT(1), &unsigned_attrs, &found, err));
    ES_TRY(es_der_finish(in, err));
    if (cms->has_attrs)
        ES_TRY(es_cms_read_attrs(cms->attrs, cms, err));
    if (found)
        ES_TRY(es_cms_find_attr(unsigned_attrs, ES_OID_TIME_STAMP_TOKEN, &cms->time_stamp, err));
    return ES_OK;
}

static es_status read_signer(struct es_span set, struct es_cms *cms, struct es_error *err)
{
    struct es_span signer;
    es_status status;

    ES_TRY(es_der_get(&set, ES_DER_SEQUENCE, &signer, err));
    /* SPEC verification.md 9.4 pdf-20: with two signers it is not clear who sealed. */
    ES_ENSURE(set.len == 0, err, ES_E_CONFLICT, "more than one SignerInfo");
    status = read_signer_fields(signer, cms, err);
    return status == ES_OK ? ES_OK : es_error_at(err, status, "SignerInfo");
}

/* ---- SignedData ---- */

/* Any OID content is taken for the inner type: 06 01 00 is in real files (formats.md 5.2). */
static es_status read_content(struct es_span *in, struct es_cms *cms, struct es_error *err)
{
    struct es_span seq, wrapped;

    ES_TRY(es_der_get(in, ES_DER_SEQUENCE, &seq, err));
    ES_TRY(es_der_get(&seq, ES_DER_OID, &cms->content_type, err));
    ES_TRY(es_der_get_optional(&seq, ES_DER_CONTEXT(0), &wrapped, &cms->has_content, err));
    ES_TRY(es_der_finish(seq, err));
    if (!cms->has_content)
        return ES_OK;
    ES_TRY(es_der_get(&wrapped, ES_DER_OCTET_STRING, &cms->content, err));
    return es_der_finish(wrapped, err);
}

static es_status read_signed_data(struct es_span in, struct es_cms *cms, struct es_error *err)
{
    struct es_span algorithms, set;
    uint32_t version;
    bool found;

    ES_TRY(es_der_get_uint(&in, &version, err));
    ES_TRY(es_der_get(&in, ES_DER_SET, &algorithms, err)); /* the SignerInfo's counts, not these */
    ES_TRY(read_content(&in, cms, err));
    ES_TRY(es_der_get_optional(&in, ES_DER_CONTEXT(0), &set, &found, err));
    if (found)
        ES_TRY(read_certs(set, cms, err));
    ES_TRY(es_der_get_optional(&in, ES_DER_CONTEXT(1), &set, &found, err)); /* CRLs: not used */
    ES_TRY(es_der_get(&in, ES_DER_SET, &set, err));
    ES_TRY(es_der_finish(in, err));
    ES_TRY(read_signer(set, cms, err));
    return find_signer(cms, err);
}

static es_status read_content_info(struct es_span in, struct es_cms *cms, struct es_error *err)
{
    struct es_span outer, oid, wrapped, data;

    ES_TRY(es_der_get(&in, ES_DER_SEQUENCE, &outer, err));
    ES_TRY(es_der_finish(in, err));
    ES_TRY(es_der_get_oid(&outer, &oid, err));
    cms->gmt = es_oid_is(oid, ES_OID_GMT_SIGNED);
    ES_ENSURE(cms->gmt || es_oid_is(oid, ES_OID_PKCS7_SIGNED), err, ES_E_UNSUPPORTED,
              "content is not SignedData");
    ES_TRY(es_der_get(&outer, ES_DER_CONTEXT(0), &wrapped, err));
    ES_TRY(es_der_finish(outer, err));
    ES_TRY(es_der_get(&wrapped, ES_DER_SEQUENCE, &data, err));
    ES_TRY(es_der_finish(wrapped, err));
    return read_signed_data(data, cms, err);
}

static void note_surplus(struct es_span bytes, size_t surplus, struct es_cms *cms)
{
    cms->surplus = surplus;
    cms->surplus_zero = true;
    for (size_t i = bytes.len - surplus; i < bytes.len; i++)
        cms->surplus_zero = cms->surplus_zero && bytes.ptr[i] == 0;
}

static es_status note_sig_form(struct es_cms *cms, struct es_error *err)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(256);
    const char *form = NULL;
    es_status status;

    if (!cms->signer || !cms->signer->key || es_pubkey_kind(cms->signer->key) != ES_KEY_SM2)
        return ES_OK;
    status = es_sm2_sig_normalise(cms->sig, &der, &form, err);
    cms->raw_sig = form != NULL;
    return status == ES_E_RANGE ? ES_OK : status; /* no known form: es_cms_verify says so */
}

es_status es_cms_decode(struct es_span bytes, struct es_cms **out, struct es_error *err)
{
    ES_AUTO_PTR(es_cms) cms = NULL;
    size_t surplus = 0;

    ES_ENSURE(bytes.len <= ES_CMS_MAX, err, ES_E_LIMIT, "SignedData of %zu bytes, allowed are %u",
              bytes.len, ES_CMS_MAX);
    cms = calloc(1, sizeof *cms);
    ES_ENSURE(cms, err, ES_E_NOMEM, "no memory for SignedData");
    es_buf_init(&cms->der, 2 * (size_t) ES_CMS_MAX);
    ES_TRY(es_ber_to_der(bytes, &cms->der, &cms->ber, &surplus, err));
    note_surplus(bytes, surplus, cms);
    ES_TRY(read_content_info(es_buf_span(&cms->der), cms, err));
    ES_TRY(note_sig_form(cms, err));
    *out = ES_TAKE(cms);
    return ES_OK;
}
