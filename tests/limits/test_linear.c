/*
 * Work grows with the document and not with its square: twice the entries or signatures take less
 * than three times the processor time (the best of several runs; nothing here is an absolute time).
 * And what is known is not checked again: counted are the SM2 checks that reach OpenSSL.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "limits.h"

#include <openssl/evp.h>

static unsigned checks;

int __real_EVP_PKEY_verify(EVP_PKEY_CTX *ctx, const unsigned char *sig, size_t sig_len,
                           const unsigned char *tbs, size_t tbs_len);
int __wrap_EVP_PKEY_verify(EVP_PKEY_CTX *ctx, const unsigned char *sig, size_t sig_len,
                           const unsigned char *tbs, size_t tbs_len);

int __wrap_EVP_PKEY_verify(EVP_PKEY_CTX *ctx, const unsigned char *sig, size_t sig_len,
                           const unsigned char *tbs, size_t tbs_len)
{
    checks++;
    return __real_EVP_PKEY_verify(ctx, sig, sig_len, tbs, tbs_len);
}

#define ROUNDS 4
#define ZIP_MAX ((size_t) 1 << 29)

typedef void (*build_fn)(struct world *w, size_t n, struct es_buf *out);

static void with_entries(struct world *w, size_t n, struct es_buf *out)
{
    struct pkg pkg = {0};

    pkg_copy(&w->document, &pkg);
    limits_add_entries(&pkg, n);
    limits_seal(w, &pkg, out);
    pkg_clear(&pkg);
}

static void with_signatures(struct world *w, size_t n, struct es_buf *out)
{
    struct pkg pkg = {0};

    pkg_copy(&w->document, &pkg);
    limits_sign(w, &pkg, n, false);
    pkg_write(&pkg, out);
    pkg_clear(&pkg);
}

/* Every signature protects all before it: as many references as n squared, so the document grows
 * with the square as well; 1.5 times the signatures stand for 2.25 times the references. */
static void with_references(struct world *w, size_t n, struct es_buf *out)
{
    struct pkg pkg = {0};

    pkg_copy(&w->document, &pkg);
    limits_sign(w, &pkg, n, true);
    pkg_write(&pkg, out);
    pkg_clear(&pkg);
}

static double best_of(struct world *w, build_fn build, size_t n)
{
    ES_AUTO(es_buf) zip = ES_BUF_INIT(ZIP_MAX);
    double best = 0;

    build(w, n, &zip);
    for (int i = 0; i < ROUNDS; i++) {
        struct es_report report;
        double took = limits_verify(w, es_buf_span(&zip), &report);

        assert_false(report_has(&report, "limit_exceeded"));
        assert_false(report_has(&report, "digest_mismatch"));
        es_report_clear(&report);
        if (best == 0 || took < best)
            best = took;
    }
    return best;
}

static void expect_growth(struct world *w, build_fn build, size_t n, size_t m, double allowed)
{
    const double small = best_of(w, build, n);
    const double large = best_of(w, build, m);

    print_message("# %zu: %.1f ms, %zu: %.1f ms, ratio %.2f\n", n, small * 1e3, m, large * 1e3,
                  large / small);
    assert_true(large < small * allowed);
}

static void twice_the_entries_take_less_than_three_times(void **state)
{
    expect_growth(*state, with_entries, 9000, 18000, 3);
}

static void twice_the_signatures_take_less_than_three_times(void **state)
{
    expect_growth(*state, with_signatures, 250, 500, 3);
}

static void many_references_in_many_signatures_stay_linear(void **state)
{
    expect_growth(*state, with_references, 100, 150, 2.25 * 1.5);
}

static void a_second_document_under_the_same_seal_takes_one_check(void **state)
{
    struct world *w = *state;
    ES_AUTO(es_buf) other = ES_BUF_INIT(1u << 24);
    struct es_report report;
    struct pkg pkg = {0};

    pkg_copy(&w->document, &pkg);
    pkg_replace(&pkg, "Doc_0/Pages/Page_0/Content.xml", "壹佰", "贰佰");
    limits_seal(w, &pkg, &other);
    pkg_clear(&pkg);
    (void) limits_verify(w, es_buf_span(&w->sealed), &report);
    expect_report(&report, ES_OUTCOME_VALID, "");
    es_report_clear(&report);
    checks = 0;
    (void) limits_verify(w, es_buf_span(&other), &report);
    expect_report(&report, ES_OUTCOME_VALID, "");
    es_report_clear(&report);
    assert_int_equal(checks, 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, limits_setup, limits_teardown)
    const struct CMUnitTest tests[] = {
        T(a_second_document_under_the_same_seal_takes_one_check),
        T(twice_the_entries_take_less_than_three_times),
        T(twice_the_signatures_take_less_than_three_times),
        T(many_references_in_many_signatures_stay_linear),
    };

    return cmocka_run_group_tests_name("linear", tests, NULL, NULL);
}
