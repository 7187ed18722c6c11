/*
 * One job, run again and again with another allocation failing each time: alone, and with all
 * behind it. Each round must end in ES_E_NOMEM (ES_E_CRYPTO) or in its whole result,
 * and give back every block.
 */
#ifndef ES_TESTS_TORTURE_H
#define ES_TESTS_TORTURE_H

#include "alloc.h"
#include "world.h"

struct job {
    const char *name;
    /** Do it. Called with allocations failing; asserts nothing, allocates nothing it keeps. */
    es_status (*run)(void *ctx, struct es_error *err);
    /** Judge and clear what a round left behind; nothing fails now. NULL: nothing to do. */
    void (*check)(void *ctx, es_status status);
    void *ctx;
};

/** Every site, or every ES_NOMEM_EVERY-th (environment; 7 without it). */
void torture(const struct job *job);

#endif
