/* Glyphs and lines of glyphs put into place, and the fitting of a line between other parts. */
#include <math.h>

#include "imprint_compose.h"

#define BOX_GAP 0.25

struct es_em_box es_em_caps(const struct es_glyph *glyph)
{
    return (struct es_em_box){-glyph->cap_height, glyph->cap_height};
}

struct es_affine es_glyph_place(const struct es_glyph *glyph, struct es_em_box em, double scale_x,
                                double height, double angle_deg, struct es_point centre)
{
    struct es_point source = {glyph->advance / 2, em.top + em.height / 2};

    return es_affine_place(source, scale_x, height / em.height, angle_deg, centre);
}

static bool has_ink(const struct es_glyph *glyph)
{
    return es_path_count(&glyph->outline) > 0;
}

struct es_quad es_glyph_quad(const struct es_glyph *glyph, const struct es_affine *t)
{
    struct es_point low = glyph->low, high = glyph->high;

    return (struct es_quad){
        {es_affine_apply(t, low), es_affine_apply(t, (struct es_point){high.x, low.y}),
         es_affine_apply(t, high), es_affine_apply(t, (struct es_point){low.x, high.y})}};
}

void es_compose_box(struct es_composer *c, const struct es_quad *quad)
{
    ES_BUG_ON(c->box_count >= ES_BOXES_MAX);
    c->boxes[c->box_count++] = *quad;
}

void es_compose_glyph(struct es_composer *c, const struct es_glyph *glyph,
                      const struct es_affine *t)
{
    struct es_quad quad = es_glyph_quad(glyph, t);

    if (!has_ink(glyph))
        return;
    es_path_append(&c->drawing->ink, &glyph->outline, t);
    es_compose_box(c, &quad);
}

bool es_compose_touches(const struct es_composer *c, const struct es_glyph *glyph,
                        const struct es_affine *t)
{
    struct es_quad quad = es_glyph_quad(glyph, t);

    for (size_t i = 0; has_ink(glyph) && i < c->box_count; i++) {
        if (es_quad_touch(&quad, &c->boxes[i], BOX_GAP))
            return true;
    }
    return false;
}

struct es_affine es_line_place(const struct es_text_line *line, size_t i)
{
    const struct es_glyph *glyph = &line->glyphs->items[i];
    double per_em = line->width / es_glyphs_advance_sum(line->glyphs), x = -line->width / 2;

    for (size_t k = 0; k < i; k++)
        x += line->glyphs->items[k].advance * per_em;
    return es_glyph_place(
        glyph, line->em, per_em, line->height, 0,
        (struct es_point){x + glyph->advance * per_em / 2, line->top + line->height / 2});
}

void es_compose_line(struct es_composer *c, const struct es_text_line *line)
{
    for (size_t i = 0; i < line->glyphs->count; i++) {
        struct es_affine t = es_line_place(line, i);

        es_compose_glyph(c, &line->glyphs->items[i], &t);
    }
}

static bool quad_inside(const struct es_quad *quad, double semi_x, double semi_y)
{
    for (int i = 0; i < 4; i++) {
        if (hypot(quad->p[i].x / semi_x, quad->p[i].y / semi_y) > 1)
            return false;
    }
    return true;
}

bool es_line_fits(const struct es_composer *c, const struct es_text_line *line, double semi_x,
                  double semi_y)
{
    for (size_t i = 0; i < line->glyphs->count; i++) {
        const struct es_glyph *glyph = &line->glyphs->items[i];
        struct es_affine t = es_line_place(line, i);
        struct es_quad quad = es_glyph_quad(glyph, &t);

        if (es_compose_touches(c, glyph, &t) || !quad_inside(&quad, semi_x, semi_y))
            return false;
    }
    return true;
}

/* All heights and widths in small steps; what covers most counts, and the taller wins a tie. */
bool es_line_fit(const struct es_composer *c, struct es_text_line *line,
                 const struct es_line_room *room)
{
    double advance = es_glyphs_advance_sum(line->glyphs), best = 0;
    struct es_text_line tried = *line;

    for (double h = room->height_max; h >= room->height_min - 1e-9; h -= 0.25) {
        double natural = advance * h / line->em.height;

        tried.height = h;
        tried.width = fmin(room->width_max, natural);
        for (; tried.width >= ES_SCALE_X_MIN * natural; tried.width -= 0.01 * natural) {
            if (tried.width * h <= best)
                break;
            if (!es_line_fits(c, &tried, room->semi_x, room->semi_y))
                continue;
            best = tried.width * h;
            *line = tried;
            break;
        }
    }
    return best > 0;
}
