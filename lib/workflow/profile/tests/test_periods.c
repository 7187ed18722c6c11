/*
 * Periods: boundaries of, and properties. Expected days were counted with
 * Python's datetime and calendar; China is UTC+8, so its midnight is 16:00 UTC of the day before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_periods.h"

static int64_t at(const char *text)
{
    int64_t time_s = 0;

    assert_int_equal(es_time_parse(text, 0, &time_s, NULL), ES_OK);
    return time_s;
}

static struct es_period period(const char *text)
{
    struct es_period p = {0};

    assert_int_equal(es_period_parse(text, &p, NULL), ES_OK);
    return p;
}

static void assert_time(int64_t time_s, const char *expected)
{
    char text[ES_TIME_TEXT_MAX];

    es_time_iso(time_s, text);
    assert_string_equal(text, expected);
}

static void a_period_that_is_not_exactly_written_is_refused(void **state)
{
    static const char *const texts[] = {
        "",     "h",     "24",   "0h",   "-1h",        "+1h",
        "01h",  "1 h",   "24H",  "1hh",  "1y",         "1w",
        "1.5h", "none ", "1wd ", "None", "1\xc2\xa0h", "9999999999999999999999h"};
    struct es_period p;
    struct es_error err;

    (void) state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_not_equal(es_period_parse(texts[i], &p, &err), ES_OK);
        assert_int_equal(p.unit, ES_PERIOD_NONE);
    }
    assert_int_equal(es_period_parse("10000h", &p, &err), ES_E_RANGE);
    assert_int_equal(es_period_parse("9999m", &p, &err), ES_OK);
}

static void a_period_is_written_as_it_was_read(void **state)
{
    static const char *const texts[] = {"none", "1h", "24h", "30d", "5wd", "12m", "9999wd"};
    char text[ES_PERIOD_TEXT_MAX];

    (void) state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        es_period_text(period(texts[i]), text);
        assert_string_equal(text, texts[i]);
    }
}

static void three_months_before_31_may_is_the_end_of_february(void **state)
{
    static const struct {
        const char *end, *period, *opens;
    } cases[] = {
        /* 31 May at noon in China; the window opens at 00:00 in China */
        {"2026-05-31T04:00:00Z", "3m", "2026-02-27T16:00:00Z"},
        {"2028-05-31T04:00:00Z", "3m", "2028-02-28T16:00:00Z"}, /* leap year: 29 February */
        {"2100-05-31T04:00:00Z", "3m", "2100-02-27T16:00:00Z"}, /* no leap year */
        {"2026-03-31T04:00:00Z", "1m", "2026-02-27T16:00:00Z"},
        {"2026-05-30T04:00:00Z", "1m", "2026-04-29T16:00:00Z"},
        {"2026-05-31T04:00:00Z", "1m", "2026-04-29T16:00:00Z"}, /* both open on 30 April */
        {"2026-01-15T04:00:00Z", "3m", "2025-10-14T16:00:00Z"},
        {"2026-03-01T04:00:00Z", "30d", "2026-01-29T16:00:00Z"},
        {"2028-03-01T04:00:00Z", "30d", "2028-01-30T16:00:00Z"},
        /* the day of the end is China's: 16:00 UTC is the next day there */
        {"2026-05-30T15:59:59Z", "3m", "2026-02-27T16:00:00Z"},
        {"2026-05-31T15:59:59Z", "3m", "2026-02-27T16:00:00Z"},
        {"2026-05-31T16:00:00Z", "3m", "2026-02-28T16:00:00Z"},
        {"2026-05-31T04:00:00Z", "36h", "2026-05-29T16:00:00Z"},
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t opens_s = 0;

        assert_int_equal(
            es_window_before(at(cases[i].end), period(cases[i].period), &opens_s, NULL), ES_OK);
        assert_time(opens_s, cases[i].opens);
    }
}

static void a_window_is_open_from_its_first_second_to_the_end_and_no_longer(void **state)
{
    static const char *const periods[] = {"30d", "1m", "3m"};
    int64_t end_s = at("2026-05-31T04:00:00Z"), opens_s = 0;
    enum es_window window;

    (void) state;
    for (int i = 0; i < 3; i++) { /* R-064 before, R-065 at and after the end */
        struct es_period p = period(periods[i]);

        assert_int_equal(es_window_before(end_s, p, &opens_s, NULL), ES_OK);
        assert_int_equal(es_window_at(end_s, p, opens_s - 1, &window, NULL), ES_OK);
        assert_int_equal(window, ES_WINDOW_NOT_YET);
        assert_int_equal(es_window_at(end_s, p, opens_s, &window, NULL), ES_OK);
        assert_int_equal(window, ES_WINDOW_OPEN);
        assert_int_equal(es_window_at(end_s, p, end_s - 1, &window, NULL), ES_OK);
        assert_int_equal(window, ES_WINDOW_OPEN);
        assert_int_equal(es_window_at(end_s, p, end_s, &window, NULL), ES_OK);
        assert_int_equal(window, ES_WINDOW_ENDED);
    }
}

