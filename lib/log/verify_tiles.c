/*
 * Tiles as the store has them against those of the leaves, as these pass: one cursor a level, one
 * tile at a time. tiles.bin is walked once before, to see its form and where levels begin.
 */
#include "verify_internal.h"

void verify_tiles_clear(struct verify_tiles *tiles)
{
    for (unsigned i = 0; tiles->levels != NULL && i < BUNDLE_TILE_LEVELS; i++)
        bundle_reader_clear(&tiles->levels[i].reader);
    free(tiles->levels);
    *tiles = (struct verify_tiles){.on = false};
}

/* ---- the file ---- */

static bool rises(const struct bundle_tile *before, const struct bundle_tile *tile)
{
    return tile->level > before->level || (tile->level == before->level && tile->n > before->n);
}

static es_status walk(struct verify *v, struct bundle_reader *reader, bool *good,
                      struct es_error *err)
{
    struct bundle_tile before = {.level = 0}, tile = {.level = 0};
    enum bundle_step step = BUNDLE_ITEM;

    *good = false;
    for (bool any = false;; any = true, before = tile) {
        uint64_t at = bundle_reader_at(reader);
        struct verify_level *level;

        ES_TRY(bundle_next_tile(reader, &step, &tile, err));
        if (step != BUNDLE_ITEM)
            break;
        if (any && !rises(&before, &tile))
            return ES_OK;
        level = &v->tiles.levels[tile.level];
        if (level->end == 0)
            level->begin = at;
        level->end = bundle_reader_at(reader);
    }
    *good = step == BUNDLE_END;
    return ES_OK;
}

static es_status open_level(struct verify *v, struct verify_level *level, struct es_error *err)
{
    if (level->end == 0)
        return ES_OK;
    ES_TRY(bundle_reader_open(&level->reader, v->folder, BUNDLE_TILES, BUNDLE_TILE_WINDOW, err));
    level->reader.end = level->end;
    bundle_reader_seek(&level->reader, level->begin);
    return ES_OK;
}

static es_status next_tile(struct verify_level *level, struct es_error *err)
{
    enum bundle_step step = BUNDLE_END;

    if (level->reader.open)
        ES_TRY(bundle_next_tile(&level->reader, &step, &level->tile, err));
    level->has_tile = step == BUNDLE_ITEM;
    return ES_OK;
}

es_status verify_tiles_open(struct verify *v, struct es_error *err)
{
    ES_AUTO(bundle_reader) reader = {.open = false};
    es_status status = ES_E_ABSENT;

    v->tiles.levels = calloc(BUNDLE_TILE_LEVELS, sizeof *v->tiles.levels);
    ES_ENSURE(v->tiles.levels != NULL, err, ES_E_NOMEM, "out of memory");
    if (bundle_manifest_find(&v->manifest, BUNDLE_TILES) != NULL)
        status = bundle_reader_open(&reader, v->folder, BUNDLE_TILES, BUNDLE_TILE_WINDOW, err);
    if (status == ES_E_ABSENT)
        return ES_OK;
    ES_TRY(status);
    ES_TRY(walk(v, &reader, &v->tiles.on, err));
    if (!v->tiles.on)
        verify_found_file(v, "tiles_format", "%s: does not split into tiles in order",
                          BUNDLE_TILES);
    for (unsigned i = 0; v->tiles.on && i < BUNDLE_TILE_LEVELS; i++)
        ES_TRY(open_level(v, &v->tiles.levels[i], err));
    return ES_OK;
}

/* ---- an edge from the tiles ---- */

/* The bits of size that a level holds: its last tile has the hashes of all of them. */
static es_status edge_of_level(struct verify_level *level, unsigned number, uint64_t size,
                               struct es_tree *out, bool *good, struct es_error *err)
{
    unsigned width = (unsigned) (size >> (8 * number) & 255);
    uint64_t n = (size >> (8 * number)) >> 8;
    struct es_tree part;

