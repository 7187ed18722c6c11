/* Paths (formats.md 6.3; verification.md 9.3 ofd-18, ofd-32). */
#include "ofd_fixture.h"

static const char base[] = "Doc_0/Signs/Signatures.xml";

static es_status resolve(struct fixture *f, const char *loc, const char **name, bool *exact)
{
    const struct es_zip_entry *entry = NULL;
    es_status status = es_ofd_resolve(f->ofd, base, es_span_str(loc), &entry, exact, &f->err);

    *name = entry ? entry->name : "";
    return status;
}

static es_status refer(struct fixture *f, const char *loc, unsigned *deviations)
{
    const struct es_zip_entry *entry = NULL;

    return es_ofd_resolve_reference(f->ofd, base, es_span_str(loc), &entry, deviations, &f->err);
}

static void expect(struct fixture *f, const char *loc, const char *name, bool exact)
{
    const char *found;
    bool plain = !exact;

    assert_int_equal(resolve(f, loc, &found, &plain), ES_OK);
    assert_string_equal(found, name);
    assert_int_equal(plain, exact);
}

static void expect_status(struct fixture *f, const char *loc, es_status status)
{
    const char *found;
    bool exact;

    assert_int_equal(resolve(f, loc, &found, &exact), status);
}

static void paths_that_are_none_are_refused(void **state)
{
    struct fixture *f = *state;
    static char endless[ES_OFD_PATH_MAX + 10];

    assert_int_equal(open_it(f), ES_OK);
    expect_status(f, "", ES_E_FORMAT);
    expect_status(f, "/", ES_E_FORMAT);
    expect_status(f, "/../OFD.xml", ES_E_FORMAT);
    expect_status(f, "../../../OFD.xml", ES_E_FORMAT);
    expect_status(f, "/Doc_0/../../OFD.xml", ES_E_FORMAT);
    expect_status(f, "http://example.org/OFD.xml", ES_E_FORMAT);
    expect_status(f, "C:\\OFD.xml", ES_E_FORMAT);
    expect_status(f, "/OFD\n.xml", ES_E_FORMAT);
    expect_status(f, "/OFD\xff.xml", ES_E_FORMAT);
    expect_status(f, "/%2e%2e/OFD.xml", ES_E_FORMAT);
    memset(endless, 'a', sizeof(endless) - 1);
    expect_status(f, endless, ES_E_FORMAT);
}

static void absent_files_are_absent(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(open_it(f), ES_OK);
    expect_status(f, "/Doc_0/Nothing.xml", ES_E_ABSENT);
    expect_status(f, "/Doc_0", ES_E_ABSENT);
    expect_status(f, "a%20b%zz", ES_E_ABSENT);
}

static void plain_paths_are_exact(void **state)
{
    struct fixture *f = *state;

    put_signed(f);
    assert_int_equal(open_it(f), ES_OK);
    expect(f, "/OFD.xml", "OFD.xml", true);
    expect(f, "Sign_0/Seal.esl", "Doc_0/Signs/Sign_0/Seal.esl", true);
    expect(f, "./Sign_0/../Sign_0/Seal.esl", "Doc_0/Signs/Sign_0/Seal.esl", true);
    expect(f, "../PublicRes.xml", "Doc_0/PublicRes.xml", true);
    expect(f, " /OFD.xml\n", "OFD.xml", true);
}

static void listed_deviations_find_their_file(void **state)
{
    struct fixture *f = *state;

    put(f, "Doc_0/a b&c.xml", "x");
    assert_int_equal(open_it(f), ES_OK);
    expect(f, "//Doc_0/PublicRes.xml", "Doc_0/PublicRes.xml", false);
    expect(f, "\\Doc_0\\PublicRes.xml", "Doc_0/PublicRes.xml", false);
    expect(f, "/doc_0/PUBLICRES.xml", "Doc_0/PublicRes.xml", false);
    expect(f, "PublicRes.xml", "Doc_0/PublicRes.xml", false);
    expect(f, "Doc_0/PublicRes.xml", "Doc_0/PublicRes.xml", false);
    expect(f, "/Doc_0/a b&c.xml", "Doc_0/a b&c.xml", true);
    expect(f, "/Doc_0/a%20b%26c.xml", "Doc_0/a b&c.xml", false);
}

