/* Attacks on what a reader reaches: pages, resources, versions, other documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "builders.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAGE_TEXT                                                                                  \
    "<ofd:Page" NS_OFD "><ofd:Content><ofd:Layer ID=\"91\"><ofd:TextObject ID=\"92\" "             \
    "Boundary=\"30 40 150 10\" Font=\"11\" Size=\"5\"><ofd:TextCode X=\"0\" Y=\"5\">玖佰元整"  \
    "</ofd:TextCode></ofd:TextObject></ofd:Layer></ofd:Content></ofd:Page>"

void page_changed(struct scene *s)
{
    build_sealed(s);
    pkg_replace(&s->pkg, PAGE_1, "壹佰", "玖佰");
}

void entry_added(struct scene *s)
{
    build_sealed(s);
    pkg_add_text(&s->pkg, "Doc_0/Res/unused.txt", "nobody refers to this");
}

void page_added(struct scene *s)
{
    static const char *const open[] = {"Doc_0/Document.xml", NULL};

    pkg_copy(&s->w->document, &s->pkg);
    sign_open(s, open, (struct lax){0});
    pkg_replace(&s->pkg, "Doc_0/Document.xml", "</ofd:Pages>",
                "<ofd:Page ID=\"4\" BaseLoc=\"Pages/Page_3/Content.xml\"/></ofd:Pages>");
    pkg_add_text(&s->pkg, "Doc_0/Pages/Page_3/Content.xml", PAGE_TEXT);
}

/* A white box over the amount, in a list that nobody protects. */
void annotation_added(struct scene *s)
{
    static const char *const open[] = {"Doc_0/Annots/Annotations.xml",
                                       "Doc_0/Annots/Page_0/Annotation.xml", NULL};

    pkg_copy(&s->w->document, &s->pkg);
    sign_open(s, open, (struct lax){0});
    pkg_replace(&s->pkg, "Doc_0/Annots/Page_0/Annotation.xml", "</ofd:PageAnnot>",
                "<ofd:Annot ID=\"31\" Type=\"Stamp\" Creator=\"x\" LastModDate=\"2026-02-28\">"
                "<ofd:Appearance Boundary=\"30 40 150 10\"><ofd:PathObject ID=\"32\" "
                "Boundary=\"0 0 150 10\" Fill=\"true\"><ofd:FillColor Value=\"255 255 255\"/>"
                "<ofd:AbbreviatedData>M 0 0 L 150 0 L 150 10 L 0 10 C</ofd:AbbreviatedData>"
                "</ofd:PathObject></ofd:Appearance></ofd:Annot></ofd:PageAnnot>");
}

/* The entry of the row is left out of References and has other content afterwards. */
void open_entry_changed(struct scene *s)
{
    const char *open[] = {s->arg, NULL};
    struct pkg_entry *entry;

    pkg_copy(&s->w->document, &s->pkg);
    sign_open(s, open, (struct lax){0});
    entry = pkg_find(&s->pkg, s->arg);
    assert_non_null(entry);
    es_buf_put_str(&entry->bytes, "\n");
}

void action_added(struct scene *s)
{
    static const char *const open[] = {"Doc_0/Document.xml", NULL};

    pkg_copy(&s->w->document, &s->pkg);
    sign_open(s, open, (struct lax){0});
    pkg_replace(&s->pkg, "Doc_0/Document.xml", "</ofd:Document>",
                "<ofd:Actions><ofd:Action Event=\"DO\"><ofd:URI URI=\"javascript:pay()\"/>"
                "</ofd:Action></ofd:Actions></ofd:Document>");
}

/* ---- other documents ---- */

static void add_other_document(struct pkg *pkg)
{
    pkg_add_text(pkg, "Doc_1/Document.xml",
                 "<ofd:Document" NS_OFD "><ofd:CommonData><ofd:MaxUnitID>99</ofd:MaxUnitID>"
                 "<ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>"
                 "</ofd:CommonData><ofd:Pages><ofd:Page ID=\"1\" "
                 "BaseLoc=\"Pages/Page_0/Content.xml\"/></ofd:Pages></ofd:Document>");
    pkg_add_text(pkg, "Doc_1/Pages/Page_0/Content.xml", PAGE_TEXT);
}

void root_turned(struct scene *s)
{
    root_open(s);
    add_other_document(&s->pkg);
    pkg_replace(&s->pkg, "OFD.xml", "Doc_0/Document.xml", "Doc_1/Document.xml");
}

void protected_root_turned(struct scene *s)
{
    build_sealed(s);
    add_other_document(&s->pkg);
    pkg_replace(&s->pkg, "OFD.xml", "Doc_0/Document.xml", "Doc_1/Document.xml");
}

void second_body(struct scene *s)
{
    root_open(s);
    add_other_document(&s->pkg);
    pkg_replace(&s->pkg, "OFD.xml", "</ofd:DocBody>",
                "</ofd:DocBody><ofd:DocBody><ofd:DocInfo><ofd:DocID>1</ofd:DocID></ofd:DocInfo>"
                "<ofd:DocRoot>Doc_1/Document.xml</ofd:DocRoot></ofd:DocBody>");
}

