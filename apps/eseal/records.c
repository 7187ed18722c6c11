/* Opening a records folder: configuration, store, keys. Nothing is written here but by _write_. */
#include "records.h"

#include "es_json.h"
#include "es_witness.h"

#define CONFIG_MAX 65536

static const char *const config_names[] = {"v",       "type",      "host", "store",
                                           "journal", "witnesses", NULL};

const char *cli_log_key_label(enum es_log_name log)
{
    return log == ES_LOG_AUDIT ? "audit-log" : "status-log";
}

es_status cli_records_path(struct cli_records *records, const char *name, const char **out,
                           struct es_error *err)
{
    *out = name[0] == '/' ? es_arena_printf(&records->arena, "%s", name)
                          : es_arena_printf(&records->arena, "%s/%s", records->folder, name);
    ES_ENSURE(*out != NULL, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

/* "sqlite:NAME" means a file of the folder. */
static es_status take_store(struct cli_records *records, const char *url, struct es_error *err)
{
    const char *path = NULL;

    if (strncmp(url, "sqlite:", 7) != 0) {
        records->store_url = es_arena_printf(&records->arena, "%s", url);
    } else {
        ES_TRY(cli_records_path(records, url + 7, &path, err));
        records->store_url = es_arena_printf(&records->arena, "sqlite:%s", path);
    }
    ES_ENSURE(records->store_url != NULL, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

es_status cli_records_journal(struct cli_records *records, const char *folder, struct es_error *err)
{
    ES_TRY(cli_records_path(records, folder, &records->journal, err));
    for (int i = 0; i < 2; i++) {
        records->journals[i] = es_arena_printf(&records->arena, "%s/%s.jsonl", records->journal,
                                               es_log_name_text((enum es_log_name)(i + 1)));
        ES_ENSURE(records->journals[i] != NULL, err, ES_E_NOMEM, "out of memory");
    }
    return ES_OK;
}

static es_status read_witnesses(struct cli_records *records, es_json_node list,
                                struct es_error *err)
{
    size_t count = es_json_is_array(list) ? es_json_size(list) : 0;

    ES_ENSURE(count <= CLI_WITNESSES_MAX, err, ES_E_CONFIG, "%zu witnesses, allowed are %d", count,
              CLI_WITNESSES_MAX);
    for (size_t i = 0; i < count; i++) {
        const char *text = es_json_string(es_json_item(list, i));

        ES_ENSURE(text != NULL && strchr(text, '=') != NULL, err, ES_E_CONFIG,
                  "a witness is written NAME=URL");
        records->witnesses[i] = es_arena_printf(&records->arena, "%s", text);
        ES_ENSURE(records->witnesses[i] != NULL, err, ES_E_NOMEM, "out of memory");
        records->witness_count++;
    }
    return ES_OK;
}

static es_status read_config(struct cli_records *records, es_json_node root, struct es_error *err)
{
    const char *text = NULL;
    int64_t version = 0;

    ES_TRY(es_json_only(root, config_names, err));
    ES_TRY(es_json_int(root, "v", &version, err));
    ES_TRY(es_json_text(root, "type", &text, err));
    ES_ENSURE(version == 1 && strcmp(text, "records") == 0, err, ES_E_CONFIG,
              "type \"%.40s\" of version %lld, known is \"records\" of version 1", text,
              (long long) version);
    ES_TRY(es_json_text(root, "host", &text, err));
    records->host = es_arena_printf(&records->arena, "%s", text);
    ES_ENSURE(records->host != NULL, err, ES_E_NOMEM, "out of memory");
    ES_TRY(es_json_text(root, "store", &text, err));
    ES_TRY(take_store(records, text, err));
    ES_TRY(es_json_text(root, "journal", &text, err));
    ES_TRY(cli_records_journal(records, text, err));
    return read_witnesses(records, es_json_member(root, "witnesses"), err);
}

es_status cli_records_config(const struct cli *cli, const char *folder, struct cli_records *out,
                             struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(CONFIG_MAX);
    ES_AUTO_PTR(es_json) json = NULL;
    const char *path = NULL;
    es_status status;

    *out = (struct cli_records){.cli = cli, .folder = folder};
    es_arena_init(&out->arena, 1u << 20);
    ES_TRY(cli_records_path(out, "records.json", &path, err));
    ES_TRY(es_file_read(path, &bytes, err));
    status = es_json_parse(es_buf_span(&bytes), CONFIG_MAX, &json, err);
    if (status == ES_OK)
        status = read_config(out, es_json_root(json), err);
    return status == ES_OK ? ES_OK : es_error_at(err, status, "%s", path);
}

es_status cli_records_write_config(const struct cli *cli, const char *path, const char *host,
                                   const char *store, const char *journal,
                                   const char *const *witnesses, size_t witness_count,
                                   struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(CONFIG_MAX);
    struct es_json_out json = {.buf = &text};

    es_json_begin_object(&json);
    es_json_pair_int(&json, "v", 1);
    es_json_pair_text(&json, "type", "records");
    es_json_pair_text(&json, "host", host);
    es_json_pair_text(&json, "store", store);
    es_json_pair_text(&json, "journal", journal);
    es_json_key(&json, "witnesses");
    es_json_begin_array(&json);
    for (size_t i = 0; i < witness_count; i++)
        es_json_put_text(&json, witnesses[i]);
    es_json_end_array(&json);
    es_json_end_object(&json);
    es_buf_put_byte(&text, '\n');
    ES_TRY(es_buf_check(&text, err));
    return cli_write(cli, path, es_buf_span(&text), 0600, err);
}

/* ---- keys ---- */

/* What a witness knows, if the log signed it: anybody can name a greater size. */
static es_status ask_witness(const struct cli_kept_log *kept, const char *url, const char *origin,
                             struct es_buf *known, uint64_t *size, struct es_error *err)
{
    const struct es_pubkey *key = es_key_public(kept->records->keys[kept->log - 1]);
    ES_AUTO(es_checkpoint) checkpoint = {0};
    bool good = false;

    ES_TRY(es_witness_ask_known(url, origin, known, err));
    ES_TRY(es_checkpoint_parse(es_buf_span(known), &checkpoint, err));
    if (es_span_is(checkpoint.origin, origin))
        ES_TRY(es_checkpoint_verify(&checkpoint, key, &good, err));
    ES_ENSURE(good, err, ES_E_MISMATCH, "%s names a checkpoint that %s did not sign", url, origin);
    *size = checkpoint.size;
    return ES_OK;
}

/* The greatest checkpoint that any witness knows. One that cannot be reached, or tells nonsense, is
 * said and left out: a log must not stop, nor be misled, because somebody else's machine is. */
static es_status ask_witnesses(void *ctx, struct es_buf *note, struct es_error *err)
{
    const struct cli_kept_log *kept = ctx;
    const struct cli_records *records = kept->records;
    ES_AUTO_PTR(es_log_reader) reader = NULL;
    uint64_t greatest = 0;

    ES_TRY(es_log_reader_open(records->store, kept->log, 0, &reader, err));
    for (size_t i = 0; i < records->witness_count; i++) {
        const char *url = strchr(records->witnesses[i], '=') + 1;
        ES_AUTO(es_buf) known = ES_BUF_INIT(ES_CHECKPOINT_MAX);
        struct es_error own = {ES_OK, ""};
        uint64_t size = 0;
        es_status status = ask_witness(kept, url, es_log_reader_origin(reader), &known, &size,
                                       &own);

        if (status != ES_OK && status != ES_E_ABSENT)
            cli_complain(records->cli, status, own.text);
        if (status != ES_OK || size <= greatest)
            continue;
        greatest = size;
        es_buf_reset(note);
        es_buf_put_span(note, es_buf_span(&known));
    }
    return es_buf_check(note, err);
}

static void alarm_said(void *ctx, const char *code, const char *text)
{
    const struct cli_records *records = ((const struct cli_kept_log *) ctx)->records;

    CLI_SAY(records->cli, "ALARM %s: %s", "告警 %s:%s", code, text);
}

static es_status open_log_keys(struct cli_records *records, const struct es_secret *password,
                               struct es_error *err)
{
    struct es_key_provider provider = {0};
    const char *folder = NULL;
    es_status status = ES_OK;

    ES_TRY(cli_records_path(records, "keys", &folder, err));
    ES_TRY(es_soft_keys_open(folder, &provider, err));
    for (int i = 0; i < 2 && status == ES_OK; i++)
        status = es_key_open(&provider, cli_log_key_label((enum es_log_name)(i + 1)), password,
                             &records->keys[i], err);
    es_soft_keys_close(&provider);
    return status;
}

static es_status open_keys(struct cli_records *records, struct es_error *err)
{
    ES_AUTO(es_secret) password = {0};
    ES_AUTO(es_secret) master = {0};
    const char *path = NULL;

    ES_TRY(cli_password(records->cli, "", false, &password, err));
    ES_TRY(cli_records_path(records, "master.key", &path, err));
    ES_TRY(es_master_open(path, &password, &master, err));
    ES_TRY(es_keyring_open(records->store, &master, &records->keyring, err));
    return open_log_keys(records, &password, err);
}

static void fill_configs(struct cli_records *records)
{
    for (int i = 0; i < 2; i++) {
        enum es_log_name log = (enum es_log_name)(i + 1);

        records->logs[i] = (struct cli_kept_log){.records = records, .log = log};
        records->config[i] = (struct es_ledger_config){
            .log = log,
            .host = records->host,
            .store = records->store,
            .keyring = records->keyring,
            .key = records->keys[i],
            .journal = records->journals[i],
            .clock = records->cli->clock,
            .random = records->cli->random,
            .program = "eseal " ES_VERSION,
            .instance = "tool",
            .mirror = records->witness_count > 0 ? ask_witnesses : NULL,
            .alarm = alarm_said,
            .ctx = &records->logs[i],
        };
    }
}

es_status cli_records_open(const struct cli *cli, const char *folder, enum cli_records_use use,
                           struct cli_records *out, struct es_error *err)
{
    struct es_store_options options = {.read_only = use == CLI_RECORDS_READ};

    ES_TRY(cli_records_config(cli, folder, out, err));
    ES_TRY(es_store_open(out->store_url, &options, &out->store, err));
    ES_TRY(es_store_check_schema(out->store, err));
    if (use == CLI_RECORDS_WRITE)
        ES_TRY(open_keys(out, err));
    fill_configs(out);
    return ES_OK;
}

void cli_records_clear(struct cli_records *records)
{
    es_keyring_free(records->keyring);
    es_store_free(records->store);
    for (int i = 0; i < 2; i++)
        es_key_free(records->keys[i]);
    es_arena_clear(&records->arena);
}

/* ---- words ---- */

es_status cli_log_name(const struct cli *cli, enum es_log_name *out, struct es_error *err)
{
    const char *text = cli_get(cli, "log");

    *out = ES_LOG_AUDIT;
    if (text == NULL || strcmp(text, "audit") == 0)
        return ES_OK;
    ES_ENSURE(strcmp(text, "status") == 0, err, ES_E_USAGE,
              "--log \"%s\", allowed are audit and status", text);
    *out = ES_LOG_STATUS;
    return ES_OK;
}

es_status cli_records_reader(struct cli_records *records, struct es_log_reader **out,
                             struct es_error *err)
{
    const char *epoch = cli_get(records->cli, "epoch");
    enum es_log_name log = ES_LOG_AUDIT;
    uint64_t number = 0;

    ES_TRY(cli_log_name(records->cli, &log, err));
    if (epoch != NULL)
        ES_TRY(cli_u64("--epoch", epoch, &number, err));
    return es_log_reader_open(records->store, log, number, out, err);
}

es_status cli_put_point(const struct es_pubkey *key, struct es_buf *out, struct es_error *err)
{
    es_buf_put_hex(out, es_pubkey_point(key));
    es_buf_put_byte(out, '\n');
    return es_buf_check(out, err);
}

es_status cli_read_point(const char *path, struct es_pubkey **out, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(4096);
    ES_AUTO(es_buf) point = ES_BUF_INIT(ES_SM2_POINT_LEN);
    es_status status;

    ES_TRY(es_file_read(path, &text, err));
    status = es_hex_decode(es_span_trim(es_buf_span(&text)), &point, err);
    if (status == ES_OK)
        status = es_pubkey_sm2(es_buf_span(&point), out, err);
    return status == ES_OK ? ES_OK
                           : es_error_at(err, status, "%s: not the 130 hex digits of a key", path);
}

es_status cli_u64(const char *what, const char *text, uint64_t *out, struct es_error *err)
{
    uint64_t value = 0;

    ES_ENSURE(text[0] != 0 && strlen(text) <= 18, err, ES_E_USAGE,
              "%s \"%.40s\", it must be a whole number", what, text);
    for (const char *c = text; *c != 0; c++) {
        ES_ENSURE(*c >= '0' && *c <= '9', err, ES_E_USAGE,
                  "%s \"%.40s\", it must be a whole number", what, text);
        value = value * 10 + (uint64_t) (*c - '0');
    }
    *out = value;
    return ES_OK;
}

es_status cli_hash(const char *what, const char *text, uint8_t out[ES_SM3_LEN],
                   struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_SM3_LEN);

    ES_ENSURE(es_hex_decode(es_span_str(text), &bytes, NULL) == ES_OK && bytes.len == ES_SM3_LEN,
              err, ES_E_USAGE, "%s \"%.80s\", it must have 64 hex digits", what, text);
    memcpy(out, bytes.ptr, ES_SM3_LEN);
    return ES_OK;
}
