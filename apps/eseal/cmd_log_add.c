/* eseal log append, state, erase: entries by hand. Each answers when a signed checkpoint covers the
 * entry, not before. */
#include "records.h"

#include "es_json.h"
#include "es_seal.h"
#include "es_state.h"

#define WAIT_MS 60000u

const struct cli_option cmd_log_append_options[] = {
    {"type", 0, "NAME", false, "event type, such as EXPORTED", "事件类型,如 EXPORTED"},
    {"actor", 0, "ID", false, "account that acted", "操作账号"},
    {"role", 0, "ROLE", false, "role it acted in", "操作角色"},
    {"object", 0, "TYPE:ID", false, "what it acted on", "操作对象(类型:标识)"},
    {"correlation", 0, "ID", false, "request it belongs to", "关联请求号"},
    {"outcome", 0, "WORD", false, "done (default), failed, refused, error",
     "结果:done(默认)、failed、refused、error"},
    {"severity", 0, "WORD", false, "info (default), notice, warning, alarm",
     "级别:info(默认)、notice、warning、alarm"},
    {"subject", 0, "HEX", false, "SM3 by which a receipt can be asked for",
     "可据以索取回执的 SM3 摘要"},
    {"detail", 0, "FILE", false, "detail as JSON, stored encrypted, erasable",
     "明细(JSON,加密存储,可删除)"},
    CLI_RECORDS_PASSWORD,
    CLI_OPTIONS_END};
const struct cli_option cmd_log_state_options[] = {
    {"status", 0, "STATE", false, "active, suspended, expired, superseded, cancelled, invalidated",
     "状态:active、suspended、expired、superseded、cancelled、invalidated"},
    {"reason", 0, "N", false, "1 by request, 3 dissolved, 11 lost, 12 stolen, 13 key leaked, …",
     "原因编号:1 主动申请,3 撤并注销,11 遗失,12 被盗,13 密钥泄露等"},
    {"effective", 0, "TIME", false, "since when (default: now)", "生效时间(默认当前)"},
    {"actor", 0, "ID", false, "account that acted", "操作账号"},
    CLI_RECORDS_PASSWORD,
    CLI_OPTIONS_END};
const struct cli_option cmd_log_erase_options[] = {
    {"index", 0, "N", false, "entry whose detail is erased", "要删除明细的条目序号"},
    {"ground", 0, "TEXT", false, "legal ground", "法律依据"},
    {"decided-by", 0, "ID", false, "who decided", "决定人"},
    {"approved-by", 0, "ID", false, "who approved, another one", "批准人(须为另一人)"},
    CLI_RECORDS_PASSWORD,
    CLI_OPTIONS_END};

/* ---- adding and waiting ---- */

struct adding {
    struct es_ledger *ledger;
    const struct es_log_entry *entry;    /* or */
    const struct es_status_event *event; /* or */
    const struct cli *erase;
    uint64_t erase_index;
    struct es_ticket *ticket;
};

static es_status add(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct adding *a = ctx;

    es_ticket_free(a->ticket);
    a->ticket = NULL;
    if (a->entry != NULL)
        return es_ledger_add(a->ledger, tx, a->entry, &a->ticket, err);
    if (a->event != NULL)
        return es_ledger_add_state(a->ledger, tx, a->event, &a->ticket, err);
    return es_ledger_erase_detail(a->ledger, tx, a->erase_index, cli_get(a->erase, "ground"),
                                  cli_get(a->erase, "decided-by"), cli_get(a->erase, "approved-by"),
                                  &a->ticket, err);
}

static es_status add_and_wait(struct cli_records *records, struct adding *a,
                              struct es_log_place *place, struct es_error *err)
{
    es_status status = es_store_write(records->store, ES_AS_SERVICE, add, a, err);

    if (status == ES_OK)
        status = es_ledger_wait(a->ledger, a->ticket, WAIT_MS, place, err);
    es_ticket_free(a->ticket);
    a->ticket = NULL;
    return status;
}

/* Open the log, do one thing, close it in order. */
static es_status add_to(struct cli_records *records, enum es_log_name log, struct adding *a,
                        struct es_log_place *place, struct es_error *err)
{
    es_status status;

    ES_TRY(es_ledger_open(&records->config[log - 1], &a->ledger, err));
    status = add_and_wait(records, a, place, err);
    es_ledger_close(a->ledger);
    return status;
}

es_status cli_log_entry(struct cli_records *records, const struct es_log_entry *entry,
                        struct es_log_place *place, struct es_error *err)
{
    struct adding a = {.entry = entry};

    return add_to(records, ES_LOG_AUDIT, &a, place, err);
}

