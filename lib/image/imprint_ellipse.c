/*
 * Elliptical seals after the invoice seal (seal-imprints.md, 4): its lengths for 40 x 30 mm, in
 * proportion for other sizes. Lines are placed first, then the name gets the arc they leave.
 */
#include <math.h>

#include "imprint_compose.h"

#define ARC_MIN_DEG 210
#define ARC_MAX_DEG 260
#define ARC_STEP_DEG 10
#define SCALE_X_GOOD 0.6 /* a wider arc is not sought above this */

static es_status place_line(struct es_composer *c, const char *text, struct es_text_line line,
                            bool caps, double per_char, struct es_line_room room,
                            struct es_error *err)
{
    ES_AUTO(es_glyphs) glyphs = {0};

    if (text == NULL || text[0] == '\0')
        return ES_OK;
    ES_TRY(es_fonts_text(c->fonts, text, &glyphs, err));
    line.glyphs = &glyphs;
    if (caps)
        line.em = es_em_caps(&glyphs.items[0]);
    room.width_max = fmin(room.width_max, per_char * es_glyphs_advance_sum(&glyphs));
    ES_ENSURE(es_line_fit(c, &line, &room), err, ES_E_RANGE,
              "line of %zu characters at %.1f mm does not fit", glyphs.count, line.top);
    es_compose_line(c, &line);
    return ES_OK;
}

/* A line of digits and capitals is measured by its capitals, any other by the em. */
static bool is_ascii(const char *text)
{
    for (; text != NULL && *text != '\0'; text++) {
        if ((unsigned char) *text >= 0x80)
            return false;
    }
    return true;
}

static es_status compose_lines(struct es_composer *c, double f, struct es_error *err)
{
    const struct es_imprint *im = c->imprint;
    double semi_x = c->drawing->width_mm / 2 - c->border - 0.5;
    double semi_y = c->drawing->height_mm / 2 - c->border - 0.5;
    struct es_line_room room = {.semi_x = semi_x, .semi_y = semi_y};
    struct es_text_line line = {.em = ES_EM_WHOLE};

    /* SPEC seal-imprints 4: 18 digits 3.7 high are 26 wide over the ink; Arial's digit advances
     * 0.556 em, so an em is 26 / 17.85 / 0.556 wide. */
    line.top = -3.7 / 2 * f;
    room.height_max = room.height_min = 3.7 * f;
    room.width_max = 26.2 * f;
    ES_TRY(place_line(c, im->middle_line, line, is_ascii(im->middle_line), 2.62 * f, room, err));
    /* 4.6 high, 3.0 wide each, top 4.2 below the centre line. */
    line.top = 4.2 * f;
    room.height_max = 4.6 * f;
    room.height_min = 3.0 * f;
    room.width_max = 26 * f;
    ES_TRY(place_line(c, im->centre_line, line, false, 3.0 * f, room, err));
    /* 2.2 high, 1.7 wide a digit, top 10 below. */
    line.top = 10 * f;
    room.height_max = room.height_min = 2.2 * f;
    room.width_max = 10 * f;
    return place_line(c, im->sequence, line, is_ascii(im->sequence), 1.7 / 0.556 * f, room, err);
}

static struct es_affine char_place(const struct es_oval_ring *ring, const struct es_glyph *glyph,
                                   size_t i)
{
    struct es_point at;
    double angle;

    es_oval_place(ring, i, &at, &angle);
    return es_glyph_place(glyph, ES_EM_WHOLE, ring->scale_x * ring->height, ring->height, angle,
                          at);
}

static bool ring_is_free(const struct es_composer *c, const struct es_oval_ring *ring,
                         const struct es_glyphs *glyphs)
{
    for (size_t i = 0; i < glyphs->count; i++) {
        struct es_affine t = char_place(ring, &glyphs->items[i], i);

        if (es_compose_touches(c, &glyphs->items[i], &t))
            return false;
    }
    return true;
}

/* The shortest arc with good width, else the widest free one; scale_x 0: none is free. */
static struct es_oval_ring choose_ring(const struct es_composer *c, double f,
                                       const struct es_glyphs *glyphs)
{
    double a = c->drawing->width_mm / 2 - c->border - 0.5 * f;
    double b = c->drawing->height_mm / 2 - c->border - 0.5 * f;
    struct es_oval_ring best = {0};

    for (int arc = ARC_MIN_DEG; arc <= ARC_MAX_DEG && best.scale_x < SCALE_X_GOOD;
         arc += ARC_STEP_DEG) {
        struct es_oval_ring ring = es_oval_layout(a, b, 4.2 * f, glyphs->count, arc,
                                                  es_glyphs_advance_max(glyphs));

        if (ring.scale_x > best.scale_x && ring_is_free(c, &ring, glyphs))
            best = ring;
    }
    return best;
}

static es_status compose_ring(struct es_composer *c, double f, struct es_error *err)
{
    ES_AUTO(es_glyphs) glyphs = {0};
    struct es_oval_ring ring;

    ES_TRY(es_fonts_text(c->fonts, c->imprint->ring_text, &glyphs, err));
    ring = choose_ring(c, f, &glyphs);
    ES_ENSURE(ring.scale_x >= ES_SCALE_X_MIN, err, ES_E_RANGE,
              "ring text of %zu characters leaves each %.2f of its width, at least %.2f: use the "
              "approved short name",
              glyphs.count, ring.scale_x, ES_SCALE_X_MIN);
    for (size_t i = 0; i < glyphs.count; i++) {
        struct es_affine t = char_place(&ring, &glyphs.items[i], i);

        es_compose_glyph(c, &glyphs.items[i], &t);
    }
    return ES_OK;
}

es_status es_compose_ellipse(struct es_composer *c, struct es_error *err)
{
    double x = c->drawing->width_mm / 2, y = c->drawing->height_mm / 2;
    double f = fmin(x / 20, y / 15);

    if (c->border == 0)
        c->border = 1.0;
    es_path_add_ellipse(&c->drawing->ink, x, y, false);
    es_path_add_ellipse(&c->drawing->ink, x - c->border, y - c->border, true);
    ES_TRY(compose_lines(c, f, err));
    return compose_ring(c, f, err);
}
