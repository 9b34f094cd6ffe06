/* storage/shop/check.h - do members and shops say the same of each other?
 *
 * A member's one shop names its owner, and whom a member with a shop follows knows that
 * shop as a follower. What is followed is read before what the outbox still has to
 * deliver, and that before the followers, so on a store at work too only what is lost
 * disagrees.
 *
 * Waits       All functions.
 */
#ifndef STORAGE_SHOP_CHECK_H
#define STORAGE_SHOP_CHECK_H

#include "proto/err.h"
#include "storage/tally.h"

struct store;

struct shop_tallies {
    struct tally owners;
    struct tally following;
};

/* From the members of the partition {mNNN} to shops. */
enum err shop_check_members(struct store *store, unsigned partition,
                            struct shop_tallies *tallies);
/* From the shops of the partition {sNNN} to members. */
enum err shop_check_shops(struct store *store, unsigned partition,
                          struct shop_tallies *tallies);

#endif
