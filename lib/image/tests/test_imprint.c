/*
 * Drawn imprints. Geometry is measured in the pixels and points that come out, with libpng's own
 * reader; the layout's numbers have their test in test_layout.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <png.h>
#include <unistd.h>

#include "es_image.h"

#define OUT_MAX (8u << 20)

static const struct es_imprint company = {.shape = ES_IMPRINT_CIRCLE,
                                          .width_mm = 42,
                                          .height_mm = 42,
                                          .ring_text = "北京测试科技发展有限公司",
                                          .code = "1101080123456",
                                          .centre = ES_CENTRE_STAR};
static const struct es_imprint invoice = {.shape = ES_IMPRINT_ELLIPSE,
                                          .width_mm = 40,
                                          .height_mm = 30,
                                          .ring_text = "北京测试科技发展有限公司",
                                          .middle_line = "91110108MA01ABCD2X",
                                          .centre_line = "发票专用章",
                                          .sequence = "(1)"};
static const struct es_imprint person = {
    .shape = ES_IMPRINT_SQUARE, .width_mm = 20, .height_mm = 20, .name = "张小明"};

struct pixels {
    uint32_t width, height;
    uint8_t *rgba;
};

static struct pixels draw(const struct es_imprint *imprint)
{
    ES_AUTO(es_buf) png = ES_BUF_INIT(OUT_MAX);
    png_image image = {.version = PNG_IMAGE_VERSION};
    struct es_error err = {0};
    struct pixels p;

    if (es_imprint_png(imprint, &png, &err) != ES_OK)
        fail_msg("%s", err.text);
    assert_true(png_image_begin_read_from_memory(&image, png.ptr, png.len));
    image.format = PNG_FORMAT_RGBA;
    p = (struct pixels){.width = image.width, .height = image.height};
    p.rgba = malloc(PNG_IMAGE_SIZE(image));
    assert_non_null(p.rgba);
    assert_true(png_image_finish_read(&image, NULL, p.rgba, 0, NULL));
    return p;
}

/* Alpha at a point in millimetres from the centre. */
static int alpha_at(const struct pixels *p, double x_mm, double y_mm)
{
    double k = 600 / 25.4;
    uint32_t x = (uint32_t) (p->width / 2.0 + x_mm * k),
             y = (uint32_t) (p->height / 2.0 + y_mm * k);

    assert_true(x < p->width && y < p->height);
    return p->rgba[((size_t) y * p->width + x) * 4 + 3];
}

/* Share of full ink in a box around a point. */
static double ink_in(const struct pixels *p, double x_mm, double y_mm, double w_mm, double h_mm)
{
    double sum = 0;
    int count = 0;

    for (double y = y_mm - h_mm / 2; y < y_mm + h_mm / 2; y += 0.05) {
        for (double x = x_mm - w_mm / 2; x < x_mm + w_mm / 2; x += 0.05, count++)
            sum += alpha_at(p, x, y);
    }
    return sum / 255 / count;
}

static void assert_refused(const struct es_imprint *imprint, es_status status, const char *part)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(OUT_MAX);
    struct es_error err = {0};

    assert_int_equal(es_imprint_png(imprint, &out, &err), status);
    assert_int_equal(out.len, 0);
    if (strstr(err.text, part) == NULL)
        fail_msg("\"%s\" without \"%s\"", err.text, part);
    assert_int_equal(es_imprint_svg(imprint, &out, &err), status);
    assert_int_equal(out.len, 0);
}

static void sizes_out_of_range_are_refused(void **state)
{
    struct es_imprint im = company;

    (void) state;
    im.width_mm = im.height_mm = 0;
    assert_refused(&im, ES_E_RANGE, "circle of 0 x 0 mm, allowed are 18 to 60");
    im.width_mm = im.height_mm = 4200;
    assert_refused(&im, ES_E_RANGE, "allowed are 18 to 60");
    im.width_mm = 42;
    im.height_mm = 40;
    assert_refused(&im, ES_E_RANGE, "must be equal");
    im = invoice;
    im.height_mm = 40;
    assert_refused(&im, ES_E_RANGE, "wider than high");
    im = company;
    im.border_mm = 0.1;
    assert_refused(&im, ES_E_RANGE, "border of 0.10 mm");
    im.border_mm = (double) NAN;
    assert_refused(&im, ES_E_RANGE, "border");
    im = company;
    im.centre_mm = 26;
    assert_refused(&im, ES_E_RANGE, "meets the ring text");
    im = company;
    im.colour = 0x1000000;
    assert_refused(&im, ES_E_RANGE, "colour");
}

