/*
 * Seal signatures: real ones of a dozen vendors with the results of the samples' expected.tsv, and
 * ones made here that must be refused.
 */
#include "seal_fixture.h"

#include "seal_internal.h"

struct real {
    const char *file, *entry;
    enum es_seal_edition edition;
    const char *time; /* of signing, UTC */
    bool good, listed;
    const char *deviations; /* of format and signature, joined by ' ', in order */
};

#define SIGN0 "Doc_0/Signs/Sign_0/SignedValue.dat"

static const struct real reals[] = {
    {"tax-zhejiang-2020", SIGN0, 2020, "20200723130907Z", true, true, ""},
    {"tax-jiangsu-2020", SIGN0, 2020, "20201004072855Z", true, true, ""},
    {"tax-guizhou-special-2022", SIGN0, 2020, "20220505014017Z", true, true, ""},
    {"tax-sichuan-special-2022", SIGN0, 2020, "20220124060837Z", true, true, ""},
    {"tax-zhejiang-antchain-2022", SIGN0, 2020, "20220512190655Z", true, true, ""},
    {"taxtest-chongqing-kinggrid-5p", SIGN0, 2020, "20200817111329Z", true, true, ""},
    {"icbc-receipt-test-ca", SIGN0, 2020, "20220318133217Z", true, true, "no-Z unused-bits"},
    {"icbc-receipt-truncated-value", SIGN0, 2020, "20220628220641Z", false, true,
     "no-Z unused-bits"},
    {"ceb-receipt-raw64", SIGN0, 2020, "20220325014030Z", true, true, "no-Z unused-bits raw64"},
    {"cpf-receipt-dianju-negative-r", "Doc_0/Signs/Sign_1/SignValue.dat", 2020, "20220630130449Z",
     true, true, "DER-INTEGER"},
    {"baiwang-bker-clt3", SIGN0, 2020, "20220328071354Z", true, true, "certListType"},
    {"fujian-bid-v1-header4", SIGN0, 2014, "20220324005412Z", true, true,
     "unused-bits version-number"},
    {"kinggrid-v1-2018-wrong-cert", SIGN0, 2014, "20180807153843Z", true, false,
     "unused-bits raw64 curve-OID"},
    {"hnca-v1-sm3z-4seals", SIGN0, 2014, "20180928023333Z", false, true, "unused-bits raw64"},
    {"hnca-v1-stack-garbage", SIGN0, 2014, "20180925070412Z", false, true, "unused-bits"},
    {"iofd-v1-keyed-sm3-reformatted", SIGN0, 2014, "20200125073156Z", false, false,
     "cert-identifier critical-extension"},
    {"koal-v4", SIGN0, 2020, "20240328074936Z", true, true, ""},
    {"koal-v4-3seals", "Doc_0/Signs/Sign_2/SignedValue.dat", 2020, "20240206071122Z", true, true,
     "DER-INTEGER"},
    {"yunnan-permit-2seals-tampered", SIGN0, 2020, "20201010065841Z", true, true, ""},
    {"ofdrw-v4-riding-5p", SIGN0, 2020, "20210519125344Z", true, true, ""},
    {"easyofd-seal-alg-oid", SIGN0, 2020, "20240811020607Z", true, true, "alg-OID"},
};

static void put_deviations(const struct fixture *f, struct es_buf *out)
{
    for (const struct es_finding *x = f->findings.first; x != NULL; x = x->next) {
        if (x->code != ES_V_FORM_DEVIATION)
            continue;
        if (out->len > 0)
            es_buf_put_byte(out, ' ');
        es_buf_put_str(out, x->value[0]);
    }
}

static void verify_value(struct fixture *f, const struct es_seal_signature *sig, bool *good)
{
    ES_AUTO_PTR(es_cert) cert = decode_cert(sig->cert);

    assert_int_equal(es_seal_signature_verify(sig, cert, "", good, &f->findings, &f->err), ES_OK);
}

static void check_real(struct fixture *f, const struct real *real)
{
    ES_AUTO_PTR(es_seal_signature) sig = NULL;
    ES_AUTO(es_buf) deviations = ES_BUF_INIT(1024);
    char name[256], time[ES_TIME_TEXT_MAX];
    bool good = true;

    forget(f);
    (void) snprintf(name, sizeof(name), "signed/%s.ofd", real->file);
    load_entry(name, real->entry, &f->out);
    assert_int_equal(
        es_seal_signature_decode(es_buf_span(&f->out), "", &f->findings, &sig, &f->err), ES_OK);
    assert_int_equal(sig->edition, real->edition);
    assert_int_equal(sig->data_hash.len, ES_SM3_LEN);
    assert_true(sig->has_time);
    es_time_generalized(sig->time_s, time);
    assert_string_equal(time, real->time);
    verify_value(f, sig, &good);
    assert_int_equal(good, real->good);
    put_deviations(f, &deviations);
    assert_string_equal(deviations.len > 0 ? es_buf_cstr(&deviations) : "", real->deviations);
    assert_int_equal(es_seal_has_signer(sig->seal, sig->cert, "", &f->findings, &f->err), ES_OK);
    assert_int_equal(has_finding(f, ES_CHECK_SIGNER_IN_SEAL, ES_V_SIGNER_NOT_IN_SEAL, NULL),
                     !real->listed);
}

