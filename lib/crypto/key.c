/*
 * The door in front of every key provider. Providers sign e; here Z is added, and no signature
 * leaves that is out of range or does not verify under the key's own public key: a fault or a wrong
 * device is caught before it can tell something about the key.
 */
#include "crypto_internal.h"

struct es_key {
    const struct es_key_ops *ops;
    void *handle;
    struct es_pubkey *public;
};

static es_status check_provider(const struct es_key_provider *provider, struct es_error *err)
{
    const struct es_key_ops *ops = provider->ops;

    ES_ENSURE(ops != NULL && ops->abi == ES_KEY_OPS_ABI, err, ES_E_CONFIG,
              "key provider of another version");
    ES_ENSURE(ops->open != NULL && ops->public_key != NULL && ops->sign != NULL &&
                  ops->close != NULL,
              err, ES_E_CONFIG, "key provider lacks a required function");
    return ES_OK;
}

static es_status wrap(const struct es_key_ops *ops, void *handle, struct es_key **out,
                      struct es_error *err)
{
    ES_AUTO_PTR(es_key) key = calloc(1, sizeof(*key));

    if (key == NULL) {
        ops->close(handle);
        return es_error_set(err, ES_E_NOMEM, "out of memory");
    }
    key->ops = ops;
    key->handle = handle;
    ES_TRY(ops->public_key(handle, &key->public, err));
    ES_ENSURE(key->public->kind == ES_KEY_SM2, err, ES_E_UNSUPPORTED, "not an SM2 key");
    *out = ES_TAKE(key);
    return ES_OK;
}

es_status es_key_open(const struct es_key_provider *provider, const char *label,
                      const struct es_secret *pin, struct es_key **out, struct es_error *err)
{
    void *handle = NULL;

    ES_TRY(check_provider(provider, err));
    ES_ENSURE(label != NULL && label[0] != '\0', err, ES_E_USAGE, "key without a label");
    ES_TRY(provider->ops->open(provider->self, label, pin, &handle, err));
    return wrap(provider->ops, handle, out, err);
}

void es_key_free(struct es_key *key)
{
    if (key == NULL)
        return;
    key->ops->close(key->handle);
    es_pubkey_free(key->public);
    free(key);
}

const struct es_pubkey *es_key_public(const struct es_key *key)
{
    return key->public;
}

/* SPEC GB/T 32918.2-2016 6.1, and security.md 5: every signature is verified before release. */
static es_status sign_checked(struct es_key *key, struct es_span message,
                              uint8_t raw[ES_SM2_RAW_LEN], struct es_error *err)
{
    uint8_t e[ES_SM3_LEN];
    enum es_sig_answer answer;

    ES_TRY(es_sm2_e(key->public, message, e, err));
    ES_TRY(key->ops->sign(key->handle, e, raw, err));
    ES_TRY(es_sm2_verify_e(key->public, e, raw, &answer, err));
    ES_ENSURE(answer == ES_SIG_GOOD, err, ES_E_CRYPTO,
              "provider %s gave a signature that does not verify", key->ops->name);
    return ES_OK;
}

es_status es_key_sign(struct es_key *key, struct es_span message, struct es_buf *out,
                      struct es_error *err)
{
    ES_AUTO(es_buf) der = ES_BUF_INIT(80);
    uint8_t raw[ES_SM2_RAW_LEN] = {0};
    es_status status = sign_checked(key, message, raw, err);

    if (status == ES_OK)
        es_sm2_sig_encode(raw, &der);
    es_wipe(raw, sizeof(raw)); /* a faulty one must not stay on the stack */
    ES_TRY(status);
    ES_TRY(es_buf_check(&der, err));
    es_buf_put_span(out, es_buf_span(&der));
    return es_buf_check(out, err);
}

/* ---- keys that OpenSSL holds, without a provider that opens them ---- */

static es_status open_none(void *self, const char *label, const struct es_secret *pin, void **key,
                           struct es_error *err)
{
    (void) self;
    (void) label;
    (void) pin;
    (void) key;
    return es_error_set(err, ES_E_ABSENT, "keys in memory have no labels");
}

static const struct es_key_ops memory_ops = {
    .abi = ES_KEY_OPS_ABI,
    .name = "memory",
    .open = open_none,
    .public_key = es_evp_public_key,
    .sign = es_evp_sign,
    .close = es_evp_close,
};

es_status es_key_from_evp(EVP_PKEY *pkey, struct es_key **out, struct es_error *err)
{
    return wrap(&memory_ops, pkey, out, err);
}
