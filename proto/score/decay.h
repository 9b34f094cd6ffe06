/* proto/score/decay.h - forward decay: a day's weight, and sums over days.
 *
 * A day's integers are weighed by 2^((day - landmark) / H) (SCORING.md 5). The factor
 * of all shops is the same at every moment, so the order of the sums never changes as
 * time passes. The table is committed, sums go in ascending order of days in plain
 * doubles: the same days give the same bits on every machine.
 */
#ifndef PROTO_SCORE_DECAY_H
#define PROTO_SCORE_DECAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LANDMARK = 20454, /* 2026-01-01 */
    PERIOD_DAYS = 28,
    DAYS_KEPT = 730
};

struct half_life {
    int days;
    int32_t landmark;
    const double *table; /* 2^(r / days), r = 0 ... days - 1 */
};

bool half_life_allowed(int days); /* 7, 14, 30, 60, 90 */
/* `days` is an allowed one (asserted). */
struct half_life half_life(int days, int32_t landmark);

double decay_factor(int32_t day, const struct half_life *half);

struct day_fen {
    int32_t day;
    int64_t fen;
};

/* Days ascend strictly (asserted). */
double decay_sum(const struct day_fen *days, size_t count,
                 const struct half_life *half);

static inline int32_t
period_of_day(int32_t day) /* floor, also before 1970 */
{
    return (day - (day < 0 ? PERIOD_DAYS - 1 : 0)) / PERIOD_DAYS;
}

#endif
