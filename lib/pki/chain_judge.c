/*
 * What is wrong with a chain, apart from revocation: its end, the form, keys and algorithms of its
 * certificates, what issuers may do, what the certificate itself may be used for, and the dates.
 * Every rule that fails is told, with the name of the certificate it fails for.
 */
#include "chain.h"

#include <string.h>

struct judge {
    const struct es_chain_request *request;
    const struct chain *chain;
    struct es_findings *findings;
    const char *where; /* of the certificate being judged */
};

static void tell(struct judge *j, enum es_code code, const char *value)
{
    es_finding_add(j->findings, j->request->chain_check, code, j->where, value);
}

const char *chain_where(const struct es_chain_request *request, const struct chain *chain, size_t i,
                        struct es_buf *out)
{
    const char *text;

    if (i == 0)
        return request->where;
    if (request->where && *request->where)
        es_buf_printf(out, "%s: ", request->where);
    es_name_put(out, chain->path[i]->subject);
    text = es_buf_cstr(out);
    return text ? text : request->where;
}

/* ---- keys and algorithms ---- */

static struct es_span key_params(const struct es_cert *cert, struct es_span *oid)
{
    struct es_span in = cert->spki, body, alg = {0};

    *oid = (struct es_span){0};
    if (es_der_get(&in, ES_DER_SEQUENCE, &body, NULL) != ES_OK ||
        es_der_get(&body, ES_DER_SEQUENCE, &alg, NULL) != ES_OK ||
        es_der_get_oid(&alg, oid, NULL) != ES_OK)
        return (struct es_span){0};
    return alg;
}

/* The algorithm, or the curve where that is what is not known. */
static void tell_unsupported(struct judge *j, const struct es_cert *cert)
{
    char text[128];
    struct es_span oid, curve, params = key_params(cert, &oid);

    if (es_der_get_oid(&params, &curve, NULL) == ES_OK)
        oid = curve;
    es_oid_text(oid, text, sizeof text);
    tell(j, ES_V_ALGORITHM_UNSUPPORTED, text);
}

/* A point that is not on the SM2 curve: perhaps it is one of P-256 under the wrong number. */
static bool is_p256_point(const struct es_cert *cert)
{
    ES_AUTO(es_buf) spki = ES_BUF_INIT(256);
    ES_AUTO_PTR(es_pubkey) key = NULL;
    struct es_span bits;
    size_t outer, alg;

    if (cert_key_bits(cert, &bits, NULL) != ES_OK)
        return false;
    outer = es_der_begin(&spki, ES_DER_SEQUENCE);
    alg = es_der_begin(&spki, ES_DER_SEQUENCE);
    es_der_put_oid(&spki, "1.2.840.10045.2.1");
    es_der_put_oid(&spki, "1.2.840.10045.3.1.7");
    es_der_end(&spki, alg);
    es_der_put_bits(&spki, bits);
    es_der_end(&spki, outer);
    return es_buf_check(&spki, NULL) == ES_OK &&
           es_pubkey_spki(es_buf_span(&spki), &key, NULL, NULL) == ES_OK;
}

static void judge_strength(struct judge *j, const struct es_pubkey *key)
{
    enum es_key_kind kind = es_pubkey_kind(key);
    unsigned bits = es_pubkey_bits(key);
    char name[32];

    if (kind == ES_KEY_SM2)
        return;
    (void) snprintf(name, sizeof name, "%s-%u", kind == ES_KEY_RSA ? "RSA" : "EC", bits);
    tell(j,
         bits < (kind == ES_KEY_RSA ? 2048 : 224) ? ES_V_SIGNATURE_ALGORITHM_WEAK
                                                  : ES_V_ALGORITHM_NOT_APPROVED,
         name);
}

static void judge_key(struct judge *j, const struct es_cert *cert)
{
    if (cert->curve_deviates)
        tell(j, ES_V_FORM_DEVIATION, "curve-OID");
    switch (cert->key_status) {
    case ES_OK:
        judge_strength(j, cert->key);
        break;
    case ES_E_CERT:
        tell(j, ES_V_CERT_EXPLICIT_CURVE, NULL);
        break;
    case ES_E_RANGE:
        tell(j, ES_V_PUBLIC_KEY_INVALID, NULL);
        if (is_p256_point(cert))
            tell(j, ES_V_ALGORITHM_MISMATCH, NULL);
        break;
    default:
        tell_unsupported(j, cert);
        break;
    }
}

static void judge_link(struct judge *j, const struct es_cert *cert, const struct link_answer *link)
{
    if (cert->alg_mismatch)
        tell(j, ES_V_ALGORITHM_MISMATCH, NULL);
    if (link->weak && es_digest_by_name(es_span_str(link->weak)) != ES_DIGEST_NONE)
        tell(j, ES_V_DIGEST_WEAK, link->weak);
}

/* ---- what a certificate may do ---- */

/* Issuers between path[i] and path[0] that are not merely new keys under the same name. */
static uint32_t issuers_below(const struct chain *chain, size_t i)
{
    uint32_t count = 0;

    for (size_t k = 1; k < i; k++)
        if (!es_name_equal(chain->path[k]->issuer, chain->path[k]->subject))
            count++;
    return count;
}

/* The anchor, or a root that would be one if it were listed. */
static bool is_top(const struct chain *chain, size_t i)
{
    return i + 1 == chain->len &&
           (chain->end == CHAIN_ANCHORED || (i > 0 && chain->end == CHAIN_UNTRUSTED));
}

/* SPEC RFC 5280 6.1.4 k to o. A root is taken as it stands: only that it is no end entity's
 * certificate, and its path length, are kept to. Name constraints are not read, so a certificate
 * that states some cannot be followed. */
