/*
 * Checking a seal-status proof, step by step as audit-log.md 5 numbers them. Reading comes first
 * and is strict; then each step either holds or names itself.
 */
#include "es_status_proof.h"

#include "es_json.h"
#include "es_log_proof.h"
#include "log_internal.h"
#include "proof_read.h"

struct proof_leaf {
    struct es_buf bytes;
    struct es_leaf leaf;
    struct es_log_hash hash;
    struct es_tree_path path;
    uint64_t index;
};

struct reading {
    struct es_checkpoint checkpoint;
    struct es_log_hash key;
    struct proof_leaf head;
    struct es_map_proof map;
    struct proof_leaf *events;
    size_t event_count;
};

static void reading_clear(struct reading *r)
{
    es_checkpoint_clear(&r->checkpoint);
    es_buf_clear(&r->head.bytes);
    for (size_t i = 0; i < r->event_count; i++)
        es_buf_clear(&r->events[i].bytes);
    free(r->events);
}

void es_status_proof_clear(struct es_status_proof *proof)
{
    free(proof->events);
    *proof = (struct es_status_proof){.answer = ES_PROOF_REFUSED};
}

/* ---- reading ---- */

static es_status read_leaf(es_json_node node, struct proof_leaf *out, struct es_error *err)
{
    es_buf_init(&out->bytes, ES_LOG_LEAF_MAX);
    ES_TRY(proof_number(node, "index", &out->index, err));
    ES_TRY(proof_bytes(node, "leaf", &out->bytes, err));
    ES_TRY(es_leaf_decode(es_buf_span(&out->bytes), &out->leaf, err));
    ES_TRY(es_leaf_hash(es_buf_span(&out->bytes), &out->hash, err));
    return es_log_read_path(es_json_member(node, "path"), &out->path, err);
}

static es_status read_map(es_json_node node, struct reading *r, struct es_error *err)
{
    static const char *const names[] = {"index", "leaf", "path", "siblings", "terminal", NULL};
    static const char *const terminal_names[] = {"key", "value", NULL};
    es_json_node terminal = es_json_member(node, "terminal");
    const char *value = NULL;

    ES_TRY(es_json_only(node, names, err));
    ES_TRY(read_leaf(node, &r->head, err));
    ES_TRY(proof_hashes(es_json_member(node, "siblings"), "siblings", ES_MAP_PATH_MAX,
                        r->map.siblings, &r->map.count, err));
    r->map.has_terminal = es_json_is_object(terminal);
    if (!r->map.has_terminal)
        return ES_OK;
    ES_TRY(es_json_only(terminal, terminal_names, err));
    ES_TRY(proof_hex_hash(terminal, "key", &r->map.terminal.key, err));
    ES_TRY(es_json_text(terminal, "value", &value, err));
    return proof_base64_hash(value, &r->map.terminal.value, err);
}

static es_status read_events(es_json_node list, struct reading *r, struct es_error *err)
{
    static const char *const names[] = {"index", "leaf", "path", NULL};
    size_t count = es_json_size(list);

    ES_ENSURE(es_json_is_array(list), err, ES_E_FORMAT, "events is no list");
    ES_ENSURE(count <= ES_STATUS_EVENTS_MAX, err, ES_E_LIMIT, "%zu events, allowed are %d", count,
              ES_STATUS_EVENTS_MAX);
    r->events = calloc(count + 1, sizeof *r->events);
    ES_ENSURE(r->events != NULL, err, ES_E_NOMEM, "out of memory");
    for (size_t i = 0; i < count; i++) {
        es_json_node node = es_json_item(list, i);

        ES_TRY(es_json_only(node, names, err));
        r->event_count = i + 1;
        ES_TRY(read_leaf(node, &r->events[i], err));
    }
    return ES_OK;
}