static void real_signatures_have_the_expected_results(void **state)
{
    struct fixture *f = (struct fixture *) *state;

    for (size_t i = 0; i < sizeof(reals) / sizeof(reals[0]); i++) {
        print_message("# %s\n", reals[i].file);
        check_real(f, &reals[i]);
    }
}

/* The RSA maker of 2018: SHA-1, which is weak whatever the value says. */
static void a_weak_maker_is_named(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    ES_AUTO_PTR(es_seal_signature) sig = NULL;

    load_entry("signed/hnca-v1-sm3z-4seals.ofd", SIGN0, &f->out);
    assert_int_equal(
        es_seal_signature_decode(es_buf_span(&f->out), "", &f->findings, &sig, &f->err), ES_OK);
    assert_int_equal(es_seal_verify_maker(sig->seal, "", NULL, &f->findings, &f->err), ES_OK);
    assert_finding(f, ES_CHECK_SEAL_SIGNATURE, ES_V_SIGNATURE_ALGORITHM_WEAK, "SHA-1");
    assert_false(has_finding(f, ES_CHECK_SEAL_SIGNATURE, ES_V_SEAL_SIGNATURE_INVALID, NULL));
}

/* formats.md 11.3: offsets that openssl verified. */
static void the_parts_of_a_signature_stand_where_openssl_found_them(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    ES_AUTO_PTR(es_seal_signature) sig = NULL;

    load_sample("seals/ofdrw-v5-signedvalue.dat", &f->out);
    assert_int_equal(
        es_seal_signature_decode(es_buf_span(&f->out), "", &f->findings, &sig, &f->err), ES_OK);
    assert_no_findings(f);
    assert_int_equal(sig->edition, ES_SEAL_2025);
    assert_int_equal(sig->tbs.ptr - sig->der.ptr, 4);
    assert_int_equal(sig->tbs.len, 17109);
    assert_int_equal(sig->cert.ptr - sig->der.ptr, 17117);
    assert_int_equal(sig->cert.len, 528);
    assert_int_equal(sig->sig.ptr - sig->der.ptr, 17658);
    assert_int_equal(sig->sig.len, 71);
    assert_true(es_span_is(sig->property_info, "/Doc_0/Signs/Sign_0/Signature.xml"));
}

static void forms_of_value_are_told_apart(void **state)
{
    static const struct {
        const char *file, *entry;
        enum es_value_form form;
    } values[] = {
        {"signed/tax-jiangsu-2020.ofd", SIGN0, ES_VALUE_SEAL},
        {"signed/easyofd-sign-gmcert.ofd", SIGN0, ES_VALUE_CMS}, /* indefinite */
        {"signed/rail12306-exchange-sign.ofd", SIGN0, ES_VALUE_CMS},
        {"signed/ofdrw-bare-sm2.ofd", SIGN0, ES_VALUE_BARE_SM2},

    };
    struct fixture *f = (struct fixture *) *state;
    uint8_t raw[64] = {1};

    assert_int_equal(es_seal_value_form(es_span_of(raw, 64)), ES_VALUE_BARE_SM2);
    assert_int_equal(es_seal_value_form(es_span_of(raw, 63)), ES_VALUE_UNKNOWN);
    assert_int_equal(es_seal_value_form(es_span_str("PK\003\004")), ES_VALUE_UNKNOWN);
    assert_int_equal(es_seal_value_form(es_span_of(NULL, 0)), ES_VALUE_UNKNOWN);
    assert_int_equal(es_seal_value_form(hex(f, "30")), ES_VALUE_UNKNOWN);
    assert_int_equal(es_seal_value_form(hex(f, "3082")), ES_VALUE_UNKNOWN);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        load_entry(values[i].file, values[i].entry, &f->out);
        assert_int_equal(es_seal_value_form(es_buf_span(&f->out)), values[i].form);
    }
    assert_int_equal(es_seal_value_form(es_span_str("MIIEMwYKKoEcz1UGAQQCAqCCBCMw\r\nggQf")),
                     ES_VALUE_BASE64);
}

/* ---- made here ---- */

