/* Text and its places (formats.md 6.8, 6.11). Places are worked out by hand. */
#include "ofd_fixture.h"

#include <math.h>

#define PAGE "Doc_0/Pages/Page_0/Content.xml"

struct hits {
    struct es_text_hit at[16];
    size_t count;
    es_status answer;
};

static es_status note(void *ctx, const struct es_text_hit *hit, struct es_error *err)
{
    struct hits *hits = ctx;

    (void) err;
    assert_true(hits->count < 16);
    hits->at[hits->count++] = *hit;
    return hits->answer;
}

static struct hits find(struct fixture *f, const char *text)
{
    struct hits hits = {0};

    if (!f->ofd)
        assert_int_equal(open_it(f), ES_OK);
    assert_int_equal(es_ofd_find_text(f->ofd, text, 1, UINT32_MAX, note, &hits, &f->err), ES_OK);
    return hits;
}

/* Puts a page of these objects and opens it. */
static void put_objects(struct fixture *f, const char *objects)
{
    char text[8192];

    snprintf(text, sizeof(text),
             "<ofd:Page " OFD_NS "><ofd:Content><ofd:Layer>%s</ofd:Layer>"
             "</ofd:Content></ofd:Page>",
             objects);
    put(f, PAGE, text);
    assert_int_equal(open_it(f), ES_OK);
}

static void assert_near(double a, double b)
{
    if (fabs(a - b) > 0.001)
        fail_msg("%f is not near %f", a, b);
}

static void assert_box(struct es_box box, double x, double y, double width, double height)
{
    assert_near(box.x, x);
    assert_near(box.y, y);
    assert_near(box.width, width);
    assert_near(box.height, height);
}

static void assert_text(struct fixture *f, const char *expected)
{
    ES_AUTO(es_buf) text = ES_BUF_INIT(1 << 20);

    assert_int_equal(es_ofd_page_text(f->ofd, 1, &text, &f->err), ES_OK);
    assert_string_equal(es_buf_cstr(&text), expected);
}

static void characters_stand_at_boundary_plus_advances(void **state)
{
    struct hits hits = find(*state, "乙丙");

    assert_int_equal(hits.count, 1);
    assert_int_equal(hits.at[0].page, 1);
    /* x: 20 + 0 + 5; baseline: 30 + 5; box from 0.88 * 5 above it to 0.12 * 5 below */
    assert_box(hits.at[0].box, 25, 30.6, 10, 5);
}

static void a_matrix_applies_before_the_boundary(void **state)
{
    struct fixture *f = *state;
    struct hits hits;

    put_objects(f, "<ofd:TextObject Boundary=\"10 10 50 50\" CTM=\"2 0 0 2 1 3\" Size=\"5\">"
                   "<ofd:TextCode X=\"1\" Y=\"5\" DeltaX=\"5\">甲乙</ofd:TextCode>"
                   "</ofd:TextObject>");
    hits = find(f, "乙");
    assert_int_equal(hits.count, 1);
    /* origin (6, 5) -> (2*6 + 1 + 10, 2*5 + 3 + 10) = (23, 23), size 10 */
    assert_box(hits.at[0].box, 23, 23 - 8.8, 10, 10);
}

static void a_quarter_turn_turns_the_box(void **state)
{
    struct fixture *f = *state;
    struct hits hits;

    put_objects(f, "<ofd:TextObject Boundary=\"50 50 50 50\" CTM=\"0 1 -1 0 0 0\" Size=\"10\">"
                   "<ofd:TextCode X=\"0\" Y=\"0\" DeltaX=\"10\">甲乙</ofd:TextCode>"
                   "</ofd:TextObject>");
    hits = find(f, "甲乙");
    assert_int_equal(hits.count, 1);
    /* x becomes y, -y becomes x: 20 long downwards, from 1.2 left to 8.8 right */
    assert_box(hits.at[0].box, 50 - 1.2, 50, 10, 20);
}

static void char_direction_turns_each_glyph(void **state)
{
    struct fixture *f = *state;
    struct hits hits;

    put_objects(f, "<ofd:TextObject Boundary=\"50 50 9 9\" Size=\"10\" CharDirection=\"90\">"
                   "<ofd:TextCode X=\"0\" Y=\"0\">甲</ofd:TextCode></ofd:TextObject>");
    hits = find(f, "甲");
    assert_int_equal(hits.count, 1);
    assert_box(hits.at[0].box, 50 - 1.2, 50, 10, 10);
}

static void missing_advances_are_taken_from_the_size(void **state)
{
    struct fixture *f = *state;
    struct hits hits;

    put_objects(f, "<ofd:TextObject Boundary=\"0 0 99 99\" Size=\"4\" HScale=\"0.5\">"
                   "<ofd:TextCode X=\"0\" Y=\"10\">中ab国</ofd:TextCode></ofd:TextObject>");
    hits = find(f, "国");
    assert_box(hits.at[0].box, 2 + 1 + 1, 10 - 3.52, 2, 4);
    hits = find(f, "b");
    assert_box(hits.at[0].box, 3, 10 - 3.52, 1, 4);
}

