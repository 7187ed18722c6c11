/* Certificate requests and revocation lists as fields. */
#include "inspect.h"

/* ---- requests (PKCS#10) ---- */

/* CertificationRequestInfo ::= SEQUENCE { version, subject, subjectPKInfo, attributes [0] } */
static es_status read_csr(struct inspect *in, struct es_span der, struct es_error *err)
{
    ES_AUTO_PTR(es_pubkey) key = NULL;
    struct tree *t = &in->tree;
    struct es_span csr, info, subject, spki, alg, oid, sig, skipped;
    uint32_t version;
    bool deviates = false;
    es_status status;

    ES_TRY(es_der_get(&der, ES_DER_SEQUENCE, &csr, err));
    ES_TRY(es_der_get(&csr, ES_DER_SEQUENCE, &info, err));
    ES_TRY(es_der_get_uint(&info, &version, err));
    tree_put_uint(t, W_VERSION, version);
    ES_TRY(es_der_get_tlv(&info, ES_DER_SEQUENCE, &subject, &skipped, err));
    inspect_name(in, W_SUBJECT, subject);
    ES_TRY(es_der_get_tlv(&info, ES_DER_SEQUENCE, &spki, &skipped, err));
    status = es_pubkey_spki(spki, &key, &deviates, NULL);
    inspect_key(in, key, status, deviates);
    tree_put_bytes(t, W_ATTRIBUTES, info.len);
    ES_TRY(es_der_get(&csr, ES_DER_SEQUENCE, &alg, err));
    ES_TRY(es_der_get_oid(&alg, &oid, err));
    tree_put_oid(t, W_ALGORITHM, oid);
    ES_TRY(es_der_get_bits(&csr, &sig, err));
    tree_put_hex(t, W_SIGNATURE_VALUE, sig);
    return es_der_finish(csr, err);
}

es_status inspect_csr(struct inspect *in, struct es_span der, struct es_error *err)
{
    struct es_error own = {ES_OK, ""};

    tree_put_bytes(&in->tree, W_SIZE, der.len);
    ES_TRY(inspect_broken(in, read_csr(in, der, &own), &own, err));
    return tree_check(&in->tree, err);
}

/* ---- revocation lists ---- */

#define REVOKED_SHOWN 20
#define REVOKED_KEPT 100000

/* The reason among crlEntryExtensions; -1 when there is none. */
static int reason_of(struct es_span exts)
{
    struct es_span list, reason;
    struct inspect_ext ext;

    if (es_der_get(&exts, ES_DER_SEQUENCE, &list, NULL) != ES_OK)
        return -1;
    while (inspect_get_ext(&list, &ext, NULL) == ES_OK)
        if (es_oid_is(ext.oid, "2.5.29.21") &&
            es_der_get(&ext.value, ES_DER_ENUMERATED, &reason, NULL) == ES_OK && reason.len == 1)
            return reason.ptr[0];
    return -1;
}

static es_status read_revoked(struct inspect *in, struct es_span *list, struct es_error *err)
{
    struct tree *t = &in->tree;
    struct es_span entry, serial;
    int64_t time_s;
    int reason;

    ES_TRY(es_der_get(list, ES_DER_SEQUENCE, &entry, err));
    ES_TRY(es_der_get_integer(&entry, &serial, err));
    ES_TRY(es_der_get_time(&entry, &time_s, err));
    reason = reason_of(entry);
    tree_begin_row(t, W_REVOKED);
    inspect_serial(in, W_SERIAL, serial);
    tree_put_time(t, W_TIME, time_s);
    if (reason >= 0)
        tree_put_uint(t, W_REASON, (uint64_t) reason);
    tree_end(t);
    return ES_OK;
}

/* All are read; of a long list the first ones are kept, so that memory stays bounded. */
static es_status read_revoked_list(struct inspect *in, struct es_span list, struct es_error *err)
{
    struct es_der_item item;
    es_status status = ES_OK;
    uint64_t count = 0, more = 0;

    tree_begin_list(&in->tree, W_REVOKED, REVOKED_SHOWN);
    while (list.len > 0 && status == ES_OK) {
        if (count++ < REVOKED_KEPT) {
            status = read_revoked(in, &list, err);
        } else {
            status = es_der_next(&list, &item, err);
            more++;
        }
    }
    tree_end(&in->tree);
    if (more > 0)
        tree_put_uint(&in->tree, W_REVOKED_MORE, more);
    return status;
}

/* version, signature, issuer, thisUpdate, nextUpdate: TBSCertList up to its list. */
static es_status read_crl_head(struct inspect *in, struct es_span *tbs, struct es_error *err)
{
    struct tree *t = &in->tree;
    struct es_span alg, issuer, skipped;
    uint32_t version = 0;
    int64_t time_s;

    if (es_der_peek(*tbs) == ES_DER_INTEGER)
        ES_TRY(es_der_get_uint(tbs, &version, err));
    tree_put_uint(t, W_VERSION, (uint64_t) version + 1);
    ES_TRY(es_der_get(tbs, ES_DER_SEQUENCE, &alg, err));
    ES_TRY(es_der_get_tlv(tbs, ES_DER_SEQUENCE, &issuer, &skipped, err));
    inspect_name(in, W_ISSUER, issuer);
    ES_TRY(es_der_get_time(tbs, &time_s, err));
    tree_put_time(t, W_THIS_UPDATE, time_s);
    if (es_der_peek(*tbs) == ES_DER_UTC_TIME || es_der_peek(*tbs) == ES_DER_GENERALIZED_TIME) {
        ES_TRY(es_der_get_time(tbs, &time_s, err));
        tree_put_time(t, W_NEXT_UPDATE, time_s);
    }
    return ES_OK;
}

static es_status read_crl(struct inspect *in, struct es_span der, struct es_error *err)
{
    struct tree *t = &in->tree;
    struct es_span crl, tbs, list, tagged, alg, oid, sig;
    bool found;

    ES_TRY(es_der_get(&der, ES_DER_SEQUENCE, &crl, err));
    ES_TRY(es_der_get(&crl, ES_DER_SEQUENCE, &tbs, err));
    ES_TRY(read_crl_head(in, &tbs, err));
    ES_TRY(es_der_get_optional(&tbs, ES_DER_SEQUENCE, &list, &found, err));
    if (found)
        ES_TRY(read_revoked_list(in, list, err));
    ES_TRY(es_der_get_optional(&tbs, ES_DER_CONTEXT(0), &tagged, &found, err));
    if (found && es_der_get(&tagged, ES_DER_SEQUENCE, &list, err) == ES_OK)
        ES_TRY(inspect_extensions(in, list, err));
    ES_TRY(es_der_get(&crl, ES_DER_SEQUENCE, &alg, err));
    ES_TRY(es_der_get_oid(&alg, &oid, err));
    tree_put_oid(t, W_ALGORITHM, oid);
    ES_TRY(es_der_get_bits(&crl, &sig, err));
    tree_put_hex(t, W_SIGNATURE_VALUE, sig);
    return es_der_finish(crl, err);
}

es_status inspect_crl(struct inspect *in, struct es_span der, struct es_error *err)
{
    struct es_error own = {ES_OK, ""};

    tree_put_bytes(&in->tree, W_SIZE, der.len);
    ES_TRY(inspect_broken(in, read_crl(in, der, &own), &own, err));
    return tree_check(&in->tree, err);
}
