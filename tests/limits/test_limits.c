/*
 * Just inside a limit a document is sealed and valid; just outside it is neither: our signer
 * refuses it, and one that somebody else sealed is not valid and says limit_exceeded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "limits.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define MIB ((size_t) 1 << 20)
#define ZIP_MAX ((size_t) 1 << 30)

static void expect_inside(struct world *w, const struct pkg *pkg)
{
    ES_AUTO(es_buf) sealed = ES_BUF_INIT(ZIP_MAX);
    struct es_report report;

    limits_seal(w, pkg, &sealed);
    (void) limits_verify(w, es_buf_span(&sealed), &report);
    expect_report(&report, ES_OUTCOME_VALID, "!limit_exceeded");
    es_report_clear(&report);
}

static es_status prepare(struct world *w, const struct pkg *pkg)
{
    ES_AUTO(es_buf) zip = ES_BUF_INIT(ZIP_MAX);
    ES_AUTO_PTR(es_seal) seal = NULL;
    ES_AUTO_PTR(es_signing) signing = NULL;
    const struct es_ofd_limits limits = es_ofd_limits_default();
    const struct es_place at = {.mode = ES_PLACE_POINT, .pages = "1", .x_mm = 120, .y_mm = 200};
    struct es_sign_request request = {
        .signer = w->certs[WHO_SIGNER], .places = &at, .place_count = 1, .time_s = WORLD_SIGN_S};
    struct es_source src;

    pkg_write(pkg, &zip);
    src = es_source_memory(es_buf_span(&zip));
    assert_int_equal(es_seal_decode(es_buf_span(&w->seal), ES_CHECK_FORMAT, "", NULL, &seal, NULL),
                     ES_OK);
    request.seal = seal;
    return es_ofd_prepare(&src, &limits, &request, &signing, NULL);
}

static void expect_not_valid(struct world *w, struct es_span sealed)
{
    struct es_report report;

    (void) limits_verify(w, sealed, &report);
    assert_int_not_equal(report.outcome, ES_OUTCOME_VALID);
    expect_report(&report, report.outcome, "limit_exceeded");
    es_report_clear(&report);
}

static void expect_outside(struct world *w, const struct pkg *pkg)
{
    ES_AUTO(es_buf) sealed = ES_BUF_INIT(ZIP_MAX);

    assert_int_equal(prepare(w, pkg), ES_E_LIMIT);
    limits_lax(w, pkg, &sealed);
    expect_not_valid(w, es_buf_span(&sealed));
}

static void copy_document(struct world *w, struct pkg *pkg)
{
    *pkg = (struct pkg){0};
    pkg_copy(&w->document, pkg);
}

/* ---- XML ---- */

static void xml_of_64_mib_is_read_and_no_more(void **state)
{
    struct pkg pkg;

    copy_document(*state, &pkg);
    limits_fill_page(&pkg, 64 * MIB);
    expect_inside(*state, &pkg);
    limits_fill_page(&pkg, 64 * MIB + 1);
    expect_outside(*state, &pkg);
    pkg_clear(&pkg);
}

static void xml_128_deep_is_read_and_no_deeper(void **state)
{
    struct pkg pkg;

    copy_document(*state, &pkg);
    limits_nest_page(&pkg, 128);
    expect_inside(*state, &pkg);
    limits_nest_page(&pkg, 129);
    expect_outside(*state, &pkg);
    pkg_clear(&pkg);
}

/* ---- the container ---- */

/* A sealed document has the entries of the document and, for a first seal, four more. */
static void a_package_has_20000_entries_and_no_more(void **state)
{
    struct world *w = *state;
    struct pkg pkg;

    copy_document(w, &pkg);
    limits_add_entries(&pkg, 20000 - 4 - w->document.count);
    expect_inside(w, &pkg);
    limits_add_entries(&pkg, 0);
    pkg_add_text(&pkg, "Doc_0/one-more.bin", "1");
    expect_outside(w, &pkg);
    pkg_clear(&pkg);
}

/* Random bytes, then zeros: len : packed is near wanted. */
static void add_squeezed(struct pkg *pkg, size_t len, size_t noise)
{
    uint8_t *bytes = calloc(1, len);
    uint32_t state = 1;

    assert_non_null(bytes);
    for (size_t i = 0; i < noise; i++) {
        state = state * 1664525u + 1013904223u;
        bytes[i] = (uint8_t) (state >> 24);
    }
    pkg_add(pkg, "Doc_0/squeezed.bin", bytes, len);
    free(bytes);
}

static void two_hundred_to_one_is_unpacked_and_no_more(void **state)
{
    static const size_t inside = 9400, outside = 7400; /* 2 MiB of zeros take some 2 KiB */
    struct pkg pkg;

    copy_document(*state, &pkg);
    add_squeezed(&pkg, 2 * MIB, inside);
    expect_inside(*state, &pkg);
    pkg_remove(&pkg, "Doc_0/squeezed.bin");
    add_squeezed(&pkg, 2 * MIB, outside);
    expect_outside(*state, &pkg);
    pkg_clear(&pkg);
}

/* ---- signatures ---- */

