/*
 * The directory: records one behind the other, exactly as many as the end record says and
 * exactly as long. It is read whole, at most ZIP_DIRECTORY_MAX bytes; the name bytes of the
 * entries point into it.
 */
#include "zip_parts.h"

#define RATIO_FROM (UINT64_C(1) << 20)

static es_status load(struct zip_check *check, struct es_error *err)
{
    struct es_zip *zip = check->zip;
    const struct zip_end *end = &check->end;

    if (end->dir_len > ZIP_DIRECTORY_MAX)
        return zip_over_limit(check, NULL, "directory_size", err);
    if (end->count > end->dir_len / ZIP_RECORD_LEN)
        return zip_malformed(check, "directory", err, "directory is too short for its records");
    if (zip->src.fd < 0) {
        zip->dir = es_span_of(zip->src.mem + end->dir_off, (size_t) end->dir_len);
        return ES_OK;
    }
    if (end->dir_len == 0)
        return ES_OK;
    zip->dir_copy = malloc((size_t) end->dir_len);
    ES_ENSURE(zip->dir_copy != NULL, err, ES_E_NOMEM, "out of memory");
    ES_TRY(es_source_read(&zip->src, end->dir_off, zip->dir_copy, (size_t) end->dir_len, err));
    zip->dir = es_span_of(zip->dir_copy, (size_t) end->dir_len);
    return ES_OK;
}

/* Cut the next record off *rest: name bytes and extra field. */
static es_status next_record(struct zip_check *check, struct es_span *rest, struct es_span *name,
                             struct es_span *extra, struct es_error *err)
{
    const uint8_t *p = rest->ptr;
    size_t name_len, extra_len, comment_len;

    if (rest->len < ZIP_RECORD_LEN || zip_get32(p) != ZIP_MARK_RECORD)
        return zip_malformed(check, "directory", err, "directory is cut or overwritten");
    name_len = zip_get16(p + 28);
    extra_len = zip_get16(p + 30);
    comment_len = zip_get16(p + 32);
    if (rest->len - ZIP_RECORD_LEN < name_len + extra_len + comment_len)
        return zip_malformed(check, "directory", err, "directory record is longer than the rest");
    *name = es_span_sub(*rest, ZIP_RECORD_LEN, name_len);
    *extra = es_span_sub(*rest, ZIP_RECORD_LEN + name_len, extra_len);
    *rest = es_span_sub(*rest, ZIP_RECORD_LEN + name_len + extra_len + comment_len, rest->len);
    return ES_OK;
}

static es_status set_sizes(struct zip_check *check, struct es_zip_entry *entry,
                           struct es_span extra, struct es_error *err)
{
    const uint8_t *p = zip_record(entry);
    struct zip_long fields[] = {{zip_get32(p + 24)}, {zip_get32(p + 20)}, {zip_get32(p + 42)}};

    if (!zip_extra_sizes(extra, fields, 3, false))
        zip_note(check, ES_V_CONTAINER_HEADERS_DISAGREE, NULL, entry->name);
    entry->len = fields[0].value;
    entry->packed_len = fields[1].value;
    entry->header_off = fields[2].value;
    if (zip_get16(p + 34) != 0 || entry->header_off > check->zip->src.len)
        return zip_malformed(check, entry->name, err, "entry lies outside the container");
    return ES_OK;
}

static es_status check_limits(struct zip_check *check, const struct es_zip_entry *entry,
                              struct es_error *err)
{
    const struct es_zip_limits *limits = &check->zip->limits;

    if (entry->len > limits->entry_max)
        return zip_over_limit(check, entry->name, "entry_size", err);
    if (entry->len > RATIO_FROM && entry->packed_len < entry->len / limits->ratio_max)
        return zip_over_limit(check, entry->name, "ratio", err);
    if (entry->len > limits->total_max - check->total_len)
        return zip_over_limit(check, NULL, "total_size", err);
    check->total_len += entry->len;
    return ES_OK;
}

static void check_kind(struct zip_check *check, const struct es_zip_entry *entry)
{
    bool known = entry->method == ZIP_STORED || entry->method == ZIP_DEFLATED;

    if (!known || (entry->flags & ZIP_FLAGS_UNSUPPORTED) != 0) {
        zip_note(check, ES_V_CONTAINER_UNSUPPORTED, entry->name, NULL);
        check->unsupported = true;
    } else if ((entry->is_folder && entry->len != 0) ||
               (entry->method == ZIP_STORED && entry->len != entry->packed_len)) {
        zip_note(check, ES_V_CONTAINER_MALFORMED, entry->name, NULL);
    }
}

static es_status read_entry(struct zip_check *check, struct es_span *rest,
                            struct es_zip_entry *entry, struct es_error *err)
{
    struct es_span extra = {0};
    const uint8_t *p = rest->ptr;

    ES_TRY(next_record(check, rest, &entry->raw, &extra, err));
    entry->flags = zip_get16(p + 8);
    entry->method = zip_get16(p + 10);
    entry->crc = zip_get32(p + 16);
    ES_TRY(zip_set_name(check, entry, err));
    ES_TRY(set_sizes(check, entry, extra, err));
    check_kind(check, entry);
    ES_TRY(check_limits(check, entry, err));
    return zip_check_extra(check, entry, extra, err);
}

/* Are offsets counted from the end of the prefix, as zip_find_end took it, or from the start of
 * the file? The first entry tells; when it tells both or neither, so does a finding. */
static es_status settle_shift(struct zip_check *check, struct es_error *err)
{
    struct es_zip *zip = check->zip;
    bool shifted, plain;
    uint64_t off;

    if (check->end.shift == 0 || zip->count == 0)
        return ES_OK;
    off = zip->entries[0].header_off;
    ES_TRY(zip_mark_at(check, off, ZIP_MARK_LOCAL, &plain, err));
    ES_TRY(zip_mark_at(check, off + check->end.shift, ZIP_MARK_LOCAL, &shifted, err));
    if (plain)
        zip_note(check, ES_V_CONTAINER_AMBIGUOUS, "directory", NULL);
    if (!shifted)
        check->end.shift = 0;
    for (uint32_t i = 0; i < zip->count; i++)
        zip->entries[i].header_off += check->end.shift;
    return ES_OK;
}

es_status zip_read_dir(struct zip_check *check, struct es_error *err)
{
    struct es_zip *zip = check->zip;
    struct es_span rest;

    ES_TRY(load(check, err));
    zip->entries = es_arena_alloc(&zip->arena, (size_t) check->end.count * sizeof *zip->entries);
    ES_ENSURE(zip->entries != NULL, err, ES_E_NOMEM, "out of memory");
    rest = zip->dir;
    for (uint32_t i = 0; i < (uint32_t) check->end.count; i++) {
        zip->entries[i].index = i;
        ES_TRY(read_entry(check, &rest, &zip->entries[i], err));
        zip->count = i + 1;
    }
    if (rest.len > 0)
        zip_note(check, ES_V_CONTAINER_AMBIGUOUS, "directory", NULL);
    return settle_shift(check, err);
}
