/*
 * Certificate revocation lists (RFC 5280 5), decoded once: the entries become a table sorted by
 * serial number that points into the kept bytes, so a list of ten megabytes is searched by halves.
 * Whether a list may be used (scope, deltas, unknown critical extensions) is found out here,
 * whether it is signed by the right key in link.c, whether it is fresh in revocation.c.
 */
#include "trust.h"

#include <stdlib.h>
#include <string.h>

#define REASON_KEY_COMPROMISE 1
#define REASON_CA_COMPROMISE 2
#define REASON_REMOVE_FROM_CRL 8
#define REASON_AA_COMPROMISE 10

/* ---- entries ---- */

static es_status read_reason(struct es_span value, int8_t *reason, struct es_error *err)
{
    struct es_span number;

    ES_TRY(es_der_get(&value, ES_DER_ENUMERATED, &number, err));
    ES_TRY(es_der_finish(value, err));
    ES_ENSURE(number.len == 1 && number.ptr[0] <= 10, err, ES_E_FORMAT, "reason out of range");
    *reason = (int8_t) number.ptr[0];
    return ES_OK;
}

static es_status read_entry_exts(struct es_span list, struct crl *crl, struct crl_entry *entry,
                                 int64_t *invalid_s, struct es_error *err)
{
    struct pki_ext ext;

    while (list.len > 0) {
        ES_TRY(pki_get_ext(&list, &ext, err));
        if (es_oid_is(ext.oid, "2.5.29.21")) {
            ES_TRY(read_reason(ext.value, &entry->reason, err));
        } else if (es_oid_is(ext.oid, "2.5.29.24")) {
            ES_TRY(es_der_get_time(&ext.value, invalid_s, err));
            ES_TRY(es_der_finish(ext.value, err));
        } else if (ext.critical) {
            crl->usable = false; /* certificateIssuer of indirect lists, or not known */
        }
    }
    return ES_OK;
}

/* SPEC verification.md 5: for loss or leak of the key the stated time of loss counts, if earlier.
 * Without a reason nothing rules a leak out. */
static bool invalidity_counts(int8_t reason)
{
    return reason <= 0 || reason == REASON_KEY_COMPROMISE || reason == REASON_CA_COMPROMISE ||
           reason == REASON_AA_COMPROMISE;
}

static es_status read_entry(struct es_span *list, struct crl *crl, struct crl_entry *entry,
                            struct es_error *err)
{
    struct es_span body, exts;
    int64_t invalid_s = INT64_MAX;
    bool found;

    entry->reason = -1;
    ES_TRY(es_der_get(list, ES_DER_SEQUENCE, &body, err));
    ES_TRY(es_der_get_integer(&body, &entry->serial, err));
    ES_TRY(es_der_get_time(&body, &entry->time_s, err));
    ES_TRY(es_der_get_optional(&body, ES_DER_SEQUENCE, &exts, &found, err));
    ES_TRY(es_der_finish(body, err));
    if (found)
        ES_TRY(read_entry_exts(exts, crl, entry, &invalid_s, err));
    if (invalidity_counts(entry->reason) && invalid_s < entry->time_s)
        entry->time_s = invalid_s;
    return ES_OK;
}

static int by_serial(const void *a, const void *b)
{
    const struct crl_entry *x = a, *y = b;
    int order = es_span_compare(x->serial, y->serial);

    if (order)
        return order;
    return x->time_s < y->time_s ? -1 : x->time_s > y->time_s;
}

static es_status count_entries(struct es_span list, size_t *count, struct es_error *err)
{
    struct es_der_item item;

    for (*count = 0; list.len > 0; (*count)++)
        ES_TRY(es_der_next(&list, &item, err));
    return ES_OK;
}

static es_status read_entries(struct es_span list, struct crl *crl, struct es_error *err)
{
    size_t count, len;

    ES_TRY(count_entries(list, &count, err));
    if (count == 0)
        return ES_OK;
    ES_TRY(es_size_mul(count, sizeof *crl->entries, &len, err));
    crl->entries = malloc(len);
    ES_ENSURE(crl->entries != NULL, err, ES_E_NOMEM, "out of memory");
    while (list.len > 0) {
        ES_TRY(read_entry(&list, crl, &crl->entries[crl->count], err));
        /* only deltas carry it; in a whole list it says the certificate is not revoked */
        if (crl->entries[crl->count].reason != REASON_REMOVE_FROM_CRL)
            crl->count++;
    }
    qsort(crl->entries, crl->count, sizeof *crl->entries, by_serial);
    return ES_OK;
}

const struct crl_entry *crl_find(const struct crl *crl, struct es_span serial)
{
    size_t low = 0, high = crl->count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (es_span_compare(crl->entries[mid].serial, serial) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == crl->count || !es_span_equal(crl->entries[low].serial, serial))
        return NULL;
    return &crl->entries[low];
}

/* ---- the list ---- */

