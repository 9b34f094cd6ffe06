/* server/released.h - a shop's public figures, read once for documents and pages.
 *
 * Whatever is said of a shop to anyone but its owner comes from here: from releases,
 * and so the same at every place that shows it (SCORING.md 7).
 */
#ifndef SERVER_RELEASED_H
#define SERVER_RELEASED_H

#include "server/request.h"

struct released {
    bool known;        /* false: a new shop, of which nothing may be said */
    int64_t influence; /* points */
    int64_t rank;      /* from 1; 0: none */
    int64_t counted_sales_fen;
    int64_t visits; /* 0: too few to be told */
    int64_t as_of_ms;
    int64_t next_release_at_ms;
};

/* As of the release that everybody sees. Waits. */
enum err released_shop(struct request *req, struct shop_number shop,
                       struct released *released);

#endif
