/* storage/score/release.h - which release everybody sees, and the one being made.
 *
 * release:{g} says it, and what each of the two goes by, which is fixed when it begins:
 * for all of its shops, whoever works on them. One write switches everything at once
 * (SCORING.md 7). How a release is made is told in scoring/release.h.
 *
 * Waits       release_read().
 * Ownership   Results are plain values.
 */
#ifndef STORAGE_SCORE_RELEASE_H
#define STORAGE_SCORE_RELEASE_H

#include "base/arena.h"
#include "proto/err.h"
#include "proto/score/influence.h"
#include "proto/score/params.h"

struct call;
struct store;

/* What a release puts sums together by. */
struct release_measure {
    int32_t half_life_days;
    int32_t visits_of_sales_pct; /* F's shares (proto/score/params.h) */
    int32_t visits_beyond_pct;
    int32_t activity_of_rest_pct;
};
struct release_measure release_measure_of(const struct score_params *params);
bool release_measure_equal(const struct release_measure *a,
                           const struct release_measure *b);
/* F of what was published, of which sales and visits may be debts. */
double release_compose(const struct release_measure *measure, const struct sums *sum);

/* Field and value for a call that writes release:{g}: of the one being made, or of the one
 * that everybody sees. */
void release_measure_put(struct call *call, bool making,
                         const struct release_measure *measure);
void release_listing_put(struct call *call, bool making,
                         const struct listing_params *listing);

enum {
    RELEASE_ASK_BYTES = 44 /* a stream's id, of 41 characters at most, and a NUL */
};

struct release {
    int64_t number; /* 0: there was none yet */
    int64_t as_of_ms;
    struct release_measure measure;
    struct listing_params listing;
    int64_t places; /* shops in its ranking */
    /* The ask that it answers (storage/job/ask.h), or "". */
    char asked[RELEASE_ASK_BYTES];

    int64_t making; /* 0: none under way */
    int64_t making_as_of_ms;
    struct release_measure making_measure;
    struct listing_params making_listing;
    char making_asked[RELEASE_ASK_BYTES];

    int64_t epoch_s; /* the last moment of the schedule that was taken; 0: none yet */
};

/* `cached`: what a page shows may come from the cache; what decides may not. Either read
 * is tracked, so that a watch hears of the next change. ERR_BAD_DATA. */
enum err release_read(struct store *store, struct arena *arena, bool cached,
                      struct release *release);

#endif
