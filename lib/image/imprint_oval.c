/* Characters along an ellipse: seal-imprints.md, section 4. Lengths by summing 900 chords. */
#include <math.h>

#include "imprint_layout.h"

#define STEPS 900

/* t runs from 0 at 12 o'clock, clockwise; it is no angle as seen, but x/a and y/b on a circle. */
static struct es_point at_t(double a, double b, double t)
{
    return (struct es_point){a * sin(t), -b * cos(t)};
}

/* The parameter of the point seen at angle_deg (-180 to 180) from the centre. */
static double t_of_angle(double a, double b, double angle_deg)
{
    double s = sin(angle_deg * ES_RAD_PER_DEG), c = cos(angle_deg * ES_RAD_PER_DEG);

    return atan2(s / a, c / b);
}

static double length_to(double a, double b, double t_end)
{
    double sum = 0;
    struct es_point last = at_t(a, b, 0);

    for (int i = 1; i <= STEPS; i++) {
        struct es_point p = at_t(a, b, t_end * i / STEPS);

        sum += hypot(p.x - last.x, p.y - last.y);
        last = p;
    }
    return sum;
}

/* The parameter at that length from 12 o'clock, 0 <= length <= half the ellipse. */
static double t_of_length(double a, double b, double length)
{
    double sum = 0, step = 3.141592653589793 / STEPS;
    struct es_point last = at_t(a, b, 0);

    for (int i = 1; i <= STEPS; i++) {
        struct es_point p = at_t(a, b, step * i);
        double part = hypot(p.x - last.x, p.y - last.y);

        if (sum + part >= length)
            return step * (i - 1 + (length - sum) / part);
        sum += part;
        last = p;
    }
    return 3.141592653589793;
}

/* Radius of curvature. */
static double radius_at(double a, double b, double t)
{
    double speed = hypot(a * cos(t), b * sin(t));

    return speed * speed * speed / (a * b);
}

static double t_of_char(const struct es_oval_ring *ring, size_t i)
{
    double from_top = ((double) i - ((double) ring->count - 1) / 2) * ring->pitch;
    double t = t_of_length(ring->a, ring->b, fabs(from_top));

    return from_top < 0 ? -t : t;
}

/* The narrowest room at the foot of a character decides, so that all are equally wide. */
static double least_room(const struct es_oval_ring *ring)
{
    double least = INFINITY;

    for (size_t i = 0; i < ring->count; i++) {
        double r = radius_at(ring->a, ring->b, t_of_char(ring, i));

        least = fmin(least, ring->pitch * (r - ring->height / 2) / r);
    }
    return least;
}

struct es_oval_ring es_oval_layout(double a_top, double b_top, double height, size_t count,
                                   double arc_deg, double advance_em)
{
    struct es_oval_ring ring = {.count = count,
                                .a = a_top - height / 2,
                                .b = b_top - height / 2,
                                .height = height,
                                .arc_deg = arc_deg};
    double natural = 1.17 * height, half;

    half = length_to(ring.a, ring.b, t_of_angle(ring.a, ring.b, arc_deg / 2));
    ring.pitch = count > 1 ? fmin(natural, 2 * half / (double) (count - 1)) : natural;
    ring.scale_x = fmin(1, 0.92 * least_room(&ring) / (advance_em * height));
    return ring;
}

void es_oval_place(const struct es_oval_ring *ring, size_t i, struct es_point *at,
                   double *angle_deg)
{
    double t = t_of_char(ring, i);

    *at = at_t(ring->a, ring->b, t);
    *angle_deg = atan2(sin(t) / ring->a, cos(t) / ring->b) / ES_RAD_PER_DEG;
}
