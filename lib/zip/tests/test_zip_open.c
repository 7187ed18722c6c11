/* The structure of containers (zip-08, zip-10 to zip-18) and limits. */
#include "zip_probe.h"

static void add_two(struct zip_builder *b)
{
    zip_build_add(b, "OFD.xml", "<ofd/>");
    zip_build_add(b, "Doc_0/Document.xml", "<doc/>");
}

static void reset(struct zip_builder *b)
{
    zip_build_clear(b);
    zip_build_init(b);
}

static void a_plain_container_has_no_findings(void **state)
{
    add_two(*state);
    zip_probe_expect(*state, ES_OK, ES_V_NONE);
}

static void an_empty_container_has_no_findings(void **state)
{
    zip_probe_expect(*state, ES_OK, ES_V_NONE);
}

static void text_and_nothing_are_no_containers(void **state)
{
    struct zip_probe p;

    (void) state;
    zip_probe_open(&p, es_span_str("this is not a container, it only looks so"));
    assert_int_equal(p.status, ES_E_FORMAT);
    assert_true(es_findings_have(&p.findings, ES_V_CONTAINER_MALFORMED));
    zip_probe_close(&p);
    zip_probe_open(&p, es_span_of(NULL, 0));
    assert_int_equal(p.status, ES_E_FORMAT);
    zip_probe_close(&p);
}

static void a_local_header_that_tells_another_story_disagrees(void **state)
{
    struct zip_builder *b = *state;

    for (int field = 0; field < 8; field++) {
        struct zip_build_part *part;

        reset(b);
        part = zip_build_add(b, "OFD.xml", "<ofd/>");
        if (field == 0)
            part->local.name = es_span_str("0FD.xml");
        else if (field == 1)
            part->local.len--;
        else if (field == 2)
            part->local.packed_len--;
        else if (field == 3)
            part->local.method = 8;
        else if (field == 4)
            part->local.crc ^= 1;
        else if (field == 5)
            part->local.flags = ZIP_BUILD_DESCRIPTOR;
        else if (field == 6)
            part->local.flags = 1;
        else
            part->local.crc = 0;
        zip_probe_expect(b, ES_OK, ES_V_CONTAINER_HEADERS_DISAGREE);
    }
}

static void the_utf8_flag_matters_only_for_names_beyond_ascii(void **state)
{
    struct zip_builder *b = *state;

    zip_build_add(b, "OFD.xml", "x")->local.flags = ZIP_BUILD_UTF8;
    zip_probe_expect(b, ES_OK, ES_V_NONE);
    reset(b);
    zip_build_add(b, "中文.xml", "x")->local.flags = ZIP_BUILD_UTF8;
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_HEADERS_DISAGREE);
}

static void two_records_on_one_header_are_ambiguous(void **state)
{
    struct zip_builder *b = *state;
    struct zip_build_part *first = zip_build_add(b, "a.xml", "<a/>");
    struct zip_build_part *second = zip_build_add(b, "a.xml", "<a/>");

    second->no_local = true;
    second->at = first;
    zip_probe_has(b, ES_V_CONTAINER_AMBIGUOUS);
}

static void overlapping_data_is_ambiguous(void **state)
{
    struct zip_builder *b = *state;
    struct zip_build_part *outer = zip_build_add(b, "outer", "x");

    /* The first entry claims the second one as its content ("quoted" headers). */
    zip_build_add(b, "in", "y");
    outer->local.packed_len = outer->local.len = outer->central.packed_len = outer->central.len =
        20;
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_AMBIGUOUS);
}

static void an_entry_inside_the_directory_is_ambiguous(void **state)
{
    struct zip_builder *b = *state;
    struct zip_build_part *part = zip_build_add(b, "a", "x");

    part->local.packed_len = part->local.len = part->central.packed_len = part->central.len = 30;
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_AMBIGUOUS);
}

static void a_second_end_record_in_the_comment_is_ambiguous(void **state)
{
    static const uint8_t end[22] = {'P', 'K', 5, 6};
    struct zip_builder *b = *state;
    uint8_t comment[30] = {0};

    add_two(b);
    b->comment = es_span_of(end, sizeof end);
    zip_probe_has(b, ES_V_CONTAINER_AMBIGUOUS);
    memcpy(comment, end, sizeof end); /* with bytes behind it: it does not reach the end */
    b->comment = es_span_of(comment, sizeof comment);
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_AMBIGUOUS);
}

