/*
 * eseal ca: a small authority in a folder, for tests and for internal seals (NAT 35). Not a
 * certification service in the sense of the law: certificates of public seals come from one.
 *
 *     ca.pem      its certificate           issued/SERIAL.pem    what it issued
 *     ca.keys/    its key, encrypted        revoked.txt          SERIAL TIME REASON, a line each
 *     crl-number  number of the last list
 */
#include "cli.h"
#include "es_pki.h"

#include <errno.h>
#include <sys/stat.h>

#define DAY_S 86400
#define TEXT_MAX (4u << 20)
#define END_OF_OPTIONS                                                                             \
    {                                                                                              \
        NULL, 0, NULL, false, NULL, NULL                                                           \
    }
#define PASSWORD_OPTIONS                                                                           \
    {"password-file", 0, "FILE", false, "password of the authority's key", "机构密钥口令文件"},    \
    {                                                                                              \
        "password-fd", 0, "N", false, "password from a descriptor", "从描述符读取口令"     \
    }

const struct cli_option cmd_ca_init_options[] = {
    {"name", 0, "NAME", false, "common name", "通用名称"},
    {"organisation", 0, "NAME", false, "organisation", "单位名称"},
    {"days", 0, "N", false, "days of validity (default 3650)", "有效天数(默认 3650)"},
    {"from", 0, "TIME", false, "begin of validity (default: now)", "生效时间(默认当前)"},
    PASSWORD_OPTIONS,
    END_OF_OPTIONS};
const struct cli_option cmd_ca_issue_options[] = {
    {"use", 0, "USE", false, "signer, maker, tsa, ocsp or ca",
     "用途:signer、maker、tsa、ocsp 或 ca"},
    {"name", 0, "NAME", false, "common name", "通用名称"},
    {"organisation", 0, "NAME", false, "organisation", "单位名称"},
    {"code", 0, "CODE", false, "organisation's credit code", "统一社会信用代码"},
    {"csr", 0, "FILE", false, "request with the subject's key", "证书请求"},
    {"key", 0, "NAME", false, "or: a key of the keystore", "或:密钥库中的密钥名"},
    {"keys", 0, "DIR", false, "folder of signing keys", "签名密钥目录"},
    {"key-password-file", 0, "FILE", false, "password of that key", "该密钥的口令文件"},
    {"days", 0, "N", false, "days of validity (default 1095)", "有效天数(默认 1095)"},
    {"from", 0, "TIME", false, "begin of validity (default: now)", "生效时间(默认当前)"},
    {"output", 'o', "FILE", false, "the certificate", "证书文件"},
    PASSWORD_OPTIONS,
    END_OF_OPTIONS};
const struct cli_option cmd_ca_revoke_options[] = {
    {"cert", 0, "FILE", false, "the certificate", "证书文件"},
    {"reason", 0, "WORD", false, "key-compromise, superseded, cessation, privilege-withdrawn",
     "原因:key-compromise、superseded、cessation、privilege-withdrawn"},
    {"time", 0, "TIME", false, "time of revocation (default: now)", "吊销时间(默认当前)"},
    END_OF_OPTIONS};
const struct cli_option cmd_ca_crl_options[] = {
    {"output", 'o', "FILE", false, "the list", "吊销列表文件"},
    {"days", 0, "N", false, "days until the next one (default 7)", "下次更新天数(默认 7)"},
    PASSWORD_OPTIONS,
    END_OF_OPTIONS};

static const struct {
    const char *word;
    int code; /* RFC 5280 5.3.1 */
} reasons[] = {{"unspecified", 0},        {"key-compromise", 1}, {"ca-compromise", 2},
               {"affiliation", 3},        {"superseded", 4},     {"cessation", 5},
               {"privilege-withdrawn", 9}};

/* ---- the folder ---- */

static es_status path_in(const struct cli *cli, const char *name, struct es_buf *out,
                         struct es_error *err)
{
    es_buf_printf(out, "%s/%s", cli->args[0], name);
    ES_ENSURE(es_buf_cstr(out) != NULL, err, ES_E_LIMIT, "%s: path is too long", cli->args[0]);
    return ES_OK;
}

static es_status make_folder(const char *path, unsigned mode, struct es_error *err)
{
    ES_ENSURE(mkdir(path, mode) == 0 || errno == EEXIST, err, ES_E_WRITE, "%s: %s", path,
              strerror(errno));
    return ES_OK;
}

