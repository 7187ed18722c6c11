/*
 * Refilling a log that is behind what it signed (audit-log.md 7): leaves come back from a bundle,
 * up to the greatest signed checkpoint that journal or mirror know, whose root must come out. All
 * of it is one transaction, so nothing of it stays when anything does not agree. What waits in the
 * outbox of an older database and is among the leaves already is taken out of it.
 */
#include "keep.h"

#include "es_log_bundle.h"

struct refill {
    const struct es_ledger_config *config;
    const char *bundle;
    const struct es_log_decision *decision;
    es_status (*replay)(void *ctx, struct es_tx *tx, struct es_span leaf, struct es_error *err);
    void *replay_ctx;

    int64_t log_id;
    char origin[256];
    struct es_session *session;
    struct keep_journal journal;
    struct keep_checkpoint target;

    struct es_tx *tx; /* this and what follows: of the running transaction */
    struct keep_head before, head;
    uint64_t table_size; /* of the newest checkpoint in the table */
    struct keep_chain chain;
    struct ledger_tiles tiles;
    struct keep_writers writers;
    struct keep_states states;
};

static void refill_clear(struct refill *r)
{
    es_session_free(r->session);
    keep_journal_clear(&r->journal);
    keep_checkpoint_clear(&r->target);
    ledger_tiles_clear(&r->tiles);
    keep_writers_clear(&r->writers);
    keep_states_clear(&r->states);
    free(r);
}

/* ---- leaves ---- */

static es_status take_audit(struct refill *r, const struct keep_leaf *leaf, struct es_error *err)
{
    const struct es_value values[2] = {es_value_int(r->log_id), keep_blob(leaf->entry_id, 16)};
    const char *why = NULL;

    ES_TRY(keep_writers_check(&r->writers, r->tx, r->log_id, &leaf->audit, &why, err));
    ES_ENSURE(why == NULL, err, ES_E_INTEGRITY, "leaf %llu: %s",
              (unsigned long long) leaf->leaf.index, why);
    keep_writers_note(&r->writers, leaf);
    return es_tx_queue(r->tx, "DELETE FROM log_outbox WHERE log_id = $1 AND entry_id = $2", values,
                       2, err);
}

/* A row has no number; it is the oldest with the same status, reason, period and key. */
static es_status drop_waiting_status(struct refill *r, const struct keep_leaf *leaf,
                                     struct es_error *err)
{
    struct es_span body = leaf->leaf.body;
    const struct es_value values[3] = {es_value_int(r->log_id),
                                       es_value_blob(es_span_sub(body, 1, 2)),
                                       es_value_blob(es_span_sub(body, 20, 48))};

    return es_tx_queue(r->tx,
                       "DELETE FROM log_outbox WHERE id = (SELECT min(id) FROM log_outbox "
                       "WHERE log_id = $1 AND substr(body, 2, 2) = $2 "
                       "AND substr(body, 21, 48) = $3)",
                       values, 3, err);
}

static es_status take_status(struct refill *r, const struct keep_leaf *leaf, struct es_error *err)
{
    const struct es_status_event *event = &leaf->status;
    struct ledger_map_change *state = NULL;
    const char *rule;

    ES_TRY(keep_states_get(&r->states, r->tx, r->log_id, &event->map_key, &state, err));
    rule = keep_state_rule(event, state->count, state->status);
    if (rule == NULL && (event->event_seq != state->count ||
                         !es_log_hash_equal(&event->previous_event, &state->last_hash)))
        rule = "it does not follow the seal's event before it";
    ES_ENSURE(rule == NULL, err, ES_E_INTEGRITY, "leaf %llu: %s",
              (unsigned long long) leaf->leaf.index, rule);
    state->count++;
    state->status = event->status;
    state->effective_ms = event->effective_ms;
    state->last_hash = leaf->hash;
    return drop_waiting_status(r, leaf, err);
}

static es_status take_map_head(struct refill *r, const struct keep_leaf *leaf, struct es_error *err)
{
    struct es_log_hash root;
    uint64_t keys = 0;

    ES_TRY(keep_states_apply(&r->states, r->tx, r->log_id, &root, &keys, err));
    ES_ENSURE(leaf->map.covers == leaf->leaf.index && leaf->map.count == keys &&
                  es_log_hash_equal(&leaf->map.root, &root),
              err, ES_E_INTEGRITY, "leaf %llu: another map than its events give",
              (unsigned long long) leaf->leaf.index);
    return ES_OK;
}

