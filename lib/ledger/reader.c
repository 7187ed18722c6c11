/*
 * Reading a kept log: checkpoints with the lines of witnesses, leaves, tiles. Only what lies under
 * a signed checkpoint is given out.
 */
#include "read_internal.h"

#include <stdlib.h>

/* ---- opening ---- */

struct opening {
    struct es_log_reader *reader;
    bool found;
};

static es_status take_head(void *ctx, const struct es_value *columns, size_t count,
                           struct es_error *err)
{
    struct opening *o = ctx;
    struct es_span origin;
    int64_t epoch = 0;

    (void) count;
    ES_TRY(es_value_get_int(&columns[0], &o->reader->log_id, err));
    ES_TRY(es_value_get_int(&columns[1], &epoch, err));
    ES_TRY(es_value_get_text(&columns[2], &origin, err));
    ES_ENSURE(origin.len < sizeof o->reader->origin, err, ES_E_INTEGRITY, "origin of %zu bytes",
              origin.len);
    memcpy(o->reader->origin, origin.ptr, origin.len);
    o->reader->epoch = (uint64_t) epoch;
    o->found = true;
    return ES_OK;
}

static es_status find_head(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct opening *o = ctx;
    const struct es_value log = es_value_int((int64_t) o->reader->log);
    const struct es_value id = es_value_int(es_log_id(o->reader->log, o->reader->epoch));

    o->found = false;
    if (o->reader->epoch != 0)
        return es_tx_query(tx, "SELECT log_id, epoch, origin FROM log_head WHERE log_id = $1", &id,
                           1, take_head, o, err);
    return es_tx_query(tx,
                       "SELECT log_id, epoch, origin FROM log_head WHERE log_id % 10 = $1 "
                       "ORDER BY log_id DESC LIMIT 1",
                       &log, 1, take_head, o, err);
}

es_status es_log_reader_open(struct es_store *store, enum es_log_name log, uint64_t epoch,
                             struct es_log_reader **out, struct es_error *err)
{
    ES_AUTO_PTR(es_log_reader) reader = calloc(1, sizeof *reader);
    struct opening opening = {.reader = reader};

    ES_ENSURE(reader != NULL, err, ES_E_NOMEM, "out of memory");
    ES_ENSURE(epoch <= INT64_MAX / 16, err, ES_E_RANGE, "epoch %llu", (unsigned long long) epoch);
    reader->store = store;
    reader->log = log;
    reader->epoch = epoch;
    ES_TRY(es_store_read(store, ES_AS_SERVICE, find_head, &opening, err));
    ES_ENSURE(opening.found, err, ES_E_ABSENT, "there is no %s log of that epoch",
              es_log_name_text(log));
    *out = ES_TAKE(reader);
    return ES_OK;
}

void es_log_reader_free(struct es_log_reader *reader)
{
    free(reader);
}

const char *es_log_reader_origin(const struct es_log_reader *reader)
{
    return reader->origin;
}

int64_t es_log_reader_id(const struct es_log_reader *reader)
{
    return reader->log_id;
}

/* ---- checkpoints ---- */

void read_checkpoint_clear(struct read_checkpoint *checkpoint)
{
    es_buf_clear(&checkpoint->note);
}

struct checkpoint_row {
    struct read_checkpoint *out;
    bool found;
};

static es_status take_checkpoint(void *ctx, const struct es_value *columns, size_t count,
                                 struct es_error *err)
{
    struct checkpoint_row *row = ctx;
    struct es_span note;
    int64_t size = 0;

    (void) count;
    ES_TRY(es_value_get_int(&columns[0], &size, err));
    ES_TRY(es_value_copy_blob(&columns[1], row->out->root.b, ES_LOG_HASH_LEN, err));
    ES_TRY(es_value_get_text(&columns[2], &note, err));
    row->out->size = (uint64_t) size;
    es_buf_put_span(&row->out->note, note);
    row->found = true;
    return es_buf_check(&row->out->note, err);
}

