/*
 * Periods and days of China standard time. Days are counted since 1970-01-01 as int32_t; every
 * instant that enters is of the years 1 to 9999, so no sum here can overflow before it is checked.
 */
#include "es_periods.h"

#define DAY_S 86400
#define CHINA_S (8 * 3600)
#define FIRST_S (-62135596800) /* 0001-01-01T00:00:00Z */
#define LAST_S 253402300799    /* 9999-12-31T23:59:59Z */
#define FOREVER INT64_MAX

static const struct {
    enum es_period_unit unit;
    const char *suffix;
} units[] = {{ES_PERIOD_HOURS, "h"},
             {ES_PERIOD_DAYS, "d"},
             {ES_PERIOD_WORKING_DAYS, "wd"},
             {ES_PERIOD_MONTHS, "m"}};

/* ---- texts ---- */

es_status es_period_parse(const char *text, struct es_period *out, struct es_error *err)
{
    size_t digits = strspn(text, "0123456789");
    uint32_t count = 0;

    *out = (struct es_period){.unit = ES_PERIOD_NONE};
    if (strcmp(text, "none") == 0)
        return ES_OK;
    ES_ENSURE(digits >= 1 && text[0] != '0', err, ES_E_FORMAT,
              "a period is to be like \"24h\", \"30d\", \"5wd\", \"3m\" or \"none\"");
    ES_ENSURE(digits <= 4, err, ES_E_RANGE, "a period of more than %d", ES_PERIOD_COUNT_MAX);
    for (size_t i = 0; i < digits; i++)
        count = count * 10 + (uint32_t) (text[i] - '0');
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(text + digits, units[i].suffix) == 0)
            *out = (struct es_period){.unit = units[i].unit, .count = count};
    }
    ES_ENSURE(out->unit != ES_PERIOD_NONE, err, ES_E_FORMAT,
              "a period has one of the units h, d, wd, m");
    return ES_OK;
}

void es_period_text(struct es_period period, char out[ES_PERIOD_TEXT_MAX])
{
    (void) snprintf(out, ES_PERIOD_TEXT_MAX, "none");
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (units[i].unit == period.unit)
            (void) snprintf(out, ES_PERIOD_TEXT_MAX, "%u%s", period.count, units[i].suffix);
    }
}

bool es_period_equal(struct es_period a, struct es_period b)
{
    return a.unit == b.unit && (a.unit == ES_PERIOD_NONE || a.count == b.count);
}

/* Fewest and most seconds from an event to the end of the period, over all events and holidays. */
static void span_of(struct es_period p, int64_t *least_s, int64_t *most_s)
{
    int64_t count = p.count, years = count / 12, months = count % 12;

    switch (p.unit) {
    case ES_PERIOD_HOURS:
        *least_s = *most_s = count * 3600;
        return;
    case ES_PERIOD_DAYS:
        *least_s = count * DAY_S;
        *most_s = (count + 1) * DAY_S;
        return;
    case ES_PERIOD_WORKING_DAYS:
        *least_s = count * DAY_S;
        *most_s = FOREVER;
        return;
    case ES_PERIOD_MONTHS: /* less than every calendar has, and more */
        *least_s = (years * 365 + months * 28) * DAY_S;
        *most_s = (years * 366 + months * 31 + 1) * DAY_S;
        return;
    case ES_PERIOD_NONE:
        break;
    }
    *least_s = *most_s = FOREVER;
}

bool es_period_within(struct es_period a, struct es_period b)
{
    int64_t least_a = 0, most_a = 0, least_b = 0, most_b = 0;

    if (a.unit == b.unit)
        return a.count <= b.count;
    span_of(a, &least_a, &most_a);
    span_of(b, &least_b, &most_b);
    return most_a <= least_b;
}

/* ---- days ---- */

static int64_t floor_days(int64_t time_s)
{
    return time_s >= 0 ? time_s / DAY_S : -((-time_s + DAY_S - 1) / DAY_S);
}

es_status es_china_day(int64_t time_s, int32_t *out, struct es_error *err)
{
    ES_ENSURE(time_s >= FIRST_S && time_s <= LAST_S, err, ES_E_RANGE,
              "a time outside the years 1 to 9999");
    *out = (int32_t) floor_days(time_s + CHINA_S);
    return ES_OK;
}

int64_t es_china_midnight(int32_t day)
{
    return (int64_t) day * DAY_S - CHINA_S;
}

/* The instant a day begins, when it lies in the years that there are. */
static es_status midnight(int64_t day, int64_t *out_s, struct es_error *err)
{
    int64_t at_s = day * DAY_S - CHINA_S;

    ES_ENSURE(at_s >= FIRST_S && at_s <= LAST_S, err, ES_E_RANGE,
              "a time outside the years 1 to 9999");
    *out_s = at_s;
    return ES_OK;
}

es_status es_china_add_months(int32_t day, int32_t months, int32_t *out, struct es_error *err)
{
    struct es_date date;
    int64_t count, at_s = 0;

    ES_TRY(midnight(day, &at_s, err));
    es_date_from_s((int64_t) day * DAY_S, &date);
    count = (int64_t) date.year * 12 + date.month - 1 + months;
    ES_ENSURE(count >= 12 && count < 10000 * 12, err, ES_E_RANGE,
              "a time outside the years 1 to 9999");
    date.year = (int) (count / 12);
    date.month = (int) (count % 12) + 1;
    while (!es_date_to_s(&date, &at_s)) /* no such day: the last one of the month */
        date.day--;
    *out = (int32_t) floor_days(at_s);
    return ES_OK;
}

