/* Client and server against each other, and the server against what no client of ours sends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_http.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

struct fixture {
    struct es_http_server *server;
    uint16_t port;
    char url[64];
    struct es_buf out;
};

static void echo(void *ctx, const struct es_http_request *request, struct es_http_answer *answer)
{
    (void) ctx;
    answer->status = strcmp(request->path, "/missing") == 0 ? 404 : 200;
    answer->media_type = "application/test";
    es_buf_put_str(&answer->body, request->media_type);
    es_buf_put_str(&answer->body, "|");
    es_buf_put_span(&answer->body, request->body);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    assert_int_equal(es_http_serve("127.0.0.1", 0, 1000, echo, NULL, &f->server, &f->port, NULL),
                     ES_OK);
    (void) snprintf(f->url, sizeof f->url, "http://127.0.0.1:%u/", f->port);
    es_buf_init(&f->out, 4096);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    es_http_server_free(f->server);
    es_buf_clear(&f->out);
    free(f);
    return 0;
}

static void a_body_goes_there_and_back(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(es_http_post(f->url, "application/in", es_span_str("hello"),
                                  "application/test", 5000, &f->out, NULL),
                     ES_OK);
    assert_true(es_span_is(es_buf_span(&f->out), "application/in|hello"));
}

static void another_media_type_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        es_http_post(f->url, "a/b", es_span_str("x"), "application/other", 5000, &f->out, NULL),
        ES_E_FORMAT);
}

static void a_body_over_the_bound_is_refused_by_the_server(void **state)
{
    struct fixture *f = *state;
    char big[2000];
    struct es_error err = {0};

    memset(big, 'x', sizeof big);
    assert_int_equal(
        es_http_post(f->url, "a/b", es_span_of(big, sizeof big), NULL, 5000, &f->out, &err),
        ES_E_UNREACHABLE);
    assert_string_equal(err.text, "the server answered with status 413");
}

static void an_answer_over_the_bound_is_refused_by_the_client(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) small = ES_BUF_INIT(8);

    assert_int_equal(
        es_http_post(f->url, "a/b", es_span_str("long enough"), NULL, 5000, &small, NULL),
        ES_E_LIMIT);
}

static void a_status_other_than_200_is_told(void **state)
{
    struct fixture *f = *state;
    struct es_error err = {0};
    char url[96];

    (void) snprintf(url, sizeof url, "%smissing", f->url);
    assert_int_equal(es_http_post(url, "a/b", es_span_str("x"), NULL, 5000, &f->out, &err),
                     ES_E_UNREACHABLE);
    assert_string_equal(err.text, "the server answered with status 404");
}

static void other_protocols_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const urls[] = {"file:///etc/hostname", "ftp://127.0.0.1/x", "x",
                                       "javascript:1"};

    for (size_t i = 0; i < 4; i++)
        assert_int_equal(es_http_post(urls[i], "a/b", es_span_str("x"), NULL, 1000, &f->out, NULL),
                         ES_E_USAGE);
}

static void nobody_listening_is_unreachable(void **state)
{
    struct fixture *f = *state;

    es_http_server_free(f->server);
    f->server = NULL;
    assert_int_equal(es_http_post(f->url, "a/b", es_span_str("x"), NULL, 2000, &f->out, NULL),
                     ES_E_UNREACHABLE);
}

static void only_loopback_is_served(void **state)
{
    struct es_http_server *server = NULL;
    uint16_t port = 0;
    static const char *const addresses[] = {"0.0.0.0", "192.168.0.1", "::", "localhost", ""};

    (void) state;
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(es_http_serve(addresses[i], 0, 10, echo, NULL, &server, &port, NULL),
                         ES_E_USAGE);
}

/* Sends raw text and gives the first line of the answer. */
static void ask_raw(uint16_t port, const char *text, char *line, size_t len)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ssize_t got;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *) &to, sizeof to), 0);
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t) strlen(text));
    got = recv(fd, line, len - 1, 0);
    line[got < 0 ? 0 : got] = 0;
    line[strcspn(line, "\r\n")] = 0;
    (void) close(fd);
}

static void malformed_requests_get_no_handler(void **state)
{
    struct fixture *f = *state;
    char line[256];

    ask_raw(f->port, "POST / HTTP/1.1\r\n\r\n", line, sizeof line);
    assert_null(strstr(line, "200"));
    ask_raw(f->port, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", line, sizeof line);
    assert_null(strstr(line, "200"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_body_goes_there_and_back),
        T(another_media_type_is_refused),
        T(a_body_over_the_bound_is_refused_by_the_server),
        T(an_answer_over_the_bound_is_refused_by_the_client),
        T(a_status_other_than_200_is_told),
        T(other_protocols_are_refused),
        T(nobody_listening_is_unreachable),
        cmocka_unit_test(only_loopback_is_served),
        T(malformed_requests_get_no_handler),
    };

    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
