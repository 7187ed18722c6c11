/*
 * Property: tree and scanner agree on what is accepted and on the number of elements, and the
 * positions of every node stand on tags: '<' where it starts and ends, '>' right before.
 */
#include "es_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct es_xml_limits limits = {.bytes_max = 1 << 20,
                                            .depth_max = 40,
                                            .attributes_max = 10,
                                            .elements_max = 2000,
                                            .text_max = 5000};

static es_status on_start(void *ctx, const char *name, const char *uri,
                          const struct es_xml_attr *attrs, struct es_error *err)
{
    size_t *count = ctx;

    (void) err;
    ES_BUG_ON(name[0] == '\0' || uri == NULL);
    for (; attrs != NULL; attrs = attrs->next)
        ES_BUG_ON(attrs->name[0] == '\0');
    (*count)++;
    return ES_OK;
}

static es_status on_end(void *ctx, const char *name, struct es_error *err)
{
    (void) ctx;
    (void) name;
    (void) err;
    return ES_OK;
}

static void check_positions(const struct es_xml_node *n, struct es_span doc)
{
    const uint8_t *p = doc.ptr;

    ES_BUG_ON(n->start_off >= n->open_end_off || n->open_end_off > n->close_off ||
              n->close_off > n->end_off || n->end_off > doc.len);
    ES_BUG_ON(p[n->start_off] != '<' || p[n->open_end_off - 1] != '>' || p[n->end_off - 1] != '>');
    if (n->self_closing)
        ES_BUG_ON(n->close_off != n->open_end_off || p[n->end_off - 2] != '/');
    else
        ES_BUG_ON(p[n->close_off] != '<' || p[n->close_off + 1] != '/');
}

/* Depth first without recursion. */
static size_t walk(const struct es_xml_node *root, struct es_span doc)
{
    const struct es_xml_node *n = root;
    size_t count = 0;

    while (n != NULL) {
        count++;
        check_positions(n, doc);
        if (n->first != NULL) {
            n = n->first;
            continue;
        }
        while (n != NULL && n != root && n->next == NULL)
            n = n->parent;
        n = n == NULL || n == root ? NULL : n->next;
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct es_xml_handler handler = {.start = on_start, .end = on_end};
    struct es_span doc = es_span_of(data, size);
    struct es_xml_node *root = NULL;
    struct es_arena arena;
    size_t count = 0;
    es_status tree, scan;

    es_arena_init(&arena, 0);
    tree = es_xml_parse(doc, &limits, &arena, &root, NULL);
    scan = es_xml_scan(doc, &limits, &handler, &count, NULL);
    ES_BUG_ON(tree != scan);
    ES_BUG_ON(tree == ES_OK && walk(root, doc) != count);
    es_arena_clear(&arena);
    return 0;
}
