/* Inclusion and consistency proofs: members and values as published; nothing changed holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "es_log_proof.h"

#define LEAVES 21
#define ORIGIN "a/audit/1"

struct fixture {
    json_t *vectors; /* NULL: not at hand */
    struct es_key *key;
    struct es_log_trust trust;
    struct es_buf leaf[LEAVES];
    struct es_log_hash hash[LEAVES];
    struct es_tree_leaves leaves;
    struct es_buf json;
};

static void make_leaves(struct fixture *f)
{
    for (uint64_t i = 0; i < LEAVES; i++) {
        const struct es_leaf leaf = {.kind = ES_LEAF_AUDIT,
                                     .index = i,
                                     .sequenced_ms = 1000 + i,
                                     .body = es_span_str("any body")};

        es_buf_init(&f->leaf[i], ES_LOG_LEAF_MAX);
        assert_int_equal(es_leaf_encode(&leaf, &f->leaf[i], NULL), ES_OK);
        assert_int_equal(es_leaf_hash(es_buf_span(&f->leaf[i]), &f->hash[i], NULL), ES_OK);
    }
    f->leaves = (struct es_tree_leaves){f->hash, LEAVES};
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    const char *folder = getenv("ESEAL_SPEC");
    const uint8_t number[32] = {7};
    char path[4096];

    assert_non_null(f);
    *state = f;
    (void) snprintf(path, sizeof path, "%s/audit-log-vectors.json", folder == NULL ? "." : folder);
    f->vectors = json_load_file(path, 0, NULL);
    assert_int_equal(es_key_from_number(number, &f->key, NULL), ES_OK);
    f->trust = (struct es_log_trust){.origin = ORIGIN, .key = es_key_public(f->key)};
    make_leaves(f);
    es_buf_init(&f->json, ES_LOG_PROOF_MAX);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    json_decref(f->vectors);
    es_key_free(f->key);
    for (size_t i = 0; i < LEAVES; i++)
        es_buf_clear(&f->leaf[i]);
    es_buf_clear(&f->json);
    free(f);
    return 0;
}

/* ---- making ---- */

static void sign_root(struct fixture *f, uint64_t size, const struct es_log_hash *root,
                      struct es_buf *out)
{
    es_buf_init(out, ES_CHECKPOINT_MAX);
    assert_int_equal(es_checkpoint_sign(ORIGIN, size, root, f->key, out, NULL), ES_OK);
}

static void sign_size(struct fixture *f, uint64_t size, struct es_buf *out)
{
    struct es_tree_source source = es_tree_source_leaves(&f->leaves);
    struct es_log_hash root;

    assert_int_equal(es_tree_root_of(&source, size, &root, NULL), ES_OK);
    sign_root(f, size, &root, out);
}

static void put_inclusion(struct fixture *f, uint64_t index, uint64_t size, struct es_span leaf,
                          const struct es_tree_path *path, const struct es_buf *checkpoint)
{
    struct es_json_out out = {.buf = &f->json};

    es_buf_reset(&f->json);
    assert_int_equal(
        es_log_put_inclusion(&out, index, size, leaf, path, es_buf_span(checkpoint), NULL), ES_OK);
}

static void put_consistency(struct fixture *f, uint64_t from, uint64_t to,
                            const struct es_tree_path *path, const struct es_buf *old,
                            const struct es_buf *new)
{
    struct es_json_out out = {.buf = &f->json};

    es_buf_reset(&f->json);
    assert_int_equal(
        es_log_put_consistency(&out, from, to, path, es_buf_span(old), es_buf_span(new), NULL),
        ES_OK);
}

static void path_to(struct fixture *f, uint64_t index, uint64_t size, struct es_tree_path *out)
{
    struct es_tree_source source = es_tree_source_leaves(&f->leaves);

    assert_int_equal(es_tree_inclusion(&source, index, size, out, NULL), ES_OK);
}

static void path_between(struct fixture *f, uint64_t from, uint64_t to, struct es_tree_path *out)
{
    struct es_tree_source source = es_tree_source_leaves(&f->leaves);

    assert_int_equal(es_tree_consistency(&source, from, to, out, NULL), ES_OK);
}

