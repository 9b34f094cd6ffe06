/* scoring/shop_release.h - what one shop publishes in a release (SCORING.md 7).
 *
 * Pure. Everything random in it is a function of the release key, so doing it again for
 * the same release gives the same figures, also when a part of the buyers is done.
 */
#ifndef SCORING_SHOP_RELEASE_H
#define SCORING_SHOP_RELEASE_H

#include "base/str.h"
#include "proto/score/params.h"
#include "proto/score/release.h"
#include "storage/score/figures.h"
#include "storage/score/place.h"

/* A field of pending:{s}:N, and what becomes of it. */
struct pending_entry {
    struct pending_field field;
    int64_t fen;
    int64_t released_fen; /* out: of its buyer, at one of the buyer's entries */
    bool gone; /* out: taken into the release, or into another entry's rest */
};

/* A release that was stopped in the middle of a shop: of buyers up to this one, in the
 * order of shop_release(), it is done. */
struct release_taken {
    enum release_kind kind; /* RELEASE_NOTHING: nobody was */
    int64_t fen;            /* that went out of them */
    int32_t period;
    uint64_t buyer;
};

struct shop_release {
    struct shop_number shop;
    int64_t release;
    int32_t day; /* of the release's as_of */
    const struct score_policy *policy;
    struct release_measure measure;
    struct str key;
    int64_t visits_total_fen; /* the row's */
    int64_t active_days_total;
    bool on_boards;
    struct figures figures; /* those before, by this measure; becomes the new ones */
    struct release_taken taken;
    enum release_kind kind; /* out */
    struct pending_entry
        *entry; /* sorted by period and buyer; rests are added behind, in
                                  * the same order */
    size_t count;
    size_t room;    /* twice count when it is called */
    bool published; /* out: the figures are new ones */
    bool left;      /* out: something waits for a later release */
};

void shop_release(struct shop_release *release);

/* Figures by another measure. For another half-life sums are multiplied so that nobody's
 * points change on that day. False when it makes them no others. */
bool figures_convert(struct figures *figures, const struct release_measure *measure,
                     int32_t day);

#endif
