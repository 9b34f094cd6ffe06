/* server/api/shop_doc.c - see the header. */
#include "server/api/shop_doc.h"

#include <assert.h>

#include "proto/policy.h"
#include "proto/time.h"
#include "server/api/doc.h"
#include "server/api/product_doc.h"
#include "server/api/shop_figures.h"
#include "storage/catalogue/product.h"

/* A shop with the products it speaks of. */
struct shown {
    const struct shop *shop;
    struct product *slot;   /* SLOTS_MAX; version 0: empty or taken down */
    struct product *parked; /* parked_count of them */
};

static bool
is_shown(const struct product *product)
{
    return product->version != 0 && product_is_listed(product);
}

/* All products in one wait. What was taken down vanishes: its slot is free. */
static enum err
read_products(struct request *req, const struct shop *shop, struct shown *shown)
{
    struct product_id ids[SLOTS_MAX + PARKED_MAX];
    size_t place[SLOTS_MAX], count = 0, filled;
    struct product *products =
        arena_alloc(req->arena, (SLOTS_MAX + PARKED_MAX) * sizeof(*products));
    enum err err;

    shown->shop = shop;
    shown->slot = arena_alloc(req->arena, SLOTS_MAX * sizeof(*shown->slot));
    for (size_t i = 0; i < SLOTS_MAX; i++) {
        if (shop->slot[i].product.value != 0) {
            place[count] = i;
            ids[count++] = shop->slot[i].product;
        }
    }
    filled = count;
    for (size_t i = 0; i < shop->parked_count; i++) {
        ids[count++] = shop->parked[i].product;
    }
    err = count > 0 ? product_read_many(req->store, req->arena, ids, count, products)
                    : ERR_NONE;
    for (size_t i = 0; i < filled && err == ERR_NONE; i++) {
        if (is_shown(&products[i])) {
            shown->slot[place[i]] = products[i];
        }
    }
    shown->parked = products + filled;
    return err;
}

json_t *
slot_doc(int slot, json_t *product, const struct slot_state *state)
{
    return json_pack("{s:i, s:o, s:o, s:o, s:o}", "slot", slot, "product", product,
                     "note", doc_str(state->note), "placed_at",
                     doc_time(state->placed_at_ms), "changeable_at",
                     doc_time(state->changeable_at_ms));
}

static json_t *
public_slots(struct request *req, const struct shown *shown)
{
    json_t *list = json_array();

    for (int i = 0; i < SLOTS_MAX; i++) {
        const struct shop_slot *slot = &shown->shop->slot[i];

        if (shown->slot[i].version != 0 && shown->shop->status != SHOP_SUSPENDED) {
            json_array_append_new(
                list, json_pack("{s:i, s:o, s:o, s:o}", "slot", i + 1, "product",
                                product_list_doc(req, &shown->slot[i]), "note",
                                doc_str(slot->note), "placed_at",
                                doc_time(slot->placed_at_ms)));
        }
    }
    return list;
}

/* A slot of the owner: an empty one says that it may be filled at once. */
static json_t *
owner_slot(struct request *req, const struct shown *shown, int i)
{
    const struct shop_slot *slot = &shown->shop->slot[i];
    struct slot_state state = {
        .placed_at_ms = slot->placed_at_ms,
        .changeable_at_ms =
            slot_changeable_at_ms(slot, req->policy->slots.cooldown_s * 1000),
        .note = slot->note,
    };

    if (shown->slot[i].version == 0) {
        return json_pack("{s:i, s:n, s:s, s:n, s:n}", "slot", i + 1, "product", "note",
                         "", "placed_at", "changeable_at");
    }
    return slot_doc(i + 1, product_list_doc(req, &shown->slot[i]), &state);
}

static json_t *
owner_slots(struct request *req, const struct shown *shown)
{
    int limit = slot_limit(shown->shop, slots_first(req->policy));
    json_t *list = json_array();

    for (int i = 0; i < SLOTS_MAX; i++) {
        if (i < limit || shown->slot[i].version != 0) {
            json_array_append_new(list, owner_slot(req, shown, i));
        }
    }
    return list;
}