static es_status open_ca_keys(const struct cli *cli, struct es_key_provider *out,
                              struct es_error *err)
{
    ES_AUTO(es_buf) path = ES_BUF_INIT(8192);

    ES_TRY(path_in(cli, "ca.keys", &path, err));
    return es_soft_keys_open(es_buf_cstr(&path), out, err);
}

static es_status open_ca_key(const struct cli *cli, struct es_key **out, struct es_error *err)
{
    struct es_key_provider provider = {0};
    ES_AUTO(es_secret) password = {0};
    es_status status;

    ES_TRY(cli_password(cli, "", false, &password, err));
    ES_TRY(open_ca_keys(cli, &provider, err));
    status = es_key_open(&provider, "ca", &password, out, err);
    es_soft_keys_close(&provider);
    return status;
}

static es_status load_ca_cert(const struct cli *cli, struct es_cert **out, struct es_error *err)
{
    ES_AUTO(es_buf) path = ES_BUF_INIT(8192);

    ES_TRY(path_in(cli, "ca.pem", &path, err));
    return cli_load_cert(es_buf_cstr(&path), out, err);
}

static es_status write_pem(const struct cli *cli, const char *path, const char *label,
                           struct es_span der, struct es_error *err)
{
    ES_AUTO(es_buf) pem = ES_BUF_INIT(TEXT_MAX);

    es_pem_put(&pem, label, der);
    ES_TRY(es_buf_check(&pem, err));
    return cli_write(cli, path, es_buf_span(&pem), 0644, err);
}

/* Random, positive, never zero: RFC 5280 4.1.2.2. */
static es_status new_serial(const struct cli *cli, uint8_t serial[16], struct es_error *err)
{
    ES_TRY(cli->random.fill(cli->random.self, serial, 16, err));
    serial[0] = (uint8_t) ((serial[0] & 0x3f) | 0x40);
    return ES_OK;
}

static es_status take_dates(const struct cli *cli, uint32_t days, struct es_cert_template *tpl,
                            struct es_error *err)
{
    const char *text = cli_get(cli, "days");

    if (text != NULL)
        ES_TRY(cli_uint("--days", text, 1, 36500, &days, err));
    ES_TRY(cli_time(cli, "from", cli->clock.now_s(cli->clock.self), &tpl->not_before_s, err));
    tpl->not_after_s = tpl->not_before_s + (int64_t) days * DAY_S;
    return ES_OK;
}

/* ---- init ---- */

static es_status make_root(struct cli *cli, struct es_key *key, struct es_error *err)
{
    ES_AUTO(es_buf) path = ES_BUF_INIT(8192);
    ES_AUTO(es_buf) der = ES_BUF_INIT(65536);
    struct es_cert_template tpl = {
        .organisation = cli_get(cli, "organisation"), .country = "CN", .use = ES_CERT_ROOT};
    uint8_t serial[16];

    ES_TRY(cli_need(cli, "name", &tpl.common_name, err));
    ES_TRY(new_serial(cli, serial, err));
    tpl.serial = es_span_of(serial, sizeof serial);
    ES_TRY(take_dates(cli, 3650, &tpl, err));
    ES_TRY(es_cert_issue(&tpl, es_key_public(key), NULL, key, &der, err));
    ES_TRY(path_in(cli, "ca.pem", &path, err));
    ES_TRY(write_pem(cli, es_buf_cstr(&path), "CERTIFICATE", es_buf_span(&der), err));
    CLI_SAY(cli, "authority: %s", "证书机构:%s", es_buf_cstr(&path));
    return cli_answer(cli, "output", es_buf_cstr(&path), err);
}

es_status cmd_ca_init(struct cli *cli, struct es_error *err)
{
    ES_AUTO(es_buf) path = ES_BUF_INIT(8192);
    ES_AUTO(es_secret) password = {0};
    ES_AUTO_PTR(es_key) key = NULL;
    struct es_key_provider provider = {0};
    es_status status;
    const char *name = NULL;

    ES_TRY(cli_need(cli, "name", &name, err));
    ES_TRY(cli_password(cli, "", true, &password, err));
    ES_TRY(es_pin_check(&password, err));
    ES_TRY(make_folder(cli->args[0], 0700, err));
    ES_TRY(path_in(cli, "issued", &path, err));
    ES_TRY(make_folder(es_buf_cstr(&path), 0700, err));
    ES_TRY(open_ca_keys(cli, &provider, err));
    status = es_soft_key_new(&provider, "ca", &password, err);
    if (status == ES_OK)
        status = es_key_open(&provider, "ca", &password, &key, err);
    es_soft_keys_close(&provider);
    ES_TRY(status);
    return make_root(cli, key, err);
}

