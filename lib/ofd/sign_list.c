/*
 * The signature list and the entry point: names and numbers of the new signature, and the two
 * files changed by inserting text at positions the parser gave. Nothing foreign is written anew.
 */
#include "sign_internal.h"

#include "ofd_internal.h"

#define NAMESPACE "http://www.ofdspec.org/2016"

/* ---- names ---- */

static es_status folder_of(struct es_signing *s, const char *path, char **out, struct es_error *err)
{
    struct es_span folder = es_ofd_folder(path);

    *out = es_arena_text(&s->arena, folder);
    ES_ENSURE(*out != NULL, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

static bool folder_is_used(const struct es_zip *zip, const char *folder)
{
    size_t len = strlen(folder);

    for (uint32_t i = 0; i < es_zip_count(zip); i++) {
        const char *name = es_zip_at(zip, i)->name;

        if (strncasecmp(name, folder, len) == 0 && (name[len] == '/' || name[len] == 0))
            return true;
    }
    return false;
}

static const char *join(struct es_signing *s, const char *folder, const char *name)
{
    return es_arena_printf(&s->arena, "%s%s%s", folder, folder[0] == 0 ? "" : "/", name);
}

/* Where the list stands: where OFD.xml says, or Signs/ beside Document.xml. */
static es_status choose_list(struct es_signing *s, struct es_error *err)
{
    const char *named = es_ofd_signatures_entry(s->ofd);
    char *folder;

    if (s->ofd->signatures != NULL)
        named = s->ofd->signatures->name;
    if (named != NULL) {
        s->list_entry = sign_text(s, named);
    } else {
        ES_TRY(folder_of(s, es_ofd_document_entry(s->ofd), &folder, err));
        s->list_entry = join(s, folder, "Signs/Signatures.xml");
        if (s->list_entry != NULL &&
            es_zip_find_folded(es_ofd_zip(s->ofd), es_span_str(s->list_entry), &(uint32_t){0}))
            s->list_entry = join(s, folder, "Signs/SignatureList.xml");
    }
    ES_ENSURE(s->list_entry != NULL, err, ES_E_NOMEM, "out of memory");
    ES_ENSURE(s->ofd->signatures != NULL ||
                  es_zip_find_folded(es_ofd_zip(s->ofd), es_span_str(s->list_entry),
                                     &(uint32_t){0}) == NULL,
              err, ES_E_OFD, "%s is there but is no list of signatures", s->list_entry);
    return ES_OK;
}

static es_status choose_folder(struct es_signing *s, struct es_error *err)
{
    const struct es_zip *zip = es_ofd_zip(s->ofd);
    char *base;
    const char *own = NULL;

    ES_TRY(folder_of(s, s->list_entry, &base, err));
    for (uint32_t n = 0; n < 2 * s->ofd->limits.signatures_max + 2; n++) {
        char name[32];

        (void) snprintf(name, sizeof name, "Sign_%u", n);
        own = join(s, base, name);
        ES_ENSURE(own != NULL, err, ES_E_NOMEM, "out of memory");
        if (!folder_is_used(zip, own))
            break;
        own = NULL;
    }
    ES_ENSURE(own != NULL, err, ES_E_LIMIT, "more than %u signatures",
              s->ofd->limits.signatures_max);
    s->signature_entry = join(s, own, "Signature.xml");
    s->seal_entry = join(s, own, "Seal.esl");
    s->value_entry = join(s, own, "SignedValue.dat");
    ES_ENSURE(s->signature_entry != NULL && s->seal_entry != NULL && s->value_entry != NULL, err,
              ES_E_NOMEM, "out of memory");
    return ES_OK;
}

/* ---- numbers: signatures and stamps share one space (formats.md 7.1) ---- */

/* The number of an id such as "12", "012" or "s012"; *prefixed tells of the letter. */
static uint32_t number_of(struct es_span id, bool *prefixed)
{
    uint32_t value = 0;

    id = es_span_trim(id);
    if (id.len > 1 && id.ptr[0] == 's') {
        *prefixed = true;
        id = es_span_sub(id, 1, id.len);
    }
    return es_ofd_id(id, &value) ? value : 0;
}

static void raise_to(uint32_t *max, uint32_t value)
{
    if (value > *max && value < 1000000000)
        *max = value;
}

/* Highest number in the list and on the stamps of its signatures. */
static es_status highest(const struct es_signing *s, const struct es_xml_node *root, uint32_t *max,
                         bool *prefixed, struct es_error *err)
{
    const struct es_xml_node *declared = es_xml_child(root, "MaxSignId");

    if (declared != NULL)
        raise_to(max, number_of(declared->text, prefixed));
    for (const struct es_ofd_signature_ref *r = es_ofd_signatures(s->ofd); r != NULL; r = r->next) {
        const struct es_zip_entry *entry = es_zip_find(es_ofd_zip(s->ofd), es_span_str(r->entry));
        struct es_arena arena;
        struct es_xml_node *sig = NULL;
        es_status status;

        raise_to(max, number_of(es_span_str(r->id), prefixed));
        if (entry == NULL)
            continue;
        es_arena_init(&arena, 0);
        status = es_ofd_parse(s->ofd, entry, NULL, &arena, &sig, err);
        if (status == ES_OK)
            for (const struct es_xml_node *n =
                     es_xml_child(es_xml_child(sig, "SignedInfo"), "StampAnnot");
                 n != NULL; n = es_xml_same(n))
                raise_to(max, number_of(es_xml_attr(n, "ID", NULL), &(bool){false}));
        es_arena_clear(&arena);
        if (es_ofd_is_fatal(status))
            return status;
    }
    return ES_OK;
}

static void put_id(struct es_buf *out, uint32_t number, bool prefixed)
{
    if (prefixed)
        es_buf_printf(out, "s%03u", number);
    else
        es_buf_printf(out, "%u", number);
}

void sign_put_stamp_id(const struct es_signing *signing, size_t i, struct es_buf *out)
{
    bool prefixed = false;
    uint32_t own = number_of(es_span_str(signing->id), &prefixed);

    put_id(out, own + 1 + (uint32_t) i, prefixed);
}

static es_status choose_id(struct es_signing *s, uint32_t max, bool prefixed, struct es_error *err)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(64);

    put_id(&text, max + 1, prefixed);
    s->id = es_buf_cstr(&text) == NULL ? NULL : sign_text(s, es_buf_cstr(&text));
    ES_ENSURE(s->id != NULL, err, ES_E_NOMEM, "out of memory");
    return ES_OK;
}

/* ---- the list ---- */

static void put_prefix(struct es_buf *out, const char *prefix)
{
    if (prefix[0] != 0)
        es_buf_printf(out, "%s:", prefix);
}

static void put_line(const struct es_signing *s, const char *prefix, struct es_buf *out)
{
    es_buf_put_byte(out, '<');
    put_prefix(out, prefix);
    es_buf_printf(out, "Signature ID=\"%s\" Type=\"%s\" BaseLoc=\"/", s->id,
                  s->is_seal ? "Seal" : "Sign");
    es_xml_put_escaped(out, es_span_str(s->signature_entry));
    es_buf_put_str(out, "\"/>");
}

static void put_highest(const struct es_signing *s, struct es_buf *out)
{
    if (s->stamp_count == 0)
        es_buf_put_str(out, s->id);
    else
        sign_put_stamp_id(s, s->stamp_count - 1, out);
}

static es_status new_list(struct es_signing *s, struct es_error *err)
{
    struct es_buf *out = &s->list;

    es_buf_put_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                        "<ofd:Signatures xmlns:ofd=\"" NAMESPACE "\"><ofd:MaxSignId>");
    put_highest(s, out);
    es_buf_put_str(out, "</ofd:MaxSignId>");
    put_line(s, "ofd", out);
    es_buf_put_str(out, "</ofd:Signatures>");
    return es_buf_check(out, err);
}

