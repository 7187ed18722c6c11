/* What the files of lib/log share. */
#ifndef ES_LOG_INTERNAL_H
#define ES_LOG_INTERNAL_H

#include "es_log.h"

#define LOG_ALGORITHM "sm2-sm3/v1"
#define LOG_WITNESS_ALGORITHM "sm2-sm3-cosignature/v1"

/** H(prefix || parts), every prefix for one kind of value only (audit-log.md 1). */
ES_CHECKED es_status log_hash(uint8_t prefix, const struct es_span *parts, size_t count,
                              struct es_log_hash *out, struct es_error *err);
void log_put_u64(struct es_buf *out, uint64_t value);

static inline struct es_span log_span(const struct es_log_hash *hash)
{
    return es_span_of(hash->b, ES_LOG_HASH_LEN);
}

#endif
