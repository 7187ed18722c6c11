/*
 * Pictures for tests, made by libpng and libjpeg themselves, so that what our decoders are shown
 * does not come from our own writers.
 */
#ifndef ES_PICTURE_MAKE_H
#define ES_PICTURE_MAKE_H

#include <png.h>
#include <stdio.h>

#include <jpeglib.h>

#include "es_base.h"

/* PNG of the given libpng format with every byte of the pixels 0x55 (or row by row 0, 1, 2…). */
static inline void make_png(struct es_buf *out, uint32_t width, uint32_t height, uint32_t format)
{
    png_image image = {.version = PNG_IMAGE_VERSION, .width = width, .height = height};
    png_alloc_size_t len = 0;
    uint8_t *pixels;

    image.format = format;
    pixels = malloc(PNG_IMAGE_SIZE(image));
    ES_BUG_ON(pixels == NULL);
    for (size_t i = 0; i < PNG_IMAGE_SIZE(image); i++)
        pixels[i] = (uint8_t) (i * 7);
    ES_BUG_ON(!png_image_write_get_memory_size(image, len, 0, pixels, 0, NULL));
    ES_BUG_ON(es_buf_reserve(out, len) == NULL);
    ES_BUG_ON(!png_image_write_to_memory(&image, out->ptr + out->len, &len, 0, pixels, 0, NULL));
    out->len += len;
    free(pixels);
}

/* JPEG of RGB pixels. */
static inline void make_jpeg(struct es_buf *out, const uint8_t *rgb, uint32_t width,
                             uint32_t height, int quality, bool progressive)
{
    struct jpeg_compress_struct info;
    struct jpeg_error_mgr manager;
    unsigned char *data = NULL;
    unsigned long len = 0;

    info.err = jpeg_std_error(&manager);
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &data, &len);
    info.image_width = width;
    info.image_height = height;
    info.input_components = 3;
    info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, quality, TRUE);
    if (progressive)
        jpeg_simple_progression(&info);
    jpeg_start_compress(&info, TRUE);
    for (uint32_t y = 0; y < height; y++) {
        JSAMPLE line[3 * 4096];
        JSAMPROW row = line;

        memcpy(line, rgb + (size_t) y * width * 3, (size_t) width * 3);
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    es_buf_put(out, data, len);
    free(data);
}
#endif
