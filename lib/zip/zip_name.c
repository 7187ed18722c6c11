/*
 * Names: from the bytes of the directory to a plain path.
 *
 * Bytes are UTF-8 when flagged or valid as such, else GB18030 (reported). Backslashes and one
 * leading slash are rewritten (reported). What is no plain path then is unsafe: the entry gets
 * a harmless name that no document refers to, so that nobody writes or shows it by accident.
 */
#include "zip_parts.h"

#include <errno.h>
#include <iconv.h>

#define UNIX_TYPE 0170000u
#define UNIX_FILE 0100000u
#define UNIX_FOLDER 0040000u
#define HOST_UNIX 3
#define HOST_DARWIN 19

static es_status open_recoder(struct zip_check *check, struct es_error *err)
{
    iconv_t recoder;

    if (check->recoder_open)
        return ES_OK;
    recoder = iconv_open("UTF-8", "GB18030");
    if (recoder == (iconv_t) -1) {
        ES_ENSURE(errno != ENOMEM, err, ES_E_NOMEM, "out of memory");
        return es_error_set(err, ES_E_UNSUPPORTED, "the system cannot read GB18030");
    }
    check->recoder = recoder;
    check->recoder_open = true;
    return ES_OK;
}

void zip_name_done(struct zip_check *check)
{
    if (check->recoder_open)
        (void) iconv_close(check->recoder);
    check->recoder_open = false;
}

static es_status recode(struct zip_check *check, struct es_span raw, struct es_buf *text, bool *ok,
                        struct es_error *err)
{
    char from[ZIP_NAME_MAX], to[4 * ZIP_NAME_MAX];
    char *in = from, *out = to;
    size_t in_len = raw.len, out_len = sizeof to;

    ES_TRY(open_recoder(check, err));
    memcpy(from, raw.ptr, raw.len);
    (void) iconv(check->recoder, NULL, NULL, NULL, NULL);
    *ok = iconv(check->recoder, &in, &in_len, &out, &out_len) != (size_t) -1;
    if (*ok)
        es_buf_put(text, to, sizeof to - out_len);
    return es_buf_check(text, err);
}

bool zip_name_rewrite(struct es_buf *text, bool *slash_off)
{
    bool changed = false;

    for (size_t i = 0; i < text->len; i++) {
        if (text->ptr[i] == '\\') {
            text->ptr[i] = '/';
            changed = true;
        }
    }
    *slash_off = text->len > 1 && text->ptr[0] == '/';
    if (*slash_off) {
        memmove(text->ptr, text->ptr + 1, text->len - 1);
        text->len--;
    }
    return changed;
}

