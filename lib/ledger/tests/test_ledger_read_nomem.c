/*
 * Each allocation of our code failing in turn (malloc and its like are wrapped by the linker): an
 * operation then gives its right answer or ES_E_NOMEM, and what it was to append to keeps what it
 * held; a map or a witness that failed goes on as if it had not been asked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "es_witness.h"
#include "read_fixture.h"

static long countdown = -1; /* the allocation that fails counts down from here; negative: none */

static bool is_due(void)
{
    return countdown >= 0 && countdown-- == 0;
}

void *__real_malloc(size_t len);
void *__real_calloc(size_t count, size_t len);
void *__real_realloc(void *old, size_t len);
void *__real_reallocarray(void *old, size_t count, size_t len);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t count, size_t len);
void *__wrap_realloc(void *old, size_t len);
void *__wrap_reallocarray(void *old, size_t count, size_t len);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t len)
{
    return is_due() ? NULL : __real_malloc(len);
}

void *__wrap_calloc(size_t count, size_t len)
{
    return is_due() ? NULL : __real_calloc(count, len);
}

void *__wrap_realloc(void *old, size_t len)
{
    return is_due() ? NULL : __real_realloc(old, len);
}

void *__wrap_reallocarray(void *old, size_t count, size_t len)
{
    return is_due() ? NULL : __real_reallocarray(old, count, len);
}

char *__wrap_strdup(const char *text)
{
    return is_due() ? NULL : __real_strdup(text);
}

struct fixture {
    struct read_fixture log;
    struct es_log_reader *reader;
    struct es_buf out;
    struct es_buf proof; /* for those who check one */
    struct es_log_hash key;
    char folder[160];
    uint64_t count; /* of applied changes */
};
typedef es_status (*operation)(struct fixture *f, struct es_error *err);

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    *state = f;
    read_fixture_open(&f->log, ES_LOG_STATUS);
    for (uint64_t i = 0; i < 40; i++) {
        f->key = read_fixture_hash(i);
        read_fixture_status(&f->log, &f->key, 30);
    }
    read_fixture_status(&f->log, &f->key, 40);
    read_fixture_map_head(&f->log);
    read_fixture_write(&f->log);
    read_fixture_sign(&f->log, f->log.count);
    read_fixture_status(&f->log, &f->key, 70); /* the map is ahead of what is signed */
    read_fixture_map_head(&f->log);
    read_fixture_write(&f->log);
    es_buf_init(&f->out, 1u << 20);
    es_buf_init(&f->proof, 1u << 20);
    (void) snprintf(f->folder, sizeof f->folder, "%s/extra", f->log.folder);
    assert_int_equal(
        es_log_reader_open(f->log.store, ES_LOG_STATUS, f->log.epoch, &f->reader, NULL), ES_OK);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    es_log_reader_free(f->reader);
    es_buf_clear(&f->out);
    es_buf_clear(&f->proof);
    read_fixture_close(&f->log);
    free(f);
    return 0;
}

static void fail_each(struct fixture *f, operation run)
{
    for (long n = 0;; n++) {
        struct es_error err = {ES_OK, ""};
        es_status status;
        bool met;

        es_buf_clear(&f->out);
        es_buf_put_str(&f->out, "held");
        countdown = n;
        status = run(f, &err);
        met = countdown < 0;
        countdown = -1;
        assert_memory_equal(f->out.ptr, "held", 4);
        if (!met) {
            assert_int_equal(status, ES_OK);
            return;
        }
        if (status != ES_OK && status != ES_E_NOMEM)
            fail_msg("allocation %ld: %s: %s", n, es_status_name(status), err.text);
        if (status != ES_OK)
            assert_int_equal(f->out.len, 4);
        assert_true(n < 20000);
    }
}

static es_status prove_inclusion(struct fixture *f, struct es_error *err)
{
    return es_log_prove_inclusion(f->reader, 7, 0, &f->out, err);
}

static es_status prove_status(struct fixture *f, struct es_error *err)
{
    return es_log_prove_status(f->reader, &f->key, 0, &f->out, err);
}

static es_status rebuild(struct fixture *f, struct es_error *err)
{
    struct es_log_rebuild_result result;

    return es_log_rebuild(f->reader, false, &result, err);
}

static es_status check_inclusion(struct fixture *f, struct es_error *err)
{
    struct es_log_proof_facts facts;
    es_status status = es_log_proof_verify(es_buf_span(&f->proof), &f->log.trust, &facts, err);

    assert_true(status != ES_OK || facts.holds);
    assert_true(status == ES_OK || !facts.holds);
    es_log_proof_clear(&facts);
    return status;
}

