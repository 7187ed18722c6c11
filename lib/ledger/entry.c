/*
 * Adding audit events in a caller's transaction, and what becomes of their numbers when it ends;
 * details opened and erased.
 */
#include "keep.h"

#define GROUND_MAX 4096

/* ---- the fate of a transaction ---- */

/* SPEC audit-log.md 6.1: numbers of a writer have no gaps. Hooks run last first. */
static void set_back(struct keep_lane *lane, const struct es_ticket *ticket, enum es_tx_end end)
{
    if (lane->writer.id != ticket->writer_id || end == ES_TX_KEPT)
        return;
    if (end == ES_TX_UNKNOWN) {
        lane->writer.id = 0;
        lane->writer.next_seq = 0;
    } else if (lane->writer.next_seq > ticket->seq_before) {
        lane->writer.next_seq = ticket->seq_before;
    }
    if (lane->writer.next_seq == 0)
        atomic_store(&lane->started, false);
}

static void entry_ended(void *ctx, enum es_tx_end end)
{
    struct es_ticket *ticket = ctx;

    if (ticket->lane != NULL)
        set_back(ticket->lane, ticket, end);
    if (end == ES_TX_DROPPED)
        keep_ticket_drop(ticket);
    else
        keep_wake(ticket->ledger);
    keep_ticket_unref(ticket);
}

es_status keep_follow(struct es_ledger *ledger, struct es_tx *tx, struct keep_lane *lane,
                      struct es_ticket **out, struct es_error *err)
{
    ES_AUTO_PTR(es_ticket) ticket = NULL;
    es_status status;

    ES_TRY(keep_ticket_new(ledger->tickets, &ticket, err));
    ticket->ledger = ledger;
    ticket->lane = lane;
    if (lane != NULL) {
        ES_TRY(keep_writer_prepare(&ledger->config, &lane->writer, err));
        ticket->writer_id = lane->writer.id;
        ticket->seq_before = lane->writer.next_seq;
    }
    status = es_tx_at_end(tx, entry_ended, keep_ticket_ref(ticket), err);
    if (status != ES_OK) {
        keep_ticket_unref(ticket);
        return status;
    }
    *out = ES_TAKE(ticket);
    return ES_OK;
}

/* ---- adding ---- */

es_status es_ledger_add(struct es_ledger *ledger, struct es_tx *tx,
                        const struct es_log_entry *entry, struct es_ticket **ticket,
                        struct es_error *err)
{
    ES_AUTO_PTR(es_ticket) mine = NULL;
    struct keep_lane *lane = NULL;

    if (ticket != NULL)
        *ticket = NULL;
    ES_TRY(keep_may_add(ledger, err));
    ES_ENSURE(ledger->config.log == ES_LOG_AUDIT, err, ES_E_USAGE,
              "the status log keeps changes of state, not events");
    ES_BUG_ON(es_tx_lane(tx) >= ledger->lanes);
    lane = &ledger->lane[es_tx_lane(tx)];
    ES_TRY(keep_follow(ledger, tx, lane, &mine, err));
    ES_TRY(keep_writer_put(&ledger->config, tx, ledger->log_id, &lane->writer, entry,
                           mine->entry_id, err));
    atomic_store(&lane->started, true);
    if (entry->type == ES_EVENT_WRITER_STOP) {
        lane->writer.id = 0;
        lane->writer.next_seq = 0;
    }
    if (ticket != NULL) {
        keep_ticket_list(mine);
        *ticket = ES_TAKE(mine);
    }
    return ES_OK;
}

/* ---- details ---- */

struct detail_row {
    const struct es_keyring *keyring;
    uint8_t *salt;
    struct es_buf *out;
    int64_t log_id;
    uint64_t index;
    bool found;
};

static es_status open_detail(void *ctx, const struct es_value *columns, size_t count,
                             struct es_error *err)
{
    ES_AUTO(es_buf) salt = ES_BUF_INIT(64);
    struct detail_row *row = ctx;
    struct es_field_place place = {.table = "log_detail", .column = "salt"};
    struct es_span salt_ct, detail_ct;

