/*
 * Certificates of signers, makers and issuers (verification.md 9.5, cert-01 to cert-04, cert-08):
 * sound signatures all the way up, and one thing wrong with a certificate.
 */
#include "cert_builder.h"
#include "forge.h"

#define OID_EC "1.2.840.10045.2.1"
#define OID_SM2_CURVE "1.2.156.10197.1.301"

static struct identity root_of(const struct world *w)
{
    return (struct identity){.key = w->keys[WHO_ROOT], .cert = w->certs[WHO_ROOT]};
}

/* A signer's certificate of the world's authority that lives as long as the seal. */
static struct cert_spec signer_spec(struct world *w, const struct identity *issuer)
{
    struct cert_spec spec = cert_spec_of("示例市档案局", w->keys[WHO_OTHER], issuer, 0x5001);

    spec.not_after_s = WORLD_UNTIL_S;
    return spec;
}

static void expect_signer(struct world *w, const struct cert_spec *spec, struct es_trust *trust,
                          enum es_outcome outcome, const char *codes)
{
    struct es_cert *cert = cert_build(spec);
    struct forge f;

    forge_init(&f, w);
    forge_signer(&f, cert, w->keys[WHO_OTHER]);
    forge_expect_with(&f, trust, ES_POLICY_ASSURED, outcome, codes);
    forge_clear(&f);
    es_cert_free(cert);
}

/* The same certificate as the maker's, on the list of makers. */
static void expect_maker(struct world *w, const struct cert_spec *spec, enum es_outcome outcome,
                         const char *codes)
{
    struct es_cert *cert = cert_build(spec);
    const struct es_maker_entry maker = {.cert = cert, .regions = "", .kinds = ""};
    ES_AUTO_PTR(es_trust) trust = world_trust_without_crl(w);
    struct forge f;

    world_add_crl(w, trust, NULL, 0, 0);
    FORGE_OK(es_trust_add_maker(trust, &maker, err));
    forge_init(&f, w);
    forge_maker(&f, cert, w->keys[WHO_OTHER]);
    forge_expect_with(&f, trust, ES_POLICY_ASSURED, outcome, codes);
    forge_clear(&f);
    es_cert_free(cert);
}

static void a_certificate_of_the_builder_is_sound(void **state)
{
    struct identity root = root_of(*state);
    struct cert_spec spec = signer_spec(*state, &root);

    expect_signer(*state, &spec, NULL, ES_OUTCOME_VALID, "!name_mismatch !seal_outlives_cert");
    expect_maker(*state, &spec, ES_OUTCOME_VALID, "!cert_key_usage");
}

/* ---- cert-01 ---- */

static void put_hex_number(struct es_buf *out, const char *hex)
{
    ES_AUTO(es_buf) value = ES_BUF_INIT(64);

    FORGE_OK(es_hex_decode(es_span_str(hex), &value, err));
    es_der_put_unsigned(out, es_buf_span(&value));
}

static void put_hex_octets(struct es_buf *out, const char *hex)
{
    ES_AUTO(es_buf) value = ES_BUF_INIT(64);

    FORGE_OK(es_hex_decode(es_span_str(hex), &value, err));
    es_der_put(out, ES_DER_OCTET_STRING, es_buf_span(&value));
}

/* SM2's curve spelt out, but with the victim's public key as generator: d = 1 is then its key. */
static void put_explicit_spki(struct es_buf *out, struct es_span victim)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE), alg = es_der_begin(out, ES_DER_SEQUENCE);
    size_t params, part;

    es_der_put_oid(out, OID_EC);
    params = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_uint(out, 1);
    part = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_oid(out, "1.2.840.10045.1.1");
    put_hex_number(out, "fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff");
    es_der_end(out, part);
    part = es_der_begin(out, ES_DER_SEQUENCE);
    put_hex_octets(out, "fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc");
    put_hex_octets(out, "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93");
    es_der_end(out, part);
    es_der_put(out, ES_DER_OCTET_STRING, victim);
    put_hex_number(out, "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123");
    es_der_put_uint(out, 1);
    es_der_end(out, params);
    es_der_end(out, alg);
    es_der_put_bits(out, victim);
    es_der_end(out, seq);
}

