/*
 * The row of a log and its signed checkpoints. The head moves by compare-and-set alone: that is
 * what keeps a log single, whatever became of locks.
 */
#include "keep.h"

const char *es_log_name_text(enum es_log_name log)
{
    return log == ES_LOG_AUDIT ? "audit" : "status";
}

int64_t es_log_id(enum es_log_name log, uint64_t epoch)
{
    return (int64_t) (10 * epoch) + (int64_t) log;
}

/* ---- reading ---- */

struct head_row {
    struct keep_head *head;
    bool found;
};

static es_status copy_text(const struct es_value *value, char *out, size_t cap,
                           struct es_error *err)
{
    struct es_span text = es_span_of(NULL, 0);

    if (value->kind != ES_VALUE_NULL)
        ES_TRY(es_value_get_text(value, &text, err));
    ES_ENSURE(text.len < cap, err, ES_E_INTEGRITY, "log_head: text of %zu bytes, allowed are %zu",
              text.len, cap - 1);
    (void) snprintf(out, cap, "%.*s", ES_SPAN_ARG(text));
    return ES_OK;
}

static es_status take_head(void *ctx, const struct es_value *columns, size_t count,
                           struct es_error *err)
{
    struct head_row *row = ctx;
    struct keep_head *head = row->head;
    int64_t number[4] = {0};

    (void) count;
    ES_TRY(es_value_get_int(&columns[0], &head->log_id, err));
    ES_TRY(copy_text(&columns[1], head->origin, sizeof head->origin, err));
    ES_TRY(es_value_get_int(&columns[2], &number[0], err));
    ES_TRY(es_value_get_int(&columns[3], &number[1], err));
    ES_TRY(es_value_copy_blob(&columns[4], head->root.b, ES_LOG_HASH_LEN, err));
    ES_TRY(es_value_copy_blob(&columns[5], head->last_hash.b, ES_LOG_HASH_LEN, err));
    ES_TRY(es_value_get_int(&columns[6], &number[2], err));
    ES_TRY(copy_text(&columns[7], head->state, sizeof head->state, err));
    ES_TRY(copy_text(&columns[8], head->why, sizeof head->why, err));
    ES_ENSURE(number[1] >= 0 && number[2] >= 0, err, ES_E_INTEGRITY,
              "log_head: size or time below zero");
    head->epoch = (uint64_t) number[0];
    head->size = (uint64_t) number[1];
    head->last_ms = (uint64_t) number[2];
    row->found = true;
    return ES_OK;
}

es_status keep_head_read(struct es_tx *tx, int64_t log_id, struct keep_head *out,
                         struct es_error *err)
{
    const struct es_value value = es_value_int(log_id);
    struct head_row row = {.head = out};

    ES_TRY(es_tx_query(tx,
                       "SELECT log_id, origin, epoch, size, root, last_hash, last_ms, state, why "
                       "FROM log_head WHERE log_id = $1",
                       &value, 1, take_head, &row, err));
    ES_ENSURE(row.found, err, ES_E_ABSENT, "there is no log %lld", (long long) log_id);
    return ES_OK;
}

es_status keep_head_newest(struct es_tx *tx, enum es_log_name log, struct keep_head *out,
                           struct es_error *err)
{
    const struct es_value value = es_value_int((int64_t) log);
    struct head_row row = {.head = out};

    ES_TRY(es_tx_query(tx,
                       "SELECT log_id, origin, epoch, size, root, last_hash, last_ms, state, why "
                       "FROM log_head WHERE log_id % 10 = $1 ORDER BY log_id DESC LIMIT 1",
                       &value, 1, take_head, &row, err));
    ES_ENSURE(row.found, err, ES_E_ABSENT, "there is no %s log", es_log_name_text(log));
    return ES_OK;
}

/* ---- writing ---- */

es_status keep_head_insert(struct es_tx *tx, enum es_log_name log, const char *host, uint64_t epoch,
                           struct keep_head *out, struct es_error *err)
{
    ES_AUTO(es_buf) body = ES_BUF_INIT(1024);
    struct es_tree empty;
    int len;

    *out = (struct keep_head){.log_id = es_log_id(log, epoch), .epoch = epoch, .state = "open"};
    len = snprintf(out->origin, sizeof out->origin, "%s/%s/%llu", host, es_log_name_text(log),
                   (unsigned long long) epoch);
    ES_ENSURE(len > 0 && (size_t) len < sizeof out->origin, err, ES_E_RANGE,
              "host of %zu bytes is too long", strlen(host));
    es_tree_init(&empty);
    ES_TRY(es_tree_root(&empty, &out->root, err));
    ES_TRY(es_checkpoint_body(out->origin, 0, &out->root, &body, err)); /* checks the origin */
    ES_TRY(es_log_genesis(out->origin, &out->last_hash, err));
    {
        const struct es_value values[] = {es_value_int(out->log_id), es_value_text(out->origin),
                                          keep_int(epoch), es_value_blob(ledger_span(&out->root)),
                                          es_value_blob(ledger_span(&out->last_hash))};

        return es_tx_run(tx,
                         "INSERT INTO log_head (log_id, origin, epoch, size, root, last_hash, "
                         "last_ms, state) VALUES ($1, $2, $3, 0, $4, $5, 0, 'open')",
                         values, 5, NULL, err);
    }
}

