/* Small pieces of the HTML report. Only html_text puts what comes from outside. */
#ifndef HTML_PARTS_H
#define HTML_PARTS_H

#include "report_parts.h"

enum es_html_icon { ES_ICON_YES, ES_ICON_NO, ES_ICON_OPEN, ES_ICON_WARNING, ES_ICON_NOTE };

extern const char es_html_style[];

/** Text of any origin: escaped for showing, cut, then escaped for HTML. NULL reads as "". */
void es_html_text(struct es_buf *out, const char *text);
/** Text made by us that may hold pieces of the document, escaped for showing already. */
void es_html_span(struct es_buf *out, struct es_span text);
/** A drawn sign with its meaning in words for those who cannot see it. */
void es_html_icon(struct es_buf *out, enum es_html_icon icon, bool zh);
/** One row of a list of facts: <dt>label</dt><dd>text</dd>; nothing when text is NULL or "". */
void es_html_row(struct es_buf *out, const char *label, const char *text);
void es_html_row_made(struct es_buf *out, const char *label, struct es_buf *text);
/** The picture of a seal as data, or words in its place when it is no PNG, JPEG or GIF. */
void es_html_picture(struct es_buf *out, const struct es_report_signature *sig, bool zh);

#endif
