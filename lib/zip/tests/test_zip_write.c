/* Writing: what goes in reads back, for us and for unzip and Python, byte for byte repeatable. */
#include "zip_probe.h"

#include <stdio.h>
#include <unistd.h>

#define NOON_S 1735732800 /* 2025-01-01T12:00:00Z */

static struct es_zip_writer *new_writer(struct es_buf *out)
{
    struct es_zip_writer *writer = NULL;

    assert_int_equal(es_zip_writer_new(es_zip_sink_buf(out), NOON_S, &writer, NULL), ES_OK);
    return writer;
}

static void expect_entry(const struct zip_probe *p, const char *name, struct es_span data,
                         unsigned method)
{
    const struct es_zip_entry *entry = es_zip_find(p->zip, es_span_str(name));
    ES_AUTO(es_buf) out = ES_BUF_INIT(SIZE_MAX);

    assert_non_null(entry);
    assert_int_equal(entry->method, method);
    assert_int_equal(es_zip_read(p->zip, entry, &out, NULL), ES_OK);
    assert_true(es_span_equal(es_buf_span(&out), data));
}

/* Three new entries and two copied ones. */
static void write_sample(struct es_buf *out, struct zip_builder *b)
{
    struct es_zip_writer *w = new_writer(out);
    struct es_span blank = zip_build_zeros(b, 10000);
    struct zip_probe p;

    zip_build_descriptor(b, zip_build_add_deflated(b, "Doc_0/\xe9\xa1\xb5.xml", blank), true, true);
    b->last->local.flags |= ZIP_BUILD_UTF8;
    b->last->central.flags |= ZIP_BUILD_UTF8;
    b->last->made_by = 3 << 8 | 30;
    b->last->attributes = (uint32_t) 0100640 << 16;
    zip_build_add(b, "Doc_0/", NULL);
    zip_probe_open(&p, zip_build_finish(b));
    assert_int_equal(p.status, ES_OK);
    assert_int_equal(es_zip_writer_put(w, "OFD.xml", es_span_str("<ofd/>"), true, NULL), ES_OK);
    assert_int_equal(es_zip_writer_put(w, "blank", blank, true, NULL), ES_OK);
    assert_int_equal(es_zip_writer_put(w, "\xe5\x8d\xb0", blank, false, NULL), ES_OK);
    assert_int_equal(es_zip_writer_copy(w, p.zip, es_zip_at(p.zip, 0), NULL), ES_OK);
    assert_int_equal(es_zip_writer_copy(w, p.zip, es_zip_at(p.zip, 1), NULL), ES_OK);
    assert_int_equal(es_zip_writer_finish(w, NULL), ES_OK);
    es_zip_writer_free(w);
    zip_probe_close(&p);
}

static void what_is_written_reads_back_without_findings(void **state)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(1 << 20);
    struct es_span blank = zip_build_zeros(*state, 10000);
    struct zip_probe p;

    write_sample(&out, *state);
    zip_probe_open(&p, es_buf_span(&out));
    assert_int_equal(p.status, ES_OK);
    assert_int_equal(p.findings.count, 0);
    assert_int_equal(es_zip_count(p.zip), 5);
    expect_entry(&p, "OFD.xml", es_span_str("<ofd/>"), 0); /* deflated it would be longer */
    expect_entry(&p, "blank", blank, 8);
    expect_entry(&p, "\xe5\x8d\xb0", blank, 0);
    expect_entry(&p, "Doc_0/\xe9\xa1\xb5.xml", blank, 8);
    assert_true(es_zip_at(p.zip, 4)->is_folder);
    assert_int_equal(es_zip_at(p.zip, 3)->flags, ZIP_BUILD_UTF8);
    assert_int_equal(es_zip_at(p.zip, 2)->flags, ZIP_BUILD_UTF8);
    zip_probe_close(&p);
}

