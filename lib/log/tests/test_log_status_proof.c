/* The published proof holds; nothing that is left out, changed or taken from elsewhere does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "es_status_proof.h"

struct fixture {
    json_t *vectors;
    json_t *proof; /* a copy to change */
    struct es_buf seal;
    struct es_pubkey *key;
    struct es_log_witness witness;
    struct es_log_trust trust;
};

static void unhex(const json_t *text, struct es_buf *out)
{
    assert_int_equal(es_hex_decode(es_span_str(json_string_value(text)), out, NULL), ES_OK);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    const char *folder = getenv("ESEAL_SPEC");
    ES_AUTO(es_buf) point = ES_BUF_INIT(65);
    char path[4096];
    json_t *status;

    assert_non_null(f);
    *state = f;
    (void) snprintf(path, sizeof path, "%s/audit-log-vectors.json", folder == NULL ? "." : folder);
    f->vectors = json_load_file(path, 0, NULL);
    if (f->vectors == NULL)
        return 0;
    status = json_object_get(f->vectors, "status");
    f->proof = json_deep_copy(json_object_get(status, "bundle"));
    es_buf_init(&f->seal, 1000);
    unhex(json_array_get(json_object_get(status, "sealDer"), 0), &f->seal);
    unhex(json_object_get(json_object_get(json_object_get(f->vectors, "audit"), "key"), "public"),
          &point);
    assert_int_equal(es_pubkey_sm2(es_buf_span(&point), &f->key, NULL), ES_OK);
    f->witness = (struct es_log_witness){"witness.example.org/w1", f->key};
    f->trust = (struct es_log_trust){"seal.example.cn/status/1", f->key, &f->witness, 1, 1};
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    json_decref(f->vectors);
    json_decref(f->proof);
    es_buf_clear(&f->seal);
    es_pubkey_free(f->key);
    free(f);
    return 0;
}

static es_status verify(struct fixture *f, struct es_status_proof *out)
{
    char *text = json_dumps(f->proof, JSON_COMPACT);
    es_status status;

    assert_non_null(text);
    status = es_status_proof_verify(es_span_str(text), es_buf_span(&f->seal), &f->trust, out, NULL);
    free(text);
    return status;
}

static void assert_refused(struct fixture *f, const char *why)
{
    struct es_status_proof proof;

    assert_int_equal(verify(f, &proof), ES_OK);
    assert_int_equal(proof.answer, ES_PROOF_REFUSED);
    assert_string_equal(proof.why, why);
    assert_null(proof.events);
}

static void need_vectors(const struct fixture *f)
{
    if (f->vectors == NULL)
        skip();
}

static void the_published_proof_holds(void **state)
{
    struct fixture *f = *state;
    struct es_status_proof proof;

    need_vectors(f);
    assert_int_equal(verify(f, &proof), ES_OK);
    assert_int_equal(proof.answer, ES_PROOF_HOLDS);
    assert_int_equal(proof.event_count, 2);
    assert_int_equal(proof.events[0].event.status, 30);
    assert_int_equal(proof.events[1].event.status, 70);
    assert_int_equal(proof.events[1].event.effective_ms, 1767225609000);
    assert_false(proof.unwitnessed);
    assert_int_equal(proof.witnessed_s, 1767225611);
    assert_int_equal(proof.size, 5);
    es_status_proof_clear(&proof);
}

static void a_quorum_that_is_not_met_is_told(void **state)
{
    struct fixture *f = *state;
    struct es_status_proof proof;

    need_vectors(f);
    f->trust.quorum = 2;
    assert_int_equal(verify(f, &proof), ES_OK);
    assert_int_equal(proof.answer, ES_PROOF_HOLDS);
    assert_true(proof.unwitnessed);
    assert_int_equal(proof.witnessed_s, 0);
    es_status_proof_clear(&proof);
}

static void a_proof_without_the_last_event_is_refused(void **state)
{
    struct fixture *f = *state;

    need_vectors(f);
    json_array_remove(json_object_get(f->proof, "events"), 1);
    assert_refused(f, "events and map do not agree");
    json_array_clear(json_object_get(f->proof, "events"));
    assert_refused(f, "no events");
}

