/* Contents: checksums, lengths, descriptors (zip-18), damage of every kind. */
#include "zip_probe.h"

#include <stdio.h>
#include <unistd.h>

struct sum {
    struct es_buf got;
    size_t pieces, largest;
    size_t stop_after;
};

static es_status add_piece(void *ctx, struct es_span piece, struct es_error *err)
{
    struct sum *sum = ctx;

    sum->pieces++;
    if (piece.len > sum->largest)
        sum->largest = piece.len;
    es_buf_put_span(&sum->got, piece);
    ES_ENSURE(sum->pieces != sum->stop_after, err, ES_E_CONFLICT, "enough");
    return ES_OK;
}

/* Bytes that deflate to about half. */
static struct es_span sample(struct zip_builder *b, size_t len)
{
    uint8_t *bytes = es_arena_alloc(&b->arena, len);
    uint32_t x = 1;

    assert_non_null(bytes);
    for (size_t i = 0; i < len; i++) {
        x = x * 1664525u + 1013904223u;
        bytes[i] = (uint8_t) ("abcdefghijklmnop"[x >> 28]);
    }
    return es_span_of(bytes, len);
}

static void expect_content(const struct zip_probe *p, uint32_t index, struct es_span data)
{
    const struct es_zip_entry *entry = es_zip_at(p->zip, index);
    struct sum sum = {.got = ES_BUF_INIT(SIZE_MAX)};
    ES_AUTO(es_buf) out = ES_BUF_INIT(SIZE_MAX);

    es_buf_put_str(&out, "kept");
    assert_int_equal(es_zip_read(p->zip, entry, &out, NULL), ES_OK);
    assert_true(es_span_equal(es_span_sub(es_buf_span(&out), 4, out.len), data));
    assert_int_equal(es_zip_stream(p->zip, entry, add_piece, &sum, NULL), ES_OK);
    assert_true(es_span_equal(es_buf_span(&sum.got), data));
    assert_true(sum.largest <= 256 * 1024);
    es_buf_clear(&sum.got);
}

static void expect_unreadable(struct zip_builder *b, es_status status)
{
    struct sum sum = {.got = ES_BUF_INIT(SIZE_MAX)};
    ES_AUTO(es_buf) out = ES_BUF_INIT(SIZE_MAX);
    struct zip_probe p;

    zip_probe_open(&p, zip_build_finish(b));
    assert_int_equal(p.status, ES_OK);
    es_buf_put_str(&out, "kept");
    assert_int_equal(es_zip_read(p.zip, es_zip_at(p.zip, 0), &out, NULL), status);
    assert_int_equal(out.len, 4);
    assert_int_equal(es_zip_stream(p.zip, es_zip_at(p.zip, 0), add_piece, &sum, NULL), status);
    assert_true(sum.got.len <= es_zip_at(p.zip, 0)->len);
    es_buf_clear(&sum.got);
    zip_probe_close(&p);
}

static const size_t sizes[] = {0, 1, 65536, 262144, 262145, 1000000, (8 << 20) + 1};
#define SIZES (sizeof sizes / sizeof *sizes)

static void add_all_sizes(struct zip_builder *b, struct es_span data[2 * SIZES])
{
    char name[16];

    for (size_t i = 0; i < 2 * SIZES; i++) {
        data[i] = sample(b, sizes[i / 2]);
        (void) snprintf(name, sizeof name, "%zu", i);
        if (i % 2 == 0)
            zip_build_add_bytes(b, es_span_str(name), data[i]);
        else
            zip_build_add_deflated(b, name, data[i]);
    }
}

static void contents_of_every_size_are_read_from_memory(void **state)
{
    struct es_span data[2 * SIZES];
    struct zip_probe p;

    add_all_sizes(*state, data);
    zip_probe_open(&p, zip_build_finish(*state));
    assert_int_equal(p.status, ES_OK);
    for (uint32_t i = 0; i < 2 * SIZES; i++)
        expect_content(&p, i, data[i]);
    zip_probe_close(&p);
}

