/*
 * GIF with a small decoder of its own: blocks, image descriptors, LZW. All frames are decoded,
 * the first one is kept. Every frame lies inside the screen and codes must give all its pixels;
 * the pixels of all frames together stay under the limit of one picture.
 */
#include "picture.h"

#define CODES_MAX 4096
#define BLOCK_EXTENSION 0x21
#define BLOCK_IMAGE 0x2c
#define BLOCK_TRAILER 0x3b
#define EXTENSION_CONTROL 0xf9

struct gif {
    struct es_span in;
    struct es_picture_target *target;
    struct es_error *err;
    struct es_span palette; /* global, three bytes a colour; may be empty */
    uint64_t pixels;        /* of all frames so far */
    uint32_t frames;
    int transparent; /* of the next frame, -1: none */
};

struct frame {
    uint32_t left, top, width, height;
    struct es_span palette;
    bool interlaced;
    uint64_t count; /* pixels written */
};

/* Bits of the sub-blocks, lowest first. */
struct bits {
    struct es_span *in;
    uint32_t held;
    unsigned held_count;
    size_t block_left;
    bool ended; /* the empty block was read */
};

struct lzw {
    uint16_t prefix[CODES_MAX];
    uint16_t length[CODES_MAX];
    uint8_t first[CODES_MAX];
    uint8_t last[CODES_MAX];
    unsigned min_bits, bits, next;
    int previous;
    uint8_t text[CODES_MAX];
};

static es_status take(struct gif *gif, size_t len, const uint8_t **out)
{
    ES_ENSURE(gif->in.len >= len, gif->err, ES_E_FORMAT, "ends inside a block");
    *out = gif->in.ptr;
    gif->in = es_span_sub(gif->in, len, gif->in.len);
    return ES_OK;
}

static uint32_t get16(const uint8_t *p)
{
    return (uint32_t) p[0] | (uint32_t) p[1] << 8;
}

static es_status read_palette(struct gif *gif, uint8_t flags, struct es_span *out)
{
    size_t len = (size_t) 3 << ((flags & 7) + 1);
    const uint8_t *p = NULL;

    *out = (struct es_span){0};
    if ((flags & 0x80) == 0)
        return ES_OK;
    ES_TRY(take(gif, len, &p));
    *out = es_span_of(p, len);
    return ES_OK;
}

static es_status skip_blocks(struct gif *gif)
{
    const uint8_t *len = NULL, *skipped = NULL;

    do {
        ES_TRY(take(gif, 1, &len));
        ES_TRY(take(gif, *len, &skipped));
    } while (*len != 0);
    return ES_OK;
}

static es_status read_extension(struct gif *gif)
{
    const uint8_t *p = NULL;

    ES_TRY(take(gif, 1, &p));
    if (p[0] == EXTENSION_CONTROL && gif->in.len >= 5 && gif->in.ptr[0] == 4)
        gif->transparent = (gif->in.ptr[1] & 1) != 0 ? gif->in.ptr[4] : -1;
    return skip_blocks(gif);
}

/* One more byte of the sub-blocks; false at their end or at the end of the file. */
static bool next_byte(struct bits *bits, uint8_t *out)
{
    if (bits->ended || bits->in->len == 0)
        return false;
    if (bits->block_left == 0) {
        bits->block_left = bits->in->ptr[0];
        *bits->in = es_span_sub(*bits->in, 1, bits->in->len);
        if (bits->block_left == 0) {
            bits->ended = true;
            return false;
        }
        if (bits->in->len == 0)
            return false;
    }
    *out = bits->in->ptr[0];
    *bits->in = es_span_sub(*bits->in, 1, bits->in->len);
    bits->block_left--;
    return true;
}

static bool next_code(struct bits *bits, unsigned count, unsigned *out)
{
    uint8_t b;

    while (bits->held_count < count) {
        if (!next_byte(bits, &b))
            return false;
        bits->held |= (uint32_t) b << bits->held_count;
        bits->held_count += 8;
    }
    *out = bits->held & ((1u << count) - 1);
    bits->held >>= count;
    bits->held_count -= count;
    return true;
}

