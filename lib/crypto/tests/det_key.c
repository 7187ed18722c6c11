/*
 * SM2 signing from the standard's formulas over OpenSSL's big numbers, with the nonce given from
 * outside. For tests only: see det_key.h.
 */
#include "det_key.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

struct det_open {
    uint8_t d[32];
    struct es_random random;
    struct es_pubkey *public;
};

/* Everything one signature needs; released whole. */
struct work {
    BN_CTX *ctx;
    EC_GROUP *group;
    EC_POINT *point;
    BIGNUM *d, *k, *e, *r, *s, *t;
};

static void work_clear(struct work *w)
{
    BIGNUM *numbers[] = {w->d, w->k, w->e, w->r, w->s, w->t};

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        BN_clear_free(numbers[i]);
    EC_POINT_free(w->point);
    EC_GROUP_free(w->group);
    BN_CTX_free(w->ctx);
}

#define AUTO_WORK __attribute__((cleanup(work_clear))) struct work

static es_status work_init(struct work *w, const uint8_t d[32], struct es_error *err)
{
    w->ctx = BN_CTX_new();
    w->group = EC_GROUP_new_by_curve_name(NID_sm2);
    w->point = w->group != NULL ? EC_POINT_new(w->group) : NULL;
    w->d = BN_bin2bn(d, 32, NULL);
    w->k = BN_new();
    w->e = BN_new();
    w->r = BN_new();
    w->s = BN_new();
    w->t = BN_new();
    ES_ENSURE(w->ctx != NULL && w->point != NULL && w->d != NULL && w->k != NULL && w->e != NULL &&
                  w->r != NULL && w->s != NULL && w->t != NULL,
              err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

/* SPEC GB/T 32918.2-2016 6.1 A3: k in [1, n-1]. */
static es_status draw_nonce(struct work *w, struct es_random *random, struct es_error *err)
{
    uint8_t bytes[32];

    do {
        ES_TRY(random->fill(random->self, bytes, sizeof(bytes), err));
        ES_ENSURE(BN_bin2bn(bytes, 32, w->k) != NULL, err, ES_E_NOMEM, "out of memory");
    } while (BN_is_zero(w->k) || BN_cmp(w->k, EC_GROUP_get0_order(w->group)) >= 0);
    return ES_OK;
}

/* SPEC GB/T 32918.2-2016 6.1 A4..A6: r = e + x1, s = (k - r d) / (1 + d), modulo n.
 * *again when r = 0, r + k = n or s = 0. */
static es_status compute(struct work *w, bool *again, struct es_error *err)
{
    const BIGNUM *n = EC_GROUP_get0_order(w->group);
    bool good = EC_POINT_mul(w->group, w->point, w->k, NULL, NULL, w->ctx) == 1 &&
                EC_POINT_get_affine_coordinates(w->group, w->point, w->t, NULL, w->ctx) == 1 &&
                BN_mod_add(w->r, w->e, w->t, n, w->ctx) == 1 && BN_add(w->t, w->r, w->k) == 1;

    ES_ENSURE(good, err, ES_E_CRYPTO, "nonce could not be used");
    *again = BN_is_zero(w->r) || BN_cmp(w->t, n) == 0;
    good = BN_mod_mul(w->s, w->r, w->d, n, w->ctx) == 1 &&
           BN_mod_sub(w->s, w->k, w->s, n, w->ctx) == 1 && BN_copy(w->t, w->d) != NULL &&
           BN_add_word(w->t, 1) == 1 && BN_mod_inverse(w->t, w->t, n, w->ctx) != NULL &&
           BN_mod_mul(w->s, w->s, w->t, n, w->ctx) == 1;
    ES_ENSURE(good, err, ES_E_CRYPTO, "signature could not be computed");
    *again = *again || BN_is_zero(w->s);
    return ES_OK;
}

static es_status det_sign(void *key, const uint8_t e[ES_SM3_LEN], uint8_t raw[ES_SM2_RAW_LEN],
                          struct es_error *err)
{
    struct det_open *open = key;
    AUTO_WORK w = {0};
    bool again = true;

    ES_TRY(work_init(&w, open->d, err));
    ES_ENSURE(BN_bin2bn(e, ES_SM3_LEN, w.e) != NULL, err, ES_E_NOMEM, "out of memory");
    while (again) {
        ES_TRY(draw_nonce(&w, &open->random, err));
        ES_TRY(compute(&w, &again, err));
    }
    ES_ENSURE(BN_bn2binpad(w.r, raw, 32) == 32 && BN_bn2binpad(w.s, raw + 32, 32) == 32, err,
              ES_E_CRYPTO, "signature does not fit");
    return ES_OK;
}

static void det_close(void *key)
{
    struct det_open *open = key;

    if (open == NULL)
        return;
    es_wipe(open->d, sizeof(open->d));
    es_pubkey_free(open->public);
    free(open);
}

static es_status det_public_key(void *key, struct es_pubkey **out, struct es_error *err)
{
    struct det_open *open = key;

    (void) err;
    *out = es_pubkey_ref(open->public);
    return ES_OK;
}

/* The library's own way from number to public key, so that both agree on what a key is. */
static es_status public_of(const uint8_t d[32], struct es_pubkey **out, struct es_error *err)
{
    ES_AUTO_PTR(es_key) key = NULL;
    struct es_span point;

    ES_TRY(es_key_from_number(d, &key, err));
    point = es_pubkey_point(es_key_public(key));
    return es_pubkey_sm2(point, out, err);
}

static es_status det_open(void *self, const char *label, const struct es_secret *pin, void **key,
                          struct es_error *err)
{
    struct det_keys *keys = self;
    struct det_open *open;
    es_status status;

    ES_ENSURE(strcmp(label, keys->label) == 0, err, ES_E_ABSENT, "no key has the label \"%s\"",
              label);
    ES_ENSURE(keys->pin == NULL || (pin != NULL && es_secret_equal(pin, es_span_str(keys->pin))),
              err, ES_E_PIN, "wrong PIN");
    open = calloc(1, sizeof(*open));
    ES_ENSURE(open != NULL, err, ES_E_NOMEM, "out of memory");
    memcpy(open->d, keys->d, sizeof(open->d));
    open->random = keys->random;
    status = public_of(keys->d, &open->public, err);
    if (status != ES_OK) {
        det_close(open);
        return status;
    }
    *key = open;
    return ES_OK;
}

static es_status det_list(void *self,
                          es_status (*each)(void *ctx, const char *label, struct es_error *err),
                          void *ctx, struct es_error *err)
{
    return each(ctx, ((struct det_keys *) self)->label, err);
}

static const struct es_key_ops det_ops = {
    .abi = ES_KEY_OPS_ABI,
    .name = "deterministic",
    .open = det_open,
    .public_key = det_public_key,
    .sign = det_sign,
    .list = det_list,
    .close = det_close,
};

struct es_key_provider det_key_provider(struct det_keys *keys)
{
    return (struct es_key_provider){.ops = &det_ops, .self = keys};
}

es_status det_key_open(const uint8_t d[32], struct es_random random, struct es_key **out,
                       struct es_error *err)
{
    struct det_keys keys = {.label = "det", .random = random};
    struct es_key_provider provider = det_key_provider(&keys);

    memcpy(keys.d, d, sizeof(keys.d));
    return es_key_open(&provider, "det", NULL, out, err);
}
