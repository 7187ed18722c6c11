/* Runs the manifest of verification.md 9.3; every id of the list has a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attack.h"

static void every_id_of_the_list_has_a_row(void **state)
{
    (void) state;
    for (int n = 1; n <= 35; n++) {
        char id[16];
        bool found = false;

        (void) snprintf(id, sizeof id, "ofd-%02d", n);
        for (size_t i = 0; i < ofd_attack_count; i++)
            found = found || strcmp(ofd_attacks[i].id, id) == 0;
        if (!found)
            fail_msg("no row for %s", id);
    }
}

int main(void)
{
    const struct CMUnitTest list = cmocka_unit_test(every_id_of_the_list_has_a_row);

    return run_attacks("attacks/ofd", ofd_attacks, ofd_attack_count, &list);
}
