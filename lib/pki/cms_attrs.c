/*
 * Attributes of a SignerInfo. The signed ones that bind a signature to its document (contentType,
 * messageDigest) must stand there once with one value; what breaks that is noted, so that the
 * verifier can say "signed attributes invalid" instead of "cannot be read".
 */
#include "cms_internal.h"

#define ATTRS_MAX 64

struct attribute {
    struct es_span oid;
    struct es_span values; /* content of the SET */
};

static es_status next_attribute(struct es_span *in, struct attribute *attr, struct es_error *err)
{
    struct es_span seq;

    ES_TRY(es_der_get(in, ES_DER_SEQUENCE, &seq, err));
    ES_TRY(es_der_get(&seq, ES_DER_OID, &attr->oid, err));
    ES_TRY(es_der_get(&seq, ES_DER_SET, &attr->values, err));
    return es_der_finish(seq, err);
}

/* The one value of an attribute seen for the first time; else a fault. */
static bool take_single(struct es_span values, uint8_t tag, bool seen, struct es_span *out,
                        const char **fault, const char *what)
{
    struct es_span value;

    if (seen || es_der_get(&values, tag, &value, NULL) != ES_OK || values.len != 0) {
        *fault = what;
        return false;
    }
    *out = value;
    return true;
}

/* A time that does not read leaves the signature without a claimed time; it is no proof anyway. */
static void read_time(struct es_span values, struct es_cms *cms)
{
    if (cms->has_time)
        cms->attrs_fault = "signingTime occurs more than once";
    else if (es_der_get_time(&values, &cms->signing_time_s, NULL) == ES_OK && values.len == 0)
        cms->has_time = true;
}

/* SigningCertificate(V2): kept whole for the reader of time stamps. */
static void read_ess(struct es_span values, struct es_span *out, struct es_cms *cms)
{
    struct es_span tlv, value;

    if (out->len > 0 || es_der_get_tlv(&values, ES_DER_SEQUENCE, &tlv, &value, NULL) != ES_OK ||
        values.len != 0)
        cms->attrs_fault = "signingCertificate is not there once with one value";
    else
        *out = tlv;
}

static void read_attr(const struct attribute *attr, struct es_cms *cms)
{
    if (es_oid_is(attr->oid, ES_OID_CONTENT_TYPE))
        take_single(attr->values, ES_DER_OID, cms->attr_content_type.len > 0,
                    &cms->attr_content_type, &cms->attrs_fault,
                    "contentType is not there once with one value");
    else if (es_oid_is(attr->oid, ES_OID_MESSAGE_DIGEST))
        cms->has_digest |= take_single(attr->values, ES_DER_OCTET_STRING, cms->has_digest,
                                       &cms->message_digest, &cms->attrs_fault,
                                       "messageDigest is not there once with one value");
    else if (es_oid_is(attr->oid, ES_OID_SIGNING_TIME))
        read_time(attr->values, cms);
    else if (es_oid_is(attr->oid, ES_OID_ESS_CERT))
        read_ess(attr->values, &cms->ess_cert_v1, cms);
    else if (es_oid_is(attr->oid, ES_OID_ESS_CERT_V2))
        read_ess(attr->values, &cms->ess_cert_v2, cms);
}

es_status es_cms_read_attrs(struct es_span attrs, struct es_cms *cms, struct es_error *err)
{
    for (size_t count = 0; attrs.len > 0; count++) {
        struct attribute attr;

        ES_ENSURE(count < ATTRS_MAX, err, ES_E_LIMIT, "more than %d attributes", ATTRS_MAX);
        ES_TRY(next_attribute(&attrs, &attr, err));
        read_attr(&attr, cms);
    }
    if (!cms->attrs_fault && cms->attr_content_type.len == 0)
        cms->attrs_fault = "contentType is missing";
    if (!cms->attrs_fault && !cms->has_digest)
        cms->attrs_fault = "messageDigest is missing";
    return ES_OK;
}

es_status es_cms_find_attr(struct es_span attrs, const char *oid, struct es_span *out,
                           struct es_error *err)
{
    for (size_t count = 0; attrs.len > 0; count++) {
        struct attribute attr;
        struct es_der_item item;

        ES_ENSURE(count < ATTRS_MAX, err, ES_E_LIMIT, "more than %d attributes", ATTRS_MAX);
        ES_TRY(next_attribute(&attrs, &attr, err));
        if (out->len > 0 || attr.values.len == 0 || !es_oid_is(attr.oid, oid))
            continue;
        ES_TRY(es_der_next(&attr.values, &item, err));
        *out = item.tlv;
    }
    return ES_OK;
}

bool es_cms_looks_like_attrs(struct es_span bytes)
{
    struct es_span set;
    struct attribute attr;

    if (es_der_peek(bytes) != ES_DER_SET || es_der_get(&bytes, ES_DER_SET, &set, NULL) != ES_OK ||
        bytes.len != 0)
        return false;
    while (set.len > 0) {
        if (next_attribute(&set, &attr, NULL) != ES_OK)
            return false;
        if (es_oid_is(attr.oid, ES_OID_MESSAGE_DIGEST))
            return true;
    }
    return false;
}