static void a_key_that_brings_its_own_curve_is_refused(void **state)
{
    struct world *w = *state;
    struct identity root = root_of(w);
    struct cert_spec spec = signer_spec(w, &root);
    ES_AUTO(es_buf) spki = ES_BUF_INIT(4096);

    put_explicit_spki(&spki, es_pubkey_point(w->certs[WHO_ROOT]->key));
    spec.spki = es_buf_span(&spki);
    expect_signer(w, &spec, NULL, ES_OUTCOME_INVALID, "cert_explicit_curve");
    expect_maker(w, &spec, ES_OUTCOME_INVALID, "cert_explicit_curve");
}

/* ---- cert-02 ---- */

static void put_spki(struct es_buf *out, const char *alg_oid, const char *curve_oid,
                     struct es_span key)
{
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE), alg = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_oid(out, alg_oid);
    if (curve_oid != NULL)
        es_der_put_oid(out, curve_oid);
    else
        es_der_put_null(out);
    es_der_end(out, alg);
    es_der_put_bits(out, key);
    es_der_end(out, seq);
}

static void a_key_of_another_curve_under_the_number_of_sm2_does_not_fit(void **state)
{
    struct world *w = *state;
    struct identity root = root_of(w);
    struct cert_spec spec = signer_spec(w, &root);
    ES_AUTO(es_buf) point = ES_BUF_INIT(128);
    ES_AUTO(es_buf) spki = ES_BUF_INIT(4096);

    /* the generator of P-256 */
    FORGE_OK(es_hex_decode(
        es_span_str("046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"),
        &point, err));
    put_spki(&spki, OID_EC, OID_SM2_CURVE, es_buf_span(&point));
    spec.spki = es_buf_span(&spki);
    expect_signer(w, &spec, NULL, ES_OUTCOME_INVALID, "algorithm_mismatch public_key_invalid");
    expect_maker(w, &spec, ES_OUTCOME_INVALID, "algorithm_mismatch public_key_invalid");
}

static void an_rsa_key_under_the_number_of_an_sm2_signature_does_not_fit(void **state)
{
    struct world *w = *state;
    struct identity root = root_of(w);
    struct cert_spec spec = signer_spec(w, &root);
    ES_AUTO(es_buf) rsa = ES_BUF_INIT(4096);
    ES_AUTO(es_buf) spki = ES_BUF_INIT(4096);
    uint8_t modulus[256];
    size_t seq;

    memset(modulus, 0xc5, sizeof modulus); /* odd, 2048 bits */
    seq = es_der_begin(&rsa, ES_DER_SEQUENCE);
    es_der_put_unsigned(&rsa, es_span_of(modulus, sizeof modulus));
    es_der_put_uint(&rsa, 65537);
    es_der_end(&rsa, seq);
    put_spki(&spki, "1.2.840.113549.1.1.1", NULL, es_buf_span(&rsa));
    spec.spki = es_buf_span(&spki);
    expect_signer(w, &spec, NULL, ES_OUTCOME_INVALID, "algorithm_mismatch");
    expect_maker(w, &spec, ES_OUTCOME_INVALID, "algorithm_mismatch");
}

static void a_certificate_whose_two_algorithms_differ_is_refused(void **state)
{
    struct world *w = *state;
    struct identity root = root_of(w);
    struct cert_spec spec = signer_spec(w, &root);

    spec.outer_alg = "1.2.840.113549.1.1.11";
    expect_signer(w, &spec, NULL, ES_OUTCOME_INVALID, "algorithm_mismatch");
    spec.alg = "1.2.840.113549.1.1.11"; /* both say RSA, the issuer's key is SM2 */
    spec.outer_alg = NULL;
    expect_signer(w, &spec, NULL, ES_OUTCOME_INVALID, "algorithm_mismatch");
}

