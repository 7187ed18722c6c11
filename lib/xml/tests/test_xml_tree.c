/* The tree: names, values, text, positions (xml-06, xml-07), and what is refused (xml-01 to 03). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_xml.h"

struct parsed {
    struct es_arena arena;
    struct es_xml_node *root;
    struct es_error err;
    es_status status;
};

static void parse(struct parsed *p, struct es_span doc)
{
    struct es_xml_limits limits = es_xml_limits_default();

    memset(p, 0, sizeof *p);
    es_arena_init(&p->arena, 0);
    p->status = es_xml_parse(doc, &limits, &p->arena, &p->root, &p->err);
}

static void expect_status(const char *doc, es_status status)
{
    struct parsed p;

    parse(&p, es_span_str(doc));
    if (p.status != status)
        fail_msg("%s: %s instead of %s", doc, es_status_name(p.status), es_status_name(status));
    assert_true((p.root == NULL) == (status != ES_OK));
    es_arena_clear(&p.arena);
}

static void names_namespaces_and_prefixes_are_taken_apart(void **state)
{
    struct parsed p;
    struct es_xml_node *n;

    (void) state;
    parse(&p, es_span_str("<ofd:OFD xmlns:ofd='http://www.ofdspec.org/2016' Version='1.0'>"
                          "<DocBody xmlns='urn:x'/><plain/></ofd:OFD>"));
    assert_int_equal(p.status, ES_OK);
    assert_string_equal(p.root->name, "OFD");
    assert_string_equal(p.root->uri, "http://www.ofdspec.org/2016");
    assert_string_equal(p.root->prefix, "ofd");
    n = p.root->first;
    assert_string_equal(n->name, "DocBody");
    assert_string_equal(n->uri, "urn:x");
    assert_string_equal(n->prefix, "");
    assert_string_equal(n->next->name, "plain");
    assert_string_equal(n->next->uri, "");
    assert_ptr_equal(n->parent, p.root);
    assert_ptr_equal(p.root->last, n->next);
    es_arena_clear(&p.arena);
}

static void children_are_found_by_local_name(void **state)
{
    struct parsed p;
    struct es_xml_node *b;

    (void) state;
    parse(&p, es_span_str("<a><b>1</b><c/><x:b xmlns:x='u'>2</x:b><b>3</b></a>"));
    b = es_xml_child(p.root, "b");
    assert_true(es_span_is(b->text, "1"));
    assert_true(es_span_is(es_xml_same(b)->text, "2"));
    assert_true(es_span_is(es_xml_same(es_xml_same(b))->text, "3"));
    assert_null(es_xml_same(es_xml_same(es_xml_same(b))));
    assert_int_equal(es_xml_count(p.root, "b"), 3);
    assert_int_equal(es_xml_count(p.root, "d"), 0);
    assert_null(es_xml_child(p.root, "d"));
    assert_null(es_xml_child(NULL, "d"));
    assert_null(es_xml_same(NULL));
    assert_int_equal(es_xml_count(NULL, "d"), 0);
    es_arena_clear(&p.arena);
}

static void attributes_without_namespace_come_first(void **state)
{
    struct parsed p;
    bool found;

    (void) state;
    parse(&p, es_span_str("<a x:ID='1' ID='2' y:ID='3' x:Only='4' e='' xmlns:x='u' xmlns:y='v'/>"));
    assert_int_equal(p.status, ES_OK);
    assert_true(es_span_is(es_xml_attr(p.root, "ID", &found), "2"));
    assert_true(found);
    assert_true(es_span_is(es_xml_attr(p.root, "Only", NULL), "4"));
    assert_int_equal(es_xml_attr(p.root, "e", &found).len, 0);
    assert_true(found);
    assert_int_equal(es_xml_attr(p.root, "none", &found).len, 0);
    assert_false(found);
    assert_int_equal(es_xml_attr(NULL, "none", &found).len, 0);
    assert_false(found);
    es_arena_clear(&p.arena);
}

static void text_is_whole_without_comments_marks_and_children(void **state)
{
    struct parsed p;

    (void) state;
    parse(&p, es_span_str("<a>/Doc_0/Doc<!-- x -->ument<![CDATA[.x]]>m<b>in<c>ner</c>side</b>l"
                          "<?pi y?>&#33;&amp;</a>"));
    assert_int_equal(p.status, ES_OK);
    assert_true(es_span_is(p.root->text, "/Doc_0/Document.xml!&"));
    assert_true(es_span_is(es_xml_child(p.root, "b")->text, "inside"));
    assert_true(es_span_is(es_xml_child(es_xml_child(p.root, "b"), "c")->text, "ner"));
    es_arena_clear(&p.arena);
}

static void check_offsets(const struct es_xml_node *n, const char *doc, const char *whole,
                          const char *inside)
{
    struct es_span all = es_span_str(doc);

    assert_true(es_span_is(es_span_sub(all, n->start_off, n->end_off - n->start_off), whole));
    assert_true(
        es_span_is(es_span_sub(all, n->open_end_off, n->close_off - n->open_end_off), inside));
}

static void positions_are_those_of_the_tags(void **state)
{
    const char *doc = "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<a x='>'>\r\n"
                      "中<b  />&lt;<c></c ><d>\n<e/></d></a>\n";
    struct parsed p;
    struct es_xml_node *b;

    (void) state;
    parse(&p, es_span_str(doc));
    assert_int_equal(p.status, ES_OK);
    check_offsets(p.root, doc, "<a x='>'>\r\n中<b  />&lt;<c></c ><d>\n<e/></d></a>",
                  "\r\n中<b  />&lt;<c></c ><d>\n<e/></d>");
    b = p.root->first;
    check_offsets(b, doc, "<b  />", "");
    assert_true(b->self_closing);
    check_offsets(b->next, doc, "<c></c >", "");
    assert_false(b->next->self_closing);
    check_offsets(b->next->next, doc, "<d>\n<e/></d>", "\n<e/>");
    assert_int_equal(p.root->line, 2);
    assert_int_equal(b->next->next->first->line, 4);
    es_arena_clear(&p.arena);
}

static void text_spliced_at_a_position_lands_inside(void **state)
{
    const char *doc = "\xef\xbb\xbf<l><m>1</m><s ID='1'/></l>";
    ES_AUTO(es_buf) text = ES_BUF_INIT(1000);
    struct parsed p;

    (void) state;
    parse(&p, es_span_str(doc));
    es_buf_put_str(&text, doc);
    es_buf_insert(&text, p.root->close_off, "<s ID='2'/>", 11);
    es_buf_insert(&text, p.root->open_end_off, "<first/>", 8);
    es_arena_clear(&p.arena);
    parse(&p, es_buf_span(&text));
    assert_int_equal(p.status, ES_OK);
    assert_int_equal(es_xml_count(p.root, "s"), 2);
    assert_true(es_span_is(es_xml_attr(p.root->last, "ID", NULL), "2"));
    assert_string_equal(p.root->first->name, "first");
    es_arena_clear(&p.arena);
}

static void positions_hold_across_pieces_of_input(void **state)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(1 << 23);
    struct parsed p;
    size_t count = 0;

    (void) state;
    es_buf_put_str(&text, "<a>");
    while (text.len < 3 << 20)
        es_buf_printf(&text, "<b at='%zu'>%s</b>", text.len, "文字");
    es_buf_put_str(&text, "</a>");
    parse(&p, es_buf_span(&text));
    assert_int_equal(p.status, ES_OK);
    for (struct es_xml_node *n = p.root->first; n != NULL; n = n->next, count++) {
        char at[32];

        (void) snprintf(at, sizeof at, "%zu", n->start_off);
        assert_true(es_span_is(es_xml_attr(n, "at", NULL), at));
        assert_true(es_span_is(n->text, "文字"));
        assert_memory_equal(text.ptr + n->close_off, "</b>", 4);
    }
    assert_true(count > 100000);
    es_arena_clear(&p.arena);
}

static void document_types_are_refused_before_anything_is_read_from_them(void **state)
{
    (void) state;
    expect_status("<!DOCTYPE a><a/>", ES_E_DTD);
    expect_status("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", ES_E_DTD);
    expect_status("<!DOCTYPE a [<!ENTITY x SYSTEM 'http://127.0.0.1:1/x'>]><a>&x;</a>", ES_E_DTD);
    expect_status("<!DOCTYPE a [<!ENTITY % p 'x'> %p; broken", ES_E_DTD);
    expect_status("<!DOCTYPE a [<!ENTITY l 'lol'><!ENTITY m '&l;&l;&l;&l;&l;&l;&l;&l;&l;&l;'>"
                  "<!ENTITY n '&m;&m;&m;&m;&m;&m;&m;&m;&m;&m;'>]><a>&n;</a>",
                  ES_E_DTD);
}

static void style_sheets_are_refused_and_other_instructions_ignored(void **state)
{
    (void) state;
    expect_status("<?xml-stylesheet href='http://127.0.0.1:1/x.xsl'?><a/>", ES_E_DTD);
    expect_status("<a><?xml-stylesheet href='x'?></a>", ES_E_DTD);
    expect_status("<?other x?><a><?other?></a><?more y?>", ES_OK);
    expect_status("<a xmlns:xi='http://www.w3.org/2001/XInclude'>"
                  "<xi:include href='file:///etc/passwd'/></a>",
                  ES_OK);
}

static void what_is_not_well_formed_is_refused(void **state)
{
    static const char *const docs[] = {"",
                                       " ",
                                       "x",
                                       "<a",
                                       "<a>",
                                       "<a></b>",
                                       "<a/><b/>",
                                       "<a/>x",
                                       "<a x='1' x='2'/>",
                                       "<a x:i='1' y:i='2' xmlns:x='u' xmlns:y='u'/>",
                                       "<a>&undefined;</a>",
                                       "<a x='&undefined;'/>",
                                       "<a>&#0;</a>",
                                       "<a>&#xd800;</a>",
                                       "<a>\x01</a>",
                                       "<a x='<'/>",
                                       "<a>]]></a>",
                                       "<a><!-- -- --></a>",
                                       "<p:a/>",
                                       "<a p:x='1'/>",
                                       "<:eInvoice/>",
                                       "<a><:eInvoice>x</:eInvoice></a>",
                                       "\xef\xbb\xbf",
                                       " <?xml version='1.0'?><a/>",
                                       "<a>\xff</a>",
                                       "<a>\xc0\x80</a>",
                                       "<a>\xed\xa0\x80</a>",
                                       "<a>\xf4\x90\x80\x80</a>"};

    (void) state;
    for (size_t i = 0; i < sizeof docs / sizeof *docs; i++)
        expect_status(docs[i], ES_E_FORMAT);
}

static void encodings_other_than_utf8_are_refused(void **state)
{
    static const uint8_t be[] = {0, '<', 0, 'a', 0, '/', 0, '>'};
    static const uint8_t be_bom[] = {0xfe, 0xff, 0, '<', 0, 'a', 0, '/', 0, '>'};
    static const uint8_t le[] = {'<', 0, 'a', 0, '/', 0, '>', 0};
    static const uint8_t le_bom[] = {0xff, 0xfe, '<', 0, 'a', 0, '/', 0, '>', 0};
    const struct es_span wide[] = {es_span_of(be, sizeof be), es_span_of(be_bom, sizeof be_bom),
                                   es_span_of(le, sizeof le), es_span_of(le_bom, sizeof le_bom)};
    static const char *const declared[] = {"UTF-16",     "GB2312", "GB18030",
                                           "ISO-8859-1", "UTF-7",  "x"};
    char doc[128];
    struct parsed p;

    (void) state;
    for (size_t i = 0; i < 4; i++) {
        parse(&p, wide[i]);
        assert_int_equal(p.status, ES_E_FORMAT);
        es_arena_clear(&p.arena);
    }
    for (size_t i = 0; i < sizeof declared / sizeof *declared; i++) {
        (void) snprintf(doc, sizeof doc, "<?xml version='1.0' encoding='%s'?><a/>", declared[i]);
        expect_status(doc, ES_E_FORMAT);
    }
    expect_status("<?xml version='1.0' encoding='US-ASCII'?><a>\xe4\xb8\xad</a>", ES_E_FORMAT);
    expect_status("<?xml version='1.0' encoding='US-ASCII'?><a>x</a>", ES_OK);
    expect_status("<?xml version='1.0' encoding='utf-8'?><a>\xe4\xb8\xad</a>", ES_OK);
    expect_status("\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?><a/>", ES_OK);
    expect_status("\xef\xbb\xbf<a/>", ES_OK);
}

static void a_document_cut_anywhere_is_refused(void **state)
{
    const char *doc = "\xef\xbb\xbf<?xml version='1.0'?><a b='c'>中&amp;<!--x--><d/>"
                      "<![CDATA[y]]></a>";

    (void) state;
    for (size_t len = 0; len < strlen(doc); len++) {
        char *copy = malloc(len + 1); /* its own memory, so that a sanitizer sees the end */
        struct parsed p;

        memcpy(copy, doc, len);
        parse(&p, es_span_of(copy, len));
        assert_int_equal(p.status, ES_E_FORMAT);
        es_arena_clear(&p.arena);
        free(copy);
    }
}

