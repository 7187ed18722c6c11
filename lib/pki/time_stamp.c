/*
 * Reading time-stamp tokens (RFC 3161, GB/T 20520). The TSTInfo is the content of a SignedData;
 * which of its fields may be relied on is time_stamp_check.c's question.
 */
#include <stdlib.h>

#include "cms_internal.h"
#include "time_stamp.h"

void es_time_stamp_free(struct es_time_stamp *stamp)
{
    if (!stamp)
        return;
    es_cms_free(stamp->cms);
    free(stamp);
}

es_status es_imprint_read(struct es_span *in, struct es_imprint *out, struct es_error *err)
{
    struct es_span seq, alg, oid;
    char text[128];

    ES_TRY(es_der_get_tlv(in, ES_DER_SEQUENCE, &out->tlv, &seq, err));
    ES_TRY(es_der_get(&seq, ES_DER_SEQUENCE, &alg, err));
    ES_TRY(es_der_get_oid(&alg, &oid, err));
    if (alg.len > 0) { /* parameters: absent or NULL */
        struct es_span null;
        ES_TRY(es_der_get(&alg, ES_DER_NULL, &null, err));
        ES_TRY(es_der_finish(alg, err));
    }
    ES_TRY(es_der_get(&seq, ES_DER_OCTET_STRING, &out->value, err));
    ES_TRY(es_der_finish(seq, err));
    es_oid_text(oid, text, sizeof text);
    out->digest = es_digest_by_name(es_span_str(text));
    return ES_OK;
}

es_status es_imprint_fits(enum es_digest digest, struct es_span imprint, struct es_span bytes,
                          bool *fits, struct es_error *err)
{
    uint8_t value[ES_DIGEST_MAX];

    *fits = false;
    if (digest == ES_DIGEST_NONE)
        return ES_OK;
    ES_TRY(es_digest_once(digest, bytes, value, err));
    *fits = es_span_equal(imprint, es_span_of(value, es_digest_len(digest)));
    return ES_OK;
}

/* SPEC RFC 3161 2.4.2: seconds may have a fraction, without trailing zeros; we drop it. */
static es_status read_gen_time(struct es_span *in, int64_t *time_s, struct es_error *err)
{
    struct es_span text;
    uint8_t whole[15];
    size_t dot;

    ES_TRY(es_der_get(in, ES_DER_GENERALIZED_TIME, &text, err));
    dot = es_span_find(text, '.');
    if (dot == text.len)
        return es_time_parse_generalized(text, time_s, err);
    ES_ENSURE(dot == 14 && text.len >= 17 && text.len <= 25 && text.ptr[text.len - 1] == 'Z' &&
                  text.ptr[text.len - 2] != '0',
              err, ES_E_FORMAT, "genTime has an odd fraction");
    for (size_t i = dot + 1; i < text.len - 1; i++)
        ES_ENSURE(text.ptr[i] >= '0' && text.ptr[i] <= '9', err, ES_E_FORMAT,
                  "genTime has an odd fraction");
    for (size_t i = 0; i < 14; i++)
        whole[i] = text.ptr[i];
    whole[14] = 'Z';
    return es_time_parse_generalized(es_span_of(whole, sizeof whole), time_s, err);
}

/* accuracy, ordering, nonce, tsa, extensions: each optional, only the nonce is kept. */
static es_status read_tail(struct es_span in, struct es_time_stamp *stamp, struct es_error *err)
{
    struct es_span unused;
    bool ordering, found;

    ES_TRY(es_der_get_optional(&in, ES_DER_SEQUENCE, &unused, &found, err));
    if (es_der_peek(in) == ES_DER_BOOLEAN)
        ES_TRY(es_der_get_bool(&in, &ordering, err));
    if (es_der_peek(in) == ES_DER_INTEGER)
        ES_TRY(es_der_get_integer(&in, &stamp->nonce, err));
    ES_TRY(es_der_get_optional(&in, ES_DER_CONTEXT(0), &unused, &found, err));
    ES_TRY(es_der_get_optional(&in, ES_DER_CONTEXT(1), &unused, &found, err));
    return es_der_finish(in, err);
}

static es_status read_tst_info(struct es_span in, struct es_time_stamp *stamp, struct es_error *err)
{
    struct es_imprint imprint;
    struct es_span seq, policy;
    uint32_t version;

    ES_TRY(es_der_get(&in, ES_DER_SEQUENCE, &seq, err));
    ES_TRY(es_der_finish(in, err));
    ES_TRY(es_der_get_uint(&seq, &version, err));
    /* SPEC formats.md 10.1: the text of 2025 is reported to say 2; both are taken. */
    ES_ENSURE(version == 1 || version == 2, err, ES_E_UNSUPPORTED, "TSTInfo of version %u",
              version);
    ES_TRY(es_der_get_oid(&seq, &policy, err));
    ES_TRY(es_imprint_read(&seq, &imprint, err));
    stamp->imprint_digest = imprint.digest;
    stamp->imprint = imprint.value;
    ES_TRY(es_der_get_integer(&seq, &stamp->serial, err));
    ES_TRY(read_gen_time(&seq, &stamp->gen_time_s, err));
    return read_tail(seq, stamp, err);
}

es_status es_time_stamp_decode(struct es_span token, struct es_time_stamp **out,
                               struct es_error *err)
{
    ES_AUTO_PTR(es_time_stamp) stamp = NULL;
    es_status status;

    ES_ENSURE(token.len <= ES_TIME_STAMP_MAX, err, ES_E_LIMIT,
              "time stamp of %zu bytes, allowed are %u", token.len, ES_TIME_STAMP_MAX);
    stamp = calloc(1, sizeof *stamp);
    ES_ENSURE(stamp, err, ES_E_NOMEM, "no memory for a time stamp");
    ES_TRY(es_cms_decode(token, &stamp->cms, err));
    ES_ENSURE(es_oid_is(stamp->cms->content_type, ES_OID_TST_INFO) && stamp->cms->has_content, err,
              ES_E_UNSUPPORTED, "content is not a time stamp");
    status = read_tst_info(stamp->cms->content, stamp, err);
    if (status != ES_OK)
        return es_error_at(err, status, "TSTInfo");
    *out = ES_TAKE(stamp);
    return ES_OK;
}
