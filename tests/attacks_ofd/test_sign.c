/*
 * Signatures without a seal (Type=Sign, GB/T 35275): made by the product, changed by hand. What is
 * signed are attributes; that they speak of this document is what these rows attack.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attack.h"
#include "cms_internal.h"

#define VALID ES_OUTCOME_VALID
#define INVALID ES_OUTCOME_INVALID
#define OPEN ES_OUTCOME_INDETERMINATE
#define ROW(id_, how_, build_, arg_, policy_, outcome_, codes_, ...)                               \
    {                                                                                              \
        .id = id_, .how = how_, .build = build_, .arg = arg_, .policy = ES_POLICY_##policy_,       \
        .outcome = outcome_, .codes = codes_, ##__VA_ARGS__                                        \
    }

/* ---- making ---- */

static void sign_zip(struct world *w, struct es_span zip, enum world_who who, int64_t stamp_s,
                     struct es_buf *out)
{
    const struct es_source src = es_source_memory(zip);
    const struct es_ofd_limits limits = es_ofd_limits_default();
    const struct es_sign_request request = {.signer = w->certs[who], .time_s = WORLD_SIGN_S};
    ES_AUTO_PTR(es_signing) signing = NULL;
    ES_AUTO(es_buf) sig = ES_BUF_INIT(256);
    ES_AUTO(es_buf) token = ES_BUF_INIT(65536);
    struct es_error err = {0};

    must_ok(es_ofd_prepare(&src, &limits, &request, &signing, &err), &err);
    must_ok(es_key_sign(w->keys[who], es_signing_message(signing), &sig, &err), &err);
    if (stamp_s != 0)
        make_time_stamp(w, es_buf_span(&sig), stamp_s, &token);
    must_ok(es_signing_complete(signing, es_buf_span(&sig), es_buf_span(&token),
                                es_zip_sink_buf(out), &err),
            &err);
}

static void sign_document(struct scene *s, const struct pkg *document, enum world_who who,
                          int64_t stamp_s)
{
    ES_AUTO(es_buf) zip = ES_BUF_INIT(1u << 24);
    ES_AUTO(es_buf) out = ES_BUF_INIT(1u << 24);

    pkg_write(document, &zip);
    sign_zip(s->w, es_buf_span(&zip), who, stamp_s, &out);
    pkg_clear(&s->pkg);
    pkg_read(es_buf_span(&out), &s->pkg);
}

static void honest(struct scene *s)
{
    sign_document(s, &s->w->document, WHO_SIGNER, 0);
}

static void honest_stamped(struct scene *s)
{
    sign_document(s, &s->w->document, WHO_SIGNER, WORLD_SIGN_S + HOUR_S);
}

static void by_stranger(struct scene *s)
{
    sign_document(s, &s->w->document, WHO_STRANGER_MAKER, 0);
}

static void after_a_seal(struct scene *s)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(1u << 24);

    sign_zip(s->w, es_buf_span(&s->w->sealed), WHO_SIGNER, 0, &out);
    pkg_read(es_buf_span(&out), &s->pkg);
}

/* ---- changing ---- */

static void changed_page(struct scene *s)
{
    honest(s);
    pkg_replace(&s->pkg, PAGE_1, "壹佰", "玖佰");
}

static void changed_page_and_digest(struct scene *s)
{
    ES_AUTO(es_buf) before = ES_BUF_INIT(65536);

    honest(s);
    es_buf_put_span(&before, es_buf_span(&pkg_find(&s->pkg, PAGE_1)->bytes));
    pkg_replace(&s->pkg, PAGE_1, "壹佰", "玖佰");
    mend_reference(&s->pkg, PAGE_1, es_buf_span(&before));
}

static void called_seal(struct scene *s)
{
    honest(s);
    pkg_replace(&s->pkg, LIST_XML, "Type=\"Sign\"", "Type=\"Seal\"");
}

static void value_of_another_document(struct scene *s)
{
    ES_AUTO(es_buf) value = ES_BUF_INIT(65536);
    struct pkg other = {0};

    pkg_copy(&s->w->document, &other);
    pkg_replace(&other, PAGE_1, "壹佰", "玖佰");
    sign_document(s, &other, WHO_SIGNER, 0);
    es_buf_put_span(&value, es_buf_span(&pkg_find(&s->pkg, SIGN_0 "SignedValue.dat")->bytes));
    honest(s);
    pkg_set(&s->pkg, SIGN_0 "SignedValue.dat", value.ptr, value.len);
    pkg_clear(&other);
}

/* ---- values made by hand, with the entitled key ---- */

static void xml_digest(struct scene *s, uint8_t out[ES_SM3_LEN])
{
    struct es_error err = {0};

    must_ok(es_sm3(es_buf_span(&pkg_find(&s->pkg, SIGN_0 "Signature.xml")->bytes), out, &err),
            &err);
}

