/*
 * Writing a bundle. Leaves, columns and details are appended to their files; tiles, checkpoints and
 * journal are written whole into new files; the manifest comes last and atomically. What the
 * manifest does not count is cut off when writing goes on, so a writer that died left nothing.
 */
#include "bundle_append.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "es_json.h"

#define BUFFER_MAX (1u << 20)
#define DETAIL_MAX (16u << 20)
#define DETAIL_BUFFER_MAX (DETAIL_MAX + BUFFER_MAX)

struct es_bundle_writer {
    char *folder;
    struct bundle_manifest manifest; /* as of the last commit, then as it will be */
    uint64_t next, detail_next;
    bool committed;            /* nothing appended since */
    struct bundle_file was[3]; /* last entries, columns, details as committed; no name: none */
    struct bundle_appender entries, columns, details;
    struct es_outfile tiles, checkpoints, journal;
    bool has_tile;
    unsigned tile_level;
    uint64_t tile_n;
};

static void put_uint(struct es_buf *out, uint64_t value, int bytes)
{
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        es_buf_put_byte(out, (uint8_t) (value >> shift));
}

/* What a writer left behind that did not come to its commit goes again, as far as that can be. */
static void cut_back(const struct es_bundle_writer *w)
{
    for (size_t i = 0; i < 3; i++) {
        ES_AUTO(es_buf) path = ES_BUF_INIT(8192);
        struct stat st;

        if (w->was[i].name[0] != 0 &&
            bundle_path(w->folder, w->was[i].name, &path, NULL) == ES_OK &&
            lstat((const char *) path.ptr, &st) == 0 && S_ISREG(st.st_mode) &&
            (uint64_t) st.st_size > w->was[i].length &&
            truncate((const char *) path.ptr, (off_t) w->was[i].length) != 0)
            return;
    }
}

/* ---- opening ---- */

static void remember(struct es_bundle_writer *w, size_t which, const char *name)
{
    const struct bundle_file *file = bundle_manifest_find(&w->manifest, name);

    w->was[which] = (struct bundle_file){.length = 0};
    if (file != NULL)
        w->was[which] = *file;
}

static void remember_all(struct es_bundle_writer *w)
{
    uint64_t chunk = w->manifest.entries == 0 ? 0 : (w->manifest.entries - 1) / ES_BUNDLE_CHUNK;
    char name[BUNDLE_NAME_MAX];

    bundle_chunk_name("entries", chunk, name);
    remember(w, 0, name);
    bundle_chunk_name("columns", chunk, name);
    remember(w, 1, name);
    remember(w, 2, BUNDLE_DETAILS);
    w->committed = true;
}

/* The last row says which leaf comes next: rows may have gaps. */
static es_status find_next(struct es_bundle_writer *w, const struct bundle_folder *folder,
                           struct es_error *err)
{
    ES_AUTO(bundle_reader) reader = {.open = false};
    struct es_bundle_leaf row = {.index = 0};
    enum bundle_step step = BUNDLE_ITEM;
    char name[BUNDLE_NAME_MAX];

    if (w->manifest.entries == 0)
        return ES_OK;
    bundle_chunk_name("columns", (w->manifest.entries - 1) / ES_BUNDLE_CHUNK, name);
    ES_TRY(bundle_reader_open(&reader, folder, name, BUNDLE_ROW_WINDOW, err));
    if (w->was[1].length < reader.end)
        reader.end = w->was[1].length;
    while (step == BUNDLE_ITEM) {
        ES_TRY(bundle_next_column(&reader, &step, &row, err));
        if (step == BUNDLE_ITEM)
            w->next = row.index + 1;
    }
    ES_ENSURE(step == BUNDLE_END && w->next > 0, err, ES_E_MISMATCH, "%s does not split into rows",
              name);
    return ES_OK;
}

/* Without a manifest only what an export that was cut off leaves may be there. */
static es_status is_ours(void *ctx, const char *name, struct es_error *err)
{
    static const char *const ours[] = {"entries",          "columns",      BUNDLE_TILES,
                                       BUNDLE_CHECKPOINTS, BUNDLE_JOURNAL, BUNDLE_DETAILS};

    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (strcmp(name, ours[i]) == 0)
            return ES_OK;
    return es_error_set(err, ES_E_EXISTS, "%s holds something else than a bundle",
                        *(const char **) ctx);
}

static es_status make_folder(const char *path, struct es_error *err)
{
    ES_ENSURE(mkdir(path, 0755) == 0 || errno == EEXIST, err, ES_E_WRITE, "%s: %s", path,
              strerror(errno));
    return ES_OK;
}

