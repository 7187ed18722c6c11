/*
 * The report for a person at a terminal. The first line is the answer; then each seal with the
 * four facts and its reasons; the last line says what to do. Chinese characters take two columns.
 * Everything from the document is escaped, so no file can move the cursor or colour the answer.
 */
#include "text_page.h"

#define NAME_COLUMNS_MAX 28
#define CODE_COLUMNS_MAX 20
#define LINES_MAX 12 /* codes of one seal when not verbose */
#define ID_COLUMNS 30

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static void measure(struct es_page *page)
{
    for (const struct es_report_signature *s = page->report->first; s != NULL; s = s->next) {
        int name = smaller(es_page_shown_columns(page, es_report_name(s, page->zh)),
                           NAME_COLUMNS_MAX);
        int code = smaller(es_page_shown_columns(page, s->seal_code), CODE_COLUMNS_MAX);

        if (name > page->name_columns)
            page->name_columns = name;
        if (code > page->code_columns)
            page->code_columns = code;
    }
}

static enum es_tone tone_of_outcome(enum es_outcome outcome)
{
    if (outcome == ES_OUTCOME_VALID)
        return TONE_GOOD;
    return outcome == ES_OUTCOME_INVALID ? TONE_BAD : TONE_OPEN;
}

/* ---- codes ---- */

static const char *effect_mark(enum es_effect effect)
{
    static const char *const marks[] = {"-", "!", "?", "x"};

    return marks[effect];
}

static enum es_tone effect_tone(enum es_effect effect)
{
    static const enum es_tone tones[] = {TONE_PLAIN, TONE_NOTE, TONE_OPEN, TONE_BAD};

    return tones[effect];
}

static void put_more(struct es_page *page, struct es_buf *text, uint32_t more)
{
    if (more > 0)
        es_buf_printf(text, page->zh ? " 等 %u 处" : " and %u more", page->zh ? more + 1 : more);
}

static void put_place(struct es_buf *text, const struct es_finding *finding)
{
    if (finding->where[0] == '\0')
        return;
    es_buf_put_str(text, " @ ");
    es_buf_put_str(text, finding->where);
}

static void put_code_line(struct es_page *page, const struct es_finding *finding, uint32_t more)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(32 * 1024);
    enum es_effect effect = es_policy_effect(page->report->policy, finding->code);
    int columns = 0;

    es_report_put_finding(finding, page->zh, &text);
    put_more(page, &text, more);
    if (page->options->verbose)
        put_place(&text, finding);
    es_report_take(page->out, &text);
    columns = es_page_columns_of(es_buf_span(&text));
    es_page_put_spaces(page, 5);
    es_page_put_toned(page, effect_tone(effect), effect_mark(effect));
    es_buf_put_byte(page->out, ' ');
    es_buf_put_span(page->out, es_buf_span(&text));
    es_page_put_spaces(page, page->width - 7 - ID_COLUMNS - columns);
    es_buf_printf(page->out, "  [%s]\n", es_code_info(finding->code)->id);
}

static void count_codes(const struct es_findings *findings, uint32_t counts[256])
{
    for (const struct es_finding *f = findings->first; f != NULL; f = f->next)
        counts[(unsigned) f->code & 0xFF]++;
}

/* Strongest first; when not verbose each code once, with how often it stands. */
static void put_codes(struct es_page *page, const struct es_findings *findings)
{
    uint32_t counts[256] = {0};
    int lines = 0;
    int left = 0;

    count_codes(findings, counts);
    for (int effect = ES_EFFECT_INVALID; effect >= ES_EFFECT_NOTE; effect--) {
        for (const struct es_finding *f = findings->first; f != NULL; f = f->next) {
            uint32_t *count = &counts[(unsigned) f->code & 0xFF];

            if ((int) es_policy_effect(page->report->policy, f->code) != effect || *count == 0)
                continue;
            if (!page->options->verbose && lines == LINES_MAX)
                left++;
            else
                put_code_line(page, f, page->options->verbose ? 0 : *count - 1);
            lines += lines < LINES_MAX;
            *count = page->options->verbose ? *count : 0;
        }
    }
    if (left > 0)
        es_buf_printf(page->out,
                      page->zh ? "     另有 %d 类问题，见 -v\n"
                               : "     %d more kinds of findings, see -v\n",
                      left);
}

/* ---- facts ---- */