/* ---- checking ---- */

static void assert_holds(struct fixture *f, enum es_log_proof_kind kind)
{
    struct es_log_proof_facts facts;

    assert_int_equal(es_log_proof_verify(es_buf_span(&f->json), &f->trust, &facts, NULL), ES_OK);
    assert_true(facts.holds);
    assert_int_equal(facts.kind, kind);
    es_log_proof_clear(&facts);
}

static void assert_refused(struct fixture *f, const char *why)
{
    struct es_log_proof_facts facts;

    assert_int_equal(es_log_proof_verify(es_buf_span(&f->json), &f->trust, &facts, NULL), ES_OK);
    assert_false(facts.holds);
    assert_string_equal(facts.why, why);
    assert_int_equal(facts.leaf.len, 0);
    es_log_proof_clear(&facts);
}

static void assert_malformed(struct fixture *f, es_status status)
{
    struct es_log_proof_facts facts;

    assert_int_equal(es_log_proof_verify(es_buf_span(&f->json), &f->trust, &facts, NULL), status);
    assert_false(facts.holds);
    es_log_proof_clear(&facts);
}

#define NO_ROOT "the path does not lead to the root"
#define NO_ROOTS "the path does not lead to both roots"

/* ---- the published values ---- */

static void unhex(const json_t *text, struct es_buf *out)
{
    assert_int_equal(es_hex_decode(es_span_str(json_string_value(text)), out, NULL), ES_OK);
}

static void unhex_hash(const json_t *text, struct es_log_hash *out)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(32);

    unhex(text, &bytes);
    assert_int_equal(bytes.len, 32);
    memcpy(out->b, bytes.ptr, 32);
}

static void unhex_path(const json_t *list, struct es_tree_path *out)
{
    out->count = json_array_size(list);
    for (size_t i = 0; i < out->count; i++)
        unhex_hash(json_array_get(list, i), &out->hash[i]);
}

/* What audit-log.md 5 says, put together by another JSON writer. */
static void assert_json(struct fixture *f, json_t *expected)
{
    char *text = json_dumps(expected, JSON_COMPACT);

    assert_string_equal(es_buf_cstr(&f->json), text);
    free(text);
    json_decref(expected);
}

static json_t *base64_of(struct es_span bytes)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(200000);

    es_buf_put_base64(&text, bytes);
    return json_string(es_buf_cstr(&text));
}

static json_t *base64_list(const struct es_tree_path *path)
{
    json_t *list = json_array();

    for (size_t i = 0; i < path->count; i++)
        json_array_append_new(list, base64_of(es_span_of(path->hash[i].b, 32)));
    return list;
}

static void trust_published(struct fixture *f, struct es_pubkey **key)
{
    ES_AUTO(es_buf) point = ES_BUF_INIT(65);
    const json_t *audit = json_object_get(f->vectors, "audit");

    unhex(json_object_get(json_object_get(audit, "key"), "public"), &point);
    assert_int_equal(es_pubkey_sm2(es_buf_span(&point), key, NULL), ES_OK);
    f->trust = (struct es_log_trust){.origin = json_string_value(json_object_get(audit, "origin")),
                                     .key = *key};
}

static void published_inclusion_proofs_hold_byte_for_byte(void **state)
{
    struct fixture *f = *state;
    ES_AUTO_PTR(es_pubkey) key = NULL;
    const json_t *audit, *item, *checkpoint;
    size_t i, checked = 0;

    if (f->vectors == NULL)
        skip();
    trust_published(f, &key);
    audit = json_object_get(f->vectors, "audit");
    checkpoint = json_object_get(audit, "checkpoint");
    json_array_foreach(json_object_get(audit, "inclusion"), i, item)
    {
        ES_AUTO(es_buf) leaf = ES_BUF_INIT(ES_LOG_LEAF_MAX);
        ES_AUTO(es_buf) note = ES_BUF_INIT(ES_CHECKPOINT_MAX);
        json_int_t index = json_integer_value(json_object_get(item, "index"));
        struct es_tree_path path;

        if (json_integer_value(json_object_get(item, "size")) != 5)
            continue;
        unhex_path(json_object_get(item, "path"), &path);
        unhex(json_object_get(json_array_get(json_object_get(audit, "entries"), (size_t) index),
                              "leaf"),
              &leaf);
        es_buf_put_str(&note, json_string_value(checkpoint));
        put_inclusion(f, (uint64_t) index, 5, es_buf_span(&leaf), &path, &note);
        assert_json(f, json_pack("{sisssIsisososs}", "v", 1, "type", "inclusion", "index", index,
                                 "size", 5, "leaf", base64_of(es_buf_span(&leaf)), "path",
                                 base64_list(&path), "checkpoint", json_string_value(checkpoint)));
        assert_holds(f, ES_LOG_PROOF_INCLUSION);
        checked++;
    }
    assert_int_equal(checked, 5);
}