static es_status make_folders(const struct es_bundle_writer *w, struct es_error *err)
{
    static const char *const names[] = {"entries", "columns"};

    for (size_t i = 0; i < 2; i++) {
        ES_AUTO(es_buf) path = ES_BUF_INIT(8192);

        ES_TRY(bundle_path(w->folder, names[i], &path, err));
        ES_TRY(make_folder((const char *) path.ptr, err));
    }
    return ES_OK;
}

static es_status begin(struct es_bundle_writer *w, const char *origin, struct es_error *err)
{
    const char *path = w->folder;
    const struct bundle_folder folder = bundle_folder_at(&path);
    bool status_log;
    es_status status;

    ES_TRY(bundle_origin_log(es_span_str(origin), &status_log, err));
    ES_TRY(make_folder(w->folder, err));
    status = bundle_manifest_read(&folder, &w->manifest, err);
    if (status == ES_E_ABSENT) {
        ES_TRY(es_dir_each(w->folder, is_ours, &path, err));
        (void) snprintf(w->manifest.origin, sizeof w->manifest.origin, "%s", origin);
        w->manifest.status = status_log;
    } else {
        ES_TRY(status);
        ES_ENSURE(strcmp(w->manifest.origin, origin) == 0, err, ES_E_EXISTS,
                  "%s holds a bundle of %s", w->folder, w->manifest.origin);
    }
    ES_TRY(make_folders(w, err));
    remember_all(w);
    cut_back(w);
    ES_TRY(find_next(w, &folder, err));
    w->detail_next = w->next;
    return ES_OK;
}

es_status es_bundle_open(const char *folder, const char *origin, struct es_bundle_writer **out,
                         struct es_error *err)
{
    ES_AUTO_PTR(es_bundle_writer) w = calloc(1, sizeof *w);

    ES_ENSURE(w != NULL, err, ES_E_NOMEM, "out of memory");
    w->tiles.fd = w->checkpoints.fd = w->journal.fd = -1;
    bundle_appender_init(&w->entries, BUFFER_MAX);
    bundle_appender_init(&w->columns, BUFFER_MAX);
    bundle_appender_init(&w->details, DETAIL_BUFFER_MAX);
    w->folder = strdup(folder);
    ES_ENSURE(w->folder != NULL, err, ES_E_NOMEM, "out of memory");
    ES_TRY(begin(w, origin, err));
    *out = ES_TAKE(w);
    return ES_OK;
}

void es_bundle_writer_free(struct es_bundle_writer *w)
{
    if (w == NULL)
        return;
    bundle_appender_clear(&w->entries);
    bundle_appender_clear(&w->columns);
    bundle_appender_clear(&w->details);
    if (!w->committed)
        cut_back(w);
    es_outfile_clear(&w->tiles);
    es_outfile_clear(&w->checkpoints);
    es_outfile_clear(&w->journal);
    bundle_manifest_clear(&w->manifest);
    free(w->folder);
    free(w);
}

uint64_t es_bundle_next(const struct es_bundle_writer *writer)
{
    return writer->next;
}

/* ---- leaves ---- */

/* The files of the chunk into which the next leaf goes. */
static es_status open_chunk(struct es_bundle_writer *w, struct es_error *err)
{
    uint64_t chunk = w->manifest.entries / ES_BUNDLE_CHUNK;
    char name[BUNDLE_NAME_MAX];

    if (w->entries.fd >= 0)
        return ES_OK;
    ES_ENSURE(chunk < BUNDLE_CHUNKS_MAX, err, ES_E_LIMIT, "more than %llu leaves in a bundle",
              (unsigned long long) BUNDLE_CHUNKS_MAX * ES_BUNDLE_CHUNK);
    w->committed = false;
    bundle_chunk_name("entries", chunk, name);
    ES_TRY(bundle_appender_open(&w->entries, w->folder, name, &w->manifest, err));
    bundle_chunk_name("columns", chunk, name);
    return bundle_appender_open(&w->columns, w->folder, name, &w->manifest, err);
}

static es_status close_chunk(struct es_bundle_writer *w, struct es_error *err)
{
    ES_TRY(bundle_appender_settle(&w->entries, &w->manifest, err));
    ES_TRY(bundle_appender_settle(&w->columns, &w->manifest, err));
    bundle_appender_clear(&w->entries);
    bundle_appender_clear(&w->columns);
    return ES_OK;
}

es_status es_bundle_put_leaf(struct es_bundle_writer *w, const struct es_bundle_leaf *leaf,
                             struct es_error *err)
{
    struct es_buf *row = &w->columns.buf;

