/*
 * JSON: strict reading on jansson (duplicates refused, size bounded before parsing), and a small
 * writer into es_buf that keeps the order of members and escapes everything from outside.
 */
#ifndef ES_JSON_H
#define ES_JSON_H

#include "es_base.h"

/* ---- reading: a thin skin over jansson's tree ---- */

#define ES_JSON_MEMBERS_MAX 4096 /* of one object: es_json_member_at takes time of its index */

struct es_json;                   /* an owned document */
typedef const void *es_json_node; /* borrowed from its document; NULL: absent */
/** ES_E_LIMIT past max bytes, too deep or too many members; ES_E_FORMAT; ES_E_NOMEM. */
ES_CHECKED es_status es_json_parse(struct es_span text, size_t max, struct es_json **out,
                                   struct es_error *err);
void es_json_free(struct es_json *json);
ES_DEFINE_FREE_AT(es_json)
es_json_node es_json_root(const struct es_json *json);
bool es_json_is_object(es_json_node node);
bool es_json_is_array(es_json_node node);
es_json_node es_json_member(es_json_node object, const char *name);
size_t es_json_size(es_json_node array_or_object);
es_json_node es_json_item(es_json_node array, size_t index);
/** i-th member of an object in file order; *name borrowed. */
es_json_node es_json_member_at(es_json_node object, size_t index, const char **name);
/** Required members of a type; a message names path and what was found. */
ES_CHECKED es_status es_json_text(es_json_node object, const char *name, const char **out,
                                  struct es_error *err);
ES_CHECKED es_status es_json_int(es_json_node object, const char *name, int64_t *out,
                                 struct es_error *err);
ES_CHECKED es_status es_json_bool(es_json_node object, const char *name, bool *out,
                                  struct es_error *err);
/** Text of a string node, or NULL. */
const char *es_json_string(es_json_node node);
/** Refuse members that are not in the NULL-ended list: ES_E_FORMAT "unknown member". */
ES_CHECKED es_status es_json_only(es_json_node object, const char *const *names,
                                  struct es_error *err);

/* ---- writing: commas are put by the writer; no white space ---- */

struct es_json_out {
    struct es_buf *buf;
    bool comma; /* a comma is due before the next value */
};
void es_json_begin_object(struct es_json_out *out);
void es_json_end_object(struct es_json_out *out);
void es_json_begin_array(struct es_json_out *out);
void es_json_end_array(struct es_json_out *out);
void es_json_key(struct es_json_out *out, const char *key);
void es_json_key_span(struct es_json_out *out, struct es_span key);
void es_json_put_span(struct es_json_out *out, struct es_span text); /* malformed UTF-8: U+FFFD */
void es_json_put_text(struct es_json_out *out, const char *text);    /* NULL: null */
void es_json_put_int(struct es_json_out *out, int64_t value);
void es_json_put_uint(struct es_json_out *out, uint64_t value);
void es_json_put_bool(struct es_json_out *out, bool value);
void es_json_put_null(struct es_json_out *out);
void es_json_put_hex(struct es_json_out *out, struct es_span bytes);
void es_json_put_time(struct es_json_out *out, int64_t time_s); /* as es_json_pair_time */
/** Millimetres and ratios: at most 3 decimals, no exponent; null past ES_JSON_NUMBER_MAX. */
#define ES_JSON_NUMBER_MAX 1e12
void es_json_put_number(struct es_json_out *out, double value);
/* key and value at once */
void es_json_pair_text(struct es_json_out *out, const char *key, const char *text);
void es_json_pair_int(struct es_json_out *out, const char *key, int64_t value);
void es_json_pair_bool(struct es_json_out *out, const char *key, bool value);
void es_json_pair_hex(struct es_json_out *out, const char *key, struct es_span bytes);
/** Milliseconds form of the report: "2026-03-01T08:00:00.000Z"; 0 gives null. */
void es_json_pair_time(struct es_json_out *out, const char *key, int64_t time_s);

#endif
