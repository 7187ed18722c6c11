/*
 * From the commit to the waiting caller (audit-log.md 6.2, steps 6 and 7). What is signed is what
 * was read back and hashed again: a second tree, continued from the last signed one, must come to
 * the root of the head. So a checkpoint always extends all that were signed before.
 */
#include "keep.h"

/* Leaves read back: their entry ids with their indexes, for those who wait. */
struct read_back {
    struct es_ledger *ledger;
    struct keep_verified verified;
    struct keep_head head;
    struct es_buf ids;
};
struct published_id {
    uint8_t entry_id[16];
    uint64_t index;
};
#define IDS_MAX ((size_t) 1 << 32)

/* ---- 6: read back ---- */

static es_status take_leaf(void *ctx, const struct es_value *columns, size_t count,
                           struct es_error *err)
{
    struct read_back *back = ctx;
    struct published_id id;
    struct keep_leaf leaf;
    struct es_span bytes;
    struct es_log_hash hash;
    int64_t index;

    (void) count;
    ES_TRY(es_value_get_int(&columns[0], &index, err));
    ES_TRY(es_value_get_blob(&columns[1], &bytes, err));
    ES_TRY(es_value_copy_blob(&columns[2], hash.b, sizeof hash.b, err));
    ES_TRY(keep_leaf_reread(bytes, (uint64_t) index, &leaf, err));
    ES_ENSURE((uint64_t) index == leaf.leaf.index && es_log_hash_equal(&hash, &leaf.hash), err,
              ES_E_INTEGRITY, "leaf %lld does not agree with its row", (long long) index);
    ES_TRY(keep_chain_step(&back->verified.chain, &leaf, err));
    ES_TRY(es_tree_append(&back->verified.tree, &leaf.hash, err));
    if (columns[3].kind == ES_VALUE_NULL)
        return ES_OK;
    id.index = leaf.leaf.index;
    ES_TRY(es_value_copy_blob(&columns[3], id.entry_id, sizeof id.entry_id, err));
    es_buf_put(&back->ids, &id, sizeof id);
    return es_buf_check(&back->ids, err);
}

static es_status check_head(const struct read_back *back, struct es_error *err)
{
    const struct keep_head *head = &back->head;
    const struct keep_verified *v = &back->verified;
    struct es_log_hash root;

    ES_TRY(es_tree_root(&v->tree, &root, err));
    ES_ENSURE(v->tree.size == head->size && es_log_hash_equal(&root, &head->root) &&
                  es_log_hash_equal(&v->chain.last_hash, &head->last_hash) &&
                  v->chain.last_ms == head->last_ms,
              err, ES_E_INTEGRITY, "head of %llu leaves does not agree with the leaves",
              (unsigned long long) head->size);
    return ES_OK;
}

static es_status read_back(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct read_back *back = ctx;
    struct es_ledger *ledger = back->ledger;
    struct es_value values[3] = {es_value_int(ledger->log_id)};

    back->verified = ledger->seat.verified;
    es_buf_reset(&back->ids);
    ES_TRY(keep_head_read(tx, ledger->log_id, &back->head, err));
    values[1] = keep_int(back->verified.tree.size);
    values[2] = keep_int(back->head.size);
    ES_TRY(es_tx_query(tx,
                       "SELECT idx, leaf, leaf_hash, entry_id FROM log_leaf "
                       "WHERE log_id = $1 AND idx >= $2 AND idx < $3 ORDER BY idx",
                       values, 3, take_leaf, back, err));
    return check_head(back, err);
}

/* ---- 7: sign, journal, table ---- */

struct row {
    struct es_ledger *ledger;
    const struct keep_checkpoint *checkpoint;
    uint64_t now_ms;
};

static es_status insert_row(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const struct row *row = ctx;

    ES_TRY(keep_checkpoint_insert(tx, row->ledger->log_id, row->checkpoint, row->now_ms, err));
    return es_tx_notify(tx, row->ledger->channel, err);
}

static void wake_all(struct es_ledger *ledger, const struct read_back *back)
{
    struct es_log_place place = {.size = back->head.size};

    for (size_t at = 0; at < back->ids.len; at += sizeof(struct published_id)) {
        struct published_id id;

        memcpy(&id, back->ids.ptr + at, sizeof id);
        place.index = id.index;
        keep_tickets_done(ledger->tickets, id.entry_id, &place);
    }
}

static es_status sign(struct es_ledger *ledger, const struct read_back *back,
                      struct keep_checkpoint *out, struct es_error *err)
{
    ES_BUG_ON(back->head.size < ledger->seat.journal.last.size);
    out->size = back->head.size;
    out->root = back->head.root;
    es_buf_init(&out->note, ES_CHECKPOINT_MAX);
    return es_checkpoint_sign(ledger->origin, out->size, &out->root, ledger->config.key, &out->note,
                              err);
}

static es_status write_journal(struct es_ledger *ledger, const struct keep_checkpoint *c,
                               uint64_t now_ms, struct es_error *err)
{
    struct es_error mine = {0};
    es_status status = keep_journal_append(&ledger->seat.journal,
                                           es_log_name_text(ledger->config.log), now_ms, c, &mine);

    if (status == ES_OK)
        return ES_OK;
    if (!ledger->seat.journal.failed) /* nothing was written: it is tried again */
        return es_error_set(err, status, "%s", mine.text);
    keep_stop(ledger, KEEP_DEAD, "journal_failed", mine.text);
    return es_error_set(err, ES_E_AUDIT, "%s", mine.text);
}

static es_status publish(struct es_ledger *ledger, const struct read_back *back,
                         struct es_error *err)
{
    ES_AUTO(keep_checkpoint) c = {.size = 0};
    struct row row = {ledger, &c, keep_now_ms(&ledger->config)};

    ES_TRY(sign(ledger, back, &c, err));
    keep_step(ledger, ES_STEP_SIGNED);
    ES_TRY(write_journal(ledger, &c, row.now_ms, err));
    keep_step(ledger, ES_STEP_JOURNALLED);
    ES_TRY(es_session_write(ledger->seat.session, insert_row, &row, err));
    keep_step(ledger, ES_STEP_PUBLISHED);
    ledger->seat.verified = back->verified;
    ES_TRY(keep_set_newest(ledger, &c, err));
    wake_all(ledger, back);
    if (ledger->config.published != NULL)
        ledger->config.published(ledger->config.ctx, c.size, es_buf_span(&c.note));
    return ES_OK;
}

es_status keep_publish(struct es_ledger *ledger, struct es_error *err)
{
    struct read_back *back = calloc(1, sizeof *back);
    es_status status;

    ES_ENSURE(back != NULL, err, ES_E_NOMEM, "out of memory");
    back->ledger = ledger;
    es_buf_init(&back->ids, IDS_MAX);
    status = es_session_read(ledger->seat.session, read_back, back, err);
    if (status == ES_OK) {
        keep_step(ledger, ES_STEP_READ_BACK);
        if (back->head.size > ledger->seat.journal.last.size)
            status = publish(ledger, back, err);
    }
    es_buf_clear(&back->ids);
    free(back);
    return status;
}
