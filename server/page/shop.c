/* server/page/shop.c - the pages of a shop: itself, a product in it, the way out. */
#include "server/page/shown.h"
#include "storage/member/merchant.h"

/* /s/{number} */
enum err
page_shop(struct request *req)
{
    struct view view = page_view(req);
    struct view_shop shop = { 0 };
    enum err err;

    if ((err = shown_shop(req, &shop.shop)) != ERR_NONE ||
        (err = shown_picks(req, &shop)) != ERR_NONE ||
        (err = released_shop(req, shop.shop.number, &shop.figures)) != ERR_NONE) {
        return err;
    }
    return page_reply(req, 200, "shop", view_shop(&view, &shop));
}

/* The product of the path's :id. ERR_NO_SUCH_PRODUCT, ERR_PRODUCT_UNLISTED; ERR_NONE
 * also for one that the shop does not feature: *featured says. */
static enum err
read_pick(struct request *req, const struct shop *shop, struct view_pick *pick,
          bool *featured)
{
    struct product *product = arena_alloc(req->arena, sizeof(*product));
    struct product_id id;
    enum err err;

    if (!product_id_parse(request_param(req, "id"), &id)) {
        return ERR_NO_SUCH_PRODUCT;
    }
    *featured = shown_features(shop, id, req->now_ms, &pick->note);
    pick->product = product;
    err = product_read(req->store, req->arena, id, product);
    if (err == ERR_NONE && !product_is_listed(product)) {
        return ERR_PRODUCT_UNLISTED;
    }
    return err;
}

/* Whoever came for a product that is gone sees what else the owner recommends. */
static enum err
reply_others(struct request *req, const struct shop *shop, enum err gone)
{
    struct view view = page_view(req);
    struct view_shop others = { .shop = *shop };
    enum err err = shown_picks(req, &others);

    if (err != ERR_NONE) {
        return err;
    }
    return gone == ERR_PRODUCT_UNLISTED
               ? page_reply(req, 410, "problem",
                            view_problem(&view, gone, 410, &others))
               : page_reply(req, 404, "problem", view_not_offered(&view, &others));
}

/* The shop and the product of a path. ERR_NONE with *said: the answer is out. */
static enum err
read_both(struct request *req, struct shop *shop, struct view_pick *pick, bool *said)
{
    bool featured = false;
    enum err err;

    *said = false;
    if ((err = shown_shop(req, shop)) != ERR_NONE) {
        return err;
    }
    if (shop->status == SHOP_SUSPENDED) {
        return ERR_SUSPENDED;
    }
    err = read_pick(req, shop, pick, &featured);
    if (err == ERR_PRODUCT_UNLISTED || (err == ERR_NONE && !featured)) {
        *said = true;
        return reply_others(req, shop, err);
    }
    return err;
}

/* /s/{number}/p/{id} */
enum err
page_product(struct request *req)
{
    struct view view = page_view(req);
    struct view_pick pick = { 0 };
    struct str merchant = { NULL, 0 };
    struct shop shop;
    bool said;
    enum err err;

    if ((err = read_both(req, &shop, &pick, &said)) != ERR_NONE || said) {
        return err;
    }
    err = merchant_name_read(req->store, req->arena, pick.product->merchant, &merchant);
    if (err != ERR_NONE && err != ERR_NOT_FOUND) {
        return err;
    }
    return page_reply(req, 200, "product", view_product(&view, &shop, &pick, merchant));
}

/* /s/{number}/p/{id}/go: never a redirect, so that nobody is led away unasked. */
enum err
page_go(struct request *req)
{
    struct view view = page_view(req);
    struct view_pick pick = { 0 };
    struct shop shop;
    bool said;
    enum err err;

    if ((err = read_both(req, &shop, &pick, &said)) != ERR_NONE || said) {
        return err;
    }
    if (product_url_host(pick.product->url).len == 0) {
        return ERR_NOT_FOUND;
    }
    return page_reply(req, 200, "go", view_go(&view, &shop, pick.product));
}
