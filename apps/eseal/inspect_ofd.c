/* An OFD package as fields: the container, OFD.xml, pages, and the list of signatures. */
#include "inspect_ofd.h"

#define ENTRIES_SHOWN 40
#define PAGES_SHOWN 12

/* ---- the container ---- */

static void put_reach(struct tree *t, enum es_reach reach)
{
    static const struct {
        const char *en, *zh;
    } names[] = {
        [ES_REACH_NONE] = {"nothing", "未被引用"},
        [ES_REACH_ENTRY_POINT] = {"entry point", "主入口"},
        [ES_REACH_CONTENT] = {"content", "内容"},
        [ES_REACH_ANNOTATION] = {"annotation", "注释"},
        [ES_REACH_CUSTOM_TAG] = {"custom tag", "自定义标引"},
        [ES_REACH_SIGNATURE_LIST] = {"list of signatures", "签名列表"},
        [ES_REACH_SIGNATURE_FILE] = {"signature file", "签名文件"},
        [ES_REACH_VERSION] = {"version", "版本"},
    };

    tree_put_choice(t, W_REACH, names[reach].en, names[reach].zh);
}

static void put_entry(struct tree *t, const struct es_zip_entry *entry, const enum es_reach *reach)
{
    char method[16];

    (void) snprintf(method, sizeof method, "%u", entry->method);
    tree_begin_row(t, W_ENTRY);
    tree_put_text(t, W_NAME, entry->name);
    if (entry->deviates || entry->unsafe)
        tree_put_span(t, W_RAW_NAME, entry->raw);
    tree_put_bytes(t, W_UNPACKED, entry->len);
    tree_put_bytes(t, W_PACKED, entry->packed_len);
    tree_put_text(t, W_METHOD,
                  entry->method == 0   ? "stored"
                  : entry->method == 8 ? "deflate"
                                       : method);
    if (reach != NULL && !entry->is_folder)
        put_reach(t, reach[entry->index]);
    tree_end(t);
}

static void put_container(struct inspect *in, const struct es_zip *zip, uint64_t size,
                          const enum es_reach *reach)
{
    struct tree *t = &in->tree;
    uint64_t total = 0;

    for (uint32_t i = 0; i < es_zip_count(zip); i++)
        total += es_zip_at(zip, i)->len;
    tree_begin(t, W_CONTAINER);
    tree_put_bytes(t, W_SIZE, size);
    tree_put_bytes(t, W_UNPACKED, total);
    tree_begin_list(t, W_ENTRIES, ENTRIES_SHOWN);
    for (uint32_t i = 0; i < es_zip_count(zip); i++)
        put_entry(t, es_zip_at(zip, i), reach);
    tree_end(t);
    tree_end(t);
}

/* ---- OFD.xml ---- */

static void put_doc_info(struct tree *t, const struct es_xml_node *info)
{
    const struct es_xml_node *custom = es_xml_child(info, "CustomDatas");

    tree_begin_list(t, W_DOC_INFO, TREE_ALL);
    for (const struct es_xml_node *n = info == NULL ? NULL : info->first; n != NULL; n = n->next) {
        if (n == custom)
            continue;
        tree_begin_row(t, W_DOC_FIELD);
        tree_put_text(t, W_NAME, n->name);
        tree_put_span(t, W_FIELD_VALUE, es_span_trim(n->text));
        tree_end(t);
    }
    tree_end(t);
    if (custom == NULL)
        return;
    tree_begin_list(t, W_CUSTOM_DATA, TREE_ALL);
    for (const struct es_xml_node *n = es_xml_child(custom, "CustomData"); n != NULL;
         n = es_xml_same(n)) {
        tree_begin_row(t, W_DOC_FIELD);
        tree_put_span(t, W_NAME, es_xml_attr(n, "Name", NULL));
        tree_put_span(t, W_FIELD_VALUE, es_span_trim(n->text));
        tree_end(t);
    }
    tree_end(t);
}

static void put_body(struct tree *t, const struct es_xml_node *body)
{
    const struct es_xml_node *root = es_xml_child(body, "DocRoot");
    const struct es_xml_node *signatures = es_xml_child(body, "Signatures");

    tree_begin(t, W_DOC_BODY);
    put_doc_info(t, es_xml_child(body, "DocInfo"));
    if (root != NULL)
        tree_put_span(t, W_DOC_ROOT, es_span_trim(root->text));
    if (signatures != NULL)
        tree_put_span(t, W_SIGNATURES_LOC, es_span_trim(signatures->text));
    tree_end(t);
}

static void put_root(struct tree *t, const struct es_xml_node *root)
{
    tree_put_text(t, W_NAMESPACE, root->uri);
    tree_put_span(t, W_OFD_VERSION, es_xml_attr(root, "Version", NULL));
    tree_put_span(t, W_DOC_TYPE, es_xml_attr(root, "DocType", NULL));
    tree_begin_list(t, W_DOC_BODIES, TREE_ALL);
    for (const struct es_xml_node *n = es_xml_child(root, "DocBody"); n != NULL; n = es_xml_same(n))
        put_body(t, n);
    tree_end(t);
}

