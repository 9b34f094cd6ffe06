/* server/page/view.h - what a page shows, as the values of its template.
 *
 * Pure: from structs to values in the view's arena, no store and no request, so that a
 * test can look at every page. All words and figures are ready to be shown; templates
 * only place them. Every key of a list's element is there, null when it has nothing to
 * say, for a template would look further out otherwise.
 */
#ifndef SERVER_PAGE_VIEW_H
#define SERVER_PAGE_VIEW_H

#include "proto/policy.h"
#include "server/board.h"
#include "server/page/pages.h"
#include "server/released.h"
#include "storage/catalogue/product.h"
#include "storage/shop/shop.h"

/* What all pages need to know. */
struct view {
    struct arena *arena;
    const struct pages *pages;
    const struct policy *policy; /* NULL: not known yet */
    enum language language;
    bool language_asked; /* by ?lang=: links go on saying it */
    int64_t now_ms;
    struct str path; /* of this page, without the query */
};

struct view_pick {
    const struct product *product;
    struct str note;
};

struct view_shop {
    struct shop shop;
    struct released figures;
    const struct view_pick *picks; /* listed products, in the order of their slots */
    size_t pick_count;
};

/* Of this request (server/page/pages.c). */
struct view page_view(const struct request *req);

struct value *view_shop(const struct view *view, const struct view_shop *shop);
/* The product in this shop; `merchant` may be empty. */
struct value *view_product(const struct view *view, const struct shop *shop,
                           const struct view_pick *pick, struct str merchant);
/* The page that names the merchant's host: the product's url has one. */
struct value *view_go(const struct view *view, const struct shop *shop,
                      const struct product *product);
struct value *view_rank(const struct view *view, const struct board *board);
/* A fault; with what else the shop has, where there is a shop. `shop` may be NULL;
 * status 0: only what the code means. */
struct value *view_problem(const struct view *view, enum err err, int status,
                           const struct view_shop *shop);
/* The same for a product that this shop does not feature. */
struct value *view_not_offered(const struct view *view, const struct view_shop *shop);

#endif