es_status keep_head_advance(struct es_tx *tx, const struct keep_head *from,
                            const struct keep_head *to, struct es_error *err)
{
    const struct es_value values[] = {
        keep_int(to->size),
        es_value_blob(ledger_span(&to->root)),
        es_value_blob(ledger_span(&to->last_hash)),
        keep_int(to->last_ms),
        es_value_text(to->state),
        es_value_text(to->why[0] == '\0' ? NULL : to->why),
        es_value_int(from->log_id),
        keep_int(from->size),
        es_value_blob(ledger_span(&from->root)),
        es_value_text(from->state),
    };
    int64_t changed = 0;

    ES_TRY(es_tx_run(tx,
                     "UPDATE log_head SET size = $1, root = $2, last_hash = $3, last_ms = $4, "
                     "state = $5, why = $6 "
                     "WHERE log_id = $7 AND size = $8 AND root = $9 AND state = $10",
                     values, 10, &changed, err));
    ES_ENSURE(changed == 1, err, ES_E_CONFLICT, "another sequencer moved the log on");
    return ES_OK;
}

es_status keep_head_set_state(struct es_tx *tx, int64_t log_id, const char *state, const char *why,
                              struct es_error *err)
{
    const struct es_value values[3] = {es_value_text(state), es_value_text(why),
                                       es_value_int(log_id)};

    return es_tx_run(tx, "UPDATE log_head SET state = $1, why = $2 WHERE log_id = $3", values, 3,
                     NULL, err);
}

/* ---- checkpoints ---- */

void keep_checkpoint_clear(struct keep_checkpoint *c)
{
    es_buf_clear(&c->note);
    c->size = 0;
}

es_status keep_checkpoint_set(struct keep_checkpoint *c, uint64_t size,
                              const struct es_log_hash *root, struct es_span note,
                              struct es_error *err)
{
    ES_AUTO(es_buf) copy = ES_BUF_INIT(ES_CHECKPOINT_MAX);

    es_buf_put_span(&copy, note);
    ES_TRY(es_buf_check(&copy, err));
    es_buf_clear(&c->note);
    c->note = copy;
    es_buf_init(&copy, 0);
    c->size = size;
    c->root = *root;
    return ES_OK;
}

static es_status take_checkpoint(void *ctx, const struct es_value *columns, size_t count,
                                 struct es_error *err)
{
    struct es_log_hash root;
    struct es_span note;
    int64_t size;

    (void) count;
    ES_TRY(es_value_get_int(&columns[0], &size, err));
    ES_TRY(es_value_copy_blob(&columns[1], root.b, sizeof root.b, err));
    ES_TRY(es_value_get_text(&columns[2], &note, err));
    return keep_checkpoint_set(ctx, (uint64_t) size, &root, note, err);
}

es_status keep_checkpoint_newest(struct es_tx *tx, int64_t log_id, struct keep_checkpoint *out,
                                 struct es_error *err)
{
    const struct es_value value = es_value_int(log_id);

    keep_checkpoint_clear(out);
    return es_tx_query(tx,
                       "SELECT size, root, note FROM log_checkpoint WHERE log_id = $1 "
                       "ORDER BY size DESC LIMIT 1",
                       &value, 1, take_checkpoint, out, err);
}

es_status keep_checkpoint_insert(struct es_tx *tx, int64_t log_id, const struct keep_checkpoint *c,
                                 uint64_t now_ms, struct es_error *err)
{
    const struct es_value values[] = {es_value_int(log_id), keep_int(c->size),
                                      es_value_blob(ledger_span(&c->root)),
                                      es_value_span(es_buf_span(&c->note)), keep_int(now_ms)};

    return es_tx_run(tx,
                     "INSERT INTO log_checkpoint (log_id, size, root, note, created_ms) "
                     "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (log_id, size) DO NOTHING",
                     values, 5, NULL, err);
}

/* ---- beginning a log ---- */

static es_status create_head(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const struct es_ledger_config *config = ctx;
    struct keep_head head;
    es_status status = keep_head_newest(tx, config->log, &head, NULL);

    ES_ENSURE(status != ES_OK, err, ES_E_EXISTS, "there is a log %s", head.origin);
    if (status != ES_E_ABSENT)
        return keep_head_newest(tx, config->log, &head, err);
    return keep_head_insert(tx, config->log, config->host, 1, &head, err);
}

es_status es_ledger_create(const struct es_ledger_config *config, struct es_error *err)
{
    struct es_ledger_config copy = *config;

    if (config->journal != NULL)
        ES_TRY(keep_journal_create(config->journal, err));
    return es_store_write(config->store, ES_AS_SEQUENCER, create_head, &copy, err);
}

es_status keep_no_row(void *ctx, const struct es_value *columns, size_t count, struct es_error *err)
{
    (void) ctx;
    (void) columns;
    (void) count;
    (void) err;
    return ES_OK;
}