static void no_window_and_no_deadline_without_a_period(void **state)
{
    int64_t out = 0;
    enum es_window window;

    (void) state;
    assert_int_equal(es_window_before(0, period("none"), &out, NULL), ES_E_USAGE);
    assert_int_equal(es_window_before(0, period("3wd"), &out, NULL), ES_E_USAGE);
    assert_int_equal(es_window_at(0, period("none"), 0, &window, NULL), ES_E_USAGE);
    assert_int_equal(es_deadline_after(0, period("none"), NULL, &out, NULL), ES_E_USAGE);
    assert_int_equal(es_unused_after(0, 0, period("none"), &out, NULL), ES_E_USAGE);
}

static void deadlines_end_where_the_civil_code_ends_them(void **state)
{
    static const struct {
        const char *event, *period, *late;
    } cases[] = {
        {"2026-03-01T01:02:03Z", "24h", "2026-03-02T01:02:03Z"},
        {"2026-03-01T01:02:03Z", "1d", "2026-03-02T16:00:00Z"},
        {"2026-03-01T15:59:59Z", "1d", "2026-03-02T16:00:00Z"},  /* 23:59:59 in China */
        {"2026-03-01T16:00:00Z", "1d", "2026-03-03T16:00:00Z"},  /* the next day there */
        {"2026-03-05T04:00:00Z", "1wd", "2026-03-06T16:00:00Z"}, /* Thursday: end of Friday */
        {"2026-03-06T04:00:00Z", "1wd", "2026-03-09T16:00:00Z"}, /* Friday: end of Monday */
        {"2026-03-07T04:00:00Z", "1wd", "2026-03-09T16:00:00Z"}, /* Saturday: the same */
        {"2026-03-08T04:00:00Z", "1wd", "2026-03-09T16:00:00Z"}, /* Sunday: the same */
        {"2026-03-06T16:00:00Z", "1wd", "2026-03-09T16:00:00Z"}, /* Saturday in China */
        {"2026-03-06T04:00:00Z", "5wd", "2026-03-13T16:00:00Z"},
        {"2026-01-31T04:00:00Z", "1m", "2026-02-28T16:00:00Z"},
        {"1969-12-31T04:00:00Z", "1d", "1970-01-01T16:00:00Z"},
        {"1969-12-27T04:00:00Z", "1wd", "1969-12-29T16:00:00Z"}, /* a Saturday before 1970 */
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t late_s = 0;

        assert_int_equal(
            es_deadline_after(at(cases[i].event), period(cases[i].period), NULL, &late_s, NULL),
            ES_OK);
        assert_time(late_s, cases[i].late);
    }
}

static int32_t day(const char *text)
{
    int32_t out = 0;

    assert_int_equal(es_china_day_parse(text, &out, NULL), ES_OK);
    return out;
}

static void holidays_and_worked_weekends_are_what_the_calendar_says(void **state)
{
    /* A national day: seven free days, the Sunday before and the Saturday after worked. */
    const int32_t free_days[] = {day("2025-10-01"), day("2025-10-02"), day("2025-10-03"),
                                 day("2025-10-06"), day("2025-10-07"), day("2025-10-08")};
    const int32_t worked_days[] = {day("2025-09-28"), day("2025-10-11")};
    struct es_calendar calendar = {free_days, 6, worked_days, 2};
    int64_t late_s = 0;

    (void) state;
    assert_true(es_calendar_is_working(&calendar, day("2025-09-28")));
    assert_false(es_calendar_is_working(NULL, day("2025-09-28")));
    assert_false(es_calendar_is_working(&calendar, day("2025-10-08")));
    assert_true(es_calendar_is_working(NULL, day("2025-10-08")));
    assert_false(es_calendar_is_working(&calendar, day("2025-10-04"))); /* plain Saturday */
    assert_int_equal(
        es_deadline_after(at("2025-09-30T04:00:00Z"), period("1wd"), &calendar, &late_s, NULL),
        ES_OK);
    assert_time(late_s, "2025-10-09T16:00:00Z");
    assert_int_equal(
        es_deadline_after(at("2025-09-30T04:00:00Z"), period("3wd"), &calendar, &late_s, NULL),
        ES_OK);
    assert_time(late_s, "2025-10-11T16:00:00Z");
}

