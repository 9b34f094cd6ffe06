/* storage/shop/list.h - which shops a partition has: one bit each, by its n.
 *
 * Numbers are drawn one after the other, so a string of bits with few holes says it all:
 * shops:{s}, the first bit for SHOP_N_FIRST. lua/shop.lua sets a shop's bit with the shop.
 * Who walks over the shops gets them in the order of numbers, a page at a time:
 *
 *     struct shops_cursor cursor = shops_first(partition);
 *     while (err == ERR_NONE && !cursor.ended) {
 *         err = shops_next(store, arena, &cursor, shops, max, &count);
 *         ... count may be 0 on the way ...
 *     }
 *
 * Waits       shops_next().
 */
#ifndef STORAGE_SHOP_LIST_H
#define STORAGE_SHOP_LIST_H

#include "base/arena.h"
#include "proto/err.h"
#include "proto/ids.h"

struct call;
struct reply;
struct store;

enum {
    SHOPS_PAGE_BYTES = 512,           /* of the list, read at once */
    SHOPS_PAGE_ARENA_BYTES = 64 << 10 /* for such a read; a list may have many holes */
};

/* Where a walk over the shops of a partition stands. */
struct shops_cursor {
    unsigned partition;
    uint64_t bit; /* the next that is looked at */
    bool ended;   /* there are no more */
};

static inline uint64_t
shops_bit(struct shop_number shop)
{
    return shop_n(shop) - (uint64_t)SHOP_N_FIRST;
}

static inline struct shops_cursor
shops_first(unsigned partition)
{
    return (struct shops_cursor){ .partition = partition };
}

/* Behind a shop. */
static inline struct shops_cursor
shops_after(struct shop_number shop)
{
    return (struct shops_cursor){ .partition = id_partition(shop.value),
                                  .bit = shops_bit(shop) + 1 };
}

/* The next shops, at most `max`; the cursor moves behind them. ERR_BAD_DATA: no list. */
enum err shops_next(struct store *store, struct arena *arena,
                    struct shops_cursor *cursor, struct shop_number *shops, size_t max,
                    size_t *count);
/* The same in two steps, for who asks for other things with it. */
struct call *shops_call(struct arena *arena, const struct shops_cursor *cursor);
enum err shops_take(const struct reply *reply, struct shops_cursor *cursor,
                    struct shop_number *shops, size_t max, size_t *count);
/* How many a partition has: the reply is their number. */
struct call *shops_count_call(struct arena *arena, unsigned partition);

#endif
