/* Policies: the values of verification.md 3, strict members, effects that may not be loosened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "es_report.h"

static es_status load_text(const char *text, struct es_policy *out, struct es_error *err)
{
    char path[] = "/tmp/eseal-policy-XXXXXX";
    int fd = mkstemp(path);
    es_status status = ES_OK;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t) strlen(text));
    close(fd);
    status = es_policy_load(path, out, err);
    unlink(path);
    return status;
}

static void assert_refused(const char *text, const char *message)
{
    struct es_policy policy = {0};
    struct es_error err = {0};

    assert_int_equal(load_text(text, &policy, &err), ES_E_CONFIG);
    assert_int_equal(err.status, ES_E_CONFIG);
    assert_null(policy.effects);
    if (strstr(err.text, message) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, message);
}

static void built_in_policies_have_the_values_of_the_specification(void **state)
{
    static const struct {
        const char *name;
        enum es_time_trust time;
        bool state_required;
        int64_t age_s;
        bool after_proof;
    } cases[] = {
        {"standard", ES_TIME_CLAIMED, false, 7 * 86400, false},
        {"assured", ES_TIME_UNTIL_EVENT, true, 86400, false},
        {"strict", ES_TIME_PROOF, true, 86400, true},
    };

    (void) state;
    for (int i = 0; i < 3; i++) {
        struct es_policy policy = {0};

        assert_int_equal(es_policy_load(cases[i].name, &policy, NULL), ES_OK);
        assert_string_equal(policy.id, cases[i].name);
        assert_int_equal(policy.base, i);
        assert_int_equal(policy.version, 1);
        assert_int_equal(policy.time_trust, cases[i].time);
        assert_int_equal(policy.state_required, cases[i].state_required);
        assert_int_equal(policy.revocation_max_age_s, cases[i].age_s);
        assert_int_equal(policy.revocation_after_proof, cases[i].after_proof);
        assert_int_equal(policy.conflict_s, 86400);
        for (size_t row = 0; row < es_code_count(); row++)
            assert_int_equal(es_policy_effect(&policy, es_code_at(row)->code),
                             es_code_at(row)->effect[i]);
        es_policy_clear(&policy);
    }
}

static void the_digest_is_that_of_the_file(void **state)
{
    struct es_policy policy = {0};
    struct es_buf hex = ES_BUF_INIT(100);

    (void) state;
    assert_int_equal(load_text("{\"id\":\"x\",\"version\":1,\"base\":\"strict\"}", &policy, NULL),
                     ES_OK);
    es_buf_put_hex(&hex, es_span_of(policy.sm3, ES_SM3_LEN));
    /* printf '{"id":"x","version":1,"base":"strict"}' | openssl dgst -sm3 */
    assert_string_equal(es_buf_cstr(&hex),
                        "cdb12c8fd3ee5ce51e92495935adb591018751a09b17f4176de92a2665fffc03");
    es_buf_clear(&hex);
    es_policy_clear(&policy);
}

static void a_file_changes_only_what_it_names(void **state)
{
    struct es_policy policy = {0};

    (void) state;
    assert_int_equal(load_text("{\"id\":\"our.rules-2\",\"version\":7,\"base\":\"assured\","
                               "\"effects\":{\"internal_only\":\"W\",\"name_mismatch\":\"I\","
                               "\"stamp_scaled\":\"-\"},"
                               "\"state\":\"if_given\",\"state_max_age\":\"90m\"}",
                               &policy, NULL),
                     ES_OK);
    assert_string_equal(policy.id, "our.rules-2");
    assert_int_equal(policy.version, 7);
    assert_int_equal(es_policy_effect(&policy, ES_V_INTERNAL_ONLY), ES_EFFECT_WARNING);
    assert_int_equal(es_policy_effect(&policy, ES_V_NAME_MISMATCH), ES_EFFECT_INVALID);
    assert_int_equal(es_policy_effect(&policy, ES_V_STAMP_SCALED), ES_EFFECT_NOTE);
    assert_int_equal(es_policy_effect(&policy, ES_V_RANGE_ANNOTATION_OPEN),
                     ES_EFFECT_INDETERMINATE);
    assert_int_equal(es_policy_effect(&policy, ES_V_NONE), ES_EFFECT_INDETERMINATE);
    assert_int_equal(policy.time_trust, ES_TIME_UNTIL_EVENT);
    assert_false(policy.state_required);
    assert_int_equal(policy.state_max_age_s, 90 * 60);
    assert_int_equal(policy.revocation_max_age_s, 86400);
    es_policy_clear(&policy);
    es_policy_clear(&policy);
}

#define START "{\"id\":\"x\",\"version\":1,\"base\":\"assured\""

