/* proto/score/influence.c - sales, visits and activity put together. */
#include "proto/score/influence.h"

#include <assert.h>
#include <math.h>

#include "proto/score/bracket.h"

/* pct per cent of x, as a division: 25 % is x / 4 and 10 % is x / 10, to the last bit.
 */
static double
per_cent(double x, int32_t pct)
{
    return pct == 0 ? 0.0 : x / (100.0 / (double)pct);
}

struct influence
influence_compose(const struct sums *sums, const struct score_params *params)
{
    double full = per_cent(sums->sales, params->visits_of_sales_pct);
    double beyond = fmax(0.0, sums->visits - full);
    struct influence out;

    out.sales = sums->sales;
    out.visits = fmin(sums->visits, full) + per_cent(beyond, params->visits_beyond_pct);
    out.activity = fmin(sums->activity,
                        per_cent(out.sales + out.visits, params->activity_of_rest_pct));
    out.total = out.sales + out.visits + out.activity;
    return out;
}

int64_t
influence_visits_fen(const struct score_day *day, const struct score_params *params)
{
    return bracket_visits_fen(params, (int64_t)day->visits * SCORE_VISIT_MILLI);
}

int64_t
influence_activity_fen(const struct score_day *day, const struct score_params *params)
{
    return day->active ? params->activity_fen : 0;
}

void
influence_add_days(struct sums *sums, const struct score_day *days, size_t count,
                   const struct score_params *params, const struct half_life *half)
{
    for (size_t i = 0; i < count; i++) {
        const struct score_day *day = &days[i];
        double factor = decay_factor(day->day, half);

        assert(i == 0 || day->day > days[i - 1].day);
        sums->sales += (double)day->sales_fen * factor;
        sums->visits += (double)influence_visits_fen(day, params) * factor;
        sums->activity += (double)influence_activity_fen(day, params) * factor;
    }
}

/* Damaged rows alone lead beyond 2^53, where doubles leave out whole numbers. */
static int64_t
whole_points(double points)
{
    const double max = (double)INFLUENCE_POINTS_MAX;

    if (isnan(points)) {
        return 0;
    }
    return (int64_t)fmax(-max, fmin(floor(points), max));
}

int64_t
influence_points(double z, int32_t day, const struct half_life *half)
{
    return whole_points(z / decay_factor(day, half) / 100.0 + 0.5);
}

/* Gives one point more to the largest remainder. */
static void
raise_largest(int64_t points[3], double rest[3])
{
    int largest = 0;

    for (int i = 1; i < 3; i++) {
        if (rest[i] > rest[largest]) {
            largest = i;
        }
    }
    points[largest] += 1;
    rest[largest] -= 1.0;
}

struct influence_parts
influence_parts(const struct influence *influence, int32_t day,
                const struct half_life *half)
{
    const double part[3] = { influence->sales, influence->visits, influence->activity };
    double scale = decay_factor(day, half) * 100.0, rest[3];
    int64_t points[3], total = influence_points(influence->total, day, half),
                       left = total;

    for (int i = 0; i < 3; i++) {
        double value = part[i] / scale;

        points[i] = whole_points(value);
        rest[i] = value - floor(value);
        left -= points[i];
    }
    for (int i = 0; i < 3 && left > 0; i++, left--) { /* three remainders and a half */
        raise_largest(points, rest);
    }
    return (struct influence_parts){ points[0], points[1], points[2], total };
}
