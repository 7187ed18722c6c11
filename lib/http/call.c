/*
 * One request of any method. Bodies stream in both directions: from a source, to a buffer or a
 * descriptor. A handle serves one call, so no connection is used twice and libcurl has no reason
 * to send anything again.
 */
#include "http_internal.h"

#include <errno.h>
#include <unistd.h>

#define HEADERS_MAX (64u * 1024)

struct running {
    const struct es_http_call *call;
    struct es_http_reply *reply;
    struct es_error *err;
    uint64_t body_off; /* of the body sent */
    size_t header_bytes;
    bool head_ended;  /* the empty line behind the headers came */
    es_status failed; /* of a callback; err is filled then */
};

/* ---- what libcurl calls ---- */

static size_t send_body(char *out, size_t size, size_t count, void *ctx)
{
    struct running *r = ctx;
    const struct es_source *body = r->call->body;
    uint64_t left = body->len - r->body_off;
    size_t part = size * count < left ? size * count : (size_t) left;

    r->failed = es_source_read(body, r->body_off, out, part, r->err);
    if (r->failed != ES_OK)
        return CURL_READFUNC_ABORT;
    r->body_off += part;
    return part;
}

static es_status write_all(int fd, const char *data, size_t len, struct es_error *err)
{
    while (len > 0) {
        ssize_t put = write(fd, data, len);

        if (put < 0 && errno == EINTR)
            continue;
        ES_ENSURE(put > 0, err, ES_E_WRITE, "cannot keep the answer: %s", strerror(errno));
        data += put;
        len -= (size_t) put;
    }
    return ES_OK;
}

static es_status take_body(const struct running *r, const char *data, size_t len)
{
    ES_ENSURE(len <= r->call->out_max - r->reply->body_len, r->err, ES_E_LIMIT,
              "the answer is longer than %llu bytes", (unsigned long long) r->call->out_max);
    if (r->call->out == NULL)
        return write_all(r->call->out_fd, data, len, r->err);
    es_buf_put(r->call->out, data, len);
    return es_buf_check(r->call->out, r->err);
}

static size_t receive_body(char *data, size_t size, size_t count, void *ctx)
{
    struct running *r = ctx;

    r->failed = take_body(r, data, size * count);
    if (r->failed != ES_OK)
        return 0;
    r->reply->body_len += size * count;
    return size * count;
}

static es_status take_wanted(struct es_http_wanted *wanted, struct es_span value,
                             struct es_error *err)
{
    ES_ENSURE(value.len < sizeof wanted->value, err, ES_E_LIMIT,
              "header %s of the answer has %zu bytes, at most %zu", wanted->name, value.len,
              sizeof wanted->value - 1);
    memcpy(wanted->value, value.ptr, value.len);
    wanted->value[value.len] = '\0';
    wanted->count++;
    return ES_OK;
}

static void forget_wanted(const struct es_http_call *call)
{
    for (size_t i = 0; i < call->wanted_count; i++) {
        call->wanted[i].count = 0;
        call->wanted[i].value[0] = '\0';
    }
}

static es_status take_header(struct running *r, struct es_span line)
{
    size_t colon = es_span_find(line, ':');
    struct es_span name = es_span_sub(line, 0, colon);

    r->head_ended = es_span_trim(line).len == 0;
    if (es_span_starts(line, "HTTP/")) { /* a new answer: what came before was "100 Continue" */
        forget_wanted(r->call);
        return ES_OK;
    }
    for (size_t i = 0; i < r->call->wanted_count; i++) {
        struct es_http_wanted *wanted = &r->call->wanted[i];

        if (colon < line.len && strlen(wanted->name) == name.len &&
            strncasecmp(wanted->name, (const char *) name.ptr, name.len) == 0)
            return take_wanted(wanted, es_span_trim(es_span_sub(line, colon + 1, line.len)),
                               r->err);
    }
    return ES_OK;
}

static es_status count_header(struct running *r, size_t len)
{
    ES_ENSURE(len <= HEADERS_MAX - r->header_bytes, r->err, ES_E_LIMIT,
              "the answer's headers are longer than %u bytes", HEADERS_MAX);
    r->header_bytes += len;
    return ES_OK;
}

static size_t receive_header(char *data, size_t size, size_t count, void *ctx)
{
    struct running *r = ctx;

    r->failed = count_header(r, size * count);
    if (r->failed == ES_OK)
        r->failed = take_header(r, es_span_of(data, size * count));
    return r->failed == ES_OK ? size * count : 0;
}

