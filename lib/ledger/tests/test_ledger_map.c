/* The stored map gives what es_map_root and es_map_prove give over all items, however the changes
 * came, and also for what it was before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>

#include "../map_tile.h"
#include "read_fixture.h"

#define ITEMS_MAX 1200u

struct fixture {
    struct read_fixture log;
    uint64_t seed;
    struct ledger_map_change model[ITEMS_MAX]; /* what the map must hold */
    size_t count;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    *state = f;
    read_fixture_open(&f->log, ES_LOG_STATUS);
    f->seed = 7;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    read_fixture_close(&f->log);
    free(f);
    return 0;
}

/* ---- the model ---- */

static void fill(struct fixture *f, void *out, size_t len)
{
    struct es_random random = es_random_seeded(&f->seed);

    assert_int_equal(random.fill(random.self, out, len, NULL), ES_OK);
}

static size_t pick(struct fixture *f, size_t below)
{
    uint32_t value = 0;

    fill(f, &value, sizeof value);
    return value % below;
}

/* A state of a key that is there (again) or of a new one, which may be a near neighbour. */
static struct ledger_map_change draw(struct fixture *f)
{
    struct ledger_map_change change = {.count = 1 + pick(f, 5), .status = 30};

    fill(f, &change.key, sizeof change.key);
    fill(f, &change.last_hash, sizeof change.last_hash);
    change.effective_ms = UINT64_C(0xfedcba9876543210) + pick(f, 1000);
    if (f->count > 0 && pick(f, 3) == 0)
        change.key = f->model[pick(f, f->count)].key;
    if (f->count > 0 && pick(f, 8) == 0) {
        size_t bit = pick(f, 256);

        change.key = f->model[pick(f, f->count)].key;
        change.key.b[bit / 8] ^= (uint8_t) (0x80 >> bit % 8);
    }
    return change;
}

static struct ledger_map_change *known(struct ledger_map_change *list, size_t count,
                                       const struct es_log_hash *key)
{
    for (size_t i = 0; i < count; i++)
        if (es_log_hash_equal(&list[i].key, key))
            return &list[i];
    return NULL;
}

static size_t draw_batch(struct fixture *f, struct ledger_map_change *batch, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        batch[kept] = draw(f);
        if (known(batch, kept, &batch[kept].key) == NULL)
            kept++;
    }
    return kept;
}

static void put_in_model(struct fixture *f, const struct ledger_map_change *batch, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct ledger_map_change *old = known(f->model, f->count, &batch[i].key);

        assert_true(old != NULL || f->count < ITEMS_MAX);
        *(old != NULL ? old : &f->model[f->count++]) = batch[i];
    }
}

static int by_key(const void *a, const void *b)
{
    return memcmp(a, b, ES_LOG_HASH_LEN);
}

/* Items as lib/log wants them. */
static struct es_map_item *items_of(const struct ledger_map_change *states, size_t count)
{
    struct es_map_item *items = calloc(count + 1, sizeof *items);

    assert_non_null(items);
    for (size_t i = 0; i < count; i++) {
        items[i].key = states[i].key;
        assert_int_equal(es_map_value(states[i].count, states[i].status, states[i].effective_ms,
                                      &states[i].last_hash, &items[i].value, NULL),
                         ES_OK);
    }
    qsort(items, count, sizeof *items, by_key);
    return items;
}

/* ---- the store ---- */

struct call {
    struct fixture *f;
    struct ledger_map_change *batch;
    size_t count;
    struct es_log_hash root;
    uint64_t keys;
    const struct es_log_hash *key;
    struct es_map_proof proof;
    bool found;
    struct ledger_map_change state;
};

static es_status do_apply(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct call *c = ctx;

    return ledger_map_apply(tx, c->f->log.log_id, c->batch, c->count, &c->root, &c->keys, err);
}

static es_status do_prove(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct call *c = ctx;

    return map_prove_past(tx, c->f->log.log_id, c->batch, c->count, c->key, &c->proof, &c->root,
                          err);
}

