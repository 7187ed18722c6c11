/*
 * Columns and colours of a terminal. A Chinese character takes two columns; what comes from a
 * document is escaped first, so no name can move the cursor.
 */
#include <utf8proc.h>

#include "text_page.h"

/* ---- columns ---- */

int es_page_columns_of(struct es_span text)
{
    size_t at = 0;
    int columns = 0;

    while (at < text.len) {
        int32_t cp = es_utf8_next(text, &at);

        columns += cp < 0 ? 1 : utf8proc_charwidth(cp);
    }
    return columns;
}

void es_page_put_spaces(struct es_page *page, int count)
{
    for (; count > 0; count--)
        es_buf_put_byte(page->out, ' ');
}

/* Text in a column; what is longer than max columns ends in "…". Gives the columns used. */
static int put_cell(struct es_page *page, const char *text, int max)
{
    ES_AUTO(es_buf) shown = ES_BUF_INIT(16 * 1024);
    struct es_span span;
    size_t at = 0;
    int columns = 0;

    es_report_put_shown(&shown, text);
    es_report_take(page->out, &shown);
    span = es_buf_span(&shown);
    if (es_page_columns_of(span) <= max) {
        es_buf_put_span(page->out, span);
        return es_page_columns_of(span);
    }
    while (at < span.len) {
        size_t next = at;
        int32_t cp = es_utf8_next(span, &next);
        int wide = cp < 0 ? 1 : utf8proc_charwidth(cp);

        if (columns + wide > max - 1)
            break;
        columns += wide;
        at = next;
    }
    es_buf_put_span(page->out, es_span_sub(span, 0, at));
    es_buf_put_str(page->out, "…");
    return columns + 1;
}

void es_page_put_padded(struct es_page *page, const char *text, int columns)
{
    es_page_put_spaces(page, columns - put_cell(page, text, columns));
    es_buf_put_str(page->out, "  ");
}

int es_page_shown_columns(struct es_page *page, const char *text)
{
    ES_AUTO(es_buf) shown = ES_BUF_INIT(16 * 1024);

    es_report_put_shown(&shown, text);
    es_report_take(page->out, &shown);
    return es_page_columns_of(es_buf_span(&shown));
}

/* ---- colour ---- */

static void begin_tone(struct es_page *page, enum es_tone tone)
{
    static const char *const starts[] = {"", "\x1b[1;32m", "\x1b[1;31m", "\x1b[1;34m", "\x1b[33m"};

    if (page->options->colour)
        es_buf_put_str(page->out, starts[tone]);
}

static void end_tone(struct es_page *page, enum es_tone tone)
{
    if (page->options->colour && tone != TONE_PLAIN)
        es_buf_put_str(page->out, "\x1b[0m");
}

void es_page_put_toned(struct es_page *page, enum es_tone tone, const char *text)
{
    begin_tone(page, tone);
    es_buf_put_str(page->out, text);
    end_tone(page, tone);
}
