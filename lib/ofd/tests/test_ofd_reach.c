/* What a reader can reach (verification.md 9.3: ofd-03 to ofd-08, ofd-27, ofd-29). */
#include "ofd_fixture.h"

static enum es_reach marks[FILES_MAX];

static void reach_it(struct fixture *f)
{
    if (!f->ofd)
        assert_int_equal(open_it(f), ES_OK);
    assert_int_equal(es_ofd_reach(f->ofd, marks, f->count, &f->findings, &f->err), ES_OK);
}

static enum es_reach mark(struct fixture *f, const char *name)
{
    const struct es_zip_entry *entry = es_zip_find(es_ofd_zip(f->ofd), es_span_str(name));

    assert_non_null(entry);
    return marks[entry->index];
}

static void the_parts_of_a_signed_document_are_told_apart(void **state)
{
    struct fixture *f = *state;

    put_signed(f);
    put(f, "Doc_0/smuggled.txt", "x");
    reach_it(f);
    assert_int_equal(f->findings.count, 0);
    assert_int_equal(mark(f, "OFD.xml"), ES_REACH_ENTRY_POINT);
    assert_int_equal(mark(f, "Doc_0/Document.xml"), ES_REACH_CONTENT);
    assert_int_equal(mark(f, "Doc_0/PublicRes.xml"), ES_REACH_CONTENT);
    assert_int_equal(mark(f, "Doc_0/Pages/Page_0/Content.xml"), ES_REACH_CONTENT);
    assert_int_equal(mark(f, "Doc_0/Signs/Signatures.xml"), ES_REACH_SIGNATURE_LIST);
    assert_int_equal(mark(f, "Doc_0/Signs/Sign_0/Signature.xml"), ES_REACH_SIGNATURE_FILE);
    assert_int_equal(mark(f, "Doc_0/Signs/Sign_0/Seal.esl"), ES_REACH_SIGNATURE_FILE);
    assert_int_equal(mark(f, "Doc_0/Signs/Sign_0/SignedValue.dat"), ES_REACH_SIGNATURE_FILE);
    assert_int_equal(mark(f, "Doc_0/smuggled.txt"), ES_REACH_NONE);
}

static void room_for_another_number_of_entries_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(open_it(f), ES_OK);
    assert_int_equal(es_ofd_reach(f->ofd, marks, f->count - 1, NULL, &f->err), ES_E_RANGE);
}

