/*
 * Proofs as JSON and policies. Properties: no proof holds under a key that signed nothing, and one
 * that holds under the published key is of a leaf at its index; a policy that is read has sound
 * keys, each witness once, and a quorum that can be met.
 */
#include "es_log_proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The private number of the published test values (GB/T 32918.5). */
static const uint8_t published[32] = {
    0x39, 0x45, 0x20, 0x8f, 0x7b, 0x21, 0x44, 0xb1, 0x3f, 0x36, 0xe3, 0x8a, 0xc6, 0xd3, 0x9f, 0x95,
    0x88, 0x93, 0x93, 0x69, 0x28, 0x60, 0xb5, 0x1a, 0x42, 0xfb, 0x81, 0xef, 0x4d, 0xf7, 0xc5, 0xb8};
static const uint8_t nobodys[32] = {[31] = 9};

static void check_proofs(struct es_span in, const uint8_t number[32], const char *origin)
{
    ES_AUTO_PTR(es_key) key = NULL;
    struct es_log_witness witness = {.name = "witness.example.org/w1"};
    struct es_log_trust trust = {.origin = origin, .witnesses = &witness, .witness_count = 1};
    struct es_log_proof_facts facts;
    struct es_status_proof proof;
    struct es_leaf leaf;

    ES_BUG_ON(es_key_from_number(number, &key, NULL) != ES_OK);
    trust.key = witness.key = es_key_public(key);
    if (es_log_proof_verify(in, &trust, &facts, NULL) == ES_OK && facts.holds) {
        ES_BUG_ON(number == nobodys);
        ES_BUG_ON(facts.kind == ES_LOG_PROOF_INCLUSION &&
                  (es_leaf_decode(es_buf_span(&facts.leaf), &leaf, NULL) != ES_OK ||
                   leaf.index != facts.index || leaf.index >= facts.size));
    }
    es_log_proof_clear(&facts);
    if (es_status_proof_verify(in, es_span_str("seal-A-der"), &trust, &proof, NULL) == ES_OK)
        ES_BUG_ON((proof.answer == ES_PROOF_REFUSED) != (proof.why != NULL) ||
                  (number == nobodys && proof.answer != ES_PROOF_REFUSED));
    es_status_proof_clear(&proof);
}

static void check_trust(const struct es_log_policy *policy, const struct es_log_trust *trust)
{
    ES_BUG_ON(trust->quorum > trust->witness_count || trust->key == NULL);
    ES_BUG_ON(es_log_policy_find(policy, es_span_str(trust->origin)) != trust);
    for (size_t i = 0; i < trust->witness_count; i++)
        for (size_t j = 0; j < i; j++)
            ES_BUG_ON(strcmp(trust->witnesses[i].name, trust->witnesses[j].name) == 0 ||
                      es_span_equal(es_pubkey_point(trust->witnesses[i].key),
                                    es_pubkey_point(trust->witnesses[j].key)));
}

/* Its lines, written again, are a policy of the same logs. */
static void check_policy(struct es_span in)
{
    ES_AUTO_PTR(es_log_policy) policy = NULL;
    ES_AUTO_PTR(es_log_policy) again = NULL;
    ES_AUTO(es_buf) text = ES_BUF_INIT((size_t) 2 * ES_LOG_POLICY_MAX);

    if (es_log_policy_parse(in, &policy, NULL) != ES_OK)
        return;
    for (size_t i = 0; i < es_log_policy_count(policy); i++) {
        const struct es_log_trust *trust = es_log_policy_at(policy, i);

        check_trust(policy, trust);
        ES_BUG_ON(es_log_policy_line("log", trust->origin, trust->key, &text, NULL) != ES_OK);
    }
    ES_BUG_ON(es_log_policy_parse(es_buf_span(&text), &again, NULL) != ES_OK);
    ES_BUG_ON(es_log_policy_count(again) != es_log_policy_count(policy));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct es_span in = es_span_of(data, size);

    check_proofs(in, nobodys, "seal.example.cn/status/1");
    check_proofs(in, published, "seal.example.cn/status/1");
    check_proofs(in, published, "seal.example.cn/audit/1");
    check_policy(in);
    return 0;
}
