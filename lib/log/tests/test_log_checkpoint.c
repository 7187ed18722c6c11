/* Checkpoints of our own making, and everything that is not one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_log.h"

#define ORIGIN "seal.example.cn/status/1"

struct fixture {
    struct es_key *key, *other;
    struct es_log_hash root;
    struct es_buf text;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    uint8_t d[32] = {1};

    assert_non_null(f);
    assert_int_equal(es_key_from_number(d, &f->key, NULL), ES_OK);
    d[0] = 2;
    assert_int_equal(es_key_from_number(d, &f->other, NULL), ES_OK);
    memset(f->root.b, 7, sizeof f->root.b);
    es_buf_init(&f->text, ES_CHECKPOINT_MAX);
    assert_int_equal(es_checkpoint_sign(ORIGIN, 5, &f->root, f->key, &f->text, NULL), ES_OK);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    es_key_free(f->key);
    es_key_free(f->other);
    es_buf_clear(&f->text);
    free(f);
    return 0;
}

static bool verifies(struct es_span text, const struct es_key *key)
{
    ES_AUTO(es_checkpoint) c = {.size = 0};
    bool good = false;

    if (es_checkpoint_parse(text, &c, NULL) != ES_OK)
        return false;
    assert_int_equal(es_checkpoint_verify(&c, es_key_public(key), &good, NULL), ES_OK);
    return good;
}

static void what_is_signed_verifies_with_that_key_only(void **state)
{
    struct fixture *f = *state;

    assert_true(verifies(es_buf_span(&f->text), f->key));
    assert_false(verifies(es_buf_span(&f->text), f->other));
}

static void no_byte_can_be_changed(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < f->text.len; i++) {
        f->text.ptr[i] ^= 1;
        assert_false(verifies(es_buf_span(&f->text), f->key));
        f->text.ptr[i] ^= 1;
    }
}

static void no_cut_is_a_checkpoint(void **state)
{
    struct fixture *f = *state;

    for (size_t len = 0; len < f->text.len; len++)
        assert_false(verifies(es_span_of(f->text.ptr, len), f->key));
}

static void a_witness_speaks_for_one_time(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_checkpoint) bare = {.size = 0};
    ES_AUTO(es_checkpoint) whole = {.size = 0};
    uint64_t time_s = 0;
    bool good = false;

    assert_int_equal(es_checkpoint_parse(es_buf_span(&f->text), &bare, NULL), ES_OK);
    assert_int_equal(
        es_checkpoint_cosign(&bare, "w.example.org", 1772352000, f->other, &f->text, NULL), ES_OK);
    assert_int_equal(es_checkpoint_parse(es_buf_span(&f->text), &whole, NULL), ES_OK);
    assert_int_equal(whole.line_count, 2);
    assert_int_equal(es_checkpoint_verify_witness(&whole, "w.example.org", es_key_public(f->other),
                                                  &good, &time_s, NULL),
                     ES_OK);
    assert_true(good);
    assert_int_equal(time_s, 1772352000);
    assert_int_equal(es_checkpoint_verify_witness(&whole, "w.example.org", es_key_public(f->key),
                                                  &good, &time_s, NULL),
                     ES_OK);
    assert_false(good);
    assert_true(verifies(es_buf_span(&f->text), f->key));
}

static void a_name_that_does_not_fit_a_line_signs_nothing(void **state)
{
    static const char *const names[] = {"", "two words", "two\nlines", "\xff"};
    struct fixture *f = *state;
    ES_AUTO(es_checkpoint) bare = {.size = 0};
    size_t before = f->text.len;

    assert_int_equal(es_checkpoint_parse(es_buf_span(&f->text), &bare, NULL), ES_OK);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(
            es_checkpoint_cosign(&bare, names[i], 1772352000, f->other, &f->text, NULL),
            ES_E_RANGE);
        assert_int_equal(f->text.len, before);
    }
}

static void other_forms_are_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "\n\n\n\n",
        "o\n5\nAAAA\n\n— o AAAAAAAA\n",
        "o\n05\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n— o AAAAAAAA\n",
        "o\n-5\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n— o AAAAAAAA\n",
        "o\n5\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\nmore\n\n— o AAAAAAAA\n",
        "o\n5\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n",
        "o\n5\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n- o AAAAAAAA\n",
        "o\n5\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n— o AAAA\n",
        "o\n5\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n— o AAAAAAAA",
    };

    (void) state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        ES_AUTO(es_checkpoint) c = {.size = 0};

        assert_int_equal(es_checkpoint_parse(es_span_str(texts[i]), &c, NULL), ES_E_FORMAT);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(what_is_signed_verifies_with_that_key_only),
        T(no_byte_can_be_changed),
        T(no_cut_is_a_checkpoint),
        T(a_witness_speaks_for_one_time),
        T(a_name_that_does_not_fit_a_line_signs_nothing),
        cmocka_unit_test(other_forms_are_refused),
    };

    return cmocka_run_group_tests_name("log/checkpoint", tests, NULL, NULL);
}