static bool take_number(const char *text, size_t digits, int *out)
{
    *out = 0;
    for (size_t i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *out = *out * 10 + (text[i] - '0');
    }
    return true;
}

es_status es_china_day_parse(const char *text, int32_t *out, struct es_error *err)
{
    struct es_date date = {0};
    int64_t at_s = 0;

    ES_ENSURE(strlen(text) == 10 && text[4] == '-' && text[7] == '-' &&
                  take_number(text, 4, &date.year) && take_number(text + 5, 2, &date.month) &&
                  take_number(text + 8, 2, &date.day) && es_date_to_s(&date, &at_s),
              err, ES_E_FORMAT, "a date is to be like \"2026-03-01\"");
    *out = (int32_t) floor_days(at_s);
    return ES_OK;
}

void es_china_day_text(int32_t day, char out[ES_TIME_TEXT_MAX])
{
    es_time_china(es_china_midnight(day), out);
    out[10] = '\0';
}

/* ---- working days ---- */

static bool is_listed(const int32_t *days, size_t count, int32_t day)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (days[middle] == day)
            return true;
        if (days[middle] < day)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static bool is_weekend(int32_t day)
{
    int weekday = (int) (((int64_t) day % 7 + 7 + 4) % 7); /* 1970-01-01 was a Thursday: 4 */

    return weekday == 0 || weekday == 6;
}

bool es_calendar_is_working(const struct es_calendar *calendar, int32_t day)
{
    if (calendar != NULL && is_listed(calendar->free_days, calendar->free_count, day))
        return false;
    if (calendar != NULL && is_listed(calendar->worked_days, calendar->worked_count, day))
        return true;
    return !is_weekend(day);
}

static es_status add_working_days(int32_t day, uint32_t count, const struct es_calendar *calendar,
                                  int32_t *out, struct es_error *err)
{
    int64_t at_s = 0;

    while (count > 0) {
        day++;
        ES_TRY(midnight((int64_t) day + 1, &at_s, err));
        if (es_calendar_is_working(calendar, day))
            count--;
    }
    *out = day;
    return ES_OK;
}

/* ---- deadlines and windows ---- */

static es_status shift_seconds(int64_t time_s, int64_t by_s, int64_t *out_s, struct es_error *err)
{
    ES_ENSURE(time_s + by_s >= FIRST_S && time_s + by_s <= LAST_S, err, ES_E_RANGE,
              "a time outside the years 1 to 9999");
    *out_s = time_s + by_s;
    return ES_OK;
}

es_status es_deadline_after(int64_t event_s, struct es_period period,
                            const struct es_calendar *calendar, int64_t *out_s,
                            struct es_error *err)
{
    int32_t day = 0;

    ES_TRY(es_china_day(event_s, &day, err));
    switch (period.unit) {
    case ES_PERIOD_HOURS:
        return shift_seconds(event_s, (int64_t) period.count * 3600, out_s, err);
    case ES_PERIOD_DAYS:
        return midnight((int64_t) day + period.count + 1, out_s, err);
    case ES_PERIOD_WORKING_DAYS:
        ES_TRY(add_working_days(day, period.count, calendar, &day, err));
        return midnight((int64_t) day + 1, out_s, err);
    case ES_PERIOD_MONTHS:
        ES_TRY(es_china_add_months(day, (int32_t) period.count, &day, err));
        return midnight((int64_t) day + 1, out_s, err);
    case ES_PERIOD_NONE:
        break;
    }
    return es_error_set(err, ES_E_USAGE, "no period, so no deadline");
}

es_status es_window_before(int64_t end_s, struct es_period period, int64_t *out_s,
                           struct es_error *err)
{
    int32_t day = 0;

    ES_TRY(es_china_day(end_s, &day, err));
    switch (period.unit) {
    case ES_PERIOD_HOURS:
        return shift_seconds(end_s, -(int64_t) period.count * 3600, out_s, err);
    case ES_PERIOD_DAYS:
        return midnight((int64_t) day - period.count, out_s, err);
    case ES_PERIOD_MONTHS:
        ES_TRY(es_china_add_months(day, -(int32_t) period.count, &day, err));
        return midnight(day, out_s, err);
    case ES_PERIOD_WORKING_DAYS:
    case ES_PERIOD_NONE:
        break;
    }
    return es_error_set(err, ES_E_USAGE, "no period that opens a window");
}

es_status es_window_at(int64_t end_s, struct es_period period, int64_t now_s, enum es_window *out,
                       struct es_error *err)
{
    int64_t opens_s = 0;

    ES_TRY(es_window_before(end_s, period, &opens_s, err));
    *out = now_s >= end_s ? ES_WINDOW_ENDED : now_s >= opens_s ? ES_WINDOW_OPEN : ES_WINDOW_NOT_YET;
    return ES_OK;
}

es_status es_unused_after(int64_t enabled_s, int64_t last_use_s, struct es_period period,
                          int64_t *out_s, struct es_error *err)
{
    return es_deadline_after(last_use_s > enabled_s ? last_use_s : enabled_s, period, NULL, out_s,
                             err);
}
