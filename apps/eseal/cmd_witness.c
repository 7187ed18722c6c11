/*
 * eseal witness: sign checkpoints of logs that only grow. An authority, an archive or another
 * region runs it; it needs a key, a policy that names the logs, and a folder for its memory.
 * eseal log cosign is the other side: it offers a checkpoint and keeps the line.
 */
#include "records.h"

#include "es_http.h"
#include "es_json.h"
#include "es_witness.h"

#define WITNESS_PORT 8722
#define WITNESS_OPTIONS                                                                            \
    {"name",                                                                                       \
     0,                                                                                            \
     "NAME",                                                                                       \
     false,                                                                                        \
     "name of the witness, such as witness.example.org/w1",                                        \
     "见证者名称,如 witness.example.org/w1"},                                                      \
        {"key", 'k', "NAME", false, "its key", "见证者密钥名"},                                    \
        {"policy", 0, "FILE", false, "whose logs it signs (log lines)", "所见证日志的策略文件"},   \
        {"memory", 0, "DIR", false, "what it signed before", "见证记忆目录"},                      \
        {"keys", 0, "DIR", false, "folder of signing keys", "签名密钥目录"},                       \
        {"password-file", 0, "FILE", false, "password of the key", "密钥口令文件"},                \
    {                                                                                              \
        "password-fd", 0, "N", false, "password from a descriptor", "从描述符读取口令"     \
    }

const struct cli_option cmd_witness_sign_options[] = {
    WITNESS_OPTIONS,
    {"proof", 0, "FILE", false, "consistency proof from the size it knows",
     "自已知大小起的延续性证明"},
    {"output", 'o', "FILE", false, "the line (default: standard output)",
     "见证签名行(默认标准输出)"},
    CLI_OPTIONS_END};
const struct cli_option cmd_witness_serve_options[] = {
    WITNESS_OPTIONS,
    {"address", 0, "ADDR", false, "127.0.0.1 (default) or ::1", "127.0.0.1(默认)或 ::1"},
    {"port", 0, "N", false, "port (default 8722; 0: any free one)",
     "端口(默认 8722;0 为任意空闲端口)"},
    CLI_OPTIONS_END};
const struct cli_option cmd_witness_line_options[] = {
    {"name", 0, "NAME", false, "name of the witness", "见证者名称"},
    {"key", 'k', "NAME", false, "its key", "见证者密钥名"},
    {"keys", 0, "DIR", false, "folder of signing keys", "签名密钥目录"},
    {"password-file", 0, "FILE", false, "password of the key", "密钥口令文件"},
    {"password-fd", 0, "N", false, "password from a descriptor", "从描述符读取口令"},
    CLI_OPTIONS_END};
const struct cli_option cmd_log_cosign_options[] = {
    CLI_LOG_OPTION,
    {"witness", 0, "NAME=URL", true, "a witness of the policy (default: those of log init)",
     "策略中的见证者及其地址(默认为 log init 所设)"},
    {"policy", 0, "FILE", false, "names and keys of witnesses (default: DIR/logs.policy)",
     "见证者策略文件(默认为记录库的 logs.policy)"},
    CLI_OPTIONS_END};

struct watching {
    struct es_key *key;
    struct es_log_policy *policy;
    struct es_witness *witness;
};

static void watching_clear(struct watching *w)
{
    es_witness_free(w->witness);
    es_log_policy_free(w->policy);
    es_key_free(w->key);
}

static es_status read_policy(const char *path, struct es_log_policy **out, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(ES_LOG_POLICY_MAX);
    es_status status;

    ES_TRY(es_file_read(path, &text, err));
    status = es_log_policy_parse(es_buf_span(&text), out, err);
    return status == ES_OK ? ES_OK : es_error_at(err, status, "%s", path);
}

