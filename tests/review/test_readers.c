/*
 * Two readers, two documents: what is added to a sealed file so that some other reader shows it
 * while everything under the seal is untouched. None of it may read as plain valid.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "review.h"

#define EVIL "<ofd:Page xmlns:ofd=\"http://www.ofdspec.org/2016\"><ofd:Content/></ofd:Page>"
#define REFS_MAX 64

/* The world's document, lax signed with everything protected but one entry. */
static void sign_but(struct world *w, struct pkg *pkg, const char *open)
{
    const char *refs[REFS_MAX] = {0};
    size_t count = 0;

    for (size_t i = 0; i < pkg->count; i++)
        if (strcmp(pkg->entries[i].name, open) != 0)
            refs[count++] = pkg->entries[i].name;
    world_lax_sign(w, pkg, &(struct lax){.refs = refs});
}

static void sealed(struct world *w, struct pkg *pkg)
{
    *pkg = (struct pkg){0};
    pkg_copy(&w->document, pkg);
}

/* ---- the entry point is often left open ---- */

/* Readers that take all text below an element read Doc_1/Document.xml here, others Doc_0. */
static void a_path_with_elements_inside_has_two_meanings(void **state)
{
    struct world *w = *state;
    struct pkg pkg;

    sealed(w, &pkg);
    sign_but(w, &pkg, "OFD.xml");
    pkg_replace(&pkg, "OFD.xml", "Doc_0/Document.xml", "Doc_0/<x>../Doc_1/</x>Document.xml");
    pkg_add_text(&pkg, "Doc_1/Document.xml", "<x/>");
    expect_pkg(w, &pkg, ES_OUTCOME_INVALID, "structure_invalid");
    pkg_clear(&pkg);
}

static void an_open_entry_point_alone_is_a_warning(void **state)
{
    struct world *w = *state;
    struct pkg pkg;

    sealed(w, &pkg);
    sign_but(w, &pkg, "OFD.xml");
    expect_pkg(w, &pkg, ES_OUTCOME_VALID, "range_entry_point_open");
    pkg_clear(&pkg);
}

/* ---- paths ---- */

/* On a disk that knows no case the folder of the file itself comes first. */
static void a_name_in_other_case_nearer_to_the_file_is_a_second_meaning(void **state)
{
    struct world *w = *state;
    struct pkg pkg;

    sealed(w, &pkg);
    pkg_replace(&pkg, "Doc_0/Document.xml", "Pages/Page_0/Content.xml",
                "Doc_0/Pages/Page_0/Content.xml");
    sign_but(w, &pkg, "");
    expect_pkg(w, &pkg, ES_OUTCOME_VALID, "form_deviation");
    pkg_add_text(&pkg, "Doc_0/DOC_0/Pages/Page_0/Content.xml", EVIL);
    expect_pkg(w, &pkg, ES_OUTCOME_INVALID, "range_reference_unclear");
    pkg_clear(&pkg);
}

static void a_name_with_its_escapes_undone_is_a_second_meaning(void **state)
{
    struct world *w = *state;
    struct pkg pkg;

    sealed(w, &pkg);
    pkg_replace(&pkg, "Doc_0/Document.xml", "Pages/Page_0/Content.xml",
                "Pages/Page%5f0/Content.xml");
    pkg_rename(&pkg, "Doc_0/Pages/Page_0/Content.xml", "Doc_0/Pages/Page%5f0/Content.xml");
    sign_but(w, &pkg, "");
    expect_pkg(w, &pkg, ES_OUTCOME_VALID, "!range_reference_unclear");
    pkg_add_text(&pkg, "Doc_0/Pages/Page_0/Content.xml", EVIL);
    expect_pkg(w, &pkg, ES_OUTCOME_INVALID, "range_reference_unclear");
    pkg_clear(&pkg);
}

