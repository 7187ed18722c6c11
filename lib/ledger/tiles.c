/*
 * The tree in the store: tile n of level l holds the roots of the whole subtrees of 256^l leaves
 * from the 256 n-th on. What holds: for a log of S leaves level l has floor(S / 256^l) hashes in
 * all; a full tile never changes. The right edge of the tree is in the partial tiles: the last
 * whole subtree of 2^(8l+j) leaves, where S has that bit, is made of 2^j hashes of level l.
 */
#include "ledger_internal.h"

#define LEVELS 8
#define LEVEL_BITS 8
#define FULL_BYTES (LEDGER_TILE_WIDTH * ES_LOG_HASH_LEN)
#define FINISHED_MAX ((size_t) 1 << 30)

void ledger_tiles_clear(struct ledger_tiles *tiles)
{
    es_buf_clear(&tiles->finished);
}

es_status ledger_tile_root(const struct es_log_hash *hash, size_t count, struct es_log_hash *out,
                           struct es_error *err)
{
    struct es_tree tree;

    es_tree_init(&tree);
    for (size_t i = 0; i < count; i++)
        ES_TRY(es_tree_append(&tree, &hash[i], err));
    return es_tree_root(&tree, out, err);
}

/* ---- reading rows ---- */

struct tile_row {
    bool found;
    unsigned width;
    struct es_log_hash *hash;
};

static es_status take_tile(void *ctx, const struct es_value *columns, size_t count,
                           struct es_error *err)
{
    struct tile_row *row = ctx;
    struct es_span hashes;
    int64_t width;

    ES_TRY(es_value_get_int(&columns[0], &width, err));
    ES_TRY(es_value_get_blob(&columns[1], &hashes, err));
    ES_ENSURE(count == 2 && width >= 1 && width <= LEDGER_TILE_WIDTH &&
                  hashes.len == (size_t) width * ES_LOG_HASH_LEN,
              err, ES_E_INTEGRITY, "tile of width %lld has %zu bytes", (long long) width,
              hashes.len);
    memcpy(row->hash, hashes.ptr, hashes.len);
    row->width = (unsigned) width;
    row->found = true;
    return ES_OK;
}

static es_status read_tile(struct es_tx *tx, int64_t log_id, unsigned level, uint64_t n,
                           unsigned needed, struct tile_row *row, struct es_error *err)
{
    const struct es_value values[3] = {es_value_int(log_id), es_value_int(level),
                                       es_value_int((int64_t) n)};

    row->found = false;
    ES_TRY(es_tx_query(tx,
                       "SELECT width, hashes FROM log_tile "
                       "WHERE log_id = $1 AND level = $2 AND n = $3",
                       values, 3, take_tile, row, err));
    ES_ENSURE(row->found && row->width >= needed, err, ES_E_INTEGRITY,
              "tile %llu of level %u has %u hashes, needed are %u", (unsigned long long) n, level,
              row->found ? row->width : 0, needed);
    return ES_OK;
}

/* ---- the right edge ---- */

static es_status load_level(struct es_tx *tx, int64_t log_id, unsigned level, uint64_t size,
                            struct ledger_tile *tile, struct es_error *err)
{
    struct tile_row row = {.hash = tile->hash};
    uint64_t hashes = size >> (LEVEL_BITS * level);

    tile->n = hashes / LEDGER_TILE_WIDTH;
    tile->width = (unsigned) (hashes % LEDGER_TILE_WIDTH);
    tile->changed = false;
    if (tile->width == 0)
        return ES_OK;
    return read_tile(tx, log_id, level, tile->n, tile->width, &row, err);
}

/* Bits j of level's width from the highest down are subtrees from left to right. */
static es_status load_edge(struct ledger_tiles *tiles, unsigned level, struct es_error *err)
{
    const struct ledger_tile *tile = &tiles->level[level];
    unsigned from = 0;

    for (unsigned j = LEVEL_BITS; j-- > 0;) {
        if ((tile->width >> j & 1) == 0)
            continue;
        ES_TRY(ledger_tile_root(tile->hash + from, (size_t) 1 << j,
                                &tiles->tree.edge[LEVEL_BITS * level + j], err));
        from += 1u << j;
    }
    return ES_OK;
}

es_status ledger_tiles_load(struct es_tx *tx, int64_t log_id, uint64_t size,
                            struct ledger_tiles *out, struct es_error *err)
{
    out->log_id = log_id;
    es_buf_clear(&out->finished);
    es_buf_init(&out->finished, FINISHED_MAX);
    es_tree_init(&out->tree);
    out->tree.size = size;
    for (unsigned level = 0; level < LEVELS; level++) {
        ES_TRY(load_level(tx, log_id, level, size, &out->level[level], err));
        ES_TRY(load_edge(out, level, err));
    }
    return ES_OK;
}

/* ---- growing ---- */

