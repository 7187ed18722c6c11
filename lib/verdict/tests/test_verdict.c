/* Codes, findings and their words. Expected texts and effects are those of verification.md 6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_verdict.h"

struct fixture {
    struct es_arena arena;
    struct es_findings list;
    struct es_buf out;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    es_arena_init(&f->arena, 0);
    es_findings_init(&f->list, &f->arena);
    es_buf_init(&f->out, 1 << 20);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    es_buf_clear(&f->out);
    es_arena_clear(&f->arena);
    free(f);
    return 0;
}

static const char *text_of(struct fixture *f, const struct es_finding *finding, bool zh)
{
    es_buf_reset(&f->out);
    es_finding_text(finding, zh, &f->out);
    return es_buf_cstr(&f->out);
}

static void every_code_has_an_own_number_id_and_both_texts(void **state)
{
    (void) state;
    assert_int_equal(es_code_count(), 125);
    for (size_t i = 0; i < es_code_count(); i++) {
        const struct es_code_info *info = es_code_at(i);

        assert_in_range(info->code, 0x2801, 0x28FF);
        assert_ptr_equal(es_code_info(info->code), info);
        assert_ptr_equal(es_code_by_id(info->id), info);
        assert_int_equal(es_code_row(info->code), i);
        assert_true(strlen(info->zh) >= 6 && strlen(info->en) >= 6);
        assert_true(es_utf8_valid(es_span_str(info->zh)));
        assert_true(es_text_clean(es_span_str(info->en)));
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(es_code_at(j)->code, info->code);
    }
    assert_null(es_code_at(es_code_count()));
    assert_null(es_code_info(ES_V_NONE));
    assert_null(es_code_info((enum es_code) 0x2940));
    assert_null(es_code_info((enum es_code) 0x10002801));
    assert_null(es_code_by_id("nothing"));
    assert_null(es_code_by_id(NULL));
}

static void both_languages_have_the_same_places_in_the_same_order(void **state)
{
    (void) state;
    for (size_t i = 0; i < es_code_count(); i++) {
        const struct es_code_info *info = es_code_at(i);
        struct es_code_info other = *info;
        size_t n = 0;

        other.en = info->zh;
        for (; es_code_placeholder(info, n).len > 0; n++)
            assert_true(
                es_span_equal(es_code_placeholder(info, n), es_code_placeholder(&other, n)));
        assert_int_equal(es_code_placeholder(&other, n).len, 0);
        assert_true(n <= ES_FINDING_VALUES);
    }
}

static void no_policy_is_milder_than_the_one_before(void **state)
{
    (void) state;
    for (size_t i = 0; i < es_code_count(); i++) {
        const enum es_effect *effect = es_code_at(i)->effect;

        assert_true(effect[ES_POLICY_STANDARD] <= effect[ES_POLICY_ASSURED]);
        assert_true(effect[ES_POLICY_ASSURED] <= effect[ES_POLICY_STRICT]);
    }
    assert_int_equal(es_code_info(ES_V_RANGE_ANNOTATION_OPEN)->effect[0], ES_EFFECT_WARNING);
    assert_int_equal(es_code_info(ES_V_RANGE_ANNOTATION_OPEN)->effect[1], ES_EFFECT_INDETERMINATE);
    assert_int_equal(es_code_info(ES_V_RANGE_ANNOTATION_OPEN)->effect[2], ES_EFFECT_INVALID);
    assert_int_equal(es_code_info(ES_V_RANGE_LATER_SIGNATURE)->effect[2], ES_EFFECT_NOTE);
}

static void names_are_those_of_the_report(void **state)
{
    (void) state;
    assert_string_equal(es_check_name(ES_CHECK_FORMAT), "format");
    assert_string_equal(es_check_name(ES_CHECK_PRESENTATION), "presentation");
    assert_string_equal(es_check_name(ES_CHECK_COUNT), "unknown");
    assert_string_equal(es_check_text(ES_CHECK_TIME_STAMP, true), "时间戳");
    assert_string_equal(es_check_text(ES_CHECK_TIME_STAMP, false), "time stamp");
    assert_string_equal(es_outcome_name(ES_OUTCOME_UNKNOWN), "unknown");
    assert_string_equal(es_outcome_name(ES_OUTCOME_INDETERMINATE), "indeterminate");
    assert_string_equal(es_outcome_name((enum es_outcome) 17), "unknown");
    assert_string_equal(es_result_name(ES_RESULT_SKIPPED), "skipped");
    assert_string_equal(es_result_name((enum es_result) - 1), "unknown");
}

static void a_repeated_finding_is_kept_once(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 3; i++) {
        es_finding_add(&f->list, ES_CHECK_FORMAT, ES_V_XML_MALFORMED, "a", "x");
        es_finding_add(&f->list, ES_CHECK_FORMAT, ES_V_XML_MALFORMED, "a", "y");
        es_finding_add(&f->list, ES_CHECK_FORMAT, ES_V_XML_MALFORMED, "b", "x");
        es_finding_add(&f->list, ES_CHECK_SIGNATURE, ES_V_XML_MALFORMED, "a", "x");
        es_finding_add(&f->list, ES_CHECK_FORMAT, ES_V_XML_MALFORMED, "a", NULL);
        es_finding_add(&f->list, ES_CHECK_FORMAT, ES_V_XML_MALFORMED, NULL, NULL);
        es_finding_add2(&f->list, ES_CHECK_FORMAT, ES_V_XML_MALFORMED, "a", "x", "y");
    }
    assert_int_equal(f->list.count, 7);
    assert_string_equal(f->list.first->value[0], "x");
    assert_string_equal(f->list.last->value[1], "y");
    assert_true(es_findings_have(&f->list, ES_V_XML_MALFORMED));
    assert_false(es_findings_have(&f->list, ES_V_DIGEST_MISMATCH));
    assert_false(es_findings_have(&f->list, ES_V_NONE));
    assert_false(f->list.lost);
}

static void values_and_places_are_escaped_and_cut(void **state)
{
    struct fixture *f = *state;
    char text[2000];

    memset(text, 'a', sizeof text);
    es_finding_add_span(&f->list, ES_CHECK_FORMAT, ES_V_DIGEST_MISMATCH,
                        "x\n\xe2\x80\xae"
                        "b",
                        es_span_of(text, sizeof text));
    assert_string_equal(f->list.first->where, "x\\x0a\\u{202e}b");
    assert_int_equal(strlen(f->list.first->value[0]), 256 + strlen("…"));
    es_finding_add_span(&f->list, ES_CHECK_FORMAT, ES_V_DIGEST_MISMATCH, "y",
                        es_span_of("\x00\xff\x1b[2J", 6));
    assert_string_equal(f->list.last->value[0], "\\x00\\xff\\x1b[2J");
    memset(text, 0x9b, sizeof text);
    es_finding_add_span(&f->list, ES_CHECK_FORMAT, ES_V_DIGEST_MISMATCH, "z",
                        es_span_of(text, sizeof text));
    assert_int_equal(strlen(f->list.last->value[0]), 256 * 4 + strlen("…"));
    for (size_t i = 0; i + 4 <= sizeof text; i += 4)
        memcpy(text + i, "\xf3\xa0\x80\x81", 4); /* U+E0001, a tag */
    es_finding_add_span(&f->list, ES_CHECK_FORMAT, ES_V_DIGEST_MISMATCH, "t",
                        es_span_of(text, sizeof text));
    assert_false(f->list.lost);
}

