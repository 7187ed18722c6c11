/* A signer that writes whatever it is told: what an attacker with an entitled key could make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

#define LIST "Doc_0/Signs/Signatures.xml"
#define NS " xmlns:ofd=\"http://www.ofdspec.org/2016\""
#define TEXT_MAX ((size_t) 64 << 20)

static void must(es_status status, const struct es_error *err)
{
    if (status != ES_OK)
        fail_msg("%s", err->text);
}

static size_t next_number(struct pkg *pkg)
{
    for (size_t n = 0;; n++) {
        char name[64];

        (void) snprintf(name, sizeof name, "Doc_0/Signs/Sign_%zu/Signature.xml", n);
        if (pkg_find(pkg, name) == NULL)
            return n;
    }
}

/* OFD.xml names the list, the list names the signature. */
static void enter_list(struct pkg *pkg, size_t number, const char *type)
{
    char line[256];

    (void) snprintf(line, sizeof line,
                    "<ofd:Signature ID=\"%zu\" Type=\"%s\" "
                    "BaseLoc=\"/Doc_0/Signs/Sign_%zu/Signature.xml\"/></ofd:Signatures>",
                    10 * number + 1, type == NULL ? "Seal" : type, number);
    if (pkg_find(pkg, LIST) == NULL) {
        pkg_replace(pkg, "OFD.xml", "</ofd:DocRoot>",
                    "</ofd:DocRoot><ofd:Signatures>/" LIST "</ofd:Signatures>");
        pkg_add_text(pkg, LIST, "<ofd:Signatures" NS "></ofd:Signatures>");
    }
    pkg_replace(pkg, LIST, "</ofd:Signatures>", line);
}

static void put_reference(struct pkg *pkg, const char *name, enum es_digest digest,
                          struct es_buf *xml)
{
    struct pkg_entry *entry = pkg_find(pkg, name);
    uint8_t value[ES_DIGEST_MAX];
    struct es_error err = {0};

    if (entry == NULL)
        fail_msg("no entry %s to refer to", name);
    must(es_digest_once(digest, es_buf_span(&entry->bytes), value, &err), &err);
    es_buf_printf(xml, "<ofd:Reference FileRef=\"/%s\"><ofd:CheckValue>", name);
    es_buf_put_base64(xml, es_span_of(value, es_digest_len(digest)));
    es_buf_put_str(xml, "</ofd:CheckValue></ofd:Reference>");
}

static void put_references(struct pkg *pkg, const struct lax *lax, struct es_buf *xml)
{
    enum es_digest digest = lax->digest == ES_DIGEST_NONE ? ES_DIGEST_SM3 : lax->digest;

    if (lax->check_method != NULL && lax->check_method[0] == 0)
        es_buf_put_str(xml, "<ofd:References>");
    else
        es_buf_printf(xml, "<ofd:References CheckMethod=\"%s\">",
                      lax->check_method == NULL ? "1.2.156.10197.1.401" : lax->check_method);
    if (lax->refs != NULL)
        for (const char *const *name = lax->refs; *name != NULL; name++)
            put_reference(pkg, *name, digest, xml);
    else
        for (size_t i = 0; i < pkg->count; i++)
            if (strcmp(pkg->entries[i].name, LIST) != 0)
                put_reference(pkg, pkg->entries[i].name, digest, xml);
    es_buf_put_str(xml, lax->extra_refs == NULL ? "" : lax->extra_refs);
    es_buf_put_str(xml, "</ofd:References>");
}

static void put_xml(struct pkg *pkg, const struct lax *lax, size_t number, struct es_buf *xml)
{
    bool has_seal = lax->type == NULL || strcmp(lax->type, "Seal") == 0;

    es_buf_printf(xml,
                  "<ofd:Signature" NS "><ofd:SignedInfo><ofd:Provider ProviderName=\"lax\"/>"
                  "<ofd:SignatureMethod>%s</ofd:SignatureMethod>"
                  "<ofd:SignatureDateTime>20260228080000Z</ofd:SignatureDateTime>",
                  lax->method == NULL ? "1.2.156.10197.1.501" : lax->method);
    put_references(pkg, lax, xml);
    es_buf_put_str(xml, lax->stamps != NULL ? lax->stamps
                        : has_seal          ? "<ofd:StampAnnot ID=\"900\" PageRef=\"1\" "
                                              "Boundary=\"120 200 42 42\"/>"
                                            : "");
    if (has_seal)
        es_buf_printf(xml,
                      "<ofd:Seal><ofd:BaseLoc>/Doc_0/Signs/Sign_%zu/Seal.esl</ofd:BaseLoc>"
                      "</ofd:Seal>",
                      number);
    es_buf_printf(xml,
                  "</ofd:SignedInfo><ofd:SignedValue>/Doc_0/Signs/Sign_%zu/SignedValue.dat"
                  "</ofd:SignedValue></ofd:Signature>",
                  number);
    assert_int_equal(xml->failed, ES_OK);
}

