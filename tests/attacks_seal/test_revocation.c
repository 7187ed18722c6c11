/*
 * Revocation (verification.md 9.5, cert-05 and cert-06; the rule of ends in section 5): when a
 * certificate was revoked against when the document is known to be older, and whose word counts.
 */
#include "cert_builder.h"
#include "forge.h"

#define MINUTE 60
#define HOUR 3600
#define REASON_KEY_COMPROMISE 1

static struct identity identity_in(const struct world *w, enum world_who who)
{
    return (struct identity){.key = w->keys[who], .cert = w->certs[who]};
}

static uint64_t serial_of(enum world_who who)
{
    return 0x1000 + (uint64_t) who;
}

/* The world's document, with a time stamp when stamp_s is not 0. */
static void expect_document(struct world *w, struct es_trust *trust, int64_t stamp_s, int policy,
                            enum es_outcome outcome, const char *codes)
{
    const struct lax lax = {.with_time_stamp = stamp_s != 0, .time_stamp_s = stamp_s};
    ES_AUTO(es_buf) zip = ES_BUF_INIT((size_t) 1 << 26);
    struct es_report report;
    struct pkg pkg = {0};

    pkg_copy(&w->document, &pkg);
    world_lax_sign(w, &pkg, &lax);
    pkg_write(&pkg, &zip);
    world_verify_with(w, es_buf_span(&zip), policy, trust, NULL, &report);
    expect_report(&report, outcome, codes);
    es_report_clear(&report);
    pkg_clear(&pkg);
}

/* ---- what is said ---- */

static struct crl_spec crl_of(const struct identity *issuer)
{
    return (struct crl_spec){
        .issuer = issuer, .this_s = WORLD_NOW_S - HOUR, .next_s = WORLD_NOW_S + DAY, .reason = -1};
}

static void add_crl(struct es_trust *trust, const struct crl_spec *spec)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(65536);

    crl_put(&der, spec);
    FORGE_OK(es_trust_add_crl(trust, es_buf_span(&der), err));
}

/* A good answer about somebody by the root itself; change it, then add it. */
static struct ocsp_spec ocsp_of(struct world *w, enum world_who who, const struct identity *root)
{
    return (struct ocsp_spec){.about = w->certs[who],
                              .issuer = root,
                              .responder = root,
                              .digest = ES_DIGEST_SM3,
                              .reason = REASON_KEY_COMPROMISE,
                              .this_s = WORLD_NOW_S - HOUR,
                              .next_s = WORLD_NOW_S + DAY};
}

static void add_ocsp(struct es_trust *trust, const struct ocsp_spec *spec)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(65536);

    ocsp_put(&der, spec);
    FORGE_OK(es_trust_add_ocsp(trust, es_buf_span(&der), err));
}

/* ---- cert-05 ---- */

struct when {
    int64_t revoked_s;
    int64_t stamp_s; /* 0: no proof */
    int policy;
    enum es_outcome outcome;
    const char *codes;
};
static const struct when table[] = {
    {WORLD_SIGN_S - DAY, 0, ES_POLICY_ASSURED, ES_OUTCOME_INVALID, "cert_revoked_at_signing"},
    {WORLD_SIGN_S - DAY, WORLD_SIGN_S + MINUTE, ES_POLICY_ASSURED, ES_OUTCOME_INVALID,
     "cert_revoked_at_signing"},
    {WORLD_SIGN_S - DAY, 0, ES_POLICY_STANDARD, ES_OUTCOME_INVALID, "cert_revoked_at_signing"},
    {WORLD_SIGN_S, 0, ES_POLICY_ASSURED, ES_OUTCOME_INVALID, "cert_revoked_at_signing"},
    {WORLD_SIGN_S + HOUR, 0, ES_POLICY_ASSURED, ES_OUTCOME_INDETERMINATE, "cert_revoked_no_poe"},
    {WORLD_SIGN_S + HOUR, 0, ES_POLICY_STANDARD, ES_OUTCOME_VALID,
     "cert_revoked_after_signing time_claimed_only"},
    {WORLD_SIGN_S + HOUR, WORLD_SIGN_S + MINUTE, ES_POLICY_ASSURED, ES_OUTCOME_VALID,
     "cert_revoked_after_signing !cert_revoked_no_poe"},
    {WORLD_SIGN_S + HOUR, WORLD_SIGN_S + 2 * HOUR, ES_POLICY_ASSURED, ES_OUTCOME_INDETERMINATE,
     "cert_revoked_no_poe"},
    /* a proof after the end takes nothing away from the claim under standard, and adds nothing */
    {WORLD_SIGN_S + HOUR, WORLD_SIGN_S + 2 * HOUR, ES_POLICY_STANDARD, ES_OUTCOME_INDETERMINATE,
     "cert_revoked_no_poe"},
};