static es_status take_body(struct refill *r, const struct keep_leaf *leaf, struct es_error *err)
{
    bool audit = r->config->log == ES_LOG_AUDIT;

    ES_ENSURE((leaf->leaf.kind == ES_LEAF_AUDIT) == audit, err, ES_E_INTEGRITY,
              "leaf %llu is of another log", (unsigned long long) leaf->leaf.index);
    switch (leaf->leaf.kind) {
    case ES_LEAF_AUDIT:
        return take_audit(r, leaf, err);
    case ES_LEAF_STATUS:
        return take_status(r, leaf, err);
    case ES_LEAF_MAP_HEAD:
        return take_map_head(r, leaf, err);
    }
    return ES_OK;
}

static es_status take_leaf(void *ctx, uint64_t index, struct es_span bytes, struct es_error *err)
{
    struct refill *r = ctx;
    struct keep_leaf leaf;

    if (index >= r->target.size)
        return ES_OK;
    ES_TRY(keep_leaf_reread(bytes, index, &leaf, err));
    ES_TRY(keep_chain_step(&r->chain, &leaf, err));
    ES_TRY(ledger_tiles_append(&r->tiles, &leaf.hash, err));
    ES_TRY(keep_leaf_insert(r->tx, r->log_id, &leaf, err));
    ES_TRY(take_body(r, &leaf, err));
    return r->replay == NULL ? ES_OK : r->replay(r->replay_ctx, r->tx, bytes, err);
}

/* ---- the transaction ---- */

static es_status put_decision(const struct refill *r, struct es_buf *out, struct es_error *err)
{
    struct es_json_out json = {.buf = out, .comma = false};

    es_json_begin_object(&json);
    es_json_pair_text(&json, "approved_by", r->decision->approved_by);
    es_json_pair_text(&json, "decided_by", r->decision->decided_by);
    es_json_pair_int(&json, "from", (int64_t) r->before.size);
    es_json_pair_text(&json, "reason", r->decision->reason);
    es_json_pair_int(&json, "to", (int64_t) r->target.size);
    es_json_end_object(&json);
    return es_buf_check(out, err);
}

/* The act is an event of the newest audit log, whichever log was refilled. */
static es_status log_refill(struct refill *r, struct es_error *err)
{
    ES_AUTO(es_buf) detail = ES_BUF_INIT(4 * KEEP_REASON_MAX);
    struct keep_head audit;
    struct es_log_entry entry = {.type = ES_EVENT_RESTORED,
                                 .severity = 3,
                                 .actor = r->decision->decided_by,
                                 .object_type = "log",
                                 .object_id = r->origin};
    es_status status = keep_head_newest(r->tx, ES_LOG_AUDIT, &audit, err);

    if (status == ES_E_ABSENT) /* a status log alone */
        return ES_OK;
    ES_TRY(status);
    ES_TRY(put_decision(r, &detail, err));
    entry.detail = es_buf_span(&detail);
    return keep_write_once(r->config, r->tx, audit.log_id, "refill", &entry, err);
}

static es_status begin(struct refill *r, struct es_tx *tx, struct es_error *err)
{
    ES_AUTO(keep_checkpoint) newest = {.size = 0};
    struct es_log_hash root;

    r->tx = tx;
    keep_writers_clear(&r->writers);
    keep_states_clear(&r->states);
    ES_TRY(keep_head_read(tx, r->log_id, &r->before, err));
    ES_ENSURE(r->before.size < r->target.size, err, ES_E_CONFLICT,
              "%s is not behind: store %llu, signed %llu", r->origin,
              (unsigned long long) r->before.size, (unsigned long long) r->target.size);
    ES_TRY(keep_checkpoint_newest(tx, r->log_id, &newest, err));
    r->table_size = newest.size;
    ES_TRY(ledger_tiles_load(tx, r->log_id, r->before.size, &r->tiles, err));
    ES_TRY(es_tree_root(&r->tiles.tree, &root, err));
    ES_ENSURE(es_log_hash_equal(&root, &r->before.root), err, ES_E_INTEGRITY,
              "tiles do not give the root of %llu leaves", (unsigned long long) r->before.size);
    r->chain = (struct keep_chain){
        .next = r->before.size, .last_hash = r->before.last_hash, .last_ms = r->before.last_ms};
    return ES_OK;
}

