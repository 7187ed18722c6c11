/*
 * Pictures to ink maps. Ink is what is red: dark in green and blue, and at least half as red as
 * dark, so that grey (a watermark, a shadow, text below) is no ink. A picture without any red
 * is taken by its darkness.
 */
#include <math.h>

#include "compare.h"
#include "picture.h"

void es_ink_clear(struct es_ink *ink)
{
    free(ink->at);
    *ink = (struct es_ink){0};
}

es_status es_ink_alloc(struct es_ink *ink, uint32_t width, uint32_t height, double px_per_mm,
                       struct es_error *err)
{
    *ink = (struct es_ink){.width = width, .height = height, .px_per_mm = px_per_mm};
    ink->at = calloc((size_t) width * height, sizeof *ink->at);
    ES_ENSURE(ink->at != NULL, err, ES_E_NOMEM, "no memory for %u x %u pixels", width, height);
    return ES_OK;
}

static float pixel(const struct es_ink *ink, int64_t x, int64_t y)
{
    if (x < 0 || y < 0 || x >= (int64_t) ink->width || y >= (int64_t) ink->height)
        return 0;
    return ink->at[(size_t) y * ink->width + (size_t) x];
}

float es_ink_sample(const struct es_ink *ink, double x, double y)
{
    double left = floor(x - 0.5), top = floor(y - 0.5);
    float fx = (float) (x - 0.5 - left), fy = (float) (y - 0.5 - top);
    int64_t ix = (int64_t) left, iy = (int64_t) top;
    const float *p = ink->at + iy * (int64_t) ink->width + ix;
    float above, below;

    if (ix < 0 || iy < 0 || ix + 1 >= (int64_t) ink->width || iy + 1 >= (int64_t) ink->height) {
        above = pixel(ink, ix, iy) * (1 - fx) + pixel(ink, ix + 1, iy) * fx;
        below = pixel(ink, ix, iy + 1) * (1 - fx) + pixel(ink, ix + 1, iy + 1) * fx;
    } else {
        above = p[0] * (1 - fx) + p[1] * fx;
        below = p[ink->width] * (1 - fx) + p[ink->width + 1] * fx;
    }
    return above * (1 - fy) + below * fy;
}

/* A pixel on white paper. */
static void on_paper(const uint8_t *rgba, int out[3])
{
    for (int i = 0; i < 3; i++)
        out[i] = (rgba[i] * rgba[3] + 255 * (255 - rgba[3]) + 127) / 255;
}

static int red_ink(const int rgb[3])
{
    int redness = rgb[0] - (rgb[1] + rgb[2]) / 2;
    int dark = 255 - (rgb[1] + rgb[2]) / 2;

    if (redness <= 0)
        return 0;
    return dark < 2 * redness ? dark : 2 * redness;
}

static int dark_ink(const int rgb[3])
{
    return 255 - (299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2]) / 1000;
}

/* True when the red in the picture is worth a twentieth of its darkness. */
static bool is_red(const struct es_raster *raster)
{
    uint64_t red = 0, dark = 0;
    size_t count = (size_t) raster->width * raster->height;

    for (size_t i = 0; i < count; i++) {
        int rgb[3];

        on_paper(raster->rgba + i * 4, rgb);
        red += (uint64_t) red_ink(rgb);
        dark += (uint64_t) dark_ink(rgb);
    }
    return red * 20 >= dark;
}

/* The raster becomes one byte of ink a pixel, in place: pixel i is read before byte i is set. */
static void reduce_to_ink(struct es_raster *raster)
{
    bool red = is_red(raster);
    size_t count = (size_t) raster->width * raster->height;

    for (size_t i = 0; i < count; i++) {
        int rgb[3];

        on_paper(raster->rgba + i * 4, rgb);
        raster->rgba[i] = (uint8_t) (red ? red_ink(rgb) : dark_ink(rgb));
    }
}

/* Weighted mean over the source pixels from..to (fractions count) of one row or column. */
struct window {
    uint32_t first, last;
    double from, to;
};

static struct window window_at(uint32_t i, uint32_t out_count, uint32_t in_count)
{
    double ratio = (double) in_count / out_count, middle = (i + 0.5) * ratio;
    double half = fmax(1, ratio) / 2;
    struct window w = {.from = fmax(0, middle - half), .to = fmin(in_count, middle + half)};

    w.first = (uint32_t) w.from;
    w.last = (uint32_t) fmin(in_count - 1, ceil(w.to) - 1);
    return w;
}

static double weight(const struct window *w, uint32_t k)
{
    return fmin(w->to, k + 1.0) - fmax(w->from, k);
}

