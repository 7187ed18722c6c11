/* ZIP64 fields (zip-15) and limits (zip-16). */
#include <time.h>

#include "zip_probe.h"

static void zip64_sizes_in_the_local_header_are_read(void **state)
{
    struct zip_builder *b = *state;
    struct zip_build_part *part = zip_build_add(b, "OFD.xml", "<ofd/>");
    const uint64_t sizes[] = {6, 6};

    part->local.extra = zip_build_longs(b, sizes, 2);
    zip_probe_expect(b, ES_OK, ES_V_NONE); /* repeated */
    part->local.len = part->local.packed_len = UINT32_MAX;
    zip_probe_expect(b, ES_OK, ES_V_NONE); /* in place of the short ones, as KingGrid writes */
}

static void zip64_sizes_in_the_directory_are_read(void **state)
{
    struct zip_builder *b = *state;
    struct zip_build_part *part = zip_build_add(b, "OFD.xml", "<ofd/>");
    const uint64_t values[] = {6, 6};

    part->central.extra = zip_build_longs(b, values, 2);
    part->central.len = part->central.packed_len = UINT32_MAX;
    zip_probe_expect(b, ES_OK, ES_V_NONE);
}

static void zip64_values_that_contradict_disagree(void **state)
{
    struct zip_builder *b = *state;
    struct zip_build_part *part = zip_build_add(b, "OFD.xml", "<ofd/>");
    const uint64_t wrong[] = {7, 6}, right[] = {6, 6}, many[] = {6, 9, 0};

    part->central.extra = zip_build_longs(b, wrong, 2);
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_HEADERS_DISAGREE);
    part->central.extra = es_span_of(NULL, 0);
    part->local.extra = zip_build_longs(b, wrong, 2);
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_HEADERS_DISAGREE);
    part->local.len = part->local.packed_len = UINT32_MAX;
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_HEADERS_DISAGREE);
    part->local = part->central;
    part->central.len = UINT32_MAX; /* one value wanted, three given that mean another size */
    part->central.extra = zip_build_longs(b, many, 3);
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_HEADERS_DISAGREE);
    part->central.len = 6;
    part->central.extra = es_span_of(NULL, 0);
    part->local.extra = zip_build_longs(b, right, 2); /* two of them */
    {
        struct es_buf twice = ES_BUF_INIT(64);

        es_buf_put_span(&twice, part->local.extra);
        es_buf_put_span(&twice, part->local.extra);
        part->local.extra = es_buf_span(&twice);
        zip_probe_expect(b, ES_OK, ES_V_CONTAINER_HEADERS_DISAGREE);
        es_buf_clear(&twice);
    }
}

static void zip64_end_records_are_read(void **state)
{
    struct zip_builder *b = *state;

    zip_build_add(b, "OFD.xml", "<ofd/>");
    b->end64 = true;
    zip_probe_expect(b, ES_OK, ES_V_NONE);
    b->end64_unmarked = true;
    zip_probe_expect(b, ES_OK, ES_V_NONE);
}

static void zip64_end_records_that_contradict_disagree(void **state)
{
    struct zip_builder *b = *state;

    zip_build_add(b, "OFD.xml", "<ofd/>");
    zip_build_add(b, "b", "<ofd/>");
    b->end64 = true;
    b->end64_unmarked = true;
    b->dir_len_delta = 1;
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_HEADERS_DISAGREE);
    b->dir_len_delta = 0;
    b->count_delta = -1;
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_HEADERS_DISAGREE);
    b->count_delta = 0;
    b->locator_delta = -5;
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_AMBIGUOUS);
}

static void a_prefix_shifts_zip64_records_too(void **state)
{
    struct zip_builder *b = *state;

    zip_build_add(b, "OFD.xml", "<ofd/>");
    b->end64 = true;
    b->prefix = zip_build_zeros(b, 100);
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_OUTSIDE_DATA);
    b->prefix_uncounted = true;
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_OUTSIDE_DATA);
}

static void expect_limit(struct zip_builder *b, const struct es_zip_limits *limits,
                         const char *what)
{
    struct zip_probe p;

    zip_probe_limited(&p, zip_build_finish(b), limits);
    assert_int_equal(p.status, what == NULL ? ES_OK : ES_E_LIMIT);
    if (what != NULL) {
        assert_int_equal(p.findings.last->code, ES_V_LIMIT_EXCEEDED);
        assert_string_equal(p.findings.last->value[0], what);
    }
    zip_probe_close(&p);
}

