/*
 * Does a verdict speak for the content it was given to? A changed file may still be valid when what
 * changed is nothing anybody sees (times and attributes in the container, another way of packing);
 * then all entries that the signature protects unpack to the same bytes under the same names. This
 * check uses the raw directory and zlib only where the product's own reader has accepted the file.
 */
#ifndef ES_TESTS_SPEAKS_H
#define ES_TESTS_SPEAKS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

/** A good file: its bytes, its entries, what its report says. */
struct good {
    struct es_span bytes;
    struct pkg entries;
    struct es_report report;
};
/** Take bytes (borrowed) apart; report was filled by verifying them and is taken over. */
void good_take(struct good *good, struct es_span bytes, const struct es_report *report);
void good_clear(struct good *good);

/**
 * NULL when bytes, a variant of good, may be called what report calls it; else why not. Protected
 * are the entries named by the signatures of the good file's report, and the files of the
 * signatures themselves. Any thread.
 */
const char *speaks_for_changed(const struct good *good, struct es_span bytes,
                               const struct es_report *report);

#endif