static es_status take_number(void *ctx, const struct es_value *columns, size_t count,
                             struct es_error *err)
{
    (void) count;
    return es_value_get_int(&columns[0], ctx, err);
}

/* Size of the newest checkpoint with so many lines at least; 0 when there is none. */
static es_status witnessed_size(struct es_tx *tx, int64_t log_id, size_t witnessed, uint64_t *out,
                                struct es_error *err)
{
    const struct es_value values[] = {es_value_int(log_id), es_value_int((int64_t) witnessed)};
    int64_t size = 0;

    ES_TRY(es_tx_query(tx,
                       "SELECT size FROM log_cosign WHERE log_id = $1 GROUP BY size "
                       "HAVING COUNT(*) >= $2 ORDER BY size DESC LIMIT 1",
                       values, 2, take_number, &size, err));
    *out = (uint64_t) size;
    return ES_OK;
}

/* The row itself; size 0: the newest. */
static es_status checkpoint_row(struct es_tx *tx, int64_t log_id, uint64_t size,
                                struct read_checkpoint *out, struct es_error *err)
{
    const struct es_value values[] = {es_value_int(log_id), es_value_int((int64_t) size)};
    struct checkpoint_row row = {.out = out};

    if (size == 0)
        ES_TRY(es_tx_query(tx,
                           "SELECT size, root, note FROM log_checkpoint WHERE log_id = $1 "
                           "ORDER BY size DESC LIMIT 1",
                           values, 1, take_checkpoint, &row, err));
    else
        ES_TRY(es_tx_query(tx,
                           "SELECT size, root, note FROM log_checkpoint "
                           "WHERE log_id = $1 AND size = $2",
                           values, 2, take_checkpoint, &row, err));
    ES_ENSURE(row.found, err, ES_E_ABSENT, "there is no signed checkpoint of that size");
    return ES_OK;
}

struct line_rows {
    struct es_buf *note;
    size_t count;
};

static es_status take_line(void *ctx, const struct es_value *columns, size_t count,
                           struct es_error *err)
{
    struct line_rows *rows = ctx;
    struct es_span line;

    (void) count;
    ES_TRY(es_value_get_text(&columns[0], &line, err));
    es_buf_put_span(rows->note, line);
    rows->count++;
    return es_buf_check(rows->note, err);
}

static es_status add_lines(struct es_tx *tx, int64_t log_id, struct read_checkpoint *checkpoint,
                           size_t *count, struct es_error *err)
{
    const struct es_value values[] = {es_value_int(log_id),
                                      es_value_int((int64_t) checkpoint->size)};
    struct line_rows rows = {.note = &checkpoint->note};

    ES_TRY(es_tx_query(tx,
                       "SELECT line FROM log_cosign WHERE log_id = $1 AND size = $2 "
                       "ORDER BY witness",
                       values, 2, take_line, &rows, err));
    *count = rows.count;
    return ES_OK;
}

es_status read_checkpoint(struct es_tx *tx, const struct es_log_reader *reader, uint64_t size,
                          size_t witnessed, struct read_checkpoint *out, struct es_error *err)
{
    size_t lines = 0;

    es_buf_clear(&out->note);
    es_buf_init(&out->note, ES_CHECKPOINT_MAX);
    if (size == 0 && witnessed > 0) {
        ES_TRY(witnessed_size(tx, reader->log_id, witnessed, &size, err));
        ES_ENSURE(size != 0, err, ES_E_ABSENT, "no checkpoint has %zu witness lines", witnessed);
    }
    ES_TRY(checkpoint_row(tx, reader->log_id, size, out, err));
    ES_TRY(add_lines(tx, reader->log_id, out, &lines, err));
    ES_ENSURE(lines >= witnessed, err, ES_E_ABSENT,
              "the checkpoint has %zu witness lines, asked for are %zu", lines, witnessed);
    return ES_OK;
}

struct checkpoint_call {
    struct es_log_reader *reader;
    uint64_t size;
    size_t witnessed;
    struct read_checkpoint found;
};

