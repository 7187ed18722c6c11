/*
 * One signed request. What is signed and what is sent come from the same encoder. Messages name
 * status and S3's own code, never the key, the secret or the signature.
 */
#include "s3.h"

#include <unistd.h>

#define SHA256_OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define URL_MAX 8192u
#define SCRATCH_MAX (64u * 1024)
#define CODE_MAX (8u * 1024)

/* The text of one request on its way. */
struct draft {
    struct es_buf path, url, authorization;
    char time[SIGV4_TIME_LEN + 1];
};

static void draft_clear(struct draft *draft)
{
    es_buf_clear(&draft->path);
    es_buf_clear(&draft->url);
    es_buf_clear(&draft->authorization);
}

/* "20130524T000000Z" */
static void time_now(char out[SIGV4_TIME_LEN + 1])
{
    const struct es_clock clock = es_clock_system();
    char text[ES_TIME_TEXT_MAX];

    es_time_generalized(clock.now_s(clock.self), text);
    (void) snprintf(out, SIGV4_TIME_LEN + 1, "%.8sT%.7s", text, text + 8);
}

static void put_path(const struct s3 *s3, const char *name, struct es_buf *out)
{
    char key[ES_BLOB_KEY_LEN + 1];

    es_buf_printf(out, "/%s/", s3->bucket);
    if (name == NULL)
        return;
    es_blob_key(name, key);
    es_buf_printf(out, "%s%s", s3->prefix, key);
}

static es_status write_draft(const struct s3 *s3, struct sigv4_request *request,
                             struct draft *draft, struct es_error *err)
{
    const struct sigv4_signer signer = {
        .access_key = es_span_of(s3->credentials.ptr, s3->access_len),
        .secret_key = es_span_of(s3->credentials.ptr + s3->secret_off, s3->secret_len),
        .region = s3->region,
        .service = "s3",
        .time = draft->time};

    es_buf_put_str(&draft->url, s3->origin);
    sigv4_encode(&draft->url, es_span_str(request->path), false);
    if (request->query_count > 0)
        es_buf_put_byte(&draft->url, '?');
    ES_TRY(sigv4_query(request, &draft->url, err));
    ES_TRY(sigv4_authorization(request, &signer, &draft->authorization, err));
    ES_ENSURE(es_buf_cstr(&draft->url) != NULL && es_buf_cstr(&draft->authorization) != NULL, err,
              ES_E_NOMEM, "out of memory");
    return ES_OK;
}

/* ---- sending ---- */

static es_status read_length(const struct es_http_wanted *wanted, uint64_t *out,
                             struct es_error *err)
{
    size_t len = strlen(wanted->value);

    ES_ENSURE(wanted->count == 1 && len > 0 && len <= 18 &&
                  strspn(wanted->value, "0123456789") == len,
              err, ES_E_UNREACHABLE, "S3: no length in the answer");
    *out = strtoull(wanted->value, NULL, 10);
    return ES_OK;
}

static es_status take_answer(const struct s3_request *request, const struct es_http_reply *reply,
                             const struct es_http_wanted wanted[2], struct s3_answer *answer,
                             struct es_error *err)
{
    answer->status = reply->status;
    answer->length = reply->body_len;
    memcpy(answer->etag, wanted[0].value, sizeof answer->etag);
    if (strcmp(request->method, "HEAD") == 0 && reply->status == 200)
        return read_length(&wanted[1], &answer->length, err);
    return ES_OK;
}

static es_status send_draft(const struct s3 *s3, const struct s3_request *request,
                            const struct draft *draft, const struct es_http_header *headers,
                            struct s3_answer *answer, struct es_error *err)
{
    struct es_http_wanted wanted[2] = {{.name = "ETag"}, {.name = "Content-Length"}};
    const struct es_http_call call = {.method = request->method,
                                      .url = (const char *) draft->url.ptr,
                                      .headers = headers,
                                      .header_count = 3,
                                      .body = request->body,
                                      .connect_ms = s3->connect_ms,
                                      .timeout_ms = s3->timeout_ms,
                                      .stall_s = s3->stall_s,
                                      .out = request->out,
                                      .out_fd = request->out == NULL ? *request->out_fd : -1,
                                      .out_max = request->out == NULL ? s3->blob_max
                                                                      : request->out->max,
                                      .wanted = wanted,
                                      .wanted_count = 2};
    struct es_http_reply reply;
    es_status status = es_http_call(&call, &reply, err);

