/* Attacks on References: digests, paths, methods. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "builders.h"

void digests_renewed(struct scene *s)
{
    ES_AUTO(es_buf) before = ES_BUF_INIT(65536);

    build_sealed(s);
    es_buf_put_span(&before, es_buf_span(&pkg_find(&s->pkg, PAGE_1)->bytes));
    pkg_replace(&s->pkg, PAGE_1, "壹佰", "玖佰");
    mend_reference(&s->pkg, PAGE_1, es_buf_span(&before));
}

/* ---- paths ---- */

static void put_reference(struct es_buf *out, const char *file_ref, struct es_span bytes)
{
    es_buf_printf(out, "<ofd:Reference FileRef=\"%s\"><ofd:CheckValue>", file_ref);
    digest_text(ES_DIGEST_SM3, bytes, out);
    es_buf_put_str(out, "</ofd:CheckValue></ofd:Reference>");
}

/* Page 1 is named as the row writes it, with its right digest. */
static void sign_with_page_as(struct scene *s, const char *file_ref)
{
    static const char *const open[] = {PAGE_1, NULL};
    ES_AUTO(es_buf) extra = ES_BUF_INIT(4096);

    put_reference(&extra, file_ref, es_buf_span(&pkg_find(&s->pkg, PAGE_1)->bytes));
    sign_open(s, open, (struct lax){.extra_refs = es_buf_cstr(&extra)});
}

void file_ref_written(struct scene *s)
{
    pkg_copy(&s->w->document, &s->pkg);
    sign_with_page_as(s, s->arg);
}

void file_ref_fits_two(struct scene *s)
{
    pkg_copy(&s->w->document, &s->pkg);
    pkg_add_text(&s->pkg, "Pages/Page_0/Content.xml", "another page");
    sign_with_page_as(s, "Pages/Page_0/Content.xml");
}

void file_ref_fits_two_cases(struct scene *s)
{
    pkg_copy(&s->w->document, &s->pkg);
    pkg_add_text(&s->pkg, "Doc_0/pages/page_0/content.xml", "another page");
    sign_with_page_as(s, "/DOC_0/Pages/Page_0/Content.xml");
}

static void sign_with_extra(struct scene *s, const char *file_ref, const char *content)
{
    ES_AUTO(es_buf) extra = ES_BUF_INIT(4096);

    pkg_copy(&s->w->document, &s->pkg);
    put_reference(&extra, file_ref,
                  content == NULL ? es_buf_span(&pkg_find(&s->pkg, PAGE_1)->bytes)
                                  : es_span_str(content));
    world_lax_sign(s->w, &s->pkg, &(struct lax){.extra_refs = es_buf_cstr(&extra)});
}

void entry_named_twice_once_wrong(struct scene *s)
{
    sign_with_extra(s, "/" PAGE_1, "not this page");
}

void entry_named_twice(struct scene *s)
{
    sign_with_extra(s, "/" PAGE_1, NULL);
}

void missing_entry_named(struct scene *s)
{
    sign_with_extra(s, "/Doc_0/Pages/Page_9/Content.xml", "a page that is not there");
}

void nothing_named(struct scene *s)
{
    static const char *const none[] = {NULL};

    pkg_copy(&s->w->document, &s->pkg);
    world_lax_sign(s->w, &s->pkg, &(struct lax){.refs = none});
}

void own_files_named(struct scene *s)
{
    static const char *const none[] = {NULL};
    ES_AUTO(es_buf) extra = ES_BUF_INIT(4096);

    pkg_copy(&s->w->document, &s->pkg);
    put_reference(&extra, "/" SIGN_0 "Seal.esl", es_buf_span(&s->w->seal));
    world_lax_sign(s->w, &s->pkg, &(struct lax){.refs = none, .extra_refs = es_buf_cstr(&extra)});
}

/* ---- methods ---- */

void weak_digest(struct scene *s)
{
    enum es_digest digest = es_digest_by_name(es_span_str(s->arg));

    assert_true(es_digest_is_weak(digest));
    pkg_copy(&s->w->document, &s->pkg);
    world_lax_sign(s->w, &s->pkg, &(struct lax){.digest = digest, .check_method = s->arg});
}

void no_check_method(struct scene *s)
{
    pkg_copy(&s->w->document, &s->pkg);
    world_lax_sign(s->w, &s->pkg, &(struct lax){.digest = ES_DIGEST_MD5, .check_method = ""});
}

void unknown_check_method(struct scene *s)
{
    pkg_copy(&s->w->document, &s->pkg);
    world_lax_sign(s->w, &s->pkg, &(struct lax){.check_method = "1.2.3.4"});
}