static void read_part(const json_t *node, uint64_t *index, struct es_buf *leaf,
                      struct es_tree_path *path)
{
    const json_t *list = json_object_get(node, "path");

    *index = (uint64_t) json_integer_value(json_object_get(node, "index"));
    assert_int_equal(es_base64_decode(es_span_str(json_string_value(json_object_get(node, "leaf"))),
                                      leaf, NULL, NULL),
                     ES_OK);
    path->count = json_array_size(list);
    for (size_t i = 0; i < path->count; i++) {
        ES_AUTO(es_buf) hash = ES_BUF_INIT(32);

        assert_int_equal(es_base64_decode(es_span_str(json_string_value(json_array_get(list, i))),
                                          &hash, NULL, NULL),
                         ES_OK);
        memcpy(path->hash[i].b, hash.ptr, 32);
    }
}

static void the_published_status_proof_is_written_byte_for_byte(void **state)
{
    struct fixture *f = *state;
    struct es_json_out out = {.buf = &f->json};
    struct es_status_part_event events[2];
    struct es_status_parts parts = {.events = events, .event_count = 2};
    struct es_buf leaves[3];
    const json_t *status, *bundle, *map, *membership;

    if (f->vectors == NULL)
        skip();
    status = json_object_get(f->vectors, "status");
    membership = json_object_get(status, "membership");
    bundle = json_object_get(status, "bundle");
    map = json_object_get(bundle, "map");
    for (size_t i = 0; i < 3; i++)
        es_buf_init(&leaves[i], ES_LOG_LEAF_MAX);
    for (size_t i = 0; i < 2; i++) {
        read_part(json_array_get(json_object_get(bundle, "events"), i), &events[i].index,
                  &leaves[i], &events[i].path);
        events[i].leaf = es_buf_span(&leaves[i]);
    }
    read_part(map, &parts.head_index, &leaves[2], &parts.head_path);
    parts.head_leaf = es_buf_span(&leaves[2]);
    parts.checkpoint = es_span_str(json_string_value(json_object_get(bundle, "checkpoint")));
    unhex_hash(json_object_get(bundle, "key"), &parts.key);
    parts.map.count = 1;
    unhex_hash(json_array_get(json_object_get(membership, "siblings"), 0), &parts.map.siblings[0]);
    parts.map.has_terminal = true;
    parts.map.terminal.key = parts.key;
    unhex_hash(json_object_get(membership, "valueHash"), &parts.map.terminal.value);
    assert_int_equal(es_log_put_status_proof(&out, &parts, NULL), ES_OK);
    assert_json(f, json_deep_copy(bundle));
    for (size_t i = 0; i < 3; i++)
        es_buf_clear(&leaves[i]);
}

/* ---- log-03: nothing changed holds ---- */

static void proofs_of_all_small_sizes_hold(void **state)
{
    struct fixture *f = *state;
    struct es_tree_path path;

    for (uint64_t size = 1; size <= LEAVES; size++) {
        ES_AUTO(es_buf) note = {0};

        sign_size(f, size, &note);
        for (uint64_t i = 0; i < size; i++) {
            path_to(f, i, size, &path);
            put_inclusion(f, i, size, es_buf_span(&f->leaf[i]), &path, &note);
            assert_holds(f, ES_LOG_PROOF_INCLUSION);
        }
        for (uint64_t from = 1; from <= size; from += 3) {
            ES_AUTO(es_buf) old = {0};

            sign_size(f, from, &old);
            path_between(f, from, size, &path);
            put_consistency(f, from, size, &path, &old, &note);
            assert_holds(f, ES_LOG_PROOF_CONSISTENCY);
        }
    }
}

