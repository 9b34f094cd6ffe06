/* scoring/walk.h - all shops of a partition, some at a time.
 *
 *     walk_begin(&walk, scoring, partition);
 *     while ((err = walk_next(&walk)) == ERR_NONE && walk.count > 0) {
 *         ... walk.shop[i], walk.batch, walk.arena, which goes with the next ...
 *     }
 *     walk_end(&walk);
 *
 * Every shop that was opened comes, in the order of numbers, also those without a row.
 * What was read of them beside their rows is given back before the next ones come.
 * After an error the partition must be forgotten.
 *
 * Waits       walk_next(), walk_load(), walk_write().
 */
#ifndef SCORING_WALK_H
#define SCORING_WALK_H

#include "scoring/load.h"
#include "scoring/partition.h"
#include "storage/shop/list.h"

enum { WALK_SHOPS = 64 };

struct walk {
    struct scoring *scoring;
    struct partition *partition;
    struct shops_cursor cursor;
    struct score_policy policy; /* one for the whole walk */
    struct arena *arena;
    struct score_batch batch;
    struct load load;
    struct shop_number number[WALK_SHOPS];
    struct scored_shop *shop[WALK_SHOPS];
    size_t count;
    size_t shops; /* so far */
    bool loaded;  /* parts of these shops, for the walk alone */
};

void walk_begin(struct walk *walk, struct scoring *scoring,
                struct partition *partition);
/* The next shops, with their rows and what shop_sums() needs. */
enum err walk_next(struct walk *walk);
/* Reads what was noted in walk->load. */
enum err walk_load(struct walk *walk);
/* New writes in the walk's arena; walk_write() puts in what has changed of the shops. */
struct score_writes *walk_writes(struct walk *walk);
enum err walk_write(struct walk *walk, struct score_writes *writes);
void walk_end(struct walk *walk);

#endif
