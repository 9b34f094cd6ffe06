/* storage/score/figures.h - what everybody may know of a shop.
 *
 * figures:{s}:N keeps what the last two releases that changed the shop made of it, a
 * field each, named by the release's number; readers take the newest that is not above
 * the one in force (storage/score/release.h). Only the release writes here, and nothing
 * here tells of what was not released.
 *
 * Waits       figures_read_many(), figures_read().
 * Ownership   Results are plain values.
 */
#ifndef STORAGE_SCORE_FIGURES_H
#define STORAGE_SCORE_FIGURES_H

#include "base/arena.h"
#include "base/buf.h"
#include "proto/err.h"
#include "proto/ids.h"
#include "storage/score/release.h"

enum { FIGURES_RECENT = 3 /* BOARD_LISTING_RELEASES_MAX */, FIGURES_BYTES_MAX = 128 };

struct figures {
    int64_t release;           /* that made these; 0: none yet, a new shop */
    int64_t batch;             /* number of the next batch of credits */
    bool on_boards;            /* false: has figures, but no rank and no place */
    int32_t half_life_days;    /* by which sums and z are measured */
    struct sums sum;           /* 100 * points * g(day), of all that was published */
    double z;                  /* F of them; 0: no public figures, no rank */
    int64_t sales_points;      /* running sum of what was published */
    int64_t visits_points;     /* the same */
    int64_t visits_taken_fen;  /* of the row's visits_total_fen */
    int64_t active_days_taken; /* of the row's active_days_total */
    int64_t sales_shown_fen;   /* counted sales, as shown */
    int64_t visits_shown;
    /* Days of the last batches, newest first; 0: none. */
    int32_t published[FIGURES_RECENT];
};

void figures_encode(const struct figures *figures, struct buf *out);
/* ERR_BAD_DATA. */
enum err figures_decode(struct str bytes, struct figures *figures);

/* As of this release, from the cache where they may be. Of a shop without any,
 * `release` is 0. */
enum err figures_read_many(struct store *store, struct arena *arena, int64_t release,
                           const struct shop_number *shops, size_t count,
                           struct figures *figures);
enum err figures_read(struct store *store, struct arena *arena, int64_t release,
                      struct shop_number shop, struct figures *figures);

/* Points as of the release; 0 when there are none to be shown. */
int64_t figures_influence(const struct figures *figures, const struct release *release);

#endif