static es_status open_witness(const struct cli *cli, struct watching *w, struct es_error *err)
{
    struct es_witness_config config = {.clock = cli->clock};
    const char *policy = NULL, *key = NULL;

    ES_TRY(cli_need(cli, "name", &config.name, err));
    ES_TRY(cli_need(cli, "key", &key, err));
    ES_TRY(cli_need(cli, "policy", &policy, err));
    ES_TRY(cli_need(cli, "memory", &config.folder, err));
    ES_TRY(read_policy(policy, &w->policy, err));
    ES_TRY(cli_open_key(cli, key, &w->key, err));
    config.key = w->key;
    config.logs = w->policy;
    return es_witness_open(&config, &w->witness, err);
}

/* ---- sign ---- */

static es_status read_proof(const struct cli *cli, uint64_t *from, struct es_tree_path *path,
                            struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(ES_LOG_PROOF_MAX);
    ES_AUTO_PTR(es_json) json = NULL;
    const char *file = cli_get(cli, "proof");
    int64_t number = 0;

    if (file == NULL)
        return ES_OK;
    ES_TRY(es_file_read(file, &text, err));
    ES_TRY(es_json_parse(es_buf_span(&text), ES_LOG_PROOF_MAX, &json, err));
    ES_TRY(es_json_int(es_json_root(json), "from", &number, err));
    ES_ENSURE(number >= 0, err, ES_E_FORMAT, "%s is no consistency proof", file);
    *from = (uint64_t) number;
    return es_log_read_path(es_json_member(es_json_root(json), "path"), path, err);
}

static const char *answer_word(enum es_witness_answer answer)
{
    static const char *const words[] = {"refused", "behind", "fork", "signed"};

    return words[answer];
}

static es_status print_reply(const struct cli *cli, const struct es_witness_reply *reply,
                             struct es_error *err)
{
    const char *path = cli_get(cli, "output");
    ES_AUTO(es_buf) text = ES_BUF_INIT(8 * ES_CHECKPOINT_MAX);
    struct es_json_out json = {.buf = &text};

    if (!cli->json && reply->answer == ES_WITNESS_SIGNED)
        return path == NULL ? cli_print(es_buf_span(&reply->line), err)
                            : cli_write(cli, path, es_buf_span(&reply->line), 0644, err);
    if (!cli->json) {
        CLI_SAY(cli, "not signed (%s): %s; known size %llu", "未签署(%s):%s;已知大小 %llu",
                answer_word(reply->answer), reply->why, (unsigned long long) reply->known_size);
        return ES_OK;
    }
    es_json_begin_object(&json);
    es_json_pair_int(&json, "v", 1);
    es_json_pair_text(&json, "answer", answer_word(reply->answer));
    es_json_pair_text(&json, "why", reply->why);
    es_json_key(&json, "line");
    if (reply->answer == ES_WITNESS_SIGNED)
        es_json_put_span(&json, es_buf_span(&reply->line));
    else
        es_json_put_null(&json);
    es_json_pair_int(&json, "known_size", (int64_t) reply->known_size);
    es_json_end_object(&json);
    es_buf_put_byte(&text, '\n');
    ES_TRY(es_buf_check(&text, err));
    return cli_print(es_buf_span(&text), err);
}

es_status cmd_witness_sign(struct cli *cli, struct es_error *err)
{
    ES_AUTO(watching) w = {0};
    ES_AUTO(es_buf) note = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    struct es_witness_reply reply = {0};
    struct es_tree_path path = {.count = 0};
    uint64_t from = 0;
    es_status status;

    ES_TRY(es_file_read(cli->args[0], &note, err));
    ES_TRY(read_proof(cli, &from, &path, err));
    ES_TRY(open_witness(cli, &w, err));
    status = es_witness_sign(w.witness, es_buf_span(&note), from, &path, &reply, err);
    if (status == ES_OK) {
        cli->exit_code = reply.answer == ES_WITNESS_SIGNED ? 0 : 1;
        status = print_reply(cli, &reply, err);
    }
    es_witness_reply_clear(&reply);
    return status;
}