    ES_ENSURE(leaf->index >= w->next && leaf->index < INT64_MAX, err, ES_E_RANGE,
              "leaf %llu, next is %llu", (unsigned long long) leaf->index,
              (unsigned long long) w->next);
    ES_ENSURE(leaf->leaf.len <= BUFFER_MAX / 4 && leaf->actor.len <= 255 &&
                  leaf->object_id.len <= 255,
              err, ES_E_RANGE, "leaf %llu: of %zu bytes, or a column of more than 255",
              (unsigned long long) leaf->index, leaf->leaf.len);
    ES_TRY(open_chunk(w, err));
    put_uint(&w->entries.buf, leaf->leaf.len, 4);
    es_buf_put_span(&w->entries.buf, leaf->leaf);
    put_uint(row, leaf->index, 8);
    es_buf_put(row, leaf->leaf_hash.b, sizeof leaf->leaf_hash.b);
    put_uint(row, leaf->event_type, 2);
    put_uint(row, leaf->event_ms, 8);
    es_buf_put_byte(row, (uint8_t) leaf->actor.len);
    es_buf_put_span(row, leaf->actor);
    es_buf_put_byte(row, (uint8_t) leaf->object_id.len);
    es_buf_put_span(row, leaf->object_id);
    ES_TRY(bundle_appender_flush(&w->entries, err));
    ES_TRY(bundle_appender_flush(&w->columns, err));
    w->next = leaf->index + 1;
    w->manifest.entries++;
    return w->manifest.entries % ES_BUNDLE_CHUNK == 0 ? close_chunk(w, err) : ES_OK;
}

es_status es_bundle_put_detail(struct es_bundle_writer *w, uint64_t index, const uint8_t salt[32],
                               struct es_span detail, struct es_error *err)
{
    struct es_buf *out = &w->details.buf;

    ES_ENSURE(index >= w->detail_next, err, ES_E_RANGE, "detail %llu, next is %llu",
              (unsigned long long) index, (unsigned long long) w->detail_next);
    ES_ENSURE(detail.len <= DETAIL_MAX, err, ES_E_RANGE, "detail of %zu bytes, allowed are %u",
              detail.len, DETAIL_MAX);
    if (w->details.fd < 0) {
        w->committed = false;
        ES_TRY(bundle_appender_open(&w->details, w->folder, BUNDLE_DETAILS, &w->manifest, err));
    }
    put_uint(out, index, 8);
    es_buf_put(out, salt, 32);
    put_uint(out, detail.len, 4);
    es_buf_put_span(out, detail);
    w->detail_next = index + 1;
    return bundle_appender_flush(&w->details, err);
}

/* ---- files written whole ---- */

static es_status open_whole(const struct es_bundle_writer *w, struct es_outfile *out,
                            const char *name, struct es_error *err)
{
    ES_AUTO(es_buf) path = ES_BUF_INIT(8192);

    if (out->fd >= 0)
        return ES_OK;
    ES_TRY(bundle_path(w->folder, name, &path, err));
    return es_outfile_open(out, (const char *) path.ptr, 0644, true, err);
}

/* Hashes that are no whole number, or none, become the nearest tile there can be: a wrong one. */
es_status es_bundle_put_tile(struct es_bundle_writer *w, unsigned level, uint64_t n,
                             struct es_span hashes, struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(16384);
    size_t width = (hashes.len + ES_LOG_HASH_LEN - 1) / ES_LOG_HASH_LEN;

    ES_ENSURE(level <= 255 && (!w->has_tile || level > w->tile_level ||
                               (level == w->tile_level && n > w->tile_n)),
              err, ES_E_RANGE, "level %u, tile %llu does not stand in order", level,
              (unsigned long long) n);
    width = width == 0 ? 1 : width > 256 ? 256 : width;
    put_uint(&bytes, level, 1);
    put_uint(&bytes, n, 8);
    put_uint(&bytes, width, 2);
    es_buf_put_span(&bytes, es_span_sub(hashes, 0, width * ES_LOG_HASH_LEN));
    while (bytes.failed == ES_OK && bytes.len < 11 + width * ES_LOG_HASH_LEN)
        es_buf_put_byte(&bytes, 0);
    ES_TRY(es_buf_check(&bytes, err));
    ES_TRY(open_whole(w, &w->tiles, BUNDLE_TILES, err));
    w->has_tile = true;
    w->tile_level = level;
    w->tile_n = n;
    return es_outfile_write(&w->tiles, es_buf_span(&bytes), err);
}

es_status es_bundle_put_checkpoint(struct es_bundle_writer *w, uint64_t created_ms,
                                   struct es_span note, struct es_error *err)
{
    ES_AUTO(es_buf) line = ES_BUF_INIT(BUFFER_MAX);
    struct es_json_out out = {.buf = &line};

