/*
 * eseal backup, restore: records as one set. The journal is copied before the database, so that a
 * backup's database is never behind its own journal. A restored set is verified before it is
 * called done, and compared with the journal of the live system: what that knows and the backup
 * does not freezes the log when it is opened (audit-log.md 7).
 */
#include "backup.h"

#include "es_json.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

const struct cli_option cmd_backup_options[] = {
    {"output", 'o', "DIR", false, "folder of the backup, which is made", "备份目录(新建)"},
    CLI_OPTIONS_END};
const struct cli_option cmd_restore_options[] = {
    {"journal", 0, "DIR", false, "journals of the live system, to go on with",
     "现用系统的检查点日记目录,恢复后继续使用"},
    {"store", 0, "URL", false, "empty database to restore into (PostgreSQL)",
     "恢复到的空数据库(PostgreSQL)"},
    CLI_OPTIONS_END};

static es_status make_folder(const char *path, struct es_error *err)
{
    ES_ENSURE(mkdir(path, 0700) == 0, err, errno == EEXIST ? ES_E_EXISTS : ES_E_WRITE, "%s: %s",
              path, strerror(errno));
    return ES_OK;
}

/* ---- backup ---- */

struct saving {
    struct cli_records records;
    struct backup backup;
    const char *folder;
};

static es_status next_entry(struct saving *s, const char *name, struct backup_file **out,
                            struct es_error *err)
{
    ES_ENSURE(s->backup.file_count < BACKUP_FILES_MAX, err, ES_E_LIMIT, "more than %d files",
              BACKUP_FILES_MAX);
    *out = &s->backup.files[s->backup.file_count];
    ES_ENSURE(strlen(name) < sizeof(*out)->name, err, ES_E_LIMIT, "%s: name is too long", name);
    (void) snprintf((*out)->name, sizeof(*out)->name, "%s", name);
    return ES_OK;
}

static es_status save_file(struct saving *s, const char *from, const char *name,
                           struct es_error *err)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(8192);
    struct backup_file *entry = NULL;
    const char *to = NULL;

    ES_TRY(next_entry(s, name, &entry, err));
    ES_TRY(backup_path(s->folder, name, &buf, &to, err));
    ES_TRY(backup_copy(from, to, entry, err));
    s->backup.file_count++;
    return ES_OK;
}

static es_status save_key(void *ctx, const char *name, struct es_error *err)
{
    struct saving *s = ctx;
    ES_AUTO(es_buf) from = ES_BUF_INIT(8192);
    char to[128];
    const char *path = NULL;

    ES_ENSURE((size_t) snprintf(to, sizeof to, "keys/%s", name) < sizeof to, err, ES_E_LIMIT,
              "%s: name is too long", name);
    es_buf_printf(&from, "%s/%s", s->records.folder, to);
    path = es_buf_cstr(&from);
    ES_ENSURE(path != NULL, err, ES_E_LIMIT, "%s: path is too long", name);
    return save_file(s, path, to, err);
}

/* Before the database; none while nothing was signed. */
static es_status save_journals(struct saving *s, struct es_error *err)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(8192);
    const char *folder = NULL;
    char name[32];

    ES_TRY(backup_path(s->folder, "journal", &buf, &folder, err));
    ES_TRY(make_folder(folder, err));
    for (int i = 0; i < 2; i++) {
        es_status status;

        (void) snprintf(name, sizeof name, "journal/%s.jsonl",
                        es_log_name_text((enum es_log_name)(i + 1)));
        status = save_file(s, s->records.journals[i], name, err);
        if (status != ES_OK && status != ES_E_ABSENT)
            return status;
    }
    return ES_OK;
}

static es_status save_keys(struct saving *s, struct es_error *err)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(8192);
    const char *path = NULL, *keys = NULL;

    ES_TRY(backup_path(s->folder, "keys", &buf, &path, err));
    ES_TRY(make_folder(path, err));
    ES_TRY(cli_records_path(&s->records, "keys", &keys, err));
    return es_dir_each(keys, save_key, s, err);
}

