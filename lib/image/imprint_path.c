/* Outlines as records in a buffer; see imprint_path.h for the direction of figures. */
#include "imprint_path.h"

#include <math.h>

#include "imprint_layout.h"

#define PATH_MAX_BYTES (64u << 20)
/* Control length for a quarter of a circle as one cubic; off by 0.027 % of the radius. */
#define QUARTER 0.5522847498307936

void es_path_init(struct es_path *path)
{
    es_buf_init(&path->steps, PATH_MAX_BYTES);
}

void es_path_clear(struct es_path *path)
{
    es_buf_clear(&path->steps);
}

size_t es_path_count(const struct es_path *path)
{
    return path->steps.len / sizeof(struct es_path_step);
}

struct es_path_step es_path_step(const struct es_path *path, size_t i)
{
    struct es_path_step step;

    ES_BUG_ON(i >= es_path_count(path));
    memcpy(&step, path->steps.ptr + i * sizeof step, sizeof step);
    return step;
}

es_status es_path_check(const struct es_path *path, struct es_error *err)
{
    return es_buf_check(&path->steps, err);
}

static void put(struct es_path *path, enum es_path_op op, const struct es_point *p, size_t count)
{
    struct es_path_step step;

    memset(&step, 0, sizeof step);
    step.op = op;
    memcpy(step.p, p, count * sizeof *p);
    es_buf_put(&path->steps, &step, sizeof step);
}

void es_path_move(struct es_path *path, struct es_point to)
{
    put(path, ES_PATH_MOVE, &to, 1);
}

void es_path_line(struct es_path *path, struct es_point to)
{
    put(path, ES_PATH_LINE, &to, 1);
}

void es_path_curve(struct es_path *path, struct es_point c1, struct es_point c2, struct es_point to)
{
    const struct es_point p[3] = {c1, c2, to};

    put(path, ES_PATH_CURVE, p, 3);
}

void es_path_close(struct es_path *path)
{
    const struct es_point none = {0, 0};

    put(path, ES_PATH_CLOSE, &none, 1);
}

struct es_point es_affine_apply(const struct es_affine *t, struct es_point p)
{
    return (struct es_point){t->xx * p.x + t->xy * p.y + t->x0, t->yx * p.x + t->yy * p.y + t->y0};
}

struct es_affine es_affine_place(struct es_point source, double scale_x, double scale_y,
                                 double angle_deg, struct es_point target)
{
    double c = cos(angle_deg * ES_RAD_PER_DEG), s = sin(angle_deg * ES_RAD_PER_DEG);
    struct es_affine t = {
        .xx = c * scale_x, .xy = -s * scale_y, .yx = s * scale_x, .yy = c * scale_y};
    struct es_point moved = es_affine_apply(&t, source);

    t.x0 = target.x - moved.x;
    t.y0 = target.y - moved.y;
    return t;
}

void es_path_append(struct es_path *path, const struct es_path *from, const struct es_affine *t)
{
    size_t count = es_path_count(from);

    for (size_t i = 0; i < count; i++) {
        struct es_path_step step = es_path_step(from, i);

        for (int k = 0; k < 3; k++)
            step.p[k] = es_affine_apply(t, step.p[k]);
        put(path, step.op, step.p, 3);
    }
    if (path->steps.failed == ES_OK)
        path->steps.failed = from->steps.failed;
}

static void set_step(struct es_path *path, size_t i, const struct es_path_step *step)
{
    memcpy(path->steps.ptr + i * sizeof *step, step, sizeof *step);
}

static struct es_point end_of(const struct es_path_step *step)
{
    return step->p[step->op == ES_PATH_CURVE ? 2 : 0];
}

static void swap_steps(struct es_path *path, size_t i, size_t k)
{
    struct es_path_step a = es_path_step(path, i), b = es_path_step(path, k);

    set_step(path, i, &b);
    set_step(path, k, &a);
}

/*
 * A figure is MOVE, segments from first to last, CLOSE. Each segment gets the end of the one
 * before it as its own end (and its controls swapped), then their order is turned round.
 */
static void reverse_figure(struct es_path *path, size_t first, size_t last)
{
    struct es_path_step move = es_path_step(path, first - 1);
    struct es_point end = move.p[0];

    for (size_t i = first; i <= last; i++) {
        struct es_path_step step = es_path_step(path, i);
        struct es_point next = end_of(&step), control = step.p[0];

        if (step.op == ES_PATH_CURVE) {
            step.p[0] = step.p[1];
            step.p[1] = control;
            step.p[2] = end;
        } else {
            step.p[0] = end;
        }
        set_step(path, i, &step);
        end = next;
    }
    move.p[0] = end;
    set_step(path, first - 1, &move);
    for (size_t i = first, k = last; i < k; i++, k--)
        swap_steps(path, i, k);
}

void es_path_reverse(struct es_path *path)
{
    size_t count = es_path_count(path), first = 0;

    if (path->steps.failed != ES_OK)
        return;
    for (size_t i = 0; i < count; i++) {
        struct es_path_step step = es_path_step(path, i);

        if (step.op == ES_PATH_MOVE)
            first = i + 1;
        else if (step.op == ES_PATH_CLOSE && i > first)
            reverse_figure(path, first, i - 1);
    }
}

/* Four quarters from 12 o'clock; dir 1 runs clockwise, -1 the other way. */
void es_path_add_ellipse(struct es_path *path, double radius_x, double radius_y, bool take_away)
{
    double dir = take_away ? -1 : 1, kx = QUARTER * radius_x, ky = QUARTER * radius_y;
    struct es_point from = {0, -radius_y}, out = {dir * kx, 0};

    es_path_move(path, from);
    for (int i = 0; i < 4; i++) {
        /* The next of the four points, and the direction there, by a quarter turn. */
        struct es_point to = {-dir * from.y * radius_x / radius_y,
                              dir * from.x * radius_y / radius_x};
        struct es_point in = {-dir * out.y * kx / ky, dir * out.x * ky / kx};

        es_path_curve(path, (struct es_point){from.x + out.x, from.y + out.y},
                      (struct es_point){to.x - in.x, to.y - in.y}, to);
        from = to;
        out = in;
    }
    es_path_close(path);
}

void es_path_add_rectangle(struct es_path *path, double width, double height, bool take_away)
{
    double x = width / 2, y = height / 2, dir = take_away ? -1 : 1;

    es_path_move(path, (struct es_point){-x * dir, -y});
    es_path_line(path, (struct es_point){x * dir, -y});
    es_path_line(path, (struct es_point){x * dir, y});
    es_path_line(path, (struct es_point){-x * dir, y});
    es_path_close(path);
}

void es_path_add_star(struct es_path *path, struct es_point centre, double outer_radius)
{
    for (unsigned i = 0; i < 10; i++) {
        struct es_point p = es_star_point(outer_radius, i);

        p = (struct es_point){centre.x + p.x, centre.y + p.y};
        if (i == 0)
            es_path_move(path, p);
        else
            es_path_line(path, p);
    }
    es_path_close(path);
}
