/* A drawing as SVG: two paths in millimetres, numbers written without the locale. */
#include <math.h>

#include "imprint_draw.h"

static void put_mm(struct es_buf *out, double mm)
{
    long um = lround(mm * 1000);
    unsigned long size = um < 0 ? 0 - (unsigned long) um : (unsigned long) um;
    char text[32];
    int len = snprintf(text, sizeof text, "%s%lu.%03lu", um < 0 ? "-" : "", size / 1000,
                       size % 1000);

    while (text[len - 1] == '0')
        len--;
    if (text[len - 1] == '.')
        len--;
    es_buf_put(out, text, (size_t) len);
}

static void put_point(struct es_buf *out, struct es_point p, const struct es_drawing *d)
{
    put_mm(out, p.x + d->width_mm / 2);
    es_buf_put_byte(out, ' ');
    put_mm(out, p.y + d->height_mm / 2);
}

static void put_step(struct es_buf *out, const struct es_path_step *step,
                     const struct es_drawing *d)
{
    static const char letters[] = {
        [ES_PATH_MOVE] = 'M', [ES_PATH_LINE] = 'L', [ES_PATH_CURVE] = 'C', [ES_PATH_CLOSE] = 'Z'};
    static const int points[] = {
        [ES_PATH_MOVE] = 1, [ES_PATH_LINE] = 1, [ES_PATH_CURVE] = 3, [ES_PATH_CLOSE] = 0};

    es_buf_put_byte(out, (uint8_t) letters[step->op]);
    for (int i = 0; i < points[step->op]; i++) {
        if (i > 0)
            es_buf_put_byte(out, ' ');
        put_point(out, step->p[i], d);
    }
}

static void put_path(struct es_buf *out, const struct es_path *path, uint32_t colour,
                     unsigned opacity_percent, const struct es_drawing *d)
{
    size_t count = es_path_count(path);

    if (count == 0)
        return;
    es_buf_printf(out, "<path fill=\"#%06x\"", colour);
    if (opacity_percent < 100)
        es_buf_printf(out, " fill-opacity=\"0.%02u\"", opacity_percent);
    es_buf_put_str(out, " d=\"");
    for (size_t i = 0; i < count; i++) {
        struct es_path_step step = es_path_step(path, i);

        put_step(out, &step, d);
    }
    es_buf_put_str(out, "\"/>\n");
}

static void put_mark(struct es_buf *out, const struct es_drawing *d)
{
    put_path(out, &d->mark, ES_MARK_COLOUR, ES_MARK_OPACITY_PERCENT, d);
}

es_status es_imprint_svg(const struct es_imprint *imprint, struct es_buf *out, struct es_error *err)
{
    ES_AUTO(es_drawing) d = {0};
    size_t before = out->len;

    ES_TRY(es_compose(imprint, &d, err));
    es_buf_printf(out,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%umm\" height=\"%umm\" "
                  "viewBox=\"0 0 %u %u\">\n",
                  imprint->width_mm, imprint->height_mm, imprint->width_mm, imprint->height_mm);
    if (!d.mark_over)
        put_mark(out, &d);
    put_path(out, &d.ink, d.colour, 100, &d);
    if (d.mark_over)
        put_mark(out, &d);
    es_buf_put_str(out, "</svg>\n");
    if (out->failed != ES_OK)
        out->len = before;
    return es_buf_check(out, err);
}
