/* UTF-8, names that could be confused, and text made fit to be shown. */
#include "es_base.h"

#include <utf8proc.h>

int32_t es_utf8_next(struct es_span s, size_t *at)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first;
    uint32_t cp;
    size_t len;

    if (*at >= s.len)
        return -1;
    first = s.ptr[*at];
    len = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    cp = len == 1 ? first : first & (0xffu >> (len + 1));
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || s.len - *at < len) {
        (*at)++;
        return -1;
    }
    for (size_t i = 1; i < len; i++) {
        uint8_t c = s.ptr[*at + i];

        if ((c & 0xc0) != 0x80) {
            (*at)++;
            return -1;
        }
        cp = cp << 6 | (c & 0x3fu);
    }
    if (cp < least[len] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff)) {
        (*at)++;
        return -1;
    }
    *at += len;
    return (int32_t) cp;
}

bool es_utf8_valid(struct es_span s)
{
    size_t at = 0;

    while (at < s.len)
        if (es_utf8_next(s, &at) < 0)
            return false;
    return true;
}

void es_buf_put_utf8(struct es_buf *out, uint32_t cp)
{
    if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
        cp = 0xfffd;
    if (cp < 0x80) {
        es_buf_put_byte(out, (uint8_t) cp);
        return;
    }
    if (cp < 0x800) {
        es_buf_put_byte(out, (uint8_t) (0xc0 | cp >> 6));
    } else {
        if (cp < 0x10000) {
            es_buf_put_byte(out, (uint8_t) (0xe0 | cp >> 12));
        } else {
            es_buf_put_byte(out, (uint8_t) (0xf0 | cp >> 18));
            es_buf_put_byte(out, (uint8_t) (0x80 | (cp >> 12 & 0x3f)));
        }
        es_buf_put_byte(out, (uint8_t) (0x80 | (cp >> 6 & 0x3f)));
    }
    es_buf_put_byte(out, (uint8_t) (0x80 | (cp & 0x3f)));
}

static bool is_control(int32_t cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp <= 0x9f);
}

/* Characters that change the order or vanish: a name must not hide behind them. */
static bool is_deceiving(int32_t cp)
{
    return cp == 0x061c || (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
           (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff || (cp >= 0xfff9 && cp <= 0xfffb) ||
           (cp >= 0xe0000 && cp <= 0xe007f);
}

bool es_text_clean(struct es_span s)
{
    size_t at = 0;

    while (at < s.len) {
        int32_t cp = es_utf8_next(s, &at);

        if (cp < 0 || is_control(cp))
            return false;
    }
    return true;
}

es_status es_text_fold(struct es_span s, struct es_buf *out, struct es_error *err)
{
    const utf8proc_option_t options = UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
                                      UTF8PROC_IGNORE | UTF8PROC_STABLE;
    utf8proc_uint8_t *folded = NULL;
    utf8proc_ssize_t len;
    bool plain = true;

    for (size_t i = 0; i < s.len && plain; i++)
        plain = s.ptr[i] >= 0x20 && s.ptr[i] < 0x7f;
    if (plain) {
        for (size_t i = 0; i < s.len; i++)
            es_buf_put_byte(
                out, (uint8_t) (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? s.ptr[i] + 32 : s.ptr[i]));
        return es_buf_check(out, err);
    }
    ES_ENSURE(s.len < 1u << 20, err, ES_E_LIMIT, "text of %zu bytes, allowed are %u", s.len,
              1u << 20);
    len = utf8proc_map(s.ptr, (utf8proc_ssize_t) s.len, &folded, options);
    ES_ENSURE(len != UTF8PROC_ERROR_NOMEM, err, ES_E_NOMEM, "out of memory");
    ES_ENSURE(len >= 0, err, ES_E_FORMAT, "text is not UTF-8");
    es_buf_put(out, folded, (size_t) len);
    free(folded);
    return es_buf_check(out, err);
}

void es_buf_put_shown(struct es_buf *out, struct es_span s, size_t max_chars)
{
    size_t at = 0, chars = 0;

    while (at < s.len) {
        size_t from = at;
        int32_t cp = es_utf8_next(s, &at);

        if (chars++ == max_chars) {
            es_buf_put_str(out, "…");
            return;
        }
        if (cp < 0)
            es_buf_printf(out, "\\x%02x", s.ptr[from]);
        else if (is_control(cp))
            es_buf_printf(out, "\\x%02x", (unsigned) cp);
        else if (is_deceiving(cp))
            es_buf_printf(out, "\\u{%04x}", (unsigned) cp);
        else
            es_buf_put(out, s.ptr + from, at - from);
    }
}