static json_t *
parked_list(struct request *req, const struct shown *shown)
{
    json_t *list = json_array();

    for (size_t i = 0; i < shown->shop->parked_count; i++) {
        const struct shop_parked *parked = &shown->shop->parked[i];

        if (is_shown(&shown->parked[i]) && req->now_ms < parked->until_ms) {
            json_array_append_new(list,
                                  json_pack("{s:o, s:o}", "product",
                                            product_list_doc(req, &shown->parked[i]),
                                            "until_at", doc_time(parked->until_ms)));
        }
    }
    return list;
}

int
slots_first(const struct policy *policy)
{
    return (int)policy->slots.tiers.item[0].slots;
}

/* When the next tier can be reached at the earliest: the evaluations it still takes, one
 * at each day's end. */
static int64_t
tier_earliest_ms(const struct request *req, const struct shop *shop)
{
    int64_t evaluations = req->policy->slots.up_after - shop->tier.up;
    int32_t today = time_day(req->now_ms / 1000);

    return time_day_starts_s(today + (int32_t)(evaluations > 1 ? evaluations : 1)) *
           1000;
}

json_t *
next_tier_doc(const struct request *req, const struct shop *shop)
{
    const struct policy *policy = req->policy;
    int limit = slot_limit(shop, slots_first(policy));

    for (size_t i = 0; i < policy->slots.tiers.count; i++) {
        const struct policy_tier *tier = &policy->slots.tiers.item[i];

        if (tier->slots > limit) {
            return json_pack("{s:I, s:I, s:o}", "influence",
                             (json_int_t)tier->influence, "slots",
                             (json_int_t)tier->slots, "earliest_at",
                             doc_time(tier_earliest_ms(req, shop)));
        }
    }
    return json_null();
}

/* What both documents begin with. A suspended shop keeps its name and shows no more. */
static json_t *
shop_doc(const struct shop *shop)
{
    bool hidden = shop->status == SHOP_SUSPENDED;

    return json_pack("{s:o, s:o, s:o, s:n, s:n, s:s, s:o}", "number",
                     doc_id(shop->number.value), "nickname", doc_str(shop->nickname),
                     "bio", doc_str(hidden ? STR("") : shop->bio), "avatar_url",
                     "banner_url", "status", shop_status_name(shop->status),
                     "opened_at", doc_time(shop->opened_at_ms));
}

/* A document that could not be finished is nobody's. */
static enum err
or_free(enum err err, json_t **doc)
{
    if (err != ERR_NONE) {
        json_decref(*doc);
        *doc = NULL;
    }
    return err;
}

enum err
shop_doc_public(struct request *req, const struct shop *shop, json_t **doc)
{
    struct shown shown;
    enum err err = read_products(req, shop, &shown);

    if (err != ERR_NONE) {
        return err;
    }
    *doc = shop_doc(shop);
    json_object_set_new(*doc, "slots", public_slots(req, &shown));
    return or_free(shop_figures_put(req, shop, *doc), doc);
}

/* What the owner sees beside the figures. */
static json_t *
owner_doc(struct request *req, const struct shown *shown)
{
    const struct shop *shop = shown->shop;
    json_t *doc = shop_doc(shop);

    json_object_set_new(doc, "on_boards", json_boolean(shop->on_boards));
    json_object_set_new(doc, "slot_limit",
                        json_integer(slot_limit(shop, slots_first(req->policy))));
    json_object_set_new(doc, "next_tier", next_tier_doc(req, shop));
    json_object_set_new(doc, "slots", owner_slots(req, shown));
    json_object_set_new(doc, "parked", parked_list(req, shown));
    return doc;
}

enum err
shop_doc_owner(struct request *req, const struct shop *shop, json_t **doc)
{
    struct shown shown;
    enum err err = read_products(req, shop, &shown);

    if (err != ERR_NONE) {
        return err;
    }
    *doc = owner_doc(req, &shown);
    err = shop_figures_put(req, shop, *doc);
    return or_free(err == ERR_NONE ? shop_live_put(req, shop, *doc) : err, doc);
}

json_t *
shop_doc_opened(const struct request *req, const struct shop *shop,
                const struct policy *policy)
{
    struct shown shown = { .shop = shop };
    struct request then = *req; /* as it was asked when the shop was opened */
    json_t *doc;

    assert(shop->parked_count == 0);
    then.policy = policy;
    then.now_ms = shop->opened_at_ms;
    shown.slot = arena_alloc(req->arena, SLOTS_MAX * sizeof(*shown.slot));
    doc = owner_doc(&then, &shown);
    shop_figures_none(doc);
    return doc;
}