static void expect_table(struct world *w, enum world_who who, bool by_ocsp)
{
    struct identity root = identity_in(w, WHO_ROOT);

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        ES_AUTO_PTR(es_trust) trust = world_trust_without_crl(w);
        struct ocsp_spec ocsp = ocsp_of(w, who, &root);
        struct crl_spec crl = crl_of(&root);

        print_message("# row %zu\n", i);
        crl.serial = by_ocsp ? 0 : serial_of(who);
        crl.revoked_s = table[i].revoked_s;
        crl.this_s -= by_ocsp ? MINUTE : 0; /* the answer is the newer word */
        add_crl(trust, &crl);
        ocsp.state = 1;
        ocsp.revoked_s = table[i].revoked_s;
        if (by_ocsp)
            add_ocsp(trust, &ocsp);
        expect_document(w, trust, table[i].stamp_s, table[i].policy, table[i].outcome,
                        table[i].codes);
    }
}

static void a_revoked_signer_is_judged_by_the_rule_of_ends(void **state)
{
    expect_table(*state, WHO_SIGNER, false);
    expect_table(*state, WHO_SIGNER, true);
}

static void a_revoked_maker_is_judged_by_the_rule_of_ends(void **state)
{
    expect_table(*state, WHO_MAKER, false);
    expect_table(*state, WHO_MAKER, true);
}

/* SPEC verification.md 5: after the loss of a key its stated time counts, if it is earlier. */
static void the_stated_time_of_loss_counts_when_it_is_earlier(void **state)
{
    struct world *w = *state;
    ES_AUTO_PTR(es_trust) trust = world_trust_without_crl(w);
    struct identity root = identity_in(w, WHO_ROOT);
    struct crl_spec crl = crl_of(&root);

    crl.serial = serial_of(WHO_SIGNER);
    crl.revoked_s = WORLD_SIGN_S + HOUR;
    crl.reason = REASON_KEY_COMPROMISE;
    crl.invalid_s = WORLD_SIGN_S - DAY;
    add_crl(trust, &crl);
    expect_document(w, trust, WORLD_SIGN_S + MINUTE, ES_POLICY_ASSURED, ES_OUTCOME_INVALID,
                    "cert_revoked_at_signing");
}

/* ---- a revoked issuer ---- */

static void expect_issuer_revoked(struct world *w, int64_t stamp_s, enum es_outcome outcome,
                                  const char *codes)
{
    ES_AUTO_PTR(es_trust) trust = world_trust_without_crl(w);
    struct identity root = identity_in(w, WHO_ROOT), middle = {.key = w->keys[WHO_OTHER]};
    struct cert_spec spec = ca_spec_of("示例中间", middle.key, &root, 0x6001);
    struct crl_spec crl = crl_of(&root);
    ES_AUTO(es_buf) token = ES_BUF_INIT(65536);
    struct es_cert *signer;
    struct forge f;

    middle.cert = cert_build(&spec);
    spec = cert_spec_of("示例市档案局", w->keys[WHO_STRANGER_MAKER], &middle, 0x6002);
    signer = cert_build(&spec);
    FORGE_OK(es_trust_add_cert(trust, ES_TRUST_INTERMEDIATE, middle.cert, err));
    crl.serial = 0x6001;
    crl.revoked_s = WORLD_SIGN_S + HOUR;
    add_crl(trust, &crl);
    crl = crl_of(&middle);
    add_crl(trust, &crl);
    forge_init(&f, w);
    forge_signer(&f, signer, w->keys[WHO_STRANGER_MAKER]);
    f.stamp.at_s = stamp_s;
    forge_expect_with(&f, trust, ES_POLICY_ASSURED, outcome, codes);
    forge_clear(&f);
    es_cert_free(signer);
    es_cert_free(middle.cert);
}

static void a_revoked_issuer_needs_proof_of_earlier_sealing(void **state)
{
    expect_issuer_revoked(*state, 0, ES_OUTCOME_INDETERMINATE, "ca_revoked_no_poe");
    expect_issuer_revoked(*state, WORLD_SIGN_S + 2 * HOUR, ES_OUTCOME_INDETERMINATE,
                          "ca_revoked_no_poe");
    expect_issuer_revoked(*state, WORLD_SIGN_S + MINUTE, ES_OUTCOME_VALID,
                          "cert_revoked_after_signing !ca_revoked_no_poe");
}

/* ---- cert-06: whose word ---- */

static void without_any_word_revocation_is_not_known(void **state)
{
    struct world *w = *state;
    ES_AUTO_PTR(es_trust) trust = world_trust_without_crl(w);

    expect_document(w, trust, 0, ES_POLICY_ASSURED, ES_OUTCOME_INDETERMINATE,
                    "revocation_unavailable !revocation_untrusted");
}

