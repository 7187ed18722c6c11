/*
 * The tables against codes.md 4.3, 6, 7 and 8, copied here as lists of their own, and against what
 * areas below keep of them: names of states in lib/seal, published reasons in lib/ledger.
 */
#include "code_asserts.h"

#include "keep.h"

/* id, code, class, GB type, parent. */
static const struct kind {
    const char *id;
    unsigned code;
    enum es_seal_class klass;
    unsigned gb_types;
    bool needs_parent;
} kinds[] = {
    {"official_name", 1, ES_CLASS_OFFICIAL, 1, false},
    {"internal_org", 2, ES_CLASS_OFFICIAL, 1, true},
    {"branch", 3, ES_CLASS_OFFICIAL, 1, true},
    {"biz_contract", 11, ES_CLASS_OFFICIAL, 1, false},
    {"biz_finance", 12, ES_CLASS_OFFICIAL, 1, false},
    {"biz_invoice", 13, ES_CLASS_OFFICIAL, 1, false},
    {"biz_inspection", 14, ES_CLASS_OFFICIAL, 1, false},
    {"biz_customs", 15, ES_CLASS_OFFICIAL, 1, false},
    {"biz_licence", 16, ES_CLASS_OFFICIAL, 1, false},
    {"biz_document", 17, ES_CLASS_OFFICIAL, 1, false},
    {"biz_personnel", 18, ES_CLASS_OFFICIAL, 1, false},
    {"biz_approval", 19, ES_CLASS_OFFICIAL, 1, false},
    {"biz_other", 29, ES_CLASS_OFFICIAL, 1, false},
    {"party", 31, ES_CLASS_OFFICIAL, 1, false},
    {"union", 32, ES_CLASS_OFFICIAL, 1, false},
    {"duty_legal_rep", 51, ES_CLASS_DUTY, 2, false},
    {"duty_operator", 52, ES_CLASS_DUTY, 2, false},
    {"duty_finance_head", 53, ES_CLASS_DUTY, 2, false},
    {"duty_authorised", 54, ES_CLASS_DUTY, 2, false},
    {"duty_other", 59, ES_CLASS_DUTY, 2, false},
    {"personal_seal", 71, ES_CLASS_PERSONAL, 2, false},
    {"personal_signature", 72, ES_CLASS_PERSONAL, 2, false},
    {"internal_only", 91, ES_CLASS_INTERNAL, 3, false},
};

static void the_kinds_are_those_of_the_list(void **state)
{
    (void) state;
    assert_int_equal(es_seal_kind_count(), COUNT(kinds));
    for (size_t i = 0; i < COUNT(kinds); i++) {
        const struct es_seal_kind_row *row = es_seal_kind_by_code(kinds[i].code);

        assert_non_null(row);
        assert_string_equal(row->id, kinds[i].id);
        assert_int_equal(row->klass, kinds[i].klass);
        assert_int_equal(row->gb_types, kinds[i].gb_types);
        assert_int_equal(row->needs_parent, kinds[i].needs_parent);
        assert_ptr_equal(es_seal_kind_by_id(es_span_str(kinds[i].id)), row);
    }
    assert_string_equal(es_seal_kind_by_code(14)->zh, "审验专用章");
    assert_string_equal(es_seal_kind_by_code(91)->zh, "仅用于内部业务的印章");
}

/* */
static void the_classes_are_three_and_internal(void **state)
{
    static const char *const ids[] = {"official", "duty", "personal", "internal"};

    (void) state;
    assert_int_equal(es_seal_class_count(), COUNT(ids));
    for (unsigned i = 0; i < COUNT(ids); i++) {
        assert_string_equal(es_seal_class_by_number(i + 1)->id, ids[i]);
        assert_int_equal(es_seal_class_by_id(es_span_str(ids[i]))->number, i + 1);
    }
    assert_string_equal(es_seal_class_by_id(BYTES("official"))->zh, "电子公章");
    assert_string_equal(es_seal_class_by_id(BYTES("duty"))->zh, "电子职务章");
}

static void the_application_types_are_those_of_the_list(void **state)
{
    static const char *const ids[] = {
        "new",
        "renew",
        "replace",
        "remake",
        "suspend",
        "resume",
        "report_loss",
        "cancel",
        "invalidate",
        "password_reset",
        "custodian_change",
        "info_correction",
        "delegate_making",
    };

    (void) state;
    assert_int_equal(es_application_type_count(), COUNT(ids));
    for (unsigned i = 0; i < COUNT(ids); i++) {
        assert_string_equal(es_application_type_by_number(i + 1)->id, ids[i]);
        assert_int_equal(es_application_type_by_id(es_span_str(ids[i]))->number, i + 1);
    }
}

