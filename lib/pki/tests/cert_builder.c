/* Certificates, CRLs and OCSP answers for tests: see cert_builder.h. */
#include "cert_builder.h"

#define OID_SM2_SM3 "1.2.156.10197.1.501"
#define MAX 65536

struct cert_spec cert_spec_of(const char *cn, const struct es_key *key,
                              const struct identity *issuer, uint64_t serial)
{
    return (struct cert_spec){
        .cn = cn,
        .key = key,
        .issuer = issuer,
        .serial = serial,
        .not_before_s = T_2026 - YEAR,
        .not_after_s = T_2026 + 3 * YEAR,
        .ca = -1,
        .path_len = -1,
        .usage = ES_USAGE_DIGITAL_SIGNATURE | ES_USAGE_NON_REPUDIATION,
        .key_ids = true,
        .alg = OID_SM2_SM3,
    };
}

struct cert_spec ca_spec_of(const char *cn, const struct es_key *key, const struct identity *issuer,
                            uint64_t serial)
{
    struct cert_spec spec = cert_spec_of(cn, key, issuer, serial);

    spec.ca = 1;
    spec.usage = ES_USAGE_CERT_SIGN | ES_USAGE_CRL_SIGN;
    return spec;
}

static void put_alg(struct es_buf *out, const char *oid)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_oid(out, oid);
    es_der_end(out, seq);
}

static void put_attr(struct es_buf *out, const char *oid, uint8_t tag, struct es_span value)
{
    size_t set = es_der_begin(out, ES_DER_SET), seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_oid(out, oid);
    es_der_put(out, tag, value);
    es_der_end(out, seq);
    es_der_end(out, set);
}

void name_put_cn(struct es_buf *out, uint8_t tag, struct es_span cn)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    put_attr(out, "2.5.4.6", ES_DER_PRINTABLE_STRING, es_span_str("CN"));
    put_attr(out, "2.5.4.3", tag, cn);
    es_der_end(out, seq);
}

void ext_put(struct es_buf *out, const char *oid, bool critical, struct es_span value)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_oid(out, oid);
    if (critical)
        es_der_put_bool(out, true);
    es_der_put(out, ES_DER_OCTET_STRING, value);
    es_der_end(out, seq);
}

static void put_spki(struct es_buf *out, const struct cert_spec *spec)
{
    size_t seq, alg;

    if (spec->spki.len > 0) {
        es_der_put_raw(out, spec->spki);
        return;
    }
    seq = es_der_begin(out, ES_DER_SEQUENCE);
    alg = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_oid(out, "1.2.840.10045.2.1");
    es_der_put_oid(out, "1.2.156.10197.1.301");
    es_der_end(out, alg);
    es_der_put_bits(out, es_pubkey_point(es_key_public(spec->key)));
    es_der_end(out, seq);
}

/* ---- extensions ---- */

static void put_basic(struct es_buf *out, const struct cert_spec *spec)
{
    struct es_buf value = ES_BUF_INIT(MAX);
    size_t seq = es_der_begin(&value, ES_DER_SEQUENCE);

    if (spec->ca)
        es_der_put_bool(&value, true);
    if (spec->path_len >= 0)
        es_der_put_uint(&value, (uint64_t) spec->path_len);
    es_der_end(&value, seq);
    ext_put(out, "2.5.29.19", true, es_buf_span(&value));
    es_buf_clear(&value);
}

static void put_usage(struct es_buf *out, int usage)
{
    uint8_t bits[4] = {ES_DER_BIT_STRING, 2, 0, 0}; /* unused bits not counted, as many CAs do */

    for (int i = 0; i < 8; i++)
        if (usage & 1 << i)
            bits[3] |= (uint8_t) (0x80 >> i);
    ext_put(out, "2.5.29.15", true, es_span_of(bits, sizeof bits));
}

static void put_eku(struct es_buf *out, const struct cert_spec *spec)
{
    struct es_buf value = ES_BUF_INIT(MAX);
    size_t seq = es_der_begin(&value, ES_DER_SEQUENCE);

    for (size_t i = 0; i < 2; i++)
        if (spec->eku[i])
            es_der_put_oid(&value, spec->eku[i]);
    es_der_end(&value, seq);
    ext_put(out, "2.5.29.37", spec->eku_critical, es_buf_span(&value));
    es_buf_clear(&value);
}

