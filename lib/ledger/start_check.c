/*
 * Before a log is served: what the store has against what is known to have been signed
 * (audit-log.md 7): the journal, the table of checkpoints, and what witnesses or mirrors report.
 *
 *   store has them all, roots agree     go on; what is not signed is signed next
 *   store is smaller than one of them   frozen: log_behind
 *   a root differs                      frozen: log_fork; both are kept beside the journal
 *
 * A journal that lost lines which the table or a mirror still has gets the newest of them back.
 */
#include "keep.h"

#define DASH "\xe2\x80\x94 "

/* ---- notes ---- */

/* Body and one line of a checkpoint as a checkpoint of its own. */
static es_status only_line(const struct es_checkpoint *c, struct es_span line, struct es_buf *out,
                           struct es_error *err)
{
    es_buf_reset(out);
    es_buf_put_span(out, c->signed_text);
    es_buf_put_byte(out, '\n');
    es_buf_put_span(out, line);
    es_buf_put_byte(out, '\n');
    return es_buf_check(out, err);
}

static es_status is_signed(struct es_span note, const struct es_pubkey *key, bool *good,
                           struct es_error *err)
{
    ES_AUTO(es_checkpoint) c = {.size = 0};

    ES_TRY(es_checkpoint_parse(note, &c, err));
    return es_checkpoint_verify(&c, key, good, err);
}

es_status keep_note_read(struct es_span note, const char *origin, const struct es_pubkey *key,
                         struct keep_checkpoint *out, struct es_error *err)
{
    ES_AUTO(es_checkpoint) c = {.size = 0};
    ES_AUTO(es_buf) own = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    ES_AUTO(es_buf) start = ES_BUF_INIT(512);
    struct es_span rest;
    bool good = false;

    ES_TRY(es_checkpoint_parse(note, &c, err));
    ES_ENSURE(es_span_is(c.origin, origin), err, ES_E_CONFIG, "a checkpoint of another log");
    es_buf_printf(&start, DASH "%s ", origin);
    if (es_buf_cstr(&start) == NULL)
        return es_buf_check(&start, err);
    rest = es_span_sub(note, c.signed_text.len + 1, note.len);
    while (!good && rest.len > 0) {
        size_t end = es_span_find(rest, '\n');
        struct es_span line = es_span_sub(rest, 0, end);

        rest = es_span_sub(rest, end + 1, rest.len);
        if (!es_span_starts(line, (const char *) start.ptr))
            continue;
        ES_TRY(only_line(&c, line, &own, err));
        ES_TRY(is_signed(es_buf_span(&own), key, &good, err));
    }
    ES_ENSURE(good, err, ES_E_CONFIG, "%s: the key did not sign the checkpoint of size %llu",
              origin, (unsigned long long) c.size);
    return keep_checkpoint_set(out, c.size, &c.root, es_buf_span(&own), err);
}

/* A mirror that cannot be asked, or tells nonsense, does not stop the log: it is told. */
es_status keep_mirror_newest(const struct es_ledger_config *config, const char *origin,
                             struct keep_checkpoint *out, struct es_error *err)
{
    ES_AUTO(es_buf) note = ES_BUF_INIT(ES_CHECKPOINT_MAX);
    struct es_error why = {0};
    es_status status;

    keep_checkpoint_clear(out);
    if (config->mirror == NULL)
        return ES_OK;
    status = config->mirror(config->ctx, &note, &why);
    if (status == ES_OK && note.len > 0)
        status = keep_note_read(es_buf_span(&note), origin, es_key_public(config->key), out, &why);
    ES_ENSURE(status != ES_E_NOMEM, err, ES_E_NOMEM, "out of memory");
    if (status != ES_OK)
        keep_alarm(config, "mirror", "%s: %s", origin, why.text);
    return ES_OK;
}

/* ---- the tree at a signed size ---- */

static es_status take_bytes(void *ctx, const struct es_value *columns, size_t count,
                            struct es_error *err)
{
    struct es_span bytes;

    (void) count;
    ES_TRY(es_value_get_blob(&columns[0], &bytes, err));
    es_buf_reset(ctx);
    es_buf_put_span(ctx, bytes);
    return es_buf_check(ctx, err);
}

