/* scoring/credit.c - changed sales become credits in a shop's days, and go to releases.
 *
 * A credit is a function of all of a buyer's settled sales of a period. Those of the
 * buyers of whom a sale has changed are gathered in one pass over the period, then each
 * change moves its buyer's credits from what they were to what they are. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xmalloc.h"
#include "proto/score/credit.h"
#include "proto/score/release.h"
#include "proto/time.h"
#include "scoring/effects.h"
#include "storage/score/credits.h"

/* Fen by day of the period. */
struct by_day {
    int64_t fen[PERIOD_DAYS];
};

/* A sale that has changed: what it counted before brackets, and counts now. */
struct change {
    const struct sale_record *sale;
    int64_t was_fen;
    int64_t is_fen;
};

struct buyer {
    uint64_t buyer;
    struct by_day effective; /* of the settled sales */
};

struct crediting {
    struct score_batch *batch;
    struct scored_shop *shop;
    const struct sale_period *sales;
    struct change *change; /* by buyer, then by time paid */
    size_t changes;
    struct buyer *buyer; /* ascending */
    size_t buyers;
};

static int64_t
effective(const struct crediting *crediting, const struct sale_record *sale,
          uint32_t net_fen, bool settled)
{
    int32_t weight =
        bracket_buyer_weight(&crediting->batch->policy->score, sale->buyer_class);

    return settled ? bracket_effective_fen(net_fen, weight) : 0;
}

static int32_t
first_day(const struct crediting *crediting)
{
    return crediting->sales->period * PERIOD_DAYS;
}

static int64_t *
day_of(const struct crediting *crediting, struct buyer *buyer,
       const struct sale_record *sale)
{
    return &buyer->effective.fen[time_day(sale->paid_at_s) - first_day(crediting)];
}

/* --- gathering ------------------------------------------------------------------------ */

static int
by_buyer(const void *left, const void *right)
{
    const struct sale_record *a = ((const struct change *)left)->sale;
    const struct sale_record *b = ((const struct change *)right)->sale;

    if (a->buyer != b->buyer) {
        return a->buyer < b->buyer ? -1 : 1;
    }
    if (a->paid_at_s != b->paid_at_s) {
        return a->paid_at_s < b->paid_at_s ? -1 : 1;
    }
    return a->sale < b->sale ? -1 : a->sale > b->sale;
}

static void
gather_changes(struct crediting *crediting)
{
    const struct sale_period *sales = crediting->sales;

    crediting->change = xcalloc(sales->before_count, sizeof(crediting->change[0]));
    for (size_t i = 0; i < sales->before_count; i++) {
        const struct sale_before *before = &sales->before[i];
        const struct sale_record *sale = &sales->sale[before->at];

        crediting->change[crediting->changes++] = (struct change){
            sale, effective(crediting, sale, before->net_fen, before->settled),
            effective(crediting, sale, sale->net_fen, sale->settled)
        };
    }
    qsort(crediting->change, crediting->changes, sizeof(crediting->change[0]),
          by_buyer);
}

/* Each buyer once, with what its changed sales counted before. */
static void
gather_buyers(struct crediting *crediting)
{
    crediting->buyer = xcalloc(crediting->changes, sizeof(crediting->buyer[0]));
    for (size_t i = 0; i < crediting->changes; i++) {
        const struct change *change = &crediting->change[i];
        uint64_t buyer = change->sale->buyer;

        if (i == 0 || crediting->change[i - 1].sale->buyer != buyer) {
            crediting->buyer[crediting->buyers++].buyer = buyer;
        }
        *day_of(crediting, &crediting->buyer[crediting->buyers - 1], change->sale) +=
            change->was_fen;
    }
}

