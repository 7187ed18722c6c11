/* One world for all tests of a program; tests change copies of its packages only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "review.h"

int review_setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    if (w == NULL)
        return -1;
    world_new(w);
    *state = w;
    return 0;
}

int review_teardown(void **state)
{
    world_clear(*state);
    free(*state);
    return 0;
}
