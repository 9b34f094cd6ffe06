/* storage/score/figures.h - what everybody may know of a shop, and which release that is.
 *
 * figures:{s}:N keeps what the last two releases that changed the shop made of it, a
 * field each, named by the release's number; readers take the newest that is not above
 * the pointer in release:{g}, so that one write switches everything at once (SCORING.md
 * 7). Only the release writes here, and nothing here tells of what was not released.
 *
 * Waits       figures_read_many(), figures_read(), release_read().
 * Ownership   Results are plain values.
 */
#ifndef STORAGE_SCORE_FIGURES_H
#define STORAGE_SCORE_FIGURES_H

#include "base/arena.h"
#include "base/buf.h"
#include "proto/err.h"
#include "proto/ids.h"
#include "proto/score/influence.h"
#include "proto/score/params.h"

struct call;
struct store;

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
    int32_t
        published[FIGURES_RECENT]; /* days of the last batches, newest first; 0: none
                                        */
};

void figures_encode(const struct figures *figures, struct buf *out);
/* ERR_BAD_DATA. */
enum err figures_decode(struct str bytes, struct figures *figures);

/* What a release puts sums together by: the same for every shop in it. */
struct release_measure {
    int32_t half_life_days;
    int32_t visits_of_sales_pct; /* F's shares (proto/score/params.h) */
    int32_t visits_beyond_pct;
    int32_t activity_of_rest_pct;
};
struct release_measure release_measure_of(const struct score_params *params);
bool release_measure_equal(const struct release_measure *a,
                           const struct release_measure *b);
/* Its fields and values, for a call that writes release:{g}: of the one being made, or of
 * the one that everybody sees. */
void release_measure_put(struct call *call, bool making,
                         const struct release_measure *measure);
void release_listing_put(struct call *call, bool making,
                         const struct listing_params *listing);
/* F of what was published, of which sales and visits may be debts. */
double release_compose(const struct release_measure *measure, const struct sums *sum);

enum { RELEASE_ASK_MAX = 44 };

/* The release that everybody sees, and the one under way. */
struct release {
    int64_t number; /* 0: there was none yet */
    int64_t as_of_ms;
    struct release_measure measure;
    struct listing_params listing;
    int64_t places; /* shops in its ranking */
    char
        asked[RELEASE_ASK_MAX]; /* the ask that it answers (storage/job/ask.h), or "" */
    int64_t making;             /* 0: none under way */
    int64_t making_as_of_ms;
    /* Fixed when it began, for all parts and whoever merges them. */
    struct release_measure making_measure;
    struct listing_params making_listing;
    char making_asked[RELEASE_ASK_MAX];
    int64_t epoch_s; /* the last moment of the schedule that was taken; 0: none yet */
};

/* `cached`: what a page shows may come from the cache; what decides may not. Either read
 * is tracked, so that a watch hears of the next change. */
enum err release_read(struct store *store, struct arena *arena, bool cached,
                      struct release *release);

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
