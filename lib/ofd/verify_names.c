/*
 * Does the seal bear the name of the one who signed (verification.md 6.4, name_mismatch)? Names are
 * compared as a person reads them: after a compatibility case fold and without blanks. A seal for
 * one use adds words to its owner's name ("…合同专用章"), so one name inside the other counts as
 * equal. Where certificates keep a code (formats.md 2.3) there is no name to compare.
 */
#include "verify_internal.h"

#define NAME_BYTES_MAX 65536
#define USCC_LEN 18
#define SHORTEST 2 /* characters a name inside another must have */

struct names {
    struct es_buf seal; /* folded */
    bool compared;      /* the certificate gave at least one name */
    bool match;
};

static bool is_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* SPEC codes.md 5.1: 18 characters, of which 3 to 8 are the division's digits. */
static struct es_span without_uscc(struct es_span name)
{
    if (name.len < USCC_LEN)
        return name;
    for (size_t i = 0; i < USCC_LEN; i++)
        if (!is_alnum(name.ptr[i]) || (i >= 2 && i < 8 && !is_digit(name.ptr[i])))
            return name;
    return es_span_sub(name, USCC_LEN, name.len);
}

/* Digits, alone or with Latin letters and marks: a number of something, nobody's name. */
static bool is_code(struct es_span name)
{
    bool digits = false;

    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] >= 0x80)
            return false;
        digits |= is_digit(name.ptr[i]);
    }
    return digits || name.len == 0;
}

static size_t count_characters(struct es_span text)
{
    size_t at = 0, count = 0;

    while (es_utf8_next(text, &at) >= 0)
        count++;
    return count;
}

static bool holds(struct es_span whole, struct es_span part)
{
    return count_characters(part) >= SHORTEST && es_span_search(whole, part, NULL);
}

static es_status fold(struct es_span text, struct es_buf *out, struct es_error *err)
{
    ES_AUTO(es_buf) folded = ES_BUF_INIT(NAME_BYTES_MAX);

    ES_TRY(es_text_fold(text, &folded, err));
    for (size_t i = 0; i < folded.len; i++)
        if (folded.ptr[i] != ' ')
            es_buf_put_byte(out, folded.ptr[i]);
    return es_buf_check(out, err);
}

static void compare_part(struct names *names, struct es_span part)
{
    struct es_span seal = es_buf_span(&names->seal);

    names->match |= part.len > 0 && es_span_equal(part, seal);
    part = without_uscc(part);
    if (is_code(part))
        return;
    names->compared = true;
    names->match |= es_span_equal(part, seal) || holds(seal, part) || holds(part, seal);
}

/* Event certificates join number, name and more with "@"; each part stands for itself. */
static void compare_parts(struct names *names, struct es_span text)
{
    while (text.len > 0) {
        size_t end = es_span_find(text, '@');

        compare_part(names, es_span_sub(text, 0, end));
        text = es_span_sub(text, end + 1, text.len);
    }
}

/* A name that shows otherwise than it reads (NUL, controls, broken UTF-8) is equal to none. */
static es_status compare_attribute(struct names *names, struct es_span subject, const char *oid,
                                   struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(NAME_BYTES_MAX);
    ES_AUTO(es_buf) folded = ES_BUF_INIT(NAME_BYTES_MAX);

    if (!es_name_get(subject, oid, &text))
        return ES_OK;
    ES_TRY(es_buf_check(&text, err));
    if (!es_text_clean(es_buf_span(&text))) {
        names->compared = true;
        return ES_OK;
    }
    ES_TRY(fold(es_buf_span(&text), &folded, err));
    compare_parts(names, es_buf_span(&folded));
    return ES_OK;
}

static es_status compare(struct names *names, struct es_span seal_name, struct es_span subject,
                         struct es_error *err)
{
    static const char *const oids[] = {"2.5.4.3", "2.5.4.10"}; /* CN, O */

    if (!es_text_clean(seal_name)) {
        names->compared = true;
        return ES_OK;
    }
    ES_TRY(fold(seal_name, &names->seal, err));
    for (size_t i = 0; i < sizeof oids / sizeof oids[0]; i++)
        ES_TRY(compare_attribute(names, subject, oids[i], err));
    return ES_OK;
}

es_status verify_names(struct verify_one *one, struct es_error *err)
{
    struct names names = {.seal = ES_BUF_INIT(NAME_BYTES_MAX)};
    es_status status;

    if (one->signer == NULL)
        return ES_OK;
    status = compare(&names, one->ses->seal->name, one->signer->subject, err);
    es_buf_clear(&names.seal);
    if (status != ES_E_LIMIT) /* a name nobody can read is no name of anybody */
        ES_TRY(status);
    if (status == ES_E_LIMIT || (names.compared && !names.match))
        es_finding_add_span(one->findings, ES_CHECK_SIGNER_IN_SEAL, ES_V_NAME_MISMATCH, one->where,
                            one->ses->seal->name);
    return ES_OK;
}