static void events_in_another_order_are_refused(void **state)
{
    struct fixture *f = *state;
    json_t *events, *second;

    need_vectors(f);
    events = json_object_get(f->proof, "events");
    second = json_incref(json_array_get(events, 1));
    json_array_remove(events, 1);
    json_array_insert_new(events, 0, second);
    assert_refused(f, "an event does not hold");
}

static void a_proof_about_another_seal_is_refused(void **state)
{
    struct fixture *f = *state;

    need_vectors(f);
    f->seal.ptr[0] ^= 1;
    assert_refused(f, "it is about another seal");
}

static void a_proof_of_another_log_or_key_is_refused(void **state)
{
    struct fixture *f = *state;
    ES_AUTO_PTR(es_key) other = NULL;
    const uint8_t d[32] = {9};

    need_vectors(f);
    assert_int_equal(es_key_from_number(d, &other, NULL), ES_OK);
    f->trust.key = es_key_public(other);
    assert_refused(f, "the log's signature does not hold");
    f->trust.origin = "elsewhere.example/status/1";
    assert_refused(f, "another log");
}

static void an_event_leaf_is_no_map_head(void **state)
{
    struct fixture *f = *state;
    json_t *map, *event;

    need_vectors(f);
    map = json_object_get(f->proof, "map");
    event = json_array_get(json_object_get(f->proof, "events"), 1);
    json_object_set(map, "leaf", json_object_get(event, "leaf"));
    assert_refused(f, "the map head does not hold");
}

static void a_changed_sibling_is_refused(void **state)
{
    struct fixture *f = *state;
    json_t *siblings;

    need_vectors(f);
    siblings = json_object_get(json_object_get(f->proof, "map"), "siblings");
    json_array_set_new(siblings, 0, json_string("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
    assert_refused(f, "the proof in the map does not hold");
}

/* Every character changed: refused, or not even a proof; never believed. */
static void no_character_can_be_changed(void **state)
{
    struct fixture *f = *state;
    char *text;

    need_vectors(f);
    f->trust.witness_count = 0;
    f->trust.quorum = 0;
    json_object_set_new(f->proof, "checkpoint",
                        json_string(json_string_value(json_object_get(f->proof, "checkpoint"))));
    text = json_dumps(f->proof, JSON_COMPACT);
    assert_non_null(text);
    for (size_t i = 0; text[i] != 0; i++) {
        struct es_status_proof proof;
        char kept = text[i];
        es_status status;

        text[i] = (char) (kept ^ 1);
        status = es_status_proof_verify(es_span_str(text), es_buf_span(&f->seal), &f->trust, &proof,
                                        NULL);
        /* The witness's line is nobody's here, and so may be anything of its form. */
        if (status == ES_OK && proof.answer == ES_PROOF_HOLDS) {
            const char *line = strstr(text, "\xe2\x80\x94 witness");
            const char *damaged = strstr(text, "PkMEDw");

            assert_true(line == NULL || damaged == NULL || &text[i] > line);
        }
        es_status_proof_clear(&proof);
        text[i] = kept;
    }
    free(text);
}

static void other_texts_are_no_proof(void **state)
{
    struct fixture *f = *state;
    static const char *const texts[] = {"",          "{}",   "[]",
                                        "{\"v\":2}", "null", "{\"v\":1,\"type\":\"inclusion\"}"};

    need_vectors(f);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct es_status_proof proof;

        assert_int_equal(es_status_proof_verify(es_span_str(texts[i]), es_buf_span(&f->seal),
                                                &f->trust, &proof, NULL),
                         ES_E_FORMAT);
    }
    json_object_set_new(f->proof, "more", json_integer(1));
    {
        struct es_status_proof proof;

        assert_int_equal(verify(f, &proof), ES_E_FORMAT);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(the_published_proof_holds),
        T(a_quorum_that_is_not_met_is_told),
        T(a_proof_without_the_last_event_is_refused),
        T(events_in_another_order_are_refused),
        T(a_proof_about_another_seal_is_refused),
        T(a_proof_of_another_log_or_key_is_refused),
        T(an_event_leaf_is_no_map_head),
        T(a_changed_sibling_is_refused),
        T(no_character_can_be_changed),
        T(other_texts_are_no_proof),
    };

    return cmocka_run_group_tests_name("log/status_proof", tests, NULL, NULL);
}
