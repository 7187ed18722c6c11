/* Proofs from the store hold under lib/log's checks, at every size; nothing unsigned is given out,
 * and a damaged store gives no proof rather than a wrong one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>

#include "read_fixture.h"

struct fixture {
    struct read_fixture log;
    struct es_log_reader *reader;
    struct es_buf json;
};

static int open_log(void **state, enum es_log_name log)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    *state = f;
    read_fixture_open(&f->log, log);
    es_buf_init(&f->json, ES_STATUS_PROOF_MAX);
    assert_int_equal(es_log_reader_open(f->log.store, log, f->log.epoch, &f->reader, NULL), ES_OK);
    return 0;
}

static int setup_audit(void **state)
{
    return open_log(state, ES_LOG_AUDIT);
}

static int setup_status(void **state)
{
    return open_log(state, ES_LOG_STATUS);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    es_buf_clear(&f->json);
    es_log_reader_free(f->reader);
    read_fixture_close(&f->log);
    free(f);
    return 0;
}

/* ---- helpers ---- */

static void fill_audit(struct fixture *f, uint64_t count)
{
    while (f->log.count < count) {
        struct es_log_hash subject = read_fixture_hash(f->log.count % 250);

        read_fixture_audit(&f->log, 0x0402, "seal-1", subject.b);
    }
    read_fixture_write(&f->log);
}

static struct es_log_proof_facts facts_of(struct fixture *f)
{
    struct es_log_proof_facts facts;

    assert_int_equal(es_log_proof_verify(es_buf_span(&f->json), &f->log.trust, &facts, NULL),
                     ES_OK);
    if (!facts.holds)
        fail_msg("%s", facts.why);
    return facts;
}

static void assert_included(struct fixture *f, uint64_t index, uint64_t size)
{
    struct es_log_proof_facts facts;

    es_buf_reset(&f->json);
    assert_int_equal(es_log_prove_inclusion(f->reader, index, size, &f->json, NULL), ES_OK);
    facts = facts_of(f);
    assert_int_equal(facts.index, index);
    assert_int_equal(facts.leaf.len, f->log.leaf[index].bytes.len);
    assert_memory_equal(facts.leaf.ptr, f->log.leaf[index].bytes.ptr, facts.leaf.len);
    es_log_proof_clear(&facts);
}

static es_status prove_status(struct fixture *f, const struct es_log_hash *key, size_t witnessed)
{
    es_buf_reset(&f->json);
    return es_log_prove_status(f->reader, key, witnessed, &f->json, NULL);
}

static void judge_status(struct fixture *f, const struct es_log_hash *key,
                         struct es_status_proof *out)
{
    assert_int_equal(
        es_status_proof_verify_key(es_buf_span(&f->json), key, &f->log.trust, out, NULL), ES_OK);
}

/* ---- before there is anything ---- */

static void a_log_that_is_not_there_is_absent(void **state)
{
    struct fixture *f = *state;
    struct es_log_reader *reader = NULL;
    struct es_buf note = ES_BUF_INIT(100);

    assert_int_equal(
        es_log_reader_open(f->log.store, ES_LOG_AUDIT, f->log.epoch + 1, &reader, NULL),
        ES_E_ABSENT);
    assert_null(reader);
    assert_int_equal(es_log_reader_open(f->log.store, ES_LOG_AUDIT, 0, &reader, NULL), ES_OK);
    assert_string_equal(es_log_reader_origin(reader), f->log.origin);
    assert_true(es_log_reader_id(reader) == f->log.log_id);
    assert_int_equal(es_log_read_checkpoint(reader, 0, 0, &note, NULL, NULL), ES_E_ABSENT);
    es_log_reader_free(reader);
}

