/*
 * The numbers of seal-imprints.md: where things stand in an imprint. Pure functions; millimetres
 * and degrees, origin at the centre, y down, 12 o'clock is 0 and angles grow clockwise.
 */
#ifndef ES_IMPRINT_LAYOUT_H
#define ES_IMPRINT_LAYOUT_H

#include "imprint_path.h"

#define ES_RAD_PER_DEG 0.017453292519943295
#define ES_SCALE_X_MIN 0.35 /* narrower characters are refused */

/* ---- circle, 3.1 to 3.5 ---- */

/** Parameters of a circular seal by its diameter. */
struct es_circle_style {
    double diameter, border, centre_mark, text_height, gap, arc_max_deg;
    double line_height, line_width, line_top;
};
/** The table of 3.1; diameters between its rows take values between theirs. */
struct es_circle_style es_circle_style(double diameter);

/** Arc between the centres of the first and the last character. */
double es_ring_arc(size_t count, double arc_max_deg);

struct es_ring {
    size_t count;
    double arc_deg, pitch_deg;
    double r_out, r_base, r_mid;
    double base_width; /* room for one character at its foot */
    double scale_x;    /* of a character whose advance is advance_em */
};
struct es_ring es_ring_layout(const struct es_circle_style *style, size_t count, double arc_deg,
                              double advance_em);
/** Angle of character i. */
double es_ring_angle(const struct es_ring *ring, size_t i);

/** Half the width free at height y inside the border, less 0.8; 0 when there is none. */
double es_chord_half(double radius, double border, double y_max);

/** Corner i of 10 of a star, outer ones even, first straight up. */
struct es_point es_star_point(double outer_radius, unsigned i);

#define ES_CODE_HEIGHT 1.2
#define ES_CODE_PITCH 1.25
struct es_code_ring {
    size_t count;
    double r_foot; /* of the digits, towards the border */
    double pitch_deg;
};
struct es_code_ring es_code_layout(const struct es_circle_style *style, size_t count);
/** Angle of digit i; it is turned by this less 180. */
double es_code_angle(const struct es_code_ring *ring, size_t i);

/* ---- ellipse, 4 ---- */

/** Characters along an ellipse, evenly by length on the curve through their middles. */
struct es_oval_ring {
    size_t count;
    double a, b; /* semi-axes of that curve */
    double height, arc_deg, pitch;
    double scale_x;
};
/** a, b: semi-axes of the tops of the characters. */
struct es_oval_ring es_oval_layout(double a_top, double b_top, double height, size_t count,
                                   double arc_deg, double advance_em);
/** Middle of character i and its turn, which follows the normal of the curve. */
void es_oval_place(const struct es_oval_ring *ring, size_t i, struct es_point *at,
                   double *angle_deg);

/* ---- overlap of what was placed ---- */

/** Four corners in order around a convex box. */
struct es_quad {
    struct es_point p[4];
};
/** True when the boxes come nearer to each other than gap. */
bool es_quad_touch(const struct es_quad *a, const struct es_quad *b, double gap);

#endif
