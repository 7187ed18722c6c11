/*
 * Pictures: seal imprints drawn from text (seal-imprints.md), their comparison with a filed
 * image, and a look into picture files (kind, size) that trusts nothing. FreeType, libpng, libjpeg
 * stay behind this door. What it leaves out: whose name may stand in a seal, and drawing of pages.
 */
#ifndef ES_IMAGE_H
#define ES_IMAGE_H

#include "es_base.h"

enum es_picture_kind {
    ES_PICTURE_UNKNOWN = 0,
    ES_PICTURE_PNG,
    ES_PICTURE_JPEG,
    ES_PICTURE_GIF,
    ES_PICTURE_BMP,
    ES_PICTURE_TIFF,
    ES_PICTURE_SVG,
    ES_PICTURE_OFD
};
struct es_picture_facts {
    enum es_picture_kind kind;
    uint32_t width_px, height_px; /* 0 for SVG and OFD */
    bool active;                  /* SVG with script, link to outside, DTD */
};
#define ES_PICTURE_PIXELS_MAX 64000000u
/**
 * Look into a picture's structure without drawing it. ES_E_FORMAT: not decodable (PNG, JPEG, GIF,
 * BMP are decoded whole within limits); ES_E_LIMIT: more than ES_PICTURE_PIXELS_MAX pixels.
 */
ES_CHECKED es_status es_picture_probe(struct es_span data, struct es_picture_facts *out,
                                      struct es_error *err);
const char *es_picture_kind_name(enum es_picture_kind kind); /* "PNG", "OFD", … */

/* ---- imprints ---- */

enum es_imprint_shape { ES_IMPRINT_CIRCLE, ES_IMPRINT_ELLIPSE, ES_IMPRINT_SQUARE };
enum es_imprint_centre { ES_CENTRE_NONE, ES_CENTRE_STAR };
/**
 * Zero or NULL members take the values of seal-imprints.md for the size and kind; a text that is
 * empty counts as NULL. Sizes: circle 18 to 60 mm, ellipse 18 to 60 and wider than high, square
 * 8 to 30. Texts are UTF-8 of at most 64 characters.
 */
struct es_imprint {
    enum es_imprint_shape shape;
    uint32_t width_mm, height_mm; /* circle and square: equal */
    const char *ring_text;        /* circle, ellipse: name along the ring */
    const char *centre_line;      /* horizontal text below the centre, or of an ellipse */
    const char *middle_line;      /* ellipse: number on the centre line */
    const char *sequence;         /* ellipse: "(1)" right below */
    const char *name;             /* square: name in two columns, right first */
    const char *code;             /* digits along the lower ring */
    enum es_imprint_centre centre;
    double border_mm;      /* 0.3 to 3 */
    bool white;            /* square: 阴文, white on red */
    uint32_t colour;       /* 0xRRGGBB; 0: e60012 */
    bool specimen;         /* watermark 样章 */
    const char *font_file; /* NULL: the files and folders of ESEAL_FONTS (parted by colons), or
                              without it the first of a built-in list that has the character */
    uint32_t dpi;          /* PNG, 72 to 2400; 0: 600 */
    double centre_mm;      /* diameter of the star over its points, 4 to 30 */
};
/**
 * PNG, indexed with alpha and pHYs, appended to out (which on failure keeps what it held). The
 * same description and fonts give the same bytes. Any thread.
 *
 * @return ES_OK
 *         ES_E_RANGE          a size, a part the shape does not have, a text that does not fit
 *         ES_E_FORMAT         a text is not clean UTF-8
 *         ES_E_MISSING_GLYPH  no font has a character; the message names it
 *         ES_E_ABSENT, ES_E_UNSUPPORTED  a named font is not there, or has no outlines
 *         ES_E_LIMIT, ES_E_NOMEM
 */
ES_CHECKED es_status es_imprint_png(const struct es_imprint *imprint, struct es_buf *out,
                                    struct es_error *err);
/** SVG in millimetres, glyphs as paths; no text elements, no links. Errors as above. */
ES_CHECKED es_status es_imprint_svg(const struct es_imprint *imprint, struct es_buf *out,
                                    struct es_error *err);

enum es_match { ES_MATCH_YES, ES_MATCH_REVIEW, ES_MATCH_NO };
struct es_imprint_comparison {
    enum es_match outcome;
    double correlation; /* best over rotation ±3° and scale ±2 % */
    double rotation_deg, scale;
    double outer_a_mm, outer_b_mm, border_a_mm, border_b_mm, centre_a_mm, centre_b_mm;
    double difference_share; /* of the ink that differs */
};
/**
 * Compare two pictures (PNG, JPEG, GIF, BMP) that each show the whole of width_mm x height_mm;
 * difference (may be NULL) gets a PNG: ink of both grey, of a only red, of b only blue. The
 * outcome is advice: a person confirms.
 *
 * @return ES_OK              the comparison ran to its end, whatever the outcome
 *         ES_E_FORMAT        a picture does not decode, or shows no ink
 *         ES_E_LIMIT         a picture has more than 16 million pixels
 *         ES_E_UNSUPPORTED   SVG, TIFF, OFD
 *         ES_E_RANGE         sides are not 1 to 100 mm
 *         ES_E_NOMEM
 */
ES_CHECKED es_status es_imprint_compare(struct es_span a, struct es_span b, uint32_t width_mm,
                                        uint32_t height_mm, struct es_imprint_comparison *out,
                                        struct es_buf *difference, struct es_error *err);
#endif
