/*
 * Inclusion and consistency proofs out of stored tiles: a few tiles a path, no leaf but the one in
 * question. A proof is checked before it is given out, so a damaged store gives none rather than a
 * wrong one.
 */
#include "read_internal.h"

es_status read_path(const struct es_tree_source *tiles, uint64_t index, struct es_span bytes,
                    const struct read_checkpoint *checkpoint, struct es_tree_path *out,
                    struct es_error *err)
{
    struct es_log_hash hash;
    struct es_leaf leaf;
    bool good = false;

    ES_ENSURE(es_leaf_decode(bytes, &leaf, NULL) == ES_OK && leaf.index == index, err,
              ES_E_INTEGRITY, "row %llu holds no leaf of that index", (unsigned long long) index);
    ES_TRY(es_leaf_hash(bytes, &hash, err));
    ES_TRY(es_tree_inclusion(tiles, index, checkpoint->size, out, err));
    ES_TRY(es_tree_verify_inclusion(&hash, index, checkpoint->size, out, &checkpoint->root, &good,
                                    err));
    ES_ENSURE(good, err, ES_E_INTEGRITY, "leaf %llu does not lead to the signed root of %llu",
              (unsigned long long) index, (unsigned long long) checkpoint->size);
    return ES_OK;
}

/* ---- what a call works with ---- */

struct prove_call {
    struct es_log_reader *reader;
    uint64_t index, from, size; /* as asked for */
    const uint8_t *subject;     /* then index is looked for */
    struct es_tree_path *path_out;
    struct es_buf *out;
    struct ledger_tile_source tiles;
    struct read_checkpoint checkpoint, older;
    struct es_buf leaf;
    struct es_tree_path path;
};

static void prove_call_reset(struct prove_call *c, struct es_tx *tx)
{
    memset(&c->tiles, 0, sizeof c->tiles);
    c->tiles.tx = tx;
    c->tiles.log_id = c->reader->log_id;
    es_buf_clear(&c->leaf);
    es_buf_init(&c->leaf, ES_LOG_LEAF_MAX);
}

/* Run fn with a call of its own; out keeps what it held when it fails. */
static es_status run(const struct prove_call *like, es_tx_fn fn, struct es_error *err)
{
    struct prove_call *c = calloc(1, sizeof *c);
    size_t keep = like->out == NULL ? 0 : like->out->len;
    es_status status;

    ES_ENSURE(c != NULL, err, ES_E_NOMEM, "out of memory");
    c->reader = like->reader;
    c->index = like->index;
    c->from = like->from;
    c->size = like->size;
    c->subject = like->subject;
    c->path_out = like->path_out;
    c->out = like->out;
    status = es_store_read(c->reader->store, ES_AS_SERVICE, fn, c, err);
    if (status != ES_OK && c->out != NULL)
        c->out->len = keep;
    es_buf_clear(&c->leaf);
    read_checkpoint_clear(&c->checkpoint);
    read_checkpoint_clear(&c->older);
    free(c);
    return status;
}

/* ---- inclusion ---- */

static es_status put_inclusion(struct prove_call *c, struct es_tx *tx, struct es_error *err)
{
    struct es_tree_source tiles = ledger_tile_source(&c->tiles);
    struct es_json_out json = {.buf = c->out};

    ES_ENSURE(c->index < c->checkpoint.size, err, ES_E_RANGE, "leaf %llu of %llu that are signed",
              (unsigned long long) c->index, (unsigned long long) c->checkpoint.size);
    ES_TRY(read_leaf(tx, c->reader->log_id, c->index, &c->leaf, err));
    ES_TRY(read_path(&tiles, c->index, es_buf_span(&c->leaf), &c->checkpoint, &c->path, err));
    return es_log_put_inclusion(&json, c->index, c->checkpoint.size, es_buf_span(&c->leaf),
                                &c->path, es_buf_span(&c->checkpoint.note), err);
}

static es_status inclusion_fn(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct prove_call *c = ctx;

    prove_call_reset(c, tx);
    ES_TRY(read_checkpoint(tx, c->reader, c->size, 0, &c->checkpoint, err));
    return put_inclusion(c, tx, err);
}

es_status es_log_prove_inclusion(struct es_log_reader *reader, uint64_t index, uint64_t size,
                                 struct es_buf *out, struct es_error *err)
{
    const struct prove_call call = {.reader = reader, .index = index, .size = size, .out = out};

    return run(&call, inclusion_fn, err);
}

/* ---- receipts ---- */

struct index_row {
    int64_t index;
    bool found;
};

static es_status take_index(void *ctx, const struct es_value *columns, size_t count,
                            struct es_error *err)
{
    struct index_row *row = ctx;

