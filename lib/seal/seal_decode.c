/*
 * Decoding a seal. The structure decides the edition, level by level (formats.md 5.1):
 *
 *     SESeal     info, signInfo { cert, alg, sig }        2014
 *                info, cert, alg, sig [, timeStamp]       2020; 2025 by version or time stamp
 *     property   type, name, certList, 3 x UTCTime                           2014
 *                type, name, certListType, certList, 3 x GeneralizedTime     2020, 2025
 *
 * All spans point into one copy of the bytes, DER in its lengths.
 */
#include <stdlib.h>

#include "seal_internal.h"

static es_status read_header(const struct seal_reader *r, struct es_span *info,
                             struct es_seal *seal)
{
    struct es_span in, id;

    ES_TRY(es_der_get(info, ES_DER_SEQUENCE, &in, r->err));
    ES_TRY(es_der_get(&in, ES_DER_IA5_STRING, &id, r->err));
    ES_ENSURE(es_span_is(id, "ES"), r->err, ES_E_FORMAT, "header does not begin with ES");
    ES_TRY(es_der_get_uint(&in, &seal->version, r->err));
    ES_TRY(seal_get_ascii(r, &in, &seal->vendor));
    return es_der_finish(in, r->err);
}

static es_status read_certificate(const struct seal_reader *r, struct es_span *list,
                                  struct es_seal *seal)
{
    struct es_seal_signer *signer = &seal->signers[seal->signer_count];
    struct es_span value;

    if (!seal->has_list_type && es_der_peek(*list) == ES_DER_IA5_STRING) {
        /* SPEC GM/T 0031-2014 prints an orphan certID ::= IA5String; old files list it. */
        seal_deviates(r, "cert-identifier");
        return es_der_get(list, ES_DER_IA5_STRING, &value, r->err);
    }
    ES_TRY(es_der_get(list, ES_DER_OCTET_STRING, &value, r->err));
    ES_ENSURE(value.len > 0, r->err, ES_E_FORMAT, "empty certificate");
    *signer = (struct es_seal_signer){.cert = value};
    seal->signer_count++;
    return ES_OK;
}

static es_status read_digest(const struct seal_reader *r, struct es_span *list,
                             struct es_seal *seal)
{
    struct es_seal_signer *signer = &seal->signers[seal->signer_count];
    struct es_span in;

    *signer = (struct es_seal_signer){0};
    ES_TRY(es_der_get(list, ES_DER_SEQUENCE, &in, r->err));
    ES_TRY(es_der_get(&in, ES_DER_PRINTABLE_STRING, &signer->digest_type, r->err));
    ES_TRY(es_der_get(&in, ES_DER_OCTET_STRING, &signer->digest, r->err));
    ES_ENSURE(signer->digest.len > 0, r->err, ES_E_FORMAT, "empty digest");
    ES_TRY(es_der_finish(in, r->err));
    seal->signer_count++;
    return ES_OK;
}

static es_status count_signers(const struct seal_reader *r, struct es_span list, size_t *count)
{
    struct es_der_item item;

    for (*count = 0; list.len > 0; (*count)++) {
        ES_ENSURE(*count < ES_SEAL_CERTS_MAX, r->err, ES_E_LIMIT, "more than %d certificates",
                  ES_SEAL_CERTS_MAX);
        ES_TRY(es_der_next(&list, &item, r->err));
    }
    return ES_OK;
}

static es_status read_signers(const struct seal_reader *r, struct es_span list,
                              struct es_seal *seal)
{
    size_t count;

    ES_ENSURE(seal->list_type >= 1 && seal->list_type <= 3, r->err, ES_E_FORMAT,
              "certListType of %u, allowed are 1 and 2", seal->list_type);
    if (seal->list_type == 3) /* BaiWang: certificates follow */
        seal_deviates(r, "certListType");
    ES_TRY(count_signers(r, list, &count));
    seal->signers = (struct es_seal_signer *) es_arena_alloc(r->arena,
                                                             (count + 1) * sizeof(*seal->signers));
    ES_ENSURE(seal->signers != NULL, r->err, ES_E_NOMEM, "out of memory");
    while (list.len > 0) {
        if (seal->list_type == 2)
            ES_TRY(read_digest(r, &list, seal));
        else
            ES_TRY(read_certificate(r, &list, seal));
    }
    return ES_OK;
}

