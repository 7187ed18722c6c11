/*
 * Certificates, requests, CRLs and OCSP answers we make, with the openssl program as the second
 * opinion; refusals of what they must not hold.
 */
#include "authority_fixture.h"

#define DISTID " -vfyopt distid:1234567812345678 "
#define VERIFY "openssl verify" DISTID "-attime 1767225600 -x509_strict -partial_chain "

struct fixture {
    struct identity root, ca, signer, tsa, ocsp, maker;
    char folder[64];
    struct es_buf out;
    struct es_error err;
};

static void put_in(const struct fixture *f, const char *name, const char *label, struct es_span der)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    put_pem(path, label, der);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    if (!f)
        return -1;
    es_buf_init(&f->out, 1 << 20);
    f->root = identity_of("根", ES_CERT_ROOT, 1, NULL);
    f->ca = identity_of("CA", ES_CERT_CA, 2, &f->root);
    f->signer = identity_of("张三", ES_CERT_SIGNER, 3, &f->ca);
    f->tsa = identity_of("TSA", ES_CERT_TSA, 4, &f->ca);
    f->ocsp = identity_of("OCSP", ES_CERT_OCSP, 5, &f->ca);
    f->maker = identity_of("Maker", ES_CERT_MAKER, 6, &f->ca);
    snprintf(f->folder, sizeof f->folder, "/tmp/eseal-authority-XXXXXX");
    *state = f;
    if (!mkdtemp(f->folder))
        return -1;
    put_in(f, "root.pem", "CERTIFICATE", f->root.cert->der);
    put_in(f, "ca.pem", "CERTIFICATE", f->ca.cert->der);
    put_in(f, "signer.pem", "CERTIFICATE", f->signer.cert->der);
    put_in(f, "tsa.pem", "CERTIFICATE", f->tsa.cert->der);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    struct identity *all[] = {&f->root, &f->ca, &f->signer, &f->tsa, &f->ocsp, &f->maker};
    char command[128];

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        identity_clear(all[i]);
    es_buf_clear(&f->out);
    snprintf(command, sizeof command, "rm -r '%s'", f->folder);
    (void) !system(command);
    free(f);
    return 0;
}

/* ---- certificates ---- */

static void openssl_verifies_our_chain(void **state)
{
    struct fixture *f = *state;

    if (!have_openssl())
        skip();
    /* one step at a time: the program gives the id only to the certificate it is asked about */
    run_quiet(f->folder, VERIFY "-trusted root.pem root.pem ca.pem");
    run_quiet(f->folder, VERIFY "-trusted ca.pem signer.pem tsa.pem");
}

static void openssl_reads_names_dates_and_uses(void **state)
{
    struct fixture *f = *state;
    struct es_buf text;

    if (!have_openssl())
        skip();
    text = run_good(f->folder,
                    "openssl x509 -in signer.pem -noout -text -nameopt utf8,sep_comma_plus");
    assert_says(&text, "Version: 3 (0x2)");
    assert_says(&text, "C=CN,O=测试机构,OU=unit,CN=张三");
    assert_says(&text, "Signature Algorithm: SM2-with-SM3");
    assert_says(&text, "Not Before: Jan  1 00:00:00 2025 GMT");
    assert_says(&text, "Digital Signature, Non Repudiation");
    assert_says(&text, "1.2.156.10260.4.1.4");
    es_buf_clear(&text);
    text = run_good(f->folder, "openssl x509 -in tsa.pem -noout -text");
    assert_says(&text, "X509v3 Extended Key Usage: critical\n                Time Stamping\n");
    assert_says(&text, "X509v3 Key Usage: critical\n                Digital Signature\n");
    es_buf_clear(&text);
    text = run_good(f->folder, "openssl x509 -in ca.pem -noout -text");
    assert_says(&text, "X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0");
    assert_says(&text, "Certificate Sign, CRL Sign");
    es_buf_clear(&text);
}