    (void) count;
    row->found = true;
    return es_value_get_int(&columns[0], &row->index, err);
}

/* The search column only points: the leaf itself must carry the subject. */
static es_status check_subject(const struct prove_call *c, struct es_error *err)
{
    struct es_audit_event event;
    struct es_leaf leaf;

    ES_ENSURE(es_leaf_decode(es_buf_span(&c->leaf), &leaf, NULL) == ES_OK &&
                  leaf.kind == ES_LEAF_AUDIT &&
                  es_audit_event_decode(leaf.body, &event, NULL) == ES_OK &&
                  memcmp(event.subject.b, c->subject, ES_LOG_HASH_LEN) == 0,
              err, ES_E_INTEGRITY, "row %llu has another subject than its leaf",
              (unsigned long long) c->index);
    return ES_OK;
}

static es_status subject_fn(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct prove_call *c = ctx;
    struct index_row row = {.found = false};

    prove_call_reset(c, tx);
    ES_TRY(read_checkpoint(tx, c->reader, 0, 0, &c->checkpoint, err));
    {
        const struct es_value values[] = {es_value_blob(es_span_of(c->subject, ES_LOG_HASH_LEN)),
                                          es_value_int(c->reader->log_id),
                                          es_value_int((int64_t) c->checkpoint.size)};

        ES_TRY(es_tx_query(tx,
                           "SELECT idx FROM log_leaf WHERE subject = $1 AND log_id = $2 "
                           "AND idx < $3 ORDER BY idx DESC LIMIT 1",
                           values, 3, take_index, &row, err));
    }
    ES_ENSURE(row.found, err, ES_E_ABSENT, "no signed entry has that subject");
    c->index = (uint64_t) row.index;
    ES_TRY(put_inclusion(c, tx, err));
    return check_subject(c, err);
}

es_status es_log_prove_subject(struct es_log_reader *reader, const uint8_t subject[32],
                               struct es_buf *out, struct es_error *err)
{
    const struct prove_call call = {.reader = reader, .subject = subject, .out = out};

    return run(&call, subject_fn, err);
}

/* ---- consistency ---- */

static es_status consistency_fn(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct prove_call *c = ctx;
    struct es_tree_source tiles = ledger_tile_source(&c->tiles);
    struct es_json_out json = {.buf = c->out};
    bool good = false;

    prove_call_reset(c, tx);
    ES_ENSURE(c->from > 0, err, ES_E_RANGE, "consistency from 0");
    ES_TRY(read_checkpoint(tx, c->reader, c->from, 0, &c->older, err));
    ES_TRY(read_checkpoint(tx, c->reader, c->size, 0, &c->checkpoint, err));
    ES_TRY(es_tree_consistency(&tiles, c->from, c->checkpoint.size, &c->path, err));
    ES_TRY(es_tree_verify_consistency(c->from, c->checkpoint.size, &c->older.root,
                                      &c->checkpoint.root, &c->path, &good, err));
    ES_ENSURE(good, err, ES_E_INTEGRITY, "the signed roots of %llu and %llu do not fit together",
              (unsigned long long) c->from, (unsigned long long) c->checkpoint.size);
    return es_log_put_consistency(&json, c->from, c->checkpoint.size, &c->path,
                                  es_buf_span(&c->older.note), es_buf_span(&c->checkpoint.note),
                                  err);
}

es_status es_log_prove_consistency(struct es_log_reader *reader, uint64_t from, uint64_t to,
                                   struct es_buf *out, struct es_error *err)
{
    const struct prove_call call = {.reader = reader, .from = from, .size = to, .out = out};

    return run(&call, consistency_fn, err);
}

static es_status path_fn(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct prove_call *c = ctx;
    struct es_tree_source tiles = ledger_tile_source(&c->tiles);

    prove_call_reset(c, tx);
    ES_TRY(read_checkpoint(tx, c->reader, 0, 0, &c->checkpoint, err));
    if (c->size == 0)
        c->size = c->checkpoint.size;
    ES_ENSURE(c->size <= c->checkpoint.size, err, ES_E_RANGE,
              "consistency to %llu of %llu that are signed", (unsigned long long) c->size,
              (unsigned long long) c->checkpoint.size);
    return es_tree_consistency(&tiles, c->from, c->size, c->path_out, err);
}

es_status es_log_consistency_path(struct es_log_reader *reader, uint64_t from, uint64_t to,
                                  struct es_tree_path *out, struct es_error *err)
{
    const struct prove_call call = {.reader = reader, .from = from, .size = to, .path_out = out};

    return run(&call, path_fn, err);
}
