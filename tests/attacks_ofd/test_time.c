/* Runs the manifest of verification.md 9.6; every id of the list has a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attack.h"

static bool has_row(const char *group, int number)
{
    char id[32];

    (void) snprintf(id, sizeof id, "%s-%02d", group, number);
    for (size_t i = 0; i < time_attack_count; i++)
        if (strcmp(time_attacks[i].id, id) == 0)
            return true;
    return false;
}

static void every_id_of_the_list_has_a_row(void **state)
{
    (void) state;
    for (int n = 1; n <= 6; n++)
        assert_true(has_row("time", n));
    for (int n = 1; n <= 8; n++)
        assert_true(has_row("state", n));
}

int main(void)
{
    const struct CMUnitTest list = cmocka_unit_test(every_id_of_the_list_has_a_row);

    return run_attacks("attacks/time", time_attacks, time_attack_count, &list);
}
