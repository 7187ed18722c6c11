/*
 * Judging (verification.md 2): findings and ran flags in, results and outcomes out. Nothing else
 * in the program makes an outcome valid, and here it takes every required check made and passed.
 *
 *     of a check      any I -> fail; any N -> unknown; skipped; ran -> pass; else unknown
 *     of a signature  any I -> invalid; any N -> indeterminate; all required pass -> valid;
 *                     else indeterminate with check_not_run
 *     of a document   worst of its own findings and its signatures: invalid, indeterminate, valid
 */
#include "report_parts.h"

struct effects {
    enum es_effect of_check[ES_CHECK_COUNT];
    enum es_effect worst;
};

static struct effects weigh(const struct es_policy *policy, const struct es_findings *findings)
{
    struct effects effects = {.worst = ES_EFFECT_NOTE};

    for (const struct es_finding *f = findings->first; f != NULL; f = f->next) {
        enum es_effect effect = es_policy_effect(policy, f->code);

        if (effect > effects.of_check[f->check])
            effects.of_check[f->check] = effect;
        if (effect > effects.worst)
            effects.worst = effect;
    }
    return effects;
}

static enum es_result result_of(const struct es_report_signature *sig, enum es_check check,
                                enum es_effect effect)
{
    if (effect == ES_EFFECT_INVALID)
        return ES_RESULT_FAIL;
    if (effect == ES_EFFECT_INDETERMINATE)
        return ES_RESULT_UNKNOWN;
    if (sig->not_applicable[check] && check != ES_CHECK_SIGNATURE)
        return ES_RESULT_UNKNOWN;
    if (sig->skipped[check])
        return ES_RESULT_SKIPPED;
    return sig->ran[check] ? ES_RESULT_PASS : ES_RESULT_UNKNOWN;
}

bool es_report_requires(const struct es_report *report, const struct es_report_signature *sig,
                        enum es_check check)
{
    switch (check) {
    case ES_CHECK_SIGNATURE: /* without it there is nothing to judge */
        return true;
    case ES_CHECK_TIME_STAMP:
    case ES_CHECK_USE_RECORD:
        return false;
    case ES_CHECK_SEAL_STATE_AT_SIGNING:
        return !sig->not_applicable[check] &&
               (report->policy->state_required || sig->state.source != NULL || sig->ran[check]);
    default:
        return !sig->not_applicable[check];
    }
}

static void set_results(const struct es_report *report, struct es_report_signature *sig)
{
    struct effects effects = weigh(report->policy, &sig->findings);

    for (unsigned c = 0; c < ES_CHECK_COUNT; c++)
        sig->results[c] = result_of(sig, (enum es_check) c, effects.of_check[c]);
    if (effects.worst == ES_EFFECT_INVALID)
        sig->outcome = ES_OUTCOME_INVALID;
    else
        sig->outcome = ES_OUTCOME_INDETERMINATE;
    if (effects.worst < ES_EFFECT_INDETERMINATE)
        sig->outcome = ES_OUTCOME_VALID; /* until a required check is found missing */
}

static void say_not_run(struct es_findings *findings, enum es_check check, const char *where,
                        const char *what)
{
    es_finding_add(findings, check, ES_V_CHECK_NOT_RUN, where, what);
}

static void require_checks(const struct es_report *report, struct es_report_signature *sig)
{
    bool missing = false;

    for (unsigned i = 0; i < ES_CHECK_COUNT; i++) {
        enum es_check check = (enum es_check) i;

        if (!es_report_requires(report, sig, check) || sig->results[check] == ES_RESULT_PASS)
            continue;
        say_not_run(&sig->findings, check, sig->where, es_check_name(check));
        sig->results[check] = ES_RESULT_UNKNOWN;
        missing = true;
    }
    if (missing)
        sig->outcome = ES_OUTCOME_INDETERMINATE;
}

/* Same evidence in whatever order it was used, each digest once. */
static int compare_digests(const void *a, const void *b)
{
    return memcmp(a, b, ES_SM3_LEN);
}

