/*
 * The adversarial vectors (ESEAL_SPEC/sm2-adversarial-vectors.json), each through the same calls
 * the verifier makes. They come from a big-integer model, not from OpenSSL.
 */
#include "crypto_test.h"

#include <jansson.h>

struct counts {
    size_t run, good, refused;
};

static json_t *load_vectors(void)
{
    char path[4096];
    const char *folder = getenv("ESEAL_SPEC");

    if (folder == NULL)
        return NULL;
    snprintf(path, sizeof(path), "%s/sm2-adversarial-vectors.json", folder);
    return json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
}

static const char *text(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));

    return value != NULL ? value : "";
}

/* "acceptable" (compressed points) is refused by our rule. */
static void check_answer(struct counts *counts, const json_t *test, bool good)
{
    bool wanted = strcmp(text(test, "result"), "valid") == 0;

    counts->run++;
    *(good ? &counts->good : &counts->refused) += 1;
    if (good != wanted)
        fail_msg("vector %d (%s): %s", (int) json_integer_value(json_object_get(test, "tcId")),
                 text(test, "comment"), good ? "taken" : "refused");
}

static bool verify_with_id(const struct es_pubkey *key, const char *id, struct es_span message,
                           struct es_span sig)
{
    enum es_sig_answer answer, plain;
    uint8_t raw[ES_SM2_RAW_LEN], e[ES_SM3_LEN];

    if (es_sm2_sig_decode(sig, raw, NULL) != ES_OK)
        return false;
    assert_int_equal(es_sm2_e_id(key, es_span_str(id), message, e, NULL), ES_OK);
    assert_int_equal(es_sm2_verify_e(key, e, raw, &answer, NULL), ES_OK);
    if (strcmp(id, ES_SM2_ID) == 0) {
        assert_int_equal(es_sm2_verify(key, message, sig, &plain, NULL), ES_OK);
        assert_int_equal(plain, answer);
    }
    return answer == ES_SIG_GOOD;
}

static bool verify_digest(const struct es_pubkey *key, struct es_span digest, struct es_span sig)
{
    enum es_sig_answer answer;
    uint8_t raw[ES_SM2_RAW_LEN];

    assert_int_equal(digest.len, ES_SM3_LEN);
    if (es_sm2_sig_decode(sig, raw, NULL) != ES_OK)
        return false;
    assert_int_equal(es_sm2_verify_e(key, digest.ptr, raw, &answer, NULL), ES_OK);
    return answer == ES_SIG_GOOD;
}

static bool run_one(const json_t *group, const json_t *test)
{
    ES_AUTO(es_buf) key_bytes = ES_BUF_INIT(256);
    ES_AUTO(es_buf) sig = ES_BUF_INIT(4096);
    ES_AUTO(es_buf) message = ES_BUF_INIT(65536);
    ES_AUTO_PTR(es_pubkey) key = NULL;
    const char *type = text(group, "type");
    bool key_only = strcmp(type, "SM2PublicKey") == 0;
    struct es_span point = test_hex(&key_bytes,
                                    key_only ? text(test, "key") : text(group, "publicKey"));

    if (es_pubkey_sm2(point, &key, NULL) != ES_OK)
        return false;
    if (key_only)
        return true;
    test_hex(&sig, text(test, "sig"));
    if (strcmp(type, "SM2VerifyDigest") == 0)
        return verify_digest(key, test_hex(&message, text(test, "digest")), es_buf_span(&sig));
    assert_string_equal(type, "SM2VerifyMessage");
    return verify_with_id(key, text(group, "id"), test_hex(&message, text(test, "msg")),
                          es_buf_span(&sig));
}

static void all_adversarial_vectors_give_their_results(void **state)
{
    struct counts counts = {0};
    json_t *root = load_vectors();
    json_t *group, *test;
    size_t i, j;

    (void) state;
    if (root == NULL) {
        print_message("skipped: vectors absent\n");
        skip();
    }
    json_array_foreach(json_object_get(root, "groups"), i, group)
        json_array_foreach(json_object_get(group, "tests"), j, test)
            check_answer(&counts, test, run_one(group, test));
    json_decref(root);
    assert_int_equal(counts.run, 211);
    assert_int_equal(counts.good, 103);
    assert_int_equal(counts.refused, 108);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_adversarial_vectors_give_their_results),
    };
    return cmocka_run_group_tests_name("sm2_vectors", tests, NULL, NULL);
}
