/*
 * Time stamps that prove nothing (verification.md 9.6 time-03, formats.md 10.1), over a signature
 * value and over the value of a seal of GM/T 0031-2025. A token that fails is left aside and told:
 * it takes nothing from a seal that holds without it, and it proves nothing for one that does not.
 */
#include "cert_builder.h"
#include "forge.h"

#define HOUR 3600
#define TSA_OID "1.3.6.1.5.5.7.3.8"

static struct identity root_of(const struct world *w)
{
    return (struct identity){.key = w->keys[WHO_ROOT], .cert = w->certs[WHO_ROOT]};
}

/* The world's trust, and one more time stamp authority (NULL: none). */
static struct es_trust *trust_with(struct world *w, const struct es_cert *tsa,
                                   const struct es_cert *revoked)
{
    struct es_trust *trust = world_trust_without_crl(w);

    world_add_crl(w, trust, revoked, WORLD_SIGN_S + HOUR, -1);
    if (tsa != NULL)
        FORGE_OK(es_trust_add_cert(trust, ES_TRUST_TSA, tsa, err));
    return trust;
}

/* The stamp on the signature: told, no proof, and the document is as good as without. */
static void expect_ignored_on_signature(struct world *w, const struct forge_stamp *stamp,
                                        const struct es_cert *tsa)
{
    ES_AUTO_PTR(es_trust) trust = trust_with(w, tsa, NULL);
    ES_AUTO_PTR(es_trust) revoking = trust_with(w, tsa, w->certs[WHO_SIGNER]);
    struct forge f;

    forge_init(&f, w);
    f.stamp = *stamp;
    forge_expect_with(&f, trust, ES_POLICY_ASSURED, ES_OUTCOME_VALID,
                      "time_stamp_ignored time_claimed_only");
    forge_expect_with(&f, trust, ES_POLICY_STRICT, ES_OUTCOME_INDETERMINATE, "time_stamp_ignored");
    forge_expect_with(&f, revoking, ES_POLICY_ASSURED, ES_OUTCOME_INDETERMINATE,
                      "time_stamp_ignored cert_revoked_no_poe");
    forge_clear(&f);
}

/* The stamp on the seal. */
static void expect_ignored_on_seal(struct world *w, const struct forge_stamp *stamp,
                                   const struct es_cert *tsa)
{
    ES_AUTO_PTR(es_trust) trust = trust_with(w, tsa, NULL);
    struct forge f;

    forge_init(&f, w);
    forge_edition_2025(&f);
    f.seal_stamp = *stamp;
    forge_expect_with(&f, trust, ES_POLICY_ASSURED, ES_OUTCOME_VALID,
                      "time_stamp_ignored !form_deviation");
    forge_clear(&f);
}

static void expect_ignored(struct world *w, const struct forge_stamp *stamp,
                           const struct es_cert *tsa)
{
    expect_ignored_on_signature(w, stamp, tsa);
    expect_ignored_on_seal(w, stamp, tsa);
}

static void a_good_stamp_proves_the_time(void **state)
{
    struct world *w = *state;
    ES_AUTO_PTR(es_trust) revoking = trust_with(w, NULL, w->certs[WHO_SIGNER]);
    struct forge f;

    forge_init(&f, w);
    f.stamp.at_s = WORLD_SIGN_S + 60;
    forge_expect(&f, ES_OUTCOME_VALID, "!time_stamp_ignored !time_claimed_only");
    forge_expect_with(&f, revoking, ES_POLICY_ASSURED, ES_OUTCOME_VALID,
                      "!time_stamp_ignored cert_revoked_after_signing");
    forge_clear(&f);
}

/* ---- the authority's certificate ---- */

static void expect_tsa_ignored(struct world *w, const struct cert_spec *spec, bool listed)
{
    struct es_cert *cert = cert_build(spec);
    const struct forge_stamp stamp = {
        .at_s = WORLD_SIGN_S + 60, .cert = cert, .key = w->keys[WHO_OTHER]};

    expect_ignored(w, &stamp, listed ? cert : NULL);
    es_cert_free(cert);
}

static struct cert_spec tsa_spec(struct world *w, const struct identity *issuer)
{
    struct cert_spec spec = cert_spec_of("别的时间戳", w->keys[WHO_OTHER], issuer, 0x7001);

