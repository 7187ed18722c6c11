/*
 * Chains without end and certificates without number (verification.md 9.5, cert-07). Effort is
 * counted in signature checks, which the linker leads through a counter (--wrap), not in seconds.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "cert_builder.h"
#include "forge.h"

#define MANY 10000
#define CHECKS_MAX 300 /* 256 issuers tried (lib/pki/chain.h), and what a document needs itself */
#define FILE_MAX ((size_t) 64 << 20)

static size_t checks;

/* Every check of a certificate's, CRL's, answer's or token's signature comes by here. */
es_status __real_es_sig_verify(const struct es_pubkey *key, struct es_span alg,
                               enum es_digest digest, struct es_span message, struct es_span sig,
                               enum es_sig_answer *answer, const char **weak, struct es_error *err);
es_status __wrap_es_sig_verify(const struct es_pubkey *key, struct es_span alg,
                               enum es_digest digest, struct es_span message, struct es_span sig,
                               enum es_sig_answer *answer, const char **weak, struct es_error *err);
es_status __wrap_es_sig_verify(const struct es_pubkey *key, struct es_span alg,
                               enum es_digest digest, struct es_span message, struct es_span sig,
                               enum es_sig_answer *answer, const char **weak, struct es_error *err)
{
    checks++;
    return __real_es_sig_verify(key, alg, digest, message, sig, answer, weak, err);
}

static struct identity root_of(const struct world *w)
{
    return (struct identity){.key = w->keys[WHO_ROOT], .cert = w->certs[WHO_ROOT]};
}

static void expect_signer(struct world *w, const struct es_cert *signer, struct es_trust *trust,
                          const char *codes)
{
    struct forge f;

    forge_init(&f, w);
    forge_signer(&f, signer, w->keys[WHO_OTHER]);
    checks = 0;
    forge_expect_with(&f, trust, ES_POLICY_ASSURED, ES_OUTCOME_INDETERMINATE, codes);
    print_message("# %zu signature checks\n", checks);
    assert_true(checks > 0 && checks <= CHECKS_MAX);
    forge_clear(&f);
}

/* A certifies B, B certifies A, and the signer stands below A. */
static void a_loop_of_issuers_ends_nowhere(void **state)
{
    struct world *w = *state;
    ES_AUTO_PTR(es_trust) trust = world_trust_without_crl(w);
    struct identity a = {.key = w->keys[WHO_STRANGER_MAKER]}, b = {.key = w->keys[WHO_TSA]};
    struct cert_spec spec = ca_spec_of("甲", a.key, NULL, 1);
    struct cert_spec signer_spec;
    struct es_cert *self = cert_build(&spec), *signer;
    struct identity self_a = {.key = a.key, .cert = self};

    world_add_crl(w, trust, NULL, 0, 0);
    spec = ca_spec_of("乙", b.key, &self_a, 2);
    b.cert = cert_build(&spec);
    spec = ca_spec_of("甲", a.key, &b, 3);
    a.cert = cert_build(&spec);
    FORGE_OK(es_trust_add_cert(trust, ES_TRUST_INTERMEDIATE, a.cert, err));
    FORGE_OK(es_trust_add_cert(trust, ES_TRUST_INTERMEDIATE, b.cert, err));
    signer_spec = cert_spec_of("示例市档案局", w->keys[WHO_OTHER], &a, 4);
    signer = cert_build(&signer_spec);
    expect_signer(w, signer, trust, "cert_chain_incomplete");
    es_cert_free(signer);
    es_cert_free(self);
    es_cert_free(a.cert);
    es_cert_free(b.cert);
}

static void an_issuer_nobody_knows_ends_the_chain(void **state)
{
    struct world *w = *state;
    struct identity nobody = {.key = w->keys[WHO_TSA]};
    struct cert_spec spec = ca_spec_of("无人", nobody.key, NULL, 1);
    struct es_cert *signer;
    struct forge f;

    nobody.cert = cert_build(&spec);
    spec = cert_spec_of("示例市档案局", w->keys[WHO_OTHER], &nobody, 4);
    signer = cert_build(&spec);
    forge_init(&f, w);
    forge_signer(&f, signer, w->keys[WHO_OTHER]);
    forge_expect(&f, ES_OUTCOME_INDETERMINATE, "cert_chain_incomplete !cert_root_untrusted");
    forge_clear(&f);
    es_cert_free(signer);
    es_cert_free(nobody.cert);
}

