/*
 * The built-in profiles against requirements 2.6, transcribed here row by row. Beside each value
 * stands how the table marks it: c the text gives it, o our choice, b both, . the table says
 * nothing. Columns: national, then the four local texts in the order of the table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_profile.h"

#define COLUMNS 5

#define SIX                                                                                        \
    "[\"org_renamed\",\"legal_rep_changed\",\"holder_renamed\",\"physical_seal_changed\","         \
    "\"seal_damaged\"]"
#define FOUR_DEVICES "[\"usb_key\",\"mobile_module\",\"crypto_machine\",\"sign_server\"]"
#define FIVE_DEVICES                                                                               \
    "[\"usb_key\",\"mobile_module\",\"crypto_machine\",\"sign_server\",\"seal_server\"]"
#define BY_ART_14                                                                                  \
    "[\"application_approval\",\"founding_document\",\"making_data\",\"set_by_making_unit\"]"
#define UNIT_HANDLER "[\"unit_identity\",\"handler_identity\"]"
#define ALL_THREE "[\"unit_identity\",\"handler_identity\",\"holder_identity\"]"
#define PROOFS "[\"relevant_proofs\"]"
#define OD "[\"official\",\"duty\"]"
#define ODP "[\"official\",\"duty\",\"personal\"]"
#define BOTH "[\"decentralised\",\"centralised\"]"
#define SAME_THREE "[\"gmt_0031\",\"gat_1106\",\"gbt_33481\"]"
#define LOG_FOUR "[\"date\",\"matter\",\"approver\",\"count\"]"
#define T "true"
#define F "false"
#define NONE "\"none\""

static const struct {
    const char *requirement, *param;
    const char *value[COLUMNS];
    const char *marks;
} rows[] = {
    {"R-002", "classes", {"[\"official\",\"duty\",\"internal\"]", ODP, ODP, ODP, OD}, "ccccc"},
    {"R-002",
     "personal_kinds",
     {"[]", "[\"personal_signature\"]", "[\"personal_seal\"]", "[\"personal_seal\"]", "[]"},
     "ccccc"},
    {"R-032", "physical_first", {"[]", OD, ODP, ODP, OD}, "cc.cc"},
    {"R-020",
     "application_route",
     {"\"issuing_then_making\"", "\"service_body\"", "\"issuing_department\"", "\"service_body\"",
      "\"service_body\""},
     "ccccc"},
    {"R-034",
     "materials_official",
     {BY_ART_14, UNIT_HANDLER, PROOFS, UNIT_HANDLER, UNIT_HANDLER},
     "ccccc"},
    {"R-034", "materials_duty", {BY_ART_14, ALL_THREE, PROOFS, ALL_THREE, ALL_THREE}, "ccccc"},
    {"R-033",
     "materials_personal",
     {"[]", "[\"holder_identity\"]", PROOFS, "[\"holder_identity\"]", "[]"},
     ".bcc."},
    {"R-038",
     "rejection_notice_within",
     {"\"1wd\"", "\"1wd\"", "\"1wd\"", "\"1wd\"", "\"1wd\""},
     "obbbo"},
    {"R-043",
     "imprint_source",
     {"\"rules_and_sharing\"", "\"police_then_applicant\"", "\"police_filing\"",
      "\"police_then_applicant\"", "\"rules\""},
     "ccccc"},
    {"R-046", "imprint_comparison", {T, T, T, T, F}, "ococ."},
    {"R-047", "applicant_confirms_imprint", {T, T, F, F, F}, "oc..."},
    {"R-048", "name_equals_certificate", {T, T, T, T, T}, "oooco"},
    {"R-059", "police_filing", {F, T, F, T, F}, ".c.c."},
    {"R-059", "police_filing_within", {NONE, "\"24h\"", NONE, "\"24h\"", NONE}, ".o.c."},
    {"R-060",
     "platform_link",
     {"\"status_sharing\"", "\"national\"", "\"national\"", "\"national\"", "\"province\""},
     "ccccc"},
    {"R-060", "platform_filing", {F, T, T, F, F}, ".cc.."},
    {"R-060", "platform_filing_within", {NONE, NONE, "\"24h\"", NONE, NONE}, "..c.."},
    {"R-061", "making_unit_filing", {T, F, F, F, F}, "c...."},
    {"R-063",
     "validity",
     {"\"within\"", "\"equal\"", "\"equal\"", "\"equal\"", "\"within\""},
     "cccco"},
    {"R-064", "renewal_window", {NONE, "\"30d\"", "\"1m\"", "\"3m\"", "\"30d\""}, ".ccco"},
    {"GD 12", "renewal_task", {F, T, T, T, T}, ".c..."},
    {"R-065",
     "renewal_after_end",
     {"[]", "[]", "[\"online\"]", "[\"online\",\"body\"]", "[]"},
     "c.cc."},
    {"R-066", "image_kept_at_renewal", {T, T, T, T, T}, "oocco"},
    {"R-067", "unused_suspended_after", {NONE, "\"12m\"", NONE, NONE, NONE}, ".c..."},
    {"R-068", "unused_needs_application", {F, T, F, F, F}, ".c..."},
    {"R-071",
     "replace_reasons",
     {"[\"org_renamed\",\"device_damaged\",\"lost\",\"key_compromise\","
      "\"validity_ended\"]",
      SIX, SIX, SIX, "[]"},
     "cccc."},
    {"R-075",
     "cancel_materials",
     {"[\"set_by_making_unit\"]", "[\"written_application\",\"identity_proof\"]", "[]",
      "[\"written_application\",\"identity_proof\"]", "[]"},
     "cc.c."},
    {"R-076",
     "cancellation_decided_by",
     {"\"issuing_department\"", "\"service_body\"", "\"issuing_department\"", "\"service_body\"",
      "\"service_body\""},
     "cccc."},
    {"R-077", "authority_may_cancel", {T, F, F, F, F}, "c...."},
    {"R-080",
     "invalid_seal_notice",
     {"\"query_service\"", "\"public_notice\"", NONE, NONE, NONE},
     "cc..."},
    {"R-080",
     "notice_approved_by",
     {"[]", "[\"competent_department\",\"police\"]", "[]", "[]", "[]"},
     ".c..."},
    {"R-084",
     "use_approval",
     {"\"by_law_and_rules\"", "\"as_physical\"", "\"as_physical\"", "\"as_physical\"",
      "\"as_physical\""},
     "ccccc"},
    {"R-090",
     "use_log_fields",
     {"[\"process_information\"]", LOG_FOUR, "[\"approval\",\"record\"]", "[\"registration\"]",
      LOG_FOUR},
     "coccc"},
    {"R-087",
     "custodian",
     {"\"owner_decides\"", "\"named\"", "\"named\"", "\"named\"", "\"confidential_secretary\""},
     "ccccc"},
    {"R-089", "central_admin_named", {T, T, T, T, T}, "..c.."},
    {"R-088", "modes", {BOTH, BOTH, BOTH, BOTH, BOTH}, ".ocoo"},
    {"R-095",
     "password_change_within",
     {"\"90d\"", "\"90d\"", "\"90d\"", "\"90d\"", "\"90d\""},
     "ooobo"},
    {"R-096", "password_reset_by_application", {T, T, T, T, T}, "oooco"},
    {"R-058",
     "making_retention",
     {"\"long_term\"", "\"forever\"", "\"forever\"", "\"forever\"", "\"forever\""},
     "cocco"},
    {"R-107", "independent_audit", {T, T, T, T, T}, "oooco"},
    {"R-028",
     "making_split",
     {"\"encouraged\"", "\"not_required\"", "\"not_required\"", "\"not_required\"",
      "\"not_required\""},
     "c...."},
    {"R-055",
     "storage_devices",
     {FIVE_DEVICES, FOUR_DEVICES, FOUR_DEVICES, FIVE_DEVICES, FIVE_DEVICES},
     ".ccc."},
    {"R-055", "storage_certified", {T, T, T, T, T}, "cccc."},
    {"R-008", "printed_is_copy", {F, T, F, T, T}, ".c.cc"},
    {"R-114",
     "protection_level",
     {"\"by_law\"", "\"level_3\"", "\"level_3_public\"", "\"level_3\"", "\"level_3\""},
     "ccccc"},
    {"R-116",
     "standards",
     {"[\"national_standards\"]", "[\"national_seal_format\"]", "[\"platform_standards\"]",
      SAME_THREE, SAME_THREE},
     "ccccc"},
};

static struct es_profile *presets[COLUMNS];

static int load_presets(void **state)
{
    struct es_error err = {0};

    (void) state;
    for (size_t i = 0; i < COLUMNS; i++) {
        if (es_profile_load_builtin(es_profile_builtin_id(i), &presets[i], &err) != ES_OK)
            fail_msg("%s: %s", es_profile_builtin_id(i), err.text);
    }
    return 0;
}

static int free_presets(void **state)
{
    (void) state;
    for (size_t i = 0; i < COLUMNS; i++)
        es_profile_free(presets[i]);
    return 0;
}

static void the_five_texts_are_built_in_and_no_more(void **state)
{
    static const char *const ids[] = {"national", "guangdong", "sichuan", "weihai", "luohe"};
    struct es_profile *none = NULL;

    (void) state;
    for (size_t i = 0; i < COLUMNS; i++) {
        assert_string_equal(es_profile_builtin_id(i), ids[i]);
        assert_string_equal(es_profile_head(presets[i])->id, ids[i]);
        assert_int_equal(es_profile_head(presets[i])->version, 1);
    }
    assert_null(es_profile_builtin_id(COLUMNS));
    assert_int_equal(es_profile_load_builtin("atlantis", &none, NULL), ES_E_ABSENT);
    assert_null(none);
}

static void every_preset_has_the_value_of_the_table(void **state)
{
    (void) state;
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const struct es_profile_param_info *info = es_profile_param_by_id(rows[r].param);

        assert_non_null(info);
        for (size_t c = 0; c < COLUMNS; c++) {
            ES_AUTO(es_buf) shown = ES_BUF_INIT(4096);

            es_profile_put_json(info->param, es_profile_rule(presets[c], info->param)->value,
                                &shown);
            if (!es_span_is(es_buf_span(&shown), rows[r].value[c]))
                fail_msg("%s %s %s: %s, the table has %s", rows[r].requirement, rows[r].param,
                         es_profile_builtin_id(c), es_buf_cstr(&shown), rows[r].value[c]);
        }
    }
}

static void every_preset_says_what_is_the_texts_and_what_is_ours(void **state)
{
    (void) state;
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        for (size_t c = 0; c < COLUMNS; c++) {
            const struct es_profile_rule *rule = es_profile_rule(
                presets[c], es_profile_param_by_id(rows[r].param)->param);
            char mark = rows[r].marks[c];
            bool good = mark == '.'   ? rule->cite_count > 0 || rule->ours_en != NULL
                        : mark == 'c' ? rule->cite_count > 0 && rule->ours_en == NULL
                        : mark == 'o' ? rule->cite_count == 0 && rule->ours_en != NULL
                                      : rule->cite_count > 0 && rule->ours_en != NULL;

            assert_int_equal(strlen(rows[r].marks), COLUMNS);
            if (!good)
                fail_msg("%s of %s is not marked \"%c\"", rows[r].param, es_profile_builtin_id(c),
                         mark);
        }
    }
}

static void every_parameter_stands_in_the_table_once_and_names_its_requirement(void **state)
{
    (void) state;
    assert_int_equal(sizeof rows / sizeof rows[0], ES_PROFILE_PARAM_COUNT);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const struct es_profile_param_info *info = es_profile_param_by_id(rows[r].param);

        assert_int_equal(info->param, r); /* in the order of the table, so none twice */
        if (rows[r].requirement[0] == 'R')
            assert_non_null(strstr(info->basis, rows[r].requirement));
    }
}

