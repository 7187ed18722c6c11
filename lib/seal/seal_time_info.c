/*
 * timeInfo of edition 2014: a BIT STRING with free content. Seen in real files (formats.md 4.1):
 *
 *     2022-03-24 08:54:12          Beijing time
 *     2020-01-25T07:31:56.377Z     as it says
 *     1540970511  1540970511377    seconds, milliseconds since 1970
 *     180807153843Z                as UTCTime, with or without its tag
 *     30 82 …                      a time-stamp token
 */
#include <string.h>

#include "seal_internal.h"

#define TEXT_MAX 40

static bool all_digits(struct es_span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return text.len > 0;
}

static bool read_number(struct es_span text, int64_t *time_s)
{
    int64_t number = 0;

    if (!all_digits(text) || (text.len != 9 && text.len != 10 && text.len != 13))
        return false;
    for (size_t i = 0; i < text.len; i++)
        number = number * 10 + (text.ptr[i] - '0');
    *time_s = text.len == 13 ? number / 1000 : number;
    return true;
}

/* YYYYMMDDHHMMSS at Beijing. */
static bool read_beijing(const char digits[14], int64_t *time_s)
{
    char zulu[15];

    memcpy(zulu, digits, 14);
    zulu[14] = 'Z';
    if (es_time_parse_generalized(es_span_of(zulu, 15), time_s, NULL) != ES_OK)
        return false;
    *time_s -= BEIJING_OFFSET_S;
    return true;
}

/* "2022-03-24 08:54:12", or with T and a zone behind it. */
static bool read_spelled(struct es_span text, int64_t *time_s)
{
    static const char shape[] = "dddd-dd-dd?dd:dd:dd";
    char digits[14], whole[TEXT_MAX + 1];
    size_t count = 0;

    if (text.len < sizeof(shape) - 1 || text.len > TEXT_MAX)
        return false;
    for (size_t i = 0; i < sizeof(shape) - 1; i++) {
        uint8_t c = text.ptr[i];

        if (shape[i] == 'd' && c >= '0' && c <= '9')
            digits[count++] = (char) c;
        else if (shape[i] == '?' ? c != ' ' && c != 'T' : c != (uint8_t) shape[i])
            return false;
    }
    if (text.len == sizeof(shape) - 1)
        return read_beijing(digits, time_s);
    memcpy(whole, text.ptr, text.len);
    whole[text.len] = '\0';
    return text.ptr[10] == 'T' && memchr(whole, '\0', text.len) == NULL &&
           es_time_parse(whole, 0, time_s, NULL) == ES_OK;
}

static bool read_text(struct es_span text, int64_t *time_s)
{
    if (read_number(text, time_s) || read_spelled(text, time_s))
        return true;
    if (text.len == 14 && all_digits(text))
        return read_beijing((const char *) text.ptr, time_s);
    if (text.len == 13)
        return es_time_parse_utc(text, time_s, NULL) == ES_OK;
    return text.len == 15 && es_time_parse_generalized(text, time_s, NULL) == ES_OK;
}

void seal_read_time_info(struct es_span content, bool *has_time, int64_t *time_s,
                         struct es_span *token)
{
    uint8_t tag = es_der_peek(content);

    *has_time = false;
    if (tag == ES_DER_SEQUENCE && content.len > 2 && content.ptr[1] > 0x80)
        *token = content;
    else if (tag == ES_DER_UTC_TIME || tag == ES_DER_GENERALIZED_TIME)
        *has_time = es_der_get_time(&content, time_s, NULL) == ES_OK && content.len == 0;
    else
        *has_time = read_text(content, time_s);
    if (!*has_time)
        *time_s = 0;
}
