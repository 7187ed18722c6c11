/* Certificates, seals and authorities that begin and end when a test says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "events.h"

#define STAMP_S (WORLD_SIGN_S + HOUR_S)

int64_t event_end_s(enum position position)
{
    static const int64_t ends[POSITION_COUNT] = {
        [ENDS_LATER] = WORLD_NOW_S + DAY_S,
        [ENDS_LATER_STAMPED] = WORLD_NOW_S + DAY_S,
        [ENDS_AFTER_STAMP] = STAMP_S + HOUR_S,
        [ENDS_BEFORE_STAMP] = WORLD_SIGN_S + HOUR_S / 2,
        [ENDS_AFTER_CLAIM] = WORLD_SIGN_S + HOUR_S / 2,
        [ENDED_BEFORE] = WORLD_SIGN_S - HOUR_S,
        [ENDED_BEFORE_STAMPED] = WORLD_SIGN_S - HOUR_S,
    };

    return ends[position];
}

int64_t event_stamp_s(enum position position)
{
    switch (position) {
    case ENDS_LATER_STAMPED:
    case ENDS_AFTER_STAMP:
    case ENDS_BEFORE_STAMP:
    case ENDED_BEFORE_STAMPED:
        return STAMP_S;
    default:
        return 0;
    }
}

const char *event_name(enum event event)
{
    static const char *const names[EVENT_COUNT] = {
        "signer's certificate expires", "signer's certificate is revoked",
        "an authority is revoked", "the seal expires", "the seal is cancelled"};

    return names[event];
}

const char *position_name(enum position position)
{
    static const char *const names[POSITION_COUNT] = {
        "later than now",
        "later than now, time stamp",
        "after a time stamp",
        "between claim and time stamp",
        "after the claim",
        "before the claim",
        "before the claim, time stamp",
    };

    return names[position];
}

/* ---- certificates ---- */

static struct es_cert *issue(const struct es_cert_template *tpl, const struct es_key *subject,
                             const struct es_cert *issuer, struct es_key *key)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(65536);
    struct es_cert *cert = NULL;
    struct es_error err = {0};

    must_ok(es_cert_issue(tpl, es_key_public(subject), issuer, key, &der, &err), &err);
    must_ok(es_cert_decode(es_buf_span(&der), &cert, &err), &err);
    return cert;
}

static struct es_cert *issue_signer(struct scene *s, int64_t from_s, int64_t until_s,
                                    const struct es_cert *issuer, struct es_key *key)
{
    const uint8_t serial[2] = {0x44, 0x01};
    const struct es_cert_template tpl = {.common_name = "示例市档案局",
                                         .organisation = "示例市档案局",
                                         .country = "CN",
                                         .serial = es_span_of(serial, sizeof serial),
                                         .not_before_s = from_s,
                                         .not_after_s = until_s,
                                         .use = ES_CERT_SIGNER};

    return issue(&tpl, s->w->keys[WHO_SIGNER], issuer, key);
}

/* ---- seals ---- */

struct seal_wish {
    const struct es_cert *signers[2];
    const struct span_of_life *life;
};

static void apply_wish(struct es_seal_info *info, void *ctx)
{
    const struct seal_wish *wish = ctx;

    info->signers = wish->signers;
    info->signer_count = 2; /* the second lives long enough for any seal */
    info->valid_from_s = wish->life->seal_from_s;
    info->valid_until_s = wish->life->seal_until_s;
}

struct span_of_life whole_life(void)
{
    return (struct span_of_life){WORLD_FROM_S, WORLD_UNTIL_S, WORLD_FROM_S, WORLD_UNTIL_S,
                                 WORLD_FROM_S};
}

/* The world's seal becomes one that lists this certificate; its state is known. */
static void change_seal(struct scene *s, const struct es_cert *signer,
                        const struct span_of_life *life)
{
    struct seal_wish wish = {{signer, s->w->certs[WHO_OTHER]}, life};
    struct es_state_event active = {ES_STATUS_ACTIVE, 0, life->active_s, life->active_s};

    es_buf_reset(&s->w->seal);
    world_make_seal(s->w, ES_SEAL_2020, WHO_MAKER, apply_wish, &wish, &s->w->seal);
    know_events(s, &active, 1);
}

