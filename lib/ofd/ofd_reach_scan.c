/*
 * The paths inside one file: a table says which element or attribute of which kind of file leads
 * where, and one scanner serves them all. Namespaces are not looked at here: whatever any reader
 * could follow counts as reachable. Nothing outside the package is ever touched.
 */
#include "ofd_reach.h"

#define FRAMES_MAX 8
#define RES_FOLDERS 3

struct rule {
    enum es_ofd_kind in;
    const char *element;
    const char *attr; /* NULL: the element's text */
    enum es_ofd_kind to;
    enum es_reach why;
};

#define RULE(in, element, attr, to, why)                                                           \
    {                                                                                              \
        ES_OFD_KIND_##in, element, attr, ES_OFD_KIND_##to, ES_REACH_##why                          \
    }

/* clang-format off */
static const struct rule rules[] = {
    RULE(ROOT,        "DocRoot",      NULL,         DOCUMENT,    CONTENT),
    RULE(ROOT,        "Cover",        NULL,         DATA,        CONTENT),
    RULE(ROOT,        "Version",      "BaseLoc",    VERSION,     VERSION),
    RULE(ROOT,        "Signatures",   NULL,         SIGNATURES,  SIGNATURE_LIST),
    RULE(VERSION,     "DocRoot",      NULL,         DOCUMENT,    VERSION),
    RULE(VERSION,     "File",         NULL,         DATA,        VERSION),
    RULE(DOCUMENT,    "PublicRes",    NULL,         RES,         CONTENT),
    RULE(DOCUMENT,    "DocumentRes",  NULL,         RES,         CONTENT),
    RULE(DOCUMENT,    "TemplatePage", "BaseLoc",    PAGE,        CONTENT),
    RULE(DOCUMENT,    "Page",         "BaseLoc",    PAGE,        CONTENT),
    RULE(DOCUMENT,    "Annotations",  NULL,         ANNOTATIONS, ANNOTATION),
    RULE(DOCUMENT,    "CustomTags",   NULL,         TAGS,        CUSTOM_TAG),
    RULE(DOCUMENT,    "Attachments",  NULL,         ATTACHMENTS, CONTENT),
    RULE(DOCUMENT,    "Extensions",   NULL,         EXTENSIONS,  CONTENT),
    RULE(DOCUMENT,    "URI",          "URI",        LINK,        NONE),
    RULE(ANNOTATIONS, "FileLoc",      NULL,         PAGE_ANNOT,  ANNOTATION),
    RULE(TAGS,        "FileLoc",      NULL,         TAG,         CUSTOM_TAG),
    RULE(TAGS,        "SchemaLoc",    NULL,         DATA,        CUSTOM_TAG),
    RULE(ATTACHMENTS, "FileLoc",      NULL,         DATA,        CONTENT),
    RULE(ATTACHMENTS, "Attachment",   NULL,         DATA,        CONTENT),
    RULE(EXTENSIONS,  "ExtendData",   NULL,         DATA,        CONTENT),
    RULE(PAGE,        "PageRes",      NULL,         RES,         CONTENT),
    RULE(PAGE,        "URI",          "URI",        LINK,        NONE),
    RULE(PAGE,        "ImageObject",  "ResourceID", ID,          NONE),
    RULE(PAGE_ANNOT,  "URI",          "URI",        LINK,        NONE),
    RULE(PAGE_ANNOT,  "ImageObject",  "ResourceID", ID,          NONE),
    RULE(RES,         "FontFile",     NULL,         DATA,        CONTENT),
    RULE(RES,         "MediaFile",    NULL,         DATA,        CONTENT),
    RULE(RES,         "ColorSpace",   "Profile",    DATA,        CONTENT),
    RULE(RES,         "URI",          "URI",        LINK,        NONE),
    RULE(SIGNATURES,  "Signature",    "BaseLoc",    SIGNATURE,   SIGNATURE_FILE),
    RULE(SIGNATURE,   "SignedValue",  NULL,         DATA,        SIGNATURE_FILE),
    RULE(SIGNATURE,   "BaseLoc",      NULL,         DATA,        SIGNATURE_FILE),
    RULE(SIGNATURE,   "ImageLoc",     NULL,         DATA,        SIGNATURE_FILE),
};
/* clang-format on */

/* An element whose text is being gathered; they may be nested. */
struct frame {
    const struct rule *rule;
    unsigned depth;
    size_t start;
    bool has_child;
};

struct scan {
    struct es_ofd_reaching *r;
    const struct es_zip_entry *entry;
    enum es_ofd_kind kind;
    unsigned depth;
    struct frame frames[FRAMES_MAX];
    size_t frame_count;
    struct es_buf text;                     /* of all frames, one behind the other */
    char res[RES_FOLDERS][ES_OFD_PATH_MAX]; /* Res@BaseLoc as plain paths, the right one first */
    size_t res_count;
    bool res_outside;
};

static void external(struct scan *s, struct es_span loc)
{
    es_finding_add_span(s->r->findings, ES_CHECK_PROTECTION_RANGE, ES_V_RANGE_EXTERNAL_RESOURCE,
                        s->entry->name, loc);
}