static es_status save_small(struct saving *s, struct es_error *err)
{
    static const char *const names[] = {"records.json", "master.key", "audit.pub", "status.pub",
                                        "logs.policy"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *path = NULL;

        ES_TRY(cli_records_path(&s->records, names[i], &path, err));
        ES_TRY(save_file(s, path, names[i], err));
    }
    return save_keys(s, err);
}

static es_status save_database(struct saving *s, struct es_error *err)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(8192);
    ES_AUTO(es_source) src = {.fd = -1};
    struct backup_file *entry = NULL;
    const char *path = NULL;

    ES_TRY(next_entry(s, BACKUP_DATABASE, &entry, err));
    ES_TRY(backup_path(s->folder, BACKUP_DATABASE, &buf, &path, err));
    ES_TRY(es_store_backup(s->records.store, path, err));
    ES_TRY(es_source_open(&src, path, 0, err));
    entry->len = src.len;
    ES_TRY(es_sm3_source(&src, 0, src.len, entry->sm3, err));
    s->backup.file_count++;
    return ES_OK;
}

static es_status save_all(struct saving *s, struct es_error *err)
{
    ES_TRY(make_folder(s->folder, err));
    ES_TRY(save_journals(s, err));
    ES_TRY(backup_measure_logs(s->records.store, &s->backup, err));
    ES_TRY(save_database(s, err));
    ES_TRY(save_small(s, err));
    return backup_write_manifest(
        &s->backup, s->records.cli->clock.now_s(s->records.cli->clock.self), s->folder, err);
}

static void put_logs(const struct backup *b, struct es_json_out *json)
{
    es_json_key(json, "logs");
    es_json_begin_array(json);
    for (size_t i = 0; i < b->log_count; i++) {
        es_json_begin_object(json);
        es_json_pair_text(json, "origin", b->logs[i].origin);
        es_json_pair_int(json, "size", (int64_t) b->logs[i].size);
        es_json_end_object(json);
    }
    es_json_end_array(json);
}

es_status cmd_backup(struct cli *cli, struct es_error *err)
{
    struct saving *s = calloc(1, sizeof *s);
    ES_AUTO(es_buf) text = ES_BUF_INIT(65536);
    struct es_json_out json = {.buf = &text};
    es_status status;

    ES_ENSURE(s != NULL, err, ES_E_NOMEM, "out of memory");
    status = cli_need(cli, "output", &s->folder, err);
    if (status == ES_OK)
        status = cli_records_open(cli, cli->args[0], CLI_RECORDS_READ, &s->records, err);
    if (status == ES_OK)
        status = save_all(s, err);
    if (status == ES_OK && cli->json) {
        es_json_begin_object(&json);
        es_json_pair_int(&json, "v", 1);
        es_json_pair_text(&json, "backup", s->folder);
        es_json_pair_int(&json, "files", (int64_t) s->backup.file_count);
        put_logs(&s->backup, &json);
        es_json_end_object(&json);
        es_buf_put_byte(&text, '\n');
        status = es_buf_check(&text, err);
    } else if (status == ES_OK) {
        CLI_SAY(cli, "backup in %s: %zu files", "已备份到 %s:%zu 个文件", s->folder,
                s->backup.file_count);
    }
    if (status == ES_OK)
        status = cli_print(es_buf_span(&text), err);
    cli_records_clear(&s->records);
    free(s);
    return status;
}

/* ---- restore ---- */

struct restoring {
    struct cli *cli;
    const char *from, *to;
    struct backup backup;
    struct cli_records records;
    uint64_t behind[2];   /* checkpoints of the live journal that the restored store lacks */
    uint64_t live[2];     /* greatest size in the live journal */
    uint64_t findings[2]; /* of the offline verifier */
};

