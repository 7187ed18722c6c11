/* Dates and their texts. The table was computed with Python's datetime. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_base.h"

#define NOW_S 1772352000 /* 2026-03-01T08:00:00Z */

static const struct {
    struct es_date date;
    int64_t time_s;
    const char *iso;
    const char *china;
} table[] = {
    {{1, 1, 1, 0, 0, 0}, -62135596800, "0001-01-01T00:00:00Z", "0001-01-01 08:00:00"},
    {{4, 2, 29, 12, 0, 0}, -62035848000, "0004-02-29T12:00:00Z", "0004-02-29 20:00:00"},
    {{100, 2, 28, 23, 59, 59}, -59006361601, "0100-02-28T23:59:59Z", "0100-03-01 07:59:59"},
    {{100, 3, 1, 0, 0, 0}, -59006361600, "0100-03-01T00:00:00Z", "0100-03-01 08:00:00"},
    {{400, 2, 29, 0, 0, 0}, -49539340800, "0400-02-29T00:00:00Z", "0400-02-29 08:00:00"},
    {{1582, 10, 10, 0, 0, 0}, -12219724800, "1582-10-10T00:00:00Z", "1582-10-10 08:00:00"},
    {{1600, 2, 29, 0, 0, 0}, -11670998400, "1600-02-29T00:00:00Z", "1600-02-29 08:00:00"},
    {{1900, 2, 28, 23, 59, 59}, -2203891201, "1900-02-28T23:59:59Z", "1900-03-01 07:59:59"},
    {{1900, 3, 1, 0, 0, 0}, -2203891200, "1900-03-01T00:00:00Z", "1900-03-01 08:00:00"},
    {{1949, 12, 31, 23, 59, 59}, -631152001, "1949-12-31T23:59:59Z", "1950-01-01 07:59:59"},
    {{1950, 1, 1, 0, 0, 0}, -631152000, "1950-01-01T00:00:00Z", "1950-01-01 08:00:00"},
    {{1969, 12, 31, 23, 59, 59}, -1, "1969-12-31T23:59:59Z", "1970-01-01 07:59:59"},
    {{1970, 1, 1, 0, 0, 0}, 0, "1970-01-01T00:00:00Z", "1970-01-01 08:00:00"},
    {{1970, 1, 1, 0, 0, 1}, 1, "1970-01-01T00:00:01Z", "1970-01-01 08:00:01"},
    {{1972, 2, 29, 0, 0, 0}, 68169600, "1972-02-29T00:00:00Z", "1972-02-29 08:00:00"},
    {{1999, 12, 31, 23, 59, 59}, 946684799, "1999-12-31T23:59:59Z", "2000-01-01 07:59:59"},
    {{2000, 2, 29, 12, 34, 56}, 951827696, "2000-02-29T12:34:56Z", "2000-02-29 20:34:56"},
    {{2001, 9, 9, 1, 46, 40}, 1000000000, "2001-09-09T01:46:40Z", "2001-09-09 09:46:40"},
    {{2023, 2, 28, 23, 59, 59}, 1677628799, "2023-02-28T23:59:59Z", "2023-03-01 07:59:59"},
    {{2024, 2, 29, 0, 0, 0}, 1709164800, "2024-02-29T00:00:00Z", "2024-02-29 08:00:00"},
    {{2024, 12, 31, 23, 59, 59}, 1735689599, "2024-12-31T23:59:59Z", "2025-01-01 07:59:59"},
    {{2026, 3, 1, 8, 0, 0}, 1772352000, "2026-03-01T08:00:00Z", "2026-03-01 16:00:00"},
    {{2038, 1, 19, 3, 14, 7}, 2147483647, "2038-01-19T03:14:07Z", "2038-01-19 11:14:07"},
    {{2038, 1, 19, 3, 14, 8}, 2147483648, "2038-01-19T03:14:08Z", "2038-01-19 11:14:08"},
    {{2049, 12, 31, 23, 59, 59}, 2524607999, "2049-12-31T23:59:59Z", "2050-01-01 07:59:59"},
    {{2050, 1, 1, 0, 0, 0}, 2524608000, "2050-01-01T00:00:00Z", "2050-01-01 08:00:00"},
    {{2100, 2, 28, 0, 0, 0}, 4107456000, "2100-02-28T00:00:00Z", "2100-02-28 08:00:00"},
    {{2100, 3, 1, 0, 0, 0}, 4107542400, "2100-03-01T00:00:00Z", "2100-03-01 08:00:00"},
    {{2106, 2, 7, 6, 28, 16}, 4294967296, "2106-02-07T06:28:16Z", "2106-02-07 14:28:16"},
    {{2400, 2, 29, 0, 0, 0}, 13574563200, "2400-02-29T00:00:00Z", "2400-02-29 08:00:00"},
    {{9999, 12, 31, 23, 59, 59}, 253402300799, "9999-12-31T23:59:59Z", "9999-12-31 23:59:59"},
};
#define ROWS (sizeof table / sizeof table[0])