static void a_literal_percent_stands_for_itself_unless_its_plain_twin_is_there(void **state)
{
    struct fixture *f = *state;

    put(f, "Doc_0/a%20b", "x");
    put(f, "Doc_0/c%20d", "x");
    put(f, "Doc_0/c d", "y");
    put(f, "Doc_0/%ff", "x");
    assert_int_equal(open_it(f), ES_OK);
    expect(f, "/Doc_0/a%20b", "Doc_0/a%20b", true);
    expect(f, "/Doc_0/%ff", "Doc_0/%ff", true);
    expect_status(f, "/Doc_0/c%20d", ES_E_CONFLICT);
}

/* The file's own folder comes first to readers that know no case. */
static void another_case_in_a_nearer_folder_is_a_conflict(void **state)
{
    struct fixture *f = *state;

    put(f, "Doc_0/a.xml", "x");
    put(f, "Doc_0/Signs/A.xml", "y");
    put_signed(f);
    assert_int_equal(open_it(f), ES_OK);
    expect_status(f, "a.xml", ES_E_CONFLICT);
}

static void a_relative_path_that_fits_two_files_is_a_conflict(void **state)
{
    struct fixture *f = *state;

    put_signed(f);
    put(f, "Doc_0/Sign_0/Signature.xml", "x");
    assert_int_equal(open_it(f), ES_OK);
    expect_status(f, "Sign_0/Signature.xml", ES_E_CONFLICT);
    expect(f, "/Doc_0/Signs/Sign_0/Signature.xml", "Doc_0/Signs/Sign_0/Signature.xml", true);
    assert_true(have(f, ES_V_RANGE_REFERENCE_UNCLEAR));
}

static void other_case_with_two_candidates_is_a_conflict(void **state)
{
    struct fixture *f = *state;

    put(f, "Doc_0/Res/A.xml", "x");
    put(f, "Doc_0/res/a.xml", "y");
    if (open_it(f) != ES_OK)
        return; /* the container may refuse names that collide */
    expect_status(f, "/DOC_0/RES/A.XML", ES_E_CONFLICT);
}

static void references_have_to_be_absolute_and_plain(void **state)
{
    struct fixture *f = *state;
    const char *const bad[] = {"/Doc_0/../OFD.xml",
                               "../OFD.xml",
                               "./OFD.xml",
                               "/./OFD.xml",
                               "/%2e/OFD.xml",
                               "/Doc_0%2FPublicRes.xml",
                               "/Doc_0%5cPublicRes.xml",
                               "/Doc_0/Public%2ERes.xml",
                               "/OFD.xml%00"};
    unsigned deviations = 99;

    assert_int_equal(open_it(f), ES_OK);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(refer(f, bad[i], &deviations), ES_E_FORMAT);
    assert_int_equal(refer(f, "/OFD.xml", &deviations), ES_OK);
    assert_int_equal(deviations, 0);
    assert_int_equal(refer(f, "//Doc_0/PublicRes.xml", &deviations), ES_OK);
    assert_int_equal(deviations, ES_OFD_SLASHES);
    assert_int_equal(refer(f, "\\doc_0\\PublicRes.xml", &deviations), ES_OK);
    assert_int_equal(deviations, ES_OFD_BACKSLASH | ES_OFD_CASE);
    assert_int_equal(refer(f, "Doc_0/PublicRes.xml", &deviations), ES_OK);
    assert_int_equal(deviations, ES_OFD_RELATIVE);
    assert_int_equal(refer(f, "/Doc_0/Nothing.xml", &deviations), ES_E_ABSENT);
}

static void deviations_are_named_in_findings(void **state)
{
    struct fixture *f = *state;

    es_ofd_note_deviations(&f->findings, "here", ES_OFD_SLASHES | ES_OFD_CASE, es_span_str("//a"));
    assert_int_equal(f->findings.count, 2);
    assert_true(have_value(f, ES_V_FORM_DEVIATION, "//-path"));
    assert_true(have_value(f, ES_V_FORM_DEVIATION, "path-case"));
    es_ofd_note_deviations(NULL, "here", ES_OFD_CASE, es_span_str("a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(paths_that_are_none_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(absent_files_are_absent, setup, teardown),
        cmocka_unit_test_setup_teardown(plain_paths_are_exact, setup, teardown),
        cmocka_unit_test_setup_teardown(listed_deviations_find_their_file, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_literal_percent_stands_for_itself_unless_its_plain_twin_is_there, setup, teardown),
        cmocka_unit_test_setup_teardown(another_case_in_a_nearer_folder_is_a_conflict, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_relative_path_that_fits_two_files_is_a_conflict, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(other_case_with_two_candidates_is_a_conflict, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(references_have_to_be_absolute_and_plain, setup, teardown),
        cmocka_unit_test_setup_teardown(deviations_are_named_in_findings, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
