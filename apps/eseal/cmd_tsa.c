/*
 * eseal tsa: a time-stamp authority on loopback, for tests and closed networks. Serial numbers have
 * 126 random bits, so that none is used twice.
 */
#include "cli.h"
#include "es_http.h"
#include "es_pki.h"

#include <pthread.h>

const struct cli_option cmd_tsa_options[] = {
    {"cert", 0, "FILE", false, "the authority's certificate", "时间戳机构证书"},
    {"key", 'k', "NAME", false, "the authority's key", "时间戳机构密钥名"},
    {"address", 0, "ADDR", false, "127.0.0.1 (default) or ::1", "127.0.0.1(默认)或 ::1"},
    {"port", 0, "N", false, "port (default 8721; 0: any free one)",
     "端口(默认 8721;0 为任意空闲端口)"},
    {"keys", 0, "DIR", false, "folder of signing keys", "签名密钥目录"},
    {"password-file", 0, "FILE", false, "password of the key", "密钥口令文件"},
    {"password-fd", 0, "N", false, "password from a descriptor", "从描述符读取口令"},
    {NULL, 0, NULL, false, NULL, NULL}};

struct authority {
    struct es_cert *cert;
    struct es_key *key;
    struct es_clock clock;
    struct es_random random;
    pthread_mutex_t lock;
};

static void answer_request(void *ctx, const struct es_http_request *request,
                           struct es_http_answer *answer)
{
    struct authority *a = ctx;
    uint8_t serial[16];
    es_status status;

    answer->media_type = "text/plain; charset=utf-8";
    if (strcmp(request->method, "POST") != 0) {
        answer->status = 405;
        es_buf_put_str(&answer->body, "POST a timestamp-query\n");
        return;
    }
    (void) pthread_mutex_lock(&a->lock);
    status = a->random.fill(a->random.self, serial, sizeof serial, NULL);
    serial[0] = (uint8_t) ((serial[0] & 0x3f) | 0x40);
    if (status == ES_OK)
        status = es_time_stamp_answer(a->key, a->cert, request->body, a->clock.now_s(a->clock.self),
                                      es_span_of(serial, sizeof serial), &answer->body, NULL);
    (void) pthread_mutex_unlock(&a->lock);
    if (status != ES_OK) {
        es_buf_reset(&answer->body);
        answer->status = 500;
        return;
    }
    answer->status = 200;
    answer->media_type = "application/timestamp-reply";
}

static es_status serve(struct cli *cli, struct authority *a, struct es_error *err)
{
    ES_AUTO_PTR(es_http_server) server = NULL;
    ES_AUTO(es_buf) url = ES_BUF_INIT(4096);
    const char *address = cli_get(cli, "address");
    const char *port_text = cli_get(cli, "port");
    uint32_t wanted = 8721;
    uint16_t port = 0;

    if (port_text != NULL)
        ES_TRY(cli_uint("--port", port_text, 0, 65535, &wanted, err));
    if (address == NULL)
        address = "127.0.0.1";
    cli_block_end();
    ES_TRY(
        es_http_serve(address, (uint16_t) wanted, 65536, answer_request, a, &server, &port, err));
    es_buf_printf(&url, strchr(address, ':') == NULL ? "http://%s:%u/" : "http://[%s]:%u/", address,
                  port);
    ES_ENSURE(es_buf_cstr(&url) != NULL, err, ES_E_NOMEM, "out of memory");
    ES_TRY(cli_answer(cli, "url", es_buf_cstr(&url), err));
    if (!cli->json) {
        es_buf_put_byte(&url, '\n');
        ES_TRY(cli_print(es_buf_span(&url), err));
    }
    while (!cli_await_end(cli, 0))
        continue;
    return ES_OK;
}

es_status cmd_tsa(struct cli *cli, struct es_error *err)
{
    ES_AUTO_PTR(es_cert) cert = NULL;
    ES_AUTO_PTR(es_key) key = NULL;
    struct authority a = {.clock = cli->clock, .random = cli->random};
    const char *path = NULL, *name = NULL;

    ES_TRY(cli_need(cli, "cert", &path, err));
    ES_TRY(cli_need(cli, "key", &name, err));
    ES_TRY(cli_load_cert(path, &cert, err));
    ES_TRY(cli_open_key(cli, name, &key, err));
    ES_TRY(cli_check_key(cert, key, name, path, err));
    a.cert = cert;
    a.key = key;
    (void) pthread_mutex_init(&a.lock, NULL);
    return serve(cli, &a, err);
}