static es_status do_get(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct call *c = ctx;

    return ledger_map_get(tx, c->f->log.log_id, c->key, &c->found, &c->state, err);
}

static es_status do_script(void *ctx, struct es_tx *tx, struct es_error *err)
{
    return es_tx_script(tx, ctx, err);
}

static es_status apply(struct fixture *f, struct ledger_map_change *batch, size_t count,
                       struct es_log_hash *root, uint64_t *keys)
{
    struct call call = {.f = f, .batch = batch, .count = count};
    es_status status = es_store_write(f->log.store, ES_AS_SEQUENCER, do_apply, &call, NULL);

    *root = call.root;
    *keys = call.keys;
    return status;
}

static void apply_and_compare(struct fixture *f, struct ledger_map_change *batch, size_t count)
{
    struct es_log_hash root, expected;
    struct es_map_item *items;
    uint64_t keys = 0;

    put_in_model(f, batch, count);
    items = items_of(f->model, f->count);
    assert_int_equal(es_map_root(items, f->count, &expected, NULL), ES_OK);
    assert_int_equal(apply(f, batch, count, &root, &keys), ES_OK);
    assert_memory_equal(root.b, expected.b, ES_LOG_HASH_LEN);
    assert_int_equal(keys, f->count);
    free(items);
}

/* The stored map, changed back by past, proves what lib/log proves over states. */
static void compare_proof(struct fixture *f, struct ledger_map_change *past, size_t past_count,
                          const struct ledger_map_change *states, size_t count,
                          const struct es_log_hash *key)
{
    struct call call = {.f = f, .batch = past, .count = past_count, .key = key};
    struct es_map_item *items = items_of(states, count);
    struct es_map_proof expected;
    struct es_log_hash root;

    assert_int_equal(es_map_prove(items, count, key, &expected, NULL), ES_OK);
    assert_int_equal(es_map_root(items, count, &root, NULL), ES_OK);
    assert_int_equal(es_store_read(f->log.store, ES_AS_SERVICE, do_prove, &call, NULL), ES_OK);
    assert_memory_equal(call.root.b, root.b, ES_LOG_HASH_LEN);
    assert_int_equal(call.proof.count, expected.count);
    assert_memory_equal(call.proof.siblings, expected.siblings,
                        expected.count * sizeof expected.siblings[0]);
    assert_int_equal(call.proof.has_terminal, expected.has_terminal);
    assert_memory_equal(&call.proof.terminal, &expected.terminal, sizeof expected.terminal);
    free(items);
}

/* ---- cases ---- */

static void an_empty_map_has_the_zero_root(void **state)
{
    struct fixture *f = *state;
    const struct es_log_hash key = {{1}}, zero = {{0}};
    struct es_log_hash root = {{1}};
    uint64_t keys = 1;

    assert_int_equal(apply(f, NULL, 0, &root, &keys), ES_OK);
    assert_memory_equal(root.b, zero.b, ES_LOG_HASH_LEN);
    assert_int_equal(keys, 0);
    compare_proof(f, NULL, 0, NULL, 0, &key);
}

static void random_batches_give_the_root_over_all_items(void **state)
{
    static const size_t sizes[] = {1, 1, 2, 3, 1, 20, 100, 1, 64, 200, 7, 300};
    struct fixture *f = *state;
    struct ledger_map_change batch[300];

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        apply_and_compare(f, batch, draw_batch(f, batch, sizes[i]));
}

static void neighbours_that_part_in_the_last_bit_are_told_apart(void **state)
{
    struct fixture *f = *state;
    struct ledger_map_change pair[2];

    for (size_t i = 0; i < 2; i++) {
        pair[i] = draw(f);
        pair[i].key = (struct es_log_hash){{0xaa, 0xbb}};
        pair[i].key.b[31] = (uint8_t) i;
    }
    apply_and_compare(f, &pair[0], 1);
    apply_and_compare(f, &pair[1], 1);
    compare_proof(f, NULL, 0, f->model, f->count, &pair[0].key);
    pair[0].key.b[31] = 2;
    compare_proof(f, NULL, 0, f->model, f->count, &pair[0].key);
}

