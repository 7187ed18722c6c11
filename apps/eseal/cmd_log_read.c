/* eseal log checkpoint, entries, prove, rebuild: what a kept log says. Reads only, but for rebuild.
 */
#include "records.h"

#include "es_json.h"
#include "es_seal.h"
#include "es_state.h"

#define PROOF_MAX ((size_t) ES_STATUS_PROOF_MAX)
#define ENTRIES_DEFAULT 50
#define EPOCH_OPTION                                                                               \
    {                                                                                              \
        "epoch", 0, "N", false, "epoch (default: the newest)", "纪元(默认最新)"              \
    }

const struct cli_option cmd_log_checkpoint_options[] = {
    CLI_LOG_OPTION,
    EPOCH_OPTION,
    {"size", 0, "N", false, "the one of that size (default: the newest)", "指定大小(默认最新)"},
    {"witnessed", 0, "N", false, "the newest with so many witness lines", "至少有 N 个见证签名"},
    {"output", 'o', "FILE", false, "file (default: standard output)", "输出文件(默认标准输出)"},
    CLI_OPTIONS_END};
const struct cli_option cmd_log_entries_options[] = {
    CLI_LOG_OPTION,
    EPOCH_OPTION,
    {"from", 0, "N", false, "first entry (default: the last 50)", "起始序号(默认最后 50 条)"},
    {"limit", 0, "N", false, "at most so many (default 50)", "最多条数(默认 50)"},
    CLI_OPTIONS_END};
const struct cli_option cmd_log_types_options[] = {CLI_OPTIONS_END};
const struct cli_option cmd_log_prove_options[] = {
    CLI_LOG_OPTION,
    EPOCH_OPTION,
    {"index", 0, "N", false, "that an entry is in the log", "证明某序号的条目在日志中"},
    {"size", 0, "N", false, "under the checkpoint of that size", "以该大小的检查点为准"},
    {"from", 0, "N", false, "that one checkpoint extends another: from this size",
     "证明检查点延续:起始大小"},
    {"to", 0, "N", false, "to this size", "证明检查点延续:终止大小"},
    {"subject", 0, "HEX", false, "receipt: the entry about that SM3", "回执:与该 SM3 有关的条目"},
    {"seal", 0, "FILE", false, "the states of a seal (status log)", "印章状态证明(状态日志)"},
    {"witnessed", 0, "N", false, "under a checkpoint with so many witness lines",
     "检查点至少有 N 个见证签名"},
    {"output", 'o', "FILE", false, "file (default: standard output)", "输出文件(默认标准输出)"},
    CLI_OPTIONS_END};
const struct cli_option cmd_log_rebuild_options[] = {
    CLI_LOG_OPTION,
    EPOCH_OPTION,
    {"check", 0, NULL, false, "only compare, change nothing", "只比较,不写入"},
    CLI_OPTIONS_END};

static es_status number(const struct cli *cli, const char *name, uint64_t absent, uint64_t *out,
                        struct es_error *err)
{
    const char *text = cli_get(cli, name);
    char what[32];

    *out = absent;
    (void) snprintf(what, sizeof what, "--%s", name);
    return text == NULL ? ES_OK : cli_u64(what, text, out, err);
}

static es_status write_out(const struct cli *cli, struct es_span bytes, struct es_error *err)
{
    const char *path = cli_get(cli, "output");

    if (path == NULL)
        return cli_print(bytes, err);
    ES_TRY(cli_write(cli, path, bytes, 0644, err));
    return cli_answer(cli, "output", path, err);
}

/* ---- checkpoint ---- */

es_status cmd_log_checkpoint(struct cli *cli, struct es_error *err)
{
    ES_AUTO(cli_records) records = {0};
    ES_AUTO_PTR(es_log_reader) reader = NULL;
    ES_AUTO(es_buf) note = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    ES_AUTO(es_buf) text = ES_BUF_INIT(4 * ES_CHECKPOINT_MAX);
    struct es_json_out json = {.buf = &text};
    uint64_t size = 0, witnessed = 0;

    ES_TRY(number(cli, "size", 0, &size, err));
    ES_TRY(number(cli, "witnessed", 0, &witnessed, err));
    ES_TRY(cli_records_open(cli, cli->args[0], CLI_RECORDS_READ, &records, err));
    ES_TRY(cli_records_reader(&records, &reader, err));
    ES_TRY(es_log_read_checkpoint(reader, size, (size_t) witnessed, &note, &size, err));
    if (!cli->json || cli_has(cli, "output"))
        return write_out(cli, es_buf_span(&note), err);
    es_json_begin_object(&json);
    es_json_pair_int(&json, "v", 1);
    es_json_pair_text(&json, "origin", es_log_reader_origin(reader));
    es_json_pair_int(&json, "size", (int64_t) size);
    es_json_key(&json, "checkpoint");
    es_json_put_span(&json, es_buf_span(&note));
    es_json_end_object(&json);
    es_buf_put_byte(&text, '\n');
    ES_TRY(es_buf_check(&text, err));
    return cli_print(es_buf_span(&text), err);
}

