/*
 * One seal in the HTML report: picture and facts, the four questions, the reasons, the details.
 */
#include "html_seal.h"

#define REASONS_MAX 200
#define ENTRIES_MAX 200
#define PAGES_MAX 20

static void open_list(struct es_buf *out, const char *css)
{
    es_buf_printf(out, "<ul class='%s'>\n", css);
}

static void put_fact(struct es_buf *out, enum es_fact fact, enum es_answer answer, bool zh)
{
    static const enum es_html_icon icons[] = {ES_ICON_NOTE, ES_ICON_YES, ES_ICON_NO, ES_ICON_OPEN,
                                              ES_ICON_OPEN};

    es_buf_put_str(out, "<li>");
    es_html_icon(out, icons[answer], zh);
    es_buf_printf(out, "<div><b>%s</b><span>%s</span></div></li>\n", es_report_fact_label(fact, zh),
                  es_report_answer_text(answer, zh));
}

static void put_facts(struct es_buf *out, const struct es_report *report,
                      const struct es_report_signature *sig, bool zh)
{
    open_list(out, "facts");
    for (unsigned i = 0; i < ES_FACT_COUNT; i++)
        put_fact(out, (enum es_fact) i, es_report_fact(report, sig, (enum es_fact) i), zh);
    es_buf_put_str(out, "</ul>\n");
}

/* ---- reasons ---- */

/* The place of the signature itself stands in its details already. */
static bool says_place(const struct es_finding *finding, const char *known)
{
    return finding->where[0] != '\0' && strcmp(finding->where, known) != 0;
}

static void put_reason(struct es_buf *out, const struct es_finding *finding, enum es_effect effect,
                       const char *known, bool zh)
{
    static const enum es_html_icon icons[] = {ES_ICON_NOTE, ES_ICON_WARNING, ES_ICON_OPEN,
                                              ES_ICON_NO};
    ES_AUTO(es_buf) text = ES_BUF_INIT(32 * 1024);

    es_report_put_finding(finding, zh, &text);
    es_report_take(out, &text);
    es_buf_put_str(out, "<li>");
    es_html_icon(out, icons[effect], zh);
    es_buf_put_str(out, "<div>");
    es_html_span(out, es_buf_span(&text));
    es_buf_printf(out, " <code>[%s]</code>", es_code_info(finding->code)->id);
    if (says_place(finding, known)) {
        es_buf_put_str(out, "<small>");
        es_html_text(out, finding->where);
        es_buf_put_str(out, "</small>");
    }
    es_buf_put_str(out, "</div></li>\n");
}

void es_html_reasons(struct es_buf *out, const struct es_report *report,
                     const struct es_findings *findings, const char *place, bool zh)
{
    size_t count = 0;

    if (findings->first == NULL)
        return;
    open_list(out, "reasons");
    for (int effect = ES_EFFECT_INVALID; effect >= ES_EFFECT_NOTE; effect--) {
        for (const struct es_finding *f = findings->first; f != NULL; f = f->next) {
            if ((int) es_policy_effect(report->policy, f->code) == effect && count++ < REASONS_MAX)
                put_reason(out, f, (enum es_effect) effect, place, zh);
        }
    }
    if (count > REASONS_MAX)
        es_buf_printf(out, zh ? "<li>另有 %zu 条</li>\n" : "<li>%zu more</li>\n",
                      count - REASONS_MAX);
    es_buf_put_str(out, "</ul>\n");
}

/* ---- facts of the seal ---- */

static void put_pages(struct es_buf *out, const struct es_report_signature *sig, bool zh)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(1024);
    int count = 0;

    for (const struct es_report_stamp *s = sig->stamps; s != NULL; s = s->next) {
        if (count++ >= PAGES_MAX)
            continue;
        if (text.len > 0)
            es_buf_put_str(&text, zh ? "、" : ", ");
        es_buf_printf(&text, zh ? "第 %u 页" : "page %u", s->page);
    }
    if (count > PAGES_MAX)
        es_buf_printf(&text, zh ? " 等 %d 处" : " and %d more", zh ? count : count - PAGES_MAX);
    es_html_row_made(out, zh ? "盖章位置" : "stamp on", &text);
}

static void row_claimed(struct es_buf *out, const char *label, const char *text,
                        const struct es_report_signature *sig, bool zh)
{
    ES_AUTO(es_buf) whole = ES_BUF_INIT(16 * 1024);

    if (text == NULL || text[0] == '\0')
        return;
    es_report_put_shown(&whole, text);
    es_buf_put_str(&whole, es_report_claimed(sig, zh));
    es_html_row_made(out, label, &whole);
}

static void put_dates(struct es_buf *out, const struct es_report_signature *sig, bool zh)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(1024);
    char from[ES_TIME_TEXT_MAX], until[ES_TIME_TEXT_MAX];

    if (!sig->has_seal || sig->seal_until_s == 0)
        return;
    es_time_china(sig->seal_from_s, from);
    es_time_china(sig->seal_until_s, until);
    es_buf_printf(&text, zh ? "%.10s 至 %.10s" : "%.10s to %.10s", from, until);
    es_html_row_made(out, zh ? "印章有效期" : "seal valid", &text);
}

