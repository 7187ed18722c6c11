/* Circular seals: tables and formulae of seal-imprints.md, section 3; overlap of boxes. */
#include "imprint_layout.h"

#include <math.h>

/* SPEC seal-imprints 3.1: where the table gives a range, the value of the worked numbers. */
static const struct es_circle_style rows[] = {
    {30, 1.0, 10, 4.2, 0.6, 240, 4.8, 14, 3.6}, {38, 1.0, 12, 6.0, 0.8, 260, 6.0, 24, 4.4},
    {40, 1.2, 13, 6.5, 1.0, 260, 6.0, 24, 4.4}, {42, 1.2, 14, 6.5, 1.0, 260, 6.0, 24, 4.4},
    {45, 1.5, 15, 7.0, 1.2, 260, 6.5, 26, 4.8}, {50, 1.5, 18, 8.0, 1.3, 260, 7.0, 28, 5.6},
    {60, 1.5, 22, 9.0, 1.5, 260, 8.0, 34, 6.8},
};
#define ROW_COUNT (sizeof rows / sizeof rows[0])

static double between(double a, double b, double share)
{
    return a + (b - a) * share;
}

/* Below and above the table all lengths go with the diameter. */
static struct es_circle_style scaled(const struct es_circle_style *row, double diameter)
{
    double f = diameter / row->diameter;

    return (struct es_circle_style){.diameter = diameter,
                                    .border = row->border * f,
                                    .centre_mark = row->centre_mark * f,
                                    .text_height = row->text_height * f,
                                    .gap = row->gap * f,
                                    .arc_max_deg = row->arc_max_deg,
                                    .line_height = row->line_height * f,
                                    .line_width = row->line_width * f,
                                    .line_top = row->line_top * f};
}

struct es_circle_style es_circle_style(double diameter)
{
    const struct es_circle_style *a = rows, *b;
    double s;

    if (diameter < rows[0].diameter)
        return scaled(&rows[0], diameter);
    if (diameter >= rows[ROW_COUNT - 1].diameter)
        return scaled(&rows[ROW_COUNT - 1], diameter);
    while (diameter >= a[1].diameter)
        a++;
    b = a + 1;
    s = (diameter - a->diameter) / (b->diameter - a->diameter);
    return (struct es_circle_style){
        .diameter = diameter,
        .border = between(a->border, b->border, s),
        .centre_mark = between(a->centre_mark, b->centre_mark, s),
        .text_height = between(a->text_height, b->text_height, s),
        .gap = between(a->gap, b->gap, s),
        .arc_max_deg = between(a->arc_max_deg, b->arc_max_deg, s),
        .line_height = between(a->line_height, b->line_height, s),
        .line_width = between(a->line_width, b->line_width, s),
        .line_top = between(a->line_top, b->line_top, s),
    };
}

/* SPEC seal-imprints 3.2: few characters keep 28 degrees each, many share the arc. */
double es_ring_arc(size_t count, double arc_max_deg)
{
    double natural = count > 1 ? 28.0 * (double) (count - 1) : 0;

    return fmin(arc_max_deg, natural);
}

struct es_ring es_ring_layout(const struct es_circle_style *style, size_t count, double arc_deg,
                              double advance_em)
{
    struct es_ring ring = {.count = count, .arc_deg = count > 1 ? arc_deg : 0};
    double room;

    ring.pitch_deg = count > 1 ? arc_deg / (double) (count - 1) : 0;
    ring.r_out = style->diameter / 2 - style->border - style->gap;
    ring.r_base = ring.r_out - style->text_height;
    ring.r_mid = (ring.r_out + ring.r_base) / 2;
    room = count > 1 ? ring.pitch_deg : 28.0;
    ring.base_width = ring.r_base * room * ES_RAD_PER_DEG;
    ring.scale_x = fmin(1, 0.92 * ring.base_width / (advance_em * style->text_height));
    return ring;
}

double es_ring_angle(const struct es_ring *ring, size_t i)
{
    return -ring->arc_deg / 2 + (double) i * ring->pitch_deg;
}

/* SPEC seal-imprints 3.3. */
double es_chord_half(double radius, double border, double y_max)
{
    double r = radius - border - 0.8, square = r * r - y_max * y_max;

    return r > 0 && square > 0 ? sqrt(square) : 0;
}

/* SPEC seal-imprints 3.4: the inner radius is sin 18 / sin 54 of the outer one. */
struct es_point es_star_point(double outer_radius, unsigned i)
{
    double r = i % 2 == 0 ? outer_radius : outer_radius * 0.38196601125010515;
    double a = (double) i * 36 * ES_RAD_PER_DEG;

    return (struct es_point){r * sin(a), -r * cos(a)};
}

/* SPEC seal-imprints 3.5: the pitch is measured at half the height of the digits. */
struct es_code_ring es_code_layout(const struct es_circle_style *style, size_t count)
{
    struct es_code_ring ring = {.count = count};

    ring.r_foot = style->diameter / 2 - style->border - 0.5;
    ring.pitch_deg = ES_CODE_PITCH / (ring.r_foot - ES_CODE_HEIGHT / 2) / ES_RAD_PER_DEG;
    return ring;
}

double es_code_angle(const struct es_code_ring *ring, size_t i)
{
    return 180 + ((double) ring->count - 1) / 2 * ring->pitch_deg - (double) i * ring->pitch_deg;
}

static void project(const struct es_quad *q, struct es_point axis, double *low, double *high)
{
    *low = INFINITY;
    *high = -INFINITY;
    for (int i = 0; i < 4; i++) {
        double v = q->p[i].x * axis.x + q->p[i].y * axis.y;

        *low = fmin(*low, v);
        *high = fmax(*high, v);
    }
}

/* True when a side of a is an axis along which the boxes stand apart by gap. */
static bool side_separates(const struct es_quad *a, const struct es_quad *b, double gap)
{
    for (int i = 0; i < 4; i++) {
        struct es_point from = a->p[i], to = a->p[(i + 1) % 4];
        double len = hypot(to.x - from.x, to.y - from.y);
        struct es_point axis = {(to.y - from.y) / len, (from.x - to.x) / len};
        double a_low, a_high, b_low, b_high;

        if (!(len > 0))
            continue;
        project(a, axis, &a_low, &a_high);
        project(b, axis, &b_low, &b_high);
        if (b_low >= a_high + gap || a_low >= b_high + gap)
            return true;
    }
    return false;
}

bool es_quad_touch(const struct es_quad *a, const struct es_quad *b, double gap)
{
    return !side_separates(a, b, gap) && !side_separates(b, a, gap);
}
