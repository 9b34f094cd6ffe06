/* scoring/part.h - a partition's part of the order of shops.
 *
 * part:{s}:E holds, while it is being made, the places that have changed (field "c" and
 * n), written with the figures they come from; when it is finished, all of the
 * partition's places in order, in chunks ("0", "1" ...). It is made from the former part
 * and the changes, so shops that did nothing are not read.
 *
 * Waits       part_finish(), part_read().
 */
#ifndef SCORING_PART_H
#define SCORING_PART_H

#include "scoring/partition.h"
#include "storage/score/figures.h"
#include "storage/score/ranking.h"

struct part_entry {
    struct place place;                 /* z 0: none */
    uint16_t published[FIGURES_RECENT]; /* as figures have it (SCORING.md 9) */
};

/* A list that grows; the caller frees `entry`. */
struct part {
    struct part_entry *entry;
    size_t count;
    size_t room;
};
void part_add(struct part *part, const struct part_entry *entry);

void part_write_change(struct score_writes *writes, struct arena *arena,
                       int64_t release, const struct part_entry *entry);
/* Writes the part of this release, which is being made, and notes it in applied:{sNNN}. */
enum err part_finish(struct scoring *scoring, struct partition *partition,
                     int64_t release);
/* Adds a finished part. */
enum err part_read(struct scoring *scoring, unsigned partition, int64_t release,
                   struct part *part);

#endif
