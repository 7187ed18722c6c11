/* See zip_builder.h. Plain and slow; it shares no code with the reader or writer under test. */
#include "zip_builder.h"

#include <zlib.h>

void zip_build_init(struct zip_builder *b)
{
    memset(b, 0, sizeof *b);
    es_arena_init(&b->arena, 0);
    es_buf_init(&b->out, (size_t) 1 << 31);
}

void zip_build_clear(struct zip_builder *b)
{
    es_arena_clear(&b->arena);
    es_buf_clear(&b->out);
}

static void *need(void *memory)
{
    ES_BUG_ON(memory == NULL);
    return memory;
}

static struct es_span keep(struct zip_builder *b, struct es_span s)
{
    return es_span_of(need(es_arena_text(&b->arena, s)), s.len);
}

struct zip_build_part *zip_build_add_bytes(struct zip_builder *b, struct es_span name,
                                           struct es_span data)
{
    struct zip_build_part *part = need(ES_ARENA_NEW(&b->arena, struct zip_build_part));
    struct zip_build_fields fields = {.name = keep(b, name),
                                      .crc = (uint32_t) crc32_z(0, data.ptr, data.len),
                                      .packed_len = (uint32_t) data.len,
                                      .len = (uint32_t) data.len};

    if (data.len == 0)
        fields.crc = 0;
    part->local = fields;
    part->central = fields;
    part->packed = keep(b, data);
    part->made_by = 20;
    if (b->last == NULL)
        b->first = part;
    else
        b->last->next = part;
    b->last = part;
    return part;
}

struct zip_build_part *zip_build_add(struct zip_builder *b, const char *name, const char *text)
{
    return zip_build_add_bytes(b, es_span_str(name), es_span_str(text));
}

struct zip_build_part *zip_build_add_deflated(struct zip_builder *b, const char *name,
                                              struct es_span data)
{
    struct zip_build_part *part = zip_build_add_bytes(b, es_span_str(name), data);
    uint8_t *packed = need(es_arena_alloc(&b->arena, data.len + data.len / 100 + 64));
    z_stream z = {0};

    ES_BUG_ON(deflateInit2(&z, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK);
    z.next_in = need(es_arena_text(&b->arena, data));
    z.avail_in = (uInt) data.len;
    z.next_out = packed;
    z.avail_out = (uInt) (data.len + data.len / 100 + 64);
    ES_BUG_ON(deflate(&z, Z_FINISH) != Z_STREAM_END);
    part->packed = es_span_of(packed, z.total_out);
    (void) deflateEnd(&z);
    part->local.method = part->central.method = 8;
    part->local.packed_len = part->central.packed_len = (uint32_t) part->packed.len;
    return part;
}

void zip_build_rename(struct zip_build_part *part, struct es_span name)
{
    part->local.name = name;
    part->central.name = name;
}

static void put(struct es_buf *out, uint64_t value, int len)
{
    for (int i = 0; i < len; i++)
        es_buf_put_byte(out, (uint8_t) (value >> 8 * i & 0xff));
}

static struct es_span keep_buf(struct zip_builder *b, struct es_buf *buf)
{
    struct es_span kept = keep(b, es_buf_span(buf));

    es_buf_clear(buf);
    return kept;
}

void zip_build_descriptor(struct zip_builder *b, struct zip_build_part *part, bool marked,
                          bool wide)
{
    struct es_buf out = ES_BUF_INIT(64);

    if (marked)
        put(&out, 0x08074b50, 4);
    put(&out, part->local.crc, 4);
    put(&out, part->local.packed_len, wide ? 8 : 4);
    put(&out, part->local.len, wide ? 8 : 4);
    part->descriptor = keep_buf(b, &out);
    part->local.flags |= ZIP_BUILD_DESCRIPTOR;
    part->central.flags |= ZIP_BUILD_DESCRIPTOR;
    part->local.crc = part->local.packed_len = part->local.len = 0;
}

struct es_span zip_build_extra(struct zip_builder *b, uint16_t id, struct es_span body)
{
    struct es_buf out = ES_BUF_INIT(UINT16_MAX + 4);

    put(&out, id, 2);
    put(&out, body.len, 2);
    es_buf_put_span(&out, body);
    return keep_buf(b, &out);
}

struct es_span zip_build_longs(struct zip_builder *b, const uint64_t *values, size_t count)
{
    struct es_buf out = ES_BUF_INIT(64);

