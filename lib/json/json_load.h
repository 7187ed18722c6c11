/* Reading with jansson when memory runs out. Private to lib/json. */
#ifndef ES_JSON_LOAD_H
#define ES_JSON_LOAD_H

#include <jansson.h>

#include "es_base.h"

/**
 * json_loadb with JSON_REJECT_DUPLICATES that survives lack of memory. *out is NULL when the text
 * is refused, *why then tells. ES_E_NOMEM: memory ran out, *out is NULL.
 */
ES_CHECKED es_status json_load_span(struct es_span text, json_t **out, json_error_t *why,
                                    struct es_error *err);

#endif
