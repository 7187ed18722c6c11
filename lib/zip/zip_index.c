/*
 * Names against each other, and look-up.
 *
 * One sorted list of folded names finds every conflict among neighbours: '/' sorts before all
 * other bytes, so what lies in folder "a" follows "a" directly. Exact look-up is a hash table
 * with a random key (names come from strangers); its answers do not depend on the key.
 */
#include "zip_parts.h"

#include <sys/random.h>

static int rank(uint8_t c)
{
    return c == '/' ? 0 : c;
}

/* Safe names hold no NUL, so '/' as 0 is below all. */
static int compare_paths(struct es_span a, struct es_span b)
{
    size_t len = a.len < b.len ? a.len : b.len;

    for (size_t i = 0; i < len; i++)
        if (a.ptr[i] != b.ptr[i])
            return rank(a.ptr[i]) - rank(b.ptr[i]);
    return a.len < b.len ? -1 : a.len > b.len;
}

static int compare_names(const void *a, const void *b, void *entries)
{
    const struct zip_name *x = a, *y = b;
    const struct es_zip_entry *list = entries;
    int order = compare_paths(x->folded, y->folded);

    if (order == 0)
        order = es_span_compare(list[x->index].raw, list[y->index].raw);
    if (order == 0)
        order = x->index < y->index ? -1 : 1;
    return order;
}

static bool is_inside(struct es_span path, struct es_span folder)
{
    return path.len > folder.len && path.ptr[folder.len] == '/' &&
           memcmp(path.ptr, folder.ptr, folder.len) == 0;
}

static void check_neighbours(struct zip_check *check, const struct zip_name *a,
                             const struct zip_name *b)
{
    const struct es_zip_entry *first = &check->zip->entries[a->index];
    const struct es_zip_entry *second = &check->zip->entries[b->index];

    if (es_span_equal(a->folded, b->folded))
        zip_note(check,
                 es_span_equal(first->raw, second->raw) ? ES_V_CONTAINER_DUPLICATE_ENTRY
                                                        : ES_V_CONTAINER_NAME_COLLISION,
                 NULL, second->name);
    else if (!first->is_folder && is_inside(b->folded, a->folded))
        zip_note(check, ES_V_CONTAINER_NAME_COLLISION, NULL, first->name);
}

static es_status build_names(struct zip_check *check, struct es_error *err)
{
    struct es_zip *zip = check->zip;

    zip->names = es_arena_alloc(&zip->arena, zip->count * sizeof *zip->names);
    ES_ENSURE(zip->names != NULL, err, ES_E_NOMEM, "out of memory");
    for (uint32_t i = 0; i < zip->count; i++) {
        struct es_zip_entry *entry = &zip->entries[i];
        struct es_span folded;

        if (entry->unsafe)
            continue;
        ES_TRY(zip_name_fold(&zip->arena, es_span_str(entry->name), &folded, err));
        if (folded.ptr == NULL)
            ES_TRY(zip_name_drop(check, entry, err));
        else
            zip->names[zip->names_count++] = (struct zip_name){folded, i};
    }
    if (zip->names_count > 0)
        qsort_r(zip->names, zip->names_count, sizeof *zip->names, compare_names, zip->entries);
    for (uint32_t i = 1; i < zip->names_count; i++)
        check_neighbours(check, &zip->names[i - 1], &zip->names[i]);
    return ES_OK;
}

static uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

