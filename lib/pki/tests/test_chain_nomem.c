/*
 * Each allocation failing in turn, and many threads over one trust. Whatever happens, the answer is
 * "out of memory", or lost findings, or the very findings of an undisturbed run.
 */
#include "chain_fixture.h"

#include <pthread.h>

/* ---- the n-th allocation fails (linked with --wrap) ---- */

static __thread long left = -1; /* -1: none fails */

void *__real_malloc(size_t len);
void *__real_calloc(size_t count, size_t len);
void *__real_realloc(void *ptr, size_t len);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t count, size_t len);
void *__wrap_realloc(void *ptr, size_t len);
char *__wrap_strdup(const char *text);

static bool fails(void)
{
    return left >= 0 && left-- == 0;
}

void *__wrap_malloc(size_t len)
{
    return fails() ? NULL : __real_malloc(len);
}

void *__wrap_calloc(size_t count, size_t len)
{
    return fails() ? NULL : __real_calloc(count, len);
}

void *__wrap_realloc(void *ptr, size_t len)
{
    return fails() ? NULL : __real_realloc(ptr, len);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

/* ---- what is done with it ---- */

struct inputs {
    struct es_buf root, ca, signer, crl, ocsp;
};

static void put_inputs(struct world *w, struct inputs *in)
{
    struct crl_spec crl = {.issuer = &w->ca,
                           .this_s = T_2026 - 3600,
                           .serial = 3,
                           .revoked_s = T_2026 - 2 * DAY,
                           .reason = 1};
    struct ocsp_spec ocsp = {.about = w->ca.cert,
                             .issuer = &w->root,
                             .responder = &w->root,
                             .with_cert = true,
                             .digest = ES_DIGEST_SHA1,
                             .this_s = T_2026 - 3600,
                             .next_s = T_2026 + 3600};
    struct es_buf *all[] = {&in->root, &in->ca, &in->signer, &in->crl, &in->ocsp};

    for (size_t i = 0; i < 5; i++)
        es_buf_init(all[i], 1 << 16);
    es_pem_put(&in->root, "CERTIFICATE", w->root.cert->der);
    es_pem_put(&in->ca, "CERTIFICATE", w->ca.cert->der);
    es_buf_put_span(&in->signer, w->signer.cert->der);
    crl_put(&in->crl, &crl);
    ocsp_put(&in->ocsp, &ocsp);
}

static void clear_inputs(struct inputs *in)
{
    struct es_buf *all[] = {&in->root, &in->ca, &in->signer, &in->crl, &in->ocsp};

    for (size_t i = 0; i < 5; i++)
        es_buf_clear(all[i]);
}

static es_status build(const struct inputs *in, struct es_trust **trust, struct es_cert **signer,
                       struct es_error *err)
{
    ES_AUTO_PTR(es_cert) root = NULL;
    ES_AUTO_PTR(es_cert) ca = NULL;
    struct es_maker_entry maker = {.regions = "44", .kinds = "01"};

    ES_TRY(es_trust_new(trust, err));
    ES_TRY(es_cert_decode(es_buf_span(&in->root), &root, err));
    ES_TRY(es_cert_decode(es_buf_span(&in->ca), &ca, err));
    ES_TRY(es_cert_decode(es_buf_span(&in->signer), signer, err));
    ES_TRY(es_trust_add_cert(*trust, ES_TRUST_ROOT, root, err));
    ES_TRY(es_trust_add_cert(*trust, ES_TRUST_INTERMEDIATE, ca, err));
    maker.cert = *signer;
    ES_TRY(es_trust_add_maker(*trust, &maker, err));
    ES_TRY(es_trust_add_crl(*trust, es_buf_span(&in->crl), err));
    return es_trust_add_ocsp(*trust, es_buf_span(&in->ocsp), err);
}

static es_status run_all(const struct world *w, const struct inputs *in,
                         struct es_findings *findings, struct es_error *err)
{
    ES_AUTO_PTR(es_trust) trust = NULL;
    ES_AUTO_PTR(es_cert) signer = NULL;
    ES_AUTO(es_buf) evidence = ES_BUF_INIT(4096);
    struct es_chain_request request = w->request;

    ES_TRY(build(in, &trust, &signer, err));
    request.cert = signer;
    request.extra_count = 0;
    request.no_revocation = false;
    return es_chain_check(trust, &request, findings, &evidence, err);
}

static void an_allocation_that_fails_never_changes_the_answer(void **state)
{
    struct world *w = *state;
    struct inputs in;
    es_status status = ES_E_NOMEM;
    bool whole = false;

    put_inputs(w, &in);
    for (long n = 0; !whole; n++) {
        struct es_arena arena;
        struct es_findings findings;
        struct es_error err = {0};

        assert_true(n < 5000);
        es_arena_init(&arena, 0);
        es_findings_init(&findings, &arena);
        left = n;
        status = run_all(w, &in, &findings, &err);
        whole = left >= 0; /* nothing failed any more */
        left = -1;
        if (status != ES_OK)
            assert_int_equal(status, ES_E_NOMEM);
        else if (!findings.lost) {
            assert_int_equal(findings.count, 1);
            assert_int_equal(findings.first->code, ES_V_CERT_REVOKED_AT_SIGNING);
        }
        es_arena_clear(&arena);
    }
    assert_int_equal(status, ES_OK);
    clear_inputs(&in);
}

/* ---- threads ---- */

struct worker {
    const struct world *w;
    pthread_t thread;
    size_t wrong;
};

static void *work(void *arg)
{
    struct worker *worker = arg;

    for (size_t i = 0; i < 50; i++) {
        struct es_arena arena;
        struct es_findings findings;

        es_arena_init(&arena, 0);
        es_findings_init(&findings, &arena);
        if (es_chain_check(worker->w->trust, &worker->w->request, &findings, NULL, NULL) != ES_OK ||
            findings.count != 1 || findings.first->code != ES_V_CERT_REVOKED_AT_SIGNING)
            worker->wrong++;
        es_arena_clear(&arena);
    }
    return NULL;
}

static void many_threads_get_the_same_answer(void **state)
{
    struct world *w = *state;
    struct worker workers[8];
    struct inputs in;
    struct es_error err = {0};

    put_inputs(w, &in);
    must(es_trust_add_crl(w->trust, es_buf_span(&in.crl), &err), &err);
    must(es_trust_add_ocsp(w->trust, es_buf_span(&in.ocsp), &err), &err);
    w->request.no_revocation = false;
    for (size_t i = 0; i < 8; i++) {
        workers[i] = (struct worker){.w = w};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_int_equal(workers[i].wrong, 0);
    }
    clear_inputs(&in);
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_allocation_that_fails_never_changes_the_answer),
        T(many_threads_get_the_same_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
