/* storage/shop/profile.h - a shop's two hashes, read and kept apart, for the files of
 * this folder. */
#ifndef STORAGE_SHOP_PROFILE_H
#define STORAGE_SHOP_PROFILE_H

#include "storage/shop/shop.h"

struct reply;
struct store;

/* Fills what the shop's own hash says: all but the texts. */
enum err shop_take_hash(const struct reply *reply, struct shop *shop);
/* Fills the texts, borrowed from the reply. */
void shop_take_profile(const struct reply *reply, struct shop *shop);
/* Could a worker have written it? Whoever counts slots trusts these numbers. */
bool shop_tier_ok(const struct shop_tier *tier);
/* This loop has changed the shop. */
void shop_drop(struct store *store, struct arena *arena, struct shop_number number);

#endif
