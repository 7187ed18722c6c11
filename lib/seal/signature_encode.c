/* Encoding TBS_Sign and SES_Signature; the shapes stand in signature_decode.c. */
#include <string.h>

#include "seal_internal.h"

#define PROPERTY_INFO_MAX 4096

static es_status check_tbs(const struct es_seal_tbs *tbs, struct es_error *err)
{
    struct es_span property = es_span_str(tbs->property_info);

    ES_TRY(seal_check_edition(tbs->edition, err));
    ES_ENSURE(property.len >= 1 && property.len <= PROPERTY_INFO_MAX, err, ES_E_RANGE,
              "property text of %zu bytes, allowed are 1 to %d", property.len, PROPERTY_INFO_MAX);
    for (size_t i = 0; i < property.len; i++)
        ES_ENSURE(property.ptr[i] >= 0x20 && property.ptr[i] < 0x7f, err, ES_E_RANGE,
                  "property text with byte %02x, allowed is printable ASCII", property.ptr[i]);
    ES_ENSURE(tbs->time_s >= 0 && tbs->time_s <= INT64_C(253402271999), err, ES_E_RANGE,
              "time of signing outside the years 1970 to 9999");
    ES_ENSURE((tbs->seal->edition == ES_SEAL_2025) == (tbs->edition == ES_SEAL_2025), err,
              ES_E_MISMATCH, "signature of edition %d over a seal of edition %d",
              (int) tbs->edition, (int) tbs->seal->edition);
    return ES_OK;
}

/* Edition 2014 leaves the content free; this is what readers in the field show (ofdrw). */
static void put_time(struct es_buf *out, int64_t time_s, enum es_seal_edition edition)
{
    char text[ES_TIME_TEXT_MAX];

    if (edition != ES_SEAL_2014) {
        es_der_put_generalized_time(out, time_s);
        return;
    }
    es_time_china(time_s, text);
    es_der_put_bits(out, es_span_str(text));
}

es_status es_seal_encode_tbs(const struct es_seal_tbs *tbs, struct es_buf *out,
                             struct es_error *err)
{
    size_t seq, start = out->len;

    ES_TRY(check_tbs(tbs, err));
    seq = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_uint(out, seal_version_of(tbs->edition));
    es_der_put_raw(out, tbs->seal->der);
    put_time(out, tbs->time_s, tbs->edition);
    es_der_put_bits(out, es_span_of(tbs->data_hash, ES_SM3_LEN));
    es_der_put(out, ES_DER_IA5_STRING, es_span_str(tbs->property_info));
    if (tbs->edition == ES_SEAL_2014) {
        es_der_put(out, ES_DER_OCTET_STRING, tbs->signer->der);
        es_der_put_oid(out, OID_SM2_WITH_SM3);
    }
    es_der_end(out, seq);
    if (out->failed != ES_OK)
        out->len = start;
    return es_buf_check(out, err);
}

static void put_time_stamp(struct es_buf *out, struct es_span time_stamp)
{
    size_t tagged;

    if (time_stamp.len == 0)
        return;
    tagged = es_der_begin(out, ES_DER_CONTEXT(0));
    es_der_put_bits(out, time_stamp);
    es_der_end(out, tagged);
}

es_status es_seal_signature_assemble(struct es_span tbs, enum es_seal_edition edition,
                                     const struct es_cert *signer, struct es_span sig_der,
                                     struct es_span time_stamp, struct es_buf *out,
                                     struct es_error *err)
{
    size_t seq, start = out->len;

    ES_TRY(seal_check_edition(edition, err));
    ES_ENSURE(edition != ES_SEAL_2014 || time_stamp.len == 0, err, ES_E_UNSUPPORTED,
              "edition 2014 has no place for a time stamp over the value");
    seq = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_raw(out, tbs);
    if (edition != ES_SEAL_2014) {
        es_der_put(out, ES_DER_OCTET_STRING, signer->der);
        es_der_put_oid(out, OID_SM2_WITH_SM3);
    }
    es_der_put_bits(out, sig_der);
    put_time_stamp(out, time_stamp);
    es_der_end(out, seq);
    if (out->failed != ES_OK)
        out->len = start;
    return es_buf_check(out, err);
}
