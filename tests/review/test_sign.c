/*
 * Signatures without a seal (Type Sign): a value made for something else must not pass for one
 * over this document.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "review.h"

/* The only child of a CONTEXT or SEQUENCE, by walking; fails when it is not there. */
static struct es_span enter(struct es_span *in, uint8_t tag)
{
    struct es_span value = {0};

    REVIEW_OK(es_der_get(in, tag, &value, err));
    return value;
}

/* A detached SignedData with content put inside; everything else stays as it was signed. */
static void embed(struct es_span detached, struct es_span content, struct es_buf *out)
{
    struct es_span outer = enter(&detached, ES_DER_SEQUENCE), oid = {0}, tlv = {0}, value = {0};
    size_t all = es_der_begin(out, ES_DER_SEQUENCE), wrapped, data, inner, octets;

    REVIEW_OK(es_der_get_tlv(&outer, ES_DER_OID, &tlv, &value, err));
    es_der_put_raw(out, tlv);
    outer = enter(&outer, ES_DER_CONTEXT(0));
    outer = enter(&outer, ES_DER_SEQUENCE);
    wrapped = es_der_begin(out, ES_DER_CONTEXT(0));
    data = es_der_begin(out, ES_DER_SEQUENCE);
    REVIEW_OK(es_der_get_tlv(&outer, ES_DER_INTEGER, &tlv, &value, err));
    es_der_put_raw(out, tlv);
    REVIEW_OK(es_der_get_tlv(&outer, ES_DER_SET, &tlv, &value, err));
    es_der_put_raw(out, tlv);
    oid = enter(&outer, ES_DER_SEQUENCE);
    inner = es_der_begin(out, ES_DER_SEQUENCE);
    es_der_put_raw(out, oid);
    octets = es_der_begin(out, ES_DER_CONTEXT(0));
    es_der_put(out, ES_DER_OCTET_STRING, content);
    es_der_end(out, octets);
    es_der_end(out, inner);
    es_der_put_raw(out, outer);
    es_der_end(out, data);
    es_der_end(out, wrapped);
    es_der_end(out, all);
    assert_int_equal(es_buf_check(out, NULL), ES_OK);
}

/* What a person of the authority signed elsewhere, say as a mail. */
static void sign_elsewhere(struct world *w, struct es_span content, struct es_buf *out)
{
    ES_AUTO(es_buf) detached = ES_BUF_INIT(65536);
    uint8_t digest[ES_SM3_LEN];

    REVIEW_OK(es_sm3(content, digest, err));
    REVIEW_OK(es_cms_sign(w->keys[WHO_OTHER], w->certs[WHO_OTHER],
                          es_span_of(digest, sizeof digest), WORLD_SIGN_S, &detached, err));
    embed(es_buf_span(&detached), content, out);
}

static void a_signed_mail_does_not_pass_for_the_signature_of_a_document(void **state)
{
    struct world *w = *state;
    struct pkg pkg = {0};
    ES_AUTO(es_buf) mail = ES_BUF_INIT(65536);

    pkg_copy(&w->document, &pkg);
    world_lax_sign(w, &pkg, &(struct lax){.type = "Sign"});
    pkg_remove(&pkg, "Doc_0/Signs/Sign_0/Seal.esl");
    sign_elsewhere(w, es_span_str("See you at noon."), &mail);
    pkg_set(&pkg, "Doc_0/Signs/Sign_0/SignedValue.dat", mail.ptr, mail.len);
    expect_pkg(w, &pkg, ES_OUTCOME_INVALID, "data_hash_mismatch");
    pkg_clear(&pkg);
}

/* The same shape over the right bytes holds: content and attributes both speak of the file. */
static void a_value_that_holds_the_signature_file_is_good(void **state)
{
    struct world *w = *state;
    struct pkg pkg = {0};
    ES_AUTO(es_buf) value = ES_BUF_INIT(1u << 20);
    struct pkg_entry *xml;

    pkg_copy(&w->document, &pkg);
    world_lax_sign(w, &pkg, &(struct lax){.type = "Sign"});
    pkg_remove(&pkg, "Doc_0/Signs/Sign_0/Seal.esl");
    xml = pkg_find(&pkg, "Doc_0/Signs/Sign_0/Signature.xml");
    sign_elsewhere(w, es_buf_span(&xml->bytes), &value);
    pkg_set(&pkg, "Doc_0/Signs/Sign_0/SignedValue.dat", value.ptr, value.len);
    expect_pkg(w, &pkg, ES_OUTCOME_VALID, "!data_hash_mismatch");
    pkg_clear(&pkg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_mail_does_not_pass_for_the_signature_of_a_document),
        cmocka_unit_test(a_value_that_holds_the_signature_file_is_good),
    };

    return cmocka_run_group_tests(tests, review_setup, review_teardown);
}
