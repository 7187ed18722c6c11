/*
 * Verifying, sealing, making, drawing and reporting with every allocation failing in turn, those
 * inside OpenSSL, zlib, libdeflate, expat, jansson, libpng, FreeType and libc included. A round
 * gives the whole right answer, to the byte where it is one of bytes, or ES_E_NOMEM and nothing.
 *
 * Left out: what OpenSSL allocates inside EVP_PKEY_sign. OpenSSL 3.0 follows a null pointer there
 * when BN_CTX_new fails (sm2_sig_gen calls BN_CTX_end of NULL).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "torture.h"

#include "es_image.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int __real_EVP_PKEY_sign(EVP_PKEY_CTX *ctx, unsigned char *sig, size_t *sig_len,
                         const unsigned char *tbs, size_t tbs_len);
int __wrap_EVP_PKEY_sign(EVP_PKEY_CTX *ctx, unsigned char *sig, size_t *sig_len,
                         const unsigned char *tbs, size_t tbs_len);

int __wrap_EVP_PKEY_sign(EVP_PKEY_CTX *ctx, unsigned char *sig, size_t *sig_len,
                         const unsigned char *tbs, size_t tbs_len)
{
    int result;

    alloc_spare_begin();
    result = __real_EVP_PKEY_sign(ctx, sig, sig_len, tbs, tbs_len);
    alloc_spare_end();
    return result;
}

struct bench {
    struct world w;
    struct es_buf unsealed;
    struct es_buf stamped; /* sealed, with a time stamp */
    struct es_buf crl;
    char folder[64];
    char path[96]; /* of a file that a round writes */
};

/* ---- verifying ---- */

struct verifying {
    struct bench *b;
    struct es_span bytes;
    int policy;
    enum es_outcome outcome; /* the right one */
    struct es_report report;
    bool has_report;
    struct es_buf expected; /* JSON of the first round */
};

static es_status make_trust(struct bench *b, struct es_trust **out, struct es_error *err)
{
    struct world *w = &b->w;
    const struct es_maker_entry maker = {.cert = w->certs[WHO_MAKER], .regions = "", .kinds = ""};
    ES_AUTO_PTR(es_trust) trust = NULL;

    ES_TRY(es_trust_new(&trust, err));
    ES_TRY(es_trust_add_cert(trust, ES_TRUST_ROOT, w->certs[WHO_ROOT], err));
    ES_TRY(es_trust_add_cert(trust, ES_TRUST_TSA, w->certs[WHO_TSA], err));
    ES_TRY(es_trust_add_maker(trust, &maker, err));
    ES_TRY(es_trust_add_crl(trust, es_buf_span(&b->crl), err));
    *out = ES_TAKE(trust);
    return ES_OK;
}

/* Nothing remembered: every signature on the way is checked. */
static es_status verify(void *ctx, struct es_error *err)
{
    struct verifying *v = ctx;
    struct world *w = &v->b->w;
    const struct es_source src = es_source_memory(v->bytes);
    ES_AUTO_PTR(es_trust) trust = NULL;
    ES_AUTO_PTR(es_seal_cache) cache = NULL;
    struct es_verifier verifier = {.policy = &w->policies[v->policy],
                                   .states = w->states,
                                   .clock = es_clock_fixed(&w->now_s),
                                   .limits = es_ofd_limits_default()};

    ES_TRY(make_trust(v->b, &trust, err));
    ES_TRY(es_seal_cache_new(&cache, err));
    verifier.trust = trust;
    verifier.seals = cache;
    es_report_init(&v->report, verifier.policy, w->now_s);
    v->has_report = true;
    return es_ofd_verify(&src, &verifier, &v->report, err);
}

static void judge_report(struct verifying *v, es_status status)
{
    ES_AUTO(es_buf) json = ES_BUF_INIT(1u << 24);

    if (status != ES_OK) {
        if (v->report.outcome != v->outcome || v->outcome == ES_OUTCOME_VALID)
            assert_int_equal(v->report.outcome, ES_OUTCOME_INDETERMINATE);
        for (const struct es_report_signature *s = v->report.first; s != NULL; s = s->next)
            assert_int_not_equal(s->outcome, ES_OUTCOME_VALID);
        return;
    }
    assert_int_equal(es_report_json(&v->report, &json, NULL), ES_OK);
    if (v->expected.len == 0)
        es_buf_put_span(&v->expected, es_buf_span(&json));
    if (!es_span_equal(es_buf_span(&json), es_buf_span(&v->expected)))
        fail_msg("another answer: %s", es_buf_cstr(&json));
}

