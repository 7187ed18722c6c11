/* eseal seal: make a seal, look at it, verify it by itself, take its picture, state its state. */
#include "cli.h"
#include "trust.h"

#include "es_image.h"
#include "es_json.h"

#define SIGNERS_MAX 64
#define PICTURE_MAX (512u * 1024u)
#define END_OF_OPTIONS                                                                             \
    {                                                                                              \
        NULL, 0, NULL, false, NULL, NULL                                                           \
    }
#define KEY_OPTIONS                                                                                \
    {"keys", 0, "DIR", false, "folder of signing keys", "签名密钥目录"},                           \
        {"password-file", 0, "FILE", false, "password of the key", "密钥口令文件"},                \
    {                                                                                              \
        "password-fd", 0, "N", false, "password from a descriptor", "从描述符读取口令"     \
    }

const struct cli_option cmd_seal_make_options[] = {
    {"output", 'o', "FILE", false, "the seal", "印章文件"},
    {"id", 0, "CODE", false, "seal code (default: random)", "印章编码(默认随机)"},
    {"name", 0, "NAME", false, "name of the seal", "印章名称"},
    {"type", 0, "N", false, "1 unit (default), 2 person", "类型:1 单位(默认),2 个人"},
    {"picture", 0, "FILE", false, "picture (eseal imprint draw)", "印章图像(见 imprint draw)"},
    {"size", 0, "WxH", false, "size of the picture, mm", "图像尺寸(毫米),如 42x42"},
    {"signer", 0, "FILE", true, "certificate of who may use it", "签章人证书(可多次给出)"},
    {"by-digest", 0, NULL, false, "list the certificates by digest", "以摘要方式列出证书"},
    {"maker", 0, "FILE", false, "maker's certificate", "制章者证书"},
    {"key", 'k', "NAME", false, "maker's key", "制章者密钥名"},
    {"from", 0, "TIME", false, "valid from (default: now)", "有效期起(默认当前)"},
    {"until", 0, "TIME", false, "valid until (default: end of the signer's certificate)",
     "有效期止(默认与签章人证书相同)"},
    {"edition", 0, "YEAR", false, "2014, 2020 (default) or 2025", "格式:2014、2020(默认)或 2025"},
    {"vendor", 0, "ID", false, "vendor id in the header", "头部厂商标识"},
    KEY_OPTIONS,
    END_OF_OPTIONS};
const struct cli_option cmd_seal_show_options[] = {END_OF_OPTIONS};
const struct cli_option cmd_seal_verify_options[] = {
    {"policy", 0, "NAME|FILE", false, "standard, assured (default), strict, or a file",
     "验证策略:standard、assured(默认)、strict 或文件"},
    {"trust", 0, "DIR", false, "folder of trusted certificates", "信任目录"},
    {"at", 0, "TIME", false, "judge as of that time, not now", "以指定时间为准判断"},
    {"status", 0, "FILE", true, "seal-status proof, or signed answer about the seal's state",
     "印章状态证明或签名答复文件"},
    {"log-policy", 0, "FILE", true, "status logs and witnesses to believe (also trust/logs/)",
     "可信状态日志与见证者(亦读取信任目录 logs/)"},
    END_OF_OPTIONS};
const struct cli_option cmd_seal_image_options[] = {
    {"output", 'o', "FILE", false, "the picture", "图像文件"}, END_OF_OPTIONS};
const struct cli_option cmd_seal_state_options[] = {
    {"event", 0, "STATE@TIME", true,
     "active (first), suspended, superseded, cancelled, invalidated; since",
     "状态及起始时间,首项须为 active"},
    {"signer", 0, "FILE", false, "certificate of who answers (the maker)", "答复者(制章者)证书"},
    {"key", 'k', "NAME", false, "that one's key", "答复者密钥名"},
    {"answered-at", 0, "TIME", false, "time of the answer (default: now)", "答复时间(默认当前)"},
    {"output", 'o', "FILE", false, "the answer", "答复文件"},
    KEY_OPTIONS,
    END_OF_OPTIONS};

/* ---- make ---- */

struct making {
    struct es_cert *signers[SIGNERS_MAX];
    size_t signer_count;
    struct es_cert *maker;
    struct es_buf picture;
    struct es_seal_info info;
    char random_id[33];
};

static void making_clear(struct making *m)
{
    for (size_t i = 0; i < m->signer_count; i++)
        es_cert_free(m->signers[i]);
    es_cert_free(m->maker);
    es_buf_clear(&m->picture);
}

