/*
 * Expat with everything refused that a document has no business to hold, and with budgets that
 * expat has not. Invariants:
 *
 *  - UTF-8 only: what begins like UTF-16 or declares another encoding is refused. Expat would
 *    follow a UTF-16 byte order mark even when told the encoding.
 *  - A DTD ends the reading at its first word, before an entity is declared. Without a DTD there
 *    are no entities but the five and the numeric ones, and nothing external is ever fetched.
 *  - Expat calls back only when a tag or comment is complete and starts over when it is not. So
 *    the document is fed in pieces, and QUIET_MAX bytes without an event end the reading; work
 *    stays linear.
 *  - After the first failure no sink is called any more.
 */
#include "xml_reader.h"

#include <expat.h>
#include <limits.h>
#include <strings.h>
#include <sys/random.h>

#define PIECE (256u * 1024u)
#define QUIET_MAX (1024u * 1024u)
/* Expat goes through the whole namespace for each prefixed attribute. */
#define NAMESPACE_MAX 1024u

struct reader {
    XML_Parser parser;
    const struct xml_sink *sink;
    const struct es_xml_limits *limits;
    struct es_span bytes;
    struct es_error *err;
    es_status status;
    size_t event_off; /* where the last event began */
    size_t elements;
    uint32_t depth;
    size_t namespaces;     /* declared by the tag to come */
    struct es_buf lengths; /* of text so far, a size_t for each open element */
};

struct es_xml_limits es_xml_limits_default(void)
{
    return (struct es_xml_limits){.bytes_max = (size_t) 64 << 20,
                                  .depth_max = 128,
                                  .attributes_max = 64,
                                  .elements_max = 4000000,
                                  .text_max = (size_t) 16 << 20};
}

void xml_name_split(const char *expat_name, struct xml_name *out)
{
    struct es_span all = es_span_str(expat_name);
    size_t at = es_span_find(all, XML_SEPARATOR);

    *out = (struct xml_name){.local = all};
    if (at == all.len)
        return;
    out->uri = es_span_sub(all, 0, at);
    out->local = es_span_sub(all, at + 1, all.len);
    at = es_span_find(out->local, XML_SEPARATOR);
    out->prefix = es_span_sub(out->local, at + 1, all.len);
    out->local = es_span_sub(out->local, 0, at);
}

/* Keep the first failure and end the reading. */
static void stop(struct reader *r, es_status status)
{
    if (status == ES_OK || r->status != ES_OK)
        return;
    r->status = status;
    (void) XML_StopParser(r->parser, XML_FALSE);
}

static void refuse(struct reader *r, es_status status, const char *what)
{
    if (r->status == ES_OK)
        stop(r, es_error_set(r->err, status, "line %lu: %s",
                             (unsigned long) XML_GetCurrentLineNumber(r->parser), what));
}

/* Where the present event stands. False when the reading has ended already. */
static bool locate(struct reader *r, struct xml_event *event)
{
    if (r->status != ES_OK)
        return false;
    event->off = (size_t) XML_GetCurrentByteIndex(r->parser);
    event->end_off = event->off + (size_t) XML_GetCurrentByteCount(r->parser);
    r->event_off = event->off;
    return true;
}

static size_t *open_length(struct reader *r)
{
    return (size_t *) (void *) (r->lengths.ptr + r->lengths.len) - 1;
}

static void on_start(void *ctx, const XML_Char *name, const XML_Char **attrs)
{
    struct reader *r = ctx;
    struct xml_event event = {.name = name, .attrs = (const char *const *) attrs};
    const size_t nothing = 0;

    if (!locate(r, &event))
        return;
    while (attrs[2 * event.attr_count] != NULL)
        event.attr_count++;
    if (event.attr_count + r->namespaces > r->limits->attributes_max)
        refuse(r, ES_E_LIMIT, "too many attributes");
    else if (r->depth >= r->limits->depth_max)
        refuse(r, ES_E_LIMIT, "elements are nested too deep");
    else if (r->elements >= r->limits->elements_max)
        refuse(r, ES_E_LIMIT, "too many elements");
    r->namespaces = 0;
    r->elements++;
    r->depth++;
    es_buf_put(&r->lengths, &nothing, sizeof nothing);
    stop(r, es_buf_check(&r->lengths, r->err));
    if (r->sink->in_full)
        event.line = (size_t) XML_GetCurrentLineNumber(r->parser);
    if (r->status == ES_OK)
        stop(r, r->sink->start(r->sink->ctx, &event, r->err));
}

static void on_end(void *ctx, const XML_Char *name)
{
    struct reader *r = ctx;
    struct xml_event event = {.name = name};

    if (!locate(r, &event))
        return;
    r->depth--;
    r->lengths.len -= sizeof(size_t);
    stop(r, r->sink->end(r->sink->ctx, &event, r->err));
}

static void on_text(void *ctx, const XML_Char *text, int len)
{
    struct reader *r = ctx;
    struct xml_event event;
    size_t *length;

    if (!locate(r, &event))
        return;
    length = open_length(r);
    if ((size_t) len > r->limits->text_max - *length) {
        refuse(r, ES_E_LIMIT, "text of an element is too long");
        return;
    }
    *length += (size_t) len;
    stop(r, r->sink->text(r->sink->ctx, es_span_of(text, (size_t) len), r->err));
}

