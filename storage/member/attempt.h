/* storage/member/attempt.h - how often somebody tried lately.
 *
 * What must not be guessed (sign-ins) or flooded (sign-ups) is counted in the store, so
 * that all servers count together, in windows that begin with their first attempt.
 * An attempt is taken before the work and given back when it turned out well: many at
 * once cannot slip through between looking and counting.
 *
 * Waits       Every function here waits for the store.
 */
#ifndef STORAGE_MEMBER_ATTEMPT_H
#define STORAGE_MEMBER_ATTEMPT_H

#include "base/arena.h"
#include "proto/err.h"

struct store;

struct attempt {
    struct str kind; /* STR("sign-in by account") ... */
    struct str who;  /* an account or an address; only a hash of it is stored */
    int64_t window_ms;
    int64_t max; /* of one window; 0: not limited */
};

/* Counts one of each. ERR_RATE_LIMITED, with *retry_after_ms, when one of them is at
 * its limit: then none is counted. */
enum err attempt_take(struct store *store, struct arena *arena,
                      const struct attempt *attempts, size_t count, int64_t now_ms,
                      int64_t *retry_after_ms);
/* Takes one of each off again. */
enum err attempt_give_back(struct store *store, struct arena *arena,
                           const struct attempt *attempts, size_t count);

#endif
