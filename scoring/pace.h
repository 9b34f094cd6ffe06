/* scoring/pace.h - long work on the store that others do not notice.
 *
 *     pace_ask(&pace);
 *     ... reads, which wait ...
 *     pace_answered(&pace);
 *     ... what is made of them ...
 *     pace_rest(&pace);           waits
 *
 * The store works for it at most a quarter of the time: each rest is twice as long as the
 * answers took, of which the store's own work is not all, less what was computed since.
 */
#ifndef SCORING_PACE_H
#define SCORING_PACE_H

#include <stdint.h>

/* Begins with all zero. */
struct pace {
    uint64_t asked_ns;
    uint64_t answered_ns;
    int64_t owed_us; /* less than a millisecond is taken with the next rest */
};

void pace_ask(struct pace *pace);
void pace_answered(struct pace *pace);
void pace_rest(struct pace *pace);

#endif
