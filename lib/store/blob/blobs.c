/*
 * The door to every kind: picks it by "where", and lets only sound names and lengths through, so
 * that no name can leave its folder or bucket.
 */
#include "blob_internal.h"

struct es_blobs {
    const struct es_blob_ops *ops;
    void *self;
};

bool es_blob_is_name(struct es_span text)
{
    if (text.len != ES_BLOB_NAME_LEN)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!(text.ptr[i] >= '0' && text.ptr[i] <= '9') &&
            !(text.ptr[i] >= 'a' && text.ptr[i] <= 'f'))
            return false;
    return true;
}

void es_blob_key(const char *name, char key[ES_BLOB_KEY_LEN + 1])
{
    (void) snprintf(key, ES_BLOB_KEY_LEN + 1, "%.2s/%.2s/%.64s", name, name + 2, name);
}

es_status es_blob_check(const struct es_source *source, const char *name, struct es_error *err)
{
    char found[2 * ES_SM3_LEN + 1];
    uint8_t digest[ES_SM3_LEN];

    ES_TRY(es_sm3_source(source, 0, source->len, digest, err));
    es_hex_encode(es_span_of(digest, sizeof digest), found);
    ES_ENSURE(strcmp(found, name) == 0, err, ES_E_INTEGRITY,
              "object %s: its content has the digest %s", name, found);
    return ES_OK;
}

static es_status check_name(const char *name, struct es_error *err)
{
    ES_ENSURE(es_blob_is_name(es_span_str(name)), err, ES_E_USAGE,
              "an object's name has %d lower-case hex digits", ES_BLOB_NAME_LEN);
    return ES_OK;
}

static const struct es_blob_ops *find_kind(struct es_span kind)
{
    static const struct es_blob_ops *const kinds[] = {&es_blob_folder, &es_blob_s3};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (es_span_is(kind, kinds[i]->kind))
            return kinds[i];
    return NULL;
}

es_status es_blobs_open(const char *where, struct es_blobs **out, struct es_error *err)
{
    struct es_span text = es_span_str(where);
    size_t colon = es_span_find(text, ':');
    const struct es_blob_ops *ops = find_kind(es_span_sub(text, 0, colon));
    ES_AUTO_PTR(es_blobs) blobs = NULL;

    ES_ENSURE(ops != NULL && colon < text.len, err, ES_E_CONFIG,
              "objects are kept in \"folder:PATH\" or \"s3:https://HOST/BUCKET?region=R\"");
    blobs = calloc(1, sizeof *blobs);
    ES_ENSURE(blobs != NULL, err, ES_E_NOMEM, "out of memory");
    blobs->ops = ops;
    ES_TRY(ops->open(where + colon + 1, &blobs->self, err));
    *out = ES_TAKE(blobs);
    return ES_OK;
}

void es_blobs_free(struct es_blobs *blobs)
{
    if (blobs == NULL)
        return;
    if (blobs->self != NULL)
        blobs->ops->close(blobs->self);
    free(blobs);
}

es_status es_blob_put(struct es_blobs *blobs, const struct es_source *source,
                      char name[ES_BLOB_NAME_LEN + 1], struct es_error *err)
{
    ES_ENSURE(source->len <= ES_BLOB_MAX, err, ES_E_LIMIT, "object of %llu bytes, at most %u",
              (unsigned long long) source->len, ES_BLOB_MAX);
    return blobs->ops->put(blobs->self, source, name, err);
}

es_status es_blob_open(struct es_blobs *blobs, const char *name, struct es_source *out,
                       struct es_error *err)
{
    *out = (struct es_source){.fd = -1};
    ES_TRY(check_name(name, err));
    return blobs->ops->open_blob(blobs->self, name, out, err);
}

es_status es_blob_exists(struct es_blobs *blobs, const char *name, bool *out, struct es_error *err)
{
    *out = false;
    ES_TRY(check_name(name, err));
    return blobs->ops->exists(blobs->self, name, out, err);
}

es_status es_blob_remove(struct es_blobs *blobs, const char *name, struct es_error *err)
{
    ES_TRY(check_name(name, err));
    return blobs->ops->remove(blobs->self, name, err);
}

es_status es_blob_each(struct es_blobs *blobs, es_blob_each_fn each, void *ctx,
                       struct es_error *err)
{
    return blobs->ops->each(blobs->self, each, ctx, err);
}
