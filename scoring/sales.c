/* scoring/sales.c - sales and refunds become records, and records settle.
 *
 * A sale is told as it then stands; the smallest net counts. What the records count for
 * is worked out when the batch ends (scoring/credit.c). */
#include <assert.h>

#include "proto/time.h"
#include "scoring/effects.h"

enum { PENDING_BYTES_USUAL = 60 };

/* A sale changes what its buyer counts on any day of the period. */
static bool
days_are_here(const struct scored_shop *shop, const struct sale_period *sales)
{
    return shop->row.older || sales->period * PERIOD_DAYS >= shop->row.base;
}

static bool
is_due(const struct score_batch *batch, const struct sale_record *sale)
{
    return sale->paid_at_s + batch->policy->score.settle_after_s <= batch->now_s;
}

bool
shop_is_due(const struct score_batch *batch, const struct scored_shop *shop)
{
    return shop->pending_from_s != PENDING_NONE &&
           shop->pending_from_s + batch->policy->score.settle_after_s <= batch->now_s;
}

static void
note_pending(struct scored_shop *shop, const struct sale_record *sale)
{
    if (!sale->settled && sale->paid_at_s < shop->pending_from_s) {
        shop->pending_from_s = sale->paid_at_s;
    }
}

/* --- told -------------------------------------------------------------------------------- */

static enum shop_outcome
tell(struct score_batch *batch, struct scored_shop *shop, struct sale_period *sales,
     const struct event_sale *told)
{
    struct sale_record sale = { .sale = told->sale,
                                .buyer = told->buyer,
                                .net_fen = (uint32_t)(told->net_fen > SALE_NET_FEN_MAX
                                                          ? SALE_NET_FEN_MAX
                                                          : told->net_fen),
                                .paid_at_s = (uint32_t)told->paid_at_s,
                                .buyer_class = (uint8_t)told->buyer_class };
    size_t at = sale_period_find(sales, told->sale);

    sale.settled = is_due(batch, &sale);
    if (at == sales->count) {
        if (sales->count >= SALES_FETCHED_MAX) {
            return SHOP_IMPOSSIBLE;
        }
        sale_period_tell(sales, &sale);
    } else if (sales->sale[at].net_fen > sale.net_fen) {
        sale_period_change(sales, at, sale.net_fen,
                           sales->sale[at].settled || sale.settled);
    } else {
        return SHOP_DONE; /* known: a repeat, or older news than ours */
    }
    shop->sold = true;
    note_pending(shop, &sales->sale[at]);
    return SHOP_DONE;
}

enum shop_outcome
shop_sale(struct score_batch *batch, struct scored_shop *shop,
          const struct event_sale *told)
{
    int32_t period = period_of_day(time_day(told->paid_at_s));
    struct sale_period *sales = shop_sales(shop, period);

    if (told->paid_at_s < 0 || told->paid_at_s > UINT32_MAX || told->net_fen < 0) {
        return SHOP_IMPOSSIBLE;
    }
    if (period < batch->sales_from) {
        return SHOP_LATE;
    }
    assert(sales != NULL && days_are_here(shop, sales));
    return tell(batch, shop, sales, told);
}

/* --- settled ----------------------------------------------------------------------------- */

/* What the call grows by when the sale at this place settles: its buyer's credit, and
 * its chunk, of which the last was that of `last`. */
static size_t
bytes_of(const struct sale_period *sales, size_t at, size_t last)
{
    bool same_chunk =
        last < sales->count && last / SALES_PER_CHUNK == at / SALES_PER_CHUNK;

    return PENDING_BYTES_USUAL + (same_chunk ? 0 : SALES_PER_CHUNK * SALE_BYTES);
}

size_t
shop_settle(struct score_batch *batch, struct scored_shop *shop, size_t bytes_max)
{
    size_t bytes = 0;

    shop->pending_from_s = PENDING_NONE;
    shop->settled = true;
    for (struct sale_period *sales = shop->sales; sales; sales = sales->next) {
        size_t last = sales->count;

        for (size_t i = 0; i < sales->count; i++) {
            struct sale_record *sale = &sales->sale[i];

            if (!sale->settled && is_due(batch, sale) &&
                (bytes == 0 || bytes + bytes_of(sales, i, last) <= bytes_max)) {
                assert(days_are_here(shop, sales));
                bytes += bytes_of(sales, i, last);
                last = i;
                sale_period_change(sales, i, sale->net_fen, true);
                shop->sold = true;
            }
            note_pending(shop, sale);
        }
    }
    return bytes;
}
