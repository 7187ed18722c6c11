/* Large documents for the limits of verification.md 8, P7. Built in memory unless said otherwise.
 */
#ifndef ES_TESTS_LIMITS_H
#define ES_TESTS_LIMITS_H

#include "world.h"

/** The unsealed document with so many more entries of a few bytes. */
void limits_add_entries(struct pkg *pkg, size_t count);
/** Page 1 gets elements that make its Content.xml exactly len bytes long, deflating little. */
void limits_fill_page(struct pkg *pkg, size_t len);
/** Page 1 gets elements inside each other down to depth (1: the root). */
void limits_nest_page(struct pkg *pkg, size_t depth);
/** Sign so many times with the lax signer. Each protects the entries of the document alone, or,
 *  when growing, everything that was there before. */
void limits_sign(struct world *w, struct pkg *pkg, size_t times, bool growing);
/** With our own signer; it must succeed. */
void limits_seal(struct world *w, const struct pkg *pkg, struct es_buf *sealed);
/** Verify; the report is left to the caller. Gives the processor time it took. */
double limits_verify(struct world *w, struct es_span bytes, struct es_report *report);
/** As a lax signer would have it. */
void limits_lax(struct world *w, const struct pkg *pkg, struct es_buf *sealed);

int limits_setup(void **state);
int limits_teardown(void **state);

#endif