static void unknown_and_missing_members_are_refused(void **state)
{
    (void) state;
    assert_refused(START ",\"efects\":{}}", "unknown member \"efects\"");
    assert_refused(START ",\"id\":\"y\"}", "duplicate member");
    assert_refused("{\"version\":1,\"base\":\"assured\"}", "\"id\" is to be a string");
    assert_refused("{\"id\":\"x\",\"base\":\"assured\"}", "\"version\" is to be a whole number");
    assert_refused("{\"id\":\"x\",\"version\":1}", "\"base\" is to be a string");
    assert_refused("[]", "an object is needed");
    assert_refused("", "not JSON");
}

static void values_out_of_range_are_refused(void **state)
{
    (void) state;
    assert_refused("{\"id\":\"assured\",\"version\":1,\"base\":\"standard\"}",
                   "\"id\" is that of a built-in policy");
    assert_refused("{\"id\":\"X y\",\"version\":1,\"base\":\"assured\"}",
                   "\"id\" is to be 1 to 64");
    assert_refused("{\"id\":\"\",\"version\":1,\"base\":\"assured\"}", "\"id\" is to be 1 to 64");
    assert_refused("{\"id\":\"x\",\"version\":0,\"base\":\"assured\"}", "\"version\" is to be 1");
    assert_refused("{\"id\":\"x\",\"version\":1,\"base\":\"lax\"}", "\"base\" has a value");
    assert_refused(START ",\"time\":\"any\"}", "\"time\" has a value");
    assert_refused(START ",\"state\":true}", "\"state\" is to be a string, found true");
    assert_refused(START ",\"state_max_age\":\"24\"}", "\"state_max_age\" is to be like");
    assert_refused(START ",\"state_max_age\":\"\"}", "\"state_max_age\" is to be like");
    assert_refused(START ",\"state_max_age\":\"1h \"}", "\"state_max_age\" is to be like");
    assert_refused(START ",\"state_max_age\":\"0d\"}", "out of range");
    assert_refused(START ",\"state_max_age\":\"9999999999d\"}", "out of range");
    assert_refused(START ",\"state_max_age\":\"99999999999d\"}", "is to be like");
    assert_refused(START ",\"revocation_after_proof\":1}", "is to be true or false");
}

static void bad_effects_are_refused(void **state)
{
    (void) state;
    assert_refused(START ",\"effects\":[]}", "\"effects\" is to be an object");
    assert_refused(START ",\"effects\":{\"nothing\":\"I\"}}", "code that is not known: nothing");
    assert_refused(START ",\"effects\":{\"a\\u001b\":\"I\"}}", "code that is not known: ?");
    assert_refused(START ",\"effects\":{\"internal_only\":\"X\"}}", "is to be \"I\"");
    assert_refused(START ",\"effects\":{\"internal_only\":\"\"}}", "is to be \"I\"");
    assert_refused(START ",\"effects\":{\"internal_only\":\"WW\"}}", "is to be \"I\"");
    assert_refused(START ",\"effects\":{\"internal_only\":1}}", "is to be \"I\"");
}

static void no_file_makes_a_changed_document_valid(void **state)
{
    (void) state;
    for (size_t row = 0; row < es_code_count(); row++) {
        const struct es_code_info *info = es_code_at(row);
        char text[200];

        if (info->effect[ES_POLICY_STANDARD] != ES_EFFECT_INVALID)
            continue;
        snprintf(text, sizeof text, START ",\"effects\":{\"%s\":\"N\"}}", info->id);
        assert_refused(text, "may not be milder than I");
    }
    assert_refused(START ",\"effects\":{\"check_not_run\":\"W\"}}", "may not be milder than N");
    assert_refused(START ",\"effects\":{\"no_signature\":\"-\"}}", "may not be milder than N");
}

static void an_absent_file_is_told_with_the_built_in_names(void **state)
{
    struct es_policy policy = {0};
    struct es_error err = {0};

    (void) state;
    assert_int_equal(es_policy_load("no/such/file", &policy, &err), ES_E_ABSENT);
    assert_non_null(strstr(err.text, "standard, assured, strict"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_in_policies_have_the_values_of_the_specification),
        cmocka_unit_test(the_digest_is_that_of_the_file),
        cmocka_unit_test(a_file_changes_only_what_it_names),
        cmocka_unit_test(unknown_and_missing_members_are_refused),
        cmocka_unit_test(values_out_of_range_are_refused),
        cmocka_unit_test(bad_effects_are_refused),
        cmocka_unit_test(no_file_makes_a_changed_document_valid),
        cmocka_unit_test(an_absent_file_is_told_with_the_built_in_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
