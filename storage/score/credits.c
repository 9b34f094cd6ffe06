/* storage/score/credits.c - what a period's sale records count for a shop. */
#include "storage/score/credits.h"

#include <stdlib.h>

#include "base/xmalloc.h"
#include "proto/score/credit.h"
#include "proto/time.h"

static int
by_buyer(const void *left, const void *right)
{
    const struct sale_record *a = left, *b = right;

    return a->buyer < b->buyer ? -1 : a->buyer > b->buyer;
}

/* One buyer's days. */
struct buyer {
    struct day_fen day[PERIOD_DAYS];
    size_t count;
};

static void
add_sale(struct buyer *buyer, const struct sale_record *sale, int64_t settled_to_s,
         const struct score_params *params)
{
    int32_t weight = bracket_buyer_weight(params, sale->buyer_class);
    int64_t fen = bracket_effective_fen(sale->net_fen, weight);

    if (fen > 0 && (sale->settled || sale->paid_at_s <= settled_to_s)) {
        buyer->count =
            credit_add_day(buyer->day, buyer->count, time_day(sale->paid_at_s), fen);
    }
}

void
credits_by_day(const struct sale_record *sales, size_t count, int32_t period,
               int64_t settled_to_s, const struct score_params *params,
               int64_t fen[PERIOD_DAYS])
{
    struct sale_record *sorted = xmemdup(sales, count * sizeof(sorted[0]));
    struct buyer buyer = { .count = 0 };

    if (count > 0) {
        qsort(sorted, count, sizeof(sorted[0]), by_buyer);
    }
    for (size_t i = 0; i < count; i++) {
        add_sale(&buyer, &sorted[i], settled_to_s, params);
        if (i + 1 < count && sorted[i + 1].buyer == sorted[i].buyer) {
            continue;
        }
        credit_buyer(&params->sales, 0, buyer.day, buyer.count);
        for (size_t k = 0; k < buyer.count; k++) {
            fen[buyer.day[k].day - period * PERIOD_DAYS] += buyer.day[k].fen;
        }
        buyer.count = 0;
    }
    free(sorted);
}

/* --- pending -------------------------------------------------------------------------- */

/* A buyer's credits of all days together are B of the buyer's total. */
struct total {
    uint64_t buyer;
    int64_t fen;
    bool used;
};

struct totals {
    struct total *slot; /* open addressing, at most half full */
    size_t room;
};

/* A sale that has not settled. */
struct waiting {
    struct total *total;
    int64_t fen;
    int32_t day; /* of settling, from today on */
};

static struct totals
totals_new(size_t buyers_max)
{
    struct totals totals = { .room = 16 };

    while (totals.room < 2 * buyers_max) {
        totals.room *= 2;
    }
    totals.slot = xcalloc(totals.room, sizeof(totals.slot[0]));
    return totals;
}

/* The buyer's entry, or the empty one in its place. */
static struct total *
total_of(const struct totals *totals, uint64_t buyer)
{
    size_t mask = totals->room - 1;
    size_t at = (buyer * UINT64_C(0x9e3779b97f4a7c15)) >> 32;

    for (at &= mask; totals->slot[at].used && totals->slot[at].buyer != buyer;
         at = (at + 1) & mask) {
    }
    return &totals->slot[at];
}

static int64_t
effective(const struct sale_record *sale, const struct score_params *params)
{
    return bracket_effective_fen(sale->net_fen,
                                 bracket_buyer_weight(params, sale->buyer_class));
}

/* Those that wait; each of their buyers gets an entry. */
static void
gather_waiting(const struct sale_record *sales, size_t count,
               const struct score_params *params, int32_t today,
               const struct totals *totals, struct waiting *waiting)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        const struct sale_record *sale = &sales[i];
        int32_t day = time_day(sale->paid_at_s + params->settle_after_s) - today;

        if (!sale->settled) {
            struct total *total = total_of(totals, sale->buyer);

            *total = (struct total){ .buyer = sale->buyer, .used = true };
            waiting[found++] =
                (struct waiting){ total, effective(sale, params), day < 0 ? 0 : day };
        }
    }
}

static void
add_settled(const struct sale_record *sales, size_t count,
            const struct score_params *params, const struct totals *totals)
{
    for (size_t i = 0; i < count; i++) {
        struct total *total;

        if (sales[i].settled && (total = total_of(totals, sales[i].buyer))->used) {
            total->fen += effective(&sales[i], params);
        }
    }
}

/* Day after day: what settles meets what settled before. */
static int64_t
settle_day(const struct waiting *waiting, size_t count, int32_t day,
           const struct brackets *brackets)
{
    int64_t fen = 0;

    for (size_t i = 0; i < count; i++) {
        if (waiting[i].day == day) {
            fen -= bracket_fen(brackets, waiting[i].total->fen);
            waiting[i].total->fen += waiting[i].fen;
            fen += bracket_fen(brackets, waiting[i].total->fen);
        }
    }
    return fen;
}

static size_t
count_waiting(const struct sale_record *sales, size_t count)
{
    size_t waiting = 0;

    for (size_t i = 0; i < count; i++) {
        waiting += !sales[i].settled;
    }
    return waiting;
}

void
credits_pending(const struct sale_record *sales, size_t count,
                const struct score_params *params, int32_t today, int64_t *fen,
                size_t days)
{
    size_t waits = count_waiting(sales, count);
    struct waiting *waiting;
    struct totals totals;

    if (waits == 0) {
        return;
    }
    totals = totals_new(waits);
    waiting = xcalloc(waits, sizeof(waiting[0]));
    gather_waiting(sales, count, params, today, &totals, waiting);
    add_settled(sales, count, params, &totals);
    for (size_t i = 0; i < days; i++) {
        fen[i] += settle_day(waiting, waits, (int32_t)i, &params->sales);
    }
    free(waiting);
    free(totals.slot);
}