enum { CHANGES = 4 };
/* One hash changed, dropped, added, or two swapped. */
static bool change_path(struct es_tree_path *path, unsigned how, size_t at)
{
    struct es_log_hash keep = path->hash[at];

    switch (how) {
    case 0:
        path->hash[at].b[at % 32] ^= 1;
        return true;
    case 1:
        memmove(&path->hash[at], &path->hash[at + 1], (path->count - at - 1) * sizeof keep);
        path->count--;
        return true;
    case 2:
        memmove(&path->hash[at + 1], &path->hash[at], (path->count - at) * sizeof keep);
        path->count++;
        return true;
    default:
        if (at + 1 >= path->count)
            return false;
        path->hash[at] = path->hash[at + 1];
        path->hash[at + 1] = keep;
        return true;
    }
}

static void an_inclusion_proof_with_a_changed_path_is_refused(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) note = {0};
    struct es_tree_path path;

    sign_size(f, LEAVES, &note);
    for (uint64_t i = 0; i < LEAVES; i += 5) {
        path_to(f, i, LEAVES, &path);
        for (size_t at = 0; at < path.count; at++)
            for (unsigned how = 0; how < CHANGES; how++) {
                struct es_tree_path changed = path;

                if (!change_path(&changed, how, at))
                    continue;
                put_inclusion(f, i, LEAVES, es_buf_span(&f->leaf[i]), &changed, &note);
                assert_refused(f, NO_ROOT);
            }
    }
}

static void a_consistency_proof_with_a_changed_path_is_refused(void **state)
{
    static const uint64_t sizes[] = {1, 3, 4, 8, 13, 20};
    struct fixture *f = *state;
    ES_AUTO(es_buf) new = {0};
    struct es_tree_path path;

    sign_size(f, LEAVES, &new);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ES_AUTO(es_buf) old = {0};

        sign_size(f, sizes[i], &old);
        path_between(f, sizes[i], LEAVES, &path);
        for (size_t at = 0; at < path.count; at++)
            for (unsigned how = 0; how < CHANGES; how++) {
                struct es_tree_path changed = path;

                if (!change_path(&changed, how, at))
                    continue;
                put_consistency(f, sizes[i], LEAVES, &changed, &old, &new);
                assert_refused(f, NO_ROOTS);
            }
    }
}

static void another_index_or_size_is_refused(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) note = {0};
    struct es_tree_path path;

    sign_size(f, 16, &note);
    path_to(f, 7, 16, &path);
    put_inclusion(f, 8, 16, es_buf_span(&f->leaf[7]), &path, &note);
    assert_refused(f, "the leaf stands at another index");
    put_inclusion(f, 8, 16, es_buf_span(&f->leaf[8]), &path, &note);
    assert_refused(f, NO_ROOT);
    put_inclusion(f, 7, 17, es_buf_span(&f->leaf[7]), &path, &note);
    assert_refused(f, "the size is not that of the checkpoint");
    put_inclusion(f, 7, 15, es_buf_span(&f->leaf[7]), &path, &note);
    assert_refused(f, "the size is not that of the checkpoint");
    put_inclusion(f, 16, 16, es_buf_span(&f->leaf[16]), &path, &note);
    assert_refused(f, NO_ROOT);
}

/* Even if the log's key signed that root for that size. */
static void a_root_under_another_size_is_refused(void **state)
{
    struct fixture *f = *state;
    struct es_tree_source source = es_tree_source_leaves(&f->leaves);
    struct es_log_hash root;
    struct es_tree_path path;

    assert_int_equal(es_tree_root_of(&source, 16, &root, NULL), ES_OK);
    path_to(f, 7, 16, &path);
    for (uint64_t size = 0; size < 40; size++) {
        ES_AUTO(es_buf) note = {0};

        sign_root(f, size, &root, &note);
        put_inclusion(f, 7, size, es_buf_span(&f->leaf[7]), &path, &note);
        if (size > 8 && size <= 16) /* the same walk for leaf 7 */
            continue;
        assert_refused(f, NO_ROOT);
    }
}

