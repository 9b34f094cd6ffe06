/* proto/score/influence.h - sales, visits and activity put together (SCORING.md 4, 5).
 *
 * F is homogeneous, F(cS, cV, cA) = c F(S, V, A): any change must keep that, or the
 * order of shops would drift as time passes.
 */
#ifndef PROTO_SCORE_INFLUENCE_H
#define PROTO_SCORE_INFLUENCE_H

#include "proto/score/decay.h"
#include "proto/score/params.h"

/* Decayed sums of the three series: S, V, A, in fen times the factor of a day. */
struct sums {
    double sales;
    double visits;
    double activity;
};

/* What each adds: S, Ve, Ae, and I = S + Ve + Ae, in the same measure. */
struct influence {
    double sales;
    double visits;
    double activity;
    double total;
};

/* A day of a shop: what its buckets hold. */
struct score_day {
    int32_t day;
    bool active;
    int64_t sales_fen;
    int32_t visits; /* W in units of SCORE_VISIT_MILLI */
    int64_t views;
    int32_t visitors;
};
enum { SCORE_VISIT_MILLI = 50 }; /* milli-visitors in one of score_day.visits */

struct influence influence_compose(const struct sums *sums,
                                   const struct score_params *params);

/* A day's fen of visits and activity under this policy. */
int64_t influence_visits_fen(const struct score_day *day,
                             const struct score_params *params);
int64_t influence_activity_fen(const struct score_day *day,
                               const struct score_params *params);

/* Adds days, ascending (asserted) and after all that were added before, to the sums:
 * going on from a fold gives the same bits as summing all days. */
void influence_add_days(struct sums *sums, const struct score_day *days, size_t count,
                        const struct score_params *params,
                        const struct half_life *half);

#define INFLUENCE_POINTS_MAX (INT64_C(1) << 53)

/* Points on a day of what was composed: floor(Z / g(T) / 100 + 0.5), within
 * +-INFLUENCE_POINTS_MAX, which no score that was earned comes near. */
int64_t influence_points(double z, int32_t day, const struct half_life *half);

/* The three parts in whole points that add up to influence_points() of the total: what
 * rounding leaves over goes to the largest remainders. */
struct influence_parts {
    int64_t sales;
    int64_t visits;
    int64_t activity;
    int64_t total;
};
struct influence_parts influence_parts(const struct influence *influence, int32_t day,
                                       const struct half_life *half);

#endif
