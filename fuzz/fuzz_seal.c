/*
 * es_seal_decode. Properties: what decodes without a finding, written anew from its fields, is the
 * same bytes; a failure leaves a finding; every span lies inside the seal.
 */
#include "es_seal.h"

static void put_time(struct es_buf *out, const struct es_seal *seal, int64_t time_s)
{
    if (seal->has_list_type)
        es_der_put_generalized_time(out, time_s);
    else
        es_der_put_utc_time(out, time_s);
}

static void put_signers(struct es_buf *out, const struct es_seal *seal)
{
    size_t list = es_der_begin(out, ES_DER_SEQUENCE);

    for (size_t i = 0; i < seal->signer_count; i++) {
        size_t seq = 0;

        if (seal->list_type != 2) {
            es_der_put(out, ES_DER_OCTET_STRING, seal->signers[i].cert);
            continue;
        }
        seq = es_der_begin(out, ES_DER_SEQUENCE);
        es_der_put(out, ES_DER_PRINTABLE_STRING, seal->signers[i].digest_type);
        es_der_put(out, ES_DER_OCTET_STRING, seal->signers[i].digest);
        es_der_end(out, seq);
    }
    es_der_end(out, list);
}

static void put_property(struct es_buf *out, const struct es_seal *seal)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_uint(out, seal->type);
    es_der_put(out, ES_DER_UTF8_STRING, seal->name);
    if (seal->has_list_type)
        es_der_put_uint(out, seal->list_type);
    put_signers(out, seal);
    put_time(out, seal, seal->created_s);
    put_time(out, seal, seal->valid_from_s);
    put_time(out, seal, seal->valid_until_s);
    es_der_end(out, seq);
}

static void put_exts(struct es_buf *out, const struct es_seal *seal)
{
    size_t list;

    if (!seal->has_exts)
        return;
    list = es_der_begin(out, ES_DER_SEQUENCE);
    for (size_t i = 0; i < seal->ext_count; i++) {
        size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

        es_der_put(out, ES_DER_OID, seal->exts[i].oid);
        if (seal->exts[i].critical_written)
            es_der_put_bool(out, seal->exts[i].critical);
        es_der_put(out, ES_DER_OCTET_STRING, seal->exts[i].value);
        es_der_end(out, seq);
    }
    es_der_end(out, list);
}

static void put_info(struct es_buf *out, const struct es_seal *seal)
{
    size_t info = es_der_begin(out, ES_DER_SEQUENCE), part = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put(out, ES_DER_IA5_STRING, es_span_str("ES"));
    es_der_put_uint(out, seal->version);
    es_der_put(out, ES_DER_IA5_STRING, seal->vendor);
    es_der_end(out, part);
    es_der_put(out, ES_DER_IA5_STRING, seal->id);
    put_property(out, seal);
    part = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put(out, ES_DER_IA5_STRING, seal->picture.type);
    es_der_put(out, ES_DER_OCTET_STRING, seal->picture.data);
    es_der_put_uint(out, seal->picture.width_mm);
    es_der_put_uint(out, seal->picture.height_mm);
    es_der_end(out, part);
    put_exts(out, seal);
    es_der_end(out, info);
}

static void put_seal(struct es_buf *out, const struct es_seal *seal)
{
    size_t outer = es_der_begin(out, ES_DER_SEQUENCE), part = 0;

    put_info(out, seal);
    if (seal->edition == ES_SEAL_2014)
        part = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put(out, ES_DER_OCTET_STRING, seal->maker_cert);
    es_der_put(out, ES_DER_OID, seal->sig_alg);
    es_der_put_bits(out, seal->sig);
    if (seal->edition == ES_SEAL_2014)
        es_der_end(out, part);
    if (seal->time_stamp.ptr != NULL) {
        part = es_der_begin(out, ES_DER_CONTEXT(0));
        es_der_put_bits(out, seal->time_stamp);
        es_der_end(out, part);
    }
    es_der_end(out, outer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ES_AUTO(es_arena) arena;
    ES_AUTO(es_buf) again = ES_BUF_INIT(2 * (size_t) ES_SEAL_DER_MAX);
    ES_AUTO_PTR(es_seal) seal = NULL;
    struct es_findings findings;

    es_arena_init(&arena, 0);
    es_findings_init(&findings, &arena);
    if (es_seal_decode(es_span_of(data, size), ES_CHECK_FORMAT, "", &findings, &seal, NULL) !=
        ES_OK) {
        ES_BUG_ON(findings.count == 0 || seal != NULL);
        return 0;
    }
    if (findings.count != 0)
        return 0;
    put_seal(&again, seal);
    ES_BUG_ON(es_buf_check(&again, NULL) != ES_OK);
    ES_BUG_ON(!es_span_equal(es_buf_span(&again), es_span_of(data, size)));
    return 0;
}
