/*
 * From a path in a file to an entry: the only place where that is decided, so what is shown is
 * what is checked. A path has one plain form; the listed deviations of formats.md 5.4 and 6.3 are
 * undone when they leave exactly one entry, and are told. Tried in this order:
 *
 *     literal name   in the file's folder, in the document's folder, at the root
 *     folded name    in the same folders (case and form)
 *     both again with percent escapes undone
 *
 * Two different entries are a conflict, also when the first folder or the first step would do:
 * another reader could take the other one. Only a name found as written in the right folder is not
 * looked for in other spellings elsewhere: nobody would go on looking.
 */
#include "ofd_internal.h"

/* SPEC verification.md 1 principle 3: found by one resolver; two meanings are refused. */

static es_status refuse(struct es_error *err, es_status status, struct es_span loc, const char *why)
{
    char shown[200];
    ES_AUTO(es_buf) text = ES_BUF_INIT(4096);

    es_buf_put_shown(&text, loc, 80);
    snprintf(shown, sizeof(shown), "%.*s", ES_SPAN_ARG(es_buf_span(&text)));
    return es_error_set(err, status, "path \"%s\" %s", shown, why);
}

struct es_span es_ofd_folder(const char *path)
{
    const char *slash = strrchr(path, '/');

    return es_span_of(path, slash ? (size_t) (slash - path) : 0);
}

struct es_ofd_folders es_ofd_folders_of(const struct es_ofd *ofd, const char *base)
{
    struct es_ofd_folders folders = {.count = 0};

    folders.at[folders.count++] = es_ofd_folder(base);
    if (ofd->document)
        folders.at[folders.count++] = es_ofd_folder(ofd->document->name);
    folders.at[folders.count++] = es_span_of(NULL, 0);
    return folders;
}

bool es_ofd_has_scheme(struct es_span loc)
{
    size_t i = 0;

    loc = es_span_trim(loc);
    for (; i < loc.len && i < 32; i++) {
        uint8_t c = loc.ptr[i];
        bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

        if (c == ':')
            return i > 0;
        if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.')))
            return false;
    }
    return false;
}

/* ---- plain form ---- */

struct path {
    char *text; /* ES_OFD_PATH_MAX bytes */
    size_t len;
};

static bool pop_part(struct path *path)
{
    if (path->len == 0)
        return false;
    while (path->len > 0 && path->text[path->len - 1] != '/')
        path->len--;
    if (path->len > 0)
        path->len--;
    return true;
}

static bool push_part(struct path *path, struct es_span part)
{
    size_t slash = path->len > 0 ? 1 : 0;

    if (part.len >= ES_OFD_PATH_MAX - path->len - slash)
        return false;
    if (slash)
        path->text[path->len++] = '/';
    memcpy(path->text + path->len, part.ptr, part.len);
    path->len += part.len;
    return true;
}

/* One part between slashes onto the path. */
static bool add_part(struct path *path, struct es_span part, unsigned *deviations)
{
    if (part.len == 0) {
        *deviations |= ES_OFD_SLASHES;
        return true;
    }
    if (es_span_is(part, "."))
        return true;
    return es_span_is(part, "..") ? pop_part(path) : push_part(path, part);
}

static size_t part_end(struct es_span loc, size_t at)
{
    while (at < loc.len && loc.ptr[at] != '/' && loc.ptr[at] != '\\')
        at++;
    return at;
}

es_status es_ofd_plain_path(struct es_span folder, struct es_span loc, char out[ES_OFD_PATH_MAX],
                            unsigned *deviations, struct es_error *err)
{
    struct path path = {.text = out};
    unsigned found = 0;
    size_t at = 0;

    if (loc.len == 0 || loc.len >= ES_OFD_PATH_MAX || !es_text_clean(loc) || es_ofd_has_scheme(loc))
        return refuse(err, ES_E_FORMAT, loc, "is no path in the package");
    if (part_end(loc, 0) == 0)
        at = 1;
    else if (folder.len > 0 && !push_part(&path, folder))
        return refuse(err, ES_E_FORMAT, loc, "is too long");
    if (memchr(loc.ptr, '\\', loc.len))
        found |= ES_OFD_BACKSLASH;
    for (size_t end; at <= loc.len; at = end + 1) {
        end = part_end(loc, at);
        if (!add_part(&path, es_span_sub(loc, at, end - at), &found))
            return refuse(err, ES_E_FORMAT, loc, "leads out of the package or is too long");
    }
    out[path.len] = '\0';
    if (deviations)
        *deviations |= found;
    return path.len > 0 ? ES_OK : refuse(err, ES_E_FORMAT, loc, "names no file");
}

