/* Files and manifest of a backup: {"v":1,"type":"backup","made_at","files":[…],"logs":[…]}. */
#include "backup.h"

#include "es_json.h"

#define COPY_LEN 65536u
#define MANIFEST_MAX ((size_t) 1 << 20)

es_status backup_path(const char *folder, const char *name, struct es_buf *out, const char **path,
                      struct es_error *err)
{
    es_buf_reset(out);
    es_buf_printf(out, "%s/%s", folder, name);
    *path = es_buf_cstr(out);
    ES_ENSURE(*path != NULL, err, ES_E_LIMIT, "%s: path is too long", folder);
    return ES_OK;
}

static es_status copy_all(const struct es_source *src, struct es_outfile *out, struct es_hash *hash,
                          struct es_error *err)
{
    uint8_t *block = malloc(COPY_LEN);
    es_status status = ES_OK;

    ES_ENSURE(block != NULL, err, ES_E_NOMEM, "out of memory");
    for (uint64_t at = 0; at < src->len && status == ES_OK; at += COPY_LEN) {
        size_t len = src->len - at < COPY_LEN ? (size_t) (src->len - at) : COPY_LEN;

        status = es_source_read(src, at, block, len, err);
        if (status == ES_OK)
            status = es_hash_update(hash, es_span_of(block, len), err);
        if (status == ES_OK)
            status = es_outfile_write(out, es_span_of(block, len), err);
    }
    free(block);
    return status;
}

es_status backup_copy(const char *from, const char *to, struct backup_file *entry,
                      struct es_error *err)
{
    ES_AUTO(es_source) src = {.fd = -1};
    ES_AUTO(es_outfile) out = {.fd = -1};
    ES_AUTO_PTR(es_hash) hash = NULL;

    ES_TRY(es_source_open(&src, from, 0, err));
    ES_TRY(es_hash_new(ES_DIGEST_SM3, &hash, err));
    ES_TRY(es_outfile_open(&out, to, 0600, false, err));
    ES_TRY(copy_all(&src, &out, hash, err));
    ES_TRY(es_hash_final(hash, entry->sm3, err));
    entry->len = src.len;
    return es_outfile_commit(&out, err);
}

es_status backup_check(const char *folder, const struct backup_file *entry, struct es_error *err)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(8192);
    ES_AUTO(es_source) src = {.fd = -1};
    uint8_t sm3[ES_SM3_LEN];
    const char *path = NULL;

    ES_TRY(backup_path(folder, entry->name, &buf, &path, err));
    ES_TRY(es_source_open(&src, path, 0, err));
    ES_TRY(es_sm3_source(&src, 0, src.len, sm3, err));
    ES_ENSURE(src.len == entry->len && memcmp(sm3, entry->sm3, sizeof sm3) == 0, err,
              ES_E_INTEGRITY, "%s is not the file that was backed up", path);
    return ES_OK;
}

/* ---- manifest ---- */

static void put_files(struct es_json_out *json, const struct backup *backup)
{
    es_json_key(json, "files");
    es_json_begin_array(json);
    for (size_t i = 0; i < backup->file_count; i++) {
        es_json_begin_object(json);
        es_json_pair_text(json, "name", backup->files[i].name);
        es_json_pair_int(json, "length", (int64_t) backup->files[i].len);
        es_json_pair_hex(json, "sm3", es_span_of(backup->files[i].sm3, ES_SM3_LEN));
        es_json_end_object(json);
    }
    es_json_end_array(json);
}

static void put_logs(struct es_json_out *json, const struct backup *backup)
{
    es_json_key(json, "logs");
    es_json_begin_array(json);
    for (size_t i = 0; i < backup->log_count; i++) {
        es_json_begin_object(json);
        es_json_pair_text(json, "origin", backup->logs[i].origin);
        es_json_pair_int(json, "size", (int64_t) backup->logs[i].size);
        es_json_pair_hex(json, "root", es_span_of(backup->logs[i].root.b, ES_LOG_HASH_LEN));
        es_json_end_object(json);
    }
    es_json_end_array(json);
}

es_status backup_write_manifest(const struct backup *backup, int64_t made_s, const char *folder,
                                struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(MANIFEST_MAX);
    ES_AUTO(es_buf) buf = ES_BUF_INIT(8192);
    struct es_json_out json = {.buf = &text};
    const char *path = NULL;

    es_json_begin_object(&json);
    es_json_pair_int(&json, "v", 1);
    es_json_pair_text(&json, "type", "backup");
    es_json_pair_time(&json, "made_at", made_s);
    put_files(&json, backup);
    put_logs(&json, backup);
    es_json_end_object(&json);
    es_buf_put_byte(&text, '\n');
    ES_TRY(es_buf_check(&text, err));
    ES_TRY(backup_path(folder, "backup.json", &buf, &path, err));
    return es_file_write(path, es_buf_span(&text), 0600, false, err);
}

/* Only names that a backup has: nothing that leads out of the folder, or that a store would read
 * beside its database. */
