/*
 * What can be said of a seal and of a seal signature without trust or time: the maker's
 * signature, the picture, the signer's signature.
 */
#include <strings.h>

#include "es_image.h"
#include "seal_internal.h"

/* Does the written type name this kind? Names are free text, any case (formats.md 3.2). */
static bool names_kind(struct es_span type, enum es_picture_kind kind)
{
    static const struct {
        const char *name;
        enum es_picture_kind kind;
    } other_names[] = {{"JPG", ES_PICTURE_JPEG}, {"TIF", ES_PICTURE_TIFF}};
    const char *name = es_picture_kind_name(kind);

    for (size_t i = 0; i < sizeof(other_names) / sizeof(other_names[0]); i++)
        if (other_names[i].kind == kind && type.len == 3 &&
            strncasecmp((const char *) type.ptr, other_names[i].name, 3) == 0)
            return true;
    return type.len == strlen(name) && strncasecmp((const char *) type.ptr, name, type.len) == 0;
}

/* SPEC GB/T 38540-2020 6.1.4: width and height are millimetres above zero. */
static bool is_side_mm(uint32_t mm)
{
    return mm >= 1 && mm <= ES_SEAL_SIDE_MAX_MM;
}

static es_status judge_picture(const struct es_picture *picture, unsigned *deviations,
                               enum es_code *code, struct es_error *err)
{
    struct es_picture_facts facts = {.kind = ES_PICTURE_UNKNOWN};
    es_status status = es_picture_probe(picture->data, &facts, err);

    if (status == ES_E_NOMEM)
        return status;
    if (status == ES_E_LIMIT)
        *code = ES_V_LIMIT_EXCEEDED;
    else if (status != ES_OK || facts.kind == ES_PICTURE_UNKNOWN || facts.active ||
             !is_side_mm(picture->width_mm) || !is_side_mm(picture->height_mm))
        *code = ES_V_SEAL_PICTURE_INVALID;
    else if (!names_kind(picture->type, facts.kind))
        *deviations |= SEAL_DEV_PICTURE_TYPE;
    return ES_OK;
}

/* A maker certificate that does not decode ends the check; *maker is then NULL. */
static es_status decode_maker(const struct es_seal *seal, const char *where, struct es_cert **maker,
                              struct es_findings *findings, struct es_error *err)
{
    enum es_code code = ES_V_SEAL_DATA_MALFORMED;
    es_status status = es_cert_decode(seal->maker_cert, maker, err);

    if (status == ES_OK || status == ES_E_NOMEM || status == ES_E_CRYPTO)
        return status;
    *maker = NULL;
    if (seal->maker_cert.len == 0)
        code = ES_V_MAKER_CERT_MISSING;
    else if (status == ES_E_DER)
        code = ES_V_DER_NOT_CANONICAL;
    es_finding_add(findings, ES_CHECK_SEAL_SIGNATURE, code, where, "maker's certificate");
    return ES_OK;
}

static es_status judge_maker(const struct es_seal *seal, const struct es_cert *maker,
                             struct seal_judgement *out, struct es_error *err)
{
    ES_AUTO(es_buf) rebuilt = ES_BUF_INIT(ES_SEAL_DER_MAX);
    struct seal_value value = {.cert = maker,
                               .alg = seal->sig_alg,
                               .message = seal->info,
                               .sig = seal->sig,
                               .bad = ES_V_SEAL_SIGNATURE_INVALID};

    if (seal->edition == ES_SEAL_2014) {
        seal_put_signed(&rebuilt, seal->edition, seal->info, seal->maker_cert, seal->sig_alg);
        ES_TRY(es_buf_check(&rebuilt, err));
        value.message = es_buf_span(&rebuilt);
    }
    return seal_judge_value(&value, out, err);
}

es_status es_seal_verify_maker(const struct es_seal *seal, const char *where,
                               struct es_seal_cache *cache, struct es_findings *findings,
                               struct es_error *err)
{
    const enum es_check check = ES_CHECK_SEAL_SIGNATURE;
    ES_AUTO_PTR(es_cert) maker = NULL;
    struct seal_judgement judgement = {.code = ES_V_NONE, .alg_code = ES_V_NONE};
    enum es_code picture = ES_V_NONE;
    uint8_t sm3[ES_SM3_LEN];

    ES_TRY(es_sm3(seal->der, sm3, err));
    if (seal_cache_find(cache, sm3, &judgement.deviations)) {
        seal_add_deviations(judgement.deviations, check, where, findings);
        return ES_OK;
    }
    ES_TRY(judge_picture(&seal->picture, &judgement.deviations, &picture, err));
    ES_TRY(decode_maker(seal, where, &maker, findings, err));
    if (maker != NULL)
        ES_TRY(judge_maker(seal, maker, &judgement, err));
    seal_add_judgement(&judgement, check, where, findings);
    if (picture != ES_V_NONE)
        es_finding_add(findings, check, picture, where, "picture");
    else if (maker != NULL && judgement.code == ES_V_NONE && judgement.alg_code == ES_V_NONE)
        seal_cache_put(cache, sm3, judgement.deviations);
    return ES_OK;
}

es_status es_seal_signature_verify(const struct es_seal_signature *sig,
                                   const struct es_cert *signer, const char *where, bool *good,
                                   struct es_findings *findings, struct es_error *err)
{
    const enum es_check check = ES_CHECK_SIGNATURE;
    struct seal_judgement judgement = {.code = ES_V_NONE, .alg_code = ES_V_NONE};
    struct seal_value value = {.cert = signer,
                               .alg = sig->sig_alg,
                               .message = sig->tbs,
                               .sig = sig->sig,
                               .bad = ES_V_SIGNATURE_VALUE_INVALID};

    *good = false;
    if (signer == NULL) {
        es_finding_add(findings, check, ES_V_SIGNER_CERT_MISSING, where, NULL);
        return ES_OK;
    }
    ES_TRY(seal_judge_value(&value, &judgement, err));
    seal_add_judgement(&judgement, check, where, findings);
    *good = judgement.code == ES_V_NONE;
    return ES_OK;
}
