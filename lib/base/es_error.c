/* Error texts and the table of codes. Texts are cut between characters, never overrun. */
#include "es_error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#undef es_error_set /* macros for the analyser only */
#undef es_error_at

struct code_row {
    es_status status;
    const char *name;
    int http;
    int exit_code;
    const char *en;
    const char *zh;
};

static const struct code_row rows[] = {
    {ES_OK, "ok", 200, 0, "done", "完成"},
#define ES_ERROR(symbol, number, name, http, exit_code, en, zh)                                    \
    {symbol, name, http, exit_code, en, zh},
#include "errors.def"
#undef ES_ERROR
};

static const struct code_row *row_of(es_status status)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].status == status)
            return &rows[i];
    return row_of(ES_E_INTERNAL);
}

/* A text that was cut must not end in the middle of a character. */
static void end_whole(char *text)
{
    size_t len = strlen(text), start = len;
    unsigned char first;

    while (start > 0 && len - start < 3 && ((unsigned char) text[start - 1] & 0xc0) == 0x80)
        start--;
    if (start == 0)
        return;
    first = (unsigned char) text[--start];
    if (first >= 0xc0 && len - start < (first >= 0xf0 ? 4u : first >= 0xe0 ? 3u : 2u))
        text[start] = 0;
}

es_status es_error_set(struct es_error *err, es_status status, const char *format, ...)
{
    va_list args;

    if (err == NULL)
        return status;
    err->status = status;
    va_start(args, format);
    (void) vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    end_whole(err->text);
    return status;
}

es_status es_error_at(struct es_error *err, es_status status, const char *format, ...)
{
    char where[ES_ERROR_TEXT_MAX];
    char rest[ES_ERROR_TEXT_MAX];
    va_list args;
    size_t used;

    if (err == NULL)
        return status;
    va_start(args, format);
    (void) vsnprintf(where, sizeof where, format, args);
    va_end(args);
    memcpy(rest, err->text, sizeof rest);
    used = (size_t) snprintf(err->text, sizeof err->text, "%s: ", where);
    if (used < sizeof err->text)
        (void) snprintf(err->text + used, sizeof err->text - used, "%s", rest);
    end_whole(err->text);
    return status;
}

const char *es_status_name(es_status status)
{
    return row_of(status)->name;
}

const char *es_status_text_en(es_status status)
{
    return row_of(status)->en;
}

const char *es_status_text_zh(es_status status)
{
    return row_of(status)->zh;
}

int es_status_http(es_status status)
{
    return row_of(status)->http;
}

int es_status_exit(es_status status)
{
    return row_of(status)->exit_code;
}

void es_bug(const char *file, int line, const char *what)
{
    (void) fprintf(stderr, "eseal: bug at %s:%d: %s\n", file, line, what);
    abort();
}
