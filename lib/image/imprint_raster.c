/* Coverage by cairo: the only place that knows it. One path, filled by the nonzero rule. */
#include <cairo.h>
#include <math.h>

#include "imprint_draw.h"

static double round_um(double mm)
{
    return round(mm * 1000) / 1000;
}

static void add_step(cairo_t *cr, const struct es_path_step *step)
{
    struct es_point p[3];

    for (int i = 0; i < 3; i++)
        p[i] = (struct es_point){round_um(step->p[i].x), round_um(step->p[i].y)};
    switch (step->op) {
    case ES_PATH_MOVE:
        cairo_move_to(cr, p[0].x, p[0].y);
        break;
    case ES_PATH_LINE:
        cairo_line_to(cr, p[0].x, p[0].y);
        break;
    case ES_PATH_CURVE:
        cairo_curve_to(cr, p[0].x, p[0].y, p[1].x, p[1].y, p[2].x, p[2].y);
        break;
    case ES_PATH_CLOSE:
        cairo_close_path(cr);
        break;
    }
}

static cairo_status_t fill(cairo_surface_t *surface, const struct es_path *path, double px_per_mm)
{
    cairo_t *cr = cairo_create(surface);
    size_t count = es_path_count(path);
    cairo_status_t status;

    cairo_translate(cr, cairo_image_surface_get_width(surface) / 2.0,
                    cairo_image_surface_get_height(surface) / 2.0);
    cairo_scale(cr, px_per_mm, px_per_mm);
    cairo_set_tolerance(cr, 0.05);
    cairo_set_antialias(cr, CAIRO_ANTIALIAS_BEST);
    for (size_t i = 0; i < count; i++) {
        struct es_path_step step = es_path_step(path, i);

        add_step(cr, &step);
    }
    cairo_fill(cr);
    status = cairo_status(cr);
    cairo_destroy(cr);
    cairo_surface_flush(surface);
    return status;
}

static es_status copy_rows(cairo_surface_t *surface, uint32_t width, uint32_t height, uint8_t **out,
                           struct es_error *err)
{
    const uint8_t *data = cairo_image_surface_get_data(surface);
    size_t stride = (size_t) cairo_image_surface_get_stride(surface);

    *out = malloc((size_t) width * height);
    ES_ENSURE(*out != NULL, err, ES_E_NOMEM, "no memory for %u x %u pixels", width, height);
    for (size_t y = 0; y < height; y++)
        memcpy(*out + y * width, data + y * stride, width);
    return ES_OK;
}

static es_status check_cairo(cairo_status_t status, struct es_error *err)
{
    ES_ENSURE(status != CAIRO_STATUS_NO_MEMORY, err, ES_E_NOMEM, "no memory to draw");
    ES_ENSURE(status == CAIRO_STATUS_SUCCESS, err, ES_E_INTERNAL, "drawing: %s",
              cairo_status_to_string(status));
    return ES_OK;
}

es_status es_draw_coverage(const struct es_path *path, double px_per_mm, uint32_t width_px,
                           uint32_t height_px, uint8_t **out, struct es_error *err)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, (int) width_px,
                                                          (int) height_px);
    es_status status = check_cairo(cairo_surface_status(surface), err);

    if (status == ES_OK)
        status = check_cairo(fill(surface, path, px_per_mm), err);
    if (status == ES_OK)
        status = copy_rows(surface, width_px, height_px, out, err);
    cairo_surface_destroy(surface);
    return status;
}
