/*
 * The state of a seal at signing and now (verification.md 5, 6.6). Of several answers the newest
 * one that can be believed counts; answers that contradict each other's past are told apart.
 *
 *     event            a document sealed before it, proved    before by claim only    after
 *     suspended        good                                   cannot be told          no
 *     cancelled, …     good, with a warning                   cannot be told          no
 *     invalidated      no, wherever its time of effect lies at or before the sealing
 */
#include "es_state.h"
#include "state_internal.h"

#define CHECK ES_CHECK_SEAL_STATE_AT_SIGNING

/* The maker of the seal, or a maker on the list, answers for it. */
static bool may_answer(const struct es_state_answer *answer, const struct es_seal *seal,
                       const struct es_trust *trust)
{
    const struct es_maker_entry *entry;

    if (es_span_equal(answer->signer->der, seal->maker_cert))
        return true;
    entry = es_trust_maker(trust, answer->signer);
    return entry != NULL && !entry->blocked;
}

/* Checked on first use. Two threads may both do it; they find the same. */
static es_status check_signature(struct es_state_answer *answer, bool *good, struct es_error *err)
{
    enum es_sig_answer found = (enum es_sig_answer) atomic_load(&answer->checked);

    if (found == ES_SIG_UNCHECKED) {
        ES_TRY(es_sm2_verify(answer->signer->key, es_buf_span(&answer->text),
                             es_buf_span(&answer->sig), &found, err));
        atomic_store(&answer->checked, (int) found);
    }
    *good = found == ES_SIG_GOOD;
    return ES_OK;
}

static es_status believed(struct es_state_answer *answer, const struct es_seal *seal,
                          const struct es_trust *trust, bool *out, struct es_error *err)
{
    *out = answer->by_log && !answer->refused;
    if (answer->by_log)
        return ES_OK;
    if (!may_answer(answer, seal, trust) || answer->signer->key == NULL ||
        es_pubkey_kind(answer->signer->key) != ES_KEY_SM2)
        return ES_OK;
    return check_signature(answer, out, err);
}

/* Does the longer history begin with the shorter one? When an event was known may differ between
 * the registry and the log. */
static bool agree(const struct es_state_answer *a, const struct es_state_answer *b)
{
    size_t common = a->count < b->count ? a->count : b->count;

    for (size_t i = 0; i < common; i++)
        if (a->events[i].status != b->events[i].status ||
            a->events[i].effective_s != b->events[i].effective_s ||
            (a->by_log == b->by_log && a->events[i].known_s != b->events[i].known_s))
            return false;
    return true;
}

/* Two roots for one size of one log: signed proof of two histories (audit-log.md, 3rd promise). */
static bool is_fork(const struct es_state_answer *a, const struct es_state_answer *b)
{
    return a->by_log && b->by_log && a->log_size == b->log_size &&
           es_span_equal(es_buf_span(&a->origin), es_buf_span(&b->origin)) &&
           !es_log_hash_equal(&a->log_root, &b->log_root);
}

/* Compares with every one before it, also those about other seals. */
static bool forks(const struct es_state_source *source, const struct es_state_answer *answer)
{
    for (const struct es_state_answer *a = source->first; a != NULL; a = a->next)
        if (!a->refused && is_fork(a, answer))
            return true;
    return false;
}

struct choice {
    const struct es_state_answer *best;
    bool any_for_seal;
    bool any_refused;
    bool any_fork;
    bool disagree;
    bool clock_behind; /* a proof that holds is from after now: our clock is wrong */
};

static void consider(struct choice *choice, const struct es_state_answer *a)
{
    if (choice->best != NULL && !agree(choice->best, a))
        choice->disagree = true;
    if (choice->best == NULL || a->answered_s > choice->best->answered_s ||
        (a->answered_s == choice->best->answered_s && a->count > choice->best->count))
        choice->best = a;
}

static es_status choose(const struct es_state_source *source, const struct es_seal *seal,
                        const struct es_trust *trust, int64_t now_s,
                        const struct es_state_rules *rules, struct choice *out,
                        struct es_error *err)
{
    uint8_t key[ES_SM3_LEN];