static void a_comment_is_fine(void **state)
{
    struct zip_builder *b = *state;

    add_two(b);
    b->comment = es_span_str("made by nobody, PK");
    zip_probe_expect(b, ES_OK, ES_V_NONE);
    b->comment = zip_build_zeros(b, 65535);
    zip_probe_expect(b, ES_OK, ES_V_NONE);
}

static void a_container_stored_inside_a_container_is_fine(void **state)
{
    struct zip_builder *b = *state, inner;

    zip_build_init(&inner);
    add_two(&inner);
    zip_build_add(b, "OFD.xml", "<ofd/>");
    zip_build_add_bytes(b, es_span_str("Seal.esl"), zip_build_finish(&inner));
    zip_probe_expect(b, ES_OK, ES_V_NONE);
    zip_build_clear(&inner);
}

static void a_shifted_directory_offset_is_ambiguous(void **state)
{
    static const int64_t shifts[] = {-1, 1, -7, 40, 1000000};
    struct zip_builder *b = *state;

    add_two(b);
    for (size_t i = 0; i < sizeof shifts / sizeof *shifts; i++) {
        b->dir_off_delta = shifts[i];
        zip_probe_expect(b, ES_OK, ES_V_CONTAINER_AMBIGUOUS);
    }
}

static void surplus_records_are_ambiguous_and_missing_ones_malformed(void **state)
{
    struct zip_builder *b = *state;

    add_two(b);
    b->count_delta = -1;
    zip_probe_has(b, ES_V_CONTAINER_AMBIGUOUS);
    b->count_delta = 1;
    zip_probe_expect(b, ES_E_FORMAT, ES_V_CONTAINER_MALFORMED);
}

static void expect_outside(struct zip_builder *b, const char *len)
{
    struct zip_probe p;

    zip_probe_open(&p, zip_build_finish(b));
    assert_int_equal(p.status, ES_OK);
    assert_int_equal(p.findings.count, 1);
    assert_int_equal(p.findings.first->code, ES_V_CONTAINER_OUTSIDE_DATA);
    assert_string_equal(p.findings.first->value[0], len);
    assert_non_null(es_zip_find(p.zip, es_span_str("OFD.xml")));
    zip_probe_close(&p);
}

static void bytes_around_the_container_are_counted(void **state)
{
    struct zip_builder *b = *state;

    add_two(b);
    b->prefix = zip_build_zeros(b, 1024);
    expect_outside(b, "1024");
    b->prefix_uncounted = true;
    expect_outside(b, "1024");
    b->suffix = zip_build_zeros(b, 7);
    expect_outside(b, "1031");
    b->dir_gap = zip_build_zeros(b, 3);
    b->last->gap = zip_build_zeros(b, 200000);
    expect_outside(b, "201034");
}

static void a_gap_before_the_end_record_is_ambiguous(void **state)
{
    struct zip_builder *b = *state;

    add_two(b);
    b->end_gap = zip_build_zeros(b, 5);
    zip_probe_has(b, ES_V_CONTAINER_AMBIGUOUS);
}

static void a_container_before_the_container_is_ambiguous(void **state)
{
    struct zip_builder *b = *state, other;

    zip_build_init(&other);
    add_two(&other);
    zip_build_add(&other, "Evil.xml", "<evil/>");
    add_two(b);
    b->prefix = zip_build_finish(&other);
    for (int uncounted = 0; uncounted < 2; uncounted++) {
        b->prefix_uncounted = uncounted;
        zip_probe_has(b, ES_V_CONTAINER_AMBIGUOUS);
    }
    zip_build_clear(&other);
}

static void a_local_header_without_a_record_is_ambiguous(void **state)
{
    for (int which = 0; which < 3; which++) {
        struct zip_builder *b = *state;

        reset(b);
        for (int i = 0; i < 3; i++) {
            char name[] = {(char) ('a' + i), '\0'};

            zip_build_add(b, name, "x")->no_record = i == which;
        }
        zip_probe_has(b, ES_V_CONTAINER_AMBIGUOUS);
    }
}

