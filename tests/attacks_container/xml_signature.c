/*
 * verification.md 9.2 xml-04, xml-05, xml-06, xml-09: Signature.xml and the paths that lead to it,
 * written so that two readers might read two things. The signature value is made anew each time:
 * what is judged is the text, not its digest.
 */
#include "attack.h"

/* In entry PATH (SIGNATURE unless arg names another after '|'), arg becomes arg2. */
static void build_change(struct attack *a)
{
    attack_change(a, SIGNATURE, a->c->arg, a->c->arg2);
}

static void build_entry_point(struct attack *a)
{
    attack_change(a, "OFD.xml", a->c->arg, a->c->arg2);
}

static void build_list(struct attack *a)
{
    attack_change(a, LIST, a->c->arg, a->c->arg2);
}

/* ---- CheckValue ---- */

static char *value_text(struct pkg_entry *xml, size_t nth)
{
    struct es_span rest = es_buf_span(&xml->bytes);
    size_t at = 0;

    for (size_t i = 0; i <= nth; i++) {
        if (!es_span_search(rest, es_span_str("<ofd:CheckValue>"), &at))
            return NULL;
        rest = es_span_sub(rest, at + 16, rest.len);
    }
    return (char *) xml->bytes.ptr + (xml->bytes.len - rest.len);
}

static struct pkg_entry *signed_document(struct attack *a)
{
    attack_unsealed(a);
    attack_sign(a);
    return pkg_find(&a->pkg, SIGNATURE);
}

/* arg stands between all characters of the first CheckValue. */
static void build_between(struct attack *a)
{
    struct pkg_entry *xml = signed_document(a);
    struct es_buf out = ES_BUF_INIT(1u << 20);
    size_t from = (size_t) (value_text(xml, 0) - (char *) xml->bytes.ptr);

    es_buf_put(&out, xml->bytes.ptr, from);
    for (size_t i = from; i < from + 44; i++) {
        es_buf_put_byte(&out, xml->bytes.ptr[i]);
        es_buf_put_str(&out, a->c->arg);
    }
    es_buf_put(&out, xml->bytes.ptr + from + 44, xml->bytes.len - from - 44);
    pkg_set(&a->pkg, SIGNATURE, out.ptr, out.len);
    world_lax_resign(a->w, &a->pkg, 0);
    es_buf_clear(&out);
}

/* The first + or / of any CheckValue in the alphabet for addresses. */
static void build_other_alphabet(struct attack *a)
{
    struct pkg_entry *xml = signed_document(a);
    char *hit = NULL;

    for (size_t n = 0; hit == NULL; n++) {
        char *value = value_text(xml, n);

        if (value == NULL)
            fail_msg("no CheckValue has + or /");
        for (size_t i = 0; i < 43 && hit == NULL; i++)
            if (value[i] == '+' || value[i] == '/')
                hit = &value[i];
    }
    *hit = *hit == '+' ? '-' : '_';
    world_lax_resign(a->w, &a->pkg, 0);
}

/* The two bits that the last character has to spare are set. */
static void build_bits_behind_end(struct attack *a)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct pkg_entry *xml = signed_document(a);
    char *last = value_text(xml, 0) + 42;

    assert_int_equal(last[1], '=');
    *last = alphabet[strchr(alphabet, *last) - alphabet + 1];
    world_lax_resign(a->w, &a->pkg, 0);
}

/* The digest of the first reference is that of other bytes, written as arg says. */
static void build_wrong_value(struct attack *a)
{
    struct pkg_entry *xml = signed_document(a);
    char *value = value_text(xml, 0);

    value[3] = value[3] == 'A' ? 'B' : 'A';
    pkg_replace(&a->pkg, SIGNATURE, "<ofd:CheckValue>", a->c->arg);
    world_lax_resign(a->w, &a->pkg, 0);
}

/* Page 1 changed after the sealing; a second attribute names an entry that did not change. */
static void build_prefixed_attribute(struct attack *a)
{
    attack_change(a, SIGNATURE, "FileRef=\"/" PAGE "\"", a->c->arg);
}

/*
 * Document.xml leads to a page by an attribute of the standard and, in front of it, by one of a
 * strange namespace. The page that is shown is not protected.
 */
static void build_prefixed_page(struct attack *a)
{
    static const char *refs[64];
    const struct lax lax = {.refs = refs};
    size_t count = 0;

    attack_unsealed(a);
    pkg_add(&a->pkg, "Doc_0/Pages/Page_9/Content.xml", attack_bad_page(a).ptr,
            attack_bad_page(a).len);
    pkg_replace(&a->pkg, DOCUMENT, "<ofd:Page ID=\"1\" BaseLoc=\"Pages/Page_0/Content.xml\"/>",
                a->c->arg);
    for (size_t i = 0; i < a->pkg.count; i++)
        if (strstr(a->pkg.entries[i].name, "Page_9") == NULL)
            refs[count++] = a->pkg.entries[i].name;
    /* OFD.xml names the list before it is digested, as the product does. */
    world_lax_sign(a->w, &a->pkg, &lax);
}

