/*
 * The time of sealing (verification.md 5): what is claimed, what a time stamp proves, and whether
 * both agree. The rules for certificates, seal dates and states use one->times afterwards.
 */
#include "verify_internal.h"

#define VALUE_BYTES_MAX (ES_SEAL_DER_MAX + 16)
#define SLACK_S 300 /* clocks of signer, authority and verifier may differ by 5 minutes */

static struct es_span token_of(const struct verify_one *one)
{
    if (one->form == FORM_SEAL)
        return one->ses->time_stamp;
    return one->form == FORM_CMS ? one->cms->time_stamp : es_span_of(NULL, 0);
}

static struct es_span value_of(const struct verify_one *one)
{
    return one->form == FORM_SEAL ? one->ses->sig : one->cms->sig;
}

static void take_proof(struct verify_one *one, int64_t at_s)
{
    one->times.poe_s = at_s;
    one->times.proved = true;
    one->sig->has_proof = true;
    one->sig->proof_s = at_s;
    one->sig->proof_by = "time-stamp";
}

/*
 * SPEC verification.md 5, 9.6 time-06: a stamp that holds but lies ahead of our clock tells that
 * our clock is wrong. Then it is at least as late as the stamp says. Who asks for a past time
 * (--at) has no wrong clock: as of that time the stamp was not there.
 */
static void take_clock(struct verify_one *one, enum es_check check, int64_t at_s)
{
    if (at_s <= one->times.now_s + SLACK_S)
        return;
    verify_add(one, check, ES_V_CLOCK_UNRELIABLE, NULL);
    one->times.now_s = at_s;
}

static int64_t latest_now(const struct verify_one *one, const struct es_time_stamp *stamp)
{
    int64_t now_s = one->run->now_s;

    if (one->run->verifier->at_set || stamp->gen_time_s < now_s)
        return now_s;
    return stamp->gen_time_s;
}

/* SPEC formats.md 10.1: imprint of the value's octets; two variants of seal products accepted. */
static es_status judge_stamp(struct verify_one *one, const struct es_time_stamp *stamp,
                             struct es_span value, const char **why, struct es_error *err)
{
    ES_AUTO(es_buf) with_bits = ES_BUF_INIT(VALUE_BYTES_MAX);
    ES_AUTO(es_buf) tlv = ES_BUF_INIT(VALUE_BYTES_MAX);
    struct es_span candidates[3];
    bool good = false;

    es_der_put_bits(&tlv, value);
    es_buf_put_byte(&with_bits, 0);
    es_buf_put_span(&with_bits, value);
    ES_TRY(es_buf_check(&tlv, err));
    ES_TRY(es_buf_check(&with_bits, err));
    candidates[0] = value;
    candidates[1] = es_buf_span(&tlv);
    candidates[2] = es_buf_span(&with_bits);
    return es_time_stamp_check(one->run->verifier->trust, stamp, candidates, 3,
                               latest_now(one, stamp), &good, why, &one->sig->evidence, err);
}

es_status verify_stamp(struct verify_one *one, enum es_check check, struct es_span token,
                       struct es_span value, bool *good, int64_t *at_s, struct es_error *err)
{
    ES_AUTO_PTR(es_time_stamp) stamp = NULL;
    const char *why = "does not decode";
    es_status status = es_time_stamp_decode(token, &stamp, err);

    if (status == ES_E_NOMEM || status == ES_E_CRYPTO)
        return status;
    if (status == ES_OK)
        ES_TRY(judge_stamp(one, stamp, value, &why, err));
    *good = why == NULL;
    if (!*good) {
        verify_add(one, check, ES_V_TIME_STAMP_IGNORED, why);
        return ES_OK;
    }
    *at_s = stamp->gen_time_s;
    take_clock(one, check, stamp->gen_time_s);
    return ES_OK;
}

static es_status check_stamp(struct verify_one *one, struct es_error *err)
{
    struct es_span token = token_of(one);
    bool good = false;
    int64_t at_s = 0;

    if (token.len == 0)
        return ES_OK;
    ES_TRY(verify_stamp(one, ES_CHECK_TIME_STAMP, token, value_of(one), &good, &at_s, err));
    if (good)
        take_proof(one, at_s);
    verify_ran(one, ES_CHECK_TIME_STAMP);
    return ES_OK;
}

static void take_claim(struct verify_one *one)
{
    if (one->form == FORM_SEAL) {
        one->sig->has_claim = one->ses->has_time;
        one->sig->claim_s = one->ses->time_s;
    } else if (one->form == FORM_CMS) {
        one->sig->has_claim = one->cms->has_time;
        one->sig->claim_s = one->cms->signing_time_s;
    }
}

static void check_order(struct verify_one *one)
{
    const struct es_times *t = &one->times;

    if (t->claim_s > t->now_s + SLACK_S)
        verify_add(one, ES_CHECK_SIGNATURE, ES_V_TIME_IN_FUTURE, NULL);
    if (!t->proved)
        return;
    if (t->poe_s < t->claim_s - SLACK_S)
        verify_add(one, ES_CHECK_TIME_STAMP, ES_V_TIME_ORDER_VIOLATION, NULL);
    if (t->poe_s - t->claim_s > one->run->verifier->policy->conflict_s)
        verify_add(one, ES_CHECK_TIME_STAMP, ES_V_TIME_CONFLICT, NULL);
}

/*
 * Without any claimed time the signer may have signed whenever the certificate was good: its
 * begin is taken, so that an end in between "cannot be told" and nothing reads as proved.
 */
static void assume_claim(struct verify_one *one)
{
    struct es_times *t = &one->times;

    if (t->proved)
        t->claim_s = t->poe_s;
    else if (one->signer != NULL && one->signer->not_before_s < t->now_s)
        t->claim_s = one->signer->not_before_s;
}

es_status verify_time(struct verify_one *one, struct es_error *err)
{
    const struct es_policy *policy = one->run->verifier->policy;
    struct es_times *t = &one->times;

    take_claim(one);
    *t = (struct es_times){.now_s = one->run->now_s,
                           .claim_s = one->run->now_s,
                           .poe_s = one->run->now_s,
                           .trust_claim = policy->time_trust == ES_TIME_CLAIMED};
    if (one->sig->has_claim)
        t->claim_s = one->sig->claim_s;
    if (!one->sig->value_good) {
        verify_skipped(one, ES_CHECK_TIME_STAMP);
        return ES_OK;
    }
    ES_TRY(check_stamp(one, err));
    if (!one->sig->has_claim)
        assume_claim(one);
    else if (!t->proved && t->trust_claim)
        t->poe_s = t->claim_s;
    if (!t->proved)
        verify_add(one, ES_CHECK_SIGNATURE, ES_V_TIME_CLAIMED_ONLY, NULL);
    check_order(one);
    return ES_OK;
}