static void one_year_without_use_is_over_after_the_same_day_of_the_next_year(void **state)
{
    static const struct {
        const char *last;
        int last_day_in_time; /* days since, on which the seal is still in time */
    } cases[] = {
        {"2025-03-01T04:00:00Z", 365}, /* 2025-03-01 to 2026-03-01 */
        {"2023-03-01T04:00:00Z", 366}, /* 29 February 2024 lies between */
        {"2024-02-28T04:00:00Z", 366},
        {"2024-02-29T04:00:00Z", 365}, /* to 28 February 2025, the last day of that month */
        {"2024-03-01T04:00:00Z", 365},
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t last_s = at(cases[i].last), unused_s = 0;

        assert_int_equal(es_unused_after(last_s - 86400, last_s, period("12m"), &unused_s, NULL),
                         ES_OK);
        assert_true(last_s + (cases[i].last_day_in_time - 1) * 86400LL < unused_s);
        assert_true(last_s + cases[i].last_day_in_time * 86400LL < unused_s);
        assert_true(last_s + (cases[i].last_day_in_time + 1) * 86400LL >= unused_s);
    }
}

static void the_clock_of_disuse_starts_at_enabling_and_anew_at_each_use(void **state)
{
    int64_t enabled_s = at("2025-03-01T04:00:00Z"), used_s = at("2025-06-01T04:00:00Z");
    int64_t out_s = 0;

    (void) state;
    assert_int_equal(es_unused_after(enabled_s, 0, period("12m"), &out_s, NULL), ES_OK);
    assert_time(out_s, "2026-03-01T16:00:00Z");
    assert_int_equal(es_unused_after(enabled_s, used_s, period("12m"), &out_s, NULL), ES_OK);
    assert_time(out_s, "2026-06-01T16:00:00Z");
    /* enabled again after a use: the later counts */
    assert_int_equal(es_unused_after(used_s, enabled_s, period("12m"), &out_s, NULL), ES_OK);
    assert_time(out_s, "2026-06-01T16:00:00Z");
}

static void times_outside_the_years_1_to_9999_are_refused(void **state)
{
    static const char *const periods[] = {"9999h", "9999d", "9999wd", "9999m"};
    const int64_t first_s = -62135596800, last_s = 253402300799;
    const int64_t bad[] = {INT64_MIN, first_s - 1, last_s + 1, INT64_MAX};
    int64_t out_s = 0;
    int32_t shifted = 0;

    (void) state;
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < 4; k++) {
            assert_int_equal(es_deadline_after(bad[k], period(periods[i]), NULL, &out_s, NULL),
                             ES_E_RANGE);
            assert_int_not_equal(es_window_before(bad[k], period(periods[i]), &out_s, NULL), ES_OK);
        }
        assert_int_equal(es_deadline_after(last_s, period(periods[i]), NULL, &out_s, NULL),
                         ES_E_RANGE);
        assert_int_not_equal(es_window_before(first_s, period(periods[i]), &out_s, NULL), ES_OK);
    }
    assert_int_equal(es_china_add_months(INT32_MAX, 1, &shifted, NULL), ES_E_RANGE);
    assert_int_equal(es_china_add_months(INT32_MIN, 1, &shifted, NULL), ES_E_RANGE);
    assert_int_equal(es_china_add_months(0, INT32_MAX, &shifted, NULL), ES_E_RANGE);
    assert_int_equal(es_china_add_months(0, INT32_MIN, &shifted, NULL), ES_E_RANGE);
}

static void a_date_that_is_none_is_refused(void **state)
{
    static const char *const texts[] = {
        "",           "2026-3-01",  "2026-02-29", "2026-13-01",  "2026-00-01",
        "2026-01-00", "26-01-01",   "2026/01/01", "2026-01-01 ", "0000-01-01",
        "-026-01-01", "2026-01-32", "none"};
    int32_t out = 0;
    char text[ES_TIME_TEXT_MAX];

    (void) state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(es_china_day_parse(texts[i], &out, NULL), ES_E_FORMAT);
    es_china_day_text(day("2028-02-29"), text);
    assert_string_equal(text, "2028-02-29");
    assert_int_equal(day("1970-01-02"), 1);
    assert_time(es_china_midnight(1), "1970-01-01T16:00:00Z");
}

/* ---- properties ---- */

