/* The client: one POST, nothing followed, nothing believed beyond status and media type. */
#include "http_internal.h"

struct receiving {
    struct es_buf *out;
    bool full;
};

static size_t receive(char *data, size_t size, size_t count, void *ctx)
{
    struct receiving *r = ctx;

    es_buf_put(r->out, data, size * count);
    r->full = r->out->failed != ES_OK;
    return r->full ? 0 : size * count;
}

/* libcurl's own set-up is not thread-safe before 7.84 and counted after; it is never undone. */
es_status es_http_curl_new(CURL **curl, struct es_error *err)
{
    ES_ENSURE(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK, err, ES_E_NOMEM, "out of memory");
    *curl = curl_easy_init();
    ES_ENSURE(*curl != NULL, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

static bool configure(CURL *curl, const char *url, struct es_span body, unsigned timeout_ms,
                      struct receiving *receiving, struct curl_slist *headers)
{
    return curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long) timeout_ms) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long) timeout_ms) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_POST, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) body.len) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.ptr) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, receiving) == CURLE_OK;
}

static es_status check_answer(CURL *curl, const char *answer_type, struct es_error *err)
{
    long status = 0;
    char *type = NULL;

    (void) curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    (void) curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    ES_ENSURE(status == 200, err, ES_E_UNREACHABLE, "the server answered with status %ld", status);
    if (answer_type == NULL)
        return ES_OK;
    ES_ENSURE(type != NULL && strncasecmp(type, answer_type, strlen(answer_type)) == 0, err,
              ES_E_FORMAT, "the answer is of type %.64s, it must be %s",
              type == NULL ? "none" : type, answer_type);
    return ES_OK;
}

static es_status perform(CURL *curl, struct receiving *receiving, const char *answer_type,
                         struct es_error *err)
{
    CURLcode code = curl_easy_perform(curl);

    if (receiving->full)
        return es_buf_check(receiving->out, err);
    ES_ENSURE(code != CURLE_OUT_OF_MEMORY, err, ES_E_NOMEM, "out of memory");
    ES_ENSURE(code != CURLE_UNSUPPORTED_PROTOCOL && code != CURLE_URL_MALFORMAT, err, ES_E_USAGE,
              "not an http or https address");
    ES_ENSURE(code == CURLE_OK, err, ES_E_UNREACHABLE, "%s", curl_easy_strerror(code));
    return check_answer(curl, answer_type, err);
}

es_status es_http_post(const char *url, const char *media_type, struct es_span body,
                       const char *answer_type, unsigned timeout_ms, struct es_buf *out,
                       struct es_error *err)
{
    struct receiving receiving = {.out = out};
    struct curl_slist *headers = NULL;
    char type[128];
    CURL *curl = NULL;
    es_status status;

    ES_ENSURE(strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0, err, ES_E_USAGE,
              "\"%.200s\" is not an http or https address", url);
    (void) snprintf(type, sizeof type, "Content-Type: %s", media_type);
    ES_TRY(es_http_curl_new(&curl, err));
    headers = curl_slist_append(NULL, type);
    if (headers == NULL || !configure(curl, url, body, timeout_ms, &receiving, headers))
        status = es_error_set(err, ES_E_NOMEM, "out of memory");
    else
        status = perform(curl, &receiving, answer_type, err);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    return status;
}