static void a_mark_cut_by_the_scan_window_is_seen(void **state)
{
    struct zip_builder *b = *state;

    for (size_t at = 65530; at < 65540; at++) {
        uint8_t *gap;

        reset(b);
        add_two(b);
        b->last->gap = zip_build_zeros(b, 70000);
        gap = es_arena_alloc(&b->arena, 70000);
        memcpy(gap + at, "PK\3\4", 4);
        b->last->gap.ptr = gap;
        zip_probe_has(b, ES_V_CONTAINER_AMBIGUOUS);
    }
}

static void encryption_and_unknown_methods_are_unsupported(void **state)
{
    struct zip_builder *b = *state;
    struct zip_build_part *part = zip_build_add(b, "OFD.xml", "x");

    part->local.flags = part->central.flags = 1;
    zip_probe_expect(b, ES_E_UNSUPPORTED, ES_V_CONTAINER_UNSUPPORTED);
    part->local.flags = part->central.flags = 0;
    part->local.method = part->central.method = 14;
    zip_probe_expect(b, ES_E_UNSUPPORTED, ES_V_CONTAINER_UNSUPPORTED);
}

static void a_record_that_points_nowhere_is_malformed(void **state)
{
    struct zip_builder *b = *state;

    add_two(b);
    b->last->off_delta = 3;
    zip_probe_expect(b, ES_E_FORMAT, ES_V_CONTAINER_MALFORMED);
    b->last->off_delta = 1 << 30;
    zip_probe_expect(b, ES_E_FORMAT, ES_V_CONTAINER_MALFORMED);
}

static void broken_extra_fields_are_malformed(void **state)
{
    struct zip_builder *b = *state;
    struct zip_build_part *part = zip_build_add(b, "OFD.xml", "x");

    part->local.extra = es_span_of("\x01\x02\x03", 3);
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_MALFORMED);
    part->local.extra = es_span_of("\x55\x54\x09\x00x", 5);
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_MALFORMED);
    part->local.extra = es_span_of("\0\0\0", 3);
    zip_probe_expect(b, ES_OK, ES_V_NONE);
}

static void parts_of_a_split_container_are_malformed(void **state)
{
    struct zip_builder *b = *state;
    struct es_span file;
    struct zip_probe p;

    add_two(b);
    file = zip_build_finish(b);
    b->out.ptr[file.len - 22 + 4] = 1;
    zip_probe_open(&p, file);
    assert_int_equal(p.status, ES_E_FORMAT);
    zip_probe_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ZIP_TEST(a_plain_container_has_no_findings),
        ZIP_TEST(an_empty_container_has_no_findings),
        ZIP_TEST(text_and_nothing_are_no_containers),
        ZIP_TEST(a_local_header_that_tells_another_story_disagrees),
        ZIP_TEST(the_utf8_flag_matters_only_for_names_beyond_ascii),
        ZIP_TEST(two_records_on_one_header_are_ambiguous),
        ZIP_TEST(overlapping_data_is_ambiguous),
        ZIP_TEST(an_entry_inside_the_directory_is_ambiguous),
        ZIP_TEST(a_second_end_record_in_the_comment_is_ambiguous),
        ZIP_TEST(a_comment_is_fine),
        ZIP_TEST(a_container_stored_inside_a_container_is_fine),
        ZIP_TEST(a_shifted_directory_offset_is_ambiguous),
        ZIP_TEST(surplus_records_are_ambiguous_and_missing_ones_malformed),
        ZIP_TEST(bytes_around_the_container_are_counted),
        ZIP_TEST(a_gap_before_the_end_record_is_ambiguous),
        ZIP_TEST(a_container_before_the_container_is_ambiguous),
        ZIP_TEST(a_local_header_without_a_record_is_ambiguous),
        ZIP_TEST(a_mark_cut_by_the_scan_window_is_seen),
        ZIP_TEST(encryption_and_unknown_methods_are_unsupported),
        ZIP_TEST(a_record_that_points_nowhere_is_malformed),
        ZIP_TEST(broken_extra_fields_are_malformed),
        ZIP_TEST(parts_of_a_split_container_are_malformed),
    };

    return cmocka_run_group_tests_name("zip/open", tests, NULL, NULL);
}
