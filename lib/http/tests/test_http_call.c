/*
 * Calls of any method against a socket that plays its part from a script: it keeps what was sent
 * and answers the bytes it was given, whatever they are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_http.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

struct fixture {
    int listener;
    pthread_t thread;
    bool running;
    char url[64];
    const char *answer;    /* given to the first caller; NULL: read until he goes */
    size_t request_len;    /* how much of the request is waited for */
    struct es_buf request; /* what came */
    struct es_buf out;
    struct es_error err;
    struct es_http_reply reply;
};

static bool request_is_whole(const struct fixture *f)
{
    struct es_span got = es_buf_span(&f->request);

    return f->answer != NULL && es_span_search(got, es_span_str("\r\n\r\n"), NULL) &&
           got.len >= f->request_len;
}

static void *serve_one(void *ctx)
{
    struct fixture *f = ctx;
    int fd = accept(f->listener, NULL, NULL);
    char piece[4096];

    while (fd >= 0 && !request_is_whole(f)) {
        ssize_t got = recv(fd, piece, sizeof piece, 0);

        if (got <= 0)
            break;
        es_buf_put(&f->request, piece, (size_t) got);
    }
    if (fd >= 0 && f->answer != NULL)
        (void) send(fd, f->answer, strlen(f->answer), MSG_NOSIGNAL);
    if (fd >= 0)
        (void) close(fd);
    return NULL;
}

static int setup(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    f->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(f->listener, (struct sockaddr *) &address, len), 0);
    assert_int_equal(listen(f->listener, 4), 0);
    assert_int_equal(getsockname(f->listener, (struct sockaddr *) &address, &len), 0);
    (void) snprintf(f->url, sizeof f->url, "http://127.0.0.1:%u/a/../b%%2F?q=1",
                    ntohs(address.sin_port));
    es_buf_init(&f->request, 1 << 20);
    es_buf_init(&f->out, 1 << 20);
    *state = f;
    return 0;
}

static void start(struct fixture *f, const char *answer)
{
    f->answer = answer;
    assert_int_equal(pthread_create(&f->thread, NULL, serve_one, f), 0);
    f->running = true;
}

static void finish(struct fixture *f)
{
    if (f->running)
        assert_int_equal(pthread_join(f->thread, NULL), 0);
    f->running = false;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    (void) shutdown(f->listener, SHUT_RDWR);
    finish(f);
    (void) close(f->listener);
    es_buf_clear(&f->request);
    es_buf_clear(&f->out);
    free(f);
    return 0;
}

static struct es_http_call call_of(struct fixture *f, const char *method)
{
    return (struct es_http_call){.method = method,
                                 .url = f->url,
                                 .connect_ms = 5000,
                                 .timeout_ms = 20000,
                                 .out = &f->out,
                                 .out_max = 1000};
}

static es_status run(struct fixture *f, const struct es_http_call *call)
{
    es_status status = es_http_call(call, &f->reply, &f->err);

    finish(f);
    return status;
}

static void assert_sent(const struct fixture *f, const char *text)
{
    if (!es_span_search(es_buf_span(&f->request), es_span_str(text), NULL))
        fail_msg("not sent: %s", text);
}

/* ---- refusals before anything is sent ---- */

static void urls_that_are_not_allowed_are_refused(void **state)
{
    static const char *const urls[] = {
        "",
        "127.0.0.1/",
        "file:///etc/hostname",
        "ftp://127.0.0.1/",
        "HTTP://127.0.0.1/",
        "http://",
        "http:///x",
        "http://example.com/",
        "http://127.0.0.1.example.com/",
        "http://localhost.example.com/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://10.0.0.1/",
        "http://[::2]/",
        "http://[::1]x/",
        "http://127.0.0.1:80@example.com/",
        "http://127.0.0.1:80\\@example.com/",
        "http://127.0.0.1\\x/",
        "http://user@127.0.0.1/",
        "https://user:word@127.0.0.1/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/a\r\nX: y",
        "http://127.0.0.1/\x80",
        "http://127.0.0.1/#x",
        "http://127.0.0.1?x/y",
    };
    struct fixture *f = *state;
    struct es_http_call call = call_of(f, "GET");

    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        call.url = urls[i];
        if (es_http_call(&call, &f->reply, &f->err) != ES_E_USAGE || f->reply.sent)
            fail_msg("taken: %s", urls[i]);
        assert_null(strstr(f->err.text, "word"));
    }
}

