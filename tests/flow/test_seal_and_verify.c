/* The main road: what our signer makes, our verifier calls valid; and the simplest ways off it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    world_new(w);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    world_clear(*state);
    free(*state);
    return 0;
}

static void a_sealed_document_is_valid(void **state)
{
    struct world *w = *state;
    struct es_report report;

    world_verify(w, es_buf_span(&w->sealed), ES_POLICY_ASSURED, &report);
    expect_report(&report, ES_OUTCOME_VALID, "time_claimed_only !form_deviation");
    es_report_clear(&report);
}

static void a_changed_page_is_invalid(void **state)
{
    struct world *w = *state;
    struct pkg pkg = {0};

    pkg_read(es_buf_span(&w->sealed), &pkg);
    pkg_replace(&pkg, "Doc_0/Pages/Page_0/Content.xml", "壹佰", "玖佰");
    expect_pkg(w, &pkg, ES_OUTCOME_INVALID, "digest_mismatch");
    pkg_clear(&pkg);
}

static void what_the_lax_signer_makes_by_default_is_valid(void **state)
{
    struct world *w = *state;
    struct pkg pkg = {0};
    const struct lax lax = {0};

    pkg_copy(&w->document, &pkg);
    world_lax_sign(w, &pkg, &lax);
    expect_pkg(w, &pkg, ES_OUTCOME_VALID, "!form_deviation");
    pkg_clear(&pkg);
}

static void a_second_seal_leaves_the_first_valid(void **state)
{
    struct world *w = *state;
    const struct es_place place = {.mode = ES_PLACE_KEYWORD, .keyword = "盖章", .nth = 1};
    ES_AUTO(es_buf) twice = ES_BUF_INIT(1u << 24);
    struct es_report report;

    world_seal(w, es_buf_span(&w->sealed), es_buf_span(&w->seal), &place, false, &twice);
    world_verify(w, es_buf_span(&twice), ES_POLICY_ASSURED, &report);
    expect_report(&report, ES_OUTCOME_VALID, "range_later_signature");
    assert_int_equal(report.signature_count, 2);
    es_report_clear(&report);
}

/* The entry point is what the reader took for it, whatever its case. */
static void an_entry_point_in_small_letters_is_sealed_as_well(void **state)
{
    struct world *w = *state;
    ES_AUTO(es_buf) plain = ES_BUF_INIT(1u << 20);
    ES_AUTO(es_buf) sealed = ES_BUF_INIT(1u << 24);
    struct es_report report;
    struct pkg pkg = {0};

    pkg_copy(&w->document, &pkg);
    pkg_rename(&pkg, "OFD.xml", "ofd.xml");
    pkg_write(&pkg, &plain);
    world_seal(w, es_buf_span(&plain), es_buf_span(&w->seal), NULL, false, &sealed);
    world_verify(w, es_buf_span(&sealed), ES_POLICY_ASSURED, &report);
    assert_int_equal(report.signature_count, 1);
    expect_report(&report, ES_OUTCOME_VALID, "!no_signature");
    es_report_clear(&report);
    pkg_clear(&pkg);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_sealed_document_is_valid),
        T(a_changed_page_is_invalid),
        T(what_the_lax_signer_makes_by_default_is_valid),
        T(a_second_seal_leaves_the_first_valid),
        T(an_entry_point_in_small_letters_is_sealed_as_well),
    };

    return cmocka_run_group_tests_name("flow/seal_and_verify", tests, NULL, NULL);
}