/* SPEC RFC 5280 5.2: a delta (2.5.29.27) or a part (2.5.29.28) is critical, and used by nobody
 * here: what it does not list may be listed elsewhere. */
static es_status read_exts(struct es_span wrapped, struct crl *crl, struct es_error *err)
{
    struct es_span list;
    struct pki_ext ext;

    ES_TRY(es_der_get(&wrapped, ES_DER_SEQUENCE, &list, err));
    ES_TRY(es_der_finish(wrapped, err));
    while (list.len > 0) {
        ES_TRY(pki_get_ext(&list, &ext, err));
        if (ext.critical && !es_oid_is(ext.oid, "2.5.29.20") && !es_oid_is(ext.oid, "2.5.29.35"))
            crl->usable = false;
        if (es_oid_is(ext.oid, "2.5.29.27") || es_oid_is(ext.oid, "2.5.29.28"))
            crl->usable = false;
    }
    return ES_OK;
}

static bool is_time(struct es_span in)
{
    return es_der_peek(in) == ES_DER_UTC_TIME || es_der_peek(in) == ES_DER_GENERALIZED_TIME;
}

static es_status read_head(struct es_span *tbs, struct crl *crl, struct es_span *inner_alg,
                           struct es_error *err)
{
    struct es_span oid, name;
    uint32_t version = 0;

    if (es_der_peek(*tbs) == ES_DER_INTEGER)
        ES_TRY(es_der_get_uint(tbs, &version, err));
    ES_ENSURE(version <= 1, err, ES_E_FORMAT, "version: %u, known are 0 and 1", version);
    ES_TRY(pki_at(pki_get_algorithm(tbs, inner_alg, &oid, err), "signature", err));
    ES_TRY(pki_at(es_der_get_tlv(tbs, ES_DER_SEQUENCE, &crl->issuer, &name, err), "issuer", err));
    ES_TRY(pki_at(name_check(crl->issuer, err), "issuer", err));
    ES_TRY(pki_at(es_der_get_time(tbs, &crl->this_s, err), "thisUpdate", err));
    crl->has_next = is_time(*tbs);
    if (crl->has_next)
        ES_TRY(pki_at(es_der_get_time(tbs, &crl->next_s, err), "nextUpdate", err));
    return ES_OK;
}

static es_status read_tbs(struct es_span tbs, struct crl *crl, struct es_span *inner_alg,
                          struct es_error *err)
{
    struct es_span entries, exts;
    bool found;

    ES_TRY(read_head(&tbs, crl, inner_alg, err));
    ES_TRY(es_der_get_optional(&tbs, ES_DER_SEQUENCE, &entries, &found, err));
    if (found)
        ES_TRY(pki_at(read_entries(entries, crl, err), "entries", err));
    ES_TRY(es_der_get_optional(&tbs, ES_DER_CONTEXT(0), &exts, &found, err));
    if (found)
        ES_TRY(pki_at(read_exts(exts, crl, err), "extensions", err));
    return es_der_finish(tbs, err);
}

static es_status read_crl(struct crl *crl, struct es_error *err)
{
    struct es_span in = crl->der, body, tbs, inner_alg, outer_alg;

    crl->usable = true;
    ES_TRY(es_der_get(&in, ES_DER_SEQUENCE, &body, err));
    ES_TRY(es_der_finish(in, err));
    ES_TRY(es_der_get_tlv(&body, ES_DER_SEQUENCE, &crl->tbs, &tbs, err));
    ES_TRY(read_tbs(tbs, crl, &inner_alg, err));
    ES_TRY(pki_at(pki_get_algorithm(&body, &outer_alg, &crl->sig_alg, err), "algorithm", err));
    ES_TRY(pki_at(es_der_get_bits(&body, &crl->sig, err), "signature value", err));
    ES_TRY(es_der_finish(body, err));
    if (!es_span_equal(inner_alg, outer_alg))
        crl->usable = false;
    crl->name = name_hash(crl->issuer);
    return es_sm3(crl->der, crl->sm3, err);
}

void crl_free(struct crl *crl)
{
    if (!crl)
        return;
    free(crl->entries);
    free(crl->bytes);
    free(crl);
}

es_status crl_decode(struct es_span bytes, struct crl **out, struct es_error *err)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(ES_CRL_MAX);
    ES_AUTO_PTR(crl) crl = calloc(1, sizeof *crl);

    *out = NULL;
    ES_ENSURE(crl != NULL, err, ES_E_NOMEM, "out of memory");
    ES_TRY(pki_at(es_pem_get(bytes, "X509 CRL", &der, err), "CRL", err));
    crl->der = es_buf_span(&der);
    crl->bytes = ES_TAKE(der.ptr);
    der.len = der.cap = 0;
    ES_TRY(pki_at(read_crl(crl, err), "CRL", err));
    *out = ES_TAKE(crl);
    return ES_OK;
}
