/* The last steps of the outputs: outlines to coverage, palette pictures to PNG. */
#ifndef ES_IMPRINT_DRAW_H
#define ES_IMPRINT_DRAW_H

#include "imprint_compose.h"

/**
 * Coverage 0 to 255 of a path whose origin is the middle of width_px x height_px pixels, row by
 * row. *out is allocated and the caller's to free.
 */
ES_CHECKED es_status es_draw_coverage(const struct es_path *path, double px_per_mm,
                                      uint32_t width_px, uint32_t height_px, uint8_t **out,
                                      struct es_error *err);

/** An indexed PNG: width x height palette indices, colours as RGBA. ppm 0: without pHYs. */
struct es_indexed {
    const uint8_t *index;
    uint32_t width, height;
    uint8_t rgba[256][4];
    unsigned colours;
    uint32_t pixels_per_metre;
};
ES_CHECKED es_status es_png_write(const struct es_indexed *image, struct es_buf *out,
                                  struct es_error *err);

#endif
