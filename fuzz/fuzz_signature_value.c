/*
 * What a document may carry as SignedValue, through the doors the verifier takes: seal signature,
 * SignedData, bare value. Properties: a failed decode leaves a finding; the spans that are signed
 * are whole DER elements; a normalised value is strict and stays as it is.
 */
#include "es_seal.h"

static void check_seal_signature(struct es_span in)
{
    ES_AUTO(es_arena) arena;
    ES_AUTO_PTR(es_seal_signature) sig = NULL;
    struct es_findings findings;
    struct es_span rest;
    struct es_der_item item;

    es_arena_init(&arena, 0);
    es_findings_init(&findings, &arena);
    if (es_seal_signature_decode(in, "", &findings, &sig, NULL) != ES_OK) {
        ES_BUG_ON(findings.count == 0 || sig != NULL);
        return;
    }
    rest = sig->tbs;
    ES_BUG_ON(es_der_next(&rest, &item, NULL) != ES_OK || rest.len != 0);
    rest = sig->seal->info;
    ES_BUG_ON(es_der_next(&rest, &item, NULL) != ES_OK || rest.len != 0);
    ES_BUG_ON(!sig->has_time && sig->edition != ES_SEAL_2014);
    if (es_seal_has_signer(sig->seal, sig->cert, "", &findings, NULL) != ES_OK)
        ES_BUG_ON(true);
}

static void check_cms(struct es_span in)
{
    ES_AUTO_PTR(es_cms) cms = NULL;

    if (es_cms_decode(in, &cms, NULL) != ES_OK)
        ES_BUG_ON(cms != NULL);
}

static void check_value(struct es_span in)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(256);
    ES_AUTO(es_buf) again = ES_BUF_INIT(256);
    uint8_t raw[ES_SM2_RAW_LEN];
    const char *deviation;

    if (es_sm2_sig_normalise(in, &der, &deviation, NULL) != ES_OK)
        return;
    ES_BUG_ON(es_sm2_sig_decode(es_buf_span(&der), raw, NULL) != ES_OK);
    ES_BUG_ON((deviation == NULL) != es_span_equal(in, es_buf_span(&der)));
    ES_BUG_ON(es_sm2_sig_normalise(es_buf_span(&der), &again, &deviation, NULL) != ES_OK);
    ES_BUG_ON(deviation != NULL || !es_span_equal(es_buf_span(&der), es_buf_span(&again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct es_span in = es_span_of(data, size);
    enum es_value_form form = es_seal_value_form(in);

    check_value(in);
    if (form != ES_VALUE_CMS)
        check_seal_signature(in);
    if (form != ES_VALUE_SEAL)
        check_cms(in);
    return 0;
}