static void contents_of_every_size_are_read_from_a_file(void **state)
{
    char path[] = "/tmp/eseal-zip-XXXXXX";
    struct es_zip_limits limits = es_zip_limits_default();
    struct es_span data[2 * SIZES], file;
    struct zip_probe p = {0};
    int fd = mkstemp(path);

    add_all_sizes(*state, data);
    file = zip_build_finish(*state);
    assert_int_equal(write(fd, file.ptr, file.len), file.len);
    close(fd);
    assert_int_equal(es_source_open(&p.src, path, 0, NULL), ES_OK);
    unlink(path);
    es_arena_init(&p.arena, 0);
    es_findings_init(&p.findings, &p.arena);
    assert_int_equal(es_zip_open(&p.src, &limits, &p.findings, &p.zip, NULL), ES_OK);
    assert_int_equal(p.findings.count, 0);
    for (uint32_t i = 0; i < 2 * SIZES; i++)
        expect_content(&p, i, data[i]);
    zip_probe_close(&p);
    es_source_clear(&p.src);
}

static void a_wrong_checksum_is_a_mismatch(void **state)
{
    for (size_t i = 0; i < 2 * SIZES; i++) {
        struct zip_builder *b = *state;
        struct es_span data;
        struct zip_build_part *part;

        zip_build_clear(b);
        zip_build_init(b);
        data = sample(b, sizes[i / 2]);
        part = i % 2 == 0 ? zip_build_add_bytes(b, es_span_str("a"), data)
                          : zip_build_add_deflated(b, "a", data);
        part->local.crc ^= 0x80000000;
        part->central.crc ^= 0x80000000;
        expect_unreadable(b, ES_E_MISMATCH);
    }
}

static void a_wrong_length_is_a_mismatch(void **state)
{
    static const size_t lens[] = {1000, 300000, 9000000};
    static const int deltas[] = {-1, 1, -500, 700};

    for (size_t i = 0; i < 12; i++) {
        struct zip_builder *b = *state;
        struct zip_build_part *part;

        zip_build_clear(b);
        zip_build_init(b);
        part = zip_build_add_deflated(b, "a", sample(b, lens[i % 3]));
        part->local.len += (uint32_t) deltas[i / 3];
        part->central.len = part->local.len;
        expect_unreadable(b, ES_E_MISMATCH);
    }
}

static void cut_deflate_data_is_malformed(void **state)
{
    static const size_t lens[] = {1000, 300000, 9000000};

    for (size_t i = 0; i < 3; i++) {
        struct zip_builder *b = *state;
        struct zip_build_part *part;

        zip_build_clear(b);
        zip_build_init(b);
        part = zip_build_add_deflated(b, "a", sample(b, lens[i]));
        part->packed.len -= 3;
        part->local.packed_len = part->central.packed_len = (uint32_t) part->packed.len;
        expect_unreadable(b, ES_E_FORMAT);
    }
}

static void add_surplus(struct zip_builder *b, size_t len, struct es_span surplus)
{
    struct zip_build_part *part;
    uint8_t *bytes;

    zip_build_clear(b);
    zip_build_init(b);
    part = zip_build_add_deflated(b, "a", sample(b, len));
    bytes = es_arena_alloc(&b->arena, part->packed.len + surplus.len);
    memcpy(bytes, part->packed.ptr, part->packed.len);
    memcpy(bytes + part->packed.len, surplus.ptr, surplus.len);
    part->packed = es_span_of(bytes, part->packed.len + surplus.len);
    part->local.packed_len = part->central.packed_len = (uint32_t) part->packed.len;
}

static void bytes_behind_deflate_data_are_a_mismatch(void **state)
{
    static const size_t lens[] = {1000, 300000, 9000000};

    for (size_t i = 0; i < 3; i++) {
        add_surplus(*state, lens[i], es_span_str("x"));
        expect_unreadable(*state, ES_E_MISMATCH);
        add_surplus(*state, lens[i], es_span_str("four"));
        expect_unreadable(*state, ES_E_MISMATCH);
        add_surplus(*state, lens[i], es_span_str("hidden message"));
        expect_unreadable(*state, ES_E_MISMATCH);
    }
}

