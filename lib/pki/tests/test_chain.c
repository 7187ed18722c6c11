/*
 * Chains: national certificates at a fixed date (facts of index.tsv), and the attacks cert-01 to
 * cert-04 and cert-07 of verification.md 9.5 with certificates built by hand.
 */
#include "chain_fixture.h"

/* ---- the national certificates ---- */

struct national {
    struct es_trust *trust;
    struct es_cert *certs[128];
    size_t count;
    enum es_trust_kind kind;
};

static es_status add_one(void *ctx, struct es_cert *cert, struct es_error *err)
{
    struct national *n = ctx;

    n->certs[n->count++] = es_cert_ref(cert);
    return es_trust_add_cert(n->trust, n->kind, cert, err);
}

static void add_file(struct national *n, enum es_trust_kind kind, const char *name)
{
    struct es_buf file = ES_BUF_INIT(1 << 20);
    struct es_error err = {0};
    char path[1024];

    sample_path(path, sizeof path, name);
    n->kind = kind;
    must(es_file_read(path, &file, &err), &err);
    must(es_cert_each(es_buf_span(&file), add_one, n, &err), &err);
    es_buf_clear(&file);
}

static size_t count_findings(struct world *w, enum es_code code)
{
    size_t count = 0;

    for (const struct es_finding *f = w->findings.first; f; f = f->next)
        count += f->code == code;
    return count;
}

/* Which of the 104 reach a national root stands in index.tsv, column path_upwards: 72 below
 * ROOTCA, 6 below CFCA CS SM2 CA below it, 13 below Civil Servant ROOT, 2 below Device ROOT; the
 * rest ends in self-signed CFCA certificates. One of those has a twin of the same name and key
 * below ROOTCA, whose key signed it as well. 2022-06-01. */
static void national_certificates_reach_the_national_roots(void **state)
{
    struct world *w = *state;
    struct national n = {0};
    size_t reached = 0, unlisted = 0;
    struct es_error err = {0};

    must(es_trust_new(&n.trust, &err), &err);
    add_file(&n, ES_TRUST_ROOT, "trust/national-roots.pem");
    add_file(&n, ES_TRUST_INTERMEDIATE, "trust/national-cas.pem");
    assert_int_equal(n.count, 107);
    es_trust_free(w->trust);
    w->trust = n.trust;
    w->times = (struct es_times){.now_s = 1654041600, .claim_s = 1654041600, .poe_s = 1654041600};
    w->request.extra_count = 0;
    for (size_t i = 3; i < n.count; i++) {
        w->request.cert = n.certs[i];
        world_judge(w);
        assert_int_equal(count_findings(w, ES_V_CERT_SIGNATURE_INVALID), 0);
        assert_int_equal(count_findings(w, ES_V_CERT_CHAIN_INCOMPLETE), 0);
        assert_int_equal(count_findings(w, ES_V_CERT_CONSTRAINTS), 0);
        if (count_findings(w, ES_V_CERT_ROOT_UNTRUSTED) == 0)
            reached++;
        else
            unlisted++;
    }
    assert_int_equal(reached, 72 + 6 + 13 + 2 + 1);
    assert_int_equal(unlisted, 10);
    for (size_t i = 0; i < n.count; i++)
        es_cert_free(n.certs[i]);
}

static void openssl_agrees_on_a_national_chain(void **state)
{
    char path[1024], command[4096];
    struct es_buf out;
    int code = -1;

    (void) state;
    if (!have_openssl())
        skip();
    sample_path(path, sizeof path, "trust/national-cas.pem");
    snprintf(command, sizeof command,
             "cd \"$(dirname '%s')\" && openssl verify -attime 1654041600 -vfyopt "
             "distid:1234567812345678 -no_check_time -CAfile national-roots.pem national-cas.pem",
             path);
    out = run(command, &code); /* verifies the first: SHECA SM2 below ROOTCA */
    assert_int_equal(code, 0);
    assert_says(&out, "OK");
    es_buf_clear(&out);
}

/* ---- a sound chain ---- */

static void a_sound_chain_gives_no_findings(void **state)
{
    struct world *w = *state;

    EXPECT_NOTHING(w);
    assert_int_equal(w->evidence.len, 3 * ES_SM3_LEN);
    assert_memory_equal(w->evidence.ptr, w->signer.cert->sm3, ES_SM3_LEN);
    assert_memory_equal(w->evidence.ptr + 64, w->root.cert->sm3, ES_SM3_LEN);
}

