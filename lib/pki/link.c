/*
 * Signatures of certificates, CRLs and OCSP answers by certificates, each checked once. Links
 * between certificates are remembered by the SM3 of both (good answers only: what hostile input
 * makes up pushes out memories, never adds a wrong one); a CRL or answer remembers who signed it.
 * The same result comes from memory and from checking.
 */
#include "trust.h"

#include <string.h>

#define SHA1_LEN 20

static es_status check_value(const struct es_cert *issuer, struct es_span alg,
                             struct es_span message, struct es_span sig, struct link_answer *out,
                             struct es_error *err)
{
    es_status status;

    *out = (struct link_answer){0};
    if (!issuer->key)
        return ES_OK;
    status = es_sig_verify(issuer->key, alg, ES_DIGEST_NONE, message, sig, &out->answer, &out->weak,
                           err);
    out->mismatch = status == ES_E_MISMATCH;
    return out->mismatch ? ES_OK : status;
}

static struct link *slot_of(struct es_trust *trust, const struct es_cert *child,
                            const struct es_cert *issuer)
{
    uint64_t hash = 0;

    for (size_t i = 0; i < 8; i++)
        hash = hash << 8 | (uint8_t) (child->sm3[i] ^ issuer->sm3[8 + i]);
    return &trust->links[hash % ES_LINKS];
}

static bool recall(struct es_trust *trust, const struct es_cert *child,
                   const struct es_cert *issuer, struct link_answer *out)
{
    struct link *link = slot_of(trust, child, issuer);
    bool found;

    (void) pthread_mutex_lock(&trust->mutex);
    found = link->used && memcmp(link->child, child->sm3, ES_SM3_LEN) == 0 &&
            memcmp(link->issuer, issuer->sm3, ES_SM3_LEN) == 0;
    if (found)
        *out = (struct link_answer){.answer = ES_SIG_GOOD, .weak = link->weak};
    (void) pthread_mutex_unlock(&trust->mutex);
    return found;
}

static void remember(struct es_trust *trust, const struct es_cert *child,
                     const struct es_cert *issuer, const struct link_answer *answer)
{
    struct link *link = slot_of(trust, child, issuer);

    (void) pthread_mutex_lock(&trust->mutex);
    link->used = true;
    memcpy(link->child, child->sm3, ES_SM3_LEN);
    memcpy(link->issuer, issuer->sm3, ES_SM3_LEN);
    link->weak = answer->weak;
    (void) pthread_mutex_unlock(&trust->mutex);
}

es_status link_check(struct es_trust *trust, const struct es_cert *child,
                     const struct es_cert *issuer, struct link_answer *out, struct es_error *err)
{
    if (recall(trust, child, issuer, out))
        return ES_OK;
    ES_TRY(check_value(issuer, child->sig_alg, child->tbs, child->sig, out, err));
    if (out->answer == ES_SIG_GOOD)
        remember(trust, child, issuer, out);
    return ES_OK;
}

/* ---- CRLs and OCSP answers ---- */

static bool recall_signer(struct es_trust *trust, const struct signed_by *by,
                          const struct es_cert *issuer, struct signed_by *out)
{
    bool found;

    (void) pthread_mutex_lock(&trust->mutex);
    found = by->known && memcmp(by->issuer, issuer->sm3, ES_SM3_LEN) == 0;
    *out = *by;
    (void) pthread_mutex_unlock(&trust->mutex);
    return found;
}

static void remember_signer(struct es_trust *trust, struct signed_by *by,
                            const struct es_cert *issuer, const struct signed_by *now)
{
    (void) pthread_mutex_lock(&trust->mutex);
    *by = *now;
    by->known = true;
    memcpy(by->issuer, issuer->sm3, ES_SM3_LEN);
    (void) pthread_mutex_unlock(&trust->mutex);
}

/* Revocation data under a weak digest or key is not believed. */
static bool is_sound(const struct link_answer *answer)
{
    return answer->answer == ES_SIG_GOOD && !answer->weak;
}

