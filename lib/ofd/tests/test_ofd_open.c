/* Opening: what is refused, what is found, what is read (formats.md 6.4, 6.5, 7.1). */
#include "ofd_fixture.h"

static void a_good_package_opens_without_findings(void **state)
{
    struct fixture *f = *state;
    const struct es_ofd_page *page;

    assert_int_equal(open_it(f), ES_OK);
    assert_int_equal(f->findings.count, 0);
    assert_int_equal(es_ofd_page_count(f->ofd), 1);
    assert_int_equal(es_ofd_body_count(f->ofd), 1);
    assert_string_equal(es_ofd_document_entry(f->ofd), "Doc_0/Document.xml");
    assert_null(es_ofd_signatures_entry(f->ofd));
    assert_null(es_ofd_signatures(f->ofd));
    assert_true(es_ofd_permissions(f->ofd)->signature);
    page = es_ofd_page(f->ofd, 1);
    assert_string_equal(page->entry, "Doc_0/Pages/Page_0/Content.xml");
    assert_int_equal(page->id, 1);
    assert_true(page->box.width == 210 && page->box.height == 297);
    assert_ptr_equal(es_ofd_page_by_id(f->ofd, 1), page);
    assert_null(es_ofd_page_by_id(f->ofd, 2));
    assert_null(es_ofd_page(f->ofd, 0));
    assert_null(es_ofd_page(f->ofd, 2));
}

static void a_package_without_entry_point_is_no_ofd(void **state)
{
    struct fixture *f = *state;

    drop(f, "OFD.xml");
    assert_int_equal(open_it(f), ES_E_OFD);
    assert_true(have(f, ES_V_FORMAT_UNKNOWN));
    assert_null(f->ofd);
}

static void an_entry_point_in_other_case_is_a_deviation(void **state)
{
    struct fixture *f = *state;

    put(f, "ofd.xml", f->files[0].text);
    drop(f, "OFD.xml");
    assert_int_equal(open_it(f), ES_OK);
    assert_true(have_value(f, ES_V_FORM_DEVIATION, "path-case"));
}

static void an_encrypted_package_is_told(void **state)
{
    struct fixture *f = *state;

    put(f, "Encryptions.xml", "<Encryptions/>");
    assert_int_equal(open_it(f), ES_E_ENCRYPTED);
}

static void broken_xml_of_a_needed_file_is_refused(void **state)
{
    struct fixture *f = *state;

    change(f, "Doc_0/Document.xml", "</ofd:Document>", "");
    assert_int_equal(open_it(f), ES_E_OFD);
    assert_true(have_value(f, ES_V_XML_MALFORMED, "Doc_0/Document.xml"));
    assert_int_equal(f->err.status, ES_E_OFD);
    put_good(f);
    put(f, "OFD.xml", "");
    assert_int_equal(open_it(f), ES_E_OFD);
    assert_true(have_value(f, ES_V_XML_MALFORMED, "OFD.xml"));
}

static void a_dtd_is_refused(void **state)
{
    struct fixture *f = *state;

    put(f, "OFD.xml", "<!DOCTYPE a [<!ENTITY b \"c\">]><OFD>&b;</OFD>");
    assert_int_equal(open_it(f), ES_E_OFD);
    assert_true(have_value(f, ES_V_XML_DTD_FORBIDDEN, "OFD.xml"));
}

static void a_document_that_is_not_there_is_refused(void **state)
{
    struct fixture *f = *state;

    drop(f, "Doc_0/Document.xml");
    assert_int_equal(open_it(f), ES_E_OFD);
    assert_true(have(f, ES_V_STRUCTURE_INVALID));
    put_good(f);
    put(f, "OFD.xml", "<ofd:OFD " OFD_NS "/>");
    assert_int_equal(open_it(f), ES_E_OFD);
    put(f, "OFD.xml", "<ofd:OFD " OFD_NS "><ofd:DocBody/></ofd:OFD>");
    assert_int_equal(open_it(f), ES_E_OFD);
    put_good(f);
    put(f, "Doc_0/Document.xml", "<ofd:Document " OFD_NS "/>");
    assert_int_equal(open_it(f), ES_E_OFD);
}

