/*
 * Decoding seals. Fields and offsets of the samples are those of formats.md 11.1, read there with
 * other programs; the table of wrong encodings is asn-01 to asn-14 of verification.md 9.5.
 */
#include "seal_fixture.h"

static es_status decode(struct fixture *f, struct es_span der, struct es_seal **seal)
{
    forget(f);
    return es_seal_decode(der, ES_CHECK_FORMAT, "here", &f->findings, seal, &f->err);
}

/* ---- refusals ---- */

struct wrong {
    const char *what, *path, *with;
    es_status status;
    enum es_code code;
    const char *value; /* of the finding; NULL: any */
};

static const struct wrong wrongs[] = {
    {"length in long form", "0.0", "30810e160245530201041605455345414c", ES_OK,
     ES_V_DER_NOT_CANONICAL, NULL},
    {"string in pieces", "0.1", "360716024142160143", ES_OK, ES_V_DER_NOT_CANONICAL, NULL},
    {"bytes behind the header", "0.0", "3011160245530201041605455345414c020100", ES_E_FORMAT,
     ES_V_SEAL_DATA_MALFORMED, NULL},
    {"padded INTEGER", "0.2.0", "02020001", ES_E_DER, ES_V_DER_NOT_CANONICAL, NULL},
    {"negative INTEGER", "0.3.2", "0201ff", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL},
    {"INTEGER of 40 bits", "0.3.2", "02050100000000", ES_E_LIMIT, ES_V_LIMIT_EXCEEDED, NULL},
    {"BIT STRING with 9 unused bits", "3", "030309aabb", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED,
     NULL},
    {"empty BIT STRING", "3", "0300", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL},
    {"name as IA5String", "0.2.1", "160141", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL},
    {"name that is no UTF-8", "0.2.1", "0c01ff", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL},
    {"esID as UTF8String", "0.1", "0c0141", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL},
    {"esID with byte e5", "0.1", "1601e5", ES_E_DER, ES_V_DER_NOT_CANONICAL, NULL},
    {"UTCTime", "0.2.4", "170d3236303130313030303030305a", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED,
     NULL},
    {"fraction of a second", "0.2.4", "181132303236303130313030303030302e355a", ES_E_DER,
     ES_V_DER_NOT_CANONICAL, NULL},
    {"offset in a time", "0.2.4", "181332303236303130313030303030302b30383030", ES_E_DER,
     ES_V_DER_NOT_CANONICAL, NULL},
    {"month 13", "0.2.4", "180f32303236313330313030303030305a", ES_E_FORMAT,
     ES_V_SEAL_DATA_MALFORMED, NULL},
    {"header without ES", "0.0.0", "1602455300", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL},
    {"header of others", "0.0.0", "16024554", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL},
    {"no esID", "0.1", "", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL},
    {"two esIDs", "0.1", "160141160141", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL},
    {"no picture", "0.3", "", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL},
    {"no last day", "0.2.6", "", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL},
    {"a fourth time", "0.2.6",
     "180f32303236303130313030303030305a180f32303236303130313030303030305a", ES_E_FORMAT,
     ES_V_SEAL_DATA_MALFORMED, NULL},
    {"no maker certificate", "1", "", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL},
    {"no value", "3", "", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL},
    {"algorithm in a SEQUENCE", "2", "300a06082a811ccf55018375", ES_E_FORMAT,
     ES_V_SEAL_DATA_MALFORMED, NULL},
    {"version 0", "0.0.1", "020100", ES_E_UNSUPPORTED, ES_V_VERSION_UNKNOWN, "0"},
    {"version 3", "0.0.1", "020103", ES_E_UNSUPPORTED, ES_V_VERSION_UNKNOWN, "3"},
    {"version 99", "0.0.1", "020163", ES_E_UNSUPPORTED, ES_V_VERSION_UNKNOWN, "99"},
    {"version 1 in the shape of 4", "0.0.1", "020101", ES_OK, ES_V_FORM_DEVIATION,
     "version-number"},
    {"list type 2 with a whole certificate", "0.2.2", "020102", ES_E_FORMAT,
     ES_V_SEAL_DATA_MALFORMED, NULL},
    {"list type 4", "0.2.2", "020104", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL},
    {"list type 3", "0.2.2", "020103", ES_OK, ES_V_FORM_DEVIATION, "certListType"},
    {"list type 1 with digests", "0.2.3", "300930071303534d330400", ES_E_FORMAT,
     ES_V_SEAL_DATA_MALFORMED, NULL},
    {"empty certificate", "0.2.3", "30020400", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL},
    {"unused bits", "3", "030303aabb", ES_OK, ES_V_FORM_DEVIATION, "unused-bits"},
    {"byte length for unused bits", "3", "030a09010203040506070809", ES_OK, ES_V_FORM_DEVIATION,
     "unused-bits"},
    {"time without Z", "0.2.4", "180e3230323630313031303830303030", ES_OK, ES_V_FORM_DEVIATION,
     "no-Z"},
    {"critical extension", "0.4", "300d300b06032a03040101ff040130", ES_OK, ES_V_FORM_DEVIATION,
     "critical-extension"},
    {"BOOLEAN 01", "0.4", "300d300b06032a0304010101040130", ES_OK, ES_V_FORM_DEVIATION, "BOOLEAN"},
    {"BOOLEAN of two bytes", "0.4", "300e300c06032a030401020000040130", ES_E_FORMAT,
     ES_V_SEAL_DATA_MALFORMED, NULL},
    {"extension without value", "0.4", "3007300506032a0304", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED,
     NULL},
    {"extensions in [0]", "0.4", "a00c300a300806032a0304040130", ES_OK, ES_V_FORM_DEVIATION,
     "extDatas-wrapped"},
    {"time stamp of another tag", "4", "a106030400010203", ES_E_FORMAT, ES_V_SEAL_DATA_MALFORMED,
     NULL},
    {"time stamp without tag", "4", "030400010203", ES_OK, ES_V_FORM_DEVIATION, "time-stamp-tag"},
    {"time stamp in [0] IMPLICIT", "4", "800400010203", ES_OK, ES_V_FORM_DEVIATION,
     "time-stamp-tag"},
};

