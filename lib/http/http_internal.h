/* Shared inside lib/http: a handle of libcurl, and what may be asked for. Nothing here leaves the
 * area. */
#ifndef ES_HTTP_INTERNAL_H
#define ES_HTTP_INTERNAL_H

#include "es_http.h"

#include <curl/curl.h>

/** A new handle; the caller releases it with curl_easy_cleanup. ES_E_NOMEM. */
ES_CHECKED es_status es_http_curl_new(CURL **out, struct es_error *err);
/** Method, headers and URL are such as may be sent. ES_E_USAGE. */
ES_CHECKED es_status es_http_call_check(const struct es_http_call *call, struct es_error *err);

#endif
