/* Reading and writing JSON. Refusals first; expected texts follow RFC 8259. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_json.h"

static es_status parse(const char *text, struct es_json **out, struct es_error *err)
{
    return es_json_parse(es_span_str(text), 1 << 20, out, err);
}

static void assert_refused(const char *text, es_status status, const char *message)
{
    struct es_json *json = NULL;
    struct es_error err = {0};

    assert_int_equal(parse(text, &json, &err), status);
    assert_null(json);
    if (message != NULL)
        assert_string_equal(err.text, message);
}

static void what_is_not_strict_json_is_refused(void **state)
{
    (void) state;
    assert_refused("", ES_E_FORMAT, NULL);
    assert_refused("{", ES_E_FORMAT, NULL);
    assert_refused("{\"a\":1,}", ES_E_FORMAT, NULL);
    assert_refused("{'a':1}", ES_E_FORMAT, NULL);
    assert_refused("{\"a\":01}", ES_E_FORMAT, NULL);
    assert_refused("{\"a\":NaN}", ES_E_FORMAT, NULL);
    assert_refused("{\"a\":99999999999999999999}", ES_E_FORMAT, NULL);
    assert_refused("{\"a\":\"\\u0000\"}", ES_E_FORMAT, NULL);
    assert_refused("{\"a\":\"\xff\"}", ES_E_FORMAT, NULL);
    assert_refused("{\"a\":\"\x01\"}", ES_E_FORMAT, NULL);
    assert_refused("\"text\"", ES_E_FORMAT, NULL);
    assert_refused("{} x", ES_E_FORMAT, "line 1, column 4: something follows the JSON");
    assert_refused("{\"a\":1,\n\"a\":2}", ES_E_FORMAT, "line 2, column 3: duplicate member");
}

static void documents_past_their_limits_are_refused(void **state)
{
    struct es_buf text = ES_BUF_INIT(1 << 20);
    struct es_json *json = NULL;
    struct es_error err = {0};

    (void) state;
    assert_int_equal(es_json_parse(es_span_str("[1]"), 2, &json, &err), ES_E_LIMIT);
    assert_string_equal(err.text, "JSON of 3 bytes, allowed are 2");
    for (int i = 0; i < 100000; i++)
        es_buf_put_byte(&text, '[');
    assert_int_equal(es_json_parse(es_buf_span(&text), text.max, &json, &err), ES_E_LIMIT);
    es_buf_reset(&text);
    es_buf_put_str(&text, "[{\"a\":0");
    for (int i = 0; i < ES_JSON_MEMBERS_MAX; i++)
        es_buf_printf(&text, ",\"%d\":0", i);
    es_buf_put_str(&text, "}]");
    assert_int_equal(es_json_parse(es_buf_span(&text), text.max, &json, &err), ES_E_LIMIT);
    assert_null(json);
    es_buf_clear(&text);
}

static void every_cut_of_a_document_is_refused(void **state)
{
    static const char text[] = "{\"a\":[1,2.5,true,null,\"\\u4e2d\"],\"b\":{}}";

    (void) state;
    for (size_t len = 0; len < sizeof text - 1; len++) {
        struct es_json *json = NULL;
        char *copy = (char *) malloc(len + 1); /* exact, for the sanitizers */

        assert_non_null(copy);
        memcpy(copy, text, len);
        assert_int_equal(es_json_parse(es_span_of(copy, len), 99, &json, NULL), ES_E_FORMAT);
        free(copy);
    }
}

static void members_of_another_type_are_named(void **state)
{
    struct es_json *json = NULL;
    struct es_error err = {0};
    const char *text = NULL;
    int64_t number = 0;
    bool flag = false;

    (void) state;
    assert_int_equal(parse("{\"t\":[],\"i\":1.5,\"b\":null}", &json, &err), ES_OK);
    assert_int_equal(es_json_text(es_json_root(json), "t", &text, &err), ES_E_FORMAT);
    assert_string_equal(err.text, "\"t\" is to be a string, found an array");
    assert_int_equal(es_json_int(es_json_root(json), "i", &number, &err), ES_E_FORMAT);
    assert_string_equal(err.text, "\"i\" is to be a whole number, found a number");
    assert_int_equal(es_json_bool(es_json_root(json), "b", &flag, &err), ES_E_FORMAT);
    assert_string_equal(err.text, "\"b\" is to be true or false, found null");
    assert_int_equal(es_json_text(es_json_root(json), "none", &text, &err), ES_E_FORMAT);
    assert_string_equal(err.text, "\"none\" is to be a string, found nothing");
    es_json_free(json);
}

static void members_not_listed_are_refused(void **state)
{
    static const char *const names[] = {"a", "b", NULL};
    struct es_json *json = NULL;
    struct es_error err = {0};

    (void) state;
    assert_int_equal(parse("{\"b\":1,\"a\":2,\"x\\ny\":[3]}", &json, &err), ES_OK);
    assert_int_equal(es_json_only(es_json_root(json), names, &err), ES_E_FORMAT);
    assert_string_equal(err.text, "unknown member \"x\\x0ay\"");
    assert_int_equal(es_json_only(es_json_member(es_json_root(json), "x\ny"), names, &err),
                     ES_E_FORMAT);
    assert_string_equal(err.text, "an object is needed, found an array");
    assert_int_equal(es_json_only(NULL, names, &err), ES_E_FORMAT);
    es_json_free(json);
}