static void the_second_time_gives_the_same(void **state)
{
    struct world *w = *state;
    struct cert_spec spec = cert_spec_of("signer", w->signer.key, &w->ca, 4);
    enum es_code first, second;

    spec.usage = ES_USAGE_KEY_ENCIPHERMENT;
    world_signer(w, &spec);
    EXPECT(w, ES_V_CERT_KEY_USAGE);
    first = w->findings.first->code;
    EXPECT(w, ES_V_CERT_KEY_USAGE);
    second = w->findings.first->code;
    assert_int_equal(first, second);
}

static void a_chain_over_a_trusted_intermediate_needs_nothing_from_the_document(void **state)
{
    struct world *w = *state;

    w->request.extra_count = 0;
    EXPECT(w, ES_V_CERT_CHAIN_INCOMPLETE);
    world_add(w, ES_TRUST_INTERMEDIATE, w->ca.cert);
    EXPECT_NOTHING(w);
}

static void a_certificate_that_is_an_anchor_needs_no_issuer(void **state)
{
    struct world *w = *state;

    world_add(w, ES_TRUST_ROOT, w->signer.cert);
    w->request.extra_count = 0;
    w->request.no_revocation = false;
    EXPECT_NOTHING(w);
}

static void a_root_in_the_document_is_not_an_anchor(void **state)
{
    struct world *w = *state;

    es_trust_free(w->trust);
    w->trust = NULL;
    struct es_error err = {0};
    must(es_trust_new(&w->trust, &err), &err);
    w->extra[1] = w->root.cert;
    w->request.extra_count = 2;
    EXPECT(w, ES_V_CERT_ROOT_UNTRUSTED);
    world_add(w, ES_TRUST_INTERMEDIATE, w->root.cert);
    EXPECT(w, ES_V_CERT_ROOT_UNTRUSTED);
    world_add(w, ES_TRUST_TSA, w->root.cert);
    EXPECT(w, ES_V_CERT_ROOT_UNTRUSTED);
}

static void a_wrong_signature_under_the_named_issuer_is_told_as_such(void **state)
{
    struct world *w = *state;
    struct cert_spec spec = cert_spec_of("signer", w->signer.key, &w->ca, 4);

    spec.bad_value = true;
    world_signer(w, &spec);
    EXPECT(w, ES_V_CERT_SIGNATURE_INVALID);
    assert_string_equal(world_where(w, ES_V_CERT_SIGNATURE_INVALID), "sig");
}

static void an_issuer_of_that_name_with_another_key_id_is_not_the_issuer(void **state)
{
    struct world *w = *state;
    struct identity other = {.key = key_of(9)};
    struct cert_spec spec = ca_spec_of("issuer", other.key, &w->root, 9);

    other.cert = cert_build(&spec);
    w->extra[0] = other.cert;
    EXPECT(w, ES_V_CERT_CHAIN_INCOMPLETE);
    identity_clear(&other);
}

static void another_issuer_of_that_name_does_not_get_in_the_way(void **state)
{
    struct world *w = *state;
    struct identity other = {.key = key_of(9)};
    struct cert_spec spec = ca_spec_of("issuer", other.key, &w->root, 9);

    spec.key_ids = false;
    other.cert = cert_build(&spec);
    w->extra[0] = other.cert;
    EXPECT(w, ES_V_CERT_SIGNATURE_INVALID);
    w->extra[1] = w->ca.cert;
    w->request.extra_count = 2;
    EXPECT_NOTHING(w);
    identity_clear(&other);
}

static void of_several_chains_the_one_without_flaws_is_taken(void **state)
{
    struct world *w = *state;
    struct cert_spec spec = ca_spec_of("issuer", w->ca.key, &w->root, 8);
    struct es_cert *old;

    spec.not_before_s = T_2026 - 3 * YEAR;
    spec.not_after_s = T_2026 - 2 * YEAR;
    old = cert_build(&spec);
    w->extra[0] = old;
    EXPECT(w, ES_V_CERT_EXPIRED_AT_SIGNING);
    assert_string_equal(world_where(w, ES_V_CERT_EXPIRED_AT_SIGNING), "sig: CN=issuer, C=CN");
    w->extra[1] = w->ca.cert;
    w->request.extra_count = 2;
    EXPECT_NOTHING(w);
    es_cert_free(old);
}

/* ---- cert-01, cert-02: keys and algorithms ---- */

