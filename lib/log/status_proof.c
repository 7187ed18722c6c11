/*
 * Checking a seal-status proof, step by step as audit-log.md 5 numbers them. Reading comes first
 * and is strict; then each step either holds or names itself.
 */
#include "es_status_proof.h"

#include "es_json.h"
#include "log_internal.h"

struct proof_leaf {
    struct es_buf bytes;
    struct es_leaf leaf;
    struct es_log_hash hash;
    struct es_tree_path path;
    int64_t index;
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

static es_status hex_hash(es_json_node object, const char *name, struct es_log_hash *out,
                          struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_LOG_HASH_LEN);
    const char *text = NULL;

    ES_TRY(es_json_text(object, name, &text, err));
    ES_TRY(es_hex_decode(es_span_str(text), &bytes, err));
    ES_ENSURE(bytes.len == ES_LOG_HASH_LEN, err, ES_E_FORMAT, "%s of %zu bytes, it must have 32",
              name, bytes.len);
    memcpy(out->b, bytes.ptr, ES_LOG_HASH_LEN);
    return ES_OK;
}

static es_status base64_hash(const char *text, struct es_log_hash *out, struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_LOG_HASH_LEN);
    bool spaces = false;

    ES_ENSURE(text != NULL, err, ES_E_FORMAT, "a hash that is no text");
    ES_TRY(es_base64_decode(es_span_str(text), &bytes, &spaces, err));
    ES_ENSURE(bytes.len == ES_LOG_HASH_LEN && !spaces, err, ES_E_FORMAT,
              "hash of %zu bytes, it must have 32", bytes.len);
    memcpy(out->b, bytes.ptr, ES_LOG_HASH_LEN);
    return ES_OK;
}

static es_status hashes(es_json_node list, const char *name, size_t max, struct es_log_hash *out,
                        size_t *count, struct es_error *err)
{
    ES_ENSURE(es_json_is_array(list), err, ES_E_FORMAT, "%s is no list", name);
    *count = es_json_size(list);
    ES_ENSURE(*count <= max, err, ES_E_LIMIT, "%s of %zu hashes, allowed are %zu", name, *count,
              max);
    for (size_t i = 0; i < *count; i++)
        ES_TRY(base64_hash(es_json_string(es_json_item(list, i)), &out[i], err));
    return ES_OK;
}

static es_status read_leaf(es_json_node node, struct proof_leaf *out, struct es_error *err)
{
    const char *text = NULL;

    es_buf_init(&out->bytes, ES_LOG_LEAF_MAX);
    ES_TRY(es_json_int(node, "index", &out->index, err));
    ES_ENSURE(out->index >= 0, err, ES_E_FORMAT, "index %lld", (long long) out->index);
    ES_TRY(es_json_text(node, "leaf", &text, err));
    ES_TRY(es_base64_decode(es_span_str(text), &out->bytes, NULL, err));
    ES_TRY(es_leaf_decode(es_buf_span(&out->bytes), &out->leaf, err));
    ES_TRY(es_leaf_hash(es_buf_span(&out->bytes), &out->hash, err));
    return hashes(es_json_member(node, "path"), "path", ES_LOG_PATH_MAX, out->path.hash,
                  &out->path.count, err);
}

static es_status read_map(es_json_node node, struct reading *r, struct es_error *err)
{
    static const char *const names[] = {"index", "leaf", "path", "siblings", "terminal", NULL};
    static const char *const terminal_names[] = {"key", "value", NULL};
    es_json_node terminal = es_json_member(node, "terminal");
    const char *value = NULL;

    ES_TRY(es_json_only(node, names, err));
    ES_TRY(read_leaf(node, &r->head, err));
    ES_TRY(hashes(es_json_member(node, "siblings"), "siblings", ES_MAP_PATH_MAX, r->map.siblings,
                  &r->map.count, err));
    r->map.has_terminal = es_json_is_object(terminal);
    if (!r->map.has_terminal)
        return ES_OK;
    ES_TRY(es_json_only(terminal, terminal_names, err));
    ES_TRY(hex_hash(terminal, "key", &r->map.terminal.key, err));
    ES_TRY(es_json_text(terminal, "value", &value, err));
    return base64_hash(value, &r->map.terminal.value, err);
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
    ES_TRY(hex_hash(root, "key", &r->key, err));
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

/* 2. Witness lines that hold; the quorum's time is that of the line that filled it. */
static es_status count_witnesses(const struct reading *r, const struct es_log_trust *trust,
                                 struct es_status_proof *out, struct es_error *err)
{
    uint64_t latest_s = 0;

    for (size_t i = 0; i < trust->witness_count; i++) {
        uint64_t time_s = 0;
        bool good = false;

        ES_TRY(es_checkpoint_verify_witness(&r->checkpoint, trust->witnesses[i].name,
                                            trust->witnesses[i].key, &good, &time_s, err));
        if (!good)
            continue;
        out->witnesses++;
        if (time_s > latest_s)
            latest_s = time_s;
        if (out->witnesses == trust->quorum)
            out->witnessed_s = latest_s;
    }
    out->unwitnessed = out->witnesses < trust->quorum;
    return ES_OK;
}

static es_status is_included(const struct reading *r, const struct proof_leaf *leaf, bool *good,
                             struct es_error *err)
{
    *good = false;
    if (leaf->leaf.index != (uint64_t) leaf->index)
        return ES_OK;
    return es_tree_verify_inclusion(&leaf->hash, (uint64_t) leaf->index, r->checkpoint.size,
                                    &leaf->path, &r->checkpoint.root, good, err);
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
    bool good = false;

    if (!es_log_hash_equal(key, &r->key))
        return refuse(out, "it is about another seal");
    if (!es_span_is(r->checkpoint.origin, trust->origin))
        return refuse(out, "another log");
    ES_TRY(es_checkpoint_verify(&r->checkpoint, trust->key, &good, err));
    if (!good)
        return refuse(out, "the log's signature does not hold");
    out->size = r->checkpoint.size;
    out->root = r->checkpoint.root;
    ES_TRY(count_witnesses(r, trust, out, err));
    return check_map(r, out, err);
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
