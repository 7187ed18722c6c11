/*
 * es_crl_make: CRL version 2 with number, authority key identifier and reasons; entries sorted
 * by serial number, each at most once, so the same input in any order gives the same signed part.
 */
#include <stdlib.h>

#include "authority.h"

#define CRL_ENTRY_MAX 64 /* no entry is longer: serial of 20, time of 17, reason of 12 */
#define CRL_ENTRIES_MAX 1000000

static struct es_span without_zeros(struct es_span number)
{
    while (number.len > 0 && number.ptr[0] == 0)
        number = es_span_sub(number, 1, number.len - 1);
    return number;
}

/* Numeric order of big-endian numbers. */
static int compare_serials(struct es_span a, struct es_span b)
{
    a = without_zeros(a);
    b = without_zeros(b);
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return es_span_compare(a, b);
}

static int by_serial(const void *a, const void *b)
{
    const struct es_revoked *const *left = a;
    const struct es_revoked *const *right = b;

    return compare_serials((*left)->serial, (*right)->serial);
}

static es_status put_entry(struct es_buf *out, const struct es_revoked *revoked,
                           struct es_error *err)
{
    ES_TRY(es_check_serial(revoked->serial, err));
    ES_ENSURE(revoked->reason >= -1 && revoked->reason <= 10 && revoked->reason != 7, err,
              ES_E_RANGE, "revocation reason %d is not one of RFC 5280", revoked->reason);
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_unsigned(out, revoked->serial);
    es_put_x509_time(out, revoked->time_s);
    if (revoked->reason > 0) { /* SPEC RFC 5280 5.3.1: "unspecified" is said by leaving it out */
        const uint8_t value[3] = {ES_DER_ENUMERATED, 1, (uint8_t) revoked->reason};
        size_t exts = es_der_begin(out, ES_DER_SEQUENCE);
        es_put_extension(out, ES_OID_CRL_REASON, false, es_span_of(value, sizeof value));
        es_der_end(out, exts);
    }
    es_der_end(out, seq);
    return es_buf_check(out, err);
}

static es_status put_sorted(struct es_buf *out, const struct es_revoked **sorted, size_t count,
                            struct es_error *err)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    qsort(sorted, count, sizeof *sorted, by_serial);
    for (size_t i = 0; i < count; i++) {
        ES_ENSURE(i == 0 || compare_serials(sorted[i - 1]->serial, sorted[i]->serial) != 0, err,
                  ES_E_CONFLICT, "a serial number is revoked twice");
        ES_TRY(put_entry(out, sorted[i], err));
    }
    es_der_end(out, seq);
    return es_buf_check(out, err);
}

static es_status put_entries(struct es_buf *out, const struct es_revoked *revoked, size_t count,
                             struct es_error *err)
{
    const struct es_revoked **sorted;
    es_status status;

    if (count == 0)
        return ES_OK; /* SPEC RFC 5280 5.1.2.6: absent when nothing is revoked */
    sorted = calloc(count, sizeof *sorted);
    ES_ENSURE(sorted, err, ES_E_NOMEM, "no memory for %zu revoked certificates", count);
    for (size_t i = 0; i < count; i++)
        sorted[i] = &revoked[i];
    status = put_sorted(out, sorted, count, err);
    free(sorted);
    return status;
}

static es_status put_extensions(struct es_buf *out, const struct es_cert *issuer, uint64_t number,
                                struct es_error *err)
{
    ES_AUTO(es_buf) id = ES_BUF_INIT(ES_AUTHORITY_MAX);
    ES_AUTO(es_buf) value = ES_BUF_INIT(16);

    ES_TRY(es_cert_key_id(issuer, &id, err));
    es_der_put_uint(&value, number);
    ES_TRY(es_buf_check(&value, err));
    size_t outer = es_der_begin(out, ES_DER_CONTEXT(0));
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);
    es_put_aki(out, es_buf_span(&id));
    es_put_extension(out, ES_OID_CRL_NUMBER, false, es_buf_span(&value));
    es_der_end(out, seq);
    es_der_end(out, outer);
    return es_buf_check(out, err);
}

es_status es_crl_make(const struct es_cert *issuer, struct es_key *key,
                      const struct es_revoked *revoked, size_t count, uint64_t number,
                      int64_t this_update_s, int64_t next_update_s, struct es_buf *out,
                      struct es_error *err)
{
    ES_ENSURE(count <= CRL_ENTRIES_MAX, err, ES_E_LIMIT, "%zu revoked certificates, allowed are %d",
              count, CRL_ENTRIES_MAX);
    ES_ENSURE(this_update_s <= next_update_s, err, ES_E_RANGE, "CRL would end before it begins");
    ES_TRY(es_check_key_of(issuer, key, err));

    ES_AUTO(es_buf) tbs = ES_BUF_INIT(ES_AUTHORITY_MAX + count * CRL_ENTRY_MAX);
    size_t seq = es_der_begin(&tbs, ES_DER_SEQUENCE);
    es_der_put_uint(&tbs, 1);
    es_put_algorithm(&tbs, ES_OID_SM2_SM3);
    es_der_put_raw(&tbs, issuer->subject);
    es_put_x509_time(&tbs, this_update_s);
    es_put_x509_time(&tbs, next_update_s);
    ES_TRY(put_entries(&tbs, revoked, count, err));
    ES_TRY(put_extensions(&tbs, issuer, number, err));
    es_der_end(&tbs, seq);
    return es_put_signed(out, es_buf_span(&tbs), key, err);
}
