/*
 * A new epoch, when leaves are lost for good (audit-log.md 7): the old log is closed as it is, the
 * next begins with EPOCH_OPEN, which says what was signed last, what is missing, why and by whose
 * decision. Audit events that still wait in the old outbox are carried over as they were told; the
 * states of all seals must be added anew by whoever keeps them, because the new status log begins
 * with an empty map.
 */
#include "keep.h"

struct epoch {
    const struct es_ledger_config *config;
    const struct es_log_decision *decision;
    int64_t log_id;
    char origin[256];
    struct es_session *session;
    struct keep_journal journal;
    struct keep_checkpoint signed_last; /* greatest that anybody knows of the old log */

    struct es_tx *tx; /* this and what follows: of the running transaction */
    struct keep_head old, new;
    struct keep_writer writer;
    uint64_t refused;
};

static void epoch_clear(struct epoch *e)
{
    es_session_free(e->session);
    keep_journal_clear(&e->journal);
    keep_checkpoint_clear(&e->signed_last);
    free(e);
}

es_status keep_check_decision(const struct es_log_decision *decision, struct es_error *err)
{
    ES_TRY(keep_two_people(decision->decided_by, decision->approved_by, err));
    ES_ENSURE(decision->reason != NULL && decision->reason[0] != '\0' &&
                  strlen(decision->reason) <= KEEP_REASON_MAX,
              err, ES_E_RANGE, "the reason must be named, in at most %d bytes", KEEP_REASON_MAX);
    return ES_OK;
}

/* ---- events that wait ---- */

static es_status check_row(struct epoch *e, const struct es_value *columns, bool *good,
                           struct es_error *err)
{
    es_status status = keep_outbox_check(e->config, e->old.log_id, columns, err);

    *good = status == ES_OK;
    return status == ES_E_INTEGRITY ? ES_OK : status;
}

/* The same event, by the writer of this act; its detail stays closed as it is. */
static es_status carry_event(struct epoch *e, const struct es_value *columns,
                             struct es_audit_event *event, struct es_error *err)
{
    ES_AUTO(keep_made) made = {.created_ms = event->event_ms};
    struct es_span piece;

    memcpy(made.entry_id, event->entry_id, sizeof made.entry_id);
    event->writer_id = e->writer.id;
    event->writer_seq = e->writer.next_seq;
    es_buf_init(&made.body, ES_LOG_BODY_MAX);
    ES_TRY(es_audit_event_encode(event, &made.body, err));
    es_buf_init(&made.salt_ct, 2 * KEEP_DETAIL_MAX);
    es_buf_init(&made.detail_ct, 2 * KEEP_DETAIL_MAX);
    if (columns[3].kind != ES_VALUE_NULL) {
        ES_TRY(es_value_get_blob(&columns[3], &piece, err));
        es_buf_put_span(&made.salt_ct, piece);
        ES_TRY(es_value_get_blob(&columns[4], &piece, err));
        es_buf_put_span(&made.detail_ct, piece);
    }
    ES_TRY(es_buf_check(&made.salt_ct, err));
    ES_TRY(es_buf_check(&made.detail_ct, err));
    ES_TRY(keep_outbox_insert(e->config, e->tx, e->new.log_id, &made, err));
    e->writer.next_seq++;
    return ES_OK;
}

/* A row of the outbox, copied: the connection is needed while it is looked at. */
struct copy {
    struct es_arena arena;
    struct es_value column[7];
    bool found;
};

static es_status copy_row(void *ctx, const struct es_value *columns, size_t count,
                          struct es_error *err)
{
    struct copy *copy = ctx;

    for (size_t i = 0; i < count && i < 7; i++) {
        copy->column[i] = columns[i];
        if (columns[i].kind == ES_VALUE_INT || columns[i].kind == ES_VALUE_NULL)
            continue;
        copy->column[i].s.ptr = (const uint8_t *) es_arena_text(&copy->arena, columns[i].s);
        ES_ENSURE(copy->column[i].s.ptr != NULL, err, ES_E_NOMEM, "out of memory");
    }
    copy->found = true;
    return ES_OK;
}

/* Starts and stops of the old writers mean nothing in the new log, and what does not hold is
 * counted and left where it is. */