/* ---- issue ---- */

static es_status take_use(const struct cli *cli, enum es_cert_use *out, struct es_error *err)
{
    static const struct {
        const char *word;
        enum es_cert_use use;
    } uses[] = {{"signer", ES_CERT_SIGNER},
                {"maker", ES_CERT_MAKER},
                {"tsa", ES_CERT_TSA},
                {"ocsp", ES_CERT_OCSP},
                {"ca", ES_CERT_CA}};
    const char *word = cli_get(cli, "use");

    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++)
        if (word != NULL && strcmp(word, uses[i].word) == 0) {
            *out = uses[i].use;
            return ES_OK;
        }
    return es_error_set(err, ES_E_USAGE,
                        "--use \"%s\", allowed are signer, maker, tsa, ocsp and ca",
                        word == NULL ? "" : word);
}

static es_status key_of_request(const char *path, struct es_pubkey **out, struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(65536);
    ES_AUTO(es_buf) der = ES_BUF_INIT(65536);
    struct es_span subject;

    ES_TRY(es_file_read(path, &bytes, err));
    ES_TRY(es_pem_get(es_buf_span(&bytes), "CERTIFICATE REQUEST", &der, err));
    return es_csr_decode(es_buf_span(&der), out, &subject, err);
}

static es_status key_of_store(const struct cli *cli, const char *name, struct es_pubkey **out,
                              struct es_error *err)
{
    struct es_key_provider provider = {0};
    ES_AUTO(es_secret) password = {0};
    ES_AUTO_PTR(es_key) key = NULL;
    es_status status;

    ES_TRY(
        cli_password(cli, cli_has(cli, "key-password-file") ? "key-" : "", false, &password, err));
    ES_TRY(cli_keys(cli, &provider, err));
    status = es_key_open(&provider, name, &password, &key, err);
    es_soft_keys_close(&provider);
    ES_TRY(status);
    /* The public half outlives the key that is closed here. */
    return es_pubkey_sm2(es_pubkey_point(es_key_public(key)), out, err);
}

static es_status subject_key(const struct cli *cli, struct es_pubkey **out, struct es_error *err)
{
    const char *csr = cli_get(cli, "csr");
    const char *name = cli_get(cli, "key");

    ES_ENSURE((csr == NULL) != (name == NULL), err, ES_E_USAGE,
              "whose key? give --csr FILE or --key NAME");
    return csr != NULL ? key_of_request(csr, out, err) : key_of_store(cli, name, out, err);
}

static es_status keep_copy(const struct cli *cli, const uint8_t serial[16], struct es_span der,
                           struct es_error *err)
{
    ES_AUTO(es_buf) path = ES_BUF_INIT(8192);

    es_buf_printf(&path, "%s/issued/", cli->args[0]);
    es_buf_put_hex(&path, es_span_of(serial, 16));
    es_buf_put_str(&path, ".pem");
    ES_ENSURE(es_buf_cstr(&path) != NULL, err, ES_E_LIMIT, "%s: path is too long", cli->args[0]);
    return write_pem(cli, es_buf_cstr(&path), "CERTIFICATE", der, err);
}

static es_status issue(const struct cli *cli, const struct es_cert_template *tpl,
                       const uint8_t serial[16], struct es_error *err)
{
    ES_AUTO_PTR(es_cert) ca = NULL;
    ES_AUTO_PTR(es_pubkey) key = NULL;
    ES_AUTO_PTR(es_key) ca_key = NULL;
    ES_AUTO(es_buf) der = ES_BUF_INIT(65536);
    const char *path = NULL;

    ES_TRY(cli_need(cli, "output", &path, err));
    ES_TRY(load_ca_cert(cli, &ca, err));
    ES_ENSURE(tpl->not_after_s <= ca->not_after_s, err, ES_E_RANGE,
              "the certificate would outlive its authority");
    ES_ENSURE(tpl->not_before_s >= ca->not_before_s, err, ES_E_RANGE,
              "the certificate would be older than its authority");
    ES_TRY(subject_key(cli, &key, err));
    ES_TRY(open_ca_key(cli, &ca_key, err));
    ES_TRY(es_cert_issue(tpl, key, ca, ca_key, &der, err));
    ES_TRY(keep_copy(cli, serial, es_buf_span(&der), err));
    ES_TRY(write_pem(cli, path, "CERTIFICATE", es_buf_span(&der), err));
    CLI_SAY(cli, "certificate: %s", "证书:%s", path);
    return cli_answer(cli, "output", path, err);
}

