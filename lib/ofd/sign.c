/*
 * First half of a sealing: is this document one that may be sealed, is the seal one that may be
 * used, where do the stamps fall, and which bytes are to be signed.
 *
 * SPEC GB/T 38540-2020 7.2, formats.md 3.7, 7.6.
 */
#include "sign_internal.h"

#include "ofd_internal.h"
#include "signature_xml.h"

void es_signing_free(struct es_signing *signing)
{
    if (signing == NULL)
        return;
    es_ofd_free(signing->ofd);
    es_cert_free(signing->signer);
    es_buf_clear(&signing->entry_point);
    es_buf_clear(&signing->list);
    es_buf_clear(&signing->signature);
    es_buf_clear(&signing->message);
    es_arena_clear(&signing->arena);
    free(signing);
}

struct es_span es_signing_message(const struct es_signing *signing)
{
    return es_buf_span(&signing->message);
}

const struct es_report_stamp *es_signing_stamps(const struct es_signing *signing)
{
    return signing->stamps;
}

char *sign_text(struct es_signing *signing, const char *text)
{
    return es_arena_text(&signing->arena, es_span_str(text));
}

static es_status digest_seen(void *ctx, const struct es_zip_entry *entry, struct es_span bytes,
                             struct es_error *err)
{
    const struct es_signing *signing = ctx;
    struct sign_digest *slot = &signing->digests[entry->index];

    if (slot->known)
        return ES_OK;
    ES_TRY(es_sm3(bytes, slot->sm3, err));
    slot->known = true;
    return ES_OK;
}

es_status sign_new(const struct es_source *src, const struct es_ofd_limits *limits,
                   struct es_findings *findings, struct es_signing **out, struct es_error *err)
{
    ES_AUTO_PTR(es_signing) signing = calloc(1, sizeof *signing);

    ES_ENSURE(signing != NULL, err, ES_E_NOMEM, "out of memory");
    es_arena_init(&signing->arena, 0);
    es_buf_init(&signing->entry_point, ES_SIGN_TEXT_MAX);
    es_buf_init(&signing->list, ES_SIGN_TEXT_MAX);
    es_buf_init(&signing->signature, ES_SIGN_TEXT_MAX);
    es_buf_init(&signing->message, ES_SEAL_DER_MAX + 65536);
    signing->src = src;
    ES_TRY(es_ofd_open(src, limits, findings, &signing->ofd, err));
    signing->digests = es_arena_alloc(
        &signing->arena, (es_zip_count(es_ofd_zip(signing->ofd)) + 1) * sizeof *signing->digests);
    ES_ENSURE(signing->digests != NULL, err, ES_E_NOMEM, "out of memory");
    es_ofd_watch(signing->ofd, digest_seen, signing);
    *out = ES_TAKE(signing);
    return ES_OK;
}

/* ---- the document ---- */

/* A document that our own verifier would call invalid is not sealed. */
static es_status check_findings(const struct es_findings *findings, struct es_error *err)
{
    ES_ENSURE(!findings->lost, err, ES_E_NOMEM, "out of memory");
    for (const struct es_finding *f = findings->first; f != NULL; f = f->next) {
        ES_AUTO(es_buf) text = ES_BUF_INIT(4096);
        const struct es_code_info *info = es_code_info(f->code);

        if (info->effect[ES_POLICY_STANDARD] != ES_EFFECT_INVALID)
            continue;
        es_finding_text(f, false, &text);
        return es_error_set(err, ES_E_OFD, "%s [%s]",
                            es_buf_cstr(&text) == NULL ? "" : es_buf_cstr(&text), info->id);
    }
    return ES_OK;
}