static void what_no_table_has_is_not_found(void **state)
{
    (void) state;
    assert_null(es_seal_kind_by_code(0));
    assert_null(es_seal_kind_by_code(99));
    assert_null(es_seal_kind_by_id(BYTES("Branch")));
    assert_null(es_seal_kind_by_id(BYTES("branch\0")));
    assert_null(es_seal_class_by_number(0));
    assert_null(es_seal_class_by_number(5));
    assert_null(es_application_type_by_number(0));
    assert_null(es_application_type_by_number(14));
    assert_null(es_seal_state_by_number(0));
    assert_null(es_seal_state_by_number(31));
    assert_null(es_reason_by_number(0));
    assert_null(es_reason_by_number(23));
    assert_null(es_reason_by_number(UINT32_MAX));
    assert_null(es_reason_by_id(BYTES("")));
}

/* ---- states ---- */

static void the_states_have_the_numbers_and_names_of_the_seal_area(void **state)
{
    size_t rows = 0;

    (void) state;
    for (unsigned status = 0; status <= 256; status++) {
        const struct es_seal_state_row *row = es_seal_state_by_number(status);
        const char *name = es_seal_status_name((int) status);

        assert_int_equal(row != NULL, name != NULL);
        if (row == NULL)
            continue;
        rows++;
        assert_string_equal(row->id, name);
        assert_ptr_equal(es_seal_state_by_id(es_span_str(name)), row);
    }
    assert_int_equal(rows, 8);
    assert_int_equal(es_seal_state_count(), rows);
}

/* one state signs, and one reaches back. */
static void only_an_active_seal_signs_and_only_the_invalid_mark_reaches_back(void **state)
{
    (void) state;
    for (size_t i = 0; i < es_seal_state_count(); i++) {
        const struct es_seal_state_row *row = es_seal_state_at(i);

        assert_int_equal(row->may_sign, row->status == ES_STATUS_ACTIVE);
        assert_int_equal(row->meaning == ES_STATE_VALID, row->status == ES_STATUS_ACTIVE);
        assert_int_equal(row->meaning == ES_STATE_INVALID_BACK,
                         row->status == ES_STATUS_INVALIDATED);
        assert_int_equal(row->meaning == ES_STATE_SILENT, row->status < ES_STATUS_ACTIVE);
        assert_int_equal(row->national_status,
                         row->status < ES_STATUS_ACTIVE ? -1 : row->status != ES_STATUS_ACTIVE);
    }
}

/* status, application, messages. */
static void the_national_platform_is_told_of_each_change_as_its_messages_have_it(void **state)
{
    static const struct {
        enum es_seal_status status;
        enum es_application_type type;
        int tasks[2];
    } cases[] = {
        {ES_STATUS_MADE, ES_APPLICATION_NEW, {0, 0}},
        {ES_STATUS_FILED, ES_APPLICATION_NEW, {0, 0}},
        {ES_STATUS_ACTIVE, ES_APPLICATION_NEW, {207, 0}},
        {ES_STATUS_SUSPENDED, ES_APPLICATION_REPORT_LOSS, {209, 0}},
        {ES_STATUS_ACTIVE, ES_APPLICATION_RESUME, {207, 0}},
        {ES_STATUS_EXPIRED, ES_APPLICATION_NEW, {0, 0}},
        {ES_STATUS_SUPERSEDED, ES_APPLICATION_RENEW, {108, 0}},
        {ES_STATUS_SUPERSEDED, ES_APPLICATION_REPLACE, {209, 207}},
        {ES_STATUS_SUPERSEDED, ES_APPLICATION_REMAKE, {209, 207}},
        {ES_STATUS_CANCELLED, ES_APPLICATION_CANCEL, {209, 0}},
        {ES_STATUS_INVALIDATED, ES_APPLICATION_INVALIDATE, {209, 0}},
    };

    (void) state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        enum es_national_task tasks[2];

        es_national_tasks(cases[i].status, cases[i].type, tasks);
        assert_int_equal(tasks[0], cases[i].tasks[0]);
        assert_int_equal(tasks[1], cases[i].tasks[1]);
    }
    assert_int_equal(es_national_invalid_type(11, false), 2);
    assert_int_equal(es_national_invalid_type(12, true), 2);
    assert_int_equal(es_national_invalid_type(16, true), 0);
    assert_int_equal(es_national_invalid_type(1, false), 1);
    assert_int_equal(es_national_invalid_type(13, false), 1);
}

/* ---- reasons ---- */

