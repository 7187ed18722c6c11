/* The unsealed document of the world: small, but with one of everything a reader can reach. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "document.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define NS " xmlns:ofd=\"http://www.ofdspec.org/2016\""

static const char ofd_xml[] = HEAD
    "<ofd:OFD" NS " Version=\"1.1\" DocType=\"OFD\"><ofd:DocBody><ofd:DocInfo>"
    "<ofd:DocID>0123456789abcdef0123456789abcdef</ofd:DocID><ofd:Title>通知</ofd:Title>"
    "</ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>";

static const char document_xml[] = HEAD
    "<ofd:Document" NS "><ofd:CommonData><ofd:MaxUnitID>100</ofd:MaxUnitID>"
    "<ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>"
    "<ofd:PublicRes>PublicRes.xml</ofd:PublicRes><ofd:DocumentRes>DocumentRes.xml"
    "</ofd:DocumentRes><ofd:TemplatePage ID=\"20\" BaseLoc=\"Tpls/Tpl_0/Content.xml\"/>"
    "</ofd:CommonData><ofd:Pages><ofd:Page ID=\"1\" BaseLoc=\"Pages/Page_0/Content.xml\"/>"
    "<ofd:Page ID=\"2\" BaseLoc=\"Pages/Page_1/Content.xml\"/>"
    "<ofd:Page ID=\"3\" BaseLoc=\"Pages/Page_2/Content.xml\"/></ofd:Pages>"
    "<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations>"
    "<ofd:CustomTags>Tags/CustomTags.xml</ofd:CustomTags>"
    "<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments></ofd:Document>";

static const char public_res[] = HEAD
    "<ofd:Res" NS " BaseLoc=\"Res\"><ofd:ColorSpaces><ofd:ColorSpace ID=\"10\" Type=\"RGB\" "
    "Profile=\"profile.icc\"/></ofd:ColorSpaces><ofd:Fonts><ofd:Font ID=\"11\" "
    "FontName=\"宋体\"><ofd:FontFile>font.ttf</ofd:FontFile></ofd:Font></ofd:Fonts></ofd:Res>";

static const char document_res[] = HEAD
    "<ofd:Res" NS " BaseLoc=\"Res\"><ofd:MultiMedias><ofd:MultiMedia ID=\"12\" "
    "Type=\"Image\"><ofd:MediaFile>image.png</ofd:MediaFile></ofd:MultiMedia>"
    "</ofd:MultiMedias></ofd:Res>";

static const char template_xml[] = HEAD
    "<ofd:Page" NS "><ofd:Content><ofd:Layer ID=\"21\"><ofd:PathObject ID=\"22\" "
    "Boundary=\"10 10 190 1\"><ofd:AbbreviatedData>M 0 0 L 190 0</ofd:AbbreviatedData>"
    "</ofd:PathObject></ofd:Layer></ofd:Content></ofd:Page>";

static const char annotations_xml[] = HEAD
    "<ofd:Annotations" NS "><ofd:Page PageID=\"1\"><ofd:FileLoc>Page_0/Annotation.xml"
    "</ofd:FileLoc></ofd:Page></ofd:Annotations>";
static const char annotation_xml[] = HEAD
    "<ofd:PageAnnot" NS "><ofd:Annot ID=\"30\" Type=\"Watermark\" Creator=\"test\" "
    "LastModDate=\"2026-01-01\"><ofd:Appearance Boundary=\"0 0 50 10\"/></ofd:Annot>"
    "</ofd:PageAnnot>";
static const char tags_xml[] = HEAD
    "<ofd:CustomTags" NS "><ofd:CustomTag TypeID=\"0\"><ofd:FileLoc>CustomTag.xml</ofd:FileLoc>"
    "</ofd:CustomTag></ofd:CustomTags>";
static const char attachments_xml[] = HEAD
    "<ofd:Attachments" NS "><ofd:Attachment ID=\"40\" Name=\"data\" Format=\"txt\">"
    "<ofd:FileLoc>data.txt</ofd:FileLoc></ofd:Attachment></ofd:Attachments>";

/* 1 x 1 PNG, white. */
static const uint8_t png[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48,
    0x44, 0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00,
    0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78,
    0x9c, 0x63, 0xf8, 0x0f, 0x00, 0x01, 0x01, 0x01, 0x00, 0xb1, 0x38, 0xf6, 0x14, 0x00,
    0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};

static void add_page(struct pkg *pkg, int number)
{
    char name[64], text[2048];

    (void) snprintf(name, sizeof name, "Doc_0/Pages/Page_%d/Content.xml", number);
    (void) snprintf(
        text, sizeof text,
        HEAD "<ofd:Page" NS "><ofd:Template TemplateID=\"20\"/><ofd:Content>"
             "<ofd:Layer ID=\"%d\"><ofd:TextObject ID=\"%d\" Boundary=\"30 40 150 10\" "
             "Font=\"11\" Size=\"5\"><ofd:TextCode X=\"0\" Y=\"5\" DeltaX=\"g 20 5\">"
             "第%d页:应付金额壹佰元整</ofd:TextCode></ofd:TextObject>"
             "<ofd:TextObject ID=\"%d\" Boundary=\"120 220 60 10\" Font=\"11\" Size=\"5\">"
             "<ofd:TextCode X=\"0\" Y=\"5\" DeltaX=\"g 4 5\">示例单位</ofd:TextCode>"
             "<ofd:TextCode X=\"20\" Y=\"5\" DeltaX=\"g 4 5\">(盖章)</ofd:TextCode>"
             "</ofd:TextObject><ofd:ImageObject ID=\"%d\" ResourceID=\"12\" "
             "Boundary=\"30 100 20 20\" CTM=\"20 0 0 20 0 0\"/></ofd:Layer></ofd:Content>"
             "</ofd:Page>",
        50 + 10 * number, 51 + 10 * number, number + 1, 52 + 10 * number, 53 + 10 * number);
    pkg_add_text(pkg, name, text);
}

void document_build(struct pkg *pkg)
{
    pkg_add_text(pkg, "OFD.xml", ofd_xml);
    pkg_add_text(pkg, "Doc_0/Document.xml", document_xml);
    pkg_add_text(pkg, "Doc_0/PublicRes.xml", public_res);
    pkg_add_text(pkg, "Doc_0/DocumentRes.xml", document_res);
    pkg_add_text(pkg, "Doc_0/Res/profile.icc", "profile");
    pkg_add_text(pkg, "Doc_0/Res/font.ttf", "font");
    pkg_add(pkg, "Doc_0/Res/image.png", png, sizeof png);
    pkg_add_text(pkg, "Doc_0/Tpls/Tpl_0/Content.xml", template_xml);
    for (int i = 0; i < 3; i++)
        add_page(pkg, i);
    pkg_add_text(pkg, "Doc_0/Annots/Annotations.xml", annotations_xml);
    pkg_add_text(pkg, "Doc_0/Annots/Page_0/Annotation.xml", annotation_xml);
    pkg_add_text(pkg, "Doc_0/Tags/CustomTags.xml", tags_xml);
    pkg_add_text(pkg, "Doc_0/Tags/CustomTag.xml", HEAD "<tags><amount>100</amount></tags>");
    pkg_add_text(pkg, "Doc_0/Attachs/Attachments.xml", attachments_xml);
    pkg_add_text(pkg, "Doc_0/Attachs/data.txt", "attached");
}

struct es_span document_png(void)
{
    return es_span_of(png, sizeof png);
}
