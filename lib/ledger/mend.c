/*
 * Journal and table of checkpoints say the same; after a crash, a restore or a refill one of them
 * may lack what the other has. What is brought over is signed by the log's key and is the root of
 * so many leaves of the store.
 */
#include "keep.h"

struct mend {
    const struct es_ledger_config *config;
    const char *origin;
    int64_t log_id;
    uint64_t from, to; /* sizes above from, up to to */
    struct es_tx *tx;
    struct ledger_tile_source *tiles;
    struct keep_journal *journal; /* NULL: the table is mended */
    struct es_buf notes;          /* for the journal: u32 length and note, in order of size */
};

static es_status check_note(struct mend *m, struct es_span note, struct keep_checkpoint *out,
                            struct es_error *err)
{
    const struct es_tree_source source = ledger_tile_source(m->tiles);
    struct es_log_hash root;

    ES_TRY(keep_note_read(note, m->origin, es_key_public(m->config->key), out, err));
    ES_TRY(es_tree_root_of(&source, out->size, &root, err));
    ES_ENSURE(es_log_hash_equal(&root, &out->root), err, ES_E_INTEGRITY,
              "the first %llu leaves have another root than was signed",
              (unsigned long long) out->size);
    return ES_OK;
}

static bool is_wanted(const struct mend *m, struct es_span note)
{
    ES_AUTO(es_checkpoint) c = {.size = 0};

    return es_checkpoint_parse(note, &c, NULL) == ES_OK && es_span_is(c.origin, m->origin) &&
           c.size > m->from && c.size <= m->to;
}

static es_status with_tiles(struct mend *m, struct es_tx *tx,
                            es_status (*fn)(struct mend *m, struct es_error *err),
                            struct es_error *err)
{
    es_status status;

    m->tx = tx;
    m->tiles = calloc(1, sizeof *m->tiles);
    ES_ENSURE(m->tiles != NULL, err, ES_E_NOMEM, "out of memory");
    m->tiles->tx = tx;
    m->tiles->log_id = m->log_id;
    status = fn(m, err);
    free(m->tiles);
    m->tiles = NULL;
    return status;
}

/* ---- the table, from the journal ---- */

static es_status line_to_table(void *ctx, const struct es_journal_line *line, struct es_error *err)
{
    ES_AUTO(keep_checkpoint) c = {.size = 0};
    struct mend *m = ctx;

    if (!is_wanted(m, line->note))
        return ES_OK;
    ES_TRY(check_note(m, line->note, &c, err));
    return keep_checkpoint_insert(m->tx, m->log_id, &c, line->t_ms, err);
}

static es_status lines_to_table(struct mend *m, struct es_error *err)
{
    return es_journal_each(m->config->journal, NULL, line_to_table, m, err);
}

es_status keep_mend_table(struct es_tx *tx, const struct es_ledger_config *config, int64_t log_id,
                          const char *origin, uint64_t from, uint64_t to, struct es_error *err)
{
    struct mend m = {.config = config, .origin = origin, .log_id = log_id, .from = from, .to = to};

    return with_tiles(&m, tx, lines_to_table, err);
}

/* ---- the journal, from the table ---- */

static es_status take_note(void *ctx, const struct es_value *columns, size_t count,
                           struct es_error *err)
{
    struct mend *m = ctx;
    struct es_span note;
    uint32_t len;

    (void) count;
    ES_TRY(es_value_get_text(&columns[0], &note, err));
    len = (uint32_t) note.len;
    es_buf_put(&m->notes, &len, sizeof len);
    es_buf_put_span(&m->notes, note);
    return es_buf_check(&m->notes, err);
}

static es_status notes_to_journal(struct mend *m, struct es_error *err)
{
    const struct es_value values[3] = {es_value_int(m->log_id), keep_int(m->from), keep_int(m->to)};
    struct es_span rest;

    es_buf_reset(&m->notes);
    ES_TRY(es_tx_query(m->tx,
                       "SELECT note FROM log_checkpoint "
                       "WHERE log_id = $1 AND size > $2 AND size <= $3 ORDER BY size",
                       values, 3, take_note, m, err));
    rest = es_buf_span(&m->notes);
    while (rest.len > 0) {
        ES_AUTO(keep_checkpoint) c = {.size = 0};
        uint32_t len;

        memcpy(&len, rest.ptr, sizeof len);
        ES_TRY(check_note(m, es_span_sub(rest, sizeof len, len), &c, err));
        ES_TRY(keep_journal_append(m->journal, es_log_name_text(m->config->log),
                                   keep_now_ms(m->config), &c, err));
        rest = es_span_sub(rest, sizeof len + len, rest.len);
    }
    return ES_OK;
}

es_status keep_mend_journal(struct es_tx *tx, const struct es_ledger_config *config, int64_t log_id,
                            const char *origin, struct keep_journal *journal, uint64_t to,
                            struct es_error *err)
{
    struct mend m = {.config = config,
                     .origin = origin,
                     .log_id = log_id,
                     .from = journal->last.size,
                     .to = to,
                     .journal = journal};
    es_status status;

    es_buf_init(&m.notes, (size_t) 1 << 30);
    status = with_tiles(&m, tx, notes_to_journal, err);
    es_buf_clear(&m.notes);
    return status;
}
