/*
 * Writing the tree of eseal inspect. As text every node is one line: "label: value", a row of
 * values, or a label with its children below. Everything from a document is escaped here.
 */
#include "es_der.h"
#include "es_json.h"
#include "inspect_tree.h"

#define SHOWN_CHARS 160
#define SHOWN_CHARS_ALL ((size_t) 1 << 24)
#define SHOWN_HEX 32
#define OID_TEXT_MAX 256

struct writer {
    const struct tree_style *style;
    struct es_buf *out;
    struct es_buf indent; /* what stands before the lines of the children being written */
};

static const char *pick(const struct writer *w, const char *en, const char *zh)
{
    return w->style->zh ? zh : en;
}

/* Formats in both languages; both take the same arguments. */
#define PUT(w, en, zh_text, ...)                                                                   \
    do {                                                                                           \
        if ((w)->style->zh)                                                                        \
            es_buf_printf((w)->out, zh_text, __VA_ARGS__);                                         \
        else                                                                                       \
            es_buf_printf((w)->out, en, __VA_ARGS__);                                              \
    } while (0)

/* ---- values as text ---- */

static void write_shown(const struct writer *w, struct es_span text)
{
    es_buf_put_shown(w->out, text, w->style->verbose ? SHOWN_CHARS_ALL : SHOWN_CHARS);
}

static void write_size(const struct writer *w, uint64_t bytes)
{
    es_buf_printf(w->out, "%llu %s", (unsigned long long) bytes,
                  bytes == 1 ? pick(w, "byte", "字节") : pick(w, "bytes", "字节"));
}

static void write_hex(const struct writer *w, struct es_span bytes)
{
    bool cut = bytes.len > SHOWN_HEX && !w->style->verbose;

    if (bytes.len == 0)
        es_buf_put_str(w->out, pick(w, "empty", "空"));
    es_buf_put_hex(w->out, cut ? es_span_sub(bytes, 0, SHOWN_HEX) : bytes);
    if (!cut)
        return;
    es_buf_put_str(w->out, pick(w, "… (", "…（"));
    write_size(w, bytes.len);
    es_buf_put_str(w->out, pick(w, ")", "）"));
}

static void write_oid(const struct writer *w, struct es_span oid)
{
    char text[OID_TEXT_MAX];
    const char *name = es_oid_name(oid);

    es_oid_text(oid, text, sizeof text);
    if (name == NULL)
        es_buf_put_str(w->out, text);
    else
        PUT(w, "%s (%s)", "%s（%s）", text, name);
}

static void write_time(const struct writer *w, int64_t time_s)
{
    char text[ES_TIME_TEXT_MAX];

    es_time_china(time_s, text);
    PUT(w, "%s UTC+8", "%s（北京时间）", text);
}

static void write_mm(const struct writer *w, double mm)
{
    es_buf_printf(w->out, "%.6g %s", mm, pick(w, "mm", "毫米"));
}

static void write_error(const struct writer *w, const struct tree_node *node)
{
    write_shown(w, node->text);
    es_buf_printf(w->out, " [%s]", es_status_name((es_status) node->number));
}

static void write_value(const struct writer *w, const struct tree_node *node)
{
    switch (node->kind) {
    case TREE_TEXT:
        write_shown(w, node->text);
        break;
    case TREE_CHOICE:
    case TREE_BOTH:
        write_shown(w, w->style->zh ? node->zh : node->text);
        break;
    case TREE_UINT:
        es_buf_printf(w->out, "%llu", (unsigned long long) node->number);
        break;
    case TREE_BYTES:
        write_size(w, node->number);
        break;
    case TREE_MM:
        write_mm(w, node->mm);
        break;
    case TREE_BOOL:
        es_buf_put_str(w->out, node->number ? pick(w, "yes", "是") : pick(w, "no", "否"));
        break;
    case TREE_TIME:
        write_time(w, node->time_s);
        break;
    case TREE_HEX:
        write_hex(w, node->text);
        break;
    case TREE_OID:
        write_oid(w, node->text);
        break;
    case TREE_ERROR:
        write_error(w, node);
        break;
    case TREE_GROUP:
    case TREE_ROW:
    case TREE_LIST:
        break;
    }
}