static void our_decoder_reads_what_each_use_allows(void **state)
{
    struct fixture *f = *state;

    assert_true(f->root.cert->is_ca && !f->root.cert->has_path_len);
    assert_true(f->ca.cert->is_ca && f->ca.cert->has_path_len && f->ca.cert->path_len == 0);
    assert_int_equal(f->ca.cert->usage, ES_USAGE_CERT_SIGN | ES_USAGE_CRL_SIGN);
    assert_int_equal(f->maker.cert->usage, ES_USAGE_DIGITAL_SIGNATURE | ES_USAGE_NON_REPUDIATION);
    assert_true(f->tsa.cert->eku_time_stamping && f->tsa.cert->eku_critical);
    assert_true(f->ocsp.cert->eku_ocsp_signing && !f->ocsp.cert->eku_time_stamping);
    assert_true(es_span_equal(f->signer.cert->aki, f->ca.cert->ski));
    assert_int_equal(f->signer.cert->ski.len, 20);
    assert_false(f->signer.cert->unknown_critical || f->signer.cert->alg_mismatch);
}

static void dates_from_2050_are_generalized_time(void **state)
{
    struct fixture *f = *state;
    const uint8_t serial = 9;
    struct es_cert_template tpl = template_of("x", ES_CERT_SIGNER, &serial);
    struct es_cert *cert;
    size_t at;

    tpl.not_before_s = 2524607999;
    tpl.not_after_s = 2524608000;
    cert = issue(&tpl, f->signer.key, &f->ca);
    assert_int_equal(cert->not_before_s, tpl.not_before_s);
    assert_int_equal(cert->not_after_s, tpl.not_after_s);
    assert_true(es_span_search(cert->der,
                               es_span_str("\x17\x0d"
                                           "491231235959Z\x18\x0f"
                                           "20500101000000Z"),
                               &at));
    es_cert_free(cert);
}

static void expect_refusal(struct fixture *f, const struct es_cert_template *tpl, es_status status)
{
    assert_int_equal(
        es_cert_issue(tpl, es_key_public(f->signer.key), f->ca.cert, f->ca.key, &f->out, &f->err),
        status);
    assert_int_equal(f->out.len, 0);
}

static void templates_out_of_shape_are_refused(void **state)
{
    struct fixture *f = *state;
    const uint8_t serial = 9, negative = 0x80, zero = 0, long_serial[21] = {1};
    struct es_cert_template good = template_of("x", ES_CERT_SIGNER, &serial), tpl = good;
    char long_name[258] = {0};

    memset(long_name, 'x', sizeof long_name - 1);
    tpl.serial = es_span_of(&negative, 1);
    expect_refusal(f, &tpl, ES_E_RANGE);
    tpl.serial = es_span_of(&zero, 1);
    expect_refusal(f, &tpl, ES_E_RANGE);
    tpl.serial = es_span_of(long_serial, sizeof long_serial);
    expect_refusal(f, &tpl, ES_E_RANGE);
    tpl.serial = es_span_of(NULL, 0);
    expect_refusal(f, &tpl, ES_E_RANGE);
    tpl = good;
    tpl.not_after_s = tpl.not_before_s - 1;
    expect_refusal(f, &tpl, ES_E_RANGE);
    tpl = good;
    tpl.country = "cn";
    expect_refusal(f, &tpl, ES_E_RANGE);
    tpl.country = "CHN";
    expect_refusal(f, &tpl, ES_E_RANGE);
    tpl = good;
    tpl.common_name = long_name;
    expect_refusal(f, &tpl, ES_E_RANGE);
    tpl.common_name = "";
    expect_refusal(f, &tpl, ES_E_RANGE);
    tpl.common_name = "a\nb";
    expect_refusal(f, &tpl, ES_E_RANGE);
    tpl.common_name = "\xff";
    expect_refusal(f, &tpl, ES_E_RANGE);
    tpl = good;
    tpl.organisation_id = "";
    expect_refusal(f, &tpl, ES_E_RANGE);
    tpl = (struct es_cert_template){.serial = good.serial, .not_after_s = 1};
    expect_refusal(f, &tpl, ES_E_RANGE);
    tpl = good;
    tpl.use = (enum es_cert_use) 99;
    expect_refusal(f, &tpl, ES_E_RANGE);
}