/* SPEC GB/T 33190 7.5 Permissions/Signature; requirements.md R-117 (doc.MJHBMQX). */
static es_status check_permission(const struct es_ofd *ofd, struct es_error *err)
{
    static const char *const names[] = {"doc.MJHBMQX", "MJHBMQX"};

    ES_ENSURE(es_ofd_permissions(ofd)->signature, err, ES_E_BARRED,
              "the document's permissions say Signature=false");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *level = es_ofd_custom_data(ofd, names[i]);

        ES_ENSURE(level == NULL || level[0] == 0, err, ES_E_CLASSIFIED,
                  "the document carries a secrecy level (%s)", names[i]);
    }
    return ES_OK;
}

/* Every file a reader can reach is read once: what is broken there speaks against the document. */
static es_status check_reach(struct es_ofd *ofd, struct es_findings *findings, struct es_error *err)
{
    size_t count = es_zip_count(es_ofd_zip(ofd));
    enum es_reach *reach = calloc(count + 1, sizeof *reach);
    es_status status;

    ES_ENSURE(reach != NULL, err, ES_E_NOMEM, "out of memory");
    status = es_ofd_reach(ofd, reach, count, findings, err);
    free(reach);
    ES_TRY(es_ofd_refusal(status, err));
    ES_ENSURE(!es_findings_have(findings, ES_V_LIMIT_EXCEEDED), err, ES_E_LIMIT,
              "a part of the document passes a limit [limit_exceeded]");
    return check_findings(findings, err);
}

/* Signature.xml of an earlier signature. One that cannot be read in one way is a finding. */
static es_status read_earlier(const struct es_ofd *ofd, const struct es_ofd_signature_ref *ref,
                              const struct es_zip_entry *entry, struct es_findings *findings,
                              struct es_signature_xml *xml, struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_SIGN_TEXT_MAX);

    ES_TRY(es_ofd_refusal(es_ofd_load(ofd, entry, findings, &bytes, err), err));
    return es_ofd_refusal(es_signature_xml_decode(es_buf_span(&bytes), &ofd->limits.xml,
                                                  findings->arena, ref->entry, findings, xml, err),
                          err);
}

/*
 * One Reference of an earlier signature: what it protects, in the one form of a digest. Whether the
 * digest still holds is for verification to tell, not for sealing.
 */
static es_status read_reference(const struct es_ofd *ofd, const char *base,
                                const struct es_sig_reference *ref,
                                const struct es_zip_entry **entry, struct es_error *err)
{
    ES_AUTO(es_buf) digest = ES_BUF_INIT(ES_DIGEST_MAX + 2);
    unsigned deviations = 0;

    ES_TRY(es_ofd_resolve_reference(ofd, base, ref->file_ref, entry, &deviations, err));
    return es_base64_decode(ref->check_value, &digest, NULL, err);
}

static es_status is_locking(const struct es_ofd *ofd, const struct es_ofd_signature_ref *ref,
                            struct es_findings *findings, bool *out, struct es_error *err)
{
    const struct es_zip_entry *own = es_zip_find(es_ofd_zip(ofd), es_span_str(ref->entry));
    struct es_signature_xml xml;

    *out = false;
    if (own == NULL)
        return ES_OK;
    ES_TRY(read_earlier(ofd, ref, own, findings, &xml, err));
    for (size_t i = 0; i < xml.ref_count && !*out; i++) {
        const struct es_zip_entry *entry = NULL;
        es_status status = read_reference(ofd, ref->entry, &xml.refs[i], &entry, err);

        if (status != ES_OK)
            return es_error_at(err,
                               es_ofd_refusal(status == ES_E_LIMIT ? ES_E_FORMAT : status, err),
                               "signature %s", ref->id);
        *out = entry == ofd->signatures;
    }
    return ES_OK;
}

static es_status check_earlier(const struct es_ofd *ofd, struct es_findings *findings,
                               struct es_error *err)
{
    for (const struct es_ofd_signature_ref *r = es_ofd_signatures(ofd); r != NULL; r = r->next) {
        bool locking = false;

        ES_TRY(is_locking(ofd, r, findings, &locking, err));
        ES_ENSURE(!locking, err, ES_E_LOCKED, "signature %s protects the list of signatures",
                  r->id);
    }
    return check_findings(findings, err);
}