static void a_preset_cites_only_its_own_text(void **state)
{
    static const char *const keys[] = {"NAT ", "GD ", "SC ", "WH ", "LH "};

    (void) state;
    for (size_t c = 0; c < COLUMNS; c++) {
        assert_int_equal(es_profile_regulation_count(presets[c]), 1);
        for (int i = 0; i < ES_PROFILE_PARAM_COUNT; i++) {
            const struct es_profile_rule *rule = es_profile_rule(presets[c],
                                                                 (enum es_profile_param) i);

            for (size_t k = 0; k < rule->cite_count; k++)
                assert_int_equal(strncmp(rule->cites[k], keys[c], strlen(keys[c])), 0);
        }
    }
}

/* Why the local presets stand alone: each has rules that the national text would call looser. */
static void no_local_preset_could_extend_the_national_one(void **state)
{
    static const char *const looser[COLUMNS][6] = {
        {NULL},
        {"classes", "application_route", "making_unit_filing", "cancellation_decided_by", NULL},
        {"classes", "application_route", "making_unit_filing", "applicant_confirms_imprint", NULL},
        {"classes", "application_route", "making_unit_filing", "renewal_after_end", NULL},
        {"application_route", "making_unit_filing", "imprint_comparison", "authority_may_cancel",
         NULL},
    };

    (void) state;
    for (size_t c = 1; c < COLUMNS; c++) {
        assert_null(es_profile_head(presets[c])->parent_id);
        for (size_t i = 0; looser[c][i] != NULL; i++) {
            enum es_profile_param param = es_profile_param_by_id(looser[c][i])->param;

            assert_int_equal(es_profile_compare(param, es_profile_rule(presets[0], param)->value,
                                                es_profile_rule(presets[c], param)->value),
                             ES_PROFILE_LOOSER);
        }
    }
}

