/* verification.md 9.2 xml-01, xml-03, xml-07, xml-08: files that are no plain XML. */
#include "attack.h"

#define MIB ((size_t) 1 << 20)

static const char bomb[] =
    "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">"
    "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\">"
    "<!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;\"><!ENTITY f \"&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;\">"
    "<!ENTITY g \"&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;\"><!ENTITY i \"&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;\">"
    "]>";

/* The name of the root element's start, as it stands in the entry. */
static const char *root_of(const char *entry)
{
    return strcmp(entry, TAG) == 0 ? "<tags" : "<ofd:";
}

/* arg2 (or the bomb) in front of the root of entry arg, and the entity used in it. */
static void build_prolog(struct attack *a)
{
    struct es_buf to = ES_BUF_INIT(4096);
    const char *root = root_of(a->c->arg);

    es_buf_printf(&to, "%s%s", a->c->arg2 == NULL ? bomb : a->c->arg2, root);
    attack_change(a, a->c->arg, root, es_buf_cstr(&to));
    es_buf_clear(&to);
}

/* A bomb that is also used. */
static void build_bomb_used(struct attack *a)
{
    struct es_buf text = ES_BUF_INIT(MIB);
    const char *root = "<ofd:Page";

    es_buf_printf(&text, "%s%s", bomb, root);
    pkg_clear(&a->pkg);
    pkg_copy(&a->w->document, &a->pkg);
    pkg_replace(&a->pkg, PAGE, root, es_buf_cstr(&text));
    pkg_replace(&a->pkg, PAGE, "</ofd:TextCode>", "&i;</ofd:TextCode>");
    attack_sign(a);
    es_buf_clear(&text);
}

/* In entry arg, in front of its first end tag, arg2. */
static void build_inside(struct attack *a)
{
    struct es_buf to = ES_BUF_INIT(4096);
    const char *end = strcmp(a->c->arg, TAG) == 0 ? "</" : "</ofd:";

    es_buf_printf(&to, "%s%s", a->c->arg2, end);
    attack_change(a, a->c->arg, end, es_buf_cstr(&to));
    es_buf_clear(&to);
}

