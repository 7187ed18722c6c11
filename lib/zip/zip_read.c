/*
 * Contents. Entries that fit in memory are inflated in one go by libdeflate; the rest, and pieces
 * for streams, by zlib with fixed buffers. Whichever way: not one byte more than the directory
 * says comes out, all packed bytes are used up, and the CRC holds, or the call fails.
 *
 * zip_work holds what is kept between calls. While a stream shows a piece from it, it is busy,
 * and a stream begun inside takes the way with buffers of its own.
 */
#define ZLIB_CONST /* next_in points to bytes that stay as they are */

#include "zip_parts.h"

#include <libdeflate.h>
#include <zlib.h>

#define ONE_SHOT_MAX (UINT64_C(8) << 20)
#define KEEP_MAX (1u << 20)
#define STREAM_ONE_SHOT_MAX (1u << 20) /* libdeflate is twice as fast as zlib */
#define FEED_PIECE (64u * 1024u)

struct zip_work {
    struct libdeflate_decompressor *inflater;
    struct es_buf packed;
    struct es_buf out;
    bool busy;
    bool zlib_tail; /* an entry ended like a zlib stream */
};

/* Packed bytes of an entry, piece by piece. */
struct feed {
    const struct es_source *src;
    uint64_t off, left;
    uint8_t *room; /* for pieces of a file */
    size_t room_len;
};

/* What came out so far. */
struct tally {
    uint64_t len;
    uint32_t crc;
    uint32_t adler;
};

typedef es_status (*piece_fn)(void *ctx, struct es_span piece, struct es_error *err);

es_status zip_work_new(struct zip_work **out, struct es_error *err)
{
    *out = calloc(1, sizeof **out);
    ES_ENSURE(*out != NULL, err, ES_E_NOMEM, "out of memory");
    es_buf_init(&(*out)->packed, ONE_SHOT_MAX);
    es_buf_init(&(*out)->out, STREAM_ONE_SHOT_MAX);
    return ES_OK;
}

void zip_work_free(struct zip_work *work)
{
    if (work == NULL)
        return;
    libdeflate_free_decompressor(work->inflater);
    es_buf_clear(&work->packed);
    es_buf_clear(&work->out);
    free(work);
}

static es_status feed_next(struct feed *feed, struct es_span *piece, struct es_error *err)
{
    size_t len = feed->left < feed->room_len ? (size_t) feed->left : feed->room_len;

    if (feed->src->fd < 0) {
        *piece = es_span_of(feed->src->mem + feed->off, len);
    } else {
        ES_TRY(es_source_read(feed->src, feed->off, feed->room, len, err));
        *piece = es_span_of(feed->room, len);
    }
    feed->off += len;
    feed->left -= len;
    return ES_OK;
}

static es_status check_tally(const struct es_zip_entry *entry, const struct tally *tally,
                             struct es_error *err)
{
    ES_ENSURE(tally->len == entry->len, err, ES_E_MISMATCH,
              "%s: %llu bytes, the directory says %llu", entry->name,
              (unsigned long long) tally->len, (unsigned long long) entry->len);
    ES_ENSURE(tally->crc == entry->crc, err, ES_E_MISMATCH, "%s: checksum is wrong", entry->name);
    return ES_OK;
}

/*
 * Bytes behind the deflate data. Foxit and WPS cut the head off a zlib stream and leave its
 * Adler-32 in place: four bytes that follow from the content and are the only ones let pass.
 */
static es_status check_surplus(struct zip_work *work, const struct es_zip_entry *entry,
                               struct es_span surplus, uint32_t adler, struct es_error *err)
{
    const uint8_t *p = surplus.ptr;

    if (surplus.len == 0)
        return ES_OK;
    ES_ENSURE(surplus.len == 4 && ((uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 |
                                   (uint32_t) p[2] << 8 | p[3]) == adler,
              err, ES_E_MISMATCH, "%s: bytes behind the packed data", entry->name);
    work->zlib_tail = true;
    return ES_OK;
}

bool es_zip_saw_zlib_tail(const struct es_zip *zip)
{
    return zip->work->zlib_tail;
}

/* Count a piece, refuse it when it passes the declared length, hand it on. */
static es_status emit(const struct es_zip_entry *entry, struct tally *tally, struct es_span piece,
                      piece_fn each, void *ctx, struct es_error *err)
{
    if (piece.len == 0)
        return ES_OK;
    ES_ENSURE(piece.len <= entry->len - tally->len, err, ES_E_MISMATCH,
              "%s: longer than the directory says", entry->name);
    tally->len += piece.len;
    tally->crc = libdeflate_crc32(tally->crc, piece.ptr, piece.len);
    tally->adler = libdeflate_adler32(tally->adler, piece.ptr, piece.len);
    return each(ctx, piece, err);
}

/* The packed bytes as one span: the source's own memory, or work->packed. */
static es_status packed_whole(const struct es_zip *zip, const struct es_zip_entry *entry,
                              struct es_span *packed, struct es_error *err)
{
    size_t len = (size_t) entry->packed_len;
    struct es_buf *buf = &zip->work->packed;
    uint8_t *room;