static es_status read_root(es_json_node root, struct reading *r, struct es_error *err)
{
    static const char *const names[] = {"v", "type", "key", "checkpoint", "map", "events", NULL};
    const char *type = NULL, *checkpoint = NULL;
    int64_t version = 0;

    ES_TRY(es_json_only(root, names, err));
    ES_TRY(es_json_int(root, "v", &version, err));
    ES_TRY(es_json_text(root, "type", &type, err));
    ES_ENSURE(version == 1 && strcmp(type, "seal-status-proof") == 0, err, ES_E_FORMAT,
              "\"%.40s\" of version %lld is no seal-status-proof of version 1", type,
              (long long) version);
    ES_TRY(proof_hex_hash(root, "key", &r->key, err));
    ES_TRY(es_json_text(root, "checkpoint", &checkpoint, err));
    ES_TRY(es_checkpoint_parse(es_span_str(checkpoint), &r->checkpoint, err));
    ES_TRY(read_map(es_json_member(root, "map"), r, err));
    return read_events(es_json_member(root, "events"), r, err);
}

static es_status read_proof(struct es_span text, struct reading *r, struct es_error *err)
{
    ES_AUTO_PTR(es_json) json = NULL;

    ES_TRY(es_json_parse(text, ES_STATUS_PROOF_MAX, &json, err));
    return read_root(es_json_root(json), r, err);
}

/* ---- steps ---- */

static es_status refuse(struct es_status_proof *out, const char *why)
{
    out->answer = ES_PROOF_REFUSED;
    out->why = why;
    return ES_OK;
}

/* 1. key = H(05 || the seal in the document) */
static es_status own_key(struct es_span seal_der, struct es_log_hash *out, struct es_error *err)
{
    return log_hash(0x05, &seal_der, 1, out, err);
}

/* 2. Origin, the log's signature, witnesses; *why stays NULL when they hold. */
static es_status check_checkpoint(const struct reading *r, const struct es_log_trust *trust,
                                  struct es_status_proof *out, const char **why,
                                  struct es_error *err)
{
    struct es_checkpoint_facts facts;

    ES_TRY(es_checkpoint_judge(&r->checkpoint, trust, &facts, err));
    if (!es_span_is(r->checkpoint.origin, trust->origin))
        *why = "another log";
    else if (!facts.signed_by_log)
        *why = "the log's signature does not hold";
    else if (facts.wrong_witness)
        *why = "the line of a witness does not hold";
    if (*why != NULL)
        return ES_OK;
    out->size = r->checkpoint.size;
    out->root = r->checkpoint.root;
    out->witnesses = facts.witnesses;
    out->witnessed_s = facts.witnessed_s;
    out->unwitnessed = !facts.quorum;
    return ES_OK;
}

static es_status is_included(const struct reading *r, const struct proof_leaf *leaf, bool *good,
                             struct es_error *err)
{
    *good = false;
    if (leaf->leaf.index != leaf->index)
        return ES_OK;
    return es_tree_verify_inclusion(&leaf->hash, leaf->index, r->checkpoint.size, &leaf->path,
                                    &r->checkpoint.root, good, err);
}

/* 3. The map head is the last leaf and covers all before it. */
static es_status check_head(const struct reading *r, struct es_map_head *head, bool *good,
                            struct es_error *err)
{
    *good = false;
    if (r->head.leaf.kind != ES_LEAF_MAP_HEAD || r->checkpoint.size == 0 ||
        r->head.leaf.index != r->checkpoint.size - 1 ||
        es_map_head_decode(r->head.leaf.body, head, NULL) != ES_OK ||
        head->covers != r->head.leaf.index)
        return ES_OK;
    return is_included(r, &r->head, good, err);
}

/* 5. One event: the right kind and key, its place in the chain of this seal, and in the tree. */
static es_status check_event(const struct reading *r, size_t i, struct es_status_proof *out,
                             bool *good, struct es_error *err)
{
    static const struct es_log_hash none;
    const struct proof_leaf *leaf = &r->events[i];
    const struct es_log_hash *previous = i == 0 ? &none : &r->events[i - 1].hash;
    struct es_proved_event *event = &out->events[i];

    *good = false;
    if (leaf->leaf.kind != ES_LEAF_STATUS ||
        es_status_event_decode(leaf->leaf.body, &event->event, NULL) != ES_OK ||
        !es_log_hash_equal(&event->event.map_key, &r->key) || event->event.event_seq != i ||
        !es_log_hash_equal(&event->event.previous_event, previous))
        return ES_OK;
    event->sequenced_ms = leaf->leaf.sequenced_ms;
    return is_included(r, leaf, good, err);
}

