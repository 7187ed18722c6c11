/*
 * The report for a person at a terminal. The first line is the answer; then each seal with the
 * four facts and its reasons; the last line says what to do. Chinese characters take two columns.
 * Everything from the document is escaped, so no file can move the cursor or colour the answer.
 */
#include <utf8proc.h>

#include "report_parts.h"

#define NAME_COLUMNS_MAX 28
#define CODE_COLUMNS_MAX 20
#define LINES_MAX 12 /* codes of one seal when not verbose */
#define ID_COLUMNS 30

struct page {
    const struct es_report *report;
    const struct es_report_text_options *options;
    struct es_buf *out;
    bool zh;
    int width;
    int name_columns; /* of the longest name and code among the seals */
    int code_columns;
};

/* ---- columns ---- */

static int columns_of(struct es_span text)
{
    size_t at = 0;
    int columns = 0;

    while (at < text.len) {
        int32_t cp = es_utf8_next(text, &at);

        columns += cp < 0 ? 1 : utf8proc_charwidth(cp);
    }
    return columns;
}

static void put_spaces(struct page *page, int count)
{
    for (; count > 0; count--)
        es_buf_put_byte(page->out, ' ');
}

/* Text in a column; what is longer than max columns ends in "…". Gives the columns used. */
static int put_cell(struct page *page, const char *text, int max)
{
    ES_AUTO(es_buf) shown = ES_BUF_INIT(16 * 1024);
    struct es_span span;
    size_t at = 0;
    int columns = 0;

    es_report_put_shown(&shown, text);
    es_report_take(page->out, &shown);
    span = es_buf_span(&shown);
    if (columns_of(span) <= max) {
        es_buf_put_span(page->out, span);
        return columns_of(span);
    }
    while (at < span.len) {
        size_t next = at;
        int32_t cp = es_utf8_next(span, &next);
        int wide = cp < 0 ? 1 : utf8proc_charwidth(cp);

        if (columns + wide > max - 1)
            break;
        columns += wide;
        at = next;
    }
    es_buf_put_span(page->out, es_span_sub(span, 0, at));
    es_buf_put_str(page->out, "…");
    return columns + 1;
}

static void put_padded(struct page *page, const char *text, int columns)
{
    put_spaces(page, columns - put_cell(page, text, columns));
    es_buf_put_str(page->out, "  ");
}

static int shown_columns(struct page *page, const char *text)
{
    ES_AUTO(es_buf) shown = ES_BUF_INIT(16 * 1024);

    es_report_put_shown(&shown, text);
    es_report_take(page->out, &shown);
    return columns_of(es_buf_span(&shown));
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static void measure(struct page *page)
{
    for (const struct es_report_signature *s = page->report->first; s != NULL; s = s->next) {
        int name = smaller(shown_columns(page, es_report_name(s, page->zh)), NAME_COLUMNS_MAX);
        int code = smaller(shown_columns(page, s->seal_code), CODE_COLUMNS_MAX);

        if (name > page->name_columns)
            page->name_columns = name;
        if (code > page->code_columns)
            page->code_columns = code;
    }
}

/* ---- colour ---- */

enum tone { TONE_PLAIN, TONE_GOOD, TONE_BAD, TONE_OPEN, TONE_NOTE };

static void begin_tone(struct page *page, enum tone tone)
{
    static const char *const starts[] = {"", "\x1b[1;32m", "\x1b[1;31m", "\x1b[1;34m", "\x1b[33m"};

    if (page->options->colour)
        es_buf_put_str(page->out, starts[tone]);
}

static void end_tone(struct page *page, enum tone tone)
{
    if (page->options->colour && tone != TONE_PLAIN)
        es_buf_put_str(page->out, "\x1b[0m");
}

static void put_toned(struct page *page, enum tone tone, const char *text)
{
    begin_tone(page, tone);
    es_buf_put_str(page->out, text);
    end_tone(page, tone);
}

static enum tone tone_of_outcome(enum es_outcome outcome)
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

static enum tone effect_tone(enum es_effect effect)
{
    static const enum tone tones[] = {TONE_PLAIN, TONE_NOTE, TONE_OPEN, TONE_BAD};

    return tones[effect];
}

static void put_more(struct page *page, struct es_buf *text, uint32_t more)
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

static void put_code_line(struct page *page, const struct es_finding *finding, uint32_t more)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(32 * 1024);
    enum es_effect effect = es_policy_effect(page->report->policy, finding->code);
    int columns = 0;

    es_finding_text(finding, page->zh, &text);
    put_more(page, &text, more);
    if (page->options->verbose)
        put_place(&text, finding);
    es_report_take(page->out, &text);
    columns = columns_of(es_buf_span(&text));
    put_spaces(page, 5);
    put_toned(page, effect_tone(effect), effect_mark(effect));
    es_buf_put_byte(page->out, ' ');
    es_buf_put_span(page->out, es_buf_span(&text));
    put_spaces(page, page->width - 7 - ID_COLUMNS - columns);
    es_buf_printf(page->out, "  [%s]\n", es_code_info(finding->code)->id);
}