static void all_that_document_xml_leads_to_is_reached(void **state)
{
    struct fixture *f = *state;

    change(f, "Doc_0/Document.xml", "</ofd:CommonData>",
           "<ofd:TemplatePage ID=\"7\" BaseLoc=\"Tpl.xml\"/></ofd:CommonData>");
    change(f, "Doc_0/Document.xml", "</ofd:Document>",
           "<ofd:Annotations>Annots/A.xml</ofd:Annotations><ofd:CustomTags>Tags/T.xml"
           "</ofd:CustomTags><ofd:Attachments>Att/A.xml</ofd:Attachments>"
           "<ofd:Extensions>E.xml</ofd:Extensions></ofd:Document>");
    change(f, "Doc_0/PublicRes.xml", "</ofd:Fonts>",
           "<ofd:Font><ofd:FontFile>f.ttf</ofd:FontFile></ofd:Font></ofd:Fonts><ofd:ColorSpaces>"
           "<ofd:ColorSpace Profile=\"p.icc\"/></ofd:ColorSpaces><ofd:MultiMedias><ofd:MultiMedia>"
           "<ofd:MediaFile>i.png</ofd:MediaFile></ofd:MultiMedia></ofd:MultiMedias>");
    put(f, "Doc_0/Res/f.ttf", "x");
    put(f, "Doc_0/Res/p.icc", "x");
    put(f, "Doc_0/Res/i.png", "x");
    put(f, "Doc_0/Tpl.xml", "<Page><PageRes>TplRes.xml</PageRes></Page>");
    put(f, "Doc_0/TplRes.xml", "<Res><MultiMedia><MediaFile>t.png</MediaFile></MultiMedia></Res>");
    put(f, "Doc_0/t.png", "x");
    put(f, "Doc_0/Annots/A.xml",
        "<Annotations><Page PageID=\"1\"><FileLoc>P/A.xml</FileLoc></Page></Annotations>");
    put(f, "Doc_0/Annots/P/A.xml", "<PageAnnot/>");
    put(f, "Doc_0/Tags/T.xml",
        "<CustomTags><CustomTag><FileLoc>tag.xml</FileLoc></CustomTag></CustomTags>");
    put(f, "Doc_0/Tags/tag.xml", "<:eInvoice/>");
    put(f, "Doc_0/Att/A.xml",
        "<Attachments><Attachment>\n<FileLoc>a.bin</FileLoc>\n</Attachment>"
        "<Attachment>b.bin</Attachment></Attachments>");
    put(f, "Doc_0/Att/a.bin", "x");
    put(f, "Doc_0/Att/b.bin", "x");
    put(f, "Doc_0/E.xml",
        "<Extensions><Extension><ExtendData>e.dat</ExtendData></Extension>"
        "</Extensions>");
    put(f, "Doc_0/e.dat", "x");
    reach_it(f);
    assert_int_equal(mark(f, "Doc_0/Res/f.ttf"), ES_REACH_CONTENT);
    assert_int_equal(mark(f, "Doc_0/Res/p.icc"), ES_REACH_CONTENT);
    assert_int_equal(mark(f, "Doc_0/Res/i.png"), ES_REACH_CONTENT);
    assert_int_equal(mark(f, "Doc_0/Tpl.xml"), ES_REACH_CONTENT);
    assert_int_equal(mark(f, "Doc_0/TplRes.xml"), ES_REACH_CONTENT);
    assert_int_equal(mark(f, "Doc_0/t.png"), ES_REACH_CONTENT);
    assert_int_equal(mark(f, "Doc_0/Annots/A.xml"), ES_REACH_ANNOTATION);
    assert_int_equal(mark(f, "Doc_0/Annots/P/A.xml"), ES_REACH_ANNOTATION);
    assert_int_equal(mark(f, "Doc_0/Tags/T.xml"), ES_REACH_CUSTOM_TAG);
    assert_int_equal(mark(f, "Doc_0/Tags/tag.xml"), ES_REACH_CUSTOM_TAG);
    assert_int_equal(mark(f, "Doc_0/Att/a.bin"), ES_REACH_CONTENT);
    assert_int_equal(mark(f, "Doc_0/Att/b.bin"), ES_REACH_CONTENT);
    assert_int_equal(mark(f, "Doc_0/e.dat"), ES_REACH_CONTENT);
    /* SPEC formats.md 5.4: a custom tag that is no XML only deviates. */
    assert_true(have_value(f, ES_V_FORM_DEVIATION, "custom-tag-malformed"));
    assert_false(have(f, ES_V_XML_MALFORMED));
}

static void a_resource_in_a_signature_folder_counts_as_content(void **state)
{
    struct fixture *f = *state;

    put_signed(f);
    change(f, "Doc_0/PublicRes.xml", "</ofd:Fonts>",
           "</ofd:Fonts><ofd:MultiMedia><ofd:MediaFile>/Doc_0/Signs/Sign_0/Seal.esl"
           "</ofd:MediaFile></ofd:MultiMedia>");
    reach_it(f);
    assert_int_equal(mark(f, "Doc_0/Signs/Sign_0/Seal.esl"), ES_REACH_CONTENT);
}

