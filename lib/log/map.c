/*
 * The map of states: a compact sparse Merkle tree. A single item stands at whatever depth it is
 * alone; bit d of a key decides the side at depth d, the highest bit of the first byte first.
 */
#include "es_log.h"
#include "log_internal.h"

es_status es_map_leaf(const struct es_map_item *item, struct es_log_hash *out, struct es_error *err)
{
    const struct es_span parts[2] = {log_span(&item->key), log_span(&item->value)};

    return log_hash(0x10, parts, 2, out, err);
}

es_status es_map_node(const struct es_log_hash *left, const struct es_log_hash *right,
                      struct es_log_hash *out, struct es_error *err)
{
    const struct es_span parts[2] = {log_span(left), log_span(right)};

    return log_hash(0x11, parts, 2, out, err);
}

es_status es_map_value(uint64_t count, uint8_t status, uint64_t effective_ms,
                       const struct es_log_hash *last_leaf, struct es_log_hash *out,
                       struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(64);
    struct es_span all;

    log_put_u64(&bytes, count);
    es_buf_put_byte(&bytes, status);
    log_put_u64(&bytes, effective_ms);
    es_buf_put_span(&bytes, log_span(last_leaf));
    ES_TRY(es_buf_check(&bytes, err));
    all = es_buf_span(&bytes);
    return log_hash(0x12, &all, 1, out, err);
}

/* First item whose bit at depth is 1: items are sorted, so the zeros come first. */
static size_t first_one(const struct es_map_item *items, size_t count, size_t depth)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (log_map_bit(&items[middle].key, depth) != 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static es_status root_at(const struct es_map_item *items, size_t count, size_t depth,
                         struct es_log_hash *out, struct es_error *err)
{
    struct es_log_hash left, right;
    size_t middle;

    if (count == 0) {
        *out = (struct es_log_hash){{0}};
        return ES_OK;
    }
    if (count == 1)
        return es_map_leaf(items, out, err);
    ES_ENSURE(depth < ES_MAP_PATH_MAX, err, ES_E_CONFLICT, "a key stands twice in the map");
    middle = first_one(items, count, depth);
    ES_TRY(root_at(items, middle, depth + 1, &left, err));
    ES_TRY(root_at(items + middle, count - middle, depth + 1, &right, err));
    return es_map_node(&left, &right, out, err);
}

es_status es_map_root(const struct es_map_item *items, size_t count, struct es_log_hash *out,
                      struct es_error *err)
{
    return root_at(items, count, 0, out, err);
}

es_status es_map_prove(const struct es_map_item *items, size_t count, const struct es_log_hash *key,
                       struct es_map_proof *out, struct es_error *err)
{
    size_t depth = 0;

    *out = (struct es_map_proof){.count = 0};
    for (; count > 1; depth++) {
        size_t middle;
        bool one;

        ES_ENSURE(depth < ES_MAP_PATH_MAX, err, ES_E_CONFLICT, "a key stands twice in the map");
        middle = first_one(items, count, depth);
        one = log_map_bit(key, depth) != 0;
        ES_TRY(
            one ? root_at(items, middle, depth + 1, &out->siblings[depth], err)
                : root_at(items + middle, count - middle, depth + 1, &out->siblings[depth], err));
        items = one ? items + middle : items;
        count = one ? count - middle : middle;
    }
    out->count = depth;
    out->has_terminal = count == 1;
    if (count == 1)
        out->terminal = items[0];
    return ES_OK;
}

/* The terminal leaf must lie on the way of the key as far as the siblings go. */
static bool agrees(const struct es_log_hash *a, const struct es_log_hash *b, size_t bits)
{
    for (size_t i = 0; i < bits; i++)
        if (log_map_bit(a, i) != log_map_bit(b, i))
            return false;
    return true;
}

es_status es_map_verify(const struct es_map_proof *proof, const struct es_log_hash *key,
                        const struct es_log_hash *root, enum es_map_answer *answer,
                        struct es_error *err)
{
    struct es_log_hash hash = {{0}};

    *answer = ES_MAP_REFUSED;
    if (proof->count > ES_MAP_PATH_MAX ||
        (proof->has_terminal && !agrees(key, &proof->terminal.key, proof->count)))
        return ES_OK;
    if (proof->has_terminal)
        ES_TRY(es_map_leaf(&proof->terminal, &hash, err));
    for (size_t depth = proof->count; depth > 0; depth--) {
        const struct es_log_hash *sibling = &proof->siblings[depth - 1];

        if (log_map_bit(key, depth - 1) != 0)
            ES_TRY(es_map_node(sibling, &hash, &hash, err));
        else
            ES_TRY(es_map_node(&hash, sibling, &hash, err));
    }
    if (!es_log_hash_equal(&hash, root))
        return ES_OK;
    *answer = proof->has_terminal && es_log_hash_equal(key, &proof->terminal.key) ? ES_MAP_PRESENT
                                                                                  : ES_MAP_ABSENT;
    return ES_OK;
}