/* An authority of the same name with another key says that nothing, or that everything is wrong. */
static void a_list_of_another_authority_with_the_same_name_is_not_believed(void **state)
{
    struct world *w = *state;
    struct identity root = identity_in(w, WHO_ROOT);

    for (int revoking = 0; revoking < 2; revoking++) {
        ES_AUTO_PTR(es_trust) trust = world_trust_without_crl(w);
        struct crl_spec crl = crl_of(&root);

        crl.sign_key = w->keys[WHO_STRANGER_MAKER];
        crl.serial = revoking ? serial_of(WHO_SIGNER) : 0;
        crl.revoked_s = WORLD_SIGN_S - DAY;
        add_crl(trust, &crl);
        expect_document(w, trust, 0, ES_POLICY_ASSURED, ES_OUTCOME_INDETERMINATE,
                        "revocation_untrusted !cert_revoked_at_signing");
        crl = crl_of(&root); /* the right one beside it, an hour older */
        crl.this_s -= HOUR;
        add_crl(trust, &crl);
        expect_document(w, trust, 0, ES_POLICY_ASSURED, ES_OUTCOME_VALID,
                        "!revocation_untrusted !cert_revoked_at_signing");
    }
}

/* A false list cannot hide that the right one revokes. */
static void a_newer_false_list_does_not_cover_the_right_one(void **state)
{
    struct world *w = *state;
    ES_AUTO_PTR(es_trust) trust = world_trust_without_crl(w);
    struct identity root = identity_in(w, WHO_ROOT);
    struct crl_spec crl = crl_of(&root);

    crl.this_s -= HOUR;
    crl.serial = serial_of(WHO_SIGNER);
    crl.revoked_s = WORLD_SIGN_S - DAY;
    add_crl(trust, &crl);
    crl = crl_of(&root);
    crl.sign_key = w->keys[WHO_STRANGER_MAKER];
    add_crl(trust, &crl);
    expect_document(w, trust, 0, ES_POLICY_ASSURED, ES_OUTCOME_INVALID, "cert_revoked_at_signing");
}

/* The signer's answer as given, the maker's good. */
static void expect_answer(struct world *w, const struct ocsp_spec *spec, enum es_outcome outcome,
                          const char *codes)
{
    ES_AUTO_PTR(es_trust) trust = world_trust_without_crl(w);
    struct identity root = identity_in(w, WHO_ROOT);
    struct ocsp_spec of_maker = ocsp_of(w, WHO_MAKER, &root);

    add_ocsp(trust, &of_maker);
    add_ocsp(trust, spec);
    expect_document(w, trust, 0, ES_POLICY_ASSURED, outcome, codes);
}

static struct identity responder(struct world *w, const struct identity *issuer, const char *eku)
{
    struct identity id = {.key = w->keys[WHO_OTHER]};
    struct cert_spec spec = cert_spec_of("示例应答", id.key, issuer, 0x6010);

    spec.eku[0] = eku;
    id.cert = cert_build(&spec);
    return id;
}

static void answers_of_the_issuer_and_of_its_responder_count(void **state)
{
    struct world *w = *state;
    struct identity root = identity_in(w, WHO_ROOT);
    struct identity good = responder(w, &root, "1.3.6.1.5.5.7.3.9");
    struct ocsp_spec spec = ocsp_of(w, WHO_SIGNER, &root);

    expect_answer(w, &spec, ES_OUTCOME_VALID, "!revocation_untrusted !revocation_unavailable");
    spec.responder = &good;
    spec.with_cert = true;
    expect_answer(w, &spec, ES_OUTCOME_VALID, "!revocation_untrusted !revocation_unavailable");
    spec.state = 1;
    spec.revoked_s = WORLD_SIGN_S - DAY;
    expect_answer(w, &spec, ES_OUTCOME_INVALID, "cert_revoked_at_signing");
    es_cert_free(good.cert);
}

static void answers_of_others_are_not_believed(void **state)
{
    struct world *w = *state;
    struct identity root = identity_in(w, WHO_ROOT), stranger = identity_in(w, WHO_STRANGER_MAKER);
    struct identity plain = responder(w, &root, NULL);
    struct identity other = responder(w, &root, "1.3.6.1.5.5.7.3.8");
    struct identity foreign = responder(w, &stranger, "1.3.6.1.5.5.7.3.9");
    const struct identity *const wrong[] = {&plain, &other, &foreign, &stranger};

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        for (int revoking = 0; revoking < 2; revoking++) {
            struct ocsp_spec spec = ocsp_of(w, WHO_SIGNER, &root);

            print_message("# responder %zu\n", i);
            spec.responder = wrong[i];
            spec.with_cert = true;
            spec.state = revoking;
            spec.revoked_s = WORLD_SIGN_S - DAY;
            expect_answer(w, &spec, ES_OUTCOME_INDETERMINATE,
                          "revocation_untrusted !cert_revoked_at_signing");
        }
    es_cert_free(plain.cert);
    es_cert_free(other.cert);
    es_cert_free(foreign.cert);
}