es_status link_check_crl(struct es_trust *trust, struct crl *crl, const struct es_cert *issuer,
                         bool *good, struct es_error *err)
{
    struct signed_by by;
    struct link_answer answer = {0};

    if (!recall_signer(trust, &crl->by, issuer, &by)) {
        by = (struct signed_by){0};
        if (!issuer->has_usage || (issuer->usage & ES_USAGE_CRL_SIGN))
            ES_TRY(check_value(issuer, crl->sig_alg, crl->tbs, crl->sig, &answer, err));
        by.good = is_sound(&answer);
        remember_signer(trust, &crl->by, issuer, &by);
    }
    *good = by.good;
    return ES_OK;
}

/* SPEC RFC 6960 4.2.1: by name, or by the SHA-1 of the key's BIT STRING content; some answers of
 * SM2 responders use SM3 there. */
static es_status is_responder(const struct ocsp *answer, const struct es_cert *cert, bool *yes,
                              struct es_error *err)
{
    enum es_digest digest = answer->responder.len == SHA1_LEN ? ES_DIGEST_SHA1 : ES_DIGEST_SM3;
    uint8_t hash[ES_DIGEST_MAX];
    struct es_span bits;

    *yes = false;
    if (answer->responder_tag == ES_DER_CONTEXT(1)) {
        *yes = es_name_equal(answer->responder, cert->subject);
        return ES_OK;
    }
    ES_TRY(cert_key_bits(cert, &bits, err));
    ES_TRY(es_digest_once(digest, bits, hash, err));
    *yes = es_span_equal(answer->responder, es_span_of(hash, es_digest_len(digest)));
    return ES_OK;
}

/* SPEC RFC 6960 4.2.2.2: certified by the very issuer, for OCSPSigning, and alive when answering.
 */
static es_status may_respond(struct es_trust *trust, const struct ocsp *answer,
                             const struct es_cert *cert, const struct es_cert *issuer, bool *yes,
                             struct es_error *err)
{
    struct link_answer link;

    *yes = cert->eku_ocsp_signing && !cert->unknown_critical && !cert->alg_mismatch &&
           (!cert->has_usage ||
            (cert->usage & (ES_USAGE_DIGITAL_SIGNATURE | ES_USAGE_NON_REPUDIATION))) &&
           cert->not_before_s <= answer->produced_s && answer->produced_s <= cert->not_after_s &&
           es_name_equal(cert->issuer, issuer->subject);
    if (!*yes)
        return ES_OK;
    ES_TRY(link_check(trust, cert, issuer, &link, err));
    *yes = is_sound(&link);
    return ES_OK;
}

static es_status signed_by_one(struct es_trust *trust, const struct ocsp *answer,
                               const struct es_cert *cert, const struct es_cert *issuer, bool *good,
                               struct es_error *err)
{
    struct link_answer value;
    bool fits = false;

    *good = false;
    ES_TRY(is_responder(answer, cert, &fits, err));
    if (fits && !cert_same(cert, issuer))
        ES_TRY(may_respond(trust, answer, cert, issuer, &fits, err));
    if (!fits)
        return ES_OK;
    ES_TRY(check_value(cert, answer->sig_alg, answer->tbs, answer->sig, &value, err));
    *good = is_sound(&value);
    return ES_OK;
}

static es_status find_signer(struct es_trust *trust, const struct ocsp *answer,
                             const struct es_cert *issuer, struct signed_by *by,
                             struct es_error *err)
{
    *by = (struct signed_by){0};
    ES_TRY(signed_by_one(trust, answer, issuer, issuer, &by->good, err));
    for (size_t i = 0; i < answer->cert_count && !by->good; i++) {
        by->responder = answer->certs[i];
        ES_TRY(signed_by_one(trust, answer, by->responder, issuer, &by->good, err));
    }
    return ES_OK;
}

es_status link_check_ocsp(struct es_trust *trust, struct ocsp *answer, const struct es_cert *issuer,
                          bool *good, const struct es_cert **responder, struct es_error *err)
{
    struct signed_by by;

    if (!recall_signer(trust, &answer->by, issuer, &by)) {
        ES_TRY(find_signer(trust, answer, issuer, &by, err));
        remember_signer(trust, &answer->by, issuer, &by);
    }
    *good = by.good;
    *responder = by.responder;
    return ES_OK;
}