static void put_fact(struct es_page *page, enum es_fact fact, enum es_answer answer)
{
    static const char *const marks[] = {"-", "✓", "✗", "?", "?"};
    static const enum es_tone tones[] = {TONE_PLAIN, TONE_GOOD, TONE_BAD, TONE_OPEN, TONE_OPEN};

    es_page_put_toned(page, tones[answer], marks[answer]);
    es_buf_put_byte(page->out, ' ');
    es_buf_put_str(page->out, es_report_fact_label(fact, page->zh));
}

static bool all_facts_hold(const struct es_page *page, const struct es_report_signature *sig)
{
    for (unsigned i = 0; i < ES_FACT_COUNT; i++) {
        enum es_answer answer = es_report_fact(page->report, sig, (enum es_fact) i);

        if (answer != ES_ANSWER_YES && answer != ES_ANSWER_NONE)
            return false;
    }
    return true;
}

/* Four ticks share a line; as soon as one is missing each has its own, with its answer. */
static void put_facts(struct es_page *page, const struct es_report_signature *sig)
{
    bool one_line = all_facts_hold(page, sig);
    int label = page->zh ? 12 : 20;
    int put = 0;

    es_page_put_spaces(page, one_line ? 5 : 0);
    for (unsigned i = 0; i < ES_FACT_COUNT; i++) {
        enum es_answer answer = es_report_fact(page->report, sig, (enum es_fact) i);
        const char *text = es_report_fact_label((enum es_fact) i, page->zh);

        if (answer == ES_ANSWER_NONE)
            continue;
        es_page_put_spaces(page, one_line ? (put++ > 0 ? 2 : 0) : 5);
        put_fact(page, (enum es_fact) i, answer);
        if (one_line)
            continue;
        es_page_put_spaces(page, label + 2 - es_page_columns_of(es_span_str(text)));
        es_buf_put_str(page->out, es_report_answer_text(answer, page->zh));
        es_buf_put_byte(page->out, '\n');
    }
    if (one_line)
        es_buf_put_byte(page->out, '\n');
}

/* ---- one seal ---- */

static void put_line(struct es_page *page, const char *zh_label, const char *en_label,
                     struct es_buf *text)
{
    es_report_take(page->out, text);
    es_page_put_spaces(page, 5);
    es_page_put_padded(page, page->zh ? zh_label : en_label, page->zh ? 8 : 9);
    es_buf_put_span(page->out, es_buf_span(text));
    es_buf_put_byte(page->out, '\n');
}

static void put_heading(struct es_page *page, const struct es_report_signature *sig)
{
    enum es_tone tone = tone_of_outcome(sig->outcome);
    bool warns = es_report_signature_warns(page->report, sig);

    es_buf_put_str(page->out, "  ");
    es_page_put_padded(page, sig->id, smaller(es_page_shown_columns(page, sig->id), 8));
    es_page_put_padded(page, es_report_name(sig, page->zh), page->name_columns);
    if (page->code_columns > 0)
        es_page_put_padded(page, sig->seal_code, page->code_columns);
    es_page_put_toned(page, tone, es_report_outcome_word(sig->outcome, warns, page->zh));
    es_buf_put_str(page->out, "\n");
}

static void put_signer(struct es_page *page, const struct es_report_signature *sig)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(16 * 1024);

    if (sig->signer_name == NULL)
        return;
    es_report_put_shown(&text, sig->signer_name);
    es_buf_put_str(&text, es_report_claimed(sig, page->zh));
    put_line(page, "签章人", "signer", &text);
}

static void put_time_and_state(struct es_page *page, const struct es_report_signature *sig)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(16 * 1024);

    es_report_put_sealed_at(sig, page->zh, &text);
    put_line(page, "盖章时间", "sealed", &text);
    es_buf_reset(&text);
    es_report_put_state(sig, page->zh, &text);
    if (text.len > 0 || text.failed != ES_OK)
        put_line(page, "印章状态", "state", &text);
}

static void put_pair(struct es_page *page, const char *label, const char *text)
{
    es_page_put_spaces(page, 5);
    es_buf_put_str(page->out, label);
    es_buf_put_str(page->out, page->zh ? "：" : ": ");
    es_report_put_shown(page->out, text);
    es_buf_put_byte(page->out, '\n');
}

static void put_results(struct es_page *page, const struct es_report_signature *sig)
{
    static const char *const words[][2] = {
        {"not known", "未知"}, {"pass", "通过"}, {"FAIL", "未通过"}, {"skipped", "跳过"}};

    for (unsigned i = 0; i < ES_CHECK_COUNT; i++) {
        enum es_check check = (enum es_check) i;
        bool none = sig->not_applicable[i] && sig->results[i] == ES_RESULT_UNKNOWN;

        es_page_put_spaces(page, 7);
        es_page_put_padded(page, es_check_name(check), 26);
        es_page_put_padded(
            page, none ? (page->zh ? "不适用" : "n/a") : words[sig->results[i]][page->zh], 9);
        es_buf_put_str(page->out, es_check_text(check, page->zh));
        es_buf_put_byte(page->out, '\n');
    }
}

