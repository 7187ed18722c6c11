/* SM4-GCM against RFC 8998, Project Wycheproof's vectors and libgcrypt; its two GHASHes. */
#include "crypto_test.h"
#include "ghash.h"
#include "second_opinion.h"

#include <stdlib.h>

#define TEXT_MAX 4096

/* RFC 8998 appendix A.1 */
#define RFC_KEY "0123456789abcdeffedcba9876543210"
#define RFC_NONCE "00001234567800000000abcd"
#define RFC_AAD "feedfacedeadbeeffeedfacedeadbeefabaddad2"
#define RFC_PLAIN                                                                                  \
    "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"                             \
    "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa"
#define RFC_CLOSED                                                                                 \
    "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"                             \
    "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"                             \
    "83de3541e4c2b58177e065a9bf7b62ec"

struct sample {
    uint8_t key[16];
    struct es_buf nonce, aad, plain, closed, out;
};

static void sample_init(struct sample *s)
{
    *s = (struct sample){0};
    es_buf_init(&s->nonce, TEXT_MAX);
    es_buf_init(&s->aad, TEXT_MAX);
    es_buf_init(&s->plain, TEXT_MAX);
    es_buf_init(&s->closed, TEXT_MAX);
    es_buf_init(&s->out, TEXT_MAX);
}

static void sample_clear(struct sample *s)
{
    es_buf_clear(&s->nonce);
    es_buf_clear(&s->aad);
    es_buf_clear(&s->plain);
    es_buf_clear(&s->closed);
    es_buf_clear(&s->out);
}

static es_status seal_it(struct sample *s)
{
    es_buf_reset(&s->out);
    return es_sm4_gcm_seal(s->key, es_buf_span(&s->nonce), es_buf_span(&s->aad),
                           es_buf_span(&s->plain), &s->out, NULL);
}

static es_status open_it(struct sample *s)
{
    es_buf_reset(&s->out);
    return es_sm4_gcm_open(s->key, es_buf_span(&s->nonce), es_buf_span(&s->aad),
                           es_buf_span(&s->closed), &s->out, NULL);
}

static int setup_rfc(void **state)
{
    struct sample *s = malloc(sizeof(*s));

    assert_non_null(s);
    sample_init(s);
    test_hex_to(RFC_KEY, s->key, sizeof(s->key));
    test_hex(&s->nonce, RFC_NONCE);
    test_hex(&s->aad, RFC_AAD);
    test_hex(&s->plain, RFC_PLAIN);
    test_hex(&s->closed, RFC_CLOSED);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    sample_clear(*state);
    free(*state);
    return 0;
}

static void each_bit_flipped_is_refused_and_gives_nothing(void **state)
{
    struct sample *s = *state;
    struct es_span parts[] = {es_span_of(s->key, 16), es_buf_span(&s->nonce), es_buf_span(&s->aad),
                              es_buf_span(&s->closed)};
    uint8_t *bytes[] = {s->key, s->nonce.ptr, s->aad.ptr, s->closed.ptr};

    for (size_t part = 0; part < 4; part++)
        for (size_t bit = 0; bit < parts[part].len * 8; bit++) {
            bytes[part][bit / 8] ^= (uint8_t) (1u << bit % 8);
            assert_int_equal(open_it(s), ES_E_INTEGRITY);
            assert_int_equal(s->out.len, 0);
            bytes[part][bit / 8] ^= (uint8_t) (1u << bit % 8);
        }
    assert_int_equal(open_it(s), ES_OK);
}

static void each_cut_and_a_byte_more_is_refused(void **state)
{
    struct sample *s = *state;
    size_t whole = s->closed.len;

    for (s->closed.len = 0; s->closed.len < whole; s->closed.len++)
        assert_int_equal(open_it(s), ES_E_INTEGRITY);
    es_buf_put_byte(&s->closed, 0);
    assert_int_equal(open_it(s), ES_E_INTEGRITY);
    s->closed.len = whole;
    for (s->aad.len = 0; s->aad.len < 20; s->aad.len++)
        assert_int_equal(open_it(s), ES_E_INTEGRITY);
    assert_int_equal(open_it(s), ES_OK);
}

static void bytes_moved_between_text_and_additional_data_are_refused(void **state)
{
    struct sample *s = *state;

    es_buf_put_byte(&s->aad, s->closed.ptr[0]);
    s->closed.len--;
    memmove(s->closed.ptr, s->closed.ptr + 1, s->closed.len);
    assert_int_equal(open_it(s), ES_E_INTEGRITY);
}

static void nonces_of_other_lengths_are_refused(void **state)
{
    struct sample *s = *state;
    struct es_error err = {0};

    for (size_t len = 0; len <= 32; len++) {
        uint8_t nonce[32] = {0};
        es_status wanted = len == 12 ? ES_OK : ES_E_RANGE;

        es_buf_reset(&s->out);
        assert_int_equal(es_sm4_gcm_seal(s->key, es_span_of(nonce, len), (struct es_span){0},
                                         es_buf_span(&s->plain), &s->out, &err),
                         wanted);
        if (len != 12)
            assert_int_equal(es_sm4_gcm_open(s->key, es_span_of(nonce, len), (struct es_span){0},
                                             es_buf_span(&s->closed), &s->out, &err),
                             wanted);
    }
    assert_string_equal(err.text, "nonce of 32 bytes, allowed are 12");
}

