/*
 * Revocation: cert-05 and cert-06 of verification.md 9.5, and what CRLs and OCSP answers must be
 * to count. The expected codes are the table of verification.md 5.
 */
#include "chain_fixture.h"

/* Both certificates of the chain are covered by fresh lists unless a test says otherwise. */
static struct crl_spec crl_of(const struct identity *issuer)
{
    return (struct crl_spec){
        .issuer = issuer, .this_s = T_2026 - 3600, .next_s = T_2026 + DAY, .reason = -1};
}

static void cover_ca(struct world *w)
{
    struct crl_spec crl = crl_of(&w->root);

    world_crl(w, &crl);
}

static int revocation_setup(void **state)
{
    struct world *w;

    (void) world_setup(state);
    w = *state;
    w->request.no_revocation = false;
    cover_ca(w);
    return 0;
}

static void without_data_the_state_is_unavailable(void **state)
{
    struct world *w = *state;

    world_new_trust(w);
    EXPECT(w, ES_V_REVOCATION_UNAVAILABLE);
    assert_int_equal(w->findings.count, 2); /* signer and issuer */
    assert_int_equal(w->findings.first->check, ES_CHECK_SIGNER_CERT_REVOCATION);
    cover_ca(w);
    EXPECT(w, ES_V_REVOCATION_UNAVAILABLE);
    assert_int_equal(w->findings.count, 1);
    assert_string_equal(w->findings.first->where, "sig");
}

static void without_a_chain_the_state_is_unavailable(void **state)
{
    struct world *w = *state;

    w->request.extra_count = 0;
    EXPECT(w, ES_V_CERT_CHAIN_INCOMPLETE, ES_V_REVOCATION_UNAVAILABLE);
}

static void fresh_lists_that_do_not_name_the_certificates_are_good(void **state)
{
    struct world *w = *state;
    struct crl_spec crl = crl_of(&w->ca);

    crl.serial = 99;
    crl.revoked_s = T_2026 - 20 * DAY;
    world_crl(w, &crl);
    EXPECT_NOTHING(w);
    assert_int_equal(w->evidence.len, 5 * ES_SM3_LEN); /* three certificates, two lists */
}

static void no_revocation_asks_for_nothing(void **state)
{
    struct world *w = *state;

    world_new_trust(w);
    w->request.no_revocation = true;
    EXPECT_NOTHING(w);
}

static void revoke_signer(struct world *w, int64_t at_s, int reason, int64_t invalid_s)
{
    struct crl_spec crl = crl_of(&w->ca);

    world_new_trust(w);
    cover_ca(w);
    crl.serial = 3;
    crl.revoked_s = at_s;
    crl.reason = reason;
    crl.invalid_s = invalid_s;
    world_crl(w, &crl);
}

/* cert-05 */
static void revocation_is_judged_by_the_rule_of_ends(void **state)
{
    struct world *w = *state;

    revoke_signer(w, T_2026 - 2 * DAY, -1, 0);
    w->times.claim_s = T_2026 - DAY;
    EXPECT(w, ES_V_CERT_REVOKED_AT_SIGNING);
    w->times.claim_s = T_2026 - 3 * DAY;
    EXPECT(w, ES_V_CERT_REVOKED_NO_POE);
    w->times.trust_claim = true;
    EXPECT(w, ES_V_CERT_REVOKED_AFTER_SIGNING);
    w->times.trust_claim = false;
    w->times.proved = true;
    w->times.poe_s = T_2026 - 2 * DAY - 1;
    EXPECT(w, ES_V_CERT_REVOKED_AFTER_SIGNING);
    w->times.poe_s = T_2026 - 2 * DAY + 1;
    EXPECT(w, ES_V_CERT_REVOKED_NO_POE);
}

static void for_a_lost_key_the_time_of_loss_counts(void **state)
{
    struct world *w = *state;

    w->times.claim_s = T_2026 - 3 * DAY;
    w->times.proved = true;
    w->times.poe_s = T_2026 - 3 * DAY;
    revoke_signer(w, T_2026 - 2 * DAY, 1, T_2026 - 4 * DAY); /* keyCompromise */
    EXPECT(w, ES_V_CERT_REVOKED_AT_SIGNING);
    revoke_signer(w, T_2026 - 2 * DAY, -1, T_2026 - 4 * DAY); /* no reason rules it out */
    EXPECT(w, ES_V_CERT_REVOKED_AT_SIGNING);
    revoke_signer(w, T_2026 - 2 * DAY, 4, T_2026 - 4 * DAY); /* superseded */
    EXPECT(w, ES_V_CERT_REVOKED_AFTER_SIGNING);
    revoke_signer(w, T_2026 - 2 * DAY, 1, T_2026 - DAY); /* later: of no use */
    EXPECT(w, ES_V_CERT_REVOKED_AFTER_SIGNING);
}

