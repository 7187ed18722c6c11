/*
 * Judging a time stamp: what it stamps, when, by whom. The steps run in the order of the table
 * `steps`; the first that fails gives the reason. A stamp that fails proves nothing and is left
 * aside (time_stamp_ignored); it does not make a seal invalid.
 */
#include "cms_internal.h"
#include "time_stamp.h"

#define FINDINGS_MAX (1u << 20) /* bytes of findings of one token */
#define AGE_WITHOUT_BOUND_S INT32_MAX

struct check {
    struct es_trust *trust;
    const struct es_time_stamp *stamp;
    const struct es_span *candidates;
    size_t candidate_count;
    int64_t now_s;
    struct es_arena arena;
    struct es_buf *evidence;
};

/* A step leaves *why NULL when it is content. */
typedef es_status (*step_fn)(struct check *check, const char **why, struct es_error *err);

static es_status check_imprint(struct check *check, const char **why, struct es_error *err)
{
    const struct es_time_stamp *stamp = check->stamp;
    bool fits = false;

    if (stamp->imprint_digest == ES_DIGEST_NONE) {
        *why = "imprint's digest is not known";
        return ES_OK;
    }
    if (es_digest_is_weak(stamp->imprint_digest)) {
        *why = "imprint's digest is weak";
        return ES_OK;
    }
    for (size_t i = 0; i < check->candidate_count && !fits; i++)
        ES_TRY(es_imprint_fits(stamp->imprint_digest, stamp->imprint, check->candidates[i], &fits,
                               err));
    if (!fits)
        *why = "imprint of other data";
    return ES_OK;
}

static es_status check_time(struct check *check, const char **why, struct es_error *err)
{
    (void) err;
    if (check->stamp->gen_time_s > check->now_s &&
        check->stamp->gen_time_s - check->now_s > ES_TIME_STAMP_SKEW_S)
        *why = "time lies in the future";
    return ES_OK;
}

static es_status check_signature(struct check *check, const char **why, struct es_error *err)
{
    const struct es_cms *cms = check->stamp->cms;
    enum es_sig_answer answer = ES_SIG_UNCHECKED;
    struct es_findings findings;

    if (!cms->signer || !cms->has_attrs) {
        *why = cms->signer ? "signed attributes are missing" : "authority's certificate is missing";
        return ES_OK;
    }
    es_findings_init(&findings, &check->arena);
    ES_TRY(es_cms_verify(cms, cms->signer, cms->content, es_span_of(NULL, 0), ES_CHECK_TIME_STAMP,
                         NULL, &answer, &findings, err));
    ES_ENSURE(!findings.lost, err, ES_E_NOMEM, "no memory for findings");
    if (answer == ES_SIG_UNSUPPORTED)
        *why = "algorithm not supported";
    else if (answer != ES_SIG_GOOD)
        *why = "signature is wrong";
    else if (es_findings_have(&findings, ES_V_DIGEST_WEAK) ||
             es_findings_have(&findings, ES_V_SIGNATURE_ALGORITHM_WEAK))
        *why = "signature algorithm is weak";
    return ES_OK;
}

/* ---- SigningCertificate: the signature names its certificate by digest ---- */

/* First ESSCertID(v2) of SEQUENCE { SEQUENCE OF ESSCertID, policies OPTIONAL }. */
static es_status read_ess_id(struct es_span ess, bool v2, enum es_digest *digest,
                             struct es_span *hash, struct es_error *err)
{
    struct es_span seq, ids, id, alg, oid;
    char text[128];

    *digest = v2 ? ES_DIGEST_SHA256 : ES_DIGEST_SHA1; /* default, only */
    ES_TRY(es_der_get(&ess, ES_DER_SEQUENCE, &seq, err));
    ES_TRY(es_der_get(&seq, ES_DER_SEQUENCE, &ids, err));
    ES_TRY(es_der_get(&ids, ES_DER_SEQUENCE, &id, err));
    if (v2 && es_der_peek(id) == ES_DER_SEQUENCE) {
        ES_TRY(es_der_get(&id, ES_DER_SEQUENCE, &alg, err));
        ES_TRY(es_der_get_oid(&alg, &oid, err));
        es_oid_text(oid, text, sizeof text);
        *digest = es_digest_by_name(es_span_str(text));
    }
    return es_der_get(&id, ES_DER_OCTET_STRING, hash, err);
}

