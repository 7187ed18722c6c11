/*
 * Rows of the store into a bundle, as they stand: a value that does not fit the bundle's form was
 * put there by nobody honest, and is written as a wrong one, so that the verifier names it.
 */
#include "export_rows.h"

#define TILE_PAGE 256
#define CHECKPOINT_PAGE 1000
#define LEAF_CUT (4 * ES_LOG_LEAF_MAX) /* far more than a leaf can have */

static void take_hash(const struct es_value *value, struct es_log_hash *out)
{
    *out = (struct es_log_hash){{0}};
    if (value->kind == ES_VALUE_BLOB && value->s.len == ES_LOG_HASH_LEN)
        memcpy(out->b, value->s.ptr, ES_LOG_HASH_LEN);
}

static struct es_span take_column(const struct es_value *value)
{
    return value->s.len <= 255 ? value->s : es_span_of(NULL, 0);
}

/* ---- the head ---- */

static es_status take_head(void *ctx, const struct es_value *columns, size_t count,
                           struct es_error *err)
{
    struct export_run *run = ctx;
    struct es_span state;

    (void) count;
    ES_TRY(es_value_get_text(&columns[4], &state, err));
    run->head.origin = run->reader->origin;
    run->head.size = (uint64_t) columns[0].i;
    take_hash(&columns[1], &run->head.root);
    take_hash(&columns[2], &run->head.last_hash);
    run->head.last_ms = (uint64_t) columns[3].i;
    (void) snprintf(run->state, sizeof run->state, "%.*s", ES_SPAN_ARG(es_span_sub(state, 0, 15)));
    run->head.state = run->state;
    return ES_OK;
}

es_status export_head(struct export_run *run, struct es_tx *tx, struct es_error *err)
{
    const struct es_value id = es_value_int(run->reader->log_id);

    run->head.origin = NULL;
    ES_TRY(es_tx_query(tx,
                       "SELECT size, root, last_hash, last_ms, state FROM log_head "
                       "WHERE log_id = $1",
                       &id, 1, take_head, run, err));
    ES_ENSURE(run->head.origin != NULL, err, ES_E_ABSENT, "the log's head is missing");
    return ES_OK;
}

/* ---- leaves ---- */

struct leaf_page {
    struct export_run *run;
    size_t count;
};

static es_status take_leaf(void *ctx, const struct es_value *columns, size_t count,
                           struct es_error *err)
{
    struct leaf_page *page = ctx;
    int64_t type = columns[3].i;
    struct es_bundle_leaf leaf = {.index = (uint64_t) columns[0].i,
                                  .leaf = es_span_sub(columns[1].s, 0, LEAF_CUT),
                                  .event_type = type < 0 || type > UINT16_MAX ? UINT16_MAX
                                                                              : (uint16_t) type,
                                  .actor = take_column(&columns[4]),
                                  .object_id = take_column(&columns[5]),
                                  .event_ms = (uint64_t) columns[6].i};

    (void) count;
    take_hash(&columns[2], &leaf.leaf_hash);
    page->count++;
    return es_bundle_put_leaf(page->run->writer, &leaf, err);
}

es_status export_leaf_page(struct export_run *run, struct es_tx *tx, bool *more,
                           struct es_error *err)
{
    const struct es_value values[] = {es_value_int(run->reader->log_id),
                                      es_value_int((int64_t) es_bundle_next(run->writer)),
                                      es_value_int(READ_PAGE)};
    struct leaf_page page = {.run = run};

    ES_TRY(es_tx_query(tx,
                       "SELECT idx, leaf, leaf_hash, event_type, actor, object_id, event_ms "
                       "FROM log_leaf WHERE log_id = $1 AND idx >= $2 ORDER BY idx LIMIT $3",
                       values, 3, take_leaf, &page, err));
    *more = page.count == READ_PAGE;
    return ES_OK;
}

/* ---- tiles ---- */

struct tile_page {
    struct export_run *run;
    int64_t level, n;
    size_t count;
};

static es_status take_tile(void *ctx, const struct es_value *columns, size_t count,
                           struct es_error *err)
{
    struct tile_page *page = ctx;

    (void) count;
    page->level = columns[0].i;
    page->n = columns[1].i;
    page->count++;
    if (page->level < 0 || page->level > 255 || page->n < 0)
        return ES_OK; /* no place in any tree */
    return es_bundle_put_tile(page->run->writer, (unsigned) page->level, (uint64_t) page->n,
                              columns[2].s, err);
}