static void key_id(const struct es_key *key, uint8_t id[ES_SM3_LEN])
{
    struct es_error err = {0};

    must(es_sm3(es_pubkey_point(es_key_public(key)), id, &err), &err);
}

static void put_key_ids(struct es_buf *out, const struct cert_spec *spec)
{
    uint8_t own[ES_SM3_LEN];
    struct es_buf value = ES_BUF_INIT(MAX);
    size_t seq;

    key_id(spec->key, own);
    es_der_put(&value, ES_DER_OCTET_STRING, es_span_of(own, 20));
    ext_put(out, "2.5.29.14", false, es_buf_span(&value));
    es_buf_reset(&value);
    if (spec->issuer && spec->issuer->cert->ski.len > 0) {
        seq = es_der_begin(&value, ES_DER_SEQUENCE);
        es_der_put(&value, ES_DER_CONTEXT_PRIMITIVE(0), spec->issuer->cert->ski);
        es_der_end(&value, seq);
        ext_put(out, "2.5.29.35", false, es_buf_span(&value));
    }
    es_buf_clear(&value);
}

static void put_exts(struct es_buf *out, const struct cert_spec *spec)
{
    size_t outer = es_der_begin(out, ES_DER_CONTEXT(3)), seq = es_der_begin(out, ES_DER_SEQUENCE);

    if (spec->ca >= 0)
        put_basic(out, spec);
    if (spec->usage >= 0)
        put_usage(out, spec->usage);
    if (spec->eku[0])
        put_eku(out, spec);
    if (spec->key_ids)
        put_key_ids(out, spec);
    es_der_put_raw(out, spec->exts);
    es_der_end(out, seq);
    es_der_end(out, outer);
}

/* ---- certificate ---- */

static void put_subject(struct es_buf *out, const struct cert_spec *spec)
{
    if (spec->subject.len > 0)
        es_der_put_raw(out, spec->subject);
    else
        name_put_cn(out, ES_DER_UTF8_STRING, es_span_str(spec->cn));
}

static void put_issuer(struct es_buf *out, const struct cert_spec *spec)
{
    if (spec->issuer_name.len > 0)
        es_der_put_raw(out, spec->issuer_name);
    else if (spec->issuer)
        es_der_put_raw(out, spec->issuer->cert->subject);
    else
        put_subject(out, spec);
}

static void put_time(struct es_buf *out, int64_t time_s)
{
    if (time_s < 2524608000) /* 2050 */
        es_der_put_utc_time(out, time_s);
    else
        es_der_put_generalized_time(out, time_s);
}

static void put_tbs(struct es_buf *out, const struct cert_spec *spec)
{
    size_t tbs = es_der_begin(out, ES_DER_SEQUENCE), inner = es_der_begin(out, ES_DER_CONTEXT(0));

    es_der_put_uint(out, 2);
    es_der_end(out, inner);
    es_der_put_uint(out, spec->serial);
    put_alg(out, spec->alg);
    put_issuer(out, spec);
    inner = es_der_begin(out, ES_DER_SEQUENCE);
    put_time(out, spec->not_before_s);
    put_time(out, spec->not_after_s);
    es_der_end(out, inner);
    put_subject(out, spec);
    put_spki(out, spec);
    put_exts(out, spec);
    es_der_end(out, tbs);
}

static void put_signed(struct es_buf *out, struct es_buf *tbs, const char *alg, struct es_key *key,
                       bool bad_value)
{
    struct es_buf sig = ES_BUF_INIT(256);
    struct es_error err = {0};
    size_t seq;

    must(es_buf_check(tbs, &err), &err);
    must(es_key_sign(key, bad_value ? es_span_str("other") : es_buf_span(tbs), &sig, &err), &err);
    seq = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_raw(out, es_buf_span(tbs));
    put_alg(out, alg);
    es_der_put_bits(out, es_buf_span(&sig));
    es_der_end(out, seq);
    es_buf_clear(&sig);
    es_buf_clear(tbs);
}