static void what_is_not_signed_is_not_given_out(void **state)
{
    struct fixture *f = *state;
    struct es_log_hash subject = read_fixture_hash(5);
    struct es_tree_path path;
    ES_AUTO(es_buf) out = ES_BUF_INIT(1u << 20);

    fill_audit(f, 10);
    assert_int_equal(es_log_prove_inclusion(f->reader, 3, 0, &out, NULL), ES_E_ABSENT);
    assert_int_equal(es_log_read_leaf(f->reader, 3, &out, NULL), ES_E_ABSENT);
    read_fixture_sign(&f->log, 5);
    assert_int_equal(es_log_read_leaf(f->reader, 4, &out, NULL), ES_OK);
    out.len = 0;
    assert_int_equal(es_log_read_leaf(f->reader, 5, &out, NULL), ES_E_ABSENT);
    assert_int_equal(es_log_prove_inclusion(f->reader, 5, 0, &out, NULL), ES_E_RANGE);
    assert_int_equal(es_log_prove_inclusion(f->reader, 3, 7, &out, NULL), ES_E_ABSENT);
    assert_int_equal(es_log_prove_subject(f->reader, subject.b, &out, NULL), ES_E_ABSENT);
    assert_int_equal(es_log_prove_consistency(f->reader, 3, 0, &out, NULL), ES_E_ABSENT);
    assert_int_equal(es_log_prove_consistency(f->reader, 0, 0, &out, NULL), ES_E_RANGE);
    assert_int_equal(es_log_consistency_path(f->reader, 3, 6, &path, NULL), ES_E_RANGE);
    assert_int_equal(es_log_read_entries(f->reader, 1, &out, NULL), ES_E_ABSENT);
    assert_int_equal(es_log_read_tile(f->reader, 1, 0, &out, NULL), ES_E_ABSENT);
    assert_int_equal(es_log_read_tile(f->reader, 99, 0, &out, NULL), ES_E_ABSENT);
    assert_int_equal(out.len, 0);
}

/* ---- audit log ---- */

/* Every size to 300 in the store, leaves at both ends and where tiles part. */
static void proofs_from_tiles_hold_at_every_size(void **state)
{
    struct fixture *f = *state;

    fill_audit(f, 300);
    for (uint64_t size = 1; size <= 300; size++) {
        read_fixture_sign(&f->log, size);
        assert_included(f, size - 1, size);
        assert_included(f, size / 2, size);
        if (size > 256)
            assert_included(f, 255, size);
        es_buf_reset(&f->json);
        assert_int_equal(es_log_prove_consistency(f->reader, 1 + size / 3, size, &f->json, NULL),
                         ES_OK);
        {
            struct es_log_proof_facts facts = facts_of(f);

            assert_int_equal(facts.from, 1 + size / 3);
            assert_int_equal(facts.size, size);
            es_log_proof_clear(&facts);
        }
    }
    for (uint64_t index = 0; index < 300; index++)
        assert_included(f, index, 300);
}

static void a_path_for_a_witness_leads_between_any_sizes(void **state)
{
    struct fixture *f = *state;
    struct es_tree_path path, expected;
    struct es_tree_leaves leaves;
    struct es_tree_source source;

    fill_audit(f, 600);
    read_fixture_sign(&f->log, 600);
    leaves = (struct es_tree_leaves){f->log.hash, 600};
    source = es_tree_source_leaves(&leaves);
    for (uint64_t from = 1; from <= 600; from += 37) {
        assert_int_equal(es_log_consistency_path(f->reader, from, 600, &path, NULL), ES_OK);
        assert_int_equal(es_tree_consistency(&source, from, 600, &expected, NULL), ES_OK);
        assert_int_equal(path.count, expected.count);
        assert_memory_equal(path.hash, expected.hash, path.count * sizeof path.hash[0]);
    }
}

static void a_receipt_is_that_of_the_newest_entry_with_the_subject(void **state)
{
    struct fixture *f = *state;
    struct es_log_hash subject = read_fixture_hash(7), other = read_fixture_hash(9999);
    struct es_log_proof_facts facts;
    struct es_audit_event event;
    struct es_leaf leaf;

    fill_audit(f, 300);
    read_fixture_sign(&f->log, 300);
    assert_int_equal(es_log_prove_subject(f->reader, subject.b, &f->json, NULL), ES_OK);
    facts = facts_of(f);
    assert_int_equal(facts.index, 257);
    assert_int_equal(es_leaf_decode(es_buf_span(&facts.leaf), &leaf, NULL), ES_OK);
    assert_int_equal(es_audit_event_decode(leaf.body, &event, NULL), ES_OK);
    assert_memory_equal(event.subject.b, subject.b, 32);
    es_log_proof_clear(&facts);
    es_buf_reset(&f->json);
    assert_int_equal(es_log_prove_subject(f->reader, other.b, &f->json, NULL), ES_E_ABSENT);
}

