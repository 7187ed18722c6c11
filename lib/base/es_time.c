/* Dates of the proleptic Gregorian calendar, UTC, by civil-day arithmetic (no libc time zones). */
#include "es_base.h"

#define DAY_S 86400
#define CHINA_OFFSET_S (8 * 3600)

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days from 1970-01-01; the year is taken to begin in March, so the leap day comes last. */
static int64_t days_from_civil(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

    return era * 146097 + doe - 719468;
}

bool es_date_to_s(const struct es_date *d, int64_t *out_s)
{
    if (d->year < 1 || d->year > 9999 || d->month < 1 || d->month > 12 || d->day < 1 ||
        d->day > days_in_month(d->year, d->month) || d->hour < 0 || d->hour > 23 || d->minute < 0 ||
        d->minute > 59 || d->second < 0 || d->second > 59)
        return false;
    *out_s = days_from_civil(d->year, d->month, d->day) * DAY_S + d->hour * 3600 + d->minute * 60 +
             d->second;
    return true;
}

void es_date_from_s(int64_t time_s, struct es_date *out)
{
    int64_t days = time_s / DAY_S;
    int64_t rest = time_s % DAY_S;
    int64_t era, doe, yoe, doy, mp;

    if (rest < 0) {
        rest += DAY_S;
        days--;
    }
    days += 719468;
    era = (days >= 0 ? days : days - 146096) / 146097;
    doe = days - era * 146097;
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    mp = (5 * doy + 2) / 153;
    out->day = (int) (doy - (153 * mp + 2) / 5 + 1);
    out->month = (int) (mp < 10 ? mp + 3 : mp - 9);
    out->year = (int) (yoe + era * 400 + (out->month <= 2));
    out->hour = (int) (rest / 3600);
    out->minute = (int) (rest / 60 % 60);
    out->second = (int) (rest % 60);
}

#define TIME_MIN_S (-62135596800) /* 0001-01-01T00:00:00Z */
#define TIME_MAX_S 253402300799   /* 9999-12-31T23:59:59Z */

static bool has_date(int64_t time_s)
{
    return time_s >= TIME_MIN_S && time_s <= TIME_MAX_S;
}

/* Times outside the years 1 to 9999 are shown at the nearest end. */
static int64_t nearest(int64_t time_s)
{
    return time_s < TIME_MIN_S ? TIME_MIN_S : time_s > TIME_MAX_S ? TIME_MAX_S : time_s;
}

static void split(int64_t time_s, struct es_date *d)
{
    es_date_from_s(nearest(time_s), d);
}

void es_time_iso(int64_t time_s, char out[ES_TIME_TEXT_MAX])
{
    struct es_date d;

    split(time_s, &d);
    (void) snprintf(out, ES_TIME_TEXT_MAX, "%04u-%02u-%02uT%02u:%02u:%02uZ",
                    (unsigned) d.year % 10000u, (unsigned) d.month % 100u, (unsigned) d.day % 100u,
                    (unsigned) d.hour % 100u, (unsigned) d.minute % 100u,
                    (unsigned) d.second % 100u);
}

void es_time_generalized(int64_t time_s, char out[ES_TIME_TEXT_MAX])
{
    struct es_date d;

    split(time_s, &d);
    (void) snprintf(out, ES_TIME_TEXT_MAX, "%04u%02u%02u%02u%02u%02uZ", (unsigned) d.year % 10000u,
                    (unsigned) d.month % 100u, (unsigned) d.day % 100u, (unsigned) d.hour % 100u,
                    (unsigned) d.minute % 100u, (unsigned) d.second % 100u);
}

void es_time_china(int64_t time_s, char out[ES_TIME_TEXT_MAX])
{
    struct es_date d;

    split(nearest(time_s) + CHINA_OFFSET_S, &d);
    (void) snprintf(out, ES_TIME_TEXT_MAX, "%04u-%02u-%02u %02u:%02u:%02u",
                    (unsigned) d.year % 10000u, (unsigned) d.month % 100u, (unsigned) d.day % 100u,
                    (unsigned) d.hour % 100u, (unsigned) d.minute % 100u,
                    (unsigned) d.second % 100u);
}

/* ---- reading ---- */

/* Exactly count digits at *at. */
static bool take_digits(struct es_span s, size_t *at, size_t count, int *out)
{
    int value = 0;

    if (s.len - *at < count || *at > s.len)
        return false;
    for (size_t i = 0; i < count; i++) {
        uint8_t c = s.ptr[*at + i];

        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
    }
    *at += count;
    *out = value;
    return true;
}

static bool take_char(struct es_span s, size_t *at, char c)
{
    if (*at >= s.len || s.ptr[*at] != (uint8_t) c)
        return false;
    (*at)++;
    return true;
}

static bool take_clock(struct es_span s, size_t *at, struct es_date *d)
{
    return take_digits(s, at, 2, &d->hour) && take_digits(s, at, 2, &d->minute) &&
           take_digits(s, at, 2, &d->second);
}

static bool take_day(struct es_span s, size_t *at, struct es_date *d)
{
    return take_digits(s, at, 2, &d->month) && take_digits(s, at, 2, &d->day);
}

es_status es_time_parse_generalized(struct es_span text, int64_t *out_s, struct es_error *err)
{
    struct es_date d = {0};
    size_t at = 0;
    bool good = take_digits(text, &at, 4, &d.year) && take_day(text, &at, &d) &&
                take_clock(text, &at, &d) && take_char(text, &at, 'Z') && at == text.len &&
                es_date_to_s(&d, out_s);

    ES_ENSURE(good, err, ES_E_FORMAT, "time is not of the form YYYYMMDDHHMMSSZ");
    return ES_OK;
}

