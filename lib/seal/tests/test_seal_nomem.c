/*
 * Each allocation of our code failing in turn (malloc and its like are wrapped by the linker): an
 * operation then gives its right answer or ES_E_NOMEM, leaks nothing, and never calls good bad.
 */
#include "seal_fixture.h"

static long countdown = -1; /* the allocation that fails counts down from here; negative: none */

static bool is_due(void)
{
    return countdown >= 0 && countdown-- == 0;
}

void *__real_malloc(size_t len);
void *__real_calloc(size_t count, size_t len);
void *__real_realloc(void *old, size_t len);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t count, size_t len);
void *__wrap_realloc(void *old, size_t len);

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

struct round {
    struct fixture *f;
    struct es_findings findings;
    struct es_arena arena;
    struct es_span der; /* what the operation works on */
};
typedef es_status (*operation)(struct round *round);

static es_status run(operation op, struct fixture *f, struct es_span der, bool *clean)
{
    struct round round = {.f = f, .der = der};
    es_status status;

    es_arena_init(&round.arena, 0);
    es_findings_init(&round.findings, &round.arena);
    status = op(&round);
    *clean = round.findings.count == 0;
    es_arena_clear(&round.arena);
    return status;
}

static void fail_each(struct fixture *f, struct es_span der, operation op)
{
    for (long n = 0;; n++) {
        bool clean = false, met;
        es_status status;

        countdown = n;
        status = run(op, f, der, &clean);
        met = countdown < 0;
        countdown = -1;
        assert_true(clean);
        if (!met) {
            assert_int_equal(status, ES_OK);
            return;
        }
        assert_true(status == ES_OK || status == ES_E_NOMEM);
        assert_true(n < 10000);
    }
}

static es_status decode_and_verify(struct round *round)
{
    ES_AUTO_PTR(es_seal) seal = NULL;
    ES_AUTO_PTR(es_seal_cache) cache = NULL;

    ES_TRY(es_seal_decode(round->der, ES_CHECK_FORMAT, "", &round->findings, &seal, NULL));
    ES_TRY(es_seal_cache_new(&cache, NULL));
    ES_TRY(es_seal_verify_maker(seal, "", cache, &round->findings, NULL));
    return es_seal_has_signer(seal, round->f->signer->der, "", &round->findings, NULL);
}

static es_status decode_signature(struct round *round)
{
    ES_AUTO_PTR(es_seal_signature) sig = NULL;
    bool good = false;

    ES_TRY(es_seal_signature_decode(round->der, "", &round->findings, &sig, NULL));
    ES_TRY(es_seal_signature_verify(sig, round->f->signer, "", &good, &round->findings, NULL));
    assert_true(good);
    return ES_OK;
}

static es_status make(struct round *round)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(1u << 20);
    es_status status = es_seal_make(&round->f->info, ES_SEAL_2014, round->f->maker,
                                    round->f->maker_key, &out, NULL);

    assert_true(status == ES_OK || out.len == 0);
    return status;
}

static void verifying_a_seal_survives_lack_of_memory(void **state)
{
    struct fixture *f = (struct fixture *) *state;

    f->info.list_by_digest = true;
    make_seal(f, ES_SEAL_2020);
    fail_each(f, es_buf_span(&f->out), decode_and_verify);
}

static void verifying_a_signature_survives_lack_of_memory(void **state)
{
    struct fixture *f = (struct fixture *) *state;
    ES_AUTO_PTR(es_seal) seal = NULL;
    ES_AUTO(es_buf) tbs_der = ES_BUF_INIT(1u << 20);
    ES_AUTO(es_buf) sig = ES_BUF_INIT(128);
    ES_AUTO(es_buf) der = ES_BUF_INIT(1u << 20);
    uint8_t hash[ES_SM3_LEN] = {1};
    struct es_seal_tbs tbs = {.time_s = MADE_S,
                              .data_hash = hash,
                              .property_info = "/a",
                              .signer = f->signer,
                              .edition = ES_SEAL_2020};

    make_seal(f, ES_SEAL_2020);
    assert_int_equal(es_seal_decode(es_buf_span(&f->out), ES_CHECK_FORMAT, "", NULL, &seal, NULL),
                     ES_OK);
    tbs.seal = seal;
    assert_int_equal(es_seal_encode_tbs(&tbs, &tbs_der, NULL), ES_OK);
    assert_int_equal(es_key_sign(f->signer_key, es_buf_span(&tbs_der), &sig, NULL), ES_OK);
    assert_int_equal(es_seal_signature_assemble(es_buf_span(&tbs_der), ES_SEAL_2020, f->signer,
                                                es_buf_span(&sig), es_span_of(NULL, 0), &der, NULL),
                     ES_OK);
    fail_each(f, es_buf_span(&der), decode_signature);
}

static void making_a_seal_survives_lack_of_memory(void **state)
{
    fail_each((struct fixture *) *state, es_span_of(NULL, 0), make);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(verifying_a_seal_survives_lack_of_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(verifying_a_signature_survives_lack_of_memory, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(making_a_seal_survives_lack_of_memory, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