static void remove_from_crl_is_not_revoked(void **state)
{
    struct world *w = *state;

    revoke_signer(w, T_2026 - 2 * DAY, 8, 0);
    EXPECT_NOTHING(w);
}

static void a_revoked_issuer_is_told_apart(void **state)
{
    struct world *w = *state;
    struct crl_spec crl = crl_of(&w->root), own = crl_of(&w->ca);

    world_new_trust(w);
    world_crl(w, &own);
    crl.serial = 2;
    crl.revoked_s = T_2026 - 2 * DAY;
    world_crl(w, &crl);
    w->times.claim_s = T_2026 - 3 * DAY;
    EXPECT(w, ES_V_CA_REVOKED_NO_POE);
    assert_string_equal(w->findings.first->where, "sig: CN=issuer, C=CN");
    w->times.trust_claim = true; /* trusting the claim is no proof */
    EXPECT(w, ES_V_CA_REVOKED_NO_POE);
    w->times.claim_s = T_2026 - DAY;
    EXPECT(w, ES_V_CA_REVOKED_NO_POE);
    w->times.claim_s = w->times.poe_s = T_2026 - 3 * DAY;
    w->times.proved = true;
    EXPECT(w, ES_V_CERT_REVOKED_AFTER_SIGNING);
}

/* ---- age ---- */

static void old_data_is_stale(void **state)
{
    struct world *w = *state;
    struct crl_spec crl = crl_of(&w->ca);

    crl.this_s = T_2026 - 7 * DAY;
    crl.next_s = 0;
    world_crl(w, &crl);
    EXPECT_NOTHING(w);
    w->request.revocation_max_age_s = 7 * DAY - 1;
    EXPECT(w, ES_V_REVOCATION_STALE);
}

static void data_past_its_own_next_update_is_stale(void **state)
{
    struct world *w = *state;
    struct crl_spec crl = crl_of(&w->ca);

    crl.next_s = T_2026 - 1;
    world_crl(w, &crl);
    EXPECT(w, ES_V_REVOCATION_STALE);
}

static void stale_data_that_says_revoked_still_says_so(void **state)
{
    struct world *w = *state;
    struct crl_spec crl = crl_of(&w->ca);

    crl.this_s = T_2026 - 30 * DAY;
    crl.serial = 3;
    crl.revoked_s = T_2026 - 40 * DAY;
    world_crl(w, &crl);
    EXPECT(w, ES_V_CERT_REVOKED_AT_SIGNING);
    crl.reason = 6; /* a hold may have been lifted since */
    crl.this_s = T_2026 - 29 * DAY;
    world_crl(w, &crl);
    EXPECT(w, ES_V_CERT_REVOKED_AT_SIGNING, ES_V_REVOCATION_STALE);
}

static void under_strict_data_must_be_newer_than_the_proof(void **state)
{
    struct world *w = *state;
    struct crl_spec crl = crl_of(&w->ca);

    world_crl(w, &crl); /* this update: an hour before now */
    w->request.revocation_after_proof = true;
    w->times.proved = true;
    w->times.poe_s = T_2026 - 3600;
    EXPECT_NOTHING(w);
    w->times.poe_s = T_2026 - 3599;
    EXPECT(w, ES_V_REVOCATION_STALE);
    w->times.poe_s = w->times.claim_s;
    w->times.now_s = T_2026 + YEAR; /* as good as on its first day */
    EXPECT_NOTHING(w);
    w->times.proved = false;
    w->times.poe_s = w->times.now_s;
    EXPECT(w, ES_V_REVOCATION_STALE);
}

static void data_from_the_future_does_not_count(void **state)
{
    struct world *w = *state;
    struct crl_spec crl = crl_of(&w->ca);

    crl.this_s = T_2026 + 3600;
    crl.next_s = T_2026 + 7200;
    world_crl(w, &crl);
    EXPECT(w, ES_V_REVOCATION_UNTRUSTED);
}

static void the_newest_word_counts(void **state)
{
    struct world *w = *state;
    struct crl_spec crl = crl_of(&w->ca);

    crl.serial = 3;
    crl.reason = 6;
    crl.revoked_s = T_2026 - 5 * DAY;
    crl.this_s = T_2026 - 4 * DAY;
    world_crl(w, &crl);
    EXPECT(w, ES_V_CERT_REVOKED_AT_SIGNING);
    crl = crl_of(&w->ca); /* the hold was lifted */
    world_crl(w, &crl);
    EXPECT_NOTHING(w);
}

