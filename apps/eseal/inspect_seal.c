/* Seals and seal signatures as fields, in the order of their ASN.1. */
#include "inspect.h"

#include "es_image.h"

#define SIGNERS_SHOWN 8
#define EXT_TEXT_MAX 256

/* ---- seals ---- */

static es_status put_picture(struct inspect *in, const struct es_picture *picture,
                             struct es_error *err)
{
    struct es_picture_facts facts = {0};
    struct es_error own = {ES_OK, ""};
    struct tree *t = &in->tree;
    es_status status;

    tree_begin(t, W_PICTURE);
    tree_put_span(t, W_PICTURE_TYPE, picture->type);
    tree_put_bytes(t, W_SIZE, picture->data.len);
    tree_put_mm(t, W_WIDTH_MM, picture->width_mm);
    tree_put_mm(t, W_HEIGHT_MM, picture->height_mm);
    status = es_picture_probe(picture->data, &facts, &own);
    if (status == ES_OK) {
        tree_put_text(t, W_PICTURE_KIND, es_picture_kind_name(facts.kind));
        if (facts.width_px > 0) {
            tree_put_uint(t, W_WIDTH_PX, facts.width_px);
            tree_put_uint(t, W_HEIGHT_PX, facts.height_px);
        }
        if (facts.active)
            tree_put_bool(t, W_ACTIVE, true);
    }
    ES_TRY(inspect_broken(in, status, &own, err));
    ES_TRY(inspect_sm3(in, picture->data, err));
    tree_end(t);
    return ES_OK;
}

static es_status put_signers(struct inspect *in, const struct es_seal *seal, struct es_error *err)
{
    struct tree *t = &in->tree;

    tree_begin_list(t, W_SIGNERS, SIGNERS_SHOWN);
    for (size_t i = 0; i < seal->signer_count; i++) {
        const struct es_seal_signer *signer = &seal->signers[i];

        tree_begin(t, W_SIGNER);
        if (signer->cert.len > 0) {
            ES_TRY(inspect_cert_fields(in, signer->cert, err));
        } else {
            tree_put_span(t, W_DIGEST, signer->digest_type);
            tree_put_hex(t, W_HASH, signer->digest);
        }
        tree_end(t);
    }
    tree_end(t);
    return ES_OK;
}

static void put_exts(struct inspect *in, const struct es_seal *seal)
{
    struct tree *t = &in->tree;

    if (!seal->has_exts)
        return;
    tree_begin_list(t, W_EXT_DATAS, TREE_ALL);
    for (size_t i = 0; i < seal->ext_count; i++) {
        const struct es_seal_ext *ext = &seal->exts[i];

        tree_begin_row(t, W_EXTENSION);
        tree_put_oid(t, W_OID, ext->oid);
        tree_put_bool(t, W_CRITICAL, ext->critical);
        tree_put_hex(t, W_VALUE, ext->value);
        if (ext->value.len <= EXT_TEXT_MAX && es_text_clean(ext->value))
            tree_put_span(t, W_AS_TEXT, ext->value);
        tree_end(t);
    }
    tree_end(t);
}

static void put_property(struct inspect *in, const struct es_seal *seal)
{
    struct tree *t = &in->tree;

    tree_put_text(t, W_EDITION, es_seal_edition_name(seal->edition));
    tree_put_bytes(t, W_SIZE, seal->der.len);
    tree_put_uint(t, W_VERSION, seal->version);
    tree_put_span(t, W_VENDOR, seal->vendor);
    tree_put_span(t, W_ES_ID, seal->id);
    tree_put_uint(t, W_SEAL_TYPE, seal->type);
    tree_put_span(t, W_NAME, seal->name);
    if (seal->has_list_type)
        tree_put_uint(t, W_LIST_TYPE, seal->list_type);
}