static void proofs_are_those_of_the_map_over_all_items(void **state)
{
    struct fixture *f = *state;
    struct ledger_map_change batch[300];

    apply_and_compare(f, batch, draw_batch(f, batch, 300));
    for (size_t i = 0; i < 100; i++) {
        struct es_log_hash key = f->model[pick(f, f->count)].key;

        compare_proof(f, NULL, 0, f->model, f->count, &key);
        key.b[pick(f, 3)] ^= (uint8_t) (1 + pick(f, 255));
        compare_proof(f, NULL, 0, f->model, f->count, &key);
    }
}

static void what_the_map_was_before_a_batch_can_still_be_proved(void **state)
{
    struct fixture *f = *state;
    struct ledger_map_change batch[200], past[200], before[ITEMS_MAX];
    size_t count, before_count;

    apply_and_compare(f, batch, draw_batch(f, batch, 100));
    memcpy(before, f->model, sizeof before);
    before_count = f->count;
    count = draw_batch(f, batch, 200);
    for (size_t i = 0; i < count; i++) {
        struct ledger_map_change *old = known(before, before_count, &batch[i].key);

        past[i] = (struct ledger_map_change){.key = batch[i].key};
        if (old != NULL)
            past[i] = *old;
    }
    apply_and_compare(f, batch, count);
    for (size_t i = 0; i < count; i++)
        compare_proof(f, past, count, before, before_count, &batch[i].key);
    for (size_t i = 0; i < before_count; i++)
        compare_proof(f, past, count, before, before_count, &before[i].key);
}

static void a_map_that_came_into_being_since_was_empty(void **state)
{
    struct fixture *f = *state;
    struct ledger_map_change batch[30], past[30];
    size_t count = draw_batch(f, batch, 30);

    apply_and_compare(f, batch, count);
    for (size_t i = 0; i < count; i++)
        past[i] = (struct ledger_map_change){.key = batch[i].key};
    compare_proof(f, past, count, NULL, 0, &batch[3].key);
}

static void a_state_is_found_by_its_key(void **state)
{
    struct fixture *f = *state;
    struct ledger_map_change batch[20];
    const struct es_log_hash other = {{9}};
    struct call call = {.f = f};

    apply_and_compare(f, batch, draw_batch(f, batch, 20));
    call.key = &f->model[5].key;
    assert_int_equal(es_store_read(f->log.store, ES_AS_SERVICE, do_get, &call, NULL), ES_OK);
    assert_true(call.found);
    assert_int_equal(call.state.count, f->model[5].count);
    assert_int_equal(call.state.status, 30);
    assert_true(call.state.effective_ms == f->model[5].effective_ms);
    assert_memory_equal(call.state.last_hash.b, f->model[5].last_hash.b, ES_LOG_HASH_LEN);
    call.key = &other;
    assert_int_equal(es_store_read(f->log.store, ES_AS_SERVICE, do_get, &call, NULL), ES_OK);
    assert_false(call.found);
}

static void a_key_twice_in_a_batch_is_refused(void **state)
{
    struct fixture *f = *state;
    struct ledger_map_change batch[2];
    struct es_log_hash root;
    uint64_t keys = 0;

    batch[0] = batch[1] = draw(f);
    assert_int_equal(apply(f, batch, 2, &root, &keys), ES_E_CONFLICT);
    batch[0].count = 0;
    assert_int_equal(apply(f, batch, 1, &root, &keys), ES_E_RANGE);
}

