/*
 * The end of a container: which end record counts, what ZIP64 adds, where the directory is.
 *
 * Readers search the end record from behind and differ in what they take for one. We take the
 * last one whose comment reaches exactly the end of the file, else the last whose comment fits,
 * and call the container ambiguous when another reader could have taken another.
 *
 * Bytes put before a container shift everything. Some tools then correct the offsets, others do
 * not; both are read, the second by adding zip_end.shift. Where both readings hold, or the
 * directory stands at neither place, the container is ambiguous.
 */
#include "zip_parts.h"

#define WINDOW (65535u + ZIP_END_LEN)

struct end_record {
    uint16_t disk, dir_disk, count_here, count;
    uint32_t dir_len, dir_off;
};

es_status zip_mark_at(const struct zip_check *check, uint64_t off, uint32_t mark, bool *yes,
                      struct es_error *err)
{
    uint8_t bytes[4];

    *yes = false;
    if (off > check->zip->src.len || check->zip->src.len - off < sizeof bytes)
        return ES_OK;
    ES_TRY(es_source_read(&check->zip->src, off, bytes, sizeof bytes, err));
    *yes = zip_get32(bytes) == mark;
    return ES_OK;
}

/* The best end record in window: *at and how many reach exactly the end of the file. */
static bool choose_end(struct es_span window, size_t *at, size_t *exact_count)
{
    bool found = false;
    size_t pos = 0;

    *exact_count = 0;
    while (pos < window.len) {
        struct es_span rest = es_span_sub(window, pos, window.len);
        size_t hit = zip_find_mark(rest);
        size_t left = rest.len - hit, whole;

        if (left < ZIP_END_LEN)
            break;
        pos += hit + 1;
        if (zip_get32(rest.ptr + hit) != ZIP_MARK_END)
            continue;
        whole = ZIP_END_LEN + (size_t) zip_get16(rest.ptr + hit + 20);
        if (whole == left)
            (*exact_count)++;
        if (whole == left || (whole < left && *exact_count == 0)) {
            *at = pos - 1;
            found = true;
        }
    }
    return found;
}

static void decode_end(const uint8_t *p, struct end_record *rec)
{
    *rec = (struct end_record){.disk = zip_get16(p + 4),
                               .dir_disk = zip_get16(p + 6),
                               .count_here = zip_get16(p + 8),
                               .count = zip_get16(p + 10),
                               .dir_len = zip_get32(p + 12),
                               .dir_off = zip_get32(p + 16)};
}

static es_status find_record(struct zip_check *check, struct end_record *rec, struct es_error *err)
{
    const struct es_source *src = &check->zip->src;
    size_t len = src->len < WINDOW ? (size_t) src->len : WINDOW;
    ES_AUTO(es_buf) copy = ES_BUF_INIT(WINDOW);
    struct es_span window = es_span_of(NULL, 0);
    size_t at = 0, exact_count = 0;

    if (src->fd < 0 && len > 0) {
        window = es_span_of(src->mem + (src->len - len), len);
    } else if (len > 0) {
        uint8_t *room = es_buf_reserve(&copy, len);

        ES_TRY(es_buf_check(&copy, err));
        ES_TRY(es_source_read(src, src->len - len, room, len, err));
        window = es_span_of(room, len);
    }
    if (!choose_end(window, &at, &exact_count))
        return zip_malformed(check, NULL, err, "no ZIP container: it has no end record");
    if (exact_count > 1)
        zip_note(check, ES_V_CONTAINER_AMBIGUOUS, "end record", NULL);
    decode_end(window.ptr + at, rec);
    check->end.end_off = src->len - len + at;
    return ES_OK;
}

/* True when a short field either points to the long one or says the same. */
static bool agrees(uint64_t brief, uint64_t brief_max, uint64_t full)
{
    return brief == brief_max || brief == full;
}

/* Position of the ZIP64 end record: where the locator says, else right before the locator. */
static es_status find_end64(struct zip_check *check, uint64_t *at, uint64_t *locator_off,
                            bool *found, struct es_error *err)
{
    struct zip_end *end = &check->end;
    uint8_t locator[ZIP_LOCATOR_LEN];
    uint64_t said, near;

    *found = false;
    if (end->end_off < ZIP_LOCATOR_LEN + ZIP_END64_LEN)
        return ES_OK;
    *locator_off = end->end_off - ZIP_LOCATOR_LEN;
    near = *locator_off - ZIP_END64_LEN;
    ES_TRY(es_source_read(&check->zip->src, *locator_off, locator, sizeof locator, err));
    if (zip_get32(locator) != ZIP_MARK_LOCATOR)
        return ES_OK;
    said = zip_get64(locator + 8);
    *at = said;
    if (said <= near)
        ES_TRY(zip_mark_at(check, said, ZIP_MARK_END64, found, err));
    if (*found)
        return ES_OK;
    *at = near;
    end->locator_shift = said < near ? near - said : UINT64_MAX;
    return zip_mark_at(check, near, ZIP_MARK_END64, found, err);
}