static void a_certificate_with_a_wrong_signature_is_refused(void **state)
{
    struct world *w = *state;
    struct identity root = root_of(w);
    struct cert_spec spec = signer_spec(w, &root);

    spec.bad_value = true;
    expect_signer(w, &spec, NULL, ES_OUTCOME_INVALID, "cert_signature_invalid");
    expect_maker(w, &spec, ES_OUTCOME_INVALID, "cert_signature_invalid");
    spec.bad_value = false;
    spec.sign_key = w->keys[WHO_MAKER]; /* in the root's name, by another key */
    expect_signer(w, &spec, NULL, ES_OUTCOME_INVALID, "cert_signature_invalid");
}

/* ---- cert-03: what issuers must keep ---- */

/* An issuer below another, listed as intermediate, with a CRL that revokes nothing. */
static struct identity add_issuer(struct es_trust *trust, const struct cert_spec *spec,
                                  struct es_key *key)
{
    struct identity id = {.key = key, .cert = cert_build(spec)};
    struct crl_spec crl = {
        .issuer = &id, .this_s = WORLD_NOW_S - 3600, .next_s = WORLD_NOW_S + 86400, .reason = -1};
    ES_AUTO(es_buf) der = ES_BUF_INIT(65536);

    crl_put(&der, &crl);
    FORGE_OK(es_trust_add_cert(trust, ES_TRUST_INTERMEDIATE, id.cert, err));
    FORGE_OK(es_trust_add_crl(trust, es_buf_span(&der), err));
    return id;
}

static void expect_below(struct world *w, const struct cert_spec *issuer, enum es_outcome outcome,
                         const char *codes)
{
    ES_AUTO_PTR(es_trust) trust = world_trust_without_crl(w);
    struct identity id;
    struct cert_spec signer;

    world_add_crl(w, trust, NULL, 0, 0);
    id = add_issuer(trust, issuer, w->keys[WHO_STRANGER_MAKER]);
    signer = signer_spec(w, &id);
    expect_signer(w, &signer, trust, outcome, codes);
    es_cert_free(id.cert);
}

static struct cert_spec issuer_spec(struct world *w, const struct identity *root)
{
    struct cert_spec spec = ca_spec_of("示例中间", w->keys[WHO_STRANGER_MAKER], root, 0x5002);

    spec.not_after_s = WORLD_UNTIL_S;
    return spec;
}

static void a_sound_intermediate_is_followed(void **state)
{
    struct identity root = root_of(*state);
    struct cert_spec issuer = issuer_spec(*state, &root);

    expect_below(*state, &issuer, ES_OUTCOME_VALID, "!cert_constraints");
    issuer.path_len = 0;
    expect_below(*state, &issuer, ES_OUTCOME_VALID, "!cert_constraints");
}

static void an_issuer_that_is_none_breaks_a_constraint(void **state)
{
    struct identity root = root_of(*state);
    struct cert_spec issuer = issuer_spec(*state, &root);

    issuer.ca = 0;
    expect_below(*state, &issuer, ES_OUTCOME_INVALID, "cert_constraints");
    issuer.ca = -1;
    expect_below(*state, &issuer, ES_OUTCOME_INVALID, "cert_constraints");
    issuer.ca = 1;
    issuer.usage = ES_USAGE_DIGITAL_SIGNATURE | ES_USAGE_NON_REPUDIATION;
    expect_below(*state, &issuer, ES_OUTCOME_INVALID, "cert_constraints");
}

static void name_constraints_and_unknown_critical_extensions_are_not_passed_over(void **state)
{
    struct identity root = root_of(*state);
    struct cert_spec issuer = issuer_spec(*state, &root), signer = signer_spec(*state, &root);
    ES_AUTO(es_buf) exts = ES_BUF_INIT(1024);

    ext_put(&exts, "2.5.29.30", true, BYTES("\x30\x09\xa0\x07\x30\x05\x82\x03.cn"));
    issuer.exts = es_buf_span(&exts);
    expect_below(*state, &issuer, ES_OUTCOME_INVALID, "cert_constraints");
    es_buf_reset(&exts);
    ext_put(&exts, "1.2.3.4.5", true, BYTES("\x05\x00"));
    issuer.exts = es_buf_span(&exts);
    expect_below(*state, &issuer, ES_OUTCOME_INVALID, "cert_constraints");
    signer.exts = es_buf_span(&exts);
    expect_signer(*state, &signer, NULL, ES_OUTCOME_INVALID, "cert_constraints");
    expect_maker(*state, &signer, ES_OUTCOME_INVALID, "cert_constraints");
}

