/*
 * a child may only tighten. Generated over the table of parameters: for each one all pairs
 * of sample values as parent and child; what must come out is computed here, from the directions
 * transcribed below.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile_text.h"

#define EXTENDS_PARENT "{\"id\":\"parent\",\"version\":3}"
#define SAMPLES_MAX 40

static const struct {
    const char *param, *direction;
} directions[] = {
    {"classes", "subset"},
    {"personal_kinds", "subset"},
    {"physical_first", "superset"},
    {"application_route", "none"},
    {"materials_official", "superset"},
    {"materials_duty", "superset"},
    {"materials_personal", "superset"},
    {"rejection_notice_within", "deadline"},
    {"imprint_source", "none"},
    {"imprint_comparison", "true"},
    {"applicant_confirms_imprint", "true"},
    {"name_equals_certificate", "true"},
    {"police_filing", "true"},
    {"police_filing_within", "deadline"},
    {"platform_link", "none"},
    {"platform_filing", "true"},
    {"platform_filing_within", "deadline"},
    {"making_unit_filing", "true"},
    {"validity", "later"},
    {"renewal_window", "window"},
    {"renewal_task", "true"},
    {"renewal_after_end", "subset"},
    {"image_kept_at_renewal", "true"},
    {"unused_suspended_after", "deadline"},
    {"unused_needs_application", "true"},
    {"replace_reasons", "superset"},
    {"cancel_materials", "superset"},
    {"cancellation_decided_by", "none"},
    {"authority_may_cancel", "true"},
    {"invalid_seal_notice", "later"},
    {"notice_approved_by", "superset"},
    {"use_approval", "later"},
    {"use_log_fields", "superset"},
    {"custodian", "later"},
    {"central_admin_named", "true"},
    {"modes", "subset"},
    {"password_change_within", "deadline"},
    {"password_reset_by_application", "true"},
    {"making_retention", "later"},
    {"independent_audit", "true"},
    {"making_split", "later"},
    {"storage_devices", "subset"},
    {"storage_certified", "true"},
    {"printed_is_copy", "true"},
    {"protection_level", "later"},
    {"standards", "superset"},
};

/* A value as JSON, and a number to order it by: position, mask or hours. */
struct sample {
    char json[400];
    uint32_t number;
};

static void put_mask(const struct es_profile_param_info *info, uint32_t mask, struct sample *out)
{
    size_t at = 0;

    out->number = mask;
    at += (size_t) snprintf(out->json, sizeof out->json, "[");
    for (unsigned i = 0; info->words[i].id != NULL; i++) {
        if ((mask & 1u << i) != 0)
            at += (size_t) snprintf(out->json + at, sizeof out->json - at, "%s\"%s\"",
                                    at > 1 ? "," : "", info->words[i].id);
    }
    (void) snprintf(out->json + at, sizeof out->json - at, "]");
}

static size_t sets(const struct es_profile_param_info *info, struct sample out[SAMPLES_MAX])
{
    size_t words = 0, count = 0;
    uint32_t all;

    while (info->words[words].id != NULL)
        words++;
    all = (1u << words) - 1;
    if (!info->not_empty)
        put_mask(info, 0, &out[count++]);
    for (size_t i = 0; i < words; i++)
        put_mask(info, 1u << i, &out[count++]);
    put_mask(info, all, &out[count++]);
    for (size_t i = 0; i < words && words > 2; i++)
        put_mask(info, all & ~(1u << i), &out[count++]);
    return count;
}

static size_t periods(const struct es_profile_param_info *info, struct sample out[SAMPLES_MAX])
{
    static const struct {
        const char *text;
        unsigned unit;
        uint32_t number;
    } all[] = {{"none", ES_PERIOD_NONE, 0},         {"12h", ES_PERIOD_HOURS, 1},
               {"23h", ES_PERIOD_HOURS, 2},         {"24h", ES_PERIOD_HOURS, 3},
               {"25h", ES_PERIOD_HOURS, 4},         {"1wd", ES_PERIOD_WORKING_DAYS, 11},
               {"2wd", ES_PERIOD_WORKING_DAYS, 12}, {"1m", ES_PERIOD_MONTHS, 21},
               {"3m", ES_PERIOD_MONTHS, 22},        {"12m", ES_PERIOD_MONTHS, 23}};
    size_t count = 0;

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i].unit != ES_PERIOD_NONE && (info->units & 1u << all[i].unit) == 0)
            continue;
        (void) snprintf(out[count].json, sizeof out[count].json, "\"%s\"", all[i].text);
        out[count++].number = all[i].number;
    }
    return count;
}

