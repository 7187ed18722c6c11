/*
 * Shared pieces of what our small authority writes: algorithms, keys, names, times, extensions
 * and the signed envelope. Everything is DER; only SM2 keys are served.
 */
#include <string.h>

#include "authority.h"

#define NAME_VALUE_MAX 256
#define UTC_TIME_END_S 2524608000     /* 2050-01-01T00:00:00Z */
#define UTC_TIME_BEGIN_S (-631152000) /* 1950-01-01T00:00:00Z */

void es_put_algorithm(struct es_buf *out, const char *oid)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_oid(out, oid);
    es_der_end(out, seq);
}

void es_put_sm3(struct es_buf *out)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_oid(out, ES_OID_SM3);
    es_der_put_null(out);
    es_der_end(out, seq);
}

es_status es_put_spki(struct es_buf *out, const struct es_pubkey *key, struct es_error *err)
{
    ES_ENSURE(es_pubkey_kind(key) == ES_KEY_SM2, err, ES_E_UNSUPPORTED,
              "only SM2 keys can be certified");
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);
    size_t alg = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_oid(out, ES_OID_EC_PUBLIC_KEY);
    es_der_put_oid(out, ES_OID_SM2_CURVE);
    es_der_end(out, alg);
    es_der_put_bits(out, es_pubkey_point(key));
    es_der_end(out, seq);
    return es_buf_check(out, err);
}

static void put_rdn(struct es_buf *out, const char *oid, uint8_t string_tag, const char *value)
{
    size_t set = es_der_begin(out, ES_DER_SET);
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_oid(out, oid);
    es_der_put(out, string_tag, es_span_str(value));
    es_der_end(out, seq);
    es_der_end(out, set);
}

static es_status put_text(struct es_buf *out, const char *field, const char *oid, const char *value,
                          struct es_error *err)
{
    struct es_span text = es_span_str(value);

    if (!value)
        return ES_OK;
    ES_ENSURE(text.len >= 1 && text.len <= NAME_VALUE_MAX, err, ES_E_RANGE,
              "%s of %zu bytes, allowed are 1 to %d", field, text.len, NAME_VALUE_MAX);
    ES_ENSURE(es_text_clean(text), err, ES_E_RANGE, "%s is not clean UTF-8 text", field);
    put_rdn(out, oid, ES_DER_UTF8_STRING, value);
    return ES_OK;
}

static bool is_country(const char *text)
{
    return strlen(text) == 2 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' &&
           text[1] <= 'Z';
}

es_status es_put_name(struct es_buf *out, const struct es_cert_template *tpl, struct es_error *err)
{
    ES_ENSURE(tpl->country || tpl->organisation || tpl->unit || tpl->common_name, err, ES_E_RANGE,
              "a name needs at least one part");
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);
    if (tpl->country) {
        ES_ENSURE(is_country(tpl->country), err, ES_E_RANGE, "country is not two letters A to Z");
        put_rdn(out, "2.5.4.6", ES_DER_PRINTABLE_STRING, tpl->country);
    }
    ES_TRY(put_text(out, "organisation", "2.5.4.10", tpl->organisation, err));
    ES_TRY(put_text(out, "unit", "2.5.4.11", tpl->unit, err));
    ES_TRY(put_text(out, "common name", "2.5.4.3", tpl->common_name, err));
    es_der_end(out, seq);
    return es_buf_check(out, err);
}

void es_put_x509_time(struct es_buf *out, int64_t time_s)
{
    if (time_s >= UTC_TIME_BEGIN_S && time_s < UTC_TIME_END_S)
        es_der_put_utc_time(out, time_s);
    else
        es_der_put_generalized_time(out, time_s);
}

/*
 * RFC 5280 4.2.1.2 leaves the method open; its example is SHA-1, which we do not use anywhere.
 * RFC 7093 takes the leftmost 160 bits of a better digest over the BIT STRING's content; that
 * with SM3 is ours, and 20 bytes keep readers content that expect the usual length.
 */
