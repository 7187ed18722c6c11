/*
 * CRLs and OCSP answers, alone and in a check of a chain. Property: data that nobody's key signed
 * never settles the state of a certificate: the signer below is "revocation_unavailable" or
 * "revocation_untrusted", whatever the bytes say, and so is the digest of the trust covered.
 */
#include "es_pki.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Issuer C=CN, CN=i with the SM2 point of key 2; signer 07 in its name. Made once a run. */
static struct es_cert *make(struct es_key *key, const struct es_cert *issuer, enum es_cert_use use,
                            uint8_t serial)
{
    const struct es_cert_template tpl = {.common_name = issuer ? "s" : "i",
                                         .country = "CN",
                                         .serial = es_span_of(&serial, 1),
                                         .not_after_s = 4000000000,
                                         .use = use};
    ES_AUTO(es_buf) der = ES_BUF_INIT(1 << 16);
    struct es_cert *cert = NULL;

    if (es_cert_issue(&tpl, es_key_public(key), issuer, key, &der, NULL) != ES_OK ||
        es_cert_decode(es_buf_span(&der), &cert, NULL) != ES_OK)
        abort();
    return cert;
}

static void judge(struct es_trust *trust, const struct es_cert *signer)
{
    const struct es_times times = {.now_s = 1767225600, .claim_s = 1767225600, .poe_s = 1767225600};
    const struct es_chain_request request = {
        .cert = signer, .times = &times, .revocation_max_age_s = INT64_MAX, .where = ""};
    struct es_findings findings;
    ES_AUTO(es_arena) arena;

    es_arena_init(&arena, 0);
    es_findings_init(&findings, &arena);
    if (es_chain_check(trust, &request, &findings, NULL, NULL) != ES_OK)
        abort();
    if (!es_findings_have(&findings, ES_V_REVOCATION_UNAVAILABLE) &&
        !es_findings_have(&findings, ES_V_REVOCATION_UNTRUSTED))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct es_key *key;
    static struct es_cert *issuer, *signer;
    static const uint8_t number[32] = {[31] = 2};
    ES_AUTO_PTR(es_trust) trust = NULL;
    uint8_t before[ES_SM3_LEN], after[ES_SM3_LEN];
    bool added;

    if (!signer) {
        if (es_key_from_number(number, &key, NULL) != ES_OK)
            abort();
        issuer = make(key, NULL, ES_CERT_ROOT, 1);
        signer = make(key, issuer, ES_CERT_SIGNER, 7);
    }
    if (es_trust_new(&trust, NULL) != ES_OK ||
        es_trust_add_cert(trust, ES_TRUST_ROOT, issuer, NULL) != ES_OK)
        abort();
    es_trust_digest(trust, before);
    added = es_trust_add_crl(trust, es_span_of(data, size), NULL) == ES_OK;
    added |= es_trust_add_ocsp(trust, es_span_of(data, size), NULL) == ES_OK;
    es_trust_digest(trust, after);
    if (added != (memcmp(before, after, ES_SM3_LEN) != 0))
        abort();
    if (added)
        judge(trust, signer);
    return 0;
}