/* ---- entries ---- */

static void put_audit(const struct es_audit_event *event, struct es_json_out *json)
{
    const char *name = es_log_event_name(event->type);

    es_json_pair_int(json, "type_number", event->type);
    es_json_pair_text(json, "type", name);
    es_json_pair_int(json, "outcome", event->outcome);
    es_json_pair_int(json, "severity", event->severity);
    es_json_key(json, "actor");
    es_json_put_span(json, event->actor);
    es_json_key(json, "role");
    es_json_put_span(json, event->role);
    es_json_key(json, "object_type");
    es_json_put_span(json, event->object_type);
    es_json_key(json, "object_id");
    es_json_put_span(json, event->object_id);
    es_json_pair_time(json, "event_time", (int64_t) (event->event_ms / 1000));
    es_json_pair_bool(json, "has_detail", event->has_detail);
}

static void put_status(const struct es_status_event *event, struct es_json_out *json)
{
    es_json_pair_text(json, "type", es_seal_status_name(event->status));
    es_json_pair_int(json, "status", event->status);
    es_json_pair_int(json, "reason", event->reason);
    es_json_pair_hex(json, "key", es_span_of(event->map_key.b, ES_LOG_HASH_LEN));
    es_json_pair_int(json, "event_seq", (int64_t) event->event_seq);
    es_json_pair_time(json, "effective", (int64_t) (event->effective_ms / 1000));
}

static es_status put_entry_json(const struct es_leaf *leaf, struct es_json_out *json,
                                struct es_error *err)
{
    es_json_begin_object(json);
    es_json_pair_int(json, "index", (int64_t) leaf->index);
    es_json_pair_time(json, "sequenced", (int64_t) (leaf->sequenced_ms / 1000));
    if (leaf->kind == ES_LEAF_AUDIT) {
        struct es_audit_event event;

        ES_TRY(es_audit_event_decode(leaf->body, &event, err));
        put_audit(&event, json);
    } else if (leaf->kind == ES_LEAF_STATUS) {
        struct es_status_event event;

        ES_TRY(es_status_event_decode(leaf->body, &event, err));
        put_status(&event, json);
    } else {
        struct es_map_head head;

        ES_TRY(es_map_head_decode(leaf->body, &head, err));
        es_json_pair_text(json, "type", "map-head");
        es_json_pair_int(json, "count", (int64_t) head.count);
    }
    es_json_end_object(json);
    return ES_OK;
}

static void put_type(uint16_t type, struct es_buf *out)
{
    const char *name = es_log_event_name(type);

    if (name != NULL)
        es_buf_printf(out, "%-22s", name);
    else
        es_buf_printf(out, "%04X                  ", type);
}

static es_status put_entry_text(const struct es_leaf *leaf, struct es_buf *out,
                                struct es_error *err)
{
    char time[ES_TIME_TEXT_MAX];

    es_time_iso((int64_t) (leaf->sequenced_ms / 1000), time);
    es_buf_printf(out, "%8llu  %s  ", (unsigned long long) leaf->index, time);
    if (leaf->kind == ES_LEAF_AUDIT) {
        struct es_audit_event event;

        ES_TRY(es_audit_event_decode(leaf->body, &event, err));
        put_type(event.type, out);
        es_buf_put_byte(out, ' ');
        es_buf_put_shown(out, event.actor, 40);
        es_buf_put_str(out, "  ");
        es_buf_put_shown(out, event.object_type, 40);
        es_buf_put_str(out, " ");
        es_buf_put_shown(out, event.object_id, 80);
    } else if (leaf->kind == ES_LEAF_STATUS) {
        struct es_status_event event;

        ES_TRY(es_status_event_decode(leaf->body, &event, err));
        es_buf_printf(out, "%-12s ", es_seal_status_name(event.status));
        es_buf_put_hex(out, es_span_of(event.map_key.b, ES_LOG_HASH_LEN));
    } else {
        es_buf_put_str(out, "map head");
    }
    es_buf_put_byte(out, '\n');
    return ES_OK;
}