/* ---- what a value means ---- */

static bool scheme_is(struct es_span loc, const char *scheme)
{
    size_t len = strlen(scheme);

    return loc.len > len && loc.ptr[len] == ':' &&
           strncasecmp((const char *) loc.ptr, scheme, len) == 0;
}

/* A link to the outside is no resource; a script or a program is not welcome. */
static void check_link(struct scan *s, struct es_span loc)
{
    static const char *const active[] = {"javascript", "vbscript", "data", "file"};

    for (size_t i = 0; i < sizeof(active) / sizeof(active[0]); i++) {
        if (scheme_is(loc, active[i]))
            es_finding_add_span(s->r->findings, ES_CHECK_PROTECTION_RANGE, ES_V_ACTIVE_CONTENT,
                                s->entry->name, loc);
    }
}

/*
 * SPEC formats.md 6.6: files of a resource list are looked for under its BaseLoc first. Readers
 * differ in where that path begins, as they do for others.
 */
static struct es_ofd_folders folders_for(const struct scan *s, enum es_ofd_kind to)
{
    struct es_ofd_folders folders = es_ofd_folders_of(s->r->ofd, s->entry->name);

    if (s->kind != ES_OFD_KIND_RES || to != ES_OFD_KIND_DATA || s->res_count == 0)
        return folders;
    memmove(&folders.at[1], &folders.at[0], folders.count * sizeof(folders.at[0]));
    folders.at[0] = es_span_str(s->res[0]);
    folders.count++;
    for (size_t i = 1; i < s->res_count; i++)
        folders.at[folders.count++] = es_span_str(s->res[i]);
    return folders;
}

static bool begins_with_two_slashes(struct es_span loc)
{
    return loc.len > 2 && (loc.ptr[0] == '/' || loc.ptr[0] == '\\') &&
           (loc.ptr[1] == '/' || loc.ptr[1] == '\\');
}

/* A path that led to no entry. SPEC formats.md 5.4: a missing image does not fail a document. */
static es_status note_unresolved(struct scan *s, const struct rule *rule, struct es_span loc,
                                 es_status status, struct es_error *err)
{
    if (status == ES_E_ABSENT && (begins_with_two_slashes(loc) || s->res_outside))
        external(s, loc);
    else if (status != ES_E_ABSENT)
        es_finding_add_span(s->r->findings, ES_CHECK_PROTECTION_RANGE, ES_V_RANGE_REFERENCE_UNCLEAR,
                            s->entry->name, loc);
    else if (rule->to != ES_OFD_KIND_SIGNATURES && rule->to != ES_OFD_KIND_SIGNATURE)
        es_ofd_deviation(s->r->findings, s->entry->name, "missing-entry", loc);
    if (status != ES_E_ABSENT || rule->why == ES_REACH_SIGNATURE_LIST ||
        rule->why == ES_REACH_SIGNATURE_FILE)
        return ES_OK;
    return es_ofd_reach_lost(s->r, loc, rule->why, err);
}

static es_status follow(struct scan *s, const struct rule *rule, struct es_span loc,
                        struct es_error *err)
{
    struct es_ofd_folders folders = folders_for(s, rule->to);
    struct es_ofd_place place = {0};
    es_status status;

    loc = es_span_trim(loc);
    if (loc.len == 0)
        return ES_OK;
    if (rule->to == ES_OFD_KIND_LINK) {
        check_link(s, loc);
        return ES_OK;
    }
    if (es_ofd_has_scheme(loc) || (s->res_outside && rule->to == ES_OFD_KIND_DATA))
        external(s, loc);
    if (es_ofd_has_scheme(loc) || rule->to == ES_OFD_KIND_ID)
        return ES_OK;
    status = es_ofd_resolve_in(s->r->ofd, &folders, loc, &place, err);
    if (es_ofd_is_fatal(status))
        return status;
    if (status != ES_OK)
        return note_unresolved(s, rule, loc, status, err);
    es_ofd_note_deviations(s->r->findings, s->entry->name, place.deviations, loc);
    es_ofd_reach_entry(s->r, place.entry, rule->to, rule->why);
    return ES_OK;
}

/* ---- the scanner ---- */

static void add_res_folder(struct scan *s, struct es_span folder, struct es_span loc)
{
    char *path = s->res[s->res_count];

    if (es_ofd_plain_path(folder, loc, path, NULL, NULL) != ES_OK) {
        if (s->res_count > 0)
            return;
        path[0] = '\0'; /* "." at the root, or no path: the root is tried first */
    }
    for (size_t i = 0; i < s->res_count; i++) {
        if (strcmp(s->res[i], path) == 0)
            return;
    }
    s->res_count++;
}

/* Res@BaseLoc: relative to the resource list; by other readers to the document or to the root. */
static void read_res_folder(struct scan *s, struct es_span loc)
{
    struct es_ofd_folders folders = es_ofd_folders_of(s->r->ofd, s->entry->name);

    loc = es_span_trim(loc);
    s->res_outside = es_ofd_has_scheme(loc) || begins_with_two_slashes(loc);
    for (size_t i = 0; i < folders.count && loc.len > 0 && !s->res_outside; i++)
        add_res_folder(s, folders.at[i], loc);
}

