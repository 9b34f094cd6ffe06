/* server/text/format.h - numbers, money, days and durations as people read them.
 *
 * Days are days in UTC+8 (SCORING.md 2). Results lie in the arena.
 */
#ifndef SERVER_TEXT_FORMAT_H
#define SERVER_TEXT_FORMAT_H

#include "server/text/text.h"

/* 12,345 in either language. */
struct str format_number(struct arena *arena, int64_t value);
/* The figure behind the ¥ sign: "1,234.50", whole yuan without decimals. */
struct str format_money(struct arena *arena, int64_t fen);
/* "11 月 24 日"; with its year unless that is the year of now_ms. */
struct str format_day(struct arena *arena, enum language language, int64_t at_ms,
                      int64_t now_ms);
/* "2026 年 3 月" */
struct str format_month(struct arena *arena, enum language language, int64_t at_ms);
/* "3 天": in the largest unit that says it exactly. */
struct str format_duration(struct arena *arena, enum language language, int64_t s);

#endif
