/* scoring/turn.h - all that a partition needs at one look.
 *
 * Waits       turn_partition().
 */
#ifndef SCORING_TURN_H
#define SCORING_TURN_H

#include "scoring/partition.h"

/* Opens the partition when need be and does what is due: the policy's credits, events,
 * settled sales, the day's tiers and sweeping, its part of a release. *more when events
 * still wait; however many come, what is due is done, but partition->postponed when it
 * goes through many shops and others are at that. Doing it again does nothing that was
 * done. */
enum err turn_partition(struct scoring *scoring, struct partition *partition,
                        bool *more);
/* Is there room for one more who goes through many shops? */
bool turn_may_walk(const struct scoring *scoring);

#endif
