/*
 * Name seals: columns from the right, read downwards; names in letters as lines, a word each.
 * White on red is the full square with the glyphs taken away.
 */
#include <math.h>

#include "imprint_compose.h"

#define NAME_MAX 8
#define WORDS_MAX 4
#define MARGIN 0.8
#define CELL_GAP 0.3

static void add_glyph(struct es_composer *c, const struct es_glyph *glyph, double width,
                      double height, struct es_point centre)
{
    struct es_affine t = es_glyph_place(glyph, ES_EM_WHOLE, width / fmax(glyph->advance, 0.1),
                                        height, 0, centre);

    es_compose_glyph(c, glyph, &t);
}

/* One column of glyphs from..from+count, x its middle. */
static void add_column(struct es_composer *c, const struct es_glyphs *glyphs, size_t from,
                       size_t count, double x, double width, double inner)
{
    double cell = inner / (double) count;

    for (size_t i = 0; i < count; i++) {
        struct es_point centre = {x, -inner / 2 + ((double) i + 0.5) * cell};

        add_glyph(c, &glyphs->items[from + i], width - CELL_GAP, cell - CELL_GAP, centre);
    }
}

/* SPEC seal-imprints 5: right column first; of three, the surname alone fills it. */
static void add_columns(struct es_composer *c, const struct es_glyphs *glyphs, double inner)
{
    size_t right = glyphs->count / 2;

    if (right == 0) {
        add_column(c, glyphs, 0, 1, 0, inner, inner);
        return;
    }
    add_column(c, glyphs, 0, right, inner / 4, inner / 2, inner);
    add_column(c, glyphs, right, glyphs->count - right, -inner / 4, inner / 2, inner);
}

static bool is_letters(const struct es_glyphs *glyphs)
{
    for (size_t i = 0; i < glyphs->count; i++) {
        if (glyphs->items[i].code_point >= 0x250)
            return false;
    }
    return true;
}

static size_t count_words(const struct es_glyphs *glyphs)
{
    size_t words = 1;

    for (size_t i = 0; i < glyphs->count; i++)
        words += glyphs->items[i].code_point == ' ';
    return words;
}

static es_status add_words(struct es_composer *c, const struct es_glyphs *glyphs, double inner,
                           struct es_error *err)
{
    size_t words = count_words(glyphs), from = 0;
    double pitch = inner / (double) words;

    ES_ENSURE(words <= WORDS_MAX, err, ES_E_RANGE, "name of %zu words, allowed are 1 to %d", words,
              WORDS_MAX);
    for (size_t w = 0; w < words; w++) {
        struct es_glyphs word = {.items = glyphs->items + from};
        struct es_text_line line = {.glyphs = &word, .em = {-0.76, 1.0}};

        while (from + word.count < glyphs->count && word.items[word.count].code_point != ' ')
            word.count++;
        from += word.count + 1;
        line.height = fmin(pitch, inner / 2);
        line.top = -inner / 2 + ((double) w + 0.5) * pitch - line.height / 2;
        line.width = fmin(inner, es_glyphs_advance_sum(&word) * line.height);
        ES_ENSURE(word.count > 0 &&
                      line.width >= ES_SCALE_X_MIN * line.height * es_glyphs_advance_sum(&word),
                  err, ES_E_RANGE, "a word of %zu letters does not fit", word.count);
        es_compose_line(c, &line);
    }
    return ES_OK;
}

es_status es_compose_square(struct es_composer *c, struct es_error *err)
{
    ES_AUTO(es_glyphs) glyphs = {0};
    double side = c->drawing->width_mm, border = c->border != 0 ? c->border : 1.0;
    double inner = side - 2 * (border + MARGIN);

    ES_TRY(es_fonts_text(c->fonts, c->imprint->name, &glyphs, err));
    /* Figures that take away run the other way; the whole square does when it is the ground. */
    es_path_add_rectangle(&c->drawing->ink, side, side, c->imprint->white);
    if (!c->imprint->white)
        es_path_add_rectangle(&c->drawing->ink, side - 2 * border, side - 2 * border, true);
    ES_ENSURE(inner > 0, err, ES_E_RANGE, "border of %.2f mm leaves no room", border);
    if (is_letters(&glyphs))
        return add_words(c, &glyphs, inner, err);
    ES_ENSURE(glyphs.count <= NAME_MAX, err, ES_E_RANGE,
              "name of %zu characters, allowed are 1 to %d", glyphs.count, NAME_MAX);
    add_columns(c, &glyphs, inner);
    return ES_OK;
}