/* Keys made from numbers are not changed by signing; specs hold the subject's as const. */
static struct es_key *signing_key(const struct cert_spec *spec)
{
    union {
        const struct es_key *in;
        struct es_key *out;
    } own = {.in = spec->key};

    if (spec->sign_key)
        return spec->sign_key;
    return spec->issuer ? spec->issuer->key : own.out;
}

void cert_put(struct es_buf *out, const struct cert_spec *spec)
{
    struct es_buf tbs = ES_BUF_INIT(MAX);

    put_tbs(&tbs, spec);
    put_signed(out, &tbs, spec->outer_alg ? spec->outer_alg : spec->alg, signing_key(spec),
               spec->bad_value);
}

struct es_cert *cert_build(const struct cert_spec *spec)
{
    struct es_buf der = ES_BUF_INIT(MAX);
    struct es_cert *cert = NULL;
    struct es_error err = {0};

    cert_put(&der, spec);
    must(es_cert_decode(es_buf_span(&der), &cert, &err), &err);
    es_buf_clear(&der);
    return cert;
}

/* ---- CRL ---- */

static void put_reason(struct es_buf *out, int reason)
{
    uint8_t value[3] = {ES_DER_ENUMERATED, 1, (uint8_t) reason};

    ext_put(out, "2.5.29.21", false, es_span_of(value, sizeof value));
}

static void put_entry(struct es_buf *out, const struct crl_spec *spec)
{
    struct es_buf date = ES_BUF_INIT(64);
    size_t entry = es_der_begin(out, ES_DER_SEQUENCE), exts;

    es_der_put_uint(out, spec->serial);
    put_time(out, spec->revoked_s);
    if (spec->reason >= 0 || spec->invalid_s) {
        exts = es_der_begin(out, ES_DER_SEQUENCE);
        if (spec->reason >= 0)
            put_reason(out, spec->reason);
        if (spec->invalid_s) {
            es_der_put_generalized_time(&date, spec->invalid_s);
            ext_put(out, "2.5.29.24", false, es_buf_span(&date));
        }
        es_der_end(out, exts);
    }
    es_der_end(out, entry);
    es_buf_clear(&date);
}

void crl_put(struct es_buf *out, const struct crl_spec *spec)
{
    struct es_buf tbs = ES_BUF_INIT(MAX);
    size_t seq = es_der_begin(&tbs, ES_DER_SEQUENCE), inner;

    es_der_put_uint(&tbs, 1);
    put_alg(&tbs, OID_SM2_SM3);
    es_der_put_raw(&tbs, spec->issuer_name.len ? spec->issuer_name : spec->issuer->cert->subject);
    put_time(&tbs, spec->this_s);
    if (spec->next_s)
        put_time(&tbs, spec->next_s);
    if (spec->serial) {
        inner = es_der_begin(&tbs, ES_DER_SEQUENCE);
        put_entry(&tbs, spec);
        es_der_end(&tbs, inner);
    }
    if (spec->exts.len > 0) {
        inner = es_der_begin(&tbs, ES_DER_CONTEXT(0));
        es_der_put(&tbs, ES_DER_SEQUENCE, spec->exts);
        es_der_end(&tbs, inner);
    }
    es_der_end(&tbs, seq);
    put_signed(out, &tbs, OID_SM2_SM3, spec->sign_key ? spec->sign_key : spec->issuer->key, false);
}

/* ---- OCSP ---- */

static void put_digest(struct es_buf *out, enum es_digest digest, struct es_span of)
{
    uint8_t hash[ES_DIGEST_MAX];
    struct es_error err = {0};

    must(es_digest_once(digest, of, hash, &err), &err);
    es_der_put(out, ES_DER_OCTET_STRING, es_span_of(hash, es_digest_len(digest)));
}