es_status cmd_ca_issue(struct cli *cli, struct es_error *err)
{
    struct es_cert_template tpl = {.organisation = cli_get(cli, "organisation"),
                                   .organisation_id = cli_get(cli, "code"),
                                   .country = "CN"};
    uint8_t serial[16];

    ES_TRY(take_use(cli, &tpl.use, err));
    ES_TRY(cli_need(cli, "name", &tpl.common_name, err));
    ES_TRY(take_dates(cli, 1095, &tpl, err));
    ES_TRY(new_serial(cli, serial, err));
    tpl.serial = es_span_of(serial, sizeof serial);
    return issue(cli, &tpl, serial, err);
}

/* ---- revoke ---- */

static es_status read_text(const struct cli *cli, const char *name, struct es_buf *out,
                           struct es_error *err)
{
    ES_AUTO(es_buf) path = ES_BUF_INIT(8192);
    es_status status;

    ES_TRY(path_in(cli, name, &path, err));
    status = es_file_read(es_buf_cstr(&path), out, err);
    return status == ES_E_ABSENT ? ES_OK : status;
}

static es_status write_text(const struct cli *cli, const char *name, const struct es_buf *text,
                            struct es_error *err)
{
    ES_AUTO(es_buf) path = ES_BUF_INIT(8192);

    ES_TRY(path_in(cli, name, &path, err));
    return es_file_write(es_buf_cstr(&path), es_buf_span(text), 0600, true, err);
}

static es_status reason_code(const struct cli *cli, int *out, struct es_error *err)
{
    const char *word = cli_get(cli, "reason");

    *out = 0;
    if (word == NULL)
        return ES_OK;
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (strcmp(word, reasons[i].word) == 0) {
            *out = reasons[i].code;
            return ES_OK;
        }
    return es_error_set(err, ES_E_USAGE, "--reason \"%s\" is not known; --help lists them", word);
}

es_status cmd_ca_revoke(struct cli *cli, struct es_error *err)
{
    ES_AUTO_PTR(es_cert) ca = NULL;
    ES_AUTO_PTR(es_cert) cert = NULL;
    ES_AUTO(es_buf) text = ES_BUF_INIT(TEXT_MAX);
    ES_AUTO(es_buf) serial = ES_BUF_INIT(256);
    const char *path = NULL;
    char time[ES_TIME_TEXT_MAX];
    int64_t at_s = 0;
    int reason = 0;

    ES_TRY(cli_need(cli, "cert", &path, err));
    ES_TRY(reason_code(cli, &reason, err));
    ES_TRY(cli_time(cli, "time", cli->clock.now_s(cli->clock.self), &at_s, err));
    ES_TRY(load_ca_cert(cli, &ca, err));
    ES_TRY(cli_load_cert(path, &cert, err));
    ES_ENSURE(es_name_equal(cert->issuer, ca->subject), err, ES_E_MISMATCH,
              "%s was not issued by this authority", path);
    ES_TRY(read_text(cli, "revoked.txt", &text, err));
    es_buf_put_hex(&serial, cert->serial);
    ES_TRY(es_buf_check(&serial, err));
    ES_ENSURE(!es_span_search(es_buf_span(&text), es_buf_span(&serial), NULL), err, ES_E_CONFLICT,
              "%s is revoked already", path);
    es_time_iso(at_s, time);
    es_buf_put_span(&text, es_buf_span(&serial));
    es_buf_printf(&text, " %s %d\n", time, reason);
    ES_TRY(es_buf_check(&text, err));
    ES_TRY(write_text(cli, "revoked.txt", &text, err));
    CLI_SAY(cli, "revoked; publish it with: eseal ca crl %s -o FILE",
            "已吊销;请用 eseal ca crl %s -o FILE 发布", cli->args[0]);
    return cli_answer(cli, "revoked", path, err);
}

