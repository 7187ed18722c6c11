/*
 * A log as a bundle. Leaves are copied page by page, each page in a transaction of its own, while
 * the log grows; then one transaction copies what came meanwhile, head, tiles and checkpoints, so
 * that they fit together. The journal is read on both sides of it:
 *
 *   before   every line must have reached the table when the transaction begins (a line is synced
 *            shortly before its row is inserted: this is waited for, not long)
 *   after    lines that came meanwhile are left out if they are newer than the table we copied
 *
 * A bundle that is continued must be an earlier state of this very log: a store that was rolled
 * back does not write over the copy that could refill it.
 */
#include "export_rows.h"

#include <stdlib.h>
#include <time.h>

#define DETAIL_PAGE 1000
#define SETTLE_ROUNDS 40
#define SETTLE_MS 50

/* ---- continuing ---- */

struct earlier {
    struct export_run *run;
    struct es_checkpoint checkpoint; /* the newest of the bundle */
};

static es_status same_root(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct earlier *e = ctx;
    struct ledger_tile_source *source = calloc(1, sizeof *source);
    struct es_tree_source tiles;
    struct es_log_hash root;
    es_status status;

    ES_ENSURE(source != NULL, err, ES_E_NOMEM, "out of memory");
    source->tx = tx;
    source->log_id = e->run->reader->log_id;
    tiles = ledger_tile_source(source);
    status = es_tree_root_of(&tiles, e->checkpoint.size, &root, err);
    free(source);
    ES_TRY(status);
    ES_ENSURE(es_log_hash_equal(&root, &e->checkpoint.root), err, ES_E_INTEGRITY,
              "the bundle is not of this log: another root at %llu",
              (unsigned long long) e->checkpoint.size);
    return ES_OK;
}

static es_status head_fn(void *ctx, struct es_tx *tx, struct es_error *err)
{
    return export_head(ctx, tx, err);
}

static es_status check_continues(struct export_run *run, const char *folder, struct es_error *err)
{
    ES_AUTO(es_buf) note = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    struct earlier earlier = {.run = run};
    uint64_t entries = 0;
    es_status status;

    if (run->first == 0)
        return ES_OK;
    ES_TRY(es_store_read(run->reader->store, ES_AS_AUDITOR, head_fn, run, err));
    ES_ENSURE(run->head.size >= run->first, err, ES_E_CONFLICT,
              "the bundle has %llu entries, the store %llu: the store is older",
              (unsigned long long) run->first, (unsigned long long) run->head.size);
    ES_TRY(es_bundle_newest(folder, &note, &entries, err));
    if (note.len == 0)
        return ES_OK;
    ES_TRY(es_checkpoint_parse(es_buf_span(&note), &earlier.checkpoint, err));
    status = es_store_read(run->reader->store, ES_AS_AUDITOR, same_root, &earlier, err);
    es_checkpoint_clear(&earlier.checkpoint);
    return status;
}

/* ---- rows ---- */

struct page_call {
    struct export_run *run;
    bool more;
};

static es_status page_fn(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct page_call *call = ctx;

    ES_TRY(export_head(call->run, tx, err));
    return export_leaf_page(call->run, tx, &call->more, err);
}

static void tell(const struct export_run *run)
{
    if (run->options->progress != NULL)
        run->options->progress(run->options->ctx, es_bundle_next(run->writer), run->head.size);
}

static es_status copy_leaves(struct export_run *run, struct es_error *err)
{
    struct page_call call = {.run = run, .more = true};

    while (call.more) {
        ES_TRY(es_store_read(run->reader->store, ES_AS_AUDITOR, page_fn, &call, err));
        tell(run);
    }
    return ES_OK;
}

/* All that must fit together, as it is in one state of the store. */
static es_status rest_fn(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct export_run *run = ctx;
    bool more = true;

    ES_TRY(export_head(run, tx, err));
    while (more)
        ES_TRY(export_leaf_page(run, tx, &more, err));
    ES_TRY(export_tiles(run, tx, err));
    return export_checkpoints(run, tx, err);
}

/* ---- the journal ---- */

struct journal_pass {
    struct export_run *run;
    bool copy;
    uint64_t count;  /* lines of this log */
    uint64_t before; /* so many were there before the copy; later ones are looked at */
    int64_t newest;  /* greatest size among them */
};

static es_status take_line(void *ctx, const struct es_journal_line *line, struct es_error *err)
{
    ES_AUTO(es_checkpoint) checkpoint = {.size = 0};
    struct journal_pass *pass = ctx;
    struct es_span origin = es_span_sub(line->note, 0, es_span_find(line->note, '\n'));
    int64_t size = 0;

    if (!es_span_is(origin, pass->run->reader->origin))
        return ES_OK;
    if (es_checkpoint_parse(line->note, &checkpoint, NULL) == ES_OK && checkpoint.size <= INT64_MAX)
        size = (int64_t) checkpoint.size;
    if (size > pass->newest)
        pass->newest = size;
    pass->count++;
    if (!pass->copy || (pass->count > pass->before && size > pass->run->newest))
        return ES_OK;
    return es_bundle_put_journal(pass->run->writer, line->line, err);
}

