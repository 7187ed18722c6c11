/*
 * Making seals. That others read them is checked with the openssl command line in
 * tests/check_with_openssl.sh; here: refusals with their words, and that what is made reads back.
 */
#include "seal_fixture.h"

static void expect_refused(struct fixture *f, enum es_seal_edition edition, es_status status,
                           const char *words)
{
    es_buf_reset(&f->out);
    assert_int_equal(es_seal_make(&f->info, edition, f->maker, f->maker_key, &f->out, &f->err),
                     status);
    assert_string_equal(f->err.text, words);
    assert_int_equal(f->out.len, 0);
}

static void pictures_out_of_range_are_refused(void **state)
{
    struct fixture *f = (struct fixture *) *state;

    f->info.picture.width_mm = 4200;
    expect_refused(f, ES_SEAL_2020, ES_E_RANGE, "picture width of 4200 mm, allowed are 1 to 200");
    f->info.picture.width_mm = 1;
    f->info.picture.height_mm = 0;
    expect_refused(f, ES_SEAL_2020, ES_E_RANGE, "picture height of 0 mm, allowed are 1 to 200");
    f->info.picture.height_mm = 200;
    make_seal(f, ES_SEAL_2020);
    f->info.picture.type = es_span_str("");
    expect_refused(f, ES_SEAL_2020, ES_E_RANGE,
                   "picture type of 0 characters, allowed are 1 to 16");
    f->info.picture.type = es_span_str("BMP");
    expect_refused(f, ES_SEAL_2020, ES_E_SEAL_INVALID,
                   "seal just made does not verify: form_deviation (picture-type)");
    f->info.picture.data = es_span_str("rubbish");
    es_buf_reset(&f->out);
    assert_int_equal(es_seal_make(&f->info, ES_SEAL_2020, f->maker, f->maker_key, &f->out, NULL),
                     ES_E_FORMAT);
}

static void names_and_codes_out_of_shape_are_refused(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    char long_id[66], long_name[258];

    memset(long_id, 'A', 65);
    long_id[65] = '\0';
    memset(long_name, 'n', 257);
    long_name[257] = '\0';
    f->info.id = long_id;
    expect_refused(f, ES_SEAL_2020, ES_E_RANGE, "seal id of 65 characters, allowed are 1 to 64");
    f->info.id = long_id + 1;
    make_seal(f, ES_SEAL_2020);
    f->info.id = "";
    expect_refused(f, ES_SEAL_2020, ES_E_RANGE, "seal id of 0 characters, allowed are 1 to 64");
    f->info.id = "a1";
    expect_refused(f, ES_SEAL_2020, ES_E_RANGE, "seal id with byte 61, allowed are 0-9, A-Z and -");
    f->info.id = "A-1";
    f->info.name = long_name;
    expect_refused(f, ES_SEAL_2020, ES_E_RANGE, "seal name of 257 bytes, allowed are 1 to 256");
    f->info.name = long_name + 1;
    make_seal(f, ES_SEAL_2020);
    f->info.name = "line\nbreak";
    expect_refused(f, ES_SEAL_2020, ES_E_RANGE,
                   "seal name is not UTF-8 without control characters");
    f->info.name = NULL;
    expect_refused(f, ES_SEAL_2020, ES_E_RANGE, "seal name of 0 bytes, allowed are 1 to 256");
    f->info.name = "n";
    f->info.vendor = "é";
    expect_refused(f, ES_SEAL_2020, ES_E_RANGE, "vendor with byte c3, allowed is printable ASCII");
}

static void dates_must_fit_edition_certificate_and_each_other(void **state)
{
    struct fixture *f = (struct fixture *) *state;

    f->info.valid_until_s = MADE_S - 1;
    expect_refused(f, ES_SEAL_2020, ES_E_RANGE,
                   "seal is valid until 2025-12-31T23:59:59Z, which is before its first day "
                   "2026-01-01T00:00:00Z");
    f->info.valid_until_s = UNTIL_S + 30 * DAY_S;
    make_seal(f, ES_SEAL_2020);
    f->info.valid_until_s++;
    expect_refused(f, ES_SEAL_2020, ES_E_OUTLIVES_CERT,
                   "seal is valid until 2027-01-31T00:00:01Z, its latest certificate until "
                   "2027-01-31T00:00:00Z");
    f->info.valid_until_s = UNTIL_S;
    f->info.valid_from_s = INT64_C(-631152001);
    expect_refused(f, ES_SEAL_2014, ES_E_RANGE,
                   "first day of a time outside the calendar, allowed are the years 1950 to 2049");
}

