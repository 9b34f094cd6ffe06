/* scoring/turn.c - all that a partition needs at one look. */
#include "scoring/turn.h"

#include <stdlib.h>

#include "base/clock.h"
#include "scoring/due.h"
#include "scoring/rebuild.h"
#include "scoring/release.h"

enum {
    STEPS_PER_TURN = 16, /* then others have theirs */
    LARGE_SHOPS = 1000,
    LONG_WALKS_MAX = 1
};

/* What is due by time is judged by all that came before: but where events never run out
 * it waits for those that were there when we first looked, not for all behind them. An
 * event's id begins with the time of its coming. */
static bool
is_caught_up(struct partition *partition, bool more)
{
    int64_t applied_ms = strtoll(partition->applied.at.event, NULL, 10);

    if (more && partition->busy_from_ms == 0) {
        partition->busy_from_ms = clock_real_ms();
    }
    if (more && applied_ms < partition->busy_from_ms) {
        return false;
    }
    partition->busy_from_ms = 0;
    return true;
}

bool
turn_may_walk(const struct scoring *scoring)
{
    return scoring->long_walks < LONG_WALKS_MAX;
}

static enum err
walk_now(struct scoring *scoring, struct partition *partition, bool *more)
{
    int64_t swept_day = partition->applied.swept_day;
    enum err err = due_day(scoring, partition);

    *more = *more || swept_day != partition->applied.swept_day; /* sweep.c adds one */
    return err == ERR_NONE ? release_part(scoring, partition) : err;
}

/* What goes through all shops. Of large partitions that takes long and keeps the store
 * busy: one at a time, so that others' events and everybody's requests go on. */
static enum err
walk_all(struct scoring *scoring, struct partition *partition, bool *more)
{
    bool large = partition->shops > LARGE_SHOPS;
    enum err err;

    if (!due_day_is_due(scoring, partition) &&
        !release_part_is_due(scoring, partition)) {
        return ERR_NONE;
    }
    if (large && !turn_may_walk(scoring)) {
        partition->postponed = true;
        return ERR_NONE;
    }
    scoring->long_walks += large;
    err = walk_now(scoring, partition, more);
    scoring->long_walks -= large;
    return err;
}

enum err
turn_partition(struct scoring *scoring, struct partition *partition, bool *more)
{
    enum err err = ERR_NONE;

    *more = true;
    if (!partition->open) {
        err = partition_open(scoring, partition);
    }
    if (err == ERR_NONE && partition->rebuilt) {
        err = rebuild_note(scoring, partition);
    }
    if (err == ERR_NONE) {
        err = due_credits(scoring, partition);
    }
    for (int i = 0; i < STEPS_PER_TURN && *more && err == ERR_NONE; i++) {
        err = partition_step(scoring, partition, more);
    }
    partition->postponed = false;
    if (err == ERR_NONE && is_caught_up(partition, *more)) {
        err = walk_all(scoring, partition, more);
    }
    return err;
}