    ES_ENSURE(created_ms <= INT64_MAX, err, ES_E_RANGE, "time %llu does not fit a line",
              (unsigned long long) created_ms);
    es_json_begin_object(&out);
    es_json_pair_int(&out, "t", (int64_t) created_ms);
    es_json_pair_text(&out, "log", w->manifest.status ? "status" : "audit");
    es_json_key(&out, "note");
    es_json_put_span(&out, note);
    es_json_end_object(&out);
    es_buf_put_byte(&line, '\n');
    ES_TRY(es_buf_check(&line, err));
    ES_TRY(open_whole(w, &w->checkpoints, BUNDLE_CHECKPOINTS, err));
    return es_outfile_write(&w->checkpoints, es_buf_span(&line), err);
}

es_status es_bundle_put_journal(struct es_bundle_writer *w, struct es_span line,
                                struct es_error *err)
{
    size_t end = es_span_find(line, '\n');

    ES_ENSURE(end + 1 >= line.len, err, ES_E_RANGE, "more than one line");
    ES_TRY(open_whole(w, &w->journal, BUNDLE_JOURNAL, err));
    ES_TRY(es_outfile_write(&w->journal, es_span_sub(line, 0, end), err));
    return es_outfile_write(&w->journal, es_span_str("\n"), err);
}

/* ---- the manifest ---- */

static es_status commit_whole(struct es_bundle_writer *w, struct es_outfile *out, const char *name,
                              struct es_error *err)
{
    struct bundle_file file = {.length = 0};
    ES_AUTO(es_source) src = {.fd = -1};
    const char *folder = w->folder;
    const struct bundle_folder at = bundle_folder_at(&folder);

    ES_TRY(open_whole(w, out, name, err));
    ES_TRY(es_outfile_commit(out, err));
    es_outfile_clear(out);
    ES_TRY(at.open(at.self, name, &src, err));
    (void) snprintf(file.name, sizeof file.name, "%s", name);
    file.length = src.len;
    ES_TRY(es_sm3_source(&src, 0, src.len, file.sm3, err));
    return bundle_manifest_set(&w->manifest, &file, err);
}

static es_status sync_folder(const struct es_bundle_writer *w, const char *name,
                             struct es_error *err)
{
    ES_AUTO(es_buf) path = ES_BUF_INIT(8192);
    int fd, failed;

    ES_TRY(bundle_path(w->folder, name, &path, err));
    fd = open((const char *) path.ptr, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ES_ENSURE(fd >= 0, err, ES_E_WRITE, "%s: %s", name, strerror(errno));
    failed = fsync(fd) != 0 && errno != EINVAL;
    (void) close(fd);
    ES_ENSURE(!failed, err, ES_E_WRITE, "%s: %s", name, strerror(errno));
    return ES_OK;
}

static es_status commit_files(struct es_bundle_writer *w, struct es_error *err)
{
    static const char *const folders[] = {"entries", "columns", ".", ".."};

    w->committed = false;
    ES_TRY(close_chunk(w, err));
    ES_TRY(bundle_appender_settle(&w->details, &w->manifest, err));
    ES_TRY(commit_whole(w, &w->tiles, BUNDLE_TILES, err));
    ES_TRY(commit_whole(w, &w->checkpoints, BUNDLE_CHECKPOINTS, err));
    if (w->journal.fd >= 0)
        ES_TRY(commit_whole(w, &w->journal, BUNDLE_JOURNAL, err));
    else
        bundle_manifest_drop(&w->manifest, BUNDLE_JOURNAL);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        ES_TRY(sync_folder(w, folders[i], err));
    return ES_OK;
}

es_status es_bundle_commit(struct es_bundle_writer *w, const struct es_bundle_head *head,
                           struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(BUNDLE_MANIFEST_MAX);
    ES_AUTO(es_buf) path = ES_BUF_INIT(8192);

    ES_ENSURE(strcmp(head->origin, w->manifest.origin) == 0, err, ES_E_MISMATCH,
              "head of %s in a bundle of %s", head->origin, w->manifest.origin);
    ES_TRY(commit_files(w, err));
    free(w->manifest.state);
    w->manifest.state = strdup(head->state);
    ES_ENSURE(w->manifest.state != NULL, err, ES_E_NOMEM, "out of memory");
    w->manifest.head_size = head->size;
    w->manifest.head_ms = head->last_ms;
    w->manifest.head_root = head->root;
    w->manifest.head_hash = head->last_hash;
    ES_TRY(bundle_manifest_encode(&w->manifest, &text, err));
    ES_TRY(bundle_path(w->folder, BUNDLE_MANIFEST, &path, err));
    ES_TRY(es_file_write((const char *) path.ptr, es_buf_span(&text), 0644, true, err));
    remember_all(w);
    w->has_tile = false;
    return ES_OK;
}