static es_status carry_row(struct epoch *e, const struct copy *copy, struct es_error *err)
{
    const struct es_value *id = &copy->column[0];
    struct es_audit_event event;
    struct es_span body;
    bool good = false;

    ES_TRY(check_row(e, copy->column, &good, err));
    ES_TRY(es_value_get_blob(&copy->column[2], &body, err));
    if (!good || es_audit_event_decode(body, &event, NULL) != ES_OK) {
        e->refused++;
        return ES_OK;
    }
    ES_TRY(es_tx_run(e->tx, "DELETE FROM log_outbox WHERE id = $1", id, 1, NULL, err));
    if (event.type == ES_EVENT_WRITER_START || event.type == ES_EVENT_WRITER_STOP)
        return ES_OK;
    return carry_event(e, copy->column, &event, err);
}

static es_status carry_all(struct epoch *e, struct es_error *err)
{
    struct es_value values[2] = {es_value_int(e->old.log_id), es_value_int(INT64_MIN)};
    struct copy copy;
    es_status status;

    do {
        copy = (struct copy){.found = false};
        es_arena_init(&copy.arena, 0);
        status = es_tx_query(e->tx,
                             "SELECT id, entry_id, body, salt_ct, detail_ct, mac, created_ms "
                             "FROM log_outbox WHERE log_id = $1 AND id > $2 ORDER BY id LIMIT 1",
                             values, 2, copy_row, &copy, err);
        if (status == ES_OK && copy.found)
            status = carry_row(e, &copy, err);
        values[1] = copy.found ? copy.column[0] : values[1];
        es_arena_clear(&copy.arena);
    } while (status == ES_OK && copy.found);
    return status;
}

/* ---- the event that opens it ---- */

static es_status put_detail(const struct epoch *e, struct es_buf *out, struct es_error *err)
{
    struct es_json_out json = {.buf = out, .comma = false};
    bool lost = e->signed_last.size > e->old.size;

    es_json_begin_object(&json);
    es_json_pair_text(&json, "approved_by", e->decision->approved_by);
    es_json_pair_text(&json, "decided_by", e->decision->decided_by);
    es_json_key(&json, "last_checkpoint");
    es_json_put_span(&json, es_buf_span(&e->signed_last.note));
    es_json_pair_int(&json, "lost_from", (int64_t) e->old.size);
    es_json_pair_int(&json, "lost_to", (int64_t) (lost ? e->signed_last.size : e->old.size));
    es_json_pair_text(&json, "old_origin", e->old.origin);
    es_json_pair_int(&json, "old_size", (int64_t) e->old.size);
    es_json_pair_text(&json, "reason", e->decision->reason);
    es_json_end_object(&json);
    return es_buf_check(out, err);
}

/* EPOCH_OPEN of an audit log is the first event of its own; that of a status log stands in the
 * newest audit log. */
static es_status log_opening(struct epoch *e, struct es_error *err)
{
    ES_AUTO(es_buf) detail = ES_BUF_INIT(4 * (KEEP_REASON_MAX + ES_CHECKPOINT_MAX));
    struct es_log_entry entry = {.type = ES_EVENT_EPOCH_OPEN,
                                 .severity = 3,
                                 .actor = e->decision->decided_by,
                                 .object_type = "log",
                                 .object_id = e->new.origin};
    struct keep_head audit;
    uint8_t entry_id[16];
    es_status status;

    ES_TRY(put_detail(e, &detail, err));
    entry.detail = es_buf_span(&detail);
    if (e->config->log == ES_LOG_AUDIT)
        return keep_writer_put(e->config, e->tx, e->new.log_id, &e->writer, &entry, entry_id, err);
    status = keep_head_newest(e->tx, ES_LOG_AUDIT, &audit, err);
    if (status != ES_OK)
        return status == ES_E_ABSENT ? ES_OK : status;
    return keep_write_once(e->config, e->tx, audit.log_id, "epoch", &entry, err);
}

static es_status end_writer(struct epoch *e, struct es_error *err)
{
    const struct es_log_entry stop = keep_stop_entry(e->writer.label);
    uint8_t entry_id[16];

    return keep_writer_put(e->config, e->tx, e->new.log_id, &e->writer, &stop, entry_id, err);
}