    for (size_t i = 0; i < count; i++)
        put(&out, values[i], 8);
    return zip_build_extra(b, 0x0001, keep_buf(b, &out));
}

struct es_span zip_build_zeros(struct zip_builder *b, size_t count)
{
    return es_span_of(need(es_arena_alloc(&b->arena, count)), count);
}

static void put_fields(struct es_buf *out, const struct zip_build_fields *f)
{
    put(out, 20, 2);
    put(out, f->flags, 2);
    put(out, f->method, 2);
    put(out, 0x6000, 2); /* 12:00 */
    put(out, 0x5a21, 2); /* 2025-01-01 */
    put(out, f->crc, 4);
    put(out, f->packed_len, 4);
    put(out, f->len, 4);
    put(out, f->name.len, 2);
    put(out, f->extra.len, 2);
}

static void put_local(struct es_buf *out, struct zip_build_part *part)
{
    es_buf_put_span(out, part->gap);
    part->off = out->len;
    if (part->no_local)
        return;
    put(out, 0x04034b50, 4);
    put_fields(out, &part->local);
    es_buf_put_span(out, part->local.name);
    es_buf_put_span(out, part->local.extra);
    es_buf_put_span(out, part->packed);
    es_buf_put_span(out, part->descriptor);
}

static void put_record(struct es_buf *out, const struct zip_build_part *part, uint64_t base)
{
    uint64_t off = part->at == NULL ? part->off : part->at->off;

    put(out, 0x02014b50, 4);
    put(out, part->made_by, 2);
    put_fields(out, &part->central);
    put(out, part->comment.len, 2);
    put(out, 0, 4);
    put(out, part->attributes, 4);
    put(out, off - base + (uint64_t) part->off_delta, 4);
    es_buf_put_span(out, part->central.name);
    es_buf_put_span(out, part->central.extra);
    es_buf_put_span(out, part->comment);
}

static void put_end64(struct es_buf *out, const struct zip_builder *b, uint64_t count,
                      uint64_t dir_len, uint64_t dir_off, uint64_t base)
{
    uint64_t at = out->len - base + (uint64_t) b->locator_delta;

    put(out, 0x06064b50, 4);
    put(out, 44, 8);
    put(out, 45, 2);
    put(out, 45, 2);
    put(out, 0, 8);
    put(out, count + (uint64_t) b->end64_count_delta, 8);
    put(out, count + (uint64_t) b->end64_count_delta, 8);
    put(out, dir_len, 8);
    put(out, dir_off, 8);
    put(out, 0x07064b50, 4);
    put(out, 0, 4);
    put(out, at, 8);
    put(out, 1, 4);
}

static void put_end(struct zip_builder *b, uint64_t count, uint64_t dir_off, uint64_t base)
{
    struct es_buf *out = &b->out;
    uint64_t dir_len = out->len - dir_off;
    bool marked = b->end64 && !b->end64_unmarked;

    es_buf_put_span(out, b->end_gap);
    if (b->end64)
        put_end64(out, b, count, dir_len, dir_off - base, base);
    put(out, 0x06054b50, 4);
    put(out, 0, 4);
    put(out, marked ? UINT16_MAX : count + (uint64_t) b->count_delta, 2);
    put(out, marked ? UINT16_MAX : count + (uint64_t) b->count_delta, 2);
    put(out, marked ? UINT32_MAX : dir_len + (uint64_t) b->dir_len_delta, 4);
    put(out, marked ? UINT32_MAX : dir_off - base + (uint64_t) b->dir_off_delta, 4);
    put(out, b->comment.len, 2);
    es_buf_put_span(out, b->comment);
    es_buf_put_span(out, b->suffix);
}

struct es_span zip_build_finish(struct zip_builder *b)
{
    uint64_t base = b->prefix_uncounted ? b->prefix.len : 0, dir_off, count = 0;

    es_buf_reset(&b->out);
    es_buf_put_span(&b->out, b->prefix);
    for (struct zip_build_part *part = b->first; part != NULL; part = part->next)
        put_local(&b->out, part);
    es_buf_put_span(&b->out, b->dir_gap);
    dir_off = b->out.len;
    for (struct zip_build_part *part = b->first; part != NULL; part = part->next) {
        if (part->no_record)
            continue;
        put_record(&b->out, part, base);
        count++;
    }
    put_end(b, count, dir_off, base);
    ES_BUG_ON(b->out.failed != ES_OK);
    return es_buf_span(&b->out);
}