static es_status take_signers(const struct cli *cli, struct making *m, struct es_error *err)
{
    const char *path;

    for (size_t i = 0; (path = cli_get_nth(cli, "signer", i)) != NULL; i++) {
        ES_ENSURE(i < SIGNERS_MAX, err, ES_E_USAGE, "more than %d signers", SIGNERS_MAX);
        ES_TRY(cli_load_cert(path, &m->signers[i], err));
        m->signer_count++;
    }
    ES_ENSURE(m->signer_count > 0, err, ES_E_USAGE, "--signer is missing: who may use the seal?");
    m->info.signers = (const struct es_cert *const *) m->signers;
    m->info.signer_count = m->signer_count;
    m->info.list_by_digest = cli_has(cli, "by-digest");
    return ES_OK;
}

static es_status take_picture(const struct cli *cli, struct making *m, struct es_error *err)
{
    struct es_picture_facts facts;
    const char *path = NULL, *size = NULL;
    es_status status;

    ES_TRY(cli_need(cli, "picture", &path, err));
    ES_TRY(cli_need(cli, "size", &size, err));
    ES_TRY(cli_size(size, 1, ES_SEAL_SIDE_MAX_MM, &m->info.picture.width_mm,
                    &m->info.picture.height_mm, err));
    ES_TRY(es_file_read(path, &m->picture, err));
    status = es_picture_probe(es_buf_span(&m->picture), &facts, err);
    if (status != ES_OK)
        return es_error_at(err, status, "%s", path);
    ES_ENSURE(facts.kind != ES_PICTURE_UNKNOWN, err, ES_E_FORMAT, "%s is no picture", path);
    m->info.picture.type = es_span_str(es_picture_kind_name(facts.kind));
    m->info.picture.data = es_buf_span(&m->picture);
    return ES_OK;
}

static es_status take_id(const struct cli *cli, struct making *m, struct es_error *err)
{
    uint8_t bytes[16];

    m->info.id = cli_get(cli, "id");
    if (m->info.id != NULL)
        return ES_OK;
    ES_TRY(cli->random.fill(cli->random.self, bytes, sizeof bytes, err));
    es_hex_encode(es_span_of(bytes, sizeof bytes), m->random_id);
    for (char *c = m->random_id; *c != 0; c++)
        if (*c >= 'a')
            *c = (char) (*c - 'a' + 'A');
    m->info.id = m->random_id;
    return ES_OK;
}

static es_status take_info(const struct cli *cli, struct making *m, struct es_error *err)
{
    const char *type = cli_get(cli, "type");
    int64_t now_s = cli->clock.now_s(cli->clock.self);

    ES_TRY(cli_need(cli, "name", &m->info.name, err));
    m->info.vendor = cli_get(cli, "vendor");
    m->info.type = 1;
    if (type != NULL)
        ES_TRY(cli_uint("--type", type, 0, 999, &m->info.type, err));
    ES_TRY(take_id(cli, m, err));
    ES_TRY(take_signers(cli, m, err));
    ES_TRY(take_picture(cli, m, err));
    m->info.created_s = now_s;
    ES_TRY(cli_time(cli, "from", now_s, &m->info.valid_from_s, err));
    return cli_time(cli, "until", m->signers[0]->not_after_s, &m->info.valid_until_s, err);
}

es_status cmd_seal_make(struct cli *cli, struct es_error *err)
{
    ES_AUTO(making) m = {.picture = ES_BUF_INIT(PICTURE_MAX)};
    ES_AUTO_PTR(es_key) key = NULL;
    ES_AUTO(es_buf) out = ES_BUF_INIT(ES_SEAL_DER_MAX);
    int edition = 0;
    const char *path = NULL, *maker = NULL, *name = NULL;

    ES_TRY(cli_need(cli, "output", &path, err));
    ES_TRY(cli_need(cli, "maker", &maker, err));
    ES_TRY(cli_need(cli, "key", &name, err));
    ES_TRY(cli_edition(cli, ES_SEAL_2020, &edition, err));
    ES_TRY(take_info(cli, &m, err));
    ES_TRY(cli_load_cert(maker, &m.maker, err));
    ES_TRY(cli_open_key(cli, name, &key, err));
    ES_TRY(es_seal_make(&m.info, (enum es_seal_edition) edition, m.maker, key, &out, err));
    ES_TRY(cli_write(cli, path, es_buf_span(&out), 0644, err));
    CLI_SAY(cli, "seal %s (%s): %s", "印章 %s(%s):%s", m.info.id, es_seal_edition_name(edition),
            path);
    return cli_answer(cli, "output", path, err);
}

