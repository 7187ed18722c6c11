/*
 * One signature value of a seal or a seal signature: key, algorithm, form, then the value itself.
 * The outcome is a small record rather than findings, so that a cache can keep it.
 */
#include <string.h>

#include "seal_internal.h"

static const struct {
    enum seal_deviation bit;
    const char *name;
} deviation_names[] = {
    {SEAL_DEV_RAW64, "raw64"},
    {SEAL_DEV_RAW128, "raw128"},
    {SEAL_DEV_DER_INTEGER, "DER-INTEGER"},
    {SEAL_DEV_ZERO_PADDING, "zero-padding"},
    {SEAL_DEV_ALG_OID, "alg-OID"},
    {SEAL_DEV_CURVE_OID, "curve-OID"},
    {SEAL_DEV_PICTURE_TYPE, "picture-type"},
};
#define DEVIATION_COUNT (sizeof(deviation_names) / sizeof(deviation_names[0]))

void seal_add_deviations(unsigned deviations, enum es_check check, const char *where,
                         struct es_findings *findings)
{
    for (size_t i = 0; i < DEVIATION_COUNT; i++)
        if ((deviations & (unsigned) deviation_names[i].bit) != 0)
            es_finding_add(findings, check, ES_V_FORM_DEVIATION, where, deviation_names[i].name);
}

static unsigned deviation_bit(const char *name)
{
    for (size_t i = 0; i < DEVIATION_COUNT; i++)
        if (strcmp(deviation_names[i].name, name) == 0)
            return (unsigned) deviation_names[i].bit;
    return SEAL_DEV_DER_INTEGER; /* a form lib/pki learned later: still a deviation */
}

/* Numbers other products put in place of SM2-with-SM3, one meaning each under an SM2 key. */
static bool stands_for_sm2(struct es_span alg)
{
    return es_oid_is(alg, "1.2.156.10197.6.1.4.2.2") || es_oid_is(alg, "1.2.156.10197.1.301") ||
           es_oid_is(alg, "1.2.156.10197.1.301.1");
}

static enum es_code code_of_key(es_status key_status)
{
    if (key_status == ES_E_CERT)
        return ES_V_CERT_EXPLICIT_CURVE;
    return key_status == ES_E_UNSUPPORTED ? ES_V_ALGORITHM_UNSUPPORTED : ES_V_PUBLIC_KEY_INVALID;
}

static void judge_answer(const struct seal_value *value, enum es_sig_answer answer,
                         struct seal_judgement *out)
{
    switch (answer) {
    case ES_SIG_GOOD:
        return;
    case ES_SIG_BAD:
        out->code = value->bad;
        return;
    case ES_SIG_OUT_OF_RANGE:
        out->code = ES_V_SIGNATURE_OUT_OF_RANGE;
        return;
    case ES_SIG_UNSUPPORTED:
        out->code = ES_V_ALGORITHM_UNSUPPORTED;
        es_oid_text(value->alg, out->value, sizeof(out->value));
        return;
    case ES_SIG_UNCHECKED:
    default:
        out->code = ES_V_CHECK_NOT_RUN;
    }
}

static void judge_algorithm(const struct seal_value *value, const char *weak,
                            struct seal_judgement *out)
{
    const char *name = weak != NULL ? weak : es_oid_name(value->alg);

    if (weak == NULL && es_pubkey_kind(value->cert->key) == ES_KEY_SM2)
        return;
    out->alg_code = weak != NULL ? ES_V_SIGNATURE_ALGORITHM_WEAK : ES_V_ALGORITHM_NOT_APPROVED;
    if (name != NULL)
        (void) snprintf(out->alg, sizeof(out->alg), "%s", name);
    else
        es_oid_text(value->alg, out->alg, sizeof(out->alg));
}

/* By the number as written: RSA, ECDSA, numbers that do not fit the key, unknown ones. */
static es_status judge_other(const struct seal_value *value, struct seal_judgement *out,
                             struct es_error *err)
{
    enum es_sig_answer answer = ES_SIG_UNCHECKED;
    const char *weak = NULL;
    es_status status = es_sig_verify(value->cert->key, value->alg, ES_DIGEST_NONE, value->message,
                                     value->sig, &answer, &weak, err);

    if (status == ES_E_MISMATCH) {
        out->code = ES_V_ALGORITHM_MISMATCH;
        return ES_OK;
    }
    ES_TRY(status);
    judge_answer(value, answer, out);
    if (answer == ES_SIG_GOOD || answer == ES_SIG_BAD)
        judge_algorithm(value, weak, out);
    return ES_OK;
}

static es_status judge_sm2(const struct seal_value *value, struct seal_judgement *out,
                           struct es_error *err)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(256);
    enum es_sig_answer answer = ES_SIG_UNCHECKED;
    const char *form = NULL;
    es_status status = es_sm2_sig_normalise(value->sig, &der, &form, err);

    if (status == ES_E_RANGE) {
        out->code = ES_V_SIGNATURE_OUT_OF_RANGE;
        return ES_OK;
    }
    ES_TRY(status);
    if (form != NULL)
        out->deviations |= deviation_bit(form);
    ES_TRY(es_sm2_verify(value->cert->key, value->message, es_buf_span(&der), &answer, err));
    judge_answer(value, answer, out);
    return ES_OK;
}

es_status seal_judge_value(const struct seal_value *value, struct seal_judgement *out,
                           struct es_error *err)
{
    const struct es_cert *cert = value->cert;
    bool other_number = stands_for_sm2(value->alg);

    if (cert->key == NULL || cert->key_status != ES_OK) {
        out->code = code_of_key(cert->key_status);
        (void) snprintf(out->value, sizeof(out->value), "%s", "public key");
        return ES_OK;
    }
    if (cert->curve_deviates)
        out->deviations |= SEAL_DEV_CURVE_OID;
    if (es_pubkey_kind(cert->key) != ES_KEY_SM2 ||
        (!other_number && !es_oid_is(value->alg, OID_SM2_WITH_SM3)))
        return judge_other(value, out, err);
    if (other_number)
        out->deviations |= SEAL_DEV_ALG_OID;
    return judge_sm2(value, out, err);
}

void seal_add_judgement(const struct seal_judgement *judgement, enum es_check check,
                        const char *where, struct es_findings *findings)
{
    seal_add_deviations(judgement->deviations, check, where, findings);
    if (judgement->alg_code != ES_V_NONE)
        es_finding_add(findings, check, judgement->alg_code, where, judgement->alg);
    if (judgement->code != ES_V_NONE)
        es_finding_add(findings, check, judgement->code, where,
                       judgement->value[0] != '\0' ? judgement->value : NULL);
}
