/*
 * Golden tests of seal-imprints.md 7.5. Both sides are the generator's own drawing, so they prove
 * that the comparison tells changes from noise, not that it knows seals made elsewhere. The
 * noise (turning, JPEG) is made here, with libjpeg.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "compare.h"
#include "picture.h"
#include "picture_make.h"

#define PNG_MAX (4u << 20)

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
    .shape = ES_IMPRINT_SQUARE, .width_mm = 20, .height_mm = 20, .name = "张小明印"};

static void draw(const struct es_imprint *imprint, struct es_buf *out)
{
    struct es_error err = {0};

    if (es_imprint_png(imprint, out, &err) != ES_OK)
        fail_msg("%s", err.text);
}

static void compare(const struct es_imprint *imprint, struct es_buf *a, struct es_buf *b,
                    struct es_imprint_comparison *out)
{
    struct es_error err = {0};

    if (es_imprint_compare(es_buf_span(a), es_buf_span(b), imprint->width_mm, imprint->height_mm,
                           out, NULL, &err) != ES_OK)
        fail_msg("%s", err.text);
    print_message("# correlation %.4f rotation %.2f scale %.4f border %.2f/%.2f centre %.2f/%.2f "
                  "share %.5f outcome %d\n",
                  out->correlation, out->rotation_deg, out->scale, out->border_a_mm,
                  out->border_b_mm, out->centre_a_mm, out->centre_b_mm, out->difference_share,
                  (int) out->outcome);
}

/* Colour of the raster at a point between pixels, on white paper. */
static void sample(const struct es_raster *r, double x, double y, uint8_t out[3])
{
    long ix = lround(floor(x)), iy = lround(floor(y));
    double sum[3] = {0};

    for (int k = 0; k < 4; k++) {
        long px = ix + (k & 1), py = iy + (k >> 1);
        double w = (1 - fabs(x - (double) px)) * (1 - fabs(y - (double) py));
        const uint8_t *p = r->rgba + ((size_t) py * r->width + (size_t) px) * 4;
        bool inside = px >= 0 && py >= 0 && px < (long) r->width && py < (long) r->height;

        for (int i = 0; i < 3; i++)
            sum[i] += w * (inside ? (p[i] * p[3] + 255.0 * (255 - p[3])) / 255 : 255);
    }
    for (int i = 0; i < 3; i++)
        out[i] = (uint8_t) lround(sum[i]);
}

/* The picture turned clockwise and saved as JPEG. */
static void turn_to_jpeg(struct es_buf *png, double angle_deg, int quality, struct es_buf *out)
{
    struct es_raster r = {0};
    struct es_picture_target target = {.raster = &r};
    double s = sin(angle_deg * 0.017453292519943295), c = cos(angle_deg * 0.017453292519943295);
    uint8_t *rgb;

    assert_int_equal(es_picture_read(es_buf_span(png), &target, NULL), ES_OK);
    rgb = malloc((size_t) r.width * r.height * 3);
    assert_non_null(rgb);
    for (uint32_t y = 0; y < r.height; y++) {
        for (uint32_t x = 0; x < r.width; x++) {
            double dx = x - (r.width - 1) / 2.0, dy = y - (r.height - 1) / 2.0;

            sample(&r, c * dx + s * dy + (r.width - 1) / 2.0,
                   -s * dx + c * dy + (r.height - 1) / 2.0, rgb + ((size_t) y * r.width + x) * 3);
        }
    }
    make_jpeg(out, rgb, r.width, r.height, quality, false);
    free(rgb);
    es_raster_clear(&r);
}

static void assert_changed(const struct es_imprint *from, const struct es_imprint *to)
{
    ES_AUTO(es_buf) a = ES_BUF_INIT(PNG_MAX);
    ES_AUTO(es_buf) b = ES_BUF_INIT(PNG_MAX);
    struct es_imprint_comparison c;

    draw(from, &a);
    draw(to, &b);
    compare(from, &a, &b, &c);
    assert_int_not_equal(c.outcome, ES_MATCH_YES);
}

