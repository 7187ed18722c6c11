/*
 * The strict reader. Every function leaves its input unmoved when it fails. ES_E_DER says "one
 * meaning, wrong form", ES_E_FORMAT says "cannot be read"; callers turn the two into different
 * verdicts.
 */
#include "der_internal.h"

static const char *tag_name(uint8_t tag)
{
    switch (tag) {
    case ES_DER_BOOLEAN:
        return "BOOLEAN";
    case ES_DER_INTEGER:
        return "INTEGER";
    case ES_DER_BIT_STRING:
        return "BIT STRING";
    case ES_DER_OCTET_STRING:
        return "OCTET STRING";
    case ES_DER_NULL:
        return "NULL";
    case ES_DER_OID:
        return "OBJECT IDENTIFIER";
    case ES_DER_UTF8_STRING:
        return "UTF8String";
    case ES_DER_PRINTABLE_STRING:
        return "PrintableString";
    case ES_DER_IA5_STRING:
        return "IA5String";
    case ES_DER_UTC_TIME:
        return "UTCTime";
    case ES_DER_GENERALIZED_TIME:
        return "GeneralizedTime";
    case ES_DER_SEQUENCE:
        return "SEQUENCE";
    case ES_DER_SET:
        return "SET";
    default:
        return "other";
    }
}

/* X.690 10.2: strings are primitive in DER; 8.9 to 8.14: the rest has one shape anyway. */
static es_status check_shape(uint8_t tag, struct es_error *err)
{
    bool constructed = (tag & DER_CONSTRUCTED) != 0;
    enum der_shape shape;

    if (!der_is_universal(tag))
        return ES_OK;
    shape = der_shape_of(tag);
    ES_ENSURE(constructed || shape != DER_SHAPE_CONSTRUCTED, err, ES_E_FORMAT,
              "tag %02x must be constructed", tag);
    ES_ENSURE(!constructed || shape != DER_SHAPE_PRIMITIVE, err, ES_E_FORMAT,
              "tag %02x must be primitive", tag);
    ES_ENSURE(!constructed || shape != DER_SHAPE_STRING, err, ES_E_DER,
              "string in pieces (tag %02x)", tag);
    return ES_OK;
}

es_status es_der_next(struct es_span *in, struct es_der_item *out, struct es_error *err)
{
    struct der_head head;

    ES_TRY(der_read_head(*in, &head, err));
    ES_TRY(check_shape(head.tag, err));
    ES_ENSURE(head.len != DER_LENGTH_INDEFINITE, err, ES_E_DER, "indefinite length");
    ES_ENSURE(head.minimal, err, ES_E_DER, "length is not in its shortest form");
    out->tag = head.tag;
    out->tlv = es_span_of(in->ptr, head.head_len + head.len);
    out->value = es_span_of(in->ptr + head.head_len, head.len);
    *in = es_span_of(in->ptr + out->tlv.len, in->len - out->tlv.len);
    return ES_OK;
}

uint8_t es_der_peek(struct es_span in)
{
    return in.len > 0 ? in.ptr[0] : 0;
}

es_status es_der_get_tlv(struct es_span *in, uint8_t tag, struct es_span *tlv,
                         struct es_span *value, struct es_error *err)
{
    struct es_span rest = *in;
    struct es_der_item item;

    ES_ENSURE(in->len > 0, err, ES_E_FORMAT, "%s (tag %02x) is missing", tag_name(tag), tag);
    if (in->ptr[0] != tag && (in->ptr[0] ^ tag) != DER_CONSTRUCTED)
        return es_error_set(err, ES_E_FORMAT, "expected %s (tag %02x), found %s (tag %02x)",
                            tag_name(tag), tag, tag_name(in->ptr[0]), in->ptr[0]);
    ES_TRY(es_der_next(&rest, &item, err));
    ES_ENSURE(item.tag == tag, err, ES_E_FORMAT, "expected tag %02x, found tag %02x", tag,
              item.tag);
    *in = rest;
    *tlv = item.tlv;
    *value = item.value;
    return ES_OK;
}

es_status es_der_get(struct es_span *in, uint8_t tag, struct es_span *value, struct es_error *err)
{
    struct es_span tlv;

    return es_der_get_tlv(in, tag, &tlv, value, err);
}

es_status es_der_get_optional(struct es_span *in, uint8_t tag, struct es_span *value, bool *found,
                              struct es_error *err)
{
    *found = false;
    if (es_der_peek(*in) != tag)
        return ES_OK;
    ES_TRY(es_der_get(in, tag, value, err));
    *found = true;
    return ES_OK;
}

es_status es_der_finish(struct es_span in, struct es_error *err)
{
    ES_ENSURE(in.len == 0, err, ES_E_FORMAT, "%zu bytes too many (tag %02x)", in.len, in.ptr[0]);
    return ES_OK;
}

