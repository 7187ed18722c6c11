/* Certificates as fields, and the parts that requests and revocation lists share with them. */
#include "inspect.h"

#define NAME_TEXT_MAX 65536

/* ---- parts ---- */

void inspect_name(struct inspect *in, enum tree_word word, struct es_span name)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(NAME_TEXT_MAX);

    es_name_put(&text, name);
    if (text.failed == ES_E_NOMEM)
        in->tree.failed = true;
    tree_put_span(&in->tree, word, es_buf_span(&text));
}

void inspect_serial(struct inspect *in, enum tree_word word, struct es_span integer)
{
    /* The octet that only keeps the INTEGER positive is no part of the number. */
    if (integer.len > 1 && integer.ptr[0] == 0)
        integer = es_span_sub(integer, 1, integer.len);
    tree_put_hex(&in->tree, word, integer);
}

es_status inspect_sm3(struct inspect *in, struct es_span bytes, struct es_error *err)
{
    uint8_t digest[ES_SM3_LEN];

    ES_TRY(es_sm3(bytes, digest, err));
    tree_put_hex(&in->tree, W_SM3, es_span_of(digest, sizeof digest));
    return ES_OK;
}

void inspect_key(struct inspect *in, const struct es_pubkey *key, es_status status, bool deviates)
{
    static const char *const kinds[] = {[ES_KEY_UNKNOWN] = "unknown",
                                        [ES_KEY_SM2] = "SM2",
                                        [ES_KEY_RSA] = "RSA",
                                        [ES_KEY_EC] = "EC"};
    struct tree *t = &in->tree;

    tree_begin_row(t, W_KEY);
    if (key == NULL) {
        tree_put_text(t, W_KEY_KIND, "unknown");
        tree_put_text(t, W_KEY_STATUS, es_status_name(status));
    } else {
        tree_put_text(t, W_KEY_KIND, kinds[es_pubkey_kind(key)]);
        tree_put_uint(t, W_BITS, es_pubkey_bits(key));
        if (es_pubkey_kind(key) == ES_KEY_SM2)
            tree_put_hex(t, W_POINT, es_pubkey_point(key));
        if (deviates)
            tree_put_bool(t, W_CURVE_DEVIATES, true);
    }
    tree_end(t);
}

static void put_usage(struct inspect *in, uint32_t usage)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } bits[] = {
        {ES_USAGE_DIGITAL_SIGNATURE, "digitalSignature"},
        {ES_USAGE_NON_REPUDIATION, "nonRepudiation"},
        {ES_USAGE_KEY_ENCIPHERMENT, "keyEncipherment"},
        {ES_USAGE_DATA_ENCIPHERMENT, "dataEncipherment"},
        {ES_USAGE_KEY_AGREEMENT, "keyAgreement"},
        {ES_USAGE_CERT_SIGN, "keyCertSign"},
        {ES_USAGE_CRL_SIGN, "cRLSign"},
    };

    tree_begin_list(&in->tree, W_USAGE, TREE_ALL);
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++)
        if (usage & bits[i].bit)
            tree_put_text(&in->tree, W_USAGE, bits[i].name);
    tree_end(&in->tree);
}

es_status inspect_get_ext(struct es_span *list, struct inspect_ext *out, struct es_error *err)
{
    struct es_span rest = *list, ext;

    *out = (struct inspect_ext){.critical = false};
    ES_TRY(es_der_get(&rest, ES_DER_SEQUENCE, &ext, err));
    ES_TRY(es_der_get_oid(&ext, &out->oid, err));
    if (es_der_peek(ext) == ES_DER_BOOLEAN)
        ES_TRY(es_der_get_bool(&ext, &out->critical, err));
    ES_TRY(es_der_get(&ext, ES_DER_OCTET_STRING, &out->value, err));
    ES_TRY(es_der_finish(ext, err));
    *list = rest;
    return ES_OK;
}

/* Names and numbers in extensions of Chinese authorities are one string. */
static bool is_one_text(struct es_span value, struct es_span *text)
{
    struct es_der_item item;

    if (es_der_next(&value, &item, NULL) != ES_OK || value.len > 0)
        return false;
    *text = item.value;
    return (item.tag == ES_DER_UTF8_STRING || item.tag == ES_DER_PRINTABLE_STRING ||
            item.tag == ES_DER_IA5_STRING) &&
           es_text_clean(item.value);
}

static void put_extension(struct inspect *in, const struct inspect_ext *ext)
{
    struct es_span text;

    tree_begin_row(&in->tree, W_EXTENSION);
    tree_put_oid(&in->tree, W_OID, ext->oid);
    tree_put_bool(&in->tree, W_CRITICAL, ext->critical);
    tree_put_hex(&in->tree, W_VALUE, ext->value);
    if (is_one_text(ext->value, &text))
        tree_put_span(&in->tree, W_AS_TEXT, text);
    tree_end(&in->tree);
}

