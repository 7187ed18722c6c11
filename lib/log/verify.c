/*
 * The offline verifier: reads the manifest, then checkpoints, then all leaves once, and says what
 * does not hold. Nothing it reads is believed but what follows from the log's public key.
 */
#include "verify_internal.h"

#include <stdarg.h>

/* ---- findings ---- */

static void tell(struct verify *v, struct es_log_finding *finding, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

static void tell(struct verify *v, struct es_log_finding *finding, const char *format, va_list args)
{
    (void) vsnprintf(finding->text, sizeof finding->text, format, args);
    v->out->findings += !finding->notice;
    v->out->notices += finding->notice;
    if (v->options->found != NULL)
        v->options->found(v->options->ctx, finding);
}

void verify_found(struct verify *v, const char *rule, uint64_t index, const char *format, ...)
{
    struct es_log_finding finding = {.rule = rule, .has_index = true, .index = index};
    va_list args;

    va_start(args, format);
    tell(v, &finding, format, args);
    va_end(args);
}

void verify_found_file(struct verify *v, const char *rule, const char *format, ...)
{
    struct es_log_finding finding = {.rule = rule};
    va_list args;

    va_start(args, format);
    tell(v, &finding, format, args);
    va_end(args);
}

void verify_notice(struct verify *v, const char *rule, uint64_t index, const char *format, ...)
{
    struct es_log_finding finding = {
        .rule = rule, .notice = true, .has_index = true, .index = index};
    va_list args;

    va_start(args, format);
    tell(v, &finding, format, args);
    va_end(args);
}

void verify_progress(struct verify *v, uint64_t done)
{
    if (v->options->progress != NULL)
        v->options->progress(v->options->ctx, done, v->manifest.entries);
}

es_status verify_grow(void **items, size_t count, size_t *cap, size_t item, struct es_error *err)
{
    size_t more = *cap == 0 ? 16 : *cap * 2, bytes;
    void *moved;

    if (count < *cap)
        return ES_OK;
    ES_TRY(es_size_mul(more, item, &bytes, err));
    moved = realloc(*items, bytes);
    ES_ENSURE(moved != NULL, err, ES_E_NOMEM, "out of memory");
    *items = moved;
    *cap = more;
    return ES_OK;
}

/* ---- files ---- */

static es_status check_file(struct verify *v, const struct bundle_file *file, struct es_error *err)
{
    bool good = false;
    es_status status = bundle_file_check(v->folder, file, &good, err);

    if (status == ES_E_ABSENT) {
        verify_found_file(v, "file_missing", "%s is not there", file->name);
        return ES_OK;
    }
    if (status == ES_OK && !good)
        verify_found_file(v, "file_digest", "%s is not the file of the manifest", file->name);
    return status;
}

/* Wholly before the first leaf that is read. */
static bool is_before(const struct verify *v, const char *name)
{
    uint64_t entries = bundle_chunk_number("entries", name);
    uint64_t columns = bundle_chunk_number("columns", name);

    return entries < v->first / ES_BUNDLE_CHUNK || columns < v->first / ES_BUNDLE_CHUNK;
}

/* The manifest must name a file for each range that its count needs. */
static void check_chunks(struct verify *v, const char *folder)
{
    uint64_t chunk = v->first / ES_BUNDLE_CHUNK;
    uint64_t needed = v->manifest.entries / ES_BUNDLE_CHUNK +
                      (v->manifest.entries % ES_BUNDLE_CHUNK != 0);

    for (; chunk < needed; chunk++) {
        char name[BUNDLE_NAME_MAX];

        bundle_chunk_name(folder, chunk, name);
        if (chunk < BUNDLE_CHUNKS_MAX && bundle_manifest_find(&v->manifest, name) != NULL)
            continue;
        verify_found_file(v, "file_missing", "the manifest names no file of %s from leaf %llu on",
                          folder, (unsigned long long) chunk * ES_BUNDLE_CHUNK);
        return;
    }
}

static es_status check_files(struct verify *v, struct es_error *err)
{
    static const char *const needed[] = {BUNDLE_TILES, BUNDLE_CHECKPOINTS};

    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (bundle_manifest_find(&v->manifest, needed[i]) == NULL)
            verify_found_file(v, "file_missing", "the manifest does not name %s", needed[i]);
    check_chunks(v, "entries");
    check_chunks(v, "columns");
    for (size_t i = 0; i < v->manifest.file_count; i++)
        if (!is_before(v, v->manifest.files[i].name))
            ES_TRY(check_file(v, &v->manifest.files[i], err));
    return ES_OK;
}

/* ---- leaves ---- */

static void end_early(struct verify *v, const char *why)
{
    v->ended_early = true;
    if (why != NULL)
        verify_found(v, "entries_format", v->tree.size, "%s", why);
}

static es_status read_leaf(struct verify *v, uint64_t place, struct es_span bytes,
                           struct es_error *err)
{
    if (place < v->first)
        return verify_columns_pass(v, place, err);
    if (place % 4096 == 0)
        verify_progress(v, place);
    return verify_leaf(v, bytes, err);
}

/* Leaves of one file. last: no file follows, so it may hold fewer. */
static es_status read_chunk(struct verify *v, struct bundle_reader *reader, uint64_t chunk,
                            bool last, struct es_error *err)
{
    uint64_t begin = chunk * ES_BUNDLE_CHUNK, place = begin;
    enum bundle_step step = BUNDLE_ITEM;
    struct es_span bytes = {NULL, 0};

    for (; place < begin + ES_BUNDLE_CHUNK; place++) {
        ES_TRY(bundle_next_leaf(reader, &step, &bytes, err));
        if (step != BUNDLE_ITEM)
            break;
        ES_TRY(read_leaf(v, place, bytes, err));
    }
    if (step == BUNDLE_BROKEN)
        end_early(v, "what follows is no leaf");
    else if (step == BUNDLE_END && !last)
        end_early(v, "fewer leaves than a file holds");
    else if (step == BUNDLE_ITEM && bundle_reader_left(reader) > 0)
        end_early(v, "more leaves than a file holds");
    return ES_OK;
}

/* *there false: no such file. */
static es_status read_file(struct verify *v, uint64_t chunk, bool *there, struct es_error *err)
{
    ES_AUTO(bundle_reader) reader = {.open = false};
    char name[BUNDLE_NAME_MAX], next[BUNDLE_NAME_MAX];
    es_status status;
    bool last;

    bundle_chunk_name("entries", chunk, name);
    bundle_chunk_name("entries", chunk + 1, next);
    status = bundle_reader_open(&reader, v->folder, name, BUNDLE_LEAF_WINDOW, err);
    *there = status != ES_E_ABSENT;
    if (!*there)
        return ES_OK;
    ES_TRY(status);
    last = chunk + 1 == BUNDLE_CHUNKS_MAX || bundle_manifest_find(&v->manifest, next) == NULL;
    ES_TRY(verify_columns_open(v, chunk, err));
    status = read_chunk(v, &reader, chunk, last, err);
    verify_columns_close(v, v->tree.size);
    return status;
}

/* *chunk gets the first that was not read. */
static es_status read_entries(struct verify *v, uint64_t *chunk, struct es_error *err)
{
    char name[BUNDLE_NAME_MAX];
    bool there = true;

    for (*chunk = v->first / ES_BUNDLE_CHUNK; *chunk < BUNDLE_CHUNKS_MAX; (*chunk)++) {
        bundle_chunk_name("entries", *chunk, name);
        if (bundle_manifest_find(&v->manifest, name) == NULL)
            break;
        ES_TRY(read_file(v, *chunk, &there, err));
        if (!there)
            end_early(v, NULL);
        if (v->ended_early)
            return ES_OK;
    }
    /* Where the manifest names no file though its count needs one. */
    if (*chunk * ES_BUNDLE_CHUNK < v->manifest.entries)
        end_early(v, NULL);
    if (!v->ended_early && v->tree.size != v->manifest.entries)
        verify_found(v, "entries_count", v->tree.size, "the manifest counts %llu",
                     (unsigned long long) v->manifest.entries);
    return ES_OK;
}

/* ---- the end ---- */

static es_status check_head(struct verify *v, struct es_error *err)
{
    const struct bundle_manifest *m = &v->manifest;
    struct es_log_hash root;
    const char *what = NULL;

    ES_TRY(es_tree_root(&v->tree, &root, err));
    if (m->head_size != v->tree.size)
        what = "size";
    else if (!es_log_hash_equal(&m->head_root, &root))
        what = "root";
    else if (v->has_previous && !es_log_hash_equal(&m->head_hash, &v->previous))
        what = "last hash";
    else if ((v->has_last_ms || v->first == 0) && m->head_ms != v->last_ms)
        what = "last time";
    if (what != NULL)
        verify_found(v, "head", v->tree.size, "%s is not that of the leaves", what);
    return ES_OK;
}

static es_status finish(struct verify *v, uint64_t chunks, struct es_error *err)
{
    ES_TRY(verify_columns_finish(v, chunks, err));
    ES_TRY(verify_tiles_finish(v, err));
    ES_TRY(verify_details_finish(v, err));
    ES_TRY(verify_ids_finish(v, err));
    ES_TRY(check_head(v, err));
    verify_checkpoints_finish(v);
    v->out->entries = v->tree.size;
    verify_progress(v, v->tree.size);
    return ES_OK;
}

/* ---- since a checkpoint ---- */

static es_status read_given(struct verify *v, struct es_checkpoint *given, struct es_error *err)
{
    bool good = false;

    ES_TRY(es_checkpoint_parse(v->options->since, given, err));
    ES_ENSURE(es_span_is(given->origin, v->manifest.origin), err, ES_E_MISMATCH,
              "the checkpoint given is of %.*s, the bundle of %s", ES_SPAN_ARG(given->origin),
              v->manifest.origin);
    ES_TRY(es_checkpoint_verify(given, v->options->trust->key, &good, err));
    ES_ENSURE(good, err, ES_E_MISMATCH, "the checkpoint given is not signed by the log");
    return ES_OK;
}

/* Begin behind the checkpoint when the tiles give its root; otherwise everything is read. */
static es_status begin_behind(struct verify *v, const struct es_checkpoint *given,
                              struct es_error *err)
{
    struct es_log_hash root;
    struct es_tree edge;
    bool good = false;

    if (v->manifest.status || v->options->full || given->size == 0 ||
        given->size > v->manifest.entries)
        return ES_OK;
    ES_TRY(verify_tiles_edge(v, given->size, &edge, &good, err));
    if (!good)
        return ES_OK;
    ES_TRY(es_tree_root(&edge, &root, err));
    if (!es_log_hash_equal(&root, &given->root))
        return ES_OK;
    v->tree = edge;
    v->first = given->size;
    v->has_previous = false;
    return ES_OK;
}

static es_status begin(struct verify *v, struct es_error *err)
{
    ES_AUTO(es_checkpoint) given = {.size = 0};
    bool since = v->options->since.len > 0;

    es_tree_init(&v->tree);
    verify_map_init(&v->map);
    ES_TRY(verify_writers_init(&v->writers, err));
    ES_TRY(es_log_genesis(v->manifest.origin, &v->previous, err));
    v->has_previous = true;
    if (since)
        ES_TRY(read_given(v, &given, err));
    ES_TRY(verify_checkpoints_read(v, since ? &given : NULL, err));
    ES_TRY(verify_tiles_open(v, err));
    if (since)
        ES_TRY(begin_behind(v, &given, err));
    ES_TRY(verify_tiles_begin(v, err));
    ES_TRY(check_files(v, err));
    ES_TRY(verify_details_open(v, err));
    return verify_checkpoints_pass(v, err);
}

/* ---- the run ---- */

static es_status run(struct verify *v, struct es_error *err)
{
    const struct es_log_trust *trust = v->options->trust;
    uint64_t chunks = 0;

    ES_TRY(bundle_manifest_read(v->folder, &v->manifest, err));
    (void) snprintf(v->out->origin, sizeof v->out->origin, "%s", v->manifest.origin);
    ES_ENSURE(strcmp(trust->origin, v->manifest.origin) == 0, err, ES_E_MISMATCH,
              "the bundle is of %s, the key of %s", v->manifest.origin, trust->origin);
    ES_TRY(begin(v, err));
    ES_TRY(read_entries(v, &chunks, err));
    return finish(v, chunks, err);
}

es_status log_verify_folder(const struct bundle_folder *folder,
                            const struct es_log_verify_options *options,
                            struct es_log_verify_result *out, struct es_error *err)
{
    struct verify v = {.folder = folder, .options = options, .out = out};
    es_status status;

    *out = (struct es_log_verify_result){.entries = 0};
    status = run(&v, err);
    bundle_manifest_clear(&v.manifest);
    verify_writers_clear(&v.writers);
    verify_ids_clear(&v.ids);
    verify_map_clear(&v.map);
    verify_checkpoints_clear(&v.checkpoints);
    verify_tiles_clear(&v.tiles);
    bundle_reader_clear(&v.columns);
    bundle_reader_clear(&v.details.reader);
    return status;
}

es_status es_log_verify(const char *folder, const struct es_log_verify_options *options,
                        struct es_log_verify_result *out, struct es_error *err)
{
    const struct bundle_folder at = bundle_folder_at(&folder);

    return log_verify_folder(&at, options, out, err);
}
