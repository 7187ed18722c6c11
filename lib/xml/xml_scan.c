/*
 * The scanner: events of the reader with names taken apart. Local names are the ends of expat's
 * own; of namespaces the last one is kept, since neighbours mostly share it. It keeps the memory of
 * the largest tag so far and nothing else.
 */
#include "xml_reader.h"

struct scanner {
    const struct es_xml_handler *handler;
    void *ctx;
    struct es_buf uris;  /* NUL-terminated, of one tag; the first is that of the tag before */
    struct es_buf attrs; /* array of struct es_xml_attr */
    size_t last;         /* where the last namespace begins in uris */
};

/* Room for all namespaces of a tag at once, so that pointers into it stay right. */
static es_status reserve(struct scanner *s, size_t name_bytes, size_t attr_count,
                         struct es_error *err)
{
    es_buf_reset(&s->attrs);
    (void) es_buf_reserve(&s->uris, name_bytes);
    (void) es_buf_reserve(&s->attrs, (attr_count + 1) * sizeof(struct es_xml_attr));
    ES_TRY(es_buf_check(&s->uris, err));
    return es_buf_check(&s->attrs, err);
}

/* Keep only the last namespace, in front. */
static void begin_tag(struct scanner *s)
{
    size_t len = s->uris.len - s->last;

    if (s->last == 0)
        return;
    memmove(s->uris.ptr, s->uris.ptr + s->last, len);
    s->uris.len = len;
    s->last = 0;
}

static const char *keep_uri(struct scanner *s, const char *uri, size_t len)
{
    const char *last = (const char *) s->uris.ptr + s->last;

    if (s->uris.len > 0 && strncmp(last, uri, len) == 0 && last[len] == '\0')
        return last;
    s->last = s->uris.len;
    es_buf_put(&s->uris, uri, len);
    es_buf_put_byte(&s->uris, 0);
    return (const char *) s->uris.ptr + s->last;
}

/* Gives the local name; *uri is "" without a namespace. */
static const char *split(struct scanner *s, const char *name, const char **uri)
{
    const char *at = strchr(name, XML_SEPARATOR);

    *uri = at == NULL ? "" : keep_uri(s, name, (size_t) (at - name));
    return at == NULL ? name : at + 1;
}

static const struct es_xml_attr *put_attrs(struct scanner *s, const struct xml_event *event)
{
    struct es_xml_attr *list = (struct es_xml_attr *) (void *) s->attrs.ptr;

    for (size_t i = 0; i < event->attr_count; i++) {
        list[i].name = split(s, event->attrs[2 * i], &list[i].uri);
        list[i].value = es_span_str(event->attrs[2 * i + 1]);
        list[i].next = i + 1 < event->attr_count ? &list[i + 1] : NULL;
    }
    return event->attr_count == 0 ? NULL : list;
}

/* Bytes that the namespaces of a tag can take at most. */
static size_t name_bytes(const struct xml_event *event)
{
    size_t len = strlen(event->name) + 1;

    for (size_t i = 0; i < event->attr_count; i++)
        len += strlen(event->attrs[2 * i]) + 1;
    return len;
}

static es_status on_start(void *ctx, const struct xml_event *event, struct es_error *err)
{
    struct scanner *s = ctx;
    const char *local, *uri;

    begin_tag(s);
    ES_TRY(reserve(s, name_bytes(event), event->attr_count, err));
    local = split(s, event->name, &uri);
    return s->handler->start(s->ctx, local, uri, put_attrs(s, event), err);
}

static es_status on_end(void *ctx, const struct xml_event *event, struct es_error *err)
{
    struct scanner *s = ctx;
    const char *at = strchr(event->name, XML_SEPARATOR);

    return s->handler->end(s->ctx, at == NULL ? event->name : at + 1, err);
}

static es_status on_text(void *ctx, struct es_span text, struct es_error *err)
{
    struct scanner *s = ctx;

    return s->handler->text == NULL ? ES_OK : s->handler->text(s->ctx, text, err);
}

es_status es_xml_scan(struct es_span bytes, const struct es_xml_limits *limits,
                      const struct es_xml_handler *handler, void *ctx, struct es_error *err)
{
    struct scanner s = {.handler = handler, .ctx = ctx};
    struct xml_sink sink = {false, on_start, on_end, on_text, &s};
    es_status status;

    es_buf_init(&s.uris, SIZE_MAX);
    es_buf_init(&s.attrs, SIZE_MAX);
    status = xml_read(bytes, limits, &sink, err);
    es_buf_clear(&s.uris);
    es_buf_clear(&s.attrs);
    return status;
}
