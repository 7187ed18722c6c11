/* Judging: the table of verification.md 2, one combination after the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sample_report.h"

/* Under "assured": one code of each effect. */
#define CODE_I ES_V_DIGEST_MISMATCH
#define CODE_N ES_V_MAKER_UNTRUSTED
#define CODE_W ES_V_NAME_MISMATCH
#define CODE_NOTE ES_V_RANGE_LATER_SIGNATURE

static int set_up(void **state)
{
    struct sample *sample = malloc(sizeof *sample);

    assert_non_null(sample);
    sample_init(sample, "assured");
    *state = sample;
    return 0;
}

static int tear_down(void **state)
{
    sample_clear(*state);
    free(*state);
    return 0;
}

static void judge(struct sample *sample)
{
    assert_int_equal(es_report_judge(&sample->report, NULL), ES_OK);
}

static void a_report_nobody_judged_is_not_valid(void **state)
{
    struct sample *s = *state;

    sample_seal(s);
    assert_int_equal(s->report.outcome, ES_OUTCOME_UNKNOWN);
    assert_int_equal(es_report_exit(&s->report), 2);
    assert_int_equal(es_report_json(&s->report, &s->out, NULL), ES_OK);
    assert_null(strstr(es_buf_cstr(&s->out), "\"outcome\":\"unknown\""));
    assert_null(strstr(es_buf_cstr(&s->out), "\"outcome\":\"valid\""));
}

static void every_check_made_and_passed_is_valid(void **state)
{
    struct sample *s = *state;
    struct es_report_signature *sig = sample_seal(s);

    judge(s);
    assert_int_equal(sig->outcome, ES_OUTCOME_VALID);
    assert_int_equal(s->report.outcome, ES_OUTCOME_VALID);
    assert_int_equal(es_report_exit(&s->report), 0);
    for (unsigned i = 0; i < ES_CHECK_COUNT; i++)
        assert_int_equal(sig->results[i], i == ES_CHECK_TIME_STAMP || i == ES_CHECK_USE_RECORD
                                              ? ES_RESULT_UNKNOWN
                                              : ES_RESULT_PASS);
}

static void each_required_check_left_out_is_named(void **state)
{
    (void) state;
    for (unsigned i = 0; i < ES_CHECK_COUNT; i++) {
        struct sample s;
        struct es_report_signature *sig = NULL;
        bool required = i != ES_CHECK_TIME_STAMP && i != ES_CHECK_USE_RECORD;

        sample_init(&s, "assured");
        sig = sample_seal(&s);
        sig->ran[i] = false;
        sig->skipped[i] = i % 2 == 0; /* skipped alone is no excuse */
        judge(&s);
        assert_int_equal(sig->outcome, required ? ES_OUTCOME_INDETERMINATE : ES_OUTCOME_VALID);
        assert_int_equal(s.report.outcome, sig->outcome);
        assert_int_equal(es_findings_have(&sig->findings, ES_V_CHECK_NOT_RUN), required);
        if (required)
            assert_string_equal(sig->findings.first->value[0], es_check_name((enum es_check) i));
        sample_clear(&s);
    }
}

static void effects_combine_as_the_table_says(void **state)
{
    static const enum es_code codes[4] = {CODE_I, CODE_N, CODE_W, CODE_NOTE};

    (void) state;
    for (unsigned set = 0; set < 16; set++) {
        struct sample s;
        struct es_report_signature *sig = NULL;
        enum es_outcome expected = ES_OUTCOME_VALID;

        sample_init(&s, "assured");
        sig = sample_seal(&s);
        for (unsigned i = 0; i < 4; i++)
            if ((set & (1U << i)) != 0)
                es_finding_add(&sig->findings, ES_CHECK_MAKER_TRUSTED, codes[i], NULL, NULL);
        if ((set & 1) != 0)
            expected = ES_OUTCOME_INVALID;
        else if ((set & 2) != 0)
            expected = ES_OUTCOME_INDETERMINATE;
        judge(&s);
        assert_int_equal(sig->outcome, expected);
        assert_int_equal(sig->results[ES_CHECK_MAKER_TRUSTED], (set & 1) != 0   ? ES_RESULT_FAIL
                                                               : (set & 2) != 0 ? ES_RESULT_UNKNOWN
                                                                                : ES_RESULT_PASS);
        assert_false(es_findings_have(&sig->findings, ES_V_CHECK_NOT_RUN));
        sample_clear(&s);
    }
}

static void every_code_has_its_effect_under_every_policy(void **state)
{
    static const char *const names[] = {"standard", "assured", "strict"};
    static const enum es_outcome outcomes[] = {ES_OUTCOME_VALID, ES_OUTCOME_VALID,
                                               ES_OUTCOME_INDETERMINATE, ES_OUTCOME_INVALID};

    (void) state;
    for (int p = 0; p < 3; p++) {
        for (size_t row = 0; row < es_code_count(); row++) {
            struct sample s;

            sample_init(&s, names[p]);
            es_finding_add(&sample_seal(&s)->findings, ES_CHECK_FORMAT, es_code_at(row)->code, NULL,
                           NULL);
            judge(&s);
            assert_int_equal(s.report.outcome, outcomes[es_code_at(row)->effect[p]]);
            sample_clear(&s);
        }
    }
}

