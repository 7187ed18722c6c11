/*
 * A seal against its list of signers, the times and the list of makers: seal-03 to seal-06 of
 * verification.md 9.5 and the rules of its section 5.
 */
#include "seal_fixture.h"

#define SIGNER_CHECK ES_CHECK_SIGNER_IN_SEAL
#define DATES_CHECK ES_CHECK_SEAL_VALIDITY_AT_SIGNING
#define MAKER_CHECK ES_CHECK_MAKER_TRUSTED

/* ---- signers ---- */

static void check_signer(struct fixture *f, const struct es_seal *seal, struct es_span cert)
{
    forget(f);
    assert_int_equal(es_seal_has_signer(seal, cert, "w", &f->findings, &f->err), ES_OK);
}

static void only_the_very_certificate_is_listed(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    ES_AUTO_PTR(es_seal) seal = NULL;
    ES_AUTO_PTR(es_cert)
    other_key = issue(f->maker_key, "测试单位", 2, ES_CERT_SIGNER); /* same name and serial */
    ES_AUTO_PTR(es_cert) same_key = issue(f->signer_key, "测试单位", 3, ES_CERT_SIGNER);

    make_seal(f, ES_SEAL_2020);
    assert_int_equal(
        es_seal_decode(es_buf_span(&f->out), ES_CHECK_FORMAT, "", &f->findings, &seal, NULL),
        ES_OK);
    check_signer(f, seal, other_key->der);
    assert_finding(f, SIGNER_CHECK, ES_V_SIGNER_NOT_IN_SEAL, NULL);
    check_signer(f, seal, same_key->der);
    assert_finding(f, SIGNER_CHECK, ES_V_SIGNER_NOT_IN_SEAL, NULL);
    check_signer(f, seal, es_span_of(NULL, 0));
    assert_finding(f, SIGNER_CHECK, ES_V_SIGNER_NOT_IN_SEAL, NULL);
    check_signer(f, seal, f->signer->der);
    assert_no_findings(f);
}

static void a_list_by_digest_is_compared_by_sm3(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    ES_AUTO_PTR(es_seal) seal = NULL;

    f->info.list_by_digest = true;
    make_seal(f, ES_SEAL_2020);
    assert_int_equal(
        es_seal_decode(es_buf_span(&f->out), ES_CHECK_FORMAT, "", &f->findings, &seal, NULL),
        ES_OK);
    assert_int_equal(seal->list_type, 2);
    check_signer(f, seal, f->maker->der);
    assert_finding(f, SIGNER_CHECK, ES_V_SIGNER_NOT_IN_SEAL, NULL);
    check_signer(f, seal, f->signer->der);
    assert_no_findings(f);
}

static struct es_seal listing(struct es_seal_signer *signers, size_t count)
{
    return (struct es_seal){.list_type = 2, .signers = signers, .signer_count = count};
}

static struct es_seal_signer entry(const char *type, const uint8_t *digest, size_t len)
{
    return (struct es_seal_signer){.digest_type = es_span_str(type),
                                   .digest = es_span_of(digest, len)};
}

static void weak_digests_in_the_list_are_named(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    uint8_t sha1[ES_DIGEST_MAX], md5[ES_DIGEST_MAX], other[ES_DIGEST_MAX] = {0};
    struct es_seal_signer signers[2];
    struct es_seal seal = listing(signers, 1);

    assert_int_equal(es_digest_once(ES_DIGEST_SHA1, f->signer->der, sha1, NULL), ES_OK);
    assert_int_equal(es_digest_once(ES_DIGEST_MD5, f->signer->der, md5, NULL), ES_OK);
    signers[0] = entry("SHA1", sha1, 20);
    check_signer(f, &seal, f->signer->der);
    assert_int_equal(f->findings.count, 1);
    assert_finding(f, SIGNER_CHECK, ES_V_DIGEST_WEAK, NULL);
    signers[0] = entry("MD5", md5, 16);
    check_signer(f, &seal, f->signer->der);
    assert_finding(f, SIGNER_CHECK, ES_V_DIGEST_WEAK, NULL);
    signers[0] = entry("1.2.840.113549.2.5", other, 16);
    check_signer(f, &seal, f->signer->der);
    assert_finding(f, SIGNER_CHECK, ES_V_DIGEST_WEAK, NULL);
    assert_finding(f, SIGNER_CHECK, ES_V_SIGNER_NOT_IN_SEAL, NULL);
    signers[1] = entry("SM3", f->signer->sm3, ES_SM3_LEN); /* a sound entry decides */
    seal.signer_count = 2;
    check_signer(f, &seal, f->signer->der);
    assert_no_findings(f);
}

