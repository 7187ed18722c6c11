/*
 * Inside of lib/image: the decoders behind es_picture_probe. Each reads a whole picture within
 * limits; with a raster it also keeps the pixels (comparison), without it only checks them.
 */
#ifndef ES_PICTURE_H
#define ES_PICTURE_H

#include "es_image.h"

/** Pixels that are kept, four bytes each: red, green, blue, alpha (not premultiplied). */
struct es_raster {
    uint32_t width, height;
    uint8_t *rgba; /* owned; NULL before the size is known */
};
#define ES_RASTER_PIXELS_MAX 16000000u
#define ES_PICTURE_SIDE_MAX_PX 65535u
void es_raster_clear(struct es_raster *raster);

/** Where a decoder puts what it finds. raster NULL: check only. */
struct es_picture_target {
    struct es_picture_facts facts;
    struct es_raster *raster;
};
/** Size found: check limits, note it, allocate the raster (zeroed) when one is wanted. */
ES_CHECKED es_status es_picture_begin(struct es_picture_target *target, uint64_t width,
                                      uint64_t height, struct es_error *err);

/** Decode data of that kind. ES_E_FORMAT, ES_E_LIMIT, ES_E_NOMEM. */
ES_CHECKED es_status es_picture_read_png(struct es_span data, struct es_picture_target *target,
                                         struct es_error *err);
ES_CHECKED es_status es_picture_read_jpeg(struct es_span data, struct es_picture_target *target,
                                          struct es_error *err);
ES_CHECKED es_status es_picture_read_gif(struct es_span data, struct es_picture_target *target,
                                         struct es_error *err);
/** Uncompressed bitmaps of 1, 4, 8, 16, 24 and 32 bits. */
ES_CHECKED es_status es_picture_read_bmp(struct es_span data, struct es_picture_target *target,
                                         struct es_error *err);
/** Size from the first directory; pixels are never read. */
ES_CHECKED es_status es_picture_read_tiff(struct es_span data, struct es_picture_target *target,
                                          struct es_error *err);
/** Tags balance, and target->facts.active tells of anything that acts or reaches out. */
ES_CHECKED es_status es_picture_read_svg(struct es_span data, struct es_picture_target *target,
                                         struct es_error *err);
/** First bytes look like SVG: an XML prologue or comment, then perhaps a root. */
bool es_picture_looks_svg(struct es_span data);

/** Kind by the first bytes; ES_PICTURE_UNKNOWN when none fits. */
enum es_picture_kind es_picture_sniff(struct es_span data);
/** Decode data by its kind into target. Only PNG, JPEG, GIF and BMP can fill a raster. */
ES_CHECKED es_status es_picture_read(struct es_span data, struct es_picture_target *target,
                                     struct es_error *err);
#endif