static void what_is_no_imprint_is_refused(void **state)
{
    ES_AUTO(es_buf) a = ES_BUF_INIT(PNG_MAX);
    ES_AUTO(es_buf) blank = ES_BUF_INIT(PNG_MAX);
    struct es_span svg = es_span_str("<svg/>"), none = es_span_str("");
    static uint8_t white[40 * 40 * 3];
    struct es_imprint_comparison c;
    struct es_error err = {0};

    (void) state;
    draw(&company, &a);
    memset(white, 0xff, sizeof white);
    make_jpeg(&blank, white, 40, 40, 90, false);
    assert_int_equal(es_imprint_compare(es_buf_span(&a), svg, 42, 42, &c, NULL, &err),
                     ES_E_UNSUPPORTED);
    assert_int_equal(es_imprint_compare(none, es_buf_span(&a), 42, 42, &c, NULL, &err),
                     ES_E_FORMAT);
    assert_int_equal(
        es_imprint_compare(es_buf_span(&a), es_buf_span(&blank), 42, 42, &c, NULL, &err),
        ES_E_FORMAT);
    assert_string_equal(err.text, "picture shows no ink");
    assert_int_equal(es_imprint_compare(es_buf_span(&a), es_buf_span(&a), 0, 42, &c, NULL, &err),
                     ES_E_RANGE);
    assert_int_equal(es_imprint_compare(es_buf_span(&a), es_buf_span(&a), 42, 4200, &c, NULL, &err),
                     ES_E_RANGE);
    assert_int_equal(c.outcome, ES_MATCH_NO);
}

static void picture_of_more_than_16_megapixels_is_refused(void **state)
{
    ES_AUTO(es_buf) png = ES_BUF_INIT(PNG_MAX);
    struct es_imprint_comparison c;

    (void) state;
    make_png(&png, 4001, 4000, PNG_FORMAT_GRAY);
    assert_int_equal(
        es_imprint_compare(es_buf_span(&png), es_buf_span(&png), 42, 42, &c, NULL, NULL),
        ES_E_LIMIT);
}

static void drawing_matches_itself_at_three_resolutions(void **state)
{
    static const struct es_imprint *const imprints[] = {&company, &invoice, &person};
    static const uint32_t dpis[] = {300, 400, 600};

    (void) state;
    for (size_t i = 0; i < 3; i++) {
        ES_AUTO(es_buf) a = ES_BUF_INIT(PNG_MAX);

        draw(imprints[i], &a);
        for (size_t k = 0; k < 3; k++) {
            ES_AUTO(es_buf) b = ES_BUF_INIT(PNG_MAX);
            struct es_imprint other = *imprints[i];
            struct es_imprint_comparison c;

            other.dpi = dpis[k];
            draw(&other, &b);
            compare(imprints[i], &a, &b, &c);
            assert_int_equal(c.outcome, ES_MATCH_YES);
            assert_true(fabs(c.outer_a_mm - imprints[i]->width_mm) < 0.1);
        }
    }
}

static void drawing_matches_itself_turned_and_as_jpeg(void **state)
{
    static const struct es_imprint *const imprints[] = {&company, &invoice};
    static const double angles[] = {-2, 0, 1.3, 2};

    (void) state;
    for (size_t i = 0; i < 2; i++) {
        ES_AUTO(es_buf) a = ES_BUF_INIT(PNG_MAX);

        draw(imprints[i], &a);
        for (size_t k = 0; k < 8; k++) {
            ES_AUTO(es_buf) png = ES_BUF_INIT(PNG_MAX);
            ES_AUTO(es_buf) jpeg = ES_BUF_INIT(PNG_MAX);
            struct es_imprint coarse = *imprints[i];
            struct es_imprint_comparison c;

            coarse.dpi = k < 4 ? 600 : 300;
            draw(&coarse, &png);
            turn_to_jpeg(&png, angles[k % 4], 80, &jpeg);
            compare(imprints[i], &a, &jpeg, &c);
            assert_int_equal(c.outcome, ES_MATCH_YES);
            assert_true(fabs(c.rotation_deg - angles[k % 4]) < 0.15);
        }
    }
}

