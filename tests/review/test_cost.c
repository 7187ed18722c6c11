/* Work follows the size of the file: what is named a thousand times is judged once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "review.h"

#define LIST "Doc_0/Signs/Signatures.xml"
#define TIMES 900
#define PADDING ((size_t) 4 << 20)

static double seconds(void)
{
    struct timespec now;

    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now), 0);
    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

/* A value with megabytes behind it: slow to read, so that reading it again would show. */
static void pad_value(struct pkg *pkg)
{
    struct pkg_entry *value = pkg_find(pkg, "Doc_0/Signs/Sign_0/SignedValue.dat");
    uint64_t noise = 1;

    value->bytes.max = (size_t) 64 << 20;
    for (size_t i = 0; i < PADDING; i++) {
        noise = noise * UINT64_C(6364136223846793005) + 1;
        es_buf_put_byte(&value->bytes, (uint8_t) (noise >> 56));
    }
    assert_int_equal(value->bytes.failed, ES_OK);
}

static void expect_cheap(struct world *w, const struct pkg *pkg)
{
    double before = seconds();

    expect_pkg(w, pkg, ES_OUTCOME_INVALID, "signature_duplicated");
    assert_true(seconds() - before < 5);
}

static void a_signature_listed_many_times_is_judged_once(void **state)
{
    ES_AUTO(es_buf) list = ES_BUF_INIT(1u << 20);
    struct pkg pkg = {0};

    pkg_copy(&((struct world *) *state)->document, &pkg);
    world_lax_sign(*state, &pkg, &(struct lax){0});
    pad_value(&pkg);
    es_buf_put_str(&list, "<ofd:Signatures xmlns:ofd=\"http://www.ofdspec.org/2016\">");
    for (int i = 0; i < TIMES; i++)
        es_buf_printf(&list, "<ofd:Signature ID=\"%d\" BaseLoc=\"Sign_0/Signature.xml\"/>", i + 1);
    es_buf_put_str(&list, "</ofd:Signatures>");
    pkg_set(&pkg, LIST, list.ptr, list.len);
    expect_cheap(*state, &pkg);
    pkg_clear(&pkg);
}

static void a_value_named_by_many_signatures_is_judged_once(void **state)
{
    ES_AUTO(es_buf) list = ES_BUF_INIT(1u << 20);
    ES_AUTO(es_buf) xml = ES_BUF_INIT(1u << 20);
    struct pkg pkg = {0};

    pkg_copy(&((struct world *) *state)->document, &pkg);
    world_lax_sign(*state, &pkg, &(struct lax){0});
    pad_value(&pkg);
    es_buf_put_span(&xml, es_buf_span(&pkg_find(&pkg, "Doc_0/Signs/Sign_0/Signature.xml")->bytes));
    es_buf_put_str(&list, "<ofd:Signatures xmlns:ofd=\"http://www.ofdspec.org/2016\">");
    for (int i = 0; i < TIMES; i++) {
        char name[64];

        (void) snprintf(name, sizeof name, "Doc_0/Signs/Sign_0/%d.xml", i);
        pkg_add(&pkg, name, xml.ptr, xml.len);
        es_buf_printf(&list, "<ofd:Signature ID=\"%d\" BaseLoc=\"Sign_0/%d.xml\"/>", i + 1, i);
    }
    es_buf_put_str(&list, "</ofd:Signatures>");
    pkg_set(&pkg, LIST, list.ptr, list.len);
    expect_cheap(*state, &pkg);
    pkg_clear(&pkg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_listed_many_times_is_judged_once),
        cmocka_unit_test(a_value_named_by_many_signatures_is_judged_once),
    };

    return cmocka_run_group_tests(tests, review_setup, review_teardown);
}
