/*
 * Checkpoints against the leaves as they pass, and what the newest that holds is worth. Below the
 * first leaf read a root is taken as it is.
 */
#include "verify_internal.h"

static void look_at_root(struct verify *v, struct verify_checkpoint *c,
                         const struct es_log_hash *root)
{
    c->wrong_root = !es_log_hash_equal(&c->root, root);
    if (c->wrong_root)
        verify_found(v, "checkpoint_root", c->size, "root is not that of the first %llu leaves",
                     (unsigned long long) c->size);
    if (v->manifest.status && c->size > 0 && !v->last_is_map_head)
        verify_found(v, "checkpoint_head", c->size, "the last leaf under it is no map head");
}

es_status verify_checkpoints_pass(struct verify *v, struct es_error *err)
{
    struct verify_checkpoints *all = &v->checkpoints;
    struct es_log_hash root;
    bool made = false;

    while (all->next < all->good.count && all->good.items[all->next].size <= v->tree.size) {
        struct verify_checkpoint *c = &all->good.items[all->next++];

        if (c->size < v->tree.size)
            continue;
        if (!made)
            ES_TRY(es_tree_root(&v->tree, &root, err));
        made = true;
        look_at_root(v, c, &root);
    }
    return ES_OK;
}

/* What witnesses have not seen yet could be told to somebody else in another way. */
static void look_at_witnesses(struct verify *v, const struct verify_checkpoint *witnessed)
{
    size_t quorum = v->options->trust->quorum;

    if (quorum == 0)
        return;
    if (witnessed == NULL)
        verify_found(v, "witness_quorum", v->out->signed_size,
                     "no checkpoint has lines of %zu witnesses", quorum);
    else if (v->out->signed_size > witnessed->size)
        verify_notice(v, "unwitnessed_tail", witnessed->size,
                      "%llu signed leaves behind the newest with lines of %zu witnesses",
                      (unsigned long long) (v->out->signed_size - witnessed->size), quorum);
}

void verify_checkpoints_finish(struct verify *v)
{
    struct verify_checkpoints *all = &v->checkpoints;
    const struct verify_checkpoint *newest = NULL, *witnessed = NULL;

    for (size_t i = 0; i < all->good.count; i++) {
        struct verify_checkpoint *c = &all->good.items[i];

        c->beyond = c->size > v->tree.size;
        if (c->beyond)
            verify_found(v, "checkpoint_beyond", c->size, "there are %llu leaves",
                         (unsigned long long) v->tree.size);
        if (c->beyond || c->wrong_root)
            continue;
        newest = c;
        witnessed = c->in_table && c->quorum ? c : witnessed;
    }
    v->out->signed_size = newest == NULL ? 0 : newest->size;
    v->out->witnesses = newest == NULL ? 0 : newest->witnesses;
    v->out->witnessed_s = newest == NULL ? 0 : newest->witnessed_s;
    look_at_witnesses(v, witnessed);
    if (v->tree.size > v->out->signed_size)
        verify_notice(v, "unsigned_tail", v->out->signed_size, "%llu leaves behind the newest",
                      (unsigned long long) (v->tree.size - v->out->signed_size));
}