static const struct es_xml_attr *find_attr(const struct es_xml_attr *attr, const char *name)
{
    while (attr && strcmp(attr->name, name) != 0)
        attr = attr->next;
    return attr;
}

/*
 * The attribute by local name. A second one, in another namespace, is what another reader may
 * follow: such a file has no one meaning.
 */
static const struct es_xml_attr *only_attr(struct scan *s, const struct es_xml_attr *attrs,
                                           const char *name)
{
    const struct es_xml_attr *hit = find_attr(attrs, name);
    char what[96];

    if (hit && find_attr(hit->next, name)) {
        (void) snprintf(what, sizeof(what), "%s occurs more than once", name);
        es_ofd_structure(s->r->findings, s->entry->name, what);
    }
    return hit;
}

static struct frame *top_frame(struct scan *s)
{
    if (s->frame_count == 0 || s->frames[s->frame_count - 1].depth != s->depth)
        return NULL;
    return &s->frames[s->frame_count - 1];
}

static es_status push_frame(struct scan *s, const struct rule *rule, struct es_error *err)
{
    ES_ENSURE(s->frame_count < FRAMES_MAX, err, ES_E_LIMIT, "paths inside paths");
    s->frames[s->frame_count++] = (struct frame){
        .rule = rule, .depth = s->depth, .start = s->text.len};
    return ES_OK;
}

static es_status on_start(void *ctx, const char *name, const char *uri,
                          const struct es_xml_attr *attrs, struct es_error *err)
{
    struct scan *s = ctx;
    const struct es_xml_attr *attr;

    (void) uri;
    if (top_frame(s))
        top_frame(s)->has_child = true;
    s->depth++;
    if (s->kind == ES_OFD_KIND_RES && s->depth == 1 && (attr = only_attr(s, attrs, "BaseLoc")))
        read_res_folder(s, attr->value);
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        const struct rule *rule = &rules[i];

        if (rule->in != s->kind || strcmp(rule->element, name) != 0)
            continue;
        if (!rule->attr)
            ES_TRY(push_frame(s, rule, err));
        else if ((attr = only_attr(s, attrs, rule->attr)))
            ES_TRY(follow(s, rule, attr->value, err));
    }
    return ES_OK;
}

/* Text around elements: some readers take all text below a path, some only its own. Foxit keeps
 * elements beside the path of the list of signatures, which is no content. */
static void check_mixed(struct scan *s, const struct frame *frame, struct es_span text)
{
    char what[96];

    if (!frame->has_child || frame->rule->to == ES_OFD_KIND_SIGNATURES ||
        (es_span_trim(text).len == 0 && s->kind != ES_OFD_KIND_ROOT))
        return;
    (void) snprintf(what, sizeof(what), "%s holds elements", frame->rule->element);
    es_ofd_structure(s->r->findings, s->entry->name, what);
}

static es_status on_end(void *ctx, const char *name, struct es_error *err)
{
    struct scan *s = ctx;
    struct frame *top = top_frame(s);
    struct es_span text;

    (void) name;
    s->depth--;
    if (!top)
        return ES_OK;
    s->frame_count--;
    ES_TRY(es_buf_check(&s->text, err));
    text = es_span_sub(es_buf_span(&s->text), top->start, s->text.len);
    check_mixed(s, top, text);
    ES_TRY(follow(s, top->rule, text, err));
    s->text.len = top->start;
    return ES_OK;
}

static es_status on_text(void *ctx, struct es_span text, struct es_error *err)
{
    struct scan *s = ctx;

    (void) err;
    if (top_frame(s))
        es_buf_put_span(&s->text, text);
    return ES_OK;
}

static const struct es_xml_handler handler = {.start = on_start, .end = on_end, .text = on_text};

/* SPEC formats.md 5.4: real invoices have custom tags that are no XML; that fails nobody. */
static es_status scan_tag(struct es_ofd_reaching *r, const struct es_zip_entry *entry,
                          struct scan *s, struct es_error *err)
{
    es_status status = es_ofd_scan(r->ofd, entry, NULL, &handler, s, err);

    if (status == ES_E_FORMAT)
        es_ofd_deviation(r->findings, entry->name, "custom-tag-malformed", es_span_of(NULL, 0));
    else
        es_ofd_note_failure(r->findings, entry->name, status);
    return status;
}

es_status es_ofd_reach_scan(struct es_ofd_reaching *r, const struct es_zip_entry *entry,
                            enum es_ofd_kind kind, struct es_error *err)
{
    struct scan s = {.r = r, .entry = entry, .kind = kind};
    es_status status;

    es_buf_init(&s.text, (size_t) FRAMES_MAX * ES_OFD_PATH_MAX);
    if (kind == ES_OFD_KIND_TAG)
        status = scan_tag(r, entry, &s, err);
    else
        status = es_ofd_scan(r->ofd, entry, r->findings, &handler, &s, err);
    es_buf_clear(&s.text);
    return es_ofd_is_fatal(status) ? status : ES_OK;
}
