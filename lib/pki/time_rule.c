/*
 * The rule of ends (verification.md 5): what it means that something ended at E.
 *
 *     E later than now and than the claim    nothing has ended
 *     T_poe <= E                             sealed before, and that is known
 *     T_claim >= E                           sealed after by the signer's own word
 *     T_claim < E < T_poe                    cannot be told
 *
 * Without proof T_poe is now, or the claim where the policy trusts it; then a claim at E itself
 * counts as after, because nothing but the signer says otherwise.
 */
#include "es_pki.h"

enum es_end_rule es_time_end_rule(const struct es_times *times, int64_t end_s)
{
    int64_t poe_s = times->poe_s;

    if (end_s > times->now_s && end_s > times->claim_s)
        return ES_END_NONE;
    if (!times->proved) {
        if (times->claim_s >= end_s)
            return ES_END_AT_SIGNING;
        if (times->trust_claim)
            poe_s = times->claim_s;
    }
    if (poe_s <= end_s)
        return ES_END_AFTER_SIGNING;
    return times->claim_s >= end_s ? ES_END_AT_SIGNING : ES_END_NO_POE;
}
