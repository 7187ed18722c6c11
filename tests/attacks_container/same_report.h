/* Two runs over the same bytes give the same bytes of report, or the test fails. */
#ifndef ES_TESTS_SAME_REPORT_H
#define ES_TESTS_SAME_REPORT_H

#include "attack.h"

/** The JSON of the report; trust and states NULL: the world's. */
void report_of(struct world *w, struct es_span bytes, struct es_trust *trust,
               const struct es_state_source *states, struct es_buf *json);
/** Once more, with what changed in words. */
void same_again(struct world *w, struct es_span bytes, struct es_trust *trust,
                const struct es_state_source *states, const struct es_buf *first, const char *what);

#endif
