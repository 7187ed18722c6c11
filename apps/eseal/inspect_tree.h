/*
 * What eseal inspect found, as a tree: built field by field while decoding, then written whole, as
 * text with box lines or as JSON. Both come from the same nodes, so they cannot differ. Values are
 * copied as received; they are escaped where they are written. A failed allocation marks the tree
 * and tree_check tells; nothing is written from a tree that lacks something.
 */
#ifndef ESEAL_INSPECT_TREE_H
#define ESEAL_INSPECT_TREE_H

#include "es_base.h"
#include "es_verdict.h"

/** Names of fields: key in JSON, words for people. */
enum tree_word {
#define TREE_WORD(symbol, key, en, zh) W_##symbol,
#include "inspect_words.def"
#undef TREE_WORD
    W_COUNT
};

enum tree_kind {
    TREE_GROUP, /* fields below one another */
    TREE_ROW,   /* fields on one line; in a list its first one is the label */
    TREE_LIST,  /* items */
    TREE_TEXT,
    TREE_CHOICE, /* text in the reader's language; JSON gets the English one */
    TREE_BOTH,   /* the same, but JSON gets both */
    TREE_UINT,
    TREE_BYTES, /* a size */
    TREE_MM,
    TREE_BOOL,
    TREE_TIME,
    TREE_HEX,
    TREE_OID,
    TREE_ERROR
};

struct tree_node {
    enum tree_kind kind;
    enum tree_word word;
    struct es_span text; /* TEXT, HEX, OID, ERROR; CHOICE, BOTH: English */
    struct es_span zh;   /* CHOICE, BOTH */
    uint64_t number;     /* UINT, BYTES, BOOL; ERROR: status; LIST: items of it that text shows */
    int64_t time_s;
    double mm;
    size_t count; /* children */
    struct tree_node *parent, *first, *last, *next;
};

struct tree {
    struct es_arena arena;
    struct tree_node root;
    struct tree_node *at; /* where fields are added */
    bool failed;
};
#define TREE_ALL UINT64_MAX

void tree_init(struct tree *t);
void tree_clear(struct tree *t);

/* Every begin has its end, whatever happens in between. */
void tree_begin(struct tree *t, enum tree_word word);
void tree_begin_row(struct tree *t, enum tree_word word);
/** shown: items that text shows without --verbose; JSON always has all. */
void tree_begin_list(struct tree *t, enum tree_word word, uint64_t shown);
void tree_end(struct tree *t);

void tree_put_span(struct tree *t, enum tree_word word, struct es_span text);
void tree_put_text(struct tree *t, enum tree_word word, const char *text);
void tree_put_choice(struct tree *t, enum tree_word word, const char *en, const char *zh);
void tree_put_both(struct tree *t, enum tree_word word, struct es_span en, struct es_span zh);
void tree_put_uint(struct tree *t, enum tree_word word, uint64_t number);
void tree_put_bytes(struct tree *t, enum tree_word word, uint64_t size);
void tree_put_mm(struct tree *t, enum tree_word word, double mm);
void tree_put_bool(struct tree *t, enum tree_word word, bool value);
void tree_put_time(struct tree *t, enum tree_word word, int64_t time_s);
void tree_put_hex(struct tree *t, enum tree_word word, struct es_span bytes);
void tree_put_oid(struct tree *t, enum tree_word word, struct es_span oid);
/** "does not decode: …" */
void tree_put_error(struct tree *t, const struct es_error *err);
/** A list of notes, nothing when there are none. */
void tree_put_findings(struct tree *t, const struct es_findings *findings);
ES_CHECKED es_status tree_check(const struct tree *t, struct es_error *err);

struct tree_style {
    bool zh, verbose;
};
const char *tree_word_key(enum tree_word word);
const char *tree_word_text(enum tree_word word, bool zh);
bool tree_is_leaf(const struct tree_node *node);
/** All below the root, as lines with box characters. */
void tree_write_text(const struct tree *t, const struct tree_style *style, struct es_buf *out);
/** The members of the root, into an open JSON object. */
struct es_json_out;
void tree_write_json(const struct tree *t, struct es_json_out *out);

#endif
