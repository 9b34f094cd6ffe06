/* storage/redis/scan.h - all keys of a kind, some at a time.
 *
 *     scan_begin(&scan, "sale:{s*");
 *     while (!scan.done && (err = scan_next(store, arena, &scan, &keys)) == ERR_NONE) {
 *         ... reply_str(reply_at(keys, i)) ...
 *     }
 *
 * A key that is there all the while comes at least once, also when it moves to another
 * node; any may come twice. It takes Redis as long as the store has keys of whatever kind,
 * in small steps: for what has no list of its own, and is asked for seldom.
 *
 * Waits       scan_next().
 */
#ifndef STORAGE_REDIS_SCAN_H
#define STORAGE_REDIS_SCAN_H

#include "storage/redis/call.h"

enum { SCAN_CURSOR_BYTES = 24 };

struct scan {
    const char *pattern; /* borrowed */
    size_t node;         /* its keys are being walked */
    int64_t map;         /* as it was when the first was begun */
    char cursor[SCAN_CURSOR_BYTES];
    bool done;
};

void scan_begin(struct scan *scan, const char *pattern);
/* The next keys, often none. They lie in the arena. */
enum err scan_next(struct store *store, struct arena *arena, struct scan *scan,
                   const struct reply **keys);

#endif
