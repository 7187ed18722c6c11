/*
 * A prepared sealing as a file, for keys held elsewhere: DER, so that it can be read back strictly.
 * It names the document by its digest and is useless with any other.
 *
 *     Prepared ::= SEQUENCE { version INTEGER (1), source OCTET STRING (SM3), isSeal BOOLEAN,
 *         lock BOOLEAN, edition INTEGER, time GeneralizedTime, signer OCTET STRING,
 *         seal OCTET STRING, names SEQUENCE OF UTF8String (list, signature, seal, value, id),
 *         files SEQUENCE OF OCTET STRING (OFD.xml or empty, list, Signature.xml),
 *         message OCTET STRING }
 */
#include "sign_internal.h"

#include "es_der.h"

#define NAMES 5
#define FILES 3

es_status es_signing_save(const struct es_signing *s, struct es_buf *out, struct es_error *err)
{
    const char *const names[NAMES] = {s->list_entry, s->signature_entry, s->seal_entry,
                                      s->value_entry, s->id};
    const struct es_buf *const files[FILES] = {&s->entry_point, &s->list, &s->signature};
    uint8_t source[ES_SM3_LEN];
    size_t all, seq;

    ES_TRY(es_sm3_source(s->src, 0, s->src->len, source, err));
    all = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_uint(out, 1);
    es_der_put(out, ES_DER_OCTET_STRING, es_span_of(source, ES_SM3_LEN));
    es_der_put_bool(out, s->is_seal);
    es_der_put_bool(out, s->lock);
    es_der_put_uint(out, (uint64_t) s->edition);
    es_der_put_generalized_time(out, s->time_s);
    es_der_put(out, ES_DER_OCTET_STRING, s->signer->der);
    es_der_put(out, ES_DER_OCTET_STRING, s->seal);
    seq = es_der_begin(out, ES_DER_SEQUENCE);
    for (size_t i = 0; i < NAMES; i++)
        es_der_put(out, ES_DER_UTF8_STRING, es_span_str(names[i]));
    es_der_end(out, seq);
    seq = es_der_begin(out, ES_DER_SEQUENCE);
    for (size_t i = 0; i < FILES; i++)
        es_der_put(out, ES_DER_OCTET_STRING, es_buf_span(files[i]));
    es_der_end(out, seq);
    es_der_put(out, ES_DER_OCTET_STRING, es_buf_span(&s->message));
    es_der_end(out, all);
    return es_buf_check(out, err);
}

static es_status take_octets(struct es_span *in, struct es_buf *out, struct es_error *err)
{
    struct es_span value;

    ES_TRY(es_der_get(in, ES_DER_OCTET_STRING, &value, err));
    es_buf_put_span(out, value);
    return es_buf_check(out, err);
}

static es_status take_name(struct es_signing *s, struct es_span *in, const char **out,
                           struct es_error *err)
{
    struct es_span value;

    ES_TRY(es_der_get(in, ES_DER_UTF8_STRING, &value, err));
    ES_ENSURE(value.len > 0 && value.len < 4096 && es_text_clean(value), err, ES_E_FORMAT,
              "a name that is none");
    *out = es_arena_text(&s->arena, value);
    ES_ENSURE(*out != NULL, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

static es_status take_head(struct es_signing *s, struct es_span *in, struct es_error *err)
{
    struct es_span source, cert, seal;
    uint32_t version = 0, edition = 0;
    uint8_t sm3[ES_SM3_LEN];

    ES_TRY(es_der_get_uint(in, &version, err));
    ES_ENSURE(version == 1, err, ES_E_UNSUPPORTED, "version %u, known is 1", version);
    ES_TRY(es_der_get(in, ES_DER_OCTET_STRING, &source, err));
    ES_TRY(es_sm3_source(s->src, 0, s->src->len, sm3, err));
    ES_ENSURE(es_span_equal(source, es_span_of(sm3, sizeof sm3)), err, ES_E_MISMATCH,
              "it was prepared for another document");
    ES_TRY(es_der_get_bool(in, &s->is_seal, err));
    ES_TRY(es_der_get_bool(in, &s->lock, err));
    ES_TRY(es_der_get_uint(in, &edition, err));
    ES_ENSURE(edition == ES_SEAL_EDITION_UNKNOWN || edition == ES_SEAL_2014 ||
                  edition == ES_SEAL_2020 || edition == ES_SEAL_2025,
              err, ES_E_RANGE, "edition %u, allowed are 2014, 2020 and 2025", edition);
    s->edition = (enum es_seal_edition) edition;
    ES_TRY(es_der_get_time(in, &s->time_s, err));
    ES_TRY(es_der_get(in, ES_DER_OCTET_STRING, &cert, err));
    ES_TRY(es_cert_decode(cert, &s->signer, err));
    ES_ENSURE(s->signer->key != NULL && es_pubkey_kind(s->signer->key) == ES_KEY_SM2, err,
              ES_E_CERT, "the signer's certificate holds no sound SM2 key");
    ES_TRY(es_der_get(in, ES_DER_OCTET_STRING, &seal, err));
    s->seal = es_span_of(es_arena_text(&s->arena, seal), seal.len);
    ES_ENSURE(s->seal.ptr != NULL, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

static es_status take_body(struct es_signing *s, struct es_span *in, struct es_error *err)
{
    const char **const names[NAMES] = {&s->list_entry, &s->signature_entry, &s->seal_entry,
                                       &s->value_entry, &s->id};
    struct es_buf *const files[FILES] = {&s->entry_point, &s->list, &s->signature};
    struct es_span seq;

    ES_TRY(es_der_get(in, ES_DER_SEQUENCE, &seq, err));
    for (size_t i = 0; i < NAMES; i++)
        ES_TRY(take_name(s, &seq, names[i], err));
    ES_TRY(es_der_finish(seq, err));
    ES_TRY(es_der_get(in, ES_DER_SEQUENCE, &seq, err));
    for (size_t i = 0; i < FILES; i++)
        ES_TRY(take_octets(&seq, files[i], err));
    ES_TRY(es_der_finish(seq, err));
    return take_octets(in, &s->message, err);
}

/* The message must speak of this very Signature.xml. */
static es_status check_binding(const struct es_signing *s, struct es_error *err)
{
    uint8_t digest[ES_SM3_LEN];

    ES_TRY(es_sm3(es_buf_span(&s->signature), digest, err));
    ES_ENSURE(es_span_search(es_buf_span(&s->message), es_span_of(digest, sizeof digest), NULL),
              err, ES_E_MISMATCH, "message and Signature.xml do not belong together");
    return ES_OK;
}

static es_status load(struct es_signing *s, struct es_span saved, struct es_error *err)
{
    struct es_span in;

    ES_TRY(es_der_get(&saved, ES_DER_SEQUENCE, &in, err));
    ES_TRY(es_der_finish(saved, err));
    ES_TRY(take_head(s, &in, err));
    ES_TRY(take_body(s, &in, err));
    ES_TRY(es_der_finish(in, err));
    return check_binding(s, err);
}

es_status es_signing_load(const struct es_source *src, const struct es_ofd_limits *limits,
                          struct es_span saved, struct es_signing **out, struct es_error *err)
{
    ES_AUTO_PTR(es_signing) signing = NULL;
    es_status status;

    ES_TRY(sign_new(src, limits, NULL, &signing, err));
    status = load(signing, saved, err);
    if (status != ES_OK)
        return es_error_at(err, status, "prepared sealing");
    *out = ES_TAKE(signing);
    return ES_OK;
}