static void check_verify(void *ctx, es_status status)
{
    struct verifying *v = ctx;

    if (v->has_report)
        judge_report(v, status);
    if (v->has_report)
        es_report_clear(&v->report);
    v->has_report = false;
}

static void torture_verify(struct bench *b, const char *name, struct es_span bytes, int policy,
                           enum es_outcome outcome)
{
    struct verifying v = {.b = b, .bytes = bytes, .policy = policy, .outcome = outcome};
    const struct job job = {name, verify, check_verify, &v};
    struct es_error err = {0};

    es_buf_init(&v.expected, 1u << 24);
    assert_int_equal(verify(&v, &err), ES_OK);
    assert_int_equal(v.report.outcome, outcome);
    check_verify(&v, ES_OK);
    torture(&job);
    es_buf_clear(&v.expected);
}

static void a_sealed_document_verifies_whole_or_not_at_all(void **state)
{
    struct bench *b = *state;

    torture_verify(b, "verify", es_buf_span(&b->w.sealed), ES_POLICY_ASSURED, ES_OUTCOME_VALID);
}

static void a_stamped_document_verifies_whole_or_not_at_all(void **state)
{
    struct bench *b = *state;

    torture_verify(b, "stamped", es_buf_span(&b->stamped), ES_POLICY_STRICT, ES_OUTCOME_VALID);
}

static void lack_of_memory_never_saves_a_changed_document(void **state)
{
    struct bench *b = *state;
    struct pkg pkg = {0};
    ES_AUTO(es_buf) zip = ES_BUF_INIT(1u << 24);

    pkg_read(es_buf_span(&b->w.sealed), &pkg);
    pkg_replace(&pkg, "Doc_0/Pages/Page_0/Content.xml", "壹佰", "玖佰");
    pkg_write(&pkg, &zip);
    pkg_clear(&pkg);
    torture_verify(b, "changed", es_buf_span(&zip), ES_POLICY_ASSURED, ES_OUTCOME_INVALID);
}

/* ---- sealing ---- */

static es_status write_sealed(struct bench *b, struct es_signing *signing, struct es_error *err)
{
    ES_AUTO(es_buf) sig = ES_BUF_INIT(256);
    ES_AUTO(es_outfile) file = {.fd = -1};

    ES_TRY(es_key_sign(b->w.keys[WHO_SIGNER], es_signing_message(signing), &sig, err));
    ES_TRY(es_outfile_open(&file, b->path, 0600, false, err));
    ES_TRY(es_signing_complete(signing, es_buf_span(&sig), es_span_of(NULL, 0),
                               es_zip_sink_file(&file), err));
    return es_outfile_commit(&file, err);
}

static es_status seal_document(void *ctx, struct es_error *err)
{
    struct bench *b = ctx;
    const struct es_source src = es_source_memory(es_buf_span(&b->unsealed));
    const struct es_ofd_limits limits = es_ofd_limits_default();
    const struct es_place at = {.mode = ES_PLACE_KEYWORD, .keyword = "盖章", .nth = 1};
    ES_AUTO_PTR(es_seal) seal = NULL;
    ES_AUTO_PTR(es_signing) signing = NULL;
    struct es_sign_request request = {
        .signer = b->w.certs[WHO_SIGNER], .places = &at, .place_count = 1, .time_s = WORLD_SIGN_S};

    ES_TRY(es_seal_decode(es_buf_span(&b->w.seal), ES_CHECK_FORMAT, "", NULL, &seal, err));
    request.seal = seal;
    ES_TRY(es_ofd_prepare(&src, &limits, &request, &signing, err));
    return write_sealed(b, signing, err);
}

static es_status count_name(void *ctx, const char *name, struct es_error *err)
{
    (void) name;
    (void) err;
    (*(int *) ctx)++;
    return ES_OK;
}