static size_t samples(const struct es_profile_param_info *info, struct sample out[SAMPLES_MAX])
{
    size_t count = 0;

    switch (info->type) {
    case ES_PROFILE_BOOL:
        out[0] = (struct sample){"false", 0};
        out[1] = (struct sample){"true", 1};
        return 2;
    case ES_PROFILE_WORD:
        for (; info->words[count].id != NULL; count++) {
            (void) snprintf(out[count].json, sizeof out[count].json, "\"%s\"",
                            info->words[count].id);
            out[count].number = (uint32_t) count;
        }
        return count;
    case ES_PROFILE_SET:
        return sets(info, out);
    case ES_PROFILE_PERIOD:
        break;
    }
    return periods(info, out);
}

/* Hours within working days is the one pair of units here that can be proved. */
static bool is_shorter(uint32_t a, uint32_t b)
{
    if (a / 10 == b / 10)
        return b < a;
    return a / 10 == 1 && b / 10 == 0 && (b <= 3 || a == 12);
}

static bool may(const char *direction, uint32_t a, uint32_t b)
{
    if (a == b)
        return true;
    if (strcmp(direction, "true") == 0 || strcmp(direction, "later") == 0)
        return b > a;
    if (strcmp(direction, "subset") == 0)
        return (a | b) == a;
    if (strcmp(direction, "superset") == 0)
        return (a & b) == a;
    if (strcmp(direction, "deadline") == 0)
        return a == 0 || (b != 0 && is_shorter(a, b));
    if (strcmp(direction, "window") == 0)
        return a != 0 && b != 0 && is_shorter(a, b);
    return false;
}

static struct es_profile *load_one(const char *param, const char *json, const char *extends,
                                   const struct es_profile *const *known, es_status *status,
                                   struct es_error *err)
{
    struct es_profile *out = NULL;
    ES_AUTO(es_buf) rule = ES_BUF_INIT(4096);
    struct profile_text text = {.extends = extends, .param = param};

    es_buf_printf(&rule, "{\"value\":%s,\"cites\":[\"T 2\"]}", json);
    text.rule = es_buf_cstr(&rule);
    *status = load_made(&text, known, known == NULL ? 0 : 1, &out, err);
    return out;
}

static void try_pair(const struct es_profile_param_info *info, const char *direction,
                     const struct es_profile *parent, const struct sample *a,
                     const struct sample *b)
{
    struct es_error err = {0};
    es_status status = ES_OK;
    struct es_profile *child = load_one(info->id, b->json, EXTENDS_PARENT, &parent, &status, &err);
    bool allowed = may(direction, a->number, b->number);

    if (status != (allowed ? ES_OK : ES_E_CONFIG) || (child != NULL) != allowed)
        fail_msg("%s: %s below %s: %s", info->id, b->json, a->json, err.text);
    if (!allowed && (strstr(err.text, info->id) == NULL || strstr(err.text, a->json) == NULL ||
                     strstr(err.text, b->json) == NULL || strstr(err.text, "looser: ") == NULL))
        fail_msg("%s: the refusal does not tell why: %s", info->id, err.text);
    if (allowed)
        assert_false(es_profile_rule(child, info->param)->inherited);
    es_profile_free(child);
}

static void every_looser_child_is_refused_and_every_tighter_one_accepted(void **state)
{
    static struct sample all[SAMPLES_MAX];

    (void) state;
    assert_int_equal(sizeof directions / sizeof directions[0], ES_PROFILE_PARAM_COUNT);
    for (size_t p = 0; p < ES_PROFILE_PARAM_COUNT; p++) {
        const struct es_profile_param_info *info = es_profile_param_by_id(directions[p].param);
        size_t count, refused = 0;

        assert_non_null(info);
        count = samples(info, all);
        assert_true(count >= 2 && count <= SAMPLES_MAX);
        for (size_t a = 0; a < count; a++) {
            es_status status = ES_OK;
            struct es_error err = {0};
            struct es_profile *parent = load_one(info->id, all[a].json, NULL, NULL, &status, &err);

            if (status != ES_OK)
                fail_msg("%s: %s: %s", info->id, all[a].json, err.text);
            for (size_t b = 0; b < count; b++) {
                refused += !may(directions[p].direction, all[a].number, all[b].number);
                try_pair(info, directions[p].direction, parent, &all[a], &all[b]);
            }
            es_profile_free(parent);
        }
        assert_true(refused > 0); /* there is a looser value for every parameter */
    }
}