/* The last leaf under c, which its root must contain. */
static es_status last_leaf(struct es_tx *tx, int64_t log_id, const struct es_tree_source *source,
                           const struct keep_checkpoint *c, struct keep_chain *out,
                           struct es_error *err)
{
    const struct es_value values[2] = {es_value_int(log_id), keep_int(c->size - 1)};
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_LOG_LEAF_MAX);
    struct es_tree_path path;
    struct keep_leaf leaf;
    bool good = false;

    ES_TRY(es_tx_query(tx, "SELECT leaf FROM log_leaf WHERE log_id = $1 AND idx = $2", values, 2,
                       take_bytes, &bytes, err));
    ES_TRY(keep_leaf_reread(es_buf_span(&bytes), c->size - 1, &leaf, err));
    ES_TRY(es_tree_inclusion(source, c->size - 1, c->size, &path, err));
    ES_TRY(es_tree_verify_inclusion(&leaf.hash, c->size - 1, c->size, &path, &c->root, &good, err));
    ES_ENSURE(good && leaf.leaf.index == c->size - 1, err, ES_E_INTEGRITY,
              "leaf %llu is not the one that was signed", (unsigned long long) c->size - 1);
    *out = (struct keep_chain){
        .next = c->size, .last_hash = leaf.hash, .last_ms = leaf.leaf.sequenced_ms};
    return ES_OK;
}

static es_status edge_at(const struct es_tree_source *source, uint64_t size, struct es_tree *out,
                         struct es_error *err)
{
    es_tree_init(out);
    out->size = size;
    for (unsigned level = 0; level < 64; level++) {
        if ((size >> level & 1) != 0)
            ES_TRY(
                source->subtree(source->self, level, (size >> level) - 1, &out->edge[level], err));
    }
    return ES_OK;
}

static es_status verified_from(struct es_tx *tx, struct ledger_tile_source *tiles,
                               const struct keep_checkpoint *c, struct keep_verified *out,
                               struct es_error *err)
{
    const struct es_tree_source source = ledger_tile_source(tiles);
    struct es_log_hash root;

    ES_TRY(edge_at(&source, c->size, &out->tree, err));
    ES_TRY(es_tree_root(&out->tree, &root, err));
    ES_ENSURE(es_log_hash_equal(&root, &c->root), err, ES_E_MISMATCH,
              "the first %llu leaves have another root than was signed",
              (unsigned long long) c->size);
    return last_leaf(tx, tiles->log_id, &source, c, &out->chain, err);
}

es_status keep_verified_at(struct es_tx *tx, int64_t log_id, const char *origin,
                           const struct keep_checkpoint *c, struct keep_verified *out,
                           struct es_error *err)
{
    struct ledger_tile_source *tiles;
    es_status status;

    *out = (struct keep_verified){.chain = {.next = 0}};
    es_tree_init(&out->tree);
    if (c->size == 0)
        return es_log_genesis(origin, &out->chain.last_hash, err);
    tiles = calloc(1, sizeof *tiles);
    ES_ENSURE(tiles != NULL, err, ES_E_NOMEM, "out of memory");
    tiles->tx = tx;
    tiles->log_id = log_id;
    status = verified_from(tx, tiles, c, out, err);
    free(tiles);
    return status;
}

/* ---- the check ---- */

enum { JOURNAL, TABLE, MIRROR, SOURCES };
static const char *const source_name[SOURCES] = {"journal", "table", "mirror"};

struct check {
    struct es_ledger *ledger;
    struct keep_head head;
    struct keep_checkpoint known[SOURCES];
    struct keep_verified verified[SOURCES];
    int differs; /* source whose root differs, or -1 */
};

static void check_clear(struct check *check)
{
    for (int i = 0; i < SOURCES; i++)
        keep_checkpoint_clear(&check->known[i]);
    free(check);
}

