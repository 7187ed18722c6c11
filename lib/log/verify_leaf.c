/*
 * One leaf: its own fields against the leaves before, its body, then the parts that watch. What is
 * found wrong is reported; the leaf counts all the same as the bytes it is.
 */
#include "verify_internal.h"

/* ---- the tree, which gives the tiles on its way ---- */

/* Level l of the tiles has the roots of whole subtrees of 256^l leaves. */
static es_status give_to_tiles(void *ctx, unsigned level, const struct es_log_hash *hash,
                               struct es_error *err)
{
    return level % 8 == 0 ? verify_tiles_node(ctx, level / 8, hash, err) : ES_OK;
}

/* ---- bodies ---- */

bool verify_audit_decodes(const struct es_leaf *leaf, struct es_audit_event *e)
{
    return leaf->kind == ES_LEAF_AUDIT && es_audit_event_decode(leaf->body, e, NULL) == ES_OK &&
           e->has_detail == !es_log_hash_is_zero(&e->detail_hash);
}

static void decode_body(struct verify *v, struct verify_leaf *leaf)
{
    enum verify_body body = VERIFY_NO_BODY;

    if (verify_audit_decodes(&leaf->leaf, &leaf->audit))
        body = VERIFY_AUDIT;
    if (leaf->leaf.kind == ES_LEAF_STATUS &&
        es_status_event_decode(leaf->leaf.body, &leaf->status, NULL) == ES_OK)
        body = VERIFY_STATUS;
    if (leaf->leaf.kind == ES_LEAF_MAP_HEAD &&
        es_map_head_decode(leaf->leaf.body, &leaf->head, NULL) == ES_OK)
        body = VERIFY_MAP_HEAD;
    if (body == VERIFY_NO_BODY)
        verify_found(v, "body_format", leaf->place, "body of %zu bytes does not decode",
                     leaf->leaf.body.len);
    leaf->body = body;
}

static es_status look_at_body(struct verify *v, const struct verify_leaf *leaf,
                              struct es_error *err)
{
    switch (leaf->body) {
    case VERIFY_AUDIT:
        ES_TRY(verify_writers_see(v, leaf, err));
        return verify_ids_see(v, leaf, err);
    case VERIFY_STATUS:
        return verify_status_see(v, leaf, err);
    case VERIFY_MAP_HEAD:
        return verify_head_see(v, leaf, err);
    default:
        return ES_OK;
    }
}

/* ---- the leaf ---- */

static void look_at_fields(struct verify *v, const struct verify_leaf *at)
{
    const struct es_leaf *leaf = &at->leaf;

    if (leaf->index != at->place)
        verify_found(v, "leaf_index", at->place, "index %llu in the leaf",
                     (unsigned long long) leaf->index);
    if (v->has_previous && !es_log_hash_equal(&leaf->previous, &v->previous))
        verify_found(v, "leaf_previous", at->place, "previous is not the hash of the leaf before");
    if (v->has_last_ms && leaf->sequenced_ms < v->last_ms)
        verify_found(v, "leaf_time", at->place, "time %llu after %llu",
                     (unsigned long long) leaf->sequenced_ms, (unsigned long long) v->last_ms);
    v->last_ms = leaf->sequenced_ms;
    v->has_last_ms = true;
}

static void decode(struct verify *v, struct es_span bytes, struct verify_leaf *at)
{
    at->decoded = es_leaf_decode(bytes, &at->leaf, NULL) == ES_OK;
    if (!at->decoded) {
        verify_found(v, "leaf_format", at->place, "%zu bytes are no leaf of version 1", bytes.len);
        return;
    }
    look_at_fields(v, at);
    if ((at->leaf.kind != ES_LEAF_AUDIT) == v->manifest.status)
        decode_body(v, at);
    else
        verify_found(v, "leaf_kind", at->place, "kind %d does not belong into this log",
                     (int) at->leaf.kind);
}

es_status verify_leaf(struct verify *v, struct es_span bytes, struct es_error *err)
{
    struct verify_leaf at = {.place = v->tree.size};

    ES_TRY(es_leaf_hash(bytes, &at.hash, err));
    decode(v, bytes, &at);
    ES_TRY(look_at_body(v, &at, err));
    ES_TRY(verify_columns_see(v, &at, err));
    ES_TRY(verify_details_see(v, &at, err));
    ES_TRY(log_tree_append(&v->tree, &at.hash, give_to_tiles, v, err));
    v->previous = at.hash;
    v->has_previous = true;
    v->last_is_map_head = at.decoded && at.leaf.kind == ES_LEAF_MAP_HEAD;
    return verify_checkpoints_pass(v, err);
}
