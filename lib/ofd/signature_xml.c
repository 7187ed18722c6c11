/* Signature.xml to a struct. One element where one is allowed; anything else is a finding. */
#include "signature_xml.h"

struct reading {
    struct es_arena *arena;
    const char *where;
    struct es_findings *findings;
    const char *uri; /* namespace of the root: the document's own */
};

static void found(struct reading *r, enum es_code code, const char *value)
{
    es_finding_add(r->findings, ES_CHECK_FORMAT, code, r->where, value);
}

/*
 * The one child of that name. A second one is ambiguous, one of another namespace than the root's
 * is out of place: in both cases two readers could read two things.
 */
static struct es_xml_node *only(struct reading *r, const struct es_xml_node *node, const char *name,
                                bool required)
{
    struct es_xml_node *hit = NULL;

    for (struct es_xml_node *c = node == NULL ? NULL : node->first; c != NULL; c = c->next) {
        if (strcmp(c->name, name) != 0)
            continue;
        if (strcmp(c->uri, r->uri) != 0) {
            found(r, ES_V_STRUCTURE_INVALID, name);
            continue;
        }
        if (hit != NULL)
            found(r, ES_V_SIGNATURE_AMBIGUOUS, name);
        else
            hit = c;
    }
    if (hit == NULL && required)
        found(r, ES_V_SIGNATURE_MISSING_PART, name);
    return hit;
}

static struct es_span text_of(const struct es_xml_node *node)
{
    return node == NULL ? es_span_of(NULL, 0) : es_span_trim(node->text);
}

/* An attribute; a second one of that name in another namespace is what other readers may take. */
static struct es_span attr_of(struct reading *r, const struct es_xml_node *node, const char *name,
                              bool *has)
{
    size_t count = 0;

    for (const struct es_xml_attr *a = node->attrs; a != NULL; a = a->next)
        count += strcmp(a->name, name) == 0;
    if (count > 1)
        found(r, ES_V_STRUCTURE_INVALID, name);
    return es_xml_attr(node, name, has);
}

/* Items of a list: one of another namespace counts here, but not everywhere. */
static void check_items(struct reading *r, const struct es_xml_node *list, const char *name)
{
    for (struct es_xml_node *n = es_xml_child(list, name); n != NULL; n = es_xml_same(n))
        if (strcmp(n->uri, r->uri) != 0)
            found(r, ES_V_STRUCTURE_INVALID, name);
}

/* Provider data are attributes; dms360 writes child elements. */
static struct es_span provider_part(const struct es_xml_node *provider, const char *attr,
                                    const char *child)
{
    bool has = false;
    struct es_span value;

    if (provider == NULL)
        return es_span_of(NULL, 0);
    value = es_xml_attr(provider, attr, &has);
    return has ? value : text_of(es_xml_child(provider, child));
}

static es_status read_references(struct reading *r, const struct es_xml_node *refs,
                                 struct es_signature_xml *out, struct es_error *err)
{
    size_t count = es_xml_count(refs, "Reference");

    check_items(r, refs, "Reference");
    out->check_method = attr_of(r, refs, "CheckMethod", &out->has_check_method);
    out->refs = es_arena_alloc(r->arena, (count + 1) * sizeof *out->refs);
    ES_ENSURE(out->refs != NULL, err, ES_E_NOMEM, "out of memory");
    for (struct es_xml_node *n = es_xml_child(refs, "Reference"); n != NULL; n = es_xml_same(n)) {
        struct es_sig_reference *ref = &out->refs[out->ref_count++];
        struct es_xml_node *value = only(r, n, "CheckValue", true);

        ref->file_ref = attr_of(r, n, "FileRef", NULL);
        ref->check_value = text_of(value);
    }
    return ES_OK;
}

static es_status read_stamps(struct reading *r, const struct es_xml_node *info,
                             struct es_signature_xml *out, struct es_error *err)
{
    size_t count = es_xml_count(info, "StampAnnot");

    check_items(r, info, "StampAnnot");
    out->stamps = es_arena_alloc(r->arena, (count + 1) * sizeof *out->stamps);
    ES_ENSURE(out->stamps != NULL, err, ES_E_NOMEM, "out of memory");
    for (struct es_xml_node *n = es_xml_child(info, "StampAnnot"); n != NULL; n = es_xml_same(n)) {
        struct es_sig_stamp *stamp = &out->stamps[out->stamp_count++];

        stamp->id = attr_of(r, n, "ID", NULL);
        stamp->page_ref = attr_of(r, n, "PageRef", NULL);
        stamp->boundary = attr_of(r, n, "Boundary", NULL);
        stamp->clip = attr_of(r, n, "Clip", &stamp->has_clip);
    }
    return ES_OK;
}

static es_status read_info(struct reading *r, const struct es_xml_node *info,
                           struct es_signature_xml *out, struct es_error *err)
{
    struct es_xml_node *provider = only(r, info, "Provider", false);
    struct es_xml_node *refs = only(r, info, "References", true);
    struct es_xml_node *seal = only(r, info, "Seal", false);

    out->provider_name = provider_part(provider, "ProviderName", "ProviderName");
    out->provider_company = provider_part(provider, "Company", "Company");
    out->provider_version = provider_part(provider, "Version", "Version");
    out->method = text_of(only(r, info, "SignatureMethod", false));
    out->date_time = text_of(only(r, info, "SignatureDateTime", false));
    if (seal != NULL)
        out->seal_loc = text_of(only(r, seal, "BaseLoc", false));
    if (refs != NULL)
        ES_TRY(read_references(r, refs, out, err));
    return read_stamps(r, info, out, err);
}

static enum es_code code_of(es_status status)
{
    switch (status) {
    case ES_E_DTD:
        return ES_V_XML_DTD_FORBIDDEN;
    case ES_E_LIMIT:
        return ES_V_LIMIT_EXCEEDED;
    default:
        return ES_V_XML_MALFORMED;
    }
}

es_status es_signature_xml_decode(struct es_span bytes, const struct es_xml_limits *limits,
                                  struct es_arena *arena, const char *where,
                                  struct es_findings *findings, struct es_signature_xml *out,
                                  struct es_error *err)
{
    struct reading r = {.arena = arena, .where = where, .findings = findings};
    struct es_xml_node *root = NULL;
    struct es_xml_node *info;
    es_status status = es_xml_parse(bytes, limits, arena, &root, err);

    *out = (struct es_signature_xml){0};
    if (status != ES_OK && status != ES_E_NOMEM)
        found(&r, code_of(status), "Signature.xml");
    ES_TRY(status);
    r.uri = root->uri;
    if (strcmp(root->name, "Signature") != 0)
        found(&r, ES_V_STRUCTURE_INVALID, root->name);
    info = only(&r, root, "SignedInfo", true);
    out->value_loc = text_of(only(&r, root, "SignedValue", true));
    return info == NULL ? ES_OK : read_info(&r, info, out, err);
}
