/*
 * No entry_id twice, exactly, in 8 bytes an entry: a mix of each id is kept, sorted at the end in
 * place, and what occurs twice is read again from the bundle and compared whole. So a sound log
 * costs one array and no second reading; ids chosen to collide cost memory, never a wrong answer.
 */
#include "verify_internal.h"

struct candidate {
    uint8_t id[16];
    uint64_t place;
};
struct rereading {
    const struct verify_ids *ids;
    struct candidate *items;
    size_t count, cap;
};

void verify_ids_clear(struct verify_ids *ids)
{
    free(ids->prints);
    *ids = (struct verify_ids){.prints = NULL};
}

static uint64_t print_of(const uint8_t id[16])
{
    uint64_t a, b;

    memcpy(&a, id, 8);
    memcpy(&b, id + 8, 8);
    a = (a ^ a >> 31) * UINT64_C(0x9e3779b97f4a7c15) + b;
    a = (a ^ a >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    return a ^ a >> 32;
}

es_status verify_ids_see(struct verify *v, const struct verify_leaf *leaf, struct es_error *err)
{
    struct verify_ids *ids = &v->ids;
    void *items = ids->prints;

    ES_TRY(verify_grow(&items, ids->count, &ids->cap, sizeof *ids->prints, err));
    ids->prints = items;
    ids->prints[ids->count++] = print_of(leaf->audit.entry_id);
    return ES_OK;
}

/* ---- sorting in place: by one bit after the other, so at most 64 deep ---- */

static size_t split(uint64_t *p, size_t count, unsigned bit)
{
    size_t low = 0, high = count;

    while (low < high) {
        if ((p[low] >> bit & 1) == 0) {
            low++;
        } else {
            uint64_t swap = p[low];

            p[low] = p[--high];
            p[high] = swap;
        }
    }
    return low;
}

static void sort(uint64_t *p, size_t count, unsigned bits)
{
    while (count > 1 && bits > 0) {
        size_t zeros = split(p, count, --bits);

        sort(p, zeros, bits);
        p += zeros;
        count -= zeros;
    }
}

/* Keep one of each value that occurs more than once. */
static size_t keep_repeated(uint64_t *p, size_t count)
{
    size_t kept = 0;

    for (size_t i = 1; i < count; i++)
        if (p[i] == p[i - 1] && (kept == 0 || p[kept - 1] != p[i]))
            p[kept++] = p[i];
    return kept;
}

static bool is_repeated(const struct verify_ids *ids, uint64_t print)
{
    size_t low = 0, high = ids->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (ids->prints[middle] < print)
            low = middle + 1;
        else
            high = middle;
    }
    return low < ids->count && ids->prints[low] == print;
}

/* ---- reading again ---- */

static es_status look_again(struct rereading *r, struct es_span bytes, uint64_t place,
                            struct es_error *err)
{
    struct es_audit_event event;
    struct es_leaf leaf;
    void *items = r->items;

    if (es_leaf_decode(bytes, &leaf, NULL) != ES_OK || !verify_audit_decodes(&leaf, &event) ||
        !is_repeated(r->ids, print_of(event.entry_id)))
        return ES_OK;
    ES_TRY(verify_grow(&items, r->count, &r->cap, sizeof *r->items, err));
    r->items = items;
    memcpy(r->items[r->count].id, event.entry_id, sizeof event.entry_id);
    r->items[r->count++].place = place;
    return ES_OK;
}

/* The same leaves as before: what is not there any more ends the run. */
static es_status reread_chunk(struct verify *v, uint64_t chunk, struct rereading *r,
                              struct es_error *err)
{
    ES_AUTO(bundle_reader) reader = {.open = false};
    uint64_t place = chunk * ES_BUNDLE_CHUNK;
    enum bundle_step step = BUNDLE_ITEM;
    char name[BUNDLE_NAME_MAX];
    struct es_span leaf;

    bundle_chunk_name("entries", chunk, name);
    ES_TRY(bundle_reader_open(&reader, v->folder, name, BUNDLE_LEAF_WINDOW, err));
    for (; place < v->tree.size && place < (chunk + 1) * ES_BUNDLE_CHUNK; place++) {
        ES_TRY(bundle_next_leaf(&reader, &step, &leaf, err));
        ES_ENSURE(step == BUNDLE_ITEM, err, ES_E_IO, "%s changed while it was read", name);
        if (place >= v->first)
            ES_TRY(look_again(r, leaf, place, err));
    }
    return ES_OK;
}

static int by_id(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    int order = memcmp(x->id, y->id, sizeof x->id);

    return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

static es_status reread(struct verify *v, struct rereading *r, struct es_error *err)
{
    for (uint64_t at = v->first / ES_BUNDLE_CHUNK; at * ES_BUNDLE_CHUNK < v->tree.size; at++)
        ES_TRY(reread_chunk(v, at, r, err));
    if (r->count > 0)
        qsort(r->items, r->count, sizeof *r->items, by_id);
    for (size_t i = 1; i < r->count; i++)
        if (memcmp(r->items[i].id, r->items[i - 1].id, sizeof r->items[i].id) == 0)
            verify_found(v, "entry_twice", r->items[i].place, "its entry_id occurred before");
    return ES_OK;
}

es_status verify_ids_finish(struct verify *v, struct es_error *err)
{
    struct rereading again = {.ids = &v->ids};
    es_status status;

    sort(v->ids.prints, v->ids.count, 64);
    v->ids.count = keep_repeated(v->ids.prints, v->ids.count);
    if (v->ids.count == 0)
        return ES_OK;
    status = reread(v, &again, err);
    free(again.items);
    return status;
}