static void entries_are_length_and_leaf_up_to_what_is_signed(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) out = ES_BUF_INIT(1u << 20);
    ES_AUTO(es_buf) expected = ES_BUF_INIT(1u << 20);

    fill_audit(f, 300);
    read_fixture_sign(&f->log, 290);
    for (uint64_t i = 256; i < 290; i++) {
        const struct es_buf *leaf = &f->log.leaf[i].bytes;
        const uint8_t length[4] = {0, 0, (uint8_t) (leaf->len >> 8), (uint8_t) leaf->len};

        es_buf_put(&expected, length, 4);
        es_buf_put_span(&expected, es_buf_span(leaf));
    }
    assert_int_equal(es_log_read_entries(f->reader, 1, &out, NULL), ES_OK);
    assert_int_equal(out.len, expected.len);
    assert_memory_equal(out.ptr, expected.ptr, out.len);
}

static void tiles_are_cut_to_what_is_signed(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) out = ES_BUF_INIT(10000);
    struct es_tree tree;
    struct es_log_hash root;

    fill_audit(f, 600);
    read_fixture_sign(&f->log, 511);
    assert_int_equal(es_log_read_tile(f->reader, 0, 1, &out, NULL), ES_OK);
    assert_int_equal(out.len, 255 * 32);
    assert_memory_equal(out.ptr, f->log.hash[256].b, out.len);
    es_buf_reset(&out);
    assert_int_equal(es_log_read_tile(f->reader, 1, 0, &out, NULL), ES_OK);
    assert_int_equal(out.len, 32);
    es_tree_init(&tree);
    for (size_t i = 0; i < 256; i++)
        assert_int_equal(es_tree_append(&tree, &f->log.hash[i], NULL), ES_OK);
    assert_int_equal(es_tree_root(&tree, &root, NULL), ES_OK);
    assert_memory_equal(out.ptr, root.b, 32);
}

/* ---- a damaged store ---- */

static void a_changed_leaf_or_tile_gives_no_proof(void **state)
{
    struct fixture *f = *state;
    struct es_log_hash subject = read_fixture_hash(3);
    ES_AUTO(es_buf) out = ES_BUF_INIT(1u << 20);

    if (strcmp(es_store_driver(f->log.store), "sqlite") != 0)
        skip();
    fill_audit(f, 100);
    read_fixture_sign(&f->log, 100);
    read_fixture_script(&f->log, "DROP TRIGGER log_leaf_no_update; UPDATE log_leaf SET leaf = "
                                 "(SELECT leaf FROM log_leaf b WHERE b.log_id = log_leaf.log_id "
                                 "AND b.idx = 5) WHERE idx = 4");
    assert_int_equal(es_log_prove_inclusion(f->reader, 4, 0, &out, NULL), ES_E_INTEGRITY);
    assert_int_equal(es_log_prove_inclusion(f->reader, 3, 0, &out, NULL), ES_OK);
    out.len = 0;
    read_fixture_script(&f->log, "UPDATE log_leaf SET subject = (SELECT subject FROM log_leaf b "
                                 "WHERE b.log_id = log_leaf.log_id AND b.idx = 3) WHERE idx = 9");
    assert_int_equal(es_log_prove_subject(f->reader, subject.b, &out, NULL), ES_E_INTEGRITY);
    read_fixture_script(&f->log, "UPDATE log_tile SET hashes = zeroblob(3200)");
    assert_int_equal(es_log_prove_inclusion(f->reader, 3, 0, &out, NULL), ES_E_INTEGRITY);
    read_fixture_script(&f->log, "DELETE FROM log_tile");
    assert_int_equal(es_log_prove_inclusion(f->reader, 3, 0, &out, NULL), ES_E_INTEGRITY);
    assert_int_equal(es_log_read_tile(f->reader, 0, 0, &out, NULL), ES_E_INTEGRITY);
    assert_int_equal(out.len, 0);
}

/* ---- witness lines ---- */

static void cosign(struct fixture *f, uint64_t size, const char *name, struct es_buf *line)
{
    ES_AUTO(es_buf) note = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    struct es_checkpoint checkpoint;

    es_buf_init(line, ES_CHECKPOINT_MAX);
    read_fixture_note(&f->log, size, &note);
    assert_int_equal(es_checkpoint_parse(es_buf_span(&note), &checkpoint, NULL), ES_OK);
    assert_int_equal(es_checkpoint_cosign(&checkpoint, name, 1767225700, f->log.key, line, NULL),
                     ES_OK);
    es_checkpoint_clear(&checkpoint);
}

