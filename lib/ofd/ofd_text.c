/*
 * The text objects of a page (formats.md 6.8, 6.11) as runs of characters in page space. Glyphs
 * are not drawn: a character's box is its advance wide, 0.88 of the size above the baseline and
 * 0.12 below, turned by CharDirection and the CTM, and its upright bounds taken.
 *
 * A run is what one TextCode shows; the next TextCode of the object goes on with it when it stands
 * on the same line or just below in the same column. A TextCode that wraps begins a new run.
 */
#include "ofd_text.h"

#include <math.h>

#define ASCENT 0.88
#define DESCENT 0.12
#define TEMPLATES_MAX 32 /* of one page */

struct matrix {
    double a, b, c, d, e, f;
};
struct point {
    double x, y;
};

struct text_scan {
    struct es_ofd_page_text *out;
    unsigned depth;
    unsigned skip_depth;   /* inside something that shows no text here; 0: not */
    unsigned object_depth; /* of the TextObject; 0: outside */
    unsigned code_depth;   /* of the TextCode; 0: outside */

    struct matrix to_page;
    double size, hscale, scale;      /* scale: of to_page */
    unsigned char_turns, read_turns; /* quarters, clockwise */
    struct point at, last;           /* next and latest character, object space */
    bool has_last;                   /* the object has a character already */
    bool code_begins;
    struct es_ofd_deltas dx, dy;
    struct es_buf text; /* of the TextCode */

    bool is_page;
    uint32_t templates[TEMPLATES_MAX];
    size_t template_count;
};

void es_ofd_page_text_clear(struct es_ofd_page_text *text)
{
    free(text->chars);
    free(text->runs);
    *text = (struct es_ofd_page_text){0};
}

/* ---- geometry ---- */

static struct point turn(struct point p, unsigned quarters)
{
    for (; quarters > 0; quarters--)
        p = (struct point){.x = -p.y, .y = p.x};
    return p;
}

static struct point apply(const struct matrix *m, double x, double y)
{
    return (struct point){.x = m->a * x + m->c * y + m->e, .y = m->b * x + m->d * y + m->f};
}

static float bounded(double value)
{
    return (float) fmin(fmax(value, -1e9), 1e9);
}

/* Upright bounds of a glyph of that width at the scan's place. */
static void char_box(const struct text_scan *s, double width, struct es_ofd_char *out)
{
    double left = INFINITY, top = INFINITY, right = -INFINITY, bottom = -INFINITY;

    for (unsigned corner = 0; corner < 4; corner++) {
        struct point p = {.x = corner & 1 ? width : 0,
                          .y = corner & 2 ? DESCENT * s->size : -ASCENT * s->size};

        p = turn(p, s->char_turns);
        p = apply(&s->to_page, s->at.x + p.x, s->at.y + p.y);
        left = fmin(left, p.x);
        right = fmax(right, p.x);
        top = fmin(top, p.y);
        bottom = fmax(bottom, p.y);
    }
    out->x = bounded(left);
    out->y = bounded(top);
    out->width = bounded(right - left);
    out->height = bounded(bottom - top);
}

static enum es_ofd_way way_of(double dx, double dy)
{
    if (fabs(dy) <= 0.1 * fabs(dx))
        return ES_OFD_ALONG_X;
    return fabs(dx) <= 0.1 * fabs(dy) ? ES_OFD_ALONG_Y : ES_OFD_SLANTED;
}

/* ---- runs and characters ---- */

static void *grow(void *items, uint32_t count, uint32_t *cap, size_t size)
{
    uint32_t more = *cap < 64 ? 64 : *cap * 2;
    void *bigger = items;

    if (count < *cap)
        return items;
    bigger = realloc(items, more * size);
    if (bigger)
        *cap = more;
    return bigger;
}

static es_status add_run(struct text_scan *s, struct es_error *err)
{
    struct es_ofd_page_text *out = s->out;
    struct point origin = apply(&s->to_page, s->at.x, s->at.y);
    struct point ahead = turn((struct point){.x = 1}, s->read_turns);
    struct es_ofd_run *runs = grow(out->runs, out->run_count, &out->run_cap, sizeof(*runs));

    ES_ENSURE(runs, err, ES_E_NOMEM, "out of memory");
    out->runs = runs;
    runs[out->run_count++] = (struct es_ofd_run){
        .first = out->char_count,
        .x = origin.x,
        .y = origin.y,
        .end_x = origin.x,
        .size = s->size * s->scale,
        .way = way_of(s->to_page.a * ahead.x + s->to_page.c * ahead.y,
                      s->to_page.b * ahead.x + s->to_page.d * ahead.y)};
    return ES_OK;
}