static void a_refusal_names_parameter_both_values_and_the_reason(void **state)
{
    struct es_error err = {0};
    es_status status = ES_OK;
    struct es_profile *parent = load_one("police_filing_within", "\"24h\"", NULL, NULL, &status,
                                         &err);
    struct es_profile *child = load_one("police_filing_within", "\"48h\"", EXTENDS_PARENT,
                                        (const struct es_profile *const *) &parent, &status, &err);

    (void) state;
    assert_null(child); /* longer filing deadline */
    assert_int_equal(status, ES_E_CONFIG);
    assert_string_equal(err.text, "rule \"police_filing_within\" has \"48h\" where parent 3 has "
                                  "\"24h\", which is looser: it is longer");
    es_profile_free(parent);
}

static void a_child_inherits_what_it_does_not_say_with_its_citations(void **state)
{
    struct es_profile *child = NULL;
    struct es_error err = {0};
    struct profile_text text = {
        .extends = "{\"id\":\"national\",\"version\":1}",
        .param = "custodian",
        .rule = "{\"value\":\"named\",\"cites\":[\"X 5\",\"NAT 21\"]}",
        .head = "\"v\":1,\"id\":\"town\",\"version\":1,\"title\":\"T\",\"publisher\":\"P\","
                "\"start\":\"2026-02-01\",\"end\":\"none\",\"regulations\":{\"X\":\"Rules\"}"};
    const struct es_profile_rule *rule;

    (void) state;
    assert_int_equal(load_made(&text, NULL, 0, &child, &err), ES_OK);
    assert_string_equal(es_profile_head(child)->parent_id, "national");
    assert_int_equal(es_profile_regulation_count(child), 2);
    rule = es_profile_rule(child, ES_PARAM_VALIDITY);
    assert_true(rule->inherited);
    assert_string_equal(rule->cites[0], "NAT 16(1)");
    assert_string_equal(es_profile_word(child, ES_PARAM_VALIDITY), "within");
    rule = es_profile_rule(child, ES_PARAM_CUSTODIAN);
    assert_false(rule->inherited);
    assert_int_equal(rule->cite_count, 2);
    es_profile_free(child);
}

/* A grandchild is held to what the child made of it, not to the first text. */
static void tightening_goes_down_the_whole_line(void **state)
{
    struct es_error err = {0};
    es_status status = ES_OK;
    struct es_profile *line[3] = {NULL, NULL, NULL};
    struct profile_text text = {
        .extends = "{\"id\":\"child\",\"version\":1}",
        .param = "validity",
        .rule = "{\"value\":\"within\",\"cites\":[\"T 2\"]}",
        .head = "\"v\":1,\"id\":\"grandchild\",\"version\":1,\"title\":\"T\",\"publisher\":\"P\","
                "\"start\":\"2026-03-01\",\"end\":\"none\",\"regulations\":{}"};

    (void) state;
    line[0] = load_one("validity", "\"within\"", NULL, NULL, &status, &err);
    line[1] = load_one("validity", "\"equal\"", EXTENDS_PARENT,
                       (const struct es_profile *const *) line, &status, &err);
    assert_int_equal(status, ES_OK);
    assert_int_equal(load_made(&text, (const struct es_profile *const *) line, 2, &line[2], &err),
                     ES_E_CONFIG);
    text.rule = NULL;
    assert_int_equal(load_made(&text, (const struct es_profile *const *) line, 2, &line[2], &err),
                     ES_OK);
    es_profile_free(line[0]); /* nothing is kept of the parents */
    es_profile_free(line[1]);
    assert_string_equal(es_profile_word(line[2], ES_PARAM_VALIDITY), "equal");
    assert_string_equal(es_profile_rule(line[2], ES_PARAM_VALIDITY)->cites[0], "T 2");
    es_profile_free(line[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_looser_child_is_refused_and_every_tighter_one_accepted),
        cmocka_unit_test(a_refusal_names_parameter_both_values_and_the_reason),
        cmocka_unit_test(a_child_inherits_what_it_does_not_say_with_its_citations),
        cmocka_unit_test(tightening_goes_down_the_whole_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
