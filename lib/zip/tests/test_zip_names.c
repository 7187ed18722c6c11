/* Names of entries: which are refused, rewritten, in conflict (zip-01 to zip-07, zip-09, zip-19).
 */
#include "zip_probe.h"

static void a_name_stored_twice_is_a_duplicate(void **state)
{
    struct zip_builder *b = *state;

    zip_build_add(b, "Doc_0/Content.xml", "good");
    zip_build_add(b, "OFD.xml", "x");
    zip_build_add(b, "Doc_0/Content.xml", "bad");
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_DUPLICATE_ENTRY);
}

static void names_that_differ_in_case_collide(void **state)
{
    struct zip_builder *b = *state;

    zip_build_add(b, "Doc_0/Pages/Content.xml", "good");
    zip_build_add(b, "doc_0/Pages/Content.xml", "bad");
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_NAME_COLLISION);
}

static void names_equal_after_composing_collide(void **state)
{
    struct zip_builder *b = *state;

    zip_build_add(b, "caf\xc3\xa9.xml", "composed");
    zip_build_add(b, "cafe\xcc\x81.xml", "decomposed");
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_NAME_COLLISION);
}

static void full_width_names_collide_with_plain_ones(void **state)
{
    struct zip_builder *b = *state;

    zip_build_add(b, "OFD.xml", "plain");
    zip_build_add(b, "\xef\xbc\xaf\xef\xbc\xa6\xef\xbc\xa4.xml", "full width");
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_NAME_COLLISION);
}

static void folder_case_alone_is_no_conflict(void **state)
{
    struct zip_builder *b = *state;

    zip_build_add(b, "Doc_0/a.xml", "x");
    zip_build_add(b, "doc_0/b.xml", "y");
    zip_probe_expect(b, ES_OK, ES_V_NONE);
}

static void backslashes_as_the_only_form_are_rewritten_and_reported(void **state)
{
    struct zip_builder *b = *state;
    struct zip_probe p;
    const struct es_zip_entry *entry;

    zip_build_add(b, "Doc_0\\Document.xml", "x");
    zip_probe_open(&p, zip_build_finish(b));
    assert_int_equal(p.status, ES_OK);
    assert_int_equal(p.findings.count, 1);
    assert_int_equal(p.findings.first->code, ES_V_FORM_DEVIATION);
    assert_string_equal(p.findings.first->value[0], "zip-name-separator");
    entry = es_zip_find(p.zip, es_span_str("Doc_0/Document.xml"));
    assert_non_null(entry);
    assert_true(entry->deviates);
    assert_true(es_span_is(entry->raw, "Doc_0\\Document.xml"));
    zip_probe_close(&p);
}

static void a_leading_slash_as_the_only_form_is_rewritten_and_reported(void **state)
{
    struct zip_builder *b = *state;
    struct zip_probe p;

    zip_build_add(b, "/Doc_0/Document.xml", "x");
    zip_probe_open(&p, zip_build_finish(b));
    assert_int_equal(p.status, ES_OK);
    assert_int_equal(p.findings.count, 1);
    assert_int_equal(p.findings.first->code, ES_V_FORM_DEVIATION);
    assert_string_equal(p.findings.first->value[0], "zip-name-leading-slash");
    assert_string_equal(es_zip_at(p.zip, 0)->name, "Doc_0/Document.xml");
    zip_probe_close(&p);
}

static void rewritten_forms_beside_the_plain_one_collide(void **state)
{
    static const char *const forms[] = {"Doc_0\\Document.xml", "/Doc_0/Document.xml"};
    struct zip_builder *b = *state;

    for (size_t i = 0; i < 2; i++) {
        zip_build_clear(b);
        zip_build_init(b);
        zip_build_add(b, "Doc_0/Document.xml", "good");
        zip_build_add(b, forms[i], "bad");
        zip_probe_has(b, ES_V_CONTAINER_NAME_COLLISION);
    }
}

static void expect_unsafe(struct zip_builder *b, struct es_span name)
{
    struct zip_probe p;

    zip_build_clear(b);
    zip_build_init(b);
    zip_build_add(b, "OFD.xml", "x");
    zip_build_add_bytes(b, name, es_span_str("y"));
    zip_probe_open(&p, zip_build_finish(b));
    if (p.status != ES_OK || p.findings.count != 1 ||
        p.findings.first->code != ES_V_CONTAINER_NAME_UNSAFE)
        fail_msg("not refused: %.*s", ES_SPAN_ARG(name));
    assert_true(es_zip_at(p.zip, 1)->unsafe);
    assert_string_equal(es_zip_at(p.zip, 1)->name, "unsafe-entry-1");
    assert_null(es_zip_find(p.zip, name));
    assert_null(es_zip_find(p.zip, es_span_str("unsafe-entry-1")));
    assert_null(es_zip_find_folded(p.zip, name, NULL));
    zip_probe_close(&p);
}