/* SipHash-1-3 (Aumasson, Bernstein). */
static uint64_t hash(const struct es_zip *zip, struct es_span s)
{
    uint64_t k0 = zip_get64(zip->hash_key), k1 = zip_get64(zip->hash_key + 8);
    uint64_t v[4] = {k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
                     k1 ^ 0x7465646279746573};
    uint8_t last[8] = {0};
    size_t i = 0;

    for (; i + 8 <= s.len; i += 8) {
        v[3] ^= zip_get64(s.ptr + i);
        sip_round(v);
        v[0] ^= zip_get64(s.ptr + i);
    }
    if (i < s.len)
        memcpy(last, s.ptr + i, s.len - i);
    last[7] = (uint8_t) s.len;
    v[3] ^= zip_get64(last);
    sip_round(v);
    v[0] ^= zip_get64(last);
    v[2] ^= 0xff;
    for (int n = 0; n < 3; n++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* The slot of that name, or the free one where it belongs. */
static uint32_t *find_slot(const struct es_zip *zip, struct es_span name)
{
    uint32_t at = (uint32_t) hash(zip, name) & zip->slots_mask;

    while (zip->slots[at] != 0 &&
           !es_span_equal(es_span_str(zip->entries[zip->slots[at] - 1].name), name))
        at = (at + 1) & zip->slots_mask;
    return &zip->slots[at];
}

static es_status build_table(struct es_zip *zip, struct es_error *err)
{
    size_t size = 4;

    while (size < 2 * (size_t) zip->count)
        size *= 2;
    ES_ENSURE(getrandom(zip->hash_key, sizeof zip->hash_key, 0) == sizeof zip->hash_key, err,
              ES_E_IO, "no random numbers from the system");
    zip->slots = es_arena_alloc(&zip->arena, size * sizeof *zip->slots);
    ES_ENSURE(zip->slots != NULL, err, ES_E_NOMEM, "out of memory");
    zip->slots_mask = (uint32_t) (size - 1);
    for (uint32_t i = 0; i < zip->count; i++) {
        const struct es_zip_entry *entry = &zip->entries[i];
        uint32_t *slot;

        if (entry->unsafe || entry->is_folder)
            continue;
        slot = find_slot(zip, es_span_str(entry->name));
        if (*slot == 0) /* of entries with one name the first is found */
            *slot = i + 1;
    }
    return ES_OK;
}

es_status zip_build_index(struct zip_check *check, struct es_error *err)
{
    ES_TRY(build_names(check, err));
    return build_table(check->zip, err);
}

const struct es_zip_entry *es_zip_find(const struct es_zip *zip, struct es_span name)
{
    uint32_t slot = *find_slot(zip, name);

    return slot == 0 ? NULL : &zip->entries[slot - 1];
}

/* First place in names that is not below folded. */
static uint32_t lower_bound(const struct es_zip *zip, struct es_span folded)
{
    uint32_t from = 0, to = zip->names_count;

    while (from < to) {
        uint32_t mid = from + (to - from) / 2;

        if (compare_paths(zip->names[mid].folded, folded) < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

es_status es_zip_look_folded(const struct es_zip *zip, struct es_span name,
                             const struct es_zip_entry **entry, uint32_t *count,
                             struct es_error *err)
{
    ES_AUTO(es_buf) folded = ES_BUF_INIT(ZIP_FOLDED_MAX);
    uint32_t first = UINT32_MAX;
    es_status status;

    *entry = NULL;
    *count = 0;
    if (name.len > ZIP_NAME_MAX)
        return ES_OK;
    status = es_text_fold(name, &folded, err);
    if (status != ES_OK) /* a name that does not fold is nobody's */
        return status == ES_E_NOMEM ? status : ES_OK;
    for (uint32_t i = lower_bound(zip, es_buf_span(&folded)); i < zip->names_count; i++) {
        const struct zip_name *at = &zip->names[i];

        if (!es_span_equal(at->folded, es_buf_span(&folded)))
            break;
        if (zip->entries[at->index].is_folder)
            continue;
        ++*count;
        if (at->index < first)
            first = at->index;
    }
    *entry = *count == 0 ? NULL : &zip->entries[first];
    return ES_OK;
}

const struct es_zip_entry *es_zip_find_folded(const struct es_zip *zip, struct es_span name,
                                              uint32_t *count)
{
    const struct es_zip_entry *entry = NULL;
    uint32_t found = 0;
    es_status status = es_zip_look_folded(zip, name, &entry, &found, NULL);

    if (count != NULL)
        *count = found;
    return status == ES_OK ? entry : NULL;
}
