/*
 * The Merkle tree of RFC 9162 2.1 with SM3. For n > 1 leaves the left part has the largest power
 * of two below n. A proof is the same walk as the root, keeping what is not on the way.
 */
#include "es_log.h"
#include "log_internal.h"

static es_status join(const struct es_log_hash *left, const struct es_log_hash *right,
                      struct es_log_hash *out, struct es_error *err)
{
    const struct es_span parts[2] = {log_span(left), log_span(right)};

    return log_hash(0x01, parts, 2, out, err);
}

static es_status empty_root(struct es_log_hash *out, struct es_error *err)
{
    return es_sm3(es_span_of(NULL, 0), out->b, err);
}

/* Level of the largest power of two below n (n > 1). */
static unsigned split_level(uint64_t n)
{
    return 63 - (unsigned) __builtin_clzll(n - 1);
}

/* ---- growing ---- */

void es_tree_init(struct es_tree *tree)
{
    *tree = (struct es_tree){.size = 0};
}

es_status log_tree_append(struct es_tree *tree, const struct es_log_hash *leaf,
                          es_status (*node)(void *ctx, unsigned level,
                                            const struct es_log_hash *hash, struct es_error *err),
                          void *ctx, struct es_error *err)
{
    struct es_log_hash carry = *leaf;
    unsigned level = 0;

    ES_ENSURE(tree->size < UINT64_C(1) << 62, err, ES_E_LIMIT, "the log is full");
    if (node != NULL)
        ES_TRY(node(ctx, 0, &carry, err));
    for (; (tree->size >> level & 1) != 0; level++) {
        ES_TRY(join(&tree->edge[level], &carry, &carry, err));
        if (node != NULL)
            ES_TRY(node(ctx, level + 1, &carry, err));
    }
    tree->edge[level] = carry;
    tree->size++;
    return ES_OK;
}

es_status es_tree_append(struct es_tree *tree, const struct es_log_hash *leaf, struct es_error *err)
{
    return log_tree_append(tree, leaf, NULL, NULL, err);
}

es_status es_tree_root(const struct es_tree *tree, struct es_log_hash *out, struct es_error *err)
{
    bool any = false;

    if (tree->size == 0)
        return empty_root(out, err);
    for (unsigned level = 0; level < 64; level++) {
        if ((tree->size >> level & 1) == 0)
            continue;
        if (any)
            ES_TRY(join(&tree->edge[level], out, out, err));
        else
            *out = tree->edge[level];
        any = true;
    }
    return ES_OK;
}

/* ---- from a source ---- */

static es_status leaves_subtree(void *self, unsigned level, uint64_t index, struct es_log_hash *out,
                                struct es_error *err)
{
    const struct es_tree_leaves *leaves = self;
    uint64_t first = index << level;
    struct es_tree tree;

    ES_ENSURE(first + (UINT64_C(1) << level) <= leaves->count, err, ES_E_RANGE,
              "subtree beyond the %llu leaves", (unsigned long long) leaves->count);
    es_tree_init(&tree);
    for (uint64_t i = 0; i < UINT64_C(1) << level; i++)
        ES_TRY(es_tree_append(&tree, &leaves->hashes[first + i], err));
    return es_tree_root(&tree, out, err);
}

struct es_tree_source es_tree_source_leaves(const struct es_tree_leaves *leaves)
{
    union {
        const struct es_tree_leaves *in;
        void *out;
    } pointer = {.in = leaves};

    return (struct es_tree_source){.subtree = leaves_subtree, .self = pointer.out};
}

/* Root of leaves first .. first + n - 1, where first is a multiple of a power of two >= n. */
static es_status range_root(const struct es_tree_source *s, uint64_t first, uint64_t n,
                            struct es_log_hash *out, struct es_error *err)
{
    struct es_log_hash left;
    unsigned level;

    if ((n & (n - 1)) == 0) {
        level = (unsigned) __builtin_ctzll(n);
        return s->subtree(s->self, level, first >> level, out, err);
    }
    level = split_level(n);
    ES_TRY(s->subtree(s->self, level, first >> level, &left, err));
    ES_TRY(range_root(s, first + (UINT64_C(1) << level), n - (UINT64_C(1) << level), out, err));
    return join(&left, out, out, err);
}

es_status es_tree_root_of(const struct es_tree_source *source, uint64_t size,
                          struct es_log_hash *out, struct es_error *err)
{
    return size == 0 ? empty_root(out, err) : range_root(source, 0, size, out, err);
}

/* Siblings are met from the root down and kept from the leaf up: turned round at the end. */
static void turn_round(struct es_tree_path *path)
{
    for (size_t i = 0; i < path->count / 2; i++) {
        struct es_log_hash swap = path->hash[i];

        path->hash[i] = path->hash[path->count - 1 - i];
        path->hash[path->count - 1 - i] = swap;
    }
}