static void a_document_takes_the_worst_of_its_parts(void **state)
{
    static const enum es_code codes[3] = {CODE_W, CODE_N, CODE_I};
    static const enum es_outcome outcomes[3] = {ES_OUTCOME_VALID, ES_OUTCOME_INDETERMINATE,
                                                ES_OUTCOME_INVALID};

    (void) state;
    for (int i = 0; i < 27; i++) {
        int parts[3] = {i % 3, i / 3 % 3, i / 9};
        int worst = 0;
        struct sample s;

        sample_init(&s, "assured");
        es_finding_add(&sample_seal(&s)->findings, ES_CHECK_FORMAT, codes[parts[0]], NULL, NULL);
        es_finding_add(&sample_seal(&s)->findings, ES_CHECK_FORMAT, codes[parts[1]], NULL, NULL);
        es_finding_add(&s.report.findings, ES_CHECK_FORMAT, codes[parts[2]], NULL, NULL);
        for (int k = 0; k < 3; k++)
            worst = parts[k] > worst ? parts[k] : worst;
        judge(&s);
        assert_int_equal(s.report.outcome, outcomes[worst]);
        assert_int_equal(s.report.first->outcome, outcomes[parts[0]]);
        assert_int_equal(s.report.last->outcome, outcomes[parts[1]]);
        assert_int_equal(es_report_exit(&s.report), worst == 0 ? 0 : worst == 1 ? 2 : 1);
        sample_clear(&s);
    }
}

static void a_document_without_signature_is_indeterminate(void **state)
{
    struct sample *s = *state;

    judge(s);
    assert_int_equal(s->report.outcome, ES_OUTCOME_INDETERMINATE);
    assert_true(es_findings_have(&s->report.findings, ES_V_NO_SIGNATURE));
    assert_int_equal(s->report.findings.count, 1);
}

static void a_container_that_cannot_be_read_is_not_said_to_lack_a_seal(void **state)
{
    struct sample *s = *state;

    es_finding_add(&s->report.findings, ES_CHECK_FORMAT, ES_V_CONTAINER_MALFORMED, NULL, NULL);
    judge(s);
    assert_int_equal(s->report.outcome, ES_OUTCOME_INVALID);
    assert_false(es_findings_have(&s->report.findings, ES_V_NO_SIGNATURE));
}

static void a_run_that_came_to_no_end_is_never_valid(void **state)
{
    struct sample *s = *state;
    struct es_report_signature *sig = sample_seal(s);

    s->report.complete = false;
    judge(s);
    assert_int_equal(s->report.outcome, ES_OUTCOME_INDETERMINATE);
    assert_int_equal(sig->outcome, ES_OUTCOME_INDETERMINATE);
    assert_true(es_findings_have(&s->report.findings, ES_V_CHECK_NOT_RUN));
    assert_true(es_findings_have(&sig->findings, ES_V_CHECK_NOT_RUN));
    es_finding_add(&sig->findings, ES_CHECK_DOCUMENT_INTEGRITY, CODE_I, NULL, "x");
    judge(s); /* what is proved wrong stays wrong */
    assert_int_equal(s->report.outcome, ES_OUTCOME_INVALID);
}

static void lost_findings_make_everything_indeterminate(void **state)
{
    for (int part = 0; part < 3; part++) {
        struct sample s;
        struct es_report_signature *sig = NULL;
        struct es_error err = {0};

        (void) state;
        sample_init(&s, "assured");
        sig = sample_seal(&s);
        if (part == 0)
            s.report.findings.lost = true;
        if (part == 1)
            sig->findings.lost = true;
        if (part == 2)
            sig->evidence.failed = ES_E_NOMEM;
        assert_int_equal(es_report_judge(&s.report, &err), ES_E_NOMEM);
        assert_int_equal(s.report.outcome, ES_OUTCOME_INDETERMINATE);
        assert_int_equal(sig->outcome, ES_OUTCOME_INDETERMINATE);
        assert_true(es_findings_have(&s.report.findings, ES_V_CHECK_NOT_RUN));
        sample_clear(&s);
    }
}

static void checks_that_do_not_apply_are_not_required(void **state)
{
    struct sample *s = *state;
    struct es_report_signature *sig = sample_seal(s);

    for (unsigned i = 0; i < ES_CHECK_COUNT; i++) {
        if (i == ES_CHECK_SIGNATURE)
            continue;
        sig->ran[i] = false;
        sig->not_applicable[i] = true;
    }
    judge(s);
    assert_int_equal(sig->outcome, ES_OUTCOME_VALID);
    assert_int_equal(sig->results[ES_CHECK_SEAL_SIGNATURE], ES_RESULT_UNKNOWN);
}