    *out = (struct choice){0};
    ES_TRY(es_seal_map_key(seal->der, key, err));
    for (struct es_state_answer *a = source->first; a != NULL; a = a->next) {
        bool good = false;

        if (memcmp(a->key, key, sizeof key) != 0 || (rules->log_only && !a->by_log))
            continue;
        out->any_for_seal = true;
        ES_TRY(believed(a, seal, trust, &good, err));
        /* SPEC verification.md 9.6 time-06: a log that signed later than now tells the time. */
        if (good && a->by_log && !rules->at_set && a->answered_s > now_s + 300)
            out->clock_behind = true;
        else if (!good || a->answered_s > now_s + 300) {
            out->any_refused = true;
            continue;
        }
        if (a->by_log && forks(source, a))
            out->any_fork = true;
        consider(out, a);
    }
    return ES_OK;
}

/* State that held at a time, by effect; NULL before the first one. */
static const struct es_state_event *held_at(const struct es_state_answer *a, int64_t at_s)
{
    const struct es_state_event *hit = NULL;

    for (size_t i = 0; i < a->count; i++)
        if (a->events[i].effective_s <= at_s)
            hit = &a->events[i];
    return hit;
}

/* The same by what was known then. */
static const struct es_state_event *known_at(const struct es_state_answer *a, int64_t at_s)
{
    const struct es_state_event *hit = NULL;

    for (size_t i = 0; i < a->count; i++)
        if (a->events[i].known_s <= at_s && a->events[i].effective_s <= at_s)
            hit = &a->events[i];
    return hit;
}

static const char *name_of(const struct es_state_event *event)
{
    return event == NULL ? NULL : es_seal_status_name(event->status);
}

static void warn_state(enum es_code code, const struct es_state_event *event, const char *where,
                       struct es_findings *findings)
{
    char date[ES_TIME_TEXT_MAX];

    es_time_china(event->effective_s, date); /* the day as people there have it */
    date[10] = 0;
    es_finding_add2(findings, CHECK, code, where, es_seal_status_name(event->status), date);
}

static enum es_code at_signing_code(int status)
{
    switch (status) {
    case ES_STATUS_SUSPENDED:
        return ES_V_SEAL_SUSPENDED_AT_SIGNING;
    case ES_STATUS_SUPERSEDED:
        return ES_V_SEAL_SUPERSEDED_AT_SIGNING;
    case ES_STATUS_EXPIRED:
        return ES_V_SEAL_EXPIRED_AT_SIGNING;
    default:
        return ES_V_SEAL_CANCELLED_AT_SIGNING;
    }
}

/* When a suspension begun by event i was lifted; INT64_MAX while it lasts. */
static int64_t resumed_s(const struct es_state_answer *a, size_t i)
{
    for (size_t j = i + 1; j < a->count; j++)
        if (a->events[j].status == ES_STATUS_ACTIVE)
            return a->events[j].effective_s;
    return INT64_MAX;
}

static void judge_suspension(const struct es_state_answer *a, size_t i,
                             const struct es_times *times, const char *where,
                             struct es_findings *findings)
{
    const struct es_state_event *event = &a->events[i];
    int64_t end_s = resumed_s(a, i);

    if (times->claim_s >= end_s || event->effective_s > times->now_s)
        return;
    if (times->claim_s >= event->effective_s)
        warn_state(ES_V_SEAL_SUSPENDED_AT_SIGNING, event, where, findings);
    else if (times->poe_s > event->effective_s)
        warn_state(ES_V_SEAL_STATE_NO_POE, event, where, findings);
    else if (end_s > times->now_s)
        warn_state(ES_V_SEAL_NOW_INVALID, event, where, findings);
}

static void judge_end(const struct es_state_event *event, const struct es_times *times,
                      const char *where, struct es_findings *findings)
{
    switch (es_time_end_rule(times, event->effective_s)) {
    case ES_END_NONE:
        break;
    case ES_END_AFTER_SIGNING:
        warn_state(ES_V_SEAL_NOW_INVALID, event, where, findings);
        break;
    case ES_END_AT_SIGNING:
        warn_state(at_signing_code(event->status), event, where, findings);
        break;
    case ES_END_NO_POE:
        warn_state(ES_V_SEAL_STATE_NO_POE, event, where, findings);
        break;
    }
}

