/*
 * The newest usable word on a certificate among the CRLs and OCSP answers of the trust. Data
 * counts when its source is right: the very issuer of the certificate signed it, or for OCSP a
 * responder that issuer certified. Data about other certificates is no data.
 */
#include "chain.h"

#include <string.h>

#define CLOCK_SLACK_S 300 /* data may be this much ahead of our clock */
#define REASON_HOLD 6

struct search {
    struct es_trust *trust;
    const struct es_cert *cert;
    const struct es_cert *issuer;
    int64_t now_s;
    struct revocation *best;
};

/* Could data of this time replace the best so far? Of two at the same time revocation wins. */
static bool is_newer(const struct search *s, int64_t this_s, bool revoked)
{
    const struct revocation *best = s->best;

    if (!best->found || this_s > best->this_s)
        return true;
    return this_s == best->this_s && revoked && !best->revoked;
}

static bool is_from_future(const struct search *s, int64_t this_s)
{
    return this_s > s->now_s && this_s - s->now_s > CLOCK_SLACK_S;
}

static void take_crl(struct search *s, const struct crl *crl, const struct crl_entry *entry)
{
    bool untrusted = s->best->untrusted;

    *s->best = (struct revocation){
        .found = true,
        .untrusted = untrusted,
        .revoked = entry != NULL,
        .hold = entry && entry->reason == REASON_HOLD,
        .time_s = entry ? entry->time_s : 0,
        .this_s = crl->this_s,
        .next_s = crl->next_s,
        .has_next = crl->has_next,
        .sm3 = crl->sm3,
    };
}

static es_status look_at_crl(struct search *s, struct crl *crl, struct es_error *err)
{
    const struct crl_entry *entry = crl_find(crl, s->cert->serial);
    bool good = false;

    if (!is_newer(s, crl->this_s, entry != NULL))
        return ES_OK;
    if (crl->usable && !is_from_future(s, crl->this_s))
        ES_TRY(link_check_crl(s->trust, crl, s->issuer, &good, err));
    if (good)
        take_crl(s, crl, entry);
    else
        s->best->untrusted = true;
    return ES_OK;
}

static int by_name(const void *a, const void *b)
{
    const struct crl *x = a, *y = b;

    return x->name < y->name ? -1 : x->name > y->name;
}

static es_status look_at_crls(struct search *s, struct es_error *err)
{
    const struct ptr_list *crls = &s->trust->crls;
    struct crl key = {.name = name_hash(s->cert->issuer)};

    for (size_t i = ptr_list_find(crls, &key, by_name); i < crls->count; i++) {
        struct crl *crl = crls->at[i];

        if (crl->name != key.name)
            break;
        if (es_name_equal(crl->issuer, s->cert->issuer))
            ES_TRY(look_at_crl(s, crl, err));
    }
    return ES_OK;
}

/* ---- OCSP ---- */

static enum es_digest cert_id_digest(struct es_span oid)
{
    char text[64];
    enum es_digest digest;

    es_oid_text(oid, text, sizeof text);
    digest = es_digest_by_name(es_span_str(text));
    return digest == ES_DIGEST_SHA1 || digest == ES_DIGEST_SM3 || digest == ES_DIGEST_SHA256
               ? digest
               : ES_DIGEST_NONE;
}

/* SPEC RFC 6960 4.1.1: digests of the issuer's name as the certificate has it, and of its key. */
static es_status is_about(const struct search *s, const struct ocsp_single *single, bool *yes,
                          struct es_error *err)
{
    enum es_digest digest = cert_id_digest(single->hash_alg);
    uint8_t hash[ES_DIGEST_MAX];
    struct es_span bits, made = es_span_of(hash, es_digest_len(digest));

    *yes = false;
    if (digest == ES_DIGEST_NONE)
        return ES_OK;
    ES_TRY(es_digest_once(digest, s->cert->issuer, hash, err));
    if (!es_span_equal(made, single->name_hash))
        return ES_OK;
    ES_TRY(cert_key_bits(s->issuer, &bits, err));
    ES_TRY(es_digest_once(digest, bits, hash, err));
    *yes = es_span_equal(made, single->key_hash);
    return ES_OK;
}

/* A responder its issuer has revoked speaks for nobody any more. */
static es_status is_revoked_responder(struct search *s, const struct es_cert *responder, bool *yes,
                                      struct es_error *err)
{
    struct revocation about = {0};
    struct search of = *s;

    of.cert = responder;
    of.best = &about;
    ES_TRY(look_at_crls(&of, err));
    *yes = about.found && about.revoked;
    return ES_OK;
}

static es_status is_authorised(struct search *s, const struct ocsp_single *single, bool *good,
                               struct es_error *err)
{
    const struct es_cert *responder;
    bool revoked = false;

    *good = false;
    if (!single->usable || !single->answer->usable || is_from_future(s, single->this_s))
        return ES_OK;
    ES_TRY(link_check_ocsp(s->trust, single->answer, s->issuer, good, &responder, err));
    if (*good && responder)
        ES_TRY(is_revoked_responder(s, responder, &revoked, err));
    *good = *good && !revoked;
    return ES_OK;
}

static void take_single(struct search *s, const struct ocsp_single *single)
{
    bool untrusted = s->best->untrusted;

    *s->best = (struct revocation){
        .found = true,
        .untrusted = untrusted,
        .revoked = single->state == OCSP_REVOKED,
        .hold = single->reason == REASON_HOLD,
        .time_s = single->time_s,
        .this_s = single->this_s,
        .next_s = single->next_s,
        .has_next = single->has_next,
        .sm3 = single->answer->sm3,
    };
}

static es_status look_at_single(struct search *s, const struct ocsp_single *single,
                                struct es_error *err)
{
    bool about, good;

    if (single->state == OCSP_UNKNOWN ||
        !is_newer(s, single->this_s, single->state == OCSP_REVOKED))
        return ES_OK;
    ES_TRY(is_about(s, single, &about, err));
    if (!about)
        return ES_OK;
    ES_TRY(is_authorised(s, single, &good, err));
    if (good)
        take_single(s, single);
    else
        s->best->untrusted = true;
    return ES_OK;
}

static int by_serial(const void *a, const void *b)
{
    const struct ocsp_single *x = a, *y = b;

    return es_span_compare(x->serial, y->serial);
}

es_status revocation_find(struct es_trust *trust, const struct es_cert *cert,
                          const struct es_cert *issuer, int64_t now_s, struct revocation *out,
                          struct es_error *err)
{
    struct search s = {.trust = trust, .cert = cert, .issuer = issuer, .now_s = now_s, .best = out};
    struct ocsp_single key = {.serial = cert->serial};

    *out = (struct revocation){0};
    ES_TRY(look_at_crls(&s, err));
    for (size_t i = ptr_list_find(&trust->singles, &key, by_serial); i < trust->singles.count;
         i++) {
        const struct ocsp_single *single = trust->singles.at[i];

        if (!es_span_equal(single->serial, cert->serial))
            break;
        ES_TRY(look_at_single(&s, single, err));
    }
    return ES_OK;
}