static void further_documents_are_reachable(void **state)
{
    struct fixture *f = *state;

    change(f, "OFD.xml", "</ofd:OFD>",
           "<ofd:DocBody><ofd:DocRoot>Doc_1/D.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>");
    put(f, "Doc_1/D.xml", "<Document><Pages><Page BaseLoc=\"P.xml\"/></Pages></Document>");
    put(f, "Doc_1/P.xml", "<Page/>");
    reach_it(f);
    assert_int_equal(mark(f, "Doc_1/D.xml"), ES_REACH_CONTENT);
    assert_int_equal(mark(f, "Doc_1/P.xml"), ES_REACH_CONTENT);
}

static void put_version(struct fixture *f, const char *current, const char *root)
{
    char text[512];

    snprintf(text, sizeof(text),
             "</ofd:DocInfo><ofd:Versions><ofd:Version ID=\"1\" Index=\"1\" Current=\"%s\" "
             "BaseLoc=\"Doc_0/V.xml\"/></ofd:Versions>",
             current);
    change(f, "OFD.xml", "</ofd:DocInfo>", text);
    snprintf(text, sizeof(text),
             "<DocVersion><FileList><File ID=\"1\">Doc_0/PublicRes.xml</File>"
             "<File ID=\"2\">Doc_0/old.txt</File></FileList><DocRoot>%s</DocRoot></DocVersion>",
             root);
    put(f, "Doc_0/V.xml", text);
    put(f, "Doc_0/old.txt", "x");
}

static void what_only_a_version_leads_to_is_told(void **state)
{
    struct fixture *f = *state;

    put_version(f, "false", "/Doc_0/D2.xml");
    put(f, "Doc_0/D2.xml",
        "<Document><CommonData><PublicRes>PublicRes.xml</PublicRes></CommonData>"
        "<Pages><Page BaseLoc=\"P2.xml\"/></Pages></Document>");
    put(f, "Doc_0/P2.xml", "<Page/>");
    reach_it(f);
    assert_int_equal(mark(f, "Doc_0/V.xml"), ES_REACH_VERSION);
    assert_int_equal(mark(f, "Doc_0/D2.xml"), ES_REACH_VERSION);
    assert_int_equal(mark(f, "Doc_0/P2.xml"), ES_REACH_VERSION);
    assert_int_equal(mark(f, "Doc_0/old.txt"), ES_REACH_VERSION);
    assert_int_equal(mark(f, "Doc_0/PublicRes.xml"), ES_REACH_CONTENT);
    assert_false(have(f, ES_V_RANGE_VERSION_OVERRIDE));
}

static void a_current_version_elsewhere_overrides(void **state)
{
    struct fixture *f = *state;

    put_version(f, "true", "/Doc_0/D2.xml");
    put(f, "Doc_0/D2.xml", "<Document/>");
    reach_it(f);
    assert_true(have(f, ES_V_RANGE_VERSION_OVERRIDE));
}

static void a_current_version_of_the_same_document_is_fine(void **state)
{
    struct fixture *f = *state;

    put_version(f, "true", "/Doc_0/Document.xml");
    reach_it(f);
    assert_false(have(f, ES_V_RANGE_VERSION_OVERRIDE));
    assert_int_equal(mark(f, "Doc_0/Document.xml"), ES_REACH_CONTENT);
}

static void resources_outside_the_package_are_found(void **state)
{
    const char *const outside[] = {
        "http://example.org/i.png", "file:///etc/passwd", "//host/i.png",
        "FTP://example.org/i",      "C:\\i.png",          "\\\\host\\i.png"};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
        char text[256];

        put_good(f);
        close_it(f);
        snprintf(text, sizeof(text),
                 "</ofd:Fonts><ofd:MultiMedia><ofd:MediaFile> %s</ofd:MediaFile></ofd:MultiMedia>",
                 outside[i]);
        change(f, "Doc_0/PublicRes.xml", "</ofd:Fonts>", text);
        reach_it(f);
        assert_true(have(f, ES_V_RANGE_EXTERNAL_RESOURCE));
    }
}

