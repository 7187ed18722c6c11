/* Reports filled by hand, for the tests of this folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sample_report.h"

void sample_init(struct sample *sample, const char *policy)
{
    struct es_error err = {0};

    *sample = (struct sample){0};
    if (es_policy_load(policy, &sample->policy, &err) != ES_OK)
        fail_msg("%s", err.text);
    es_report_init(&sample->report, &sample->policy, NOW_S);
    es_buf_init(&sample->out, 64 << 20);
    sample->report.file = "contract.ofd";
    sample->report.type = "ofd";
    sample->report.bytes = 48213;
    sample->report.pages = 3;
    sample->report.complete = true;
    memset(sample->report.sm3, 0xAB, ES_SM3_LEN);
}

void sample_clear(struct sample *sample)
{
    es_report_clear(&sample->report);
    es_policy_clear(&sample->policy);
    es_buf_clear(&sample->out);
}

struct es_report_signature *sample_seal(struct sample *sample)
{
    static const char *entries[] = {"/OFD.xml", "/Doc_0/Document.xml"};
    struct es_report_signature *sig = es_report_add(&sample->report);

    assert_non_null(sig);
    sig->id = sample->report.signature_count == 1 ? "1" : "2";
    sig->type = "Seal";
    sig->where = "Doc_0/Signs/Sign_0";
    sig->edition = "GB/T 38540-2020";
    sig->value_good = true;
    sig->has_claim = true;
    sig->claim_s = SEALED_S;
    sig->has_seal = true;
    sig->seal_code = "44010000012345";
    sig->seal_name = "测试市示例局";
    sig->seal_kind = "1";
    sig->seal_from_s = NOW_S - 365 * 86400;
    sig->seal_until_s = NOW_S + 365 * 86400;
    memset(sig->picture_sm3, 0xCD, ES_SM3_LEN);
    sig->signer_subject = "CN=测试市示例局, C=CN";
    sig->signer_serial = "0102";
    sig->signer_name = "测试市示例局";
    sig->maker_subject = "CN=示例制章中心, C=CN";
    sig->state.at_signing = "active";
    sig->state.known_at_signing = "active";
    sig->state.now = "active";
    sig->state.source = "file";
    sig->protected_entries = entries;
    sig->protected_count = 2;
    for (unsigned i = 0; i < ES_CHECK_COUNT; i++)
        sig->ran[i] = true;
    sig->ran[ES_CHECK_TIME_STAMP] = false;
    sig->ran[ES_CHECK_USE_RECORD] = false;
    return sig;
}

static void judge(struct sample *sample)
{
    struct es_error err = {0};

    if (es_report_judge(&sample->report, &err) != ES_OK)
        fail_msg("%s", err.text);
    es_buf_reset(&sample->out);
}

const char *sample_judged_text(struct sample *sample, bool zh, bool verbose)
{
    struct es_report_text_options options = {.zh = zh, .verbose = verbose};

    judge(sample);
    assert_int_equal(es_report_text(&sample->report, &options, &sample->out, NULL), ES_OK);
    return es_buf_cstr(&sample->out);
}

const char *sample_judged_html(struct sample *sample, bool zh)
{
    const struct es_report *reports[] = {&sample->report};

    judge(sample);
    assert_int_equal(es_report_html(reports, 1, zh, &sample->out, NULL), ES_OK);
    return es_buf_cstr(&sample->out);
}

const char *sample_judged_json(struct sample *sample)
{
    judge(sample);
    assert_int_equal(es_report_json(&sample->report, &sample->out, NULL), ES_OK);
    return es_buf_cstr(&sample->out);
}