static void stamp(struct world *w, int64_t at_s, struct es_span sig, struct es_buf *token)
{
    ES_AUTO(es_buf) request = ES_BUF_INIT(4096);
    ES_AUTO(es_buf) response = ES_BUF_INIT(65536);
    const uint8_t serial[1] = {1};
    uint64_t seed = 7;
    uint8_t nonce[8];
    struct es_error err = {0};

    must(es_time_stamp_request(sig, es_random_seeded(&seed), nonce, &request, &err), &err);
    must(es_time_stamp_answer(w->keys[WHO_TSA], w->certs[WHO_TSA], es_buf_span(&request), at_s,
                              es_span_of(serial, 1), &response, &err),
         &err);
    must(es_time_stamp_response(es_buf_span(&response), sig, nonce, token, &err), &err);
}

static void sign_value(struct world *w, const struct lax *lax, struct es_span seal_der,
                       const struct es_buf *xml, size_t number, struct es_buf *value)
{
    const struct es_cert *signer = lax->signer == NULL ? w->certs[WHO_SIGNER] : lax->signer;
    ES_AUTO_PTR(es_seal) seal = NULL;
    ES_AUTO(es_buf) tbs = ES_BUF_INIT(ES_SEAL_DER_MAX);
    ES_AUTO(es_buf) sig = ES_BUF_INIT(256);
    ES_AUTO(es_buf) token = ES_BUF_INIT(65536);
    uint8_t hash[ES_SM3_LEN];
    char path[128];
    struct es_error err = {0};
    struct es_seal_tbs input = {.time_s = lax->time_s == 0 ? WORLD_SIGN_S : lax->time_s,
                                .data_hash = hash,
                                .property_info = lax->property_info,
                                .signer = signer,
                                .edition = lax->edition == 0 ? ES_SEAL_2020 : lax->edition};

    (void) snprintf(path, sizeof path, "/Doc_0/Signs/Sign_%zu/Signature.xml", number);
    if (input.property_info == NULL)
        input.property_info = path;
    must(es_sm3(es_buf_span(xml), hash, &err), &err);
    must(es_seal_decode(seal_der, ES_CHECK_FORMAT, "", NULL, &seal, &err), &err);
    input.seal = seal;
    must(es_seal_encode_tbs(&input, &tbs, &err), &err);
    must(es_key_sign(lax->key == NULL ? w->keys[WHO_SIGNER] : lax->key, es_buf_span(&tbs), &sig,
                     &err),
         &err);
    if (lax->with_time_stamp)
        stamp(w, lax->time_stamp_s, es_buf_span(&sig), &token);
    else
        es_buf_put_span(&token, lax->time_stamp);
    must(es_seal_signature_assemble(es_buf_span(&tbs), input.edition, signer, es_buf_span(&sig),
                                    es_buf_span(&token), value, &err),
         &err);
}

void world_lax_sign(struct world *w, struct pkg *pkg, const struct lax *lax)
{
    struct es_span seal = lax->seal.len == 0 ? es_buf_span(&w->seal) : lax->seal;
    struct es_span seal_file = lax->seal_file.len == 0 ? seal : lax->seal_file;
    size_t number = next_number(pkg);
    ES_AUTO(es_buf) xml = ES_BUF_INIT(TEXT_MAX);
    ES_AUTO(es_buf) value = ES_BUF_INIT(ES_SEAL_DER_MAX);
    char name[64];

    enter_list(pkg, number, lax->type);
    put_xml(pkg, lax, number, &xml);
    sign_value(w, lax, seal, &xml, number, &value);
    (void) snprintf(name, sizeof name, "Doc_0/Signs/Sign_%zu/Signature.xml", number);
    pkg_add(pkg, name, xml.ptr, xml.len);
    (void) snprintf(name, sizeof name, "Doc_0/Signs/Sign_%zu/Seal.esl", number);
    pkg_add(pkg, name, seal_file.ptr, seal_file.len);
    (void) snprintf(name, sizeof name, "Doc_0/Signs/Sign_%zu/SignedValue.dat", number);
    pkg_add(pkg, name, value.ptr, value.len);
}

void world_lax_resign(struct world *w, struct pkg *pkg, size_t number)
{
    const struct lax lax = {0};
    ES_AUTO(es_buf) value = ES_BUF_INIT(ES_SEAL_DER_MAX);
    struct pkg_entry *xml;
    char name[64];

    (void) snprintf(name, sizeof name, "Doc_0/Signs/Sign_%zu/Signature.xml", number);
    xml = pkg_find(pkg, name);
    assert_non_null(xml);
    sign_value(w, &lax, es_buf_span(&w->seal), &xml->bytes, number, &value);
    (void) snprintf(name, sizeof name, "Doc_0/Signs/Sign_%zu/SignedValue.dat", number);
    pkg_set(pkg, name, value.ptr, value.len);
}
