/*
 * What is seen of a seal (stage 14): stamps on existing pages, inside them, in the seal's size,
 * and straddling stamps whole.
 */
#include "verify_internal.h"

#include "ofd_internal.h"

#include <math.h>

#define TOLERANCE_MM 0.5
#define VISIBLE_MM 1.0 /* less than this of a stamp is not seen */

struct stamp_count {
    size_t visible;
    bool scaled;
    double clip_area;  /* of clipped stamps, mm² */
    double whole_area; /* of the picture, when clipped stamps are there */
};

static bool read_box(struct es_span text, struct es_box *box)
{
    return es_ofd_box(text, box) && box->width > 0 && box->height > 0;
}

static double overlap(double from_a, double len_a, double from_b, double len_b)
{
    double from = fmax(from_a, from_b);
    double to = fmin(from_a + len_a, from_b + len_b);

    return fmax(0, to - from);
}

/* The part of a stamp that is drawn, in page space. */
static struct es_box drawn_part(const struct es_report_stamp *s)
{
    if (!s->clipped)
        return (struct es_box){s->x_mm, s->y_mm, s->width_mm, s->height_mm};
    return (struct es_box){s->x_mm + s->clip_x_mm, s->y_mm + s->clip_y_mm, s->clip_width_mm,
                           s->clip_height_mm};
}

static es_status is_visible(struct verify_one *one, const struct es_report_stamp *stamp, bool *out,
                            struct es_error *err)
{
    struct es_box page, part = drawn_part(stamp);
    es_status status;

    *out = false;
    if (stamp->page == 0)
        return ES_OK;
    status = es_ofd_page_box(one->run->ofd, stamp->page, &page, err);
    if (status == ES_E_NOMEM || status == ES_E_IO)
        return status;
    if (status == ES_OK)
        *out = overlap(part.x, part.width, 0, page.width) >= VISIBLE_MM &&
               overlap(part.y, part.height, 0, page.height) >= VISIBLE_MM;
    return ES_OK;
}

static void check_size(const struct verify_one *one, const struct es_report_stamp *s,
                       struct stamp_count *count)
{
    const struct es_picture *picture = &one->ses->seal->picture;

    if (fabs(s->width_mm - picture->width_mm) > TOLERANCE_MM ||
        fabs(s->height_mm - picture->height_mm) > TOLERANCE_MM)
        count->scaled = true;
    if (s->clipped) {
        count->clip_area += s->clip_width_mm * s->clip_height_mm;
        count->whole_area = s->width_mm * s->height_mm;
    }
}

static struct es_report_stamp *new_stamp(struct verify_one *one, const struct es_sig_stamp *in)
{
    struct es_report_stamp *s = ES_ARENA_NEW(&one->run->report->arena, struct es_report_stamp);
    struct es_box box = {0}, clip = {0};
    const struct es_ofd_page *page;
    uint32_t id = 0;

    if (s == NULL)
        return NULL;
    page = es_ofd_id(in->page_ref, &id) ? es_ofd_page_by_id(one->run->ofd, id) : NULL;
    s->page = page == NULL || !read_box(in->boundary, &box) ? 0 : page->number;
    s->x_mm = box.x;
    s->y_mm = box.y;
    s->width_mm = box.width;
    s->height_mm = box.height;
    s->clipped = in->has_clip;
    if (in->has_clip && read_box(in->clip, &clip)) {
        s->clip_x_mm = clip.x;
        s->clip_y_mm = clip.y;
        s->clip_width_mm = overlap(clip.x, clip.width, 0, box.width);
        s->clip_height_mm = overlap(clip.y, clip.height, 0, box.height);
    }
    return s;
}

static es_status take_stamps(struct verify_one *one, struct stamp_count *count,
                             struct es_error *err)
{
    struct es_report_stamp **tail = &one->sig->stamps;

    for (size_t i = 0; i < one->xml.stamp_count; i++) {
        struct es_report_stamp *stamp = new_stamp(one, &one->xml.stamps[i]);
        bool visible = false;

        ES_ENSURE(stamp != NULL, err, ES_E_NOMEM, "out of memory");
        *tail = stamp;
        tail = &stamp->next;
        ES_TRY(is_visible(one, stamp, &visible, err));
        count->visible += visible;
        if (visible)
            check_size(one, stamp, count);
    }
    return ES_OK;
}

es_status verify_stamps(struct verify_one *one, struct es_error *err)
{
    struct stamp_count count = {0};

    if (one->form != FORM_SEAL)
        return ES_OK;
    ES_TRY(take_stamps(one, &count, err));
    if (count.visible == 0)
        verify_add(one, ES_CHECK_PRESENTATION, ES_V_STAMP_NOT_VISIBLE, NULL);
    if (count.scaled)
        verify_add(one, ES_CHECK_PRESENTATION, ES_V_STAMP_SCALED, NULL);
    if (count.clip_area > 0 && count.clip_area < count.whole_area * 0.98)
        verify_add(one, ES_CHECK_PRESENTATION, ES_V_STRADDLE_INCOMPLETE, NULL);
    verify_ran(one, ES_CHECK_PRESENTATION);
    return ES_OK;
}