static void on_comment(void *ctx, const XML_Char *text)
{
    struct xml_event event;

    (void) text;
    (void) locate(ctx, &event);
}

static void on_instruction(void *ctx, const XML_Char *target, const XML_Char *data)
{
    struct xml_event event;

    (void) data;
    if (locate(ctx, &event) && strcmp(target, "xml-stylesheet") == 0)
        refuse(ctx, ES_E_DTD, "style sheet instruction");
}

static void on_namespace(void *ctx, const XML_Char *prefix, const XML_Char *uri)
{
    struct reader *r = ctx;

    (void) prefix;
    if (uri != NULL && strlen(uri) > NAMESPACE_MAX)
        refuse(r, ES_E_LIMIT, "name of a namespace is too long");
    r->namespaces++;
}

static void on_doctype(void *ctx, const XML_Char *name, const XML_Char *system_id,
                       const XML_Char *public_id, int has_internal)
{
    (void) name;
    (void) system_id;
    (void) public_id;
    (void) has_internal;
    refuse(ctx, ES_E_DTD, "document type declaration");
}

static bool is_ascii(struct es_span bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        if (bytes.ptr[i] >= 0x80)
            return false;
    return true;
}

static void on_declaration(void *ctx, const XML_Char *version, const XML_Char *encoding,
                           int standalone)
{
    struct reader *r = ctx;
    struct xml_event event;

    (void) version;
    (void) standalone;
    if (!locate(r, &event) || encoding == NULL || strcasecmp(encoding, "UTF-8") == 0)
        return;
    if (strcasecmp(encoding, "US-ASCII") != 0 && strcasecmp(encoding, "ASCII") != 0)
        refuse(r, ES_E_FORMAT, "declared encoding is not UTF-8");
    else if (!is_ascii(r->bytes))
        refuse(r, ES_E_FORMAT, "declared encoding is not that of the bytes");
}

static void set_handlers(struct reader *r)
{
    XML_SetUserData(r->parser, r);
    XML_SetReturnNSTriplet(r->parser, r->sink->in_full);
    XML_SetElementHandler(r->parser, on_start, on_end);
    XML_SetCharacterDataHandler(r->parser, on_text);
    XML_SetCommentHandler(r->parser, on_comment);
    XML_SetProcessingInstructionHandler(r->parser, on_instruction);
    XML_SetStartNamespaceDeclHandler(r->parser, on_namespace);
    XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
    XML_SetXmlDeclHandler(r->parser, on_declaration);
}

static es_status translate(struct reader *r)
{
    enum XML_Error code = XML_GetErrorCode(r->parser);

    if (r->status != ES_OK)
        return r->status;
    if (code == XML_ERROR_NO_MEMORY)
        return es_error_set(r->err, ES_E_NOMEM, "out of memory");
    return es_error_set(r->err, ES_E_FORMAT, "line %lu: %s",
                        (unsigned long) XML_GetCurrentLineNumber(r->parser), XML_ErrorString(code));
}

static es_status feed(struct reader *r)
{
    size_t at = 0;

    while (at < r->bytes.len) {
        struct es_span piece = es_span_sub(r->bytes, at, PIECE);
        int final = at + piece.len == r->bytes.len;

        if (XML_Parse(r->parser, (const char *) piece.ptr, (int) piece.len, final) != XML_STATUS_OK)
            return translate(r);
        at += piece.len;
        if (at - r->event_off > QUIET_MAX)
            return es_error_set(r->err, ES_E_LIMIT, "a tag or comment is longer than %u bytes",
                                QUIET_MAX);
    }
    return ES_OK;
}

/* UTF-16 and UTF-32 show in the first bytes, with or without a byte order mark. */
static es_status check_begin(struct es_span bytes, const struct es_xml_limits *limits,
                             struct es_error *err)
{
    struct es_span head = es_span_sub(bytes, 0, 4);

    ES_ENSURE(bytes.len <= limits->bytes_max, err, ES_E_LIMIT, "XML of %zu bytes, allowed are %zu",
              bytes.len, limits->bytes_max);
    ES_ENSURE(bytes.len > 0, err, ES_E_FORMAT, "XML is empty");
    ES_ENSURE(bytes.ptr[0] < 0xfe && es_span_find(head, 0) == head.len, err, ES_E_FORMAT,
              "XML is not UTF-8");
    return ES_OK;
}

es_status xml_read(struct es_span bytes, const struct es_xml_limits *limits,
                   const struct xml_sink *sink, struct es_error *err)
{
    struct reader r = {.sink = sink, .limits = limits, .bytes = bytes, .err = err};
    unsigned long salt = 0;
    es_status status;

    ES_TRY(check_begin(bytes, limits, err));
    ES_ENSURE(getrandom(&salt, sizeof salt, 0) == sizeof salt, err, ES_E_IO,
              "no random numbers from the system");
    r.parser = XML_ParserCreateNS("UTF-8", XML_SEPARATOR);
    ES_ENSURE(r.parser != NULL, err, ES_E_NOMEM, "out of memory");
    (void) XML_SetHashSalt(r.parser, salt | 1);
    es_buf_init(&r.lengths, ((size_t) limits->depth_max + 1) * sizeof(size_t));
    set_handlers(&r);
    status = feed(&r);
    es_buf_clear(&r.lengths);
    XML_ParserFree(r.parser);
    return status;
}
