/*
 * Documents sealed in the three editions, and what the edition of 2025 says of the time a seal
 * was made (formats.md 4.4): its maker is judged at createDate.
 */
#include "cert_builder.h"
#include "forge.h"

#define HOUR 3600
#define CREATED_S (WORLD_FROM_S + 10 * DAY)
#define BETWEEN_S (WORLD_FROM_S + 20 * DAY) /* after the seal was made, before it was used */

static void add_active(struct world *w, struct es_span seal)
{
    static const struct es_state_event active = {
        .status = ES_STATUS_ACTIVE, .effective_s = WORLD_FROM_S, .known_s = WORLD_FROM_S};

    world_add_state(w, w->states, seal, &active, 1);
}

static void expect_edition(struct world *w, enum es_seal_edition edition, const char *name)
{
    ES_AUTO(es_buf) seal = ES_BUF_INIT(ES_SEAL_DER_MAX);
    ES_AUTO(es_buf) plain = ES_BUF_INIT((size_t) 1 << 26);
    ES_AUTO(es_buf) sealed = ES_BUF_INIT((size_t) 1 << 26);
    struct es_report report;

    world_make_seal(w, edition, WHO_MAKER, NULL, NULL, &seal);
    add_active(w, es_buf_span(&seal));
    pkg_write(&w->document, &plain);
    world_seal(w, es_buf_span(&plain), es_buf_span(&seal), NULL, false, &sealed);
    for (int policy = 0; policy < 3; policy++) {
        world_verify(w, es_buf_span(&sealed), policy, &report);
        expect_report(&report,
                      policy == ES_POLICY_STRICT ? ES_OUTCOME_INDETERMINATE : ES_OUTCOME_VALID,
                      "!form_deviation !name_mismatch time_claimed_only");
        assert_string_equal(report.first->edition, name);
        es_report_clear(&report);
    }
}

static void documents_sealed_in_each_edition_are_valid(void **state)
{
    expect_edition(*state, ES_SEAL_2014, "GM/T 0031-2014");
    expect_edition(*state, ES_SEAL_2020, "GB/T 38540-2020");
    expect_edition(*state, ES_SEAL_2025, "GM/T 0031-2025");
}

static void expect_lax(struct world *w, enum es_seal_edition seal_edition,
                       enum es_seal_edition edition, enum es_outcome outcome, const char *codes)
{
    ES_AUTO(es_buf) seal = ES_BUF_INIT(ES_SEAL_DER_MAX);
    struct lax lax = {.edition = edition};
    struct pkg pkg = {0};

    world_make_seal(w, seal_edition, WHO_MAKER, NULL, NULL, &seal);
    add_active(w, es_buf_span(&seal));
    lax.seal = es_buf_span(&seal);
    pkg_copy(&w->document, &pkg);
    world_lax_sign(w, &pkg, &lax);
    expect_pkg(w, &pkg, outcome, codes);
    pkg_clear(&pkg);
}

/* A new product signs with an old seal, an old product with a new one: each has one meaning. */
static void editions_of_seal_and_signature_may_differ(void **state)
{
    expect_lax(*state, ES_SEAL_2014, ES_SEAL_2020, ES_OUTCOME_VALID, "");
    expect_lax(*state, ES_SEAL_2020, ES_SEAL_2014, ES_OUTCOME_VALID, "");
}

/* Each level has the shape of its edition, the version number does not matter (formats.md 5.1). */
static void a_version_of_another_edition_is_a_known_deviation(void **state)
{
    static const struct {
        unsigned seal, tbs;
    } rows[] = {{1, 4}, {4, 1}, {4, 5}, {11, 11}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct forge f;

        forge_init(&f, *state);
        forge_number(&f, HEADER_VERSION, rows[i].seal);
        forge_number(&f, TBS_VERSION, rows[i].tbs);
        forge_expect(&f, ES_OUTCOME_VALID, "form_deviation");
        forge_clear(&f);
    }
}