/* A whole, valid document stands under its name, or nothing was left behind. */
static void check_sealed(void *ctx, es_status status)
{
    struct bench *b = ctx;
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(1u << 24);
    struct es_report report;
    int files = 0;

    assert_int_equal(es_dir_each(b->folder, count_name, &files, NULL), ES_OK);
    assert_int_equal(files, access(b->path, F_OK) == 0);
    if (status == ES_OK)
        assert_int_equal(files, 1);
    if (files == 0)
        return;
    assert_int_equal(es_file_read(b->path, &bytes, NULL), ES_OK);
    world_verify(&b->w, es_buf_span(&bytes), ES_POLICY_ASSURED, &report);
    assert_int_equal(report.outcome, ES_OUTCOME_VALID);
    es_report_clear(&report);
    assert_int_equal(unlink(b->path), 0);
}

static void a_document_is_sealed_whole_or_not_at_all(void **state)
{
    const struct job job = {"seal", seal_document, check_sealed, *state};

    torture(&job);
}

/* ---- making, drawing, policies, reports: results are bytes ---- */

struct making {
    struct bench *b;
    es_status (*put)(struct bench *b, struct es_buf *out, struct es_error *err);
    bool repeats;      /* the same bytes each time */
    struct es_buf out; /* begins with "mark" */
    struct es_buf expected;
    const struct es_report *report;
};

static es_status put(void *ctx, struct es_error *err)
{
    struct making *m = ctx;

    return m->put(m->b, &m->out, err);
}

static void check_put(void *ctx, es_status status)
{
    struct making *m = ctx;

    if (status != ES_OK) {
        assert_true(m->out.len == 4 && memcmp(m->out.ptr, "mark", 4) == 0);
    } else {
        assert_true(m->out.len > 4);
        if (m->expected.len == 0)
            es_buf_put_span(&m->expected, es_buf_span(&m->out));
        assert_true(!m->repeats || es_span_equal(es_buf_span(&m->out), es_buf_span(&m->expected)));
    }
    es_buf_clear(&m->out);
    es_buf_init(&m->out, 1u << 26);
    es_buf_put_str(&m->out, "mark");
}

static void torture_put(struct bench *b, const char *name, bool repeats,
                        es_status (*call)(struct bench *, struct es_buf *, struct es_error *))
{
    struct making m = {.b = b, .put = call, .repeats = repeats};
    const struct job job = {name, put, check_put, &m};

    es_buf_init(&m.out, 1u << 26);
    es_buf_init(&m.expected, 1u << 26);
    es_buf_put_str(&m.out, "mark");
    torture(&job);
    es_buf_clear(&m.out);
    es_buf_clear(&m.expected);
}

static es_status make_seal(struct bench *b, struct es_buf *out, struct es_error *err)
{
    const struct es_cert *signers[1] = {b->w.certs[WHO_SIGNER]};
    const struct es_seal_info info = {.id = "44010601260000000001230Y",
                                      .type = 1,
                                      .name = "示例市档案局",
                                      .signers = signers,
                                      .signer_count = 1,
                                      .created_s = WORLD_FROM_S,
                                      .valid_from_s = WORLD_FROM_S,
                                      .valid_until_s = WORLD_UNTIL_S,
                                      .picture = {.type = es_span_str("PNG"),
                                                  .data = es_buf_span(&b->w.picture),
                                                  .width_mm = 42,
                                                  .height_mm = 42}};

    return es_seal_make(&info, ES_SEAL_2020, b->w.certs[WHO_MAKER], b->w.keys[WHO_MAKER], out, err);
}

static es_status draw(struct bench *b, struct es_buf *out, struct es_error *err)
{
    const struct es_imprint imprint = {.shape = ES_IMPRINT_CIRCLE,
                                       .ring_text = "示例市档案局",
                                       .code = "4401060000001",
                                       .centre = ES_CENTRE_STAR,
                                       .width_mm = 42,
                                       .height_mm = 42,
                                       .dpi = 100};

    (void) b;
    return es_imprint_png(&imprint, out, err);
}

static es_status load_policy(struct bench *b, struct es_buf *out, struct es_error *err)
{
    struct es_policy policy = {0};

    (void) b;
    ES_TRY(es_policy_load("strict", &policy, err));
    es_buf_put_str(out, policy.id);
    es_policy_clear(&policy);
    return ES_OK;
}

