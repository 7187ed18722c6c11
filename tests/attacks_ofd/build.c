/* What builders share: signing with open entries, digests, time stamps, states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attack.h"

#define NAMES_MAX 64

void must_ok(es_status status, const struct es_error *err)
{
    if (status != ES_OK)
        fail_msg("%s", err->text);
}

void build_sealed(struct scene *s)
{
    pkg_read(es_buf_span(&s->w->sealed), &s->pkg);
}

static bool listed(const char *const *names, const char *name)
{
    for (; names != NULL && *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

void sign_open(struct scene *s, const char *const *open, struct lax lax)
{
    const char *refs[NAMES_MAX] = {NULL};
    size_t count = 0;

    assert_true(s->pkg.count < NAMES_MAX);
    for (size_t i = 0; i < s->pkg.count; i++)
        if (!listed(open, s->pkg.entries[i].name) && strcmp(s->pkg.entries[i].name, LIST_XML) != 0)
            refs[count++] = s->pkg.entries[i].name;
    lax.refs = refs;
    world_lax_sign(s->w, &s->pkg, &lax);
}

void digest_text(enum es_digest digest, struct es_span bytes, struct es_buf *out)
{
    uint8_t value[ES_DIGEST_MAX];
    struct es_error err = {0};

    must_ok(es_digest_once(digest, bytes, value, &err), &err);
    es_buf_put_base64(out, es_span_of(value, es_digest_len(digest)));
}

void mend_reference(struct pkg *pkg, const char *entry, struct es_span before)
{
    ES_AUTO(es_buf) was = ES_BUF_INIT(256);
    ES_AUTO(es_buf) now = ES_BUF_INIT(256);

    digest_text(ES_DIGEST_SM3, before, &was);
    digest_text(ES_DIGEST_SM3, es_buf_span(&pkg_find(pkg, entry)->bytes), &now);
    pkg_replace(pkg, SIGN_0 "Signature.xml", es_buf_cstr(&was), es_buf_cstr(&now));
}

struct es_seal_signature *signed_value(struct pkg *pkg)
{
    struct es_seal_signature *value = NULL;
    struct es_error err = {0};

    must_ok(es_seal_signature_decode(es_buf_span(&pkg_find(pkg, SIGN_0 "SignedValue.dat")->bytes),
                                     "", NULL, &value, &err),
            &err);
    return value;
}

void put_time_stamp(struct pkg *pkg, struct es_span token)
{
    ES_AUTO_PTR(es_seal_signature) value = signed_value(pkg);
    ES_AUTO_PTR(es_cert) signer = NULL;
    ES_AUTO(es_buf) der = ES_BUF_INIT(ES_SEAL_DER_MAX);
    struct es_error err = {0};

    must_ok(es_cert_decode(value->cert, &signer, &err), &err);
    must_ok(es_seal_signature_assemble(value->tbs, value->edition, signer, value->sig, token, &der,
                                       &err),
            &err);
    pkg_set(pkg, SIGN_0 "SignedValue.dat", der.ptr, der.len);
}

void make_time_stamp(struct world *w, struct es_span bytes, int64_t at_s, struct es_buf *token)
{
    ES_AUTO(es_buf) request = ES_BUF_INIT(4096);
    ES_AUTO(es_buf) response = ES_BUF_INIT(65536);
    const uint8_t serial[1] = {1};
    uint64_t seed = 11;
    uint8_t nonce[8];
    struct es_error err = {0};

    must_ok(es_time_stamp_request(bytes, es_random_seeded(&seed), nonce, &request, &err), &err);
    must_ok(es_time_stamp_answer(w->keys[WHO_TSA], w->certs[WHO_TSA], es_buf_span(&request), at_s,
                                 es_span_of(serial, 1), &response, &err),
            &err);
    must_ok(es_time_stamp_response(es_buf_span(&response), bytes, nonce, token, &err), &err);
}

void know_events(struct scene *s, const struct es_state_event *events, size_t count)
{
    struct es_error err = {0};

    if (s->states == NULL)
        must_ok(es_state_source_new(&s->states, &err), &err);
    world_add_state(s->w, s->states, es_buf_span(&s->w->seal), events, count);
}