static void explicit_curve_parameters_are_told(void **state)
{
    /* SEQUENCE { SEQUENCE { id-ecPublicKey, SEQUENCE { INTEGER 1 } }, BIT STRING 04 } */
    static const uint8_t spki[] = {0x30, 0x14, 0x30, 0x0e, 0x06, 0x07, 0x2a, 0x86,
                                   0x48, 0xce, 0x3d, 0x02, 0x01, 0x30, 0x03, 0x02,
                                   0x01, 0x01, 0x03, 0x02, 0x00, 0x04};
    struct world *w = *state;
    struct cert_spec spec = cert_spec_of("signer", w->signer.key, &w->ca, 4);

    spec.spki = es_span_of(spki, sizeof spki);
    world_signer(w, &spec);
    EXPECT(w, ES_V_CERT_EXPLICIT_CURVE);
}

/* The base point of P-256 (FIPS 186-4 D.1.2.3) under a curve number. */
static void put_p256(struct es_buf *out, const char *curve)
{
    static const uint8_t point[65] = {
        0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5,
        0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4,
        0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a,
        0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33,
        0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};
    size_t seq = es_der_begin(out, ES_DER_SEQUENCE), alg = es_der_begin(out, ES_DER_SEQUENCE);

    es_der_put_oid(out, "1.2.840.10045.2.1");
    es_der_put_oid(out, curve);
    es_der_end(out, alg);
    es_der_put_bits(out, es_span_of(point, sizeof point));
    es_der_end(out, seq);
}

static void a_p256_key_under_the_sm2_curve_is_told(void **state)
{
    struct world *w = *state;
    struct cert_spec spec = cert_spec_of("signer", w->signer.key, &w->ca, 4);

    put_p256(&w->exts, "1.2.156.10197.1.301");
    spec.spki = es_buf_span(&w->exts);
    world_signer(w, &spec);
    EXPECT(w, ES_V_PUBLIC_KEY_INVALID, ES_V_ALGORITHM_MISMATCH);
}

static void a_p256_key_is_not_an_approved_one(void **state)
{
    struct world *w = *state;
    struct cert_spec spec = cert_spec_of("signer", w->signer.key, &w->ca, 4);

    put_p256(&w->exts, "1.2.840.10045.3.1.7");
    spec.spki = es_buf_span(&w->exts);
    world_signer(w, &spec);
    EXPECT(w, ES_V_ALGORITHM_NOT_APPROVED);
    assert_string_equal(w->findings.first->value[0], "EC-256");
}

static void an_issuer_whose_key_does_not_fit_the_algorithm_is_told(void **state)
{
    struct world *w = *state;
    struct cert_spec spec = ca_spec_of("issuer", w->ca.key, &w->root, 8);

    put_p256(&w->exts, "1.2.840.10045.3.1.7");
    spec.spki = es_buf_span(&w->exts);
    world_ca(w, &spec);
    EXPECT(w, ES_V_ALGORITHM_MISMATCH);
}

static void inner_and_outer_algorithm_must_agree(void **state)
{
    struct world *w = *state;
    struct cert_spec spec = cert_spec_of("signer", w->signer.key, &w->ca, 4);

    spec.alg = "1.2.156.10197.1.504";
    spec.outer_alg = "1.2.156.10197.1.501";
    world_signer(w, &spec);
    EXPECT(w, ES_V_ALGORITHM_MISMATCH);
}

static void an_unknown_signature_algorithm_is_named(void **state)
{
    struct world *w = *state;
    struct cert_spec spec = cert_spec_of("signer", w->signer.key, &w->ca, 4);

    spec.alg = "1.2.3.4.5";
    world_signer(w, &spec);
    EXPECT(w, ES_V_ALGORITHM_UNSUPPORTED);
    assert_string_equal(w->findings.first->value[0], "1.2.3.4.5");
}

static void the_other_curve_number_is_a_deviation_of_form(void **state)
{
    struct world *w = *state;
    struct cert_spec spec = cert_spec_of("signer", w->signer.key, &w->ca, 4);
    size_t seq = es_der_begin(&w->exts, ES_DER_SEQUENCE);
    size_t alg = es_der_begin(&w->exts, ES_DER_SEQUENCE);

    es_der_put_oid(&w->exts, "1.2.840.10045.2.1");
    es_der_put_oid(&w->exts, "1.2.156.10197.1.301.1");
    es_der_end(&w->exts, alg);
    es_der_put_bits(&w->exts, es_pubkey_point(es_key_public(w->signer.key)));
    es_der_end(&w->exts, seq);
    spec.spki = es_buf_span(&w->exts);
    world_signer(w, &spec);
    EXPECT(w, ES_V_FORM_DEVIATION);
    assert_string_equal(w->findings.first->value[0], "curve-OID");
}

