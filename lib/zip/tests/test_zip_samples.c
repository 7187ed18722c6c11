/*
 * Real packages: all open, the listed ones with the listed finding, every entry reads, and a copy
 * made by the writer reads the same. The checksums in the directories were written by the
 * programs of others; every entry was also compared with Python's zipfile once, by hand.
 */
#include "zip_probe.h"

static const struct {
    const char *name;
    enum es_code code;
} with_findings[] = {
    {"signed/hnca-repacked-duplicate-entry.ofd", ES_V_CONTAINER_DUPLICATE_ENTRY},
    {"unsigned/chinese-dir-gb18030.ofd", ES_V_FORM_DEVIATION},
    {"unsigned/not-a-zip.ofd", ES_V_CONTAINER_MALFORMED},
};

/* Deflate data followed by an Adler-32. */
static const char *const with_zlib_tail[] = {"unsigned/official-sgcc-12p.ofd",
                                             "unsigned/wps-3p-outline.ofd"};

static enum es_code expected_code(const char *name)
{
    for (size_t i = 0; i < sizeof with_findings / sizeof *with_findings; i++)
        if (strcmp(with_findings[i].name, name) == 0)
            return with_findings[i].code;
    return ES_V_NONE;
}

static bool expected_tail(const char *name)
{
    return strcmp(name, with_zlib_tail[0]) == 0 || strcmp(name, with_zlib_tail[1]) == 0;
}

static const char *samples(void)
{
    const char *path = getenv("ESEAL_SAMPLES");

    return path != NULL ? path : ES_SOURCE_ROOT "/../shared/samples";
}

static void read_all(const struct zip_probe *p, struct es_buf *out)
{
    struct es_error err = {0};

    for (uint32_t i = 0; i < es_zip_count(p->zip); i++) {
        es_buf_put_str(out, es_zip_at(p->zip, i)->name);
        if (es_zip_read(p->zip, es_zip_at(p->zip, i), out, &err) != ES_OK)
            fail_msg("%s", err.text);
    }
}

static void copy_all(const struct zip_probe *p, struct es_buf *out)
{
    struct es_zip_writer *w = NULL;

    assert_int_equal(es_zip_writer_new(es_zip_sink_buf(out), 0, &w, NULL), ES_OK);
    for (uint32_t i = 0; i < es_zip_count(p->zip); i++)
        assert_int_equal(es_zip_writer_copy(w, p->zip, es_zip_at(p->zip, i), NULL), ES_OK);
    assert_int_equal(es_zip_writer_finish(w, NULL), ES_OK);
    es_zip_writer_free(w);
}

static void check_sample(const char *name, struct es_span file)
{
    ES_AUTO(es_buf) content = ES_BUF_INIT(SIZE_MAX);
    ES_AUTO(es_buf) copy = ES_BUF_INIT(SIZE_MAX);
    ES_AUTO(es_buf) again = ES_BUF_INIT(SIZE_MAX);
    struct zip_probe p, q;

    zip_probe_open(&p, file);
    for (struct es_finding *f = p.findings.first; f != NULL; f = f->next)
        if (f->code != expected_code(name))
            fail_msg("%s: %s", name, es_code_info(f->code)->id);
    assert_int_equal(p.findings.count > 0, expected_code(name) != ES_V_NONE);
    if (expected_code(name) == ES_V_CONTAINER_MALFORMED) {
        assert_int_equal(p.status, ES_E_FORMAT);
        zip_probe_close(&p);
        return;
    }
    assert_int_equal(p.status, ES_OK);
    read_all(&p, &content);
    assert_int_equal(es_zip_saw_zlib_tail(p.zip), expected_tail(name));
    copy_all(&p, &copy);
    zip_probe_open(&q, es_buf_span(&copy));
    assert_int_equal(q.status, ES_OK);
    assert_int_equal(q.findings.count, p.findings.count);
    read_all(&q, &again);
    assert_true(es_span_equal(es_buf_span(&content), es_buf_span(&again)));
    zip_probe_close(&q);
    zip_probe_close(&p);
}

struct walk {
    const char *folder;
    size_t count;
};

static es_status check_file(void *ctx, const char *name, struct es_error *err)
{
    struct walk *walk = ctx;
    char path[1024], shown[512];
    ES_AUTO(es_buf) file = ES_BUF_INIT(1 << 26);

    (void) snprintf(shown, sizeof shown, "%s/%s", walk->folder, name);
    (void) snprintf(path, sizeof path, "%s/%s", samples(), shown);
    ES_TRY(es_file_read(path, &file, err));
    check_sample(shown, es_buf_span(&file));
    walk->count++;
    return ES_OK;
}

static void real_packages_open_and_copy(void **state)
{
    static const char *const folders[] = {"signed", "unsigned"};
    size_t count = 0;

    (void) state;
    for (size_t i = 0; i < 2; i++) {
        struct walk walk = {.folder = folders[i]};
        char path[1024];

        (void) snprintf(path, sizeof path, "%s/%s", samples(), folders[i]);
        if (es_dir_each(path, check_file, &walk, NULL) != ES_OK) {
            print_message("skipped: samples absent\n");
            skip();
        }
        count += walk.count;
    }
    assert_int_equal(count, 32 + 53);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(real_packages_open_and_copy)};

    return cmocka_run_group_tests_name("zip/samples", tests, NULL, NULL);
}
