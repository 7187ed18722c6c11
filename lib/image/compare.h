/*
 * Comparison of imprints (seal-imprints.md, 7), in steps: picture to ink map at 20 pixels a
 * millimetre, measures of a map, alignment of two maps, difference of what was aligned.
 */
#ifndef ES_COMPARE_H
#define ES_COMPARE_H

#include "es_image.h"

#define ES_INK_PX_PER_MM 20
#define ES_INK_SIDE_MAX_MM 100

/** How much ink lies where: 0 to 1, row by row. */
struct es_ink {
    uint32_t width, height;
    double px_per_mm;
    double centre_x, centre_y; /* of the box around the ink, in pixels */
    float *at;                 /* owned */
};
void es_ink_clear(struct es_ink *ink);
ES_CHECKED es_status es_ink_alloc(struct es_ink *ink, uint32_t width, uint32_t height,
                                  double px_per_mm, struct es_error *err);
/** Ink between the pixels; 0 outside. x, y count from the corner of the first pixel. */
float es_ink_sample(const struct es_ink *ink, double x, double y);

/**
 * Read a picture that shows width_mm x height_mm. ES_E_LIMIT: more than 16 M pixels;
 * ES_E_UNSUPPORTED: not PNG, JPEG, GIF or BMP; ES_E_FORMAT: no ink at all.
 */
ES_CHECKED es_status es_ink_read(struct es_span picture, uint32_t width_mm, uint32_t height_mm,
                                 struct es_ink *out, struct es_error *err);
/** The same map at half the resolution. */
ES_CHECKED es_status es_ink_halve(const struct es_ink *ink, struct es_ink *out,
                                  struct es_error *err);

struct es_ink_measures {
    double outer_mm;  /* width of the box around the ink */
    double border_mm; /* thickness of the outermost line, on the axes */
    double centre_mm; /* diameter of a solid mark around the middle; 0: none */
};
ES_CHECKED es_status es_ink_measure(const struct es_ink *ink, struct es_ink_measures *out,
                                    struct es_error *err);

/** Where b lies on a: p on a is centre_b + scale · turn(p - centre_a) + shift on b. */
struct es_alignment {
    double rotation_deg, scale;
    double shift_x_mm, shift_y_mm;
    double correlation;
};
ES_CHECKED es_status es_ink_align(const struct es_ink *a, const struct es_ink *b,
                                  struct es_alignment *out, struct es_error *err);
/** b as it lies on a, in a's pixels. scaled false: turned and moved only, for measuring. */
ES_CHECKED es_status es_ink_move(const struct es_ink *a, const struct es_ink *b,
                                 const struct es_alignment *alignment, bool scaled,
                                 struct es_ink *out, struct es_error *err);

/** Share of ink that has no counterpart nearby; the picture (may be NULL) shows it. */
ES_CHECKED es_status es_ink_difference(const struct es_ink *a, const struct es_ink *b,
                                       double *share, struct es_buf *picture, struct es_error *err);

#endif