static void the_same_calls_give_the_same_bytes(void **state)
{
    ES_AUTO(es_buf) one = ES_BUF_INIT(1 << 20);
    ES_AUTO(es_buf) two = ES_BUF_INIT(1 << 20);

    write_sample(&one, *state);
    zip_build_clear(*state);
    zip_build_init(*state);
    write_sample(&two, *state);
    assert_true(es_span_equal(es_buf_span(&one), es_buf_span(&two)));
}

static int run(const char *before, const char *path, const char *after)
{
    char command[1024];

    (void) snprintf(command, sizeof command, "%s %s %s", before, path, after);
    return system(command);
}

static const char python_check[] =
    "python3 -c 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]);"
    "assert z.testzip() is None; i = {e.filename: e for e in z.infolist()};"
    "assert list(i) == [\"OFD.xml\", \"blank\", \"\\u5370\", \"Doc_0/\\u9875.xml\","
    " \"Doc_0/\"], list(i);"
    "assert all(e.date_time == (2025, 1, 1, 12, 0, 0) for e in i.values());"
    "assert i[\"OFD.xml\"].external_attr >> 16 == 0o100644;"
    "assert i[\"Doc_0/\\u9875.xml\"].external_attr >> 16 == 0o100640'";

static void other_programs_read_what_is_written(void **state)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(1 << 20);
    char path[] = "/tmp/eseal-zip-XXXXXX";
    int fd = mkstemp(path);

    write_sample(&out, *state);
    assert_int_equal(write(fd, out.ptr, out.len), out.len);
    close(fd);
    if (run("command -v unzip python3 >/dev/null", "", "") != 0) {
        unlink(path);
        print_message("skipped: unzip or python3 absent\n");
        skip();
    }
    assert_int_equal(run("unzip -tqq", path, ">/dev/null"), 0);
    assert_int_equal(run(python_check, path, ""), 0);
    unlink(path);
}

static void names_that_are_no_plain_path_are_not_written(void **state)
{
    static const char *const names[] = {"",     "/a",    "a/",   "../a",    "a\\b",
                                        "a//b", "C:\\a", "a\nb", "%2e%2e/a"};
    ES_AUTO(es_buf) out = ES_BUF_INIT(1 << 20);
    struct es_zip_writer *w = new_writer(&out);

    (void) state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(es_zip_writer_put(w, names[i], es_span_str("x"), false, NULL), ES_E_RANGE);
    assert_int_equal(out.len, 0);
    es_zip_writer_free(w);
}

static void a_failed_write_breaks_the_writer(void **state)
{
    for (size_t room = 0; room < 200; room++) {
        ES_AUTO(es_buf) out = ES_BUF_INIT(room);
        struct es_zip_writer *w = new_writer(&out);
        es_status status = es_zip_writer_put(w, "OFD.xml", es_span_str("<ofd/>"), false, NULL);

        (void) state;
        if (status != ES_OK)
            assert_int_equal(es_zip_writer_finish(w, NULL), ES_E_CONFLICT);
        else if (es_zip_writer_finish(w, NULL) == ES_OK)
            assert_int_equal(out.len, 30 + 7 + 6 + 46 + 7 + 22);
        assert_int_not_equal(es_zip_writer_finish(w, NULL), ES_OK);
        es_zip_writer_free(w);
    }
}

static void times_outside_of_dos_are_clamped(void **state)
{
    static const struct {
        int64_t time_s;
        uint16_t date;
    } cases[] = {{0, 0x0021}, {NOON_S, 0x5a21}, {INT64_C(253402300799), 0xff9f}};

    (void) state;
    for (size_t i = 0; i < 3; i++) {
        ES_AUTO(es_buf) out = ES_BUF_INIT(1 << 20);
        struct es_zip_writer *w = NULL;

        assert_int_equal(es_zip_writer_new(es_zip_sink_buf(&out), cases[i].time_s, &w, NULL),
                         ES_OK);
        assert_int_equal(es_zip_writer_put(w, "a", es_span_str("x"), false, NULL), ES_OK);
        assert_int_equal(out.ptr[12] | out.ptr[13] << 8, cases[i].date);
        es_zip_writer_free(w);
    }
}

