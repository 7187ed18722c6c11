/* A page of text for a terminal: what is written, how wide, in which colours. */
#ifndef TEXT_PAGE_H
#define TEXT_PAGE_H

#include "report_parts.h"

struct es_page {
    const struct es_report *report;
    const struct es_report_text_options *options;
    struct es_buf *out;
    bool zh;
    int width;
    int name_columns; /* of the longest name and code among the seals */
    int code_columns;
};

enum es_tone { TONE_PLAIN, TONE_GOOD, TONE_BAD, TONE_OPEN, TONE_NOTE };

int es_page_columns_of(struct es_span text);
/** Columns of a document's text once it is escaped; NULL reads as "". */
int es_page_shown_columns(struct es_page *page, const char *text);
void es_page_put_spaces(struct es_page *page, int count);
/** A document's text in a cell of that many columns and two spaces; longer ones end in "…". */
void es_page_put_padded(struct es_page *page, const char *text, int columns);
/** A text of ours, in colour when that was asked for. */
void es_page_put_toned(struct es_page *page, enum es_tone tone, const char *text);

#endif
