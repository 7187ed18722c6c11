/*
 * Where the stamps fall: a point on pages, a text, or the edge of all pages (骑缝).
 *
 * Straddling, right edge, m pages of a group, strip w = W/m, page i = 0..m-1 (formats.md 7.5):
 *     Boundary = PW - (i+1)w, y, W, H      Clip = i*w, 0, w, H
 * Left, top and bottom likewise. No slice is narrower than ES_SLICE_MIN_MM; longer documents are
 * cut into groups of nearly equal size, each showing the whole seal.
 */
#include "sign_internal.h"

#include "ofd_internal.h"

#include <math.h>

#define STAMPS_MAX 100000u
#define EDGE_MM 0.001

struct placing {
    struct es_signing *signing;
    const struct es_place *place;
    struct es_report_stamp *last;
    uint32_t *pages; /* chosen, in order */
    size_t page_count;
};

/* ---- choosing pages: "1,3-5,last", "all" ---- */

static bool take_page(struct es_span text, uint32_t count, uint32_t *out)
{
    uint64_t value = 0;

    if (es_span_is(text, "last")) {
        *out = count;
        return count > 0;
    }
    if (text.len == 0 || text.len > 9)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        value = value * 10 + (uint64_t) (text.ptr[i] - '0');
    }
    *out = (uint32_t) value;
    return true;
}

static es_status take_range(struct placing *p, uint8_t *chosen, struct es_span part,
                            struct es_error *err)
{
    uint32_t count = es_ofd_page_count(p->signing->ofd);
    size_t dash = es_span_find(part, '-');
    uint32_t from = 1, to = count;
    bool good = true;

    if (!es_span_is(part, "all")) {
        good = take_page(es_span_sub(part, 0, dash), count, &from);
        to = from;
        if (good && dash < part.len)
            good = take_page(es_span_sub(part, dash + 1, part.len), count, &to);
    }
    ES_ENSURE(good && from >= 1 && from <= to, err, ES_E_USAGE,
              "pages \"%.*s\", allowed are such as 1,3-5,last or all", ES_SPAN_ARG(part));
    ES_ENSURE(to <= count, err, ES_E_OUTSIDE_PAGE, "page %u, the document has %u", to, count);
    for (uint32_t i = from; i <= to; i++)
        chosen[i] = 1;
    return ES_OK;
}

static es_status choose_pages(struct placing *p, const char *absent, struct es_error *err)
{
    struct es_span rest = es_span_str(p->place->pages == NULL ? absent : p->place->pages);
    uint32_t count = es_ofd_page_count(p->signing->ofd);
    uint8_t *chosen = es_arena_alloc(&p->signing->arena, (size_t) count + 1);

    p->pages = es_arena_alloc(&p->signing->arena, ((size_t) count + 1) * sizeof *p->pages);
    ES_ENSURE(chosen != NULL && p->pages != NULL, err, ES_E_NOMEM, "out of memory");
    do {
        size_t comma = es_span_find(rest, ',');

        ES_TRY(take_range(p, chosen, es_span_trim(es_span_sub(rest, 0, comma)), err));
        rest = es_span_sub(rest, comma + 1, rest.len);
    } while (rest.len > 0);
    p->page_count = 0;
    for (uint32_t i = 1; i <= count; i++)
        if (chosen[i])
            p->pages[p->page_count++] = i;
    return ES_OK;
}

/* ---- adding stamps ---- */

static struct es_report_stamp *add_stamp(struct placing *p, uint32_t page, double x, double y)
{
    struct es_report_stamp *s = ES_ARENA_NEW(&p->signing->arena, struct es_report_stamp);

    if (s == NULL)
        return NULL;
    s->page = page;
    s->x_mm = x;
    s->y_mm = y;
    s->width_mm = p->signing->width_mm;
    s->height_mm = p->signing->height_mm;
    if (p->last == NULL)
        p->signing->stamps = s;
    else
        p->last->next = s;
    p->last = s;
    p->signing->stamp_count++;
    return s;
}

static es_status add_whole(struct placing *p, uint32_t page, double x, double y,
                           struct es_error *err)
{
    const struct es_signing *s = p->signing;
    struct es_box box;