    if (status == ES_E_UNREACHABLE && !reply.sent)
        status = es_http_call(&call, &reply, err);
    if (status != ES_OK)
        return es_error_at(err, status, "S3");
    return take_answer(request, &reply, wanted, answer, err);
}

static es_status sign_and_send(const struct s3 *s3, const struct s3_request *request,
                               struct draft *draft, struct s3_answer *answer, struct es_error *err)
{
    const char *sha256 = request->body == NULL ? SHA256_OF_NOTHING : request->body_sha256;
    const struct sigv4_pair signed_headers[] = {
        {"host", s3->host}, {"x-amz-content-sha256", sha256}, {"x-amz-date", draft->time}};
    struct sigv4_request signing = {.method = request->method,
                                    .query = request->query,
                                    .query_count = request->query_count,
                                    .headers = signed_headers,
                                    .header_count = 3,
                                    .payload_sha256 = sha256};

    time_now(draft->time);
    put_path(s3, request->name, &draft->path);
    signing.path = es_buf_cstr(&draft->path);
    ES_ENSURE(signing.path != NULL, err, ES_E_NOMEM, "out of memory");
    ES_TRY(write_draft(s3, &signing, draft, err));
    return send_draft(
        s3, request, draft,
        (const struct es_http_header[]){{"x-amz-content-sha256", sha256},
                                        {"x-amz-date", draft->time},
                                        {"Authorization", (const char *) draft->authorization.ptr}},
        answer, err);
}

/* ---- judging ---- */

static void read_code(const struct s3_request *request, const struct s3_answer *answer,
                      char code[65])
{
    uint8_t text[CODE_MAX];
    size_t len = answer->length < sizeof text ? (size_t) answer->length : sizeof text;
    ssize_t got;

    if (request->out != NULL) {
        s3_error_code(es_buf_span(request->out), code);
        return;
    }
    got = pread(*request->out_fd, text, len, 0);
    s3_error_code(es_span_of(text, got > 0 ? (size_t) got : 0), code);
}

/* "Not there" needs S3's word for it: a 404 of somebody in between says nothing of the object. */
static es_status judge(const struct s3_request *request, const struct s3_answer *answer,
                       const char *code, struct es_error *err)
{
    const char *blank = code[0] == '\0' ? "" : " ";

    if (answer->status == 404 &&
        (strcmp(request->method, "HEAD") == 0 || strcmp(code, "NoSuchKey") == 0))
        return ES_OK;
    ES_ENSURE(answer->status != 404 || strcmp(code, "NoSuchBucket") != 0, err, ES_E_CONFIG,
              "S3: there is no such bucket");
    ES_ENSURE(answer->status != 403, err, ES_E_DENIED, "S3: refused with status 403%s%s", blank,
              code);
    ES_ENSURE(answer->status != 507, err, ES_E_WRITE, "S3: no room, status 507%s%s", blank, code);
    ES_ENSURE(strcmp(code, "XAmzContentSHA256Mismatch") != 0 && strcmp(code, "BadDigest") != 0, err,
              ES_E_INTEGRITY, "S3: the object changed while it was sent");
    return es_error_set(err, ES_E_UNREACHABLE, "S3: answered with status %u%s%s", answer->status,
                        blank, code);
}

es_status s3_call(const struct s3 *s3, const struct s3_request *request, struct s3_answer *answer,
                  struct es_error *err)
{
    struct draft draft = {
        .path = ES_BUF_INIT(1024), .url = ES_BUF_INIT(URL_MAX), .authorization = ES_BUF_INIT(1024)};
    ES_AUTO(es_buf) scratch = ES_BUF_INIT(SCRATCH_MAX);
    struct s3_request own = *request;
    es_status status;
    char code[65];

    *answer = (struct s3_answer){0};
    if (own.out == NULL && own.out_fd == NULL)
        own.out = &scratch;
    status = sign_and_send(s3, &own, &draft, answer, err);
    draft_clear(&draft);
    ES_TRY(status);
    if (answer->status == 200 || answer->status == 204)
        return ES_OK;
    read_code(&own, answer, code);
    return judge(&own, answer, code, err);
}