static es_status read_dates(const struct seal_reader *r, struct es_span *in, struct es_seal *seal)
{
    bool utc = !seal->has_list_type;
    struct es_span text;

    ES_TRY(seal_get_time(r, in, utc, &text, &seal->created_s));
    ES_TRY(seal_get_time(r, in, utc, &text, &seal->valid_from_s));
    return seal_get_time(r, in, utc, &text, &seal->valid_until_s);
}

static es_status read_property(const struct seal_reader *r, struct es_span *info,
                               struct es_seal *seal)
{
    struct es_span in, list;

    ES_TRY(es_der_get(info, ES_DER_SEQUENCE, &in, r->err));
    ES_TRY(es_der_get_uint(&in, &seal->type, r->err));
    ES_TRY(es_der_get(&in, ES_DER_UTF8_STRING, &seal->name, r->err));
    ES_ENSURE(es_utf8_valid(seal->name), r->err, ES_E_FORMAT, "name is not UTF-8");
    seal->has_list_type = es_der_peek(in) == ES_DER_INTEGER;
    seal->list_type = 1;
    if (seal->has_list_type)
        ES_TRY(es_der_get_uint(&in, &seal->list_type, r->err));
    if (seal->has_list_type != (seal->edition != ES_SEAL_2014))
        seal_deviates(r, "version-number");
    ES_TRY(es_der_get(&in, ES_DER_SEQUENCE, &list, r->err));
    ES_TRY(read_signers(r, list, seal));
    ES_TRY(read_dates(r, &in, seal));
    return es_der_finish(in, r->err);
}

static es_status read_picture(const struct seal_reader *r, struct es_span *info,
                              struct es_picture *picture)
{
    struct es_span in;

    ES_TRY(es_der_get(info, ES_DER_SEQUENCE, &in, r->err));
    ES_TRY(seal_get_ascii(r, &in, &picture->type));
    ES_TRY(es_der_get(&in, ES_DER_OCTET_STRING, &picture->data, r->err));
    ES_TRY(es_der_get_uint(&in, &picture->width_mm, r->err));
    ES_TRY(es_der_get_uint(&in, &picture->height_mm, r->err));
    return es_der_finish(in, r->err);
}

/* SPEC GB/T 38540-2020 6.1.1: extDatas has no tag of its own; some old products wrap it. */
static es_status read_exts(const struct seal_reader *r, struct es_span *info, struct es_seal *seal)
{
    uint8_t tag = es_der_peek(*info);
    struct es_span in;

    if (info->len == 0)
        return ES_OK;
    if (tag == ES_DER_CONTEXT(0) || (tag == ES_DER_OCTET_STRING && seal->edition == ES_SEAL_2014)) {
        seal_deviates(r, "extDatas-wrapped");
        ES_TRY(es_der_get(info, tag, &in, r->err));
        ES_TRY(es_der_finish(*info, r->err));
        *info = in;
    }
    ES_TRY(es_der_get(info, ES_DER_SEQUENCE, &in, r->err));
    seal->has_exts = true;
    return seal_get_exts(r, in, &seal->exts, &seal->ext_count);
}

static es_status read_info(const struct seal_reader *r, struct es_span in, struct es_seal *seal)
{
    ES_TRY(read_header(r, &in, seal));
    ES_TRY(seal_get_ascii(r, &in, &seal->id));
    ES_TRY(read_property(r, &in, seal));
    ES_TRY(read_picture(r, &in, &seal->picture));
    ES_TRY(read_exts(r, &in, seal));
    return es_der_finish(in, r->err);
}

/* cert, alg, sig: at the end of a seal of 2020, inside signInfo in 2014. */
static es_status read_maker(const struct seal_reader *r, struct es_span *in, struct es_seal *seal)
{
    ES_TRY(es_der_get(in, ES_DER_OCTET_STRING, &seal->maker_cert, r->err));
    ES_TRY(es_der_get_oid(in, &seal->sig_alg, r->err));
    return seal_get_bits(r, in, &seal->sig);
}

