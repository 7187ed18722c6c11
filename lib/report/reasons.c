/*
 * The four facts, the leading reason and the advice: what a person needs of many findings.
 */
#include "report_parts.h"

#define BIT(check) (1U << ES_CHECK_##check)

/* Every check counts in exactly one fact, so that no failure hides behind four ticks. */
static const unsigned fact_checks[ES_FACT_COUNT] = {
    [ES_FACT_UNCHANGED] = BIT(FORMAT) | BIT(PROTECTION_RANGE) | BIT(DOCUMENT_INTEGRITY) |
                          BIT(SIGNATURE),
    [ES_FACT_SEAL] = BIT(SEAL_SIGNATURE) | BIT(MAKER_TRUSTED) | BIT(MAKER_CERT_CHAIN) |
                     BIT(PRESENTATION),
    [ES_FACT_SIGNER] = BIT(SIGNER_IN_SEAL) | BIT(SIGNER_CERT_CHAIN) | BIT(SIGNER_CERT_REVOCATION) |
                       BIT(USE_RECORD),
    [ES_FACT_IN_FORCE] = BIT(SIGNER_CERT_TIME) | BIT(TIME_STAMP) | BIT(SEAL_VALIDITY_AT_SIGNING) |
                         BIT(SEAL_STATE_AT_SIGNING),
};

static bool doubted(const struct es_report *report, const struct es_report_signature *sig,
                    enum es_check check)
{
    for (const struct es_finding *f = sig->findings.first; f != NULL; f = f->next) {
        if (f->check == check &&
            es_policy_effect(report->policy, f->code) >= ES_EFFECT_INDETERMINATE)
            return true;
    }
    return false;
}

/*
 * What shows the contrary. A wrong signature value does not mean that the pages were changed, nor
 * an expired certificate that the seal is forged: those leave the fact unproved.
 */
static const enum es_code denying[] = {
    ES_V_DIGEST_MISMATCH,         ES_V_DATA_HASH_MISMATCH,     ES_V_RANGE_LATER_CHANGE,
    ES_V_RANGE_ENTRY_MISSING,     ES_V_PDF_UPDATE_FORBIDDEN,   ES_V_PAGE_COUNT_CHANGED,
    ES_V_COPY_NO_EFFECT,          ES_V_SEAL_SIGNATURE_INVALID, ES_V_SEAL_COPY_MISMATCH,
    ES_V_MAKER_BLOCKED,           ES_V_MAKER_OUT_OF_SCOPE,     ES_V_SEAL_PICTURE_INVALID,
    ES_V_CERT_REVOKED_AT_SIGNING, ES_V_STAMP_IMAGE_MISMATCH,   ES_V_CERT_SIGNATURE_INVALID,
};

static bool denies(enum es_fact fact, const struct es_finding *f)
{
    if (fact != ES_FACT_UNCHANGED && fact != ES_FACT_SEAL)
        return true;
    for (size_t i = 0; i < sizeof denying / sizeof denying[0]; i++)
        if (denying[i] == f->code)
            return true;
    return false;
}

static enum es_answer failed(const struct es_report *report, const struct es_report_signature *sig,
                             enum es_fact fact)
{
    for (const struct es_finding *f = sig->findings.first; f != NULL; f = f->next) {
        if ((fact_checks[fact] & (1U << (unsigned) f->check)) != 0 && denies(fact, f) &&
            es_policy_effect(report->policy, f->code) == ES_EFFECT_INVALID)
            return ES_ANSWER_NO;
    }
    return ES_ANSWER_UNPROVED;
}

enum es_answer es_report_fact(const struct es_report *report, const struct es_report_signature *sig,
                              enum es_fact fact)
{
    enum es_answer answer = ES_ANSWER_NONE;

    for (unsigned i = 0; i < ES_CHECK_COUNT; i++) {
        enum es_check check = (enum es_check) i;

        if ((fact_checks[fact] & (1U << i)) == 0)
            continue;
        if (sig->results[check] == ES_RESULT_FAIL)
            return failed(report, sig, fact);
        if (sig->results[check] == ES_RESULT_PASS && answer == ES_ANSWER_NONE)
            answer = ES_ANSWER_YES;
        if (sig->results[check] != ES_RESULT_PASS &&
            (es_report_requires(report, sig, check) || doubted(report, sig, check)))
            answer = ES_ANSWER_UNKNOWN;
    }
    return answer;
}

enum es_fact es_report_fact_of(enum es_check check)
{
    unsigned fact = 0;