/* Put the bytes at path, or behind the last element of its parent when path has no element. */
static void make_wrong(struct fixture *f, struct es_span seal, const struct wrong *wrong,
                       struct es_buf *out)
{
    struct es_span with = hex(f, wrong->with);
    ES_AUTO(es_buf) both = ES_BUF_INIT(1u << 20);
    bool exts = strcmp(wrong->path, "0.4") == 0, stamp = strcmp(wrong->path, "4") == 0;
    const char *last = exts ? "0.3" : "3";

    es_buf_reset(out);
    if (!exts && !stamp) {
        edit(seal, wrong->path, with, out);
        return;
    }
    es_buf_put_span(&both, at(seal, last));
    es_buf_put_span(&both, with);
    edit(seal, last, es_buf_span(&both), out);
}

static void each_wrong_encoding_has_its_code(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    ES_AUTO(es_buf) bad = ES_BUF_INIT(1u << 20);

    make_seal(f, ES_SEAL_2020);
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        ES_AUTO_PTR(es_seal) seal = NULL;
        es_status status;

        make_wrong(f, es_buf_span(&f->out), &wrongs[i], &bad);
        status = decode(f, es_buf_span(&bad), &seal);
        if (status != wrongs[i].status)
            print_message("# %s: %s\n", wrongs[i].what, f->err.text);
        assert_int_equal(status, wrongs[i].status);
        assert_true((seal != NULL) == (status == ES_OK));
        assert_finding(f, ES_CHECK_FORMAT, wrongs[i].code, wrongs[i].value);
        assert_string_equal(f->findings.first->where, "here");
    }
}