static es_status copy_back(struct restoring *r, struct es_error *err)
{
    ES_AUTO(es_buf) from_buf = ES_BUF_INIT(8192);
    ES_AUTO(es_buf) to_buf = ES_BUF_INIT(8192);
    const char *from = NULL, *to = NULL;

    ES_TRY(backup_path(r->to, "keys", &to_buf, &to, err));
    ES_TRY(make_folder(to, err));
    ES_TRY(backup_path(r->to, "journal", &to_buf, &to, err));
    ES_TRY(make_folder(to, err));
    for (size_t i = 0; i < r->backup.file_count; i++) {
        const struct backup_file *file = &r->backup.files[i];
        struct backup_file copied = {0};

        if (strcmp(file->name, BACKUP_DATABASE) == 0 || strcmp(file->name, "records.json") == 0)
            continue;
        ES_TRY(backup_path(r->from, file->name, &from_buf, &from, err));
        ES_TRY(backup_path(r->to, file->name, &to_buf, &to, err));
        ES_TRY(backup_copy(from, to, &copied, err));
        ES_ENSURE(memcmp(copied.sm3, file->sm3, sizeof copied.sm3) == 0, err, ES_E_INTEGRITY,
                  "%s changed while it was copied", file->name);
    }
    return ES_OK;
}

/* The store's place: of the restored folder when SQLite, as told when PostgreSQL. */
static es_status restore_store(struct restoring *r, const struct cli_records *old, char *store,
                               size_t store_len, struct es_error *err)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(8192);
    ES_AUTO(es_buf) url = ES_BUF_INIT(8192);
    const char *given = cli_get(r->cli, "store"), *path = NULL;
    bool sqlite = strncmp(given == NULL ? old->store_url : given, "sqlite:", 7) == 0;

    ES_ENSURE(sqlite || given != NULL, err, ES_E_USAGE,
              "into which empty database? --store postgresql://…");
    ES_ENSURE((size_t) snprintf(store, store_len, "%s", sqlite ? "sqlite:records.db" : given) <
                  store_len,
              err, ES_E_LIMIT, "store URL is too long");
    if (sqlite)
        es_buf_printf(&url, "sqlite:%s/records.db", r->to);
    else
        es_buf_put_str(&url, given);
    ES_ENSURE(es_buf_cstr(&url) != NULL, err, ES_E_LIMIT, "%s: path is too long", r->to);
    ES_TRY(backup_path(r->from, BACKUP_DATABASE, &buf, &path, err));
    return es_store_restore(es_buf_cstr(&url), path, err);
}

static es_status write_config(struct restoring *r, const struct cli_records *old, const char *store,
                              struct es_error *err)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(8192);
    const char *path = NULL, *live = cli_get(r->cli, "journal");
    char *absolute = NULL;
    es_status status;

    ES_TRY(backup_path(r->to, "records.json", &buf, &path, err));
    if (live != NULL) {
        absolute = realpath(live, NULL);
        ES_ENSURE(absolute != NULL, err, ES_E_ABSENT, "%s: %s", live, strerror(errno));
    }
    status = cli_records_write_config(r->cli, path, old->host, store,
                                      absolute == NULL ? "journal" : absolute, old->witnesses,
                                      old->witness_count, err);
    free(absolute);
    return status;
}

static es_status put_back(struct restoring *r, struct es_error *err)
{
    struct cli_records old;
    char store[4096];
    es_status status;

    ES_TRY(backup_read_manifest(r->from, &r->backup, err));
    for (size_t i = 0; i < r->backup.file_count; i++)
        ES_TRY(backup_check(r->from, &r->backup.files[i], err));
    status = cli_records_config(r->cli, r->from, &old, err);
    if (status == ES_OK)
        status = make_folder(r->to, err);
    if (status == ES_OK)
        status = copy_back(r, err);
    if (status == ES_OK)
        status = restore_store(r, &old, store, sizeof store, err);
    if (status == ES_OK)
        status = write_config(r, &old, store, err);
    cli_records_clear(&old);
    return status;
}

/* ---- is it sound, and is it the present? ---- */

static es_status note_line(void *ctx, const struct es_journal_line *line, struct es_error *err)
{
    struct restoring *r = ctx;
    ES_AUTO(es_checkpoint) checkpoint = {0};

    ES_TRY(es_checkpoint_parse(line->note, &checkpoint, err));
    for (size_t i = 0; i < r->backup.log_count; i++) {
        if (!es_span_is(checkpoint.origin, r->backup.logs[i].origin))
            continue;
        r->behind[i] += checkpoint.size > r->backup.logs[i].size;
        r->live[i] = checkpoint.size > r->live[i] ? checkpoint.size : r->live[i];
    }
    return ES_OK;
}