static es_status add_cosign(struct fixture *f, uint64_t size, const char *name,
                            const struct es_buf *line)
{
    return es_log_add_cosign(f->log.store, f->reader, size, name, es_key_public(f->log.key),
                             es_buf_span(line), NULL);
}

static void only_lines_that_hold_are_kept(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) note = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    ES_AUTO(es_buf) five = {0};
    uint64_t size = 0;
    size_t bare;

    fill_audit(f, 10);
    read_fixture_sign(&f->log, 5);
    read_fixture_sign(&f->log, 9);
    cosign(f, 5, "w1", &five);
    assert_int_equal(add_cosign(f, 9, "w1", &five), ES_E_MISMATCH);
    assert_int_equal(add_cosign(f, 5, "w2", &five), ES_E_MISMATCH);
    assert_int_equal(add_cosign(f, 6, "w1", &five), ES_E_ABSENT);
    assert_int_equal(add_cosign(f, 0, "w1", &five), ES_E_ABSENT);
    five.len--;
    assert_int_equal(add_cosign(f, 5, "w1", &five), ES_E_MISMATCH);
    five.len++;
    assert_int_equal(es_log_read_checkpoint(f->reader, 0, 1, &note, &size, NULL), ES_E_ABSENT);
    assert_int_equal(add_cosign(f, 5, "w1", &five), ES_OK);
    assert_int_equal(add_cosign(f, 5, "w1", &five), ES_OK); /* again changes nothing */
    assert_int_equal(es_log_read_checkpoint(f->reader, 0, 0, &note, &size, NULL), ES_OK);
    assert_int_equal(size, 9);
    es_buf_reset(&note);
    assert_int_equal(es_log_read_checkpoint(f->reader, 0, 1, &note, &size, NULL), ES_OK);
    assert_int_equal(size, 5);
    bare = note.len - five.len;
    assert_memory_equal(note.ptr + bare, five.ptr, five.len);
    assert_int_equal(es_log_read_checkpoint(f->reader, 0, 2, &note, &size, NULL), ES_E_ABSENT);
    assert_int_equal(es_log_read_checkpoint(f->reader, 9, 1, &note, &size, NULL), ES_E_ABSENT);
}

/* ---- status log ---- */

/* Rounds of events, each with its map head, each signed when asked. */
static void fill_status(struct fixture *f, unsigned rounds, bool sign)
{
    for (unsigned round = 0; round < rounds; round++) {
        for (uint64_t seal = 0; seal < 6; seal++) {
            struct es_log_hash key = read_fixture_hash(seal * 3 + round % 2);
            bool first = true;

            for (size_t i = 0; i < f->log.seals; i++)
                first = first && !es_log_hash_equal(&f->log.seal[i].key, &key);
            read_fixture_status(&f->log, &key, first || round % 3 == 0 ? 30 : 40);
        }
        read_fixture_map_head(&f->log);
        read_fixture_write(&f->log);
        if (sign)
            read_fixture_sign(&f->log, f->log.count);
    }
}

static void the_states_of_seals_are_proved_present_and_absent(void **state)
{
    struct fixture *f = *state;
    struct es_log_hash unknown = read_fixture_hash(77);
    struct es_status_proof proof;

    fill_status(f, 10, true);
    for (size_t i = 0; i < f->log.seals; i++) {
        const struct ledger_map_change *seal = &f->log.seal[i];

        assert_int_equal(prove_status(f, &seal->key, 0), ES_OK);
        judge_status(f, &seal->key, &proof);
        assert_int_equal(proof.answer, ES_PROOF_HOLDS);
        assert_int_equal(proof.event_count, seal->count);
        assert_int_equal(proof.size, f->log.count);
        assert_int_equal(proof.events[proof.event_count - 1].event.status, seal->status);
        es_status_proof_clear(&proof);
    }
    assert_int_equal(prove_status(f, &unknown, 0), ES_OK);
    judge_status(f, &unknown, &proof);
    assert_int_equal(proof.answer, ES_PROOF_UNKNOWN_SEAL);
}