static void count_codes(const struct es_findings *findings, uint32_t counts[256])
{
    for (const struct es_finding *f = findings->first; f != NULL; f = f->next)
        counts[(unsigned) f->code & 0xFF]++;
}

/* Strongest first; when not verbose each code once, with how often it stands. */
static void put_codes(struct page *page, const struct es_findings *findings)
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

static void put_fact(struct page *page, enum es_fact fact, enum es_answer answer)
{
    static const char *const marks[] = {"-", "✓", "✗", "?"};
    static const enum tone tones[] = {TONE_PLAIN, TONE_GOOD, TONE_BAD, TONE_OPEN};

    put_toned(page, tones[answer], marks[answer]);
    es_buf_put_byte(page->out, ' ');
    es_buf_put_str(page->out, es_report_fact_label(fact, page->zh));
}

static bool all_facts_hold(const struct page *page, const struct es_report_signature *sig)
{
    for (unsigned i = 0; i < ES_FACT_COUNT; i++) {
        enum es_answer answer = es_report_fact(page->report, sig, (enum es_fact) i);

        if (answer == ES_ANSWER_NO || answer == ES_ANSWER_UNKNOWN)
            return false;
    }
    return true;
}

/* Four ticks share a line; as soon as one is missing each has its own, with its answer. */
static void put_facts(struct page *page, const struct es_report_signature *sig)
{
    bool one_line = all_facts_hold(page, sig);
    int label = page->zh ? 12 : 20;
    int put = 0;

    put_spaces(page, one_line ? 5 : 0);
    for (unsigned i = 0; i < ES_FACT_COUNT; i++) {
        enum es_answer answer = es_report_fact(page->report, sig, (enum es_fact) i);
        const char *text = es_report_fact_label((enum es_fact) i, page->zh);

        if (answer == ES_ANSWER_NONE)
            continue;
        put_spaces(page, one_line ? (put++ > 0 ? 2 : 0) : 5);
        put_fact(page, (enum es_fact) i, answer);
        if (one_line)
            continue;
        put_spaces(page, label + 2 - columns_of(es_span_str(text)));
        es_buf_put_str(page->out, es_report_answer_text(answer, page->zh));
        es_buf_put_byte(page->out, '\n');
    }
    if (one_line)
        es_buf_put_byte(page->out, '\n');
}

/* ---- one seal ---- */

static void put_line(struct page *page, const char *zh_label, const char *en_label,
                     struct es_buf *text)
{
    es_report_take(page->out, text);
    put_spaces(page, 5);
    put_padded(page, page->zh ? zh_label : en_label, page->zh ? 8 : 9);
    es_buf_put_span(page->out, es_buf_span(text));
    es_buf_put_byte(page->out, '\n');
}

static void put_heading(struct page *page, const struct es_report_signature *sig)
{
    enum tone tone = tone_of_outcome(sig->outcome);
    bool warns = es_report_signature_warns(page->report, sig);

    es_buf_put_str(page->out, "  ");
    put_padded(page, sig->id, smaller(shown_columns(page, sig->id), 8));
    put_padded(page, es_report_name(sig, page->zh), page->name_columns);
    if (page->code_columns > 0)
        put_padded(page, sig->seal_code, page->code_columns);
    put_toned(page, tone, es_report_outcome_word(sig->outcome, warns, page->zh));
    es_buf_put_str(page->out, "\n");
}