static void a_path_longer_than_allowed_breaks_a_constraint(void **state)
{
    struct world *w = *state;
    ES_AUTO_PTR(es_trust) trust = world_trust_without_crl(w);
    struct identity root = root_of(w), upper, lower;
    struct cert_spec spec = issuer_spec(w, &root);

    world_add_crl(w, trust, NULL, 0, 0);
    spec.path_len = 0;
    upper = add_issuer(trust, &spec, w->keys[WHO_STRANGER_MAKER]);
    spec = ca_spec_of("示例下级", w->keys[WHO_TSA], &upper, 0x5003);
    lower = add_issuer(trust, &spec, w->keys[WHO_TSA]);
    spec = signer_spec(w, &lower);
    expect_signer(w, &spec, trust, ES_OUTCOME_INVALID, "cert_constraints");
    es_cert_free(upper.cert);
    es_cert_free(lower.cert);
}

/* A signer must not make signers. */
static void a_signer_who_issues_is_no_authority(void **state)
{
    struct world *w = *state;
    ES_AUTO_PTR(es_trust) trust = world_trust_without_crl(w);
    struct identity signer = {.key = w->keys[WHO_SIGNER], .cert = w->certs[WHO_SIGNER]};
    struct cert_spec spec = signer_spec(w, &signer);

    world_add_crl(w, trust, NULL, 0, 0);
    FORGE_OK(es_trust_add_cert(trust, ES_TRUST_INTERMEDIATE, signer.cert, err));
    expect_signer(w, &spec, trust, ES_OUTCOME_INVALID, "cert_constraints");
}

/* ---- cert-04 ---- */

static void certificates_not_for_signatures_cannot_seal(void **state)
{
    static const int wrong[] = {
        ES_USAGE_KEY_ENCIPHERMENT | ES_USAGE_DATA_ENCIPHERMENT | ES_USAGE_KEY_AGREEMENT,
        ES_USAGE_CERT_SIGN | ES_USAGE_CRL_SIGN,
        0,
    };
    static const int right[] = {ES_USAGE_DIGITAL_SIGNATURE, ES_USAGE_NON_REPUDIATION, -1};
    struct identity root = root_of(*state);

    for (size_t i = 0; i < 3; i++) {
        struct cert_spec spec = signer_spec(*state, &root);

        print_message("# row %zu\n", i);
        spec.usage = wrong[i];
        expect_signer(*state, &spec, NULL, ES_OUTCOME_INVALID, "cert_key_usage");
        expect_maker(*state, &spec, ES_OUTCOME_INVALID, "cert_key_usage");
        spec.usage = right[i];
        expect_signer(*state, &spec, NULL, ES_OUTCOME_VALID, "!cert_key_usage");
        expect_maker(*state, &spec, ES_OUTCOME_VALID, "!cert_key_usage");
    }
}

/* ---- dates ---- */

static void certificates_must_be_valid_when_they_are_used(void **state)
{
    struct identity root = root_of(*state);
    struct cert_spec spec = signer_spec(*state, &root);

    spec.not_after_s = WORLD_SIGN_S - 1;
    expect_signer(*state, &spec, NULL, ES_OUTCOME_INVALID, "cert_expired_at_signing");
    expect_maker(*state, &spec, ES_OUTCOME_INVALID, "cert_expired_at_signing");
    spec.not_after_s = WORLD_SIGN_S + 60;
    expect_signer(*state, &spec, NULL, ES_OUTCOME_INDETERMINATE,
                  "cert_expired_no_poe seal_outlives_cert");
    expect_maker(*state, &spec, ES_OUTCOME_INDETERMINATE, "cert_expired_no_poe");
    spec.not_after_s = WORLD_UNTIL_S;
    spec.not_before_s = WORLD_SIGN_S + 60;
    expect_signer(*state, &spec, NULL, ES_OUTCOME_INVALID, "cert_not_yet_valid_at_signing");
    expect_maker(*state, &spec, ES_OUTCOME_INVALID, "cert_not_yet_valid_at_signing");
}