/* Before the end of the root; from back to front, so that positions stay true. */
static es_status extend_list(struct es_signing *s, const struct es_xml_node *root,
                             struct es_span bytes, struct es_error *err)
{
    ES_AUTO(es_buf) line = ES_BUF_INIT(16384);
    ES_AUTO(es_buf) number = ES_BUF_INIT(64);
    const struct es_xml_node *declared = es_xml_child(root, "MaxSignId");

    ES_ENSURE(!root->self_closing, err, ES_E_OFD, "%s is empty but named", s->list_entry);
    put_line(s, root->prefix, &line);
    put_highest(s, &number);
    ES_TRY(es_buf_check(&line, err));
    ES_TRY(es_buf_check(&number, err));
    es_buf_put_span(&s->list, es_span_sub(bytes, 0, root->close_off));
    es_buf_put_span(&s->list, es_buf_span(&line));
    es_buf_put_span(&s->list, es_span_sub(bytes, root->close_off, bytes.len));
    if (declared != NULL && !declared->self_closing && declared->first == NULL) {
        struct es_span tail = es_span_of(s->list.ptr + declared->close_off,
                                         s->list.len - declared->close_off);
        ES_AUTO(es_buf) rest = ES_BUF_INIT(ES_SIGN_TEXT_MAX);

        es_buf_put_span(&rest, tail);
        ES_TRY(es_buf_check(&rest, err));
        s->list.len = declared->open_end_off;
        es_buf_put_span(&s->list, es_buf_span(&number));
        es_buf_put_span(&s->list, es_buf_span(&rest));
    }
    return es_buf_check(&s->list, err);
}