static void the_checksum_of_a_zlib_stream_is_let_pass_and_told(void **state)
{
    /* Adler-32 of sample(1000) and sample(300000), by Python's zlib.adler32. */
    static const struct {
        size_t len;
        const char *adler;
    } cases[] = {{1000, "\xd7\x97\x98\xec"}, {300000, "\x19\x77\x72\x42"}};

    for (size_t i = 0; i < 2; i++) {
        struct zip_probe p;

        add_surplus(*state, cases[i].len, es_span_of(cases[i].adler, 4));
        zip_probe_open(&p, zip_build_finish(*state));
        assert_int_equal(p.status, ES_OK);
        assert_false(es_zip_saw_zlib_tail(p.zip));
        expect_content(&p, 0, sample(*state, cases[i].len));
        assert_true(es_zip_saw_zlib_tail(p.zip));
        zip_probe_close(&p);
    }
}

static void descriptors_of_all_four_forms_are_read(void **state)
{
    for (int form = 0; form < 4; form++) {
        struct zip_builder *b = *state;
        struct zip_build_part *part;
        struct zip_probe p;

        zip_build_clear(b);
        zip_build_init(b);
        part = zip_build_add_deflated(b, "a", sample(b, 1000));
        zip_build_descriptor(b, part, form & 1, form & 2);
        zip_build_add(b, "b", "x");
        zip_probe_open(&p, zip_build_finish(b));
        assert_int_equal(p.status, ES_OK);
        assert_int_equal(p.findings.count, 0);
        expect_content(&p, 0, sample(b, 1000));
        assert_int_equal(es_zip_at(p.zip, 0)->end_off, es_zip_at(p.zip, 1)->header_off);
        zip_probe_close(&p);
    }
}

static void a_descriptor_that_lies_or_is_missing_is_malformed(void **state)
{
    struct zip_builder *b = *state;
    struct zip_build_part *part = zip_build_add(b, "a", "content");
    struct zip_probe p;

    zip_build_descriptor(b, part, true, false);
    part->central.crc ^= 1;
    zip_probe_open(&p, zip_build_finish(b));
    assert_true(es_findings_have(&p.findings, ES_V_CONTAINER_MALFORMED));
    zip_probe_close(&p);
    part->central.crc ^= 1;
    part->descriptor = es_span_of(NULL, 0);
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_MALFORMED);
}

static void a_callback_may_end_a_stream_and_open_another(void **state)
{
    struct zip_probe p;
    struct sum sum = {.got = ES_BUF_INIT(SIZE_MAX), .stop_after = 2};
    struct es_error err = {0};

    zip_build_add_deflated(*state, "a", sample(*state, 1000000));
    zip_probe_open(&p, zip_build_finish(*state));
    assert_int_equal(es_zip_stream(p.zip, es_zip_at(p.zip, 0), add_piece, &sum, &err),
                     ES_E_CONFLICT);
    assert_string_equal(err.text, "enough");
    assert_int_equal(sum.pieces, 2);
    es_buf_clear(&sum.got);
    zip_probe_close(&p);
}

static es_status read_again(void *ctx, struct es_span piece, struct es_error *err)
{
    const struct zip_probe *p = ctx;
    struct es_buf copy = ES_BUF_INIT(SIZE_MAX);

    (void) err;
    es_buf_put_span(&copy, piece);
    expect_content(p, 1, es_span_str("second second second second second second"));
    assert_true(es_span_equal(piece, es_buf_span(&copy)));
    es_buf_clear(&copy);
    return ES_OK;
}

static void reading_inside_a_stream_leaves_its_piece_alone(void **state)
{
    struct zip_probe p;

    zip_build_add_deflated(*state, "a", sample(*state, 1000));
    zip_build_add_deflated(*state, "b", es_span_str("second second second second second second"));
    zip_probe_open(&p, zip_build_finish(*state));
    assert_int_equal(es_zip_stream(p.zip, es_zip_at(p.zip, 0), read_again, &p, NULL), ES_OK);
    zip_probe_close(&p);
}

static void an_entry_larger_than_the_buffer_passes_its_limit(void **state)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(3);
    struct zip_probe p;

    zip_build_add(*state, "a", "1234");
    zip_probe_open(&p, zip_build_finish(*state));
    assert_int_equal(es_zip_read(p.zip, es_zip_at(p.zip, 0), &out, NULL), ES_E_LIMIT);
    zip_probe_close(&p);
}

