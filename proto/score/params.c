/* proto/score/params.c - what scoring reads of a policy. */
#include "proto/score/params.h"

#include "proto/policy.h"

static struct brackets
brackets_of(const struct policy_brackets *from)
{
    struct brackets out = { .count = from->count };

    for (size_t i = 0; i < from->count; i++) {
        out.at[i] =
            (struct bracket){ from->item[i].up_to, (int32_t)from->item[i].permille };
    }
    return out;
}

static void
score_of(const struct policy *policy, struct score_params *out)
{
    *out = (struct score_params){
        .half_life_days = (int32_t)policy->influence.half_life_days,
        .settle_after_s = policy->influence.settle_after_s,
        .merchant_buyer_weight = (int32_t)policy->influence.merchant_buyer_weight,
        .buyer_weights = policy->influence.buyer_weights.count,
        .sales = brackets_of(&policy->influence.sales_brackets),
        .visits = brackets_of(&policy->influence.visit_brackets),
        .visitor_weight = { 0, (int32_t)policy->influence.visitor_weights.anonymous,
                            (int32_t)policy->influence.visitor_weights.member,
                            (int32_t)policy->influence.visitor_weights.verified },
        .visitor_fen = (int32_t)policy->influence.visitor_fen,
        .visitor_days_max = (int32_t)policy->influence.visitor_days_max,
        .anonymous_per_net_max = (int32_t)policy->influence.anonymous_per_net_max,
        .activity_fen = (int32_t)policy->influence.activity_fen,
        .visits_of_sales_pct = (int32_t)policy->influence.visits_of_sales_pct,
        .visits_beyond_pct = (int32_t)policy->influence.visits_beyond_pct,
        .activity_of_rest_pct = (int32_t)policy->influence.activity_of_rest_pct,
    };
    for (size_t i = 0; i < out->buyer_weights; i++) {
        out->buyer_weight[i].age_days =
            (int32_t)policy->influence.buyer_weights.item[i].age_days;
        out->buyer_weight[i].weight =
            (int32_t)policy->influence.buyer_weights.item[i].weight;
    }
}

static void
tiers_of(const struct policy *policy, struct tier_params *out)
{
    *out = (struct tier_params){
        .count = policy->slots.tiers.count,
        .up_after = (int32_t)policy->slots.up_after,
        .down_after = (int32_t)policy->slots.down_after,
        .down_below_pct = (int32_t)policy->slots.down_below_pct,
    };
    for (size_t i = 0; i < out->count; i++) {
        out->at[i] = (struct tier){ policy->slots.tiers.item[i].influence,
                                    (int32_t)policy->slots.tiers.item[i].slots };
    }
}

void
score_policy_of(const struct policy *policy, struct score_policy *out)
{
    *out = (struct score_policy){ .version = policy->version,
                                  .hold_s = policy->slots.hold_s };
    score_of(policy, &out->score);
    tiers_of(policy, &out->tiers);
    out->release = (struct release_params){
        .interval_s = policy->release.interval_s,
        .k_min = (int32_t)policy->release.k_min,
        .k_max = (int32_t)policy->release.k_max,
        .delay_days_max = (int32_t)policy->release.delay_days_max,
        .cap_fen = policy->release.cap_fen,
        .noise_points = (int32_t)policy->release.noise_points,
    };
    out->listing = (struct listing_params){
        .top = (int32_t)policy->board.listing.top,
        .min_shops = policy->board.listing.min_shops,
        .min_releases = (int32_t)policy->board.listing.min_releases,
        .window_days = (int32_t)policy->board.listing.window_days,
    };
}
