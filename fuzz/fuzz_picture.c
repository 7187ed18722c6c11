/*
 * Pictures from anywhere. Properties: facts lie within the limits; the answer does not depend on
 * where the bytes lie; a PNG that is accepted is decoded by libpng's own simple reader, too, to
 * the same size; what the pixel decoders keep has the size the probe gave.
 */
#include <png.h>

#include "es_image.h"
#include "picture.h"

#define DECODE_MAX 250000u

static void check_with_libpng(struct es_span data, const struct es_picture_facts *facts)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    uint8_t *pixels;

    ES_BUG_ON(!png_image_begin_read_from_memory(&image, data.ptr, data.len));
    ES_BUG_ON(image.width != facts->width_px || image.height != facts->height_px);
    image.format = PNG_FORMAT_RGBA;
    pixels = malloc(PNG_IMAGE_SIZE(image));
    if (pixels != NULL)
        ES_BUG_ON(!png_image_finish_read(&image, NULL, pixels, 0, NULL));
    free(pixels);
    png_image_free(&image);
}

static void check_raster(struct es_span data, const struct es_picture_facts *facts)
{
    ES_AUTO(es_raster) raster = {0};
    struct es_picture_target target = {.raster = &raster};
    es_status status = es_picture_read(data, &target, NULL);

    if (facts->kind == ES_PICTURE_PNG || facts->kind == ES_PICTURE_GIF ||
        facts->kind == ES_PICTURE_BMP)
        ES_BUG_ON(status != ES_OK);
    if (status == ES_OK && raster.rgba != NULL)
        ES_BUG_ON(raster.width != facts->width_px || raster.height != facts->height_px);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct es_span in = es_span_of(data, size);
    struct es_picture_facts facts;
    struct es_error err = {0};
    uint64_t pixels;

    if (es_picture_probe(in, &facts, &err) != ES_OK) {
        ES_BUG_ON(err.status == ES_OK || err.text[0] == '\0');
        return 0;
    }
    pixels = (uint64_t) facts.width_px * facts.height_px;
    ES_BUG_ON(facts.kind == ES_PICTURE_UNKNOWN || pixels > ES_PICTURE_PIXELS_MAX);
    ES_BUG_ON(facts.active && facts.kind != ES_PICTURE_SVG);
    if (pixels == 0 || pixels > DECODE_MAX)
        return 0;
    if (facts.kind == ES_PICTURE_PNG)
        check_with_libpng(in, &facts);
    check_raster(in, &facts);
    return 0;
}
