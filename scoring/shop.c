/* scoring/shop.c - a shop in the worker's memory: its parts, its days, its end. */
#include "scoring/shop.h"

#include <assert.h>
#include <stdlib.h>

#include "base/xmalloc.h"
#include "proto/time.h"
#include "scoring/effects.h"
#include "storage/privacy/pseudonym.h"

enum {
    ROW_DAYS_MIN = 8,
    ROW_DAYS_SLACK = 4 /* days may overstay, so that not every day moves some */
};

int32_t
score_row_days(const struct score_policy *policy)
{
    int32_t days = (int32_t)(policy->score.settle_after_s / DAY_S) + 1;

    return days < ROW_DAYS_MIN ? ROW_DAYS_MIN : days;
}

int32_t
score_oldest_day(int32_t today)
{
    return today - DAYS_KEPT + 1;
}

int32_t
score_sales_from(int32_t day)
{
    return period_of_day(day - PERIOD_KEPT_DAYS - LATE_SALE_DAYS);
}

/* --- parts ---------------------------------------------------------------------------- */

void
shop_init(struct scored_shop *shop, struct shop_number number, int32_t today,
          const struct score_policy *policy)
{
    int32_t base = today - score_row_days(policy);

    *shop = (struct scored_shop){ .number = number,
                                  .pending_from_s = PENDING_NONE,
                                  .visited_from = NOT_VISITED,
                                  .former_visited_from = NOT_VISITED };
    row_init(&shop->row, base < 0 ? 0 : base);
    shop->row.policy_version = (uint16_t)policy->version;
    shop->row.visits.period = period_of_day(today);
    visitor_list_init(&shop->former, 0);
}

static void
free_sales(struct scored_shop *shop)
{
    while (shop->sales != NULL) {
        struct sale_period *next = shop->sales->next;

        sale_period_free(&shop->sales);
        shop->sales = next;
    }
}

void
shop_free(struct scored_shop *shop)
{
    row_free(&shop->row);
    visitor_list_free(&shop->former);
    free_sales(shop);
}

void
shop_unload(struct scored_shop *shop)
{
    if (shop->damaged || shop->changed || shop->older_changed || shop->sold) {
        return;
    }
    free_sales(shop);
    visitor_list_free(&shop->former);
    visitor_list_init(&shop->former, 0);
    row_drop_older(&shop->row);
}

static size_t
list_bytes(const struct visitor_list *list)
{
    return list->room * sizeof(list->visitor[0]) +
           list->index_room * sizeof(list->index[0]);
}

size_t
shop_bytes(const struct scored_shop *shop)
{
    size_t bytes = sizeof(*shop) + shop->row.room * sizeof(shop->row.days[0]) +
                   list_bytes(&shop->row.visits) + list_bytes(&shop->former);

    for (const struct sale_period *at = shop->sales; at != NULL; at = at->next) {
        bytes += sale_period_bytes(at);
    }
    return bytes;
}

struct sale_period *
shop_sales(const struct scored_shop *shop, int32_t period)
{
    struct sale_period *at = shop->sales;

    while (at != NULL && at->period != period) {
        at = at->next;
    }
    return at;
}

struct sale_period *
shop_add_sales(struct scored_shop *shop, int32_t period)
{
    struct sale_period *made = sale_period_new(period);

    assert(shop_sales(shop, period) == NULL);
    made->next = shop->sales;
    shop->sales = made;
    return made;
}

/* --- batches --------------------------------------------------------------------------- */

void
score_batch_init(struct score_batch *batch, const struct score_policy *policy,
                 int64_t now_s, struct str release_key)
{
    *batch = (struct score_batch){ .policy = policy,
                                   .now_s = now_s,
                                   .today = time_day(now_s),
                                   .release_key = release_key };
    batch->sales_from = score_sales_from(batch->today);
    for (size_t i = 0; i < 3; i++) {
        batch->visit_rules[i] = policy->score;
    }
}

void
score_batch_free(struct score_batch *batch)
{
    free(batch->pending);
    batch->pending = NULL;
    batch->pending_count = batch->pending_room = 0;
}

/* What was swept out is gone even when the clock was set back since; what was not is
 * still there. */
void
score_batch_swept(struct score_batch *batch, int64_t swept_day)
{
    if (swept_day != 0) {
        batch->sales_from = score_sales_from((int32_t)swept_day);
    }
}

const struct score_params *
score_batch_rules(const struct score_batch *batch, int32_t period)
{
    int32_t now = period_of_day(batch->today);

    return &batch->visit_rules[period == now ? 0 : period < now ? 1 : 2];
}

/* --- events ---------------------------------------------------------------------------- */

static enum shop_outcome
be_active(const struct score_batch *batch, struct scored_shop *shop, int32_t on)
{
    struct score_day *day;

    if (on > batch->today + 1 || on < 0) {
        return SHOP_IMPOSSIBLE;
    }
    if (on < score_oldest_day(batch->today)) {
        return SHOP_LATE;
    }
    assert(on >= shop->row.base || shop->row.older);
    day = row_day(&shop->row, on);
    if (!day->active) {
        day->active = true;
        shop->row.active_days_total++;
        shop->row.flags |= ROW_UNRELEASED;
        shop->changed = true;
        shop->older_changed = shop->older_changed || on < shop->row.base;
    }
    return SHOP_DONE;
}