#define BAD ES_OUTCOME_INVALID
#define GOOD ES_OUTCOME_VALID
#define AMBIGUOUS "signature_ambiguous"
#define STRUCTURE "structure_invalid"
#define OTHER_INFO                                                                                 \
    "<ofd:SignedInfo><ofd:References CheckMethod=\"1.2.156.10197.1.401\"/></ofd:SignedInfo>"
#define OTHER_REFS "<ofd:References CheckMethod=\"1.2.156.10197.1.401\"></ofd:References>"
#define OTHER_VALUE "<ofd:SignedValue>/Doc_0/Signs/Sign_0/Seal.esl</ofd:SignedValue>"
#define STRANGE_INFO "<x:SignedInfo xmlns:x=\"urn:x\"><x:References/></x:SignedInfo>"
#define DOC_ROOT "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>"
#define VALUE "<ofd:CheckValue>"

/* clang-format off */
static const struct attack_case rows[] = {
    {"xml-04: two SignedInfo, wrong one first", build_change, BAD, AMBIGUOUS, ES_E_OFD,
     "<ofd:SignedInfo>", OTHER_INFO "<ofd:SignedInfo>"},
    {"xml-04: two SignedInfo, wrong one last", build_change, BAD, AMBIGUOUS, ES_E_OFD,
     "</ofd:SignedInfo>", "</ofd:SignedInfo>" OTHER_INFO},
    {"xml-04: two References, wrong one first", build_change, BAD, AMBIGUOUS, ES_E_OFD,
     "<ofd:References", OTHER_REFS "<ofd:References"},
    {"xml-04: two References, wrong one last", build_change, BAD, AMBIGUOUS, ES_E_OFD,
     "</ofd:References>", "</ofd:References>" OTHER_REFS},
    {"xml-04: two SignedValue, wrong one first", build_change, BAD, AMBIGUOUS, ES_E_OFD,
     "<ofd:SignedValue>", OTHER_VALUE "<ofd:SignedValue>"},
    {"xml-04: two SignedValue, wrong one last", build_change, BAD, AMBIGUOUS, ES_E_OFD,
     "</ofd:SignedValue>", "</ofd:SignedValue>" OTHER_VALUE},
    {"xml-04: two CheckValue in one reference", build_change, BAD, AMBIGUOUS, ES_E_OFD,
     "</ofd:CheckValue>", "</ofd:CheckValue><ofd:CheckValue>AAAA</ofd:CheckValue>"},
    {"xml-04: two Seal", build_change, BAD, AMBIGUOUS, ES_E_OFD,
     "<ofd:Seal>", "<ofd:Seal><ofd:BaseLoc>/OFD.xml</ofd:BaseLoc></ofd:Seal><ofd:Seal>"},
    {"xml-05: SignedInfo of another namespace first", build_change, BAD, STRUCTURE, ES_E_OFD,
     "<ofd:SignedInfo>", STRANGE_INFO "<ofd:SignedInfo>"},
    {"xml-05: SignedInfo of another namespace last", build_change, BAD, STRUCTURE, ES_E_OFD,
     "</ofd:SignedInfo>", "</ofd:SignedInfo>" STRANGE_INFO},
    {"xml-05: SignedInfo of no namespace first", build_change, BAD, STRUCTURE, ES_E_OFD,
     "<ofd:SignedInfo>", "<SignedInfo/><ofd:SignedInfo>"},
    {"xml-05: Reference of another namespace", build_change, BAD, STRUCTURE, ES_E_OFD,
     "</ofd:References>", "<x:Reference xmlns:x=\"urn:x\" FileRef=\"/x\"><ofd:CheckValue>AAAA"
     "</ofd:CheckValue></x:Reference></ofd:References>"},
    {"xml-05: StampAnnot of another namespace", build_change, BAD, STRUCTURE, ES_E_OFD,
     "<ofd:StampAnnot ", "<x:StampAnnot xmlns:x=\"urn:x\" ID=\"901\" PageRef=\"2\" "
     "Boundary=\"0 0 42 42\"/><ofd:StampAnnot "},
    {"xml-06: comments inside CheckValue", build_between, GOOD, "!" STRUCTURE, ES_OK, "<!--A-->"},
    {"xml-06: instructions inside CheckValue", build_between, GOOD, "!" STRUCTURE, ES_OK, "<?A?>"},
    {"xml-06: CDATA around CheckValue", build_between, GOOD, "!" STRUCTURE, ES_OK, "<![CDATA[]]>"},
    /* Whether an earlier digest holds is for verification to tell: sealing reads, but does not
       verify, the seals that are there. */
    {"xml-06: comment before a wrong CheckValue", build_wrong_value, BAD, "digest_mismatch",
     ES_OK, VALUE "<!-- -->"},
    {"xml-06: wrong CheckValue without comment", build_wrong_value, BAD, "digest_mismatch",
     ES_OK, VALUE},
    {"xml-06: comment inside SignedValue", build_change, GOOD, "!" STRUCTURE, ES_OK,
     "/SignedValue.dat", "/Signed<!-- x -->Value.dat"},
    {"xml-06: CDATA inside SignedValue", build_change, GOOD, "!" STRUCTURE, ES_OK,
     "/SignedValue.dat", "/Signed<![CDATA[Value]]>.dat"},
    {"xml-06: comment inside the seal's BaseLoc", build_change, GOOD, "!" STRUCTURE, ES_OK,
     "/Seal.esl", "/Se<!-- x -->al.esl"},
    {"xml-06: comment inside SignatureMethod", build_change, GOOD, "!algorithm_mismatch", ES_OK,
     "1.2.156.10197.1.501", "1.2.156.10197<!-- x -->.1.501"},
    {"xml-06: comment inside DocRoot", build_entry_point, GOOD, "!" STRUCTURE, ES_OK,
     DOC_ROOT, "<ofd:DocRoot>Doc_0/Doc<!-- -->ument.xml</ofd:DocRoot>"},
    {"xml-06: CDATA inside DocRoot", build_entry_point, GOOD, "!" STRUCTURE, ES_OK,
     DOC_ROOT, "<ofd:DocRoot><![CDATA[Doc_0/Doc]]>ument.xml</ofd:DocRoot>"},
    /* In an attribute, where FileRef stands, '<' is not well formed. */
    {"xml-06: comment inside FileRef", build_change, BAD, "xml_malformed", ES_E_OFD,
     "/Doc_0/Document.xml", "/Doc_0/Doc<!-- -->ument.xml"},
    {"xml-06: escaped comment inside FileRef is part of the name", build_change, BAD,
     "range_entry_missing range_entry_unprotected", ES_E_OFD,
     "/Doc_0/Document.xml", "/Doc_0/Doc&lt;!-- --&gt;ument.xml"},
    {"xml-06: character references inside FileRef", build_change, GOOD, "!" STRUCTURE, ES_OK,
     "/Doc_0/Document.xml", "/Doc_0/Doc&#117;&#x6d;ent.xml"},
    {"xml-07: attribute twice in a reference", build_change, BAD, "xml_malformed", ES_E_OFD,
     "<ofd:Reference ", "<ofd:Reference FileRef=\"/x\" "},
    {"xml-07: attribute twice in the list", build_list, BAD, "xml_malformed", ES_E_OFD,
     " Type=", " BaseLoc=\"/x\" Type="},
    {"xml-07: strange FileRef beside the plain one", build_prefixed_attribute, BAD, STRUCTURE,
     ES_E_OFD, "xmlns:x=\"urn:x\" x:FileRef=\"/OFD.xml\" FileRef=\"/" PAGE "\""},
    {"xml-07: strange BaseLoc beside the plain one, page", build_prefixed_page, BAD,
     STRUCTURE, ES_E_OFD, "<ofd:Page xmlns:x=\"urn:x\" ID=\"1\" "
     "x:BaseLoc=\"Pages/Page_0/Content.xml\" BaseLoc=\"Pages/Page_9/Content.xml\"/>"},
    {"xml-07: plain BaseLoc before a strange one, page", build_prefixed_page, BAD,
     STRUCTURE, ES_E_OFD, "<ofd:Page xmlns:x=\"urn:x\" ID=\"1\" "
     "BaseLoc=\"Pages/Page_0/Content.xml\" x:BaseLoc=\"Pages/Page_9/Content.xml\"/>"},
    {"xml-09: CheckValue with line breaks", build_between, GOOD, "!" STRUCTURE, ES_OK, "\n"},
    {"xml-09: CheckValue with carriage returns and tabs", build_between, GOOD, "!" STRUCTURE,
     ES_OK, "&#13;\n\t"},
    {"xml-09: CheckValue with another blank", build_between, BAD, STRUCTURE, ES_E_OFD,
     "\xc2\xa0"},
    {"xml-09: CheckValue in another alphabet", build_other_alphabet, BAD, STRUCTURE, ES_E_OFD},
    {"xml-09: padding missing", build_change, BAD, STRUCTURE, ES_E_OFD,
     "=</ofd:CheckValue>", "</ofd:CheckValue>"},
    {"xml-09: padding surplus", build_change, BAD, STRUCTURE, ES_E_OFD,
     "=</ofd:CheckValue>", "==</ofd:CheckValue>"},
    {"xml-09: a whole group of padding", build_change, BAD, STRUCTURE, ES_E_OFD,
     "=</ofd:CheckValue>", "=====</ofd:CheckValue>"},
    {"xml-09: text behind the padding", build_change, BAD, STRUCTURE, ES_E_OFD,
     "=</ofd:CheckValue>", "=AAAA</ofd:CheckValue>"},
    {"xml-09: bits set behind the end", build_bits_behind_end, BAD, STRUCTURE, ES_E_OFD},
    {"xml-09: CheckValue empty", build_change, BAD, "!check_not_run", ES_E_OFD,
     VALUE, VALUE "</ofd:CheckValue></ofd:Reference><ofd:Reference FileRef=\"/x\">" VALUE},
};
/* clang-format on */

const struct attack_table attack_xml_signature = ATTACK_TABLE(rows);