/* ---- cert-06: sources ---- */

static void a_list_of_another_authority_of_that_name_does_not_count(void **state)
{
    struct world *w = *state;
    struct crl_spec crl = crl_of(&w->ca);
    struct es_key *other = key_of(9);

    crl.sign_key = other;
    world_crl(w, &crl);
    EXPECT(w, ES_V_REVOCATION_UNTRUSTED);
    crl = crl_of(&w->ca); /* it does not get in the way of the right one either */
    crl.this_s -= 60;
    world_crl(w, &crl);
    EXPECT_NOTHING(w);
    es_key_free(other);
}

static void a_list_under_another_name_is_about_nobody_here(void **state)
{
    struct world *w = *state;
    struct crl_spec crl = crl_of(&w->ca);
    struct es_buf name = ES_BUF_INIT(1000);

    name_put_cn(&name, ES_DER_UTF8_STRING, es_span_str("somebody"));
    crl.issuer_name = es_buf_span(&name);
    world_crl(w, &crl);
    EXPECT(w, ES_V_REVOCATION_UNAVAILABLE);
    es_buf_clear(&name);
}

static void a_list_needs_an_issuer_that_may_sign_lists(void **state)
{
    struct world *w = *state;
    struct cert_spec spec = ca_spec_of("issuer", w->ca.key, &w->root, 2);
    struct crl_spec crl;

    spec.usage = ES_USAGE_CERT_SIGN;
    world_ca(w, &spec);
    crl = crl_of(&w->ca);
    world_crl(w, &crl);
    EXPECT(w, ES_V_REVOCATION_UNTRUSTED);
}

static void parts_and_deltas_do_not_count(void **state)
{
    static const struct {
        const char *oid;
        bool critical;
    } cases[] = {{"2.5.29.27", true}, {"2.5.29.28", true}, {"2.5.29.28", false}, {"1.2.3", true}};
    struct world *w = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct crl_spec crl = crl_of(&w->ca);

        world_new_trust(w);
        cover_ca(w);
        es_buf_reset(&w->exts);
        ext_put(&w->exts, cases[i].oid, cases[i].critical, es_span_of("\x30\x00", 2));
        crl.exts = es_buf_span(&w->exts);
        world_crl(w, &crl);
        EXPECT(w, ES_V_REVOCATION_UNTRUSTED);
    }
}

/* ---- OCSP ---- */

static struct ocsp_spec ocsp_of(const struct world *w)
{
    return (struct ocsp_spec){.about = w->signer.cert,
                              .issuer = &w->ca,
                              .responder = &w->ca,
                              .digest = ES_DIGEST_SM3,
                              .this_s = T_2026 - 3600,
                              .next_s = T_2026 + 3600};
}

static struct identity responder_of(const struct world *w, const char *eku)
{
    struct identity id = {.key = key_of(11)};
    struct cert_spec spec = cert_spec_of("responder", id.key, &w->ca, 11);

    spec.eku[0] = eku;
    id.cert = cert_build(&spec);
    return id;
}

static void an_answer_of_the_issuer_counts_whatever_the_digest(void **state)
{
    static const enum es_digest digests[] = {ES_DIGEST_SM3, ES_DIGEST_SHA1, ES_DIGEST_SHA256};
    struct world *w = *state;

    for (size_t i = 0; i < 3; i++)
        for (int by_key = 0; by_key < 2; by_key++) {
            struct ocsp_spec ocsp = ocsp_of(w);

            world_new_trust(w);
            cover_ca(w);
            ocsp.digest = digests[i];
            ocsp.by_key = by_key;
            world_ocsp(w, &ocsp);
            EXPECT_NOTHING(w);
        }
}

static void an_answer_by_md5_is_about_nobody(void **state)
{
    struct world *w = *state;
    struct ocsp_spec ocsp = ocsp_of(w);

    ocsp.digest = ES_DIGEST_MD5;
    world_ocsp(w, &ocsp);
    EXPECT(w, ES_V_REVOCATION_UNAVAILABLE);
}

static void an_answer_may_say_revoked(void **state)
{
    struct world *w = *state;
    struct ocsp_spec ocsp = ocsp_of(w);

    ocsp.state = 1;
    ocsp.reason = 1;
    ocsp.revoked_s = T_2026 - 2 * DAY;
    world_ocsp(w, &ocsp);
    EXPECT(w, ES_V_CERT_REVOKED_AT_SIGNING);
    w->times.claim_s = T_2026 - 3 * DAY;
    EXPECT(w, ES_V_CERT_REVOKED_NO_POE);
}

