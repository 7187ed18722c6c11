/*
 * Is the signer in the seal's list? Certificates are compared byte by byte: same name and serial
 * with another key, or the same key in another certificate, is another signer.
 */
#include "seal_internal.h"

/* Weakest first: the best entry of the list decides. */
enum match { MATCH_NO, MATCH_WEAK, MATCH_WITH_Z, MATCH_YES };

/* The certificate looked for; SM3(Z || cert) is made when first needed. */
struct wanted {
    struct es_span cert;
    bool tried_z, has_z;
    uint8_t z_sm3[ES_SM3_LEN];
};

static es_status make_z(struct wanted *wanted, struct es_error *err)
{
    ES_AUTO_PTR(es_cert) cert = NULL;
    es_status status;

    if (wanted->tried_z)
        return ES_OK;
    wanted->tried_z = true;
    status = es_cert_decode(wanted->cert, &cert, err);
    if (status == ES_E_NOMEM || status == ES_E_CRYPTO)
        return status;
    if (status != ES_OK || cert->key == NULL || es_pubkey_kind(cert->key) != ES_KEY_SM2)
        return ES_OK;
    wanted->has_z = true;
    return es_sm2_e(cert->key, wanted->cert, wanted->z_sm3, err); /* SM3(Z || cert) */
}

static es_status match_digest(const struct es_seal_signer *entry, struct wanted *wanted,
                              enum match *match, struct es_error *err)
{
    enum es_digest digest = es_digest_by_name(entry->digest_type);
    uint8_t value[ES_DIGEST_MAX];

    *match = MATCH_NO;
    if (digest == ES_DIGEST_NONE)
        digest = ES_DIGEST_SM3; /* type is free text (formats.md 13, question 3) */
    ES_TRY(es_digest_once(digest, wanted->cert, value, err));
    if (es_span_equal(entry->digest, es_span_of(value, es_digest_len(digest)))) {
        *match = es_digest_is_weak(digest) ? MATCH_WEAK : MATCH_YES;
        return ES_OK;
    }
    if (digest != ES_DIGEST_SM3)
        return ES_OK;
    ES_TRY(make_z(wanted, err));
    if (wanted->has_z && es_span_equal(entry->digest, es_span_of(wanted->z_sm3, ES_SM3_LEN)))
        *match = MATCH_WITH_Z;
    return ES_OK;
}

static es_status match_entry(const struct es_seal_signer *entry, struct wanted *wanted,
                             enum match *match, struct es_error *err)
{
    if (entry->cert.len == 0)
        return match_digest(entry, wanted, match, err);
    *match = es_span_equal(entry->cert, wanted->cert) ? MATCH_YES : MATCH_NO;
    return ES_OK;
}

/* Name of a weak digest the list is made with, or NULL. */
static const char *weak_digest(const struct es_seal *seal)
{
    for (size_t i = 0; i < seal->signer_count; i++) {
        enum es_digest digest = es_digest_by_name(seal->signers[i].digest_type);

        if (seal->signers[i].cert.len == 0 && es_digest_is_weak(digest))
            return es_digest_name(digest);
    }
    return NULL;
}

es_status es_seal_has_signer(const struct es_seal *seal, struct es_span cert_der, const char *where,
                             struct es_findings *findings, struct es_error *err)
{
    const enum es_check check = ES_CHECK_SIGNER_IN_SEAL;
    struct wanted wanted = {.cert = cert_der};
    enum match best = MATCH_NO;

    for (size_t i = 0; cert_der.len > 0 && i < seal->signer_count && best != MATCH_YES; i++) {
        enum match match;

        ES_TRY(match_entry(&seal->signers[i], &wanted, &match, err));
        if (match > best)
            best = match;
    }
    if (best == MATCH_WITH_Z)
        es_finding_add(findings, check, ES_V_FORM_DEVIATION, where, "digest-with-Z");
    if (best == MATCH_WEAK || (best == MATCH_NO && weak_digest(seal) != NULL))
        es_finding_add(findings, check, ES_V_DIGEST_WEAK, where, weak_digest(seal));
    if (best == MATCH_NO)
        es_finding_add(findings, check, ES_V_SIGNER_NOT_IN_SEAL, where, NULL);
    return ES_OK;
}
