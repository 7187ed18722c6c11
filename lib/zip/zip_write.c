/*
 * Writing, from front to back: entries, directory, end record. Untouched entries go over as
 * their packed bytes. Sizes are known before an entry is written, so there are no descriptors;
 * ZIP64 fields appear only where a value does not fit. The same calls give the same bytes.
 *
 * After a failed write the output holds half an entry: the writer is broken and says so.
 */
#include "zip_parts.h"

#include <libdeflate.h>

#define DIRECTORY_MAX (UINT64_C(1) << 32)
#define DEFLATE_LEVEL 6
#define MADE_BY_UNIX (3u << 8 | 20u)
#define MODE_FILE (0100644u << 16)

struct es_zip_writer {
    struct es_zip_sink sink;
    struct es_buf directory;
    struct libdeflate_compressor *deflater;
    uint64_t off;
    uint64_t count;
    uint16_t dos_time, dos_date;
    bool broken;
    bool finished;
};

/* An entry as it will stand in local header and directory. */
struct head {
    struct es_span name;
    uint64_t packed_len, len, off;
    uint32_t crc, attributes;
    uint16_t made_by, inner_attributes, flags, method, dos_time, dos_date;
};

static es_status write_file(void *self, struct es_span bytes, struct es_error *err)
{
    return es_outfile_write(self, bytes, err);
}

struct es_zip_sink es_zip_sink_file(struct es_outfile *out)
{
    return (struct es_zip_sink){.write = write_file, .self = out};
}

static es_status write_buf(void *self, struct es_span bytes, struct es_error *err)
{
    es_buf_put_span(self, bytes);
    return es_buf_check(self, err);
}

struct es_zip_sink es_zip_sink_buf(struct es_buf *out)
{
    return (struct es_zip_sink){.write = write_buf, .self = out};
}

static void put16(struct es_buf *out, unsigned v)
{
    es_buf_put_byte(out, (uint8_t) (v & 0xff));
    es_buf_put_byte(out, (uint8_t) (v >> 8 & 0xff));
}

static void put32(struct es_buf *out, uint32_t v)
{
    put16(out, v & 0xffff);
    put16(out, v >> 16);
}

static void put64(struct es_buf *out, uint64_t v)
{
    put32(out, (uint32_t) v);
    put32(out, (uint32_t) (v >> 32));
}

/* The short form of a value, and whether the long one is needed. */
static bool is_long(uint64_t v)
{
    return v >= UINT32_MAX;
}

static void put_short(struct es_buf *out, uint64_t v)
{
    put32(out, is_long(v) ? UINT32_MAX : (uint32_t) v);
}

static void set_time(struct es_zip_writer *writer, int64_t time_s)
{
    struct es_date d;

    es_date_from_s(time_s, &d);
    if (d.year < 1980)
        d = (struct es_date){1980, 1, 1, 0, 0, 0};
    if (d.year > 2107)
        d = (struct es_date){2107, 12, 31, 23, 59, 58};
    writer->dos_time = (uint16_t) (d.hour << 11 | d.minute << 5 | d.second / 2);
    writer->dos_date = (uint16_t) ((d.year - 1980) << 9 | d.month << 5 | d.day);
}

es_status es_zip_writer_new(struct es_zip_sink sink, int64_t time_s, struct es_zip_writer **out,
                            struct es_error *err)
{
    struct es_zip_writer *writer = calloc(1, sizeof *writer);

    ES_ENSURE(writer != NULL, err, ES_E_NOMEM, "out of memory");
    writer->sink = sink;
    es_buf_init(&writer->directory, DIRECTORY_MAX);
    set_time(writer, time_s);
    *out = writer;
    return ES_OK;
}

void es_zip_writer_free(struct es_zip_writer *writer)
{
    if (writer == NULL)
        return;
    libdeflate_free_compressor(writer->deflater);
    es_buf_clear(&writer->directory);
    free(writer);
}

static es_status send(struct es_zip_writer *writer, struct es_span bytes, struct es_error *err)
{
    es_status status;

    if (bytes.len == 0)
        return ES_OK;
    status = writer->sink.write(writer->sink.self, bytes, err);
    if (status != ES_OK)
        writer->broken = true;
    else
        writer->off += bytes.len;
    return status;
}

static es_status check_open(const struct es_zip_writer *writer, struct es_error *err)
{
    ES_ENSURE(!writer->broken, err, ES_E_CONFLICT, "an earlier write to the container failed");
    ES_ENSURE(!writer->finished, err, ES_E_CONFLICT, "the container is finished");
    return ES_OK;
}

