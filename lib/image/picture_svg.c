/*
 * SVG by a scan of its bytes: enough XML to know tags, attributes and text apart, no entities,
 * no tree, no recursion. Anything that could run, load or be changed from outside makes it
 * "active"; where the scan cannot tell (escapes in CSS, character references in attributes) it
 * says active, too. Ill-formed text is no picture.
 */
#include "picture.h"

#define DEPTH_MAX 256

struct svg {
    struct es_span in; /* what is left */
    struct es_span open[DEPTH_MAX];
    size_t depth;
    bool root_seen, active;
    struct es_error *err;
};

static const char *const active_elements[] = {
    "script",        "foreignobject",
    "iframe",        "object",
    "embed",         "audio",
    "video",         "canvas",
    "handler",       "listener",
    "set",           "animate",
    "html",          "body",
    "link",          "meta",
    "base",          "image",
    "feimage",       "a",
    "animatemotion", "animatetransform",
    "discard",       "prefetch",
};

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t) (c + ('a' - 'A')) : c;
}

/* Position of needle (lower case) in s without regard to case, or s.len. */
static size_t find_any_case(struct es_span s, const char *needle)
{
    size_t len = strlen(needle);

    for (size_t at = 0; at + len <= s.len; at++) {
        size_t i = 0;

        while (i < len && lower(s.ptr[at + i]) == (uint8_t) needle[i])
            i++;
        if (i == len)
            return at;
    }
    return s.len;
}

static bool has(struct es_span s, const char *needle)
{
    return find_any_case(s, needle) < s.len;
}

static bool equals(struct es_span s, const char *word)
{
    return s.len == strlen(word) && find_any_case(s, word) == 0 && s.len > 0;
}

static void advance(struct es_span *s, size_t len)
{
    *s = es_span_sub(*s, len, s->len);
}

static void skip_spaces(struct es_span *s)
{
    while (s->len > 0 && is_space(s->ptr[0]))
        advance(s, 1);
}

static struct es_span local_name(struct es_span name)
{
    size_t colon = es_span_find(name, ':');

    return colon < name.len ? es_span_sub(name, colon + 1, name.len) : name;
}

/* url(…) may only name a part of the picture itself. */
static bool url_leaves(struct es_span s)
{
    size_t at;

    while ((at = find_any_case(s, "url")) < s.len) {
        advance(&s, at + 3);
        skip_spaces(&s);
        if (s.len == 0 || s.ptr[0] != '(')
            continue;
        advance(&s, 1);
        while (s.len > 0 && (is_space(s.ptr[0]) || s.ptr[0] == '"' || s.ptr[0] == '\''))
            advance(&s, 1);
        if (s.len == 0 || s.ptr[0] != '#')
            return true;
    }
    return false;
}

/* CSS, in an attribute or between tags. A backslash or "&#" could spell anything. */
static bool style_is_active(struct es_span s)
{
    return url_leaves(s) || has(s, "@import") || has(s, "image-set") || has(s, "src(") ||
           has(s, "\\") || has(s, "&#") || has(s, "expression") || has(s, "behavior") ||
           has(s, "-moz-binding");
}

static bool attribute_is_active(struct es_span name, struct es_span value)
{
    struct es_span local = local_name(name);

    if (es_span_starts(name, "xmlns"))
        return false;
    if (local.len >= 2 && lower(local.ptr[0]) == 'o' && lower(local.ptr[1]) == 'n')
        return true;
    if (equals(local, "href") || equals(local, "src") || equals(local, "base") ||
        equals(local, "action"))
        return !es_span_starts(value, "#");
    return style_is_active(value) || has(value, "javascript:");
}

static bool element_is_active(struct es_span name)
{
    struct es_span local = local_name(name);

    for (size_t i = 0; i < sizeof active_elements / sizeof active_elements[0]; i++) {
        if (equals(local, active_elements[i]))
            return true;
    }
    return false;
}

static struct es_span take_name(struct svg *svg)
{
    size_t len = 0;

    while (len < svg->in.len && !is_space(svg->in.ptr[len]) &&
           strchr("<>/=\"'&", svg->in.ptr[len]) == NULL)
        len++;
    struct es_span name = es_span_sub(svg->in, 0, len);
    advance(&svg->in, len);
    return name;
}

/* Skip to behind mark; what lies before goes to *body (may be NULL). */
static es_status skip_past(struct svg *svg, const char *mark, struct es_span *body)
{
    size_t at;

    ES_ENSURE(es_span_search(svg->in, es_span_str(mark), &at), svg->err, ES_E_FORMAT,
              "no \"%s\" to the end", mark);
    if (body != NULL)
        *body = es_span_sub(svg->in, 0, at);
    advance(&svg->in, at + strlen(mark));
    return ES_OK;
}

static es_status read_attribute(struct svg *svg)
{
    struct es_span name = take_name(svg), value;
    uint8_t quote;
    size_t end;

    ES_ENSURE(name.len > 0, svg->err, ES_E_FORMAT, "attribute without a name");
    skip_spaces(&svg->in);
    ES_ENSURE(es_span_starts(svg->in, "="), svg->err, ES_E_FORMAT, "attribute without a value");
    advance(&svg->in, 1);
    skip_spaces(&svg->in);
    ES_ENSURE(svg->in.len > 0 && (svg->in.ptr[0] == '"' || svg->in.ptr[0] == '\''), svg->err,
              ES_E_FORMAT, "attribute without quotes");
    quote = svg->in.ptr[0];
    advance(&svg->in, 1);
    end = es_span_find(svg->in, quote);
    ES_ENSURE(end < svg->in.len, svg->err, ES_E_FORMAT, "attribute without an end");
    value = es_span_sub(svg->in, 0, end);
    ES_ENSURE(es_span_find(value, '<') == value.len, svg->err, ES_E_FORMAT,
              "\"<\" inside an attribute");
    advance(&svg->in, end + 1);
    svg->active = svg->active || attribute_is_active(name, value);
    return ES_OK;
}

