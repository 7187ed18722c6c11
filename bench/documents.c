/* Documents of three sizes. Texts, glyph runs and pictures come from a fixed stream of numbers, so
 * every run measures the same bytes; pictures and half of a font do not compress, as in life. */
#include "bench.h"

#include <stdio.h>

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define NS " xmlns:ofd=\"http://www.ofdspec.org/2016\""

const char *const bench_size_names[BENCH_SIZES] = {"30 KB", "1 MB", "50 MB"};

struct shape {
    int pages, objects; /* of text on a page */
    int pictures;
    size_t picture_len, font_len;
};
static const struct shape shapes[BENCH_SIZES] = {
    {.pages = 1, .objects = 40, .pictures = 1, .picture_len = 22000},
    {.pages = 12, .objects = 400, .pictures = 6, .picture_len = 60000, .font_len = 700000},
    {.pages = 100, .objects = 4, .pictures = 100, .picture_len = 500000, .font_len = 700000},
};

static uint32_t next(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* step 1: nothing repeats; 2: every second byte is 0, as in tables of a font. */
static void add_blob(struct pkg *pkg, const char *name, size_t len, size_t step, uint32_t *state)
{
    ES_AUTO(es_buf) blob = ES_BUF_INIT(len);
    uint8_t *p = es_buf_reserve(&blob, len);

    bench_must(p != NULL, "out of memory");
    memset(p, 0, len);
    for (size_t i = 0; i < len; i += step)
        p[i] = (uint8_t) (next(state) >> 11);
    blob.len = len;
    pkg_add(pkg, name, blob.ptr, blob.len);
}

static void add_page(struct pkg *pkg, int page, const struct shape *shape, uint32_t *state)
{
    static const char *const words[] = {"应付金额", "壹佰元整", "示例单位", "购买方名称",
                                        "税额",     "备注",     "合计",     "开票日期"};
    ES_AUTO(es_buf) xml = ES_BUF_INIT(1u << 24);
    char name[64];

    es_buf_put_str(&xml, HEAD "<ofd:Page" NS "><ofd:Content><ofd:Layer ID=\"9\">");
    for (int i = 0; i < shape->objects; i++)
        es_buf_printf(&xml,
                      "<ofd:TextObject ID=\"%d\" Boundary=\"%u.%02u %u.%02u 60 5\" Font=\"11\" "
                      "Size=\"3.175\"><ofd:TextCode X=\"0\" Y=\"%u.%u\" DeltaX=\"g 3 3.%u\">"
                      "%s%u</ofd:TextCode></ofd:TextObject>\n",
                      1000 + i, next(state) % 150, next(state) % 100, next(state) % 280,
                      next(state) % 100, next(state) % 9, next(state) % 999, next(state) % 999,
                      words[next(state) % 8], next(state) % 100000);
    es_buf_printf(&xml,
                  "<ofd:ImageObject ID=\"8\" Boundary=\"0 0 50 50\" ResourceID=\"%d\"/>"
                  "</ofd:Layer></ofd:Content></ofd:Page>",
                  100 + page % shape->pictures);
    (void) snprintf(name, sizeof name, "Doc_0/Pages/Page_%d/Content.xml", page);
    pkg_add(pkg, name, xml.ptr, xml.len);
}

static void add_resources(struct pkg *pkg, const struct shape *shape, uint32_t *state)
{
    ES_AUTO(es_buf) xml = ES_BUF_INIT(1u << 20);
    char name[64];

    es_buf_put_str(&xml, HEAD "<ofd:Res" NS " BaseLoc=\"Res\">");
    if (shape->font_len > 0) {
        es_buf_put_str(&xml, "<ofd:Fonts><ofd:Font ID=\"11\" FontName=\"宋体\"><ofd:FontFile>"
                             "font.ttf</ofd:FontFile></ofd:Font></ofd:Fonts>");
        add_blob(pkg, "Doc_0/Res/font.ttf", shape->font_len, 2, state);
    }
    es_buf_put_str(&xml, "<ofd:MultiMedias>");
    for (int i = 0; i < shape->pictures; i++) {
        es_buf_printf(&xml,
                      "<ofd:MultiMedia ID=\"%d\" Type=\"Image\"><ofd:MediaFile>%d.jpg"
                      "</ofd:MediaFile></ofd:MultiMedia>",
                      100 + i, i);
        (void) snprintf(name, sizeof name, "Doc_0/Res/%d.jpg", i);
        add_blob(pkg, name, shape->picture_len, 1, state);
    }
    es_buf_put_str(&xml, "</ofd:MultiMedias></ofd:Res>");
    pkg_add(pkg, "Doc_0/DocumentRes.xml", xml.ptr, xml.len);
}

static void add_document(struct pkg *pkg, const struct shape *shape)
{
    ES_AUTO(es_buf) xml = ES_BUF_INIT(1u << 20);

    pkg_add_text(pkg, "OFD.xml",
                 HEAD "<ofd:OFD" NS " Version=\"1.1\" DocType=\"OFD\"><ofd:DocBody><ofd:DocInfo>"
                      "<ofd:DocID>0123456789abcdef0123456789abcdef</ofd:DocID></ofd:DocInfo>"
                      "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>");
    es_buf_put_str(&xml, HEAD "<ofd:Document" NS "><ofd:CommonData><ofd:MaxUnitID>9999"
                              "</ofd:MaxUnitID><ofd:PageArea><ofd:PhysicalBox>0 0 210 297"
                              "</ofd:PhysicalBox></ofd:PageArea><ofd:DocumentRes>DocumentRes.xml"
                              "</ofd:DocumentRes></ofd:CommonData><ofd:Pages>");
    for (int i = 0; i < shape->pages; i++)
        es_buf_printf(&xml, "<ofd:Page ID=\"%d\" BaseLoc=\"Pages/Page_%d/Content.xml\"/>", i + 1,
                      i);
    es_buf_put_str(&xml, "</ofd:Pages></ofd:Document>");
    pkg_add(pkg, "Doc_0/Document.xml", xml.ptr, xml.len);
}

void bench_document(enum bench_size size, struct es_buf *out)
{
    const struct shape *shape = &shapes[size];
    uint32_t state = 2463534242u;
    struct pkg pkg = {0};

    add_document(&pkg, shape);
    add_resources(&pkg, shape, &state);
    for (int i = 0; i < shape->pages; i++)
        add_page(&pkg, i, shape, &state);
    pkg_write(&pkg, out);
    pkg_clear(&pkg);
}
