/* scoring/shop.h - a shop in the worker's memory, and what events do to it.
 *
 * Pure: no store, no clock. What an event needs of the shop (its older days, a period's
 * sales or visitors) must have been loaded before (scoring/load.h); the functions say
 * what that is and assert it. Credits and visits are functions of sets: they are worked
 * out anew from all records of the period and put in the place of the old ones, so order
 * and repeats change nothing.
 */
#ifndef SCORING_SHOP_H
#define SCORING_SHOP_H

#include "base/str.h"
#include "proto/score/params.h"
#include "scoring/sale_period.h"

enum {
    LATE_VISIT_DAYS = 2,          /* after a period's end its visits still count */
    LATE_SALE_DAYS = 2,           /* after nobody may refund it, its refunds still do */
    SALES_FETCHED_MAX = 100000,   /* of a shop and period */
    VISITORS_FETCHED_MAX = 600000 /* the same; SCORING.md 3.2 keeps 20,000 a day */
};

struct scored_shop {
    struct shop_number number;
    bool touched;       /* by the batch under way */
    bool stored;        /* there is a row in the store */
    bool damaged;       /* what the store has cannot be read: nothing is written */
    bool changed;       /* the row must be written */
    bool older_changed; /* the older days as well, and the folds be made anew */
    int32_t
        visited_from; /* visits must be weighed anew from this day on; NOT_VISITED */
    int32_t former_visited_from;
    bool sold;              /* sale records have changed */
    bool settled;           /* all that is pending is here and was looked at */
    int64_t pending_from_s; /* the oldest sale that waits to settle; PENDING_NONE */
    struct score_row row;
    struct visitor_list former; /* of a period before row.visits'; period 0: none */
    struct sale_period *sales;
};
#define PENDING_NONE INT64_MAX
#define NOT_VISITED  INT32_MAX

/* A credit that changed, for releases. */
struct pending_change {
    struct shop_number shop;
    int32_t period;
    uint64_t buyer;
    uint8_t buyer_class;
    int32_t eligible_day;
    int64_t fen;
};

/* What all events of a batch are judged by, and what it leaves behind beside rows. */
struct score_batch {
    const struct score_policy *policy;
    int64_t now_s;
    int32_t today;
    int32_t sales_from;     /* the first period whose sales are kept */
    struct str release_key; /* for the delay of credits */
    /* Visits are weighed by the rules that held when their period began: [0] of today's
     * period, [1] of the one before, [2] of the one after. */
    struct score_params visit_rules[3];
    struct pending_change *pending;
    size_t pending_count;
    size_t pending_room;
};

enum shop_outcome {
    SHOP_DONE,
    SHOP_LATE,      /* its period is long over: nobody may count it any more */
    SHOP_IMPOSSIBLE /* an event that no intake of ours sends */
};

void shop_init(struct scored_shop *shop, struct shop_number number, int32_t today,
               const struct score_policy *policy);
void shop_free(struct scored_shop *shop);
size_t shop_bytes(const struct scored_shop *shop);
/* Gives back what can be read again: older days, sales, former visitors. Nothing when
 * there is something that is not yet written. */
void shop_unload(struct scored_shop *shop);

/* The period's sales if they are here. */
struct sale_period *shop_sales(const struct scored_shop *shop, int32_t period);
struct sale_period *shop_add_sales(struct scored_shop *shop, int32_t period);

/* Were the folds made by another version of the policy? */
bool shop_made_otherwise(const struct scored_shop *shop,
                         const struct score_policy *policy);
/* Does it have days that are too old to weigh anything? */
bool shop_has_expired(const struct scored_shop *shop, const struct score_batch *batch);
/* Does finishing, or changing this day, take the days before row.base? */
bool shop_needs_older(const struct scored_shop *shop, const struct score_batch *batch,
                      int32_t day);

enum shop_outcome shop_event(struct score_batch *batch, struct scored_shop *shop,
                             const struct event *event);
/* Settles what is due of the sales that are here; all periods that may hold pending
 * sales must be. One at least, then others as long as the batch's call grows by no more
 * than so many bytes; gives by how many. */
size_t shop_settle(struct score_batch *batch, struct scored_shop *shop,
                   size_t bytes_max);
/* After shop_settle(): some were left for the next batch. */
bool shop_is_due(const struct score_batch *batch, const struct scored_shop *shop);
/* The credits of all periods that are here anew, for a policy that weighs sales
 * otherwise. Every sale of these periods must be here. */
void shop_recredit(struct score_batch *batch, struct scored_shop *shop);
/* Credits sales, weighs visits, moves old days out of the row, makes folds anew where
 * that is needed. */
void shop_finish(struct score_batch *batch, struct scored_shop *shop);
/* Nothing is left to keep: the row goes. */
bool shop_is_empty(const struct scored_shop *shop);

/* S, V, A of the row, under this policy; older days must be here unless the row was made
 * by this policy's version. Days that have expired count until the shop is finished. */
struct sums shop_sums(const struct scored_shop *shop,
                      const struct score_policy *policy);

void score_batch_init(struct score_batch *batch, const struct score_policy *policy,
                      int64_t now_s, struct str release_key);
void score_batch_free(struct score_batch *batch);
/* For a partition of which sales were swept out on that day last; 0: never. */
void score_batch_swept(struct score_batch *batch, int64_t swept_day);
/* The rules that visits of this period are weighed by. */
const struct score_params *score_batch_rules(const struct score_batch *batch,
                                             int32_t period);

/* Visits of this period count no more. */
bool score_period_is_over(const struct score_batch *batch, int32_t period);

/* Sales of the periods from this one on are kept. Those before can be refunded no more
 * (PERIOD_KEPT_DAYS): their rows go, what they count for stays as it is, and nothing
 * more counts for them. */
int32_t score_sales_from(int32_t day);

/* Days that stay in a row, and the oldest day that weighs anything. */
int32_t score_row_days(const struct score_policy *policy);
int32_t score_oldest_day(int32_t today);

#endif
