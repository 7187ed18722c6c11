/* Search columns and opened details against the leaves they belong to. */
#include "verify_internal.h"

/* ---- columns ---- */

es_status verify_columns_open(struct verify *v, uint64_t chunk, struct es_error *err)
{
    char name[BUNDLE_NAME_MAX];
    es_status status = ES_E_ABSENT;

    bundle_chunk_name("columns", chunk, name);
    if (bundle_manifest_find(&v->manifest, name) != NULL)
        status = bundle_reader_open(&v->columns, v->folder, name, BUNDLE_ROW_WINDOW, err);
    v->columns_on = status == ES_OK;
    return status == ES_E_ABSENT ? ES_OK : status;
}

void verify_columns_close(struct verify *v, uint64_t place)
{
    if (v->columns_on && !v->ended_early && bundle_reader_left(&v->columns) > 0)
        verify_found(v, "columns_format", place, "more rows than leaves");
    bundle_reader_clear(&v->columns);
    v->columns_on = false;
}

static es_status next_row(struct verify *v, uint64_t place, struct es_bundle_leaf *row,
                          struct es_error *err)
{
    enum bundle_step step = BUNDLE_END;

    ES_TRY(bundle_next_column(&v->columns, &step, row, err));
    v->columns_on = step == BUNDLE_ITEM;
    if (!v->columns_on)
        verify_found(v, "columns_format", place,
                     step == BUNDLE_END ? "fewer rows than leaves" : "row does not split");
    return ES_OK;
}

es_status verify_columns_pass(struct verify *v, uint64_t place, struct es_error *err)
{
    struct es_bundle_leaf row;

    return v->columns_on ? next_row(v, place, &row, err) : ES_OK;
}

/* What the columns of a leaf must be; key has room for the hex digits of a map key. */
static bool expect(const struct verify_leaf *leaf, struct es_bundle_leaf *row, char key[65])
{
    *row = (struct es_bundle_leaf){.event_type = 0};
    switch (leaf->body) {
    case VERIFY_AUDIT:
        row->event_type = leaf->audit.type;
        row->event_ms = leaf->audit.event_ms;
        row->actor = leaf->audit.actor;
        row->object_id = leaf->audit.object_id;
        return true;
    case VERIFY_STATUS:
        row->event_type = leaf->status.status;
        row->event_ms = leaf->status.effective_ms;
        es_hex_encode(log_span(&leaf->status.map_key), key);
        row->object_id = es_span_str(key);
        return true;
    case VERIFY_MAP_HEAD:
        return true;
    default:
        return false;
    }
}

static const char *difference(const struct verify_leaf *leaf, const struct es_bundle_leaf *row)
{
    struct es_bundle_leaf want;
    char key[65];

    if (!es_log_hash_equal(&row->leaf_hash, &leaf->hash))
        return "leaf hash";
    if (leaf->decoded && row->index != leaf->leaf.index)
        return "index";
    if (!expect(leaf, &want, key))
        return NULL;
    if (row->event_type != want.event_type)
        return "event type";
    if (row->event_ms != want.event_ms)
        return "event time";
    if (!es_span_equal(row->actor, want.actor))
        return "actor";
    return es_span_equal(row->object_id, want.object_id) ? NULL : "object id";
}

es_status verify_columns_see(struct verify *v, const struct verify_leaf *leaf, struct es_error *err)
{
    struct es_bundle_leaf row;
    const char *what;

    if (!v->columns_on)
        return ES_OK;
    ES_TRY(next_row(v, leaf->place, &row, err));
    what = v->columns_on ? difference(leaf, &row) : NULL;
    if (what != NULL)
        verify_found(v, "column", leaf->place, "%s is not that of the leaf", what);
    return ES_OK;
}