/* ---- log-04 ---- */

static void a_node_given_for_a_leaf_is_refused(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) note = {0};
    ES_AUTO(es_buf) node = ES_BUF_INIT(64);
    struct es_tree_path path;

    /* The node above leaves 0 and 1 as a "leaf" 0 of a tree half as large. */
    sign_size(f, 16, &note);
    path_to(f, 0, 16, &path);
    es_buf_put(&node, f->hash[0].b, 32);
    es_buf_put(&node, f->hash[1].b, 32);
    memmove(path.hash, path.hash + 1, --path.count * sizeof path.hash[0]);
    put_inclusion(f, 0, 16, es_buf_span(&node), &path, &note);
    assert_refused(f, "the leaf is none");
}

static void a_leaf_given_for_a_node_is_refused(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) note = {0};
    struct es_tree_path path;

    sign_size(f, 2, &note);
    path_to(f, 0, 2, &path);
    path.count = 0; /* leaf 0 itself as the root's left half */
    put_inclusion(f, 0, 2, es_buf_span(&f->leaf[0]), &path, &note);
    assert_refused(f, NO_ROOT);
    path.count = 2;
    path.hash[1] = f->hash[1];
    put_inclusion(f, 0, 2, es_buf_span(&f->leaf[0]), &path, &note);
    assert_refused(f, NO_ROOT);
}

static void consistency_from_nothing_or_backwards_is_refused(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) none = {0};
    ES_AUTO(es_buf) five = {0};
    ES_AUTO(es_buf) six = {0};
    struct es_tree_path path = {.count = 0};

    sign_size(f, 0, &none);
    sign_size(f, 5, &five);
    sign_size(f, 6, &six);
    put_consistency(f, 0, 5, &path, &none, &five);
    assert_refused(f, "the sizes do not rise from 1 on");
    path_between(f, 5, 6, &path);
    put_consistency(f, 6, 5, &path, &six, &five);
    assert_refused(f, "the sizes do not rise from 1 on");
}

static void a_path_longer_than_64_is_refused(void **state)
{
    struct fixture *f = *state;
    json_error_t error;
    json_t *proof, *path;
    char *text;
    ES_AUTO(es_buf) note = {0};
    struct es_tree_path empty = {.count = 0};

    sign_size(f, 1, &note);
    put_inclusion(f, 0, 1, es_buf_span(&f->leaf[0]), &empty, &note);
    proof = json_loadb((const char *) f->json.ptr, f->json.len, 0, &error);
    path = json_object_get(proof, "path");
    for (size_t i = 0; i < 65; i++)
        json_array_append_new(path, base64_of(es_span_of(f->hash[0].b, 32)));
    text = json_dumps(proof, JSON_COMPACT);
    es_buf_reset(&f->json);
    es_buf_put_str(&f->json, text);
    assert_malformed(f, ES_E_LIMIT);
    free(text);
    json_decref(proof);
}

/* ---- checkpoints, form ---- */

static void a_checkpoint_of_another_key_or_log_is_refused(void **state)
{
    struct fixture *f = *state;
    ES_AUTO_PTR(es_key) other = NULL;
    const uint8_t number[32] = {8};
    ES_AUTO(es_buf) note = {0};
    struct es_tree_path path;

    sign_size(f, 5, &note);
    path_to(f, 2, 5, &path);
    put_inclusion(f, 2, 5, es_buf_span(&f->leaf[2]), &path, &note);
    f->trust.origin = "a/audit/2";
    assert_refused(f, "another log");
    f->trust.origin = ORIGIN;
    assert_int_equal(es_key_from_number(number, &other, NULL), ES_OK);
    f->trust.key = es_key_public(other);
    assert_refused(f, "the log's signature does not hold");
}

static void both_checkpoints_of_a_consistency_proof_must_be_signed(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) old = {0};
    ES_AUTO(es_buf) new = {0};
    struct es_tree_path path;
    size_t at;

    sign_size(f, 5, &old);
    sign_size(f, 9, &new);
    path_between(f, 5, 9, &path);
    at = old.len - 30;
    old.ptr[at] = old.ptr[at] == 'A' ? 'B' : 'A';
    put_consistency(f, 5, 9, &path, &old, &new);
    assert_refused(f, "the log's signature does not hold");
}