static void every_cut_is_refused_with_a_finding(void **state)
{
    struct fixture *f = (struct fixture *) *state;

    make_seal(f, ES_SEAL_2014);
    for (size_t len = 0; len < f->out.len; len++) {
        struct es_seal *seal = NULL;

        assert_int_equal(decode(f, es_span_of(f->out.ptr, len), &seal), ES_E_FORMAT);
        assert_null(seal);
        assert_finding(f, ES_CHECK_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL);
    }
}

static void surplus_bytes_are_left_off(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    ES_AUTO_PTR(es_seal) seal = NULL;
    size_t len;

    make_seal(f, ES_SEAL_2020);
    len = f->out.len;
    es_buf_put_str(&f->out, "surplus");
    assert_int_equal(decode(f, es_buf_span(&f->out), &seal), ES_OK);
    assert_int_equal(seal->der.len, len);
    assert_int_equal(f->findings.count, 1);
    assert_finding(f, ES_CHECK_FORMAT, ES_V_FORM_DEVIATION, "surplus-bytes");
}

static void too_large_and_too_many_are_limits(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    ES_AUTO(es_buf) big = ES_BUF_INIT(ES_SEAL_DER_MAX + 1);
    ES_AUTO(es_buf) list = ES_BUF_INIT(1u << 20);
    struct es_seal *seal = NULL;
    size_t mark = es_der_begin(&list, ES_DER_SEQUENCE);

    assert_non_null(es_buf_reserve(&big, ES_SEAL_DER_MAX + 1));
    big.len = ES_SEAL_DER_MAX + 1;
    big.ptr[0] = 0x30;
    assert_int_equal(decode(f, es_buf_span(&big), &seal), ES_E_LIMIT);
    assert_finding(f, ES_CHECK_FORMAT, ES_V_LIMIT_EXCEEDED, NULL);

    for (size_t i = 0; i < ES_SEAL_CERTS_MAX + 1; i++)
        es_der_put(&list, ES_DER_OCTET_STRING, es_span_str("c"));
    es_der_end(&list, mark);
    make_seal(f, ES_SEAL_2020);
    es_buf_reset(&big);
    edit(es_buf_span(&f->out), "0.2.3", es_buf_span(&list), &big);
    assert_int_equal(decode(f, es_buf_span(&big), &seal), ES_E_LIMIT);
    assert_finding(f, ES_CHECK_FORMAT, ES_V_LIMIT_EXCEEDED, "more than 1024 certificates");
}

static void an_explicit_false_is_no_deviation(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    ES_AUTO(es_buf) with = ES_BUF_INIT(1u << 20);
    ES_AUTO_PTR(es_seal) seal = NULL;
    static const struct wrong tax = {.path = "0.4", .with = "300d300b06032a0304010100040130"};

    make_seal(f, ES_SEAL_2020);
    make_wrong(f, es_buf_span(&f->out), &tax, &with);
    assert_int_equal(decode(f, es_buf_span(&with), &seal), ES_OK);
    assert_no_findings(f);
    assert_int_equal(seal->ext_count, 1);
    assert_false(seal->exts[0].critical);
    assert_true(seal->exts[0].critical_written);
}

static void a_time_without_zone_is_beijing_time(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    ES_AUTO(es_buf) local = ES_BUF_INIT(1u << 20);
    ES_AUTO_PTR(es_seal) seal = NULL;

    make_seal(f, ES_SEAL_2020);
    edit(es_buf_span(&f->out), "0.2.4", hex(f, "180e3230323630313031303830303030"), &local);
    assert_int_equal(decode(f, es_buf_span(&local), &seal), ES_OK);
    assert_true(seal->created_s == MADE_S);
}

/* ---- real seals ---- */

static void assert_sm3(struct es_span bytes, const char *expected)
{
    uint8_t sm3[ES_SM3_LEN];
    char text[2 * ES_SM3_LEN + 1];

    assert_int_equal(es_sm3(bytes, sm3, NULL), ES_OK);
    es_hex_encode(es_span_of(sm3, sizeof(sm3)), text);
    assert_string_equal(text, expected);
}

static struct es_seal *sample(struct fixture *f, const char *name)
{
    struct es_seal *seal = NULL;

