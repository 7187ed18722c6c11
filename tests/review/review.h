/* What the tests of this folder share: one world for a group, and product calls that must go well.
 */
#ifndef ES_TESTS_REVIEW_H
#define ES_TESTS_REVIEW_H

#include "world.h"

/** A product call that must succeed; err is its last argument. */
#define REVIEW_OK(call)                                                                            \
    do {                                                                                           \
        struct es_error review_err_ = {0}, *err = &review_err_;                                    \
                                                                                                   \
        if ((call) != ES_OK)                                                                       \
            fail_msg("%s", review_err_.text);                                                      \
    } while (0)

int review_setup(void **state);
int review_teardown(void **state);

#endif