static void judge_event(const struct es_state_answer *a, size_t i, const struct es_times *times,
                        const char *where, struct es_findings *findings)
{
    const struct es_state_event *event = &a->events[i];

    switch (event->status) {
    case ES_STATUS_ACTIVE:
        break;
    case ES_STATUS_SUSPENDED:
        judge_suspension(a, i, times, where, findings);
        break;
    case ES_STATUS_INVALIDATED:
        /* SPEC NAT 30: reaches back to the time it names, known then or not. */
        if (times->claim_s >= event->effective_s)
            warn_state(ES_V_SEAL_INVALIDATED, event, where, findings);
        else
            judge_end(event, times, where, findings);
        break;
    default:
        judge_end(event, times, where, findings);
    }
}

static void judge(const struct es_state_answer *a, const struct es_times *times, const char *where,
                  struct es_state_facts *facts, struct es_findings *findings)
{
    const struct es_state_event *now = held_at(a, times->now_s);

    facts->at_signing = name_of(held_at(a, times->claim_s));
    facts->known_at_signing = name_of(known_at(a, times->claim_s));
    facts->now = name_of(now);
    facts->since_s = now == NULL ? 0 : now->effective_s;
    facts->source = a->by_log ? "log" : "registry";
    if (a->count == 0)
        return;
    if (times->claim_s < a->events[0].effective_s)
        es_finding_add(findings, CHECK, ES_V_SEAL_NOT_ACTIVE_AT_SIGNING, where, NULL);
    for (size_t i = 0; i < a->count; i++)
        judge_event(a, i, times, where, findings);
}

/* What is to be said of the one that counts, before its events are looked at. */
static void judge_source(const struct es_state_answer *best, const struct es_times *times,
                         const struct es_state_rules *rules, const char *where,
                         struct es_findings *findings)
{
    if (times->now_s - best->answered_s > rules->max_age_s)
        es_finding_add(findings, CHECK, ES_V_SEAL_STATE_STALE, where, NULL);
    if (best->short_of_quorum || (rules->log_only && best->unwitnessed))
        es_finding_add(findings, CHECK, ES_V_STATUS_UNWITNESSED, where, NULL);
    if (best->count == 0)
        es_finding_add(findings, CHECK, ES_V_SEAL_STATE_UNKNOWN, where, NULL);
}

es_status es_state_check(const struct es_state_source *source, const struct es_seal *seal,
                         const struct es_trust *trust, const struct es_times *times,
                         const struct es_state_rules *rules, const char *where,
                         struct es_state_facts *facts, struct es_findings *findings,
                         struct es_error *err)
{
    struct es_times now = *times;
    struct choice choice;

    *facts = (struct es_state_facts){0};
    if (source == NULL || source->count == 0) {
        es_finding_add(findings, CHECK, ES_V_SEAL_STATE_UNAVAILABLE, where, NULL);
        return ES_OK;
    }
    ES_TRY(choose(source, seal, trust, times->now_s, rules, &choice, err));
    if (choice.any_refused)
        es_finding_add(findings, CHECK, ES_V_STATUS_PROOF_INVALID, where, NULL);
    if (choice.any_fork)
        es_finding_add(findings, CHECK, ES_V_STATUS_LOG_FORK, where, NULL);
    if (!choice.any_for_seal) /* signed answers are no source where only a log counts */
        es_finding_add(findings, CHECK,
                       rules->log_only ? ES_V_SEAL_STATE_UNAVAILABLE : ES_V_SEAL_STATE_UNKNOWN,
                       where, NULL);
    if (choice.disagree)
        es_finding_add(findings, CHECK, ES_V_STATUS_SOURCES_DISAGREE, where, NULL);
    if (choice.best == NULL)
        return ES_OK;
    if (choice.clock_behind) {
        es_finding_add(findings, CHECK, ES_V_CLOCK_UNRELIABLE, where, NULL);
        now.now_s = choice.best->answered_s > now.now_s ? choice.best->answered_s : now.now_s;
    }
    judge_source(choice.best, &now, rules, where, findings);
    judge(choice.best, &now, where, facts, findings);
    return ES_OK;
}
