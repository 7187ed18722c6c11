/* The world: keys from numbers, certificates, a seal, a sealed document, a verifier. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "document.h"
#include "world.h"

#include "es_image.h"

#define OK(call)                                                                                   \
    do {                                                                                           \
        struct es_error ok_err = {0};                                                              \
        struct es_error *err = &ok_err;                                                            \
        if ((call) != ES_OK)                                                                       \
            fail_msg("%s: %s", #call, ok_err.text);                                                \
    } while (0)

static const char *const names[WHO_COUNT] = {"示例根",   "示例制章单位", "示例市档案局",
                                             "别的单位", "示例时间戳",   "不明制章者"};

static void make_key(struct world *w, enum world_who who)
{
    uint8_t d[32] = {0};

    memset(d, 0x11 * ((int) who + 1), sizeof d);
    d[31] = (uint8_t) (who + 1);
    OK(es_key_from_number(d, &w->keys[who], err));
}

struct es_cert *world_issue(struct world *w, const struct es_cert_template *tpl,
                            const struct es_pubkey *key, enum world_who issuer)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(65536);
    struct es_cert *cert = NULL;

    OK(es_cert_issue(tpl, key, w->certs[issuer], w->keys[issuer], &der, err));
    OK(es_cert_decode(es_buf_span(&der), &cert, err));
    return cert;
}

static void make_cert(struct world *w, enum world_who who, enum es_cert_use use)
{
    const uint8_t serial[2] = {0x10, (uint8_t) who};
    const struct es_cert_template tpl = {.common_name = names[who],
                                         .organisation = names[who],
                                         .country = "CN",
                                         .serial = es_span_of(serial, sizeof serial),
                                         .not_before_s = WORLD_FROM_S,
                                         .not_after_s = WORLD_UNTIL_S,
                                         .use = use};
    bool self = who == WHO_ROOT || who == WHO_STRANGER_MAKER;
    ES_AUTO(es_buf) der = ES_BUF_INIT(65536);

    make_key(w, who);
    OK(es_cert_issue(&tpl, es_key_public(w->keys[who]), self ? NULL : w->certs[WHO_ROOT],
                     w->keys[self ? who : WHO_ROOT], &der, err));
    OK(es_cert_decode(es_buf_span(&der), &w->certs[who], err));
}

void world_add_crl(struct world *w, struct es_trust *trust, const struct es_cert *revoked,
                   int64_t at_s, int reason)
{
    ES_AUTO(es_buf) crl = ES_BUF_INIT(65536);
    struct es_revoked item = {.time_s = at_s, .reason = reason};

    if (revoked != NULL)
        item.serial = revoked->serial;
    OK(es_crl_make(w->certs[WHO_ROOT], w->keys[WHO_ROOT], &item, revoked != NULL, 1,
                   w->now_s - 3600, w->now_s + 86400, &crl, err));
    OK(es_trust_add_crl(trust, es_buf_span(&crl), err));
}

struct es_trust *world_trust_without_crl(struct world *w)
{
    const struct es_maker_entry maker = {.cert = w->certs[WHO_MAKER], .regions = "", .kinds = ""};
    struct es_trust *trust = NULL;

    OK(es_trust_new(&trust, err));
    OK(es_trust_add_cert(trust, ES_TRUST_ROOT, w->certs[WHO_ROOT], err));
    OK(es_trust_add_cert(trust, ES_TRUST_TSA, w->certs[WHO_TSA], err));
    OK(es_trust_add_maker(trust, &maker, err));
    return trust;
}

void world_add_state(struct world *w, struct es_state_source *source, struct es_span seal,
                     const struct es_state_event *events, size_t count)
{
    ES_AUTO(es_buf) json = ES_BUF_INIT(1u << 20);

    OK(es_state_answer_make(seal, events, count, w->now_s - 60, w->certs[WHO_MAKER],
                            w->keys[WHO_MAKER], &json, err));
    OK(es_state_source_add(source, es_buf_span(&json), err));
}

void world_make_seal(struct world *w, enum es_seal_edition edition, enum world_who maker,
                     void (*edit)(struct es_seal_info *info, void *ctx), void *ctx,
                     struct es_buf *out)
{
    const struct es_cert *signers[1] = {w->certs[WHO_SIGNER]};
    struct es_seal_info info = {
        .id = "44010601260000000001230Y",
        .type = 1,
        .name = "示例市档案局",
        .signers = signers,
        .signer_count = 1,
        .created_s = WORLD_FROM_S,
        .valid_from_s = WORLD_FROM_S,
        .valid_until_s = WORLD_UNTIL_S,
        .picture = {.type = es_span_str("PNG"),
                    .data = es_buf_span(&w->picture),
                    .width_mm = 42,
                    .height_mm = 42},
    };

    if (edit != NULL)
        edit(&info, ctx);
    OK(es_seal_make(&info, edition, w->certs[maker], w->keys[maker], out, err));
}

static void make_records(struct world *w)
{
    static const struct es_state_event active = {
        .status = ES_STATUS_ACTIVE, .effective_s = WORLD_FROM_S, .known_s = WORLD_FROM_S};
    static const char *const policies[] = {"standard", "assured", "strict"};

    w->trust = world_trust_without_crl(w);
    world_add_crl(w, w->trust, NULL, 0, 0);
    OK(es_state_source_new(&w->states, err));
    world_add_state(w, w->states, es_buf_span(&w->seal), &active, 1);
    OK(es_seal_cache_new(&w->cache, err));
    for (int i = 0; i < 3; i++)
        OK(es_policy_load(policies[i], &w->policies[i], err));
    /* States come as signed answers here; that strict wants a log proof has its own tests. */
    w->policies[ES_POLICY_STRICT].state_by_log = false;
}

