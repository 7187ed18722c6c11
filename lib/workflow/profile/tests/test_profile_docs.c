/*
 * The documents are made from the table of parameters. With ESEAL_WRITE_DOCS set they are written
 * anew; else they must be what the table gives.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "es_profile.h"

#define BEGIN "<!-- parameters: made from profile/params.def -->\n"
#define END "<!-- end of parameters -->\n"

static void path_of(const char *name, struct es_buf *out)
{
    const char *folder = getenv("ESEAL_DOCS");

    assert_non_null(folder);
    es_buf_printf(out, "%s/%s", folder, name);
    assert_non_null(es_buf_cstr(out));
}

static void assert_document(const char *path, const struct es_buf *made)
{
    ES_AUTO(es_buf) file = ES_BUF_INIT(1 << 20);

    if (getenv("ESEAL_WRITE_DOCS") != NULL)
        assert_int_equal(es_file_write(path, es_buf_span(made), 0644, true, NULL), ES_OK);
    assert_int_equal(es_file_read(path, &file, NULL), ES_OK);
    if (!es_span_equal(es_buf_span(&file), es_buf_span(made)))
        fail_msg("%s is not what the table gives: set ESEAL_WRITE_DOCS=1 and run again", path);
}

static void the_schema_is_the_table(void **state)
{
    ES_AUTO(es_buf) path = ES_BUF_INIT(4096);
    ES_AUTO(es_buf) made = ES_BUF_INIT(1 << 20);

    (void) state;
    path_of("profile.schema.json", &path);
    es_profile_put_schema(&made);
    assert_int_equal(made.failed, ES_OK);
    assert_document(es_buf_cstr(&path), &made);
}

/* The page keeps what people wrote around the table. */
static void the_page_holds_the_table(void **state)
{
    ES_AUTO(es_buf) path = ES_BUF_INIT(4096);
    ES_AUTO(es_buf) page = ES_BUF_INIT(1 << 20);
    ES_AUTO(es_buf) made = ES_BUF_INIT(1 << 20);
    size_t begin = 0, end = 0;

    (void) state;
    path_of("profile.md", &path);
    assert_int_equal(es_file_read(es_buf_cstr(&path), &page, NULL), ES_OK);
    assert_true(es_span_search(es_buf_span(&page), es_span_str(BEGIN), &begin));
    assert_true(es_span_search(es_buf_span(&page), es_span_str(END), &end));
    es_buf_put(&made, page.ptr, begin + strlen(BEGIN));
    es_profile_put_markdown(&made);
    es_buf_put(&made, page.ptr + end, page.len - end);
    assert_int_equal(made.failed, ES_OK);
    assert_document(es_buf_cstr(&path), &made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_schema_is_the_table),
        cmocka_unit_test(the_page_holds_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