/* ---- cert-03: constraints ---- */

static void an_issuer_must_be_a_ca(void **state)
{
    struct world *w = *state;
    struct cert_spec spec = ca_spec_of("issuer", w->ca.key, &w->root, 8);

    spec.ca = 0;
    world_ca(w, &spec);
    EXPECT(w, ES_V_CERT_CONSTRAINTS);
    assert_string_equal(world_where(w, ES_V_CERT_CONSTRAINTS), "sig: CN=issuer, C=CN");
    spec.ca = -1;
    world_ca(w, &spec);
    EXPECT(w, ES_V_CERT_CONSTRAINTS);
}

static void an_issuer_must_be_allowed_to_sign_certificates(void **state)
{
    struct world *w = *state;
    struct cert_spec spec = ca_spec_of("issuer", w->ca.key, &w->root, 8);

    spec.usage = ES_USAGE_DIGITAL_SIGNATURE;
    world_ca(w, &spec);
    EXPECT(w, ES_V_CERT_CONSTRAINTS);
    spec.usage = -1;
    world_ca(w, &spec);
    EXPECT_NOTHING(w);
}

static void a_path_longer_than_allowed_is_told(void **state)
{
    struct world *w = *state;
    struct identity second = {.key = key_of(9)};
    struct cert_spec spec = ca_spec_of("second", second.key, &w->ca, 9);

    second.cert = cert_build(&spec);
    spec = cert_spec_of("signer", w->signer.key, &second, 4);
    world_signer(w, &spec);
    w->extra[1] = second.cert;
    w->request.extra_count = 2;
    EXPECT(w, ES_V_CERT_CONSTRAINTS); /* the issuer allows 0 below */
    identity_clear(&second);
}

static void name_constraints_and_unknown_critical_extensions_stop(void **state)
{
    static const char *const oids[] = {"2.5.29.30", "1.2.3.4"};
    struct world *w = *state;

    for (size_t i = 0; i < 2; i++) {
        struct cert_spec spec = ca_spec_of("issuer", w->ca.key, &w->root, 8);

        es_buf_reset(&w->exts);
        ext_put(&w->exts, oids[i], true, es_span_of("\x30\x00", 2));
        spec.exts = es_buf_span(&w->exts);
        world_ca(w, &spec);
        EXPECT(w, ES_V_CERT_CONSTRAINTS);
    }
}

static void an_unknown_critical_extension_of_the_signer_stops(void **state)
{
    struct world *w = *state;
    struct cert_spec spec = cert_spec_of("signer", w->signer.key, &w->ca, 4);

    ext_put(&w->exts, "1.2.3.4", true, es_span_of("\x05\x00", 2));
    spec.exts = es_buf_span(&w->exts);
    world_signer(w, &spec);
    EXPECT(w, ES_V_CERT_CONSTRAINTS);
}

static void a_signer_listed_as_root_cannot_issue(void **state)
{
    struct world *w = *state;
    struct cert_spec spec = cert_spec_of("lone", w->ca.key, NULL, 8);
    struct identity lone = {.key = w->ca.key};

    spec.ca = 0;
    lone.cert = cert_build(&spec);
    world_add(w, ES_TRUST_ROOT, lone.cert);
    spec = cert_spec_of("signer", w->signer.key, &lone, 4);
    world_signer(w, &spec);
    EXPECT(w, ES_V_CERT_CONSTRAINTS);
    es_cert_free(lone.cert);
}

/* ---- cert-04: usage ---- */

static void a_signer_must_be_allowed_to_sign(void **state)
{
    static const struct {
        int usage;
        bool good;
    } cases[] = {
        {-1, true},
        {ES_USAGE_DIGITAL_SIGNATURE, true},
        {ES_USAGE_NON_REPUDIATION, true},
        {ES_USAGE_DIGITAL_SIGNATURE | ES_USAGE_KEY_ENCIPHERMENT, true},
        {0, false},
        {ES_USAGE_CERT_SIGN | ES_USAGE_CRL_SIGN, false},
        /* the encryption certificate of the pair */
        {ES_USAGE_KEY_ENCIPHERMENT | ES_USAGE_DATA_ENCIPHERMENT | ES_USAGE_KEY_AGREEMENT, false},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cert_spec spec = cert_spec_of("signer", w->signer.key, &w->ca, 4);

        spec.usage = cases[i].usage;
        world_signer(w, &spec);
        if (cases[i].good)
            EXPECT_NOTHING(w);
        else
            EXPECT(w, ES_V_CERT_KEY_USAGE);
    }
}

