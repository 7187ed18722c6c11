/* The unsealed document of the world. */
#ifndef ES_TESTS_DOCUMENT_H
#define ES_TESTS_DOCUMENT_H

#include "world.h"

void document_build(struct pkg *pkg);
/** A sound PNG of one pixel. */
struct es_span document_png(void);

#endif
