/*
 * Pieces of the HTML report. The page holds no scripts and asks for nothing; pictures are embedded
 * only when their first bytes are those of PNG, JPEG or GIF, whatever the document calls them.
 */
#include "html_parts.h"

#define PICTURE_MAX ((size_t) 1024 * 1024)
#define SIDE_MAX_MM 60U

void es_html_span(struct es_buf *out, struct es_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.ptr[i]) {
        case '&':
            es_buf_put_str(out, "&amp;");
            break;
        case '<':
            es_buf_put_str(out, "&lt;");
            break;
        case '>':
            es_buf_put_str(out, "&gt;");
            break;
        case '"':
            es_buf_put_str(out, "&quot;");
            break;
        case '\'':
            es_buf_put_str(out, "&#39;");
            break;
        default:
            es_buf_put_byte(out, text.ptr[i]);
        }
    }
}

void es_html_text(struct es_buf *out, const char *text)
{
    ES_AUTO(es_buf) shown = ES_BUF_INIT(16 * 1024);

    es_report_put_shown(&shown, text);
    es_report_take(out, &shown);
    es_html_span(out, es_buf_span(&shown));
}

void es_html_icon(struct es_buf *out, enum es_html_icon icon, bool zh)
{
    static const struct {
        const char *css, *shape, *words[2];
    } icons[] = {
        [ES_ICON_YES] = {"good",
                         "<circle cx='10' cy='10' r='9'/><path d='M5.5 10.5l3 3 6-7'/>",
                         {"yes", "是"}},
        [ES_ICON_NO] = {"bad",
                        "<rect x='1' y='1' width='18' height='18'/>"
                        "<path d='M6 6l8 8M14 6l-8 8'/>",
                        {"no", "否"}},
        [ES_ICON_OPEN] = {"open",
                          "<circle cx='10' cy='10' r='8.5' class='hollow'/>"
                          "<path d='M7.3 7.6a2.8 2.8 0 1 1 3.9 2.6q-1.2.5-1.2 1.8"
                          "M10 14.2v.9'/>",
                          {"cannot be told", "无法确定"}},
        [ES_ICON_WARNING] = {"warn",
                             "<path class='fill' d='M10 1l9.5 17.5H.5z'/>"
                             "<path d='M10 7v5.5M10 15v1'/>",
                             {"note", "请注意"}},
        [ES_ICON_NOTE] = {"note", "<path d='M4 10h12'/>", {"for information", "说明"}},
    };

    es_buf_printf(out,
                  "<svg class='icon %s' viewBox='0 0 20 20' role='img' aria-label='%s'>%s</svg>",
                  icons[icon].css, icons[icon].words[zh], icons[icon].shape);
}

void es_html_row_made(struct es_buf *out, const char *label, struct es_buf *text)
{
    const char *made = es_buf_cstr(text);

    es_report_take(out, text);
    es_html_row(out, label, made);
}

void es_html_row(struct es_buf *out, const char *label, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    es_buf_put_str(out, "<div><dt>");
    es_buf_put_str(out, label);
    es_buf_put_str(out, "</dt><dd>");
    es_html_text(out, text);
    es_buf_put_str(out, "</dd></div>\n");
}

static const char *mime_of(struct es_span picture)
{
    if (es_span_starts(picture, "\x89PNG\r\n\x1a\n"))
        return "image/png";
    if (es_span_starts(picture, "\xff\xd8\xff"))
        return "image/jpeg";
    if (es_span_starts(picture, "GIF87a") || es_span_starts(picture, "GIF89a"))
        return "image/gif";
    return NULL;
}

/* The size in the seal is the signer's word: kept within what fits a card. */
static uint32_t side(uint32_t mm)
{
    if (mm == 0)
        return 40;
    return mm > SIDE_MAX_MM ? SIDE_MAX_MM : mm;
}

void es_html_picture(struct es_buf *out, const struct es_report_signature *sig, bool zh)
{
    const char *mime = mime_of(sig->picture);

    if (!sig->has_seal)
        return;
    es_buf_put_str(out, "<figure>");
    if (mime != NULL && sig->picture.len <= PICTURE_MAX) {
        es_buf_printf(out, "<img alt='%s' style='width:%umm;height:%umm' src='data:%s;base64,",
                      zh ? "印章图像" : "picture of the seal", side(sig->picture_width_mm),
                      side(sig->picture_height_mm), mime);
        es_buf_put_base64(out, sig->picture);
        es_buf_put_str(out, "'>");
    } else {
        es_buf_put_str(out, "<div class='nopicture'>");
        es_buf_put_str(out,
                       zh ? "印章图像<br>此处不显示" : "picture of the seal<br>not shown here");
        es_buf_put_str(out, "</div>");
    }
    if (sig->outcome != ES_OUTCOME_VALID) {
        es_buf_put_str(out, "<figcaption>");
        es_buf_put_str(out, zh ? "图像未经证实" : "picture not proved");
        es_buf_put_str(out, "</figcaption>");
    }
    es_buf_put_str(out, "</figure>\n");
}