static void addresses_of_this_machine_and_https_are_allowed(void **state)
{
    static const char *const urls[] = {"http://127.0.0.1/", "http://127.9.9.9:80/x?y",
                                       "http://[::1]:8080/", "http://localhost",
                                       "https://example.com/"};

    (void) state;
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
        assert_int_equal(es_http_check_url(urls[i], NULL), ES_OK);
}

static void headers_and_methods_that_are_not_allowed_are_refused(void **state)
{
    static const struct es_http_header headers[] = {
        {"", "v"}, {"a b", "v"},    {"a:", "v"},  {"a\r\nb", "v"},
        {"a", ""}, {"a", "v\r\nb"}, {"a", "v\n"}, {"a", "\x7f"},
    };
    static const char *const methods[] = {"",       "get",     "GET ",
                                          "GET /x", "GET\r\n", "ABCDEFGHIJKLMNOPQ"};
    struct fixture *f = *state;
    struct es_http_call call = call_of(f, "GET");

    call.header_count = 1;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        call.headers = &headers[i];
        assert_int_equal(es_http_call(&call, &f->reply, NULL), ES_E_USAGE);
    }
    call.header_count = 0;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        call.method = methods[i];
        assert_int_equal(es_http_call(&call, &f->reply, NULL), ES_E_USAGE);
    }
}

static void nobody_there_means_nothing_sent(void **state)
{
    struct fixture *f = *state;
    struct es_http_call call = call_of(f, "PUT");

    (void) close(f->listener);
    f->reply.sent = true;
    assert_int_equal(run(f, &call), ES_E_UNREACHABLE);
    assert_false(f->reply.sent);
    f->listener = socket(AF_INET, SOCK_STREAM, 0);
}

/* ---- what is sent ---- */