/* ---- setting up ---- */

static bool put_header(struct curl_slist **list, const char *line)
{
    struct curl_slist *grown = curl_slist_append(*list, line);

    if (grown == NULL)
        return false;
    *list = grown;
    return true;
}

/* "Expect:" keeps libcurl from waiting for "100 Continue". */
static bool make_headers(const struct es_http_call *call, struct curl_slist **list)
{
    char line[64 + 4096 + 4];

    if (!put_header(list, "Expect:"))
        return false;
    for (size_t i = 0; i < call->header_count; i++) {
        (void) snprintf(line, sizeof line, "%s: %s", call->headers[i].name, call->headers[i].value);
        if (!put_header(list, line))
            return false;
    }
    return true;
}

/*
 * What the request line names: the URL from its path on, as it stands. libcurl taking the URL
 * apart would leave out the query when memory is short. NULL: there is no path.
 */
static const char *target_of(const char *url)
{
    return strchr(strstr(url, "://") + 3, '/');
}

static bool set_rules(CURL *curl, const struct es_http_call *call)
{
    return curl_easy_setopt(curl, CURLOPT_URL, call->url) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_REQUEST_TARGET, target_of(call->url)) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
}

static bool set_limits(CURL *curl, const struct es_http_call *call)
{
    return curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long) call->connect_ms) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long) call->timeout_ms) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 64L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long) call->stall_s) == CURLE_OK;
}

static bool set_method(CURL *curl, const struct es_http_call *call, struct running *r)
{
    if (call->body == NULL && strcmp(call->method, "HEAD") == 0)
        return curl_easy_setopt(curl, CURLOPT_NOBODY, 1L) == CURLE_OK;
    if (call->body != NULL &&
        (curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L) != CURLE_OK ||
         curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t) call->body->len) !=
             CURLE_OK ||
         curl_easy_setopt(curl, CURLOPT_READFUNCTION, send_body) != CURLE_OK ||
         curl_easy_setopt(curl, CURLOPT_READDATA, r) != CURLE_OK))
        return false;
    return curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method) == CURLE_OK;
}

static bool set_receivers(CURL *curl, struct running *r, struct curl_slist *headers)
{
    return curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive_body) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, r) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, receive_header) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HEADERDATA, r) == CURLE_OK;
}

/* ---- one call ---- */

static es_status perform(CURL *curl, struct running *r)
{
    CURLcode code = curl_easy_perform(curl);
    long sent = 0, status = 0;

    (void) curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent);
    (void) curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    r->reply->sent = sent > 0;
    if (r->failed != ES_OK)
        return r->failed;
    ES_ENSURE(code != CURLE_OUT_OF_MEMORY, r->err, ES_E_NOMEM, "out of memory");
    ES_ENSURE(code != CURLE_URL_MALFORMAT, r->err, ES_E_USAGE, "not an http or https address");
    ES_ENSURE(code != CURLE_UNSUPPORTED_PROTOCOL, r->err, ES_E_UNREACHABLE,
              "the answer is not HTTP");
    ES_ENSURE(code == CURLE_OK, r->err, ES_E_UNREACHABLE, "%s", curl_easy_strerror(code));
    ES_ENSURE(r->head_ended, r->err, ES_E_UNREACHABLE, "the answer was cut in its head");
    ES_ENSURE(status >= 200 && status <= 599, r->err, ES_E_UNREACHABLE,
              "the server answered with status %ld", status);
    r->reply->status = (unsigned) status;
    return ES_OK;
}

es_status es_http_call(const struct es_http_call *call, struct es_http_reply *reply,
                       struct es_error *err)
{
    struct running running = {.call = call, .reply = reply, .err = err};
    struct curl_slist *headers = NULL;
    CURL *curl = NULL;
    es_status status;

    *reply = (struct es_http_reply){0};
    forget_wanted(call);
    ES_TRY(es_http_call_check(call, err));
    ES_TRY(es_http_curl_new(&curl, err));
    if (!make_headers(call, &headers) || !set_rules(curl, call) || !set_limits(curl, call) ||
        !set_method(curl, call, &running) || !set_receivers(curl, &running, headers))
        status = es_error_set(err, ES_E_NOMEM, "out of memory");
    else
        status = perform(curl, &running);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    return status;
}