/* ---- the transaction ---- */

static es_status find_log(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct epoch *e = ctx;

    ES_TRY(keep_head_newest(tx, e->config->log, &e->old, err));
    e->log_id = e->old.log_id;
    (void) snprintf(e->origin, sizeof e->origin, "%s", e->old.origin);
    return ES_OK;
}

static es_status begin(struct epoch *e, struct es_tx *tx, struct es_error *err)
{
    e->tx = tx;
    e->refused = 0;
    e->writer = (struct keep_writer){.id = 0};
    (void) snprintf(e->writer.label, sizeof e->writer.label, "%s.epoch", keep_instance(e->config));
    ES_TRY(keep_writer_prepare(e->config, &e->writer, err));
    ES_TRY(keep_head_newest(tx, e->config->log, &e->old, err));
    ES_ENSURE(e->old.log_id == e->log_id, err, ES_E_CONFLICT, "epoch %llu has begun meanwhile",
              (unsigned long long) e->old.epoch);
    return ES_OK;
}

static es_status open_epoch(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct epoch *e = ctx;

    ES_TRY(begin(e, tx, err));
    ES_TRY(keep_head_set_state(tx, e->old.log_id, "closed", "a new epoch was begun", err));
    ES_TRY(keep_head_insert(tx, e->config->log, e->config->host, e->old.epoch + 1, &e->new, err));
    ES_TRY(log_opening(e, err));
    if (e->config->log != ES_LOG_AUDIT)
        return ES_OK;
    ES_TRY(carry_all(e, err));
    return end_writer(e, err);
}

/* ---- what was signed last ---- */

static es_status take_greater(struct epoch *e, const struct keep_checkpoint *c,
                              struct es_error *err)
{
    if (c->size <= e->signed_last.size)
        return ES_OK;
    return keep_checkpoint_set(&e->signed_last, c->size, &c->root, es_buf_span(&c->note), err);
}

static es_status take_table(void *ctx, struct es_tx *tx, struct es_error *err)
{
    ES_AUTO(keep_checkpoint) table = {.size = 0};
    struct epoch *e = ctx;

    ES_TRY(keep_checkpoint_newest(tx, e->log_id, &table, err));
    return take_greater(e, &table, err);
}

static es_status find_signed(struct epoch *e, struct es_error *err)
{
    ES_AUTO(keep_checkpoint) mirror = {.size = 0};

    ES_TRY(take_greater(e, &e->journal.last, err));
    ES_TRY(keep_mirror_newest(e->config, e->origin, &mirror, err));
    ES_TRY(take_greater(e, &mirror, err));
    return es_session_read(e->session, take_table, e, err);
}

static es_status run(struct epoch *e, struct es_error *err)
{
    ES_TRY(es_store_read(e->config->store, ES_AS_SERVICE, find_log, e, err));
    ES_TRY(es_session_open(e->config->store, ES_AS_SEQUENCER, e->log_id, &e->session, err));
    ES_TRY(keep_journal_create(e->config->journal, err));
    ES_TRY(keep_journal_open(e->config->journal, e->origin, &e->journal, err));
    ES_TRY(find_signed(e, err));
    return es_session_write(e->session, open_epoch, e, err);
}

es_status es_ledger_new_epoch(const struct es_ledger_config *config,
                              const struct es_log_decision *decision, struct es_error *err)
{
    struct epoch *e;
    es_status status;

    ES_ENSURE(config->key != NULL && config->journal != NULL, err, ES_E_CONFIG,
              "a new epoch needs the log's key and its journal");
    ES_TRY(keep_check_decision(decision, err));
    e = calloc(1, sizeof *e);
    ES_ENSURE(e != NULL, err, ES_E_NOMEM, "out of memory");
    e->config = config;
    e->decision = decision;
    e->journal.fd = -1;
    status = run(e, err);
    if (status == ES_OK && e->refused > 0)
        keep_alarm(config, "integrity", "%s: %llu rows of the outbox do not hold and stay there",
                   e->origin, (unsigned long long) e->refused);
    epoch_clear(e);
    return status;
}