void sealed_body_second(struct scene *s)
{
    root_open(s);
    add_other_document(&s->pkg);
    pkg_replace(&s->pkg, "OFD.xml", "<ofd:DocBody>",
                "<ofd:DocBody><ofd:DocInfo><ofd:DocID>1</ofd:DocID></ofd:DocInfo>"
                "<ofd:DocRoot>Doc_1/Document.xml</ofd:DocRoot></ofd:DocBody><ofd:DocBody>");
}

void version_elsewhere(struct scene *s)
{
    root_open(s);
    add_other_document(&s->pkg);
    pkg_add_text(&s->pkg, "Doc_0/Versions/V1.xml",
                 "<ofd:DocVersion" NS_OFD " ID=\"1\"><ofd:FileList/>"
                 "<ofd:DocRoot>/Doc_1/Document.xml</ofd:DocRoot></ofd:DocVersion>");
    pkg_replace(&s->pkg, "OFD.xml", "</ofd:DocRoot>",
                "</ofd:DocRoot><ofd:Versions><ofd:Version ID=\"1\" Index=\"1\" Current=\"true\" "
                "BaseLoc=\"Doc_0/Versions/V1.xml\"/></ofd:Versions>");
}

void root_open(struct scene *s)
{
    static const char *const open[] = {"OFD.xml", NULL};

    pkg_copy(&s->w->document, &s->pkg);
    sign_open(s, open, (struct lax){0});
}

/* ---- resources ---- */

/* The resource list names a picture in a folder that is taken for a later signature. */
void resource_in_signature_folder(struct scene *s)
{
    pkg_copy(&s->w->document, &s->pkg);
    pkg_replace(&s->pkg, "Doc_0/DocumentRes.xml", "image.png", "/" SIGN_1 "picture.png");
    world_lax_sign(s->w, &s->pkg, &(struct lax){0});
    pkg_add(&s->pkg, SIGN_1 "picture.png", s->w->picture.ptr, s->w->picture.len);
}

static int listener = -1;

static unsigned open_listener(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;

    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(listener >= 0);
    assert_int_equal(bind(listener, (const struct sockaddr *) &at, sizeof at), 0);
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *) &at, &len), 0);
    return ntohs(at.sin_port);
}

/* %u in the row is the port of a listener on loopback. */
void external_resource(struct scene *s)
{
    char url[128];

    if (listener >= 0)
        (void) close(listener);
    (void) snprintf(url, sizeof url, "%s:%u/picture.png", s->arg, open_listener());
    pkg_copy(&s->w->document, &s->pkg);
    pkg_replace(&s->pkg, "Doc_0/DocumentRes.xml", "image.png", url);
    pkg_replace(&s->pkg, "Doc_0/PublicRes.xml", "font.ttf", "file:///etc/passwd");
    world_lax_sign(s->w, &s->pkg, &(struct lax){0});
}

void no_connection(const struct scene *s, const struct es_report *report)
{
    (void) s;
    (void) report;
    assert_int_equal(accept(listener, NULL, NULL), -1);
    assert_int_equal(errno, EAGAIN);
    (void) close(listener);
    listener = -1;
}

void stamp_as_image(struct scene *s)
{
    pkg_copy(&s->w->document, &s->pkg);
    pkg_set(&s->pkg, "Doc_0/Res/image.png", s->w->picture.ptr, s->w->picture.len);
}

/* ---- pages and paths ---- */

static void seal_straddling(struct world *w, const struct pkg *pkg, struct es_buf *out)
{
    const struct es_place place = {
        .mode = ES_PLACE_STRADDLE, .pages = "all", .side = ES_SIDE_RIGHT, .along_mm = -1};
    ES_AUTO(es_buf) zip = ES_BUF_INIT(1u << 24);

    pkg_write(pkg, &zip);
    world_seal(w, es_buf_span(&zip), es_buf_span(&w->seal), &place, false, out);
}

void straddled_page_replaced(struct scene *s)
{
    struct pkg other = {0};
    ES_AUTO(es_buf) a = ES_BUF_INIT(1u << 24);
    ES_AUTO(es_buf) b = ES_BUF_INIT(1u << 24);
    struct pkg_entry *page;

    seal_straddling(s->w, &s->w->document, &a);
    pkg_copy(&s->w->document, &other);
    pkg_replace(&other, PAGE_2, "壹佰", "玖佰");
    seal_straddling(s->w, &other, &b);
    pkg_clear(&other);
    pkg_read(es_buf_span(&a), &s->pkg);
    pkg_read(es_buf_span(&b), &other);
    page = pkg_find(&other, PAGE_2);
    pkg_set(&s->pkg, PAGE_2, page->bytes.ptr, page->bytes.len);
    pkg_clear(&other);
}

/* "Tpls/…" in Document.xml leads to Doc_0/Tpls/… and, for other readers, to /Tpls/… */
void template_in_two_places(struct scene *s)
{
    build_sealed(s);
    pkg_add_text(&s->pkg, "Tpls/Tpl_0/Content.xml", PAGE_TEXT);
}