static void elements_that_stand_twice_are_found(void **state)
{
    struct fixture *f = *state;

    change(f, "OFD.xml", "</ofd:DocRoot>",
           "</ofd:DocRoot><ofd:DocRoot>Doc_1/Document.xml</ofd:DocRoot>");
    assert_int_equal(open_it(f), ES_OK);
    assert_true(have_value(f, ES_V_STRUCTURE_INVALID, "DocRoot occurs more than once"));
    put_good(f);
    put_signed(f);
    change(f, "OFD.xml", "</ofd:Signatures>", "</ofd:Signatures><ofd:Signatures/>");
    assert_int_equal(open_it(f), ES_OK);
    assert_true(have_value(f, ES_V_STRUCTURE_INVALID, "Signatures occurs more than once"));
}

static void an_element_of_another_namespace_does_not_pass(void **state)
{
    struct fixture *f = *state;

    change(f, "OFD.xml", "<ofd:DocRoot>",
           "<x:DocRoot xmlns:x=\"urn:x\">Doc_1/Document.xml</x:DocRoot><ofd:DocRoot>");
    assert_int_equal(open_it(f), ES_OK);
    assert_string_equal(es_ofd_document_entry(f->ofd), "Doc_0/Document.xml");
    assert_true(have_value(f, ES_V_STRUCTURE_INVALID, "DocRoot of another namespace"));
}

static void other_namespaces_of_a_whole_file_are_a_deviation(void **state)
{
    const char *const odd[] = {"http://www.ofdspec.org", "true", "http://ns.ofd.cn/ofd"};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        put_good(f);
        change(f, "OFD.xml", "http://www.ofdspec.org/2016", odd[i]);
        assert_int_equal(open_it(f), ES_OK);
        assert_true(have_value(f, ES_V_FORM_DEVIATION, "namespace"));
    }
    put(f, "OFD.xml", "<OFD><DocBody><DocRoot>Doc_0/Document.xml</DocRoot></DocBody></OFD>");
    assert_int_equal(open_it(f), ES_OK);
    assert_false(have(f, ES_V_STRUCTURE_INVALID));
}

static void further_documents_are_counted(void **state)
{
    struct fixture *f = *state;

    change(f, "OFD.xml", "</ofd:OFD>",
           "<ofd:DocBody><ofd:DocRoot>Doc_1/D.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>");
    assert_int_equal(open_it(f), ES_OK);
    assert_int_equal(es_ofd_body_count(f->ofd), 2);
    assert_string_equal(es_ofd_document_entry(f->ofd), "Doc_0/Document.xml");
}

static void custom_data_and_permissions_are_read(void **state)
{
    struct fixture *f = *state;

    change(f, "OFD.xml", "</ofd:DocInfo>",
           "<ofd:CustomDatas><ofd:CustomData Name=\"doc.MJHBMQX\"> x </ofd:CustomData>"
           "<ofd:CustomData Name=\"b\"/></ofd:CustomDatas></ofd:DocInfo>");
    change(f, "Doc_0/Document.xml", "<ofd:Pages>",
           "<ofd:Permissions><ofd:Edit>true</ofd:Edit><ofd:Signature>false</ofd:Signature>"
           "</ofd:Permissions><ofd:Pages>");
    assert_int_equal(open_it(f), ES_OK);
    assert_string_equal(es_ofd_custom_data(f->ofd, "doc.MJHBMQX"), "x");
    assert_string_equal(es_ofd_custom_data(f->ofd, "b"), "");
    assert_null(es_ofd_custom_data(f->ofd, "c"));
    assert_false(es_ofd_permissions(f->ofd)->signature);
}

static void a_page_that_is_not_there_is_found(void **state)
{
    struct fixture *f = *state;
    struct es_box box;

    drop(f, "Doc_0/Pages/Page_0/Content.xml");
    assert_int_equal(open_it(f), ES_OK);
    assert_true(have(f, ES_V_STRUCTURE_INVALID));
    assert_string_equal(es_ofd_page(f->ofd, 1)->entry, "");
    assert_int_equal(es_ofd_page_box(f->ofd, 1, &box, &f->err), ES_OK);
    assert_true(box.width == 210);
}

static void two_pages_of_one_id_are_found(void **state)
{
    struct fixture *f = *state;

    change(f, "Doc_0/Document.xml", "</ofd:Pages>",
           "<ofd:Page ID=\"1\" BaseLoc=\"Pages/Page_0/Content.xml\"/></ofd:Pages>");
    assert_int_equal(open_it(f), ES_OK);
    assert_true(have_value(f, ES_V_STRUCTURE_INVALID, "two pages of one ID"));
    assert_int_equal(es_ofd_page_by_id(f->ofd, 1)->number, 1);
}