static void a_thousand_signatures_are_verified_and_no_more(void **state)
{
    struct world *w = *state;
    ES_AUTO(es_buf) zip = ES_BUF_INIT(ZIP_MAX);
    struct es_report report;
    struct pkg pkg;

    copy_document(w, &pkg);
    limits_sign(w, &pkg, 1000, false);
    pkg_write(&pkg, &zip);
    (void) limits_verify(w, es_buf_span(&zip), &report);
    assert_int_equal(report.signature_count, 1000);
    assert_false(report_has(&report, "limit_exceeded"));
    assert_false(report_has(&report, "signature_value_invalid"));
    es_report_clear(&report);
    assert_int_equal(prepare(w, &pkg), ES_E_LIMIT); /* ours would be one too many */
    limits_sign(w, &pkg, 1, false);
    es_buf_reset(&zip);
    pkg_write(&pkg, &zip);
    expect_not_valid(w, es_buf_span(&zip));
    pkg_clear(&pkg);
}

/* ---- sizes of files: sparse, nothing is written but the ends ---- */

static void put16(struct es_buf *out, unsigned v)
{
    es_buf_put_byte(out, (uint8_t) v);
    es_buf_put_byte(out, (uint8_t) (v >> 8));
}

static void put32(struct es_buf *out, uint64_t v)
{
    put16(out, (unsigned) (v & 0xffff));
    put16(out, (unsigned) (v >> 16 & 0xffff));
}

/* Local header or directory record of a stored entry "a<n>" full of zeros. */
static void put_header(struct es_buf *out, bool local, unsigned n, uint64_t len, uint64_t off)
{
    put32(out, local ? 0x04034b50 : 0x02014b50);
    if (!local)
        put16(out, 20);
    put16(out, 20);
    put16(out, 0);
    put16(out, 0);
    put32(out, 0x00210000); /* 1980-01-01 */
    put32(out, 0);          /* checksum: only read when the entry is */
    put32(out, len);
    put32(out, len);
    put16(out, 2);
    put16(out, 0);
    for (int i = 0; !local && i < 3; i++)
        put16(out, 0);
    if (!local) {
        put32(out, 0);
        put32(out, off);
    }
    es_buf_put_byte(out, 'a');
    es_buf_put_byte(out, (uint8_t) ('0' + n));
}

/* Entries of those lengths, one behind the other, holes for their content. */
static int open_sparse(const uint64_t *lens, unsigned count)
{
    const char *folder = getenv("TMPDIR");
    ES_AUTO(es_buf) dir = ES_BUF_INIT(4096);
    char path[256];
    uint64_t off = 0, dir_off;
    int fd;

    (void) snprintf(path, sizeof path, "%s/es-limits-XXXXXX", folder == NULL ? "/tmp" : folder);
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(unlink(path), 0);
    for (unsigned i = 0; i < count; i++) {
        ES_AUTO(es_buf) local = ES_BUF_INIT(64);

        put_header(&local, true, i, lens[i], off);
        put_header(&dir, false, i, lens[i], off);
        assert_true(pwrite(fd, local.ptr, local.len, (off_t) off) == (ssize_t) local.len);
        off += local.len + lens[i];
    }
    dir_off = off;
    off = dir.len;
    put32(&dir, 0x06054b50);
    put32(&dir, 0);
    put16(&dir, count);
    put16(&dir, count);
    put32(&dir, off);
    put32(&dir, dir_off);
    put16(&dir, 0);
    assert_true(pwrite(fd, dir.ptr, dir.len, (off_t) dir_off) == (ssize_t) dir.len);
    return fd;
}

static void expect_opens(const uint64_t *lens, unsigned count, es_status wanted)
{
    const struct es_zip_limits limits = es_zip_limits_default();
    ES_AUTO(es_arena) arena = {0};
    ES_AUTO_PTR(es_zip) zip = NULL;
    struct es_findings findings;
    struct es_source src = {.fd = open_sparse(lens, count)};

    src.len = (uint64_t) lseek(src.fd, 0, SEEK_END);
    es_arena_init(&arena, 0);
    es_findings_init(&findings, &arena);
    assert_int_equal(es_zip_open(&src, &limits, &findings, &zip, NULL), wanted);
    assert_int_equal(es_findings_have(&findings, ES_V_LIMIT_EXCEEDED), wanted == ES_E_LIMIT);
    es_zip_free(zip);
    zip = NULL;
    es_source_clear(&src);
}

static void an_entry_has_256_mib_and_no_more(void **state)
{
    const uint64_t inside = 256 * MIB, outside = 256 * MIB + 1;

    (void) state;
    expect_opens(&inside, 1, ES_OK);
    expect_opens(&outside, 1, ES_E_LIMIT);
}

/* Headers of 32 bytes and directory records of 48 for four entries, and the end of 22. */
static void a_file_has_one_gib_and_no_more(void **state)
{
    const uint64_t around = 4 * (32 + 48) + 22;
    uint64_t lens[4] = {256 * MIB, 256 * MIB, 256 * MIB, 256 * MIB - around};

    (void) state;
    expect_opens(lens, 4, ES_OK);
    lens[3]++;
    expect_opens(lens, 4, ES_E_LIMIT);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, limits_setup, limits_teardown)
    const struct CMUnitTest tests[] = {
        T(xml_128_deep_is_read_and_no_deeper),
        T(two_hundred_to_one_is_unpacked_and_no_more),
        cmocka_unit_test(an_entry_has_256_mib_and_no_more),
        cmocka_unit_test(a_file_has_one_gib_and_no_more),
        T(a_package_has_20000_entries_and_no_more),
        T(a_thousand_signatures_are_verified_and_no_more),
        T(xml_of_64_mib_is_read_and_no_more),
    };

    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
