/*
 * Numbers, boxes and lists in OFD attributes. Read by hand: no locale, no NaN, no infinity; what
 * is unreadable is 0 and everything stays within ±1e7 mm, so that sums cannot run away.
 */
#include "ofd_internal.h"

#define NUMBER_MAX 1e7
#define MANTISSA_MAX 900000000000000ull /* times ten plus nine stays exact in a double */
#define EXPONENT_MAX 30

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool es_ofd_token(struct es_span *in, struct es_span *token)
{
    size_t from = 0, to;

    while (from < in->len && (is_space(in->ptr[from]) || in->ptr[from] == ','))
        from++;
    to = from;
    while (to < in->len && !is_space(in->ptr[to]) && in->ptr[to] != ',')
        to++;
    *token = es_span_sub(*in, from, to - from);
    *in = es_span_sub(*in, to, in->len - to);
    return to > from;
}

/* Digits from *at on into *mantissa; digits past its precision only move *scale. */
static size_t read_digits(struct es_span s, size_t *at, uint64_t *mantissa, int *scale,
                          bool fraction)
{
    size_t count = 0;

    for (; *at < s.len && s.ptr[*at] >= '0' && s.ptr[*at] <= '9'; (*at)++, count++) {
        if (*mantissa <= MANTISSA_MAX) {
            *mantissa = *mantissa * 10 + (uint64_t) (s.ptr[*at] - '0');
            *scale -= fraction ? 1 : 0;
        } else if (!fraction && *scale < 1000) {
            (*scale)++;
        }
    }
    return count;
}

/* "e-3" behind the digits; false when it is none. */
static bool read_exponent(struct es_span s, size_t *at, int *scale)
{
    uint64_t value = 0;
    int unused = 0;
    bool negative;

    if (*at == s.len || (s.ptr[*at] != 'e' && s.ptr[*at] != 'E'))
        return true;
    (*at)++;
    negative = *at < s.len && s.ptr[*at] == '-';
    if (*at < s.len && (s.ptr[*at] == '-' || s.ptr[*at] == '+'))
        (*at)++;
    if (read_digits(s, at, &value, &unused, false) == 0)
        return false;
    if (value > 1000 || unused > 0)
        value = 1000;
    *scale += negative ? -(int) value : (int) value;
    return true;
}

static double scaled(uint64_t mantissa, int scale)
{
    double value = (double) mantissa, power = 1.0;
    int steps = scale < 0 ? -scale : scale;

    if (mantissa == 0)
        return 0;
    if (steps > EXPONENT_MAX)
        return scale < 0 ? 0 : NUMBER_MAX;
    for (int i = 0; i < steps; i++)
        power *= 10.0;
    value = scale < 0 ? value / power : value * power;
    return value > NUMBER_MAX ? NUMBER_MAX : value;
}

double es_ofd_number(struct es_span token)
{
    uint64_t mantissa = 0;
    size_t at = 0, digits;
    int scale = 0;
    bool negative = token.len > 0 && token.ptr[0] == '-';

    if (token.len > 0 && (token.ptr[0] == '-' || token.ptr[0] == '+'))
        at++;
    digits = read_digits(token, &at, &mantissa, &scale, false);
    if (at < token.len && token.ptr[at] == '.') {
        at++;
        digits += read_digits(token, &at, &mantissa, &scale, true);
    }
    if (digits == 0 || !read_exponent(token, &at, &scale) || at != token.len)
        return 0;
    return negative ? -scaled(mantissa, scale) : scaled(mantissa, scale);
}

bool es_ofd_id(struct es_span text, uint32_t *out)
{
    uint64_t value = 0;

    text = es_span_trim(text);
    if (text.len == 0 || text.len > 20)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        value = value * 10 + (uint64_t) (text.ptr[i] - '0');
        if (value > UINT32_MAX)
            return false;
    }
    *out = (uint32_t) value;
    return true;
}

bool es_ofd_bool(struct es_span text, bool absent)
{
    text = es_span_trim(text);
    if (text.len == 0)
        return absent;
    if (es_span_is(text, "1"))
        return true;
    return text.len == 4 && (text.ptr[0] | 0x20) == 't' && (text.ptr[1] | 0x20) == 'r' &&
           (text.ptr[2] | 0x20) == 'u' && (text.ptr[3] | 0x20) == 'e';
}

size_t es_ofd_numbers(struct es_span text, double *out, size_t max)
{
    struct es_span token;
    size_t count = 0;

    while (count < max && es_ofd_token(&text, &token))
        out[count++] = es_ofd_number(token);
    return count;
}

bool es_ofd_box(struct es_span text, struct es_box *out)
{
    double v[4] = {0};
    bool whole = es_ofd_numbers(text, v, 4) == 4;

    *out = (struct es_box){.x = v[0], .y = v[1], .width = v[2], .height = v[3]};
    return whole;
}

bool es_ofd_box_is_page(const struct es_box *box)
{
    return box->width > 0 && box->height > 0;
}
