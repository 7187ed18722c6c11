/*
 * XML on expat: a tree in an arena that keeps byte positions (so that a document can be changed
 * by inserting text, never by writing it anew), and a scanner that keeps nothing. UTF-8 only,
 * BOM allowed; DTDs, entities beyond the five and the numeric ones, and external references are
 * refused before anything is read from them.
 */
#ifndef ES_XML_H
#define ES_XML_H

#include "es_base.h"

struct es_xml_limits {
    size_t bytes_max; /* of the document */
    uint32_t depth_max;
    uint32_t attributes_max; /* of one element */
    size_t elements_max;
    size_t text_max; /* bytes of text of one element */
};
/** 64 MiB, 128, 64, 4 million, 16 MiB. */
struct es_xml_limits es_xml_limits_default(void);

struct es_xml_attr {
    const char *name; /* local name */
    const char *uri;  /* namespace, "" when none */
    struct es_span value;
    struct es_xml_attr *next;
};

struct es_xml_node {
    const char *name;    /* local name */
    const char *uri;     /* namespace, "" when none */
    const char *prefix;  /* as written, "" when none */
    struct es_span text; /* all text directly inside, comments and CDATA marks taken out */
    struct es_xml_attr *attrs;
    struct es_xml_node *parent, *first, *last, *next;
    size_t line;
    size_t start_off;    /* of '<' of the start tag */
    size_t open_end_off; /* behind '>' of the start tag */
    size_t close_off;    /* of '<' of the end tag; equals open_end_off when empty element */
    size_t end_off;      /* behind the element */
    bool self_closing;   /* written as <a/> */
};

/**
 * Parse a whole document. Names, text and attributes live in arena.
 * @return ES_E_DTD     DTD, entity or external reference
 *         ES_E_FORMAT  not well formed, not UTF-8, empty
 *         ES_E_LIMIT, ES_E_NOMEM
 */
ES_CHECKED es_status es_xml_parse(struct es_span bytes, const struct es_xml_limits *limits,
                                  struct es_arena *arena, struct es_xml_node **root,
                                  struct es_error *err);

/** First child of that local name (any namespace), or NULL. node may be NULL. */
struct es_xml_node *es_xml_child(const struct es_xml_node *node, const char *name);
/** Next sibling of the same local name, or NULL. */
struct es_xml_node *es_xml_same(const struct es_xml_node *node);
size_t es_xml_count(const struct es_xml_node *node, const char *name);
/** Value of an attribute by local name; *found (may be NULL). The empty span when absent. */
struct es_span es_xml_attr(const struct es_xml_node *node, const char *name, bool *found);

/**
 * What a scanner is told. Spans are valid during the call only. Names are local names. Text of
 * one element may come in several pieces.
 */
struct es_xml_handler {
    es_status (*start)(void *ctx, const char *name, const char *uri,
                       const struct es_xml_attr *attrs, struct es_error *err);
    es_status (*end)(void *ctx, const char *name, struct es_error *err);
    es_status (*text)(void *ctx, struct es_span text, struct es_error *err); /* may be NULL */
};
/** The same checks and limits without a tree; memory does not grow with the document. */
ES_CHECKED es_status es_xml_scan(struct es_span bytes, const struct es_xml_limits *limits,
                                 const struct es_xml_handler *handler, void *ctx,
                                 struct es_error *err);

/** Append text with & < > " ' escaped and characters that XML forbids refused (buffer fails
 *  with ES_E_LIMIT never; they become U+FFFD). */
void es_xml_put_escaped(struct es_buf *out, struct es_span text);

#endif
