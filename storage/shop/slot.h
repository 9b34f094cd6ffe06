/* storage/shop/slot.h - the featured slots of a shop.
 *
 * Knows which product stands in which slot, and when that slot may change again. Does
 * not decide who may ask, does not read a clock, has never heard of HTTP, and believes
 * its caller that a product is listed: callers bring time and policy with them.
 *
 * Waits       Every function that takes the store.
 * Ownership   Arguments are borrowed; results are the caller's.
 */
#ifndef STORAGE_SHOP_SLOT_H
#define STORAGE_SHOP_SLOT_H

#include "storage/shop/shop.h"

/* What every change of a slot is judged by. */
struct slot_rules {
    int64_t now_ms;
    int64_t cooldown_ms;          /* from the policy in force */
    int slots_first;              /* of a shop whose tier was never evaluated */
    struct product_id taken_down; /* the slot is free if it holds this one; 0: none */
};
struct slot_want {
    struct shop_number shop;
    int slot; /* 1 ... ; more than there are is ERR_SLOT_LIMIT */
    struct product_id product;
    const struct str *note; /* NULL: none, or as it is when the product stays */
};
struct slot_state {
    struct product_id product; /* what the slot holds now, also after a refusal */
    int64_t placed_at_ms;
    int64_t changeable_at_ms; /* also after ERR_COOLDOWN */
    int slot_limit;
    struct str note; /* in the arena */
};

/* Puts a product into a slot. ERR_COOLDOWN, ERR_SLOT_LIMIT, ERR_ALREADY_FEATURED,
 * ERR_SUSPENDED, ERR_SHOP_CLOSED, ERR_NO_SUCH_SHOP or a store error. The same product
 * again changes nothing but the note, so asking again is safe. */
enum err slot_feature(struct store *store, struct arena *arena,
                      const struct slot_want *want, const struct slot_rules *rules,
                      struct slot_state *state);
/* Takes the product out; want->product and note are not looked at. An empty slot stays
 * empty. The same errors. */
enum err slot_empty(struct store *store, struct arena *arena,
                    const struct slot_want *want, const struct slot_rules *rules,
                    struct slot_state *state);

/* placed_at + the smaller of the cooldown then and now. */
int64_t slot_changeable_at_ms(const struct shop_slot *slot, int64_t cooldown_ms);
/* How many slots may be filled now. */
int slot_limit(const struct shop *shop, int slots_first);

#endif