static es_status newest_size(void *ctx, const struct es_value *columns, size_t count,
                             struct es_error *err)
{
    (void) count;
    return es_value_get_int(&columns[0], ctx, err);
}

static es_status newest_fn(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct export_run *run = ctx;
    const struct es_value id = es_value_int(run->reader->log_id);

    run->newest = -1;
    return es_tx_query(tx,
                       "SELECT size FROM log_checkpoint WHERE log_id = $1 "
                       "ORDER BY size DESC LIMIT 1",
                       &id, 1, newest_size, &run->newest, err);
}

/* Wait until the table has what the journal has; when it never does, that is for the verifier. */
static es_status settle(struct export_run *run, struct journal_pass *pass, struct es_error *err)
{
    const struct timespec pause = {.tv_nsec = SETTLE_MS * 1000000L};

    *pass = (struct journal_pass){.run = run, .newest = -1};
    if (run->options->journal == NULL)
        return ES_OK;
    ES_TRY(es_journal_each(run->options->journal, NULL, take_line, pass, err));
    for (unsigned round = 0; round < SETTLE_ROUNDS; round++) {
        ES_TRY(es_store_read(run->reader->store, ES_AS_AUDITOR, newest_fn, run, err));
        if (run->newest >= pass->newest)
            break;
        (void) nanosleep(&pause, NULL);
    }
    return ES_OK;
}

static es_status copy_journal(struct export_run *run, const struct journal_pass *before,
                              struct es_error *err)
{
    struct journal_pass pass = {.run = run, .copy = true, .before = before->count, .newest = -1};

    if (run->options->journal == NULL)
        return ES_OK;
    return es_journal_each(run->options->journal, NULL, take_line, &pass, err);
}

/* ---- details ---- */

struct detail_call {
    struct export_run *run;
    int64_t last, indexes[DETAIL_PAGE];
    size_t count;
};

static es_status detail_fn(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct detail_call *call = ctx;

    return export_detail_page(call->run, tx, call->last, call->indexes, DETAIL_PAGE, &call->count,
                              err);
}

/* One that does not open is written as an empty one, which no leaf has: the verifier names it. */
static es_status copy_detail(struct export_run *run, uint64_t index, struct es_error *err)
{
    ES_AUTO(es_buf) detail = ES_BUF_INIT(16u << 20);
    uint8_t salt[32] = {0};
    es_status status = es_ledger_detail(run->reader->store, run->options->keyring,
                                        run->reader->log_id, index, salt, &detail, err);

    if (status == ES_E_ABSENT)
        return ES_OK; /* erased meanwhile */
    if (status == ES_E_INTEGRITY || status == ES_E_MISMATCH) {
        memset(salt, 0, sizeof salt);
        es_buf_reset(&detail);
        status = ES_OK;
    }
    ES_TRY(status);
    return es_bundle_put_detail(run->writer, index, salt, es_buf_span(&detail), err);
}

static es_status copy_details(struct export_run *run, struct es_error *err)
{
    struct detail_call *call = calloc(1, sizeof *call);
    es_status status = ES_OK;

    ES_ENSURE(call != NULL, err, ES_E_NOMEM, "out of memory");
    call->run = run;
    call->last = (int64_t) run->first - 1;
    call->count = DETAIL_PAGE;
    while (status == ES_OK && call->count == DETAIL_PAGE) {
        status = es_store_read(run->reader->store, ES_AS_AUDITOR, detail_fn, call, err);
        for (size_t i = 0; i < call->count && status == ES_OK; i++) {
            call->last = call->indexes[i];
            if ((uint64_t) call->last < es_bundle_next(run->writer))
                status = copy_detail(run, (uint64_t) call->last, err);
        }
    }
    free(call);
    return status;
}

/* ---- together ---- */

static es_status export_all(struct export_run *run, const char *folder, struct es_error *err)
{
    struct journal_pass before;

    ES_TRY(check_continues(run, folder, err));
    ES_TRY(copy_leaves(run, err));
    ES_TRY(settle(run, &before, err));
    ES_TRY(es_store_read(run->reader->store, ES_AS_AUDITOR, rest_fn, run, err));
    tell(run);
    if (run->options->details)
        ES_TRY(copy_details(run, err));
    ES_TRY(copy_journal(run, &before, err));
    return es_bundle_commit(run->writer, &run->head, err);
}

es_status es_log_export(struct es_log_reader *reader, const char *folder,
                        const struct es_log_export *options, uint64_t *entries,
                        struct es_error *err)
{
    ES_AUTO_PTR(es_bundle_writer) writer = NULL;
    struct export_run run = {.reader = reader, .options = options};

    ES_ENSURE(!options->details || options->keyring != NULL, err, ES_E_USAGE,
              "details are opened with a keyring");
    ES_TRY(es_bundle_open(folder, reader->origin, &writer, err));
    run.writer = writer;
    run.first = es_bundle_next(writer);
    ES_TRY(export_all(&run, folder, err));
    *entries = es_bundle_next(writer);
    return ES_OK;
}