/* Whether the next character goes on with the object's last run. */
static bool goes_on(const struct text_scan *s)
{
    double dx = s->at.x - s->last.x, dy = s->at.y - s->last.y;

    if (!s->has_last)
        return false;
    if (s->code_begins)
        return (fabs(dy) <= 0.3 * s->size && dx >= -0.3 * s->size) ||
               (fabs(dx) <= 0.3 * s->size && dy > 0 && dy <= 3 * s->size);
    return !(fabs(dx) > 0.5 * s->size && fabs(dy) > 0.5 * s->size &&
             fmax(fabs(dx), fabs(dy)) > 2 * s->size);
}

static es_status put_char(struct text_scan *s, uint32_t code_point, double width,
                          struct es_error *err)
{
    struct es_ofd_page_text *out = s->out;
    struct es_ofd_run *run;
    struct es_ofd_char *chars;
    struct point here = apply(&s->to_page, s->at.x, s->at.y);

    if (!goes_on(s))
        ES_TRY(add_run(s, err));
    ES_ENSURE(out->char_count < ES_OFD_CHARS_MAX, err, ES_E_LIMIT,
              "more than %u characters on a page", ES_OFD_CHARS_MAX);
    chars = grow(out->chars, out->char_count, &out->char_cap, sizeof(*chars));
    ES_ENSURE(chars, err, ES_E_NOMEM, "out of memory");
    out->chars = chars;
    run = &out->runs[out->run_count - 1];
    chars[out->char_count].code_point = code_point;
    char_box(s, width, &chars[out->char_count]);
    run->end_x = fmax(run->end_x,
                      (double) chars[out->char_count].x + (double) chars[out->char_count].width);
    if (run->count > 0)
        run->way = way_of(here.x - run->x, here.y - run->y);
    out->char_count++;
    run->count++;
    s->last = s->at;
    s->has_last = true;
    s->code_begins = false;
    return ES_OK;
}

/* Advance to the next character; *width gets how wide this one is taken to be. */
static struct point advance(struct text_scan *s, uint32_t code_point, double *width)
{
    double nominal = s->size * s->hscale * (es_ofd_is_wide(code_point) ? 1.0 : 0.5);
    struct point step = {0};

    *width = nominal;
    if (!s->dx.present && !s->dy.present)
        return turn((struct point){.x = nominal}, s->read_turns);
    step.x = s->dx.present ? es_ofd_deltas_next(&s->dx) : 0;
    step.y = s->dy.present ? es_ofd_deltas_next(&s->dy) : 0;
    if (s->char_turns == 0 && step.x > 0 && step.x <= 1.2 * s->size * fabs(s->hscale))
        *width = step.x;
    return step;
}

static es_status end_code(struct text_scan *s, struct es_error *err)
{
    struct es_span text = es_buf_span(&s->text);
    size_t at = 0;
    int32_t c;

    ES_TRY(es_buf_check(&s->text, err));
    while ((c = es_ofd_text_next(text, &at)) >= 0) {
        double width;
        struct point step;

        if (c < 0x20) /* line ends of a file laid out anew are no characters */
            continue;
        step = advance(s, (uint32_t) c, &width);
        ES_TRY(put_char(s, (uint32_t) c, width, err));
        s->at.x = fmin(fmax(s->at.x + step.x, -1e9), 1e9);
        s->at.y = fmin(fmax(s->at.y + step.y, -1e9), 1e9);
    }
    return ES_OK;
}

/* ---- elements ---- */

static struct es_span attr_of(const struct es_xml_attr *attrs, const char *name, bool *found)
{
    while (attrs && strcmp(attrs->name, name) != 0)
        attrs = attrs->next;
    if (found)
        *found = attrs != NULL;
    return attrs ? attrs->value : es_span_of(NULL, 0);
}

static double number_of(const struct es_xml_attr *attrs, const char *name, double absent)
{
    bool found;
    struct es_span value = attr_of(attrs, name, &found);

    return found ? es_ofd_number(es_span_trim(value)) : absent;
}

static unsigned quarters_of(const struct es_xml_attr *attrs, const char *name)
{
    double turns = fmod(number_of(attrs, name, 0) / 90.0, 4.0);

    return (unsigned) lround(turns < 0 ? turns + 4.0 : turns) % 4;
}

static void begin_object(struct text_scan *s, const struct es_xml_attr *attrs)
{
    double m[6] = {1, 0, 0, 1, 0, 0};
    struct es_box boundary;

    if (es_ofd_numbers(attr_of(attrs, "CTM", NULL), m, 6) < 6)
        memcpy(m, (const double[6]){1, 0, 0, 1, 0, 0}, sizeof(m));
    (void) es_ofd_box(attr_of(attrs, "Boundary", NULL), &boundary);
    s->to_page = (struct matrix){m[0], m[1], m[2], m[3], m[4] + boundary.x, m[5] + boundary.y};
    s->scale = sqrt(fabs(m[0] * m[3] - m[1] * m[2]));
    s->size = fabs(number_of(attrs, "Size", 0));
    s->hscale = number_of(attrs, "HScale", 1.0);
    s->char_turns = quarters_of(attrs, "CharDirection");
    s->read_turns = quarters_of(attrs, "ReadDirection");
    s->at = (struct point){0};
    s->has_last = false;
    s->object_depth = s->depth;
    if (es_span_is(attr_of(attrs, "Visible", NULL), "false"))
        s->skip_depth = s->depth;
}