static void names_that_are_no_plain_path_are_unsafe(void **state)
{
    static const char *const names[] = {"Doc_0/../Doc_0/Document.xml",
                                        "./OFD.xml",
                                        "Doc_0//x",
                                        "..",
                                        "Doc_0/..",
                                        "Doc_0/.",
                                        "/../etc/x",
                                        "\\..\\x",
                                        "//Doc_0/x",
                                        "\\\\host\\share",
                                        "C:\\x",
                                        "c:x",
                                        "..%2fx",
                                        "%2E%2e/x",
                                        "a%5Cb",
                                        "a%00b",
                                        "a\nb",
                                        "a\x7f",
                                        "a\xc2\x85",
                                        "/",
                                        "\xef\xbc\x8e\xef\xbc\x8e/x", /* full-width dots */
                                        ("a\xef\xbc\x8f"
                                         "b"),          /* full-width slash */
                                        "\xe2\x80\x8b", /* folds to nothing */
                                        "\xff\xff"};    /* no GB18030 either */

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        expect_unsafe(*state, es_span_str(names[i]));
    expect_unsafe(*state, es_span_of("OFD.xml\0.txt", 12));
    expect_unsafe(*state, es_span_str(""));
}

static void names_over_the_limit_are_unsafe(void **state)
{
    static char name[65535];

    memset(name, 'a', sizeof name);
    expect_unsafe(*state, es_span_of(name, 1025));
    expect_unsafe(*state, es_span_of(name, sizeof name));
    zip_build_clear(*state);
    zip_build_init(*state);
    zip_build_add_bytes(*state, es_span_of(name, 1024), es_span_str("x"));
    zip_probe_expect(*state, ES_OK, ES_V_NONE);
}

static void names_that_grow_when_folded_are_bounded(void **state)
{
    struct es_buf name = ES_BUF_INIT(1024);

    /* U+FDFA folds to 18 characters. */
    for (int i = 0; i < 300; i++)
        es_buf_put_str(&name, "\xef\xb7\xba");
    expect_unsafe(*state, es_buf_span(&name));
    es_buf_clear(&name);
}

static void links_and_devices_are_unsafe(void **state)
{
    static const uint32_t modes[] = {0120777, 0020644, 0060644, 0010644, 0140644};
    struct zip_builder *b = *state;

    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        struct zip_build_part *part;

        zip_build_clear(b);
        zip_build_init(b);
        part = zip_build_add(b, "OFD.xml", "/etc/passwd");
        part->made_by = 3 << 8 | 20;
        part->attributes = modes[i] << 16;
        zip_probe_expect(b, ES_OK, ES_V_CONTAINER_NAME_UNSAFE);
        part->made_by = 19 << 8 | 20;
        zip_probe_expect(b, ES_OK, ES_V_CONTAINER_NAME_UNSAFE);
    }
}

static void regular_files_of_unix_are_fine(void **state)
{
    struct zip_build_part *part = zip_build_add(*state, "OFD.xml", "x");

    part->made_by = 3 << 8 | 20;
    part->attributes = (uint32_t) 0100644 << 16;
    zip_probe_expect(*state, ES_OK, ES_V_NONE);
}

static void gb18030_names_are_read_and_reported(void **state)
{
    /* 中文 in GB18030: D6 D0 CE C4. */
    struct zip_builder *b = *state;
    struct zip_probe p;

    zip_build_add(b, "Doc_0/\xd6\xd0\xce\xc4.xml", "x");
    zip_probe_open(&p, zip_build_finish(b));
    assert_int_equal(p.status, ES_OK);
    assert_int_equal(p.findings.count, 1);
    assert_int_equal(p.findings.first->code, ES_V_FORM_DEVIATION);
    assert_string_equal(p.findings.first->value[0], "zip-name-encoding");
    assert_non_null(es_zip_find(p.zip, es_span_str("Doc_0/中文.xml")));
    zip_probe_close(&p);
}

static void gb18030_bytes_under_the_utf8_flag_are_unsafe(void **state)
{
    struct zip_build_part *part = zip_build_add(*state, "\xd6\xd0\xce\xc4.xml", "x");

    part->local.flags = part->central.flags = ZIP_BUILD_UTF8;
    zip_probe_expect(*state, ES_OK, ES_V_CONTAINER_NAME_UNSAFE);
}

static void one_name_in_two_encodings_collides(void **state)
{
    struct zip_builder *b = *state;

    zip_build_add(b, "中文.xml", "x");
    zip_build_add(b, "\xd6\xd0\xce\xc4.xml", "y");
    zip_probe_has(b, ES_V_CONTAINER_NAME_COLLISION);
}

static struct es_span unicode_path(struct zip_builder *b, const char *name)
{
    struct es_buf body = ES_BUF_INIT(256);
    struct es_span extra;

    /* Version, checksum of the raw name (its value does not matter here), name. */
    es_buf_put(&body, "\x01\x00\x00\x00\x00", 5);
    es_buf_put_str(&body, name);
    extra = zip_build_extra(b, 0x7075, es_buf_span(&body));
    es_buf_clear(&body);
    return extra;
}

