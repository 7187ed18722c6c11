/*
 * canonical request -> string to sign -> signature, under a key derived from secret, day, region
 * and service. Keys on the way are wiped.
 */
#include "sigv4.h"

#define CANONICAL_MAX (32u * 1024)
#define SECRET_MAX 1024u

/* ---- encoding and sorting ---- */

static bool is_unreserved(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void sigv4_encode(struct es_buf *out, struct es_span text, bool slash)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];

        if (is_unreserved(c) || (c == '/' && !slash))
            es_buf_put_byte(out, c);
        else
            es_buf_printf(out, "%%%02X", c);
    }
}

/* One line or parameter, kept as its two parts in a shared buffer. */
struct part {
    size_t name, name_len, value, value_len;
};
struct parts {
    struct es_buf text;
    struct part part[SIGV4_PAIRS_MAX];
    size_t count;
};

static int compare(const struct parts *parts, const struct part *a, const struct part *b)
{
    const uint8_t *text = parts->text.ptr;
    int order = es_span_compare(es_span_of(text + a->name, a->name_len),
                                es_span_of(text + b->name, b->name_len));

    return order != 0 ? order
                      : es_span_compare(es_span_of(text + a->value, a->value_len),
                                        es_span_of(text + b->value, b->value_len));
}

/* By name, then value; equal ones keep their order. At most SIGV4_PAIRS_MAX. */
static void sort(struct parts *parts)
{
    for (size_t i = 1; i < parts->count; i++) {
        struct part moved = parts->part[i];
        size_t to = i;

        for (; to > 0 && compare(parts, &moved, &parts->part[to - 1]) < 0; to--)
            parts->part[to] = parts->part[to - 1];
        parts->part[to] = moved;
    }
}

/* Trim, and one blank for a run of them. */
static void put_folded(struct es_buf *out, const char *value)
{
    struct es_span text = es_span_trim(es_span_str(value));

    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != ' ' || text.ptr[i - 1] != ' ')
            es_buf_put_byte(out, text.ptr[i]);
}

static void put_encoded(struct es_buf *out, const char *value)
{
    sigv4_encode(out, es_span_str(value), true);
}

static es_status collect(struct parts *parts, const struct sigv4_pair *pairs, size_t count,
                         void (*put)(struct es_buf *out, const char *value), struct es_error *err)
{
    ES_ENSURE(count <= SIGV4_PAIRS_MAX, err, ES_E_LIMIT, "%zu headers or parameters, at most %u",
              count, SIGV4_PAIRS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct part *part = &parts->part[i];

        part->name = parts->text.len;
        put(&parts->text, pairs[i].name);
        part->name_len = parts->text.len - part->name;
        part->value = parts->text.len;
        put(&parts->text, pairs[i].value);
        part->value_len = parts->text.len - part->value;
    }
    parts->count = count;
    ES_TRY(es_buf_check(&parts->text, err));
    sort(parts);
    return ES_OK;
}

static void put_name(struct es_buf *out, const struct parts *parts, size_t i)
{
    es_buf_put(out, parts->text.ptr + parts->part[i].name, parts->part[i].name_len);
}

static void put_value(struct es_buf *out, const struct parts *parts, size_t i)
{
    es_buf_put(out, parts->text.ptr + parts->part[i].value, parts->part[i].value_len);
}

/* ---- canonical request ---- */

es_status sigv4_query(const struct sigv4_request *request, struct es_buf *out, struct es_error *err)
{
    struct parts parts = {.text = ES_BUF_INIT(CANONICAL_MAX)};
    es_status status = collect(&parts, request->query, request->query_count, put_encoded, err);

    for (size_t i = 0; status == ES_OK && i < parts.count; i++) {
        if (i > 0)
            es_buf_put_byte(out, '&');
        put_name(out, &parts, i);
        es_buf_put_byte(out, '=');
        put_value(out, &parts, i);
    }
    es_buf_clear(&parts.text);
    ES_TRY(status);
    return es_buf_check(out, err);
}

static void put_signed_headers(struct es_buf *out, const struct parts *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (i > 0)
            es_buf_put_byte(out, ';');
        put_name(out, headers, i);
    }
}

static es_status put_canonical(const struct sigv4_request *request, const struct parts *headers,
                               struct es_buf *out, struct es_error *err)
{
    es_buf_printf(out, "%s\n", request->method);
    sigv4_encode(out, es_span_str(request->path), false);
    es_buf_put_byte(out, '\n');
    ES_TRY(sigv4_query(request, out, err));
    es_buf_put_byte(out, '\n');
    for (size_t i = 0; i < headers->count; i++) {
        put_name(out, headers, i);
        es_buf_put_byte(out, ':');
        put_value(out, headers, i);
        es_buf_put_byte(out, '\n');
    }
    es_buf_put_byte(out, '\n');
    put_signed_headers(out, headers);
    es_buf_printf(out, "\n%s", request->payload_sha256);
    return es_buf_check(out, err);
}