static es_status read_checkpoint_fn(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct checkpoint_call *c = ctx;

    return read_checkpoint(tx, c->reader, c->size, c->witnessed, &c->found, err);
}

static es_status load_checkpoint(struct es_log_reader *reader, uint64_t size, size_t witnessed,
                                 struct read_checkpoint *out, struct es_error *err)
{
    struct checkpoint_call call = {.reader = reader, .size = size, .witnessed = witnessed};
    es_status status = es_store_read(reader->store, ES_AS_SERVICE, read_checkpoint_fn, &call, err);

    if (status != ES_OK)
        read_checkpoint_clear(&call.found);
    else
        *out = call.found;
    return status;
}

es_status es_log_read_checkpoint(struct es_log_reader *reader, uint64_t size, size_t witnessed,
                                 struct es_buf *note, uint64_t *size_out, struct es_error *err)
{
    struct read_checkpoint found = {.size = 0};

    ES_TRY(load_checkpoint(reader, size, witnessed, &found, err));
    es_buf_put_span(note, es_buf_span(&found.note));
    if (size_out != NULL)
        *size_out = found.size;
    read_checkpoint_clear(&found);
    return es_buf_check(note, err);
}

/* ---- lines of witnesses ---- */

/* note and line are one checkpoint with exactly one line more, and that line holds. */
static es_status check_line(struct es_span note, struct es_span line, const char *witness,
                            const struct es_pubkey *key, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    ES_AUTO(es_checkpoint) checkpoint = {.size = 0};
    uint64_t time_s = 0;
    bool good = false;

    es_buf_put_span(&text, note);
    es_buf_put_span(&text, line);
    ES_TRY(es_buf_check(&text, err));
    ES_ENSURE(line.len > 0 && es_span_find(line, '\n') == line.len - 1, err, ES_E_MISMATCH,
              "a witness gives one line");
    ES_TRY(es_checkpoint_parse(es_buf_span(&text), &checkpoint, err));
    ES_TRY(es_checkpoint_verify_witness(&checkpoint, witness, key, &good, &time_s, err));
    ES_ENSURE(good, err, ES_E_MISMATCH, "the line of %s does not hold for this checkpoint",
              witness);
    return ES_OK;
}

struct cosign_call {
    struct es_log_reader *reader;
    uint64_t size;
    const char *witness;
    struct es_span line;
    struct read_checkpoint bare; /* with the log's own line alone */
};

static es_status read_bare(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct cosign_call *c = ctx;

    es_buf_clear(&c->bare.note);
    es_buf_init(&c->bare.note, ES_CHECKPOINT_MAX);
    return checkpoint_row(tx, c->reader->log_id, c->size, &c->bare, err);
}

static es_status insert_line(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct cosign_call *c = ctx;
    const struct es_value values[] = {es_value_int(c->reader->log_id),
                                      es_value_int((int64_t) c->size), es_value_text(c->witness),
                                      es_value_span(c->line)};

    return es_tx_run(tx,
                     "INSERT INTO log_cosign (log_id, size, witness, line) "
                     "VALUES ($1, $2, $3, $4) ON CONFLICT (log_id, size, witness) DO NOTHING",
                     values, 4, NULL, err);
}

es_status es_log_add_cosign(struct es_store *store, struct es_log_reader *reader, uint64_t size,
                            const char *witness, const struct es_pubkey *key, struct es_span line,
                            struct es_error *err)
{
    struct cosign_call call = {.reader = reader, .size = size, .witness = witness, .line = line};
    es_status status;

    ES_ENSURE(size > 0, err, ES_E_ABSENT, "there is no signed checkpoint of size 0");
    status = es_store_read(reader->store, ES_AS_SERVICE, read_bare, &call, err);
    if (status == ES_OK)
        status = check_line(es_buf_span(&call.bare.note), line, witness, key, err);
    read_checkpoint_clear(&call.bare);
    ES_TRY(status);
    return es_store_write(store, ES_AS_SERVICE, insert_line, &call, err);
}