/* No byte is read before the refusal, so the address may be any. */
static void texts_longer_than_the_mode_allows_are_refused(void **state)
{
    struct sample *s = *state;
    struct es_span nonce = es_buf_span(&s->nonce);
    struct es_span none = {0};
    struct es_span text = es_span_of(s->key, (size_t) ES_GCM_PLAIN_MAX + 1);
    struct es_span closed = es_span_of(s->key, (size_t) ES_GCM_PLAIN_MAX + 17);
    struct es_span aad = es_span_of(s->key, (size_t) 1 << 61);

    assert_int_equal(es_sm4_gcm_seal(s->key, nonce, none, text, &s->out, NULL), ES_E_LIMIT);
    assert_int_equal(es_sm4_gcm_seal(s->key, nonce, aad, none, &s->out, NULL), ES_E_LIMIT);
    assert_int_equal(es_sm4_gcm_open(s->key, nonce, none, closed, &s->out, NULL), ES_E_LIMIT);
    assert_int_equal(s->out.len, 0);
}

static void a_full_buffer_keeps_what_it_held(void **state)
{
    struct sample *s = *state;
    ES_AUTO(es_buf) small = ES_BUF_INIT(64 + 16 + 2);

    es_buf_put_str(&small, "abc");
    assert_int_equal(es_sm4_gcm_seal(s->key, es_buf_span(&s->nonce), es_buf_span(&s->aad),
                                     es_buf_span(&s->plain), &small, NULL),
                     ES_E_LIMIT);
    assert_true(es_span_is(es_buf_span(&small), "abc"));
    es_buf_reset(&small);
    es_buf_put_str(&small, "0123456789012345678");
    assert_int_equal(es_sm4_gcm_open(s->key, es_buf_span(&s->nonce), es_buf_span(&s->aad),
                                     es_buf_span(&s->closed), &small, NULL),
                     ES_E_LIMIT);
    assert_int_equal(small.len, 19);
}

static void rfc_8998_example_seals_and_opens(void **state)
{
    struct sample *s = *state;

    assert_int_equal(seal_it(s), ES_OK);
    assert_hex(es_buf_span(&s->out), RFC_CLOSED);
    assert_int_equal(open_it(s), ES_OK);
    assert_hex(es_buf_span(&s->out), RFC_PLAIN);
}

static void results_are_appended(void **state)
{
    struct sample *s = *state;
    ES_AUTO(es_buf) out = ES_BUF_INIT(TEXT_MAX);

    es_buf_put_byte(&out, 0x5a);
    assert_int_equal(es_sm4_gcm_open(s->key, es_buf_span(&s->nonce), es_buf_span(&s->aad),
                                     es_buf_span(&s->closed), &out, NULL),
                     ES_OK);
    assert_hex(es_buf_span(&out), "5a" RFC_PLAIN);
}

/* ---- Wycheproof ---- */

static void take_hex(char **line, struct es_buf *out)
{
    const char *word = strsep(line, " \n");

    assert_non_null(word);
    test_hex(out, strcmp(word, "-") == 0 ? "" : word);
}

/* ct and tag stand in one buffer then. */
static bool read_vector(char *line, struct sample *s)
{
    ES_AUTO(es_buf) part = ES_BUF_INIT(TEXT_MAX);
    bool valid;

    assert_non_null(strsep(&line, " "));
    valid = strcmp(strsep(&line, " "), "valid") == 0;
    take_hex(&line, &part);
    assert_int_equal(part.len, 16);
    memcpy(s->key, part.ptr, 16);
    take_hex(&line, &s->nonce);
    take_hex(&line, &s->aad);
    take_hex(&line, &s->plain);
    take_hex(&line, &s->closed);
    take_hex(&line, &part);
    es_buf_put_span(&s->closed, es_buf_span(&part));
    return valid;
}

static void check_vector(struct sample *s, bool valid)
{
    if (s->nonce.len != 12) {
        assert_int_equal(seal_it(s), ES_E_RANGE);
        assert_int_equal(open_it(s), ES_E_RANGE);
        return;
    }
    assert_int_equal(seal_it(s), ES_OK);
    assert_int_equal(s->out.len, s->closed.len);
    assert_memory_equal(s->out.ptr, s->closed.ptr, valid ? s->out.len : s->plain.len);
    assert_int_equal(open_it(s), valid ? ES_OK : ES_E_INTEGRITY);
    assert_int_equal(s->out.len, valid ? s->plain.len : 0);
    if (s->out.len > 0)
        assert_memory_equal(s->out.ptr, s->plain.ptr, s->out.len);
}

