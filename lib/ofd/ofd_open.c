/*
 * Opening a package: the container, OFD.xml with its first DocBody, then Document.xml and the
 * list of signatures (ofd_document.c, ofd_signatures.c). No page is read here. What cannot be
 * used at all is refused; what can be read but speaks against the document is a finding.
 */
#include "ofd_internal.h"

struct es_ofd_limits es_ofd_limits_default(void)
{
    return (struct es_ofd_limits){.zip = es_zip_limits_default(),
                                  .xml = es_xml_limits_default(),
                                  .pages_max = 100000,
                                  .signatures_max = 1000};
}

void es_ofd_free(struct es_ofd *ofd)
{
    if (!ofd)
        return;
    es_zip_free(ofd->zip);
    es_arena_clear(&ofd->arena);
    free(ofd);
}

static es_status find_file(const struct es_zip *zip, const char *name,
                           const struct es_zip_entry **entry, uint32_t *count, struct es_error *err)
{
    *entry = es_zip_find(zip, es_span_str(name));
    *count = 1;
    return *entry ? ES_OK : es_zip_look_folded(zip, es_span_str(name), entry, count, err);
}

/* SPEC GM/T 0099-2020: Encryptions.xml at the root marks an encrypted package. */
static es_status check_encryption(const struct es_ofd *ofd, struct es_error *err)
{
    const struct es_zip_entry *entry;
    uint32_t count;

    ES_TRY(find_file(ofd->zip, "Encryptions.xml", &entry, &count, err));
    ES_ENSURE(!entry, err, ES_E_ENCRYPTED, "package is encrypted (Encryptions.xml)");
    return ES_OK;
}

static es_status find_root(struct es_ofd *ofd, struct es_findings *findings, struct es_error *err)
{
    const struct es_zip_entry *entry;
    uint32_t count;

    ES_TRY(find_file(ofd->zip, "OFD.xml", &entry, &count, err));
    if (!entry) {
        es_finding_add(findings, ES_CHECK_FORMAT, ES_V_FORMAT_UNKNOWN, "OFD.xml", NULL);
        return es_error_set(err, ES_E_OFD, "package has no OFD.xml");
    }
    if (count > 1) {
        es_ofd_structure(findings, "OFD.xml", "OFD.xml in several spellings");
        return es_error_set(err, ES_E_OFD, "package has OFD.xml in several spellings");
    }
    if (strcmp(entry->name, "OFD.xml") != 0)
        es_ofd_note_deviations(findings, "OFD.xml", ES_OFD_CASE, es_span_str(entry->name));
    ofd->root = entry;
    return ES_OK;
}

static es_status read_custom(struct es_ofd *ofd, const struct es_xml_node *info,
                             struct es_error *err)
{
    const struct es_xml_node *list = es_ofd_child(info, "CustomDatas", NULL);
    struct es_ofd_custom **tail = &ofd->custom;

    for (const struct es_xml_node *n = es_xml_child(list, "CustomData"); n; n = es_xml_same(n)) {
        struct es_ofd_custom *item = ES_ARENA_NEW(&ofd->arena, struct es_ofd_custom);

        ES_ENSURE(item, err, ES_E_NOMEM, "out of memory");
        item->name = es_arena_text(&ofd->arena, es_xml_attr(n, "Name", NULL));
        item->value = es_arena_text(&ofd->arena, es_ofd_text(n));
        ES_ENSURE(item->name && item->value, err, ES_E_NOMEM, "out of memory");
        *tail = item;
        tail = &item->next;
    }
    return ES_OK;
}

/* A path from OFD.xml. ES_E_ABSENT passes without a finding; all else that fails makes one. */
static es_status resolve_root(const struct es_ofd *ofd, struct es_span loc,
                              struct es_findings *findings, const struct es_zip_entry **out,
                              struct es_error *err)
{
    struct es_ofd_folders folders = es_ofd_folders_of(ofd, ofd->root->name);
    struct es_ofd_place place = {0};
    es_status status = es_ofd_resolve_in(ofd, &folders, loc, &place, err);

    if (status == ES_OK)
        es_ofd_note_deviations(findings, ofd->root->name, place.deviations, loc);
    else if (status != ES_E_ABSENT && !es_ofd_is_fatal(status))
        es_finding_add_span(findings, ES_CHECK_PROTECTION_RANGE, ES_V_RANGE_REFERENCE_UNCLEAR,
                            ofd->root->name, loc);
    *out = place.entry;
    return status;
}

static es_status read_versions(struct es_ofd *ofd, const struct es_xml_node *body,
                               struct es_findings *findings, struct es_error *err)
{
    const struct es_xml_node *list = es_ofd_single(body, "Versions", findings, ofd->root->name);
    struct es_ofd_version **tail = &ofd->versions;

    for (const struct es_xml_node *n = es_xml_child(list, "Version"); n; n = es_xml_same(n)) {
        struct es_ofd_version *version = ES_ARENA_NEW(&ofd->arena, struct es_ofd_version);
        es_status status;

        ES_ENSURE(version, err, ES_E_NOMEM, "out of memory");
        version->id = es_arena_text(&ofd->arena, es_xml_attr(n, "ID", NULL));
        ES_ENSURE(version->id, err, ES_E_NOMEM, "out of memory");
        version->current = es_ofd_bool(es_xml_attr(n, "Current", NULL), false);
        status = resolve_root(ofd, es_xml_attr(n, "BaseLoc", NULL), findings, &version->entry, err);
        if (es_ofd_is_fatal(status))
            return status;
        if (status == ES_E_ABSENT)
            es_ofd_structure(findings, ofd->root->name, "Version is not in the package");
        *tail = version;
        tail = &version->next;
    }
    return ES_OK;
}