/* ---- cert-08: names ---- */

static void put_subject(struct es_buf *out, const char *organisation, struct es_span cn)
{
    const struct {
        const char *oid;
        struct es_span value;
    } attrs[] = {{"2.5.4.10", es_span_str(organisation)}, {"2.5.4.3", cn}};
    size_t name = es_der_begin(out, ES_DER_SEQUENCE);

    for (size_t i = 0; i < 2; i++) {
        size_t set, attr;

        if (attrs[i].value.len == 0)
            continue;
        set = es_der_begin(out, ES_DER_SET);
        attr = es_der_begin(out, ES_DER_SEQUENCE);
        es_der_put_oid(out, attrs[i].oid);
        es_der_put(out, ES_DER_UTF8_STRING, attrs[i].value);
        es_der_end(out, attr);
        es_der_end(out, set);
    }
    es_der_end(out, name);
}

static void expect_names_len(struct world *w, const char *seal, const char *organisation,
                             struct es_span cn, bool differ)
{
    ES_AUTO(es_buf) subject = ES_BUF_INIT(4096);
    struct identity root = root_of(w);
    struct cert_spec spec = signer_spec(w, &root);
    struct es_cert *cert;
    struct forge f;

    put_subject(&subject, organisation, cn);
    spec.subject = es_buf_span(&subject);
    cert = cert_build(&spec);
    forge_init(&f, w);
    forge_signer(&f, cert, w->keys[WHO_OTHER]);
    forge_set(&f, SEAL_NAME, ES_DER_UTF8_STRING, es_span_str(seal));
    print_message("# %s / %s\n", seal, organisation == NULL ? "" : organisation);
    forge_expect(&f, ES_OUTCOME_VALID, differ ? "name_mismatch" : "!name_mismatch");
    forge_clear(&f);
    es_cert_free(cert);
}

static void expect_names(struct world *w, const char *seal, const char *organisation,
                         const char *cn, bool differ)
{
    expect_names_len(w, seal, organisation, es_span_str(cn), differ);
}

static void the_seal_bears_the_name_of_its_signer(void **state)
{
    struct world *w = *state;

    expect_names(w, "苏州市民政局", "11320500014150050B苏州市民政局", "32050000011053", false);
    expect_names(w, "示例(广州)有限公司", "示例（广州）有限公司", NULL, false);
    expect_names(w, "示例公司合同专用章", "示例公司", "91440300708461136T", false);
    expect_names(w, "示例公司", NULL, "示例公司广州分公司", false);
    expect_names(w, "余奇", NULL, "1816684886971478016@余奇@01@002", false);
    expect_names(w, "余奇的印章", NULL, "1816684886971478016@余奇@01@002", false);
    expect_names(w, "ACME Trading Co.", "Acme  Trading Co.", NULL, false);
    expect_names(w, "SSC_A_user1", "软件中心", "SSC_A_user1", false);
    /* codes only: there is no name to compare */
    expect_names(w, "示例公司", "91440300708461136T", "32050000011053", false);
}

static void other_names_are_told(void **state)
{
    struct world *w = *state;

    expect_names(w, "示例市人民政府", "示例市档案局", "示例市档案局", true);
    expect_names(w, "苏州市公安局", "11320500014150050B苏州市民政局", "32050000011053", true);
    expect_names(w, "余某", NULL, "1816684886971478016@余奇@01@002", true);
    /* one character is part of many names */
    expect_names(w, "示例市档案局", "市", NULL, true);
}

