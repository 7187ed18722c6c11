/* The strict reader. Encodings are those of X.690 and of formats.md 1.5. */
#include "der_test.h"

static es_status next_of(const char *hex)
{
    struct bytes b = from_hex(hex);
    struct es_span in = es_span_of(b.ptr, b.len);
    struct es_der_item item;
    es_status status = es_der_next(&in, &item, NULL);

    if (status != ES_OK)
        assert_true(in.ptr == b.ptr && in.len == b.len);
    return status;
}

static void lengths_not_in_shortest_form_are_not_canonical(void **state)
{
    (void) state;
    assert_int_equal(next_of("04810100"), ES_E_DER);
    assert_int_equal(next_of("0482000100"), ES_E_DER);
    assert_int_equal(next_of("0489000000000000000001aa"), ES_E_DER);
    assert_int_equal(next_of("30800201000000"), ES_E_DER);
    assert_int_equal(next_of("2403040100"), ES_E_DER);
}

static void what_cannot_be_read_is_a_format_error(void **state)
{
    static const char *const bad[] = {"",
                                      "04",
                                      "0401",
                                      "048101",
                                      "0482ffff00",
                                      "04ff00",
                                      "0489ffffffffffffffffff",
                                      "1f8101",
                                      "0000",
                                      "1000",
                                      "2201ff",
                                      "0488ffffffffffffffff"};

    (void) state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(next_of(bad[i]), ES_E_FORMAT);
}

static void every_cut_of_an_element_is_refused(void **state)
{
    uint8_t tlv[204] = {0x30, 0x81, 0xc8, 0x04, 0x81, 0xc5};
    struct es_der_item item;

    (void) state;
    for (size_t len = 0; len < 203; len++) {
        struct es_span in = es_span_of(tlv, len);

        assert_int_equal(es_der_next(&in, &item, NULL), ES_E_FORMAT);
        assert_int_equal(in.len, len);
    }
}

static void an_element_is_split_into_tlv_and_content(void **state)
{
    struct bytes b = from_hex("06082a811ccf550183750201ff");
    struct es_span in = es_span_of(b.ptr, b.len);
    struct es_der_item item;

    (void) state;
    assert_int_equal(es_der_next(&in, &item, NULL), ES_OK);
    assert_int_equal(item.tag, ES_DER_OID);
    assert_hex(item.tlv, "06082a811ccf55018375");
    assert_hex(item.value, "2a811ccf55018375");
    assert_hex(in, "0201ff");
}

static void another_tag_is_named_and_leaves_the_input(void **state)
{
    struct bytes b = from_hex("020105");
    struct es_span in = es_span_of(b.ptr, b.len), value;
    struct es_error err = {0};
    bool found = true;

    (void) state;
    assert_int_equal(es_der_get(&in, ES_DER_OCTET_STRING, &value, &err), ES_E_FORMAT);
    assert_string_equal(err.text, "expected OCTET STRING (tag 04), found INTEGER (tag 02)");
    assert_int_equal(in.len, 3);
    assert_int_equal(es_der_get_optional(&in, ES_DER_CONTEXT(0), &value, &found, &err), ES_OK);
    assert_false(found);
    assert_int_equal(es_der_peek(in), ES_DER_INTEGER);
    assert_int_equal(es_der_finish(in, &err), ES_E_FORMAT);
}

static es_status uint_of(const char *hex, uint32_t *out)
{
    struct bytes b = from_hex(hex);
    struct es_span in = es_span_of(b.ptr, b.len);
    es_status status = es_der_get_uint(&in, out, NULL);

    assert_int_equal(in.len, status == ES_OK ? 0 : b.len);
    return status;
}

static void integers_are_minimal_positive_and_of_32_bits(void **state)
{
    uint32_t n = 7;

    (void) state;
    assert_int_equal(uint_of("0200", &n), ES_E_FORMAT);
    assert_int_equal(uint_of("02020001", &n), ES_E_DER);
    assert_int_equal(uint_of("0202ff80", &n), ES_E_DER);
    assert_int_equal(uint_of("0201ff", &n), ES_E_FORMAT);
    assert_int_equal(uint_of("02050100000000", &n), ES_E_LIMIT);
    assert_int_equal(n, 7);
    assert_int_equal(uint_of("020100", &n), ES_OK);
    assert_int_equal(n, 0);
    assert_int_equal(uint_of("02020080", &n), ES_OK);
    assert_int_equal(n, 128);
    assert_int_equal(uint_of("020500ffffffff", &n), ES_OK);
    assert_true(n == UINT32_MAX);
}

