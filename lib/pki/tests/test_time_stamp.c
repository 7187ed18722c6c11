/*
 * Time stamps: the token of a real PDF, what we ask and answer, the openssl program as the second
 * opinion, and requests and responses that must be refused.
 */
#include "authority_fixture.h"

struct fixture {
    struct identity root, tsa, signer;
    struct es_buf request, response, token;
    uint8_t nonce[8];
    uint64_t seed;
    struct es_error err;
};

static const uint8_t serial[] = {0x01, 0x02};
static const char value[] = "signature value";

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    if (!f)
        return -1;
    f->root = identity_of("root", ES_CERT_ROOT, 1, NULL);
    f->tsa = identity_of("时间戳", ES_CERT_TSA, 4, &f->root);
    f->signer = identity_of("signer", ES_CERT_SIGNER, 5, &f->root);
    es_buf_init(&f->request, 1 << 20);
    es_buf_init(&f->response, 1 << 20);
    es_buf_init(&f->token, 1 << 20);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    identity_clear(&f->root);
    identity_clear(&f->tsa);
    identity_clear(&f->signer);
    es_buf_clear(&f->request);
    es_buf_clear(&f->response);
    es_buf_clear(&f->token);
    free(f);
    return 0;
}

static void answer(struct fixture *f, struct es_span request)
{
    es_buf_reset(&f->response);
    must(es_time_stamp_answer(f->tsa.key, f->tsa.cert, request, T_2026,
                              es_span_of(serial, sizeof serial), &f->response, &f->err),
         &f->err);
}

static int fresh(void **state)
{
    struct fixture *f = *state;

    es_buf_reset(&f->request);
    es_buf_reset(&f->token);
    must(es_time_stamp_request(es_span_str(value), es_random_seeded(&f->seed), f->nonce,
                               &f->request, &f->err),
         &f->err);
    answer(f, es_buf_span(&f->request));
    return 0;
}

static es_status take(struct fixture *f, struct es_span response)
{
    es_buf_reset(&f->token);
    return es_time_stamp_response(response, es_span_str(value), f->nonce, &f->token, &f->err);
}

/* ---- the real token ---- */

/* The PDF's CMS, whose value the token stamps. */
static struct es_cms *pdf_cms(void)
{
    char path[1024];
    struct es_buf file = ES_BUF_INIT(1 << 20), der = ES_BUF_INIT(1 << 20);
    struct es_error err = {0};
    struct es_cms *cms = NULL;

    sample_path(path, sizeof path, "pdf-signed/sm2-pkcs7-timestamp.pdf");
    must(es_file_read(path, &file, &err), &err);
    must(es_hex_decode(es_span_sub(es_buf_span(&file), 59508, 84277 - 59507 - 2), &der, &err),
         &err);
    must(es_cms_decode(es_buf_span(&der), &cms, &err), &err);
    es_buf_clear(&file);
    es_buf_clear(&der);
    return cms;
}

static void real_token_decodes_and_its_signature_verifies(void **state)
{
    struct fixture *f = *state;
    struct es_cms *cms = pdf_cms();
    struct es_time_stamp *stamp = NULL;
    enum es_sig_answer good = ES_SIG_UNCHECKED;
    uint8_t digest[32];

    must(es_time_stamp_decode(cms->time_stamp, &stamp, &f->err), &f->err);
    assert_int_equal(stamp->imprint_digest, ES_DIGEST_SHA256);
    must(es_digest_once(ES_DIGEST_SHA256, cms->sig, digest, &f->err), &f->err);
    assert_true(es_span_equal(stamp->imprint, es_span_of(digest, 32)));
    must(es_cms_verify(stamp->cms, stamp->cms->signer, stamp->cms->content, es_span_of(NULL, 0),
                       ES_CHECK_TIME_STAMP, NULL, &good, NULL, &f->err),
         &f->err);
    assert_int_equal(good, ES_SIG_GOOD);
    assert_true(stamp->cms->ess_cert_v2.len > 0);
    assert_true(stamp->gen_time_s >= stamp->cms->signer->not_before_s &&
                stamp->gen_time_s <= stamp->cms->signer->not_after_s);
    es_time_stamp_free(stamp);
    es_cms_free(cms);
}

/* ---- request and answer ---- */