static bool name_is_known(const char *name)
{
    static const char *const known[] = {BACKUP_DATABASE,       "records.json",        "master.key",
                                        "audit.pub",           "status.pub",          "logs.policy",
                                        "journal/audit.jsonl", "journal/status.jsonl"};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(name, known[i]) == 0)
            return true;
    return strncmp(name, "keys/", 5) == 0 && name[5] != '\0' && name[5] != '.' &&
           strchr(name + 5, '/') == NULL && strlen(name) < sizeof((struct backup_file *) 0)->name;
}

static es_status read_digest(es_json_node node, const char *name, uint8_t out[ES_SM3_LEN],
                             struct es_error *err)
{
    const char *text = NULL;

    ES_TRY(es_json_text(node, name, &text, err));
    return cli_hash(name, text, out, err);
}

static es_status read_file(es_json_node node, struct backup_file *out, struct es_error *err)
{
    const char *name = NULL;
    int64_t len = 0;

    ES_TRY(es_json_text(node, "name", &name, err));
    ES_ENSURE(name_is_known(name), err, ES_E_FORMAT, "file name \"%.80s\"", name);
    ES_TRY(es_json_int(node, "length", &len, err));
    ES_ENSURE(len >= 0, err, ES_E_FORMAT, "length %lld", (long long) len);
    (void) snprintf(out->name, sizeof out->name, "%s", name);
    out->len = (uint64_t) len;
    return read_digest(node, "sm3", out->sm3, err);
}

static es_status read_log(es_json_node node, struct backup_log *out, struct es_error *err)
{
    const char *origin = NULL;
    int64_t size = 0;

    ES_TRY(es_json_text(node, "origin", &origin, err));
    ES_TRY(es_json_int(node, "size", &size, err));
    ES_ENSURE(size >= 0 && strlen(origin) < sizeof out->origin, err, ES_E_FORMAT, "log \"%.80s\"",
              origin);
    (void) snprintf(out->origin, sizeof out->origin, "%s", origin);
    out->size = (uint64_t) size;
    return read_digest(node, "root", out->root.b, err);
}

static es_status read_lists(es_json_node root, struct backup *out, struct es_error *err)
{
    es_json_node files = es_json_member(root, "files"), logs = es_json_member(root, "logs");
    const char *type = NULL;

    ES_TRY(es_json_text(root, "type", &type, err));
    ES_ENSURE(strcmp(type, "backup") == 0, err, ES_E_FORMAT, "type \"%.40s\"", type);
    ES_ENSURE(es_json_is_array(files) && es_json_size(files) <= BACKUP_FILES_MAX, err, ES_E_FORMAT,
              "more than %d files", BACKUP_FILES_MAX);
    ES_ENSURE(es_json_is_array(logs) && es_json_size(logs) <= 2, err, ES_E_FORMAT,
              "more than two logs");
    for (; out->file_count < es_json_size(files); out->file_count++)
        ES_TRY(read_file(es_json_item(files, out->file_count), &out->files[out->file_count], err));
    for (; out->log_count < es_json_size(logs); out->log_count++)
        ES_TRY(read_log(es_json_item(logs, out->log_count), &out->logs[out->log_count], err));
    return ES_OK;
}

es_status backup_read_manifest(const char *folder, struct backup *out, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(MANIFEST_MAX);
    ES_AUTO(es_buf) buf = ES_BUF_INIT(8192);
    ES_AUTO_PTR(es_json) json = NULL;
    const char *path = NULL;
    es_status status;

    ES_TRY(backup_path(folder, "backup.json", &buf, &path, err));
    ES_TRY(es_file_read(path, &text, err));
    status = es_json_parse(es_buf_span(&text), MANIFEST_MAX, &json, err);
    if (status == ES_OK)
        status = read_lists(es_json_root(json), out, err);
    return status == ES_OK ? ES_OK : es_error_at(err, status, "%s", path);
}

/* ---- logs ---- */

es_status backup_measure_logs(struct es_store *store, struct backup *out, struct es_error *err)
{
    out->log_count = 0;
    for (int i = 1; i <= 2; i++) {
        ES_AUTO_PTR(es_log_reader) reader = NULL;
        ES_AUTO(es_buf) note = ES_BUF_INIT(ES_CHECKPOINT_MAX);
        ES_AUTO(es_checkpoint) checkpoint = {0};
        struct backup_log *log = &out->logs[out->log_count];
        es_status status;

        ES_TRY(es_log_reader_open(store, (enum es_log_name) i, 0, &reader, err));
        (void) snprintf(log->origin, sizeof log->origin, "%s", es_log_reader_origin(reader));
        log->size = 0;
        memset(&log->root, 0, sizeof log->root);
        out->log_count++;
        status = es_log_read_checkpoint(reader, 0, 0, &note, &log->size, err);
        if (status == ES_E_ABSENT)
            continue;
        ES_TRY(status);
        ES_TRY(es_checkpoint_parse(es_buf_span(&note), &checkpoint, err));
        log->root = checkpoint.root;
    }
    return ES_OK;
}