static void a_resource_folder_outside_the_package_is_found(void **state)
{
    struct fixture *f = *state;

    change(f, "Doc_0/PublicRes.xml", "BaseLoc=\"Res\"", "BaseLoc=\"http://example.org/\"");
    change(f, "Doc_0/PublicRes.xml", "</ofd:Fonts>",
           "</ofd:Fonts><ofd:MultiMedia><ofd:MediaFile>i.png</ofd:MediaFile></ofd:MultiMedia>");
    reach_it(f);
    assert_true(have(f, ES_V_RANGE_EXTERNAL_RESOURCE));
}

static void links_are_no_resources_but_scripts_are_told(void **state)
{
    struct fixture *f = *state;

    change(f, "Doc_0/Pages/Page_0/Content.xml", "<ofd:Content>",
           "<ofd:Actions><ofd:Action><ofd:URI URI=\"http://example.org/\"/></ofd:Action>"
           "</ofd:Actions><ofd:Content>");
    reach_it(f);
    assert_int_equal(f->findings.count, 0);
    close_it(f);
    change(f, "Doc_0/Pages/Page_0/Content.xml", "http://example.org/", "JavaScript:alert(1)");
    reach_it(f);
    assert_true(have(f, ES_V_ACTIVE_CONTENT));
}

static void a_missing_image_is_no_failure(void **state)
{
    struct fixture *f = *state;

    change(f, "Doc_0/PublicRes.xml", "</ofd:Fonts>",
           "</ofd:Fonts><ofd:MultiMedia><ofd:MediaFile>i.png</ofd:MediaFile></ofd:MultiMedia>");
    reach_it(f);
    assert_true(have_value(f, ES_V_FORM_DEVIATION, "missing-entry"));
    assert_int_equal(f->findings.count, 1);
}

static void an_unclear_path_is_found(void **state)
{
    struct fixture *f = *state;

    change(f, "Doc_0/PublicRes.xml", "</ofd:Fonts>",
           "</ofd:Fonts><ofd:MultiMedia><ofd:MediaFile>../../../x</ofd:MediaFile>"
           "</ofd:MultiMedia>");
    reach_it(f);
    assert_true(have(f, ES_V_RANGE_REFERENCE_UNCLEAR));
}

static void a_broken_page_is_found_and_the_rest_is_reached(void **state)
{
    struct fixture *f = *state;

    put(f, "Doc_0/Pages/Page_0/Content.xml", "<Page><PageRes>/r.xml</PageRes>");
    put(f, "r.xml", "<Res/>");
    reach_it(f);
    assert_true(have_value(f, ES_V_XML_MALFORMED, "Doc_0/Pages/Page_0/Content.xml"));
    assert_int_equal(mark(f, "r.xml"), ES_REACH_CONTENT);
    assert_int_equal(mark(f, "Doc_0/PublicRes.xml"), ES_REACH_CONTENT);
}

static void files_that_name_each_other_end(void **state)
{
    struct fixture *f = *state;

    put(f, "Doc_0/Pages/Page_0/Content.xml",
        "<Page><PageRes>/Doc_0/Pages/Page_0/Content.xml</PageRes><PageRes>/OFD.xml</PageRes>"
        "</Page>");
    reach_it(f);
    assert_int_equal(mark(f, "OFD.xml"), ES_REACH_ENTRY_POINT);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_parts_of_a_signed_document_are_told_apart),
        T(room_for_another_number_of_entries_is_refused),
        T(all_that_document_xml_leads_to_is_reached),
        T(a_resource_in_a_signature_folder_counts_as_content),
        T(further_documents_are_reachable),
        T(what_only_a_version_leads_to_is_told),
        T(a_current_version_elsewhere_overrides),
        T(a_current_version_of_the_same_document_is_fine),
        T(resources_outside_the_package_are_found),
        T(a_resource_folder_outside_the_package_is_found),
        T(links_are_no_resources_but_scripts_are_told),
        T(a_missing_image_is_no_failure),
        T(an_unclear_path_is_found),
        T(a_broken_page_is_found_and_the_rest_is_reached),
        T(files_that_name_each_other_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