static es_status read_2014(const struct seal_reader *r, struct es_span in, struct es_span info,
                           struct es_seal *seal)
{
    struct es_span sign_info;

    seal->edition = ES_SEAL_2014;
    ES_TRY(es_der_get(&in, ES_DER_SEQUENCE, &sign_info, r->err));
    ES_TRY(es_der_finish(in, r->err));
    ES_TRY(read_info(r, info, seal));
    ES_TRY(read_maker(r, &sign_info, seal));
    return es_der_finish(sign_info, r->err);
}

static es_status read_2020(const struct seal_reader *r, struct es_span in, struct es_span info,
                           struct es_seal *seal)
{
    seal->edition = ES_SEAL_2020;
    ES_TRY(read_info(r, info, seal));
    ES_TRY(read_maker(r, &in, seal));
    if (seal->version == 5 || in.len > 0)
        seal->edition = ES_SEAL_2025;
    return seal_get_time_stamp(r, in, &seal->time_stamp);
}

static es_status read_parts(const struct seal_reader *r, struct es_span tlv, struct es_seal *seal)
{
    struct es_span in, info, rest = tlv;

    ES_TRY(es_der_get_tlv(&rest, ES_DER_SEQUENCE, &seal->der, &in, r->err));
    ES_TRY(es_der_finish(rest, r->err));
    ES_TRY(es_der_get_tlv(&in, ES_DER_SEQUENCE, &seal->info, &info, r->err));
    if (es_der_peek(in) == ES_DER_SEQUENCE)
        ES_TRY(read_2014(r, in, info, seal));
    else
        ES_TRY(read_2020(r, in, info, seal));
    return seal_check_version(r, seal->edition, seal->version);
}

static struct es_seal *new_seal(void)
{
    struct es_seal *seal = (struct es_seal *) calloc(1, sizeof(*seal));

    if (seal != NULL)
        es_arena_init(&seal->arena, 0);
    return seal;
}

es_status seal_read(const struct seal_reader *outer, struct es_span tlv, struct es_seal **out)
{
    struct seal_reader r = *outer;
    ES_AUTO_PTR(es_seal) seal = new_seal();
    es_status status;

    ES_ENSURE(seal != NULL, r.err, ES_E_NOMEM, "out of memory");
    r.arena = &seal->arena;
    status = read_parts(&r, tlv, seal);
    if (status != ES_OK)
        return es_error_at(r.err, status, "seal");
    *out = ES_TAKE(seal);
    return ES_OK;
}

es_status es_seal_decode(struct es_span bytes, enum es_check check, const char *where,
                         struct es_findings *findings, struct es_seal **out, struct es_error *err)
{
    struct es_error own = {0};
    ES_AUTO_PTR(es_seal) seal = new_seal();
    struct seal_reader r = {check, where, findings, NULL, err != NULL ? err : &own};
    struct es_span der;
    es_status status;

    *out = NULL;
    ES_ENSURE(seal != NULL, err, ES_E_NOMEM, "out of memory");
    r.arena = &seal->arena;
    status = seal_normalise(&r, bytes, ES_SEAL_DER_MAX, &der);
    if (status == ES_OK)
        status = read_parts(&r, der, seal);
    if (status != ES_OK)
        return seal_refuse(&r, status);
    *out = ES_TAKE(seal);
    return ES_OK;
}

void es_seal_free(struct es_seal *seal)
{
    if (seal == NULL)
        return;
    es_arena_clear(&seal->arena);
    free(seal);
}

const char *es_seal_edition_name(enum es_seal_edition edition)
{
    switch (edition) {
    case ES_SEAL_2014:
        return "GM/T 0031-2014";
    case ES_SEAL_2020:
        return "GB/T 38540-2020";
    case ES_SEAL_2025:
        return "GM/T 0031-2025";
    case ES_SEAL_EDITION_UNKNOWN:
    default:
        return "unknown";
    }
}