static es_status bool_of(const char *hex)
{
    struct bytes b = from_hex(hex);
    struct es_span in = es_span_of(b.ptr, b.len);
    bool value;

    return es_der_get_bool(&in, &value, NULL);
}

static void a_boolean_is_00_or_ff(void **state)
{
    (void) state;
    assert_int_equal(bool_of("010101"), ES_E_DER);
    assert_int_equal(bool_of("0100"), ES_E_FORMAT);
    assert_int_equal(bool_of("01020000"), ES_E_FORMAT);
    assert_int_equal(bool_of("010100"), ES_OK);
    assert_int_equal(bool_of("0101ff"), ES_OK);
}

static es_status bits_of(const char *hex)
{
    struct bytes b = from_hex(hex);
    struct es_span in = es_span_of(b.ptr, b.len), bytes;

    return es_der_get_bits(&in, &bytes, NULL);
}

static void a_bit_string_has_whole_bytes(void **state)
{
    (void) state;
    assert_int_equal(bits_of("0300"), ES_E_FORMAT);
    assert_int_equal(bits_of("030208aa"), ES_E_FORMAT);
    assert_int_equal(bits_of("030201aa"), ES_E_DER);
    assert_int_equal(bits_of("030100"), ES_OK);
    assert_int_equal(bits_of("030200aa"), ES_OK);
}

static es_status oid_of(const char *hex)
{
    struct bytes b = from_hex(hex);
    struct es_span in = es_span_of(b.ptr, b.len), oid;

    return es_der_get_oid(&in, &oid, NULL);
}

static void object_identifiers_are_finished_and_minimal(void **state)
{
    (void) state;
    assert_int_equal(oid_of("0600"), ES_E_FORMAT);
    assert_int_equal(oid_of("06022a81"), ES_E_FORMAT);
    assert_int_equal(oid_of("06032a8001"), ES_E_DER);
    assert_int_equal(oid_of("060756657273696f6e"), ES_OK);
}

static es_status time_of(uint8_t tag, const char *text, int64_t *out)
{
    uint8_t tlv[64] = {tag, (uint8_t) strlen(text)};
    struct es_span in = es_span_of(tlv, 2 + strlen(text));

    memcpy(tlv + 2, text, strlen(text));
    return es_der_get_time(&in, out, NULL);
}

static void times_have_one_form(void **state)
{
    int64_t t = 0;

    (void) state;
    assert_int_equal(time_of(0x18, "20200422020900.5Z", &t), ES_E_DER);
    assert_int_equal(time_of(0x18, "20200422020900+0800", &t), ES_E_DER);
    assert_int_equal(time_of(0x18, "20200422020900", &t), ES_E_DER);
    assert_int_equal(time_of(0x17, "2004220209Z", &t), ES_E_DER);
    assert_int_equal(time_of(0x17, "20200422020900Z", &t), ES_E_DER);
    assert_int_equal(time_of(0x18, "20201322020900Z", &t), ES_E_FORMAT);
    assert_int_equal(time_of(0x18, "yesterday", &t), ES_E_FORMAT);
    assert_int_equal(time_of(0x04, "20200422020900Z", &t), ES_E_FORMAT);
    /* date -u -d '2020-04-22 02:09:00' +%s */
    assert_int_equal(time_of(0x18, "20200422020900Z", &t), ES_OK);
    assert_true(t == 1587521340);
    assert_int_equal(time_of(0x17, "200422020900Z", &t), ES_OK);
    assert_true(t == 1587521340);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_not_in_shortest_form_are_not_canonical),
        cmocka_unit_test(what_cannot_be_read_is_a_format_error),
        cmocka_unit_test(every_cut_of_an_element_is_refused),
        cmocka_unit_test(an_element_is_split_into_tlv_and_content),
        cmocka_unit_test(another_tag_is_named_and_leaves_the_input),
        cmocka_unit_test(integers_are_minimal_positive_and_of_32_bits),
        cmocka_unit_test(a_boolean_is_00_or_ff),
        cmocka_unit_test(a_bit_string_has_whole_bytes),
        cmocka_unit_test(object_identifiers_are_finished_and_minimal),
        cmocka_unit_test(times_have_one_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
