/*
 * TIFF: only the size of the first directory, in either byte order. Seals made by scanners may
 * carry it; nothing here draws it, so its many compressions are never touched.
 */
#include "picture.h"

#define TAG_WIDTH 256
#define TAG_HEIGHT 257
#define TYPE_SHORT 3
#define TYPE_LONG 4

struct tiff {
    struct es_span data;
    bool big_endian;
};

static uint32_t get(const struct tiff *tiff, size_t at, unsigned bytes)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < bytes; i++) {
        unsigned from = tiff->big_endian ? i : bytes - 1 - i;

        value = value << 8 | tiff->data.ptr[at + from];
    }
    return value;
}

/* A side from a directory entry, or 0 when its type is no number we know. */
static uint32_t get_side(const struct tiff *tiff, size_t entry)
{
    uint32_t type = get(tiff, entry + 2, 2);

    if (get(tiff, entry + 4, 4) != 1)
        return 0;
    if (type == TYPE_SHORT)
        return get(tiff, entry + 8, 2);
    return type == TYPE_LONG ? get(tiff, entry + 8, 4) : 0;
}

es_status es_picture_read_tiff(struct es_span data, struct es_picture_target *target,
                               struct es_error *err)
{
    struct tiff tiff = {.data = data, .big_endian = data.ptr[0] == 'M'};
    uint32_t width = 0, height = 0;
    size_t at, count;

    ES_ENSURE(data.len >= 8, err, ES_E_FORMAT, "ends inside the header");
    at = get(&tiff, 4, 4);
    ES_ENSURE(at >= 8 && at <= data.len && data.len - at >= 2, err, ES_E_FORMAT,
              "directory at %zu lies outside the file", at);
    count = get(&tiff, at, 2);
    ES_ENSURE((data.len - at - 2) / 12 >= count, err, ES_E_FORMAT,
              "directory of %zu entries lies outside the file", count);
    for (size_t i = 0; i < count; i++) {
        size_t entry = at + 2 + i * 12;

        if (get(&tiff, entry, 2) == TAG_WIDTH)
            width = get_side(&tiff, entry);
        else if (get(&tiff, entry, 2) == TAG_HEIGHT)
            height = get_side(&tiff, entry);
    }
    return es_picture_begin(target, width, height, err);
}