static es_status check_document(const struct es_signing *signing, struct es_findings *findings,
                                struct es_error *err)
{
    ES_TRY(check_findings(findings, err));
    ES_TRY(check_permission(signing->ofd, err));
    ES_TRY(check_reach(signing->ofd, findings, err));
    return check_earlier(signing->ofd, findings, err);
}

/* What is sealed here has to stay inside the limits that a verifier keeps. */
static es_status check_room(const struct es_signing *s, const struct es_ofd_limits *limits,
                            struct es_error *err)
{
    const struct es_zip *zip = es_ofd_zip(s->ofd);
    const bool has_list = es_zip_find(zip, es_span_str(s->list_entry)) != NULL;
    const uint64_t entries = (uint64_t) es_zip_count(zip) + 2 + s->is_seal + !has_list;
    const uint64_t bytes = s->src->len + s->list.len + s->seal.len;
    uint64_t signatures = 1;

    for (const struct es_ofd_signature_ref *r = es_ofd_signatures(s->ofd); r != NULL; r = r->next)
        signatures++;
    ES_ENSURE(entries <= limits->zip.entries_max, err, ES_E_LIMIT,
              "sealed it would have %llu entries, allowed are %u [limit_exceeded]",
              (unsigned long long) entries, limits->zip.entries_max);
    ES_ENSURE(signatures <= limits->signatures_max, err, ES_E_LIMIT,
              "sealed it would have %llu signatures, allowed are %u [limit_exceeded]",
              (unsigned long long) signatures, limits->signatures_max);
    ES_ENSURE(bytes <= limits->zip.file_max, err, ES_E_LIMIT,
              "sealed it would have more than %llu bytes [limit_exceeded]",
              (unsigned long long) limits->zip.file_max);
    return ES_OK;
}

/* ---- the seal and the signer ---- */

static es_status refuse_findings(const struct es_findings *findings, es_status status,
                                 struct es_error *err)
{
    ES_ENSURE(!findings->lost, err, ES_E_NOMEM, "out of memory");
    for (const struct es_finding *f = findings->first; f != NULL; f = f->next) {
        const struct es_code_info *info = es_code_info(f->code);

        ES_ENSURE(info->effect[ES_POLICY_STANDARD] < ES_EFFECT_INDETERMINATE, err, status,
                  "%s [%s]", info->en, info->id);
    }
    return ES_OK;
}

static es_status check_seal(const struct es_sign_request *request, struct es_arena *arena,
                            struct es_error *err)
{
    const struct es_seal *seal = request->seal;
    struct es_findings findings;

    es_findings_init(&findings, arena);
    ES_TRY(es_seal_verify_maker(seal, "", NULL, &findings, err));
    ES_TRY(refuse_findings(&findings, ES_E_SEAL_INVALID, err));
    es_findings_init(&findings, arena);
    ES_TRY(es_seal_has_signer(seal, request->signer->der, "", &findings, err));
    ES_TRY(refuse_findings(&findings, ES_E_NOT_IN_SEAL, err));
    if (request->time_s < seal->valid_from_s || request->time_s > seal->valid_until_s) {
        char from[ES_TIME_TEXT_MAX], until[ES_TIME_TEXT_MAX];

        es_time_iso(seal->valid_from_s, from);
        es_time_iso(seal->valid_until_s, until);
        return es_error_set(err, ES_E_SEAL_EXPIRED, "the seal is valid from %s to %s", from, until);
    }
    return ES_OK;
}

static es_status check_signer(const struct es_sign_request *request, struct es_error *err)
{
    const struct es_cert *c = request->signer;
    char from[ES_TIME_TEXT_MAX], until[ES_TIME_TEXT_MAX];

    es_time_iso(c->not_before_s, from);
    es_time_iso(c->not_after_s, until);
    ES_ENSURE(c->key != NULL && es_pubkey_kind(c->key) == ES_KEY_SM2, err, ES_E_CERT,
              "the signer's certificate holds no sound SM2 key");
    ES_ENSURE(!c->has_usage ||
                  (c->usage & (ES_USAGE_DIGITAL_SIGNATURE | ES_USAGE_NON_REPUDIATION)) != 0,
              err, ES_E_CERT, "the signer's certificate is not for signing");
    ES_ENSURE(request->time_s >= c->not_before_s && request->time_s <= c->not_after_s, err,
              ES_E_CERT_EXPIRED, "the signer's certificate is valid from %s to %s", from, until);
    return ES_OK;
}

