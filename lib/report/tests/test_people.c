/* What people read: the answer first, four facts, reasons, one next step; and no way for a
 * document to write anything but its own name there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report_parts.h"
#include "sample_report.h"

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

static void assert_has(const char *text, const char *part)
{
    assert_non_null(text);
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is missing in:\n%s", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
    assert_non_null(text);
    if (strstr(text, part) != NULL)
        fail_msg("\"%s\" stands in:\n%s", part, text);
}

static void a_valid_seal_takes_five_lines(void **state)
{
    struct sample *s = *state;

    (void) sample_seal(s);
    assert_string_equal(sample_judged_text(s, true, false),
                        "有效  contract.ofd  文件自盖章后未被改动，印章：测试市示例局\n"
                        "  1  测试市示例局  44010000012345  有效\n"
                        "     签章人    测试市示例局\n"
                        "     盖章时间  2026-02-28 16:00:00（北京时间），仅为签章人声明\n"
                        "     印章状态  盖章时：有效；现在：有效\n"
                        "     ✓ 文件未被改动  ✓ 印章真实  ✓ 签章人可信  ✓ 盖章时有效\n");
    assert_string_equal(
        sample_judged_text(s, false, false),
        "VALID  contract.ofd  not changed since sealing, sealed with 测试市示例局\n"
        "  1  测试市示例局  44010000012345  VALID\n"
        "     signer     测试市示例局\n"
        "     sealed     2026-02-28 16:00:00 (UTC+8), as the signer claims\n"
        "     state      when sealed: active; now: active\n"
        "     ✓ file unchanged  ✓ seal genuine  ✓ signer trusted  ✓ in force when sealed\n");
}

static void a_changed_file_is_said_in_the_first_line(void **state)
{
    struct sample *s = *state;
    struct es_report_signature *sig = sample_seal(s);
    const char *text = NULL;

    es_finding_add(&sig->findings, ES_CHECK_MAKER_TRUSTED, ES_V_MAKER_UNTRUSTED, "", NULL);
    es_finding_add(&sig->findings, ES_CHECK_SIGNATURE, ES_V_SIGNATURE_VALUE_INVALID, "", NULL);
    es_finding_add(&sig->findings, ES_CHECK_DOCUMENT_INTEGRITY, ES_V_DIGEST_MISMATCH, "",
                   "Doc_0/Pages/Page_0/Content.xml");
    es_finding_add(&sig->findings, ES_CHECK_DOCUMENT_INTEGRITY, ES_V_DIGEST_MISMATCH, "", "b");
    text = sample_judged_text(s, false, false);
    assert_int_equal(strncmp(text,
                             "INVALID  contract.ofd  content was changed: "
                             "Doc_0/Pages/Page_0/Content.xml\n",
                             73),
                     0);
    assert_has(text, "✗ file unchanged        NO\n");
    assert_has(text, "? seal genuine          cannot be checked here\n");
    assert_has(text, "and 1 more  [digest_mismatch]\n");
    assert_has(text, "  → ask the sender for the sealed original");
}

static void an_unknown_maker_is_told_apart_from_a_changed_file(void **state)
{
    struct sample *s = *state;
    struct es_report_signature *sig = sample_seal(s);

    es_finding_add(&sig->findings, ES_CHECK_SIGNER_CERT_REVOCATION, ES_V_REVOCATION_UNAVAILABLE, "",
                   "signer");
    es_finding_add(&sig->findings, ES_CHECK_SIGNER_CERT_CHAIN, ES_V_CERT_ROOT_UNTRUSTED, "",
                   "signer");
    assert_has(sample_judged_text(s, false, false),
               "UNDETERMINED  contract.ofd  not changed since sealing, but who sealed it cannot be "
               "checked here: certificate not from a listed authority (signer)\n");
    es_finding_add(&sig->findings, ES_CHECK_MAKER_TRUSTED, ES_V_MAKER_UNTRUSTED, "", NULL);
    assert_has(sample_judged_text(s, true, false),
               "无法确定  contract.ofd  文件自盖章后未被改动，但无法在此核实印章由谁制作："
               "制章者不在信任名单内\n");
    assert_has(es_buf_cstr(&s->out), "✓ 文件未被改动  是\n");
    assert_has(es_buf_cstr(&s->out), "? 印章真实      无法核实\n");
    assert_has(es_buf_cstr(&s->out), "--trust");
}

static void a_wrong_signature_value_does_not_read_as_a_changed_file(void **state)
{
    struct sample *s = *state;

    es_finding_add(&sample_seal(s)->findings, ES_CHECK_SIGNATURE, ES_V_SIGNATURE_VALUE_INVALID, "",
                   NULL);
    assert_lacks(sample_judged_text(s, false, false), "✗ file unchanged");
    assert_has(es_buf_cstr(&s->out), "? file unchanged        not proved\n");
    assert_has(es_buf_cstr(&s->out), "INVALID");
}

static void nothing_is_said_to_be_unchanged_when_that_was_not_checked(void **state)
{
    struct sample *s = *state;
    struct es_report_signature *sig = sample_seal(s);

    es_finding_add(&sig->findings, ES_CHECK_PROTECTION_RANGE, ES_V_RANGE_ENTRY_UNPROTECTED, "",
                   "Doc_0/Res/a.png");
    assert_lacks(sample_judged_text(s, false, false), "not changed since sealing");
    assert_has(es_buf_cstr(&s->out), "? file unchanged        cannot be checked here\n");
}

static void what_an_unproved_signature_says_is_called_claimed(void **state)
{
    struct sample *s = *state;
    struct es_report_signature *sig = sample_seal(s);

    sig->value_good = false;
    es_finding_add(&sig->findings, ES_CHECK_SIGNATURE, ES_V_SIGNATURE_VALUE_INVALID, "", NULL);
    assert_has(sample_judged_text(s, true, false), "签章人    测试市示例局（声称）\n");
    assert_has(es_buf_cstr(&s->out), "仅为签章人声明\n");
    assert_lacks(es_buf_cstr(&s->out), "印章状态");
    assert_has(sample_judged_html(s, false), "测试市示例局 (claimed)");
    assert_lacks(es_buf_cstr(&s->out), "seal's state</dt>");
}

static void two_seals_are_counted_and_aligned(void **state)
{
    struct sample *s = *state;

    sample_seal(s)->seal_name = "公章";
    es_finding_add(&sample_seal(s)->findings, ES_CHECK_SIGNATURE, ES_V_SIGNATURE_VALUE_INVALID, "",
                   NULL);
    assert_has(sample_judged_text(s, true, false), "2 个签章中 1 个有效；签章签名值错误\n");
    assert_has(es_buf_cstr(&s->out),
               "  1  公章          44010000012345  有效\n"); /* 4 + 8 columns */
    assert_has(es_buf_cstr(&s->out), "  2  测试市示例局  44010000012345  无效\n");
}