    (void) count;
    ES_TRY(es_value_get_blob(&columns[0], &place.row, err));
    ES_TRY(es_value_get_blob(&columns[1], &salt_ct, err));
    ES_TRY(es_value_get_blob(&columns[2], &detail_ct, err));
    ES_TRY(es_field_open(row->keyring, ES_K_DETAIL, &place, salt_ct, &salt, err));
    ES_ENSURE(salt.len == 32, err, ES_E_INTEGRITY, "salt of %zu bytes", salt.len);
    memcpy(row->salt, salt.ptr, salt.len);
    place.column = "detail";
    ES_TRY(es_field_open(row->keyring, ES_K_DETAIL, &place, detail_ct, row->out, err));
    row->found = true;
    return ES_OK;
}

static es_status read_detail(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct detail_row *row = ctx;
    const struct es_value values[2] = {es_value_int(row->log_id), keep_int(row->index)};

    row->found = false;
    return es_tx_query(tx,
                       "SELECT entry_id, salt_ct, detail_ct FROM log_detail "
                       "WHERE log_id = $1 AND idx = $2",
                       values, 2, open_detail, row, err);
}

es_status es_ledger_detail(struct es_store *store, const struct es_keyring *keyring, int64_t log_id,
                           uint64_t index, uint8_t salt[32], struct es_buf *out,
                           struct es_error *err)
{
    struct detail_row row = {
        .keyring = keyring, .salt = salt, .out = out, .log_id = log_id, .index = index};

    ES_TRY(es_store_read(store, ES_AS_SERVICE, read_detail, &row, err));
    ES_ENSURE(row.found, err, ES_E_ABSENT, "leaf %llu has no detail", (unsigned long long) index);
    return ES_OK;
}

static es_status put_erasure(uint64_t index, const char *ground, const char *who,
                             const char *approver, struct es_buf *out, struct es_error *err)
{
    struct es_json_out json = {.buf = out, .comma = false};

    es_json_begin_object(&json);
    es_json_pair_text(&json, "approver", approver);
    es_json_pair_text(&json, "ground", ground);
    es_json_pair_int(&json, "index", (int64_t) index);
    es_json_pair_text(&json, "who", who);
    es_json_end_object(&json);
    return es_buf_check(out, err);
}

es_status keep_two_people(const char *one, const char *other, struct es_error *err)
{
    ES_ENSURE(one != NULL && other != NULL && one[0] != '\0' && other[0] != '\0', err, ES_E_DENIED,
              "two people are needed: one who decides and one who approves");
    ES_ENSURE(strcmp(one, other) != 0, err, ES_E_DENIED, "nobody approves a decision of their own");
    return ES_OK;
}

es_status es_ledger_erase_detail(struct es_ledger *ledger, struct es_tx *tx, uint64_t index,
                                 const char *ground, const char *who, const char *approver,
                                 struct es_ticket **ticket, struct es_error *err)
{
    ES_AUTO(es_buf) detail = ES_BUF_INIT(4 * GROUND_MAX);
    const struct es_value values[2] = {es_value_int(ledger->log_id), keep_int(index)};
    char id[32];
    struct es_log_entry entry = {.type = ES_EVENT_DETAIL_ERASED,
                                 .severity = 1,
                                 .actor = who,
                                 .object_type = "log",
                                 .object_id = id};
    int64_t changed = 0;

    ES_TRY(keep_two_people(who, approver, err));
    ES_ENSURE(ground != NULL && ground[0] != '\0' && strlen(ground) <= GROUND_MAX, err, ES_E_RANGE,
              "the ground for erasing must be named, in at most %d bytes", GROUND_MAX);
    (void) snprintf(id, sizeof id, "%llu", (unsigned long long) index);
    ES_TRY(put_erasure(index, ground, who, approver, &detail, err));
    entry.detail = es_buf_span(&detail);
    ES_TRY(es_tx_run(tx, "DELETE FROM log_detail WHERE log_id = $1 AND idx = $2", values, 2,
                     &changed, err));
    ES_ENSURE(changed == 1, err, ES_E_ABSENT, "leaf %llu has no detail",
              (unsigned long long) index);
    return es_ledger_add(ledger, tx, &entry, ticket, err);
}
