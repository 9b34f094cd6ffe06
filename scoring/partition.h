/* scoring/partition.h - a partition's events, in order, one batch after the other.
 *
 * A step reads what follows the position, loads what it needs, works out the new rows
 * and makes one call that writes them and moves the position. When that call is refused
 * or its outcome unknown, the partition is forgotten and its position read anew: a crash
 * before the call leaves the batch to be read again, one after it leaves it behind us.
 * A stream that was cut behind our back is seen before anything is read past the gap
 * (scoring/cut.h).
 *
 * Waits       Every function here.
 */
#ifndef SCORING_PARTITION_H
#define SCORING_PARTITION_H

#include "scoring/scoring.h"
#include "storage/score/apply.h"

enum { STEP_EVENTS = 512, STEP_SETTLES = 64 };

struct partition {
    unsigned number;
    bool open; /* `applied` is what the store has */
    struct score_applied applied;
    int64_t oldest_ms;  /* of the oldest event that was read and not applied; 0: none */
    int64_t lag_events; /* events read and not applied */
    uint64_t cut;       /* which of the worker's cuts is to be rebuilt; 0: none */
    bool rebuilt;       /* all that was recorded has been told again: to be noted */
    int64_t stuck;      /* so many due shops in front cannot be settled: looked past */
    size_t entries, events; /* of the last batch: what an entry holds, about */
    size_t shops;           /* there were at least so many when it was looked at last */
    bool postponed;       /* a walk is due, and waits until others have ended theirs */
    int64_t busy_from_ms; /* real time: since then events never ran out; 0: they did */
};

/* Reads where the partition stands. */
enum err partition_open(struct scoring *scoring, struct partition *partition);
/* Nothing in memory of it holds any more. */
void partition_forget(struct scoring *scoring, struct partition *partition);

/* One batch of events and of sales that have settled. *more when others wait. The
 * partition must be open. */
enum err partition_step(struct scoring *scoring, struct partition *partition,
                        bool *more);

/* What a step of another kind (tiers, releases ...) does with its writes: applies them,
 * and forgets the partition when that fails. */
enum err partition_apply(struct scoring *scoring, struct partition *partition,
                         struct score_writes *writes, const char *event);

#endif
