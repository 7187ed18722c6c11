/* Every value of audit-log-vectors.json, which a model in another language made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "es_log.h"

#define PATHS_MAX 300

struct vectors {
    json_t *root;
};

static int setup(void **state)
{
    struct vectors *v = calloc(1, sizeof *v);
    const char *folder = getenv("ESEAL_SPEC");
    char path[4096];

    assert_non_null(v);
    (void) snprintf(path, sizeof path, "%s/audit-log-vectors.json", folder == NULL ? "." : folder);
    v->root = json_load_file(path, 0, NULL);
    *state = v;
    return 0;
}

static int teardown(void **state)
{
    struct vectors *v = *state;

    json_decref(v->root);
    free(v);
    return 0;
}

static json_t *at(const struct vectors *v, const char *a, const char *b)
{
    json_t *node;

    if (v->root == NULL)
        skip();
    node = json_object_get(v->root, a);
    return b == NULL ? node : json_object_get(node, b);
}

static void unhex(const json_t *text, struct es_buf *out)
{
    es_buf_reset(out);
    assert_non_null(json_string_value(text));
    assert_int_equal(es_hex_decode(es_span_str(json_string_value(text)), out, NULL), ES_OK);
}

static struct es_log_hash hash_of(const json_t *text)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_LOG_HASH_LEN);
    struct es_log_hash hash;

    unhex(text, &bytes);
    assert_int_equal(bytes.len, ES_LOG_HASH_LEN);
    memcpy(hash.b, bytes.ptr, sizeof hash.b);
    return hash;
}

static void assert_hash(const struct es_log_hash *got, const json_t *wanted)
{
    struct es_log_hash hash = hash_of(wanted);

    assert_memory_equal(got->b, hash.b, sizeof hash.b);
}

static struct es_tree_path path_of(const json_t *list)
{
    struct es_tree_path path = {.count = json_array_size(list)};

    assert_true(path.count <= ES_LOG_PATH_MAX);
    for (size_t i = 0; i < path.count; i++)
        path.hash[i] = hash_of(json_array_get(list, i));
    return path;
}

static uint64_t number(const json_t *object, const char *name)
{
    return (uint64_t) json_integer_value(json_object_get(object, name));
}

/* ---- leaves ---- */

/* Decode the body and write it again: the same bytes. */
static void assert_body_returns(enum es_leaf_kind kind, struct es_span body)
{
    ES_AUTO(es_buf) again = ES_BUF_INIT(ES_LOG_BODY_MAX);
    struct es_audit_event audit;
    struct es_status_event status;
    struct es_map_head head;

    if (kind == ES_LEAF_AUDIT) {
        assert_int_equal(es_audit_event_decode(body, &audit, NULL), ES_OK);
        assert_int_equal(es_audit_event_encode(&audit, &again, NULL), ES_OK);
    } else if (kind == ES_LEAF_STATUS) {
        assert_int_equal(es_status_event_decode(body, &status, NULL), ES_OK);
        assert_int_equal(es_status_event_encode(&status, &again, NULL), ES_OK);
        assert_int_equal(again.len, ES_STATUS_EVENT_LEN);
    } else {
        assert_int_equal(es_map_head_decode(body, &head, NULL), ES_OK);
        assert_int_equal(es_map_head_encode(&head, &again, NULL), ES_OK);
        assert_int_equal(again.len, ES_MAP_HEAD_LEN);
    }
    assert_true(es_span_equal(es_buf_span(&again), body));
}

static void assert_log(const json_t *log)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_LOG_LEAF_MAX);
    ES_AUTO(es_buf) body = ES_BUF_INIT(ES_LOG_BODY_MAX);
    ES_AUTO(es_buf) again = ES_BUF_INIT(ES_LOG_LEAF_MAX);
    struct es_log_hash previous, hash;
    const json_t *entries = json_object_get(log, "entries");

    assert_int_equal(
        es_log_genesis(json_string_value(json_object_get(log, "origin")), &previous, NULL), ES_OK);
    assert_hash(&previous, json_object_get(log, "genesisPrev"));
    assert_true(json_array_size(entries) > 0);
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        struct es_leaf leaf;

        unhex(json_object_get(entry, "leaf"), &bytes);
        unhex(json_object_get(entry, "body"), &body);
        assert_int_equal(es_leaf_decode(es_buf_span(&bytes), &leaf, NULL), ES_OK);
        assert_int_equal(leaf.index, i);
        assert_true(es_span_equal(leaf.body, es_buf_span(&body)));
        assert_true(es_log_hash_equal(&leaf.previous, &previous));
        assert_body_returns(leaf.kind, leaf.body);
        es_buf_reset(&again);
        assert_int_equal(es_leaf_encode(&leaf, &again, NULL), ES_OK);
        assert_true(es_span_equal(es_buf_span(&again), es_buf_span(&bytes)));
        assert_int_equal(es_leaf_hash(es_buf_span(&bytes), &hash, NULL), ES_OK);
        assert_hash(&hash, json_object_get(entry, "leafHash"));
        previous = hash;
    }
}