static es_status take_request(struct es_signing *signing, const struct es_sign_request *request,
                              struct es_error *err)
{
    signing->is_seal = request->seal != NULL;
    signing->lock = request->lock;
    signing->edition = request->edition;
    signing->time_s = request->time_s;
    signing->signer = es_cert_ref(request->signer);
    if (!signing->is_seal)
        return ES_OK;
    ES_TRY(check_seal(request, &signing->arena, err));
    signing->width_mm = request->seal->picture.width_mm;
    signing->height_mm = request->seal->picture.height_mm;
    signing->seal = request->seal->der;
    signing->seal.ptr = (const uint8_t *) es_arena_text(&signing->arena, request->seal->der);
    ES_ENSURE(signing->seal.ptr != NULL, err, ES_E_NOMEM, "out of memory");
    if (signing->edition == ES_SEAL_EDITION_UNKNOWN)
        signing->edition = request->seal->edition;
    ES_ENSURE((signing->edition == ES_SEAL_2014) == (request->seal->edition == ES_SEAL_2014), err,
              ES_E_USAGE, "a seal of %s cannot be used in a signature of %s",
              es_seal_edition_name(request->seal->edition), es_seal_edition_name(signing->edition));
    return ES_OK;
}

/* ---- the bytes to be signed ---- */

static es_status make_message(struct es_signing *signing, const struct es_sign_request *request,
                              struct es_error *err)
{
    ES_AUTO(es_buf) property = ES_BUF_INIT(8192);
    uint8_t digest[ES_SM3_LEN];
    struct es_seal_tbs tbs;

    ES_TRY(es_sm3(es_buf_span(&signing->signature), digest, err));
    if (!signing->is_seal)
        return es_cms_attributes(es_span_of(digest, sizeof digest), signing->time_s,
                                 &signing->message, err);
    es_buf_printf(&property, "/%s", signing->signature_entry);
    tbs = (struct es_seal_tbs){.seal = request->seal,
                               .time_s = signing->time_s,
                               .data_hash = digest,
                               .property_info = es_buf_cstr(&property),
                               .signer = signing->signer,
                               .edition = signing->edition};
    ES_ENSURE(tbs.property_info != NULL, err, ES_E_NOMEM, "out of memory");
    return es_seal_encode_tbs(&tbs, &signing->message, err);
}

es_status es_ofd_prepare(const struct es_source *src, const struct es_ofd_limits *limits,
                         const struct es_sign_request *request, struct es_signing **out,
                         struct es_error *err)
{
    ES_AUTO_PTR(es_signing) signing = NULL;
    struct es_arena arena;
    struct es_findings findings;
    es_status status;

    ES_TRY(check_signer(request, err));
    es_arena_init(&arena, 0);
    es_findings_init(&findings, &arena);
    status = sign_new(src, limits, &findings, &signing, err);
    if (status == ES_E_OFD || status == ES_OK) {
        es_status told = check_findings(&findings, err);

        status = status == ES_OK ? told : status;
    }
    if (status == ES_OK)
        status = check_document(signing, &findings, err);
    es_arena_clear(&arena);
    ES_TRY(status);
    ES_TRY(take_request(signing, request, err));
    ES_TRY(sign_place(signing, request, err));
    ES_TRY(sign_list(signing, err));
    ES_TRY(check_room(signing, limits, err));
    ES_TRY(sign_xml(signing, err));
    ES_TRY(make_message(signing, request, err));
    *out = ES_TAKE(signing);
    return ES_OK;
}
