/* Description to drawing: checks, defaults, the watermark. The shapes have files of their own. */
#include "imprint_compose.h"

#include <math.h>

#define COLOUR_DEFAULT 0xe60012u

void es_drawing_clear(struct es_drawing *drawing)
{
    es_path_clear(&drawing->ink);
    es_path_clear(&drawing->mark);
}

static bool given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

struct shape_row {
    const char *name;
    uint32_t side_min, side_max;
    bool ring, code, middle, name_text; /* the texts this shape has */
    es_status (*compose)(struct es_composer *c, struct es_error *err);
};

static const struct shape_row shapes[] = {
    [ES_IMPRINT_CIRCLE] = {"circle", 18, 60, true, true, false, false, es_compose_circle},
    [ES_IMPRINT_ELLIPSE] = {"ellipse", 18, 60, true, false, true, false, es_compose_ellipse},
    [ES_IMPRINT_SQUARE] = {"square", 8, 30, false, false, false, true, es_compose_square},
};

static es_status check_size(const struct es_imprint *im, const struct shape_row *shape,
                            struct es_error *err)
{
    ES_ENSURE(im->width_mm >= shape->side_min && im->width_mm <= shape->side_max &&
                  im->height_mm >= shape->side_min && im->height_mm <= shape->side_max,
              err, ES_E_RANGE, "%s of %u x %u mm, allowed are %u to %u", shape->name, im->width_mm,
              im->height_mm, shape->side_min, shape->side_max);
    ES_ENSURE(im->shape == ES_IMPRINT_ELLIPSE || im->width_mm == im->height_mm, err, ES_E_RANGE,
              "%s of %u x %u mm, width and height must be equal", shape->name, im->width_mm,
              im->height_mm);
    ES_ENSURE(im->shape != ES_IMPRINT_ELLIPSE ||
                  (im->width_mm > im->height_mm && im->width_mm <= 2 * im->height_mm),
              err, ES_E_RANGE, "ellipse of %u x %u mm, it must be wider than high, at most twice",
              im->width_mm, im->height_mm);
    ES_ENSURE(im->border_mm == 0 || (im->border_mm >= 0.3 && im->border_mm <= 3.0), err, ES_E_RANGE,
              "border of %.2f mm, allowed are 0.3 to 3", im->border_mm);
    ES_ENSURE(im->centre_mm == 0 || (im->centre_mm >= 4 && im->centre_mm <= 30), err, ES_E_RANGE,
              "centre mark of %.2f mm, allowed are 4 to 30", im->centre_mm);
    ES_ENSURE(im->colour <= 0xffffff, err, ES_E_RANGE, "colour %x, allowed are 0 to ffffff",
              im->colour);
    return ES_OK;
}

static es_status check_texts(const struct es_imprint *im, const struct shape_row *shape,
                             struct es_error *err)
{
    ES_ENSURE(given(im->ring_text) == shape->ring, err, ES_E_RANGE,
              shape->ring ? "%s without text for its ring" : "%s has no ring for a text",
              shape->name);
    ES_ENSURE(given(im->name) == shape->name_text, err, ES_E_RANGE,
              shape->name_text ? "%s without a name" : "%s has no place for a name in columns",
              shape->name);
    ES_ENSURE(!given(im->code) || shape->code, err, ES_E_RANGE, "%s has no place for a code",
              shape->name);
    ES_ENSURE((!given(im->middle_line) && !given(im->sequence)) || shape->middle, err, ES_E_RANGE,
              "%s has no middle line and no sequence number", shape->name);
    ES_ENSURE(!given(im->centre_line) || shape->ring, err, ES_E_RANGE, "%s has no centre line",
              shape->name);
    ES_ENSURE(im->centre == ES_CENTRE_NONE || im->shape == ES_IMPRINT_CIRCLE, err, ES_E_RANGE,
              "%s has no star", shape->name);
    ES_ENSURE(!im->white || im->shape == ES_IMPRINT_SQUARE, err, ES_E_RANGE,
              "%s cannot be white on red", shape->name);
    return ES_OK;
}

/* The mark may come from another font than the text: every one must be able to carry it. */
static es_status load_mark(struct es_composer *c, struct es_fonts **own, struct es_glyphs *glyphs,
                           struct es_error *err)
{
    es_status status = es_fonts_text(c->fonts, "样章", glyphs, err);

    if (status != ES_E_MISSING_GLYPH || c->imprint->font_file == NULL)
        return status;
    es_glyphs_clear(glyphs);
    ES_TRY(es_fonts_new(NULL, own, err));
    return es_fonts_text(*own, "样章", glyphs, err);
}

/* SPEC seal-imprints 9: 样章 across, when no authorised maker is configured. */
static es_status compose_mark(struct es_composer *c, struct es_error *err)
{
    ES_AUTO(es_glyphs) glyphs = {0};
    ES_AUTO_PTR(es_fonts) own = NULL;
    double height = 0.34 * fmin(c->drawing->width_mm, c->drawing->height_mm);
    const double rise_deg = -30;

    ES_TRY(load_mark(c, &own, &glyphs, err));
    for (size_t i = 0; i < glyphs.count; i++) {
        double along = ((double) i - 0.5) * height * 1.06;
        struct es_point at = {along * cos(rise_deg * ES_RAD_PER_DEG),
                              along * sin(rise_deg * ES_RAD_PER_DEG)};
        struct es_affine t = es_glyph_place(&glyphs.items[i], ES_EM_WHOLE, height, height, rise_deg,
                                            at);

        es_path_append(&c->drawing->mark, &glyphs.items[i].outline, &t);
    }
    return es_path_check(&c->drawing->mark, err);
}

static es_status compose_parts(struct es_composer *c, const struct shape_row *shape,
                               struct es_error *err)
{
    ES_TRY(shape->compose(c, err));
    ES_TRY(es_path_check(&c->drawing->ink, err));
    return c->imprint->specimen ? compose_mark(c, err) : ES_OK;
}

es_status es_compose(const struct es_imprint *imprint, struct es_drawing *drawing,
                     struct es_error *err)
{
    ES_AUTO_PTR(es_fonts) fonts = NULL;
    struct es_composer *c;
    es_status status;

    es_path_init(&drawing->ink);
    es_path_init(&drawing->mark);
    ES_ENSURE((unsigned) imprint->shape <= ES_IMPRINT_SQUARE, err, ES_E_RANGE, "unknown shape");
    ES_TRY(check_size(imprint, &shapes[imprint->shape], err));
    ES_TRY(check_texts(imprint, &shapes[imprint->shape], err));
    drawing->width_mm = imprint->width_mm;
    drawing->height_mm = imprint->height_mm;
    drawing->colour = imprint->colour != 0 ? imprint->colour : COLOUR_DEFAULT;
    drawing->mark_over = imprint->white;
    ES_TRY(es_fonts_new(imprint->font_file, &fonts, err));
    c = calloc(1, sizeof *c);
    ES_ENSURE(c != NULL, err, ES_E_NOMEM, "no memory to draw");
    c->imprint = imprint;
    c->fonts = fonts;
    c->drawing = drawing;
    c->border = imprint->border_mm;
    status = compose_parts(c, &shapes[imprint->shape], err);
    free(c);
    return status;
}
