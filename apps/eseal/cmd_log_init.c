/* eseal log init: a records folder, ready to write. records.json comes last: without it the folder
 * is no records folder, and init can be tried again elsewhere. */
#include "records.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

const struct cli_option cmd_log_init_options[] = {
    {"host", 0, "NAME", false, "whose logs: first part of their origin",
     "日志所属主机名(来源名称的首段)"},
    {"store", 0, "URL", false, "sqlite:FILE (default sqlite:records.db) or postgresql://…",
     "存储:sqlite:文件(默认 sqlite:records.db)或 postgresql://…"},
    {"journal", 0, "DIR", false, "journals, best on another volume (default: in the folder)",
     "检查点日记目录,宜放在另一磁盘(默认在记录库内)"},
    {"witness", 0, "NAME=URL", true, "witness that is asked what it knows, and to sign",
     "见证者及其地址(启动时查询,检查点送其签署)"},
    CLI_RECORDS_PASSWORD,
    CLI_OPTIONS_END};

static es_status make_folder(const char *path, struct es_error *err)
{
    ES_ENSURE(mkdir(path, 0700) == 0 || errno == EEXIST, err, ES_E_WRITE, "%s: %s", path,
              strerror(errno));
    return ES_OK;
}

static es_status make_keys(struct cli_records *records, const struct es_secret *password,
                           struct es_error *err)
{
    struct es_key_provider provider = {0};
    const char *folder = NULL;
    es_status status = ES_OK;

    ES_TRY(cli_records_path(records, "keys", &folder, err));
    ES_TRY(make_folder(folder, err));
    ES_TRY(es_soft_keys_open(folder, &provider, err));
    for (int i = 1; i <= 2 && status == ES_OK; i++)
        status = es_soft_key_new(&provider, cli_log_key_label((enum es_log_name) i), password, err);
    for (int i = 1; i <= 2 && status == ES_OK; i++)
        status = es_key_open(&provider, cli_log_key_label((enum es_log_name) i), password,
                             &records->keys[i - 1], err);
    es_soft_keys_close(&provider);
    return status;
}

static es_status make_store(struct cli_records *records, const struct es_secret *password,
                            struct es_error *err)
{
    const struct es_store_options options = {.create = true};
    ES_AUTO(es_secret) master = {0};
    const char *path = NULL;

    ES_TRY(cli_records_path(records, "master.key", &path, err));
    ES_TRY(es_master_new(path, password, &records->cli->random, err));
    ES_TRY(es_master_open(path, password, &master, err));
    ES_TRY(es_store_open(records->store_url, &options, &records->store, err));
    ES_TRY(es_store_migrate(records->store, &records->cli->clock, err));
    ES_TRY(es_keyring_create(records->store, &master, &records->cli->clock, &records->cli->random,
                             err));
    return es_keyring_open(records->store, &master, &records->keyring, err);
}

static es_status write_public(struct cli_records *records, enum es_log_name log,
                              struct es_buf *policy, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(256);
    ES_AUTO(es_buf) origin = ES_BUF_INIT(512);
    const struct es_pubkey *key = es_key_public(records->keys[log - 1]);
    char name[16];
    const char *path = NULL;

    (void) snprintf(name, sizeof name, "%s.pub", es_log_name_text(log));
    ES_TRY(cli_records_path(records, name, &path, err));
    ES_TRY(cli_put_point(key, &text, err));
    ES_TRY(es_file_write(path, es_buf_span(&text), 0644, false, err));
    es_buf_printf(&origin, "%s/%s/1", records->host, es_log_name_text(log));
    ES_ENSURE(es_buf_cstr(&origin) != NULL, err, ES_E_LIMIT, "host is too long");
    return es_log_policy_line("log", es_buf_cstr(&origin), key, policy, err);
}

static es_status make_logs(struct cli_records *records, struct es_error *err)
{
    ES_AUTO(es_buf) policy = ES_BUF_INIT(ES_LOG_POLICY_MAX);
    const char *path = NULL;

    for (int i = 1; i <= 2; i++) {
        const struct es_ledger_config config = {.log = (enum es_log_name) i,
                                                .host = records->host,
                                                .store = records->store,
                                                .keyring = records->keyring,
                                                .key = records->keys[i - 1],
                                                .journal = records->journals[i - 1],
                                                .clock = records->cli->clock,
                                                .random = records->cli->random};

        ES_TRY(es_ledger_create(&config, err));
        ES_TRY(write_public(records, (enum es_log_name) i, &policy, err));
    }
    ES_TRY(cli_records_path(records, "logs.policy", &path, err));
    return es_file_write(path, es_buf_span(&policy), 0644, false, err);
}

static es_status take_witnesses(struct cli_records *records, struct es_error *err)
{
    const char *pair;

    for (size_t i = 0; (pair = cli_get_nth(records->cli, "witness", i)) != NULL; i++) {
        ES_ENSURE(i < CLI_WITNESSES_MAX, err, ES_E_USAGE, "more than %d witnesses",
                  CLI_WITNESSES_MAX);
        ES_ENSURE(strchr(pair, '=') != NULL, err, ES_E_USAGE,
                  "--witness \"%.80s\", it must be NAME=URL", pair);
        records->witnesses[records->witness_count++] = pair;
    }
    return ES_OK;
}

static es_status init(struct cli *cli, struct cli_records *records, struct es_error *err)
{
    ES_AUTO(es_secret) password = {0};
    const char *store = cli_get(cli, "store"), *journal = cli_get(cli, "journal");
    const char *path = NULL, *host = NULL, *url_path = NULL;

    ES_TRY(cli_need(cli, "host", &host, err));
    ES_TRY(take_witnesses(records, err));
    records->host = host;
    store = store == NULL ? "sqlite:records.db" : store;
    journal = journal == NULL ? "journal" : journal;
    ES_TRY(make_folder(cli->args[0], err));
    ES_TRY(cli_records_path(records, "records.json", &path, err));
    ES_ENSURE(access(path, F_OK) != 0, err, ES_E_EXISTS, "%s exists", path);
    ES_TRY(cli_records_journal(records, journal, err));
    ES_TRY(make_folder(records->journal, err));
    records->store_url = store;
    if (strncmp(store, "sqlite:", 7) == 0) {
        ES_TRY(cli_records_path(records, store + 7, &url_path, err));
        records->store_url = es_arena_printf(&records->arena, "sqlite:%s", url_path);
        ES_ENSURE(records->store_url != NULL, err, ES_E_NOMEM, "out of memory");
    }
    ES_TRY(cli_password(cli, "", true, &password, err));
    ES_TRY(make_keys(records, &password, err));
    ES_TRY(make_store(records, &password, err));
    ES_TRY(make_logs(records, err));
    return cli_records_write_config(cli, path, host, store, journal, records->witnesses,
                                    records->witness_count, err);
}

es_status cmd_log_init(struct cli *cli, struct es_error *err)
{
    struct cli_records records = {.cli = cli, .folder = cli->args[0]};
    es_status status;

    es_arena_init(&records.arena, 1u << 20);
    status = init(cli, &records, err);
    cli_records_clear(&records);
    ES_TRY(status);
    CLI_SAY(cli, "records in %s; give audit.pub and status.pub to those who check the logs",
            "记录库已建立:%s;请将 audit.pub、status.pub 交给日志核验方", cli->args[0]);
    return cli_answer(cli, "records", cli->args[0], err);
}
