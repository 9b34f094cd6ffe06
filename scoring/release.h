/* scoring/release.h - making a release: each partition its part, one worker the whole.
 *
 * The steps are idempotent and in this order (SCORING.md 7): release:{g} says that E is
 * being made, as of when, and what it goes by (storage/score/release.h); each partition's
 * worker writes its changed shops' figures under E, beside the former ones, and its part
 * of the order; the worker that holds releases merges the parts into ranking pages; one
 * call switches everything. Whoever stops is followed by another that does the same again
 * and publishes the same numbers.
 *
 * Waits       Every function here.
 */
#ifndef SCORING_RELEASE_H
#define SCORING_RELEASE_H

#include "scoring/partition.h"
#include "storage/score/figures.h"

/* A partition's part of the release being made, unless it has made it. After an error
 * the partition is forgotten. */
enum err release_part(struct scoring *scoring, struct partition *partition);

/* Is it still to be made? Does not wait. */
bool release_part_is_due(const struct scoring *scoring,
                         const struct partition *partition);

/* Takes note of release:{g} in scoring->release. */
enum err release_look(struct scoring *scoring);
/* A store's first moment of the schedule is taken as it is: nothing is released. */
enum err release_begin_schedule(struct scoring *scoring, int64_t epoch_s);
/* Has the schedule come to its next moment? */
bool release_is_due(const struct scoring *scoring);

/* Begins the next release as of that moment, or finds one being made. `epoch_s` is the
 * schedule's moment, 0 for a release out of turn; `asked` the ask that it answers, or
 * empty: one that the release in force was made for begins none. */
enum err release_begin(struct scoring *scoring, int64_t as_of_ms, int64_t epoch_s,
                       struct str asked);
/* Merges and switches when all parts are there; *done tells. */
enum err release_finish(struct scoring *scoring, bool *done);

#endif
