/*
 * Every tree of 0 to 300 leaves (log-02): the growing root is the recursive root, each proof
 * verifies, and no proof with one thing changed does (log-03, log-04).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_log.h"

#define SIZE_MAX_ 300
#define STEP 19 /* of sizes whose refusals are tried */

struct fixture {
    struct es_log_hash leaf[SIZE_MAX_];
    struct es_log_hash root[SIZE_MAX_ + 1];
    struct es_tree_leaves leaves;
    struct es_tree_source source;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct es_tree tree;

    assert_non_null(f);
    es_tree_init(&tree);
    assert_int_equal(es_tree_root(&tree, &f->root[0], NULL), ES_OK);
    for (unsigned i = 0; i < SIZE_MAX_; i++) {
        assert_int_equal(es_leaf_hash(es_span_of(&i, sizeof i), &f->leaf[i], NULL), ES_OK);
        assert_int_equal(es_tree_append(&tree, &f->leaf[i], NULL), ES_OK);
        assert_int_equal(es_tree_root(&tree, &f->root[i + 1], NULL), ES_OK);
    }
    f->leaves = (struct es_tree_leaves){f->leaf, SIZE_MAX_};
    f->source = es_tree_source_leaves(&f->leaves);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

/* The recursive definition, written down once more. */
static struct es_log_hash definition(const struct es_log_hash *leaf, size_t n)
{
    uint8_t node[1 + 2 * ES_LOG_HASH_LEN] = {0x01};
    struct es_log_hash out;
    size_t k = 1;