/* "20260301080000Z" of "2026-03-01T08:00:00Z" */
static void plain_digits(const char *iso, char out[ES_TIME_TEXT_MAX])
{
    size_t len = 0;

    for (; *iso != 0; iso++)
        if (*iso != '-' && *iso != ':' && *iso != 'T')
            out[len++] = *iso;
    out[len] = 0;
}

/* ---- dates ---- */

static void dates_become_the_seconds_of_the_table_and_back(void **state)
{
    (void) state;
    for (size_t i = 0; i < ROWS; i++) {
        int64_t time_s = 0;
        struct es_date date;

        assert_true(es_date_to_s(&table[i].date, &time_s));
        assert_true(time_s == table[i].time_s);
        es_date_from_s(time_s, &date);
        assert_memory_equal(&date, &table[i].date, sizeof date);
    }
}

static void what_is_no_date_is_refused(void **state)
{
    static const struct es_date bad[] = {
        {0, 1, 1, 0, 0, 0},     {10000, 1, 1, 0, 0, 0}, {-1, 1, 1, 0, 0, 0},
        {2026, 0, 1, 0, 0, 0},  {2026, 13, 1, 0, 0, 0}, {2026, 1, 0, 0, 0, 0},
        {2026, 1, 32, 0, 0, 0}, {2026, 4, 31, 0, 0, 0}, {2026, 2, 29, 0, 0, 0},
        {1900, 2, 29, 0, 0, 0}, {2100, 2, 29, 0, 0, 0}, {2024, 2, 30, 0, 0, 0},
        {2026, 1, 1, 24, 0, 0}, {2026, 1, 1, -1, 0, 0}, {2026, 1, 1, 0, 60, 0},
        {2026, 1, 1, 0, -1, 0}, {2026, 1, 1, 0, 0, 60}, {2026, 1, 1, 0, 0, -1},
        {2026, -1, 1, 0, 0, 0}, {2026, 1, -1, 0, 0, 0},
    };

    (void) state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t time_s = 77;

        assert_false(es_date_to_s(&bad[i], &time_s));
        assert_int_equal(time_s, 77);
    }
}

static void every_day_of_four_centuries_follows_the_one_before(void **state)
{
    struct es_date before, date;

    (void) state;
    es_date_from_s(-11676096000 - 86400, &before); /* 1599-12-31 */
    for (int64_t day = 0; day < 146097; day++) {
        int64_t time_s = 0;

        es_date_from_s(-11676096000 + day * 86400, &date);
        assert_true(es_date_to_s(&date, &time_s));
        assert_true(time_s == -11676096000 + day * 86400);
        if (date.day != 1)
            assert_int_equal(date.day, before.day + 1);
        else if (date.month != 1)
            assert_int_equal(date.month, before.month + 1);
        else
            assert_int_equal(date.year, before.year + 1);
        before = date;
    }
    assert_int_equal(date.year, 1999);
    assert_int_equal(date.month, 12);
    assert_int_equal(date.day, 31);
}

/* ---- texts ---- */

static void times_are_written_as_in_the_table(void **state)
{
    (void) state;
    for (size_t i = 0; i < ROWS; i++) {
        char text[ES_TIME_TEXT_MAX], expected[ES_TIME_TEXT_MAX];

        es_time_iso(table[i].time_s, text);
        assert_string_equal(text, table[i].iso);
        es_time_china(table[i].time_s, text);
        assert_string_equal(text, table[i].china);
        es_time_generalized(table[i].time_s, text);
        plain_digits(table[i].iso, expected);
        assert_string_equal(text, expected);
    }
}