static void put_signer(struct page *page, const struct es_report_signature *sig)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(16 * 1024);

    if (sig->signer_name == NULL)
        return;
    es_report_put_shown(&text, sig->signer_name);
    es_buf_put_str(&text, es_report_claimed(sig, page->zh));
    put_line(page, "签章人", "signer", &text);
}

static void put_time_and_state(struct page *page, const struct es_report_signature *sig)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(16 * 1024);

    es_report_put_sealed_at(sig, page->zh, &text);
    put_line(page, "盖章时间", "sealed", &text);
    es_buf_reset(&text);
    es_report_put_state(sig, page->zh, &text);
    if (text.len > 0 || text.failed != ES_OK)
        put_line(page, "印章状态", "state", &text);
}

static void put_pair(struct page *page, const char *label, const char *text)
{
    put_spaces(page, 5);
    es_buf_put_str(page->out, label);
    es_buf_put_str(page->out, page->zh ? "：" : ": ");
    es_report_put_shown(page->out, text);
    es_buf_put_byte(page->out, '\n');
}

static void put_results(struct page *page, const struct es_report_signature *sig)
{
    static const char *const words[][2] = {
        {"not known", "未知"}, {"pass", "通过"}, {"FAIL", "未通过"}, {"skipped", "跳过"}};

    for (unsigned i = 0; i < ES_CHECK_COUNT; i++) {
        enum es_check check = (enum es_check) i;
        bool none = sig->not_applicable[i] && sig->results[i] == ES_RESULT_UNKNOWN;

        put_spaces(page, 7);
        put_padded(page, es_check_name(check), 26);
        put_padded(page, none ? (page->zh ? "不适用" : "n/a") : words[sig->results[i]][page->zh],
                   9);
        es_buf_put_str(page->out, es_check_text(check, page->zh));
        es_buf_put_byte(page->out, '\n');
    }
}

static void put_entries(struct page *page, const struct es_report_signature *sig)
{
    es_buf_printf(page->out,
                  page->zh ? "     受保护的条目 %zu 个\n" : "     %zu entries protected\n",
                  sig->protected_count);
    for (size_t i = 0; i < sig->protected_count; i++) {
        put_spaces(page, 7);
        es_report_put_shown(page->out, sig->protected_entries[i]);
        es_buf_put_byte(page->out, '\n');
    }
    for (size_t at = 0; at + ES_SM3_LEN <= sig->evidence.len; at += ES_SM3_LEN) {
        es_buf_put_str(page->out, page->zh ? "     证据 SM3 " : "     evidence SM3 ");
        es_buf_put_hex(page->out, es_span_of(sig->evidence.ptr + at, ES_SM3_LEN));
        es_buf_put_byte(page->out, '\n');
    }
}

static void put_details(struct page *page, const struct es_report_signature *sig)
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

static void put_signature(struct page *page, const struct es_report_signature *sig)
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

static void put_answer(struct page *page)
{
    const struct es_report *report = page->report;
    bool warns = es_report_warns(report);

    put_toned(page, tone_of_outcome(report->outcome),
              es_report_outcome_word(report->outcome, warns, page->zh));
    es_buf_put_str(page->out, "  ");
    es_report_put_shown(page->out, report->file);
    es_buf_put_str(page->out, "  ");
    es_report_put_reason(report, page->zh, page->out);
    es_buf_put_byte(page->out, '\n');
}

static void put_document_details(struct page *page)
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
    struct page page = {.report = report,
                        .options = options,
                        .out = out,
                        .zh = options->zh,
                        .width = options->width > 0 ? options->width : 80};
    const char *advice = es_report_advice(report, options->zh);

    measure(&page);
    put_answer(&page);
    if (options->verbose)
        put_document_details(&page);
    put_codes(&page, &report->findings);
    for (const struct es_report_signature *s = report->first; s != NULL; s = s->next)
        put_signature(&page, s);
    if (advice != NULL)
        es_buf_printf(out, "  → %s\n", advice);
    return es_buf_check(out, err);
}