static void signers_are_not_restricted_by_extended_usage(void **state)
{
    struct world *w = *state;
    struct cert_spec spec = cert_spec_of("signer", w->signer.key, &w->ca, 4);

    spec.eku[0] = "1.3.6.1.5.5.7.3.2";
    world_signer(w, &spec);
    EXPECT_NOTHING(w);
}

static void a_time_stamp_authority_needs_exactly_its_purpose(void **state)
{
    static const struct {
        const char *eku[2];
        bool critical, good;
    } cases[] = {
        {{"1.3.6.1.5.5.7.3.8", NULL}, true, true},
        {{"1.3.6.1.5.5.7.3.8", NULL}, false, false},
        {{NULL, NULL}, false, false},
        {{"1.3.6.1.5.5.7.3.2", NULL}, true, false},
        {{"1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.2"}, true, false},
        {{"1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.9"}, true, false},
    };
    struct world *w = *state;

    world_add(w, ES_TRUST_TSA, w->ca.cert);
    w->request.purpose = ES_PURPOSE_TSA;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cert_spec spec = cert_spec_of("signer", w->signer.key, &w->ca, 4);

        memcpy(spec.eku, cases[i].eku, sizeof spec.eku);
        spec.eku_critical = cases[i].critical;
        world_signer(w, &spec);
        if (cases[i].good)
            EXPECT_NOTHING(w);
        else
            EXPECT(w, ES_V_CERT_KEY_USAGE);
    }
}

static void a_root_for_signers_is_none_for_time_stamps(void **state)
{
    struct world *w = *state;
    struct cert_spec spec = cert_spec_of("signer", w->signer.key, &w->ca, 4);

    spec.eku[0] = "1.3.6.1.5.5.7.3.8";
    spec.eku_critical = true;
    world_signer(w, &spec);
    w->request.purpose = ES_PURPOSE_TSA;
    w->extra[1] = w->root.cert;
    w->request.extra_count = 2;
    EXPECT(w, ES_V_CERT_ROOT_UNTRUSTED);
}

/* ---- dates ---- */

static void dates_of_the_signer_are_judged_by_the_rule_of_ends(void **state)
{
    struct world *w = *state;
    struct cert_spec spec = cert_spec_of("signer", w->signer.key, &w->ca, 4);

    spec.not_before_s = T_2026 - 100 * DAY;
    spec.not_after_s = T_2026 - 10 * DAY;
    world_signer(w, &spec);
    w->times.claim_s = T_2026 - 101 * DAY;
    EXPECT(w, ES_V_CERT_NOT_YET_VALID_AT_SIGNING);
    assert_int_equal(w->findings.first->check, ES_CHECK_SIGNER_CERT_TIME);
    w->times.claim_s = T_2026 - 5 * DAY;
    EXPECT(w, ES_V_CERT_EXPIRED_AT_SIGNING);
    w->times.claim_s = T_2026 - 20 * DAY;
    EXPECT(w, ES_V_CERT_EXPIRED_NO_POE);
    w->times.trust_claim = true;
    EXPECT(w, ES_V_CERT_EXPIRED_AFTER_SIGNING);
    w->times.trust_claim = false;
    w->times.proved = true;
    w->times.poe_s = T_2026 - 15 * DAY;
    EXPECT(w, ES_V_CERT_EXPIRED_AFTER_SIGNING);
}

static void dates_of_the_anchor_count_too(void **state)
{
    struct world *w = *state;

    w->times.now_s = w->times.poe_s = T_2026 + 21LL * YEAR;
    EXPECT(w, ES_V_CERT_EXPIRED_NO_POE);
}

/* ---- cert-07: loops and crowds ---- */