static es_status check_target(struct refill *r, struct es_error *err)
{
    ES_ENSURE(r->tiles.tree.size == r->target.size, err, ES_E_INTEGRITY,
              "the bundle ends at %llu, signed are %llu leaves",
              (unsigned long long) r->tiles.tree.size, (unsigned long long) r->target.size);
    r->head = r->before;
    ES_TRY(es_tree_root(&r->tiles.tree, &r->head.root, err));
    ES_ENSURE(es_log_hash_equal(&r->head.root, &r->target.root), err, ES_E_INTEGRITY,
              "the bundle's leaves have another root than was signed for %llu",
              (unsigned long long) r->target.size);
    r->head.size = r->target.size;
    r->head.last_hash = r->chain.last_hash;
    r->head.last_ms = r->chain.last_ms;
    (void) snprintf(r->head.state, sizeof r->head.state, "open");
    r->head.why[0] = '\0';
    return ES_OK;
}

static es_status refill_in_store(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct refill *r = ctx;

    ES_TRY(begin(r, tx, err));
    ES_TRY(es_bundle_each_leaf(r->bundle, r->before.size, take_leaf, r, err));
    ES_TRY(check_target(r, err));
    ES_TRY(ledger_tiles_store(tx, &r->tiles, err));
    ES_TRY(keep_writers_store(&r->writers, tx, r->log_id, err));
    ES_TRY(keep_head_advance(tx, &r->before, &r->head, err));
    ES_TRY(es_tx_flush(tx, err));
    ES_TRY(
        keep_mend_table(tx, r->config, r->log_id, r->origin, r->table_size, r->target.size, err));
    ES_TRY(keep_checkpoint_insert(tx, r->log_id, &r->target, keep_now_ms(r->config), err));
    return log_refill(r, err);
}

/* ---- what to refill to ---- */

static es_status find_log(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct refill *r = ctx;

    ES_TRY(keep_head_newest(tx, r->config->log, &r->head, err));
    r->log_id = r->head.log_id;
    (void) snprintf(r->origin, sizeof r->origin, "%s", r->head.origin);
    return ES_OK;
}

static es_status find_target(struct refill *r, struct es_error *err)
{
    const struct keep_checkpoint *last = &r->journal.last;
    ES_AUTO(keep_checkpoint) mirror = {.size = 0};

    if (last->size > 0)
        ES_TRY(keep_note_read(es_buf_span(&last->note), r->origin, es_key_public(r->config->key),
                              &r->target, err));
    ES_TRY(keep_mirror_newest(r->config, r->origin, &mirror, err));
    if (mirror.size > r->target.size)
        return keep_checkpoint_set(&r->target, mirror.size, &mirror.root, es_buf_span(&mirror.note),
                                   err);
    return ES_OK;
}

static es_status run(struct refill *r, struct es_error *err)
{
    ES_TRY(es_store_read(r->config->store, ES_AS_SERVICE, find_log, r, err));
    ES_TRY(es_session_open(r->config->store, ES_AS_SEQUENCER, r->log_id, &r->session, err));
    ES_TRY(keep_journal_open(r->config->journal, r->origin, &r->journal, err));
    ES_TRY(find_target(r, err));
    return es_session_write(r->session, refill_in_store, r, err);
}

es_status es_ledger_refill(const struct es_ledger_config *config, const char *bundle,
                           const struct es_log_decision *decision,
                           es_status (*replay)(void *ctx, struct es_tx *tx, struct es_span leaf,
                                               struct es_error *err),
                           void *replay_ctx, uint64_t *refilled, struct es_error *err)
{
    struct refill *r;
    es_status status;

    ES_ENSURE(config->key != NULL && config->journal != NULL, err, ES_E_CONFIG,
              "refilling needs the log's key and its journal");
    ES_TRY(keep_check_decision(decision, err));
    r = calloc(1, sizeof *r);
    ES_ENSURE(r != NULL, err, ES_E_NOMEM, "out of memory");
    r->config = config;
    r->bundle = bundle;
    r->decision = decision;
    r->replay = replay;
    r->replay_ctx = replay_ctx;
    r->journal.fd = -1;
    status = run(r, err);
    if (status == ES_OK && refilled != NULL)
        *refilled = r->head.size - r->before.size;
    refill_clear(r);
    return status;
}
