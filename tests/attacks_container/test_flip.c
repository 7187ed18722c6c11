/*
 * Property P1 of verification.md 8: flip any one byte of a valid file, never valid for changed
 * content. Two threads flip the lowest and the highest bit: of the small document both bits of
 * every byte, of the one with two seals one of the two in every byte by turns, of the samples one
 * of the two in every 5th or 13th byte. ESEAL_FLIP_FULL=1 flips all eight bits of every byte
 * everywhere (some ten minutes).
 *
 * For documents of others the outcome is never valid (nobody trusts their chains here); there the
 * checks of content and signature stand for it.
 */
#include "speaks.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#define THREADS 2

struct flip_run {
    struct world *w;
    struct es_span bytes;
    const struct good *good;
    bool by_results; /* judge by sub-results instead of the outcome */
    const uint8_t *masks;
    size_t mask_count, step;
    bool by_turns; /* one mask for each position */
    atomic_size_t next, still_valid, bad;
};

struct flipped {
    struct flip_run *run;
    pthread_t thread;
    char text[160]; /* the first failure */
};

/* Does the report stand up for the content? */
static bool vouches(const struct flip_run *run, const struct es_report *report)
{
    static const enum es_check of_content[] = {ES_CHECK_FORMAT, ES_CHECK_DOCUMENT_INTEGRITY,
                                               ES_CHECK_SIGNATURE};

    if (!run->by_results)
        return report->outcome == ES_OUTCOME_VALID;
    for (const struct es_finding *f = report->findings.first; f != NULL; f = f->next)
        if (es_policy_effect(report->policy, f->code) >= ES_EFFECT_INDETERMINATE)
            return false;
    for (const struct es_report_signature *s = report->first; s != NULL; s = s->next)
        for (size_t i = 0; i < sizeof of_content / sizeof of_content[0]; i++)
            if (s->results[of_content[i]] != ES_RESULT_PASS)
                return false;
    return report->first != NULL;
}

static es_status verify_quietly(const struct world *w, struct es_span bytes,
                                struct es_report *report)
{
    const struct es_source src = es_source_memory(bytes);
    const struct es_verifier verifier = {.policy = &w->policies[ES_POLICY_ASSURED],
                                         .trust = w->trust,
                                         .seals = w->cache,
                                         .states = w->states,
                                         .clock = es_clock_fixed(&w->now_s),
                                         .limits = es_ofd_limits_default()};

    es_report_init(report, &w->policies[ES_POLICY_ASSURED], w->now_s);
    return es_ofd_verify(&src, &verifier, report, NULL);
}

static void try_one(struct flipped *f, uint8_t *bytes, size_t at, uint8_t mask)
{
    struct flip_run *run = f->run;
    struct es_span span = es_span_of(bytes, run->bytes.len);
    struct es_report report;
    const char *why = NULL;

    bytes[at] ^= mask;
    if (verify_quietly(run->w, span, &report) != ES_OK)
        why = "verifying failed";
    else if (vouches(run, &report)) {
        (void) atomic_fetch_add(&run->still_valid, 1);
        why = speaks_for_changed(run->good, span, &report);
    }
    es_report_clear(&report);
    bytes[at] ^= mask;
    if (why == NULL)
        return;
    (void) atomic_fetch_add(&run->bad, 1);
    if (f->text[0] == 0)
        (void) snprintf(f->text, sizeof f->text, "byte %zu, mask %02x: %s", at, mask, why);
}

static void *flip(void *ctx)
{
    struct flipped *f = ctx;
    struct flip_run *run = f->run;
    uint8_t *bytes = malloc(run->bytes.len);
    size_t at;

    if (bytes == NULL) {
        (void) snprintf(f->text, sizeof f->text, "out of memory");
        return NULL;
    }
    memcpy(bytes, run->bytes.ptr, run->bytes.len);
    while ((at = atomic_fetch_add(&run->next, run->step)) < run->bytes.len)
        for (size_t m = 0; m < run->mask_count; m++)
            if (!run->by_turns || at % run->mask_count == m)
                try_one(f, bytes, at, run->masks[m]);
    free(bytes);
    return NULL;
}

