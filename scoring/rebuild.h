/* scoring/rebuild.h - what was recorded, told again to partitions whose stream was cut.
 *
 * A sale's event tells the sale as it now stands, and repeats or another order change
 * nothing (SCORING.md 10.1). So all recorded sales of the partitions are appended to
 * their streams once more, and how each shop stands. Visits that were lost stay lost.
 *
 * One pass over the store's keys serves all partitions that were cut before it began. It
 * leaves nothing behind but events: one that was interrupted begins again.
 *
 * Waits       Both functions.
 */
#ifndef SCORING_REBUILD_H
#define SCORING_REBUILD_H

#include "scoring/partition.h"

struct rebuild {
    bool wanted[PARTITIONS];
    int64_t shops; /* told */
    int64_t sales;
};

/* A pass for the wanted partitions. ERR_NONE when all was told, or *stop. */
enum err rebuild_tell(struct scoring *scoring, struct rebuild *rebuild,
                      const bool *stop);
/* Notes that an open partition has been told all. */
enum err rebuild_note(struct scoring *scoring, struct partition *partition);

#endif
