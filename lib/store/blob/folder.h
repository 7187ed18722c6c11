/* The file an object is written to before it has a name; a folder's own matter. */
#ifndef ES_BLOB_FOLDER_H
#define ES_BLOB_FOLDER_H

#include "blob_internal.h"

#define BLOB_TEMP_NAME_LEN 13 /* ".new-01234567" */

struct blob_temp {
    int fd; /* -1: closed */
    int folder;
    char name[BLOB_TEMP_NAME_LEN + 1]; /* "": the file has none */
};
/** A file to write in folder (borrowed), without a name where the file system has such. */
ES_CHECKED es_status blob_temp_open(struct blob_temp *temp, int folder, struct es_error *err);
/** The same, but always under a hidden name: for systems without O_TMPFILE or /proc. */
ES_CHECKED es_status blob_temp_open_named(struct blob_temp *temp, int folder, struct es_error *err);
/** Copy source, name gets its digest; the bytes are on disk when this returns. */
ES_CHECKED es_status blob_temp_fill(const struct blob_temp *temp, const struct es_source *source,
                                    char name[ES_BLOB_NAME_LEN + 1], struct es_error *err);
/** Give it its name in place; nothing is replaced: ES_E_EXISTS. */
ES_CHECKED es_status blob_temp_link(struct blob_temp *temp, int place, const char *name,
                                    struct es_error *err);
/** What was not linked is gone. */
void blob_temp_clear(struct blob_temp *temp);

#endif
