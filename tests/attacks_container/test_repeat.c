/*
 * Property P5 of verification.md 8: same inputs, same bytes of report, whatever was verified
 * before. Every attack that is not large, twice in one world and once in another.
 */
#include "same_report.h"

static void the_same_report_twice(struct world *w, const struct attack_case *c)
{
    ES_AUTO(es_buf) first = ES_BUF_INIT(1u << 26);
    struct attack a;
    const struct es_span bytes = attack_build(&a, w, c);
    struct world *other = calloc(1, sizeof *other);

    assert_non_null(other);
    world_new(other);
    report_of(w, bytes, NULL, NULL, &first);
    same_again(w, bytes, NULL, NULL, &first, "again");
    same_again(other, bytes, w->trust, w->states, &first, "with a cold cache");
    world_clear(other);
    free(other);
    attack_clear(&a);
}

int main(void)
{
    static const struct attack_table *const tables[] = {
        &attack_zip_names, &attack_zip_layout, &attack_zip_contents, &attack_xml_signature, NULL};

    return attack_run("attacks_container/repeat", tables, the_same_report_twice);
}