static void a_unicode_path_with_another_name_disagrees(void **state)
{
    struct zip_builder *b = *state;
    struct zip_build_part *part = zip_build_add(b, "OFD.xml", "x");

    part->central.extra = unicode_path(b, "Doc_0/Evil.xml");
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_HEADERS_DISAGREE);
    part->local.extra = part->central.extra;
    part->central.extra = es_span_of(NULL, 0);
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_HEADERS_DISAGREE);
    part->local.extra = zip_build_extra(b, 0x7075, es_span_of("\x01", 1));
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_HEADERS_DISAGREE);
}

static void a_unicode_path_with_the_same_name_is_fine(void **state)
{
    struct zip_builder *b = *state;
    struct zip_build_part *part = zip_build_add(b, "OFD.xml", "x");

    part->central.extra = unicode_path(b, "OFD.xml");
    zip_probe_expect(b, ES_OK, ES_V_NONE);
}

static void a_file_that_is_also_a_folder_collides(void **state)
{
    struct zip_builder *b = *state;

    zip_build_add(b, "Doc_0", "file");
    zip_build_add(b, "Doc_0!", "sorts between");
    zip_build_add(b, "Doc_0/Document.xml", "x");
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_NAME_COLLISION);
    zip_build_clear(b);
    zip_build_init(b);
    zip_build_add(b, "doc_0", "file");
    zip_build_add(b, "Doc_0/", NULL);
    zip_probe_expect(b, ES_OK, ES_V_CONTAINER_NAME_COLLISION);
}

static void folders_are_listed_but_not_found(void **state)
{
    struct zip_builder *b = *state;
    struct zip_probe p;
    uint32_t count;

    zip_build_add(b, "Doc_0/", NULL);
    zip_build_add(b, "Doc_0/a.xml", "x");
    zip_probe_open(&p, zip_build_finish(b));
    assert_int_equal(p.status, ES_OK);
    assert_int_equal(p.findings.count, 0);
    assert_true(es_zip_at(p.zip, 0)->is_folder);
    assert_null(es_zip_find(p.zip, es_span_str("Doc_0/")));
    assert_null(es_zip_find(p.zip, es_span_str("Doc_0")));
    assert_null(es_zip_find_folded(p.zip, es_span_str("Doc_0"), &count));
    assert_int_equal(count, 0);
    zip_probe_close(&p);
}

static void a_folder_with_content_is_malformed(void **state)
{
    zip_build_add(*state, "Doc_0/", "hidden");
    zip_probe_expect(*state, ES_OK, ES_V_CONTAINER_MALFORMED);
}

static void looking_up_without_regard_to_case_counts_all(void **state)
{
    struct zip_builder *b = *state;
    struct zip_probe p;
    uint32_t count;

    zip_build_add(b, "x", "x");
    zip_build_add(b, "Tpls/Tpl.xml", "first");
    zip_build_add(b, "TPLS/Tpl.xml", "second");
    zip_probe_open(&p, zip_build_finish(b));
    assert_ptr_equal(es_zip_find_folded(p.zip, es_span_str("tpls/TPL.XML"), &count),
                     es_zip_at(p.zip, 1));
    assert_int_equal(count, 2);
    assert_ptr_equal(es_zip_find(p.zip, es_span_str("TPLS/Tpl.xml")), es_zip_at(p.zip, 2));
    assert_null(es_zip_find(p.zip, es_span_str("tpls/TPL.XML")));
    assert_null(es_zip_find_folded(p.zip, es_span_str("tpls/none"), &count));
    assert_int_equal(count, 0);
    zip_probe_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ZIP_TEST(a_name_stored_twice_is_a_duplicate),
        ZIP_TEST(names_that_differ_in_case_collide),
        ZIP_TEST(names_equal_after_composing_collide),
        ZIP_TEST(full_width_names_collide_with_plain_ones),
        ZIP_TEST(folder_case_alone_is_no_conflict),
        ZIP_TEST(backslashes_as_the_only_form_are_rewritten_and_reported),
        ZIP_TEST(a_leading_slash_as_the_only_form_is_rewritten_and_reported),
        ZIP_TEST(rewritten_forms_beside_the_plain_one_collide),
        ZIP_TEST(names_that_are_no_plain_path_are_unsafe),
        ZIP_TEST(names_over_the_limit_are_unsafe),
        ZIP_TEST(names_that_grow_when_folded_are_bounded),
        ZIP_TEST(links_and_devices_are_unsafe),
        ZIP_TEST(regular_files_of_unix_are_fine),
        ZIP_TEST(gb18030_names_are_read_and_reported),
        ZIP_TEST(gb18030_bytes_under_the_utf8_flag_are_unsafe),
        ZIP_TEST(one_name_in_two_encodings_collides),
        ZIP_TEST(a_unicode_path_with_another_name_disagrees),
        ZIP_TEST(a_unicode_path_with_the_same_name_is_fine),
        ZIP_TEST(a_file_that_is_also_a_folder_collides),
        ZIP_TEST(folders_are_listed_but_not_found),
        ZIP_TEST(a_folder_with_content_is_malformed),
        ZIP_TEST(looking_up_without_regard_to_case_counts_all),
    };

    return cmocka_run_group_tests_name("zip/names", tests, NULL, NULL);
}