static void a_loop_is_an_incomplete_chain(void **state)
{
    struct world *w = *state;
    struct identity a = {.key = key_of(9)}, b = {.key = key_of(10)};
    struct cert_spec spec = ca_spec_of("loop b", b.key, NULL, 8);

    spec.key_ids = false;
    b.cert = cert_build(&spec);
    spec = ca_spec_of("loop a", a.key, &b, 9);
    spec.key_ids = false;
    a.cert = cert_build(&spec);
    es_cert_free(b.cert);
    spec = ca_spec_of("loop b", b.key, &a, 10);
    spec.key_ids = false;
    b.cert = cert_build(&spec);
    spec = cert_spec_of("signer", w->signer.key, &a, 4);
    world_signer(w, &spec);
    w->extra[0] = a.cert;
    w->extra[1] = b.cert;
    w->request.extra_count = 2;
    EXPECT(w, ES_V_CERT_CHAIN_INCOMPLETE);
    identity_clear(&a);
    identity_clear(&b);
}

static void a_crowd_of_would_be_issuers_meets_a_limit(void **state)
{
    struct world *w = *state;

    for (size_t i = 0; i < 600; i++) {
        struct cert_spec spec = ca_spec_of("issuer", w->root.key, NULL, 1000 + i);

        spec.key_ids = false;
        w->extra[i] = cert_build(&spec);
    }
    w->request.extra_count = 600;
    EXPECT(w, ES_V_LIMIT_EXCEEDED);
    world_add(w, ES_TRUST_INTERMEDIATE, w->ca.cert); /* what is trusted is tried first */
    EXPECT_NOTHING(w);
    for (size_t i = 0; i < 600; i++) {
        struct es_cert *cert = es_cert_ref(w->extra[i]);

        es_cert_free(cert);
        es_cert_free(cert);
    }
}

static void a_chain_of_more_than_eight_meets_a_limit(void **state)
{
    struct world *w = *state;
    struct identity line[9];
    struct cert_spec spec;

    for (uint8_t i = 0; i < 9; i++) {
        char name[16];

        snprintf(name, sizeof name, "ca %u", i);
        line[i].key = key_of((uint8_t) (20 + i));
        spec = ca_spec_of(name, line[i].key, i ? &line[i - 1] : &w->root, 20u + i);
        line[i].cert = cert_build(&spec);
        w->extra[i] = line[i].cert;
    }
    w->request.extra_count = 9;
    spec = cert_spec_of("signer", w->signer.key, &line[5], 4);
    world_signer(w, &spec); /* signer, six issuers, root: eight */
    EXPECT_NOTHING(w);
    spec = cert_spec_of("signer", w->signer.key, &line[6], 4);
    world_signer(w, &spec);
    EXPECT(w, ES_V_LIMIT_EXCEEDED);
    for (size_t i = 0; i < 9; i++)
        identity_clear(&line[i]);
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(national_certificates_reach_the_national_roots),
        T(openssl_agrees_on_a_national_chain),
        T(a_sound_chain_gives_no_findings),
        T(the_second_time_gives_the_same),
        T(a_chain_over_a_trusted_intermediate_needs_nothing_from_the_document),
        T(a_certificate_that_is_an_anchor_needs_no_issuer),
        T(a_root_in_the_document_is_not_an_anchor),
        T(a_wrong_signature_under_the_named_issuer_is_told_as_such),
        T(an_issuer_of_that_name_with_another_key_id_is_not_the_issuer),
        T(another_issuer_of_that_name_does_not_get_in_the_way),
        T(of_several_chains_the_one_without_flaws_is_taken),
        T(explicit_curve_parameters_are_told),
        T(a_p256_key_under_the_sm2_curve_is_told),
        T(a_p256_key_is_not_an_approved_one),
        T(an_issuer_whose_key_does_not_fit_the_algorithm_is_told),
        T(inner_and_outer_algorithm_must_agree),
        T(an_unknown_signature_algorithm_is_named),
        T(the_other_curve_number_is_a_deviation_of_form),
        T(an_issuer_must_be_a_ca),
        T(an_issuer_must_be_allowed_to_sign_certificates),
        T(a_path_longer_than_allowed_is_told),
        T(name_constraints_and_unknown_critical_extensions_stop),
        T(an_unknown_critical_extension_of_the_signer_stops),
        T(a_signer_listed_as_root_cannot_issue),
        T(a_signer_must_be_allowed_to_sign),
        T(signers_are_not_restricted_by_extended_usage),
        T(a_time_stamp_authority_needs_exactly_its_purpose),
        T(a_root_for_signers_is_none_for_time_stamps),
        T(dates_of_the_signer_are_judged_by_the_rule_of_ends),
        T(dates_of_the_anchor_count_too),
        T(a_loop_is_an_incomplete_chain),
        T(a_crowd_of_would_be_issuers_meets_a_limit),
        T(a_chain_of_more_than_eight_meets_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
