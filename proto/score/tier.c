/* proto/score/tier.c - how many slots a shop's influence earns, with hysteresis. */
#include "proto/score/tier.h"

#include <assert.h>
#include <stdbool.h>

static size_t
known_tier(int tier, const struct tier_params *params)
{
    assert(params->count > 0 && tier >= 0);
    return (size_t)tier < params->count ? (size_t)tier : params->count - 1;
}

static bool
speaks_for_more(size_t tier, int64_t influence, const struct tier_params *params)
{
    return tier + 1 < params->count && influence >= params->at[tier + 1].influence;
}

static bool
speaks_for_less(size_t tier, int64_t influence, const struct tier_params *params)
{
    return tier > 0 &&
           influence * 100 < params->at[tier].influence * params->down_below_pct;
}

void
tier_evaluate(struct tier_state *state, int64_t influence,
              const struct tier_params *params)
{
    size_t tier = known_tier(state->tier, params);

    state->tier = (uint8_t)tier;
    state->up = (uint8_t)(speaks_for_more(tier, influence, params) ? state->up + 1 : 0);
    state->down =
        (uint8_t)(speaks_for_less(tier, influence, params) ? state->down + 1 : 0);
    if (state->up >= params->up_after && state->up > 0) {
        *state = (struct tier_state){ (uint8_t)(tier + 1), 0, 0 };
    } else if (state->down >= params->down_after && state->down > 0) {
        *state = (struct tier_state){ (uint8_t)(tier - 1), 0, 0 };
    }
}

struct tier_state
tier_anew(int64_t influence, const struct tier_params *params)
{
    struct tier_state state = { 0, 0, 0 };

    while (speaks_for_more(state.tier, influence, params)) {
        state.tier++;
    }
    return state;
}

int
tier_slots(int tier, const struct tier_params *params)
{
    return params->at[known_tier(tier, params)].slots;
}

int
tier_evaluations_left(const struct tier_state *state, int64_t influence,
                      const struct tier_params *params)
{
    size_t tier = known_tier(state->tier, params);
    int left;

    if (tier + 1 >= params->count) {
        return -1;
    }
    left = params->up_after -
           (speaks_for_more(tier, influence, params) ? (int)state->up : 0);
    return left > 1 ? left : 1;
}
