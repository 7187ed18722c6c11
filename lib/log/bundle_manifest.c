/*
 * The manifest of a bundle: read strictly, so that one text has one meaning; written in the same
 * form. Files stay sorted by name. Names that are not of the fixed set never get in.
 */
#include "bundle_internal.h"

#include "es_json.h"

#define DIGITS 6

/* ---- origin ---- */

static size_t last_slash(struct es_span s)
{
    size_t at = s.len;

    while (at > 0 && s.ptr[at - 1] != '/')
        at--;
    return at; /* one behind the slash; 0: none */
}

static bool is_epoch(struct es_span s)
{
    if (s.len == 0 || s.len > 19 || s.ptr[0] == '0')
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return true;
}

es_status bundle_origin_log(struct es_span origin, bool *status, struct es_error *err)
{
    size_t epoch = last_slash(origin);
    struct es_span rest = es_span_sub(origin, 0, epoch == 0 ? 0 : epoch - 1);
    size_t log = last_slash(rest);
    struct es_span name = es_span_sub(rest, log, rest.len);

    ES_ENSURE(origin.len < BUNDLE_ORIGIN_MAX && es_text_clean(origin) &&
                  es_span_find(origin, ' ') == origin.len,
              err, ES_E_FORMAT, "origin is not at most 255 bytes of text without spaces");
    *status = es_span_is(name, "status");
    ES_ENSURE(log > 1 && (*status || es_span_is(name, "audit")) &&
                  is_epoch(es_span_sub(origin, epoch, origin.len)),
              err, ES_E_FORMAT, "origin is not host/audit/epoch or host/status/epoch");
    return ES_OK;
}

/* ---- names ---- */

void bundle_chunk_name(const char *folder, uint64_t number, char out[BUNDLE_NAME_MAX])
{
    (void) snprintf(out, BUNDLE_NAME_MAX, "%.8s/%06u.bin", folder,
                    (unsigned) (number % BUNDLE_CHUNKS_MAX));
}

uint64_t bundle_chunk_number(const char *folder, const char *name)
{
    char same[BUNDLE_NAME_MAX];
    size_t len = strlen(folder) + 1;
    uint64_t number = 0;

    if (strlen(name) != len + DIGITS + 4)
        return BUNDLE_CHUNKS_MAX;
    for (size_t i = 0; i < DIGITS; i++)
        number = number * 10 + (uint64_t) (unsigned char) (name[len + i] - '0');
    bundle_chunk_name(folder, number, same);
    return number < BUNDLE_CHUNKS_MAX && strcmp(same, name) == 0 ? number : BUNDLE_CHUNKS_MAX;
}

static bool is_name(const char *name)
{
    static const char *const single[] = {BUNDLE_TILES, BUNDLE_CHECKPOINTS, BUNDLE_JOURNAL,
                                         BUNDLE_DETAILS};

    for (size_t i = 0; i < sizeof single / sizeof single[0]; i++)
        if (strcmp(name, single[i]) == 0)
            return true;
    return bundle_chunk_number("entries", name) < BUNDLE_CHUNKS_MAX ||
           bundle_chunk_number("columns", name) < BUNDLE_CHUNKS_MAX;
}

/* ---- the list of files ---- */

void bundle_manifest_clear(struct bundle_manifest *m)
{
    free(m->files);
    free(m->state);
    *m = (struct bundle_manifest){.entries = 0};
}