/* "АСМЕ" in Cyrillic letters; 末 for 未; a name that seems to end at NUL. */
static void names_that_only_look_alike_differ(void **state)
{
    struct world *w = *state;

    expect_names(w, "ACME", NULL, "\xd0\x90\xd0\xa1\xd0\x9c\xd0\x95", true);
    expect_names(w, "未来公司", "末来公司", NULL, true);
    expect_names_len(w, "示例市档案局", NULL, BYTES("示例市档案局\0.evil"), true);
    expect_names_len(w, "示例市档案局", NULL, BYTES("\0示例市档案局"), true);
    expect_names_len(w, "示例市档案局", NULL, BYTES("示例市档案局\n"), true);
    /* compatibility forms are the same text in other clothes */
    expect_names(w, "ACME", NULL, "ＡＣＭＥ", false);
}

static bool holds_byte(const char *text, char c)
{
    return strchr(text, c) != NULL;
}

static void names_are_shown_escaped(void **state)
{
    struct world *w = *state;
    struct identity root = root_of(w);
    struct cert_spec spec = signer_spec(w, &root);
    ES_AUTO(es_buf) subject = ES_BUF_INIT(4096);
    ES_AUTO(es_buf) zip = ES_BUF_INIT((size_t) 1 << 26);
    struct es_report report;
    struct pkg pkg = {0};
    struct es_cert *cert;
    struct forge f;

    put_subject(&subject, NULL, BYTES("示例\0\n\x1b[31m\xe2\x80\xae<b>"));
    spec.subject = es_buf_span(&subject);
    cert = cert_build(&spec);
    forge_init(&f, w);
    forge_signer(&f, cert, w->keys[WHO_OTHER]);
    forge_pkg(&f, &pkg);
    pkg_write(&pkg, &zip);
    world_verify(w, es_buf_span(&zip), ES_POLICY_ASSURED, &report);
    expect_report(&report, ES_OUTCOME_VALID, "name_mismatch");
    assert_non_null(strstr(report.first->signer_subject, "\\x00"));
    assert_non_null(strstr(report.first->signer_subject, "\\x1b"));
    assert_null(strstr(report.first->signer_subject, "\xe2\x80\xae"));
    assert_false(holds_byte(report.first->signer_name, '\n'));
    assert_false(holds_byte(report.first->signer_name, 0x1b));
    es_report_clear(&report);
    pkg_clear(&pkg);
    forge_clear(&f);
    es_cert_free(cert);
}

static void a_seal_that_outlives_its_signer_is_told(void **state)
{
    struct forge f;

    forge_init(&f, *state);
    forge_time(&f, SEAL_UNTIL, WORLD_UNTIL_S + 1);
    forge_expect(&f, ES_OUTCOME_VALID, "seal_outlives_cert");
    forge_time(&f, SEAL_UNTIL, WORLD_UNTIL_S);
    forge_expect(&f, ES_OUTCOME_VALID, "!seal_outlives_cert");
    forge_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FORGE_TEST(a_certificate_of_the_builder_is_sound),
        FORGE_TEST(a_key_that_brings_its_own_curve_is_refused),
        FORGE_TEST(a_key_of_another_curve_under_the_number_of_sm2_does_not_fit),
        FORGE_TEST(an_rsa_key_under_the_number_of_an_sm2_signature_does_not_fit),
        FORGE_TEST(a_certificate_whose_two_algorithms_differ_is_refused),
        FORGE_TEST(a_certificate_with_a_wrong_signature_is_refused),
        FORGE_TEST(a_sound_intermediate_is_followed),
        FORGE_TEST(an_issuer_that_is_none_breaks_a_constraint),
        FORGE_TEST(name_constraints_and_unknown_critical_extensions_are_not_passed_over),
        FORGE_TEST(a_path_longer_than_allowed_breaks_a_constraint),
        FORGE_TEST(a_signer_who_issues_is_no_authority),
        FORGE_TEST(certificates_not_for_signatures_cannot_seal),
        FORGE_TEST(certificates_must_be_valid_when_they_are_used),
        FORGE_TEST(the_seal_bears_the_name_of_its_signer),
        FORGE_TEST(other_names_are_told),
        FORGE_TEST(names_that_only_look_alike_differ),
        FORGE_TEST(names_are_shown_escaped),
        FORGE_TEST(a_seal_that_outlives_its_signer_is_told),
    };

    return cmocka_run_group_tests_name("attacks_seal/cert", tests, NULL, NULL);
}