static void leaves_of_the_audit_log_are_byte_exact(void **state)
{
    assert_log(at(*state, "audit", NULL));
}

static void leaves_of_the_status_log_are_byte_exact(void **state)
{
    assert_log(at(*state, "status", NULL));
}

static void a_detail_hashes_with_its_salt(void **state)
{
    const json_t *detail = at(*state, "audit", "detail");
    ES_AUTO(es_buf) salt = ES_BUF_INIT(32);
    struct es_log_hash hash;

    unhex(json_object_get(detail, "salt"), &salt);
    assert_int_equal(
        es_log_detail_hash(salt.ptr,
                           es_span_str(json_string_value(json_object_get(detail, "detail"))), &hash,
                           NULL),
        ES_OK);
    assert_hash(&hash, json_object_get(detail, "detailHash"));
}

/* ---- trees ---- */

static size_t leaf_hashes(const json_t *list, const char *member, struct es_log_hash *out)
{
    size_t count = json_array_size(list);

    assert_true(count <= PATHS_MAX);
    for (size_t i = 0; i < count; i++) {
        const json_t *node = json_array_get(list, i);

        out[i] = hash_of(member == NULL ? node : json_object_get(node, member));
    }
    return count;
}

/* Roots of 0 to count leaves, as the tree grows. */
static void grow(const struct es_log_hash *hashes, size_t count, struct es_log_hash *roots)
{
    struct es_tree tree;

    es_tree_init(&tree);
    for (size_t i = 0; i <= count; i++) {
        assert_int_equal(es_tree_root(&tree, &roots[i], NULL), ES_OK);
        if (i < count)
            assert_int_equal(es_tree_append(&tree, &hashes[i], NULL), ES_OK);
    }
}

static void assert_inclusions(const struct es_tree_source *source, const struct es_log_hash *hashes,
                              const struct es_log_hash *roots, const json_t *proofs)
{
    for (size_t i = 0; i < json_array_size(proofs); i++) {
        const json_t *proof = json_array_get(proofs, i);
        uint64_t index = number(proof, "index"), size = number(proof, "size");
        struct es_tree_path wanted = path_of(json_object_get(proof, "path")), got;
        bool good = false;

        assert_int_equal(es_tree_inclusion(source, index, size, &got, NULL), ES_OK);
        assert_int_equal(got.count, wanted.count);
        assert_memory_equal(got.hash, wanted.hash, got.count * sizeof got.hash[0]);
        assert_int_equal(
            es_tree_verify_inclusion(&hashes[index], index, size, &got, &roots[size], &good, NULL),
            ES_OK);
        assert_true(good);
    }
}

static void assert_consistencies(const struct es_tree_source *source,
                                 const struct es_log_hash *roots, const json_t *proofs)
{
    for (size_t i = 0; i < json_array_size(proofs); i++) {
        const json_t *proof = json_array_get(proofs, i);
        uint64_t from = number(proof, "from"), to = number(proof, "to");
        struct es_tree_path wanted = path_of(json_object_get(proof, "path")), got;
        bool good = false;

        assert_int_equal(es_tree_consistency(source, from, to, &got, NULL), ES_OK);
        assert_int_equal(got.count, wanted.count);
        assert_memory_equal(got.hash, wanted.hash, got.count * sizeof got.hash[0]);
        assert_int_equal(
            es_tree_verify_consistency(from, to, &roots[from], &roots[to], &got, &good, NULL),
            ES_OK);
        assert_true(good);
    }
}

static void assert_tree(const json_t *tree, const struct es_log_hash *hashes, size_t count)
{
    const struct es_tree_leaves leaves = {hashes, count};
    const struct es_tree_source source = es_tree_source_leaves(&leaves);
    const json_t *known = json_object_get(tree, "roots");
    struct es_log_hash roots[PATHS_MAX + 1];

    grow(hashes, count, roots);
    assert_true(json_array_size(known) > 1);
    for (size_t i = 0; i < json_array_size(known); i++)
        assert_hash(&roots[i], json_array_get(known, i));
    assert_inclusions(&source, hashes, roots, json_object_get(tree, "inclusion"));
    assert_consistencies(&source, roots, json_object_get(tree, "consistency"));
}

/* Leaf data 00, 01, …: the known answers go to 70 leaves. */
static void trees_and_proofs_of_small_logs_are_equal(void **state)
{
    struct es_log_hash hashes[70];
    const json_t *tree = at(*state, "tree", NULL);
    const json_t *known = json_object_get(tree, "leafHashes");

    for (uint8_t i = 0; i < 70; i++)
        assert_int_equal(es_leaf_hash(es_span_of(&i, 1), &hashes[i], NULL), ES_OK);
    for (size_t i = 0; i < json_array_size(known); i++)
        assert_hash(&hashes[i], json_array_get(known, i));
    assert_tree(tree, hashes, 70);
}