/* A SET of attributes; type NULL or digest NULL: left out. */
static void put_attrs(struct es_buf *out, const char *type, const uint8_t *digest)
{
    ES_AUTO(es_buf) set = ES_BUF_INIT(4096);

    if (type != NULL)
        es_cms_put_attr_oid(&set, "1.2.840.113549.1.9.3", type);
    es_cms_put_attr_time(&set, WORLD_SIGN_S);
    if (digest != NULL)
        es_cms_put_attr(&set, "1.2.840.113549.1.9.4", ES_DER_OCTET_STRING,
                        es_span_of(digest, ES_SM3_LEN));
    es_der_sort_set(&set, 0);
    es_der_put(out, ES_DER_SET, es_buf_span(&set));
}

static void put_value(struct scene *s, struct es_span attrs, struct es_span signed_attrs,
                      bool with_cert)
{
    ES_AUTO(es_buf) sig = ES_BUF_INIT(256);
    ES_AUTO(es_buf) der = ES_BUF_INIT(65536);
    struct es_error err = {0};
    struct es_cms_parts parts = {.signed_oid = "1.2.156.10197.6.1.4.2.2",
                                 .version = 1,
                                 .content_oid = "1.2.156.10197.6.1.4.2.1",
                                 .sig_oid = "1.2.156.10197.1.301.1",
                                 .attrs = attrs,
                                 .cert = s->w->certs[WHO_SIGNER],
                                 .with_cert = with_cert};

    must_ok(es_key_sign(s->w->keys[WHO_SIGNER], signed_attrs, &sig, &err), &err);
    parts.sig = es_buf_span(&sig);
    must_ok(es_cms_put(&der, &parts, &err), &err);
    pkg_set(&s->pkg, SIGN_0 "SignedValue.dat", der.ptr, der.len);
}

#define DATA_OID "1.2.156.10197.6.1.4.2.1"

static void by_hand(struct scene *s)
{
    ES_AUTO(es_buf) attrs = ES_BUF_INIT(4096);
    uint8_t digest[ES_SM3_LEN];

    honest(s);
    xml_digest(s, digest);
    put_attrs(&attrs, DATA_OID, digest);
    put_value(s, es_buf_span(&attrs), es_buf_span(&attrs), true);
}

static void wrong_digest(struct scene *s)
{
    ES_AUTO(es_buf) attrs = ES_BUF_INIT(4096);
    uint8_t digest[ES_SM3_LEN];

    honest(s);
    xml_digest(s, digest);
    digest[31] ^= 1;
    put_attrs(&attrs, DATA_OID, digest);
    put_value(s, es_buf_span(&attrs), es_buf_span(&attrs), true);
}

static void no_digest(struct scene *s)
{
    ES_AUTO(es_buf) attrs = ES_BUF_INIT(4096);

    honest(s);
    put_attrs(&attrs, DATA_OID, NULL);
    put_value(s, es_buf_span(&attrs), es_buf_span(&attrs), true);
}

static void other_content_type(struct scene *s)
{
    ES_AUTO(es_buf) attrs = ES_BUF_INIT(4096);
    uint8_t digest[ES_SM3_LEN];

    honest(s);
    xml_digest(s, digest);
    put_attrs(&attrs, "1.2.840.113549.1.9.16.1.4", digest); /* TSTInfo */
    put_value(s, es_buf_span(&attrs), es_buf_span(&attrs), true);
}

static void digest_put_right_afterwards(struct scene *s)
{
    ES_AUTO(es_buf) attrs = ES_BUF_INIT(4096);
    ES_AUTO(es_buf) was = ES_BUF_INIT(4096);
    uint8_t digest[ES_SM3_LEN];

    honest(s);
    xml_digest(s, digest);
    put_attrs(&attrs, DATA_OID, digest);
    digest[31] ^= 1;
    put_attrs(&was, DATA_OID, digest);
    put_value(s, es_buf_span(&attrs), es_buf_span(&was), true);
}

static void no_certificate(struct scene *s)
{
    ES_AUTO(es_buf) attrs = ES_BUF_INIT(4096);
    uint8_t digest[ES_SM3_LEN];

    honest(s);
    xml_digest(s, digest);
    put_attrs(&attrs, DATA_OID, digest);
    put_value(s, es_buf_span(&attrs), es_buf_span(&attrs), false);
}

/* ---- certificates ---- */

static void revoked(struct scene *s, int64_t at_s)
{
    s->trust = world_trust_without_crl(s->w);
    world_add_crl(s->w, s->trust, s->w->certs[WHO_SIGNER], at_s, 1);
}

