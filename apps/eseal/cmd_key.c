/* eseal key: signing keys in the encrypted keystore. */
#include "cli.h"
#include "es_json.h"
#include "es_pki.h"

#define PASSWORD_OPTIONS                                                                           \
    {"keys", 0, "DIR", false, "folder of signing keys", "签名密钥目录"},                           \
        {"password-file", 0, "FILE", false, "password of the key", "密钥口令文件"},                \
    {                                                                                              \
        "password-fd", 0, "N", false, "password from a descriptor", "从描述符读取口令"     \
    }
#define END_OF_OPTIONS                                                                             \
    {                                                                                              \
        NULL, 0, NULL, false, NULL, NULL                                                           \
    }

const struct cli_option cmd_key_options[] = {
    {"keys", 0, "DIR", false, "folder of signing keys", "签名密钥目录"}, END_OF_OPTIONS};
const struct cli_option cmd_key_show_options[] = {PASSWORD_OPTIONS, END_OF_OPTIONS};
const struct cli_option cmd_key_new_options[] = {
    PASSWORD_OPTIONS,
    {"csr", 0, "FILE", false, "also write a certificate request", "同时生成证书请求"},
    {"name", 0, "NAME", false, "common name of the request", "证书请求的通用名称"},
    {"organisation", 0, "NAME", false, "organisation of the request", "证书请求的单位名称"},
    END_OF_OPTIONS};
const struct cli_option cmd_key_export_options[] = {
    {"keys", 0, "DIR", false, "folder of signing keys", "签名密钥目录"},
    {"output", 'o', "FILE", false, "the backup", "备份文件"},
    END_OF_OPTIONS};
const struct cli_option cmd_key_passwd_options[] = {
    PASSWORD_OPTIONS,
    {"old-password-file", 0, "FILE", false, "present password", "原口令文件"},
    {"old-password-fd", 0, "N", false, "present password from a descriptor", "从描述符读取原口令"},
    END_OF_OPTIONS};

/* Public half of a key file is known only after it is opened; listing needs no password. */
static es_status print_key(const struct cli *cli, const char *name, const struct es_pubkey *key,
                           struct es_error *err)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(4096);
    struct es_json_out json = {.buf = &out};

    if (cli->json) {
        es_json_begin_object(&json);
        es_json_pair_int(&json, "v", 1);
        es_json_pair_text(&json, "name", name);
        es_json_pair_text(&json, "algorithm", "SM2");
        es_json_pair_hex(&json, "public", es_pubkey_point(key));
        es_json_end_object(&json);
    } else {
        es_buf_printf(&out, "%s  SM2  ", name);
        es_buf_put_hex(&out, es_pubkey_point(key));
    }
    es_buf_put_byte(&out, '\n');
    ES_TRY(es_buf_check(&out, err));
    return cli_print(es_buf_span(&out), err);
}

static es_status write_request(const struct cli *cli, const char *label, struct es_key *key,
                               struct es_error *err)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(65536);
    ES_AUTO(es_buf) pem = ES_BUF_INIT(65536);
    struct es_cert_template tpl = {.common_name = cli_get(cli, "name"),
                                   .organisation = cli_get(cli, "organisation"),
                                   .country = "CN",
                                   .use = ES_CERT_SIGNER};

    if (tpl.common_name == NULL)
        tpl.common_name = label;
    ES_TRY(es_csr_make(&tpl, key, &der, err));
    es_pem_put(&pem, "CERTIFICATE REQUEST", es_buf_span(&der));
    ES_TRY(es_buf_check(&pem, err));
    return cli_write(cli, cli_get(cli, "csr"), es_buf_span(&pem), 0644, err);
}

static es_status new_key(struct cli *cli, const struct es_key_provider *provider,
                         const struct es_secret *password, struct es_error *err)
{
    ES_AUTO_PTR(es_key) key = NULL;
    const char *name = cli->args[0];

    ES_TRY(es_soft_key_new(provider, name, password, err));
    ES_TRY(es_key_open(provider, name, password, &key, err));
    if (cli_get(cli, "csr") != NULL)
        ES_TRY(write_request(cli, name, key, err));
    return print_key(cli, name, es_key_public(key), err);
}

es_status cmd_key_new(struct cli *cli, struct es_error *err)
{
    struct es_key_provider provider = {0};
    ES_AUTO(es_secret) password = {0};
    es_status status;

    ES_TRY(cli_password(cli, "", true, &password, err));
    ES_TRY(cli_keys(cli, &provider, err));
    status = new_key(cli, &provider, &password, err);
    es_soft_keys_close(&provider);
    return status;
}

struct listing {
    struct es_json_out json;
    bool as_json;
};

static es_status list_key(void *ctx, const char *label, struct es_error *err)
{
    struct listing *l = ctx;

    if (l->as_json)
        es_json_put_text(&l->json, label);
    else
        es_buf_printf(l->json.buf, "%s\n", label);
    return es_buf_check(l->json.buf, err);
}

es_status cmd_key_list(struct cli *cli, struct es_error *err)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(1u << 24);
    struct listing l = {.json = {.buf = &out}, .as_json = cli->json};
    struct es_key_provider provider = {0};
    es_status status;

    ES_TRY(cli_keys(cli, &provider, err));
    if (cli->json) {
        es_json_begin_object(&l.json);
        es_json_pair_int(&l.json, "v", 1);
        es_json_key(&l.json, "keys");
        es_json_begin_array(&l.json);
    }
    status = provider.ops->list(provider.self, list_key, &l, err);
    es_soft_keys_close(&provider);
    ES_TRY(status);
    if (cli->json) {
        es_json_end_array(&l.json);
        es_json_end_object(&l.json);
        es_buf_put_byte(&out, '\n');
    }
    ES_TRY(es_buf_check(&out, err));
    return cli_print(es_buf_span(&out), err);
}

es_status cmd_key_show(struct cli *cli, struct es_error *err)
{
    ES_AUTO_PTR(es_key) key = NULL;

    ES_TRY(cli_open_key(cli, cli->args[0], &key, err));
    return print_key(cli, cli->args[0], es_key_public(key), err);
}

es_status cmd_key_export(struct cli *cli, struct es_error *err)
{
    ES_AUTO(es_buf) pem = ES_BUF_INIT(65536);
    struct es_key_provider provider = {0};
    const char *path = NULL;
    es_status status;

    ES_TRY(cli_need(cli, "output", &path, err));
    ES_TRY(cli_keys(cli, &provider, err));
    status = es_soft_key_export(&provider, cli->args[0], &pem, err);
    es_soft_keys_close(&provider);
    ES_TRY(status);
    ES_TRY(cli_write(cli, path, es_buf_span(&pem), 0600, err));
    CLI_SAY(cli, "exported, still under its password: %s", "已导出(仍受口令保护):%s", path);
    return cli_answer(cli, "output", path, err);
}

es_status cmd_key_passwd(struct cli *cli, struct es_error *err)
{
    struct es_key_provider provider = {0};
    ES_AUTO(es_secret) before = {0};
    ES_AUTO(es_secret) after = {0};
    es_status status;

    ES_TRY(cli_password(cli, "old-", false, &before, err));
    ES_TRY(cli_password(cli, "", true, &after, err));
    ES_TRY(cli_keys(cli, &provider, err));
    status = es_soft_key_change_pin(&provider, cli->args[0], &before, &after, err);
    es_soft_keys_close(&provider);
    ES_TRY(status);
    CLI_SAY(cli, "password changed: %s", "口令已修改:%s", cli->args[0]);
    return cli_answer(cli, "name", cli->args[0], err);
}
