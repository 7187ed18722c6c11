/*
 * Property: no checkpoint counts that the log's key did not sign; this key signed nothing. Input:
 * files one after the other, each a byte for its name, three for its length (big endian), and its
 * bytes; the manifest may ask for any of them. A manifest that is left out is made by the files, so
 * that what lies behind it is reached.
 */
#include "bundle_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ORIGIN "seal.example.cn/"
static const char *const names[] = {
    BUNDLE_MANIFEST,    "columns/000000.bin", "columns/000001.bin", BUNDLE_DETAILS, BUNDLE_TILES,
    BUNDLE_CHECKPOINTS, "entries/000000.bin", "entries/000001.bin", BUNDLE_JOURNAL};
#define NAMES (sizeof names / sizeof names[0])

struct files {
    struct es_span file[NAMES];
    bool there[NAMES];
};

static void split(struct files *files, struct es_span in)
{
    while (in.len >= 4) {
        size_t which = in.ptr[0] % NAMES;
        size_t len = (size_t) in.ptr[1] << 16 | (size_t) in.ptr[2] << 8 | in.ptr[3];

        files->file[which] = es_span_sub(in, 4, len);
        files->there[which] = true;
        in = es_span_sub(in, 4 + len, in.len);
    }
}

static es_status open_file(void *self, const char *name, struct es_source *out,
                           struct es_error *err)
{
    const struct files *files = self;

    size_t i = 0;

    while (i < NAMES && (strcmp(name, names[i]) != 0 || !files->there[i]))
        i++;
    ES_ENSURE(i < NAMES, err, ES_E_ABSENT, "%s is not there", name);
    *out = es_source_memory(files->file[i]);
    return ES_OK;
}

static void make_manifest(struct files *files, bool status, struct es_buf *text)
{
    struct bundle_manifest m = {.status = status, .entries = 3, .state = strdup("open")};

    (void) snprintf(m.origin, sizeof m.origin, ORIGIN "%s/1", status ? "status" : "audit");
    for (size_t i = 1; i < NAMES; i++) {
        struct bundle_file file = {.length = files->file[i].len};

        memcpy(file.name, names[i], strlen(names[i]) + 1);
        if (files->there[i] && es_sm3(files->file[i], file.sm3, NULL) == ES_OK)
            ES_BUG_ON(bundle_manifest_set(&m, &file, NULL) != ES_OK);
    }
    ES_BUG_ON(bundle_manifest_encode(&m, text, NULL) != ES_OK);
    bundle_manifest_clear(&m);
    files->file[0] = es_buf_span(text);
    files->there[0] = true;
}

static void verify(struct files *files, const char *origin, const struct es_key *key)
{
    const struct bundle_folder folder = {.open = open_file, .self = files};
    const struct es_log_trust trust = {.origin = origin, .key = es_key_public(key)};
    const struct es_log_verify_options options = {.trust = &trust};
    struct es_log_verify_result result;

    if (log_verify_folder(&folder, &options, &result, NULL) == ES_OK)
        ES_BUG_ON(result.signed_size > 0 || result.checkpoints > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t number[32] = {0x5e};
    ES_AUTO(es_buf) manifest = ES_BUF_INIT(1 << 16);
    ES_AUTO_PTR(es_key) key = NULL;
    struct files files = {.there = {false}};

    ES_BUG_ON(es_key_from_number(number, &key, NULL) != ES_OK);
    split(&files, es_span_of(data, size));
    if (!files.there[0])
        make_manifest(&files, size > 0 && data[0] >= 0x80, &manifest);
    verify(&files, ORIGIN "audit/1", key);
    verify(&files, ORIGIN "status/1", key);
    return 0;
}