es_status cmd_witness_line(struct cli *cli, struct es_error *err)
{
    ES_AUTO_PTR(es_key) key = NULL;
    ES_AUTO(es_buf) line = ES_BUF_INIT(1000);
    const char *name = NULL, *label = NULL;

    ES_TRY(cli_need(cli, "name", &name, err));
    ES_TRY(cli_need(cli, "key", &label, err));
    ES_TRY(cli_open_key(cli, label, &key, err));
    ES_TRY(es_log_policy_line("witness", name, es_key_public(key), &line, err));
    if (!cli->json)
        return cli_print(es_buf_span(&line), err);
    ES_ENSURE(es_buf_cstr(&line) != NULL, err, ES_E_NOMEM, "out of memory");
    return cli_answer(cli, "line", es_buf_cstr(&line), err);
}

/* ---- serve ---- */

es_status cmd_witness_serve(struct cli *cli, struct es_error *err)
{
    ES_AUTO(watching) w = {0};
    ES_AUTO_PTR(es_http_server) server = NULL;
    ES_AUTO(es_buf) url = ES_BUF_INIT(200);
    const char *address = cli_get(cli, "address"), *text = cli_get(cli, "port");
    uint32_t port = WITNESS_PORT;
    uint16_t bound = 0;

    address = address == NULL ? "127.0.0.1" : address;
    if (text != NULL)
        ES_TRY(cli_uint("--port", text, 0, 65535, &port, err));
    ES_TRY(open_witness(cli, &w, err));
    cli_block_end();
    ES_TRY(es_http_serve(address, (uint16_t) port, ES_LOG_PROOF_MAX, es_witness_handle, w.witness,
                         &server, &bound, err));
    es_buf_printf(&url, strchr(address, ':') != NULL ? "http://[%s]:%u" : "http://%s:%u", address,
                  (unsigned) bound);
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

/* ---- the other side: eseal log cosign ---- */

struct offering {
    struct es_log_reader *reader;
    const struct es_log_trust *trust;
    struct cli_records *records;
    struct es_buf note;
    uint64_t size;
    struct es_json_out signers; /* names, as a JSON list */
};

static es_status prove_from(void *ctx, uint64_t from, uint64_t to, struct es_tree_path *out,
                            struct es_error *err)
{
    struct offering *o = ctx;

    return es_log_consistency_path(o->reader, from, to, out, err);
}

/* Cut behind the log's own line, the fifth: who signed before signs again, and a checkpoint with
 * two lines of one witness tells nothing. */
static void drop_witness_lines(struct es_buf *note)
{
    size_t end = 0;

    for (int line = 0; line < 5 && end < note->len; line++)
        end += es_span_find(es_span_sub(es_buf_span(note), end, note->len - end), '\n') + 1;
    if (end < note->len)
        note->len = end;
}

static es_status offer(const struct cli *cli, struct offering *o, const char *pair,
                       struct es_error *err)
{
    ES_AUTO(es_buf) name = ES_BUF_INIT(300);
    ES_AUTO(es_buf) line = ES_BUF_INIT(1000);
    const char *equals = strchr(pair, '=');
    const struct es_log_witness *witness = NULL;

    ES_ENSURE(equals != NULL, err, ES_E_USAGE, "--witness \"%.80s\", it must be NAME=URL", pair);
    es_buf_put(&name, pair, (size_t) (equals - pair));
    ES_ENSURE(es_buf_cstr(&name) != NULL, err, ES_E_LIMIT, "name is too long");
    for (size_t i = 0; i < o->trust->witness_count; i++)
        if (strcmp(o->trust->witnesses[i].name, es_buf_cstr(&name)) == 0)
            witness = &o->trust->witnesses[i];
    ES_ENSURE(witness != NULL, err, ES_E_ABSENT, "the policy has no witness %s",
              es_buf_cstr(&name));
    ES_TRY(es_witness_ask(equals + 1, witness, es_buf_span(&o->note), prove_from, o, &line, err));
    ES_TRY(es_log_add_cosign(o->records->store, o->reader, o->size, witness->name, witness->key,
                             es_buf_span(&line), err));
    es_json_put_text(&o->signers, witness->name);
    CLI_SAY(cli, "%s signed size %llu", "%s 已见证大小 %llu", witness->name,
            (unsigned long long) o->size);
    return ES_OK;
}

static const char *nth_witness(const struct cli *cli, const struct cli_records *records, size_t i)
{
    if (cli_has(cli, "witness"))
        return cli_get_nth(cli, "witness", i);
    return i < records->witness_count ? records->witnesses[i] : NULL;
}

static es_status offer_all(const struct cli *cli, struct offering *o, size_t *signed_count,
                           struct es_error *err)
{
    struct es_error own = {ES_OK, ""};
    const char *pair;
    size_t i = 0;

    for (; (pair = nth_witness(cli, o->records, i)) != NULL; i++) {
        es_status status = offer(cli, o, pair, &own);

        if (status == ES_E_USAGE)
            return es_error_set(err, status, "%s", own.text);
        if (status == ES_OK)
            ++*signed_count;
        else
            cli_complain(cli, status, own.text);
    }
    ES_ENSURE(i > 0, err, ES_E_USAGE, "--witness NAME=URL is missing");
    return ES_OK;
}

static es_status print_signers(const struct offering *o, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(65536);
    struct es_json_out json = {.buf = &text};

    es_json_begin_object(&json);
    es_json_pair_int(&json, "v", 1);
    es_json_key(&json, "size");
    es_json_put_uint(&json, o->size);
    es_json_key(&json, "witnesses");
    es_json_begin_array(&json);
    ES_TRY(es_buf_check(o->signers.buf, err));
    es_buf_put_span(&text, es_buf_span(o->signers.buf));
    es_json_end_array(&json);
    es_json_end_object(&json);
    es_buf_put_byte(&text, '\n');
    ES_TRY(es_buf_check(&text, err));
    return cli_print(es_buf_span(&text), err);
}

es_status cmd_log_cosign(struct cli *cli, struct es_error *err)
{
    ES_AUTO(es_buf) signers = ES_BUF_INIT(32768);
    ES_AUTO(cli_records) records = {0};
    ES_AUTO_PTR(es_log_reader) reader = NULL;
    struct es_log_policy *policy = NULL;
    struct offering o = {
        .records = &records, .note = ES_BUF_INIT(ES_CHECKPOINT_MAX), .signers = {.buf = &signers}};
    const char *path = cli_get(cli, "policy");
    size_t count = 0;
    es_status status;

    ES_TRY(cli_records_open(cli, cli->args[0], CLI_RECORDS_STORE, &records, err));
    if (path == NULL)
        ES_TRY(cli_records_path(&records, "logs.policy", &path, err));
    ES_TRY(cli_records_reader(&records, &reader, err));
    ES_TRY(read_policy(path, &policy, err));
    o.reader = reader;
    o.trust = es_log_policy_find(policy, es_span_str(es_log_reader_origin(reader)));
    status = o.trust == NULL ? es_error_set(err, ES_E_CONFIG, "%s: no line for log %s", path,
                                            es_log_reader_origin(reader))
                             : es_log_read_checkpoint(reader, 0, 0, &o.note, &o.size, err);
    drop_witness_lines(&o.note);
    if (status == ES_OK)
        status = offer_all(cli, &o, &count, err);
    if (status == ES_OK && count < o.trust->quorum)
        cli->exit_code = 2;
    if (status == ES_OK && cli->json)
        status = print_signers(&o, err);
    es_buf_clear(&o.note);
    es_log_policy_free(policy);
    return status;
}
