/* Digests against published values and a second implementation's. */
#include "crypto_test.h"

#define ABCD16 "abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd"

static void sm3_gives_the_published_values(void **state)
{
    static const char *const cases[][2] = {
        {"", "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"},
        {"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"},
        {ABCD16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"},
    };
    uint8_t out[ES_SM3_LEN];

    (void) state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(es_sm3(es_span_str(cases[i][0]), out, NULL), ES_OK);
        assert_hex(es_span_of(out, sizeof(out)), cases[i][1]);
    }
}

/* FIPS 180-4 and RFC 1321 examples for "abc". */
static void other_digests_give_the_published_values(void **state)
{
    static const struct {
        enum es_digest digest;
        const char *hex;
    } cases[] = {
        {ES_DIGEST_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {ES_DIGEST_SHA384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                           "8086072ba1e7cc2358baeca134c825a7"},
        {ES_DIGEST_SHA512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                           "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
        {ES_DIGEST_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {ES_DIGEST_MD5, "900150983cd24fb0d6963f7d28e17f72"},
    };
    uint8_t out[ES_DIGEST_MAX];

    (void) state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(es_digest_once(cases[i].digest, es_span_str("abc"), out, NULL), ES_OK);
        assert_hex(es_span_of(out, es_digest_len(cases[i].digest)), cases[i].hex);
    }
}

static void an_unknown_digest_is_refused(void **state)
{
    uint8_t out[ES_DIGEST_MAX];
    struct es_hash *hash = NULL;

    (void) state;
    assert_int_equal(es_digest_once(ES_DIGEST_NONE, es_span_str("abc"), out, NULL),
                     ES_E_UNSUPPORTED);
    assert_int_equal(es_hash_new((enum es_digest) 99, &hash, NULL), ES_E_UNSUPPORTED);
    assert_null(hash);
    assert_int_equal(es_digest_len((enum es_digest) 99), 0);
    assert_string_equal(es_digest_name((enum es_digest) 99), "none");
    assert_false(es_digest_is_weak((enum es_digest) 99));
}

static void a_hash_in_parts_equals_the_whole_and_starts_anew(void **state)
{
    ES_AUTO_PTR(es_hash) hash = NULL;
    uint8_t out[ES_SM3_LEN];

    (void) state;
    assert_int_equal(es_hash_new(ES_DIGEST_SM3, &hash, NULL), ES_OK);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(es_hash_update(hash, es_span_str("a"), NULL), ES_OK);
        assert_int_equal(es_hash_update(hash, (struct es_span){0}, NULL), ES_OK);
        assert_int_equal(es_hash_update(hash, es_span_str("bc"), NULL), ES_OK);
        assert_int_equal(es_hash_final(hash, out, NULL), ES_OK);
        assert_hex(es_span_of(out, sizeof(out)),
                   "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
    }
}

static void digests_are_found_by_name_and_number(void **state)
{
    static const struct {
        const char *name;
        enum es_digest digest;
    } cases[] = {
        {"SM3", ES_DIGEST_SM3},
        {"sm3", ES_DIGEST_SM3},
        {"SHA1", ES_DIGEST_SHA1},
        {"sha-1", ES_DIGEST_SHA1},
        {"Sha-256", ES_DIGEST_SHA256},
        {"SHA_384", ES_DIGEST_SHA384},
        {"sha512", ES_DIGEST_SHA512},
        {"Md5", ES_DIGEST_MD5},
        {"1.2.156.10197.1.401", ES_DIGEST_SM3},
        {"1.2.156.10197.1.401.1", ES_DIGEST_SM3},
        {"1.3.14.3.2.26", ES_DIGEST_SHA1},
        {"1.2.840.113549.2.5", ES_DIGEST_MD5},
        {"2.16.840.1.101.3.4.2.1", ES_DIGEST_SHA256},
        {"", ES_DIGEST_NONE},
        {"sm", ES_DIGEST_NONE},
        {"sm33", ES_DIGEST_NONE},
        {"none", ES_DIGEST_NONE},
        {"---", ES_DIGEST_NONE},
        {"1.2.156.10197.1.401.2", ES_DIGEST_NONE},
        {"sha256sha256sha256sha256sha256sha256", ES_DIGEST_NONE},
    };

    (void) state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(es_digest_by_name(es_span_str(cases[i].name)), cases[i].digest);
}

static void only_md5_and_sha1_are_weak(void **state)
{
    (void) state;
    for (int i = ES_DIGEST_NONE; i <= ES_DIGEST_MD5; i++)
        assert_int_equal(es_digest_is_weak((enum es_digest) i), i >= ES_DIGEST_SHA1);
}

/* 700 000 bytes of 'a', beyond two chunks; value from openssl dgst -sm3. */
static void a_source_is_hashed_in_chunks(void **state)
{
    size_t len = 700000;
    uint8_t *bytes = malloc(len);
    uint8_t whole[ES_SM3_LEN], part[ES_SM3_LEN];
    struct es_source src;

    (void) state;
    assert_non_null(bytes);
    memset(bytes, 'a', len);
    src = es_source_memory(es_span_of(bytes, len));
    assert_int_equal(es_sm3_source(&src, 0, len, whole, NULL), ES_OK);
    assert_hex(es_span_of(whole, 32),
               "66de7079caf88bd70bdbab5947e6f4349b005cdccbed8d2df2a3daca12111738");
    assert_int_equal(es_sm3_source(&src, 5, len - 9, part, NULL), ES_OK);
    assert_int_equal(es_sm3(es_span_of(bytes + 5, len - 9), whole, NULL), ES_OK);
    assert_memory_equal(part, whole, ES_SM3_LEN);
    assert_int_equal(es_sm3_source(&src, len, 0, part, NULL), ES_OK);
    assert_hex(es_span_of(part, 32),
               "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b");
    assert_int_equal(es_sm3_source(&src, 1, len, part, NULL), ES_E_IO);
    assert_int_equal(es_sm3_source(&src, UINT64_MAX, 2, part, NULL), ES_E_IO);
    free(bytes);
}

static void the_seeded_stream_repeats_and_moves_on(void **state)
{
    uint64_t seed = 7, again = 7, other = 8;
    uint8_t a[100], b[100], c[100];
    struct es_random one = es_random_seeded(&seed);
    struct es_random two = es_random_seeded(&again);
    struct es_random three = es_random_seeded(&other);

    (void) state;
    assert_int_equal(one.fill(one.self, a, sizeof(a), NULL), ES_OK);
    assert_int_equal(two.fill(two.self, b, sizeof(b), NULL), ES_OK);
    assert_int_equal(three.fill(three.self, c, sizeof(c), NULL), ES_OK);
    assert_memory_equal(a, b, sizeof(a));
    assert_memory_not_equal(a, c, sizeof(a));
    assert_int_equal(one.fill(one.self, b, sizeof(b), NULL), ES_OK);
    assert_memory_not_equal(a, b, sizeof(a));
    /* SM3(00..07 00..00) by openssl dgst -sm3 */
    assert_hex(es_span_of(a, 32),
               "02509d9daf4d80974021a72aeb74ba4a778d1aa4f70c6b8a3921428ee2d1832f");
}

static void system_random_numbers_differ(void **state)
{
    struct es_random random = es_random_system();
    uint8_t a[32] = {0}, b[32] = {0};

    (void) state;
    assert_int_equal(random.fill(random.self, a, sizeof(a), NULL), ES_OK);
    assert_int_equal(random.fill(random.self, b, sizeof(b), NULL), ES_OK);
    assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_digest_is_refused),
        cmocka_unit_test(sm3_gives_the_published_values),
        cmocka_unit_test(other_digests_give_the_published_values),
        cmocka_unit_test(a_hash_in_parts_equals_the_whole_and_starts_anew),
        cmocka_unit_test(digests_are_found_by_name_and_number),
        cmocka_unit_test(only_md5_and_sha1_are_weak),
        cmocka_unit_test(a_source_is_hashed_in_chunks),
        cmocka_unit_test(the_seeded_stream_repeats_and_moves_on),
        cmocka_unit_test(system_random_numbers_differ),
    };
    return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
