/* The JSON of a report: members, order and bytes of verification.md 7, written out by hand here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_json.h"
#include "sample_report.h"

#define AB8 "abababababababababababababababab"
#define CD8 "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"

static int set_up(void **state)
{
    struct sample *sample = malloc(sizeof *sample);

    assert_non_null(sample);
    sample_init(sample, "assured");
    memset(sample->policy.sm3, 0, ES_SM3_LEN);
    *state = sample;
    return 0;
}

static int tear_down(void **state)
{
    sample_clear(*state);
    free(*state);
    return 0;
}

static const char head[] =
    "{\"v\":1,\"document\":{\"sm3\":\"" AB8 AB8 "\",\"bytes\":48213,\"type\":\"ofd\",\"pages\":3},"
    "\"policy\":{\"id\":\"assured\",\"version\":1,\"sm3\":"
    "\"0000000000000000000000000000000000000000"
    "000000000000000000000000\"},"
    "\"verified_at\":\"2026-03-01T08:00:00.000Z\",\"program\":\"eseal " ES_VERSION "\",";

static void a_valid_seal_with_a_warning_reads_as_specified(void **state)
{
    static const char expected[] =
        "\"outcome\":\"valid\",\"codes\":[],"
        "\"signatures\":[{\"id\":\"1\",\"outcome\":\"valid\","
        "\"claimed_time\":\"2026-02-28T08:00:00.000Z\","
        "\"proved_time\":{\"at\":\"2026-02-28T08:01:00.000Z\",\"by\":\"log-receipt\","
        "\"witnesses\":2},"
        "\"seal\":{\"code\":\"44010000012345\",\"name\":\"测试市示例局\",\"kind\":\"1\","
        "\"valid\":[\"2025-03-01T08:00:00.000Z\",\"2027-03-01T08:00:00.000Z\"],"
        "\"picture_sm3\":\"" CD8 CD8 "\"},"
        "\"signer\":{\"subject\":\"CN=测试市示例局, C=CN\",\"serial\":\"0102\"},"
        "\"maker\":{\"subject\":\"CN=示例制章中心, C=CN\"},"
        "\"state\":{\"at_signing\":\"active\",\"known_at_signing\":\"active\","
        "\"now\":\"cancelled\",\"since\":\"2026-03-01T07:00:00.000Z\",\"source\":\"log\","
        "\"checkpoint\":\"17\"},"
        "\"sub_results\":{\"format\":\"pass\",\"protection_range\":\"pass\","
        "\"document_integrity\":\"pass\",\"signature\":\"pass\",\"signer_in_seal\":\"pass\","
        "\"seal_signature\":\"pass\",\"maker_trusted\":\"pass\",\"maker_cert_chain\":\"pass\","
        "\"signer_cert_chain\":\"pass\",\"signer_cert_time\":\"pass\","
        "\"signer_cert_revocation\":\"pass\",\"time_stamp\":\"unknown\","
        "\"seal_validity_at_signing\":\"pass\",\"seal_state_at_signing\":\"pass\","
        "\"use_record\":\"unknown\",\"presentation\":\"pass\"},"
        "\"codes\":[{\"id\":\"seal_now_invalid\",\"no\":\"0x28A8\",\"effect\":\"W\","
        "\"zh\":\"警示: 该印章现已注销(2026-03-01);签章时有效\","
        "\"en\":\"warning: this seal is now cancelled (2026-03-01); it was valid when used\","
        "\"where\":\"Doc_0/Signs/Sign_0\","
        "\"detail\":{\"state\":\"cancelled\",\"date\":\"2026-03-01\"}}],"
        "\"protected\":[\"/OFD.xml\",\"/Doc_0/Document.xml\"],"
        "\"evidence\":[\"" CD8 CD8 "\"]}],"
        "\"statement\":{\"zh\":\"签章有效，请注意：警示: 该印章现已注销(2026-03-01);签章时有效\","
        "\"en\":\"Seal valid, note: warning: this seal is now cancelled (2026-03-01); it was "
        "valid when used\"}}";
    struct sample *s = *state;
    struct es_report_signature *sig = sample_seal(s);
    uint8_t digest[ES_SM3_LEN];

    memset(digest, 0xCD, sizeof digest);
    es_buf_put(&sig->evidence, digest, sizeof digest);
    sig->has_proof = true;
    sig->proof_s = SEALED_S + 60;
    sig->proof_by = "log-receipt";
    sig->proof_witnesses = 2;
    sig->state.now = "cancelled";
    sig->state.since_s = NOW_S - 3600;
    sig->state.source = "log";
    sig->state.checkpoint = "17";
    es_finding_add2(&sig->findings, ES_CHECK_SEAL_STATE_AT_SIGNING, ES_V_SEAL_NOW_INVALID,
                    "Doc_0/Signs/Sign_0", "cancelled", "2026-03-01");
    (void) sample_judged_json(s);
    assert_int_equal(memcmp(s->out.ptr, head, sizeof head - 1), 0);
    assert_string_equal(es_buf_cstr(&s->out) + sizeof head - 1, expected);
}

static void a_document_without_seal_reads_as_specified(void **state)
{
    static const char expected[] =
        "\"outcome\":\"indeterminate\",\"codes\":[{\"id\":\"no_signature\",\"no\":\"0x2802\","
        "\"effect\":\"N\",\"zh\":\"文件中没有电子签章\",\"en\":\"the file carries no seal\","
        "\"where\":\"\",\"detail\":{}}],\"signatures\":[],"
        "\"statement\":{\"zh\":\"无法确定签章是否有效：文件中没有电子签章\","
        "\"en\":\"Cannot be determined: the file carries no seal\"}}";
    struct sample *s = *state;

    (void) sample_judged_json(s);
    assert_string_equal(es_buf_cstr(&s->out) + sizeof head - 1, expected);
}

static void what_is_not_known_is_null(void **state)
{
    static const char expected[] =
        "\"claimed_time\":null,\"proved_time\":null,\"seal\":null,"
        "\"signer\":{\"subject\":null,\"serial\":null},\"maker\":{\"subject\":null},"
        "\"state\":null,\"sub_results\":{";
    struct sample *s = *state;

    assert_non_null(es_report_add(&s->report));
    assert_non_null(strstr(sample_judged_json(s), expected));
}

static void values_without_a_place_are_named_in_detail(void **state)
{
    struct sample *s = *state;
    struct es_report_signature *sig = sample_seal(s);

    es_finding_add(&sig->findings, ES_CHECK_SIGNER_CERT_CHAIN, ES_V_CERT_ROOT_UNTRUSTED, "",
                   "signer");
    es_finding_add(&sig->findings, ES_CHECK_FORMAT, ES_V_PDF_MALFORMED, "", "x");
    assert_non_null(strstr(sample_judged_json(s), "\"detail\":{\"subject\":\"signer\"}"));
    assert_non_null(strstr(es_buf_cstr(&s->out), "\"detail\":{\"value\":\"x\"}"));
}

static void same_report_gives_the_same_bytes(void **state)
{
    struct sample *s = *state;
    char *first = NULL;

    es_finding_add(&sample_seal(s)->findings, ES_CHECK_FORMAT, ES_V_FORM_DEVIATION, "a", "b");
    first = strdup(sample_judged_json(s));
    assert_string_equal(sample_judged_json(s), first);
    free(first);
}

static void hostile_names_stay_data(void **state)
{
    struct sample *s = *state;
    struct es_report_signature *sig = sample_seal(s);
    struct es_json *json = NULL;
    es_json_node seal = NULL;
    char name[3000];

    memset(name, 'W', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    memcpy(name, "\"},{\x1b[2J\xff\xe2\x80\xae", 12);
    sig->seal_name = name;
    sig->signer_subject = name;
    assert_non_null(
        strstr(sample_judged_json(s), "\"name\":\"\\\"},{\\\\x1b[2J\\\\xff\\\\u{202e}"));
    assert_int_equal(es_json_parse(es_buf_span(&s->out), 1 << 20, &json, NULL), ES_OK);
    seal = es_json_member(es_json_item(es_json_member(es_json_root(json), "signatures"), 0),
                          "seal");
    assert_int_equal(es_json_size(seal), 5);
    assert_true(strlen(es_json_string(es_json_member(seal, "name"))) < 300);
    es_json_free(json);
}

static void a_buffer_too_small_is_told_at_every_size(void **state)
{
    struct sample *s = *state;
    size_t whole = 0;

    (void) sample_seal(s);
    (void) sample_judged_json(s);
    whole = s->out.len;
    for (size_t max = 0; max < whole; max++) {
        struct es_buf out = ES_BUF_INIT(max);

        assert_int_equal(es_report_json(&s->report, &out, NULL), ES_E_LIMIT);
        es_buf_clear(&out);
    }
}

#define WITH_SAMPLE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SAMPLE(a_valid_seal_with_a_warning_reads_as_specified),
        WITH_SAMPLE(a_document_without_seal_reads_as_specified),
        WITH_SAMPLE(what_is_not_known_is_null),
        WITH_SAMPLE(values_without_a_place_are_named_in_detail),
        WITH_SAMPLE(same_report_gives_the_same_bytes),
        WITH_SAMPLE(hostile_names_stay_data),
        WITH_SAMPLE(a_buffer_too_small_is_told_at_every_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