static es_status check_integer(struct es_span v, struct es_error *err)
{
    ES_ENSURE(v.len > 0, err, ES_E_FORMAT, "INTEGER without content");
    if (v.len > 1)
        ES_ENSURE((v.ptr[0] != 0x00 || v.ptr[1] >= 0x80) && (v.ptr[0] != 0xff || v.ptr[1] < 0x80),
                  err, ES_E_DER, "INTEGER is not in its shortest form");
    return ES_OK;
}

es_status es_der_get_integer(struct es_span *in, struct es_span *out, struct es_error *err)
{
    struct es_span rest = *in, value;

    ES_TRY(es_der_get(&rest, ES_DER_INTEGER, &value, err));
    ES_TRY(check_integer(value, err));
    *in = rest;
    *out = value;
    return ES_OK;
}

es_status es_der_get_uint(struct es_span *in, uint32_t *out, struct es_error *err)
{
    struct es_span rest = *in, value;
    uint32_t number = 0;

    ES_TRY(es_der_get_integer(&rest, &value, err));
    ES_ENSURE(value.ptr[0] < 0x80, err, ES_E_FORMAT, "INTEGER is negative");
    ES_ENSURE(value.len <= 4 || (value.len == 5 && value.ptr[0] == 0), err, ES_E_LIMIT,
              "INTEGER of more than 32 bits");
    for (size_t i = 0; i < value.len; i++)
        number = number << 8 | value.ptr[i];
    *in = rest;
    *out = number;
    return ES_OK;
}

es_status es_der_get_bool(struct es_span *in, bool *out, struct es_error *err)
{
    struct es_span rest = *in, value;

    ES_TRY(es_der_get(&rest, ES_DER_BOOLEAN, &value, err));
    ES_ENSURE(value.len == 1, err, ES_E_FORMAT, "BOOLEAN of %zu bytes", value.len);
    ES_ENSURE(value.ptr[0] == 0x00 || value.ptr[0] == 0xff, err, ES_E_DER,
              "BOOLEAN of %02x, allowed are 00 and ff", value.ptr[0]);
    *in = rest;
    *out = value.ptr[0] != 0;
    return ES_OK;
}

es_status es_der_get_bits(struct es_span *in, struct es_span *bytes, struct es_error *err)
{
    struct es_span rest = *in, value;

    ES_TRY(es_der_get(&rest, ES_DER_BIT_STRING, &value, err));
    ES_ENSURE(value.len > 0, err, ES_E_FORMAT, "BIT STRING without content");
    ES_ENSURE(value.ptr[0] <= 7, err, ES_E_FORMAT, "BIT STRING with %u unused bits", value.ptr[0]);
    ES_ENSURE(value.ptr[0] == 0, err, ES_E_DER, "BIT STRING with %u unused bits", value.ptr[0]);
    *in = rest;
    *bytes = es_span_of(value.ptr + 1, value.len - 1);
    return ES_OK;
}

es_status es_der_get_oid(struct es_span *in, struct es_span *oid, struct es_error *err)
{
    struct es_span rest = *in, value;
    bool begins = true;

    ES_TRY(es_der_get(&rest, ES_DER_OID, &value, err));
    ES_ENSURE(value.len > 0, err, ES_E_FORMAT, "OBJECT IDENTIFIER without content");
    for (size_t i = 0; i < value.len; i++) {
        ES_ENSURE(!begins || value.ptr[i] != 0x80, err, ES_E_DER,
                  "OBJECT IDENTIFIER is not in its shortest form");
        begins = value.ptr[i] < 0x80;
    }
    ES_ENSURE(begins, err, ES_E_FORMAT, "OBJECT IDENTIFIER is not finished");
    *in = rest;
    *oid = value;
    return ES_OK;
}

/* Other spellings of a time BER allows: no seconds, fractions, offsets. */
static bool is_other_time_form(struct es_span v)
{
    size_t digits = 0;

    while (digits < v.len && v.ptr[digits] >= '0' && v.ptr[digits] <= '9')
        digits++;
    if (digits < 10)
        return false;
    for (size_t i = digits; i < v.len; i++)
        if (!((v.ptr[i] >= '0' && v.ptr[i] <= '9') || v.ptr[i] == '.' || v.ptr[i] == ',' ||
              v.ptr[i] == '+' || v.ptr[i] == '-' || v.ptr[i] == 'Z'))
            return false;
    return true;
}

es_status es_der_get_time(struct es_span *in, int64_t *time_s, struct es_error *err)
{
    struct es_span rest = *in, value;
    bool utc = es_der_peek(*in) == ES_DER_UTC_TIME;
    size_t usual_len = utc ? 13 : 15;

    ES_TRY(es_der_get(&rest, utc ? ES_DER_UTC_TIME : ES_DER_GENERALIZED_TIME, &value, err));
    ES_ENSURE((value.len == usual_len && value.ptr[value.len - 1] == 'Z') ||
                  !is_other_time_form(value),
              err, ES_E_DER, "time is not in its DER form");
    if (utc)
        ES_TRY(es_time_parse_utc(value, time_s, err));
    else
        ES_TRY(es_time_parse_generalized(value, time_s, err));
    *in = rest;
    return ES_OK;
}
