/*
 * Searching text on pages, and a page's plain text. Both sides are taken apart to compatibility
 * form (full-width and half-width are equal, case is not) without white space; the search is
 * linear (Knuth, Morris, Pratt) over one array for the whole page.
 */
#include "ofd_text.h"

#include <math.h>
#include <utf8proc.h>

#define PATTERN_MAX 1024  /* code points */
#define BREAK 0xFFFFFFFFu /* between texts that do not join; matches nothing */
#define SPACE_GAP 0.3     /* of the size: a gap wider than that reads as a space */

/* Folded code points and the character each came from. */
struct folded {
    uint32_t *points;
    uint32_t *owners;
    size_t count, cap;
};

static void folded_clear(struct folded *f)
{
    free(f->points);
    free(f->owners);
    *f = (struct folded){0};
}

static es_status folded_reserve(struct folded *f, size_t more, struct es_error *err)
{
    size_t cap = f->cap < 256 ? 256 : f->cap * 2;
    uint32_t *points, *owners;

    if (more <= f->cap - f->count)
        return ES_OK;
    points = realloc(f->points, cap * sizeof(*points));
    if (points)
        f->points = points;
    owners = realloc(f->owners, cap * sizeof(*owners));
    if (owners)
        f->owners = owners;
    ES_ENSURE(points && owners, err, ES_E_NOMEM, "out of memory");
    f->cap = cap;
    return ES_OK;
}

#define DECOMPOSED_MAX 32 /* the longest compatibility decomposition has 18 */

static es_status fold_char(struct folded *f, uint32_t code_point, uint32_t owner,
                           struct es_error *err)
{
    utf8proc_int32_t parts[DECOMPOSED_MAX];
    int boundclass = 0;
    utf8proc_ssize_t count = utf8proc_decompose_char(
        (utf8proc_int32_t) code_point, parts, DECOMPOSED_MAX,
        UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_IGNORE, &boundclass);

    if (count < 0 || count > DECOMPOSED_MAX) {
        parts[0] = 0xFFFD;
        count = 1;
    }
    ES_TRY(folded_reserve(f, DECOMPOSED_MAX, err));
    for (utf8proc_ssize_t i = 0; i < count; i++) {
        utf8proc_category_t kind = utf8proc_category(parts[i]);

        if (kind == UTF8PROC_CATEGORY_ZS || kind == UTF8PROC_CATEGORY_ZL ||
            kind == UTF8PROC_CATEGORY_ZP || parts[i] <= 0x20)
            continue;
        f->points[f->count] = (uint32_t) parts[i];
        f->owners[f->count++] = owner;
    }
    return ES_OK;
}

static es_status fold_break(struct folded *f, struct es_error *err)
{
    ES_TRY(folded_reserve(f, 1, err));
    f->points[f->count] = BREAK;
    f->owners[f->count++] = 0;
    return ES_OK;
}

static es_status fold_pattern(const char *text, struct folded *f, struct es_error *err)
{
    struct es_span span = es_span_str(text);
    size_t at = 0;

    ES_ENSURE(es_utf8_valid(span), err, ES_E_USAGE, "text to find is not UTF-8");
    while (at < span.len && f->count <= PATTERN_MAX)
        ES_TRY(fold_char(f, (uint32_t) es_utf8_next(span, &at), 0, err));
    ES_ENSURE(f->count > 0, err, ES_E_USAGE, "text to find is empty");
    ES_ENSURE(f->count <= PATTERN_MAX, err, ES_E_USAGE, "text to find is longer than %d characters",
              PATTERN_MAX);
    return ES_OK;
}

static es_status fold_page(const struct es_ofd_page_text *page, struct folded *f,
                           struct es_error *err)
{
    for (uint32_t i = 0; i < page->run_count; i++) {
        const struct es_ofd_run *run = &page->runs[i];

        if (i > 0 && !es_ofd_runs_join(run - 1, run))
            ES_TRY(fold_break(f, err));
        for (uint32_t k = run->first; k < run->first + run->count; k++)
            ES_TRY(fold_char(f, page->chars[k].code_point, k, err));
    }
    return ES_OK;
}

/* ---- search ---- */

struct search {
    struct folded pattern;
    size_t fail[PATTERN_MAX]; /* length of the longest border of pattern[0..i] */
    struct folded text;
    struct es_ofd_page_text page;
};