/* The path is kept also when nothing is there; then the document opens as unsigned. */
static es_status read_signatures_path(struct es_ofd *ofd, const struct es_xml_node *body,
                                      struct es_findings *findings, struct es_error *err)
{
    const struct es_xml_node *node = es_ofd_single(body, "Signatures", findings, ofd->root->name);
    struct es_span loc = es_ofd_text(node);
    char path[ES_OFD_PATH_MAX];
    es_status status;

    if (!node)
        return ES_OK;
    status = resolve_root(ofd, loc, findings, &ofd->signatures, err);
    if (es_ofd_is_fatal(status))
        return status;
    if (status == ES_E_ABSENT)
        es_ofd_deviation(findings, ofd->root->name, "signatures-missing", loc);
    if (ofd->signatures)
        ofd->signatures_path = ofd->signatures->name;
    else if (es_ofd_plain_path(es_ofd_folder(ofd->root->name), loc, path, NULL, NULL) == ES_OK)
        ofd->signatures_path = es_arena_text(&ofd->arena, es_span_str(path));
    else
        ofd->signatures_path = "";
    ES_ENSURE(ofd->signatures_path, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

static es_status read_body(struct es_ofd *ofd, const struct es_xml_node *body,
                           struct es_findings *findings, struct es_error *err)
{
    const char *where = ofd->root->name;
    struct es_span loc = es_ofd_text(es_ofd_single(body, "DocRoot", findings, where));
    es_status status = resolve_root(ofd, loc, findings, &ofd->document, err);

    if (status != ES_OK) {
        if (!es_ofd_is_fatal(status))
            es_ofd_structure(findings, where, "DocRoot leads to no document");
        return es_error_at(err, es_ofd_refusal(status, err), "DocRoot");
    }
    ES_TRY(read_custom(ofd, es_ofd_single(body, "DocInfo", findings, where), err));
    ES_TRY(read_versions(ofd, body, findings, err));
    return read_signatures_path(ofd, body, findings, err);
}

static es_status read_root(struct es_ofd *ofd, struct es_findings *findings, struct es_error *err)
{
    ES_AUTO(es_arena) tree = {0};
    struct es_xml_node *root;
    const struct es_xml_node *body;
    bool foreign = false;

    es_arena_init(&tree, 0);
    ES_TRY(es_ofd_refusal(es_ofd_parse(ofd, ofd->root, findings, &tree, &root, err), err));
    es_ofd_check_root(root, "OFD", findings, ofd->root->name);
    body = es_ofd_child(root, "DocBody", &foreign);
    if (foreign)
        es_ofd_structure(findings, ofd->root->name, "DocBody of another namespace");
    if (!body) {
        es_ofd_structure(findings, ofd->root->name, "DocBody is missing");
        return es_error_set(err, ES_E_OFD, "OFD.xml has no DocBody");
    }
    ofd->body_count = (uint32_t) es_xml_count(root, "DocBody");
    return read_body(ofd, body, findings, err);
}

static es_status read_all(struct es_ofd *ofd, const struct es_source *src,
                          struct es_findings *findings, struct es_error *err)
{
    ES_TRY(es_ofd_refusal(es_zip_open(src, &ofd->limits.zip, findings, &ofd->zip, err), err));
    ES_TRY(check_encryption(ofd, err));
    ES_TRY(find_root(ofd, findings, err));
    ES_TRY(read_root(ofd, findings, err));
    ES_TRY(es_ofd_read_document(ofd, findings, err));
    return ofd->signatures ? es_ofd_read_signatures(ofd, findings, err) : ES_OK;
}

es_status es_ofd_open(const struct es_source *src, const struct es_ofd_limits *limits,
                      struct es_findings *findings, struct es_ofd **out, struct es_error *err)
{
    ES_AUTO_PTR(es_ofd) ofd = calloc(1, sizeof(*ofd));

    ES_ENSURE(ofd, err, ES_E_NOMEM, "out of memory");
    es_arena_init(&ofd->arena, 0);
    ofd->limits = *limits;
    ofd->permissions.signature = true;
    ES_TRY(read_all(ofd, src, findings, err));
    *out = ES_TAKE(ofd);
    return ES_OK;
}

/* ---- accessors ---- */

const struct es_zip *es_ofd_zip(const struct es_ofd *ofd)
{
    return ofd->zip;
}

uint32_t es_ofd_body_count(const struct es_ofd *ofd)
{
    return ofd->body_count;
}

const struct es_ofd_permissions *es_ofd_permissions(const struct es_ofd *ofd)
{
    return &ofd->permissions;
}

const char *es_ofd_custom_data(const struct es_ofd *ofd, const char *name)
{
    for (const struct es_ofd_custom *item = ofd->custom; item; item = item->next) {
        if (strcmp(item->name, name) == 0)
            return item->value;
    }
    return NULL;
}

const struct es_ofd_signature_ref *es_ofd_signatures(const struct es_ofd *ofd)
{
    return ofd->signature_refs;
}

const char *es_ofd_signatures_entry(const struct es_ofd *ofd)
{
    return ofd->signatures_path;
}

const char *es_ofd_document_entry(const struct es_ofd *ofd)
{
    return ofd->document->name;
}
