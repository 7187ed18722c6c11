/*
 * A drawing as indexed PNG: 64 levels of ink, and with the mark 4 levels of grey below or above
 * each of them. Without the mark every colour of the palette is the ink's, only alpha differs.
 */
#include <math.h>

#include "imprint_draw.h"

#define DPI_DEFAULT 600
#define DPI_MIN 72
#define DPI_MAX 2400
#define INK_LEVELS 64
#define MARK_LEVELS 4

struct layer {
    double red, green, blue, alpha;
};

static struct layer layer_of(uint32_t colour, double alpha)
{
    return (struct layer){colour >> 16 & 255, colour >> 8 & 255, colour & 255, alpha};
}

/* Porter and Duff's "over", not premultiplied. */
static void put_over(const struct layer *top, const struct layer *below, uint8_t rgba[4])
{
    double rest = below->alpha * (1 - top->alpha), alpha = top->alpha + rest;
    const struct layer *base = top->alpha > 0 || rest <= 0 ? top : below;

    if (top->alpha > 0 && rest > 0) {
        rgba[0] = (uint8_t) lround((top->red * top->alpha + below->red * rest) / alpha);
        rgba[1] = (uint8_t) lround((top->green * top->alpha + below->green * rest) / alpha);
        rgba[2] = (uint8_t) lround((top->blue * top->alpha + below->blue * rest) / alpha);
    } else {
        rgba[0] = (uint8_t) base->red;
        rgba[1] = (uint8_t) base->green;
        rgba[2] = (uint8_t) base->blue;
    }
    rgba[3] = (uint8_t) lround(alpha * 255);
}

static void fill_palette(const struct es_drawing *d, bool marked, struct es_indexed *image)
{
    unsigned marks = marked ? MARK_LEVELS : 1;

    image->colours = marks * INK_LEVELS;
    for (unsigned i = 0; i < image->colours; i++) {
        struct layer ink = layer_of(d->colour, (double) (i % INK_LEVELS) / (INK_LEVELS - 1));
        struct layer mark = layer_of(ES_MARK_COLOUR, (double) (i / INK_LEVELS) / (MARK_LEVELS - 1) *
                                                         ES_MARK_OPACITY_PERCENT / 100);

        if (d->mark_over && mark.alpha > 0)
            put_over(&mark, &ink, image->rgba[i]);
        else
            put_over(&ink, &mark, image->rgba[i]);
    }
}

static unsigned level_of(uint8_t coverage, unsigned levels)
{
    return ((unsigned) coverage * (levels - 1) + 127) / 255;
}

/* Coverages become palette indices in place of the ink's. */
static void make_indices(uint8_t *ink, const uint8_t *mark, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned m = mark == NULL ? 0 : level_of(mark[i], MARK_LEVELS);

        ink[i] = (uint8_t) (m * INK_LEVELS + level_of(ink[i], INK_LEVELS));
    }
}

static es_status draw_layers(const struct es_drawing *d, double px_per_mm, bool marked,
                             const struct es_indexed *image, uint8_t **ink, struct es_error *err)
{
    uint8_t *mark = NULL;

    ES_TRY(es_draw_coverage(&d->ink, px_per_mm, image->width, image->height, ink, err));
    if (marked)
        ES_TRY(es_draw_coverage(&d->mark, px_per_mm, image->width, image->height, &mark, err));
    make_indices(*ink, mark, (size_t) image->width * image->height);
    free(mark);
    return ES_OK;
}

static es_status draw_png(const struct es_drawing *d, uint32_t dpi, struct es_buf *out,
                          struct es_error *err)
{
    double px_per_mm = dpi / 25.4;
    struct es_indexed image = {.width = (uint32_t) lround(d->width_mm * px_per_mm),
                               .height = (uint32_t) lround(d->height_mm * px_per_mm),
                               .pixels_per_metre = (uint32_t) lround(dpi / 0.0254)};
    bool marked = es_path_count(&d->mark) > 0;
    uint8_t *ink = NULL;
    es_status status = draw_layers(d, px_per_mm, marked, &image, &ink, err);

    if (status == ES_OK) {
        fill_palette(d, marked, &image);
        image.index = ink;
        status = es_png_write(&image, out, err);
    }
    free(ink);
    return status;
}

es_status es_imprint_png(const struct es_imprint *imprint, struct es_buf *out, struct es_error *err)
{
    ES_AUTO(es_drawing) d = {0};
    uint32_t dpi = imprint->dpi != 0 ? imprint->dpi : DPI_DEFAULT;

    ES_ENSURE(dpi >= DPI_MIN && dpi <= DPI_MAX, err, ES_E_RANGE, "%u dpi, allowed are %d to %d",
              dpi, DPI_MIN, DPI_MAX);
    ES_TRY(es_compose(imprint, &d, err));
    return draw_png(&d, dpi, out, err);
}