static void resolutions_out_of_range_are_refused(void **state)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(OUT_MAX);
    struct es_imprint im = company;

    (void) state;
    im.dpi = 71;
    assert_int_equal(es_imprint_png(&im, &out, NULL), ES_E_RANGE);
    im.dpi = 100000;
    assert_int_equal(es_imprint_png(&im, &out, NULL), ES_E_RANGE);
}

static void parts_a_shape_does_not_have_are_refused(void **state)
{
    struct es_imprint im = company;

    (void) state;
    im.ring_text = NULL;
    assert_refused(&im, ES_E_RANGE, "without text for its ring");
    im = company;
    im.name = "张三";
    assert_refused(&im, ES_E_RANGE, "no place for a name");
    im = person;
    im.code = "1";
    assert_refused(&im, ES_E_RANGE, "no place for a code");
    im = invoice;
    im.centre = ES_CENTRE_STAR;
    assert_refused(&im, ES_E_RANGE, "no star");
    im = company;
    im.white = true;
    assert_refused(&im, ES_E_RANGE, "white on red");
}

static void names_too_long_are_refused_with_advice(void **state)
{
    struct es_imprint im = company;

    (void) state;
    im.ring_text = "北京市海淀区测试科技发展股份有限责任公司中关村第一分公司";
    assert_refused(&im, ES_E_RANGE, "use the approved short name");
    im = invoice;
    im.ring_text = "北京市海淀区测试科技发展股份有限责任公司中关村第一分公司上地东路办事处";
    assert_refused(&im, ES_E_RANGE, "use the approved short name");
    im = person;
    im.name = "一二三四五六七八九";
    assert_refused(&im, ES_E_RANGE, "name of 9 characters, allowed are 1 to 8");
    im = company;
    im.code = "1234567890123456789";
    assert_refused(&im, ES_E_RANGE, "code of 19 characters");
    im.code = "12-34";
    assert_refused(&im, ES_E_RANGE, "digits or capitals");
    im = company;
    im.centre_line = "这一行字实在是太长了放不到星的下面去所以应当被拒绝";
    assert_refused(&im, ES_E_RANGE, "does not fit below the centre");
}

static void text_that_is_not_clean_is_refused(void **state)
{
    struct es_imprint im = company;
    char long_text[3 * 65 + 1] = "";

    (void) state;
    im.ring_text = "北京\xff";
    assert_refused(&im, ES_E_FORMAT, "not UTF-8");
    im.ring_text = "北京\n公司";
    assert_refused(&im, ES_E_FORMAT, "control");
    for (int i = 0; i < 65; i++)
        memcpy(long_text + 3 * i, "中", 4);
    im.ring_text = long_text;
    assert_refused(&im, ES_E_LIMIT, "65 characters");
}

static void character_no_font_has_is_named(void **state)
{
    struct es_imprint im = company;

    (void) state;
    im.ring_text = "北京\xee\x80\x80公司"; /* U+E000, private use */
    assert_refused(&im, ES_E_MISSING_GLYPH, "U+E000");
    im = person;
    im.name = "张\xf3\xb0\x80\x81";
    assert_refused(&im, ES_E_MISSING_GLYPH, "U+F0001");
}

static void named_font_is_used_alone(void **state)
{
    struct es_imprint im = company;

    (void) state;
    im.font_file = "/nowhere/font.ttf";
    assert_refused(&im, ES_E_ABSENT, "no font file /nowhere/font.ttf");
    im.font_file = "/etc/passwd";
    assert_refused(&im, ES_E_UNSUPPORTED, "no font with plain outlines");
    im.font_file = "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf";
    if (access(im.font_file, R_OK) != 0)
        skip();
    assert_refused(&im, ES_E_MISSING_GLYPH, "U+5317");
    im.ring_text = "TEST COMPANY";
    im.specimen = true; /* whose characters come from elsewhere */
    free(draw(&im).rgba);
}

static void environment_names_fonts(void **state)
{
    (void) state;
    setenv("ESEAL_FONTS", "/usr/share/fonts/truetype/liberation/", 1);
    if (access("/usr/share/fonts/truetype/liberation", R_OK) == 0)
        assert_refused(&company, ES_E_MISSING_GLYPH, "U+5317");
    setenv("ESEAL_FONTS", "/nowhere/a.ttf:/nowhere/b.ttf", 1);
    assert_refused(&company, ES_E_ABSENT, "/nowhere/a.ttf");
    unsetenv("ESEAL_FONTS");
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8 | p[3];
}

