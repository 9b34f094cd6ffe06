/* proto/score/bracket.c - amounts that count less and less the more there is. */
#include "proto/score/bracket.h"

#include <assert.h>

/* Thousandths of what counts; the bounds are `unit` times those of the table. */
static int64_t
count_milli(const struct brackets *brackets, int64_t unit, int64_t amount)
{
    int64_t below = 0, sum = 0;

    for (size_t i = 0; i < brackets->count && amount > below; i++) {
        int64_t up_to = brackets->at[i].up_to * unit;
        int64_t part = (amount < up_to ? amount : up_to) - below;

        assert(up_to > below);
        sum += part * brackets->at[i].permille;
        below = up_to;
    }
    return sum;
}

int64_t
bracket_fen(const struct brackets *brackets, int64_t fen)
{
    return count_milli(brackets, 1, fen) / 1000;
}

int64_t
bracket_visits_fen(const struct score_params *params, int64_t milli)
{
    return count_milli(&params->visits, 1000, milli) * params->visitor_fen / 1000000;
}

int64_t
bracket_effective_fen(int64_t net_fen, int32_t weight)
{
    assert(weight >= 0 && weight <= 1000);
    return net_fen > 0 ? net_fen * weight / 1000 : 0;
}

int32_t
bracket_buyer_weight(const struct score_params *params, int buyer_class)
{
    size_t age;

    if (buyer_class == BUYER_MERCHANT) {
        return params->merchant_buyer_weight;
    }
    if (buyer_class < BUYER_AGE_0 || params->buyer_weights == 0) {
        return 0;
    }
    /* a shorter list than when the sale was made: the oldest class there is */
    age = (size_t)(buyer_class - BUYER_AGE_0);
    if (age >= params->buyer_weights) {
        age = params->buyer_weights - 1;
    }
    return params->buyer_weight[age].weight;
}
