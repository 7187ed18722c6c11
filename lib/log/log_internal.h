/* What the files of lib/log share. */
#ifndef ES_LOG_INTERNAL_H
#define ES_LOG_INTERNAL_H

#include "es_log.h"

/** H(prefix || parts), every prefix for one kind of value only (audit-log.md 1). */
ES_CHECKED es_status log_hash(uint8_t prefix, const struct es_span *parts, size_t count,
                              struct es_log_hash *out, struct es_error *err);
void log_put_u64(struct es_buf *out, uint64_t value);
/** es_tree_append that gives, by the way, the leaf hash (level 0) and then the root of each subtree
 *  of 2^level leaves that the leaf makes whole. node may be NULL. */
ES_CHECKED es_status log_tree_append(struct es_tree *tree, const struct es_log_hash *leaf,
                                     es_status (*node)(void *ctx, unsigned level,
                                                       const struct es_log_hash *hash,
                                                       struct es_error *err),
                                     void *ctx, struct es_error *err);
/** The one line of that name and key id; NULL when there is none or more than one. */
const struct es_checkpoint_line *log_checkpoint_line(const struct es_checkpoint *checkpoint,
                                                     struct es_span name, const uint8_t id[4]);

static inline struct es_span log_span(const struct es_log_hash *hash)
{
    return es_span_of(hash->b, ES_LOG_HASH_LEN);
}
/** Side of a key of the map at depth: the highest bit of the first byte first. */
static inline unsigned log_map_bit(const struct es_log_hash *key, size_t depth)
{
    return ((unsigned) key->b[depth / 8] >> (7 - depth % 8)) & 1u;
}

#endif
