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

/** A header to send. */
struct es_http_header {
    const char *name, *value;
};
#define ES_HTTP_VALUE_MAX 1024
/** A header of the answer that the caller wants to see. */
struct es_http_wanted {
    const char *name;
    unsigned count; /* how often it came; value holds the last */
    char value[ES_HTTP_VALUE_MAX];
};
struct es_http_call {
    const char *method; /* capital letters: "GET", "PUT", "HEAD", "DELETE", … */
    const char *url;    /* https, or http to a loopback address or localhost */
    const struct es_http_header *headers;
    size_t header_count;
    const struct es_source *body; /* NULL: none */
    unsigned connect_ms;          /* until there is a connection */
    unsigned timeout_ms;          /* for the whole */
    unsigned stall_s;             /* give up when hardly anything moved for so long; 0: do not */
    struct es_buf *out;           /* the answer's body is appended here, or when NULL … */
    int out_fd;                   /* … written here */
    uint64_t out_max;             /* bytes of body taken; fewer when out takes fewer */
    struct es_http_wanted *wanted;
    size_t wanted_count;
};
struct es_http_reply {
    unsigned status;   /* 200 to 599 */
    uint64_t body_len; /* bytes of body taken */
    bool sent;         /* bytes of the request may have left; valid after a failure too */
};
/**
 * One request and its answer, whatever its status. No redirects, no proxies, no other protocols,
 * no credentials from the URL, HTTP/1.1, TLS 1.2 at least with certificates checked, nothing is
 * sent twice. Memory does not grow with the bodies; of them, out and out_fd may hold a part when
 * this fails.
 * @return ES_E_USAGE        URL, method or header not allowed
 *         ES_E_UNREACHABLE  no connection, no certificate to trust, time-out, cut answer
 *         ES_E_LIMIT        body, headers or a wanted value longer than allowed
 *         ES_E_WRITE        out_fd does not take it      or what reading the body gives
 */
ES_CHECKED es_status es_http_call(const struct es_http_call *call, struct es_http_reply *reply,
                                  struct es_error *err);

/** A URL that es_http_call would go to. ES_E_USAGE. */
ES_CHECKED es_status es_http_check_url(const char *url, struct es_error *err);

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