static void watermark_does_not_change_the_outcome(void **state)
{
    ES_AUTO(es_buf) a = ES_BUF_INIT(PNG_MAX);
    ES_AUTO(es_buf) b = ES_BUF_INIT(PNG_MAX);
    struct es_imprint marked = company;
    struct es_imprint_comparison c;

    (void) state;
    marked.specimen = true;
    draw(&company, &a);
    draw(&marked, &b);
    compare(&company, &a, &b, &c);
    assert_int_equal(c.outcome, ES_MATCH_YES);
    assert_true(c.correlation > 0.999);
}

static void one_changed_character_is_no_match(void **state)
{
    struct es_imprint to = company;

    (void) state;
    to.ring_text = "北京测试科技发屋有限公司";
    assert_changed(&company, &to);
    to.ring_text = "北京测试科枝发展有限公司";
    assert_changed(&company, &to);
    to.ring_text = "上海某某贸易股份有限公司";
    assert_changed(&company, &to);
}

static void one_changed_digit_is_no_match(void **state)
{
    struct es_imprint to = company;

    (void) state;
    to.code = "1101080123457";
    assert_changed(&company, &to);
    to.code = "1101030123456";
    assert_changed(&company, &to);
}

static void star_two_millimetres_larger_is_no_match(void **state)
{
    ES_AUTO(es_buf) a = ES_BUF_INIT(PNG_MAX);
    ES_AUTO(es_buf) b = ES_BUF_INIT(PNG_MAX);
    struct es_imprint to = company;
    struct es_imprint_comparison c;

    (void) state;
    to.centre_mm = 16;
    draw(&company, &a);
    draw(&to, &b);
    compare(&company, &a, &b, &c);
    assert_int_not_equal(c.outcome, ES_MATCH_YES);
    assert_true(fabs(c.centre_a_mm - 14) < 0.3 && fabs(c.centre_b_mm - 16) < 0.3);
}

static void border_half_a_millimetre_wider_is_no_match(void **state)
{
    ES_AUTO(es_buf) a = ES_BUF_INIT(PNG_MAX);
    ES_AUTO(es_buf) b = ES_BUF_INIT(PNG_MAX);
    struct es_imprint to = company;
    struct es_imprint_comparison c;

    (void) state;
    to.border_mm = 1.7;
    draw(&company, &a);
    draw(&to, &b);
    compare(&company, &a, &b, &c);
    assert_int_not_equal(c.outcome, ES_MATCH_YES);
    assert_true(fabs(c.border_a_mm - 1.2) < 0.05 && fabs(c.border_b_mm - 1.7) < 0.05);
}

static void difference_is_a_png_at_twenty_pixels_a_millimetre(void **state)
{
    ES_AUTO(es_buf) a = ES_BUF_INIT(PNG_MAX);
    ES_AUTO(es_buf) b = ES_BUF_INIT(PNG_MAX);
    ES_AUTO(es_buf) difference = ES_BUF_INIT(PNG_MAX);
    struct es_imprint to = person;
    struct es_imprint_comparison c;
    struct es_picture_facts facts;

    (void) state;
    to.name = "张小朋印";
    draw(&person, &a);
    draw(&to, &b);
    assert_int_equal(
        es_imprint_compare(es_buf_span(&a), es_buf_span(&b), 20, 20, &c, &difference, NULL), ES_OK);
    assert_int_not_equal(c.outcome, ES_MATCH_YES);
    assert_int_equal(es_picture_probe(es_buf_span(&difference), &facts, NULL), ES_OK);
    assert_int_equal(facts.kind, ES_PICTURE_PNG);
    assert_int_equal(facts.width_px, 400);
    assert_int_equal(facts.height_px, 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_imprint_is_refused),
        cmocka_unit_test(picture_of_more_than_16_megapixels_is_refused),
        cmocka_unit_test(drawing_matches_itself_at_three_resolutions),
        cmocka_unit_test(drawing_matches_itself_turned_and_as_jpeg),
        cmocka_unit_test(watermark_does_not_change_the_outcome),
        cmocka_unit_test(one_changed_character_is_no_match),
        cmocka_unit_test(one_changed_digit_is_no_match),
        cmocka_unit_test(star_two_millimetres_larger_is_no_match),
        cmocka_unit_test(border_half_a_millimetre_wider_is_no_match),
        cmocka_unit_test(difference_is_a_png_at_twenty_pixels_a_millimetre),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
