/*
 * The server: libmicrohttpd with its strictest reading, bodies collected up to a bound, one answer
 * a request. Loopback only.
 */
#include "es_http.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>

#define CONNECTIONS_MAX 64u
#define TIMEOUT_S 15u

struct es_http_server {
    struct MHD_Daemon *daemon;
    es_http_handler handler;
    void *ctx;
    size_t body_max;
};

static enum MHD_Result send_answer(struct MHD_Connection *connection, unsigned status,
                                   const char *media_type, struct es_span body)
{
    union {
        const uint8_t *in;
        void *out;
    } pointer = {.in = body.ptr};
    struct MHD_Response *response = MHD_create_response_from_buffer(body.len, pointer.out,
                                                                    MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result;

    if (response == NULL)
        return MHD_NO;
    (void) MHD_add_response_header(response, "Content-Type", media_type);
    (void) MHD_add_response_header(response, "Cache-Control", "no-store");
    result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *why)
{
    return send_answer(connection, status, "text/plain; charset=utf-8", es_span_str(why));
}

static enum MHD_Result answer(const struct es_http_server *server,
                              struct MHD_Connection *connection, const char *method,
                              const char *path, const struct es_buf *body)
{
    const char *type = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Type");
    const struct es_http_request request = {.method = method,
                                            .path = path,
                                            .media_type = type == NULL ? "" : type,
                                            .body = es_buf_span(body)};
    ES_AUTO(es_buf) out = ES_BUF_INIT((size_t) 16 << 20);
    struct es_http_answer reply = {.status = 500, .media_type = "text/plain", .body = out};
    enum MHD_Result result;

    server->handler(server->ctx, &request, &reply);
    if (reply.body.failed != ES_OK)
        result = refuse(connection, 503, "out of memory\n");
    else
        result = send_answer(connection, reply.status, reply.media_type, es_buf_span(&reply.body));
    es_buf_clear(&reply.body);
    return result;
}

/* Called with the head, then for each piece of the body, then once more with nothing. */
static enum MHD_Result handle(void *ctx, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *len, void **state)
{
    const struct es_http_server *server = ctx;
    struct es_buf *body = *state;

    (void) version;
    if (body == NULL) {
        body = malloc(sizeof *body);
        if (body == NULL)
            return MHD_NO;
        es_buf_init(body, server->body_max);
        *state = body;
        return MHD_YES;
    }
    if (*len > 0) {
        es_buf_put(body, data, *len);
        *len = 0;
        return MHD_YES;
    }
    if (body->failed == ES_E_LIMIT)
        return refuse(connection, 413, "body too large\n");
    if (body->failed != ES_OK)
        return refuse(connection, 503, "out of memory\n");
    return answer(server, connection, method, url, body);
}

static void completed(void *ctx, struct MHD_Connection *connection, void **state,
                      enum MHD_RequestTerminationCode code)
{
    struct es_buf *body = *state;

    (void) ctx;
    (void) connection;
    (void) code;
    if (body != NULL)
        es_buf_clear(body);
    free(body);
    *state = NULL;
}

static es_status loopback(const char *address, uint16_t port, struct sockaddr_in6 *six,
                          struct sockaddr_in *four, struct sockaddr **out, struct es_error *err)
{
    *six = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
    *four = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, address, &four->sin_addr) == 1 &&
        (ntohl(four->sin_addr.s_addr) >> 24) == 127) {
        *out = (struct sockaddr *) four;
        return ES_OK;
    }
    ES_ENSURE(inet_pton(AF_INET6, address, &six->sin6_addr) == 1 &&
                  IN6_IS_ADDR_LOOPBACK(&six->sin6_addr),
              err, ES_E_USAGE, "address \"%.64s\", allowed are 127.0.0.1 and ::1", address);
    *out = (struct sockaddr *) six;
    return ES_OK;
}

static struct MHD_Daemon *start(struct es_http_server *server, const struct sockaddr *address)
{
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;

    if (address->sa_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, handle, server, MHD_OPTION_SOCK_ADDR, address,
        MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
}

es_status es_http_serve(const char *address, uint16_t port, size_t body_max,
                        es_http_handler handler, void *ctx, struct es_http_server **out,
                        uint16_t *port_out, struct es_error *err)
{
    ES_AUTO_PTR(es_http_server) server = calloc(1, sizeof *server);
    const union MHD_DaemonInfo *info;
    struct sockaddr_in6 six;
    struct sockaddr_in four;
    struct sockaddr *sock = NULL;

    ES_ENSURE(server != NULL, err, ES_E_NOMEM, "out of memory");
    server->handler = handler;
    server->ctx = ctx;
    server->body_max = body_max;
    ES_TRY(loopback(address, port, &six, &four, &sock, err));
    server->daemon = start(server, sock);
    ES_ENSURE(server->daemon != NULL, err, ES_E_UNREACHABLE, "cannot listen on %.64s port %u",
              address, port);
    info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    *port_out = info == NULL ? port : info->port;
    *out = ES_TAKE(server);
    return ES_OK;
}

void es_http_server_free(struct es_http_server *server)
{
    if (server == NULL)
        return;
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    free(server);
}
