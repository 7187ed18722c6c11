/*
 * Characters to outlines, through FreeType. Fonts are files tried in order, per character; a
 * character no file has is an error that names it, never a box. One es_fonts is one FreeType
 * library: it belongs to one thread, and nothing is shared between two of them.
 */
#ifndef ES_IMPRINT_FONT_H
#define ES_IMPRINT_FONT_H

#include "imprint_path.h"

/** An outline in em units: 1 is the em, y points down, the base line is y = 0. */
struct es_glyph {
    uint32_t code_point;
    struct es_path outline;
    double advance;
    double cap_height;         /* of the face: how high its H is */
    struct es_point low, high; /* box of the ink; equal when there is none (space) */
};
void es_glyph_clear(struct es_glyph *glyph);

struct es_fonts;
/**
 * font_file: that file only. NULL: the files and folders of the environment's ESEAL_FONTS
 * (parted by colons), or without that a built-in list: a Song face for Chinese, a sans face
 * like Arial for digits and letters. ES_E_ABSENT: a named file is not there; ES_E_UNSUPPORTED:
 * it has no outlines, only bitmaps or colours.
 */
ES_CHECKED es_status es_fonts_new(const char *font_file, struct es_fonts **out,
                                  struct es_error *err);
void es_fonts_free(struct es_fonts *fonts);
ES_DEFINE_FREE_AT(es_fonts)
/** glyph must be empty; the caller clears it. ES_E_MISSING_GLYPH names the character. */
ES_CHECKED es_status es_fonts_glyph(struct es_fonts *fonts, uint32_t code_point,
                                    struct es_glyph *glyph, struct es_error *err);

/** Glyphs of a text. */
struct es_glyphs {
    struct es_glyph *items;
    size_t count;
};
#define ES_GLYPHS_MAX 64
/** ES_E_FORMAT: not clean UTF-8; ES_E_LIMIT: more than ES_GLYPHS_MAX characters. */
ES_CHECKED es_status es_fonts_text(struct es_fonts *fonts, const char *text, struct es_glyphs *out,
                                   struct es_error *err);
void es_glyphs_clear(struct es_glyphs *glyphs);
/** The widest advance, at least 0.1. */
double es_glyphs_advance_max(const struct es_glyphs *glyphs);
double es_glyphs_advance_sum(const struct es_glyphs *glyphs);

#endif