static void png_is_indexed_with_alpha_and_its_resolution(void **state)
{
    static const uint32_t dpis[][3] = {{600, 992, 23622}, {300, 496, 11811}, {400, 661, 15748}};

    (void) state;
    for (size_t i = 0; i < 3; i++) {
        ES_AUTO(es_buf) png = ES_BUF_INIT(OUT_MAX);
        struct es_imprint im = company;
        size_t at;

        im.dpi = dpis[i][0];
        assert_int_equal(es_imprint_png(&im, &png, NULL), ES_OK);
        assert_int_equal(get32(png.ptr + 16), dpis[i][1]);
        assert_int_equal(get32(png.ptr + 20), dpis[i][1]);
        assert_int_equal(png.ptr[25], 3); /* indexed colour */
        assert_true(es_span_search(es_buf_span(&png), es_span_str("pHYs"), &at));
        assert_int_equal(get32(png.ptr + at + 4), dpis[i][2]);
        assert_int_equal(get32(png.ptr + at + 8), dpis[i][2]);
        assert_int_equal(png.ptr[at + 12], 1); /* metre */
        assert_true(es_span_search(es_buf_span(&png), es_span_str("tRNS"), &at));
    }
}

static void png_has_one_colour_on_nothing(void **state)
{
    struct es_imprint im = company;

    (void) state;
    for (int i = 0; i < 2; i++) {
        struct pixels p;

        im.colour = i == 0 ? 0 : 0x123456;
        p = draw(&im);
        for (size_t k = 0; k < (size_t) p.width * p.height; k++)
            assert_memory_equal(p.rgba + k * 4, i == 0 ? "\xe6\x00\x12" : "\x12\x34\x56", 3);
        assert_int_equal(alpha_at(&p, -20.8, -20.8), 0);
        free(p.rgba);
    }
}

static void same_description_gives_the_same_bytes(void **state)
{
    ES_AUTO(es_buf) a = ES_BUF_INIT(OUT_MAX);
    ES_AUTO(es_buf) b = ES_BUF_INIT(OUT_MAX);

    (void) state;
    assert_int_equal(es_imprint_png(&company, &a, NULL), ES_OK);
    assert_int_equal(es_imprint_png(&company, &b, NULL), ES_OK);
    assert_true(es_span_equal(es_buf_span(&a), es_buf_span(&b)));
}

static void circle_has_border_star_text_and_code_in_place(void **state)
{
    struct pixels p = draw(&company);

    (void) state;
    for (int deg = 0; deg < 360; deg += 15) {
        double s = sin(deg * 0.017453292519943295), c = cos(deg * 0.017453292519943295);

        assert_int_equal(alpha_at(&p, 20.4 * s, -20.4 * c), 255); /* border 19.8 to 21 */
        assert_int_equal(alpha_at(&p, 20.9 * s, -20.9 * c), 255);
        assert_int_equal(alpha_at(&p, 19.9 * s, -19.9 * c), 255);
        assert_int_equal(alpha_at(&p, 19.6 * s, -19.6 * c), 0);
    }
    assert_int_equal(alpha_at(&p, 0, 0), 255); /* star of 14: up to 7 */
    assert_int_equal(alpha_at(&p, 0, -6.6), 255);
    assert_int_equal(alpha_at(&p, 0, -7.2), 0);
    assert_int_equal(alpha_at(&p, 0, 3.0), 0);
    assert_true(ink_in(&p, -2.6, -15.3, 4, 6) > 0.1); /* text to both sides of 12 o'clock */
    assert_true(ink_in(&p, 2.6, -15.3, 4, 6) > 0.1);
    assert_true(ink_in(&p, 0, 12.5, 8, 6) == 0);    /* the ring is open at the foot */
    assert_true(ink_in(&p, 0, 18.7, 6, 1.0) > 0.1); /* the code */
    free(p.rgba);
}

