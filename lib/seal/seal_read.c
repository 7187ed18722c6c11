/*
 * Reading with the listed deviations of real files (formats.md 5.2, 5.3): each is accepted, named
 * and has one meaning. Everything else that is not DER is refused by lib/der.
 */
#include <inttypes.h>
#include <string.h>

#include "seal_internal.h"

void seal_deviates(const struct seal_reader *r, const char *name)
{
    es_finding_add(r->findings, r->check, ES_V_FORM_DEVIATION, r->where, name);
}

es_status seal_refuse(const struct seal_reader *r, es_status status)
{
    const char *text = r->err->text;

    if (status == ES_E_DER)
        es_finding_add(r->findings, r->check, ES_V_DER_NOT_CANONICAL, r->where, text);
    else if (status == ES_E_FORMAT)
        es_finding_add(r->findings, r->check, ES_V_SEAL_DATA_MALFORMED, r->where, text);
    else if (status == ES_E_LIMIT)
        es_finding_add(r->findings, r->check, ES_V_LIMIT_EXCEEDED, r->where, text);
    return status;
}

es_status seal_normalise(const struct seal_reader *r, struct es_span bytes, size_t max,
                         struct es_span *der)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(max);
    unsigned forms = 0;
    size_t surplus = 0;
    uint8_t *copy;

    ES_ENSURE(bytes.len <= max, r->err, ES_E_LIMIT, "seal data of %zu bytes, allowed are %zu",
              bytes.len, max);
    ES_TRY(es_ber_to_der_forms(bytes, &buf, &forms, &surplus, r->err));
    copy = (uint8_t *) es_arena_alloc(r->arena, buf.len);
    ES_ENSURE(copy != NULL, r->err, ES_E_NOMEM, "out of memory");
    memcpy(copy, buf.ptr, buf.len);
    *der = es_span_of(copy, buf.len);
    if ((forms & ES_BER_INDEFINITE) != 0)
        seal_deviates(r, "indefinite-length");
    if ((forms & ES_BER_LONG_LENGTH) != 0)
        es_finding_add(r->findings, r->check, ES_V_DER_NOT_CANONICAL, r->where,
                       "length is not in its shortest form");
    if ((forms & ES_BER_PIECES) != 0)
        es_finding_add(r->findings, r->check, ES_V_DER_NOT_CANONICAL, r->where, "string in pieces");
    if (surplus > 0)
        seal_deviates(r, "surplus-bytes");
    return ES_OK;
}

es_status seal_get_bits(const struct seal_reader *r, struct es_span *in, struct es_span *bytes)
{
    struct es_span rest = *in, value;

    ES_TRY(es_der_get(&rest, ES_DER_BIT_STRING, &value, r->err));
    ES_ENSURE(value.len > 0, r->err, ES_E_FORMAT, "BIT STRING without content");
    if (value.ptr[0] != 0) {
        /* OpenSSL's named-bit form counts zero bits; KingGrid wrote the byte length there. */
        ES_ENSURE(value.ptr[0] <= 7 || value.ptr[0] == value.len - 1, r->err, ES_E_FORMAT,
                  "BIT STRING with %u unused bits", value.ptr[0]);
        seal_deviates(r, "unused-bits");
    }
    *bytes = es_span_of(value.ptr + 1, value.len - 1);
    *in = rest;
    return ES_OK;
}

static bool is_local_time(struct es_span text)
{
    if (text.len != 14)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return true;
}

/* ICBC and CEB write YYYYMMDDHHMMSS and mean Beijing time. */
static es_status parse_local_time(const struct seal_reader *r, struct es_span text, int64_t *time_s)
{
    char zulu[15];

    memcpy(zulu, text.ptr, 14);
    zulu[14] = 'Z';
    ES_TRY(es_time_parse_generalized(es_span_of(zulu, sizeof(zulu)), time_s, r->err));
    *time_s -= BEIJING_OFFSET_S;
    seal_deviates(r, "no-Z");
    return ES_OK;
}

es_status seal_get_time(const struct seal_reader *r, struct es_span *in, bool utc,
                        struct es_span *text, int64_t *time_s)
{
    bool is_utc = es_der_peek(*in) == ES_DER_UTC_TIME;
    struct es_span rest = *in, again = *in;

    ES_ENSURE(utc || !is_utc, r->err, ES_E_FORMAT, "UTCTime, allowed is GeneralizedTime");
    ES_TRY(es_der_get(&rest, is_utc ? ES_DER_UTC_TIME : ES_DER_GENERALIZED_TIME, text, r->err));
    if (!is_utc && is_local_time(*text))
        ES_TRY(parse_local_time(r, *text, time_s));
    else
        ES_TRY(es_der_get_time(&again, time_s, r->err));
    if (utc && !is_utc)
        seal_deviates(r, "time-type");
    *in = rest;
    return ES_OK;
}

es_status seal_get_ascii(const struct seal_reader *r, struct es_span *in, struct es_span *text)
{
    struct es_span rest = *in;

    ES_TRY(es_der_get(&rest, ES_DER_IA5_STRING, text, r->err));
    for (size_t i = 0; i < text->len; i++)
        ES_ENSURE(text->ptr[i] < 0x80, r->err, ES_E_DER, "IA5String with byte %02x", text->ptr[i]);
    *in = rest;
    return ES_OK;
}