static void the_box_in_force_is_the_nearest(void **state)
{
    struct fixture *f = *state;
    struct es_box box;

    change(f, "Doc_0/Document.xml", "</ofd:CommonData>",
           "<ofd:TemplatePage ID=\"7\" BaseLoc=\"Tpl.xml\"/></ofd:CommonData>");
    put(f, "Doc_0/Tpl.xml",
        "<ofd:Page " OFD_NS "><ofd:Area><ofd:PhysicalBox>0 0 100 50</ofd:PhysicalBox></ofd:Area>"
        "<ofd:Content/></ofd:Page>");
    change(f, "Doc_0/Pages/Page_0/Content.xml", "<ofd:Content>",
           "<ofd:Template TemplateID=\"7\"/><ofd:Content>");
    assert_int_equal(open_it(f), ES_OK);
    assert_true(es_ofd_page(f->ofd, 1)->box.width == 210);
    assert_int_equal(es_ofd_page_box(f->ofd, 1, &box, &f->err), ES_OK);
    assert_true(box.width == 100 && box.height == 50);
    assert_true(es_ofd_page(f->ofd, 1)->box.width == 100);
    change(f, "Doc_0/Pages/Page_0/Content.xml", "</ofd:Page>",
           "<ofd:Area><ofd:PhysicalBox>1 2 30 40</ofd:PhysicalBox></ofd:Area></ofd:Page>");
    assert_int_equal(open_it(f), ES_OK);
    assert_int_equal(es_ofd_page_box(f->ofd, 1, &box, &f->err), ES_OK);
    assert_true(box.x == 1 && box.y == 2 && box.width == 30 && box.height == 40);
    assert_int_equal(es_ofd_page_box(f->ofd, 2, &box, &f->err), ES_E_ABSENT);
}

static void a_box_without_extent_falls_back(void **state)
{
    struct fixture *f = *state;
    struct es_box box;

    change(f, "Doc_0/Document.xml", "0 0 210 297", "0 0 0 297");
    change(f, "Doc_0/Pages/Page_0/Content.xml", "<ofd:Content>",
           "<ofd:Area><ofd:PhysicalBox>0 0 -1 5</ofd:PhysicalBox></ofd:Area><ofd:Content>");
    assert_int_equal(open_it(f), ES_OK);
    assert_int_equal(es_ofd_page_box(f->ofd, 1, &box, &f->err), ES_OK);
    assert_true(box.width == 210 && box.height == 297);
}

/* ---- signatures ---- */

static void signatures_are_listed_with_their_ids_as_text(void **state)
{
    struct fixture *f = *state;
    const struct es_ofd_signature_ref *ref;

    put_signed(f);
    assert_int_equal(open_it(f), ES_OK);
    assert_int_equal(f->findings.count, 0);
    assert_string_equal(es_ofd_signatures_entry(f->ofd), "Doc_0/Signs/Signatures.xml");
    ref = es_ofd_signatures(f->ofd);
    assert_string_equal(ref->id, "001");
    assert_string_equal(ref->type, "Seal");
    assert_string_equal(ref->entry, "Doc_0/Signs/Sign_0/Signature.xml");
    assert_null(ref->next);
}

static void a_missing_list_opens_as_unsigned(void **state)
{
    struct fixture *f = *state;

    put_signed(f);
    drop(f, "Doc_0/Signs/Signatures.xml");
    assert_int_equal(open_it(f), ES_OK);
    assert_true(have_value(f, ES_V_FORM_DEVIATION, "signatures-missing"));
    assert_false(have(f, ES_V_SIGNATURE_LIST_INCONSISTENT));
    assert_null(es_ofd_signatures(f->ofd));
    assert_string_equal(es_ofd_signatures_entry(f->ofd), "Doc_0/Signs/Signatures.xml");
}

static void a_list_that_does_not_fit_the_files_is_found(void **state)
{
    struct fixture *f = *state;

    put_signed(f);
    drop(f, "Doc_0/Signs/Sign_0/Signature.xml");
    assert_int_equal(open_it(f), ES_OK);
    assert_true(have(f, ES_V_SIGNATURE_LIST_INCONSISTENT));
    assert_string_equal(es_ofd_signatures(f->ofd)->entry, "Doc_0/Signs/Sign_0/Signature.xml");
}

