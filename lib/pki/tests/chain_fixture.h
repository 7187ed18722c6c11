/*
 * A small world for tests of chains: root, issuer, signer, a trust that knows the root, and the
 * times of a request. judge() runs es_chain_check and keeps its findings.
 */
#ifndef ES_CHAIN_FIXTURE_H
#define ES_CHAIN_FIXTURE_H

#include "cert_builder.h"

struct world {
    struct identity root, ca, signer;
    struct es_trust *trust;
    struct es_times times;
    struct es_chain_request request;
    const struct es_cert *extra[600];
    struct es_arena arena;
    struct es_findings findings;
    struct es_buf evidence, der, exts;
};

static inline void world_judge(struct world *w)
{
    struct es_error err = {0};

    es_arena_clear(&w->arena);
    es_arena_init(&w->arena, 0);
    es_findings_init(&w->findings, &w->arena);
    es_buf_reset(&w->evidence);
    must(es_chain_check(w->trust, &w->request, &w->findings, &w->evidence, &err), &err);
    assert_false(w->findings.lost);
}

/** The findings are exactly these codes, in any order; where of each begins as given, or NULL. */
static inline void world_has(const struct world *w, const enum es_code *codes, size_t count)
{
    for (const struct es_finding *f = w->findings.first; f; f = f->next) {
        bool known = false;

        for (size_t i = 0; i < count; i++)
            known |= codes[i] == f->code;
        if (!known)
            fail_msg("unexpected finding %s at %s", es_code_info(f->code)->id, f->where);
    }
    for (size_t i = 0; i < count; i++)
        if (!es_findings_have(&w->findings, codes[i]))
            fail_msg("finding %s is missing", es_code_info(codes[i])->id);
}

#define EXPECT(w, ...)                                                                             \
    do {                                                                                           \
        const enum es_code codes_[] = {__VA_ARGS__};                                               \
        world_judge(w);                                                                            \
        world_has((w), codes_, sizeof codes_ / sizeof *codes_);                                    \
    } while (0)
#define EXPECT_NOTHING(w)                                                                          \
    do {                                                                                           \
        world_judge(w);                                                                            \
        world_has((w), NULL, 0);                                                                   \
    } while (0)

static inline void world_add(struct world *w, enum es_trust_kind kind, const struct es_cert *cert)
{
    struct es_error err = {0};

    must(es_trust_add_cert(w->trust, kind, cert, &err), &err);
}

static inline void world_new_trust(struct world *w)
{
    struct es_error err = {0};

    es_trust_free(w->trust);
    must(es_trust_new(&w->trust, &err), &err);
    world_add(w, ES_TRUST_ROOT, w->root.cert);
}

static inline void world_init(struct world *w)
{
    struct cert_spec spec;

    *w = (struct world){.evidence = ES_BUF_INIT(1 << 16),
                        .der = ES_BUF_INIT(1 << 20),
                        .exts = ES_BUF_INIT(1 << 16)};
    w->root.key = key_of(1);
    w->ca.key = key_of(2);
    w->signer.key = key_of(3);
    spec = ca_spec_of("root", w->root.key, NULL, 1);
    spec.not_after_s = T_2026 + 20LL * YEAR;
    w->root.cert = cert_build(&spec);
    spec = ca_spec_of("issuer", w->ca.key, &w->root, 2);
    spec.path_len = 0;
    w->ca.cert = cert_build(&spec);
    spec = cert_spec_of("signer", w->signer.key, &w->ca, 3);
    w->signer.cert = cert_build(&spec);
    world_new_trust(w);
    w->times = (struct es_times){.now_s = T_2026, .claim_s = T_2026 - DAY, .poe_s = T_2026};
    w->extra[0] = w->ca.cert;
    w->request = (struct es_chain_request){.cert = w->signer.cert,
                                           .extra = w->extra,
                                           .extra_count = 1,
                                           .purpose = ES_PURPOSE_SIGNER,
                                           .times = &w->times,
                                           .revocation_max_age_s = 7 * DAY,
                                           .no_revocation = true,
                                           .chain_check = ES_CHECK_SIGNER_CERT_CHAIN,
                                           .time_check = ES_CHECK_SIGNER_CERT_TIME,
                                           .revocation_check = ES_CHECK_SIGNER_CERT_REVOCATION,
                                           .where = "sig"};
}

static inline void world_clear(struct world *w)
{
    es_trust_free(w->trust);
    identity_clear(&w->root);
    identity_clear(&w->ca);
    identity_clear(&w->signer);
    es_arena_clear(&w->arena);
    es_buf_clear(&w->evidence);
    es_buf_clear(&w->der);
    es_buf_clear(&w->exts);
}

static inline int world_setup(void **state)
{
    static struct world w;

    world_init(&w);
    *state = &w;
    return 0;
}

static inline int world_teardown(void **state)
{
    world_clear(*state);
    return 0;
}

/** Build another signer or issuer in place of the one there is. */
static inline void world_signer(struct world *w, const struct cert_spec *spec)
{
    es_cert_free(w->signer.cert);
    w->signer.cert = cert_build(spec);
    w->request.cert = w->signer.cert;
}

static inline void world_ca(struct world *w, const struct cert_spec *spec)
{
    es_cert_free(w->ca.cert);
    w->ca.cert = cert_build(spec);
    w->extra[0] = w->ca.cert;
}

/** "where" of the first finding of a code. */
static inline const char *world_where(const struct world *w, enum es_code code)
{
    for (const struct es_finding *f = w->findings.first; f; f = f->next)
        if (f->code == code)
            return f->where;
    return NULL;
}

static inline void world_crl(struct world *w, const struct crl_spec *spec)
{
    struct es_error err = {0};

    es_buf_reset(&w->der);
    crl_put(&w->der, spec);
    must(es_trust_add_crl(w->trust, es_buf_span(&w->der), &err), &err);
}

static inline void world_ocsp(struct world *w, const struct ocsp_spec *spec)
{
    struct es_error err = {0};

    es_buf_reset(&w->der);
    ocsp_put(&w->der, spec);
    must(es_trust_add_ocsp(w->trust, es_buf_span(&w->der), &err), &err);
}

#endif
