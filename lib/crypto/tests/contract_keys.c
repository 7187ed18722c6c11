/*
 * The contract of signing keys (es_key_ops): the same cases over every provider. A new provider is
 * done when it passes. Signatures are checked by libgcrypt where it is installed, so that a mistake
 * shared by signing and checking in OpenSSL would show.
 */
#include "crypto_test.h"
#include "det_key.h"

#include <sys/stat.h>
#include <unistd.h>
#ifdef HAVE_LIBGCRYPT
#include <gcrypt.h>
#endif

#define LABEL "contract-1"
#define PIN "a PIN of 17 bytes"
#define ROUNDS 100

/* One provider under test. Keys without labels leave provider.ops NULL. */
struct subject {
    const char *name;
    struct es_key_provider provider;
    uint64_t seed;
    struct det_keys det;
    char folder[64];
    struct es_secret pin, wrong_pin;
};

static void set_secret(struct es_secret *secret, const char *text)
{
    assert_int_equal(es_secret_init(secret, 256, NULL), ES_OK);
    assert_int_equal(es_secret_set(secret, es_span_str(text), NULL), ES_OK);
}

static struct subject *new_subject(const char *name)
{
    struct subject *s = calloc(1, sizeof(*s));

    assert_non_null(s);
    s->name = name;
    set_secret(&s->pin, PIN);
    set_secret(&s->wrong_pin, "a PIN of 17 byteS");
    return s;
}

static int setup_soft(void **state)
{
    struct subject *s = new_subject("soft");

    strncpy(s->folder, "/tmp/es-contract-XXXXXX", sizeof(s->folder) - 1);
    assert_non_null(mkdtemp(s->folder));
    assert_int_equal(es_soft_keys_open(s->folder, &s->provider, NULL), ES_OK);
    assert_int_equal(es_soft_key_new(&s->provider, LABEL, &s->pin, NULL), ES_OK);
    *state = s;
    return 0;
}

static int setup_number(void **state)
{
    *state = new_subject("number");
    return 0;
}

static int setup_det(void **state)
{
    struct subject *s = new_subject("deterministic");

    s->seed = 1;
    s->det = (struct det_keys){.label = LABEL, .pin = PIN, .random = es_random_seeded(&s->seed)};
    test_hex_to(TEST_D, s->det.d, sizeof(s->det.d));
    s->provider = det_key_provider(&s->det);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct subject *s = *state;
    char path[128];

    if (s->folder[0] != '\0') {
        snprintf(path, sizeof(path), "%s/%s.key", s->folder, LABEL);
        unlink(path);
        rmdir(s->folder);
        es_soft_keys_close(&s->provider);
    }
    es_secret_clear(&s->pin);
    es_secret_clear(&s->wrong_pin);
    free(s);
    return 0;
}

static struct es_key *open_key(struct subject *s)
{
    struct es_key *key = NULL;

    if (s->provider.ops == NULL)
        return test_signing_key();
    assert_int_equal(es_key_open(&s->provider, LABEL, &s->pin, &key, NULL), ES_OK);
    return key;
}

static void an_absent_label_is_told(void **state)
{
    struct subject *s = *state;
    struct es_key *key = NULL;

    if (s->provider.ops == NULL)
        return; /* keys without labels */
    assert_int_equal(es_key_open(&s->provider, "contract-2", &s->pin, &key, NULL), ES_E_ABSENT);
    assert_int_equal(es_key_open(&s->provider, "", &s->pin, &key, NULL), ES_E_USAGE);
    assert_int_equal(es_key_open(&s->provider, NULL, &s->pin, &key, NULL), ES_E_USAGE);
    assert_null(key);
}

static void a_wrong_pin_opens_nothing_and_is_not_quoted(void **state)
{
    struct subject *s = *state;
    struct es_key *key = NULL;
    struct es_error err = {0};

    if (s->provider.ops == NULL)
        return; /* keys without labels */
    assert_int_equal(es_key_open(&s->provider, LABEL, &s->wrong_pin, &key, &err), ES_E_PIN);
    assert_null(strstr(err.text, "17 byte"));
    assert_int_equal(es_key_open(&s->provider, LABEL, NULL, &key, NULL), ES_E_PIN);
    assert_null(key);
}

