/* scoring/series.h - all days of all shops of a partition, some at a time, for who only
 * reads.
 *
 *     series_begin(&series, store, partition, &pace);
 *     while ((err = series_next(&series)) == ERR_NONE && series.count > 0) {
 *         ... series.number[i], series.row[i], series.damaged[i] ...
 *     }
 *     series_end(&series);
 *
 * Every shop that was opened comes, in the order of numbers, with an empty row when it
 * has none. At most SERIES_SHOPS of them are read in one go, together with the numbers of the
 * next ones; the pace is told what the store does for it, and resting is left to the
 * caller. The partition's worker may be at work meanwhile: a row and its older days that
 * do not belong together are read again.
 *
 * Waits       series_next(). After a store error, and after series_again(), it gives the
 *             same shops.
 * Ownership   Rows and arena go with the next call. Who takes a row leaves one of
 *             row_init() there.
 */
#ifndef SCORING_SERIES_H
#define SCORING_SERIES_H

#include "base/arena.h"
#include "storage/score/row.h"
#include "storage/shop/list.h"

struct pace;
struct store;

enum { SERIES_SHOPS = 512 };

struct series {
    struct store *store;
    struct pace *pace;
    unsigned partition;
    struct arena *arena;
    struct shops_cursor cursor;
    size_t ahead; /* numbers of the shops that come next; known when `is_ahead` */
    bool is_ahead;
    struct shop_number next[SERIES_SHOPS];
    size_t count;
    struct shop_number number[SERIES_SHOPS];
    struct score_row row[SERIES_SHOPS]; /* with all days */
    bool damaged[SERIES_SHOPS];         /* cannot be read; its row is empty */
    size_t left;                        /* of a look: that must be looked at again */
};

void series_begin(struct series *series, struct store *store, unsigned partition,
                  struct pace *pace);
enum err series_next(struct series *series);
/* What was made of these shops came to nothing: they come once more. */
void series_again(struct series *series);
void series_end(struct series *series);

#endif
