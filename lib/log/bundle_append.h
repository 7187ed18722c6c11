/*
 * A file of a bundle that grows at its end (docs/formats/log-bundle.md): what the manifest counts
 * stays, what stands behind that is cut off when it is opened.
 */
#ifndef ES_LOG_BUNDLE_APPEND_H
#define ES_LOG_BUNDLE_APPEND_H

#include "bundle_internal.h"

struct bundle_appender {
    int fd; /* -1: none */
    char name[BUNDLE_NAME_MAX];
    uint64_t len;
    struct es_buf buf; /* written when it has grown */
};
void bundle_appender_init(struct bundle_appender *a, size_t buffer_max);
void bundle_appender_clear(struct bundle_appender *a);
/** ES_E_MISMATCH: what the manifest counts is not there unchanged. ES_E_WRITE. */
ES_CHECKED es_status bundle_appender_open(struct bundle_appender *a, const char *folder,
                                          const char *name, const struct bundle_manifest *manifest,
                                          struct es_error *err);
/** Write the buffer when it is large; also tells whether it failed. */
ES_CHECKED es_status bundle_appender_flush(struct bundle_appender *a, struct es_error *err);
/** On disk and in the manifest; nothing when it is not open. */
ES_CHECKED es_status bundle_appender_settle(struct bundle_appender *a,
                                            struct bundle_manifest *manifest, struct es_error *err);

#endif
