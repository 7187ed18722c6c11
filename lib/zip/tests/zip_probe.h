/* Opens bytes as a container and keeps what came of it, for tests. */
#ifndef ES_ZIP_PROBE_H
#define ES_ZIP_PROBE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_zip.h"
#include "zip_builder.h"

struct zip_probe {
    struct es_source src;
    struct es_arena arena;
    struct es_findings findings;
    struct es_error err;
    struct es_zip *zip;
    es_status status;
};

static inline void zip_probe_limited(struct zip_probe *p, struct es_span bytes,
                                     const struct es_zip_limits *limits)
{
    memset(p, 0, sizeof *p);
    p->src = es_source_memory(bytes);
    es_arena_init(&p->arena, 0);
    es_findings_init(&p->findings, &p->arena);
    p->status = es_zip_open(&p->src, limits, &p->findings, &p->zip, &p->err);
}

static inline void zip_probe_open(struct zip_probe *p, struct es_span bytes)
{
    struct es_zip_limits limits = es_zip_limits_default();

    zip_probe_limited(p, bytes, &limits);
}

static inline void zip_probe_close(struct zip_probe *p)
{
    es_zip_free(p->zip);
    p->zip = NULL;
    es_arena_clear(&p->arena);
}

/** Build, open, and expect that status and exactly that one kind of finding (none: 0). */
static inline void zip_probe_expect(struct zip_builder *b, es_status status, enum es_code code)
{
    struct zip_probe p;

    zip_probe_open(&p, zip_build_finish(b));
    for (struct es_finding *f = p.findings.first; f != NULL; f = f->next)
        if (f->code != code)
            fail_msg("unexpected finding %s %s", es_code_info(f->code)->id,
                     f->value[0] == NULL ? f->where : f->value[0]);
    if (code != ES_V_NONE && p.findings.count == 0)
        fail_msg("finding %s is missing", es_code_info(code)->id);
    assert_int_equal(p.status, status);
    zip_probe_close(&p);
}

/** Build, open, and expect a container that is read with that finding, maybe among others. */
static inline void zip_probe_has(struct zip_builder *b, enum es_code code)
{
    struct zip_probe p;

    zip_probe_open(&p, zip_build_finish(b));
    assert_int_equal(p.status, ES_OK);
    if (!es_findings_have(&p.findings, code))
        fail_msg("finding %s is missing", es_code_info(code)->id);
    zip_probe_close(&p);
}

#define ZIP_TEST(name) cmocka_unit_test_setup_teardown(name, zip_test_setup, zip_test_teardown)

static inline int zip_test_setup(void **state)
{
    struct zip_builder *b = malloc(sizeof *b);

    assert_non_null(b);
    zip_build_init(b);
    *state = b;
    return 0;
}

static inline int zip_test_teardown(void **state)
{
    zip_build_clear(*state);
    free(*state);
    return 0;
}

#endif