static es_status answer(const struct cli *cli, enum es_log_name log,
                        const struct es_log_place *place, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(1000);
    struct es_json_out json = {.buf = &text};

    if (!cli->json) {
        CLI_PUT(cli, &text, "entry %llu of the %s log, under the checkpoint of size %llu\n",
                "序号 %llu(%s),检查点大小 %llu\n", (unsigned long long) place->index,
                cli->zh ? (log == ES_LOG_AUDIT ? "审计日志" : "状态日志") : es_log_name_text(log),
                (unsigned long long) place->size);
    } else {
        es_json_begin_object(&json);
        es_json_pair_int(&json, "v", 1);
        es_json_pair_text(&json, "log", es_log_name_text(log));
        es_json_pair_int(&json, "index", (int64_t) place->index);
        es_json_pair_int(&json, "size", (int64_t) place->size);
        es_json_end_object(&json);
        es_buf_put_byte(&text, '\n');
    }
    ES_TRY(es_buf_check(&text, err));
    return cli_print(es_buf_span(&text), err);
}

/* ---- append ---- */

static es_status take_word(const struct cli *cli, const char *name, const char *const words[4],
                           uint8_t *out, struct es_error *err)
{
    const char *text = cli_get(cli, name);

    *out = 0;
    if (text == NULL)
        return ES_OK;
    for (uint8_t i = 0; i < 4; i++)
        if (strcmp(text, words[i]) == 0) {
            *out = i;
            return ES_OK;
        }
    return es_error_set(err, ES_E_USAGE, "--%s \"%.40s\", allowed are %s, %s, %s and %s", name,
                        text, words[0], words[1], words[2], words[3]);
}

struct entry {
    struct es_log_entry entry;
    struct es_buf object, raw, detail;
    uint8_t subject[ES_SM3_LEN];
};

static void entry_clear(struct entry *e)
{
    es_buf_clear(&e->object);
    es_buf_clear(&e->raw);
    es_buf_clear(&e->detail);
}

static es_status take_object(const struct cli *cli, struct entry *e, struct es_error *err)
{
    const char *text = cli_get(cli, "object");
    char *colon;

    if (text == NULL)
        return ES_OK;
    es_buf_put_str(&e->object, text);
    es_buf_put_byte(&e->object, 0);
    ES_TRY(es_buf_check(&e->object, err));
    colon = strchr((char *) e->object.ptr, ':');
    ES_ENSURE(colon != NULL, err, ES_E_USAGE, "--object \"%.80s\", it must be TYPE:ID", text);
    *colon = 0;
    e->entry.object_type = (const char *) e->object.ptr;
    e->entry.object_id = colon + 1;
    return ES_OK;
}

static es_status take_detail(const struct cli *cli, struct entry *e, struct es_error *err)
{
    const char *path = cli_get(cli, "detail");
    es_status status;

    if (path == NULL)
        return ES_OK;
    ES_TRY(es_file_read(path, &e->raw, err));
    status = es_log_detail_canonical(es_buf_span(&e->raw), &e->detail, err);
    if (status != ES_OK)
        return es_error_at(err, status, "%s", path);
    e->entry.detail = es_buf_span(&e->detail);
    return ES_OK;
}

static es_status take_entry(const struct cli *cli, struct entry *e, struct es_error *err)
{
    static const char *const outcomes[4] = {"done", "failed", "refused", "error"};
    static const char *const severities[4] = {"info", "notice", "warning", "alarm"};
    const char *type = NULL, *subject = cli_get(cli, "subject");

    ES_TRY(cli_need(cli, "type", &type, err));
    e->entry.type = es_log_event_by_name(type);
    ES_ENSURE(e->entry.type != 0, err, ES_E_USAGE,
              "--type \"%.40s\" is not known (eseal log types lists them)", type);
    ES_TRY(take_word(cli, "outcome", outcomes, &e->entry.outcome, err));
    ES_TRY(take_word(cli, "severity", severities, &e->entry.severity, err));
    e->entry.actor = cli_get(cli, "actor");
    e->entry.role = cli_get(cli, "role");
    e->entry.correlation = cli_get(cli, "correlation");
    if (subject != NULL) {
        ES_TRY(cli_hash("--subject", subject, e->subject, err));
        e->entry.subject = e->subject;
    }
    ES_TRY(take_object(cli, e, err));
    return take_detail(cli, e, err);
}

es_status cmd_log_append(struct cli *cli, struct es_error *err)
{
    ES_AUTO(entry)
    e = {.object = ES_BUF_INIT(600), .raw = ES_BUF_INIT(1u << 20), .detail = ES_BUF_INIT(1u << 20)};
    ES_AUTO(cli_records) records = {0};
    struct es_log_place place = {0};

    ES_TRY(take_entry(cli, &e, err));
    ES_TRY(cli_records_open(cli, cli->args[0], CLI_RECORDS_WRITE, &records, err));
    ES_TRY(cli_log_entry(&records, &e.entry, &place, err));
    return answer(cli, ES_LOG_AUDIT, &place, err);
}

/* ---- state ---- */

static es_status take_event(const struct cli *cli, const struct es_seal *seal,
                            struct es_status_event *event, struct es_error *err)
{
    const char *word = NULL, *reason = cli_get(cli, "reason");
    int64_t effective_s = 0;
    uint32_t number = 0;
    int status;