static void line_below_raises_and_shrinks_the_star(void **state)
{
    struct es_imprint im = company;
    struct pixels p;

    (void) state;
    im.centre_line = "合同专用章";
    p = draw(&im);
    /* 0.28 D = 11.76 across, raised by 0.06 D = 2.52: from -8.4 to 2.24. */
    assert_int_equal(alpha_at(&p, 0, -8.1), 255);
    assert_int_equal(alpha_at(&p, 0, -8.6), 0);
    assert_true(ink_in(&p, 0, 3.3, 10, 1.8) == 0);
    assert_true(ink_in(&p, 0, 7, 14, 4) > 0.1);
    free(p.rgba);
}

static void characters_stand_upright_along_the_radius(void **state)
{
    struct es_imprint im = {.shape = ES_IMPRINT_CIRCLE,
                            .width_mm = 42,
                            .height_mm = 42,
                            .ring_text = "上"}; /* its foot is a long line, its head is thin */
    struct pixels p = draw(&im);

    (void) state;
    assert_true(ink_in(&p, 2, -13.2, 1, 1.4) > 0.05); /* foot towards the centre */
    assert_true(ink_in(&p, -2, -13.2, 1, 1.4) > 0.05);
    assert_true(ink_in(&p, 2, -18, 1, 1.4) == 0);
    assert_true(ink_in(&p, 0, -18, 1, 1.4) > 0.05);
    free(p.rgba);
}

static void ellipse_has_its_lines_at_the_given_heights(void **state)
{
    struct pixels p = draw(&invoice);

    (void) state;
    assert_int_equal(p.width, 945);
    assert_int_equal(p.height, 709);
    assert_int_equal(alpha_at(&p, 19.5, 0), 255);
    assert_int_equal(alpha_at(&p, 0, -14.5), 255);
    assert_int_equal(alpha_at(&p, 18.9, 0), 0);
    assert_true(ink_in(&p, 0, 0, 25, 3.5) > 0.25); /* number: 26 x 3.7 on the centre line */
    assert_true(ink_in(&p, 0, 0, 0.2, 3.6) > 0);
    assert_true(ink_in(&p, 0, 3.1, 26, 2.0) == 0);
    assert_true(ink_in(&p, 0, 6.5, 15, 4.4) > 0.1); /* words: 4.2 to 8.8 */
    assert_true(ink_in(&p, 0, 9.3, 15, 0.8) < 0.02);
    assert_true(ink_in(&p, 0, 11.1, 3, 2.0) > 0.1); /* (1): 10 to 12.2 */
    free(p.rgba);
}

static void square_reads_from_the_right_column(void **state)
{
    struct es_imprint im = person;
    struct pixels p;

    (void) state;
    im.name = "一口"; /* right a line, left a box */
    p = draw(&im);
    assert_int_equal(alpha_at(&p, 9.5, 9.5), 255); /* corner of the border */
    assert_int_equal(alpha_at(&p, 4.1, 5), 0);
    assert_true(ink_in(&p, 4.1, 0, 7, 3) > 0.05);
    assert_true(ink_in(&p, 4.1, 6, 7, 3) == 0);
    assert_true(ink_in(&p, -4.1, 0, 7, 16) > ink_in(&p, 4.1, 0, 7, 16));
    free(p.rgba);
}

static void white_square_takes_the_characters_away(void **state)
{
    struct es_imprint im = person;
    struct pixels red = draw(&im), white;

    (void) state;
    im.white = true;
    white = draw(&im);
    assert_int_equal(alpha_at(&white, 9.8, 9.8), 255);
    for (double y = -8; y < 8; y += 0.3) {
        for (double x = -8; x < 8; x += 0.3) {
            int sum = alpha_at(&red, x, y) + alpha_at(&white, x, y);

            assert_in_range(sum, 250, 260); /* one is the other's negative */
        }
    }
    free(red.rgba);
    free(white.rgba);
}

static void letters_stand_in_lines(void **state)
{
    struct es_imprint im = person;
    struct pixels p;

    (void) state;
    im.name = "John Smith";
    p = draw(&im);
    assert_true(ink_in(&p, 0, -4, 15, 5) > 0.1);
    assert_true(ink_in(&p, 0, 4, 15, 5) > 0.1);
    free(p.rgba);
}