static void a_root_of_ones_own_is_not_listed(void **state)
{
    struct world *w = *state;
    ES_AUTO_PTR(es_trust) trust = world_trust_without_crl(w);
    struct identity own = {.key = w->keys[WHO_TSA]};
    struct cert_spec spec = ca_spec_of("示例根", own.key, NULL, 1); /* the name of the real one */
    struct es_cert *signer;

    world_add_crl(w, trust, NULL, 0, 0);
    own.cert = cert_build(&spec);
    FORGE_OK(es_trust_add_cert(trust, ES_TRUST_INTERMEDIATE, own.cert, err));
    spec = cert_spec_of("示例市档案局", w->keys[WHO_OTHER], &own, 4);
    signer = cert_build(&spec);
    expect_signer(w, signer, trust, "cert_root_untrusted");
    es_cert_free(signer);
    es_cert_free(own.cert);
}

/* ---- ten thousand ---- */

/* Certificates that differ in their serial number alone: one name, one key, so that each of them
 * fits as issuer, and none is signed by anybody who is known. */
static void put_many(struct es_buf *out, const struct identity *like, size_t count)
{
    struct cert_spec spec = ca_spec_of("万", like->key, like, 0x1122334455667700);
    ES_AUTO(es_buf) der = ES_BUF_INIT(65536);
    const uint8_t serial[8] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x00};
    size_t at = 0;

    cert_put(&der, &spec);
    assert_true(es_span_search(es_buf_span(&der), es_span_of(serial, sizeof serial), &at));
    for (size_t i = 0; i < count; i++) {
        der.ptr[at + 6] = (uint8_t) (i >> 8);
        der.ptr[at + 7] = (uint8_t) i;
        es_buf_put_span(out, es_buf_span(&der));
    }
    assert_int_equal(out->failed, ES_OK);
}

static void put_in_folder(const char *base, const char *folder, struct es_span bytes)
{
    char path[256];

    (void) snprintf(path, sizeof path, "%s/%s", base, folder);
    assert_int_equal(mkdir(path, 0700), 0);
    (void) snprintf(path, sizeof path, "%s/%s/x.der", base, folder);
    put_file(path, bytes);
}

static void remove_folder(const char *base, const char *folder)
{
    char path[256];

    (void) snprintf(path, sizeof path, "%s/%s/x.der", base, folder);
    assert_int_equal(unlink(path), 0);
    (void) snprintf(path, sizeof path, "%s/%s", base, folder);
    assert_int_equal(rmdir(path), 0);
}

static void load_folder(struct world *w, struct es_span many, struct es_trust **trust)
{
    char base[] = "/tmp/eseal-chain-XXXXXX";

    assert_non_null(mkdtemp(base));
    put_in_folder(base, "roots", w->certs[WHO_ROOT]->der);
    put_in_folder(base, "makers", w->certs[WHO_MAKER]->der);
    put_in_folder(base, "intermediates", many);
    FORGE_OK(es_trust_load(base, trust, err));
    remove_folder(base, "roots");
    remove_folder(base, "makers");
    remove_folder(base, "intermediates");
    assert_int_equal(rmdir(base), 0);
    world_add_crl(w, *trust, NULL, 0, 0);
}

static void ten_thousand_issuers_in_the_folder_cost_a_bounded_effort(void **state)
{
    struct world *w = *state;
    ES_AUTO_PTR(es_trust) trust = NULL;
    ES_AUTO(es_buf) many = ES_BUF_INIT(FILE_MAX);
    struct identity like = {.key = w->keys[WHO_TSA]}, issuer = {.key = w->keys[WHO_TSA]};
    struct cert_spec spec = ca_spec_of("无人", like.key, NULL, 1);
    struct es_cert *signer;

    like.cert = cert_build(&spec);
    put_many(&many, &like, MANY);
    load_folder(w, es_buf_span(&many), &trust);
    spec = ca_spec_of("万", issuer.key, &like, 2);
    issuer.cert = cert_build(&spec);
    spec = cert_spec_of("示例市档案局", w->keys[WHO_OTHER], &issuer, 4);
    signer = cert_build(&spec);
    expect_signer(w, signer, trust, "limit_exceeded");
    es_cert_free(signer);
    es_cert_free(issuer.cert);
    es_cert_free(like.cert);
}

/* Those that do not bear the name of the issuer cost nothing at all. */
static void ten_thousand_strangers_in_the_folder_do_not_matter(void **state)
{
    struct world *w = *state;
    ES_AUTO_PTR(es_trust) trust = NULL;
    ES_AUTO(es_buf) many = ES_BUF_INIT(FILE_MAX);
    struct identity root = root_of(w);
    struct cert_spec spec = cert_spec_of("示例市档案局", w->keys[WHO_OTHER], &root, 4);
    struct es_cert *signer = cert_build(&spec);
    struct forge f;

    put_many(&many, &root, MANY);
    load_folder(w, es_buf_span(&many), &trust);
    forge_init(&f, w);
    forge_signer(&f, signer, w->keys[WHO_OTHER]);
    checks = 0;
    forge_expect_with(&f, trust, ES_POLICY_ASSURED, ES_OUTCOME_VALID, "!limit_exceeded");
    assert_in_range(checks, 1, 10);
    forge_clear(&f);
    es_cert_free(signer);
}

