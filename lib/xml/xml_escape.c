/*
 * Text on its way into a document. Tab and line ends become references, because a reader would
 * turn them into blanks inside attributes and CR into LF everywhere.
 */
#include "es_xml.h"

static const char *reference(int32_t cp)
{
    switch (cp) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&apos;";
    case '\t':
        return "&#9;";
    case '\n':
        return "&#10;";
    case '\r':
        return "&#13;";
    default:
        return NULL;
    }
}

/* XML 1.0, 2.2: Char. */
static bool is_allowed(int32_t cp)
{
    return cp >= 0x20 && cp != 0xfffe && cp != 0xffff;
}

void es_xml_put_escaped(struct es_buf *out, struct es_span text)
{
    size_t at = 0;

    while (at < text.len) {
        size_t from = at;
        int32_t cp = es_utf8_next(text, &at);
        const char *instead = reference(cp);

        if (instead != NULL)
            es_buf_put_str(out, instead);
        else if (!is_allowed(cp))
            es_buf_put_utf8(out, 0xfffd);
        else
            es_buf_put(out, text.ptr + from, at - from);
    }
}
