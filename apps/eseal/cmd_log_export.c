/* eseal log export, ship: a log as files that anyone can verify (docs/formats/log-bundle.md). */
#include "records.h"

#include "es_json.h"

/* clang-format off */
#define EXPORT_OPTIONS                                                                           \
    CLI_LOG_OPTION,                                                                              \
    {"epoch", 0, "N", false, "epoch (default: the newest)", "纪元(默认最新)"},                   \
    {"output", 'o', "DIR", false, "folder of the bundle", "日志包目录"},                         \
    {"details", 0, NULL, false, "with opened details (personal data)", "含解密明细(个人信息)"},  \
    CLI_RECORDS_PASSWORD
/* clang-format on */

const struct cli_option cmd_log_export_options[] = {EXPORT_OPTIONS, CLI_OPTIONS_END};
const struct cli_option cmd_log_ship_options[] = {EXPORT_OPTIONS,
                                                  {"every", 0, "SECONDS", false,
                                                   "go on, looking so often, until stopped",
                                                   "持续运行,每隔若干秒追加一次"},
                                                  CLI_OPTIONS_END};

static void show_progress(void *ctx, uint64_t done, uint64_t of)
{
    const struct cli *cli = ctx;

    if (cli->err_is_tty && !cli->quiet)
        (void) fprintf(stderr, "\r%llu / %llu", (unsigned long long) done, (unsigned long long) of);
}

static es_status export_once(const struct cli *cli, struct cli_records *records, uint64_t *entries,
                             struct es_error *err)
{
    ES_AUTO_PTR(es_log_reader) reader = NULL;
    struct es_log_export options = {
        .details = cli_has(cli, "details"), .keyring = records->keyring, .progress = show_progress};
    union {
        const struct cli *in;
        void *out;
    } ctx = {.in = cli};
    enum es_log_name log = ES_LOG_AUDIT;

    ES_TRY(cli_log_name(cli, &log, err));
    options.journal = records->journals[log - 1];
    options.ctx = ctx.out;
    ES_TRY(cli_records_reader(records, &reader, err));
    ES_TRY(es_log_export(reader, cli_get(cli, "output"), &options, entries, err));
    if (cli->err_is_tty && !cli->quiet)
        (void) fprintf(stderr, "\r\033[K");
    return ES_OK;
}

static es_status answer(const struct cli *cli, uint64_t entries, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(9000);
    struct es_json_out json = {.buf = &text};

    if (!cli->json) {
        CLI_PUT(cli, &text, "%llu entries in %s\n", "条目 %llu 条,已写入 %s\n",
                (unsigned long long) entries, cli_get(cli, "output"));
    } else {
        es_json_begin_object(&json);
        es_json_pair_int(&json, "v", 1);
        es_json_pair_text(&json, "bundle", cli_get(cli, "output"));
        es_json_pair_int(&json, "entries", (int64_t) entries);
        es_json_end_object(&json);
        es_buf_put_byte(&text, '\n');
    }
    ES_TRY(es_buf_check(&text, err));
    return cli_print(es_buf_span(&text), err);
}

/* That details are opened is in the log before they leave. */
static es_status open_records(struct cli *cli, struct cli_records *records, struct es_error *err)
{
    struct es_log_entry entry = {
        .type = ES_EVENT_PERSONAL_DATA_READ, .severity = 1, .actor = "tool", .object_type = "log"};
    struct es_log_place place = {0};

    ES_TRY(cli_need(cli, "output", &entry.object_id, err));
    if (!cli_has(cli, "details"))
        return cli_records_open(cli, cli->args[0], CLI_RECORDS_READ, records, err);
    ES_TRY(cli_records_open(cli, cli->args[0], CLI_RECORDS_WRITE, records, err));
    return cli_log_entry(records, &entry, &place, err);
}

es_status cmd_log_export(struct cli *cli, struct es_error *err)
{
    ES_AUTO(cli_records) records = {0};
    uint64_t entries = 0;

    ES_TRY(open_records(cli, &records, err));
    ES_TRY(export_once(cli, &records, &entries, err));
    return answer(cli, entries, err);
}

es_status cmd_log_ship(struct cli *cli, struct es_error *err)
{
    ES_AUTO(cli_records) records = {0};
    const char *every = cli_get(cli, "every");
    uint64_t entries = 0, before = 0;
    uint32_t seconds = 0;

    if (every != NULL)
        ES_TRY(cli_uint("--every", every, 1, 86400, &seconds, err));
    if (every != NULL)
        cli_block_end();
    ES_TRY(open_records(cli, &records, err));
    do {
        ES_TRY(export_once(cli, &records, &entries, err));
        if (entries != before || every == NULL)
            ES_TRY(answer(cli, entries, err));
        before = entries;
    } while (every != NULL && !cli_await_end(cli, seconds));
    return ES_OK;
}