static void a_key_that_is_not_the_issuers_does_not_sign(void **state)
{
    struct fixture *f = *state;
    const uint8_t serial = 9;
    struct es_cert_template tpl = template_of("x", ES_CERT_SIGNER, &serial);

    assert_int_equal(es_cert_issue(&tpl, es_key_public(f->signer.key), f->ca.cert, f->root.key,
                                   &f->out, &f->err),
                     ES_E_MISMATCH);
    assert_int_equal(
        es_cert_issue(&tpl, es_key_public(f->signer.key), NULL, f->root.key, &f->out, &f->err),
        ES_E_MISMATCH);
    assert_int_equal(f->out.len, 0);
}

/* ---- requests ---- */

static void make_request(struct fixture *f)
{
    const uint8_t serial = 1;
    struct es_cert_template tpl = template_of("申请人", ES_CERT_SIGNER, &serial);

    es_buf_reset(&f->out);
    must(es_csr_make(&tpl, f->signer.key, &f->out, &f->err), &f->err);
}

static void openssl_verifies_our_request(void **state)
{
    struct fixture *f = *state;
    struct es_buf text;

    if (!have_openssl())
        skip();
    make_request(f);
    put_in(f, "request.pem", "CERTIFICATE REQUEST", es_buf_span(&f->out));
    text = run_good(f->folder, "openssl req -verify" DISTID "-in request.pem -noout -subject "
                               "-nameopt utf8,sep_comma_plus");
    assert_says(&text, "verify OK");
    assert_says(&text, "CN=申请人");
    es_buf_clear(&text);
}

static void we_verify_a_request_of_openssl(void **state)
{
    struct fixture *f = *state;
    struct es_buf der;
    struct es_pubkey *key = NULL;
    struct es_span subject;

    if (!have_openssl())
        skip();
    run_quiet(f->folder, "openssl ecparam -genkey -name SM2 -noout -out k.pem");
    der = run_good(f->folder, "openssl req -new -key k.pem -sm3 -sigopt distid:1234567812345678 "
                              "-subj /C=CN/CN=ossl -outform DER");
    must(es_csr_decode(es_buf_span(&der), &key, &subject, &f->err), &f->err);
    assert_int_equal(es_pubkey_kind(key), ES_KEY_SM2);
    assert_true(es_name_get(subject, "2.5.4.3", &f->out));
    assert_true(es_span_is(es_buf_span(&f->out), "ossl"));
    es_pubkey_free(key);
    es_buf_clear(&der);
}

static void a_request_gives_key_and_name(void **state)
{
    struct fixture *f = *state;
    struct es_pubkey *key = NULL;
    struct es_span subject;

    make_request(f);
    must(es_csr_decode(es_buf_span(&f->out), &key, &subject, &f->err), &f->err);
    assert_true(es_span_equal(es_pubkey_point(key), es_pubkey_point(f->signer.cert->key)));
    assert_true(subject.ptr > f->out.ptr && subject.ptr[0] == ES_DER_SEQUENCE);
    es_pubkey_free(key);
}

static void every_cut_and_flip_of_a_request_is_refused(void **state)
{
    struct fixture *f = *state;
    struct es_pubkey *key = NULL;
    struct es_span subject;

    make_request(f);
    for (size_t len = 0; len < f->out.len; len++)
        assert_int_not_equal(es_csr_decode(es_span_of(f->out.ptr, len), &key, &subject, NULL),
                             ES_OK);
    for (size_t i = 0; i < f->out.len; i++) {
        f->out.ptr[i] ^= 0x01;
        assert_int_not_equal(es_csr_decode(es_buf_span(&f->out), &key, &subject, NULL), ES_OK);
        f->out.ptr[i] ^= 0x01;
    }
    assert_null(key);
}

