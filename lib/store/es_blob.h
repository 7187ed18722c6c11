/*
 * Large objects by their SM3: a folder or an S3 bucket behind one table. What is stored under a
 * name has that digest, checked on writing and on reading; storing twice is harmless.
 */
#ifndef ES_BLOB_H
#define ES_BLOB_H

#include "es_base.h"
#include "es_crypto.h"

#define ES_BLOB_NAME_LEN 64 /* hex of SM3, lower case */
#define ES_BLOB_MAX (512u << 20)

struct es_blobs;
/**
 * where: "folder:PATH" (made when absent, two levels of fan-out, files 0600, folders 0700), or
 * "s3:https://HOST[:PORT]/BUCKET[/PREFIX]?region=R" (path style; http only to loopback), whose
 * credentials come from the file named by $ESEAL_S3_CREDENTIALS: two lines, access key and secret.
 */
ES_CHECKED es_status es_blobs_open(const char *where, struct es_blobs **out, struct es_error *err);
void es_blobs_free(struct es_blobs *blobs);
ES_DEFINE_FREE_AT(es_blobs)
/** Store what source holds (memory stays bounded); name gets the digest. Synced when it returns. */
ES_CHECKED es_status es_blob_put(struct es_blobs *blobs, const struct es_source *source,
                                 char name[ES_BLOB_NAME_LEN + 1], struct es_error *err);
/** Open for reading; the digest is checked before. ES_E_ABSENT, ES_E_INTEGRITY. */
ES_CHECKED es_status es_blob_open(struct es_blobs *blobs, const char *name, struct es_source *out,
                                  struct es_error *err);
ES_CHECKED es_status es_blob_exists(struct es_blobs *blobs, const char *name, bool *out,
                                    struct es_error *err);
/** Removing what is not there is ES_OK. */
ES_CHECKED es_status es_blob_remove(struct es_blobs *blobs, const char *name, struct es_error *err);
/** Every name, in order; for scrubbing and backup. */
ES_CHECKED es_status es_blob_each(struct es_blobs *blobs,
                                  es_status (*each)(void *ctx, const char *name,
                                                    struct es_error *err),
                                  void *ctx, struct es_error *err);

#endif
