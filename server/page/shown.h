/* server/page/shown.h - a shop as its pages show it, read from the store.
 *
 * Waits       Every function here.
 * Ownership   All results lie in the request's arena.
 */
#ifndef SERVER_PAGE_SHOWN_H
#define SERVER_PAGE_SHOWN_H

#include "server/page/view.h"

/* The shop of the path's :number, open to the public. ERR_NO_SUCH_SHOP,
 * ERR_SHOP_CLOSED or a store error. */
enum err shown_shop(struct request *req, struct shop *shop);
/* Its slots' products that are listed, with the owner's notes; none while the shop is
 * suspended. Figures are not touched. */
enum err shown_picks(struct request *req, struct view_shop *shop);

/* Is the product in a slot, or parked and its link still good? The note goes with it. */
bool shown_features(const struct shop *shop, struct product_id id, int64_t now_ms,
                    struct str *note);

#endif
