/*
 * HTTP as a carrier of bytes: a client on libcurl that trusts nothing, and a small server on
 * libmicrohttpd. Knows nothing of seals.
 */
#ifndef ES_HTTP_H
#define ES_HTTP_H

#include "es_base.h"

/**
 * POST body to an http or https URL and append the answer's body to out (whose maximum bounds it).
 * No redirects, no other protocols, no credentials from the URL, certificates of https checked,
 * the answer must be 200 and of the given media type (NULL: any).
 * @return ES_E_UNREACHABLE  no connection, time-out, status other than 200 (the text names it)
 *         ES_E_USAGE  not an http or https URL     ES_E_LIMIT  answer longer than out takes
 *         ES_E_FORMAT other media type
 */
ES_CHECKED es_status es_http_post(const char *url, const char *media_type, struct es_span body,
                                  const char *answer_type, unsigned timeout_ms, struct es_buf *out,
                                  struct es_error *err);

/** A request that was received whole; spans are valid during the call. */
struct es_http_request {
    const char *method, *path, *media_type; /* media_type "" when absent */
    struct es_span body;
};
struct es_http_answer {
    unsigned status;
    const char *media_type; /* static */
    struct es_buf body;
};
/** Fill answer. Called by several threads at once unless the server has one. */
typedef void (*es_http_handler)(void *ctx, const struct es_http_request *request,
                                struct es_http_answer *answer);

struct es_http_server;
/**
 * Listen on a loopback address ("127.0.0.1", "::1"); port 0 takes a free one (*port_out tells).
 * Bodies over body_max, unknown methods and malformed requests are refused before the handler.
 * ES_E_USAGE: not a loopback address. ES_E_UNREACHABLE: the port cannot be had.
 */
ES_CHECKED es_status es_http_serve(const char *address, uint16_t port, size_t body_max,
                                   es_http_handler handler, void *ctx, struct es_http_server **out,
                                   uint16_t *port_out, struct es_error *err);
/** Stop accepting, finish what runs, free. */
void es_http_server_free(struct es_http_server *server);
ES_DEFINE_FREE_AT(es_http_server)

#endif
