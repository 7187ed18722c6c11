/*
 * Extra fields: pairs of an id and bytes behind a header. Two kinds matter: long sizes (ZIP64)
 * and a second name (Unicode path), which must say what the header says. The rest is skipped.
 */
#include "zip_parts.h"

bool zip_extra_next(struct es_span *rest, uint16_t *id, struct es_span *body, bool *broken)
{
    size_t len;

    if (rest->len < 4) {
        /* Aligning tools pad with up to three zero bytes. */
        for (size_t i = 0; i < rest->len; i++)
            *broken = *broken || rest->ptr[i] != 0;
        return false;
    }
    *id = zip_get16(rest->ptr);
    len = zip_get16(rest->ptr + 2);
    if (len > rest->len - 4) {
        *broken = true;
        return false;
    }
    *body = es_span_sub(*rest, 4, len);
    *rest = es_span_sub(*rest, 4 + len, rest->len);
    return true;
}

/* The ZIP64 field; false when there are two of them. */
static bool find_zip64(struct es_span extra, struct es_span *body)
{
    struct es_span one;
    bool found = false, broken = false;
    uint16_t id;

    *body = es_span_of(NULL, 0);
    while (zip_extra_next(&extra, &id, &one, &broken)) {
        if (id != ZIP_EXTRA_ZIP64)
            continue;
        if (found)
            return false;
        found = true;
        *body = one;
    }
    return true;
}

/* The field holds the values whose short form is marked, in order; when it holds more, it must
 * be all values from the first on, and both ways of reading must give the same. */
static bool take_marked(struct es_span body, struct zip_long *fields, size_t count)
{
    size_t at = 0;

    for (size_t i = 0; i < count; i++) {
        if (fields[i].value != UINT32_MAX)
            continue;
        if (body.len - at < 8)
            return false;
        fields[i].value = zip_get64(body.ptr + at);
        at += 8;
    }
    if (at == body.len)
        return true;
    for (size_t i = 0; i < count && body.len >= 8 * (i + 1); i++)
        if (fields[i].value != zip_get64(body.ptr + 8 * i))
            return false;
    return body.len >= 16;
}

bool zip_extra_sizes(struct es_span extra, struct zip_long *fields, size_t count, bool zero_ok)
{
    struct es_span body;
    size_t marked = 0;

    if (!find_zip64(extra, &body))
        return false;
    for (size_t i = 0; i < count; i++)
        marked += fields[i].value == UINT32_MAX;
    if (marked > 0)
        return body.len > 0 ? take_marked(body, fields, count) : true;
    /* Nothing points here; some writers fill it all the same, then it must repeat. */
    for (size_t i = 0; i < count && body.len >= 8 * (i + 1); i++) {
        uint64_t full = zip_get64(body.ptr + 8 * i);

        if (full != fields[i].value && !(zero_ok && (full == 0 || fields[i].value == 0)))
            return false;
    }
    return true;
}

static es_status check_unicode_path(struct zip_check *check, const struct es_zip_entry *entry,
                                    struct es_span body, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(UINT16_MAX);
    bool slash_off;

    if (entry->unsafe)
        return ES_OK;
    if (body.len >= 5)
        es_buf_put_span(&text, es_span_sub(body, 5, body.len));
    ES_TRY(es_buf_check(&text, err));
    (void) zip_name_rewrite(&text, &slash_off);
    if (body.len < 5 || body.ptr[0] != 1 || !es_span_is(es_buf_span(&text), entry->name))
        zip_note(check, ES_V_CONTAINER_HEADERS_DISAGREE, NULL, entry->name);
    return ES_OK;
}

es_status zip_check_extra(struct zip_check *check, const struct es_zip_entry *entry,
                          struct es_span extra, struct es_error *err)
{
    struct es_span body;
    bool broken = false;
    uint16_t id;

    while (zip_extra_next(&extra, &id, &body, &broken))
        if (id == ZIP_EXTRA_UNICODE_PATH)
            ES_TRY(check_unicode_path(check, entry, body, err));
    if (broken)
        zip_note(check, ES_V_CONTAINER_MALFORMED, entry->name, NULL);
    return ES_OK;
}
