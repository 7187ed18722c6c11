/*
 * Document.xml: the pages in their order, templates, the document's page area, permissions. The
 * tree is dropped afterwards; the box of a single page is read when asked for (ofd_page.c).
 */
#include "ofd_internal.h"

static const struct es_box box_a4 = {.x = 0, .y = 0, .width = 210, .height = 297};

/* Entry of a path in Document.xml, NULL when it leads nowhere; then there is a finding. */
static es_status resolve_here(const struct es_ofd *ofd, struct es_span loc, const char *what,
                              struct es_findings *findings, const struct es_zip_entry **out,
                              struct es_error *err)
{
    const char *where = ofd->document->name;
    struct es_ofd_folders folders = es_ofd_folders_of(ofd, where);
    struct es_ofd_place place = {0};
    es_status status = es_ofd_resolve_in(ofd, &folders, loc, &place, err);

    *out = place.entry;
    if (es_ofd_is_fatal(status))
        return status;
    if (status == ES_OK)
        es_ofd_note_deviations(findings, where, place.deviations, loc);
    else if (status == ES_E_ABSENT)
        es_ofd_structure(findings, where, what);
    else
        es_finding_add_span(findings, ES_CHECK_PROTECTION_RANGE, ES_V_RANGE_REFERENCE_UNCLEAR,
                            where, loc);
    return ES_OK;
}

static void read_area(struct es_ofd *ofd, const struct es_xml_node *common,
                      struct es_findings *findings)
{
    const char *where = ofd->document->name;
    const struct es_xml_node *area = es_ofd_single(common, "PageArea", findings, where);
    const struct es_xml_node *box = es_ofd_single(area, "PhysicalBox", findings, where);

    if (!es_ofd_box(es_ofd_text(box), &ofd->document_box) ||
        !es_ofd_box_is_page(&ofd->document_box))
        ofd->document_box = box_a4;
}

static int compare_templates(const void *a, const void *b)
{
    const struct es_ofd_template *x = a, *y = b;

    return x->id < y->id ? -1 : x->id > y->id;
}

static void sort_templates(struct es_ofd *ofd, struct es_findings *findings)
{
    qsort(ofd->templates, ofd->template_count, sizeof(*ofd->templates), compare_templates);
    for (uint32_t i = 1; i < ofd->template_count; i++) {
        if (ofd->templates[i].id == ofd->templates[i - 1].id)
            es_ofd_structure(findings, ofd->document->name, "two templates of one ID");
    }
}

static es_status read_templates(struct es_ofd *ofd, const struct es_xml_node *common,
                                struct es_findings *findings, struct es_error *err)
{
    size_t count = es_xml_count(common, "TemplatePage");
    struct es_ofd_template *next;

    if (count == 0)
        return ES_OK;
    ES_ENSURE(count <= ofd->limits.pages_max, err, ES_E_LIMIT, "%zu templates, allowed are %u",
              count, ofd->limits.pages_max);
    next = es_arena_alloc(&ofd->arena, count * sizeof(*next));
    ES_ENSURE(next, err, ES_E_NOMEM, "out of memory");
    ofd->templates = next;
    for (const struct es_xml_node *n = es_xml_child(common, "TemplatePage"); n;
         n = es_xml_same(n), next++) {
        struct es_span loc = es_xml_attr(n, "BaseLoc", NULL);

        (void) es_ofd_id(es_xml_attr(n, "ID", NULL), &next->id);
        ES_TRY(resolve_here(ofd, loc, "TemplatePage is not in the package", findings, &next->entry,
                            err));
        ofd->template_count++;
    }
    sort_templates(ofd, findings);
    return ES_OK;
}

static es_status read_page(struct es_ofd *ofd, const struct es_xml_node *node,
                           struct es_findings *findings, struct es_error *err)
{
    struct es_ofd_page *page = &ofd->pages[ofd->page_count];
    const struct es_zip_entry *entry;

    ES_TRY(resolve_here(ofd, es_xml_attr(node, "BaseLoc", NULL), "Page is not in the package",
                        findings, &entry, err));
    if (!es_ofd_id(es_xml_attr(node, "ID", NULL), &page->id))
        es_ofd_deviation(findings, ofd->document->name, "page-id", es_xml_attr(node, "ID", NULL));
    page->entry = entry ? entry->name : "";
    page->box = ofd->document_box;
    page->number = ++ofd->page_count;
    return ES_OK;
}