static es_status check_ess(struct check *check, const char **why, struct es_error *err)
{
    const struct es_cms *cms = check->stamp->cms;
    bool v2 = cms->ess_cert_v2.len > 0, fits = false;
    enum es_digest digest;
    struct es_span hash;

    if (!v2 && cms->ess_cert_v1.len == 0) {
        *why = "signature does not name its certificate";
        return ES_OK;
    }
    if (read_ess_id(v2 ? cms->ess_cert_v2 : cms->ess_cert_v1, v2, &digest, &hash, NULL) != ES_OK) {
        *why = "name of the signature's certificate does not read";
        return ES_OK;
    }
    ES_TRY(es_imprint_fits(digest, hash, cms->signer->der, &fits, err));
    if (!fits)
        *why = "signature names another certificate";
    return ES_OK;
}

/* SPEC RFC 3161 2.3: extendedKeyUsage is critical and holds timeStamping alone. */
static es_status check_purpose(struct check *check, const char **why, struct es_error *err)
{
    const struct es_cert *cert = check->stamp->cms->signer;

    (void) err;
    if (!cert->has_eku || !cert->eku_critical || !cert->eku_time_stamping ||
        cert->eku_ocsp_signing || cert->eku_other)
        *why = "certificate is not for time stamping";
    else if (check->stamp->gen_time_s < cert->not_before_s ||
             check->stamp->gen_time_s > cert->not_after_s)
        *why = "certificate was not valid at that time";
    return ES_OK;
}

/* ---- chain ---- */

/* Missing or useless revocation data is tolerated for time stamp authorities, revocation is not. */
static bool is_tolerated(enum es_code code)
{
    return code == ES_V_REVOCATION_UNAVAILABLE || code == ES_V_REVOCATION_STALE ||
           code == ES_V_REVOCATION_UNTRUSTED;
}

static const char *why_chain(const struct es_findings *findings)
{
    const char *why = NULL;

    for (const struct es_finding *f = findings->first; f && !why; f = f->next) {
        const struct es_code_info *info = es_code_info(f->code);

        if (is_tolerated(f->code) ||
            (info && info->effect[ES_POLICY_STANDARD] <= ES_EFFECT_WARNING))
            continue;
        if (f->code == ES_V_CERT_ROOT_UNTRUSTED || f->code == ES_V_CERT_CHAIN_INCOMPLETE)
            why = "authority not listed";
        else if (f->code == ES_V_CERT_REVOKED_AT_SIGNING || f->code == ES_V_CERT_REVOKED_NO_POE ||
                 f->code == ES_V_CA_REVOKED_NO_POE)
            why = "authority's certificate was revoked";
        else
            why = "authority's chain of certificates is not sound";
    }
    return why;
}

/* The chain is judged at genTime: a certificate that ended since does not undo the stamp. */
static es_status check_chain(struct check *check, const char **why, struct es_error *err)
{
    const struct es_cms *cms = check->stamp->cms;
    const int64_t gen_s = check->stamp->gen_time_s;
    struct es_times times = {
        .now_s = gen_s > check->now_s ? gen_s : check->now_s,
        .claim_s = gen_s,
        .poe_s = gen_s,
        .proved = true,
    };
    struct es_chain_request request = {
        .cert = cms->signer,
        .extra = (const struct es_cert *const *) cms->certs,
        .extra_count = cms->cert_count,
        .purpose = ES_PURPOSE_TSA,
        .times = &times,
        .revocation_max_age_s = AGE_WITHOUT_BOUND_S,
        .chain_check = ES_CHECK_TIME_STAMP,
        .time_check = ES_CHECK_TIME_STAMP,
        .revocation_check = ES_CHECK_TIME_STAMP,
    };
    struct es_findings findings;

    es_findings_init(&findings, &check->arena);
    ES_TRY(es_chain_check(check->trust, &request, &findings, check->evidence, err));
    ES_ENSURE(!findings.lost, err, ES_E_NOMEM, "no memory for findings");
    *why = why_chain(&findings);
    return ES_OK;
}

static const step_fn steps[] = {check_imprint, check_time,    check_signature,
                                check_ess,     check_purpose, check_chain};

es_status es_time_stamp_check(struct es_trust *trust, const struct es_time_stamp *stamp,
                              const struct es_span *candidates, size_t candidate_count,
                              int64_t now_s, bool *good, const char **why, struct es_buf *evidence,
                              struct es_error *err)
{
    struct check check = {.trust = trust,
                          .stamp = stamp,
                          .candidates = candidates,
                          .candidate_count = candidate_count,
                          .now_s = now_s,
                          .evidence = evidence};
    es_status status = ES_OK;

    *good = false;
    *why = NULL;
    es_arena_init(&check.arena, FINDINGS_MAX);
    for (size_t i = 0; status == ES_OK && !*why && i < sizeof steps / sizeof *steps; i++)
        status = steps[i](&check, why, err);
    es_arena_clear(&check.arena);
    *good = status == ES_OK && !*why;
    return status;
}
