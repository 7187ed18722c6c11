/*
 * A look into a picture that trusts nothing: the first bytes decide the kind, a name or type
 * given elsewhere never does, and each decoder works within the limits checked here.
 */
#include "picture.h"

struct kind_row {
    enum es_picture_kind kind;
    const char *name;
    const char *magic; /* NULL: told apart in another way */
    size_t magic_len;
    es_status (*read)(struct es_span data, struct es_picture_target *target, struct es_error *err);
};

static es_status read_ofd(struct es_span data, struct es_picture_target *target,
                          struct es_error *err)
{
    (void) target;
    /* Four bytes signature and the fixed part of an end record are the least a ZIP can be. */
    ES_ENSURE(data.len >= 4 + 22, err, ES_E_FORMAT, "OFD of %zu bytes is no package", data.len);
    return ES_OK;
}

static const struct kind_row kinds[] = {
    {ES_PICTURE_PNG, "PNG", "\x89PNG\r\n\x1a\n", 8, es_picture_read_png},
    {ES_PICTURE_JPEG, "JPEG", "\xff\xd8\xff", 3, es_picture_read_jpeg},
    {ES_PICTURE_GIF, "GIF", "GIF87a", 6, es_picture_read_gif},
    {ES_PICTURE_GIF, "GIF", "GIF89a", 6, es_picture_read_gif},
    {ES_PICTURE_BMP, "BMP", "BM", 2, es_picture_read_bmp},
    {ES_PICTURE_TIFF, "TIFF", "II*\0", 4, es_picture_read_tiff},
    {ES_PICTURE_TIFF, "TIFF", "MM\0*", 4, es_picture_read_tiff},
    {ES_PICTURE_OFD, "OFD", "PK\x03\x04", 4, read_ofd},
    {ES_PICTURE_SVG, "SVG", NULL, 0, es_picture_read_svg},
};
#define KIND_COUNT (sizeof kinds / sizeof kinds[0])

static const struct kind_row *find_row(struct es_span data)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        const struct kind_row *row = &kinds[i];

        if (row->magic == NULL) {
            if (es_picture_looks_svg(data))
                return row;
        } else if (data.len >= row->magic_len &&
                   memcmp(data.ptr, row->magic, row->magic_len) == 0) {
            return row;
        }
    }
    return NULL;
}

enum es_picture_kind es_picture_sniff(struct es_span data)
{
    const struct kind_row *row = find_row(data);

    return row == NULL ? ES_PICTURE_UNKNOWN : row->kind;
}

const char *es_picture_kind_name(enum es_picture_kind kind)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (kinds[i].kind == kind)
            return kinds[i].name;
    }
    return "unknown";
}

void es_raster_clear(struct es_raster *raster)
{
    free(raster->rgba);
    *raster = (struct es_raster){0};
}

static es_status start_raster(struct es_raster *raster, uint32_t width, uint32_t height,
                              struct es_error *err)
{
    ES_ENSURE((uint64_t) width * height <= ES_RASTER_PIXELS_MAX, err, ES_E_LIMIT,
              "picture of %u x %u pixels, allowed here are %u in all", width, height,
              ES_RASTER_PIXELS_MAX);
    es_raster_clear(raster);
    raster->rgba = calloc((size_t) width * height, 4);
    ES_ENSURE(raster->rgba != NULL, err, ES_E_NOMEM, "no memory for %u x %u pixels", width, height);
    raster->width = width;
    raster->height = height;
    return ES_OK;
}

es_status es_picture_begin(struct es_picture_target *target, uint64_t width, uint64_t height,
                           struct es_error *err)
{
    ES_ENSURE(width >= 1 && height >= 1, err, ES_E_FORMAT, "picture without width or height");
    ES_ENSURE(width <= ES_PICTURE_SIDE_MAX_PX && height <= ES_PICTURE_SIDE_MAX_PX, err, ES_E_LIMIT,
              "picture of %llu x %llu pixels, a side has at most %u", (unsigned long long) width,
              (unsigned long long) height, ES_PICTURE_SIDE_MAX_PX);
    ES_ENSURE(width * height <= ES_PICTURE_PIXELS_MAX, err, ES_E_LIMIT,
              "picture of %llu x %llu pixels, allowed are %u in all", (unsigned long long) width,
              (unsigned long long) height, ES_PICTURE_PIXELS_MAX);
    target->facts.width_px = (uint32_t) width;
    target->facts.height_px = (uint32_t) height;
    if (target->raster == NULL)
        return ES_OK;
    return start_raster(target->raster, (uint32_t) width, (uint32_t) height, err);
}

es_status es_picture_read(struct es_span data, struct es_picture_target *target,
                          struct es_error *err)
{
    const struct kind_row *row = find_row(data);
    es_status status;

    ES_ENSURE(row != NULL, err, ES_E_FORMAT,
              "no picture: not PNG, JPEG, GIF, BMP, TIFF, SVG or OFD");
    target->facts.kind = row->kind;
    status = row->read(data, target, err);
    return status == ES_OK ? ES_OK : es_error_at(err, status, "%s picture", row->name);
}

es_status es_picture_probe(struct es_span data, struct es_picture_facts *out, struct es_error *err)
{
    struct es_picture_target target = {.raster = NULL};

    *out = (struct es_picture_facts){0};
    ES_TRY(es_picture_read(data, &target, err));
    *out = target.facts;
    return ES_OK;
}