static void verbose_shows_every_result_and_entry(void **state)
{
    struct sample *s = *state;
    const char *text = NULL;

    (void) sample_seal(s);
    text = sample_judged_text(s, false, true);
    for (unsigned i = 0; i < ES_CHECK_COUNT; i++)
        assert_has(text, es_check_name((enum es_check) i));
    assert_has(text, "/Doc_0/Document.xml\n");
    assert_has(text, "SM3 abababab");
    assert_has(text, "policy assured version 1");
}

static void colour_comes_only_when_asked(void **state)
{
    struct sample *s = *state;
    struct es_report_text_options options = {.colour = true};

    (void) sample_seal(s);
    assert_lacks(sample_judged_text(s, true, true), "\x1b");
    assert_int_equal(es_report_text(&s->report, &options, &s->out, NULL), ES_OK);
    assert_has(es_buf_cstr(&s->out), "\x1b[1;32mVALID\x1b[0m");
}

/* Every field a document fills, hostile at once. */
static void fill_hostile(struct sample *s, char *name, size_t len)
{
    struct es_report_signature *sig = sample_seal(s);

    memset(name, 'W', len - 1);
    name[len - 1] = '\0';
    memcpy(name, "<img src=x onerror='a()'>\"&\x1b[2J\r\n\x7f\xc2\x9b\xff\xe2\x80\xae", 40);
    s->report.file = s->report.type = name;
    sig->id = sig->type = sig->where = sig->edition = sig->seal_code = sig->seal_name = name;
    sig->seal_kind = sig->signer_name = sig->signer_subject = sig->signer_serial = name;
    sig->maker_subject = sig->proof_by = sig->state.source = sig->state.checkpoint = name;
    sig->state.at_signing = sig->state.now = name;
    sig->has_proof = true;
    sig->picture = es_span_str("<svg onload='a()'/>");
    sig->picture_type = "PNG' onload='a()";
    sig->protected_entries = (const char **) es_arena_alloc(&s->report.arena, sizeof name);
    assert_non_null(sig->protected_entries);
    sig->protected_entries[0] = name;
    sig->protected_count = 1;
    es_finding_add(&sig->findings, ES_CHECK_FORMAT, ES_V_FORM_DEVIATION, name, name);
}