static void advances_too_few_repeat_the_last(void **state)
{
    struct fixture *f = *state;
    struct hits hits;

    put_objects(f, "<ofd:TextObject Boundary=\"0 0 99 99\" Size=\"4\">"
                   "<ofd:TextCode X=\"1\" Y=\"10\" DeltaX=\"5 7\">abcd</ofd:TextCode>"
                   "</ofd:TextObject>");
    hits = find(f, "d");
    assert_near(hits.at[0].box.x, 1 + 5 + 7 + 7);
}

static void vertical_text_is_found(void **state)
{
    struct fixture *f = *state;
    struct hits hits;

    put_objects(f, "<ofd:TextObject Boundary=\"20 20 9 99\" Size=\"5\">"
                   "<ofd:TextCode X=\"0\" Y=\"5\" DeltaY=\"g 2 6\">购买方</ofd:TextCode>"
                   "</ofd:TextObject>");
    hits = find(f, "购买方");
    assert_int_equal(hits.count, 1);
    assert_box(hits.at[0].box, 20, 25 - 4.4, 5, 17);
    assert_text(f, "购买方\n");
}

static void matches_go_across_text_codes_and_objects_of_a_line(void **state)
{
    struct fixture *f = *state;
    struct hits hits;

    put_objects(f, "<ofd:TextObject Boundary=\"30 20 9 9\" Size=\"5\"><ofd:TextCode X=\"0\" "
                   "Y=\"5\">人民</ofd:TextCode></ofd:TextObject>"
                   "<ofd:TextObject Boundary=\"10 20 9 9\" Size=\"5\"><ofd:TextCode X=\"0\" "
                   "Y=\"5\">中</ofd:TextCode><ofd:TextCode X=\"10\" Y=\"5\">华</ofd:TextCode>"
                   "</ofd:TextObject>"
                   "<ofd:TextObject Boundary=\"10 40 9 9\" Size=\"5\"><ofd:TextCode X=\"0\" "
                   "Y=\"5\">共和国</ofd:TextCode></ofd:TextObject>");
    hits = find(f, "中华人民");
    assert_int_equal(hits.count, 1);
    assert_box(hits.at[0].box, 10, 20.6, 30, 5);
    assert_int_equal(find(f, "人民共").count, 0);
    assert_text(f, "中华 人民\n共和国\n");
}

static void columns_far_apart_do_not_join(void **state)
{
    struct fixture *f = *state;

    put_objects(f, "<ofd:TextObject Boundary=\"10 20 9 9\" Size=\"5\"><ofd:TextCode X=\"0\" "
                   "Y=\"5\">单</ofd:TextCode></ofd:TextObject>"
                   "<ofd:TextObject Boundary=\"90 20 9 9\" Size=\"5\"><ofd:TextCode X=\"0\" "
                   "Y=\"5\">位</ofd:TextCode></ofd:TextObject>");
    assert_int_equal(find(f, "单位").count, 0);
    assert_text(f, "单 位\n");
}

static void white_space_and_width_do_not_count_but_case_does(void **state)
{
    struct fixture *f = *state;

    put_objects(f, "<ofd:TextObject Boundary=\"0 20 9 9\" Size=\"5\"><ofd:TextCode X=\"0\" "
                   "Y=\"5\">合 计(ＡＢ)　\\0031\\00322</ofd:TextCode></ofd:TextObject>");
    assert_int_equal(find(f, "合计").count, 1);
    assert_int_equal(find(f, "合　计 ( A B )").count, 1);
    assert_int_equal(find(f, "ab").count, 0);
    assert_int_equal(find(f, "122").count, 1);
}

static void hits_do_not_overlap_and_come_in_reading_order(void **state)
{
    struct fixture *f = *state;
    struct hits hits;

    put_objects(f, "<ofd:TextObject Boundary=\"0 50 9 9\" Size=\"5\"><ofd:TextCode X=\"0\" "
                   "Y=\"5\">aaa</ofd:TextCode></ofd:TextObject>"
                   "<ofd:TextObject Boundary=\"0 20 9 9\" Size=\"5\"><ofd:TextCode X=\"0\" "
                   "Y=\"5\">aaaab</ofd:TextCode></ofd:TextObject>");
    hits = find(f, "aa");
    assert_int_equal(hits.count, 3);
    assert_true(hits.at[0].box.y < hits.at[2].box.y);
    assert_int_equal(find(f, "aab").count, 1);
}

static void text_that_is_not_shown_is_not_found(void **state)
{
    struct fixture *f = *state;

    put_objects(f, "<ofd:TextObject Boundary=\"0 50 9 9\" Size=\"5\" Visible=\"false\">"
                   "<ofd:TextCode>hidden</ofd:TextCode></ofd:TextObject>"
                   "<ofd:PathObject><ofd:Clips><ofd:Clip><ofd:Area><ofd:TextObject>"
                   "<ofd:TextCode>clipped</ofd:TextCode></ofd:TextObject></ofd:Area></ofd:Clip>"
                   "</ofd:Clips></ofd:PathObject>");
    assert_int_equal(find(f, "hidden").count, 0);
    assert_int_equal(find(f, "clipped").count, 0);
}

