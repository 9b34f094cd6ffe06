/* storage/sale/content.h - a sale as it is kept and as events, for the files of this
 * folder.
 *
 * A partition's sales are its book: many small records in leaves (storage/lua/sale.lua),
 * each under its hash, the first SALE_HASH_BYTES of the SHA-256 of merchant and sale id.
 * So many bytes that nobody finds an id whose hash is another's. A record, packed as
 * storage/wire.h says:
 *
 *     1 byte    format (high half), buyer's class
 *     8 bytes   buyer
 *     varints   n of the shop less SHOP_N_FIRST, merchant, product, variant, quantity,
 *               amount in fen, time reported in ms, the same less time sold (signed),
 *               fen taken back, refunds
 *
 * About 40 bytes, and 64 at most: longer values would make a leaf big. The id itself
 * stands in the merchant's list.
 */
#ifndef STORAGE_SALE_CONTENT_H
#define STORAGE_SALE_CONTENT_H

#include "storage/sale/sale.h"

struct call;
struct reply;

/* Whose the sale is and what it is called: merchant, sale_id, hash. */
void sale_name(struct sale *sale, struct member_id merchant, struct str sale_id);
/* Of a refund of that sale: its field among the refunds. */
struct str sale_refund_hash(struct arena *arena, const struct sale *sale,
                            struct str refund_id);
struct str sale_hash(const struct sale *sale); /* borrowed */

struct str sale_record(struct arena *arena, const struct sale *sale);
/* A record of this partition; sale_id stays as it is. */
bool sale_record_parse(struct str record, unsigned partition, struct sale *sale);
/* Are these two reports of one sale? When the buyers of its period are forgotten it comes
 * without its buyer, and all else decides. */
bool sale_is_same(const struct sale *one, const struct sale *other);
/* The sale's event without the head of its entry: the store's function makes that. */
struct str sale_event_tail(struct arena *arena, const struct sale *sale);

/* The keys of a partition's claims and their leaves. */
void sale_put_claims(struct call *call, unsigned partition);
/* Those of its book and the sales' leaves. */
void sale_put_book(struct call *call, unsigned partition);

/* Asks what the claim says. */
struct call *sale_call_claimed(struct arena *arena, const struct sale *sale);
/* Its outcome: ERR_NOT_FOUND when there is none, ERR_BAD_DATA or a store error. */
enum err sale_took_claimed(const struct call *call, struct sale *sale);
/* What a claim says: the shop's number, below zero once the sale is listed. */
bool sale_claim_parse(const struct reply *reply, struct shop_number *shop,
                      bool *listed);
/* A place in a merchant's list: what it is called, and in which shop. */
bool sale_place_parse(const struct reply *entry, struct member_id merchant,
                      struct sale *sale);
/* Reads the sale that sale->shop and sale->hash name. */
struct call *sale_call_read(struct arena *arena, const struct sale *sale);
/* Its outcome: ERR_NOT_FOUND, ERR_BAD_DATA or a store error. */
enum err sale_took_read(const struct call *call, struct sale *sale);
/* "sDAY:PRODUCT", the field of the owner's sums that the sale belongs to. */
struct str sale_sum_word(struct arena *arena, const struct sale *sale);
/* The owner's sums of the sale's period. */
void sale_put_stats_key(struct call *call, const struct sale *sale);

#endif