static void a_file_listed_twice_is_found(void **state)
{
    struct fixture *f = *state;

    put_signed(f);
    change(f, "Doc_0/Signs/Signatures.xml", "</ofd:Signatures>",
           "<ofd:Signature ID=\"2\" BaseLoc=\"/Doc_0/Signs/Sign_0/Signature.xml\"/>"
           "</ofd:Signatures>");
    assert_int_equal(open_it(f), ES_OK);
    assert_true(have(f, ES_V_SIGNATURE_LIST_INCONSISTENT));
    assert_non_null(es_ofd_signatures(f->ofd)->next);
}

static void a_broken_list_is_found(void **state)
{
    struct fixture *f = *state;

    put_signed(f);
    put(f, "Doc_0/Signs/Signatures.xml", "<a>");
    assert_int_equal(open_it(f), ES_OK);
    assert_true(have_value(f, ES_V_XML_MALFORMED, "Doc_0/Signs/Signatures.xml"));
    assert_null(es_ofd_signatures(f->ofd));
}

/* ---- limits and damage ---- */

static void limits_are_kept(void **state)
{
    struct fixture *f = *state;
    struct es_ofd_limits limits = es_ofd_limits_default();

    put_signed(f);
    limits.pages_max = 0;
    assert_int_equal(open_bytes(f, pack(f), &limits), ES_E_LIMIT);
    assert_true(have(f, ES_V_LIMIT_EXCEEDED));
    limits = es_ofd_limits_default();
    limits.signatures_max = 0;
    assert_int_equal(open_bytes(f, pack(f), &limits), ES_E_LIMIT);
    limits = es_ofd_limits_default();
    limits.xml.bytes_max = 100;
    assert_int_equal(open_bytes(f, pack(f), &limits), ES_E_LIMIT);
    assert_true(have(f, ES_V_LIMIT_EXCEEDED));
}

static void a_package_cut_at_any_length_is_refused(void **state)
{
    struct fixture *f = *state;
    struct es_ofd_limits limits = es_ofd_limits_default();
    struct es_span whole = pack(f);

    for (size_t len = 0; len < whole.len; len++) {
        assert_int_not_equal(open_bytes(f, es_span_sub(whole, 0, len), &limits), ES_OK);
        assert_null(f->ofd);
    }
}

static void a_flipped_byte_never_breaks_anything(void **state)
{
    struct fixture *f = *state;
    struct es_ofd_limits limits = es_ofd_limits_default();
    struct es_span whole = pack(f);
    uint8_t *copy = malloc(whole.len);

    assert_non_null(copy);
    memcpy(copy, whole.ptr, whole.len);
    for (size_t i = 0; i < whole.len; i++) {
        copy[i] ^= 0x21;
        if (open_bytes(f, es_span_of(copy, whole.len), &limits) == ES_OK) {
            ES_AUTO(es_buf) text = ES_BUF_INIT(1 << 20);

            (void) (es_ofd_page_text(f->ofd, 1, &text, NULL) == ES_OK);
        }
        copy[i] ^= 0x21;
    }
    close_it(f);
    free(copy);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_good_package_opens_without_findings),
        T(a_package_without_entry_point_is_no_ofd),
        T(an_entry_point_in_other_case_is_a_deviation),
        T(an_encrypted_package_is_told),
        T(broken_xml_of_a_needed_file_is_refused),
        T(a_dtd_is_refused),
        T(a_document_that_is_not_there_is_refused),
        T(elements_that_stand_twice_are_found),
        T(an_element_of_another_namespace_does_not_pass),
        T(other_namespaces_of_a_whole_file_are_a_deviation),
        T(further_documents_are_counted),
        T(custom_data_and_permissions_are_read),
        T(a_page_that_is_not_there_is_found),
        T(two_pages_of_one_id_are_found),
        T(the_box_in_force_is_the_nearest),
        T(a_box_without_extent_falls_back),
        T(signatures_are_listed_with_their_ids_as_text),
        T(a_missing_list_opens_as_unsigned),
        T(a_list_that_does_not_fit_the_files_is_found),
        T(a_file_listed_twice_is_found),
        T(a_broken_list_is_found),
        T(limits_are_kept),
        T(a_package_cut_at_any_length_is_refused),
        T(a_flipped_byte_never_breaks_anything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