static void hostile_names_cannot_move_the_cursor(void **state)
{
    struct sample *s = *state;
    char name[20000];

    fill_hostile(s, name, sizeof name);
    for (int i = 0; i < 4; i++) {
        const char *text = sample_judged_text(s, (i & 1) != 0, (i & 2) != 0);

        for (size_t k = 0; k < s->out.len; k++)
            assert_true((uint8_t) text[k] >= 0x20 || text[k] == '\n');
        assert_lacks(text, "\xe2\x80\xae");
        assert_lacks(text, "\xc2\x9b");
        assert_lacks(text, "\x7f");
        assert_true(es_utf8_valid(es_buf_span(&s->out)));
        assert_true(s->out.len < 40000);
    }
}

static void hostile_names_cannot_become_markup(void **state)
{
    struct sample *s = *state;
    char name[20000];

    fill_hostile(s, name, sizeof name);
    for (int zh = 0; zh < 2; zh++) {
        const char *html = sample_judged_html(s, zh != 0);

        assert_has(html, "&lt;img src=x onerror=&#39;a()&#39;&gt;&quot;&amp;\\x1b[2J\\x0d\\x0a");
        assert_lacks(html, "<img");
        assert_lacks(html, "onload='");
        assert_lacks(html, "\x1b");
        assert_lacks(html, "\xe2\x80\xae");
        assert_true(es_utf8_valid(es_buf_span(&s->out)));
    }
}

static void the_page_asks_for_nothing_and_runs_nothing(void **state)
{
    struct sample *s = *state;
    const char *html = NULL;

    (void) sample_seal(s);
    html = sample_judged_html(s, true);
    assert_has(html, "<html lang='zh-CN'>");
    assert_has(html, "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\"");
    assert_has(html, "<details open>");
    assert_has(html, "@page{size:A4;margin:20mm}");
    assert_lacks(html, "<script");
    assert_lacks(html, "<link");
    assert_lacks(html, "url(");
    assert_lacks(html, "http:");
    assert_lacks(html, "https:");
    assert_lacks(html, "src=");
}

static void only_png_jpeg_and_gif_are_embedded(void **state)
{
    static const struct {
        const char *bytes;
        const char *start;
    } cases[] = {
        {"\x89PNG\r\n\x1a\nrest", "src='data:image/png;base64,iVBORw0KGgpyZXN0'"},
        {"\xff\xd8\xff\xe0", "src='data:image/jpeg;base64,/9j/4A=='"},
        {"GIF89a", "src='data:image/gif;base64,R0lGODlh'"},
        {"<svg xmlns='http://www.w3.org/2000/svg'/>", NULL},
        {"BM1234", NULL},
        {"PK\x03\x04", NULL},
        {"", NULL},
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sample s;
        struct es_report_signature *sig = NULL;

        sample_init(&s, "assured");
        sig = sample_seal(&s);
        sig->picture = es_span_str(cases[i].bytes);
        sig->picture_type = "PNG";
        sig->picture_width_mm = 4000000000U;
        sig->picture_height_mm = 0;
        (void) sample_judged_html(&s, true);
        if (cases[i].start == NULL) {
            assert_lacks(es_buf_cstr(&s.out), "<img");
            assert_has(es_buf_cstr(&s.out), "此处不显示");
        } else {
            assert_has(es_buf_cstr(&s.out), cases[i].start);
            assert_has(es_buf_cstr(&s.out), "width:60mm;height:40mm");
        }
        sample_clear(&s);
    }
}

static void several_reports_begin_with_a_list(void **state)
{
    struct sample *s = *state;
    const struct es_report *reports[3] = {&s->report, &s->report, &s->report};
    const char *html = NULL;
    size_t articles = 0;

    (void) sample_seal(s);
    (void) sample_judged_html(s, false);
    es_buf_reset(&s->out);
    assert_int_equal(es_report_html(reports, 3, false, &s->out, NULL), ES_OK);
    html = es_buf_cstr(&s->out);
    assert_has(html, "<p>3 files</p>");
    for (const char *at = html; (at = strstr(at, "<article>")) != NULL; at++)
        articles++;
    assert_int_equal(articles, 3);
}

