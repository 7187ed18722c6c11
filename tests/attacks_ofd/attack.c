/* Running rows of an attack table: build, verify, compare; one cmocka test a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attack.h"

void scene_new(const struct attack *attack, struct scene *s)
{
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    world_new(w);
    *s = (struct scene){.w = w, .arg = attack->arg};
    attack->build(s);
}

void scene_clear(struct scene *s)
{
    es_trust_free(s->trust);
    es_state_source_free(s->states);
    pkg_clear(&s->pkg);
    world_clear(s->w);
    free(s->w);
}

void scene_verify_with(const struct scene *s, int policy, struct es_trust *trust,
                       const struct es_state_source *states, struct es_report *report)
{
    ES_AUTO(es_buf) zip = ES_BUF_INIT((size_t) 1 << 30);

    pkg_write(&s->pkg, &zip);
    world_verify_with(s->w, es_buf_span(&zip), policy, trust == NULL ? s->trust : trust,
                      states == NULL ? s->states : states, report);
}

void scene_verify(const struct scene *s, int policy, struct es_report *report)
{
    scene_verify_with(s, policy, NULL, NULL, report);
}

/* "valid invalid": outcomes of the signatures in the order of the list. */
static void expect_each(const struct es_report *report, const char *each)
{
    char text[256] = "";
    size_t len = 0;

    for (const struct es_report_signature *sig = report->first; sig != NULL; sig = sig->next)
        len += (size_t) snprintf(text + len, sizeof text - len, "%s%s", len > 0 ? " " : "",
                                 es_outcome_name(sig->outcome));
    if (strcmp(text, each) != 0) {
        report_show(report);
        fail_msg("signatures are \"%s\", expected \"%s\"", text, each);
    }
}

static void run_row(void **state)
{
    const struct attack *row = *state;
    struct scene s;
    struct es_report report;

    if (row->build == NULL) {
        print_message("# skipped: %s\n", row->skip);
        skip();
    }
    scene_new(row, &s);
    scene_verify(&s, row->policy, &report);
    expect_report(&report, row->outcome, row->codes);
    if (row->each != NULL)
        expect_each(&report, row->each);
    if (row->look != NULL)
        row->look(&s, &report);
    es_report_clear(&report);
    scene_clear(&s);
}

int run_attacks(const char *group, const struct attack *rows, size_t count,
                const struct CMUnitTest *more)
{
    struct CMUnitTest *tests = calloc(count + 1, sizeof *tests);
    char(*names)[256] = calloc(count, sizeof *names);
    int failed;

    if (tests == NULL || names == NULL)
        abort();
    for (size_t i = 0; i < count; i++) {
        union {
            const struct attack *row;
            void *state;
        } as = {.row = &rows[i]};

        (void) snprintf(names[i], sizeof names[i], "%s: %s", rows[i].id, rows[i].how);
        tests[i] = (struct CMUnitTest){
            .name = names[i], .test_func = run_row, .initial_state = as.state};
    }
    tests[count] = *more;
    failed = _cmocka_run_group_tests(group, tests, count + 1, NULL, NULL);
    free(tests);
    free(names);
    return failed;
}