static es_status put_entry(const struct cli *cli, struct es_log_reader *reader, uint64_t index,
                           struct es_json_out *json, struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_LOG_LEAF_MAX);
    struct es_leaf leaf;

    ES_TRY(es_log_read_leaf(reader, index, &bytes, err));
    ES_TRY(es_leaf_decode(es_buf_span(&bytes), &leaf, err));
    return cli->json ? put_entry_json(&leaf, json, err) : put_entry_text(&leaf, json->buf, err);
}

static es_status put_entries(const struct cli *cli, struct es_log_reader *reader, uint64_t from,
                             uint64_t to, struct es_buf *out, struct es_error *err)
{
    struct es_json_out json = {.buf = out};

    if (cli->json) {
        es_json_begin_object(&json);
        es_json_pair_int(&json, "v", 1);
        es_json_pair_text(&json, "origin", es_log_reader_origin(reader));
        es_json_key(&json, "entries");
        es_json_begin_array(&json);
    }
    for (uint64_t i = from; i < to; i++)
        ES_TRY(put_entry(cli, reader, i, &json, err));
    if (cli->json) {
        es_json_end_array(&json);
        es_json_end_object(&json);
        es_buf_put_byte(out, '\n');
    }
    return es_buf_check(out, err);
}

es_status cmd_log_entries(struct cli *cli, struct es_error *err)
{
    ES_AUTO(cli_records) records = {0};
    ES_AUTO_PTR(es_log_reader) reader = NULL;
    ES_AUTO(es_buf) note = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    ES_AUTO(es_buf) text = ES_BUF_INIT(64u << 20);
    uint64_t size = 0, from = 0, limit = 0;
    es_status status;

    ES_TRY(number(cli, "limit", ENTRIES_DEFAULT, &limit, err));
    ES_ENSURE(limit >= 1 && limit <= 10000, err, ES_E_USAGE, "--limit %llu, allowed are 1 to 10000",
              (unsigned long long) limit);
    ES_TRY(cli_records_open(cli, cli->args[0], CLI_RECORDS_READ, &records, err));
    ES_TRY(cli_records_reader(&records, &reader, err));
    status = es_log_read_checkpoint(reader, 0, 0, &note, &size, err);
    if (status != ES_OK && status != ES_E_ABSENT)
        return status;
    ES_TRY(number(cli, "from", size > limit ? size - limit : 0, &from, err));
    from = from > size ? size : from;
    limit = size - from < limit ? size - from : limit;
    ES_TRY(put_entries(cli, reader, from, from + limit, &text, err));
    return cli_print(es_buf_span(&text), err);
}

/* ---- types ---- */

es_status cmd_log_types(struct cli *cli, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(65536);
    struct es_json_out json = {.buf = &text};

    if (cli->json) {
        es_json_begin_object(&json);
        es_json_pair_int(&json, "v", 1);
        es_json_key(&json, "types");
        es_json_begin_object(&json);
    }
    for (unsigned number = 0; number <= UINT16_MAX; number++) {
        const char *name = es_log_event_name((uint16_t) number);

        if (name != NULL && cli->json)
            es_json_pair_int(&json, name, (int64_t) number);
        else if (name != NULL)
            es_buf_printf(&text, "%04X  %s\n", number, name);
    }
    if (cli->json) {
        es_json_end_object(&json);
        es_json_end_object(&json);
        es_buf_put_byte(&text, '\n');
    }
    ES_TRY(es_buf_check(&text, err));
    return cli_print(es_buf_span(&text), err);
}

/* ---- prove ---- */

static es_status prove_seal(const struct cli *cli, struct es_log_reader *reader, struct es_buf *out,
                            struct es_error *err)
{
    ES_AUTO_PTR(es_seal) seal = NULL;
    struct es_log_hash key;
    uint64_t witnessed = 0;

    ES_TRY(number(cli, "witnessed", 0, &witnessed, err));
    ES_TRY(cli_load_seal(cli_get(cli, "seal"), &seal, err));
    ES_TRY(es_seal_map_key(seal->der, key.b, err));
    return es_log_prove_status(reader, &key, (size_t) witnessed, out, err);
}

static es_status prove(const struct cli *cli, struct es_log_reader *reader, struct es_buf *out,
                       struct es_error *err)
{
    uint8_t subject[ES_SM3_LEN];
    uint64_t a = 0, b = 0;