/* BOOLEAN DEFAULT FALSE. Tax seals write FALSE; some write TRUE as 01. */
static es_status get_critical(const struct seal_reader *r, struct es_span *in,
                              struct es_seal_ext *ext)
{
    struct es_span value;

    ES_TRY(es_der_get_optional(in, ES_DER_BOOLEAN, &value, &ext->critical_written, r->err));
    if (!ext->critical_written)
        return ES_OK;
    ES_ENSURE(value.len == 1, r->err, ES_E_FORMAT, "BOOLEAN of %zu bytes", value.len);
    ext->critical = value.ptr[0] != 0;
    if (ext->critical && value.ptr[0] != 0xff)
        seal_deviates(r, "BOOLEAN");
    return ES_OK;
}

static es_status get_ext(const struct seal_reader *r, struct es_span *list, struct es_seal_ext *ext)
{
    struct es_span in;

    *ext = (struct es_seal_ext){0};
    ES_TRY(es_der_get(list, ES_DER_SEQUENCE, &in, r->err));
    /* Kinsec writes ASCII text as OID content; any content is accepted and shown as hex. */
    ES_TRY(es_der_get(&in, ES_DER_OID, &ext->oid, r->err));
    ES_TRY(get_critical(r, &in, ext));
    ES_TRY(es_der_get(&in, ES_DER_OCTET_STRING, &ext->value, r->err));
    ES_TRY(es_der_finish(in, r->err));
    if (ext->critical) /* SPEC formats.md 3.2: no extension is known here; warn only */
        seal_deviates(r, "critical-extension");
    return ES_OK;
}

static es_status count_elements(const struct seal_reader *r, struct es_span list, size_t max,
                                size_t *count)
{
    struct es_der_item item;

    for (*count = 0; list.len > 0; (*count)++) {
        ES_ENSURE(*count < max, r->err, ES_E_LIMIT, "more than %zu extensions", max);
        ES_TRY(es_der_next(&list, &item, r->err));
    }
    return ES_OK;
}

es_status seal_get_exts(const struct seal_reader *r, struct es_span list, struct es_seal_ext **exts,
                        size_t *count)
{
    struct es_seal_ext one, *all;

    ES_TRY(count_elements(r, list, EXTS_MAX, count));
    all = (struct es_seal_ext *) es_arena_alloc(r->arena, (*count + 1) * sizeof(*all));
    ES_ENSURE(all != NULL, r->err, ES_E_NOMEM, "out of memory");
    for (size_t i = 0; i < *count; i++) {
        ES_TRY(get_ext(r, &list, &one));
        all[i] = one;
    }
    if (exts != NULL)
        *exts = all;
    return ES_OK;
}

/* [0] EXPLICIT as written today, or the content of the token directly under [0]. */
static es_status get_tagged_stamp(const struct seal_reader *r, struct es_span in,
                                  struct es_span *token)
{
    if (es_der_peek(in) == ES_DER_BIT_STRING) {
        ES_TRY(seal_get_bits(r, &in, token));
        return es_der_finish(in, r->err);
    }
    ES_ENSURE(es_der_peek(in) == ES_DER_SEQUENCE, r->err, ES_E_FORMAT, "timeStamp is malformed");
    seal_deviates(r, "time-stamp-tag");
    *token = in;
    return ES_OK;
}

es_status seal_get_time_stamp(const struct seal_reader *r, struct es_span in, struct es_span *token)
{
    struct es_der_item item;

    if (in.len == 0)
        return ES_OK;
    if (es_der_peek(in) == ES_DER_BIT_STRING) {
        seal_deviates(r, "time-stamp-tag");
        ES_TRY(seal_get_bits(r, &in, token));
        return es_der_finish(in, r->err);
    }
    ES_TRY(es_der_next(&in, &item, r->err));
    ES_TRY(es_der_finish(in, r->err));
    if (item.tag == ES_DER_CONTEXT(0))
        return get_tagged_stamp(r, item.value, token);
    seal_deviates(r, "time-stamp-tag");
    if (item.tag == ES_DER_OCTET_STRING) {
        *token = item.value;
        return ES_OK;
    }
    ES_ENSURE(item.tag == ES_DER_CONTEXT_PRIMITIVE(0) && item.value.len > 0 &&
                  item.value.ptr[0] == 0,
              r->err, ES_E_FORMAT, "timeStamp is malformed (tag %02x)", item.tag);
    *token = es_span_of(item.value.ptr + 1, item.value.len - 1);
    return ES_OK;
}

es_status seal_check_version(const struct seal_reader *r, enum es_seal_edition edition,
                             uint32_t version)
{
    char text[16];

    /* SPEC GM/T 0031-2014: the standard's own example is 11; real files carry 1 and 4. */
    if (version == seal_version_of(edition) || (edition == ES_SEAL_2014 && version == 11))
        return ES_OK;
    if (version == 1 || version == 4 || version == 5 || version == 11) {
        seal_deviates(r, "version-number");
        return ES_OK;
    }
    (void) snprintf(text, sizeof(text), "%" PRIu32, version);
    es_finding_add(r->findings, r->check, ES_V_VERSION_UNKNOWN, r->where, text);
    return es_error_set(r->err, ES_E_UNSUPPORTED, "version %s is not known", text);
}
