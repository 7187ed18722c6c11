/*
 * Streams over a bundle's files with a bounded window. A step gives one item, the end, or says that
 * what follows is none; nothing is read past an item that does not split.
 */
#include "bundle_internal.h"

#include "es_json.h"

/* ---- the folder ---- */

es_status bundle_path(const char *folder, const char *name, struct es_buf *out,
                      struct es_error *err)
{
    es_buf_printf(out, "%s/%s", folder, name);
    ES_TRY(es_buf_check(out, err));
    ES_ENSURE(es_buf_cstr(out) != NULL, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

static es_status open_at(void *self, const char *name, struct es_source *out, struct es_error *err)
{
    const char *const *path = self;
    ES_AUTO(es_buf) full = ES_BUF_INIT(8192);

    ES_TRY(bundle_path(*path, name, &full, err));
    return es_source_open(out, (const char *) full.ptr, 0, err);
}

struct bundle_folder bundle_folder_at(const char *const *path)
{
    union {
        const char *const *in;
        void *out;
    } pointer = {.in = path};

    return (struct bundle_folder){.open = open_at, .self = pointer.out};
}

es_status bundle_file_check(const struct bundle_folder *folder, const struct bundle_file *file,
                            bool *good, struct es_error *err)
{
    ES_AUTO(es_source) src = {.fd = -1};
    uint8_t sm3[ES_SM3_LEN];

    *good = false;
    ES_TRY(folder->open(folder->self, file->name, &src, err));
    if (src.len != file->length)
        return ES_OK;
    ES_TRY(es_sm3_source(&src, 0, src.len, sm3, err));
    *good = memcmp(sm3, file->sm3, sizeof sm3) == 0;
    return ES_OK;
}

/* ---- the window ---- */

es_status bundle_reader_open(struct bundle_reader *r, const struct bundle_folder *folder,
                             const char *name, size_t window, struct es_error *err)
{
    *r = (struct bundle_reader){.src = {.fd = -1}, .cap = window};
    ES_TRY(folder->open(folder->self, name, &r->src, err));
    r->open = true;
    r->end = r->src.len;
    r->window = malloc(window);
    if (r->window == NULL) {
        bundle_reader_clear(r);
        return es_error_set(err, ES_E_NOMEM, "out of memory");
    }
    return ES_OK;
}

void bundle_reader_clear(struct bundle_reader *r)
{
    if (r->open)
        es_source_clear(&r->src);
    free(r->window);
    *r = (struct bundle_reader){.src = {.fd = -1}};
}

uint64_t bundle_reader_at(const struct bundle_reader *r)
{
    return r->off + r->pos;
}

uint64_t bundle_reader_left(const struct bundle_reader *r)
{
    uint64_t at = bundle_reader_at(r);

    return at < r->end ? r->end - at : 0;
}

void bundle_reader_seek(struct bundle_reader *r, uint64_t at)
{
    if (at > r->end)
        at = r->end;
    if (at >= r->off && at - r->off <= r->len) {
        r->pos = (size_t) (at - r->off);
        return;
    }
    r->off = at;
    r->pos = r->len = 0;
}

void bundle_reader_skip(struct bundle_reader *r, uint64_t len)
{
    uint64_t left = bundle_reader_left(r);

    bundle_reader_seek(r, bundle_reader_at(r) + (len < left ? len : left));
}

es_status bundle_reader_peek(struct bundle_reader *r, size_t want, struct es_span *out,
                             struct es_error *err)
{
    uint64_t left = bundle_reader_left(r);
    size_t fill;

    ES_BUG_ON(want > r->cap);
    if (want > left)
        want = (size_t) left;
    if (want > r->len - r->pos) {
        r->off += r->pos;
        r->pos = r->len = 0;
        fill = left < r->cap ? (size_t) left : r->cap;
        ES_TRY(es_source_read(&r->src, r->off, r->window, fill, err));
        r->len = fill;
    }
    *out = es_span_of(r->window + r->pos, want);
    return ES_OK;
}

/* ---- items ---- */

static uint64_t get_uint(const uint8_t *p, size_t len)
{
    uint64_t value = 0;

    for (size_t i = 0; i < len; i++)
        value = value << 8 | p[i];
    return value;
}

/* END or ITEM by what is left; head gets up to want bytes. */
static es_status begin(struct bundle_reader *r, size_t want, struct es_span *head,
                       enum bundle_step *step, struct es_error *err)
{
    ES_TRY(bundle_reader_peek(r, want, head, err));
    *step = head->len == 0 ? BUNDLE_END : BUNDLE_ITEM;
    return ES_OK;
}

#define LEAF_MIN 54u

es_status bundle_next_leaf(struct bundle_reader *r, enum bundle_step *step, struct es_span *leaf,
                           struct es_error *err)
{
    struct es_span head;
    uint64_t len;

    ES_TRY(begin(r, 4, &head, step, err));
    if (*step == BUNDLE_END)
        return ES_OK;
    *step = BUNDLE_BROKEN;
    if (head.len < 4)
        return ES_OK;
    len = get_uint(head.ptr, 4);
    if (len < LEAF_MIN || len > ES_LOG_LEAF_MAX || len + 4 > bundle_reader_left(r))
        return ES_OK;
    ES_TRY(bundle_reader_peek(r, (size_t) len + 4, &head, err));
    *leaf = es_span_sub(head, 4, (size_t) len);
    bundle_reader_skip(r, len + 4);
    *step = BUNDLE_ITEM;
    return ES_OK;
}

#define ROW_FIXED 50u /* index, leaf hash, event type, event ms */
#define ROW_MAX (ROW_FIXED + 2 * 256)

static bool take_v8(struct es_span *in, struct es_span *out)
{
    size_t len = in->len == 0 ? 0 : in->ptr[0];

    if (in->len == 0 || in->len - 1 < len)
        return false;
    *out = es_span_sub(*in, 1, len);
    *in = es_span_sub(*in, len + 1, in->len);
    return true;
}

es_status bundle_next_column(struct bundle_reader *r, enum bundle_step *step,
                             struct es_bundle_leaf *row, struct es_error *err)
{
    struct es_span in, rest;

    ES_TRY(begin(r, ROW_MAX, &in, step, err));
    if (*step == BUNDLE_END)
        return ES_OK;
    *step = BUNDLE_BROKEN;
    if (in.len < ROW_FIXED)
        return ES_OK;
    *row = (struct es_bundle_leaf){.index = get_uint(in.ptr, 8)};
    memcpy(row->leaf_hash.b, in.ptr + 8, ES_LOG_HASH_LEN);
    row->event_type = (uint16_t) get_uint(in.ptr + 40, 2);
    row->event_ms = get_uint(in.ptr + 42, 8);
    rest = es_span_sub(in, ROW_FIXED, in.len);
    if (!take_v8(&rest, &row->actor) || !take_v8(&rest, &row->object_id))
        return ES_OK;
    bundle_reader_skip(r, in.len - rest.len);
    *step = BUNDLE_ITEM;
    return ES_OK;
}

#define TILE_HEAD 11u
#define LEAF_LIMIT_BITS 62u

uint64_t bundle_tile_first(unsigned level, uint64_t n)
{
    return n == 0 ? 0 : n << (8 * (level + 1));
}

static bool has_place(const struct bundle_tile *tile)
{
    unsigned shift = 8 * (tile->level + 1);

    if (tile->level >= BUNDLE_TILE_LEVELS || tile->width < 1 || tile->width > 256)
        return false;
    return tile->n == 0 || (shift < LEAF_LIMIT_BITS && tile->n >> (LEAF_LIMIT_BITS - shift) == 0);
}

es_status bundle_next_tile(struct bundle_reader *r, enum bundle_step *step,
                           struct bundle_tile *tile, struct es_error *err)
{
    struct es_span in;
    size_t len;

    ES_TRY(begin(r, TILE_HEAD, &in, step, err));
    if (*step == BUNDLE_END)
        return ES_OK;
    *step = BUNDLE_BROKEN;
    if (in.len < TILE_HEAD)
        return ES_OK;
    *tile = (struct bundle_tile){.level = in.ptr[0], .n = get_uint(in.ptr + 1, 8)};
    tile->width = (unsigned) get_uint(in.ptr + 9, 2);
    len = TILE_HEAD + (size_t) tile->width * ES_LOG_HASH_LEN;
    if (!has_place(tile) || len > bundle_reader_left(r))
        return ES_OK;
    ES_TRY(bundle_reader_peek(r, len, &in, err));
    tile->hashes = es_span_sub(in, TILE_HEAD, len);
    bundle_reader_skip(r, len);
    *step = BUNDLE_ITEM;
    return ES_OK;
}

#define DETAIL_HEAD 44u

es_status bundle_next_detail(struct bundle_reader *r, enum bundle_step *step,
                             struct bundle_detail *detail, struct es_error *err)
{
    struct es_span in;

    ES_TRY(begin(r, DETAIL_HEAD, &in, step, err));
    if (*step == BUNDLE_END)
        return ES_OK;
    *step = BUNDLE_BROKEN;
    if (in.len < DETAIL_HEAD)
        return ES_OK;
    detail->index = get_uint(in.ptr, 8);
    memcpy(detail->salt, in.ptr + 8, sizeof detail->salt);
    detail->length = (uint32_t) get_uint(in.ptr + 40, 4);
    if (detail->length > bundle_reader_left(r) - DETAIL_HEAD)
        return ES_OK;
    bundle_reader_skip(r, DETAIL_HEAD);
    *step = BUNDLE_ITEM;
    return ES_OK;
}

/* ---- lines ---- */

static es_status pass_line(struct bundle_reader *r, struct es_error *err)
{
    struct es_span in;
    size_t end;

    do {
        ES_TRY(bundle_reader_peek(r, BUNDLE_LINE_WINDOW, &in, err));
        end = es_span_find(in, '\n');
        bundle_reader_skip(r, end + 1);
    } while (end == in.len && in.len > 0);
    return ES_OK;
}

es_status bundle_next_line(struct bundle_reader *r, enum bundle_step *step, struct es_span *line,
                           struct es_error *err)
{
    struct es_span in;
    size_t end;

    ES_TRY(begin(r, 1, &in, step, err));
    if (*step == BUNDLE_END)
        return ES_OK;
    in = es_span_of(r->window + r->pos, r->len - r->pos);
    end = es_span_find(in, '\n');
    if (end == in.len) {
        ES_TRY(bundle_reader_peek(r, BUNDLE_LINE_WINDOW, &in, err));
        end = es_span_find(in, '\n');
    }
    if (end == in.len || end > BUNDLE_LINE_MAX) {
        *step = BUNDLE_BROKEN;
        return pass_line(r, err);
    }
    *line = es_span_sub(in, 0, end);
    bundle_reader_skip(r, end + 1);
    return ES_OK;
}

es_status bundle_line_parse(struct es_span line, const struct bundle_manifest *m,
                            struct es_checkpoint *out, struct es_error *err)
{
    static const char *const names[] = {"t", "log", "note", NULL};
    ES_AUTO_PTR(es_json) json = NULL;
    const char *log = NULL, *note = NULL;
    es_json_node root;
    int64_t time_ms = 0;

    ES_TRY(es_json_parse(line, BUNDLE_LINE_MAX, &json, err));
    root = es_json_root(json);
    ES_ENSURE(es_json_is_object(root), err, ES_E_FORMAT, "no object");
    ES_TRY(es_json_only(root, names, err));
    ES_TRY(es_json_int(root, "t", &time_ms, err));
    ES_TRY(es_json_text(root, "log", &log, err));
    ES_TRY(es_json_text(root, "note", &note, err));
    ES_ENSURE(time_ms >= 0 && strcmp(log, m->status ? "status" : "audit") == 0, err, ES_E_FORMAT,
              "another log, or a time below 0");
    ES_TRY(es_checkpoint_parse(es_span_str(note), out, err));
    if (es_span_is(out->origin, m->origin))
        return ES_OK;
    es_checkpoint_clear(out);
    return es_error_set(err, ES_E_FORMAT, "checkpoint of another origin");
}