void world_new(struct world *w)
{
    ES_AUTO(es_buf) unsealed = ES_BUF_INIT(1u << 20);

    *w = (struct world){.now_s = WORLD_NOW_S};
    es_buf_init(&w->seal, ES_SEAL_DER_MAX);
    es_buf_init(&w->picture, 1u << 20);
    es_buf_init(&w->sealed, 1u << 24);
    make_cert(w, WHO_ROOT, ES_CERT_ROOT);
    make_cert(w, WHO_MAKER, ES_CERT_MAKER);
    make_cert(w, WHO_SIGNER, ES_CERT_SIGNER);
    make_cert(w, WHO_OTHER, ES_CERT_SIGNER);
    make_cert(w, WHO_TSA, ES_CERT_TSA);
    make_cert(w, WHO_STRANGER_MAKER, ES_CERT_MAKER);
    es_buf_put_span(&w->picture, document_png());
    world_make_seal(w, ES_SEAL_2020, WHO_MAKER, NULL, NULL, &w->seal);
    make_records(w);
    document_build(&w->document);
    pkg_write(&w->document, &unsealed);
    world_seal(w, es_buf_span(&unsealed), es_buf_span(&w->seal), NULL, false, &w->sealed);
}

void world_clear(struct world *w)
{
    for (int i = 0; i < WHO_COUNT; i++) {
        es_key_free(w->keys[i]);
        es_cert_free(w->certs[i]);
    }
    for (int i = 0; i < 3; i++)
        es_policy_clear(&w->policies[i]);
    es_buf_clear(&w->seal);
    es_buf_clear(&w->picture);
    es_buf_clear(&w->sealed);
    pkg_clear(&w->document);
    es_trust_free(w->trust);
    es_state_source_free(w->states);
    es_seal_cache_free(w->cache);
}

/* ---- sealing with the product ---- */