es_status export_tiles(struct export_run *run, struct es_tx *tx, struct es_error *err)
{
    struct tile_page page = {.run = run, .level = -1, .n = -1};

    do {
        const struct es_value values[] = {es_value_int(run->reader->log_id),
                                          es_value_int(page.level), es_value_int(page.n),
                                          es_value_int(TILE_PAGE)};

        page.count = 0;
        ES_TRY(es_tx_query(tx,
                           "SELECT level, n, hashes FROM log_tile "
                           "WHERE log_id = $1 AND (level, n) > ($2, $3) "
                           "ORDER BY level, n LIMIT $4",
                           values, 4, take_tile, &page, err));
    } while (page.count == TILE_PAGE);
    return ES_OK;
}

/* ---- checkpoints ---- */

struct checkpoint_page {
    struct export_run *run;
    struct es_buf note; /* of the checkpoint that is being put together */
    bool begun;
    int64_t size, created_ms;
    size_t count;
};

static es_status end_checkpoint(struct checkpoint_page *page, struct es_error *err)
{
    if (!page->begun)
        return ES_OK;
    page->begun = false;
    page->run->newest = page->size;
    ES_TRY(es_buf_check(&page->note, err));
    return es_bundle_put_checkpoint(page->run->writer,
                                    page->created_ms < 0 ? 0 : (uint64_t) page->created_ms,
                                    es_buf_span(&page->note), err);
}

/* A row for each witness line, or one without. */
static es_status take_checkpoint(void *ctx, const struct es_value *columns, size_t count,
                                 struct es_error *err)
{
    struct checkpoint_page *page = ctx;

    (void) count;
    if (!page->begun || columns[0].i != page->size) {
        ES_TRY(end_checkpoint(page, err));
        page->begun = true;
        page->size = columns[0].i;
        page->created_ms = columns[1].i;
        page->count++;
        es_buf_reset(&page->note);
        es_buf_put_span(&page->note, columns[2].s);
    }
    if (columns[3].kind == ES_VALUE_TEXT)
        es_buf_put_span(&page->note, columns[3].s);
    return ES_OK;
}

static es_status checkpoint_pages(struct checkpoint_page *page, struct es_tx *tx,
                                  struct es_error *err)
{
    do {
        const struct es_value values[] = {es_value_int(page->run->reader->log_id),
                                          es_value_int(page->size), es_value_int(CHECKPOINT_PAGE)};

        page->count = 0;
        ES_TRY(es_tx_query(tx,
                           "SELECT c.size, c.created_ms, c.note, s.line FROM "
                           "(SELECT size, created_ms, note FROM log_checkpoint "
                           "WHERE log_id = $1 AND size > $2 ORDER BY size LIMIT $3) c "
                           "LEFT JOIN log_cosign s ON s.log_id = $1 AND s.size = c.size "
                           "ORDER BY c.size, s.witness",
                           values, 3, take_checkpoint, page, err));
        ES_TRY(end_checkpoint(page, err));
    } while (page->count == CHECKPOINT_PAGE);
    return ES_OK;
}

es_status export_checkpoints(struct export_run *run, struct es_tx *tx, struct es_error *err)
{
    struct checkpoint_page page = {.run = run, .size = -1};
    es_status status;

    run->newest = -1;
    es_buf_init(&page.note, (size_t) 8 * ES_CHECKPOINT_MAX);
    status = checkpoint_pages(&page, tx, err);
    es_buf_clear(&page.note);
    return status;
}

/* ---- details ---- */

struct detail_page {
    int64_t *indexes;
    size_t count, max;
};

static es_status take_index(void *ctx, const struct es_value *columns, size_t count,
                            struct es_error *err)
{
    struct detail_page *page = ctx;

    (void) count;
    if (page->count == page->max)
        return ES_OK;
    return es_value_get_int(&columns[0], &page->indexes[page->count++], err);
}

es_status export_detail_page(struct export_run *run, struct es_tx *tx, int64_t last,
                             int64_t *indexes, size_t max, size_t *count, struct es_error *err)
{
    const struct es_value values[] = {es_value_int(run->reader->log_id), es_value_int(last),
                                      es_value_int((int64_t) max)};
    struct detail_page page = {.indexes = indexes, .max = max};

    ES_TRY(es_tx_query(tx,
                       "SELECT idx FROM log_detail WHERE log_id = $1 AND idx > $2 "
                       "ORDER BY idx LIMIT $3",
                       values, 3, take_index, &page, err));
    *count = page.count;
    return ES_OK;
}
