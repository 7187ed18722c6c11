/*
 * Everything derived against the leaves, in one transaction: one pass over the leaves, page by
 * page, then each part compares (audit-log.md 6.4). The tree of the leaves must give the root of
 * the newest signed checkpoint, or the leaves themselves are not what was signed, and nothing is
 * put right by them.
 */
#include "rebuild.h"

#include <stdlib.h>

struct pass {
    struct rebuild r;
    const struct es_log_reader *reader;
    struct es_log_rebuild_result *out;
    bool write;
    struct read_checkpoint checkpoint; /* size 0: none is signed */
    struct es_tree tree;
    struct rebuild_tiles tiles;
    struct rebuild_map map;
    struct keep_writers writers;
    struct es_log_hash hash[READ_PAGE]; /* of the page's leaves */
    size_t rows;
};

static void pass_clear(struct pass *p)
{
    read_checkpoint_clear(&p->checkpoint);
    rebuild_map_clear(&p->map);
    keep_writers_clear(&p->writers);
}

static void pass_begin(struct pass *p, struct es_tx *tx)
{
    pass_clear(p);
    p->r = (struct rebuild){
        .tx = tx, .log_id = p->reader->log_id, .write = p->write, .found = p->out};
    p->checkpoint.size = 0;
    es_tree_init(&p->tree);
    memset(&p->tiles, 0, sizeof p->tiles);
    *p->out = (struct es_log_rebuild_result){.leaves = 0};
}

/* ---- a leaf and its columns ---- */

static bool same_blob(const struct es_value *column, const uint8_t *expected, size_t len)
{
    if (expected == NULL)
        return column->kind == ES_VALUE_NULL;
    return column->kind == ES_VALUE_BLOB && column->s.len == len &&
           memcmp(column->s.ptr, expected, len) == 0;
}

/* columns: idx, leaf, leaf_hash, event_type, actor, object_id, event_ms, entry_id, subject. The
 * entry_id of a status event stands in no leaf. */
static bool same_columns(const struct es_value *columns, const struct keep_leaf *leaf)
{
    return same_blob(&columns[2], leaf->hash.b, ES_LOG_HASH_LEN) &&
           (uint64_t) columns[3].i == leaf->event_type &&
           es_span_equal(columns[4].s, leaf->actor) &&
           es_span_equal(columns[5].s, leaf->object_id) &&
           (uint64_t) columns[6].i == leaf->event_ms &&
           (leaf->leaf.kind != ES_LEAF_AUDIT || same_blob(&columns[7], leaf->entry_id, 16)) &&
           same_blob(&columns[8], leaf->subject, ES_LOG_HASH_LEN);
}

static es_status check_root(struct pass *p, struct es_error *err)
{
    struct es_log_hash root;

    if (p->tree.size != p->checkpoint.size || p->tree.size == 0)
        return ES_OK;
    ES_TRY(es_tree_root(&p->tree, &root, err));
    ES_ENSURE(es_log_hash_equal(&root, &p->checkpoint.root), err, ES_E_INTEGRITY,
              "the leaves do not give the root that was signed for %llu",
              (unsigned long long) p->checkpoint.size);
    return ES_OK;
}

static es_status add_leaf(struct pass *p, const struct keep_leaf *leaf, struct es_error *err)
{
    if (leaf->leaf.kind == ES_LEAF_AUDIT)
        ES_TRY(rebuild_writers_add(&p->writers, leaf, err));
    if (leaf->leaf.kind == ES_LEAF_STATUS)
        ES_TRY(rebuild_map_add(&p->map, leaf, err));
    ES_TRY(es_tree_append(&p->tree, &leaf->hash, err));
    return check_root(p, err);
}

static es_status take_leaf(void *ctx, const struct es_value *columns, size_t count,
                           struct es_error *err)
{
    struct pass *p = ctx;
    struct keep_leaf leaf;
    struct es_span bytes;
    es_status status;