    *good = true;
    if (width == 0)
        return ES_OK;
    do
        ES_TRY(next_tile(level, err));
    while (level->has_tile && level->tile.n < n);
    *good = level->has_tile && level->tile.n == n && level->tile.width >= width;
    es_tree_init(&part);
    for (unsigned i = 0; *good && i < width; i++) {
        struct es_log_hash hash;

        memcpy(hash.b, level->tile.hashes.ptr + i * ES_LOG_HASH_LEN, sizeof hash.b);
        ES_TRY(es_tree_append(&part, &hash, err));
    }
    for (unsigned bit = 0; *good && bit < 8; bit++)
        out->edge[8 * number + bit] = part.edge[bit];
    return ES_OK;
}

es_status verify_tiles_edge(struct verify *v, uint64_t size, struct es_tree *out, bool *good,
                            struct es_error *err)
{
    *good = v->tiles.on && size < UINT64_C(1) << 62;
    es_tree_init(out);
    for (unsigned i = 0; *good && i < BUNDLE_TILE_LEVELS; i++)
        ES_TRY(edge_of_level(&v->tiles.levels[i], i, size, out, good, err));
    for (unsigned i = 0; v->tiles.on && i < BUNDLE_TILE_LEVELS; i++)
        bundle_reader_seek(&v->tiles.levels[i].reader, v->tiles.levels[i].begin);
    out->size = size;
    return ES_OK;
}

/* ---- comparing ---- */

es_status verify_tiles_begin(struct verify *v, struct es_error *err)
{
    for (unsigned i = 0; v->tiles.on && i < BUNDLE_TILE_LEVELS; i++) {
        struct verify_level *level = &v->tiles.levels[i];

        level->known_from = level->count = v->first >> (8 * i);
        do
            ES_TRY(next_tile(level, err));
        while (level->has_tile && level->tile.n < level->count / 256);
    }
    return ES_OK;
}

/* The tile that ends with the last hash passed. */
static es_status compare(struct verify *v, unsigned number, struct es_error *err)
{
    struct verify_level *level = &v->tiles.levels[number];
    uint64_t n = (level->count - 1) / 256;
    size_t width = (size_t) (level->count - 256 * n);
    size_t from = level->known_from > 256 * n ? (size_t) (level->known_from - 256 * n) : 0;
    const char *what = NULL;

    if (!level->has_tile || level->tile.n != n) {
        verify_found(v, "tile", bundle_tile_first(number, n), "level %u, tile %llu is missing",
                     number, (unsigned long long) n);
        return ES_OK;
    }
    if (level->tile.width != width)
        what = "has another width";
    else if (memcmp(level->tile.hashes.ptr + from * ES_LOG_HASH_LEN, level->hashes + from,
                    (width - from) * ES_LOG_HASH_LEN) != 0)
        what = "is wrong";
    if (what != NULL)
        verify_found(v, "tile", bundle_tile_first(number, n), "level %u, tile %llu %s", number,
                     (unsigned long long) n, what);
    return next_tile(level, err);
}

es_status verify_tiles_node(struct verify *v, unsigned number, const struct es_log_hash *hash,
                            struct es_error *err)
{
    struct verify_level *level = &v->tiles.levels[number];

    if (!v->tiles.on)
        return ES_OK;
    level->hashes[level->count++ % 256] = *hash;
    return level->count % 256 == 0 ? compare(v, number, err) : ES_OK;
}

es_status verify_tiles_finish(struct verify *v, struct es_error *err)
{
    for (unsigned i = 0; v->tiles.on && i < BUNDLE_TILE_LEVELS; i++) {
        struct verify_level *level = &v->tiles.levels[i];

        if (level->count % 256 != 0 && level->count > level->known_from)
            ES_TRY(compare(v, i, err));
        for (; level->has_tile;) {
            if (level->tile.n >= (level->count + 255) / 256)
                verify_found(v, "tile", bundle_tile_first(i, level->tile.n),
                             "level %u, tile %llu has no place", i,
                             (unsigned long long) level->tile.n);
            ES_TRY(next_tile(level, err));
        }
    }
    return ES_OK;
}
