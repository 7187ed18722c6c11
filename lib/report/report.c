/*
 * The report as a record: made empty, filled by a verifier, freed whole. Everything but the lists
 * of evidence lives in the report's arena.
 */
#include "report_parts.h"

#define REPORT_ARENA_MAX ((size_t) 512 * 1024 * 1024)
#define EVIDENCE_MAX ((size_t) 4 * 1024 * 1024)

void es_report_init(struct es_report *report, const struct es_policy *policy, int64_t verified_at_s)
{
    ES_BUG_ON(policy == NULL);
    *report = (struct es_report){
        .file = "", .type = "unknown", .policy = policy, .verified_at_s = verified_at_s};
    es_arena_init(&report->arena, REPORT_ARENA_MAX);
    es_findings_init(&report->findings, &report->arena);
}

void es_report_clear(struct es_report *report)
{
    for (struct es_report_signature *s = report->first; s != NULL; s = s->next)
        es_buf_clear(&s->evidence);
    es_arena_clear(&report->arena);
    *report = (struct es_report){0};
}

struct es_report_signature *es_report_add(struct es_report *report)
{
    struct es_report_signature *sig = ES_ARENA_NEW(&report->arena, struct es_report_signature);

    if (sig == NULL)
        return NULL;
    sig->id = sig->type = sig->where = sig->edition = "";
    es_findings_init(&sig->findings, &report->arena);
    es_buf_init(&sig->evidence, EVIDENCE_MAX);
    if (report->last == NULL)
        report->first = sig;
    else
        report->last->next = sig;
    report->last = sig;
    report->signature_count++;
    return sig;
}

es_status es_report_written(struct es_buf *out, size_t start, struct es_error *err)
{
    if (out->failed != ES_OK)
        out->len = start;
    return es_buf_check(out, err);
}
