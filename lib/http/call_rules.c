/*
 * What may be asked for: https anywhere, http only to this machine, no user in the URL, and
 * nothing in a header that could end it early.
 */
#include "http_internal.h"

#include <arpa/inet.h>

#define URL_MAX 8192u

static bool is_loopback(struct es_span host)
{
    char text[INET_ADDRSTRLEN];
    struct in_addr four;

    if (es_span_is(host, "localhost") || es_span_is(host, "[::1]"))
        return true;
    if (host.len == 0 || host.len >= sizeof text)
        return false;
    memcpy(text, host.ptr, host.len);
    text[host.len] = '\0';
    return inet_pton(AF_INET, text, &four) == 1 && (ntohl(four.s_addr) >> 24) == 127;
}

/* The authority: from behind "//" to the first of / ? #, or the end. */
static struct es_span authority_of(struct es_span url, size_t from)
{
    struct es_span rest = es_span_sub(url, from, url.len);
    size_t end = 0;

    while (end < rest.len && strchr("/?#", rest.ptr[end]) == NULL)
        end++;
    return es_span_sub(rest, 0, end);
}

/* The host with its brackets; the empty span when what follows it is no port. */
static struct es_span host_of(struct es_span authority)
{
    bool bracketed = authority.len > 0 && authority.ptr[0] == '[';
    size_t len = bracketed ? es_span_find(authority, ']') + 1 : es_span_find(authority, ':');
    struct es_span port = es_span_sub(authority, len, authority.len);

    for (size_t i = 0; i < port.len; i++)
        if (i == 0 ? port.ptr[i] != ':' : port.ptr[i] < '0' || port.ptr[i] > '9')
            return (struct es_span){0};
    return es_span_sub(authority, 0, len);
}

es_status es_http_check_url(const char *text, struct es_error *err)
{
    struct es_span url = es_span_str(text);
    bool plain = es_span_starts(url, "http://");
    struct es_span authority;

    ES_ENSURE(plain || es_span_starts(url, "https://"), err, ES_E_USAGE,
              "not an http or https address");
    ES_ENSURE(url.len <= URL_MAX, err, ES_E_USAGE, "address of %zu bytes, at most %u", url.len,
              URL_MAX);
    for (size_t i = 0; i < url.len; i++)
        ES_ENSURE(url.ptr[i] > ' ' && url.ptr[i] < 0x7f && url.ptr[i] != '#', err, ES_E_USAGE,
                  "byte 0x%02x in the address", url.ptr[i]);
    authority = authority_of(url, plain ? 7 : 8);
    ES_ENSURE(es_span_find(authority, '@') == authority.len, err, ES_E_USAGE,
              "the address names a user");
    ES_ENSURE(authority.ptr[authority.len] != '?', err, ES_E_USAGE, "the address has no path");
    ES_ENSURE(host_of(authority).len > 0, err, ES_E_USAGE, "the address has no host");
    ES_ENSURE(!plain || is_loopback(host_of(authority)), err, ES_E_USAGE,
              "http without encryption goes to loopback addresses only");
    return ES_OK;
}

static bool is_token(const char *text)
{
    size_t len = strlen(text);

    return len > 0 && len <= 64 &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == len;
}

static es_status check_header(const struct es_http_header *header, struct es_error *err)
{
    ES_ENSURE(is_token(header->name), err, ES_E_USAGE, "not the name of a header");
    ES_ENSURE(strlen(header->value) > 0 && strlen(header->value) <= 4096, err, ES_E_USAGE,
              "header %s of %zu bytes, allowed are 1 to 4096", header->name, strlen(header->value));
    for (const char *p = header->value; *p != '\0'; p++)
        ES_ENSURE(*p >= ' ' && *p < 0x7f, err, ES_E_USAGE, "byte 0x%02x in header %s",
                  (unsigned char) *p, header->name);
    return ES_OK;
}

es_status es_http_call_check(const struct es_http_call *call, struct es_error *err)
{
    size_t len = strlen(call->method);

    ES_ENSURE(len > 0 && len <= 16 && strspn(call->method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == len,
              err, ES_E_USAGE, "not a method of HTTP");
    for (size_t i = 0; i < call->header_count; i++)
        ES_TRY(check_header(&call->headers[i], err));
    return es_http_check_url(call->url, err);
}