static void lzw_reset(struct lzw *lzw)
{
    lzw->bits = lzw->min_bits + 1;
    lzw->next = (1u << lzw->min_bits) + 2;
    lzw->previous = -1;
}

static void lzw_init(struct lzw *lzw, unsigned min_bits)
{
    lzw->min_bits = min_bits;
    for (unsigned i = 0; i < 1u << min_bits; i++) {
        lzw->length[i] = 1;
        lzw->first[i] = lzw->last[i] = (uint8_t) i;
    }
    lzw_reset(lzw);
}

/* Remember "previous text + first", if the table has room. */
static void lzw_add(struct lzw *lzw, uint8_t first)
{
    unsigned code = lzw->next;

    if (lzw->previous < 0 || code >= CODES_MAX)
        return;
    lzw->prefix[code] = (uint16_t) lzw->previous;
    lzw->length[code] = (uint16_t) (lzw->length[lzw->previous] + 1);
    lzw->first[code] = lzw->first[lzw->previous];
    lzw->last[code] = first;
    lzw->next++;
    if (lzw->next == 1u << lzw->bits && lzw->bits < 12)
        lzw->bits++;
}

/* Row of the y-th row in the file. */
static uint32_t row_of(const struct frame *frame, uint32_t y)
{
    static const uint8_t start[4] = {0, 4, 2, 1}, step[4] = {8, 8, 4, 2};

    if (!frame->interlaced)
        return y;
    for (int pass = 0; pass < 4; pass++) {
        uint32_t rows = frame->height > start[pass]
                            ? (frame->height - start[pass] + step[pass] - 1u) / step[pass]
                            : 0;
        if (y < rows)
            return start[pass] + y * step[pass];
        y -= rows;
    }
    return 0;
}

static void keep_pixel(const struct gif *gif, const struct frame *frame, uint8_t index)
{
    struct es_raster *raster = gif->target->raster;
    uint32_t y = row_of(frame, (uint32_t) (frame->count / frame->width));
    uint32_t x = (uint32_t) (frame->count % frame->width);
    uint8_t *out = raster->rgba + ((size_t) (frame->top + y) * raster->width + frame->left + x) * 4;

    if ((int) index == gif->transparent || (size_t) index * 3 + 3 > frame->palette.len)
        return;
    memcpy(out, frame->palette.ptr + (size_t) index * 3, 3);
    out[3] = 0xff;
}

static es_status put_text(struct gif *gif, struct frame *frame, struct lzw *lzw, unsigned code)
{
    uint32_t len = lzw->length[code];
    unsigned at = code;

    ES_ENSURE(frame->count + len <= (uint64_t) frame->width * frame->height, gif->err, ES_E_FORMAT,
              "more pixels than the frame holds");
    if (gif->target->raster == NULL || gif->frames > 0) {
        frame->count += len;
        return ES_OK;
    }
    for (uint32_t i = len; i > 0; i--) {
        lzw->text[i - 1] = lzw->last[at];
        at = lzw->prefix[at];
    }
    for (uint32_t i = 0; i < len; i++, frame->count++)
        keep_pixel(gif, frame, lzw->text[i]);
    return ES_OK;
}

static es_status decode_code(struct gif *gif, struct frame *frame, struct lzw *lzw, unsigned code)
{
    bool is_next = code == lzw->next && lzw->previous >= 0;

    ES_ENSURE((code < lzw->next && (lzw->previous >= 0 || code < 1u << lzw->min_bits)) || is_next,
              gif->err, ES_E_FORMAT, "LZW code %u is not known yet", code);
    ES_ENSURE(code < CODES_MAX, gif->err, ES_E_FORMAT, "LZW table overflows");
    lzw_add(lzw, lzw->first[is_next ? (unsigned) lzw->previous : code]);
    lzw->previous = (int) code;
    return put_text(gif, frame, lzw, code);
}