static void rows_that_do_not_fit_together_are_named(void **state)
{
    struct fixture *f = *state;
    struct ledger_map_change batch[100];
    struct call call = {.f = f};
    char script[200];

    apply_and_compare(f, batch, draw_batch(f, batch, 100));
    (void) snprintf(script, sizeof script,
                    "UPDATE map_item SET count = count + 1 WHERE log_id = %lld",
                    (long long) f->log.log_id);
    assert_int_equal(es_store_write(f->log.store, ES_AS_SEQUENCER, do_script, script, NULL), ES_OK);
    call.key = &f->model[0].key;
    assert_int_equal(es_store_read(f->log.store, ES_AS_SERVICE, do_prove, &call, NULL),
                     ES_E_INTEGRITY);
    (void) snprintf(script, sizeof script, "DELETE FROM map_node WHERE log_id = %lld AND depth > 0",
                    (long long) f->log.log_id);
    assert_int_equal(es_store_write(f->log.store, ES_AS_SEQUENCER, do_script, script, NULL), ES_OK);
    assert_int_equal(es_store_read(f->log.store, ES_AS_SERVICE, do_prove, &call, NULL),
                     ES_E_INTEGRITY);
}

/* ---- the published values ---- */

static struct ledger_map_change change_of(const json_t *entry)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_LOG_LEAF_MAX);
    struct es_status_event event;
    struct ledger_map_change change;
    struct es_leaf leaf;

    assert_int_equal(
        es_hex_decode(es_span_str(json_string_value(json_object_get(entry, "leaf"))), &bytes, NULL),
        ES_OK);
    assert_int_equal(es_leaf_decode(es_buf_span(&bytes), &leaf, NULL), ES_OK);
    assert_int_equal(es_status_event_decode(leaf.body, &event, NULL), ES_OK);
    change = (struct ledger_map_change){.key = event.map_key,
                                        .count = event.event_seq + 1,
                                        .status = event.status,
                                        .effective_ms = event.effective_ms};
    assert_int_equal(es_leaf_hash(es_buf_span(&bytes), &change.last_hash, NULL), ES_OK);
    return change;
}

static void assert_root(struct fixture *f, const json_t *expected)
{
    struct es_log_hash root;
    uint64_t keys = 0;
    char hex[65];

    assert_int_equal(apply(f, NULL, 0, &root, &keys), ES_OK);
    es_hex_encode(es_span_of(root.b, sizeof root.b), hex);
    assert_string_equal(hex, json_string_value(expected));
}

static void the_published_events_give_the_published_roots(void **state)
{
    struct fixture *f = *state;
    const char *folder = getenv("ESEAL_SPEC");
    struct es_log_hash root;
    json_t *vectors, *status, *entry;
    size_t i, heads = 0;
    uint64_t keys = 0;
    char path[4096];

    (void) snprintf(path, sizeof path, "%s/audit-log-vectors.json", folder == NULL ? "." : folder);
    vectors = json_load_file(path, 0, NULL);
    if (vectors == NULL)
        skip();
    status = json_object_get(vectors, "status");
    json_array_foreach(json_object_get(status, "entries"), i, entry)
    {
        if (json_integer_value(json_object_get(entry, "kind")) == ES_LEAF_STATUS) {
            struct ledger_map_change change = change_of(entry);

            assert_int_equal(apply(f, &change, 1, &root, &keys), ES_OK);
            continue;
        }
        assert_root(f, json_array_get(json_object_get(status, "mapRoots"), heads++));
    }
    assert_int_equal(heads, 2);
    json_decref(vectors);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(an_empty_map_has_the_zero_root),
        CASE(random_batches_give_the_root_over_all_items),
        CASE(neighbours_that_part_in_the_last_bit_are_told_apart),
        CASE(proofs_are_those_of_the_map_over_all_items),
        CASE(what_the_map_was_before_a_batch_can_still_be_proved),
        CASE(a_map_that_came_into_being_since_was_empty),
        CASE(a_state_is_found_by_its_key),
        CASE(a_key_twice_in_a_batch_is_refused),
        CASE(rows_that_do_not_fit_together_are_named),
        CASE(the_published_events_give_the_published_roots),
    };

    return cmocka_run_group_tests_name("ledger/map", tests, NULL, NULL);
}
