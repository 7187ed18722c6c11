/* Attacks on time: claims, time stamps, clocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "time_builders.h"

static void sign_at(struct scene *s, int64_t claim_s, int64_t stamp_s)
{
    pkg_copy(&s->w->document, &s->pkg);
    world_lax_sign(
        s->w, &s->pkg,
        &(struct lax){.time_s = claim_s, .with_time_stamp = stamp_s != 0, .time_stamp_s = stamp_s});
}

void claimed_tomorrow(struct scene *s)
{
    sign_at(s, WORLD_NOW_S + DAY_S, 0);
}

void claimed_too_early(struct scene *s)
{
    sign_at(s, WORLD_FROM_S - 10 * DAY_S, 0);
}

/* ---- time stamps ---- */

void stamp_of_another(struct scene *s)
{
    ES_AUTO(es_buf) token = ES_BUF_INIT(65536);

    sign_at(s, WORLD_SIGN_S, 0);
    make_time_stamp(s->w, es_span_str("another signature"), WORLD_SIGN_S + HOUR_S, &token);
    put_time_stamp(&s->pkg, es_buf_span(&token));
}

void stamp_of_another_cancelled(struct scene *s)
{
    static const struct es_state_event events[] = {
        {ES_STATUS_ACTIVE, 0, WORLD_FROM_S, WORLD_FROM_S},
        {ES_STATUS_CANCELLED, 1, WORLD_SIGN_S + 2 * HOUR_S, WORLD_SIGN_S + 2 * HOUR_S},
    };

    stamp_of_another(s);
    know_events(s, events, 2);
}

/* Another authority takes the place of the world's after the trust was made. */
static void change_authority(struct world *w, bool below_root)
{
    const uint8_t serial[2] = {0x33, 0x33};
    const struct es_cert_template tpl = {.common_name = "别的时间戳",
                                         .country = "CN",
                                         .serial = es_span_of(serial, sizeof serial),
                                         .not_before_s = WORLD_FROM_S,
                                         .not_after_s = WORLD_UNTIL_S,
                                         .use = ES_CERT_TSA};
    ES_AUTO(es_buf) der = ES_BUF_INIT(65536);
    struct es_key *key = NULL;
    uint8_t d[32];
    struct es_error err = {0};

    memset(d, 0x5a, sizeof d);
    must_ok(es_key_from_number(d, &key, &err), &err);
    must_ok(es_cert_issue(&tpl, es_key_public(key), below_root ? w->certs[WHO_ROOT] : NULL,
                          below_root ? w->keys[WHO_ROOT] : key, &der, &err),
            &err);
    es_key_free(w->keys[WHO_TSA]);
    es_cert_free(w->certs[WHO_TSA]);
    w->keys[WHO_TSA] = key;
    w->certs[WHO_TSA] = NULL;
    must_ok(es_cert_decode(es_buf_span(&der), &w->certs[WHO_TSA], &err), &err);
}

void stamp_by_stranger(struct scene *s)
{
    change_authority(s->w, false);
    sign_at(s, WORLD_SIGN_S, WORLD_SIGN_S + HOUR_S);
}

void stamp_by_unlisted(struct scene *s)
{
    change_authority(s->w, true);
    sign_at(s, WORLD_SIGN_S, WORLD_SIGN_S + HOUR_S);
}

static void take_token(struct scene *s, struct es_buf *token)
{
    ES_AUTO_PTR(es_seal_signature) value = NULL;

    sign_at(s, WORLD_SIGN_S, WORLD_SIGN_S + HOUR_S);
    value = signed_value(&s->pkg);
    assert_true(value->time_stamp.len > 100);
    es_buf_put_span(token, value->time_stamp);
}

/* The last bytes of a token are those of its signature value. */
void stamp_broken(struct scene *s)
{
    ES_AUTO(es_buf) token = ES_BUF_INIT(65536);

    take_token(s, &token);
    token.ptr[token.len - 3] ^= 1;
    put_time_stamp(&s->pkg, es_buf_span(&token));
}

void stamp_cut(struct scene *s)
{
    ES_AUTO(es_buf) token = ES_BUF_INIT(65536);

    take_token(s, &token);
    put_time_stamp(&s->pkg, es_span_sub(es_buf_span(&token), 0, token.len / 2));
}

void stamp_older(struct scene *s)
{
    sign_at(s, WORLD_SIGN_S, WORLD_SIGN_S - DAY_S);
}

void no_proof(const struct scene *s, const struct es_report *report)
{
    (void) s;
    assert_non_null(report->first);
    assert_false(report->first->has_proof);
}

/* ---- clocks ---- */

/* Today, with a seal cancelled a month ago, by a clock that says it is January. */
void clock_set_back(struct scene *s)
{
    static const struct es_state_event events[] = {
        {ES_STATUS_ACTIVE, 0, WORLD_FROM_S, WORLD_FROM_S},
        {ES_STATUS_CANCELLED, 1, WORLD_NOW_S - 30 * DAY_S, WORLD_NOW_S - 30 * DAY_S},
    };

    sign_at(s, WORLD_FROM_S + 10 * DAY_S, 0);
    know_events(s, events, 2);
}

/* The verifier thinks it is two days earlier than the stamp; what it knows is of that time. */
static void set_clock(struct scene *s, int64_t now_s)
{
    static const struct es_state_event active = {ES_STATUS_ACTIVE, 0, WORLD_FROM_S, WORLD_FROM_S};

    s->w->now_s = now_s;
    s->trust = world_trust_without_crl(s->w);
    world_add_crl(s->w, s->trust, NULL, 0, 0);
    know_events(s, &active, 1);
}

void verifier_behind(struct scene *s)
{
    sign_at(s, WORLD_SIGN_S, WORLD_SIGN_S + HOUR_S);
    set_clock(s, WORLD_SIGN_S - DAY_S);
}

void verifier_little_behind(struct scene *s)
{
    sign_at(s, WORLD_SIGN_S, WORLD_SIGN_S + HOUR_S);
    set_clock(s, WORLD_SIGN_S + HOUR_S - 240);
}
