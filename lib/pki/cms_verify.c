/*
 * Judging a SignedData: is what is signed this document (binding), are the algorithms acceptable,
 * does the value verify. Everything found goes to the findings; the answer is GOOD only when
 * binding and value both hold.
 */
#include <string.h>

#include "cms_internal.h"

/** One run of es_cms_verify. */
struct run {
    const struct es_cms *cms;
    const struct es_cert *signer;
    struct es_span message; /* the document, possibly empty */
    struct es_span digest;
    enum es_digest digest_alg;
    enum es_check check;
    const char *where;
    struct es_findings *findings;
    bool bound;          /* what is signed is this document */
    struct es_buf attrs; /* attributes as signed: tag [0] replaced by SET */
    struct es_buf sig;   /* value in strict form */
};

static void add(struct run *run, enum es_code code, const char *value)
{
    es_finding_add(run->findings, run->check, code, run->where, value);
}

static void add_oid(struct run *run, struct es_span oid)
{
    char text[128];

    es_oid_text(oid, text, sizeof text);
    add(run, ES_V_ALGORITHM_UNSUPPORTED, text);
}

/* ---- binding ---- */

/* Real form B holds SM3(document) as 32 octets, in a variant as base64 text of them. */
static bool is_digest_text(struct es_span content, struct es_span digest)
{
    ES_AUTO(es_buf) octets = ES_BUF_INIT(ES_DIGEST_MAX + 2);

    if (content.len > 4 * ES_DIGEST_MAX ||
        es_base64_decode(es_span_trim(content), &octets, NULL, NULL) != ES_OK)
        return false;
    return es_span_equal(es_buf_span(&octets), digest);
}

static bool is_document(const struct run *run, struct es_span content)
{
    if (run->message.len > 0 && es_span_equal(content, run->message))
        return true;
    return run->digest.len > 0 &&
           (es_span_equal(content, run->digest) || is_digest_text(content, run->digest));
}

static es_status digest_is_bound(const struct run *run, bool *bound, struct es_error *err)
{
    const struct es_cms *cms = run->cms;
    uint8_t digest[ES_DIGEST_MAX];

    *bound = run->digest.len > 0 && es_span_equal(cms->message_digest, run->digest);
    if (*bound || !cms->has_content || !is_document(run, cms->content))
        return ES_OK;
    ES_TRY(es_digest_once(run->digest_alg, cms->content, digest, err));
    *bound = es_span_equal(cms->message_digest, es_span_of(digest, es_digest_len(run->digest_alg)));
    return ES_OK;
}

static bool is_plain_data(struct es_span oid)
{
    return es_oid_is(oid, ES_OID_GMT_DATA) || es_oid_is(oid, ES_OID_PKCS7_DATA);
}

/* A real producer says PKCS#7 data outside and GB/T 35275 data in the attribute: both are "data".
 */
static bool content_type_fits(const struct es_cms *cms)
{
    return es_span_equal(cms->attr_content_type, cms->content_type) ||
           (is_plain_data(cms->attr_content_type) && is_plain_data(cms->content_type));
}

static es_status bind_attrs(struct run *run, struct es_error *err)
{
    const struct es_cms *cms = run->cms;
    bool bound = false;

    if (cms->attrs_fault || !content_type_fits(cms)) {
        add(run, ES_V_SIGNED_ATTRIBUTES_INVALID, NULL);
        return ES_OK;
    }
    ES_TRY(digest_is_bound(run, &bound, err));
    if (!bound)
        add(run, ES_V_DATA_HASH_MISMATCH, NULL);
    run->bound = bound;
    return ES_OK;
}

static void bind_plain(struct run *run)
{
    const struct es_cms *cms = run->cms;

    /* SPEC verification.md 9.4 pdf-21: signed attributes of another signature, given as content
     * without attributes, would verify; a document never has that form. */
    if (es_cms_looks_like_attrs(cms->has_content ? cms->content : run->message))
        add(run, ES_V_SIGNED_ATTRIBUTES_INVALID, NULL);
    else if (cms->has_content ? !is_document(run, cms->content)
                              : run->message.len == 0 && run->digest.len == 0)
        add(run, ES_V_DATA_HASH_MISMATCH, NULL);
    else
        run->bound = true;
}

