/*
 * The state of a seal from proofs of the status log: believed under a policy that names the log,
 * refused without, too old, short of witnesses, and two histories told apart. The published proof
 * (audit-log-vectors.json) is the good one: active at 1767225601, cancelled at 1767225609.
 */
#include "seal_fixture.h"

#include <jansson.h>

#include "es_log_proof.h"
#include "es_state.h"

#define STATE_CHECK ES_CHECK_SEAL_STATE_AT_SIGNING
#define ACTIVE_S INT64_C(1767225601)
#define CANCELLED_S INT64_C(1767225609)
#define HEAD_S INT64_C(1767225610)

struct log_fixture {
    struct fixture *f;
    struct es_state_source *source;
    struct es_buf seal, policy, proof;
    char point[131];
    struct es_key *key;
    struct es_state_facts facts;
    struct es_state_rules rules;
};

static void read_vectors(struct log_fixture *l)
{
    const char *folder = getenv("ESEAL_SPEC");
    char path[4096], *text;
    json_t *vectors, *status, *key;
    ES_AUTO(es_buf) number = ES_BUF_INIT(32);

    (void) snprintf(path, sizeof path, "%s/audit-log-vectors.json", folder == NULL ? "." : folder);
    vectors = json_load_file(path, 0, NULL);
    if (vectors == NULL) {
        print_message("skipped: vectors absent\n");
        skip();
    }
    status = json_object_get(vectors, "status");
    key = json_object_get(json_object_get(vectors, "audit"), "key");
    assert_int_equal(es_hex_decode(es_span_str(json_string_value(
                                       json_array_get(json_object_get(status, "sealDer"), 0))),
                                   &l->seal, NULL),
                     ES_OK);
    (void) snprintf(l->point, sizeof l->point, "%s",
                    json_string_value(json_object_get(key, "public")));
    assert_int_equal(es_hex_decode(es_span_str(json_string_value(json_object_get(key, "private"))),
                                   &number, NULL),
                     ES_OK);
    assert_int_equal(es_key_from_number(number.ptr, &l->key, NULL), ES_OK);
    text = json_dumps(json_object_get(status, "bundle"), JSON_COMPACT);
    assert_non_null(text);
    es_buf_put_str(&l->proof, text);
    free(text);
    json_decref(vectors);
}

static void begin(struct log_fixture *l, struct fixture *f)
{
    *l = (struct log_fixture){.f = f, .rules = {.max_age_s = 86400}};
    es_buf_init(&l->seal, 1000);
    es_buf_init(&l->policy, 4000);
    es_buf_init(&l->proof, 100000);
    read_vectors(l);
    assert_int_equal(es_state_source_new(&l->source, NULL), ES_OK);
}

static void log_fixture_clear(struct log_fixture *l)
{
    es_state_source_free(l->source);
    es_key_free(l->key);
    es_buf_clear(&l->seal);
    es_buf_clear(&l->policy);
    es_buf_clear(&l->proof);
}

static void believe(struct log_fixture *l, const char *origin, unsigned quorum)
{
    es_buf_printf(&l->policy, "log %s %s\n", origin, l->point);
    if (quorum > 0) {
        es_buf_printf(&l->policy, "witness witness.example.org/w1 %s\n", l->point);
        assert_int_equal(es_log_policy_line("witness", "witness.example.org/w2",
                                            es_key_public(l->f->signer_key), &l->policy, NULL),
                         ES_OK);
        es_buf_printf(&l->policy, "quorum %u of witness.example.org/w1 witness.example.org/w2\n",
                      quorum);
    }
    if (es_state_source_add_logs(l->source, es_buf_span(&l->policy), &l->f->err) != ES_OK)
        fail_msg("%s", l->f->err.text);
}

static void add_published(struct log_fixture *l)
{
    assert_int_equal(es_state_source_add(l->source, es_buf_span(&l->proof), &l->f->err), ES_OK);
}

static void ask(struct log_fixture *l, int64_t claim_s, int64_t now_s)
{
    const struct es_seal seal = {.der = es_buf_span(&l->seal)};
    const struct es_times times = {
        .now_s = now_s, .claim_s = claim_s, .poe_s = claim_s, .proved = true};

    forget(l->f);
    assert_int_equal(es_state_check(l->source, &seal, NULL, &times, &l->rules, "w", &l->facts,
                                    &l->f->findings, &l->f->err),
                     ES_OK);
}

