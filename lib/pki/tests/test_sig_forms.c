/*
 * Forms of SM2 signature values. The value is the published example of GM/T 0003.5; the deviating
 * forms are written by hand from formats.md 5.3.
 */
#include "authority_fixture.h"

#include <jansson.h>

#define R "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
#define S "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
#define STRICT "3046022100" R "022100" S
#define Z32 "0000000000000000000000000000000000000000000000000000000000000000"
#define N "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123"

static es_status rewrite(const char *hex, struct es_buf *out, const char **form)
{
    struct es_buf sig = ES_BUF_INIT(4096);
    struct es_error err = {0};
    es_status status;

    must(es_hex_decode(es_span_str(hex), &sig, &err), &err);
    status = es_sm2_sig_normalise(es_buf_span(&sig), out, form, &err);
    es_buf_clear(&sig);
    return status;
}

static void expect(const char *hex, const char *strict, const char *form)
{
    struct es_buf out = ES_BUF_INIT(256), text = ES_BUF_INIT(512);
    const char *got = "unset";

    assert_int_equal(rewrite(hex, &out, &got), ES_OK);
    es_buf_put_hex(&text, es_buf_span(&out));
    assert_string_equal(es_buf_cstr(&text), strict);
    if (form)
        assert_string_equal(got, form);
    else
        assert_null(got);
    es_buf_clear(&out);
    es_buf_clear(&text);
}

static void refuse(const char *hex)
{
    struct es_buf out = ES_BUF_INIT(256);
    const char *form = "unset";

    assert_int_equal(rewrite(hex, &out, &form), ES_E_RANGE);
    assert_int_equal(out.len, 0);
    assert_null(form);
    es_buf_clear(&out);
}

static void strict_value_stays_as_it_is(void **state)
{
    (void) state;
    expect(STRICT, STRICT, NULL);
}

static void sixty_four_bytes_are_r_and_s(void **state)
{
    (void) state;
    expect(R S, STRICT, "raw64");
}

static void device_structure_is_r_and_s_aligned_right(void **state)
{
    (void) state;
    expect(Z32 R Z32 S, STRICT, "raw128");
    refuse(R Z32 S Z32); /* aligned left: no known device */
}

static void missing_sign_byte_is_put_back(void **state)
{
    (void) state;
    expect("30440220" R "0220" S, STRICT, "DER-INTEGER");
    expect("30450220" R "022100" S, STRICT, "DER-INTEGER");
}

static void surplus_zero_is_taken_away(void **state)
{
    (void) state;
    expect("304702220000" R "022100" S, STRICT, "DER-INTEGER");
    /* fixed 32 bytes where the first is 00, as Koal writes */
    expect("3045022000a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3022100" S,
           "3045022000a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3022100" S,
           NULL);
    expect("304502200079"
           "3b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3022100" S,
           "3044021f79"
           "3b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3022100" S,
           "DER-INTEGER");
}

static void zeros_behind_the_value_are_left_off(void **state)
{
    (void) state;
    expect(STRICT "00", STRICT, "zero-padding");
    expect(STRICT Z32, STRICT, "zero-padding");
    refuse(STRICT "01");
    refuse(STRICT "0001");
}

static void numbers_out_of_range_are_refused_in_every_form(void **state)
{
    (void) state;
    refuse(Z32 S);
    refuse(R Z32);
    refuse(N S);
    refuse(R N);
    refuse(Z32 N Z32 S);
    refuse("3046022100" N "022100" S);
    refuse("30260201000221"
           "00" S);
    refuse("30450220" N "022100" S);
    /* r + s = n */
    refuse(R "0a5fc4f8b72d3b9cf1153aec1e447e5e18bf0532f9f04dea100f755c4aee2070");
}

static void unlisted_encodings_are_refused(void **state)
{
    (void) state;
    refuse("");
    refuse("30");
    refuse("3000");
    refuse("308146022100" R "022100" S);      /* long length */
    refuse("3080022100" R "022100" S "0000"); /* indefinite */
    refuse("30480223000000" R "022100" S);    /* two surplus zeros */
    refuse("3048022100" R "022100" S "0500"); /* something behind s */
    refuse("3023022100" R);                   /* s missing */
    refuse("3146022100" R "022100" S);        /* SET */
    refuse("3046042100" R "022100" S);        /* OCTET STRING */
    refuse("00" R S);                         /* 65 bytes */
    refuse("04483046022100" R "022100" S);    /* wrapped */
    refuse("302502000221"
           "00" S); /* empty INTEGER */
}