void world_seal(struct world *w, struct es_span document, struct es_span seal_der,
                const struct es_place *place, bool lock, struct es_buf *out)
{
    const struct es_source src = es_source_memory(document);
    const struct es_ofd_limits limits = es_ofd_limits_default();
    const struct es_place at = {.mode = ES_PLACE_POINT, .pages = "1", .x_mm = 120, .y_mm = 200};
    ES_AUTO_PTR(es_seal) seal = NULL;
    ES_AUTO_PTR(es_signing) signing = NULL;
    ES_AUTO(es_buf) sig = ES_BUF_INIT(256);
    struct es_sign_request request = {.signer = w->certs[WHO_SIGNER],
                                      .places = place == NULL ? &at : place,
                                      .place_count = 1,
                                      .lock = lock,
                                      .time_s = WORLD_SIGN_S};

    OK(es_seal_decode(seal_der, ES_CHECK_FORMAT, "", NULL, &seal, err));
    request.seal = seal;
    OK(es_ofd_prepare(&src, &limits, &request, &signing, err));
    OK(es_key_sign(w->keys[WHO_SIGNER], es_signing_message(signing), &sig, err));
    OK(es_signing_complete(signing, es_buf_span(&sig), es_span_of(NULL, 0), es_zip_sink_buf(out),
                           err));
}

/* ---- verifying ---- */

void world_verify_with(struct world *w, struct es_span bytes, int policy, struct es_trust *trust,
                       const struct es_state_source *states, struct es_report *report)
{
    const struct es_source src = es_source_memory(bytes);
    const struct es_verifier verifier = {.policy = &w->policies[policy],
                                         .trust = trust == NULL ? w->trust : trust,
                                         .seals = w->cache,
                                         .states = states == NULL ? w->states : states,
                                         .clock = es_clock_fixed(&w->now_s),
                                         .limits = es_ofd_limits_default()};

    es_report_init(report, &w->policies[policy], w->now_s);
    OK(es_ofd_verify(&src, &verifier, report, err));
}

void world_verify(struct world *w, struct es_span bytes, int policy, struct es_report *report)
{
    world_verify_with(w, bytes, policy, NULL, NULL, report);
}

bool report_has(const struct es_report *report, const char *code_id)
{
    const struct es_code_info *info = es_code_by_id(code_id);

    if (info == NULL)
        fail_msg("no code %s", code_id);
    if (es_findings_have(&report->findings, info->code))
        return true;
    for (const struct es_report_signature *s = report->first; s != NULL; s = s->next)
        if (es_findings_have(&s->findings, info->code))
            return true;
    return false;
}

void report_show(const struct es_report *report)
{
    ES_AUTO(es_buf) json = ES_BUF_INIT(1u << 26);

    if (es_report_json(report, &json, NULL) == ES_OK)
        (void) fprintf(stderr, "# %s\n", es_buf_cstr(&json));
}

void expect_report(const struct es_report *report, enum es_outcome outcome, const char *codes)
{
    struct es_span rest = es_span_str(codes);

    while (rest.len > 0) {
        size_t end = es_span_find(rest, ' ');
        struct es_span word = es_span_sub(rest, 0, end);
        bool wanted = word.len > 0 && word.ptr[0] != '!';
        char id[64] = "";

        if (!wanted)
            word = es_span_sub(word, 1, word.len);
        (void) snprintf(id, sizeof id, "%.*s", ES_SPAN_ARG(word));
        if (id[0] != 0 && report_has(report, id) != wanted) {
            report_show(report);
            fail_msg("code %s is %s", id, wanted ? "missing" : "there");
        }
        rest = es_span_sub(rest, end + 1, rest.len);
    }
    if (report->outcome != outcome) {
        report_show(report);
        fail_msg("outcome %s, expected %s", es_outcome_name(report->outcome),
                 es_outcome_name(outcome));
    }
}

void expect_pkg(struct world *w, const struct pkg *pkg, enum es_outcome outcome, const char *codes)
{
    ES_AUTO(es_buf) zip = ES_BUF_INIT((size_t) 1 << 30);
    struct es_report report;

    pkg_write(pkg, &zip);
    world_verify(w, es_buf_span(&zip), ES_POLICY_ASSURED, &report);
    expect_report(&report, outcome, codes);
    es_report_clear(&report);
}