static void many_findings_cost_bounded_memory_and_hide_no_code(void **state)
{
    struct fixture *f = *state;
    char name[32];

    for (int i = 0; i < 200000; i++) {
        snprintf(name, sizeof name, "entry %d", i);
        es_finding_add(&f->list, ES_CHECK_FORMAT, ES_V_RANGE_ENTRY_EXTRA, "", name);
    }
    es_finding_add(&f->list, ES_CHECK_FORMAT, ES_V_DIGEST_MISMATCH, "", "a");
    es_finding_add(&f->list, ES_CHECK_FORMAT, ES_V_DIGEST_MISMATCH, "", "b");
    es_finding_add(&f->list, ES_CHECK_SIGNATURE, ES_V_DIGEST_MISMATCH, "", "c");
    assert_int_equal(f->list.kept, ES_FINDINGS_MAX + 2);
    assert_int_equal(f->list.count, 200003);
    assert_int_equal(f->list.last->check, ES_CHECK_SIGNATURE);
    assert_true(f->arena.used < 2 << 20);
    assert_false(f->list.lost);
}

static void a_finding_without_memory_marks_the_list(void **state)
{
    struct fixture *f = *state;
    bool ever = false;

    for (size_t max = 1; max < 6000; max += 7) {
        struct es_arena arena;
        struct es_findings list, joined;

        es_arena_init(&arena, max);
        es_findings_init(&list, &arena);
        es_finding_add(&list, ES_CHECK_FORMAT, ES_V_DIGEST_MISMATCH, "where", "value");
        assert_true(list.lost || list.kept == 1);
        assert_true(es_findings_have(&list, ES_V_DIGEST_MISMATCH));
        ever = ever || !list.lost;
        es_findings_init(&joined, &f->arena);
        es_findings_join(&joined, &list);
        assert_int_equal(joined.lost, list.lost);
        es_arena_clear(&arena);
    }
    assert_true(ever);
}

