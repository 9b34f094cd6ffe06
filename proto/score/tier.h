/* proto/score/tier.h - how many slots a shop's influence earns, with hysteresis.
 *
 * Evaluated once a day (SCORING.md 8): a tier is gained after `up_after` evaluations in
 * a row at or above a higher threshold, one at a time, and lost after `down_after` in a
 * row below `down_below_pct` of its own. The state is kept with the shop.
 */
#ifndef PROTO_SCORE_TIER_H
#define PROTO_SCORE_TIER_H

#include "proto/score/params.h"

struct tier_state {
    uint8_t tier; /* index into tier_params.at */
    uint8_t up;   /* evaluations in a row that speak for a higher tier */
    uint8_t down; /* evaluations in a row that speak against this one */
};

/* One evaluation. A tier that the policy no longer has counts as its last. */
void tier_evaluate(struct tier_state *state, int64_t influence,
                   const struct tier_params *params);
/* The highest tier whose threshold is reached: what everybody gets, without waiting,
 * when an operator changes the tiers. */
struct tier_state tier_anew(int64_t influence, const struct tier_params *params);
/* Slots of a tier; of the last for a tier that the policy no longer has. */
int tier_slots(int tier, const struct tier_params *params);

/* Evaluations that have to follow before the next tier can be reached at this
 * influence, were it not to fall; at least 1. -1: it is the highest. When influence is
 * short of the threshold, the number from the day on which it is reached. */
int tier_evaluations_left(const struct tier_state *state, int64_t influence,
                          const struct tier_params *params);

#endif
