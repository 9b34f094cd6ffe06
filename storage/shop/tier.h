/* storage/shop/tier.h - what the worker says about shops' slot limits.
 *
 * The worker decides (SCORING.md 8); here its decision is written, and what no longer
 * fits is parked in the same step: of more products than slots the most recently placed
 * go, and those that stay move down into free slots with their notes and times.
 *
 * Waits       Every function here waits for the store.
 */
#ifndef STORAGE_SHOP_TIER_H
#define STORAGE_SHOP_TIER_H

#include "storage/score/apply.h"
#include "storage/shop/shop.h"

enum { SHOP_TIERS_MAX = 64 /* shops in one call */ };

struct shop_tier_row {
    struct shop_number shop;
    struct shop_tier tier;
    bool found; /* read: is there such a shop, and can its tier be read? */
};

/* Reads the tiers of shops of one partition (rows[i].shop is given). */
enum err shop_tiers_read(struct store *store, struct arena *arena,
                         struct shop_tier_row *rows, size_t count);
/* How many slots a shop may fill now, and has filled. */
struct shop_slots_row {
    struct shop_number shop;
    int slots;  /* 0: its tier was never evaluated */
    int filled; /* products in slots */
    bool found; /* is there such a shop, and can its slots be read? */
};
/* The same of shops of one partition (rows[i].shop is given), for who only counts. */
enum err shop_slots_read(struct store *store, struct arena *arena,
                         struct shop_slots_row *rows, size_t count);

/* Absolute values, written all in one step. A row with an older tier_day than the stored
 * one is left out. Parked products keep their links until parked_until_ms. */
struct shop_tiers {
    const struct shop_tier_row *row; /* at least one; all of one partition */
    size_t count;
    int64_t parked_until_ms;
};
/* Moves the partition's position one step on with it. ERR_MOVED_ON, and nothing is
 * written, when it is no longer at *at: a worker that was stopped and wakes up changes
 * nothing. */
enum err shop_tiers_write(struct store *store, struct arena *arena,
                          const struct shop_tiers *tiers, struct score_position *at);

#endif