/* A page whose XML declaration is arg. */
static void build_declaration(struct attack *a)
{
    attack_change(a, PAGE, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", a->c->arg);
}

/* The start tag of the first Layer of the page gets arg. */
static void build_attribute(struct attack *a)
{
    struct es_buf to = ES_BUF_INIT(4096);

    es_buf_printf(&to, "<ofd:Layer %s ID=", a->c->arg);
    attack_change(a, PAGE, "<ofd:Layer ID=", es_buf_cstr(&to));
    es_buf_clear(&to);
}

/* Page 1 in UTF-16, arg "le" or "be", arg2 "bom" or not. ASCII only, so that this stays short. */
static void build_utf16(struct attack *a)
{
    const char *text = "<?xml version=\"1.0\" encoding=\"UTF-16\"?>"
                       "<Page xmlns=\"http://www.ofdspec.org/2016\"><Content/></Page>";
    bool little = strcmp(a->c->arg, "le") == 0;
    struct es_buf out = ES_BUF_INIT(4096);

    if (strcmp(a->c->arg2, "bom") == 0)
        es_buf_put_str(&out, little ? "\xff\xfe" : "\xfe\xff");
    for (; *text != 0; text++) {
        uint8_t pair[2] = {little ? (uint8_t) *text : 0, little ? 0 : (uint8_t) *text};

        es_buf_put(&out, pair, 2);
    }
    attack_content(a, PAGE, es_buf_span(&out));
    es_buf_clear(&out);
}

/* UTF-8 byte order mark in front of entry arg. */
static void build_bom(struct attack *a)
{
    attack_change(a, a->c->arg, "<", "\xef\xbb\xbf<");
}

/* Entry arg is arg2 as a whole. */
static void build_whole(struct attack *a)
{
    attack_content(a, a->c->arg, es_span_str(a->c->arg2));
}

static void put_times(struct es_buf *out, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        es_buf_put_str(out, text);
}

#define PAGE_HEAD                                                                                  \
    "<ofd:Page xmlns:ofd=\"http://www.ofdspec.org/2016\"><ofd:Content><ofd:Layer ID=\"60\""
#define PAGE_TAIL "</ofd:Layer></ofd:Content></ofd:Page>"

/* Pages too large: stored, so that the container's own limits stay out of it. */
static void finish_large(struct attack *a, const char *entry, struct es_buf *text)
{
    assert_int_equal(text->failed, ES_OK);
    attack_content(a, entry, es_buf_span(text));
    es_buf_clear(text);
    attack_parts(a);
}

static void build_deep(struct attack *a)
{
    struct es_buf text = ES_BUF_INIT(256 * MIB);
    size_t depth = (size_t) attack_number(a->c->arg);

    es_buf_put_str(&text, PAGE_HEAD ">");
    put_times(&text, "<a>", depth);
    put_times(&text, "</a>", depth);
    es_buf_put_str(&text, PAGE_TAIL);
    finish_large(a, a->c->arg2 == NULL ? PAGE : a->c->arg2, &text);
}

static void build_wide(struct attack *a)
{
    struct es_buf text = ES_BUF_INIT(256 * MIB);
    size_t count = (size_t) attack_number(a->c->arg);

    es_buf_put_str(&text, PAGE_HEAD);
    for (size_t i = 0; i < count; i++)
        es_buf_printf(&text, " a%zx=''", i);
    es_buf_put_str(&text, ">" PAGE_TAIL);
    finish_large(a, PAGE, &text);
}

static void build_long_text(struct attack *a)
{
    struct es_buf text = ES_BUF_INIT(256 * MIB);

    es_buf_put_str(&text, PAGE_HEAD "><ofd:TextObject ID=\"61\"><ofd:TextCode>");
    put_times(&text, "0123456789abcdef0123456789abcdef", (size_t) attack_number(a->c->arg) / 32);
    es_buf_put_str(&text, "</ofd:TextCode></ofd:TextObject>" PAGE_TAIL);
    finish_large(a, a->c->arg2 == NULL ? PAGE : a->c->arg2, &text);
}

#define BAD ES_OUTCOME_INVALID
#define GOOD ES_OUTCOME_VALID
#define OPEN ES_OUTCOME_INDETERMINATE
#define DTD "xml_dtd_forbidden"
#define MALFORMED "xml_malformed"
#define LIMIT "limit_exceeded"
#define SYSTEM_FILE "<!DOCTYPE x [<!ENTITY i SYSTEM \"file:///etc/hostname\">]>"
#define SYSTEM_HTTP "<!DOCTYPE x SYSTEM \"http://127.0.0.1:9/x.dtd\">"
#define SHEET "<?xml-stylesheet type=\"text/xsl\" href=\"http://127.0.0.1:9/x.xsl\"?>"
#define XINCLUDE                                                                                   \
    "<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"file:///etc/hostname\" "      \
    "parse=\"text\"/>"

/* clang-format off */
static const struct attack_case rows[] = {
    {"xml-01: entity bomb in a page", build_prolog, BAD, DTD, ES_E_OFD, PAGE},
    {"xml-01: entity bomb in a page, used", build_bomb_used, BAD, DTD, ES_E_OFD},
    {"xml-01: entity bomb in page 2", build_prolog, BAD, DTD, ES_E_OFD,
     "Doc_0/Pages/Page_1/Content.xml"},
    {"xml-01: entity bomb in the entry point", build_prolog, BAD, DTD, ES_E_OFD, "OFD.xml"},
    {"xml-01: entity bomb in the document", build_prolog, BAD, DTD, ES_E_OFD, DOCUMENT},
    {"xml-01: entity bomb in the signature list", build_prolog, BAD, DTD, ES_E_OFD, LIST},
    {"xml-01: entity bomb in the signature", build_prolog, BAD, DTD, ES_E_OFD, SIGNATURE},
    {"xml-01: entity bomb in a resource list", build_prolog, BAD, DTD, ES_E_OFD,
     "Doc_0/PublicRes.xml"},
    {"xml-01: entity bomb in a template", build_prolog, BAD, DTD, ES_E_OFD,
     "Doc_0/Tpls/Tpl_0/Content.xml"},
    {"xml-01: entity bomb in an annotation", build_prolog, BAD, DTD, ES_E_OFD,
     "Doc_0/Annots/Page_0/Annotation.xml"},
    {"xml-01: entity bomb in the attachment list", build_prolog, BAD, DTD, ES_E_OFD,
     "Doc_0/Attachs/Attachments.xml"},
    {"xml-01: entity bomb in a custom tag", build_prolog, BAD, DTD, ES_E_OFD, TAG},
    {"xml-02: external entity, file", build_prolog, BAD, DTD, ES_E_OFD, PAGE, SYSTEM_FILE},
    {"xml-02: external DTD, HTTP", build_prolog, BAD, DTD, ES_E_OFD, PAGE, SYSTEM_HTTP},
    {"xml-02: external entity in the signature", build_prolog, BAD, DTD, ES_E_OFD, SIGNATURE,
     SYSTEM_FILE},
    {"xml-03: style sheet instruction", build_prolog, BAD, DTD, ES_E_OFD, PAGE, SHEET},
    {"xml-03: style sheet instruction in the entry point", build_prolog, BAD, DTD, ES_E_OFD,
     "OFD.xml", SHEET},
    {"xml-03: XInclude in a page is left alone", build_inside, GOOD, "!" DTD, ES_OK, PAGE,
     XINCLUDE},
    {"xml-07: attribute twice", build_attribute, BAD, MALFORMED, ES_E_OFD, "ID=\"1\""},
    {"xml-07: attribute with an unknown entity", build_attribute, BAD, MALFORMED, ES_E_OFD,
     "DrawParam=\"&unknown;\""},
    {"xml-07: unknown entity in text", build_inside, BAD, MALFORMED, ES_E_OFD, PAGE, "&unknown;"},
    {"xml-07: UTF-16 with mark", build_utf16, BAD, MALFORMED, ES_E_OFD, "le", "bom"},
    {"xml-07: UTF-16 with mark, other order", build_utf16, BAD, MALFORMED, ES_E_OFD, "be", "bom"},
    {"xml-07: UTF-16 without mark", build_utf16, BAD, MALFORMED, ES_E_OFD, "le", "none"},
    {"xml-07: declared UTF-16, is UTF-8", build_declaration, BAD, MALFORMED, ES_E_OFD,
     "<?xml version=\"1.0\" encoding=\"UTF-16\"?>"},
    {"xml-07: declared GB18030, is UTF-8", build_declaration, BAD, MALFORMED, ES_E_OFD,
     "<?xml version=\"1.0\" encoding=\"GB18030\"?>"},
    {"xml-07: declared UTF-8, is GBK", build_inside, BAD, MALFORMED, ES_E_OFD, PAGE, "\xd5\xe2"},
    {"xml-07: NUL by reference", build_inside, BAD, MALFORMED, ES_E_OFD, PAGE, "&#0;"},
    {"xml-07: mark alone before the page", build_bom, GOOD, "!" MALFORMED, ES_OK, PAGE},
    {"xml-07: mark alone before the entry point", build_bom, GOOD, "!" MALFORMED, ES_OK,
     "OFD.xml"},
    {"xml-07: mark alone before the signature", build_bom, GOOD, "!" MALFORMED, ES_OK, SIGNATURE},
    {"xml-07: mark alone before the signature list", build_bom, GOOD, "!" MALFORMED, ES_OK, LIST},
    {"xml-07: nothing but a mark", build_whole, BAD, MALFORMED, ES_E_OFD, PAGE, "\xef\xbb\xbf"},
    {"xml-07: broken page 2", build_whole, BAD, MALFORMED, ES_E_OFD,
     "Doc_0/Pages/Page_1/Content.xml", "<ofd:Page>"},
    {"xml-07: broken signature list", build_whole, BAD, MALFORMED, ES_E_OFD, LIST, "<x>"},
    {"xml-07: broken custom tag alone", build_whole, GOOD, "form_deviation !" MALFORMED, ES_OK,
     TAG, "<tags><amount>100</tags>", .strict = BAD},
    {"xml-08: page a million deep", build_deep, OPEN, LIMIT, ES_E_LIMIT, "1000000"},
    {"xml-08: page 2 a million deep", build_deep, OPEN, LIMIT, ES_E_LIMIT, "1000000",
     "Doc_0/Pages/Page_1/Content.xml"},
    {"xml-08: document a million deep", build_deep, OPEN, LIMIT, ES_E_LIMIT, "1000000", DOCUMENT},
    {"xml-08: one level too deep", build_deep, OPEN, LIMIT, ES_E_LIMIT, "126"},
    {"xml-08: as deep as allowed", build_deep, GOOD, "!" LIMIT, ES_OK, "125"},
    {"xml-08: ten million attributes", build_wide, OPEN, LIMIT, ES_E_LIMIT, "10000000"},
    {"xml-08: a hundred thousand attributes", build_wide, OPEN, LIMIT, ES_E_LIMIT, "100000"},
    {"xml-08: text of 64 MB", build_long_text, OPEN, LIMIT, ES_E_LIMIT, "64000000"},
    {"xml-08: text of 64 MB on page 2", build_long_text, OPEN, LIMIT, ES_E_LIMIT, "64000000",
     "Doc_0/Pages/Page_1/Content.xml"},
};
/* clang-format on */

const struct attack_table attack_xml_files = ATTACK_TABLE(rows);