static es_status decode_frame(struct gif *gif, struct frame *frame, struct lzw *lzw)
{
    struct bits bits = {.in = &gif->in};
    unsigned clear = 1u << lzw->min_bits, code;

    while (next_code(&bits, lzw->bits, &code) && code != clear + 1) {
        if (code == clear)
            lzw_reset(lzw);
        else
            ES_TRY(decode_code(gif, frame, lzw, code));
    }
    ES_ENSURE(frame->count == (uint64_t) frame->width * frame->height, gif->err, ES_E_FORMAT,
              "frame ends after %llu of %llu pixels", (unsigned long long) frame->count,
              (unsigned long long) frame->width * frame->height);
    gif->in = es_span_sub(gif->in, bits.block_left, gif->in.len);
    return bits.ended ? ES_OK : skip_blocks(gif);
}

static es_status read_descriptor(struct gif *gif, struct frame *frame)
{
    const uint8_t *p = NULL;

    ES_TRY(take(gif, 9, &p));
    frame->left = get16(p);
    frame->top = get16(p + 2);
    frame->width = get16(p + 4);
    frame->height = get16(p + 6);
    frame->interlaced = (p[8] & 0x40) != 0;
    ES_ENSURE(frame->width >= 1 && frame->height >= 1 &&
                  frame->left + frame->width <= gif->target->facts.width_px &&
                  frame->top + frame->height <= gif->target->facts.height_px,
              gif->err, ES_E_FORMAT, "frame outside the screen");
    gif->pixels += (uint64_t) frame->width * frame->height;
    ES_ENSURE(gif->pixels <= ES_PICTURE_PIXELS_MAX, gif->err, ES_E_LIMIT,
              "frames of %llu pixels, allowed are %u in all", (unsigned long long) gif->pixels,
              ES_PICTURE_PIXELS_MAX);
    ES_TRY(read_palette(gif, p[8], &frame->palette));
    if (frame->palette.len == 0)
        frame->palette = gif->palette;
    return ES_OK;
}

static es_status read_frame(struct gif *gif)
{
    struct frame frame = {0};
    struct lzw *lzw;
    const uint8_t *p = NULL;
    es_status status;

    ES_TRY(read_descriptor(gif, &frame));
    ES_TRY(take(gif, 1, &p));
    ES_ENSURE(p[0] >= 2 && p[0] <= 8, gif->err, ES_E_FORMAT, "LZW codes of %u bits", p[0]);
    lzw = calloc(1, sizeof *lzw);
    ES_ENSURE(lzw != NULL, gif->err, ES_E_NOMEM, "no memory to decode");
    lzw_init(lzw, p[0]);
    status = decode_frame(gif, &frame, lzw);
    free(lzw);
    gif->frames++;
    gif->transparent = -1;
    return status;
}

static es_status read_blocks(struct gif *gif)
{
    const uint8_t *p = NULL;

    for (;;) {
        ES_TRY(take(gif, 1, &p));
        if (p[0] == BLOCK_TRAILER)
            return ES_OK;
        ES_ENSURE(p[0] == BLOCK_EXTENSION || p[0] == BLOCK_IMAGE, gif->err, ES_E_FORMAT,
                  "unknown block %02x", p[0]);
        ES_TRY(p[0] == BLOCK_IMAGE ? read_frame(gif) : read_extension(gif));
    }
}

es_status es_picture_read_gif(struct es_span data, struct es_picture_target *target,
                              struct es_error *err)
{
    struct gif gif = {.in = data, .target = target, .err = err, .transparent = -1};
    const uint8_t *p = NULL;

    ES_TRY(take(&gif, 13, &p));
    ES_TRY(es_picture_begin(target, get16(p + 6), get16(p + 8), err));
    ES_TRY(read_palette(&gif, p[10], &gif.palette));
    ES_TRY(read_blocks(&gif));
    ES_ENSURE(gif.frames >= 1, err, ES_E_FORMAT, "no frame");
    return ES_OK;
}