/* ---- looking up ---- */

struct lookup {
    const struct es_ofd *ofd;
    const struct es_ofd_folders *folders;
    struct es_span loc;
    struct es_ofd_place place;
};

/* Entry of that plain name, or NULL; *many when folding leaves more than one. */
static es_status find(const struct es_ofd *ofd, const char *name, bool folded,
                      const struct es_zip_entry **entry, bool *many, struct es_error *err)
{
    uint32_t count = 0;

    *entry = NULL;
    if (folded)
        ES_TRY(es_zip_look_folded(ofd->zip, es_span_str(name), entry, &count, err));
    else
        *entry = es_zip_find(ofd->zip, es_span_str(name));
    *many = count > 1;
    return ES_OK;
}

/* The loc in every folder, literally or folded. Leaves place.entry NULL when nothing is there. */
static es_status look(struct lookup *l, bool folded, struct es_error *err)
{
    size_t count = part_end(l->loc, 0) == 0 ? 1 : l->folders->count;

    for (size_t i = 0; i < count; i++) {
        char name[ES_OFD_PATH_MAX];
        unsigned deviations = folded ? ES_OFD_CASE : 0;
        bool many = false;
        const struct es_zip_entry *entry;
        es_status status = es_ofd_plain_path(l->folders->at[i], l->loc, name, &deviations,
                                             i == 0 ? err : NULL);

        if (status != ES_OK && i > 0)
            continue; /* ".." may lead out of a folder that was not meant */
        ES_TRY(status);
        ES_TRY(find(l->ofd, name, folded, &entry, &many, err));
        if (many || (entry && l->place.entry && entry != l->place.entry))
            return refuse(err, ES_E_CONFLICT, l->loc, "fits more than one entry");
        if (entry && !l->place.entry)
            l->place = (struct es_ofd_place){
                .entry = entry, .deviations = deviations | (i > 0 ? ES_OFD_RELATIVE : 0)};
    }
    return ES_OK;
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Byte of a percent escape at position at, or -1. */
static int escape_at(struct es_span s, size_t at)
{
    int high, low;

    if (at + 2 >= s.len || s.ptr[at] != '%')
        return -1;
    high = hex_value(s.ptr[at + 1]);
    low = hex_value(s.ptr[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* loc with its escapes undone; escaped separators and dots are never separators and dots. */
static es_status undo_escapes(struct es_span loc, struct es_buf *out, bool *any,
                              struct es_error *err)
{
    for (size_t i = 0; i < loc.len; i++) {
        int byte = escape_at(loc, i);

        if (byte == '/' || byte == '\\' || byte == '.' || byte == 0)
            return refuse(err, ES_E_FORMAT, loc, "hides a dot or a slash");
        es_buf_put_byte(out, byte < 0 ? loc.ptr[i] : (uint8_t) byte);
        *any = *any || byte >= 0;
        i += byte < 0 ? 0 : 2;
    }
    return es_buf_check(out, err);
}

static es_status look_both(struct lookup *l, struct es_error *err)
{
    ES_TRY(look(l, false, err));
    return l->place.entry ? ES_OK : look(l, true, err);
}

/* What was found as written stays, unless its plain form leads elsewhere or is no path at all. */
static es_status look_unescaped(struct lookup *l, struct es_error *err)
{
    const struct es_zip_entry *found = l->place.entry;
    struct es_span written = l->loc;
    es_status status;
    bool any = false;
    ES_AUTO(es_buf) plain = ES_BUF_INIT(ES_OFD_PATH_MAX);

    if (!memchr(written.ptr, '%', written.len))
        return ES_OK;
    status = undo_escapes(written, &plain, &any, err);
    if (status == ES_OK && any) {
        l->loc = es_buf_span(&plain);
        status = look_both(l, err);
        l->loc = written;
    }
    if (found && status == ES_E_FORMAT)
        return ES_OK;
    if (!found)
        l->place.deviations |= any ? ES_OFD_ESCAPE : 0;
    return status;
}

es_status es_ofd_resolve_in(const struct es_ofd *ofd, const struct es_ofd_folders *folders,
                            struct es_span loc, struct es_ofd_place *out, struct es_error *err)
{
    struct lookup l = {.ofd = ofd, .folders = folders, .loc = es_span_trim(loc)};

    ES_TRY(look(&l, false, err));
    if (!l.place.entry || (l.place.deviations & ES_OFD_RELATIVE))
        ES_TRY(look(&l, true, err));
    ES_TRY(look_unescaped(&l, err));
    if (!l.place.entry)
        return refuse(err, ES_E_ABSENT, loc, "is not in the package");
    *out = l.place;
    return ES_OK;
}

es_status es_ofd_resolve(const struct es_ofd *ofd, const char *base, struct es_span loc,
                         const struct es_zip_entry **entry, bool *exact, struct es_error *err)
{
    struct es_ofd_folders folders = es_ofd_folders_of(ofd, base);
    struct es_ofd_place place;

    ES_TRY(es_ofd_resolve_in(ofd, &folders, loc, &place, err));
    *entry = place.entry;
    *exact = place.deviations == 0;
    return ES_OK;
}

/* SPEC verification.md 9.3 ofd-18: no "." or ".." parts, no escaped dots or slashes. */
static es_status check_reference(struct es_span loc, struct es_error *err)
{
    for (size_t at = 0, end; at <= loc.len; at = end + 1) {
        struct es_span part;

        end = part_end(loc, at);
        part = es_span_sub(loc, at, end - at);
        if (es_span_is(part, ".") || es_span_is(part, ".."))
            return refuse(err, ES_E_FORMAT, loc, "is not plain");
    }
    for (size_t at = 0; at < loc.len; at++) {
        int byte = escape_at(loc, at);

        if (byte == '.' || byte == '/' || byte == '\\' || byte == 0)
            return refuse(err, ES_E_FORMAT, loc, "hides a dot or a slash");
    }
    return ES_OK;
}

es_status es_ofd_resolve_reference(const struct es_ofd *ofd, const char *base, struct es_span loc,
                                   const struct es_zip_entry **entry, unsigned *deviations,
                                   struct es_error *err)
{
    struct es_ofd_folders folders = es_ofd_folders_of(ofd, base);
    struct es_ofd_place place;

    loc = es_span_trim(loc);
    ES_TRY(check_reference(loc, err));
    ES_TRY(es_ofd_resolve_in(ofd, &folders, loc, &place, err));
    *entry = place.entry;
    *deviations = place.deviations;
    if (part_end(loc, 0) != 0)
        *deviations |= ES_OFD_RELATIVE;
    return ES_OK;
}

const char *es_ofd_deviation_name(enum es_ofd_deviation deviation)
{
    switch (deviation) {
    case ES_OFD_SLASHES:
        return "//-path";
    case ES_OFD_BACKSLASH:
        return "path-backslash";
    case ES_OFD_CASE:
        return "path-case";
    case ES_OFD_RELATIVE:
        return "path-relative";
    case ES_OFD_ESCAPE:
        return "path-escape";
    }
    return "path";
}

void es_ofd_note_deviations(struct es_findings *findings, const char *where, unsigned deviations,
                            struct es_span loc)
{
    for (unsigned bit = ES_OFD_SLASHES; bit <= ES_OFD_ESCAPE; bit <<= 1) {
        if (deviations & bit)
            es_ofd_deviation(findings, where, es_ofd_deviation_name((enum es_ofd_deviation) bit),
                             loc);
    }
}
