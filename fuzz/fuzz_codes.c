/*
 * Codes of organisations, people and seals. Property: what a check takes has only bytes of its
 * alphabet; an es24 code made again from what was read out of it is the same, and its next
 * generation is read with the same stable identity; no message about an identity number shows three
 * bytes of it in a row; messages are clean text.
 */
#include "es_codes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
    if (!good)
        abort();
}

static void check_es24(struct es_span code)
{
    struct es_seal_code read, next;
    struct es_seal_code_parts parts;
    char text[ES_SEAL_CODE_MAX + 1];

    if (es_es24_parse(code, NULL, &read, NULL) != ES_OK)
        return;
    parts = (struct es_seal_code_parts){.division = es_span_str(read.division)};
    parts.kind = (unsigned) read.kind;
    parts.year = (unsigned) read.year;
    parts.sequence = (uint64_t) read.sequence;
    parts.generation = (unsigned) read.generation;
    require(es_es24_make(&parts, NULL, text, NULL) == ES_OK && es_span_is(code, text));
    if (es_es24_next(code, text, NULL) == ES_OK)
        require(es_es24_parse(es_span_str(text), NULL, &next, NULL) == ES_OK &&
                strcmp(next.stable, read.stable) == 0 && next.generation == read.generation + 1);
}

static void check_schemes(struct es_span code)
{
    for (size_t i = 0; i < es_seal_code_scheme_count(); i++) {
        const struct es_seal_code_scheme *scheme = es_seal_code_scheme_at(i);
        struct es_error err = {0};
        struct es_seal_code read;
        bool taken = scheme->check(code, NULL, NULL, &err) == ES_OK;

        require(es_text_clean(es_span_str(err.text)));
        require(taken == (scheme->parse(code, NULL, &read, NULL) == ES_OK));
        require(!taken || es_span_is(code, read.text));
        require(!taken || strspn(read.text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == code.len);
    }
}

static void check_identity(struct es_span number)
{
    struct es_error err = {0};

    if (es_identity_check(number, 1795252200, &err) == ES_OK || number.len != ES_IDENTITY_LEN)
        return;
    for (size_t at = 0; at + 3 <= number.len; at++) {
        char three[4] = "";

        memcpy(three, number.ptr + at, 3);
        require(strspn(three, "0123456789") < 3 || strstr(err.text, three) == NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct es_span in = es_span_of(data, size);
    struct es_error err = {0};
    struct es_uscc uscc;
    char check;

    if (es_uscc_check(in, ES_USCC_LENIENT, NULL, &uscc, &err) == ES_OK)
        require(es_uscc_compute(es_span_sub(in, 0, 17), &check, NULL) == ES_OK &&
                (check == uscc.text[17]) != ((uscc.warnings & ES_CODE_WARN_CHECKSUM) != 0));
    require(es_text_clean(es_span_str(err.text)));
    check_es24(in);
    check_schemes(in);
    check_identity(in);
    return 0;
}
