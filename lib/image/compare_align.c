/*
 * Best position of one ink map on another: every half degree and hundredth of scale at a coarse
 * resolution, then steps that get smaller at finer ones. The measure is normalised
 * cross-correlation, 1 for equal maps.
 */
#include <math.h>

#include "compare.h"

#define ROTATION_MAX_DEG 3.0
#define SCALE_MAX 0.02
#define SHIFT_MAX_MM 1.0
#define RAD_PER_DEG 0.017453292519943295

/* Steps on b for one pixel to the right and one down on a. */
struct walk {
    double x0, y0, xx, xy, yx, yy;
};

static struct walk walk_of(const struct es_ink *a, const struct es_ink *b,
                           const struct es_alignment *t, double scale)
{
    double c = cos(t->rotation_deg * RAD_PER_DEG) * scale;
    double s = sin(t->rotation_deg * RAD_PER_DEG) * scale;
    double dx = 0.5 - a->centre_x, dy = 0.5 - a->centre_y;

    return (struct walk){.x0 = b->centre_x + t->shift_x_mm * b->px_per_mm + c * dx - s * dy,
                         .y0 = b->centre_y + t->shift_y_mm * b->px_per_mm + s * dx + c * dy,
                         .xx = c,
                         .xy = -s,
                         .yx = s,
                         .yy = c};
}

static double correlate(const struct es_ink *a, const struct es_ink *b,
                        const struct es_alignment *t)
{
    struct walk w = walk_of(a, b, t, t->scale);
    double sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0, n = (double) a->width * a->height;

    for (uint32_t y = 0; y < a->height; y++) {
        const float *row = a->at + (size_t) y * a->width;
        double bx = w.x0 + w.xy * y, by = w.y0 + w.yy * y;

        for (uint32_t x = 0; x < a->width; x++, bx += w.xx, by += w.yx) {
            double va = row[x], vb = es_ink_sample(b, bx, by);

            sa += va;
            sb += vb;
            saa += va * va;
            sbb += vb * vb;
            sab += va * vb;
        }
    }
    saa -= sa * sa / n;
    sbb -= sb * sb / n;
    return saa > 0 && sbb > 0 ? (sab - sa * sb / n) / sqrt(saa * sbb) : 0;
}

static bool allowed(const struct es_alignment *t)
{
    return fabs(t->rotation_deg) <= ROTATION_MAX_DEG + 1e-9 &&
           fabs(t->scale - 1) <= SCALE_MAX + 1e-9 && fabs(t->shift_x_mm) <= SHIFT_MAX_MM &&
           fabs(t->shift_y_mm) <= SHIFT_MAX_MM;
}

static struct es_alignment search_grid(const struct es_ink *a, const struct es_ink *b)
{
    struct es_alignment best = {.scale = 1, .correlation = -1};

    for (int r = -6; r <= 6; r++) {
        for (int s = -2; s <= 2; s++) {
            struct es_alignment t = {.rotation_deg = r * 0.5, .scale = 1 + s * 0.01};

            t.correlation = correlate(a, b, &t);
            if (t.correlation > best.correlation)
                best = t;
        }
    }
    return best;
}

/* One step along each of the four parameters, both ways; true when one was better. */
static bool improve(const struct es_ink *a, const struct es_ink *b, double step,
                    struct es_alignment *best)
{
    const struct es_alignment steps[4] = {{.rotation_deg = 0.25 * step},
                                          {.scale = 0.005 * step},
                                          {.shift_x_mm = 0.1 * step},
                                          {.shift_y_mm = 0.1 * step}};
    bool better = false;

    for (int i = 0; i < 8; i++) {
        const struct es_alignment *d = &steps[i / 2];
        double sign = i % 2 == 0 ? 1 : -1;
        struct es_alignment t = {.rotation_deg = best->rotation_deg + sign * d->rotation_deg,
                                 .scale = best->scale + sign * d->scale,
                                 .shift_x_mm = best->shift_x_mm + sign * d->shift_x_mm,
                                 .shift_y_mm = best->shift_y_mm + sign * d->shift_y_mm};

        if (!allowed(&t))
            continue;
        t.correlation = correlate(a, b, &t);
        if (t.correlation > best->correlation + 1e-7) {
            *best = t;
            better = true;
        }
    }
    return better;
}

/* At most `turns` rounds at each step, halving from `from` down to `to`. */
static void climb(const struct es_ink *a, const struct es_ink *b, double from, double to, int turns,
                  struct es_alignment *best)
{
    best->correlation = correlate(a, b, best);
    for (double step = from; step >= to; step /= 2) {
        for (int i = 0; i < turns && improve(a, b, step, best); i++)
            continue;
    }
}

es_status es_ink_align(const struct es_ink *a, const struct es_ink *b, struct es_alignment *out,
                       struct es_error *err)
{
    ES_AUTO(es_ink) a_half = {0};
    ES_AUTO(es_ink) b_half = {0};
    ES_AUTO(es_ink) a_quarter = {0};
    ES_AUTO(es_ink) b_quarter = {0};

    ES_TRY(es_ink_halve(a, &a_half, err));
    ES_TRY(es_ink_halve(b, &b_half, err));
    ES_TRY(es_ink_halve(&a_half, &a_quarter, err));
    ES_TRY(es_ink_halve(&b_half, &b_quarter, err));
    *out = search_grid(&a_quarter, &b_quarter);
    climb(&a_quarter, &b_quarter, 1, 0.25, 6, out);
    climb(&a_half, &b_half, 0.5, 0.125, 2, out);
    out->correlation = correlate(a, b, out);
    return ES_OK;
}

es_status es_ink_move(const struct es_ink *a, const struct es_ink *b,
                      const struct es_alignment *alignment, bool scaled, struct es_ink *out,
                      struct es_error *err)
{
    struct walk w = walk_of(a, b, alignment, scaled ? alignment->scale : 1);

    ES_TRY(es_ink_alloc(out, a->width, a->height, a->px_per_mm, err));
    out->centre_x = a->centre_x;
    out->centre_y = a->centre_y;
    for (uint32_t y = 0; y < out->height; y++) {
        double bx = w.x0 + w.xy * y, by = w.y0 + w.yy * y;

        for (uint32_t x = 0; x < out->width; x++, bx += w.xx, by += w.yx)
            out->at[(size_t) y * out->width + x] = es_ink_sample(b, bx, by);
    }
    return ES_OK;
}