static es_status compare_one(struct check *check, struct es_tx *tx, int i, struct es_error *err)
{
    struct es_ledger *ledger = check->ledger;
    es_status status;

    if (check->known[i].size > check->head.size)
        return ES_OK;
    status = keep_verified_at(tx, ledger->log_id, ledger->origin, &check->known[i],
                              &check->verified[i], err);
    if (status != ES_E_MISMATCH)
        return status;
    check->differs = i;
    return ES_OK;
}

/* One state of the store throughout; the table's newest must be signed by our key too. */
static es_status look_at_store(void *ctx, struct es_tx *tx, struct es_error *err)
{
    ES_AUTO(keep_checkpoint) table = {.size = 0};
    struct check *check = ctx;
    struct es_ledger *ledger = check->ledger;

    check->differs = -1;
    ES_TRY(keep_head_newest(tx, ledger->config.log, &check->head, err));
    ES_ENSURE(check->head.log_id == ledger->log_id, err, ES_E_FROZEN, "epoch %llu has begun",
              (unsigned long long) check->head.epoch);
    ES_ENSURE(strcmp(check->head.state, "open") == 0, err, ES_E_FROZEN, "%s", check->head.why);
    ES_TRY(keep_checkpoint_newest(tx, ledger->log_id, &table, err));
    keep_checkpoint_clear(&check->known[TABLE]);
    if (table.size > 0)
        ES_TRY(keep_note_read(es_buf_span(&table.note), ledger->origin,
                              es_key_public(ledger->config.key), &check->known[TABLE], err));
    for (int i = 0; i < SOURCES && check->differs < 0; i++)
        ES_TRY(compare_one(check, tx, i, err));
    return ES_OK;
}

static int greatest(const struct check *check)
{
    int at = JOURNAL;

    for (int i = 1; i < SOURCES; i++) {
        if (check->known[i].size > check->known[at].size)
            at = i;
    }
    return at;
}

/* Two signed roots for one size, or a signed root that the store does not have. */
static int forked(const struct check *check)
{
    if (check->differs >= 0)
        return check->differs;
    for (int i = 1; i < SOURCES; i++) {
        for (int j = 0; j < i; j++) {
            if (check->known[i].size == check->known[j].size && check->known[i].size > 0 &&
                !es_log_hash_equal(&check->known[i].root, &check->known[j].root))
                return i;
        }
    }
    return -1;
}

/* What was found before stays: a second fork gets a name of its own, from what it says. */
static es_status write_evidence(const char *journal, uint64_t size, struct es_span text)
{
    ES_AUTO(es_buf) path = ES_BUF_INIT(4096);
    uint8_t sm3[ES_SM3_LEN];
    es_status status;

    es_buf_printf(&path, "%s.fork-%llu", journal, (unsigned long long) size);
    if (es_buf_cstr(&path) == NULL)
        return es_buf_check(&path, NULL);
    status = es_file_write(es_buf_cstr(&path), text, 0600, false, NULL);
    if (status != ES_E_EXISTS)
        return status;
    ES_TRY(es_sm3(text, sm3, NULL));
    es_buf_put_byte(&path, '-');
    es_buf_put_hex(&path, es_span_of(sm3, 8));
    if (es_buf_cstr(&path) == NULL)
        return es_buf_check(&path, NULL);
    status = es_file_write(es_buf_cstr(&path), text, 0600, false, NULL);
    return status == ES_E_EXISTS ? ES_OK : status;
}

/* Signed checkpoints that cannot both be true, for whoever has to find out. */
static void keep_evidence(const struct check *check, int fork)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(SOURCES * (ES_CHECKPOINT_MAX + 64));
    es_status status;

    for (int i = 0; i < SOURCES; i++) {
        es_buf_printf(&text, "%s:\n", source_name[i]);
        es_buf_put_span(&text, es_buf_span(&check->known[i].note));
    }
    es_buf_printf(&text, "store:\n%s\n%llu\n", check->head.origin,
                  (unsigned long long) check->head.size);
    es_buf_put_base64(&text, ledger_span(&check->head.root));
    es_buf_put_byte(&text, '\n');
    status = es_buf_check(&text, NULL);
    if (status == ES_OK)
        status = write_evidence(check->ledger->config.journal, check->known[fork].size,
                                es_buf_span(&text));
    if (status != ES_OK)
        keep_alarm(&check->ledger->config, "log_fork", "%s: the evidence could not be written",
                   check->head.origin);
}