    if (n == 1)
        return leaf[0];
    while (k * 2 < n)
        k *= 2;
    out = definition(leaf, k);
    memcpy(node + 1, out.b, ES_LOG_HASH_LEN);
    out = definition(leaf + k, n - k);
    memcpy(node + 1 + ES_LOG_HASH_LEN, out.b, ES_LOG_HASH_LEN);
    assert_int_equal(es_sm3(es_span_of(node, sizeof node), out.b, NULL), ES_OK);
    return out;
}

static void the_growing_root_is_the_recursive_root(void **state)
{
    struct fixture *f = *state;

    for (size_t n = 1; n <= SIZE_MAX_; n++) {
        struct es_log_hash wanted = definition(f->leaf, n), got;

        assert_memory_equal(f->root[n].b, wanted.b, ES_LOG_HASH_LEN);
        assert_int_equal(es_tree_root_of(&f->source, n, &got, NULL), ES_OK);
        assert_memory_equal(got.b, wanted.b, ES_LOG_HASH_LEN);
    }
}

static bool included(struct fixture *f, uint64_t index, uint64_t size,
                     const struct es_tree_path *path)
{
    bool good = true;

    assert_int_equal(
        es_tree_verify_inclusion(&f->leaf[index], index, size, path, &f->root[size], &good, NULL),
        ES_OK);
    return good;
}

static bool consistent(struct fixture *f, uint64_t from, uint64_t to,
                       const struct es_tree_path *path)
{
    bool good = true;

    assert_int_equal(
        es_tree_verify_consistency(from, to, &f->root[from], &f->root[to], path, &good, NULL),
        ES_OK);
    return good;
}

static void each_inclusion_proof_verifies(void **state)
{
    struct fixture *f = *state;
    struct es_tree_path path;

    for (uint64_t size = 1; size <= SIZE_MAX_; size += size < 70 ? 1 : STEP)
        for (uint64_t index = 0; index < size; index++) {
            assert_int_equal(es_tree_inclusion(&f->source, index, size, &path, NULL), ES_OK);
            assert_true(included(f, index, size, &path));
        }
}

static void each_consistency_proof_verifies(void **state)
{
    struct fixture *f = *state;
    struct es_tree_path path;

    for (uint64_t to = 1; to <= SIZE_MAX_; to += to < 70 ? 1 : STEP)
        for (uint64_t from = 1; from <= to; from++) {
            assert_int_equal(es_tree_consistency(&f->source, from, to, &path, NULL), ES_OK);
            assert_true(consistent(f, from, to, &path));
        }
}

/* One hash changed, dropped, added, two swapped: calls check for each. */
static void vary(const struct es_tree_path *path, void (*check)(void *ctx, struct es_tree_path *),
                 void *ctx)
{
    struct es_tree_path other;

    for (size_t i = 0; i < path->count; i++) {
        other = *path;
        other.hash[i].b[i % ES_LOG_HASH_LEN] ^= 1;
        check(ctx, &other);
        other = *path;
        memmove(&other.hash[i], &other.hash[i + 1], (path->count - i - 1) * sizeof other.hash[0]);
        other.count--;
        check(ctx, &other);
        if (i > 0) {
            other = *path;
            other.hash[i] = path->hash[i - 1];
            other.hash[i - 1] = path->hash[i];
            check(ctx, &other);
        }
    }
    other = *path;
    other.hash[other.count++] = (struct es_log_hash){{0}};
    check(ctx, &other);
}

struct trial {
    struct fixture *f;
    uint64_t a, b;
};

static void refuse_inclusion(void *ctx, struct es_tree_path *path)
{
    struct trial *t = ctx;

    assert_false(included(t->f, t->a, t->b, path));
}

static void refuse_consistency(void *ctx, struct es_tree_path *path)
{
    struct trial *t = ctx;

    assert_false(consistent(t->f, t->a, t->b, path));
}

static void changed_proofs_are_refused(void **state)
{
    struct fixture *f = *state;
    struct es_tree_path path;

    for (uint64_t size = 2; size <= SIZE_MAX_; size += STEP)
        for (uint64_t i = 0; i < size; i += 3) {
            struct trial t = {f, i, size};

            assert_int_equal(es_tree_inclusion(&f->source, i, size, &path, NULL), ES_OK);
            vary(&path, refuse_inclusion, &t);
            if (i == 0)
                continue;
            assert_int_equal(es_tree_consistency(&f->source, i, size, &path, NULL), ES_OK);
            vary(&path, refuse_consistency, &t);
        }
}

static void neighbouring_indexes_and_sizes_are_refused(void **state)
{
    struct fixture *f = *state;
    struct es_tree_path path;
    bool good = true;

    for (uint64_t size = 3; size < SIZE_MAX_; size += STEP) {
        uint64_t i = size / 2;

        assert_int_equal(es_tree_inclusion(&f->source, i, size, &path, NULL), ES_OK);
        assert_false(included(f, i + 1, size, &path));
        assert_false(included(f, i - 1, size, &path));
        assert_int_equal(es_tree_verify_inclusion(&f->leaf[i], i, size + 1, &path,
                                                  &f->root[size + 1], &good, NULL),
                         ES_OK);
        assert_false(good);
        assert_int_equal(es_tree_consistency(&f->source, i, size, &path, NULL), ES_OK);
        assert_false(consistent(f, i + 1, size, &path));
        assert_false(consistent(f, i, size + 1, &path));
    }
}

static void a_node_is_no_leaf_and_a_leaf_no_node(void **state)
{
    struct fixture *f = *state;
    struct es_tree_path path = {.count = 1};
    bool good = true;

    /* The left half of four leaves, offered as leaf 0 of a tree of two. */
    path.hash[0] = definition(f->leaf + 2, 2);
    assert_int_equal(es_tree_verify_inclusion(&f->leaf[0], 0, 2, &path, &f->root[4], &good, NULL),
                     ES_OK);
    assert_false(good);
}

static void impossible_questions_are_refused(void **state)
{
    struct fixture *f = *state;
    struct es_tree_path path = {.count = 0};
    bool good = true;

    assert_int_equal(es_tree_inclusion(&f->source, 5, 5, &path, NULL), ES_E_RANGE);
    assert_int_equal(es_tree_consistency(&f->source, 0, 5, &path, NULL), ES_E_RANGE);
    assert_int_equal(es_tree_consistency(&f->source, 6, 5, &path, NULL), ES_E_RANGE);
    assert_int_equal(es_tree_verify_consistency(0, 5, &f->root[0], &f->root[5], &path, &good, NULL),
                     ES_OK);
    assert_false(good);
    path.count = ES_LOG_PATH_MAX + 1;
    good = true;
    assert_int_equal(es_tree_verify_inclusion(&f->leaf[0], 0, 5, &path, &f->root[5], &good, NULL),
                     ES_OK);
    assert_false(good);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(the_growing_root_is_the_recursive_root),
        T(each_inclusion_proof_verifies),
        T(each_consistency_proof_verifies),
        T(changed_proofs_are_refused),
        T(neighbouring_indexes_and_sizes_are_refused),
        T(a_node_is_no_leaf_and_a_leaf_no_node),
        T(impossible_questions_are_refused),
    };

    return cmocka_run_group_tests_name("log/tree", tests, NULL, NULL);
}
