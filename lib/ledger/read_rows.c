/*
 * Leaves and tiles as others fetch them: bundles of 256 entries, tiles of 256 hashes. Full ones
 * never change; of the last only what lies under the newest signed checkpoint is given.
 */
#include "read_internal.h"

#define ENTRIES_WIDTH 256u
#define LEVELS 8u
#define LEVEL_BITS 8u

/* ---- one leaf ---- */

struct leaf_row {
    struct es_buf *out;
    bool found;
};

static es_status take_leaf(void *ctx, const struct es_value *columns, size_t count,
                           struct es_error *err)
{
    struct leaf_row *row = ctx;
    struct es_span leaf;

    (void) count;
    ES_TRY(es_value_get_blob(&columns[0], &leaf, err));
    es_buf_put_span(row->out, leaf);
    row->found = true;
    return es_buf_check(row->out, err);
}

es_status read_leaf(struct es_tx *tx, int64_t log_id, uint64_t index, struct es_buf *out,
                    struct es_error *err)
{
    const struct es_value values[] = {es_value_int(log_id), es_value_int((int64_t) index)};
    struct leaf_row row = {.out = out};

    ES_TRY(es_tx_query(tx, "SELECT leaf FROM log_leaf WHERE log_id = $1 AND idx = $2", values, 2,
                       take_leaf, &row, err));
    ES_ENSURE(row.found, err, ES_E_ABSENT, "there is no leaf %llu", (unsigned long long) index);
    return ES_OK;
}

/* What a call asks for; size is that of the newest checkpoint. */
struct rows_call {
    const struct es_log_reader *reader;
    unsigned level;
    uint64_t n, size, count;
    struct es_buf *out;
    size_t keep; /* of out, whatever happens */
};

static es_status signed_size(struct es_tx *tx, struct rows_call *c, struct es_error *err)
{
    struct read_checkpoint checkpoint = {.size = 0};
    es_status status = read_checkpoint(tx, c->reader, 0, 0, &checkpoint, err);

    c->size = checkpoint.size;
    read_checkpoint_clear(&checkpoint);
    return status;
}

static es_status leaf_fn(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct rows_call *c = ctx;

    c->out->len = c->keep;
    ES_TRY(signed_size(tx, c, err));
    ES_ENSURE(c->n < c->size, err, ES_E_ABSENT, "leaf %llu of %llu that are signed",
              (unsigned long long) c->n, (unsigned long long) c->size);
    return read_leaf(tx, c->reader->log_id, c->n, c->out, err);
}

static es_status run(struct rows_call *c, es_tx_fn fn, struct es_error *err)
{
    es_status status;

    c->keep = c->out->len;
    status = es_store_read(c->reader->store, ES_AS_SERVICE, fn, c, err);
    if (status != ES_OK)
        c->out->len = c->keep;
    return status;
}

es_status es_log_read_leaf(struct es_log_reader *reader, uint64_t index, struct es_buf *out,
                           struct es_error *err)
{
    struct rows_call call = {.reader = reader, .n = index, .out = out};

    return run(&call, leaf_fn, err);
}

/* ---- entries ---- */

static es_status take_entry(void *ctx, const struct es_value *columns, size_t count,
                            struct es_error *err)
{
    struct rows_call *c = ctx;
    struct es_span leaf;
    int64_t index = 0;

