/* Packages as lists of entries: taken apart, changed, put together. Failures end the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

#define ENTRY_MAX ((size_t) 512 << 20)

void pkg_clear(struct pkg *pkg)
{
    for (size_t i = 0; i < pkg->count; i++) {
        free(pkg->entries[i].name);
        es_buf_clear(&pkg->entries[i].bytes);
    }
    free(pkg->entries);
    *pkg = (struct pkg){0};
}

void pkg_add(struct pkg *pkg, const char *name, const void *bytes, size_t len)
{
    struct pkg_entry *entries = realloc(pkg->entries, (pkg->count + 1) * sizeof *entries);
    struct pkg_entry *entry;

    assert_non_null(entries);
    pkg->entries = entries;
    entry = &entries[pkg->count++];
    entry->name = strdup(name);
    assert_non_null(entry->name);
    es_buf_init(&entry->bytes, ENTRY_MAX);
    es_buf_put(&entry->bytes, bytes, len);
    assert_int_equal(entry->bytes.failed, ES_OK);
}

void pkg_add_text(struct pkg *pkg, const char *name, const char *text)
{
    pkg_add(pkg, name, text, strlen(text));
}

struct pkg_entry *pkg_find(struct pkg *pkg, const char *name)
{
    for (size_t i = 0; i < pkg->count; i++)
        if (strcmp(pkg->entries[i].name, name) == 0)
            return &pkg->entries[i];
    return NULL;
}

static struct pkg_entry *must_find(struct pkg *pkg, const char *name)
{
    struct pkg_entry *entry = pkg_find(pkg, name);

    if (entry == NULL)
        fail_msg("no entry %s", name);
    return entry;
}

void pkg_set(struct pkg *pkg, const char *name, const void *bytes, size_t len)
{
    struct pkg_entry *entry = must_find(pkg, name);

    es_buf_reset(&entry->bytes);
    es_buf_put(&entry->bytes, bytes, len);
    assert_int_equal(entry->bytes.failed, ES_OK);
}

void pkg_set_text(struct pkg *pkg, const char *name, const char *text)
{
    pkg_set(pkg, name, text, strlen(text));
}

void pkg_replace(struct pkg *pkg, const char *name, const char *from, const char *to)
{
    struct pkg_entry *entry = must_find(pkg, name);
    struct es_span old = es_buf_span(&entry->bytes);
    ES_AUTO(es_buf) out = ES_BUF_INIT(ENTRY_MAX);
    size_t at = 0;

    if (!es_span_search(old, es_span_str(from), &at))
        fail_msg("%s does not hold \"%s\"", name, from);
    es_buf_put_span(&out, es_span_sub(old, 0, at));
    es_buf_put_str(&out, to);
    es_buf_put_span(&out, es_span_sub(old, at + strlen(from), old.len));
    pkg_set(pkg, name, out.ptr, out.len);
}

void pkg_remove(struct pkg *pkg, const char *name)
{
    struct pkg_entry *entry = must_find(pkg, name);
    size_t index = (size_t) (entry - pkg->entries);

    free(entry->name);
    es_buf_clear(&entry->bytes);
    pkg->count--;
    memmove(entry, entry + 1, (pkg->count - index) * sizeof *entry);
}

void pkg_rename(struct pkg *pkg, const char *name, const char *to)
{
    struct pkg_entry *entry = must_find(pkg, name);

    free(entry->name);
    entry->name = strdup(to);
    assert_non_null(entry->name);
}

void pkg_write(const struct pkg *pkg, struct es_buf *out)
{
    ES_AUTO_PTR(es_zip_writer) writer = NULL;

    assert_int_equal(es_zip_writer_new(es_zip_sink_buf(out), WORLD_FROM_S, &writer, NULL), ES_OK);
    for (size_t i = 0; i < pkg->count; i++)
        assert_int_equal(es_zip_writer_put(writer, pkg->entries[i].name,
                                           es_buf_span(&pkg->entries[i].bytes), true, NULL),
                         ES_OK);
    assert_int_equal(es_zip_writer_finish(writer, NULL), ES_OK);
}

void pkg_read(struct es_span zip, struct pkg *out)
{
    const struct es_source src = es_source_memory(zip);
    const struct es_zip_limits limits = es_zip_limits_default();
    ES_AUTO_PTR(es_zip) opened = NULL;

    assert_int_equal(es_zip_open(&src, &limits, NULL, &opened, NULL), ES_OK);
    for (uint32_t i = 0; i < es_zip_count(opened); i++) {
        const struct es_zip_entry *entry = es_zip_at(opened, i);
        ES_AUTO(es_buf) bytes = ES_BUF_INIT(ENTRY_MAX);

        if (entry->is_folder)
            continue;
        assert_int_equal(es_zip_read(opened, entry, &bytes, NULL), ES_OK);
        pkg_add(out, entry->name, bytes.ptr, bytes.len);
    }
}

void pkg_copy(const struct pkg *from, struct pkg *to)
{
    for (size_t i = 0; i < from->count; i++)
        pkg_add(to, from->entries[i].name, from->entries[i].bytes.ptr, from->entries[i].bytes.len);
}
