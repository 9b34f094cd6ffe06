/* scoring/load.h - what a batch needs of the store, read before it is computed.
 *
 * Shops' rows first; then, of those shops, what their events need beside: older days,
 * sales and visitors of a period. Reads go out together, one for each key.
 *
 * Waits       load_shops(), load_parts().
 * Errors      Store errors: the partition must be forgotten then, for some of its shops
 *             are half loaded. What cannot be read marks its shop as damaged.
 */
#ifndef SCORING_LOAD_H
#define SCORING_LOAD_H

#include "base/arena.h"
#include "scoring/rows.h"

struct store;

struct load {
    struct store *store;
    struct arena *arena;
    struct rows *rows;
    const struct score_batch *batch;
    unsigned partition;
    struct want *want; /* in the arena */
    size_t count;
    size_t room;
};

/* Makes the shops (all of the partition; repeats allowed) known to rows. */
enum err load_shops(struct load *load, const struct shop_number *shops, size_t count);

/* Notes what is missing of a known shop for this event, for its finish, for shop_sums(),
 * or for settling sales paid from then on; damaged shops need nothing. */
void load_for_event(struct load *load, struct scored_shop *shop,
                    const struct event *event);
void load_for_finish(struct load *load, struct scored_shop *shop);
void load_for_sums(struct load *load, struct scored_shop *shop);
/* All its days. */
void load_for_series(struct load *load, struct scored_shop *shop);
void load_for_settling(struct load *load, struct scored_shop *shop, int64_t from_s);
/* All sales that are kept, for shop_recredit(). */
void load_for_recredit(struct load *load, struct scored_shop *shop);
/* Reads what was noted. */
enum err load_parts(struct load *load);

#endif