/* Fields that local header and directory record share, from "version needed" to the sizes. */
static void put_common(struct es_buf *out, const struct head *head, bool wide)
{
    put16(out, wide ? 45 : 20);
    put16(out, head->flags);
    put16(out, head->method);
    put16(out, head->dos_time);
    put16(out, head->dos_date);
    put32(out, head->crc);
}

static es_status send_local(struct es_zip_writer *writer, const struct head *head,
                            struct es_error *err)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(ZIP_LOCAL_LEN + UINT16_MAX + 20);
    bool wide = is_long(head->len) || is_long(head->packed_len);

    put32(&out, ZIP_MARK_LOCAL);
    put_common(&out, head, wide);
    put32(&out, wide ? UINT32_MAX : (uint32_t) head->packed_len);
    put32(&out, wide ? UINT32_MAX : (uint32_t) head->len);
    put16(&out, (unsigned) head->name.len);
    put16(&out, wide ? 20 : 0);
    es_buf_put_span(&out, head->name);
    if (wide) {
        put16(&out, ZIP_EXTRA_ZIP64);
        put16(&out, 16);
        put64(&out, head->len);
        put64(&out, head->packed_len);
    }
    ES_TRY(es_buf_check(&out, err));
    return send(writer, es_buf_span(&out), err);
}

static void put_record(struct es_buf *out, const struct head *head)
{
    bool wide = is_long(head->len) || is_long(head->packed_len);
    unsigned longs = (wide ? 2u : 0u) + is_long(head->off);

    put32(out, ZIP_MARK_RECORD);
    put16(out, head->made_by);
    put_common(out, head, longs > 0);
    put32(out, wide ? UINT32_MAX : (uint32_t) head->packed_len);
    put32(out, wide ? UINT32_MAX : (uint32_t) head->len);
    put16(out, (unsigned) head->name.len);
    put16(out, longs > 0 ? 4 + 8 * longs : 0);
    put16(out, 0); /* no comment */
    put16(out, 0); /* disk */
    put16(out, head->inner_attributes);
    put32(out, head->attributes);
    put_short(out, head->off);
    es_buf_put_span(out, head->name);
    if (longs > 0) {
        put16(out, ZIP_EXTRA_ZIP64);
        put16(out, 8 * longs);
    }
    if (wide) {
        put64(out, head->len);
        put64(out, head->packed_len);
    }
    if (is_long(head->off))
        put64(out, head->off);
}

static es_status send_packed(struct es_zip_writer *writer, const struct es_zip *zip,
                             const struct es_zip_entry *entry, struct es_error *err)
{
    uint64_t off = entry->data_off, left = entry->packed_len;
    ES_AUTO(es_buf) room = ES_BUF_INIT(ZIP_PIECE);
    uint8_t *memory = NULL;

    if (zip->src.fd >= 0 && left > 0) {
        memory = es_buf_reserve(&room, left < ZIP_PIECE ? (size_t) left : ZIP_PIECE);
        ES_TRY(es_buf_check(&room, err));
    }
    while (left > 0) {
        size_t len = left < ZIP_PIECE ? (size_t) left : ZIP_PIECE;
        struct es_span piece = es_span_of(memory, len);

        if (zip->src.fd < 0)
            piece.ptr = zip->src.mem + off;
        else
            ES_TRY(es_source_read(&zip->src, off, memory, len, err));
        ES_TRY(send(writer, piece, err));
        off += len;
        left -= len;
    }
    return ES_OK;
}

static es_status finish_entry(struct es_zip_writer *writer, const struct head *head,
                              es_status status, struct es_error *err)
{
    if (status != ES_OK) {
        writer->broken = true;
        return status;
    }
    put_record(&writer->directory, head);
    writer->count++;
    return es_buf_check(&writer->directory, err);
}

es_status es_zip_writer_copy(struct es_zip_writer *writer, const struct es_zip *zip,
                             const struct es_zip_entry *entry, struct es_error *err)
{
    const uint8_t *p = zip_record(entry);
    struct head head = {.name = entry->raw,
                        .packed_len = entry->packed_len,
                        .len = entry->len,
                        .off = writer->off,
                        .crc = entry->crc,
                        .attributes = zip_get32(p + 38),
                        .made_by = zip_get16(p + 4),
                        .inner_attributes = zip_get16(p + 36),
                        .flags = entry->flags & (uint16_t) ~ZIP_FLAG_DESCRIPTOR,
                        .method = entry->method,
                        .dos_time = zip_get16(p + 12),
                        .dos_date = zip_get16(p + 14)};
    es_status status;

    ES_TRY(check_open(writer, err));
    status = send_local(writer, &head, err);
    if (status == ES_OK)
        status = send_packed(writer, zip, entry, err);
    return finish_entry(writer, &head, status, err);
}

