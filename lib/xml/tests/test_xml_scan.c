/* The scanner, limits for both (xml-08), and memory that runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "../../zip/tests/fail_alloc.h"
#include "es_xml.h"

/* Writes what it is told. */
static es_status on_start(void *ctx, const char *name, const char *uri,
                          const struct es_xml_attr *attrs, struct es_error *err)
{
    (void) err;
    es_buf_printf(ctx, "(%s|%s", name, uri);
    for (; attrs != NULL; attrs = attrs->next)
        es_buf_printf(ctx, " %s|%s=%.*s", attrs->name, attrs->uri, ES_SPAN_ARG(attrs->value));
    return ES_OK;
}

static es_status on_end(void *ctx, const char *name, struct es_error *err)
{
    (void) err;
    es_buf_printf(ctx, "%s)", name);
    return ES_OK;
}

static es_status on_text(void *ctx, struct es_span text, struct es_error *err)
{
    (void) err;
    es_buf_put_span(ctx, text);
    return ES_OK;
}

static const struct es_xml_handler writer = {on_start, on_end, on_text};

/* Both ways of reading must give the same status. */
static es_status read_both(struct es_span doc, const struct es_xml_limits *limits)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(SIZE_MAX);
    ES_AUTO(es_arena) arena = {0};
    struct es_xml_node *root = NULL;
    es_status status = es_xml_parse(doc, limits, &arena, &root, NULL);

    assert_int_equal(es_xml_scan(doc, limits, &writer, &out, NULL), status);
    return status;
}

static void events_come_in_order_with_local_names(void **state)
{
    struct es_xml_limits limits = es_xml_limits_default();
    ES_AUTO(es_buf) out = ES_BUF_INIT(1000);

    (void) state;
    assert_int_equal(es_xml_scan(es_span_str("<p:a xmlns:p='u' p:x='1' y='2'>t<b/>&amp;"
                                             "<![CDATA[<]]></p:a>"),
                                 &limits, &writer, &out, NULL),
                     ES_OK);
    assert_string_equal(es_buf_cstr(&out), "(a|u x|u=1 y|=2t(b|b)&<a)");
}

static es_status refuse(void *ctx, const char *name, struct es_error *err)
{
    (*(int *) ctx)++;
    return es_error_set(err, ES_E_CONFLICT, "no %s", name);
}

static es_status accept(void *ctx, const char *name, const char *uri,
                        const struct es_xml_attr *attrs, struct es_error *err)
{
    (void) ctx;
    (void) name;
    (void) uri;
    (void) attrs;
    (void) err;
    return ES_OK;
}

static void a_handler_that_fails_is_not_called_again(void **state)
{
    const struct es_xml_handler handler = {.start = accept, .end = refuse};
    struct es_xml_limits limits = es_xml_limits_default();
    struct es_error err = {0};
    int calls = 0;

    (void) state;
    assert_int_equal(
        es_xml_scan(es_span_str("<a>text<b/><c/></a>"), &limits, &handler, &calls, &err),
        ES_E_CONFLICT);
    assert_string_equal(err.text, "no b");
    assert_int_equal(calls, 1);
}

static void each_limit_is_met_and_passed(void **state)
{
    const char *doc = "<a b='1' c='2'><b><c/></b>1234</a>";
    struct es_xml_limits limits = {.bytes_max = 34,
                                   .depth_max = 3,
                                   .attributes_max = 2,
                                   .elements_max = 3,
                                   .text_max = 4},
                         tight;

    (void) state;
    assert_int_equal(read_both(es_span_str(doc), &limits), ES_OK);
    tight = limits;
    tight.bytes_max--;
    assert_int_equal(read_both(es_span_str(doc), &tight), ES_E_LIMIT);
    tight = limits;
    tight.depth_max--;
    assert_int_equal(read_both(es_span_str(doc), &tight), ES_E_LIMIT);
    tight = limits;
    tight.attributes_max--;
    assert_int_equal(read_both(es_span_str(doc), &tight), ES_E_LIMIT);
    tight = limits;
    tight.elements_max--;
    assert_int_equal(read_both(es_span_str(doc), &tight), ES_E_LIMIT);
    tight = limits;
    tight.text_max--;
    assert_int_equal(read_both(es_span_str(doc), &tight), ES_E_LIMIT);
}

static void text_around_children_counts_together(void **state)
{
    struct es_xml_limits limits = es_xml_limits_default();

    (void) state;
    limits.text_max = 6;
    assert_int_equal(read_both(es_span_str("<a>123<b>123456</b>456</a>"), &limits), ES_OK);
    assert_int_equal(read_both(es_span_str("<a>123<b>123456</b>4567</a>"), &limits), ES_E_LIMIT);
}