static void a_witness_that_did_not_sign_is_told(void **state)
{
    struct fixture *f = *state;
    const struct es_log_witness witness = {"w", es_key_public(f->key)};
    struct es_log_proof_facts facts;
    ES_AUTO(es_buf) note = {0};
    struct es_tree_path path;
    struct es_checkpoint checkpoint;

    f->trust.witnesses = &witness;
    f->trust.witness_count = f->trust.quorum = 1;
    sign_size(f, 5, &note);
    path_to(f, 2, 5, &path);
    put_inclusion(f, 2, 5, es_buf_span(&f->leaf[2]), &path, &note);
    assert_int_equal(es_log_proof_verify(es_buf_span(&f->json), &f->trust, &facts, NULL), ES_OK);
    assert_true(facts.holds && facts.unwitnessed);
    es_log_proof_clear(&facts);
    assert_int_equal(es_checkpoint_parse(es_buf_span(&note), &checkpoint, NULL), ES_OK);
    assert_int_equal(es_checkpoint_cosign(&checkpoint, "w", 1234, f->key, &note, NULL), ES_OK);
    es_checkpoint_clear(&checkpoint);
    put_inclusion(f, 2, 5, es_buf_span(&f->leaf[2]), &path, &note);
    assert_int_equal(es_log_proof_verify(es_buf_span(&f->json), &f->trust, &facts, NULL), ES_OK);
    assert_true(facts.holds && !facts.unwitnessed);
    assert_int_equal(facts.witnessed_s, 1234);
    assert_int_equal(facts.leaf.len, f->leaf[2].len);
    es_log_proof_clear(&facts);
}

static void what_is_no_proof_is_malformed(void **state)
{
    static const char *const texts[] = {
        "",
        "[]",
        "{}",
        "{\"v\":2,\"type\":\"inclusion\"}",
        "{\"v\":1,\"type\":\"seal-status-proof\"}",
        "{\"v\":1,\"type\":\"inclusion\",\"index\":-1}",
        "{\"v\":1,\"type\":\"inclusion\",\"other\":1}",
        "{\"v\":1,\"type\":\"consistency\",\"from\":1.5}",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        es_buf_reset(&f->json);
        es_buf_put_str(&f->json, texts[i]);
        assert_malformed(f, ES_E_FORMAT);
    }
}

static void a_proof_cut_anywhere_is_malformed(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) note = {0};
    struct es_tree_path path;
    size_t whole;

    sign_size(f, 5, &note);
    path_to(f, 2, 5, &path);
    put_inclusion(f, 2, 5, es_buf_span(&f->leaf[2]), &path, &note);
    whole = f->json.len;
    for (size_t len = 0; len < whole; len++) {
        f->json.len = len;
        assert_malformed(f, ES_E_FORMAT);
    }
    f->json.len = whole;
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(published_inclusion_proofs_hold_byte_for_byte),
        CASE(the_published_status_proof_is_written_byte_for_byte),
        CASE(proofs_of_all_small_sizes_hold),
        CASE(an_inclusion_proof_with_a_changed_path_is_refused),
        CASE(a_consistency_proof_with_a_changed_path_is_refused),
        CASE(another_index_or_size_is_refused),
        CASE(a_root_under_another_size_is_refused),
        CASE(a_node_given_for_a_leaf_is_refused),
        CASE(a_leaf_given_for_a_node_is_refused),
        CASE(consistency_from_nothing_or_backwards_is_refused),
        CASE(a_path_longer_than_64_is_refused),
        CASE(a_checkpoint_of_another_key_or_log_is_refused),
        CASE(both_checkpoints_of_a_consistency_proof_must_be_signed),
        CASE(a_witness_that_did_not_sign_is_told),
        CASE(what_is_no_proof_is_malformed),
        CASE(a_proof_cut_anywhere_is_malformed),
    };

    return cmocka_run_group_tests_name("log/proof", tests, NULL, NULL);
}
