/*
 * Encoding what is signed: SES_SealInfo and TBS_Sign, and the structures around them. Strict DER,
 * the same bytes on every machine. The shapes stand in seal_decode.c and signature_decode.c.
 */
#include <string.h>

#include "seal_internal.h"

#define ID_MAX 64
#define VENDOR_MAX 64
#define NAME_MAX_BYTES 256
#define PICTURE_MAX (512u << 10)
#define PICTURE_TYPE_MAX 16
#define EXTS_MADE_MAX 64
#define TIME_MIN_2014_S INT64_C(-631152000) /* 1950-01-01T00:00:00Z */
#define TIME_MAX_2014_S INT64_C(2524607999) /* 2049-12-31T23:59:59Z */
#define TIME_MIN_S INT64_C(0)
#define TIME_MAX_S INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

uint32_t seal_version_of(enum es_seal_edition edition)
{
    switch (edition) {
    case ES_SEAL_2014:
        return 1;
    case ES_SEAL_2025:
        return 5;
    case ES_SEAL_2020:
    case ES_SEAL_EDITION_UNKNOWN:
    default:
        return 4;
    }
}

es_status seal_check_edition(enum es_seal_edition edition, struct es_error *err)
{
    ES_ENSURE(edition == ES_SEAL_2014 || edition == ES_SEAL_2020 || edition == ES_SEAL_2025, err,
              ES_E_RANGE, "edition of %d, allowed are 2014, 2020, 2025", (int) edition);
    return ES_OK;
}

/* ---- what a seal may be made of ---- */

static es_status check_id(const char *id, struct es_error *err)
{
    size_t len = id != NULL ? strlen(id) : 0;

    ES_ENSURE(len >= 1 && len <= ID_MAX, err, ES_E_RANGE,
              "seal id of %zu characters, allowed are 1 to %d", len, ID_MAX);
    for (size_t i = 0; i < len; i++)
        ES_ENSURE((id[i] >= '0' && id[i] <= '9') || (id[i] >= 'A' && id[i] <= 'Z') || id[i] == '-',
                  err, ES_E_RANGE, "seal id with byte %02x, allowed are 0-9, A-Z and -",
                  (unsigned char) id[i]);
    return ES_OK;
}

static es_status check_ascii(const char *what, struct es_span text, size_t max,
                             struct es_error *err)
{
    ES_ENSURE(text.len >= 1 && text.len <= max, err, ES_E_RANGE,
              "%s of %zu characters, allowed are 1 to %zu", what, text.len, max);
    for (size_t i = 0; i < text.len; i++)
        ES_ENSURE(text.ptr[i] >= 0x20 && text.ptr[i] < 0x7f, err, ES_E_RANGE,
                  "%s with byte %02x, allowed is printable ASCII", what, text.ptr[i]);
    return ES_OK;
}

static es_status check_name(const char *name, struct es_error *err)
{
    struct es_span text = es_span_str(name);

    ES_ENSURE(text.len >= 1 && text.len <= NAME_MAX_BYTES, err, ES_E_RANGE,
              "seal name of %zu bytes, allowed are 1 to %d", text.len, NAME_MAX_BYTES);
    ES_ENSURE(es_text_clean(text), err, ES_E_RANGE,
              "seal name is not UTF-8 without control characters");
    return ES_OK;
}

static es_status check_side(const char *side, uint32_t mm, struct es_error *err)
{
    ES_ENSURE(mm >= 1 && mm <= ES_SEAL_SIDE_MAX_MM, err, ES_E_RANGE,
              "picture %s of %u mm, allowed are 1 to %d", side, mm, ES_SEAL_SIDE_MAX_MM);
    return ES_OK;
}