static void times_outside_the_calendar_are_shown_at_its_end(void **state)
{
    char text[ES_TIME_TEXT_MAX];

    (void) state;
    es_time_iso(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    es_time_china(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31 23:59:59");
    es_time_iso(INT64_MIN, text);
    assert_string_equal(text, "0001-01-01T00:00:00Z");
    es_time_china(INT64_MIN, text);
    assert_string_equal(text, "0001-01-01 08:00:00");
    es_time_generalized(253402300800, text);
    assert_string_equal(text, "99991231235959Z");
}

/* ---- GeneralizedTime and UTCTime ---- */

static void generalized_times_of_the_table_are_read(void **state)
{
    (void) state;
    for (size_t i = 0; i < ROWS; i++) {
        char text[ES_TIME_TEXT_MAX];
        int64_t time_s = 0;

        plain_digits(table[i].iso, text);
        assert_int_equal(es_time_parse_generalized(es_span_str(text), &time_s, NULL), ES_OK);
        assert_true(time_s == table[i].time_s);
    }
}

static void utc_times_of_1950_to_2049_are_read(void **state)
{
    (void) state;
    for (size_t i = 0; i < ROWS; i++) {
        char text[ES_TIME_TEXT_MAX];
        int64_t time_s = 0;

        if (table[i].date.year < 1950 || table[i].date.year > 2049)
            continue;
        plain_digits(table[i].iso, text);
        assert_int_equal(es_time_parse_utc(es_span_str(text + 2), &time_s, NULL), ES_OK);
        assert_true(time_s == table[i].time_s);
    }
}

static void assert_times_refused(const char *generalized)
{
    struct es_error err = {0};
    int64_t time_s = 77;
    struct es_span text = es_span_str(generalized);

    assert_int_equal(es_time_parse_generalized(text, &time_s, &err), ES_E_FORMAT);
    assert_string_equal(err.text, "time is not of the form YYYYMMDDHHMMSSZ");
    text = es_span_sub(text, 2, text.len);
    assert_int_equal(es_time_parse_utc(text, &time_s, &err), ES_E_FORMAT);
    assert_string_equal(err.text, "time is not of the form YYMMDDHHMMSSZ");
    assert_int_equal(time_s, 77);
}

static void other_forms_of_asn1_times_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "Z",
        "20260301080000",
        "202603010800Z",
        "2026030108Z",
        "20260301080000z",
        "20260301080000+0000",
        "20260301080000.0Z",
        "20260301080000.5Z",
        "20260301080000ZZ",
        "20260301080000Z ",
        " 20260301080000Z",
        "2026 301080000Z",
        "+2026301080000Z",
        "2026030108000\xef\xbc\x90Z",
        "20260001080000Z",
        "20261301080000Z",
        "20260300080000Z",
        "20260332080000Z",
        "20260229080000Z",
        "20260301240000Z",
        "20260301086000Z",
        "20260301080060Z",
        "2026030108000aZ",
        "2026:03:01:08Z",
    };

    (void) state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_times_refused(bad[i]);
}

static void asn1_times_cut_anywhere_are_refused(void **state)
{
    const char *good = "20260301080000Z";

    (void) state;
    for (size_t len = 0; len < 15; len++) {
        int64_t time_s = 77;

        assert_int_equal(es_time_parse_generalized(es_span_of(good, len), &time_s, NULL),
                         ES_E_FORMAT);
        if (len >= 2)
            assert_int_equal(es_time_parse_utc(es_span_of(good + 2, len - 2), &time_s, NULL),
                             ES_E_FORMAT);
        assert_int_equal(time_s, 77);
    }
}

static void the_year_0_is_refused(void **state)
{
    int64_t time_s = 77;

    (void) state;
    assert_int_equal(es_time_parse_generalized(es_span_str("00000101000000Z"), &time_s, NULL),
                     ES_E_FORMAT);
}

/* ---- times people give ---- */