static void a_body_from_a_source_is_sent_with_its_length(void **state)
{
    struct fixture *f = *state;
    struct es_http_call call = call_of(f, "PUT");
    static const struct es_http_header headers[] = {{"X-One", "first"}, {"X-Two", "second"}};
    struct es_source body = es_source_memory(es_span_str("the body"));

    call.body = &body;
    call.headers = headers;
    call.header_count = 2;
    f->request_len = 1; /* the body may come with the head or behind it */
    start(f, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(run(f, &call), ES_OK);
    assert_int_equal(f->reply.status, 201);
    assert_true(f->reply.sent);
    assert_sent(f, "PUT /a/../b%2F?q=1 HTTP/1.1\r\n");
    assert_sent(f, "\r\nContent-Length: 8\r\n");
    assert_sent(f, "\r\nX-One: first\r\n");
    assert_sent(f, "\r\nX-Two: second\r\n");
    assert_false(es_span_search(es_buf_span(&f->request), es_span_str("Expect"), NULL));
}

static void a_body_longer_than_all_buffers_is_sent_whole(void **state)
{
    struct fixture *f = *state;
    struct es_http_call call = call_of(f, "PUT");
    size_t len = 700000;
    uint8_t *bytes = malloc(len);
    struct es_source body;

    assert_non_null(bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t) (i * 31 + (i >> 8));
    body = es_source_memory(es_span_of(bytes, len));
    call.body = &body;
    f->request_len = len;
    start(f, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(run(f, &call), ES_OK);
    assert_true(f->request.len > len);
    assert_memory_equal(f->request.ptr + f->request.len - len, bytes, len);
    free(bytes);
}

static void an_empty_body_has_a_length_too(void **state)
{
    struct fixture *f = *state;
    struct es_http_call call = call_of(f, "PUT");
    struct es_source body = es_source_memory(es_span_str(""));

    call.body = &body;
    start(f, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(run(f, &call), ES_OK);
    assert_sent(f, "\r\nContent-Length: 0\r\n");
}

static void a_source_that_fails_ends_the_call(void **state)
{
    struct fixture *f = *state;
    struct es_http_call call = call_of(f, "PUT");
    FILE *file = tmpfile();
    struct es_source body = {.len = 100};

    assert_non_null(file);
    body.fd = fileno(file);
    call.body = &body;
    start(f, NULL);
    assert_int_equal(run(f, &call), ES_E_IO);
    assert_string_equal(f->err.text, "file became shorter while it was read");
    (void) fclose(file);
}

static void other_methods_go_out_as_they_are_called(void **state)
{
    struct fixture *f = *state;
    struct es_http_call call = call_of(f, "DELETE");

    start(f, "HTTP/1.1 204 No Content\r\n\r\n");
    assert_int_equal(run(f, &call), ES_OK);
    assert_int_equal(f->reply.status, 204);
    assert_sent(f, "DELETE /a/../b%2F?q=1 HTTP/1.1\r\n");
}

static void proxies_of_the_environment_are_not_asked(void **state)
{
    struct fixture *f = *state;
    struct es_http_call call = call_of(f, "GET");

    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1/", 1), 0);
    assert_int_equal(setenv("ALL_PROXY", "http://127.0.0.1:1/", 1), 0);
    start(f, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(run(f, &call), ES_OK);
    assert_int_equal(unsetenv("http_proxy") + unsetenv("ALL_PROXY"), 0);
}

/* ---- what comes back ---- */

static void wanted_headers_are_told_and_counted(void **state)
{
    struct fixture *f = *state;
    struct es_http_call call = call_of(f, "GET");
    struct es_http_wanted wanted[] = {{.name = "ETag"}, {.name = "x-absent", .count = 7}};

    call.wanted = wanted;
    call.wanted_count = 2;
    start(f, "HTTP/1.1 404 Not Found\r\netag:  \"one\" \r\nETag-2: no\r\nETAG: \"two\"\r\n"
             "Content-Length: 4\r\n\r\nbody");
    assert_int_equal(run(f, &call), ES_OK);
    assert_int_equal(f->reply.status, 404);
    assert_int_equal(wanted[0].count, 2);
    assert_string_equal(wanted[0].value, "\"two\"");
    assert_int_equal(wanted[1].count, 0);
    assert_int_equal(f->reply.body_len, 4);
    assert_true(es_span_is(es_buf_span(&f->out), "body"));
}

static void head_has_a_length_and_no_body(void **state)
{
    struct fixture *f = *state;
    struct es_http_call call = call_of(f, "HEAD");
    struct es_http_wanted wanted = {.name = "content-length"};

    call.wanted = &wanted;
    call.wanted_count = 1;
    start(f, "HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n");
    assert_int_equal(run(f, &call), ES_OK);
    assert_sent(f, "HEAD /");
    assert_string_equal(wanted.value, "5000000");
    assert_int_equal(f->reply.body_len, 0);
}

static void what_an_interim_answer_says_is_forgotten(void **state)
{
    struct fixture *f = *state;
    struct es_http_call call = call_of(f, "GET");
    struct es_http_wanted wanted = {.name = "etag"};

    call.wanted = &wanted;
    call.wanted_count = 1;
    start(f, "HTTP/1.1 100 Continue\r\nETag: early\r\n\r\n"
             "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(run(f, &call), ES_OK);
    assert_int_equal(wanted.count, 0);
}

static void a_redirect_is_an_answer_like_any_other(void **state)
{
    struct fixture *f = *state;
    struct es_http_call call = call_of(f, "GET");

    start(f, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(run(f, &call), ES_OK);
    assert_int_equal(f->reply.status, 302);
}

static void bodies_meet_their_bound_and_do_not_pass_it(void **state)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n12345"};

    for (size_t i = 0; i < 6; i++) {
        struct fixture *f;
        struct es_http_call call;

        assert_int_equal(setup(state), 0);
        f = *state;
        call = call_of(f, "GET");
        call.out_max = i % 2 == 0 ? 5 : 4;
        start(f, answers[i / 2]);
        assert_int_equal(run(f, &call), i % 2 == 0 ? ES_OK : ES_E_LIMIT);
        assert_int_equal(f->out.len <= call.out_max, 1);
        assert_int_equal(teardown(state), 0);
    }
}

static void a_descriptor_takes_the_body(void **state)
{
    struct fixture *f = *state;
    struct es_http_call call = call_of(f, "GET");
    FILE *file = tmpfile();
    char read[8] = "";

    assert_non_null(file);
    call.out = NULL;
    call.out_fd = fileno(file);
    start(f, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345");
    assert_int_equal(run(f, &call), ES_OK);
    assert_int_equal(f->reply.body_len, 5);
    assert_int_equal(pread(call.out_fd, read, sizeof read, 0), 5);
    assert_string_equal(read, "12345");
    (void) fclose(file);
}

static void a_descriptor_that_takes_nothing_ends_the_call(void **state)
{
    struct fixture *f = *state;
    struct es_http_call call = call_of(f, "GET");
    FILE *file = fopen("/dev/full", "w");

    assert_non_null(file);
    call.out = NULL;
    call.out_fd = fileno(file);
    start(f, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345");
    assert_int_equal(run(f, &call), ES_E_WRITE);
    (void) fclose(file);
}

static void broken_answers_are_no_answers(void **state)
{
    static const char *const answers[] = {
        "",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n123",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "just some text without a head\n",
        "HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n",
    };

    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct fixture *f;
        struct es_http_call call;

        assert_int_equal(setup(state), 0);
        f = *state;
        call = call_of(f, "GET");
        start(f, answers[i]);
        if (run(f, &call) != ES_E_UNREACHABLE)
            fail_msg("believed: %s", answers[i]);
        assert_true(f->reply.sent);
        assert_int_equal(teardown(state), 0);
    }
}

static void headers_without_end_are_refused(void **state)
{
    struct fixture *f = *state;
    struct es_http_call call = call_of(f, "GET");
    ES_AUTO(es_buf) answer = ES_BUF_INIT(1 << 20);

    es_buf_put_str(&answer, "HTTP/1.1 200 OK\r\n");
    for (unsigned i = 0; i < 5000; i++)
        es_buf_printf(&answer, "X-%u: some value\r\n", i);
    es_buf_put_str(&answer, "\r\n");
    start(f, es_buf_cstr(&answer));
    assert_int_equal(run(f, &call), ES_E_LIMIT);
}

static void a_wanted_value_over_its_room_is_refused(void **state)
{
    for (size_t len = ES_HTTP_VALUE_MAX - 1; len <= ES_HTTP_VALUE_MAX; len++) {
        struct es_http_wanted wanted = {.name = "etag"};
        char answer[2048], value[ES_HTTP_VALUE_MAX];
        struct es_http_call call;
        struct fixture *f;

        assert_int_equal(setup(state), 0);
        f = *state;
        call = call_of(f, "GET");
        call.wanted = &wanted;
        call.wanted_count = 1;
        memset(value, 'v', sizeof value);
        (void) snprintf(answer, sizeof answer,
                        "HTTP/1.1 200 OK\r\nETag: %.*s\r\nContent-Length: 0\r\n\r\n", (int) len,
                        value);
        start(f, answer);
        assert_int_equal(run(f, &call), len < ES_HTTP_VALUE_MAX ? ES_OK : ES_E_LIMIT);
        assert_int_equal(teardown(state), 0);
    }
}

static void silence_is_given_up(void **state)
{
    struct fixture *f = *state;
    struct es_http_call call = call_of(f, "GET");

    call.timeout_ms = 100;
    start(f, NULL);
    assert_int_equal(run(f, &call), ES_E_UNREACHABLE);
    assert_true(f->reply.sent);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(urls_that_are_not_allowed_are_refused),
        CASE(addresses_of_this_machine_and_https_are_allowed),
        CASE(headers_and_methods_that_are_not_allowed_are_refused),
        CASE(nobody_there_means_nothing_sent),
        CASE(a_body_from_a_source_is_sent_with_its_length),
        CASE(a_body_longer_than_all_buffers_is_sent_whole),
        CASE(an_empty_body_has_a_length_too),
        CASE(a_source_that_fails_ends_the_call),
        CASE(other_methods_go_out_as_they_are_called),
        CASE(proxies_of_the_environment_are_not_asked),
        CASE(wanted_headers_are_told_and_counted),
        CASE(head_has_a_length_and_no_body),
        CASE(what_an_interim_answer_says_is_forgotten),
        CASE(a_redirect_is_an_answer_like_any_other),
        cmocka_unit_test(bodies_meet_their_bound_and_do_not_pass_it),
        CASE(a_descriptor_takes_the_body),
        CASE(a_descriptor_that_takes_nothing_ends_the_call),
        cmocka_unit_test(broken_answers_are_no_answers),
        CASE(headers_without_end_are_refused),
        cmocka_unit_test(a_wanted_value_over_its_room_is_refused),
        CASE(silence_is_given_up),
    };

    return cmocka_run_group_tests_name("http_call", tests, NULL, NULL);
}