static void text_of_templates_counts(void **state)
{
    struct fixture *f = *state;

    change(f, "Doc_0/Document.xml", "</ofd:CommonData>",
           "<ofd:TemplatePage ID=\"7\" BaseLoc=\"Tpl.xml\"/></ofd:CommonData>");
    change(f, PAGE, "<ofd:Content>",
           "<ofd:Template TemplateID=\"7\"/><ofd:Template TemplateID=\"7\"/><ofd:Content>");
    put(f, "Doc_0/Tpl.xml",
        "<Page><Content><Layer><TextObject Boundary=\"0 5 9 9\" Size=\"5\"><TextCode X=\"0\" "
        "Y=\"5\">发票</TextCode></TextObject></Layer></Content></Page>");
    assert_int_equal(find(f, "发票").count, 1);
    assert_text(f, "发票\n甲乙丙丁\n");
}

static void a_text_to_find_has_to_be_text(void **state)
{
    struct fixture *f = *state;
    struct hits hits = {0};
    static char endless[1100];

    assert_int_equal(open_it(f), ES_OK);
    memset(endless, 'a', sizeof(endless) - 1);
    assert_int_equal(es_ofd_find_text(f->ofd, "", 1, 1, note, &hits, &f->err), ES_E_USAGE);
    assert_int_equal(es_ofd_find_text(f->ofd, " 　", 1, 1, note, &hits, &f->err), ES_E_USAGE);
    assert_int_equal(es_ofd_find_text(f->ofd, "\xff", 1, 1, note, &hits, &f->err), ES_E_USAGE);
    assert_int_equal(es_ofd_find_text(f->ofd, endless, 1, 1, note, &hits, &f->err), ES_E_USAGE);
}

static void a_failing_callback_ends_the_search(void **state)
{
    struct fixture *f = *state;
    struct hits hits = {.answer = ES_E_WRITE};

    put_objects(f, "<ofd:TextObject Size=\"5\"><ofd:TextCode>aaaa</ofd:TextCode></ofd:TextObject>");
    assert_int_equal(es_ofd_find_text(f->ofd, "a", 1, 1, note, &hits, &f->err), ES_E_WRITE);
    assert_int_equal(hits.count, 1);
}

static void broken_pages_and_absent_pages_are_told(void **state)
{
    struct fixture *f = *state;
    ES_AUTO(es_buf) text = ES_BUF_INIT(1 << 20);

    put(f, PAGE, "<Page>");
    assert_int_equal(open_it(f), ES_OK);
    assert_int_equal(es_ofd_page_text(f->ofd, 1, &text, &f->err), ES_E_FORMAT);
    assert_int_equal(es_ofd_page_text(f->ofd, 2, &text, &f->err), ES_E_ABSENT);
    assert_int_equal(es_ofd_page_text(f->ofd, 0, &text, &f->err), ES_E_ABSENT);
}

static void wild_numbers_do_no_harm(void **state)
{
    struct fixture *f = *state;
    struct hits hits;

    put_objects(f, "<ofd:TextObject Boundary=\"1e300 nan x y\" CTM=\"1e9 1e9 1e9 1e9 1e9 1e9\" "
                   "Size=\"-1e300\" HScale=\"1e9\" CharDirection=\"-450\" ReadDirection=\"1e9\">"
                   "<ofd:TextCode X=\"1e99\" Y=\"-1e99\" DeltaX=\"g 99999999999 1e9\" "
                   "DeltaY=\"g 4000000000 1e9 g\">aaaa</ofd:TextCode></ofd:TextObject>");
    hits = find(f, "a");
    assert_int_equal(hits.count, 4);
    for (size_t i = 0; i < hits.count; i++)
        assert_true(isfinite(hits.at[i].box.x) && isfinite(hits.at[i].box.height));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(characters_stand_at_boundary_plus_advances),
        T(a_matrix_applies_before_the_boundary),
        T(a_quarter_turn_turns_the_box),
        T(char_direction_turns_each_glyph),
        T(missing_advances_are_taken_from_the_size),
        T(advances_too_few_repeat_the_last),
        T(vertical_text_is_found),
        T(matches_go_across_text_codes_and_objects_of_a_line),
        T(columns_far_apart_do_not_join),
        T(white_space_and_width_do_not_count_but_case_does),
        T(hits_do_not_overlap_and_come_in_reading_order),
        T(text_that_is_not_shown_is_not_found),
        T(text_of_templates_counts),
        T(a_text_to_find_has_to_be_text),
        T(a_failing_callback_ends_the_search),
        T(broken_pages_and_absent_pages_are_told),
        T(wild_numbers_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