/* Deflated bytes in out when that is shorter than data; else out stays empty. */
static es_status try_deflate(struct es_zip_writer *writer, struct es_span data, struct es_buf *out,
                             struct es_error *err)
{
    uint8_t *room;

    if (data.len < 2)
        return ES_OK;
    if (writer->deflater == NULL)
        writer->deflater = libdeflate_alloc_compressor(DEFLATE_LEVEL);
    ES_ENSURE(writer->deflater != NULL, err, ES_E_NOMEM, "out of memory");
    room = es_buf_reserve(out, data.len - 1);
    ES_TRY(es_buf_check(out, err));
    out->len = libdeflate_deflate_compress(writer->deflater, data.ptr, data.len, room,
                                           data.len - 1);
    return ES_OK;
}

static uint16_t name_flags(struct es_span name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] >= 0x80)
            return ZIP_FLAG_UTF8;
    return 0;
}

es_status es_zip_writer_put(struct es_zip_writer *writer, const char *name, struct es_span data,
                            bool deflate, struct es_error *err)
{
    ES_AUTO(es_buf) packed = ES_BUF_INIT(data.len);
    struct head head = {.name = es_span_str(name),
                        .packed_len = data.len,
                        .len = data.len,
                        .off = writer->off,
                        .crc = libdeflate_crc32(0, data.ptr, data.len),
                        .attributes = MODE_FILE,
                        .made_by = MADE_BY_UNIX,
                        .method = ZIP_STORED,
                        .dos_time = writer->dos_time,
                        .dos_date = writer->dos_date};
    es_status status;

    ES_TRY(check_open(writer, err));
    ES_ENSURE(zip_name_safe(head.name) && head.name.ptr[0] != '/' &&
                  head.name.ptr[head.name.len - 1] != '/' &&
                  es_span_find(head.name, '\\') == head.name.len,
              err, ES_E_RANGE, "entry name is no plain path");
    head.flags = name_flags(head.name);
    if (deflate)
        ES_TRY(try_deflate(writer, data, &packed, err));
    if (packed.len > 0) {
        head.method = ZIP_DEFLATED;
        head.packed_len = packed.len;
        data = es_buf_span(&packed);
    }
    status = send_local(writer, &head, err);
    if (status == ES_OK)
        status = send(writer, data, err);
    return finish_entry(writer, &head, status, err);
}

static void put_end64(struct es_buf *out, const struct es_zip_writer *writer, uint64_t dir_off,
                      uint64_t dir_len)
{
    put32(out, ZIP_MARK_END64);
    put64(out, ZIP_END64_LEN - 12);
    put16(out, MADE_BY_UNIX);
    put16(out, 45);
    put32(out, 0);
    put32(out, 0);
    put64(out, writer->count);
    put64(out, writer->count);
    put64(out, dir_len);
    put64(out, dir_off);
    put32(out, ZIP_MARK_LOCATOR);
    put32(out, 0);
    put64(out, dir_off + dir_len);
    put32(out, 1);
}

es_status es_zip_writer_finish(struct es_zip_writer *writer, struct es_error *err)
{
    struct es_buf *out = &writer->directory;
    uint64_t dir_off = writer->off, dir_len = out->len;
    unsigned count = writer->count < UINT16_MAX ? (unsigned) writer->count : UINT16_MAX;

    ES_TRY(check_open(writer, err));
    ES_TRY(es_buf_check(out, err));
    if (count == UINT16_MAX || is_long(dir_off) || is_long(dir_len))
        put_end64(out, writer, dir_off, dir_len);
    put32(out, ZIP_MARK_END);
    put16(out, 0);
    put16(out, 0);
    put16(out, count);
    put16(out, count);
    put_short(out, dir_len);
    put_short(out, dir_off);
    put16(out, 0); /* no comment */
    ES_TRY(es_buf_check(out, err));
    ES_TRY(send(writer, es_buf_span(out), err));
    writer->finished = true;
    return ES_OK;
}