static void revoked_after_stamp(struct scene *s)
{
    honest_stamped(s);
    revoked(s, WORLD_SIGN_S + 2 * HOUR_S);
}

static void revoked_after(struct scene *s)
{
    honest(s);
    revoked(s, WORLD_SIGN_S + 2 * HOUR_S);
}

/* ---- looking ---- */

static void is_gmt_without_seal(const struct scene *s, const struct es_report *report)
{
    (void) s;
    assert_string_equal(report->first->edition, "GB/T 35275-2017");
    assert_string_equal(report->first->type, "Sign");
    assert_false(report->first->has_seal);
    assert_int_equal(report->first->claim_s, WORLD_SIGN_S);
}

/* clang-format off */
static const struct attack rows[] = {
    ROW("sign-01", "honest", honest, NULL, ASSURED, VALID,
        "time_claimed_only !form_deviation !seal_state_unavailable", .look = is_gmt_without_seal),
    ROW("sign-01", "honest, standard", honest, NULL, STANDARD, VALID, "time_claimed_only"),
    ROW("sign-01", "honest, strict: the time is a claim", honest, NULL, STRICT, OPEN,
        "time_claimed_only"),
    ROW("sign-01", "honest with a time stamp, strict", honest_stamped, NULL, STRICT, VALID,
        "!time_claimed_only !time_stamp_ignored", .look = is_gmt_without_seal),
    ROW("sign-02", "after an honest seal", after_a_seal, NULL, ASSURED, VALID,
        "range_later_signature", .each = "valid valid"),
    ROW("sign-03", "a page is changed", changed_page, NULL, ASSURED, INVALID, "digest_mismatch"),
    ROW("sign-04", "a page and its CheckValue are changed", changed_page_and_digest, NULL, ASSURED,
        INVALID, "data_hash_mismatch !digest_mismatch"),
    ROW("sign-05", "Type Sign becomes Seal", called_seal, NULL, ASSURED, INVALID,
        "structure_invalid"),
    ROW("sign-06", "value of another document", value_of_another_document, NULL, ASSURED, INVALID,
        "data_hash_mismatch !signature_value_invalid"),
    ROW("sign-07", "value made by hand, all right", by_hand, NULL, ASSURED, VALID,
        "!form_deviation !signed_attributes_invalid"),
    ROW("sign-07", "signed digest is another one", wrong_digest, NULL, ASSURED, INVALID,
        "data_hash_mismatch !signature_value_invalid"),
    ROW("sign-07", "signed attributes without a digest", no_digest, NULL, ASSURED, INVALID,
        "signed_attributes_invalid"),
    ROW("sign-07", "signed attributes of another type", other_content_type, NULL, ASSURED, INVALID,
        "signed_attributes_invalid"),
    ROW("sign-07", "digest attribute put right after signing", digest_put_right_afterwards, NULL,
        ASSURED, INVALID, "signature_value_invalid !data_hash_mismatch"),
    ROW("sign-08", "no certificate with it", no_certificate, NULL, ASSURED, OPEN,
        "signer_cert_missing"),
    ROW("sign-08", "by a key nobody certified", by_stranger, NULL, ASSURED, OPEN,
        "cert_root_untrusted"),
    ROW("sign-09", "certificate revoked after a time stamp", revoked_after_stamp, NULL, ASSURED,
        VALID, "cert_revoked_after_signing"),
    ROW("sign-09", "certificate revoked after, no proof", revoked_after, NULL, ASSURED, OPEN,
        "cert_revoked_no_poe"),
};
/* clang-format on */

static void a_page_with_a_stamp_needs_a_seal(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    ES_AUTO(es_buf) zip = ES_BUF_INIT(1u << 24);
    const struct es_ofd_limits limits = es_ofd_limits_default();
    const struct es_place place = {.mode = ES_PLACE_POINT, .pages = "1", .x_mm = 10, .y_mm = 10};
    struct es_sign_request request = {.time_s = WORLD_SIGN_S, .places = &place, .place_count = 1};
    struct es_signing *signing = NULL;
    struct es_source src;
    struct es_error err = {0};

    (void) state;
    assert_non_null(w);
    world_new(w);
    pkg_write(&w->document, &zip);
    src = es_source_memory(es_buf_span(&zip));
    request.signer = w->certs[WHO_SIGNER];
    assert_int_not_equal(es_ofd_prepare(&src, &limits, &request, &signing, &err), ES_OK);
    assert_null(signing);
    world_clear(w);
    free(w);
}

int main(void)
{
    const struct CMUnitTest more = cmocka_unit_test(a_page_with_a_stamp_needs_a_seal);

    return run_attacks("attacks/sign", rows, sizeof rows / sizeof rows[0], &more);
}