static es_status check_status(struct fixture *f, struct es_error *err)
{
    struct es_status_proof proof;
    es_status status = es_status_proof_verify_key(es_buf_span(&f->proof), &f->key, &f->log.trust,
                                                  &proof, err);

    assert_true(status != ES_OK || proof.answer == ES_PROOF_HOLDS);
    es_status_proof_clear(&proof);
    return status;
}

static es_status read_policy(struct fixture *f, struct es_error *err)
{
    ES_AUTO_PTR(es_log_policy) policy = NULL;

    return es_log_policy_parse(es_buf_span(&f->proof), &policy, err);
}

static es_status apply_fn(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct fixture *f = ctx;
    struct ledger_map_change changes[12];
    struct es_log_hash root;
    uint64_t keys = 0;

    for (size_t i = 0; i < 12; i++)
        changes[i] = (struct ledger_map_change){
            .key = read_fixture_hash(i * 7), .count = 9, .last_hash = f->key};
    ES_TRY(ledger_map_apply(tx, f->log.log_id, changes, 12, &root, &keys, err));
    f->count = keys;
    return ES_OK;
}

static es_status apply(struct fixture *f, struct es_error *err)
{
    return es_store_write(f->log.store, ES_AS_SEQUENCER, apply_fn, f, err);
}

/* One that signed nothing yet, its memory removed behind it. */
static es_status witness(struct fixture *f, struct es_error *err)
{
    ES_AUTO_PTR(es_log_policy) policy = NULL;
    ES_AUTO_PTR(es_witness) w = NULL;
    const struct es_tree_path none = {.count = 0};
    struct es_witness_reply reply = {.answer = ES_WITNESS_REFUSED};
    struct es_witness_config config = {
        .name = "w", .key = f->log.key, .folder = f->folder, .clock = es_clock_system()};
    size_t note = es_span_find(es_buf_span(&f->proof), '\n') + 1;
    es_status status;

    ES_TRY(es_log_policy_parse(es_span_sub(es_buf_span(&f->proof), 0, note), &policy, err));
    config.logs = policy;
    ES_TRY(es_witness_open(&config, &w, err));
    status = es_witness_sign(w, es_span_sub(es_buf_span(&f->proof), note, f->proof.len), 0, &none,
                             &reply, err);
    assert_true(status == ES_OK || reply.line.len == 0);
    assert_true(status != ES_OK || reply.answer == ES_WITNESS_SIGNED);
    es_witness_reply_clear(&reply);
    return status;
}

static void proofs_are_made_whole_or_not_at_all(void **state)
{
    fail_each(*state, prove_inclusion);
    fail_each(*state, prove_status);
}

static void a_check_that_cannot_be_made_is_no_answer(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(es_log_prove_inclusion(f->reader, 7, 0, &f->proof, NULL), ES_OK);
    fail_each(f, check_inclusion);
    es_buf_reset(&f->proof);
    assert_int_equal(es_log_prove_status(f->reader, &f->key, 0, &f->proof, NULL), ES_OK);
    fail_each(f, check_status);
}

static void put_policy(struct fixture *f)
{
    es_buf_reset(&f->proof);
    assert_int_equal(es_log_policy_line("log", f->log.origin, f->log.trust.key, &f->proof, NULL),
                     ES_OK);
}

static void a_policy_is_read_whole_or_not_at_all(void **state)
{
    struct fixture *f = *state;

    put_policy(f);
    fail_each(f, read_policy);
}

static void a_witness_signs_or_gives_no_line(void **state)
{
    struct fixture *f = *state;

    put_policy(f);
    read_fixture_note(&f->log, 42, &f->proof);
    fail_each(f, witness);
}

static void the_map_takes_a_batch_or_nothing(void **state)
{
    struct fixture *f = *state;
    struct es_log_rebuild_result result;

    fail_each(f, rebuild);
    fail_each(f, apply);
    assert_int_equal(f->count, 40 + 12 - 6); /* 0, 7, … 35 were there */
    assert_int_equal(es_log_rebuild(f->reader, true, &result, NULL), ES_OK);
    assert_int_equal(es_log_rebuild(f->reader, false, &result, NULL), ES_OK);
    assert_int_equal(result.items + result.nodes, 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(proofs_are_made_whole_or_not_at_all),  CASE(a_check_that_cannot_be_made_is_no_answer),
        CASE(a_policy_is_read_whole_or_not_at_all), CASE(a_witness_signs_or_gives_no_line),
        CASE(the_map_takes_a_batch_or_nothing),
    };

    return cmocka_run_group_tests_name("ledger/read_nomem", tests, NULL, NULL);
}
