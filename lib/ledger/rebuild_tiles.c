/*
 * Tiles made anew from leaf hashes, one level feeding the next: when the 256 hashes of a tile are
 * together, their root is the next hash of the level above.
 */
#include "rebuild.h"

struct stored_tile {
    const struct es_log_hash *expected;
    unsigned width;
    bool found, same;
};

static es_status take_tile(void *ctx, const struct es_value *columns, size_t count,
                           struct es_error *err)
{
    struct stored_tile *tile = ctx;
    struct es_span hashes;
    int64_t width = 0;

    (void) count;
    ES_TRY(es_value_get_int(&columns[0], &width, err));
    ES_TRY(es_value_get_blob(&columns[1], &hashes, err));
    tile->found = true;
    tile->same = width == (int64_t) tile->width && hashes.len == tile->width * ES_LOG_HASH_LEN &&
                 memcmp(hashes.ptr, tile->expected, hashes.len) == 0;
    return ES_OK;
}

static es_status compare(const struct rebuild *r, unsigned level,
                         const struct rebuild_tile_edge *edge, struct es_error *err)
{
    const struct es_value values[] = {es_value_int(r->log_id), es_value_int(level),
                                      keep_int(edge->n)};
    struct stored_tile tile = {.expected = edge->hash, .width = edge->width};

    ES_TRY(es_tx_query(r->tx,
                       "SELECT width, hashes FROM log_tile "
                       "WHERE log_id = $1 AND level = $2 AND n = $3",
                       values, 3, take_tile, &tile, err));
    if (tile.found && tile.same)
        return ES_OK;
    r->found->tiles++;
    if (!r->write)
        return ES_OK;
    return ledger_tile_put(r->tx, r->log_id, level, edge->n,
                           es_span_of(edge->hash, edge->width * sizeof edge->hash[0]), err);
}

es_status rebuild_tiles_add(struct rebuild_tiles *tiles, const struct rebuild *r,
                            const struct es_log_hash *leaf, struct es_error *err)
{
    struct es_log_hash carry = *leaf;

    for (unsigned level = 0; level < REBUILD_LEVELS; level++) {
        struct rebuild_tile_edge *edge = &tiles->level[level];

        edge->hash[edge->width++] = carry;
        if (edge->width < LEDGER_TILE_WIDTH)
            return ES_OK;
        ES_TRY(compare(r, level, edge, err));
        ES_TRY(ledger_tile_root(edge->hash, edge->width, &carry, err));
        edge->n++;
        edge->width = 0;
    }
    return es_error_set(err, ES_E_LIMIT, "the log is full");
}

/* Tiles behind the right edge, or of no level. */
static es_status remove_others(const struct rebuild *r, unsigned level, uint64_t tiles,
                               struct es_error *err)
{
    const struct es_value values[] = {es_value_int(r->log_id), es_value_int(level),
                                      keep_int(tiles)};

    return es_tx_run(r->tx,
                     "DELETE FROM log_tile WHERE log_id = $1 AND level = $2 "
                     "AND (n >= $3 OR n < 0)",
                     values, 3, NULL, err);
}

static es_status take_number(void *ctx, const struct es_value *columns, size_t count,
                             struct es_error *err)
{
    (void) count;
    return es_value_get_int(&columns[0], ctx, err);
}

es_status rebuild_count(const struct rebuild *r, const char *sql, int64_t *out,
                        struct es_error *err)
{
    const struct es_value id = es_value_int(r->log_id);

    *out = 0;
    return es_tx_query(r->tx, sql, &id, 1, take_number, out, err);
}

static es_status count_others(const struct rebuild *r, unsigned level, uint64_t tiles,
                              struct es_error *err)
{
    const struct es_value values[] = {es_value_int(r->log_id), es_value_int(level),
                                      keep_int(tiles)};
    int64_t count = 0;

    ES_TRY(es_tx_query(r->tx,
                       "SELECT COUNT(*) FROM log_tile WHERE log_id = $1 AND level = $2 "
                       "AND (n >= $3 OR n < 0)",
                       values, 3, take_number, &count, err));
    r->found->tiles += (uint64_t) count;
    return count > 0 && r->write ? remove_others(r, level, tiles, err) : ES_OK;
}

static es_status other_levels(const struct rebuild *r, struct es_error *err)
{
    const struct es_value id = es_value_int(r->log_id);
    int64_t count = 0;

    ES_TRY(rebuild_count(r,
                         "SELECT COUNT(*) FROM log_tile WHERE log_id = $1 "
                         "AND (level < 0 OR level > 7)",
                         &count, err));
    r->found->tiles += (uint64_t) count;
    if (count == 0 || !r->write)
        return ES_OK;
    return es_tx_run(r->tx, "DELETE FROM log_tile WHERE log_id = $1 AND (level < 0 OR level > 7)",
                     &id, 1, NULL, err);
}

es_status rebuild_tiles_end(struct rebuild_tiles *tiles, const struct rebuild *r,
                            struct es_error *err)
{
    for (unsigned level = 0; level < REBUILD_LEVELS; level++) {
        const struct rebuild_tile_edge *edge = &tiles->level[level];

        if (edge->width > 0)
            ES_TRY(compare(r, level, edge, err));
        ES_TRY(count_others(r, level, edge->n + (edge->width > 0), err));
    }
    return other_levels(r, err);
}
