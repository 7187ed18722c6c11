/* Circular seals: border, name along the ring, star, line below the centre, code at the foot. */
#include <math.h>

#include "imprint_compose.h"

#define CODE_MAX 18

static es_status compose_ring(struct es_composer *c, const struct es_circle_style *style,
                              struct es_error *err)
{
    ES_AUTO(es_glyphs) glyphs = {0};
    struct es_ring ring;

    ES_TRY(es_fonts_text(c->fonts, c->imprint->ring_text, &glyphs, err));
    ring = es_ring_layout(style, glyphs.count, es_ring_arc(glyphs.count, style->arc_max_deg),
                          es_glyphs_advance_max(&glyphs));
    ES_ENSURE(ring.r_base > 0 && ring.scale_x >= ES_SCALE_X_MIN, err, ES_E_RANGE,
              "ring text of %zu characters leaves each %.2f of its width, at least %.2f: use the "
              "approved short name, or move its end to the centre line",
              glyphs.count, fmax(ring.scale_x, 0), ES_SCALE_X_MIN);
    for (size_t i = 0; i < glyphs.count; i++) {
        double angle = es_ring_angle(&ring, i);
        struct es_point at = {ring.r_mid * sin(angle * ES_RAD_PER_DEG),
                              -ring.r_mid * cos(angle * ES_RAD_PER_DEG)};
        struct es_affine t = es_glyph_place(&glyphs.items[i], ES_EM_WHOLE,
                                            ring.scale_x * style->text_height, style->text_height,
                                            angle, at);

        es_compose_glyph(c, &glyphs.items[i], &t);
    }
    return ES_OK;
}

/* A kite from the centre over one point of the star: five of them are the star. */
static struct es_quad star_kite(struct es_point centre, double radius, unsigned i)
{
    struct es_point left = es_star_point(radius, 2 * i + 9), tip = es_star_point(radius, 2 * i),
                    right = es_star_point(radius, 2 * i + 1);

    return (struct es_quad){{{centre.x, centre.y},
                             {centre.x + left.x, centre.y + left.y},
                             {centre.x + tip.x, centre.y + tip.y},
                             {centre.x + right.x, centre.y + right.y}}};
}

static es_status compose_star(struct es_composer *c, const struct es_circle_style *style,
                              bool line_below, struct es_error *err)
{
    /* SPEC seal-imprints 3.1: with a line below, the star is smaller and raised. */
    double diameter = line_below ? 0.28 * style->diameter : style->centre_mark;
    struct es_point centre = {0, line_below ? -0.06 * style->diameter : 0};
    size_t ring_boxes = c->box_count;

    if (c->imprint->centre_mm != 0)
        diameter = c->imprint->centre_mm;
    for (unsigned i = 0; i < 5; i++) {
        struct es_quad kite = star_kite(centre, diameter / 2, i);

        for (size_t k = 0; k < ring_boxes; k++)
            ES_ENSURE(!es_quad_touch(&kite, &c->boxes[k], 0.25), err, ES_E_RANGE,
                      "star of %.1f mm meets the ring text", diameter);
        es_compose_box(c, &kite);
    }
    es_path_add_star(&c->drawing->ink, centre, diameter / 2);
    return ES_OK;
}

static es_status compose_line(struct es_composer *c, const struct es_circle_style *style,
                              struct es_error *err)
{
    ES_AUTO(es_glyphs) glyphs = {0};
    double inside = style->diameter / 2 - style->border - 0.8;
    struct es_text_line line = {.glyphs = &glyphs, .em = ES_EM_WHOLE, .top = style->line_top};
    struct es_line_room room = {.height_max = style->line_height,
                                .height_min = fmin(4.0, style->line_height),
                                .width_max = style->line_width,
                                .semi_x = inside,
                                .semi_y = inside};

    ES_TRY(es_fonts_text(c->fonts, c->imprint->centre_line, &glyphs, err));
    ES_ENSURE(es_line_fit(c, &line, &room), err, ES_E_RANGE,
              "line of %zu characters does not fit below the centre", glyphs.count);
    es_compose_line(c, &line);
    return ES_OK;
}

static es_status check_code(const char *code, struct es_error *err)
{
    size_t len = strlen(code);

    ES_ENSURE(len <= CODE_MAX && strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == len, err,
              ES_E_RANGE, "code of %zu characters, allowed are 1 to %d digits or capitals", len,
              CODE_MAX);
    return ES_OK;
}

static es_status compose_code(struct es_composer *c, const struct es_circle_style *style,
                              struct es_error *err)
{
    ES_AUTO(es_glyphs) glyphs = {0};
    struct es_code_ring ring;

    ES_TRY(check_code(c->imprint->code, err));
    ES_TRY(es_fonts_text(c->fonts, c->imprint->code, &glyphs, err));
    ring = es_code_layout(style, glyphs.count);
    for (size_t i = 0; i < glyphs.count; i++) {
        const struct es_glyph *glyph = &glyphs.items[i];
        double beta = es_code_angle(&ring, i), r = ring.r_foot - ES_CODE_HEIGHT / 2;
        double natural = ES_CODE_HEIGHT / glyph->cap_height;
        double scale = fmin(natural, 0.92 * ES_CODE_PITCH / glyph->advance);
        struct es_point at = {r * sin(beta * ES_RAD_PER_DEG), -r * cos(beta * ES_RAD_PER_DEG)};
        struct es_affine t = es_glyph_place(glyph, es_em_caps(glyph), scale, ES_CODE_HEIGHT,
                                            beta - 180, at);
        /* Digits stand nearer to each other than parts may: only other parts are checked. */
        size_t others = c->box_count - i;
        struct es_quad quad = es_glyph_quad(glyph, &t);

        for (size_t k = 0; k < others; k++)
            ES_ENSURE(!es_quad_touch(&quad, &c->boxes[k], 0.1), err, ES_E_RANGE,
                      "code of %zu characters meets the text above it", glyphs.count);
        es_compose_glyph(c, glyph, &t);
    }
    return ES_OK;
}

es_status es_compose_circle(struct es_composer *c, struct es_error *err)
{
    const struct es_imprint *im = c->imprint;
    struct es_circle_style style = es_circle_style(im->width_mm);
    bool line = im->centre_line != NULL && im->centre_line[0] != '\0';
    double radius = style.diameter / 2;

    if (c->border != 0)
        style.border = c->border;
    es_path_add_ellipse(&c->drawing->ink, radius, radius, false);
    es_path_add_ellipse(&c->drawing->ink, radius - style.border, radius - style.border, true);
    ES_TRY(compose_ring(c, &style, err));
    if (im->centre == ES_CENTRE_STAR)
        ES_TRY(compose_star(c, &style, line, err));
    if (line)
        ES_TRY(compose_line(c, &style, err));
    if (im->code != NULL && im->code[0] != '\0')
        ES_TRY(compose_code(c, &style, err));
    return ES_OK;
}
