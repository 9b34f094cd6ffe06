/* server/api/shop_doc.h - the documents of a shop.
 *
 * Waits       Every function that takes a request: the products of the slots and the
 * shop's figures are read.
 */
#ifndef SERVER_API_SHOP_DOC_H
#define SERVER_API_SHOP_DOC_H

#include "server/request.h"
#include "storage/shop/slot.h"

/* What anybody may see: released figures, filled slots. */
enum err shop_doc_public(struct request *req, const struct shop *shop, json_t **doc);
/* The public document and what only the owner sees; the shop comes from the store. */
enum err shop_doc_owner(struct request *req, const struct shop *shop, json_t **doc);

/* What the owner saw when the shop had just been opened, by the policy of that moment;
 * waits for nothing. */
json_t *shop_doc_opened(const struct request *req, const struct shop *shop,
                        const struct policy *policy);

/* {slot, product, note, placed_at, changeable_at} of a filled slot; `product` is
 * stolen. */
json_t *slot_doc(int slot, json_t *product, const struct slot_state *state);
/* {influence, slots, earliest_at} of the next tier with more slots; null at the top. */
json_t *next_tier_doc(const struct request *req, const struct shop *shop);

/* The slots of the first tier, that every shop has. */
int slots_first(const struct policy *policy);

#endif
