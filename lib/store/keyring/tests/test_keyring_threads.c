/* Keys change while others use them: nobody fails, nobody reads freed keys. */
#include "keyring_test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define READERS 4
#define ROUNDS_MIN 50 /* of each reader, whatever the scheduler does */

struct reader {
    pthread_t thread;
    struct world *w;
    atomic_bool *done;
    atomic_uint *started;
    unsigned rounds, failures;
};

static bool round_trip(struct world *w)
{
    static const struct es_field_place place = {.table = "t", .column = "c"};
    ES_AUTO(es_buf) closed = ES_BUF_INIT(256);
    ES_AUTO(es_buf) out = ES_BUF_INIT(256);
    struct es_value row[] = {es_value_text("row"), es_value_int(1)};
    uint8_t mac[ES_ROW_MAC_LEN];

    return es_field_seal(w->keyring, ES_K_FIELD, &place, es_span_str("text"), &closed, NULL) ==
               ES_OK &&
           es_field_open(w->keyring, ES_K_FIELD, &place, es_buf_span(&closed), &out, NULL) ==
               ES_OK &&
           es_span_is(es_buf_span(&out), "text") &&
           es_row_mac(w->keyring, "t", row, 2, mac, NULL) == ES_OK &&
           es_row_check(w->keyring, "t", row, 2, es_span_of(mac, sizeof(mac)), NULL) == ES_OK &&
           es_keyring_version(w->keyring, ES_K_FIELD) > 0;
}

static void *read_along(void *ctx)
{
    struct reader *reader = ctx;

    atomic_fetch_add(reader->started, 1);
    while (!atomic_load(reader->done) || reader->rounds < ROUNDS_MIN) {
        if (!round_trip(reader->w))
            reader->failures++;
        reader->rounds++;
    }
    return NULL;
}

static void change_keys(struct world *w)
{
    for (uint32_t version = 2; version <= 12; version++) {
        assert_int_equal(
            es_keyring_rotate(w->keyring, w->store, ES_K_FIELD, &w->clock, &w->random, NULL),
            ES_OK);
        assert_int_equal(
            es_keyring_rotate(w->keyring, w->store, ES_K_ROW, &w->clock, &w->random, NULL), ES_OK);
        assert_int_equal(es_keyring_refresh(w->keyring, w->store, NULL), ES_OK);
        if (version % 4 == 0)
            assert_int_equal(es_keyring_rewrap(w->keyring, w->store,
                                               version % 8 == 0 ? &w->master : &w->other, NULL),
                             ES_OK);
        assert_int_equal(es_keyring_version(w->keyring, ES_K_FIELD), version);
    }
}

static void readers_never_fail_while_keys_change(void **state)
{
    struct world *w = *state;
    struct reader readers[READERS] = {0};
    atomic_bool done = false;
    atomic_uint started = 0;

    for (size_t i = 0; i < READERS; i++) {
        readers[i] = (struct reader){.w = w, .done = &done, .started = &started};
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_along, &readers[i]), 0);
    }
    while (atomic_load(&started) < READERS)
        sched_yield();
    change_keys(w);
    atomic_store(&done, true);
    for (size_t i = 0; i < READERS; i++) {
        assert_int_equal(pthread_join(readers[i].thread, NULL), 0);
        assert_int_equal(readers[i].failures, 0);
        assert_true(readers[i].rounds >= ROUNDS_MIN);
    }
}

static void *rotate_along(void *ctx)
{
    struct reader *rotator = ctx;
    struct world *w = rotator->w;

    for (int i = 0; i < 5; i++)
        if (es_keyring_rotate(w->keyring, w->store, ES_K_DETAIL, &w->clock, &w->random, NULL) !=
            ES_OK)
            rotator->failures++;
    return NULL;
}

static void rotations_at_once_follow_one_another(void **state)
{
    struct world *w = *state;
    struct reader rotators[READERS] = {0};

    for (size_t i = 0; i < READERS; i++) {
        rotators[i].w = w;
        assert_int_equal(pthread_create(&rotators[i].thread, NULL, rotate_along, &rotators[i]), 0);
    }
    for (size_t i = 0; i < READERS; i++) {
        assert_int_equal(pthread_join(rotators[i].thread, NULL), 0);
        assert_int_equal(rotators[i].failures, 0);
    }
    assert_int_equal(es_keyring_version(w->keyring, ES_K_DETAIL), 1 + 5 * READERS);
    assert_int_equal(world_open(w, &w->master), ES_OK);
    assert_int_equal(es_keyring_version(w->keyring, ES_K_DETAIL), 1 + 5 * READERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_KEYS(readers_never_fail_while_keys_change),
        WITH_KEYS(rotations_at_once_follow_one_another),
    };
    return cmocka_run_group_tests_name("keyring_threads", tests, NULL, NULL);
}