bool chain_breaks_constraint(const struct chain *chain, size_t i)
{
    const struct es_cert *cert = chain->path[i];

    if (cert->has_path_len && issuers_below(chain, i) > cert->path_len)
        return true;
    if (is_top(chain, i))
        return cert->has_basic && !cert->is_ca;
    return !cert->has_basic || !cert->is_ca || cert->has_name_constraints ||
           (cert->has_usage && !(cert->usage & ES_USAGE_CERT_SIGN));
}

/* SPEC verification.md 9.5 cert-04, formats.md 2.2: one of both bits, whatever else is set. */
static bool usage_allows(const struct es_cert *cert, enum es_purpose purpose)
{
    if (cert->has_usage && !(cert->usage & (ES_USAGE_DIGITAL_SIGNATURE | ES_USAGE_NON_REPUDIATION)))
        return false;
    /* SPEC RFC 5280 4.2.1.12: a certificate for time stamps or OCSP answers alone signs nothing
     * else. Makers are listed one by one; a real one (Koal) states timeStamping. */
    if (purpose == ES_PURPOSE_SIGNER)
        return !cert->has_eku || cert->eku_other ||
               (!cert->eku_time_stamping && !cert->eku_ocsp_signing);
    if (purpose != ES_PURPOSE_TSA)
        return true;
    /* SPEC RFC 3161 2.3: exactly one key purpose, timeStamping, and critical. */
    return cert->has_eku && cert->eku_critical && cert->eku_time_stamping && !cert->eku_other &&
           !cert->eku_ocsp_signing;
}

static void judge_use(struct judge *j, size_t i)
{
    const struct es_cert *cert = j->chain->path[i];

    if (i == 0 && !usage_allows(cert, j->request->purpose))
        tell(j, ES_V_CERT_KEY_USAGE, NULL);
    if ((cert->unknown_critical && !is_top(j->chain, i)) ||
        (i > 0 && chain_breaks_constraint(j->chain, i)))
        tell(j, ES_V_CERT_CONSTRAINTS, NULL);
}

/* ---- dates ---- */

static enum es_code date_code(const struct es_cert *cert, const struct es_times *times)
{
    if (times->claim_s < cert->not_before_s)
        return ES_V_CERT_NOT_YET_VALID_AT_SIGNING;
    switch (es_time_end_rule(times, cert->not_after_s)) {
    case ES_END_AT_SIGNING:
        return ES_V_CERT_EXPIRED_AT_SIGNING;
    case ES_END_AFTER_SIGNING:
        return ES_V_CERT_EXPIRED_AFTER_SIGNING;
    case ES_END_NO_POE:
        return ES_V_CERT_EXPIRED_NO_POE;
    case ES_END_NONE:
    default:
        return ES_V_NONE;
    }
}

static void judge_dates(struct judge *j, const struct es_cert *cert)
{
    enum es_code code = date_code(cert, j->request->times);

    if (code != ES_V_NONE)
        es_finding_add(j->findings, j->request->time_check, code, j->where, NULL);
}

unsigned chain_flaws(const struct chain *chain, const struct es_times *times)
{
    struct chain anchored = *chain;
    unsigned flaws = 0;

    anchored.end = CHAIN_ANCHORED;
    for (size_t i = 1; i < chain->len; i++) {
        const struct es_cert *cert = chain->path[i];
        enum es_code code = date_code(cert, times);

        flaws += chain_breaks_constraint(&anchored, i);
        flaws += (cert->unknown_critical && i + 1 < chain->len) || cert->alg_mismatch;
        flaws += code != ES_V_NONE && code != ES_V_CERT_EXPIRED_AFTER_SIGNING;
    }
    return flaws;
}

/* ---- all of it ---- */

static void tell_end(struct judge *j)
{
    static const enum es_code codes[] = {
        [CHAIN_ANCHORED] = ES_V_NONE,
        [CHAIN_INCOMPLETE] = ES_V_CERT_CHAIN_INCOMPLETE,
        [CHAIN_UNTRUSTED] = ES_V_CERT_ROOT_UNTRUSTED,
        [CHAIN_BAD_VALUE] = ES_V_CERT_SIGNATURE_INVALID,
        [CHAIN_MISMATCH] = ES_V_ALGORITHM_MISMATCH,
        [CHAIN_UNSUPPORTED] = ES_V_ALGORITHM_UNSUPPORTED,
        [CHAIN_NO_KEY] = ES_V_CERT_CHAIN_INCOMPLETE,
    };
    const struct es_cert *last = j->chain->path[j->chain->len - 1];
    char oid[128];

    if (j->chain->limit) {
        tell(j, ES_V_LIMIT_EXCEEDED, "certificates tried");
        return;
    }
    if (j->chain->end == CHAIN_NO_KEY)
        judge_key(j, j->chain->bad_issuer);
    if (j->chain->end == CHAIN_UNSUPPORTED) {
        es_oid_text(last->sig_alg, oid, sizeof oid);
        tell(j, ES_V_ALGORITHM_UNSUPPORTED, oid);
    } else if (j->chain->end != CHAIN_ANCHORED) {
        tell(j, codes[j->chain->end], NULL);
    }
}

void chain_judge(const struct es_chain_request *request, const struct chain *chain,
                 struct es_findings *findings)
{
    struct judge j = {.request = request, .chain = chain, .findings = findings};

    for (size_t i = 0; i < chain->len; i++) {
        ES_AUTO(es_buf) where = ES_BUF_INIT(1024);

        j.where = chain_where(request, chain, i, &where);
        judge_key(&j, chain->path[i]);
        if (i + 1 < chain->len)
            judge_link(&j, chain->path[i], &chain->links[i]);
        judge_use(&j, i);
        judge_dates(&j, chain->path[i]);
        if (i + 1 == chain->len)
            tell_end(&j);
    }
}