static void joining_copies_without_escaping_twice(void **state)
{
    struct fixture *f = *state;
    struct es_arena arena;
    struct es_findings from;
    char text[600];

    memset(text, '\x01', sizeof text);
    es_arena_init(&arena, 0);
    es_findings_init(&from, &arena);
    es_finding_add_span(&from, ES_CHECK_FORMAT, ES_V_DIGEST_MISMATCH, "a",
                        es_span_of(text, sizeof text));
    es_finding_add(&from, ES_CHECK_FORMAT, ES_V_NO_SIGNATURE, NULL, NULL);
    es_finding_add(&f->list, ES_CHECK_FORMAT, ES_V_NO_SIGNATURE, NULL, NULL);
    es_findings_join(&f->list, &from);
    es_findings_join(&f->list, &from);
    es_arena_clear(&arena);
    assert_int_equal(f->list.count, 2);
    assert_int_equal(strlen(f->list.last->value[0]), 256 * 4 + strlen("…"));
    es_findings_join(NULL, &from);
    es_finding_add(NULL, ES_CHECK_FORMAT, ES_V_NO_SIGNATURE, NULL, NULL);
}

static void texts_are_filled_in_the_order_of_values(void **state)
{
    struct fixture *f = *state;

    es_finding_add2(&f->list, ES_CHECK_FORMAT, ES_V_SEAL_NOW_INVALID, "", "cancelled",
                    "2026-10-02");
    assert_string_equal(text_of(f, f->list.last, true),
                        "警示: 该印章现已注销(2026-10-02);签章时有效");
    assert_string_equal(text_of(f, f->list.last, false),
                        "warning: this seal is now cancelled (2026-10-02); it was valid when used");
    es_finding_add(&f->list, ES_CHECK_FORMAT, ES_V_DIGEST_MISMATCH, "", "Doc_0/{name}");
    assert_string_equal(text_of(f, f->list.last, false), "content was changed: Doc_0/{name}");
}

static void a_missing_value_leaves_a_readable_text(void **state)
{
    struct fixture *f = *state;

    es_finding_add(&f->list, ES_CHECK_FORMAT, ES_V_DIGEST_MISMATCH, "", NULL);
    assert_string_equal(text_of(f, f->list.last, false), "content was changed");
    assert_string_equal(text_of(f, f->list.last, true), "文件内容已被改动");
    es_finding_add(&f->list, ES_CHECK_FORMAT, ES_V_VERSION_UNKNOWN, "", NULL);
    assert_string_equal(text_of(f, f->list.last, false), "version ? of seal data not known");
}

static void words_of_ours_are_said_in_the_language(void **state)
{
    struct fixture *f = *state;

    es_finding_add(&f->list, ES_CHECK_SIGNER_CERT_CHAIN, ES_V_CERT_ROOT_UNTRUSTED, "", "signer");
    assert_string_equal(text_of(f, f->list.last, true), "证书不是受信任机构签发 (签章人)");
    assert_string_equal(text_of(f, f->list.last, false),
                        "certificate not from a listed authority (signer)");
    es_finding_add(&f->list, ES_CHECK_FORMAT, ES_V_CHECK_NOT_RUN, "", "time_stamp");
    assert_string_equal(text_of(f, f->list.last, true), "有必需的检查未能完成: 时间戳");
    es_finding_add(&f->list, ES_CHECK_FORMAT, ES_V_SEAL_STATE_NO_POE, "", "superseded");
    assert_string_equal(text_of(f, f->list.last, false),
                        "seal is now replaced; no proof that it was used before");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_an_own_number_id_and_both_texts),
        cmocka_unit_test(both_languages_have_the_same_places_in_the_same_order),
        cmocka_unit_test(no_policy_is_milder_than_the_one_before),
        cmocka_unit_test(names_are_those_of_the_report),
        cmocka_unit_test_setup_teardown(a_repeated_finding_is_kept_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(values_and_places_are_escaped_and_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_findings_cost_bounded_memory_and_hide_no_code, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_finding_without_memory_marks_the_list, set_up, tear_down),
        cmocka_unit_test_setup_teardown(joining_copies_without_escaping_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(texts_are_filled_in_the_order_of_values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_value_leaves_a_readable_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(words_of_ours_are_said_in_the_language, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
