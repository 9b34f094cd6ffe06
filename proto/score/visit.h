/* proto/score/visit.h - which visitors of a period count, and for how much.
 *
 * Three rules of sets (SCORING.md 3.2), in this order, so that no order of arrival
 * matters:
 *   1. a day keeps the VISITORS_PER_DAY_MAX visitors with the smallest pseudonyms;
 *   2. of each visitor the four lowest days count, on each its largest weight;
 *   3. of each day and net the five smallest pseudonyms among these count; verified
 *      visitors belong to no net.
 */
#ifndef PROTO_SCORE_VISIT_H
#define PROTO_SCORE_VISIT_H

#include "proto/score/decay.h"
#include "proto/score/params.h"

enum { VISITORS_PER_DAY_MAX = 20000 };

/* One visitor on one day, as told. Of two that differ only in class or net the larger
 * class says more, then the smaller net. */
struct visitor {
    uint64_t who; /* pseudonym, 40 bits */
    uint16_t net; /* pseudonym; 0: verified */
    uint8_t day;  /* in the period, 0 ... 27 */
    uint8_t visitor_class;
};

struct visit_days {
    int64_t milli[PERIOD_DAYS];    /* W of each day, a multiple of SCORE_VISIT_MILLI */
    int32_t visitors[PERIOD_DAYS]; /* distinct ones, at most VISITORS_PER_DAY_MAX */
};

/* Says what the records of a shop's period count; repeats are allowed. The records are
 * sorted and shortened in place to what rule 1 and the best of repeats leave; gives
 * their number. */
size_t visit_weigh(struct visitor *records, size_t count,
                   const struct score_params *params, struct visit_days *days);

#endif