static void sign(struct fixture *f, enum es_seal_edition edition, struct es_span time_stamp,
                 struct es_buf *out)
{
    ES_AUTO_PTR(es_seal) seal = NULL;
    ES_AUTO(es_buf) tbs_der = ES_BUF_INIT(1u << 20);
    ES_AUTO(es_buf) sig = ES_BUF_INIT(128);
    uint8_t hash[ES_SM3_LEN] = {0xab};
    struct es_seal_tbs tbs = {.time_s = MADE_S + DAY_S,
                              .data_hash = hash,
                              .property_info = "/Doc_0/Signs/Sign_0/Signature.xml",
                              .signer = f->signer,
                              .edition = edition};

    make_seal(f, edition);
    assert_int_equal(
        es_seal_decode(es_buf_span(&f->out), ES_CHECK_FORMAT, "", &f->findings, &seal, NULL),
        ES_OK);
    tbs.seal = seal;
    assert_int_equal(es_seal_encode_tbs(&tbs, &tbs_der, &f->err), ES_OK);
    assert_int_equal(es_key_sign(f->signer_key, es_buf_span(&tbs_der), &sig, &f->err), ES_OK);
    assert_int_equal(es_seal_signature_assemble(es_buf_span(&tbs_der), edition, f->signer,
                                                es_buf_span(&sig), time_stamp, out, &f->err),
                     ES_OK);
}

static void our_signatures_are_read_back_in_each_edition(void **state)
{
    static const enum es_seal_edition editions[] = {ES_SEAL_2014, ES_SEAL_2020, ES_SEAL_2025};
    struct fixture *f = (struct fixture *) *state;

    for (size_t i = 0; i < 3; i++) {
        ES_AUTO_PTR(es_seal_signature) sig = NULL;
        ES_AUTO(es_buf) der = ES_BUF_INIT(1u << 20);
        struct es_span stamp = es_span_str(i == 0 ? "" : "token");
        bool good = false;

        sign(f, editions[i], stamp, &der);
        assert_int_equal(es_seal_signature_decode(es_buf_span(&der), "", &f->findings, &sig, NULL),
                         ES_OK);
        assert_int_equal(sig->edition, editions[i]);
        assert_true(sig->time_s == MADE_S + DAY_S);
        assert_true(es_span_equal(sig->time_stamp, stamp));
        assert_int_equal(sig->data_hash.ptr[0], 0xab);
        verify_value(f, sig, &good);
        assert_true(good);
        assert_int_equal(es_seal_has_signer(sig->seal, sig->cert, "", &f->findings, NULL), ES_OK);
        assert_no_findings(f);
    }
}

static void every_cut_and_flip_is_noticed(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    ES_AUTO(es_buf) der = ES_BUF_INIT(1u << 20);

    sign(f, ES_SEAL_2014, es_span_of(NULL, 0), &der);
    for (size_t i = 0; i < der.len; i++) {
        ES_AUTO_PTR(es_seal_signature) sig = NULL;
        bool good = false;

        forget(f);
        assert_int_equal(
            es_seal_signature_decode(es_span_of(der.ptr, i), "", &f->findings, &sig, NULL),
            ES_E_FORMAT);
        assert_finding(f, ES_CHECK_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL);
        forget(f);
        der.ptr[i] ^= 0x01;
        if (es_seal_signature_decode(es_buf_span(&der), "", &f->findings, &sig, NULL) == ES_OK)
            assert_int_equal(
                es_seal_signature_verify(sig, f->signer, "", &good, &f->findings, NULL), ES_OK);
        der.ptr[i] ^= 0x01;
        assert_false(good && f->findings.count == 0);
    }
}