static int compare_ids(const void *a, const void *b, void *ctx)
{
    const struct es_ofd_page *pages = ctx;
    uint32_t i = *(const uint32_t *) a, k = *(const uint32_t *) b;

    if (pages[i].id != pages[k].id)
        return pages[i].id < pages[k].id ? -1 : 1;
    return i < k ? -1 : i > k;
}

/* The index by id. A stamp on a page whose id stands twice could be on either. */
static void index_pages(struct es_ofd *ofd, struct es_findings *findings)
{
    for (uint32_t i = 0; i < ofd->page_count; i++)
        ofd->pages_by_id[i] = i;
    qsort_r(ofd->pages_by_id, ofd->page_count, sizeof(uint32_t), compare_ids, ofd->pages);
    for (uint32_t i = 1; i < ofd->page_count; i++) {
        if (ofd->pages[ofd->pages_by_id[i]].id == ofd->pages[ofd->pages_by_id[i - 1]].id)
            es_ofd_structure(findings, ofd->document->name, "two pages of one ID");
    }
}

static es_status read_pages(struct es_ofd *ofd, const struct es_xml_node *list,
                            struct es_findings *findings, struct es_error *err)
{
    size_t count = es_xml_count(list, "Page");
    bool foreign = false;

    if (count > ofd->limits.pages_max) {
        es_ofd_note_failure(findings, ofd->document->name, ES_E_LIMIT);
        return es_error_set(err, ES_E_LIMIT, "%zu pages, allowed are %u", count,
                            ofd->limits.pages_max);
    }
    ofd->pages = es_arena_alloc(&ofd->arena, (count + 1) * sizeof(*ofd->pages));
    ofd->box_read = es_arena_alloc(&ofd->arena, (count + 1) * sizeof(*ofd->box_read));
    ofd->pages_by_id = es_arena_alloc(&ofd->arena, (count + 1) * sizeof(*ofd->pages_by_id));
    ES_ENSURE(ofd->pages && ofd->box_read && ofd->pages_by_id, err, ES_E_NOMEM, "out of memory");
    (void) es_ofd_child(list, "Page", &foreign);
    if (foreign)
        es_ofd_structure(findings, ofd->document->name, "Page of another namespace");
    for (const struct es_xml_node *n = es_xml_child(list, "Page"); n; n = es_xml_same(n))
        ES_TRY(read_page(ofd, n, findings, err));
    index_pages(ofd, findings);
    return ES_OK;
}

/* SPEC GB/T 33190-2016 Permissions: Signature=false forbids to sign; the default allows. */
static void read_permissions(struct es_ofd *ofd, const struct es_xml_node *root,
                             struct es_findings *findings)
{
    const char *where = ofd->document->name;
    const struct es_xml_node *node = es_ofd_single(root, "Permissions", findings, where);
    const struct es_xml_node *sign = es_ofd_single(node, "Signature", findings, where);

    ofd->permissions.signature = es_ofd_bool(es_ofd_text(sign), true);
}

es_status es_ofd_read_document(struct es_ofd *ofd, struct es_findings *findings,
                               struct es_error *err)
{
    const char *where = ofd->document->name;
    ES_AUTO(es_arena) tree = {0};
    struct es_xml_node *root;
    const struct es_xml_node *common, *list;

    es_arena_init(&tree, 0);
    ES_TRY(es_ofd_refusal(es_ofd_parse(ofd, ofd->document, findings, &tree, &root, err), err));
    es_ofd_check_root(root, "Document", findings, where);
    common = es_ofd_single(root, "CommonData", findings, where);
    list = es_ofd_single(root, "Pages", findings, where);
    if (!list || strcmp(root->name, "Document") != 0) {
        es_ofd_structure(findings, where, "Pages is missing");
        return es_error_set(err, ES_E_OFD, "%s is no document", where);
    }
    for (const char *const *name =
             (const char *const[]){"CustomTags", "Attachments", "Extensions", "Annotations", NULL};
         *name; name++)
        (void) es_ofd_single(root, *name, findings, where);
    read_area(ofd, common, findings);
    read_permissions(ofd, root, findings);
    ES_TRY(read_templates(ofd, common, findings, err));
    return read_pages(ofd, list, findings, err);
}