static void a_maker_that_may_not_make_is_refused(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    ES_AUTO_PTR(es_cert) authority = issue(f->maker_key, "CA", 9, ES_CERT_CA);

    f->info.created_s = MADE_S - 31 * DAY_S;
    expect_refused(f, ES_SEAL_2020, ES_E_CERT_EXPIRED,
                   "maker's certificate is valid from 2025-12-02T00:00:00Z to "
                   "2027-01-31T00:00:00Z, seal is made at 2025-12-01T00:00:00Z");
    f->info.created_s = MADE_S;
    es_buf_reset(&f->out);
    assert_int_equal(
        es_seal_make(&f->info, ES_SEAL_2020, f->signer, f->maker_key, &f->out, &f->err),
        ES_E_MISMATCH);
    assert_string_equal(f->err.text, "maker's certificate is for another key");
    assert_int_equal(
        es_seal_make(&f->info, ES_SEAL_2020, authority, f->maker_key, &f->out, &f->err), ES_E_CERT);
}

static void lists_out_of_shape_are_refused(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    uint8_t oid[] = {0x2a, 3};
    struct es_seal_ext ext = {.oid = es_span_of(oid, 2), .critical = true};

    f->info.list_by_digest = true;
    expect_refused(f, ES_SEAL_2014, ES_E_RANGE,
                   "list by digest, edition 2014 knows certificates only");
    f->info.list_by_digest = false;
    f->info.exts = &ext;
    f->info.ext_count = 1;
    expect_refused(f, ES_SEAL_2020, ES_E_RANGE,
                   "critical extension, which other readers would not know");
    ext.critical = false;
    make_seal(f, ES_SEAL_2020);
    f->info.signer_count = 0;
    expect_refused(f, ES_SEAL_2020, ES_E_RANGE,
                   "0 certificates in the seal, allowed are 1 to 1024");
    assert_int_equal(es_seal_encode_info(&f->info, (enum es_seal_edition) 7, &f->out, &f->err),
                     ES_E_RANGE);
    assert_string_equal(f->err.text, "edition of 7, allowed are 2014, 2020, 2025");
}

static void a_full_buffer_keeps_what_it_held(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    ES_AUTO(es_buf) small = ES_BUF_INIT(300);

    es_buf_put_str(&small, "before");
    assert_int_equal(es_seal_encode_info(&f->info, ES_SEAL_2020, &small, &f->err), ES_E_LIMIT);
    assert_int_equal(small.len, 6);
}

static void what_is_made_reads_back_in_each_edition(void **state)
{
    static const struct {
        enum es_seal_edition edition;
        uint32_t version;
        uint8_t time_tag;
    } editions[] = {{ES_SEAL_2014, 1, 0x17}, {ES_SEAL_2020, 4, 0x18}, {ES_SEAL_2025, 5, 0x18}};
    struct fixture *f = (struct fixture *) *state;

    for (size_t i = 0; i < 3; i++) {
        ES_AUTO_PTR(es_seal) seal = NULL;

        make_seal(f, editions[i].edition);
        assert_int_equal(
            es_seal_decode(es_buf_span(&f->out), ES_CHECK_FORMAT, "", &f->findings, &seal, NULL),
            ES_OK);
        assert_no_findings(f);
        assert_int_equal(seal->edition, editions[i].edition);
        assert_int_equal(seal->version, editions[i].version);
        assert_true(es_span_is(seal->id, f->info.id));
        assert_true(es_span_is(seal->name, f->info.name));
        assert_true(es_span_is(seal->vendor, "ESEAL"));
        assert_true(seal->valid_from_s == MADE_S && seal->valid_until_s == UNTIL_S);
        assert_true(es_span_equal(seal->signers[0].cert, f->signer->der));
        assert_true(es_span_equal(seal->maker_cert, f->maker->der));
        assert_int_equal(at(seal->der, i == 0 ? "0.2.3" : "0.2.4").ptr[0], editions[i].time_tag);
    }
}

