/*
 * Property: a container that opens without findings that make it invalid can be copied entry by
 * entry, the copy opens without findings (but for names in a deviating form, which are kept) and
 * holds the same entries with the same contents.
 */
#include "es_zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct es_zip_limits limits = {.file_max = 1 << 20,
                                            .entry_max = 1 << 20,
                                            .total_max = 4 << 20,
                                            .ratio_max = 200,
                                            .entries_max = 500};

struct opened {
    struct es_source src;
    struct es_arena arena;
    struct es_findings findings;
    struct es_zip *zip;
};

static es_status open_bytes(struct opened *o, struct es_span bytes)
{
    o->src = es_source_memory(bytes);
    es_arena_init(&o->arena, 0);
    es_findings_init(&o->findings, &o->arena);
    o->zip = NULL;
    return es_zip_open(&o->src, &limits, &o->findings, &o->zip, NULL);
}

static void close_opened(struct opened *o)
{
    es_zip_free(o->zip);
    es_arena_clear(&o->arena);
}

static bool has_other_than(const struct opened *o, enum es_code a, enum es_code b)
{
    for (const struct es_finding *f = o->findings.first; f != NULL; f = f->next)
        if (f->code != a && f->code != b)
            return true;
    return false;
}

static void copy_all(const struct es_zip *zip, struct es_buf *out)
{
    struct es_zip_writer *w = NULL;

    ES_BUG_ON(es_zip_writer_new(es_zip_sink_buf(out), 0, &w, NULL) != ES_OK);
    for (uint32_t i = 0; i < es_zip_count(zip); i++)
        ES_BUG_ON(es_zip_writer_copy(w, zip, es_zip_at(zip, i), NULL) != ES_OK);
    ES_BUG_ON(es_zip_writer_finish(w, NULL) != ES_OK);
    es_zip_writer_free(w);
}

static void compare(const struct es_zip *a, const struct es_zip *b)
{
    ES_BUG_ON(es_zip_count(a) != es_zip_count(b));
    for (uint32_t i = 0; i < es_zip_count(a); i++) {
        const struct es_zip_entry *x = es_zip_at(a, i), *y = es_zip_at(b, i);
        ES_AUTO(es_buf) one = ES_BUF_INIT(1 << 20);
        ES_AUTO(es_buf) two = ES_BUF_INIT(1 << 20);
        es_status first = es_zip_read(a, x, &one, NULL);

        ES_BUG_ON(strcmp(x->name, y->name) != 0 || x->len != y->len || x->crc != y->crc);
        ES_BUG_ON(first != es_zip_read(b, y, &two, NULL));
        ES_BUG_ON(!es_span_equal(es_buf_span(&one), es_buf_span(&two)));
        ES_BUG_ON(!x->is_folder && es_zip_find(b, es_span_str(x->name)) != y);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ES_AUTO(es_buf) copy = ES_BUF_INIT(4 << 20);
    struct opened o, again;

    if (open_bytes(&o, es_span_of(data, size)) == ES_OK &&
        !has_other_than(&o, ES_V_FORM_DEVIATION, ES_V_CONTAINER_OUTSIDE_DATA)) {
        copy_all(o.zip, &copy);
        ES_BUG_ON(open_bytes(&again, es_buf_span(&copy)) != ES_OK);
        ES_BUG_ON(has_other_than(&again, ES_V_FORM_DEVIATION, ES_V_FORM_DEVIATION));
        compare(o.zip, again.zip);
        close_opened(&again);
    }
    close_opened(&o);
    return 0;
}