/* Letters: c cancel, s suspend, p replace, k remake, w renew, r resume,
 * i invalidate, l report of loss. */
static const struct {
    unsigned n;
    const char *id, *on;
    int crl;
} reasons[] = {
    {1, "owner_request", "cs", 5},
    {2, "physical_seal_retired", "c", 5},
    {3, "org_dissolved", "c", 5},
    {4, "org_split_merge", "c", 3},
    {5, "org_renamed", "pc", 3},
    {6, "legal_rep_changed", "p", 3},
    {7, "holder_renamed", "p", 3},
    {8, "physical_seal_changed", "p", 4},
    {9, "seal_damaged", "pkcl", 4},
    {10, "device_damaged", "ckl", 4},
    {11, "lost", "sckl", 1},
    {12, "stolen", "scl", 1},
    {13, "key_compromise", "sckl", 1},
    {14, "validity_ended", "wk", -1},
    {15, "unused_period", "s", -1},
    {16, "illegal_making", "i", 9},
    {17, "ca_violation", "i", 2},
    {18, "issuer_order", "c", 9},
    {19, "court_or_police_order", "si", 9},
    {20, "making_error", "pc", 4},
    {21, "resume_after_check", "r", 8},
    {22, "reapplication", "r", -1},
};

static bool listed(const char *on, enum es_application_type type)
{
    static const char letters[] = "--wpksrlci----";

    return letters[type] != '-' && strchr(on, letters[type]) != NULL;
}

static void the_reasons_are_those_of_the_list(void **state)
{
    (void) state;
    assert_int_equal(es_reason_count(), COUNT(reasons) + 1);
    for (size_t i = 0; i < COUNT(reasons); i++) {
        const struct es_reason_row *row = es_reason_by_number(reasons[i].n);

        assert_non_null(row);
        assert_string_equal(row->id, reasons[i].id);
        assert_ptr_equal(es_reason_by_id(es_span_str(reasons[i].id)), row);
        assert_int_equal(row->crl, reasons[i].crl);
        for (unsigned type = 1; type <= 13; type++)
            assert_int_equal(es_reason_applies(reasons[i].n, type),
                             listed(reasons[i].on, (enum es_application_type) type));
    }
}

static void the_reason_other_goes_with_every_type_and_unknown_ones_with_none(void **state)
{
    (void) state;
    for (unsigned type = 1; type <= es_application_type_count(); type++) {
        assert_true(es_reason_applies(99, type));
        assert_false(es_reason_applies(0, type));
        assert_false(es_reason_applies(23, type));
    }
    assert_false(es_reason_applies(99, 0));
    assert_false(es_reason_applies(99, 14));
    assert_false(es_reason_applies(99, 64));
    assert_int_equal(es_reason_by_number(99)->crl, 0);
}

/* each case GD 18, SC 22, WH 20 and NAT 19 name ends in a cancellation. */
static void every_article_on_cancelling_has_its_reasons(void **state)
{
    static const struct {
        const char *article;
        unsigned n[8];
    } cases[] = {
        {"GD 18", {1, 2, 3, 9, 10, 11, 12, 13}},
        {"SC 22", {1, 2, 3, 10, 11, 12, 13}},
        {"WH 20", {1, 2, 3, 9, 10, 11, 12, 13}},
        {"NAT 19", {1, 3, 4, 5, 18}},
    };

    (void) state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t k = 0; k < 8 && cases[i].n[k] != 0; k++) {
            const struct es_reason_row *row = es_reason_by_number(cases[i].n[k]);

            assert_non_null(strstr(row->articles, cases[i].article));
            assert_true(es_reason_applies(row->n, ES_APPLICATION_CANCEL));
        }
    }
}

/* GD 17, SC 21 and WH 19. */
static void every_article_on_replacing_has_its_reasons(void **state)
{
    static const char *const articles[] = {"GD 17", "SC 21", "WH 19"};

    (void) state;
    for (unsigned n = 5; n <= 9; n++) {
        for (size_t i = 0; i < COUNT(articles); i++)
            assert_non_null(strstr(es_reason_by_number(n)->articles, articles[i]));
        assert_true(es_reason_applies(n, ES_APPLICATION_REPLACE));
    }
}

/* codes.md 7, last line: only 13, 16, 17 and 19. R-081. */
static void only_four_reasons_may_lie_back(void **state)
{
    (void) state;
    for (size_t i = 0; i < es_reason_count(); i++) {
        const struct es_reason_row *row = es_reason_at(i);

        assert_int_equal(row->may_lie_back,
                         row->n == 13 || row->n == 16 || row->n == 17 || row->n == 19);
    }
}

