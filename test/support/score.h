/* test/support/score.h - the policy's default values, and the vectors' file. */
#ifndef TEST_SUPPORT_SCORE_H
#define TEST_SUPPORT_SCORE_H

#include <jansson.h>

#include "proto/score/params.h"
#include "test/unit/unit.h"

static inline struct score_params
score_defaults(void)
{
    return (struct score_params){
        .half_life_days = 30,
        .settle_after_s = 604800,
        .merchant_buyer_weight = 1000,
        .buyer_weights = 3,
        .buyer_weight = { { 0, 200 }, { 7, 500 }, { 30, 1000 } },
        .sales = { 4,
                   { { 10000, 1000 },
                     { 20000, 500 },
                     { 50000, 200 },
                     { 200000, 50 } } },
        .visits = { 3, { { 50, 1000 }, { 200, 400 }, { 1000, 100 } } },
        .visitor_weight = { 0, 100, 250, 1000 },
        .visitor_fen = 50,
        .visitor_days_max = 4,
        .anonymous_per_net_max = 5,
        .activity_fen = 500,
        .visits_of_sales_pct = 25,
        .visits_beyond_pct = 10,
        .activity_of_rest_pct = 10,
    };
}

static inline struct tier_params
tier_defaults(void)
{
    return (struct tier_params){
        .count = 6,
        .at = { { 0, 4 },
                { 300, 5 },
                { 800, 6 },
                { 2000, 8 },
                { 5000, 10 },
                { 12000, 12 } },
        .up_after = 2,
        .down_after = 4,
        .down_below_pct = 70,
    };
}

static inline struct release_params
release_defaults(void)
{
    return (struct release_params){ 604800, 5, 12, 6, 10000, 100 };
}

/* The vectors under this name; the whole file stays in memory. */
static inline const json_t *
score_vectors(const char *name)
{
    static json_t *all;
    json_error_t error;

    if (all == NULL) {
        all = json_load_file("test/data/scoring-vectors.json", 0, &error);
    }
    assert_non_null(all);
    assert_non_null(json_object_get(all, name));
    return json_object_get(all, name);
}

#endif