es_status es_tree_inclusion(const struct es_tree_source *source, uint64_t index, uint64_t size,
                            struct es_tree_path *out, struct es_error *err)
{
    uint64_t first = 0, n = size;

    ES_ENSURE(index < size, err, ES_E_RANGE, "leaf %llu of %llu", (unsigned long long) index,
              (unsigned long long) size);
    out->count = 0;
    while (n > 1) {
        uint64_t k = UINT64_C(1) << split_level(n);
        struct es_log_hash *sibling = &out->hash[out->count++];

        if (index < first + k) {
            ES_TRY(range_root(source, first + k, n - k, sibling, err));
            n = k;
        } else {
            ES_TRY(range_root(source, first, k, sibling, err));
            first += k;
            n -= k;
        }
    }
    turn_round(out);
    return ES_OK;
}

es_status es_tree_consistency(const struct es_tree_source *source, uint64_t from, uint64_t to,
                              struct es_tree_path *out, struct es_error *err)
{
    uint64_t first = 0, n = to, m = from;
    bool whole = true; /* the old tree is still a whole subtree of what is looked at */

    ES_ENSURE(from > 0 && from <= to, err, ES_E_RANGE, "consistency from %llu to %llu",
              (unsigned long long) from, (unsigned long long) to);
    out->count = 0;
    while (m != n) {
        uint64_t k = UINT64_C(1) << split_level(n);

        if (m <= k) {
            ES_TRY(range_root(source, first + k, n - k, &out->hash[out->count++], err));
            n = k;
        } else {
            ES_TRY(range_root(source, first, k, &out->hash[out->count++], err));
            first += k;
            m -= k;
            n -= k;
            whole = false;
        }
    }
    if (!whole)
        ES_TRY(range_root(source, first, n, &out->hash[out->count++], err));
    turn_round(out);
    return ES_OK;
}

/* ---- checking ---- */

/* SPEC RFC 9162 2.1.3.2 */
es_status es_tree_verify_inclusion(const struct es_log_hash *leaf, uint64_t index, uint64_t size,
                                   const struct es_tree_path *path, const struct es_log_hash *root,
                                   bool *good, struct es_error *err)
{
    struct es_log_hash r = *leaf;
    uint64_t fn = index, sn = size - 1;

    *good = false;
    if (index >= size || path->count > ES_LOG_PATH_MAX)
        return ES_OK;
    for (size_t i = 0; i < path->count; i++) {
        if (sn == 0)
            return ES_OK;
        if ((fn & 1) != 0 || fn == sn) {
            ES_TRY(join(&path->hash[i], &r, &r, err));
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            ES_TRY(join(&r, &path->hash[i], &r, err));
        }
        fn >>= 1;
        sn >>= 1;
    }
    *good = sn == 0 && es_log_hash_equal(&r, root);
    return ES_OK;
}

/* One step of RFC 9162 2.1.4.2 with the next hash c of the path. */
static es_status consistency_step(uint64_t *fn, uint64_t *sn, struct es_log_hash *fr,
                                  struct es_log_hash *sr, const struct es_log_hash *c,
                                  struct es_error *err)
{
    if ((*fn & 1) != 0 || *fn == *sn) {
        ES_TRY(join(c, fr, fr, err));
        ES_TRY(join(c, sr, sr, err));
        while ((*fn & 1) == 0 && *fn != 0) {
            *fn >>= 1;
            *sn >>= 1;
        }
    } else {
        ES_TRY(join(sr, c, sr, err));
    }
    *fn >>= 1;
    *sn >>= 1;
    return ES_OK;
}

/* SPEC RFC 9162 2.1.4.2 */
es_status es_tree_verify_consistency(uint64_t from, uint64_t to,
                                     const struct es_log_hash *root_from,
                                     const struct es_log_hash *root_to,
                                     const struct es_tree_path *path, bool *good,
                                     struct es_error *err)
{
    uint64_t fn = from - 1, sn = to - 1;
    struct es_log_hash fr, sr;
    bool power = (from & (from - 1)) == 0;
    size_t i = power ? 0 : 1;

    *good = false;
    if (from == 0 || from > to || path->count > ES_LOG_PATH_MAX)
        return ES_OK;
    if (from == to) {
        *good = path->count == 0 && es_log_hash_equal(root_from, root_to);
        return ES_OK;
    }
    if (path->count == 0)
        return ES_OK;
    for (; (fn & 1) != 0; fn >>= 1)
        sn >>= 1;
    fr = sr = power ? *root_from : path->hash[0];
    for (; i < path->count; i++) {
        if (sn == 0)
            return ES_OK;
        ES_TRY(consistency_step(&fn, &sn, &fr, &sr, &path->hash[i], err));
    }
    *good = sn == 0 && es_log_hash_equal(&fr, root_from) && es_log_hash_equal(&sr, root_to);
    return ES_OK;
}
