/* scoring/effects.h - what sales and visits do to a shop's days. Used by shop.c. */
#ifndef SCORING_EFFECTS_H
#define SCORING_EFFECTS_H

#include "scoring/shop.h"

enum shop_outcome shop_sale(struct score_batch *batch, struct scored_shop *shop,
                            const struct event_sale *told);
/* The credits of the sales that have changed, in the place of the old ones. */
void shop_credit_sales(struct score_batch *batch, struct scored_shop *shop);

enum shop_outcome shop_visit(struct score_batch *batch, struct scored_shop *shop,
                             const struct event_visit *told);
/* W of each day anew, of the periods whose visits have changed. */
void shop_weigh_visits(struct score_batch *batch, struct scored_shop *shop);

#endif
