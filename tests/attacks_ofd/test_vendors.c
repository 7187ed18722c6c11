/*
 * verification.md 9.3 ofd-35: good files of many makers, with their deviations. What does not rest
 * on trust or time must pass; who is to be trusted is for the trust of a deployment to say.
 * The files are not ours to copy; without them the test is skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attack.h"

#define FILE_MAX ((size_t) 64 << 20)

struct good_file {
    const char *name, *maker;
    int signatures;
    const char *deviations; /* that must be told, as the sample set lists them */
};

static const struct good_file files[] = {
    {"tax-zhejiang-2020.ofd", "tax service (Zhejiang)", 1, ""},
    {"tax-jiangsu-2020.ofd", "tax service (Jiangsu)", 1, ""},
    {"tax-zhejiang-antchain-2022.ofd", "AntChain", 1, ""},
    {"taxtest-chongqing-kinggrid-5p.ofd", "KingGrid", 1, ""},
    {"icbc-receipt-test-ca.ofd", "ICBC", 1, "no-Z unused-bits"},
    {"ceb-receipt-raw64.ofd", "CEB", 1, "no-Z raw64 unused-bits"},
    {"cpf-receipt-dianju-negative-r.ofd", "Dianju", 1, "DER-INTEGER"},
    {"baiwang-bker-clt3.ofd", "Baiwang", 1, "certListType"},
    {"rail12306-exchange-sign.ofd", "12306", 1, ""},
    {"fujian-bid-v1-header4.ofd", "FJSEAL/Suwell", 1, "unused-bits version-number"},
    {"koal-v4.ofd", "Koal", 1, "//-path raw64"},
    {"koal-v4-3seals.ofd", "Koal", 3, "//-path raw64 DER-INTEGER"},
    {"yunnan-mining-2signs.ofd", "GOMAIN", 2, ""},
    {"ofdrw-v4-riding-5p.ofd", "ofdrw", 1, ""},
    {"ofdrw-v4-all-protected.ofd", "ofdrw", 1, ""},
    {"easyofd-seal-alg-oid.ofd", "easyofd", 1, "alg-OID"},
};
#define FILE_COUNT (sizeof files / sizeof files[0])

static bool read_sample(const char *name, struct es_buf *out)
{
    const char *folder = getenv("ESEAL_SAMPLES");
    char path[1024];

    (void) snprintf(path, sizeof path, "%s/signed/%s",
                    folder == NULL ? "../shared/samples" : folder, name);
    return es_file_read(path, out, NULL) == ES_OK;
}

static void expect_result(const struct good_file *file, const struct es_report *report,
                          const struct es_report_signature *sig, enum es_check check)
{
    if (sig->results[check] != ES_RESULT_PASS) {
        report_show(report);
        fail_msg("%s (%s): %s is %s", file->name, file->maker, es_check_name(check),
                 es_result_name(sig->results[check]));
    }
}

static void expect_integrity(const struct good_file *file, const struct es_report *report)
{
    static const enum es_check always[] = {ES_CHECK_FORMAT, ES_CHECK_DOCUMENT_INTEGRITY,
                                           ES_CHECK_SIGNATURE};
    static const enum es_check of_seal[] = {ES_CHECK_SIGNER_IN_SEAL, ES_CHECK_SEAL_SIGNATURE,
                                            ES_CHECK_PRESENTATION};
    int count = 0;

    for (const struct es_report_signature *sig = report->first; sig != NULL; sig = sig->next) {
        count++;
        assert_true(sig->value_good);
        for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
            expect_result(file, report, sig, always[i]);
        for (size_t i = 0; sig->has_seal && i < sizeof of_seal / sizeof of_seal[0]; i++)
            expect_result(file, report, sig, of_seal[i]);
    }
    assert_int_equal(count, file->signatures);
}

static bool told(const struct es_findings *findings, struct es_span deviation)
{
    for (const struct es_finding *f = findings->first; f != NULL; f = f->next)
        if (f->code == ES_V_FORM_DEVIATION && f->value[0] != NULL &&
            es_span_is(deviation, f->value[0]))
            return true;
    return false;
}

static void expect_deviations(const struct good_file *file, const struct es_report *report)
{
    struct es_span rest = es_span_str(file->deviations);

    while (rest.len > 0) {
        size_t end = es_span_find(rest, ' ');
        struct es_span word = es_span_sub(rest, 0, end);
        bool found = told(&report->findings, word);

        for (const struct es_report_signature *sig = report->first; sig != NULL; sig = sig->next)
            found = found || told(&sig->findings, word);
        if (!found)
            fail_msg("%s: deviation %.*s is not told", file->name, ES_SPAN_ARG(word));
        rest = es_span_sub(rest, end + 1, rest.len);
    }
}

static void run_file(void **state)
{
    const struct good_file *file = *state;
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(FILE_MAX);
    struct world *w;
    struct es_report report;

    if (!read_sample(file->name, &bytes)) {
        print_message("# skipped: samples absent\n");
        skip();
    }
    w = calloc(1, sizeof *w);
    assert_non_null(w);
    world_new(w);
    w->now_s = INT64_C(1793491200); /* 2026-11-01: later than any of the files */
    world_verify(w, es_buf_span(&bytes), ES_POLICY_STANDARD, &report);
    expect_integrity(file, &report);
    expect_deviations(file, &report);
    assert_int_not_equal(report.outcome, ES_OUTCOME_VALID); /* nobody here trusts them */
    es_report_clear(&report);
    world_clear(w);
    free(w);
}

int main(void)
{
    struct CMUnitTest tests[FILE_COUNT] = {{0}};

    for (size_t i = 0; i < FILE_COUNT; i++) {
        union {
            const struct good_file *file;
            void *state;
        } as = {.file = &files[i]};

        tests[i] = (struct CMUnitTest){
            .name = files[i].name, .test_func = run_file, .initial_state = as.state};
    }
    return cmocka_run_group_tests_name("attacks/ofd-35", tests, NULL, NULL);
}