static void presets_have_the_dates_of_their_texts(void **state)
{
    /* the national text and Luohe from issue, Weihai two years, the two drafts undated */
    static const struct {
        const char *start, *end;
    } dates[COLUMNS] = {{"2025-09-27", NULL},
                        {NULL, NULL},
                        {NULL, NULL},
                        {"2020-07-27", "2022-07-26"},
                        {"2020-04-16", NULL}};

    (void) state;
    for (size_t c = 0; c < COLUMNS; c++) {
        const struct es_profile_head *head = es_profile_head(presets[c]);
        int32_t day = 0;

        assert_int_equal(head->draft, dates[c].start == NULL);
        assert_int_equal(head->has_start, dates[c].start != NULL);
        assert_int_equal(head->has_end, dates[c].end != NULL);
        if (head->has_start) {
            assert_int_equal(es_china_day_parse(dates[c].start, &day, NULL), ES_OK);
            assert_int_equal(head->start_day, day);
        }
        if (head->has_end) {
            assert_int_equal(es_china_day_parse(dates[c].end, &day, NULL), ES_OK);
            assert_int_equal(head->end_day, day);
        }
        if (head->draft)
            assert_non_null(head->note_zh);
    }
}

static void values_are_read_by_their_types(void **state)
{
    (void) state;
    assert_true(es_profile_is_on(presets[1], ES_PARAM_POLICE_FILING));
    assert_false(es_profile_is_on(presets[0], ES_PARAM_POLICE_FILING));
    assert_string_equal(es_profile_word(presets[0], ES_PARAM_VALIDITY), "within");
    assert_true(es_profile_has(presets[3], ES_PARAM_RENEWAL_AFTER_END, "body"));
    assert_false(es_profile_has(presets[2], ES_PARAM_RENEWAL_AFTER_END, "body"));
    assert_int_equal(es_profile_period(presets[3], ES_PARAM_RENEWAL_WINDOW).unit, ES_PERIOD_MONTHS);
    assert_int_equal(es_profile_period(presets[3], ES_PARAM_RENEWAL_WINDOW).count, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_five_texts_are_built_in_and_no_more),
        cmocka_unit_test(every_preset_has_the_value_of_the_table),
        cmocka_unit_test(every_preset_says_what_is_the_texts_and_what_is_ours),
        cmocka_unit_test(every_parameter_stands_in_the_table_once_and_names_its_requirement),
        cmocka_unit_test(a_preset_cites_only_its_own_text),
        cmocka_unit_test(no_local_preset_could_extend_the_national_one),
        cmocka_unit_test(presets_have_the_dates_of_their_texts),
        cmocka_unit_test(values_are_read_by_their_types),
    };

    return cmocka_run_group_tests(tests, load_presets, free_presets);
}