static void an_answer_unknown_is_no_answer(void **state)
{
    struct world *w = *state;
    struct ocsp_spec ocsp = ocsp_of(w);

    ocsp.state = 2;
    world_ocsp(w, &ocsp);
    EXPECT(w, ES_V_REVOCATION_UNAVAILABLE);
}

static void a_responder_certified_by_the_issuer_counts(void **state)
{
    struct world *w = *state;
    struct identity responder = responder_of(w, "1.3.6.1.5.5.7.3.9");
    struct ocsp_spec ocsp = ocsp_of(w);

    ocsp.responder = &responder;
    world_ocsp(w, &ocsp);
    EXPECT(w, ES_V_REVOCATION_UNTRUSTED); /* its certificate is not at hand */
    ocsp.with_cert = true;
    world_ocsp(w, &ocsp);
    EXPECT_NOTHING(w);
    identity_clear(&responder);
}

static void a_responder_without_the_purpose_does_not_count(void **state)
{
    struct world *w = *state;
    struct identity responder = responder_of(w, "1.3.6.1.5.5.7.3.2");
    struct ocsp_spec ocsp = ocsp_of(w);

    ocsp.responder = &responder;
    ocsp.with_cert = true;
    world_ocsp(w, &ocsp);
    EXPECT(w, ES_V_REVOCATION_UNTRUSTED);
    identity_clear(&responder);
}

static void a_responder_certified_by_somebody_else_does_not_count(void **state)
{
    struct world *w = *state;
    struct identity responder = {.key = key_of(11)};
    struct cert_spec spec = cert_spec_of("responder", responder.key, &w->root, 11);
    struct ocsp_spec ocsp = ocsp_of(w);

    spec.eku[0] = "1.3.6.1.5.5.7.3.9";
    responder.cert = cert_build(&spec);
    ocsp.responder = &responder;
    ocsp.with_cert = true;
    world_ocsp(w, &ocsp);
    EXPECT(w, ES_V_REVOCATION_UNTRUSTED);
    identity_clear(&responder);
}

static void a_revoked_responder_does_not_count(void **state)
{
    struct world *w = *state;
    struct identity responder = responder_of(w, "1.3.6.1.5.5.7.3.9");
    struct ocsp_spec ocsp = ocsp_of(w);
    struct crl_spec crl = crl_of(&w->ca);

    ocsp.responder = &responder;
    ocsp.with_cert = true;
    world_ocsp(w, &ocsp);
    crl.serial = 11;
    crl.revoked_s = T_2026 - 5 * DAY;
    crl.this_s -= 30 * DAY; /* stale, so that the answer would be the newer word */
    world_crl(w, &crl);
    EXPECT(w, ES_V_REVOCATION_STALE);
    identity_clear(&responder);
}

static void an_answer_for_another_serial_is_not_about_this_one(void **state)
{
    struct world *w = *state;
    struct ocsp_spec ocsp = ocsp_of(w);

    ocsp.serial = 4;
    world_ocsp(w, &ocsp);
    EXPECT(w, ES_V_REVOCATION_UNAVAILABLE);
}

static void an_old_answer_replayed_is_stale(void **state)
{
    struct world *w = *state;
    struct ocsp_spec ocsp = ocsp_of(w);

    ocsp.this_s = T_2026 - 30 * DAY;
    ocsp.next_s = T_2026 - 29 * DAY;
    world_ocsp(w, &ocsp);
    EXPECT(w, ES_V_REVOCATION_STALE);
}

static void an_answer_newer_than_the_list_counts(void **state)
{
    struct world *w = *state;
    struct crl_spec crl = crl_of(&w->ca);
    struct ocsp_spec ocsp = ocsp_of(w);

    world_crl(w, &crl);
    ocsp.state = 1;
    ocsp.revoked_s = T_2026 - 2 * DAY;
    ocsp.this_s = crl.this_s; /* at the same time revocation wins */
    world_ocsp(w, &ocsp);
    EXPECT(w, ES_V_CERT_REVOKED_AT_SIGNING);
    crl.this_s++;
    world_crl(w, &crl);
    EXPECT_NOTHING(w);
}

/* ---- decoding ---- */

typedef es_status add_fn(struct es_trust *trust, struct es_span der, struct es_error *err);