static void each_limit_is_met_and_passed(void **state)
{
    struct zip_builder *b = *state;
    struct es_zip_limits limits = es_zip_limits_default(), tight;

    zip_build_add(b, "a", "12345");
    zip_build_add(b, "b", "123");
    tight = limits;
    tight.file_max = zip_build_finish(b).len;
    expect_limit(b, &tight, NULL);
    tight.file_max--;
    expect_limit(b, &tight, "file_size");
    tight = limits;
    tight.entries_max = 2;
    expect_limit(b, &tight, NULL);
    tight.entries_max = 1;
    expect_limit(b, &tight, "entries");
    tight = limits;
    tight.entry_max = 5;
    expect_limit(b, &tight, NULL);
    tight.entry_max = 4;
    expect_limit(b, &tight, "entry_size");
    tight = limits;
    tight.total_max = 8;
    expect_limit(b, &tight, NULL);
    tight.total_max = 7;
    expect_limit(b, &tight, "total_size");
}

static void a_bomb_is_refused_before_it_is_inflated(void **state)
{
    struct zip_builder *b = *state;
    struct es_zip_limits limits = es_zip_limits_default();

    zip_build_add_deflated(b, "bomb", zip_build_zeros(b, 2 << 20));
    expect_limit(b, &limits, "ratio");
    limits.ratio_max = 2000;
    expect_limit(b, &limits, NULL);
}

static void small_entries_may_pack_well(void **state)
{
    zip_build_add_deflated(*state, "blank.bmp", zip_build_zeros(*state, 1 << 20));
    zip_probe_expect(*state, ES_OK, ES_V_NONE);
}

static double seconds(void)
{
    struct timespec t;

    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t), 0);
    return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static void add_many(struct zip_builder *b, unsigned count, const char *format)
{
    char name[64];

    for (unsigned i = 0; i < count; i++) {
        (void) snprintf(name, sizeof name, format[0] == '=' ? "same" : "Doc_0/Res/file_%u.xml", i);
        zip_build_add(b, name, "x");
    }
}

static void many_entries_are_read_fast(void **state)
{
    double start;

    add_many(*state, 20000, "");
    start = seconds();
    zip_probe_expect(*state, ES_OK, ES_V_NONE);
    /* Far above what it takes, far below what quadratic work would. */
    assert_true(seconds() - start < 5);
}

static void many_equal_names_are_no_burden(void **state)
{
    double start;

    add_many(*state, 20000, "=");
    start = seconds();
    zip_probe_expect(*state, ES_OK, ES_V_CONTAINER_DUPLICATE_ENTRY);
    assert_true(seconds() - start < 5);
}

static void too_many_entries_pass_the_limit(void **state)
{
    struct es_zip_limits limits = es_zip_limits_default();
    struct zip_builder *b = *state;

    add_many(b, 65001, "");
    expect_limit(b, &limits, "entries");
    b->end64 = true;
    b->end64_count_delta = 1000000;
    expect_limit(b, &limits, "entries");
    limits.entries_max = 2000000; /* the count alone does not make room */
    {
        struct zip_probe p;

        zip_probe_limited(&p, zip_build_finish(b), &limits);
        assert_int_equal(p.status, ES_E_FORMAT);
        zip_probe_close(&p);
    }
}

static void a_directory_too_large_for_memory_passes_the_limit(void **state)
{
    struct es_zip_limits limits = es_zip_limits_default();
    struct zip_builder *b = *state;
    struct es_span comment = zip_build_zeros(b, 65535);

    for (int i = 0; i < 1100; i++) {
        char name[16];

        (void) snprintf(name, sizeof name, "%d", i);
        zip_build_add(b, name, "x")->comment = comment;
    }
    expect_limit(b, &limits, "directory_size");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ZIP_TEST(zip64_sizes_in_the_local_header_are_read),
        ZIP_TEST(zip64_sizes_in_the_directory_are_read),
        ZIP_TEST(zip64_values_that_contradict_disagree),
        ZIP_TEST(zip64_end_records_are_read),
        ZIP_TEST(zip64_end_records_that_contradict_disagree),
        ZIP_TEST(a_prefix_shifts_zip64_records_too),
        ZIP_TEST(each_limit_is_met_and_passed),
        ZIP_TEST(a_bomb_is_refused_before_it_is_inflated),
        ZIP_TEST(small_entries_may_pack_well),
        ZIP_TEST(many_entries_are_read_fast),
        ZIP_TEST(many_equal_names_are_no_burden),
        ZIP_TEST(too_many_entries_pass_the_limit),
        ZIP_TEST(a_directory_too_large_for_memory_passes_the_limit),
    };

    return cmocka_run_group_tests_name("zip/limits", tests, NULL, NULL);
}
