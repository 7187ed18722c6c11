/*
 * Each allocation of OpenSSL failing in turn: an operation then gives its right answer or fails,
 * but never calls a good signature bad or a right PIN wrong. Signing is not among them: there
 * OpenSSL 3.0 itself follows a null pointer (BN_CTX_end in sm2_sig_gen).
 */
#include "crypto_test.h"
#include "keyfile_fixtures.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <unistd.h>

#define PIN "correct horse 1"

/* The allocation that fails counts down from here; negative: none does. */
static long countdown = -1;

static bool is_due(void)
{
    return countdown >= 0 && countdown-- == 0;
}

static void *count_malloc(size_t len, const char *file, int line)
{
    (void) file;
    (void) line;
    return is_due() ? NULL : malloc(len);
}

static void *count_realloc(void *old, size_t len, const char *file, int line)
{
    (void) file;
    (void) line;
    return is_due() ? NULL : realloc(old, len);
}

static void count_free(void *p, const char *file, int line)
{
    (void) file;
    (void) line;
    free(p);
}

struct fixture {
    struct es_pubkey *key;
    struct es_buf sig;
    char folder[64];
    struct es_key_provider provider;
    struct es_secret pin;
};

/* One round of an operation; true when it came to its right end. */
typedef bool (*operation)(struct fixture *f);

/* Fail the first, second, … allocation until the operation no longer meets the failing one. */
static void fail_each(struct fixture *f, operation run)
{
    for (long n = 0;; n++) {
        bool done;

        countdown = n;
        done = run(f);
        if (countdown >= 0) {
            countdown = -1;
            assert_true(done);
            return;
        }
        countdown = -1;
        assert_true(n < 100000);
    }
}

static bool good_stays_good(struct fixture *f)
{
    enum es_sig_answer answer;
    es_status status = es_sm2_verify(f->key, es_span_str("message digest"), es_buf_span(&f->sig),
                                     &answer, NULL);

    assert_int_equal(answer, status == ES_OK ? ES_SIG_GOOD : ES_SIG_UNCHECKED);
    return status == ES_OK;
}

static bool bad_stays_bad(struct fixture *f)
{
    enum es_sig_answer answer;
    es_status status = es_sm2_verify(f->key, es_span_str("another message"), es_buf_span(&f->sig),
                                     &answer, NULL);

    assert_int_equal(answer, status == ES_OK ? ES_SIG_BAD : ES_SIG_UNCHECKED);
    return status == ES_OK;
}

static bool sound_key_is_not_called_unsound(struct fixture *f)
{
    ES_AUTO_PTR(es_pubkey) key = NULL;
    es_status status = es_pubkey_sm2(es_pubkey_point(f->key), &key, NULL);

    assert_true(status == ES_OK || status == ES_E_NOMEM || status == ES_E_CRYPTO);
    return status == ES_OK;
}

static bool right_pin_is_not_called_wrong(struct fixture *f)
{
    ES_AUTO_PTR(es_key) key = NULL;
    es_status status = es_key_open(&f->provider, "k", &f->pin, &key, NULL);

    assert_int_not_equal(status, ES_E_PIN);
    return status == ES_OK;
}

static void checks_give_the_right_answer_or_none(void **state)
{
    fail_each(*state, good_stays_good);
    fail_each(*state, bad_stays_bad);
}

static void keys_are_taken_or_the_failure_is_told(void **state)
{
    fail_each(*state, sound_key_is_not_called_unsound);
}

static void lack_of_memory_is_no_wrong_pin(void **state)
{
    fail_each(*state, right_pin_is_not_called_wrong);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    char path[128];

    assert_non_null(f);
    es_buf_init(&f->sig, 128);
    test_hex(&f->sig, TEST_DER);
    f->key = test_public_key();
    snprintf(f->folder, sizeof(f->folder), "/tmp/es-nomem-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    assert_int_equal(es_soft_keys_open(f->folder, &f->provider, NULL), ES_OK);
    assert_int_equal(es_secret_init(&f->pin, 64, NULL), ES_OK);
    assert_int_equal(es_secret_set(&f->pin, es_span_str(PIN), NULL), ES_OK);
    snprintf(path, sizeof(path), "%s/k.key", f->folder);
    assert_int_equal(es_file_write(path, es_span_str(FX_KEYFILE_QUICK), 0600, false, NULL), ES_OK);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char path[128];

    snprintf(path, sizeof(path), "%s/k.key", f->folder);
    unlink(path);
    rmdir(f->folder);
    es_soft_keys_close(&f->provider);
    es_secret_clear(&f->pin);
    es_pubkey_free(f->key);
    es_buf_clear(&f->sig);
    free(f);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_give_the_right_answer_or_none),
        cmocka_unit_test(keys_are_taken_or_the_failure_is_told),
        cmocka_unit_test(lack_of_memory_is_no_wrong_pin),
    };

    if (CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free) != 1)
        return 1;
    return cmocka_run_group_tests_name("nomem", tests, setup, teardown);
}