static void cut_and_flip(struct world *w, struct es_buf *der, add_fn *add)
{
    struct es_error err = {0};

    for (size_t len = 0; len < der->len; len++)
        assert_int_not_equal(add(w->trust, es_span_of(der->ptr, len), &err), ES_OK);
    for (size_t i = 0; i < der->len; i++) {
        der->ptr[i] ^= 0x01;
        (void) !add(w->trust, es_buf_span(der), &err);
        der->ptr[i] ^= 0x81;
        (void) !add(w->trust, es_buf_span(der), &err);
        der->ptr[i] ^= 0x80;
    }
}

/* No bit of a list or answer that says "revoked" can be changed so that the certificate is good. */
static void flipped_revocation_data_never_reads_as_good(void **state)
{
    struct world *w = *state;
    struct crl_spec crl = crl_of(&w->ca);
    struct ocsp_spec ocsp = ocsp_of(w);

    crl.serial = 3;
    crl.revoked_s = T_2026 - 2 * DAY;
    es_buf_reset(&w->der);
    crl_put(&w->der, &crl);
    cut_and_flip(w, &w->der, es_trust_add_crl);
    ocsp.state = 1;
    ocsp.revoked_s = T_2026 - 2 * DAY;
    es_buf_reset(&w->der);
    ocsp_put(&w->der, &ocsp);
    cut_and_flip(w, &w->der, es_trust_add_ocsp);
    world_judge(w);
    assert_true(es_findings_have(&w->findings, ES_V_REVOCATION_UNTRUSTED) ||
                es_findings_have(&w->findings, ES_V_CERT_REVOKED_AT_SIGNING));
}

static void a_list_with_a_hundred_thousand_entries_is_searched(void **state)
{
    struct world *w = *state;
    struct es_revoked *revoked = calloc(100000, sizeof *revoked);
    uint8_t(*serials)[4] = calloc(100000, sizeof *serials);
    struct es_buf der = ES_BUF_INIT(64 << 20);
    struct es_error err = {0};

    assert_non_null(revoked);
    assert_non_null(serials);
    for (uint32_t i = 0; i < 100000; i++) {
        uint32_t n = 0x01000000u + (i * 7919u) % 1000003u;

        for (size_t k = 0; k < 4; k++)
            serials[i][k] = (uint8_t) (n >> (24 - 8 * k));
        revoked[i] = (struct es_revoked){
            .serial = es_span_of(serials[i], 4), .time_s = T_2026 - 2 * DAY, .reason = -1};
    }
    revoked[77777].serial = w->signer.cert->serial;
    must(es_crl_make(w->ca.cert, w->ca.key, revoked, 100000, 1, T_2026 - 3600, T_2026 + DAY, &der,
                     &err),
         &err);
    must(es_trust_add_crl(w->trust, es_buf_span(&der), &err), &err);
    EXPECT(w, ES_V_CERT_REVOKED_AT_SIGNING);
    es_buf_clear(&der);
    free(revoked);
    free(serials);
}

#define T(name) cmocka_unit_test_setup_teardown(name, revocation_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(without_data_the_state_is_unavailable),
        T(without_a_chain_the_state_is_unavailable),
        T(fresh_lists_that_do_not_name_the_certificates_are_good),
        T(no_revocation_asks_for_nothing),
        T(revocation_is_judged_by_the_rule_of_ends),
        T(for_a_lost_key_the_time_of_loss_counts),
        T(remove_from_crl_is_not_revoked),
        T(a_revoked_issuer_is_told_apart),
        T(old_data_is_stale),
        T(data_past_its_own_next_update_is_stale),
        T(stale_data_that_says_revoked_still_says_so),
        T(under_strict_data_must_be_newer_than_the_proof),
        T(data_from_the_future_does_not_count),
        T(the_newest_word_counts),
        T(a_list_of_another_authority_of_that_name_does_not_count),
        T(a_list_under_another_name_is_about_nobody_here),
        T(a_list_needs_an_issuer_that_may_sign_lists),
        T(parts_and_deltas_do_not_count),
        T(an_answer_of_the_issuer_counts_whatever_the_digest),
        T(an_answer_by_md5_is_about_nobody),
        T(an_answer_may_say_revoked),
        T(an_answer_unknown_is_no_answer),
        T(a_responder_certified_by_the_issuer_counts),
        T(a_responder_without_the_purpose_does_not_count),
        T(a_responder_certified_by_somebody_else_does_not_count),
        T(a_revoked_responder_does_not_count),
        T(an_answer_for_another_serial_is_not_about_this_one),
        T(an_old_answer_replayed_is_stale),
        T(an_answer_newer_than_the_list_counts),
        T(flipped_revocation_data_never_reads_as_good),
        T(a_list_with_a_hundred_thousand_entries_is_searched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