static void a_proof_under_its_policy_is_believed(void **state)
{
    ES_AUTO(log_fixture) l;

    begin(&l, *state);
    believe(&l, "seal.example.cn/status/1", 1);
    add_published(&l);
    ask(&l, CANCELLED_S - 4, HEAD_S);
    assert_string_equal(l.facts.source, "log");
    assert_string_equal(l.facts.at_signing, "active");
    assert_string_equal(l.facts.known_at_signing, "active");
    assert_string_equal(l.facts.now, "cancelled");
    assert_int_equal(l.facts.since_s, CANCELLED_S);
    assert_int_equal(l.f->findings.count, 1);
    assert_finding(l.f, STATE_CHECK, ES_V_SEAL_NOW_INVALID, "cancelled");
    ask(&l, CANCELLED_S + 1, HEAD_S);
    assert_finding(l.f, STATE_CHECK, ES_V_SEAL_CANCELLED_AT_SIGNING, NULL);
    ask(&l, ACTIVE_S - 1, HEAD_S);
    assert_finding(l.f, STATE_CHECK, ES_V_SEAL_NOT_ACTIVE_AT_SIGNING, NULL);
}

static void two_policies_that_disagree_about_a_log_are_refused(void **state)
{
    ES_AUTO(log_fixture) l;

    begin(&l, *state);
    believe(&l, "seal.example.cn/status/1", 0);
    es_buf_reset(&l.policy);
    believe(&l, "seal.example.cn/status/1", 0); /* the same again says nothing new */
    assert_int_equal(es_log_policy_line("witness", "witness.example.org/w1",
                                        es_key_public(l.f->signer_key), &l.policy, NULL),
                     ES_OK);
    es_buf_put_str(&l.policy, "quorum 1 of witness.example.org/w1\n");
    assert_int_equal(es_state_source_add_logs(l.source, es_buf_span(&l.policy), &l.f->err),
                     ES_E_CONFIG);
    es_buf_reset(&l.policy);
    assert_int_equal(es_log_policy_line("log", "seal.example.cn/status/1",
                                        es_key_public(l.f->signer_key), &l.policy, NULL),
                     ES_OK);
    assert_int_equal(es_state_source_add_logs(l.source, es_buf_span(&l.policy), &l.f->err),
                     ES_E_CONFIG);
}

static void a_log_that_no_policy_names_is_not_believed(void **state)
{
    ES_AUTO(log_fixture) l;

    begin(&l, *state);
    believe(&l, "seal.example.cn/status/2", 0);
    add_published(&l);
    ask(&l, CANCELLED_S - 4, HEAD_S);
    assert_finding(l.f, STATE_CHECK, ES_V_STATUS_PROOF_INVALID, NULL);
    assert_null(l.facts.source);
}

static void a_proof_about_another_seal_says_nothing(void **state)
{
    ES_AUTO(log_fixture) l;

    begin(&l, *state);
    believe(&l, "seal.example.cn/status/1", 0);
    add_published(&l);
    es_buf_put_byte(&l.seal, 0);
    ask(&l, CANCELLED_S - 4, HEAD_S);
    assert_finding(l.f, STATE_CHECK, ES_V_SEAL_STATE_UNKNOWN, NULL);
    assert_null(l.facts.now);
}

static void too_few_witnesses_are_told(void **state)
{
    ES_AUTO(log_fixture) l;

    begin(&l, *state);
    believe(&l, "seal.example.cn/status/1", 2);
    add_published(&l);
    ask(&l, CANCELLED_S - 4, HEAD_S);
    assert_finding(l.f, STATE_CHECK, ES_V_STATUS_UNWITNESSED, NULL);
}

