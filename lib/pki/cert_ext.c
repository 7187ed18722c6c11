/*
 * Extensions of certificates, and what certificates, CRLs and OCSP answers share of their form.
 * Six are understood (key usage, basic constraints, both key identifiers, extended key usage, name
 * constraints); some more may be critical because nothing here depends on them. An extension that
 * is understood occurs once and reads whole; the content of all others is not looked at.
 */
#include "pki_internal.h"

#define PATH_LEN_MAX 255 /* what is more counts as this */

typedef es_status read_ext(struct es_span value, struct es_cert *cert, struct es_error *err);

es_status pki_get_algorithm(struct es_span *in, struct es_span *tlv, struct es_span *oid,
                            struct es_error *err)
{
    struct es_span rest = *in, body;
    struct es_der_item params;

    ES_TRY(es_der_get_tlv(&rest, ES_DER_SEQUENCE, tlv, &body, err));
    ES_TRY(es_der_get_oid(&body, oid, err));
    if (body.len > 0)
        ES_TRY(es_der_next(&body, &params, err));
    ES_TRY(es_der_finish(body, err));
    *in = rest;
    return ES_OK;
}

/* SPEC RFC 5280 4.1: critical BOOLEAN DEFAULT FALSE; FALSE written out occurs (formats.md 2.4). */
es_status pki_get_ext(struct es_span *in, struct pki_ext *out, struct es_error *err)
{
    struct es_span rest = *in, body;

    out->critical = false;
    ES_TRY(es_der_get(&rest, ES_DER_SEQUENCE, &body, err));
    ES_TRY(es_der_get_oid(&body, &out->oid, err));
    if (es_der_peek(body) == ES_DER_BOOLEAN)
        ES_TRY(es_der_get_bool(&body, &out->critical, err));
    ES_TRY(es_der_get(&body, ES_DER_OCTET_STRING, &out->value, err));
    ES_TRY(es_der_finish(body, err));
    *in = rest;
    return ES_OK;
}

static es_status read_ski(struct es_span value, struct es_cert *cert, struct es_error *err)
{
    ES_TRY(es_der_get(&value, ES_DER_OCTET_STRING, &cert->ski, err));
    return es_der_finish(value, err);
}

static es_status read_aki(struct es_span value, struct es_cert *cert, struct es_error *err)
{
    struct es_span body;
    bool found;

    ES_TRY(es_der_get(&value, ES_DER_SEQUENCE, &body, err));
    ES_TRY(es_der_finish(value, err));
    return es_der_get_optional(&body, ES_DER_CONTEXT_PRIMITIVE(0), &cert->aki, &found, err);
}

/* Bits by position; how many bits the encoder called unused is only used to leave those out. */
static es_status read_usage(struct es_span value, struct es_cert *cert, struct es_error *err)
{
    struct es_span bits;
    size_t count;

    ES_TRY(es_der_get(&value, ES_DER_BIT_STRING, &bits, err));
    ES_TRY(es_der_finish(value, err));
    ES_ENSURE(bits.len >= 1 && bits.ptr[0] <= 7 && (bits.len > 1 || bits.ptr[0] == 0), err,
              ES_E_FORMAT, "BIT STRING of %zu bytes", bits.len);
    cert->has_usage = true;
    count = (bits.len - 1) * 8 - bits.ptr[0];
    for (size_t i = 0; i < count && i < 9; i++)
        if (bits.ptr[1 + i / 8] & (0x80u >> (i % 8)))
            cert->usage |= (uint32_t) 1 << i;
    return ES_OK;
}

/* Any INTEGER; a negative length allows no certificate below, as 0 does. */
static uint32_t path_len_of(struct es_span value)
{
    uint32_t number = 0;

    if (value.ptr[0] & 0x80)
        return 0;
    for (size_t i = 0; i < value.len; i++) {
        number = number << 8 | value.ptr[i];
        if (number > PATH_LEN_MAX)
            return PATH_LEN_MAX;
    }
    return number;
}