static struct es_span mixed(struct zip_builder *b)
{
    const uint64_t longs[] = {3, 3};
    struct zip_build_part *part;

    zip_build_add(b, "OFD.xml", "<ofd/>");
    part = zip_build_add_deflated(b, "Doc_0/Document.xml", sample(b, 200));
    zip_build_descriptor(b, part, true, false);
    part = zip_build_add(b, "\xe4\xb8\xad", "abc");
    part->local.flags = part->central.flags = ZIP_BUILD_UTF8;
    part->local.extra = zip_build_longs(b, longs, 2);
    part->local.len = part->local.packed_len = UINT32_MAX;
    b->comment = es_span_str("comment");
    return zip_build_finish(b);
}

static void a_container_cut_anywhere_is_refused(void **state)
{
    struct es_span file = mixed(*state);

    for (size_t len = 0; len < file.len; len++) {
        uint8_t *copy = malloc(len + 1); /* its own memory, so that a sanitizer sees the end */
        struct zip_probe p;

        memcpy(copy, file.ptr, len);
        zip_probe_open(&p, es_span_of(copy, len));
        /* Only the comment may be cut, and then the end record does not fit. */
        assert_int_not_equal(p.status, ES_OK);
        zip_probe_close(&p);
        free(copy);
    }
}

/* True when everything reads without complaint. */
static bool reads_clean(const struct zip_probe *p, struct es_buf *all)
{
    if (p->status != ES_OK || p->findings.count > 0)
        return false;
    for (uint32_t i = 0; i < es_zip_count(p->zip); i++) {
        const struct es_zip_entry *entry = es_zip_at(p->zip, i);

        es_buf_put_str(all, entry->name);
        if (es_zip_read(p->zip, entry, all, NULL) != ES_OK)
            return false;
    }
    return true;
}

static void any_flipped_bit_is_seen_or_changes_no_content(void **state)
{
    struct es_span file = mixed(*state);
    uint8_t *copy = malloc(file.len);
    struct es_buf good = ES_BUF_INIT(65536), now = ES_BUF_INIT(65536);
    struct zip_probe p;

    memcpy(copy, file.ptr, file.len);
    zip_probe_open(&p, file);
    assert_true(reads_clean(&p, &good));
    zip_probe_close(&p);
    for (size_t bit = 0; bit < 8 * file.len; bit++) {
        copy[bit / 8] ^= (uint8_t) (1u << bit % 8);
        es_buf_reset(&now);
        zip_probe_open(&p, es_span_of(copy, file.len));
        if (reads_clean(&p, &now) && !es_span_equal(es_buf_span(&good), es_buf_span(&now)))
            fail_msg("bit %zu of byte %zu goes unnoticed", bit % 8, bit / 8);
        zip_probe_close(&p);
        copy[bit / 8] ^= (uint8_t) (1u << bit % 8);
    }
    free(copy);
    es_buf_clear(&good);
    es_buf_clear(&now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ZIP_TEST(contents_of_every_size_are_read_from_memory),
        ZIP_TEST(contents_of_every_size_are_read_from_a_file),
        ZIP_TEST(a_wrong_checksum_is_a_mismatch),
        ZIP_TEST(a_wrong_length_is_a_mismatch),
        ZIP_TEST(cut_deflate_data_is_malformed),
        ZIP_TEST(bytes_behind_deflate_data_are_a_mismatch),
        ZIP_TEST(the_checksum_of_a_zlib_stream_is_let_pass_and_told),
        ZIP_TEST(descriptors_of_all_four_forms_are_read),
        ZIP_TEST(a_descriptor_that_lies_or_is_missing_is_malformed),
        ZIP_TEST(a_callback_may_end_a_stream_and_open_another),
        ZIP_TEST(reading_inside_a_stream_leaves_its_piece_alone),
        ZIP_TEST(an_entry_larger_than_the_buffer_passes_its_limit),
        ZIP_TEST(a_container_cut_anywhere_is_refused),
        ZIP_TEST(any_flipped_bit_is_seen_or_changes_no_content),
    };

    return cmocka_run_group_tests_name("zip/read", tests, NULL, NULL);
}