static void sign_with(struct scene *s, const struct es_cert *signer, int64_t claim_s,
                      int64_t stamp_s)
{
    pkg_copy(&s->w->document, &s->pkg);
    world_lax_sign(s->w, &s->pkg,
                   &(struct lax){.signer = signer,
                                 .time_s = claim_s,
                                 .with_time_stamp = stamp_s != 0,
                                 .time_stamp_s = stamp_s});
}

void seal_in_life(struct scene *s, const struct span_of_life *life, int64_t claim_s,
                  int64_t stamp_s)
{
    ES_AUTO_PTR(es_cert)
    signer = issue_signer(s, life->cert_from_s, life->cert_until_s, s->w->certs[WHO_ROOT],
                          s->w->keys[WHO_ROOT]);

    change_seal(s, signer, life);
    sign_with(s, signer, claim_s, stamp_s);
}

/* ---- revocation ---- */

static void revoke_signer(struct scene *s, int64_t at_s, int64_t stamp_s)
{
    s->trust = world_trust_without_crl(s->w);
    if (at_s <= s->w->now_s)
        world_add_crl(s->w, s->trust, s->w->certs[WHO_SIGNER], at_s, 1);
    else
        world_add_crl(s->w, s->trust, NULL, 0, 0);
    sign_with(s, NULL, 0, stamp_s);
}

static void add_crl_of(struct scene *s, const struct es_cert *issuer, struct es_key *key)
{
    ES_AUTO(es_buf) crl = ES_BUF_INIT(65536);
    struct es_error err = {0};

    must_ok(
        es_crl_make(issuer, key, NULL, 0, 1, s->w->now_s - HOUR_S, s->w->now_s + DAY_S, &crl, &err),
        &err);
    must_ok(es_trust_add_crl(s->trust, es_buf_span(&crl), &err), &err);
}

/* A signer below an authority below the root; the root revokes the authority. */
static void revoke_authority(struct scene *s, int64_t at_s, int64_t stamp_s)
{
    const uint8_t serial[2] = {0x44, 0x02};
    const struct es_cert_template tpl = {.common_name = "示例中级",
                                         .country = "CN",
                                         .serial = es_span_of(serial, sizeof serial),
                                         .not_before_s = WORLD_FROM_S,
                                         .not_after_s = WORLD_UNTIL_S,
                                         .use = ES_CERT_CA};
    struct es_key *key = s->w->keys[WHO_STRANGER_MAKER]; /* any other key */
    const struct span_of_life life = whole_life();
    ES_AUTO_PTR(es_cert)
    ca = issue(&tpl, key, s->w->certs[WHO_ROOT], s->w->keys[WHO_ROOT]);
    ES_AUTO_PTR(es_cert) signer = issue_signer(s, WORLD_FROM_S, WORLD_UNTIL_S, ca, key);
    struct es_error err = {0};

    s->trust = world_trust_without_crl(s->w);
    must_ok(es_trust_add_cert(s->trust, ES_TRUST_INTERMEDIATE, ca, &err), &err);
    world_add_crl(s->w, s->trust, at_s <= s->w->now_s ? ca : NULL, at_s, 2);
    add_crl_of(s, ca, key);
    change_seal(s, signer, &life);
    sign_with(s, signer, 0, stamp_s);
}

static void cancel_seal(struct scene *s, int64_t at_s, int64_t stamp_s)
{
    const struct es_state_event events[] = {
        {ES_STATUS_ACTIVE, 0, WORLD_FROM_S, WORLD_FROM_S},
        {ES_STATUS_CANCELLED, 1, at_s, at_s},
    };

    sign_with(s, NULL, 0, stamp_s);
    know_events(s, events, at_s <= s->w->now_s ? 2 : 1);
}

void event_scene(enum event event, enum position position, struct scene *s)
{
    const int64_t end_s = event_end_s(position), stamp_s = event_stamp_s(position);
    struct span_of_life life = whole_life();

    *s = (struct scene){.w = calloc(1, sizeof *s->w)};
    assert_non_null(s->w);
    world_new(s->w);
    if (event == CERT_ENDS)
        life.cert_until_s = end_s;
    if (event == SEAL_ENDS)
        life.seal_until_s = end_s;
    if (event == CERT_REVOKED)
        revoke_signer(s, end_s, stamp_s);
    else if (event == CA_REVOKED)
        revoke_authority(s, end_s, stamp_s);
    else if (event == SEAL_CANCELLED)
        cancel_seal(s, end_s, stamp_s);
    else
        seal_in_life(s, &life, WORLD_SIGN_S, stamp_s);
}
