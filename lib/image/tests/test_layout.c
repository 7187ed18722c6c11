/* The worked numbers of seal-imprints.md, sections 3 and 4, on the layout functions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "imprint_layout.h"

static void near(double value, double expected, double tolerance, int line)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("line %d: %.4f, expected %.4f", line, value, expected);
}
#define NEAR(value, expected, tolerance) near(value, expected, tolerance, __LINE__)

static struct es_ring ring_of(double d, double b, double g, double h, size_t n, double arc)
{
    struct es_circle_style style = {.diameter = d, .border = b, .gap = g, .text_height = h};

    return es_ring_layout(&style, n, arc, 1.0);
}

/* SPEC seal-imprints 3.2: D 42, b 1.2, g 1.0, h 6.5, n 14, arc 260. */
static void ring_of_14_characters_at_42_mm_has_the_worked_numbers(void **state)
{
    struct es_ring r = ring_of(42, 1.2, 1.0, 6.5, 14, 260);

    (void) state;
    NEAR(r.r_out, 18.80, 1e-9);
    NEAR(r.r_base, 12.30, 1e-9);
    NEAR(r.r_mid, 15.55, 1e-9);
    NEAR(r.pitch_deg, 20.0, 1e-9);
    for (size_t i = 0; i < 14; i++)
        NEAR(es_ring_angle(&r, i), -130 + 20.0 * (double) i, 1e-9);
    NEAR(r.r_mid * r.pitch_deg * ES_RAD_PER_DEG, 5.43, 0.005);
    NEAR(r.base_width, 4.29, 0.005);
    NEAR(r.scale_x, 0.61, 0.005);
}

static void rings_of_other_diameters_have_the_worked_numbers(void **state)
{
    struct es_ring r40 = ring_of(40, 1.2, 1.0, 6.5, 14, 260);
    struct es_ring r38 = ring_of(38, 1.0, 0.8, 6.0, 14, 260);
    struct es_ring r45 = ring_of(45, 1.5, 1.2, 7.0, 16, 260);
    struct es_ring r30 = ring_of(30, 1.0, 0.6, 4.2, 12, 240);

    (void) state;
    NEAR(r40.r_out, 17.80, 1e-9);
    NEAR(r40.r_base, 11.30, 1e-9);
    NEAR(r40.r_mid, 14.55, 1e-9);
    NEAR(r40.base_width, 3.94, 0.005);
    NEAR(r38.r_out, 17.20, 1e-9);
    NEAR(r38.r_base, 11.20, 1e-9);
    NEAR(r38.r_mid, 14.20, 1e-9);
    NEAR(r38.base_width, 3.91, 0.005);
    NEAR(r45.r_out, 19.80, 1e-9);
    NEAR(r45.r_base, 12.80, 1e-9);
    NEAR(r45.r_mid, 16.30, 1e-9);
    NEAR(r45.pitch_deg, 17.33, 0.005);
    NEAR(r45.base_width, 3.87, 0.005);
    NEAR(r30.r_out, 13.40, 1e-9);
    NEAR(r30.r_base, 9.20, 1e-9);
    NEAR(r30.r_mid, 11.30, 1e-9);
    NEAR(r30.pitch_deg, 21.82, 0.005);
    NEAR(r30.base_width, 3.50, 0.005);
}

static void ring_of_24_characters_at_42_mm_is_too_narrow(void **state)
{
    struct es_ring r = ring_of(42, 1.2, 1.0, 6.5, 24, 260);

    (void) state;
    NEAR(r.pitch_deg, 11.30, 0.005);
    NEAR(r.base_width, 2.43, 0.005);
    NEAR(r.scale_x, 0.34, 0.005);
    assert_true(r.scale_x < ES_SCALE_X_MIN);
}

static void arc_of_few_characters_is_not_stretched(void **state)
{
    (void) state;
    NEAR(es_ring_arc(1, 260), 0, 1e-9);
    NEAR(es_ring_arc(4, 260), 84, 1e-9);
    NEAR(es_ring_arc(8, 260), 196, 1e-9);
    NEAR(es_ring_arc(14, 260), 260, 1e-9);
    NEAR(es_ring_arc(64, 240), 240, 1e-9);
}

/* SPEC seal-imprints 3.1, 2.3. */
static void table_gives_the_parameters_by_diameter(void **state)
{
    static const struct es_circle_style rows[] = {
        {30, 1.0, 10, 4.2, 0.6, 240, 4.8, 14, 3.6}, {38, 1.0, 12, 6.0, 0.8, 260, 6.0, 24, 4.4},
        {40, 1.2, 13, 6.5, 1.0, 260, 6.0, 24, 4.4}, {42, 1.2, 14, 6.5, 1.0, 260, 6.0, 24, 4.4},
        {45, 1.5, 15, 7.0, 1.2, 260, 6.5, 26, 4.8},
    };

    (void) state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct es_circle_style s = es_circle_style(rows[i].diameter);

        NEAR(s.border, rows[i].border, 1e-9);
        NEAR(s.centre_mark, rows[i].centre_mark, 1e-9);
        NEAR(s.text_height, rows[i].text_height, 1e-9);
        NEAR(s.gap, rows[i].gap, 1e-9);
        NEAR(s.arc_max_deg, rows[i].arc_max_deg, 1e-9);
        NEAR(s.line_height, rows[i].line_height, 1e-9);
        NEAR(s.line_top, rows[i].line_top, 1e-9);
    }
    NEAR(es_circle_style(50).centre_mark, 18, 1e-9);
    NEAR(es_circle_style(60).text_height, 9.0, 1e-9);
    NEAR(es_circle_style(41).centre_mark, 13.5, 1e-9);
    NEAR(es_circle_style(20).border, 2.0 / 3, 1e-9);
}

