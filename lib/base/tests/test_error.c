/* Error codes and texts. The table of codes is a promise to other programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_base.h"

/* SPEC interfaces.md: codes of the reader component interface end at 0x1111. */
#define LAST_FOREIGN_CODE 0x1111

static const struct {
    const char *symbol;
    es_status status;
    unsigned number;
    const char *name;
    int http, exit_code;
} codes[] = {
#define ES_ERROR(symbol, number, name, http, exit_code, en, zh)                                    \
    {#symbol, symbol, number, name, http, exit_code},
#include "errors.def"
#undef ES_ERROR
};
#define CODE_COUNT (sizeof codes / sizeof codes[0])

static void every_number_and_name_stands_once(void **state)
{
    (void) state;
    for (size_t i = 0; i < CODE_COUNT; i++)
        for (size_t k = 0; k < i; k++) {
            assert_int_not_equal(codes[i].number, codes[k].number);
            assert_string_not_equal(codes[i].name, codes[k].name);
        }
}

static void numbers_keep_clear_of_foreign_codes_and_verdicts(void **state)
{
    (void) state;
    for (size_t i = 0; i < CODE_COUNT; i++) {
        assert_true(codes[i].number > LAST_FOREIGN_CODE);
        assert_true(codes[i].number <= 0xFFFF);
        assert_false(codes[i].number >= 0x2801 && codes[i].number <= 0x28FF);
    }
}

static void every_code_has_texts_in_both_languages(void **state)
{
    (void) state;
    for (size_t i = 0; i < CODE_COUNT; i++) {
        struct es_span en = es_span_str(es_status_text_en(codes[i].status));
        struct es_span zh = es_span_str(es_status_text_zh(codes[i].status));
        bool has_cjk = false;

        for (size_t k = 0; k < zh.len; k++)
            has_cjk |= zh.ptr[k] >= 0xe4;
        assert_true(en.len > 0);
        assert_true(es_text_clean(en));
        assert_true(es_text_clean(zh));
        assert_true(has_cjk);
    }
}

static void names_are_plain_identifiers(void **state)
{
    (void) state;
    for (size_t i = 0; i < CODE_COUNT; i++) {
        assert_string_equal(es_status_name(codes[i].status), codes[i].name);
        for (const char *c = codes[i].name; *c != 0; c++)
            assert_true((*c >= 'a' && *c <= 'z') || *c == '_');
    }
}

static void http_and_exit_codes_are_of_the_right_class(void **state)
{
    (void) state;
    for (size_t i = 0; i < CODE_COUNT; i++) {
        int http = es_status_http(codes[i].status);
        int exit_code = es_status_exit(codes[i].status);

        assert_int_equal(http, codes[i].http);
        assert_int_equal(exit_code, codes[i].exit_code);
        assert_true(http >= 400 && http <= 599);
        /* sysexits.h: 64 to 78; below are answers, not failures */
        assert_true(exit_code >= 64 && exit_code <= 78);
    }
}

static void an_unknown_status_reads_as_internal_error(void **state)
{
    es_status unknown = (es_status) 0x2FFF;

    (void) state;
    assert_string_equal(es_status_name(unknown), "internal_error");
    assert_int_equal(es_status_http(unknown), 500);
    assert_int_equal(es_status_exit(unknown), 70);
}

static void success_has_a_name_and_ends_with_0(void **state)
{
    (void) state;
    assert_string_equal(es_status_name(ES_OK), "ok");
    assert_int_equal(es_status_exit(ES_OK), 0);
}

static void an_error_carries_status_and_text(void **state)
{
    struct es_error err = {0};

    (void) state;
    assert_int_equal(es_error_set(&err, ES_E_RANGE, "side of %d mm", 4200), ES_E_RANGE);
    assert_int_equal(err.status, ES_E_RANGE);
    assert_string_equal(err.text, "side of 4200 mm");
}

static void a_layer_puts_its_place_before_the_text(void **state)
{
    struct es_error err = {0};

    (void) state;
    (void) es_error_set(&err, ES_E_RANGE, "side of %d mm", 4200);
    assert_int_equal(es_error_at(&err, ES_E_RANGE, "Sign_%d", 0), ES_E_RANGE);
    assert_int_equal(es_error_at(&err, ES_E_RANGE, "Doc_0"), ES_E_RANGE);
    assert_string_equal(err.text, "Doc_0: Sign_0: side of 4200 mm");
}

static void errors_nobody_wants_are_possible(void **state)
{
    (void) state;
    assert_int_equal(es_error_set(NULL, ES_E_IO, "x"), ES_E_IO);
    assert_int_equal(es_error_at(NULL, ES_E_IO, "x"), ES_E_IO);
}

static void a_long_text_is_cut_between_characters(void **state)
{
    char text[3 * ES_ERROR_TEXT_MAX + 1];
    struct es_error err = {0};

    (void) state;
    for (size_t i = 0; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "\xe7\xab\xa0", 3); /* 章 */
    text[sizeof text - 1] = 0;
    for (int lead = 0; lead < 4; lead++) {
        (void) es_error_set(&err, ES_E_IO, "%.*s%s", lead, "abc", text);
        assert_true(strlen(err.text) < ES_ERROR_TEXT_MAX);
        assert_true(strlen(err.text) >= ES_ERROR_TEXT_MAX - 3);
        assert_true(es_utf8_valid(es_span_str(err.text)));
    }
}

static void a_text_cut_by_its_places_stays_whole(void **state)
{
    struct es_error err = {0};

    (void) state;
    (void) es_error_set(&err, ES_E_IO, "%s", "\xf0\x9f\x96\x8b");
    for (int i = 0; i < ES_ERROR_TEXT_MAX; i++) {
        (void) es_error_at(&err, ES_E_IO, "%s", "\xe7\xab\xa0");
        assert_true(strlen(err.text) < ES_ERROR_TEXT_MAX);
        assert_true(es_utf8_valid(es_span_str(err.text)));
    }
}

static es_status ensure(int value, struct es_error *err)
{
    ES_ENSURE(value < 10, err, ES_E_RANGE, "value of %d, allowed are 0 to 9", value);
    return ES_OK;
}

static es_status pass_up(int value, int *reached, struct es_error *err)
{
    ES_TRY(ensure(value, err));
    (*reached)++;
    return ES_OK;
}

static void try_and_ensure_return_at_the_first_failure(void **state)
{
    struct es_error err = {0};
    int reached = 0;

    (void) state;
    assert_int_equal(pass_up(10, &reached, &err), ES_E_RANGE);
    assert_int_equal(reached, 0);
    assert_string_equal(err.text, "value of 10, allowed are 0 to 9");
    assert_int_equal(pass_up(9, &reached, &err), ES_OK);
    assert_int_equal(reached, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_and_name_stands_once),
        cmocka_unit_test(numbers_keep_clear_of_foreign_codes_and_verdicts),
        cmocka_unit_test(every_code_has_texts_in_both_languages),
        cmocka_unit_test(names_are_plain_identifiers),
        cmocka_unit_test(http_and_exit_codes_are_of_the_right_class),
        cmocka_unit_test(an_unknown_status_reads_as_internal_error),
        cmocka_unit_test(success_has_a_name_and_ends_with_0),
        cmocka_unit_test(an_error_carries_status_and_text),
        cmocka_unit_test(a_layer_puts_its_place_before_the_text),
        cmocka_unit_test(errors_nobody_wants_are_possible),
        cmocka_unit_test(a_long_text_is_cut_between_characters),
        cmocka_unit_test(a_text_cut_by_its_places_stays_whole),
        cmocka_unit_test(try_and_ensure_return_at_the_first_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