/* Position of name, or where it belongs. */
static size_t place_of(const struct bundle_manifest *m, const char *name)
{
    size_t low = 0, high = m->file_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(m->files[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct bundle_file *bundle_manifest_find(const struct bundle_manifest *m, const char *name)
{
    size_t at = place_of(m, name);

    return at < m->file_count && strcmp(m->files[at].name, name) == 0 ? &m->files[at] : NULL;
}

es_status bundle_manifest_set(struct bundle_manifest *m, const struct bundle_file *file,
                              struct es_error *err)
{
    size_t at = place_of(m, file->name);

    if (at < m->file_count && strcmp(m->files[at].name, file->name) == 0) {
        m->files[at] = *file;
        return ES_OK;
    }
    if (m->file_count == m->file_cap) {
        size_t cap = m->file_cap == 0 ? 16 : m->file_cap * 2;
        struct bundle_file *more = realloc(m->files, cap * sizeof *more);

        ES_ENSURE(more != NULL, err, ES_E_NOMEM, "out of memory");
        m->files = more;
        m->file_cap = cap;
    }
    memmove(m->files + at + 1, m->files + at, (m->file_count - at) * sizeof *m->files);
    m->files[at] = *file;
    m->file_count++;
    return ES_OK;
}

void bundle_manifest_drop(struct bundle_manifest *m, const char *name)
{
    size_t at = place_of(m, name);

    if (at == m->file_count || strcmp(m->files[at].name, name) != 0)
        return;
    m->file_count--;
    memmove(m->files + at, m->files + at + 1, (m->file_count - at) * sizeof *m->files);
}

/* ---- reading ---- */

static es_status get_uint(es_json_node node, const char *name, uint64_t *out, struct es_error *err)
{
    int64_t value = 0;

    ES_TRY(es_json_int(node, name, &value, err));
    ES_ENSURE(value >= 0, err, ES_E_FORMAT, "%s %lld is below 0", name, (long long) value);
    *out = (uint64_t) value;
    return ES_OK;
}

static es_status get_hash(es_json_node node, const char *name, struct es_log_hash *out,
                          struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_LOG_HASH_LEN);
    const char *text = NULL;
    bool spaces = false;
    es_status status;

    ES_TRY(es_json_text(node, name, &text, err));
    status = es_base64_decode(es_span_str(text), &bytes, &spaces, err);
    ES_ENSURE(status == ES_E_NOMEM || (status == ES_OK && !spaces && bytes.len == ES_LOG_HASH_LEN),
              err, ES_E_FORMAT, "%s is not base64 of 32 bytes", name);
    ES_TRY(status);
    memcpy(out->b, bytes.ptr, ES_LOG_HASH_LEN);
    return ES_OK;
}

static es_status get_sm3(es_json_node node, uint8_t out[ES_SM3_LEN], struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_SM3_LEN);
    char again[2 * ES_SM3_LEN + 1];
    const char *text = NULL;
    es_status status;
    bool good;

    ES_TRY(es_json_text(node, "sm3", &text, err));
    status = es_hex_decode(es_span_str(text), &bytes, err);
    if (status == ES_E_NOMEM)
        return status;
    good = status == ES_OK && bytes.len == ES_SM3_LEN;
    if (good)
        es_hex_encode(es_buf_span(&bytes), again);
    ES_ENSURE(good && strcmp(again, text) == 0, err, ES_E_FORMAT,
              "sm3 is not 64 lower-case hex digits");
    memcpy(out, bytes.ptr, ES_SM3_LEN);
    return ES_OK;
}

static es_status get_file(es_json_node node, struct bundle_file *out, struct es_error *err)
{
    static const char *const names[] = {"name", "length", "sm3", NULL};
    const char *name = NULL;

    ES_TRY(es_json_only(node, names, err));
    ES_TRY(es_json_text(node, "name", &name, err));
    ES_ENSURE(is_name(name), err, ES_E_FORMAT, "a name that no file of a bundle has");
    (void) snprintf(out->name, sizeof out->name, "%s", name);
    ES_TRY(get_uint(node, "length", &out->length, err));
    return get_sm3(node, out->sm3, err);
}

static es_status get_files(es_json_node list, struct bundle_manifest *m, struct es_error *err)
{
    size_t count = es_json_size(list);

    ES_ENSURE(es_json_is_array(list), err, ES_E_FORMAT, "files is no list");
    m->files = calloc(count + 1, sizeof *m->files);
    ES_ENSURE(m->files != NULL, err, ES_E_NOMEM, "out of memory");
    m->file_cap = count + 1;
    for (size_t i = 0; i < count; i++) {
        ES_TRY(get_file(es_json_item(list, i), &m->files[i], err));
        ES_ENSURE(i == 0 || strcmp(m->files[i - 1].name, m->files[i].name) < 0, err, ES_E_FORMAT,
                  "%s does not stand in order", m->files[i].name);
        m->file_count = i + 1;
    }
    return ES_OK;
}

static es_status get_head(es_json_node node, struct bundle_manifest *m, struct es_error *err)
{
    static const char *const names[] = {"size", "root", "last_hash", "last_ms", "state", NULL};
    const char *state = NULL;

    ES_ENSURE(es_json_is_object(node), err, ES_E_FORMAT, "head is no object");
    ES_TRY(es_json_only(node, names, err));
    ES_TRY(get_uint(node, "size", &m->head_size, err));
    ES_TRY(get_hash(node, "root", &m->head_root, err));
    ES_TRY(get_hash(node, "last_hash", &m->head_hash, err));
    ES_TRY(get_uint(node, "last_ms", &m->head_ms, err));
    ES_TRY(es_json_text(node, "state", &state, err));
    m->state = strdup(state);
    ES_ENSURE(m->state != NULL, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

static es_status get_root(es_json_node root, struct bundle_manifest *m, struct es_error *err)
{
    static const char *const names[] = {"v", "type", "origin", "entries", "head", "files", NULL};
    const char *type = NULL, *origin = NULL;
    uint64_t version = 0;

    ES_ENSURE(es_json_is_object(root), err, ES_E_FORMAT, "no object");
    ES_TRY(es_json_only(root, names, err));
    ES_TRY(get_uint(root, "v", &version, err));
    ES_TRY(es_json_text(root, "type", &type, err));
    ES_ENSURE(version == 1 && strcmp(type, "log-bundle") == 0, err, ES_E_FORMAT,
              "no log-bundle of version 1");
    ES_TRY(es_json_text(root, "origin", &origin, err));
    ES_TRY(bundle_origin_log(es_span_str(origin), &m->status, err));
    (void) snprintf(m->origin, sizeof m->origin, "%s", origin);
    ES_TRY(get_uint(root, "entries", &m->entries, err));
    ES_TRY(get_head(es_json_member(root, "head"), m, err));
    return get_files(es_json_member(root, "files"), m, err);
}

es_status bundle_manifest_parse(struct es_span text, struct bundle_manifest *out,
                                struct es_error *err)
{
    ES_AUTO_PTR(es_json) json = NULL;
    es_status status = es_json_parse(text, BUNDLE_MANIFEST_MAX, &json, err);

    *out = (struct bundle_manifest){.entries = 0};
    if (status == ES_OK)
        status = get_root(es_json_root(json), out, err);
    if (status == ES_OK)
        return ES_OK;
    bundle_manifest_clear(out);
    return es_error_at(err, status, "%s", BUNDLE_MANIFEST);
}

es_status bundle_manifest_read(const struct bundle_folder *folder, struct bundle_manifest *out,
                               struct es_error *err)
{
    ES_AUTO(es_source) src = {.fd = -1};
    ES_AUTO(es_buf) text = ES_BUF_INIT(BUNDLE_MANIFEST_MAX);

    *out = (struct bundle_manifest){.entries = 0};
    ES_TRY(folder->open(folder->self, BUNDLE_MANIFEST, &src, err));
    ES_ENSURE(src.len <= BUNDLE_MANIFEST_MAX, err, ES_E_FORMAT, "%s: %llu bytes, allowed are %u",
              BUNDLE_MANIFEST, (unsigned long long) src.len, BUNDLE_MANIFEST_MAX);
    ES_ENSURE(es_buf_reserve(&text, (size_t) src.len) != NULL, err, ES_E_NOMEM, "out of memory");
    ES_TRY(es_source_read(&src, 0, text.ptr, (size_t) src.len, err));
    text.len = (size_t) src.len;
    return bundle_manifest_parse(es_buf_span(&text), out, err);
}

/* ---- writing ---- */

static void pair_base64(struct es_json_out *out, const char *key, const struct es_log_hash *hash)
{
    char text[64] = "";
    ES_AUTO(es_buf) base64 = ES_BUF_INIT(sizeof text - 1);

    es_buf_put_base64(&base64, es_span_of(hash->b, sizeof hash->b));
    if (base64.failed == ES_OK)
        memcpy(text, base64.ptr, base64.len);
    else
        out->buf->failed = base64.failed;
    es_json_pair_text(out, key, text);
}

static void put_head(struct es_json_out *out, const struct bundle_manifest *m)
{
    es_json_key(out, "head");
    es_json_begin_object(out);
    es_json_pair_int(out, "size", (int64_t) m->head_size);
    pair_base64(out, "root", &m->head_root);
    pair_base64(out, "last_hash", &m->head_hash);
    es_json_pair_int(out, "last_ms", (int64_t) m->head_ms);
    es_json_pair_text(out, "state", m->state);
    es_json_end_object(out);
}

static void put_files(struct es_json_out *out, const struct bundle_manifest *m)
{
    es_json_key(out, "files");
    es_json_begin_array(out);
    for (size_t i = 0; i < m->file_count; i++) {
        const struct bundle_file *file = &m->files[i];

        es_json_begin_object(out);
        es_json_pair_text(out, "name", file->name);
        es_json_pair_int(out, "length", (int64_t) file->length);
        es_json_pair_hex(out, "sm3", es_span_of(file->sm3, sizeof file->sm3));
        es_json_end_object(out);
    }
    es_json_end_array(out);
}

es_status bundle_manifest_encode(const struct bundle_manifest *m, struct es_buf *buf,
                                 struct es_error *err)
{
    struct es_json_out out = {.buf = buf};

    ES_ENSURE(m->head_size <= INT64_MAX && m->head_ms <= INT64_MAX && m->state != NULL, err,
              ES_E_RANGE, "head does not fit a manifest");
    es_json_begin_object(&out);
    es_json_pair_int(&out, "v", 1);
    es_json_pair_text(&out, "type", "log-bundle");
    es_json_pair_text(&out, "origin", m->origin);
    es_json_pair_int(&out, "entries", (int64_t) m->entries);
    put_head(&out, m);
    put_files(&out, m);
    es_json_end_object(&out);
    es_buf_put_byte(buf, '\n');
    return es_buf_check(buf, err);
}
