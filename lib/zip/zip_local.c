/*
 * Local headers and data descriptors tell again what the directory tells. A reader that goes
 * through the file from the front believes them, so every field that decides about content must
 * be the same.
 */
#include "zip_parts.h"

#define NEAR_LEN 512u

/* Read the header and what follows it in one go; name and extra are inside buf. */
static es_status read_local(struct zip_check *check, const struct es_zip_entry *entry,
                            struct es_buf *buf, struct es_error *err)
{
    const struct es_source *src = &check->zip->src;
    uint64_t left = entry->header_off > src->len ? 0 : src->len - entry->header_off;
    size_t len = left < NEAR_LEN ? (size_t) left : NEAR_LEN, whole;
    uint8_t *room;

    if (left < ZIP_LOCAL_LEN)
        return zip_malformed(check, entry->name, err, "local header lies outside the container");
    room = es_buf_reserve(buf, len);
    ES_TRY(es_buf_check(buf, err));
    ES_TRY(es_source_read(src, entry->header_off, room, len, err));
    buf->len = len;
    whole = ZIP_LOCAL_LEN + (size_t) zip_get16(room + 26) + zip_get16(room + 28);
    if (zip_get32(room) != ZIP_MARK_LOCAL || whole > left)
        return zip_malformed(check, entry->name, err, "no local header where the directory says");
    if (whole > len) {
        room = es_buf_reserve(buf, whole - len);
        ES_TRY(es_buf_check(buf, err));
        ES_TRY(es_source_read(src, entry->header_off + len, room, whole - len, err));
    }
    buf->len = whole;
    return ES_OK;
}

static bool is_ascii(struct es_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] >= 0x80)
            return false;
    return true;
}

/* In a header that leaves sizes to the descriptor, zero means "see there". */
static bool same(uint64_t local, uint64_t central, bool later)
{
    return local == central || (later && local == 0);
}

static bool agrees(const struct es_zip_entry *entry, const uint8_t *p, struct es_span name,
                   struct es_span extra)
{
    uint16_t flags = zip_get16(p + 6);
    bool later = (flags & ZIP_FLAG_DESCRIPTOR) != 0;
    unsigned decisive = ZIP_FLAG_ENCRYPTED | ZIP_FLAG_DESCRIPTOR;
    struct zip_long sizes[] = {{zip_get32(p + 22)}, {zip_get32(p + 18)}};

    /* The UTF-8 flag says nothing about a name of ASCII; real writers set it in one place. */
    if (!is_ascii(entry->raw))
        decisive |= ZIP_FLAG_UTF8;
    return zip_extra_sizes(extra, sizes, 2, later) && es_span_equal(name, entry->raw) &&
           ((flags ^ entry->flags) & decisive) == 0 && zip_get16(p + 8) == entry->method &&
           same(zip_get32(p + 14), entry->crc, later) && same(sizes[0].value, entry->len, later) &&
           same(sizes[1].value, entry->packed_len, later);
}

es_status zip_check_local(struct zip_check *check, struct es_zip_entry *entry, struct es_error *err)
{
    ES_AUTO(es_buf) buf = ES_BUF_INIT(ZIP_LOCAL_LEN + 2 * UINT16_MAX + NEAR_LEN);
    struct es_span name, extra;

    ES_TRY(read_local(check, entry, &buf, err));
    name = es_span_sub(es_buf_span(&buf), ZIP_LOCAL_LEN, zip_get16(buf.ptr + 26));
    extra = es_span_sub(es_buf_span(&buf), ZIP_LOCAL_LEN + name.len, buf.len);
    entry->data_off = entry->header_off + buf.len;
    if (entry->packed_len > check->zip->src.len - entry->data_off)
        return zip_malformed(check, entry->name, err, "data of an entry is cut");
    entry->end_off = entry->data_off + entry->packed_len;
    if (!agrees(entry, buf.ptr, name, extra))
        zip_note(check, ES_V_CONTAINER_HEADERS_DISAGREE, NULL, entry->name);
    return zip_check_extra(check, entry, extra, err);
}

/* The length of the descriptor at p if it has this form and tells what the directory tells. */
static size_t match_descriptor(const struct es_zip_entry *entry, struct es_span at, bool marked,
                               bool wide)
{
    size_t from = marked ? 4 : 0, len = from + (wide ? 20 : 12);
    const uint8_t *p;

    if (at.len < len || (marked && zip_get32(at.ptr) != ZIP_MARK_DESCRIPTOR))
        return 0;
    p = at.ptr + from;
    if (zip_get32(p) != entry->crc)
        return 0;
    if (wide)
        return zip_get64(p + 4) == entry->packed_len && zip_get64(p + 12) == entry->len ? len : 0;
    return zip_get32(p + 4) == entry->packed_len && zip_get32(p + 8) == entry->len ? len : 0;
}

es_status zip_check_descriptor(struct zip_check *check, struct es_zip_entry *entry, uint64_t next,
                               struct es_error *err)
{
    const struct es_source *src = &check->zip->src;
    uint64_t left = src->len - entry->end_off, room = next - entry->end_off;
    uint8_t bytes[24];
    struct es_span at = es_span_of(bytes, left < sizeof bytes ? (size_t) left : sizeof bytes);
    size_t best = 0;

    if ((entry->flags & ZIP_FLAG_DESCRIPTOR) == 0)
        return ES_OK;
    ES_TRY(es_source_read(src, entry->end_off, bytes, at.len, err));
    for (unsigned form = 0; form < 4; form++) {
        size_t len = match_descriptor(entry, at, (form & 1) == 0, (form & 2) != 0);

        if (len != 0 && (best == 0 || len == room))
            best = len;
    }
    if (best == 0)
        zip_note(check, ES_V_CONTAINER_MALFORMED, entry->name, NULL);
    entry->end_off += best;
    return ES_OK;
}