/* At the level of SES_Signature: 0 TBS { 0 version, 1 seal, 2 time, 3 hash, 4 property }. */
static void wrong_signatures_have_their_codes(void **state)
{
    static const struct {
        const char *path, *with;
        es_status status;
        enum es_code code;
        const char *value;
    } wrongs[] = {
        {"0.0", "020103", ES_E_UNSUPPORTED, ES_V_VERSION_UNKNOWN, "3"},
        {"0.0", "020101", ES_OK, ES_V_FORM_DEVIATION, "version-number"},
        {"0.1.0.0.1", "020163", ES_E_UNSUPPORTED, ES_V_VERSION_UNKNOWN, "99"},
        {"0.2", "170d3236303130313030303030305a", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL},
        {"0.2", "030100", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL},
        {"0.3", "0420000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", ES_E_FORMAT,
         ES_V_SEAL_DATA_MALFORMED, NULL},
        {"0.3", "031e000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d", ES_OK,
         ES_V_FORM_DEVIATION, "short-dataHash"},
        {"0.4", "0c0141", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL},
        {"0.4", "1603e5ff00", ES_OK, ES_V_NONE, NULL},
        {"0.4", "160141a0023000", ES_OK, ES_V_NONE, NULL},
        {"0.4", "160141a00c300a300806032a0304040130", ES_OK, ES_V_NONE, NULL},
        {"0.4", "1601413000", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL},
        {"2", "", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL},
        {"3", "03020041a106030400010203", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL},
        {"3", "03020041a0053003020101", ES_OK, ES_V_FORM_DEVIATION, "time-stamp-tag"},
        {"3", "0302004104020102", ES_OK, ES_V_FORM_DEVIATION, "time-stamp-tag"},
    };
    struct fixture *f = (struct fixture *) *state;
    ES_AUTO(es_buf) der = ES_BUF_INIT(1u << 20);

    sign(f, ES_SEAL_2020, es_span_of(NULL, 0), &der);
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        ES_AUTO_PTR(es_seal_signature) sig = NULL;
        ES_AUTO(es_buf) bad = ES_BUF_INIT(1u << 20);
        es_status status;

        forget(f);
        edit(es_buf_span(&der), wrongs[i].path, hex(f, wrongs[i].with), &bad);
        status = es_seal_signature_decode(es_buf_span(&bad), "", &f->findings, &sig, &f->err);
        if (status != wrongs[i].status)
            print_message("# %zu: %s\n", i, f->err.text);
        assert_int_equal(status, wrongs[i].status);
        if (wrongs[i].code == ES_V_NONE)
            assert_no_findings(f);
        else
            assert_finding(f, ES_CHECK_FORMAT, wrongs[i].code, wrongs[i].value);
    }
}

static void without_certificate_there_is_no_answer(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    ES_AUTO_PTR(es_seal_signature) sig = NULL;
    ES_AUTO(es_buf) der = ES_BUF_INIT(1u << 20);
    bool good = true;

    sign(f, ES_SEAL_2020, es_span_of(NULL, 0), &der);
    assert_int_equal(es_seal_signature_decode(es_buf_span(&der), "", &f->findings, &sig, NULL),
                     ES_OK);
    assert_int_equal(es_seal_signature_verify(sig, NULL, "", &good, &f->findings, NULL), ES_OK);
    assert_false(good);
    assert_finding(f, ES_CHECK_SIGNATURE, ES_V_SIGNER_CERT_MISSING, NULL);
    assert_int_equal(es_seal_signature_verify(sig, f->maker, "", &good, &f->findings, NULL), ES_OK);
    assert_false(good);
    assert_finding(f, ES_CHECK_SIGNATURE, ES_V_SIGNATURE_VALUE_INVALID, NULL);
}

static void texts_of_time_are_read_as_real_files_mean_them(void **state)
{
    static const struct {
        const char *text, *utc; /* NULL: cannot be read */
    } times[] = {
        {"2022-03-24 08:54:12", "20220324005412Z"},
        {"2020-01-25T07:31:56.377Z", "20200125073156Z"},
        {"2020-01-25T07:31:56+08:00", "20200124233156Z"},
        {"1540970511", "20181031072151Z"},
        {"1540970511377", "20181031072151Z"},
        {"180807153843Z", "20180807153843Z"},
        {"\x17\x0d"
         "180807153843Z",
         "20180807153843Z"},
        {"20180807153843Z", "20180807153843Z"},
        {"20180807153843", "20180807073843Z"},
        {"2022-13-24 08:54:12", NULL},
        {"2022-03-24", NULL},
        {"now", NULL},
        {"now-7d", NULL},
        {"", NULL},
        {"\x17\x0d"
         "180807153843Z!",
         NULL},
        {"yesterday at noon, or thereabouts, I think so", NULL},
    };

    (void) state;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct es_span token = {0};
        char text[ES_TIME_TEXT_MAX];
        int64_t time_s = 1;
        bool has_time = false;

        seal_read_time_info(es_span_str(times[i].text), &has_time, &time_s, &token);
        assert_int_equal(has_time, times[i].utc != NULL);
        es_time_generalized(time_s, text);
        if (times[i].utc != NULL)
            assert_string_equal(text, times[i].utc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(real_signatures_have_the_expected_results, setup, teardown),
        cmocka_unit_test_setup_teardown(a_weak_maker_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(the_parts_of_a_signature_stand_where_openssl_found_them,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(forms_of_value_are_told_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(our_signatures_are_read_back_in_each_edition, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(every_cut_and_flip_is_noticed, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_signatures_have_their_codes, setup, teardown),
        cmocka_unit_test_setup_teardown(without_certificate_there_is_no_answer, setup, teardown),
        cmocka_unit_test(texts_of_time_are_read_as_real_files_mean_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