static es_status put_seal(struct inspect *in, const struct es_seal *seal, struct es_error *err)
{
    struct tree *t = &in->tree;

    put_property(in, seal);
    ES_TRY(put_signers(in, seal, err));
    tree_put_time(t, W_CREATED, seal->created_s);
    tree_put_time(t, W_VALID_FROM, seal->valid_from_s);
    tree_put_time(t, W_VALID_UNTIL, seal->valid_until_s);
    ES_TRY(put_picture(in, &seal->picture, err));
    put_exts(in, seal);
    ES_TRY(inspect_cert(in, W_MAKER_CERT, seal->maker_cert, err));
    tree_put_oid(t, W_ALGORITHM, seal->sig_alg);
    tree_put_hex(t, W_SIGNATURE_VALUE, seal->sig);
    ES_TRY(inspect_time_stamp(in, seal->time_stamp, err));
    return inspect_sm3(in, seal->der, err);
}

static es_status decode_seal(struct inspect *in, struct es_span der, struct es_arena *arena,
                             struct es_error *err)
{
    ES_AUTO_PTR(es_seal) seal = NULL;
    struct es_findings findings;
    struct es_error own = {ES_OK, ""};
    es_status status;

    es_findings_init(&findings, arena);
    status = es_seal_decode(der, ES_CHECK_FORMAT, NULL, &findings, &seal, &own);
    if (status == ES_OK)
        ES_TRY(put_seal(in, seal, err));
    ES_TRY(inspect_broken(in, status, &own, err));
    tree_put_findings(&in->tree, &findings);
    if (status != ES_OK)
        inspect_asn1(in, der);
    return tree_check(&in->tree, err);
}

es_status inspect_seal(struct inspect *in, struct es_span der, struct es_error *err)
{
    ES_AUTO(es_arena) arena = {0};

    return decode_seal(in, der, &arena, err);
}

/* ---- seal signatures ---- */

static es_status put_signature(struct inspect *in, const struct es_seal_signature *sig,
                               struct es_error *err)
{
    struct tree *t = &in->tree;

    tree_put_text(t, W_EDITION, es_seal_edition_name(sig->edition));
    tree_put_bytes(t, W_SIZE, sig->der.len);
    tree_put_uint(t, W_VERSION, sig->version);
    tree_begin(t, W_SEAL);
    ES_TRY(put_seal(in, sig->seal, err));
    tree_end(t);
    if (sig->has_time)
        tree_put_time(t, W_TIME, sig->time_s);
    if (es_text_clean(sig->time_info))
        tree_put_span(t, W_TIME_INFO, sig->time_info);
    else
        tree_put_hex(t, W_TIME_INFO, sig->time_info);
    tree_put_hex(t, W_DATA_HASH, sig->data_hash);
    tree_put_span(t, W_PROPERTY_INFO, sig->property_info);
    ES_TRY(inspect_cert(in, W_SIGNER_CERT, sig->cert, err));
    tree_put_oid(t, W_ALGORITHM, sig->sig_alg);
    tree_put_hex(t, W_SIGNATURE_VALUE, sig->sig);
    return inspect_time_stamp(in, sig->time_stamp, err);
}

static es_status decode_signature(struct inspect *in, struct es_span der, struct es_arena *arena,
                                  struct es_error *err)
{
    ES_AUTO_PTR(es_seal_signature) sig = NULL;
    struct es_findings findings;
    struct es_error own = {ES_OK, ""};
    es_status status;

    es_findings_init(&findings, arena);
    status = es_seal_signature_decode(der, NULL, &findings, &sig, &own);
    if (status == ES_OK)
        ES_TRY(put_signature(in, sig, err));
    ES_TRY(inspect_broken(in, status, &own, err));
    tree_put_findings(&in->tree, &findings);
    if (status != ES_OK)
        inspect_asn1(in, der);
    return tree_check(&in->tree, err);
}

es_status inspect_signature(struct inspect *in, struct es_span der, struct es_error *err)
{
    ES_AUTO(es_arena) arena = {0};

    return decode_signature(in, der, &arena, err);
}
