/* storage/skew.h - is this machine's clock the store's?
 *
 * Rules take the time as an argument, so a process whose clock is wrong would bend them:
 * a server cooldowns, a worker what settles and what is released. Each process asks for
 * Redis' time every SKEW_LOOK_MS and goes on from there by the monotonic clock, so that a
 * clock that is set shows at once. Who is more than SKEW_MAX_MS off does nothing by time
 * until that is over (DESIGN.md, Partitions). The test clock's offset is no skew: it
 * moves everybody.
 *
 *     static struct skew skew;
 *     while (sleep(skew_follow(store, &skew))) { }      one task's
 *     if (skew_judge(&skew) == ERR_NONE) ...            anybody's
 *
 * Waits       skew_follow().
 * Threads     skew_follow() from one, the rest from any.
 */
#ifndef STORAGE_SKEW_H
#define STORAGE_SKEW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/err.h"

struct store;

enum { SKEW_MAX_MS = 2000, SKEW_LOOK_MS = 10000 };

struct skew {
    _Atomic int64_t base_ms; /* the store's clock less our monotonic one */
    _Atomic bool known;
    int64_t look_at_ms; /* monotonic */
    bool apart;         /* it was said so */
};

/* Looks when it is time to; gives in how many ms to come again. */
int64_t skew_follow(struct store *store, struct skew *skew);
/* How far the store's clock is ahead of this machine's; 0 when nobody knows. */
int64_t skew_ms(const struct skew *skew);
/* Is that too much, either way? */
bool skew_is_apart(int64_t ahead_ms);
/* ERR_NONE, ERR_CLOCK_SKEW, or ERR_STORE_DOWN before the first look. */
enum err skew_judge(const struct skew *skew);

#endif