/* 6. Count and last event give the value in the map: so no later event is left out. */
static es_status check_value(const struct reading *r, const struct es_status_proof *out, bool *good,
                             struct es_error *err)
{
    const struct es_status_event *last = &out->events[out->event_count - 1].event;
    struct es_log_hash value;

    ES_TRY(es_map_value(out->event_count, last->status, last->effective_ms,
                        &r->events[out->event_count - 1].hash, &value, err));
    *good = es_log_hash_equal(&value, &r->map.terminal.value);
    return ES_OK;
}

static es_status check_events(const struct reading *r, struct es_status_proof *out,
                              struct es_error *err)
{
    bool good = false;

    if (r->event_count == 0)
        return refuse(out, "no events");
    out->events = calloc(r->event_count, sizeof *out->events);
    ES_ENSURE(out->events != NULL, err, ES_E_NOMEM, "out of memory");
    out->event_count = r->event_count;
    for (size_t i = 0; i < r->event_count; i++) {
        ES_TRY(check_event(r, i, out, &good, err));
        if (!good)
            return refuse(out, "an event does not hold");
    }
    ES_TRY(check_value(r, out, &good, err));
    if (!good)
        return refuse(out, "events and map do not agree");
    out->answer = ES_PROOF_HOLDS;
    return ES_OK;
}

static es_status check_map(const struct reading *r, struct es_status_proof *out,
                           struct es_error *err)
{
    enum es_map_answer answer = ES_MAP_REFUSED;
    struct es_map_head head;
    bool good = false;

    ES_TRY(check_head(r, &head, &good, err));
    if (!good)
        return refuse(out, "the map head does not hold");
    out->head_ms = r->head.leaf.sequenced_ms;
    ES_TRY(es_map_verify(&r->map, &r->key, &head.root, &answer, err));
    if (answer == ES_MAP_REFUSED)
        return refuse(out, "the proof in the map does not hold");
    if (answer == ES_MAP_ABSENT) {
        out->answer = ES_PROOF_UNKNOWN_SEAL;
        return ES_OK;
    }
    return check_events(r, out, err);
}

static es_status check(const struct reading *r, const struct es_log_hash *key,
                       const struct es_log_trust *trust, struct es_status_proof *out,
                       struct es_error *err)
{
    const char *why = NULL;

    if (!es_log_hash_equal(key, &r->key))
        return refuse(out, "it is about another seal");
    ES_TRY(check_checkpoint(r, trust, out, &why, err));
    return why != NULL ? refuse(out, why) : check_map(r, out, err);
}

es_status es_status_proof_verify_key(struct es_span json, const struct es_log_hash *key,
                                     const struct es_log_trust *trust, struct es_status_proof *out,
                                     struct es_error *err)
{
    struct reading *r = calloc(1, sizeof *r);
    es_status status;

    *out = (struct es_status_proof){.answer = ES_PROOF_REFUSED};
    ES_ENSURE(r != NULL, err, ES_E_NOMEM, "out of memory");
    status = read_proof(json, r, err);
    if (status == ES_OK)
        status = check(r, key, trust, out, err);
    reading_clear(r);
    free(r);
    if (status != ES_OK || out->answer != ES_PROOF_HOLDS) {
        free(out->events);
        out->events = NULL;
        out->event_count = 0;
    }
    return status;
}

es_status es_status_proof_verify(struct es_span json, struct es_span seal_der,
                                 const struct es_log_trust *trust, struct es_status_proof *out,
                                 struct es_error *err)
{
    struct es_log_hash key;

    *out = (struct es_status_proof){.answer = ES_PROOF_REFUSED};
    ES_TRY(own_key(seal_der, &key, err));
    return es_status_proof_verify_key(json, &key, trust, out, err);
}

es_status es_status_proof_peek(struct es_span json, struct es_log_hash *key, struct es_buf *origin,
                               struct es_error *err)
{
    struct reading *r = calloc(1, sizeof *r);
    es_status status;

    ES_ENSURE(r != NULL, err, ES_E_NOMEM, "out of memory");
    status = read_proof(json, r, err);
    if (status == ES_OK) {
        *key = r->key;
        es_buf_put_span(origin, r->checkpoint.origin);
        status = es_buf_check(origin, err);
    }
    reading_clear(r);
    free(r);
    return status;
}
