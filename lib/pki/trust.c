/*
 * The trust: certificates by role, makers with what the list says of them, CRLs and OCSP answers.
 * The same thing added twice counts once; the digest covers every thing and its role.
 */
#include "trust.h"

#include <stdlib.h>
#include <string.h>

/* ---- orders of the lists ---- */

static int by_digest(const void *a, const void *b)
{
    const struct trust_item *x = a, *y = b;

    return memcmp(x->digest, y->digest, ES_SM3_LEN);
}

static int by_number(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int by_name(const void *a, const void *b)
{
    const struct trust_cert *x = a, *y = b;
    int order = by_number(x->name, y->name);

    if (order == 0)
        order = memcmp(x->cert->sm3, y->cert->sm3, ES_SM3_LEN);
    return order ? order : by_number(x->kind, y->kind);
}

static int by_maker(const void *a, const void *b)
{
    const struct trust_maker *x = a, *y = b;

    return memcmp(x->cert->sm3, y->cert->sm3, ES_SM3_LEN);
}

static int by_crl(const void *a, const void *b)
{
    const struct crl *x = a, *y = b;
    int order = by_number(x->name, y->name);

    return order ? order : memcmp(x->sm3, y->sm3, ES_SM3_LEN);
}

static int by_answer(const void *a, const void *b)
{
    const struct ocsp *x = a, *y = b;

    return memcmp(x->sm3, y->sm3, ES_SM3_LEN);
}

static int by_serial(const void *a, const void *b)
{
    const struct ocsp_single *x = a, *y = b;
    int order = es_span_compare(x->serial, y->serial);

    return order ? order : memcmp(x->answer->sm3, y->answer->sm3, ES_SM3_LEN);
}

/* ---- life ---- */

es_status es_trust_new(struct es_trust **out, struct es_error *err)
{
    ES_AUTO_PTR(es_trust) trust = calloc(1, sizeof *trust);

    *out = NULL;
    ES_ENSURE(trust != NULL, err, ES_E_NOMEM, "out of memory");
    trust->links = calloc(ES_LINKS, sizeof *trust->links);
    ES_ENSURE(trust->links != NULL, err, ES_E_NOMEM, "out of memory");
    ES_ENSURE(pthread_mutex_init(&trust->mutex, NULL) == 0, err, ES_E_NOMEM, "no mutex to be had");
    trust->has_mutex = true;
    *out = ES_TAKE(trust);
    return ES_OK;
}

static void trust_cert_free(struct trust_cert *cert)
{
    if (!cert)
        return;
    es_cert_free(cert->cert);
    free(cert);
}
ES_DEFINE_FREE_AT(trust_cert)

static void trust_maker_free(struct trust_maker *maker)
{
    if (!maker)
        return;
    es_cert_free(maker->cert);
    free(maker->regions);
    free(maker->kinds);
    free(maker);
}
ES_DEFINE_FREE_AT(trust_maker)

void es_trust_free(struct es_trust *trust)
{
    if (!trust)
        return;
    for (size_t i = 0; i < trust->certs.count; i++)
        trust_cert_free(trust->certs.at[i]);
    for (size_t i = 0; i < trust->makers.count; i++)
        trust_maker_free(trust->makers.at[i]);
    for (size_t i = 0; i < trust->crls.count; i++)
        crl_free(trust->crls.at[i]);
    for (size_t i = 0; i < trust->answers.count; i++)
        ocsp_free(trust->answers.at[i]);
    free(trust->items.at);
    free(trust->certs.at);
    free(trust->makers.at);
    free(trust->crls.at);
    free(trust->answers.at);
    free(trust->singles.at);
    free(trust->links);
    trust_forget_certs(trust);
    if (trust->has_mutex)
        (void) pthread_mutex_destroy(&trust->mutex);
    free(trust);
}

/* ---- items ---- */

es_status trust_item_digest(const char *kind, const uint8_t sm3[ES_SM3_LEN], struct es_span facts,
                            struct trust_item *item, struct es_error *err)
{
    ES_AUTO_PTR(es_hash) hash = NULL;

    ES_TRY(es_hash_new(ES_DIGEST_SM3, &hash, err));
    ES_TRY(es_hash_update(hash, es_span_str(kind), err));
    ES_TRY(es_hash_update(hash, es_span_of(sm3, ES_SM3_LEN), err));
    ES_TRY(es_hash_update(hash, facts, err));
    return es_hash_final(hash, item->digest, err);
}

static bool is_there(const struct es_trust *trust, const struct trust_item *item)
{
    size_t at = ptr_list_find(&trust->items, item, by_digest);

    return at < trust->items.count && by_digest(trust->items.at[at], item) == 0;
}

/* Into its own list first: when the second insertion fails the item stays owned, uncounted. */
static es_status add_item(struct es_trust *trust, struct ptr_list *list, void *item,
                          ptr_compare *compare, bool *owned, struct es_error *err)
{
    ES_TRY(ptr_list_insert(list, item, compare, err));
    *owned = true;
    return ptr_list_insert(&trust->items, item, by_digest, err);
}

void es_trust_digest(const struct es_trust *trust, uint8_t out[ES_SM3_LEN])
{
    ES_AUTO_PTR(es_hash) hash = NULL;
    es_status status = es_hash_new(ES_DIGEST_SM3, &hash, NULL);

    for (size_t i = 0; i < trust->items.count && status == ES_OK; i++) {
        const struct trust_item *item = trust->items.at[i];

        status = es_hash_update(hash, es_span_of(item->digest, ES_SM3_LEN), NULL);
    }
    if (status == ES_OK)
        status = es_hash_final(hash, out, NULL);
    if (status != ES_OK)
        memset(out, 0, ES_SM3_LEN); /* no digest of anything */
}

/* ---- certificates ---- */

static const char *const kind_names[] = {
    [ES_TRUST_ROOT] = "root",
    [ES_TRUST_INTERMEDIATE] = "intermediate",
    [ES_TRUST_MAKER] = "maker",
    [ES_TRUST_TSA] = "tsa",
};

es_status es_trust_add_cert(struct es_trust *trust, enum es_trust_kind kind,
                            const struct es_cert *cert, struct es_error *err)
{
    ES_AUTO_PTR(trust_cert) added = NULL;
    bool owned = false;
    es_status status;

    if (kind == ES_TRUST_MAKER)
        return es_trust_add_maker(trust, &(struct es_maker_entry){.cert = cert}, err);
    added = calloc(1, sizeof *added);
    ES_ENSURE(added != NULL, err, ES_E_NOMEM, "out of memory");
    ES_TRY(trust_item_digest(kind_names[kind], cert->sm3, es_span_of(NULL, 0), &added->item, err));
    if (is_there(trust, &added->item))
        return ES_OK;
    added->kind = kind;
    added->name = name_hash(cert->subject);
    added->cert = es_cert_ref(cert);
    status = add_item(trust, &trust->certs, added, by_name, &owned, err);
    if (owned)
        (void) ES_TAKE(added);
    return status;
}

static int by_name_only(const void *a, const void *b)
{
    const struct trust_cert *x = a, *y = b;

    return by_number(x->name, y->name);
}

size_t trust_certs_named(const struct es_trust *trust, struct es_span name, size_t *first)
{
    struct trust_cert key = {.name = name_hash(name)};
    size_t end;

    *first = ptr_list_find(&trust->certs, &key, by_name_only);
    for (end = *first; end < trust->certs.count; end++)
        if (trust_cert_at(trust, end)->name != key.name)
            break;
    return end - *first;
}

bool trust_has_cert(const struct es_trust *trust, enum es_trust_kind kind,
                    const struct es_cert *cert)
{
    struct es_cert same = {0};
    struct trust_cert key = {.name = name_hash(cert->subject), .kind = kind, .cert = &same};
    size_t at;

    memcpy(same.sm3, cert->sm3, ES_SM3_LEN);
    at = ptr_list_find(&trust->certs, &key, by_name);
    return at < trust->certs.count && by_name(trust->certs.at[at], &key) == 0;
}

/* ---- makers ---- */

static es_status copy_text(const char *text, char **out, struct es_error *err)
{
    *out = strdup(text ? text : "");
    ES_ENSURE(*out != NULL, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

static es_status maker_item(const struct es_maker_entry *entry, struct trust_item *item,
                            struct es_error *err)
{
    ES_AUTO(es_buf) facts = ES_BUF_INIT(1u << 20);

    es_buf_printf(&facts, "%d %d %lld %lld\n%s\n%s\n", entry->blocked, entry->internal,
                  (long long) entry->from_s, (long long) entry->until_s,
                  entry->regions ? entry->regions : "", entry->kinds ? entry->kinds : "");
    ES_TRY(es_buf_check(&facts, err));
    return trust_item_digest("maker", entry->cert->sm3, es_buf_span(&facts), item, err);
}

static es_status copy_maker(const struct es_maker_entry *entry, struct trust_maker **out,
                            struct es_error *err)
{
    ES_AUTO_PTR(trust_maker) maker = calloc(1, sizeof *maker);

    ES_ENSURE(maker != NULL, err, ES_E_NOMEM, "out of memory");
    ES_TRY(maker_item(entry, &maker->item, err));
    ES_TRY(copy_text(entry->regions, &maker->regions, err));
    ES_TRY(copy_text(entry->kinds, &maker->kinds, err));
    maker->cert = es_cert_ref(entry->cert);
    maker->entry = *entry;
    maker->entry.cert = maker->cert;
    maker->entry.regions = maker->regions;
    maker->entry.kinds = maker->kinds;
    *out = ES_TAKE(maker);
    return ES_OK;
}

es_status es_trust_add_maker(struct es_trust *trust, const struct es_maker_entry *entry,
                             struct es_error *err)
{
    ES_AUTO_PTR(trust_maker) maker = NULL;
    bool owned = false;
    es_status status;

    ES_TRY(copy_maker(entry, &maker, err));
    if (is_there(trust, &maker->item))
        return ES_OK;
    ES_ENSURE(es_trust_maker(trust, entry->cert) == NULL, err, ES_E_CONFLICT,
              "maker is listed twice with different facts");
    status = add_item(trust, &trust->makers, maker, by_maker, &owned, err);
    if (owned)
        (void) ES_TAKE(maker);
    return status;
}

const struct es_maker_entry *es_trust_maker(const struct es_trust *trust,
                                            const struct es_cert *cert)
{
    struct es_cert same = {0};
    struct trust_maker key = {.cert = &same}, *found = NULL;
    size_t at;

    memcpy(same.sm3, cert->sm3, ES_SM3_LEN);
    at = ptr_list_find(&trust->makers, &key, by_maker);
    if (at < trust->makers.count)
        found = trust->makers.at[at];
    return found && by_maker(found, &key) == 0 ? &found->entry : NULL;
}

/* ---- revocation data ---- */

es_status es_trust_add_crl(struct es_trust *trust, struct es_span der, struct es_error *err)
{
    ES_AUTO_PTR(crl) crl = NULL;
    bool owned = false;
    es_status status;

    ES_TRY(crl_decode(der, &crl, err));
    ES_TRY(trust_item_digest("crl", crl->sm3, es_span_of(NULL, 0), &crl->item, err));
    if (is_there(trust, &crl->item))
        return ES_OK;
    status = add_item(trust, &trust->crls, crl, by_crl, &owned, err);
    if (owned)
        (void) ES_TAKE(crl);
    return status;
}

es_status es_trust_add_ocsp(struct es_trust *trust, struct es_span der, struct es_error *err)
{
    ES_AUTO_PTR(ocsp) answer = NULL;
    struct ocsp *kept;
    bool owned = false;
    es_status status;

    ES_TRY(ocsp_decode(der, &answer, err));
    ES_TRY(trust_item_digest("ocsp", answer->sm3, es_span_of(NULL, 0), &answer->item, err));
    if (is_there(trust, &answer->item))
        return ES_OK;
    kept = answer; /* the trust owns it from here on */
    status = add_item(trust, &trust->answers, answer, by_answer, &owned, err);
    if (owned)
        (void) ES_TAKE(answer);
    for (size_t i = 0; i < kept->count && status == ES_OK; i++)
        status = ptr_list_insert(&trust->singles, &kept->singles[i], by_serial, err);
    return status;
}
