/*
 * PNG through libpng's push reader: one row in memory, however large the picture. Ancillary
 * chunks are passed over unread, so their sizes never matter; what counts is that every pixel
 * can be decoded and the end chunk is there.
 */
#include <png.h>
#include <setjmp.h>

#include "picture.h"

struct png_job {
    struct es_picture_target *target;
    struct es_error *err;
    png_structp png;
    png_infop info;
    es_status status; /* set before png_error when the reason is ours */
    bool nomem;
    bool ended;
    char message[96];
};

static void *allocate(png_structp png, png_alloc_size_t size)
{
    struct png_job *job = png_get_mem_ptr(png);
    void *p = malloc(size);

    if (p == NULL)
        job->nomem = true;
    return p;
}

static void release(png_structp png, void *p)
{
    (void) png;
    free(p);
}

static void on_error(png_structp png, const char *message)
{
    struct png_job *job = png_get_error_ptr(png);

    snprintf(job->message, sizeof job->message, "%s", message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, const char *message)
{
    (void) png;
    (void) message;
}

static void on_info(png_structp png, png_infop info)
{
    struct png_job *job = png_get_progressive_ptr(png);

    job->status = es_picture_begin(job->target, png_get_image_width(png, info),
                                   png_get_image_height(png, info), job->err);
    if (job->status != ES_OK)
        png_error(png, "size");
    if (job->target->raster != NULL) {
        png_set_expand(png);
        png_set_strip_16(png);
        png_set_gray_to_rgb(png);
        png_set_add_alpha(png, 0xff, PNG_FILLER_AFTER);
        png_set_interlace_handling(png);
    }
    png_read_update_info(png, info);
}

static void on_row(png_structp png, png_bytep row, png_uint_32 y, int pass)
{
    struct png_job *job = png_get_progressive_ptr(png);
    struct es_raster *raster = job->target->raster;

    (void) pass;
    if (raster != NULL && row != NULL && y < raster->height)
        png_progressive_combine_row(png, raster->rgba + (size_t) y * raster->width * 4, row);
}

static void on_end(png_structp png, png_infop info)
{
    struct png_job *job = png_get_progressive_ptr(png);

    (void) info;
    job->ended = true;
}

static void configure(struct png_job *job)
{
    png_set_user_limits(job->png, ES_PICTURE_SIDE_MAX_PX, ES_PICTURE_SIDE_MAX_PX);
    png_set_chunk_malloc_max(job->png, 1u << 20);
    png_set_keep_unknown_chunks(job->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_progressive_read_fn(job->png, job, on_info, on_row, on_end);
}

/* False: libpng gave up. The jump lands here and no local changes after setjmp. */
static bool feed(struct png_job *job, struct es_span data)
{
    png_byte block[16384];

    if (setjmp(png_jmpbuf(job->png)) != 0)
        return false;
    configure(job);
    while (data.len > 0 && !job->ended) {
        struct es_span part = es_span_sub(data, 0, sizeof block);

        memcpy(block, part.ptr, part.len);
        data = es_span_sub(data, part.len, data.len);
        png_process_data(job->png, job->info, block, part.len);
    }
    return true;
}

static es_status check_header(struct es_span data, struct es_error *err)
{
    /* Size limits are reported as such before libpng's own refusal hides them. */
    static const uint8_t ihdr[8] = {0, 0, 0, 13, 'I', 'H', 'D', 'R'};
    struct es_picture_target probe = {0};
    const uint8_t *p = data.ptr + 16;

    ES_ENSURE(data.len >= 33 && memcmp(data.ptr + 8, ihdr, 8) == 0, err, ES_E_FORMAT,
              "first chunk is no IHDR");
    return es_picture_begin(
        &probe, (uint64_t) p[0] << 24 | (uint64_t) p[1] << 16 | (uint64_t) p[2] << 8 | p[3],
        (uint64_t) p[4] << 24 | (uint64_t) p[5] << 16 | (uint64_t) p[6] << 8 | p[7], err);
}

static es_status judge(const struct png_job *job, bool fed, struct es_error *err)
{
    if (job->status != ES_OK)
        return job->status;
    ES_ENSURE(!job->nomem, err, ES_E_NOMEM, "no memory to decode");
    ES_ENSURE(fed, err, ES_E_FORMAT, "%s", job->message);
    ES_ENSURE(job->ended, err, ES_E_FORMAT, "ends before its IEND chunk");
    return ES_OK;
}

es_status es_picture_read_png(struct es_span data, struct es_picture_target *target,
                              struct es_error *err)
{
    struct png_job job = {.target = target, .err = err};
    bool fed = false;

    ES_TRY(check_header(data, err));
    job.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &job, on_error, on_warning, &job,
                                       allocate, release);
    ES_ENSURE(job.png != NULL, err, ES_E_NOMEM, "no memory to decode");
    job.info = png_create_info_struct(job.png);
    if (job.info != NULL)
        fed = feed(&job, data);
    png_destroy_read_struct(&job.png, &job.info, NULL);
    return judge(&job, fed, err);
}