    if (zip->src.fd < 0) {
        *packed = es_span_of(zip->src.mem + entry->data_off, len);
        return ES_OK;
    }
    if (buf->cap > KEEP_MAX)
        es_buf_clear(buf);
    es_buf_reset(buf);
    room = es_buf_reserve(buf, len);
    ES_TRY(es_buf_check(buf, err));
    *packed = es_span_of(room, len);
    return len == 0 ? ES_OK : es_source_read(&zip->src, entry->data_off, room, len, err);
}

static es_status inflate_whole(const struct es_zip *zip, const struct es_zip_entry *entry,
                               uint8_t *to, struct es_error *err)
{
    struct zip_work *work = zip->work;
    struct tally tally = {0};
    struct es_span packed;
    size_t used = 0, made = 0;
    enum libdeflate_result result;

    if (work->inflater == NULL)
        work->inflater = libdeflate_alloc_decompressor();
    ES_ENSURE(work->inflater != NULL, err, ES_E_NOMEM, "out of memory");
    ES_TRY(packed_whole(zip, entry, &packed, err));
    result = libdeflate_deflate_decompress_ex(work->inflater, packed.ptr, packed.len, to,
                                              (size_t) entry->len, &used, &made);
    ES_ENSURE(result != LIBDEFLATE_INSUFFICIENT_SPACE, err, ES_E_MISMATCH,
              "%s: longer than the directory says", entry->name);
    ES_ENSURE(result == LIBDEFLATE_SUCCESS, err, ES_E_FORMAT, "%s: packed data is broken",
              entry->name);
    tally.len = made;
    tally.crc = libdeflate_crc32(0, to, made);
    ES_TRY(check_tally(entry, &tally, err));
    if (used == packed.len)
        return ES_OK;
    return check_surplus(work, entry, es_span_sub(packed, used, packed.len),
                         libdeflate_adler32(1, to, made), err);
}

/* Fill out from the stream; *end when the deflate data is complete. */
static es_status inflate_piece(z_stream *z, struct feed *feed, const struct es_zip_entry *entry,
                               uint8_t *out, size_t *made, bool *end, struct es_error *err)
{
    struct es_span piece;
    int result = Z_OK;

    z->next_out = out;
    z->avail_out = ZIP_PIECE;
    while (z->avail_out > 0 && result != Z_STREAM_END) {
        if (z->avail_in == 0 && feed->left > 0) {
            ES_TRY(feed_next(feed, &piece, err));
            z->next_in = piece.ptr;
            z->avail_in = (uInt) piece.len;
        }
        result = inflate(z, Z_NO_FLUSH);
        ES_ENSURE(result != Z_MEM_ERROR, err, ES_E_NOMEM, "out of memory");
        ES_ENSURE(result == Z_OK || result == Z_STREAM_END, err, ES_E_FORMAT,
                  "%s: packed data is broken", entry->name);
    }
    *made = ZIP_PIECE - z->avail_out;
    *end = result == Z_STREAM_END;
    return ES_OK;
}

/* What stands behind the end of the deflate data: up to 5 bytes tell enough. */
static es_status take_surplus(z_stream *z, struct feed *feed, uint8_t bytes[5], size_t *len,
                              struct es_error *err)
{
    struct es_span piece;

