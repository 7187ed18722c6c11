/*
 * JPEG through libjpeg-turbo. Its errors come back by longjmp; damage it would paper over with
 * grey (it calls that a warning) is a refusal here. Memory and the number of scans are bounded,
 * because a small progressive file can ask for a great deal of both.
 */
#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include <jerror.h>

#include "picture.h"

#define MEMORY_MAX (256L << 20)
#define SCANS_MAX 100

struct jpeg_job {
    struct jpeg_error_mgr manager; /* first: libjpeg hands back its address */
    struct jpeg_progress_mgr progress;
    struct jpeg_decompress_struct info;
    struct es_picture_target *target;
    struct es_error *err;
    es_status status; /* set before the jump when the reason is ours */
    char message[JMSG_LENGTH_MAX];
    jmp_buf jump;
};

static struct jpeg_job *job_of(j_common_ptr info)
{
    return info->client_data;
}

static void give_up(struct jpeg_job *job, es_status status, const char *message)
{
    if (message != NULL)
        job->status = es_error_set(job->err, status, "%s", message);
    longjmp(job->jump, 1);
}

static void on_error(j_common_ptr info)
{
    struct jpeg_job *job = job_of(info);
    es_status status = ES_E_FORMAT;

    if (info->err->msg_code == JERR_OUT_OF_MEMORY)
        status = ES_E_NOMEM;
    else if (info->err->msg_code == JERR_NO_BACKING_STORE ||
             info->err->msg_code == JERR_IMAGE_TOO_BIG)
        status = ES_E_LIMIT;
    info->err->format_message(info, job->message);
    give_up(job, status, job->message);
}

static bool is_harmless(int code)
{
    return code == JWRN_EXTRANEOUS_DATA || code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR ||
           code == JWRN_BOGUS_PROGRESSION;
}

static void on_message(j_common_ptr info, int level)
{
    if (level < 0 && !is_harmless(info->err->msg_code))
        on_error(info);
}

static void on_progress(j_common_ptr info)
{
    struct jpeg_job *job = job_of(info);

    if (job->info.input_scan_number > SCANS_MAX)
        give_up(job, ES_E_LIMIT, "more than 100 scans");
}

static void keep_row(struct es_raster *raster, uint32_t y, const JSAMPLE *rgb)
{
    uint8_t *out = raster->rgba + (size_t) y * raster->width * 4;

    for (uint32_t x = 0; x < raster->width; x++) {
        memcpy(out + (size_t) x * 4, rgb + (size_t) x * 3, 3);
        out[(size_t) x * 4 + 3] = 0xff;
    }
}

static void choose_output(struct jpeg_job *job)
{
    struct jpeg_decompress_struct *info = &job->info;

    /* A check needs no colours; four-component files only come out as CMYK. */
    if (job->target->raster == NULL) {
        info->out_color_space = info->jpeg_color_space;
        return;
    }
    if (info->num_components == 4)
        give_up(job, ES_E_FORMAT, "four colour components are not compared");
    info->out_color_space = JCS_RGB;
}

static void decode(struct jpeg_job *job, struct es_span data)
{
    struct jpeg_decompress_struct *info = &job->info;
    struct es_raster *raster = job->target->raster;
    JSAMPARRAY row;

    jpeg_create_decompress(info);
    info->mem->max_memory_to_use = MEMORY_MAX;
    info->progress = &job->progress;
    jpeg_mem_src(info, data.ptr, data.len);
    jpeg_read_header(info, TRUE);
    job->status = es_picture_begin(job->target, info->image_width, info->image_height, job->err);
    if (job->status != ES_OK)
        give_up(job, job->status, NULL);
    choose_output(job);
    jpeg_start_decompress(info);
    row = info->mem->alloc_sarray((j_common_ptr) info, JPOOL_IMAGE,
                                  info->output_width * (JDIMENSION) info->output_components, 1);
    while (info->output_scanline < info->output_height) {
        uint32_t y = info->output_scanline;

        if (jpeg_read_scanlines(info, row, 1) == 1 && raster != NULL)
            keep_row(raster, y, row[0]);
    }
    jpeg_finish_decompress(info);
}

es_status es_picture_read_jpeg(struct es_span data, struct es_picture_target *target,
                               struct es_error *err)
{
    struct jpeg_job *job = calloc(1, sizeof *job); /* not on the stack: it outlives the jump */
    es_status status;

    ES_ENSURE(job != NULL, err, ES_E_NOMEM, "no memory to decode");
    job->target = target;
    job->err = err;
    job->info.err = jpeg_std_error(&job->manager);
    job->info.client_data = job;
    job->manager.error_exit = on_error;
    job->manager.emit_message = on_message;
    job->progress.progress_monitor = on_progress;
    if (setjmp(job->jump) == 0)
        decode(job, data);
    jpeg_destroy_decompress(&job->info);
    status = job->status;
    free(job);
    return status;
}