    while (fact + 1 < ES_FACT_COUNT && (fact_checks[fact] & (1U << (unsigned) check)) == 0)
        fact++;
    return (enum es_fact) fact;
}

const char *es_report_fact_label(enum es_fact fact, bool zh)
{
    static const char *const labels[ES_FACT_COUNT][2] = {
        [ES_FACT_UNCHANGED] = {"file unchanged", "文件未被改动"},
        [ES_FACT_SEAL] = {"seal genuine", "印章真实"},
        [ES_FACT_SIGNER] = {"signer trusted", "签章人可信"},
        [ES_FACT_IN_FORCE] = {"in force when sealed", "盖章时有效"},
    };

    return labels[fact][zh];
}

const char *es_report_answer_text(enum es_answer answer, bool zh)
{
    static const char *const texts[][2] = {
        [ES_ANSWER_NONE] = {"does not apply", "不适用"},
        [ES_ANSWER_YES] = {"yes", "是"},
        [ES_ANSWER_NO] = {"NO", "否"},
        [ES_ANSWER_UNKNOWN] = {"cannot be checked here", "无法核实"},
        [ES_ANSWER_UNPROVED] = {"not proved", "未能证明"},
    };

    return texts[answer][zh];
}

/* ---- the leading reason ---- */

/* What tells a clerk most, first; codes not listed follow in the order they were found. */
static const enum es_code leading[] = {
    ES_V_DIGEST_MISMATCH,
    ES_V_RANGE_LATER_CHANGE,
    ES_V_PDF_UPDATE_FORBIDDEN,
    ES_V_PAGE_COUNT_CHANGED,
    ES_V_DATA_HASH_MISMATCH,
    ES_V_COPY_NO_EFFECT,
    ES_V_SEAL_SIGNATURE_INVALID,
    ES_V_SIGNER_NOT_IN_SEAL,
    ES_V_SIGNATURE_VALUE_INVALID,
    ES_V_SEAL_INVALIDATED,
    ES_V_SEAL_CANCELLED_AT_SIGNING,
    ES_V_NO_SIGNATURE,
    ES_V_LEGACY_FORM,
    ES_V_RANGE_ENTRY_UNPROTECTED,
    ES_V_RANGE_ANNOTATION_OPEN,
    ES_V_MAKER_UNTRUSTED,
    ES_V_CERT_ROOT_UNTRUSTED,
    ES_V_CERT_CHAIN_INCOMPLETE,
    ES_V_SEAL_NOW_INVALID,
    ES_V_CERT_REVOKED_AFTER_SIGNING,
};
#define LEADING_COUNT (sizeof leading / sizeof leading[0])

struct lead {
    const struct es_finding *finding;
    enum es_effect effect;
    size_t rank;
};

static size_t rank_of(enum es_code code)
{
    size_t rank = 0;

    while (rank < LEADING_COUNT && leading[rank] != code)
        rank++;
    return rank;
}

static void take_lead(const struct es_report *report, const struct es_findings *findings,
                      struct lead *lead)
{
    for (const struct es_finding *f = findings->first; f != NULL; f = f->next) {
        enum es_effect effect = es_policy_effect(report->policy, f->code);
        size_t rank = rank_of(f->code);

        if (lead->finding == NULL || effect > lead->effect ||
            (effect == lead->effect && rank < lead->rank))
            *lead = (struct lead){f, effect, rank};
    }
}

const struct es_finding *es_report_lead(const struct es_report *report)
{
    struct lead lead = {0};

    take_lead(report, &report->findings, &lead);
    for (const struct es_report_signature *s = report->first; s != NULL; s = s->next)
        take_lead(report, &s->findings, &lead);
    return lead.finding;
}

enum es_effect es_report_worst(const struct es_report *report, const struct es_findings *findings)
{
    struct lead lead = {0};

    take_lead(report, findings, &lead);
    return lead.effect;
}

bool es_report_signature_warns(const struct es_report *report,
                               const struct es_report_signature *sig)
{
    return es_report_worst(report, &sig->findings) >= ES_EFFECT_WARNING;
}

bool es_report_warns(const struct es_report *report)
{
    if (es_report_worst(report, &report->findings) >= ES_EFFECT_WARNING)
        return true;
    for (const struct es_report_signature *s = report->first; s != NULL; s = s->next) {
        if (es_report_signature_warns(report, s))
            return true;
    }
    return false;
}

size_t es_report_count_valid(const struct es_report *report)
{
    size_t count = 0;

    for (const struct es_report_signature *s = report->first; s != NULL; s = s->next)
        count += s->outcome == ES_OUTCOME_VALID;
    return count;
}
