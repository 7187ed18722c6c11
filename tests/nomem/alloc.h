/*
 * The C library's allocator with a door in front: alloc.c defines malloc and its like in the
 * executable, so every allocation passes here, whoever makes it (our code, OpenSSL, zlib, expat,
 * FreeType, libc itself). Counted are blocks that live; made to fail are those that were asked
 * for. For programs of one thread.
 */
#ifndef ES_TESTS_ALLOC_H
#define ES_TESTS_ALLOC_H

#include <stdbool.h>

/** Let the nth allocation from now fail (from 0), and with all set every one behind it. */
void alloc_fail(long nth, bool all);
/** Nothing fails any more; true when the failing allocation was met. */
bool alloc_relent(void);
/** Blocks handed out and not given back. */
long alloc_live(void);
/** Allocations between the two do not fail and do not count as sites. May be nested. */
void alloc_spare_begin(void);
void alloc_spare_end(void);
/** Show on stderr from where the failing allocation was asked for. */
void alloc_trace(bool on);

#endif
