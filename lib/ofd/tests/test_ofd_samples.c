/*
 * Real documents made by others (shared/samples). Page counts and what a signature does not cover
 * come from expected.tsv there, which was made by a program that has nothing to do with this one.
 */
#include "ofd_fixture.h"

#include <dirent.h>

#define ENTRIES_MAX 512
#define COLUMNS 16

static bool read_sample(struct fixture *f, const char *name, struct es_buf *bytes)
{
    struct es_ofd_limits limits = es_ofd_limits_default();
    char path[1024];
    es_status status;

    snprintf(path, sizeof(path), "%s/%s", samples(), name);
    es_buf_reset(bytes);
    assert_int_equal(es_file_read(path, bytes, NULL), ES_OK);
    status = open_bytes(f, es_buf_span(bytes), &limits);
    if (status != ES_OK)
        print_message("# %s: %s\n", name, f->err.text);
    return status == ES_OK;
}

/* Calls each() with the columns of every OFD row of expected.tsv. */
static void each_row(struct fixture *f, const char *prefix,
                     void (*each)(struct fixture *f, char *const columns[COLUMNS],
                                  struct es_buf *bytes))
{
    ES_AUTO(es_buf) table = ES_BUF_INIT(1 << 20);
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(64u << 20);
    char path[1024], *save = NULL, *text;

    snprintf(path, sizeof(path), "%s/expected.tsv", samples());
    assert_int_equal(es_file_read(path, &table, NULL), ES_OK);
    es_buf_put_byte(&table, 0);
    assert_int_equal(es_buf_check(&table, NULL), ES_OK);
    text = (char *) table.ptr;
    for (char *row = strtok_r(text, "\n", &save); row; row = strtok_r(NULL, "\n", &save)) {
        char *columns[COLUMNS] = {0};

        for (size_t i = 0; i < COLUMNS && row; i++)
            columns[i] = strsep(&row, "\t");
        if (strncmp(columns[0], prefix, strlen(prefix)) == 0 && columns[COLUMNS - 1])
            each(f, columns, &bytes);
    }
}

static void compare_pages(struct fixture *f, char *const columns[COLUMNS], struct es_buf *bytes)
{
    bool opened = read_sample(f, columns[0], bytes);
    const char *pages = columns[13];

    if (strcmp(columns[1], "malformed") == 0) {
        assert_false(opened);
        assert_int_not_equal(f->findings.count, 0);
        return;
    }
    if (!opened)
        fail_msg("%s: %s", columns[0], f->err.text);
    if (es_ofd_page_count(f->ofd) != (uint32_t) strtoul(pages, NULL, 10))
        fail_msg("%s: %u pages, expected %s", columns[0], es_ofd_page_count(f->ofd), pages);
    if (have(f, ES_V_RANGE_REFERENCE_UNCLEAR))
        fail_msg("%s: range_reference_unclear", columns[0]);
    if (have(f, ES_V_STRUCTURE_INVALID))
        fail_msg("%s: structure_invalid", columns[0]);
}

static void every_unsigned_document_opens_with_its_pages(void **state)
{
    each_row(*state, "unsigned/", compare_pages);
}

static void every_signed_document_opens_with_its_pages(void **state)
{
    each_row(*state, "signed/", compare_pages);
}

static void compare_signatures(struct fixture *f, char *const columns[COLUMNS],
                               struct es_buf *bytes)
{
    uint32_t count = 0;

    if (strcmp(columns[3], "GMT0099-integrity") == 0)
        return;
    assert_true(read_sample(f, columns[0], bytes));
    for (const struct es_ofd_signature_ref *ref = es_ofd_signatures(f->ofd); ref; ref = ref->next)
        count++;
    if (count != (uint32_t) strtoul(columns[2], NULL, 10))
        fail_msg("%s: %u signatures, expected %s", columns[0], count, columns[2]);
    if (have(f, ES_V_SIGNATURE_LIST_INCONSISTENT))
        fail_msg("%s: signature_list_inconsistent", columns[0]);
}

static void every_signature_is_listed(void **state)
{
    each_row(*state, "signed/", compare_signatures);
}

static void look_for_external(struct fixture *f, char *const columns[COLUMNS], struct es_buf *bytes)
{
    enum es_reach marks[ENTRIES_MAX] = {0};
    uint32_t count;

    if (!read_sample(f, columns[0], bytes))
        return;
    count = es_zip_count(es_ofd_zip(f->ofd));
    assert_true(count <= ENTRIES_MAX || strstr(columns[0], "pages-412"));
    if (count > ENTRIES_MAX)
        return;
    assert_int_equal(es_ofd_reach(f->ofd, marks, count, &f->findings, &f->err), ES_OK);
    for (const struct es_finding *x = f->findings.first; x; x = x->next) {
        if (x->code == ES_V_FORM_DEVIATION && getenv("ES_SHOW"))
            print_message("# %s: %s %s %s\n", columns[0], x->where, x->value[0],
                          x->value[1] ? x->value[1] : "");
        else if (x->code != ES_V_FORM_DEVIATION && x->code != ES_V_CONTAINER_DUPLICATE_ENTRY &&
                 x->code != ES_V_CONTAINER_OUTSIDE_DATA && x->code != ES_V_ACTIVE_CONTENT)
            fail_msg("%s: code %x at %s, %s", columns[0], (unsigned) x->code, x->where,
                     x->value[0] ? x->value[0] : "");
    }
}

static void reach_finds_nothing_wrong_in_real_documents(void **state)
{
    each_row(*state, "unsigned/", look_for_external);
    each_row(*state, "signed/", look_for_external);
}