static void members_and_items_are_read_in_file_order(void **state)
{
    struct es_json *json = NULL;
    const char *name = NULL;
    const char *text = NULL;
    int64_t number = 0;
    bool flag = false;
    es_json_node root = NULL;

    (void) state;
    assert_int_equal(parse("{\"z\":\"\\u5370\",\"a\":[-7,true],\"m\":true}", &json, NULL), ES_OK);
    root = es_json_root(json);
    assert_true(es_json_is_object(root) && !es_json_is_array(root));
    assert_int_equal(es_json_size(root), 3);
    assert_non_null(es_json_member_at(root, 1, &name));
    assert_string_equal(name, "a");
    assert_null(es_json_member_at(root, 3, &name));
    assert_int_equal(es_json_text(root, "z", &text, NULL), ES_OK);
    assert_string_equal(text, "印");
    assert_true(es_json_is_array(es_json_member(root, "a")));
    assert_int_equal(es_json_size(es_json_member(root, "a")), 2);
    assert_int_equal(es_json_int(root, "m", &number, NULL), ES_E_FORMAT);
    assert_int_equal(es_json_bool(root, "m", &flag, NULL), ES_OK);
    assert_true(flag);
    assert_null(es_json_item(es_json_member(root, "a"), 2));
    assert_null(es_json_string(es_json_item(es_json_member(root, "a"), 0)));
    es_json_free(json);
}

static void absent_nodes_are_harmless(void **state)
{
    const char *name = NULL;

    (void) state;
    assert_false(es_json_is_object(NULL));
    assert_false(es_json_is_array(NULL));
    assert_null(es_json_member(NULL, "a"));
    assert_null(es_json_item(NULL, 0));
    assert_null(es_json_member_at(NULL, 0, &name));
    assert_null(es_json_string(NULL));
    assert_int_equal(es_json_size(NULL), 0);
    es_json_free(NULL);
}

static void assert_written(struct es_buf *buf, const char *expected)
{
    assert_string_equal(es_buf_cstr(buf), expected);
    es_buf_reset(buf);
}

static void commas_stand_between_values_only(void **state)
{
    struct es_buf buf = ES_BUF_INIT(1 << 16);
    struct es_json_out out = {.buf = &buf};

    (void) state;
    es_json_begin_object(&out);
    es_json_pair_int(&out, "i", INT64_MIN);
    es_json_key(&out, "a");
    es_json_begin_array(&out);
    es_json_begin_object(&out);
    es_json_end_object(&out);
    es_json_begin_array(&out);
    es_json_end_array(&out);
    es_json_put_bool(&out, false);
    es_json_put_null(&out);
    es_json_end_array(&out);
    es_json_pair_bool(&out, "b", true);
    es_json_pair_text(&out, "n", NULL);
    es_json_pair_hex(&out, "h", es_span_of("\x00\xab", 2));
    es_json_end_object(&out);
    assert_written(&buf, "{\"i\":-9223372036854775808,\"a\":[{},[],false,null],\"b\":true,"
                         "\"n\":null,\"h\":\"00ab\"}");
    es_buf_clear(&buf);
}

static void text_from_outside_is_escaped(void **state)
{
    struct es_buf buf = ES_BUF_INIT(1 << 16);
    struct es_json_out out = {.buf = &buf};

    (void) state;
    es_json_put_text(&out, "a\"b\\c\n\t\r\x1b\x7f印\xc2\x85\xe2\x80\xa8</script>");
    assert_written(&buf, "\"a\\\"b\\\\c\\n\\t\\u000d\\u001b\\u007f印\\u0085\\u2028</script>\"");
    out.comma = false;
    es_json_put_span(&out, es_span_of("\x00\xff\xc0\x80\xed\xa0\x80", 7));
    assert_true(es_utf8_valid(es_buf_span(&buf)));
    assert_int_equal(memcmp(buf.ptr, "\"\\u0000\xEF\xBF\xBD", 10), 0);
    es_buf_clear(&buf);
}

static void numbers_have_three_decimals_and_no_exponent(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},          {-0.0, "0"},         {-0.0004, "0"},
        {0.0005, "0.001"}, {1.5, "1.5"},        {-12.25, "-12.25"},
        {210, "210"},      {0.1 + 0.2, "0.3"},  {1.0 / 0.0, "null"},
        {1e13, "null"},    {1e9, "1000000000"}, {-0.05, "-0.05"},
        {7.009, "7.009"},
    };
    struct es_buf buf = ES_BUF_INIT(1 << 10);

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct es_json_out out = {.buf = &buf};

        es_json_put_number(&out, cases[i].value);
        assert_written(&buf, cases[i].text);
    }
    es_buf_clear(&buf);
}

static void times_have_milliseconds(void **state)
{
    struct es_buf buf = ES_BUF_INIT(1 << 10);
    struct es_json_out out = {.buf = &buf};

    (void) state;
    es_json_begin_object(&out);
    es_json_pair_time(&out, "t", 1772352000); /* date -u -d 2026-03-01T08:00:00Z +%s */
    es_json_pair_time(&out, "n", 0);
    es_json_end_object(&out);
    assert_written(&buf, "{\"t\":\"2026-03-01T08:00:00.000Z\",\"n\":null}");
    es_buf_clear(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_strict_json_is_refused),
        cmocka_unit_test(documents_past_their_limits_are_refused),
        cmocka_unit_test(every_cut_of_a_document_is_refused),
        cmocka_unit_test(members_of_another_type_are_named),
        cmocka_unit_test(members_not_listed_are_refused),
        cmocka_unit_test(members_and_items_are_read_in_file_order),
        cmocka_unit_test(absent_nodes_are_harmless),
        cmocka_unit_test(commas_stand_between_values_only),
        cmocka_unit_test(text_from_outside_is_escaped),
        cmocka_unit_test(numbers_have_three_decimals_and_no_exponent),
        cmocka_unit_test(times_have_milliseconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