static void put_entries(struct es_page *page, const struct es_report_signature *sig)
{
    es_buf_printf(page->out,
                  page->zh ? "     受保护的条目 %zu 个\n" : "     %zu entries protected\n",
                  sig->protected_count);
    for (size_t i = 0; i < sig->protected_count; i++) {
        es_page_put_spaces(page, 7);
        es_report_put_shown(page->out, sig->protected_entries[i]);
        es_buf_put_byte(page->out, '\n');
    }
    for (size_t at = 0; at + ES_SM3_LEN <= sig->evidence.len; at += ES_SM3_LEN) {
        es_buf_put_str(page->out, page->zh ? "     证据 SM3 " : "     evidence SM3 ");
        es_buf_put_hex(page->out, es_span_of(sig->evidence.ptr + at, ES_SM3_LEN));
        es_buf_put_byte(page->out, '\n');
    }
}

static void put_details(struct es_page *page, const struct es_report_signature *sig)
{
    bool zh = page->zh;
    ES_AUTO(es_buf) dates = ES_BUF_INIT(1024);

    put_pair(page, zh ? "位置" : "place", sig->where);
    put_pair(page, zh ? "格式" : "form", sig->edition);
    if (sig->has_seal) {
        es_report_put_moment(sig->seal_from_s, zh, &dates);
        es_buf_put_str(&dates, zh ? " 至 " : " to ");
        es_report_put_moment(sig->seal_until_s, zh, &dates);
        put_pair(page, zh ? "印章有效期" : "seal's dates", es_buf_cstr(&dates));
        es_report_take(page->out, &dates);
    }
    put_pair(page, zh ? "签章人证书" : "signer's certificate", sig->signer_subject);
    put_pair(page, zh ? "证书序列号" : "serial", sig->signer_serial);
    put_pair(page, zh ? "制章者" : "seal maker", sig->maker_subject);
    put_results(page, sig);
    put_entries(page, sig);
}

static void put_signature(struct es_page *page, const struct es_report_signature *sig)
{
    put_heading(page, sig);
    put_signer(page, sig);
    put_time_and_state(page, sig);
    put_facts(page, sig);
    put_codes(page, &sig->findings);
    if (page->options->verbose)
        put_details(page, sig);
}

/* ---- the document ---- */

static void put_answer(struct es_page *page)
{
    const struct es_report *report = page->report;
    bool warns = es_report_warns(report);

    es_page_put_toned(page, tone_of_outcome(report->outcome),
                      es_report_outcome_word(report->outcome, warns, page->zh));
    es_buf_put_str(page->out, "  ");
    es_report_put_shown(page->out, report->file);
    es_buf_put_str(page->out, "  ");
    es_report_put_reason(report, page->zh, page->out);
    es_buf_put_byte(page->out, '\n');
}

static void put_document_details(struct es_page *page)
{
    const struct es_report *report = page->report;
    char time[ES_TIME_TEXT_MAX];

    es_time_china(report->verified_at_s, time);
    es_buf_put_str(page->out, "  SM3 ");
    es_buf_put_hex(page->out, es_span_of(report->sm3, ES_SM3_LEN));
    es_buf_printf(page->out,
                  page->zh ? "\n  %llu 字节，%u 页；策略 %s 第 %u 版；验证时间 %s（北京时间）\n"
                           : "\n  %llu bytes, %u pages; policy %s version %u; "
                             "verified %s (UTC+8)\n",
                  (unsigned long long) report->bytes, report->pages, report->policy->id,
                  report->policy->version, time);
}

es_status es_report_text(const struct es_report *report,
                         const struct es_report_text_options *options, struct es_buf *out,
                         struct es_error *err)
{
    struct es_page page = {.report = report,
                           .options = options,
                           .out = out,
                           .zh = options->zh,
                           .width = options->width > 0 ? options->width : 80};
    const char *advice = es_report_advice(report, options->zh);
    const size_t start = out->len;

    measure(&page);
    put_answer(&page);
    if (options->verbose)
        put_document_details(&page);
    put_codes(&page, &report->findings);
    for (const struct es_report_signature *s = report->first; s != NULL; s = s->next)
        put_signature(&page, s);
    if (advice != NULL)
        es_buf_printf(out, "  → %s\n", advice);
    return es_report_written(out, start, err);
}