/* ---- crl ---- */

struct revoked_list {
    struct es_arena arena;
    struct es_revoked *items;
    size_t count, cap;
};

static void revoked_list_clear(struct revoked_list *list)
{
    free(list->items);
    es_arena_clear(&list->arena);
}

/* SERIAL TIME REASON */
static es_status take_line(struct revoked_list *list, struct es_span line, struct es_error *err)
{
    ES_AUTO(es_buf) serial = ES_BUF_INIT(64);
    size_t first = es_span_find(line, ' ');
    struct es_span rest = es_span_sub(line, first + 1, line.len);
    size_t second = es_span_find(rest, ' ');
    char *time = es_arena_text(&list->arena, es_span_sub(rest, 0, second));
    char *reason = es_arena_text(&list->arena, es_span_sub(rest, second + 1, rest.len));
    struct es_revoked *item = &list->items[list->count];
    uint32_t code = 0;

    ES_ENSURE(time != NULL && reason != NULL, err, ES_E_NOMEM, "out of memory");
    ES_TRY(es_hex_decode(es_span_sub(line, 0, first), &serial, err));
    ES_TRY(es_time_parse(time, 0, &item->time_s, err));
    ES_TRY(cli_uint("reason", reason, 0, 10, &code, err));
    item->reason = (int) code;
    item->serial = es_span_of(es_arena_text(&list->arena, es_buf_span(&serial)), serial.len);
    ES_ENSURE(item->serial.ptr != NULL, err, ES_E_NOMEM, "out of memory");
    list->count++;
    return ES_OK;
}

static es_status read_revoked(const struct cli *cli, struct revoked_list *list,
                              struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(TEXT_MAX);
    struct es_span rest;

    ES_TRY(read_text(cli, "revoked.txt", &text, err));
    for (size_t i = 0; i < text.len; i++)
        list->cap += text.ptr[i] == '\n';
    list->items = calloc(list->cap + 1, sizeof *list->items);
    ES_ENSURE(list->items != NULL, err, ES_E_NOMEM, "out of memory");
    rest = es_buf_span(&text);
    while (rest.len > 0 && list->count < list->cap) {
        size_t end = es_span_find(rest, '\n');

        ES_TRY(take_line(list, es_span_sub(rest, 0, end), err));
        rest = es_span_sub(rest, end + 1, rest.len);
    }
    return ES_OK;
}

static es_status next_number(const struct cli *cli, uint32_t *out, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(64);

    ES_TRY(read_text(cli, "crl-number", &text, err));
    *out = 0;
    if (text.len > 0)
        ES_TRY(cli_uint("crl-number", es_buf_cstr(&text) == NULL ? "" : es_buf_cstr(&text), 0,
                        UINT32_MAX - 1, out, err));
    ++*out;
    es_buf_reset(&text);
    es_buf_printf(&text, "%u", *out);
    return write_text(cli, "crl-number", &text, err);
}

es_status cmd_ca_crl(struct cli *cli, struct es_error *err)
{
    ES_AUTO(revoked_list) list = {0};
    ES_AUTO_PTR(es_cert) ca = NULL;
    ES_AUTO_PTR(es_key) key = NULL;
    ES_AUTO(es_buf) der = ES_BUF_INIT(16u << 20);
    const char *path = NULL;
    const char *days_text = cli_get(cli, "days");
    int64_t now_s = cli->clock.now_s(cli->clock.self);
    uint32_t number = 0, days = 7;

    ES_TRY(cli_need(cli, "output", &path, err));
    if (days_text != NULL)
        ES_TRY(cli_uint("--days", days_text, 1, 3650, &days, err));
    ES_TRY(load_ca_cert(cli, &ca, err));
    ES_TRY(read_revoked(cli, &list, err));
    ES_TRY(open_ca_key(cli, &key, err));
    ES_TRY(next_number(cli, &number, err));
    ES_TRY(es_crl_make(ca, key, list.items, list.count, number, now_s,
                       now_s + (int64_t) days * DAY_S, &der, err));
    ES_TRY(write_pem(cli, path, "X509 CRL", es_buf_span(&der), err));
    CLI_SAY(cli, "list no. %u with %zu certificates: %s", "第 %u 号列表,共 %zu 张证书:%s", number,
            list.count, path);
    return cli_answer(cli, "output", path, err);
}