    ES_TRY(es_ofd_page_box(p->signing->ofd, page, &box, err));
    ES_ENSURE(x >= -EDGE_MM && y >= -EDGE_MM && x + s->width_mm <= box.width + EDGE_MM &&
                  y + s->height_mm <= box.height + EDGE_MM,
              err, ES_E_OUTSIDE_PAGE,
              "seal of %g x %g mm at %g,%g does not lie inside page %u of %g x %g mm", s->width_mm,
              s->height_mm, x, y, page, box.width, box.height);
    ES_ENSURE(s->stamp_count < STAMPS_MAX, err, ES_E_LIMIT, "more than %u stamps", STAMPS_MAX);
    ES_ENSURE(add_stamp(p, page, x, y) != NULL, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

static es_status place_point(struct placing *p, struct es_error *err)
{
    ES_TRY(choose_pages(p, "1", err));
    for (size_t i = 0; i < p->page_count; i++)
        ES_TRY(add_whole(p, p->pages[i], p->place->x_mm, p->place->y_mm, err));
    return ES_OK;
}

/* ---- at a text ---- */

struct searching {
    struct placing *placing;
    const uint8_t *wanted; /* by page */
    uint32_t seen;
    bool done;
};

static es_status take_hit(void *ctx, const struct es_text_hit *hit, struct es_error *err)
{
    struct searching *s = ctx;
    const struct es_place *place = s->placing->place;
    const struct es_signing *signing = s->placing->signing;

    if (s->wanted != NULL && !s->wanted[hit->page])
        return ES_OK;
    s->seen++;
    if (place->nth != 0 && s->seen != place->nth)
        return ES_OK;
    s->done = true;
    return add_whole(s->placing, hit->page,
                     hit->box.x + hit->box.width / 2 + place->dx_mm - signing->width_mm / 2,
                     hit->box.y + hit->box.height / 2 + place->dy_mm - signing->height_mm / 2, err);
}

static es_status place_keyword(struct placing *p, struct es_error *err)
{
    uint32_t count = es_ofd_page_count(p->signing->ofd);
    struct searching s = {.placing = p};
    uint8_t *wanted = es_arena_alloc(&p->signing->arena, (size_t) count + 1);

    ES_ENSURE(wanted != NULL, err, ES_E_NOMEM, "out of memory");
    ES_ENSURE(p->place->keyword != NULL && p->place->keyword[0] != 0, err, ES_E_USAGE,
              "the keyword is empty");
    ES_TRY(choose_pages(p, "all", err));
    for (size_t i = 0; i < p->page_count; i++)
        wanted[p->pages[i]] = 1;
    s.wanted = wanted;
    ES_TRY(es_ofd_find_text(p->signing->ofd, p->place->keyword, p->pages[0],
                            p->pages[p->page_count - 1], take_hit, &s, err));
    ES_ENSURE(s.seen > 0, err, ES_E_KEYWORD, "\"%s\" does not stand on the chosen pages",
              p->place->keyword);
    ES_ENSURE(s.done, err, ES_E_KEYWORD, "\"%s\" stands on the chosen pages %u times, not %u",
              p->place->keyword, s.seen, p->place->nth);
    return ES_OK;
}

/* ---- over the edge of pages ---- */

struct slice {
    size_t index; /* in its group, from 0 */
    size_t count; /* pages of the group */
};

static es_status add_slice(struct placing *p, uint32_t page, struct slice slice,
                           struct es_error *err)
{
    const struct es_signing *s = p->signing;
    enum es_side side = p->place->side;
    bool upright = side == ES_SIDE_LEFT || side == ES_SIDE_RIGHT;
    double across = upright ? s->width_mm : s->height_mm; /* cut in slices */
    double along = upright ? s->height_mm : s->width_mm;
    double strip = across / (double) slice.count;
    bool far = side == ES_SIDE_RIGHT || side == ES_SIDE_BOTTOM;
    double skip = strip * (double) (far ? slice.index : slice.count - 1 - slice.index);
    struct es_report_stamp *stamp;
    struct es_box box;
    double edge, room, at;

    ES_TRY(es_ofd_page_box(p->signing->ofd, page, &box, err));
    room = upright ? box.height : box.width;
    at = p->place->along_mm < 0 ? (room - along) / 2 : p->place->along_mm;
    ES_ENSURE(at >= -EDGE_MM && at + along <= room + EDGE_MM, err, ES_E_OUTSIDE_PAGE,
              "straddling seal of %g mm at %g does not lie inside page %u of %g mm", along, at,
              page, room);
    edge = far ? (upright ? box.width : box.height) - skip - strip : -skip;
    stamp = add_stamp(p, page, upright ? edge : at, upright ? at : edge);
    ES_ENSURE(stamp != NULL, err, ES_E_NOMEM, "out of memory");
    stamp->clipped = true;
    stamp->clip_x_mm = upright ? skip : 0;
    stamp->clip_y_mm = upright ? 0 : skip;
    stamp->clip_width_mm = upright ? strip : s->width_mm;
    stamp->clip_height_mm = upright ? s->height_mm : strip;
    return ES_OK;
}

static es_status place_straddle(struct placing *p, struct es_error *err)
{
    const struct es_signing *s = p->signing;
    bool upright = p->place->side == ES_SIDE_LEFT || p->place->side == ES_SIDE_RIGHT;
    size_t slices_max = (size_t) fmax(
        2, floor((upright ? s->width_mm : s->height_mm) / ES_SLICE_MIN_MM));
    size_t groups, page = 0;

    ES_TRY(choose_pages(p, "all", err));
    ES_ENSURE(p->page_count >= 2, err, ES_E_STRADDLE,
              "a straddling seal needs two pages or more, %zu chosen", p->page_count);
    groups = (p->page_count + slices_max - 1) / slices_max;
    for (size_t g = 0; g < groups; g++) {
        size_t count = p->page_count * (g + 1) / groups - p->page_count * g / groups;

        for (size_t i = 0; i < count; i++)
            ES_TRY(add_slice(p, p->pages[page++], (struct slice){i, count}, err));
    }
    return ES_OK;
}

es_status sign_place(struct es_signing *signing, const struct es_sign_request *request,
                     struct es_error *err)
{
    struct placing p = {.signing = signing};

    for (size_t i = 0; i < request->place_count; i++) {
        p.place = &request->places[i];
        switch (p.place->mode) {
        case ES_PLACE_POINT:
            ES_TRY(place_point(&p, err));
            break;
        case ES_PLACE_KEYWORD:
            ES_TRY(place_keyword(&p, err));
            break;
        case ES_PLACE_STRADDLE:
            ES_TRY(place_straddle(&p, err));
            break;
        case ES_PLACE_NONE:
            break;
        }
    }
    ES_ENSURE(!signing->is_seal || signing->stamp_count > 0, err, ES_E_USAGE,
              "no place for the seal is given");
    ES_ENSURE(signing->is_seal || signing->stamp_count == 0, err, ES_E_USAGE,
              "a signature without a seal has no place on a page");
    return ES_OK;
}
