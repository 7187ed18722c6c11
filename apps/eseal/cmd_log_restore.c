/* eseal log refill, new-epoch: ways out of a frozen log (audit-log.md 7). Two persons decide; both
 * names and the reason go into the log. */
#include "records.h"

#include "es_json.h"

#define DECISION_OPTIONS                                                                           \
    CLI_LOG_OPTION, {"reason", 0, "TEXT", false, "why", "原因"},                                   \
        {"decided-by", 0, "ID", false, "who decided", "决定人"},                                   \
        {"approved-by", 0, "ID", false, "who approved, another one", "批准人(须为另一人)"},        \
        CLI_RECORDS_PASSWORD

const struct cli_option cmd_log_refill_options[] = {
    {"bundle", 0, "DIR", false, "bundle that has the missing entries (eseal log ship)",
     "含缺失条目的日志包(eseal log ship)"},
    DECISION_OPTIONS,
    CLI_OPTIONS_END};
const struct cli_option cmd_log_new_epoch_options[] = {DECISION_OPTIONS, CLI_OPTIONS_END};

static es_status take_decision(const struct cli *cli, struct es_log_decision *out,
                               struct es_error *err)
{
    ES_TRY(cli_need(cli, "reason", &out->reason, err));
    ES_TRY(cli_need(cli, "decided-by", &out->decided_by, err));
    ES_TRY(cli_need(cli, "approved-by", &out->approved_by, err));
    ES_ENSURE(strcmp(out->decided_by, out->approved_by) != 0, err, ES_E_DENIED,
              "--decided-by and --approved-by must be two persons");
    return ES_OK;
}

static es_status answer(const struct cli *cli, const char *what, uint64_t count,
                        struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(1000);
    struct es_json_out json = {.buf = &text};

    es_json_begin_object(&json);
    es_json_pair_int(&json, "v", 1);
    es_json_pair_int(&json, what, (int64_t) count);
    es_json_end_object(&json);
    es_buf_put_byte(&text, '\n');
    ES_TRY(es_buf_check(&text, err));
    return cli->json ? cli_print(es_buf_span(&text), err) : ES_OK;
}

es_status cmd_log_refill(struct cli *cli, struct es_error *err)
{
    ES_AUTO(cli_records) records = {0};
    struct es_log_decision decision = {0};
    enum es_log_name log = ES_LOG_AUDIT;
    const char *bundle = NULL;
    uint64_t refilled = 0;

    ES_TRY(cli_need(cli, "bundle", &bundle, err));
    ES_TRY(take_decision(cli, &decision, err));
    ES_TRY(cli_log_name(cli, &log, err));
    ES_TRY(cli_records_open(cli, cli->args[0], CLI_RECORDS_WRITE, &records, err));
    ES_TRY(
        es_ledger_refill(&records.config[log - 1], bundle, &decision, NULL, NULL, &refilled, err));
    CLI_SAY(cli, "%llu entries brought back; the log is open", "已补回条目 %llu 条,日志恢复写入",
            (unsigned long long) refilled);
    return answer(cli, "refilled", refilled, err);
}

es_status cmd_log_new_epoch(struct cli *cli, struct es_error *err)
{
    ES_AUTO(cli_records) records = {0};
    ES_AUTO_PTR(es_log_reader) reader = NULL;
    struct es_log_decision decision = {0};
    enum es_log_name log = ES_LOG_AUDIT;

    ES_TRY(take_decision(cli, &decision, err));
    ES_TRY(cli_log_name(cli, &log, err));
    ES_TRY(cli_records_open(cli, cli->args[0], CLI_RECORDS_WRITE, &records, err));
    ES_TRY(es_ledger_new_epoch(&records.config[log - 1], &decision, err));
    ES_TRY(es_log_reader_open(records.store, log, 0, &reader, err));
    CLI_SAY(cli, "the log goes on as %s; publish its key with the new origin",
            "日志以 %s 继续;请公布新来源名称及其公钥", es_log_reader_origin(reader));
    return answer(cli, "epoch", (uint64_t) (es_log_reader_id(reader) / 10), err);
}