    (void) count;
    ES_TRY(es_value_get_blob(&columns[1], &bytes, err));
    status = keep_leaf_read(bytes, &leaf, err);
    if (status == ES_E_NOMEM)
        return status;
    ES_ENSURE(status == ES_OK && (uint64_t) columns[0].i == p->tree.size &&
                  leaf.leaf.index == p->tree.size,
              err, ES_E_INTEGRITY, "leaf %llu is missing or no leaf",
              (unsigned long long) p->tree.size);
    ES_BUG_ON(p->rows >= READ_PAGE);
    p->hash[p->rows++] = leaf.hash;
    p->out->leaves++;
    p->out->columns += !same_columns(columns, &leaf);
    return add_leaf(p, &leaf, err);
}

/* Tiles are compared behind the page: within it its own query is still going on. */
static es_status read_page(struct pass *p, struct es_error *err)
{
    const struct es_value values[] = {es_value_int(p->r.log_id), keep_int(p->tree.size),
                                      es_value_int(READ_PAGE)};

    p->rows = 0;
    ES_TRY(es_tx_query(p->r.tx,
                       "SELECT idx, leaf, leaf_hash, event_type, actor, object_id, event_ms, "
                       "entry_id, subject FROM log_leaf WHERE log_id = $1 AND idx >= $2 "
                       "ORDER BY idx LIMIT $3",
                       values, 3, take_leaf, p, err));
    for (size_t i = 0; i < p->rows; i++)
        ES_TRY(rebuild_tiles_add(&p->tiles, &p->r, &p->hash[i], err));
    return ES_OK;
}

/* ---- the whole ---- */

static es_status read_checkpoint_if_any(struct pass *p, struct es_error *err)
{
    es_status status = read_checkpoint(p->r.tx, p->reader, 0, 0, &p->checkpoint, err);

    if (status == ES_E_ABSENT)
        p->checkpoint.size = 0;
    return status == ES_E_ABSENT ? ES_OK : status;
}

static es_status read_leaves(struct pass *p, struct es_error *err)
{
    int64_t size = 0;

    ES_TRY(rebuild_count(&p->r, "SELECT size FROM log_head WHERE log_id = $1", &size, err));
    do
        ES_TRY(read_page(p, err));
    while (p->rows == READ_PAGE);
    ES_ENSURE(p->tree.size >= p->checkpoint.size && p->tree.size == (uint64_t) size, err,
              ES_E_INTEGRITY, "%llu leaves, the head says %lld, signed are %llu",
              (unsigned long long) p->tree.size, (long long) size,
              (unsigned long long) p->checkpoint.size);
    return ES_OK;
}

static es_status pass_fn(void *ctx, struct es_tx *tx, struct es_error *err)
{
    struct pass *p = ctx;

    pass_begin(p, tx);
    ES_TRY(read_checkpoint_if_any(p, err));
    ES_TRY(read_leaves(p, err));
    ES_TRY(rebuild_tiles_end(&p->tiles, &p->r, err));
    ES_TRY(rebuild_map_end(&p->map, &p->r, err));
    return rebuild_writers_end(&p->writers, &p->r, err);
}

/* Written only where nobody sequences. */
static es_status run(struct pass *p, struct es_error *err)
{
    ES_AUTO_PTR(es_session) session = NULL;

    if (!p->write)
        return es_store_read(p->reader->store, ES_AS_AUDITOR, pass_fn, p, err);
    ES_TRY(es_session_open(p->reader->store, ES_AS_SEQUENCER, p->reader->log_id, &session, err));
    return es_session_write(session, pass_fn, p, err);
}

es_status es_log_rebuild(struct es_log_reader *reader, bool write,
                         struct es_log_rebuild_result *out, struct es_error *err)
{
    struct pass *p = calloc(1, sizeof *p);
    es_status status;

    *out = (struct es_log_rebuild_result){.leaves = 0};
    ES_ENSURE(p != NULL, err, ES_E_NOMEM, "out of memory");
    p->reader = reader;
    p->out = out;
    p->write = write;
    status = run(p, err);
    pass_clear(p);
    free(p);
    return status;
}