static void where_only_a_log_counts_a_quorum_must_be_asked_for(void **state)
{
    ES_AUTO(log_fixture) l;

    begin(&l, *state);
    believe(&l, "seal.example.cn/status/1", 0);
    add_published(&l);
    ask(&l, CANCELLED_S - 4, HEAD_S);
    assert_false(has_finding(l.f, STATE_CHECK, ES_V_STATUS_UNWITNESSED, NULL));
    l.rules.log_only = true;
    ask(&l, CANCELLED_S - 4, HEAD_S);
    assert_finding(l.f, STATE_CHECK, ES_V_STATUS_UNWITNESSED, NULL);
}

static void an_old_picture_is_stale(void **state)
{
    ES_AUTO(log_fixture) l;

    begin(&l, *state);
    believe(&l, "seal.example.cn/status/1", 1);
    add_published(&l);
    ask(&l, CANCELLED_S - 4, HEAD_S + 86400);
    assert_false(has_finding(l.f, STATE_CHECK, ES_V_SEAL_STATE_STALE, NULL));
    ask(&l, CANCELLED_S - 4, HEAD_S + 86401);
    assert_finding(l.f, STATE_CHECK, ES_V_SEAL_STATE_STALE, NULL);
}

/* time-06: only a clock can be wrong; who asks about a past time has none. */
static void a_proof_from_after_now_tells_that_the_clock_is_wrong(void **state)
{
    ES_AUTO(log_fixture) l;

    begin(&l, *state);
    believe(&l, "seal.example.cn/status/1", 1);
    add_published(&l);
    ask(&l, CANCELLED_S - 400, HEAD_S - 300);
    assert_false(has_finding(l.f, STATE_CHECK, ES_V_CLOCK_UNRELIABLE, NULL));
    ask(&l, CANCELLED_S - 400, HEAD_S - 301);
    assert_finding(l.f, STATE_CHECK, ES_V_CLOCK_UNRELIABLE, NULL);
    assert_string_equal(l.facts.now, "cancelled");
    l.rules.at_set = true;
    ask(&l, CANCELLED_S - 400, HEAD_S - 301);
    assert_false(has_finding(l.f, STATE_CHECK, ES_V_CLOCK_UNRELIABLE, NULL));
}

/* Every changed character: it does not load, or is refused, or says what it said before (a space in
 * JSON); never another state. */
static void no_changed_proof_says_another_state(void **state)
{
    ES_AUTO(log_fixture) l;

    begin(&l, *state);
    believe(&l, "seal.example.cn/status/1", 1);
    for (size_t i = 0; i < l.proof.len; i++) {
        struct es_state_source *keep = l.source;
        uint8_t was = l.proof.ptr[i];

        assert_int_equal(es_state_source_new(&l.source, NULL), ES_OK);
        assert_int_equal(es_state_source_add_logs(l.source, es_buf_span(&l.policy), NULL), ES_OK);
        l.proof.ptr[i] = was == 'A' ? 'B' : 'A';
        if (es_state_source_add(l.source, es_buf_span(&l.proof), NULL) == ES_OK) {
            ask(&l, CANCELLED_S - 4, HEAD_S);
            assert_true(l.facts.now == NULL || strcmp(l.facts.now, "cancelled") == 0);
        }
        l.proof.ptr[i] = was;
        es_state_source_free(l.source);
        l.source = keep;
    }
}

/* ---- two histories ---- */

static void hash_leaf(const struct es_leaf *leaf, struct es_buf *bytes, struct es_log_hash *hash)
{
    assert_int_equal(es_leaf_encode(leaf, bytes, NULL), ES_OK);
    assert_int_equal(es_leaf_hash(es_buf_span(bytes), hash, NULL), ES_OK);
}