    if (cli_has(cli, "seal"))
        return prove_seal(cli, reader, out, err);
    if (cli_has(cli, "subject")) {
        ES_TRY(cli_hash("--subject", cli_get(cli, "subject"), subject, err));
        return es_log_prove_subject(reader, subject, out, err);
    }
    if (cli_has(cli, "index")) {
        ES_TRY(number(cli, "index", 0, &a, err));
        ES_TRY(number(cli, "size", 0, &b, err));
        return es_log_prove_inclusion(reader, a, b, out, err);
    }
    ES_ENSURE(cli_has(cli, "from"), err, ES_E_USAGE,
              "what is to be proved? --index, --from, --subject or --seal");
    ES_TRY(number(cli, "from", 0, &a, err));
    ES_TRY(number(cli, "to", 0, &b, err));
    return es_log_prove_consistency(reader, a, b, out, err);
}

es_status cmd_log_prove(struct cli *cli, struct es_error *err)
{
    ES_AUTO(cli_records) records = {0};
    ES_AUTO_PTR(es_log_reader) reader = NULL;
    ES_AUTO(es_buf) text = ES_BUF_INIT(PROOF_MAX);
    enum es_log_name log = ES_LOG_AUDIT;
    uint64_t epoch = 0;

    ES_TRY(number(cli, "epoch", 0, &epoch, err));
    ES_TRY(cli_log_name(cli, &log, err));
    if (cli_has(cli, "seal") && !cli_has(cli, "log"))
        log = ES_LOG_STATUS;
    ES_TRY(cli_records_open(cli, cli->args[0], CLI_RECORDS_READ, &records, err));
    ES_TRY(es_log_reader_open(records.store, log, epoch, &reader, err));
    ES_TRY(prove(cli, reader, &text, err));
    es_buf_put_byte(&text, '\n');
    ES_TRY(es_buf_check(&text, err));
    return write_out(cli, es_buf_span(&text), err);
}

/* ---- rebuild ---- */

static es_status print_rebuilt(const struct cli *cli, const struct es_log_rebuild_result *r,
                               bool wrote, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(2000);
    struct es_json_out json = {.buf = &text};

    if (!cli->json) {
        CLI_PUT(
            cli, &text,
            "%llu leaves; wrong or missing%s: %llu columns, %llu tiles, %llu nodes, %llu items, "
            "%llu writers\n",
            "叶 %llu 个;错误或缺失%s:检索列 %llu,瓦片 %llu,映射结点 %llu,映射项 %llu,"
            "写入者 %llu\n",
            (unsigned long long) r->leaves,
            wrote ? cli_text(cli, " and put right", "(已重建)") : "",
            (unsigned long long) r->columns, (unsigned long long) r->tiles,
            (unsigned long long) r->nodes, (unsigned long long) r->items,
            (unsigned long long) r->writers);
    } else {
        es_json_begin_object(&json);
        es_json_pair_int(&json, "v", 1);
        es_json_pair_bool(&json, "rebuilt", wrote);
        es_json_pair_int(&json, "leaves", (int64_t) r->leaves);
        es_json_pair_int(&json, "columns", (int64_t) r->columns);
        es_json_pair_int(&json, "tiles", (int64_t) r->tiles);
        es_json_pair_int(&json, "nodes", (int64_t) r->nodes);
        es_json_pair_int(&json, "items", (int64_t) r->items);
        es_json_pair_int(&json, "writers", (int64_t) r->writers);
        es_json_end_object(&json);
        es_buf_put_byte(&text, '\n');
    }
    ES_TRY(es_buf_check(&text, err));
    return cli_print(es_buf_span(&text), err);
}

es_status cmd_log_rebuild(struct cli *cli, struct es_error *err)
{
    ES_AUTO(cli_records) records = {0};
    ES_AUTO_PTR(es_log_reader) reader = NULL;
    struct es_log_rebuild_result result = {0};
    bool write = !cli_has(cli, "check");

    ES_TRY(cli_records_open(cli, cli->args[0], write ? CLI_RECORDS_STORE : CLI_RECORDS_READ,
                            &records, err));
    ES_TRY(cli_records_reader(&records, &reader, err));
    ES_TRY(es_log_rebuild(reader, write, &result, err));
    if (!write && result.columns + result.tiles + result.nodes + result.items + result.writers > 0)
        cli->exit_code = 1;
    return print_rebuilt(cli, &result, write, err);
}
