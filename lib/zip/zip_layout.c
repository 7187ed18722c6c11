/*
 * Accounting for every byte. Entries are taken by position; what lies between them, before the
 * first, around the directory and behind the end belongs to nobody:
 *
 *     [prefix] entry [gap] entry [gap] directory [gap] end64 locator end [comment] [suffix]
 *
 * Bytes in brackets are counted as outside data. A header mark among them could be found by
 * another reader and makes the container ambiguous, and so do structures that overlap.
 */
#include "zip_parts.h"

#define SCAN_PIECE (64u * 1024u)

struct place {
    uint64_t off;
    uint32_t index;
};

size_t zip_find_mark(struct es_span bytes)
{
    size_t at = 0;

    while (at + 4 <= bytes.len) {
        const uint8_t *hit = memchr(bytes.ptr + at, 'P', bytes.len - at - 3);
        uint32_t mark;

        if (hit == NULL)
            break;
        mark = zip_get32(hit);
        at = (size_t) (hit - bytes.ptr);
        if (mark == ZIP_MARK_LOCAL || mark == ZIP_MARK_RECORD || mark == ZIP_MARK_END ||
            mark == ZIP_MARK_END64)
            return at;
        at++;
    }
    return bytes.len;
}

/* Whether a header mark stands in [from, to). */
static es_status has_mark(const struct es_source *src, uint64_t from, uint64_t to, bool *yes,
                          struct es_error *err)
{
    ES_AUTO(es_buf) piece = ES_BUF_INIT(SCAN_PIECE);
    uint8_t *room;

    *yes = false;
    if (to - from < 4)
        return ES_OK;
    room = es_buf_reserve(&piece, to - from < SCAN_PIECE ? (size_t) (to - from) : SCAN_PIECE);
    ES_TRY(es_buf_check(&piece, err));
    while (to - from >= 4 && !*yes) {
        size_t len = to - from < SCAN_PIECE ? (size_t) (to - from) : SCAN_PIECE;

        ES_TRY(es_source_read(src, from, room, len, err));
        *yes = zip_find_mark(es_span_of(room, len)) < len;
        from += len - 3;
    }
    return ES_OK;
}

/* Bytes [from, to) belong to no structure. A comment is not counted, but looked through. */
static es_status take_gap(struct zip_check *check, uint64_t from, uint64_t to, bool counted,
                          struct es_error *err)
{
    bool ambiguous;

    if (from >= to)
        return ES_OK;
    ES_TRY(has_mark(&check->zip->src, from, to, &ambiguous, err));
    if (ambiguous)
        zip_note(check, ES_V_CONTAINER_AMBIGUOUS, NULL, NULL);
    if (counted)
        check->outside_len += to - from;
    return ES_OK;
}

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->off != y->off)
        return x->off < y->off ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static es_status check_entries(struct zip_check *check, const struct place *places,
                               struct es_error *err)
{
    struct es_zip *zip = check->zip;
    uint64_t pos = 0, dir_off = check->end.dir_off;

    for (uint32_t i = 0; i < zip->count; i++) {
        struct es_zip_entry *entry = &zip->entries[places[i].index];
        uint64_t next = i + 1 < zip->count ? places[i + 1].off : dir_off;

        ES_TRY(zip_check_descriptor(check, entry, next, err));
        if (entry->header_off < pos || entry->end_off > dir_off)
            zip_note(check, ES_V_CONTAINER_AMBIGUOUS, entry->name, NULL);
        ES_TRY(take_gap(check, pos, entry->header_off < dir_off ? entry->header_off : dir_off, true,
                        err));
        if (entry->end_off > pos)
            pos = entry->end_off;
    }
    return take_gap(check, pos, dir_off, true, err);
}

static es_status check_tail(struct zip_check *check, struct es_error *err)
{
    const struct es_zip *zip = check->zip;
    const struct zip_end *end = &check->end;
    uint64_t comment_off = end->end_off + ZIP_END_LEN;
    uint8_t len[2];

    ES_TRY(es_source_read(&zip->src, comment_off - 2, len, sizeof len, err));
    ES_TRY(take_gap(check, end->dir_off + end->dir_len, end->tail_off, true, err));
    ES_TRY(take_gap(check, comment_off, zip->src.len, false, err));
    check->outside_len += zip->src.len - comment_off - zip_get16(len);
    return ES_OK;
}

es_status zip_check_layout(struct zip_check *check, struct es_error *err)
{
    struct es_zip *zip = check->zip;
    struct place *places = es_arena_alloc(&zip->arena, zip->count * sizeof *places);
    char text[24];

    ES_ENSURE(places != NULL, err, ES_E_NOMEM, "out of memory");
    for (uint32_t i = 0; i < zip->count; i++)
        places[i] = (struct place){zip->entries[i].header_off, i};
    if (zip->count > 0)
        qsort(places, zip->count, sizeof *places, compare_places);
    ES_TRY(check_entries(check, places, err));
    ES_TRY(check_tail(check, err));
    if (check->outside_len > 0) {
        (void) snprintf(text, sizeof text, "%llu", (unsigned long long) check->outside_len);
        zip_note(check, ES_V_CONTAINER_OUTSIDE_DATA, NULL, text);
    }
    return ES_OK;
}
