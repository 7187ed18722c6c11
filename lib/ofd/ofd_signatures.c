/*
 * Signatures.xml (formats.md 7.1): which signatures there are. IDs stay text ("1", "001", "s001"
 * are all in use). The files themselves are read by the verifier.
 */
#include "ofd_internal.h"

static void inconsistent(const struct es_ofd *ofd, struct es_findings *findings, struct es_span loc)
{
    es_finding_add_span(findings, ES_CHECK_FORMAT, ES_V_SIGNATURE_LIST_INCONSISTENT,
                        ofd->signatures->name, loc);
}

/* Path of Signature.xml, also when nothing is there; "" when it is no path at all. */
static es_status entry_path(struct es_ofd *ofd, struct es_span loc, struct es_findings *findings,
                            const char **out, struct es_error *err)
{
    const char *where = ofd->signatures->name;
    struct es_ofd_folders folders = es_ofd_folders_of(ofd, where);
    struct es_ofd_place place = {0};
    char path[ES_OFD_PATH_MAX] = "";
    es_status status = es_ofd_resolve_in(ofd, &folders, loc, &place, err);

    if (es_ofd_is_fatal(status))
        return status;
    if (status == ES_OK) {
        es_ofd_note_deviations(findings, where, place.deviations, loc);
        *out = place.entry->name;
        return ES_OK;
    }
    inconsistent(ofd, findings, loc);
    if (status == ES_E_CONFLICT)
        es_finding_add_span(findings, ES_CHECK_PROTECTION_RANGE, ES_V_RANGE_REFERENCE_UNCLEAR,
                            where, loc);
    if (es_ofd_plain_path(es_ofd_folder(where), es_span_trim(loc), path, NULL, NULL) != ES_OK)
        path[0] = '\0';
    *out = es_arena_text(&ofd->arena, es_span_str(path));
    ES_ENSURE(*out, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

static es_status read_one(struct es_ofd *ofd, const struct es_xml_node *node,
                          struct es_findings *findings, struct es_ofd_signature_ref **out,
                          struct es_error *err)
{
    struct es_ofd_signature_ref *ref = ES_ARENA_NEW(&ofd->arena, struct es_ofd_signature_ref);
    struct es_span type = es_span_trim(es_xml_attr(node, "Type", NULL));

    ES_ENSURE(ref, err, ES_E_NOMEM, "out of memory");
    ref->id = es_arena_text(&ofd->arena, es_xml_attr(node, "ID", NULL));
    /* SPEC GB/T 33190-2016 18: Type defaults to Seal. */
    ref->type = es_arena_text(&ofd->arena, type.len > 0 ? type : es_span_str("Seal"));
    ES_ENSURE(ref->id && ref->type, err, ES_E_NOMEM, "out of memory");
    ES_TRY(entry_path(ofd, es_xml_attr(node, "BaseLoc", NULL), findings, &ref->entry, err));
    for (const struct es_ofd_signature_ref *r = ofd->signature_refs; r; r = r->next) {
        if (strcmp(r->entry, ref->entry) == 0)
            inconsistent(ofd, findings, es_span_str(ref->entry));
    }
    *out = ref;
    return ES_OK;
}

static es_status read_list(struct es_ofd *ofd, const struct es_xml_node *root,
                           struct es_findings *findings, struct es_error *err)
{
    struct es_ofd_signature_ref **tail = &ofd->signature_refs;
    size_t count = es_xml_count(root, "Signature");
    bool foreign = false;

    if (count > ofd->limits.signatures_max) {
        es_ofd_note_failure(findings, ofd->signatures->name, ES_E_LIMIT);
        return es_error_set(err, ES_E_LIMIT, "%zu signatures, allowed are %u", count,
                            ofd->limits.signatures_max);
    }
    (void) es_ofd_child(root, "Signature", &foreign);
    if (foreign)
        es_ofd_structure(findings, ofd->signatures->name, "Signature of another namespace");
    for (const struct es_xml_node *n = es_xml_child(root, "Signature"); n; n = es_xml_same(n)) {
        ES_TRY(read_one(ofd, n, findings, tail, err));
        tail = &(*tail)->next;
    }
    return ES_OK;
}

/* A list that is no XML leaves no signatures, with a finding that makes the file invalid. */
es_status es_ofd_read_signatures(struct es_ofd *ofd, struct es_findings *findings,
                                 struct es_error *err)
{
    ES_AUTO(es_arena) tree = {0};
    struct es_xml_node *root;
    es_status status;

    es_arena_init(&tree, 0);
    status = es_ofd_parse(ofd, ofd->signatures, findings, &tree, &root, err);
    if (status != ES_OK)
        return es_ofd_is_fatal(status) || status == ES_E_LIMIT ? status : ES_OK;
    es_ofd_check_root(root, "Signatures", findings, ofd->signatures->name);
    return read_list(ofd, root, findings, err);
}