static void the_audit_log_has_its_roots_and_proofs(void **state)
{
    struct es_log_hash hashes[PATHS_MAX];
    const json_t *audit = at(*state, "audit", NULL);
    size_t count = leaf_hashes(json_object_get(audit, "entries"), "leafHash", hashes);

    assert_tree(audit, hashes, count);
}

static void seventy_leaves_have_the_known_root(void **state)
{
    struct es_tree tree;
    struct es_log_hash hash;
    const json_t *wanted = at(*state, "tree", "root70");

    es_tree_init(&tree);
    for (uint8_t i = 0; i < 70; i++) {
        assert_int_equal(es_leaf_hash(es_span_of(&i, 1), &hash, NULL), ES_OK);
        assert_int_equal(es_tree_append(&tree, &hash, NULL), ES_OK);
    }
    assert_int_equal(es_tree_root(&tree, &hash, NULL), ES_OK);
    assert_hash(&hash, wanted);
}

/* ---- map ---- */

static void membership_and_absence_are_proved(void **state)
{
    const json_t *status = at(*state, "status", NULL);
    const json_t *in = json_object_get(status, "membership");
    const json_t *out = json_object_get(status, "nonMembership");
    struct es_log_hash root = hash_of(json_array_get(json_object_get(status, "mapRoots"), 1));
    struct es_log_hash key = hash_of(json_object_get(in, "key")), value;
    struct es_log_hash last = hash_of(json_object_get(in, "lastLeafHash"));
    struct es_map_proof proof = {.count = 1, .has_terminal = true};
    enum es_map_answer answer = ES_MAP_REFUSED;

    assert_int_equal(es_map_value(number(in, "count"), (uint8_t) number(in, "status"),
                                  number(in, "effective"), &last, &value, NULL),
                     ES_OK);
    assert_hash(&value, json_object_get(in, "valueHash"));
    proof.siblings[0] = hash_of(json_array_get(json_object_get(in, "siblings"), 0));
    proof.terminal = (struct es_map_item){key, value};
    assert_int_equal(es_map_verify(&proof, &key, &root, &answer, NULL), ES_OK);
    assert_int_equal(answer, ES_MAP_PRESENT);
    key = hash_of(json_object_get(out, "key"));
    proof.siblings[0] = hash_of(json_array_get(json_object_get(out, "siblings"), 0));
    assert_int_equal(es_map_verify(&proof, &key, &root, &answer, NULL), ES_OK);
    assert_int_equal(answer, ES_MAP_ABSENT);
}

/* ---- checkpoints ---- */

static void assert_checkpoint(const json_t *log, const struct es_pubkey *key, const char *key_id)
{
    ES_AUTO(es_checkpoint) c = {.size = 0};
    char hex[9];
    bool good = false;

    assert_int_equal(
        es_checkpoint_parse(es_span_str(json_string_value(json_object_get(log, "checkpoint"))), &c,
                            NULL),
        ES_OK);
    assert_int_equal(es_checkpoint_verify(&c, key, &good, NULL), ES_OK);
    assert_true(good);
    es_hex_encode(es_span_of(c.lines[0].key_id, 4), hex);
    assert_string_equal(hex, key_id);
}

static void checkpoints_and_a_witness_verify(void **state)
{
    const json_t *status = at(*state, "status", NULL);
    const json_t *witness = json_object_get(status, "witness");
    const json_t *audit_key = at(*state, "audit", "key");
    ES_AUTO(es_buf) point = ES_BUF_INIT(65);
    ES_AUTO_PTR(es_pubkey) key = NULL;
    ES_AUTO(es_checkpoint) c = {.size = 0};
    uint64_t time_s = 0;
    bool good = false;

    unhex(json_object_get(audit_key, "public"), &point);
    assert_int_equal(es_pubkey_sm2(es_buf_span(&point), &key, NULL), ES_OK);
    assert_checkpoint(at(*state, "audit", NULL), key,
                      json_string_value(json_object_get(audit_key, "keyId")));
    assert_checkpoint(status, key, json_string_value(json_object_get(status, "keyId")));
    assert_int_equal(
        es_checkpoint_parse(es_span_str(json_string_value(json_object_get(status, "checkpoint"))),
                            &c, NULL),
        ES_OK);
    assert_int_equal(c.line_count, 2);
    assert_int_equal(
        es_checkpoint_verify_witness(&c, json_string_value(json_object_get(witness, "name")), key,
                                     &good, &time_s, NULL),
        ES_OK);
    assert_true(good);
    assert_int_equal(time_s, number(witness, "time"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(leaves_of_the_audit_log_are_byte_exact), T(leaves_of_the_status_log_are_byte_exact),
        T(a_detail_hashes_with_its_salt),          T(trees_and_proofs_of_small_logs_are_equal),
        T(the_audit_log_has_its_roots_and_proofs), T(seventy_leaves_have_the_known_root),
        T(membership_and_absence_are_proved),      T(checkpoints_and_a_witness_verify),
    };

    return cmocka_run_group_tests_name("log/vectors", tests, NULL, NULL);
}