    for (*len = 0; *len < 5; z->next_in++, z->avail_in--) {
        if (z->avail_in == 0) {
            if (feed->left == 0)
                break;
            ES_TRY(feed_next(feed, &piece, err));
            z->next_in = piece.ptr;
            z->avail_in = (uInt) piece.len;
        }
        bytes[(*len)++] = *z->next_in;
    }
    return ES_OK;
}

static es_status inflate_pieces(struct zip_work *work, z_stream *z, struct feed *feed,
                                const struct es_zip_entry *entry, uint8_t *out, piece_fn each,
                                void *ctx, struct es_error *err)
{
    struct tally tally = {.adler = 1};
    uint8_t surplus[5];
    size_t made = 0, surplus_len = 0;
    bool end = false;

    while (!end) {
        ES_TRY(inflate_piece(z, feed, entry, out, &made, &end, err));
        ES_TRY(emit(entry, &tally, es_span_of(out, made), each, ctx, err));
    }
    ES_TRY(check_tally(entry, &tally, err));
    ES_TRY(take_surplus(z, feed, surplus, &surplus_len, err));
    return check_surplus(work, entry, es_span_of(surplus, surplus_len), tally.adler, err);
}

static es_status stream_deflated(const struct es_zip *zip, const struct es_zip_entry *entry,
                                 piece_fn each, void *ctx, struct es_error *err)
{
    ES_AUTO(es_buf) room = ES_BUF_INIT(FEED_PIECE + ZIP_PIECE);
    uint8_t *memory = es_buf_reserve(&room, FEED_PIECE + ZIP_PIECE);
    struct feed feed = {&zip->src, entry->data_off, entry->packed_len, memory, FEED_PIECE};
    z_stream z = {0};
    es_status status;
    int result;

    ES_TRY(es_buf_check(&room, err));
    result = inflateInit2(&z, -MAX_WBITS);
    ES_ENSURE(result == Z_OK, err, ES_E_NOMEM, "out of memory");
    status = inflate_pieces(zip->work, &z, &feed, entry, memory + FEED_PIECE, each, ctx, err);
    (void) inflateEnd(&z);
    return status;
}

static es_status stream_stored(const struct es_zip *zip, const struct es_zip_entry *entry,
                               piece_fn each, void *ctx, struct es_error *err)
{
    size_t len = entry->packed_len < ZIP_PIECE ? (size_t) entry->packed_len : ZIP_PIECE;
    ES_AUTO(es_buf) room = ES_BUF_INIT(ZIP_PIECE);
    struct feed feed = {&zip->src, entry->data_off, entry->packed_len, NULL, len};
    struct tally tally = {0};
    struct es_span piece;

    if (zip->src.fd >= 0) {
        feed.room = es_buf_reserve(&room, len);
        ES_TRY(es_buf_check(&room, err));
    }
    while (feed.left > 0) {
        ES_TRY(feed_next(&feed, &piece, err));
        ES_TRY(emit(entry, &tally, piece, each, ctx, err));
    }
    return check_tally(entry, &tally, err);
}

static es_status stream_small(const struct es_zip *zip, const struct es_zip_entry *entry,
                              piece_fn each, void *ctx, struct es_error *err)
{
    struct zip_work *work = zip->work;
    struct es_span rest;
    es_status status = ES_OK;
    uint8_t *to;

    es_buf_reset(&work->out);
    to = es_buf_reserve(&work->out, (size_t) entry->len);
    ES_TRY(es_buf_check(&work->out, err));
    ES_TRY(inflate_whole(zip, entry, to, err));
    rest = es_span_of(to, (size_t) entry->len);
    work->busy = true;
    while (status == ES_OK && rest.len > 0) {
        status = each(ctx, es_span_sub(rest, 0, ZIP_PIECE), err);
        rest = es_span_sub(rest, ZIP_PIECE, rest.len);
    }
    work->busy = false;
    return status;
}

es_status es_zip_stream(const struct es_zip *zip, const struct es_zip_entry *entry,
                        es_status (*each)(void *ctx, struct es_span piece, struct es_error *err),
                        void *ctx, struct es_error *err)
{
    if (entry->method == ZIP_STORED)
        return stream_stored(zip, entry, each, ctx, err);
    if (entry->len <= STREAM_ONE_SHOT_MAX && entry->packed_len <= STREAM_ONE_SHOT_MAX &&
        !zip->work->busy)
        return stream_small(zip, entry, each, ctx, err);
    return stream_deflated(zip, entry, each, ctx, err);
}

static es_status copy_piece(void *ctx, struct es_span piece, struct es_error *err)
{
    uint8_t **to = ctx;

    (void) err;
    memcpy(*to, piece.ptr, piece.len);
    *to += piece.len;
    return ES_OK;
}

es_status es_zip_read(const struct es_zip *zip, const struct es_zip_entry *entry,
                      struct es_buf *out, struct es_error *err)
{
    uint8_t *to = es_buf_reserve(out, (size_t) entry->len), *at = to;

    ES_TRY(es_buf_check(out, err));
    if (entry->method == ZIP_STORED)
        ES_TRY(stream_stored(zip, entry, copy_piece, &at, err));
    else if (entry->len <= ONE_SHOT_MAX && entry->packed_len <= ONE_SHOT_MAX)
        ES_TRY(inflate_whole(zip, entry, to, err));
    else
        ES_TRY(stream_deflated(zip, entry, copy_piece, &at, err));
    out->len += (size_t) entry->len;
    return ES_OK;
}
