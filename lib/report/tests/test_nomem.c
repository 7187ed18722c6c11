/* Each allocation failing in turn: an error or an outcome that is not valid, nothing leaked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_report.h"

static long left = -1; /* allocations until one fails; below 0: none fails */
static bool failed;

void *__real_malloc(size_t len);
void *__real_calloc(size_t count, size_t len);
void *__real_realloc(void *ptr, size_t len);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t count, size_t len);
void *__wrap_realloc(void *ptr, size_t len);

static bool fails(void)
{
    bool now = left >= 0 && left-- == 0;

    failed = failed || now;
    return now;
}

void *__wrap_malloc(size_t len)
{
    return fails() ? NULL : __real_malloc(len);
}

void *__wrap_calloc(size_t count, size_t len)
{
    return fails() ? NULL : __real_calloc(count, len);
}

void *__wrap_realloc(void *ptr, size_t len)
{
    return fails() ? NULL : __real_realloc(ptr, len);
}

static es_status fill_and_judge(struct es_report *report, struct es_error *err)
{
    struct es_report_signature *sig = es_report_add(report);

    ES_ENSURE(sig != NULL, err, ES_E_NOMEM, "out of memory");
    report->complete = true;
    for (unsigned i = 0; i < ES_CHECK_COUNT; i++)
        sig->ran[i] = true;
    es_buf_put(&sig->evidence, report->sm3, ES_SM3_LEN);
    es_finding_add(&sig->findings, ES_CHECK_DOCUMENT_INTEGRITY, ES_V_DIGEST_MISMATCH, "where",
                   "value");
    return es_report_judge(report, err);
}

static es_status write_all(const struct es_report *report, struct es_error *err)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(1 << 20);
    struct es_report_text_options options = {.verbose = true, .zh = true};

    ES_TRY(es_report_json(report, &out, err));
    ES_TRY(es_report_text(report, &options, &out, err));
    return es_report_html(&report, 1, false, &out, err);
}

static es_status run(enum es_outcome *outcome, struct es_error *err)
{
    ES_AUTO(es_policy) policy = {0};
    struct es_report report;
    es_status status = ES_OK;

    ES_TRY(es_policy_load("assured", &policy, err));
    es_report_init(&report, &policy, 1);
    status = fill_and_judge(&report, err);
    *outcome = report.outcome;
    if (status == ES_OK)
        status = write_all(&report, err);
    es_report_clear(&report);
    return status;
}

static void each_failing_allocation_is_told_and_never_valid(void **state)
{
    long n = 0;

    (void) state;
    for (failed = true; failed && n < 100000; n++) {
        enum es_outcome outcome = ES_OUTCOME_UNKNOWN;
        struct es_error err = {0};
        es_status status = ES_OK;

        failed = false;
        left = n;
        status = run(&outcome, &err);
        left = -1;
        assert_int_not_equal(outcome, ES_OUTCOME_VALID);
        assert_int_equal(status, failed ? ES_E_NOMEM : ES_OK);
        assert_int_equal(err.status, status);
    }
    assert_in_range(n, 50, 99999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failing_allocation_is_told_and_never_valid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
