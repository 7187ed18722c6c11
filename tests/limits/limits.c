/* See limits.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "limits.h"

#include <time.h>

#define PAGE "Doc_0/Pages/Page_0/Content.xml"
#define ZIP_MAX ((size_t) 1 << 30)

#define HEAD "<ofd:Page xmlns:ofd=\"http://www.ofdspec.org/2016\"><ofd:Content><ofd:Layer ID=\"9\">"
#define TAIL "</ofd:Layer></ofd:Content></ofd:Page>"

int limits_setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    world_new(w);
    *state = w;
    return 0;
}

int limits_teardown(void **state)
{
    world_clear(*state);
    free(*state);
    return 0;
}

void limits_add_entries(struct pkg *pkg, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[64];

        (void) snprintf(name, sizeof name, "Doc_0/Extra/%05zu.bin", i);
        pkg_add_text(pkg, name, name);
    }
}

void limits_fill_page(struct pkg *pkg, size_t len)
{
    ES_AUTO(es_buf) xml = ES_BUF_INIT(len);
    uint32_t state = 2463534242u;

    es_buf_put_str(&xml, HEAD);
    while (xml.len + 512 < len) {
        state = state * 1664525u + 1013904223u;
        es_buf_printf(&xml, "<ofd:PathObject ID=\"%u\" Boundary=\"%u %u 1 1\" Note=\"%08x%08x\"/>",
                      100 + state % 90000, state % 210, state % 297, state * 2654435761u, ~state);
    }
    while (xml.len < len - strlen(TAIL))
        es_buf_put_byte(&xml, ' ');
    es_buf_put_str(&xml, TAIL);
    assert_int_equal(xml.failed, ES_OK);
    assert_int_equal(xml.len, len);
    pkg_set(pkg, PAGE, xml.ptr, xml.len);
}

void limits_nest_page(struct pkg *pkg, size_t depth)
{
    ES_AUTO(es_buf) xml = ES_BUF_INIT(1u << 20);

    es_buf_put_str(&xml, HEAD);
    for (size_t i = 3; i < depth; i++)
        es_buf_put_str(&xml, "<ofd:PageBlock>");
    for (size_t i = 3; i < depth; i++)
        es_buf_put_str(&xml, "</ofd:PageBlock>");
    es_buf_put_str(&xml, TAIL);
    pkg_set(pkg, PAGE, xml.ptr, xml.len);
}

void limits_sign(struct world *w, struct pkg *pkg, size_t times, bool growing)
{
    const char *refs[64] = {0};
    size_t count = 0;

    for (size_t i = 0; i < pkg->count && count < 63; i++)
        refs[count++] = pkg->entries[i].name;
    for (size_t i = 0; i < times; i++) {
        const struct lax lax = {.refs = growing ? NULL : refs};

        world_lax_sign(w, pkg, &lax);
    }
}

void limits_seal(struct world *w, const struct pkg *pkg, struct es_buf *sealed)
{
    ES_AUTO(es_buf) zip = ES_BUF_INIT(ZIP_MAX);

    pkg_write(pkg, &zip);
    world_seal(w, es_buf_span(&zip), es_buf_span(&w->seal), NULL, false, sealed);
}

void limits_lax(struct world *w, const struct pkg *pkg, struct es_buf *sealed)
{
    const struct lax lax = {0};
    struct pkg copy = {0};

    pkg_copy(pkg, &copy);
    world_lax_sign(w, &copy, &lax);
    pkg_write(&copy, sealed);
    pkg_clear(&copy);
}

static double now_s(void)
{
    struct timespec t;

    (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

double limits_verify(struct world *w, struct es_span bytes, struct es_report *report)
{
    const double begin = now_s();

    world_verify(w, bytes, ES_POLICY_ASSURED, report);
    return now_s() - begin;
}
