/* server/api/shop_figures.h - the figures in a shop's documents: released ones for
 * everybody, live ones for the owner alone (SCORING.md 1).
 *
 * Waits       Every function here.
 */
#ifndef SERVER_API_SHOP_FIGURES_H
#define SERVER_API_SHOP_FIGURES_H

#include "server/request.h"
#include "storage/shop/shop.h"

/* influence, rank and figures; null before the first release. */
enum err shop_figures_put(struct request *req, const struct shop *shop, json_t *doc);
/* All figures of a shop that was opened just now: none released, none live. */
void shop_figures_none(json_t *doc);
/* live: {influence, sales, visits, activity, pending} in points. */
enum err shop_live_put(struct request *req, const struct shop *shop, json_t *doc);

#endif