    ES_TRY(cli_need(cli, "status", &word, err));
    status = es_seal_status_by_name(word);
    ES_ENSURE(status >= ES_STATUS_ACTIVE, err, ES_E_USAGE,
              "--status \"%.40s\", allowed are active, suspended, expired, superseded, cancelled "
              "and invalidated",
              word);
    if (reason != NULL)
        ES_TRY(cli_uint("--reason", reason, 0, 99, &number, err));
    ES_TRY(cli_time(cli, "effective", 0, &effective_s, err));
    ES_ENSURE(effective_s >= 0 && seal->valid_from_s >= 0 && seal->valid_until_s >= 0, err,
              ES_E_RANGE, "a time before 1970");
    event->status = (uint8_t) status;
    event->reason = (uint8_t) number;
    event->effective_ms = (uint64_t) effective_s * 1000;
    event->valid_from_ms = (uint64_t) seal->valid_from_s * 1000;
    event->valid_until_ms = (uint64_t) seal->valid_until_s * 1000;
    return es_seal_map_key(seal->der, event->map_key.b, err);
}

/* What the log made of the event: its number and links are the sequencer's. */
static es_status read_back(struct cli_records *records, uint64_t index,
                           struct es_status_event *event, struct es_error *err)
{
    ES_AUTO_PTR(es_log_reader) reader = NULL;
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_LOG_LEAF_MAX);
    struct es_leaf leaf;

    ES_TRY(es_log_reader_open(records->store, ES_LOG_STATUS, 0, &reader, err));
    ES_TRY(es_log_read_leaf(reader, index, &bytes, err));
    ES_TRY(es_leaf_decode(es_buf_span(&bytes), &leaf, err));
    return es_status_event_decode(leaf.body, event, err);
}

static const char *event_name(const struct es_status_event *event)
{
    switch (event->status) {
    case ES_STATUS_ACTIVE:
        return event->event_seq == 0 ? "ACTIVATED" : "RESUMED";
    case ES_STATUS_SUSPENDED:
        return "SUSPENDED";
    case ES_STATUS_EXPIRED:
        return "EXPIRED";
    case ES_STATUS_SUPERSEDED:
        return "SUPERSEDED";
    case ES_STATUS_CANCELLED:
        return "CANCELLED";
    default:
        return "INVALIDATED";
    }
}

/* The audit log tells who did it and where the status log has it (audit-log.md 8, 0501). */
static es_status tell_audit(struct cli_records *records, const struct es_status_event *event,
                            const struct es_log_place *in_status, struct es_error *err)
{
    ES_AUTO(es_buf) detail = ES_BUF_INIT(100);
    char key[2 * ES_SM3_LEN + 1];
    struct es_log_entry entry = {
        .actor = cli_get(records->cli, "actor"), .object_type = "seal", .object_id = key};
    struct es_log_place place = {0};

    es_hex_encode(es_span_of(event->map_key.b, ES_SM3_LEN), key);
    es_buf_printf(&detail, "{\"status_index\":%llu}", (unsigned long long) in_status->index);
    ES_TRY(es_buf_check(&detail, err));
    entry.type = es_log_event_by_name(event_name(event));
    entry.detail = es_buf_span(&detail);
    return cli_log_entry(records, &entry, &place, err);
}

es_status cmd_log_state(struct cli *cli, struct es_error *err)
{
    ES_AUTO(cli_records) records = {0};
    ES_AUTO_PTR(es_seal) seal = NULL;
    struct es_status_event event = {0};
    struct adding a = {.event = &event};
    struct es_log_place place = {0};

    ES_TRY(cli_load_seal(cli->args[1], &seal, err));
    ES_TRY(take_event(cli, seal, &event, err));
    ES_TRY(cli_records_open(cli, cli->args[0], CLI_RECORDS_WRITE, &records, err));
    ES_TRY(add_to(&records, ES_LOG_STATUS, &a, &place, err));
    ES_TRY(read_back(&records, place.index, &event, err));
    ES_TRY(tell_audit(&records, &event, &place, err));
    return answer(cli, ES_LOG_STATUS, &place, err);
}

/* ---- erase ---- */

es_status cmd_log_erase(struct cli *cli, struct es_error *err)
{
    ES_AUTO(cli_records) records = {0};
    struct adding a = {.erase = cli};
    struct es_log_place place = {0};
    const char *text = NULL;

    ES_TRY(cli_need(cli, "index", &text, err));
    ES_TRY(cli_u64("--index", text, &a.erase_index, err));
    ES_TRY(cli_need(cli, "ground", &text, err));
    ES_TRY(cli_need(cli, "decided-by", &text, err));
    ES_TRY(cli_need(cli, "approved-by", &text, err));
    ES_TRY(cli_records_open(cli, cli->args[0], CLI_RECORDS_WRITE, &records, err));
    ES_TRY(add_to(&records, ES_LOG_AUDIT, &a, &place, err));
    ES_TRY(es_store_checkpoint(records.store, err)); /* nothing of it stays in the WAL */
    return answer(cli, ES_LOG_AUDIT, &place, err);
}
