/*
 * When a seal was made (GM/T 0031-2025; formats.md 4.4). From that edition on the maker's
 * certificate is judged at createDate, not at the sealing, and a seal can carry a time stamp over
 * its own signature value. createDate is the maker's word: what ended since counts as "after" only
 * if the seal is proved to be older, by its own time stamp or by that of the document.
 */
#include "verify_internal.h"

#define VERSION_2025 5 /* in the signed part; a time stamp alone could be added by anybody */
#define SLACK_S 300    /* clocks of maker and authority may differ by 5 minutes */

static void take_proof(struct es_times *times, int64_t at_s)
{
    if (times->proved && times->poe_s <= at_s)
        return;
    times->poe_s = at_s;
    times->proved = true;
}

/* SPEC GM/T 0031-2025 (formats.md 4.4, step 6): createDate not later than the token's time. */
static es_status check_stamp(struct verify_one *one, struct es_times *times, struct es_error *err)
{
    const struct es_seal *seal = one->ses->seal;
    bool good = false;
    int64_t at_s = 0;

    ES_TRY(
        verify_stamp(one, ES_CHECK_SEAL_SIGNATURE, seal->time_stamp, seal->sig, &good, &at_s, err));
    if (!good)
        return ES_OK;
    if (at_s < seal->created_s - SLACK_S)
        verify_add(one, ES_CHECK_SEAL_SIGNATURE, ES_V_TIME_ORDER_VIOLATION, "createDate");
    else
        take_proof(times, at_s);
    return ES_OK;
}

es_status verify_making(struct verify_one *one, struct es_times *times, struct es_error *err)
{
    const struct es_seal *seal = one->ses->seal;

    *times = one->times;
    if (seal->edition != ES_SEAL_2025 || seal->version != VERSION_2025)
        return ES_OK;
    times->claim_s = seal->created_s;
    if (!times->proved)
        times->poe_s = times->trust_claim ? times->claim_s : times->now_s;
    return seal->time_stamp.len > 0 ? check_stamp(one, times, err) : ES_OK;
}
