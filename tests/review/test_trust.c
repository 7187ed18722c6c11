/*
 * Whom to believe: nothing outside a signature may change the rules it is judged by, and a
 * certificate made for one purpose does not sign for another.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "review.h"

#define HOUR_S 3600

/* A maker whose certificate ended an hour before the sealing, and what the verifier knows. */
struct old_maker {
    struct world *w;
    struct es_cert *kept; /* the world's maker */
    struct es_trust *trust;
    struct es_buf seal;
};

static void old_maker_init(struct old_maker *old, struct world *w)
{
    const uint8_t serial[2] = {0x71, 0x01};
    const struct es_cert_template tpl = {.common_name = "示例制章单位",
                                         .country = "CN",
                                         .serial = es_span_of(serial, sizeof serial),
                                         .not_before_s = WORLD_FROM_S,
                                         .not_after_s = WORLD_SIGN_S - HOUR_S,
                                         .use = ES_CERT_MAKER};
    struct es_maker_entry entry = {.regions = "", .kinds = ""};

    *old = (struct old_maker){.w = w, .kept = w->certs[WHO_MAKER]};
    es_buf_init(&old->seal, ES_SEAL_DER_MAX);
    w->certs[WHO_MAKER] = world_issue(w, &tpl, es_key_public(w->keys[WHO_MAKER]), WHO_ROOT);
    entry.cert = w->certs[WHO_MAKER];
    old->trust = world_trust_without_crl(w);
    world_add_crl(w, old->trust, NULL, 0, 0);
    REVIEW_OK(es_trust_add_maker(old->trust, &entry, err));
    world_make_seal(w, ES_SEAL_2020, WHO_MAKER, NULL, NULL, &old->seal);
}

static void old_maker_clear(struct old_maker *old)
{
    es_cert_free(old->w->certs[WHO_MAKER]);
    old->w->certs[WHO_MAKER] = old->kept;
    es_trust_free(old->trust);
    es_buf_clear(&old->seal);
}

/* [0] { BIT STRING } at the end of the seal, where its maker's signature does not reach. */
static void append_stamp(struct es_buf *seal)
{
    ES_AUTO(es_buf) whole = ES_BUF_INIT(ES_SEAL_DER_MAX);
    struct es_span in = es_buf_span(seal), value = {0};
    size_t seq, tagged;

    REVIEW_OK(es_der_get(&in, ES_DER_SEQUENCE, &value, err));
    seq = es_der_begin(&whole, ES_DER_SEQUENCE);
    es_der_put_raw(&whole, value);
    tagged = es_der_begin(&whole, ES_DER_CONTEXT(0));
    es_der_put_bits(&whole, es_span_str("no token"));
    es_der_end(&whole, tagged);
    es_der_end(&whole, seq);
    es_buf_reset(seal);
    es_buf_put_span(seal, es_buf_span(&whole));
    assert_int_equal(seal->failed, ES_OK);
}

static void expect_old(struct old_maker *old, enum es_seal_edition edition, enum es_outcome outcome,
                       const char *codes)
{
    ES_AUTO(es_buf) zip = ES_BUF_INIT(1u << 24);
    struct es_report report;
    struct pkg pkg = {0};

    pkg_copy(&old->w->document, &pkg);
    world_lax_sign(old->w, &pkg,
                   &(struct lax){.seal = es_buf_span(&old->seal), .edition = edition});
    pkg_write(&pkg, &zip);
    world_verify_with(old->w, es_buf_span(&zip), ES_POLICY_STANDARD, old->trust, NULL, &report);
    expect_report(&report, outcome, codes);
    es_report_clear(&report);
    pkg_clear(&pkg);
}

/* Only GM/T 0031-2025 judges the maker at createDate, and only its version number is signed. */
static void a_stamp_added_to_a_seal_does_not_choose_the_rules_for_its_maker(void **state)
{
    struct old_maker old;

    old_maker_init(&old, *state);
    expect_old(&old, ES_SEAL_2020, ES_OUTCOME_INVALID, "cert_expired_at_signing");
    append_stamp(&old.seal);
    expect_old(&old, ES_SEAL_2025, ES_OUTCOME_INVALID, "cert_expired_at_signing");
    old_maker_clear(&old);
}

/* ---- purposes ---- */

/* Type Sign by a certificate of that use, below the root that signers have. */
static void expect_signer(struct world *w, enum es_cert_use use, enum es_outcome outcome,
                          const char *codes)
{
    const uint8_t serial[2] = {0x72, (uint8_t) use};
    const struct es_cert_template tpl = {.common_name = "某机构",
                                         .country = "CN",
                                         .serial = es_span_of(serial, sizeof serial),
                                         .not_before_s = WORLD_FROM_S,
                                         .not_after_s = WORLD_UNTIL_S,
                                         .use = use};
    struct es_cert *cert = world_issue(w, &tpl, es_key_public(w->keys[WHO_OTHER]), WHO_ROOT);
    ES_AUTO(es_buf) value = ES_BUF_INIT(65536);
    uint8_t digest[ES_SM3_LEN];
    struct pkg pkg = {0};

    pkg_copy(&w->document, &pkg);
    world_lax_sign(w, &pkg, &(struct lax){.type = "Sign"});
    pkg_remove(&pkg, "Doc_0/Signs/Sign_0/Seal.esl");
    REVIEW_OK(es_sm3(es_buf_span(&pkg_find(&pkg, "Doc_0/Signs/Sign_0/Signature.xml")->bytes),
                     digest, err));
    REVIEW_OK(es_cms_sign(w->keys[WHO_OTHER], cert, es_span_of(digest, sizeof digest), WORLD_SIGN_S,
                          &value, err));
    pkg_set(&pkg, "Doc_0/Signs/Sign_0/SignedValue.dat", value.ptr, value.len);
    expect_pkg(w, &pkg, outcome, codes);
    pkg_clear(&pkg);
    es_cert_free(cert);
}

static void certificates_for_stamps_and_answers_sign_no_documents(void **state)
{
    expect_signer(*state, ES_CERT_SIGNER, ES_OUTCOME_VALID, "!cert_key_usage");
    expect_signer(*state, ES_CERT_TSA, ES_OUTCOME_INVALID, "cert_key_usage");
    expect_signer(*state, ES_CERT_OCSP, ES_OUTCOME_INVALID, "cert_key_usage");
    expect_signer(*state, ES_CERT_CA, ES_OUTCOME_INVALID, "cert_key_usage");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stamp_added_to_a_seal_does_not_choose_the_rules_for_its_maker),
        cmocka_unit_test(certificates_for_stamps_and_answers_sign_no_documents),
    };

    return cmocka_run_group_tests(tests, review_setup, review_teardown);
}
