/*
 * Checkpoints of table and journal. Both are read before the leaves: form, signature, order and
 * witnesses are judged there; what holds is kept once for each size and root, sorted by size, and
 * the leaves pass it by to compare the roots.
 */
#include "verify_internal.h"

struct reading {
    struct verify *v;
    bool journal;
    bool has_size; /* of the line before */
    uint64_t size, line;
    uint8_t key_id[4];       /* of the log's own key */
    struct verify_list more; /* of the journal, not in the table */
};

void verify_checkpoints_clear(struct verify_checkpoints *c)
{
    free(c->good.items);
    free(c->bad.items);
    *c = (struct verify_checkpoints){.next = 0};
}

/* ---- lists ---- */

static es_status push(struct verify_list *list, const struct verify_checkpoint *item,
                      struct es_error *err)
{
    void *items = list->items;

    ES_TRY(verify_grow(&items, list->count, &list->cap, sizeof *list->items, err));
    list->items = items;
    list->items[list->count++] = *item;
    return ES_OK;
}

static int by_size(const void *a, const void *b)
{
    const struct verify_checkpoint *x = a, *y = b;

    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    return memcmp(x->root.b, y->root.b, sizeof x->root.b);
}

static void merge(struct verify_checkpoint *into, const struct verify_checkpoint *from)
{
    into->in_table |= from->in_table;
    into->in_journal |= from->in_journal;
    into->given |= from->given;
    into->quorum |= from->quorum;
    if (from->witnesses > into->witnesses) {
        into->witnesses = from->witnesses;
        into->witnessed_s = from->witnessed_s;
    }
}

/* Each size and root once. */
static void settle(struct verify_list *list)
{
    size_t kept = 0;

    if (list->count < 2)
        return;
    qsort(list->items, list->count, sizeof *list->items, by_size);
    for (size_t i = 1; i < list->count; i++) {
        if (by_size(&list->items[kept], &list->items[i]) == 0)
            merge(&list->items[kept], &list->items[i]);
        else
            list->items[++kept] = list->items[i];
    }
    list->count = kept + 1;
}

static struct verify_checkpoint *find(const struct verify_list *list,
                                      const struct verify_checkpoint *like)
{
    return list->count == 0 ? NULL
                            : bsearch(like, list->items, list->count, sizeof *list->items, by_size);
}

/* ---- one checkpoint ---- */

/* SM3 of the log's own signature, when there is one line of the right form. */
static es_status own_signature(const struct reading *r, const struct es_checkpoint *c,
                               uint8_t out[ES_SM3_LEN], bool *there, struct es_error *err)
{
    const struct es_checkpoint_line *hit = log_checkpoint_line(c, c->origin, r->key_id);

    *there = hit != NULL && hit->sig.len == ES_SM2_RAW_LEN;
    return *there ? es_sm3(hit->sig, out, err) : ES_OK;
}

static void look_at_order(struct reading *r, const struct verify_checkpoint *item)
{
    if (r->has_size && (item->size < r->size || (!r->journal && item->size == r->size)))
        verify_found(r->v, "checkpoint_order", item->size, "%s, line %llu: size %llu after %llu",
                     r->journal ? BUNDLE_JOURNAL : BUNDLE_CHECKPOINTS, (unsigned long long) r->line,
                     (unsigned long long) item->size, (unsigned long long) r->size);
    r->has_size = true;
    r->size = item->size;
}

static es_status judge_of_table(struct reading *r, const struct es_checkpoint *c,
                                struct verify_checkpoint *item, struct es_error *err)
{
    struct verify_checkpoints *all = &r->v->checkpoints;
    struct es_checkpoint_facts facts;
    bool there = false;

    ES_TRY(es_checkpoint_judge(c, r->v->options->trust, &facts, err));
    if (!facts.signed_by_log)
        return push(&all->bad, item, err);
    ES_TRY(own_signature(r, c, item->own_sig, &there, err));
    look_at_order(r, item);
    item->in_table = true;
    item->witnesses = facts.witnesses;
    item->witnessed_s = facts.witnessed_s;
    item->quorum = facts.quorum && !facts.wrong_witness;
    if (facts.wrong_witness)
        verify_found(r->v, "witness_signature", item->size,
                     "the line of a known witness does not hold");
    return push(&all->good, item, err);
}

/* The very signature that held in the table is not checked again. */
static es_status judge_of_journal(struct reading *r, const struct es_checkpoint *c,
                                  struct verify_checkpoint *item, struct es_error *err)
{
    struct verify_checkpoints *all = &r->v->checkpoints;
    struct verify_checkpoint *same = find(&all->good, item);
    bool good = false;

