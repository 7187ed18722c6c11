/*
 * Periods that rules speak of: "24 hours", "30 days", "1 working day", "3 months". Pure functions
 * of their arguments: no clock, no time zone of the machine, any thread.
 *
 * Days are those of China standard time (UTC+8, no summer time); times are seconds since 1970, UTC,
 * of the years 1 to 9999. Counted as the Civil Code of the PRC says, articles 200 to 204:
 *   hours            from the very second
 *   days, months     the day of the event does not count, and the last day ends at 24:00
 *   months           end on the day of the same number; where a month has none, on its last day
 * Leaves out: which rule has which period (es_profile.h), who is told (the reminders).
 */
#ifndef ES_PERIODS_H
#define ES_PERIODS_H

#include "es_base.h"

enum es_period_unit {
    ES_PERIOD_NONE, /* no period: nothing ends, nothing opens */
    ES_PERIOD_HOURS,
    ES_PERIOD_DAYS,
    ES_PERIOD_WORKING_DAYS,
    ES_PERIOD_MONTHS
};

#define ES_PERIOD_COUNT_MAX 9999
#define ES_PERIOD_TEXT_MAX 16

struct es_period {
    enum es_period_unit unit;
    uint32_t count; /* 1..ES_PERIOD_COUNT_MAX; 0 with ES_PERIOD_NONE */
};

/**
 * Exactly "none", "24h", "30d", "5wd" or "3m", without leading zeros.
 * @return ES_OK, ES_E_FORMAT, ES_E_RANGE (count above ES_PERIOD_COUNT_MAX)
 */
ES_CHECKED es_status es_period_parse(const char *text, struct es_period *out, struct es_error *err);
void es_period_text(struct es_period period, char out[ES_PERIOD_TEXT_MAX]);
bool es_period_equal(struct es_period a, struct es_period b);
/**
 * True when a never ends after b, whatever the event's time and the holidays: only that proves a
 * deadline of a to be no looser. 30 days are not proved to be within "1m" (February), nor is a day
 * within 24 hours, since it ends at midnight of the day after. Both must have a unit.
 */
bool es_period_within(struct es_period a, struct es_period b);

/* ---- days of China standard time ----------------------------------------------------------- */

/** Days since 1970-01-01 in China at that instant: the day there begins at 16:00 UTC. */
ES_CHECKED es_status es_china_day(int64_t time_s, int32_t *out, struct es_error *err);
/** The instant that day begins in China. day: what es_china_day gave, or such a day shifted. */
int64_t es_china_midnight(int32_t day);
/** Day shifted by months (may be negative), clamped to the end of its month: 31 May - 3 = 28 or 29
 *  February. ES_E_RANGE past the years 1 to 9999. */
ES_CHECKED es_status es_china_add_months(int32_t day, int32_t months, int32_t *out,
                                         struct es_error *err);
/** "2026-03-01", exactly. ES_E_FORMAT. */
ES_CHECKED es_status es_china_day_parse(const char *text, int32_t *out, struct es_error *err);
/** "2026-03-01". */
void es_china_day_text(int32_t day, char out[ES_TIME_TEXT_MAX]);

/**
 * Public holidays as the State Council announces them each year: weekdays that are free, and days
 * of the weekend that are worked in exchange. Both sorted, days as es_china_day gives; NULL with
 * count 0: weekends only.
 */
struct es_calendar {
    const int32_t *free_days;
    size_t free_count;
    const int32_t *worked_days;
    size_t worked_count;
};
/** calendar may be NULL: weekends only. A day in both lists is free. */
bool es_calendar_is_working(const struct es_calendar *calendar, int32_t day);

/* ---- what rules ask ------------------------------------------------------------------------ */

/**
 * First instant at which something due within a period after an event is late: met while
 * now_s < *out_s. Hours: to the second. Else the end of the last day.
 *
 * @param calendar  for working days; may be NULL
 * @return ES_OK; ES_E_RANGE (past the year 9999, or calendar leaves no working day)
 *         ES_E_USAGE  the period is "none"
 */
ES_CHECKED es_status es_deadline_after(int64_t event_s, struct es_period period,
                                       const struct es_calendar *calendar, int64_t *out_s,
                                       struct es_error *err);
/**
 * Instant a window before an end opens: 00:00 in China, so many days or months before the day of
 * the end. R-064: 31 May minus 3 months opens on 28 or 29 February. Hours count from the second.
 *
 * @return ES_OK, ES_E_RANGE, ES_E_USAGE ("none" and working days open no window)
 */
ES_CHECKED es_status es_window_before(int64_t end_s, struct es_period period, int64_t *out_s,
                                      struct es_error *err);
/** What may be done with a seal whose window is asked for. */
enum es_window {
    ES_WINDOW_NOT_YET,
    ES_WINDOW_OPEN, /* opening <= now < end */
    ES_WINDOW_ENDED
};
ES_CHECKED es_status es_window_at(int64_t end_s, struct es_period period, int64_t now_s,
                                  enum es_window *out, struct es_error *err);
/**
 * first instant at which a seal counts as unused for the period. The clock starts at
 * enabling and anew at each completed use; a signing that failed is no use (our reading, the text
 * is silent). last_use_s is 0 when there was none; the later of both counts. One year is "12m":
 * enabled 2025-03-01, unused from 2026-03-02 00:00 China; from 29 February, after 28 February.
 */
ES_CHECKED es_status es_unused_after(int64_t enabled_s, int64_t last_use_s, struct es_period period,
                                     int64_t *out_s, struct es_error *err);

#endif