struct effort {
    size_t step;
    bool by_turns;
};

/* All flips of a file; fails the test with the first that vouches for what it should not. */
static void flip_all(struct world *w, const struct good *good, bool by_results, struct effort e)
{
    static const uint8_t some[] = {0x01, 0x80}, all[] = {1, 2, 4, 8, 16, 32, 64, 128};
    bool full = getenv("ESEAL_FLIP_FULL") != NULL;
    struct flip_run run = {.w = w,
                           .bytes = good->bytes,
                           .good = good,
                           .by_results = by_results,
                           .masks = full ? all : some,
                           .mask_count = full ? sizeof all : sizeof some,
                           .step = full ? 1 : e.step,
                           .by_turns = e.by_turns && !full};
    struct flipped threads[THREADS] = {0};
    time_t start = time(NULL);

    for (size_t i = 0; i < THREADS; i++) {
        threads[i].run = &run;
        assert_int_equal(pthread_create(&threads[i].thread, NULL, flip, &threads[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i].thread, NULL), 0);
    print_message("# %zu bytes, %zu still good for the same content, %ld s\n", run.bytes.len,
                  (size_t) run.still_valid, (long) (time(NULL) - start));
    if (run.bad > 0)
        fail_msg("%zu flips: %s; %s", (size_t) run.bad, threads[0].text, threads[1].text);
}

/* ---- our own documents ---- */

static void flip_ours(struct world *w, struct es_span bytes, struct effort e)
{
    struct good good;
    struct es_report report;

    world_verify(w, bytes, ES_POLICY_ASSURED, &report);
    expect_report(&report, ES_OUTCOME_VALID, "");
    good_take(&good, bytes, &report);
    flip_all(w, &good, false, e);
    good_clear(&good);
}

static void no_flip_of_a_sealed_document_stays_valid_for_changed_content(void **state)
{
    struct world *w = *state;

    flip_ours(w, es_buf_span(&w->sealed), (struct effort){1, false});
}

static void no_flip_of_a_document_with_two_seals_stays_valid_for_changed_content(void **state)
{
    struct world *w = *state;
    const struct es_place place = {.mode = ES_PLACE_POINT, .pages = "2", .x_mm = 20, .y_mm = 20};
    ES_AUTO(es_buf) twice = ES_BUF_INIT(1u << 24);

    world_seal(w, es_buf_span(&w->sealed), es_buf_span(&w->seal), &place, false, &twice);
    flip_ours(w, es_buf_span(&twice), (struct effort){1, true});
}

/* ---- documents of others ---- */

static void flip_sample(struct world *w, const char *name, struct effort e)
{
    const char *folder = getenv("ESEAL_SAMPLES");
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(1u << 24);
    char path[4096];
    struct good good;
    struct es_report report;

    (void) snprintf(path, sizeof path, "%s/signed/%s",
                    folder == NULL ? "../shared/samples" : folder, name);
    if (es_file_read(path, &bytes, NULL) != ES_OK) {
        print_message("skipped: samples absent\n");
        skip();
    }
    world_verify(w, es_buf_span(&bytes), ES_POLICY_ASSURED, &report);
    good_take(&good, es_buf_span(&bytes), &report);
    flip_all(w, &good, true, e);
    good_clear(&good);
}

static void no_flip_of_an_invoice_passes_for_changed_content(void **state)
{
    flip_sample(*state, "tax-jiangsu-2020.ofd", (struct effort){5, true});
}

static void no_flip_of_a_wholly_protected_sample_passes_for_changed_content(void **state)
{
    flip_sample(*state, "ofdrw-v4-all-protected.ofd", (struct effort){13, true});
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    world_new(w);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    world_clear(*state);
    free(*state);
    return 0;
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(no_flip_of_a_sealed_document_stays_valid_for_changed_content),
        T(no_flip_of_a_document_with_two_seals_stays_valid_for_changed_content),
        T(no_flip_of_an_invoice_passes_for_changed_content),
        T(no_flip_of_a_wholly_protected_sample_passes_for_changed_content),
    };

    return cmocka_run_group_tests_name("attacks_container/flip", tests, NULL, NULL);
}
