/*
 * Finding pages, and the box of a page. SPEC GB/T 33190-2016 CT_PageArea: the page's own Area
 * comes first, then its template's, then the document's. A page is scanned once, and only when
 * somebody asks; a template once for all its pages.
 */
#include "ofd_internal.h"

uint32_t es_ofd_page_count(const struct es_ofd *ofd)
{
    return ofd->page_count;
}

const struct es_ofd_page *es_ofd_page(const struct es_ofd *ofd, uint32_t number)
{
    return number >= 1 && number <= ofd->page_count ? &ofd->pages[number - 1] : NULL;
}

const struct es_ofd_page *es_ofd_page_by_id(const struct es_ofd *ofd, uint32_t id)
{
    uint32_t low = 0, high = ofd->page_count;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;

        if (ofd->pages[ofd->pages_by_id[mid]].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == ofd->page_count || ofd->pages[ofd->pages_by_id[low]].id != id)
        return NULL;
    return &ofd->pages[ofd->pages_by_id[low]];
}

struct es_ofd_template *es_ofd_template_by_id(const struct es_ofd *ofd, uint32_t id)
{
    uint32_t low = 0, high = ofd->template_count;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;

        if (ofd->templates[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return low < ofd->template_count && ofd->templates[low].id == id ? &ofd->templates[low] : NULL;
}

/* What a scan of Content.xml is after: Page/Area/PhysicalBox and the first Page/Template. */
struct area_scan {
    unsigned depth;
    bool in_area, in_box;
    bool has_template;
    bool early; /* ended on purpose */
    uint32_t template_id;
    uint8_t text[256];
    size_t len;
    bool has_box;
    struct es_box box;
};

static es_status area_start(void *ctx, const char *name, const char *uri,
                            const struct es_xml_attr *attrs, struct es_error *err)
{
    struct area_scan *scan = ctx;

    (void) uri;
    scan->depth++;
    if (scan->depth == 2)
        scan->in_area = strcmp(name, "Area") == 0;
    if (scan->depth == 3 && scan->in_area) {
        scan->in_box = strcmp(name, "PhysicalBox") == 0;
        scan->len = 0;
    }
    if (scan->depth == 2 && !scan->has_template && strcmp(name, "Template") == 0) {
        for (; attrs && strcmp(attrs->name, "TemplateID") != 0; attrs = attrs->next)
            ;
        scan->has_template = attrs && es_ofd_id(attrs->value, &scan->template_id);
    }
    scan->early = scan->has_box;
    ES_ENSURE(!scan->early, err, ES_E_EXISTS, "enough was read");
    return ES_OK;
}

static es_status area_end(void *ctx, const char *name, struct es_error *err)
{
    struct area_scan *scan = ctx;

    (void) name;
    (void) err;
    if (scan->in_box && scan->depth == 3) {
        struct es_box box;

        if (es_ofd_box(es_span_of(scan->text, scan->len), &box) && es_ofd_box_is_page(&box)) {
            scan->box = box;
            scan->has_box = true;
        }
        scan->in_box = false;
    }
    scan->depth--;
    return ES_OK;
}

static es_status area_text(void *ctx, struct es_span text, struct es_error *err)
{
    struct area_scan *scan = ctx;

    (void) err;
    for (size_t i = 0; scan->in_box && i < text.len && scan->len < sizeof(scan->text); i++)
        scan->text[scan->len++] = text.ptr[i];
    return ES_OK;
}

static const struct es_xml_handler area_handler = {
    .start = area_start, .end = area_end, .text = area_text};

/* No element can be called so without its name standing in the text. */
static bool may_tell(struct es_span xml)
{
    return es_span_search(xml, es_span_str("Area"), NULL) ||
           es_span_search(xml, es_span_str("Template"), NULL);
}

static es_status scan_area(const struct es_ofd *ofd, const struct es_zip_entry *entry,
                           struct area_scan *scan, struct es_error *err)
{
    const struct es_xml_limits *limits = &ofd->limits.xml;
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(limits->bytes_max);
    es_status status;

    ES_TRY(es_ofd_load(ofd, entry, NULL, &bytes, err));
    if (!may_tell(es_buf_span(&bytes)))
        return ES_OK;
    status = es_xml_scan(es_buf_span(&bytes), limits, &area_handler, scan, err);
    if (!scan->early || status != ES_E_EXISTS)
        return status;
    if (err)
        *err = (struct es_error){0};
    return ES_OK;
}

static es_status template_box(struct es_ofd *ofd, uint32_t id, struct es_box *box,
                              struct es_error *err)
{
    struct es_ofd_template *template = es_ofd_template_by_id(ofd, id);

    if (!template || !template->entry)
        return ES_OK;
    if (!template->read) {
        struct area_scan scan = {0};

        ES_TRY(scan_area(ofd, template->entry, &scan, err));
        template->read = true;
        template->has_box = scan.has_box;
        template->box = scan.box;
    }
    if (template->has_box)
        *box = template->box;
    return ES_OK;
}

static es_status read_box(struct es_ofd *ofd, struct es_ofd_page *page, struct es_error *err)
{
    const struct es_zip_entry *entry = es_zip_find(ofd->zip, es_span_str(page->entry));
    struct area_scan scan = {0};

    if (!entry)
        return ES_OK;
    ES_TRY(scan_area(ofd, entry, &scan, err));
    if (scan.has_box)
        page->box = scan.box;
    else if (scan.has_template)
        return template_box(ofd, scan.template_id, &page->box, err);
    return ES_OK;
}

es_status es_ofd_page_box(struct es_ofd *ofd, uint32_t number, struct es_box *out,
                          struct es_error *err)
{
    ES_ENSURE(es_ofd_page(ofd, number), err, ES_E_ABSENT, "page %u of %u", number, ofd->page_count);
    if (!ofd->box_read[number - 1]) {
        ES_TRY(read_box(ofd, &ofd->pages[number - 1], err));
        ofd->box_read[number - 1] = true;
    }
    *out = ofd->pages[number - 1].box;
    return ES_OK;
}