static void put_cert_id(struct es_buf *out, const struct ocsp_spec *spec)
{
    static const char *const oids[] = {[ES_DIGEST_SM3] = "1.2.156.10197.1.401",
                                       [ES_DIGEST_SHA256] = "2.16.840.1.101.3.4.2.1",
                                       [ES_DIGEST_SHA1] = "1.3.14.3.2.26",
                                       [ES_DIGEST_MD5] = "1.2.840.113549.2.5"};
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE);

    put_alg(out, oids[spec->digest]);
    put_digest(out, spec->digest, spec->issuer->cert->subject);
    put_digest(out, spec->digest, es_pubkey_point(spec->issuer->cert->key));
    if (spec->serial)
        es_der_put_uint(out, spec->serial);
    else
        es_der_put(out, ES_DER_INTEGER, spec->about->serial);
    es_der_end(out, seq);
}

static void put_state(struct es_buf *out, const struct ocsp_spec *spec)
{
    uint8_t reason[3] = {ES_DER_ENUMERATED, 1, (uint8_t) spec->reason};
    size_t info;

    if (spec->state != 1) {
        es_der_put(out, (uint8_t) ES_DER_CONTEXT_PRIMITIVE(spec->state), es_span_of(NULL, 0));
        return;
    }
    info = es_der_begin(out, ES_DER_CONTEXT(1));
    es_der_put_generalized_time(out, spec->revoked_s);
    es_der_put(out, ES_DER_CONTEXT(0), es_span_of(reason, sizeof reason));
    es_der_end(out, info);
}

static void put_responder(struct es_buf *out, const struct ocsp_spec *spec)
{
    size_t wrapped = es_der_begin(out, spec->by_key ? ES_DER_CONTEXT(2) : ES_DER_CONTEXT(1));

    if (spec->by_key)
        put_digest(out, ES_DIGEST_SHA1, es_pubkey_point(spec->responder->cert->key));
    else
        es_der_put_raw(out, spec->responder->cert->subject);
    es_der_end(out, wrapped);
}

static void put_response_data(struct es_buf *out, const struct ocsp_spec *spec)
{
    size_t data = es_der_begin(out, ES_DER_SEQUENCE), list, single, next;

    put_responder(out, spec);
    es_der_put_generalized_time(out, spec->this_s);
    list = es_der_begin(out, ES_DER_SEQUENCE);
    single = es_der_begin(out, ES_DER_SEQUENCE);
    put_cert_id(out, spec);
    put_state(out, spec);
    es_der_put_generalized_time(out, spec->this_s);
    next = es_der_begin(out, ES_DER_CONTEXT(0));
    es_der_put_generalized_time(out, spec->next_s);
    es_der_end(out, next);
    es_der_end(out, single);
    es_der_end(out, list);
    es_der_end(out, data);
}

static void put_basic_response(struct es_buf *out, const struct ocsp_spec *spec)
{
    struct es_buf tbs = ES_BUF_INIT(MAX), sig = ES_BUF_INIT(256);
    struct es_error err = {0};
    size_t seq, certs;

    put_response_data(&tbs, spec);
    must(es_key_sign(spec->responder->key, es_buf_span(&tbs), &sig, &err), &err);
    seq = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_raw(out, es_buf_span(&tbs));
    put_alg(out, OID_SM2_SM3);
    es_der_put_bits(out, es_buf_span(&sig));
    if (spec->with_cert) {
        certs = es_der_begin(out, ES_DER_CONTEXT(0));
        es_der_put(out, ES_DER_SEQUENCE, spec->responder->cert->der);
        es_der_end(out, certs);
    }
    es_der_end(out, seq);
    es_buf_clear(&tbs);
    es_buf_clear(&sig);
}

void ocsp_put(struct es_buf *out, const struct ocsp_spec *spec)
{
    struct es_buf basic = ES_BUF_INIT(MAX);
    const uint8_t successful = 0;
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE), wrapped, bytes;

    put_basic_response(&basic, spec);
    es_der_put(out, ES_DER_ENUMERATED, es_span_of(&successful, 1));
    wrapped = es_der_begin(out, ES_DER_CONTEXT(0));
    bytes = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_oid(out, "1.3.6.1.5.5.7.48.1.1");
    es_der_put(out, ES_DER_OCTET_STRING, es_buf_span(&basic));
    es_der_end(out, bytes);
    es_der_end(out, wrapped);
    es_der_end(out, seq);
    es_buf_clear(&basic);
}
