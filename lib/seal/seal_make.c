/*
 * Making a seal: check the maker, encode, sign, assemble, then read and verify the result as
 * anybody else would. Nothing leaves that does not verify without a single finding.
 */
#include "es_image.h"
#include "seal_internal.h"

static es_status check_maker_dates(const struct es_cert *maker, int64_t created_s,
                                   struct es_error *err)
{
    char from[ES_TIME_TEXT_MAX], until[ES_TIME_TEXT_MAX], at[ES_TIME_TEXT_MAX];

    es_time_iso(maker->not_before_s, from);
    es_time_iso(maker->not_after_s, until);
    es_time_iso(created_s, at);
    ES_ENSURE(created_s >= maker->not_before_s && created_s <= maker->not_after_s, err,
              ES_E_CERT_EXPIRED, "maker's certificate is valid from %s to %s, seal is made at %s",
              from, until, at);
    return ES_OK;
}

static es_status check_maker(const struct es_cert *maker, const struct es_key *key,
                             int64_t created_s, struct es_error *err)
{
    const uint32_t wanted = ES_USAGE_DIGITAL_SIGNATURE | ES_USAGE_NON_REPUDIATION;

    ES_ENSURE(maker->key != NULL && es_pubkey_kind(maker->key) == ES_KEY_SM2, err, ES_E_CERT,
              "maker's certificate has no sound SM2 key");
    ES_ENSURE(!maker->has_usage || (maker->usage & wanted) != 0, err, ES_E_CERT,
              "maker's certificate has key usage %04x, which is not for signatures", maker->usage);
    ES_ENSURE(es_span_equal(es_pubkey_point(es_key_public(key)), es_pubkey_point(maker->key)), err,
              ES_E_MISMATCH, "maker's certificate is for another key");
    return check_maker_dates(maker, created_s, err);
}

/* A seal nobody could use any more at its end promises too much. */
static es_status check_outlives(const struct es_seal_info *info, struct es_error *err)
{
    int64_t last = INT64_MIN;
    char until[ES_TIME_TEXT_MAX], end[ES_TIME_TEXT_MAX];

    for (size_t i = 0; i < info->signer_count; i++)
        if (info->signers[i]->not_after_s > last)
            last = info->signers[i]->not_after_s;
    if (info->valid_until_s <= last)
        return ES_OK;
    es_time_iso(info->valid_until_s, until);
    es_time_iso(last, end);
    return es_error_set(err, ES_E_OUTLIVES_CERT,
                        "seal is valid until %s, its latest certificate until %s", until, end);
}

static es_status check_picture(const struct es_picture *picture, struct es_error *err)
{
    struct es_picture_facts facts = {.kind = ES_PICTURE_UNKNOWN};
    es_status status = es_picture_probe(picture->data, &facts, err);

    if (status != ES_OK)
        return es_error_at(err, status, "picture");
    ES_ENSURE(facts.kind != ES_PICTURE_UNKNOWN, err, ES_E_FORMAT, "picture is of no known kind");
    ES_ENSURE(!facts.active, err, ES_E_FORMAT, "picture holds scripts or links");
    return ES_OK;
}

static es_status assemble(struct es_span info, struct es_span cert, struct es_span alg,
                          struct es_span sig, enum es_seal_edition edition, struct es_buf *out,
                          struct es_error *err)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE), inner = 0;

    es_der_put_raw(out, info);
    if (edition == ES_SEAL_2014)
        inner = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put(out, ES_DER_OCTET_STRING, cert);
    es_der_put(out, ES_DER_OID, alg);
    es_der_put_bits(out, sig);
    if (edition == ES_SEAL_2014)
        es_der_end(out, inner);
    es_der_end(out, seq);
    return es_buf_check(out, err);
}

static es_status sign_and_assemble(struct es_span info, enum es_seal_edition edition,
                                   const struct es_cert *maker, struct es_key *key,
                                   struct es_buf *out, struct es_error *err)
{
    ES_AUTO(es_buf) message = ES_BUF_INIT(ES_SEAL_DER_MAX);
    ES_AUTO(es_buf) alg = ES_BUF_INIT(64);
    ES_AUTO(es_buf) sig = ES_BUF_INIT(128);

    ES_TRY(es_oid_parse(OID_SM2_WITH_SM3, &alg, err));
    seal_put_signed(&message, edition, info, maker->der, es_buf_span(&alg));
    ES_TRY(es_buf_check(&message, err));
    ES_TRY(es_key_sign(key, es_buf_span(&message), &sig, err));
    return assemble(info, maker->der, es_buf_span(&alg), es_buf_span(&sig), edition, out, err);
}

static es_status verify_own(struct es_span made, struct es_error *err)
{
    ES_AUTO_PTR(es_seal) seal = NULL;
    ES_AUTO(es_arena) arena;
    struct es_findings findings;
    const struct es_code_info *first;

    es_arena_init(&arena, 0);
    es_findings_init(&findings, &arena);
    ES_TRY(es_seal_decode(made, ES_CHECK_FORMAT, "", &findings, &seal, err));
    ES_TRY(es_seal_verify_maker(seal, "", NULL, &findings, err));
    ES_ENSURE(!findings.lost, err, ES_E_NOMEM, "out of memory");
    if (findings.count == 0)
        return ES_OK;
    first = findings.first != NULL ? es_code_info(findings.first->code) : NULL;
    return es_error_set(err, ES_E_SEAL_INVALID, "seal just made does not verify: %s (%s)",
                        first != NULL ? first->id : "unknown",
                        first != NULL && findings.first->value[0] != NULL ? findings.first->value[0]
                                                                          : "no detail");
}

es_status es_seal_make(const struct es_seal_info *info, enum es_seal_edition edition,
                       const struct es_cert *maker, struct es_key *maker_key, struct es_buf *out,
                       struct es_error *err)
{
    ES_AUTO(es_buf) info_der = ES_BUF_INIT(ES_SEAL_DER_MAX);
    ES_AUTO(es_buf) made = ES_BUF_INIT(ES_SEAL_DER_MAX);

    ES_TRY(es_seal_encode_info(info, edition, &info_der, err)); /* checks every field */
    ES_TRY(check_maker(maker, maker_key, info->created_s, err));
    ES_TRY(check_picture(&info->picture, err));
    ES_TRY(check_outlives(info, err));
    ES_TRY(sign_and_assemble(es_buf_span(&info_der), edition, maker, maker_key, &made, err));
    ES_TRY(verify_own(es_buf_span(&made), err));
    es_buf_put_span(out, es_buf_span(&made));
    return es_buf_check(out, err);
}