/* No part is empty, "." or ".."; a last slash is allowed. */
static bool parts_safe(struct es_span path)
{
    if (path.len > 0 && path.ptr[path.len - 1] == '/')
        path.len--;
    for (;;) {
        size_t len = es_span_find(path, '/');
        struct es_span part = es_span_sub(path, 0, len);

        if (part.len == 0 || es_span_is(part, ".") || es_span_is(part, ".."))
            return false;
        if (len == path.len)
            return true;
        path = es_span_sub(path, len + 1, path.len);
    }
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* CONTEN~1.XML: the second, short name that Windows gives a file of a longer name. */
static bool is_short_name(struct es_span part)
{
    size_t base = es_span_find(part, '.'), tilde = es_span_find(part, '~'), at = tilde + 1;

    if (tilde == 0 || tilde >= base || base > 8 || part.len > base + 4)
        return false;
    while (at < base && is_digit(part.ptr[at]))
        at++;
    return at == base && at > tilde + 1;
}

/* Windows drops dots and blanks at the end of a name, reads a stream behind ':', and has programs
 * that write '_' for what it does not allow: such an entry would be unpacked over another one. */
static bool part_unpacks_as_named(struct es_span part)
{
    uint8_t last = part.len == 0 ? '.' : part.ptr[part.len - 1];

    for (size_t i = 0; i < part.len; i++)
        if (memchr("<>:\"|?*", part.ptr[i], 7) != NULL)
            return false;
    return last != '.' && last != ' ' && !is_short_name(part);
}

static bool unpacks_as_named(struct es_span path)
{
    if (path.len > 0 && path.ptr[path.len - 1] == '/')
        path.len--;
    for (;;) {
        size_t len = es_span_find(path, '/');

        if (!part_unpacks_as_named(es_span_sub(path, 0, len)))
            return false;
        if (len == path.len)
            return true;
        path = es_span_sub(path, len + 1, path.len);
    }
}

/* %2e %2f %5c %00: another reader may decode them into a dot, a separator or an end. */
static bool has_hidden_separator(struct es_span path)
{
    for (size_t i = 0; i + 2 < path.len; i++) {
        int c = path.ptr[i + 2] | 0x20;

        if (path.ptr[i] != '%')
            continue;
        if ((path.ptr[i + 1] == '2' && (c == 'e' || c == 'f')) ||
            (path.ptr[i + 1] == '5' && c == 'c') ||
            (path.ptr[i + 1] == '0' && path.ptr[i + 2] == '0'))
            return true;
    }
    return false;
}

bool zip_name_safe(struct es_span text)
{
    return text.len > 0 && text.len <= ZIP_NAME_MAX && es_text_clean(text) && parts_safe(text) &&
           unpacks_as_named(text) && !has_hidden_separator(text);
}

static size_t count_slashes(struct es_span s)
{
    size_t count = 0;

    for (size_t i = 0; i < s.len; i++)
        count += s.ptr[i] == '/';
    return count;
}

es_status zip_name_fold(struct es_arena *arena, struct es_span text, struct es_span *out,
                        struct es_error *err)
{
    ES_AUTO(es_buf) folded = ES_BUF_INIT(ZIP_FOLDED_MAX);
    struct es_span s;
    es_status status;
    char *copy;

    *out = es_span_of(NULL, 0);
    if (text.len > 0 && text.ptr[text.len - 1] == '/')
        text.len--;
    status = es_text_fold(text, &folded, err);
    if (status == ES_E_NOMEM)
        return status;
    s = es_buf_span(&folded);
    /* Full-width dots and slashes fold to plain ones. */
    if (status != ES_OK || !parts_safe(s) || count_slashes(s) != count_slashes(text))
        return ES_OK;
    if (es_span_equal(s, text)) {
        *out = text;
        return ES_OK;
    }
    copy = es_arena_text(arena, s);
    ES_ENSURE(copy != NULL, err, ES_E_NOMEM, "out of memory");
    *out = es_span_of(copy, s.len);
    return ES_OK;
}

/* Symbolic links, devices, pipes and sockets are no content of a document. */
static bool mode_safe(const struct es_zip_entry *entry)
{
    const uint8_t *p = zip_record(entry);
    unsigned host = p[5], type = zip_get32(p + 38) >> 16 & UNIX_TYPE;

    if (host != HOST_UNIX && host != HOST_DARWIN)
        return true;
    return type == 0 || type == UNIX_FILE || type == UNIX_FOLDER;
}

/* The text of the name, rewritten; *safe false when there is none. */
static es_status decode(struct zip_check *check, const struct es_zip_entry *entry,
                        struct es_buf *text, bool *recoded, bool *safe, struct es_error *err)
{
    *safe = entry->raw.len <= ZIP_NAME_MAX && mode_safe(entry);
    *recoded = false;
    if (!*safe)
        return ES_OK;
    if (es_utf8_valid(entry->raw)) {
        es_buf_put_span(text, entry->raw);
    } else if ((entry->flags & ZIP_FLAG_UTF8) != 0) {
        *safe = false;
    } else {
        ES_TRY(recode(check, entry->raw, text, recoded, err));
        *safe = *recoded;
    }
    return es_buf_check(text, err);
}

es_status zip_name_drop(struct zip_check *check, struct es_zip_entry *entry, struct es_error *err)
{
    es_finding_add_span(check->findings, ES_CHECK_FORMAT, ES_V_CONTAINER_NAME_UNSAFE, NULL,
                        entry->raw);
    entry->unsafe = true;
    entry->is_folder = false;
    entry->name = es_arena_printf(&check->zip->arena, "unsafe-entry-%u", entry->index);
    ES_ENSURE(entry->name != NULL, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

static void note_form(struct zip_check *check, struct es_zip_entry *entry, bool deviates,
                      const char *what)
{
    if (!deviates)
        return;
    entry->deviates = true;
    zip_note(check, ES_V_FORM_DEVIATION, entry->name, what);
}

es_status zip_set_name(struct zip_check *check, struct es_zip_entry *entry, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(4 * ZIP_NAME_MAX);
    bool recoded, safe, backslash, slash_off;

    ES_TRY(decode(check, entry, &text, &recoded, &safe, err));
    if (!safe)
        return zip_name_drop(check, entry, err);
    backslash = zip_name_rewrite(&text, &slash_off);
    if (!zip_name_safe(es_buf_span(&text)))
        return zip_name_drop(check, entry, err);
    entry->name = es_arena_text(&check->zip->arena, es_buf_span(&text));
    ES_ENSURE(entry->name != NULL, err, ES_E_NOMEM, "out of memory");
    entry->is_folder = text.ptr[text.len - 1] == '/';
    note_form(check, entry, recoded, "zip-name-encoding");
    note_form(check, entry, backslash, "zip-name-separator");
    note_form(check, entry, slash_off, "zip-name-leading-slash");
    return ES_OK;
}
