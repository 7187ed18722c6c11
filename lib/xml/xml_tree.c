/*
 * The tree. Nodes, names and values live in the caller's arena. Text of open elements grows in
 * one buffer used as a stack: a child's text lies behind its parent's and is taken off when the
 * child ends, so the parent's text goes on where it stopped and stays in one piece.
 *
 * Names repeat, so they are kept once: a small table remembers the last name of each hash.
 */
#include "xml_reader.h"

#define KNOWN_NAMES 256u

struct known_name {
    const char *expat_name; /* NULL: free */
    const char *local, *uri, *prefix;
};

struct builder {
    struct es_arena *arena;
    struct es_xml_node *root, *open;
    struct es_buf text;
    struct es_buf marks; /* where the text of each open element begins, a size_t each */
    struct known_name known[KNOWN_NAMES];
};

static es_status no_room(const struct es_arena *arena, struct es_error *err)
{
    /* An arena does not say why; with less than a block left the bound is the likely reason. */
    ES_ENSURE(arena->max == 0 || arena->max - arena->used > (64u << 10), err, ES_E_LIMIT,
              "XML tree needs more than %zu bytes", arena->max);
    return es_error_set(err, ES_E_NOMEM, "out of memory");
}

static es_status keep_text(struct builder *b, struct es_span text, const char **out,
                           struct es_error *err)
{
    *out = text.len == 0 ? "" : es_arena_text(b->arena, text);
    return *out == NULL ? no_room(b->arena, err) : ES_OK;
}

static uint32_t hash(const char *s)
{
    uint32_t h = 2166136261u;

    for (; *s != '\0'; s++)
        h = (h ^ (uint8_t) *s) * 16777619u;
    return h;
}

static es_status find_name(struct builder *b, const char *expat_name, const struct known_name **out,
                           struct es_error *err)
{
    struct known_name *known = &b->known[hash(expat_name) % KNOWN_NAMES], fresh;
    struct xml_name parts;

    *out = known;
    if (known->expat_name != NULL && strcmp(known->expat_name, expat_name) == 0)
        return ES_OK;
    xml_name_split(expat_name, &parts);
    ES_TRY(keep_text(b, es_span_str(expat_name), &fresh.expat_name, err));
    ES_TRY(keep_text(b, parts.uri, &fresh.uri, err));
    ES_TRY(keep_text(b, parts.prefix, &fresh.prefix, err));
    ES_TRY(keep_text(b, parts.local, &fresh.local, err));
    *known = fresh;
    return ES_OK;
}

static es_status add_attrs(struct builder *b, struct es_xml_node *node,
                           const struct xml_event *event, struct es_error *err)
{
    struct es_xml_attr **tail = &node->attrs;

    for (size_t i = 0; i < event->attr_count; i++) {
        struct es_xml_attr *attr = ES_ARENA_NEW(b->arena, struct es_xml_attr);
        const struct known_name *name;
        const char *value;

        if (attr == NULL)
            return no_room(b->arena, err);
        ES_TRY(find_name(b, event->attrs[2 * i], &name, err));
        attr->name = name->local;
        attr->uri = name->uri;
        ES_TRY(keep_text(b, es_span_str(event->attrs[2 * i + 1]), &value, err));
        attr->value = es_span_str(value);
        *tail = attr;
        tail = &attr->next;
    }
    return ES_OK;
}

static void link_node(struct builder *b, struct es_xml_node *node)
{
    struct es_xml_node *parent = b->open;

    node->parent = parent;
    if (parent == NULL)
        b->root = node;
    else if (parent->last == NULL)
        parent->first = node;
    else
        parent->last->next = node;
    if (parent != NULL)
        parent->last = node;
    b->open = node;
}

static es_status on_start(void *ctx, const struct xml_event *event, struct es_error *err)
{
    struct builder *b = ctx;
    struct es_xml_node *node = ES_ARENA_NEW(b->arena, struct es_xml_node);
    const struct known_name *name;

    if (node == NULL)
        return no_room(b->arena, err);
    ES_TRY(find_name(b, event->name, &name, err));
    node->name = name->local;
    node->uri = name->uri;
    node->prefix = name->prefix;
    node->line = event->line;
    node->start_off = event->off;
    node->open_end_off = event->end_off;
    ES_TRY(add_attrs(b, node, event, err));
    link_node(b, node);
    es_buf_put(&b->marks, &b->text.len, sizeof b->text.len);
    return es_buf_check(&b->marks, err);
}

static es_status on_end(void *ctx, const struct xml_event *event, struct es_error *err)
{
    struct builder *b = ctx;
    struct es_xml_node *node = b->open;
    const char *text;
    size_t from;

    b->marks.len -= sizeof from;
    memcpy(&from, b->marks.ptr + b->marks.len, sizeof from);
    node->text = es_span_sub(es_buf_span(&b->text), from, b->text.len);
    ES_TRY(keep_text(b, node->text, &text, err));
    node->text.ptr = (const uint8_t *) text;
    b->text.len = from;
    node->self_closing = event->off == event->end_off;
    node->close_off = node->self_closing ? node->open_end_off : event->off;
    node->end_off = event->end_off;
    b->open = node->parent;
    return ES_OK;
}

static es_status on_text(void *ctx, struct es_span text, struct es_error *err)
{
    struct builder *b = ctx;

    es_buf_put_span(&b->text, text);
    return es_buf_check(&b->text, err);
}

es_status es_xml_parse(struct es_span bytes, const struct es_xml_limits *limits,
                       struct es_arena *arena, struct es_xml_node **root, struct es_error *err)
{
    struct builder b = {.arena = arena};
    struct xml_sink sink = {true, on_start, on_end, on_text, &b};
    es_status status;

    *root = NULL;
    es_buf_init(&b.text, SIZE_MAX);
    es_buf_init(&b.marks, SIZE_MAX);
    status = xml_read(bytes, limits, &sink, err);
    es_buf_clear(&b.text);
    es_buf_clear(&b.marks);
    if (status == ES_OK)
        *root = b.root;
    return status;
}

static struct es_xml_node *named(struct es_xml_node *node, const char *name)
{
    while (node != NULL && strcmp(node->name, name) != 0)
        node = node->next;
    return node;
}

struct es_xml_node *es_xml_child(const struct es_xml_node *node, const char *name)
{
    return node == NULL ? NULL : named(node->first, name);
}

struct es_xml_node *es_xml_same(const struct es_xml_node *node)
{
    return node == NULL ? NULL : named(node->next, node->name);
}

size_t es_xml_count(const struct es_xml_node *node, const char *name)
{
    size_t count = 0;

    for (node = es_xml_child(node, name); node != NULL; node = es_xml_same(node))
        count++;
    return count;
}

struct es_span es_xml_attr(const struct es_xml_node *node, const char *name, bool *found)
{
    const struct es_xml_attr *hit = NULL;

    for (const struct es_xml_attr *a = node == NULL ? NULL : node->attrs; a != NULL; a = a->next) {
        if (strcmp(a->name, name) != 0)
            continue;
        if (hit == NULL || (hit->uri[0] != '\0' && a->uri[0] == '\0'))
            hit = a;
    }
    if (found != NULL)
        *found = hit != NULL;
    return hit == NULL ? es_span_of(NULL, 0) : hit->value;
}
