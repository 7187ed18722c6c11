/*
 * Reading an OFD package: whatever the bytes, opening, reach, boxes and text stay within their
 * bounds and end; what opens has pages with finite boxes, the entry point is reached, and page
 * text is UTF-8. Limits are small so that the fuzzer finds the edges of memory use.
 */
#include "es_ofd.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static struct es_ofd_limits small_limits(void)
{
    struct es_ofd_limits limits = es_ofd_limits_default();

    limits.zip.entry_max = 1 << 20;
    limits.zip.total_max = 4 << 20;
    limits.zip.entries_max = 64;
    limits.xml.bytes_max = 1 << 20;
    limits.xml.elements_max = 10000;
    limits.pages_max = 50;
    limits.signatures_max = 20;
    return limits;
}

static void read_reach(struct es_ofd *ofd, struct es_findings *findings)
{
    uint32_t count = es_zip_count(es_ofd_zip(ofd)), entry_points = 0;
    enum es_reach *reach = calloc(count + 1, sizeof(*reach));

    if (!reach)
        return;
    if (es_ofd_reach(ofd, reach, count, findings, NULL) == ES_OK) {
        for (uint32_t i = 0; i < count; i++)
            entry_points += reach[i] == ES_REACH_ENTRY_POINT;
        check(entry_points == 1);
    }
    free(reach);
}

static es_status note_hit(void *ctx, const struct es_text_hit *hit, struct es_error *err)
{
    (void) ctx;
    (void) err;
    check(isfinite(hit->box.x) && isfinite(hit->box.y) && isfinite(hit->box.width));
    return ES_OK;
}

static void read_page(struct es_ofd *ofd, uint32_t number)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(4 << 20);
    struct es_box box;

    if (es_ofd_page_box(ofd, number, &box, NULL) == ES_OK)
        check(box.width > 0 && box.height > 0 && isfinite(box.x) && isfinite(box.y));
    if (es_ofd_page_text(ofd, number, &text, NULL) == ES_OK)
        check(es_utf8_valid(es_buf_span(&text)));
    (void) (es_ofd_find_text(ofd, "a", number, number, note_hit, NULL, NULL) == ES_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct es_source src = es_source_memory(es_span_of(data, size));
    struct es_ofd_limits limits = small_limits();
    ES_AUTO(es_arena) arena = {0};
    ES_AUTO_PTR(es_ofd) ofd = NULL;
    struct es_findings findings;

    es_arena_init(&arena, 16 << 20);
    es_findings_init(&findings, &arena);
    if (es_ofd_open(&src, &limits, &findings, &ofd, NULL) != ES_OK)
        return 0;
    read_reach(ofd, &findings);
    for (uint32_t i = 1; i <= es_ofd_page_count(ofd); i++)
        read_page(ofd, i);
    return 0;
}