/* ---- algorithms ---- */

static void judge_digest(struct run *run)
{
    const char *name = es_digest_name(run->digest_alg);

    if (es_digest_is_weak(run->digest_alg))
        add(run, ES_V_DIGEST_WEAK, name);
    else if (run->digest_alg != ES_DIGEST_SM3)
        add(run, ES_V_ALGORITHM_NOT_APPROVED, name);
}

static void judge_key_kind(struct run *run)
{
    enum es_key_kind kind = es_pubkey_kind(run->signer->key);

    if (kind == ES_KEY_RSA)
        add(run, ES_V_ALGORITHM_NOT_APPROVED, "RSA");
    else if (kind != ES_KEY_SM2)
        add(run, ES_V_ALGORITHM_NOT_APPROVED, "ECDSA");
}

/** True when the signer's key can be used; else the reason is among the findings. */
static bool has_key(struct run *run, enum es_sig_answer *answer)
{
    const struct es_cert *signer = run->signer;

    if (signer->key)
        return true;
    *answer = ES_SIG_UNSUPPORTED;
    if (signer->key_status == ES_E_UNSUPPORTED)
        add(run, ES_V_ALGORITHM_UNSUPPORTED, "of the signer's key");
    else if (signer->key_status == ES_E_CERT)
        add(run, ES_V_CERT_EXPLICIT_CURVE, NULL);
    else
        add(run, ES_V_PUBLIC_KEY_INVALID, NULL);
    return false;
}

/* ---- value ---- */

/* Strict form of the value for SM2 keys; others as they are. False: no known form. */
static es_status shape_value(struct run *run, bool *known, struct es_error *err)
{
    const char *form = NULL;
    es_status status;

    *known = true;
    if (es_pubkey_kind(run->signer->key) != ES_KEY_SM2) {
        es_buf_put_span(&run->sig, run->cms->sig);
        return es_buf_check(&run->sig, err);
    }
    status = es_sm2_sig_normalise(run->cms->sig, &run->sig, &form, err);
    *known = status != ES_E_RANGE;
    if (form)
        add(run, ES_V_FORM_DEVIATION, form);
    return status == ES_E_RANGE ? ES_OK : status;
}

static es_status check_value(struct run *run, struct es_span signed_bytes,
                             enum es_sig_answer *answer, struct es_error *err)
{
    const char *weak = NULL;
    es_status status = es_sig_verify(run->signer->key, run->cms->sig_alg, run->digest_alg,
                                     signed_bytes, es_buf_span(&run->sig), answer, &weak, err);

    if (status == ES_E_MISMATCH) {
        *answer = ES_SIG_BAD;
        add(run, ES_V_ALGORITHM_MISMATCH, NULL);
        return ES_OK;
    }
    if (status == ES_OK && weak)
        add(run, ES_V_SIGNATURE_ALGORITHM_WEAK, weak);
    return status;
}

/* The bytes that were signed; form A: the attributes as stored under the tag of a SET. */
static es_status signed_bytes(struct run *run, struct es_span *out, struct es_error *err)
{
    if (!run->cms->has_attrs) {
        *out = run->cms->has_content ? run->cms->content : run->message;
        if (out->len == 0)
            *out = run->digest; /* an empty message would fit every document */
        return ES_OK;
    }
    es_der_put(&run->attrs, ES_DER_SET, run->cms->attrs);
    *out = es_buf_span(&run->attrs);
    return es_buf_check(&run->attrs, err);
}

/*
 * SPEC formats.md 5.3, last resort: detached form B made by a device that was handed the document's
 * digest as if it were the document.
 */