static void openssl_reads_our_request(void **state)
{
    struct fixture *f = *state;
    char folder[] = "/tmp/eseal-ts-XXXXXX", path[64];
    struct es_buf text;

    if (!have_openssl() || !mkdtemp(folder))
        skip();
    snprintf(path, sizeof path, "%s/q", folder);
    put_file(path, es_buf_span(&f->request));
    text = run_good(folder, "openssl ts -query -in q -text");
    assert_says(&text, "Hash Algorithm: sm3");
    assert_says(&text, "Certificate required: yes");
    assert_says(&text, "Nonce: 0x");
    es_buf_clear(&text);
    run_quiet(folder, "rm q && rmdir \"$PWD\"");
}

static void we_answer_openssl_and_it_reads_the_answer(void **state)
{
    static const char *const digests[] = {"sm3", "sha256"};
    struct fixture *f = *state;
    char folder[] = "/tmp/eseal-ts-XXXXXX", path[64], command[128];

    if (!have_openssl() || !mkdtemp(folder))
        skip();
    for (size_t i = 0; i < 2; i++) {
        struct es_buf query, text;

        snprintf(command, sizeof command,
                 "printf x > d && openssl ts -query -data d -%s -cert -out q 2>/dev/null && cat q",
                 digests[i]);
        query = run_good(folder, command);
        answer(f, es_buf_span(&query));
        snprintf(path, sizeof path, "%s/r", folder);
        put_file(path, es_buf_span(&f->response));
        text = run_good(folder, "openssl ts -reply -in r -text");
        assert_says(&text, "Status: Granted.");
        assert_says(&text, "Serial number: 0x0102");
        assert_says(&text, "Time stamp: Jan  1 00:00:00 2026 GMT");
        assert_says(&text, "Accuracy: 0x01 seconds");
        assert_says(&text, digests[i]);
        es_buf_clear(&text);
        es_buf_clear(&query);
    }
    run_quiet(folder, "rm d q r && rmdir \"$PWD\"");
}

static void our_answer_gives_a_token_over_the_value(void **state)
{
    struct fixture *f = *state;
    struct es_time_stamp *stamp = NULL;
    enum es_sig_answer good = ES_SIG_UNCHECKED;

    must(take(f, es_buf_span(&f->response)), &f->err);
    must(es_time_stamp_decode(es_buf_span(&f->token), &stamp, &f->err), &f->err);
    assert_int_equal(stamp->gen_time_s, T_2026);
    assert_int_equal(stamp->imprint_digest, ES_DIGEST_SM3);
    assert_true(es_span_equal(stamp->serial, es_span_of(serial, 2)));
    assert_true(es_span_equal(stamp->nonce, es_span_of(f->nonce, 8)));
    assert_true(es_span_equal(stamp->cms->signer->der, f->tsa.cert->der));
    must(es_cms_verify(stamp->cms, stamp->cms->signer, stamp->cms->content, es_span_of(NULL, 0),
                       ES_CHECK_TIME_STAMP, NULL, &good, NULL, &f->err),
         &f->err);
    assert_int_equal(good, ES_SIG_GOOD);
    es_time_stamp_free(stamp);
}

/* Cut the request's last three bytes, certReq TRUE. */
static void a_certificate_nobody_asked_for_is_left_out(void **state)
{
    struct fixture *f = *state;
    struct es_time_stamp *stamp = NULL;

    f->request.len -= 3;
    f->request.ptr[1] = (uint8_t) (f->request.ptr[1] - 3);
    answer(f, es_buf_span(&f->request));
    must(take(f, es_buf_span(&f->response)), &f->err);
    must(es_time_stamp_decode(es_buf_span(&f->token), &stamp, &f->err), &f->err);
    assert_int_equal(stamp->cms->cert_count, 0);
    assert_null(stamp->cms->signer);
    es_time_stamp_free(stamp);
}

/* ---- refusals of requests ---- */

static void assert_refusal(struct fixture *f, struct es_span request, const char *bits_hex)
{
    struct es_buf hex = ES_BUF_INIT(256), want = ES_BUF_INIT(256);

    answer(f, request);
    es_buf_put_hex(&hex, es_buf_span(&f->response));
    es_buf_printf(&want, "30%02zx30%02zx020102%s", strlen(bits_hex) / 2 + 5,
                  strlen(bits_hex) / 2 + 3, bits_hex);
    assert_string_equal(es_buf_cstr(&hex), es_buf_cstr(&want));
    es_buf_clear(&hex);
    es_buf_clear(&want);
}