static double mean_at(const struct es_raster *raster, const struct window *wx,
                      const struct window *wy)
{
    double sum = 0;

    for (uint32_t y = wy->first; y <= wy->last; y++) {
        const uint8_t *row = raster->rgba + (size_t) y * raster->width;
        double line = 0;

        for (uint32_t x = wx->first; x <= wx->last; x++)
            line += row[x] * weight(wx, x);
        sum += line * weight(wy, y);
    }
    return sum / ((wx->to - wx->from) * (wy->to - wy->from) * 255);
}

static void resample(const struct es_raster *raster, struct es_ink *ink)
{
    for (uint32_t y = 0; y < ink->height; y++) {
        struct window wy = window_at(y, ink->height, raster->height);

        for (uint32_t x = 0; x < ink->width; x++) {
            struct window wx = window_at(x, ink->width, raster->width);

            ink->at[(size_t) y * ink->width + x] = (float) mean_at(raster, &wx, &wy);
        }
    }
}

/* Full ink is what the darkest tenth of the inked pixels have. */
static es_status normalise(struct es_ink *ink, struct es_error *err)
{
    size_t bins[256] = {0}, count = (size_t) ink->width * ink->height, inked = 0, above = 0;
    int level = 255;

    for (size_t i = 0; i < count; i++) {
        bins[(int) (ink->at[i] * 255)]++;
        inked += ink->at[i] >= 0.15f;
    }
    ES_ENSURE(inked >= 20, err, ES_E_FORMAT, "picture shows no ink");
    while (level > 38 && (above += bins[level]) * 10 < inked)
        level--;
    for (size_t i = 0; i < count; i++) {
        float v = ink->at[i] * 255 / (float) level;

        ink->at[i] = v > 1 ? 1 : (v < 0.1f ? 0 : v);
    }
    return ES_OK;
}

/* First and last line (row or column) with at least three pixels of ink. */
static void extent(const struct es_ink *ink, bool rows, uint32_t *first, uint32_t *last)
{
    uint32_t lines = rows ? ink->height : ink->width, others = rows ? ink->width : ink->height;

    *first = lines;
    *last = 0;
    for (uint32_t i = 0; i < lines; i++) {
        unsigned inked = 0;

        for (uint32_t k = 0; k < others; k++)
            inked += ink->at[rows ? (size_t) i * ink->width + k : (size_t) k * ink->width + i] >=
                     0.5f;
        if (inked < 3)
            continue;
        *first = *first == lines ? i : *first;
        *last = i;
    }
}

static es_status find_centre(struct es_ink *ink, struct es_error *err)
{
    uint32_t left, right, top, bottom;

    extent(ink, false, &left, &right);
    extent(ink, true, &top, &bottom);
    ES_ENSURE(left < right && top < bottom, err, ES_E_FORMAT, "picture shows no ink");
    ink->centre_x = (left + right + 1) / 2.0;
    ink->centre_y = (top + bottom + 1) / 2.0;
    return ES_OK;
}

es_status es_ink_read(struct es_span picture, uint32_t width_mm, uint32_t height_mm,
                      struct es_ink *out, struct es_error *err)
{
    ES_AUTO(es_raster) raster = {0};
    struct es_picture_target target = {.raster = &raster};
    enum es_picture_kind kind = es_picture_sniff(picture);

    ES_ENSURE(width_mm >= 1 && width_mm <= ES_INK_SIDE_MAX_MM && height_mm >= 1 &&
                  height_mm <= ES_INK_SIDE_MAX_MM,
              err, ES_E_RANGE, "imprint of %u x %u mm, allowed are 1 to %d", width_mm, height_mm,
              ES_INK_SIDE_MAX_MM);
    ES_ENSURE(kind != ES_PICTURE_SVG && kind != ES_PICTURE_OFD && kind != ES_PICTURE_TIFF, err,
              ES_E_UNSUPPORTED, "%s is not compared, only PNG, JPEG, GIF and BMP are",
              es_picture_kind_name(kind));
    ES_TRY(es_picture_read(picture, &target, err));
    reduce_to_ink(&raster);
    ES_TRY(es_ink_alloc(out, width_mm * ES_INK_PX_PER_MM, height_mm * ES_INK_PX_PER_MM,
                        ES_INK_PX_PER_MM, err));
    resample(&raster, out);
    ES_TRY(normalise(out, err));
    return find_centre(out, err);
}

es_status es_ink_halve(const struct es_ink *ink, struct es_ink *out, struct es_error *err)
{
    ES_TRY(es_ink_alloc(out, ink->width / 2, ink->height / 2, ink->px_per_mm / 2, err));
    out->centre_x = ink->centre_x / 2;
    out->centre_y = ink->centre_y / 2;
    for (uint32_t y = 0; y < out->height; y++) {
        const float *p = ink->at + (size_t) y * 2 * ink->width;

        for (uint32_t x = 0; x < out->width; x++, p += 2)
            out->at[(size_t) y * out->width + x] =
                (p[0] + p[1] + p[ink->width] + p[ink->width + 1]) / 4;
    }
    return ES_OK;
}