/* ---- the maker at createDate ---- */

struct making {
    int64_t maker_from_s, maker_until_s;
    int64_t seal_stamp_s, stamp_s; /* 0: none */
    int64_t revoked_s;             /* of the maker; 0: not */
    bool new_edition;
    int policy;
    enum es_outcome outcome;
    const char *codes;
};

static void expect_making(struct world *w, const struct making *m)
{
    const struct identity root = {.key = w->keys[WHO_ROOT], .cert = w->certs[WHO_ROOT]};
    struct cert_spec spec = cert_spec_of("示例制章单位", w->keys[WHO_OTHER], &root, 0x7101);
    struct es_maker_entry maker = {.regions = "", .kinds = ""};
    ES_AUTO_PTR(es_trust) trust = world_trust_without_crl(w);
    struct es_cert *cert;
    struct forge f;

    spec.not_before_s = m->maker_from_s;
    spec.not_after_s = m->maker_until_s;
    maker.cert = cert = cert_build(&spec);
    world_add_crl(w, trust, m->revoked_s != 0 ? cert : NULL, m->revoked_s, -1);
    FORGE_OK(es_trust_add_maker(trust, &maker, err));
    forge_init(&f, w);
    if (m->new_edition)
        forge_edition_2025(&f);
    forge_maker(&f, cert, w->keys[WHO_OTHER]);
    forge_time(&f, SEAL_CREATED, CREATED_S);
    f.seal_stamp.at_s = m->seal_stamp_s;
    f.stamp.at_s = m->stamp_s;
    forge_expect_with(&f, trust, m->policy, m->outcome, m->codes);
    forge_clear(&f);
    es_cert_free(cert);
}

#define EXPECT_MAKINGS(state, rows)                                                                \
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows)[0]; i++) {                                  \
        print_message("# row %zu\n", i);                                                           \
        expect_making(*(state), &(rows)[i]);                                                       \
    }

static void a_maker_not_valid_at_create_date_makes_no_seal(void **state)
{
    static const struct making rows[] = {
        {WORLD_FROM_S, CREATED_S - 1, 0, 0, 0, true, ES_POLICY_ASSURED, ES_OUTCOME_INVALID,
         "cert_expired_at_signing"},
        {WORLD_FROM_S, CREATED_S - 1, CREATED_S + 60, WORLD_SIGN_S + 60, 0, true, ES_POLICY_ASSURED,
         ES_OUTCOME_INVALID, "cert_expired_at_signing"},
        {WORLD_FROM_S, CREATED_S - 1, 0, 0, 0, true, ES_POLICY_STANDARD, ES_OUTCOME_INVALID,
         "cert_expired_at_signing"},
        {BETWEEN_S, WORLD_UNTIL_S, 0, 0, 0, true, ES_POLICY_ASSURED, ES_OUTCOME_INVALID,
         "cert_not_yet_valid_at_signing"},
        {WORLD_FROM_S, WORLD_UNTIL_S, 0, 0, CREATED_S - DAY, true, ES_POLICY_ASSURED,
         ES_OUTCOME_INVALID, "cert_revoked_at_signing"},
        /* the older editions look at the time of sealing only */
        {BETWEEN_S, WORLD_UNTIL_S, 0, 0, 0, false, ES_POLICY_ASSURED, ES_OUTCOME_VALID,
         "!cert_not_yet_valid_at_signing"},
    };

    EXPECT_MAKINGS(state, rows)
}

/*
 * SPEC formats.md 4.4 step 4 only notes an end after createDate. createDate is the maker's word,
 * and who holds an ended maker's key can write any: so section 5 of verification.md is kept, the
 * end is a note once something proves the seal to be older, or where claims are trusted.
 */