static void sort_evidence(struct es_buf *evidence)
{
    size_t count = evidence->len / ES_SM3_LEN;
    size_t kept = 0;

    if (count == 0)
        return;
    qsort(evidence->ptr, count, ES_SM3_LEN, compare_digests);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *digest = evidence->ptr + i * ES_SM3_LEN;

        if (kept > 0 && memcmp(digest, evidence->ptr + (kept - 1) * ES_SM3_LEN, ES_SM3_LEN) == 0)
            continue;
        memmove(evidence->ptr + kept++ * ES_SM3_LEN, digest, ES_SM3_LEN);
    }
    evidence->len = kept * ES_SM3_LEN;
}

static void judge_signature(const struct es_report *report, struct es_report_signature *sig)
{
    sort_evidence(&sig->evidence);
    set_results(report, sig);
    if (sig->outcome != ES_OUTCOME_VALID)
        return;
    require_checks(report, sig);
    if (sig->outcome == ES_OUTCOME_VALID && !report->complete) {
        say_not_run(&sig->findings, ES_CHECK_FORMAT, sig->where, "run");
        sig->results[ES_CHECK_FORMAT] = ES_RESULT_UNKNOWN;
        sig->outcome = ES_OUTCOME_INDETERMINATE;
    }
}

static enum es_outcome worse(enum es_outcome a, enum es_outcome b)
{
    static const int rank[] = {
        [ES_OUTCOME_UNKNOWN] = 1, /* never sent: counts as indeterminate */
        [ES_OUTCOME_VALID] = 0,
        [ES_OUTCOME_INDETERMINATE] = 1,
        [ES_OUTCOME_INVALID] = 2,
    };

    return rank[a] >= rank[b] ? a : b;
}

static enum es_outcome outcome_of(enum es_effect worst)
{
    if (worst == ES_EFFECT_INVALID)
        return ES_OUTCOME_INVALID;
    return worst == ES_EFFECT_INDETERMINATE ? ES_OUTCOME_INDETERMINATE : ES_OUTCOME_VALID;
}

/* A container that could not be read may well hold signatures: that there is none is not known. */
static void say_no_signature(struct es_report *report)
{
    struct effects effects = weigh(report->policy, &report->findings);

    if (report->signature_count == 0 && report->complete &&
        effects.of_check[ES_CHECK_FORMAT] < ES_EFFECT_INDETERMINATE)
        es_finding_add(&report->findings, ES_CHECK_PRESENTATION, ES_V_NO_SIGNATURE, NULL, NULL);
}

static bool any_lost(const struct es_report *report)
{
    bool lost = report->findings.lost;

    for (const struct es_report_signature *s = report->first; s != NULL; s = s->next)
        lost = lost || s->findings.lost || s->evidence.failed != ES_OK;
    return lost;
}

static void all_indeterminate(struct es_report *report)
{
    report->outcome = ES_OUTCOME_INDETERMINATE;
    for (struct es_report_signature *s = report->first; s != NULL; s = s->next)
        s->outcome = ES_OUTCOME_INDETERMINATE;
}

es_status es_report_judge(struct es_report *report, struct es_error *err)
{
    say_no_signature(report);
    if (!report->complete)
        say_not_run(&report->findings, ES_CHECK_FORMAT, NULL, "run");
    report->outcome = outcome_of(weigh(report->policy, &report->findings).worst);
    if (report->signature_count == 0 || !report->complete)
        report->outcome = worse(report->outcome, ES_OUTCOME_INDETERMINATE);
    for (struct es_report_signature *s = report->first; s != NULL; s = s->next) {
        judge_signature(report, s);
        report->outcome = worse(report->outcome, s->outcome);
    }
    if (any_lost(report)) {
        all_indeterminate(report);
        say_not_run(&report->findings, ES_CHECK_FORMAT, NULL, "run");
        return es_error_set(err, ES_E_NOMEM, "out of memory while verifying");
    }
    return ES_OK;
}

int es_report_exit(const struct es_report *report)
{
    switch (report->outcome) {
    case ES_OUTCOME_VALID:
        return 0;
    case ES_OUTCOME_INVALID:
        return 1;
    default:
        return 2;
    }
}
