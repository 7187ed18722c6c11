/* The one form of a detail (expected texts by Python's json with sorted keys), and event names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_ledger.h"

static void expect(const char *json, const char *wanted)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(1 << 17), again = ES_BUF_INIT(1 << 17);
    struct es_error err = {0};

    if (es_log_detail_canonical(es_span_str(json), &out, &err) != ES_OK)
        fail_msg("%s", err.text);
    assert_string_equal(es_buf_cstr(&out), wanted);
    assert_int_equal(es_log_detail_canonical(es_buf_span(&out), &again, NULL), ES_OK);
    assert_true(es_span_equal(es_buf_span(&out), es_buf_span(&again)));
}

static void refuse(const char *json, es_status status)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(1 << 17);

    assert_int_equal(es_log_detail_canonical(es_span_str(json), &out, NULL), status);
    assert_int_equal(out.len, 0);
}

static void what_has_no_one_form_is_refused(void **state)
{
    (void) state;
    refuse("", ES_E_FORMAT);
    refuse("[]", ES_E_FORMAT);
    refuse("7", ES_E_FORMAT);
    refuse("{\"a\":1.0}", ES_E_FORMAT);
    refuse("{\"a\":1e2}", ES_E_FORMAT);
    refuse("{\"a\":[1E2]}", ES_E_FORMAT);
    refuse("{\"a\":-0}", ES_E_FORMAT);
    refuse("{\"a\":1,\"a\":2}", ES_E_FORMAT);
    refuse("{\"a\":1,\"\\u0061\":2}", ES_E_FORMAT);
    refuse("{\"a\":99999999999999999999}", ES_E_FORMAT);
    refuse("{\"a\":\"\\ud800\"}", ES_E_FORMAT);
    refuse("{\"a\":1} x", ES_E_FORMAT);
}

static void keys_are_sorted_and_spaces_go(void **state)
{
    (void) state;
    expect("{}", "{}");
    expect(" { \"b\" : [ 1 , -2 , true , null ] , \"a\" : { \"z\" : \"\" , \"y\" : false } } ",
           "{\"a\":{\"y\":false,\"z\":\"\"},\"b\":[1,-2,true,null]}");
    expect("{\"aa\":1,\"a\":2,\"B\":3}", "{\"B\":3,\"a\":2,\"aa\":1}");
    expect("{\"\\u5408\":\"\\ud83d\\ude00\\/\\\"\\\\\\n\"}", "{\"合\":\"😀/\\\"\\\\\\n\"}");
    expect("{\"a\":[],\"b\":[{}],\"c\":9223372036854775807}",
           "{\"a\":[],\"b\":[{}],\"c\":9223372036854775807}");
}

static void deep_and_long_details_are_refused(void **state)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(1 << 20), out = ES_BUF_INIT(1 << 20);

    (void) state;
    es_buf_put_str(&text, "{\"a\":");
    for (int i = 0; i < 64; i++)
        es_buf_put_byte(&text, '[');
    for (int i = 0; i < 64; i++)
        es_buf_put_byte(&text, ']');
    es_buf_put_byte(&text, '}');
    assert_int_equal(es_log_detail_canonical(es_buf_span(&text), &out, NULL), ES_E_LIMIT);
    es_buf_reset(&text);
    es_buf_put_str(&text, "{\"a\":\"");
    while (text.len < 65536 - 2)
        es_buf_put_byte(&text, 'x');
    es_buf_put_str(&text, "\"}");
    assert_int_equal(es_log_detail_canonical(es_buf_span(&text), &out, NULL), ES_OK);
    es_buf_reset(&out);
    es_buf_put_byte(&text, ' ');
    assert_int_equal(es_log_detail_canonical(es_buf_span(&text), &out, NULL), ES_E_LIMIT);
}

static const uint16_t listed[] = {
#define ES_LOG_EVENT(name, number) number,
#include "events.def"
#undef ES_LOG_EVENT
};

static void event_types_have_one_name_and_one_number(void **state)
{
    unsigned named = 0;

    (void) state;
    assert_string_equal(es_log_event_name(1), "WRITER_START");
    assert_string_equal(es_log_event_name(0x0402), "SEAL_USE_DONE");
    assert_int_equal(es_log_event_by_name("PIN_RESET"), 0x0424);
    assert_null(es_log_event_name(0x0999));
    assert_int_equal(es_log_event_by_name("NOTHING"), 0);
    assert_int_equal(es_log_event_by_name(NULL), 0);
    for (unsigned number = 0; number <= UINT16_MAX; number++) {
        const char *name = es_log_event_name((uint16_t) number);

        if (name == NULL)
            continue;
        named++;
        assert_int_equal(es_log_event_by_name(name), number);
    }
    assert_int_equal(named, sizeof listed / sizeof listed[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_no_one_form_is_refused),
        cmocka_unit_test(keys_are_sorted_and_spaces_go),
        cmocka_unit_test(deep_and_long_details_are_refused),
        cmocka_unit_test(event_types_have_one_name_and_one_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