static void the_signature_itself_is_always_required(void **state)
{
    struct sample *s = *state;
    struct es_report_signature *sig = sample_seal(s);

    sig->ran[ES_CHECK_SIGNATURE] = false;
    sig->not_applicable[ES_CHECK_SIGNATURE] = true;
    judge(s);
    assert_int_equal(sig->outcome, ES_OUTCOME_INDETERMINATE);
}

static void seal_state_is_required_by_policy_or_when_a_source_was_given(void **state)
{
    (void) state;
    for (int i = 0; i < 4; i++) {
        struct sample s;
        struct es_report_signature *sig = NULL;

        sample_init(&s, (i & 1) != 0 ? "assured" : "standard");
        sig = sample_seal(&s);
        sig->ran[ES_CHECK_SEAL_STATE_AT_SIGNING] = false;
        sig->state.source = (i & 2) != 0 ? "file" : NULL;
        judge(&s);
        assert_int_equal(sig->outcome, i == 0 ? ES_OUTCOME_VALID : ES_OUTCOME_INDETERMINATE);
        sample_clear(&s);
    }
}

static void skipped_checks_read_as_skipped_unless_something_was_found(void **state)
{
    struct sample *s = *state;
    struct es_report_signature *sig = sample_seal(s);

    es_finding_add(&sig->findings, ES_CHECK_SIGNATURE, ES_V_SIGNATURE_VALUE_INVALID, NULL, NULL);
    sig->ran[ES_CHECK_SIGNER_CERT_TIME] = false;
    sig->skipped[ES_CHECK_SIGNER_CERT_TIME] = true;
    sig->skipped[ES_CHECK_MAKER_TRUSTED] = true;
    es_finding_add(&sig->findings, ES_CHECK_MAKER_TRUSTED, CODE_N, NULL, NULL);
    judge(s);
    assert_int_equal(sig->outcome, ES_OUTCOME_INVALID);
    assert_int_equal(sig->results[ES_CHECK_SIGNER_CERT_TIME], ES_RESULT_SKIPPED);
    assert_int_equal(sig->results[ES_CHECK_MAKER_TRUSTED], ES_RESULT_UNKNOWN);
}

static void judging_twice_changes_nothing(void **state)
{
    struct sample *s = *state;
    struct es_report_signature *sig = sample_seal(s);

    sig->ran[ES_CHECK_FORMAT] = false;
    s->report.complete = false;
    judge(s);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sig->findings.count, 1);
        assert_int_equal(s->report.findings.count, 1);
        assert_int_equal(sig->results[ES_CHECK_FORMAT], ES_RESULT_UNKNOWN);
        assert_int_equal(s->report.outcome, ES_OUTCOME_INDETERMINATE);
        judge(s);
    }
}

static void evidence_is_sorted_and_each_piece_named_once(void **state)
{
    struct sample *s = *state;
    struct es_report_signature *sig = sample_seal(s);
    static const uint8_t order[] = {3, 1, 2, 3, 1};

    for (size_t i = 0; i < sizeof order; i++) {
        uint8_t digest[ES_SM3_LEN];

        memset(digest, order[i], sizeof digest);
        es_buf_put(&sig->evidence, digest, sizeof digest);
    }
    judge(s);
    assert_int_equal(sig->evidence.len, 3 * ES_SM3_LEN);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(sig->evidence.ptr[i * ES_SM3_LEN], i + 1);
}

#define WITH_SAMPLE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SAMPLE(a_report_nobody_judged_is_not_valid),
        WITH_SAMPLE(every_check_made_and_passed_is_valid),
        cmocka_unit_test(each_required_check_left_out_is_named),
        cmocka_unit_test(effects_combine_as_the_table_says),
        cmocka_unit_test(every_code_has_its_effect_under_every_policy),
        cmocka_unit_test(a_document_takes_the_worst_of_its_parts),
        WITH_SAMPLE(a_document_without_signature_is_indeterminate),
        WITH_SAMPLE(a_container_that_cannot_be_read_is_not_said_to_lack_a_seal),
        WITH_SAMPLE(a_run_that_came_to_no_end_is_never_valid),
        cmocka_unit_test(lost_findings_make_everything_indeterminate),
        WITH_SAMPLE(checks_that_do_not_apply_are_not_required),
        WITH_SAMPLE(the_signature_itself_is_always_required),
        cmocka_unit_test(seal_state_is_required_by_policy_or_when_a_source_was_given),
        WITH_SAMPLE(skipped_checks_read_as_skipped_unless_something_was_found),
        WITH_SAMPLE(judging_twice_changes_nothing),
        WITH_SAMPLE(evidence_is_sorted_and_each_piece_named_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
