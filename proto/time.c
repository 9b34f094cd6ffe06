/* proto/time.c - civil dates by whole-day arithmetic, without the C library's zones.
 *
 * Years are counted from March, so that the day that comes and goes is the last of its
 * year; an era is the 400 years after which the calendar repeats.
 */
#include "proto/time.h"

#include <assert.h>
#include <stdio.h>

enum {
    DAYS_PER_ERA = 146097,
    DAYS_TO_1970 = 719468, /* from 0000-03-01 */
    DAY_OFFSET_S = 28800,  /* UTC+8 */
    MS_PER_S = 1000,
    MS_PER_DAY = DAY_S * MS_PER_S
};

static const int64_t at_ms_max = INT64_C(253402300799999); /* the end of 9999 */

struct date {
    int year;
    int month; /* 1 ... 12 */
    int day;   /* 1 ... 31 */
};

static int64_t
floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days since 1970-01-01. */
static int64_t
days_from_date(struct date date)
{
    int64_t year = date.month <= 2 ? date.year - 1 : date.year;
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
    int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;

    return era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 -
           year_of_era / 100 + day_of_year - DAYS_TO_1970;
}

static struct date
date_from_days(int64_t days)
{
    int64_t since = days + DAYS_TO_1970;
    int64_t era = floor_div(since, DAYS_PER_ERA);
    int64_t day = since - era * DAYS_PER_ERA;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t day_of_year = day - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    struct date date;

    date.day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    date.month = (int)(month < 10 ? month + 3 : month - 9);
    date.year = (int)(year + era * 400 + (date.month <= 2));
    return date;
}

void
time_write(int64_t at_ms, char *out)
{
    int64_t days = floor_div(at_ms, MS_PER_DAY);
    int ms = (int)(at_ms - days * MS_PER_DAY);
    struct date date = date_from_days(days);

    assert(at_ms >= 0 && at_ms <= at_ms_max);
    snprintf(out, TIME_TEXT_BYTES, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
             (unsigned)date.year % 10000, (unsigned)date.month % 100,
             (unsigned)date.day % 100, (unsigned)(ms / 3600000) % 100,
             (unsigned)(ms / 60000 % 60), (unsigned)(ms / 1000 % 60),
             (unsigned)(ms % 1000));
}

/* `digits` digits at *pos, which moves behind them. */
static bool
read_number(struct str s, size_t *pos, size_t digits, int *value)
{
    int sum = 0;

    if (s.len - *pos < digits) {
        return false;
    }
    for (size_t i = 0; i < digits; i++) {
        char c = s.data[*pos + i];

        if (c < '0' || c > '9') {
            return false;
        }
        sum = sum * 10 + (c - '0');
    }
    *pos += digits;
    *value = sum;
    return true;
}

static bool
read_char(struct str s, size_t *pos, const char *any_of)
{
    if (*pos >= s.len || s.data[*pos] == '\0' || strchr(any_of, s.data[*pos]) == NULL) {
        return false;
    }
    (*pos)++;
    return true;
}

static bool
read_date(struct str s, size_t *pos, int64_t *days)
{
    struct date date, back;

    if (!read_number(s, pos, 4, &date.year) || !read_char(s, pos, "-") ||
        !read_number(s, pos, 2, &date.month) || !read_char(s, pos, "-") ||
        !read_number(s, pos, 2, &date.day) || date.month < 1 || date.month > 12) {
        return false;
    }
    *days = days_from_date(date);
    back = date_from_days(*days); /* the 31st of June comes back as another day */
    return back.day == date.day && back.month == date.month;
}

/* ".123456": cut to ms; none at all is 0. */
static bool
read_fraction(struct str s, size_t *pos, int *ms)
{
    size_t begin;

    *ms = 0;
    if (!read_char(s, pos, ".")) {
        return true;
    }
    begin = *pos;
    for (int unit = 100; *pos < s.len && s.data[*pos] >= '0' && s.data[*pos] <= '9';
         unit /= 10, (*pos)++) {
        *ms += (s.data[*pos] - '0') * unit;
    }
    return *pos > begin;
}

/* "10:30:00.123" in ms of the day. A leap second counts as the second before it. */
static bool
read_clock(struct str s, size_t *pos, int64_t *of_day_ms)
{
    int hour, minute, second, ms;

    if (!read_number(s, pos, 2, &hour) || !read_char(s, pos, ":") ||
        !read_number(s, pos, 2, &minute) || !read_char(s, pos, ":") ||
        !read_number(s, pos, 2, &second) || !read_fraction(s, pos, &ms) || hour > 23 ||
        minute > 59 || second > 60) {
        return false;
    }
    second -= second == 60;
    *of_day_ms = ((hour * 60 + minute) * 60 + second) * INT64_C(1000) + ms;
    return true;
}

/* "Z" or "+08:00", in ms. */
static bool
read_offset(struct str s, size_t *pos, int64_t *offset_ms)
{
    bool west = *pos < s.len && s.data[*pos] == '-';
    int hour, minute;

    *offset_ms = 0;
    if (read_char(s, pos, "Zz")) {
        return true;
    }
    if (!read_char(s, pos, "+-") || !read_number(s, pos, 2, &hour) ||
        !read_char(s, pos, ":") || !read_number(s, pos, 2, &minute) || hour > 23 ||
        minute > 59) {
        return false;
    }
    *offset_ms = (hour * 60 + minute) * (west ? -1 : 1) * INT64_C(60000);
    return true;
}

bool
time_read(struct str s, int64_t *at_ms)
{
    int64_t days, of_day_ms, offset_ms, at;
    size_t pos = 0;

    if (!read_date(s, &pos, &days) || !read_char(s, &pos, "Tt ") ||
        !read_clock(s, &pos, &of_day_ms) || !read_offset(s, &pos, &offset_ms) ||
        pos != s.len) {
        return false;
    }
    at = days * MS_PER_DAY + of_day_ms - offset_ms;
    if (at < 0 || at > at_ms_max) {
        return false;
    }
    *at_ms = at;
    return true;
}

int32_t
time_day(int64_t at_s)
{
    return (int32_t)floor_div(at_s + DAY_OFFSET_S, DAY_S);
}

int64_t
time_day_starts_s(int32_t day)
{
    return (int64_t)day * DAY_S - DAY_OFFSET_S;
}

void
time_day_write(int32_t day, char *out)
{
    struct date date = date_from_days(day);

    assert(date.year >= 0 && date.year <= 9999);
    snprintf(out, DAY_TEXT_BYTES, "%04u-%02u-%02u", (unsigned)date.year % 10000,
             (unsigned)date.month % 100, (unsigned)date.day % 100);
}

bool
time_day_read(struct str s, int32_t *day)
{
    int64_t days;
    size_t pos = 0;

    if (!read_date(s, &pos, &days) || pos != s.len) {
        return false;
    }
    *day = (int32_t)days;
    return true;
}