    (void) count;
    ES_TRY(es_value_get_int(&columns[0], &index, err));
    ES_TRY(es_value_get_blob(&columns[1], &leaf, err));
    ES_ENSURE((uint64_t) index == c->n * ENTRIES_WIDTH + c->count && leaf.len <= ES_LOG_LEAF_MAX,
              err, ES_E_INTEGRITY, "leaf %llu is missing or too long",
              (unsigned long long) (c->n * ENTRIES_WIDTH + c->count));
    for (unsigned i = 0; i < 4; i++)
        es_buf_put_byte(c->out, (uint8_t) (leaf.len >> (24 - 8 * i)));
    es_buf_put_span(c->out, leaf);
    c->count++;
    return es_buf_check(c->out, err);
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static es_status entries_fn(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct rows_call *c = ctx;
    uint64_t first, end;

    c->out->len = c->keep;
    c->count = 0;
    ES_TRY(signed_size(tx, c, err));
    ES_ENSURE(c->n <= c->size / ENTRIES_WIDTH && c->n * ENTRIES_WIDTH < c->size, err, ES_E_ABSENT,
              "there are no signed entries %llu", (unsigned long long) c->n);
    first = c->n * ENTRIES_WIDTH;
    end = smaller(first + ENTRIES_WIDTH, c->size);
    {
        const struct es_value values[] = {es_value_int(c->reader->log_id),
                                          es_value_int((int64_t) first),
                                          es_value_int((int64_t) end)};

        ES_TRY(es_tx_query(tx,
                           "SELECT idx, leaf FROM log_leaf "
                           "WHERE log_id = $1 AND idx >= $2 AND idx < $3 ORDER BY idx",
                           values, 3, take_entry, c, err));
    }
    ES_ENSURE(c->count == end - first, err, ES_E_INTEGRITY, "leaf %llu is missing",
              (unsigned long long) (first + c->count));
    return ES_OK;
}

es_status es_log_read_entries(struct es_log_reader *reader, uint64_t n, struct es_buf *out,
                              struct es_error *err)
{
    struct rows_call call = {.reader = reader, .n = n, .out = out};

    return run(&call, entries_fn, err);
}

/* ---- tiles ---- */

static es_status take_tile(void *ctx, const struct es_value *columns, size_t count,
                           struct es_error *err)
{
    struct rows_call *c = ctx;
    size_t needed = (size_t) smaller((c->size >> (LEVEL_BITS * c->level)) -
                                         c->n * LEDGER_TILE_WIDTH,
                                     LEDGER_TILE_WIDTH) *
                    ES_LOG_HASH_LEN;
    struct es_span hashes;

    (void) count;
    ES_TRY(es_value_get_blob(&columns[0], &hashes, err));
    ES_ENSURE(hashes.len >= needed, err, ES_E_INTEGRITY, "a tile has %zu bytes, needed are %zu",
              hashes.len, needed);
    es_buf_put_span(c->out, es_span_sub(hashes, 0, needed));
    c->count++;
    return es_buf_check(c->out, err);
}

static es_status tile_fn(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct rows_call *c = ctx;
    uint64_t hashes;
    const struct es_value values[] = {es_value_int(c->reader->log_id), es_value_int(c->level),
                                      es_value_int((int64_t) c->n)};

    c->out->len = c->keep;
    c->count = 0;
    ES_TRY(signed_size(tx, c, err));
    hashes = c->level < LEVELS ? c->size >> (LEVEL_BITS * c->level) : 0;
    ES_ENSURE(c->n <= hashes / LEDGER_TILE_WIDTH && c->n * LEDGER_TILE_WIDTH < hashes, err,
              ES_E_ABSENT, "there is no signed tile %llu of level %u", (unsigned long long) c->n,
              c->level);
    ES_TRY(es_tx_query(tx,
                       "SELECT hashes FROM log_tile WHERE log_id = $1 AND level = $2 AND n = $3",
                       values, 3, take_tile, c, err));
    ES_ENSURE(c->count == 1, err, ES_E_INTEGRITY, "tile %llu of level %u is missing",
              (unsigned long long) c->n, c->level);
    return ES_OK;
}

es_status es_log_read_tile(struct es_log_reader *reader, unsigned level, uint64_t n,
                           struct es_buf *out, struct es_error *err)
{
    struct rows_call call = {.reader = reader, .level = level, .n = n, .out = out};

    return run(&call, tile_fn, err);
}
