/* Verifying and sealing in a process that has done it before: trust, state and seal are loaded,
 * what may be remembered is remembered. */
#include "bench.h"

void bench_verify(void *ctx)
{
    struct bench_case *c = ctx;
    struct es_report report;

    world_verify(c->w, es_buf_span(&c->sealed), ES_POLICY_ASSURED, &report);
    bench_must(report.outcome == ES_OUTCOME_VALID, "a sealed document is not valid");
    es_report_clear(&report);
}

static es_status seal_into(const struct bench_case *c, struct es_buf *out, struct es_error *err)
{
    const struct es_source src = es_source_memory(es_buf_span(&c->unsealed));
    const struct es_ofd_limits limits = es_ofd_limits_default();
    const struct es_place at = {.mode = ES_PLACE_POINT, .pages = "1", .x_mm = 120, .y_mm = 200};
    const struct es_sign_request request = {.seal = c->seal,
                                            .signer = c->w->certs[WHO_SIGNER],
                                            .places = &at,
                                            .place_count = 1,
                                            .time_s = WORLD_SIGN_S};
    ES_AUTO_PTR(es_signing) signing = NULL;
    ES_AUTO(es_buf) sig = ES_BUF_INIT(256);

    ES_TRY(es_ofd_prepare(&src, &limits, &request, &signing, err));
    ES_TRY(es_key_sign(c->w->keys[WHO_SIGNER], es_signing_message(signing), &sig, err));
    return es_signing_complete(signing, es_buf_span(&sig), es_span_of(NULL, 0),
                               es_zip_sink_buf(out), err);
}

void bench_seal(void *ctx)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT((size_t) 1 << 28);
    struct es_error err = {0};

    if (seal_into(ctx, &out, &err) != ES_OK)
        bench_must(false, err.text);
}

void bench_case_new(struct bench_case *c, struct world *w, enum bench_size size)
{
    struct es_error err = {0};

    *c = (struct bench_case){.w = w};
    es_buf_init(&c->unsealed, (size_t) 1 << 28);
    es_buf_init(&c->sealed, (size_t) 1 << 28);
    bench_document(size, &c->unsealed);
    bench_must(es_seal_decode(es_buf_span(&w->seal), ES_CHECK_FORMAT, "", NULL, &c->seal, &err) ==
                   ES_OK,
               "seal does not decode");
    bench_must(seal_into(c, &c->sealed, &err) == ES_OK, err.text);
}

void bench_case_clear(struct bench_case *c)
{
    es_buf_clear(&c->unsealed);
    es_buf_clear(&c->sealed);
    es_seal_free(c->seal);
}