static es_status read_basic(struct es_span value, struct es_cert *cert, struct es_error *err)
{
    struct es_span body, len;

    ES_TRY(es_der_get(&value, ES_DER_SEQUENCE, &body, err));
    ES_TRY(es_der_finish(value, err));
    cert->has_basic = true;
    if (es_der_peek(body) == ES_DER_BOOLEAN)
        ES_TRY(es_der_get_bool(&body, &cert->is_ca, err));
    ES_TRY(es_der_get_optional(&body, ES_DER_INTEGER, &len, &cert->has_path_len, err));
    if (cert->has_path_len) {
        ES_ENSURE(len.len > 0, err, ES_E_FORMAT, "INTEGER without content");
        cert->path_len = path_len_of(len);
    }
    return es_der_finish(body, err);
}

static es_status read_eku(struct es_span value, struct es_cert *cert, struct es_error *err)
{
    struct es_span body, oid;

    ES_TRY(es_der_get(&value, ES_DER_SEQUENCE, &body, err));
    ES_TRY(es_der_finish(value, err));
    cert->has_eku = true;
    while (body.len > 0) {
        ES_TRY(es_der_get_oid(&body, &oid, err));
        if (es_oid_is(oid, "1.3.6.1.5.5.7.3.8"))
            cert->eku_time_stamping = true;
        else if (es_oid_is(oid, "1.3.6.1.5.5.7.3.9"))
            cert->eku_ocsp_signing = true;
        else
            cert->eku_other = true;
    }
    return ES_OK;
}

static es_status read_name_constraints(struct es_span value, struct es_cert *cert,
                                       struct es_error *err)
{
    (void) value;
    (void) err;
    cert->has_name_constraints = true;
    return ES_OK;
}

/* Critical ones that change nothing here: policies, mappings and inhibitAnyPolicy without a
 * required policy, other names, where CRLs are to be found. */
static const struct known {
    const char *oid;
    const char *name;
    read_ext *read; /* NULL: may be critical, is not looked at */
} known[] = {
    {"2.5.29.14", "subjectKeyIdentifier", read_ski},
    {"2.5.29.15", "keyUsage", read_usage},
    {"2.5.29.19", "basicConstraints", read_basic},
    {"2.5.29.30", "nameConstraints", read_name_constraints},
    {"2.5.29.35", "authorityKeyIdentifier", read_aki},
    {"2.5.29.37", "extKeyUsage", read_eku},
    {"2.5.29.17", "subjectAltName", NULL},
    {"2.5.29.18", "issuerAltName", NULL},
    {"2.5.29.31", "cRLDistributionPoints", NULL},
    {"2.5.29.32", "certificatePolicies", NULL},
    {"2.5.29.33", "policyMappings", NULL},
    {"2.5.29.54", "inhibitAnyPolicy", NULL},
    {"1.3.6.1.5.5.7.1.1", "authorityInfoAccess", NULL},
    {"1.3.6.1.5.5.7.48.1.5", "OCSP nocheck", NULL},
};
#define KNOWN_COUNT (sizeof known / sizeof known[0])

static es_status take_ext(const struct pki_ext *ext, struct es_cert *cert, bool *seen,
                          struct es_error *err)
{
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        if (!es_oid_is(ext->oid, known[i].oid))
            continue;
        if (!known[i].read)
            return ES_OK;
        ES_ENSURE(!seen[i], err, ES_E_FORMAT, "%s occurs twice", known[i].name);
        seen[i] = true;
        if (known[i].read == read_eku)
            cert->eku_critical = ext->critical;
        return pki_at(known[i].read(ext->value, cert, err), known[i].name, err);
    }
    cert->unknown_critical |= ext->critical;
    return ES_OK;
}

es_status cert_read_extensions(struct es_span extensions, struct es_cert *cert,
                               struct es_error *err)
{
    bool seen[KNOWN_COUNT] = {false};
    struct es_span list;
    struct pki_ext ext;

    ES_TRY(es_der_get(&extensions, ES_DER_SEQUENCE, &list, err));
    ES_TRY(es_der_finish(extensions, err));
    while (list.len > 0) {
        ES_TRY(pki_get_ext(&list, &ext, err));
        ES_TRY(take_ext(&ext, cert, seen, err));
    }
    return ES_OK;
}
