/* verification.md 9.1 and 9.2: what verifying says to each hostile file. */
#include "attack.h"

static void verify_case(struct world *w, const struct attack_case *c)
{
    struct attack a;
    struct es_span bytes = attack_build(&a, w, c);
    struct es_report report;

    world_verify(w, bytes, ES_POLICY_ASSURED, &report);
    expect_report(&report, c->outcome, c->codes);
    es_report_clear(&report);
    if (c->strict != ES_OUTCOME_UNKNOWN) {
        world_verify(w, bytes, ES_POLICY_STRICT, &report);
        expect_report(&report, c->strict, c->codes);
        es_report_clear(&report);
    }
    attack_clear(&a);
}

int main(void)
{
    static const struct attack_table *const tables[] = {&attack_zip_names,
                                                        &attack_zip_layout,
                                                        &attack_zip_contents,
                                                        &attack_zip_bombs,
                                                        &attack_xml_files,
                                                        &attack_xml_signature,
                                                        NULL};

    return attack_run("attacks_container/verify", tables, verify_case);
}