static es_status check_picture(const struct es_picture *picture, struct es_error *err)
{
    ES_TRY(check_ascii("picture type", picture->type, PICTURE_TYPE_MAX, err));
    ES_ENSURE(picture->data.len >= 1 && picture->data.len <= PICTURE_MAX, err, ES_E_RANGE,
              "picture of %zu bytes, allowed are 1 to %u", picture->data.len, PICTURE_MAX);
    ES_TRY(check_side("width", picture->width_mm, err));
    return check_side("height", picture->height_mm, err);
}

static es_status check_time(const char *what, int64_t time_s, enum es_seal_edition edition,
                            struct es_error *err)
{
    char text[ES_TIME_TEXT_MAX] = "a time outside the calendar";
    bool old = edition == ES_SEAL_2014;

    if (time_s >= TIME_MIN_2014_S && time_s <= TIME_MAX_S)
        es_time_iso(time_s, text);
    ES_ENSURE(time_s >= (old ? TIME_MIN_2014_S : TIME_MIN_S) &&
                  time_s <= (old ? TIME_MAX_2014_S : TIME_MAX_S),
              err, ES_E_RANGE, "%s of %s, allowed are the years %s", what, text,
              old ? "1950 to 2049" : "1970 to 9999");
    return ES_OK;
}

static es_status check_dates(const struct es_seal_info *info, enum es_seal_edition edition,
                             struct es_error *err)
{
    char from[ES_TIME_TEXT_MAX], until[ES_TIME_TEXT_MAX];

    ES_TRY(check_time("creation date", info->created_s, edition, err));
    ES_TRY(check_time("first day", info->valid_from_s, edition, err));
    ES_TRY(check_time("last day", info->valid_until_s, edition, err));
    es_time_iso(info->valid_from_s, from);
    es_time_iso(info->valid_until_s, until);
    ES_ENSURE(info->valid_from_s <= info->valid_until_s, err, ES_E_RANGE,
              "seal is valid until %s, which is before its first day %s", until, from);
    return ES_OK;
}

static es_status check_exts(const struct es_seal_info *info, struct es_error *err)
{
    ES_ENSURE(info->ext_count <= EXTS_MADE_MAX, err, ES_E_RANGE,
              "%zu extensions, allowed are up to %d", info->ext_count, EXTS_MADE_MAX);
    for (size_t i = 0; i < info->ext_count; i++) {
        ES_ENSURE(info->exts[i].oid.len >= 1, err, ES_E_RANGE, "extension without id");
        ES_ENSURE(!info->exts[i].critical, err, ES_E_RANGE,
                  "critical extension, which other readers would not know");
    }
    return ES_OK;
}

static es_status check_signers(const struct es_seal_info *info, enum es_seal_edition edition,
                               struct es_error *err)
{
    ES_ENSURE(info->signer_count >= 1 && info->signer_count <= ES_SEAL_CERTS_MAX, err, ES_E_RANGE,
              "%zu certificates in the seal, allowed are 1 to %d", info->signer_count,
              ES_SEAL_CERTS_MAX);
    ES_ENSURE(!info->list_by_digest || edition != ES_SEAL_2014, err, ES_E_RANGE,
              "list by digest, edition 2014 knows certificates only");
    return ES_OK;
}

static es_status check_info(const struct es_seal_info *info, enum es_seal_edition edition,
                            struct es_error *err)
{
    ES_TRY(seal_check_edition(edition, err));
    ES_TRY(check_id(info->id, err));
    if (info->vendor != NULL)
        ES_TRY(check_ascii("vendor", es_span_str(info->vendor), VENDOR_MAX, err));
    ES_TRY(check_name(info->name, err));
    ES_TRY(check_signers(info, edition, err));
    ES_TRY(check_dates(info, edition, err));
    ES_TRY(check_picture(&info->picture, err));
    return check_exts(info, err);
}

/* ---- SES_SealInfo ---- */