/* ---- coverage ---- */

/* Marks what the first signature's References cover, and how many there were. */
static void mark_covered(struct fixture *f, const char *path, bool *covered)
{
    ES_AUTO(es_arena) tree = {0};
    const struct es_zip_entry *entry = es_zip_find(es_ofd_zip(f->ofd), es_span_str(path));
    struct es_xml_node *root;
    const struct es_xml_node *list;

    es_arena_init(&tree, 0);
    assert_non_null(entry);
    assert_int_equal(es_ofd_parse(f->ofd, entry, NULL, &tree, &root, &f->err), ES_OK);
    list = es_ofd_child(es_ofd_child(root, "SignedInfo", NULL), "References", NULL);
    for (const struct es_xml_node *n = es_xml_child(list, "Reference"); n; n = es_xml_same(n)) {
        const struct es_zip_entry *found;
        unsigned deviations;

        assert_int_equal(es_ofd_resolve_reference(f->ofd, path, es_xml_attr(n, "FileRef", NULL),
                                                  &found, &deviations, &f->err),
                         ES_OK);
        covered[found->index] = true;
    }
}

static void compare_coverage(struct fixture *f, char *const columns[COLUMNS], struct es_buf *bytes)
{
    enum es_reach marks[ENTRIES_MAX] = {0};
    bool covered[ENTRIES_MAX] = {0};
    const char *gap = strstr(columns[15], "does not cover ");
    uint32_t count, missing = 0, expected = 0;

    /* what the outside checker calls covered is only told where nothing else is wrong */
    if (strncmp(columns[1], "intact", 6) != 0 || strcmp(columns[2], "1") != 0 ||
        strcmp(columns[3], "GMT0099-integrity") == 0)
        return;
    assert_true(read_sample(f, columns[0], bytes));
    count = es_zip_count(es_ofd_zip(f->ofd));
    assert_true(count <= ENTRIES_MAX);
    assert_int_equal(es_ofd_reach(f->ofd, marks, count, NULL, &f->err), ES_OK);
    mark_covered(f, es_ofd_signatures(f->ofd)->entry, covered);
    for (uint32_t i = 0; i < count; i++) {
        const char *name = es_zip_at(es_ofd_zip(f->ofd), i)->name;

        if (covered[i] || marks[i] != ES_REACH_CONTENT)
            continue;
        missing++;
        if (!gap || !strstr(gap, name))
            fail_msg("%s: %s is reached and not covered", columns[0], name);
    }
    for (const char *at = gap; at; at = strchr(at + 1, ','))
        expected++;
    assert_int_equal(missing, expected);
}

static void only_the_known_gaps_are_reached_and_not_covered(void **state)
{
    each_row(*state, "signed/", compare_coverage);
}

/* ---- text ---- */

static void read_text(struct fixture *f, char *const columns[COLUMNS], struct es_buf *bytes)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(16u << 20);

    if (!read_sample(f, columns[0], bytes))
        return;
    for (uint32_t i = 1; i <= es_ofd_page_count(f->ofd); i++) {
        struct es_box box;

        assert_int_equal(es_ofd_page_box(f->ofd, i, &box, &f->err), ES_OK);
        assert_true(es_ofd_box_is_page(&box));
        if (es_ofd_page_text(f->ofd, i, &text, &f->err) != ES_OK)
            fail_msg("%s page %u: %s", columns[0], i, f->err.text);
    }
    assert_true(es_utf8_valid(es_buf_span(&text)));
}

static void text_and_boxes_of_every_page_can_be_read(void **state)
{
    each_row(*state, "unsigned/", read_text);
    each_row(*state, "signed/", read_text);
}

static es_status keep(void *ctx, const struct es_text_hit *hit, struct es_error *err)
{
    struct es_text_hit *last = ctx;

    (void) err;
    *last = *hit;
    return ES_OK;
}

/* The title of a VAT invoice stands in the upper part of the page, about its middle. */
static void the_title_of_an_invoice_is_found_at_its_place(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(16u << 20);
    struct es_text_hit hit = {0};
    struct es_box page;

    assert_true(read_sample(f, "signed/tax-zhejiang-2020.ofd", &bytes));
    assert_int_equal(es_ofd_find_text(f->ofd, "增值税电子普通发票", 1, 1, keep, &hit, &f->err),
                     ES_OK);
    assert_int_equal(es_ofd_page_box(f->ofd, 1, &page, &f->err), ES_OK);
    assert_int_equal(hit.page, 1);
    assert_true(hit.box.y > 0 && hit.box.y < page.height / 4);
    assert_true(hit.box.x > page.width / 4 && hit.box.x + hit.box.width < page.width * 3 / 4);
}

static void the_smallest_document_says_what_it_says(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) bytes = ES_BUF_INIT(16u << 20);
    ES_AUTO(es_buf) text = ES_BUF_INIT(4096);

    assert_true(read_sample(f, "unsigned/hello.ofd", &bytes));
    assert_int_equal(es_ofd_page_text(f->ofd, 1, &text, &f->err), ES_OK);
    assert_string_equal(es_buf_cstr(&text), "你好呀，OFD Reader&Writer！\n");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_unsigned_document_opens_with_its_pages),
        T(every_signed_document_opens_with_its_pages),
        T(every_signature_is_listed),
        T(reach_finds_nothing_wrong_in_real_documents),
        T(only_the_known_gaps_are_reached_and_not_covered),
        T(text_and_boxes_of_every_page_can_be_read),
        T(the_title_of_an_invoice_is_found_at_its_place),
        T(the_smallest_document_says_what_it_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
