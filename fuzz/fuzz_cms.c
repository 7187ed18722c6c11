/*
 * SignedData (and requests, which stand beside it). Properties: what decodes decodes again from its
 * normalised bytes to the same fields; no value is good for a digest that it does not name.
 */
#include "es_pki.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same_fields(const struct es_cms *a, const struct es_cms *b)
{
    return a->gmt == b->gmt && a->has_content == b->has_content && a->has_attrs == b->has_attrs &&
           a->cert_count == b->cert_count && a->cert_skipped == b->cert_skipped &&
           !a->signer == !b->signer && !a->attrs_fault == !b->attrs_fault &&
           es_span_equal(a->content, b->content) && es_span_equal(a->attrs, b->attrs) &&
           es_span_equal(a->sig, b->sig) && es_span_equal(a->time_stamp, b->time_stamp);
}

static void check_verify(const struct es_cms *cms)
{
    static const uint8_t zero[ES_SM3_LEN];
    struct es_span digest = es_span_of(zero, sizeof zero);
    enum es_sig_answer answer = ES_SIG_UNCHECKED;
    struct es_arena arena;
    struct es_findings findings;

    es_arena_init(&arena, 1u << 20);
    es_findings_init(&findings, &arena);
    if (es_cms_verify(cms, cms->signer, es_span_of(NULL, 0), digest, ES_CHECK_SIGNATURE, NULL,
                      &answer, &findings, NULL) == ES_OK) {
        ES_BUG_ON(answer == ES_SIG_GOOD && cms->has_attrs &&
                  !es_span_equal(cms->message_digest, digest) && !cms->has_content);
        ES_BUG_ON(answer != ES_SIG_GOOD && findings.count == 0); /* a refusal has a reason */
    }
    es_arena_clear(&arena);
}

static void check_cms(struct es_span in)
{
    ES_AUTO_PTR(es_cms) cms = NULL;
    ES_AUTO_PTR(es_cms) again = NULL;

    if (es_cms_decode(in, &cms, NULL) != ES_OK)
        return;
    ES_BUG_ON(es_cms_decode(es_buf_span(&cms->der), &again, NULL) != ES_OK);
    ES_BUG_ON(again->ber || again->surplus != 0 || !same_fields(cms, again));
    check_verify(cms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ES_AUTO_PTR(es_pubkey) key = NULL;
    ES_AUTO(es_buf) der = ES_BUF_INIT(256);
    struct es_span in = es_span_of(data, size), subject;
    const char *form = NULL;
    uint8_t raw[ES_SM2_RAW_LEN];

    check_cms(in);
    if (es_csr_decode(in, &key, &subject, NULL) == ES_OK)
        ES_BUG_ON(es_pubkey_kind(key) != ES_KEY_SM2 || subject.len < 2);
    if (es_sm2_sig_normalise(in, &der, &form, NULL) == ES_OK)
        ES_BUG_ON(es_sm2_sig_decode(es_buf_span(&der), raw, NULL) != ES_OK);
    return 0;
}