/* Data about other certificates is no data: revocation_unavailable, where cert-06 of the table
 * names only the codes for data that claims to be about this one. */
static void an_answer_about_another_certificate_says_nothing(void **state)
{
    struct world *w = *state;
    struct identity root = identity_in(w, WHO_ROOT), stranger = identity_in(w, WHO_STRANGER_MAKER);
    struct ocsp_spec spec = ocsp_of(w, WHO_SIGNER, &root);

    spec.serial = serial_of(WHO_OTHER);
    expect_answer(w, &spec, ES_OUTCOME_INDETERMINATE, "revocation_unavailable");
    spec = ocsp_of(w, WHO_SIGNER, &root); /* the same serial, of another issuer */
    spec.issuer = &stranger;
    expect_answer(w, &spec, ES_OUTCOME_INDETERMINATE, "revocation_unavailable");
    spec = ocsp_of(w, WHO_SIGNER, &root); /* "unknown" */
    spec.state = 2;
    expect_answer(w, &spec, ES_OUTCOME_INDETERMINATE, "revocation_unavailable");
}

static void an_old_answer_given_again_is_stale(void **state)
{
    struct world *w = *state;
    struct identity root = identity_in(w, WHO_ROOT);
    struct ocsp_spec spec = ocsp_of(w, WHO_SIGNER, &root);

    spec.this_s = WORLD_NOW_S - 3 * HOUR; /* past its own end */
    spec.next_s = WORLD_NOW_S - HOUR;
    expect_answer(w, &spec, ES_OUTCOME_INDETERMINATE, "revocation_stale");
    spec.this_s = WORLD_NOW_S - 2 * DAY; /* within it, but older than the policy allows */
    spec.next_s = WORLD_NOW_S + DAY;
    expect_answer(w, &spec, ES_OUTCOME_INDETERMINATE, "revocation_stale");
    spec.state = 1; /* old, but revoked stays revoked */
    spec.revoked_s = WORLD_SIGN_S - DAY;
    expect_answer(w, &spec, ES_OUTCOME_INVALID, "cert_revoked_at_signing !revocation_stale");
}

static void an_answer_from_the_future_is_not_used(void **state)
{
    struct world *w = *state;
    struct identity root = identity_in(w, WHO_ROOT);
    struct ocsp_spec spec = ocsp_of(w, WHO_SIGNER, &root);

    spec.this_s = WORLD_NOW_S + HOUR;
    expect_answer(w, &spec, ES_OUTCOME_INDETERMINATE, "revocation_untrusted");
}

static void a_good_answer_given_again_does_not_undo_a_newer_list(void **state)
{
    struct world *w = *state;
    ES_AUTO_PTR(es_trust) trust = world_trust_without_crl(w);
    struct identity root = identity_in(w, WHO_ROOT);
    struct ocsp_spec old_good = ocsp_of(w, WHO_SIGNER, &root);
    struct crl_spec crl = crl_of(&root);

    old_good.this_s = WORLD_NOW_S - 2 * HOUR;
    crl.serial = serial_of(WHO_SIGNER);
    crl.revoked_s = WORLD_SIGN_S - HOUR;
    add_ocsp(trust, &old_good);
    add_crl(trust, &crl);
    expect_document(w, trust, 0, ES_POLICY_ASSURED, ES_OUTCOME_INVALID, "cert_revoked_at_signing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FORGE_TEST(a_revoked_signer_is_judged_by_the_rule_of_ends),
        FORGE_TEST(a_revoked_maker_is_judged_by_the_rule_of_ends),
        FORGE_TEST(the_stated_time_of_loss_counts_when_it_is_earlier),
        FORGE_TEST(a_revoked_issuer_needs_proof_of_earlier_sealing),
        FORGE_TEST(without_any_word_revocation_is_not_known),
        FORGE_TEST(a_list_of_another_authority_with_the_same_name_is_not_believed),
        FORGE_TEST(a_newer_false_list_does_not_cover_the_right_one),
        FORGE_TEST(answers_of_the_issuer_and_of_its_responder_count),
        FORGE_TEST(answers_of_others_are_not_believed),
        FORGE_TEST(an_answer_about_another_certificate_says_nothing),
        FORGE_TEST(an_old_answer_given_again_is_stale),
        FORGE_TEST(an_answer_from_the_future_is_not_used),
        FORGE_TEST(a_good_answer_given_again_does_not_undo_a_newer_list),
    };

    return cmocka_run_group_tests_name("attacks_seal/revocation", tests, NULL, NULL);
}