static void escaped_text_reads_back_as_it_was(void **state)
{
    const char *text = "<a href=\"x\" b='y'>&amp; \r\n\t]]> 中\U0001F512";
    ES_AUTO(es_buf) doc = ES_BUF_INIT(1000);
    struct parsed p;

    (void) state;
    es_buf_put_str(&doc, "<a b=\"");
    es_xml_put_escaped(&doc, es_span_str(text));
    es_buf_put_str(&doc, "\" c='");
    es_xml_put_escaped(&doc, es_span_str(text));
    es_buf_put_str(&doc, "'>");
    es_xml_put_escaped(&doc, es_span_str(text));
    es_buf_put_str(&doc, "</a>");
    parse(&p, es_buf_span(&doc));
    assert_int_equal(p.status, ES_OK);
    assert_true(es_span_is(p.root->text, text));
    assert_true(es_span_is(es_xml_attr(p.root, "b", NULL), text));
    assert_true(es_span_is(es_xml_attr(p.root, "c", NULL), text));
    es_arena_clear(&p.arena);
}

static void characters_xml_forbids_become_the_replacement_character(void **state)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(1000);

    (void) state;
    es_xml_put_escaped(&out, es_span_of("a\0\x1f\xff\xef\xbf\xbe\xed\xa0\x80z", 11));
    assert_true(es_span_is(es_buf_span(&out), "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                                              "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_namespaces_and_prefixes_are_taken_apart),
        cmocka_unit_test(children_are_found_by_local_name),
        cmocka_unit_test(attributes_without_namespace_come_first),
        cmocka_unit_test(text_is_whole_without_comments_marks_and_children),
        cmocka_unit_test(positions_are_those_of_the_tags),
        cmocka_unit_test(text_spliced_at_a_position_lands_inside),
        cmocka_unit_test(positions_hold_across_pieces_of_input),
        cmocka_unit_test(document_types_are_refused_before_anything_is_read_from_them),
        cmocka_unit_test(style_sheets_are_refused_and_other_instructions_ignored),
        cmocka_unit_test(what_is_not_well_formed_is_refused),
        cmocka_unit_test(encodings_other_than_utf8_are_refused),
        cmocka_unit_test(a_document_cut_anywhere_is_refused),
        cmocka_unit_test(escaped_text_reads_back_as_it_was),
        cmocka_unit_test(characters_xml_forbids_become_the_replacement_character),
    };

    return cmocka_run_group_tests_name("xml/tree", tests, NULL, NULL);
}