static es_status judge(struct check *check, struct es_error *err)
{
    int top = greatest(check), fork = forked(check);
    const struct keep_checkpoint *known = &check->known[fork >= 0 ? fork : top];
    char why[KEEP_WHY_MAX];

    if (fork < 0 && known->size <= check->head.size)
        return ES_OK;
    (void) snprintf(why, sizeof why, "%s: store %llu, %s %llu",
                    fork >= 0 ? "log_fork" : "log_behind", (unsigned long long) check->head.size,
                    source_name[fork >= 0 ? fork : top], (unsigned long long) known->size);
    if (fork >= 0)
        keep_evidence(check, fork);
    keep_freeze(check->ledger, fork >= 0 ? "log_fork" : "log_behind", why);
    return es_error_set(err, ES_E_FROZEN, "%s", why);
}

/* ---- journal and table learn what they lack ---- */

static es_status mend_table(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const struct check *check = ctx;
    struct es_ledger *ledger = check->ledger;
    const struct keep_checkpoint *newest = &check->known[greatest(check)];

    ES_TRY(keep_mend_table(tx, &ledger->config, ledger->log_id, ledger->origin,
                           check->known[TABLE].size, newest->size, err));
    return keep_checkpoint_insert(tx, ledger->log_id, newest, keep_now_ms(&ledger->config), err);
}

static es_status mend_journal(void *ctx, struct es_tx *tx, struct es_error *err)
{
    const struct check *check = ctx;
    struct es_ledger *ledger = check->ledger;

    return keep_mend_journal(tx, &ledger->config, ledger->log_id, ledger->origin,
                             &ledger->seat.journal, check->known[TABLE].size, err);
}

static es_status mend(struct check *check, int top, struct es_error *err)
{
    struct es_ledger *ledger = check->ledger;
    const struct keep_checkpoint *newest = &check->known[top];
    struct keep_journal *journal = &ledger->seat.journal;

    if (journal->last.size < newest->size)
        keep_alarm(&ledger->config, "journal_behind", "%s: journal at %llu, %s at %llu",
                   ledger->origin, (unsigned long long) journal->last.size, source_name[top],
                   (unsigned long long) newest->size);
    if (journal->last.size < check->known[TABLE].size)
        ES_TRY(es_session_read(ledger->seat.session, mend_journal, check, err));
    if (journal->last.size < newest->size)
        ES_TRY(keep_journal_append(journal, es_log_name_text(ledger->config.log),
                                   keep_now_ms(&ledger->config), newest, err));
    if (check->known[TABLE].size < newest->size)
        ES_TRY(es_session_write(ledger->seat.session, mend_table, check, err));
    return newest->size == 0 ? ES_OK : keep_set_newest(ledger, newest, err);
}

static es_status run(struct check *check, struct es_error *err)
{
    struct es_ledger *ledger = check->ledger;
    const struct keep_checkpoint *last = &ledger->seat.journal.last;
    int top;

    if (last->size > 0)
        ES_TRY(keep_note_read(es_buf_span(&last->note), ledger->origin,
                              es_key_public(ledger->config.key), &check->known[JOURNAL], err));
    ES_TRY(keep_mirror_newest(&ledger->config, ledger->origin, &check->known[MIRROR], err));
    ES_TRY(es_session_read(ledger->seat.session, look_at_store, check, err));
    ES_TRY(judge(check, err));
    top = greatest(check);
    ES_TRY(mend(check, top, err));
    ledger->seat.verified = check->verified[top];
    ledger->seat.last_ms = check->head.last_ms;
    return ES_OK;
}

es_status keep_start_check(struct es_ledger *ledger, struct es_error *err)
{
    struct check *check = calloc(1, sizeof *check);
    es_status status;

    ES_ENSURE(check != NULL, err, ES_E_NOMEM, "out of memory");
    check->ledger = ledger;
    status = run(check, err);
    check_clear(check);
    return status;
}
