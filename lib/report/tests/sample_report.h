/* Reports filled by hand, for the tests of this folder. */
#ifndef SAMPLE_REPORT_H
#define SAMPLE_REPORT_H

#include "es_report.h"

#define NOW_S 1772352000    /* 2026-03-01T08:00:00Z, by date(1) */
#define SEALED_S 1772265600 /* 2026-02-28T08:00:00Z */

struct sample {
    struct es_policy policy;
    struct es_report report;
    struct es_buf out;
};

/* A document of 3 pages, run to its end, without signature. */
void sample_init(struct sample *sample, const char *policy);
void sample_clear(struct sample *sample);
/* A seal whose every check ran and found nothing. */
struct es_report_signature *sample_seal(struct sample *sample);
const char *sample_judged_text(struct sample *sample, bool zh, bool verbose);
const char *sample_judged_html(struct sample *sample, bool zh);
const char *sample_judged_json(struct sample *sample);

#endif