static void more_entries_than_16_bits_count_use_zip64(void **state)
{
    struct es_zip_limits limits = es_zip_limits_default();
    ES_AUTO(es_buf) out = ES_BUF_INIT(1 << 26);
    struct es_zip_writer *w = new_writer(&out);
    struct zip_probe p;
    char name[16];

    (void) state;
    for (int i = 0; i < 65535; i++) {
        (void) snprintf(name, sizeof name, "%d", i);
        assert_int_equal(es_zip_writer_put(w, name, es_span_str("x"), false, NULL), ES_OK);
    }
    assert_int_equal(es_zip_writer_finish(w, NULL), ES_OK);
    es_zip_writer_free(w);
    limits.entries_max = 70000;
    zip_probe_limited(&p, es_buf_span(&out), &limits);
    assert_int_equal(p.status, ES_OK);
    assert_int_equal(p.findings.count, 0);
    assert_int_equal(es_zip_count(p.zip), 65535);
    zip_probe_close(&p);
}

/* Keeps only what comes after the first 4 GiB. */
struct tail {
    uint64_t len;
    struct es_buf kept;
};

static es_status write_tail(void *self, struct es_span bytes, struct es_error *err)
{
    struct tail *tail = self;

    (void) err;
    tail->len += bytes.len;
    if (tail->len > UINT32_MAX && bytes.len < 4096)
        es_buf_put_span(&tail->kept, bytes);
    return ES_OK;
}

static void offsets_beyond_4_gib_use_zip64(void **state)
{
    struct tail tail = {.kept = ES_BUF_INIT(1 << 20)};
    struct es_zip_sink sink = {write_tail, &tail};
    struct es_zip_writer *w = NULL;
    void *blank = calloc(1, 1 << 26);
    char name[16];
    size_t at;

    (void) state;
    assert_non_null(blank);
    assert_int_equal(es_zip_writer_new(sink, NOON_S, &w, NULL), ES_OK);
    for (int i = 0; i < 65; i++) {
        (void) snprintf(name, sizeof name, "%d", i);
        assert_int_equal(es_zip_writer_put(w, name, es_span_of(blank, 1 << 26), false, NULL),
                         ES_OK);
    }
    assert_int_equal(es_zip_writer_finish(w, NULL), ES_OK);
    /* The last record: marked offset, ZIP64 field of one value, 4 GiB and 64 heads: 64 * 30 + 118.
     */
    assert_true(es_span_search(es_buf_span(&tail.kept), es_span_of("64\x01\x00\x08\x00", 6), &at));
    assert_memory_equal(tail.kept.ptr + at + 6, "\xf6\x07\x00\x00\x01\x00\x00\x00", 8);
    assert_memory_equal(tail.kept.ptr + at - 4, "\xff\xff\xff\xff", 4);
    assert_true(es_span_search(es_buf_span(&tail.kept), es_span_of("PK\6\6", 4), NULL));
    es_zip_writer_free(w);
    es_buf_clear(&tail.kept);
    free(blank);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ZIP_TEST(what_is_written_reads_back_without_findings),
        ZIP_TEST(the_same_calls_give_the_same_bytes),
        ZIP_TEST(other_programs_read_what_is_written),
        ZIP_TEST(names_that_are_no_plain_path_are_not_written),
        ZIP_TEST(a_failed_write_breaks_the_writer),
        ZIP_TEST(times_outside_of_dos_are_clamped),
        ZIP_TEST(more_entries_than_16_bits_count_use_zip64),
        ZIP_TEST(offsets_beyond_4_gib_use_zip64),
    };

    return cmocka_run_group_tests_name("zip/write", tests, NULL, NULL);
}