static void wycheproof_vectors_come_out_as_they_say(void **state)
{
    struct sample *s = *state;
    const char *folder = getenv("ESEAL_TESTDATA");
    char path[4096], line[TEXT_MAX];
    unsigned seen[2] = {0};
    FILE *file;

    if (folder == NULL)
        skip();
    snprintf(path, sizeof(path), "%s/wycheproof/sm4_gcm.txt", folder);
    file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        bool valid;

        if (line[0] == '#')
            continue;
        valid = read_vector(line, s);
        check_vector(s, valid);
        seen[valid]++;
    }
    fclose(file);
    assert_int_equal(seen[true], 22);
    assert_int_equal(seen[false], 23);
}

/* ---- a second implementation, and the two GHASHes ---- */

#ifdef HAVE_LIBGCRYPT
static void fill(struct es_buf *buf, size_t len, struct es_random *random)
{
    uint8_t bytes[512];

    assert_int_equal(random->fill(random->self, bytes, sizeof(bytes), NULL), ES_OK);
    es_buf_reset(buf);
    es_buf_put(buf, bytes, len);
    es_buf_put_byte(buf, 0); /* never NULL */
    buf->len = len;
}

static void libgcrypt_gives_the_same_for_each_length(void **state)
{
    struct sample *s = *state;
    uint64_t seed = 38540;
    struct es_random random = es_random_seeded(&seed);
    uint8_t wanted[512];

    second_start();
    for (size_t len = 0; len <= 300; len++) {
        assert_int_equal(random.fill(random.self, s->key, 16, NULL), ES_OK);
        fill(&s->nonce, 12, &random);
        fill(&s->aad, (size_t) (seed % 301), &random);
        fill(&s->plain, len, &random);
        second_gcm_seal(s->key, s->nonce.ptr, es_buf_span(&s->aad), es_buf_span(&s->plain), wanted);
        assert_int_equal(seal_it(s), ES_OK);
        assert_int_equal(s->out.len, len + 16);
        assert_memory_equal(s->out.ptr, wanted, len + 16);
    }
}
#else
static void libgcrypt_gives_the_same_for_each_length(void **state)
{
    (void) state;
    skip();
}
#endif

/* NIST GCM specification (McGrew, Viega), test case 2: H, one block, its hash with the lengths. */
static void ghash_gives_the_published_value(void **state)
{
    es_ghash_fn ways[] = {es_ghash_portable, es_ghash_best()};
    const uint64_t h[2] = {UINT64_C(0x66e94bd4ef8a2c3b), UINT64_C(0x884cfa59ca342b2e)};
    uint8_t blocks[32];

    (void) state;
    test_hex_to("0388dace60b6a392f328c2b971b2fe7800000000000000000000000000000080", blocks, 32);
    for (size_t i = 0; i < 2; i++) {
        uint64_t y[2] = {0, 0};

        ways[i](y, h, blocks, 2);
        assert_int_equal(y[0], UINT64_C(0xf38cbb1ad69223dc));
        assert_int_equal(y[1], UINT64_C(0xc3457ae5b6b0f885));
    }
}

static void both_ways_of_multiplying_agree(void **state)
{
    es_ghash_fn native = es_ghash_native();
    uint64_t seed = 8998;
    struct es_random random = es_random_seeded(&seed);

    (void) state;
    if (native == NULL)
        skip();
    for (unsigned round = 0; round < 2000; round++) {
        uint64_t h[2], a[2] = {0, 0}, b[2] = {0, 0};
        uint8_t blocks[7 * 16];
        size_t count = round % 8;

        assert_int_equal(random.fill(random.self, (uint8_t *) h, sizeof(h), NULL), ES_OK);
        assert_int_equal(random.fill(random.self, blocks, sizeof(blocks), NULL), ES_OK);
        if (round < 64)
            memset(blocks, round < 32 ? 0xff : 0, sizeof(blocks));
        if (round % 16 == 0)
            h[0] = h[1] = UINT64_MAX;
        es_ghash_portable(a, h, blocks, count);
        native(b, h, blocks, count);
        assert_memory_equal(a, b, sizeof(a));
    }
}

#define WITH_RFC(test) cmocka_unit_test_setup_teardown(test, setup_rfc, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_RFC(each_bit_flipped_is_refused_and_gives_nothing),
        WITH_RFC(each_cut_and_a_byte_more_is_refused),
        WITH_RFC(bytes_moved_between_text_and_additional_data_are_refused),
        WITH_RFC(nonces_of_other_lengths_are_refused),
        WITH_RFC(texts_longer_than_the_mode_allows_are_refused),
        WITH_RFC(a_full_buffer_keeps_what_it_held),
        WITH_RFC(rfc_8998_example_seals_and_opens),
        WITH_RFC(results_are_appended),
        WITH_RFC(wycheproof_vectors_come_out_as_they_say),
        WITH_RFC(libgcrypt_gives_the_same_for_each_length),
        cmocka_unit_test(ghash_gives_the_published_value),
        cmocka_unit_test(both_ways_of_multiplying_agree),
    };
    return cmocka_run_group_tests_name("sm4_gcm", tests, NULL, NULL);
}