#define BAD_ALG "03020780"
#define BAD_REQUEST "03020520"
#define BAD_FORMAT "03020204"
#define BAD_POLICY "0303000001"
#define BAD_EXTENSION "030407000080"

static void every_cut_of_a_request_is_badly_formed(void **state)
{
    struct fixture *f = *state;

    for (size_t len = 0; len < f->request.len; len++)
        assert_refusal(f, es_span_of(f->request.ptr, len), BAD_FORMAT);
    es_buf_put_byte(&f->request, 0);
    assert_refusal(f, es_buf_span(&f->request), BAD_FORMAT);
}

static void requests_out_of_rule_get_their_own_refusal(void **state)
{
    struct fixture *f = *state;
    const struct {
        const char *head, *digest_oid, *tail, *bits;
        size_t digest_len;
    } cases[] = {
        {"020102", "06082a811ccf55018311", "", BAD_REQUEST, 32},
        {"020101", "06052b0e03021a", "", BAD_ALG, 20},          /* SHA-1 */
        {"020101", "06032a0304", "", BAD_ALG, 32},              /* unknown */
        {"020101", "06082a811ccf55018311", "", BAD_FORMAT, 31}, /* short imprint */
        {"020101", "06082a811ccf55018311", "06022a03", BAD_POLICY, 32},
        {"020101", "06082a811ccf55018311", "a003300100", BAD_FORMAT, 33},
        {"020101", "06082a811ccf55018311", "a0023000", BAD_EXTENSION, 32},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct es_buf body = ES_BUF_INIT(256), der = ES_BUF_INIT(256);
        const uint8_t digest[33] = {0};

        must(es_hex_decode(es_span_str(cases[i].head), &body, &f->err), &f->err);
        size_t seq = es_der_begin(&body, ES_DER_SEQUENCE);
        size_t alg = es_der_begin(&body, ES_DER_SEQUENCE);
        must(es_hex_decode(es_span_str(cases[i].digest_oid), &body, &f->err), &f->err);
        es_der_end(&body, alg);
        es_der_put(&body, ES_DER_OCTET_STRING, es_span_of(digest, cases[i].digest_len));
        es_der_end(&body, seq);
        must(es_hex_decode(es_span_str(cases[i].tail), &body, &f->err), &f->err);
        es_der_put(&der, ES_DER_SEQUENCE, es_buf_span(&body));
        assert_refusal(f, es_buf_span(&der), cases[i].bits);
        es_buf_clear(&body);
        es_buf_clear(&der);
    }
}

static void a_certificate_not_for_time_stamping_does_not_answer(void **state)
{
    struct fixture *f = *state;
    struct es_span number = es_span_of(serial, sizeof serial);
    struct es_buf out = ES_BUF_INIT(65536);

    assert_int_equal(es_time_stamp_answer(f->signer.key, f->signer.cert, es_buf_span(&f->request),
                                          T_2026, number, &out, &f->err),
                     ES_E_CERT);
    assert_int_equal(es_time_stamp_answer(f->signer.key, f->tsa.cert, es_buf_span(&f->request),
                                          T_2026, number, &out, &f->err),
                     ES_E_MISMATCH);
    assert_int_equal(es_time_stamp_answer(f->tsa.key, f->tsa.cert, es_buf_span(&f->request),
                                          T_2026 + 9 * YEAR, number, &out, &f->err),
                     ES_E_CERT_EXPIRED);
    assert_int_equal(es_time_stamp_answer(f->tsa.key, f->tsa.cert, es_buf_span(&f->request), T_2026,
                                          es_span_of(NULL, 0), &out, &f->err),
                     ES_E_RANGE);
    assert_int_equal(out.len, 0);
}

/* ---- refusals of responses ---- */

static void a_response_to_something_else_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(es_time_stamp_response(es_buf_span(&f->response), es_span_str("other"),
                                            f->nonce, &f->token, &f->err),
                     ES_E_MISMATCH);
    f->nonce[7] ^= 1;
    assert_int_equal(take(f, es_buf_span(&f->response)), ES_E_MISMATCH);
    assert_int_equal(f->token.len, 0);
}