    ES_TRY(own_signature(r, c, item->own_sig, &good, err));
    if (good && (same == NULL || memcmp(same->own_sig, item->own_sig, ES_SM3_LEN) != 0))
        ES_TRY(es_checkpoint_verify(c, r->v->options->trust->key, &good, err));
    if (!good)
        return push(&all->bad, item, err);
    look_at_order(r, item);
    item->in_journal = true;
    if (same == NULL)
        return push(&r->more, item, err);
    same->in_journal = true;
    return ES_OK;
}

static es_status read_line(struct reading *r, enum bundle_step step, struct es_span line,
                           struct es_error *err)
{
    ES_AUTO(es_checkpoint) c = {.size = 0};
    struct verify_checkpoint item = {.size = 0};
    es_status status = ES_E_FORMAT;

    if (step == BUNDLE_ITEM)
        status = bundle_line_parse(line, &r->v->manifest, &c, err);
    if (status == ES_E_NOMEM)
        return status;
    if (status != ES_OK) {
        verify_found(r->v, "checkpoint_format", r->line, "%s: line is not of the form",
                     r->journal ? BUNDLE_JOURNAL : BUNDLE_CHECKPOINTS);
        return ES_OK;
    }
    item.size = c.size;
    item.root = c.root;
    return r->journal ? judge_of_journal(r, &c, &item, err) : judge_of_table(r, &c, &item, err);
}

/* ---- the files ---- */

static es_status read_lines(struct reading *r, struct bundle_reader *reader, struct es_error *err)
{
    enum bundle_step step = BUNDLE_END;
    struct es_span line = {NULL, 0};

    for (r->line = 0;; r->line++) {
        ES_TRY(bundle_next_line(reader, &step, &line, err));
        if (step == BUNDLE_END)
            return ES_OK;
        ES_TRY(read_line(r, step, line, err));
        if (r->line % 256 == 255)
            verify_progress(r->v, 0);
    }
}

/* *there: the manifest names it and it is there. */
static es_status read_file(struct reading *r, const char *name, bool *there, struct es_error *err)
{
    ES_AUTO(bundle_reader) reader = {.open = false};
    es_status status = ES_E_ABSENT;

    *there = false;
    if (bundle_manifest_find(&r->v->manifest, name) != NULL)
        status = bundle_reader_open(&reader, r->v->folder, name, BUNDLE_LINE_WINDOW, err);
    if (status == ES_E_ABSENT)
        return ES_OK;
    ES_TRY(status);
    *there = true;
    r->has_size = false;
    return read_lines(r, &reader, err);
}

static es_status read_both(struct reading *r, struct es_error *err)
{
    struct verify_checkpoints *all = &r->v->checkpoints;

    ES_TRY(read_file(r, BUNDLE_CHECKPOINTS, &all->has_table, err));
    settle(&all->good);
    r->journal = true;
    ES_TRY(read_file(r, BUNDLE_JOURNAL, &all->has_journal, err));
    for (size_t i = 0; i < r->more.count; i++)
        ES_TRY(push(&all->good, &r->more.items[i], err));
    return ES_OK;
}

/* What needs no leaves: signatures, table against journal, two roots for one size. */
static void report(struct verify *v)
{
    struct verify_checkpoints *all = &v->checkpoints;

    for (size_t i = 0; i < all->bad.count; i++)
        verify_found(v, "checkpoint_signature", all->bad.items[i].size,
                     "the log's own signature does not hold");
    for (size_t i = 0; i < all->good.count; i++) {
        const struct verify_checkpoint *c = &all->good.items[i];
        bool second = i > 0 && c[-1].size == c->size;
        bool third = second && i > 1 && c[-2].size == c->size;

        v->out->checkpoints += c->in_table || c->in_journal;
        if (all->has_journal && c->in_table && !c->in_journal)
            verify_found(v, "journal_missing", c->size, "not in the journal");
        if (all->has_table && c->in_journal && !c->in_table)
            verify_found(v, "table_missing", c->size, "in the journal, not in the table");
        if (second && !third)
            verify_found(v, "checkpoint_fork", c->size, "signed with different roots");
    }
}

es_status verify_checkpoints_read(struct verify *v, const struct es_checkpoint *given,
                                  struct es_error *err)
{
    struct verify_checkpoints *all = &v->checkpoints;
    struct reading r = {.v = v};
    es_status status;

    ES_TRY(es_checkpoint_key_id(v->manifest.origin, ES_CHECKPOINT_ALGORITHM, v->options->trust->key,
                                r.key_id, err));
    status = read_both(&r, err);
    free(r.more.items);
    ES_TRY(status);
    if (given != NULL) {
        const struct verify_checkpoint item = {
            .size = given->size, .root = given->root, .given = true};

        ES_TRY(push(&all->good, &item, err));
    }
    settle(&all->good);
    settle(&all->bad);
    report(v);
    return ES_OK;
}