static void a_digest_with_z_is_a_deviation(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    ES_AUTO(es_buf) both = ES_BUF_INIT(8192);
    uint8_t sm3[ES_SM3_LEN];
    struct es_seal_signer signers[1];
    struct es_seal seal = listing(signers, 1);

    es_buf_put(&both, es_pubkey_z(f->signer->key), ES_SM3_LEN);
    es_buf_put_span(&both, f->signer->der);
    assert_int_equal(es_sm3(es_buf_span(&both), sm3, NULL), ES_OK);
    signers[0] = entry("SM3", sm3, ES_SM3_LEN);
    check_signer(f, &seal, f->signer->der);
    assert_int_equal(f->findings.count, 1);
    assert_finding(f, SIGNER_CHECK, ES_V_FORM_DEVIATION, "digest-with-Z");
}

static void an_empty_list_lists_nobody(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    struct es_seal seal = listing(NULL, 0);

    check_signer(f, &seal, f->signer->der);
    assert_finding(f, SIGNER_CHECK, ES_V_SIGNER_NOT_IN_SEAL, NULL);
}

/* ---- dates ---- */

static void check_dates(struct fixture *f, int64_t claim_s, int64_t poe_s, int64_t now_s)
{
    struct es_seal seal = {.valid_from_s = 1000000, .valid_until_s = 2000000};
    struct es_times times = {
        .claim_s = claim_s, .poe_s = poe_s, .now_s = now_s, .proved = poe_s != now_s};

    forget(f);
    es_seal_check_dates(&seal, &times, "w", &f->findings);
}

static void dates_of_a_seal_follow_the_table(void **state)
{
    struct fixture *f = (struct fixture *) *state;

    check_dates(f, 1000000, 1500000, 1500000);
    assert_no_findings(f);
    check_dates(f, 1000000 - 8 * 3600 - 1, 1500000, 1500000);
    assert_finding(f, DATES_CHECK, ES_V_SEAL_NOT_YET_VALID, NULL);
    check_dates(f, 1000000 - 8 * 3600, 1500000, 1500000);
    assert_int_equal(f->findings.count, 1);
    assert_finding(f, DATES_CHECK, ES_V_FORM_DEVIATION, "time-zone");
    check_dates(f, 2000000, 2500000, 2500000); /* claimed at the end or later */
    assert_finding(f, DATES_CHECK, ES_V_SEAL_EXPIRED_AT_SIGNING, NULL);
    check_dates(f, 1999999, 2500000, 2500000); /* expired since, nothing proved */
    assert_finding(f, DATES_CHECK, ES_V_SEAL_EXPIRED_NO_POE, NULL);
    check_dates(f, 1500000, 1600000, 2500000); /* expired since, sealed before */
    assert_int_equal(f->findings.count, 1);
    assert_finding(f, DATES_CHECK, ES_V_SEAL_EXPIRED_NOW, NULL);
}

/* ---- makers ---- */

static void check_maker(struct fixture *f, const char *id, uint32_t type,
                        const struct es_maker_entry *entry, int64_t claim_s)
{
    ES_AUTO_PTR(es_trust) trust = NULL;
    struct es_seal seal = {.id = es_span_str(id), .type = type};
    struct es_times times = {.claim_s = claim_s, .poe_s = 5000, .now_s = 5000};

    forget(f);
    assert_int_equal(es_trust_new(&trust, NULL), ES_OK);
    if (entry != NULL)
        assert_int_equal(es_trust_add_maker(trust, entry, NULL), ES_OK);
    es_seal_check_maker(&seal, f->maker, trust, &times, "w", &f->findings);
}