static void a_maker_who_ended_after_create_date_needs_proof(void **state)
{
    static const struct making rows[] = {
        {WORLD_FROM_S, BETWEEN_S, 0, 0, 0, false, ES_POLICY_ASSURED, ES_OUTCOME_INVALID,
         "cert_expired_at_signing"},
        {WORLD_FROM_S, BETWEEN_S, 0, 0, 0, true, ES_POLICY_ASSURED, ES_OUTCOME_INDETERMINATE,
         "cert_expired_no_poe"},
        {WORLD_FROM_S, BETWEEN_S, 0, 0, 0, true, ES_POLICY_STANDARD, ES_OUTCOME_VALID,
         "cert_expired_after_signing"},
        {WORLD_FROM_S, BETWEEN_S, CREATED_S + 60, 0, 0, true, ES_POLICY_ASSURED, ES_OUTCOME_VALID,
         "cert_expired_after_signing !time_stamp_ignored"},
        {WORLD_FROM_S, BETWEEN_S, BETWEEN_S + HOUR, 0, 0, true, ES_POLICY_ASSURED,
         ES_OUTCOME_INDETERMINATE, "cert_expired_no_poe"},
        /* the document's own stamp comes after the end: no proof */
        {WORLD_FROM_S, BETWEEN_S, 0, WORLD_SIGN_S + 60, 0, true, ES_POLICY_ASSURED,
         ES_OUTCOME_INDETERMINATE, "cert_expired_no_poe"},
        /* the earlier of two proofs counts */
        {WORLD_FROM_S, BETWEEN_S, CREATED_S + 60, WORLD_SIGN_S + 60, 0, true, ES_POLICY_ASSURED,
         ES_OUTCOME_VALID, "cert_expired_after_signing"},
        {WORLD_FROM_S, WORLD_UNTIL_S, 0, 0, BETWEEN_S, true, ES_POLICY_ASSURED,
         ES_OUTCOME_INDETERMINATE, "cert_revoked_no_poe"},
        {WORLD_FROM_S, WORLD_UNTIL_S, CREATED_S + 60, 0, BETWEEN_S, true, ES_POLICY_ASSURED,
         ES_OUTCOME_VALID, "cert_revoked_after_signing"},
        /* the document's stamp proves the seal, too */
        {WORLD_FROM_S, WORLD_SIGN_S + HOUR, 0, WORLD_SIGN_S + 60, 0, true, ES_POLICY_ASSURED,
         ES_OUTCOME_VALID, "cert_expired_after_signing"},
    };

    EXPECT_MAKINGS(state, rows)
}

/* A seal cannot have been used before it was made. Real seals begin seconds before createDate. */
static void a_seal_made_after_it_was_used_is_refused(void **state)
{
    for (int new_edition = 0; new_edition < 2; new_edition++) {
        struct forge f;

        forge_init(&f, *state);
        if (new_edition)
            forge_edition_2025(&f);
        forge_time(&f, SEAL_CREATED, WORLD_SIGN_S + 12 * HOUR);
        forge_expect(&f, ES_OUTCOME_INVALID, "seal_not_yet_valid");
        forge_time(&f, SEAL_CREATED, WORLD_SIGN_S + HOUR); /* Beijing time with a Z */
        forge_expect(&f, ES_OUTCOME_VALID, "form_deviation !seal_not_yet_valid");
        forge_time(&f, SEAL_CREATED, WORLD_FROM_S + 60);
        forge_expect(&f, ES_OUTCOME_VALID, "!form_deviation");
        forge_clear(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FORGE_TEST(documents_sealed_in_each_edition_are_valid),
        FORGE_TEST(editions_of_seal_and_signature_may_differ),
        FORGE_TEST(a_version_of_another_edition_is_a_known_deviation),
        FORGE_TEST(a_maker_not_valid_at_create_date_makes_no_seal),
        FORGE_TEST(a_maker_who_ended_after_create_date_needs_proof),
        FORGE_TEST(a_seal_made_after_it_was_used_is_refused),
    };

    return cmocka_run_group_tests_name("attacks_seal/edition", tests, NULL, NULL);
}
