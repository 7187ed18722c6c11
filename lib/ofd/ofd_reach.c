/*
 * Everything a reader can reach from OFD.xml, whichever DocBody or version it opens. Each entry
 * is read at most once for each kind of file it is used as, so time is linear in the package; the
 * memory is that of one file. An entry reached for several reasons keeps the one that demands
 * most protection.
 */
#include "ofd_reach.h"

static int rank(enum es_reach why)
{
    static const int ranks[] = {
        [ES_REACH_NONE] = 0,       [ES_REACH_SIGNATURE_FILE] = 1, [ES_REACH_SIGNATURE_LIST] = 2,
        [ES_REACH_CUSTOM_TAG] = 3, [ES_REACH_ANNOTATION] = 4,     [ES_REACH_VERSION] = 5,
        [ES_REACH_CONTENT] = 6,    [ES_REACH_ENTRY_POINT] = 7,
    };

    return ranks[why];
}

void es_ofd_reach_entry(struct es_ofd_reaching *r, const struct es_zip_entry *entry,
                        enum es_ofd_kind kind, enum es_reach why)
{
    ES_BUG_ON(entry->index >= r->count);
    /* A version's FileList shows nothing by itself; it tells only of files not reached so far. */
    if (kind == ES_OFD_KIND_DATA && why == ES_REACH_VERSION && r->reach[entry->index])
        return;
    /* SPEC GB/T 33190-2016 19: what only a version leads to is shown when it is chosen. */
    if (r->in_version &&
        (why == ES_REACH_CONTENT || why == ES_REACH_ANNOTATION || why == ES_REACH_CUSTOM_TAG))
        why = ES_REACH_VERSION;
    if (rank(why) > rank(r->reach[entry->index]))
        r->reach[entry->index] = why;
    if (kind < ES_OFD_KIND_DATA)
        r->wanted[entry->index] |= 1u << kind;
}

es_status es_ofd_reach_lost(struct es_ofd_reaching *r, struct es_span loc, enum es_reach why,
                            struct es_error *err)
{
    struct es_ofd_lost *lost;
    size_t from = loc.len;

    if (r->lost_count++ >= ES_OFD_LOST_MAX)
        return ES_OK;
    while (from > 0 && loc.ptr[from - 1] != '/' && loc.ptr[from - 1] != '\\')
        from--;
    lost = ES_ARENA_NEW(r->arena, struct es_ofd_lost);
    ES_ENSURE(lost, err, ES_E_NOMEM, "out of memory");
    lost->name = es_arena_text(r->arena, es_span_sub(loc, from, loc.len));
    ES_ENSURE(lost->name, err, ES_E_NOMEM, "out of memory");
    lost->why = r->in_version ? ES_REACH_VERSION : why;
    lost->next = r->lost;
    r->lost = lost;
    return ES_OK;
}

/* Why an entry nothing led to could be shown for a path that led nowhere. More paths than were
 * kept could mean any entry. */
static enum es_reach why_found(const struct es_ofd_reaching *r, const struct es_zip_entry *entry)
{
    const char *slash = strrchr(entry->name, '/');
    const char *name = slash ? slash + 1 : entry->name;

    for (const struct es_ofd_lost *lost = r->lost; lost; lost = lost->next) {
        if (strcasecmp(lost->name, name) == 0)
            return lost->why;
    }
    return r->lost_count > ES_OFD_LOST_MAX ? ES_REACH_CONTENT : ES_REACH_NONE;
}

static void find_lost(struct es_ofd_reaching *r)
{
    for (uint32_t i = 0; r->lost && i < r->count; i++) {
        const struct es_zip_entry *entry = es_zip_at(r->ofd->zip, i);

        if (r->reach[i] == ES_REACH_NONE && !entry->is_folder)
            r->reach[i] = why_found(r, entry);
    }
}

static es_status read_kind(struct es_ofd_reaching *r, enum es_ofd_kind kind, struct es_error *err)
{
    for (uint32_t i = 0; i < r->count; i++) {
        if (!(r->wanted[i] & ~r->done[i] & (1u << kind)))
            continue;
        r->done[i] |= 1u << kind;
        ES_TRY(es_ofd_reach_scan(r, es_zip_at(r->ofd->zip, i), kind, err));
    }
    return ES_OK;
}

static es_status read_all(struct es_ofd_reaching *r, struct es_error *err)
{
    for (unsigned kind = ES_OFD_KIND_ROOT; kind < ES_OFD_KIND_DATA; kind++) {
        if (kind != ES_OFD_KIND_VERSION || r->in_version)
            ES_TRY(read_kind(r, (enum es_ofd_kind) kind, err));
    }
    return ES_OK;
}

/* ---- versions ---- */

/* Entry that the version file names as its document, NULL when there is none. */
static es_status version_document(struct es_ofd_reaching *r, const struct es_zip_entry *file,
                                  const struct es_zip_entry **out, struct es_error *err)
{
    ES_AUTO(es_arena) tree = {0};
    struct es_ofd_folders folders = es_ofd_folders_of(r->ofd, file->name);
    struct es_ofd_place place = {0};
    struct es_xml_node *root;
    const struct es_xml_node *node;
    es_status status;

    es_arena_init(&tree, 0);
    status = es_ofd_parse(r->ofd, file, r->findings, &tree, &root, err);
    if (status == ES_OK) {
        node = es_ofd_single(root, "DocRoot", r->findings, file->name);
        if (node)
            status = es_ofd_resolve_in(r->ofd, &folders, node->text, &place, err);
    }
    *out = place.entry;
    return es_ofd_is_fatal(status) ? status : ES_OK;
}

/* SPEC verification.md 9.3 ofd-08: a current version elsewhere is another document to others. */
static es_status check_versions(struct es_ofd_reaching *r, struct es_error *err)
{
    for (const struct es_ofd_version *v = r->ofd->versions; v; v = v->next) {
        const struct es_zip_entry *document = NULL;

        if (!v->current)
            continue;
        if (v->entry)
            ES_TRY(version_document(r, v->entry, &document, err));
        if (document != r->ofd->document)
            es_finding_add(r->findings, ES_CHECK_PROTECTION_RANGE, ES_V_RANGE_VERSION_OVERRIDE,
                           v->entry ? v->entry->name : r->ofd->root->name,
                           document ? document->name : NULL);
    }
    return ES_OK;
}

es_status es_ofd_reach(struct es_ofd *ofd, enum es_reach *reach, size_t count,
                       struct es_findings *findings, struct es_error *err)
{
    ES_AUTO(es_arena) marks = {0};
    struct es_ofd_reaching r = {.ofd = ofd, .findings = findings, .reach = reach};

    r.count = es_zip_count(ofd->zip);
    ES_ENSURE(count == r.count, err, ES_E_RANGE, "room for %zu entries, there are %u", count,
              r.count);
    es_arena_init(&marks, 0);
    r.arena = &marks;
    r.wanted = es_arena_alloc(&marks, (count + 1) * sizeof(uint32_t));
    r.done = es_arena_alloc(&marks, (count + 1) * sizeof(uint32_t));
    ES_ENSURE(r.wanted && r.done, err, ES_E_NOMEM, "out of memory");
    for (size_t i = 0; i < count; i++)
        reach[i] = ES_REACH_NONE;
    es_ofd_reach_entry(&r, ofd->root, ES_OFD_KIND_ROOT, ES_REACH_ENTRY_POINT);
    ES_TRY(read_all(&r, err));
    r.in_version = true;
    ES_TRY(read_all(&r, err));
    find_lost(&r);
    return check_versions(&r, err);
}