    load_sample(name, &f->out);
    assert_int_equal(decode(f, es_buf_span(&f->out), &seal), ES_OK);
    return seal;
}

static int64_t utc(const char *text)
{
    int64_t time_s = 0;

    assert_int_equal(es_time_parse_generalized(es_span_str(text), &time_s, NULL), ES_OK);
    return time_s;
}

static void the_sample_of_2020_is_read_as_described(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    ES_AUTO_PTR(es_seal) seal = sample(f, "seals/ofdrw-v4.esl");

    assert_no_findings(f);
    assert_sm3(seal->der, "a2690aeb532bc737d407dece753fc5aef6d31c867d2ce7d7f4f7b2c63235a76f");
    assert_int_equal(seal->edition, ES_SEAL_2020);
    assert_string_equal(es_seal_edition_name(seal->edition), "GB/T 38540-2020");
    assert_int_equal(seal->info.ptr - seal->der.ptr, 4);
    assert_int_equal(seal->info.len, 16393);
    assert_sm3(seal->info, "6aefcd84f3d768777d0031628defada2f9626b3ea46c06dacc669fb0b2737449");
    assert_int_equal(seal->version, 4);
    assert_true(es_span_is(seal->vendor, "OFDR&WTest"));
    assert_true(es_span_is(seal->id, "51f044b76510434e9bc67a1185c2fba5"));
    assert_int_equal(seal->type, 3);
    assert_true(es_span_is(seal->name, "OFD R&W 测试用印章"));
    assert_int_equal(seal->list_type, 1);
    assert_int_equal(seal->signer_count, 1);
    assert_int_equal(seal->signers[0].cert.ptr - seal->der.ptr, 106);
    assert_int_equal(seal->signers[0].cert.len, 528);
    assert_true(seal->created_s == utc("20200422020900Z"));
    assert_true(seal->valid_until_s == utc("20220422020900Z"));
    assert_true(es_span_is(seal->picture.type, "PNG"));
    assert_sm3(seal->picture.data,
               "43294de9a3bc9cadf9886cdb7c78e0574daa0537bde30005fb6a85703d1aa141");
    assert_int_equal(seal->picture.width_mm, 40);
    assert_int_equal(seal->picture.height_mm, 40);
    assert_int_equal(seal->maker_cert.ptr - seal->der.ptr, 16401);
    assert_int_equal(seal->maker_cert.len, 526);
    assert_true(es_oid_is(seal->sig_alg, "1.2.156.10197.1.501"));
    assert_int_equal(seal->sig.ptr - seal->der.ptr, 16940);
    assert_int_equal(seal->sig.len, 71);
    assert_int_equal(seal->ext_count, 0);
}

static void the_sample_of_2014_is_read_as_described(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    ES_AUTO_PTR(es_seal) seal = sample(f, "seals/ofdrw-v1.esl");

    assert_no_findings(f);
    assert_int_equal(seal->edition, ES_SEAL_2014);
    assert_int_equal(seal->version, 1);
    assert_true(es_span_is(seal->id, "40C8CDD24DEF43388B86E62CCE1D6832"));
    assert_true(es_span_is(seal->name, "OFDRW测试用印章"));
    assert_int_equal(seal->type, 1);
    assert_true(seal->created_s == utc("20200422021807Z"));
    assert_true(seal->valid_until_s == utc("20220422021807Z"));
    assert_int_equal(seal->info.len, 16381);
    assert_int_equal(seal->maker_cert.ptr - seal->der.ptr, 16393);
    assert_int_equal(seal->sig.ptr - seal->der.ptr, 16932);
}

static void the_sample_of_2025_is_read_as_described(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    ES_AUTO_PTR(es_seal) seal = sample(f, "seals/ofdrw-v5.esl");

    assert_no_findings(f);
    assert_int_equal(seal->edition, ES_SEAL_2025);
    assert_true(es_span_is(seal->vendor, "OFDR&WTestV5"));
    assert_true(es_span_is(seal->id, "09aaf39291e049e4b3d716414590937e"));
    assert_true(es_span_is(seal->name, "OFD R&W V5测试用印章"));
    assert_true(seal->created_s == utc("20260424085323Z"));
    assert_true(seal->valid_until_s == utc("20280424085323Z"));
    assert_int_equal(seal->info.len, 16397);
    assert_sm3(seal->info, "b741404f68aaac9ac460225be615811910d131dca209c547487797f9ed047768");
}