static void a_map_that_is_ahead_of_the_checkpoint_is_put_back(void **state)
{
    struct fixture *f = *state;
    struct es_log_hash later = read_fixture_hash(100);
    struct es_status_proof proof;
    uint64_t signed_size;

    fill_status(f, 3, true);
    signed_size = f->log.count;
    fill_status(f, 2, false);
    read_fixture_status(&f->log, &later, 30);
    read_fixture_map_head(&f->log);
    read_fixture_write(&f->log);
    for (size_t i = 0; i < f->log.seals; i++) {
        struct es_log_hash key = f->log.seal[i].key;

        assert_int_equal(prove_status(f, &key, 0), ES_OK);
        judge_status(f, &key, &proof);
        assert_int_equal(proof.answer,
                         es_log_hash_equal(&key, &later) ? ES_PROOF_UNKNOWN_SEAL : ES_PROOF_HOLDS);
        assert_int_equal(proof.size, signed_size);
        if (proof.answer == ES_PROOF_HOLDS)
            assert_true(proof.event_count < f->log.seal[i].count);
        es_status_proof_clear(&proof);
    }
}

static void a_proof_can_be_had_under_the_newest_witnessed_checkpoint(void **state)
{
    struct fixture *f = *state;
    struct es_log_hash key = read_fixture_hash(0);
    const struct es_log_witness witness = {"w1", es_key_public(f->log.key)};
    struct es_status_proof proof;
    ES_AUTO(es_buf) line = {0};
    uint64_t witnessed;

    fill_status(f, 2, true);
    witnessed = f->log.count;
    cosign(f, witnessed, "w1", &line);
    assert_int_equal(prove_status(f, &key, 1), ES_E_ABSENT);
    assert_int_equal(add_cosign(f, witnessed, "w1", &line), ES_OK);
    fill_status(f, 4, true);
    assert_int_equal(prove_status(f, &key, 1), ES_OK);
    f->log.trust.witnesses = &witness;
    f->log.trust.witness_count = f->log.trust.quorum = 1;
    judge_status(f, &key, &proof);
    assert_int_equal(proof.answer, ES_PROOF_HOLDS);
    assert_int_equal(proof.size, witnessed);
    assert_false(proof.unwitnessed);
    assert_int_equal(proof.witnessed_s, 1767225700);
    es_status_proof_clear(&proof);
}

/* ---- log-11: attacks on a status proof ---- */

static json_t *load(struct fixture *f)
{
    json_t *json = json_loadb((const char *) f->json.ptr, f->json.len, 0, NULL);

    assert_non_null(json);
    return json;
}

static void store_json(struct fixture *f, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);

    es_buf_reset(&f->json);
    es_buf_put_str(&f->json, text);
    free(text);
    json_decref(json);
}

static void assert_status_refused(struct fixture *f, const struct es_log_hash *key, const char *why)
{
    struct es_status_proof proof;

    judge_status(f, key, &proof);
    assert_int_equal(proof.answer, ES_PROOF_REFUSED);
    assert_string_equal(proof.why, why);
    es_status_proof_clear(&proof);
}

static void the_last_event_cannot_be_left_out(void **state)
{
    struct fixture *f = *state;
    struct es_log_hash key = read_fixture_hash(0);
    json_t *json, *events;

    fill_status(f, 5, true);
    assert_int_equal(prove_status(f, &key, 0), ES_OK);
    json = load(f);
    events = json_object_get(json, "events");
    json_array_remove(events, json_array_size(events) - 1);
    store_json(f, json);
    assert_status_refused(f, &key, "events and map do not agree");
}

static void an_older_map_head_under_a_newer_checkpoint_is_refused(void **state)
{
    struct fixture *f = *state;
    struct es_log_hash key = read_fixture_hash(0);
    json_t *json, *older;

    fill_status(f, 1, true);
    assert_int_equal(prove_status(f, &key, 0), ES_OK);
    older = load(f);
    fill_status(f, 2, true);
    assert_int_equal(prove_status(f, &key, 0), ES_OK);
    json = load(f);
    json_object_set(older, "checkpoint", json_object_get(json, "checkpoint"));
    json_decref(json);
    store_json(f, older);
    assert_status_refused(f, &key, "the map head does not hold");
}

static void the_proof_of_another_seal_is_refused(void **state)
{
    struct fixture *f = *state;
    struct es_log_hash key = read_fixture_hash(0), other = read_fixture_hash(3);
    json_t *json, *wrong;

    fill_status(f, 2, true);
    assert_int_equal(prove_status(f, &other, 0), ES_OK);
    assert_status_refused(f, &key, "it is about another seal");
    wrong = load(f);
    assert_int_equal(prove_status(f, &key, 0), ES_OK);
    json = load(f);
    json_object_set(wrong, "key", json_object_get(json, "key"));
    json_decref(json);
    store_json(f, wrong);
    assert_status_refused(f, &key, "the proof in the map does not hold");
}

