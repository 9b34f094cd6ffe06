/* storage/shop/following.h - who follows which shop, and who are friends.
 *
 * A member's list is the truth. Through the outbox it reaches the shops' own sets of
 * their followers' shops, so friends (two who follow each other's shop) are what two
 * sets have in common, each read in its own tag. The shop's set follows within a moment.
 *
 * Waits       Every function here waits for the store.
 * Ownership   Lists lie in the arena, in ascending order.
 */
#ifndef STORAGE_SHOP_FOLLOWING_H
#define STORAGE_SHOP_FOLLOWING_H

#include "base/arena.h"
#include "proto/err.h"
#include "proto/ids.h"

struct outbox_kind;
struct store;

enum { FOLLOWING_MAX = 2000 };

struct shop_list {
    struct shop_number *number;
    size_t count;
};

/* Follows a shop, or no longer. ERR_FOLLOWING_FULL. What is so already changes nothing.
 * Shops hear of a member's shop only: one that has none yet is announced when it takes
 * its shop (member_take_shop). */
enum err following_set(struct store *store, struct arena *arena,
                       struct member_id member, struct shop_number shop, bool follow);
enum err following_read(struct store *store, struct arena *arena,
                        struct member_id member, struct shop_list *list);
/* Those of `following` that follow `own` as well. */
enum err following_friends(struct store *store, struct arena *arena,
                           struct shop_number own, const struct shop_list *following,
                           struct shop_list *friends);
/* How the relay tells a shop of its followers (storage/outbox/outbox.h). */
extern const struct outbox_kind following_outbox;

#endif
