/*
 * GHASH (NIST SP 800-38D, 6.4), the polynomial hash under GCM. Two ways to multiply give the same
 * field; neither branches on data nor uses it as an index. Nothing here leaves the area.
 */
#ifndef ES_GHASH_H
#define ES_GHASH_H

#include "es_base.h"

#define ES_GHASH_BLOCK 16

/** y and h: high half first, as read from big-endian bytes. For each block: y = (y + block) * h. */
typedef void (*es_ghash_fn)(uint64_t y[2], const uint64_t h[2], const uint8_t *blocks,
                            size_t count);
void es_ghash_portable(uint64_t y[2], const uint64_t h[2], const uint8_t *blocks, size_t count);
/** The processor's carry-less multiplication, NULL when it has none. */
es_ghash_fn es_ghash_native(void);
/** The native one, or else the portable one. */
es_ghash_fn es_ghash_best(void);

#endif
