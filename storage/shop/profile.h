/* storage/shop/profile.h - a shop's rules (a hash) and its texts (one packed value), read
 * and kept apart, for the files of this folder and who fills a store with shops. */
#ifndef STORAGE_SHOP_PROFILE_H
#define STORAGE_SHOP_PROFILE_H

#include "storage/shop/shop.h"

struct reply;
struct store;

enum { SHOP_TEXTS = 2 + SLOTS_MAX };

/* Where a shop's texts stand in it, in the order in which they are packed. */
void shop_texts(struct shop *shop, struct str *texts[SHOP_TEXTS]);
/* Fills what the shop's own hash says: all but the texts. */
enum err shop_take_hash(const struct reply *reply, struct shop *shop);
/* Fills the texts, borrowed from the reply; of a shop without any, none. ERR_BAD_DATA. */
enum err shop_take_profile(const struct reply *reply, struct shop *shop);
/* Packs the texts, none longer than BIO_CHARS_MAX characters. */
struct str shop_pack_profile(struct arena *arena, const struct shop *shop);
/* A slot's value, 19 bytes. */
struct str shop_pack_slot(struct arena *arena, const struct shop_slot *slot);
/* Could a worker have written it? Whoever counts slots trusts these numbers. */
bool shop_tier_ok(const struct shop_tier *tier);
/* This loop has changed the shop. */
void shop_drop(struct store *store, struct arena *arena, struct shop_number number);

#endif
