/*
 * Windows bitmaps without compression. Their pixels lie plainly in the file, so decoding is a
 * check of the sizes; a 16-bit picture is 5-5-5, masks other than the usual ones are refused.
 */
#include "picture.h"

struct bmp {
    struct es_span data;
    uint32_t header_len, bits, compression, colours;
    uint64_t offset, stride;
    uint32_t width, height;
    bool top_down;
};

static uint32_t get16(const uint8_t *p)
{
    return (uint32_t) p[0] | (uint32_t) p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
    return get16(p) | get16(p + 2) << 16;
}

static es_status read_old_header(struct bmp *bmp, struct es_error *err)
{
    const uint8_t *p = bmp->data.ptr;

    ES_ENSURE(bmp->data.len >= 26, err, ES_E_FORMAT, "ends inside the header");
    bmp->width = get16(p + 18);
    bmp->height = get16(p + 20);
    bmp->bits = get16(p + 24);
    return ES_OK;
}

static es_status read_info_header(struct bmp *bmp, struct es_error *err)
{
    const uint8_t *p = bmp->data.ptr;

    ES_ENSURE(bmp->data.len >= 54, err, ES_E_FORMAT, "ends inside the header");
    ES_ENSURE(get32(p + 18) <= INT32_MAX && get32(p + 22) != 0x80000000u, err, ES_E_FORMAT,
              "negative width or height");
    bmp->width = get32(p + 18);
    bmp->top_down = get32(p + 22) > INT32_MAX;
    bmp->height = bmp->top_down ? 0 - get32(p + 22) : get32(p + 22);
    bmp->bits = get16(p + 28);
    bmp->compression = get32(p + 30);
    bmp->colours = get32(p + 46);
    return ES_OK;
}

/* Three masks behind (or inside) the header: only eight bits a colour in the usual order. */
static es_status check_masks(const struct bmp *bmp, struct es_error *err)
{
    const uint8_t *p = bmp->data.ptr + 54;

    if (bmp->compression == 0)
        return ES_OK;
    ES_ENSURE(bmp->compression == 3 && bmp->bits == 32 && bmp->data.len >= 66, err, ES_E_FORMAT,
              "compression %u is not read", bmp->compression);
    ES_ENSURE(get32(p) == 0xff0000 && get32(p + 4) == 0xff00 && get32(p + 8) == 0xff, err,
              ES_E_FORMAT, "unusual colour masks");
    return ES_OK;
}

static bool bits_known(uint32_t bits)
{
    return bits == 1 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32;
}

static es_status check_extent(struct bmp *bmp, struct es_error *err)
{
    uint64_t need;

    bmp->offset = get32(bmp->data.ptr + 10);
    bmp->stride = ((uint64_t) bmp->width * bmp->bits + 31) / 32 * 4;
    need = bmp->stride * bmp->height;
    ES_ENSURE(bmp->offset >= 14 + (uint64_t) bmp->header_len && bmp->offset <= bmp->data.len &&
                  bmp->data.len - bmp->offset >= need,
              err, ES_E_FORMAT, "pixels of %llu bytes at %llu lie outside the file of %zu",
              (unsigned long long) need, (unsigned long long) bmp->offset, bmp->data.len);
    return ES_OK;
}

/* Bytes of a palette entry: blue, green, red (and one unused); black when it lies outside. */
static void put_palette(const struct bmp *bmp, uint32_t index, uint8_t *out)
{
    size_t entry = bmp->header_len == 12 ? 3 : 4;
    size_t at = 14 + bmp->header_len + index * entry;

    if (at + 3 > bmp->offset)
        return;
    out[0] = bmp->data.ptr[at + 2];
    out[1] = bmp->data.ptr[at + 1];
    out[2] = bmp->data.ptr[at];
}

static void put_pixel(const struct bmp *bmp, const uint8_t *row, uint32_t x, uint8_t *out)
{
    const uint8_t *p = row + (size_t) x * bmp->bits / 8;

    out[3] = 0xff;
    if (bmp->bits <= 8) {
        uint32_t shift = 8 - bmp->bits - (x * bmp->bits) % 8;

        put_palette(bmp, (uint32_t) (p[0] >> shift) & ((1u << bmp->bits) - 1), out);
    } else if (bmp->bits == 16) {
        for (int i = 0; i < 3; i++)
            out[i] = (uint8_t) ((get16(p) >> (10 - 5 * i) & 31) * 255 / 31);
    } else {
        out[0] = p[2];
        out[1] = p[1];
        out[2] = p[0];
    }
}

static void keep_pixels(const struct bmp *bmp, struct es_raster *raster)
{
    for (uint32_t y = 0; y < bmp->height; y++) {
        uint32_t from = bmp->top_down ? y : bmp->height - 1 - y;
        const uint8_t *row = bmp->data.ptr + bmp->offset + bmp->stride * from;

        for (uint32_t x = 0; x < bmp->width; x++)
            put_pixel(bmp, row, x, raster->rgba + ((size_t) y * bmp->width + x) * 4);
    }
}

es_status es_picture_read_bmp(struct es_span data, struct es_picture_target *target,
                              struct es_error *err)
{
    struct bmp bmp = {.data = data};

    ES_ENSURE(data.len >= 18, err, ES_E_FORMAT, "ends inside the header");
    bmp.header_len = get32(data.ptr + 14);
    ES_ENSURE(bmp.header_len == 12 || (bmp.header_len >= 40 && bmp.header_len <= 124), err,
              ES_E_FORMAT, "header of %u bytes", bmp.header_len);
    ES_TRY(bmp.header_len == 12 ? read_old_header(&bmp, err) : read_info_header(&bmp, err));
    ES_ENSURE(bits_known(bmp.bits), err, ES_E_FORMAT, "%u bits a pixel", bmp.bits);
    ES_TRY(check_masks(&bmp, err));
    ES_TRY(es_picture_begin(target, bmp.width, bmp.height, err));
    ES_TRY(check_extent(&bmp, err));
    if (target->raster != NULL)
        keep_pixels(&bmp, target->raster);
    return ES_OK;
}