static void a_refusal_tells_the_authoritys_text(void **state)
{
    struct fixture *f = *state;
    static const char refusal[] = "\x30\x12\x30\x10\x02\x01\x02\x30\x06\x0c\x04"
                                  "busy\x03\x03\x07\x00\x80";

    assert_int_equal(take(f, es_span_of(refusal, sizeof refusal - 1)), ES_E_TIME_STAMP);
    assert_string_equal(f->err.text, "authority refused with status 2: busy");
    answer(f, es_span_of("", 0));
    assert_int_equal(take(f, es_buf_span(&f->response)), ES_E_TIME_STAMP);
    assert_string_equal(f->err.text, "authority refused with status 2");
}

static void every_cut_of_a_response_is_refused(void **state)
{
    struct fixture *f = *state;

    for (size_t len = 0; len < f->response.len; len++) {
        assert_int_not_equal(take(f, es_span_of(f->response.ptr, len)), ES_OK);
        assert_int_equal(f->token.len, 0);
    }
    es_buf_put_byte(&f->response, 0);
    assert_int_equal(take(f, es_buf_span(&f->response)), ES_E_FORMAT);
}

/* ---- TSTInfo ---- */

/* The token with the first occurrence of one string of bytes replaced by another of its length. */
static es_status decode_changed(struct fixture *f, const char *from, const char *to, size_t len,
                                struct es_time_stamp **stamp)
{
    size_t at;

    must(take(f, es_buf_span(&f->response)), &f->err);
    assert_true(es_span_search(es_buf_span(&f->token), es_span_of(from, len), &at));
    memcpy(f->token.ptr + at, to, len);
    return es_time_stamp_decode(es_buf_span(&f->token), stamp, &f->err);
}

static void version_two_is_read_and_version_three_is_not(void **state)
{
    struct fixture *f = *state;
    struct es_time_stamp *stamp = NULL;

    assert_int_equal(
        decode_changed(f, "\x02\x01\x01\x06\x04\x55", "\x02\x01\x02\x06\x04\x55", 6, &stamp),
        ES_OK);
    es_time_stamp_free(stamp);
    stamp = NULL;
    assert_int_equal(
        decode_changed(f, "\x02\x01\x01\x06\x04\x55", "\x02\x01\x03\x06\x04\x55", 6, &stamp),
        ES_E_UNSUPPORTED);
    assert_null(stamp);
}

static void fractions_of_seconds_are_read_in_their_one_form(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *time;
        es_status status;
    } cases[] = {
        {"20260101000000Z", ES_OK},       {"202601010000.5Z", ES_E_FORMAT},
        {"20260101000000,", ES_E_FORMAT}, {"20260101000.00Z", ES_E_FORMAT},
        {"20261301000000Z", ES_E_FORMAT},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct es_time_stamp *stamp = NULL;
        es_status status = decode_changed(f, "20260101000000Z", cases[i].time, 15, &stamp);

        if (cases[i].status == ES_OK)
            assert_int_equal(status, ES_OK);
        else
            assert_int_not_equal(status, ES_OK);
        es_time_stamp_free(stamp);
    }
}

static void a_signed_data_without_tst_info_is_no_time_stamp(void **state)
{
    struct fixture *f = *state;
    struct es_time_stamp *stamp = NULL;
    uint8_t digest[32] = {0};

    es_buf_reset(&f->token);
    must(es_cms_sign(f->tsa.key, f->tsa.cert, es_span_of(digest, 32), T_2026, &f->token, &f->err),
         &f->err);
    assert_int_equal(es_time_stamp_decode(es_buf_span(&f->token), &stamp, &f->err),
                     ES_E_UNSUPPORTED);
    assert_null(stamp);
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(real_token_decodes_and_its_signature_verifies),
        TEST(openssl_reads_our_request),
        TEST(we_answer_openssl_and_it_reads_the_answer),
        TEST(our_answer_gives_a_token_over_the_value),
        TEST(a_certificate_nobody_asked_for_is_left_out),
        TEST(every_cut_of_a_request_is_badly_formed),
        TEST(requests_out_of_rule_get_their_own_refusal),
        TEST(a_certificate_not_for_time_stamping_does_not_answer),
        TEST(a_response_to_something_else_is_refused),
        TEST(a_refusal_tells_the_authoritys_text),
        TEST(every_cut_of_a_response_is_refused),
        TEST(version_two_is_read_and_version_three_is_not),
        TEST(fractions_of_seconds_are_read_in_their_one_form),
        TEST(a_signed_data_without_tst_info_is_no_time_stamp),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