static es_status collect_headers(const struct sigv4_request *request, struct parts *headers,
                                 struct es_error *err)
{
    return collect(headers, request->headers, request->header_count, put_folded, err);
}

es_status sigv4_canonical(const struct sigv4_request *request, struct es_buf *out,
                          struct es_error *err)
{
    struct parts headers = {.text = ES_BUF_INIT(CANONICAL_MAX)};
    es_status status = collect_headers(request, &headers, err);

    if (status == ES_OK)
        status = put_canonical(request, &headers, out, err);
    es_buf_clear(&headers.text);
    return status;
}

/* ---- string to sign and signature ---- */

static void put_scope(struct es_buf *out, const struct sigv4_signer *signer)
{
    es_buf_printf(out, "%.8s/%s/%s/aws4_request", signer->time, signer->region, signer->service);
}

static es_status string_to_sign(const struct sigv4_request *request,
                                const struct sigv4_signer *signer, struct es_buf *out,
                                struct es_error *err)
{
    ES_AUTO(es_buf) canonical = ES_BUF_INIT(CANONICAL_MAX);
    uint8_t digest[32];

    ES_TRY(sigv4_canonical(request, &canonical, err));
    ES_TRY(es_digest_once(ES_DIGEST_SHA256, es_buf_span(&canonical), digest, err));
    es_buf_printf(out, "AWS4-HMAC-SHA256\n%s\n", signer->time);
    put_scope(out, signer);
    es_buf_put_byte(out, '\n');
    es_buf_put_hex(out, es_span_of(digest, sizeof digest));
    return es_buf_check(out, err);
}

static es_status first_key(struct es_span secret, const char *day, uint8_t key[32],
                           struct es_error *err)
{
    uint8_t start[4 + SECRET_MAX] = {'A', 'W', 'S', '4'};
    es_status status;

    ES_ENSURE(secret.len > 0 && secret.len <= SECRET_MAX, err, ES_E_CONFIG,
              "the secret of S3 has %zu bytes, allowed are 1 to %u", secret.len, SECRET_MAX);
    memcpy(start + 4, secret.ptr, secret.len);
    status = es_hmac_sha256(es_span_of(start, 4 + secret.len), es_span_of(day, 8), key, err);
    es_wipe(start, sizeof start);
    return status;
}

static es_status signing_key(const struct sigv4_signer *signer, uint8_t key[32],
                             struct es_error *err)
{
    const char *const steps[] = {signer->region, signer->service, "aws4_request"};
    uint8_t next[32];

    ES_TRY(first_key(signer->secret_key, signer->time, key, err));
    for (size_t i = 0; i < 3; i++) {
        ES_TRY(es_hmac_sha256(es_span_of(key, 32), es_span_str(steps[i]), next, err));
        memcpy(key, next, sizeof next);
    }
    es_wipe(next, sizeof next);
    return ES_OK;
}

static es_status sign(const struct sigv4_request *request, const struct sigv4_signer *signer,
                      uint8_t signature[32], struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(1024);
    uint8_t key[32] = {0};
    es_status status;

    ES_TRY(string_to_sign(request, signer, &text, err));
    status = signing_key(signer, key, err);
    if (status == ES_OK)
        status = es_hmac_sha256(es_span_of(key, sizeof key), es_buf_span(&text), signature, err);
    es_wipe(key, sizeof key);
    return status;
}

es_status sigv4_authorization(const struct sigv4_request *request,
                              const struct sigv4_signer *signer, struct es_buf *out,
                              struct es_error *err)
{
    struct parts headers = {.text = ES_BUF_INIT(CANONICAL_MAX)};
    uint8_t signature[32];
    es_status status;

    ES_ENSURE(strlen(signer->time) == SIGV4_TIME_LEN, err, ES_E_RANGE, "not a time of S3");
    ES_TRY(sign(request, signer, signature, err));
    status = collect_headers(request, &headers, err);
    if (status == ES_OK) {
        es_buf_put_str(out, "AWS4-HMAC-SHA256 Credential=");
        es_buf_put_span(out, signer->access_key);
        es_buf_put_byte(out, '/');
        put_scope(out, signer);
        es_buf_put_str(out, ", SignedHeaders=");
        put_signed_headers(out, &headers);
        es_buf_put_str(out, ", Signature=");
        es_buf_put_hex(out, es_span_of(signature, sizeof signature));
        status = es_buf_check(out, err);
    }
    es_buf_clear(&headers.text);
    return status;
}
