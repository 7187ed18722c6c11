/*
 * The scanner: events of the reader with names taken apart. It keeps the memory of the largest
 * tag so far and nothing else.
 */
#include "xml_reader.h"

struct scanner {
    const struct es_xml_handler *handler;
    void *ctx;
    struct es_buf names; /* NUL-terminated copies */
    struct es_buf attrs; /* array of struct es_xml_attr */
};

/* Room for all names of a tag at once, so that pointers into it stay right. */
static es_status reserve(struct scanner *s, const struct xml_event *event, struct es_error *err)
{
    size_t len = strlen(event->name) + 3;

    for (size_t i = 0; i < event->attr_count; i++)
        len += strlen(event->attrs[2 * i]) + 3;
    es_buf_reset(&s->names);
    es_buf_reset(&s->attrs);
    (void) es_buf_reserve(&s->names, len);
    (void) es_buf_reserve(&s->attrs, (event->attr_count + 1) * sizeof(struct es_xml_attr));
    ES_TRY(es_buf_check(&s->names, err));
    return es_buf_check(&s->attrs, err);
}

static const char *put_name(struct scanner *s, struct es_span name)
{
    const char *at = (const char *) s->names.ptr + s->names.len;

    es_buf_put_span(&s->names, name);
    es_buf_put_byte(&s->names, 0);
    return at;
}

static const struct es_xml_attr *put_attrs(struct scanner *s, const struct xml_event *event)
{
    struct es_xml_attr *list = (struct es_xml_attr *) (void *) s->attrs.ptr;

    for (size_t i = 0; i < event->attr_count; i++) {
        struct xml_name name;

        xml_name_split(event->attrs[2 * i], &name);
        list[i].name = put_name(s, name.local);
        list[i].uri = put_name(s, name.uri);
        list[i].value = es_span_str(event->attrs[2 * i + 1]);
        list[i].next = i + 1 < event->attr_count ? &list[i + 1] : NULL;
    }
    return event->attr_count == 0 ? NULL : list;
}

static es_status on_start(void *ctx, const struct xml_event *event, struct es_error *err)
{
    struct scanner *s = ctx;
    struct xml_name name;
    const char *local, *uri;

    ES_TRY(reserve(s, event, err));
    xml_name_split(event->name, &name);
    local = put_name(s, name.local);
    uri = put_name(s, name.uri);
    return s->handler->start(s->ctx, local, uri, put_attrs(s, event), err);
}

static es_status on_end(void *ctx, const struct xml_event *event, struct es_error *err)
{
    struct scanner *s = ctx;
    struct xml_name name;

    ES_TRY(reserve(s, event, err));
    xml_name_split(event->name, &name);
    return s->handler->end(s->ctx, put_name(s, name.local), err);
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
    struct xml_sink sink = {on_start, on_end, on_text, &s};
    es_status status;

    es_buf_init(&s.names, SIZE_MAX);
    es_buf_init(&s.attrs, SIZE_MAX);
    status = xml_read(bytes, limits, &sink, err);
    es_buf_clear(&s.names);
    es_buf_clear(&s.attrs);
    return status;
}