void rsa_named(struct scene *s)
{
    pkg_copy(&s->w->document, &s->pkg);
    world_lax_sign(s->w, &s->pkg, &(struct lax){.method = "1.2.840.113549.1.1.11"});
}

/* ---- the early form (formats.md 4.1): digests and value take Z in ---- */

/* SM3(Z || bytes) with Z of the signer. */
static void keyed_digest(struct world *w, struct es_span bytes, uint8_t out[ES_SM3_LEN])
{
    struct es_error err = {0};

    must_ok(es_sm2_e(w->certs[WHO_SIGNER]->key, bytes, out, &err), &err);
}

static void put_keyed_references(struct scene *s, struct es_buf *out)
{
    for (size_t i = 0; i < s->pkg.count; i++) {
        uint8_t value[ES_SM3_LEN];

        keyed_digest(s->w, es_buf_span(&s->pkg.entries[i].bytes), value);
        es_buf_printf(out, "<ofd:Reference FileRef=\"/%s\"><ofd:CheckValue>",
                      s->pkg.entries[i].name);
        es_buf_put_base64(out, es_span_of(value, sizeof value));
        es_buf_put_str(out, "</ofd:CheckValue></ofd:Reference>");
    }
}

static void sign_keyed(struct scene *s, const char *check_method, const char *type)
{
    static const char *const none[] = {NULL};
    ES_AUTO(es_buf) refs = ES_BUF_INIT(65536);
    ES_AUTO(es_buf) list = ES_BUF_INIT(4096);

    pkg_copy(&s->w->document, &s->pkg);
    /* OFD.xml names the list before its digest is taken. */
    pkg_replace(&s->pkg, "OFD.xml", "</ofd:DocRoot>",
                "</ofd:DocRoot><ofd:Signatures>/" LIST_XML "</ofd:Signatures>");
    put_keyed_references(s, &refs);
    es_buf_put_str(&list, "<ofd:Signatures" NS_OFD "></ofd:Signatures>");
    pkg_add(&s->pkg, LIST_XML, list.ptr, list.len);
    world_lax_sign(s->w, &s->pkg,
                   &(struct lax){.refs = none,
                                 .extra_refs = es_buf_cstr(&refs),
                                 .check_method = check_method,
                                 .type = type});
}

/* SM2 value over Signature.xml itself, DER. */
static void sign_xml_itself(struct scene *s, struct es_buf *sig)
{
    struct es_error err = {0};
    const struct pkg_entry *xml = pkg_find(&s->pkg, SIGN_0 "Signature.xml");

    must_ok(es_key_sign(s->w->keys[WHO_SIGNER], es_buf_span(&xml->bytes), sig, &err), &err);
}

void keyed_digests(struct scene *s)
{
    const struct pkg_entry *xml;
    ES_AUTO_PTR(es_seal_signature) value = NULL;
    ES_AUTO(es_buf) tbs = ES_BUF_INIT(ES_SEAL_DER_MAX);
    ES_AUTO(es_buf) sig = ES_BUF_INIT(256);
    ES_AUTO(es_buf) der = ES_BUF_INIT(ES_SEAL_DER_MAX);
    uint8_t hash[ES_SM3_LEN];
    struct es_error err = {0};
    struct es_seal_tbs input = {.time_s = WORLD_SIGN_S,
                                .data_hash = hash,
                                .property_info = "/" SIGN_0 "Signature.xml",
                                .signer = s->w->certs[WHO_SIGNER],
                                .edition = ES_SEAL_2020};

    sign_keyed(s, NULL, NULL);
    xml = pkg_find(&s->pkg, SIGN_0 "Signature.xml");
    keyed_digest(s->w, es_buf_span(&xml->bytes), hash);
    value = signed_value(&s->pkg);
    input.seal = value->seal;
    must_ok(es_seal_encode_tbs(&input, &tbs, &err), &err);
    sign_xml_itself(s, &sig);
    must_ok(es_seal_signature_assemble(es_buf_span(&tbs), ES_SEAL_2020, input.signer,
                                       es_buf_span(&sig), es_span_of(NULL, 0), &der, &err),
            &err);
    pkg_set(&s->pkg, SIGN_0 "SignedValue.dat", der.ptr, der.len);
}

/* Label of dms360 (…401.2), no certificate anywhere: nothing can be told. */
void keyed_digests_bare(struct scene *s)
{
    ES_AUTO(es_buf) sig = ES_BUF_INIT(256);

    sign_keyed(s, "1.2.156.10197.1.401.2", "Sign");
    sign_xml_itself(s, &sig);
    pkg_set(&s->pkg, SIGN_0 "SignedValue.dat", sig.ptr, sig.len);
    pkg_remove(&s->pkg, SIGN_0 "Seal.esl");
}