static es_status put_ofd_xml(struct inspect *in, const struct es_zip *zip, struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(INSPECT_XML_MAX);
    ES_AUTO(es_arena) arena = {0};
    struct es_xml_limits limits = inspect_xml_limits();
    const struct es_zip_entry *entry = es_zip_find(zip, es_span_str("OFD.xml"));
    struct es_xml_node *root = NULL;
    struct es_error own = {ES_OK, ""};
    es_status status;

    if (entry == NULL)
        return ES_OK;
    status = es_zip_read(zip, entry, &bytes, &own);
    if (status == ES_OK)
        status = es_xml_parse(es_buf_span(&bytes), &limits, &arena, &root, &own);
    tree_begin(&in->tree, W_OFD_XML);
    if (status == ES_OK)
        put_root(&in->tree, root);
    ES_TRY(inspect_broken(in, status, &own, err));
    tree_end(&in->tree);
    return tree_check(&in->tree, err);
}

/* ---- pages ---- */

static es_status put_page(struct inspect *in, struct es_ofd *ofd, const struct es_ofd_page *page,
                          struct es_error *err)
{
    struct tree *t = &in->tree;
    struct es_box box = {0};
    struct es_error own = {ES_OK, ""};
    es_status status = es_ofd_page_box(ofd, page->number, &box, &own);

    tree_begin_row(t, W_PAGE);
    tree_put_uint(t, W_NUMBER, page->number);
    tree_put_uint(t, W_ID_NUMBER, page->id);
    tree_put_text(t, W_PATH, page->entry);
    if (status == ES_OK) {
        tree_put_mm(t, W_WIDTH_MM, box.width);
        tree_put_mm(t, W_HEIGHT_MM, box.height);
    }
    status = inspect_broken(in, status, &own, err);
    tree_end(t);
    return status;
}

static es_status put_document(struct inspect *in, struct es_ofd *ofd, struct es_error *err)
{
    struct tree *t = &in->tree;

    tree_begin(t, W_DOCUMENT);
    tree_put_text(t, W_PATH, es_ofd_document_entry(ofd));
    tree_put_bool(t, W_MAY_SIGN, es_ofd_permissions(ofd)->signature);
    tree_begin_list(t, W_PAGES, PAGES_SHOWN);
    for (uint32_t i = 1; i <= es_ofd_page_count(ofd); i++)
        ES_TRY(put_page(in, ofd, es_ofd_page(ofd, i), err));
    tree_end(t);
    tree_end(t);
    return tree_check(t, err);
}

/* ---- signatures ---- */

static es_status put_signatures(struct inspect *in, struct es_ofd *ofd, struct es_error *err)
{
    struct tree *t = &in->tree;
    const char *list = es_ofd_signatures_entry(ofd);

    if (list != NULL)
        tree_put_text(t, W_SIGNATURES_ENTRY, list);
    tree_begin_list(t, W_SIGNATURES, TREE_ALL);
    for (const struct es_ofd_signature_ref *s = es_ofd_signatures(ofd); s != NULL; s = s->next)
        ES_TRY(inspect_ofd_signature(in, ofd, s, err));
    tree_end(t);
    return ES_OK;
}

/* ---- the whole ---- */

/* A package that is no usable document still has entries. */
static es_status put_bare_container(struct inspect *in, const struct es_source *src,
                                    struct es_error *err)
{
    struct es_zip_limits limits = es_zip_limits_default();
    ES_AUTO_PTR(es_zip) zip = NULL;
    struct es_error own = {ES_OK, ""};
    es_status status = es_zip_open(src, &limits, NULL, &zip, &own);

    if (status == ES_OK) {
        put_container(in, zip, src->len, NULL);
        return put_ofd_xml(in, zip, err);
    }
    tree_begin(&in->tree, W_CONTAINER);
    tree_put_bytes(&in->tree, W_SIZE, src->len);
    ES_TRY(inspect_broken(in, status, &own, err));
    tree_end(&in->tree);
    return ES_OK;
}

static es_status put_whole(struct inspect *in, const struct es_source *src, struct es_ofd *ofd,
                           struct es_findings *findings, struct es_error *err)
{
    const struct es_zip *zip = es_ofd_zip(ofd);
    enum es_reach *reach = es_arena_alloc(findings->arena, es_zip_count(zip) * sizeof *reach);
    struct es_error own = {ES_OK, ""};
    es_status status;

    ES_ENSURE(reach != NULL, err, ES_E_NOMEM, "out of memory");
    status = es_ofd_reach(ofd, reach, es_zip_count(zip), findings, &own);
    put_container(in, zip, src->len, status == ES_OK ? reach : NULL);
    ES_TRY(inspect_broken(in, status, &own, err));
    ES_TRY(put_ofd_xml(in, zip, err));
    ES_TRY(put_document(in, ofd, err));
    return put_signatures(in, ofd, err);
}

static es_status inspect_with(struct inspect *in, const struct es_source *src,
                              struct es_arena *arena, struct es_error *err)
{
    struct es_ofd_limits limits = es_ofd_limits_default();
    ES_AUTO_PTR(es_ofd) ofd = NULL;
    struct es_findings findings;
    struct es_error own = {ES_OK, ""};
    es_status status;

    es_findings_init(&findings, arena);
    status = es_ofd_open(src, &limits, &findings, &ofd, &own);
    ES_TRY(inspect_broken(in, status, &own, err));
    if (status == ES_OK)
        ES_TRY(put_whole(in, src, ofd, &findings, err));
    else
        ES_TRY(put_bare_container(in, src, err));
    tree_put_findings(&in->tree, &findings);
    return tree_check(&in->tree, err);
}

es_status inspect_ofd(struct inspect *in, const struct es_source *src, struct es_error *err)
{
    ES_AUTO(es_arena) arena = {0};

    return inspect_with(in, src, &arena, err);
}