static es_status finish_tile(struct ledger_tiles *tiles, unsigned level, struct es_error *err)
{
    struct ledger_tile *tile = &tiles->level[level];
    uint8_t place[9] = {(uint8_t) level};

    for (unsigned i = 0; i < 8; i++)
        place[1 + i] = (uint8_t) (tile->n >> (56 - 8 * i));
    es_buf_put(&tiles->finished, place, sizeof place);
    es_buf_put(&tiles->finished, tile->hash, FULL_BYTES);
    tile->n++;
    tile->width = 0;
    tile->changed = false;
    return es_buf_check(&tiles->finished, err);
}

es_status ledger_tiles_append(struct ledger_tiles *tiles, const struct es_log_hash *leaf,
                              struct es_error *err)
{
    struct es_log_hash carry = *leaf;

    ES_TRY(es_tree_append(&tiles->tree, leaf, err));
    for (unsigned level = 0; level < LEVELS; level++) {
        struct ledger_tile *tile = &tiles->level[level];

        tile->hash[tile->width++] = carry;
        tile->changed = true;
        if (tile->width < LEDGER_TILE_WIDTH)
            break;
        ES_TRY(ledger_tile_root(tile->hash, LEDGER_TILE_WIDTH, &carry, err));
        ES_TRY(finish_tile(tiles, level, err));
    }
    return ES_OK;
}

es_status ledger_tile_put(struct es_tx *tx, int64_t log_id, unsigned level, uint64_t n,
                          struct es_span hashes, struct es_error *err)
{
    const struct es_value values[5] = {
        es_value_int(log_id), es_value_int(level), es_value_int((int64_t) n),
        es_value_int((int64_t) (hashes.len / ES_LOG_HASH_LEN)), es_value_blob(hashes)};

    return es_tx_queue(tx,
                       "INSERT INTO log_tile (log_id, level, n, width, hashes) "
                       "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (log_id, level, n) "
                       "DO UPDATE SET width = excluded.width, hashes = excluded.hashes",
                       values, 5, err);
}

es_status ledger_tiles_store(struct es_tx *tx, struct ledger_tiles *tiles, struct es_error *err)
{
    struct es_span rest = es_buf_span(&tiles->finished);

    while (rest.len > 0) {
        uint64_t n = 0;

        for (unsigned i = 0; i < 8; i++)
            n = n << 8 | rest.ptr[1 + i];
        ES_TRY(ledger_tile_put(tx, tiles->log_id, rest.ptr[0], n, es_span_sub(rest, 9, FULL_BYTES),
                               err));
        rest = es_span_sub(rest, 9 + FULL_BYTES, rest.len);
    }
    for (unsigned level = 0; level < LEVELS; level++) {
        struct ledger_tile *tile = &tiles->level[level];

        if (!tile->changed)
            continue;
        ES_TRY(ledger_tile_put(tx, tiles->log_id, level, tile->n,
                               es_span_of(tile->hash, tile->width * sizeof tile->hash[0]), err));
        tile->changed = false;
    }
    es_buf_reset(&tiles->finished);
    return ES_OK;
}

/* ---- subtrees for proofs ---- */

static es_status find_slot(struct ledger_tile_source *source, unsigned level, uint64_t n,
                           unsigned needed, struct ledger_tile_slot **out, struct es_error *err)
{
    const size_t slots = sizeof source->slot / sizeof source->slot[0];
    struct ledger_tile_slot *slot;
    struct tile_row row;

    for (size_t i = 0; i < slots; i++) {
        slot = &source->slot[i];
        if (slot->used && slot->level == level && slot->n == n && slot->width >= needed) {
            *out = slot;
            return ES_OK;
        }
    }
    slot = &source->slot[source->next++ % slots];
    slot->used = false;
    row = (struct tile_row){.hash = slot->hash};
    ES_TRY(read_tile(source->tx, source->log_id, level, n, needed, &row, err));
    slot->level = level;
    slot->n = n;
    slot->width = row.width;
    slot->used = true;
    *out = slot;
    return ES_OK;
}

static es_status tile_subtree(void *self, unsigned level, uint64_t index, struct es_log_hash *out,
                              struct es_error *err)
{
    struct ledger_tile_source *source = self;
    unsigned bits = level % LEVEL_BITS;
    uint64_t first = index << bits;
    unsigned from = (unsigned) (first % LEDGER_TILE_WIDTH);
    struct ledger_tile_slot *slot = NULL;

    ES_ENSURE(level < LEVELS * LEVEL_BITS && first >> bits == index, err, ES_E_RANGE,
              "subtree %llu of level %u", (unsigned long long) index, level);
    ES_TRY(find_slot(source, level / LEVEL_BITS, first / LEDGER_TILE_WIDTH, from + (1u << bits),
                     &slot, err));
    return ledger_tile_root(slot->hash + from, (size_t) 1 << bits, out, err);
}

struct es_tree_source ledger_tile_source(struct ledger_tile_source *source)
{
    return (struct es_tree_source){.subtree = tile_subtree, .self = source};
}