/* ---- CRL ---- */

static void openssl_reads_and_verifies_our_crl(void **state)
{
    struct fixture *f = *state;
    const uint8_t a[] = {0x7f, 0xff}, b[] = {0x10}, c[] = {0x01, 0x00, 0x00};
    const struct es_revoked revoked[] = {{es_span_of(c, 3), T_2026, 1},
                                         {es_span_of(a, 2), T_2026 - 1, -1},
                                         {es_span_of(b, 1), T_2026 + 1, 0}};
    struct es_buf text;
    const char *first, *second, *third;

    if (!have_openssl())
        skip();
    must(
        es_crl_make(f->ca.cert, f->ca.key, revoked, 3, 258, T_2026, T_2026 + DAY, &f->out, &f->err),
        &f->err);
    put_in(f, "crl.pem", "X509 CRL", es_buf_span(&f->out));
    text = run_good(f->folder, "openssl crl -in crl.pem -noout -text");
    assert_says(&text, "Version 2 (0x1)");
    assert_says(&text, "X509v3 CRL Number: \n                258");
    assert_says(&text, "X509v3 Authority Key Identifier");
    assert_says(&text, "Key Compromise");
    first = strstr(es_buf_cstr(&text), "Serial Number: 10\n");
    second = strstr(es_buf_cstr(&text), "Serial Number: 7FFF\n");
    third = strstr(es_buf_cstr(&text), "Serial Number: 010000\n");
    assert_true(first && second && third && first < second && second < third);
    es_buf_clear(&text);
}

static void signed_part_verifies(const struct fixture *f, struct es_span der)
{
    struct es_span seq, tbs, alg, sig, unused;
    enum es_sig_answer answer = ES_SIG_UNCHECKED;

    assert_int_equal(es_der_get(&der, ES_DER_SEQUENCE, &seq, NULL), ES_OK);
    assert_int_equal(es_der_get_tlv(&seq, ES_DER_SEQUENCE, &tbs, &unused, NULL), ES_OK);
    assert_int_equal(es_der_get(&seq, ES_DER_SEQUENCE, &alg, NULL), ES_OK);
    assert_int_equal(es_der_get_bits(&seq, &sig, NULL), ES_OK);
    assert_int_equal(es_sm2_verify(f->ca.cert->key, tbs, sig, &answer, NULL), ES_OK);
    assert_int_equal(answer, ES_SIG_GOOD);
}

static void an_empty_crl_has_no_list(void **state)
{
    struct fixture *f = *state;

    must(es_crl_make(f->ca.cert, f->ca.key, NULL, 0, 1, T_2026, T_2026 + DAY, &f->out, &f->err),
         &f->err);
    signed_part_verifies(f, es_buf_span(&f->out));
    if (!have_openssl())
        skip();
    put_in(f, "empty.pem", "X509 CRL", es_buf_span(&f->out));
    struct es_buf text = run_good(f->folder, "openssl crl -in empty.pem -noout -text");
    assert_says(&text, "No Revoked Certificates");
    es_buf_clear(&text);
}