    spec.eku[0] = TSA_OID;
    spec.eku_critical = true;
    return spec;
}

static void an_authority_of_the_builder_is_sound_when_listed(void **state)
{
    struct world *w = *state;
    struct identity root = root_of(w);
    struct cert_spec spec = tsa_spec(w, &root);
    struct es_cert *cert = cert_build(&spec);
    ES_AUTO_PTR(es_trust) trust = trust_with(w, cert, NULL);
    struct forge f;

    forge_init(&f, w);
    f.stamp = (struct forge_stamp){
        .at_s = WORLD_SIGN_S + 60, .cert = cert, .key = w->keys[WHO_OTHER]};
    forge_expect_with(&f, trust, ES_POLICY_ASSURED, ES_OUTCOME_VALID,
                      "!time_stamp_ignored !time_claimed_only");
    forge_clear(&f);
    es_cert_free(cert);
}

static void an_authority_that_is_not_listed_proves_nothing(void **state)
{
    struct identity root = root_of(*state);
    struct cert_spec spec = tsa_spec(*state, &root);

    expect_tsa_ignored(*state, &spec, false);
    spec.issuer = NULL;
    expect_tsa_ignored(*state, &spec, false);
}

static void a_certificate_not_for_time_stamps_proves_nothing(void **state)
{
    struct identity root = root_of(*state);
    struct cert_spec spec = tsa_spec(*state, &root);

    spec.eku[0] = "1.3.6.1.5.5.7.3.2"; /* clientAuth */
    expect_tsa_ignored(*state, &spec, true);
    spec.eku[0] = NULL;
    expect_tsa_ignored(*state, &spec, true);
    spec.eku[0] = TSA_OID;
    spec.eku[1] = "1.3.6.1.5.5.7.3.3"; /* and code signing */
    expect_tsa_ignored(*state, &spec, true);
    spec.eku[1] = NULL;
    spec.eku_critical = false;
    expect_tsa_ignored(*state, &spec, true);
}

static void a_stamp_outside_the_dates_of_its_authority_proves_nothing(void **state)
{
    struct identity root = root_of(*state);
    struct cert_spec spec = tsa_spec(*state, &root);

    spec.not_after_s = WORLD_SIGN_S;
    expect_tsa_ignored(*state, &spec, true);
    spec = tsa_spec(*state, &root);
    spec.not_before_s = WORLD_SIGN_S + HOUR;
    expect_tsa_ignored(*state, &spec, true);
}

/* ---- the token ---- */

static void a_stamp_of_other_data_proves_nothing(void **state)
{
    expect_ignored(*state, &(struct forge_stamp){.at_s = WORLD_SIGN_S + 60, .of_other = true},
                   NULL);
}

/* SPEC verification.md 5: it holds, so it is our clock that cannot be relied on. */
static void a_stamp_from_the_future_makes_the_clock_unreliable(void **state)
{
    struct forge f;

    forge_init(&f, *state);
    f.stamp.at_s = WORLD_NOW_S + HOUR;
    forge_expect(&f, ES_OUTCOME_INDETERMINATE, "clock_unreliable");
    f.stamp.at_s = 0;
    forge_edition_2025(&f);
    f.seal_stamp.at_s = WORLD_NOW_S + HOUR;
    forge_expect(&f, ES_OUTCOME_INDETERMINATE, "clock_unreliable");
    forge_clear(&f);
}

static void become_dummy(struct es_buf *token) /* as in the samples of ofdrw */
{
    es_buf_reset(token);
    es_buf_put(token, "\1\2\3", 3);
}

static void lose_last_byte(struct es_buf *token)
{
    token->len--;
}

static void lose_half(struct es_buf *token)
{
    token->len /= 2;
}

static void change_last_byte(struct es_buf *token)
{
    token->ptr[token->len - 1] ^= 1;
}

static void change_a_byte_within(struct es_buf *token)
{
    token->ptr[token->len / 2] ^= 1;
}

static void become_octets(struct es_buf *token)
{
    ES_AUTO(es_buf) whole = ES_BUF_INIT(65536);

    es_der_put(&whole, ES_DER_OCTET_STRING, es_buf_span(token));
    es_buf_reset(token);
    es_buf_put_span(token, es_buf_span(&whole));
}

