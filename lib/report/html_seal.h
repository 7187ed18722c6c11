/* One seal of the HTML report, and a list of reasons. */
#ifndef HTML_SEAL_H
#define HTML_SEAL_H

#include "html_parts.h"

void es_html_reasons(struct es_buf *out, const struct es_report *report,
                     const struct es_findings *findings, const char *place, bool zh);
void es_html_seal(struct es_buf *out, const struct es_report *report,
                  const struct es_report_signature *sig, bool zh);

#endif
