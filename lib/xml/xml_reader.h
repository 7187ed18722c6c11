/*
 * The part of lib/xml that tree and scanner share: expat with all refusals and limits. Whoever
 * reads gets only events that passed. Nothing outside lib/xml includes it.
 */
#ifndef ES_XML_READER_H
#define ES_XML_READER_H

#include "es_xml.h"

/** A character that XML forbids: no name or namespace can hold it. */
#define XML_SEPARATOR '\x01'

/** A name as expat gives it: "uri SEP local SEP prefix" (in full), "uri SEP local" or "local". */
struct xml_name {
    struct es_span uri, local, prefix;
};
void xml_name_split(const char *expat_name, struct xml_name *out);

/** One event. Everything is valid during the call only. */
struct xml_event {
    const char *name;         /* of expat */
    const char *const *attrs; /* of expat: name, value, … NULL; start only */
    size_t attr_count;        /* start only */
    size_t line;
    size_t off, end_off; /* of the tag in the document; equal for the end of <a/> */
};

struct xml_sink {
    bool in_full; /* event->line is set and names have prefixes: both cost time */
    es_status (*start)(void *ctx, const struct xml_event *event, struct es_error *err);
    es_status (*end)(void *ctx, const struct xml_event *event, struct es_error *err);
    es_status (*text)(void *ctx, struct es_span text, struct es_error *err);
    void *ctx;
};

ES_CHECKED es_status xml_read(struct es_span bytes, const struct es_xml_limits *limits,
                              const struct xml_sink *sink, struct es_error *err);

#endif
