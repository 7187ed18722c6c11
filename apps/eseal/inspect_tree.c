/* Building the tree of eseal inspect: every node and value lives in one arena. */
#include "inspect_tree.h"

#define TREE_MAX ((size_t) 512 << 20)

static const struct {
    const char *key, *en, *zh;
} words[W_COUNT] = {
#define TREE_WORD(symbol, key, en, zh) {key, en, zh},
#include "inspect_words.def"
#undef TREE_WORD
};

const char *tree_word_key(enum tree_word word)
{
    return words[word].key;
}

const char *tree_word_text(enum tree_word word, bool zh)
{
    return zh ? words[word].zh : words[word].en;
}

bool tree_is_leaf(const struct tree_node *node)
{
    return node->kind != TREE_GROUP && node->kind != TREE_ROW && node->kind != TREE_LIST;
}

void tree_init(struct tree *t)
{
    *t = (struct tree){.root = {.kind = TREE_GROUP}};
    es_arena_init(&t->arena, TREE_MAX);
    t->at = &t->root;
}

void tree_clear(struct tree *t)
{
    es_arena_clear(&t->arena);
    *t = (struct tree){0};
}

es_status tree_check(const struct tree *t, struct es_error *err)
{
    ES_ENSURE(!t->failed, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

/* ---- nodes ---- */

/* After a failure nodes are no longer kept, but begin and end stay in step. */
static struct tree_node *add(struct tree *t, enum tree_kind kind, enum tree_word word)
{
    struct tree_node *node = ES_ARENA_NEW(&t->arena, struct tree_node);

    if (node == NULL) {
        t->failed = true;
        return NULL;
    }
    node->kind = kind;
    node->word = word;
    node->parent = t->at;
    if (t->at->last != NULL)
        t->at->last->next = node;
    else
        t->at->first = node;
    t->at->last = node;
    t->at->count++;
    return node;
}

static void begin(struct tree *t, enum tree_kind kind, enum tree_word word, uint64_t shown)
{
    struct tree_node *node = t->failed ? NULL : add(t, kind, word);

    if (node == NULL)
        return;
    node->number = shown;
    t->at = node;
}

void tree_begin(struct tree *t, enum tree_word word)
{
    begin(t, TREE_GROUP, word, 0);
}

void tree_begin_row(struct tree *t, enum tree_word word)
{
    begin(t, TREE_ROW, word, 0);
}

void tree_begin_list(struct tree *t, enum tree_word word, uint64_t shown)
{
    begin(t, TREE_LIST, word, shown);
}

void tree_end(struct tree *t)
{
    if (t->failed)
        return;
    ES_BUG_ON(t->at->parent == NULL);
    t->at = t->at->parent;
}

/* ---- values ---- */

static struct tree_node *leaf(struct tree *t, enum tree_kind kind, enum tree_word word)
{
    return t->failed ? NULL : add(t, kind, word);
}

static struct es_span keep(struct tree *t, struct es_span text)
{
    char *copy = es_arena_text(&t->arena, text);

    if (copy == NULL)
        t->failed = true;
    return es_span_of(copy, copy == NULL ? 0 : text.len);
}

static void put_copy(struct tree *t, enum tree_kind kind, enum tree_word word, struct es_span text)
{
    struct tree_node *node = leaf(t, kind, word);

    if (node != NULL)
        node->text = keep(t, text);
}

void tree_put_span(struct tree *t, enum tree_word word, struct es_span text)
{
    put_copy(t, TREE_TEXT, word, text);
}

void tree_put_text(struct tree *t, enum tree_word word, const char *text)
{
    put_copy(t, TREE_TEXT, word, es_span_str(text));
}

void tree_put_hex(struct tree *t, enum tree_word word, struct es_span bytes)
{
    put_copy(t, TREE_HEX, word, bytes);
}

void tree_put_oid(struct tree *t, enum tree_word word, struct es_span oid)
{
    put_copy(t, TREE_OID, word, oid);
}

static void put_texts(struct tree *t, enum tree_kind kind, enum tree_word word, struct es_span en,
                      struct es_span zh)
{
    struct tree_node *node = leaf(t, kind, word);

    if (node == NULL)
        return;
    node->text = keep(t, en);
    node->zh = keep(t, zh);
}

void tree_put_choice(struct tree *t, enum tree_word word, const char *en, const char *zh)
{
    put_texts(t, TREE_CHOICE, word, es_span_str(en), es_span_str(zh));
}

void tree_put_both(struct tree *t, enum tree_word word, struct es_span en, struct es_span zh)
{
    put_texts(t, TREE_BOTH, word, en, zh);
}

static void put_number(struct tree *t, enum tree_kind kind, enum tree_word word, uint64_t number)
{
    struct tree_node *node = leaf(t, kind, word);

    if (node != NULL)
        node->number = number;
}

void tree_put_uint(struct tree *t, enum tree_word word, uint64_t number)
{
    put_number(t, TREE_UINT, word, number);
}

void tree_put_bytes(struct tree *t, enum tree_word word, uint64_t size)
{
    put_number(t, TREE_BYTES, word, size);
}

void tree_put_bool(struct tree *t, enum tree_word word, bool value)
{
    put_number(t, TREE_BOOL, word, value);
}

void tree_put_mm(struct tree *t, enum tree_word word, double mm)
{
    struct tree_node *node = leaf(t, TREE_MM, word);

    if (node != NULL)
        node->mm = mm;
}

void tree_put_time(struct tree *t, enum tree_word word, int64_t time_s)
{
    struct tree_node *node = leaf(t, TREE_TIME, word);

    if (node != NULL)
        node->time_s = time_s;
}

void tree_put_error(struct tree *t, const struct es_error *err)
{
    struct tree_node *node = leaf(t, TREE_ERROR, W_ERROR);

    if (node == NULL)
        return;
    node->number = (uint64_t) err->status;
    node->text = keep(t, es_span_str(err->text));
}

/* ---- findings ---- */

#define NOTE_MAX 16384

static void put_note(struct tree *t, const struct es_finding *finding)
{
    ES_AUTO(es_buf) en = ES_BUF_INIT(NOTE_MAX);
    ES_AUTO(es_buf) zh = ES_BUF_INIT(NOTE_MAX);

    es_finding_text(finding, false, &en);
    es_finding_text(finding, true, &zh);
    if (en.failed == ES_E_NOMEM || zh.failed == ES_E_NOMEM)
        t->failed = true;
    tree_begin_row(t, W_NOTE);
    tree_put_text(t, W_NOTE_ID, es_code_info(finding->code)->id);
    tree_put_both(t, W_NOTE_TEXT, es_buf_span(&en), es_buf_span(&zh));
    if (finding->where[0] != 0)
        tree_put_text(t, W_WHERE, finding->where);
    tree_end(t);
}

void tree_put_findings(struct tree *t, const struct es_findings *findings)
{
    if (findings->lost)
        t->failed = true;
    if (findings->first == NULL)
        return;
    tree_begin_list(t, W_NOTES, TREE_ALL);
    for (const struct es_finding *f = findings->first; f != NULL; f = f->next)
        put_note(t, f);
    tree_end(t);
}
