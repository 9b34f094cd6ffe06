/* proto/time.h - points in time as the contract writes them, and days.
 *
 * RFC 3339 in UTC with milliseconds; a day is a date in UTC+8 (SCORING.md 2).
 */
#ifndef PROTO_TIME_H
#define PROTO_TIME_H

#include "base/str.h"

enum { TIME_TEXT_BYTES = 25, DAY_TEXT_BYTES = 11, DAY_S = 86400 };

/* "2026-11-21T08:00:00.000Z"; out holds TIME_TEXT_BYTES. Years 1970 to 9999. */
void time_write(int64_t at_ms, char *out);
/* Any RFC 3339 time, fractions cut to ms, any offset. */
bool time_read(struct str s, int64_t *at_ms);

int32_t time_day(int64_t at_s); /* day(t) = floor((t + 28800) / 86400) */
int64_t time_day_starts_s(int32_t day);
/* "2026-11-21"; out holds DAY_TEXT_BYTES. */
void time_day_write(int32_t day, char *out);
bool time_day_read(struct str s, int32_t *day);

#endif