/* ---- show ---- */

static void pair_span(struct es_json_out *json, const char *key, struct es_span text)
{
    es_json_key(json, key);
    es_json_put_span(json, text);
}

static void pair_name(struct es_json_out *json, const char *key, struct es_span cert_der)
{
    ES_AUTO_PTR(es_cert) cert = NULL;
    ES_AUTO(es_buf) name = ES_BUF_INIT(16384);

    if (es_cert_decode(cert_der, &cert, NULL) == ES_OK)
        es_name_put(&name, cert->subject);
    pair_span(json, key, es_buf_span(&name));
}

static void put_json(const struct es_seal *seal, struct es_json_out *json)
{
    uint8_t digest[ES_SM3_LEN] = {0};

    es_json_begin_object(json);
    es_json_pair_int(json, "v", 1);
    es_json_pair_text(json, "edition", es_seal_edition_name(seal->edition));
    es_json_pair_int(json, "version", seal->version);
    pair_span(json, "code", seal->id);
    pair_span(json, "name", seal->name);
    pair_span(json, "vendor", seal->vendor);
    es_json_pair_int(json, "type", seal->type);
    es_json_pair_time(json, "created", seal->created_s);
    es_json_pair_time(json, "valid_from", seal->valid_from_s);
    es_json_pair_time(json, "valid_until", seal->valid_until_s);
    es_json_key(json, "picture");
    es_json_begin_object(json);
    pair_span(json, "type", seal->picture.type);
    es_json_pair_int(json, "bytes", (int64_t) seal->picture.data.len);
    es_json_pair_int(json, "width_mm", seal->picture.width_mm);
    es_json_pair_int(json, "height_mm", seal->picture.height_mm);
    if (es_sm3(seal->picture.data, digest, NULL) == ES_OK)
        es_json_pair_hex(json, "sm3", es_span_of(digest, sizeof digest));
    es_json_end_object(json);
    es_json_pair_int(json, "list_type", seal->list_type);
    es_json_key(json, "signers");
    es_json_begin_array(json);
    for (size_t i = 0; i < seal->signer_count; i++) {
        es_json_begin_object(json);
        if (seal->signers[i].cert.len > 0)
            pair_name(json, "subject", seal->signers[i].cert);
        else
            es_json_pair_hex(json, "digest", seal->signers[i].digest);
        es_json_end_object(json);
    }
    es_json_end_array(json);
    pair_name(json, "maker", seal->maker_cert);
    es_json_end_object(json);
}

static void put_line(struct es_buf *out, const char *label, struct es_span value)
{
    es_buf_printf(out, "%s: ", label);
    es_buf_put_shown(out, value, 256);
    es_buf_put_byte(out, '\n');
}

static void put_subject(struct es_buf *out, const char *label, struct es_span cert_der)
{
    ES_AUTO_PTR(es_cert) cert = NULL;

    es_buf_printf(out, "%s: ", label);
    if (es_cert_decode(cert_der, &cert, NULL) == ES_OK)
        es_name_put(out, cert->subject);
    else
        es_buf_put_str(out, "?");
    es_buf_put_byte(out, '\n');
}

static void put_time(struct es_buf *out, const char *label, int64_t time_s)
{
    char text[ES_TIME_TEXT_MAX];

    es_time_china(time_s, text);
    es_buf_printf(out, "%s: %s\n", label, text);
}

static void put_text(const struct cli *cli, const struct es_seal *seal, struct es_buf *out)
{
    put_line(out, cli_text(cli, "name", "名称"), seal->name);
    put_line(out, cli_text(cli, "code", "编码"), seal->id);
    put_line(out, cli_text(cli, "edition", "格式"),
             es_span_str(es_seal_edition_name(seal->edition)));
    put_line(out, cli_text(cli, "vendor", "厂商"), seal->vendor);
    es_buf_printf(out, "%s: %u\n", cli_text(cli, "type", "类型"), seal->type);
    put_time(out, cli_text(cli, "made", "制作时间"), seal->created_s);
    put_time(out, cli_text(cli, "valid from", "有效期起"), seal->valid_from_s);
    put_time(out, cli_text(cli, "valid until", "有效期止"), seal->valid_until_s);
    es_buf_printf(out, "%s: ", cli_text(cli, "picture", "图像"));
    es_buf_put_shown(out, seal->picture.type, 16);
    es_buf_printf(out, ", %u x %u mm, %zu bytes\n", seal->picture.width_mm, seal->picture.height_mm,
                  seal->picture.data.len);
    for (size_t i = 0; i < seal->signer_count; i++)
        if (seal->signers[i].cert.len > 0)
            put_subject(out, cli_text(cli, "signer", "签章人"), seal->signers[i].cert);
    put_subject(out, cli_text(cli, "maker", "制章者"), seal->maker_cert);
    es_buf_put_str(out, cli_text(cli, "(shown, not verified: eseal seal verify)\n",
                                 "(仅显示内容,未验证;验证请用 eseal seal verify)\n"));
}