static void times_people_give_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t time_s;
    } good[] = {
        {"now", NOW_S},
        {"now-7d", NOW_S - 7 * 86400},
        {"now+2h", NOW_S + 7200},
        {"now-90s", NOW_S - 90},
        {"now+15m", NOW_S + 900},
        {"now-0d", NOW_S},
        {"2026-03-01", 1772323200},
        {"2026-03-01T08:00", NOW_S},
        {"2026-03-01T08:00Z", NOW_S},
        {"2026-03-01T08:00:00", NOW_S},
        {"2026-03-01T08:00:00Z", NOW_S},
        {"2026-03-01T08:00:00.000Z", NOW_S},
        {"2026-03-01T08:00:00.999999999999", NOW_S},
        {"2026-03-01 08:00:00", NOW_S},
        {"2026-03-01T16:00:00+08:00", NOW_S},
        {"2026-03-01T16:00:00+0800", NOW_S},
        {"2026-03-01T16:00+08:00", NOW_S},
        {"2026-02-28T23:30:00-08:30", NOW_S},
        {"20260301080000Z", NOW_S},
        {"0001-01-01", -62135596800},
        {"9999-12-31T23:59:59Z", 253402300799},
    };

    (void) state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t time_s = 0;

        assert_int_equal(es_time_parse(good[i].text, NOW_S, &time_s, NULL), ES_OK);
        assert_true(time_s == good[i].time_s);
    }
}

static void other_times_people_give_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "today",
        "Now",
        "now ",
        "now-",
        "now7d",
        "now-d",
        "now-7",
        "now-7x",
        "now-7dd",
        "now-7d ",
        "now--7d",
        "now-1.5h",
        "now-99999999999999999999d",
        "now+9999999d",
        "now-9999999d",
        "2026",
        "2026-3-1",
        "2026-03",
        "2026-03-01T",
        "2026-03-01T08",
        "2026-03-01T08:0",
        "2026-03-01T8:00",
        "2026-03-01t08:00",
        "2026-03-01T08:00:",
        "2026-03-01T08:00:0",
        "2026-03-01T08:00.5",
        "2026-03-01T08:00:00.",
        "2026-03-01T08:00:00.Z",
        "2026-03-01T08:00:00,5",
        "2026-03-01T08:00:00z",
        "2026-03-01T08:00:00ZZ",
        "2026-03-01T08:00:00+",
        "2026-03-01T08:00:00+8",
        "2026-03-01T08:00:00+08",
        "2026-03-01T08:00:00+08:0",
        "2026-03-01T08:00:00+08:60",
        "2026-03-01T08:00:00+15:00",
        "2026-03-01T08:00:00 +08:00",
        "2026-03-01Z",
        "2026-02-29",
        "2026-13-01",
        "2026-00-01",
        "2026-03-01T24:00:00Z",
        "2026-03-01T23:59:60Z",
        "01-03-2026",
        "2026/03/01",
        "20260301",
        "20260301080000",
        "10000-01-01",
        "0000-01-01",
        "0001-01-01T00:00:00+08:00",
        "9999-12-31T23:59:59-08:00",
        "1772352000",
    };

    (void) state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct es_error err = {0};
        int64_t time_s = 77;

        assert_int_equal(es_time_parse(bad[i], NOW_S, &time_s, &err), ES_E_USAGE);
        assert_int_equal(time_s, 77);
        assert_non_null(strstr(err.text, "allowed are 2026-01-15"));
    }
}

/* ---- clocks ---- */

static void a_fixed_clock_follows_its_variable(void **state)
{
    int64_t time_s = NOW_S;
    struct es_clock clock = es_clock_fixed(&time_s);

    (void) state;
    assert_int_equal(clock.now_s(clock.self), NOW_S);
    time_s = 5;
    assert_int_equal(clock.now_s(clock.self), 5);
}

static void the_system_clock_agrees_with_libc(void **state)
{
    struct es_clock clock = es_clock_system();
    int64_t before = (int64_t) time(NULL);
    int64_t now_s = clock.now_s(clock.self);

    (void) state;
    /* time() may be a tick behind the clock it rounds */
    assert_true(now_s >= before && now_s <= (int64_t) time(NULL) + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_become_the_seconds_of_the_table_and_back),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(every_day_of_four_centuries_follows_the_one_before),
        cmocka_unit_test(times_are_written_as_in_the_table),
        cmocka_unit_test(times_outside_the_calendar_are_shown_at_its_end),
        cmocka_unit_test(generalized_times_of_the_table_are_read),
        cmocka_unit_test(utc_times_of_1950_to_2049_are_read),
        cmocka_unit_test(other_forms_of_asn1_times_are_refused),
        cmocka_unit_test(asn1_times_cut_anywhere_are_refused),
        cmocka_unit_test(the_year_0_is_refused),
        cmocka_unit_test(times_people_give_are_read),
        cmocka_unit_test(other_times_people_give_are_refused),
        cmocka_unit_test(a_fixed_clock_follows_its_variable),
        cmocka_unit_test(the_system_clock_agrees_with_libc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
