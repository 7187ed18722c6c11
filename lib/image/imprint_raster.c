/*
 * Coverage by FreeType's smooth rasteriser: exact areas, the nonzero rule, no memory of its own.
 * (cairo gives the same picture, but jumps into nowhere when memory runs out.) Coordinates are
 * whole micrometres first, as in the SVG, then 64ths of a pixel.
 */
#include "imprint_ft.h"

#include FT_OUTLINE_H

#include <math.h>

#include "imprint_draw.h"

#define POINTS_MAX 32767 /* FreeType counts them in a short */

/* An outline being filled; the arrays are allocated for its step count. */
struct figure {
    FT_Outline outline;
    double px_per_mm, middle_x, middle_y;
};

static void figure_clear(struct figure *f)
{
    free(f->outline.points);
    free(f->outline.tags);
    free(f->outline.contours);
}

static es_status figure_alloc(struct figure *f, size_t steps, struct es_error *err)
{
    f->outline.points = calloc(steps * 3 + 1, sizeof *f->outline.points);
    f->outline.tags = calloc(steps * 3 + 1, sizeof *f->outline.tags);
    f->outline.contours = calloc(steps + 1, sizeof *f->outline.contours);
    ES_ENSURE(f->outline.points != NULL && f->outline.tags != NULL && f->outline.contours != NULL,
              err, ES_E_NOMEM, "no memory to draw");
    return ES_OK;
}

static FT_Pos to_64ths(double mm, double px_per_mm, double middle)
{
    return lround((round(mm * 1000) / 1000 * px_per_mm + middle) * 64);
}

static void add_point(struct figure *f, struct es_point p, char tag)
{
    FT_Vector v = {to_64ths(p.x, f->px_per_mm, f->middle_x),
                   to_64ths(-p.y, f->px_per_mm, f->middle_y)};

    f->outline.points[f->outline.n_points] = v;
    f->outline.tags[f->outline.n_points] = tag;
    f->outline.n_points++;
}

static void add_step(struct figure *f, const struct es_path_step *step)
{
    switch (step->op) {
    case ES_PATH_MOVE:
    case ES_PATH_LINE:
        add_point(f, step->p[0], FT_CURVE_TAG_ON);
        break;
    case ES_PATH_CURVE:
        add_point(f, step->p[0], FT_CURVE_TAG_CUBIC);
        add_point(f, step->p[1], FT_CURVE_TAG_CUBIC);
        add_point(f, step->p[2], FT_CURVE_TAG_ON);
        break;
    case ES_PATH_CLOSE:
        f->outline.contours[f->outline.n_contours++] = (short) (f->outline.n_points - 1);
        break;
    }
}

static es_status fill_figure(struct figure *f, const struct es_path *path, struct es_error *err)
{
    size_t count = es_path_count(path);

    ES_ENSURE(count <= POINTS_MAX / 3, err, ES_E_LIMIT, "drawing of %zu steps, at most %d", count,
              POINTS_MAX / 3);
    ES_TRY(figure_alloc(f, count, err));
    for (size_t i = 0; i < count; i++) {
        struct es_path_step step = es_path_step(path, i);

        add_step(f, &step);
    }
    return ES_OK;
}

static es_status render(struct figure *f, uint32_t width, uint32_t height, uint8_t *out,
                        struct es_error *err)
{
    ES_AUTO(es_ft) ft = {.library = NULL};
    FT_Bitmap bitmap = {.rows = height,
                        .width = width,
                        .pitch = (int) width,
                        .buffer = out,
                        .num_grays = 256,
                        .pixel_mode = FT_PIXEL_MODE_GRAY};

    ES_TRY(es_ft_init(&ft, err));
    if (FT_Outline_Get_Bitmap(ft.library, &f->outline, &bitmap) != 0)
        return es_ft_failed(&ft, ES_E_INTERNAL, "drawing the outlines", err);
    return ES_OK;
}

es_status es_draw_coverage(const struct es_path *path, double px_per_mm, uint32_t width_px,
                           uint32_t height_px, uint8_t **out, struct es_error *err)
{
    ES_AUTO(figure)
    f = {.px_per_mm = px_per_mm, .middle_x = width_px / 2.0, .middle_y = height_px / 2.0};

    ES_TRY(fill_figure(&f, path, err));
    *out = calloc((size_t) width_px, height_px);
    ES_ENSURE(*out != NULL, err, ES_E_NOMEM, "no memory for %u x %u pixels", width_px, height_px);
    return render(&f, width_px, height_px, *out, err);
}