es_status inspect_extensions(struct inspect *in, struct es_span list, struct es_error *err)
{
    struct es_error own = {ES_OK, ""};
    struct inspect_ext ext;
    es_status status = ES_OK;

    tree_begin_list(&in->tree, W_EXTENSIONS, TREE_ALL);
    while (list.len > 0 && status == ES_OK) {
        status = inspect_get_ext(&list, &ext, &own);
        if (status == ES_OK)
            put_extension(in, &ext);
    }
    tree_end(&in->tree);
    if (status != ES_OK)
        tree_put_error(&in->tree, &own);
    return tree_check(&in->tree, err);
}

/* extKeyUsage ::= SEQUENCE OF OID, the first one in a list of extensions. */
static void put_extended_usage(struct inspect *in, struct es_span list)
{
    struct inspect_ext ext;
    struct es_span purposes, oid;

    while (inspect_get_ext(&list, &ext, NULL) == ES_OK) {
        if (!es_oid_is(ext.oid, "2.5.29.37") ||
            es_der_get(&ext.value, ES_DER_SEQUENCE, &purposes, NULL) != ES_OK)
            continue;
        tree_begin_list(&in->tree, W_EXTENDED_USAGE, TREE_ALL);
        while (es_der_get_oid(&purposes, &oid, NULL) == ES_OK)
            tree_put_oid(&in->tree, W_OID, oid);
        tree_end(&in->tree);
        return;
    }
}

/* Skip to the element of that tag in tbs and open it: [n] { SEQUENCE { … } }. */
static bool find_tagged(struct es_span tbs, uint8_t tag, struct es_span *list)
{
    struct es_der_item item;
    struct es_span content;

    if (es_der_get(&tbs, ES_DER_SEQUENCE, &content, NULL) != ES_OK)
        return false;
    while (content.len > 0 && es_der_next(&content, &item, NULL) == ES_OK)
        if (item.tag == tag)
            return es_der_get(&item.value, ES_DER_SEQUENCE, list, NULL) == ES_OK;
    return false;
}

/* ---- certificates ---- */

static void put_cert_marks(struct inspect *in, const struct es_cert *cert)
{
    struct tree *t = &in->tree;

    if (cert->has_basic) {
        tree_begin_row(t, W_BASIC);
        tree_put_bool(t, W_CA, cert->is_ca);
        if (cert->has_path_len)
            tree_put_uint(t, W_PATH_LEN, cert->path_len);
        tree_end(t);
    }
    if (cert->has_usage)
        put_usage(in, cert->usage);
    if (cert->ski.len > 0)
        tree_put_hex(t, W_SKI, cert->ski);
    if (cert->aki.len > 0)
        tree_put_hex(t, W_AKI, cert->aki);
    if (cert->unknown_critical)
        tree_put_bool(t, W_UNKNOWN_CRITICAL, true);
    if (cert->alg_mismatch)
        tree_put_bool(t, W_ALG_MISMATCH, true);
}

es_status inspect_cert_fields(struct inspect *in, struct es_span der, struct es_error *err)
{
    ES_AUTO_PTR(es_cert) cert = NULL;
    struct es_error own = {ES_OK, ""};
    struct tree *t = &in->tree;
    struct es_span list;
    es_status status = es_cert_decode(der, &cert, &own);

    tree_put_bytes(t, W_SIZE, der.len);
    if (status != ES_OK) {
        ES_TRY(inspect_broken(in, status, &own, err));
        return inspect_sm3(in, der, err);
    }
    inspect_name(in, W_SUBJECT, cert->subject);
    inspect_name(in, W_ISSUER, cert->issuer);
    inspect_serial(in, W_SERIAL, cert->serial);
    tree_put_time(t, W_NOT_BEFORE, cert->not_before_s);
    tree_put_time(t, W_NOT_AFTER, cert->not_after_s);
    inspect_key(in, cert->key, cert->key_status, cert->curve_deviates);
    tree_put_oid(t, W_ALGORITHM, cert->sig_alg);
    put_cert_marks(in, cert);
    if (find_tagged(cert->tbs, ES_DER_CONTEXT(3), &list)) {
        put_extended_usage(in, list);
        ES_TRY(inspect_extensions(in, list, err));
    }
    tree_put_hex(t, W_SIGNATURE_VALUE, cert->sig);
    tree_put_hex(t, W_SM3, es_span_of(cert->sm3, ES_SM3_LEN));
    return tree_check(t, err);
}

es_status inspect_cert(struct inspect *in, enum tree_word word, struct es_span der,
                       struct es_error *err)
{
    es_status status;

    if (der.len == 0)
        return ES_OK;
    tree_begin(&in->tree, word);
    status = inspect_cert_fields(in, der, err);
    tree_end(&in->tree);
    return status;
}