static uint32_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t) (*seed >> 33);
}

/* Second way to clamp: go back from the end of the wanted month. */
static void shifting_by_months_keeps_the_day_or_takes_the_last_of_the_month(void **state)
{
    uint64_t seed = 7;

    (void) state;
    for (int i = 0; i < 20000; i++) {
        int32_t from = (int32_t) (next_random(&seed) % 60000), to = 0;
        int32_t months = (int32_t) (next_random(&seed) % 600) - 300;
        struct es_date a, b, next;

        assert_int_equal(es_china_add_months(from, months, &to, NULL), ES_OK);
        es_date_from_s((int64_t) from * 86400, &a);
        es_date_from_s((int64_t) to * 86400, &b);
        es_date_from_s((int64_t) (to + 1) * 86400, &next);
        assert_int_equal(a.year * 12 + a.month + months, b.year * 12 + b.month);
        if (a.day != b.day) {
            assert_true(b.day < a.day);
            assert_int_equal(next.day, 1);
        }
    }
}

/* What "within" promises, tried on events of four years and calendars with and without holidays. */
static void a_period_within_another_never_ends_after_it(void **state)
{
    static const char *const texts[] = {"1h",   "23h",  "24h",  "48h", "49h", "1d",  "2d",  "28d",
                                        "29d",  "30d",  "31d",  "32d", "1m",  "2m",  "12m", "13m",
                                        "365d", "366d", "367d", "1wd", "2wd", "5wd", "20wd"};
    const size_t count = sizeof texts / sizeof texts[0];
    int32_t free_days[20];
    struct es_calendar calendar = {free_days, 20, NULL, 0};
    int64_t base_s = at("2023-01-01T00:00:00Z");

    (void) state;
    for (int i = 0; i < 20; i++)
        free_days[i] = day("2024-02-10") + i;
    for (size_t i = 0; i < count * count; i++) {
        struct es_period a = period(texts[i / count]), b = period(texts[i % count]);

        if (!es_period_within(a, b))
            continue;
        for (int64_t event_s = base_s; event_s < base_s + 4 * 366 * 86400LL; event_s += 70001) {
            int64_t late_a = 0, late_b = 0;
            const struct es_calendar *with = event_s % 2 == 0 ? &calendar : NULL;

            assert_int_equal(es_deadline_after(event_s, a, with, &late_a, NULL), ES_OK);
            assert_int_equal(es_deadline_after(event_s, b, with, &late_b, NULL), ES_OK);
            if (late_a > late_b)
                fail_msg("%s is not within %s", texts[i / count], texts[i % count]);
        }
    }
}

static void within_says_what_a_person_would_say(void **state)
{
    static const struct {
        const char *a, *b;
        bool within;
    } cases[] = {
        {"24h", "24h", true},  {"23h", "24h", true},    {"25h", "24h", false},
        {"24h", "1d", true},   {"1d", "24h", false},    {"1d", "48h", true},
        {"30d", "1m", false},  {"27d", "1m", true},     {"1m", "30d", false},
        {"1m", "32d", true},   {"1wd", "9999d", false}, {"24h", "1wd", true},
        {"1d", "1wd", false},  {"12m", "366d", false},  {"364d", "12m", true},
        {"12m", "367d", true},
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (es_period_within(period(cases[i].a), period(cases[i].b)) != cases[i].within)
            fail_msg("%s within %s", cases[i].a, cases[i].b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_period_that_is_not_exactly_written_is_refused),
        cmocka_unit_test(a_period_is_written_as_it_was_read),
        cmocka_unit_test(three_months_before_31_may_is_the_end_of_february),
        cmocka_unit_test(a_window_is_open_from_its_first_second_to_the_end_and_no_longer),
        cmocka_unit_test(no_window_and_no_deadline_without_a_period),
        cmocka_unit_test(deadlines_end_where_the_civil_code_ends_them),
        cmocka_unit_test(holidays_and_worked_weekends_are_what_the_calendar_says),
        cmocka_unit_test(one_year_without_use_is_over_after_the_same_day_of_the_next_year),
        cmocka_unit_test(the_clock_of_disuse_starts_at_enabling_and_anew_at_each_use),
        cmocka_unit_test(times_outside_the_years_1_to_9999_are_refused),
        cmocka_unit_test(a_date_that_is_none_is_refused),
        cmocka_unit_test(shifting_by_months_keeps_the_day_or_takes_the_last_of_the_month),
        cmocka_unit_test(a_period_within_another_never_ends_after_it),
        cmocka_unit_test(within_says_what_a_person_would_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