static void crls_out_of_shape_are_refused(void **state)
{
    struct fixture *f = *state;
    const uint8_t one[] = {0x00, 0x05}, same[] = {0x05};
    struct es_revoked revoked[] = {{es_span_of(one, 2), T_2026, 1},
                                   {es_span_of(same, 1), T_2026, 1}};

    assert_int_equal(
        es_crl_make(f->ca.cert, f->ca.key, revoked, 2, 1, T_2026, T_2026, &f->out, &f->err),
        ES_E_CONFLICT);
    revoked[0].reason = 7;
    assert_int_equal(
        es_crl_make(f->ca.cert, f->ca.key, revoked, 1, 1, T_2026, T_2026, &f->out, &f->err),
        ES_E_RANGE);
    assert_int_equal(
        es_crl_make(f->ca.cert, f->ca.key, NULL, 0, 1, T_2026, T_2026 - 1, &f->out, &f->err),
        ES_E_RANGE);
    assert_int_equal(
        es_crl_make(f->ca.cert, f->root.key, NULL, 0, 1, T_2026, T_2026, &f->out, &f->err),
        ES_E_MISMATCH);
    assert_int_equal(f->out.len, 0);
}

/* ---- OCSP ---- */

static void openssl_reads_our_ocsp_answers(void **state)
{
    struct fixture *f = *state;
    const struct es_revoked revoked = {.time_s = T_2026 - DAY, .reason = 1};
    char path[128];
    struct es_buf text;

    if (!have_openssl())
        skip();
    snprintf(path, sizeof path, "%s/good.der", f->folder);
    must(es_ocsp_make(f->signer.cert, f->ca.cert, f->ca.cert, f->ca.key, NULL, T_2026, T_2026 + DAY,
                      &f->out, &f->err),
         &f->err);
    put_file(path, es_buf_span(&f->out));
    text = run_good(f->folder, "openssl ocsp -respin good.der -noverify -resp_text");
    assert_says(&text, "OCSP Response Status: successful");
    assert_says(&text, "Cert Status: good");
    assert_says(&text, "Next Update: Jan  2 00:00:00 2026 GMT");
    es_buf_clear(&text);
    es_buf_reset(&f->out);
    must(es_ocsp_make(f->signer.cert, f->ca.cert, f->ocsp.cert, f->ocsp.key, &revoked, T_2026,
                      T_2026 + DAY, &f->out, &f->err),
         &f->err);
    put_file(path, es_buf_span(&f->out));
    text = run_good(f->folder, "openssl ocsp -respin good.der -noverify -resp_text");
    assert_says(&text, "Cert Status: revoked");
    assert_says(&text, "keyCompromise");
    assert_says(&text, "OCSP Signing");
    es_buf_clear(&text);
}

static void an_ocsp_answer_names_issuer_by_sm3(void **state)
{
    struct fixture *f = *state;
    uint8_t digest[32];

    must(es_ocsp_make(f->signer.cert, f->ca.cert, f->ca.cert, f->ca.key, NULL, T_2026, T_2026 + DAY,
                      &f->out, &f->err),
         &f->err);
    must(es_sm3(f->ca.cert->subject, digest, &f->err), &f->err);
    assert_true(es_span_search(es_buf_span(&f->out), es_span_of(digest, 32), NULL));
    must(es_sm3(es_pubkey_point(f->ca.cert->key), digest, &f->err), &f->err);
    assert_true(es_span_search(es_buf_span(&f->out), es_span_of(digest, 32), NULL));
}

static int fresh(void **state)
{
    struct fixture *f = *state;

    es_buf_reset(&f->out);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(openssl_verifies_our_chain),
        TEST(openssl_reads_names_dates_and_uses),
        TEST(our_decoder_reads_what_each_use_allows),
        TEST(dates_from_2050_are_generalized_time),
        TEST(templates_out_of_shape_are_refused),
        TEST(a_key_that_is_not_the_issuers_does_not_sign),
        TEST(openssl_verifies_our_request),
        TEST(we_verify_a_request_of_openssl),
        TEST(a_request_gives_key_and_name),
        TEST(every_cut_and_flip_of_a_request_is_refused),
        TEST(openssl_reads_and_verifies_our_crl),
        TEST(an_empty_crl_has_no_list),
        TEST(crls_out_of_shape_are_refused),
        TEST(openssl_reads_our_ocsp_answers),
        TEST(an_ocsp_answer_names_issuer_by_sm3),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
