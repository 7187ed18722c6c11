/*
 * Whom to believe (stages 8, 9, 11, 12): the maker, the chains of maker and signer, the dates and
 * the state of the seal. What rests on an unproved time is skipped, not guessed.
 */
#include "es_state.h"
#include "verify_internal.h"

/* Certificates that came inside a SignedData. */
static void add_extra(const struct verify_one *one, struct es_chain_request *request)
{
    if (one->form != FORM_CMS)
        return;
    request->extra = (const struct es_cert *const *) one->cms->certs;
    request->extra_count = one->cms->cert_count;
}

static struct es_chain_request request_for(const struct verify_one *one, const struct es_cert *cert,
                                           enum es_purpose purpose)
{
    const struct es_policy *policy = one->run->verifier->policy;

    return (struct es_chain_request){
        .cert = cert,
        .purpose = purpose,
        .times = &one->times,
        .revocation_max_age_s = policy->revocation_max_age_s,
        .revocation_after_proof = policy->revocation_after_proof,
        .where = one->where,
    };
}

/* Findings of a chain whose dates cannot be judged keep only what does not rest on time. */
static void join_timeless(struct verify_one *one, const struct es_findings *from,
                          enum es_check keep)
{
    for (const struct es_finding *f = from->first; f != NULL; f = f->next)
        if (f->check == keep)
            es_finding_add2(one->findings, f->check, f->code, f->where, f->value[0], f->value[1]);
    one->findings->lost |= from->lost;
}

static es_status check_signer(struct verify_one *one, struct es_error *err)
{
    struct es_chain_request request;
    struct es_findings found;

    if (one->signer == NULL)
        return ES_OK;
    request = request_for(one, one->signer, ES_PURPOSE_SIGNER);
    request.chain_check = ES_CHECK_SIGNER_CERT_CHAIN;
    request.time_check = ES_CHECK_SIGNER_CERT_TIME;
    request.revocation_check = ES_CHECK_SIGNER_CERT_REVOCATION;
    add_extra(one, &request);
    es_findings_init(&found, &one->run->report->arena);
    ES_TRY(es_chain_check(one->run->verifier->trust, &request, &found, &one->sig->evidence, err));
    verify_ran(one, ES_CHECK_SIGNER_CERT_CHAIN);
    if (!one->sig->value_good) {
        join_timeless(one, &found, ES_CHECK_SIGNER_CERT_CHAIN);
        verify_skipped(one, ES_CHECK_SIGNER_CERT_TIME);
        verify_skipped(one, ES_CHECK_SIGNER_CERT_REVOCATION);
        return ES_OK;
    }
    es_findings_join(one->findings, &found);
    verify_ran(one, ES_CHECK_SIGNER_CERT_TIME);
    verify_ran(one, ES_CHECK_SIGNER_CERT_REVOCATION);
    return ES_OK;
}

/* With no proved time the maker's dates and revocation are judged as of the claim, like the rest,
 * but a bad signature value makes the claim worthless: then the whole check is left out. */
static es_status check_maker(struct verify_one *one, struct es_error *err)
{
    struct es_chain_request request;
    struct es_times making;

    if (one->maker == NULL)
        return ES_OK;
    if (!one->sig->value_good) {
        verify_skipped(one, ES_CHECK_MAKER_TRUSTED);
        verify_skipped(one, ES_CHECK_MAKER_CERT_CHAIN);
        return ES_OK;
    }
    es_seal_check_maker(one->ses->seal, one->maker, one->run->verifier->trust, &one->times,
                        one->where, one->findings);
    verify_ran(one, ES_CHECK_MAKER_TRUSTED);
    ES_TRY(verify_making(one, &making, err));
    request = request_for(one, one->maker, ES_PURPOSE_MAKER);
    request.times = &making;
    request.chain_check = ES_CHECK_MAKER_CERT_CHAIN;
    request.time_check = ES_CHECK_MAKER_CERT_CHAIN;
    request.revocation_check = ES_CHECK_MAKER_CERT_CHAIN;
    ES_TRY(es_chain_check(one->run->verifier->trust, &request, one->findings, &one->sig->evidence,
                          err));
    verify_ran(one, ES_CHECK_MAKER_CERT_CHAIN);
    return ES_OK;
}

static es_status check_state(struct verify_one *one, struct es_error *err)
{
    const struct es_verifier *v = one->run->verifier;
    const struct es_state_rules rules = {.max_age_s = v->policy->state_max_age_s,
                                         .log_only = v->policy->state_by_log,
                                         .at_set = v->at_set};
    struct es_state_facts facts = {0};

    if (v->states == NULL && !v->policy->state_required)
        return ES_OK;
    ES_TRY(es_state_check(v->states, one->ses->seal, v->trust, &one->times, &rules, one->where,
                          &facts, one->findings, err));
    one->sig->state.at_signing = facts.at_signing;
    one->sig->state.known_at_signing = facts.known_at_signing;
    one->sig->state.now = facts.now;
    one->sig->state.since_s = facts.since_s;
    one->sig->state.source = facts.source;
    verify_ran(one, ES_CHECK_SEAL_STATE_AT_SIGNING);
    return ES_OK;
}

es_status verify_trust(struct verify_one *one, struct es_error *err)
{
    ES_TRY(check_signer(one, err));
    if (one->form != FORM_SEAL)
        return ES_OK;
    ES_TRY(check_maker(one, err));
    if (!one->sig->value_good) {
        verify_skipped(one, ES_CHECK_SEAL_VALIDITY_AT_SIGNING);
        verify_skipped(one, ES_CHECK_SEAL_STATE_AT_SIGNING);
        return ES_OK;
    }
    es_seal_check_dates(one->ses->seal, &one->times, one->where, one->findings);
    verify_ran(one, ES_CHECK_SEAL_VALIDITY_AT_SIGNING);
    return check_state(one, err);
}
