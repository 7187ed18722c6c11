/*
 * What two aligned maps do not share. Ink counts as missing when the other map has none within
 * 0.1 mm: the edges of strokes, which every scan moves a little, do not.
 */
#include "compare.h"
#include "imprint_draw.h"

#define REACH_PX 2
#define SURE 0.6f  /* surely ink */
#define TRACE 0.3f /* less than this is surely none */

enum tone { TONE_NONE, TONE_BOTH, TONE_ONLY_A, TONE_ONLY_B };

static float window_max(const float *at, size_t step, uint32_t i, uint32_t count)
{
    uint32_t first = i > REACH_PX ? i - REACH_PX : 0;
    uint32_t last = i + REACH_PX < count ? i + REACH_PX : count - 1;
    float max = 0;

    for (uint32_t k = first; k <= last; k++)
        max = at[k * step] > max ? at[k * step] : max;
    return max;
}

/* Each pixel gets the most ink within reach: rows first, then columns. */
static es_status spread(const struct es_ink *ink, struct es_ink *out, struct es_error *err)
{
    ES_AUTO(es_ink) rows = {0};

    ES_TRY(es_ink_alloc(&rows, ink->width, ink->height, ink->px_per_mm, err));
    ES_TRY(es_ink_alloc(out, ink->width, ink->height, ink->px_per_mm, err));
    for (uint32_t y = 0; y < ink->height; y++) {
        size_t row = (size_t) y * ink->width;

        for (uint32_t x = 0; x < ink->width; x++)
            rows.at[row + x] = window_max(ink->at + row, 1, x, ink->width);
    }
    for (uint32_t y = 0; y < ink->height; y++) {
        size_t row = (size_t) y * ink->width;

        for (uint32_t x = 0; x < ink->width; x++)
            out->at[row + x] = window_max(rows.at + x, ink->width, y, ink->height);
    }
    return ES_OK;
}

static enum tone tone_of(float a, float b, float a_near, float b_near)
{
    if (a >= SURE && b_near < TRACE)
        return TONE_ONLY_A;
    if (b >= SURE && a_near < TRACE)
        return TONE_ONLY_B;
    return a >= 0.5f || b >= 0.5f ? TONE_BOTH : TONE_NONE;
}

static es_status write_picture(const uint8_t *tones, const struct es_ink *a, struct es_buf *out,
                               struct es_error *err)
{
    struct es_indexed image = {.index = tones,
                               .width = a->width,
                               .height = a->height,
                               .rgba = {[TONE_NONE] = {0xff, 0xff, 0xff, 0xff},
                                        [TONE_BOTH] = {0xb0, 0xb0, 0xb0, 0xff},
                                        [TONE_ONLY_A] = {0xe6, 0x00, 0x12, 0xff},
                                        [TONE_ONLY_B] = {0x00, 0x50, 0xe6, 0xff}},
                               .colours = 4,
                               .pixels_per_metre = ES_INK_PX_PER_MM * 1000};

    return out == NULL ? ES_OK : es_png_write(&image, out, err);
}

es_status es_ink_difference(const struct es_ink *a, const struct es_ink *b, double *share,
                            struct es_buf *picture, struct es_error *err)
{
    ES_AUTO(es_ink) a_near = {0};
    ES_AUTO(es_ink) b_near = {0};
    size_t count = (size_t) a->width * a->height, tally[4] = {0};
    es_status status;
    uint8_t *tones;

    ES_TRY(spread(a, &a_near, err));
    ES_TRY(spread(b, &b_near, err));
    tones = malloc(count);
    ES_ENSURE(tones != NULL, err, ES_E_NOMEM, "no memory to compare");
    for (size_t i = 0; i < count; i++) {
        tones[i] = (uint8_t) tone_of(a->at[i], b->at[i], a_near.at[i], b_near.at[i]);
        tally[tones[i]]++;
    }
    *share = (double) (tally[TONE_ONLY_A] + tally[TONE_ONLY_B]) /
             (double) (tally[TONE_BOTH] + tally[TONE_ONLY_A] + tally[TONE_ONLY_B] + 1);
    status = write_picture(tones, a, picture, err);
    free(tones);
    return status;
}
