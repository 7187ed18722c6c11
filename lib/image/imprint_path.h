/*
 * Outlines: closed figures of lines and cubic curves, filled by the nonzero rule. Figures that
 * add ink run clockwise as seen (y points down), figures that take it away run the other way.
 */
#ifndef ES_IMPRINT_PATH_H
#define ES_IMPRINT_PATH_H

#include "es_base.h"

struct es_point {
    double x, y;
};

enum es_path_op { ES_PATH_MOVE, ES_PATH_LINE, ES_PATH_CURVE, ES_PATH_CLOSE };
struct es_path_step {
    enum es_path_op op;
    struct es_point p[3]; /* MOVE, LINE: p[0]; CURVE: two controls and the end */
};

/** Steps in order. A failed write is kept in steps and told by es_path_check. */
struct es_path {
    struct es_buf steps;
};

void es_path_init(struct es_path *path);
void es_path_clear(struct es_path *path);
size_t es_path_count(const struct es_path *path);
struct es_path_step es_path_step(const struct es_path *path, size_t i);
ES_CHECKED es_status es_path_check(const struct es_path *path, struct es_error *err);

void es_path_move(struct es_path *path, struct es_point to);
void es_path_line(struct es_path *path, struct es_point to);
void es_path_curve(struct es_path *path, struct es_point c1, struct es_point c2,
                   struct es_point to);
void es_path_close(struct es_path *path);

/** x' = xx·x + xy·y + x0, y' = yx·x + yy·y + y0. */
struct es_affine {
    double xx, xy, yx, yy, x0, y0;
};
struct es_point es_affine_apply(const struct es_affine *t, struct es_point p);
/**
 * Move source to the origin, scale, turn clockwise by angle_deg, move to target: how a glyph
 * gets from its em square to its place in the imprint.
 */
struct es_affine es_affine_place(struct es_point source, double scale_x, double scale_y,
                                 double angle_deg, struct es_point target);
void es_path_append(struct es_path *path, const struct es_path *from, const struct es_affine *t);

/** Turn every figure's direction round, in place. */
void es_path_reverse(struct es_path *path);

/** Add (or take away) an ellipse, a rectangle around the origin, a five-pointed star. */
void es_path_add_ellipse(struct es_path *path, double radius_x, double radius_y, bool take_away);
void es_path_add_rectangle(struct es_path *path, double width, double height, bool take_away);
void es_path_add_star(struct es_path *path, struct es_point centre, double outer_radius);

#endif
