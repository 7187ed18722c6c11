/*
 * From a description of an imprint to outlines: each shape has its file. What is placed is
 * remembered as boxes, so that later parts can be fitted between them.
 */
#ifndef ES_IMPRINT_COMPOSE_H
#define ES_IMPRINT_COMPOSE_H

#include "es_image.h"
#include "imprint_font.h"
#include "imprint_layout.h"

/** What the two outputs draw: the mark below the ink (above it on white-on-red seals). */
struct es_drawing {
    double width_mm, height_mm;
    uint32_t colour;
    struct es_path ink, mark;
    bool mark_over;
};
#define ES_MARK_COLOUR 0x808080u /* grey: no red in it, so a comparison does not see it */
#define ES_MARK_OPACITY_PERCENT 35
void es_drawing_clear(struct es_drawing *drawing);

#define ES_BOXES_MAX (ES_GLYPHS_MAX * 5)
struct es_composer {
    const struct es_imprint *imprint;
    struct es_fonts *fonts;
    struct es_drawing *drawing;
    double border;
    struct es_quad boxes[ES_BOXES_MAX];
    size_t box_count;
};

/** Check the description, fill in defaults, compose. drawing must be zero; the caller clears it. */
ES_CHECKED es_status es_compose(const struct es_imprint *imprint, struct es_drawing *drawing,
                                struct es_error *err);

ES_CHECKED es_status es_compose_circle(struct es_composer *c, struct es_error *err);
ES_CHECKED es_status es_compose_ellipse(struct es_composer *c, struct es_error *err);
ES_CHECKED es_status es_compose_square(struct es_composer *c, struct es_error *err);

/* ---- parts ---- */

/** Part of the em square that is put into place: all of it, or only up to the capitals. */
struct es_em_box {
    double top, height;
};
#define ES_EM_WHOLE ((struct es_em_box){-0.88, 1.0})
struct es_em_box es_em_caps(const struct es_glyph *glyph);

/** How one glyph stands in the imprint. */
struct es_affine es_glyph_place(const struct es_glyph *glyph, struct es_em_box em, double scale_x,
                                double height, double angle_deg, struct es_point centre);
struct es_quad es_glyph_quad(const struct es_glyph *glyph, const struct es_affine *t);
/** Append the glyph to the ink and remember its box. */
void es_compose_glyph(struct es_composer *c, const struct es_glyph *glyph,
                      const struct es_affine *t);
/** A box that later parts keep away from. */
void es_compose_box(struct es_composer *c, const struct es_quad *quad);
/** True when the glyph's ink at t is near a box that was placed before. */
bool es_compose_touches(const struct es_composer *c, const struct es_glyph *glyph,
                        const struct es_affine *t);

/** A horizontal line of text, centred on x = 0, its width shared out by the advances. */
struct es_text_line {
    const struct es_glyphs *glyphs;
    struct es_em_box em;
    double top, height, width;
};
struct es_affine es_line_place(const struct es_text_line *line, size_t i);
void es_compose_line(struct es_composer *c, const struct es_text_line *line);
/** True when no glyph touches a box and all stay inside the ellipse of the semi-axes. */
bool es_line_fits(const struct es_composer *c, const struct es_text_line *line, double semi_x,
                  double semi_y);
/** Bounds within which a line is fitted. */
struct es_line_room {
    double height_max, height_min, width_max, semi_x, semi_y;
};
/** The largest size that fits; false when none does at a scale of ES_SCALE_X_MIN or more. */
bool es_line_fit(const struct es_composer *c, struct es_text_line *line,
                 const struct es_line_room *room);

#endif
