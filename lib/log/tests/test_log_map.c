/* Maps of random keys: for one root exactly one of presence and absence can be shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_log.h"

#define KEYS 60

static void random_hash(uint64_t *seed, struct es_log_hash *out)
{
    struct es_random random = es_random_seeded(seed);

    assert_int_equal(random.fill(random.self, out->b, sizeof out->b, NULL), ES_OK);
}

static int by_key(const void *a, const void *b)
{
    return memcmp(a, b, ES_LOG_HASH_LEN);
}

static void make_items(struct es_map_item *items, size_t count)
{
    uint64_t seed = 42;

    for (size_t i = 0; i < count; i++) {
        random_hash(&seed, &items[i].key);
        random_hash(&seed, &items[i].value);
        if (i % 5 == 4) /* neighbours that part late */
            items[i].key = items[i - 1].key;
        items[i].key.b[31] ^= (uint8_t) (i % 5 == 4);
    }
    qsort(items, count, sizeof *items, by_key);
}

static enum es_map_answer ask(const struct es_map_proof *proof, const struct es_log_hash *key,
                              const struct es_log_hash *root)
{
    enum es_map_answer answer = ES_MAP_REFUSED;

    assert_int_equal(es_map_verify(proof, key, root, &answer, NULL), ES_OK);
    return answer;
}

static void an_empty_map_has_the_zero_root_and_shows_absence(void **state)
{
    struct es_log_hash root, key = {{1}}, zero = {{0}};
    struct es_map_proof proof;

    (void) state;
    assert_int_equal(es_map_root(NULL, 0, &root, NULL), ES_OK);
    assert_true(es_log_hash_equal(&root, &zero));
    assert_int_equal(es_map_prove(NULL, 0, &key, &proof, NULL), ES_OK);
    assert_int_equal(ask(&proof, &key, &root), ES_MAP_ABSENT);
}

static void what_is_in_is_present_and_what_is_not_is_absent(void **state)
{
    struct es_map_item items[KEYS];
    struct es_log_hash root;

    (void) state;
    make_items(items, KEYS);
    for (size_t count = 1; count <= KEYS; count += 11) {
        assert_int_equal(es_map_root(items, count, &root, NULL), ES_OK);
        for (size_t i = 0; i < KEYS; i++) {
            struct es_map_proof proof;

            assert_int_equal(es_map_prove(items, count, &items[i].key, &proof, NULL), ES_OK);
            assert_int_equal(ask(&proof, &items[i].key, &root),
                             i < count ? ES_MAP_PRESENT : ES_MAP_ABSENT);
        }
    }
}

static void changed_proofs_show_nothing(void **state)
{
    struct es_map_item items[KEYS];
    struct es_map_proof proof, other;
    struct es_log_hash root;

    (void) state;
    make_items(items, KEYS);
    assert_int_equal(es_map_root(items, KEYS, &root, NULL), ES_OK);
    for (size_t i = 0; i < KEYS; i += 3) {
        assert_int_equal(es_map_prove(items, KEYS, &items[i].key, &proof, NULL), ES_OK);
        other = proof;
        other.terminal.value.b[0] ^= 1;
        assert_int_equal(ask(&other, &items[i].key, &root), ES_MAP_REFUSED);
        other = proof;
        other.has_terminal = false;
        assert_int_equal(ask(&other, &items[i].key, &root), ES_MAP_REFUSED);
        other = proof;
        other.siblings[0].b[5] ^= 1;
        assert_int_equal(ask(&other, &items[i].key, &root), ES_MAP_REFUSED);
        other = proof;
        other.count--;
        assert_int_equal(ask(&other, &items[i].key, &root), ES_MAP_REFUSED);
    }
}

/* A proof for one key says nothing about a key on another way. */
static void a_proof_of_another_key_shows_nothing(void **state)
{
    struct es_map_item items[KEYS];
    struct es_map_proof proof;
    struct es_log_hash root, other;

    (void) state;
    make_items(items, KEYS);
    assert_int_equal(es_map_root(items, KEYS, &root, NULL), ES_OK);
    assert_int_equal(es_map_prove(items, KEYS, &items[7].key, &proof, NULL), ES_OK);
    other = items[7].key;
    other.b[0] ^= 0x80;
    assert_int_equal(ask(&proof, &other, &root), ES_MAP_REFUSED);
}

static void a_key_that_stands_twice_is_refused(void **state)
{
    struct es_map_item items[2] = {{.key = {{1}}}, {.key = {{1}}}};
    struct es_log_hash root;

    (void) state;
    assert_int_equal(es_map_root(items, 2, &root, NULL), ES_E_CONFLICT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_map_has_the_zero_root_and_shows_absence),
        cmocka_unit_test(what_is_in_is_present_and_what_is_not_is_absent),
        cmocka_unit_test(changed_proofs_show_nothing),
        cmocka_unit_test(a_proof_of_another_key_shows_nothing),
        cmocka_unit_test(a_key_that_stands_twice_is_refused),
    };

    return cmocka_run_group_tests_name("log/map", tests, NULL, NULL);
}