/* ---- lines ---- */

static const char *word_of(const struct writer *w, const struct tree_node *node)
{
    return tree_word_text(node->word, w->style->zh);
}

static bool in_list(const struct tree_node *node)
{
    return node->parent->kind == TREE_LIST;
}

/* "label: a, word b, word c"; what has no word stands for itself. */
static void write_row(const struct writer *w, const struct tree_node *row)
{
    const struct tree_node *node = row->first;
    const char *separator = pick(w, ": ", "：");

    if (in_list(row) && node != NULL && tree_is_leaf(node)) {
        write_value(w, node);
        node = node->next;
    } else {
        es_buf_put_str(w->out, word_of(w, row));
    }
    for (; node != NULL; node = node->next) {
        if (!tree_is_leaf(node))
            continue;
        es_buf_put_str(w->out, separator);
        es_buf_put_str(w->out, word_of(w, node));
        if (node->kind == TREE_ERROR)
            es_buf_put_str(w->out, pick(w, ": ", "："));
        else if (word_of(w, node)[0] != 0)
            es_buf_put_byte(w->out, ' ');
        write_value(w, node);
        separator = pick(w, ", ", "，");
    }
}

/* A list of plain values stands on one line. */
static bool is_plain(const struct tree_node *list)
{
    return list->first == NULL || tree_is_leaf(list->first);
}

static uint64_t shown_of(const struct writer *w, const struct tree_node *node)
{
    return node->kind != TREE_LIST || w->style->verbose ? TREE_ALL : node->number;
}

static void write_list_line(const struct writer *w, const struct tree_node *list)
{
    const char *separator = "";

    es_buf_put_str(w->out, word_of(w, list));
    if (!is_plain(list)) {
        PUT(w, " (%zu)", "（%zu）", list->count);
        if (shown_of(w, list) == 0)
            es_buf_put_str(w->out, pick(w, ": --verbose lists them", "：用 --verbose 列出"));
        return;
    }
    es_buf_put_str(w->out, pick(w, ": ", "："));
    if (list->first == NULL)
        es_buf_put_str(w->out, pick(w, "none", "无"));
    for (const struct tree_node *n = list->first; n != NULL; n = n->next) {
        es_buf_put_str(w->out, separator);
        write_value(w, n);
        separator = pick(w, ", ", "，");
    }
}

static void write_line(const struct writer *w, const struct tree_node *node, size_t number)
{
    switch (node->kind) {
    case TREE_GROUP:
        es_buf_put_str(w->out, word_of(w, node));
        if (in_list(node))
            es_buf_printf(w->out, " %zu", number);
        break;
    case TREE_ROW:
        write_row(w, node);
        break;
    case TREE_LIST:
        write_list_line(w, node);
        break;
    default:
        es_buf_put_str(w->out, word_of(w, node));
        es_buf_put_str(w->out, pick(w, ": ", "："));
        write_value(w, node);
        break;
    }
}

/* ---- the tree ---- */

/* Node whose children stand below this one's line: a row with one list has that list's. */
static const struct tree_node *body_of(const struct tree_node *node)
{
    if (node->kind == TREE_ROW)
        for (const struct tree_node *n = node->first; n != NULL; n = n->next)
            if (n->kind == TREE_LIST)
                return n;
    return node;
}

static bool is_below(const struct tree_node *parent, const struct tree_node *node)
{
    return parent->kind == TREE_GROUP || !tree_is_leaf(node);
}

static const struct tree_node *next_below(const struct tree_node *parent,
                                          const struct tree_node *node)
{
    while (node != NULL && !is_below(parent, node))
        node = node->next;
    return node;
}

static void write_start(const struct writer *w, bool last)
{
    es_buf_put_span(w->out, es_buf_span(&w->indent));
    es_buf_put_str(w->out, last ? "└─ " : "├─ ");
}

