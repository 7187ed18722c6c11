/* Texts as rows of glyphs, and their widths. */
#include "imprint_font.h"

void es_glyph_clear(struct es_glyph *glyph)
{
    es_path_clear(&glyph->outline);
}

static es_status count_characters(struct es_span s, size_t *count, struct es_error *err)
{
    ES_ENSURE(es_text_clean(s), err, ES_E_FORMAT, "text is not UTF-8, or has control characters");
    *count = 0;
    for (size_t at = 0; at < s.len; es_utf8_next(s, &at))
        (*count)++;
    ES_ENSURE(*count <= ES_GLYPHS_MAX, err, ES_E_LIMIT, "text of %zu characters, at most %d",
              *count, ES_GLYPHS_MAX);
    return ES_OK;
}

es_status es_fonts_text(struct es_fonts *fonts, const char *text, struct es_glyphs *out,
                        struct es_error *err)
{
    struct es_span s = es_span_str(text);
    size_t count = 0;

    *out = (struct es_glyphs){0};
    ES_TRY(count_characters(s, &count, err));
    if (count == 0)
        return ES_OK;
    out->items = calloc(count, sizeof *out->items);
    ES_ENSURE(out->items != NULL, err, ES_E_NOMEM, "no memory for %zu glyphs", count);
    for (size_t at = 0; out->count < count;) {
        uint32_t c = (uint32_t) es_utf8_next(s, &at);

        /* Counted before it is filled, so that a failed one is cleared with the others. */
        ES_TRY(es_fonts_glyph(fonts, c, &out->items[out->count++], err));
    }
    return ES_OK;
}

void es_glyphs_clear(struct es_glyphs *glyphs)
{
    for (size_t i = 0; i < glyphs->count; i++)
        es_glyph_clear(&glyphs->items[i]);
    free(glyphs->items);
    *glyphs = (struct es_glyphs){0};
}

double es_glyphs_advance_max(const struct es_glyphs *glyphs)
{
    double max = 0.1;

    for (size_t i = 0; i < glyphs->count; i++)
        max = glyphs->items[i].advance > max ? glyphs->items[i].advance : max;
    return max;
}

double es_glyphs_advance_sum(const struct es_glyphs *glyphs)
{
    double sum = 0;

    for (size_t i = 0; i < glyphs->count; i++)
        sum += glyphs->items[i].advance;
    return sum > 0.1 ? sum : 0.1;
}
