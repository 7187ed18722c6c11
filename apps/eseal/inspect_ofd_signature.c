/* One signature of an OFD document: Signature.xml, the seal file and the decoded value. */
#include "inspect_ofd.h"

#include "signature_xml.h"

#define VALUE_MAX ((size_t) 16 << 20)

/* What is needed while one signature is shown; everything lives in its arena. */
struct one {
    struct inspect *in;
    const struct es_ofd *ofd;
    const char *entry; /* Signature.xml */
    struct es_signature_xml xml;
    struct es_arena arena;
    struct es_findings findings;
};

static void one_clear(struct one *one)
{
    es_arena_clear(&one->arena);
}

/* ---- Signature.xml ---- */

static void put_references(struct tree *t, const struct es_signature_xml *xml)
{
    tree_begin_list(t, W_REFERENCES, 0);
    for (size_t i = 0; i < xml->ref_count; i++) {
        tree_begin_row(t, W_REFERENCE);
        tree_put_span(t, W_PATH, xml->refs[i].file_ref);
        tree_put_span(t, W_CHECK_VALUE, xml->refs[i].check_value);
        tree_end(t);
    }
    tree_end(t);
}

static void put_stamps(struct tree *t, const struct es_signature_xml *xml)
{
    tree_begin_list(t, W_STAMPS, TREE_ALL);
    for (size_t i = 0; i < xml->stamp_count; i++) {
        const struct es_sig_stamp *stamp = &xml->stamps[i];

        tree_begin_row(t, W_STAMP);
        tree_put_span(t, W_ID, stamp->id);
        tree_put_span(t, W_PAGE_REF, stamp->page_ref);
        tree_put_span(t, W_BOUNDARY, stamp->boundary);
        if (stamp->has_clip)
            tree_put_span(t, W_CLIP, stamp->clip);
        tree_end(t);
    }
    tree_end(t);
}

static void put_provider(struct tree *t, const struct es_signature_xml *xml)
{
    tree_begin_row(t, W_PROVIDER);
    tree_put_span(t, W_FIELD_VALUE, xml->provider_name);
    if (xml->provider_version.len > 0)
        tree_put_span(t, W_PROVIDER_VERSION, xml->provider_version);
    if (xml->provider_company.len > 0)
        tree_put_span(t, W_COMPANY, xml->provider_company);
    tree_end(t);
}

static void put_optional(struct tree *t, enum tree_word word, struct es_span text)
{
    if (text.len > 0)
        tree_put_span(t, word, text);
}

static void put_signature_xml(struct tree *t, const struct es_signature_xml *xml)
{
    put_provider(t, xml);
    put_optional(t, W_SIGNATURE_METHOD, xml->method);
    put_optional(t, W_SIGNATURE_TIME, xml->date_time);
    if (xml->has_check_method)
        tree_put_span(t, W_CHECK_METHOD, xml->check_method);
    put_references(t, xml);
    put_stamps(t, xml);
    put_optional(t, W_SEAL_LOC, xml->seal_loc);
    put_optional(t, W_VALUE_LOC, xml->value_loc);
}

/* ---- files ---- */

/* Bytes of a file that Signature.xml names; *found false when that is told in the tree. */
static es_status read_loc(struct one *one, struct es_span loc, struct es_buf *out, bool *found,
                          struct es_error *err)
{
    const struct es_zip_entry *entry = NULL;
    struct es_error own = {ES_OK, ""};
    bool exact = true;
    es_status status = es_ofd_resolve(one->ofd, one->entry, loc, &entry, &exact, &own);

    if (status == ES_OK) {
        tree_put_text(&one->in->tree, W_PATH, entry->name);
        tree_put_bytes(&one->in->tree, W_SIZE, entry->len);
        status = es_zip_read(es_ofd_zip(one->ofd), entry, out, &own);
    }
    *found = status == ES_OK;
    return inspect_broken(one->in, status, &own, err);
}

static es_status put_file(struct one *one, enum tree_word word, struct es_span loc, bool decode,
                          struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(VALUE_MAX);
    struct tree *t = &one->in->tree;
    bool found = false;

    if (loc.len == 0)
        return ES_OK;
    tree_begin(t, word);
    ES_TRY(read_loc(one, loc, &bytes, &found, err));
    if (found)
        ES_TRY(inspect_sm3(one->in, es_buf_span(&bytes), err));
    if (found && decode) {
        tree_begin(t, W_DECODED);
        ES_TRY(inspect_value(one->in, es_buf_span(&bytes), err));
        tree_end(t);
    }
    tree_end(t);
    return ES_OK;
}

/* ---- one signature ---- */

static es_status decode_xml(struct one *one, bool *good, struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(INSPECT_XML_MAX);
    struct es_xml_limits limits = inspect_xml_limits();
    const struct es_zip *zip = es_ofd_zip(one->ofd);
    const struct es_zip_entry *entry = es_zip_find(zip, es_span_str(one->entry));
    struct es_error own = {ES_OK, ""};
    es_status status = ES_E_ABSENT;

    if (entry == NULL)
        (void) es_error_set(&own, ES_E_ABSENT, "not in the package");
    else
        status = es_zip_read(zip, entry, &bytes, &own);
    if (status == ES_OK) {
        ES_TRY(inspect_sm3(one->in, es_buf_span(&bytes), err));
        status = es_signature_xml_decode(es_buf_span(&bytes), &limits, &one->arena, one->entry,
                                         &one->findings, &one->xml, &own);
    }
    *good = status == ES_OK;
    return inspect_broken(one->in, status, &own, err);
}

static es_status put_one(struct one *one, const struct es_ofd_signature_ref *ref,
                         struct es_error *err)
{
    struct tree *t = &one->in->tree;
    bool good = false;

    tree_put_text(t, W_ID, ref->id);
    tree_put_text(t, W_SIGNATURE_TYPE, ref->type);
    tree_put_text(t, W_PATH, ref->entry);
    ES_TRY(decode_xml(one, &good, err));
    if (good) {
        put_signature_xml(t, &one->xml);
        ES_TRY(put_file(one, W_SEAL_FILE, one->xml.seal_loc, false, err));
        ES_TRY(put_file(one, W_SIGNED_VALUE, one->xml.value_loc, true, err));
    }
    tree_put_findings(t, &one->findings);
    return tree_check(t, err);
}

es_status inspect_ofd_signature(struct inspect *in, const struct es_ofd *ofd,
                                const struct es_ofd_signature_ref *ref, struct es_error *err)
{
    ES_AUTO(one) one = {.in = in, .ofd = ofd, .entry = ref->entry};
    es_status status;

    es_findings_init(&one.findings, &one.arena);
    tree_begin(&in->tree, W_SIGNATURE);
    status = put_one(&one, ref, err);
    tree_end(&in->tree);
    return status;
}