static es_status verify_log(struct restoring *r, int log, const char *bundle, struct es_error *err)
{
    ES_AUTO_PTR(es_log_reader) reader = NULL;
    ES_AUTO_PTR(es_pubkey) key = NULL;
    const struct es_log_export options = {.journal = NULL};
    struct es_log_trust trust = {0};
    struct es_log_verify_options verify = {.trust = &trust};
    struct es_log_verify_result result = {0};
    uint64_t entries = 0;
    const char *path = NULL;

    ES_TRY(cli_records_path(&r->records, log == 1 ? "audit.pub" : "status.pub", &path, err));
    ES_TRY(cli_read_point(path, &key, err));
    ES_TRY(es_log_reader_open(r->records.store, (enum es_log_name) log, 0, &reader, err));
    ES_TRY(es_log_export(reader, bundle, &options, &entries, err));
    trust.key = key;
    trust.origin = es_log_reader_origin(reader);
    ES_TRY(es_log_verify(bundle, &verify, &result, err));
    r->findings[log - 1] = result.findings;
    return ES_OK;
}

static es_status look(struct restoring *r, struct es_error *err)
{
    const char *bundle = NULL;
    char name[32];

    ES_TRY(cli_records_open(r->cli, r->to, CLI_RECORDS_READ, &r->records, err));
    ES_TRY(backup_measure_logs(r->records.store, &r->backup, err)); /* whatever was written of it */
    for (int log = 1; log <= 2; log++) {
        (void) snprintf(name, sizeof name, "restored-%s", es_log_name_text((enum es_log_name) log));
        ES_TRY(cli_records_path(&r->records, name, &bundle, err));
        ES_TRY(verify_log(r, log, bundle, err));
    }
    for (int i = 0; i < 2; i++) {
        es_status status = es_journal_each(r->records.journals[i], NULL, note_line, r, err);

        if (status != ES_OK && status != ES_E_ABSENT)
            return status;
    }
    return ES_OK;
}

static es_status print_restored(const struct restoring *r, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(65536);
    struct es_json_out json = {.buf = &text};

    es_json_begin_object(&json);
    es_json_pair_int(&json, "v", 1);
    es_json_pair_text(&json, "restored", r->to);
    es_json_key(&json, "logs");
    es_json_begin_array(&json);
    for (size_t i = 0; i < r->backup.log_count; i++) {
        const struct backup_log *log = &r->backup.logs[i];

        es_json_begin_object(&json);
        es_json_pair_text(&json, "origin", log->origin);
        es_json_pair_int(&json, "size", (int64_t) log->size);
        es_json_pair_int(&json, "journal_size", (int64_t) r->live[i]);
        es_json_pair_int(&json, "findings", (int64_t) r->findings[i]);
        es_json_pair_bool(&json, "behind", r->behind[i] > 0);
        es_json_end_object(&json);
        CLI_SAY(r->cli, "%s: %llu entries, %llu findings%s", "%s:条目 %llu 条,发现 %llu 项%s",
                log->origin, (unsigned long long) log->size, (unsigned long long) r->findings[i],
                r->behind[i] == 0
                    ? ""
                    : cli_text(r->cli, "; BEHIND the journal: it will open frozen (log refill)",
                               ";落后于检查点日记,打开后将冻结(用 log refill 补回)"));
    }
    es_json_end_array(&json);
    es_json_end_object(&json);
    es_buf_put_byte(&text, '\n');
    ES_TRY(es_buf_check(&text, err));
    return r->cli->json ? cli_print(es_buf_span(&text), err) : ES_OK;
}

es_status cmd_restore(struct cli *cli, struct es_error *err)
{
    struct restoring *r = calloc(1, sizeof *r);
    es_status status;

    ES_ENSURE(r != NULL, err, ES_E_NOMEM, "out of memory");
    *r = (struct restoring){.cli = cli, .from = cli->args[0], .to = cli->args[1]};
    status = put_back(r, err);
    if (status == ES_OK)
        status = look(r, err);
    if (status == ES_OK)
        status = print_restored(r, err);
    for (size_t i = 0; i < 2; i++)
        if (r->findings[i] > 0 || r->behind[i] > 0)
            cli->exit_code = 1;
    cli_records_clear(&r->records);
    free(r);
    return status;
}