static void a_maker_must_be_listed(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    struct es_maker_entry entry = {.cert = f->maker, .regions = "", .kinds = ""};
    struct es_seal seal = {.type = 1};
    struct es_times times = {.claim_s = 1};

    check_maker(f, "X", 1, NULL, 5000);
    assert_finding(f, MAKER_CHECK, ES_V_MAKER_UNTRUSTED, NULL);
    check_maker(f, "X", 1, &entry, 5000);
    assert_no_findings(f);
    es_seal_check_maker(&seal, f->maker, NULL, &times, "w", &f->findings);
    assert_finding(f, MAKER_CHECK, ES_V_MAKER_UNTRUSTED, NULL);
    es_seal_check_maker(&seal, NULL, NULL, &times, "w", &f->findings);
    assert_finding(f, MAKER_CHECK, ES_V_MAKER_CERT_MISSING, NULL);
}

static void blocked_and_internal_makers_are_named(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    struct es_maker_entry blocked = {.cert = f->maker, .regions = "", .kinds = "", .blocked = true};
    struct es_maker_entry internal = {
        .cert = f->maker, .regions = "", .kinds = "", .internal = true};

    check_maker(f, "X", 1, &blocked, 5000);
    assert_finding(f, MAKER_CHECK, ES_V_MAKER_BLOCKED, NULL);
    check_maker(f, "X", 1, &internal, 5000);
    assert_finding(f, MAKER_CHECK, ES_V_INTERNAL_ONLY, NULL);
}

static void regions_and_kinds_bound_a_maker(void **state)
{
    static const struct {
        const char *id;
        uint32_t type;
        const char *regions, *kinds, *finding; /* NULL: none */
    } cases[] = {
        {"44010601260000000001230Y", 1, "44", "", NULL},
        {"44010601260000000001230Y", 1, "32 4401", "", NULL},
        {"44010601260000000001230Y", 1, "4402", "", "region"},
        {"44010601260000000001230Y", 1, "440106", "01", NULL},
        {"44010601260000000001230Y", 2, "", "02", "kind"}, /* the code says 01 */
        {"50011200000399", 3, "5001", "", NULL},
        {"50011200000399", 3, "44", "", "region"},
        {"50011200000399", 3, "", "03", NULL},
        {"50011200000399", 3, "", "1 2", "kind"},
        {"ABC-1", 1, "44", "", "region"}, /* no region in it */
        {"44010X", 1, "44", "", "region"},
        {"44010", 1, "44", "", "region"},
        {"ABC-1", 1, "", "", NULL},
    };
    struct fixture *f = (struct fixture *) *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct es_maker_entry entry = {
            .cert = f->maker, .regions = cases[i].regions, .kinds = cases[i].kinds};

        check_maker(f, cases[i].id, cases[i].type, &entry, 5000);
        if (cases[i].finding == NULL)
            assert_no_findings(f);
        else
            assert_finding(f, MAKER_CHECK, ES_V_MAKER_OUT_OF_SCOPE, cases[i].finding);
    }
}

static void dates_of_the_list_bound_a_maker(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    struct es_maker_entry later = {.cert = f->maker, .regions = "", .kinds = "", .from_s = 4000};
    struct es_maker_entry ended = {.cert = f->maker, .regions = "", .kinds = "", .until_s = 4000};

    check_maker(f, "X", 1, &later, 3999);
    assert_finding(f, MAKER_CHECK, ES_V_MAKER_OUT_OF_SCOPE, "dates");
    check_maker(f, "X", 1, &later, 4000);
    assert_no_findings(f);
    check_maker(f, "X", 1, &ended, 4000);
    assert_finding(f, MAKER_CHECK, ES_V_MAKER_OUT_OF_SCOPE, "dates");
    check_maker(f, "X", 1, &ended, 3999); /* nothing proves it was before */
    assert_finding(f, MAKER_CHECK, ES_V_MAKER_UNTRUSTED, "dates");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_the_very_certificate_is_listed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_list_by_digest_is_compared_by_sm3, setup, teardown),
        cmocka_unit_test_setup_teardown(weak_digests_in_the_list_are_named, setup, teardown),
        cmocka_unit_test_setup_teardown(a_digest_with_z_is_a_deviation, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_list_lists_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(dates_of_a_seal_follow_the_table, setup, teardown),
        cmocka_unit_test_setup_teardown(a_maker_must_be_listed, setup, teardown),
        cmocka_unit_test_setup_teardown(blocked_and_internal_makers_are_named, setup, teardown),
        cmocka_unit_test_setup_teardown(regions_and_kinds_bound_a_maker, setup, teardown),
        cmocka_unit_test_setup_teardown(dates_of_the_list_bound_a_maker, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
