/*
 * The report as one HTML page: no scripts, nothing loaded from anywhere, forbidden once more by
 * its own policy line. Several reports stand one after the other, each on new pages of paper.
 */
#include "html_seal.h"

static const char *tone_of(enum es_outcome outcome)
{
    if (outcome == ES_OUTCOME_VALID)
        return "good";
    return outcome == ES_OUTCOME_INVALID ? "bad" : "open";
}

static enum es_html_icon icon_of(enum es_outcome outcome)
{
    if (outcome == ES_OUTCOME_VALID)
        return ES_ICON_YES;
    return outcome == ES_OUTCOME_INVALID ? ES_ICON_NO : ES_ICON_OPEN;
}

static void put_reason_sentence(struct es_buf *out, const struct es_report *report, bool zh)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(64 * 1024);

    es_report_put_reason(report, zh, &text);
    es_report_take(out, &text);
    es_html_span(out, es_buf_span(&text));
}

static void put_answer(struct es_buf *out, const struct es_report *report, bool zh)
{
    const char *advice = es_report_advice(report, zh);
    bool warns = es_report_warns(report) && report->outcome == ES_OUTCOME_VALID;

    es_buf_printf(out, "<header class='answer %s'>", tone_of(report->outcome));
    es_html_icon(out, icon_of(report->outcome), zh);
    es_buf_put_str(out, "<div><h1>");
    es_buf_put_str(out, es_report_outcome_text(report->outcome, warns, zh));
    if (warns) {
        es_buf_put_str(out, " ");
        es_html_icon(out, ES_ICON_WARNING, zh);
    }
    es_buf_put_str(out, "</h1>\n<p class='file'>");
    es_html_text(out, report->file);
    es_buf_put_str(out, "</p>\n<p>");
    put_reason_sentence(out, report, zh);
    es_buf_put_str(out, "</p>\n");
    if (advice != NULL) {
        es_buf_printf(out, "<p class='next'><b>%s</b>", zh ? "下一步：" : "Next: ");
        es_html_text(out, advice);
        es_buf_put_str(out, "</p>\n");
    }
    es_buf_put_str(out, "</div></header>\n");
}

static void put_document(struct es_buf *out, const struct es_report *report, bool zh)
{
    char time[ES_TIME_TEXT_MAX];

    es_time_china(report->verified_at_s, time);
    es_buf_put_str(out, "<dl>\n");
    es_buf_printf(out, "<div><dt>%s</dt><dd>", zh ? "文件" : "file");
    es_html_text(out, report->type);
    es_buf_printf(out,
                  zh ? "，%llu 字节，%u 页</dd></div>\n" : ", %llu bytes, %u pages</dd></div>\n",
                  (unsigned long long) report->bytes, report->pages);
    es_buf_put_str(out, "<div><dt>SM3</dt><dd class='hash'>");
    es_buf_put_hex(out, es_span_of(report->sm3, ES_SM3_LEN));
    es_buf_printf(out, "</dd></div>\n<div><dt>%s</dt><dd>%s%s</dd></div>\n",
                  zh ? "验证时间" : "verified", time, zh ? "（北京时间）" : " (UTC+8)");
    es_buf_printf(out,
                  zh ? "<div><dt>验证策略</dt><dd>%s，第 %u 版</dd></div>\n"
                     : "<div><dt>policy</dt><dd>%s, version %u</dd></div>\n",
                  report->policy->id, report->policy->version);
    es_buf_put_str(out, "</dl>\n");
}

static void put_report(struct es_buf *out, const struct es_report *report, bool zh)
{
    es_buf_printf(out, "<article>\n<p class='kind'>%s</p>\n",
                  zh ? "验章报告" : "Seal verification report");
    put_answer(out, report, zh);
    put_document(out, report, zh);
    es_html_reasons(out, report, &report->findings, "", zh);
    for (const struct es_report_signature *s = report->first; s != NULL; s = s->next)
        es_html_seal(out, report, s, zh);
    es_buf_printf(out, "<footer><p>%s</p><p>eseal %s · SM3 (",
                  zh ? "本报告说明验证当时的结果。文件的打印件不具有电子印章效力。"
                     : "This report tells the result at the time of verifying. A printout of the "
                       "document does not have the effect of its electronic seal.",
                  ES_VERSION);
    es_html_text(out, report->policy->id);
    es_buf_put_str(out, ") <span class='hash'>");
    es_buf_put_hex(out, es_span_of(report->policy->sm3, ES_SM3_LEN));
    es_buf_put_str(out, "</span></p></footer>\n</article>\n");
}

static void put_list(struct es_buf *out, const struct es_report *const *reports, size_t count,
                     bool zh)
{
    es_buf_printf(out,
                  zh ? "<section class='list'><h1>验章报告</h1><p>%zu 个文件</p><table><tbody>\n"
                     : "<section class='list'><h1>Verification</h1><p>%zu files</p>"
                       "<table><tbody>\n",
                  count);
    for (size_t i = 0; i < count; i++) {
        bool warns = es_report_warns(reports[i]) && reports[i]->outcome == ES_OUTCOME_VALID;

        es_buf_put_str(out, "<tr><td>");
        es_html_icon(out, icon_of(reports[i]->outcome), zh);
        if (warns)
            es_html_icon(out, ES_ICON_WARNING, zh);
        es_buf_printf(out, " %s</td><td>", es_report_outcome_word(reports[i]->outcome, warns, zh));
        es_html_text(out, reports[i]->file);
        es_buf_put_str(out, "</td><td>");
        put_reason_sentence(out, reports[i], zh);
        es_buf_put_str(out, "</td></tr>\n");
    }
    es_buf_put_str(out, "</tbody></table></section>\n");
}

es_status es_report_html(const struct es_report *const *reports, size_t count, bool zh,
                         struct es_buf *out, struct es_error *err)
{
    const size_t start = out->len;

    es_buf_printf(out,
                  "<!doctype html>\n<html lang='%s'><head><meta charset='utf-8'>\n"
                  "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; "
                  "img-src data:; style-src 'unsafe-inline'\">\n"
                  "<meta name='viewport' content='width=device-width,initial-scale=1'>\n"
                  "<meta name='referrer' content='no-referrer'>\n<title>%s</title>\n<style>",
                  zh ? "zh-CN" : "en", zh ? "验章报告" : "Seal verification report");
    es_buf_put_str(out, es_html_style);
    es_buf_put_str(out, zh ? "@page{@bottom-center{content:'第 ' counter(page) ' 页 共 ' "
                             "counter(pages) ' 页';font-size:9pt}}\n"
                           : "@page{@bottom-center{content:'page ' counter(page) ' of ' "
                             "counter(pages);font-size:9pt}}\n");
    es_buf_put_str(out, "</style></head>\n<body><main>\n");
    if (count > 1)
        put_list(out, reports, count, zh);
    for (size_t i = 0; i < count; i++)
        put_report(out, reports[i], zh);
    es_buf_put_str(out, "</main></body></html>\n");
    return es_report_written(out, start, err);
}