static void a_seal_is_made_whole_or_not_at_all(void **state)
{
    torture_put(*state, "make", false, make_seal);
}

static void an_imprint_is_drawn_whole_or_not_at_all(void **state)
{
    torture_put(*state, "draw", true, draw);
}

static void a_policy_is_loaded_whole_or_not_at_all(void **state)
{
    torture_put(*state, "policy", true, load_policy);
}

/* The report the writers below write; made once, outside of any round. */
static es_status with_report(struct bench *b, struct es_buf *out, struct es_error *err,
                             es_status (*write)(const struct es_report *, struct es_buf *,
                                                struct es_error *))
{
    struct es_report report;
    es_status status;

    alloc_spare_begin();
    world_verify(&b->w, es_buf_span(&b->stamped), ES_POLICY_ASSURED, &report);
    alloc_spare_end();
    status = write(&report, out, err);
    es_report_clear(&report);
    return status;
}

static es_status put_text(const struct es_report *report, struct es_buf *out, struct es_error *err)
{
    const struct es_report_text_options options = {.zh = true, .colour = true, .verbose = true};

    return es_report_text(report, &options, out, err);
}

static es_status put_html(const struct es_report *report, struct es_buf *out, struct es_error *err)
{
    return es_report_html(&report, 1, true, out, err);
}

static es_status json_report(struct bench *b, struct es_buf *out, struct es_error *err)
{
    return with_report(b, out, err, es_report_json);
}

static es_status text_report(struct bench *b, struct es_buf *out, struct es_error *err)
{
    return with_report(b, out, err, put_text);
}

static es_status html_report(struct bench *b, struct es_buf *out, struct es_error *err)
{
    return with_report(b, out, err, put_html);
}

static void a_report_is_written_whole_or_not_at_all(void **state)
{
    torture_put(*state, "json", true, json_report);
    torture_put(*state, "text", true, text_report);
    torture_put(*state, "html", true, html_report);
}

/* ---- */

static void make_stamped(struct bench *b)
{
    const struct lax lax = {.with_time_stamp = true, .time_stamp_s = WORLD_SIGN_S + 60};
    struct pkg pkg = {0};

    pkg_copy(&b->w.document, &pkg);
    world_lax_sign(&b->w, &pkg, &lax);
    pkg_write(&pkg, &b->stamped);
    pkg_clear(&pkg);
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);

    assert_non_null(b);
    world_new(&b->w);
    es_buf_init(&b->unsealed, 1u << 24);
    es_buf_init(&b->stamped, 1u << 24);
    es_buf_init(&b->crl, 1u << 20);
    pkg_write(&b->w.document, &b->unsealed);
    make_stamped(b);
    assert_int_equal(es_crl_make(b->w.certs[WHO_ROOT], b->w.keys[WHO_ROOT], NULL, 0, 1,
                                 b->w.now_s - 3600, b->w.now_s + 86400, &b->crl, NULL),
                     ES_OK);
    (void) snprintf(b->folder, sizeof b->folder, "/tmp/es-nomem-XXXXXX");
    assert_non_null(mkdtemp(b->folder));
    (void) snprintf(b->path, sizeof b->path, "%s/sealed.ofd", b->folder);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    (void) rmdir(b->folder);
    es_buf_clear(&b->unsealed);
    es_buf_clear(&b->stamped);
    es_buf_clear(&b->crl);
    world_clear(&b->w);
    free(b);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_document_verifies_whole_or_not_at_all),
        cmocka_unit_test(a_stamped_document_verifies_whole_or_not_at_all),
        cmocka_unit_test(lack_of_memory_never_saves_a_changed_document),
        cmocka_unit_test(a_document_is_sealed_whole_or_not_at_all),
        cmocka_unit_test(a_seal_is_made_whole_or_not_at_all),
        cmocka_unit_test(an_imprint_is_drawn_whole_or_not_at_all),
        cmocka_unit_test(a_policy_is_loaded_whole_or_not_at_all),
        cmocka_unit_test(a_report_is_written_whole_or_not_at_all),
    };

    return cmocka_run_group_tests_name("nomem", tests, setup, teardown);
}