/* SES_SealInfo of the ofdrw sample, made here from its parts, is the sample's to the byte. */
static void info_of_the_sample_is_encoded_to_its_bytes(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    static const struct {
        const char *file, *id;
        enum es_seal_edition edition;
    } samples[] = {
        {"seals/ofdrw-v1.esl", "40C8CDD24DEF43388B86E62CCE1D6832", ES_SEAL_2014},
    };
    ES_AUTO_PTR(es_seal) seal = NULL;
    ES_AUTO_PTR(es_cert) signer = NULL;
    ES_AUTO(es_buf) info = ES_BUF_INIT(1u << 20);
    const struct es_cert *signers[1];

    load_sample(samples[0].file, &f->out);
    assert_int_equal(
        es_seal_decode(es_buf_span(&f->out), ES_CHECK_FORMAT, "", &f->findings, &seal, NULL),
        ES_OK);
    signer = decode_cert(seal->signers[0].cert);
    signers[0] = signer;
    f->info = (struct es_seal_info){.id = samples[0].id,
                                    .vendor = "OFDR&WTest",
                                    .type = 1,
                                    .name = "OFDRW测试用印章",
                                    .signers = signers,
                                    .signer_count = 1,
                                    .created_s = seal->created_s,
                                    .valid_from_s = seal->valid_from_s,
                                    .valid_until_s = seal->valid_until_s,
                                    .picture = seal->picture};
    assert_int_equal(es_seal_encode_info(&f->info, samples[0].edition, &info, &f->err), ES_OK);
    assert_true(es_span_equal(es_buf_span(&info), seal->info));
}

static void signatures_out_of_shape_are_refused(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    ES_AUTO_PTR(es_seal) seal = NULL;
    ES_AUTO(es_buf) out = ES_BUF_INIT(1u << 20);
    uint8_t hash[ES_SM3_LEN] = {0};
    struct es_seal_tbs tbs = {.time_s = MADE_S,
                              .data_hash = hash,
                              .property_info = "",
                              .signer = f->signer,
                              .edition = ES_SEAL_2020};

    make_seal(f, ES_SEAL_2020);
    assert_int_equal(
        es_seal_decode(es_buf_span(&f->out), ES_CHECK_FORMAT, "", &f->findings, &seal, NULL),
        ES_OK);
    tbs.seal = seal;
    assert_int_equal(es_seal_encode_tbs(&tbs, &out, &f->err), ES_E_RANGE);
    tbs.property_info = "中";
    assert_int_equal(es_seal_encode_tbs(&tbs, &out, &f->err), ES_E_RANGE);
    tbs.property_info = "/Doc_0/Signs/Sign_0/Signature.xml";
    tbs.time_s = -1;
    assert_int_equal(es_seal_encode_tbs(&tbs, &out, &f->err), ES_E_RANGE);
    tbs.time_s = MADE_S;
    tbs.edition = ES_SEAL_2025; /* over a seal of 2020: readers would take it for 2020 */
    assert_int_equal(es_seal_encode_tbs(&tbs, &out, &f->err), ES_E_MISMATCH);
    assert_int_equal(es_seal_signature_assemble(seal->info, ES_SEAL_2014, f->signer, seal->sig,
                                                es_span_str("stamp"), &out, &f->err),
                     ES_E_UNSUPPORTED);
    assert_int_equal(out.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pictures_out_of_range_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(names_and_codes_out_of_shape_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(dates_must_fit_edition_certificate_and_each_other, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_maker_that_may_not_make_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_out_of_shape_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_buffer_keeps_what_it_held, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_made_reads_back_in_each_edition, setup, teardown),
        cmocka_unit_test_setup_teardown(info_of_the_sample_is_encoded_to_its_bytes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(signatures_out_of_shape_are_refused, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
