/* server/page/shown.c - see the header. */
#include "server/page/shown.h"

enum err
shown_shop(struct request *req, struct shop *shop)
{
    struct shop_number number;
    enum err err;

    if (!shop_number_parse(request_param(req, "number"), &number)) {
        return ERR_NO_SUCH_SHOP;
    }
    err = shop_read_public(req->store, req->arena, number, shop);
    return err == ERR_NONE && shop->status == SHOP_CLOSED ? ERR_SHOP_CLOSED : err;
}

enum err
shown_picks(struct request *req, struct view_shop *shop)
{
    struct product_id ids[SLOTS_MAX];
    struct str notes[SLOTS_MAX];
    struct product *products;
    struct view_pick *picks;
    size_t count = 0;
    enum err err;

    shop->pick_count = 0;
    for (size_t i = 0; i < SLOTS_MAX && shop->shop.status != SHOP_SUSPENDED; i++) {
        if (shop->shop.slot[i].product.value != 0) {
            ids[count] = shop->shop.slot[i].product;
            notes[count++] = shop->shop.slot[i].note;
        }
    }
    if (count == 0) {
        return ERR_NONE;
    }
    products = arena_alloc(req->arena, count * sizeof(*products));
    shop->picks = picks = arena_alloc(req->arena, count * sizeof(*picks));
    err = product_read_many(req->store, req->arena, ids, count, products);
    for (size_t i = 0; i < count && err == ERR_NONE; i++) {
        if (products[i].version != 0 && product_is_listed(&products[i])) {
            picks[shop->pick_count++] = (struct view_pick){ &products[i], notes[i] };
        }
    }
    return err;
}

bool
shown_features(const struct shop *shop, struct product_id id, int64_t now_ms,
               struct str *note)
{
    *note = (struct str){ NULL, 0 };
    for (size_t i = 0; i < SLOTS_MAX; i++) {
        if (shop->slot[i].product.value == id.value) {
            *note = shop->slot[i].note;
            return true;
        }
    }
    for (size_t i = 0; i < shop->parked_count; i++) {
        if (shop->parked[i].product.value == id.value &&
            shop->parked[i].until_ms > now_ms) {
            return true;
        }
    }
    return false;
}