static void a_provider_of_another_version_is_refused(void **state)
{
    struct subject *s = *state;
    struct es_key *key = NULL;
    struct es_key_ops ops;
    struct es_key_provider provider = {.ops = &ops, .self = s->provider.self};

    if (s->provider.ops == NULL)
        return; /* keys without labels */
    ops = *s->provider.ops;
    ops.abi++;
    assert_int_equal(es_key_open(&provider, LABEL, &s->pin, &key, NULL), ES_E_CONFIG);
    ops.abi--;
    ops.sign = NULL;
    assert_int_equal(es_key_open(&provider, LABEL, &s->pin, &key, NULL), ES_E_CONFIG);
}

static es_status count_label(void *ctx, const char *label, struct es_error *err)
{
    (void) err;
    assert_string_equal(label, LABEL);
    *(int *) ctx += 1;
    return ES_OK;
}

static es_status refuse_label(void *ctx, const char *label, struct es_error *err)
{
    (void) ctx;
    (void) label;
    return es_error_set(err, ES_E_CONFLICT, "enough");
}

static void labels_are_listed_until_the_caller_fails(void **state)
{
    struct subject *s = *state;
    int count = 0;

    if (s->provider.ops == NULL || s->provider.ops->list == NULL)
        return; /* keys without labels */
    assert_int_equal(s->provider.ops->list(s->provider.self, count_label, &count, NULL), ES_OK);
    assert_int_equal(count, 1);
    assert_int_equal(s->provider.ops->list(s->provider.self, refuse_label, NULL, NULL),
                     ES_E_CONFLICT);
}

#ifdef HAVE_LIBGCRYPT
/* The whole check again by libgcrypt, from the point and e. */
static void check_by_libgcrypt(const struct es_pubkey *key, const uint8_t e[32],
                               const uint8_t raw[64])
{
    gcry_sexp_t public, data, other, sig;
    struct es_span point = es_pubkey_point(key);

    assert_non_null(gcry_check_version(NULL));
    assert_int_equal(gcry_sexp_build(&public, NULL, "(public-key (ecc (curve sm2p256v1) (q %b)))",
                                     (int) point.len, point.ptr),
                     0);
    assert_int_equal(gcry_sexp_build(&data, NULL, "(data (flags sm2) (hash sm3 %b))", 32, e), 0);
    assert_int_equal(
        gcry_sexp_build(&sig, NULL, "(sig-val (sm2 (r %b) (s %b)))", 32, raw, 32, raw + 32), 0);
    assert_int_equal(gcry_sexp_build(&other, NULL, "(data (flags sm2) (hash sm3 %b))", 32, raw), 0);
    assert_int_equal(gcry_pk_verify(sig, data, public), 0);
    assert_int_not_equal(gcry_pk_verify(sig, other, public), 0);
    gcry_sexp_release(other);
    gcry_sexp_release(sig);
    gcry_sexp_release(data);
    gcry_sexp_release(public);
}
#else
static void check_by_libgcrypt(const struct es_pubkey *key, const uint8_t e[32],
                               const uint8_t raw[64])
{
    (void) key;
    (void) e;
    (void) raw;
}
#endif