static es_status try_digest_as_message(struct run *run, enum es_sig_answer *answer,
                                       struct es_error *err)
{
    const struct es_cms *cms = run->cms;

    if (*answer != ES_SIG_BAD || cms->has_attrs || cms->has_content || run->digest.len == 0 ||
        es_pubkey_kind(run->signer->key) != ES_KEY_SM2)
        return ES_OK;
    ES_TRY(check_value(run, run->digest, answer, err));
    if (*answer == ES_SIG_GOOD)
        add(run, ES_V_FORM_DEVIATION, "digest signed as message");
    return ES_OK;
}

static void add_answer(struct run *run, enum es_sig_answer answer)
{
    if (answer == ES_SIG_OUT_OF_RANGE)
        add(run, ES_V_SIGNATURE_OUT_OF_RANGE, NULL);
    else if (answer == ES_SIG_UNSUPPORTED)
        add_oid(run, run->cms->sig_alg);
    else if (answer != ES_SIG_GOOD)
        add(run, ES_V_SIGNATURE_VALUE_INVALID, NULL);
}

static es_status judge_value(struct run *run, enum es_sig_answer *answer, struct es_error *err)
{
    struct es_span bytes;
    bool known;

    ES_TRY(shape_value(run, &known, err));
    if (!known) {
        *answer = ES_SIG_OUT_OF_RANGE;
        add_answer(run, *answer);
        return ES_OK;
    }
    ES_TRY(signed_bytes(run, &bytes, err));
    ES_TRY(check_value(run, bytes, answer, err));
    ES_TRY(try_digest_as_message(run, answer, err));
    add_answer(run, *answer);
    return ES_OK;
}

/* ---- the whole ---- */

static void judge_form(struct run *run)
{
    if (run->cms->ber)
        add(run, ES_V_FORM_DEVIATION, "BER");
    if (run->cms->surplus > 0 && !run->cms->surplus_zero)
        add(run, ES_V_FORM_DEVIATION, "surplus bytes");
}

static es_status judge(struct run *run, enum es_sig_answer *answer, struct es_error *err)
{
    judge_form(run);
    if (!run->signer || !es_cms_is_signer(run->cms, run->signer)) {
        add(run, ES_V_SIGNER_CERT_MISSING, NULL);
        return ES_OK;
    }
    if (!has_key(run, answer))
        return ES_OK;
    if (run->digest_alg == ES_DIGEST_NONE) {
        *answer = ES_SIG_UNSUPPORTED;
        add_oid(run, run->cms->digest_alg);
        return ES_OK;
    }
    judge_digest(run);
    judge_key_kind(run);
    if (run->cms->has_attrs)
        ES_TRY(bind_attrs(run, err));
    else
        bind_plain(run);
    ES_TRY(judge_value(run, answer, err));
    if (!run->bound && *answer == ES_SIG_GOOD)
        *answer = ES_SIG_BAD;
    return ES_OK;
}

es_status es_cms_verify(const struct es_cms *cms, const struct es_cert *signer,
                        struct es_span message, struct es_span digest, enum es_check check,
                        const char *where, enum es_sig_answer *answer, struct es_findings *findings,
                        struct es_error *err)
{
    char oid[128];
    struct run run = {.cms = cms,
                      .signer = signer,
                      .message = message,
                      .digest = digest,
                      .check = check,
                      .where = where,
                      .findings = findings};
    es_status status;

    *answer = ES_SIG_UNCHECKED;
    es_oid_text(cms->digest_alg, oid, sizeof oid);
    run.digest_alg = es_digest_by_name(es_span_str(oid));
    es_buf_init(&run.attrs, ES_CMS_MAX + 16);
    es_buf_init(&run.sig, ES_CMS_MAX);
    status = judge(&run, answer, err);
    es_buf_clear(&run.attrs);
    es_buf_clear(&run.sig);
    if (status != ES_OK)
        *answer = ES_SIG_UNCHECKED;
    return status;
}
