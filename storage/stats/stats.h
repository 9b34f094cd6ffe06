/* storage/stats/stats.h - an owner's sums: orders and sales by day and by product, and
 * views of products.
 *
 * They are kept with the sale (lua/sale.lua) and the view (lua/visit.lua) that they
 * count, in stats:{s}:N:PERIOD: s<day>:<product> is "ORDERS FEN", v<day>:<product> the
 * views. A day's own are the sums of its products'. Sums only: no buyer, no time of day.
 *
 * Waits       stats_read(), stats_buyers().
 * Ownership   Results lie in the arena.
 */
#ifndef STORAGE_STATS_STATS_H
#define STORAGE_STATS_STATS_H

#include "base/arena.h"
#include "proto/err.h"
#include "proto/ids.h"

struct reply;
struct store;

enum { STATS_DAYS_MAX = 400, STATS_BUYERS_MAX = 1000 /* as in lua/sale.lua */ };

struct stats_row {
    int32_t day;
    struct product_id product; /* value 0: the whole day */
    int64_t views;             /* of a product's page; 0 of a whole day */
    int64_t orders;
    int64_t sales_fen;
};
struct stats {
    struct stats_row *rows; /* by day, then by product; a day's own row first */
    size_t count;
};

/* One field of the hash and its value, of a product's day; false for anything else. */
bool stats_read_field(const struct reply *field, const struct reply *value,
                      struct stats_row *row);
/* All rows of the days from ... to, at most STATS_DAYS_MAX of them (asserted). */
enum err stats_read(struct store *store, struct arena *arena, struct shop_number shop,
                    int32_t from_day, int32_t to_day, struct stats *stats);

/* How many different buyers a product had through the shop on each row's day, up to
 * STATS_BUYERS_MAX. They are counted only for products of a sensitive category; for others
 * the answer is 0. Their pseudonyms lie in buyers:{s}:PERIOD, a field NUMBER:DAY:PRODUCT
 * one behind the other, and go with the key of those pseudonyms (scoring/sweep.c). */
enum err stats_buyers(struct store *store, struct arena *arena, struct shop_number shop,
                      const struct stats_row *rows, size_t count, int64_t *buyers);
/* That field's name. */
struct str stats_buyers_field(struct arena *arena, struct shop_number shop, int32_t day,
                              struct product_id product);

#endif