static void put_header(struct es_buf *out, const char *vendor, enum es_seal_edition edition)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put(out, ES_DER_IA5_STRING, es_span_str("ES"));
    es_der_put_uint(out, seal_version_of(edition));
    es_der_put(out, ES_DER_IA5_STRING, es_span_str(vendor != NULL ? vendor : "ESEAL"));
    es_der_end(out, seq);
}

static void put_digest(struct es_buf *out, const struct es_cert *cert)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put(out, ES_DER_PRINTABLE_STRING, es_span_str("SM3"));
    es_der_put(out, ES_DER_OCTET_STRING, es_span_of(cert->sm3, ES_SM3_LEN));
    es_der_end(out, seq);
}

static void put_time(struct es_buf *out, int64_t time_s, enum es_seal_edition edition)
{
    if (edition == ES_SEAL_2014)
        es_der_put_utc_time(out, time_s);
    else
        es_der_put_generalized_time(out, time_s);
}

static void put_property(struct es_buf *out, const struct es_seal_info *info,
                         enum es_seal_edition edition)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE), list;

    es_der_put_uint(out, info->type);
    es_der_put(out, ES_DER_UTF8_STRING, es_span_str(info->name));
    if (edition != ES_SEAL_2014)
        es_der_put_uint(out, info->list_by_digest ? 2 : 1);
    list = es_der_begin(out, ES_DER_SEQUENCE);
    for (size_t i = 0; i < info->signer_count; i++) {
        if (info->list_by_digest)
            put_digest(out, info->signers[i]);
        else
            es_der_put(out, ES_DER_OCTET_STRING, info->signers[i]->der);
    }
    es_der_end(out, list);
    put_time(out, info->created_s, edition);
    put_time(out, info->valid_from_s, edition);
    put_time(out, info->valid_until_s, edition);
    es_der_end(out, seq);
}

static void put_picture(struct es_buf *out, const struct es_picture *picture)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put(out, ES_DER_IA5_STRING, picture->type);
    es_der_put(out, ES_DER_OCTET_STRING, picture->data);
    es_der_put_uint(out, picture->width_mm);
    es_der_put_uint(out, picture->height_mm);
    es_der_end(out, seq);
}

static void put_exts(struct es_buf *out, const struct es_seal_info *info)
{
    size_t list;

    if (info->ext_count == 0)
        return;
    list = es_der_begin(out, ES_DER_SEQUENCE);
    for (size_t i = 0; i < info->ext_count; i++) {
        size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

        es_der_put(out, ES_DER_OID, info->exts[i].oid);
        es_der_put(out, ES_DER_OCTET_STRING, info->exts[i].value);
        es_der_end(out, seq);
    }
    es_der_end(out, list);
}

es_status es_seal_encode_info(const struct es_seal_info *info, enum es_seal_edition edition,
                              struct es_buf *out, struct es_error *err)
{
    size_t seq, start = out->len;

    ES_TRY(check_info(info, edition, err));
    seq = es_der_begin(out, ES_DER_SEQUENCE);
    put_header(out, info->vendor, edition);
    es_der_put(out, ES_DER_IA5_STRING, es_span_str(info->id));
    put_property(out, info, edition);
    put_picture(out, &info->picture);
    put_exts(out, info);
    es_der_end(out, seq);
    if (out->failed != ES_OK)
        out->len = start;
    return es_buf_check(out, err);
}

/* SPEC GM/T 0031-2014 6.1.1.2: the maker signs info, certificate and algorithm as one SEQUENCE;
 * SPEC GB/T 38540-2020 6.1: the maker signs info alone. */
void seal_put_signed(struct es_buf *out, enum es_seal_edition edition, struct es_span info,
                     struct es_span cert, struct es_span alg_oid)
{
    size_t seq;

    if (edition != ES_SEAL_2014) {
        es_der_put_raw(out, info);
        return;
    }
    seq = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_raw(out, info);
    es_der_put(out, ES_DER_OCTET_STRING, cert);
    es_der_put(out, ES_DER_OID, alg_oid);
    es_der_end(out, seq);
}