/* Res@BaseLoc is a path like others: readers that take it from the root look there. */
static void a_folder_of_resources_may_be_taken_from_the_root(void **state)
{
    struct world *w = *state;
    struct pkg pkg;

    sealed(w, &pkg);
    sign_but(w, &pkg, "");
    pkg_add_text(&pkg, "Res/image.png", "other");
    expect_pkg(w, &pkg, ES_OUTCOME_INVALID, "range_reference_unclear");
    pkg_clear(&pkg);
}

static void a_file_that_is_missing_may_be_found_elsewhere(void **state)
{
    struct world *w = *state;
    struct pkg pkg;

    sealed(w, &pkg);
    pkg_remove(&pkg, "Doc_0/Res/image.png");
    sign_but(w, &pkg, "");
    expect_pkg(w, &pkg, ES_OUTCOME_VALID, "form_deviation");
    pkg_add_text(&pkg, "Doc_0/Pages/Page_0/Res/image.png", "other");
    expect_pkg(w, &pkg, ES_OUTCOME_INDETERMINATE, "range_entry_unprotected");
    pkg_clear(&pkg);
}

/* ---- names that a file system makes one of ---- */

/* Our writer refuses such names: one of the same length is written and then changed. */
static void write_named(struct pkg *pkg, const char *name, struct es_buf *out)
{
    char stand_in[64];
    size_t len = strlen(name);
    uint8_t *at;

    assert_true(len < sizeof stand_in);
    memset(stand_in, 'q', len);
    stand_in[len] = 0;
    pkg_add_text(pkg, stand_in, EVIL);
    pkg_write(pkg, out);
    while ((at = memmem(out->ptr, out->len, stand_in, len)) != NULL)
        memcpy(at, name, len);
}

static void names_that_windows_makes_equal_are_not_allowed(void **state)
{
    static const char *const names[] = {
        "Doc_0/Pages/Page_0/Content.xml.",   "Doc_0/Pages/Page_0/Content.xml ",
        "Doc_0/Pages/Page_0./Content.xml",   "Doc_0/Pages/Page_0/Content.xml::$DATA",
        "Doc_0/Pages/Page?0/Content.xml",    "Doc_0/DOCUME~1.XML",
        "Doc_0/Pages/Page_0/Content.xml. .", "Doc_0/Pages/Page*0/Content.xml",
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ES_AUTO(es_buf) zip = ES_BUF_INIT(1u << 24);
        struct es_report report;
        struct pkg pkg;

        sealed(w, &pkg);
        sign_but(w, &pkg, "");
        write_named(&pkg, names[i], &zip);
        world_verify(w, es_buf_span(&zip), ES_POLICY_ASSURED, &report);
        expect_report(&report, ES_OUTCOME_INVALID, "container_name_unsafe");
        es_report_clear(&report);
        pkg_clear(&pkg);
    }
}

static void a_tilde_in_a_long_name_is_nothing_special(void **state)
{
    struct world *w = *state;
    struct pkg pkg;

    sealed(w, &pkg);
    pkg_add_text(&pkg, "Doc_0/Attachs/report~draft~2.txt", "x");
    sign_but(w, &pkg, "");
    expect_pkg(w, &pkg, ES_OUTCOME_VALID, "!container_name_unsafe");
    pkg_clear(&pkg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_with_elements_inside_has_two_meanings),
        cmocka_unit_test(an_open_entry_point_alone_is_a_warning),
        cmocka_unit_test(a_name_in_other_case_nearer_to_the_file_is_a_second_meaning),
        cmocka_unit_test(a_name_with_its_escapes_undone_is_a_second_meaning),
        cmocka_unit_test(a_folder_of_resources_may_be_taken_from_the_root),
        cmocka_unit_test(a_file_that_is_missing_may_be_found_elsewhere),
        cmocka_unit_test(names_that_windows_makes_equal_are_not_allowed),
        cmocka_unit_test(a_tilde_in_a_long_name_is_nothing_special),
    };

    return cmocka_run_group_tests(tests, review_setup, review_teardown);
}
