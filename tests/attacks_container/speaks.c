/* See speaks.h. */
#include "speaks.h"

#include <zlib.h>

void good_take(struct good *good, struct es_span bytes, const struct es_report *report)
{
    *good = (struct good){.bytes = bytes, .report = *report};
    pkg_read(bytes, &good->entries);
}

void good_clear(struct good *good)
{
    pkg_clear(&good->entries);
    es_report_clear(&good->report);
}

static bool is_signature_file(const char *name)
{
    return strstr(name, "/Signs/") != NULL && strstr(name, "/Signatures.xml") == NULL;
}

static bool is_protected(const struct good *good, const char *name)
{
    if (is_signature_file(name))
        return true;
    for (const struct es_report_signature *s = good->report.first; s != NULL; s = s->next)
        for (size_t i = 0; i < s->protected_count; i++)
            if (strcmp(s->protected_entries[i] + 1, name) == 0)
                return true;
    return false;
}

/* Unpacked by zlib alone: the same bytes? */
static bool unpacks_to(struct es_span file, const struct es_zip_entry *entry, struct es_span wanted)
{
    struct es_span packed = es_span_sub(file, (size_t) entry->data_off, (size_t) entry->packed_len);
    ES_AUTO(es_buf) room = ES_BUF_INIT(wanted.len + 1);
    uint8_t *out = es_buf_reserve(&room, wanted.len + 1);
    z_stream z = {0};
    int result;

    if (entry->method == 0)
        return es_span_equal(packed, wanted);
    if (out == NULL || inflateInit2(&z, -15) != Z_OK)
        return false;
    z.next_in = (Bytef *) (uintptr_t) packed.ptr;
    z.avail_in = (uInt) packed.len;
    z.next_out = out;
    z.avail_out = (uInt) wanted.len + 1;
    result = inflate(&z, Z_FINISH);
    (void) inflateEnd(&z);
    return result == Z_STREAM_END && es_span_equal(es_span_of(out, z.total_out), wanted);
}

/* Entries under another spelling count: paths resolve without regard to case. */
static const struct es_zip_entry *find(const struct es_zip *zip, const char *name)
{
    const struct es_zip_entry *entry = es_zip_find(zip, es_span_str(name));
    uint32_t count = 0;

    if (entry == NULL)
        entry = es_zip_find_folded(zip, es_span_str(name), &count);
    return count > 1 ? NULL : entry;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static const char *changed_signature(const struct es_report_signature *a,
                                     const struct es_report_signature *b)
{
    if (a->protected_count != b->protected_count)
        return "another number of protected entries";
    for (size_t i = 0; i < a->protected_count; i++)
        if (strcasecmp(a->protected_entries[i], b->protected_entries[i]) != 0)
            return "other protected entries";
    if (a->claim_s != b->claim_s || !same_text(a->seal_code, b->seal_code) ||
        !same_text(a->signer_serial, b->signer_serial) ||
        memcmp(a->picture_sm3, b->picture_sm3, sizeof a->picture_sm3) != 0)
        return "another time, seal, picture or signer";
    return NULL;
}

static const char *changed_report(const struct es_report *a, const struct es_report *b)
{
    const struct es_report_signature *x = a->first, *y = b->first;
    const char *why = NULL;

    if (a->pages != b->pages)
        return "another number of pages";
    for (; x != NULL && y != NULL && why == NULL; x = x->next, y = y->next)
        why = changed_signature(x, y);
    return why != NULL ? why : y != NULL ? "more signatures" : NULL;
}

static const char *changed_content(const struct good *good, struct es_span bytes,
                                   const struct es_zip *zip)
{
    for (size_t i = 0; i < good->entries.count; i++) {
        const struct pkg_entry *e = &good->entries.entries[i];
        const struct es_zip_entry *entry;

        if (!is_protected(good, e->name))
            continue;
        entry = find(zip, e->name);
        if (entry == NULL)
            return "a protected entry is missing";
        if (!unpacks_to(bytes, entry, es_buf_span(&e->bytes)))
            return "a protected entry has other content";
    }
    return NULL;
}

const char *speaks_for_changed(const struct good *good, struct es_span bytes,
                               const struct es_report *report)
{
    const struct es_source src = es_source_memory(bytes);
    const struct es_zip_limits limits = es_zip_limits_default();
    ES_AUTO_PTR(es_zip) zip = NULL;
    const char *why = changed_report(&good->report, report);

    if (why != NULL)
        return why;
    if (es_zip_open(&src, &limits, NULL, &zip, NULL) != ES_OK)
        return "no container";
    return changed_content(good, bytes, zip);
}