static void every_code_that_is_not_plain_has_an_advice(void **state)
{
    (void) state;
    for (size_t row = 0; row < es_code_count(); row++) {
        enum es_code code = es_code_at(row)->code;
        struct sample s;

        sample_init(&s, "strict");
        es_finding_add(&sample_seal(&s)->findings, ES_CHECK_FORMAT, code, NULL, NULL);
        (void) sample_judged_text(&s, true, false);
        if (es_policy_effect(&s.policy, code) >= ES_EFFECT_INDETERMINATE) {
            assert_non_null(es_report_advice(&s.report, false));
            assert_has(es_buf_cstr(&s.out), es_report_advice(&s.report, true));
        } else {
            assert_null(es_report_advice(&s.report, false));
        }
        sample_clear(&s);
    }
}

static void no_failed_check_hides_behind_four_ticks(void **state)
{
    (void) state;
    for (unsigned i = 0; i < ES_CHECK_COUNT; i++) {
        for (int bad = 0; bad < 2; bad++) {
            enum es_code code = bad ? ES_V_DIGEST_MISMATCH : ES_V_MAKER_UNTRUSTED;
            unsigned ticks = 0;
            struct sample s;

            sample_init(&s, "assured");
            es_finding_add(&sample_seal(&s)->findings, (enum es_check) i, code, NULL, NULL);
            (void) sample_judged_text(&s, true, false);
            for (unsigned f = 0; f < ES_FACT_COUNT; f++)
                ticks += es_report_fact(&s.report, s.report.first, (enum es_fact) f) ==
                         ES_ANSWER_YES;
            assert_int_equal(ticks, 3);
            assert_int_equal(
                es_report_fact(&s.report, s.report.first, es_report_fact_of((enum es_check) i)),
                bad ? ES_ANSWER_NO : ES_ANSWER_UNKNOWN);
            sample_clear(&s);
        }
    }
}

static void a_buffer_too_small_is_told_by_every_writer(void **state)
{
    struct sample *s = *state;
    const struct es_report *reports[] = {&s->report};
    struct es_report_text_options options = {.verbose = true};

    (void) sample_seal(s);
    (void) sample_judged_text(s, false, true);
    for (size_t max = 0; max < 1000; max += 13) {
        struct es_buf out = ES_BUF_INIT(max);

        assert_int_equal(es_report_text(&s->report, &options, &out, NULL), ES_E_LIMIT);
        es_buf_clear(&out);
        es_buf_init(&out, max * 5);
        assert_int_equal(es_report_html(reports, 1, true, &out, NULL), ES_E_LIMIT);
        es_buf_clear(&out);
    }
}

#define WITH_SAMPLE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SAMPLE(a_valid_seal_takes_five_lines),
        WITH_SAMPLE(a_changed_file_is_said_in_the_first_line),
        WITH_SAMPLE(an_unknown_maker_is_told_apart_from_a_changed_file),
        WITH_SAMPLE(a_wrong_signature_value_does_not_read_as_a_changed_file),
        WITH_SAMPLE(nothing_is_said_to_be_unchanged_when_that_was_not_checked),
        WITH_SAMPLE(what_an_unproved_signature_says_is_called_claimed),
        WITH_SAMPLE(two_seals_are_counted_and_aligned),
        WITH_SAMPLE(verbose_shows_every_result_and_entry),
        WITH_SAMPLE(colour_comes_only_when_asked),
        WITH_SAMPLE(hostile_names_cannot_move_the_cursor),
        WITH_SAMPLE(hostile_names_cannot_become_markup),
        WITH_SAMPLE(the_page_asks_for_nothing_and_runs_nothing),
        cmocka_unit_test(only_png_jpeg_and_gif_are_embedded),
        WITH_SAMPLE(several_reports_begin_with_a_list),
        cmocka_unit_test(every_code_that_is_not_plain_has_an_advice),
        cmocka_unit_test(no_failed_check_hides_behind_four_ticks),
        WITH_SAMPLE(a_buffer_too_small_is_told_by_every_writer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