static es_status read_end64(struct zip_check *check, const struct end_record *rec, uint64_t at,
                            uint64_t locator_off, uint64_t *dir_off, struct es_error *err)
{
    struct zip_end *end = &check->end;
    uint8_t p[ZIP_END64_LEN];

    ES_TRY(es_source_read(&check->zip->src, at, p, sizeof p, err));
    end->tail_off = at;
    end->count = zip_get64(p + 32);
    end->dir_len = zip_get64(p + 40);
    *dir_off = zip_get64(p + 48);
    if (zip_get64(p + 4) != locator_off - at - 12)
        zip_note(check, ES_V_CONTAINER_AMBIGUOUS, "ZIP64 end record", NULL);
    if (!agrees(rec->count, UINT16_MAX, end->count) ||
        !agrees(rec->count_here, UINT16_MAX, end->count) || zip_get64(p + 24) != end->count ||
        !agrees(rec->dir_len, UINT32_MAX, end->dir_len) ||
        !agrees(rec->dir_off, UINT32_MAX, *dir_off) || !agrees(rec->disk, UINT16_MAX, 0) ||
        !agrees(rec->dir_disk, UINT16_MAX, 0) || zip_get32(p + 16) != 0 || zip_get32(p + 20) != 0)
        zip_note(check, ES_V_CONTAINER_HEADERS_DISAGREE, "ZIP64 end record", "ZIP64 end record");
    return ES_OK;
}

/* Fill count, dir_len, tail_off and what is said about the place of the directory. */
static es_status reconcile(struct zip_check *check, const struct end_record *rec, uint64_t *dir_off,
                           struct es_error *err)
{
    struct zip_end *end = &check->end;
    uint64_t locator_off = 0, at = 0;
    bool found;

    end->tail_off = end->end_off;
    end->count = rec->count;
    end->dir_len = rec->dir_len;
    *dir_off = rec->dir_off;
    ES_TRY(find_end64(check, &at, &locator_off, &found, err));
    if (found)
        return read_end64(check, rec, at, locator_off, dir_off, err);
    end->locator_shift = 0;
    if (rec->disk != 0 || rec->dir_disk != 0 || rec->count_here != rec->count)
        return zip_malformed(check, "end record", err, "container is one part of several");
    return ES_OK;
}

/* Directory right before the end records, or where the end record says; see the top. */
static es_status place_dir(struct zip_check *check, uint64_t said, struct es_error *err)
{
    struct zip_end *end = &check->end;
    uint64_t behind;
    bool at_end = end->count == 0, at_said = false;

    if (end->dir_len > end->tail_off)
        return zip_malformed(check, "end record", err, "directory is longer than the container");
    behind = end->tail_off - end->dir_len;
    end->dir_off = behind;
    if (said == behind)
        return ES_OK;
    if (end->count > 0) {
        ES_TRY(zip_mark_at(check, behind, ZIP_MARK_RECORD, &at_end, err));
        if (said < behind)
            ES_TRY(zip_mark_at(check, said, ZIP_MARK_RECORD, &at_said, err));
    }
    if (!at_end && !at_said)
        return zip_malformed(check, "end record", err, "no directory where the end record says");
    if (at_said || said > behind)
        zip_note(check, ES_V_CONTAINER_AMBIGUOUS, "end record", NULL);
    if (!at_end)
        end->dir_off = said;
    else if (said < behind)
        end->shift = behind - said;
    return ES_OK;
}

es_status zip_find_end(struct zip_check *check, struct es_error *err)
{
    struct end_record rec = {0};
    uint64_t said = 0;

    ES_TRY(find_record(check, &rec, err));
    ES_TRY(reconcile(check, &rec, &said, err));
    if (check->end.count > check->zip->limits.entries_max)
        return zip_over_limit(check, NULL, "entries", err);
    ES_TRY(place_dir(check, said, err));
    if (check->end.locator_shift != 0 && check->end.locator_shift != check->end.shift)
        zip_note(check, ES_V_CONTAINER_AMBIGUOUS, "ZIP64 end record", NULL);
    return ES_OK;
}