es_status verify_columns_finish(struct verify *v, uint64_t chunks, struct es_error *err)
{
    for (size_t i = 0; !v->ended_early && i < v->manifest.file_count; i++) {
        const char *name = v->manifest.files[i].name;
        uint64_t chunk = bundle_chunk_number("columns", name);
        ES_AUTO(es_source) src = {.fd = -1};
        es_status status;

        if (chunk == BUNDLE_CHUNKS_MAX || chunk < chunks)
            continue;
        status = v->folder->open(v->folder->self, name, &src, err);
        if (status == ES_OK && src.len > 0)
            verify_found(v, "columns_format", chunk * ES_BUNDLE_CHUNK, "rows without leaves");
        if (status != ES_E_ABSENT)
            ES_TRY(status);
    }
    return ES_OK;
}

/* ---- details ---- */

static es_status next_detail(struct verify *v, struct es_error *err)
{
    struct verify_details *d = &v->details;
    enum bundle_step step = BUNDLE_END;
    bool first = !d->has;

    d->last = d->detail.index;
    d->has = false;
    ES_TRY(bundle_next_detail(&d->reader, &step, &d->detail, err));
    if (step == BUNDLE_ITEM && (first || d->detail.index > d->last))
        d->has = true;
    else if (step != BUNDLE_END)
        verify_found_file(v, "details_format", "%s: does not split into details in order",
                          BUNDLE_DETAILS);
    return ES_OK;
}

static es_status pass_detail(struct verify *v, struct es_error *err)
{
    bundle_reader_skip(&v->details.reader, v->details.detail.length);
    return next_detail(v, err);
}

es_status verify_details_open(struct verify *v, struct es_error *err)
{
    struct verify_details *d = &v->details;
    es_status status = ES_E_ABSENT;

    if (bundle_manifest_find(&v->manifest, BUNDLE_DETAILS) != NULL)
        status = bundle_reader_open(&d->reader, v->folder, BUNDLE_DETAILS, BUNDLE_ROW_WINDOW, err);
    if (status == ES_E_ABSENT)
        return ES_OK;
    ES_TRY(status);
    ES_TRY(next_detail(v, err));
    while (d->has && d->detail.index < v->first)
        ES_TRY(pass_detail(v, err));
    return ES_OK;
}

/* H(02 || salt || detail), the detail piece by piece; the stream stands behind it then. */
static es_status hash_detail(struct verify_details *d, struct es_log_hash *out,
                             struct es_error *err)
{
    static const uint8_t prefix = 0x02;
    ES_AUTO_PTR(es_hash) hash = NULL;
    struct es_span piece;

    ES_TRY(es_hash_new(ES_DIGEST_SM3, &hash, err));
    ES_TRY(es_hash_update(hash, es_span_of(&prefix, 1), err));
    ES_TRY(es_hash_update(hash, es_span_of(d->detail.salt, sizeof d->detail.salt), err));
    for (size_t left = d->detail.length; left > 0; left -= piece.len) {
        ES_TRY(bundle_reader_peek(&d->reader, left < BUNDLE_ROW_WINDOW ? left : BUNDLE_ROW_WINDOW,
                                  &piece, err));
        ES_ENSURE(piece.len > 0, err, ES_E_IO, "%s became shorter", BUNDLE_DETAILS);
        ES_TRY(es_hash_update(hash, piece, err));
        bundle_reader_skip(&d->reader, piece.len);
    }
    return es_hash_final(hash, out->b, err);
}

es_status verify_details_see(struct verify *v, const struct verify_leaf *leaf, struct es_error *err)
{
    struct verify_details *d = &v->details;
    struct es_log_hash hash;

    if (!d->has || d->detail.index != leaf->place)
        return ES_OK;
    ES_TRY(hash_detail(d, &hash, err));
    if (leaf->body != VERIFY_AUDIT || !leaf->audit.has_detail)
        verify_found(v, "detail", leaf->place, "the leaf has no detail");
    else if (!es_log_hash_equal(&hash, &leaf->audit.detail_hash))
        verify_found(v, "detail", leaf->place, "salt and detail do not give the leaf's hash");
    return next_detail(v, err);
}

es_status verify_details_finish(struct verify *v, struct es_error *err)
{
    while (v->details.has) {
        verify_found(v, "detail", v->details.detail.index, "there is no such leaf");
        ES_TRY(pass_detail(v, err));
    }
    return ES_OK;
}