static void put_seal_facts(struct es_buf *out, const struct es_report_signature *sig, bool zh)
{
    ES_AUTO(es_buf) time = ES_BUF_INIT(16 * 1024);
    ES_AUTO(es_buf) state = ES_BUF_INIT(16 * 1024);

    es_report_put_sealed_at(sig, zh, &time);
    es_report_put_state(sig, zh, &state);
    es_buf_put_str(out, "<dl>\n");
    row_claimed(out, zh ? "印章编码" : "seal code", sig->seal_code, sig, zh);
    row_claimed(out, zh ? "签章人" : "signer", sig->signer_name, sig, zh);
    es_html_row_made(out, zh ? "盖章时间" : "sealed", &time);
    es_html_row_made(out, zh ? "印章状态" : "seal's state", &state);
    put_dates(out, sig, zh);
    row_claimed(out, zh ? "制章者" : "seal maker", sig->maker_subject, sig, zh);
    put_pages(out, sig, zh);
    es_buf_put_str(out, "</dl>\n");
}

/* ---- details ---- */

static void put_results(struct es_buf *out, const struct es_report_signature *sig, bool zh)
{
    static const char *const words[][2] = {
        {"not known", "未知"}, {"pass", "通过"}, {"fail", "未通过"}, {"skipped", "跳过"}};

    es_buf_printf(out, "<table><thead><tr><th>%s</th><th>%s</th><th></th></tr></thead><tbody>\n",
                  zh ? "检查项" : "check", zh ? "结果" : "result");
    for (unsigned i = 0; i < ES_CHECK_COUNT; i++) {
        enum es_check check = (enum es_check) i;
        bool none = sig->not_applicable[i] && sig->results[i] == ES_RESULT_UNKNOWN;
        const char *word = none ? (zh ? "不适用" : "does not apply") : words[sig->results[i]][zh];

        es_buf_printf(out, "<tr><td>%s</td><td>%s</td><td><code>%s</code></td></tr>\n",
                      es_check_text(check, zh), word, es_check_name(check));
    }
    es_buf_put_str(out, "</tbody></table>\n");
}

static void put_entries(struct es_buf *out, const struct es_report_signature *sig, bool zh)
{
    if (sig->protected_count == 0)
        return;
    es_buf_printf(out,
                  zh ? "<h3>受保护的条目（%zu）</h3>\n<ul>\n"
                     : "<h3>Protected entries (%zu)</h3>\n<ul>\n",
                  sig->protected_count);
    for (size_t i = 0; i < sig->protected_count && i < ENTRIES_MAX; i++) {
        es_buf_put_str(out, "<li>");
        es_html_text(out, sig->protected_entries[i]);
        es_buf_put_str(out, "</li>\n");
    }
    if (sig->protected_count > ENTRIES_MAX)
        es_buf_printf(out, zh ? "<li>另有 %zu 个</li>\n" : "<li>%zu more</li>\n",
                      sig->protected_count - ENTRIES_MAX);
    es_buf_put_str(out, "</ul>\n");
}

static void put_evidence(struct es_buf *out, const struct es_report_signature *sig, bool zh)
{
    if (sig->evidence.len < ES_SM3_LEN)
        return;
    es_buf_printf(out, "<h3>%s</h3>\n<ul>\n", zh ? "所用证据（SM3）" : "Evidence used (SM3)");
    for (size_t at = 0; at + ES_SM3_LEN <= sig->evidence.len; at += ES_SM3_LEN) {
        es_buf_put_str(out, "<li class='hash'>");
        es_buf_put_hex(out, es_span_of(sig->evidence.ptr + at, ES_SM3_LEN));
        es_buf_put_str(out, "</li>\n");
    }
    es_buf_put_str(out, "</ul>\n");
}

/* Open from the start: a closed one would be missing on paper. */
static void put_details(struct es_buf *out, const struct es_report_signature *sig, bool zh)
{
    es_buf_printf(out, "<details open><summary>%s</summary>\n", zh ? "详细结果" : "Details");
    es_buf_put_str(out, "<dl>\n");
    es_html_row(out, zh ? "位置" : "place", sig->where);
    es_html_row(out, zh ? "格式" : "form", sig->edition);
    row_claimed(out, zh ? "签章人证书" : "certificate", sig->signer_subject, sig, zh);
    row_claimed(out, zh ? "证书序列号" : "serial", sig->signer_serial, sig, zh);
    es_buf_put_str(out, "</dl>\n");
    put_results(out, sig, zh);
    put_entries(out, sig, zh);
    put_evidence(out, sig, zh);
    es_buf_put_str(out, "</details>\n");
}

void es_html_seal(struct es_buf *out, const struct es_report *report,
                  const struct es_report_signature *sig, bool zh)
{
    bool warns = es_report_signature_warns(report, sig);

    es_buf_put_str(out, "<section class='seal'>\n<h2>");
    es_html_text(out, sig->id);
    es_buf_put_str(out, " · ");
    es_html_text(out, es_report_name(sig, zh));
    es_buf_put_str(out, es_report_claimed(sig, zh));
    es_buf_put_str(out, zh ? "：" : ": ");
    es_buf_put_str(
        out, es_report_outcome_text(sig->outcome, warns && sig->outcome == ES_OUTCOME_VALID, zh));
    es_buf_put_str(out, "</h2>\n<div class='top'>");
    es_html_picture(out, sig, zh);
    es_buf_put_str(out, "<div>");
    put_seal_facts(out, sig, zh);
    es_buf_put_str(out, "</div></div>\n");
    put_facts(out, report, sig, zh);
    es_html_reasons(out, report, &sig->findings, sig->where, zh);
    put_details(out, sig, zh);
    es_buf_put_str(out, "</section>\n");
}
