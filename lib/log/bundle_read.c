/* Reading a bundle back: its leaves for refilling a log, and its newest checkpoint. */
#include "bundle_internal.h"

static es_status check_digest(const struct bundle_folder *folder,
                              const struct bundle_manifest *manifest, const char *name,
                              struct es_error *err)
{
    const struct bundle_file *file = bundle_manifest_find(manifest, name);
    bool good = false;

    ES_ENSURE(file != NULL, err, ES_E_FORMAT, "the manifest does not name %s", name);
    ES_TRY(bundle_file_check(folder, file, &good, err));
    ES_ENSURE(good, err, ES_E_MISMATCH, "%s is not the file of the manifest", name);
    return ES_OK;
}

/* ---- leaves ---- */

struct each {
    struct bundle_folder folder;
    struct bundle_manifest manifest;
    uint64_t from;
    es_status (*leaf)(void *ctx, uint64_t index, struct es_span leaf, struct es_error *err);
    void *ctx;
};

static void each_clear(struct each *each)
{
    bundle_manifest_clear(&each->manifest);
}

static es_status each_of_chunk(struct each *each, uint64_t chunk, struct es_error *err)
{
    ES_AUTO(bundle_reader) reader = {.open = false};
    uint64_t index = chunk * ES_BUNDLE_CHUNK;
    enum bundle_step step = BUNDLE_ITEM;
    struct es_span leaf = {NULL, 0};
    char name[BUNDLE_NAME_MAX];

    bundle_chunk_name("entries", chunk, name);
    ES_TRY(check_digest(&each->folder, &each->manifest, name, err));
    ES_TRY(bundle_reader_open(&reader, &each->folder, name, BUNDLE_LEAF_WINDOW, err));
    for (; index < each->manifest.entries && index < (chunk + 1) * ES_BUNDLE_CHUNK; index++) {
        ES_TRY(bundle_next_leaf(&reader, &step, &leaf, err));
        ES_ENSURE(step == BUNDLE_ITEM, err, ES_E_FORMAT, "%s: no leaf %llu", name,
                  (unsigned long long) index);
        if (index >= each->from)
            ES_TRY(each->leaf(each->ctx, index, leaf, err));
    }
    return ES_OK;
}

es_status es_bundle_each_leaf(const char *folder, uint64_t from,
                              es_status (*each)(void *ctx, uint64_t index, struct es_span leaf,
                                                struct es_error *err),
                              void *ctx, struct es_error *err)
{
    ES_AUTO(each)
    all = {.folder = bundle_folder_at(&folder), .from = from, .leaf = each, .ctx = ctx};
    uint64_t chunk = from / ES_BUNDLE_CHUNK;

    ES_TRY(bundle_manifest_read(&all.folder, &all.manifest, err));
    for (; chunk < BUNDLE_CHUNKS_MAX && chunk * ES_BUNDLE_CHUNK < all.manifest.entries; chunk++)
        ES_TRY(each_of_chunk(&all, chunk, err));
    return ES_OK;
}

/* ---- the newest checkpoint ---- */

static es_status keep_newest(struct es_span line, const struct bundle_manifest *manifest,
                             struct es_buf *note, uint64_t *newest, struct es_error *err)
{
    ES_AUTO(es_checkpoint) c = {.size = 0};

    ES_TRY(bundle_line_parse(line, manifest, &c, err));
    if (note->len > 0 && c.size < *newest)
        return ES_OK;
    *newest = c.size;
    es_buf_reset(note);
    es_buf_put_span(note, es_buf_span(&c.text));
    return es_buf_check(note, err);
}

static es_status read_newest(const struct bundle_folder *folder,
                             const struct bundle_manifest *manifest, struct es_buf *note,
                             struct es_error *err)
{
    ES_AUTO(bundle_reader) reader = {.open = false};
    enum bundle_step step = BUNDLE_END;
    struct es_span line = {NULL, 0};
    uint64_t newest = 0;

    ES_TRY(check_digest(folder, manifest, BUNDLE_CHECKPOINTS, err));
    ES_TRY(bundle_reader_open(&reader, folder, BUNDLE_CHECKPOINTS, BUNDLE_LINE_WINDOW, err));
    for (;;) {
        ES_TRY(bundle_next_line(&reader, &step, &line, err));
        if (step == BUNDLE_END)
            return ES_OK;
        ES_ENSURE(step == BUNDLE_ITEM, err, ES_E_FORMAT, "%s: a line is too long or has no end",
                  BUNDLE_CHECKPOINTS);
        ES_TRY(keep_newest(line, manifest, note, &newest, err));
    }
}

es_status es_bundle_newest(const char *folder, struct es_buf *note, uint64_t *size,
                           struct es_error *err)
{
    ES_AUTO(each) all = {.folder = bundle_folder_at(&folder)};
    ES_AUTO(es_buf) newest = ES_BUF_INIT(ES_CHECKPOINT_MAX);

    ES_TRY(bundle_manifest_read(&all.folder, &all.manifest, err));
    ES_TRY(read_newest(&all.folder, &all.manifest, &newest, err));
    es_buf_put_span(note, es_buf_span(&newest));
    ES_TRY(es_buf_check(note, err));
    *size = all.manifest.entries;
    return ES_OK;
}
