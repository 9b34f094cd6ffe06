/* proto/score/credit.h - what one buyer's sales count for a shop, day by day.
 *
 * A function of the set of sales, not of their order: whoever learns of a sale or a
 * refund computes the buyer's period anew and puts the result in the place of the old.
 */
#ifndef PROTO_SCORE_CREDIT_H
#define PROTO_SCORE_CREDIT_H

#include "proto/score/bracket.h"
#include "proto/score/decay.h"

/* What one buyer spent in one shop and period, effective fen summed by day, days
 * ascending strictly (asserted), becomes what it counts (SCORING.md 3.1), in place.
 * `netted_fen` is what the shop's owner spent in the buyer's own shop meanwhile. */
void credit_buyer(const struct brackets *brackets, int64_t netted_fen,
                  struct day_fen *days, size_t count);

/* Adds fen to the day's entry, which it makes in its place; `days` has room for one
 * more. Gives the new count. */
size_t credit_add_day(struct day_fen *days, size_t count, int32_t day, int64_t fen);

#endif