static struct buyer *
find_buyer(const struct crediting *crediting, uint64_t buyer)
{
    size_t low = 0, high = crediting->buyers;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (crediting->buyer[middle].buyer == buyer) {
            return &crediting->buyer[middle];
        }
        if (crediting->buyer[middle].buyer < buyer) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

static void
gather_unchanged(struct crediting *crediting)
{
    for (size_t i = 0; i < crediting->sales->count; i++) {
        const struct sale_record *sale = &crediting->sales->sale[i];
        struct buyer *buyer;

        if (sale->settled && !sale->noted &&
            (buyer = find_buyer(crediting, sale->buyer)) != NULL) {
            *day_of(crediting, buyer, sale) +=
                effective(crediting, sale, sale->net_fen, true);
        }
    }
}

/* --- counting ------------------------------------------------------------------------- */

static struct by_day
credits_of(const struct crediting *crediting, const struct buyer *buyer)
{
    struct day_fen days[PERIOD_DAYS];
    struct by_day credits;

    for (int32_t i = 0; i < PERIOD_DAYS; i++) {
        days[i] = (struct day_fen){ i, buyer->effective.fen[i] };
    }
    credit_buyer(&crediting->batch->policy->score.sales, 0, days, PERIOD_DAYS);
    for (int i = 0; i < PERIOD_DAYS; i++) {
        credits.fen[i] = days[i].fen;
    }
    return credits;
}

/* What is too old weighs nothing and has no day. */
static bool
weighs(const struct score_batch *batch, int32_t day)
{
    return day >= score_oldest_day(batch->today);
}

/* A day never goes below nothing, whatever the store held. */
static void
add_to_day(const struct score_batch *batch, struct scored_shop *shop, int32_t on,
           int64_t fen)
{
    struct score_day *day;

    if (fen == 0 || !weighs(batch, on)) {
        return;
    }
    assert(on >= shop->row.base || shop->row.older);
    day = row_day(&shop->row, on);
    day->sales_fen += fen;
    if (day->sales_fen < 0) {
        day->sales_fen = 0;
    }
    shop->changed = true;
    shop->older_changed = shop->older_changed || on < shop->row.base;
}

/* Eligible a random number of days after the sale settled; a refund goes with its sale,
 * so that the two meet. */
static void
add_pending(struct score_batch *batch, struct scored_shop *shop, int32_t period,
            const struct sale_record *sale, int64_t fen)
{
    const struct score_policy *policy = batch->policy;
    char word[24];
    int delay;

    if (fen == 0) {
        return;
    }
    snprintf(word, sizeof(word), "%" PRIu64, sale->sale);
    delay = release_delay(batch->release_key, str_from(word), &policy->release);
    if (batch->pending_count == batch->pending_room) {
        batch->pending_room = batch->pending_room == 0 ? 16 : batch->pending_room * 2;
        batch->pending =
            xrealloc(batch->pending, batch->pending_room * sizeof(batch->pending[0]));
    }
    batch->pending[batch->pending_count++] = (struct pending_change){
        shop->number,
        period,
        sale->buyer,
        sale->buyer_class,
        time_day(sale->paid_at_s + policy->score.settle_after_s) + delay,
        fen,
    };
    shop->row.flags |= ROW_UNRELEASED;
    shop->changed = true;
}

/* By how much the shop's credits grow from one to the other. */
static int64_t
growth(const struct crediting *crediting, const struct by_day *from,
       const struct by_day *to)
{
    int64_t fen = 0;

    for (int32_t i = 0; i < PERIOD_DAYS; i++) {
        if (weighs(crediting->batch, first_day(crediting) + i)) {
            fen += to->fen[i] - from->fen[i];
        }
    }
    return fen;
}

/* The buyer's changes, one after the other, from `change` on; gives how many. */
static size_t
credit_buyers_changes(struct crediting *crediting, struct buyer *buyer,
                      const struct change *change, size_t left)
{
    struct by_day first = credits_of(crediting, buyer), before = first;
    size_t count = 0;

    for (; count < left && change[count].sale->buyer == buyer->buyer; count++) {
        const struct change *one = &change[count];
        struct by_day now;

        *day_of(crediting, buyer, one->sale) += one->is_fen - one->was_fen;
        now = credits_of(crediting, buyer);
        add_pending(crediting->batch, crediting->shop, crediting->sales->period,
                    one->sale, growth(crediting, &before, &now));
        before = now;
    }
    for (int32_t i = 0; i < PERIOD_DAYS; i++) {
        add_to_day(crediting->batch, crediting->shop, first_day(crediting) + i,
                   before.fen[i] - first.fen[i]);
    }
    return count;
}

static void
credit_period(struct score_batch *batch, struct scored_shop *shop,
              const struct sale_period *sales)
{
    struct crediting crediting = { .batch = batch, .shop = shop, .sales = sales };
    size_t at = 0;

    gather_changes(&crediting);
    gather_buyers(&crediting);
    gather_unchanged(&crediting);
    for (size_t i = 0; i < crediting.buyers; i++) {
        at += credit_buyers_changes(&crediting, &crediting.buyer[i],
                                    &crediting.change[at], crediting.changes - at);
    }
    free(crediting.change);
    free(crediting.buyer);
}

void
shop_credit_sales(struct score_batch *batch, struct scored_shop *shop)
{
    for (struct sale_period *sales = shop->sales; sales; sales = sales->next) {
        if (sales->before_count > 0) {
            credit_period(batch, shop, sales);
            sale_period_credited(sales);
        }
    }
}

/* --- other brackets or weights ----------------------------------------------------------- */

static int64_t
sales_of_day(const struct score_row *row, int32_t day)
{
    size_t at = row_days_before(row, day);

    return at < row->count && row->days[at].day == day ? row->days[at].sales_fen : 0;
}

void
shop_recredit(struct score_batch *batch, struct scored_shop *shop)
{
    assert(shop->row.older);
    for (struct sale_period *sales = shop->sales; sales; sales = sales->next) {
        int64_t fen[PERIOD_DAYS] = { 0 };

        credits_by_day(sales->sale, sales->count, sales->period, CREDITS_SETTLED,
                       &batch->policy->score, fen);
        for (int i = 0; i < PERIOD_DAYS; i++) {
            int32_t day = sales->period * PERIOD_DAYS + i;

            add_to_day(batch, shop, day, fen[i] - sales_of_day(&shop->row, day));
        }
    }
}