static void sign_and_check(struct es_key *key, unsigned number, uint8_t raw[ES_SM2_RAW_LEN])
{
    ES_AUTO(es_buf) sig = ES_BUF_INIT(128);
    const struct es_pubkey *public = es_key_public(key);
    enum es_sig_answer answer;
    char text[32];
    uint8_t e[ES_SM3_LEN];

    snprintf(text, sizeof(text), "message %u", number);
    assert_int_equal(es_key_sign(key, es_span_str(text), &sig, NULL), ES_OK);
    assert_int_equal(es_sm2_verify(public, es_span_str(text), es_buf_span(&sig), &answer, NULL),
                     ES_OK);
    assert_int_equal(answer, ES_SIG_GOOD);
    assert_int_equal(es_sm2_sig_decode(es_buf_span(&sig), raw, NULL), ES_OK);
    if (number % 20 != 0)
        return;
    assert_int_equal(es_sm2_e(public, es_span_str(text), e, NULL), ES_OK);
    check_by_libgcrypt(public, e, raw);
}

static void a_hundred_signatures_verify_and_share_no_nonce(void **state)
{
    struct subject *s = *state;
    ES_AUTO_PTR(es_key) key = open_key(s);
    uint8_t raw[ROUNDS][ES_SM2_RAW_LEN];

    for (unsigned i = 0; i < ROUNDS; i++) {
        sign_and_check(key, i, raw[i]);
        for (unsigned j = 0; j < i; j++)
            assert_memory_not_equal(raw[i], raw[j], 32);
    }
}

static void an_empty_and_a_long_message_are_signed(void **state)
{
    struct subject *s = *state;
    ES_AUTO_PTR(es_key) key = open_key(s);
    ES_AUTO(es_buf) sig = ES_BUF_INIT(128);
    static const uint8_t big[100000];
    enum es_sig_answer answer;

    assert_int_equal(es_key_sign(key, (struct es_span){0}, &sig, NULL), ES_OK);
    assert_int_equal(
        es_sm2_verify(es_key_public(key), (struct es_span){0}, es_buf_span(&sig), &answer, NULL),
        ES_OK);
    assert_int_equal(answer, ES_SIG_GOOD);
    assert_int_equal(
        es_sm2_verify(es_key_public(key), es_span_of(big, 1), es_buf_span(&sig), &answer, NULL),
        ES_OK);
    assert_int_equal(answer, ES_SIG_BAD);
    es_buf_reset(&sig);
    assert_int_equal(es_key_sign(key, es_span_of(big, sizeof(big)), &sig, NULL), ES_OK);
}

static void a_full_output_stays_as_it_was(void **state)
{
    struct subject *s = *state;
    ES_AUTO_PTR(es_key) key = open_key(s);
    ES_AUTO(es_buf) out = ES_BUF_INIT(10);

    es_buf_put_str(&out, "before");
    assert_int_equal(es_key_sign(key, es_span_str("m"), &out, NULL), ES_E_LIMIT);
    assert_true(es_span_is(es_buf_span(&out), "before"));
}

static void open_keys_agree_on_the_public_key(void **state)
{
    struct subject *s = *state;
    ES_AUTO_PTR(es_key) one = open_key(s);
    ES_AUTO_PTR(es_key) two = open_key(s);

    assert_true(
        es_span_equal(es_pubkey_point(es_key_public(one)), es_pubkey_point(es_key_public(two))));
}

#define CASE(name, setup, function)                                                                \
    {                                                                                              \
        name " keys: " #function, function, setup, teardown, NULL                                  \
    }
#define CASES(name, setup)                                                                         \
    CASE(name, setup, an_absent_label_is_told),                                                    \
        CASE(name, setup, a_wrong_pin_opens_nothing_and_is_not_quoted),                            \
        CASE(name, setup, a_provider_of_another_version_is_refused),                               \
        CASE(name, setup, labels_are_listed_until_the_caller_fails),                               \
        CASE(name, setup, a_hundred_signatures_verify_and_share_no_nonce),                         \
        CASE(name, setup, an_empty_and_a_long_message_are_signed),                                 \
        CASE(name, setup, a_full_output_stays_as_it_was),                                          \
        CASE(name, setup, open_keys_agree_on_the_public_key)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASES("soft", setup_soft),
        CASES("number", setup_number),
        CASES("deterministic", setup_det),
    };
    return cmocka_run_group_tests_name("contract_keys", tests, NULL, NULL);
}