es_status es_key_id(const struct es_pubkey *key, uint8_t id[ES_KEY_ID_LEN], struct es_error *err)
{
    uint8_t digest[ES_SM3_LEN];

    ES_ENSURE(es_pubkey_kind(key) == ES_KEY_SM2, err, ES_E_UNSUPPORTED,
              "only SM2 keys can be certified");
    ES_TRY(es_sm3(es_pubkey_point(key), digest, err));
    memcpy(id, digest, ES_KEY_ID_LEN);
    return ES_OK;
}

es_status es_cert_key_id(const struct es_cert *cert, struct es_buf *out, struct es_error *err)
{
    uint8_t id[ES_KEY_ID_LEN];

    if (cert->ski.len > 0) {
        es_buf_put_span(out, cert->ski);
        return es_buf_check(out, err);
    }
    ES_ENSURE(cert->key, err, ES_E_CERT, "issuer's key cannot be used");
    ES_TRY(es_key_id(cert->key, id, err));
    es_buf_put(out, id, sizeof id);
    return es_buf_check(out, err);
}

void es_put_extension(struct es_buf *out, const char *oid, bool critical, struct es_span value)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_oid(out, oid);
    if (critical)
        es_der_put_bool(out, true);
    es_der_put(out, ES_DER_OCTET_STRING, value);
    es_der_end(out, seq);
}

void es_put_aki(struct es_buf *out, struct es_span key_id)
{
    size_t ext = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_oid(out, ES_OID_AKI);
    size_t octets = es_der_begin(out, ES_DER_OCTET_STRING);
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put(out, ES_DER_CONTEXT_PRIMITIVE(0), key_id);
    es_der_end(out, seq);
    es_der_end(out, octets);
    es_der_end(out, ext);
}

void es_put_named_bits(struct es_buf *out, uint32_t bits)
{
    uint8_t value[5] = {0};
    size_t len = 1;

    for (unsigned n = 0; n < 32; n++) {
        if (!(bits >> n & 1))
            continue;
        value[1 + n / 8] |= (uint8_t) (0x80 >> n % 8);
        value[0] = (uint8_t) (7 - n % 8); /* of the last bit set: DER drops trailing zero bits */
        len = 2 + n / 8;
    }
    es_der_put(out, ES_DER_BIT_STRING, es_span_of(value, len));
}

es_status es_put_signed(struct es_buf *out, struct es_span tbs, struct es_key *key,
                        struct es_error *err)
{
    ES_AUTO(es_buf) sig = ES_BUF_INIT(256);

    ES_TRY(es_key_sign(key, tbs, &sig, err));
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_raw(out, tbs);
    es_put_algorithm(out, ES_OID_SM2_SM3);
    es_der_put_bits(out, es_buf_span(&sig));
    es_der_end(out, seq);
    return es_buf_check(out, err);
}

es_status es_check_serial(struct es_span serial, struct es_error *err)
{
    bool zero = true;

    ES_ENSURE(serial.len >= 1 && serial.len <= 20, err, ES_E_RANGE,
              "serial number of %zu bytes, allowed are 1 to 20", serial.len);
    ES_ENSURE((serial.ptr[0] & 0x80) == 0, err, ES_E_RANGE, "serial number has its first bit set");
    for (size_t i = 0; i < serial.len; i++)
        zero = zero && serial.ptr[i] == 0;
    ES_ENSURE(!zero, err, ES_E_RANGE, "serial number is zero");
    return ES_OK;
}

es_status es_check_key_of(const struct es_cert *cert, const struct es_key *key,
                          struct es_error *err)
{
    const struct es_pubkey *own = es_key_public(key);

    ES_ENSURE(cert->key && es_pubkey_kind(cert->key) == ES_KEY_SM2, err, ES_E_CERT,
              "certificate has no usable SM2 key");
    ES_ENSURE(es_span_equal(es_pubkey_point(cert->key), es_pubkey_point(own)), err, ES_E_MISMATCH,
              "key does not belong to the certificate");
    return ES_OK;
}
