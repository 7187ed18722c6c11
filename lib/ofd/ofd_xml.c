/*
 * Entries as XML, and looking at elements. Local names decide (formats.md 5.4: several namespaces
 * are in use), but within one file an element of another namespace never passes for the right one
 * unseen. Failures of a file become findings here, once for all callers.
 */
#include "ofd_internal.h"

#define NAMESPACE "http://www.ofdspec.org/2016"

bool es_ofd_is_fatal(es_status status)
{
    return status == ES_E_NOMEM || status == ES_E_IO || status == ES_E_CRYPTO ||
           status == ES_E_INTERNAL;
}

es_status es_ofd_refusal(es_status status, struct es_error *err)
{
    if (status == ES_OK || es_ofd_is_fatal(status) || status == ES_E_LIMIT)
        return status;
    if (err)
        err->status = ES_E_OFD;
    return ES_E_OFD;
}

void es_ofd_note_failure(struct es_findings *findings, const char *where, es_status status)
{
    enum es_code code = ES_V_XML_MALFORMED;

    if (status == ES_OK || es_ofd_is_fatal(status))
        return;
    if (status == ES_E_MISMATCH)
        code = ES_V_CONTAINER_CRC_MISMATCH;
    else if (status == ES_E_DTD)
        code = ES_V_XML_DTD_FORBIDDEN;
    else if (status == ES_E_LIMIT)
        code = ES_V_LIMIT_EXCEEDED;
    es_finding_add(findings, ES_CHECK_FORMAT, code, where, where);
}

static es_status read_entry(const struct es_ofd *ofd, const struct es_zip_entry *entry,
                            struct es_buf *out, struct es_error *err)
{
    ES_ENSURE(entry->len <= out->max, err, ES_E_LIMIT, "%llu bytes, allowed are %zu",
              (unsigned long long) entry->len, out->max);
    return es_zip_read(ofd->zip, entry, out, err);
}

void es_ofd_watch(struct es_ofd *ofd, es_ofd_seen *seen, void *ctx)
{
    ofd->seen = seen;
    ofd->seen_ctx = ctx;
}

es_status es_ofd_load(const struct es_ofd *ofd, const struct es_zip_entry *entry,
                      struct es_findings *findings, struct es_buf *out, struct es_error *err)
{
    const size_t start = out->len;
    es_status status = read_entry(ofd, entry, out, err);

    if (status == ES_OK && ofd->seen == NULL)
        return ES_OK;
    if (status == ES_OK)
        return ofd->seen(ofd->seen_ctx, entry, es_span_sub(es_buf_span(out), start, out->len), err);
    if (status == ES_E_FORMAT)
        es_finding_add(findings, ES_CHECK_FORMAT, ES_V_CONTAINER_MALFORMED, entry->name, NULL);
    else
        es_ofd_note_failure(findings, entry->name, status);
    return es_error_at(err, status, "%s", entry->name);
}

es_status es_ofd_parse(const struct es_ofd *ofd, const struct es_zip_entry *entry,
                       struct es_findings *findings, struct es_arena *arena,
                       struct es_xml_node **root, struct es_error *err)
{
    struct es_xml_limits limits = ofd->limits.xml;
    es_status status;

    if (limits.bytes_max > ES_OFD_TREE_BYTES_MAX)
        limits.bytes_max = ES_OFD_TREE_BYTES_MAX;
    if (limits.elements_max > ES_OFD_TREE_ELEMENTS_MAX)
        limits.elements_max = ES_OFD_TREE_ELEMENTS_MAX;
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(limits.bytes_max);
    ES_TRY(es_ofd_load(ofd, entry, findings, &bytes, err));
    status = es_xml_parse(es_buf_span(&bytes), &limits, arena, root, err);
    es_ofd_note_failure(findings, entry->name, status);
    return status == ES_OK ? ES_OK : es_error_at(err, status, "%s", entry->name);
}

es_status es_ofd_scan(const struct es_ofd *ofd, const struct es_zip_entry *entry,
                      struct es_findings *findings, const struct es_xml_handler *handler, void *ctx,
                      struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ofd->limits.xml.bytes_max);
    es_status status;

    ES_TRY(es_ofd_load(ofd, entry, findings, &bytes, err));
    status = es_xml_scan(es_buf_span(&bytes), &ofd->limits.xml, handler, ctx, err);
    es_ofd_note_failure(findings, entry->name, status);
    return status == ES_OK ? ES_OK : es_error_at(err, status, "%s", entry->name);
}

static const char *document_uri(const struct es_xml_node *node)
{
    while (node->parent)
        node = node->parent;
    return node->uri;
}

struct es_xml_node *es_ofd_child(const struct es_xml_node *node, const char *name, bool *foreign)
{
    struct es_xml_node *first = es_xml_child(node, name), *own = NULL;
    const char *uri = first ? document_uri(node) : NULL;

    for (struct es_xml_node *child = first; child; child = es_xml_same(child)) {
        if (strcmp(child->uri, uri) != 0) {
            if (foreign)
                *foreign = true;
        } else if (!own) {
            own = child;
        }
    }
    return own ? own : first;
}

struct es_xml_node *es_ofd_single(const struct es_xml_node *node, const char *name,
                                  struct es_findings *findings, const char *where)
{
    bool foreign = false;
    struct es_xml_node *child = es_ofd_child(node, name, &foreign);
    char what[96];

    if (!foreign && (!child || !es_xml_same(child)))
        return child;
    snprintf(what, sizeof(what), foreign ? "%s of another namespace" : "%s occurs more than once",
             name);
    es_ofd_structure(findings, where, what);
    return child;
}

void es_ofd_check_root(const struct es_xml_node *root, const char *name,
                       struct es_findings *findings, const char *where)
{
    char what[96];

    if (strcmp(root->name, name) != 0) {
        snprintf(what, sizeof(what), "root element is not %s", name);
        es_ofd_structure(findings, where, what);
    }
    if (strcmp(root->uri, NAMESPACE) != 0)
        es_ofd_deviation(findings, where, "namespace", es_span_str(root->uri));
}

struct es_span es_ofd_text(const struct es_xml_node *node)
{
    return node ? es_span_trim(node->text) : es_span_of(NULL, 0);
}

void es_ofd_structure(struct es_findings *findings, const char *where, const char *what)
{
    es_finding_add(findings, ES_CHECK_FORMAT, ES_V_STRUCTURE_INVALID, where, what);
}

void es_ofd_deviation(struct es_findings *findings, const char *where, const char *what,
                      struct es_span value)
{
    char text[ES_OFD_PATH_MAX];
    size_t len = value.len < sizeof(text) ? value.len : sizeof(text) - 1;

    for (size_t i = 0; i < len; i++)
        text[i] = value.ptr[i] ? (char) value.ptr[i] : ' ';
    text[len] = '\0';
    es_finding_add2(findings, ES_CHECK_FORMAT, ES_V_FORM_DEVIATION, where, what, text);
}
