/*
 * Indexed PNG: the same picture gives the same bytes with the same libpng and zlib. No time, no
 * text, no colour space; fixed filter and compression.
 */
#include <png.h>
#include <setjmp.h>

#include "imprint_draw.h"

struct png_job {
    const struct es_indexed *image;
    struct es_buf *out;
    png_structp png;
    png_infop info;
    bool nomem;
};

static void *allocate(png_structp png, png_alloc_size_t size)
{
    struct png_job *job = png_get_mem_ptr(png);
    void *p = malloc(size);

    job->nomem = job->nomem || p == NULL;
    return p;
}

static void release(png_structp png, void *p)
{
    (void) png;
    free(p);
}

static void on_error(png_structp png, const char *message)
{
    (void) message;
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, const char *message)
{
    (void) png;
    (void) message;
}

static void on_write(png_structp png, png_bytep data, size_t len)
{
    struct png_job *job = png_get_io_ptr(png);

    es_buf_put(job->out, data, len);
}

static void on_flush(png_structp png)
{
    (void) png;
}

static void write_palette(struct png_job *job)
{
    const struct es_indexed *image = job->image;
    png_color colours[256];
    png_byte alpha[256];

    for (unsigned i = 0; i < image->colours; i++) {
        colours[i] = (png_color){image->rgba[i][0], image->rgba[i][1], image->rgba[i][2]};
        alpha[i] = image->rgba[i][3];
    }
    png_set_PLTE(job->png, job->info, colours, (int) image->colours);
    png_set_tRNS(job->png, job->info, alpha, (int) image->colours, NULL);
}

/* False: libpng gave up. The jump lands here and no local changes after setjmp. */
static bool write_all(struct png_job *job)
{
    const struct es_indexed *image = job->image;

    if (setjmp(png_jmpbuf(job->png)) != 0)
        return false;
    png_set_write_fn(job->png, job, on_write, on_flush);
    png_set_compression_level(job->png, 6); /* 9 takes eight times as long for a tenth less */
    png_set_filter(job->png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
    png_set_IHDR(job->png, job->info, image->width, image->height, 8, PNG_COLOR_TYPE_PALETTE,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    write_palette(job);
    if (image->pixels_per_metre != 0)
        png_set_pHYs(job->png, job->info, image->pixels_per_metre, image->pixels_per_metre,
                     PNG_RESOLUTION_METER);
    png_write_info(job->png, job->info);
    for (size_t y = 0; y < image->height; y++)
        png_write_row(job->png, image->index + y * image->width);
    png_write_end(job->png, NULL);
    return true;
}

static es_status write_png(const struct es_indexed *image, struct es_buf *out, struct es_error *err)
{
    struct png_job job = {.image = image, .out = out};
    bool written = false;

    ES_BUG_ON(image->colours < 1 || image->colours > 256);
    job.png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning, &job,
                                        allocate, release);
    ES_ENSURE(job.png != NULL, err, ES_E_NOMEM, "no memory to write a PNG");
    job.info = png_create_info_struct(job.png);
    if (job.info != NULL)
        written = write_all(&job);
    png_destroy_write_struct(&job.png, &job.info);
    ES_ENSURE(!job.nomem, err, ES_E_NOMEM, "no memory to write a PNG");
    ES_ENSURE(written, err, ES_E_INTERNAL, "libpng does not write the picture");
    return es_buf_check(out, err);
}

es_status es_png_write(const struct es_indexed *image, struct es_buf *out, struct es_error *err)
{
    size_t before = out->len;
    es_status status = write_png(image, out, err);

    if (status != ES_OK)
        out->len = before;
    return status;
}
