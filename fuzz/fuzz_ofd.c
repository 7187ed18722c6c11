/*
 * Reading an OFD package: whatever the bytes, opening, reach, boxes and text stay within small
 * bounds and end; of what opens exactly one entry is the entry point, boxes are finite, and text
 * is UTF-8. Input that is no ZIP is cut at NUL into the files of one, to get past checksums.
 */
#include "es_ofd.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {"OFD.xml",     "Doc_0/Document.xml", "Doc_0/P.xml",
                                    "Doc_0/R.xml", "Doc_0/S.xml",        "Doc_0/T.xml",
                                    "Doc_0/A.xml"};

static es_status pack(struct es_span data, struct es_buf *out)
{
    ES_AUTO_PTR(es_zip_writer) writer = NULL;

    ES_TRY(es_zip_writer_new(es_zip_sink_buf(out), 0, &writer, NULL));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t end = es_span_find(data, 0);

        ES_TRY(es_zip_writer_put(writer, names[i], es_span_sub(data, 0, end), false, NULL));
        data = es_span_sub(data, end + 1, data.len);
    }
    return es_zip_writer_finish(writer, NULL);
}

static void check_reach(struct es_ofd *ofd, struct es_findings *findings)
{
    enum es_reach reach[64];
    uint32_t count = es_zip_count(es_ofd_zip(ofd)), entry_points = 0;

    if (es_ofd_reach(ofd, reach, count, findings, NULL) != ES_OK)
        return;
    for (uint32_t i = 0; i < count; i++)
        entry_points += reach[i] == ES_REACH_ENTRY_POINT;
    ES_BUG_ON(entry_points != 1);
}

static es_status check_hit(void *ctx, const struct es_text_hit *hit, struct es_error *err)
{
    (void) ctx;
    (void) err;
    ES_BUG_ON(!isfinite(hit->box.x + hit->box.y + hit->box.width + hit->box.height));
    return ES_OK;
}

static void check_page(struct es_ofd *ofd, uint32_t number)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(4 << 20);
    struct es_box box;

    if (es_ofd_page_box(ofd, number, &box, NULL) == ES_OK)
        ES_BUG_ON(!(box.width > 0 && box.height > 0 && isfinite(box.x + box.y)));
    if (es_ofd_page_text(ofd, number, &text, NULL) == ES_OK)
        ES_BUG_ON(!es_utf8_valid(es_buf_span(&text)));
    (void) (es_ofd_find_text(ofd, "a", number, number, check_hit, NULL, NULL) == ES_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ES_AUTO(es_buf) packed = ES_BUF_INIT(4 << 20);
    bool is_zip = size >= 2 && data[0] == 'P' && data[1] == 'K';
    struct es_ofd_limits limits = {.zip = {1 << 22, 1 << 20, 4 << 20, 200, 64},
                                   .xml = {1 << 20, 32, 16, 10000, 1 << 16},
                                   .pages_max = 50,
                                   .signatures_max = 20};
    ES_AUTO(es_arena) arena = {0};
    ES_AUTO_PTR(es_ofd) ofd = NULL;
    struct es_findings findings;
    struct es_source src = es_source_memory(es_span_of(data, size));

    es_arena_init(&arena, 16 << 20);
    es_findings_init(&findings, &arena);
    if (!is_zip && pack(es_span_of(data, size), &packed) == ES_OK)
        src = es_source_memory(es_buf_span(&packed));
    if (es_ofd_open(&src, &limits, &findings, &ofd, NULL) != ES_OK)
        return 0;
    check_reach(ofd, &findings);
    for (uint32_t i = 1; i <= es_ofd_page_count(ofd); i++)
        check_page(ofd, i);
    return 0;
}
