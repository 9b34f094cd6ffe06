/* storage/score/credits.h - what a period's sale records count for a shop. */
#ifndef STORAGE_SCORE_CREDITS_H
#define STORAGE_SCORE_CREDITS_H

#include "storage/score/row.h"

/* Adds to fen[] what the sales count on each day of their period, all buyers together:
 * those that have settled, and those paid no later than settled_to_s. */
void credits_by_day(const struct sale_record *sales, size_t count, int32_t period,
                    int64_t settled_to_s, const struct score_params *params,
                    int64_t fen[PERIOD_DAYS]);

/* Settled ones alone. */
#define CREDITS_SETTLED INT64_MIN

/* Adds to fen[i] what the sales that settle on the i-th day from today on will count in
 * addition, if nobody refunds them; what is due and has not settled is today's. For an
 * owner who waits: one look at each sale. */
void credits_pending(const struct sale_record *sales, size_t count,
                     const struct score_params *params, int32_t today, int64_t *fen,
                     size_t days);

#endif
