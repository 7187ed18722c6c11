/*
 * The kinds of blob stores behind es_blob.h. The wrapper (blobs.c) has checked names and lengths
 * before a kind sees them; a kind checks digests.
 */
#ifndef ES_BLOB_INTERNAL_H
#define ES_BLOB_INTERNAL_H

#include "es_blob.h"

/* What a name looks like below its folder or prefix: "ab/cd/<64 hex>". */
#define ES_BLOB_KEY_LEN (3 + 3 + ES_BLOB_NAME_LEN)

typedef es_status (*es_blob_each_fn)(void *ctx, const char *name, struct es_error *err);

struct es_blob_ops {
    const char *kind; /* as in "where": "folder", "s3" */
    /** rest: "where" behind "kind:". ES_E_CONFIG when it does not say enough. */
    es_status (*open)(const char *rest, void **self, struct es_error *err);
    es_status (*put)(void *self, const struct es_source *source, char name[ES_BLOB_NAME_LEN + 1],
                     struct es_error *err);
    es_status (*open_blob)(void *self, const char *name, struct es_source *out,
                           struct es_error *err);
    es_status (*exists)(void *self, const char *name, bool *out, struct es_error *err);
    es_status (*remove)(void *self, const char *name, struct es_error *err);
    es_status (*each)(void *self, es_blob_each_fn each, void *ctx, struct es_error *err);
    void (*close)(void *self);
};
extern const struct es_blob_ops es_blob_folder;
extern const struct es_blob_ops es_blob_s3;

/** 64 lower-case hex digits, nothing else. */
bool es_blob_is_name(struct es_span text);
/** "ab/cd/<name>" for a name. */
void es_blob_key(const char *name, char key[ES_BLOB_KEY_LEN + 1]);
/** The SM3 of all of source is what name says: ES_E_INTEGRITY if not. */
ES_CHECKED es_status es_blob_check(const struct es_source *source, const char *name,
                                   struct es_error *err);

#endif