static void search_free(struct search *s)
{
    if (!s)
        return;
    folded_clear(&s->pattern);
    folded_clear(&s->text);
    es_ofd_page_text_clear(&s->page);
    free(s);
}
static void search_free_at(struct search **p)
{
    search_free(*p);
}

static size_t step(const struct search *s, size_t matched, uint32_t point)
{
    while (matched > 0 && s->pattern.points[matched] != point)
        matched = s->fail[matched - 1];
    return s->pattern.points[matched] == point ? matched + 1 : 0;
}

static void prepare(struct search *s)
{
    s->fail[0] = 0;
    for (size_t i = 1; i < s->pattern.count; i++)
        s->fail[i] = step(s, s->fail[i - 1], s->pattern.points[i]);
}

/* Bounds of the characters from which text[from, from+len) came. */
static struct es_box bounds(const struct search *s, size_t from, size_t len)
{
    double left = INFINITY, top = INFINITY, right = -INFINITY, bottom = -INFINITY;

    for (size_t i = from; i < from + len; i++) {
        const struct es_ofd_char *c = &s->page.chars[s->text.owners[i]];

        left = fmin(left, (double) c->x);
        top = fmin(top, (double) c->y);
        right = fmax(right, (double) c->x + (double) c->width);
        bottom = fmax(bottom, (double) c->y + (double) c->height);
    }
    return (struct es_box){.x = left, .y = top, .width = right - left, .height = bottom - top};
}

static es_status search_page(struct search *s, uint32_t number,
                             es_status (*each)(void *ctx, const struct es_text_hit *hit,
                                               struct es_error *err),
                             void *ctx, struct es_error *err)
{
    size_t matched = 0;

    for (size_t i = 0; i < s->text.count; i++) {
        struct es_text_hit hit = {.page = number};

        matched = step(s, matched, s->text.points[i]);
        if (matched < s->pattern.count)
            continue;
        hit.box = bounds(s, i + 1 - matched, matched);
        ES_TRY(each(ctx, &hit, err));
        matched = 0; /* hits do not overlap */
    }
    return ES_OK;
}

es_status
es_ofd_find_text(struct es_ofd *ofd, const char *text, uint32_t first_page, uint32_t last_page,
                 es_status (*each)(void *ctx, const struct es_text_hit *hit, struct es_error *err),
                 void *ctx, struct es_error *err)
{
    struct es_ofd_budget budget = es_ofd_budget_for(ofd);
    __attribute__((cleanup(search_free_at))) struct search *s = calloc(1, sizeof(*s));

    ES_ENSURE(s, err, ES_E_NOMEM, "out of memory");
    ES_TRY(fold_pattern(text, &s->pattern, err));
    prepare(s);
    if (last_page > ofd->page_count)
        last_page = ofd->page_count;
    for (uint32_t number = first_page ? first_page : 1; number <= last_page; number++) {
        ES_TRY(es_ofd_read_text(ofd, number, &budget, &s->page, err));
        s->text.count = 0;
        ES_TRY(fold_page(&s->page, &s->text, err));
        ES_TRY(search_page(s, number, each, ctx, err));
        es_ofd_page_text_clear(&s->page);
    }
    return ES_OK;
}

/* ---- plain text ---- */

static void put_run(const struct es_ofd_page_text *page, uint32_t i, struct es_buf *out)
{
    const struct es_ofd_run *run = &page->runs[i];

    if (i > 0 && run[-1].line != run->line)
        es_buf_put_byte(out, '\n');
    else if (i > 0 && run->x - run[-1].end_x > SPACE_GAP * run->size)
        es_buf_put_byte(out, ' ');
    for (uint32_t k = run->first; k < run->first + run->count; k++)
        es_buf_put_utf8(out, page->chars[k].code_point);
}

es_status es_ofd_page_text(struct es_ofd *ofd, uint32_t number, struct es_buf *out,
                           struct es_error *err)
{
    struct es_ofd_budget budget = es_ofd_budget_for(ofd);
    struct es_ofd_page_text page = {0};
    es_status status = es_ofd_read_text(ofd, number, &budget, &page, err);

    if (status == ES_OK) {
        for (uint32_t i = 0; i < page.run_count; i++)
            put_run(&page, i, out);
        if (page.run_count > 0)
            es_buf_put_byte(out, '\n');
        status = es_buf_check(out, err);
    }
    es_ofd_page_text_clear(&page);
    return status;
}