/* ---- the entry point ---- */

/* OFD.xml gets the path of the list, in the first DocBody, behind Versions or DocRoot. */
static es_status extend_entry_point(struct es_signing *s, struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_SIGN_TEXT_MAX);
    ES_AUTO(es_buf) line = ES_BUF_INIT(16384);
    struct es_xml_node *root = NULL, *body, *after;

    ES_TRY(es_ofd_load(s->ofd, s->ofd->root, NULL, &bytes, err));
    ES_TRY(es_xml_parse(es_buf_span(&bytes), &s->ofd->limits.xml, &s->arena, &root, err));
    body = es_ofd_child(root, "DocBody", NULL);
    after = es_ofd_child(body, "Versions", NULL);
    if (after == NULL)
        after = es_ofd_child(body, "DocRoot", NULL);
    ES_ENSURE(after != NULL, err, ES_E_OFD, "OFD.xml has no DocRoot");
    es_buf_put_byte(&line, '<');
    put_prefix(&line, after->prefix);
    es_buf_put_str(&line, "Signatures>/");
    es_xml_put_escaped(&line, es_span_str(s->list_entry));
    es_buf_put_str(&line, "</");
    put_prefix(&line, after->prefix);
    es_buf_put_str(&line, "Signatures>");
    ES_TRY(es_buf_check(&line, err));
    es_buf_put_span(&s->entry_point, es_span_sub(es_buf_span(&bytes), 0, after->end_off));
    es_buf_put_span(&s->entry_point, es_buf_span(&line));
    es_buf_put_span(&s->entry_point, es_span_sub(es_buf_span(&bytes), after->end_off, bytes.len));
    return es_buf_check(&s->entry_point, err);
}

es_status sign_list(struct es_signing *s, struct es_error *err)
{
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(ES_SIGN_TEXT_MAX);
    struct es_xml_node *root = NULL;
    uint32_t max = 0;
    bool prefixed = false;

    ES_TRY(choose_list(s, err));
    ES_TRY(choose_folder(s, err));
    if (s->ofd->signatures != NULL) {
        ES_TRY(es_ofd_load(s->ofd, s->ofd->signatures, NULL, &bytes, err));
        ES_TRY(es_xml_parse(es_buf_span(&bytes), &s->ofd->limits.xml, &s->arena, &root, err));
        ES_TRY(highest(s, root, &max, &prefixed, err));
    }
    ES_TRY(choose_id(s, max, prefixed, err));
    if (es_ofd_signatures_entry(s->ofd) == NULL)
        ES_TRY(extend_entry_point(s, err));
    return root == NULL ? new_list(s, err) : extend_list(s, root, es_buf_span(&bytes), err);
}