static void every_cut_of_a_value_is_refused(void **state)
{
    char hex[] = STRICT;

    (void) state;
    for (size_t len = sizeof hex - 3; len > 0; len -= 2) {
        hex[len] = 0;
        if (len != 128) /* 64 bytes are read as r and s: numbers, though other ones */
            refuse(hex);
    }
}

/* ---- the adversarial vectors, through rewriting and checking as a seal's value goes ---- */

static const char *member(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));

    return value ? value : "";
}

/* Vectors whose numbers are right and whose form is a listed one: taken, with the form told. */
static const char *listed_form(const json_t *test)
{
    static const struct {
        json_int_t id;
        const char *form;
    } listed[] = {{52, "DER-INTEGER"}, {53, "DER-INTEGER"},  {54, "DER-INTEGER"},
                  {55, "DER-INTEGER"}, {56, "zero-padding"}, {77, "raw64"}};
    json_int_t id = json_integer_value(json_object_get(test, "tcId"));

    for (size_t i = 0; i < sizeof listed / sizeof *listed; i++)
        if (listed[i].id == id)
            return listed[i].form;
    return NULL;
}

static enum es_sig_answer judge_vector(const struct es_pubkey *key, const json_t *test,
                                       const char **form)
{
    struct es_buf message = ES_BUF_INIT(65536), strict = ES_BUF_INIT(256);
    enum es_sig_answer answer = ES_SIG_OUT_OF_RANGE;
    struct es_error err = {0};

    must(es_hex_decode(es_span_str(member(test, "msg")), &message, &err), &err);
    if (rewrite(member(test, "sig"), &strict, form) == ES_OK)
        must(es_sm2_verify(key, es_buf_span(&message), es_buf_span(&strict), &answer, &err), &err);
    es_buf_clear(&message);
    es_buf_clear(&strict);
    return answer;
}

static size_t check_group(const json_t *group)
{
    struct es_buf point = ES_BUF_INIT(256);
    struct es_pubkey *key = NULL;
    struct es_error err = {0};
    size_t at;
    const json_t *test;

    must(es_hex_decode(es_span_str(member(group, "publicKey")), &point, &err), &err);
    must(es_pubkey_sm2(es_buf_span(&point), &key, &err), &err);
    json_array_foreach(json_object_get(group, "tests"), at, test)
    {
        const char *form = NULL, *listed = listed_form(test);
        bool good = judge_vector(key, test, &form) == ES_SIG_GOOD;

        if (good != (listed || strcmp(member(test, "result"), "valid") == 0) ||
            (good && !listed != !form) || (listed && strcmp(listed, form ? form : "") != 0))
            fail_msg("vector %d: %s", (int) json_integer_value(json_object_get(test, "tcId")),
                     member(test, "comment"));
    }
    es_pubkey_free(key);
    es_buf_clear(&point);
    return at;
}

static void adversarial_vectors_are_refused_but_for_listed_forms(void **state)
{
    char path[1024];
    json_t *file;
    size_t at, count = 0;
    const json_t *group;

    (void) state;
    snprintf(path, sizeof path, "%s/sm2-adversarial-vectors.json",
             getenv("ESEAL_SPEC") ? getenv("ESEAL_SPEC") : ".");
    file = json_load_file(path, 0, NULL);
    if (!file)
        skip();
    json_array_foreach(json_object_get(file, "groups"), at, group)
    {
        if (strcmp(member(group, "type"), "SM2VerifyMessage") == 0 &&
            strcmp(member(group, "id"), ES_SM2_ID) == 0)
            count += check_group(group);
    }
    assert_true(count >= 93);
    json_decref(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strict_value_stays_as_it_is),
        cmocka_unit_test(sixty_four_bytes_are_r_and_s),
        cmocka_unit_test(device_structure_is_r_and_s_aligned_right),
        cmocka_unit_test(missing_sign_byte_is_put_back),
        cmocka_unit_test(surplus_zero_is_taken_away),
        cmocka_unit_test(zeros_behind_the_value_are_left_off),
        cmocka_unit_test(numbers_out_of_range_are_refused_in_every_form),
        cmocka_unit_test(unlisted_encodings_are_refused),
        cmocka_unit_test(every_cut_of_a_value_is_refused),
        cmocka_unit_test(adversarial_vectors_are_refused_but_for_listed_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
