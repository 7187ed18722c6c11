/*
 * Time stamps: tokens, responses and requests. Properties: every request is answered, by a refusal
 * or by a token that the asking side takes and that carries the imprint asked for; a response is
 * taken only when it holds a token over the value.
 */
#include <stdlib.h>
#include <string.h>

#include "es_pki.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1767225600

struct authority {
    struct es_key *key;
    struct es_cert *cert;
};

static struct authority open_authority(void)
{
    const uint8_t number[32] = {[31] = 7}, serial = 1;
    struct es_cert_template tpl = {.common_name = "tsa",
                                   .serial = es_span_of(&serial, 1),
                                   .not_after_s = INT32_MAX,
                                   .use = ES_CERT_TSA};
    ES_AUTO(es_buf) der = ES_BUF_INIT(65536);
    struct authority tsa = {0};

    if (es_key_from_number(number, &tsa.key, NULL) != ES_OK ||
        es_cert_issue(&tpl, es_key_public(tsa.key), NULL, tsa.key, &der, NULL) != ES_OK ||
        es_cert_decode(es_buf_span(&der), &tsa.cert, NULL) != ES_OK)
        abort();
    return tsa;
}

static void check_token(struct es_span token, struct es_span imprint_in)
{
    ES_AUTO_PTR(es_time_stamp) stamp = NULL;

    ES_BUG_ON(es_time_stamp_decode(token, &stamp, NULL) != ES_OK);
    ES_BUG_ON(!es_span_search(imprint_in, stamp->imprint, NULL));
    ES_BUG_ON(stamp->gen_time_s != NOW);
}

static void check_request(const struct authority *tsa, struct es_span request)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(1u << 21);
    const uint8_t serial = 9;
    struct es_span in, seq, info, token, unused;
    uint32_t status;

    ES_BUG_ON(es_time_stamp_answer(tsa->key, tsa->cert, request, NOW, es_span_of(&serial, 1), &out,
                                   NULL) != ES_OK);
    in = es_buf_span(&out);
    ES_BUG_ON(es_der_get(&in, ES_DER_SEQUENCE, &seq, NULL) != ES_OK || in.len != 0);
    ES_BUG_ON(es_der_get(&seq, ES_DER_SEQUENCE, &info, NULL) != ES_OK);
    ES_BUG_ON(es_der_get_uint(&info, &status, NULL) != ES_OK || (status != 0 && status != 2));
    ES_BUG_ON((status == 0) != (seq.len > 0));
    if (status != 0)
        return;
    ES_BUG_ON(es_der_get_tlv(&seq, ES_DER_SEQUENCE, &token, &unused, NULL) != ES_OK);
    check_token(token, request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct authority tsa; /* made once, by a slow signature */
    const uint8_t nonce[8] = {0x40};
    struct es_span in = es_span_of(data, size);
    ES_AUTO(es_buf) token = ES_BUF_INIT(1u << 21);
    ES_AUTO_PTR(es_time_stamp) stamp = NULL;

    if (!tsa.cert)
        tsa = open_authority();
    check_request(&tsa, in);
    if (es_time_stamp_response(in, es_span_str("value"), nonce, &token, NULL) != ES_OK)
        ES_BUG_ON(token.len != 0);
    if (es_time_stamp_decode(in, &stamp, NULL) == ES_OK)
        ES_BUG_ON(stamp->imprint.len > size || !stamp->cms->has_content);
    return 0;
}