/* GD 16 has loss, damage, theft and leaked keys made public. */
static void a_public_notice_is_due_where_the_article_asks_for_it(void **state)
{
    (void) state;
    for (size_t i = 0; i < es_reason_count(); i++) {
        const struct es_reason_row *row = es_reason_at(i);

        assert_int_equal(row->notice != NULL, row->n >= 9 && row->n <= 13);
        if (row->notice != NULL)
            assert_non_null(strstr(row->articles, row->notice));
    }
}

/* The ledger stands below and keeps the rule of its own: for every byte both must say the same. */
static void the_ledger_publishes_the_same_reasons(void **state)
{
    (void) state;
    for (unsigned n = 1; n <= UINT8_MAX; n++) {
        struct es_status_event event = {.status = 70, .reason = (uint8_t) n, .valid_until_ms = 1};

        assert_int_equal(keep_state_rule(&event, 1, 30) == NULL, es_reason_published(n) == n);
        assert_true(es_reason_published(n) == n || es_reason_published(n) == 0);
    }
    assert_int_equal(es_reason_published(0), 0);
    assert_int_equal(es_reason_published(11), 11);
    assert_int_equal(es_reason_published(1), 0);
    assert_int_equal(es_reason_published(256 + 11), 0);
}

/* ---- all of them ---- */

static void assert_readable(const char *id, const char *zh, const char *en)
{
    assert_true(strlen(id) > 0 && strspn(id, "abcdefghijklmnopqrstuvwxyz_") == strlen(id));
    assert_true(strlen(zh) > 0 && es_text_clean(es_span_str(zh)));
    assert_true((unsigned char) zh[0] >= 0xE0); /* a Chinese character */
    assert_true(strlen(en) > 0);
    for (const char *c = en; *c != '\0'; c++)
        assert_true(*c >= 0x20 && *c < 0x7F);
}

/* An id or number given twice would be found by the first row only. */
#define EVERY_ROW(type, name, key, number)                                                         \
    for (size_t i = 0; i < name##_count(); i++) {                                                  \
        const struct type *row = name##_at(i);                                                     \
                                                                                                   \
        assert_readable(row->id, row->zh, row->en);                                                \
        assert_ptr_equal(name##_by_id(es_span_str(row->id)), row);                                 \
        assert_ptr_equal(name##_by_##key(row->number), row);                                       \
    }

static void every_row_has_an_id_and_number_of_its_own_and_texts_in_both_languages(void **state)
{
    (void) state;
    EVERY_ROW(es_seal_class_row, es_seal_class, number, number)
    EVERY_ROW(es_seal_kind_row, es_seal_kind, code, code)
    EVERY_ROW(es_application_type_row, es_application_type, number, number)
    EVERY_ROW(es_seal_state_row, es_seal_state, number, status)
    EVERY_ROW(es_reason_row, es_reason, number, n)
}

static void warnings_have_names_one_bit_at_a_time(void **state)
{
    (void) state;
    assert_string_equal(es_code_warning_name(1), "checksum");
    assert_string_equal(es_code_warning_name(2), "org_checksum");
    assert_string_equal(es_code_warning_name(4), "division_unknown");
    assert_null(es_code_warning_name(0));
    assert_null(es_code_warning_name(3));
    assert_null(es_code_warning_name(8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kinds_are_those_of_the_list),
        cmocka_unit_test(the_classes_are_three_and_internal),
        cmocka_unit_test(the_application_types_are_those_of_the_list),
        cmocka_unit_test(what_no_table_has_is_not_found),
        cmocka_unit_test(the_states_have_the_numbers_and_names_of_the_seal_area),
        cmocka_unit_test(only_an_active_seal_signs_and_only_the_invalid_mark_reaches_back),
        cmocka_unit_test(the_national_platform_is_told_of_each_change_as_its_messages_have_it),
        cmocka_unit_test(the_reasons_are_those_of_the_list),
        cmocka_unit_test(the_reason_other_goes_with_every_type_and_unknown_ones_with_none),
        cmocka_unit_test(every_article_on_cancelling_has_its_reasons),
        cmocka_unit_test(every_article_on_replacing_has_its_reasons),
        cmocka_unit_test(only_four_reasons_may_lie_back),
        cmocka_unit_test(a_public_notice_is_due_where_the_article_asks_for_it),
        cmocka_unit_test(the_ledger_publishes_the_same_reasons),
        cmocka_unit_test(every_row_has_an_id_and_number_of_its_own_and_texts_in_both_languages),
        cmocka_unit_test(warnings_have_names_one_bit_at_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