/* A log of one event and one map head, signed, as a proof. */
static void prove_active(struct log_fixture *l, uint64_t effective_ms, struct es_buf *out)
{
    const char *origin = "seal.example.cn/status/1";
    ES_AUTO(es_buf) body = ES_BUF_INIT(200), first = ES_BUF_INIT(400), second = ES_BUF_INIT(400);
    ES_AUTO(es_buf) head_body = ES_BUF_INIT(100), note = ES_BUF_INIT(4000);
    struct es_status_event event = {.status = 30,
                                    .effective_ms = effective_ms,
                                    .valid_from_ms = effective_ms,
                                    .valid_until_ms = effective_ms + 1000000};
    struct es_leaf leaf = {.kind = ES_LEAF_STATUS, .sequenced_ms = effective_ms};
    struct es_map_head head = {.covers = 1, .count = 1};
    struct es_map_item item;
    struct es_log_hash hashes[2], root;
    struct es_status_part_event part = {.index = 0};
    struct es_status_parts parts = {.head_index = 1, .events = &part, .event_count = 1};
    const struct es_tree_leaves leaves = {.hashes = hashes, .count = 2};
    const struct es_tree_source tree = es_tree_source_leaves(&leaves);
    struct es_json_out json = {.buf = out};

    assert_int_equal(es_seal_map_key(es_buf_span(&l->seal), event.map_key.b, NULL), ES_OK);
    assert_int_equal(es_log_genesis(origin, &leaf.previous, NULL), ES_OK);
    assert_int_equal(es_status_event_encode(&event, &body, NULL), ES_OK);
    leaf.body = es_buf_span(&body);
    hash_leaf(&leaf, &first, &hashes[0]);
    item.key = event.map_key;
    assert_int_equal(es_map_value(1, 30, effective_ms, &hashes[0], &item.value, NULL), ES_OK);
    assert_int_equal(es_map_root(&item, 1, &head.root, NULL), ES_OK);
    assert_int_equal(es_map_head_encode(&head, &head_body, NULL), ES_OK);
    leaf = (struct es_leaf){.kind = ES_LEAF_MAP_HEAD,
                            .index = 1,
                            .sequenced_ms = effective_ms,
                            .previous = hashes[0],
                            .body = es_buf_span(&head_body)};
    hash_leaf(&leaf, &second, &hashes[1]);
    assert_int_equal(es_tree_root_of(&tree, 2, &root, NULL), ES_OK);
    assert_int_equal(es_checkpoint_sign(origin, 2, &root, l->key, &note, NULL), ES_OK);
    parts.key = event.map_key;
    parts.checkpoint = es_buf_span(&note);
    parts.head_leaf = es_buf_span(&second);
    part.leaf = es_buf_span(&first);
    assert_int_equal(es_tree_inclusion(&tree, 1, 2, &parts.head_path, NULL), ES_OK);
    assert_int_equal(es_tree_inclusion(&tree, 0, 2, &part.path, NULL), ES_OK);
    assert_int_equal(es_map_prove(&item, 1, &event.map_key, &parts.map, NULL), ES_OK);
    assert_int_equal(es_log_put_status_proof(&json, &parts, NULL), ES_OK);
}

static void two_roots_for_one_size_are_a_fork(void **state)
{
    ES_AUTO(log_fixture) l;
    ES_AUTO(es_buf) one = ES_BUF_INIT(10000);
    ES_AUTO(es_buf) other = ES_BUF_INIT(10000);

    begin(&l, *state);
    believe(&l, "seal.example.cn/status/1", 0);
    prove_active(&l, (uint64_t) ACTIVE_S * 1000, &one);
    prove_active(&l, (uint64_t) ACTIVE_S * 1000 + 1, &other);
    assert_int_equal(es_state_source_add(l.source, es_buf_span(&one), &l.f->err), ES_OK);
    ask(&l, ACTIVE_S + 2, ACTIVE_S + 3);
    assert_no_findings(l.f);
    assert_string_equal(l.facts.now, "active");
    assert_int_equal(es_state_source_add(l.source, es_buf_span(&other), &l.f->err), ES_OK);
    ask(&l, ACTIVE_S + 2, ACTIVE_S + 3);
    assert_finding(l.f, STATE_CHECK, ES_V_STATUS_LOG_FORK, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_proof_under_its_policy_is_believed, setup, teardown),
        cmocka_unit_test_setup_teardown(two_policies_that_disagree_about_a_log_are_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_log_that_no_policy_names_is_not_believed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_proof_about_another_seal_says_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(too_few_witnesses_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(where_only_a_log_counts_a_quorum_must_be_asked_for, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_old_picture_is_stale, setup, teardown),
        cmocka_unit_test_setup_teardown(a_proof_from_after_now_tells_that_the_clock_is_wrong, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(no_changed_proof_says_another_state, setup, teardown),
        cmocka_unit_test_setup_teardown(two_roots_for_one_size_are_a_fork, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