es_status cmd_seal_show(struct cli *cli, struct es_error *err)
{
    ES_AUTO_PTR(es_seal) seal = NULL;
    ES_AUTO(es_buf) out = ES_BUF_INIT(1u << 20);
    struct es_json_out json = {.buf = &out};

    ES_TRY(cli_load_seal(cli->args[0], &seal, err));
    if (cli->json) {
        put_json(seal, &json);
        es_buf_put_byte(&out, '\n');
    } else {
        put_text(cli, seal, &out);
    }
    ES_TRY(es_buf_check(&out, err));
    return cli_print(es_buf_span(&out), err);
}

es_status cmd_seal_image(struct cli *cli, struct es_error *err)
{
    ES_AUTO_PTR(es_seal) seal = NULL;
    const char *path = NULL;

    ES_TRY(cli_need(cli, "output", &path, err));
    ES_TRY(cli_load_seal(cli->args[0], &seal, err));
    ES_TRY(cli_write(cli, path, seal->picture.data, 0644, err));
    CLI_SAY(cli, "%s: %u x %u mm", "%s:%u x %u 毫米", path, seal->picture.width_mm,
            seal->picture.height_mm);
    return cli_answer(cli, "output", path, err);
}

/* ---- state ---- */

static es_status take_event(const struct cli *cli, const char *text, int64_t now_s,
                            struct es_state_event *out, struct es_error *err)
{
    const char *at = strchr(text, '@');
    char word[32];

    (void) cli;
    *out = (struct es_state_event){0};
    ES_ENSURE(at != NULL && (size_t) (at - text) < sizeof word, err, ES_E_USAGE,
              "--event \"%s\", it must be such as active@2026-01-01", text);
    memcpy(word, text, (size_t) (at - text));
    word[at - text] = 0;
    out->status = es_seal_status_by_name(word);
    ES_ENSURE(out->status >= ES_STATUS_ACTIVE, err, ES_E_USAGE, "--event \"%s\": no state \"%s\"",
              text, word);
    ES_TRY(es_time_parse(at + 1, now_s, &out->effective_s, err));
    out->known_s = out->effective_s;
    return ES_OK;
}

es_status cmd_seal_state(struct cli *cli, struct es_error *err)
{
    ES_AUTO_PTR(es_seal) seal = NULL;
    ES_AUTO_PTR(es_cert) signer = NULL;
    ES_AUTO_PTR(es_key) key = NULL;
    ES_AUTO(es_buf) out = ES_BUF_INIT(1u << 20);
    struct es_state_event events[64];
    const char *path = NULL, *cert = NULL, *name = NULL, *text;
    int64_t now_s = cli->clock.now_s(cli->clock.self), answered_s = 0;
    size_t count = 0;

    ES_TRY(cli_need(cli, "output", &path, err));
    ES_TRY(cli_need(cli, "signer", &cert, err));
    ES_TRY(cli_need(cli, "key", &name, err));
    for (; (text = cli_get_nth(cli, "event", count)) != NULL; count++) {
        ES_ENSURE(count < 64, err, ES_E_USAGE, "more than 64 events");
        ES_TRY(take_event(cli, text, now_s, &events[count], err));
    }
    ES_TRY(cli_time(cli, "answered-at", now_s, &answered_s, err));
    ES_TRY(cli_load_seal(cli->args[0], &seal, err));
    ES_TRY(cli_load_cert(cert, &signer, err));
    ES_TRY(cli_open_key(cli, name, &key, err));
    ES_TRY(es_state_answer_make(seal->der, events, count, answered_s, signer, key, &out, err));
    ES_TRY(cli_write(cli, path, es_buf_span(&out), 0644, err));
    CLI_SAY(cli, "state answer: %s", "状态答复:%s", path);
    return cli_answer(cli, "output", path, err);
}