/* A place not given is that of the TextCode before. */
static void begin_code(struct text_scan *s, const struct es_xml_attr *attrs)
{
    static struct point const origin = {0};
    struct point before = s->has_last ? s->last : origin;

    s->code_depth = s->depth;
    s->code_begins = true;
    s->at.x = number_of(attrs, "X", before.x);
    s->at.y = number_of(attrs, "Y", before.y);
    s->dx = es_ofd_deltas_of(attr_of(attrs, "DeltaX", NULL));
    s->dy = es_ofd_deltas_of(attr_of(attrs, "DeltaY", NULL));
    es_buf_reset(&s->text);
}

static bool shows_no_text(const char *name)
{
    return strcmp(name, "Clips") == 0 || strcmp(name, "Pattern") == 0 ||
           strcmp(name, "Actions") == 0;
}

static void note_template(struct text_scan *s, const struct es_xml_attr *attrs)
{
    uint32_t id;

    if (!es_ofd_id(attr_of(attrs, "TemplateID", NULL), &id) || s->template_count == TEMPLATES_MAX)
        return;
    for (size_t i = 0; i < s->template_count; i++) {
        if (s->templates[i] == id)
            return;
    }
    s->templates[s->template_count++] = id;
}

static es_status on_start(void *ctx, const char *name, const char *uri,
                          const struct es_xml_attr *attrs, struct es_error *err)
{
    struct text_scan *s = ctx;

    (void) uri;
    (void) err;
    s->depth++;
    if (s->skip_depth)
        return ES_OK;
    if (shows_no_text(name))
        s->skip_depth = s->depth;
    else if (s->is_page && s->depth == 2 && strcmp(name, "Template") == 0)
        note_template(s, attrs);
    else if (!s->object_depth && strcmp(name, "TextObject") == 0)
        begin_object(s, attrs);
    else if (s->object_depth && !s->code_depth && strcmp(name, "TextCode") == 0)
        begin_code(s, attrs);
    return ES_OK;
}

static es_status on_end(void *ctx, const char *name, struct es_error *err)
{
    struct text_scan *s = ctx;
    unsigned depth = s->depth--;

    (void) name;
    if (s->skip_depth == depth)
        s->skip_depth = 0;
    if (s->object_depth == depth)
        s->object_depth = 0;
    if (s->code_depth != depth)
        return ES_OK;
    s->code_depth = 0;
    return end_code(s, err);
}

static es_status on_text(void *ctx, struct es_span text, struct es_error *err)
{
    struct text_scan *s = ctx;

    (void) err;
    if (s->code_depth && s->code_depth == s->depth)
        es_buf_put_span(&s->text, text);
    return ES_OK;
}

static const struct es_xml_handler handler = {.start = on_start, .end = on_end, .text = on_text};

/* ---- pages ---- */

struct es_ofd_budget es_ofd_budget_for(const struct es_ofd *ofd)
{
    uint64_t total = (uint64_t) 256 << 20;

    for (uint32_t i = 0; i < es_zip_count(ofd->zip); i++)
        total += 8 * (es_zip_at(ofd->zip, i)->len & (UINT64_MAX >> 20));
    return (struct es_ofd_budget){.bytes = total};
}

static es_status scan_text(const struct es_ofd *ofd, const struct es_zip_entry *entry,
                           struct es_ofd_budget *budget, struct text_scan *s, struct es_error *err)
{
    es_status status;

    ES_ENSURE(entry->len <= budget->bytes, err, ES_E_LIMIT, "pages use the same files too often");
    budget->bytes -= entry->len;
    es_buf_init(&s->text, ofd->limits.xml.text_max);
    status = es_ofd_scan(ofd, entry, NULL, &handler, s, err);
    es_buf_clear(&s->text);
    return status;
}

es_status es_ofd_read_text(struct es_ofd *ofd, uint32_t number, struct es_ofd_budget *budget,
                           struct es_ofd_page_text *out, struct es_error *err)
{
    const struct es_ofd_page *page = es_ofd_page(ofd, number);
    const struct es_zip_entry *entry;
    struct text_scan scan = {.out = out, .is_page = true};

    ES_ENSURE(page, err, ES_E_ABSENT, "page %u of %u", number, ofd->page_count);
    entry = es_zip_find(ofd->zip, es_span_str(page->entry));
    if (entry)
        ES_TRY(scan_text(ofd, entry, budget, &scan, err));
    for (size_t i = 0; i < scan.template_count; i++) {
        const struct es_ofd_template *template = es_ofd_template_by_id(ofd, scan.templates[i]);
        struct text_scan inner = {.out = out};

        if (template && template->entry)
            ES_TRY(scan_text(ofd, template->entry, budget, &inner, err));
    }
    es_ofd_sort_runs(out);
    return ES_OK;
}
