/* Writers in memory: each found by its id, however many there are and whatever ids they chose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "keep.h"

#define MANY 5000u

/* Ids that follow one another, and ids that differ in their highest bits only. */
static uint64_t id_of(uint64_t i)
{
    return i % 2 == 0 ? i : i << 40;
}

static void each_of_many_writers_is_found(void **state)
{
    struct keep_writers writers = {.at = NULL};

    (void) state;
    assert_null(keep_writers_find(&writers, 0));
    for (uint64_t i = 0; i < MANY; i++) {
        struct keep_known_writer *writer = NULL;

        assert_null(keep_writers_find(&writers, id_of(i)));
        assert_int_equal(keep_writers_add(&writers, id_of(i), &writer, NULL), ES_OK);
        writer->last_seq = i;
    }
    assert_int_equal(writers.count, MANY);
    for (uint64_t i = 0; i < MANY; i++) {
        const struct keep_known_writer *writer = keep_writers_find(&writers, id_of(i));

        assert_non_null(writer);
        assert_int_equal(writer->id, id_of(i));
        assert_int_equal(writer->last_seq, i);
    }
    assert_null(keep_writers_find(&writers, UINT64_MAX));
    keep_writers_clear(&writers);
    assert_null(keep_writers_find(&writers, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_of_many_writers_is_found)};

    return cmocka_run_group_tests_name("ledger/writers", tests, NULL, NULL);
}
