/*
 * The map of states while the log is replayed: the compact sparse Merkle tree of audit-log.md 3
 * with ways that have one side only folded into their branch. An event touches one way from the
 * root; a map head hashes what was touched since the last one. So n events cost O(n log n) hashes,
 * whatever the number of map heads; chosen keys cost at most 256 hashes an event.
 *
 * A child is the number of a seal with the highest bit set, or of a branch.
 */
#include "verify_internal.h"

#define SEAL_BIT (UINT32_C(1) << 31)
#define EMPTY UINT32_MAX
#define KEY_BITS 256

void verify_map_init(struct verify_map *map)
{
    *map = (struct verify_map){.root = EMPTY};
}

void verify_map_clear(struct verify_map *map)
{
    free(map->seals);
    free(map->branches);
    verify_map_init(map);
}

static bool is_seal(uint32_t node)
{
    return (node & SEAL_BIT) != 0;
}

static struct verify_seal *seal_at(const struct verify_map *map, uint32_t node)
{
    return &map->seals[node & ~SEAL_BIT];
}

/* ---- finding and putting ---- */

/* The seal at the end of key's way. */
static uint32_t end_of_way(const struct verify_map *map, const struct es_log_hash *key)
{
    uint32_t node = map->root;

    while (!is_seal(node))
        node = map->branches[node].child[log_map_bit(key, map->branches[node].depth)];
    return node;
}

/* First bit in which they differ, KEY_BITS for equal keys. */
static unsigned first_difference(const struct es_log_hash *a, const struct es_log_hash *b)
{
    for (unsigned i = 0; i < ES_LOG_HASH_LEN; i++)
        if (a->b[i] != b->b[i])
            return 8 * i + (unsigned) __builtin_clz((unsigned) (a->b[i] ^ b->b[i])) - 24;
    return KEY_BITS;
}

/* Where on key's way depth is reached; everything above, and what hangs there, is marked. */
static uint32_t *mark_way(struct verify_map *map, const struct es_log_hash *key, unsigned depth)
{
    uint32_t *link = &map->root;

    while (!is_seal(*link)) {
        struct verify_branch *branch = &map->branches[*link];

        branch->dirty = true;
        if (branch->depth >= depth)
            break;
        link = &branch->child[log_map_bit(key, branch->depth)];
    }
    return link;
}

static es_status add_seal(struct verify_map *map, const struct es_log_hash *key, uint32_t *node,
                          struct es_error *err)
{
    void *items = map->seals;

    ES_ENSURE(map->seal_count < SEAL_BIT - 1, err, ES_E_LIMIT, "too many seals");
    ES_TRY(verify_grow(&items, map->seal_count, &map->seal_cap, sizeof *map->seals, err));
    map->seals = items;
    map->seals[map->seal_count] = (struct verify_seal){.key = *key, .dirty = true};
    *node = (uint32_t) map->seal_count | SEAL_BIT;
    return ES_OK;
}

static es_status insert(struct verify_map *map, const struct es_log_hash *key, unsigned depth,
                        struct es_error *err)
{
    void *items = map->branches;
    struct verify_branch *branch;
    uint32_t seal, *link;

    ES_TRY(add_seal(map, key, &seal, err));
    ES_TRY(verify_grow(&items, map->branch_count, &map->branch_cap, sizeof *map->branches, err));
    map->branches = items;
    link = mark_way(map, key, depth);
    branch = &map->branches[map->branch_count];
    *branch = (struct verify_branch){
        .depth = (uint16_t) depth, .sample = seal & ~SEAL_BIT, .dirty = true};
    branch->child[log_map_bit(key, depth)] = seal;
    branch->child[1 - log_map_bit(key, depth)] = *link;
    *link = (uint32_t) map->branch_count++;
    map->seal_count++;
    return ES_OK;
}

es_status verify_map_touch(struct verify_map *map, const struct es_log_hash *key,
                           struct verify_seal **out, bool *fresh, struct es_error *err)
{
    unsigned depth = KEY_BITS;
    uint32_t end;

    if (map->root == EMPTY) {
        ES_TRY(add_seal(map, key, &end, err));
        map->root = end;
        map->seal_count++;
        *fresh = true;
    } else {
        end = end_of_way(map, key);
        depth = first_difference(key, &seal_at(map, end)->key);
        *fresh = depth < KEY_BITS;
        if (*fresh) {
            ES_TRY(insert(map, key, depth, err));
            end = (uint32_t) (map->seal_count - 1) | SEAL_BIT;
        } else {
            (void) mark_way(map, key, KEY_BITS);
        }
    }
    *out = seal_at(map, end);
    (*out)->dirty = true;
    return ES_OK;
}

/* ---- hashing ---- */

static es_status hash_seal(struct verify_seal *seal, struct es_log_hash *out, struct es_error *err)
{
    struct es_map_item item = {.key = seal->key};

    if (seal->dirty) {
        ES_TRY(es_map_value(seal->event_seq + 1, seal->status, seal->effective_ms, &seal->last,
                            &item.value, err));
        ES_TRY(es_map_leaf(&item, &seal->hash, err));
        seal->dirty = false;
    }
    *out = seal->hash;
    return ES_OK;
}

/* Hash of a node as its parent sees it, which stands at depth: 256 levels at most. */
static es_status hash_node(struct verify_map *map, uint32_t node, unsigned depth,
                           struct es_log_hash *out, struct es_error *err)
{
    static const struct es_log_hash none;
    const struct es_log_hash *key;
    struct verify_branch *branch;
    struct es_log_hash left, right;

    if (is_seal(node))
        return hash_seal(seal_at(map, node), out, err);
    branch = &map->branches[node];
    if (branch->dirty) {
        ES_TRY(hash_node(map, branch->child[0], branch->depth + 1u, &left, err));
        ES_TRY(hash_node(map, branch->child[1], branch->depth + 1u, &right, err));
        ES_TRY(es_map_node(&left, &right, &branch->hash, err));
        key = &map->seals[branch->sample].key;
        for (unsigned d = branch->depth; d > depth; d--) {
            bool one = log_map_bit(key, d - 1) != 0;

            ES_TRY(es_map_node(one ? &none : &branch->hash, one ? &branch->hash : &none,
                               &branch->hash, err));
        }
        branch->dirty = false;
    }
    *out = branch->hash;
    return ES_OK;
}

es_status verify_map_root(struct verify_map *map, struct es_log_hash *out, struct es_error *err)
{
    *out = (struct es_log_hash){{0}};
    return map->root == EMPTY ? ES_OK : hash_node(map, map->root, 0, out, err);
}