/* SPEC seal-imprints 3.3: D 40, a 6 mm line from 4.4 has half-chord 15.7 to the border; the rule
 * keeps 0.8 more: sqrt(18^2 - 10.4^2). */
static void chord_leaves_room_for_24_mm_at_40(void **state)
{
    (void) state;
    NEAR(es_chord_half(20, 1.2, 10.4), sqrt(18.0 * 18.0 - 10.4 * 10.4), 1e-9);
    NEAR(es_chord_half(20, 0.4, 10.4), 15.7, 0.05);
    assert_true(es_chord_half(20, 1.2, 10.4) >= 12);
    NEAR(es_chord_half(20, 1.2, 18.5), 0, 1e-9);
}

/* SPEC seal-imprints 3.4. */
static void star_points_lie_on_their_two_circles(void **state)
{
    (void) state;
    NEAR(es_star_point(7, 0).x, 0, 1e-9);
    NEAR(es_star_point(7, 0).y, -7, 1e-9);
    for (unsigned i = 0; i < 10; i++) {
        struct es_point p = es_star_point(7, i);

        NEAR(hypot(p.x, p.y), i % 2 == 0 ? 7 : 7 * 0.38197, 1e-4);
    }
    NEAR(es_star_point(7, 4).y, 0.809 * 7, 0.001);
    NEAR(es_star_point(7, 6).y, 0.809 * 7, 0.001);
    assert_true(es_star_point(7, 2).x > 0);
}

/* SPEC seal-imprints 3.5: spans of 13 digits; left to right is clockwise from high to low. */
static void code_of_13_digits_spans_the_worked_angles(void **state)
{
    static const double spans[3][2] = {{42, 46}, {40, 49}, {38, 51}};

    (void) state;
    for (int i = 0; i < 3; i++) {
        struct es_circle_style style = es_circle_style(spans[i][0]);
        struct es_code_ring r = es_code_layout(&style, 13);

        NEAR(es_code_angle(&r, 0) - es_code_angle(&r, 12), spans[i][1], 0.6);
        NEAR(es_code_angle(&r, 6), 180, 1e-9);
        assert_true(es_code_angle(&r, 0) > 180);
    }
    NEAR(es_code_layout(&(struct es_circle_style){.diameter = 42, .border = 1.2}, 13).r_foot, 19.3,
         1e-9);
}

/* SPEC seal-imprints 4: tops on 18.5 x 13.5, height 4.2: middles on 16.4 x 11.4. */
static void oval_ring_is_even_by_length_on_the_middle_ellipse(void **state)
{
    struct es_oval_ring r = es_oval_layout(18.5, 13.5, 4.2, 21, 240, 1.0);
    struct es_point last = {0, 0};

    (void) state;
    NEAR(r.a, 16.4, 1e-9);
    NEAR(r.b, 11.4, 1e-9);
    for (size_t i = 0; i < 21; i++) {
        struct es_point p;
        double angle, seen;

        es_oval_place(&r, i, &p, &angle);
        NEAR(hypot(p.x / r.a, p.y / r.b), 1, 1e-5);
        /* The turn is the normal's: across it the ellipse does not change to first order. */
        NEAR(sin(angle * ES_RAD_PER_DEG) * p.y * r.a * r.a +
                 cos(angle * ES_RAD_PER_DEG) * p.x * r.b * r.b,
             0, 1e-2);
        seen = atan2(p.x, -p.y) / ES_RAD_PER_DEG;
        if (i == 0)
            NEAR(seen, -120, 0.01);
        if (i == 10)
            NEAR(seen, 0, 0.01);
        /* Chords of 2.7 mm arcs are shorter than them by less than two hundredths. */
        if (i > 0)
            NEAR(hypot(p.x - last.x, p.y - last.y), r.pitch, 0.02);
        last = p;
    }
}

static void boxes_touch_only_when_nearer_than_the_gap(void **state)
{
    struct es_quad a = {{{0, 0}, {2, 0}, {2, 1}, {0, 1}}};
    struct es_quad beside = {{{2.3, 0}, {4, 0}, {4, 1}, {2.3, 1}}};
    struct es_quad turned = {{{2.2, 1.2}, {3, 2}, {2.2, 2.8}, {1.4, 2}}};

    (void) state;
    assert_false(es_quad_touch(&a, &beside, 0.2));
    assert_true(es_quad_touch(&a, &beside, 0.4));
    assert_true(es_quad_touch(&a, &a, 0));
    assert_false(es_quad_touch(&a, &turned, 0.1));
    assert_true(es_quad_touch(&a, &turned, 0.5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ring_of_14_characters_at_42_mm_has_the_worked_numbers),
        cmocka_unit_test(rings_of_other_diameters_have_the_worked_numbers),
        cmocka_unit_test(ring_of_24_characters_at_42_mm_is_too_narrow),
        cmocka_unit_test(arc_of_few_characters_is_not_stretched),
        cmocka_unit_test(table_gives_the_parameters_by_diameter),
        cmocka_unit_test(chord_leaves_room_for_24_mm_at_40),
        cmocka_unit_test(star_points_lie_on_their_two_circles),
        cmocka_unit_test(code_of_13_digits_spans_the_worked_angles),
        cmocka_unit_test(oval_ring_is_even_by_length_on_the_middle_ellipse),
        cmocka_unit_test(boxes_touch_only_when_nearer_than_the_gap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