static void specimen_is_grey_below_the_ink(void **state)
{
    struct es_imprint im = company;
    struct pixels plain = draw(&im), marked;
    size_t grey = 0;

    (void) state;
    im.specimen = true;
    marked = draw(&im);
    for (size_t i = 0; i < (size_t) plain.width * plain.height; i++) {
        const uint8_t *a = plain.rgba + i * 4, *b = marked.rgba + i * 4;

        if (a[3] == 255)
            assert_memory_equal(a, b, 4); /* ink stays ink */
        else if (a[3] == 0 && b[3] != 0)
            grey += memcmp(b, "\x80\x80\x80", 3) == 0;
    }
    /* 样章 covers a few per cent of the seal. */
    assert_true(grey > (size_t) plain.width * plain.height / 50);
    free(plain.rgba);
    free(marked.rgba);
}

static void svg_is_quiet_and_in_millimetres(void **state)
{
    static const struct es_imprint *const imprints[] = {&company, &invoice, &person};

    (void) state;
    for (size_t i = 0; i < 3; i++) {
        ES_AUTO(es_buf) svg = ES_BUF_INIT(OUT_MAX);
        struct es_picture_facts facts;
        struct es_imprint im = *imprints[i];
        char size[64];

        im.specimen = i == 1;
        assert_int_equal(es_imprint_svg(&im, &svg, NULL), ES_OK);
        assert_int_equal(es_picture_probe(es_buf_span(&svg), &facts, NULL), ES_OK);
        assert_int_equal(facts.kind, ES_PICTURE_SVG);
        assert_false(facts.active);
        snprintf(size, sizeof size, "width=\"%umm\" height=\"%umm\" viewBox=\"0 0 %u %u\"",
                 im.width_mm, im.height_mm, im.width_mm, im.height_mm);
        assert_true(es_span_search(es_buf_span(&svg), es_span_str(size), NULL));
        assert_false(es_span_search(es_buf_span(&svg), es_span_str("<text"), NULL));
        assert_false(es_span_search(es_buf_span(&svg), es_span_str("nan"), NULL));
        assert_int_equal(es_span_search(es_buf_span(&svg), es_span_str("fill=\"#808080\""), NULL),
                         i == 1);
    }
}

static void svg_begins_with_the_border(void **state)
{
    ES_AUTO(es_buf) svg = ES_BUF_INIT(OUT_MAX);

    (void) state;
    assert_int_equal(es_imprint_svg(&person, &svg, NULL), ES_OK);
    /* The square itself clockwise, then its inside the other way. */
    assert_true(es_span_search(
        es_buf_span(&svg), es_span_str("d=\"M0 0L20 0L20 20L0 20ZM19 1L1 1L1 19L19 19Z"), NULL));
}

static void output_past_its_maximum_is_refused(void **state)
{
    ES_AUTO(es_buf) out = ES_BUF_INIT(1000);

    (void) state;
    es_buf_put_str(&out, "kept");
    assert_int_equal(es_imprint_png(&company, &out, NULL), ES_E_LIMIT);
    assert_int_equal(out.len, 4);
    es_buf_clear(&out);
    out.failed = ES_OK;
    assert_int_equal(es_imprint_svg(&company, &out, NULL), ES_E_LIMIT);
    assert_int_equal(out.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_out_of_range_are_refused),
        cmocka_unit_test(resolutions_out_of_range_are_refused),
        cmocka_unit_test(parts_a_shape_does_not_have_are_refused),
        cmocka_unit_test(names_too_long_are_refused_with_advice),
        cmocka_unit_test(text_that_is_not_clean_is_refused),
        cmocka_unit_test(character_no_font_has_is_named),
        cmocka_unit_test(named_font_is_used_alone),
        cmocka_unit_test(environment_names_fonts),
        cmocka_unit_test(png_is_indexed_with_alpha_and_its_resolution),
        cmocka_unit_test(png_has_one_colour_on_nothing),
        cmocka_unit_test(same_description_gives_the_same_bytes),
        cmocka_unit_test(circle_has_border_star_text_and_code_in_place),
        cmocka_unit_test(line_below_raises_and_shrinks_the_star),
        cmocka_unit_test(characters_stand_upright_along_the_radius),
        cmocka_unit_test(ellipse_has_its_lines_at_the_given_heights),
        cmocka_unit_test(square_reads_from_the_right_column),
        cmocka_unit_test(white_square_takes_the_characters_away),
        cmocka_unit_test(letters_stand_in_lines),
        cmocka_unit_test(specimen_is_grey_below_the_ink),
        cmocka_unit_test(svg_is_quiet_and_in_millimetres),
        cmocka_unit_test(svg_begins_with_the_border),
        cmocka_unit_test(output_past_its_maximum_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
