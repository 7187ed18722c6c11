/*
 * Writing JSON (RFC 8259) into a buffer: members in the order they are put, no white space, the
 * same bytes for the same calls. Control characters (C0, DEL, C1) and the line separators U+2028
 * and U+2029 are written as \uXXXX, so the text is one line for every reader.
 */
#include "es_json.h"

static void before_value(struct es_json_out *out)
{
    if (out->comma)
        es_buf_put_byte(out->buf, ',');
    out->comma = true;
}

void es_json_begin_object(struct es_json_out *out)
{
    before_value(out);
    es_buf_put_byte(out->buf, '{');
    out->comma = false;
}

void es_json_end_object(struct es_json_out *out)
{
    es_buf_put_byte(out->buf, '}');
    out->comma = true;
}

void es_json_begin_array(struct es_json_out *out)
{
    before_value(out);
    es_buf_put_byte(out->buf, '[');
    out->comma = false;
}

void es_json_end_array(struct es_json_out *out)
{
    es_buf_put_byte(out->buf, ']');
    out->comma = true;
}

void es_json_key(struct es_json_out *out, const char *key)
{
    es_json_key_span(out, es_span_str(key));
}

void es_json_key_span(struct es_json_out *out, struct es_span key)
{
    es_json_put_span(out, key);
    es_buf_put_byte(out->buf, ':');
    out->comma = false;
}

static bool is_escaped(int32_t cp)
{
    return cp < 0x20 || (cp >= 0x7F && cp <= 0x9F) || cp == 0x2028 || cp == 0x2029;
}

static void put_char(struct es_buf *buf, int32_t cp, struct es_span bytes)
{
    if (cp < 0)
        es_buf_put_str(buf, "\xEF\xBF\xBD"); /* U+FFFD */
    else if (cp == '"' || cp == '\\')
        es_buf_printf(buf, "\\%c", (char) cp);
    else if (cp == '\n')
        es_buf_put_str(buf, "\\n");
    else if (cp == '\t')
        es_buf_put_str(buf, "\\t");
    else if (is_escaped(cp))
        es_buf_printf(buf, "\\u%04x", (unsigned) cp);
    else
        es_buf_put_span(buf, bytes);
}

void es_json_put_span(struct es_json_out *out, struct es_span text)
{
    size_t at = 0;

    before_value(out);
    es_buf_put_byte(out->buf, '"');
    while (at < text.len) {
        size_t from = at;
        int32_t cp = es_utf8_next(text, &at);

        put_char(out->buf, cp, es_span_sub(text, from, at - from));
    }
    es_buf_put_byte(out->buf, '"');
}

void es_json_put_text(struct es_json_out *out, const char *text)
{
    if (text == NULL)
        es_json_put_null(out);
    else
        es_json_put_span(out, es_span_str(text));
}

void es_json_put_int(struct es_json_out *out, int64_t value)
{
    before_value(out);
    es_buf_printf(out->buf, "%lld", (long long) value);
}

void es_json_put_uint(struct es_json_out *out, uint64_t value)
{
    before_value(out);
    es_buf_printf(out->buf, "%llu", (unsigned long long) value);
}

void es_json_put_bool(struct es_json_out *out, bool value)
{
    before_value(out);
    es_buf_put_str(out->buf, value ? "true" : "false");
}

void es_json_put_null(struct es_json_out *out)
{
    before_value(out);
    es_buf_put_str(out->buf, "null");
}

/* By whole thousandths: the decimal point does not depend on the locale. */
void es_json_put_number(struct es_json_out *out, double value)
{
    int64_t thousandths = 0;
    int64_t rest = 0;
    int digits = 3;

    if (!(value >= -ES_JSON_NUMBER_MAX && value <= ES_JSON_NUMBER_MAX)) {
        es_json_put_null(out);
        return;
    }
    thousandths = (int64_t) (value * 1000.0 + (value < 0 ? -0.5 : 0.5));
    rest = llabs(thousandths) % 1000;
    before_value(out);
    es_buf_printf(out->buf, "%s%lld", thousandths < 0 ? "-" : "", llabs(thousandths) / 1000);
    if (rest == 0)
        return;
    for (; rest % 10 == 0; rest /= 10)
        digits--;
    es_buf_printf(out->buf, ".%0*lld", digits, (long long) rest);
}

void es_json_pair_text(struct es_json_out *out, const char *key, const char *text)
{
    es_json_key(out, key);
    es_json_put_text(out, text);
}

void es_json_pair_int(struct es_json_out *out, const char *key, int64_t value)
{
    es_json_key(out, key);
    es_json_put_int(out, value);
}

void es_json_pair_bool(struct es_json_out *out, const char *key, bool value)
{
    es_json_key(out, key);
    es_json_put_bool(out, value);
}

void es_json_put_hex(struct es_json_out *out, struct es_span bytes)
{
    before_value(out);
    es_buf_put_byte(out->buf, '"');
    es_buf_put_hex(out->buf, bytes);
    es_buf_put_byte(out->buf, '"');
}

void es_json_pair_hex(struct es_json_out *out, const char *key, struct es_span bytes)
{
    es_json_key(out, key);
    es_json_put_hex(out, bytes);
}

void es_json_put_time(struct es_json_out *out, int64_t time_s)
{
    char text[ES_TIME_TEXT_MAX];

    if (time_s == 0) {
        es_json_put_null(out);
        return;
    }
    es_time_iso(time_s, text);
    before_value(out);
    es_buf_printf(out->buf, "\"%.*s.000Z\"", (int) strcspn(text, "Z"), text);
}

void es_json_pair_time(struct es_json_out *out, const char *key, int64_t time_s)
{
    es_json_key(out, key);
    es_json_put_time(out, time_s);
}