static es_status open_element(struct svg *svg, struct es_span name)
{
    ES_ENSURE(svg->depth > 0 || !svg->root_seen, svg->err, ES_E_FORMAT, "more than one root");
    ES_ENSURE(svg->depth > 0 || equals(local_name(name), "svg"), svg->err, ES_E_FORMAT,
              "root element is no svg");
    ES_ENSURE(svg->depth < DEPTH_MAX, svg->err, ES_E_LIMIT, "elements deeper than %d", DEPTH_MAX);
    svg->root_seen = true;
    svg->active = svg->active || element_is_active(name);
    svg->open[svg->depth++] = name;
    return ES_OK;
}

static es_status read_start_tag(struct svg *svg)
{
    struct es_span name = take_name(svg);

    ES_ENSURE(name.len > 0, svg->err, ES_E_FORMAT, "tag without a name");
    ES_TRY(open_element(svg, name));
    for (;;) {
        skip_spaces(&svg->in);
        ES_ENSURE(svg->in.len > 0, svg->err, ES_E_FORMAT, "ends inside a tag");
        if (es_span_starts(svg->in, ">")) {
            advance(&svg->in, 1);
            return ES_OK;
        }
        if (es_span_starts(svg->in, "/>")) {
            advance(&svg->in, 2);
            svg->depth--;
            return ES_OK;
        }
        ES_TRY(read_attribute(svg));
    }
}

static es_status read_end_tag(struct svg *svg)
{
    struct es_span name = take_name(svg);

    ES_ENSURE(svg->depth > 0 && es_span_equal(svg->open[svg->depth - 1], name), svg->err,
              ES_E_FORMAT, "end tag does not fit the start tag");
    svg->depth--;
    skip_spaces(&svg->in);
    ES_ENSURE(es_span_starts(svg->in, ">"), svg->err, ES_E_FORMAT, "ends inside a tag");
    advance(&svg->in, 1);
    return ES_OK;
}

/* Only the XML declaration is quiet; a style sheet, say, is fetched. */
static es_status read_instruction(struct svg *svg)
{
    struct es_span body;

    ES_TRY(skip_past(svg, "?>", &body));
    if (!es_span_starts(body, "xml ") || svg->root_seen)
        svg->active = true;
    else
        ES_ENSURE(!has(body, "encoding") || has(body, "utf-8"), svg->err, ES_E_FORMAT,
                  "encoding is not UTF-8");
    return ES_OK;
}

static void judge_text(struct svg *svg, struct es_span text)
{
    if (svg->depth > 0 && equals(local_name(svg->open[svg->depth - 1]), "style"))
        svg->active = svg->active || style_is_active(text);
}

static es_status read_declaration(struct svg *svg)
{
    struct es_span body;

    if (es_span_starts(svg->in, "--")) {
        advance(&svg->in, 2);
        return skip_past(svg, "-->", NULL);
    }
    if (es_span_starts(svg->in, "[CDATA[")) {
        advance(&svg->in, 7);
        ES_TRY(skip_past(svg, "]]>", &body));
        judge_text(svg, body);
        return ES_OK;
    }
    svg->active = true; /* DOCTYPE: what follows cannot be trusted to mean what it seems */
    return skip_past(svg, ">", NULL);
}

static es_status read_markup(struct svg *svg)
{
    advance(&svg->in, 1); /* "<" */
    if (es_span_starts(svg->in, "!")) {
        advance(&svg->in, 1);
        return read_declaration(svg);
    }
    if (es_span_starts(svg->in, "?")) {
        advance(&svg->in, 1);
        return read_instruction(svg);
    }
    if (es_span_starts(svg->in, "/")) {
        advance(&svg->in, 1);
        return read_end_tag(svg);
    }
    return read_start_tag(svg);
}

static es_status read_text(struct svg *svg)
{
    struct es_span text = es_span_sub(svg->in, 0, es_span_find(svg->in, '<'));

    ES_ENSURE(svg->depth > 0 || svg->active || es_span_trim(text).len == 0, svg->err, ES_E_FORMAT,
              "text outside the root element");
    judge_text(svg, text);
    advance(&svg->in, text.len);
    return ES_OK;
}

static struct es_span without_mark(struct es_span data)
{
    return es_span_starts(data, "\xef\xbb\xbf") ? es_span_sub(data, 3, data.len) : data;
}

bool es_picture_looks_svg(struct es_span data)
{
    struct es_span s = without_mark(data);

    skip_spaces(&s);
    return es_span_starts(s, "<?xml") || es_span_starts(s, "<!--") ||
           es_span_starts(s, "<!DOCTYPE svg") || es_span_starts(s, "<svg") ||
           es_span_starts(s, "<svg:svg");
}

es_status es_picture_read_svg(struct es_span data, struct es_picture_target *target,
                              struct es_error *err)
{
    struct svg svg = {.in = without_mark(data), .err = err};

    ES_ENSURE(es_utf8_valid(data), err, ES_E_FORMAT, "text is not UTF-8");
    ES_ENSURE(es_span_find(data, 0) == data.len, err, ES_E_FORMAT, "NUL in the text");
    ES_ENSURE(target->raster == NULL, err, ES_E_FORMAT, "a drawing has no pixels to compare");
    while (svg.in.len > 0)
        ES_TRY(svg.in.ptr[0] == '<' ? read_markup(&svg) : read_text(&svg));
    ES_ENSURE(svg.root_seen && svg.depth == 0, err, ES_E_FORMAT, "ends inside an element");
    target->facts.active = svg.active;
    return ES_OK;
}