es_status es_time_parse_utc(struct es_span text, int64_t *out_s, struct es_error *err)
{
    struct es_date d = {0};
    size_t at = 0;
    bool good = take_digits(text, &at, 2, &d.year) && take_day(text, &at, &d) &&
                take_clock(text, &at, &d) && take_char(text, &at, 'Z') && at == text.len;

    d.year += d.year >= 50 ? 1900 : 2000;
    ES_ENSURE(good && es_date_to_s(&d, out_s), err, ES_E_FORMAT,
              "time is not of the form YYMMDDHHMMSSZ");
    return ES_OK;
}

/* "Z", "+08:00", "-0330" or nothing (UTC). */
static bool take_zone(struct es_span s, size_t *at, int *offset_s)
{
    int hours = 0, minutes = 0, sign = 1;

    *offset_s = 0;
    if (*at == s.len || take_char(s, at, 'Z'))
        return *at == s.len;
    if (take_char(s, at, '-'))
        sign = -1;
    else if (!take_char(s, at, '+'))
        return false;
    if (!take_digits(s, at, 2, &hours))
        return false;
    (void) take_char(s, at, ':');
    if (!take_digits(s, at, 2, &minutes) || hours > 14 || minutes > 59)
        return false;
    *offset_s = sign * (hours * 3600 + minutes * 60);
    return *at == s.len;
}

/* ":00", ":00.5" or nothing; parts of a second are left off. */
static bool take_seconds(struct es_span s, size_t *at, int *second)
{
    int digit;

    if (!take_char(s, at, ':'))
        return true;
    if (!take_digits(s, at, 2, second))
        return false;
    if (!take_char(s, at, '.'))
        return true;
    if (!take_digits(s, at, 1, &digit))
        return false;
    while (take_digits(s, at, 1, &digit))
        ;
    return true;
}

static bool parse_iso(struct es_span s, int64_t *out_s)
{
    struct es_date d = {0};
    size_t at = 0;
    int offset_s = 0;

    if (!take_digits(s, &at, 4, &d.year) || !take_char(s, &at, '-') ||
        !take_digits(s, &at, 2, &d.month) || !take_char(s, &at, '-') ||
        !take_digits(s, &at, 2, &d.day))
        return false;
    if (at < s.len) {
        if (!take_char(s, &at, 'T') && !take_char(s, &at, ' '))
            return false;
        if (!take_digits(s, &at, 2, &d.hour) || !take_char(s, &at, ':') ||
            !take_digits(s, &at, 2, &d.minute) || !take_seconds(s, &at, &d.second) ||
            !take_zone(s, &at, &offset_s))
            return false;
    }
    if (!es_date_to_s(&d, out_s))
        return false;
    *out_s -= offset_s;
    return true;
}

/* now, now-7d, now+90s */
static bool parse_now(struct es_span s, int64_t now_s, int64_t *out_s)
{
    static const char units[] = "smhd";
    static const int64_t unit_s[] = {1, 60, 3600, DAY_S};
    int64_t count = 0;
    size_t at = 4;
    const char *unit;

    if (!es_span_starts(s, "now"))
        return false;
    *out_s = now_s;
    if (s.len == 3)
        return true;
    if ((s.ptr[3] != '-' && s.ptr[3] != '+') || s.len < 6)
        return false;
    for (; at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9' && count < 10000000; at++)
        count = count * 10 + (s.ptr[at] - '0');
    if (at == 4 || at + 1 != s.len || (unit = strchr(units, s.ptr[at])) == NULL || *unit == 0)
        return false;
    count *= unit_s[unit - units];
    *out_s = s.ptr[3] == '-' ? now_s - count : now_s + count;
    return true;
}

es_status es_time_parse(const char *text, int64_t now_s, int64_t *out_s, struct es_error *err)
{
    struct es_span s = es_span_str(text);
    int64_t time_s = 0;
    bool good = parse_now(s, now_s, &time_s) || parse_iso(s, &time_s) ||
                es_time_parse_generalized(s, &time_s, NULL) == ES_OK;

    ES_ENSURE(good && has_date(time_s), err, ES_E_USAGE,
              "time \"%s\", allowed are 2026-01-15, 2026-01-15T08:00:00Z and now-7d", text);
    *out_s = time_s;
    return ES_OK;
}

/* ---- clocks ---- */

static int64_t system_now_s(void *self)
{
    struct timespec now;

    (void) self;
    (void) clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t) now.tv_sec;
}

static int64_t system_now_ms(void *self)
{
    struct timespec now;

    (void) self;
    (void) clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct es_clock es_clock_system(void)
{
    return (struct es_clock){.now_s = system_now_s, .self = NULL, .now_ms = system_now_ms};
}

int64_t es_clock_ms(const struct es_clock *clock)
{
    return clock->now_ms != NULL ? clock->now_ms(clock->self) : clock->now_s(clock->self) * 1000;
}

static int64_t fixed_now_s(void *self)
{
    return *(const int64_t *) self;
}

struct es_clock es_clock_fixed(const int64_t *time_s)
{
    union {
        const int64_t *in;
        void *out;
    } pointer = {.in = time_s};

    return (struct es_clock){.now_s = fixed_now_s, .self = pointer.out};
}