static void namespaces_count_as_attributes_and_are_short(void **state)
{
    struct es_xml_limits limits = es_xml_limits_default();
    ES_AUTO(es_buf) doc = ES_BUF_INIT(10000);

    (void) state;
    limits.attributes_max = 2;
    assert_int_equal(read_both(es_span_str("<a xmlns:x='u' xmlns:y='v'/>"), &limits), ES_OK);
    assert_int_equal(read_both(es_span_str("<a xmlns:x='u' xmlns:y='v' z=''/>"), &limits),
                     ES_E_LIMIT);
    es_buf_put_str(&doc, "<a xmlns:x='");
    for (int i = 0; i < 1025; i++)
        es_buf_put_byte(&doc, 'u');
    es_buf_put_str(&doc, "'/>");
    assert_int_equal(read_both(es_buf_span(&doc), &limits), ES_E_LIMIT);
}

static double seconds(void)
{
    struct timespec t;

    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t), 0);
    return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

/* head, then part until the document has len bytes, then tail: over a limit, and soon. */
static void expect_soon_over(const char *head, const char *part, size_t len, const char *tail)
{
    struct es_xml_limits limits = es_xml_limits_default();
    ES_AUTO(es_buf) doc = ES_BUF_INIT((size_t) 1 << 28);
    double start;

    es_buf_put_str(&doc, head);
    while (doc.len < len)
        es_buf_put_str(&doc, part);
    es_buf_put_str(&doc, tail);
    start = seconds();
    assert_int_equal(read_both(es_buf_span(&doc), &limits), ES_E_LIMIT);
    /* Far above what it takes, far below what going on would. */
    assert_true(seconds() - start < 5);
}

static void bombs_of_depth_attributes_and_text_end_soon(void **state)
{
    (void) state;
    expect_soon_over("", "<a>", 3000000, "");
    expect_soon_over("<a ", "a='' b='' c='' ", 50000000, "/>");
    expect_soon_over("<a>", "text text text text ", 60000000, "</a>");
    expect_soon_over("<a>", "line\n", 60000000, "</a>");
    expect_soon_over("<a><!-- ", "comment ", 60000000, "--></a>");
    expect_soon_over("<a x='", "value value ", 60000000, "'/>");
    expect_soon_over("<", "name", 60000000, "/>");
    expect_soon_over("<a><?x ", "instruction ", 60000000, "?></a>");
}

static void running_out_of_memory_says_so(void **state)
{
    const struct es_span doc = es_span_str("<a xmlns:x='u' b='c'>t<x:d x:e='f'>g</x:d></a>");
    struct es_xml_limits limits = es_xml_limits_default();
    long n;

    (void) state;
    for (n = 0;; n++) {
        ES_AUTO(es_buf) out = ES_BUF_INIT(1000);
        ES_AUTO(es_arena) arena = {0};
        struct es_xml_node *root = NULL;
        es_status status;

        es_buf_put_str(&out, "so that only the reader allocates");
        (void) es_buf_reserve(&out, 500);
        fail_begin(n);
        status = es_xml_parse(doc, &limits, &arena, &root, NULL);
        if (status == ES_OK)
            status = es_xml_scan(doc, &limits, &writer, &out, NULL);
        if (!fail_end()) {
            assert_int_equal(status, ES_OK);
            break;
        }
        assert_int_equal(status, ES_E_NOMEM);
    }
    assert_true(n > 5);
}

static void an_arena_that_is_full_passes_a_limit(void **state)
{
    struct es_xml_limits limits = es_xml_limits_default();
    ES_AUTO(es_arena) arena = {0};
    struct es_xml_node *root = NULL;

    (void) state;
    es_arena_init(&arena, 200);
    assert_int_equal(es_xml_parse(es_span_str("<a><b/><c/></a>"), &limits, &arena, &root, NULL),
                     ES_E_LIMIT);
    assert_null(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_come_in_order_with_local_names),
        cmocka_unit_test(a_handler_that_fails_is_not_called_again),
        cmocka_unit_test(each_limit_is_met_and_passed),
        cmocka_unit_test(text_around_children_counts_together),
        cmocka_unit_test(namespaces_count_as_attributes_and_are_short),
        cmocka_unit_test(bombs_of_depth_attributes_and_text_end_soon),
        cmocka_unit_test(running_out_of_memory_says_so),
        cmocka_unit_test(an_arena_that_is_full_passes_a_limit),
    };

    return cmocka_run_group_tests_name("xml/scan", tests, NULL, NULL);
}
