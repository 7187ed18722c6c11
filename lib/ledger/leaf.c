/*
 * Leaves as rows of log_leaf. The columns beside the bytes are always taken from the bytes, here
 * and nowhere else, so they repeat them.
 */
#include "keep.h"

static es_status read_audit(struct keep_leaf *leaf, struct es_error *err)
{
    struct es_audit_event *event = &leaf->audit;

    ES_TRY(es_audit_event_decode(leaf->leaf.body, event, err));
    leaf->event_type = event->type;
    leaf->event_ms = event->event_ms;
    leaf->actor = event->actor;
    leaf->object_id = event->object_id;
    leaf->entry_id = event->entry_id;
    if (!es_log_hash_is_zero(&event->subject))
        leaf->subject = event->subject.b;
    return ES_OK;
}

static es_status read_status(struct keep_leaf *leaf, struct es_error *err)
{
    struct es_status_event *event = &leaf->status;

    ES_TRY(es_status_event_decode(leaf->leaf.body, event, err));
    leaf->event_type = event->status;
    leaf->event_ms = event->effective_ms;
    es_hex_encode(ledger_span(&event->map_key), leaf->key_hex);
    leaf->object_id = es_span_str(leaf->key_hex);
    return ES_OK;
}

es_status keep_leaf_read(struct es_span bytes, struct keep_leaf *out, struct es_error *err)
{
    *out = (struct keep_leaf){.bytes = bytes};
    ES_TRY(es_leaf_hash(bytes, &out->hash, err));
    ES_TRY(es_leaf_decode(bytes, &out->leaf, err));
    switch (out->leaf.kind) {
    case ES_LEAF_AUDIT:
        return read_audit(out, err);
    case ES_LEAF_STATUS:
        return read_status(out, err);
    case ES_LEAF_MAP_HEAD:
        return es_map_head_decode(out->leaf.body, &out->map, err);
    }
    return es_error_set(err, ES_E_FORMAT, "leaf of kind %u", (unsigned) out->leaf.kind);
}

es_status keep_leaf_reread(struct es_span bytes, uint64_t index, struct keep_leaf *out,
                           struct es_error *err)
{
    es_status status = keep_leaf_read(bytes, out, err);

    return status == ES_OK ? ES_OK
                           : es_error_at(err, status == ES_E_FORMAT ? ES_E_INTEGRITY : status,
                                         "leaf %llu", (unsigned long long) index);
}

es_status keep_leaf_insert(struct es_tx *tx, int64_t log_id, const struct keep_leaf *leaf,
                           struct es_error *err)
{
    const struct es_value none = {.kind = ES_VALUE_NULL};
    const struct es_value values[] = {
        es_value_int(log_id),
        keep_int(leaf->leaf.index),
        es_value_blob(leaf->bytes),
        es_value_blob(ledger_span(&leaf->hash)),
        keep_int(leaf->event_type),
        es_value_span(leaf->actor),
        es_value_span(leaf->object_id),
        keep_int(leaf->event_ms),
        leaf->entry_id == NULL ? none : keep_blob(leaf->entry_id, 16),
        leaf->subject == NULL ? none : keep_blob(leaf->subject, ES_LOG_HASH_LEN),
    };

    return es_tx_queue(tx,
                       "INSERT INTO log_leaf (log_id, idx, leaf, leaf_hash, event_type, actor, "
                       "object_id, event_ms, entry_id, subject) "
                       "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                       values, 10, err);
}

es_status keep_chain_step(struct keep_chain *chain, const struct keep_leaf *leaf,
                          struct es_error *err)
{
    unsigned long long index = (unsigned long long) chain->next;

    ES_ENSURE(leaf->leaf.index == chain->next, err, ES_E_INTEGRITY,
              "leaf %llu stands where leaf %llu belongs", (unsigned long long) leaf->leaf.index,
              index);
    ES_ENSURE(es_log_hash_equal(&leaf->leaf.previous, &chain->last_hash), err, ES_E_INTEGRITY,
              "leaf %llu does not follow the leaf before it", index);
    ES_ENSURE(leaf->leaf.sequenced_ms >= chain->last_ms, err, ES_E_INTEGRITY,
              "leaf %llu is older than the leaf before it", index);
    chain->next++;
    chain->last_hash = leaf->hash;
    chain->last_ms = leaf->leaf.sequenced_ms;
    return ES_OK;
}