/* ---- in a SignedData ---- */

struct cms_parts {
    struct es_span oid, version, algorithms, content, signers;
};

static struct es_span next_tlv(struct es_span *in)
{
    struct es_der_item item;

    FORGE_OK(es_der_next(in, &item, err));
    return item.tlv;
}

static void take_apart(struct es_span der, struct cms_parts *parts)
{
    struct es_span outer, wrapped, data;

    FORGE_OK(es_der_get(&der, ES_DER_SEQUENCE, &outer, err));
    parts->oid = next_tlv(&outer);
    FORGE_OK(es_der_get(&outer, ES_DER_CONTEXT(0), &wrapped, err));
    FORGE_OK(es_der_get(&wrapped, ES_DER_SEQUENCE, &data, err));
    parts->version = next_tlv(&data);
    parts->algorithms = next_tlv(&data);
    parts->content = next_tlv(&data);
    (void) next_tlv(&data); /* certificates */
    parts->signers = next_tlv(&data);
}

static void put_together(const struct cms_parts *parts, struct es_span certs, struct es_buf *out)
{
    size_t outer = es_der_begin(out, ES_DER_SEQUENCE), wrapped, data;

    es_der_put_raw(out, parts->oid);
    wrapped = es_der_begin(out, ES_DER_CONTEXT(0));
    data = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_raw(out, parts->version);
    es_der_put_raw(out, parts->algorithms);
    es_der_put_raw(out, parts->content);
    es_der_put(out, ES_DER_CONTEXT(0), certs);
    es_der_put_raw(out, parts->signers);
    es_der_end(out, data);
    es_der_end(out, wrapped);
    es_der_end(out, outer);
    assert_int_equal(out->failed, ES_OK);
}

/* The world's document under a signature without seal whose SignedData holds these certificates. */
static void expect_cms(struct world *w, struct es_span certs, enum es_outcome outcome,
                       const char *codes)
{
    ES_AUTO(es_buf) cms = ES_BUF_INIT(FILE_MAX);
    ES_AUTO(es_buf) out = ES_BUF_INIT(FILE_MAX);
    struct cms_parts parts;
    uint8_t hash[ES_SM3_LEN];
    struct pkg pkg = {0};

    pkg_copy(&w->document, &pkg);
    world_lax_sign(w, &pkg, &(struct lax){.type = "Sign"});
    pkg_remove(&pkg, "Doc_0/Signs/Sign_0/Seal.esl");
    FORGE_OK(
        es_sm3(es_buf_span(&pkg_find(&pkg, "Doc_0/Signs/Sign_0/Signature.xml")->bytes), hash, err));
    FORGE_OK(es_cms_sign(w->keys[WHO_SIGNER], w->certs[WHO_SIGNER], es_span_of(hash, sizeof hash),
                         WORLD_SIGN_S, &cms, err));
    take_apart(es_buf_span(&cms), &parts);
    put_together(&parts, certs, &out);
    pkg_set(&pkg, "Doc_0/Signs/Sign_0/SignedValue.dat", out.ptr, out.len);
    checks = 0;
    expect_pkg(w, &pkg, outcome, codes);
    assert_true(checks <= CHECKS_MAX);
    pkg_clear(&pkg);
}

static void certificates_in_a_signature_are_bounded_in_number(void **state)
{
    static const size_t counts[] = {0, 99, 100, MANY};
    struct world *w = *state;
    struct identity root = root_of(w);

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        ES_AUTO(es_buf) certs = ES_BUF_INIT(FILE_MAX);
        bool within = counts[i] < 100;

        print_message("# %zu certificates\n", counts[i] + 1);
        put_many(&certs, &root, counts[i]);
        es_buf_put_span(&certs, w->certs[WHO_SIGNER]->der);
        expect_cms(w, es_buf_span(&certs), within ? ES_OUTCOME_VALID : ES_OUTCOME_INDETERMINATE,
                   within ? "!limit_exceeded" : "limit_exceeded !seal_data_malformed");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FORGE_TEST(a_loop_of_issuers_ends_nowhere),
        FORGE_TEST(an_issuer_nobody_knows_ends_the_chain),
        FORGE_TEST(a_root_of_ones_own_is_not_listed),
        FORGE_TEST(ten_thousand_issuers_in_the_folder_cost_a_bounded_effort),
        FORGE_TEST(ten_thousand_strangers_in_the_folder_do_not_matter),
        FORGE_TEST(certificates_in_a_signature_are_bounded_in_number),
    };

    return cmocka_run_group_tests_name("attacks_seal/chain", tests, NULL, NULL);
}