/* UserV5_ts.esl of ofdrw is this seal with a006030400010203 at its end. */
static void a_time_stamp_of_2025_is_taken_out(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    static const struct wrong stamp = {.path = "4", .with = "a006030400010203"};
    ES_AUTO(es_buf) with = ES_BUF_INIT(1u << 20);
    ES_AUTO_PTR(es_seal) seal = NULL;

    load_sample("seals/ofdrw-v5.esl", &f->out);
    make_wrong(f, es_buf_span(&f->out), &stamp, &with);
    assert_int_equal(decode(f, es_buf_span(&with), &seal), ES_OK);
    assert_no_findings(f);
    assert_int_equal(seal->time_stamp.len, 3);
}

static void a_tax_seal_is_read_as_described(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    ES_AUTO_PTR(es_seal) seal = sample(f, "seals/taxtest-v4-ofd-picture.esl");

    assert_no_findings(f);
    assert_true(es_span_is(seal->vendor, "GOMAIN"));
    assert_true(es_span_is(seal->id, "50011200000001"));
    assert_true(es_span_is(seal->picture.type, "ofd"));
    assert_true(es_span_starts(seal->picture.data, "PK\003\004"));
    assert_int_equal(seal->picture.width_mm, 30);
    assert_int_equal(seal->picture.height_mm, 20);
    assert_true(seal->valid_from_s == utc("20200225160000Z"));
}

static void indefinite_lengths_are_read_as_der(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    ES_AUTO_PTR(es_seal) seal = sample(f, "seals/ofdrw-v1-bad-maker-signature.esl");
    struct es_span rest = seal->der;
    struct es_der_item item;

    assert_int_equal(f->findings.count, 1);
    assert_finding(f, ES_CHECK_FORMAT, ES_V_FORM_DEVIATION, "indefinite-length");
    assert_int_equal(es_der_next(&rest, &item, NULL), ES_OK);
    assert_int_equal(rest.len, 0);
    assert_true(es_span_is(seal->id, "9E3561A5035C4047A3B861655A724DAB"));
}

static void a_mangled_seal_is_refused(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    struct es_seal *seal = NULL;

    load_sample("seals/mangled-by-utf8.esl", &f->out);
    assert_int_equal(decode(f, es_buf_span(&f->out), &seal), ES_E_FORMAT);
    assert_finding(f, ES_CHECK_FORMAT, ES_V_SEAL_DATA_MALFORMED, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_wrong_encoding_has_its_code, setup, teardown),
        cmocka_unit_test_setup_teardown(every_cut_is_refused_with_a_finding, setup, teardown),
        cmocka_unit_test_setup_teardown(surplus_bytes_are_left_off, setup, teardown),
        cmocka_unit_test_setup_teardown(too_large_and_too_many_are_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(an_explicit_false_is_no_deviation, setup, teardown),
        cmocka_unit_test_setup_teardown(a_time_without_zone_is_beijing_time, setup, teardown),
        cmocka_unit_test_setup_teardown(the_sample_of_2020_is_read_as_described, setup, teardown),
        cmocka_unit_test_setup_teardown(the_sample_of_2014_is_read_as_described, setup, teardown),
        cmocka_unit_test_setup_teardown(the_sample_of_2025_is_read_as_described, setup, teardown),
        cmocka_unit_test_setup_teardown(a_time_stamp_of_2025_is_taken_out, setup, teardown),
        cmocka_unit_test_setup_teardown(a_tax_seal_is_read_as_described, setup, teardown),
        cmocka_unit_test_setup_teardown(indefinite_lengths_are_read_as_der, setup, teardown),
        cmocka_unit_test_setup_teardown(a_mangled_seal_is_refused, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
