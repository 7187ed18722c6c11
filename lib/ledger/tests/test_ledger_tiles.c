/* Tiles in the store against the tree of lib/log over the same leaves, at many sizes. */
#include "keep_fixture.h"
#include "ledger_internal.h"

#define LEAVES 66000u /* a tile of level 2 has begun */
#define LOG_ID 11

struct tree {
    struct keep_fixture store;
    struct es_log_hash *leaf;
    struct ledger_tiles tiles;
    uint64_t from, to;
    struct es_log_hash root;
};

static int setup(void **state)
{
    struct tree *t = calloc(1, sizeof *t);

    assert_non_null(t);
    t->leaf = calloc(LEAVES, sizeof *t->leaf);
    assert_non_null(t->leaf);
    keep_fixture_open(&t->store, ES_LOG_AUDIT);
    for (uint32_t i = 0; i < LEAVES; i++)
        assert_int_equal(es_leaf_hash(es_span_of(&i, sizeof i), &t->leaf[i], NULL), ES_OK);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    struct tree *t = *state;

    ledger_tiles_clear(&t->tiles);
    keep_fixture_close(&t->store);
    free(t->leaf);
    free(t);
    return 0;
}

static es_status grow(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct tree *t = ctx;

    ES_TRY(ledger_tiles_load(tx, LOG_ID, t->from, &t->tiles, err));
    for (uint64_t i = t->from; i < t->to; i++)
        ES_TRY(ledger_tiles_append(&t->tiles, &t->leaf[i], err));
    ES_TRY(ledger_tiles_store(tx, &t->tiles, err));
    return es_tree_root(&t->tiles.tree, &t->root, err);
}

static void grow_to(struct tree *t, uint64_t size)
{
    struct es_error err = {0};

    t->to = size;
    if (es_store_write(t->store.store, ES_AS_SEQUENCER, grow, t, &err) != ES_OK)
        fail_msg("%s", err.text);
    t->from = size;
}

static void check_root(struct tree *t)
{
    const struct es_tree_leaves leaves = {t->leaf, t->from};
    const struct es_tree_source source = es_tree_source_leaves(&leaves);
    struct es_log_hash wanted;

    assert_int_equal(es_tree_root_of(&source, t->from, &wanted, NULL), ES_OK);
    assert_memory_equal(t->root.b, wanted.b, sizeof wanted.b);
}

static void a_tree_that_is_loaded_goes_on_as_if_it_had_never_stopped(void **state)
{
    static const uint64_t sizes[] = {0,   1,   2,    3,    255,  256,   257,   511,   512,
                                     513, 768, 1000, 4095, 4096, 40000, 65535, 65536, 66000};
    struct tree *t = *state;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        grow_to(t, sizes[i]);
        check_root(t);
    }
    assert_int_equal(
        keep_number(&t->store, "SELECT CAST(sum(width) AS BIGINT) FROM log_tile WHERE level = 0"),
        LEAVES);
    assert_int_equal(
        keep_number(&t->store, "SELECT CAST(sum(width) AS BIGINT) FROM log_tile WHERE level = 1"),
        LEAVES / 256);
    assert_int_equal(
        keep_number(&t->store, "SELECT CAST(sum(width) AS BIGINT) FROM log_tile WHERE level = 2"),
        LEAVES / 65536);
    assert_int_equal(keep_number(&t->store, "SELECT count(*) FROM log_tile WHERE level > 2"), 0);
}

static es_status compare_proofs(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct tree *t = ctx;
    struct ledger_tile_source *tiles = calloc(1, sizeof *tiles);
    const struct es_tree_leaves leaves = {t->leaf, t->from};
    const struct es_tree_source plain = es_tree_source_leaves(&leaves);
    struct es_tree_source source;
    struct es_tree_path a, b;
    struct es_log_hash root;

    (void) err;
    assert_non_null(tiles);
    tiles->tx = tx;
    tiles->log_id = LOG_ID;
    source = ledger_tile_source(tiles);
    for (uint64_t size = t->from; size > 0; size -= size / 3 + 1) {
        uint64_t index = size * 2 / 3;

        assert_int_equal(es_tree_inclusion(&source, index, size, &a, NULL), ES_OK);
        assert_int_equal(es_tree_inclusion(&plain, index, size, &b, NULL), ES_OK);
        assert_int_equal(a.count, b.count);
        assert_memory_equal(a.hash, b.hash, a.count * sizeof a.hash[0]);
        assert_int_equal(es_tree_consistency(&source, index + 1, size, &a, NULL), ES_OK);
        assert_int_equal(es_tree_consistency(&plain, index + 1, size, &b, NULL), ES_OK);
        assert_int_equal(a.count, b.count);
        assert_memory_equal(a.hash, b.hash, a.count * sizeof a.hash[0]);
    }
    assert_int_equal(source.subtree(source.self, 0, t->from, &root, NULL), ES_E_INTEGRITY);
    assert_int_equal(source.subtree(source.self, 8, t->from, &root, NULL), ES_E_INTEGRITY);
    assert_int_equal(source.subtree(source.self, 64, 0, &root, NULL), ES_E_RANGE);
    free(tiles);
    return ES_OK;
}

static void proofs_from_tiles_are_those_from_leaves(void **state)
{
    struct tree *t = *state;

    grow_to(t, 3000);
    assert_int_equal(es_store_read(t->store.store, ES_AS_SERVICE, compare_proofs, t, NULL), ES_OK);
}

static void a_missing_or_short_tile_is_found(void **state)
{
    struct tree *t = *state;
    struct es_error err = {0};

    grow_to(t, 300);
    assert_int_equal(keep_sql(&t->store, "UPDATE log_tile SET width = 43 WHERE level = 0 AND n = 1",
                              NULL, 0, NULL),
                     ES_OK);
    t->to = 301;
    assert_int_equal(es_store_write(t->store.store, ES_AS_SEQUENCER, grow, t, &err),
                     ES_E_INTEGRITY);
    assert_int_equal(
        keep_sql(&t->store, "DELETE FROM log_tile WHERE level = 0 AND n = 1", NULL, 0, NULL),
        ES_OK);
    assert_int_equal(es_store_write(t->store.store, ES_AS_SEQUENCER, grow, t, &err),
                     ES_E_INTEGRITY);
    assert_string_equal(err.text, "tile 1 of level 0 has 0 hashes, needed are 44");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_tree_that_is_loaded_goes_on_as_if_it_had_never_stopped,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(proofs_from_tiles_are_those_from_leaves, setup, teardown),
        cmocka_unit_test_setup_teardown(a_missing_or_short_tile_is_found, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
