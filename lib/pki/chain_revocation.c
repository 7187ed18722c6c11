/*
 * Revocation of every certificate of a chain below its anchor (verification.md 5). What counts is
 * the newest word of the right source; it must be fresh, but an old "revoked" is still revoked.
 *
 *     no data                                       revocation_unavailable
 *     data, none of the right source                revocation_untrusted
 *     too old, or past its own nextUpdate           revocation_stale
 *     revoked, certificate asked about              rule of ends: _at_signing, _after_, _no_poe
 *     revoked, issuer, sealed before with proof     cert_revoked_after_signing
 *     revoked, issuer, otherwise                    ca_revoked_no_poe
 */
#include "chain.h"

/* SPEC verification.md 3: under strict the data must be newer than the proved time, and then is as
 * good years later as on its first day; in the other policies it may have a certain age. */
static bool is_stale(const struct es_chain_request *request, const struct revocation *data)
{
    const struct es_times *times = request->times;

    if (request->revocation_after_proof && times->proved)
        return data->this_s < times->poe_s;
    if (data->has_next && data->next_s < times->now_s)
        return true;
    return data->this_s < times->now_s &&
           times->now_s - data->this_s > request->revocation_max_age_s;
}

static enum es_code revoked_code(const struct es_times *times, int64_t end_s, bool issuer)
{
    enum es_end_rule rule = es_time_end_rule(times, end_s);

    if (rule == ES_END_NONE)
        return ES_V_NONE;
    if (issuer)
        return rule == ES_END_AFTER_SIGNING && times->proved ? ES_V_CERT_REVOKED_AFTER_SIGNING
                                                             : ES_V_CA_REVOKED_NO_POE;
    switch (rule) {
    case ES_END_AT_SIGNING:
        return ES_V_CERT_REVOKED_AT_SIGNING;
    case ES_END_AFTER_SIGNING:
        return ES_V_CERT_REVOKED_AFTER_SIGNING;
    case ES_END_NO_POE:
    case ES_END_NONE:
    default:
        return ES_V_CERT_REVOKED_NO_POE;
    }
}

static void judge(const struct es_chain_request *request, const struct revocation *data,
                  bool issuer, const char *where, struct es_findings *findings)
{
    enum es_check check = request->revocation_check;
    enum es_code code;

    if (!data->found) {
        es_finding_add(findings, check,
                       data->untrusted ? ES_V_REVOCATION_UNTRUSTED : ES_V_REVOCATION_UNAVAILABLE,
                       where, NULL);
        return;
    }
    if ((!data->revoked || data->hold) && is_stale(request, data))
        es_finding_add(findings, check, ES_V_REVOCATION_STALE, where, NULL);
    if (!data->revoked)
        return;
    code = revoked_code(request->times, data->time_s, issuer);
    if (code != ES_V_NONE)
        es_finding_add(findings, check, code, where, NULL);
}

es_status chain_revocation(struct es_trust *trust, const struct es_chain_request *request,
                           const struct chain *chain, struct es_findings *findings,
                           struct es_buf *evidence, struct es_error *err)
{
    size_t below = chain->end == CHAIN_ANCHORED ? chain->len - 1 : chain->len;

    for (size_t i = 0; i < below; i++) {
        ES_AUTO(es_buf) where = ES_BUF_INIT(1024);
        struct revocation data = {0};

        if (i + 1 < chain->len) /* else the issuer is not known, and so no source is */
            ES_TRY(revocation_find(trust, chain->path[i], chain->path[i + 1], request->times->now_s,
                                   &data, err));
        if (data.found && evidence)
            es_buf_put(evidence, data.sm3, ES_SM3_LEN);
        judge(request, &data, i > 0, chain_where(request, chain, i, &where), findings);
    }
    return ES_OK;
}