/* Recursion is as deep as the tree, which its builders bound. */
static void write_children(struct writer *w, const struct tree_node *node)
{
    const struct tree_node *body = body_of(node);
    const struct tree_node *next = next_below(body, body->first);
    uint64_t left = shown_of(w, body);
    size_t indent = w->indent.len, number = 1;

    for (const struct tree_node *n = next; n != NULL && left > 0; n = next, left--, number++) {
        next = next_below(body, n->next);
        write_start(w, next == NULL);
        write_line(w, n, number);
        es_buf_put_byte(w->out, '\n');
        if (tree_is_leaf(n))
            continue;
        es_buf_put_str(&w->indent, next == NULL ? "   " : "│  ");
        write_children(w, n);
        w->indent.len = indent;
    }
    if (next != NULL && shown_of(w, body) != 0) {
        write_start(w, true);
        PUT(w, "… %zu more (--verbose)\n", "… 另有 %zu 项（--verbose）\n",
            body->count + 1 - number);
    }
}

void tree_write_text(const struct tree *t, const struct tree_style *style, struct es_buf *out)
{
    struct writer w = {.style = style, .out = out, .indent = ES_BUF_INIT(65536)};

    write_children(&w, &t->root);
    if (w.indent.failed != ES_OK && out->failed == ES_OK)
        out->failed = w.indent.failed;
    es_buf_clear(&w.indent);
}

/* ---- JSON ---- */

static void json_oid(struct es_json_out *out, struct es_span oid)
{
    char text[OID_TEXT_MAX];

    es_oid_text(oid, text, sizeof text);
    es_json_begin_object(out);
    es_json_pair_text(out, "oid", text);
    es_json_pair_text(out, "name", es_oid_name(oid));
    es_json_end_object(out);
}

static void json_error(struct es_json_out *out, const struct tree_node *node)
{
    es_json_begin_object(out);
    es_json_pair_text(out, "code", es_status_name((es_status) node->number));
    es_json_key(out, "detail");
    es_json_put_span(out, node->text);
    es_json_end_object(out);
}

static void json_members(struct es_json_out *out, const struct tree_node *node);

static void json_value(struct es_json_out *out, const struct tree_node *node)
{
    switch (node->kind) {
    case TREE_LIST:
        es_json_begin_array(out);
        for (const struct tree_node *n = node->first; n != NULL; n = n->next)
            json_value(out, n);
        es_json_end_array(out);
        break;
    case TREE_GROUP:
    case TREE_ROW:
        es_json_begin_object(out);
        json_members(out, node);
        es_json_end_object(out);
        break;
    case TREE_TEXT:
    case TREE_CHOICE:
    case TREE_BOTH:
        es_json_put_span(out, node->text);
        break;
    case TREE_UINT:
    case TREE_BYTES:
        es_json_put_int(out, node->number > INT64_MAX ? INT64_MAX : (int64_t) node->number);
        break;
    case TREE_MM:
        es_json_put_number(out, node->mm);
        break;
    case TREE_BOOL:
        es_json_put_bool(out, node->number != 0);
        break;
    case TREE_TIME:
        es_json_put_time(out, node->time_s);
        break;
    case TREE_HEX:
        es_json_put_hex(out, node->text);
        break;
    case TREE_OID:
        json_oid(out, node->text);
        break;
    case TREE_ERROR:
        json_error(out, node);
        break;
    }
}

static void json_members(struct es_json_out *out, const struct tree_node *node)
{
    for (const struct tree_node *n = node->first; n != NULL; n = n->next) {
        if (n->kind == TREE_BOTH) {
            es_json_key(out, "zh");
            es_json_put_span(out, n->zh);
            es_json_key(out, "en");
        } else {
            es_json_key(out, tree_word_key(n->word));
        }
        json_value(out, n);
    }
}

void tree_write_json(const struct tree *t, struct es_json_out *out)
{
    json_members(out, &t->root);
}
