/*
 * Measures of an ink map: the box around it, the thickness of its outermost line, a solid mark
 * around the middle.
 */
#include <math.h>

#include "compare.h"

#define INKED 0.5f
#define RAYS_EACH 25 /* on each of the four axes, half a degree apart */
#define RAY_STEP 0.25
#define MARK_AREA_MIN_MM2 6.0
#define MARK_SOLID_MIN 0.3 /* of the circle around it; a star has 0.357, a character less */

/* Outer edge between the pixels: where a row or column sum of the ink begins and ends. */
static double outer_mm(const struct es_ink *ink)
{
    double left = ink->width, right = 0;

    for (uint32_t y = 0; y < ink->height; y++) {
        const float *row = ink->at + (size_t) y * ink->width;
        uint32_t first = 0, last = ink->width;

        while (first < ink->width && row[first] < INKED)
            first++;
        if (first == ink->width)
            continue;
        while (row[last - 1] < INKED)
            last--;
        left = fmin(left, first + 1.0 - row[first]);
        right = fmax(right, last - 1.0 + row[last - 1]);
    }
    return right > left ? (right - left) / ink->px_per_mm : 0;
}

/* Ink along a ray from outside to the middle, from its first ink to the first gap. */
static double ray_mm(const struct es_ink *ink, double angle_deg)
{
    double s = sin(angle_deg * 0.017453292519943295), c = cos(angle_deg * 0.017453292519943295);
    double sum = 0;
    bool inside = false;

    for (double r = hypot(ink->width, ink->height) / 2; r > 0; r -= RAY_STEP) {
        float v = es_ink_sample(ink, ink->centre_x + r * s, ink->centre_y - r * c);

        if (!inside && v < 0.02f)
            continue;
        sum += v * RAY_STEP;
        if (v >= INKED)
            inside = true;
        else if (inside && v < 0.2f)
            break;
    }
    return sum / ink->px_per_mm;
}

static int compare_doubles(const void *a, const void *b)
{
    double x, y;

    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static double border_mm(const struct es_ink *ink)
{
    double width[4 * RAYS_EACH];
    size_t count = 0;

    for (int axis = 0; axis < 4; axis++) {
        for (int i = 0; i < RAYS_EACH; i++)
            width[count++] = ray_mm(ink, axis * 90 + (i - RAYS_EACH / 2) * 0.5);
    }
    qsort(width, count, sizeof width[0], compare_doubles);
    return width[count / 2];
}

/* A connected piece of ink; its pixels are the first `count` entries of the work list. */
struct piece {
    size_t count;
    double x, y; /* mean */
};

struct fill {
    const struct es_ink *ink;
    uint8_t *seen;
    uint32_t *list;
};

static void visit(struct fill *f, struct piece *piece, size_t at)
{
    if (f->seen[at] != 0 || f->ink->at[at] < INKED)
        return;
    f->seen[at] = 1;
    f->list[piece->count++] = (uint32_t) at;
}

static struct piece fill_piece(struct fill *f, size_t start)
{
    struct piece piece = {0};
    size_t width = f->ink->width, height = f->ink->height;

    visit(f, &piece, start);
    for (size_t i = 0; i < piece.count; i++) {
        /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): an ink has pixels */
        size_t at = f->list[i], x = at % width, y = at / width;

        piece.x += (double) x + 0.5;
        piece.y += (double) y + 0.5;
        if (x > 0)
            visit(f, &piece, at - 1);
        if (x + 1 < width)
            visit(f, &piece, at + 1);
        if (y > 0)
            visit(f, &piece, at - width);
        if (y + 1 < height)
            visit(f, &piece, at + width);
    }
    if (piece.count > 0) {
        piece.x /= (double) piece.count;
        piece.y /= (double) piece.count;
    }
    return piece;
}

/* Diameter of the circle around a piece if it is a solid mark near the middle, else 0. */
static double mark_mm(const struct fill *f, const struct piece *piece)
{
    const struct es_ink *ink = f->ink;
    double px = ink->px_per_mm, radius = 0;
    double off = hypot(piece->x - ink->centre_x, piece->y - ink->centre_y);

    if ((double) piece->count < MARK_AREA_MIN_MM2 * px * px || off > 0.15 * ink->width)
        return 0;
    for (size_t i = 0; i < piece->count; i++) {
        /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): an ink has pixels */
        double x = f->list[i] % ink->width + 0.5, y = (double) (f->list[i] / ink->width) + 0.5;

        radius = fmax(radius, hypot(x - piece->x, y - piece->y));
    }
    if ((double) piece->count < MARK_SOLID_MIN * 3.141592653589793 * radius * radius ||
        radius > 0.4 * ink->width)
        return 0;
    return 2 * radius / px;
}

static double centre_mm(struct fill *f)
{
    size_t count = (size_t) f->ink->width * f->ink->height;
    double best = 0;

    for (size_t at = 0; at < count; at++) {
        struct piece piece = fill_piece(f, at);

        if (piece.count > 0)
            best = fmax(best, mark_mm(f, &piece));
    }
    return best;
}

es_status es_ink_measure(const struct es_ink *ink, struct es_ink_measures *out,
                         struct es_error *err)
{
    size_t count = (size_t) ink->width * ink->height;
    struct fill f = {.ink = ink, .seen = calloc(count, 1), .list = malloc(count * 4)};

    *out = (struct es_ink_measures){.outer_mm = outer_mm(ink), .border_mm = border_mm(ink)};
    if (f.seen != NULL && f.list != NULL)
        out->centre_mm = centre_mm(&f);
    free(f.seen);
    free(f.list);
    ES_ENSURE(f.seen != NULL && f.list != NULL, err, ES_E_NOMEM, "no memory to measure");
    return ES_OK;
}
