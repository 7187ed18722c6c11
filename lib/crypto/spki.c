/*
 * SubjectPublicKeyInfo. Algorithm and curve are read strictly by lib/der before OpenSSL sees the
 * key: SM2 points never go through OpenSSL's decoder, RSA and other curves only when their outline
 * is sound. Curves are named, never described.
 */
#include "crypto_internal.h"

#include <openssl/err.h>

#define SPKI_MAX 8192
#define RSA_BITS_MIN 512
#define RSA_BITS_MAX 16384

struct spki {
    struct es_span whole;
    struct es_span alg;    /* OID */
    struct es_span params; /* what follows the OID */
    struct es_span key;    /* content of the BIT STRING */
};

static es_status split_spki(struct es_span in, struct spki *out, struct es_error *err)
{
    struct es_span body;

    ES_ENSURE(in.len <= SPKI_MAX, err, ES_E_UNSUPPORTED, "public key of %zu bytes, at most %d",
              in.len, SPKI_MAX);
    out->whole = in;
    ES_TRY(es_der_get(&in, ES_DER_SEQUENCE, &body, err));
    ES_TRY(es_der_finish(in, err));
    ES_TRY(es_der_get(&body, ES_DER_SEQUENCE, &out->params, err));
    ES_TRY(es_der_get_oid(&out->params, &out->alg, err));
    ES_TRY(es_der_get_bits(&body, &out->key, err));
    return es_der_finish(body, err);
}

static es_status take_by_openssl(const struct spki *in, enum es_key_kind kind, const char *name,
                                 struct es_pubkey **out, struct es_error *err)
{
    ES_OSSL(EVP_PKEY) pkey = NULL;
    const unsigned char *at = in->whole.ptr;

    ES_TRY(es_ossl_listen(err));
    pkey = d2i_PUBKEY(NULL, &at, (long) in->whole.len);
    ES_TRY(es_ossl_check(pkey != NULL, err, ES_E_UNSUPPORTED, "public key cannot be taken in"));
    ES_ENSURE(at == in->whole.ptr + in->whole.len, err, ES_E_FORMAT, "bytes behind the public key");
    ES_ENSURE(EVP_PKEY_is_a(pkey, name) == 1, err, ES_E_UNSUPPORTED,
              "public key is of another kind");
    return es_pubkey_make(kind, pkey, out, err);
}

static es_status get_positive(struct es_span *in, struct es_span *out, struct es_error *err)
{
    ES_TRY(es_der_get_integer(in, out, err));
    ES_ENSURE(out->len > 0 && out->ptr[0] < 0x80, err, ES_E_UNSUPPORTED, "RSA number below zero");
    if (out->len > 1 && out->ptr[0] == 0)
        *out = es_span_sub(*out, 1, out->len - 1);
    return ES_OK;
}

/* An even modulus or an exponent of 1 makes forgeries easy, a huge one checking slow. */
static es_status check_rsa(struct es_span key, struct es_error *err)
{
    struct es_span seq, n, e;

    ES_TRY(es_der_get(&key, ES_DER_SEQUENCE, &seq, err));
    ES_TRY(es_der_finish(key, err));
    ES_TRY(get_positive(&seq, &n, err));
    ES_TRY(get_positive(&seq, &e, err));
    ES_TRY(es_der_finish(seq, err));
    ES_ENSURE(n.len * 8 >= RSA_BITS_MIN && n.len * 8 <= RSA_BITS_MAX, err, ES_E_UNSUPPORTED,
              "RSA modulus of %zu bytes, allowed are %d to %d", n.len, RSA_BITS_MIN / 8,
              RSA_BITS_MAX / 8);
    ES_ENSURE((n.ptr[n.len - 1] & 1) == 1, err, ES_E_UNSUPPORTED, "RSA modulus is even");
    ES_ENSURE(e.len <= 8 && (e.ptr[e.len - 1] & 1) == 1 && (e.len > 1 || e.ptr[0] >= 3), err,
              ES_E_UNSUPPORTED, "RSA exponent is not odd, below 3 or above 64 bits");
    return ES_OK;
}

static es_status take_rsa(const struct spki *in, struct es_pubkey **out, struct es_error *err)
{
    ES_TRY(check_rsa(in->key, err));
    return take_by_openssl(in, ES_KEY_RSA, "RSA", out, err);
}

/* SPEC GM/T 0015-2012 5.2.3.7: the curve of SM2 is named 1.2.156.10197.1.301. Some issuers write
 * .301.1, which is the signature algorithm's number. */
static es_status take_ec(const struct spki *in, struct es_pubkey **out, bool *deviates,
                         struct es_error *err)
{
    struct es_span params = in->params;
    struct es_span curve;

    ES_ENSURE(es_der_peek(params) != ES_DER_SEQUENCE, err, ES_E_CERT,
              "public key brings its own curve");
    ES_TRY(es_der_get_oid(&params, &curve, err));
    ES_TRY(es_der_finish(params, err));
    *deviates = es_oid_is(curve, "1.2.156.10197.1.301.1");
    if (*deviates || es_oid_is(curve, "1.2.156.10197.1.301"))
        return es_pubkey_sm2(in->key, out, err);
    return take_by_openssl(in, ES_KEY_EC, "EC", out, err);
}

es_status es_pubkey_spki(struct es_span spki, struct es_pubkey **out, bool *deviates,
                         struct es_error *err)
{
    struct spki parts;
    bool other_name = false;
    char oid[64];

    if (deviates != NULL)
        *deviates = false;
    ES_TRY(split_spki(spki, &parts, err));
    if (es_oid_is(parts.alg, "1.2.840.10045.2.1")) {
        ES_TRY(take_ec(&parts, out, &other_name, err));
        if (deviates != NULL)
            *deviates = other_name;
        return ES_OK;
    }
    if (es_oid_is(parts.alg, "1.2.840.113549.1.1.1"))
        return take_rsa(&parts, out, err);
    es_oid_text(parts.alg, oid, sizeof(oid));
    return es_error_set(err, ES_E_UNSUPPORTED, "public key algorithm %s", oid);
}