static void broken_bytes_prove_nothing(void **state)
{
    static void (*const changes[])(struct es_buf *) = {
        become_dummy,     lose_last_byte,       lose_half,
        change_last_byte, change_a_byte_within, become_octets};

    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        print_message("# change %zu\n", i);
        expect_ignored(
            *state, &(struct forge_stamp){.at_s = WORLD_SIGN_S + 60, .change = changes[i]}, NULL);
    }
}

/* Every byte of a good token, one after the other. What is not signed (say, the list of digests
 * beside the SignerInfo) may change; the time may not. */
static void no_changed_byte_gives_a_token_another_time(void **state)
{
    struct world *w = *state;
    ES_AUTO(es_buf) token = ES_BUF_INIT(65536);
    const struct forge_stamp stamp = {.at_s = WORLD_SIGN_S};
    const struct es_span value = BYTES("a signature value");

    forge_token(w, &stamp, value, &token);
    for (size_t i = 0; i < token.len; i++) {
        ES_AUTO_PTR(es_time_stamp) decoded = NULL;
        const char *why = NULL;
        bool good = false;

        token.ptr[i] ^= 0x01;
        if (es_time_stamp_decode(es_buf_span(&token), &decoded, NULL) == ES_OK)
            FORGE_OK(es_time_stamp_check(w->trust, decoded, &value, 1, WORLD_NOW_S, &good, &why,
                                         NULL, err));
        assert_true(!good || decoded->gen_time_s == WORLD_SIGN_S);
        token.ptr[i] ^= 0x01;
    }
}

/* ---- order ---- */

static void a_stamp_older_than_what_it_stamps_contradicts(void **state)
{
    struct forge f;

    forge_init(&f, *state);
    f.stamp.at_s = WORLD_SIGN_S - DAY;
    forge_expect(&f, ES_OUTCOME_INVALID, "time_order_violation !time_stamp_ignored");
    forge_clear(&f);
    forge_init(&f, *state);
    forge_edition_2025(&f);
    f.seal_stamp.at_s = WORLD_FROM_S; /* of the same second: made, then stamped */
    forge_expect(&f, ES_OUTCOME_VALID, "!time_order_violation !time_stamp_ignored");
    forge_time(&f, SEAL_CREATED, WORLD_FROM_S + DAY);
    forge_expect(&f, ES_OUTCOME_INVALID, "time_order_violation !time_stamp_ignored");
    forge_clear(&f);
}

/* That the seal is old says nothing of the document. */
static void a_stamp_of_the_seal_is_none_of_the_document(void **state)
{
    struct world *w = *state;
    ES_AUTO_PTR(es_trust) revoking = trust_with(w, NULL, w->certs[WHO_SIGNER]);
    struct forge f;

    forge_init(&f, w);
    forge_edition_2025(&f);
    f.seal_stamp.at_s = WORLD_FROM_S + 60;
    forge_expect(&f, ES_OUTCOME_VALID, "time_claimed_only !time_stamp_ignored");
    forge_expect_with(&f, revoking, ES_POLICY_ASSURED, ES_OUTCOME_INDETERMINATE,
                      "cert_revoked_no_poe");
    forge_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FORGE_TEST(a_good_stamp_proves_the_time),
        FORGE_TEST(an_authority_of_the_builder_is_sound_when_listed),
        FORGE_TEST(an_authority_that_is_not_listed_proves_nothing),
        FORGE_TEST(a_certificate_not_for_time_stamps_proves_nothing),
        FORGE_TEST(a_stamp_outside_the_dates_of_its_authority_proves_nothing),
        FORGE_TEST(a_stamp_of_other_data_proves_nothing),
        FORGE_TEST(a_stamp_from_the_future_makes_the_clock_unreliable),
        FORGE_TEST(broken_bytes_prove_nothing),
        FORGE_TEST(no_changed_byte_gives_a_token_another_time),
        FORGE_TEST(a_stamp_older_than_what_it_stamps_contradicts),
        FORGE_TEST(a_stamp_of_the_seal_is_none_of_the_document),
    };

    return cmocka_run_group_tests_name("attacks_seal/stamp", tests, NULL, NULL);
}
