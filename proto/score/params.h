/* proto/score/params.h - the policy values that scores and releases depend on.
 *
 * Plain numbers, already within the bounds of the policy (proto/policy): the functions
 * of proto/score take them as given and read no clock, no store and no document.
 */
#ifndef PROTO_SCORE_PARAMS_H
#define PROTO_SCORE_PARAMS_H

#include <stddef.h>
#include <stdint.h>

#include "proto/event.h"

enum {
    BRACKETS_MAX = 8,
    BUYER_WEIGHTS_MAX = BUYER_CLASSES - BUYER_AGE_0,
    TIERS_MAX = 12,
    VISITOR_CLASSES = 4 /* index 0 is nobody's */
};

/* What lies below up_to and above the bracket before it counts at this rate; what lies
 * above the last counts nothing. Ascending. */
struct bracket {
    int64_t up_to;
    int32_t permille;
};
struct brackets {
    size_t count;
    struct bracket at[BRACKETS_MAX];
};

struct buyer_weight {
    int32_t age_days; /* of the account when paying; [0] is 0; ascending */
    int32_t weight;   /* per mille */
};

/* The policy's "influence" (SCORING.md 3 to 5). */
struct score_params {
    int32_t half_life_days;
    int64_t settle_after_s;
    int32_t merchant_buyer_weight;
    size_t buyer_weights;
    struct buyer_weight buyer_weight[BUYER_WEIGHTS_MAX];
    struct brackets sales;                   /* fen */
    struct brackets visits;                  /* whole visitors */
    int32_t visitor_weight[VISITOR_CLASSES]; /* milli-visitors, by enum visitor_class */
    int32_t visitor_fen;
    int32_t visitor_days_max;
    int32_t anonymous_per_net_max;
    int32_t activity_fen;
    int32_t visits_of_sales_pct;
    int32_t visits_beyond_pct;
    int32_t activity_of_rest_pct;
};

struct tier {
    int64_t influence; /* points; [0] is 0; ascending */
    int32_t slots;
};

/* The tiers of the policy's "slots" (SCORING.md 8). */
struct tier_params {
    size_t count;
    struct tier at[TIERS_MAX];
    int32_t up_after;       /* evaluations in a row */
    int32_t down_after;     /* evaluations in a row */
    int32_t down_below_pct; /* of the present tier's threshold */
};

/* The policy's "release" (SCORING.md 7). */
struct release_params {
    int64_t interval_s;
    int32_t k_min;
    int32_t k_max;
    int32_t delay_days_max;
    int64_t cap_fen;
    int32_t noise_points; /* 0: no noise */
};

/* Who is listed among the first of the board (SCORING.md 9). */
struct listing_params {
    int32_t top;
    int64_t min_shops;
    int32_t min_releases;
    int32_t window_days;
};

/* All that scoring reads of a policy. */
struct score_policy {
    int64_t version;
    struct score_params score;
    struct tier_params tiers;
    int64_t hold_s;
    struct release_params release;
    struct listing_params listing;
};

struct policy;
void score_policy_of(const struct policy *policy, struct score_policy *out);

#endif
