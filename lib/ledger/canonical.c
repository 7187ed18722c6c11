/*
 * The one form of a detail: JSON with keys sorted by bytes, no spaces, whole numbers only. The text
 * is read strictly first (duplicates, UTF-8, depth, size), so that what walks it here knows it to
 * be well formed; the walk still never steps past its end.
 */
#include "keep.h"

#define DEPTH_MAX 64

struct walk {
    struct es_span in;
    size_t at;
    unsigned depth;
};

static uint8_t peek(const struct walk *w)
{
    return w->at < w->in.len ? w->in.ptr[w->at] : 0;
}

static void skip_space(struct walk *w)
{
    while (peek(w) == ' ' || peek(w) == '\t' || peek(w) == '\r' || peek(w) == '\n')
        w->at++;
}

/* Go on behind one punctuation mark; false when another byte stands there. */
static bool accept(struct walk *w, uint8_t mark)
{
    skip_space(w);
    if (peek(w) != mark)
        return false;
    w->at++;
    return true;
}

static es_status walk_value(struct walk *w, struct es_buf *out, struct es_error *err);

/* ---- strings ---- */

static uint32_t hex4(struct walk *w)
{
    uint32_t value = 0;

    for (int i = 0; i < 4; i++) {
        uint8_t c = peek(w);

        value = value << 4 | (uint32_t) (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
        w->at++;
    }
    return value;
}

static void put_escape(struct walk *w, struct es_buf *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    uint8_t c = peek(w);
    const char *at = c == 0 ? NULL : strchr(from, c);
    uint32_t high, low;

    w->at++;
    if (at != NULL) {
        es_buf_put_byte(out, (uint8_t) to[at - from]);
        return;
    }
    high = hex4(w);
    if (high >= 0xD800 && high < 0xDC00) {
        w->at += 2; /* "\u" of the low half, which the strict reader has seen */
        low = hex4(w);
        high = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    }
    es_buf_put_utf8(out, high);
}

/* The text of a string, its escapes undone. */
static es_status walk_string(struct walk *w, struct es_buf *text, struct es_error *err)
{
    ES_ENSURE(accept(w, '"'), err, ES_E_FORMAT, "detail: no string at %zu", w->at);
    while (w->at < w->in.len && peek(w) != '"') {
        if (peek(w) == '\\') {
            w->at++;
            put_escape(w, text);
        } else {
            es_buf_put_byte(text, peek(w));
            w->at++;
        }
    }
    w->at++;
    return es_buf_check(text, err);
}

static es_status put_string(struct walk *w, struct es_buf *out, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(w->in.len + 1);
    struct es_json_out json = {.buf = out, .comma = false};

    ES_TRY(walk_string(w, &text, err));
    es_json_put_span(&json, es_buf_span(&text));
    return es_buf_check(out, err);
}

/* ---- objects ---- */

/* Keys and values in the order of the text, as pieces of two buffers. */
struct member {
    size_t key, key_len, value, value_len;
    const struct es_buf *keys;
};

static int compare_members(const void *a, const void *b)
{
    const struct member *x = a, *y = b;

    return es_span_compare(es_span_sub(es_buf_span(x->keys), x->key, x->key_len),
                           es_span_sub(es_buf_span(y->keys), y->key, y->key_len));
}

static es_status walk_member(struct walk *w, struct es_buf *keys, struct es_buf *values,
                             struct es_buf *members, struct es_error *err)
{
    struct member m = {.key = keys->len, .value = values->len, .keys = keys};

    ES_TRY(walk_string(w, keys, err));
    ES_ENSURE(accept(w, ':'), err, ES_E_FORMAT, "detail: no colon at %zu", w->at);
    ES_TRY(walk_value(w, values, err));
    m.key_len = keys->len - m.key;
    m.value_len = values->len - m.value;
    es_buf_put(members, &m, sizeof m);
    return es_buf_check(members, err);
}

static es_status put_object(struct walk *w, struct es_buf *out, struct es_error *err)
{
    ES_AUTO(es_buf) keys = ES_BUF_INIT(w->in.len);
    ES_AUTO(es_buf) values = ES_BUF_INIT(out->max);
    ES_AUTO(es_buf) members = ES_BUF_INIT(ES_JSON_MEMBERS_MAX * sizeof(struct member));
    struct es_json_out json = {.buf = out, .comma = false};

    es_json_begin_object(&json);
    while (!accept(w, '}')) {
        (void) accept(w, ',');
        ES_TRY(walk_member(w, &keys, &values, &members, err));
    }
    if (members.len > 0)
        qsort(members.ptr, members.len / sizeof(struct member), sizeof(struct member),
              compare_members);
    for (size_t at = 0; at < members.len; at += sizeof(struct member)) {
        struct member m;

        memcpy(&m, members.ptr + at, sizeof m);
        if (at > 0)
            es_buf_put_byte(out, ',');
        json.comma = false;
        es_json_key_span(&json, es_span_sub(es_buf_span(&keys), m.key, m.key_len));
        es_buf_put_span(out, es_span_sub(es_buf_span(&values), m.value, m.value_len));
    }
    es_buf_put_byte(out, '}');
    return es_buf_check(out, err);
}

static es_status put_array(struct walk *w, struct es_buf *out, struct es_error *err)
{
    bool comma = false;

    w->at++;
    es_buf_put_byte(out, '[');
    while (!accept(w, ']')) {
        (void) accept(w, ',');
        if (comma)
            es_buf_put_byte(out, ',');
        ES_TRY(walk_value(w, out, err));
        comma = true;
    }
    es_buf_put_byte(out, ']');
    return es_buf_check(out, err);
}

/* ---- numbers and words ---- */

static es_status put_plain(struct walk *w, struct es_buf *out, struct es_error *err)
{
    size_t from = w->at;
    struct es_span word;

    while (w->at < w->in.len && strchr(",]} \t\r\n", peek(w)) == NULL)
        w->at++;
    word = es_span_sub(w->in, from, w->at - from);
    ES_ENSURE(word.len > 0, err, ES_E_FORMAT, "detail: no value at %zu", from);
    if (word.ptr[0] == '-' || (word.ptr[0] >= '0' && word.ptr[0] <= '9')) {
        ES_ENSURE(!es_span_is(word, "-0") && es_span_find(word, '.') == word.len &&
                      es_span_find(word, 'e') == word.len && es_span_find(word, 'E') == word.len,
                  err, ES_E_FORMAT, "detail: a number that is not whole at %zu", from);
    }
    es_buf_put_span(out, word);
    return es_buf_check(out, err);
}

static es_status walk_value(struct walk *w, struct es_buf *out, struct es_error *err)
{
    es_status status;

    skip_space(w);
    ES_ENSURE(w->depth < DEPTH_MAX, err, ES_E_LIMIT, "detail: nested deeper than %d", DEPTH_MAX);
    w->depth++;
    switch (peek(w)) {
    case '{':
        w->at++;
        status = put_object(w, out, err);
        break;
    case '[':
        status = put_array(w, out, err);
        break;
    case '"':
        status = put_string(w, out, err);
        break;
    default:
        status = put_plain(w, out, err);
    }
    w->depth--;
    return status;
}

es_status es_log_detail_canonical(struct es_span json, struct es_buf *out, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(2 * KEEP_DETAIL_MAX);
    ES_AUTO_PTR(es_json) parsed = NULL;
    struct walk w = {.in = json};

    ES_TRY(es_json_parse(json, KEEP_DETAIL_MAX, &parsed, err));
    ES_ENSURE(es_json_is_object(es_json_root(parsed)), err, ES_E_FORMAT,
              "detail: it is no JSON object");
    ES_TRY(walk_value(&w, &text, err));
    ES_ENSURE(text.len <= KEEP_DETAIL_MAX, err, ES_E_LIMIT, "detail of %zu bytes, allowed are %u",
              text.len, KEEP_DETAIL_MAX);
    es_buf_put_span(out, es_buf_span(&text));
    return es_buf_check(out, err);
}