/* Two signed checkpoints of one size: each proof holds alone; the pair is proof of a fork. */
static void two_map_heads_for_one_size_are_two_signed_roots(void **state)
{
    struct fixture *f = *state;
    struct es_log_hash key = read_fixture_hash(0);
    struct es_status_proof proof, forked;
    uint64_t count;

    if (getenv("ESEAL_STORE_URL") != NULL) /* a second log there is another epoch, no fork */
        skip();
    fill_status(f, 2, true);
    assert_int_equal(prove_status(f, &key, 0), ES_OK);
    judge_status(f, &key, &proof);
    count = f->log.count;
    read_fixture_close(&f->log);
    es_log_reader_free(f->reader);
    read_fixture_open(&f->log, ES_LOG_STATUS);
    f->log.now_ms += 5000;
    assert_int_equal(es_log_reader_open(f->log.store, ES_LOG_STATUS, 0, &f->reader, NULL), ES_OK);
    fill_status(f, 2, true);
    assert_int_equal(f->log.count, count);
    assert_int_equal(prove_status(f, &key, 0), ES_OK);
    judge_status(f, &key, &forked);
    assert_int_equal(proof.answer, ES_PROOF_HOLDS);
    assert_int_equal(forked.answer, ES_PROOF_HOLDS);
    assert_int_equal(proof.size, forked.size);
    assert_false(es_log_hash_equal(&proof.root, &forked.root));
    es_status_proof_clear(&proof);
    es_status_proof_clear(&forked);
}

static void a_damaged_map_gives_no_proof(void **state)
{
    struct fixture *f = *state;
    struct es_log_hash key = read_fixture_hash(0);

    fill_status(f, 2, true);
    read_fixture_script(&f->log, "UPDATE map_item SET status = 80 WHERE log_id = %lld",
                        (long long) f->log.log_id);
    assert_int_equal(prove_status(f, &key, 0), ES_E_INTEGRITY);
    read_fixture_script(&f->log, "DELETE FROM map_node WHERE log_id = %lld",
                        (long long) f->log.log_id);
    assert_int_equal(prove_status(f, &key, 0), ES_E_INTEGRITY);
    assert_int_equal(f->json.len, 0);
}

static void the_audit_log_proves_no_states(void **state)
{
    struct fixture *f = *state;
    struct es_log_hash key = read_fixture_hash(0);

    assert_int_equal(prove_status(f, &key, 0), ES_E_USAGE);
}

int main(void)
{
#define AUDIT(name) cmocka_unit_test_setup_teardown(name, setup_audit, teardown)
#define STATUS(name) cmocka_unit_test_setup_teardown(name, setup_status, teardown)
    const struct CMUnitTest tests[] = {
        AUDIT(a_log_that_is_not_there_is_absent),
        AUDIT(what_is_not_signed_is_not_given_out),
        AUDIT(proofs_from_tiles_hold_at_every_size),
        AUDIT(a_path_for_a_witness_leads_between_any_sizes),
        AUDIT(a_receipt_is_that_of_the_newest_entry_with_the_subject),
        AUDIT(entries_are_length_and_leaf_up_to_what_is_signed),
        AUDIT(tiles_are_cut_to_what_is_signed),
        AUDIT(a_changed_leaf_or_tile_gives_no_proof),
        AUDIT(only_lines_that_hold_are_kept),
        STATUS(the_states_of_seals_are_proved_present_and_absent),
        STATUS(a_map_that_is_ahead_of_the_checkpoint_is_put_back),
        STATUS(a_proof_can_be_had_under_the_newest_witnessed_checkpoint),
        STATUS(the_last_event_cannot_be_left_out),
        STATUS(an_older_map_head_under_a_newer_checkpoint_is_refused),
        STATUS(the_proof_of_another_seal_is_refused),
        STATUS(two_map_heads_for_one_size_are_two_signed_roots),
        STATUS(a_damaged_map_gives_no_proof),
        AUDIT(the_audit_log_proves_no_states),
    };

    return cmocka_run_group_tests_name("ledger/read", tests, NULL, NULL);
}