static enum shop_outcome
take_status(struct scored_shop *shop, bool open, bool on_boards)
{
    unsigned off = open && on_boards ? 0 : ROW_OFF_BOARDS;

    if ((shop->row.flags & ROW_OFF_BOARDS) != off) {
        shop->row.flags ^= ROW_OFF_BOARDS;
        shop->row.flags |= ROW_UNRELEASED;
        shop->changed = true;
    }
    return SHOP_DONE;
}

enum shop_outcome
shop_event(struct score_batch *batch, struct scored_shop *shop,
           const struct event *event)
{
    assert(!shop->damaged && event->shop.value == shop->number.value);
    switch (event->kind) {
    case EVENT_VISIT:
        return shop_visit(batch, shop, &event->visit);
    case EVENT_SALE:
    case EVENT_REFUND:
        return shop_sale(batch, shop, &event->sale);
    case EVENT_ACTIVITY:
        return be_active(batch, shop, event->activity_day);
    case EVENT_SHOP_STATUS:
        return take_status(shop, event->status.open, event->status.on_boards);
    }
    return SHOP_IMPOSSIBLE;
}

/* --- the end of a batch ------------------------------------------------------------------ */

bool
shop_made_otherwise(const struct scored_shop *shop, const struct score_policy *policy)
{
    return shop->row.policy_version != (uint16_t)policy->version;
}

static bool
base_is_old(const struct scored_shop *shop, const struct score_batch *batch)
{
    return batch->today - shop->row.base >
           score_row_days(batch->policy) + ROW_DAYS_SLACK;
}

bool
shop_has_expired(const struct scored_shop *shop, const struct score_batch *batch)
{
    return row_first_day(&shop->row) < score_oldest_day(batch->today);
}

bool
shop_needs_older(const struct scored_shop *shop, const struct score_batch *batch,
                 int32_t day)
{
    return !shop->row.older &&
           (day < shop->row.base || shop_made_otherwise(shop, batch->policy) ||
            base_is_old(shop, batch) || shop_has_expired(shop, batch));
}

static bool
day_is_empty(const struct score_day *day)
{
    return day->sales_fen == 0 && day->visits == 0 && !day->active && day->views == 0 &&
           day->visitors == 0;
}

/* Drops days that hold nothing, and those too old to weigh anything: counted from the
 * clock. Old ones only when the folds are made anew, for they are in them. */
static void
drop_days(struct scored_shop *shop, int32_t oldest)
{
    struct score_row *row = &shop->row;
    size_t kept = 0;

    for (size_t i = 0; i < row->count; i++) {
        const struct score_day *day = &row->days[i];

        if (!day_is_empty(day) && (day->day >= oldest || !row->older)) {
            row->days[kept++] = *day;
        } else if (day->day < row->base) {
            shop->older_changed = true;
        }
    }
    row->count = kept;
}

static void
refold(struct scored_shop *shop, const struct score_policy *policy)
{
    struct half_life half = half_life(policy->score.half_life_days, LANDMARK);
    struct score_row *row = &shop->row;

    assert(row->older);
    row->fold = (struct sums){ 0 };
    influence_add_days(&row->fold, row->days, row_days_before(row, row->base),
                       &policy->score, &half);
    row->policy_version = (uint16_t)policy->version;
}

void
shop_finish(struct score_batch *batch, struct scored_shop *shop)
{
    struct score_row *row = &shop->row;

    assert(!shop_needs_older(shop, batch, row->base));
    shop_credit_sales(batch, shop);
    shop_weigh_visits(batch, shop);
    if (base_is_old(shop, batch)) {
        row->base = batch->today - score_row_days(batch->policy);
        shop->changed = shop->older_changed = true;
    }
    drop_days(shop, score_oldest_day(batch->today));
    if (shop->older_changed || shop_made_otherwise(shop, batch->policy)) {
        refold(shop, batch->policy);
        shop->changed = true;
    }
    if (row->older) {
        bool has = row_days_before(row, row->base) > 0;

        row->flags = (row->flags & ~(unsigned)ROW_OLDER_DAYS) |
                     (has ? (unsigned)ROW_OLDER_DAYS : 0u);
    }
}

bool
shop_is_empty(const struct scored_shop *shop)
{
    const struct score_row *row = &shop->row;

    return row->count == 0 && row->visits.count == 0 && row->visits_total_fen == 0 &&
           row->active_days_total == 0 &&
           (row->flags &
            (ROW_OLDER_DAYS | ROW_VISIT_CHUNKS | ROW_OFF_BOARDS | ROW_UNRELEASED)) == 0;
}

struct sums
shop_sums(const struct scored_shop *shop, const struct score_policy *policy)
{
    struct half_life half = half_life(policy->score.half_life_days, LANDMARK);
    const struct score_row *row = &shop->row;
    struct sums sums = row->fold;
    size_t first = row_days_before(row, row->base);

    if (shop_made_otherwise(shop, policy)) {
        assert(row->older);
        sums = (struct sums){ 0 };
        first = 0;
    }
    if (first < row->count) {
        influence_add_days(&sums, &row->days[first], row->count - first, &policy->score,
                           &half);
    }
    return sums;
}
